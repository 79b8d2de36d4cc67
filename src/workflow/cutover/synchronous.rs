//! One-way path: both sides synchronous before the fence, so that nothing acknowledged is only on one side (facts: mi-link 8.2).

use super::position;
use crate::arm::ArmChange;
use crate::arm::InstanceRef;
use crate::arm::change::ReplicationMode;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::group::AvailabilityMode;
use crate::model::group::Replica;
use crate::model::group::SyncState;
use crate::plan::types::Path;
use crate::sql::query::group;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;
use std::time::Duration;

/// How long the target may take to catch up once both sides are synchronous; lag was a gate before.
const SYNCHRONIZED_MAX: Duration = Duration::from_secs(300);

/// Evidence: the mode was asynchronous before us.
const WAS_ASYNC: &str = "was_asynchronous";

pub struct Synchronous(pub LinkStep);

impl Synchronous {
    async fn participants(&self, cx: &Context) -> Result<Vec<Replica>> {
        let all = cx.effects.read(&self.0.link.source, group::replicas()).await?;
        let mine: Vec<_> = all
            .into_iter()
            .filter(|r| r.is_distributed && r.group.eq_ignore_ascii_case(self.0.link.name.as_str()))
            .collect();
        if mine.len() == 2 {
            Ok(mine)
        } else {
            Err(Error::refused(format!(
                "{} shows {} participants of {}, not 2",
                self.0.link.source,
                mine.len(),
                self.0.link.name
            )))
        }
    }

    fn instance(&self) -> InstanceRef {
        InstanceRef { resource_group: self.0.link.resource_group.clone(), name: self.0.link.managed_instance.clone() }
    }

    /// Names as the catalogue has them: pages disagree on the second one (facts: mi-link 8.2).
    async fn set(&self, cx: &Context, mode: AvailabilityMode, replication: ReplicationMode) -> Result<()> {
        let participants = self.participants(cx).await?;
        if participants.iter().any(|p| p.mode != mode) {
            let statement =
                group::set_mode(self.0.link.name.as_str(), &participants[0].name, &participants[1].name, &mode)?;
            cx.effects.change(&self.0.id, &self.0.link.source, &statement).await?;
        }
        let arm = cx.effects.arm()?;
        let link = arm.link(&self.instance(), self.0.link.name.as_str()).await?;
        let now = link.and_then(|l| l.properties.replication_mode);
        if now.is_some_and(|m| m.as_str().eq_ignore_ascii_case(&format!("{replication:?}"))) {
            return Ok(());
        }
        let change = ArmChange::SetReplicationMode {
            instance: self.instance(),
            name: self.0.link.name.0.clone(),
            mode: replication,
        };
        cx.effects.arm_change_and_wait(&cx.clock, &self.0.id, &self.0.link.target, &change, SYNCHRONIZED_MAX).await
    }
}

#[async_trait]
impl Step for Synchronous {
    link_step!(source);

    fn summary(&self) -> String {
        format!("make {} synchronous on both sides", self.0.link.name)
    }
    fn preview(&self) -> Vec<String> {
        let link = &self.0.link;
        let sql =
            group::set_mode(link.name.as_str(), &link.group, &link.instance_group, &AvailabilityMode::Synchronous)
                .map(|s| s.rendered.shown.clone())
                .unwrap_or_default();
        let arm = ArmChange::SetReplicationMode {
            instance: self.instance(),
            name: link.name.0.clone(),
            mode: ReplicationMode::Sync,
        };
        std::iter::once(sql).chain(self.0.tools.request(&arm)).collect()
    }
    fn undo_summary(&self) -> String {
        "asynchronous again".to_owned()
    }
    fn volatile(&self) -> bool {
        true
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        if self.0.link.path == Path::TwoWay {
            return Ok(Precheck::Skip("a planned failover switches to synchronous by itself".to_owned()));
        }
        let position = position::read(cx, &self.0.link).await?;
        let synchronous = self.participants(cx).await?.iter().all(|p| p.mode == AvailabilityMode::Synchronous);
        Ok(if synchronous && position.sync_state() == Some(&SyncState::Synchronized) {
            Precheck::AlreadyDone("SYNCHRONIZED".to_owned())
        } else {
            Precheck::Ready
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        if cx.proven::<bool>(&self.0.id, WAS_ASYNC)?.is_none() {
            let was = self.participants(cx).await?.iter().any(|p| p.mode == AvailabilityMode::Asynchronous);
            cx.prove(&self.0.id, WAS_ASYNC, &was)?;
        }
        self.set(cx, AvailabilityMode::Synchronous, ReplicationMode::Sync).await?;
        let link = &self.0.link;
        cx.until("SYNCHRONIZED on both sides", SYNCHRONIZED_MAX, Backoff::urgent(), || async {
            let position = position::read(cx, link).await?;
            let target = position.target.as_ref().and_then(|t| t.sync_state.clone());
            Ok((position.sync_state() == Some(&SyncState::Synchronized) && target == Some(SyncState::Synchronized))
                .then_some(()))
        })
        .await?;
        Ok(Done::note("SYNCHRONIZED"))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        if cx.proven::<bool>(&self.0.id, WAS_ASYNC)? != Some(true) {
            return Ok("the mode was not changed".to_owned());
        }
        match self.set(cx, AvailabilityMode::Asynchronous, ReplicationMode::Async).await {
            Ok(()) => Ok("asynchronous again".to_owned()),
            Err(e) if e.kind() == Kind::Refused => Err(e.during("going back to asynchronous")),
            Err(e) => Err(e),
        }
    }
}

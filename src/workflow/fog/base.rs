//! What all steps on a failover group have in common.

use crate::arm::resource::failover_group::FailoverGroup;
use crate::arm::resource::failover_group::GroupBody;
use crate::arm::resource::failover_group::GroupRef;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::inventory::fog::Place;
use crate::inventory::fog::look;
use crate::inventory::fog_servers;
use crate::inventory::fog_servers::door;
use crate::journal::record::Line;
use crate::model::geo::GroupFacts;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use crate::plan::fog::FogMember;
use crate::plan::fog::FogPlan;
use crate::plan::types::PlanPolicy;
use crate::workflow::tools::Tools;
use std::sync::Arc;
use std::time::Duration;

/// How long an accepted request may stay unseen: until then a request whose answer was lost is not given up for lost.
const UNSEEN_MAX: Duration = Duration::from_secs(20);
/// Evidence: a request is about to be sent.
pub const SENT: &str = "sent";
/// Evidence of `fog.seed`: databases that the service left out of the group.
pub const LEFT_OUT: &str = "left_out";
/// The service did a part of it: some databases are not in the group (facts: failover-groups 9.3).
const PARTIAL: &str = "FailoverGroupCreateOrUpdatePartiallySucceeded";

/// The group was made or changed, but not for every database.
pub fn is_partial(e: &Error) -> bool {
    e.service_code().is_some_and(|c| c.eq_ignore_ascii_case(PARTIAL) || c == "45122") || e.message().contains("45122")
}

/// The frozen facts a step works from.
#[derive(Clone)]
pub struct FogStep {
    pub id: StepId,
    pub plan: Arc<FogPlan>,
    pub policy: Arc<PlanPolicy>,
    pub tools: Arc<Tools>,
    /// An earlier act of the same run crosses the line.
    pub later: bool,
}

impl FogStep {
    pub fn sibling(&self, kind: &str) -> StepId {
        // In a run of several acts the group may get another name, and each act has its own steps.
        let of = self.id.as_str().split_once('/').map_or(self.plan.group.as_str(), |(_, of)| of);
        StepId::new(format!("{kind}/{of}"))
    }
    /// An act of a run of several.
    pub(super) fn is_act(&self) -> bool {
        self.id.as_str().contains('#')
    }
    /// The line that a change of this act crosses.
    pub(super) fn line(&self) -> Option<Line> {
        (!self.later).then_some(Line::L1)
    }

    pub(super) fn at(&self, member: &FogMember) -> GroupRef {
        GroupRef {
            resource_group: member.resource_group.clone(),
            location: member.location.clone(),
            name: self.plan.group.clone(),
            server: member.is_server.then(|| member.instance.clone()),
        }
    }
    /// Address of the side that was primary when the plan was made.
    pub fn at_primary(&self) -> GroupRef {
        self.at(&self.plan.primary)
    }
    pub fn at_secondary(&self) -> GroupRef {
        self.at(&self.plan.secondary)
    }

    pub fn body(&self) -> GroupBody {
        let plan = &self.plan;
        GroupBody {
            automatic_after_minutes: plan.settings.automatic_after_minutes,
            read_only_failover: plan.settings.read_only_failover,
            standby: plan.settings.standby,
            partner_location: plan.secondary.location.clone(),
            primary: plan.primary.id.clone(),
            partner: plan.secondary.id.clone(),
            databases: self
                .is_of_servers()
                .then(|| plan.databases.iter().map(|d| format!("{}/databases/{d}", plan.primary.id)).collect()),
        }
    }

    pub async fn group(&self, cx: &Context, at: &GroupRef) -> Result<Option<FailoverGroup>> {
        cx.effects.arm()?.failover_group(at).await
    }

    /// Between logical servers of Azure SQL Database.
    pub fn is_of_servers(&self) -> bool {
        self.plan.primary.is_server
    }

    /// Where a database of a member is asked: on a logical server a session stays in the database it logged in to.
    pub fn door(&self, site: &SiteId, database: &str) -> SiteId {
        if self.is_of_servers() { door(site, database) } else { site.clone() }
    }

    /// Databases that are in the group, as far as this run knows: not those that the service left out.
    pub fn taken(&self, cx: &Context) -> Result<Vec<String>> {
        let left_out = cx.proven::<Vec<String>>(&self.sibling("fog.seed"), LEFT_OUT)?.unwrap_or_default();
        Ok(self.plan.databases.iter().filter(|d| !left_out.contains(d)).cloned().collect())
    }

    /// Both members, read afresh; `a` is the primary of the plan.
    pub async fn look(&self, cx: &Context) -> GroupFacts {
        if self.is_of_servers() {
            let (a, b) = (place(&self.plan.primary), place(&self.plan.secondary));
            return fog_servers::look(&cx.effects, &self.plan.group, &a, &b, Some(&self.plan.databases)).await;
        }
        look(&cx.effects, &self.plan.group, &place(&self.plan.primary), &place(&self.plan.secondary)).await
    }

    /// A request may have been sent by a process whose journal does not say whether it was accepted: waits until its effect
    /// is seen. `None`: it never was, as far as can be told.
    pub async fn seen<T, F, Fut>(&self, cx: &Context, look: F) -> Result<Option<T>>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<Option<T>>>,
    {
        if self.forgets() {
            return Ok(None);
        }
        if let Some(found) = look().await? {
            return Ok(Some(found));
        }
        if cx.proven::<bool>(&self.id, SENT)? != Some(true) || cx.effects.pending(&self.id).is_some() {
            return Ok(None);
        }
        match cx.until("an accepted request to show", UNSEEN_MAX, Backoff::relaxed(), look).await {
            Ok(found) => Ok(Some(found)),
            Err(e) if e.kind() == Kind::TimedOut && e.get_hint().is_none() => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// The operation of this step that was last seen under way.
    pub(super) fn pending(&self, cx: &Context) -> bool {
        !self.forgets() && cx.effects.pending(&self.id).is_some()
    }

    /// A test has left out that a step remembers what it sent.
    pub(super) fn forgets(&self) -> bool {
        self.tools.sabotaged(&self.id)
    }

    pub fn gone(&self) -> Error {
        Error::refused(format!("failover group {} is not there any more", self.plan.group))
            .hint(format!("milink fog show {}", self.plan.group))
    }
}

pub fn place(member: &FogMember) -> Place {
    Place {
        site: member.site.clone(),
        instance: crate::arm::InstanceRef {
            resource_group: member.resource_group.clone(),
            name: member.instance.clone(),
        },
    }
}

/// The accessors every step of a group spells alike.
macro_rules! fog_step {
    ($site:ident) => {
        fn id(&self) -> &crate::model::ids::StepId {
            &self.0.id
        }
        fn site(&self) -> &crate::model::ids::SiteId {
            &self.0.plan.$site.site
        }
        fn link(&self) -> Option<&crate::model::ids::LinkName> {
            None
        }
    };
}
pub(super) use fog_step;

/// What every step that only reads spells alike; `ready`: nothing has to be looked at before it runs. As `async_trait` would write it:
/// that does not see into a macro.
macro_rules! only_reads {
    (ready) => {
        only_reads!();
        fn precheck<'a, 'b, 'c>(
            &'a self,
            _: &'b crate::engine::context::Context,
        ) -> futures_util::future::BoxFuture<'c, crate::base::error::Result<crate::engine::step::Precheck>>
        where
            'a: 'c,
            'b: 'c,
            Self: 'c,
        {
            Box::pin(std::future::ready(Ok(crate::engine::step::Precheck::Ready)))
        }
    };
    () => {
        fn preview(&self) -> Vec<String> {
            Vec::new()
        }
        fn undo_summary(&self) -> String {
            "nothing: it only reads".to_owned()
        }
        fn undo<'a, 'b, 'c>(
            &'a self,
            _: &'b crate::engine::context::Context,
        ) -> futures_util::future::BoxFuture<'c, crate::base::error::Result<String>>
        where
            'a: 'c,
            'b: 'c,
            Self: 'c,
        {
            Box::pin(std::future::ready(Ok("nothing to undo".to_owned())))
        }
    };
}
pub(super) use only_reads;

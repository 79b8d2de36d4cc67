//! The link in Azure: the managed instance joins (facts: mi-link 6; arm-api 3).

use crate::arm::ArmChange;
use crate::arm::InstanceRef;
use crate::arm::LinkBody;
use crate::arm::change::FailoverMode;
use crate::arm::change::InstanceRole;
use crate::arm::resource::link::LinkResource;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::group::Connected;
use crate::plan::types::Path;
use crate::sql::query::database;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

/// Replication must start within five minutes, else 41962 (facts: mi-link 6.3); two more for the answer to arrive.
const CONNECT_MAX: Duration = Duration::from_secs(7 * 60);
/// A certificate that is missing when both sides were given theirs does not come by itself. The instance looks again every few
/// seconds and an upload may take a moment to arrive: an error that has stood for so long is final.
const CERTIFICATE_ERROR_MAX: Duration = Duration::from_secs(15);
/// The two certificates, and encryption switched off (facts: mi-link 10): mended by people only.
const FINAL_ERRORS: [i32; 3] = [41973, 41974, 41998];
const DELETE_MAX: Duration = Duration::from_secs(15 * 60);
/// Evidence: this run sent the PUT.
const MADE: &str = "made";

pub struct Link(pub LinkStep);

impl Link {
    pub(super) fn instance(step: &LinkStep) -> InstanceRef {
        InstanceRef { resource_group: step.link.resource_group.clone(), name: step.link.managed_instance.clone() }
    }

    fn put(&self) -> ArmChange {
        let link = &self.0.link;
        ArmChange::PutLink {
            instance: Self::instance(&self.0),
            name: link.name.0.clone(),
            link: LinkBody {
                databases: vec![link.database.clone()],
                partner_endpoint: link.endpoint_url.clone(),
                partner_availability_group: link.group.clone(),
                instance_availability_group: link.instance_group.clone(),
                instance_role: InstanceRole::Secondary,
                failover_mode: match link.path {
                    Path::OneWay => FailoverMode::None,
                    Path::TwoWay => FailoverMode::Manual,
                },
                multi_database: false,
            },
        }
    }

    pub(super) async fn resource(cx: &Context, step: &LinkStep) -> Result<Option<LinkResource>> {
        cx.effects.arm()?.link(&Self::instance(step), step.link.name.as_str()).await
    }
}

/// The error a link in trouble shows, with the remedy of the catalogue. `None`: no trouble.
pub(super) fn trouble(step: &LinkStep, link: &LinkResource) -> Option<Error> {
    let state = link.database(&step.link.database).and_then(|d| d.replica_state.clone()).unwrap_or_default();
    state.contains("Error").then(|| described(step, link))
}

/// State and newest error of a link, and its number.
fn newest(step: &LinkStep, link: &LinkResource) -> (String, Option<String>, Option<i32>) {
    let db = link.database(&step.link.database);
    let state = db.and_then(|d| d.replica_state.clone()).unwrap_or_default();
    let error = db.and_then(|d| d.most_recent_link_error.clone()).filter(|e| !e.is_empty() && e != "0");
    let number = error.as_deref().and_then(crate::rules::link_error::number_in);
    (state, error, number)
}

fn described(step: &LinkStep, link: &LinkResource) -> Error {
    let (state, error, number) = newest(step, link);
    let mut e = Error::new(
        Kind::Server,
        format!("link {} is in state {state}: {}", step.link.name, error.as_deref().unwrap_or("no error given")),
    );
    if let Some(known) = number.and_then(crate::rules::link_error::lookup) {
        e = e.number(known.number).hint(known.remedy(&step.link.fqdn, step.link.source.as_str()));
    }
    e
}

/// Since when a link that is still being created shows one and the same final error.
#[derive(Default)]
struct Standing(Mutex<Option<(i32, Duration)>>);

impl Standing {
    /// The error, once it has stood long enough.
    fn look(&self, step: &LinkStep, link: &LinkResource, now: Duration) -> Option<Error> {
        let number = newest(step, link).2.filter(|n| FINAL_ERRORS.contains(n));
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *since = match (number, *since) {
            (Some(n), Some((m, at))) if n == m => Some((n, at)),
            (Some(n), _) => Some((n, now)),
            (None, _) => None,
        };
        since.filter(|(_, at)| now.saturating_sub(*at) >= CERTIFICATE_ERROR_MAX).map(|_| described(step, link))
    }
}

#[async_trait]
impl Step for Link {
    link_step!(target);

    fn summary(&self) -> String {
        format!("create link {} on {}", self.0.link.name, self.0.link.target)
    }
    fn preview(&self) -> Vec<String> {
        self.0.tools.request(&self.put())
    }
    fn undo_summary(&self) -> String {
        "delete the link if this run made it and it never carried data".to_owned()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let Some(found) = Self::resource(cx, &self.0).await? else {
            let access = cx.effects.read(&self.0.link.target, database::access(&self.0.link.database)).await?;
            return Ok(match access {
                Some(_) if cx.effects.pending(&self.0.id).is_none() => Precheck::Blocked {
                    expected: format!("no database `{}` on {}", self.0.link.database, self.0.link.target),
                    found: "one is there".to_owned(),
                    hint: "a cancelled link can leave a copy behind: drop it there if it is one".to_owned(),
                },
                _ => Precheck::Ready,
            });
        };
        Ok(match trouble(&self.0, &found) {
            None => Precheck::AlreadyDone("there".to_owned()),
            Some(_) => Precheck::Ready,
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let broken = Self::resource(cx, &self.0).await?.is_some_and(|l| trouble(&self.0, &l).is_some());
        if broken {
            // A link that failed to start never carried data; it cannot be mended in place.
            cx.effects.forget_pending(&self.0.id);
            let change = ArmChange::DeleteLink { instance: Self::instance(&self.0), name: self.0.link.name.0.clone() };
            cx.effects.arm_change_and_wait(&cx.clock, &self.0.id, &self.0.link.target, &change, DELETE_MAX).await?;
        }
        if cx.effects.pending(&self.0.id).is_none() {
            cx.prove(&self.0.id, MADE, &true)?;
            cx.effects.arm_change(&self.0.id, &self.0.link.target, &self.put()).await?;
        }
        // The operation itself lasts as long as seeding; here it is enough that both ends talk.
        let standing = Standing::default();
        cx.until("both ends to connect", CONNECT_MAX, Backoff::relaxed(), || async {
            if let Some(e) = cx.effects.arm_failed(&self.0.id).await? {
                let resource = Self::resource(cx, &self.0).await?;
                return Err(resource.and_then(|l| trouble(&self.0, &l)).unwrap_or(e).with_kind(Kind::Refused));
            }
            let Some(link) = Self::resource(cx, &self.0).await? else { return Ok(None) };
            if let Some(e) = trouble(&self.0, &link) {
                return Err(e.with_kind(Kind::Refused));
            }
            let connected = link.database(&self.0.link.database).and_then(|d| d.connected_state.as_ref())
                == Some(&Connected::Connected);
            if connected {
                return Ok(Some(()));
            }
            match standing.look(&self.0, &link, cx.clock.monotonic()) {
                Some(e) => Err(e.with_kind(Kind::Refused)),
                None => Ok(None),
            }
        })
        .await?;
        Ok(Done::note("connected"))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        if cx.proven::<bool>(&self.0.id, MADE)? != Some(true) {
            return Ok("not made by this run".to_owned());
        }
        if Self::resource(cx, &self.0).await?.is_none() {
            return Ok("not there".to_owned());
        }
        let access = cx.effects.read(&self.0.link.target, database::access(&self.0.link.database)).await?;
        if access.is_some_and(|a| a.state == crate::model::database::DatabaseState::Online) {
            // Deleting a link that carries data is a failover: never as a side effect.
            return Ok("left in place: it carries data".to_owned());
        }
        let change = ArmChange::DeleteLink { instance: Self::instance(&self.0), name: self.0.link.name.0.clone() };
        // A creation has no cancel call: deleting the link ends it (facts: arm-api 1.2), so nobody waits for it first.
        cx.effects.forget_pending(&self.0.id);
        cx.effects.arm_change_and_wait(&cx.clock, &self.0.id, &self.0.link.target, &change, DELETE_MAX).await?;
        Ok("deleted; it never carried data".to_owned())
    }
}

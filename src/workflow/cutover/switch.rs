//! L1: the switch is sent. One-way, deleting the link is the failover; two-way, the primary hands over.

use super::attribution;
use super::drain::LOG_END;
use super::drain::TOKEN;
use super::position;
use super::token::FenceToken;
use crate::arm::ArmChange;
use crate::arm::InstanceRef;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::journal::record::Line;
use crate::model::database::Role;
use crate::plan::types::Path;
use crate::sql::query::database;
use crate::sql::query::group;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The flag: this process has just seen the link there, so that its deletion needs no other look.
pub struct Switch(pub LinkStep, AtomicBool);

/// What the world says of the switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    NotDone,
    Done,
    Moving,
}

impl Switch {
    pub fn new(base: LinkStep) -> Self {
        Self(base, AtomicBool::new(false))
    }

    /// How long the service may take to make the target writable. A planned failover that cannot catch up ends by itself
    /// with 47514–47516; a deletion is a management operation of minutes at most. When it ends, `resume` waits on.
    fn limit(&self) -> Duration {
        Duration::from_millis(self.0.policy.switch_timeout_ms)
    }

    fn instance(&self) -> InstanceRef {
        InstanceRef { resource_group: self.0.link.resource_group.clone(), name: self.0.link.managed_instance.clone() }
    }

    fn deletion(&self) -> ArmChange {
        ArmChange::DeleteLink { instance: self.instance(), name: self.0.link.name.0.clone() }
    }

    async fn seen(&self, cx: &Context) -> Result<Seen> {
        match self.0.link.path {
            Path::OneWay => self.seen_one_way(cx).await,
            Path::TwoWay => self.seen_two_way(cx).await,
        }
    }

    /// All that is asked while its end is awaited: one question to the servers, none to Azure.
    async fn done(&self, cx: &Context) -> Result<bool> {
        match self.0.link.path {
            Path::OneWay => self.released(cx).await,
            Path::TwoWay => Ok(self.seen_two_way(cx).await? == Seen::Done),
        }
    }

    /// The copy on the instance is in no link any more and takes writes.
    async fn released(&self, cx: &Context) -> Result<bool> {
        let link = &self.0.link;
        let access = cx.effects.read(&link.target, database::access(&link.database)).await?;
        Ok(access.is_some_and(|a| a.accepts_writes() && !a.groups.iter().any(|g| g.is_distributed)))
    }

    async fn seen_one_way(&self, cx: &Context) -> Result<Seen> {
        let (released, there) = tokio::join!(self.released(cx), self.link_there(cx));
        if released? {
            return Ok(Seen::Done);
        }
        if cx.effects.pending(&self.0.id).is_some() {
            return Ok(Seen::Moving);
        }
        Ok(if there? { Seen::NotDone } else { Seen::Moving })
    }

    async fn link_there(&self, cx: &Context) -> Result<bool> {
        Ok(cx.effects.arm()?.link(&self.instance(), self.0.link.name.as_str()).await?.is_some())
    }

    async fn seen_two_way(&self, cx: &Context) -> Result<Seen> {
        let link = &self.0.link;
        let (source, target) = tokio::join!(
            cx.effects.read(&link.source, database::access(&link.database)),
            cx.effects.read(&link.target, database::access(&link.database)),
        );
        let (source, target) = (source?, target?);
        let role =
            |a: &Option<crate::model::database::DatabaseAccess>| a.as_ref().and_then(|a| a.distributed_role().cloned());
        Ok(match (role(&source), role(&target)) {
            (Some(Role::Primary), Some(Role::Primary)) => {
                return Err(Error::new(Kind::SplitBrain, format!("both sides of {} are PRIMARY", link.name))
                    .hint("stop the writers of both sides; one side must be set to SECONDARY before anything else"));
            }
            (Some(Role::Secondary), Some(Role::Primary)) if target.is_some_and(|a| a.accepts_writes()) => Seen::Done,
            (Some(Role::Primary), Some(Role::Secondary)) => Seen::NotDone,
            _ => Seen::Moving,
        })
    }

    /// The token is there, and the frozen source still stands where it stood, and the target has reached it.
    /// Expected and found, where it does not hold; `None`: it does.
    async fn token_gap(&self, cx: &Context) -> Result<Option<(String, String)>> {
        let link = &self.0.link;
        let Some(token) = cx.proven::<FenceToken>(&self.0.sibling("cutover.drain"), TOKEN)? else {
            return Ok(Some(("a fence token".to_owned(), "none was issued".to_owned())));
        };
        let position = position::read(cx, link).await?;
        let Some((source, target)) = position.in_column(token.column) else {
            return Ok(Some((format!("{:?} on both sides", token.column), "a side that does not say".to_owned())));
        };
        if source != token.lsn || target != token.lsn {
            let who = match cx.proven::<String>(&self.0.sibling("cutover.drain"), LOG_END)? {
                Some(end) => attribution::since(cx, link, &end).await?.to_string(),
                None => "nobody can say who".to_owned(),
            };
            return Ok(Some((
                format!("both sides at the token's {}", token.lsn),
                format!(
                    "{} at {source}, {} at {target}: the log was written to after the fence: {who}",
                    link.source, link.target
                ),
            )));
        }
        Ok(None)
    }

    async fn wait_done(&self, cx: &Context) -> Result<()> {
        cx.until(
            &format!("{} to become writable on {}", self.0.link.database, self.0.link.target),
            self.limit(),
            Backoff::urgent(),
            || async { Ok(self.done(cx).await?.then_some(())) },
        )
        .await
    }

    async fn delete_link(&self, cx: &Context) -> Result<()> {
        // A deletion that is under way is polled, never sent again.
        let there = self.1.swap(false, Ordering::SeqCst) || self.link_there(cx).await?;
        if there && cx.effects.pending(&self.0.id).is_none() {
            cx.effects.arm_change(&self.0.id, &self.0.link.target, &self.deletion()).await?;
        }
        let operation = async {
            if cx.effects.pending(&self.0.id).is_some() {
                cx.effects.arm_wait(&cx.clock, &self.0.id, self.limit()).await?;
            }
            // The operation ended well; the database may need a moment more.
            std::future::pending::<Result<()>>().await
        };
        tokio::select! {
            biased;
            r = self.wait_done(cx) => r,
            r = operation => r,
        }
    }
}

#[async_trait]
impl Step for Switch {
    link_step!(target);

    fn crosses(&self) -> Option<Line> {
        Some(Line::L1)
    }
    fn summary(&self) -> String {
        match self.0.link.path {
            Path::OneWay => {
                format!("switch {}: delete the link, {} becomes writable", self.0.link.name, self.0.link.target)
            }
            Path::TwoWay => format!("switch {}: planned failover to {}", self.0.link.name, self.0.link.target),
        }
    }
    fn preview(&self) -> Vec<String> {
        match self.0.link.path {
            Path::OneWay => self.0.tools.request(&self.deletion()),
            Path::TwoWay => {
                group::failover(self.0.link.name.as_str()).map(|s| vec![s.rendered.shown.clone()]).unwrap_or_default()
            }
        }
    }
    fn undo_summary(&self) -> String {
        "none: from here only forward".to_owned()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let (seen, gap) = tokio::join!(self.seen(cx), self.token_gap(cx));
        let seen = seen?;
        self.1.store(seen == Seen::NotDone, Ordering::SeqCst);
        match seen {
            Seen::Done => {
                return Ok(Precheck::AlreadyDone(format!(
                    "{} is writable on {}",
                    self.0.link.database, self.0.link.target
                )));
            }
            // Sent already: what is left is to wait, and never to send it twice.
            Seen::Moving if self.0.link.path == Path::OneWay => return Ok(Precheck::UnderWay),
            Seen::Moving => {
                return Err(Error::new(Kind::TimedOut, format!("{} is between two roles", self.0.link.name)));
            }
            Seen::NotDone => {}
        }
        if self.0.tools.sabotage.iter().any(|s| s == "cutover.fence" || s == "cutover.drain.stable") {
            return Ok(Precheck::Ready);
        }
        Ok(match gap? {
            None => Precheck::Ready,
            Some((expected, found)) => Precheck::Blocked {
                expected,
                found,
                hint: "the run goes back and writers are let in; find the writer, then cut over again".to_owned(),
            },
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let from = cx.clock.monotonic();
        match self.0.link.path {
            Path::OneWay => self.delete_link(cx).await?,
            Path::TwoWay => {
                cx.effects
                    .change(&self.0.id, &self.0.link.source, &group::failover(self.0.link.name.as_str())?)
                    .await?;
                self.wait_done(cx).await?;
            }
        }
        cx.guards.end(&format!("fence/{}", self.0.link.name));
        let took = crate::base::text::duration(cx.clock.monotonic().saturating_sub(from));
        Ok(Done::note(format!("{} is writable on {} after {took}", self.0.link.database, self.0.link.target)))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        match self.seen(cx).await? {
            Seen::NotDone => Ok("nothing was switched".to_owned()),
            other => Err(Error::new(
                Kind::Stopped,
                format!("the switch of {} is {other:?}; it cannot be undone", self.0.link.name),
            )),
        }
    }
}

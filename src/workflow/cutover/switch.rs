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
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use time::OffsetDateTime;

/// With what the last look of this process allows.
pub struct Switch(pub LinkStep, Mutex<Allowed>);

/// What may be sent after a look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Allowed {
    /// No look yet, or it has been used up.
    #[default]
    AfterALook,
    /// It was not done, and the token holds: send.
    Send,
    /// It may be under way unseen, and the token does not hold: wait, send nothing.
    Wait,
}

/// Evidence: when the switch was last sent, in RFC 3339, unless its refusal was heard.
const SENT: &str = "sent_at";

/// For so long after it was sent, a switch whose answer was lost may be under way though nothing shows it yet: two of the
/// 60 s that a front door of Azure waits for a service before it answers itself. Below the time that an undo is tried again.
const UNHEARD_MAX: Duration = Duration::from_secs(100);

/// What the world says of the switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    NotDone,
    Done,
    Moving,
}

impl Switch {
    pub fn new(base: LinkStep) -> Self {
        Self(base, Mutex::default())
    }

    fn allow(&self, allowed: Allowed) -> Allowed {
        std::mem::replace(&mut *self.1.lock().unwrap_or_else(PoisonError::into_inner), allowed)
    }

    /// What is left of the time in which it may be under way unseen; `None`: it was never sent, was refused, or long ago.
    fn unheard(&self, cx: &Context) -> Result<Option<Duration>> {
        let Some(Some(sent)) = cx.proven::<Option<String>>(&self.0.id, SENT)? else { return Ok(None) };
        let format = &time::format_description::well_known::Rfc3339;
        let sent = OffsetDateTime::parse(&sent, format)
            .map_err(|e| Error::bug("the time of a switch cannot be read back").caused_by(e))?;
        let since = Duration::try_from(cx.clock.now() - sent).unwrap_or_default();
        Ok(UNHEARD_MAX.checked_sub(since).filter(|left| !left.is_zero()))
    }

    /// Notes durably that the switch goes out, sends it, and takes the note back if a refusal was heard. Gives how long its end is
    /// to be waited for: what refuses it may be one that was sent before, whose answer was lost (47513, a conflict in Azure).
    async fn send(&self, cx: &Context, limit: Duration, act: impl Future<Output = Result<()>>) -> Result<Duration> {
        let format = &time::format_description::well_known::Rfc3339;
        let now = cx.clock.now().format(format).map_err(|e| Error::bug("the time cannot be written").caused_by(e))?;
        let before = cx.proven::<Option<String>>(&self.0.id, SENT)?.flatten();
        cx.prove(&self.0.id, SENT, &Some(now))?;
        let refusal = match act.await {
            Ok(()) => return Ok(limit),
            Err(e) if matches!(e.kind(), Kind::AnswerLost | Kind::TimedOut | Kind::Interrupted) => return Err(e),
            Err(e) => e,
        };
        cx.prove(&self.0.id, SENT, &before)?;
        self.unheard(cx)?.map(|left| left.min(limit)).ok_or(refusal)
    }

    fn never_sent(&self, cx: &Context) -> Result<()> {
        cx.prove(&self.0.id, SENT, &None::<String>)
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
        let link = &self.0.link;
        if cx.proven::<Option<String>>(&self.0.id, SENT)?.is_none() {
            // Never sent: while the instance's copy is in the link, Azure has nothing to add, and is far away.
            let access = cx.effects.read(&link.target, database::access(&link.database)).await?;
            if access.is_some_and(|a| a.groups.iter().any(|g| g.is_distributed)) {
                return Ok(Seen::NotDone);
            }
        }
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

    async fn wait_done(&self, cx: &Context, limit: Duration) -> Result<()> {
        cx.until(
            &format!("{} to become writable on {}", self.0.link.database, self.0.link.target),
            limit,
            Backoff::urgent(),
            || async { Ok(self.done(cx).await?.then_some(())) },
        )
        .await
    }

    async fn delete_link(&self, cx: &Context, allowed: Allowed, mut limit: Duration) -> Result<()> {
        // A deletion that is under way is polled, never sent again.
        let there = match allowed {
            Allowed::Send => true,
            Allowed::AfterALook => self.link_there(cx).await?,
            Allowed::Wait => false,
        };
        if there && cx.effects.pending(&self.0.id).is_none() {
            let (effects, deletion) = (&cx.effects, self.deletion());
            limit = self.send(cx, limit, effects.arm_change(&self.0.id, &self.0.link.target, &deletion)).await?;
        }
        let operation = async {
            if cx.effects.pending(&self.0.id).is_some() {
                let ended = cx.effects.arm_wait(&cx.clock, &self.0.id, self.limit()).await;
                if ended.as_ref().is_err_and(|e| e.kind() == Kind::Server) && cx.effects.pending(&self.0.id).is_none() {
                    // The operation itself says that it failed.
                    self.never_sent(cx)?;
                }
                ended?;
            }
            // The operation ended well; the database may need a moment more.
            std::future::pending::<Result<()>>().await
        };
        tokio::select! {
            biased;
            r = self.wait_done(cx, limit) => r,
            r = operation => r,
        }
    }

    async fn hand_over(&self, cx: &Context, allowed: Allowed, mut limit: Duration) -> Result<()> {
        if allowed != Allowed::Wait {
            let statement = group::failover(self.0.link.name.as_str())?;
            let sent = async { cx.effects.change(&self.0.id, &self.0.link.source, &statement).await.map(|_| ()) };
            limit = self.send(cx, limit, sent).await?;
        }
        self.wait_done(cx, limit).await
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
        self.allow(Allowed::AfterALook);
        match seen? {
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
        let blind = self.0.tools.sabotage.iter().any(|s| s == "cutover.fence" || s == "cutover.drain.stable");
        let Some((expected, found)) = (if blind { None } else { gap? }) else {
            self.allow(Allowed::Send);
            return Ok(Precheck::Ready);
        };
        if self.unheard(cx)?.is_some() {
            // Sent, not heard of, and the sides no longer agree: a switch that has begun looks like this before its roles tell.
            self.allow(Allowed::Wait);
            return Ok(Precheck::UnderWay);
        }
        Ok(Precheck::Blocked {
            expected,
            found,
            hint: "the run goes back and writers are let in; find the writer, then cut over again".to_owned(),
        })
    }
    async fn on_its_way(&self, cx: &Context) -> Result<bool> {
        Ok(self.unheard(cx)?.is_some())
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let from = cx.clock.monotonic();
        let allowed = self.allow(Allowed::AfterALook);
        let limit = match allowed {
            Allowed::Wait => self.unheard(cx)?.unwrap_or_default().min(self.limit()),
            _ => self.limit(),
        };
        match self.0.link.path {
            Path::OneWay => self.delete_link(cx, allowed, limit).await?,
            Path::TwoWay => self.hand_over(cx, allowed, limit).await?,
        }
        cx.guards.end(&format!("fence/{}", self.0.link.name));
        let took = crate::base::text::duration(cx.clock.monotonic().saturating_sub(from));
        Ok(Done::note(format!("{} is writable on {} after {took}", self.0.link.database, self.0.link.target)))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        match self.seen(cx).await? {
            Seen::NotDone if self.unheard(cx)?.is_some() => Err(Error::new(
                Kind::TimedOut,
                format!("the switch of {} was sent, and nobody can say yet that it will not come", self.0.link.name),
            )),
            Seen::NotDone => Ok("nothing was switched".to_owned()),
            other => Err(Error::new(
                Kind::Stopped,
                format!("the switch of {} is {other:?}; it cannot be undone", self.0.link.name),
            )),
        }
    }
}

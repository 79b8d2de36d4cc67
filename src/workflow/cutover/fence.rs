//! Stops every writer of the source and proves it. The kill loop goes on until the switch has been read back.

use super::bars;
use super::broker;
use super::canary;
use super::hunt::Hunt;
use super::inside;
use super::jobs;
use super::snapshot::OWN_LOGIN;
use super::snapshot::SOURCE_BARS;
use super::snapshot::SOURCE_JOBS;
use crate::base::clock::pause;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::base::text;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::claim::BarredLogin;
use crate::sql::query;
use crate::sql::query::job;
use crate::sql::query::login;
use crate::sql::query::session;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;
use std::time::Duration;

/// Pace of the guard that keeps killing whoever slipped in.
const GUARD_INTERVAL: Duration = Duration::from_millis(250);

pub struct Fence(pub LinkStep);

/// Why a fence does not hold.
enum Gap {
    /// It may end by itself: a session that dies, a transaction that rolls back.
    Passing(String),
    Standing(String),
}

impl Fence {
    fn guard(&self) -> String {
        format!("fence/{}", self.0.link.name)
    }

    fn bars(&self, cx: &Context) -> Result<Vec<BarredLogin>> {
        cx.proven(&self.0.sibling("cutover.snapshot"), SOURCE_BARS)?
            .ok_or_else(|| Error::bug("the fence was to be raised before the logins were noted"))
    }

    /// Why the fence does not hold; `None`: it does.
    async fn gap(&self, cx: &Context) -> Result<Option<Gap>> {
        let link = &self.0.link;
        let bars = self.bars(cx)?;
        let hunt = Hunt::new(&link.source, &link.database, &bars);
        let (found, sessions, open, jobs, broker) = tokio::join!(
            cx.effects.read(&link.source, login::for_database(&link.database)),
            hunt.find(cx),
            cx.effects.read(&link.source, session::transactions(&link.database)),
            cx.effects.read(&link.source, job::list()),
            cx.effects.read(&link.source, query::broker::show(&link.database)),
        );
        let (found, sessions, open, jobs) = (found?, sessions?, open?, jobs?);
        let broker = broker?;
        let own: String = cx.proven(&self.0.sibling("cutover.snapshot"), OWN_LOGIN)?.unwrap_or_default();
        // Everybody is asked about, not only those noted before: a login may have been made meanwhile.
        if let Some(b) = bars::to_bar(&found, &own, &self.0.policy.allow_logins).first() {
            return Ok(Some(Gap::Standing(format!("login `{}` can still get in", b.name))));
        }
        if let Some(b) = bars::still_open(&found, &bars).first() {
            return Ok(Some(Gap::Standing(format!("login `{}` can still get in", b.name))));
        }
        // A user that this run made to be kept out may be left of a process that died; the next step takes it away.
        let own_user = canary::name(cx.effects.run(), link);
        let users = inside::to_bar(&found, &link.database, &self.0.policy.allow_logins);
        if let Some(b) = users.iter().find(|b| b.user != own_user) {
            return Ok(Some(Gap::Standing(format!("user `{}` can still get in without a login", b.user))));
        }
        if let Some(j) = jobs::at_work(&jobs, &link.database) {
            return Ok(Some(Gap::Standing(format!("job `{}` is still enabled or running", j.name))));
        }
        if let Some(name) = broker.hears() {
            return Ok(Some(Gap::Standing(format!("endpoint `{name}` of Service Broker is started"))));
        }
        if let Some(queue) = broker.at_work().first() {
            return Ok(Some(Gap::Standing(format!("queue `{queue}` is activated and may write by itself"))));
        }
        if let Some(s) = sessions.first() {
            return Ok(Some(Gap::Passing(format!("session {} is still there", s.id))));
        }
        let writing = open.iter().filter(|t| t.is_user && t.has_written()).count();
        if writing > 0 {
            return Ok(Some(Gap::Passing(format!("{} still open", text::count(writing, "writing transaction")))));
        }
        Ok(None)
    }
}

#[async_trait]
impl Step for Fence {
    link_step!(source);

    fn summary(&self) -> String {
        format!("stop every writer of {} on {} and prove it", self.0.link.database, self.0.link.source)
    }
    fn preview(&self) -> Vec<String> {
        vec![
            "EXEC msdb.dbo.sp_update_job [each noted job] @enabled = 0; EXEC msdb.dbo.sp_stop_job, where it runs"
                .to_owned(),
            "ALTER ENDPOINT [that of Service Broker, where it is started] STATE = STOPPED".to_owned(),
            "ALTER LOGIN [each noted login] DISABLE (groups: DENY CONNECT SQL)".to_owned(),
            "DENY CONNECT TO [each noted user without a login]; REVOKE CONNECT FROM guest, where it holds it"
                .to_owned(),
            format!("KILL each session in {} that is left, and each of the noted logins", self.0.link.database),
        ]
    }
    fn undo_summary(&self) -> String {
        "let the writers in again".to_owned()
    }
    fn volatile(&self) -> bool {
        true
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        if self.0.tools.sabotaged(&self.0.id) {
            return Ok(Precheck::Skip("left out on purpose by a test".to_owned()));
        }
        self.bars(cx)?;
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let link = &self.0.link;
        let bars = self.bars(cx)?;
        let noted = jobs::noted(cx, &self.0.sibling("cutover.snapshot"), SOURCE_JOBS)?;
        let endpoints = broker::noted(cx, &self.0.sibling("cutover.snapshot"))?;
        let inside = inside::noted(cx, &self.0.sibling("cutover.snapshot"))?;
        let (id, site, database) = (&self.0.id, &link.source, link.database.as_str());
        let users = if cx.effects.is_manual() {
            // Somebody is asked about each in turn.
            jobs::quiet(cx, id, site, database, &noted).await?;
            broker::stop(cx, id, site, database, &endpoints).await?;
            bars::apply(cx, id, site, database, &bars).await?;
            inside::apply(cx, id, site, database, &inside).await?
        } else {
            // They do not concern each other, and the application stands still meanwhile.
            let (jobs, broker, bars, users) = tokio::join!(
                jobs::quiet(cx, id, site, database, &noted),
                broker::stop(cx, id, site, database, &endpoints),
                bars::apply(cx, id, site, database, &bars),
                inside::apply(cx, id, site, database, &inside),
            );
            jobs?;
            broker?;
            bars?;
            users?
        };
        let hunt = Hunt::new(&link.source, &link.database, &bars);
        let mut killed = 0;
        let end = cx.clock.monotonic() + Duration::from_millis(self.0.policy.fence_timeout_ms);
        let mut backoff = Backoff::new(Duration::from_millis(5), Duration::from_millis(200), 1.5);
        loop {
            let n = hunt.round(cx, &self.0.id).await?;
            killed += n;
            // Nobody there: whether all bars hold is looked at as well, and once more who is there.
            let (why, passes) = match n {
                0 => match self.gap(cx).await? {
                    None => break,
                    Some(Gap::Passing(why)) => (why, true),
                    Some(Gap::Standing(why)) => (why, false),
                },
                n => (format!("{} had to be ended", text::count(n, "session")), true),
            };
            if cx.cancel.requested() {
                return Err(Error::new(Kind::Interrupted, "asked to stop while raising the fence"));
            }
            if !passes || cx.clock.monotonic() > end && !cx.effects.is_manual() {
                let what = format!("the fence of {} does not hold: {why}", link.database);
                return Err(Error::new(Kind::TimedOut, what).hint(
                    "milink link show; sessions that do not die roll back: SELECT percent_complete FROM sys.dm_exec_requests",
                ));
            }
            backoff.wait().await;
        }
        // Who runs a cutover by hand keeps an eye on the source; a commit after the token is seen by the switch.
        if !cx.effects.is_manual() {
            let guard = {
                let (cx, step) = (cx.for_guard(), self.0.id.clone());
                tokio::spawn(async move {
                    loop {
                        pause(GUARD_INTERVAL).await;
                        // A lost server is the drain's and the switch's business; the guard only keeps trying.
                        let _ = hunt.round(&cx, &step).await;
                    }
                })
            };
            cx.guards.keep(&self.guard(), guard);
        }
        cx.prove(
            &self.0.id,
            "closed",
            &serde_json::json!({ "logins": bars.len(), "users": users, "jobs": noted.len(), "sessions_ended": killed }),
        )?;
        Ok(Done::note(format!(
            "{} barred{}{}, {} ended, nobody left",
            text::count(bars.len(), "login"),
            if users == 0 { String::new() } else { format!(" and {}", text::count(users, "user")) },
            if noted.is_empty() { String::new() } else { format!(", {} stopped", text::count(noted.len(), "job")) },
            text::count(killed, "session"),
        )))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        cx.guards.end(&self.guard());
        let Ok(bars) = self.bars(cx) else { return Ok("nothing was barred".to_owned()) };
        let noted = jobs::noted(cx, &self.0.sibling("cutover.snapshot"), SOURCE_JOBS)?;
        jobs::wake(cx, &self.0.id, &self.0.link.source, &noted).await?;
        let endpoints = broker::noted(cx, &self.0.sibling("cutover.snapshot"))?;
        broker::start(cx, &self.0.id, &self.0.link.source, &endpoints).await?;
        let inside = inside::noted(cx, &self.0.sibling("cutover.snapshot"))?;
        inside::lift(cx, &self.0.id, &self.0.link.source, &self.0.link.database, &inside).await?;
        let n = bars::lift(cx, &self.0.id, &self.0.link.source, &self.0.link.database, &bars).await?;
        Ok(format!("{} let in again", text::count(n, "login")))
    }
}

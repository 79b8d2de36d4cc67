//! Stops every writer of the source and proves it. The kill loop goes on until the switch has been read back.

use super::bars;
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
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::claim::Bar;
use crate::model::claim::BarredLogin;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use crate::sql::query::job;
use crate::sql::query::login;
use crate::sql::query::session;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;
use std::time::Duration;
use uuid::Uuid;

/// Looks in a row that must find nobody.
const CLEAR_LOOKS: u32 = 2;
/// Pace of the guard that keeps killing whoever slipped in.
const GUARD_INTERVAL: Duration = Duration::from_millis(250);
/// The server's word for an unknown or own session id in KILL.
const NO_SUCH_SESSION: [i32; 3] = [6104, 6106, 6107];

pub struct Fence(pub LinkStep);

impl Fence {
    fn guard(&self) -> String {
        format!("fence/{}", self.0.link.name)
    }

    fn bars(&self, cx: &Context) -> Result<Vec<BarredLogin>> {
        cx.proven(&self.0.sibling("cutover.snapshot"), SOURCE_BARS)?
            .ok_or_else(|| Error::bug("the fence was to be raised before the logins were noted"))
    }

    /// Why the fence does not hold; `None`: it does.
    async fn gap(&self, cx: &Context) -> Result<Option<String>> {
        let link = &self.0.link;
        let bars = self.bars(cx)?;
        let (found, sessions, open, jobs) = tokio::join!(
            cx.effects.read(&link.source, login::for_database(&link.database)),
            victims(cx, &link.source, &link.database, &bars),
            cx.effects.read(&link.source, session::transactions(&link.database)),
            cx.effects.read(&link.source, job::list()),
        );
        let (found, sessions, open, jobs) = (found?, sessions?, open?, jobs?);
        let own: String = cx.proven(&self.0.sibling("cutover.snapshot"), OWN_LOGIN)?.unwrap_or_default();
        // Everybody is asked about, not only those noted before: a login may have been made meanwhile.
        if let Some(b) = bars::to_bar(&found, &own, &self.0.policy.allow_logins).first() {
            return Ok(Some(format!("login `{}` can still get in", b.name)));
        }
        if let Some(b) = bars::still_open(&found, &bars).first() {
            return Ok(Some(format!("login `{}` can still get in", b.name)));
        }
        if let Some(b) = inside::to_bar(&found, &link.database, &self.0.policy.allow_logins).first() {
            return Ok(Some(format!("user `{}` can still get in without a login", b.user)));
        }
        if let Some(j) = jobs::at_work(&jobs, &link.database) {
            return Ok(Some(format!("job `{}` is still enabled or running", j.name)));
        }
        if let Some(s) = sessions.first() {
            return Ok(Some(format!("session {} is still there", s.id)));
        }
        let writing = open.iter().filter(|t| t.is_user && t.has_written()).count();
        if writing > 0 {
            return Ok(Some(format!("{} still open", crate::base::text::count(writing, "writing transaction"))));
        }
        Ok(None)
    }
}

/// A session that is to end; -2 by its unit of work.
struct Victim {
    id: i32,
    unit: Option<Uuid>,
}

/// Sessions in the database, and those of barred logins wherever they are: one that sits in another database needs no new login
/// to write here by a three-part name. milink's own are left out.
async fn victims(cx: &Context, site: &SiteId, database: &str, bars: &[BarredLogin]) -> Result<Vec<Victim>> {
    let (here, barred) =
        tokio::join!(cx.effects.read(site, session::in_database(database)), cx.effects.read(site, session::barred()),);
    let own = |program: &Option<String>, login: &Option<String>| {
        cx.effects.is_own_session(site, program.as_deref(), login.as_deref())
    };
    let mut found: Vec<Victim> = here?
        .into_iter()
        .filter(|s| s.session_id > 50 || s.session_id == -2)
        .filter(|s| !own(&s.program, &s.login))
        .map(|s| Victim { id: s.session_id, unit: s.unit_of_work })
        .collect();
    let groups = bars.iter().any(|b| b.bar == Bar::Deny);
    let noted = |login: &Option<String>| login.as_ref().is_some_and(|l| bars.iter().any(|b| b.name == *l));
    for s in barred? {
        let ours = (s.by_group && groups) || noted(&s.login) || noted(&s.original_login);
        if ours && !own(&s.program, &s.login) && !found.iter().any(|v| v.id == s.session_id) {
            found.push(Victim { id: s.session_id, unit: None });
        }
    }
    Ok(found)
}

/// One round of the kill loop; tells how many were there.
pub(in crate::workflow) async fn kill_all(
    cx: &Context,
    step: &StepId,
    site: &SiteId,
    database: &str,
    bars: &[BarredLogin],
) -> Result<usize> {
    let found = victims(cx, site, database, bars).await?;
    for s in &found {
        let statement = match s.unit {
            Some(unit) if s.id == -2 => session::kill_unit(unit)?,
            _ => session::kill(s.id)?,
        };
        match cx.effects.change(step, site, &statement).await {
            Err(e) if e.server_number().is_some_and(|n| NO_SUCH_SESSION.contains(&n)) => {}
            other => {
                other?;
            }
        }
    }
    Ok(found.len())
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
        jobs::quiet(cx, &self.0.id, &link.source, &link.database, &noted).await?;
        bars::apply(cx, &self.0.id, &link.source, &link.database, &bars).await?;
        let inside = inside::noted(cx, &self.0.sibling("cutover.snapshot"))?;
        let users = inside::apply(cx, &self.0.id, &link.source, &link.database, &inside).await?;
        let mut killed = 0;
        let mut clear = 0;
        let end = cx.clock.monotonic() + Duration::from_millis(self.0.policy.fence_timeout_ms);
        let mut backoff = Backoff::new(Duration::from_millis(10), Duration::from_millis(200), 1.5);
        while clear < CLEAR_LOOKS {
            let n = kill_all(cx, &self.0.id, &link.source, &link.database, &bars).await?;
            killed += n;
            clear = if n == 0 { clear + 1 } else { 0 };
            if cx.cancel.requested() {
                return Err(Error::new(Kind::Interrupted, "asked to stop while raising the fence"));
            }
            if cx.clock.monotonic() > end {
                return Err(Error::new(Kind::TimedOut, format!("{n} sessions in {} do not die", link.database))
                    .hint("look at their rollback: SELECT percent_complete FROM sys.dm_exec_requests"));
            }
            if clear < CLEAR_LOOKS {
                backoff.wait().await;
            }
        }
        if let Some(why) = self.gap(cx).await? {
            return Err(Error::new(Kind::TimedOut, format!("the fence of {} does not hold: {why}", link.database)));
        }
        let guard = {
            let (cx, step, site, database, bars) =
                (cx.for_guard(), self.0.id.clone(), link.source.clone(), link.database.clone(), bars.clone());
            tokio::spawn(async move {
                loop {
                    pause(GUARD_INTERVAL).await;
                    // A lost server is the drain's and the switch's business; the guard only keeps trying.
                    let _ = kill_all(&cx, &step, &site, &database, &bars).await;
                }
            })
        };
        cx.guards.keep(&self.guard(), guard);
        cx.prove(
            &self.0.id,
            "closed",
            &serde_json::json!({ "logins": bars.len(), "users": users, "jobs": noted.len(), "sessions_ended": killed }),
        )?;
        Ok(Done::note(format!(
            "{} barred{}{}, {} ended, nobody left",
            crate::base::text::count(bars.len(), "login"),
            if users == 0 { String::new() } else { format!(" and {}", crate::base::text::count(users, "user")) },
            if noted.is_empty() {
                String::new()
            } else {
                format!(", {} stopped", crate::base::text::count(noted.len(), "job"))
            },
            crate::base::text::count(killed, "session"),
        )))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        cx.guards.end(&self.guard());
        let Ok(bars) = self.bars(cx) else { return Ok("nothing was barred".to_owned()) };
        let noted = jobs::noted(cx, &self.0.sibling("cutover.snapshot"), SOURCE_JOBS)?;
        jobs::wake(cx, &self.0.id, &self.0.link.source, &noted).await?;
        let inside = inside::noted(cx, &self.0.sibling("cutover.snapshot"))?;
        inside::lift(cx, &self.0.id, &self.0.link.source, &self.0.link.database, &inside).await?;
        let n = bars::lift(cx, &self.0.id, &self.0.link.source, &self.0.link.database, &bars).await?;
        Ok(format!("{} let in again", crate::base::text::count(n, "login")))
    }
}

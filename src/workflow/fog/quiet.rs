//! Before a forced failover that may lose nothing: nobody is connected, nothing is open, and what was written last is on the
//! other side (facts: failover-groups 10.6). Only what was seen here makes the word "lossless" true.

use super::base::FogStep;
use super::base::fog_step;
use super::seed::is_whole;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::ids::SiteId;
use crate::sql::query::marker;
use crate::sql::query::session;
use async_trait::async_trait;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

/// Evidence: the marker that was on both sides before the failover was forced.
pub(super) const MARKER: &str = "marker";
/// A marker is one small transaction; the lag of a group at rest is seconds.
const ARRIVE_MAX: Duration = Duration::from_secs(120);
/// Names told of those who are in the way.
const TOLD_MAX: usize = 5;

pub struct Quiet(pub FogStep);

/// Who is connected to a database of the group, or holds a transaction open there: login, host, database and site.
async fn present(step: &FogStep, cx: &Context, site: &SiteId) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for database in &step.plan.databases {
        let (sessions, transactions) = tokio::join!(
            cx.effects.read(site, session::in_database(database)),
            cx.effects.read(site, session::transactions(database)),
        );
        let sessions = sessions?;
        let is_own = |id: i32| {
            sessions.iter().any(|s| {
                s.session_id == id && cx.effects.is_own_session(site, s.program.as_deref(), s.login.as_deref())
            })
        };
        let text = |v: &Option<String>| v.clone().unwrap_or_else(|| "?".to_owned());
        for s in sessions.iter().filter(|s| s.session_id > 50 && !is_own(s.session_id)) {
            let open = if s.open_transactions > 0 { ", with a transaction open" } else { "" };
            found.push(format!("{} from {} in {database} on {site}{open}", text(&s.login), text(&s.host)));
        }
        for t in transactions?.iter().filter(|t| t.is_user && !t.session_id.is_some_and(is_own)) {
            if t.session_id.is_none_or(|id| !sessions.iter().any(|s| s.session_id == id)) {
                found.push(format!("a transaction without a session in {database} on {site}"));
            }
        }
    }
    Ok(found)
}

/// Databases whose marker on that side is not the one wanted.
pub(super) async fn without(step: &FogStep, cx: &Context, site: &SiteId, wanted: &str) -> Result<Vec<String>> {
    let mut missing = Vec::new();
    for database in &step.plan.databases {
        let found = cx.effects.read(&step.door(site, database), marker::read(database)).await?;
        if found.as_deref() != Some(wanted) {
            missing.push(database.clone());
        }
    }
    Ok(missing)
}

impl Quiet {
    /// Waits until nobody is there on either side.
    async fn nobody(&self, cx: &Context) -> Result<()> {
        let plan = &self.0.plan;
        let last = Mutex::new(Vec::new());
        let limit = Duration::from_millis(self.0.policy.fence_timeout_ms);
        let waited = cx
            .until("every client to have left both sides", limit, Backoff::relaxed(), || async {
                let (here, there) =
                    tokio::join!(present(&self.0, cx, &plan.primary.site), present(&self.0, cx, &plan.secondary.site),);
                let found = [here?, there?].concat();
                cx.progress(
                    &self.0.id,
                    format!("{} still there", crate::base::text::count(found.len(), "client")),
                    None,
                );
                let nobody = found.is_empty();
                *last.lock().unwrap_or_else(PoisonError::into_inner) = found;
                Ok(nobody.then_some(()))
            })
            .await;
        let left = last.into_inner().unwrap_or_else(PoisonError::into_inner);
        match waited {
            Err(e) if e.kind() == Kind::TimedOut && !left.is_empty() => {
                let mut told: Vec<String> = left.iter().take(TOLD_MAX).cloned().collect();
                if left.len() > TOLD_MAX {
                    told.push(format!("and {} more", left.len() - TOLD_MAX));
                }
                Err(Error::refused(format!("a forced drill would lose what these write: {}", told.join("; "))).hint(
                    "stop the application and let its transactions end, then again; with clients: milink drill run",
                ))
            }
            other => other,
        }
    }
}

#[async_trait]
impl Step for Quiet {
    fog_step!(primary);

    fn summary(&self) -> String {
        let plan = &self.0.plan;
        format!(
            "see nobody connected to {} or {}, nothing open, and the last write on both",
            plan.primary.site, plan.secondary.site
        )
    }
    fn preview(&self) -> Vec<String> {
        let shown = |d: &String| marker::set(d, "drill-1").map(|s| s.rendered.shown);
        self.0.plan.databases.iter().filter_map(|d| shown(d).ok()).collect()
    }
    fn undo_summary(&self) -> String {
        "remove the markers".to_owned()
    }
    /// What was quiet for an earlier process says nothing of now.
    fn volatile(&self) -> bool {
        true
    }
    async fn precheck(&self, _: &Context) -> Result<Precheck> {
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let plan = &self.0.plan;
        self.nobody(cx).await?;
        let value = format!("drill-{}", super::failover::unix_ms(cx));
        for database in &plan.databases {
            let door = self.0.door(&plan.primary.site, database);
            cx.effects.change(&self.0.id, &door, &marker::set(database, &value)?).await?;
        }
        // Read there, it was redone there, and so was everything that was committed before it.
        cx.until("the last write to be on both sides", ARRIVE_MAX, Backoff::relaxed(), || async {
            Ok(without(&self.0, cx, &plan.secondary.site, &value).await?.is_empty().then_some(()))
        })
        .await?;
        if !is_whole(&self.0.look(cx).await) {
            return Err(Error::refused("not every database is CATCH_UP on both sides")
                .hint(format!("milink fog show {}", plan.group)));
        }
        self.nobody(cx).await?;
        cx.prove(&self.0.id, MARKER, &value)?;
        Ok(Done::note(format!("nobody is connected, and every database has `{value}` on both sides")))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        for database in &self.0.plan.databases {
            let door = self.0.door(&self.0.plan.primary.site, database);
            cx.effects.change(&self.0.id, &door, &marker::clear(database)?).await?;
        }
        Ok("markers removed".to_owned())
    }
}

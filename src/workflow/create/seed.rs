//! Waits until the database is seeded and follows (facts: mi-link 7.1, 7.2).

use super::link::Link;
use super::link::trouble;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::database::DatabaseState;
use crate::model::group::Seeding;
use crate::model::group::SyncHealth;
use crate::model::group::SyncState;
use crate::sql::query::database;
use crate::sql::query::group;
use crate::workflow::cutover::position;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;
use std::time::Duration;

pub struct Seed(pub LinkStep);

impl Seed {
    /// All of facts mi-link 7.2; `None` while any is missing.
    async fn seeded(&self, cx: &Context) -> Result<Option<()>> {
        let link = &self.0.link;
        let (position, access, resource) = tokio::join!(
            position::read(cx, link),
            cx.effects.read(&link.target, database::access(&link.database)),
            Link::resource(cx, &self.0),
        );
        let (position, access, resource) = (position?, access?, resource?);
        if let Some(e) = resource.as_ref().and_then(|l| trouble(&self.0, l)) {
            return Err(e.with_kind(Kind::Refused));
        }
        let online = access.is_some_and(|a| a.state == DatabaseState::Online);
        let remote = position.source_of_target.as_ref();
        let following = matches!(
            remote.and_then(|r| r.sync_state.as_ref()),
            Some(SyncState::Synchronizing | SyncState::Synchronized)
        );
        let healthy = remote.and_then(|r| r.health.as_ref()) == Some(&SyncHealth::Healthy);
        let state = resource.and_then(|l| l.database(&link.database).and_then(|d| d.replica_state.clone()));
        let azure = state.is_some_and(|s| ["LinkSynchronizing", "Catchup"].iter().any(|k| s.eq_ignore_ascii_case(k)));
        Ok((online && following && healthy && azure).then_some(()))
    }

    /// Newest seeding of this database, as the source sees it.
    async fn progress(&self, cx: &Context) -> Result<Option<Seeding>> {
        let link = &self.0.link;
        let (all, groups) = tokio::join!(
            cx.effects.read(&link.source, group::seedings()),
            cx.effects.read(&link.source, group::list())
        );
        let (all, groups) = (all?, groups?);
        let ours: Vec<_> =
            groups.iter().filter(|g| g.name.eq_ignore_ascii_case(link.name.as_str())).map(|g| g.group_id).collect();
        Ok(all
            .into_iter()
            .filter(|s| s.group_id.is_some_and(|g| ours.contains(&g)) || s.database.as_deref() == Some(&link.database))
            .max_by_key(|s| s.started))
    }

    async fn tell(&self, cx: &Context) {
        let Ok(Some(s)) = self.progress(cx).await else { return };
        let percent = s.percent();
        let rate = s.bytes_per_second.and_then(|b| u64::try_from(b).ok()).map(crate::base::text::bytes);
        let text = format!(
            "seeding {}: {}{}{}",
            self.0.link.database,
            percent.map_or_else(|| s.state.clone().unwrap_or_default().to_lowercase(), |p| format!("{p:.0} %")),
            rate.map_or_else(String::new, |r| format!(", {r}/s")),
            s.attempts.filter(|a| *a > 1).map_or_else(String::new, |a| format!(", attempt {a}")),
        );
        cx.progress(&self.0.id, text, percent.map(|p| p / 100.0));
    }
}

#[async_trait]
impl Step for Seed {
    link_step!(target);

    fn summary(&self) -> String {
        format!("seed {} to {}", self.0.link.database, self.0.link.target)
    }
    fn preview(&self) -> Vec<String> {
        Vec::new()
    }
    fn undo_summary(&self) -> String {
        "nothing of its own".to_owned()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        Ok(match self.seeded(cx).await? {
            Some(()) => Precheck::AlreadyDone("seeded, following".to_owned()),
            None => Precheck::Ready,
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let from = cx.clock.monotonic();
        let limit = Duration::from_millis(self.0.policy.seeding_timeout_ms);
        let pace = Backoff::new(Duration::from_millis(150), Duration::from_secs(5), 1.25);
        cx.until(&format!("{} to be seeded", self.0.link.database), limit, pace, || async {
            self.tell(cx).await;
            self.seeded(cx).await
        })
        .await?;
        let size = self.progress(cx).await?.and_then(|s| s.database_bytes).unwrap_or(0);
        let took = cx.clock.monotonic().saturating_sub(from);
        cx.prove(&self.0.id, "seeding", &serde_json::json!({ "bytes": size, "ms": took.as_millis() as u64 }))?;
        if size < 0 {
            return Err(Error::bug("a database of negative size"));
        }
        Ok(Done::note(format!(
            "{} in {}",
            crate::base::text::bytes(size.unsigned_abs()),
            crate::base::text::duration(took)
        )))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("nothing of its own".to_owned())
    }
}

//! The first full backup of what was cut over: without it a database that has no link any more can be lost to a restart of
//! the instance (facts: mi-link 8.6).

use super::links;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::sql::query::backup;
use crate::workflow::fog::base::FogStep;
use crate::workflow::fog::base::fog_step;
use crate::workflow::fog::base::only_reads;
use async_trait::async_trait;
use std::time::Duration;

/// Id of the waiver for databases whose cutover is in another journal.
const WAIVER: &str = "fog.first_backup";

pub struct Backup(pub FogStep);

impl Backup {
    /// Databases that have none since their roles changed, and why not.
    async fn missing(&self, cx: &Context) -> Result<Vec<String>> {
        let mut missing = Vec::new();
        for database in &self.0.plan.databases {
            let newest = cx.effects.read(&self.0.plan.primary.site, backup::last_full(database)).await?;
            let link = self.0.plan.links.iter().find(|l| l.database.eq_ignore_ascii_case(database));
            // A database that came by no link of this estate has a history of its own here: any full backup counts.
            let since = link.and_then(links::switched);
            match (newest, since) {
                (None, _) => missing.push(format!("{database} has no full backup")),
                (Some(b), Some(at)) if b.started < at => {
                    missing.push(format!("the newest full backup of {database} is from before its cutover"));
                }
                _ => {}
            }
        }
        Ok(missing)
    }

    /// Links whose cutover this journal does not hold: how young a backup must be is unknown then.
    fn unknown(&self) -> Vec<&str> {
        let unknown = self.0.plan.links.iter().filter(|l| l.switched_at_ms.is_none());
        unknown.map(|l| l.name.as_str()).collect()
    }
}

#[async_trait]
impl Step for Backup {
    fog_step!(primary);
    only_reads!();

    fn summary(&self) -> String {
        format!("wait for the first full backup of every database on {}", self.0.plan.primary.site)
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        if links::waived(&self.0, WAIVER) {
            return Ok(Precheck::Skip(format!("somebody answers for it: waiver {WAIVER}")));
        }
        let unknown = self.unknown();
        if !unknown.is_empty() {
            return Ok(Precheck::Blocked {
                expected: "a full backup that began after the cutover".to_owned(),
                found: format!("when {} was cut over is not in this journal", unknown.join(", ")),
                hint: format!(
                    "use the state directory of the cutover (--state-dir), or [[waiver]] check = \"{WAIVER}\" with a reason"
                ),
            });
        }
        if self.missing(cx).await?.is_empty() {
            return Ok(Precheck::AlreadyDone("every database has one".to_owned()));
        }
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let limit = Duration::from_millis(self.0.policy.seeding_timeout_ms);
        let from = cx.clock.monotonic();
        cx.until("the first full backups (the instance takes them by itself)", limit, Backoff::relaxed(), || async {
            let missing = self.missing(cx).await?;
            if let Some(first) = missing.first() {
                cx.progress(&self.0.id, format!("{first}; waiting"), None);
            }
            Ok(missing.is_empty().then_some(()))
        })
        .await?;
        let took = cx.clock.monotonic().saturating_sub(from);
        Ok(Done::note(format!("every database has one, waited {}", crate::base::text::duration(took))))
    }
}

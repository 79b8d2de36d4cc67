//! The old secondary's copies go: a group takes an empty secondary only. Never the last copy, and never while a group holds it.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::base::text;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::database::DatabaseAccess;
use crate::sql::query::database;
use crate::workflow::cutover::hunt::Hunt;
use crate::workflow::fog::base::FogStep;
use crate::workflow::fog::base::fog_step;
use async_trait::async_trait;
use std::time::Duration;

/// Each copy: sessions must be gone, and the end of its replication is asynchronous.
const DROP_MAX: Duration = Duration::from_secs(300);
/// In use; still replicated (facts: sql-server-hadr, errors).
const NOT_YET: [i32; 2] = [3702, 3752];

pub struct Empty(pub FogStep);

impl Empty {
    async fn left(&self, cx: &Context) -> Result<Vec<String>> {
        let mut left = Vec::new();
        for name in &self.0.plan.databases {
            if cx.effects.read(&self.0.plan.secondary.site, database::access(name)).await?.is_some() {
                left.push(name.clone());
            }
        }
        Ok(left)
    }

    /// Why that copy may not be dropped.
    async fn needed(&self, cx: &Context, name: &str) -> Result<Option<String>> {
        let plan = &self.0.plan;
        if self.0.group(cx, &self.0.at_primary()).await?.is_some() {
            return Ok(Some(format!("group {} is still there", plan.group)));
        }
        let other = cx.effects.read(&plan.primary.site, database::access(name)).await?;
        Ok(match other {
            Some(access) if DatabaseAccess::accepts_writes(&access) => None,
            Some(access) => {
                Some(format!("{name} on {} is {}, {:?}", plan.primary.site, access.state, access.updateability))
            }
            None => Some(format!("{name} is not on {}", plan.primary.site)),
        })
    }
}

#[async_trait]
impl Step for Empty {
    fog_step!(secondary);

    fn summary(&self) -> String {
        let plan = &self.0.plan;
        let n = text::count(plan.databases.len(), "old database");
        format!("drop {n} on {}: a group takes an empty secondary only", plan.secondary.site)
    }
    fn preview(&self) -> Vec<String> {
        let shown = |d: &String| database::drop(d).map(|s| s.rendered.shown.clone());
        self.0.plan.databases.iter().filter_map(|d| shown(d).ok()).collect()
    }
    fn undo_summary(&self) -> String {
        "nothing: the data is on the primary, and the new group copies it again".to_owned()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let left = self.left(cx).await?;
        for name in &left {
            if let Some(found) = self.needed(cx, name).await? {
                return Ok(Precheck::Blocked {
                    expected: format!("{name} in service on {}, and no group", self.0.plan.primary.site),
                    found,
                    hint: "milink fog resume once it is".to_owned(),
                });
            }
        }
        Ok(if left.is_empty() { Precheck::AlreadyDone("empty".to_owned()) } else { Precheck::Ready })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let site = &self.0.plan.secondary.site;
        let left = self.left(cx).await?;
        for name in &left {
            if let Some(why) = self.needed(cx, name).await? {
                return Err(Error::refused(why).hint("milink fog resume once it is in service"));
            }
            let hunt = Hunt::new(site, name, &[]);
            cx.until(&format!("{name} to be dropped on {site}"), DROP_MAX, Backoff::urgent(), || async {
                hunt.round(cx, &self.0.id).await?;
                match cx.effects.change(&self.0.id, site, &database::drop(name)?).await {
                    Ok(_) => Ok(Some(())),
                    Err(e) if e.server_number().is_some_and(|n| NOT_YET.contains(&n)) => Ok(None),
                    Err(e) => Err(e.with_kind(Kind::Refused)),
                }
            })
            .await?;
        }
        Ok(Done::note(format!("{} dropped on {site}", text::count(left.len(), "old database"))))
    }
    async fn verify(&self, cx: &Context) -> Result<()> {
        let left = self.left(cx).await?;
        if left.is_empty() {
            return Ok(());
        }
        Err(Error::new(Kind::Server, format!("still on {}: {}", self.0.plan.secondary.site, left.join(", ")))
            .hint("milink fog resume"))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("not undone".to_owned())
    }
}

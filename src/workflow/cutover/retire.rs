//! The old copy leaves its group and stops taking writes; until then the fence keeps it shut (facts: cutover-night 3).

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::plan::types::LinkPlan;
use crate::plan::types::Path;
use crate::sql::query::database;
use crate::sql::query::group;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;
use std::time::Duration;

/// Leaving a group ends asynchronously (facts: sql-server-hadr (c)).
const RETIRE_MAX: Duration = Duration::from_secs(120);

/// What becomes of the old copy of a link that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It stays, as the secondary.
    StaysSecondary,
    /// The link goes after all, and the old copy with it.
    Goes,
}

pub struct Retire(pub LinkStep, pub Kept);

/// Groups of a link that are on its source: the DAG before the group it stands on.
pub async fn groups_of(cx: &Context, link: &LinkPlan) -> Result<Vec<String>> {
    let all = cx.effects.read(&link.source, group::list()).await?;
    let ours = [link.name.as_str(), link.group.as_str()];
    let mut found: Vec<_> = all.into_iter().filter(|g| ours.iter().any(|o| g.name.eq_ignore_ascii_case(o))).collect();
    found.sort_by_key(|g| !g.is_distributed);
    Ok(found.into_iter().map(|g| g.name).collect())
}

impl Retire {
    fn stays(&self) -> bool {
        self.0.link.path == Path::TwoWay && self.1 == Kept::StaysSecondary
    }

    async fn retired(&self, cx: &Context) -> Result<bool> {
        let link = &self.0.link;
        let access = cx.effects.read(&link.source, database::access(&link.database)).await?;
        Ok(groups_of(cx, link).await?.is_empty() && access.is_none_or(|a| !a.accepts_writes()))
    }
}

#[async_trait]
impl Step for Retire {
    link_step!(source);

    fn summary(&self) -> String {
        format!("take the old copy of {} on {} out of service", self.0.link.database, self.0.link.source)
    }
    fn preview(&self) -> Vec<String> {
        if self.stays() {
            return Vec::new();
        }
        [
            group::drop(self.0.link.name.as_str()),
            group::drop(&self.0.link.group),
            database::set_read_only(&self.0.link.database),
        ]
        .into_iter()
        .flatten()
        .map(|s| s.rendered.shown.clone())
        .collect()
    }
    fn undo_summary(&self) -> String {
        "none: from here only forward".to_owned()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        if self.stays() {
            return Ok(Precheck::Skip("it is the secondary of the kept link and takes no writes".to_owned()));
        }
        Ok(if self.retired(cx).await? {
            Precheck::AlreadyDone("out of its group and read-only".to_owned())
        } else {
            Precheck::Ready
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let link = &self.0.link;
        let groups = groups_of(cx, link).await?;
        let statements = groups.iter().map(|name| group::drop(name)).collect::<Result<Vec<_>>>()?;
        cx.effects.change_all(&self.0.id, &link.source, &statements).await?;
        cx.until(&format!("{} to leave its group", link.database), RETIRE_MAX, Backoff::urgent(), || async {
            let access = cx.effects.read(&link.source, database::access(&link.database)).await?;
            Ok(access.is_none_or(|a| !a.in_group()).then_some(()))
        })
        .await?;
        cx.effects.change(&self.0.id, &link.source, &database::set_read_only(&link.database)?).await?;
        Ok(Done::note("out of its group, READ_ONLY"))
    }
    async fn verify(&self, cx: &Context) -> Result<()> {
        if self.retired(cx).await? {
            return Ok(());
        }
        Err(Error::new(
            Kind::Server,
            format!("the old copy of {} on {} still takes writes", self.0.link.database, self.0.link.source),
        )
        .hint("it stays fenced; resume tries again"))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("not undone".to_owned())
    }
}

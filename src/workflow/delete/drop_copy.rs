//! The managed instance's copy is dropped: it can be neither READ_ONLY nor OFFLINE there, and two copies would diverge.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::sql::query::database;
use crate::workflow::cutover::hunt::Hunt;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;
use std::time::Duration;

/// Leaving the group ends asynchronously, and sessions must be gone.
const DROP_MAX: Duration = Duration::from_secs(300);
/// In use; still in a group (facts: sql-server-hadr, errors).
const NOT_YET: [i32; 2] = [3702, 3752];

pub struct DropCopy(pub LinkStep);

#[async_trait]
impl Step for DropCopy {
    link_step!(target);

    fn summary(&self) -> String {
        format!("drop the copy of {} on {}", self.0.link.database, self.0.link.target)
    }
    fn preview(&self) -> Vec<String> {
        database::drop(&self.0.link.database).map(|s| vec![s.rendered.shown.clone()]).unwrap_or_default()
    }
    fn undo_summary(&self) -> String {
        "none: the data is on the source, a new link seeds it again".to_owned()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let link = &self.0.link;
        let (here, there) = tokio::join!(
            cx.effects.read(&link.target, database::access(&link.database)),
            cx.effects.read(&link.source, database::access(&link.database)),
        );
        if here?.is_none() {
            return Ok(Precheck::AlreadyDone("not there".to_owned()));
        }
        // The last copy is never dropped: the source must be there and in service.
        let there = there?;
        if there.as_ref().is_some_and(crate::model::database::DatabaseAccess::accepts_writes) {
            return Ok(Precheck::Ready);
        }
        Ok(Precheck::Blocked {
            expected: format!("{} in service on {}", link.database, link.source),
            found: there.map_or("no such database".to_owned(), |a| format!("{}, {:?}", a.state, a.updateability)),
            hint: format!("milink link show {}", link.name),
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let link = &self.0.link;
        let hunt = Hunt::new(&link.target, &link.database, &[]);
        cx.until(
            &format!("{} to be dropped on {}", link.database, link.target),
            DROP_MAX,
            Backoff::urgent(),
            || async {
                hunt.round(cx, &self.0.id).await?;
                match cx.effects.change(&self.0.id, &link.target, &database::drop(&link.database)?).await {
                    Ok(_) => Ok(Some(())),
                    Err(e) if e.server_number().is_some_and(|n| NOT_YET.contains(&n)) => Ok(None),
                    Err(e) => Err(e.with_kind(Kind::Refused)),
                }
            },
        )
        .await?;
        Ok(Done::note("dropped"))
    }
    async fn verify(&self, cx: &Context) -> Result<()> {
        let link = &self.0.link;
        match cx.effects.read(&link.target, database::access(&link.database)).await? {
            None => Ok(()),
            Some(_) => Err(Error::new(Kind::Server, format!("{} is still on {}", link.database, link.target))
                .hint("its logins stay barred; the same command goes on")),
        }
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("not undone".to_owned())
    }
}

//! What the leases of links and of failover groups have in common: who had one in between is told before anything is touched.

use crate::base::error::Error;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::model::ids::RunId;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use crate::sql::query::lease;

/// Evidence: this run has had the lease.
const HELD: &str = "held";
/// Evidence: the run that had it in between.
const SUPERSEDED: &str = "superseded_by";
/// Evidence: the run that had it before this one first did.
const BEFORE: &str = "before";

fn note_other(cx: &Context, id: &StepId, last: Option<RunId>) -> Result<()> {
    match last.filter(|run| run != cx.effects.run()) {
        Some(other) => cx.prove(id, SUPERSEDED, &other.as_str()),
        None => Ok(()),
    }
}

/// Takes the lease, or says who has it; gives the fencing number.
pub(super) async fn take(cx: &Context, id: &StepId, site: &SiteId, name: &str) -> Result<Option<i64>> {
    let had = cx.proven::<bool>(id, HELD)? == Some(true);
    if had {
        // Before the number is raised in this run's name: afterwards nobody could tell.
        let last = cx.effects.last_holder(site, name).await?;
        note_other(cx, id, last)?;
    }
    let Some(taken) = cx.effects.take_lease(id, site, name).await? else { return Ok(None) };
    if had {
        note_other(cx, id, taken.before)?;
    } else {
        if let Some(before) = taken.before.filter(|run| run != cx.effects.run()) {
            cx.prove(id, BEFORE, &before.as_str())?;
        }
        cx.prove(id, HELD, &true)?;
    }
    Ok(Some(taken.number))
}

/// The run that had the lease after this one had it first, and before it had it again.
pub(super) fn superseded_by(cx: &Context, id: &StepId) -> Result<Option<RunId>> {
    Ok(cx.proven::<String>(id, SUPERSEDED)?.map(|run| RunId::from(run.as_str())))
}

/// Whose name the lease is to bear when this run has changed nothing.
pub(super) fn heir(cx: &Context, id: &StepId) -> Result<Option<RunId>> {
    if let Some(other) = superseded_by(cx, id)? {
        return Ok(Some(other));
    }
    Ok(cx.proven::<String>(id, BEFORE)?.map(|run| RunId::from(run.as_str())))
}

/// Somebody else has it; `what` is `link ledger`.
pub(super) async fn refused(cx: &Context, site: &SiteId, name: &str, what: &str) -> Result<Error> {
    let holder = cx.effects.read(site, lease::read(&lease::resource(name))).await?;
    let who = holder.first().map_or("somebody who let go just now".to_owned(), ToString::to_string);
    Ok(Error::refused(format!("the lease of {what} is held by {who}")))
}

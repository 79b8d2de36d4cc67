//! Of a demonstration: what is caught before the cutover, and the way from the last link to the listener.

use super::demo::commits_by_listener;
use crate::app::build::App;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::engine::cancel::Cancel;
use crate::engine::event::Event;
use crate::engine::event::SharedObserver;
use crate::engine::run::RunEnd;
use crate::journal::protected::windows;
use crate::journal::record::Record;
use crate::lab::up::start::Running;
use crate::report::dto::CaughtReport;
use crate::report::dto::LastMileReport;
use time::format_description::well_known::Rfc3339;

/// What `cutover run` exits with when it is refused.
const REFUSED: u8 = 3;
/// The links themselves: the one thing that stands in the way of a group until they are gone.
const LINKS: &str = "P13";

fn say(observer: &SharedObserver, text: String) {
    observer.on(&Event::Note { text });
}

/// Whether the failover group can be made once the links are gone: asked before the night.
pub(super) async fn before(app: &App) -> Result<Option<String>> {
    if app.config.failover_groups.is_empty() {
        return Ok(None);
    }
    let look = app.look_at_group(None).await?;
    let rows = app.group_rows(&look);
    let blocking: Vec<_> = rows.iter().filter(|r| r.blocks() && r.rule != LINKS).collect();
    let name = &look.wanted.name;
    Ok(Some(match blocking.first() {
        None => format!("failover group {name}: nothing but the link stands in its way"),
        Some(first) => format!("failover group {name}: {} ({}): {}", first.id, first.rule, first.found),
    }))
}

/// The cutover was refused: says why, brings over what is missing, and sees that nothing is missing any more.
pub(super) async fn mend(
    app: &App,
    refusal: Error,
    observer: &SharedObserver,
    cancel: &Cancel,
) -> Result<CaughtReport> {
    let findings = app.blocking_cutover(&[]).await?;
    let plan = app.plan_objects(&[], false).await?;
    if plan.is_empty() {
        return Err(refusal);
    }
    say(observer, format!("cutover REFUSED (exit {REFUSED}), nothing was changed: {}", refusal.chain()));
    for finding in &findings {
        say(observer, format!("  caught: {finding}"));
    }
    say(observer, "objects sync brings over what is missing".to_owned());
    let mended = plan.steps().map(|s| s.summary.clone()).collect();
    let synced = app.start(&plan, observer.clone(), cancel.clone()).await?;
    if let RunEnd::RolledBack(cause) = synced.end {
        return Err(cause.during("bringing objects over"));
    }
    say(observer, "the cutover once more".to_owned());
    Ok(CaughtReport { exit_code: REFUSED, refusal: refusal.chain(), findings, mended })
}

/// From the last link to an application on the listener; `None`: the estate has no failover group.
pub(super) async fn run(
    app: &App,
    lab: &Running,
    commits: usize,
    observer: &SharedObserver,
    cancel: &Cancel,
) -> Result<Option<LastMileReport>> {
    if app.config.failover_groups.is_empty() {
        return Ok(None);
    }
    say(observer, "cut over and unlinked; on to the failover group and its listener".to_owned());
    let mut look = app.look_at_group(None).await?;
    app.look_closer(&mut look).await?;
    let plan = app.plan_protection(&look)?;
    let ended = app.start(&plan, observer.clone(), cancel.clone()).await?;
    if let RunEnd::RolledBack(cause) = ended.end {
        return Err(cause.during("protecting the databases"));
    }
    commits_by_listener(lab, commits).await?;
    let group = look.wanted.name.clone();
    let window = windows(app.journal.as_ref())?.remove(&group.to_lowercase());
    let seeding_ms = app.journal.records(&ended.run)?.iter().find_map(|r| match &r.record {
        Record::Evidence { name, value, .. } if name == "seeding" => value["ms"].as_u64(),
        _ => None,
    });
    let when = |at: Option<time::OffsetDateTime>| at.and_then(|at| at.format(&Rfc3339).ok());
    Ok(Some(LastMileReport {
        listener: look.listeners.map(|(rw, _)| rw).unwrap_or_default(),
        commits_through_listener: lab.ledger.by_listener() as u64,
        seeding_ms: seeding_ms.unwrap_or(0),
        unprotected_from: when(window.as_ref().and_then(|w| w.opened_at)),
        protected_from: when(window.as_ref().map(|w| w.closed_at)),
        unprotected_ms: window.and_then(|w| w.lasted()).and_then(|d| u64::try_from(d.as_millis()).ok()),
        run_id: ended.run.0,
        group,
    }))
}

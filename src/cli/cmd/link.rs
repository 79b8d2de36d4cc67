//! `milink link plan|create|list|show`.

use super::create_run;
use super::plan_text;
use crate::app::protection::LinkProtection;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::cli::args::LinkCreateArgs;
use crate::cli::args::LinkPlanArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use crate::inventory::link::LinkFacts;
use crate::report::dto::LinkLine;
use crate::report::dto::Milestone;
use time::format_description::well_known::Rfc3339;

pub async fn plan(args: &LinkPlanArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &args.links.links, printer).await?;
    let plan = app.plan_create(&args.links.links).await?;
    plan_text::show(&plan, args.script, printer)?;
    if plan.is_empty() {
        printer.message("nothing is missing")?;
        printer.next("milink link list")?;
    } else {
        printer.next("milink link create")?;
    }
    Ok(Exit::OK)
}

pub async fn create(args: &LinkCreateArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let links = &args.create.links.links;
    let app = super::app::open(settings, links, printer).await?;
    let mut plan = app.plan_create(links).await?;
    plan.policy.waivers = super::check::for_plan(&args.waive)?;
    let words = ("link create", "milink cutover plan");
    create_run::drive(&app, &plan, &args.create.change, words, settings, printer).await
}

/// The cause decides the exit code: a rolled-back run has changed nothing that lasts.
pub(super) fn undone(cause: Error) -> Error {
    let kind = match cause.kind() {
        Kind::Server | Kind::AnswerLost | Kind::Stopped | Kind::NotFound => Kind::Refused,
        other => other,
    };
    let hint = cause.get_hint().map(ToOwned::to_owned);
    let e = Error::new(kind, format!("rolled back: {}", cause.chain()));
    match hint {
        Some(hint) => e.hint(hint),
        None => e.hint("milink runs show last"),
    }
}

pub async fn list(links: &[String], settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, links, printer).await?;
    let facts = app.look_at_links(links).await?;
    let mut lines = Vec::new();
    let protected = app.protected(&facts).await?;
    for ((f, p), l) in facts.iter().zip(&protected).zip(app.config.select(links)?) {
        lines.push(line(f, Some(p), l.intent.as_str().to_owned()));
    }
    printer.answers(&lines, |width| crate::report::text::links(&lines, width))?;
    let open = |l: &LinkLine| l.unprotected_from.is_some() && l.milestone == Some(Milestone::Unlinked);
    if lines.iter().any(open) && !app.config.failover_groups.is_empty() {
        printer.next("milink fog protect")?;
    }
    Ok(verdict(&facts))
}

pub async fn show(link: &str, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &[link.to_owned()], printer).await?;
    let facts = app.look_at_links(&[link.to_owned()]).await?;
    let found = facts.first().ok_or_else(|| Error::bug("a link was looked at and is not there"))?;
    printer.answer(found, |_| plan_text::link(found))?;
    Ok(verdict(&facts))
}

/// Two writable copies are an exit code of their own; nothing could be judged: unreachable.
fn verdict(facts: &[LinkFacts]) -> Exit {
    if facts.iter().any(|f| f.writable_copies().is_some_and(|n| n > 1)) {
        return Exit::from(Kind::SplitBrain);
    }
    let blind = |f: &LinkFacts| f.source.access.known().is_none() && f.target.access.known().is_none();
    if !facts.is_empty() && facts.iter().all(blind) { Exit::from(Kind::Unreachable) } else { Exit::OK }
}

/// `protection`: where it was not asked for, the milestone stops at `unlinked`.
pub(crate) fn line(f: &LinkFacts, protection: Option<&LinkProtection>, intent: String) -> LinkLine {
    let said = protection.and_then(|p| p.sentence.clone());
    let when = |at: Option<time::OffsetDateTime>| at.and_then(|at| at.format(&Rfc3339).ok());
    LinkLine {
        link: f.name.clone(),
        database: f.database.clone(),
        source: f.source.site.0.clone(),
        target: f.target.site.0.clone(),
        intent,
        milestone: milestone(protection.map_or_else(|| f.milestone(), |p| p.milestone)),
        state: said.map_or_else(|| f.sentence(), |said| format!("{}; {said}", f.sentence())),
        lag_ms: f.lag_seconds().and_then(|s| u64::try_from(s * 1000).ok()),
        writable_copies: f.writable_copies(),
        unprotected_from: when(protection.and_then(|p| p.opened_at)),
        protected_from: when(protection.and_then(|p| p.closed_at)),
    }
}

pub(crate) fn milestone(word: Option<&str>) -> Option<Milestone> {
    Some(match word? {
        "linked" => Milestone::Linked,
        "cut_over" => Milestone::CutOver,
        "unlinked" => Milestone::Unlinked,
        "protected" => Milestone::Protected,
        _ => Milestone::None,
    })
}

//! `milink check`

use crate::app::check::Checked;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::cli::args::CheckArgs;
use crate::cli::args::CheckPurpose;
use crate::cli::args::WaiveArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use crate::plan::types::PlanWaiver;
use crate::report;
use crate::report::check::CheckVerdict;
use crate::report::check::Subject;
use crate::rules::checks::case::Purpose;
use crate::rules::checks::verdict::Waiver;

pub async fn run(args: &CheckArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let waivers = args.waive.iter().map(|w| waiver(w)).collect::<Result<Vec<_>>>()?;
    let app = super::app::open(settings, &args.links.links, printer).await?;
    let checked = app.check(&args.links.links, args.purpose.map(purpose), waivers).await?;
    let budget_ms = u64::try_from(app.config.policy.budget.as_millis()).unwrap_or(u64::MAX);
    let rows = checked.iter().map(|c| (subject(c, budget_ms), &c.verdict)).collect();
    let report = report::check::report(rows);
    printer.answer(&report, |width| report::check::text(&report, width, args.all))?;
    // Past its cutover, what a link needs next is not a link.
    let unmade = checked.iter().filter(|c| c.verdict.purpose == Purpose::Create).map(|c| &c.link);
    let past = app.cut_over_before(unmade)?;
    if !past.is_empty() {
        let facts = app.look_at_links(&past).await?;
        for (f, p) in facts.iter().zip(app.protected(&facts).await?) {
            if let Some(said) = p.sentence {
                printer.message(&format!("{}: milestone {}; {said}", f.name, p.milestone.unwrap_or("unknown")))?;
            }
        }
    }
    if checked.iter().all(|c| c.is_dark) {
        printer.message("nothing could be judged: neither side nor Azure answered")?;
        return Ok(Exit::from(Kind::Unreachable));
    }
    if report.verdict != CheckVerdict::Ready {
        printer.next("milink check --all")?;
        return Ok(Exit::from(Kind::Refused));
    }
    let verb = match checked.first().map(|c| c.verdict.purpose) {
        Some(p) if checked.iter().any(|c| c.verdict.purpose != p) => "cutover plan",
        Some(Purpose::Create) => "link create",
        Some(Purpose::Cutover) | None => "cutover plan",
        // No command of milink's goes there yet: what can be done is to look.
        Some(Purpose::Failback | Purpose::Forced) => "link show",
        Some(Purpose::Operate | Purpose::Group) => "watch",
    };
    let names = args.links.links.join(" ");
    printer.next(format!("milink {verb} {names}").trim_end())?;
    Ok(Exit::OK)
}

fn purpose(p: CheckPurpose) -> Purpose {
    match p {
        CheckPurpose::Create => Purpose::Create,
        CheckPurpose::Cutover => Purpose::Cutover,
        CheckPurpose::Failback => Purpose::Failback,
        CheckPurpose::Forced => Purpose::Forced,
        CheckPurpose::Operate => Purpose::Operate,
    }
}

/// Those of the command line, for a plan.
pub(super) fn for_plan(args: &WaiveArgs) -> Result<Vec<PlanWaiver>> {
    let waivers = args.waive.iter().map(|w| waiver(w));
    waivers.map(|w| w.map(|w| PlanWaiver { check: w.check, reason: w.reason })).collect()
}

fn waiver(text: &str) -> Result<Waiver> {
    match text.split_once('=') {
        Some((id, reason)) if !id.trim().is_empty() && !reason.trim().is_empty() => {
            Ok(Waiver { check: id.trim().to_owned(), reason: reason.trim().to_owned(), links: Vec::new() })
        }
        _ => Err(Error::usage(format!("expected ID=REASON in --waive, found `{text}`"))
            .hint("--waive \"database.broker=the application has no use for it\"")),
    }
}

fn subject(c: &Checked, budget_ms: u64) -> Subject {
    Subject {
        link: c.link.0.clone(),
        database: c.database.clone(),
        source: c.source.0.clone(),
        target: c.target.0.clone(),
        outage: c.outage.map(|m| (m.mean_ms, m.spread_ms, m.samples)),
        budget_ms,
    }
}

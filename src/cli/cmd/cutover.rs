//! `milink cutover plan|run|resume|abort`.

use super::link::undone;
use super::plan_text;
use crate::app::build::App;
use crate::app::find::find_run;
use crate::app::run::Ended;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::base::text;
use crate::cli::args::CutoverAbortArgs;
use crate::cli::args::CutoverPlanArgs;
use crate::cli::args::CutoverResumeArgs;
use crate::cli::args::CutoverRunArgs;
use crate::cli::args::Format;
use crate::cli::exit::Exit;
use crate::cli::hand::Hands;
use crate::cli::live;
use crate::cli::live::Feed;
use crate::cli::output::Printer;
use crate::cli::prompt;
use crate::cli::settings::Settings;
use crate::cli::signal;
use crate::engine::cancel::Cancel;
use crate::engine::run::RunEnd;
use crate::engine::steering::Steering;
use crate::plan::types::Plan;
use crate::report;
use crate::report::dto::LinkOutage;
use crate::report::outage::StepTimes;
use serde::Serialize;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Said at the first Ctrl-C.
const STOPPING: &str =
    "stopping at the next safe point: before line L1 everything is undone, beyond it the run goes on to its end";

/// Outcome of a cutover, on stdout.
#[derive(Debug, Serialize)]
struct CutoverEnd {
    schema_version: u32,
    run_id: String,
    outcome: &'static str,
    links: Vec<LinkOutage>,
}

pub async fn plan(args: &CutoverPlanArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &args.plan.links.links, printer).await?;
    let links = match &args.wave {
        Some(wave) => app.wave(wave)?,
        None => args.plan.links.links.clone(),
    };
    let plan = app.plan_cutover(&links).await?;
    plan_text::show(&plan, args.plan.script, printer)?;
    tell_ways_back(&app, &plan, printer)?;
    match &args.wave {
        Some(wave) => printer.next(&format!("milink cutover run --wave {wave}"))?,
        None => printer.next(&format!("milink cutover run {}", names(&plan)))?,
    }
    Ok(Exit::OK)
}

fn names(plan: &Plan) -> String {
    plan.links.iter().map(|l| l.name.as_str()).collect::<Vec<_>>().join(" ")
}

pub async fn run(args: &CutoverRunArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &args.links, printer).await?;
    let links = match &args.wave {
        Some(wave) => {
            app.waves_before(wave).await?;
            app.wave(wave)?
        }
        None => args.links.clone(),
    };
    let mut plan = app.plan_cutover(&links).await?;
    plan.policy.waivers = super::check::for_plan(&args.waive)?;
    plan.policy.manual = args.manual;
    if args.change.dry_run || args.change.script {
        plan_text::show(&plan, args.change.script, printer)?;
        return Ok(Exit::OK);
    }
    tell_ways_back(&app, &plan, printer)?;
    approve(args, args.wave.as_ref().unwrap_or(&names(&plan)), settings, printer)?;
    let token = signal::safe_stop(STOPPING, &format!("{} cutover resume", settings.program), Box::new(|| {}))?;
    let ended =
        live::follow(printer, |feed| app.start(&plan, feed.clone(), steering(settings, &app, feed, token))).await?;
    finish(&app, ended, printer)
}

/// From this terminal and from others of the same state directory.
fn steering(settings: &Settings, app: &App, feed: Arc<Feed>, token: CancellationToken) -> Steering {
    let hands = Hands::new(app.state_dir.clone(), feed, settings.input);
    Steering::open(Cancel::from_token(token)).with_hand(Arc::new(hands))
}

/// Links whose way back is told one by one; of more, those of the first tell enough.
const WAYS_TOLD: usize = 4;

/// What going back would cost, before anything is approved.
fn tell_ways_back(app: &App, plan: &Plan, printer: &mut Printer) -> Result<()> {
    let ways = app.ways_back(plan)?;
    printer.message("the way back:")?;
    for way in ways.iter().take(3 * WAYS_TOLD) {
        printer.message(&format!("  {}", way.line()))?;
    }
    if plan.links.len() > WAYS_TOLD {
        printer.message(&format!("  and so for {} more", text::count(plan.links.len() - WAYS_TOLD, "link")))?;
    }
    Ok(())
}

/// A cutover stops an application: it is approved by `--yes`, by `--confirm`, or by typing the links' names.
fn approve(args: &CutoverRunArgs, names: &str, settings: &Settings, printer: &mut Printer) -> Result<()> {
    let fits = |answer: &str| answer == names || answer == "all";
    if settings.yes || args.confirm.as_deref().is_some_and(fits) {
        return Ok(());
    }
    if let Some(other) = &args.confirm {
        return Err(Error::usage(format!("`--confirm {other}` does not name the links `{names}`")));
    }
    if !prompt::can_ask(settings.input) {
        return Err(
            Error::usage("a cutover must be approved, and there is nobody to ask").hint("the same command with --yes")
        );
    }
    printer.message(&format!("This stops every writer of {names} until the target is open."))?;
    let answer = prompt::line(&format!("type `{names}` to go on: "))?;
    if fits(answer.trim()) { Ok(()) } else { Err(Error::refused("not approved; nothing was changed")) }
}

pub async fn resume(args: &CutoverResumeArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &[], printer).await?;
    let run = find_run(app.journal.as_ref(), args.run.run.as_deref(), "cutover")?;
    let token = signal::safe_stop(STOPPING, &format!("{} cutover resume {run}", settings.program), Box::new(|| {}))?;
    let ended =
        live::follow(printer, |feed| app.resume(&run, feed.clone(), steering(settings, &app, feed, token))).await?;
    finish(&app, ended, printer)
}

pub async fn abort(args: &CutoverAbortArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &[], printer).await?;
    let run = find_run(app.journal.as_ref(), args.run.run.as_deref(), "cutover")?;
    if let Some(name) = &args.confirm
        && name != run.as_str()
    {
        return Err(Error::usage(format!("`--confirm {name}` does not name the run `{run}`")));
    }
    // A second Ctrl-C leaves at once; the first has nothing to stop any more.
    let token = CancellationToken::new();
    let ended =
        live::follow(printer, |feed| app.abort(&run, feed.clone(), steering(settings, &app, feed, token))).await?;
    match ended.end {
        RunEnd::Committed => finish(&app, ended, printer),
        RunEnd::RolledBack(_) => {
            tell(&app, &ended, "rolled_back", printer)?;
            Ok(Exit::OK)
        }
    }
}

fn finish(app: &App, ended: Ended, printer: &mut Printer) -> Result<Exit> {
    match ended.end {
        RunEnd::Committed => {
            tell(app, &ended, "committed", printer)?;
            if app.config.failover_groups.is_empty() {
                printer.next("milink link list")?;
            } else {
                printer.message("nothing but backups protects these databases from now on")?;
                printer.next("milink fog protect")?;
            }
            Ok(Exit::OK)
        }
        RunEnd::RolledBack(cause) => {
            printer.message(&format!("run {} was rolled back: the application is on its source", ended.run))?;
            Err(undone(cause))
        }
    }
}

fn tell(app: &App, ended: &Ended, outcome: &'static str, printer: &mut Printer) -> Result<()> {
    let records = app.journal.records(&ended.run)?;
    let state = crate::journal::fold::fold(&records)?;
    let plan: crate::plan::types::Plan = serde_json::from_value(state.plan)
        .map_err(|e| Error::bug(format!("the plan of {} cannot be read", ended.run)).caused_by(e))?;
    let links = plan.links.iter().map(|l| l.name.as_str());
    let links = links.map(|l| Ok(StepTimes::of(&records, l)?.outage(l))).collect::<Result<Vec<_>>>()?;
    if printer.format() == Format::Table {
        let width = printer.width();
        return if outcome == "committed" { printer.data(&report::text::outages(&links, width)) } else { Ok(()) };
    }
    printer.json(&CutoverEnd {
        schema_version: report::dto::SCHEMA_VERSION,
        run_id: ended.run.0.clone(),
        outcome,
        links,
    })
}

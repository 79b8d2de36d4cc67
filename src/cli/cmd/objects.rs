//! `milink objects diff|script|sync|resume`.

use super::link::undone;
use super::plan_text;
use crate::app::build::App;
use crate::app::find::find_run;
use crate::app::run::Ended;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::cli::args::ObjectsArgs;
use crate::cli::args::ObjectsSyncArgs;
use crate::cli::args::OptionalRunArgs;
use crate::cli::exit::Exit;
use crate::cli::live;
use crate::cli::output::Printer;
use crate::cli::prompt;
use crate::cli::settings::Settings;
use crate::cli::signal;
use crate::engine::cancel::Cancel;
use crate::engine::run::RunEnd;
use crate::plan::types::Plan;
use crate::report;

const STOPPING: &str = "stopping at the next safe point; what was made is taken away again";

pub async fn diff(args: &ObjectsArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &args.links.links, printer).await?;
    let differences = match &args.group {
        Some(group) => app.compare_members(group, args.everything).await?,
        None => app.compare_objects(&args.links.links, args.everything).await?,
    };
    let report = report::objects::report(&differences);
    printer.answer(&report, |width| report::objects::text(&report, width))?;
    if report.to_sync > 0 {
        let of = args.group.as_ref().map_or_else(String::new, |g| format!(" --group {g}"));
        printer.next(&format!("milink objects sync{of}"))?;
    }
    Ok(Exit::OK)
}

async fn plan_of(app: &App, args: &ObjectsArgs) -> Result<Plan> {
    match &args.group {
        Some(group) => app.plan_members(group, args.everything).await,
        None => app.plan_objects(&args.links.links, args.everything).await,
    }
}

pub async fn script(args: &ObjectsArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &args.links.links, printer).await?;
    let plan = plan_of(&app, args).await?;
    plan_text::show(&plan, true, printer)?;
    printer.message("password hashes are not shown: `objects sync` hands them from server to server")?;
    Ok(Exit::OK)
}

pub async fn sync(args: &ObjectsSyncArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let objects = &args.objects;
    let app = super::app::open(settings, &objects.links.links, printer).await?;
    let plan = plan_of(&app, objects).await?;
    if args.dry_run {
        plan_text::show(&plan, false, printer)?;
        return Ok(Exit::OK);
    }
    if plan.is_empty() {
        printer.message("nothing is missing that could be brought over")?;
        printer.next("milink objects diff")?;
        return Ok(Exit::OK);
    }
    if !settings.yes {
        if !prompt::can_ask(settings.input) {
            return Err(Error::usage("bringing objects over must be approved, and there is nobody to ask")
                .hint("milink objects sync --yes"));
        }
        plan_text::show(&plan, false, printer)?;
        let answer = prompt::line("type `yes` to go on: ")?;
        if answer.trim() != "yes" {
            return Err(Error::refused("not approved; nothing was changed"));
        }
    }
    let token = signal::safe_stop(STOPPING, &format!("{} objects resume", settings.program), Box::new(|| {}))?;
    let ended = live::follow(printer, |feed| app.start(&plan, feed, Cancel::from_token(token))).await?;
    finish(ended, printer)
}

pub async fn resume(args: &OptionalRunArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &[], printer).await?;
    let run = find_run(app.journal.as_ref(), args.run.as_deref(), "objects")?;
    let token = signal::safe_stop(STOPPING, &format!("{} objects resume {run}", settings.program), Box::new(|| {}))?;
    let ended = live::follow(printer, |feed| app.resume(&run, feed, Cancel::from_token(token))).await?;
    finish(ended, printer)
}

fn finish(ended: Ended, printer: &mut Printer) -> Result<Exit> {
    match ended.end {
        RunEnd::Committed => {
            printer.next("milink objects diff")?;
            Ok(Exit::OK)
        }
        RunEnd::RolledBack(cause) => Err(undone(cause)),
    }
}

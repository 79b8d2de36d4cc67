//! `milink link probe`.

use super::link::undone;
use super::plan_text;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::cli::args::CreateArgs;
use crate::cli::exit::Exit;
use crate::cli::live;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use crate::cli::signal;
use crate::engine::cancel::Cancel;
use crate::engine::run::RunEnd;
use crate::plan::types::PlanKind;
use crate::report::probe;
use crate::report::probe::ProbeWord;

pub async fn run(args: &CreateArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &args.links.links, printer).await?;
    let plan = app.plan_probe(&args.links.links).await?;
    if args.change.dry_run || args.change.script {
        plan_text::show(&plan, args.change.script, printer)?;
        return Ok(Exit::OK);
    }
    let names: Vec<String> = plan.links.iter().map(|l| l.name.0.clone()).collect();
    let again = format!("{} link probe {}", settings.program, names.join(" "));
    let token = signal::safe_stop("stopping at the next safe point; the jobs are taken away", &again, Box::new(|| {}))?;
    let cancel = Cancel::from_token(token);
    let ended = if let Some(run) = app.open_run(PlanKind::Probe, &names)? {
        printer.message(&format!("going on with {run}, which did not end"))?;
        live::follow(printer, |feed| app.resume(&run, feed, cancel)).await?
    } else {
        live::follow(printer, |feed| app.start(&plan, feed, cancel)).await?
    };
    if let RunEnd::RolledBack(cause) = ended.end {
        return Err(undone(cause));
    }
    let report = probe::report(ended.run.as_str(), &app.tried(&ended.run)?);
    printer.answer(&report, |_| probe::text(&report))?;
    printer.next("milink check")?;
    Ok(if report.verdict == ProbeWord::Proven { Exit::OK } else { Exit::from(Kind::Refused) })
}

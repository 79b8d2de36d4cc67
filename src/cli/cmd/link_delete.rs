//! `milink link delete`.

use super::link::undone;
use super::plan_text;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::cli::args::LinkDeleteArgs;
use crate::cli::exit::Exit;
use crate::cli::live;
use crate::cli::output::Printer;
use crate::cli::prompt;
use crate::cli::settings::Settings;
use crate::cli::signal;
use crate::engine::cancel::Cancel;
use crate::engine::run::RunEnd;
use crate::plan::types::PlanKind;

pub async fn run(args: &LinkDeleteArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &args.links, printer).await?;
    let shows = args.change.dry_run || args.change.script;
    let open = if shows { None } else { app.open_run(PlanKind::Delete, &args.links)? };
    let again = format!("{} link delete {}", settings.program, args.links.join(" "));
    let stopping = "stopping at the next safe point: before the link is deleted everything is undone";
    let ended = if let Some(run) = open {
        printer.message(&format!("going on with {run}, which was approved before"))?;
        let token = signal::safe_stop(stopping, &again, Box::new(|| {}))?;
        live::follow(printer, |feed| app.resume(&run, feed, Cancel::from_token(token))).await?
    } else {
        let plan = app.plan_delete(&args.links).await?;
        if shows {
            plan_text::show(&plan, args.change.script, printer)?;
            return Ok(Exit::OK);
        }
        if plan.is_empty() {
            printer.message("nothing is left of it")?;
            printer.next("milink link list")?;
            return Ok(Exit::OK);
        }
        let gone = plan.steps().filter(|s| s.id.kind() == "delete.drop_copy" || s.id.kind() == "delete.retire");
        let gone: Vec<_> = gone.map(|s| s.summary.clone()).collect();
        approve(args, &gone, settings, printer)?;
        let token = signal::safe_stop(stopping, &again, Box::new(|| {}))?;
        live::follow(printer, |feed| app.start(&plan, feed, Cancel::from_token(token))).await?
    };
    match ended.end {
        RunEnd::Committed => {
            printer.next("milink link list")?;
            Ok(Exit::OK)
        }
        RunEnd::RolledBack(cause) => Err(undone(cause)),
    }
}

/// A copy goes for good: only its name, typed or given, approves that.
fn approve(args: &LinkDeleteArgs, gone: &[String], settings: &Settings, printer: &mut Printer) -> Result<()> {
    let names = args.links.join(",");
    match &args.confirm {
        Some(answer) if *answer == names => return Ok(()),
        Some(other) => {
            return Err(Error::usage(format!("`--confirm {other}` does not name the links `{names}`")));
        }
        None => {}
    }
    if !prompt::can_ask(settings.input) {
        return Err(Error::usage("deleting a link must be confirmed by name, and there is nobody to ask")
            .hint(format!("milink link delete {} --confirm {names}", args.links.join(" "))));
    }
    for line in gone {
        printer.message(&format!("This will {line}, for good."))?;
    }
    let answer = prompt::line(&format!("type `{names}` to go on: "))?;
    if answer.trim() == names { Ok(()) } else { Err(Error::refused("not approved; nothing was changed")) }
}

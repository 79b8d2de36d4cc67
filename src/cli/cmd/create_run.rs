//! Shows or runs a plan that creates: the same for links, certificates and endpoints.

use super::link::undone;
use super::plan_text;
use crate::app::build::App;
use crate::base::error::Result;
use crate::cli::args::ChangeArgs;
use crate::cli::exit::Exit;
use crate::cli::live;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use crate::cli::signal;
use crate::engine::cancel::Cancel;
use crate::engine::run::RunEnd;
use crate::plan::types::Plan;

/// `command` is the one that was given (`link create`), `next` the one that follows when nothing is missing any more.
pub(super) async fn drive(
    app: &App,
    plan: &Plan,
    change: &ChangeArgs,
    (command, next): (&str, &str),
    settings: &Settings,
    printer: &mut Printer,
) -> Result<Exit> {
    if change.dry_run || change.script {
        plan_text::show(plan, change.script, printer)?;
        return Ok(Exit::OK);
    }
    if plan.is_empty() {
        printer.message("nothing is missing")?;
        printer.next(next)?;
        return Ok(Exit::OK);
    }
    let again = format!("{} {command}", settings.program);
    let token = signal::safe_stop("stopping at the next safe point; what is done stays", &again, Box::new(|| {}))?;
    let cancel = Cancel::from_token(token);
    let ended = match plan.links.len() {
        0 | 1 => live::follow(printer, |feed| app.start(plan, feed, cancel)).await?,
        many => live::follow_many(many, printer, |feed| app.start(plan, feed, cancel)).await?,
    };
    match ended.end {
        RunEnd::Committed => {
            printer.next(next)?;
            Ok(Exit::OK)
        }
        RunEnd::RolledBack(cause) => Err(undone(cause)),
    }
}

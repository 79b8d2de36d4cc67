//! `milink fog copy-sync`: prints a statement for the application, and sends nothing.

use crate::app::copy_sync::CopySync;
use crate::base::error::Result;
use crate::cli::args::FogCopySyncArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use std::fmt::Write as _;

pub async fn run(args: &FogCopySyncArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &[], printer).await?;
    let look = app.look_at_group(args.name.group.as_deref()).await?;
    let found = app.copy_sync(&look, &args.database)?;
    printer.answer(&found, |_| text(&found))?;
    printer.next("milink explain copy-sync")?;
    Ok(Exit::OK)
}

/// Comments and a statement: the whole can be pasted into a script.
fn text(c: &CopySync) -> String {
    let mut text = format!("-- right after COMMIT, in database {} on the primary ({} now)\n", c.database, c.primary);
    for promise in &c.promises {
        let _ = writeln!(text, "-- {promise}");
    }
    let _ = writeln!(text, "{}", c.statement);
    text
}

//! `milink demo`: the whole job on the lab.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::cli::args::DemoArgs;
use crate::cli::exit::Exit;
use crate::cli::live;
use crate::cli::output::Printer;
use crate::cli::prompt;
use crate::cli::settings::Settings;
use crate::cli::signal;
use crate::effects::fault::NoFaults;
use crate::engine::cancel::Cancel;
use crate::report;
use crate::sim::demo;
use crate::sim::demo::DemoOptions;
use std::path::PathBuf;
use std::sync::Arc;

/// Scenario that is played when none is named.
const SCENARIO: &str = "migrate-2019";

pub async fn run(args: &DemoArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let (dir, ours) = place(args.dir.clone())?;
    let options = DemoOptions {
        scenario: args.scenario.clone().unwrap_or_else(|| SCENARIO.to_owned()),
        databases: args.databases.map(u32::from),
        writers: None,
        size_mib: args.size_mib.map(u32::from),
        odd_name: false,
        dir: dir.clone(),
        milink: super::lab::own_path()?,
        env: settings.env.clone(),
        faults: Arc::new(NoFaults),
        sabotage: Vec::new(),
        commits_before: 600,
        commits_after: 400,
    };
    let result = if prompt::can_ask(settings.input) && printer.refreshes() && !args.plain {
        super::demo_screen::play(&options, settings, printer).await
    } else {
        let token = signal::safe_stop(
            "stopping the demonstration",
            "nothing: the lab ends with this process",
            Box::new(|| {}),
        )?;
        live::follow(printer, |feed| demo::run(&options, feed, Cancel::from_token(token))).await
    };
    let keep = args.keep || !ours || result.is_err();
    let (report, verdict) = match result {
        Ok(done) => done,
        Err(e) => return Err(e.hint(format!("the journal and the estate are kept in {}", dir.display()))),
    };
    printer.answer(&report, |width| report::demo_text::demo(&report, width))?;
    if keep {
        printer.message(&format!("kept: {}", dir.display()))?;
    } else {
        printer.message(&format!("removed with its journal: {} (`--keep` keeps it)", dir.display()))?;
        // What cannot be removed is the temporary folder's business.
        let _ = std::fs::remove_dir_all(&dir);
    }
    if !verdict.ok {
        let kind = if verdict.max_writable_copies > 1 { Kind::SplitBrain } else { Kind::Bug };
        return Err(Error::new(kind, format!("the oracle does not hold: {}", verdict.reasons.join("; "))));
    }
    match report.outcome {
        report::dto::Outcome::Committed => Ok(Exit::OK),
        report::dto::Outcome::RolledBack => Err(Error::refused("the cutover was rolled back")),
    }
}

/// The folder, and whether it is ours to remove.
fn place(dir: Option<PathBuf>) -> Result<(PathBuf, bool)> {
    if let Some(dir) = dir {
        return Ok((dir, false));
    }
    let dir = std::env::temp_dir().join(format!("milink-demo-{}", crate::base::random::uuid().simple()));
    std::fs::create_dir_all(&dir).map_err(|e| {
        Error::usage(format!("{} cannot be made", dir.display())).caused_by(e).hint("name another folder with --dir")
    })?;
    Ok((dir, true))
}

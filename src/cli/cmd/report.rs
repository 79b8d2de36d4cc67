//! `milink report`.

use crate::base::error::Error;
use crate::base::error::Result;
use crate::cli::args::ReportArgs;
use crate::cli::args::ReportFormat;
use crate::cli::exit::Exit;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use crate::journal::Journal;
use crate::journal::history::History;
use crate::plan::types::Plan;
use crate::report::evidence;
use crate::report::evidence_html;
use crate::report::evidence_md;

/// Points of lag drawn for one link.
const POINTS_MAX: usize = 2000;

/// Writes the evidence of a run to a file, or to stdout. Works from the journal alone.
pub(crate) fn run(args: &ReportArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let (journal, run) = super::runs::find(&args.run, settings)?;
    let records = journal.records(&run)?;
    let chain_holds = journal.verify(Some(&run))?.is_whole();
    let state = crate::journal::fold::fold(&records)?;
    let plan: Option<Plan> = serde_json::from_value(state.plan).ok();
    let mut lag = Vec::new();
    if let Ok(history) = History::open(journal.path()) {
        for link in plan.iter().flat_map(|p| &p.links) {
            lag.push((link.name.0.clone(), history.newest(link.name.as_str(), POINTS_MAX)?));
        }
    }
    let found = evidence::collect(&records, chain_holds, &lag)?;
    let format = args.format.unwrap_or_else(|| match args.out.as_ref().and_then(|p| p.extension()) {
        Some(e) if e.eq_ignore_ascii_case("md") => ReportFormat::Markdown,
        _ => ReportFormat::Html,
    });
    let text = match format {
        ReportFormat::Html => evidence_html::render(&found),
        ReportFormat::Markdown => evidence_md::render(&found),
    };
    match &args.out {
        None => printer.data(&text)?,
        Some(path) => {
            std::fs::write(path, text).map_err(|e| {
                Error::usage(format!("`{}` cannot be written", path.display()))
                    .caused_by(e)
                    .hint("name a folder that exists and can be written")
            })?;
            printer.message(&format!("{}: {}", path.display(), found.verdict()))?;
        }
    }
    Ok(Exit::OK)
}

//! JSON lines: one stored record a line, readable by anything.

use super::record::Stored;
use super::store::Journal;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::model::ids::RunId;

/// Calls `line` for each record of the run, in order, without line breaks.
pub fn export(journal: &dyn Journal, run: &RunId, mut line: impl FnMut(&str) -> Result<()>) -> Result<u64> {
    let records = journal.records(run)?;
    for stored in &records {
        let text = serde_json::to_string(stored)
            .map_err(|e| Error::bug(format!("record {} of run `{run}` does not serialise", stored.seq)).caused_by(e))?;
        line(&text)?;
    }
    Ok(records.len() as u64)
}

/// Reads an export back.
pub fn import(text: &str) -> Result<Vec<Stored>> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            serde_json::from_str(line)
                .map_err(|e| Error::usage(format!("line {} is not a record of this version", index + 1)).caused_by(e))
        })
        .collect()
}

//! When links were cut over: what a first full backup has to be younger than (facts: mi-link 8.6).

use super::record::Record;
use super::record::StepResult;
use super::store::Journal;
use crate::base::error::Error;
use crate::base::error::Result;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The step that changes the roles, without its link.
const SWITCH: &str = "cutover.switch/";

/// End of the newest finished switch of each link that this journal knows, by lower-case link name.
pub fn switched(journal: &dyn Journal) -> Result<BTreeMap<String, OffsetDateTime>> {
    let mut found = BTreeMap::new();
    // Newest run first, newest record of a run first: the first hit of a link counts.
    for run in journal.runs()?.into_iter().filter(|r| r.as_str().starts_with("cutover")) {
        for stored in journal.records(&run)?.iter().rev() {
            let Record::StepFinished { step, outcome: StepResult::Done | StepResult::AlreadyDone, .. } = &stored.record
            else {
                continue;
            };
            let Some(link) = step.as_str().strip_prefix(SWITCH).map(str::to_lowercase) else { continue };
            if found.contains_key(&link) {
                continue;
            }
            let at = OffsetDateTime::parse(&stored.at, &Rfc3339)
                .map_err(|e| Error::bug(format!("a record of {run} has no time")).caused_by(e))?;
            found.insert(link, at);
        }
    }
    Ok(found)
}

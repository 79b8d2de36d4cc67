//! Which run is meant.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::journal::fold::fold;
use crate::journal::store::Journal;
use crate::model::ids::RunId;

/// The run meant by a name, its beginning, or nothing (the newest of that kind that has not ended, else the newest).
pub fn find_run(journal: &dyn Journal, name: Option<&str>, kind: &str) -> Result<RunId> {
    let runs = journal.runs()?;
    let Some(name) = name else {
        let mut newest = None;
        for run in runs.iter().filter(|r| r.as_str().starts_with(kind)) {
            newest.get_or_insert_with(|| run.clone());
            if fold(&journal.records(run)?)?.finished.is_none() {
                return Ok(run.clone());
            }
        }
        return newest
            .ok_or_else(|| Error::new(Kind::NotFound, format!("there is no {kind} run")).hint("milink runs list"));
    };
    let found: Vec<_> = runs.iter().filter(|r| r.as_str() == name || r.as_str().starts_with(name)).collect();
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(Error::new(Kind::NotFound, format!("no run is called `{name}`")).hint("milink runs list")),
        many => match many.iter().find(|r| r.as_str() == name) {
            Some(exact) => Ok((**exact).clone()),
            None => {
                Err(Error::usage(format!("`{name}` begins the names of {} runs", many.len())).hint("milink runs list"))
            }
        },
    }
}

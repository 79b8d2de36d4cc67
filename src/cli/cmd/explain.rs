//! `milink explain ID`

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::cli::Exit;
use crate::cli::Printer;
use crate::cli::args::ExplainArgs;
use crate::report;
use crate::rules::checks::registry;
use crate::rules::errors;
use crate::rules::topics::search;
use crate::rules::topics::table as topics;

/// Exit 3: the catalogue does not know it.
pub(crate) fn run(args: &ExplainArgs, printer: &mut Printer) -> Result<Exit> {
    if args.list {
        let lines = report::explain::listed(topics::all());
        printer.answers(&lines, |width| report::explain::lines(&lines, width))?;
        return Ok(Exit::OK);
    }
    if let Some(word) = &args.search {
        return find(word, printer);
    }
    let query = args.id.join(" ");
    if query.trim().is_empty() {
        return Err(Error::usage("expected a number, a code or a state, found nothing"));
    }
    // `Seeding` is a state of a link, `seeding` is a topic: a code in its own spelling comes first.
    let is_code = errors::find(&query).is_some_and(|(_, id)| id == query.trim());
    if let Some(topic) = topics::find(&query).filter(|_| !is_code) {
        let report = report::explain::of_topic(&query, topic);
        printer.answer(&report, |width| report::explain::text(&report, width))?;
        return Ok(Exit::OK);
    }
    if let Some((entry, id)) = errors::find(&query) {
        let report = report::explain::known(&query, entry, id);
        printer.answer(&report, |width| report::explain::text(&report, width))?;
        return Ok(Exit::OK);
    }
    let check = registry::find(query.trim());
    if let Ok(check) = check {
        let report = report::explain::of_check(&query, check);
        printer.answer(&report, |width| report::explain::text(&report, width))?;
        return Ok(Exit::OK);
    }
    let mut near = errors::near(&query);
    // Ids of checks have a point in them; numbers and codes have none.
    near.extend(check.err().flatten().filter(|_| query.contains('.')));
    near.extend(topics::near(&query));
    if printer.is_json() {
        printer.json(&report::explain::unknown(&query, &near))?;
        return Ok(Exit::from(Kind::Refused));
    }
    let shown = shown(&query);
    let error = Error::refused(format!("the catalogue does not know `{shown}`"));
    Err(match near.as_slice() {
        [] => error.hint("pass a number (`41974`), a code of Azure, a state of a link (`LinkInitError`), a check (`database.broker`) or a topic (`milink explain --list`)"),
        near => error.hint(format!("nearest: {}", near.join(", "))),
    })
}

/// A pasted page is not repeated; control characters stay out of the terminal.
fn shown(query: &str) -> String {
    query.chars().take(80).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// `--search`: exit 3 where nothing holds the word.
fn find(word: &str, printer: &mut Printer) -> Result<Exit> {
    let lines = report::explain::hits(&search::search(word));
    if lines.is_empty() && !printer.is_json() {
        return Err(Error::refused(format!("nothing holds `{}`", shown(word))).hint("milink explain --list"));
    }
    printer.answers(&lines, |width| report::explain::lines(&lines, width))?;
    if lines.is_empty() {
        return Ok(Exit::from(Kind::Refused));
    }
    Ok(Exit::OK)
}

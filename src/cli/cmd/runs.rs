//! `milink runs list|show|export|verify`

use crate::base::clock::TokioClock;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::text;
use crate::cli::Exit;
use crate::cli::Printer;
use crate::cli::Settings;
use crate::journal::Journal;
use crate::journal::SqliteJournal;
use crate::journal::export;
use crate::journal::verify::Verified;
use crate::model::ids::RunId;
use crate::report;
use serde::Serialize;

pub(crate) fn list(settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let mut lines = Vec::new();
    if let Some(journal) = existing(settings)? {
        for run in journal.runs()? {
            match journal.records(&run).and_then(|r| report::run::summary(&r)) {
                Ok(line) => lines.push(line),
                // One damaged run must not hide the others.
                Err(e) => printer.warning(&e.chain())?,
            }
        }
    }
    if lines.is_empty() && !printer.is_json() {
        printer.message(&format!("no runs in `{}`", settings.journal_path()?.display()))?;
    } else {
        printer.answers(&lines, |width| report::text::runs(&lines, width))?;
    }
    Ok(Exit::OK)
}

pub(crate) fn show(run: &str, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let (journal, run) = find(run, settings)?;
    let summary = report::run::summary(&journal.records(&run)?)?;
    printer.answer(&summary, |width| report::text::run(&summary, width))?;
    if summary.status == report::dto::RunStatus::Open && !printer.is_json() && summary.kind == "cutover" {
        printer.next(&format!("milink cutover resume {run}"))?;
    }
    Ok(Exit::OK)
}

pub(crate) fn export(run: &str, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let (journal, run) = find(run, settings)?;
    export::export(&journal, &run, |line| printer.line(line))?;
    Ok(Exit::OK)
}

#[derive(Serialize)]
struct Verdict<'a> {
    schema_version: u32,
    /// `whole` or `broken`
    #[serde(rename = "verdict")]
    word: &'a str,
    #[serde(flatten)]
    verified: &'a Verified,
}

/// Exit 0: the chain holds; 3: it does not.
pub(crate) fn verify(run: Option<&str>, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let verified = match (run, existing(settings)?) {
        (Some(run), _) => {
            let (journal, run) = find(run, settings)?;
            journal.verify(Some(&run))?
        }
        (None, Some(journal)) => journal.verify(None)?,
        (None, None) => Verified::default(),
    };
    let whole = verified.is_whole();
    let word = if whole { "whole" } else { "broken" };
    let answer = Verdict { schema_version: report::dto::SCHEMA_VERSION, word, verified: &verified };
    printer.answer(&answer, |_| words(&verified))?;
    Ok(if whole { Exit::OK } else { Exit::from(Kind::Refused) })
}

fn words(verified: &Verified) -> String {
    let read = format!("{}, {}", text::count(verified.runs, "run"), text::count(verified.rows as usize, "record"));
    if verified.is_whole() {
        return format!("journal whole: {read}\n");
    }
    let mut lines = vec![format!("journal BROKEN: {read}\n")];
    for b in &verified.broken {
        match &b.run {
            Some(run) => lines.push(format!("run {run}, record {}: {}\n", b.seq, b.why)),
            None => lines.push(format!("file: {}\n", b.why)),
        }
    }
    lines.concat()
}

/// The journal, if there is one: looking must not make files.
pub(super) fn existing(settings: &Settings) -> Result<Option<SqliteJournal>> {
    let path = settings.journal_path()?;
    if !path.exists() {
        return Ok(None);
    }
    SqliteJournal::open(&path, TokioClock::system()).map(Some)
}

/// A run by its name, the beginning of it if that is unique, or `last`.
pub(crate) fn find(name: &str, settings: &Settings) -> Result<(SqliteJournal, RunId)> {
    let none = |path: &std::path::Path| {
        Error::new(Kind::NotFound, format!("no run `{name}` in `{}`", path.display()))
            .hint("list them with `milink runs list`")
    };
    let Some(journal) = existing(settings)? else { return Err(none(&settings.journal_path()?)) };
    let runs = journal.runs()?;
    let found: Vec<&RunId> = match runs.iter().find(|r| r.as_str() == name) {
        Some(exact) => vec![exact],
        None if name == "last" => runs.first().into_iter().collect(),
        None => runs.iter().filter(|r| r.as_str().starts_with(name)).collect(),
    };
    match found.as_slice() {
        [] => Err(none(journal.path())),
        [run] => {
            let run = (*run).clone();
            Ok((journal, run))
        }
        many => Err(Error::usage(format!(
            "expected the beginning of one run, found {} runs that begin with `{name}`",
            many.len()
        ))
        .hint("list them with `milink runs list`")),
    }
}

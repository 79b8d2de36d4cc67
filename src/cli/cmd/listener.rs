//! `milink listener strings|convert|scan`. `check` is beside the drills.

use crate::app::listener;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::cli::args::ListenerConvertArgs;
use crate::cli::args::ListenerScanArgs;
use crate::cli::args::ListenerStringsArgs;
use crate::cli::args::StringDriver;
use crate::cli::exit::Exit;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use crate::report;
use crate::report::dto::SCHEMA_VERSION;
use crate::report::listener::ScanReport;
use crate::report::listener::StringLine;
use crate::report::listener::StringsReport;
use crate::report::listener::Unread;
use crate::rules::connection::convert::convert as lead_over;
use crate::rules::connection::make::Driver;
use std::io::Read;

/// No connection string is longer.
const STRING_MAX: u64 = 64 * 1024;

pub async fn strings(args: &ListenerStringsArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &[], printer).await?;
    let look = app.look_at_group(args.name.group.as_deref()).await?;
    let drivers = match args.driver {
        None => Driver::ALL.to_vec(),
        Some(StringDriver::AdoNet) => vec![Driver::AdoNet],
        Some(StringDriver::Jdbc) => vec![Driver::Jdbc],
        Some(StringDriver::Odbc) => vec![Driver::Odbc],
        Some(StringDriver::Go) => vec![Driver::Go],
    };
    let found = listener::strings(&look, args.database.as_deref(), &drivers)?;
    let line = |m: listener::Made| StringLine {
        database: m.database,
        driver: m.driver.name().to_owned(),
        purpose: m.purpose.id.to_owned(),
        meaning: m.purpose.words.to_owned(),
        connection_string: m.string,
        warning: m.purpose.warning.map(str::to_owned),
    };
    let shown = StringsReport {
        schema_version: SCHEMA_VERSION,
        group: look.wanted.name.clone(),
        strings: found.made.into_iter().map(line).collect(),
        notes: found.notes,
    };
    for note in &shown.notes {
        printer.warning(note)?;
    }
    printer.answer(&shown, |_| report::listener::strings(&shown))?;
    printer.next(&format!("milink listener check {}", shown.group))?;
    Ok(Exit::OK)
}

pub fn convert(args: &ListenerConvertArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let estate = listener::regionals(&settings.config()?);
    let text = if args.string == "-" { from_stdin()? } else { args.string.clone() };
    let shown = report::listener::converted(lead_over(&text, &estate, args.group.as_deref(), args.read_only)?);
    for warning in &shown.warnings {
        printer.warning(warning)?;
    }
    printer.answer(&shown, |_| format!("{}\n", shown.connection_string))?;
    printer.next(&format!("milink listener check {}", shown.group))?;
    Ok(Exit::OK)
}

fn from_stdin() -> Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .take(STRING_MAX)
        .read_to_string(&mut text)
        .map_err(|e| Error::usage("no connection string can be read from standard input").caused_by(e))?;
    Ok(text)
}

pub fn scan(args: &ListenerScanArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let estate = listener::regionals(&settings.config()?);
    if estate.is_empty() {
        return Err(Error::usage(
            "the estate file has no [[target]] and no [[server]], so there is no name to look for",
        ));
    }
    let found = listener::scan_paths(&args.paths, &estate);
    let clean = match (found.hits.is_empty(), found.unread.is_empty()) {
        (false, _) => Some(false),
        (true, true) => Some(true),
        (true, false) => None,
    };
    let shown = ScanReport {
        schema_version: SCHEMA_VERSION,
        clean,
        files: found.files,
        passed_over: found.passed_over,
        found: found.hits.iter().map(|(path, hit)| report::listener::scan_line(path, hit)).collect(),
        unread: found.unread.into_iter().map(|(p, why)| Unread { path: p.display().to_string(), why }).collect(),
    };
    printer.answer(&shown, |_| report::listener::scanned(&shown))?;
    Ok(match clean {
        Some(true) => Exit::OK,
        Some(false) => {
            printer.next("milink listener convert -")?;
            Exit::from(Kind::Refused)
        }
        None => Exit::from(Kind::Unreachable),
    })
}

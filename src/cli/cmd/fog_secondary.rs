//! `milink fog secondary plan|create`: the second instance of a group, where it is not there yet.

use super::fog;
use super::plan_text;
use crate::app::fog_secondary::SecondaryLook;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::cli::args::SecondaryChangeArgs;
use crate::cli::args::SecondaryCommand;
use crate::cli::args::SecondaryForm;
use crate::cli::args::SecondaryPlanArgs;
use crate::cli::confirm;
use crate::cli::exit::Exit;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use crate::engine::run::RunEnd;
use crate::plan::fog::FogOp;
use crate::plan::forms::secondary as forms;
use crate::plan::types::PlanKind;
use crate::report::dto::SCHEMA_VERSION;
use crate::report::fog::rows_table;
use crate::rules::fog::prerequisites::Row;
use crate::rules::fog::prerequisites::Severity;
use crate::rules::fog::prerequisites::Status;
use serde::Serialize;
use std::fmt::Write;

/// The plan of a second instance, as JSON.
#[derive(Debug, Serialize)]
struct SecondaryReport {
    schema_version: u32,
    group: String,
    /// Name in the estate file.
    target: String,
    primary: String,
    /// Nothing stands in the way.
    ready: bool,
    /// State of an instance of that name, if there is one already.
    there: Option<String>,
    id: String,
    /// The request, but for the password.
    body: serde_json::Value,
    checks: Vec<Row>,
}

fn report(found: &SecondaryLook) -> SecondaryReport {
    SecondaryReport {
        schema_version: SCHEMA_VERSION,
        group: found.pair.wanted.name.clone(),
        target: found.pair.wanted.secondary.0.clone(),
        primary: found.pair.wanted.primary.0.clone(),
        ready: found.is_ready(),
        there: found.there.clone(),
        id: found.new.id.clone(),
        body: found.new.body.clone(),
        checks: found.rows.clone(),
    }
}

fn text(r: &SecondaryReport, width: usize) -> String {
    let blocking = r.checks.iter().filter(|c| c.blocks()).count();
    let mut text = match (&r.there, blocking) {
        (Some(state), _) => format!("{}: {} is there already: {state}\n", r.group, r.target),
        (None, 0) => format!("{}: {} can be made as secondary of {}: yes\n", r.group, r.target, r.primary),
        (None, n) => {
            format!("{}: {} can be made as secondary of {}: NO ({n} in the way)\n", r.group, r.target, r.primary)
        }
    };
    let p = &r.body["properties"];
    let shown = |v: &serde_json::Value| match v {
        serde_json::Value::Null => "-".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    for (word, value) in [
        ("region", &r.body["location"]),
        ("DNS zone of", &p["dnsZonePartner"]),
        ("subnet", &p["subnetId"]),
        ("tier", &r.body["sku"]["tier"]),
        ("hardware", &r.body["sku"]["family"]),
        ("vCores", &p["vCores"]),
        ("storage, GB", &p["storageSizeInGB"]),
        ("licence", &p["licenseType"]),
        ("collation", &p["collation"]),
        ("time zone", &p["timezoneId"]),
        ("update policy", &p["databaseFormat"]),
        ("backup redundancy", &p["requestedBackupStorageRedundancy"]),
        ("zone redundant", &p["zoneRedundant"]),
    ] {
        let _ = writeln!(text, "  {word:<18}{}", shown(value));
    }
    text.push_str(&rows_table(&r.checks, width));
    text
}

pub async fn run(command: &SecondaryCommand, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    match command {
        SecondaryCommand::Plan(args) => plan(args, settings, printer).await,
        SecondaryCommand::Create(args) => create(args, settings, printer).await,
    }
}

async fn plan(args: &SecondaryPlanArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &[], printer).await?;
    let found = app.look_at_secondary(args.name.group.as_deref(), args.to.as_deref()).await?;
    let shown = report(&found);
    match args.form {
        None => printer.answer(&shown, |width| text(&shown, width))?,
        Some(SecondaryForm::Az) => printer.data(&format!("{}\n", forms::az(&found.new)))?,
        Some(SecondaryForm::Powershell) => printer.data(&format!("{}\n", forms::powershell(&found.new)))?,
        Some(SecondaryForm::Rest) => printer.data(&format!("{}\n", app.secondary_request(&found)?))?,
        Some(SecondaryForm::Bicep) => {
            let text = forms::bicep(&found.new, found.subnet.as_ref(), args.prefix.as_deref()).ok_or_else(|| {
                Error::usage("the subnet is not there, so its addresses must be chosen").hint("--prefix 10.1.2.0/26")
            })?;
            printer.data(&text)?;
        }
    }
    if args.form.is_some() {
        for row in shown.checks.iter().filter(|r| r.blocks()) {
            printer.warning(&format!("{} ({}): {}", row.id, row.rule, row.found))?;
        }
    }
    if !shown.ready && shown.there.is_none() {
        return Ok(Exit::from(Kind::Refused));
    }
    printer.next(&next(&shown, args.to.as_deref()))?;
    Ok(Exit::OK)
}

fn next(r: &SecondaryReport, to: Option<&str>) -> String {
    match (&r.there, to) {
        (Some(_), None) => format!("milink fog plan {}", r.group),
        (Some(_), Some(to)) => format!("milink fog runbook change-secondary {} --to {to}", r.group),
        (None, None) => format!("milink fog secondary create {}", r.group),
        (None, Some(to)) => format!("milink fog secondary create {} --to {to}", r.group),
    }
}

async fn create(args: &SecondaryChangeArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &[], printer).await?;
    let name = app.config.failover_group(args.name.group.as_deref())?.name.clone();
    let shows = args.change.dry_run || args.change.script;
    if !shows && let Some(ended) = fog::open_run(&app, PlanKind::Fog, FogOp::Secondary, &name, printer).await? {
        return done(ended.end, &name, args.to.as_deref(), printer);
    }
    let found = app.look_at_secondary(Some(&name), args.to.as_deref()).await?;
    let shown = report(&found);
    if shown.there.as_deref().is_some_and(|s| s.eq_ignore_ascii_case("Ready")) {
        printer.message(&format!("{} is there already", shown.target))?;
        printer.next(&next(&shown, args.to.as_deref()))?;
        return Ok(Exit::OK);
    }
    let plan = app.plan_secondary(&found)?;
    if shows {
        plan_text::show(&plan, args.change.script, printer)?;
        return Ok(Exit::OK);
    }
    printer.message(text(&shown, printer.width()).trim_end())?;
    for row in shown.checks.iter().filter(|r| r.severity == Severity::Warn && r.status != Status::Pass) {
        printer.warning(&format!("{} ({}): {}", row.id, row.rule, row.found))?;
    }
    let question = format!("Make {}? It takes hours, and costs from the moment it is asked for", shown.target);
    confirm::approve(settings, &question)?;
    let ended = fog::drive(&app, &plan, settings, printer).await?;
    done(ended.end, &name, args.to.as_deref(), printer)
}

fn done(end: RunEnd, name: &str, to: Option<&str>, printer: &mut Printer) -> Result<Exit> {
    match end {
        RunEnd::Committed => {
            printer.message("made, and read back: it is in the primary's DNS zone")?;
            printer.next(&match to {
                Some(to) => format!("milink fog runbook change-secondary {name} --to {to}"),
                None => format!("milink fog network plan {name}, then milink fog create {name}"),
            })?;
            Ok(Exit::OK)
        }
        RunEnd::RolledBack(cause) => Err(super::link::undone(cause)),
    }
}

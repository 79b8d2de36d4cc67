//! `milink fog network plan|apply`: the path between the subnets of a group's members.

use super::fog;
use super::plan_text;
use crate::app::fog_network::NetworkPlan;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::text;
use crate::cli::args::NetworkCommand;
use crate::cli::args::NetworkForm;
use crate::cli::args::NetworkPlanArgs;
use crate::cli::confirm;
use crate::cli::exit::Exit;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use crate::engine::run::RunEnd;
use crate::plan::fog::FogOp;
use crate::plan::types::PlanKind;
use crate::report::dto::SCHEMA_VERSION;
use serde::Serialize;
use std::fmt::Write;

/// Azure's version of the resources in a template.
const API_VERSION: &str = "2024-05-01";

/// What is missing, as JSON.
#[derive(Debug, Serialize)]
struct NetworkReport {
    schema_version: u32,
    group: String,
    /// Nothing is missing, and nothing stands in the way.
    ok: bool,
    missing: Vec<Missing>,
    problems: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Missing {
    what: String,
    id: String,
    body: serde_json::Value,
    az: String,
    powershell: String,
    bicep: String,
}

fn report(group: &str, found: &NetworkPlan) -> NetworkReport {
    let missing = found.missing.iter().map(|m| Missing {
        what: m.change.words(),
        id: m.change.id(),
        body: m.change.body(),
        az: m.change.az(),
        powershell: m.change.powershell(),
        bicep: m.change.bicep(API_VERSION),
    });
    NetworkReport {
        schema_version: SCHEMA_VERSION,
        group: group.to_owned(),
        ok: found.missing.is_empty() && found.problems.is_empty(),
        missing: missing.collect(),
        problems: found.problems.clone(),
    }
}

fn words(r: &NetworkReport) -> String {
    let mut text = match (r.ok, r.problems.len()) {
        (true, _) => format!(
            "{}: the path between both subnets is configured; it is proven when databases are copied over it\n",
            r.group
        ),
        (false, 0) => format!("{}: {} missing\n", r.group, text::count(r.missing.len(), "resource")),
        (false, n) => format!(
            "{}: {} missing, {} for people\n",
            r.group,
            text::count(r.missing.len(), "resource"),
            text::count(n, "problem")
        ),
    };
    for m in &r.missing {
        let _ = writeln!(text, "  missing: {}", m.what);
    }
    for p in &r.problems {
        let _ = writeln!(text, "  problem: {p}");
    }
    text
}

pub async fn run(command: &NetworkCommand, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    match command {
        NetworkCommand::Plan(args) => plan(args, settings, printer).await,
        NetworkCommand::Apply(args) => {
            let app = super::app::open(settings, &[], printer).await?;
            let name = app.config.failover_group(args.name.group.as_deref())?.name.clone();
            let shows = args.change.dry_run || args.change.script;
            if !shows && let Some(ended) = fog::open_run(&app, PlanKind::Fog, FogOp::Network, &name, printer).await? {
                return done(ended.end, &name, printer);
            }
            let look = app.look_at_group(Some(&name)).await?;
            let found = app.look_at_network(&look).await?;
            let shown = report(&name, &found);
            for problem in &shown.problems {
                printer.warning(problem)?;
            }
            if shown.missing.is_empty() {
                printer.message("nothing is missing that milink could make")?;
                return Ok(if shown.ok { Exit::OK } else { Exit::from(Kind::Refused) });
            }
            let plan = app.plan_network(&look, &found)?;
            if shows {
                plan_text::show(&plan, args.change.script, printer)?;
                return Ok(Exit::OK);
            }
            printer.message(words(&shown).trim_end())?;
            confirm::approve(settings, "Make what is missing?")?;
            let ended = fog::drive(&app, &plan, settings, printer).await?;
            done(ended.end, &name, printer)
        }
    }
}

fn done(end: RunEnd, name: &str, printer: &mut Printer) -> Result<Exit> {
    match end {
        RunEnd::Committed => {
            printer.message("done, and read back")?;
            printer.next(&format!("milink fog plan {name}"))?;
            Ok(Exit::OK)
        }
        RunEnd::RolledBack(cause) => Err(super::link::undone(cause)),
    }
}

async fn plan(args: &NetworkPlanArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &[], printer).await?;
    let look = app.look_at_group(args.name.group.as_deref()).await?;
    if args.whole {
        let halves = app.whole_peering(&look).await?;
        let written = |m: &crate::plan::fog::PlannedNetwork| match args.form {
            Some(NetworkForm::Powershell) => Ok(m.change.powershell()),
            Some(NetworkForm::Az) => Ok(m.change.az()),
            _ => Err(Error::usage("--whole writes commands").hint("--as az or --as powershell")),
        };
        for half in &halves {
            printer.line(&written(half)?)?;
        }
        return Ok(Exit::OK);
    }
    let found = app.look_at_network(&look).await?;
    let shown = report(&look.wanted.name, &found);
    let lines = |of: fn(&Missing) -> String| shown.missing.iter().map(of).collect::<Vec<_>>().join("\n");
    match args.form {
        None => printer.answer(&shown, |_| words(&shown))?,
        Some(NetworkForm::Az) => printer.data(&format!("{}\n", lines(|m| m.az.clone())))?,
        Some(NetworkForm::Powershell) => printer.data(&format!("{}\n", lines(|m| m.powershell.clone())))?,
        Some(NetworkForm::Bicep) => printer.data(&lines(|m| m.bicep.clone()))?,
        Some(NetworkForm::Rest) => {
            let calls = app.plan_network(&look, &found)?;
            plan_text::show(&calls, true, printer)?;
        }
    }
    if args.form.is_some() {
        for problem in &shown.problems {
            printer.warning(problem)?;
        }
    }
    if shown.ok {
        return Ok(Exit::OK);
    }
    if !shown.missing.is_empty() {
        printer.next(&format!("milink fog network apply {}", shown.group))?;
    }
    if args.form.is_some() && shown.problems.is_empty() {
        return Ok(Exit::OK);
    }
    let why = Error::refused("the path between both subnets is not configured");
    Ok(Exit::from(why.kind()))
}

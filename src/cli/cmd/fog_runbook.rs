//! `milink fog runbook …`: changes to a group that take several operations.

use super::fog;
use super::plan_text;
use crate::app::build::App;
use crate::app::fog_runbook::RunbookAsk;
use crate::app::run::Ended;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::cli::args::FogConfirmArgs;
use crate::cli::args::Format;
use crate::cli::args::RunbookCommand;
use crate::cli::confirm;
use crate::cli::exit::Exit;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use crate::engine::run::RunEnd;
use crate::model::ids::SiteId;
use crate::model::resize::InstanceSetting;
use crate::plan::fog::FogOp;
use crate::plan::fog::FogPlan;
use crate::plan::fog_runbook::Runbook;
use crate::plan::types::Plan;
use crate::plan::types::PlanKind;
use crate::report;
use std::time::Duration;

fn ask(command: &RunbookCommand) -> Result<(RunbookAsk, &FogConfirmArgs)> {
    Ok(match command {
        RunbookCommand::ChangeSecondary(a) => (RunbookAsk::ChangeSecondary(SiteId::from(a.to.as_str())), &a.common),
        RunbookCommand::ChangePrimary(a) => (RunbookAsk::ChangePrimary(SiteId::from(a.to.as_str())), &a.common),
        RunbookCommand::Rename(a) => (RunbookAsk::Rename(a.to.clone()), &a.common),
        RunbookCommand::Policy(a) => {
            (RunbookAsk::Resize(InstanceSetting::UpdatePolicy(policy(&a.to)?), false), &a.common)
        }
        RunbookCommand::Scale(a) => {
            let setting = match (a.v_cores, a.storage_gb, &a.tier, a.next_gen) {
                (Some(n), ..) => InstanceSetting::VCores(n),
                (_, Some(gb), ..) if gb % 32 == 0 && gb >= 32 => InstanceSetting::Storage(gb),
                (_, Some(gb), ..) => {
                    return Err(Error::usage(format!("{gb} GB is no size of an instance")).hint("a multiple of 32"));
                }
                (_, _, Some(tier), _) => InstanceSetting::Sku(tier.clone()),
                (_, _, _, Some(on)) => InstanceSetting::NextGen(on),
                _ if a.zone_redundant.is_some() => InstanceSetting::ZoneRedundant(a.zone_redundant == Some(true)),
                _ => {
                    return Err(Error::usage("what is to change?")
                        .hint("one of --v-cores, --storage-gb, --tier, --next-gen, --zone-redundant: never two in one request"));
                }
            };
            (RunbookAsk::Resize(setting, a.allow_next_gen), &a.common)
        }
    })
}

/// As Azure spells it.
fn policy(given: &str) -> Result<String> {
    const ALL: [&str; 3] = ["SQLServer2022", "SQLServer2025", "AlwaysUpToDate"];
    let found = ALL.iter().find(|p| p.eq_ignore_ascii_case(given));
    found.map(|p| (*p).to_owned()).ok_or_else(|| {
        Error::usage(format!("`{given}` is no update policy")).hint("SQLServer2022, SQLServer2025 or AlwaysUpToDate")
    })
}

pub async fn run(command: &RunbookCommand, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let (ask, args) = ask(command)?;
    let app = super::app::open(settings, &[], printer).await?;
    let wanted = app.config.failover_group(args.name.group.as_deref())?.name.clone();
    let shows = args.change.dry_run || args.change.script;
    if !shows && let Some(ended) = fog::open_run(&app, PlanKind::Fog, FogOp::Runbook, &wanted, printer).await? {
        return end(&app, ended, printer);
    }
    let look = app.look_at_group(Some(&wanted)).await?;
    let plan = app.plan_runbook(&look, &ask).await?;
    if shows {
        plan_text::show(&plan, args.change.script, printer)?;
        return Ok(Exit::OK);
    }
    let fog = plan.fog.as_ref().ok_or_else(|| Error::bug("a runbook without a group"))?;
    if printer.format() == Format::Table {
        plan_text::show(&plan, false, printer)?;
    }
    for line in warnings(fog) {
        printer.warning(&line)?;
    }
    if fog.runbook.as_ref().is_some_and(|b| b.kind == Runbook::Resize) {
        for line in app.tight_subnets(&look).await {
            printer.warning(&line)?;
        }
    }
    confirm::typed(settings, args.confirm.as_deref(), &wanted, "From the first change on the way is only forward.")?;
    let ended = fog::drive(&app, &plan, settings, printer).await?;
    end(&app, ended, printer)
}

/// What is open while it runs.
fn warnings(fog: &FogPlan) -> Vec<String> {
    let Some(book) = &fog.runbook else { return Vec::new() };
    let text = |minutes: u64| crate::base::text::duration(Duration::from_secs(minutes * 60));
    let mut lines = Vec::new();
    if book.kind.recreates() {
        let long = book.exposed_minutes.map_or("an unknown time: sizes were not read".to_owned(), |(least, most)| {
            format!("{} to {}, full backups not counted", text(least), text(most))
        });
        lines.push(format!(
            "UNPROTECTED, and without listeners, from the deletion until the copy is whole: {long}. The name {} is free for anybody meanwhile.",
            fog.group
        ));
    }
    match book.kind {
        Runbook::ChangePrimary => lines
            .push("Every session is dropped twice: over to the old secondary, then on to the new primary.".to_owned()),
        Runbook::Rename => lines.push(format!(
            "The copies on {} are dropped and made anew; the application needs the new name.",
            fog.secondary.site
        )),
        Runbook::Resize => {
            if let Some(InstanceSetting::UpdatePolicy(_)) = book.resize.as_ref().map(|r| &r.to) {
                lines.push("NO failover is possible between the two changes, not even a forced one; and a policy only goes forward.".to_owned());
            }
            if let Some(InstanceSetting::ZoneRedundant(true)) = book.resize.as_ref().map(|r| &r.to) {
                lines.push("General Purpose has zone redundancy in some regions only, and Azure does not say here which: a region without it refuses the change, and nothing is changed then. It does not cover the loss of a region, a bad deployment or a deletion.".to_owned());
            }
            lines.push("Each member drops its sessions once, at the end of its change.".to_owned());
        }
        Runbook::ChangeSecondary => {}
    }
    lines
}

/// How it ended, and what people have to do.
pub(super) fn end(app: &App, ended: Ended, printer: &mut Printer) -> Result<Exit> {
    match ended.end {
        RunEnd::Committed => {
            let state = crate::journal::fold::fold(&app.journal.records(&ended.run)?)?;
            let plan: Plan = serde_json::from_value(state.plan)
                .map_err(|e| Error::bug(format!("the plan of {} cannot be read", ended.run)).caused_by(e))?;
            let lines = report::fog_runbook::of(ended.run.as_str(), &plan, &app.journal.records(&ended.run)?);
            printer.answer(&lines, |_| report::fog_runbook::text(&lines))?;
            printer.next(&format!("milink report {}", ended.run))?;
            Ok(Exit::OK)
        }
        RunEnd::RolledBack(cause) => Err(super::link::undone(cause)),
    }
}

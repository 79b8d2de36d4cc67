//! `milink fog protect`: the second half of a migration.

use super::fog;
use super::fog_ask;
use crate::base::error::Result;
use crate::base::text;
use crate::cli::args::FogChangeArgs;
use crate::cli::confirm;
use crate::cli::exit::Exit;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use crate::plan::fog::FogOp;
use crate::plan::types::PlanKind;
use crate::rules::fog::prerequisites::Severity;
use crate::rules::fog::prerequisites::Status;
use crate::rules::fog::seeding;

pub async fn run(args: &FogChangeArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &[], printer).await?;
    let mut look = app.look_at_group(args.name.group.as_deref()).await?;
    app.look_closer(&mut look).await?;
    let name = look.wanted.name.clone();
    let shows = args.change.dry_run || args.change.script;
    if !shows && let Some(ended) = fog::open_run(&app, PlanKind::Fog, FogOp::Protect, &name, printer).await? {
        return fog::end(&app, ended, &name, printer).await;
    }
    let protection = app.protection_of(&look).await?;
    if protection.holds == Some(true)
        && let Some(window) = &protection.window
    {
        let lasted = window.lasted().map_or_else(String::new, |d| format!("; was not for {}", text::duration(d)));
        printer.message(&format!("nothing is missing: protected since {}{lasted}", window.closed_at))?;
        printer.next(&format!("milink drill run {name}"))?;
        return Ok(Exit::OK);
    }
    fog_ask::accept(&mut look, settings, printer)?;
    let plan = match fog::planned(&app, &look, FogOp::Protect, None, &args.change, printer)? {
        Ok(plan) => plan,
        Err(exit) => return Ok(exit),
    };
    for row in app.group_rows(&look).iter().filter(|r| r.severity == Severity::Warn && r.status != Status::Pass) {
        printer.warning(&format!("{} ({}): {}", row.id, row.rule, row.found))?;
    }
    if let Some(bytes) = look.facts.bytes {
        let (least, most) = seeding::hours(bytes, look.wanted.gb_per_hour);
        printer.message(&format!(
            "{} are copied in {least:.1} to {most:.1} h, full backups not counted; until then nothing but backups protects them. No link can be made to either instance afterwards.",
            text::bytes(bytes)
        ))?;
    }
    let n = text::count(look.facts.databases.len(), "database");
    confirm::approve(settings, &format!("Protect {n} of {} by failover group {name}?", look.wanted.primary))?;
    let ended = fog::drive(&app, &plan, settings, printer).await?;
    fog::end(&app, ended, &name, printer).await
}

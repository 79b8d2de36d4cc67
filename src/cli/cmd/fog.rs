//! `milink fog …`

use super::fog_ask;
use super::plan_text;
use crate::app::build::App;
use crate::app::find::find_run;
use crate::app::fog::FogLook;
use crate::app::fog::NoPlan;
use crate::app::run::Ended;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::cli::args::ChangeArgs;
use crate::cli::args::FogChangeArgs;
use crate::cli::args::FogConfirmArgs;
use crate::cli::args::FogFailoverArgs;
use crate::cli::args::FogNameArgs;
use crate::cli::args::FogPlanArgs;
use crate::cli::args::Format;
use crate::cli::args::OptionalRunArgs;
use crate::cli::confirm;
use crate::cli::exit::Exit;
use crate::cli::live;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use crate::cli::signal;
use crate::engine::cancel::Cancel;
use crate::engine::run::RunEnd;
use crate::model::ids::SiteId;
use crate::plan::fog::FogOp;
use crate::plan::types::Plan;
use crate::plan::types::PlanKind;
use crate::report;
use crate::report::fog::GroupReport;
use crate::rules::fog::prerequisites::Row;
use crate::rules::fog::prerequisites::Severity;
use crate::rules::fog::prerequisites::Status;
use crate::rules::fog::state::Standing;

pub(super) const STOPPING: &str =
    "stopping at the next safe point: what Azure has accepted goes on, and the same command takes it up";

pub(super) fn report_of(app: &App, look: &FogLook) -> GroupReport {
    let rows = app.group_rows(look);
    let fit = app.settings_fit(look);
    let mut shown = report::fog::group(&look.facts, &look.standing, look.listeners.as_ref(), fit, rows);
    shown.drift = look.drift();
    shown.notes = app.group_notes(look);
    shown
}

pub async fn show(args: &FogNameArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &[], printer).await?;
    let look = app.look_at_group(args.group.as_deref()).await?;
    let mut shown = report_of(&app, &look);
    shown.drift = app.drift(&look).await?;
    shown.notes.advice.extend(app.service_key_rows(&look).await?);
    app.add_activity(&look, &mut shown.notes).await?;
    printer.answer(&shown, |width| report::fog::text(&shown, width))?;
    if let Some(window) = app.window_of(&look.wanted.name)? {
        let lasted = window.lasted().map_or("an unknown time".to_owned(), crate::base::text::duration);
        printer.message(&format!("a migration ended here at {}; it was unprotected for {lasted}", window.closed_at))?;
    }
    match look.standing {
        Standing::None => printer.next(&format!("milink fog plan {}", look.wanted.name))?,
        Standing::InSync { .. } => printer.next(&format!("milink listener check {}", look.wanted.name))?,
        _ => {}
    }
    Ok(Exit::OK)
}

pub async fn list(settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &[], printer).await?;
    if app.config.failover_groups.is_empty() {
        // The same words as everywhere.
        app.config.failover_group(None)?;
    }
    let names: Vec<String> = app.config.failover_groups.iter().map(|g| g.name.clone()).collect();
    let mut all = Vec::new();
    for name in names {
        let look = app.look_at_group(Some(&name)).await?;
        all.push(report_of(&app, &look));
    }
    printer.answers(&all, |width| all.iter().map(|r| report::fog::text(r, width)).collect::<Vec<_>>().join("\n"))?;
    printer.next("milink fog show GROUP")?;
    Ok(Exit::OK)
}

pub async fn plan(args: &FogPlanArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &[], printer).await?;
    let mut look = app.look_at_group(args.name.group.as_deref()).await?;
    app.look_closer(&mut look).await?;
    let shown = report_of(&app, &look);
    let name = look.wanted.name.clone();
    if matches!(look.standing, Standing::InSync { .. }) && !look.facts.missing().is_empty() {
        // Databases of logical servers that are not in their group yet: what would put them in.
        printer.answer(&shown, |width| report::fog::text(&shown, width))?;
        if let (false, Ok(plan)) = (printer.is_json(), app.plan_fog(&look, FogOp::Update, None)) {
            plan_text::show(&plan, args.script, printer)?;
        }
        printer.next(&format!("milink fog update {name}"))?;
        return Ok(Exit::OK);
    }
    if look.standing != Standing::None {
        printer.answer(&shown, |width| report::fog::text(&shown, width))?;
        if look.standing.primary().is_some() {
            printer.message("the group is there: nothing is missing, or `fog show` says what is")?;
            return Ok(Exit::OK);
        }
        printer.warning(&format!("whether {name} can be made is NOT KNOWN: {}", look.standing.sentence()))?;
        let next = if app.may_make_secondary(&look) { "secondary plan" } else { "show" };
        printer.next(&format!("milink fog {next} {name}"))?;
        return Ok(Exit::from(Kind::Unreachable));
    }
    let ready = !shown.checks.iter().any(Row::blocks);
    if printer.is_json() && !args.script {
        printer.json(&shown)?;
    } else {
        printer.data(&report::fog::checklist(&shown, printer.width()))?;
    }
    if !ready {
        if app.may_make_secondary(&look) {
            printer.next(&format!("milink fog secondary plan {name}"))?;
        }
        return Ok(Exit::from(Kind::Refused));
    }
    if !printer.is_json() || args.script {
        match app.plan_fog(&look, FogOp::Create, None) {
            Ok(plan) => plan_text::show(&plan, args.script, printer)?,
            Err(NoPlan::Error(e)) => return Err(e),
            Err(NoPlan::Already(_)) => {}
        }
    }
    printer.next(&format!("milink fog create {name}"))?;
    Ok(Exit::OK)
}

/// A plan, or the end of it: shown only, or nothing to do.
pub(super) fn planned(
    app: &App,
    look: &FogLook,
    op: FogOp,
    to: Option<&SiteId>,
    change: &ChangeArgs,
    printer: &mut Printer,
) -> Result<std::result::Result<Plan, Exit>> {
    let plan = match app.plan_fog(look, op, to) {
        Ok(plan) => plan,
        Err(NoPlan::Error(e)) => return Err(e),
        Err(NoPlan::Already(refusal)) => {
            // Never mistaken for a failover that was made: an exit code of its own.
            printer.message(&refusal.why)?;
            printer.next(&refusal.hint)?;
            return Ok(Err(Exit::from(Kind::Refused)));
        }
    };
    if change.dry_run || change.script {
        plan_text::show(&plan, change.script, printer)?;
        return Ok(Err(Exit::OK));
    }
    Ok(Ok(plan))
}

/// Goes on with a run of that operation which was cut short.
pub(super) async fn open_run(
    app: &App,
    kind: PlanKind,
    op: FogOp,
    name: &str,
    printer: &mut Printer,
) -> Result<Option<Ended>> {
    let Some((run, was)) = app.open_fog_run(kind, name)? else { return Ok(None) };
    if was != op {
        return Err(Error::refused(format!("run {run} on this group has not ended"))
            .hint(format!("milink {} resume {run}", kind.as_str())));
    }
    printer.message(&format!("going on with {run}, which was approved before"))?;
    let token = signal::safe_stop(STOPPING, &format!("milink {} resume", kind.as_str()), Box::new(|| {}))?;
    live::follow(printer, |feed| app.resume(&run, feed, Cancel::from_token(token))).await.map(Some)
}

pub(super) async fn drive(app: &App, plan: &Plan, settings: &Settings, printer: &mut Printer) -> Result<Ended> {
    let again = format!("{} {} resume", settings.program, plan.kind.as_str());
    let token = signal::safe_stop(STOPPING, &again, Box::new(|| {}))?;
    live::follow(printer, |feed| app.start(plan, feed, Cancel::from_token(token))).await
}

/// How it ended, and how the group stands now.
pub(super) async fn end(app: &App, ended: Ended, name: &str, printer: &mut Printer) -> Result<Exit> {
    fog_ask::tell_unanswered(app.journal.as_ref(), &ended, printer)?;
    match ended.end {
        RunEnd::Committed => {
            if printer.format() != Format::Jsonl {
                let look = app.look_at_group(Some(name)).await?;
                let shown = report_of(app, &look);
                printer.answer(&shown, |width| report::fog::text(&shown, width))?;
            }
            // A part of it is not it: the exit code says so, and the names.
            let look = app.look_at_group(Some(name)).await?;
            let missing = look.facts.missing();
            if look.standing != Standing::None && !missing.is_empty() {
                let names = missing.join(", ");
                printer.warning(&format!("PARTIAL: {names} not in failover group {name}, and not protected by it"))?;
                printer.next(&format!("milink fog update {name}"))?;
                return Ok(Exit::from(Kind::Stopped));
            }
            printer.next(&format!("milink fog show {name}"))?;
            Ok(Exit::OK)
        }
        RunEnd::RolledBack(cause) => Err(super::link::undone(cause)),
    }
}

pub async fn create(args: &FogChangeArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &[], printer).await?;
    let mut look = app.look_at_group(args.name.group.as_deref()).await?;
    app.look_closer(&mut look).await?;
    let name = look.wanted.name.clone();
    // A group of logical servers is repaired by the same verb, and a repair that was cut short goes on.
    let repairing = matches!(app.open_fog_run(PlanKind::Fog, &name)?, Some((_, FogOp::Update)));
    let open = if repairing && look.wanted.between_servers { FogOp::Update } else { FogOp::Create };
    if !args.change.dry_run
        && !args.change.script
        && let Some(ended) = open_run(&app, PlanKind::Fog, open, &name, printer).await?
    {
        return end(&app, ended, &name, printer).await;
    }
    if matches!(look.standing, Standing::InSync { .. }) && !look.facts.missing().is_empty() {
        // The group stands, and some of its databases were left out: the same verb again puts them in.
        return extend(&app, &look, args, settings, printer).await;
    }
    if matches!(look.standing, Standing::InSync { .. }) {
        printer.message("nothing is missing")?;
        printer.next(&format!("milink listener check {name}"))?;
        return Ok(Exit::OK);
    }
    fog_ask::accept(&mut look, settings, printer)?;
    let plan = match planned(&app, &look, FogOp::Create, None, &args.change, printer)? {
        Ok(plan) => plan,
        Err(exit) => return Ok(exit),
    };
    for row in app.group_rows(&look).iter().filter(|r| !r.blocks() && r.severity == Severity::Warn) {
        if row.status != Status::Pass {
            printer.warning(&format!("{} ({}): {}", row.id, row.rule, row.found))?;
        }
    }
    let question = format!(
        "Make failover group {name}: copy {} to {}?",
        crate::base::text::count(plan.fog.as_ref().map_or(0, |f| f.databases.len()), "database"),
        look.wanted.secondary
    );
    confirm::approve(settings, &question)?;
    let ended = drive(&app, &plan, settings, printer).await?;
    end(&app, ended, &name, printer).await
}

/// Puts databases into a group of logical servers, makes copies where the group cannot, and brings the settings.
async fn extend(
    app: &App,
    look: &FogLook,
    args: &FogChangeArgs,
    settings: &Settings,
    printer: &mut Printer,
) -> Result<Exit> {
    let name = look.wanted.name.clone();
    if !args.change.dry_run
        && !args.change.script
        && let Some(ended) = open_run(app, PlanKind::Fog, FogOp::Update, &name, printer).await?
    {
        return end(app, ended, &name, printer).await;
    }
    let plan = match planned(app, look, FogOp::Update, None, &args.change, printer)? {
        Ok(plan) => plan,
        Err(exit) => return Ok(exit),
    };
    let (missing, surplus) = (look.facts.missing(), look.facts.surplus());
    if !missing.is_empty() {
        printer.message(&format!("to be put into {name}: {}", missing.join(", ")))?;
    }
    if !surplus.is_empty() {
        printer.warning(&format!(
            "not in the estate file, so they leave {name} and its listeners; their replication stays: {}",
            surplus.join(", ")
        ))?;
    }
    if let Some(fog) = plan.fog.as_ref().filter(|f| !f.copies_first.is_empty()) {
        printer.warning(&format!(
            "{}: copied to {} WITHOUT zone redundancy; a copy that inherits it cannot be made in a region without zones (45122)",
            fog.copies_first.join(", "),
            fog.secondary.site
        ))?;
    }
    confirm::approve(settings, &format!("Bring failover group {name} to what the estate file says?"))?;
    let ended = drive(app, &plan, settings, printer).await?;
    end(app, ended, &name, printer).await
}

pub async fn update(args: &FogChangeArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &[], printer).await?;
    let mut look = app.look_at_group(args.name.group.as_deref()).await?;
    let name = look.wanted.name.clone();
    if app.settings_fit(&look) == Some(true) {
        printer.message("the settings in Azure are those of the estate file")?;
        return Ok(Exit::OK);
    }
    fog_ask::accept(&mut look, settings, printer)?;
    if look.wanted.between_servers {
        return extend(&app, &look, args, settings, printer).await;
    }
    for row in look.policy_rows().iter().filter(|r| r.status != Status::Pass) {
        printer.message(&report::fog_notes::advice(row))?;
    }
    let plan = match planned(&app, &look, FogOp::Update, None, &args.change, printer)? {
        Ok(plan) => plan,
        Err(exit) => return Ok(exit),
    };
    confirm::approve(settings, &format!("Update the settings of failover group {name}?"))?;
    let ended = drive(&app, &plan, settings, printer).await?;
    end(&app, ended, &name, printer).await
}

pub async fn delete(args: &FogConfirmArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &[], printer).await?;
    let look = app.look_at_group(args.name.group.as_deref()).await?;
    let name = look.wanted.name.clone();
    if look.standing == Standing::None {
        printer.message("nothing is left of it")?;
        return Ok(Exit::OK);
    }
    let plan = match planned(&app, &look, FogOp::Delete, None, &args.change, printer)? {
        Ok(plan) => plan,
        Err(exit) => return Ok(exit),
    };
    let after = if look.wanted.between_servers {
        "its databases stay geo-replicated, each by itself"
    } else {
        "the copies on the secondary take writes"
    };
    printer.message(&format!(
        "The listeners of {name} stop resolving at once, its name is free for anybody, and {after}."
    ))?;
    confirm::typed(settings, args.confirm.as_deref(), &name, "This cannot be taken back.")?;
    let ended = drive(&app, &plan, settings, printer).await?;
    end(&app, ended, &name, printer).await
}

pub async fn failover(args: &FogFailoverArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &[], printer).await?;
    let look = app.look_at_group(args.common.name.group.as_deref()).await?;
    let name = look.wanted.name.clone();
    let op = match (args.forced, args.try_planned_first) {
        (true, _) => FogOp::ForcedFailover,
        (_, true) => FogOp::PlannedFirst,
        _ => FogOp::Failover,
    };
    if !args.common.change.dry_run
        && !args.common.change.script
        && let Some(ended) = open_run(&app, PlanKind::Fog, op, &name, printer).await?
    {
        return end(&app, ended, &name, printer).await;
    }
    let to = args.to.as_deref().map(SiteId::from);
    let mut plan = match planned(&app, &look, op, to.as_ref(), &args.common.change, printer)? {
        Ok(plan) => plan,
        Err(exit) => return Ok(exit),
    };
    printer.message(&format!("roles now: {}", fog_ask::roles(&look)))?;
    fog_ask::application(&mut plan, args.confirm_app, settings, printer)?;
    if op != FogOp::Failover {
        for line in fog_ask::before_force(&look, op) {
            printer.warning(&line)?;
        }
        let lag = look.facts.lag_s().map_or("unknown".to_owned(), |l| format!("{l} s at the last look"));
        let first = if op == FogOp::PlannedFirst { "If the planned failover does not succeed: " } else { "" };
        printer.message(&format!(
            "{first}A forced failover has NO protection against data loss: whatever has not reached the secondary is LOST for good; the lag is {lag}. Every session is dropped. The old primary's own copy is overwritten when it returns."
        ))?;
        confirm::typed(settings, args.common.confirm.as_deref(), &name, "Force a failover with data loss?")?;
    } else if args.common.confirm.as_deref() != Some(name.as_str()) {
        if let Some(other) = &args.common.confirm {
            return Err(Error::usage(format!("`--confirm {other}` does not name the group `{name}`")));
        }
        confirm::approve(settings, &format!("Fail {name} over, without loss? Every session is dropped."))?;
    }
    let ended = drive(&app, &plan, settings, printer).await?;
    end(&app, ended, &name, printer).await
}

pub async fn resume(
    args: &OptionalRunArgs,
    kind: PlanKind,
    settings: &Settings,
    printer: &mut Printer,
) -> Result<Exit> {
    let app = super::app::open(settings, &[], printer).await?;
    let run = find_run(app.journal.as_ref(), args.run.as_deref(), kind.as_str())?;
    let state = crate::journal::fold::fold(&app.journal.records(&run)?)?;
    let plan: Plan = serde_json::from_value(state.plan)
        .map_err(|e| Error::bug(format!("the plan of {run} cannot be read")).caused_by(e))?;
    let is_runbook = plan.fog.as_ref().is_some_and(|f| f.runbook.is_some());
    let name = plan.fog.map(|f| f.group).unwrap_or_default();
    let again = format!("{} {} resume {run}", settings.program, kind.as_str());
    let token = signal::safe_stop(STOPPING, &again, Box::new(|| {}))?;
    let ended = live::follow(printer, |feed| app.resume(&run, feed, Cancel::from_token(token))).await?;
    if is_runbook {
        return super::fog_runbook::end(&app, ended, printer);
    }
    end(&app, ended, &name, printer).await
}

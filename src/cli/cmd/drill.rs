//! `milink drill …` and `milink listener check`.

use super::fog::STOPPING;
use super::fog_ask;
use super::plan_text;
use crate::app::fog::NoPlan;
use crate::base::clock::TokioClock;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::cli::args::DrillRunArgs;
use crate::cli::args::FogNameArgs;
use crate::cli::confirm;
use crate::cli::exit::Exit;
use crate::cli::live;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use crate::cli::signal;
use crate::engine::cancel::Cancel;
use crate::engine::run::RunEnd;
use crate::inventory::listener::Landed;
use crate::inventory::listener::Landing;
use crate::journal::Journal;
use crate::plan::fog::FogOp;
use crate::plan::types::PlanKind;
use crate::report;
use crate::rules::fog::names::connection_strings;
use serde::Serialize;
use std::fmt::Write as _;

pub async fn run(args: &DrillRunArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &[], printer).await?;
    let look = app.look_at_group(args.common.name.group.as_deref()).await?;
    let name = look.wanted.name.clone();
    if let Some((run, _)) = app.open_fog_run(PlanKind::Drill, &name)? {
        return Err(Error::refused(format!("drill {run} has not ended")).hint(format!("milink drill resume {run}")));
    }
    let op = if args.forced { FogOp::ForcedDrill } else { FogOp::Drill };
    let mut plan = match app.plan_fog(&look, op, None) {
        Ok(plan) => plan,
        Err(NoPlan::Error(e)) => return Err(e),
        Err(NoPlan::Already(refusal)) => return Err(Error::refused(refusal.why).hint(refusal.hint)),
    };
    if args.common.change.dry_run || args.common.change.script {
        plan_text::show(&plan, args.common.change.script, printer)?;
        return Ok(Exit::OK);
    }
    fog_ask::application(&mut plan, args.confirm_app, settings, printer)?;
    if args.forced {
        printer.message(
            "A forced failover, with every client gone: it is refused while anybody is connected to either side. The way back is planned.",
        )?;
        confirm::typed(settings, args.common.confirm.as_deref(), &name, "Is the application stopped?")?;
    } else {
        let question = format!("Fail {name} over and back, without loss? Every session is dropped, twice.");
        confirm::approve(settings, &question)?;
    }
    let token = signal::safe_stop(STOPPING, &format!("{} drill resume", settings.program), Box::new(|| {}))?;
    let ended = live::follow(printer, |feed| app.start(&plan, feed, Cancel::from_token(token))).await?;
    fog_ask::tell_unanswered(app.journal.as_ref(), &ended, printer)?;
    match ended.end {
        RunEnd::Committed => {
            let records = app.journal.records(&ended.run)?;
            let line = report::drill::line(ended.run.as_str(), &records, app.clock.now())?;
            let lines = [line];
            printer.answer(&lines[0], |width| report::drill::table(&lines, width))?;
            printer.next("milink drill list")?;
            Ok(Exit::OK)
        }
        RunEnd::RolledBack(cause) => Err(super::link::undone(cause)),
    }
}

pub fn list(settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let now = TokioClock::system().now();
    let mut lines = Vec::new();
    if let Some(journal) = super::runs::existing(settings)? {
        for run in journal.runs()?.into_iter().filter(|r| r.as_str().starts_with("drill-")) {
            lines.push(report::drill::line(run.as_str(), &journal.records(&run)?, now)?);
        }
    }
    if lines.is_empty() && !printer.is_json() {
        printer.message("no drill was ever run with this journal")?;
    } else {
        printer.answers(&lines, |width| report::drill::table(&lines, width))?;
    }
    for line in report::drill::overdue(&lines) {
        printer.warning(&line)?;
    }
    printer.next("milink drill run")?;
    Ok(Exit::OK)
}

/// What `listener check` found.
#[derive(Debug, Serialize)]
struct ListenerReport {
    schema_version: u32,
    group: String,
    /// Both listeners lead where they should.
    ok: bool,
    listeners: Vec<Landed>,
    connection_strings: Vec<Strings>,
    /// Reads beside the primary, on a replica of its own: Business Critical alone has one, free.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    read_replica: Vec<Replica>,
    /// Why the read-only strings are not to be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_only_warning: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Replica {
    driver: &'static str,
    read: String,
}

/// Licence, not a technical refusal (facts: failover-groups 2.5).
const STANDBY: &str = "the secondary is a standby: reading there breaks its licence; take the read-only strings for nothing but a secondary of type Geo";

#[derive(Debug, Serialize)]
struct Strings {
    driver: &'static str,
    read_write: String,
    read_only: String,
}

pub async fn listeners(args: &FogNameArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &[], printer).await?;
    let look = app.look_at_group(args.group.as_deref()).await?;
    let found = app.check_listeners(&look).await?;
    let (rw, ro) = look.listeners.clone().unwrap_or_default();
    let database = look.facts.databases.first().map_or("DATABASE", |d| d.name.as_str()).to_owned();
    let strings = connection_strings(&rw, &ro, &database);
    let here = look.standing.primary().and_then(|side| look.facts.member(side).facts.known());
    let has_replica = here.and_then(|f| f.tier.as_deref()).is_some_and(|t| t.eq_ignore_ascii_case("BusinessCritical"));
    let replica = if has_replica { connection_strings(&rw, &rw, &database) } else { Vec::new() };
    let is = |kind: &str| kind.eq_ignore_ascii_case("Standby");
    let read = app.group_notes(&look).policy.and_then(|p| p.secondary_type);
    let standby = read.as_deref().map_or(look.wanted.standby, is);
    let shown = ListenerReport {
        schema_version: report::dto::SCHEMA_VERSION,
        group: look.wanted.name.clone(),
        ok: found.iter().all(|l| l.landing == Landing::Right),
        listeners: found,
        connection_strings: strings
            .into_iter()
            .map(|(driver, read_write, read_only)| Strings { driver, read_write, read_only })
            .collect(),
        read_replica: replica.into_iter().map(|(driver, _, read)| Replica { driver, read }).collect(),
        read_only_warning: standby.then_some(STANDBY),
    };
    printer.answer(&shown, |_| text(&shown, &rw, &ro, &database))?;
    let unread = shown.listeners.iter().any(|l| matches!(l.landing, Landing::Unknown | Landing::NoName));
    Ok(match (shown.ok, unread) {
        (true, _) => Exit::OK,
        (false, true) => Exit::from(Kind::Unreachable),
        (false, false) => Exit::from(Kind::Refused),
    })
}

fn text(r: &ListenerReport, rw: &str, ro: &str, database: &str) -> String {
    let mut text =
        format!("{}: listeners {}\n", r.group, if r.ok { "lead where they should" } else { "are NOT right" });
    for l in &r.listeners {
        let word = match l.landing {
            Landing::Right => "right",
            Landing::StaleName => "the OTHER instance answers: an old answer of a name server is still in use",
            Landing::NotYetWritable => "the role switch is not finished (up to 5 minutes)",
            Landing::Writable => "landed on a primary",
            Landing::NoName => "does not resolve",
            Landing::Unknown => "unknown",
        };
        let _ = writeln!(text, "{}: {word}", l.listener);
        let chain = if l.chain.is_empty() { String::new() } else { format!(" -> {}", l.chain.join(" -> ")) };
        let ttl = l.ttl_s.map_or(String::new(), |t| format!(", kept for {t} s"));
        let _ = writeln!(text, "  resolves{chain} -> {}{ttl}", l.addresses.join(", "));
        if let Some(server) = &l.server {
            let words: Vec<String> =
                l.updateability.iter().map(|(d, u)| format!("{d} {}", u.as_deref().unwrap_or("unknown"))).collect();
            let _ = writeln!(text, "  answers: {server} ({})", words.join(", "));
        }
        if let Some(why) = &l.why {
            let _ = writeln!(text, "  {why}");
        }
    }
    text.push_str(&report::fog::strings(rw, ro, database));
    if let Some(why) = r.read_only_warning {
        let _ = writeln!(text, "warning: {why}");
    }
    for replica in &r.read_replica {
        let _ = writeln!(text, "{}, reads beside the primary (Business Critical): {}", replica.driver, replica.read);
    }
    text
}

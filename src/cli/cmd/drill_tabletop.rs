//! `milink drill tabletop`: the loss of the primary's region, talked through on what is true now; nothing is asked to change.

use super::plan_text;
use crate::app::build::App;
use crate::app::fog::FogLook;
use crate::app::fog::NoPlan;
use crate::base::error::Result;
use crate::cli::args::FogNameArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use crate::model::geo::Side;
use crate::plan::fog::FogOp;
use crate::plan::types::Plan;
use crate::report::dto::SCHEMA_VERSION;
use crate::rules::fog::rights;
use crate::rules::fog::state::Asked;
use serde::Serialize;
use std::fmt::Write;

/// What would be so if the primary were lost now. Unknown is null, never zero.
#[derive(Debug, Serialize)]
struct Tabletop {
    schema_version: u32,
    group: String,
    /// Who would be lost, and who would take over; null: which side is primary is unknown.
    lost: Option<String>,
    promoted: Option<String>,
    standing: String,
    /// What had not arrived, at the last look; seconds.
    lag_s: Option<i64>,
    /// Rights that the caller lacks for the forced call, where it would go.
    missing_rights: Vec<String>,
    /// Rights that could not be read.
    unread_rights: Vec<String>,
    /// Why the forced failover would be refused; null: it would be sent.
    refused: Option<String>,
    /// What is to be asked around the table.
    questions: Vec<String>,
}

/// Steps of a recovery that no tool can see (facts: failover-groups 10.7).
const QUESTIONS: [&str; 6] = [
    "who decides, and how long after the outage began is that?",
    "which other parts of the application must move with the databases, and who moves each of them?",
    "is every login, job, linked server and credential on the other side? `milink objects diff --group` says",
    "which clients still name an instance instead of the listener?",
    "who validates the application before anybody says that it is back?",
    "who fails back, when, and without loss?",
];

fn promoted(look: &FogLook) -> Option<Side> {
    look.standing.primary().map(Side::other)
}

pub async fn run(args: &FogNameArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &[], printer).await?;
    let look = app.look_at_group(args.group.as_deref()).await?;
    let plan = forced(&app, &look);
    let to = promoted(&look);
    let (missing_rights, unread_rights) =
        to.map_or_else(Default::default, |to| rights::missing(Asked::Forced(to), &look.facts));
    let site = |side: Side| look.facts.member(side).site.to_string();
    let shown = Tabletop {
        schema_version: SCHEMA_VERSION,
        group: look.wanted.name.clone(),
        lost: to.map(|to| site(to.other())),
        promoted: to.map(site),
        standing: look.standing.sentence(),
        lag_s: look.facts.lag_s().filter(|_| to.is_some()),
        missing_rights,
        unread_rights,
        refused: plan.as_ref().err().cloned(),
        questions: QUESTIONS.iter().map(|q| (*q).to_owned()).collect(),
    };
    printer.answer(&shown, |_| text(&shown))?;
    if let (false, Ok(plan)) = (printer.is_json(), &plan) {
        printer.data("the run that would be approved:\n")?;
        plan_text::show(plan, false, printer)?;
    }
    printer.next(&format!("milink drill run {}", look.wanted.name))?;
    Ok(Exit::OK)
}

/// The plan of a forced failover, or why there would be none.
fn forced(app: &App, look: &FogLook) -> std::result::Result<Plan, String> {
    app.plan_fog(look, FogOp::ForcedFailover, None).map_err(|e| match e {
        NoPlan::Already(refusal) => refusal.why,
        NoPlan::Error(e) => e.chain(),
    })
}

fn text(t: &Tabletop) -> String {
    let word = |site: &Option<String>| site.clone().unwrap_or_else(|| "unknown".to_owned());
    let mut text = format!(
        "{}: suppose that {} is lost now; {} would take over. Nothing is changed.\nnow: {}\n",
        t.group,
        word(&t.lost),
        word(&t.promoted),
        t.standing
    );
    let lag = t.lag_s.map_or("UNKNOWN".to_owned(), |s| format!("what was committed in the last {s} s"));
    let _ = writeln!(text, "would be lost for good, by the last look: {lag}");
    match &t.refused {
        Some(why) => {
            let _ = writeln!(text, "a forced failover would be REFUSED now: {why}");
        }
        None => text.push_str("a forced failover would be sent, after the group's name was typed\n"),
    }
    for right in &t.missing_rights {
        let _ = writeln!(text, "MISSING right: {right}");
    }
    for right in &t.unread_rights {
        let _ = writeln!(text, "unknown: {right}");
    }
    for question in &t.questions {
        let _ = writeln!(text, "- {question}");
    }
    text
}

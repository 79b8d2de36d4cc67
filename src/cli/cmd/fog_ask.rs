//! What is asked before a group is touched: the words of the automatic policy, the rest of the application, what a force costs.

use crate::app::fog::FogLook;
use crate::app::fog::Standing;
use crate::app::run::Ended;
use crate::base::error::Result;
use crate::cli::output::Printer;
use crate::cli::prompt;
use crate::cli::settings::Settings;
use crate::journal::Journal;
use crate::model::geo::Side;
use crate::plan::fog::FogOp;
use crate::plan::types::Plan;
use crate::rules::fog::in_memory;
use crate::rules::fog::policy::ACCEPT;

fn is_yes(answer: &str) -> bool {
    ["y", "yes"].contains(&answer.trim().to_lowercase().as_str())
}

/// Asks for each word of the automatic policy that the estate file does not accept. Without a terminal nothing is asked, and
/// planning refuses with the words.
pub(super) fn accept(look: &mut FogLook, settings: &Settings, printer: &mut Printer) -> Result<()> {
    let open = look.unaccepted();
    if open.is_empty() || !prompt::can_ask(settings.input) {
        return Ok(());
    }
    printer.message("policy = \"automatic\": each of these is accepted, or nothing is sent")?;
    for (word, says) in ACCEPT.iter().filter(|(word, _)| open.contains(word)) {
        if is_yes(&prompt::line(&format!("{word}: {says}. Accepted? [y/N] "))?) {
            look.wanted.accept.push(word);
        }
    }
    Ok(())
}

/// The rest of the application: told with the plan, and answered by a flag or by hand.
pub(super) fn application(plan: &mut Plan, answered: bool, settings: &Settings, printer: &mut Printer) -> Result<()> {
    let Some(fog) = plan.fog.as_mut().filter(|f| !f.dependencies.is_empty()) else { return Ok(()) };
    let names = fog.dependencies.join(", ");
    printer.message(&format!("a group moves databases only; what else has to move: {names}"))?;
    fog.dependencies_seen_to = answered;
    if !answered && !settings.yes && prompt::can_ask(settings.input) {
        let mut all = true;
        for name in &fog.dependencies {
            all &= is_yes(&prompt::line(&format!("Does somebody see to {name}? [y/N] "))?);
        }
        fog.dependencies_seen_to = all;
    }
    Ok(())
}

/// After the run: what nobody has answered for keeps it from being complete.
pub(super) fn unanswered(journal: &dyn Journal, ended: &Ended) -> Result<Option<String>> {
    let state = crate::journal::fold::fold(&journal.records(&ended.run)?)?;
    let said =
        state.evidence.iter().find(|((step, name), _)| step.kind() == "fog.application" && name == "application");
    Ok(said.filter(|(_, v)| v["confirmed"] != true).map(|(_, v)| {
        let names = v["dependencies"].as_array().into_iter().flatten().filter_map(|n| n.as_str());
        names.collect::<Vec<_>>().join(", ")
    }))
}

/// Said after a change of roles that nobody has answered for.
pub(super) fn tell_unanswered(journal: &dyn Journal, ended: &Ended, printer: &mut Printer) -> Result<()> {
    if let Some(names) = unanswered(journal, ended)? {
        printer.warning(&format!(
            "INCOMPLETE: nobody confirmed the application tier: {names}. The databases have moved, these stay where they are until somebody moves them (`--confirm-app` answers beforehand)"
        ))?;
    }
    Ok(())
}

/// `mi-a is primary, mi-b secondary`
pub(super) fn roles(look: &FogLook) -> String {
    match look.standing.primary() {
        Some(side) => {
            let (p, s) = (&look.facts.member(side).site, &look.facts.member(side.other()).site);
            format!("{p} is primary, {s} is secondary")
        }
        None => "unknown".to_owned(),
    }
}

/// What is wrong with forcing now, beside the loss.
pub(super) fn before_force(look: &FogLook, op: FogOp) -> Vec<String> {
    let mut said = Vec::new();
    let Some(primary) = look.standing.primary() else { return said };
    let state = |side: Side| look.facts.member(side).facts.known().and_then(|f| f.state.clone());
    let ready = state(primary).is_some_and(|s| s.eq_ignore_ascii_case("Ready"));
    if op == FogOp::ForcedFailover && ready && matches!(look.standing, Standing::InSync { .. }) {
        said.push(format!(
            "{} ANSWERS and is healthy, and both sides are synchronizing: a planned failover loses nothing (milink fog failover {})",
            look.facts.member(primary).site,
            look.facts.name
        ));
    }
    said.extend(in_memory::forced_warning(&look.facts, primary));
    said
}

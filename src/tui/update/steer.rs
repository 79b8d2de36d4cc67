//! Planning, starting and ending a cutover. Whatever changes a server goes through the typed confirmation.

use crate::base::text;
use crate::model::ids::RunId;
use crate::plan::types::Path;
use crate::plan::types::Plan;
use crate::tui::action::Action;
use crate::tui::command;
use crate::tui::confirm::Confirm;
use crate::tui::confirm::What;
use crate::tui::screen::Screen;
use crate::tui::state::Cockpit;
use crate::tui::state::Live;
use crate::tui::state::Overlay;
use crate::tui::state::State;
use crate::tui::state::Subject;
use std::time::Duration;

/// A plan older than this is made anew before it is run: the world moves.
const PLAN_AGE_MAX: Duration = Duration::from_secs(15 * 60);

pub(super) fn plan(state: &mut State) -> Vec<Action> {
    if state.live.is_some() {
        state.complain("a run is driven from here: the next plan has to wait for its end");
        return Vec::new();
    }
    let links = match (&state.cockpit.subject, state.screen) {
        // Planning again on the cockpit is about the same links.
        (Subject::Planned { plan, .. }, Screen::Cockpit) => plan.links.iter().map(|l| l.name.0.clone()).collect(),
        (Subject::NoPlan { links, .. } | Subject::Planning { links }, Screen::Cockpit) => links.clone(),
        _ => state.chosen(),
    };
    if links.is_empty() {
        state.complain("there is no link to plan for");
        return Vec::new();
    }
    state.cockpit = Cockpit { subject: Subject::Planning { links: links.clone() }, ..Cockpit::default() };
    state.screen = Screen::Cockpit;
    vec![Action::Plan { links }]
}

pub(super) fn ask_start(state: &mut State) {
    if state.live.is_some() {
        state.complain("a run is driven from here already");
        return;
    }
    let Subject::Planned { plan, at } = &state.cockpit.subject else {
        state.complain("there is no plan: select or mark links on the fleet, then `p`");
        return;
    };
    let age = Duration::try_from(state.now - *at).unwrap_or_default();
    if age > PLAN_AGE_MAX {
        let words = format!("the plan is {} old: plan again with `p`", text::duration(age));
        state.complain(words);
        return;
    }
    let links: Vec<String> = plan.links.iter().map(|l| l.name.0.clone()).collect();
    let lines = words_of(plan);
    state.overlay = Some(Overlay::Confirm(Confirm::new(What::Start(plan.clone()), &links, lines)));
}

fn words_of(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    const SHOWN: usize = 6;
    for link in plan.links.iter().take(SHOWN) {
        let path = match link.path {
            Path::OneWay => "one-way, the link is deleted",
            Path::TwoWay => "two-way, the link is kept",
        };
        lines.push(format!("{}: {} -> {} ({path})", link.name, link.source, link.target));
    }
    if plan.links.len() > SHOWN {
        lines.push(format!("and {} more", plan.links.len() - SHOWN));
    }
    let budget = text::duration(Duration::from_millis(plan.policy.budget_ms));
    lines.push(format!("{}, outage budget {budget}", text::count(plan.steps().count(), "step")));
    lines.push("Every writer is stopped until the target is open. Before L1 a failure undoes all.".to_owned());
    lines
}

/// The cockpit's run: name, links, is it a cutover, is it open.
fn meant(state: &State) -> Option<(RunId, Vec<String>, bool, bool)> {
    let story = state.cockpit.story.as_ref()?;
    let run = state.run()?;
    // Only a finished run is replayed, wherever the replay stands.
    let open = story.end.is_none() && state.cockpit.replay.is_none();
    Some((run.clone(), story.links.clone(), story.is_cutover(), open))
}

fn open_cutover(state: &mut State, verb: &str) -> Option<(RunId, Vec<String>)> {
    match meant(state) {
        None => state.complain(format!("there is no run to {verb}")),
        Some((_, _, false, _)) => state.complain(format!("this is no cutover: there is nothing to {verb}")),
        Some((_, _, _, false)) => state.complain("the run has ended"),
        Some((run, links, true, true)) => return Some((run, links)),
    }
    None
}

pub(super) fn ask_resume(state: &mut State) {
    if state.live.is_some() {
        state.complain("a run is driven from here already");
        return;
    }
    let Some((run, links)) = open_cutover(state, "resume") else { return };
    let lines = vec![
        format!("{run}"),
        "What is done is proven again, what was under way is read back, then it goes on.".to_owned(),
        "If another process drives it, its lease refuses this one.".to_owned(),
    ];
    state.overlay = Some(Overlay::Confirm(Confirm::new(What::Resume(run), &links, lines)));
}

pub(super) fn ask_abort(state: &mut State) {
    let way_back = state.cockpit.story.as_ref().map_or("", |s| s.way_back());
    if let Some(live) = &state.live {
        if live.stopping {
            state.say("it is stopping already");
            return;
        }
        let lines = vec!["The run stops at its next safe point.".to_owned(), format!("{way_back}.")];
        let links = live.links.clone();
        state.overlay = Some(Overlay::Confirm(Confirm::new(What::Stop, &links, lines)));
        return;
    }
    let Some((run, links)) = open_cutover(state, "abort") else { return };
    let lines =
        vec![format!("{run}"), "Before L1 everything is undone; beyond it abort is refused and says why.".to_owned()];
    state.overlay = Some(Overlay::Confirm(Confirm::new(What::Abort(run), &links, lines)));
}

pub(super) fn ask_sync(state: &mut State) {
    if state.live.is_some() {
        state.complain("a run is driven from here already");
        return;
    }
    let Some((link, n)) = command::sync_of(state) else {
        state.complain("nothing is known to be missing: `o` compares");
        return;
    };
    let lines = vec![
        format!("{} of {link} made or changed on the target", text::count(n, "object")),
        "Logins keep SID and password, jobs come disabled. If one fails, what was made is taken away.".to_owned(),
    ];
    state.overlay = Some(Overlay::Confirm(Confirm::new(What::Sync(link.clone()), &[link], lines)));
}

/// The group that is selected, if one may be touched from here.
fn group(state: &mut State) -> Option<String> {
    if state.live.is_some() {
        state.complain("a run is driven from here already");
        return None;
    }
    let Some(group) = state.groups.current() else {
        state.complain("no failover group is known");
        return None;
    };
    Some(group.group.group.clone())
}

pub(super) fn ask_drill(state: &mut State) {
    let Some(group) = group(state) else { return };
    let lines = vec![
        format!("Fail {group} over and back, without loss, and measure what an application would see."),
        "Every session is dropped, twice. It is refused unless both sides and every database have caught up."
            .to_owned(),
    ];
    state.overlay = Some(Overlay::Confirm(Confirm::new(What::Drill(group.clone()), &[group], lines)));
}

pub(super) fn ask_failover(state: &mut State) {
    let Some(group) = group(state) else { return };
    let lines = vec![
        format!("Change the roles of {group}, without loss: replication is synchronous until nothing is missing."),
        "Every session is dropped. It is refused unless both sides and every database have caught up.".to_owned(),
    ];
    state.overlay = Some(Overlay::Confirm(Confirm::new(What::FailOver(group.clone()), &[group], lines)));
}

/// A hold needs no typed name: it keeps a run where every step is at rest, and the same key lets it go on.
pub(super) fn hold(state: &mut State) -> Vec<Action> {
    match open_cutover(state, "hold") {
        Some((run, _)) => vec![Action::Hold { run }],
        None => Vec::new(),
    }
}

/// A name was typed.
pub(super) fn approved(state: &mut State, action: Action) -> Vec<Action> {
    let begin = |links: Vec<String>| Some(Live { links, ..Live::default() });
    match &action {
        Action::Start { plan, .. } => {
            state.live = begin(plan.links.iter().map(|l| l.name.0.clone()).collect());
            state.cockpit.ending = None;
            state.cockpit.back = 0;
            state.screen = Screen::Cockpit;
        }
        Action::Sync { link: name, .. } | Action::Drill { group: name, .. } | Action::FailOver { group: name, .. } => {
            state.live = begin(vec![name.clone()]);
            state.cockpit = Cockpit::default();
            state.screen = Screen::Cockpit;
        }
        Action::Resume { run, .. } | Action::Abort { run, .. } => {
            let links = meant(state).map(|m| m.1).unwrap_or_default();
            let stopping = matches!(action, Action::Abort { .. });
            state.live = Some(Live { run: Some(run.clone()), links, stopping, ..Live::default() });
            state.cockpit = Cockpit { subject: Subject::Run(run.clone()), ..Cockpit::default() };
            state.screen = Screen::Cockpit;
        }
        Action::Stop { .. } => {
            if let Some(live) = &mut state.live {
                live.stopping = true;
            }
            state.say("stopping at the next safe point");
        }
        _ => {}
    }
    vec![action]
}

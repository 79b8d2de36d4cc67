//! What comes in from the monitor, the journal and a run.

use crate::engine;
use crate::journal::record::RunResult;
use crate::journal::record::Stored;
use crate::model::ids::RunId;
use crate::tui::action::Action;
use crate::tui::event::Ending;
use crate::tui::event::Event;
use crate::tui::screen::Screen;
use crate::tui::state::Replay;
use crate::tui::state::State;
use crate::tui::state::Subject;
use crate::tui::story;
use crate::tui::story::Story;
use std::sync::Arc;
use time::OffsetDateTime;

/// Once a second: what is shown may age, and a replay or a watched run goes on.
pub(super) fn tick(state: &mut State, now: OffsetDateTime) -> Vec<Action> {
    let before = (state.trust(), state.watch.age_ms(state.now).map(|a| a / 1000 > 2));
    state.now = now;
    let after = (state.trust(), state.watch.age_ms(now).map(|a| a / 1000 > 2));
    if before != after || after.1 == Some(true) || state.live.is_some() {
        state.dirty = true;
    }
    if state.screen == Screen::Groups {
        // Ages are shown, and the next look may be due.
        state.dirty = true;
        if state.groups.ask_again(now) {
            return vec![Action::LoadGroups];
        }
    }
    if let Some(replay) = &mut state.cockpit.replay
        && replay.playing
    {
        state.dirty = true;
        replay.upto = (replay.upto + 1).min(replay.records.len());
        replay.playing = replay.upto < replay.records.len();
        state.cockpit.retell();
        return Vec::new();
    }
    follow(state)
}

/// A run that is open and not driven from here may be driven elsewhere: its journal is read again.
fn follow(state: &mut State) -> Vec<Action> {
    let open = state.cockpit.story.as_ref().is_some_and(|s| s.end.is_none()) && state.cockpit.replay.is_none();
    match state.run().cloned() {
        Some(run) if open && state.screen == Screen::Cockpit && !state.drives_shown() => {
            state.dirty = true;
            vec![Action::LoadRun { run }]
        }
        _ => Vec::new(),
    }
}

pub(super) fn data(state: &mut State, event: Event) -> Vec<Action> {
    match event {
        Event::Ordered(Ok(words)) => state.say(words),
        Event::Ordered(Err(why)) => state.complain(why),
        Event::Snapshot(snapshot) => {
            state.now = state.now.max(snapshot.at);
            state.watch.snapshot = Some(snapshot);
            state.watch.ended = None;
        }
        Event::History { link, points } => {
            if state.link_name().as_deref() == Some(link.as_str()) {
                state.watch.history = points;
                state.watch.history_of = link;
            }
        }
        Event::WatchEnded(why) => {
            state.complain(format!("the monitor has ended: {why}"));
            state.watch.ended = Some(why);
        }
        Event::Planned { links, plan } => planned(state, links, plan),
        Event::Run(event) => run_event(state, event),
        Event::Records { run, records } => return records_of(state, &run, records),
        Event::RunOver { run, ending } => return over(state, run, ending),
        Event::Checked { link, verdict } => state.verdicts.came(state.now, link, verdict),
        Event::Compared { link, objects } => state.objects.came(state.now, link, objects),
        Event::Runs(Ok(list)) => {
            state.runs.selected = state.runs.selected.min(list.len().saturating_sub(1));
            (state.runs.list, state.runs.error, state.runs.loaded) = (list, None, true);
        }
        Event::Groups(found) => {
            let now = state.now;
            state.groups.came(now, found);
        }
        Event::Runs(Err(why)) => (state.runs.error, state.runs.loaded) = (Some(why), true),
        Event::Key(_) | Event::Resize { .. } | Event::Tick(_) | Event::Interrupt | Event::Close => {}
    }
    Vec::new()
}

fn planned(state: &mut State, links: Vec<String>, plan: Result<Arc<crate::plan::types::Plan>, String>) {
    // Another thing may have been asked for meanwhile.
    if !matches!(&state.cockpit.subject, Subject::Planning { links: asked } if *asked == links) {
        return;
    }
    match plan {
        Ok(plan) => {
            state.cockpit.story = Some(story::of_plan(&plan));
            state.cockpit.subject = Subject::Planned { plan, at: state.now };
            state.say("planned; nothing was changed. `r` runs it, after its name was typed");
        }
        Err(why) => {
            state.cockpit.story = None;
            state.complain(why.clone());
            state.cockpit.subject = Subject::NoPlan { links, why };
        }
    }
}

fn run_event(state: &mut State, event: engine::event::Event) {
    use engine::event::Event as E;
    let Some(live) = &mut state.live else { return };
    match event {
        E::RunStarted { run, .. } => {
            live.run = Some(run.clone());
            state.cockpit.subject = Subject::Run(run);
            state.cockpit.replay = None;
            state.cockpit.step = None;
            state.cockpit.back = 0;
        }
        E::Progress { step, text, fraction } => {
            live.progress.insert(step, (text, fraction));
        }
        E::StepFinished { step, .. } => {
            live.progress.remove(&step);
        }
        E::Note { text } => state.say(text),
        E::Held { before, by } => state.complain(format!("held before `{before}` by {by}: `H` lets it go on")),
        E::Released { before, .. } => state.say(format!("goes on with `{before}`")),
        E::RunStopped { why, .. } => state.complain(format!("stopped half way: {why}")),
        E::ByHand { step, .. } => state.complain(format!("{step} waits for its statements to be run by hand")),
        E::StageStarted { .. }
        | E::StepStarted { .. }
        | E::LineCrossed { .. }
        | E::UndoStarted { .. }
        | E::UndoFinished { .. }
        | E::RunFinished { .. } => {}
    }
}

fn records_of(state: &mut State, run: &RunId, records: Result<Arc<Vec<Stored>>, String>) -> Vec<Action> {
    if state.run() != Some(run) {
        return Vec::new();
    }
    match records {
        Err(why) => state.complain(why),
        Ok(records) => {
            let story = story::of_records(&records);
            let finished = story.as_ref().is_some_and(|s| s.end.is_some());
            // A replay under way is not disturbed.
            if state.cockpit.replay.is_none() {
                state.cockpit.story = story;
                if finished && state.live.is_none() {
                    state.cockpit.replay = Some(Replay { upto: records.len(), records, playing: false });
                }
            }
        }
    }
    Vec::new()
}

fn over(state: &mut State, run: Option<RunId>, ending: Ending) -> Vec<Action> {
    let live = state.live.take().unwrap_or_default();
    let leave = live.leave_after;
    let run = run.or(live.run.clone());
    let cutover = state.cockpit.story.as_ref().is_none_or(Story::is_cutover);
    match &ending {
        Ending::Ended(_) if !cutover => {
            // What was compared before is no longer so.
            live.links.iter().for_each(|l| drop(state.objects.of.remove(l)));
            // Roles and the last drill are no longer as they were seen.
            state.groups.at = None;
            let of_group = state.cockpit.story.as_ref().is_some_and(Story::is_of_group);
            match &ending {
                Ending::Ended(RunResult::Committed) if of_group => state.say("done; `7` shows the group"),
                Ending::Ended(RunResult::Committed) => state.say("done; `o` compares again"),
                _ => state.complain("rolled back: what was made is taken away again"),
            }
        }
        Ending::Ended(RunResult::Committed) => {
            state.say("committed: the application works on its target");
            let done = state.cockpit.story.as_ref().map(|s| s.links.clone()).unwrap_or_default();
            state.fleet.marks.retain(|m| !done.contains(m));
        }
        Ending::Ended(RunResult::RolledBack) => state.complain("rolled back: the application is on its source"),
        Ending::Failed { text, hint, .. } => {
            let hint = hint.as_ref().map_or(String::new(), |h| format!(" (next: {h})"));
            state.complain(format!("{text}{hint}"));
        }
    }
    state.cockpit.ending = Some(ending);
    let mut actions = vec![Action::LoadRuns];
    if let Some(run) = run {
        state.cockpit.subject = Subject::Run(run.clone());
        actions.push(Action::LoadRun { run });
    }
    if leave {
        state.interrupted = true;
        actions.push(Action::Quit);
    }
    actions
}

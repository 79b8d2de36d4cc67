//! Keys.

use super::steer;
use crate::tui::action::Action;
use crate::tui::command;
use crate::tui::command::Cmd;
use crate::tui::event::Key;
use crate::tui::fleet::Sort;
use crate::tui::screen::Screen;
use crate::tui::state::Overlay;
use crate::tui::state::Pane;
use crate::tui::state::State;
use crate::tui::state::Subject;

/// Longest filter or palette text.
const INPUT_MAX: usize = 64;
/// Lines of the event log for a page: what the smallest pane shows.
const LOG_PAGE: usize = 4;

pub(super) fn key(state: &mut State, key: Key) -> Vec<Action> {
    if key == Key::Ctrl('c') {
        return super::interrupt(state);
    }
    state.notice = None;
    match state.overlay.take() {
        Some(overlay) => in_overlay(state, overlay, key),
        None if state.fleet.editing && state.screen == Screen::Fleet => {
            edit_filter(state, key);
            Vec::new()
        }
        None => {
            if let Some(cmd) = command::by_key(state.screen, key) {
                return run(state, cmd);
            }
            if let Key::Char(c) = key {
                state.say(format!("`{c}` does nothing here; `?` shows the keys"));
            }
            Vec::new()
        }
    }
}

fn in_overlay(state: &mut State, overlay: Overlay, key: Key) -> Vec<Action> {
    match (overlay, key) {
        (_, Key::Esc) => {}
        (Overlay::Help { .. }, Key::Char('q' | '?' | 'h')) => {}
        (Overlay::Help { scroll }, key) => {
            let scroll = match key {
                Key::Down | Key::Char('j') => scroll + 1,
                Key::Up | Key::Char('k') => scroll.saturating_sub(1),
                Key::PageDown | Key::Char(' ') => scroll + state.page,
                Key::PageUp => scroll.saturating_sub(state.page),
                Key::Home | Key::Char('g') => 0,
                _ => scroll,
            };
            state.overlay = Some(Overlay::Help { scroll: scroll.min(command::ALL.len() + 16) });
        }
        (Overlay::Palette { input, selected }, key) => return palette(state, input, selected, key),
        (Overlay::Confirm(mut confirm), key) => {
            match key {
                Key::Enter => {
                    if let Some(action) = confirm.accept() {
                        return steer::approved(state, action);
                    }
                }
                Key::Char(c) => confirm.push(c),
                Key::Backspace => confirm.pop(),
                Key::Ctrl('u') => confirm.typed.clear(),
                _ => {}
            }
            state.overlay = Some(Overlay::Confirm(confirm));
        }
    }
    Vec::new()
}

fn palette(state: &mut State, mut input: String, mut selected: usize, key: Key) -> Vec<Action> {
    let found = command::matching(&input);
    match key {
        Key::Enter => {
            let Some(info) = found.get(selected) else { return Vec::new() };
            if !info.works_on(state.screen) {
                // A command of another screen is run there.
                state.screen = info.on[0];
            }
            return run(state, info.cmd);
        }
        Key::Down | Key::Tab => selected = (selected + 1).min(found.len().saturating_sub(1)),
        Key::Up | Key::BackTab => selected = selected.saturating_sub(1),
        Key::PageDown => selected = (selected + state.page).min(found.len().saturating_sub(1)),
        Key::PageUp => selected = selected.saturating_sub(state.page),
        Key::Char(c) if input.chars().count() < INPUT_MAX => {
            input.push(c);
            selected = 0;
        }
        Key::Backspace => {
            input.pop();
            selected = 0;
        }
        _ => {}
    }
    state.overlay = Some(Overlay::Palette { input, selected });
    Vec::new()
}

fn edit_filter(state: &mut State, key: Key) {
    let fleet = &mut state.fleet;
    match key {
        Key::Enter => fleet.editing = false,
        Key::Esc => {
            fleet.editing = false;
            fleet.filter.clear();
        }
        Key::Backspace => {
            fleet.filter.pop();
        }
        Key::Char(c) if fleet.filter.chars().count() < INPUT_MAX => fleet.filter.push(c),
        Key::Down => walk(state, 1),
        Key::Up => walk(state, -1),
        _ => {}
    }
}

pub(super) fn run(state: &mut State, cmd: Cmd) -> Vec<Action> {
    let far = isize::MAX / 4;
    let page = state.page.max(1) as isize;
    match cmd {
        Cmd::Go(screen) => return go(state, screen),
        Cmd::NextScreen => return go(state, state.screen.next(1)),
        Cmd::PreviousScreen => return go(state, state.screen.next(Screen::ALL.len() - 1)),
        Cmd::Back => return back(state),
        Cmd::Help => state.overlay = Some(Overlay::Help { scroll: 0 }),
        Cmd::Palette => state.overlay = Some(Overlay::Palette { input: String::new(), selected: 0 }),
        Cmd::Quit => return quit(state),
        Cmd::Up => walk(state, -1),
        Cmd::Down => walk(state, 1),
        Cmd::PageUp if in_log(state) => {
            let all = state.cockpit.story.as_ref().map_or(0, |s| s.log.len());
            state.cockpit.back = (state.cockpit.back + LOG_PAGE).min(all.saturating_sub(1));
        }
        Cmd::PageDown if in_log(state) => state.cockpit.back = state.cockpit.back.saturating_sub(LOG_PAGE),
        Cmd::PageUp => walk(state, -page),
        Cmd::PageDown => walk(state, page),
        Cmd::Top => walk(state, -far),
        Cmd::Bottom => walk(state, far),
        Cmd::Open => return open(state),
        Cmd::Filter => state.fleet.editing = true,
        Cmd::Sort => {
            state.fleet.sort = state.fleet.sort.next();
            state.fleet.reversed = false;
        }
        Cmd::Reverse => state.fleet.reversed = !state.fleet.reversed,
        Cmd::Faults => state.fleet.faults_only = !state.fleet.faults_only,
        Cmd::Mark => mark(state),
        Cmd::ClearMarks => state.fleet.marks.clear(),
        Cmd::NextLink => walk_links(state, 1),
        Cmd::PreviousLink => walk_links(state, -1),
        Cmd::Check => return check(state),
        Cmd::Compare => return compare(state),
        Cmd::Sync => steer::ask_sync(state),
        Cmd::Plan => return steer::plan(state),
        Cmd::Start => steer::ask_start(state),
        Cmd::Resume => steer::ask_resume(state),
        Cmd::Abort => steer::ask_abort(state),
        Cmd::Hold => return steer::hold(state),
        Cmd::Pane => {
            state.cockpit.pane = state.cockpit.pane.next();
            state.cockpit.back = 0;
        }
        Cmd::Reload => return reload(state),
        Cmd::Play => play(state),
        Cmd::StepBack => step(state, -1),
        Cmd::StepForward => step(state, 1),
        Cmd::LookAtGroups => {
            let now = state.now;
            if state.groups.ask(now) {
                return vec![Action::LoadGroups];
            }
        }
        Cmd::Drill => steer::ask_drill(state),
        Cmd::FailOver => steer::ask_failover(state),
        Cmd::Tell(_) => {
            let line = command::ALL.iter().find(|i| i.cmd == cmd).and_then(|i| i.cli_line(state));
            state.say(format!("in a shell: {}", line.unwrap_or_default()));
        }
    }
    Vec::new()
}

/// Pages go through the events of a run, not through its steps.
fn in_log(state: &State) -> bool {
    state.screen == Screen::Cockpit && state.cockpit.pane == Pane::Log
}

fn go(state: &mut State, screen: Screen) -> Vec<Action> {
    state.screen = screen;
    match screen {
        Screen::Runs => vec![Action::LoadRuns],
        Screen::Groups => {
            let now = state.now;
            if state.groups.ask_again(now) { vec![Action::LoadGroups] } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}

fn back(state: &mut State) -> Vec<Action> {
    if state.screen == Screen::Fleet {
        if !state.fleet.filter.is_empty() {
            state.fleet.filter.clear();
        } else if state.fleet.faults_only {
            state.fleet.faults_only = false;
        } else {
            state.fleet.sort = Sort::Worst;
            state.fleet.reversed = false;
        }
        return Vec::new();
    }
    go(state, Screen::Fleet)
}

fn quit(state: &mut State) -> Vec<Action> {
    if state.live.is_some() {
        state.complain("a run is driven from here: `a` stops it; Ctrl-C stops it and leaves, twice leaves at once");
        return Vec::new();
    }
    vec![Action::Quit]
}

fn reload(state: &mut State) -> Vec<Action> {
    let mut actions = vec![Action::LoadRuns];
    if let Some(run) = state.run().filter(|_| state.screen == Screen::Cockpit) {
        actions.push(Action::LoadRun { run: run.clone() });
        state.cockpit.replay = None;
    }
    actions
}

fn check(state: &mut State) -> Vec<Action> {
    let Some(link) = looked_at(state, Screen::Checks) else { return Vec::new() };
    if state.verdicts.ask(&link) { vec![Action::Check { link }] } else { Vec::new() }
}

fn compare(state: &mut State) -> Vec<Action> {
    let Some(link) = looked_at(state, Screen::Objects) else { return Vec::new() };
    if state.objects.ask(&link) { vec![Action::Compare { link }] } else { Vec::new() }
}

/// Turns to a screen of the selected link.
fn looked_at(state: &mut State, screen: Screen) -> Option<String> {
    let Some(link) = state.link_name() else {
        state.complain("there is no link to look at");
        return None;
    };
    state.fleet.selected = Some(link.clone());
    state.screen = screen;
    Some(link)
}

fn open(state: &mut State) -> Vec<Action> {
    match state.screen {
        Screen::Fleet => {
            state.fleet.selected = state.link_name();
            state.screen = Screen::Link;
            Vec::new()
        }
        Screen::Runs => {
            if state.live.is_some() {
                state.complain("a run is driven from here: its cockpit stays until it has ended");
                return Vec::new();
            }
            let Some(run) = state.runs.list.get(state.runs.selected) else { return Vec::new() };
            let run = crate::model::ids::RunId::new(run.run_id.clone());
            state.cockpit = crate::tui::state::Cockpit { subject: Subject::Run(run.clone()), ..Default::default() };
            state.screen = Screen::Cockpit;
            vec![Action::LoadRun { run }]
        }
        _ => Vec::new(),
    }
}

fn mark(state: &mut State) {
    if let Some(name) = state.link_name() {
        if !state.fleet.marks.remove(&name) {
            state.fleet.marks.insert(name);
        }
        walk(state, 1);
    }
}

fn walk_links(state: &mut State, by: isize) {
    let Some(snapshot) = state.watch.snapshot.clone() else { return };
    let rows = state.fleet.rows(&snapshot);
    let Some((at, _)) = state.fleet.current(&rows) else { return };
    let to = at.saturating_add_signed(by).min(rows.len() - 1);
    state.fleet.selected = rows.get(to).map(|l| l.name.clone());
}

fn walk(state: &mut State, by: isize) {
    match state.screen {
        Screen::Fleet => walk_links(state, by),
        Screen::Runs => {
            let last = state.runs.list.len().saturating_sub(1);
            state.runs.selected = state.runs.selected.saturating_add_signed(by).min(last);
        }
        Screen::Cockpit => {
            let last = state.cockpit.story.as_ref().map_or(0, |s| s.steps.len()).saturating_sub(1);
            let to = state.cockpit.cursor().saturating_add_signed(by).min(last);
            state.cockpit.step = Some(to);
        }
        Screen::Checks => {
            let found = state.link_name().and_then(|l| state.verdicts.of.get(&l)).and_then(|(_, v)| v.as_ref().ok());
            let lines = found.map_or(0, |check| check.checks.len() * 3);
            state.verdicts.walk(by, lines);
        }
        Screen::Objects => {
            let found = state.link_name().and_then(|l| state.objects.of.get(&l)).and_then(|(_, v)| v.as_ref().ok());
            let lines = found.map_or(0, |o| o.objects.len() * 3);
            state.objects.walk(by, lines);
        }
        Screen::Groups => {
            let last = state.groups.list.len().saturating_sub(1);
            state.groups.selected = state.groups.selected.saturating_add_signed(by).min(last);
        }
        Screen::Link => {}
    }
}

fn play(state: &mut State) {
    let Some(replay) = &mut state.cockpit.replay else {
        state.say("only a finished run can be played again");
        return;
    };
    if replay.upto >= replay.records.len() {
        replay.upto = 1;
    }
    replay.playing = !replay.playing;
    state.cockpit.step = None;
    state.cockpit.retell();
}

fn step(state: &mut State, by: isize) {
    let Some(replay) = &mut state.cockpit.replay else { return };
    replay.playing = false;
    replay.upto = replay.upto.saturating_add_signed(by).clamp(1, replay.records.len().max(1));
    state.cockpit.step = None;
    state.cockpit.retell();
}

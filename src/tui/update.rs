//! Event and state -> state and actions. Pure: no I/O, no clock.

mod data;
mod keys;
mod steer;

use super::action::Action;
use super::action::Asked;
use super::event::Event;
use super::state::State;

/// Takes one event in.
pub fn update(state: &mut State, event: Event) -> Vec<Action> {
    let before = state.link_name();
    let mut actions = match event {
        Event::Key(key) => {
            state.dirty = true;
            keys::key(state, key)
        }
        Event::Resize { rows } => {
            state.dirty = true;
            // Head, tabs, notice, hints and a table's own lines.
            state.page = usize::from(rows.saturating_sub(9)).max(1);
            Vec::new()
        }
        Event::Tick(now) => data::tick(state, now),
        Event::Interrupt => {
            state.dirty = true;
            interrupt(state)
        }
        Event::Close => vec![Action::Quit],
        other => {
            state.dirty = true;
            data::data(state, other)
        }
    };
    let after = state.link_name();
    if after != before
        && let Some(link) = after
    {
        state.watch.history.clear();
        actions.push(Action::Focus { link });
    }
    actions
}

/// Ctrl-C: without a run, leave; with one, the first asks for a safe stop and the second leaves at once.
fn interrupt(state: &mut State) -> Vec<Action> {
    let Some(live) = &mut state.live else { return vec![Action::Quit] };
    if live.leave_after {
        return vec![Action::Leave];
    }
    live.leave_after = true;
    live.stopping = true;
    state.complain(
        "stopping at the next safe point: before L1 everything is undone, beyond it the run goes on; Ctrl-C once more leaves at once",
    );
    vec![Action::Stop { asked: Asked::Interrupt }]
}

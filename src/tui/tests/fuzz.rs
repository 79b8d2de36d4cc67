//! Random keys, sizes and news: nothing panics, and nothing changes a server but a typed name.

use super::fixture::*;
use crate::engine::event::Event as RunEvent;
use crate::journal::record::RunResult;
use crate::tui::action::Action;
use crate::tui::event::Ending;
use crate::tui::event::Event;
use crate::tui::event::Key;
use crate::tui::state::Overlay;
use crate::tui::state::State;
use crate::tui::state::Subject;
use crate::tui::update::update;
use proptest::prelude::*;
use std::sync::Arc;
use time::Duration;

#[derive(Debug, Clone)]
enum Op {
    Key(Key),
    /// The phrase, if one is asked for.
    Phrase,
    Size(u16, u16),
    Wait(i64),
    News(u8),
    Planned,
    Begun,
    Records(Until),
    Over,
    Runs,
    Compared,
    Groups,
    Interrupt,
}

fn keys() -> impl Strategy<Value = Key> {
    prop_oneof![
        8 => proptest::char::range(' ', '~').prop_map(Key::Char),
        4 => proptest::sample::select(vec!['p', 'r', 'R', 'a', '4', '1', '2', '5', '6', '7', 'v', 'o', 'b', ' ', 'd', 's', 'f', ':', '?'])
            .prop_map(Key::Char),
        1 => any::<char>().prop_map(Key::Char),
        1 => proptest::char::range('a', 'z').prop_map(Key::Ctrl),
        6 => proptest::sample::select(vec![
            Key::Enter, Key::Esc, Key::Tab, Key::BackTab, Key::Backspace, Key::Up, Key::Down, Key::Left, Key::Right,
            Key::PageUp, Key::PageDown, Key::Home, Key::End,
        ]),
    ]
}

fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![
        20 => keys().prop_map(Op::Key),
        2 => Just(Op::Phrase),
        2 => (1..130u16, 1..45u16).prop_map(|(w, h)| Op::Size(w, h)),
        1 => (0..40i64).prop_map(Op::Wait),
        2 => (0..6u8).prop_map(Op::News),
        2 => Just(Op::Planned),
        1 => Just(Op::Begun),
        2 => proptest::sample::select(vec![Until::Drain, Until::RolledBack, Until::Committed]).prop_map(Op::Records),
        1 => Just(Op::Over),
        1 => Just(Op::Runs),
        1 => Just(Op::Compared),
        1 => Just(Op::Groups),
        1 => Just(Op::Interrupt),
    ]
}

fn events(state: &State, op: &Op) -> Vec<Event> {
    match op {
        Op::Key(key) => vec![Event::Key(*key)],
        Op::Phrase => match &state.overlay {
            Some(Overlay::Confirm(c)) => {
                let clear = std::iter::once(Key::Ctrl('u'));
                clear.chain(c.phrase.chars().map(Key::Char)).map(Event::Key).collect()
            }
            _ => Vec::new(),
        },
        Op::Size(_, rows) => vec![Event::Resize { rows: *rows }],
        Op::Wait(seconds) => vec![Event::Tick(state.now + Duration::seconds(*seconds))],
        Op::News(0) => vec![Event::WatchEnded("gone".to_owned())],
        Op::News(1) => vec![Event::Snapshot(Arc::new(snapshot(Vec::new())))],
        Op::News(2) => vec![Event::Snapshot(Arc::new(snapshot(vec![faulty("billing")])))],
        Op::News(3) => vec![Event::History { link: "ledger".to_owned(), points: points() }],
        Op::News(_) => vec![Event::Snapshot(Arc::new(estate()))],
        Op::Planned => match &state.cockpit.subject {
            Subject::Planning { links } => {
                let names: Vec<&str> = links.iter().map(String::as_str).collect();
                vec![Event::Planned { links: links.clone(), plan: Ok(Arc::new(plan(&names))) }]
            }
            _ => vec![Event::Planned { links: Vec::new(), plan: Err("unreachable".to_owned()) }],
        },
        Op::Begun => {
            vec![Event::Run(RunEvent::RunStarted {
                run: RUN.into(),
                kind: "cutover".to_owned(),
                steps: 12,
                resumed: false,
            })]
        }
        Op::Records(until) => vec![Event::Records { run: RUN.into(), records: Ok(journal(*until)) }],
        Op::Over => vec![Event::RunOver { run: None, ending: Ending::Ended(RunResult::Committed) }],
        Op::Runs => vec![Event::Runs(Ok(summaries()))],
        Op::Compared => {
            let link = state.link_name().unwrap_or_default();
            vec![Event::Compared { link, objects: Ok(objects_of()) }]
        }
        Op::Groups => vec![Event::Groups(Ok(super::groups::groups()))],
        Op::Interrupt => vec![Event::Interrupt],
    }
}

/// Was the phrase typed, and is this the Enter after it?
fn was_typed(before: &State, event: &Event) -> bool {
    let typed =
        matches!(&before.overlay, Some(Overlay::Confirm(c)) if !c.phrase.is_empty() && c.typed.trim() == c.phrase);
    typed && matches!(event, Event::Key(Key::Enter))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_keys_and_no_sizes_panic_or_change_anything_unasked(ops in proptest::collection::vec(ops(), 1..70)) {
        let mut state = watching();
        let mut size = (80, 24);
        for op in &ops {
            if let Op::Size(width, height) = op {
                size = (*width, *height);
            }
            for event in events(&state, op) {
                let before = state.clone();
                let actions = update(&mut state, event.clone());
                for action in actions {
                    if action.changes() {
                        prop_assert!(was_typed(&before, &event), "{action:?} after {event:?}");
                    }
                    let starts = matches!(action, Action::Start { .. } | Action::Resume { .. } | Action::Abort { .. });
                    prop_assert!(!(starts && before.live.is_some()), "two runs at once");
                    prop_assert!(
                        !(matches!(action, Action::Quit) && before.live.is_some() && !matches!(event, Event::RunOver { .. })),
                        "left a run behind"
                    );
                }
            }
            screen(&state, size.0, size.1);
        }
    }
}

#[test]
fn every_screen_draws_at_every_small_size() {
    let mut states = vec![state(), watching(), super::screens::showing(Until::Drain, true)];
    for keys in ["2", "3", "4", "5", "6", "7", "o", "?", ":", "pr"] {
        let mut s = watching();
        for c in keys.chars() {
            press(&mut s, &c.to_string());
            if let Subject::Planning { links } = s.cockpit.subject.clone() {
                update(&mut s, Event::Planned { links, plan: Ok(Arc::new(plan(&["billing"]))) });
            }
        }
        states.push(s);
    }
    assert!(states.iter().any(|s| matches!(s.overlay, Some(Overlay::Confirm(_)))));
    for state in &states {
        for width in (1..26).chain([40, 59, 60, 72, 119, 120, 200]) {
            for height in (1..9).chain([12, 16, 25]) {
                screen(state, width, height);
            }
        }
    }
}

//! Whole ways through the screen, key by key.

use super::fixture::*;
use crate::base::error::Kind;
use crate::engine::event::Event as RunEvent;
use crate::journal::record::RunResult;
use crate::model::ids::RunId;
use crate::tui::action::Action;
use crate::tui::action::Asked;
use crate::tui::event::Ending;
use crate::tui::event::Event;
use crate::tui::event::Key;
use crate::tui::screen::Screen;
use crate::tui::state::Overlay;
use crate::tui::state::State;
use crate::tui::state::Subject;
use crate::tui::story;
use crate::tui::update::update;
use std::sync::Arc;
use time::Duration;

/// Selected, planned, waiting for its name.
fn asked() -> State {
    let mut state = watching();
    press(&mut state, "/ledger\n");
    let actions = press(&mut state, "p");
    let Some(Action::Plan { links }) = actions.into_iter().next() else { panic!("no plan asked for") };
    assert_eq!(links, ["ledger"]);
    update(&mut state, Event::Planned { links, plan: Ok(Arc::new(plan(&["ledger"]))) });
    assert!(press(&mut state, "r").is_empty(), "`r` alone changes nothing");
    state
}

fn started() -> State {
    let mut state = asked();
    let actions = press(&mut state, "ledger\n");
    assert!(matches!(actions.as_slice(), [Action::Start { plan, .. }] if plan.links.len() == 1));
    let begun = RunEvent::RunStarted { run: RUN.into(), kind: "cutover".to_owned(), steps: 12, resumed: false };
    update(&mut state, Event::Run(begun));
    update(&mut state, Event::Records { run: RUN.into(), records: Ok(journal(Until::Drain)) });
    state
}

#[test]
fn a_cutover_by_keys_alone() {
    let mut state = asked();
    assert!(press(&mut state, "wrong\n").is_empty());
    assert!(matches!(&state.overlay, Some(Overlay::Confirm(c)) if c.wrong));
    update(&mut state, Event::Key(Key::Ctrl('u')));
    let actions = press(&mut state, "ledger\n");
    assert!(matches!(actions.as_slice(), [Action::Start { .. }]));
    assert!(state.overlay.is_none() && state.live.is_some());
    assert!(press(&mut state, "q").is_empty(), "no leaving while a run is driven from here");
    let mut state = started();
    assert_eq!(state.run(), Some(&RunId::from(RUN)));
    assert!(screen(&state, 80, 24).contains("RUNNING"));
    update(&mut state, Event::Records { run: RUN.into(), records: Ok(journal(Until::Committed)) });
    let ending = Ending::Ended(RunResult::Committed);
    let actions = update(&mut state, Event::RunOver { run: Some(RUN.into()), ending });
    assert!(matches!(actions.as_slice(), [Action::LoadRuns, Action::LoadRun { .. }]));
    assert!(screen(&state, 80, 24).contains("COMMITTED"));
    assert!(matches!(press(&mut state, "q").as_slice(), [Action::Quit]));
}

#[test]
fn escape_from_the_dialogue_changes_nothing() {
    let mut state = asked();
    press(&mut state, "ledge");
    assert!(update(&mut state, Event::Key(Key::Esc)).is_empty());
    assert!(state.overlay.is_none() && state.live.is_none());
    assert!(press(&mut state, "r").is_empty(), "a new dialogue begins empty");
    assert!(matches!(&state.overlay, Some(Overlay::Confirm(c)) if c.typed.is_empty()));
}

#[test]
fn abort_is_asked_for_and_typed_too() {
    let mut state = started();
    assert!(press(&mut state, "a").is_empty());
    let actions = press(&mut state, "ledger\n");
    assert!(matches!(actions.as_slice(), [Action::Stop { asked: Asked::Typed(_) }]));
    assert!(screen(&state, 80, 24).contains("STOPPING"));
    assert!(press(&mut state, "a").is_empty() && state.overlay.is_none(), "it is stopping already");
}

#[test]
fn interrupts_stop_safely_and_then_leave_at_once() {
    let mut idle = watching();
    assert!(matches!(update(&mut idle, Event::Interrupt).as_slice(), [Action::Quit]));
    let mut state = started();
    let first = update(&mut state, Event::Key(Key::Ctrl('c')));
    assert!(matches!(first.as_slice(), [Action::Stop { asked: Asked::Interrupt }]));
    let mut twice = state.clone();
    assert!(matches!(update(&mut twice, Event::Interrupt).as_slice(), [Action::Leave]));
    let ending = Ending::Ended(RunResult::RolledBack);
    let over = update(&mut state, Event::RunOver { run: None, ending });
    assert!(matches!(over.last(), Some(Action::Quit)), "it leaves once the run is over");
    assert!(state.interrupted && state.run() == Some(&RunId::from(RUN)));
}

#[test]
fn a_run_that_stopped_half_way_is_resumed_by_name() {
    let mut state = started();
    let ending = Ending::Failed {
        text: "run stopped half way".to_owned(),
        hint: Some("milink cutover resume".to_owned()),
        kind: Kind::Stopped,
    };
    update(&mut state, Event::RunOver { run: Some(RUN.into()), ending });
    assert!(screen(&state, 120, 24).contains("STOPPED HALF WAY"));
    press(&mut state, "R");
    let actions = press(&mut state, "ledger\n");
    assert!(matches!(actions.as_slice(), [Action::Resume { run, .. }] if run.as_str() == RUN));
}

#[test]
fn an_old_plan_is_not_run() {
    let mut state = asked();
    update(&mut state, Event::Key(Key::Esc));
    update(&mut state, Event::Tick(NOW + Duration::minutes(16)));
    press(&mut state, "r");
    assert!(state.overlay.is_none());
    assert!(state.notice.is_some_and(|n| n.bad && n.text.contains("plan again")));
}

#[test]
fn a_wave_is_marked_and_confirmed_by_its_number() {
    let mut state = watching();
    press(&mut state, "s");
    press(&mut state, "   ");
    assert_eq!(state.fleet.marks.len(), 3);
    let Some(Action::Plan { links }) = press(&mut state, "p").into_iter().next() else { panic!("no plan") };
    assert_eq!(links, ["ledger", "billing", "archive"], "in the order of the estate file");
    let wave = Arc::new(plan(&["ledger", "billing", "archive"]));
    update(&mut state, Event::Planned { links, plan: Ok(wave) });
    press(&mut state, "r");
    assert!(matches!(&state.overlay, Some(Overlay::Confirm(c)) if c.phrase == "3 links"));
    assert!(matches!(press(&mut state, "3 links\n").as_slice(), [Action::Start { .. }]));
}

#[test]
fn a_late_plan_for_other_links_is_not_taken() {
    let mut state = watching();
    press(&mut state, "p");
    update(&mut state, Event::Planned { links: vec!["stock".to_owned()], plan: Ok(Arc::new(plan(&["stock"]))) });
    assert!(matches!(state.cockpit.subject, Subject::Planning { .. }));
}

#[test]
fn the_selection_follows_its_link_when_the_order_changes() {
    let mut state = watching();
    press(&mut state, "jj");
    let chosen = state.link_name().expect("a link");
    let mut next = estate();
    next.links.reverse();
    next.links[0] = faulty("stock");
    update(&mut state, Event::Snapshot(Arc::new(next)));
    assert_eq!(state.link_name(), Some(chosen));
}

#[test]
fn a_finished_run_is_played_again_from_its_journal() {
    let mut state = watching();
    press(&mut state, "5");
    update(&mut state, Event::Runs(Ok(summaries())));
    press(&mut state, "jj");
    let Some(Action::LoadRun { run }) = press(&mut state, "\n").into_iter().next() else { panic!("not loaded") };
    assert_eq!(state.screen, Screen::Cockpit);
    update(&mut state, Event::Records { run, records: Ok(journal(Until::Committed)) });
    let whole = screen(&state, 80, 24);
    press(&mut state, " ");
    assert!(state.cockpit.story.as_ref().is_some_and(|s| s.end.is_none()), "it begins at the beginning");
    let all = journal(Until::Committed).len();
    for tick in 0..all {
        update(&mut state, Event::Tick(NOW + Duration::seconds(tick as i64)));
    }
    assert!(state.cockpit.replay.as_ref().is_some_and(|r| !r.playing && r.upto == all));
    state.now = NOW;
    assert_eq!(screen(&state, 80, 24), whole, "it ends as it had ended");
}

#[test]
fn the_story_of_a_run_tells_the_outage_and_the_lines() {
    let told = story::of_records(&journal(Until::Committed)).expect("a story");
    assert!(told.l1 < told.l2 && told.l1.is_some());
    let lasted = told.outage.lasted(NOW).expect("an outage");
    assert!(told.outage.to.is_some() && lasted > std::time::Duration::from_secs(5), "{lasted:?}");
    assert!(told.steps.iter().all(|s| s.standing == story::Standing::Done));
    let undone = story::of_records(&journal(Until::RolledBack)).expect("a story");
    assert_eq!((undone.l1, undone.end), (None, Some(RunResult::RolledBack)));
    assert!(undone.outage.to < undone.last_at, "the outage ends with the fence, not with the run");
    let open = story::of_records(&journal(Until::Drain)).expect("a story");
    assert_eq!(open.outage.to, None);
    assert!(story::of_records(&[]).is_none());
}

#[test]
fn a_run_of_another_process_is_followed_by_its_journal() {
    let mut state = super::screens::showing(Until::Drain, false);
    let actions = update(&mut state, Event::Tick(NOW + Duration::seconds(1)));
    assert!(matches!(actions.as_slice(), [Action::LoadRun { run }] if run.as_str() == RUN));
    let text = screen(&state, 80, 24);
    assert!(text.contains("OPEN, not driven from here"), "{text}");
}

#[test]
fn pages_go_back_through_the_events() {
    let mut state = super::screens::showing(Until::Committed, false);
    assert!(screen(&state, 80, 24).contains("run committed"));
    for _ in 0..100 {
        update(&mut state, Event::Key(Key::PageUp));
    }
    let text = screen(&state, 80, 24);
    assert!(text.contains("cutover starts") && !text.contains("run committed"), "{text}");
    for _ in 0..100 {
        update(&mut state, Event::Key(Key::PageDown));
    }
    assert!(screen(&state, 80, 24).contains("run committed"));
}

#[test]
fn an_idle_screen_is_not_drawn_again() {
    let mut state = watching();
    state.dirty = false;
    for second in 1..3 {
        update(&mut state, Event::Tick(NOW + Duration::seconds(second)));
    }
    assert!(!state.dirty);
}

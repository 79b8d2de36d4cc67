//! Every screen at two sizes, as it reads.

use super::fixture::*;
use crate::engine::event::Event as RunEvent;
use crate::model::ids::RunId;
use crate::model::ids::StepId;
use crate::tui::action::Action;
use crate::tui::event::Event;
use crate::tui::event::Key;
use crate::tui::screen::Screen;
use crate::tui::state::Live;
use crate::tui::state::State;
use crate::tui::state::Subject;
use crate::tui::theme::Palette;
use crate::tui::theme::Theme;
use crate::tui::update::update;
use std::sync::Arc;
use time::Duration;

#[track_caller]
fn check(name: &str, state: &State) {
    for (width, height) in [(80, 24), (160, 50)] {
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), screen(state, width, height));
    }
}

/// Showing one link.
fn on_link(link: crate::monitor::snapshot::LinkSnapshot) -> State {
    let mut state = state();
    let name = link.name.clone();
    update(&mut state, Event::Snapshot(Arc::new(snapshot(vec![link]))));
    update(&mut state, Event::History { link: name, points: points() });
    press(&mut state, "2");
    state
}

pub(super) fn showing(until: Until, live: bool) -> State {
    let mut state = watching();
    state.screen = Screen::Cockpit;
    state.cockpit.subject = Subject::Run(RunId::from(RUN));
    if live {
        state.live = Some(Live { run: Some(RUN.into()), links: vec!["ledger".to_owned()], ..Live::default() });
    }
    update(&mut state, Event::Records { run: RUN.into(), records: Ok(journal(until)) });
    state
}

#[test]
fn fleet() {
    check("fleet", &watching());
    let mut state = watching();
    press(&mut state, "f/ill");
    check("fleet_filtered", &state);
    check("fleet_before_the_first_look", &super::fixture::state());
}

#[test]
fn one_link() {
    check("link_healthy", &on_link(healthy("ledger")));
    check("link_faulty", &on_link(faulty("billing")));
    check("link_unknown", &on_link(unknown("orders")));
    check("link_seeding", &on_link(seeding("archive")));
}

#[test]
fn checks() {
    let mut state = on_link(faulty("billing"));
    press(&mut state, "3");
    check("checks", &state);
    assert!(matches!(press(&mut state, "c").as_slice(), [Action::Check { link }] if link == "billing"));
    assert!(press(&mut state, "c").is_empty(), "it is being judged");
    update(&mut state, Event::Checked { link: "billing".to_owned(), verdict: Ok(Box::new(verdict("billing"))) });
    check("checks_judged", &state);
    update(&mut state, Event::Tick(NOW + Duration::minutes(6)));
    assert!(screen(&state, 80, 24).contains("no verdict any more"), "an old verdict is none");
}

#[test]
fn cockpit() {
    let mut state = watching();
    press(&mut state, "4");
    check("cockpit_empty", &state);
    press(&mut state, "p");
    let Subject::Planning { links } = state.cockpit.subject.clone() else { panic!("planning") };
    update(&mut state, Event::Planned { links, plan: Ok(Arc::new(plan(&["ledger"]))) });
    check("cockpit_planned", &state);

    let mut state = showing(Until::Drain, true);
    let step = StepId::new("cutover.drain/ledger");
    let text = "target 3 blocks behind".to_owned();
    update(&mut state, Event::Run(RunEvent::Progress { step, text, fraction: Some(0.4) }));
    check("cockpit_running", &state);
    press(&mut state, "d");
    check("cockpit_running_gates", &state);
    press(&mut state, "dk");
    check("cockpit_running_step", &state);
    check("cockpit_committed", &showing(Until::Committed, false));
    check("cockpit_rolled_back", &showing(Until::RolledBack, false));
    check("cockpit_open_elsewhere", &showing(Until::Drain, false));
}

#[test]
fn runs_and_groups() {
    let mut state = watching();
    press(&mut state, "5");
    update(&mut state, Event::Runs(Ok(summaries())));
    press(&mut state, "j");
    check("runs", &state);
    press(&mut state, "7");
    check("groups", &state);
}

#[test]
fn objects() {
    let mut state = on_link(healthy("ledger"));
    press(&mut state, "6");
    check("objects_before", &state);
    assert!(press(&mut state, "b").is_empty() && state.overlay.is_none(), "nothing is known to be missing");
    assert!(matches!(press(&mut state, "o").as_slice(), [Action::Compare { link }] if link == "ledger"));
    assert!(press(&mut state, "o").is_empty(), "it is being compared");
    update(&mut state, Event::Compared { link: "ledger".to_owned(), objects: Ok(objects_of()) });
    check("objects", &state);
    press(&mut state, "b");
    check("objects_confirm", &state);
    let begun = press(&mut state, "ledger\n");
    assert!(matches!(begun.as_slice(), [Action::Sync { link, .. }] if link == "ledger"), "{begun:?}");
    assert!(begun[0].changes() && state.live.is_some());
}

#[test]
fn an_old_comparison_is_none() {
    let mut state = on_link(healthy("ledger"));
    press(&mut state, "o");
    let found = crate::report::objects::ObjectsReport { to_sync: 0, manual: 0, ..objects_of() };
    update(&mut state, Event::Compared { link: "ledger".to_owned(), objects: Ok(found) });
    assert!(screen(&state, 80, 24).contains("✓ ledger:"));
    update(&mut state, Event::Tick(NOW + Duration::minutes(6)));
    let old = screen(&state, 80, 24);
    assert!(old.contains("? ledger:") && old.contains("6m00s old: `o` again"), "{old}");
    update(&mut state, Event::Compared { link: "ledger".to_owned(), objects: Err("no way in".to_owned()) });
    assert!(screen(&state, 80, 24).contains("not compared: no way in"));
}

#[test]
fn overlays() {
    let mut state = watching();
    press(&mut state, "?");
    check("help", &state);
    update(&mut state, Event::Key(Key::Esc));
    press(&mut state, ":");
    check("palette", &state);
    press(&mut state, "cutover");
    check("palette_searched", &state);
    update(&mut state, Event::Key(Key::Esc));
    press(&mut state, "p");
    let Subject::Planning { links } = state.cockpit.subject.clone() else { panic!("planning") };
    update(&mut state, Event::Planned { links, plan: Ok(Arc::new(plan(&["ledger"]))) });
    press(&mut state, "rledge\n");
    check("confirm", &state);
}

#[test]
fn small_terminals_lose_in_the_stated_order() {
    let mut state = watching();
    for (width, height) in [(60, 20), (60, 12), (40, 10), (20, 4)] {
        insta::assert_snapshot!(format!("small_{width}x{height}"), screen(&state, width, height));
    }
    state.screen = Screen::Link;
    insta::assert_snapshot!("small_link_60x20", screen(&state, 60, 20));
    insta::assert_snapshot!("small_cockpit_60x20", screen(&showing(Until::Drain, true), 60, 20));
}

#[test]
fn ascii_is_ascii() {
    let mut state = watching();
    state.theme = Theme { palette: Palette::Dark, ascii: true };
    for screen_of in Screen::ALL {
        state.screen = screen_of;
        let text = screen(&state, 100, 30);
        assert!(text.is_ascii(), "{screen_of:?}:\n{text}");
    }
    press(&mut state, "?");
    assert!(screen(&state, 100, 60).is_ascii());
    let mut run = showing(Until::RolledBack, false);
    run.theme = state.theme;
    assert!(screen(&run, 160, 50).is_ascii());
}

#[test]
fn nothing_looks_healthy_once_the_news_stop() {
    let mut state = state();
    update(&mut state, Event::Snapshot(Arc::new(snapshot(vec![healthy("ledger")]))));
    let at = |state: &mut State, seconds: i64| {
        update(state, Event::Tick(NOW + Duration::seconds(seconds)));
        screen(state, 80, 24)
    };
    assert!(at(&mut state, 1).contains("✓ healthy"));
    let stale = at(&mut state, 8);
    assert!(
        stale.contains("~ was ok") && stale.contains("data stale: 8s old") && !stale.contains("healthy"),
        "{stale}"
    );
    let unknown = at(&mut state, 31);
    assert!(unknown.contains("? unknown") && unknown.contains("1?") && !unknown.contains("healthy"), "{unknown}");
    press(&mut state, "2");
    let link = screen(&state, 80, 24);
    assert!(!link.contains("PRIMARY") && !link.contains("▶"), "{link}");
    // A monitor that says it has ended is stale at once.
    let mut state = watching();
    update(&mut state, Event::WatchEnded("gone".to_owned()));
    assert!(!screen(&state, 80, 24).contains("✓ healthy"));
}

//! The screen of failover groups: what is known, how old it is, and what may be begun from it.

use super::fixture::*;
use crate::model::geo::Side;
use crate::monitor::aged::Freshness;
use crate::report::drill::DrillLine;
use crate::report::fog::DatabaseLine;
use crate::report::fog::GroupReport;
use crate::report::fog::MemberLine;
use crate::report::groups::DRILL_DUE;
use crate::report::groups::GroupLine;
use crate::rules::fog::notes::Notes;
use crate::rules::fog::notes::Reminder;
use crate::rules::fog::state::Standing;
use crate::tui::action::Action;
use crate::tui::event::Event;
use crate::tui::state::State;
use crate::tui::update::update;
use serde_json::json;
use time::Duration;

fn member(site: &str, location: &str, role: Option<&'static str>, state: Option<&str>) -> MemberLine {
    MemberLine {
        site: site.to_owned(),
        location: role.map(|_| location.to_owned()),
        fqdn: None,
        role,
        replication_state: state.map(ToOwned::to_owned),
        unknown: role.is_none().then(|| "reading instance mi-b: timed out after 15.0 s".to_owned()),
    }
}

fn group(name: &str, standing: Standing, holds: Option<bool>, b: MemberLine) -> GroupLine {
    let known = holds.is_some();
    let database = |name: &str, lag: i64| DatabaseLine {
        name: name.to_owned(),
        replication_state: known.then(|| "CATCH_UP".to_owned()),
        lag_s: known.then_some(lag),
        last_acknowledged_s_ago: known.then_some(1),
        unknown: (!known).then(|| "not asked".to_owned()),
    };
    GroupLine {
        group: GroupReport {
            schema_version: 1,
            group: name.to_owned(),
            protected: holds,
            primary: standing.primary().map(|_| "mi-a".to_owned()),
            standing,
            members: vec![member("mi-a", "westeurope", Some("primary"), Some("CATCH_UP")), b],
            databases: vec![database("ledger", 0), database("stock", 2)],
            missing: Vec::new(),
            surplus: Vec::new(),
            lag_s: known.then_some(2),
            read_write_listener: Some(format!("{name}.a1b2c3d4e5f6.database.windows.net")),
            read_only_listener: Some(format!("{name}.secondary.a1b2c3d4e5f6.database.windows.net")),
            settings_fit: Some(true),
            drift: Vec::new(),
            high_availability: Vec::new(),
            regional_protection: None,
            notes: Notes::default(),
            copies: Vec::new(),
            checks: Vec::new(),
        },
        holds,
        why: None,
        window: None,
        drill: None,
        open_drill: None,
        drill_due_s: DRILL_DUE.as_secs(),
    }
}

fn drill(days: i64) -> DrillLine {
    let way = |ms: u64| Some(json!({ "lost_writes": 0, "write_outage_ms": ms }));
    DrillLine {
        schema_version: 1,
        run_id: "drill-20261101-090000-ab12".to_owned(),
        group: Some("fog-ledger".to_owned()),
        kind: Some("planned"),
        started_at: "2026-11-01T09:00:00Z".to_owned(),
        age_s: Some(days * 86_400),
        status: "committed",
        over: way(4_100),
        back: way(3_900),
        stragglers: None,
        proves: None,
        application: None,
    }
}

pub(super) fn groups() -> Vec<GroupLine> {
    let whole = member("mi-b", "northeurope", Some("secondary"), Some("CATCH_UP"));
    let in_sync = Standing::InSync { primary: Side::A };
    let one = Standing::OneSided {
        unread: Side::B,
        why: "timed out".to_owned(),
        seen_primary: Some(true),
        seen_state: Some("CATCH_UP".to_owned()),
    };
    let mut good = group("fog-ledger", in_sync.clone(), Some(true), whole.clone());
    good.drill = Some(drill(20));
    let mut bad = group("fog-orders", in_sync, Some(false), whole);
    bad.why = Some("fog-orders.a1b2c3d4e5f6.database.windows.net: the OTHER instance answers".to_owned());
    bad.drill = Some(drill(120));
    bad.open_drill = Some("drill-20261121-200000-cd34".to_owned());
    vec![good, bad, group("fog-archive", one, None, member("mi-b", "", None, None))]
}

fn on_groups() -> State {
    let mut state = watching();
    let actions = press(&mut state, "7");
    assert!(matches!(actions.as_slice(), [Action::LoadGroups]), "{actions:?}");
    state
}

fn check(name: &str, state: &State) {
    for (width, height) in [(80, 24), (160, 50)] {
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), screen(state, width, height));
    }
}

#[test]
fn what_is_known_is_shown_with_its_age() {
    let mut state = on_groups();
    assert!(screen(&state, 80, 24).contains("being read"), "nothing is claimed before the first look");
    update(&mut state, Event::Groups(Ok(groups())));
    check("groups_known", &state);
    press(&mut state, "j");
    check("groups_not_protected", &state);
    press(&mut state, "j");
    check("groups_one_sided", &state);
    let mut state = on_groups();
    update(&mut state, Event::Groups(Ok(Vec::new())));
    assert!(screen(&state, 80, 24).contains("names no failover group"));
    update(&mut state, Event::Groups(Err("token expired".to_owned())));
    assert!(screen(&state, 80, 24).contains("could not be read: token expired"));
}

#[test]
fn an_old_look_protects_nothing() {
    let mut state = on_groups();
    update(&mut state, Event::Groups(Ok(groups())));
    assert!(screen(&state, 80, 24).contains("✓ protected"));
    assert!(update(&mut state, Event::Tick(NOW + Duration::seconds(5))).is_empty(), "looked at just now");
    let again = update(&mut state, Event::Tick(NOW + Duration::seconds(11)));
    assert!(matches!(again.as_slice(), [Action::LoadGroups]), "{again:?}");
    assert!(update(&mut state, Event::Tick(NOW + Duration::seconds(12))).is_empty(), "one look at a time");
    update(&mut state, Event::Tick(NOW + Duration::seconds(40)));
    assert_eq!(state.groups.trust(state.now), Freshness::Stale);
    let late = screen(&state, 80, 24);
    assert!(late.contains("~ was protected") && late.contains("stale, 40s old"), "{late}");
    update(&mut state, Event::Tick(NOW + Duration::seconds(91)));
    let lost = screen(&state, 80, 24);
    assert!(lost.contains("? unknown") && lost.contains("nothing is known of it now"), "{lost}");
    assert!(!lost.contains("CATCH_UP") && !lost.contains("✓ protected"), "{lost}");
    // A look that fails says so at once, and the last one is no better for it.
    let mut state = on_groups();
    update(&mut state, Event::Groups(Ok(groups())));
    update(&mut state, Event::Groups(Err("no way in".to_owned())));
    let failed = screen(&state, 80, 24);
    assert!(failed.contains("no way in") && failed.contains("~ was protected"), "{failed}");
}

#[test]
fn a_drill_and_a_failover_need_the_name() {
    for (key, phrase) in [("d", "fog-ledger"), ("v", "fog-ledger")] {
        let mut state = on_groups();
        assert!(press(&mut state, key).is_empty(), "no group is known yet");
        update(&mut state, Event::Groups(Ok(groups())));
        assert!(press(&mut state, key).is_empty(), "the key alone changes nothing");
        assert!(press(&mut state, "fog\n").is_empty(), "nor does a part of the name");
        update(&mut state, Event::Key(crate::tui::event::Key::Ctrl('u')));
        let begun = press(&mut state, &format!("{phrase}\n"));
        assert!(
            matches!(begun.as_slice(), [Action::Drill { group, .. } | Action::FailOver { group, .. }] if group == phrase),
            "{begun:?}"
        );
        assert!(begun[0].changes() && state.live.is_some());
        assert!(press(&mut state, "7d").iter().all(|a| !a.changes()) && state.overlay.is_none(), "one run at a time");
    }
}

#[test]
fn what_is_done_elsewhere_is_told_as_a_command() {
    let mut state = on_groups();
    update(&mut state, Event::Groups(Ok(groups())));
    press(&mut state, "F");
    assert!(screen(&state, 120, 24).contains("milink fog failover fog-ledger --forced --confirm fog-ledger"));
    press(&mut state, ":fog");
    check("groups_palette", &state);
}

/// Failed over and not back: it stays on the screen until the roles are where the estate file wants them.
#[test]
fn what_was_failed_over_is_open_until_it_is_back() {
    let mut state = on_groups();
    let mut list = groups();
    list[0].group.notes = Notes {
        reminder: Some(Reminder {
            primary_now: "mi-b".to_owned(),
            home: "mi-a".to_owned(),
            since: Some("2026-11-20T10:00:00Z".to_owned()),
            for_s: Some(7_200),
            forced: Some(true),
            logged: None,
            smaller: Some("4 vCores, 256 GB against 8 vCores, 256 GB".to_owned()),
            command: "milink fog failover fog-ledger --to mi-a".to_owned(),
        }),
        ..Notes::default()
    };
    let now = state.now;
    state.groups.came(now, Ok(list));
    let shown = screen(&state, 100, 30);
    for part in ["OPEN: failed over to mi-b for 2 h", "milink fog failover fog-ledger --to mi-a", "mi-b is smaller"] {
        assert!(shown.contains(part), "{part} in\n{shown}");
    }
}

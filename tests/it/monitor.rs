//! A monitor over an estate in memory: nothing is green that is not known to be.

use crate::estate;
use estate::ORIGIN;
use milink::export::metrics;
use milink::export::page;
use milink::inventory::fact::Fact;
use milink::inventory::watch::AzureSweep;
use milink::inventory::watch::Detail;
use milink::model::sweep::GroupSweep;
use milink::monitor::aged::Freshness;
use milink::monitor::condition::Condition;
use milink::monitor::history::Ring;
use milink::monitor::snapshot::Milestone;
use milink::monitor::snapshot::Snapshot;
use milink::monitor::snapshot::Verdict;
use milink::monitor::state::Answer;
use milink::monitor::state::Source;
use milink::monitor::state::State;
use std::collections::BTreeSet;
use std::time::Duration;

const S: fn(u64) -> Duration = Duration::from_secs;

fn look(state: &mut State, at: Duration) -> Snapshot {
    state.snapshot(ORIGIN + at, at)
}

fn healthy(links: usize) -> State {
    let mut state = State::new(estate::plan(links));
    estate::all_hear(&mut state, links, S(1));
    state
}

/// `name{labels}` of every series of a text.
fn series(text: &str) -> BTreeSet<String> {
    text.lines().filter(|l| !l.starts_with('#')).map(|l| l.rsplit_once(' ').unwrap().0.to_owned()).collect()
}

fn value(text: &str, name: &str) -> String {
    let line = text.lines().find(|l| l.starts_with(&format!("{name} "))).unwrap_or_else(|| panic!("no {name}\n{text}"));
    line.rsplit_once(' ').unwrap().1.to_owned()
}

fn page_of(snapshot: &Snapshot) -> String {
    page::fleet(snapshot, &|_| Ring::default(), &[])
}

#[test]
fn an_asynchronous_link_is_healthy_at_synchronizing() {
    let snapshot = look(&mut healthy(2), S(2));
    let link = &snapshot.links[0];
    assert_eq!(link.health.verdict, Verdict::Healthy, "{:?}", link.health.reasons);
    assert_eq!(link.milestone.fresh(), Some(&Milestone::Linked));
    assert_eq!(link.writable_copies.fresh(), Some(&1));
    assert_eq!((link.flow.lag_ms.fresh(), link.flow.rpo_ms.fresh()), (Some(&2000), Some(&0)));
    assert_eq!(link.flow.drain_ms.fresh(), Some(&62), "64 KiB at 1 MiB/s against 96 KiB at 2 MiB/s");
    let text = metrics::text(&snapshot);
    assert_eq!(value(&text, "milink_link_health_state{link=\"link0\"}"), "0");
    assert!(page_of(&snapshot).contains("pill healthy"));
}

#[test]
fn with_a_collector_cut_off_nothing_stays_green() {
    for lost in
        [Source::Instance(estate::source()), Source::Instance(estate::target()), Source::Azure(estate::target())]
    {
        let mut state = healthy(1);
        state.observe(estate::failed(lost.clone(), S(3)));
        let stale = look(&mut state, S(4));
        assert_eq!(stale.links[0].health.verdict, Verdict::Unknown, "{lost:?}");
        assert_eq!(stale.links[0].health.freshness, Freshness::Stale, "{lost:?}");
        let json = serde_json::to_string(&stale).unwrap();
        assert!(json.contains("\"stale\"") && !json.contains("\"healthy\""), "{json}");
        let text = metrics::text(&stale);
        assert_eq!(value(&text, "milink_link_health_state{link=\"link0\"}"), "3");
        assert_eq!(value(&text, "milink_link_freshness_state{link=\"link0\"}"), "1");
        assert_eq!(value(&text, "milink_link_milestone{link=\"link0\"}"), "NaN");
        let page = page_of(&stale);
        assert!(page.contains("pill stale") && page.contains("is stale: the connection was lost"), "{page}");

        // Ten minutes later, the others still answering.
        let later = S(601);
        let mut others = State::new(estate::plan(1));
        estate::all_hear(&mut others, 1, later);
        estate::all_hear(&mut state, 1, S(1));
        state.observe(estate::failed(lost.clone(), S(3)));
        let answers = [
            (Source::Instance(estate::source()), Answer::Sweep(Box::new(estate::sweep(1, true)))),
            (Source::Instance(estate::target()), Answer::Sweep(Box::new(estate::sweep(1, false)))),
            (Source::Detail(estate::source()), Answer::Detail(estate::detail(1, true))),
            (Source::Detail(estate::target()), Answer::Detail(estate::detail(1, false))),
            (Source::Azure(estate::target()), Answer::Azure(estate::azure(1))),
        ];
        for (source, answer) in answers.into_iter().filter(|(s, _)| *s != lost) {
            state.observe(estate::heard(source, later, answer));
        }
        let unknown = look(&mut state, later + S(1));
        let link = &unknown.links[0];
        assert_eq!((link.health.verdict, link.health.freshness), (Verdict::Unknown, Freshness::Unknown), "{lost:?}");
        assert_eq!((link.milestone.value, link.milestone.freshness), (None, Freshness::Unknown), "{lost:?}");
        let text = metrics::text(&unknown);
        assert_eq!(value(&text, "milink_link_freshness_state{link=\"link0\"}"), "2");
        let rows = page_of(&unknown);
        let rows = rows.split("<h2>Collectors").next().unwrap();
        assert!(rows.contains("pill unknown") && !rows.contains("pill healthy"), "{rows}");
        if lost != Source::Azure(estate::target()) {
            assert_eq!(link.writable_copies.value, None, "{lost:?}");
            assert_eq!(value(&text, "milink_writable_copies{link=\"link0\"}"), "NaN");
        }
    }
}

#[test]
fn what_is_stale_or_unknown_satisfies_no_condition() {
    let conditions = ["seeded", "connected", "healthy", "lag<5s", "rpo=0", "writable-copies=1", "milestone=linked"];
    let mut state = healthy(1);
    let good = look(&mut state, S(2));
    for text in conditions {
        assert_eq!(Condition::parse(text).unwrap().holds(&good.links[0]), Some(true), "{text}");
    }
    state.observe(estate::failed(Source::Instance(estate::source()), S(3)));
    let stale = look(&mut state, S(4));
    for text in conditions {
        assert_ne!(Condition::parse(text).unwrap().holds(&stale.links[0]), Some(true), "{text}");
    }
    let never = look(&mut State::new(estate::plan(1)), S(1));
    for text in conditions.iter().chain(&["milestone=none"]) {
        assert_ne!(Condition::parse(text).unwrap().holds(&never.links[0]), Some(true), "{text}");
    }
}

#[test]
fn series_of_a_link_are_few_and_no_change_of_state_adds_one() {
    use milink::model::group::Connected;
    use milink::model::group::SyncState;
    let mut state = healthy(3);
    let before = series(&metrics::text(&look(&mut state, S(2))));
    let of_link = before.iter().filter(|s| s.contains("link=\"link1\"")).count();
    assert!(of_link <= metrics::SERIES_PER_LINK_MAX, "{of_link}");
    let mut changed = estate::sweep(3, true);
    for r in &mut changed.rows {
        r.sync_state = Some(SyncState::NotSynchronizing);
        r.is_suspended = Some(true);
        r.suspend_reason = Some("SUSPEND_FROM_USER".to_owned());
        r.secondary_lag_seconds = None;
    }
    for r in &mut changed.replicas {
        r.connected = Some(Connected::Disconnected);
        r.last_connect_error_number = Some(41976);
    }
    state.observe(estate::heard(Source::Instance(estate::source()), S(5), Answer::Sweep(Box::new(changed))));
    let bad = look(&mut state, S(6));
    assert_eq!(bad.links[1].health.verdict, Verdict::Unhealthy);
    assert!(
        bad.links[1].health.reasons.join(" ").contains("suspended (SUSPEND_FROM_USER)"),
        "{:?}",
        bad.links[1].health
    );
    assert_eq!(series(&metrics::text(&bad)), before, "bad");
    assert_eq!(series(&metrics::text(&look(&mut state, S(900)))), before, "unknown");
    assert_eq!(series(&metrics::text(&look(&mut State::new(estate::plan(3)), S(1)))), before, "never read");
}

#[test]
fn two_writable_copies_are_seen_and_a_copy_that_cannot_be_judged_is_unknown() {
    let mut state = healthy(1);
    let both = estate::sweep(1, true);
    state.observe(estate::heard(Source::Instance(estate::target()), S(2), Answer::Sweep(Box::new(both))));
    let unjudged = look(&mut state, S(3));
    assert_eq!(
        unjudged.links[0].writable_copies.value, None,
        "nobody has looked who is known inside the target's copy"
    );
    state.observe(estate::heard(Source::Detail(estate::target()), S(3), Answer::Detail(estate::detail(1, true))));
    let split = look(&mut state, S(4));
    assert_eq!(split.links[0].writable_copies.fresh(), Some(&2));
    assert_eq!(split.links[0].health.verdict, Verdict::Unhealthy);
    assert_eq!(split.links[0].primary.value, None, "both sides say PRIMARY");
    assert_eq!(value(&metrics::text(&split), "milink_writable_copies{link=\"link0\"}"), "2");
}

#[test]
fn every_metric_of_rules_and_board_is_one_that_is_served() {
    let text = metrics::text(&look(&mut healthy(1), S(2)));
    let names: BTreeSet<&str> = text.lines().filter_map(|l| l.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    for file in ["docs/monitoring/rules.yml", "docs/monitoring/grafana.json"] {
        let asked = std::fs::read_to_string(file).unwrap();
        let words = asked.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let used: BTreeSet<&str> = words.filter(|w| w.starts_with("milink_")).collect();
        assert!(!used.is_empty(), "{file}");
        let missing: Vec<_> = used.difference(&names).collect();
        assert!(missing.is_empty(), "{file} asks for {missing:?}");
    }
    let board: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string("docs/monitoring/grafana.json").unwrap()).unwrap();
    assert!(board["panels"].as_array().unwrap().len() >= 8);
}

/// Cut over and unlinked ten minutes before the origin; backed up a minute later.
fn cut_over(protects: Option<bool>) -> Snapshot {
    let at = S(1);
    let (switched, backup) = (ORIGIN - S(600), ORIGIN - S(540));
    let group = GroupSweep {
        group: "fog-estate".to_owned(),
        protects,
        why: (protects != Some(true)).then(|| "as the test says".to_owned()),
        databases: vec!["db0".to_owned()],
        protected_from: (protects == Some(true)).then_some(ORIGIN - S(300)),
    };
    let target = Detail {
        users: estate::detail(1, true).users,
        backups: Some(Fact::Known { value: [("db0".to_owned(), Some(backup))].into() }),
        switched: [("link0".to_owned(), switched)].into(),
        group: Some(group),
    };
    let mut state = State::new(estate::plan(1));
    for (source, answer) in [
        (Source::Instance(estate::source()), Answer::Sweep(Box::new(estate::sweep(1, false)))),
        (Source::Instance(estate::target()), Answer::Sweep(Box::new(estate::sweep(1, true)))),
        (Source::Detail(estate::source()), Answer::Detail(estate::detail(1, false))),
        (Source::Detail(estate::target()), Answer::Detail(target)),
        (Source::Azure(estate::target()), Answer::Azure(AzureSweep::default())),
    ] {
        state.observe(estate::heard(source, at, answer));
    }
    look(&mut state, at)
}

#[test]
fn only_a_group_that_is_known_to_hold_makes_protected() {
    let holds = cut_over(Some(true));
    assert_eq!(holds.links[0].milestone.fresh(), Some(&Milestone::Protected), "{:?}", holds.links[0].milestone);
    let text = metrics::text(&holds);
    assert_eq!(value(&text, "milink_link_milestone{link=\"link0\"}"), "4");
    assert_eq!(value(&text, "milink_group_protects{group=\"fog-estate\"}"), "1");
    assert_eq!(value(&text, "milink_group_unprotected_seconds{group=\"fog-estate\"}"), "300", "closed");
    let broken = cut_over(Some(false));
    assert_eq!(broken.links[0].milestone.fresh(), Some(&Milestone::Unlinked));
    let text = metrics::text(&broken);
    assert_eq!(value(&text, "milink_group_protects{group=\"fog-estate\"}"), "0");
    assert_eq!(value(&text, "milink_group_unprotected_seconds{group=\"fog-estate\"}"), "601", "and counting");
    let unknown = cut_over(None);
    assert_eq!(unknown.links[0].milestone.fresh(), Some(&Milestone::Unlinked));
    assert_eq!(value(&metrics::text(&unknown), "milink_group_protects{group=\"fog-estate\"}"), "NaN");
}

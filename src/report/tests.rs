//! Screens, pinned; and the width is kept whatever the words are.

use super::demo_text;
use super::dto::*;
use super::run::summary;
use super::table::Table;
use super::text;
use crate::base::clock::TokioClock;
use crate::journal::Journal;
use crate::journal::MemoryJournal;
use crate::journal::record::Line;
use crate::journal::record::Record;
use crate::journal::record::StepResult;
use proptest::prelude::*;
use time::macros::datetime;

fn database(name: &str) -> DatabaseReport {
    DatabaseReport {
        name: name.into(),
        outcome: Outcome::Committed,
        milestone: Milestone::CutOver,
        acknowledged_commits: 18_204,
        lost_commits: 0,
        ambiguous_commits: 2,
        max_writable_copies: Some(1),
        write_outage_ms: 4210,
        outage_floor_ms: 2600,
        outage_floor_terms: vec![],
        size_bytes: 64 << 20,
        seeding_ms: 61_500,
        commits_before: 9000,
        commits_during: 0,
        commits_after: 9204,
        outage: OutageSplit { fence_ms: 900, drain_ms: 1100, switch_ms: 1500, open_ms: 710 },
    }
}

fn demo() -> DemoReport {
    let d = database("ledger");
    DemoReport {
        schema_version: SCHEMA_VERSION,
        scenario: "quickstart".into(),
        outcome: d.outcome,
        milestone: d.milestone,
        acknowledged_commits: d.acknowledged_commits,
        lost_commits: d.lost_commits,
        ambiguous_commits: d.ambiguous_commits,
        max_writable_copies: d.max_writable_copies,
        write_outage_ms: d.write_outage_ms,
        outage_floor_ms: d.outage_floor_ms,
        outage_floor_terms: vec![
            FloorTerm { name: "stability window".into(), ms: 1000 },
            FloorTerm { name: "switch".into(), ms: 1600 },
        ],
        databases: vec![d],
        run_id: "cutover-20261121T101500Z-1a2b".into(),
        journal: "state/journal.db".into(),
        milestones: vec![],
        lab_ms: 21_000,
        wall_ms: 21_000,
        time_lapse: 1,
        caught: None,
        last_mile: None,
    }
}

#[test]
fn the_demonstration_on_one_screen() {
    insta::assert_snapshot!(demo_text::demo(&demo(), 80), @r#"
    quickstart: committed, milestone cut_over | 18204 commits acknowledged, 0 lost,
    2 ambiguous | writable copies at most 1 | write outage 4.2 s
    shortest outage possible here: 2.6 s = stability window 1.0 s + switch 1.6 s

    database      size     seeding  commits  lost  ambig.  copies  outage
    --------  --------  ----------  -------  ----  ------  ------  ------
    ledger    64.0 MiB  1 min 01 s    18204     0       2       1   4.2 s

    outage of   fence  drain  switch    open  before  during  after
    ---------  ------  -----  ------  ------  ------  ------  -----
    ledger     900 ms  1.1 s   1.5 s  710 ms    9000       0   9204

    run:     cutover-20261121T101500Z-1a2b
    journal: state/journal.db
    "#);
}

#[test]
fn the_public_json_has_these_fields() {
    let value = serde_json::to_value(demo()).expect("serialises");
    let keys = |v: &serde_json::Value| v.as_object().expect("an object").keys().cloned().collect::<Vec<_>>().join(" ");
    insta::assert_snapshot!(keys(&value), @"acknowledged_commits ambiguous_commits caught databases journal lab_ms last_mile lost_commits max_writable_copies milestone milestones outage_floor_ms outage_floor_terms outcome run_id scenario schema_version time_lapse wall_ms write_outage_ms");
    insta::assert_snapshot!(keys(&value["databases"][0]), @"acknowledged_commits ambiguous_commits commits_after commits_before commits_during lost_commits max_writable_copies milestone name outage outage_floor_ms outage_floor_terms outcome seeding_ms size_bytes write_outage_ms");
    assert_eq!(value["outcome"], "committed");
    assert_eq!(value["milestone"], "cut_over");
    let unknown = DemoReport { max_writable_copies: None, ..demo() };
    assert!(serde_json::to_value(&unknown).expect("serialises")["max_writable_copies"].is_null());
    assert!(demo_text::demo(&unknown, 80).contains("at most unknown"));
}

fn open_run() -> RunSummary {
    let journal = MemoryJournal::new(TokioClock::starting_at(datetime!(2026-11-21 10:15 UTC)));
    let run = "cutover-20261121T101500Z-1a2b".into();
    let step = |s: &str| s.into();
    let records = [
        Record::RunStarted {
            kind: "cutover".into(),
            plan: serde_json::json!({}),
            host: "ops1".into(),
            user: "dba".into(),
            version: "0.1.0".into(),
        },
        Record::StepStarted { step: step("cutover.fence/ledger"), attempt: 1 },
        Record::StepFinished {
            step: step("cutover.fence/ledger"),
            outcome: StepResult::Done,
            note: "12 sessions ended, 3 logins barred; the log stands at 37000000034400001".into(),
            duration_ms: 912,
        },
        Record::LineCrossed { line: Line::L1 },
        Record::StepStarted { step: step("cutover.switch/ledger"), attempt: 1 },
        Record::Intent {
            change: 1,
            step: step("cutover.switch/ledger"),
            site: "sql-a".into(),
            script: "s".into(),
            shown: "FAILOVER".into(),
        },
    ];
    for record in &records {
        journal.append(&run, record).expect("appended");
    }
    let mut summary = summary(&journal.records(&run).expect("read")).expect("folds");
    summary.started_at = "2026-11-21T10:15:00Z".into();
    summary.last_at = "2026-11-21T10:15:03Z".into();
    summary
}

#[test]
fn a_run_that_stopped_half_way() {
    insta::assert_snapshot!(text::run(&open_run(), 80), @r#"
    cutover-20261121T101500Z-1a2b: open, crossed L1, 1 change with unknown fate
    started 2026-11-21 10:15:00 UTC by dba@ops1 with milink 0.1.0; 6 records, last
    2026-11-21 10:15:03 UTC

    step                   status   tries    took  note
    ---------------------  -------  -----  ------  ---------------------------------
    cutover.fence/ledger   done         1  912 ms  12 sessions ended, 3 logins
                                                   barred; the log stands at
                                                   37000000034400001
    cutover.switch/ledger  started      1
    "#);
    insta::assert_snapshot!(text::runs(&[open_run()], 80), @r#"
    run                            status  steps  lines  by
    -----------------------------  ------  -----  -----  --------
    cutover-20261121T101500Z-1a2b  open        2  L1     dba@ops1
    "#);
}

#[test]
fn links_with_known_and_unknown_values() {
    let known = LinkLine {
        link: "ledger".into(),
        database: "ledger".into(),
        source: "sql-a".into(),
        target: "mi-a".into(),
        intent: "migrate".into(),
        milestone: Some(Milestone::Linked),
        state: "healthy".into(),
        lag_ms: Some(850),
        writable_copies: Some(1),
        unprotected_from: None,
        protected_from: None,
    };
    let unknown = LinkLine {
        link: "a-link-with-a-very-long-name-indeed".into(),
        milestone: None,
        state: "the source did not answer for 30 s".into(),
        lag_ms: None,
        writable_copies: None,
        ..known.clone()
    };
    insta::assert_snapshot!(text::links(&[known, unknown], 80), @r#"
    link                 database  from   to    milestone     lag   copies  state
    -------------------  --------  -----  ----  ---------  ------  -------  --------
    ledger               ledger    sql-a  mi-a  linked     850 ms        1  healthy
    a-link-with-a-very-  ledger    sql-a  mi-a  unknown         -  unknown  the
    long-name-indeed                                                        source
                                                                            did not
                                                                            answer
                                                                            for 30 s
    "#);
}

#[test]
fn a_name_cannot_move_the_cursor() {
    let mut table = Table::new(&["name"]);
    table.row(["a\x1b[2J\nb"]);
    assert!(!table.render(80).contains('\x1b'));
    assert_eq!(table.render(80).lines().count(), 3);
}

proptest! {
    #[test]
    fn tables_keep_to_the_width(cells in proptest::collection::vec(("\\PC{0,40}", "[a-z ]{0,90}", "[0-9]{0,9}"), 0..6), width in 40..140_usize) {
        let mut table = Table::new(&["first", "second", ">third"]);
        for (a, b, c) in &cells {
            table.row([a, b, c]);
        }
        for line in table.render(width).lines() {
            prop_assert!(line.chars().count() <= width, "{:?}", line);
        }
    }
}

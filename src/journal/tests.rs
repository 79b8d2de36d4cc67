//! The fold refuses what cannot have happened; the stores keep what they were given.

use super::Journal;
use super::MemoryJournal;
use super::SqliteJournal;
use super::export;
use super::fold;
use super::fold::RunState;
use super::fold::StepStatus;
use super::record::ChangeResult;
use super::record::Line;
use super::record::Record;
use super::record::RunResult;
use super::record::StepResult;
use super::verify;
use crate::base::clock::SharedClock;
use crate::base::clock::TokioClock;
use crate::base::error::Kind;
use crate::model::ids::RunId;
use proptest::prelude::*;
use serde_json::json;
use time::macros::datetime;

fn clock() -> SharedClock {
    TokioClock::starting_at(datetime!(2026-11-21 10:00 UTC))
}

fn run_started() -> Record {
    let (kind, host, user, version) = ("cutover".into(), "h".into(), "u".into(), "0.1.0".into());
    Record::RunStarted { kind, plan: json!({"steps": 2}), host, user, version }
}
fn started(step: &str, attempt: u32) -> Record {
    Record::StepStarted { step: step.into(), attempt }
}
fn finished(step: &str, outcome: StepResult) -> Record {
    Record::StepFinished { step: step.into(), outcome, note: "n".into(), duration_ms: 5 }
}
fn intent(change: u64, step: &str) -> Record {
    let (script, shown) = ("fence/deny".into(), "DENY …".into());
    Record::Intent { change, step: step.into(), site: "sql-a".into(), script, shown }
}
fn outcome(change: u64, result: ChangeResult) -> Record {
    Record::Outcome { change, result }
}
fn unknown() -> ChangeResult {
    ChangeResult::Unknown { message: "closed".into() }
}
fn pending(change: u64, step: &str) -> Record {
    Record::Pending { change, step: step.into(), continuation: json!({"url": "x"}) }
}
fn line(line: Line) -> Record {
    Record::LineCrossed { line }
}
fn ended(outcome: RunResult) -> Record {
    Record::RunFinished { outcome, summary: json!(null) }
}
fn undo(step: &str) -> [Record; 2] {
    [Record::UndoStarted { step: step.into() }, Record::UndoFinished { step: step.into(), note: String::new() }]
}

fn state(records: &[Record]) -> Result<RunState, String> {
    let mut state = RunState::default();
    records.iter().try_for_each(|r| state.apply(r)).map(|()| state)
}

fn withdrawn(line: Line) -> Record {
    Record::LineWithdrawn { line, why: String::new() }
}

#[test]
fn a_finished_step_may_be_proven_again_and_its_guard_may_act() {
    let all = [run_started(), started("a", 1), finished("a", StepResult::Done), intent(1, "a"), started("a", 2)];
    assert_eq!(state(&all).map(|s| s.step(&"a".into())), Ok(StepStatus::Started { attempt: 2 }));
}

#[test]
fn impossible_orders_are_refused_by_name() {
    use Line::*;
    use RunResult::*;
    use StepResult::*;
    let [undo_a, undone_a] = undo("a");
    let cases: Vec<(Vec<Record>, &str)> = vec![
        (vec![finished("a", Done)], "step `a` was not started"),
        (vec![started("a", 1), finished("a", Done), finished("a", Done)], "step `a` was not started"),
        (vec![line(L1), line(L2), withdrawn(L1)], "line L1 withdrawn, which cannot be"),
        (vec![withdrawn(L1)], "line L1 withdrawn, which cannot be"),
        (vec![started("a", 2), started("a", 2)], "expected an attempt of step `a` after 2, found 2"),
        (vec![started("a", 0)], "expected an attempt of step `a` after 0, found 0"),
        (vec![intent(1, "a")], "step `a` was not under way"),
        (vec![outcome(1, ChangeResult::Ok)], "outcome of change 1, which was never announced"),
        (vec![pending(1, "a")], "poll handle of change 1, which was never announced"),
        (vec![started("a", 1), intent(2, "a"), intent(2, "a")], "expected change 3 or later, found 2"),
        (
            vec![started("a", 1), intent(1, "a"), outcome(1, ChangeResult::Ok), outcome(1, unknown())],
            "second outcome of change 1",
        ),
        (
            vec![started("a", 1), intent(1, "a"), outcome(1, ChangeResult::Ok), pending(1, "a")],
            "poll handle of change 1, which had ended",
        ),
        (
            vec![started("a", 1), started("b", 1), intent(1, "a"), pending(1, "b")],
            "poll handle of change 1 under step `b`, not `a`",
        ),
        (vec![undo_a.clone()], "step `a` was not started"),
        (vec![started("a", 1), undone_a.clone()], "step `a` was not being undone"),
        (vec![started("a", 1), undo_a.clone(), started("a", 2)], "step `a` was being undone"),
        (vec![line(L2)], "line L2 before line L1"),
        (vec![started("a", 1), ended(Committed)], "the run finished while step `a` was under way"),
        (vec![line(L1), line(L2), ended(RolledBack)], "rolled back after line L2"),
        (vec![ended(Committed), started("a", 1)], "the run had finished"),
        (vec![ended(Committed), ended(Committed)], "the run had finished"),
        (vec![run_started()], "the run had started already"),
    ];
    for (records, why) in cases {
        let all = [vec![run_started()], records.clone()].concat();
        assert_eq!(state(&all).expect_err("refused"), why, "{records:?}");
        // Everything before the last record is possible: the last alone is to blame.
        assert_eq!(state(&all[..all.len() - 1]).map(|_| ()), Ok(()), "{records:?}");
    }
    assert_eq!(state(&[started("a", 1)]).expect_err("refused"), "the run had not started");
}

#[test]
fn a_crash_leaves_open_what_the_next_attempt_settles() {
    let crashed =
        [run_started(), started("a", 1), intent(1, "a"), pending(1, "a"), intent(2, "a"), outcome(2, unknown())];
    let at_crash = state(&crashed).expect("possible");
    assert_eq!(at_crash.open_changes().map(|(id, _)| id).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(at_crash.pending().map(|(id, _)| id).collect::<Vec<_>>(), [1]);
    assert_eq!(at_crash.next_change(), 3);
    let (host, user, version) = ("h2".into(), "u".into(), "0.1.0".into());
    let resumed = [Record::RunResumed { host, user, version }, started("a", 2), finished("a", StepResult::AlreadyDone)];
    let after = state(&[crashed.to_vec(), resumed.to_vec()].concat()).expect("possible");
    assert_eq!(after.open_changes().count(), 0);
    assert_eq!(after.step(&"a".into()), StepStatus::Finished(StepResult::AlreadyDone));
    assert_eq!((after.resumes, after.host.as_str()), (1, "h"));
    // A failed step settles nothing: its changes must still be read back.
    let failed = state(&[crashed.to_vec(), vec![finished("a", StepResult::Failed)]].concat()).expect("possible");
    assert_eq!(failed.open_changes().count(), 2);
    let undone = state(&[crashed.to_vec(), undo("a").to_vec()].concat()).expect("possible");
    assert_eq!((undone.step(&"a".into()), undone.open_changes().count()), (StepStatus::Undone, 0));
}

#[test]
fn evidence_keeps_the_last_value() {
    let evidence = |n: u32| Record::Evidence { step: "a".into(), name: "lsn".into(), value: json!(n) };
    let s = state(&[run_started(), evidence(1), evidence(2)]).expect("possible");
    assert_eq!(s.evidence(&"a".into(), "lsn"), Some(&json!(2)));
    assert_eq!(s.evidence(&"b".into(), "lsn"), None);
}

fn any_record() -> impl Strategy<Value = Record> {
    let step = prop_oneof![Just("a"), Just("b")];
    let result = prop_oneof![Just(StepResult::Done), Just(StepResult::Failed), Just(StepResult::AlreadyDone)];
    let change = prop_oneof![Just(ChangeResult::Ok), Just(unknown())];
    let end = prop_oneof![Just(RunResult::Committed), Just(RunResult::RolledBack)];
    prop_oneof![
        4 => (step.clone(), 1..6_u32).prop_map(|(s, n)| started(s, n)),
        4 => (step.clone(), result).prop_map(|(s, r)| finished(s, r)),
        4 => (1..6_u64, step.clone()).prop_map(|(c, s)| intent(c, s)),
        4 => (1..6_u64, change).prop_map(|(c, r)| outcome(c, r)),
        2 => (1..6_u64, step.clone()).prop_map(|(c, s)| pending(c, s)),
        2 => step.clone().prop_map(|s| undo(s)[0].clone()),
        2 => step.prop_map(|s| undo(s)[1].clone()),
        1 => prop_oneof![Just(Line::L1), Just(Line::L2)].prop_map(line),
        1 => end.prop_map(ended),
    ]
}

proptest! {
    /// Whatever is thrown at it: what the fold lets through obeys rules that are spelt here once more, in another way.
    #[test]
    fn what_is_accepted_is_possible(records in proptest::collection::vec(any_record(), 0..60)) {
        let mut state = RunState::default();
        state.apply(&run_started()).expect("first");
        let accepted: Vec<&Record> = records.iter().filter(|r| {
            let before = state.clone();
            let taken = state.apply(r).is_ok();
            if !taken {
                assert_eq!(before, state, "a refused record left a trace: {r:?}");
            }
            taken
        }).collect();
        let at = |wanted: &dyn Fn(&Record) -> bool| accepted.iter().position(|r| wanted(r));
        for (i, record) in accepted.iter().enumerate() {
            match record {
                Record::Outcome { change, .. } => {
                    let intent = at(&|r| matches!(r, Record::Intent { change: c, .. } if c == change));
                    prop_assert!(intent.is_some_and(|at| at < i), "outcome before intent");
                }
                Record::StepFinished { step, .. } => {
                    let starts = accepted[..i].iter().filter(|r| matches!(r, Record::StepStarted { step: s, .. } if s == step)).count();
                    let ends = accepted[..i].iter().filter(|r| matches!(r, Record::StepFinished { step: s, .. } if s == step)).count();
                    prop_assert!(ends < starts, "more ends than starts");
                }
                Record::LineCrossed { line: Line::L2 } => {
                    let first = at(&|r| matches!(r, Record::LineCrossed { line: Line::L1 }));
 prop_assert!(first.is_some_and(|at| at < i), "L2 before L1");
                }
                Record::RunFinished { .. } => prop_assert_eq!(i + 1, accepted.len(), "records after the end"),
                _ => {}
            }
        }
    }

    /// A truncated journal (power cut) folds as far as it goes.
    #[test]
    fn every_beginning_of_a_journal_folds(records in proptest::collection::vec(any_record(), 0..40)) {
        let journal = MemoryJournal::new(clock());
        let run = RunId::new("r");
        journal.append(&run, &run_started()).expect("appended");
        let mut state = RunState::default();
        state.apply(&run_started()).expect("first");
        for record in &records {
            if state.apply(record).is_ok() {
                journal.append(&run, record).expect("appended");
            }
        }
        let stored = journal.records(&run).expect("read");
        for n in 1..=stored.len() {
            prop_assert!(fold(&stored[..n]).is_ok(), "the first {} records", n);
        }
    }
}

#[test]
fn the_fold_sees_gaps_and_strangers() {
    let journal = MemoryJournal::new(clock());
    for run in ["r", "s"] {
        journal.append(&run.into(), &run_started()).expect("appended");
        journal.append(&run.into(), &started("a", 1)).expect("appended");
    }
    let r = journal.records(&"r".into()).expect("read");
    let s = journal.records(&"s".into()).expect("read");
    assert_eq!(fold(&[]).expect_err("empty").message(), "a run has no records");
    let gap = fold(&r[1..]).expect_err("a gap");
    assert_eq!(gap.message(), "record 2 of run `r` cannot be: expected row 1, found row 2");
    let stranger = fold(&[r[0].clone(), s[1].clone()]).expect_err("a stranger");
    assert_eq!(stranger.message(), "record 2 of run `s` cannot be: found among the records of run `r`");
    assert_eq!(stranger.get_hint(), Some("check the journal with `milink runs verify s`"));
}

#[test]
fn both_stores_give_back_what_they_took() {
    let dir = tempfile::tempdir().expect("a folder");
    let sqlite = SqliteJournal::open(&dir.path().join("j.db"), clock()).expect("opens");
    let memory = MemoryJournal::new(clock());
    let records =
        [run_started(), started("a", 1), intent(1, "a"), outcome(1, ChangeResult::Ok), finished("a", StepResult::Done)];
    for journal in [&sqlite as &dyn Journal, &memory] {
        for record in &records {
            journal.append(&"r1".into(), record).expect("appended");
        }
        let back = journal.records(&"r1".into()).expect("read");
        assert_eq!(back.iter().map(|s| s.record.clone()).collect::<Vec<_>>(), records);
        assert_eq!(back.iter().map(|s| s.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert!(back[0].at.starts_with("2026-11-21T10:00:00"), "{}", back[0].at);
        assert_eq!(journal.records(&"nobody".into()).expect("read"), []);
        assert!(journal.verify(None).expect("verified").is_whole());
        let mut lines = String::new();
        export::export(journal, &"r1".into(), |line| {
            lines.push_str(line);
            lines.push('\n');
            Ok(())
        })
        .expect("exported");
        assert_eq!(lines.lines().count(), 5);
        let imported = export::import(&lines).expect("imported");
        assert_eq!(imported, back);
        assert!(verify::verify(&imported).is_whole());
    }
}

#[test]
fn an_altered_export_is_seen_and_placed() {
    let journal = MemoryJournal::new(clock());
    for record in [run_started(), started("a", 1), finished("a", StepResult::Failed)] {
        journal.append(&"r".into(), &record).expect("appended");
    }
    let good = journal.records(&"r".into()).expect("read");
    type Alter = fn(&mut Vec<super::record::Stored>);
    let cases: [(Alter, u64); 5] = [
        (|r| r[2].record = finished("a", StepResult::Done), 3),
        (|r| r[1].at = "2026-11-21T10:00:01Z".into(), 2),
        (|r| r[0].hash = r[0].hash.replace(|c: char| c.is_ascii_digit(), "0"), 1),
        (|r| drop(r.remove(1)), 2),
        (|r| r.swap(1, 2), 2),
    ];
    for (alter, seq) in cases {
        let mut records = good.clone();
        alter(&mut records);
        let verified = verify::verify(&records);
        assert_eq!(verified.broken.first().map(|b| (b.run.clone(), b.seq)), Some((Some(RunId::new("r")), seq)));
    }
}

#[test]
fn rows_cannot_be_changed_or_removed() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("j.db");
    let journal = SqliteJournal::open(&path, clock()).expect("opens");
    journal.append(&"r".into(), &run_started()).expect("appended");
    let db = rusqlite::Connection::open(&path).expect("opens");
    for (statement, why) in [
        ("UPDATE record SET at = 'x'", "the journal is append-only"),
        ("DELETE FROM record", "the journal is append-only"),
        ("INSERT INTO record SELECT run, 7, at, 0, body, hash FROM record", "the journal has no gaps"),
    ] {
        assert_eq!(
            db.execute_batch(statement).expect_err("refused").to_string().split(" in ").next(),
            Some(why),
            "{statement}"
        );
    }
    assert!(journal.verify(None).expect("verified").is_whole());
}

#[test]
fn a_newer_format_is_read_and_never_written() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("j.db");
    SqliteJournal::open(&path, clock()).expect("opens").append(&"r".into(), &run_started()).expect("appended");
    rusqlite::Connection::open(&path).and_then(|db| db.pragma_update(None, "user_version", 2)).expect("written");
    let journal = SqliteJournal::open(&path, clock()).expect("opens");
    assert!(journal.is_read_only());
    assert_eq!(journal.records(&"r".into()).expect("read").len(), 1);
    let refused = journal.append(&"r".into(), &started("a", 1)).expect_err("refused");
    assert_eq!(refused.kind(), Kind::Refused);
    assert!(refused.message().starts_with("expected a journal of format 1 or older, found format 2"), "{refused}");
    assert_eq!(journal.records(&"r".into()).expect("read").len(), 1);
}

#[test]
fn something_else_is_not_a_journal() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("j.db");
    std::fs::write(&path, "a text of more than a hundred bytes, ".repeat(9)).expect("written");
    let error = SqliteJournal::open(&path, clock()).err().expect("refused");
    assert_eq!((error.kind(), error.message()), (Kind::Usage, "the file is not a journal"));
}

#[cfg(unix)]
#[test]
fn files_and_folder_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a folder");
    let state = dir.path().join("state");
    let journal = SqliteJournal::open(&state.join("j.db"), clock()).expect("opens");
    journal.append(&"r".into(), &run_started()).expect("appended");
    let mode = |path: &std::path::Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&state), 0o700);
    let files: Vec<_> = std::fs::read_dir(&state).expect("listed").map(|e| e.expect("entry").path()).collect();
    assert!(files.len() >= 2, "the journal and its write-ahead log: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

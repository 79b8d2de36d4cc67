//! The oracle on made-up runs: it must see what is wrong, and only that.

use super::copies::Content;
use super::copies::Copy;
use super::copies::Entry;
use super::judge::judge;
use super::report::Report;
use super::sample::Judgement;
use super::sample::PROBE_SEQ;
use super::sample::Sample;
use super::sample::judge_failure;
use crate::lab::workload::client::Failure;
use crate::lab::workload::ledger::Outcome;
use crate::lab::workload::ledger::Record;

fn record(writer: u32, seq: i64, server: &str, at_ms: u64, outcome: Outcome) -> Record {
    let (database, server) = ("ledger".to_owned(), server.to_owned());
    Record { writer, seq, database, server, listener: None, outcome, at_us: at_ms * 1_000, wall: String::new() }
}

fn ack(writer: u32, seq: i64, server: &str, at_ms: u64) -> Record {
    record(writer, seq, server, at_ms, Outcome::Acknowledged)
}

/// A copy with these (writer, seq), each of amount 1, and matching balances.
fn copy(server: &str, keys: &[(u32, i64)]) -> Copy {
    let mut content = Content::default();
    for (writer, seq) in keys {
        content.entries.push(Entry { writer: *writer, seq: *seq, amount: 1 });
        *content.balances.entry(*writer).or_default() += 1;
    }
    Copy { database: "ledger".to_owned(), server: server.to_owned(), content: Ok(content) }
}

fn sample(server: &str, login: &str, from_ms: u64, judgement: Judgement) -> Sample {
    Sample {
        database: "ledger".to_owned(),
        server: server.to_owned(),
        login: login.to_owned(),
        from_us: from_ms * 1_000,
        to_us: from_ms * 1_000 + 500,
        judgement,
        number: None,
    }
}

fn verdict(records: &[Record], copies: &[Copy], samples: &[Sample]) -> Report {
    judge(records, copies, samples, &[("ledger".to_owned(), "mi-a".to_owned())].into())
}

#[test]
fn a_clean_cutover_is_clean() {
    let records = [ack(1, 1, "sql-a", 10), ack(2, 1, "sql-a", 15), ack(1, 2, "mi-a", 4_010), ack(2, 2, "mi-a", 5_015)];
    let copies = [copy("sql-a", &[(1, 1), (2, 1)]), copy("mi-a", &[(1, 1), (2, 1), (1, 2), (2, 2)])];
    let samples = [
        sample("sql-a", "app", 0, Judgement::Writable),
        sample("sql-a", "app", 500, Judgement::Writable),
        sample("sql-a", "app", 1_000, Judgement::NotWritable),
        sample("mi-a", "app", 500, Judgement::NotWritable),
        sample("mi-a", "app", 4_000, Judgement::Writable),
        sample("mi-a", "app", 4_500, Judgement::Writable),
    ];
    let report = verdict(&records, &copies, &samples);
    assert!(report.ok, "{:?}", report.reasons);
    assert_eq!((report.lost, report.ambiguous, report.duplicated, report.max_writable_copies), (Some(0), 0, 0, 1));
    assert_eq!(report.databases[0].write_outage_ms, Some(5_000), "the client that waited longest");
    assert_eq!(report.databases[0].copies[0].missing, 2, "the old copy lacks what came later");
}

#[test]
fn a_lost_commit_is_seen_and_an_ambiguous_one_is_not_called_lost() {
    let records = [
        ack(1, 1, "sql-a", 10),
        ack(1, 2, "sql-a", 20),
        record(1, 3, "sql-a", 30, Outcome::Ambiguous),
        record(1, 4, "sql-a", 40, Outcome::Ambiguous),
        ack(1, 5, "mi-a", 900),
    ];
    let report = verdict(&records, &[copy("mi-a", &[(1, 1), (1, 4), (1, 5)])], &[]);
    let database = &report.databases[0];
    assert!(!report.ok);
    assert_eq!((report.lost, &database.lost_examples), (Some(1), &vec!["1/2".to_owned()]));
    assert_eq!((database.ambiguous, database.ambiguous_present), (2, 1));
    assert_eq!(database.copies[0].unrecorded, 0);
}

#[test]
fn doubled_torn_leaked_and_unknown_rows_are_told_apart() {
    let records = [ack(1, 1, "mi-a", 10)];
    let mut there = copy("mi-a", &[(1, 1), (1, 1), (3, 9)]);
    let content = there.content.as_mut().unwrap();
    content.balances.insert(3, 40);
    content.entries.push(Entry { writer: 0, seq: PROBE_SEQ, amount: 0 });
    let report = verdict(&records, &[there], &[]);
    let copy = &report.databases[0].copies[0];
    assert_eq!((copy.duplicated, copy.torn_accounts, copy.probe_rows, copy.unrecorded), (1, 1, 1, 1));
    assert_eq!(report.lost, Some(0));
    assert_eq!(report.reasons.len(), 3, "{:?}", report.reasons);
}

#[test]
fn two_writable_copies_at_once_are_detected() {
    let both = |second_from: u64| {
        [
            sample("sql-a", "app", 0, Judgement::Writable),
            sample("sql-a", "app", 1_000, Judgement::Writable),
            sample("mi-a", "app", second_from, Judgement::Writable),
            sample("mi-a", "app", second_from + 400, Judgement::Writable),
        ]
    };
    let most = |samples: &[Sample]| verdict(&[ack(1, 1, "mi-a", 1)], &[copy("mi-a", &[(1, 1)])], samples);
    let overlap = most(&both(500));
    assert_eq!((overlap.max_writable_copies, overlap.ok), (2, false));
    let after = most(&both(1_001));
    assert_eq!((after.max_writable_copies, after.ok), (1, true));
    // A no in between breaks the proof; another login's yes keeps it.
    let mut barred = both(500).to_vec();
    barred.push(sample("sql-a", "app", 300, Judgement::NotWritable));
    assert_eq!(most(&barred).max_writable_copies, 1);
    barred.extend([
        sample("sql-a", "other", 0, Judgement::Writable),
        sample("sql-a", "other", 1_000, Judgement::Writable),
    ]);
    assert_eq!(most(&barred).max_writable_copies, 2);
    let lone = [sample("sql-a", "app", 10, Judgement::Writable), sample("mi-a", "app", 10, Judgement::Writable)];
    assert_eq!(most(&lone).max_writable_copies, 1);
}

#[test]
fn commits_on_two_sides_betray_themselves() {
    let records = [ack(1, 1, "sql-a", 10), ack(2, 1, "sql-a", 11), ack(1, 2, "mi-a", 20), ack(2, 2, "sql-a", 30)];
    let report = verdict(&records, &[copy("mi-a", &[(1, 1), (2, 1), (1, 2)])], &[]);
    assert_eq!(report.databases[0].late_acks_on_old_server, 1);
    assert_eq!(report.lost, Some(1));
    let back = [ack(1, 1, "sql-a", 10), ack(1, 2, "mi-a", 20), ack(1, 3, "sql-a", 30), ack(1, 4, "sql-a", 31)];
    assert_eq!(verdict(&back, &[], &[]).databases[0].late_acks_on_old_server, 0, "a failback is no fault");
}

#[test]
fn what_cannot_be_read_is_unknown_and_never_fine() {
    let unreadable = Copy { content: Err("error 976: not readable".to_owned()), ..copy("mi-a", &[]) };
    let report = verdict(&[ack(1, 1, "sql-a", 1)], &[unreadable], &[sample("mi-a", "app", 1, Judgement::Unknown)]);
    assert_eq!((report.ok, report.lost, report.unknown_samples), (false, None, 1));
    assert!(!verdict(&[], &[copy("mi-a", &[])], &[]).ok, "silence proves nothing");
    assert!(!judge(&[], &[], &[], &std::collections::BTreeMap::new()).ok);
}

#[test]
fn refusals_are_judged_by_what_they_say() {
    let refused = |number, class| Failure::Refused { number, class, message: String::new() };
    for number in [3906, 976, 983, 229, 18_456, 4060] {
        assert_eq!(judge_failure(&refused(number, 14)), Judgement::NotWritable, "{number}");
    }
    for failure in
        [refused(1205, 13), refused(1222, 16), refused(9002, 17), refused(596, 21), Failure::Lost(String::new())]
    {
        assert_eq!(judge_failure(&failure), Judgement::Unknown, "{failure}");
    }
}

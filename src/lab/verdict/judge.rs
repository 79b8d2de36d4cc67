//! Acknowledgements against rows.

use super::copies::Content;
use super::copies::Copy;
use super::report::CopyReport;
use super::report::DatabaseReport;
use super::report::Report;
use super::sample::Judgement;
use super::sample::PROBE_SEQ;
use super::sample::Sample;
use super::writable::max_writable;
use crate::lab::workload::ledger::Outcome;
use crate::lab::workload::ledger::Record;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// Lost commits named in the report.
const EXAMPLES_MAX: usize = 20;

type Key = (u32, i64);

/// Judges a run. `current`: database → server the application uses at the end.
pub fn judge(records: &[Record], copies: &[Copy], samples: &[Sample], current: &BTreeMap<String, String>) -> Report {
    let databases: Vec<DatabaseReport> =
        current.iter().map(|(database, server)| one(database, server, records, copies, samples)).collect();
    let unknown_samples = samples.iter().filter(|s| s.judgement == Judgement::Unknown).count() as u64;
    let lost = databases.iter().map(|d| d.lost).sum::<Option<u64>>();
    let reasons = reasons(&databases);
    Report {
        ok: reasons.is_empty(),
        max_writable_copies: databases.iter().map(|d| d.max_writable_copies).max().unwrap_or(0),
        unknown_samples,
        lost,
        ambiguous: databases.iter().map(|d| d.ambiguous).sum(),
        duplicated: databases.iter().map(|d| d.duplicated).sum(),
        databases,
        reasons,
    }
}

fn reasons(databases: &[DatabaseReport]) -> Vec<String> {
    let mut reasons = Vec::new();
    for d in databases {
        let mut say = |text: String| reasons.push(format!("{}: {text}", d.database));
        match d.lost {
            None => say(format!("the current copy on {} could not be read", d.current)),
            Some(0) => {}
            Some(n) => say(format!("{n} acknowledged commits are lost")),
        }
        if d.duplicated > 0 {
            say(format!("{} commits are there more than once", d.duplicated));
        }
        if d.max_writable_copies > 1 {
            say(format!("{} copies were writable at once", d.max_writable_copies));
        }
        if d.late_acks_on_old_server > 0 {
            say(format!("{} commits were acknowledged by a server that had been replaced", d.late_acks_on_old_server));
        }
        for copy in &d.copies {
            if copy.torn_accounts > 0 {
                say(format!("{} accounts on {} do not add up", copy.torn_accounts, copy.server));
            }
            if copy.probe_rows > 0 {
                say(format!("{} rolled-back rows stand on {}", copy.probe_rows, copy.server));
            }
        }
        if d.acknowledged == 0 {
            say("nothing was ever acknowledged, so nothing is proven".to_owned());
        }
    }
    if databases.is_empty() {
        reasons.push("there is no database to judge".to_owned());
    }
    reasons
}

fn one(database: &str, current: &str, records: &[Record], copies: &[Copy], samples: &[Sample]) -> DatabaseReport {
    let mut mine: Vec<&Record> = records.iter().filter(|r| r.database == database).collect();
    mine.sort_by_key(|r| r.at_us);
    let keys = |outcome| -> BTreeSet<Key> {
        mine.iter().filter(|r| r.outcome == outcome).map(|r| (r.writer, r.seq)).collect()
    };
    let (acknowledged, ambiguous) = (keys(Outcome::Acknowledged), keys(Outcome::Ambiguous));
    let of_database = || copies.iter().filter(|c| c.database == database);
    let content = of_database().find(|c| c.server == current).and_then(|c| c.content.as_ref().ok());
    let present: Option<BTreeSet<Key>> = content.map(keys_of);
    let lost: Option<Vec<&Key>> = present.as_ref().map(|p| acknowledged.difference(p).collect());
    let reports: Vec<CopyReport> = of_database().map(|c| copy_report(c, &acknowledged, &ambiguous)).collect();
    let watched: Vec<&Sample> = samples.iter().filter(|s| s.database == database).collect();
    DatabaseReport {
        database: database.to_owned(),
        current: current.to_owned(),
        acknowledged: acknowledged.len() as u64,
        ambiguous: ambiguous.len() as u64,
        ambiguous_present: present.as_ref().map_or(0, |p| ambiguous.intersection(p).count() as u64),
        lost: lost.as_ref().map(|l| l.len() as u64),
        lost_examples: lost.iter().flatten().take(EXAMPLES_MAX).map(|(w, s)| format!("{w}/{s}")).collect(),
        duplicated: reports.iter().map(|c| c.duplicated).max().unwrap_or(0),
        max_writable_copies: max_writable(&watched),
        write_outage_ms: outage_ms(&mine, true),
        longest_gap_ms: outage_ms(&mine, false).unwrap_or(0),
        late_acks_on_old_server: late_acks(&mine),
        copies: reports,
    }
}

fn keys_of(content: &Content) -> BTreeSet<Key> {
    content.entries.iter().map(|e| (e.writer, e.seq)).collect()
}

fn copy_report(copy: &Copy, acknowledged: &BTreeSet<Key>, ambiguous: &BTreeSet<Key>) -> CopyReport {
    let empty = Content::default();
    let content = copy.content.as_ref().unwrap_or(&empty);
    let keys = keys_of(content);
    let probe_rows = content.entries.iter().filter(|e| e.seq == PROBE_SEQ).count();
    let known = |k: &&Key| acknowledged.contains(*k) || ambiguous.contains(*k) || k.1 == PROBE_SEQ;
    CopyReport {
        server: copy.server.clone(),
        unreadable: copy.content.as_ref().err().cloned(),
        rows: content.entries.len() as u64,
        missing: if copy.content.is_ok() { acknowledged.difference(&keys).count() as u64 } else { 0 },
        duplicated: (content.entries.len() - probe_rows) as u64
            - keys.iter().filter(|k| k.1 != PROBE_SEQ).count() as u64,
        unrecorded: keys.iter().filter(|k| !known(k)).count() as u64,
        probe_rows: probe_rows as u64,
        torn_accounts: torn_accounts(content),
    }
}

/// Entry and balance travel in one transaction: on every copy, at every moment, they agree.
pub fn torn_accounts(content: &Content) -> u64 {
    let mut sums: BTreeMap<u32, i64> = BTreeMap::new();
    for entry in content.entries.iter().filter(|e| e.seq != PROBE_SEQ) {
        *sums.entry(entry.writer).or_default() += entry.amount;
    }
    let accounts: BTreeSet<u32> = sums.keys().chain(content.balances.keys()).copied().collect();
    let differs = |id: &&u32| sums.get(id).copied().unwrap_or(0) != content.balances.get(id).copied().unwrap_or(0);
    accounts.iter().filter(differs).count() as u64
}

/// The longest pause of one client between two acknowledgements: of all, or only where the server changed.
fn outage_ms(records: &[&Record], at_change: bool) -> Option<u64> {
    let mut last: BTreeMap<u32, &Record> = BTreeMap::new();
    let mut longest: Option<u64> = None;
    for record in records.iter().filter(|r| r.outcome == Outcome::Acknowledged) {
        if let Some(before) = last.insert(record.writer, record)
            && (!at_change || before.server != record.server)
        {
            let gap = record.at_us.saturating_sub(before.at_us) / 1_000;
            longest = Some(longest.map_or(gap, |l| l.max(gap)));
        }
    }
    longest
}

/// Acknowledgements by a server after another one had begun to acknowledge. Going back to an earlier server later on is no
/// fault by itself: what counts is that the two alternate without the application having been repointed as a whole.
fn late_acks(records: &[&Record]) -> u64 {
    let mut seen: BTreeMap<u32, &str> = BTreeMap::new();
    let mut newest: Option<&str> = None;
    let mut late = 0;
    for record in records.iter().filter(|r| r.outcome == Outcome::Acknowledged) {
        let changed = seen.insert(record.writer, &record.server).is_some_and(|s| s != record.server);
        if newest.is_none() || changed {
            newest = Some(&record.server);
        }
        late += u64::from(newest != Some(record.server.as_str()));
    }
    late
}

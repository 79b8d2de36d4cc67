use milink::base::clock::TokioClock;
use milink::journal::Journal;
use milink::journal::SqliteJournal;
use milink::journal::record::Record;
use milink::journal::record::Stored;
use milink::model::ids::RunId;
use std::path::Path;
use std::process::Command;

const RUNS: [&str; 3] = ["cutover-1", "cutover-2", "link-3"];
/// Tells a copy of this test binary which journal and which run to write to.
const CHILD: &str = "MILINK_TEST_APPEND";
const CHILD_RECORDS: u64 = 40;

fn open(path: &Path) -> SqliteJournal {
    SqliteJournal::open(path, TokioClock::system()).unwrap()
}

fn started(step: &str) -> Record {
    Record::StepStarted { step: step.into(), attempt: 1 }
}

/// Three runs of four records, each with a step name of its own; closed, so that all is in the one file.
fn sample(path: &Path) -> Vec<Stored> {
    let journal = open(path);
    let mut stored = Vec::new();
    for run in RUNS {
        for n in 1..=4 {
            stored.push(journal.append(&run.into(), &started(&format!("{run}.step-{n}"))).unwrap());
        }
    }
    stored
}

fn find(haystack: &[u8], needle: &str) -> usize {
    haystack.windows(needle.len()).position(|w| w == needle.as_bytes()).unwrap()
}

#[test]
fn one_flipped_bit_is_found_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.db");
    let stored = sample(&path);
    let whole = std::fs::read(&path).unwrap();
    for record in &stored {
        let body = serde_json::to_string(&record.record).unwrap();
        let places = [find(&whole, &body) + 3, find(&whole, &body) + body.len() - 2, find(&whole, &record.hash) + 31];
        for (i, place) in places.into_iter().enumerate() {
            let mut flipped = whole.clone();
            flipped[place] ^= 1 << (i * 2);
            let copy = dir.path().join(format!("{}-{}-{i}.db", record.run, record.seq));
            std::fs::write(&copy, &flipped).unwrap();
            let verified = open(&copy).verify(None).unwrap();
            let broken: Vec<_> = verified.broken.iter().map(|b| (b.run.clone(), b.seq)).collect();
            assert_eq!(broken, [(Some(record.run.clone()), record.seq)], "bit of byte {place}");
        }
    }
}

/// Anywhere in the file: either the verdict is "broken", or nothing that was written reads differently.
#[test]
fn no_flipped_bit_changes_a_whole_journal() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.db");
    let stored = sample(&path);
    let whole = std::fs::read(&path).unwrap();
    let mut found = 0;
    for place in (0..whole.len()).step_by(41) {
        let mut flipped = whole.clone();
        flipped[place] ^= 1 << (place % 8);
        let copy = dir.path().join(format!("flipped-{place}.db"));
        std::fs::write(&copy, &flipped).unwrap();
        let Ok(journal) = SqliteJournal::open(&copy, TokioClock::system()) else {
            found += 1;
            continue;
        };
        if !journal.verify(None).is_ok_and(|v| v.is_whole()) {
            found += 1;
            continue;
        }
        let read: Vec<Stored> = RUNS.iter().flat_map(|r| journal.records(&RunId::new(*r)).unwrap()).collect();
        assert_eq!(read, stored, "byte {place} changed what is read, and the chain held");
    }
    assert!(found > 20, "found only {found}: is the sample in the file?");
}

/// Does nothing by itself: it is the body of the processes that the next test starts.
#[test]
fn append_when_asked() {
    let Ok(asked) = std::env::var(CHILD) else { return };
    let (run, path) = asked.split_once('=').unwrap();
    let journal = open(Path::new(path));
    for n in 0..CHILD_RECORDS {
        journal.append(&run.into(), &started(&format!("{run}.{n}"))).unwrap();
    }
}

#[test]
fn processes_append_to_different_runs_at_once() {
    let dir = tempfile::tempdir().unwrap();
    // A journal that does not exist yet: the processes race to create it, too.
    let path = dir.path().join("state").join("journal.db");
    let runs = ["a", "b", "c"];
    let children: Vec<_> = runs
        .iter()
        .map(|run| {
            Command::new(std::env::current_exe().unwrap())
                .args(["journal::append_when_asked", "--exact"])
                .env(CHILD, format!("{run}={}", path.display()))
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let journal = open(&path);
    let verified = journal.verify(None).unwrap();
    assert_eq!((verified.runs, verified.rows, verified.broken), (3, 3 * CHILD_RECORDS, vec![]));
    for run in runs {
        let records = journal.records(&run.into()).unwrap();
        assert!(
            records
                .iter()
                .all(|r| matches!(&r.record, Record::StepStarted { step, .. } if step.as_str().starts_with(run)))
        );
    }
}

#![expect(clippy::print_stdout, reason = "a sweep tells how each run ended")]

use crate::support::lab::Lab;
use crate::support::lab::planned;
use crate::support::lab::ran;
use serde_json::Value;
use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Mutex;

/// Labs at a time: they mostly wait, for log to arrive and for operations to be polled.
const LABS: usize = 4;

/// Where milink is killed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    step: String,
    point: &'static str,
}

/// Runs a cutover whole; its steps in order, and those that changed something.
fn steps(scenario: &str) -> (Vec<String>, BTreeSet<String>) {
    let lab = Lab::linked(scenario, "--writers 4");
    let planned = planned(&lab.milink("cutover plan --output json").exits(0).json());
    lab.milink("cutover run ledger --yes").exits(0);
    assert_eq!(ran(&lab.last_run()), planned, "the run did other steps than the plan");
    lab.until_written(20);
    lab.verdict_holds();
    let records = lab.milink("runs export last").exits(0).stdout;
    let records = records.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()["record"].clone());
    let intents = records.filter(|r| r["record"] == "intent").map(|r| r["step"].as_str().unwrap().to_owned());
    (planned, intents.collect())
}

/// The plan's own steps, so that a new step is covered by itself.
fn places(scenario: &str, wanted: impl Fn(&str) -> bool) -> Vec<Place> {
    let (planned, changing) = steps(scenario);
    assert!(
        planned.len() > 5 && changing.contains("cutover.fence/ledger") && changing.contains("cutover.switch/ledger")
    );
    let mut places = Vec::new();
    for step in planned.into_iter().filter(|s| wanted(s)) {
        let points: &[_] =
            if changing.contains(&step) { &["step-started", "before-act", "after-act"] } else { &["step-started"] };
        places.extend(points.iter().map(|point| Place { step: step.clone(), point }));
    }
    places
}

/// Killed there and taken up again: the run ends, the application goes on, nothing is lost. How it ended.
fn survives(scenario: &str, place: &Place) -> String {
    let lab = Lab::linked(scenario, "--writers 4");
    let fault = format!("hang:{}:{}", place.step, place.point);
    let mut run = lab.start(lab.command("cutover run ledger --yes").env("MILINK_FAULT", fault));
    run.until_it_says(&format!("fault: {} at {}", place.point, place.step));
    run.kill();
    assert_eq!(lab.last_run()["status"], "open");
    let resumed = lab.milink("cutover resume");
    let status = lab.last_run()["status"].clone();
    match resumed.code {
        Some(0) => assert_eq!(status, "committed"),
        _ => assert_eq!((status.clone(), resumed.code), ("rolled_back".into(), Some(3)), "{}", resumed.stderr),
    }
    lab.until_written(20);
    lab.verdict_holds();
    lab.milink("runs verify").exits(0);
    status.as_str().unwrap_or_default().to_owned()
}

fn sweep(scenario: &str, places: Vec<Place>) {
    let open = Mutex::new(places);
    let (failed, ended) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..LABS {
            scope.spawn(|| {
                loop {
                    let Some(place) = open.lock().unwrap().pop() else { return };
                    match catch_unwind(AssertUnwindSafe(|| survives(scenario, &place))) {
                        Ok(how) => ended.lock().unwrap().push((place, how)),
                        Err(_) => failed.lock().unwrap().push(place),
                    }
                }
            });
        }
    });
    let mut ended = ended.into_inner().unwrap();
    ended.sort_by(|a, b| (&a.0.step, a.0.point).cmp(&(&b.0.step, b.0.point)));
    for (place, how) in &ended {
        println!("{scenario}: killed in {} at {}: {how}", place.step, place.point);
    }
    println!(
        "{scenario}: killed {} times, ended well {} times",
        ended.len() + failed.lock().unwrap().len(),
        ended.len()
    );
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "did not survive: {failed:#?}");
}

/// Every step takes minutes: `MILINK_SWEEP=all cargo test --test it kill:: -- --nocapture`.
fn all() -> bool {
    std::env::var("MILINK_SWEEP").is_ok_and(|v| v == "all")
}

#[test]
fn in_the_steps_of_a_one_way_cutover() {
    let all = all();
    let usual = ["cutover.snapshot/", "cutover.fence/", "cutover.drain/", "cutover.switch/", "cutover.retire/"];
    sweep("migrate-2019", places("migrate-2019", |step| all || usual.iter().any(|w| step.starts_with(w))));
}

#[test]
fn around_the_switch_of_a_two_way_cutover() {
    let all = all();
    let wanted = ["cutover.fence/", "cutover.switch/", "cutover.open/"];
    sweep("two-way-2022", places("two-way-2022", |step| all || wanted.iter().any(|w| step.starts_with(w))));
}

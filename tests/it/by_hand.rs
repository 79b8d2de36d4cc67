//! A cutover whose statements are run in another tool, and released from another terminal.

use crate::support::lab::Lab;
use crate::support::process::until;
use serde_json::Value;

/// What was asked for so far, in order.
fn asked(stdout: &str) -> Vec<Value> {
    let whole = stdout.lines().filter_map(|l| serde_json::from_str::<Value>(l).ok());
    whole.filter(|e| e["event"] == "by_hand").collect()
}

#[test]
fn what_is_shown_is_run_by_somebody_else_and_released() {
    let lab = Lab::linked("two-way-2022", "--writers 2");
    let mut run = lab.start(&mut lab.command("cutover run ledger --yes --manual --output jsonl"));
    let mut done = 0;
    until("the end of a cutover by hand", || {
        for event in &asked(&run.stdout())[done..] {
            let mut tool = lab.session(event["site"].as_str().unwrap(), "master");
            for statement in event["statements"].as_array().unwrap() {
                // A session that is to be killed may have gone by itself.
                tool.attempt(statement.as_str().unwrap());
            }
            if done == 0 {
                lab.milink("cutover status").exits(0).says("driven by");
            }
            lab.milink("cutover release").exits(0);
            done += 1;
        }
        run.has_ended().then_some(())
    });
    let steps: Vec<String> = asked(&run.stdout()).iter().map(|e| e["step"].as_str().unwrap().to_owned()).collect();
    run.wait().exits(0);
    for wanted in ["cutover.fence/ledger", "cutover.switch/ledger", "cutover.open/ledger"] {
        assert!(steps.iter().any(|s| s == wanted), "{wanted}: {steps:?}");
    }
    lab.until_written(10);
    lab.verdict_holds();
    let exported = lab.milink("runs export last").exits(0);
    assert!(exported.stdout.contains("by_hand"), "what was run is in the journal");
}

use crate::support::lab::Lab;
use crate::support::process::until;

/// Ctrl-C before line L1: the application is back where it was.
#[cfg(unix)]
#[test]
fn an_interrupt_before_the_switch_takes_everything_back() {
    let lab = Lab::linked("migrate-2019", "--writers 4");
    // A drain that takes long enough to be met there, in small paces.
    let changes = [("stability_samples = 3", "stability_samples = 100"), (r#""300ms""#, r#""60s""#)];
    let estate = lab.estate_with("slow.toml", &changes);
    let mut run = lab.start(lab.command("cutover run ledger --yes").env("MILINK_ESTATE", estate));
    // Finished steps are told: behind the fence comes the drain.
    run.until_it_says("cutover.fence/ledger");
    let kept_out = lab.acknowledged();
    run.interrupt();
    run.wait().exits(130).says("rolled back");
    let end = lab.last_run();
    assert_eq!((&end["status"], &end["lines"]), (&"rolled_back".into(), &serde_json::json!([])));
    until("the writers to come back", || (lab.acknowledged() > kept_out + 20).then_some(()));
    let found = lab.milink("link list --output json").exits(0).json();
    assert_eq!((&found[0]["milestone"], &found[0]["writable_copies"]), (&"linked".into(), &1.into()));
    lab.verdict_holds();
    // Nothing stands in the way of the next attempt.
    lab.milink("cutover run ledger --yes").exits(0);
    lab.until_written(20);
    lab.verdict_holds();
}

/// One actor a link, wherever it runs.
#[cfg(unix)]
#[test]
fn a_second_cutover_of_a_link_is_told_who_holds_it() {
    let lab = Lab::linked("migrate-2019", "--writers 2");
    // The first one waits in its hook until the second has been refused.
    let hook = lab.path("hook.sh");
    let text = "#!/bin/sh\nwhile [ ! -e go ]; do /bin/sleep 0.05; done\nexec \"$@\"\n";
    std::fs::write(&hook, text).unwrap();
    let waiting = format!("command = [\"/bin/sh\", \"{}\", ", hook.display());
    let estate = lab.estate_with("waiting.toml", &[("command = [", &waiting), ("\"30s\"", "\"170s\"")]);
    let mut first = lab.start(lab.command("cutover run ledger --yes").env("MILINK_ESTATE", estate));
    first.until_it_says("cutover.confirm/ledger");
    let second = lab.start(lab.command("cutover run ledger --yes").env("MILINK_STATE_DIR", lab.path("other"))).wait();
    std::fs::write(lab.path("go"), "").unwrap();
    let first = first.wait().exits(0);
    assert!(first.stderr.contains("committed"), "{}", first.stderr);
    let run = lab.last_run()["run_id"].as_str().unwrap().to_owned();
    second.exits(3).says("the lease of link ledger is held by").says(&run);
    lab.until_written(20);
    lab.verdict_holds();
}

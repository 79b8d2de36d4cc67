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

/// The hook `point` of an estate, which waits for the file `go` and then does what it did before.
#[cfg(unix)]
fn waiting_hook(lab: &Lab, name: &str, application: &str) -> std::path::PathBuf {
    let hook = lab.path("hook.sh");
    std::fs::write(&hook, "#!/bin/sh\nwhile [ ! -e go ]; do /bin/sleep 0.05; done\nexec \"$@\"\n").unwrap();
    let changed = application.replace("HOOK", &format!("\"/bin/sh\", \"{}\"", hook.display()));
    let from = if application.starts_with("command") { "command = [" } else { "[application]" };
    lab.estate_with(name, &[(from, &changed), ("\"30s\"", "\"170s\"")])
}

/// Go or no-go at the last moment: the target stays closed until somebody lets the run go on.
#[cfg(unix)]
#[test]
fn another_terminal_holds_a_run_before_it_opens_the_target() {
    let lab = Lab::linked("migrate-2019", "--writers 2");
    let estate = waiting_hook(&lab, "waiting.toml", "command = [HOOK, ");
    let mut run = lab.start(lab.command("cutover run ledger --yes").env("MILINK_ESTATE", estate));
    run.until_it_says("cutover.confirm/ledger");
    let asked = lab.milink("cutover hold --output json").exits(0).says("waits as soon as").json();
    assert_eq!(asked["held_before"], serde_json::Value::Null, "{asked}");
    assert!(asked["driver"].as_str().is_some_and(|d| d.contains("process")), "{asked}");
    std::fs::write(lab.path("go"), "").unwrap();
    run.until_it_says("held before `cutover.open`");
    let status = lab.milink("cutover status --output json").exits(0).json();
    assert_eq!((&status["driver"], &status["held"]["before"]), (&"driven".into(), &"cutover.open".into()));
    let closed = lab.acknowledged();
    let refused = lab.milink("cutover abort").exits(3).says("beyond line L1");
    assert!(refused.stderr.contains("second failover"), "{}", refused.stderr);
    assert_eq!(lab.acknowledged(), closed, "the target was open while the run was held");
    lab.milink("cutover release").exits(0).says("goes on");
    run.wait().exits(0);
    let end = lab.last_run();
    assert_eq!((&end["status"], &end["held"]), (&"committed".into(), &serde_json::Value::Null));
    assert!(end["held_ms"].as_u64().is_some_and(|ms| ms > 0), "{end}");
    lab.milink("cutover hold").exits(3).says("has ended");
    lab.until_written(20);
    lab.verdict_holds();
}

#[cfg(unix)]
#[test]
fn another_terminal_takes_a_run_back_that_is_held_with_its_writers_out() {
    let lab = Lab::linked("migrate-2019", "--writers 2");
    let estate = waiting_hook(&lab, "waiting.toml", "[application]\nafter-fence = { command = [HOOK, \"/bin/true\"] }");
    let mut run = lab.start(lab.command("cutover run ledger --yes").env("MILINK_ESTATE", estate));
    // The hook behind it waits for a word.
    run.until_it_says("cutover.fence/ledger");
    lab.milink("cutover hold").exits(0);
    std::fs::write(lab.path("go"), "").unwrap();
    run.until_it_says("held before `cutover.canary`");
    let kept_out = lab.acknowledged();
    lab.milink("cutover abort --output json").exits(0).says("asked");
    run.wait().exits(130).says("rolled back");
    assert_eq!(lab.last_run()["status"], "rolled_back");
    until("the writers to come back", || (lab.acknowledged() > kept_out + 20).then_some(()));
    lab.verdict_holds();
}

/// A laptop sleeps with the fence up; its sessions die on the server, somebody else takes the run up and ends it; it wakes.
#[cfg(unix)]
#[test]
fn a_process_that_was_suspended_and_replaced_changes_nothing_when_it_wakes() {
    let lab = Lab::linked("migrate-2019", "--writers 2");
    let estate = waiting_hook(&lab, "waiting.toml", "[application]\nafter-fence = { command = [HOOK, \"/bin/true\"] }");
    let mut sleeper = lab.start(lab.command("cutover run ledger --yes").env("MILINK_ESTATE", &estate));
    sleeper.until_it_says("cutover.fence/ledger");
    sleeper.signal("STOP");
    // As the server does by itself when a machine is silent for long.
    let from = "FROM sys.dm_exec_sessions WHERE program_name LIKE N'milink cutover%'";
    let sessions = |of: &str| lab.number("sql-a", "master", &format!("SELECT CAST(ISNULL({of}, 0) AS bigint) {from}"));
    until("its sessions to end", || {
        let id = sessions("MAX(session_id)");
        if id > 0 {
            lab.session("sql-a", "master").run(&format!("KILL {id}"));
        }
        (sessions("COUNT(*)") == 0).then_some(())
    });
    std::fs::write(lab.path("go"), "").unwrap();
    lab.start(lab.command("cutover resume").env("MILINK_ESTATE", &estate)).wait().exits(0);
    let end = lab.last_run();
    sleeper.signal("CONT");
    sleeper.wait().exits(3).says("taken");
    let later = lab.last_run();
    assert_eq!((&later["status"], &later["records"]), (&"committed".into(), &end["records"]));
    lab.until_written(20);
    lab.verdict_holds();
}

/// A script starts a cutover and goes on; the run is in a process of its own.
#[cfg(unix)]
#[test]
fn a_run_that_is_not_waited_for_goes_on_by_itself() {
    let lab = Lab::linked("migrate-2019", "--writers 2");
    // What would be asked must have been answered, and what cannot go together is refused before anything starts.
    lab.milink("link delete ledger --no-wait").exits(2).says("nobody to ask");
    lab.milink("cutover run ledger --yes --no-wait --dry-run").exits(2).says("--no-wait");
    lab.milink("watch --no-wait").exits(2);
    let started = lab.milink("cutover run ledger --yes --no-wait --output json").exits(0).json();
    let run = started["run"].as_str().unwrap().to_owned();
    until("the run to end", || {
        (lab.milink(&format!("runs show {run} --output json")).json()["status"] == "committed").then_some(())
    });
    let events = std::fs::read_to_string(started["events"].as_str().unwrap()).unwrap();
    assert!(events.contains("\"run_started\"") && events.contains("cutover.open/ledger"), "{events}");
    lab.until_written(20);
    lab.verdict_holds();
}

use crate::support::lab::Lab;
use crate::support::lab::planned;
use crate::support::lab::ran;
use crate::support::process::until;
use serde_json::Value;

const LISTENER: &str = "fog-payments.a1b2c3d4e5f6.database.windows.net";

fn linked() -> Lab {
    Lab::linked("payments-2tb", "--writers 4")
}

fn cut_over() -> Lab {
    let lab = linked();
    lab.milink("objects sync --yes").exits(0);
    lab.milink("cutover run payments --yes").exits(0);
    lab
}

fn list(lab: &Lab) -> Value {
    lab.milink("link list --output json").exits(0).json()[0].clone()
}

fn runs(lab: &Lab) -> Value {
    lab.milink("runs list --output json").exits(0).json()
}

/// Commits that came through the listener.
fn by_listener(lab: &Lab) -> usize {
    let text = std::fs::read_to_string(lab.path("acknowledged.jsonl")).unwrap();
    text.lines().filter(|l| l.contains(LISTENER)).count()
}

fn until_by_listener(lab: &Lab, more: usize) {
    let wanted = by_listener(lab) + more;
    until("commits through the listener", || (by_listener(lab) >= wanted).then_some(()));
}

#[test]
fn what_was_forgotten_is_caught_before_the_cutover() {
    let lab = linked();
    let before = runs(&lab);
    let refused = lab.milink("cutover run payments --yes").exits(3);
    for word in ["objects.logins", "svc_settlement", "Settlement run"] {
        assert!(refused.stderr.contains(word), "no {word} in {}", refused.stderr);
    }
    assert_eq!(runs(&lab), before, "nothing was begun");
    lab.milink("check").exits(3);
    lab.milink("objects sync --yes").exits(0);
    lab.milink("check").exits(0);
    let text = std::fs::read_to_string(lab.path("milink.toml")).unwrap();
    assert!(text.contains("budget = \"15m\""), "{text}");
}

#[test]
fn a_link_that_is_left_stands_in_the_way() {
    let lab = linked();
    let before = runs(&lab);
    let refused = lab.milink("fog protect --yes").exits(3);
    assert!(refused.stderr.contains("P13"), "{}", refused.stderr);
    assert_eq!(runs(&lab), before, "nothing was begun");
    assert_eq!(list(&lab)["milestone"], "linked");
}

#[test]
fn the_second_half_ends_on_the_listener() {
    let lab = cut_over();
    let open = list(&lab);
    assert!(open["milestone"] == "cut_over" || open["milestone"] == "unlinked", "{open:#}");
    assert!(open["state"].as_str().unwrap().contains("UNPROTECTED since"), "{open:#}");
    assert!(open["unprotected_from"].is_string() && open["protected_from"].is_null(), "{open:#}");
    let dry = planned(&lab.milink("fog protect --dry-run --output json").exits(0).json());
    assert!(dry.contains(&"protect.backup/fog-payments".to_owned()), "{dry:?}");
    assert_eq!(by_listener(&lab), 0);
    lab.milink("fog protect --yes").exits(0);
    assert_eq!(ran(&lab.last_run()), dry);
    let done = list(&lab);
    assert_eq!(done["milestone"], "protected", "{done:#}");
    assert!(done["unprotected_from"].as_str().unwrap() < done["protected_from"].as_str().unwrap(), "{done:#}");
    until_by_listener(&lab, 20);
    lab.verdict_holds();
    lab.milink("fog protect --yes").exits(0).says("nothing is missing");
    lab.milink("watch --until milestone=protected --timeout 60s --output json").exits(0);
    let report = lab.milink("report last --format markdown").exits(0).stdout;
    assert!(report.contains("protected; unprotected for"), "{report}");
    // Before the roles change, the logins of the application must be on the other side as well.
    lab.milink("fog failover --yes").exits(3).says("svc_settlement");
    lab.milink("objects sync --group fog-payments --yes").exits(0);
    // The name follows the roles; milestone and window stay.
    lab.milink("fog failover --yes").exits(0);
    until_by_listener(&lab, 20);
    assert_eq!(list(&lab)["milestone"], "protected");
    lab.verdict_holds();
    // Without its group it is what it was before.
    lab.milink("fog failover --to mi-we --yes").exits(0);
    until("both sides to catch up", || {
        let shown = lab.milink("fog show --output json").exits(0).json();
        (shown["protected"] == true).then_some(())
    });
    lab.milink("fog delete --confirm fog-payments").exits(0);
    let deleted = list(&lab);
    assert_eq!((&deleted["milestone"], &deleted["protected_from"]), (&"unlinked".into(), &Value::Null), "{deleted:#}");
    lab.milink("runs verify").exits(0);
}

/// Killed there, and the same command again: it ends, and the group was asked for once.
#[track_caller]
fn survives(lab: &Lab, step: &str, point: &str) {
    let rule = r#"{"method":"PUT","path":"*/instancefailovergroups/*","skip":1,"times":9,"action":{"kind":"refuse","status":409,"code":"SentTwice"}}"#;
    lab.fault(&format!("arm {rule}"));
    let fault = format!("hang:{step}/fog-payments:{point}");
    let mut run = lab.start(lab.command("fog protect --yes").env("MILINK_FAULT", fault));
    run.until_it_says(&format!("fault: {point} at {step}/fog-payments"));
    run.kill();
    assert_eq!(lab.last_run()["status"], "open");
    lab.milink("fog protect --yes").exits(0);
    assert_eq!((&lab.last_run()["status"], &list(lab)["milestone"]), (&"committed".into(), &"protected".into()));
    until_by_listener(lab, 20);
    lab.verdict_holds();
}

#[test]
fn a_protection_that_was_killed_before_its_request_goes_on() {
    survives(&cut_over(), "fog.create", "before-act");
}

#[test]
fn a_protection_that_was_killed_after_its_request_sends_no_second_one() {
    survives(&cut_over(), "fog.create", "after-act");
}

#[test]
fn a_protection_that_was_killed_before_the_application_moved_moves_it() {
    survives(&cut_over(), "protect.repoint", "step-started");
}

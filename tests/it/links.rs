//! Certificates, endpoints and links, one command at a time, as an engineer would who wants to see each.

use crate::support::lab::Lab;
use serde_json::Value;

fn failed(report: &Value) -> Vec<String> {
    let findings = report["pairs"][0]["findings"].as_array().unwrap();
    findings.iter().filter(|f| f["pass"] != true).map(|f| f["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_side_comes_to_know_the_other_step_by_step() {
    let lab = Lab::up("migrate-2019", "");
    let before = lab.milink("cert verify --output json").exits(3).json();
    assert_eq!(before["verdict"], "not_ready");
    assert_eq!(
        failed(&before),
        ["own-certificate", "source-known-to-instance", "instance-known-to-source", "roots", "chain"]
    );
    let refused = lab.milink("cert exchange").exits(3);
    assert!(refused.stderr.contains("milink cert create"), "{}", refused.stderr);

    lab.milink("cert create").exits(0);
    assert!(lab.milink("cert create").exits(0).stderr.contains("nothing is missing"));
    lab.milink("cert exchange").exits(0);
    // Only the handshake itself can tell what the service's intermediates are worth: unknown is no pass.
    let between = lab.milink("cert verify --output json").exits(3).json();
    assert_eq!((between["verdict"].as_str(), failed(&between)), (Some("unknown"), vec!["chain".to_owned()]));

    let shown = lab.milink("endpoint show --output json").exits(0).json();
    assert_eq!(shown[0]["fit"], false, "{shown}");
    lab.milink("endpoint create").exits(0);
    let shown = lab.milink("endpoint show --output json").exits(0).json();
    assert_eq!((&shown[0]["fit"], &shown[0]["port"]), (&true.into(), &5022.into()), "{shown}");

    let kinds: Vec<_> = crate::support::lab::planned(&lab.milink("link plan --output json").exits(0).json());
    assert!(
        !kinds.iter().any(|k| k.starts_with("create.certificate") || k.starts_with("create.endpoint")),
        "{kinds:?}"
    );
    lab.milink("link create").exits(0);
    let after = lab.milink("cert verify --output json").exits(0).json();
    assert_eq!((after["verdict"].as_str(), failed(&after)), (Some("ready"), vec![]));

    let listed = lab.milink("cert list --output json").exits(0).json();
    let on = |site: &str| listed.as_array().unwrap().iter().filter(|c| c["site"] == site).count();
    assert_eq!((on("sql-a"), on("mi-a")), (5, 2), "{listed:#}");
}

#[test]
fn a_link_that_is_deleted_leaves_the_source_alone_in_service() {
    let lab = Lab::linked("migrate-2019", "--writers 2");
    assert!(lab.milink("link delete ledger --yes").exits(2).stderr.contains("--confirm ledger"));
    lab.milink("link delete ledger --confirm other").exits(2);
    lab.until_written(5);

    // Killed once it has sent the deletion: the same command goes on with the same run.
    let mut run = lab.start(
        lab.command("link delete ledger --confirm ledger").env("MILINK_FAULT", "hang:delete.unlink/ledger:after-act"),
    );
    run.until_it_says("fault: after-act at delete.unlink/ledger");
    run.kill();
    let again = lab.milink("link delete ledger").exits(0);
    assert!(again.stderr.contains("going on with"), "{}", again.stderr);
    assert_eq!(lab.last_run()["status"], "committed");

    lab.until_written(20);
    lab.verdict_holds();
    let links = lab.milink("link list --output json").exits(0).json();
    assert_eq!((&links[0]["milestone"], &links[0]["writable_copies"]), (&"none".into(), &1.into()), "{links}");
    assert!(lab.milink("link delete ledger --confirm ledger").exits(0).stderr.contains("nothing is left"));
    lab.milink("link create").exits(0);
}

#[test]
fn a_kept_link_goes_with_the_old_copy_out_of_service() {
    let lab = Lab::linked("two-way-2022", "--writers 2");
    lab.milink("cutover run ledger --yes").exits(0);
    lab.until_written(20);
    let links = lab.milink("link list --output json").exits(0).json();
    assert_eq!(links[0]["milestone"], "cut_over", "{links}");
    // The instance takes its first full backup by itself; until then the link must stay.
    let links = crate::support::process::until("the link to be gone", || {
        let done = lab.milink("link delete ledger --confirm ledger");
        match done.code {
            Some(0) => Some(lab.milink("link list --output json").exits(0).json()),
            code => {
                assert_eq!(code, Some(3), "{}", done.stderr);
                assert!(done.stderr.contains("full backup"), "{}", done.stderr);
                None
            }
        }
    });
    assert_eq!((&links[0]["milestone"], &links[0]["writable_copies"]), (&"unlinked".into(), &1.into()), "{links}");
    lab.until_written(20);
    lab.verdict_holds();
}

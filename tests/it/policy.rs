//! What the site wants of a cutover: its own hooks, queries and limits, and its jobs.

use crate::support::lab::Lab;
use crate::support::lab::planned;
use crate::support::lab::ran;
use crate::support::process::until;
use std::os::unix::fs::PermissionsExt;

/// An executable that notes its point and the link, then ends with `code`.
fn hook(lab: &Lab, name: &str, code: u8) -> String {
    let path = lab.path(name);
    let noted = lab.path("hooks.txt");
    let text = format!("#!/bin/sh\necho \"$MILINK_POINT $MILINK_DATABASE\" >> '{}'\nexit {code}\n", noted.display());
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

fn called(lab: &Lab) -> Vec<String> {
    let text = std::fs::read_to_string(lab.path("hooks.txt")).unwrap_or_default();
    text.lines().map(ToOwned::to_owned).collect()
}

/// The lab's own estate file with more in it.
fn estate(lab: &Lab, name: &str, application: &str, tail: &str) -> String {
    let path = lab.estate_with(name, &[("[application]", &format!("[application]\n{application}"))]);
    let mut text = std::fs::read_to_string(&path).unwrap();
    text.push_str(tail);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn hooks_are_called_at_their_points_and_queries_agree() {
    let lab = Lab::linked("migrate-2019", "--writers 2");
    let yes = hook(&lab, "yes.sh", 0);
    let points = ["before-fence", "after-fence", "after-switch", "after-open", "on-abort"];
    let lines: Vec<_> = points.iter().map(|p| format!("{p} = {{ command = [\"{yes}\"] }}")).collect();
    let tail =
        "\n[[reconcile]]\nname = \"accounts\"\nquery = \"SELECT SUM(CAST(balance AS bigint)) FROM dbo.account\"\n";
    let estate = estate(&lab, "hooks.toml", &lines.join("\n"), tail);
    let steps = planned(&lab.milink(&format!("--estate {estate} cutover plan --output json")).exits(0).json());
    for kind in ["before_fence", "after_fence", "reconcile", "after_switch", "after_open"] {
        assert!(steps.contains(&format!("cutover.{kind}/ledger")), "{kind}: {steps:?}");
    }
    let done = lab.milink(&format!("--estate {estate} cutover run ledger --yes")).exits(0);
    assert!(!done.stderr.contains("not acted on"), "{}", done.stderr);
    let wanted: Vec<_> = points[..4].iter().map(|p| format!("{p} ledger")).collect();
    assert_eq!(called(&lab), wanted);
    let html = lab.path("report.html");
    lab.milink(&format!("report last --out {}", html.display())).exits(0);
    let html = std::fs::read_to_string(html).unwrap();
    for part in
        ["committed; crossed L1 and L2", "class=\"line L1\"", "no-long-transaction", "ALTER LOGIN [app_ledger] DISABLE"]
    {
        assert!(html.contains(part), "the report lacks `{part}`");
    }
    for fetched in ["<script", "src=", "href=", "url(", "@import"] {
        assert!(!html.contains(fetched), "the report is not self-contained: `{fetched}`");
    }
    let markdown = lab.milink("report last --format markdown").exits(0).stdout;
    assert!(markdown.contains("| ledger | lag | yes |"), "{markdown}");
    lab.until_written(20);
    lab.verdict_holds();
}

#[test]
fn a_hook_that_says_no_takes_everything_back() {
    let lab = Lab::linked("migrate-2019", "--writers 2");
    let (yes, no) = (hook(&lab, "yes.sh", 0), hook(&lab, "no.sh", 1));
    let lines = format!("after-fence = {{ command = [\"{no}\"] }}\non-abort = {{ command = [\"{yes}\"] }}");
    let estate = estate(&lab, "veto.toml", &lines, "");
    let refused = lab.milink(&format!("--estate {estate} cutover run ledger --yes")).exits(3);
    assert!(refused.stderr.contains("hook after-fence"), "{}", refused.stderr);
    assert_eq!(called(&lab), ["after-fence ledger", "on-abort ledger"]);
    assert_eq!(lab.last_run()["status"], "rolled_back");
    lab.until_written(20);
    lab.verdict_holds();
}

#[test]
fn queries_that_disagree_take_everything_back() {
    let lab = Lab::linked("migrate-2019", "--writers 2");
    // Each side names itself: never equal.
    let tail = "\n[[reconcile]]\nname = \"who\"\nquery = \"SELECT @@SERVERNAME\"\n";
    let estate = estate(&lab, "who.toml", "", tail);
    let refused = lab.milink(&format!("--estate {estate} cutover run ledger --yes")).exits(3);
    assert!(refused.stderr.contains("[[reconcile]] `who` of ledger"), "{}", refused.stderr);
    lab.until_written(20);
    lab.verdict_holds();
}

const JOBS: &str = "SELECT COUNT_BIG(*) FROM msdb.dbo.sysjobs WHERE enabled = 1 AND name = N'Ledger close of day'";

#[test]
fn jobs_of_the_database_are_stopped_with_its_writers_and_put_back_with_them() {
    let lab = Lab::linked("migrate-2019", "--writers 2");
    assert_eq!(lab.number("sql-a", "msdb", JOBS), 1);
    let no = hook(&lab, "no.sh", 1);
    let estate = estate(&lab, "veto.toml", &format!("after-fence = {{ command = [\"{no}\"] }}"), "");
    let refused = lab.milink(&format!("--estate {estate} cutover run ledger --yes")).exits(3);
    assert!(refused.stderr.contains("1 job stopped"), "{}", refused.stderr);
    assert_eq!(lab.number("sql-a", "msdb", JOBS), 1, "the job was not put back");
    lab.milink("cutover run ledger --yes").exits(0);
    assert_eq!(lab.number("sql-a", "msdb", JOBS), 0, "the job of the old copy may start again");
    lab.verdict_holds();
}

#[test]
fn a_long_write_transaction_is_a_gate() {
    let lab = Lab::linked("migrate-2019", "");
    let mut open = lab.session("sql-a", "ledger");
    open.run("BEGIN TRANSACTION; UPDATE dbo.account SET balance = balance WHERE account_id = 1");
    let mut estate = std::fs::read_to_string(lab.path("milink.toml")).unwrap();
    estate = estate.replace("[policy]", "[policy]\ntransaction_max = \"1ms\"");
    std::fs::write(lab.path("milink.toml"), estate).unwrap();
    let refused = until("the gate", || {
        let done = lab.milink("cutover run ledger --yes");
        (done.code == Some(3)).then_some(done)
    });
    assert!(refused.stderr.contains("no-long-transaction"), "{}", refused.stderr);
    assert!(refused.stderr.contains("rolls back about as long"), "{}", refused.stderr);
    open.run("ROLLBACK");
    lab.milink("cutover run ledger --yes").exits(0);
}

/// A lab with three linked databases in two waves.
fn waves(arguments: &str) -> (Lab, Vec<String>) {
    let lab = Lab::linked("migrate-2019", &format!("--databases 3 {arguments}"));
    let links = lab.milink("link list --output json").exits(0).json();
    let names: Vec<String> = links.as_array().unwrap().iter().map(|l| l["link"].as_str().unwrap().to_owned()).collect();
    let [a, b, c] = names.as_slice() else { panic!("{names:?}") };
    let own = std::fs::read_to_string(lab.path("milink.toml")).unwrap();
    let text = format!(
        "{own}\n[[wave]]\nname = \"first\"\nlinks = [\"{a}\", \"{b}\"]\n\n[[wave]]\nname = \"second\"\nlinks = [\"{c}\"]\nafter = [\"first\"]\n"
    );
    std::fs::write(lab.path("milink.toml"), text).unwrap();
    (lab, names)
}

#[test]
fn waves_go_in_their_order() {
    let (lab, names) = waves("--writers 1");
    assert!(lab.milink("cutover run --wave third --yes").exits(2).stderr.contains("no wave `third`"));
    let early = lab.milink("cutover run --wave second --yes").exits(3);
    assert!(early.stderr.contains("comes after wave `first`"), "{}", early.stderr);
    assert!(early.stderr.contains("cutover run --wave first"), "{}", early.stderr);
    let first = lab.milink("cutover run --wave first --yes --output json").exits(0).json();
    let outages: Vec<_> = first["links"].as_array().unwrap().iter().map(|l| l["link"].as_str().unwrap()).collect();
    assert_eq!(outages, [names[0].as_str(), names[1].as_str()], "{first:#}");
    assert!(first["links"][0]["barred_ms"].as_u64().is_some_and(|ms| ms > 0), "{first:#}");
    lab.milink("cutover run --wave second --yes").exits(0);
    lab.until_written(20);
    lab.verdict_holds();
}

#[test]
fn a_wave_is_all_or_nothing() {
    let (lab, names) = waves("--writers 1");
    // One database fails before L1: both go back, and their writers write.
    let fault = format!("fail:cutover.drain/{}:before-act", names[1]);
    let back = lab.start(lab.command("cutover run --wave first --yes").env("MILINK_FAULT", fault)).wait();
    back.exits(3);
    assert_eq!(lab.last_run()["status"], "rolled_back");
    lab.until_written(20);
    lab.verdict_holds();
    // One fails between L1 and L2: no target is opened until it is mended.
    let fault = format!("fail:cutover.confirm/{}:step-started", names[1]);
    let half = lab.start(lab.command("cutover run --wave first --yes").env("MILINK_FAULT", fault)).wait();
    half.exits(4);
    let steps = ran(&lab.last_run());
    assert!(!steps.iter().any(|s| s.starts_with("cutover.open/")), "{steps:?}");
    // All three databases have one application login.
    let open = "SELECT COUNT_BIG(*) FROM sys.server_principals WHERE name = N'app_ledger' AND is_disabled = 0";
    assert_eq!((lab.number("sql-a", "master", open), lab.number("mi-a", "master", open)), (0, 0));
    lab.milink("cutover resume").exits(0);
    // The one that stays needs it on the source still.
    assert_eq!((lab.number("sql-a", "master", open), lab.number("mi-a", "master", open)), (1, 1));
    lab.until_written(20);
    lab.verdict_holds();
}

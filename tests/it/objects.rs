//! `milink objects`: what the target lacks is told, scripted, and brought over by a run; no hash leaves the two servers.

use crate::support::lab::Lab;
use crate::support::sql;
use serde_json::Value;

fn at(lab: &Lab, server: &str, database: &str, text: &str) -> Vec<tiberius::Row> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match runtime.block_on(sql::rows(&lab.record(), &lab.path("ca.pem"), server, database, text)) {
        Ok(rows) => rows,
        Err(e) => panic!("{server}: {text}\n{e}"),
    }
}

const HASH: &str = "SELECT password_hash, sid FROM sys.sql_logins WHERE name = N'batch'";

fn hash_and_sid(lab: &Lab, server: &str) -> (String, String) {
    let rows = at(lab, server, "master", HASH);
    let bytes = |i: usize| milink::base::hex::encode(rows[0].get::<&[u8], _>(i).unwrap());
    (bytes(0), bytes(1))
}

/// A login with all that can hang on one, a job of its own, an operator, a Windows login, a credential.
fn prepared() -> Lab {
    let lab = Lab::up("migrate-2019", "");
    at(
        &lab,
        "sql-a",
        "master",
        "CREATE LOGIN batch WITH PASSWORD = N'Long#enough1', CHECK_POLICY = ON; CREATE SERVER ROLE watchers; \
         GRANT VIEW SERVER STATE TO watchers; ALTER SERVER ROLE watchers ADD MEMBER batch; DENY ALTER TRACE TO batch; \
         ALTER LOGIN batch DISABLE; CREATE LOGIN [CORP\\clerk] FROM WINDOWS; \
         CREATE CREDENTIAL vault WITH IDENTITY = N'app', SECRET = N's'; \
         EXEC msdb.dbo.sp_add_operator @name = N'night shift', @enabled = 1, @email_address = N'n@example.com'; \
         EXEC msdb.dbo.sp_add_alert @name = N'disk full', @severity = 17; EXEC msdb.dbo.sp_add_proxy @proxy_name = N'shell', \
         @credential_name = N'vault'; EXEC msdb.dbo.sysmail_add_profile_sp @profile_name = N'post'",
    );
    at(&lab, "sql-a", "ledger", "CREATE USER batch FOR LOGIN batch; CREATE USER [CORP\\clerk] FOR LOGIN [CORP\\clerk]");
    lab
}

fn state<'a>(report: &'a Value, kind: &str, name: &str) -> &'a str {
    let objects = report["objects"].as_array().unwrap();
    let found = objects.iter().find(|o| o["kind"] == kind && o["name"] == name);
    found.unwrap_or_else(|| panic!("no {kind} {name} in {report:#}"))["state"].as_str().unwrap()
}

#[test]
fn what_is_missing_comes_over_whole_and_no_hash_is_seen() {
    let lab = prepared();
    let (hash, sid) = hash_and_sid(&lab, "sql-a");
    let before = lab.milink("objects diff --output json").exits(0).json();
    for (kind, name, want) in [
        ("login", "batch", "missing"),
        ("login", "app_ledger", "same"),
        ("login", "CORP\\clerk", "manual"),
        ("role", "watchers", "missing"),
        ("job", "Ledger close of day", "missing"),
        ("operator", "night shift", "missing"),
        ("linked_server", "REPORTING", "missing"),
        ("credential", "vault", "manual"),
        ("alert", "disk full", "manual"),
        ("proxy", "shell", "manual"),
        ("mail_profile", "post", "manual"),
    ] {
        assert_eq!(state(&before, kind, name), want, "{kind} {name}");
    }
    let script = lab.milink("objects script").exits(0);
    assert!(script.stdout.contains(&format!("SID = 0x{sid}")), "{}", script.stdout);
    assert!(script.stdout.contains("PASSWORD = 0x*** HASHED"), "{}", script.stdout);
    lab.milink("objects sync --dry-run").exits(0);
    assert_eq!(at(&lab, "mi-a", "master", HASH).len(), 0, "a dry run changes nothing");
    let done = lab.milink("objects sync --yes").exits(0);
    assert_eq!(hash_and_sid(&lab, "mi-a"), (hash.clone(), sid));
    let after = lab.milink("objects diff --output json").exits(0).json();
    assert_eq!(after["to_sync"], 0, "{after:#}");
    assert_eq!(state(&after, "login", "batch"), "same");
    let jobs =
        at(&lab, "mi-a", "msdb", "SELECT CAST(enabled AS int) FROM dbo.sysjobs WHERE name = N'Ledger close of day'");
    assert_eq!(jobs[0].get::<i32, _>(0), Some(0), "a job is made disabled");
    lab.milink("objects sync --yes").exits(0).says("nothing is missing");
    // The hash is nowhere: not on the screen, not in a script, not in the journal.
    let journal = lab.milink("runs export last").exits(0);
    for text in [&script.stdout, &script.stderr, &done.stdout, &done.stderr, &journal.stdout] {
        assert!(!text.to_uppercase().contains(&hash), "a hash was shown");
    }
    assert!(journal.stdout.contains("0x***"), "{}", journal.stdout);
    for entry in std::fs::read_dir(lab.path("state")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let raw = milink::base::hex::decode(&hash).unwrap();
            assert!(!bytes.windows(raw.len()).any(|w| w == raw || w == &hash.as_bytes()[..raw.len()]), "{path:?}");
        }
    }
}

/// What a run has made is taken away when a later step fails; what was there before stays.
#[test]
fn a_run_that_fails_takes_away_what_it_made() {
    let lab = prepared();
    let mut command = lab.command("objects sync --yes");
    let done = lab.start(command.env("MILINK_FAULT", "fail:objects.job:before-act")).wait();
    assert_ne!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(lab.last_run()["status"], "rolled_back", "{}", done.stderr);
    assert_eq!(at(&lab, "mi-a", "master", HASH).len(), 0);
    let kept = "SELECT name FROM sys.server_principals WHERE name = N'app_ledger'";
    assert_eq!(at(&lab, "mi-a", "master", kept).len(), 1);
    lab.milink("objects sync --yes").exits(0);
    assert_eq!(at(&lab, "mi-a", "master", HASH).len(), 1);
}

/// The same name with another SID is never overwritten.
#[test]
fn a_login_with_another_sid_is_left_to_a_person() {
    let lab = prepared();
    at(&lab, "mi-a", "master", "CREATE LOGIN batch WITH PASSWORD = N'Long#enough1'");
    let before = hash_and_sid(&lab, "mi-a");
    let report = lab.milink("objects diff --output json").exits(0).json();
    assert_eq!(state(&report, "login", "batch"), "manual");
    lab.milink("objects sync --yes");
    assert_eq!(hash_and_sid(&lab, "mi-a"), before);
}

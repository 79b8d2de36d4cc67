use std::process::Command;

/// The binary with an empty environment, as in a pipe: exit code, stdout and stderr in one text.
fn run_args(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_milink")).env_clear().args(args).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let shown = format!(
        "exit {}\n--- stdout\n{}--- stderr\n{}",
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr)
    );
    if !args.contains(&"json") {
        for line in text(&output.stdout).lines() {
            assert!(line.chars().count() <= 80, "wider than 80: {line}");
        }
    }
    shown
}

fn run(args: &str) -> String {
    run_args(&args.split_whitespace().collect::<Vec<_>>())
}

fn json(args: &str) -> (i32, serde_json::Value) {
    let args: Vec<&str> = args.split_whitespace().chain(["--output", "json"]).collect();
    let output = Command::new(env!("CARGO_BIN_EXE_milink")).env_clear().args(args).output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn compat_matrix_is_the_one_of_the_documentation() {
    let shown = run("compat");
    let table = shown.strip_prefix("exit 0\n--- stdout\n").and_then(|t| t.strip_suffix("--- stderr\n")).unwrap();
    let page = std::fs::read_to_string("docs/compat.md").unwrap();
    assert!(
        page.contains(&format!("```text\n{table}```\n")),
        "docs/compat.md must hold the output of `milink compat`:\n{table}"
    );
    let (code, matrix) = json("compat");
    assert_eq!((code, matrix["cells"].as_array().map(Vec::len)), (0, Some(48)));
}

#[test]
fn compat_answers() {
    insta::assert_snapshot!(run("compat --sql-version 15.0.4312.2 --policy sqlserver2022 --edition Standard --initial-primary sql-server"), @r#"
    exit 0
    --- stdout
    15.0.4312.2 (2019 CU20) Standard, policy SQLServer2022, initial primary
    sql-server: link possible: YES, one-way
    operations: create, read, planned, forced

      direction limits: databases of 2016 to 2019 flow one way: the failover drops
      the link
        source: Managed Instance link feature overview (2026-03-06); update policy
        (2026-08-27)
      os note: the operating system was not given (`--os`) and is not judged
        source: no input
    --- stderr
    "#);
    insta::assert_snapshot!(run("compat --sql-version 13.0.6490.1 --policy SQLServer2022 --edition Express --initial-primary sql-server --os linux"), @r#"
    exit 3
    --- stdout
    13.0.6490.1 (2016 SP3 + GDR) Express, policy SQLServer2022, initial primary
    sql-server, linux: link possible: NO

      build refuses: build 13.0.6490.1: the SP3 GDR train (13.0.6xxx) never contains
      the Azure Connect pack, however new: install 13.0.7000.253 or later
      (KB5014242)
        source: KB5014242 (2022-05-19)
      edition refuses: Express edition cannot hold a link: it has no availability
      groups, and the link's list of editions does not name it
        source: Managed Instance link feature overview (2026-03-06)
      os refuses: SQL Server 2016 runs on Windows Server only
        source: Managed Instance link feature overview (2026-03-06)
    --- stderr
    "#);
    insta::assert_snapshot!(run("compat --sql-version 14.0.3495.9 --policy SQLServer2022 --edition Enterprise --initial-primary sql-server --os linux"), @r#"
    exit 3
    --- stdout
    14.0.3495.9 (2017 CU31 + GDR) Enterprise, policy SQLServer2022, initial primary
    sql-server, linux: link possible: UNKNOWN
    if confirmed: one-way, create, read, planned, forced

      build unknown: sources disagree whether security updates of CU31 above the
      pack's own number contain it: the procedures sp_certificate_add_issuer and
      sp_get_endpoint_certificate decide, not the number
        source: KB5050533 (2025-03-06); release history of 2017 (2026-08)
      direction limits: databases of 2016 to 2019 flow one way: the failover drops
      the link
        source: Managed Instance link feature overview (2026-03-06); update policy
        (2026-08-27)
    --- stderr
    "#);
    insta::assert_snapshot!(run("compat --sql-version 16.0.4295.3 --policy SQLServer2022 --edition Developer --initial-primary managed-instance --os windows-server --multi-database --output json"), @r#"
    exit 0
    --- stdout
    {
      "schema_version": 1,
      "verdict": "ready",
      "direction": "two-way",
      "operations": [
        "create",
        "read",
        "planned",
        "failback",
        "forced",
        "offline"
      ],
      "by_wizard": [],
      "if_confirmed": null,
      "reasons": [
        {
          "rule": "direction",
          "effect": "limits",
          "text": "formats match",
          "source": "Managed Instance link feature overview (2026-03-06); update policy (2026-08-27)"
        },
        {
          "rule": "multi-database",
          "effect": "note",
          "text": "2022 CU27 (16.0.4295.3) or later; every replica needs it, and `sys.sp_multidb_milink` switched on",
          "source": "multi-database link, preview (2026-09); the build number comes from a third party"
        }
      ],
      "input": {
        "sql_version": "16.0.4295.3",
        "policy": "SQLServer2022",
        "edition": "Developer",
        "initial_primary": "managed-instance",
        "os": "windows-server",
        "multi_database": true
      },
      "build": {
        "name": "2022 CU27",
        "known": true,
        "branch": null,
        "released": null,
        "source": "field report by a third party"
      }
    }
    --- stderr
    "#);
}

#[test]
fn compat_verdicts_and_exit_codes() {
    let cases = [
        ("16.0.4125.3 --policy SQLServer2022 --edition Standard --initial-primary sql-server", 0, "ready", "two-way"),
        ("16.0.4125.2 --policy SQLServer2022 --edition Standard --initial-primary sql-server", 0, "ready", "one-way"),
        (
            "16.0.4095.4 --policy SQLServer2022 --edition Standard --initial-primary managed-instance",
            0,
            "ready",
            "two-way",
        ),
        (
            "16.0.4095.3 --policy SQLServer2022 --edition Standard --initial-primary managed-instance",
            3,
            "not_ready",
            "none",
        ),
        ("17.0.1000.7 --policy SQLServer2022 --edition Standard --initial-primary sql-server", 3, "not_ready", "none"),
        ("17.0.900.7 --policy SQLServer2025 --edition Standard --initial-primary sql-server", 3, "not_ready", "none"),
        ("14.0.3540.1 --policy AlwaysUpToDate --edition Standard --initial-primary sql-server", 3, "unknown", "none"),
        ("18.0.1.1 --policy AlwaysUpToDate --edition Standard --initial-primary sql-server", 3, "unknown", "none"),
        ("15.0.4312.2 --policy AlwaysUpToDate --edition Web --initial-primary sql-server", 3, "not_ready", "none"),
        (
            "15.0.4312.2 --policy AlwaysUpToDate --edition Standard --initial-primary sql-server --os windows-client",
            3,
            "not_ready",
            "none",
        ),
        (
            "16.0.4295.2 --policy SQLServer2022 --edition Enterprise --initial-primary sql-server --multi-database",
            3,
            "not_ready",
            "none",
        ),
    ];
    for (args, code, verdict, direction) in cases {
        let (found, answer) = json(&format!("compat --sql-version {args}"));
        assert_eq!(found, code, "{args}");
        assert_eq!((&answer["verdict"], &answer["direction"]), (&verdict.into(), &direction.into()), "{args}");
        let empty = answer["operations"].as_array().is_some_and(Vec::is_empty);
        assert_eq!(empty, code != 0, "{args}");
        assert_eq!(answer["schema_version"], 1);
    }
}

#[test]
fn compat_usage() {
    insta::assert_snapshot!(run("compat --sql-version 2019 --policy SQLServer2022 --edition Standard --initial-primary sql-server"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: expected a build of four numbers, such as 15.0.4312.2, in --sql-version, found `2019`
    hint: SELECT SERVERPROPERTY('ProductVersion') prints it
    "#);
    insta::assert_snapshot!(run("compat --sql-version 15.0.4312.2 --policy SQLServer202 --edition Standard --initial-primary sql-server"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: expected one of SQLServer2022, SQLServer2025, AlwaysUpToDate in --policy, found `SQLServer202`
    hint: did you mean `SQLServer2022`?
    "#);
    insta::assert_snapshot!(run("compat --sql-version 15.0.4312.2 --policy SQLServer2022 --edition Standart --initial-primary sql-server"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: expected one of Enterprise, Standard, Developer, Enterprise Developer, Standard Developer, Express, Web, Evaluation in --edition, found `Standart`
    hint: did you mean `Standard`?
    "#);
    insta::assert_snapshot!(run("compat --policy SQLServer2022"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: the following required arguments were not provided:
      --edition <EDITION>
      --initial-primary <SIDE>
      --sql-version <BUILD>

    Usage: milink compat --policy <POLICY> --edition <EDITION> --initial-primary <SIDE> --sql-version <BUILD>

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(run("compat --sql-version 15.0.4312.2"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: the following required arguments were not provided:
      --policy <POLICY>
      --edition <EDITION>
      --initial-primary <SIDE>

    Usage: milink compat --sql-version <BUILD> --policy <POLICY> --edition <EDITION> --initial-primary <SIDE>

    For more information, try '--help'.
    "#);
}

#[test]
fn explain_answers() {
    insta::assert_snapshot!(run("explain Msg 41974"), @r#"
    exit 0
    --- stdout
    41974: SQL Server does not trust the managed instance's certificate
      at fault: source
      confirm: SELECT name, issuer_name FROM master.sys.certificates on SQL Server
      fix: on SQL Server import the instance's public key under exactly the name
      [FQDN of the instance], and the Azure roots with sp_certificate_add_issuer,
      then create the link again
      same as: ManagedInstanceLinkCertificateNotFoundOnSqlServer
      source: MSSQLSERVER_41974 (2024-12-06)
    --- stderr
    "#);
    insta::assert_snapshot!(run("explain distributedavailabilitygroupfailoverinvalidinstancerole"), @r#"
    exit 0
    --- stdout
    InvalidDistributedAvailabilityGroupFailoverInstanceRole: a planned failover was
    asked of Azure while the instance is the secondary
      at fault: client
      confirm: milink link show LINK
      fix: run it on the primary: ALTER AVAILABILITY GROUP [dag] FAILOVER on SQL
      Server
      source: Azure REST API specification, Microsoft.Sql (2025-01-01)
    --- stderr
    "#);
    insta::assert_snapshot!(run("explain LinkInitError --output json"), @r#"
    exit 0
    --- stdout
    {
      "schema_version": 1,
      "query": "LinkInitError",
      "known": true,
      "id": "LinkInitError",
      "also": [],
      "kind": "state",
      "meaning": "the start of the link failed; mostRecentLinkError has the number (41962, 41973, 41974, 41976, 41986, 47521)",
      "side": "network",
      "probe": "az sql mi link show -g GROUP --mi INSTANCE -n LINK",
      "fix": "explain that number, mend it, delete the link, create it again",
      "source": "Troubleshoot Managed Instance link (2026-06-25)",
      "nearest": []
    }
    --- stderr
    "#);
    assert_eq!(run("explain 41974"), run("explain MSG 41974, Level 16, State 1"));
}

/// What `check` names by id.
#[test]
fn explain_knows_the_checks() {
    let (code, answer) = json("explain database.broker");
    assert_eq!((code, &answer["kind"], &answer["id"]), (0, &"check".into(), &"database.broker".into()));
    assert!(answer["fix"].as_str().unwrap().contains("SET ENABLE_BROKER"), "{answer:#}");
    let (code, answer) = json("explain database.brokers");
    assert_eq!((code, &answer["known"]), (3, &false.into()));
    assert_eq!(answer["nearest"], serde_json::json!(["database.broker"]));
}

/// What is no error at all.
#[test]
fn explain_knows_topics_by_name_and_by_word() {
    let (code, answer) = json("explain grace period");
    assert_eq!((code, &answer["kind"], &answer["id"]), (0, &"topic".into(), &"grace-period".into()));
    assert!(answer["sections"][0]["points"][0].as_str().unwrap().contains("60 minutes"), "{answer:#}");
    assert!(answer["source"].as_str().unwrap().contains("(2022)"), "{answer:#}");
    let (code, answer) = json("explain failover-polcy");
    assert_eq!((code, &answer["nearest"]), (3, &serde_json::json!(["failover-policy"])));
    let (code, all) = json("explain --list");
    assert_eq!(code, 0);
    assert!(all.as_array().unwrap().iter().any(|t| t["id"] == "in-memory"), "{all:#}");
    let (code, found) = json("explain --search DNSZonePartner");
    assert_eq!((code, &found[0]["id"], &found[0]["kind"]), (0, &"dns-zone".into(), &"topic".into()));
    assert_eq!(json("explain --search nosuchword"), (3, serde_json::json!([])));
    let text = run("explain copy-sync");
    for part in ["EXEC sys.sp_wait_for_database_copy_sync\n", "does not wait for redo", "source: "] {
        assert!(text.contains(part), "{text}");
    }
    assert!(run("explain").starts_with("exit 2"));
}

#[test]
fn explain_says_what_it_does_not_know() {
    insta::assert_snapshot!(run("explain 41975"), @r#"
    exit 3
    --- stdout
    --- stderr
    error: the catalogue does not know `41975`
    hint: nearest: 41974, 41976, 41973
    "#);
    insta::assert_snapshot!(run_args(&["explain", "no such \u{1b}[2J thing"]), @r#"
    exit 3
    --- stdout
    --- stderr
    error: the catalogue does not know `no such  [2J thing`
    hint: pass a number (`41974`), a code of Azure, a state of a link (`LinkInitError`), a check (`database.broker`) or a topic (`milink explain --list`)
    "#);
    insta::assert_snapshot!(run_args(&["explain", ""]), @r#"
    exit 2
    --- stdout
    --- stderr
    error: expected a number, a code or a state, found nothing
    "#);
    let (code, answer) = json("explain 41975");
    assert_eq!((code, &answer["known"], &answer["nearest"][0]), (3, &false.into(), &"41974".into()));
}

#[test]
fn estimate_answers() {
    insta::assert_snapshot!(run("estimate --size 100GB"), @r#"
    exit 0
    --- stdout
    seeding 93.1 GiB: 1 h 11 min
      rate: 22.3 MiB/s (sample of the documentation: Best practices with Managed
      Instance link (2026-01-28))
    not seeded within 6 d 00 h: the link is cancelled
    outage of the cutover, whatever the size:
      fence: sessions to end and the rollback of the longest open transaction
      drain: log not yet sent and redone when writers stop
      proof: the window in which the end of the log must stand still on both sides
      switch: one-way: the deletion of the link; two-way: the planned failover; then
      read-back
      open: smoke test, repointing of the application, its DNS cache and reconnects
    --- stderr
    "#);
    insta::assert_snapshot!(run("estimate --size 100GiB --rate 84GB/h --parallel 4 --compression 2 --log-rate 5MB/s --vcores 4 --tier generalpurpose"), @r#"
    exit 0
    --- stdout
    seeding 100.0 GiB each, 4 at once: 2 h 33 min
      rate: 22.3 MiB/s
      share of each seeding: 5.6 MiB/s
      over the network: 50.0 GiB (compression 2)
      log meanwhile: 42.9 GiB at 4.8 MiB/s
      catching up afterwards: 15 h 20 min
      log writes of GeneralPurpose with 4 vCores: 18.0 MiB/s, 22.0 MiB/s to 65.0
      MiB/s for a database; the log rate is above
        source: Resource limits of Azure SQL Managed Instance (2026)
    not seeded within 6 d 00 h: the link is cancelled
    outage of the cutover, whatever the size:
      fence: sessions to end and the rollback of the longest open transaction
      drain: log not yet sent and redone when writers stop
      proof: the window in which the end of the log must stand still on both sides
      switch: one-way: the deletion of the link; two-way: the planned failover; then
      read-back
      open: smoke test, repointing of the application, its DNS cache and reconnects
    --- stderr
    warning: the source must keep 42.9 GiB of log for each database until seeding has ended: give the log file room, pause log backups or set trace flag 12381
    warning: the log rate is above what GeneralPurpose with 4 vCores may write: the secondary falls behind, and writes slow down after the switch
    "#);
    insta::assert_snapshot!(run("estimate --size 20TB --log-rate 5MB/s"), @r#"
    exit 0
    --- stdout
    seeding 18.2 TiB: 9 d 22 h
      rate: 22.3 MiB/s (sample of the documentation: Best practices with Managed
      Instance link (2026-01-28))
      log meanwhile: 3.9 TiB at 4.8 MiB/s
      catching up afterwards: 2 d 16 h
    not seeded within 6 d 00 h: the link is cancelled
    outage of the cutover, whatever the size:
      fence: sessions to end and the rollback of the longest open transaction
      drain: log not yet sent and redone when writers stop
      proof: the window in which the end of the log must stand still on both sides
      switch: one-way: the deletion of the link; two-way: the planned failover; then
      read-back
      open: smoke test, repointing of the application, its DNS cache and reconnects
    --- stderr
    warning: seeding and catching up take 12 d 15 h: a link that is not seeded within 6 days is cancelled
    warning: the source must keep 3.9 TiB of log for each database until seeding has ended: give the log file room, pause log backups or set trace flag 12381
    "#);
    insta::assert_snapshot!(run("estimate --size 84GB --rate 84GB/h --log-rate 5MB/s --vcores 8 --tier BusinessCritical --output json"), @r#"
    exit 0
    --- stdout
    {
      "schema_version": 1,
      "stream_bytes": 84000000000,
      "share_bytes_per_s": 23333333.333333332,
      "seeding_ms": 3600000,
      "log_growth_bytes": 18000000000,
      "catch_up_ms": 981818,
      "cancel_ms": 518400000,
      "log_cap": {
        "instance_bytes_per_s": 37748736.0,
        "database_min_bytes_per_s": null,
        "database_max_bytes_per_s": null,
        "log_rate": "below",
        "source": "Resource limits of Azure SQL Managed Instance (2026); higher log rate for Business Critical (2025-08-15)"
      },
      "outage_terms": [
        {
          "name": "fence",
          "depends_on": "sessions to end and the rollback of the longest open transaction"
        },
        {
          "name": "drain",
          "depends_on": "log not yet sent and redone when writers stop"
        },
        {
          "name": "proof",
          "depends_on": "the window in which the end of the log must stand still on both sides"
        },
        {
          "name": "switch",
          "depends_on": "one-way: the deletion of the link; two-way: the planned failover; then read-back"
        },
        {
          "name": "open",
          "depends_on": "smoke test, repointing of the application, its DNS cache and reconnects"
        }
      ],
      "warnings": [
        "the source must keep 16.8 GiB of log for each database until seeding has ended: give the log file room, pause log backups or set trace flag 12381"
      ],
      "input": {
        "size_bytes": 84000000000,
        "rate_bytes_per_s": 23333333.333333332,
        "rate_source": null,
        "parallel": 1,
        "compression": 1.0,
        "log_rate_bytes_per_s": 5000000.0,
        "tier": "BusinessCritical",
        "vcores": 8
      }
    }
    --- stderr
    "#);
}

#[test]
fn estimate_usage() {
    insta::assert_snapshot!(run("estimate --size 100"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: --size: expected a unit after `100`: B, KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (of 1024)
    "#);
    insta::assert_snapshot!(run("estimate --size 10Gb"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: --size: `Gb` reads as bits: write bytes with a capital B, such as `GB` or `GiB`
    "#);
    insta::assert_snapshot!(run("estimate --size=-5GB"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: --size: expected a number and a unit, such as `100GiB` or `1.5TB`, found `-5GB`
    "#);
    insta::assert_snapshot!(run("estimate --size 2000TiB"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: --size: `2000TiB` is more than 1 PiB: no instance holds that
    "#);
    insta::assert_snapshot!(run("estimate --size 1TB --rate 1KB/d"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: at this rate seeding would take 2739726 years: check the units
    "#);
    insta::assert_snapshot!(run("estimate --size 1GB --rate fast"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: --rate: expected a size and a time, such as `84GB/h` or `5MB/s`, found `fast`
    "#);
    insta::assert_snapshot!(run("estimate --size 1GB --compression 0.5"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: expected 1 (no compression) to 20, with at most three decimals, in --compression, found `0.5`
    hint: 2 means that half the bytes cross the network
    "#);
    insta::assert_snapshot!(run("estimate --size 1GB --vcores 8 --tier Hyperscale"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: expected one of GeneralPurpose, NextGenGeneralPurpose, BusinessCritical in --tier, found `Hyperscale`
    "#);
    insta::assert_snapshot!(run("estimate --size 1GB --parallel 0"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: invalid value '0' for '--parallel <N>': 0 is not in 1..=500

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(run("estimate --size 1GB --vcores 8"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: the following required arguments were not provided:
      --tier <TIER>

    Usage: milink estimate --size <SIZE> --vcores <N> --tier <TIER>

    For more information, try '--help'.
    "#);
}

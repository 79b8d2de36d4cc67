use crate::lab::mirror::managed;
use crate::lab::mirror::testing::*;
use crate::lab::net::Path;
use crate::lab::tsql::value::Value;
use std::time::Duration;

/// Slow enough for a copy of 8 MB to take a minute and a half.
const SLOW: Path = Path { latency: Duration::from_millis(10), bytes_per_second: 100_000 };

#[tokio::test(start_paused = true)]
async fn a_copy_takes_its_time_and_is_seen_on_both_sides() {
    let e = Estate::prepared("15.0.4312.2", "SQLServer2022").await;
    e.net.set_path(SQL_HOST, FQDN, SLOW);
    let (mi, spec) = (e.mi.clone(), e.spec());
    let creation = tokio::spawn(async move { managed::create_link(&mi, spec).await });
    tokio::time::sleep(Duration::from_secs(40)).await;
    for (side, role) in [(&e.sql, "Source"), (&e.mi, "Destination")] {
        let row = &view(side, "dm_hadr_physical_seeding_stats")[0];
        assert_eq!(text(row, "role_desc"), role);
        assert_eq!(text(row, "internal_state_desc"), "ReadingAndSendingData");
        let (Value::BigInt(done), Value::BigInt(size)) = (&row["transferred_size_bytes"], &row["database_size_bytes"])
        else {
            panic!("sizes")
        };
        assert!(*done > 0 && done < size);
    }
    assert_eq!(text(&view(&e.sql, "dm_hadr_automatic_seeding")[0], "current_state"), "SEEDING");
    let v = managed::link_view(&e.mi, "DAG_Ledger").unwrap();
    assert_eq!(v.databases[0].replica_state.as_deref(), Some("CreatingLink"));
    assert!(v.databases[0].seeding_progress.as_deref().is_some_and(|p| p.ends_with('%') && p != "100%" && p != "0%"));
    assert_eq!(e.sql.with(|s| crate::lab::world::hadr_views::seeding_databases(s)).len(), 1);
    commit(&e.sql, "meanwhile").await.unwrap();
    creation.await.unwrap().unwrap();
    assert!(has(&e.mi, "meanwhile"));
}

#[tokio::test(start_paused = true)]
async fn a_broken_copy_begins_again_from_nothing() {
    let e = Estate::prepared("15.0.4312.2", "SQLServer2022").await;
    e.net.set_path(SQL_HOST, FQDN, SLOW);
    let (mi, spec) = (e.mi.clone(), e.spec());
    let creation = tokio::spawn(async move { managed::create_link(&mi, spec).await });
    tokio::time::sleep(Duration::from_secs(40)).await;
    e.net.cut(SQL_HOST, FQDN);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let rows = view(&e.sql, "dm_hadr_automatic_seeding");
    assert_eq!(text(&rows[0], "current_state"), "FAILED");
    e.net.restore(SQL_HOST, FQDN);
    creation.await.unwrap().unwrap();
    let rows = view(&e.sql, "dm_hadr_automatic_seeding");
    assert_eq!(rows.len(), 2);
    assert_eq!(text(&rows[1], "current_state"), "COMPLETED");
    assert_eq!(rows[1]["number_of_attempts"], Value::Int(2));
    assert!(e.sql.with(|s| log_text(s)).contains("Error: 19494"));
}

#[tokio::test(start_paused = true)]
async fn log_truncated_during_the_copy_breaks_the_link() {
    let e = Estate::prepared("15.0.4312.2", "SQLServer2022").await;
    e.net.set_path(SQL_HOST, FQDN, SLOW);
    let (mi, spec) = (e.mi.clone(), e.spec());
    let creation = tokio::spawn(async move { managed::create_link(&mi, spec).await });
    tokio::time::sleep(Duration::from_secs(40)).await;
    commit(&e.sql, "gone").await.unwrap();
    e.sql.with(|s| {
        let hold = crate::lab::world::hadr_views::log_hold(s, s.database(DB).unwrap());
        assert_eq!(hold, None, "a seeding does not hold the log");
        s.trace_flags.insert(12381);
        let hold = crate::lab::world::hadr_views::log_hold(s, s.database(DB).unwrap());
        assert!(hold.is_some(), "unless the trace flag is on");
        let db = s.database_mut(DB).unwrap();
        db.truncate_log(db.log_end);
    });
    let error = creation.await.unwrap().unwrap_err();
    assert!(error.message.contains("1412"), "{error}");
    assert!(e.mi.with(|s| log_text(s)).contains("Error: 1412"));
    let v = managed::link_view(&e.mi, "DAG_Ledger").unwrap();
    assert_eq!(v.databases[0].replica_state.as_deref(), Some("LinkCreationError"));
}

#[tokio::test(start_paused = true)]
async fn deleting_a_link_during_the_copy_leaves_nothing_behind() {
    let e = Estate::prepared("15.0.4312.2", "SQLServer2022").await;
    e.net.set_path(SQL_HOST, FQDN, SLOW);
    let (mi, spec) = (e.mi.clone(), e.spec());
    let creation = tokio::spawn(async move { managed::create_link(&mi, spec).await });
    tokio::time::sleep(Duration::from_secs(40)).await;
    managed::delete_link(&e.mi, "DAG_Ledger").await.unwrap();
    assert!(creation.await.unwrap().is_err());
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(e.mi.with(|s| s.database(DB).is_none()));
    managed::create_link(&e.mi, e.spec()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_link_may_begin_at_the_managed_instance() {
    let (e, pki) = Estate::bare("16.0.4125.3", "SQLServer2022");
    e.trust_sql();
    e.trust_mi(&pki, FQDN);
    e.endpoint().await;
    e.sql.with(|s| s.databases.remove("ledger"));
    let spec = crate::lab::world::setup::DatabaseSpec {
        name: DB.to_owned(),
        full_backup: true,
        ..crate::lab::world::setup::DatabaseSpec::default()
    };
    let now = e.mi.clock.now();
    e.mi.with(|s| s.add_database(&e.mi.config, &spec, now));
    run(
        &e.sql,
        "CREATE AVAILABILITY GROUP [AG_Ledger] WITH (CLUSTER_TYPE = NONE) FOR REPLICA ON N'SQLA' WITH (ENDPOINT_URL = \
         'TCP://10.0.1.8:5022', AVAILABILITY_MODE = SYNCHRONOUS_COMMIT, FAILOVER_MODE = MANUAL, SEEDING_MODE = AUTOMATIC)",
    )
    .await
    .unwrap();
    run(
        &e.sql,
        &format!(
            "CREATE AVAILABILITY GROUP [DAG_Ledger] WITH (DISTRIBUTED) AVAILABILITY GROUP ON N'AG_Ledger_MI' WITH \
             (LISTENER_URL = 'tcp://{FQDN}:5022;Server=[mi-a];Database=[Ledger]', AVAILABILITY_MODE = \
             ASYNCHRONOUS_COMMIT, FAILOVER_MODE = MANUAL, SEEDING_MODE = AUTOMATIC), N'AG_Ledger' WITH (LISTENER_URL = \
             'TCP://10.0.1.8:5022', AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT, FAILOVER_MODE = MANUAL, SEEDING_MODE = \
             AUTOMATIC)"
        ),
    )
    .await
    .unwrap();
    commit(&e.mi, "first").await.unwrap();
    let spec = managed::LinkSpec { instance_link_role: "Primary".to_owned(), ..e.spec() };
    let mi = e.mi.clone();
    let creation = tokio::spawn(async move { managed::create_link(&mi, spec).await });
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert!(e.sql.with(|s| log_text(s)).contains("Error: 19506"), "the right to create databases is missing");
    run(&e.sql, "ALTER AVAILABILITY GROUP [AG_Ledger] GRANT CREATE ANY DATABASE").await.unwrap();
    creation.await.unwrap().unwrap();
    assert!(has(&e.sql, "first"));
}

/// An eighth of 64 MiB over an eighth of 1 MiB/s: the same minutes, and less work for the test.
const THIN: Path = Path { latency: Duration::from_millis(10), bytes_per_second: 128 * 1024 };
const THIN_BALLAST: u64 = 8 * 1024 * 1024;
/// Takes longer on the thin path than a session may be silent.
const LARGE_CHUNK: usize = 4 * 1024 * 1024;

#[tokio::test(start_paused = true)]
async fn three_copies_over_one_thin_path_do_not_time_each_other_out() {
    let (e, pki) = Estate::bare("15.0.4312.2", "SQLServer2022");
    e.trust_sql();
    e.trust_mi(&pki, FQDN);
    e.endpoint().await;
    e.net.set_path(SQL_HOST, FQDN, THIN);
    e.sql.with(|s| s.hadr.tuning.seed_chunk = LARGE_CHUNK);
    let mut creations = Vec::new();
    for name in ["One", "Two", "Three"] {
        let spec = crate::lab::world::setup::DatabaseSpec {
            name: name.to_owned(),
            full_backup: true,
            ballast_bytes: THIN_BALLAST,
            ..crate::lab::world::setup::DatabaseSpec::default()
        };
        let now = e.sql.clock.now();
        e.sql.with(|s| s.add_database(&e.sql.config, &spec, now));
        e.groups_for(name, &format!("tcp://{FQDN}:5022;Server=[mi-a]")).await;
        let (mi, spec) = (e.mi.clone(), e.spec_for(name));
        creations.push(tokio::spawn(async move { managed::create_link(&mi, spec).await }));
    }
    for creation in creations {
        let done = tokio::time::timeout(Duration::from_mins(30), creation).await;
        let rows = view(&e.sql, "dm_hadr_automatic_seeding");
        let attempts: Vec<_> = rows.iter().map(|r| r["number_of_attempts"].clone()).collect();
        assert!(done.is_ok(), "never ends; attempts {attempts:?}");
        done.unwrap().unwrap().unwrap();
    }
    for side in [&e.sql, &e.mi] {
        let rows = view(side, "dm_hadr_automatic_seeding");
        assert_eq!(rows.len(), 3, "one operation a database");
        assert!(rows.iter().all(|r| text(r, "current_state") == "COMPLETED"));
        assert!(rows.iter().all(|r| r["number_of_attempts"] == Value::Int(1)));
    }
    assert!(!e.sql.with(|s| log_text(s)).contains("Error: 35206"), "no connection timed out");
}

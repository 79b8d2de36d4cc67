use crate::lab::mirror::managed;
use crate::lab::mirror::testing::*;
use crate::lab::tsql::value::Value;
use crate::lab::world::database::Access;
use crate::lab::world::database::DatabaseState;
use crate::lab::world::hadr::Role;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_link_seeds_catches_up_and_carries_writes() {
    let e = Estate::prepared("15.0.4312.2", "SQLServer2022").await;
    commit(&e.sql, "before").await.unwrap();
    e.link().await.unwrap();
    assert!(has(&e.mi, "before"), "seeding carries what was there");
    commit(&e.sql, "after").await.unwrap();
    eventually(&e.mi, "write lands", |s| s.database(DB).unwrap().data.database_property("after").is_some()).await;
    let (state, access) = e.mi.with(|s| s.database(DB).map(|d| (d.state, d.access)).unwrap());
    assert_eq!((state, access), (DatabaseState::Online, Access::ReadOnly));
    let view = managed::link_view(&e.mi, "dag_ledger").unwrap();
    assert_eq!(view.instance_link_role, Role::Secondary);
    let db = &view.databases[0];
    assert_eq!(db.replica_state.as_deref(), Some("LinkSynchronizing"));
    assert_eq!(db.connected_state.as_deref(), Some("CONNECTED"));
    assert_eq!(db.synchronization_health.as_deref(), Some("HEALTHY"));
    assert_eq!(db.seeding_progress.as_deref(), Some("100%"));
    assert!(db.last_hardened_lsn.as_deref().is_some_and(|l| l.len() >= 17 && l.bytes().all(|b| b.is_ascii_digit())));
    assert_eq!(db.partner_auth_cert_validity.as_ref().map(|c| c.0.as_str()), Some("SQLA"));
}

#[tokio::test(start_paused = true)]
async fn both_sides_show_what_they_know() {
    let e = Estate::linked("15.0.4312.2", "SQLServer2022").await;
    let end = commit(&e.sql, "k").await.unwrap();
    eventually(&e.sql, "acknowledged", |s| {
        s.hadr.group("DAG_Ledger").unwrap().progress[0].last_hardened.is_some_and(|h| h.0 >= end)
    })
    .await;
    let dag = e.sql.with(|s| s.hadr.group("DAG_Ledger").unwrap().group_id);
    let rows: Vec<_> = view(&e.sql, "dm_hadr_database_replica_states")
        .into_iter()
        .filter(|r| r["group_id"] == Value::Guid(dag))
        .collect();
    assert_eq!(rows.len(), 2);
    let own = rows.iter().find(|r| r["is_local"] == Value::Bit(true)).unwrap();
    let remote = rows.iter().find(|r| r["is_local"] == Value::Bit(false)).unwrap();
    assert_eq!(text(own, "synchronization_state_desc"), "SYNCHRONIZING");
    assert!(own["last_hardened_lsn"].is_null(), "asynchronous primary");
    assert!(!own.contains_key("last_sent_lsn") && own["end_of_log_lsn"] == remote["end_of_log_lsn"]);
    assert_eq!(text(remote, "synchronization_health_desc"), "HEALTHY");
    assert!(remote["database_state"].is_null());
    assert_eq!(remote["last_hardened_lsn"], remote["end_of_log_lsn"]);
    // the forwarder knows itself only
    let mine: Vec<_> = view(&e.mi, "dm_hadr_availability_replica_states")
        .into_iter()
        .filter(|r| r["group_id"] == Value::Guid(dag))
        .collect();
    assert_eq!(mine.len(), 1);
    assert_eq!(text(&mine[0], "role_desc"), "SECONDARY");
    assert_eq!(text(&mine[0], "connected_state_desc"), "CONNECTED");
    let states: Vec<String> =
        view(&e.sql, "dm_hadr_automatic_seeding").iter().map(|r| text(r, "current_state")).collect();
    assert_eq!(states, ["COMPLETED"]);
    assert_eq!(view(&e.mi, "dm_hadr_automatic_seeding").len(), 1);
    assert_eq!(view(&e.mi, "dm_hadr_physical_seeding_stats").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_cut_freezes_the_target_and_a_restored_path_catches_up() {
    let e = Estate::linked("15.0.4312.2", "SQLServer2022").await;
    e.net.cut(SQL_HOST, FQDN);
    for i in 0..50 {
        commit(&e.sql, &format!("cut{i}")).await.unwrap();
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    assert!(!has(&e.mi, "cut0"), "nothing but bytes of the connection changes a target");
    assert!(!connected(&e.sql) && !connected(&e.mi));
    let row = view(&e.sql, "dm_hadr_database_replica_states")
        .into_iter()
        .find(|r| r["is_local"] == Value::Bit(false))
        .unwrap();
    assert_eq!(text(&row, "synchronization_state_desc"), "NOT SYNCHRONIZING");
    let v = managed::link_view(&e.mi, "DAG_Ledger").unwrap();
    assert_eq!(v.databases[0].most_recent_link_error.as_deref(), Some("41971"));
    assert_eq!(v.databases[0].connected_state.as_deref(), Some("DISCONNECTED"));
    assert!(row["secondary_lag_seconds"].is_null() && !row["last_hardened_lsn"].is_null());
    assert!(e.sql.with(|s| log_text(s)).contains("A connection timeout has occurred on a previously established"));
    e.net.restore(SQL_HOST, FQDN);
    eventually(&e.mi, "catch up", |s| s.database(DB).unwrap().data.database_property("cut49").is_some()).await;
    assert!(has(&e.mi, "cut0"));
    eventually(&e.sql, "connected again", |s| s.hadr.group("DAG_Ledger").unwrap().replicas[1].connected).await;
    let attempts = view(&e.sql, "dm_hadr_automatic_seeding").len();
    assert_eq!(attempts, 1, "no second seeding after the first");
}

#[tokio::test(start_paused = true)]
async fn a_stopped_endpoint_breaks_traffic_until_it_starts() {
    let e = Estate::linked("15.0.4312.2", "SQLServer2022").await;
    run(&e.sql, "ALTER ENDPOINT [ep] STATE = STOPPED").await.unwrap();
    eventually(&e.sql, "disconnected", |s| !s.hadr.group("DAG_Ledger").unwrap().replicas[1].connected).await;
    assert!(e.sql.with(|s| log_text(s)).contains("was either disabled or stopped"));
    run(&e.sql, "ALTER ENDPOINT [ep] STATE = STARTED").await.unwrap();
    eventually(&e.sql, "connected", |s| s.hadr.group("DAG_Ledger").unwrap().replicas[1].connected).await;
}

#[tokio::test(start_paused = true)]
async fn the_log_is_held_for_a_replica_that_is_away() {
    let e = Estate::linked("15.0.4312.2", "SQLServer2022").await;
    e.net.cut(SQL_HOST, FQDN);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let before = e.sql.with(|s| s.database(DB).unwrap().log_end);
    commit(&e.sql, "x").await.unwrap();
    let hold = e.sql.with(|s| crate::lab::world::hadr_views::log_hold(s, s.database(DB).unwrap()));
    assert_eq!(hold, Some(before));
}

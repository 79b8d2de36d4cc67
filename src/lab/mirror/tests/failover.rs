use crate::lab::mirror::managed;
use crate::lab::mirror::managed::FailoverType;
use crate::lab::mirror::managed::ReplicationMode;
use crate::lab::mirror::testing::*;
use crate::lab::tsql::value::Value;
use crate::lab::world::database::Access;
use crate::lab::world::hadr::Role;
use crate::lab::world::instance::Instance;
use std::sync::Arc;
use std::time::Duration;

fn access(i: &Instance) -> Access {
    i.with(|s| s.database(DB).unwrap().access)
}

fn role(i: &Instance) -> Role {
    i.with(|s| s.hadr.group("DAG_Ledger").unwrap().role)
}

/// Commits on one instance for as long as it takes writes; what was acknowledged.
fn writer(instance: &Arc<Instance>, tag: &'static str) -> tokio::task::JoinHandle<Vec<String>> {
    let instance = instance.clone();
    tokio::spawn(async move {
        let mut acknowledged = Vec::new();
        for i in 0..100_000 {
            let key = format!("{tag}{i}");
            if commit(&instance, &key).await.is_none() {
                break;
            }
            acknowledged.push(key);
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        acknowledged
    })
}

#[tokio::test(start_paused = true)]
async fn deleting_the_link_is_the_failover_of_2019() {
    let e = Estate::linked("15.0.4312.2", "SQLServer2022").await;
    commit(&e.sql, "last").await.unwrap();
    eventually(&e.mi, "lands", |s| s.database(DB).unwrap().data.database_property("last").is_some()).await;
    managed::delete_link(&e.mi, "DAG_Ledger").await.unwrap();
    assert!(managed::list_links(&e.mi).is_empty());
    assert_eq!(access(&e.mi), Access::ReadWrite);
    commit(&e.mi, "new").await.unwrap();
    // the old copy is still primary of its group and takes writes
    assert_eq!(access(&e.sql), Access::ReadWrite);
    commit(&e.sql, "old").await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(!has(&e.mi, "old") && !has(&e.sql, "new"));
    assert!(!connected(&e.sql));
    let before = e.mi.with(|s| s.server.backups.len());
    tokio::time::sleep(Duration::from_mins(6)).await;
    assert!(e.mi.with(|s| s.server.backups.len()) >= before);
    assert!(e.mi.with(|s| s.server.backups.iter().any(|b| b.kind == 'D' && !b.copy_only && b.database == DB)));
    run(&e.sql, "DROP AVAILABILITY GROUP [DAG_Ledger]").await.unwrap();
    run(&e.sql, "DROP AVAILABILITY GROUP [AG_Ledger]").await.unwrap();
    assert_eq!(access(&e.sql), Access::ReadWrite);
    assert!(e.sql.with(|s| s.database(DB).unwrap().ag.is_none()));
}

#[tokio::test(start_paused = true)]
async fn synchronous_commit_waits_and_shows_synchronized() {
    let e = Estate::linked("15.0.4312.2", "SQLServer2022").await;
    let sync = "ALTER AVAILABILITY GROUP [DAG_Ledger] MODIFY AVAILABILITY GROUP ON 'AG_Ledger' WITH (AVAILABILITY_MODE = \
                SYNCHRONOUS_COMMIT), 'AG_Ledger_MI' WITH (AVAILABILITY_MODE = SYNCHRONOUS_COMMIT)";
    assert!(run(&e.sql, sync).await.unwrap().is_empty());
    eventually(&e.sql, "SYNCHRONIZED", |s| s.hadr.group("DAG_Ledger").unwrap().progress[0].sync_state == 2).await;
    assert_eq!(run(&e.sql, sync).await.unwrap()[0].number, 41185);
    commit(&e.sql, "s").await.unwrap();
    let hardened = e.mi.with(|s| s.database(DB).unwrap().hardened);
    assert_eq!(hardened, e.sql.with(|s| s.database(DB).unwrap().log_end), "acknowledged means hardened over there");
    managed::set_replication_mode(&e.mi, "DAG_Ledger", ReplicationMode::Sync).await.unwrap();
    // a lost partner holds commits up for the session timeout, then lets them go
    e.net.cut(SQL_HOST, FQDN);
    let begin = tokio::time::Instant::now();
    commit(&e.sql, "t").await.unwrap();
    let waited = begin.elapsed();
    assert!(waited >= Duration::from_secs(10) && waited <= Duration::from_secs(21), "{waited:?}");
    assert!(!has(&e.mi, "t"));
}

#[tokio::test(start_paused = true)]
async fn planned_failover_and_back_lose_nothing_under_load() {
    let e = Estate::linked("16.0.4125.3", "SQLServer2022").await;
    let load = writer(&e.sql, "a");
    tokio::time::sleep(Duration::from_secs(2)).await;
    run(&e.sql, "ALTER AVAILABILITY GROUP [DAG_Ledger] FAILOVER").await.unwrap();
    let acknowledged = load.await.unwrap();
    assert!(acknowledged.len() > 100);
    assert_eq!((role(&e.sql), role(&e.mi)), (Role::Secondary, Role::Primary));
    assert_eq!((access(&e.sql), access(&e.mi)), (Access::NotReadable, Access::ReadWrite));
    for key in &acknowledged {
        assert!(has(&e.mi, key), "{key} was acknowledged");
    }
    assert_eq!(managed::link_view(&e.mi, "DAG_Ledger").unwrap().instance_link_role, Role::Primary);
    let refused = run(&e.sql, "ALTER AVAILABILITY GROUP [DAG_Ledger] FAILOVER").await.unwrap_err();
    assert_eq!(refused.number, 47517);
    // back, asynchronous again on the way
    eventually(&e.mi, "reversed", |s| s.hadr.group("DAG_Ledger").unwrap().progress.iter().any(|p| p.sync_state == 1))
        .await;
    let load = writer(&e.mi, "b");
    tokio::time::sleep(Duration::from_secs(2)).await;
    managed::failover(&e.mi, "DAG_Ledger", FailoverType::Planned).await.unwrap();
    let acknowledged = load.await.unwrap();
    assert!(acknowledged.len() > 100);
    for key in &acknowledged {
        assert!(has(&e.sql, key), "{key} was acknowledged");
    }
    assert_eq!((access(&e.sql), access(&e.mi)), (Access::ReadWrite, Access::ReadOnly));
    commit(&e.sql, "home").await.unwrap();
    eventually(&e.mi, "follows", |s| s.database(DB).unwrap().data.database_property("home").is_some()).await;
    assert_eq!(view(&e.sql, "dm_hadr_automatic_seeding").len(), 1, "no copy was needed");
}

#[tokio::test(start_paused = true)]
async fn planned_failover_is_refused_where_it_does_not_exist() {
    let e = Estate::linked("15.0.4312.2", "SQLServer2022").await;
    assert_eq!(run(&e.sql, "ALTER AVAILABILITY GROUP [DAG_Ledger] FAILOVER").await.unwrap_err().number, 19504);
    let error = managed::failover(&e.mi, "DAG_Ledger", FailoverType::Planned).await.unwrap_err();
    assert_eq!((error.status, error.code.as_str()), (400, "InvalidDistributedAvailabilityGroupFailoverInstanceRole"));
    let error = managed::failover(&e.mi, "DAG_Ledger", FailoverType::ForcedAllowDataLoss).await.unwrap_err();
    assert!(error.message.contains("delete the link"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_planned_failover_without_partner_gives_up_and_changes_nothing() {
    let e = Estate::linked("16.0.4125.3", "SQLServer2022").await;
    e.net.cut(SQL_HOST, FQDN);
    let error = run(&e.sql, "ALTER AVAILABILITY GROUP [DAG_Ledger] FAILOVER").await.unwrap_err();
    assert_eq!(error.number, 47514);
    assert_eq!((role(&e.sql), access(&e.sql)), (Role::Primary, Access::ReadWrite));
    commit(&e.sql, "on").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn forced_failover_makes_two_primaries_until_one_gives_way() {
    let e = Estate::linked("16.0.4125.3", "SQLServer2022").await;
    e.net.cut(SQL_HOST, FQDN);
    commit(&e.sql, "lost").await.unwrap();
    managed::failover(&e.mi, "DAG_Ledger", FailoverType::ForcedAllowDataLoss).await.unwrap();
    e.net.restore(SQL_HOST, FQDN);
    commit(&e.mi, "mi").await.unwrap();
    commit(&e.sql, "sql").await.unwrap();
    tokio::time::sleep(Duration::from_mins(2)).await;
    for side in [&e.sql, &e.mi] {
        let local = view(side, "dm_hadr_availability_replica_states")
            .into_iter()
            .filter(|r| r["is_local"] == Value::Bit(true))
            .all(|r| text(&r, "role_desc") == "PRIMARY");
        assert!(local, "both sides are primary");
    }
    assert!(!has(&e.sql, "mi") && !has(&e.mi, "sql"));
    run(&e.sql, "ALTER AVAILABILITY GROUP [DAG_Ledger] SET (ROLE = SECONDARY)").await.unwrap();
    assert_eq!(access(&e.sql), Access::NotReadable);
    eventually(&e.sql, "reverted", |s| s.database(DB).unwrap().data.database_property("mi").is_some()).await;
    assert!(!has(&e.sql, "lost") && !has(&e.sql, "sql"), "the fork is gone");
    commit(&e.mi, "together").await.unwrap();
    eventually(&e.sql, "follows", |s| s.database(DB).unwrap().data.database_property("together").is_some()).await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_lost_in_the_switch_never_opens_both_sides() {
    let mut led_by_mi = std::collections::BTreeSet::new();
    for cut_after_ms in [10, 50, 90, 110, 130, 170, 300] {
        let e = Estate::linked("16.0.4125.3", "SQLServer2022").await;
        e.net.set_path(
            SQL_HOST,
            FQDN,
            crate::lab::net::Path { latency: Duration::from_millis(20), bytes_per_second: 0 },
        );
        let sql = e.sql.clone();
        let failover = tokio::spawn(async move { run(&sql, "ALTER AVAILABILITY GROUP [DAG_Ledger] FAILOVER").await });
        tokio::time::sleep(Duration::from_millis(cut_after_ms)).await;
        e.net.cut(SQL_HOST, FQDN);
        tokio::time::sleep(Duration::from_secs(30)).await;
        let open = |i: &Instance| access(i) == Access::ReadWrite;
        assert!(!(open(&e.sql) && open(&e.mi)), "cut after {cut_after_ms} ms");
        e.net.restore(SQL_HOST, FQDN);
        let _ = failover.await.unwrap();
        tokio::time::sleep(Duration::from_mins(2)).await;
        assert!(open(&e.sql) != open(&e.mi), "exactly one side leads, cut after {cut_after_ms} ms");
        led_by_mi.insert(open(&e.mi));
    }
    assert_eq!(led_by_mi.len(), 2, "cuts on both sides of the point of no return");
}

const SWITCH: Duration = Duration::from_millis(400);

#[tokio::test(start_paused = true)]
async fn deleting_a_link_takes_the_time_of_a_role_change() {
    let e = Estate::linked("15.0.4312.2", "SQLServer2022").await;
    e.mi.with(|s| s.hadr.tuning.role_change = SWITCH);
    let (mi, began) = (e.mi.clone(), tokio::time::Instant::now());
    let deletion = tokio::spawn(async move { managed::delete_link(&mi, "DAG_Ledger").await });
    tokio::time::sleep(SWITCH / 2).await;
    assert_eq!(access(&e.mi), Access::Resolving, "open to nobody on the way");
    deletion.await.unwrap().unwrap();
    assert!(began.elapsed() >= SWITCH);
    assert_eq!(access(&e.mi), Access::ReadWrite);
}

#[tokio::test(start_paused = true)]
async fn a_planned_failover_takes_the_time_of_a_role_change() {
    let e = Estate::linked("16.0.4125.3", "SQLServer2022").await;
    e.mi.with(|s| s.hadr.tuning.role_change = SWITCH);
    let (sql, began) = (e.sql.clone(), tokio::time::Instant::now());
    let failover = tokio::spawn(async move { crate::lab::mirror::failover::planned(&sql, "DAG_Ledger").await });
    tokio::time::sleep(SWITCH).await;
    assert_ne!(access(&e.mi), Access::ReadWrite);
    assert_ne!(access(&e.sql), Access::ReadWrite);
    failover.await.unwrap().unwrap();
    assert!(began.elapsed() >= SWITCH);
    assert_eq!((access(&e.mi), role(&e.sql)), (Access::ReadWrite, Role::Secondary));
}

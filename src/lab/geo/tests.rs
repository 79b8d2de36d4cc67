//! Replication and role changes over pipes, in virtual time.

use super::Hub;
use super::Settings;
use super::Trouble;
use crate::lab::net::Network;
use crate::lab::scenario;
use crate::lab::world::clock::LabClock;
use crate::lab::world::database::Access;
use crate::lab::world::instance::Instance;
use crate::lab::world::log::Op;
use std::sync::Arc;
use std::time::Duration;
use time::macros::datetime;
use tokio_util::sync::CancellationToken;

const SETTINGS: Settings =
    Settings { automatic: false, grace_minutes: None, read_only_failover: false, standby: false };

struct Pair {
    a: Arc<Instance>,
    b: Arc<Instance>,
    hub: Arc<Hub>,
    network: Arc<Network>,
}

async fn pair() -> Pair {
    let mut lab = scenario::load("fog-ready", &scenario::Options { size_mib: Some(9), ..Default::default() }).unwrap();
    scenario::secrets::fill(&mut lab, &mut scenario::secrets::random);
    let clock = LabClock::starting_at(datetime!(2026-03-01 10:00 UTC));
    let network = Network::in_memory();
    let built = scenario::build::instances(&lab, clock.now()).unwrap();
    let all: Vec<_> = built.into_iter().map(|(c, s)| Instance::new(c, s, network.clone(), clock.clone())).collect();
    let hub = Hub::start(all.clone(), &CancellationToken::new()).await.unwrap();
    Pair { a: all[0].clone(), b: all[1].clone(), hub, network }
}

impl Pair {
    async fn grouped() -> Self {
        let pair = pair().await;
        pair.hub.register("fog-a", "mi-a", "mi-b", SETTINGS).unwrap();
        pair.hub.complete("fog-a").await.unwrap();
        pair
    }
}

fn write(instance: &Arc<Instance>) -> crate::lab::world::lsn::Lsn {
    let now = instance.clock.now();
    let end = instance.with(|s| {
        let db = s.database_mut("ledger").unwrap();
        assert_eq!(db.access, Access::ReadWrite);
        db.append(vec![Op::Internal("x".to_owned())], 51, true, now).end
    });
    instance.notify();
    end
}

fn access(instance: &Instance) -> Access {
    instance.with(|s| s.database("ledger").unwrap().access)
}

async fn until(what: impl Fn() -> bool) {
    for _ in 0..2_000 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("in vain");
}

#[tokio::test(start_paused = true)]
async fn a_group_copies_what_is_there_and_follows() {
    let p = Pair::grouped().await;
    assert_eq!(p.hub.find("FOG-A").unwrap().replication_state(), "CATCH_UP");
    assert_eq!((access(&p.a), access(&p.b)), (Access::ReadWrite, Access::ReadOnly));
    let end = write(&p.a);
    until(|| p.b.with(|s| s.database("ledger").unwrap().redone >= end)).await;
    assert_eq!(
        p.hub.resolve("fog-a.secondary.a1b2c3d4e5f6.database.windows.net").as_deref(),
        Some("mi-b.a1b2c3d4e5f6.database.windows.net")
    );
}

#[tokio::test(start_paused = true)]
async fn a_planned_failover_loses_nothing_and_goes_back() {
    let p = Pair::grouped().await;
    let group = p.hub.find("fog-a").unwrap();
    let end = write(&p.a);
    group.fail_over(false).await.unwrap();
    assert_eq!((access(&p.a), access(&p.b)), (Access::ReadOnly, Access::ReadWrite));
    assert!(p.b.with(|s| s.database("ledger").unwrap().redone >= end));
    let later = write(&p.b);
    until(|| p.a.with(|s| s.database("ledger").unwrap().redone >= later)).await;
    until(|| group.is_synchronized()).await;
    group.fail_over(false).await.unwrap();
    assert_eq!((access(&p.a), access(&p.b)), (Access::ReadWrite, Access::ReadOnly));
}

#[tokio::test(start_paused = true)]
async fn without_a_partner_a_planned_failover_times_out_and_a_forced_one_loses_the_tail() {
    let p = Pair::grouped().await;
    let group = p.hub.find("fog-a").unwrap();
    p.network.cut(&p.a.config.host, &p.b.config.host);
    let tail = write(&p.a);
    tokio::time::sleep(Duration::from_secs(3)).await;
    p.a.with(|s| s.server.region_down = true);
    assert!(matches!(group.fail_over(false).await, Err(Trouble::TimedOut(_))));
    assert_eq!((access(&p.a), access(&p.b)), (Access::ReadWrite, Access::ReadOnly));
    group.fail_over(true).await.unwrap();
    assert_eq!((access(&p.a), access(&p.b)), (Access::ReadOnly, Access::ReadWrite));
    assert!(p.b.with(|s| s.database("ledger").unwrap().redone < tail), "the tail never arrived");
    assert_eq!(group.replication_state(), "SEEDING");
    p.a.with(|s| s.server.region_down = false);
    p.network.restore(&p.a.config.host, &p.b.config.host);
    until(|| group.replication_state() == "CATCH_UP").await;
    let end = write(&p.b);
    until(|| p.a.with(|s| s.database("ledger").unwrap().redone >= end)).await;
}

#[tokio::test(start_paused = true)]
async fn without_its_group_either_copy_takes_writes() {
    let p = Pair::grouped().await;
    p.hub.remove("fog-a");
    assert_eq!((access(&p.a), access(&p.b)), (Access::ReadWrite, Access::ReadWrite));
    assert!(p.hub.find("fog-a").is_none());
}

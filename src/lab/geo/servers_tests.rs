//! Groups of databases of logical servers over pipes, in virtual time.

use super::How;
use super::Hub;
use super::ServerGroup;
use super::Settings;
use super::Trouble;
use crate::lab::net::Network;
use crate::lab::scenario;
use crate::lab::world::clock::LabClock;
use crate::lab::world::database::Access;
use crate::lab::world::instance::Instance;
use std::sync::Arc;
use time::macros::datetime;
use tokio_util::sync::CancellationToken;

struct Pair {
    a: Arc<Instance>,
    b: Arc<Instance>,
    hub: Arc<Hub>,
}

async fn pair() -> Pair {
    let mut lab = scenario::load("sqldb-fog", &scenario::Options { size_mib: Some(9), ..Default::default() }).unwrap();
    scenario::secrets::fill(&mut lab, &mut scenario::secrets::random);
    let clock = LabClock::starting_at(datetime!(2026-03-01 10:00 UTC));
    let network = Network::in_memory();
    let built = scenario::build::instances(&lab, clock.now()).unwrap();
    let all: Vec<_> = built.into_iter().map(|(c, s)| Instance::new(c, s, network.clone(), clock.clone())).collect();
    let hub = Hub::start(all.clone(), &CancellationToken::new()).await.unwrap();
    Pair { a: all[0].clone(), b: all[1].clone(), hub }
}

impl Pair {
    async fn group(&self, name: &str, databases: &[&str]) -> Arc<ServerGroup> {
        let settings = Settings { automatic: false, grace_minutes: None, read_only_failover: false, standby: false };
        let group = self.hub.add_server_group(name, &self.a, &self.b, settings);
        for database in databases {
            group.add(database);
            self.hub.replicate(&self.a, &self.b, database).await.unwrap();
        }
        group
    }
}

fn access(instance: &Instance, database: &str) -> Option<Access> {
    instance.with(|s| s.database(database).map(|d| d.access))
}

#[tokio::test(start_paused = true)]
async fn each_group_fails_over_alone_and_takes_only_its_databases() {
    let p = pair().await;
    let shop = p.group("fog-shop", &["orders", "stock"]).await;
    let tenants = p.group("fog-tenants", &["tenant001"]).await;
    assert_eq!(p.hub.server_group_state(&shop), "CATCH_UP");
    assert_eq!(access(&p.b, "notes"), None, "a subset");
    p.hub.fail_over_servers(&shop, How::Planned).await.unwrap();
    assert_eq!((shop.primary().config.id.as_str(), tenants.primary().config.id.as_str()), ("srv-b", "srv-a"));
    assert_eq!((access(&p.a, "orders"), access(&p.b, "orders")), (Some(Access::ReadOnly), Some(Access::ReadWrite)));
    assert_eq!(
        (access(&p.a, "tenant001"), access(&p.b, "tenant001")),
        (Some(Access::ReadWrite), Some(Access::ReadOnly))
    );
    let leads = |name: &str| p.hub.resolve(name);
    assert_eq!(leads("fog-shop.database.windows.net").as_deref(), Some("srv-b.database.windows.net"));
    assert_eq!(leads("fog-shop.secondary.database.windows.net").as_deref(), Some("srv-a.database.windows.net"));
    assert_eq!(leads("fog-tenants.database.windows.net").as_deref(), Some("srv-a.database.windows.net"));
}

#[tokio::test(start_paused = true)]
async fn without_their_group_the_databases_stay_replicated() {
    let p = pair().await;
    p.group("fog-shop", &["orders"]).await;
    p.hub.remove_server_group("fog-shop");
    assert_eq!(p.hub.resolve("fog-shop.database.windows.net"), None);
    assert_eq!(access(&p.b, "orders"), Some(Access::ReadOnly));
    assert!(p.hub.replica("srv-a", "ORDERS").is_some());
    p.hub.stop_replica("srv-a", "orders");
    assert_eq!(access(&p.b, "orders"), Some(Access::ReadWrite), "independent now");
}

#[tokio::test(start_paused = true)]
async fn a_lost_region_stops_the_planned_way_and_the_forced_one_follows() {
    let p = pair().await;
    let shop = p.group("fog-shop", &["orders", "stock"]).await;
    p.a.with(|s| s.server.region_down = true);
    assert!(matches!(p.hub.fail_over_servers(&shop, How::Planned).await, Err(Trouble::TimedOut(_))));
    assert_eq!(shop.primary().config.id, "srv-a", "roles are as before");
    p.hub.fail_over_servers(&shop, How::PlannedFirst).await.unwrap();
    assert_eq!(shop.primary().config.id, "srv-b");
    assert_eq!(access(&p.b, "stock"), Some(Access::ReadWrite));
    assert_eq!(p.hub.server_group_state(&shop), "SEEDING");
}

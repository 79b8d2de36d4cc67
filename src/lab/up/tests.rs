//! Scenarios come up as they say.

use super::start::UpOptions;
use super::start::Wire;
use super::start::up;
use crate::lab::scenario;
use crate::lab::scenario::Options;
use crate::lab::world::hadr::Role;
use std::path::PathBuf;
use time::macros::datetime;

#[tokio::test(start_paused = true)]
async fn the_big_estate_stands_with_every_link_connected() {
    let dir = tempfile::tempdir().unwrap();
    let scenario = scenario::load("estate-500", &Options::default()).unwrap();
    let options = UpOptions {
        dir: dir.path().to_owned(),
        milink: PathBuf::from("milink"),
        now: datetime!(2026-03-01 10:00 UTC),
        wire: Wire::Pipes,
    };
    let lab = up(scenario, options).await.unwrap();
    let target = &lab.instances["mi-a"];
    let (links, databases, open) = target.with(|s| {
        let user = s.databases.values().filter(|d| !d.is_system());
        (s.hadr.links.len(), user.clone().count(), user.filter(|d| d.state_desc() == "ONLINE").count())
    });
    assert_eq!((links, databases, open), (500, 500, 500));
    let connected = |id: &str| {
        lab.instances[id].with(|s| {
            let dags = s.hadr.groups.values().filter(|g| g.distributed && g.role == Role::Primary);
            dags.filter(|g| g.replicas.iter().any(|r| r.connected)).count()
        })
    };
    for id in ["sql-a", "sql-b", "sql-c", "sql-d", "sql-e"] {
        assert_eq!(connected(id), 100, "{id}");
    }
}

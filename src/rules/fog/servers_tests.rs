//! Each row of the checklist for logical servers: passing, failing, unreadable.

use super::prerequisites::Row;
use super::prerequisites::Severity;
use super::prerequisites::Status;
use super::servers::copies;
use super::servers::judge;
use crate::model::fact::Fact;
use crate::model::geo::GroupFacts;
use crate::model::geo::Member;
use crate::model::geo::MemberFacts;
use crate::model::geo::Side;
use crate::model::geo_server::Pool;
use crate::model::geo_server::Replica;
use crate::model::geo_server::ServerDatabase;
use crate::model::geo_server::ServerPair;
use crate::model::geo_server::ServerSide;
use crate::model::ids::SiteId;
use std::collections::BTreeMap;

fn known<T>(value: T) -> Fact<T> {
    Fact::Known { value }
}

fn member(name: &str, location: &str) -> Member {
    let facts = MemberFacts {
        location: location.to_owned(),
        fqdn: format!("{name}.database.windows.net"),
        state: Some("Ready".to_owned()),
        minimal_tls: Some("1.2".to_owned()),
        ..MemberFacts::default()
    };
    Member {
        site: SiteId::from(name),
        resource_group: "r".into(),
        instance: name.to_owned(),
        facts: known(facts),
        databases: known(Vec::new()),
        links: known(Vec::new()),
        operations: known(Vec::new()),
        groups: known(Vec::new()),
        forbidden: known(Vec::new()),
    }
}

fn database(name: &str) -> ServerDatabase {
    ServerDatabase {
        name: name.to_owned(),
        status: Some("Online".to_owned()),
        tier: Some("GeneralPurpose".to_owned()),
        capacity: Some(2),
        zone_redundant: Some(false),
        maintenance: Some("/x/SQL_Default".to_owned()),
        ..ServerDatabase::default()
    }
}

fn side(databases: Vec<ServerDatabase>, pools: Vec<Pool>) -> ServerSide {
    ServerSide {
        databases: known(databases),
        pools: known(pools),
        replicas: known(Vec::new()),
        rules: known(Vec::new()),
    }
}

/// `a` has one database, `b` none.
fn fresh() -> GroupFacts {
    let pair = ServerPair {
        a: side(vec![database("shop")], Vec::new()),
        b: side(Vec::new(), Vec::new()),
        chosen: known(vec!["shop".to_owned()]),
        sizes: BTreeMap::new(),
    };
    GroupFacts {
        name: "fog".to_owned(),
        a: member("srv-a", "UK South"),
        b: member("srv-b", "ukwest"),
        databases: Vec::new(),
        bytes: Some(1000 << 30),
        servers: Some(pair),
    }
}

fn rows(f: &GroupFacts, automatic: bool) -> Vec<Row> {
    judge(f, f.servers.as_ref().unwrap(), automatic, None)
}

fn pair(f: &mut GroupFacts) -> &mut ServerPair {
    f.servers.as_mut().unwrap()
}

#[track_caller]
fn status(f: &GroupFacts, id: &str) -> Status {
    rows(f, true).iter().find(|r| r.id == id).unwrap_or_else(|| panic!("no row {id}")).status
}

#[track_caller]
fn fails(id: &str, change: impl Fn(&mut GroupFacts)) {
    let mut f = fresh();
    change(&mut f);
    assert_eq!(status(&f, id), Status::Fail, "{id}");
}

#[test]
fn fitting_servers_pass_every_row_that_blocks() {
    let open: Vec<_> = rows(&fresh(), true).into_iter().filter(|r| r.status != Status::Pass).collect();
    assert!(open.iter().all(|r| r.severity != Severity::Block), "{open:?}");
    assert_eq!(open.iter().map(|r| r.id).collect::<Vec<_>>(), ["sqldb.logins"]);
}

#[test]
fn what_the_service_refuses_fails_here() {
    fails("sqldb.name", |f| f.name = "srv-b".to_owned());
    fails("sqldb.name", |f| f.name = "Fog".to_owned());
    fails("sqldb.region", |f| f.b = member("srv-b", "uk south"));
    fails("sqldb.databases", |f| pair(f).chosen = known(vec!["nothing".to_owned()]));
    fails("sqldb.databases", |f| pair(f).chosen = known(Vec::new()));
    fails("sqldb.other_group", |f| {
        pair(f).a.databases = known(vec![ServerDatabase { group: Some("else".to_owned()), ..database("shop") }]);
    });
    fails("sqldb.same_name", |f| pair(f).b.databases = known(vec![database("SHOP")]));
    fails("sqldb.primaries", |f| {
        pair(f).a.databases = known(vec![ServerDatabase { is_secondary: true, ..database("shop") }]);
    });
    fails("sqldb.network_rules", |f| pair(f).b.rules = known(vec!["from-app".to_owned()]));
    fails("sqldb.secondary_permissions", |f| f.b.forbidden = known(vec!["x".to_owned()]));
    assert!(rows(&fresh(), false).iter().all(|r| r.id != "sqldb.network_rules"), "the manual policy may have rules");
}

#[test]
fn a_copy_that_follows_is_taken_as_it_is() {
    let mut f = fresh();
    let replica = Replica {
        database: "shop".to_owned(),
        partner: "SRV-B".to_owned(),
        is_primary: Some(true),
        state: Some("CATCH_UP".to_owned()),
    };
    pair(&mut f).a.replicas = known(vec![replica]);
    pair(&mut f).b.databases = known(vec![ServerDatabase { is_secondary: true, ..database("shop") }]);
    assert_eq!(status(&f, "sqldb.same_name"), Status::Pass);
    pair(&mut f).b.databases = known(vec![ServerDatabase { capacity: Some(1), ..database("shop") }]);
    assert_eq!(status(&f, "sqldb.service_level"), Status::Fail);
}

#[test]
fn what_was_not_read_is_never_a_pass() {
    let why = || Fact::unknown("silent");
    let mut f = fresh();
    pair(&mut f).b.databases = why();
    assert_eq!(status(&f, "sqldb.same_name"), Status::Unknown);
    pair(&mut f).a.databases = Fact::unknown("silent");
    assert_eq!(status(&f, "sqldb.databases"), Status::Unknown);
    assert!(rows(&f, false).iter().any(|r| r.id == "sqldb.pool" && r.blocks()), "pools are unknown too");
    let mut f = fresh();
    f.b.facts = Fact::unknown("silent");
    assert_eq!(status(&f, "sqldb.region"), Status::Unknown);
}

fn pool(tier: &str, capacity: i64, gb: u64) -> Pool {
    Pool {
        name: "p".to_owned(),
        tier: Some(tier.to_owned()),
        capacity: Some(capacity),
        max_bytes: Some(gb << 30),
        maintenance: None,
    }
}

/// So many databases in a pool of `a`, and that pool on `b`.
fn pooled(n: usize, here: Pool, there: Option<Pool>) -> GroupFacts {
    let mut f = fresh();
    let one = |i: usize| ServerDatabase { pool: Some("P".to_owned()), ..database(&format!("t{i}")) };
    let all: Vec<_> = (0..n).map(one).collect();
    let chosen = known(vec!["t0".to_owned()]);
    let sizes = BTreeMap::from([((Side::A, "t0".to_owned()), 40 << 30)]);
    let b = side(Vec::new(), there.into_iter().collect());
    f.servers = Some(ServerPair { a: side(all, vec![here]), b, chosen, sizes });
    f
}

#[test]
fn a_pool_must_be_there_be_large_enough_and_not_too_dense() {
    let gp = || pool("GeneralPurpose", 8, 64);
    assert_eq!(status(&pooled(1, gp(), Some(gp())), "sqldb.pool"), Status::Pass);
    assert_eq!(status(&pooled(1, gp(), None), "sqldb.pool"), Status::Fail);
    assert_eq!(status(&pooled(1, gp(), Some(pool("GeneralPurpose", 8, 63))), "sqldb.pool_room"), Status::Fail);
    assert_eq!(status(&pooled(1, gp(), Some(pool("GeneralPurpose", 4, 64))), "sqldb.pool_power"), Status::Fail);
    // Both bounds of the pool are inclusive, that of the databases is strict.
    for (tier, most) in [("Standard", 800), ("GeneralPurpose", 8)] {
        let dense = |n, capacity| {
            let p = pool(tier, capacity, 64);
            status(&pooled(n, p.clone(), Some(p)), "sqldb.pool_dense")
        };
        assert_eq!(dense(251, most), Status::Fail, "{tier}");
        assert_eq!(dense(250, most), Status::Pass, "{tier}");
        assert_eq!(dense(251, most + 1), Status::Pass, "{tier}");
    }
}

#[test]
fn a_full_pool_takes_no_copy() {
    let gp = || pool("GeneralPurpose", 8, 64);
    let with = |taken: Option<u64>| {
        let mut f = pooled(1, gp(), Some(gp()));
        let other = ServerDatabase { pool: Some("p".to_owned()), ..database("other") };
        pair(&mut f).b.databases = known(vec![other]);
        pair(&mut f).sizes.extend(taken.map(|gb| ((Side::B, "other".to_owned()), gb << 30)));
        status(&f, "sqldb.pool_room")
    };
    assert_eq!(with(Some(24)), Status::Pass, "40 and 24 of 64");
    assert_eq!(with(Some(25)), Status::Fail);
    assert_eq!(with(None), Status::Unknown, "what stands there was not read");
}

#[test]
fn each_copy_is_told_before_it_is_made() {
    let mut f = fresh();
    let told = |f: &GroupFacts| copies(f, f.servers.as_ref().unwrap()).join("\n");
    assert_eq!(told(&f), "shop: a copy is made on srv-b, GeneralPurpose 2");
    let replica = |partner: &str| Replica {
        database: "shop".to_owned(),
        partner: partner.to_owned(),
        is_primary: Some(true),
        state: Some("CATCH_UP".to_owned()),
    };
    pair(&mut f).a.replicas = known(vec![replica("srv-c")]);
    assert_eq!(told(&f), "shop: one more copy is made on srv-b, GeneralPurpose 2; the one on srv-c stays");
    pair(&mut f).a.replicas = known(vec![replica("srv-b")]);
    assert_eq!(told(&f), "shop: the copy on srv-b is taken as it is, nothing is copied");
}

#[test]
fn unpaired_regions_are_not_updated_at_once() {
    let mut f = fresh();
    assert_eq!(status(&f, "sqldb.maintenance"), Status::Pass, "a pair");
    f.b = member("srv-b", "northeurope");
    assert_eq!(status(&f, "sqldb.maintenance"), Status::Fail, "the copy begins with the default window");
    pair(&mut f).a.databases =
        known(vec![ServerDatabase { maintenance: Some("/x/SQL_UKSouth_DB_1".to_owned()), ..database("shop") }]);
    assert_eq!(status(&f, "sqldb.maintenance"), Status::Pass);
    pair(&mut f).a.databases = known(vec![ServerDatabase { maintenance: None, ..database("shop") }]);
    assert_eq!(status(&f, "sqldb.maintenance"), Status::Unknown);
}

/// Every row that logical servers can have.
pub(super) fn every_id() -> Vec<&'static str> {
    let gp = || pool("GeneralPurpose", 8, 64);
    rows(&pooled(1, gp(), Some(gp())), true).iter().map(|r| r.id).collect()
}

#[test]
fn zone_redundancy_is_inherited_on_hyperscale_alone() {
    let with = |tier: &str| {
        let mut f = fresh();
        let zoned = ServerDatabase { tier: Some(tier.to_owned()), zone_redundant: Some(true), ..database("shop") };
        pair(&mut f).a.databases = known(vec![zoned]);
        f
    };
    let hyperscale = with("Hyperscale");
    assert_eq!(status(&hyperscale, "sqldb.zones"), Status::Fail);
    assert_eq!(status(&hyperscale, "sqldb.zones_after"), Status::Pass);
    let premium = with("BusinessCritical");
    assert_eq!(status(&premium, "sqldb.zones"), Status::Pass);
    assert_eq!(status(&premium, "sqldb.zones_after"), Status::Fail);
}

#[test]
fn the_first_copies_are_forecast_at_their_own_ceiling() {
    let found = |f: &GroupFacts| rows(f, false).into_iter().find(|r| r.id == "sqldb.seeding_time").unwrap();
    // 1000 GB over a fast path: 500 GB an hour.
    assert!(found(&fresh()).found.starts_with("2.0 to 4.0 h"), "{:?}", found(&fresh()));
    let unread = GroupFacts { bytes: None, ..fresh() };
    assert_eq!(found(&unread).status, Status::Unknown);
}

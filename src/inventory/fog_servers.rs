//! A failover group between two logical servers of Azure SQL Database: from both addresses, and from inside its databases.

use super::fog::Place;
use super::fog::view;
use crate::arm::Arm;
use crate::arm::resource::access;
use crate::arm::resource::server as azure;
use crate::base::error::Result;
use crate::effects::perform::Effects;
use crate::model::fact::Fact;
use crate::model::geo::GeoDatabase;
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
use crate::model::network::id_tail;
use crate::sql::query::geo;
use futures_util::future::join_all;
use std::collections::BTreeMap;

/// What the service asks for on both servers (facts: failover-groups 8).
const ACTIONS: [&str; 8] = [
    "Microsoft.Sql/servers/read",
    "Microsoft.Sql/servers/databases/read",
    "Microsoft.Sql/servers/databases/write",
    "Microsoft.Sql/servers/failoverGroups/read",
    "Microsoft.Sql/servers/failoverGroups/write",
    "Microsoft.Sql/servers/failoverGroups/delete",
    "Microsoft.Sql/servers/failoverGroups/failover/action",
    "Microsoft.Sql/servers/failoverGroups/forceFailoverAllowDataLoss/action",
];

/// Databases that are asked at a time.
const DOORS_AT_ONCE: usize = 8;

/// The door to one database of a logical server: there a session stays in the database it logged in to.
pub fn door(server: &SiteId, database: &str) -> SiteId {
    SiteId(format!("{}/{database}", server.0))
}

/// Reads both servers side by side, then the databases of the group; of what it is to take if it is not there.
pub async fn look(effects: &Effects, name: &str, a: &Place, b: &Place, chosen: Option<&[String]>) -> GroupFacts {
    let ((member_a, side_a), (member_b, side_b)) = tokio::join!(server(effects, a), server(effects, b));
    let mut facts = GroupFacts {
        name: name.to_owned(),
        a: member_a,
        b: member_b,
        databases: Vec::new(),
        bytes: None,
        servers: None,
    };
    let is_primary = |side| facts.view(side).known().and_then(|v| v.as_ref()?.is_primary);
    let primary = if is_primary(Side::B) == Some(true) { Side::B } else { Side::A };
    let mine = if primary == Side::A { &side_a } else { &side_b };
    let chosen = match chosen {
        Some(names) => Fact::Known { value: names.to_vec() },
        None => all_of(mine, name),
    };
    let held = facts.grouped().or_else(|| chosen.known().cloned()).unwrap_or_default();
    let site = if primary == Side::A { &a.site } else { &b.site };
    // Each database is a session of its own: several at a time.
    for some in held.chunks(DOORS_AT_ONCE) {
        let rows = some.iter().map(|d| async move { effects.read(&door(site, d), geo::link_status(d)).await });
        for (name, row) in some.iter().zip(join_all(rows).await) {
            facts.databases.push(GeoDatabase { name: name.clone(), row: row.into(), in_memory: None });
        }
    }
    let to_copy = if facts.grouped().is_some() { chosen_not_held(&facts, &chosen) } else { held };
    let mut sizes = bytes(effects, primary, site, &to_copy).await;
    let sum = |sum: u64, d: &String| Some(sum + sizes.get(&(primary, d.to_lowercase()))?);
    facts.bytes = to_copy.iter().try_fold(0, sum);
    let (there, far) = if primary == Side::A { (&side_b, &b.site) } else { (&side_a, &a.site) };
    let beside = beside(mine, there, &to_copy);
    sizes.extend(bytes(effects, primary.other(), far, &beside).await);
    facts.servers = Some(ServerPair { a: side_a, b: side_b, chosen, sizes });
    facts
}

/// Bytes of each database that could be asked.
async fn bytes(effects: &Effects, side: Side, site: &SiteId, names: &[String]) -> BTreeMap<(Side, String), u64> {
    let mut found = BTreeMap::new();
    for some in names.chunks(DOORS_AT_ONCE) {
        let sizes = some.iter().map(|d| async move { effects.read(&door(site, d), geo::size(d)).await });
        for (name, size) in some.iter().zip(join_all(sizes).await) {
            let size = size.ok().flatten().and_then(|s| u64::try_from(s).ok());
            found.extend(size.map(|s| ((side, name.to_lowercase()), s)));
        }
    }
    found
}

/// Databases of the other server that stand in the pools in which copies are to be made.
fn beside(here: &ServerSide, there: &ServerSide, to_copy: &[String]) -> Vec<String> {
    let (Some(mine), Some(theirs)) = (here.databases.known(), there.databases.known()) else { return Vec::new() };
    let copied = |d: &&ServerDatabase| to_copy.iter().any(|c| c.eq_ignore_ascii_case(&d.name));
    let pools: Vec<String> = mine.iter().filter(copied).filter_map(|d| Some(d.pool.as_ref()?.to_lowercase())).collect();
    let shares = |d: &&ServerDatabase| d.pool.as_ref().is_some_and(|p| pools.contains(&p.to_lowercase()));
    theirs.iter().filter(shares).map(|d| d.name.clone()).collect()
}

/// What is to join a group that stands.
fn chosen_not_held(facts: &GroupFacts, chosen: &Fact<Vec<String>>) -> Vec<String> {
    let held = |name: &String| facts.databases.iter().any(|d| d.name.eq_ignore_ascii_case(name));
    chosen.known().into_iter().flatten().filter(|c| !held(c)).cloned().collect()
}

/// Every user database that is in no other group.
fn all_of(side: &ServerSide, group: &str) -> Fact<Vec<String>> {
    match &side.databases {
        Fact::Known { value } => {
            let free = |d: &&ServerDatabase| d.group.as_ref().is_none_or(|g| g.eq_ignore_ascii_case(group));
            Fact::Known { value: value.iter().filter(free).map(|d| d.name.clone()).collect() }
        }
        Fact::Unknown { why } => Fact::unknown(why.clone()),
    }
}

async fn server(effects: &Effects, place: &Place) -> (Member, ServerSide) {
    let arm = match effects.arm() {
        Ok(arm) => arm,
        Err(e) => return dark(place, &e.chain()),
    };
    let server = match arm.server(&place.instance).await {
        Ok(server) => server,
        Err(e) => return dark(place, &e.chain()),
    };
    let (groups, databases, pools, links, rules, permissions) = tokio::join!(
        arm.server_groups(&place.instance),
        arm.server_databases(&place.instance),
        arm.elastic_pools(&place.instance),
        arm.replication_links(&place.instance),
        arm.network_rules(&place.instance),
        arm.server_permissions(&place.instance),
    );
    let databases: Result<Vec<ServerDatabase>> = databases.map(|all| all.into_iter().filter_map(database).collect());
    let side = ServerSide {
        databases: databases.into(),
        pools: pools.map(|all| all.into_iter().filter_map(pool).collect()).into(),
        replicas: links.map(|all| all.iter().filter_map(replica).collect()).into(),
        rules: rules.map(|all| all.into_iter().filter_map(|r| r.name).collect()).into(),
    };
    let listed = match &side.databases {
        Fact::Known { value } => Fact::Known {
            value: value.iter().map(|d| (d.name.clone(), d.status.clone().unwrap_or_default())).collect(),
        },
        Fact::Unknown { why } => Fact::unknown(why.clone()),
    };
    let member = Member {
        site: place.site.clone(),
        resource_group: place.instance.resource_group.clone(),
        instance: place.instance.name.clone(),
        facts: Fact::Known { value: facts(arm, place, server) },
        databases: listed,
        // A logical server has neither.
        links: Fact::Known { value: Vec::new() },
        operations: Fact::Known { value: Vec::new() },
        groups: groups.map(|all| all.iter().map(view).collect()).into(),
        forbidden: permissions
            .map(|entries| ACTIONS.iter().filter(|a| !access::allows(&entries, a)).map(|a| (*a).to_owned()).collect())
            .into(),
    };
    (member, side)
}

fn facts(arm: &Arm, place: &Place, server: azure::LogicalServer) -> MemberFacts {
    MemberFacts {
        id: server.id.unwrap_or_else(|| arm.config().server_id(&place.instance)),
        location: server.location.unwrap_or_default(),
        fqdn: server.properties.fully_qualified_domain_name.unwrap_or_default(),
        state: server.properties.state,
        minimal_tls: server.properties.minimal_tls_version,
        ..MemberFacts::default()
    }
}

fn database(d: azure::ServerDatabase) -> Option<ServerDatabase> {
    let name = d.name.filter(|n| !n.eq_ignore_ascii_case("master"))?;
    let p = d.properties;
    let sku = d.sku.unwrap_or_default();
    Some(ServerDatabase {
        name,
        status: p.status,
        tier: sku.tier,
        capacity: sku.capacity,
        pool: p.elastic_pool_id.as_deref().map(|id| id_tail(id).to_owned()),
        zone_redundant: p.zone_redundant,
        group: p.failover_group_id.as_deref().map(|id| id_tail(id).to_owned()),
        is_secondary: p.secondary_type.is_some(),
        maintenance: p.maintenance_configuration_id,
    })
}

fn pool(p: azure::ElasticPool) -> Option<Pool> {
    let sku = p.sku.unwrap_or_default();
    let (max_bytes, maintenance) = (p.properties.max_size_bytes, p.properties.maintenance_configuration_id);
    Some(Pool { name: p.name?, tier: sku.tier, capacity: sku.capacity, max_bytes, maintenance })
}

fn replica(link: &azure::ReplicationLink) -> Option<Replica> {
    let p = &link.properties;
    let is_primary = match p.role.as_deref() {
        Some(r) if r.eq_ignore_ascii_case("Primary") => Some(true),
        Some(r) if r.to_lowercase().ends_with("secondary") => Some(false),
        _ => None,
    };
    Some(Replica {
        database: link.database()?,
        partner: p.partner_server.clone()?,
        is_primary,
        state: p.replication_state.clone(),
    })
}

fn dark(place: &Place, why: &str) -> (Member, ServerSide) {
    fn u<T>(why: &str) -> Fact<T> {
        Fact::unknown(why)
    }
    let member = Member {
        site: place.site.clone(),
        resource_group: place.instance.resource_group.clone(),
        instance: place.instance.name.clone(),
        facts: u(why),
        databases: u(why),
        links: u(why),
        operations: u(why),
        groups: u(why),
        forbidden: u(why),
    };
    (member, ServerSide { databases: u(why), pools: u(why), replicas: u(why), rules: u(why) })
}

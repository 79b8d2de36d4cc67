//! What a failover group between two logical servers of Azure SQL Database has beside one of managed instances.

use super::fact::Fact;
use super::geo::GroupFacts;
use super::geo::Side;
use std::collections::BTreeMap;

/// A user database as Azure lists it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerDatabase {
    pub name: String,
    /// `Online`, `Copying`, …
    pub status: Option<String>,
    /// `GeneralPurpose`, `Hyperscale`, …
    pub tier: Option<String>,
    /// vCores or DTU.
    pub capacity: Option<i64>,
    /// Name of its elastic pool.
    pub pool: Option<String>,
    pub zone_redundant: Option<bool>,
    /// Name of the failover group it is in.
    pub group: Option<String>,
    /// It is the geo-secondary of another.
    pub is_secondary: bool,
    /// Resource id of its maintenance window; `None`: Azure does not say.
    pub maintenance: Option<String>,
}

impl ServerDatabase {
    /// Its copy is made zone redundant by itself, which only some regions can do (facts: failover-groups 9.3).
    pub fn inherits_zones(&self) -> bool {
        self.zone_redundant == Some(true) && self.tier.as_deref().is_some_and(|t| t.eq_ignore_ascii_case("Hyperscale"))
    }
    pub fn level(&self) -> String {
        let tier = self.tier.as_deref().unwrap_or("tier unknown");
        let size = self.capacity.map_or("size unknown".to_owned(), |c| c.to_string());
        match &self.pool {
            Some(pool) => format!("{tier}, pool {pool}"),
            None => format!("{tier} {size}"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pool {
    pub name: String,
    pub tier: Option<String>,
    pub capacity: Option<i64>,
    pub max_bytes: Option<u64>,
    pub maintenance: Option<String>,
}

/// The replication of one database, as one server shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replica {
    pub database: String,
    /// Short name of the other server.
    pub partner: String,
    /// Of the server that was asked.
    pub is_primary: Option<bool>,
    pub state: Option<String>,
}

/// One of the two servers.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerSide {
    pub databases: Fact<Vec<ServerDatabase>>,
    pub pools: Fact<Vec<Pool>>,
    pub replicas: Fact<Vec<Replica>>,
    /// Names of virtual network rules.
    pub rules: Fact<Vec<String>>,
}

/// Both, and what the group is to take.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerPair {
    pub a: ServerSide,
    pub b: ServerSide,
    /// Databases that the estate file chooses; unknown: it chooses all, and they could not be listed.
    pub chosen: Fact<Vec<String>>,
    /// Bytes of each database that is to be copied, and of each that shares a pool with a copy; by site and folded name.
    pub sizes: BTreeMap<(Side, String), u64>,
}

impl ServerPair {
    pub fn side(&self, side: Side) -> &ServerSide {
        match side {
            Side::A => &self.a,
            Side::B => &self.b,
        }
    }
    pub fn database(&self, side: Side, name: &str) -> Option<&ServerDatabase> {
        self.side(side).databases.known()?.iter().find(|d| d.name.eq_ignore_ascii_case(name))
    }
    /// The replication of a database of that side to a server.
    pub fn replica_to(&self, side: Side, database: &str, partner: &str) -> Option<&Replica> {
        let all = self.side(side).replicas.known()?;
        all.iter().find(|r| r.database.eq_ignore_ascii_case(database) && r.partner.eq_ignore_ascii_case(partner))
    }
}

impl GroupFacts {
    /// Databases that the group has, as its primary shows; `None`: not known, or no group.
    pub fn grouped(&self) -> Option<Vec<String>> {
        [Side::A, Side::B].into_iter().find_map(|side| {
            let view = self.view(side);
            let view = view.known()?.as_ref()?;
            Some(view.databases.clone())
        })
    }
    /// Chosen databases that the group does not hold: not protected, whatever its state says.
    pub fn missing(&self) -> Vec<String> {
        let Some(pair) = &self.servers else { return Vec::new() };
        let (Some(chosen), Some(grouped)) = (pair.chosen.known(), self.grouped()) else { return Vec::new() };
        chosen.iter().filter(|c| !grouped.iter().any(|g| g.eq_ignore_ascii_case(c))).cloned().collect()
    }
    /// Databases of the group that the estate file does not choose.
    pub fn surplus(&self) -> Vec<String> {
        let Some(pair) = &self.servers else { return Vec::new() };
        let (Some(chosen), Some(grouped)) = (pair.chosen.known(), self.grouped()) else { return Vec::new() };
        grouped.iter().filter(|g| !chosen.iter().any(|c| c.eq_ignore_ascii_case(g))).cloned().collect()
    }
}

//! Failover groups: two managed instances in two regions, and the replication between them.

use super::fact::Fact;
use super::geo_server::ServerPair;
use super::ids::ResourceGroup;
use super::ids::SiteId;
use serde::Deserialize;
use serde::Serialize;
use time::OffsetDateTime;

/// One of the two members; `A` is the one that the estate file calls primary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    A,
    B,
}

impl Side {
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// What Azure says of a member instance.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MemberFacts {
    pub id: String,
    pub location: String,
    pub fqdn: String,
    pub dns_zone: Option<String>,
    pub tier: Option<String>,
    pub storage_gb: Option<i64>,
    pub v_cores: Option<i64>,
    pub collation: Option<String>,
    pub time_zone: Option<String>,
    /// The update policy.
    pub policy: Option<String>,
    pub next_gen: Option<bool>,
    pub pool: Option<String>,
    pub pricing: Option<String>,
    pub state: Option<String>,
    pub provisioning: Option<String>,
    pub license: Option<String>,
    pub hybrid_usage: Option<String>,
    pub minimal_tls: Option<String>,
    pub backup_redundancy: Option<String>,
    /// Resource id of its maintenance window; none: Azure does not say.
    pub maintenance: Option<String>,
    pub zone_redundant: Option<bool>,
    /// How sessions are handed on.
    pub connection: Option<String>,
    pub made_at: Option<OffsetDateTime>,
    /// Entra tenant of its subscription; read only where the members' subscriptions differ.
    pub tenant: Option<String>,
}

impl MemberFacts {
    /// Lower-case subscription and resource group, from the id.
    pub fn scope(&self) -> Option<(String, String)> {
        let mut parts = self.id.split('/').skip(1);
        let mut after = |word: &str| {
            (parts.next()?.eq_ignore_ascii_case(word)).then(|| parts.next().map(str::to_lowercase)).flatten()
        };
        Some((after("subscriptions")?, after("resourceGroups")?))
    }
}

/// A group as one address shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupView {
    pub name: String,
    /// Of the side that was asked; `None`: it did not say.
    pub is_primary: Option<bool>,
    /// As Azure writes it.
    pub state: Option<String>,
    pub primary_id: Option<String>,
    pub partner_id: Option<String>,
    pub policy: Option<String>,
    pub grace_minutes: Option<u32>,
    pub read_only_failover: Option<bool>,
    pub secondary_type: Option<String>,
    /// Of logical servers: names of the databases it holds.
    pub databases: Vec<String>,
}

/// A member, as far as it could be read.
#[derive(Debug, Clone)]
pub struct Member {
    pub site: SiteId,
    pub resource_group: ResourceGroup,
    /// Short name in Azure.
    pub instance: String,
    pub facts: Fact<MemberFacts>,
    /// User databases by Azure's list: name and status.
    pub databases: Fact<Vec<(String, String)>>,
    /// Names of links.
    pub links: Fact<Vec<String>>,
    /// Running operations.
    pub operations: Fact<Vec<String>>,
    /// Every group at this member's address.
    pub groups: Fact<Vec<GroupView>>,
    /// Needed actions that the caller may not do.
    pub forbidden: Fact<Vec<String>>,
}

/// One row of `sys.dm_geo_replication_link_status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeoRow {
    pub state: Option<String>,
    /// NULL is unknown, not 0.
    pub lag_s: Option<i64>,
    /// Since the partner's last acknowledgement, as the server's clock says.
    pub age_s: Option<i64>,
    pub is_primary: Option<bool>,
}

/// A user database of the primary, and its replication; no row: not replicated.
#[derive(Debug, Clone, PartialEq)]
pub struct GeoDatabase {
    pub name: String,
    pub row: Fact<Option<GeoRow>>,
    /// A filegroup for memory-optimised data; `None`: not known.
    pub in_memory: Option<bool>,
}

/// All of a group that could be read.
#[derive(Debug, Clone)]
pub struct GroupFacts {
    pub name: String,
    pub a: Member,
    pub b: Member,
    /// Of the side that is primary, or is to be.
    pub databases: Vec<GeoDatabase>,
    /// Data and log of those databases; `None`: not read.
    pub bytes: Option<u64>,
    /// Between logical servers of Azure SQL Database.
    pub servers: Option<ServerPair>,
}

impl GroupFacts {
    pub fn member(&self, side: Side) -> &Member {
        match side {
            Side::A => &self.a,
            Side::B => &self.b,
        }
    }
    /// The group as that side shows it; known and none: it is not there.
    pub fn view(&self, side: Side) -> Fact<Option<GroupView>> {
        match &self.member(side).groups {
            Fact::Known { value } => {
                Fact::Known { value: value.iter().find(|g| g.name.eq_ignore_ascii_case(&self.name)).cloned() }
            }
            Fact::Unknown { why } => Fact::unknown(why.clone()),
        }
    }
    /// Largest lag; `None`: of some database it is not known.
    pub fn lag_s(&self) -> Option<i64> {
        let lag = |d: &GeoDatabase| d.row.known()?.as_ref()?.lag_s;
        self.databases.iter().map(lag).try_fold(0, |most, l| Some(most.max(l?)))
    }
}

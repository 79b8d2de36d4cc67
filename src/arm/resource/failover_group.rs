//! Instance failover groups: below a location, the same group at two addresses (facts: arm-api 6).

use crate::arm::client::same_id;
use crate::model::ids::ResourceGroup;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

/// One of the two addresses of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRef {
    pub resource_group: ResourceGroup,
    /// `westeurope`: no blanks, lower case.
    pub location: String,
    pub name: String,
    /// A logical server's group: below the server, not below the location (facts: arm-api 7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
}

impl std::fmt::Display for GroupRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = self.server.as_ref().unwrap_or(&self.location);
        write!(f, "{} in {}/{place}", self.name, self.resource_group)
    }
}

/// What a group is to be (facts: failover-groups 2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupBody {
    /// `None`: customer managed. Then a grace period must be absent.
    pub automatic_after_minutes: Option<u32>,
    pub read_only_failover: bool,
    pub standby: bool,
    pub partner_location: String,
    /// Full resource ids.
    pub primary: String,
    pub partner: String,
    /// Between logical servers: full ids of the databases. A PUT replaces the list (facts: failover-groups 9.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub databases: Option<Vec<String>>,
}

impl GroupBody {
    pub fn to_json(&self) -> Value {
        let read_write = match self.automatic_after_minutes {
            Some(minutes) => {
                json!({ "failoverPolicy": "Automatic", "failoverWithDataLossGracePeriodMinutes": minutes })
            }
            None => json!({ "failoverPolicy": "Manual" }),
        };
        if let Some(databases) = &self.databases {
            return json!({ "properties": {
                "readWriteEndpoint": read_write,
                "readOnlyEndpoint": {
                    "failoverPolicy": if self.read_only_failover { "Enabled" } else { "Disabled" },
                    "targetServer": self.partner,
                },
                "partnerServers": [{ "id": self.partner }],
                "databases": databases,
                "secondaryType": if self.standby { "Standby" } else { "Geo" },
            } });
        }
        json!({ "properties": {
            "readWriteEndpoint": read_write,
            "readOnlyEndpoint": { "failoverPolicy": if self.read_only_failover { "Enabled" } else { "Disabled" } },
            "partnerRegions": [{ "location": self.partner_location }],
            "managedInstancePairs": [{
                "primaryManagedInstanceId": self.primary,
                "partnerManagedInstanceId": self.partner,
            }],
            "secondaryType": if self.standby { "Standby" } else { "Geo" },
        } })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailoverGroup {
    pub id: Option<String>,
    pub name: Option<String>,
    #[serde(default)]
    pub properties: FailoverGroupProperties,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FailoverGroupProperties {
    /// Of the region that was asked: `Primary`, `Secondary`.
    pub replication_role: Option<String>,
    /// `CATCH_UP`, `SEEDING`, `PENDING`, `SUSPENDED`.
    pub replication_state: Option<String>,
    pub secondary_type: Option<String>,
    pub read_write_endpoint: Endpoint,
    pub read_only_endpoint: Endpoint,
    pub partner_regions: Vec<PartnerRegion>,
    pub managed_instance_pairs: Vec<InstancePair>,
    /// Of logical servers.
    pub partner_servers: Vec<PartnerServer>,
    /// Of logical servers: ids of databases on the primary.
    pub databases: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PartnerServer {
    pub id: Option<String>,
    pub location: Option<String>,
    pub replication_role: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Endpoint {
    pub failover_policy: Option<String>,
    pub failover_with_data_loss_grace_period_minutes: Option<u32>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PartnerRegion {
    pub location: Option<String>,
    pub replication_role: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct InstancePair {
    pub primary_managed_instance_id: Option<String>,
    pub partner_managed_instance_id: Option<String>,
}

impl FailoverGroup {
    /// Names of the databases, where the group has a list of them.
    pub fn database_names(&self) -> Vec<String> {
        let name = |id: &String| id.trim_end_matches('/').rsplit('/').next().map(str::to_owned);
        self.properties.databases.iter().filter_map(name).collect()
    }
    /// The server with this id is the partner of the side that was asked.
    pub fn is_partner(&self, server_id: &str) -> bool {
        self.properties.partner_servers.iter().filter_map(|p| p.id.as_ref()).any(|id| same_id(id, server_id))
    }
    /// The instance with this id is in the group, on either side.
    pub fn holds(&self, instance_id: &str) -> bool {
        self.properties.managed_instance_pairs.iter().any(|pair| {
            [&pair.primary_managed_instance_id, &pair.partner_managed_instance_id]
                .into_iter()
                .flatten()
                .any(|id| same_id(id, instance_id))
        })
    }
    /// Role of the address that was asked; `None`: it did not say.
    pub fn is_primary(&self) -> Option<bool> {
        let role = self.properties.replication_role.as_deref()?;
        if role.eq_ignore_ascii_case("Primary") {
            Some(true)
        } else if role.eq_ignore_ascii_case("Secondary") {
            Some(false)
        } else {
            None
        }
    }
    pub fn is_caught_up(&self) -> bool {
        let state = self.properties.replication_state.as_deref().unwrap_or_default();
        state.chars().filter(|c| !"-_ ".contains(*c)).collect::<String>().eq_ignore_ascii_case("catchup")
    }
}

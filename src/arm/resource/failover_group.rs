//! Instance failover groups: below a location, the same group at two addresses (facts: arm-api 6).

use crate::arm::client::same_id;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

/// One of the two addresses of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRef {
    pub resource_group: String,
    /// `westeurope`: no blanks, lower case.
    pub location: String,
    pub name: String,
}

impl std::fmt::Display for GroupRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} in {}/{}", self.name, self.resource_group, self.location)
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
}

impl GroupBody {
    pub fn to_json(&self) -> Value {
        let read_write = match self.automatic_after_minutes {
            Some(minutes) => {
                json!({ "failoverPolicy": "Automatic", "failoverWithDataLossGracePeriodMinutes": minutes })
            }
            None => json!({ "failoverPolicy": "Manual" }),
        };
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

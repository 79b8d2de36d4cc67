//! Instance failover groups, as far as a link must know of them (facts: arm-api 6).

use crate::arm::client::same_id;
use serde::Deserialize;
use serde::Serialize;

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
    pub partner_regions: Vec<PartnerRegion>,
    pub managed_instance_pairs: Vec<InstancePair>,
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
}

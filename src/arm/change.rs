//! Changes as values: shown for approval and sent by the same function.

use super::client::ArmConfig;
use super::client::InstanceRef;
use super::resource::failover_group::GroupBody;
use super::resource::failover_group::GroupRef;
use super::transport::Method;
use crate::base::error::Result;
use crate::base::hex;
use crate::model::resize::InstanceSetting;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

/// Version used throughout; every member this product sends exists in it.
pub const API_VERSION: &str = "2025-01-01";
/// Needed for multi-database links and for the roots in an endpoint certificate (facts: arm-api 1.1).
pub const API_VERSION_PREVIEW: &str = "2025-08-01-preview";

/// Enough for every member of a network that is sent here (facts: arm-api 1.1).
pub const API_VERSION_NETWORK: &str = "2024-05-01";

/// What a new link is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkBody {
    pub databases: Vec<String>,
    /// `tcp://host:port` of the SQL Server's mirroring endpoint, or of the listener.
    pub partner_endpoint: String,
    /// Group on the SQL Server.
    pub partner_availability_group: String,
    /// Group on the instance; must differ, and equal the second name in the distributed group.
    pub instance_availability_group: String,
    /// Role of the instance at creation: `Secondary` or `Primary`.
    pub instance_role: InstanceRole,
    /// Two-way needs equal database formats (41988).
    pub failover_mode: FailoverMode,
    /// One link for all databases of the group (preview).
    #[serde(default)]
    pub multi_database: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum InstanceRole {
    Primary,
    Secondary,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailoverMode {
    /// One-way to Azure.
    None,
    /// Two-way.
    Manual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReplicationMode {
    Async,
    Sync,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailoverType {
    /// Only from an instance that is primary.
    Planned,
    ForcedAllowDataLoss,
}

/// A change in Azure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum ArmChange {
    /// Gives the instance a SQL Server certificate. A changed certificate needs a new name.
    PutTrustCertificate {
        instance: InstanceRef,
        name: String,
        der: Vec<u8>,
    },
    DeleteTrustCertificate {
        instance: InstanceRef,
        name: String,
    },
    PutLink {
        instance: InstanceRef,
        name: String,
        link: LinkBody,
    },
    SetReplicationMode {
        instance: InstanceRef,
        name: String,
        mode: ReplicationMode,
    },
    /// On SQL Server 2016 to 2019 this *is* the failover.
    DeleteLink {
        instance: InstanceRef,
        name: String,
    },
    FailoverLink {
        instance: InstanceRef,
        name: String,
        kind: FailoverType,
    },
    /// Creates or updates a failover group; sent to the primary's address.
    PutGroup {
        at: GroupRef,
        group: GroupBody,
    },
    /// Sent to the primary's address.
    DeleteGroup {
        at: GroupRef,
    },
    /// Sent to the address of the side that is to become primary.
    FailoverGroup {
        at: GroupRef,
        forced: bool,
    },
    /// Of logical servers alone: planned, and where that does not succeed, forced. Sent as a failover is.
    TryPlannedFirst {
        at: GroupRef,
    },
    /// A new instance. The administrator's password is not in it: it is put in when it is sent, and nowhere else.
    PutInstance {
        instance: InstanceRef,
        body: Value,
    },
    /// One setting of an instance, in place.
    PatchInstance {
        instance: InstanceRef,
        setting: InstanceSetting,
    },
    /// One resource of `Microsoft.Network`, by its id, whole.
    PutNetwork {
        id: String,
        body: Value,
    },
    /// Makes a database the geo-secondary of another one, with zone redundancy as chosen (facts: failover-groups 9.3).
    PutSecondary {
        server: InstanceRef,
        database: String,
        location: String,
        /// Full id of the primary.
        source: String,
        zone_redundant: bool,
    },
}

/// The very call a change makes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preview {
    pub method: Method,
    pub url: String,
    pub body: Option<Value>,
}

impl std::fmt::Display for Preview {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.url)?;
        match &self.body {
            Some(body) => write!(f, "\n{body}"),
            None => Ok(()),
        }
    }
}

impl ArmChange {
    /// Stable name for journals: `link.put`, …
    pub fn id(&self) -> &'static str {
        match self {
            ArmChange::PutTrustCertificate { .. } => "trust_certificate.put",
            ArmChange::DeleteTrustCertificate { .. } => "trust_certificate.delete",
            ArmChange::PutLink { .. } => "link.put",
            ArmChange::SetReplicationMode { .. } => "link.set_replication_mode",
            ArmChange::DeleteLink { .. } => "link.delete",
            ArmChange::FailoverLink { .. } => "link.failover",
            ArmChange::PutGroup { .. } => "failover_group.put",
            ArmChange::DeleteGroup { .. } => "failover_group.delete",
            ArmChange::FailoverGroup { forced: false, .. } => "failover_group.failover",
            ArmChange::FailoverGroup { forced: true, .. } => "failover_group.force_failover",
            ArmChange::TryPlannedFirst { .. } => "failover_group.try_planned_first",
            ArmChange::PutInstance { .. } => "instance.put",
            ArmChange::PatchInstance { .. } => "instance.patch",
            ArmChange::PutNetwork { .. } => "network.put",
            ArmChange::PutSecondary { .. } => "database.put_secondary",
        }
    }

    /// The request, exactly as it will be sent.
    pub fn preview(&self, config: &ArmConfig) -> Result<Preview> {
        let link = |instance: &InstanceRef, name: &str, action: &[&str], version: &str| {
            let mut path = vec!["distributedAvailabilityGroups", name];
            path.extend(action);
            config.instance_url(instance, &path, version)
        };
        let certificate = |instance: &InstanceRef, name: &str| {
            config.instance_url(instance, &["serverTrustCertificates", name], API_VERSION)
        };
        let (method, url, body) = match self {
            ArmChange::PutTrustCertificate { instance, name, der } => {
                let body = json!({ "properties": { "publicBlob": format!("0x{}", hex::encode(der)) } });
                (Method::Put, certificate(instance, name)?, Some(body))
            }
            ArmChange::DeleteTrustCertificate { instance, name } => {
                (Method::Delete, certificate(instance, name)?, None)
            }
            ArmChange::PutLink { instance, name, link: body } => {
                let version = if body.multi_database { API_VERSION_PREVIEW } else { API_VERSION };
                (Method::Put, link(instance, name, &[], version)?, Some(body.to_json()))
            }
            ArmChange::SetReplicationMode { instance, name, mode } => {
                let body = json!({ "properties": { "replicationMode": mode } });
                (Method::Patch, link(instance, name, &[], API_VERSION)?, Some(body))
            }
            ArmChange::DeleteLink { instance, name } => (Method::Delete, link(instance, name, &[], API_VERSION)?, None),
            ArmChange::FailoverLink { instance, name, kind } => {
                // Flat, not inside `properties`.
                (Method::Post, link(instance, name, &["failover"], API_VERSION)?, Some(json!({ "failoverType": kind })))
            }
            ArmChange::PutGroup { at, group } => (Method::Put, config.group_url(at, &[])?, Some(group.to_json())),
            ArmChange::DeleteGroup { at } => (Method::Delete, config.group_url(at, &[])?, None),
            ArmChange::FailoverGroup { at, forced } => {
                let action = if *forced { "forceFailoverAllowDataLoss" } else { "failover" };
                (Method::Post, config.group_url(at, &[action])?, None)
            }
            ArmChange::TryPlannedFirst { at } => {
                (Method::Post, config.group_url(at, &["tryPlannedBeforeForcedFailover"])?, None)
            }
            ArmChange::PutInstance { instance, body } => {
                (Method::Put, config.instance_url(instance, &[], API_VERSION)?, Some(body.clone()))
            }
            ArmChange::PatchInstance { instance, setting } => {
                let body = match setting {
                    InstanceSetting::VCores(n) => json!({ "properties": { "vCores": n } }),
                    InstanceSetting::Storage(gb) => json!({ "properties": { "storageSizeInGB": gb } }),
                    InstanceSetting::Sku(name) => json!({ "sku": { "name": name } }),
                    InstanceSetting::UpdatePolicy(policy) => json!({ "properties": { "databaseFormat": policy } }),
                    InstanceSetting::NextGen(on) => json!({ "properties": { "isGeneralPurposeV2": on } }),
                    InstanceSetting::ZoneRedundant(on) => json!({ "properties": { "zoneRedundant": on } }),
                };
                (Method::Patch, config.instance_url(instance, &[], API_VERSION)?, Some(body))
            }
            ArmChange::PutNetwork { id, body } => {
                (Method::Put, config.resource_url(id, API_VERSION_NETWORK)?, Some(body.clone()))
            }
            ArmChange::PutSecondary { server, database, location, source, zone_redundant } => {
                let body = json!({ "location": location, "properties": {
                    "createMode": "Secondary",
                    "secondaryType": "Geo",
                    "sourceDatabaseId": source,
                    "zoneRedundant": zone_redundant,
                } });
                (Method::Put, config.server_url(server, &["databases", database], API_VERSION)?, Some(body))
            }
        };
        Ok(Preview { method, url, body })
    }
}

impl LinkBody {
    /// The resource as it is put (facts: arm-api 3.1). `replicationMode` is ignored at creation and left out.
    pub fn to_json(&self) -> Value {
        let databases: Vec<Value> = self.databases.iter().map(|name| json!({ "databaseName": name })).collect();
        let mut properties = json!({
            "databases": databases,
            "failoverMode": self.failover_mode,
            "instanceAvailabilityGroupName": self.instance_availability_group,
            "instanceLinkRole": self.instance_role,
            "partnerAvailabilityGroupName": self.partner_availability_group,
            "partnerEndpoint": self.partner_endpoint,
            "seedingMode": "Automatic",
        });
        if self.multi_database {
            properties["linkMode"] = json!("MultiDatabase");
        }
        json!({ "properties": properties })
    }
}

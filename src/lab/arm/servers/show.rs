//! The JSON of servers and of what is below them.

use super::address::DATABASE_TYPE;
use super::address::GROUP_TYPE;
use super::address::LINK_TYPE;
use super::address::POOL_TYPE;
use super::address::RULE_TYPE;
use super::address::SERVER_TYPE;
use super::state::LogicalHost;
use super::state::Servers;
use crate::lab::arm::view::stamp;
use crate::lab::geo::Group;
use crate::lab::geo::ServerGroup;
use crate::lab::scenario::servers::ElasticPool;
use crate::lab::scenario::servers::sku_name;
use serde_json::Value;
use serde_json::json;
use std::sync::PoisonError;

/// Largest size of the databases of a scenario, bytes: what the smallest vCore offer allows.
const MAX_SIZE: u64 = 32 << 30;

impl Servers {
    pub(super) fn show_server(&self, host: &LogicalHost) -> Value {
        json!({
            "id": self.id(host), "name": host.spec.name, "type": SERVER_TYPE, "kind": "v12.0",
            "location": self.region(host), "tags": {},
            "properties": {
                "administratorLogin": "lab_admin",
                "version": "12.0",
                "state": "Ready",
                "fullyQualifiedDomainName": host.spec.fqdn(),
                "privateEndpointConnections": [],
                "minimalTlsVersion": "1.2",
                "publicNetworkAccess": "Enabled",
                "restrictOutboundNetworkAccess": "Disabled",
            },
        })
    }

    /// The default window: nobody chose another.
    fn maintenance(&self) -> String {
        let subscription = &self.azure.subscription;
        format!(
            "/subscriptions/{subscription}/providers/Microsoft.Maintenance/publicMaintenanceConfigurations/SQL_Default"
        )
    }

    pub(super) fn database_id(&self, host: &LogicalHost, name: &str) -> String {
        format!("{}/databases/{name}", self.id(host))
    }

    /// `None`: it is not there.
    pub(super) fn show_database(&self, host: &LogicalHost, name: &str) -> Option<Value> {
        let (spelled, guid, state, created, secondary) = host.instance.with(|s| {
            let d = s.database(name).filter(|d| !d.is_system())?;
            let secondary = d.geo.as_ref().is_some_and(|g| !g.primary);
            Some((d.name.clone(), d.guid, d.state, d.create_date, secondary))
        })?;
        let level = host.level(&spelled);
        let sku = sku_name(&level.tier, level.pool.is_some());
        let objective = if level.pool.is_some() { sku.clone() } else { format!("{sku}_{}", level.capacity) };
        let status = if state == crate::lab::world::database::DatabaseState::Online { "Online" } else { "Copying" };
        let group = self.hub.group_of_database(&host.spec.id, &spelled);
        let mut properties = json!({
            "status": status,
            "databaseId": guid.to_string(),
            "creationDate": stamp(created),
            "collation": "SQL_Latin1_General_CP1_CI_AS",
            "maxSizeBytes": MAX_SIZE,
            "currentServiceObjectiveName": objective,
            "requestedServiceObjectiveName": objective,
            "zoneRedundant": level.zone_redundant,
            "readScale": if level.tier == "GeneralPurpose" { "Disabled" } else { "Enabled" },
            "currentBackupStorageRedundancy": "Geo",
            "requestedBackupStorageRedundancy": "Geo",
            "isLedgerOn": false,
            "maintenanceConfigurationId": self.maintenance(),
        });
        if let Some(pool) = &level.pool {
            properties["elasticPoolId"] = format!("{}/elasticPools/{pool}", self.id(host)).into();
        }
        if let Some(group) = group {
            properties["failoverGroupId"] = self.group_id(host, &group.name).into();
        }
        if secondary {
            properties["secondaryType"] = "Geo".into();
        }
        Some(json!({
            "id": self.database_id(host, &spelled), "name": spelled, "type": DATABASE_TYPE,
            "kind": if level.pool.is_some() { "v12.0,user,vcore,pool" } else { "v12.0,user,vcore" },
            "location": self.region(host), "tags": {},
            "sku": {"name": sku, "tier": level.tier, "family": "Gen5", "capacity": level.capacity},
            "properties": properties,
        }))
    }

    pub(super) fn show_pool(&self, host: &LogicalHost, pool: &ElasticPool) -> Value {
        let prefix = match pool.tier.as_str() {
            "GeneralPurpose" => "GP_Gen5",
            "BusinessCritical" => "BC_Gen5",
            "Hyperscale" => "HS_Gen5",
            other => other,
        };
        json!({
            "id": format!("{}/elasticPools/{}", self.id(host), pool.name), "name": pool.name, "type": POOL_TYPE,
            "kind": "vcore,pool", "location": self.region(host), "tags": {},
            "sku": {"name": prefix, "tier": pool.tier, "family": "Gen5", "capacity": pool.capacity},
            "properties": {
                "state": "Ready",
                "maxSizeBytes": u64::from(pool.size_gb) << 30,
                "maintenanceConfigurationId": self.maintenance(),
                "perDatabaseSettings": {"minCapacity": 0, "maxCapacity": pool.capacity},
                "zoneRedundant": false,
            },
        })
    }

    pub(super) fn show_rule(&self, host: &LogicalHost, name: &str) -> Value {
        json!({
            "id": format!("{}/virtualNetworkRules/{name}", self.id(host)), "name": name, "type": RULE_TYPE,
            "properties": {"ignoreMissingVnetServiceEndpoint": false, "state": "Ready"},
        })
    }

    /// The replication of one database, from the side of `host`.
    pub(super) fn show_link(&self, host: &LogicalHost, database: &str, unit: &Group) -> Option<Value> {
        let is_primary = unit.primary().config.id == host.spec.id;
        let other = if is_primary { unit.secondary() } else { unit.primary() };
        let partner = self.of_instance(&other.config.id)?;
        let id = host.instance.with(|s| Some(s.database(database)?.geo.as_ref()?.link))?;
        let state = unit.replication_state();
        let (role, partner_role) = if is_primary { ("Primary", "Secondary") } else { ("Secondary", "Primary") };
        Some(json!({
            "id": format!("{}/replicationLinks/{id}", self.database_id(host, database)),
            "name": id.to_string(), "type": LINK_TYPE,
            "properties": {
                "partnerServer": partner.spec.name,
                "partnerDatabase": database,
                "partnerDatabaseId": self.database_id(partner, database),
                "partnerLocation": self.region(partner),
                "role": role,
                "partnerRole": partner_role,
                "replicationMode": "ASYNC",
                "replicationState": state,
                "percentComplete": if state == "CATCH_UP" { 100 } else { 0 },
                "isTerminationAllowed": true,
                "linkType": "GEO",
            },
        }))
    }

    pub(super) fn group_id(&self, host: &LogicalHost, name: &str) -> String {
        format!("{}/failoverGroups/{name}", self.id(host))
    }

    /// A group from the side of `host`; `targets`: this version knows `targetServer`.
    pub(super) fn show_group(&self, host: &LogicalHost, group: &ServerGroup, targets: bool) -> Option<Value> {
        let is_primary = group.primary().config.id == host.spec.id;
        let primary = self.of_instance(&group.primary().config.id)?;
        let secondary = self.of_instance(&group.secondary().config.id)?;
        let partner = if is_primary { secondary } else { primary };
        let settings = group.settings();
        let mut read_write = json!({"failoverPolicy": if settings.automatic { "Automatic" } else { "Manual" }});
        if let Some(minutes) = settings.grace_minutes {
            read_write["failoverWithDataLossGracePeriodMinutes"] = minutes.into();
        }
        let mut read_only = json!({"failoverPolicy": if settings.read_only_failover { "Enabled" } else { "Disabled" }});
        if targets {
            read_only["targetServer"] = self.id(secondary).into();
        }
        let key = group.name.to_lowercase();
        let tags = primary.tags.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        // `secondaryType` is write-only (facts: arm-api 7).
        Some(json!({
            "id": self.group_id(host, &group.name), "name": group.name, "type": GROUP_TYPE,
            "location": self.region(host), "tags": tags.unwrap_or_else(|| json!({})),
            "properties": {
                "readWriteEndpoint": read_write,
                "readOnlyEndpoint": read_only,
                "replicationRole": if is_primary { "Primary" } else { "Secondary" },
                "replicationState": self.hub.server_group_state(group),
                "partnerServers": [{
                    "id": self.id(partner),
                    "location": self.region(partner),
                    "replicationRole": if is_primary { "Secondary" } else { "Primary" },
                }],
                "databases": group.databases().iter().map(|d| self.database_id(primary, d)).collect::<Vec<_>>(),
            },
        }))
    }
}

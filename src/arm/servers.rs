//! Logical servers of Azure SQL Database: where they are, and what is read of them.

use super::change::API_VERSION;
use super::client::API_VERSION_PERMISSIONS;
use super::client::Arm;
use super::client::ArmConfig;
use super::client::InstanceRef;
use super::resource::access::PermissionEntry;
use super::resource::failover_group::FailoverGroup;
use super::resource::server::ElasticPool;
use super::resource::server::LogicalServer;
use super::resource::server::NetworkRule;
use super::resource::server::ReplicationLink;
use super::resource::server::ServerDatabase;
use crate::base::error::During;
use crate::base::error::Result;

impl ArmConfig {
    /// A logical server's resource id.
    pub fn server_id(&self, server: &InstanceRef) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Sql/servers/{}",
            self.subscription_of(&server.resource_group),
            server.resource_group,
            server.name
        )
    }
    pub fn server_database_id(&self, server: &InstanceRef, database: &str) -> String {
        format!("{}/databases/{database}", self.server_id(server))
    }

    pub(super) fn server_url(&self, server: &InstanceRef, below: &[&str], version: &str) -> Result<String> {
        let mut path = vec![
            "subscriptions",
            self.subscription_of(&server.resource_group),
            "resourceGroups",
            &server.resource_group.name,
            "providers",
            "Microsoft.Sql",
            "servers",
            &server.name,
        ];
        path.extend(below);
        self.url(&path, version)
    }
}

impl Arm {
    pub async fn server(&self, server: &InstanceRef) -> Result<LogicalServer> {
        let url = self.config().server_url(server, &[], API_VERSION)?;
        self.get(&url).await.during(|| format!("reading server {server}"))
    }
    /// `master` among them.
    pub async fn server_databases(&self, server: &InstanceRef) -> Result<Vec<ServerDatabase>> {
        let url = self.config().server_url(server, &["databases"], API_VERSION)?;
        self.list(url).await.during(|| format!("listing the databases of {server}"))
    }
    /// None: there is no such database.
    pub async fn server_database(&self, server: &InstanceRef, name: &str) -> Result<Option<ServerDatabase>> {
        let url = self.config().server_url(server, &["databases", name], API_VERSION)?;
        self.get_maybe(&url).await.during(|| format!("reading database `{name}` of {server}"))
    }
    pub async fn elastic_pools(&self, server: &InstanceRef) -> Result<Vec<ElasticPool>> {
        let url = self.config().server_url(server, &["elasticPools"], API_VERSION)?;
        self.list(url).await.during(|| format!("listing the elastic pools of {server}"))
    }
    /// Of every database of the server.
    pub async fn replication_links(&self, server: &InstanceRef) -> Result<Vec<ReplicationLink>> {
        let url = self.config().server_url(server, &["replicationLinks"], API_VERSION)?;
        self.list(url).await.during(|| format!("listing the replication links of {server}"))
    }
    pub async fn network_rules(&self, server: &InstanceRef) -> Result<Vec<NetworkRule>> {
        let url = self.config().server_url(server, &["virtualNetworkRules"], API_VERSION)?;
        self.list(url).await.during(|| format!("listing the virtual network rules of {server}"))
    }
    pub async fn server_groups(&self, server: &InstanceRef) -> Result<Vec<FailoverGroup>> {
        let url = self.config().server_url(server, &["failoverGroups"], API_VERSION)?;
        self.list(url).await.during(|| format!("listing the failover groups of {server}"))
    }
    /// What the caller may do on the server.
    pub async fn server_permissions(&self, server: &InstanceRef) -> Result<Vec<PermissionEntry>> {
        let path = ["providers", "Microsoft.Authorization", "permissions"];
        let url = self.config().server_url(server, &path, API_VERSION_PERMISSIONS)?;
        self.list(url).await.during(|| format!("reading permissions on {server}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arm::ArmChange;
    use crate::arm::resource::failover_group::GroupBody;
    use crate::arm::resource::failover_group::GroupRef;
    use serde_json::json;

    fn config() -> ArmConfig {
        ArmConfig {
            endpoint: "https://management.azure.com".to_owned(),
            subscription: "s".to_owned(),
            scope: String::new(),
            user_agent: String::new(),
        }
    }

    fn at(server: &str) -> GroupRef {
        GroupRef {
            resource_group: "rg".into(),
            location: "uksouth".to_owned(),
            name: "fog".to_owned(),
            server: Some(server.to_owned()),
        }
    }

    fn body(minutes: Option<u32>) -> GroupBody {
        GroupBody {
            automatic_after_minutes: minutes,
            read_only_failover: false,
            standby: false,
            partner_location: "ukwest".to_owned(),
            primary: "/a".to_owned(),
            partner: "/b".to_owned(),
            databases: Some(vec!["/a/databases/x".to_owned()]),
        }
    }

    #[test]
    fn the_body_of_a_group_is_what_the_service_asks_for() {
        let manual = ArmChange::PutGroup { at: at("a"), group: body(None) }.preview(&config()).unwrap();
        assert!(manual.url.ends_with("/providers/Microsoft.Sql/servers/a/failoverGroups/fog?api-version=2025-01-01"));
        let p = &manual.body.unwrap()["properties"];
        assert_eq!(p["readWriteEndpoint"], json!({"failoverPolicy": "Manual"}), "a grace period must be absent");
        assert_eq!(p["readOnlyEndpoint"], json!({"failoverPolicy": "Disabled", "targetServer": "/b"}));
        assert_eq!((&p["partnerServers"], &p["databases"]), (&json!([{"id": "/b"}]), &json!(["/a/databases/x"])));
        assert!(p.get("partnerRegions").is_none() && p.get("managedInstancePairs").is_none());
        let automatic = body(Some(60)).to_json();
        assert_eq!(automatic["properties"]["readWriteEndpoint"]["failoverWithDataLossGracePeriodMinutes"], 60);
    }

    #[test]
    fn a_failover_goes_to_the_server_that_becomes_primary() {
        let url = |change: ArmChange| change.preview(&config()).unwrap().url;
        let first = url(ArmChange::TryPlannedFirst { at: at("b") });
        assert!(first.contains("/servers/b/failoverGroups/fog/tryPlannedBeforeForcedFailover?"), "{first}");
        let forced = url(ArmChange::FailoverGroup { at: at("b"), forced: true });
        assert!(forced.contains("/servers/b/failoverGroups/fog/forceFailoverAllowDataLoss?"), "{forced}");
    }
}

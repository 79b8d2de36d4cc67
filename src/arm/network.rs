//! Networks around an instance: read by the ids that Azure itself names.

use super::client::Arm;
use super::client::ArmConfig;
use super::resource::network::RouteTable;
use super::resource::network::SecurityGroup;
use super::resource::network::VirtualNetwork;
use crate::base::error::During;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::model::network::id_tail;

/// Enough for everything that is read here (facts: arm-api 1.1).
pub const API_VERSION_NETWORK: &str = "2024-05-01";

impl ArmConfig {
    /// Address of a resource by its id, which may lie in another subscription.
    pub(super) fn id_url(&self, id: &str, version: &str) -> Result<String> {
        let path: Vec<&str> = id.split('/').filter(|s| !s.is_empty()).collect();
        if path.len() < 2 || !path[0].eq_ignore_ascii_case("subscriptions") {
            return Err(Error::new(Kind::Server, format!("`{id}` is no id of a resource")));
        }
        self.url(&path, version)
    }
}

impl Arm {
    pub async fn virtual_network(&self, id: &str) -> Result<VirtualNetwork> {
        let url = self.config().id_url(id, API_VERSION_NETWORK)?;
        self.get(&url).await.during(|| format!("reading virtual network {}", id_tail(id)))
    }
    pub async fn security_group(&self, id: &str) -> Result<SecurityGroup> {
        let url = self.config().id_url(id, API_VERSION_NETWORK)?;
        self.get(&url).await.during(|| format!("reading network security group {}", id_tail(id)))
    }
    pub async fn route_table(&self, id: &str) -> Result<RouteTable> {
        let url = self.config().id_url(id, API_VERSION_NETWORK)?;
        self.get(&url).await.during(|| format!("reading route table {}", id_tail(id)))
    }
}

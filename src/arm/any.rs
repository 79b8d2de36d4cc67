//! Any resource by its id, as Azure itself names it: it may lie in another subscription or resource group.

use super::client::Arm;
use super::client::ArmConfig;
use crate::base::error::During;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use serde_json::Value;

impl ArmConfig {
    pub fn resource_url(&self, id: &str, version: &str) -> Result<String> {
        let path: Vec<&str> = id.split('/').filter(|s| !s.is_empty()).collect();
        if path.len() < 2 || !path[0].eq_ignore_ascii_case("subscriptions") {
            return Err(Error::new(Kind::Server, format!("`{id}` is no id of a resource")));
        }
        self.url(&path, version)
    }
}

impl Arm {
    /// As it is; `None`: there is no such resource.
    pub async fn resource(&self, id: &str, version: &str) -> Result<Option<Value>> {
        let url = self.config().resource_url(id, version)?;
        let name = id.rsplit('/').next().unwrap_or(id);
        match self.get_maybe(&url).await {
            // Networks have a word of their own for it; the group or the subscription missing is another.
            Err(e) if e.service_code().is_some_and(|c| c.eq_ignore_ascii_case("NotFound")) => Ok(None),
            other => other.during(|| format!("reading {name}")),
        }
    }
}

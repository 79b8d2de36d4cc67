//! What an instance keeps: keys over encrypted databases, backups, its administrator (facts: failover-groups P19, P25, P26).

use super::change::API_VERSION;
use super::client::Arm;
use super::client::InstanceRef;
use super::resource::database::LongRetention;
use super::resource::database::LongRetentionProperties;
use super::resource::database::ShortRetention;
use super::resource::instance::Administrator;
use super::resource::instance::ManagedInstance;
use super::resource::instance::Protector;
use super::resource::instance::ProtectorProperties;
use super::resource::instance::ServerKey;
use crate::base::error::During;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use serde::Deserialize;

/// Version of the list of subscriptions.
const API_VERSION_SUBSCRIPTIONS: &str = "2022-12-01";

impl Arm {
    /// Whose key protects the encrypted databases of an instance: `ServiceManaged`, `AzureKeyVault`.
    pub async fn encryption_protector(&self, instance: &InstanceRef) -> Result<String> {
        let found = self.protector(instance).await?;
        found.server_key_type.ok_or_else(|| Error::new(Kind::Server, "Azure shows no kind of key"))
    }

    /// The key itself, too.
    pub async fn protector(&self, instance: &InstanceRef) -> Result<ProtectorProperties> {
        let url = self.config().instance_url(instance, &["encryptionProtector", "current"], API_VERSION)?;
        let found: Protector =
            self.get(&url).await.during(|| format!("reading the encryption protector of {instance}"))?;
        Ok(found.properties)
    }

    /// Keys that the instance knows, the service's own included.
    pub async fn keys(&self, instance: &InstanceRef) -> Result<Vec<ServerKey>> {
        let url = self.config().instance_url(instance, &["keys"], API_VERSION)?;
        self.list(url).await.during(|| format!("listing the keys of {instance}"))
    }

    /// Days for which backups of a database are kept for a restore to any moment, and what is kept beyond.
    pub async fn retention(
        &self,
        instance: &InstanceRef,
        database: &str,
    ) -> Result<(Option<u32>, LongRetentionProperties)> {
        let url =
            |policy| self.config().instance_url(instance, &["databases", database, policy, "default"], API_VERSION);
        let (short, long) = (url("backupShortTermRetentionPolicies")?, url("backupLongTermRetentionPolicies")?);
        let (short, long) = tokio::join!(self.get::<ShortRetention>(&short), self.get::<LongRetention>(&long));
        let during = || format!("reading how long backups of {database} on {instance} are kept");
        Ok((short.during(during)?.properties.retention_days, long.during(during)?.properties))
    }

    /// The Entra administrator; `None`: there is none.
    pub async fn administrator(&self, instance: &InstanceRef) -> Result<Option<Administrator>> {
        let mut url = self.config().instance_url(instance, &[], API_VERSION)?;
        url.push_str("&$expand=administrators/activedirectory");
        let found: ManagedInstance =
            self.get(&url).await.during(|| format!("reading the administrator of {instance}"))?;
        Ok(found.properties.administrators)
    }
}

/// What is read of a subscription.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subscription {
    tenant_id: Option<String>,
}

impl Arm {
    /// Entra tenant of a subscription.
    pub async fn tenant_of(&self, subscription: &str) -> Result<Option<String>> {
        let url = self.config().url(&["subscriptions", subscription], API_VERSION_SUBSCRIPTIONS)?;
        let found: Subscription = self.get(&url).await.during(|| format!("reading subscription {subscription}"))?;
        Ok(found.tenant_id)
    }
}

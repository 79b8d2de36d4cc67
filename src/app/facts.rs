//! Azure's half of the configuration as connectors.

use crate::arm::Arm;
use crate::arm::ArmConfig;
use crate::arm::Credential;
use crate::arm::HttpTransport;
use crate::arm::InstanceRef;
use crate::arm::TokenSource;
use crate::arm::Transport;
use crate::arm::auth;
use crate::arm::cloud::Cloud;
use crate::arm::transport::HttpOptions;
use crate::base::clock::SharedClock;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::config::Config;
use crate::config::schema::Auth;
use crate::config::schema::Cloud as CloudName;
use crate::config::secret::Prompt;
use crate::config::server::LogicalServer;
use crate::config::types::Azure;
use crate::config::types::Target;
use crate::model::ids::ResourceGroup;
use std::sync::Arc;

pub(super) fn cloud(azure: &Azure) -> Result<Cloud> {
    Cloud::named(match azure.cloud {
        CloudName::Public => "public",
        CloudName::UsGov => "usgov",
        CloudName::China => "china",
    })
}

fn missing(key: &str, auth: &str) -> Error {
    Error::usage(format!("`auth = \"{auth}\"` needs `{key}` in [azure]")).hint("complete [azure] in the estate file")
}

/// Tokens as the file says they are got.
pub(super) fn tokens(azure: &Azure, prompt: &dyn Prompt, clock: SharedClock) -> Result<Arc<dyn TokenSource>> {
    let credential = match azure.auth {
        Auth::Cli => Credential::AzureCli { tenant: azure.tenant.clone(), subscription: azure.subscription.clone() },
        Auth::ManagedIdentity => Credential::ManagedIdentity { client_id: azure.client_id.clone() },
        Auth::WorkloadIdentity => {
            Credential::WorkloadIdentity { tenant: azure.tenant.clone(), client_id: azure.client_id.clone() }
        }
        Auth::ClientSecret => Credential::ClientSecret {
            tenant: azure.tenant.clone().ok_or_else(|| missing("tenant", "client-secret"))?,
            client_id: azure.client_id.clone().ok_or_else(|| missing("client_id", "client-secret"))?,
            secret: azure
                .client_secret
                .as_ref()
                .ok_or_else(|| missing("client_secret", "client-secret"))?
                .resolve(prompt)?,
        },
        Auth::Developer => Credential::DeveloperTools,
        Auth::Token => {
            Credential::Static(azure.token.as_ref().ok_or_else(|| missing("token", "token"))?.resolve(prompt)?)
        }
    };
    auth::source(&credential, &cloud(azure)?, clock)
}

/// The client of Azure Resource Manager.
pub(super) fn arm(
    azure: &Azure,
    config: &Config,
    prompt: &dyn Prompt,
    clock: SharedClock,
    stand_in: Option<Arc<dyn Transport>>,
) -> Result<Arm> {
    let cloud = cloud(azure)?;
    let transport = if let Some(transport) = stand_in {
        transport
    } else {
        let options = HttpOptions { roots: config.trust.roots.clone(), ..HttpOptions::default() };
        Arc::new(HttpTransport::new(&options)?)
    };
    let settings = ArmConfig {
        endpoint: azure.endpoint.clone().unwrap_or(cloud.arm_endpoint),
        subscription: azure.subscription.clone().ok_or_else(|| {
            Error::usage("[azure] names no subscription").hint("add `subscription`, or set MILINK_AZURE_SUBSCRIPTION")
        })?,
        scope: cloud.arm_scope,
        user_agent: concat!("milink/", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    let tokens = tokens(azure, prompt, clock.clone())?;
    Arm::new(settings, transport, tokens, clock)
}

/// A logical server's address in Azure.
pub(super) fn server_ref(config: &Config, server: &LogicalServer) -> Result<InstanceRef> {
    let group = server.resource_group.clone().or_else(|| config.azure.as_ref().and_then(|a| a.resource_group.clone()));
    let name = group.ok_or_else(|| {
        Error::usage(format!("no resource group is named for server `{}`", server.name))
            .hint("add `resource_group` to the [[server]] or to [azure]")
    })?;
    Ok(InstanceRef {
        resource_group: ResourceGroup { subscription: server.subscription.clone(), name },
        name: server.server.clone(),
    })
}

/// A target's address in Azure.
pub(super) fn instance_ref(config: &Config, target: &Target) -> Result<InstanceRef> {
    let group = target.resource_group.clone().or_else(|| config.azure.as_ref().and_then(|a| a.resource_group.clone()));
    let name = group.ok_or_else(|| {
        Error::usage(format!("no resource group is named for target `{}`", target.name))
            .hint("add `resource_group` to the [[target]] or to [azure]")
    })?;
    Ok(InstanceRef {
        resource_group: ResourceGroup { subscription: target.subscription.clone(), name },
        name: target.managed_instance.clone(),
    })
}

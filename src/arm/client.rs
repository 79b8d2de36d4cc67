//! The resources a link needs, read and changed.

use super::auth::TokenSource;
use super::change::API_VERSION;
use super::change::API_VERSION_PREVIEW;
use super::change::ArmChange;
use super::change::Preview;
use super::error::ServiceError;
use super::operation::Begun;
use super::operation::Continuation;
use super::operation::Polled;
use super::operation::begun;
use super::operation::from_location;
use super::operation::from_operation;
use super::pipeline::Pipeline;
use super::resource::access::Lock;
use super::resource::access::PermissionEntry;
use super::resource::certificate::EndpointCertificate;
use super::resource::certificate::TrustCertificate;
use super::resource::database::ManagedDatabase;
use super::resource::failover_group::FailoverGroup;
use super::resource::failover_group::GroupRef;
use super::resource::instance::InstanceOperation;
use super::resource::instance::ManagedInstance;
use super::resource::link::LinkResource;
use super::transport::Method;
use super::transport::Transport;
use crate::base::clock::SharedClock;
use crate::base::error::During;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::model::ids::ResourceGroup;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use url::Url;

/// Version of the authorisation provider's permission list and of its lock list.
pub(super) const API_VERSION_PERMISSIONS: &str = "2022-04-01";
const API_VERSION_LOCKS: &str = "2016-09-01";
/// Pages of one list; a page holds hundreds.
const MAX_PAGES: usize = 200;

/// A managed instance's address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InstanceRef {
    pub resource_group: ResourceGroup,
    pub name: String,
}

impl std::fmt::Display for InstanceRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.resource_group, self.name)
    }
}

/// Where to ask, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArmConfig {
    /// `https://management.azure.com`.
    pub endpoint: String,
    pub subscription: String,
    pub scope: String,
    /// Goes out with every request, e.g. `milink/0.1.0 cutover-…`.
    pub user_agent: String,
}

impl ArmConfig {
    /// The subscription that a resource group is in.
    pub fn subscription_of<'a>(&'a self, group: &'a ResourceGroup) -> &'a str {
        group.subscription.as_deref().unwrap_or(&self.subscription)
    }

    /// `/subscriptions/…/managedInstances/{name}`: the instance's resource id.
    pub fn instance_id(&self, instance: &InstanceRef) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Sql/managedInstances/{}",
            self.subscription_of(&instance.resource_group),
            instance.resource_group,
            instance.name
        )
    }

    pub(super) fn instance_url(&self, instance: &InstanceRef, below: &[&str], version: &str) -> Result<String> {
        let mut path = vec![
            "subscriptions",
            self.subscription_of(&instance.resource_group),
            "resourceGroups",
            &instance.resource_group.name,
            "providers",
            "Microsoft.Sql",
            "managedInstances",
            &instance.name,
        ];
        path.extend(below);
        self.url(&path, version)
    }

    /// One of the two addresses of a failover group, or of an action on it.
    pub(super) fn group_url(&self, at: &GroupRef, below: &[&str]) -> Result<String> {
        if let Some(server) = &at.server {
            let server = InstanceRef { resource_group: at.resource_group.clone(), name: server.clone() };
            let mut path = vec!["failoverGroups", at.name.as_str()];
            path.extend(below);
            return self.server_url(&server, &path, API_VERSION);
        }
        let location = at.location.replace(' ', "").to_lowercase();
        let mut path = vec![
            "subscriptions",
            self.subscription_of(&at.resource_group),
            "resourceGroups",
            &at.resource_group.name,
            "providers",
            "Microsoft.Sql",
            "locations",
            &location,
            "instanceFailoverGroups",
            &at.name,
        ];
        path.extend(below);
        self.url(&path, API_VERSION)
    }

    /// Each segment is escaped; none may climb.
    pub(super) fn url(&self, path: &[&str], version: &str) -> Result<String> {
        let bad = || Error::usage(format!("`{}` is no address of an Azure endpoint", self.endpoint));
        let mut url = Url::parse(&self.endpoint).map_err(|_| bad())?;
        if let Some(segment) = path.iter().find(|s| s.is_empty() || **s == "." || **s == "..") {
            return Err(Error::usage(format!("`{segment}` cannot be part of a resource's name")));
        }
        url.path_segments_mut().map_err(|()| bad())?.pop_if_empty().extend(path);
        url.query_pairs_mut().append_pair("api-version", version);
        Ok(url.to_string())
    }
}

/// Resource ids compare without case (facts: arm-api 1).
pub fn same_id(a: &str, b: &str) -> bool {
    let fold = |id: &str| id.trim_end_matches('/').to_lowercase();
    fold(a) == fold(b)
}

/// A page of a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    #[serde(default = "Vec::new")]
    value: Vec<T>,
    next_link: Option<String>,
}

/// The client.
pub struct Arm {
    config: ArmConfig,
    pipeline: Pipeline,
    clock: SharedClock,
}

impl Arm {
    pub fn new(
        config: ArmConfig,
        transport: Arc<dyn Transport>,
        tokens: Arc<dyn TokenSource>,
        clock: SharedClock,
    ) -> Result<Self> {
        let pipeline = Pipeline::new(
            transport,
            tokens,
            clock.clone(),
            config.scope.clone(),
            &config.endpoint,
            config.user_agent.clone(),
        )?;
        Ok(Self { config, pipeline, clock })
    }

    pub fn config(&self) -> &ArmConfig {
        &self.config
    }

    pub async fn instance(&self, instance: &InstanceRef) -> Result<ManagedInstance> {
        let url = self.config.instance_url(instance, &[], API_VERSION)?;
        self.get(&url).await.during(|| format!("reading instance {instance}"))
    }

    /// Certificate of the instance's mirroring endpoint; with its roots where the service already tells them.
    pub async fn endpoint_certificate(&self, instance: &InstanceRef) -> Result<EndpointCertificate> {
        let path = ["endpointCertificates", "DATABASE_MIRRORING"];
        let during = || format!("reading the endpoint certificate of {instance}");
        let newer = self.config.instance_url(instance, &path, API_VERSION_PREVIEW)?;
        if let Some(found) = self.get_if_known(&newer).await.during(during)? {
            return Ok(found);
        }
        let stable = self.config.instance_url(instance, &path, API_VERSION)?;
        self.get(&stable).await.during(during)
    }

    pub async fn trust_certificates(&self, instance: &InstanceRef) -> Result<Vec<TrustCertificate>> {
        let url = self.config.instance_url(instance, &["serverTrustCertificates"], API_VERSION)?;
        self.list(url).await.during(|| format!("listing the trust certificates of {instance}"))
    }

    pub async fn links(&self, instance: &InstanceRef) -> Result<Vec<LinkResource>> {
        let url = self.config.instance_url(instance, &["distributedAvailabilityGroups"], API_VERSION)?;
        self.list(url).await.during(|| format!("listing the links of {instance}"))
    }

    /// None: there is no such link. A missing instance is an error.
    pub async fn link(&self, instance: &InstanceRef, name: &str) -> Result<Option<LinkResource>> {
        let url = self.config.instance_url(instance, &["distributedAvailabilityGroups", name], API_VERSION)?;
        self.get_maybe(&url).await.during(|| format!("reading link `{name}` of {instance}"))
    }

    pub async fn databases(&self, instance: &InstanceRef) -> Result<Vec<ManagedDatabase>> {
        let url = self.config.instance_url(instance, &["databases"], API_VERSION)?;
        self.list(url).await.during(|| format!("listing the databases of {instance}"))
    }

    /// Scaling and the like; a running one blocks others.
    pub async fn operations(&self, instance: &InstanceRef) -> Result<Vec<InstanceOperation>> {
        let url = self.config.instance_url(instance, &["operations"], API_VERSION)?;
        self.list(url).await.during(|| format!("listing the operations of {instance}"))
    }

    /// Failover groups of a region; a link and a group exclude each other on one instance. `location` as in
    /// [`ManagedInstance::location`].
    pub async fn failover_groups(&self, resource_group: &ResourceGroup, location: &str) -> Result<Vec<FailoverGroup>> {
        let location = location.replace(' ', "").to_lowercase();
        let path = [
            "subscriptions",
            self.config.subscription_of(resource_group),
            "resourceGroups",
            &resource_group.name,
            "providers",
            "Microsoft.Sql",
            "locations",
            &location,
            "instanceFailoverGroups",
        ];
        let url = self.config.url(&path, API_VERSION)?;
        self.list(url).await.during(|| format!("listing the failover groups of `{location}`"))
    }

    /// None: there is no such group at this address.
    pub async fn failover_group(&self, at: &GroupRef) -> Result<Option<FailoverGroup>> {
        let url = self.config.group_url(at, &[])?;
        self.get_maybe(&url).await.during(|| format!("reading failover group {at}"))
    }

    /// What the caller may do on the instance.
    pub async fn permissions(&self, instance: &InstanceRef) -> Result<Vec<PermissionEntry>> {
        let path = ["providers", "Microsoft.Authorization", "permissions"];
        let url = self.config.instance_url(instance, &path, API_VERSION_PERMISSIONS)?;
        self.list(url).await.during(|| format!("reading permissions on {instance}"))
    }

    /// Locks that hold on the instance, inherited ones included. `CanNotDelete` blocks the deletion of a link.
    pub async fn locks(&self, instance: &InstanceRef) -> Result<Vec<Lock>> {
        let path = ["providers", "Microsoft.Authorization", "locks"];
        let url = self.config.instance_url(instance, &path, API_VERSION_LOCKS)?;
        self.list(url).await.during(|| format!("reading locks on {instance}"))
    }

    /// The call a change would make.
    pub fn preview(&self, change: &ArmChange) -> Result<Preview> {
        change.preview(&self.config)
    }

    /// Sends a change. Where the answer is lost the error is [`Kind::AnswerLost`]: read back, never repeat blindly.
    pub async fn begin(&self, change: &ArmChange) -> Result<Begun> {
        let call = self.preview(change)?;
        let resource = match change {
            ArmChange::FailoverLink { instance, name, .. } => {
                self.config.instance_url(instance, &["distributedAvailabilityGroups", name], API_VERSION)?
            }
            ArmChange::FailoverGroup { at, .. } | ArmChange::TryPlannedFirst { at } => {
                self.config.group_url(at, &[])?
            }
            _ => call.url.clone(),
        };
        let during = || format!("{} {}", change.id(), call.url.split('?').next().unwrap_or_default());
        let response = self.pipeline.call(call.method, &call.url, call.body.as_ref()).await.during(during)?;
        begun(&response, call.method, &resource, self.clock.now()).during(during)
    }

    /// Asks about a change that was begun, in this process or an earlier one.
    pub async fn poll(&self, continuation: &Continuation) -> Result<Polled> {
        let during = || "asking about an Azure operation".to_owned();
        match (&continuation.operation, &continuation.location) {
            (Some(url), _) => {
                let response = self.pipeline.call(Method::Get, url, None).await.during(during)?;
                from_operation(&response).during(during)
            }
            (None, Some(url)) => {
                let response = self.pipeline.call(Method::Get, url, None).await.during(during)?;
                from_location(&response).during(during)
            }
            (None, None) => Err(Error::bug("the stored operation has no address")),
        }
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T> {
        let response = self.pipeline.call(Method::Get, url, None).await?;
        if !response.is_success() {
            return Err(ServiceError::read(&response).into_error());
        }
        parse(&response.body)
    }

    pub(super) async fn get_maybe<T: DeserializeOwned>(&self, url: &str) -> Result<Option<T>> {
        let response = self.pipeline.call(Method::Get, url, None).await?;
        if response.is_success() {
            return parse(&response.body).map(Some);
        }
        let error = ServiceError::read(&response);
        if error.is_missing_child() { Ok(None) } else { Err(error.into_error()) }
    }

    /// None: this service does not know the version.
    async fn get_if_known<T: DeserializeOwned>(&self, url: &str) -> Result<Option<T>> {
        let response = self.pipeline.call(Method::Get, url, None).await?;
        if response.is_success() {
            return parse(&response.body).map(Some);
        }
        let error = ServiceError::read(&response);
        if error.is_unknown_version() { Ok(None) } else { Err(error.into_error()) }
    }

    pub(super) async fn list<T: DeserializeOwned>(&self, first: String) -> Result<Vec<T>> {
        let mut all = Vec::new();
        let mut next = Some(first);
        for _ in 0..MAX_PAGES {
            let Some(url) = next else { return Ok(all) };
            let page: Page<T> = self.get(&url).await?;
            all.extend(page.value);
            next = page.next_link.filter(|url| !url.is_empty());
        }
        match next {
            None => Ok(all),
            Some(_) => Err(Error::new(Kind::Server, format!("the list does not end after {MAX_PAGES} pages"))),
        }
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|e| Error::new(Kind::Server, "Azure's answer cannot be read").caused_by(e))
}

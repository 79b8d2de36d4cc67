//! From method and path to what is asked for. Segments compare folded; names keep the case they came in.

use super::error::ArmError;
use super::error::ArmResult;
use super::network::address as network;
use super::network::address::NetworkTarget;
use super::servers::ServerTarget;
use super::servers::address;
use super::version::Namespace;
use hyper::http::Method;

pub const MI_TYPE: &str = "Microsoft.Sql/managedInstances";
pub const LINK_TYPE: &str = "Microsoft.Sql/managedInstances/distributedAvailabilityGroups";
pub const TRUST_TYPE: &str = "Microsoft.Sql/managedInstances/serverTrustCertificates";
pub const ENDPOINT_TYPE: &str = "Microsoft.Sql/managedInstances/endpointCertificates";
pub const DATABASE_TYPE: &str = "Microsoft.Sql/managedInstances/databases";
pub const FOG_TYPE: &str = "Microsoft.Sql/locations/instanceFailoverGroups";
pub const PROTECTOR_TYPE: &str = "Microsoft.Sql/managedInstances/encryptionProtector";
pub const KEY_TYPE: &str = "Microsoft.Sql/managedInstances/keys";
pub const OPERATION_TYPE: &str = "Microsoft.Sql/managedInstances/operations";

/// A path, taken apart. Names are as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Metadata,
    Subscriptions,
    Tenants,
    Subscription,
    Locations,
    ResourceGroups,
    ResourceGroup,
    /// Registration of a resource provider.
    ResourceProvider(String),
    Capabilities(String),
    Instances,
    Instance,
    /// POST failover, start, stop.
    InstanceAction(String),
    Links,
    Link(String),
    /// POST failover, setRole.
    LinkAction(String, String),
    EndpointCertificates,
    EndpointCertificate(String),
    TrustCertificates,
    TrustCertificate(String),
    /// `encryptionProtector/current`
    Protector,
    Keys,
    Key(String),
    Databases,
    Database(String),
    /// `backupShortTermRetentionPolicies/default`, `backupLongTermRetentionPolicies/default`
    Retention {
        database: String,
        is_long: bool,
    },
    InstanceOperations,
    InstanceOperation(String),
    CancelInstanceOperation(String),
    /// `…AzureAsyncOperation/<guid>`
    AsyncStatus(String),
    /// `…OperationResults/<guid>`
    AsyncResult(String),
    /// Of the scope in [`Route::scope`].
    Permissions,
    Locks,
    /// Of the subscription.
    ActivityLog,
    /// Instance failover groups of a region.
    FailoverGroups,
    FailoverGroup(String),
    /// POST failover, forceFailoverAllowDataLoss.
    FailoverGroupAction(String, String),
    /// Of Azure SQL Database.
    Server(ServerTarget),
    /// Of `Microsoft.Network`.
    Network(NetworkTarget),
    /// OAuth 2 token endpoint of a tenant.
    Token(String),
    OpenIdConfiguration(String),
}

/// A request's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub subscription: Option<String>,
    pub group: Option<String>,
    pub instance: Option<String>,
    /// Region of a path below `locations`.
    pub location: Option<String>,
    pub target: Target,
    /// Path of the resource the request speaks of (without `/providers/Microsoft.Authorization/…`).
    pub scope: String,
}

impl Route {
    pub fn parse(path: &str) -> ArmResult<Self> {
        let raw: Vec<String> = path.split('/').filter(|s| !s.is_empty()).map(percent_decode).collect();
        let folded: Vec<String> = raw.iter().map(|s| s.to_ascii_lowercase()).collect();
        let mut walk = Walk { raw: &raw, folded: &folded, at: 0 };
        let route = walk.root(path);
        route.ok_or_else(|| walk.nothing_here(path))
    }

    /// The name of the action for access checks (facts: arm-api 9), and whether a lock minds it.
    pub fn action(&self, method: &Method) -> String {
        let verb = match *method {
            Method::GET | Method::HEAD => "read",
            Method::DELETE => "delete",
            _ => "write",
        };
        let of = |kind: &str| format!("{kind}/{verb}");
        match &self.target {
            Target::Instances | Target::Instance => of(MI_TYPE),
            Target::InstanceAction(action) => format!("{MI_TYPE}/{action}/action"),
            Target::Links | Target::Link(_) => of(LINK_TYPE),
            Target::LinkAction(_, action) => format!("{LINK_TYPE}/{action}/action"),
            Target::EndpointCertificates | Target::EndpointCertificate(_) => of(ENDPOINT_TYPE),
            Target::TrustCertificates | Target::TrustCertificate(_) => of(TRUST_TYPE),
            Target::Protector => of(PROTECTOR_TYPE),
            Target::Keys | Target::Key(_) => of(KEY_TYPE),
            Target::Databases | Target::Database(_) => of(DATABASE_TYPE),
            Target::Retention { is_long: true, .. } => of(&format!("{DATABASE_TYPE}/backupLongTermRetentionPolicies")),
            Target::Retention { .. } => of(&format!("{DATABASE_TYPE}/backupShortTermRetentionPolicies")),
            Target::InstanceOperations | Target::InstanceOperation(_) => of(OPERATION_TYPE),
            Target::CancelInstanceOperation(_) => format!("{OPERATION_TYPE}/cancel/action"),
            Target::AsyncStatus(_) => "Microsoft.Sql/locations/azureAsyncOperation/read".to_owned(),
            Target::AsyncResult(_) => "Microsoft.Sql/locations/operationResults/read".to_owned(),
            Target::Capabilities(_) => "Microsoft.Sql/locations/capabilities/read".to_owned(),
            Target::Permissions => "Microsoft.Authorization/permissions/read".to_owned(),
            Target::Locks => "Microsoft.Authorization/locks/read".to_owned(),
            Target::ActivityLog => "Microsoft.Insights/eventtypes/values/Read".to_owned(),
            Target::Server(target) => target.action(verb),
            Target::Network(target) => of(target.kind()),
            Target::FailoverGroups | Target::FailoverGroup(_) => of(FOG_TYPE),
            Target::FailoverGroupAction(_, action) => format!("{FOG_TYPE}/{action}/action"),
            Target::ResourceGroups | Target::ResourceGroup => {
                format!("Microsoft.Resources/subscriptions/resourceGroups/{verb}")
            }
            _ => format!("Microsoft.Resources/subscriptions/{verb}"),
        }
    }

    /// Who must know the api-version, and the type to name when it does not.
    pub fn namespace(&self) -> (Namespace, &'static str) {
        match self.target {
            Target::Metadata
            | Target::Subscriptions
            | Target::Tenants
            | Target::Subscription
            | Target::Locations
            | Target::ResourceGroups
            | Target::ResourceGroup
            | Target::ResourceProvider(_)
            | Target::Token(_)
            | Target::OpenIdConfiguration(_) => (Namespace::Resources, "subscriptions"),
            Target::Network(ref target) => {
                (Namespace::Network, target.kind().strip_prefix("Microsoft.Network/").unwrap_or("virtualNetworks"))
            }
            Target::Permissions => (Namespace::Authorization, "permissions"),
            Target::Locks => (Namespace::Authorization, "locks"),
            Target::ActivityLog => (Namespace::Insights, "eventtypes/values"),
            Target::Links | Target::Link(_) | Target::LinkAction(..) => {
                (Namespace::Sql, "managedInstances/distributedAvailabilityGroups")
            }
            Target::FailoverGroups | Target::FailoverGroup(_) | Target::FailoverGroupAction(..) => {
                (Namespace::Sql, "locations/instanceFailoverGroups")
            }
            Target::Server(ref target) => {
                (Namespace::Sql, target.kind().strip_prefix("Microsoft.Sql/").unwrap_or("servers"))
            }
            _ => (Namespace::Sql, "managedInstances"),
        }
    }
}

/// A cursor over the segments.
struct Walk<'a> {
    raw: &'a [String],
    folded: &'a [String],
    at: usize,
}

impl Walk<'_> {
    fn eat(&mut self, word: &str) -> bool {
        let hit = self.folded.get(self.at).is_some_and(|s| s == word);
        self.at += usize::from(hit);
        hit
    }
    fn name(&mut self) -> Option<String> {
        let name = self.raw.get(self.at)?.clone();
        self.at += 1;
        Some(name)
    }
    fn left(&self) -> usize {
        self.raw.len() - self.at
    }

    fn root(&mut self, path: &str) -> Option<Route> {
        let mut route = Route {
            subscription: None,
            group: None,
            instance: None,
            location: None,
            target: Target::Subscriptions,
            scope: path.to_owned(),
        };
        route.target = if self.eat("subscriptions") {
            self.subscriptions(&mut route)?
        } else if self.eat("tenants") {
            Target::Tenants
        } else if self.eat("metadata") {
            self.eat("endpoints").then_some(Target::Metadata)?
        } else {
            self.tenant()?
        };
        (self.left() == 0).then_some(route)
    }

    /// `{tenant}/oauth2/v2.0/token`, `{tenant}/oauth2/token`, `{tenant}/v2.0/.well-known/openid-configuration`
    fn tenant(&mut self) -> Option<Target> {
        let tenant = self.name()?;
        if self.eat("oauth2") {
            self.eat("v2.0");
            return self.eat("token").then_some(Target::Token(tenant));
        }
        self.eat("v2.0");
        (self.eat(".well-known") && self.eat("openid-configuration")).then_some(Target::OpenIdConfiguration(tenant))
    }

    fn subscriptions(&mut self, route: &mut Route) -> Option<Target> {
        if self.left() == 0 {
            return Some(Target::Subscriptions);
        }
        route.subscription = self.name();
        if self.left() == 0 {
            return Some(Target::Subscription);
        }
        if self.eat("locations") {
            return Some(Target::Locations);
        }
        if self.eat("resourcegroups") {
            if self.left() == 0 {
                return Some(Target::ResourceGroups);
            }
            route.group = self.name();
            if self.left() == 0 {
                return Some(Target::ResourceGroup);
            }
        }
        self.providers(route)
    }

    fn providers(&mut self, route: &mut Route) -> Option<Target> {
        let before = self.at;
        if !self.eat("providers") {
            return None;
        }
        if self.eat("microsoft.authorization") {
            return self.authorization(route, before);
        }
        if route.group.is_none() && self.eat("microsoft.insights") {
            let whole = self.eat("eventtypes") && self.eat("management") && self.eat("values");
            return whole.then_some(Target::ActivityLog);
        }
        if route.group.is_none() && self.left() == 1 {
            return self.name().map(Target::ResourceProvider);
        }
        if self.eat("microsoft.network") {
            return self.network(route);
        }
        if !self.eat("microsoft.sql") {
            return None;
        }
        if self.eat("locations") {
            let region = self.name()?;
            route.location = Some(region.clone());
            return self.location(region);
        }
        if self.eat("servers") {
            return self.servers(route);
        }
        if !self.eat("managedinstances") {
            return None;
        }
        if self.left() == 0 {
            return Some(Target::Instances);
        }
        // An instance lives in a group: the subscription-wide path is for the list alone.
        route.group.as_ref()?;
        route.instance = self.name();
        if self.left() == 0 {
            return Some(Target::Instance);
        }
        self.child(route)
    }

    fn servers(&mut self, route: &mut Route) -> Option<Target> {
        // Rights and locks of a server.
        if self.folded.get(self.at + 1).is_some_and(|s| s == "providers") {
            self.at += 1;
            return self.providers(route);
        }
        let rest = self.raw.get(self.at..)?;
        // The subscription-wide path is for the list alone.
        if route.group.is_none() && !rest.is_empty() {
            return None;
        }
        self.at = self.raw.len();
        address::parse(rest).map(Target::Server)
    }

    fn network(&mut self, route: &mut Route) -> Option<Target> {
        // Rights and locks of what stands before.
        if let Some(at) = self.folded[self.at..].iter().position(|s| s == "providers") {
            self.at += at;
            return self.providers(route);
        }
        let rest = self.raw.get(self.at..)?;
        // The subscription-wide path is for the lists alone.
        if route.group.is_none() && rest.len() != 1 {
            return None;
        }
        self.at = self.raw.len();
        network::parse(rest).map(Target::Network)
    }

    fn authorization(&mut self, route: &mut Route, before: usize) -> Option<Target> {
        route.scope = format!("/{}", self.raw[..before].join("/"));
        if self.eat("permissions") {
            // There is no permissions call at subscription scope (facts: arm-api 9).
            route.group.as_ref()?;
            return Some(Target::Permissions);
        }
        self.eat("locks").then_some(Target::Locks)
    }

    fn location(&mut self, region: String) -> Option<Target> {
        if self.eat("capabilities") {
            return Some(Target::Capabilities(region));
        }
        let kind = self.folded.get(self.at)?.clone();
        self.at += 1;
        if kind == "instancefailovergroups" && self.left() == 0 {
            return Some(Target::FailoverGroups);
        }
        let id = self.name()?;
        if kind == "instancefailovergroups" {
            return match self.folded.get(self.at).map(String::as_str) {
                None => Some(Target::FailoverGroup(id)),
                Some(action @ ("failover" | "forcefailoverallowdataloss")) => {
                    let action = if action == "failover" { "failover" } else { "forceFailoverAllowDataLoss" };
                    Some(self.step(Target::FailoverGroupAction(id, action.to_owned())))
                }
                Some(_) => None,
            };
        }
        if kind.ends_with("azureasyncoperation") {
            return Some(Target::AsyncStatus(id));
        }
        kind.ends_with("operationresults").then_some(Target::AsyncResult(id))
    }

    fn child(&mut self, route: &mut Route) -> Option<Target> {
        let kind = self.folded.get(self.at)?.clone();
        let before = self.at;
        self.at += 1;
        let name = self.name();
        Some(match (kind.as_str(), name) {
            ("distributedavailabilitygroups", None) => Target::Links,
            ("distributedavailabilitygroups", Some(link)) => match self.folded.get(self.at).map(String::as_str) {
                None => Target::Link(link),
                Some("failover") => self.step(Target::LinkAction(link, "failover".to_owned())),
                Some("setrole") => self.step(Target::LinkAction(link, "setRole".to_owned())),
                Some("providers") => return self.providers(route),
                Some(_) => return None,
            },
            ("endpointcertificates", None) => Target::EndpointCertificates,
            ("endpointcertificates", Some(n)) => Target::EndpointCertificate(n),
            ("servertrustcertificates", None) => Target::TrustCertificates,
            ("servertrustcertificates", Some(n)) => Target::TrustCertificate(n),
            ("encryptionprotector", Some(n)) if n.eq_ignore_ascii_case("current") => Target::Protector,
            ("databases", None) => Target::Databases,
            ("keys", None) => Target::Keys,
            ("keys", Some(n)) => Target::Key(n),
            ("databases", Some(n)) if self.left() == 0 => Target::Database(n),
            ("databases", Some(database)) => {
                let is_long = self.eat("backuplongtermretentionpolicies");
                let is_policy = is_long || self.eat("backupshorttermretentionpolicies");
                (is_policy && self.eat("default")).then_some(Target::Retention { database, is_long })?
            }
            ("operations", None) => Target::InstanceOperations,
            ("operations", Some(n)) if self.eat("cancel") => Target::CancelInstanceOperation(n),
            ("operations", Some(n)) => Target::InstanceOperation(n),
            ("failover" | "start" | "stop", None) => Target::InstanceAction(kind),
            ("providers", Some(_)) => {
                self.at = before;
                return self.providers(route);
            }
            _ => return None,
        })
    }

    fn step(&mut self, target: Target) -> Target {
        self.at += 1;
        target
    }

    /// What the front door says to a path that is nobody's.
    fn nothing_here(&self, path: &str) -> ArmError {
        let provider = self.folded.iter().position(|s| s == "providers").and_then(|i| Some((i, self.raw.get(i + 1)?)));
        let error = match provider {
            Some((i, namespace)) if namespace.eq_ignore_ascii_case("microsoft.sql") => {
                let kinds: Vec<&str> = self.raw[i + 2..].iter().step_by(2).map(String::as_str).collect();
                ArmError::bad_request(
                    "InvalidResourceType",
                    format!(
                        "The resource type '{}' could not be found in the namespace '{namespace}'.",
                        kinds.join("/")
                    ),
                )
            }
            Some((_, namespace)) => ArmError::not_found(
                "InvalidResourceNamespace",
                format!("The resource namespace '{namespace}' is invalid."),
            ),
            None => ArmError::not_found("NotFound", format!("The path '{path}' leads to no resource.")),
        };
        error.from_gateway()
    }
}

/// `%41` to `A`; what is no valid escape stays as it is.
pub(super) fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = bytes.get(i + 1..i + 3).filter(|h| h.iter().all(u8::is_ascii_hexdigit));
        let hex = hex.and_then(|h| std::str::from_utf8(h).ok());
        match (bytes[i], hex.and_then(|h| u8::from_str_radix(h, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                i += 3;
            }
            (byte, _) => {
                out.push(byte);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Value of a query parameter, its name folded (`api-version`, `$expand`).
pub(super) fn query_value(query: Option<&str>, name: &str) -> Option<String> {
    query?.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        percent_decode(key).eq_ignore_ascii_case(name).then(|| percent_decode(&value.replace('+', " ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MI: &str = "/subscriptions/s/resourceGroups/RG/providers/Microsoft.Sql/managedInstances/mi-a";

    #[test]
    fn segments_fold_and_names_keep_their_case() {
        let route = Route::parse(
            "/SUBSCRIPTIONS/S1/resourcegroups/Rg/PROVIDERS/microsoft.sql/ManagedInstances/Mi/DISTRIBUTEDAVAILABILITYGROUPS/Dag_A/FAILOVER",
        )
        .unwrap();
        assert_eq!(route.target, Target::LinkAction("Dag_A".to_owned(), "failover".to_owned()));
        assert_eq!((route.group.as_deref(), route.instance.as_deref()), (Some("Rg"), Some("Mi")));
        assert_eq!(
            route.action(&Method::POST),
            "Microsoft.Sql/managedInstances/distributedAvailabilityGroups/failover/action"
        );
    }

    #[test]
    fn permissions_and_locks_know_their_scope() {
        let route = Route::parse(&format!("{MI}/providers/Microsoft.Authorization/permissions")).unwrap();
        assert_eq!((route.target, route.scope.as_str()), (Target::Permissions, MI));
        let link = format!("{MI}/distributedAvailabilityGroups/d/providers/Microsoft.Authorization/locks");
        assert_eq!(Route::parse(&link).unwrap().target, Target::Locks);
        assert!(Route::parse("/subscriptions/s/providers/Microsoft.Authorization/permissions").is_err());
    }

    #[test]
    fn operation_addresses_are_told_apart() {
        let base = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Sql/locations/westeurope";
        let status = Route::parse(&format!("{base}/distributedAvailabilityGroupsAzureAsyncOperation/g")).unwrap();
        let result = Route::parse(&format!("{base}/distributedAvailabilityGroupsOperationResults/g")).unwrap();
        assert_eq!((status.target, result.target), (Target::AsyncStatus("g".into()), Target::AsyncResult("g".into())));
    }

    #[test]
    fn what_leads_nowhere_is_named() {
        assert_eq!(Route::parse(&format!("{MI}/gadgets/x")).unwrap_err().code, "InvalidResourceType");
        assert_eq!(
            Route::parse("/subscriptions/s/resourceGroups/r/providers/Contoso.X/y/z").unwrap_err().code,
            "InvalidResourceNamespace"
        );
        assert!(Route::parse(&format!("{MI}/distributedAvailabilityGroups/d/failover/more")).is_err());
    }

    #[test]
    fn escapes_are_undone_once() {
        assert_eq!(percent_decode("a%2Fb%25zz%4"), "a/b%zz%4");
        assert_eq!(query_value(Some("a=1&%24expand=x%2Fy"), "$EXPAND").as_deref(), Some("x/y"));
    }
}

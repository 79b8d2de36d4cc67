//! The shape of `milink.toml`. Unknown keys are errors; doc comments become the JSON Schema's descriptions.

use super::duration::Span;
use super::failover_group::DnsSection;
use super::failover_group::FailoverGroupSection;
use super::secret::SecretRef;
use super::server::ServerSection;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::Unexpected;
use std::path::PathBuf;
use toml::Spanned;

/// A milink estate file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EstateFile {
    pub azure: Option<AzureSection>,
    pub source: Vec<SourceSection>,
    pub target: Vec<TargetSection>,
    pub server: Vec<ServerSection>,
    pub link: Vec<LinkSection>,
    pub wave: Vec<WaveSection>,
    pub failover_group: Vec<FailoverGroupSection>,
    pub dns: DnsSection,
    pub objects: ObjectsSection,
    pub reconcile: Vec<ReconcileSection>,
    pub waiver: Vec<WaiverSection>,
    pub application: ApplicationSection,
    pub backup: BackupSection,
    pub trust: TrustSection,
    pub monitor: MonitorSection,
    pub policy: PolicySection,
}

/// How Azure is reached.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AzureSection {
    /// Which Azure cloud. Default: public.
    #[serde(default)]
    pub cloud: Cloud,
    /// URL of the Resource Manager, instead of the cloud's own.
    #[schemars(with = "Option<String>")]
    pub endpoint: Option<Spanned<String>>,
    /// Subscription id.
    pub subscription: Option<String>,
    /// Tenant id.
    pub tenant: Option<String>,
    /// Resource group of the managed instances, unless a target names its own.
    pub resource_group: Option<String>,
    /// Where tokens come from. Default: cli (the Azure CLI's login).
    #[serde(default)]
    #[schemars(with = "Auth")]
    pub auth: Option<Spanned<Auth>>,
    /// A bearer token (auth = "token").
    pub token: Option<SecretRef>,
    /// Application id (auth = "client-secret", or a user-assigned identity).
    pub client_id: Option<String>,
    /// Secret of the application (auth = "client-secret").
    pub client_secret: Option<SecretRef>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cloud {
    #[default]
    Public,
    UsGov,
    China,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Auth {
    #[default]
    Cli,
    ManagedIdentity,
    WorkloadIdentity,
    ClientSecret,
    Developer,
    Token,
}

/// A TCP port, 1 to 65535.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
pub struct Port(#[schemars(range(min = 1))] pub u16);

impl<'de> Deserialize<'de> for Port {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Visitor;
        const EXPECTED: &str = "a port from 1 to 65535";
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Port;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(EXPECTED)
            }
            fn visit_i64<E: serde::de::Error>(self, n: i64) -> Result<Port, E> {
                match u16::try_from(n) {
                    Ok(port) if port > 0 => Ok(Port(port)),
                    _ => Err(E::invalid_value(Unexpected::Signed(n), &EXPECTED)),
                }
            }
        }
        d.deserialize_i64(Visitor)
    }
}

/// A SQL Server instance.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceSection {
    /// Name that links and commands use.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// Host name or address for SQL connections.
    pub host: String,
    /// Port for SQL connections. Default: 1433.
    pub port: Option<Port>,
    /// Name that the server's TLS certificate must carry. Default: the host.
    pub tls_name: Option<String>,
    /// Accept any TLS certificate of this server. Default: false.
    #[serde(default)]
    pub trust_server_certificate: bool,
    /// TDS 8.0: TLS before the first byte. Default: false.
    #[serde(default)]
    pub strict: bool,
    /// SQL login.
    pub user: String,
    pub password: SecretRef,
    /// Address of the database mirroring endpoint, as the managed instance reaches it.
    pub mirroring: Option<MirroringSection>,
    /// Free text: the instance as people know it; not used to connect.
    pub instance: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MirroringSection {
    /// IP address (safe) or a name that the managed instance's network resolves. Default: the source's host.
    pub host: Option<String>,
    /// Default: 5022.
    pub port: Option<Port>,
}

/// A managed instance.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetSection {
    /// Name that links and commands use.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// Name of the managed instance in Azure (the first label of its host name).
    #[schemars(with = "String")]
    pub managed_instance: Spanned<String>,
    /// Resource group, if not that of `[azure]`.
    pub resource_group: Option<String>,
    /// Subscription, if not that of `[azure]`; of the same Entra tenant.
    pub subscription: Option<String>,
    /// Host for SQL connections. Default: the instance's own name as Azure tells it.
    pub host: Option<String>,
    /// Port for SQL connections. Default: 1433.
    pub port: Option<Port>,
    /// Name that the server's TLS certificate must carry. Default: the host.
    pub tls_name: Option<String>,
    /// Accept any TLS certificate of this server. Default: false.
    #[serde(default)]
    pub trust_server_certificate: bool,
    /// SQL login; or `entra = true`.
    pub user: Option<String>,
    pub password: Option<SecretRef>,
    /// Log in with the Azure identity of `[azure]`. Default: false.
    #[serde(default)]
    pub entra: bool,
}

/// One database, linked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkSection {
    /// Name of the link in Azure and of the distributed availability group.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    #[schemars(with = "String")]
    pub database: Spanned<String>,
    /// Name of a `[[source]]`.
    #[schemars(with = "String")]
    pub source: Spanned<String>,
    /// Name of a `[[target]]`.
    #[schemars(with = "String")]
    pub target: Spanned<String>,
    /// What the link is for.
    pub intent: Intent,
    /// Availability group on SQL Server. Default: AG_<database>.
    pub ag: Option<String>,
    /// Availability group on the managed instance. Default: AG_<database>_MI.
    pub instance_ag: Option<String>,
    /// Which side is primary at first. Default: sql-server.
    #[serde(default)]
    pub initial_primary: InitialPrimary,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Intent {
    /// Move the database for good.
    Migrate,
    /// Either side may become primary, again and again.
    TwoWay,
    /// The managed instance serves reads only.
    ReadOffload,
}

impl Intent {
    /// As the estate file writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Migrate => "migrate",
            Self::TwoWay => "two-way",
            Self::ReadOffload => "read-offload",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InitialPrimary {
    #[default]
    SqlServer,
    ManagedInstance,
}

/// Links that are cut over together.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaveSection {
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// Names of `[[link]]`s.
    #[schemars(with = "Vec<String>")]
    pub links: Vec<Spanned<String>>,
    /// Waves that must be done before.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub after: Vec<Spanned<String>>,
}

/// Server objects that the target must have before it is opened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ObjectsSection {
    pub logins: Vec<String>,
    pub jobs: Vec<String>,
    pub linked_servers: Vec<String>,
    pub credentials: Vec<String>,
}

/// A scalar query that must give the same answer on the frozen source and on the target.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReconcileSection {
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    pub query: String,
}

/// A check that somebody answers for, by its id; shown in every verdict.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaiverSection {
    /// Id of a check, such as `database.broker`.
    #[schemars(with = "String")]
    pub check: Spanned<String>,
    /// Why it does not matter here.
    #[schemars(with = "String", length(min = 1))]
    pub reason: Spanned<String>,
    /// Names of the `[[link]]`s it holds for. Default: all.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub links: Vec<Spanned<String>>,
}

/// The application that uses the databases.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct ApplicationSection {
    /// Name by which the application reaches the database.
    pub alias: Option<String>,
    /// Logins that stay let in behind the fence, for the smoke test.
    #[serde(rename = "allow_logins")]
    pub allow_logins: Vec<String>,
    /// What else of the service has to move when a failover group does (web tier, storage, DNS): told in plans, drills and
    /// reports, and each needs an answer (`--confirm-app`) before one of them is told as complete.
    pub dependencies: Vec<String>,
    /// Points the application at the new side.
    pub repoint: Option<HookSection>,
    pub before_fence: Option<HookSection>,
    pub after_fence: Option<HookSection>,
    pub after_switch: Option<HookSection>,
    pub after_open: Option<HookSection>,
    pub on_abort: Option<HookSection>,
}

/// An executable of the user's. It gets facts in environment variables; a non-zero exit is a veto.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HookSection {
    /// Program and arguments; no shell is involved.
    #[schemars(with = "Vec<String>", length(min = 1))]
    pub command: Spanned<Vec<String>>,
    /// Default: 10s.
    pub timeout: Option<Span>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BackupSection {
    /// Folder on the source's server, or a share, for a first full backup.
    pub path: Option<String>,
}

/// Trust beyond the roots of the operating system.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TrustSection {
    /// PEM files with roots for TLS to SQL and Azure, relative to the estate file.
    pub roots: Vec<PathBuf>,
    /// PEM files with roots that SQL Server must import for the link, besides those that Azure uses.
    pub mirroring_roots: Vec<PathBuf>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MonitorSection {
    /// Let a cutover write five values of its own before it shuts anybody out, and measure how long each takes to be redone on the
    /// target: a recovery point that was measured, also of a database that is idle. Watching never writes. Default: false.
    pub heartbeat: bool,
    /// Time between two looks at each instance. Default: 5s.
    pub interval: Option<Span>,
}

/// The site's limits.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PolicySection {
    /// Longest write outage allowed; when it ends before the switch was sent, the run rolls back. Default: 15m.
    pub budget: Option<Span>,
    /// How many equal samples prove that the log stands still. Default: 3.
    #[schemars(with = "Option<u32>", range(min = 2))]
    pub stability_samples: Option<Spanned<u32>>,
    /// Time between the first and the last of them. Default: 1s.
    pub stability_window: Option<Span>,
    /// Most lag at which a cutover may begin. Default: 10s.
    pub lag_max: Option<Span>,
    /// Longest that a write transaction may be open when a cutover begins: ending it rolls back about as long. Default: 1m.
    pub transaction_max: Option<Span>,
    /// Azure cancels a seeding after 6 days. Default: 6d.
    pub seeding_timeout: Option<Span>,
    /// How long sessions may take to end; their rollbacks included. Default: 2m.
    pub fence_timeout: Option<Span>,
    /// How long the tail of the log may take to arrive. Default: 5m.
    pub drain_timeout: Option<Span>,
    /// Try the fence with a login, and where it applies a user, that the run makes and drops. Default: true.
    pub canary: Option<bool>,
    /// How long the service may take for the switch itself. Default: 15m.
    pub switch_timeout: Option<Span>,
    /// Default: 2m.
    pub open_timeout: Option<Span>,
    /// A cutover needs a failover drill without loss that is younger than this, such as "90d". Default: none is needed.
    pub drill_within: Option<Span>,
    /// Join the target to a failover group after the cutover; false: the site ends at `unlinked`. Default: false.
    pub protect: bool,
    /// Second place for the undo script.
    pub second_undo_dir: Option<PathBuf>,
    /// Life of a certificate that milink makes. Default: 3650; an expired one breaks the link.
    #[schemars(with = "Option<u32>", range(min = 1, max = 3650))]
    pub certificate_days: Option<Spanned<u32>>,
}

/// JSON Schema of the estate file.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(EstateFile).to_value()
}

//! What one look at both sides and at Azure found. Every part may be unknown by itself.

use crate::model::around::Around;
use crate::model::around::Other;
use crate::model::certificate::ServerCertificate;
use crate::model::database::DatabaseFacts;
use crate::model::endpoint::EndpointFacts;
use crate::model::fact::Fact;
use crate::model::group::Replica;
use crate::model::group::ReplicaDatabase;
use crate::model::ids::SiteId;
use crate::model::instance::InstanceFacts;
use crate::model::instance::TraceFlag;
use crate::model::network::NetworkFacts;
use crate::model::object::Agent;
use crate::model::object::DatabaseUser;
use crate::model::object::Outside;
use crate::model::object::ServerLogin;
use serde::Serialize;
use time::OffsetDateTime;

/// A file of a user database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileFacts {
    pub database: String,
    /// 0 rows, 1 log, 2 FILESTREAM or In-Memory container.
    pub kind: i32,
    pub name: String,
    pub bytes: i64,
    pub state: Option<String>,
}

/// Transparent data encryption of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Protection {
    pub database: String,
    /// 3 encrypted; 1 not.
    pub state: i32,
    /// `CERTIFICATE`, `ASYMMETRIC KEY`.
    pub encryptor: Option<String>,
    /// Upper-case hex.
    pub thumbprint: Option<String>,
    pub certificate: Option<String>,
}

/// Accelerated database recovery of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Accelerated {
    pub database: String,
    pub is_on: bool,
    /// Where the version store is; 1 is PRIMARY.
    pub filegroup_id: Option<i32>,
}

/// What only a look into the database tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Inside {
    pub database: String,
    pub memory_filegroups: i32,
    pub stream_filegroups: i32,
    pub memory_tables: i32,
    pub file_tables: i32,
    pub has_master_key: bool,
    pub guest_connects: bool,
    pub users: Vec<DatabaseUser>,
    /// Other databases that its code names; with a server in front where one is named.
    pub refers_to: Vec<String>,
}

/// The mirroring endpoint and the certificates of `master`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Door {
    pub endpoint: Option<EndpointFacts>,
    pub certificates: Vec<ServerCertificate>,
}

/// Groups and where their databases are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Groups {
    pub replicas: Vec<Replica>,
    pub databases: Vec<ReplicaDatabase>,
}

/// One server, either side.
#[derive(Debug, Clone, Serialize)]
pub struct ServerSurvey {
    pub site: SiteId,
    pub instance: Fact<InstanceFacts>,
    pub trace_flags: Fact<Vec<TraceFlag>>,
    pub databases: Fact<Vec<DatabaseFacts>>,
    pub files: Fact<Vec<FileFacts>>,
    pub protection: Fact<Vec<Protection>>,
    /// `None` inside: the build has none (before 2019).
    pub accelerated: Fact<Option<Vec<Accelerated>>>,
    pub inside: Fact<Vec<Inside>>,
    pub door: Fact<Door>,
    pub groups: Fact<Groups>,
    pub logins: Fact<Vec<ServerLogin>>,
    pub agent: Fact<Agent>,
    pub outside: Fact<Outside>,
    pub around: Fact<Around>,
    /// Server objects that are only named.
    pub others: Fact<Vec<Other>>,
    /// Names of contained groups. `None` inside: the build has none (before 2022).
    pub contained: Fact<Option<Vec<String>>>,
    /// Whether links of several databases are switched on. `None` inside: the build has no such switch.
    pub multi_database: Fact<Option<bool>>,
}

impl ServerSurvey {
    /// Nothing at all could be read.
    pub fn is_dark(&self) -> bool {
        self.instance.known().is_none() && self.databases.known().is_none() && self.logins.known().is_none()
    }
}

/// The managed instance as Azure states it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ManagedFacts {
    pub fqdn: Option<String>,
    pub state: Option<String>,
    pub provisioning_state: Option<String>,
    pub policy: Option<String>,
    pub tier: Option<String>,
    /// `Gen5`, `G8IM`, `G8IH`: the hardware.
    pub family: Option<String>,
    pub is_next_gen: bool,
    pub v_cores: Option<i64>,
    pub storage_gb: Option<i64>,
    pub collation: Option<String>,
    pub time_zone: Option<String>,
    /// Set: the protector of encrypted databases is the customer's own key.
    pub key_id: Option<String>,
}

/// A link as Azure has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AzureLink {
    pub name: String,
    pub databases: Vec<String>,
    pub instance_group: Option<String>,
    pub partner_endpoint: Option<String>,
    pub mode: Option<String>,
    pub state: Option<String>,
    pub error: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AzureLock {
    pub name: String,
    pub level: String,
}

/// A certificate given to, or shown by, the instance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AzureCertificate {
    pub name: String,
    /// SHA-1, upper-case hex.
    pub thumbprint: Option<String>,
    pub issuer: Option<String>,
    pub not_after: Option<OffsetDateTime>,
}

/// Azure's side of one target.
#[derive(Debug, Clone, Serialize)]
pub struct AzureSurvey {
    pub instance: Fact<ManagedFacts>,
    pub links: Fact<Vec<AzureLink>>,
    /// Databases of the instance.
    pub databases: Fact<Vec<String>>,
    /// Operations under way, by name.
    pub operations: Fact<Vec<String>>,
    pub locks: Fact<Vec<AzureLock>>,
    /// Actions a link needs that the caller may not do.
    pub forbidden: Fact<Vec<String>>,
    /// Failover group that holds the instance.
    pub failover_group: Fact<Option<String>>,
    pub trust: Fact<Vec<AzureCertificate>>,
    pub endpoint_certificate: Fact<AzureCertificate>,
    /// `ServiceManaged`, `AzureKeyVault`: whose key protects the encrypted databases.
    pub protector: Fact<String>,
    /// Subnet, rules and routes.
    pub network: Fact<NetworkFacts>,
    /// Roots the source must trust, as subject; empty: the service does not tell.
    pub roots: Vec<AzureCertificate>,
}

impl AzureSurvey {
    pub fn is_dark(&self) -> bool {
        self.instance.known().is_none() && self.links.known().is_none()
    }
}

//! Facts of a SQL Server instance, as the instance itself states them.

use serde::Deserialize;
use serde::Serialize;
use time::OffsetDateTime;

/// One instance, either side of a link. (facts: sql-server-hadr (d))
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceFacts {
    /// `SERVERPROPERTY('ProductVersion')`; on a managed instance always `12.0.2000.8`.
    pub version: String,
    pub level: Option<String>,
    pub update_level: Option<String>,
    pub update_reference: Option<String>,
    pub build_type: Option<String>,
    /// `CU` or `Continuous` on a managed instance; cannot tell the 2022 policy from the 2025 one.
    pub update_type: Option<String>,
    pub edition: String,
    /// 2 Standard, 3 Enterprise class, 4 Express, 8 managed instance.
    pub engine_edition: i32,
    /// `@@SERVERNAME`: the name AG replicas go by; NULL when row 0 of `sys.servers` is missing.
    pub server_name: Option<String>,
    /// `SERVERPROPERTY('ServerName')`: follows the machine name.
    pub property_server_name: Option<String>,
    pub machine_name: Option<String>,
    pub instance_name: Option<String>,
    pub is_hadr_enabled: Option<bool>,
    /// 0 waiting, 1 started, 2 failed.
    pub hadr_manager_status: Option<i32>,
    pub is_clustered: Option<bool>,
    pub collation: Option<String>,
    /// `Windows` or `Linux`; none on a managed instance.
    pub platform: Option<String>,
    /// The system under it as `@@VERSION` names it (`Windows Server 2022 Datacenter 10.0 …`); none on a managed instance.
    pub system: Option<String>,
    /// The login this session runs as.
    pub login: String,
    pub is_sysadmin: bool,
    pub view_server_state: bool,
    pub view_any_definition: bool,
    pub view_any_database: bool,
    pub alter_any_availability_group: bool,
    /// The pack that makes links possible is there (facts: mi-link 1.1).
    pub has_add_issuer: bool,
    pub has_get_endpoint_certificate: bool,
    pub has_validate_chain: bool,
    pub has_multi_database_link: bool,
    pub has_master_key: bool,
    /// The endpoint can open its key unattended.
    pub master_key_by_server: bool,
    /// The server's clock when it answered.
    pub now: OffsetDateTime,
    /// Minutes the server's local time is ahead of UTC.
    pub utc_offset_minutes: i32,
}

/// `EngineEdition` of a managed instance.
pub const ENGINE_MANAGED_INSTANCE: i32 = 8;

impl InstanceFacts {
    pub fn is_managed(&self) -> bool {
        self.engine_edition == ENGINE_MANAGED_INSTANCE
    }
    /// Both procedures of the link are there; on a managed instance this is not asked for.
    pub fn is_link_capable(&self) -> bool {
        self.has_add_issuer && self.has_get_endpoint_certificate
    }
    /// The version as numbers, for comparison part by part.
    pub fn version_parts(&self) -> Option<[u32; 4]> {
        let mut parts = [0; 4];
        let mut count = 0;
        for (slot, text) in parts.iter_mut().zip(self.version.split('.')) {
            *slot = text.parse().ok()?;
            count += 1;
        }
        (count == 4 && self.version.split('.').count() == 4).then_some(parts)
    }
}

/// One row of `DBCC TRACESTATUS(-1)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceFlag {
    pub flag: i32,
    pub is_on: bool,
    pub is_global: bool,
}

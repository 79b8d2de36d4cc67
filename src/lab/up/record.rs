//! `lab.json`: what a script or a person needs to reach the estate. Written when it is up.

use crate::lab::workload::alias::Address;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

pub const FILE: &str = "lab.json";
pub const ESTATE: &str = "milink.toml";
pub const CA: &str = "ca.pem";
pub const MIRRORING_ROOT: &str = "mirroring-root.pem";
pub const LEDGER: &str = "acknowledged.jsonl";
pub const SAMPLES: &str = "writable.jsonl";

/// Everything of a running lab.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LabRecord {
    pub schema_version: u32,
    pub scenario: String,
    pub servers: Vec<ServerRecord>,
    pub arm: ArmRecord,
    pub databases: Vec<DatabaseRecord>,
    /// Name server of the lab's zone, `host:port`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_server: Option<String>,
    pub control: ControlRecord,
    /// Terms of the shortest outage the configured values allow, in milliseconds.
    pub floor_terms: Vec<(String, u64)>,
    pub writers: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServerRecord {
    pub id: String,
    /// `sql-server`, `managed-instance` or `logical-server`.
    pub kind: String,
    pub server_name: String,
    /// Loopback address of the TDS listener.
    pub address: Address,
    pub logins: Vec<LoginRecord>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoginRecord {
    pub name: String,
    pub password: String,
    pub sysadmin: bool,
    pub application: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ArmRecord {
    pub endpoint: String,
    /// `IDENTITY_ENDPOINT` for SDKs and the az CLI.
    pub identity_endpoint: String,
    pub tenant: String,
    pub subscription: String,
    pub resource_group: String,
    pub token: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DatabaseRecord {
    pub name: String,
    /// Name of its link in `milink.toml`; empty: it is in a failover group, not linked.
    pub link: String,
    pub source: String,
    pub target: String,
    /// Servers that get a copy later: secondaries of a failover group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<String>,
    pub size_mib: u32,
}

impl DatabaseRecord {
    /// Every server that holds a copy, now or later.
    pub fn servers(&self) -> impl Iterator<Item = &String> {
        [&self.source, &self.target].into_iter().chain(&self.more)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ControlRecord {
    pub endpoint: String,
    pub token: String,
}

impl LabRecord {
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        super::files::private(&dir.join(FILE), &text)
    }
    pub fn read(dir: &Path) -> io::Result<Self> {
        Ok(serde_json::from_str(&std::fs::read_to_string(dir.join(FILE))?)?)
    }
    pub fn server(&self, id: &str) -> Option<&ServerRecord> {
        self.servers.iter().find(|s| s.id == id)
    }
    /// Addresses by server.
    pub fn addresses(&self) -> BTreeMap<String, Address> {
        self.servers.iter().map(|s| (s.id.clone(), s.address.clone())).collect()
    }
}

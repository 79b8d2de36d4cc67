//! What `ALTER DATABASE … SET` changes, and what else of a database's boot page is not derived.

use super::lsn::Lsn;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Options of one database. They replicate with it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct DatabaseOptions {
    /// 1 FULL, 2 `BULK_LOGGED`, 3 SIMPLE.
    pub recovery_model: u8,
    /// 100 … 170.
    pub compatibility_level: u8,
    pub collation: String,
    /// 0 `MULTI_USER`, 1 `SINGLE_USER`, 2 `RESTRICTED_USER`.
    pub user_access: u8,
    /// 0 NONE, 1 PARTIAL.
    pub containment: u8,
    /// 0 NONE, 1 `TORN_PAGE_DETECTION`, 2 CHECKSUM.
    pub page_verify: u8,
    /// 0 DISABLED, 1 ALLOWED, 2 FORCED.
    pub delayed_durability: u8,
    pub target_recovery_s: i32,
    /// SID of the owner; 0x01 is `sa`.
    pub owner_sid: Vec<u8>,
    /// Values of the bit columns of `sys.databases` that differ from 0, by column name.
    pub bits: BTreeMap<String, bool>,
    /// TDE state as `dm_database_encryption_keys.encryption_state`; 0 without a key.
    pub encryption_state: u8,
    /// Thumbprint of the certificate that protects the encryption key.
    pub encryptor_thumbprint: Vec<u8>,
    pub service_broker_guid: Uuid,
    pub recovery_fork: Uuid,
    pub family_guid: Uuid,
    /// Start of the log chain; `None` until a full backup was taken in FULL ("pseudo simple").
    pub last_log_backup: Option<Lsn>,
    pub differential_base: Option<(Lsn, Uuid)>,
    /// Bytes of data the scenario gives the database beyond its rows: what seeding has to carry.
    pub ballast_bytes: u64,
    /// Filegroups besides PRIMARY.
    #[serde(default)]
    pub filegroups: Vec<FileGroup>,
    /// Queues of Service Broker: name, activation.
    #[serde(default)]
    pub queues: Vec<(String, bool)>,
    /// Other databases that its code names.
    #[serde(default)]
    pub refers_to: Vec<String>,
    /// Filegroup of the persistent version store; 1 is PRIMARY.
    #[serde(default = "primary")]
    pub version_store: i16,
    /// Files, in order of `file_id`.
    pub files: Vec<FileSpec>,
}

/// A filegroup besides PRIMARY.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FileGroup {
    pub id: i32,
    pub name: String,
    /// `FG` rows, `FD` FILESTREAM, `FX` memory-optimised.
    pub kind: String,
}

/// A file of a database.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FileSpec {
    pub file_id: i32,
    /// 0 ROWS, 1 LOG, 2 FILESTREAM.
    pub kind: u8,
    pub name: String,
    pub physical_name: String,
    /// 0 for a log file.
    pub data_space_id: i32,
    /// Size in 8 KB pages beyond what the content needs.
    pub min_pages: i32,
    /// 0 ONLINE … 7 DEFUNCT.
    pub state: u8,
    pub guid: Uuid,
}

impl DatabaseOptions {
    /// Defaults of a new user database: SIMPLE is for the system databases, users get FULL (model's setting).
    pub fn new(name: &str, collation: &str, compatibility_level: u8, directory: &str) -> Self {
        let bits = ["is_auto_create_stats_on", "is_auto_update_stats_on", "is_query_store_on"]
            .into_iter()
            .filter(|b| *b != "is_query_store_on" || compatibility_level >= 160)
            .map(|b| (b.to_owned(), true))
            .collect();
        let file = |file_id, kind, suffix: &str, ext: &str, space, pages| FileSpec {
            file_id,
            kind,
            name: format!("{name}{suffix}"),
            physical_name: format!("{directory}{name}{suffix}.{ext}"),
            data_space_id: space,
            min_pages: pages,
            state: 0,
            guid: crate::base::random::uuid(),
        };
        Self {
            recovery_model: 1,
            compatibility_level,
            collation: collation.to_owned(),
            user_access: 0,
            containment: 0,
            page_verify: 2,
            delayed_durability: 0,
            target_recovery_s: 60,
            owner_sid: vec![1],
            bits,
            encryption_state: 0,
            encryptor_thumbprint: Vec::new(),
            service_broker_guid: crate::base::random::uuid(),
            recovery_fork: crate::base::random::uuid(),
            family_guid: crate::base::random::uuid(),
            last_log_backup: None,
            differential_base: None,
            ballast_bytes: 0,
            filegroups: Vec::new(),
            queues: Vec::new(),
            refers_to: Vec::new(),
            version_store: primary(),
            files: vec![file(1, 0, "", "mdf", 1, 1024), file(2, 1, "_log", "ldf", 0, 1024)],
        }
    }
    /// Value of a bit column of `sys.databases`.
    pub fn bit(&self, column: &str) -> bool {
        self.bits.get(column).copied().unwrap_or(false)
    }
    /// Sets a bit column.
    pub fn set_bit(&mut self, column: &str, on: bool) {
        self.bits.insert(column.to_owned(), on);
    }
    /// `FULL`, `BULK_LOGGED` or `SIMPLE`.
    pub fn recovery_desc(&self) -> &'static str {
        match self.recovery_model {
            1 => "FULL",
            2 => "BULK_LOGGED",
            _ => "SIMPLE",
        }
    }
}

fn primary() -> i16 {
    1
}

//! Facts of databases.

use crate::model::lsn::Lsn;
use crate::open_enum;
use serde::Deserialize;
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

open_enum! {
    /// `sys.databases.state_desc`.
    DatabaseState {
        Online = "ONLINE",
        Restoring = "RESTORING",
        Recovering = "RECOVERING",
        RecoveryPending = "RECOVERY_PENDING",
        Suspect = "SUSPECT",
        Emergency = "EMERGENCY",
        Offline = "OFFLINE",
        Copying = "COPYING",
        OfflineSecondary = "OFFLINE_SECONDARY",
    }
}
open_enum! {
    RecoveryModel { Full = "FULL", BulkLogged = "BULK_LOGGED", Simple = "SIMPLE" }
}
open_enum! {
    /// `DATABASEPROPERTYEX(…, 'Updateability')`: what a session meets, unlike `is_read_only`.
    Updateability { ReadWrite = "READ_WRITE", ReadOnly = "READ_ONLY" }
}
open_enum! {
    UserAccess { Multi = "MULTI_USER", Single = "SINGLE_USER", Restricted = "RESTRICTED_USER" }
}
open_enum! {
    /// Role in a group.
    Role { Resolving = "RESOLVING", Primary = "PRIMARY", Secondary = "SECONDARY" }
}

/// One database of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseFacts {
    pub name: String,
    pub database_id: i32,
    pub created: Option<OffsetDateTime>,
    pub state: DatabaseState,
    pub recovery_model: RecoveryModel,
    pub is_read_only: bool,
    /// NULL when the database is not open.
    pub updateability: Option<Updateability>,
    pub user_access: UserAccess,
    pub compatibility_level: i32,
    pub collation: Option<String>,
    pub is_auto_close: bool,
    pub is_encrypted: bool,
    pub is_broker_enabled: bool,
    pub is_cdc_enabled: bool,
    pub is_published: bool,
    pub is_merge_published: bool,
    pub is_subscribed: bool,
    pub is_distributor: bool,
    pub is_trustworthy: bool,
    pub is_db_chaining: bool,
    /// 0 none, 1 partial.
    pub containment: i32,
    pub owner_sid: Option<String>,
    /// Refers to the local AG.
    pub replica_id: Option<Uuid>,
    pub group_database_id: Option<Uuid>,
    pub log_reuse_wait: Option<String>,
    /// Changes when a database of the same name is another one.
    pub guid: Option<Uuid>,
    /// Set: the log chain is intact (facts: mi-link 2, step 8).
    pub last_log_backup_lsn: Option<Lsn>,
    /// Newest full backup of this very database that is not copy-only.
    pub last_full_backup: Option<OffsetDateTime>,
    pub data_bytes: Option<i64>,
    pub log_bytes: Option<i64>,
    pub data_files: Option<i32>,
    pub log_files: Option<i32>,
    /// FILESTREAM, FileTable and In-Memory containers (`sys.master_files.type = 2`).
    pub stream_containers: Option<i32>,
    pub defunct_files: Option<i32>,
    pub largest_file_bytes: Option<i64>,
}

impl DatabaseFacts {
    /// master, tempdb, model, msdb and a distribution database.
    pub fn is_system(&self) -> bool {
        self.database_id <= 4 || self.is_distributor
    }
    pub fn total_bytes(&self) -> Option<i64> {
        Some(self.data_bytes? + self.log_bytes?)
    }
}

/// Who may do what in one database now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseAccess {
    pub name: String,
    pub state: DatabaseState,
    pub is_read_only: bool,
    pub updateability: Option<Updateability>,
    pub user_access: UserAccess,
    /// Local AG and distributed AGs that hold it, as seen from here.
    pub groups: Vec<Membership>,
}

/// A database's place in one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    pub group: String,
    pub is_distributed: bool,
    pub role: Option<Role>,
}

impl DatabaseAccess {
    /// The engine would take a write now, if somebody were let in.
    pub fn accepts_writes(&self) -> bool {
        self.state == DatabaseState::Online && self.updateability == Some(Updateability::ReadWrite)
    }
    pub fn distributed_role(&self) -> Option<&Role> {
        self.groups.iter().find(|g| g.is_distributed).and_then(|g| g.role.as_ref())
    }
    pub fn in_group(&self) -> bool {
        !self.groups.is_empty()
    }
}

/// A backup in `msdb.dbo.backupset`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupFacts {
    pub started: OffsetDateTime,
    pub finished: OffsetDateTime,
    pub is_copy_only: bool,
    pub has_checksums: bool,
    pub bytes: Option<i64>,
    pub first_lsn: Option<Lsn>,
    pub last_lsn: Option<Lsn>,
    pub database_guid: Option<Uuid>,
}

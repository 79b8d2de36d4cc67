//! Building an instance's state: system databases and `sa` first, then what a scenario adds.

use super::database::Database;
use super::database::DatabaseState;
use super::hadr::HadrState;
use super::instance::InstanceConfig;
use super::instance::InstanceState;
use super::log::Op;
use super::messages;
use super::options::DatabaseOptions;
use super::security::DEFAULT_TCP_ENDPOINT;
use super::security::ENDPOINT;
use super::security::PUBLIC;
use super::security::SA;
use super::security::SERVER;
use super::security::SecurityState;
use super::security::ServerGrantKey;
use super::security::ServerPrincipal;
use super::security::hash_password;
use super::security::new_salt;
use super::server::BackupSet;
use super::server::Job;
use super::server::JobStep;
use super::server::LinkedServer;
use super::server::ServerState;
use super::session::SessionTable;
use super::storage::ColumnDef;
use super::storage::Data;
use super::storage::DbPrincipal;
use super::storage::IndexDef;
use super::storage::SchemaOp;
use super::storage::TableDef;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::value::Value;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// Fixed server roles; those from 2022 on have names in `##`.
const ROLES: [(i32, &str); 8] = [
    (3, "sysadmin"),
    (4, "securityadmin"),
    (5, "serveradmin"),
    (6, "setupadmin"),
    (7, "processadmin"),
    (8, "diskadmin"),
    (9, "dbcreator"),
    (10, "bulkadmin"),
];
const ROLES_2022: [(i32, &str); 10] = [
    (11, "##MS_ServerStateReader##"),
    (12, "##MS_ServerStateManager##"),
    (13, "##MS_DefinitionReader##"),
    (14, "##MS_DatabaseConnector##"),
    (15, "##MS_DatabaseManager##"),
    (16, "##MS_LoginManager##"),
    (17, "##MS_SecurityDefinitionReader##"),
    (18, "##MS_PerformanceDefinitionReader##"),
    (19, "##MS_ServerSecurityStateReader##"),
    (20, "##MS_ServerPerformanceStateReader##"),
];

/// A login as a scenario wants it.
#[derive(Debug, Clone, Default)]
pub struct LoginSpec {
    pub name: String,
    /// `S`, `U` or `G`; defaults to `S`.
    pub kind: Option<char>,
    /// 16 bytes for SQL logins; made up when absent.
    pub sid: Option<Vec<u8>>,
    pub password: Option<String>,
    pub default_database: Option<String>,
    pub disabled: bool,
    /// Server roles by name.
    pub roles: Vec<String>,
    /// Server permissions to grant.
    pub grants: Vec<String>,
}

/// A database as a scenario wants it.
#[derive(Debug, Clone, Default)]
pub struct DatabaseSpec {
    pub name: String,
    /// 1 FULL (default when 0), 2, 3.
    pub recovery_model: u8,
    /// Was a full backup taken (starts the log chain)?
    pub full_backup: bool,
    /// Bytes to pretend beyond the rows.
    pub ballast_bytes: u64,
    pub compatibility_level: Option<u8>,
    pub collation: Option<String>,
    pub tables: Vec<TableSpec>,
    /// User name, login it maps to, roles.
    pub users: Vec<(String, String, Vec<String>)>,
}

/// A table to bulk load.
#[derive(Debug, Clone, Default)]
pub struct TableSpec {
    /// Schema; `dbo` when empty.
    pub schema: String,
    pub name: String,
    pub columns: Vec<ColumnDef>,
    /// Ordinals of the primary key.
    pub primary_key: Vec<usize>,
    pub rows: Vec<Vec<Value>>,
}

/// A job to add.
#[derive(Debug, Clone, Default)]
pub struct JobSpec {
    pub name: String,
    pub enabled: bool,
    pub owner: Option<String>,
    /// Step name, subsystem, database, command.
    pub steps: Vec<(String, String, Option<String>, String)>,
    /// Seconds a run takes.
    pub run_seconds: u32,
}

impl InstanceState {
    /// A freshly set up instance: system databases, `sa` (with this lab's default: no password, so nobody logs in as it
    /// before [`InstanceState::set_password`]).
    pub fn new(config: &InstanceConfig, now: OffsetDateTime) -> Self {
        let mut state = Self {
            databases: BTreeMap::new(),
            next_database_id: 1,
            security: security(config, now),
            sessions: SessionTable::default(),
            hadr: HadrState::default(),
            server: ServerState::new(now),
            error_log: Vec::new(),
            trace_flags: config.trace_flags.iter().copied().collect(),
        };
        for (name, recovery) in [("master", 3), ("tempdb", 3), ("model", 1), ("msdb", 3)] {
            let mut options = config.database_options(name);
            options.recovery_model = recovery;
            options.set_bit("is_query_store_on", false);
            if name == "msdb" {
                options.set_bit("is_trustworthy_on", true);
                options.set_bit("is_broker_enabled", true);
            }
            if name == "master" {
                options.set_bit("is_db_chaining_on", true);
            }
            let data = Data::new(&[1], now, name != "model");
            let id = state.next_database_id;
            state.next_database_id += 1;
            state.databases.insert(name.to_owned(), Database::new(id, name, options, data, now));
        }
        if config.is_managed()
            && let Some(o) = state.server.configuration.iter_mut().find(|o| o.name == "backup compression default")
        {
            (o.value, o.in_use) = (1, 1);
        }
        state
    }
    /// Database by name, in any case.
    pub fn database(&self, name: &str) -> Option<&Database> {
        self.databases.get(&name.to_lowercase())
    }
    /// Database by name, in any case.
    pub fn database_mut(&mut self, name: &str) -> Option<&mut Database> {
        self.databases.get_mut(&name.to_lowercase())
    }
    /// Database by id.
    pub fn database_by_id(&self, id: i32) -> Option<&Database> {
        self.databases.values().find(|d| d.id == id)
    }
    /// Lowest free database id from 5 on.
    pub fn free_database_id(&mut self) -> i32 {
        let taken: std::collections::BTreeSet<i32> = self.databases.values().map(|d| d.id).collect();
        let id = (5..=32_767).find(|i| !taken.contains(i)).unwrap_or(i32::MAX);
        self.next_database_id = self.next_database_id.max(id + 1);
        id
    }
    /// Target of seeding: a database in RESTORING. 1801 if the name is taken.
    pub fn create_restoring(&mut self, name: &str, now: OffsetDateTime) -> SqlResult<&mut Database> {
        let key = name.to_lowercase();
        if self.databases.contains_key(&key) {
            return Err(messages::error(1801, &[&name]));
        }
        let template = self.database("model").map(|m| m.options.clone());
        let mut options =
            template.unwrap_or_else(|| DatabaseOptions::new(name, "SQL_Latin1_General_CP1_CI_AS", 160, "/data/"));
        options.rename_files("model", name);
        let id = self.free_database_id();
        let mut db = Database::new(id, name, options, Data::new(&[1], now, false), now);
        db.state = DatabaseState::Restoring;
        Ok(self.databases.entry(key).or_insert(db))
    }
    /// Adds a login; the id it got.
    pub fn add_login(&mut self, spec: &LoginSpec, now: OffsetDateTime) -> i32 {
        let id = self.security.next_id;
        self.security.next_id += 1;
        let kind = spec.kind.unwrap_or('S');
        let sid = spec.sid.clone().unwrap_or_else(|| match kind {
            'U' | 'G' => windows_sid(),
            _ => crate::base::random::uuid().as_bytes().to_vec(),
        });
        let principal = ServerPrincipal {
            default_database: spec.default_database.clone().unwrap_or_else(|| "master".to_owned()),
            disabled: spec.disabled,
            password_hash: spec.password.as_deref().map(|p| hash_password(p, new_salt())),
            ..ServerPrincipal::new(id, &spec.name, kind, sid, now)
        };
        self.security.principals.insert(id, principal);
        let mut grants = spec.grants.clone();
        grants.push("CONNECT SQL".to_owned());
        for permission in grants {
            self.security.set_grant(
                ServerGrantKey { class: SERVER, major_id: 0, grantee: id, permission },
                Some('G'),
                SA,
            );
        }
        for role in &spec.roles {
            if let Some(r) = self.security.by_name(role).map(|r| r.id) {
                self.security.role_members.insert((r, id));
            }
        }
        id
    }
    /// Sets the password of a login and enables it.
    pub fn set_password(&mut self, login: &str, password: &str) {
        let Some(id) = self.security.by_name(login).map(|p| p.id) else { return };
        if let Some(p) = self.security.principals.get_mut(&id) {
            p.password_hash = Some(hash_password(password, new_salt()));
            p.disabled = false;
        }
    }
    /// Adds a database with its tables, rows and users, as if restored long ago: nothing of it is in the log.
    pub fn add_database(&mut self, config: &InstanceConfig, spec: &DatabaseSpec, now: OffsetDateTime) -> i32 {
        let id = self.free_database_id();
        let mut options = config.database_options(&spec.name);
        options.recovery_model = if spec.recovery_model == 0 { 1 } else { spec.recovery_model };
        options.ballast_bytes = spec.ballast_bytes;
        if let Some(level) = spec.compatibility_level {
            options.compatibility_level = level;
        }
        if let Some(c) = &spec.collation {
            options.collation.clone_from(c);
        }
        let mut data = Data::new(&[1], now, false);
        for table in &spec.tables {
            load_table(&mut data, table, now);
        }
        for (at, (user, login, roles)) in spec.users.iter().enumerate() {
            let sid = self.security.by_name(login).map(|l| l.sid.clone()).unwrap_or_default();
            add_user(&mut data, 5 + at as i32, user, sid, roles, now);
        }
        let mut db = Database::new(id, &spec.name, options, data, now);
        db.last_row = db.data.last_row;
        self.databases.insert(spec.name.to_lowercase(), db);
        if spec.full_backup {
            self.record_full_backup(&spec.name, now);
        }
        id
    }
    /// As if a plain full backup had been taken: a row in msdb and the start of the log chain.
    pub fn record_full_backup(&mut self, database: &str, now: OffsetDateTime) {
        self.record_full_backup_from(database, now, now);
    }
    /// The same, of one that took a while.
    pub fn record_full_backup_from(&mut self, database: &str, began: OffsetDateTime, now: OffsetDateTime) {
        let Some(db) = self.databases.get_mut(&database.to_lowercase()) else { return };
        let id = self.server.backups.len() as i32 + 1;
        let set = BackupSet { start: began, ..BackupSet::of(id, db, 'D', now) };
        db.options.differential_base = Some((set.first_lsn, set.uuid));
        if db.options.recovery_model != 3 && db.options.last_log_backup.is_none() {
            db.options.last_log_backup = Some(set.last_lsn);
        }
        self.server.backups.push(set);
    }
    /// Adds an Agent job.
    pub fn add_job(&mut self, spec: &JobSpec, now: OffsetDateTime) -> Uuid {
        let id = crate::base::random::uuid();
        let owner =
            spec.owner.as_deref().and_then(|o| self.security.by_name(o)).map_or_else(|| vec![1], |p| p.sid.clone());
        let steps = spec.steps.iter().map(|(name, subsystem, database, command)| JobStep {
            name: name.clone(),
            uid: crate::base::random::uuid(),
            subsystem: subsystem.clone(),
            command: command.clone(),
            database: database.clone(),
            on_success: 1,
            on_fail: 2,
            proxy_id: None,
            flags: 0,
            log: None,
        });
        let job = Job {
            enabled: spec.enabled,
            steps: steps.collect(),
            run_seconds: spec.run_seconds,
            ..Job::new(id, &spec.name, owner, now)
        };
        self.server.jobs.insert(spec.name.to_lowercase(), job);
        id
    }
    /// Adds a linked server.
    pub fn add_linked_server(
        &mut self,
        name: &str,
        data_source: &str,
        remote_login: Option<&str>,
        now: OffsetDateTime,
    ) {
        let id = self.server.linked_servers.values().map(|s| s.id).max().unwrap_or(0) + 1;
        let server = LinkedServer {
            id,
            name: name.to_owned(),
            product: String::new(),
            provider: "MSOLEDBSQL".to_owned(),
            data_source: Some(data_source.to_owned()),
            catalog: None,
            modified: now,
            rpc_out: false,
            data_access: true,
            logins: vec![(0, remote_login.is_none(), remote_login.map(str::to_owned))],
        };
        self.server.linked_servers.insert(name.to_lowercase(), server);
    }
}

impl ServerPrincipal {
    /// An enabled login without a password.
    pub fn new(id: i32, name: &str, kind: char, sid: Vec<u8>, now: OffsetDateTime) -> Self {
        Self {
            id,
            name: name.to_owned(),
            sid,
            kind,
            disabled: false,
            create_date: now,
            modify_date: now,
            default_database: "master".to_owned(),
            default_language: "us_english".to_owned(),
            password_hash: None,
            check_policy: kind == 'S',
            check_expiration: false,
            must_change: false,
            password_set: now,
            bad_passwords: 0,
            fixed_role: false,
            owner_id: None,
            credential_id: None,
        }
    }
}

impl Job {
    /// An enabled job without steps.
    pub fn new(id: Uuid, name: &str, owner_sid: Vec<u8>, now: OffsetDateTime) -> Self {
        Self {
            id,
            name: name.to_owned(),
            enabled: true,
            description: "No description available.".to_owned(),
            category_id: 0,
            owner_sid,
            start_step: 1,
            notify_email_operator: 0,
            notify_level_email: 0,
            created: now,
            modified: now,
            version: 1,
            steps: Vec::new(),
            schedules: Vec::new(),
            run_seconds: 1,
            running: None,
            last_run: None,
        }
    }
}

impl BackupSet {
    /// A backup of a database as it is now.
    pub fn of(id: i32, db: &Database, kind: char, now: OffsetDateTime) -> Self {
        let size = if kind == 'L' { db.log_bytes_used } else { db.size_bytes() };
        let end = db.log_end;
        Self {
            id,
            uuid: crate::base::random::uuid(),
            database: db.name.clone(),
            kind,
            copy_only: false,
            checksum: false,
            name: None,
            user: "sa".to_owned(),
            start: now,
            finish: now,
            first_lsn: if kind == 'L' { db.options.last_log_backup.unwrap_or(end) } else { end },
            last_lsn: end,
            checkpoint_lsn: db.last_checkpoint,
            database_backup_lsn: db.options.differential_base.map_or(end, |b| b.0),
            size,
            compressed_size: size / 3,
            recovery_model: db.options.recovery_desc().to_owned(),
            device: "NUL".to_owned(),
            device_type: 2,
            family_guid: db.options.family_guid,
            database_guid: db.guid,
            fork: db.options.recovery_fork,
            compatibility_level: db.options.compatibility_level,
            collation: db.options.collation.clone(),
            database_created: db.create_date,
        }
    }
}

impl InstanceConfig {
    /// Options a new database gets here.
    pub fn database_options(&self, name: &str) -> DatabaseOptions {
        let level = if self.is_managed() { 150 } else { self.major().min(17) as u8 * 10 };
        let mut o = DatabaseOptions::new(name, &self.collation, level, &self.data_directory());
        if self.is_managed() {
            o.set_bit("is_accelerated_database_recovery_on", true);
            o.set_bit("is_query_store_on", true);
        }
        o.set_bit("is_broker_enabled", true);
        o
    }
    /// Default data directory.
    pub fn data_directory(&self) -> String {
        let instance = self.server_name.split_once('\\').map_or("MSSQLSERVER", |(_, i)| i);
        match (self.is_managed(), self.linux) {
            (true, _) => format!(r"C:\WFRoot\DB.0\Fabric\work\data\{}\", self.id),
            (false, true) => "/var/opt/mssql/data/".to_owned(),
            (false, false) => {
                format!(r"C:\Program Files\Microsoft SQL Server\MSSQL{}.{instance}\MSSQL\DATA\", self.major())
            }
        }
    }
}

impl DatabaseOptions {
    /// File names of a copy under another name.
    pub fn rename_files(&mut self, from: &str, to: &str) {
        for f in &mut self.files {
            f.name = f.name.replacen(from, to, 1);
            if let Some((dir, file)) = f.physical_name.rsplit_once(['\\', '/']) {
                let sep = &f.physical_name[dir.len()..=dir.len()];
                f.physical_name = format!("{dir}{sep}{}", file.replacen(from, to, 1));
            }
            f.guid = crate::base::random::uuid();
        }
    }
}

fn security(config: &InstanceConfig, now: OffsetDateTime) -> SecurityState {
    let mut s = SecurityState { next_id: 257, ..SecurityState::default() };
    let sa = ServerPrincipal { disabled: true, ..ServerPrincipal::new(SA, "sa", 'S', vec![1], now) };
    s.principals.insert(SA, sa);
    let mut roles = vec![(PUBLIC, "public")];
    roles.extend(ROLES);
    if config.major() >= 16 {
        roles.extend(ROLES_2022);
    }
    for (id, name) in roles {
        let sid = match id {
            PUBLIC => vec![2],
            _ => vec![id as u8],
        };
        let role = ServerPrincipal {
            fixed_role: id != PUBLIC,
            owner_id: Some(1),
            ..ServerPrincipal::new(id, name, 'R', sid, now)
        };
        s.principals.insert(id, role);
    }
    s.role_members.insert((3, SA));
    let mut grant = |class, major_id, grantee, permission: &str| {
        s.set_grant(ServerGrantKey { class, major_id, grantee, permission: permission.to_owned() }, Some('G'), SA);
    };
    grant(SERVER, 0, SA, "CONNECT SQL");
    grant(SERVER, 0, PUBLIC, "VIEW ANY DATABASE");
    // public may connect on every T-SQL endpoint until somebody revokes it (facts: cutover-night 2.4)
    for endpoint in [2, 3, DEFAULT_TCP_ENDPOINT, 5] {
        grant(ENDPOINT, endpoint, PUBLIC, "CONNECT");
    }
    s
}

/// S-1-5-21-… in its binary form.
fn windows_sid() -> Vec<u8> {
    let u = crate::base::random::uuid();
    let mut sid = vec![1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0];
    sid.extend_from_slice(u.as_bytes());
    sid
}

/// Puts a table and its rows into content.
pub fn load_table(data: &mut Data, spec: &TableSpec, now: OffsetDateTime) -> u32 {
    let schema = if spec.schema.is_empty() { "dbo" } else { &spec.schema };
    let schema_id = if let Some(id) = data.schema(schema).map(|s| s.id) {
        id
    } else {
        let id = data.schemas.keys().filter(|k| **k < 16384).max().copied().unwrap_or(4) + 1;
        let info = super::storage::SchemaInfo { id, name: schema.to_owned(), principal_id: 1 };
        data.schemas.insert(id, info);
        id
    };
    let id = data.next_object(data.last_object);
    let mut indexes = Vec::new();
    if !spec.primary_key.is_empty() {
        let object_id = data.next_object(id) as i32;
        indexes.push(IndexDef {
            id: 1,
            name: format!("PK_{}", spec.name),
            columns: spec.primary_key.clone(),
            unique: true,
            primary_key: true,
            constraint: true,
            object_id,
        });
    }
    let def = TableDef {
        id,
        schema_id,
        name: spec.name.clone(),
        columns: spec.columns.clone(),
        indexes,
        create_date: now,
        modify_date: now,
    };
    data.apply(&SchemaOp::PutTable(def).to_op());
    for values in &spec.rows {
        let row = data.last_row + 1;
        data.apply(&Op::Insert { table: id, row, values: values.clone() });
    }
    id
}

fn add_user(data: &mut Data, id: i32, name: &str, sid: Vec<u8>, roles: &[String], now: OffsetDateTime) {
    let user = DbPrincipal::user(id, name, sid, now);
    data.apply(&SchemaOp::PutPrincipal(user).to_op());
    data.apply(&SchemaOp::Grant(super::storage::ObjectGrant::connect(id)).to_op());
    for role in roles {
        if let Some(role) = data.principal(role).map(|r| r.id) {
            data.apply(&SchemaOp::RoleMember { role, member: id, add: true }.to_op());
        }
    }
}

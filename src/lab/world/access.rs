//! Who may open which database and do what in it. Checked before every touch.

use super::database::Access;
use super::database::Database;
use super::database::DatabaseState;
use super::instance::InstanceState;
use super::messages::error;
use super::storage::Data;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use std::collections::BTreeSet;

/// What a database permission is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    Database,
    /// Object id, schema id.
    Object(i32, i32),
    Schema(i32),
}

impl InstanceState {
    /// Server principal of the session; 0 for a contained user or an unknown session.
    pub fn principal(&self, cx: &SessionCx) -> i32 {
        self.sessions.get(cx.spid).map_or(0, |s| s.principal_id)
    }
    /// Is the session a sysadmin?
    pub fn sysadmin(&self, cx: &SessionCx) -> bool {
        let id = self.principal(cx);
        id != 0 && self.security.is_sysadmin(id)
    }
    /// Effective server permission of the session.
    pub fn may(&self, cx: &SessionCx, permission: &str) -> bool {
        let id = self.principal(cx);
        id != 0 && self.security.has(id, permission)
    }
    /// Database principal the session acts as; `None` without access.
    pub fn user_in(&self, cx: &SessionCx, db: &Database, data: &Data) -> Option<i32> {
        let session = self.sessions.get(cx.spid)?;
        if let Some((home, user)) = &session.contained {
            if *home == db.name.to_lowercase() {
                return Some(*user);
            }
        } else if self.security.is_sysadmin(session.principal_id) || session.sid == db.options.owner_sid {
            return Some(1);
        }
        let connects = |id: i32| {
            let of = |state| {
                data.grants
                    .iter()
                    .any(|g| g.class == 0 && g.grantee == id && g.permission == "CONNECT" && g.state == state)
            };
            !of('D') && (of('G') || of('W'))
        };
        if session.contained.is_none()
            && let Some(user) = data.user_of_sid(&session.sid)
        {
            return (connects(user.id) || user.id == 1).then_some(user.id);
        }
        if connects(2) || self.may(cx, "CONNECT ANY DATABASE") || self.may(cx, "CONTROL SERVER") {
            return Some(if self.may(cx, "CONTROL SERVER") { 1 } else { 2 });
        }
        None
    }
    /// The database, if this session may read it now (facts: sql-server-hadr f).
    pub fn open(&self, cx: &SessionCx, name: &str) -> SqlResult<&Database> {
        let Some(db) = self.database(name) else { return Err(error(911, &[&name])) };
        usable(db, cx)?;
        if self.user_in(cx, db, &db.data).is_none() {
            return Err(error(916, &[&cx.login, &db.name]));
        }
        if db.options.user_access == 1
            && self
                .sessions
                .sessions
                .values()
                .any(|s| s.spid != cx.spid && !s.dead && s.database.eq_ignore_ascii_case(name))
        {
            return Err(error(924, &[&db.name]));
        }
        Ok(db)
    }
    /// The database, if this session may change it now: 3906 on a copy that only reads.
    pub fn open_for_write(&self, cx: &SessionCx, name: &str) -> SqlResult<&Database> {
        let db = self.open(cx, name)?;
        if db.access != Access::ReadWrite || db.options.bit("is_read_only") || self.is_on_replica(cx, name) {
            return Err(error(3906, &[&db.name]));
        }
        Ok(db)
    }
    /// A session that asked to read only, in a database with a replica for that: it landed there.
    pub fn is_on_replica(&self, cx: &SessionCx, name: &str) -> bool {
        cx.read_only_intent && self.server.read_scale.contains(&name.to_lowercase())
    }
    /// Roles of a database principal, itself and public included.
    pub fn database_tokens(data: &Data, user: i32) -> BTreeSet<i32> {
        let mut set = BTreeSet::from([user, 0]);
        loop {
            let more: Vec<i32> = data
                .role_members
                .iter()
                .filter(|(r, m)| set.contains(m) && !set.contains(r))
                .map(|(r, _)| *r)
                .collect();
            if more.is_empty() {
                return set;
            }
            set.extend(more);
        }
    }
    /// Effective permission in a database.
    pub fn may_in(&self, cx: &SessionCx, db: &Database, data: &Data, permission: &str, on: On) -> bool {
        let Some(user) = self.user_in(cx, db, data) else { return false };
        if user == 1 || self.sysadmin(cx) {
            return true;
        }
        let tokens = Self::database_tokens(data, user);
        let role = |id| tokens.contains(&id);
        if role(16384) {
            return true;
        }
        let (select, write) = (permission == "SELECT", matches!(permission, "INSERT" | "UPDATE" | "DELETE"));
        if select && role(16392) || write && role(16393) {
            return false;
        }
        let securables: Vec<(u8, i32)> = match on {
            On::Database => vec![(0, 0)],
            On::Object(id, schema) => vec![(1, id), (3, schema), (0, 0)],
            On::Schema(id) => vec![(3, id), (0, 0)],
        };
        let covers = |p: &str| {
            p == permission
                || p == "CONTROL"
                || p == "ALTER" && (permission.starts_with("ALTER") || permission.starts_with("CREATE"))
                || p == "VIEW DEFINITION" && permission == "VIEW DEFINITION"
        };
        let mut granted = false;
        for g in &data.grants {
            if !tokens.contains(&g.grantee) || !securables.contains(&(g.class, g.major_id)) {
                continue;
            }
            if g.state == 'D' && (g.permission == permission || g.permission == "CONTROL") {
                return false;
            }
            granted |= g.state != 'D' && covers(&g.permission);
        }
        granted
            || select && role(16390)
            || write && role(16391)
            || role(16387) && (permission.starts_with("CREATE") || permission.starts_with("ALTER"))
            || role(16385) && permission == "ALTER ANY USER"
            || role(16386) && matches!(permission, "ALTER ANY ROLE" | "CREATE SCHEMA" | "VIEW DEFINITION")
            || role(16389) && permission.starts_with("BACKUP")
            || permission == "VIEW DEFINITION" && self.may(cx, "VIEW ANY DEFINITION")
            || permission == "VIEW DATABASE STATE" && self.may(cx, "VIEW SERVER STATE")
            || self.may(cx, "CONTROL SERVER")
    }
    /// 262 unless the session holds a database permission.
    pub fn demand_in(&self, cx: &SessionCx, db: &Database, permission: &str) -> SqlResult<()> {
        if self.may_in(cx, db, &db.data, permission, On::Database) {
            Ok(())
        } else {
            Err(error(262, &[&permission, &db.name]))
        }
    }
    /// 15247 unless the session holds a server permission.
    pub fn demand(&self, cx: &SessionCx, permission: &str) -> SqlResult<()> {
        if self.may(cx, permission) { Ok(()) } else { Err(error(15247, &[])) }
    }
}

/// Errors of a database that is not open, whoever asks.
pub fn usable(db: &Database, cx: &SessionCx) -> Result<(), SqlError> {
    let name = &db.name;
    match db.state {
        DatabaseState::Online => {}
        DatabaseState::Restoring => return Err(error(927, &[name])),
        DatabaseState::Recovering => return Err(error(922, &[name])),
        DatabaseState::RecoveryPending => return Err(error(921, &[name])),
        DatabaseState::Suspect => return Err(error(926, &[name])),
        DatabaseState::Offline => return Err(error(942, &[name])),
        DatabaseState::Emergency => {}
    }
    match db.access {
        Access::ReadWrite | Access::ReadOnly => Ok(()),
        Access::ReadIntentOnly if cx.read_only_intent => Ok(()),
        Access::ReadIntentOnly => Err(error(978, &[name])),
        Access::NotReadable => Err(error(976, &[name])),
        Access::Resolving => Err(error(983, &[name])),
    }
}

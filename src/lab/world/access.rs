//! Who may open which database and do what in it. Checked before every touch.

use super::database::Access;
use super::database::Database;
use super::database::DatabaseState;
use super::instance::InstanceState;
use super::messages::error;
use super::security::SERVER;
use super::storage::Data;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use std::collections::BTreeSet;

const DBO: i32 = 1;
const GUEST: i32 = 2;
const DB_OWNER: i32 = 16384;
const DB_ACCESSADMIN: i32 = 16385;

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
    /// Logins that the session holds: its own, and those of its Windows groups.
    fn logins(&self, cx: &SessionCx) -> Vec<i32> {
        let Some(session) = self.sessions.get(cx.spid) else { return Vec::new() };
        let own = (session.principal_id != 0).then_some(session.principal_id);
        own.into_iter().chain(session.groups.iter().copied()).collect()
    }
    /// Is the session a sysadmin?
    pub fn sysadmin(&self, cx: &SessionCx) -> bool {
        self.logins(cx).into_iter().any(|id| self.security.is_sysadmin(id))
    }
    /// Effective server permission of the session.
    pub fn may(&self, cx: &SessionCx, permission: &str) -> bool {
        let logins = self.logins(cx);
        !logins.is_empty() && self.security.any_has_on(&logins, SERVER, 0, permission)
    }
    /// Database principal the session acts as; `None` without access.
    pub fn user_in(&self, cx: &SessionCx, db: &Database, data: &Data) -> Option<i32> {
        let session = self.sessions.get(cx.spid)?;
        if let Some((home, user)) = &session.contained {
            if *home == db.name.to_lowercase() {
                return Some(*user);
            }
        } else if self.sysadmin(cx) || session.sid == db.options.owner_sid {
            return Some(1);
        }
        if session.contained.is_none() {
            let groups = session.groups.iter().filter_map(|id| self.security.principals.get(id)).map(|p| &p.sid);
            let users: Vec<i32> = std::iter::once(&session.sid)
                .chain(groups)
                .filter_map(|sid| data.user_of_sid(sid))
                .map(|user| user.id)
                .collect();
            // A denial to one of its groups is a denial to all of them.
            if users.iter().any(|id| denied_connect(data, *id)) {
                return None;
            }
            if !users.is_empty() {
                return users.into_iter().find(|id| holds_connect(data, *id));
            }
        }
        if holds_connect(data, 2) || self.may(cx, "CONNECT ANY DATABASE") || self.may(cx, "CONTROL SERVER") {
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
            || role(DB_OWNER)
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

/// Principals by which a user may be let in or kept out: itself and its roles. guest is let in by a grant of its own only.
fn connecting(data: &Data, user: i32) -> BTreeSet<i32> {
    if user == GUEST { BTreeSet::from([GUEST]) } else { InstanceState::database_tokens(data, user) }
}

fn has_on_connect(data: &Data, user: i32, state: impl Fn(char) -> bool) -> bool {
    let tokens = connecting(data, user);
    data.grants.iter().any(|g| {
        let connect = g.class == 0 && matches!(g.permission.as_str(), "CONNECT" | "CONTROL");
        connect && tokens.contains(&g.grantee) && state(g.state)
    })
}

/// CONNECT was denied to the user or one of its roles. The owner passes it.
pub fn denied_connect(data: &Data, user: i32) -> bool {
    user != DBO && has_on_connect(data, user, |state| state == 'D')
}

/// CONNECT on the database: granted to the user or one of its roles, or carried by a fixed role: db_owner has CONTROL, db_accessadmin
/// CONNECT WITH GRANT OPTION. A denial beats them all.
pub fn holds_connect(data: &Data, user: i32) -> bool {
    if user == DBO {
        return true;
    }
    let tokens = connecting(data, user);
    let carried = tokens.contains(&DB_OWNER) || tokens.contains(&DB_ACCESSADMIN);
    !denied_connect(data, user) && (carried || has_on_connect(data, user, |state| state != 'D'))
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

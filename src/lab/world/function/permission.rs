//! Who am I, and what may I do.

use super::Call;
use super::identifier_parts;
use crate::lab::tsql::ast::Name;
use crate::lab::tsql::value::Value;
use crate::lab::world::access::On;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::security::AVAILABILITY_GROUP;
use crate::lab::world::security::ENDPOINT;
use crate::lab::world::security::SERVER_PRINCIPAL;
use crate::lab::world::session::LockMode;
use crate::lab::world::session::LockOwner;
use crate::lab::world::values;
use crate::lab::world::values::IntoValue;

pub(super) fn value(c: &Call<'_>, s: &mut InstanceState, f: &str) -> Option<Value> {
    let session = s.sessions.get(c.cx.spid).cloned();
    Some(match f {
        "original_login" | "system_user" => c.cx.login.as_str().v(),
        "suser_sname" | "suser_name" => match c.args.first() {
            None => c.cx.login.as_str().v(),
            Some(v) => match values::bare(v) {
                Value::Bytes(sid) => s.security.by_sid(sid).map(|p| p.name.clone()).v(),
                _ => c.int(0).and_then(|id| s.security.principals.get(&id)).map(|p| p.name.clone()).v(),
            },
        },
        "suser_id" => match c.args.len() {
            0 => s.principal(c.cx).v(),
            _ => c.text(0).and_then(|n| s.security.by_name(&n).map(|p| p.id)).v(),
        },
        "suser_sid" => match c.args.len() {
            0 => session.map(|x| x.sid).v(),
            _ => c.text(0).and_then(|n| s.security.by_name(&n).map(|p| p.sid.clone())).v(),
        },
        "user_name" | "user" | "current_user" | "session_user" => {
            let id = if f == "user_name" && !c.args.is_empty() { c.int(0) } else { user(c, s) };
            s.database(&c.cx.database).and_then(|d| d.data.principals.get(&id?).map(|p| p.name.clone())).v()
        }
        "user_id" | "database_principal_id" => {
            if c.args.is_empty() {
                user(c, s).v()
            } else {
                let name = c.text(0).unwrap_or_default();
                s.database(&c.cx.database).and_then(|d| d.data.principal(&name).map(|p| p.id)).v()
            }
        }
        "is_srvrolemember" => server_role(c, s),
        "is_member" | "is_rolemember" => database_role(c, s),
        "has_dbaccess" => match c.text(0).and_then(|n| s.database(&n).map(|d| d.name.clone())) {
            None => Value::Null,
            Some(name) => i32::from(s.open(c.cx, &name).is_ok()).v(),
        },
        "has_perms_by_name" => has_permission(c, s),
        "applock_mode" | "applock_test" => applock(c, s, f),
        _ => return None,
    })
}

fn user(c: &Call<'_>, s: &InstanceState) -> Option<i32> {
    let db = s.database(&c.cx.database)?;
    s.user_in(c.cx, db, &db.data)
}

fn server_role(c: &Call<'_>, s: &InstanceState) -> Value {
    let role = c.text(0).and_then(|n| s.security.by_name(&n)).filter(|p| p.kind == 'R').map(|p| p.id);
    let who = match c.args.len() {
        1 => Some(s.principal(c.cx)),
        _ => c.text(1).and_then(|n| s.security.by_name(&n).map(|p| p.id)),
    };
    match (role, who) {
        (Some(role), Some(who)) => i32::from(s.security.tokens(who).contains(&role)).v(),
        _ => Value::Null,
    }
}

fn database_role(c: &Call<'_>, s: &InstanceState) -> Value {
    let Some(db) = s.database(&c.cx.database) else { return Value::Null };
    let role = c.text(0).and_then(|n| db.data.principal(&n).map(|p| p.id));
    let who = match c.args.len() {
        1 => user(c, s),
        _ => c.text(1).and_then(|n| db.data.principal(&n).map(|p| p.id)),
    };
    match (role, who) {
        (Some(role), Some(who)) => {
            i32::from(InstanceState::database_tokens(&db.data, who).contains(&role) || (who == 1 && role == 16384)).v()
        }
        _ => Value::Null,
    }
}

/// 1, 0, or NULL when the securable or the class is not there (or not visible).
fn has_permission(c: &Call<'_>, s: &mut InstanceState) -> Value {
    let class = c.text(1).map(|x| x.trim().to_uppercase());
    let Some(permission) = c.text(2).map(|p| p.trim().to_uppercase()) else { return Value::Null };
    let securable = c.text(0).map(|x| Name(identifier_parts(&x)));
    let id = s.principal(c.cx);
    let yes = |b: bool| i32::from(b).v();
    let known_server = |p: &str| {
        p == "ANY"
            || !crate::lab::catalog::permission_code(p).is_empty()
            || p.starts_with("ALTER ")
            || p.starts_with("CREATE ")
    };
    match (class.as_deref(), securable) {
        (None | Some("SERVER"), None) if known_server(&permission) => yes(s.may(c.cx, &permission)),
        (Some("ENDPOINT"), Some(n)) => {
            let endpoint = match &s.hadr.endpoint {
                Some(e) if e.name.eq_ignore_ascii_case(n.object()) => Some(e.endpoint_id),
                _ => n.object().eq_ignore_ascii_case("TSQL Default TCP").then_some(4),
            };
            endpoint.map(|e| i32::from(s.security.has_on(id, ENDPOINT, e, &permission))).v()
        }
        (Some("LOGIN"), Some(n)) => {
            let login = s.security.by_name(n.object()).map(|p| p.id);
            login.map(|l| i32::from(s.security.has_on(id, SERVER_PRINCIPAL, l, &permission))).v()
        }
        (Some("AVAILABILITY GROUP"), Some(n)) => {
            let group = s.hadr.groups.contains_key(&n.object().to_lowercase());
            group.then(|| i32::from(s.security.has_on(id, AVAILABILITY_GROUP, 0, &permission))).v()
        }
        (Some("DATABASE"), n) => {
            let name = n.map_or_else(|| c.cx.database.clone(), |n| n.object().to_owned());
            match s.open(c.cx, &name) {
                Ok(db) => yes(permission == "CONNECT" || s.may_in(c.cx, db, &db.data, &permission, On::Database)),
                Err(_) if s.database(&name).is_some() => yes(false),
                Err(_) => Value::Null,
            }
        }
        (Some("OBJECT"), Some(n)) => {
            let database = n.database().unwrap_or(&c.cx.database).to_owned();
            let found = s.view(c.cx.spid, &database).and_then(|d| {
                let t = d.table(n.schema().unwrap_or("dbo"), n.object())?.def.clone();
                let db = s.database(&database)?;
                Some(s.may_in(c.cx, db, &d, &permission, On::Object(t.id as i32, t.schema_id)))
            });
            found.map(i32::from).v()
        }
        (Some("CERTIFICATE"), Some(n)) => {
            let Some(db) = s.database(&c.cx.database) else { return Value::Null };
            let there = db.data.certificate(n.object()).is_some();
            there.then(|| i32::from(s.may_in(c.cx, db, &db.data, &permission, On::Database))).v()
        }
        (Some("SERVER ROLE"), Some(n)) => {
            let role = s.security.by_name(n.object()).filter(|p| p.kind == 'R').map(|p| p.id);
            role.map(|r| i32::from(s.security.has_on(id, SERVER_PRINCIPAL, r, &permission))).v()
        }
        _ => Value::Null,
    }
}

fn applock(c: &Call<'_>, s: &InstanceState, f: &str) -> Value {
    let (principal, resource) = (c.text(0).unwrap_or_default(), c.text(1).unwrap_or_default());
    let Some(db) = s.database(&c.cx.database) else { return Value::Null };
    let Some(principal) = db.data.principal(&principal).map(|p| p.id) else { return Value::Null };
    let key = crate::lab::world::session::Resource::App(db.id, principal, resource);
    let owner = |at: usize| match c.text(at).unwrap_or_default().to_lowercase().as_str() {
        "session" => LockOwner::Session,
        _ => LockOwner::Transaction,
    };
    if f == "applock_mode" {
        let mode = s.sessions.locks.mode_of(&key, c.cx.spid, owner(2));
        mode.map_or("NoLock", LockMode::long).v()
    } else {
        let mode = c.text(2).and_then(|m| LockMode::parse(&m));
        mode.map(|m| i16::from(s.sessions.locks.test(&key, c.cx.spid, m))).v()
    }
}

//! Users, schemas, roles.

use super::option;
use super::option_text;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::DdlOption;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use crate::lab::world::host::InstanceHost;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::log::Op;
use crate::lab::world::messages::error;
use crate::lab::world::security::SA;
use crate::lab::world::security::SYSADMIN;
use crate::lab::world::security::ServerPrincipal;
use crate::lab::world::security::hash_password;
use crate::lab::world::security::new_salt;
use crate::lab::world::storage::Data;
use crate::lab::world::storage::DbPrincipal;
use crate::lab::world::storage::ObjectGrant;
use crate::lab::world::storage::SchemaInfo;
use crate::lab::world::storage::SchemaOp;
use time::OffsetDateTime;

/// Checks that the current database may be changed and shows its content.
fn content(s: &mut InstanceState, cx: &SessionCx, permission: &str) -> SqlResult<Data> {
    let db = s.open_for_write(cx, &cx.database)?;
    s.demand_in(cx, db, permission)?;
    s.view(cx.spid, &cx.database).ok_or_else(|| error(911, &[&cx.database]))
}

fn free_id(data: &Data) -> i32 {
    data.principals.keys().filter(|k| **k < 16384).max().map_or(5, |m| m + 1)
}

pub(super) async fn execute(host: &InstanceHost, cx: &SessionCx, ddl: &Ddl) -> SqlResult<()> {
    let now = host.instance.clock.now();
    let ops = host.with(|s| match ddl {
        Ddl::CreateUser { name, login, options } => create_user(s, cx, name, login.as_deref(), options, now),
        Ddl::AlterUser { name, options } => alter_user(s, cx, name, options, now),
        Ddl::DropUser { name, if_exists } => drop_user(s, cx, name, *if_exists),
        Ddl::CreateSchema { name } => {
            let data = content(s, cx, "CREATE SCHEMA")?;
            if data.schema(name).is_some() {
                return Err(error(2714, &[name]).state(6));
            }
            let id = data.schemas.keys().filter(|k| **k < 16384).max().map_or(5, |m| m + 1);
            Ok(vec![SchemaOp::PutSchema(SchemaInfo { id, name: name.clone(), principal_id: 1 })])
        }
        other => Err(error(40000, &[&format!("{other:?}").chars().take(40).collect::<String>()])),
    })?;
    if ops.is_empty() {
        return Ok(());
    }
    let ops: Vec<Op> = ops.iter().map(SchemaOp::to_op).collect();
    host.write_ops(cx, &cx.database, ops).await
}

fn create_user(
    s: &mut InstanceState,
    cx: &SessionCx,
    name: &str,
    login: Option<&str>,
    options: &[DdlOption],
    now: OffsetDateTime,
) -> SqlResult<Vec<SchemaOp>> {
    let data = content(s, cx, "ALTER ANY USER")?;
    if data.principal(name).is_some() {
        return Err(error(15023, &[&name]));
    }
    let id = free_id(&data);
    let mut user = DbPrincipal::user(id, name, Vec::new(), now);
    if let Some(p) = option_text(options, "PASSWORD") {
        user.authentication = 2;
        user.sid = crate::base::random::uuid().as_bytes().to_vec();
        user.password_hash = Some(hash_password(&p, new_salt()));
    } else if option(options, "WITHOUT LOGIN").is_some() {
        user.authentication = 0;
        user.sid = crate::base::random::uuid().as_bytes().repeat(2)[..28].to_vec();
    } else if option(options, "EXTERNAL PROVIDER").is_some() {
        (user.authentication, user.kind) = (4, 'E');
        user.sid = crate::base::random::uuid().as_bytes().to_vec();
    } else {
        let login = login.unwrap_or(name);
        let found = s.security.by_name(login).filter(|p| p.kind != 'R');
        let p = found.ok_or_else(|| error(15007, &[&login]))?;
        if data.user_of_sid(&p.sid).is_some() {
            return Err(error(15063, &[]));
        }
        user.kind = p.kind;
        user.authentication = if matches!(p.kind, 'U' | 'G') { 3 } else { 1 };
        user.sid.clone_from(&p.sid);
    }
    if let Some(schema) = option_text(options, "DEFAULT_SCHEMA") {
        user.default_schema = Some(schema);
    }
    Ok(vec![SchemaOp::PutPrincipal(user), SchemaOp::Grant(ObjectGrant::connect(id))])
}

fn alter_user(
    s: &mut InstanceState,
    cx: &SessionCx,
    name: &str,
    options: &[DdlOption],
    now: OffsetDateTime,
) -> SqlResult<Vec<SchemaOp>> {
    let data = content(s, cx, "ALTER ANY USER")?;
    let missing = || error(15151, &[&"alter", &"user", &name]);
    let user = data.principal(name).filter(|p| p.kind != 'R' && p.id > 4).ok_or_else(missing)?;
    let mut new = DbPrincipal { modify_date: now, ..(**user).clone() };
    if let Some(login) = option_text(options, "LOGIN") {
        let p = s.security.by_name(&login).filter(|p| p.kind != 'R').ok_or_else(|| error(15007, &[&login]))?;
        if data.user_of_sid(&p.sid).is_some_and(|u| u.id != new.id) {
            return Err(error(15063, &[]));
        }
        new.sid.clone_from(&p.sid);
        new.authentication = 1;
    }
    if let Some(to) = option_text(options, "NAME") {
        if data.principal(&to).is_some_and(|p| p.id != new.id) {
            return Err(error(15023, &[&to]));
        }
        new.name = to;
    }
    if let Some(schema) = option_text(options, "DEFAULT_SCHEMA") {
        new.default_schema = Some(schema);
    }
    if let Some(p) = option_text(options, "PASSWORD") {
        new.password_hash = Some(hash_password(&p, new_salt()));
    }
    Ok(vec![SchemaOp::PutPrincipal(new)])
}

fn drop_user(s: &mut InstanceState, cx: &SessionCx, name: &str, if_exists: bool) -> SqlResult<Vec<SchemaOp>> {
    let data = content(s, cx, "ALTER ANY USER")?;
    let Some(user) = data.principal(name).filter(|p| p.kind != 'R' && p.id > 4) else {
        return if if_exists { Ok(Vec::new()) } else { Err(error(15151, &[&"drop", &"user", &name])) };
    };
    if data.schemas.values().any(|x| x.principal_id == user.id) {
        return Err(error(15138, &[]));
    }
    Ok(vec![SchemaOp::DropPrincipal(user.id)])
}

pub(super) async fn roles(host: &InstanceHost, cx: &SessionCx, ddl: &Ddl) -> SqlResult<()> {
    let now = host.instance.clock.now();
    let ops = host.with(|s| match ddl {
        Ddl::CreateRole { name, server: true, .. } => create_server_role(s, cx, name, now).map(|()| Vec::new()),
        Ddl::DropRole { name, server: true } => drop_server_role(s, cx, name).map(|()| Vec::new()),
        Ddl::AlterRole { name, server: true, add, member } => {
            alter_server_role(s, cx, name, *add, member).map(|()| Vec::new())
        }
        Ddl::CreateRole { name, owner, .. } => {
            let data = content(s, cx, "ALTER ANY ROLE")?;
            if data.principal(name).is_some() {
                return Err(error(15023, &[name]));
            }
            let owner = owner.as_ref().and_then(|o| data.principal(o)).map_or(1, |p| p.id);
            let role = DbPrincipal {
                kind: 'R',
                default_schema: None,
                authentication: 0,
                owner_id: Some(owner),
                sid: crate::base::random::uuid().as_bytes().repeat(2)[..28].to_vec(),
                ..DbPrincipal::user(free_id(&data), name, Vec::new(), now)
            };
            Ok(vec![SchemaOp::PutPrincipal(role)])
        }
        Ddl::DropRole { name, .. } => {
            let data = content(s, cx, "ALTER ANY ROLE")?;
            let role = data.principal(name).filter(|p| p.kind == 'R' && !p.fixed_role && p.id > 4);
            let role = role.ok_or_else(|| error(15151, &[&"drop", &"role", name]))?;
            if data.role_members.iter().any(|(r, _)| *r == role.id) {
                return Err(error(15144, &[]));
            }
            Ok(vec![SchemaOp::DropPrincipal(role.id)])
        }
        Ddl::AlterRole { name, add, member, .. } => {
            let data = content(s, cx, "ALTER ANY ROLE")?;
            let role = data.principal(name).filter(|p| p.kind == 'R').map(|p| p.id);
            let role = role.ok_or_else(|| error(15151, &[&"alter", &"role", name]))?;
            let who = data.principal(member).map(|p| p.id);
            let who = who.ok_or_else(|| error(15151, &[if *add { &"add" } else { &"drop" }, &"principal", member]))?;
            if who == 1 {
                return Err(error(15405, &[&"dbo"]));
            }
            Ok(vec![SchemaOp::RoleMember { role, member: who, add: *add }])
        }
        other => Err(error(40000, &[&format!("{other:?}").chars().take(40).collect::<String>()])),
    })?;
    if ops.is_empty() {
        host.instance.notify();
        return Ok(());
    }
    host.write_ops(cx, &cx.database, ops.iter().map(SchemaOp::to_op).collect()).await
}

fn create_server_role(s: &mut InstanceState, cx: &SessionCx, name: &str, now: OffsetDateTime) -> SqlResult<()> {
    s.demand(cx, "CREATE SERVER ROLE")?;
    if s.security.by_name(name).is_some() {
        return Err(error(15025, &[&name]));
    }
    let id = s.security.next_id;
    s.security.next_id += 1;
    let sid = crate::base::random::uuid().as_bytes().to_vec();
    let role = ServerPrincipal { owner_id: Some(SA), ..ServerPrincipal::new(id, name, 'R', sid, now) };
    s.security.principals.insert(id, role);
    Ok(())
}

fn drop_server_role(s: &mut InstanceState, cx: &SessionCx, name: &str) -> SqlResult<()> {
    let missing = || error(15151, &[&"drop", &"server role", &name]);
    let found = s.security.by_name(name).filter(|p| p.kind == 'R' && !p.fixed_role && p.id > 20).map(|p| p.id);
    let id = found.filter(|_| s.may(cx, "ALTER ANY SERVER ROLE")).ok_or_else(missing)?;
    if s.security.role_members.iter().any(|(r, _)| *r == id) {
        return Err(error(15144, &[]));
    }
    s.security.principals.remove(&id);
    s.security.role_members.retain(|(_, m)| *m != id);
    s.security.grants.retain(|k, _| k.grantee != id);
    Ok(())
}

fn alter_server_role(s: &mut InstanceState, cx: &SessionCx, name: &str, add: bool, member: &str) -> SqlResult<()> {
    let missing = || error(15151, &[&"alter", &"server role", &name]);
    let role = s.security.by_name(name).filter(|p| p.kind == 'R' && p.id != 2).map(|p| (p.id, p.fixed_role));
    let (role, fixed) = role.ok_or_else(missing)?;
    // only members of a fixed role may change its membership
    let me = s.principal(cx);
    let allowed = s.security.is_sysadmin(me)
        || s.security.tokens(me).contains(&role) && role != SYSADMIN
        || !fixed && s.may(cx, "ALTER ANY SERVER ROLE");
    if !allowed {
        return Err(missing());
    }
    let verb = if add { "add" } else { "drop" };
    let who = s.security.by_name(member).map(|p| p.id).ok_or_else(|| error(15151, &[&verb, &"principal", &member]))?;
    if who == SA {
        return Err(error(15405, &[&"sa"]));
    }
    if add {
        s.security.role_members.insert((role, who));
    } else {
        s.security.role_members.remove(&(role, who));
    }
    Ok(())
}

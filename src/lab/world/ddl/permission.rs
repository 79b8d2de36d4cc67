//! GRANT, DENY, REVOKE.

use crate::lab::catalog::permission_code;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::Name;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use crate::lab::world::host::InstanceHost;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::messages::error;
use crate::lab::world::security::AVAILABILITY_GROUP;
use crate::lab::world::security::ENDPOINT;
use crate::lab::world::security::SA;
use crate::lab::world::security::SERVER;
use crate::lab::world::security::SERVER_PRINCIPAL;
use crate::lab::world::security::ServerGrantKey;
use crate::lab::world::storage::ObjectGrant;
use crate::lab::world::storage::SchemaOp;

pub(super) async fn execute(host: &InstanceHost, cx: &SessionCx, ddl: &Ddl) -> SqlResult<()> {
    let Ddl::Permission { verb, permissions, class, securable, principals, with_grant, .. } = ddl else {
        return Ok(());
    };
    let state = match (verb.as_str(), with_grant) {
        ("GRANT", false) => 'G',
        ("GRANT", true) => 'W',
        ("DENY", _) => 'D',
        _ => 'R',
    };
    let permissions: Vec<String> = permissions.iter().map(|p| full_name(p)).collect();
    if on_server(class.as_deref(), &permissions) {
        let done = host.with(|s| {
            let at = server_securable(s, class.as_deref(), securable.as_ref())?;
            server(s, cx, state, &permissions, at, principals)
        });
        host.instance.notify();
        return done;
    }
    let ops = host.with(|s| database(s, cx, state, &permissions, class.as_deref(), securable.as_ref(), principals))?;
    host.write_ops(cx, &cx.database, ops.iter().map(SchemaOp::to_op).collect()).await
}

/// `ALL` and column lists are reduced to the permission itself.
fn full_name(p: &str) -> String {
    p.split(" (").next().unwrap_or(p).trim().to_ascii_uppercase()
}

fn on_server(class: Option<&str>, permissions: &[String]) -> bool {
    match class {
        Some("ENDPOINT" | "LOGIN" | "SERVER ROLE" | "AVAILABILITY GROUP" | "SERVER") => true,
        Some(_) => false,
        None => permissions.iter().all(|p| {
            p.contains("SERVER")
                || matches!(
                    p.as_str(),
                    "CONNECT SQL"
                        | "SHUTDOWN"
                        | "ADMINISTER BULK OPERATIONS"
                        | "ALTER RESOURCES"
                        | "ALTER SETTINGS"
                        | "ALTER TRACE"
                        | "UNSAFE ASSEMBLY"
                        | "EXTERNAL ACCESS ASSEMBLY"
                        | "CREATE LOGIN"
                        | "CREATE ENDPOINT"
                        | "CREATE AVAILABILITY GROUP"
                        | "CREATE ANY DATABASE"
                        | "SELECT ALL USER SECURABLES"
                        | "CONNECT ANY DATABASE"
                        | "IMPERSONATE ANY LOGIN"
                )
                || p.starts_with("VIEW ANY ")
                || (p.starts_with("ALTER ANY ")
                    && matches!(
                        &p[10..],
                        "LOGIN"
                            | "DATABASE"
                            | "ENDPOINT"
                            | "AVAILABILITY GROUP"
                            | "CONNECTION"
                            | "CREDENTIAL"
                            | "LINKED SERVER"
                            | "EVENT SESSION"
                            | "EVENT NOTIFICATION"
                    ))
        }),
    }
}

fn server_securable(s: &InstanceState, class: Option<&str>, securable: Option<&Name>) -> SqlResult<(u8, i32)> {
    let name = securable.map_or("", Name::object);
    let missing = |what: &str| error(15151, &[&"find", &what, &name]);
    match class {
        None | Some("SERVER") => Ok((SERVER, 0)),
        Some("ENDPOINT") => {
            let builtin = [
                ("TSQL Local Machine", 2),
                ("TSQL Named Pipes", 3),
                ("TSQL Default TCP", 4),
                ("TSQL Default VIA", 5),
                ("Dedicated Admin Connection", 1),
            ];
            let own = s.hadr.endpoint.as_ref().filter(|e| e.name.eq_ignore_ascii_case(name)).map(|e| e.endpoint_id);
            let broker = s.server.broker.as_ref().filter(|b| b.name.eq_ignore_ascii_case(name)).map(|b| b.id);
            let found = own.or(broker).or_else(|| builtin.iter().find(|b| b.0.eq_ignore_ascii_case(name)).map(|b| b.1));
            found.map(|id| (ENDPOINT, id)).ok_or_else(|| missing("endpoint"))
        }
        Some("AVAILABILITY GROUP") => {
            let known = s.hadr.groups.contains_key(&name.to_lowercase());
            known.then_some((AVAILABILITY_GROUP, 0)).ok_or_else(|| missing("availability group"))
        }
        Some(kind) => {
            let found = s.security.by_name(name).map(|p| (SERVER_PRINCIPAL, p.id));
            found.ok_or_else(|| missing(&kind.to_ascii_lowercase()))
        }
    }
}

fn server(
    s: &mut InstanceState,
    cx: &SessionCx,
    state: char,
    permissions: &[String],
    (class, major_id): (u8, i32),
    principals: &[String],
) -> SqlResult<()> {
    // 4621: server permissions are given in master only
    if !cx.database.eq_ignore_ascii_case("master") {
        return Err(SqlError::new(
            4621,
            16,
            "Permissions at the server scope can only be granted when the current database is master",
        )
        .state(10));
    }
    let me = s.principal(cx);
    if permissions.iter().any(|p| permission_code(p).is_empty() && !p.starts_with("ALTER") && p != "IMPERSONATE") {
        return Err(SqlError::new(102, 15, format!("Incorrect syntax near '{}'.", permissions.join(", "))));
    }
    for name in principals {
        let grantee = s.security.by_name(name).map(|p| p.id);
        let grantee = grantee.ok_or_else(|| error(15151, &[&"find", &"login", name]))?;
        if grantee == me || grantee == SA || grantee == 3 {
            return Err(SqlError::new(
                15390,
                11,
                "Cannot grant, deny, or revoke permissions to sa, dbo, entity owner, information_schema, sys, or yourself.",
            ));
        }
        for permission in permissions {
            let may_grant = s.security.has_on(me, class, major_id, "CONTROL")
                || s.may(cx, "CONTROL SERVER")
                || class == SERVER_PRINCIPAL && s.may(cx, "ALTER ANY LOGIN")
                || class == SERVER && permission == "CONNECT SQL" && s.may(cx, "CONTROL SERVER");
            if !may_grant {
                return Err(SqlError::new(4613, 16, "Grantor does not have GRANT permission."));
            }
            let key = ServerGrantKey { class, major_id, grantee, permission: permission.clone() };
            s.security.set_grant(key, (state != 'R').then_some(state), SA);
        }
    }
    Ok(())
}

fn database(
    s: &mut InstanceState,
    cx: &SessionCx,
    state: char,
    permissions: &[String],
    class: Option<&str>,
    securable: Option<&Name>,
    principals: &[String],
) -> SqlResult<Vec<SchemaOp>> {
    let db = s.open_for_write(cx, &cx.database)?;
    if !s.may_in(cx, db, &db.data, "CONTROL", crate::lab::world::access::On::Database) {
        return Err(SqlError::new(4613, 16, "Grantor does not have GRANT permission."));
    }
    let data = s.view(cx.spid, &cx.database).ok_or_else(|| error(911, &[&cx.database]))?;
    let name = securable.map_or("", Name::object);
    let missing = |what: &str| error(15151, &[&"find", &what, &name]);
    let (class, major_id) = match (class, securable) {
        (None | Some("DATABASE"), None) | (Some("DATABASE"), Some(_)) => (0, 0),
        (Some("SCHEMA"), _) => (3, data.schema(name).ok_or_else(|| missing("schema"))?.id),
        (Some("CERTIFICATE"), _) => (25, data.certificate(name).ok_or_else(|| missing("certificate"))?.id),
        (Some("USER" | "ROLE"), _) => (4, data.principal(name).ok_or_else(|| missing("user"))?.id),
        (None | Some("OBJECT"), Some(n)) => {
            let t = data.table(n.schema().unwrap_or("dbo"), n.object()).ok_or_else(|| missing("object"))?;
            (1, t.def.id as i32)
        }
        (Some(other), _) => return Err(error(40000, &[&format!("GRANT ON {other}")])),
    };
    let mut ops = Vec::new();
    for who in principals {
        let p = data.principal(who).ok_or_else(|| error(15151, &[&"find", &"user", who]))?;
        if p.id == 1 || p.id == 3 || p.id == 4 {
            return Err(SqlError::new(4617, 16, "Cannot grant, deny or revoke permissions to or from special roles."));
        }
        for permission in permissions {
            ops.push(SchemaOp::Grant(ObjectGrant {
                class,
                major_id,
                grantee: p.id,
                grantor: 1,
                permission: permission.clone(),
                state,
            }));
        }
    }
    Ok(ops)
}

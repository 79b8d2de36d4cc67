//! Views of old times that scripts still read.

use super::scan::Ctx;
use super::scan::ViewRow;
use super::scan::row;

pub(super) fn provide(c: &Ctx<'_>, view: &str) -> Option<Vec<ViewRow>> {
    Some(match view {
        "sys.sysdatabases" => {
            let all = c.state.may(c.cx, "VIEW ANY DATABASE");
            let seen =
                c.state.databases.values().filter(|d| all || d.id <= 2 || d.name.eq_ignore_ascii_case(&c.cx.database));
            seen.map(|d| {
                row! {
                    "name" => &d.name, "dbid" => d.id, "sid" => &d.options.owner_sid, "mode" => 0,
                    "status" => if d.options.recovery_model == 3 { 8 } else { 0 }, "status2" => 1_090_520_064,
                    "crdate" => d.create_date, "cmptlevel" => d.options.compatibility_level,
                    "filename" => d.options.files.first().map(|f| f.physical_name.clone()),
                    "version" => crate::lab::world::function::internal_version(c.config),
                }
            })
            .collect()
        }
        "sys.syslogins" => {
            let all = c.sees_all();
            let sec = &c.state.security;
            let own = c.state.principal(c.cx);
            let seen = sec.principals.values().filter(|p| p.kind != 'R' && (all || p.id == own));
            seen.map(|p| {
                let roles = sec.tokens(p.id);
                let role = |id: i32| i32::from(roles.contains(&id));
                row! {
                    "sid" => &p.sid, "createdate" => p.create_date, "updatedate" => p.modify_date, "accdate" => p.create_date,
                    "name" => &p.name, "loginname" => &p.name, "dbname" => &p.default_database,
                    "language" => &p.default_language, "denylogin" => i32::from(p.disabled),
                    "hasaccess" => i32::from(!p.disabled), "isntname" => i32::from(matches!(p.kind, 'U' | 'G')),
                    "isntgroup" => i32::from(p.kind == 'G'), "isntuser" => i32::from(p.kind == 'U'),
                    "sysadmin" => role(3), "securityadmin" => role(4), "serveradmin" => role(5), "setupadmin" => role(6),
                    "processadmin" => role(7), "diskadmin" => role(8), "dbcreator" => role(9), "bulkadmin" => role(10),
                }
            })
            .collect()
        }
        "sys.sysservers" => {
            let own = row! { "srvid" => 0, "srvname" => &c.config.server_name, "srvproduct" => "SQL Server",
            "datasource" => &c.config.server_name, "schemadate" => c.state.server.started, "rpc" => true, "rpcout" => true };
            let linked = c.state.server.linked_servers.values().map(|s| {
                row! { "srvid" => s.id, "srvname" => &s.name, "srvproduct" => &s.product, "providername" => &s.provider,
                "datasource" => s.data_source.clone(), "schemadate" => s.modified, "rpcout" => s.rpc_out, "dataaccess" => s.data_access }
            });
            std::iter::once(own).chain(linked).collect()
        }
        _ => return None,
    })
}

//! Linked servers.

use super::Args;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::ProcArg;
use crate::lab::tsql::host::ProcOutcome;
use crate::lab::tsql::host::SessionCx;
use crate::lab::world::host::InstanceHost;
use crate::lab::world::messages::error;
use crate::lab::world::server::LinkedServer;

pub(super) fn change(host: &InstanceHost, cx: &SessionCx, procedure: &str, args: &[ProcArg]) -> SqlResult<ProcOutcome> {
    let names: &[&str] = match procedure {
        "sp_addlinkedserver" => {
            &["@server", "@srvproduct", "@provider", "@datasrc", "@location", "@provstr", "@catalog"]
        }
        "sp_dropserver" => &["@server", "@droplogins"],
        "sp_serveroption" => &["@server", "@optname", "@optvalue"],
        "sp_addlinkedsrvlogin" => &["@rmtsrvname", "@useself", "@locallogin", "@rmtuser", "@rmtpassword"],
        _ => &["@rmtsrvname", "@locallogin"],
    };
    let a = Args::bind(procedure, names, args)?;
    let server = a.need(names[0])?;
    let key = server.to_lowercase();
    let now = host.instance.clock.now();
    host.with(|s| {
        let logins = procedure.ends_with("srvlogin");
        s.demand(cx, if logins { "ALTER ANY LOGIN" } else { "ALTER ANY LINKED SERVER" })?;
        if procedure == "sp_addlinkedserver" {
            if s.server.linked_servers.contains_key(&key) {
                return Err(error(15028, &[&server]));
            }
            let id = s.server.linked_servers.values().map(|x| x.id).max().unwrap_or(0) + 1;
            let product = a.text("@srvproduct").unwrap_or_default();
            let native = product.eq_ignore_ascii_case("SQL Server");
            let made = LinkedServer {
                id,
                name: server.clone(),
                provider: a.text("@provider").unwrap_or_else(|| "SQLNCLI".to_owned()),
                data_source: a.text("@datasrc").or_else(|| native.then(|| server.clone())),
                product,
                catalog: a.text("@catalog"),
                modified: now,
                rpc_out: false,
                data_access: true,
                logins: vec![(0, true, None)],
            };
            s.server.linked_servers.insert(key, made);
            return Ok(());
        }
        let local = match a.text("@locallogin").filter(|_| logins) {
            None => 0,
            Some(l) => s.security.by_name(&l).map(|p| p.id).ok_or_else(|| error(15007, &[&l]))?,
        };
        let Some(found) = s.server.linked_servers.get_mut(&key) else { return Err(error(15015, &[&server])) };
        found.modified = now;
        match procedure {
            "sp_serveroption" => {
                let on =
                    a.need("@optvalue")?.eq_ignore_ascii_case("true") || a.text("@optvalue").as_deref() == Some("on");
                match a.need("@optname")?.to_lowercase().as_str() {
                    "rpc out" => found.rpc_out = on,
                    "data access" => found.data_access = on,
                    "rpc"
                    | "collation compatible"
                    | "use remote collation"
                    | "connect timeout"
                    | "query timeout"
                    | "lazy schema validation"
                    | "remote proc transaction promotion" => {}
                    _ => return Err(error(15600, &[&"sp_serveroption"])),
                }
            }
            "sp_addlinkedsrvlogin" => {
                let own = a.text("@useself").is_none_or(|u| u.eq_ignore_ascii_case("true"));
                found.logins.retain(|l| l.0 != local);
                found.logins.push((local, own, a.text("@rmtuser").filter(|_| !own)));
            }
            "sp_droplinkedsrvlogin" => found.logins.retain(|l| l.0 != local),
            _ => {
                s.server.linked_servers.remove(&key);
            }
        }
        Ok(())
    })?;
    Ok(ProcOutcome::default())
}

//! The old procedures of role membership and ownership, in terms of the statements that replaced them.

use super::Args;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::ProcArg;
use crate::lab::tsql::host::ProcOutcome;
use crate::lab::tsql::host::SessionCx;
use crate::lab::world::ddl;
use crate::lab::world::host::InstanceHost;
use crate::lab::world::messages::error;
use crate::lab::world::options::DatabaseOptions;
use crate::lab::world::storage::SchemaOp;

pub(super) async fn change(
    host: &InstanceHost,
    cx: &SessionCx,
    procedure: &str,
    args: &[ProcArg],
) -> SqlResult<ProcOutcome> {
    if procedure == "sp_changedbowner" {
        return owner(host, cx, args).await;
    }
    let server = procedure.contains("srv");
    let names = if server { ["@loginame", "@rolename"] } else { ["@rolename", "@membername"] };
    let a = Args::bind(procedure, &names, args)?;
    let name = a.need("@rolename")?;
    let member = a.need(if server { "@loginame" } else { "@membername" })?;
    let statement = Ddl::AlterRole { name, server, add: procedure.starts_with("sp_add"), member };
    let messages = Box::pin(ddl::execute(host, &mut cx.clone(), &statement)).await?;
    Ok(ProcOutcome { messages, ..ProcOutcome::default() })
}

async fn owner(host: &InstanceHost, cx: &SessionCx, args: &[ProcArg]) -> SqlResult<ProcOutcome> {
    let a = Args::bind("sp_changedbowner", &["@loginame", "@map"], args)?;
    let login = a.need("@loginame")?;
    let ops = host.with(|s| {
        let db = s.open_for_write(cx, &cx.database)?;
        if !s.sysadmin(cx) {
            return Err(error(15247, &[]));
        }
        let sid = s.security.by_name(&login).map(|p| p.sid.clone()).ok_or_else(|| error(15007, &[&login]))?;
        let options = DatabaseOptions { owner_sid: sid.clone(), ..db.options.clone() };
        let mut ops = vec![SchemaOp::Options(Box::new(options)).to_op()];
        if let Some(dbo) = db.data.principals.get(&1) {
            let mut dbo = (**dbo).clone();
            dbo.sid = sid;
            ops.push(SchemaOp::PutPrincipal(dbo).to_op());
        }
        Ok(ops)
    })?;
    host.write_ops(cx, &cx.database, ops).await?;
    Ok(ProcOutcome::default())
}

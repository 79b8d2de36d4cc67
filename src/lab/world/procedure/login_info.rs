//! xp_logininfo: how a Windows account gets in.

use super::Args;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::ProcArg;
use crate::lab::tsql::host::ProcOutcome;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::RowSet;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use crate::lab::world::host::InstanceHost;
use crate::lab::world::messages::error;
use crate::lab::world::values::fit;

/// One row for each login that lets the account in (`all`), or for the first of them.
pub(super) fn ask(host: &InstanceHost, cx: &SessionCx, args: &[ProcArg]) -> SqlResult<ProcOutcome> {
    let a = Args::bind("xp_logininfo", &["@acctname", "@option", "@privilege"], args)?;
    let account = a.need("@acctname")?;
    let all = a.text("@option").is_some_and(|o| o.eq_ignore_ascii_case("all"));
    let name = SqlType::NVarChar(Len::N(128));
    let shape = [
        ("account name", name),
        ("type", SqlType::Char(8)),
        ("privilege", SqlType::Char(9)),
        ("mapped login name", name),
        ("permission path", name),
    ];
    let paths = host.with(|s| {
        if !s.sysadmin(cx) {
            return Err(error(229, &[&"EXECUTE", &"xp_logininfo", &"mssqlsystemresource", &"sys"]));
        }
        let known = s.server.domain.iter().find(|d| d.name.eq_ignore_ascii_case(&account)).cloned();
        let own = s.security.by_name(&account).filter(|p| p.kind == 'U').map(|p| p.id);
        if known.is_none() && own.is_none() {
            let text =
                format!("Could not obtain information about Windows NT group/user '{account}', error code 0x534.");
            return Err(SqlError::new(15404, 16, text).state(3));
        }
        let groups = known.into_iter().flat_map(|d| d.groups);
        let groups =
            groups.filter_map(|g| s.security.by_name(&g).filter(|p| p.kind == 'G').map(|p| (p.id, p.name.clone())));
        let found: Vec<(bool, Option<String>)> = own
            .map(|id| (s.security.is_sysadmin(id), None))
            .into_iter()
            .chain(groups.map(|(id, name)| (s.security.is_sysadmin(id), Some(name))))
            .collect();
        Ok(found)
    })?;
    let row = |(admin, path): (bool, Option<String>)| {
        let values = [
            Value::str(&account),
            Value::str("user"),
            Value::str(if admin { "admin" } else { "user" }),
            Value::str(&account),
            path.map_or(Value::Null, |p| Value::str(&p)),
        ];
        values.into_iter().zip(shape).map(|(v, (_, ty))| fit(v, ty)).collect()
    };
    let rows = paths.into_iter().take(if all { usize::MAX } else { 1 }).map(row).collect();
    let columns: Vec<Column> = shape.iter().map(|(n, ty)| Column::new(*n, *ty)).collect();
    Ok(ProcOutcome { result_sets: vec![RowSet { columns: columns.into(), rows }], ..ProcOutcome::default() })
}

//! Reading and cycling the error log.

use super::Args;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::ProcArg;
use crate::lab::tsql::host::ProcOutcome;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::RowSet;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use crate::lab::world::host::InstanceHost;
use crate::lab::world::messages::error;
use crate::lab::world::values;

/// Log number, log type (1 server), two search strings, start, end, order.
pub(super) fn read(host: &InstanceHost, cx: &SessionCx, procedure: &str, args: &[ProcArg]) -> SqlResult<ProcOutcome> {
    let names = ["@p1", "@p2", "@p3", "@p4", "@p5", "@p6", "@p7"];
    let a = Args::bind(procedure, &names, args)?;
    let searches: Vec<String> =
        ["@p3", "@p4"].iter().filter_map(|n| a.text(n)).filter(|t| !t.is_empty()).map(|t| t.to_lowercase()).collect();
    let from = a.given("@p5").as_ref().and_then(values::to_time);
    let until = a.given("@p6").as_ref().and_then(values::to_time);
    let current = a.int("@p1").unwrap_or(0) == 0 && a.int("@p2").unwrap_or(1) == 1;
    let mut rows: Vec<Row> = host.with(|s| {
        if !s.may(cx, "ALTER ANY LOGIN") && !s.may(cx, "VIEW ANY ERROR LOG") {
            return Err(error(229, &[&"EXECUTE", &procedure, &"mssqlsystemresource", &"sys"]));
        }
        let lines = s.error_log.iter().filter(|(at, text)| {
            let lower = text.to_lowercase();
            current
                && searches.iter().all(|x| lower.contains(x))
                && from.is_none_or(|f| *at >= f)
                && until.is_none_or(|u| *at <= u)
        });
        Ok(lines
            .map(|(at, text)| {
                let when = values::fit(values::datetime(*at), SqlType::DateTime);
                let source = if text.starts_with("Error: 18456") || text.starts_with("Login failed") {
                    "Logon"
                } else {
                    "spid51"
                };
                Row::from(vec![when, Value::str(source), Value::str(text)])
            })
            .collect())
    })?;
    if a.text("@p7").is_some_and(|o| o.eq_ignore_ascii_case("desc")) {
        rows.reverse();
    }
    let columns = vec![
        Column::new("LogDate", SqlType::DateTime),
        Column::new("ProcessInfo", SqlType::NVarChar(Len::N(50))),
        Column::new("Text", SqlType::NVarChar(Len::N(4000))),
    ];
    Ok(ProcOutcome { result_sets: vec![RowSet { columns: columns.into(), rows }], ..ProcOutcome::default() })
}

pub(super) fn cycle(host: &InstanceHost, cx: &SessionCx) -> SqlResult<ProcOutcome> {
    host.with(|s| {
        if !s.sysadmin(cx) {
            return Err(error(15247, &[]));
        }
        s.error_log.clear();
        Ok(ProcOutcome::default())
    })
}

//! sp_who.

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
use crate::lab::world::values::fit;

pub(super) fn who(host: &InstanceHost, cx: &SessionCx, args: &[ProcArg]) -> SqlResult<ProcOutcome> {
    let a = Args::bind("sp_who", &["@loginame"], args)?;
    let wanted = a.text("@loginame");
    let shape = [
        ("spid", SqlType::SmallInt),
        ("ecid", SqlType::SmallInt),
        ("status", SqlType::NChar(30)),
        ("loginame", SqlType::NVarChar(Len::N(128))),
        ("hostname", SqlType::NChar(128)),
        ("blk", SqlType::Char(5)),
        ("dbname", SqlType::NVarChar(Len::N(128))),
        ("cmd", SqlType::NChar(26)),
        ("request_id", SqlType::Int),
    ];
    let columns: Vec<Column> = shape.iter().map(|(n, ty)| Column::new(*n, *ty)).collect();
    let rows = host.with(|s| {
        let all = s.may(cx, "VIEW SERVER STATE");
        let mut rows: Vec<Row> = Vec::new();
        for x in s.sessions.sessions.values().filter(|x| all || x.spid == cx.spid) {
            let fits = match wanted.as_deref() {
                None => true,
                Some(w) if w.eq_ignore_ascii_case("active") => x.request.is_some(),
                Some(w) => x.login.eq_ignore_ascii_case(w) || w.parse() == Ok(x.spid),
            };
            if !fits {
                continue;
            }
            let values = [
                Value::Int(x.spid),
                Value::Int(0),
                Value::str(if x.request.is_some() { "runnable" } else { "sleeping" }),
                Value::str(&x.login),
                Value::str(&x.host_name),
                Value::str(x.waiting.as_ref().map_or_else(|| "0".to_owned(), |w| w.3.to_string())),
                Value::str(&x.database),
                Value::str(x.request.as_ref().map_or("AWAITING COMMAND", |r| r.0.as_str())),
                Value::Int(0),
            ];
            rows.push(values.into_iter().zip(shape).map(|(v, (_, ty))| fit(v, ty)).collect());
        }
        rows
    });
    Ok(ProcOutcome { result_sets: vec![RowSet { columns: columns.into(), rows }], ..ProcOutcome::default() })
}

//! DBCC commands.

use super::InstanceHost;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::ProcOutcome;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::RowSet;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use crate::lab::world::messages::error;
use std::collections::BTreeSet;

impl InstanceHost {
    pub(crate) fn run_dbcc(
        &self,
        cx: &SessionCx,
        command: &str,
        args: &[String],
        options: &[String],
    ) -> SqlResult<ProcOutcome> {
        let quiet = options.iter().any(|o| o.eq_ignore_ascii_case("NO_INFOMSGS"));
        let mut out = match command.to_ascii_uppercase().as_str() {
            "TRACEON" => self.trace(cx, args, true)?,
            "TRACEOFF" => self.trace(cx, args, false)?,
            "TRACESTATUS" => self.trace_status(cx, args),
            "SQLPERF" => self.sqlperf(cx, args)?,
            "CHECKDB" => self.checkdb(cx, args)?,
            "OPENTRAN" | "INPUTBUFFER" | "SHRINKFILE" | "FREEPROCCACHE" | "DROPCLEANBUFFERS" => {
                return Err(error(40000, &[&format!("DBCC {command}")]));
            }
            other => {
                return Err(SqlError::new(
                    2526,
                    16,
                    format!(
                        "Incorrect DBCC statement. Check the documentation for the correct DBCC syntax and options. ({other})"
                    ),
                ));
            }
        };
        if !quiet {
            out.messages.push(error(2528, &[]));
        } else {
            out.messages.clear();
        }
        Ok(out)
    }
    fn trace(&self, cx: &SessionCx, args: &[String], on: bool) -> SqlResult<ProcOutcome> {
        let numbers: Vec<i32> = args.iter().filter_map(|a| a.trim().parse().ok()).collect();
        let global = numbers.contains(&-1);
        let flags = numbers.into_iter().filter(|n| *n != -1);
        let now = self.instance.clock.now();
        self.with(|s| {
            if !s.sysadmin(cx) && !s.may(cx, "ALTER TRACE") {
                return Err(SqlError::new(2571, 14, format!("User '{}' does not have permission to run DBCC TRACE{}.", cx.login, if on { "ON" } else { "OFF" })).state(3));
            }
            for flag in flags {
                let word = if on { "ON" } else { "OFF" };
                if global {
                    if on { s.trace_flags.insert(flag) } else { s.trace_flags.remove(&flag) };
                    s.error_log.push((now, format!("DBCC TRACE{word} {flag}, server process ID (SPID) {}. This is an informational message only; no user action is required.", cx.spid)));
                } else if let Some(x) = s.sessions.get_mut(cx.spid) {
                    if on { x.trace_flags.insert(flag) } else { x.trace_flags.remove(&flag) };
                }
            }
            Ok(ProcOutcome::default())
        })
    }
    /// Columns as facts (sql-server-hadr d) give them; no rows when no flag is on.
    fn trace_status(&self, cx: &SessionCx, args: &[String]) -> ProcOutcome {
        let numbers: BTreeSet<i32> = args.iter().filter_map(|a| a.trim().parse().ok()).collect();
        let (global, session) = self.with(|s| {
            let own = s.sessions.get(cx.spid).map(|x| x.trace_flags.clone()).unwrap_or_default();
            (s.trace_flags.clone(), own)
        });
        let asked: BTreeSet<i32> = numbers.iter().copied().filter(|n| *n != -1).collect();
        let shown: BTreeSet<i32> = if asked.is_empty() { global.union(&session).copied().collect() } else { asked };
        let columns = ["TraceFlag", "Status", "Global", "Session"].map(|n| Column {
            name: n.to_owned(),
            ty: SqlType::SmallInt,
            nullable: false,
            identity: false,
        });
        let rows: Vec<Row> = shown
            .into_iter()
            .map(|f| {
                let (g, own) = (global.contains(&f), session.contains(&f));
                let bit = |b: bool| Value::SmallInt(i16::from(b));
                Row::from(vec![Value::SmallInt(f as i16), bit(g || own), bit(g), bit(own)])
            })
            .collect();
        let result_sets = if rows.is_empty() { Vec::new() } else { vec![RowSet { columns: columns.into(), rows }] };
        ProcOutcome { result_sets, ..ProcOutcome::default() }
    }
    fn sqlperf(&self, cx: &SessionCx, args: &[String]) -> SqlResult<ProcOutcome> {
        if !args.first().is_some_and(|a| a.trim_matches(['\'', '"']).eq_ignore_ascii_case("LOGSPACE")) {
            return Err(error(40000, &[&format!("DBCC SQLPERF({})", args.join(","))]));
        }
        self.with(|s| {
            if !s.may(cx, "VIEW SERVER STATE") {
                return Err(error(297, &[]));
            }
            let columns = [
                ("Database Name", SqlType::NVarChar(Len::N(128))),
                ("Log Size (MB)", SqlType::Real),
                ("Log Space Used (%)", SqlType::Real),
                ("Status", SqlType::Int),
            ]
            .map(|(n, ty)| Column::new(n, ty));
            let rows = s
                .databases
                .values()
                .filter(|d| super::super::access::usable(d, cx).is_ok())
                .map(|d| {
                    let used = d.log_bytes_used as f64 * 100.0 / d.log_bytes_size as f64;
                    let size = d.log_bytes_size as f64 / 1_048_576.0;
                    Row::from(vec![
                        Value::str(&d.name),
                        Value::Real(size as f32),
                        Value::Real(used as f32),
                        Value::Int(0),
                    ])
                })
                .collect();
            let result_sets = vec![RowSet { columns: columns.into(), rows }];
            Ok(ProcOutcome { result_sets, ..ProcOutcome::default() })
        })
    }
    fn checkdb(&self, cx: &SessionCx, args: &[String]) -> SqlResult<ProcOutcome> {
        let name = args.first().map_or(cx.database.as_str(), |a| a.trim_matches(['\'', '"', '[', ']', 'N'])).to_owned();
        self.with(|s| {
            let db = s.open(cx, &name)?;
            let messages = vec![error(2536, &[&db.name]), error(2537, &[&db.name])];
            Ok(ProcOutcome { messages, ..ProcOutcome::default() })
        })
    }
}

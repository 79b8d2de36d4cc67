//! sp_configure, sp_multidb_milink.

use super::Args;
use super::said;
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
use crate::lab::world::instance::InstanceState;
use crate::lab::world::messages::error;
use crate::lab::world::server::ConfigOption;

/// Options the session may see: advanced ones only when shown.
fn visible(s: &InstanceState) -> Vec<ConfigOption> {
    let advanced = s.server.configured("show advanced options") == 1;
    s.server.configuration.iter().filter(|o| advanced || !o.advanced).cloned().collect()
}

pub(super) fn configure(host: &InstanceHost, cx: &SessionCx, args: &[ProcArg]) -> SqlResult<ProcOutcome> {
    let a = Args::bind("sp_configure", &["@configname", "@configvalue"], args)?;
    let name = a.text("@configname");
    let value = a.int("@configvalue");
    let now = host.instance.clock.now();
    host.with(|s| {
        let mut shown = visible(s);
        if let Some(name) = &name {
            let lower = name.to_lowercase();
            if shown.iter().any(|o| o.name.to_lowercase() == lower) {
                shown.retain(|o| o.name.to_lowercase() == lower);
            } else {
                shown.retain(|o| o.name.to_lowercase().contains(&lower));
            }
            if shown.is_empty() {
                return Err(error(15123, &[name]));
            }
            if shown.len() > 1 {
                return Err(error(15124, &[name]));
            }
        }
        let Some(value) = value else { return Ok(list(&shown)) };
        s.demand(cx, "ALTER SETTINGS")?;
        let Some(found) = shown.first() else { return Err(error(15123, &[&""])) };
        let new = i32::try_from(value).ok().filter(|v| (found.min..=found.max).contains(v));
        let new = new.ok_or_else(|| error(15129, &[&value, &found.name]))?;
        let old = found.value;
        if let Some(o) = s.server.configuration.iter_mut().find(|o| o.id == found.id) {
            o.value = new;
        }
        let message = error(15457, &[&found.name, &old, &new]);
        s.error_log.push((now, message.message.clone()));
        Ok(said(vec![message]))
    })
}

fn list(options: &[ConfigOption]) -> ProcOutcome {
    let int = |n: &str| Column::new(n, SqlType::Int);
    let columns = vec![
        Column::new("name", SqlType::NVarChar(Len::N(35))),
        int("minimum"),
        int("maximum"),
        int("config_value"),
        int("run_value"),
    ];
    let rows = options
        .iter()
        .map(|o| {
            Row::from(vec![
                Value::str(o.name),
                Value::Int(o.min),
                Value::Int(o.max),
                Value::Int(o.value),
                Value::Int(o.in_use),
            ])
        })
        .collect();
    ProcOutcome { result_sets: vec![RowSet { columns: columns.into(), rows }], ..ProcOutcome::default() }
}

/// `RECONFIGURE`: dynamic options come into force.
pub(crate) fn reconfigure(host: &InstanceHost, cx: &SessionCx) -> SqlResult<()> {
    host.with(|s| {
        s.demand(cx, "ALTER SETTINGS")?;
        for o in s.server.configuration.iter_mut().filter(|o| o.dynamic) {
            o.in_use = o.value;
        }
        Ok(())
    })
}

/// `sp_multidb_milink [0|1]`: refused while any link exists; without argument it tells the setting (facts: mi-link 5.6).
pub(super) fn multi_database(host: &InstanceHost, cx: &SessionCx, args: &[ProcArg]) -> SqlResult<ProcOutcome> {
    let a = Args::bind("sp_multidb_milink", &["@enable"], args)?;
    host.with(|s| {
        if !s.sysadmin(cx) {
            return Err(error(15247, &[]));
        }
        let Some(on) = a.int("@enable") else {
            return Ok(ProcOutcome { return_code: i32::from(s.server.multi_database_link), ..ProcOutcome::default() });
        };
        if s.hadr.groups.values().any(|g| g.distributed) {
            return Err(error(40000, &[&"changing the link mode while a link exists"]));
        }
        s.server.multi_database_link = on != 0;
        Ok(ProcOutcome::default())
    })
}

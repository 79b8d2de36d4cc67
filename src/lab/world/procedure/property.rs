//! Extended properties.

use super::Args;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::ProcArg;
use crate::lab::tsql::host::ProcOutcome;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::value::Value;
use crate::lab::world::access::On;
use crate::lab::world::host::InstanceHost;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::log::Op;
use crate::lab::world::messages::error;
use crate::lab::world::session::LockMode;
use crate::lab::world::session::Resource;
use crate::lab::world::storage::PropertyKey;

pub(super) async fn change(
    host: &InstanceHost,
    cx: &SessionCx,
    procedure: &str,
    args: &[ProcArg],
) -> SqlResult<ProcOutcome> {
    let levels = ["@level0type", "@level0name", "@level1type", "@level1name", "@level2type", "@level2name"];
    let mut names = vec!["@name"];
    if procedure != "sp_dropextendedproperty" {
        names.push("@value");
    }
    names.extend(levels);
    let a = Args::bind(procedure, &names, args)?;
    let name = a.need("@name")?;
    let statement = host.statement(cx)?;
    let lock = host.with(|s| {
        let db = s.open_for_write(cx, &cx.database)?;
        SqlResult::Ok(Resource::Key(db.id, 0, -1, name.to_lowercase().into_bytes()))
    })?;
    // The row of the property is locked like any other: two sessions cannot write it at once.
    host.lock_for(cx, &lock, LockMode::Exclusive).await?;
    let now = host.instance.clock.now();
    host.with(|s| {
        let (class, major_id, minor_id, object) = target(s, cx, &a)?;
        let data = s.view(cx.spid, &cx.database).ok_or_else(|| error(911, &[&cx.database]))?;
        let key = PropertyKey { class, major_id, minor_id, name: name.to_lowercase() };
        let exists = data.properties.contains_key(&key);
        let value = match (procedure, exists) {
            ("sp_addextendedproperty", true) => return Err(error(15233, &[&name, &object])),
            ("sp_addextendedproperty", false) | ("sp_updateextendedproperty", true) => {
                Some(a.given("@value").unwrap_or(Value::Null))
            }
            (_, false) => return Err(error(15217, &[&name, &object])),
            (_, true) => None,
        };
        let op = Op::ExtendedProperty { class, major_id, minor_id, name: name.clone(), value };
        s.record(cx.spid, &cx.database, vec![op], now);
        Ok(())
    })?;
    statement.finish().await?;
    Ok(ProcOutcome::default())
}

/// Class, major id, minor id, and the name for messages.
fn target(s: &mut InstanceState, cx: &SessionCx, a: &Args<'_>) -> SqlResult<(u8, i32, i32, String)> {
    let data = s.view(cx.spid, &cx.database).ok_or_else(|| error(911, &[&cx.database]))?;
    let level = |n: u8| (a.text(&format!("@level{n}type")), a.text(&format!("@level{n}name")));
    let db = s.open_for_write(cx, &cx.database)?;
    let bad = |what: &str| error(15135, &[&what]);
    let (found, on) = match (level(0), level(1), level(2)) {
        ((None, _), ..) => ((0, 0, 0, "object specified".to_owned()), On::Database),
        ((Some(_), Some(schema)), (None, _), _) => {
            let x = data.schema(&schema).ok_or_else(|| bad(&schema))?;
            ((3, x.id, 0, x.name.clone()), On::Schema(x.id))
        }
        ((Some(_), Some(schema)), (Some(_), Some(table)), column) => {
            let shown = format!("{schema}.{table}");
            let t = data.table(&schema, &table).ok_or_else(|| bad(&shown))?;
            let (id, on) = (t.def.id as i32, On::Object(t.def.id as i32, t.def.schema_id));
            match column {
                (Some(kind), Some(c)) if kind.eq_ignore_ascii_case("COLUMN") => {
                    let found = t.def.columns.iter().find(|x| x.name.eq_ignore_ascii_case(&c));
                    let found = found.ok_or_else(|| bad(&format!("{shown}.{c}")))?;
                    ((1, id, found.id, format!("{shown}.{c}")), on)
                }
                (None, _) => ((1, id, 0, shown), on),
                _ => return Err(error(15600, &[&a.procedure])),
            }
        }
        _ => return Err(error(15600, &[&a.procedure])),
    };
    if s.may_in(cx, db, &data, "ALTER", on) { Ok(found) } else { Err(error(15247, &[])) }
}

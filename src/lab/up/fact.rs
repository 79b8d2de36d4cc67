//! Facts that no statement of a client changes: set on the host, by other tools, or in the portal.

use super::fault::Instances;
use crate::lab::arm::access::Lock;
use crate::lab::arm::access::Permission;
use crate::lab::arm::server::ArmServer;
use crate::lab::world::database::Database;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceKind;
use std::sync::Arc;

/// What can be set, for the message of a mistake.
const KEYS: &str = "hadr on|off; lock LEVEL|none; permissions all|read; failover-group NAME|none; region up|down; \
                    with a database: change-capture, published on|off; encrypted on|off; file-gib N; defunct FILE|none";

pub(super) fn set(
    all: &Instances,
    instance: &Arc<Instance>,
    arm: &ArmServer,
    key: &str,
    value: &str,
    database: Option<&str>,
) -> Result<String, String> {
    let on = value == "on";
    if let Some(done) = super::fault::set(all, instance, key, value, database) {
        done?;
        instance.notify();
        return Ok(format!("{key} is {value}"));
    }
    match (key, database) {
        ("hadr", None) => instance.with(|s| s.server.hadr_disabled = !on),
        ("lock", None) => {
            let scope = id_of(instance, arm).ok_or("that is no managed instance")?;
            let lock = Lock { name: "set-by-hand".to_owned(), scope, level: value.to_owned() };
            arm.access.set_locks(if value == "none" { Vec::new() } else { vec![lock] });
        }
        ("permissions", None) => {
            let action = if value == "all" { "*" } else { "*/read" };
            arm.access.set_permissions(vec![Permission { actions: vec![action.to_owned()], not_actions: Vec::new() }]);
        }
        ("failover-group", None) => {
            let id = id_of(instance, arm).ok_or("that is no managed instance")?;
            arm.access.set_failover_groups(if value == "none" { Vec::new() } else { vec![(value.to_owned(), id)] });
        }
        ("region", None) => region(instance, value)?,
        ("change-capture", Some(name)) => edit(instance, name, |d| d.options.set_bit("is_cdc_enabled", on))?,
        ("published", Some(name)) => edit(instance, name, |d| d.options.set_bit("is_published", on))?,
        ("encrypted", Some(name)) => edit(instance, name, |d| {
            d.options.encryption_state = if on { 3 } else { 0 };
            d.options.encryptor_thumbprint = if on { vec![7; 20] } else { Vec::new() };
        })?,
        ("file-gib", Some(name)) => {
            let gib: i32 = value.parse().map_err(|_| format!("`{value}` is no number"))?;
            // Only what the catalogue says: no bytes are made.
            edit(instance, name, |d| {
                if let Some(f) = d.options.files.first_mut() {
                    f.min_pages = gib.saturating_mul(131_072).max(1024);
                }
            })?;
        }
        ("defunct", Some(name)) => edit(instance, name, |d| {
            for f in &mut d.options.files {
                f.state = if f.name.eq_ignore_ascii_case(value) { 7 } else { 0 };
            }
        })?,
        _ => return Err(format!("`{key}` cannot be set; {KEYS}; {}", super::fault::KEYS)),
    }
    instance.notify();
    Ok(format!("{key} is {value}"))
}

/// A region that is down: nobody gets in, nothing goes out, Azure does not answer for it.
fn region(instance: &Arc<Instance>, value: &str) -> Result<(), String> {
    let down = match value {
        "down" => true,
        "up" => false,
        other => return Err(format!("a region is up or down, not `{other}`")),
    };
    instance.with(|s| {
        s.server.region_down = down;
        if down {
            let names: Vec<String> = s.databases.values().map(|d| d.name.clone()).collect();
            for name in names {
                s.kill_sessions_in(&name, None);
            }
        }
    });
    Ok(())
}

fn id_of(instance: &Instance, arm: &ArmServer) -> Option<String> {
    match &instance.config.kind {
        InstanceKind::Managed { name, .. } => arm.instance_id(name),
        InstanceKind::SqlServer { .. } => None,
    }
}

pub(super) fn edit(instance: &Arc<Instance>, name: &str, change: impl FnOnce(&mut Database)) -> Result<(), String> {
    instance.with(|s| match s.databases.get_mut(&name.to_lowercase()) {
        Some(d) => {
            change(d);
            Ok(())
        }
        None => Err(format!("no database `{name}`")),
    })
}

//! Facts that no statement of a client changes: set on the host, by other tools, or in the portal.

use super::fault::Instances;
use crate::lab::arm::access::Lock;
use crate::lab::arm::access::Permission;
use crate::lab::arm::activity::Entry;
use crate::lab::arm::server::ArmServer;
use crate::lab::world::database::Database;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceKind;
use crate::lab::world::server::BackupSet;
use std::sync::Arc;

/// What can be set, for the message of a mistake.
const KEYS: &str = "hadr on|off; lock LEVEL|none; permissions all|read|sql; failover-group NAME|none; region up|down; service-key regenerated; microsoft-failover GROUP; \
                    clock-ahead-s N; zone-minutes N; \
                    with a database: change-capture, published, distributor, log-shipping on|off; log-backups-older-h N; version-store FILEGROUP-ID; refers-to DATABASE|none; log-rate-mib N|none; encrypted on|off; file-gib N; defunct FILE|none";

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
            let actions: &[&str] = match value {
                "all" => &["*"],
                // No reader of the network's group.
                "sql" => &["Microsoft.Sql/*", "Microsoft.Authorization/*", "Microsoft.Resources/*"],
                _ => &["*/read"],
            };
            let actions = actions.iter().map(|a| (*a).to_owned()).collect();
            arm.access.set_permissions(vec![Permission { actions, not_actions: Vec::new() }]);
        }
        ("failover-group", None) => {
            let id = id_of(instance, arm).ok_or("that is no managed instance")?;
            arm.access.set_failover_groups(if value == "none" { Vec::new() } else { vec![(value.to_owned(), id)] });
        }
        ("region", None) => region(instance, value)?,
        ("microsoft-failover", None) => logged(instance, arm, value)?,
        ("service-key", None) if value == "regenerated" => {
            let now = instance.clock.now();
            instance.with(|s| s.server.service_key_changed = Some(now));
        }
        ("clock-ahead-s", None) => instance.wall.set_skew_s(number(value)?),
        ("zone-minutes", None) => instance.wall.set_zone_minutes(number(value)?),
        ("refers-to", Some(name)) => edit(instance, name, |d| {
            d.options.refers_to = if value == "none" { Vec::new() } else { vec![value.to_owned()] };
        })?,
        ("log-rate-mib", Some(name)) => log_rate(instance, name, if value == "none" { 0 } else { number(value)? }),
        ("version-store", Some(name)) => {
            let filegroup = number(value)?;
            edit(instance, name, |d| d.options.version_store = filegroup)?;
        }
        ("distributor", Some(name)) => edit(instance, name, |d| d.options.set_bit("is_distributor", on))?,
        ("change-capture", Some(name)) => edit(instance, name, |d| d.options.set_bit("is_cdc_enabled", on))?,
        ("log-shipping", Some(name)) => instance.with(|s| {
            s.server.log_shipping.retain(|d| !d.eq_ignore_ascii_case(name));
            if on {
                s.server.log_shipping.push(name.to_owned());
            }
        }),
        ("log-backups-older-h", Some(name)) => {
            let earlier = time::Duration::hours(number(value)?);
            instance.with(|s| {
                let own = |b: &&mut BackupSet| b.kind == 'L' && b.database.eq_ignore_ascii_case(name);
                for b in s.server.backups.iter_mut().filter(own) {
                    b.start -= earlier;
                    b.finish -= earlier;
                }
            });
        }
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

/// The entry that a failover by Microsoft leaves on the side of the new primary. The roles are changed by other words.
fn logged(instance: &Arc<Instance>, arm: &ArmServer, group: &str) -> Result<(), String> {
    let id = id_of(instance, arm).ok_or("that is no managed instance")?;
    let (scope, _) = id.split_once("/providers/").ok_or("the instance has no resource group")?;
    let resource_group = scope.rsplit('/').next().unwrap_or_default().to_owned();
    arm.activity.note(Entry {
        at: instance.clock.now(),
        caller: "-".to_owned(),
        resource_group,
        resource_id: format!("{scope}/providers/Microsoft.Sql/locations/lab/instanceFailoverGroups/{group}"),
        forced: true,
    });
    Ok(())
}

/// Log backups as a busy day leaves them: three, a minute apart, at so many MiB a second. 0 takes them away again.
fn log_rate(instance: &Arc<Instance>, database: &str, mib: u64) {
    const DEVICE: &str = "busy-day.trn";
    let now = instance.clock.now();
    instance.with(|s| {
        s.server.backups.retain(|b| b.device != DEVICE);
        let like = s.server.backups.iter().find(|b| b.database.eq_ignore_ascii_case(database)).cloned();
        let Some(like) = like.filter(|_| mib > 0) else { return };
        for minutes in 1..=3 {
            let finish = now - time::Duration::minutes(minutes);
            let size = (mib * 60) << 20;
            let device = DEVICE.to_owned();
            let id = like.id + 1000 + i32::try_from(minutes).unwrap_or(0);
            s.server.backups.push(BackupSet { id, kind: 'L', start: finish, finish, size, device, ..like.clone() });
        }
    });
}

fn number<T: std::str::FromStr>(value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("`{value}` is no number"))
}

fn region(instance: &Arc<Instance>, value: &str) -> Result<(), String> {
    match value {
        "down" => lose_region(instance, true),
        "up" => lose_region(instance, false),
        other => return Err(format!("a region is up or down, not `{other}`")),
    }
    Ok(())
}

/// A region that is down: nobody gets in, nothing goes out, Azure does not answer for it.
pub fn lose_region(instance: &Arc<Instance>, down: bool) {
    instance.with(|s| {
        s.server.region_down = down;
        if down {
            let names: Vec<String> = s.databases.values().map(|d| d.name.clone()).collect();
            for name in names {
                s.kill_sessions_in(&name, None);
            }
        }
    });
    instance.notify();
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

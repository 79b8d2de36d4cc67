//! What breaks by itself on a real estate, and how it mends: the host of a forwarder, data movement, space for the log, a
//! certificate's last day.

use super::fact::edit;
use crate::lab::mirror;
use crate::lab::mirror::url::EndpointUrl;
use crate::lab::world::database::DatabaseState;
use crate::lab::world::ddl::reissued;
use crate::lab::world::hadr::Group;
use crate::lab::world::hadr_ddl;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceState;
use std::collections::BTreeMap;
use std::sync::Arc;
use time::Duration;

/// For the message of a mistake.
pub(super) const KEYS: &str = "forwarder on|off; certificate valid|ending|expired; redo-delay-ms N; with a database: suspended user|redo|none, \
     log-mib N|none, log-burst-mib N, transactions-older-min N, files away|there";

/// All instances by id.
pub(super) type Instances = BTreeMap<String, Arc<Instance>>;

/// `None`: not one of these keys.
pub(super) fn set(
    all: &Instances,
    instance: &Arc<Instance>,
    key: &str,
    value: &str,
    database: Option<&str>,
) -> Option<Result<(), String>> {
    Some(match (key, database) {
        ("forwarder", None) => away(instance, value),
        ("certificate", None) => certificate(all, instance, value),
        ("suspended", Some(name)) => suspended(instance, name, value),
        ("redo-delay-ms", None) => number(value).map(|ms| {
            instance.with(|s| s.hadr.tuning.redo_delay = std::time::Duration::from_millis(ms));
        }),
        ("log-burst-mib", Some(name)) => number(value).and_then(|mib: u64| {
            let now = instance.clock.now();
            edit(instance, name, |d| d.append_counted("rebuild of an index", mib << 20, now))
        }),
        ("transactions-older-min", Some(name)) => number(value).map(|minutes| older(instance, name, minutes)),
        ("files", Some(name)) => files(instance, name, value),
        ("log-mib", Some(name)) => match value.parse::<u64>() {
            Ok(mib) => edit(instance, name, |d| d.limit_log(Some(mib << 20))),
            Err(_) if value == "none" => edit(instance, name, |d| d.limit_log(None)),
            Err(_) => Err(format!("`{value}` is no number")),
        },
        _ => return None,
    })
}

fn number<T: std::str::FromStr>(value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("`{value}` is no number"))
}

/// What is open in a database was begun so much earlier: nobody waits for it in a rehearsal.
fn older(instance: &Arc<Instance>, name: &str, minutes: i64) {
    let earlier = Duration::minutes(minutes);
    let key = name.to_lowercase();
    instance.with(|s| {
        for t in s.sessions.sessions.values_mut().filter_map(|x| x.transaction.as_mut()) {
            let Some(work) = t.work.get_mut(&key) else { continue };
            work.began = work.began.map(|at| at - earlier);
            t.began -= earlier;
        }
    });
}

/// The storage under a database's files does not answer, or does again: its recovery is pending until then.
fn files(instance: &Arc<Instance>, name: &str, value: &str) -> Result<(), String> {
    let state = match value {
        "away" => DatabaseState::RecoveryPending,
        "there" => DatabaseState::Online,
        other => return Err(format!("away or there, not `{other}`")),
    };
    edit(instance, name, |d| d.state = state)?;
    if state != DatabaseState::Online {
        instance.with(|s| s.kill_sessions_in(name, None));
    }
    Ok(())
}

/// The node with the mirroring endpoint is gone, or back.
fn away(instance: &Arc<Instance>, value: &str) -> Result<(), String> {
    let gone = match value {
        "off" => true,
        "on" => false,
        other => return Err(format!("on or off, not `{other}`")),
    };
    instance.with(|s| s.hadr.away = gone);
    Ok(())
}

/// `suspend_reason` (facts: sql-server-hadr a).
fn suspended(instance: &Arc<Instance>, name: &str, value: &str) -> Result<(), String> {
    let reason = match value {
        "user" => Some(0),
        "redo" => Some(2),
        "none" => None,
        other => return Err(format!("user, redo or none, not `{other}`")),
    };
    instance.with(|s| {
        let ag = s.database(name).and_then(|d| d.ag.clone()).and_then(|a| s.hadr.group(&a).cloned());
        let ag = ag.ok_or_else(|| format!("`{name}` is in no group here"))?;
        hadr_ddl::movement(s, &ag, name, reason);
        Ok(())
    })
}

/// The certificate of a SQL Server's endpoint has passed its last day, or was made anew and exchanged again. A connection does
/// not outlive its certificate (facts: mi-link 8.7).
fn certificate(all: &Instances, instance: &Arc<Instance>, value: &str) -> Result<(), String> {
    let now = instance.clock.now();
    let (start, expiry) = match value {
        "expired" => (now - Duration::days(365), now - Duration::minutes(1)),
        "ending" => (now - Duration::days(300), now + Duration::days(10)),
        "valid" => (now - Duration::minutes(1), now + Duration::days(365)),
        other => return Err(format!("valid, ending or expired, not `{other}`")),
    };
    let (old, new) = instance.with(|s| {
        let id = s.hadr.endpoint.as_ref().map(|e| e.certificate_id).ok_or("there is no endpoint here")?;
        let master = s.database_mut("master").ok_or("there is no master here")?;
        let old = master.data.certificates.get(&id).cloned().ok_or("the endpoint has no certificate")?;
        let new = reissued(&old, start, expiry).ok_or("the certificate cannot be made anew")?;
        master.data.certificates.insert(id, Arc::new(new.clone()));
        Ok::<_, &str>((old.der.clone(), new.der))
    })?;
    for partner in all.values() {
        partner.with(|s| {
            for trusted in s.hadr.trust.iter_mut().filter(|t| t.der == old) {
                trusted.der.clone_from(&new);
            }
            part(s, &instance.config.host);
        });
        partner.notify();
    }
    Ok(())
}

/// Ends the connections of links to a host.
fn part(s: &mut InstanceState, host: &str) {
    let from = |g: &Group| {
        g.replicas
            .iter()
            .any(|r| EndpointUrl::parse(&r.endpoint_url).is_some_and(|u| u.host.eq_ignore_ascii_case(host)))
    };
    for g in s.hadr.groups.values_mut().filter(|g| g.distributed && from(g)) {
        g.generation = 0;
    }
}

/// `FORCE_FAILOVER_ALLOW_DATA_LOSS` on a secondary, as an operator in distress does it.
pub(super) fn force_failover(instance: &Arc<Instance>, database: &str) -> Result<(), String> {
    let group = instance.with(|s| {
        let ag = s.database(database).and_then(|d| d.ag.clone())?;
        s.hadr.dags_of(&ag).next().map(|g| g.name.clone())
    });
    let group = group.ok_or_else(|| format!("`{database}` is in no link here"))?;
    mirror::force(instance, &group).map_err(|e| e.message)
}

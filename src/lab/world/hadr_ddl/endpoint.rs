//! The database mirroring endpoint.

use super::broker;
use super::dispatch::may;
use super::dispatch::principal;
use super::dispatch::refuse_managed;
use super::messages::error;
use super::options;
use super::options::syntax;
use super::options::word;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::DdlOption;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use crate::lab::world::hadr::MirroringEndpoint;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceState;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;

/// First id of an endpoint made by a user.
const FIRST_ID: i32 = 65_536;
/// How long a statement waits for the listener to follow; it succeeds either way.
const SETTLE: Duration = Duration::from_secs(2);

/// Runs CREATE, ALTER or DROP ENDPOINT.
pub(super) async fn execute(instance: &Arc<Instance>, cx: &SessionCx, ddl: &Ddl) -> SqlResult<Vec<SqlError>> {
    let now = instance.clock.now();
    match ddl {
        Ddl::CreateEndpoint { name, state, protocol, kind, payload, .. } => {
            refuse_managed(instance, "CREATE ENDPOINT")?;
            may(instance, cx, "CREATE ENDPOINT")?;
            if broker::is_broker(kind) {
                instance.with(|s| broker::create(s, cx, name, state.as_deref(), protocol))?;
                instance.notify();
                return Ok(Vec::new());
            }
            mirroring(kind)?;
            instance.with(|s| create(s, cx, name, state.as_deref(), protocol, payload, now))?;
        }
        Ddl::AlterEndpoint { name, state, protocol, kind, payload } => {
            refuse_managed(instance, "ALTER ENDPOINT")?;
            if instance.with(|s| broker::alter(s, cx, name, state.as_deref())) {
                instance.notify();
                return Ok(Vec::new());
            }
            let id = known(instance, cx, name, "alter")?;
            if let Some(kind) = kind {
                mirroring(kind)?;
            }
            instance.with(|s| {
                let Some(mut e) = s.hadr.endpoint.clone().filter(|e| e.endpoint_id == id) else { return Ok(()) };
                change(s, &mut e, state.as_deref(), protocol, payload, now)?;
                s.hadr.endpoint = Some(e);
                Ok(())
            })?;
        }
        Ddl::DropEndpoint { name } => {
            refuse_managed(instance, "DROP ENDPOINT")?;
            if instance.with(|s| broker::drop(s, cx, name)) {
                instance.notify();
                return Ok(Vec::new());
            }
            known(instance, cx, name, "drop")?;
            instance.with(|s| s.hadr.endpoint = None);
        }
        _ => {}
    }
    instance.notify();
    settled(instance).await;
    Ok(Vec::new())
}

fn mirroring(kind: &str) -> SqlResult<()> {
    if kind.eq_ignore_ascii_case("DATABASE_MIRRORING") {
        return Ok(());
    }
    Err(SqlError::new(40000, 16, format!("The lab does not support: endpoints FOR {kind}")))
}

/// The endpoint exists and the session may alter it, or 15151.
fn known(instance: &Instance, cx: &SessionCx, name: &str, verb: &str) -> SqlResult<i32> {
    let id = instance.with(|s| {
        let who = principal(s, cx);
        let e = s.hadr.endpoint.as_ref().filter(|e| e.name.eq_ignore_ascii_case(name))?;
        let may = s.security.has_on(who, crate::lab::world::security::ENDPOINT, e.endpoint_id, "ALTER");
        may.then_some(e.endpoint_id)
    });
    id.ok_or_else(|| error(15151, &[&verb, &"endpoint", &name]))
}

fn create(
    s: &mut InstanceState,
    cx: &SessionCx,
    name: &str,
    state: Option<&str>,
    protocol: &[DdlOption],
    payload: &[DdlOption],
    now: OffsetDateTime,
) -> SqlResult<()> {
    if s.hadr.endpoint.is_some() {
        return Err(error(7862, &[]));
    }
    if options::get(protocol, "LISTENER_PORT").is_none() || options::get(payload, "ROLE").is_none() {
        return Err(syntax(")"));
    }
    let mut e = MirroringEndpoint {
        name: name.to_owned(),
        endpoint_id: FIRST_ID,
        principal_id: principal(s, cx),
        state: 1,
        port: 0,
        listener_ip: None,
        role: 3,
        connection_auth: 3,
        certificate_id: 0,
        encryption_algorithm: 2,
    };
    change(s, &mut e, state, protocol, payload, now)?;
    s.hadr.endpoint = Some(e);
    Ok(())
}

fn change(
    s: &InstanceState,
    e: &mut MirroringEndpoint,
    state: Option<&str>,
    protocol: &[DdlOption],
    payload: &[DdlOption],
    now: OffsetDateTime,
) -> SqlResult<()> {
    match state {
        Some("STARTED") => e.state = 0,
        Some("STOPPED") => e.state = 1,
        Some("DISABLED") => e.state = 2,
        _ => {}
    }
    for o in protocol {
        match o.key.as_str() {
            "LISTENER_PORT" => e.port = options::number(&o.value, 1024, 32_767)? as u16,
            "LISTENER_IP" => e.listener_ip = Some(options::text(&o.value)).filter(|t| !t.eq_ignore_ascii_case("ALL")),
            other => return Err(syntax(other)),
        }
    }
    for o in payload {
        match o.key.as_str() {
            "ROLE" => {
                e.role = match word(&o.value).as_str() {
                    "PARTNER" => 1,
                    "WITNESS" => 2,
                    "ALL" => 3,
                    other => return Err(syntax(other)),
                };
            }
            "AUTHENTICATION" => authentication(s, e, &word(&o.value), options::get(payload, "CERTIFICATE"), now)?,
            "ENCRYPTION" => e.encryption_algorithm = encryption(&word(&o.value))?,
            "CERTIFICATE" => {}
            other => return Err(syntax(other)),
        }
    }
    Ok(())
}

/// `connection_auth` of a word list; the certificate's name travels beside it.
fn authentication(
    s: &InstanceState,
    e: &mut MirroringEndpoint,
    words: &str,
    certificate: Option<&crate::lab::tsql::ast::OptionValue>,
    now: OffsetDateTime,
) -> SqlResult<()> {
    let list: Vec<&str> = words.split(' ').collect();
    let windows = |at: usize| match list.get(at) {
        Some(&"NTLM") => 1,
        Some(&"KERBEROS") => 2,
        _ => 3,
    };
    let position = list.iter().position(|w| *w == "CERTIFICATE");
    e.connection_auth = match (list.first(), position) {
        (Some(&"WINDOWS"), None) => windows(1),
        (Some(&"WINDOWS"), Some(_)) => 4 + windows(1),
        (Some(&"CERTIFICATE"), _) => match list.iter().position(|w| *w == "WINDOWS") {
            Some(at) => 7 + windows(at + 1),
            None => 4,
        },
        (other, _) => return Err(syntax(other.unwrap_or(&""))),
    };
    if position.is_none() {
        e.certificate_id = 0;
        return Ok(());
    }
    let name = certificate.map(options::text).unwrap_or_default();
    let master = s.database("master");
    let Some(c) = master.and_then(|m| m.data.certificate(&name)) else {
        return Err(error(15151, &[&"find", &"certificate", &name]));
    };
    let usable = c.private_key.is_some() && c.key_encryption == "MK" && c.start <= now && now <= c.expiry;
    if !usable {
        return Err(error(28055, &[&name]));
    }
    e.certificate_id = c.id;
    Ok(())
}

/// `encryption_algorithm` of `REQUIRED ALGORITHM AES` and the like.
fn encryption(words: &str) -> SqlResult<u8> {
    let mut list = words.split(' ');
    let need = list.next().unwrap_or_default();
    let rest: Vec<&str> = list.filter(|w| *w != "ALGORITHM").collect();
    let plain = match rest.as_slice() {
        [] | ["AES"] => 2,
        ["RC4"] => 1,
        ["RC4", "AES"] => 5,
        ["AES", "RC4"] => 6,
        other => return Err(syntax(other.last().unwrap_or(&""))),
    };
    match need {
        "DISABLED" => Ok(0),
        "REQUIRED" => Ok(plain),
        "SUPPORTED" => Ok(plain + 2),
        other => Err(syntax(other)),
    }
}

/// The listener follows the endpoint in the background: give it a moment, so that what comes next meets it.
async fn settled(instance: &Arc<Instance>) {
    let mut changed = instance.changed.subscribe();
    let done = async {
        loop {
            changed.mark_unchanged();
            let fits = instance.with(|s| {
                let wanted = s.hadr.endpoint.as_ref().filter(|e| e.state == 0).map(|e| e.port);
                !s.hadr.kept || s.hadr.listening.map(|l| l.0) == wanted
            });
            if fits || changed.changed().await.is_err() {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(SETTLE, done).await;
}

/// Public part of the endpoint's certificate (`sp_get_endpoint_certificate`): 47505, 47506.
pub fn endpoint_certificate(s: &InstanceState, endpoint_type: i32) -> SqlResult<Vec<u8>> {
    if endpoint_type != 4 {
        return Err(crate::lab::world::messages::error(47505, &[&endpoint_type]));
    }
    if let Some(identity) = &s.hadr.service_identity {
        return identity
            .chain
            .first()
            .cloned()
            .ok_or_else(|| crate::lab::world::messages::error(47506, &[&endpoint_type]));
    }
    let Some(e) = &s.hadr.endpoint else {
        return Err(crate::lab::world::messages::error(47505, &[&endpoint_type]));
    };
    s.database("master")
        .and_then(|m| m.data.certificates.get(&e.certificate_id))
        .map(|c| c.der.clone())
        .ok_or_else(|| crate::lab::world::messages::error(47506, &[&endpoint_type]))
}

//! Logins (facts: sql-server-hadr c).

use super::option;
use super::option_text;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::DdlOption;
use crate::lab::tsql::ast::OptionValue;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use crate::lab::world::host::InstanceHost;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::messages::error;
use crate::lab::world::security::SA;
use crate::lab::world::security::SERVER;
use crate::lab::world::security::SERVER_PRINCIPAL;
use crate::lab::world::security::ServerGrantKey;
use crate::lab::world::security::ServerPrincipal;
use crate::lab::world::security::hash_password;
use crate::lab::world::security::new_salt;
use crate::lab::world::security::verify_password;
use time::OffsetDateTime;

pub(super) fn execute(host: &InstanceHost, cx: &SessionCx, ddl: &Ddl) -> SqlResult<()> {
    let now = host.instance.clock.now();
    let managed = host.instance.config.is_managed();
    let result = host.with(|s| match ddl {
        Ddl::CreateLogin { name, from, options, hashed } => {
            let source = Source { from: from.as_deref(), options, hashed: *hashed, managed };
            create(s, cx, name, &source, now)
        }
        Ddl::AlterLogin { name, enable, options, hashed } => alter(s, cx, name, *enable, options, *hashed, now),
        Ddl::DropLogin { name, if_exists } => drop_login(s, cx, name, *if_exists),
        other => Err(error(40000, &[&format!("{other:?}").chars().take(40).collect::<String>()])),
    });
    host.instance.notify();
    result
}

struct Source<'a> {
    from: Option<&'a str>,
    options: &'a [DdlOption],
    hashed: bool,
    managed: bool,
}

fn on(options: &[DdlOption], key: &str) -> Option<bool> {
    option_text(options, key).map(|w| w.eq_ignore_ascii_case("ON"))
}

fn create(s: &mut InstanceState, cx: &SessionCx, name: &str, from: &Source<'_>, now: OffsetDateTime) -> SqlResult<()> {
    s.demand(cx, "CREATE LOGIN")?;
    if s.security.by_name(name).is_some() {
        return Err(error(15025, &[&name]));
    }
    let options = from.options;
    let id = s.security.next_id;
    let mut p = match from.from {
        None => sql_login(s, id, name, from, now)?,
        Some("WINDOWS") if from.managed => return Err(error(40607, &[])),
        Some("WINDOWS") => {
            // The lab has no domain to ask: the account's name has to tell.
            let Some((_, account)) = name.split_once('\\').filter(|(d, a)| !d.is_empty() && !a.is_empty()) else {
                return Err(error(15401, &[&name]));
            };
            let group = account.to_lowercase().contains("group");
            let mut sid = vec![1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0];
            sid.extend_from_slice(crate::base::random::uuid().as_bytes());
            ServerPrincipal::new(id, name, if group { 'G' } else { 'U' }, sid, now)
        }
        Some("EXTERNAL PROVIDER") if from.managed => {
            ServerPrincipal::new(id, name, 'E', crate::base::random::uuid().as_bytes().to_vec(), now)
        }
        Some("EXTERNAL PROVIDER") => return Err(error(33130, &[&name])),
        Some("CERTIFICATE") => {
            let wanted = option_text(options, "CERTIFICATE").unwrap_or_default();
            let master = s.database("master").and_then(|m| m.data.certificate(&wanted).cloned());
            let Some(c) = master else { return Err(error(15151, &[&"find", &"certificate", &wanted])) };
            let mut sid = vec![1, 6, 0, 0, 0, 0, 0, 9, 1, 0, 0, 0];
            sid.extend_from_slice(&c.thumbprint);
            ServerPrincipal::new(id, name, 'C', sid, now)
        }
        Some(other) => return Err(error(40000, &[&format!("CREATE LOGIN FROM {other}")])),
    };
    common(s, &mut p, options)?;
    s.security.next_id += 1;
    s.security.principals.insert(id, p);
    let key = ServerGrantKey { class: SERVER, major_id: 0, grantee: id, permission: "CONNECT SQL".to_owned() };
    s.security.set_grant(key, Some('G'), SA);
    Ok(())
}

fn sql_login(
    s: &InstanceState,
    id: i32,
    name: &str,
    from: &Source<'_>,
    now: OffsetDateTime,
) -> SqlResult<ServerPrincipal> {
    let options = from.options;
    let sid = match option(options, "SID") {
        None => crate::base::random::uuid().as_bytes().to_vec(),
        Some(OptionValue::Binary(b)) if b.len() == 16 => b.clone(),
        Some(_) => return Err(error(15419, &[])),
    };
    if s.security.by_sid(&sid).is_some() {
        return Err(error(15433, &[]));
    }
    let mut p = ServerPrincipal::new(id, name, 'S', sid, now);
    let policy = on(options, "CHECK_POLICY");
    p.check_policy = policy.unwrap_or(!from.hashed);
    p.check_expiration = on(options, "CHECK_EXPIRATION").unwrap_or(false);
    p.must_change = option(options, "MUST_CHANGE").is_some();
    set_password(&mut p, options, from.hashed, policy)?;
    Ok(p)
}

fn set_password(p: &mut ServerPrincipal, options: &[DdlOption], hashed: bool, policy: Option<bool>) -> SqlResult<()> {
    if hashed {
        if p.must_change {
            return Err(error(33010, &[]));
        }
        if policy == Some(true) {
            return Err(error(33020, &[]));
        }
    }
    match option(options, "PASSWORD") {
        Some(OptionValue::Binary(hash)) if hashed => p.password_hash = Some(hash.clone()),
        Some(OptionValue::Text(password)) => {
            if p.check_policy {
                strong(password, &p.name)?;
            }
            p.password_hash = Some(hash_password(password, new_salt()));
        }
        _ => {}
    }
    Ok(())
}

/// Password policy: eight characters of three kinds, and not the name.
fn strong(password: &str, name: &str) -> SqlResult<()> {
    if password.chars().count() < 8 {
        return Err(error(15116, &[]));
    }
    let kinds = [
        password.chars().any(char::is_lowercase),
        password.chars().any(char::is_uppercase),
        password.chars().any(|c| c.is_ascii_digit()),
        password.chars().any(|c| !c.is_alphanumeric()),
    ];
    let named = name.chars().count() >= 3 && password.to_lowercase().contains(&name.to_lowercase());
    if kinds.iter().filter(|k| **k).count() < 3 || named { Err(error(15118, &[])) } else { Ok(()) }
}

fn common(s: &InstanceState, p: &mut ServerPrincipal, options: &[DdlOption]) -> SqlResult<()> {
    if let Some(d) = option_text(options, "DEFAULT_DATABASE") {
        p.default_database = s.database(&d).map(|d| d.name.clone()).ok_or_else(|| error(15010, &[&d]))?;
    }
    if let Some(l) = option_text(options, "DEFAULT_LANGUAGE") {
        p.default_language = l;
    }
    Ok(())
}

fn alter(
    s: &mut InstanceState,
    cx: &SessionCx,
    name: &str,
    enable: Option<bool>,
    options: &[DdlOption],
    hashed: bool,
    now: OffsetDateTime,
) -> SqlResult<()> {
    let missing = || error(15151, &[&"alter", &"login", &name]);
    let p = s.security.by_name(name).filter(|p| p.kind != 'R').cloned().ok_or_else(missing)?;
    let me = s.principal(cx);
    let own = me == p.id && enable.is_none();
    if !own && !s.security.has_on(me, SERVER_PRINCIPAL, p.id, "ALTER") {
        return Err(missing());
    }
    let mut new = ServerPrincipal { modify_date: now, ..p.clone() };
    if let Some(enable) = enable {
        // a Windows group cannot be disabled (facts: cutover-night 2.4)
        if p.kind == 'G' {
            return Err(missing());
        }
        new.disabled = !enable;
    }
    if own && !s.may(cx, "ALTER ANY LOGIN") && option(options, "PASSWORD").is_some() {
        let old = option_text(options, "OLD_PASSWORD").unwrap_or_default();
        if !p.password_hash.as_deref().is_some_and(|h| verify_password(&old, h)) {
            return Err(missing());
        }
    }
    let policy = on(options, "CHECK_POLICY");
    new.check_policy = policy.unwrap_or(new.check_policy && !hashed);
    new.check_expiration = on(options, "CHECK_EXPIRATION").unwrap_or(new.check_expiration);
    if option(options, "PASSWORD").is_some() {
        new.must_change = option(options, "MUST_CHANGE").is_some();
        new.password_set = now;
    }
    set_password(&mut new, options, hashed, policy)?;
    if let Some(to) = option_text(options, "NAME") {
        if s.security.by_name(&to).is_some_and(|o| o.id != p.id) {
            return Err(error(15025, &[&to]));
        }
        new.name = to;
    }
    common(s, &mut new, options)?;
    s.security.principals.insert(p.id, new);
    Ok(())
}

fn drop_login(s: &mut InstanceState, cx: &SessionCx, name: &str, if_exists: bool) -> SqlResult<()> {
    let missing = || error(15151, &[&"drop", &"login", &name]);
    let Some(p) = s.security.by_name(name).filter(|p| p.kind != 'R').cloned() else {
        return if if_exists { Ok(()) } else { Err(missing()) };
    };
    if p.id == SA {
        return Err(error(15405, &[&"sa"]));
    }
    if !s.security.has_on(s.principal(cx), SERVER_PRINCIPAL, p.id, "ALTER") {
        return Err(missing());
    }
    if s.sessions.sessions.values().any(|x| x.principal_id == p.id && !x.dead) {
        return Err(error(15434, &[&name]));
    }
    let owns = s.databases.values().any(|d| d.options.owner_sid == p.sid)
        || s.server.jobs.values().any(|j| j.owner_sid == p.sid);
    if owns {
        return Err(error(15174, &[&name]));
    }
    s.security.principals.remove(&p.id);
    s.security.role_members.retain(|(_, m)| *m != p.id);
    s.security.grants.retain(|k, _| k.grantee != p.id);
    Ok(())
}

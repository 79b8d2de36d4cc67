//! Logins and users: what is not replicated and locks an application out (facts: mi-link 15).

use super::case::Case;
use super::case::Judged;
use super::case::fail;
use super::case::fail_each;
use super::case::fail_with;
use super::case::none_of;
use super::case::same;
use crate::model::fact::Unknown;
use crate::model::object::Outside;
use crate::model::object::ServerLogin;

/// Logins of the source that have a user in the database, and those of the required list.
fn of_database<'a>(c: &Case<'a>) -> Result<Vec<&'a ServerLogin>, Unknown> {
    let all = c.source.logins.get()?;
    let users = &c.inside()?.users;
    Ok(all
        .iter()
        .filter(|l| !l.is_internal() && !l.is_role())
        .filter(|l| users.iter().any(|u| u.login.as_deref() == Some(l.name.as_str())))
        .collect())
}

fn twin<'a>(c: &Case<'a>, login: &ServerLogin) -> Result<Option<&'a ServerLogin>, Unknown> {
    Ok(c.target.logins.get()?.iter().find(|t| same(&t.name, &login.name)))
}

/// The same name with another SID is another login: its users are orphans.
pub(super) fn same_sid(c: &Case<'_>) -> Judged {
    let (mut wrong, mut others) = (Vec::new(), Vec::new());
    let all = of_database(c)?;
    for l in all.iter().filter(|l| !l.is_windows()) {
        match twin(c, l)? {
            None => wrong.push(format!("{} is missing", l.name)),
            Some(t) if !t.sid.eq_ignore_ascii_case(&l.sid) => others.push(l.name.clone()),
            Some(_) => {}
        }
    }
    if !others.is_empty() {
        let drop: Vec<String> = others.iter().map(|name| format!("[{}]", name.replace(']', "]]"))).collect();
        wrong.extend(others.iter().map(|name| format!("{name} has another SID")));
        return fail_with(
            wrong.join(", "),
            format!(
                "DROP LOGIN {} on {{target}} where nothing else uses it, then milink objects sync {{link}}",
                drop.join(", ")
            ),
        );
    }
    none_of(&wrong, &format!("all {} there", all.len()))
}

/// Windows logins cannot exist on a managed instance: each must have an Entra login, by decision.
pub(super) fn windows(c: &Case<'_>) -> Judged {
    let mut open = Vec::new();
    for l in of_database(c)?.iter().filter(|l| l.is_windows()) {
        let account = l.name.split('\\').next_back().unwrap_or(&l.name).to_lowercase();
        let mapped = c.target.logins.get()?.iter().any(|t| {
            matches!(t.kind.as_str(), "E" | "X")
                && (same(&t.name, &l.name) || t.name.to_lowercase().split('@').next() == Some(account.as_str()))
        });
        if !mapped {
            open.push(l.name.clone());
        }
    }
    none_of(&open, "none without an Entra login")
}

/// Same login, other rights.
pub(super) fn alike(c: &Case<'_>) -> Judged {
    let mut wrong = Vec::new();
    for l in of_database(c)?.iter().filter(|l| !l.is_windows()) {
        let Some(t) = twin(c, l)? else { continue };
        let lost = |own: &[String], theirs: &[String]| -> Vec<String> {
            own.iter().filter(|x| !theirs.contains(x)).cloned().collect()
        };
        let roles = lost(&l.roles, &t.roles);
        if !roles.is_empty() {
            wrong.push(format!("{} lacks role {}", l.name, roles.join(", ")));
        }
        let permissions = lost(&l.permissions, &t.permissions);
        if !permissions.is_empty() && !t.roles.iter().any(|r| r == "sysadmin") {
            wrong.push(format!("{} lacks {}", l.name, permissions.join(", ")));
        }
        if t.is_disabled && !l.is_disabled {
            wrong.push(format!("{} is disabled", l.name));
        }
    }
    none_of(&wrong, "alike")
}

/// A user without a login on the source is one nobody can use: it will be none on the target either.
pub(super) fn orphans(c: &Case<'_>) -> Judged {
    let found: Vec<String> = c
        .inside()?
        .users
        .iter()
        .filter(|u| u.authentication == 1 && u.login.is_none())
        .map(|u| u.name.clone())
        .collect();
    none_of(&found, "none")
}

/// They escape every bar on logins; the bar within the database is replicated.
pub(super) fn back_doors(c: &Case<'_>) -> Judged {
    let i = c.inside()?;
    let mut found: Vec<String> =
        i.users.iter().filter(|u| u.authentication == 2).map(|u| format!("contained user {}", u.name)).collect();
    if i.guest_connects {
        found.push("guest holds CONNECT".to_owned());
        if found.len() == 1 {
            return fail_each(found.join(", "), vec!["guest".to_owned()]);
        }
    }
    none_of(&found, "none")
}

/// The estate's own list.
pub(super) fn required(c: &Case<'_>) -> Judged {
    let r = &c.wishes.required;
    let mut missing = Vec::new();
    // Nor are they on the source, from where they could be brought.
    let mut nowhere = Vec::new();
    let mut look = |noun: &str, wanted: &[String], there: &dyn Fn(&str) -> bool, here: &dyn Fn(&str) -> bool| {
        let gone: Vec<&String> = wanted.iter().filter(|w| !there(w)).collect();
        nowhere.extend(gone.iter().filter(|w| !here(w)).map(|w| format!("{noun} {w}")));
        missing.extend(gone.iter().map(|w| format!("{noun} {w}")));
    };
    if !r.logins.is_empty() {
        let (all, own) = (c.target.logins.get()?, c.source.logins.get()?);
        look("login", &r.logins, &|w| all.iter().any(|l| same(&l.name, w)), &|w| own.iter().any(|l| same(&l.name, w)));
    }
    if !r.jobs.is_empty() {
        let (all, own) = (&c.target.agent.get()?.jobs, &c.source.agent.get()?.jobs);
        look("job", &r.jobs, &|w| all.iter().any(|j| same(&j.name, w)), &|w| own.iter().any(|j| same(&j.name, w)));
    }
    if !r.linked_servers.is_empty() || !r.credentials.is_empty() {
        let (all, own) = (c.target.outside.get()?, c.source.outside.get()?);
        let server = |all: &Outside, w: &str| all.linked_servers.iter().any(|s| same(&s.name, w));
        let credential = |all: &Outside, w: &str| all.credentials.iter().any(|s| same(&s.name, w));
        look("linked server", &r.linked_servers, &|w| server(all, w), &|w| server(own, w));
        look("credential", &r.credentials, &|w| credential(all, w), &|w| credential(own, w));
    }
    let n = r.logins.len() + r.jobs.len() + r.linked_servers.len() + r.credentials.len();
    if !nowhere.is_empty() {
        return fail_with(
            missing.join(", "),
            format!(
                "make {} on {{target}}: {{source}} has none either; or take it out of [objects] of the estate",
                nowhere.join(", ")
            ),
        );
    }
    none_of(&missing, &if n == 0 { "the estate requires none".to_owned() } else { format!("all {n} there") })
}

/// Somebody must be left who can do the smoke test behind the fence.
pub(super) fn smoke_test(c: &Case<'_>) -> Judged {
    if c.wishes.allow_logins.is_empty() {
        return fail("no [application] allow_logins: nobody but administrators can look before the target is opened");
    }
    let all = c.target.logins.get()?;
    let missing: Vec<String> = c
        .wishes
        .allow_logins
        .iter()
        .filter(|w| !all.iter().any(|l| same(&l.name, w) && !l.is_disabled))
        .map(|w| format!("{w} is not there, or disabled"))
        .collect();
    none_of(&missing, "all there")
}

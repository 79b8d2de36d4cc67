//! What the sessions of milink may do.

use super::case::Case;
use super::case::Judged;
use super::case::fail_each;
use super::case::pass;
use super::case::when;
use crate::model::fact::Unknown;
use crate::model::survey::ServerSurvey;

fn watching(server: &ServerSurvey) -> Judged {
    let i = server.instance.get()?;
    if i.is_sysadmin {
        return pass(format!("{} is sysadmin", i.login));
    }
    let rights = [
        (i.view_server_state, "VIEW SERVER STATE"),
        (i.view_any_definition, "VIEW ANY DEFINITION"),
        (i.view_any_database, "VIEW ANY DATABASE"),
    ];
    let missing: Vec<&str> = rights.into_iter().filter(|(has, _)| !has).map(|(_, name)| name).collect();
    if missing.is_empty() {
        return pass("all held");
    }
    fail_each(format!("{} lacks {}", i.login, missing.join(", ")), vec![i.login.clone()])
}

fn changing(server: &ServerSurvey) -> Judged {
    let i = server.instance.get()?;
    if i.is_sysadmin {
        return pass(format!("{} is sysadmin", i.login));
    }
    fail_each(format!("{} is not sysadmin", i.login), vec![i.login.clone()])
}

pub(super) fn watch_source(c: &Case<'_>) -> Judged {
    watching(c.source)
}
pub(super) fn watch_target(c: &Case<'_>) -> Judged {
    watching(c.target)
}
pub(super) fn change_source(c: &Case<'_>) -> Judged {
    changing(c.source)
}
pub(super) fn change_target(c: &Case<'_>) -> Judged {
    changing(c.target)
}

/// Both clocks; certificates and times of commits are compared across them.
pub(super) fn clocks(c: &Case<'_>) -> Judged {
    let own: Result<_, Unknown> = c.source.instance.get();
    let (own, theirs) = (own?.now, c.target.instance.get()?.now);
    let apart = (own - theirs).whole_seconds().abs();
    when(apart <= 60, format!("{apart} s apart"))
}

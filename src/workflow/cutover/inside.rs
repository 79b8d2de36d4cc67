//! Users that need no login, and guest: no bar on logins reaches them. They are barred within the database. That is written to its
//! log, so the bar arrives on the target by itself before anybody could write there, and is lifted where the database is
//! writable: on the source when a run goes back, on the target when it is opened (facts: cutover-night 2.4).

use crate::base::error::Result;
use crate::engine::context::Context;
use crate::model::claim::BarredUser;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use crate::model::login::ConnectSql;
use crate::model::login::ContainedUser;
use crate::model::login::DatabaseLogins;
use crate::sql::Statement;
use crate::sql::query::login;
use crate::sql::query::user;

/// Evidence name in the snapshot.
pub const INSIDE_BARS: &str = "inside_bars";
const GUEST: &str = "guest";

/// The statement that keeps it out.
pub fn bar_statement(user: &BarredUser) -> Result<Statement> {
    // guest had a grant, and that is taken: a denial would stay in the way of whoever gives it one.
    if user.is_guest {
        user::revoke_connect(&user.database, &user.user)
    } else {
        user::deny_connect(&user.database, &user.user)
    }
}

/// The statement that puts it back exactly: a grant takes the place of a denial; where there was none, only the denial goes.
pub fn lift_statement(user: &BarredUser) -> Result<Statement> {
    if user.is_guest || user.connect == ConnectSql::Granted {
        user::grant_connect(&user.database, &user.user)
    } else {
        user::revoke_connect(&user.database, &user.user)
    }
}

/// Nothing keeps it out. Without a grant of its own, a role may carry the right to connect (db_owner, db_accessadmin, any role that
/// was given it): only a denial keeps such a user out.
fn may_connect(user: &ContainedUser) -> bool {
    user.connect != ConnectSql::Denied
}

fn is_open(user: &BarredUser, found: &DatabaseLogins) -> bool {
    if user.is_guest {
        return found.guest_enabled;
    }
    found.connects.get(&user.user).is_some_and(|connect| *connect != ConnectSql::Denied)
}

/// It is as it was noted. On the other side it may have a login; a user that somebody dropped meanwhile is not brought back.
fn as_before(user: &BarredUser, found: &DatabaseLogins) -> bool {
    if user.is_guest {
        return found.guest_enabled;
    }
    found.connects.get(&user.user).is_none_or(|connect| *connect == user.connect)
}

/// Who can get in without a login, but for those who are allowed to stay.
pub fn to_bar(found: &DatabaseLogins, database: &str, allow: &[String]) -> Vec<BarredUser> {
    let stays = |name: &str| allow.iter().any(|a| a.eq_ignore_ascii_case(name));
    let barred = |user: &str, is_guest, connect| BarredUser {
        database: database.to_owned(),
        user: user.to_owned(),
        is_guest,
        connect,
    };
    let users = found.contained.iter().filter(|u| may_connect(u) && !stays(&u.name));
    let guest = (found.guest_enabled && !stays(GUEST)).then(|| barred(GUEST, true, ConnectSql::Granted));
    users.map(|u| barred(&u.name, false, u.connect)).chain(guest).collect()
}

/// What the snapshot of a run noted; a run of an older version noted nobody.
pub fn noted(cx: &Context, snapshot: &StepId) -> Result<Vec<BarredUser>> {
    Ok(cx.proven(snapshot, INSIDE_BARS)?.unwrap_or_default())
}

/// Bars those that are open; gives how many there were.
pub async fn apply(cx: &Context, step: &StepId, site: &SiteId, database: &str, bars: &[BarredUser]) -> Result<usize> {
    if bars.is_empty() {
        return Ok(0);
    }
    let found = cx.effects.read(site, login::for_database(database)).await?;
    let open = bars.iter().filter(|b| is_open(b, &found));
    cx.effects.change_all(step, site, &open.map(bar_statement).collect::<Result<Vec<_>>>()?).await?;
    Ok(bars.len())
}

/// Puts those back that are not as they were; where the database can be written.
pub async fn lift(cx: &Context, step: &StepId, site: &SiteId, database: &str, bars: &[BarredUser]) -> Result<usize> {
    if bars.is_empty() {
        return Ok(0);
    }
    let found = cx.effects.read(site, login::for_database(database)).await?;
    let shut: Vec<_> = bars.iter().filter(|b| !as_before(b, &found)).collect();
    let statements = shut.iter().map(|bar| lift_statement(bar)).collect::<Result<Vec<_>>>()?;
    cx.effects.change_all(step, site, &statements).await?;
    Ok(shut.len())
}

/// Is one of them still kept out?
pub fn any_shut(found: &DatabaseLogins, bars: &[BarredUser]) -> bool {
    bars.iter().any(|b| !as_before(b, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str, connect: ConnectSql) -> ContainedUser {
        ContainedUser { name: name.to_owned(), kind: "S".to_owned(), sid: None, connect }
    }

    fn all(contained: Vec<ContainedUser>, guest_enabled: bool) -> DatabaseLogins {
        let connects = contained.iter().map(|u| (u.name.clone(), u.connect)).collect();
        DatabaseLogins { contained, connects, guest_enabled, ..DatabaseLogins::default() }
    }

    #[test]
    fn whoever_may_connect_is_barred_unless_allowed() {
        let contained = vec![
            user("web", ConnectSql::Granted),
            user("Smoke", ConnectSql::Granted),
            user("gone", ConnectSql::Denied),
            user("by_role", ConnectSql::None),
        ];
        let found = all(contained, true);
        let bars = to_bar(&found, "d", &["smoke".to_owned()]);
        let names: Vec<_> = bars.iter().map(|b| b.user.as_str()).collect();
        assert_eq!(names, ["web", "by_role", "guest"]);
        assert!(bars.iter().all(|b| is_open(b, &found)));
        let shown = |s: Result<Statement>| s.unwrap().rendered.shown.trim().to_owned();
        assert_eq!(shown(bar_statement(&bars[0])), "USE [d];\nDENY CONNECT TO [web];\nUSE master;");
        assert_eq!(shown(lift_statement(&bars[0])), "USE [d];\nGRANT CONNECT TO [web];\nUSE master;");
        assert_eq!(shown(bar_statement(&bars[1])), "USE [d];\nDENY CONNECT TO [by_role];\nUSE master;");
        assert_eq!(shown(lift_statement(&bars[1])), "USE [d];\nREVOKE CONNECT FROM [by_role];\nUSE master;");
        assert_eq!(shown(bar_statement(&bars[2])), "USE [d];\nREVOKE CONNECT FROM [guest];\nUSE master;");
        assert_eq!(shown(lift_statement(&bars[2])), "USE [d];\nGRANT CONNECT TO [guest];\nUSE master;");
    }

    #[test]
    fn a_grant_that_was_not_there_before_is_not_as_before() {
        let found = |connect| all(vec![user("r", connect)], false);
        let bars = to_bar(&found(ConnectSql::None), "d", &[]);
        assert!(any_shut(&found(ConnectSql::Denied), &bars));
        assert!(any_shut(&found(ConnectSql::Granted), &bars));
        assert!(!any_shut(&found(ConnectSql::None), &bars));
        assert!(!any_shut(&all(Vec::new(), false), &bars), "somebody dropped it");
    }

    #[test]
    fn the_note_of_an_older_version_held_a_grant() {
        let old: BarredUser = serde_json::from_str(r#"{"database":"d","user":"u","is_guest":false}"#).unwrap();
        assert_eq!(old.connect, ConnectSql::Granted);
    }
}

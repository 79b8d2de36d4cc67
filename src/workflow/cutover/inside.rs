//! Users that need no login, and guest: no bar on logins reaches them. They are barred within the database. That is written to its
//! log, so the bar arrives on the target by itself before anybody could write there, and is lifted where the database is
//! writable: on the source when a run goes back, on the target when it is opened (facts: cutover-night 2.4).

use crate::base::error::Result;
use crate::engine::context::Context;
use crate::model::claim::BarredUser;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use crate::model::login::ConnectSql;
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

/// The statement that puts it back: a grant takes the place of a denial.
pub fn lift_statement(user: &BarredUser) -> Result<Statement> {
    user::grant_connect(&user.database, &user.user)
}

fn is_open(user: &BarredUser, found: &DatabaseLogins) -> bool {
    if user.is_guest {
        return found.guest_enabled;
    }
    found.contained.iter().any(|u| u.name == user.user && u.connect == ConnectSql::Granted)
}

/// Who can get in without a login, but for those who are allowed to stay.
pub fn to_bar(found: &DatabaseLogins, database: &str, allow: &[String]) -> Vec<BarredUser> {
    let stays = |name: &str| allow.iter().any(|a| a.eq_ignore_ascii_case(name));
    let barred = |user: String, is_guest| BarredUser { database: database.to_owned(), user, is_guest };
    let users = found.contained.iter().filter(|u| u.connect == ConnectSql::Granted && !stays(&u.name));
    let guest = (found.guest_enabled && !stays(GUEST)).then(|| barred(GUEST.to_owned(), true));
    users.map(|u| barred(u.name.clone(), false)).chain(guest).collect()
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
    for bar in bars.iter().filter(|b| is_open(b, &found)) {
        cx.effects.change(step, site, &bar_statement(bar)?).await?;
    }
    Ok(bars.len())
}

/// Lets those in again that are not in; where the database can be written.
pub async fn lift(cx: &Context, step: &StepId, site: &SiteId, database: &str, bars: &[BarredUser]) -> Result<usize> {
    if bars.is_empty() {
        return Ok(0);
    }
    let found = cx.effects.read(site, login::for_database(database)).await?;
    let shut: Vec<_> = bars.iter().filter(|b| !is_open(b, &found)).collect();
    for bar in &shut {
        cx.effects.change(step, site, &lift_statement(bar)?).await?;
    }
    Ok(shut.len())
}

/// Is one of them still kept out?
pub fn any_shut(found: &DatabaseLogins, bars: &[BarredUser]) -> bool {
    bars.iter().any(|b| !is_open(b, found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::login::ContainedUser;

    fn user(name: &str, connect: ConnectSql) -> ContainedUser {
        ContainedUser { name: name.to_owned(), kind: "S".to_owned(), sid: None, connect }
    }

    #[test]
    fn who_holds_connect_is_barred_unless_allowed() {
        let contained = vec![
            user("web", ConnectSql::Granted),
            user("Smoke", ConnectSql::Granted),
            user("gone", ConnectSql::Denied),
            user("odd", ConnectSql::None),
        ];
        let found = DatabaseLogins { contained, guest_enabled: true, ..DatabaseLogins::default() };
        let bars = to_bar(&found, "d", &["smoke".to_owned()]);
        let names: Vec<_> = bars.iter().map(|b| b.user.as_str()).collect();
        assert_eq!(names, ["web", "guest"]);
        assert!(bars.iter().all(|b| is_open(b, &found)));
        let shown = |s: Result<Statement>| s.unwrap().rendered.shown.trim().to_owned();
        assert_eq!(shown(bar_statement(&bars[0])), "USE [d];\nDENY CONNECT TO [web];\nUSE master;");
        assert_eq!(shown(bar_statement(&bars[1])), "USE [d];\nREVOKE CONNECT FROM [guest];\nUSE master;");
        assert_eq!(shown(lift_statement(&bars[1])), "USE [d];\nGRANT CONNECT TO [guest];\nUSE master;");
    }
}

//! Users that need no login, and guest: no bar on logins reaches them. They are barred within the database. That is written to its
//! log, so the bar arrives on the target by itself before anybody could write there, and is lifted where the database is
//! writable: on the source when a run goes back, on the target when it is opened (facts: cutover-night 2.4).

use crate::base::error::Result;
use crate::engine::context::Context;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use crate::model::login::ConnectSql;
use crate::model::login::DatabaseLogins;
use crate::sql::Statement;
use crate::sql::query::login;
use crate::sql::query::user;
use serde::Deserialize;
use serde::Serialize;

/// Evidence name in the snapshot.
pub const INSIDE_BARS: &str = "inside_bars";
const GUEST: &str = "guest";

/// A user that held CONNECT before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InsideBar {
    pub user: String,
    pub is_guest: bool,
}

impl InsideBar {
    pub fn bar(&self, database: &str) -> Result<Statement> {
        // A denial to guest would stay in the way of whoever looks for the grant: it had one, and that is taken.
        if self.is_guest {
            user::revoke_connect(database, &self.user)
        } else {
            user::deny_connect(database, &self.user)
        }
    }
    pub fn lift(&self, database: &str) -> Result<Statement> {
        user::grant_connect(database, &self.user)
    }
    fn is_open(&self, found: &DatabaseLogins) -> bool {
        if self.is_guest {
            return found.guest_enabled;
        }
        found.contained.iter().any(|u| u.name == self.user && u.connect == ConnectSql::Granted)
    }
}

/// Who can get in without a login, but for those who are allowed to stay.
pub fn to_bar(found: &DatabaseLogins, allow: &[String]) -> Vec<InsideBar> {
    let stays = |name: &str| allow.iter().any(|a| a.eq_ignore_ascii_case(name));
    let users = found.contained.iter().filter(|u| u.connect == ConnectSql::Granted).map(|u| u.name.clone());
    let users = users.filter(|name| !stays(name)).map(|user| InsideBar { user, is_guest: false });
    let guest = (found.guest_enabled && !stays(GUEST)).then(|| InsideBar { user: GUEST.to_owned(), is_guest: true });
    users.chain(guest).collect()
}

/// What the snapshot of a run noted; a run of an older version noted nobody.
pub fn noted(cx: &Context, snapshot: &StepId) -> Result<Vec<InsideBar>> {
    Ok(cx.proven(snapshot, INSIDE_BARS)?.unwrap_or_default())
}

/// Bars those that are open; gives how many there were.
pub async fn apply(cx: &Context, step: &StepId, site: &SiteId, database: &str, bars: &[InsideBar]) -> Result<usize> {
    if bars.is_empty() {
        return Ok(0);
    }
    let found = cx.effects.read(site, login::for_database(database)).await?;
    for bar in bars.iter().filter(|b| b.is_open(&found)) {
        cx.effects.change(step, site, &bar.bar(database)?).await?;
    }
    Ok(bars.len())
}

/// Lets those in again that are not in; where the database can be written.
pub async fn lift(cx: &Context, step: &StepId, site: &SiteId, database: &str, bars: &[InsideBar]) -> Result<usize> {
    if bars.is_empty() {
        return Ok(0);
    }
    let found = cx.effects.read(site, login::for_database(database)).await?;
    let shut: Vec<_> = bars.iter().filter(|b| !b.is_open(&found)).collect();
    for bar in &shut {
        cx.effects.change(step, site, &bar.lift(database)?).await?;
    }
    Ok(shut.len())
}

/// Is one of them still kept out?
pub fn any_shut(found: &DatabaseLogins, bars: &[InsideBar]) -> bool {
    bars.iter().any(|b| !b.is_open(found))
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
        let bars = to_bar(&found, &["smoke".to_owned()]);
        let names: Vec<_> = bars.iter().map(|b| b.user.as_str()).collect();
        assert_eq!(names, ["web", "guest"]);
        assert!(bars.iter().all(|b| b.is_open(&found)));
        let shown = |s: Result<Statement>| s.unwrap().rendered.shown.trim().to_owned();
        assert_eq!(shown(bars[0].bar("d")), "DENY CONNECT TO [web];");
        assert_eq!(shown(bars[1].bar("d")), "REVOKE CONNECT FROM [guest];");
        assert_eq!(shown(bars[1].lift("d")), "GRANT CONNECT TO [guest];");
    }
}

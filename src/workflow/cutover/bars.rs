//! Which logins are kept out, how each is barred and let in again.

use super::claims;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::model::claim::Bar;
use crate::model::claim::BarredLogin;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use crate::model::login::ConnectSql;
use crate::model::login::DatabaseLogins;
use crate::model::login::Login;
use crate::sql::Statement;
use crate::sql::query::login;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream;

/// Logins of one database that are barred or let in at a time.
const CHANGES_MAX: usize = 8;

/// Logins that a fence concerns: not the allow-list, sysadmins (they ignore bars and are listed instead), the server's own, and
/// milink itself.
pub fn concerned<'a>(found: &'a DatabaseLogins, own_login: &str, allow: &[String]) -> Vec<&'a Login> {
    found
        .logins
        .iter()
        .filter(|l| !l.is_sysadmin && !l.is_internal())
        .filter(|l| !l.name.eq_ignore_ascii_case(own_login))
        .filter(|l| !allow.iter().any(|a| a.eq_ignore_ascii_case(&l.name)))
        .collect()
}

/// Those of them that can get in now.
pub fn to_bar(found: &DatabaseLogins, own_login: &str, allow: &[String]) -> Vec<BarredLogin> {
    concerned(found, own_login, allow)
        .into_iter()
        .filter(|l| l.may_connect())
        .map(|l| BarredLogin {
            name: l.name.clone(),
            sid: l.sid.clone(),
            bar: if l.is_group() { Bar::Deny } else { Bar::Disable },
            connect_sql: l.connect_sql,
        })
        .collect()
}

/// Sysadmins other than milink: they ignore every bar and are listed for sign-off.
pub fn residual_sysadmins(found: &DatabaseLogins, own_login: &str) -> Vec<String> {
    found
        .logins
        .iter()
        .filter(|l| l.is_sysadmin && !l.is_disabled && !l.name.eq_ignore_ascii_case(own_login))
        .map(|l| l.name.clone())
        .collect()
}

/// Those of `bars` that can still get in, as the server says now.
pub fn still_open<'a>(found: &DatabaseLogins, bars: &'a [BarredLogin]) -> Vec<&'a BarredLogin> {
    bars.iter().filter(|b| find(found, b).is_some_and(Login::may_connect)).collect()
}

/// Those of `bars` that are still kept out.
pub fn still_barred<'a>(found: &DatabaseLogins, bars: &'a [BarredLogin]) -> Vec<&'a BarredLogin> {
    bars.iter()
        .filter(|b| {
            find(found, b).is_some_and(|l| match b.bar {
                Bar::Disable => l.is_disabled,
                Bar::Deny => l.connect_sql == ConnectSql::Denied,
            })
        })
        .collect()
}

fn find<'a>(found: &'a DatabaseLogins, bar: &BarredLogin) -> Option<&'a Login> {
    found.logins.iter().find(|l| l.name == bar.name)
}

/// The statement that keeps it out.
pub fn bar_statement(bar: &BarredLogin) -> Result<Statement> {
    match bar.bar {
        Bar::Disable => login::disable(&bar.name),
        Bar::Deny => login::deny_connect(&bar.name),
    }
}

/// The statements that put it back exactly as it was.
pub fn lift_statements(bar: &BarredLogin) -> Result<Vec<Statement>> {
    Ok(match (bar.bar, bar.connect_sql) {
        (Bar::Disable, _) => vec![login::enable(&bar.name)?],
        (Bar::Deny, ConnectSql::Granted) => vec![login::revoke_connect(&bar.name)?, login::grant_connect(&bar.name)?],
        (Bar::Deny, _) => vec![login::revoke_connect(&bar.name)?],
    })
}

/// Bars every login that can still get in; those barred already are left alone.
pub async fn apply(cx: &Context, step: &StepId, site: &SiteId, database: &str, bars: &[BarredLogin]) -> Result<()> {
    let found = cx.effects.read(site, login::for_database(database)).await?;
    let open = still_open(&found, bars);
    if cx.effects.is_manual() {
        let statements = open.into_iter().map(bar_statement).collect::<Result<Vec<_>>>()?;
        return cx.effects.change_all(step, site, &statements).await;
    }
    let mut work: Vec<BoxFuture<'_, Result<()>>> = Vec::with_capacity(open.len());
    for bar in open {
        work.push(Box::pin(bar_one(cx, step, site, bar)));
    }
    side_by_side(work).await
}

/// Lets in every login that is still kept out by us.
pub async fn lift(cx: &Context, step: &StepId, site: &SiteId, database: &str, bars: &[BarredLogin]) -> Result<usize> {
    let (found, free) =
        tokio::join!(cx.effects.read(site, login::for_database(database)), claims::free(cx, site, bars.to_vec()));
    let (found, free) = (found?, free?);
    let barred = still_barred(&found, &free);
    if cx.effects.is_manual() {
        let statements = barred.iter().map(|bar| lift_statements(bar)).collect::<Result<Vec<_>>>()?.concat();
        cx.effects.change_all(step, site, &statements).await?;
        return Ok(barred.len());
    }
    let mut work: Vec<BoxFuture<'_, Result<()>>> = Vec::with_capacity(barred.len());
    for bar in &barred {
        work.push(Box::pin(lift_one(cx, step, site, bar)));
    }
    side_by_side(work).await?;
    Ok(barred.len())
}

async fn bar_one(cx: &Context, step: &StepId, site: &SiteId, bar: &BarredLogin) -> Result<()> {
    cx.effects.change(step, site, &bar_statement(bar)?).await.map(drop)
}

async fn lift_one(cx: &Context, step: &StepId, site: &SiteId, bar: &BarredLogin) -> Result<()> {
    for statement in lift_statements(bar)? {
        cx.effects.change(step, site, &statement).await?;
    }
    Ok(())
}

/// Changes that do not concern each other, a few at a time: an application stands still meanwhile. The first failure is told
/// once all have ended.
async fn side_by_side(changes: Vec<BoxFuture<'_, Result<()>>>) -> Result<()> {
    let ended: Vec<_> = stream::iter(changes).buffer_unordered(CHANGES_MAX).collect().await;
    ended.into_iter().collect()
}

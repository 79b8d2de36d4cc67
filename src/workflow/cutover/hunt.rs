//! Sessions that have to end: those in a database, and those of barred logins wherever they are.

use crate::base::error::Result;
use crate::engine::context::Context;
use crate::model::claim::Bar;
use crate::model::claim::BarredLogin;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use crate::model::session::BarredSession;
use crate::sql::Statement;
use crate::sql::query::login;
use crate::sql::query::session;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use uuid::Uuid;

/// The server's word for an unknown or own session id in KILL.
const NO_SUCH_SESSION: [i32; 3] = [6104, 6106, 6107];

/// KILLs side by side: an application stands still meanwhile.
const KILLS_MAX: usize = 8;

/// A session that is to end; -2 by its unit of work.
pub struct Victim {
    pub id: i32,
    unit: Option<Uuid>,
}

/// What is looked for, and on which server.
pub struct Hunt {
    site: SiteId,
    database: String,
    bars: Vec<BarredLogin>,
    /// Whether one of the barred groups lets an account in, by its name. Asked once: a domain is slow to answer.
    members: Mutex<BTreeMap<String, bool>>,
}

impl Hunt {
    pub fn new(site: &SiteId, database: &str, bars: &[BarredLogin]) -> Self {
        Self {
            site: site.clone(),
            database: database.to_owned(),
            bars: bars.to_vec(),
            members: Mutex::new(BTreeMap::new()),
        }
    }

    /// Sessions in the database, and those of barred logins wherever they are: one that sits in another database needs no new
    /// login to write here by a three-part name. milink's own are left out.
    pub async fn find(&self, cx: &Context) -> Result<Vec<Victim>> {
        let (here, barred) = tokio::join!(
            cx.effects.read(&self.site, session::in_database(&self.database)),
            cx.effects.read(&self.site, session::barred()),
        );
        let own = |program: &Option<String>, login: &Option<String>| {
            cx.effects.is_own_session(&self.site, program.as_deref(), login.as_deref())
        };
        let mut found: Vec<Victim> = here?
            .into_iter()
            .filter(|s| s.session_id > 50 || s.session_id == -2)
            .filter(|s| !own(&s.program, &s.login))
            .map(|s| Victim { id: s.session_id, unit: s.unit_of_work })
            .collect();
        for s in barred? {
            if own(&s.program, &s.login) || found.iter().any(|v| v.id == s.session_id) {
                continue;
            }
            if self.is_barred(cx, &s).await {
                found.push(Victim { id: s.session_id, unit: None });
            }
        }
        Ok(found)
    }

    async fn is_barred(&self, cx: &Context, session: &BarredSession) -> bool {
        let noted = |login: &Option<String>| login.as_ref().is_some_and(|l| self.bars.iter().any(|b| b.name == *l));
        if noted(&session.login) || noted(&session.original_login) {
            return true;
        }
        let groups = || self.bars.iter().filter(|b| b.bar == Bar::Deny);
        if !session.by_group || groups().next().is_none() {
            return false;
        }
        // Whoever cannot be placed might write: it is ended with the members.
        let Some(account) = session.original_login.as_ref().or(session.login.as_ref()) else { return true };
        let known = self.members.lock().unwrap_or_else(PoisonError::into_inner).get(account).copied();
        if let Some(known) = known {
            return known;
        }
        let Ok(paths) = cx.effects.read(&self.site, login::paths(account)).await else { return true };
        let member = paths.is_empty() || paths.iter().any(|p| groups().any(|g| g.name.eq_ignore_ascii_case(p)));
        self.members.lock().unwrap_or_else(PoisonError::into_inner).insert(account.clone(), member);
        member
    }

    async fn end(&self, cx: &Context, step: &StepId, statement: &Statement) -> Result<()> {
        match cx.effects.change(step, &self.site, statement).await {
            Err(e) if e.server_number().is_some_and(|n| NO_SUCH_SESSION.contains(&n)) => Ok(()),
            other => other.map(drop),
        }
    }

    /// Ends all that are there; tells how many there were.
    pub async fn round(&self, cx: &Context, step: &StepId) -> Result<usize> {
        let found = self.find(cx).await?;
        let statement = |s: &Victim| match s.unit {
            Some(unit) if s.id == -2 => session::kill_unit(unit),
            _ => session::kill(s.id),
        };
        let statements = found.iter().map(statement).collect::<Result<Vec<_>>>()?;
        if cx.effects.is_manual() {
            cx.effects.change_all(step, &self.site, &statements).await?;
            return Ok(found.len());
        }
        let mut work: Vec<BoxFuture<'_, Result<()>>> = Vec::with_capacity(statements.len());
        for statement in &statements {
            work.push(Box::pin(self.end(cx, step, statement)));
        }
        let ended: Vec<Result<()>> = stream::iter(work).buffer_unordered(KILLS_MAX).collect().await;
        ended.into_iter().collect::<Result<()>>()?;
        Ok(found.len())
    }
}

//! Who is still on the old primary after the names lead to the new one: connections that did not follow, and programs that
//! do not use the listener. Told, never ended: on a secondary they can only read.

use super::base::FogStep;
use super::base::fog_step;
use super::base::only_reads;
use super::failover;
use super::failover::unix_ms;
use crate::base::clock::pause;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::session::UserSession;
use crate::sql::query::session;
use async_trait::async_trait;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long the old side is watched: the listener's records of logical servers live 30 s, those of instances are not told
/// (facts: failover-groups 3.4).
const WATCH: Duration = Duration::from_secs(30);
/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);
/// So many looks in a row without anybody end it early.
const EMPTY_LOOKS: usize = 3;
/// Evidence: what was seen.
pub const FOUND: &str = "stragglers";

/// One client on the old side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Straggler {
    pub login: String,
    pub host: String,
    pub program: String,
    pub database: String,
    /// Seen last, milliseconds since the decision; null: when it was decided is not known.
    pub last_ms: Option<i64>,
}

/// What a watch found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stragglers {
    /// Null: the old side could not be asked.
    pub clients: Option<Vec<Straggler>>,
    pub why: Option<String>,
    /// When the last one was seen; null: nobody, or not known.
    pub last_ms: Option<i64>,
    /// Somebody was there when the watch ended.
    pub still_there: bool,
}

type Key = (String, String, String, String);

pub struct Watch(pub FogStep);

impl Watch {
    async fn look(&self, cx: &Context) -> Result<Vec<Key>> {
        let site = &self.0.plan.primary.site;
        let mut found = Vec::new();
        for database in &self.0.plan.databases {
            let all = cx.effects.read(site, session::in_database(database)).await?;
            let foreign = |s: &&UserSession| {
                s.session_id > 50 && !cx.effects.is_own_session(site, s.program.as_deref(), s.login.as_deref())
            };
            let text = |v: &Option<String>| v.clone().unwrap_or_else(|| "?".to_owned());
            found.extend(
                all.iter().filter(foreign).map(|s| (text(&s.login), text(&s.host), text(&s.program), database.clone())),
            );
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    async fn watch(&self, cx: &Context) -> Result<Stragglers> {
        let decided = cx.proven::<i64>(&self.0.sibling("fog.failover"), failover::DECIDED)?;
        let from = cx.clock.monotonic();
        let mut seen: BTreeMap<Key, Option<i64>> = BTreeMap::new();
        let mut empty = 0;
        loop {
            let now = self.look(cx).await?;
            empty = if now.is_empty() { empty + 1 } else { 0 };
            let at = decided.map(|d| unix_ms(cx) - d);
            seen.extend(now.iter().map(|key| (key.clone(), at)));
            let over = cx.clock.monotonic().saturating_sub(from) >= WATCH;
            if over || empty >= EMPTY_LOOKS {
                let clients: Vec<Straggler> = seen
                    .into_iter()
                    .map(|((login, host, program, database), last_ms)| Straggler {
                        login,
                        host,
                        program,
                        database,
                        last_ms,
                    })
                    .collect();
                let last_ms = clients.iter().filter_map(|c| c.last_ms).max();
                return Ok(Stragglers { clients: Some(clients), why: None, last_ms, still_there: !now.is_empty() });
            }
            let n = crate::base::text::count(now.len(), "client");
            cx.progress(&self.0.id, format!("{n} on {}", self.0.plan.primary.site), None);
            pause(EVERY).await;
        }
    }
}

/// In words.
pub fn said(s: &Stragglers, site: &str) -> String {
    let Some(clients) = &s.clients else {
        return format!("who is still on {site} is unknown: {}", s.why.as_deref().unwrap_or("it does not answer"));
    };
    let Some(last) = clients.iter().max_by_key(|c| c.last_ms) else {
        return format!("nobody on {site} after its names had moved");
    };
    let after = s.last_ms.map_or_else(String::new, |ms| format!(" {:.1} s after the decision", ms as f64 / 1000.0));
    let end = if s.still_there { "still there" } else { "gone" };
    format!(
        "{} on {site} after its names had moved, {end}; the last: {} from {} ({}){after}; readers of the read-only listener count too",
        crate::base::text::count(clients.len(), "client"),
        last.login,
        last.host,
        last.program
    )
}

#[async_trait]
impl Step for Watch {
    fog_step!(secondary);
    only_reads!();

    fn summary(&self) -> String {
        format!("see who is still on {}", self.0.plan.primary.site)
    }
    async fn precheck(&self, _: &Context) -> Result<Precheck> {
        Ok(if self.0.is_of_servers() {
            Precheck::Skip("sessions of a logical server are told per database, to administrators only".to_owned())
        } else {
            Precheck::Ready
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        // A side that does not answer is the reason for a forced failover: then this is unknown, and nothing fails by it.
        let found = match self.watch(cx).await {
            Ok(found) => found,
            Err(e) if e.kind() == crate::base::error::Kind::Interrupted => return Err(e),
            Err(e) => Stragglers { clients: None, why: Some(e.chain()), last_ms: None, still_there: false },
        };
        cx.prove(&self.0.id, FOUND, &found)?;
        Ok(Done::note(said(&found, self.0.plan.primary.site.as_str())))
    }
}

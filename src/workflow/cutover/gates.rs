//! What must be true before anything is touched. Unknown is never a pass.

use super::bars;
use super::position;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::database::DatabaseState;
use crate::model::database::Role;
use crate::model::group::SyncState;
use crate::sql::query::database;
use crate::sql::query::instance;
use crate::sql::query::login;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;
use serde::Serialize;

/// One gate's answer, kept in the journal.
#[derive(Debug, Clone, Serialize)]
struct Gate {
    gate: &'static str,
    /// `None`: unknown.
    pass: Option<bool>,
    expected: String,
    found: String,
    hint: String,
}

pub struct Gates(pub LinkStep);

impl Gates {
    async fn look(&self, cx: &Context) -> Result<Vec<Gate>> {
        let link = &self.0.link;
        let (position, access, logins, theirs, facts) = tokio::join!(
            position::read(cx, link),
            cx.effects.read(&link.target, database::access(&link.database)),
            cx.effects.read(&link.source, login::for_database(&link.database)),
            cx.effects.read(&link.target, login::list()),
            cx.effects.read(&link.source, instance::facts()),
        );
        let (position, access, logins, theirs, facts) = (position?, access?, logins?, theirs?, facts?);
        let show = format!("milink link show {}", link.name);
        let mut gates = Vec::new();
        let own = position.source.as_ref();
        gates.push(Gate {
            gate: "source-is-primary",
            pass: own.map(|r| r.is_primary_replica == Some(true)),
            expected: format!("{} is the primary of {}", link.source, link.name),
            found: own.map_or("no row".to_owned(), |r| {
                match r.is_primary_replica {
                    Some(true) => "it is",
                    Some(false) => "it is not",
                    None => "is_primary_replica is NULL",
                }
                .to_owned()
            }),
            hint: show.clone(),
        });
        let state = position.sync_state();
        gates.push(Gate {
            gate: "link-synchronizing",
            pass: state.map(|s| matches!(s, SyncState::Synchronizing | SyncState::Synchronized)),
            expected: "SYNCHRONIZING or SYNCHRONIZED, as the primary sees the target".to_owned(),
            found: state.map_or("no row for the target".to_owned(), ToString::to_string),
            hint: show.clone(),
        });
        let readable = access.as_ref().map(|a| a.state == DatabaseState::Online && !a.accepts_writes());
        gates.push(Gate {
            gate: "target-readable-secondary",
            pass: readable,
            expected: format!("{} ONLINE and read-only on {}", link.database, link.target),
            found: access.as_ref().map_or("no such database".to_owned(), |a| {
                format!(
                    "{}, {}, {}",
                    a.state,
                    a.updateability.as_ref().map_or("updateability unknown", |u| u.as_str()),
                    a.distributed_role().map_or("role unknown", Role::as_str)
                )
            }),
            hint: show,
        });
        gates.push(self.contained_gate(&logins));
        let wanted = bars::to_bar(&logins, &facts.login, &self.0.policy.allow_logins);
        let missing: Vec<_> = wanted
            .iter()
            .filter(|w| !theirs.iter().any(|t| t.name == w.name && t.sid.eq_ignore_ascii_case(&w.sid)))
            .map(|w| w.name.as_str())
            .collect();
        gates.push(Gate {
            gate: "logins-with-same-sid",
            pass: Some(missing.is_empty()),
            expected: format!("the {} logins of {} on {} with the same SID", wanted.len(), link.database, link.target),
            found: if missing.is_empty() { "all there".to_owned() } else { format!("missing: {}", missing.join(", ")) },
            hint: format!(
                "create them on {} WITH SID = the source's SID, or name them in [application] allow_logins",
                link.target
            ),
        });
        Ok(gates)
    }

    fn contained_gate(&self, logins: &crate::model::login::DatabaseLogins) -> Gate {
        let names: Vec<_> = logins.contained.iter().map(|u| u.name.as_str()).collect();
        let clean = names.is_empty() && !logins.guest_enabled;
        Gate {
            gate: "no-back-doors",
            pass: Some(clean),
            expected: "no contained users and no guest: they escape login bars".to_owned(),
            found: match (names.is_empty(), logins.guest_enabled) {
                (true, false) => "none".to_owned(),
                (true, true) => "guest holds CONNECT".to_owned(),
                (false, _) => format!("contained users {}", names.join(", ")),
            },
            hint: "give contained users a login, or REVOKE CONNECT FROM guest, before the cutover".to_owned(),
        }
    }
}

#[async_trait]
impl Step for Gates {
    link_step!(source);

    fn summary(&self) -> String {
        format!("judge the gates of {}", self.0.link.name)
    }
    fn preview(&self) -> Vec<String> {
        Vec::new()
    }
    fn undo_summary(&self) -> String {
        "nothing was changed".to_owned()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let gates = self.look(cx).await?;
        cx.prove(&self.0.id, "gates", &gates)?;
        Ok(match gates.into_iter().find(|g| g.pass != Some(true)) {
            None => Precheck::Ready,
            Some(g) => Precheck::Blocked {
                expected: format!("gate {}: {}", g.gate, g.expected),
                found: if g.pass.is_none() { format!("unknown ({})", g.found) } else { g.found },
                hint: g.hint,
            },
        })
    }
    async fn run(&self, _: &Context) -> Result<Done> {
        Ok(Done::note("all gates pass"))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("nothing was changed".to_owned())
    }
}

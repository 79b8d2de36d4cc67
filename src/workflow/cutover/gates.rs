//! What must be true before anything is touched. Unknown is never a pass.

use super::bars;
use super::position;
use super::position::Position;
use crate::base::error::Result;
use crate::base::text;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::database::DatabaseState;
use crate::model::database::Role;
use crate::model::group::SyncState;
use crate::model::session::OpenTransaction;
use crate::sql::query;
use crate::sql::query::database;
use crate::sql::query::instance;
use crate::sql::query::log;
use crate::sql::query::login;
use crate::sql::query::session;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;
use serde::Serialize;
use std::time::Duration;
use time::OffsetDateTime;

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
        let (position, access, logins, theirs, facts, open, counted, broker) = tokio::join!(
            position::read(cx, link),
            cx.effects.read(&link.target, database::access(&link.database)),
            cx.effects.read(&link.source, login::for_database(&link.database)),
            cx.effects.read(&link.target, login::list()),
            cx.effects.read(&link.source, instance::facts()),
            cx.effects.read(&link.source, session::transactions(&link.database)),
            cx.effects.read(&link.source, log::written(&link.database)),
            cx.effects.read(&link.source, query::broker::show(&link.database)),
        );
        let (position, access, logins, theirs, facts, open) = (position?, access?, logins?, theirs?, facts?, open?);
        let (counted, broker) = (counted?, broker?);
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
        gates.push(self.lag_gate(&position));
        gates.push(self.transactions_gate(&open, cx.clock.now()));
        gates.push(Gate {
            gate: "commits-are-counted",
            pass: counted.map(|_| true),
            expected: format!("a counter of the write transactions of {} on {}", link.database, link.source),
            found: counted.map_or("no such row".to_owned(), |n| n.to_string()),
            hint:
                "sys.dm_os_performance_counters has no `Write Transactions/sec` of the database: the counters of the \
                   instance are not loaded (lodctr), and without them a writer between two looks could hide"
                    .to_owned(),
        });
        gates.push(Gate {
            gate: "no-activated-queue",
            pass: Some(broker.at_work().is_empty()),
            expected: "no queue that starts a procedure by itself".to_owned(),
            found: if broker.at_work().is_empty() { "none".to_owned() } else { broker.at_work().join(", ") },
            hint: format!(
                "ALTER QUEUE … WITH ACTIVATION (STATUS = OFF) on {} for the night; it is replicated: turn it on again on {} \
                 when it is open",
                link.source, link.target
            ),
        });
        gates.push(self.contained_gate(&logins));
        let wanted = bars::to_bar(&logins, &facts.login, &self.0.policy.allow_logins);
        // A Windows login cannot be there: whether an Entra login stands in for it is a check's question, with a waiver's answer.
        let windows = |name: &str| logins.logins.iter().any(|l| l.name == name && l.is_windows());
        let wanted: Vec<_> = wanted.into_iter().filter(|w| !windows(&w.name)).collect();
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

    /// How far the target is behind, and how long that takes to drain at the rates the server measures.
    fn lag_gate(&self, position: &Position) -> Gate {
        let row = position.source_of_target.as_ref();
        let limit = Duration::from_millis(self.0.policy.lag_max_ms);
        let lag =
            row.and_then(|r| r.secondary_lag_seconds).and_then(|s| u64::try_from(s).ok()).map(Duration::from_secs);
        let drain = |queue: Option<i64>, rate: Option<i64>| match (queue?, rate) {
            (0, _) => Some(Duration::ZERO),
            (kb, Some(rate)) if rate > 0 => Some(Duration::from_secs_f64(kb as f64 / rate as f64)),
            _ => None,
        };
        let forecast = row.and_then(|r| {
            Some(drain(r.log_send_queue_kb, r.log_send_rate_kb)? + drain(r.redo_queue_kb, r.redo_rate_kb)?)
        });
        // Without a lag, empty queues say the same; without either nothing is known.
        let worst = match (lag, forecast) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
        let shown = |d: Option<Duration>| d.map_or("unknown".to_owned(), text::duration);
        Gate {
            gate: "lag",
            pass: worst.map(|d| d <= limit),
            expected: format!("{} at most {} behind", self.0.link.target, text::duration(limit)),
            found: format!(
                "lag {}, queues of {} to send and {} to redo drain in {}",
                shown(lag),
                kib(row.and_then(|r| r.log_send_queue_kb)),
                kib(row.and_then(|r| r.redo_queue_kb)),
                shown(forecast)
            ),
            hint: format!("milink watch {} --until 'lag<{}s', then again", self.0.link.name, limit.as_secs().max(1)),
        }
    }

    /// A KILL cannot be undone, and its rollback takes about as long as the work did (facts: cutover-night 2.5).
    fn transactions_gate(&self, open: &[OpenTransaction], now: OffsetDateTime) -> Gate {
        let limit = Duration::from_millis(self.0.policy.transaction_max_ms);
        let age = |t: &OpenTransaction| t.started.map(|s| Duration::try_from(now - s).unwrap_or_default());
        let writing: Vec<_> = open.iter().filter(|t| t.is_user && t.has_written()).collect();
        let oldest = writing.iter().max_by_key(|t| age(t).unwrap_or(Duration::MAX));
        let pass = match oldest.map(|t| age(t)) {
            None => Some(true),
            Some(Some(age)) => Some(age <= limit),
            Some(None) => None,
        };
        Gate {
            gate: "no-long-transaction",
            pass,
            expected: format!("no write transaction open for more than {}", text::duration(limit)),
            found: oldest.map_or("none is open".to_owned(), |t| {
                format!(
                    "session {} has written {} of log in {}: ending it rolls back about as long",
                    t.session_id.map_or("none".to_owned(), |s| s.to_string()),
                    text::bytes(u64::try_from(t.log_bytes).unwrap_or(0)),
                    age(t).map_or("an unknown time".to_owned(), text::duration),
                )
            }),
            hint: "let it end, or raise [policy] transaction_max if its rollback may cost that long".to_owned(),
        }
    }

    fn contained_gate(&self, logins: &crate::model::login::DatabaseLogins) -> Gate {
        let names: Vec<_> = logins.contained.iter().map(|u| u.name.as_str()).collect();
        Gate {
            gate: "back-doors",
            // Known by name, they are barred within the database.
            pass: Some(true),
            expected: "contained users and guest, which escape login bars, known by name".to_owned(),
            found: match (names.is_empty(), logins.guest_enabled) {
                (true, false) => "none".to_owned(),
                (true, true) => "guest holds CONNECT".to_owned(),
                (false, _) => format!("contained users {}", names.join(", ")),
            },
            hint: String::new(),
        }
    }
}

fn kib(n: Option<i64>) -> String {
    n.and_then(|n| u64::try_from(n).ok()).map_or("unknown".to_owned(), |n| text::bytes(n * 1024))
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

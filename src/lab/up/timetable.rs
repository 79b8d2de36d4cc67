//! The faults of a scenario file, played at their times.

use super::control::Ask;
use super::control::Door;
use crate::lab::scenario::types::Fault;
use crate::lab::scenario::types::TimedFault;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What is asked when: a fault that lasts has an end.
pub(super) fn agenda(faults: &[TimedFault], path: impl Fn(&str, &str) -> (f64, f64)) -> Vec<(Duration, Ask)> {
    let mut all = Vec::new();
    for fault in faults {
        let mut at = |after_s: f64, ask: Ask| {
            let seconds = (fault.at_s + after_s).clamp(0.0, 1e9);
            all.push((Duration::from_secs_f64(seconds), ask));
        };
        match &fault.what {
            Fault::CutPath { a, b, for_s } => {
                at(0.0, Ask::Cut { a: a.clone(), b: b.clone() });
                at(*for_s, Ask::Restore { a: a.clone(), b: b.clone() });
            }
            Fault::SlowPath { a, b, latency_ms, bandwidth_mib_per_s, for_s } => {
                let slow = |latency_ms, mib_per_s| Ask::Slow { a: a.clone(), b: b.clone(), latency_ms, mib_per_s };
                let (before_ms, before_mib) = path(a, b);
                at(0.0, slow(*latency_ms, *bandwidth_mib_per_s));
                at(*for_s, slow(before_ms, before_mib));
            }
            Fault::Restart { instance, down_s } => {
                at(0.0, Ask::Stop { server: instance.clone() });
                at(*down_s, Ask::Start { server: instance.clone() });
            }
            Fault::Kill { instance } => at(0.0, Ask::Stop { server: instance.clone() }),
            Fault::ForceFailover { instance, database } => {
                at(0.0, Ask::ForceFailover { server: instance.clone(), database: database.clone() });
            }
            Fault::Arm { rule } => at(0.0, Ask::Arm { rule: rule.clone() }),
            Fault::Set { server, key, value, database } => at(
                0.0,
                Ask::Set { server: server.clone(), key: key.clone(), value: value.clone(), database: database.clone() },
            ),
        }
    }
    all.sort_by_key(|(at, _)| *at);
    all
}

/// Plays until the end of the agenda or of the lab. What cannot be done is told on the log and does not stop the rest.
pub(super) async fn play(agenda: Vec<(Duration, Ask)>, door: Arc<Door>, stop: CancellationToken) {
    let start = tokio::time::Instant::now();
    for (at, ask) in agenda {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = tokio::time::sleep_until(start + at) => {}
        }
        if let Err(why) = door.answer(ask) {
            tracing::warn!(%why, "a fault of the scenario could not be played");
        }
    }
}

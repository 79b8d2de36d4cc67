//! Snapshot -> exposition text of Prometheus, format 0.0.4. Pure.
//!
//! A link has the same series whatever happens to it. A number that is not fresh is `NaN`: no threshold is met by it, and
//! `milink_link_freshness_state`, `milink_link_health_state` and `milink_collector_up` say so. LSNs and words are no labels.

use crate::model::group::Connected;
use crate::model::group::SyncState;
use crate::monitor::aged::Aged;
use crate::monitor::aged::Freshness;
use crate::monitor::snapshot::LinkSnapshot;
use crate::monitor::snapshot::Milestone;
use crate::monitor::snapshot::SeedingPhase;
use crate::monitor::snapshot::Snapshot;
use crate::monitor::snapshot::Verdict;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Most series a link may have (design: metrics).
pub const SERIES_PER_LINK_MAX: usize = 25;

type Read = fn(&LinkSnapshot) -> f64;

/// A gauge of every link.
pub struct LinkGauge {
    pub name: &'static str,
    pub help: &'static str,
    /// More labels, as they are written; empty for one series a link.
    side: &'static str,
    read: Read,
}

const fn gauge(name: &'static str, help: &'static str, read: Read) -> LinkGauge {
    LinkGauge { name, help, side: "", read }
}

fn fresh<T>(value: &Aged<T>, number: impl Fn(&T) -> f64) -> f64 {
    value.fresh().map_or(f64::NAN, number)
}

fn seconds(value: &Aged<u64>) -> f64 {
    fresh(value, |ms| *ms as f64 / 1000.0)
}

fn whole(value: &Aged<u64>) -> f64 {
    fresh(value, |n| *n as f64)
}

fn freshness(f: Freshness) -> f64 {
    match f {
        Freshness::Fresh => 0.0,
        Freshness::Stale => 1.0,
        Freshness::Unknown => 2.0,
    }
}

/// Every gauge of a link but its info. The order is that of the text.
pub const LINK_GAUGES: &[LinkGauge] = &[
    gauge("milink_link_health_state", "Verdict: 0 healthy, 1 degraded, 2 unhealthy, 3 unknown.", |l| {
        match l.health.verdict {
            Verdict::Healthy => 0.0,
            Verdict::Degraded => 1.0,
            Verdict::Unhealthy => 2.0,
            Verdict::Unknown => 3.0,
        }
    }),
    gauge("milink_link_freshness_state", "Worst of the collectors of the link: 0 fresh, 1 stale, 2 unknown.", |l| {
        freshness(l.health.freshness)
    }),
    gauge("milink_link_age_seconds", "Age of the older of both ends' values.", |l| {
        let ages = [l.source.role.age_ms, l.target.role.age_ms];
        ages.iter()
            .map(|a| a.map_or(f64::NAN, |ms| ms as f64 / 1000.0))
            .fold(0.0, |a: f64, b| if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) })
    }),
    gauge("milink_link_milestone", "0 none, 1 linked, 2 cut over, 3 unlinked, 4 protected.", |l| {
        fresh(&l.milestone, |m| match m {
            Milestone::None => 0.0,
            Milestone::Linked => 1.0,
            Milestone::CutOver => 2.0,
            Milestone::Unlinked => 3.0,
            Milestone::Protected => 4.0,
        })
    }),
    gauge("milink_writable_copies", "Copies in which an application login could commit now; at most 1, always.", |l| {
        fresh(&l.writable_copies, |n| f64::from(*n))
    }),
    gauge("milink_link_connected", "1 if the primary is connected to its partner.", |l| {
        fresh(&l.connected, |c| f64::from(u8::from(*c == Connected::Connected)))
    }),
    gauge(
        "milink_link_sync_state",
        "Of the secondary: 0 not synchronizing, 1 synchronizing, 2 synchronized, 3 reverting, 4 initializing.",
        |l| {
            fresh(&l.sync_state, |s| match s {
                SyncState::NotSynchronizing => 0.0,
                SyncState::Synchronizing => 1.0,
                SyncState::Synchronized => 2.0,
                SyncState::Reverting => 3.0,
                SyncState::Initializing => 4.0,
                SyncState::Other(_) => f64::NAN,
            })
        },
    ),
    gauge("milink_link_suspended", "1 if data movement is suspended on either side.", |l| {
        fresh(&l.suspended, |s| f64::from(u8::from(s.is_some())))
    }),
    gauge("milink_link_lag_seconds", "secondary_lag_seconds of the primary. Not a recovery point.", |l| {
        seconds(&l.flow.lag_ms)
    }),
    gauge("milink_link_rpo_seconds", "What a forced failover now could lose, from commit times.", |l| {
        seconds(&l.flow.rpo_ms)
    }),
    gauge("milink_link_send_queue_bytes", "Log that is not sent yet.", |l| whole(&l.flow.send_queue_bytes)),
    gauge(
        "milink_link_send_rate_bytes_per_second",
        "Over the last active period; does not fall to 0 when idle.",
        |l| whole(&l.flow.send_rate_bytes_per_s),
    ),
    gauge("milink_link_redo_queue_bytes", "Log that is hardened and not redone yet.", |l| {
        whole(&l.flow.redo_queue_bytes)
    }),
    gauge(
        "milink_link_redo_rate_bytes_per_second",
        "Over the last active period; does not fall to 0 when idle.",
        |l| whole(&l.flow.redo_rate_bytes_per_s),
    ),
    gauge("milink_link_drain_seconds", "Until both queues are empty at present rates. An estimate.", |l| {
        seconds(&l.flow.drain_ms)
    }),
    gauge("milink_link_seeding_phase", "0 not started, 1 running, 2 stalled, 3 failed, 4 done.", |l| {
        fresh(&l.seeding.phase, |p| match p {
            SeedingPhase::NotStarted => 0.0,
            SeedingPhase::Running => 1.0,
            SeedingPhase::Stalled => 2.0,
            SeedingPhase::Failed => 3.0,
            SeedingPhase::Done => 4.0,
        })
    }),
    gauge("milink_link_seeding_progress_ratio", "0 to 1.", |l| fresh(&l.seeding.percent, |p| p / 100.0)),
    gauge("milink_link_seeding_running_seconds", "Since the running seeding began; NaN when none runs.", |l| {
        seconds(&l.seeding.running_ms)
    }),
    gauge("milink_link_seeding_restarts", "Times seeding began anew, as far as the server remembers.", |l| {
        fresh(&l.seeding.restarts, |n| f64::from(*n))
    }),
    gauge("milink_link_log_used_ratio", "Of the primary's log file, 0 to 1; at 1 replication stops.", |l| {
        fresh(&l.log.used_ratio, |r| *r)
    }),
    gauge(
        "milink_link_log_full_seconds",
        "Until the log is full at its present growth; +Inf when it does not grow.",
        |l| fresh(&l.log.days_to_full, |d| d.map_or(f64::INFINITY, |d| d * 86_400.0)),
    ),
    LinkGauge {
        name: "milink_link_certificate_expiry_timestamp_seconds",
        help: "End of the endpoint certificate of a side, Unix time.",
        side: ",side=\"source\"",
        read: |l| fresh(&l.source.certificate_expires, |w| w.0.unix_timestamp() as f64),
    },
    LinkGauge {
        name: "milink_link_certificate_expiry_timestamp_seconds",
        help: "",
        side: ",side=\"target\"",
        read: |l| fresh(&l.target.certificate_expires, |w| w.0.unix_timestamp() as f64),
    },
    gauge(
        "milink_link_first_full_backup_timestamp_seconds",
        "Newest full backup on the target; NaN when there is none.",
        |l| fresh(&l.first_full_backup, |w| w.map_or(f64::NAN, |w| w.0.unix_timestamp() as f64)),
    ),
];

/// The whole text.
pub fn text(snapshot: &Snapshot) -> String {
    let mut out = String::with_capacity(8 * 1024 + snapshot.links.len() * SERIES_PER_LINK_MAX * 80);
    let names: Vec<String> = snapshot.links.iter().map(|l| escaped(&l.name)).collect();
    head(&mut out, "milink_build_info", "gauge", "Version of milink; always 1.");
    let _ = writeln!(out, "milink_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"));
    head(&mut out, "milink_snapshot_timestamp_seconds", "gauge", "When this was put together, Unix time.");
    let _ = writeln!(out, "milink_snapshot_timestamp_seconds {}", snapshot.at.unix_timestamp());
    head(&mut out, "milink_links", "gauge", "Links that are watched.");
    let _ = writeln!(out, "milink_links {}", snapshot.links.len());
    collectors(&mut out, snapshot);
    groups(&mut out, snapshot);
    head(&mut out, "milink_link_info", "gauge", "What the estate file says of a link; always 1.");
    for (l, name) in snapshot.links.iter().zip(&names) {
        let _ = writeln!(
            out,
            "milink_link_info{{link=\"{name}\",database=\"{}\",source=\"{}\",target=\"{}\",intent=\"{}\"}} 1",
            escaped(&l.database),
            escaped(l.source.site.as_str()),
            escaped(l.target.site.as_str()),
            escaped(&l.intent),
        );
    }
    for g in LINK_GAUGES {
        if !g.help.is_empty() {
            head(&mut out, g.name, "gauge", g.help);
        }
        for (l, name) in snapshot.links.iter().zip(&names) {
            let _ = write!(out, "{}{{link=\"{name}\"{}}} ", g.name, g.side);
            number(&mut out, (g.read)(l));
        }
    }
    out
}

/// By failover group, so that a link keeps its number of series.
fn groups(out: &mut String, snapshot: &Snapshot) {
    let mut all: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for l in &snapshot.links {
        let Some(group) = l.group.as_deref() else { continue };
        let entry = all.entry(group).or_insert((1.0, 0.0));
        let p = match l.protection.known() {
            // Nothing to protect yet.
            Some(None) if l.protection.freshness == Freshness::Fresh => continue,
            Some(Some(p)) => p,
            _ => {
                *entry = (f64::NAN, f64::NAN);
                continue;
            }
        };
        let is_fresh = l.protection.freshness == Freshness::Fresh;
        let holds = match p.holds.filter(|_| is_fresh) {
            Some(true) => 1.0,
            Some(false) => 0.0,
            None => f64::NAN,
        };
        let seconds = p.unprotected_ms.filter(|_| is_fresh).map_or(f64::NAN, |ms| ms as f64 / 1000.0);
        // The worst of its databases counts, and unknown is worse than anything.
        let worst =
            |a: f64, b: f64, pick: fn(f64, f64) -> f64| if a.is_nan() || b.is_nan() { f64::NAN } else { pick(a, b) };
        *entry = (worst(entry.0, holds, f64::min), worst(entry.1, seconds, f64::max));
    }
    head(
        out,
        "milink_group_protects",
        "gauge",
        "1 if the failover group protects every database that was cut over to its instance (none: 1).",
    );
    for (group, (holds, _)) in &all {
        let _ = write!(out, "milink_group_protects{{group=\"{}\"}} ", escaped(group));
        number(out, *holds);
    }
    let help = "How long nothing but backups has protected, or did protect, what was cut over.";
    head(out, "milink_group_unprotected_seconds", "gauge", help);
    for (group, (_, seconds)) in &all {
        let _ = write!(out, "milink_group_unprotected_seconds{{group=\"{}\"}} ", escaped(group));
        number(out, *seconds);
    }
}

fn collectors(out: &mut String, snapshot: &Snapshot) {
    type Of = fn(&crate::monitor::snapshot::CollectorSnapshot) -> f64;
    let all: [(&str, &str, &str, Of); 6] = [
        ("milink_collector_up", "gauge", "1 while its last look went well and is not late.", |c| {
            f64::from(u8::from(c.freshness == Freshness::Fresh))
        }),
        ("milink_collector_freshness_state", "gauge", "0 fresh, 1 stale, 2 unknown.", |c| freshness(c.freshness)),
        ("milink_collector_age_seconds", "gauge", "Since its last success began; NaN before the first.", |c| {
            c.age_ms.map_or(f64::NAN, |ms| ms as f64 / 1000.0)
        }),
        ("milink_collector_duration_seconds", "gauge", "How long its last success took.", |c| {
            c.took_ms.map_or(f64::NAN, |ms| ms as f64 / 1000.0)
        }),
        ("milink_collector_successes_total", "counter", "Looks that went well.", |c| c.successes as f64),
        ("milink_collector_failures_total", "counter", "Looks that failed.", |c| c.failures as f64),
    ];
    for (name, kind, help, of) in all {
        head(out, name, kind, help);
        for c in &snapshot.collectors {
            let _ = write!(out, "{name}{{collector=\"{}\",site=\"{}\"}} ", c.kind.as_str(), escaped(c.site.as_str()));
            number(out, of(c));
        }
    }
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// As the format spells them.
fn number(out: &mut String, n: f64) {
    let _ = match n {
        n if n.is_nan() => writeln!(out, "NaN"),
        n if n.is_infinite() => writeln!(out, "{}Inf", if n > 0.0 { "+" } else { "-" }),
        n => writeln!(out, "{n}"),
    };
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_has_no_more_series_than_promised() {
        assert!(LINK_GAUGES.len() < SERIES_PER_LINK_MAX + 1, "{} and the info", LINK_GAUGES.len());
        assert_eq!(LINK_GAUGES.len() + 1, SERIES_PER_LINK_MAX);
    }

    #[test]
    fn numbers_and_names_are_spelt_as_the_format_wants() {
        let mut out = String::new();
        for n in [f64::NAN, f64::INFINITY, 0.0, 1.5, 1_900_000_000.0] {
            number(&mut out, n);
        }
        assert_eq!(out, "NaN\n+Inf\n0\n1.5\n1900000000\n");
        assert_eq!(escaped("we\"ird\\na\nme"), "we\\\"ird\\\\na\\nme");
    }
}

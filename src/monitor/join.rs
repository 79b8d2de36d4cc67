//! Both ends and Azure of one link -> its snapshot. Pure.

use super::aged::Aged;
use super::aged::Reading;
use super::flow;
use super::health;
use super::health::Ground;
use super::plan::Thresholds;
use super::protection;
use super::seeding;
use super::snapshot::AzureSnapshot;
use super::snapshot::ConnectError;
use super::snapshot::Health;
use super::snapshot::LinkSnapshot;
use super::snapshot::Milestone;
use super::snapshot::Verdict;
use super::trail;
use super::trail::Trail;
use super::view::View;
use crate::model::database::Role;
use crate::model::group::SyncState;
use crate::model::sweep::WatchedDatabase;
use std::time::Duration;
use time::OffsetDateTime;

/// What stands beside the view.
pub(super) struct Frame<'a> {
    pub(super) now: OffsetDateTime,
    pub(super) monotonic: Duration,
    pub(super) thresholds: &'a Thresholds,
    pub(super) has_azure: bool,
}

pub(super) fn link(view: &View<'_>, trail: &Trail, frame: &Frame<'_>) -> LinkSnapshot {
    let name = view.link.name.as_str();
    let azure_exists = view.azure_reading.of(view.azure.map(|_| view.azure_link().is_some()));
    let writable_copies = writable_copies(view);
    let milestone = protection::milestone(view, milestone(view, trail, &azure_exists), &azure_exists);
    let mut link = LinkSnapshot {
        name: name.to_owned(),
        database: view.link.database.clone(),
        intent: view.link.intent.clone(),
        source: view.source_end(),
        target: view.target_end(),
        azure: AzureSnapshot {
            exists: azure_exists.clone(),
            replica_state: view.azure_says(|d| d.replica_state.clone()),
            error: view.azure_says(|d| d.error.clone()),
            seeding_percent: view.azure_says(|d| d.seeding_percent),
            connected: view.azure_says(|d| d.connected.clone()),
            health: view.azure_says(|d| d.health.clone()),
        },
        health: Health { verdict: Verdict::Unknown, freshness: super::aged::Freshness::Unknown, reasons: Vec::new() },
        milestone: milestone.clone(),
        writable_copies,
        primary: view.primary(),
        mode: view.of_primary(|s| s.own_end(name).map(|r| r.mode.clone())),
        sync_state: view.primary_row(false, |r| r.sync_state.clone()),
        sync_health: view.of_primary(|s| s.other_end(name).and_then(|r| r.health.clone())),
        connected: view.of_primary(|s| s.other_end(name).and_then(|r| r.connected.clone())),
        last_connect_error: view.of_primary(|s| {
            s.other_end(name).map(|r| {
                let number = r.last_connect_error_number.filter(|n| *n != 0)?;
                Some(ConnectError { number, text: r.last_connect_error.clone(), at: r.last_connect_error_at })
            })
        }),
        suspended: suspended(view),
        flow: flow::flow(view),
        seeding: seeding::seeding(view, trail, frame.monotonic, frame.thresholds.seeding_stalled),
        log: trail::log(view, trail),
        first_full_backup: view.first_backup(),
        group: view.link.group.clone(),
        protection: protection::protection(view, trail, &milestone, frame.now),
    };
    let mut inputs =
        vec![input(&view.source.site.0, &view.source.reading), input(&view.target.site.0, &view.target.reading)];
    if frame.has_azure {
        inputs.push(input("Azure", &view.azure_reading));
    }
    let ground = Ground {
        now: frame.now,
        thresholds: frame.thresholds,
        both_primary: view.both_primary(),
        exists: has_group(view) || azure_exists.known() == Some(&true),
        has_azure: frame.has_azure,
        inputs,
    };
    link.health = health::judge(&link, &ground);
    link
}

fn input(name: &str, reading: &Reading) -> (String, super::aged::Freshness, Option<String>) {
    (name.to_owned(), reading.freshness, reading.why.clone())
}

fn has_group(view: &View<'_>) -> bool {
    [&view.source, &view.target].iter().any(|e| e.seen.is_some_and(|s| s.ends(&view.link.name).next().is_some()))
}

fn writable_copies(view: &View<'_>) -> Aged<u32> {
    let (a, b) = (view.source.writable(&view.link.database), view.target.writable(&view.link.database));
    let both = a.reading().and(&b.reading());
    let sum = a.value.zip(b.value).map(|(a, b)| u32::from(a) + u32::from(b));
    both.or_why(sum, "a copy cannot be judged")
}

/// Suspended on either side; the side that says why wins.
fn suspended(view: &View<'_>) -> Aged<Option<String>> {
    let (name, database) = (view.link.name.as_str(), view.link.database.as_str());
    let rows = [&view.source, &view.target].map(|e| e.seen.and_then(|s| s.row(name, database, true)));
    let remote = view.primary_side().and_then(|side| view.end(side).seen?.row(name, database, false));
    let mut known = rows.iter().flatten().copied().chain(remote).peekable();
    if known.peek().is_none() {
        return view.ends_reading().or_why(None, "no side has the database in the group");
    }
    let words = |r: &crate::model::group::ReplicaDatabase| {
        (r.is_suspended == Some(true)).then(|| r.suspend_reason.clone().unwrap_or_else(|| "no reason given".to_owned()))
    };
    view.ends_reading().of(Some(known.find_map(words)))
}

/// `none`, `linked`, `cut_over` or `unlinked` (design: milestones); the failover group is counted in by [`protection`].
fn milestone(view: &View<'_>, trail: &Trail, azure_exists: &Aged<bool>) -> Aged<Milestone> {
    let needed = view.ends_reading().and(&view.azure_reading);
    let (Some(source), Some(target), Some(linked)) = (view.source.seen, view.target.seen, azure_exists.value) else {
        return needed.of(None);
    };
    let there = target.database(&view.link.database);
    let role = target.role(&view.link.name);
    if there.is_some_and(WatchedDatabase::accepts_writes) && role != Some(Role::Secondary) {
        // The source must be shut before a migration may be called cut over.
        let shut = view.source.writable(&view.link.database);
        let reading = needed.and(&shut.reading());
        return match shut.value {
            Some(false) => {
                let backup = view.first_backup();
                match (linked, backup.value) {
                    (true, _) | (false, Some(None)) => reading.of(Some(Milestone::CutOver)),
                    (false, Some(Some(newest))) => {
                        // Backups are taken on the secondary too; where nobody knows when the roles changed, no more than this
                        // is proven (facts: mi-link 8.6).
                        let changed = view.switched().or(trail.opened);
                        let counts = changed.is_some_and(|changed| newest.0 > changed);
                        let reached = if counts { Milestone::Unlinked } else { Milestone::CutOver };
                        reading.and(&backup.reading()).of(Some(reached))
                    }
                    (false, None) => {
                        reading.and(&backup.reading()).or_why(None, "the backups of the target are unknown")
                    }
                }
            }
            Some(true) => reading.or_why(None, "both copies take writes"),
            None => reading.or_why(None, "whether the source still takes writes is unknown"),
        };
    }
    let state = source.row(&view.link.name, &view.link.database, false).and_then(|r| r.sync_state.clone());
    let following = matches!(state, Some(SyncState::Synchronizing | SyncState::Synchronized));
    needed.of(Some(if linked && following { Milestone::Linked } else { Milestone::None }))
}

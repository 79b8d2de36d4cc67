//! What a failover group adds to a link's milestone, and since when nothing but backups protects a database. Pure.

use super::aged::Aged;
use super::aged::When;
use super::snapshot::Milestone;
use super::snapshot::ProtectionSnapshot;
use super::trail::Trail;
use super::view::View;
use time::OffsetDateTime;

/// The milestone with the group counted in.
pub(super) fn milestone(view: &View<'_>, own: Aged<Milestone>, azure_exists: &Aged<bool>) -> Aged<Milestone> {
    let Some(group) = view.group().filter(|g| g.protects == Some(true)) else { return own };
    let database = &view.link.database;
    if !group.databases.iter().any(|d| d.eq_ignore_ascii_case(database)) {
        return own;
    }
    let source = view.source.writable(database);
    let is_out = source.value == Some(false);
    // A group that was failed over: the database takes writes on its other member.
    let elsewhere = view.switched().is_some()
        && azure_exists.value == Some(false)
        && view.target.writable(database).value == Some(false);
    if is_out && (own.value == Some(Milestone::Unlinked) || elsewhere) {
        let reading = own.reading().and(&view.target.detail_reading).and(&source.reading());
        return reading.of(Some(Milestone::Protected));
    }
    own
}

pub(super) fn protection(
    view: &View<'_>,
    trail: &Trail,
    milestone: &Aged<Milestone>,
    now: OffsetDateTime,
) -> Aged<Option<ProtectionSnapshot>> {
    let reading = milestone.reading().and(&view.target.detail_reading);
    let Some(reached) = milestone.value else {
        return reading.or_why(None, milestone.why.as_deref().unwrap_or("the milestone is unknown"));
    };
    if reached < Milestone::CutOver {
        return reading.of(Some(None));
    }
    let group = view.group();
    let holds = reached == Milestone::Protected;
    let from = view.switched().or(trail.opened);
    let until = group.filter(|_| holds).and_then(|g| g.protected_from);
    let end = if holds { until } else { Some(now) };
    let lasted = from.zip(end).map(|(from, end)| (end - from).whole_milliseconds());
    reading.of(Some(Some(ProtectionSnapshot {
        holds: if holds { Some(true) } else { group.map_or(Some(false), |g| g.protects.map(|_| false)) },
        why: match (holds, group) {
            (true, _) => None,
            (false, None) => Some("the estate names no failover group".to_owned()),
            (false, Some(g)) => g.why.clone(),
        },
        unprotected_from: from.map(When),
        protected_from: until.map(When),
        unprotected_ms: lasted.and_then(|ms| u64::try_from(ms).ok()),
    })))
}

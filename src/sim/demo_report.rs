//! What a demonstration has to tell.

use crate::base::error::Error;
use crate::base::error::Result;
use crate::inventory::link::LinkFacts;
use crate::journal::record::Record;
use crate::journal::record::Stored;
use crate::lab::up::record::LEDGER;
use crate::lab::up::start::Running;
use crate::lab::verdict::Report;
use crate::lab::workload::ledger::Ledger;
use crate::lab::workload::ledger::Outcome as Acknowledged;
use crate::report::dto::CaughtReport;
use crate::report::dto::DatabaseReport;
use crate::report::dto::DemoReport;
use crate::report::dto::FloorTerm;
use crate::report::dto::LastMileReport;
use crate::report::dto::Milestone;
use crate::report::dto::Outcome;
use crate::report::dto::Reached;
use crate::report::dto::SCHEMA_VERSION;
use crate::report::outage::StepTimes;
use std::path::PathBuf;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// All that a report is made of.
pub(super) struct Played<'a> {
    pub(super) verdict: &'a Report,
    pub(super) facts: &'a [LinkFacts],
    pub(super) created: &'a [Stored],
    pub(super) cut: &'a [Stored],
    pub(super) outcome: Outcome,
    pub(super) run_id: String,
    pub(super) journal: PathBuf,
    /// Lab time of the start, of the links standing, and of the end.
    pub(super) began: OffsetDateTime,
    pub(super) linked: OffsetDateTime,
    pub(super) ended: OffsetDateTime,
    pub(super) wall: Duration,
    pub(super) caught: Option<CaughtReport>,
    pub(super) mile: Option<LastMileReport>,
}

fn text(at: OffsetDateTime) -> Result<String> {
    // Milliseconds are enough, and readable.
    let at = at.replace_millisecond(at.millisecond()).unwrap_or(at);
    at.format(&Rfc3339).map_err(|e| Error::bug("a time has no text").caused_by(e))
}

/// When each milestone was reached, as far as it was.
fn reached(played: &Played<'_>, links: &[&str]) -> Result<Vec<Reached>> {
    let mut all = vec![(Milestone::Linked, played.linked)];
    let opened: Option<Vec<_>> = links
        .iter()
        .map(|l| Ok::<_, Error>(StepTimes::of(played.cut, l)?.get("cutover.open").map(|t| t.1)))
        .collect::<Result<_>>()?;
    if played.outcome == Outcome::Committed
        && let Some(at) = opened.and_then(|all| all.into_iter().max())
    {
        all.push((Milestone::CutOver, at));
    }
    if played.facts.iter().all(|f| f.milestone() == Some("unlinked")) {
        let backups = played.facts.iter().filter_map(|f| Some(f.first_backup.known()?.as_ref()?.finished));
        all.extend(backups.max().map(|at| (Milestone::Unlinked, at)));
    }
    let protected = played.mile.as_ref().and_then(|m| m.protected_from.as_deref());
    if let Some(at) = protected.and_then(|at| OffsetDateTime::parse(at, &Rfc3339).ok()) {
        all.push((Milestone::Protected, at));
    }
    let line = |(milestone, at): (Milestone, OffsetDateTime)| {
        let after_ms = u64::try_from((at - played.began).whole_milliseconds()).unwrap_or(0);
        Ok(Reached { milestone, at: text(at)?, after_ms })
    };
    all.into_iter().map(line).collect()
}

pub(super) fn report(lab: &Running, played: Played<'_>) -> Result<DemoReport> {
    let Played { verdict, facts, created, cut, outcome, .. } = played;
    let links: Vec<&str> = lab.record.databases.iter().map(|d| d.link.as_str()).collect();
    let milestones = reached(&played, &links)?;
    let protected = milestones.iter().any(|r| r.milestone == Milestone::Protected);
    let acknowledged =
        Ledger::read(&lab.dir().join(LEDGER)).map_err(|e| Error::bug("the writers' records").caused_by(e))?;
    let terms: Vec<FloorTerm> =
        lab.record.floor_terms.iter().map(|(name, ms)| FloorTerm { name: name.clone(), ms: *ms }).collect();
    let floor: u64 = terms.iter().map(|t| t.ms).sum();
    let mut databases = Vec::new();
    for d in &lab.record.databases {
        let judged = verdict.databases.iter().find(|v| v.database == d.name);
        let times = StepTimes::of(cut, &d.link)?;
        let seed = seeding(created, &d.link);
        let own = milestone(facts.iter().find(|f| f.name == d.link));
        let milestone = if protected && own == Milestone::Unlinked { Milestone::Protected } else { own };
        let walls = acknowledged
            .iter()
            .filter(|r| r.database == d.name && r.outcome == Acknowledged::Acknowledged)
            .filter_map(|r| OffsetDateTime::parse(&r.wall, &Rfc3339).ok());
        let fence = times.get("cutover.fence").map(|t| t.0);
        let open = times.get("cutover.open").map(|t| t.1);
        let (mut before, mut during, mut after) = (0, 0, 0);
        for at in walls {
            match (fence, open) {
                (Some(f), _) if at < f => before += 1,
                (Some(_), Some(o)) if at >= o => after += 1,
                (None, _) => before += 1,
                _ => during += 1,
            }
        }
        databases.push(DatabaseReport {
            name: d.name.clone(),
            outcome,
            milestone,
            acknowledged_commits: judged.map_or(0, |j| j.acknowledged),
            lost_commits: judged.and_then(|j| j.lost).unwrap_or(0),
            ambiguous_commits: judged.map_or(0, |j| j.ambiguous),
            max_writable_copies: judged.map(|j| j.max_writable_copies),
            write_outage_ms: judged.and_then(|j| j.write_outage_ms).unwrap_or(0),
            outage_floor_ms: floor,
            outage_floor_terms: terms.clone(),
            size_bytes: seed.0,
            seeding_ms: seed.1,
            commits_before: before,
            commits_during: during,
            commits_after: after,
            outage: times.split(),
        });
    }
    Ok(DemoReport {
        schema_version: SCHEMA_VERSION,
        scenario: lab.record.scenario.clone(),
        outcome,
        milestone: databases.iter().map(|d| d.milestone).min().unwrap_or(Milestone::None),
        acknowledged_commits: databases.iter().map(|d| d.acknowledged_commits).sum(),
        lost_commits: databases.iter().map(|d| d.lost_commits).sum(),
        ambiguous_commits: verdict.ambiguous,
        max_writable_copies: Some(verdict.max_writable_copies),
        write_outage_ms: databases.iter().map(|d| d.write_outage_ms).max().unwrap_or(0),
        outage_floor_ms: floor,
        outage_floor_terms: terms,
        databases,
        run_id: played.run_id,
        journal: played.journal.display().to_string(),
        milestones,
        lab_ms: u64::try_from((played.ended - played.began).whole_milliseconds()).unwrap_or(0),
        wall_ms: u64::try_from(played.wall.as_millis()).unwrap_or(u64::MAX),
        time_lapse: lab.time.factor(),
        caught: played.caught,
        last_mile: played.mile,
    })
}

fn milestone(facts: Option<&LinkFacts>) -> Milestone {
    match facts.and_then(LinkFacts::milestone) {
        Some("linked") => Milestone::Linked,
        Some("cut_over") => Milestone::CutOver,
        Some("unlinked") => Milestone::Unlinked,
        _ => Milestone::None,
    }
}

/// Bytes and milliseconds of a link's seeding, as its step proved them.
fn seeding(records: &[Stored], link: &str) -> (u64, u64) {
    records
        .iter()
        .find_map(|r| match &r.record {
            Record::Evidence { step, name, value }
                if name == "seeding" && step.as_str() == format!("create.seed/{link}") =>
            {
                Some((value["bytes"].as_u64().unwrap_or(0), value["ms"].as_u64().unwrap_or(0)))
            }
            _ => None,
        })
        .unwrap_or((0, 0))
}

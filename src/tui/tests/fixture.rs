//! Snapshots, plans and journals to draw from.

use crate::journal::record::ChangeResult;
use crate::journal::record::Line;
use crate::journal::record::Record;
use crate::journal::record::RunResult;
use crate::journal::record::StepResult;
use crate::journal::record::Stored;
use crate::model::database::DatabaseState;
use crate::model::database::Role;
use crate::model::database::Updateability;
use crate::model::group::AvailabilityMode;
use crate::model::group::Connected;
use crate::model::group::SyncHealth;
use crate::model::group::SyncState;
use crate::model::ids::RunId;
use crate::model::ids::StepId;
use crate::monitor::aged::Freshness;
use crate::monitor::aged::Reading;
use crate::monitor::aged::When;
use crate::monitor::history::Point;
use crate::monitor::snapshot::AzureSnapshot;
use crate::monitor::snapshot::CollectorKind;
use crate::monitor::snapshot::CollectorSnapshot;
use crate::monitor::snapshot::ConnectError;
use crate::monitor::snapshot::EndSnapshot;
use crate::monitor::snapshot::Flow;
use crate::monitor::snapshot::Health;
use crate::monitor::snapshot::LinkSnapshot;
use crate::monitor::snapshot::LogSnapshot;
use crate::monitor::snapshot::LsnGap;
use crate::monitor::snapshot::Milestone;
use crate::monitor::snapshot::SeedingPhase;
use crate::monitor::snapshot::SeedingSnapshot;
use crate::monitor::snapshot::Side;
use crate::monitor::snapshot::Snapshot;
use crate::monitor::snapshot::Verdict;
use crate::plan::cutover;
use crate::plan::types::LinkPlan;
use crate::plan::types::Path;
use crate::plan::types::Plan;
use crate::plan::types::PlanPolicy;
use crate::report;
use crate::report::check::CheckLine;
use crate::report::check::CheckStatus;
use crate::report::check::CheckVerdict;
use crate::report::check::ExpectedOutage;
use crate::report::check::ForcedFailover;
use crate::report::check::LinkCheck;
use crate::report::dto::RunSummary;
use crate::report::objects::ObjectLine;
use crate::report::objects::ObjectWord;
use crate::report::objects::ObjectsReport;
use crate::tui::event::Event;
use crate::tui::event::Key;
use crate::tui::state::State;
use crate::tui::theme::Palette;
use crate::tui::theme::Theme;
use crate::tui::update::update;
use crate::tui::view::draw::draw;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::sync::Arc;
use time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::datetime;

pub(super) const NOW: OffsetDateTime = datetime!(2026-11-21 21:04:11 UTC);
pub(super) const RUN: &str = "cutover-20261121-210330-ab12";

pub(super) fn fresh() -> Reading {
    Reading { age_ms: Some(800), freshness: Freshness::Fresh, why: None }
}
pub(super) fn lost() -> Reading {
    let why = Some("connect to mi-a: timed out after 15.0 s".to_owned());
    Reading { age_ms: Some(95_000), freshness: Freshness::Unknown, why }
}
fn stale() -> Reading {
    let why = Some("connect to mi-a: timed out after 15.0 s".to_owned());
    Reading { age_ms: Some(12_000), freshness: Freshness::Stale, why }
}

fn end(site: &str, r: &Reading, role: Role) -> EndSnapshot {
    let primary = role == Role::Primary;
    EndSnapshot {
        site: site.into(),
        role: r.of(Some(Some(role))),
        state: r.of(Some(Some(DatabaseState::Online))),
        updateability: r.of(Some(if primary { Updateability::ReadWrite } else { Updateability::ReadOnly })),
        writable: r.of(Some(primary)),
        certificate_expires: r.of(Some(When(NOW + Duration::days(if primary { 340 } else { 201 })))),
    }
}

/// A link whose source and target were read like this.
fn link(name: &str, source: &Reading, target: &Reading) -> LinkSnapshot {
    let both = source.and(target);
    LinkSnapshot {
        name: name.to_owned(),
        database: format!("{name}_db"),
        intent: "migrate".to_owned(),
        source: end("sql-a", source, Role::Primary),
        target: end("mi-a", target, Role::Secondary),
        azure: AzureSnapshot {
            exists: target.of(Some(true)),
            replica_state: target.of(Some(Some("LinkSynchronizing".to_owned()))),
            error: target.of(Some(None)),
            seeding_percent: target.of(Some(Some(100.0))),
            connected: target.of(Some(Some("CONNECTED".to_owned()))),
            health: target.of(Some(Some("HEALTHY".to_owned()))),
        },
        health: Health { verdict: Verdict::Healthy, freshness: both.freshness, reasons: Vec::new() },
        milestone: both.of(Some(Milestone::Linked)),
        writable_copies: both.of(Some(1)),
        primary: source.of(Some(Side::Source)),
        mode: source.of(Some(AvailabilityMode::Asynchronous)),
        sync_state: source.of(Some(SyncState::Synchronizing)),
        sync_health: source.of(Some(SyncHealth::Healthy)),
        connected: source.of(Some(Connected::Connected)),
        last_connect_error: source.of(Some(None)),
        suspended: source.of(Some(None)),
        flow: Flow {
            send_queue_bytes: source.of(Some(0)),
            send_rate_bytes_per_s: source.of(Some(3 << 20)),
            redo_queue_bytes: both.of(Some(4096)),
            redo_rate_bytes_per_s: both.of(Some(9 << 20)),
            lsn_gap: both.of(Some(LsnGap { files: 0, blocks: Some(8) })),
            lag_ms: source.of(Some(0)),
            rpo_ms: both.of(Some(210)),
            drain_ms: both.of(Some(40)),
            rto_ms: both.of(Some(20)),
        },
        seeding: SeedingSnapshot {
            phase: both.of(Some(SeedingPhase::Done)),
            percent: both.of(Some(100.0)),
            transferred_bytes: both.of(Some(9 << 20)),
            database_bytes: both.of(Some(9 << 20)),
            rate_bytes_per_s: both.of(None),
            remaining_ms: both.of(None),
            running_ms: both.of(None),
            restarts: both.of(Some(0)),
            failure: both.of(Some(None)),
        },
        log: LogSnapshot {
            used_ratio: source.of(Some(0.07)),
            size_bytes: source.of(Some(64 << 20)),
            reuse_wait: source.of(Some("NOTHING".to_owned())),
            days_to_full: source.of(Some(None)),
        },
        first_full_backup: target.of(Some(None)),
        group: None,
        protection: target.of(Some(None)),
    }
}

pub(super) fn healthy(name: &str) -> LinkSnapshot {
    link(name, &fresh(), &fresh())
}

pub(super) fn faulty(name: &str) -> LinkSnapshot {
    let r = fresh();
    let mut l = link(name, &r, &r);
    l.connected = r.of(Some(Connected::Disconnected));
    let text = Some("An error occurred while receiving data".to_owned());
    l.last_connect_error = r.of(Some(Some(ConnectError { number: 41974, text, at: Some(NOW) })));
    l.sync_state = r.of(Some(SyncState::NotSynchronizing));
    l.sync_health = r.of(Some(SyncHealth::NotHealthy));
    l.flow.send_queue_bytes = r.of(Some(64 << 20));
    l.flow.lag_ms = r.of(Some(185_000));
    l.flow.rpo_ms = r.of(Some(185_000));
    l.log.used_ratio = r.of(Some(0.83));
    l.log.reuse_wait = r.of(Some("AVAILABILITY_REPLICA".to_owned()));
    l.target.certificate_expires = r.of(Some(When(NOW + Duration::days(9))));
    l.health = Health {
        verdict: Verdict::Unhealthy,
        freshness: Freshness::Fresh,
        reasons: vec![
            "disconnected, last error 41974".to_owned(),
            "NOT SYNCHRONIZING".to_owned(),
            "log 83 % used, waits for AVAILABILITY_REPLICA".to_owned(),
        ],
    };
    l
}

/// The target cannot be read any more.
pub(super) fn unknown(name: &str) -> LinkSnapshot {
    let mut l = link(name, &fresh(), &lost());
    let reasons = vec!["mi-a is unknown: connect to mi-a: timed out after 15.0 s".to_owned()];
    l.health = Health { verdict: Verdict::Unknown, freshness: Freshness::Unknown, reasons };
    l
}

pub(super) fn seeding(name: &str) -> LinkSnapshot {
    let r = fresh();
    let mut l = link(name, &r, &r);
    l.milestone = r.of(Some(Milestone::None));
    l.target.state = r.of(Some(Some(DatabaseState::Restoring)));
    l.target.updateability = r.of(None);
    l.sync_state = r.of(Some(SyncState::Initializing));
    l.seeding.phase = r.of(Some(SeedingPhase::Running));
    l.seeding.percent = r.of(Some(41.7));
    l.seeding.rate_bytes_per_s = r.of(Some(23 << 20));
    l.seeding.remaining_ms = r.of(Some(7_800_000));
    let reasons = vec!["seeding, 42 %".to_owned()];
    l.health = Health { verdict: Verdict::Degraded, freshness: Freshness::Fresh, reasons };
    l
}

pub(super) fn snapshot(links: Vec<LinkSnapshot>) -> Snapshot {
    let lost = links.iter().any(|l| l.health.verdict == Verdict::Unknown);
    let collector = |kind, site: &str, r: &Reading| CollectorSnapshot {
        kind,
        site: site.into(),
        freshness: r.freshness,
        age_ms: r.age_ms,
        took_ms: Some(31),
        interval_ms: 2_000,
        successes: 40,
        failures: u64::from(r.freshness != Freshness::Fresh),
        error: r.why.clone(),
    };
    let target = if lost { self::lost() } else { fresh() };
    Snapshot {
        at: NOW,
        cycle: 41,
        sentence: format!("{} links read", links.len()),
        links,
        collectors: vec![
            collector(CollectorKind::SqlServer, "sql-a", &fresh()),
            collector(CollectorKind::ManagedInstance, "mi-a", &target),
            collector(CollectorKind::Azure, "mi-a", &if lost { stale() } else { fresh() }),
        ],
    }
}

pub(super) fn estate() -> Snapshot {
    snapshot(vec![healthy("ledger"), unknown("orders"), faulty("billing"), seeding("archive"), healthy("stock")])
}

pub(super) fn points() -> Vec<Point> {
    (0..60)
        .map(|i: i64| Point {
            at_ms: i * 2_000,
            lag_ms: (!(20..24).contains(&i)).then_some((i % 9) as u64 * 120),
            rpo_ms: Some((i % 5) as u64 * 50),
            send_queue_bytes: Some((i * i) as u64 * 1_000),
            redo_queue_bytes: Some(4096),
            log_used_ratio: Some(i as f64 / 100.0),
            seeding_percent: None,
        })
        .collect()
}

fn link_plan(name: &str) -> LinkPlan {
    LinkPlan {
        name: name.into(),
        database: format!("{name}_db"),
        source: "sql-a".into(),
        target: "mi-a".into(),
        group: format!("AG_{name}"),
        instance_group: format!("AG_{name}_MI"),
        path: Path::OneWay,
        endpoint_url: "TCP://10.0.1.8:5022".to_owned(),
        mirroring_port: 5022,
        fqdn: "mi-a.z.database.windows.net".to_owned(),
        resource_group: "rg".into(),
        managed_instance: "mi-a".to_owned(),
        certificate: "c".to_owned(),
        source_build: "15.0.4312.2".to_owned(),
        switched_at_ms: None,
    }
}

pub(super) fn plan(links: &[&str]) -> Plan {
    let policy = PlanPolicy {
        budget_ms: 900_000,
        stability_samples: 3,
        stability_window_ms: 1000,
        seeding_timeout_ms: 1,
        certificate_days: 30,
        allow_logins: Vec::new(),
        lag_max_ms: 10_000,
        transaction_max_ms: 60_000,
        fence_timeout_ms: 120_000,
        drain_timeout_ms: 300_000,
        switch_timeout_ms: 300_000,
        hooks: Vec::new(),
        reconcile: Vec::new(),
        canary: true,
        heartbeat: false,
        manual: false,
        waivers: Vec::new(),
    };
    let mut plan = cutover::build(links.iter().map(|l| link_plan(l)).collect(), policy);
    for step in plan.stages.iter_mut().flat_map(|s| &mut s.steps) {
        let word = step.id.as_str().trim_start_matches("cutover.").replace('/', " of ").replace('_', " ");
        step.summary = format!("do the {word} on {}", step.site);
        step.undo = format!("take back the {word}");
        step.preview = vec![format!("EXEC the_{}", step.id.kind().replace('.', "_"))];
        step.crosses = match step.id.kind() {
            "cutover.switch" => Some(Line::L1),
            "cutover.open" => Some(Line::L2),
            _ => None,
        };
    }
    plan
}

/// Where a run's journal ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// The drain is under way.
    Drain,
    RolledBack,
    Committed,
}

pub(super) fn journal(until: Until) -> Arc<Vec<Stored>> {
    let plan = plan(&["ledger"]);
    let mut records = vec![Record::RunStarted {
        kind: "cutover".to_owned(),
        plan: serde_json::to_value(&plan).expect("a plan"),
        host: "jump-1".to_owned(),
        user: "dba".to_owned(),
        version: "0.1.0".to_owned(),
    }];
    let mut change = 0;
    for step in plan.steps() {
        if let Some(line) = step.crosses {
            records.push(Record::LineCrossed { line });
        }
        records.push(Record::StepStarted { step: step.id.clone(), attempt: 1 });
        if step.id.kind() == "cutover.gates" {
            let gate = |gate: &str, pass: Option<bool>| serde_json::json!({ "gate": gate, "pass": pass, "expected": "it holds", "found": "it does", "hint": "milink link show ledger" });
            let value = serde_json::Value::Array(vec![
                gate("source-is-primary", Some(true)),
                gate("link-synchronizing", Some(true)),
                gate("logins-with-same-sid", Some(true)),
            ]);
            records.push(Record::Evidence { step: step.id.clone(), name: "gates".to_owned(), value });
        }
        if step.id.kind() == "cutover.fence" {
            change += 1;
            let (script, shown) = ("login.disable".to_owned(), "ALTER LOGIN [app] DISABLE".to_owned());
            records.push(Record::Intent { change, step: step.id.clone(), site: step.site.clone(), script, shown });
            records.push(Record::Outcome { change, result: ChangeResult::Ok });
        }
        if step.id.kind() == "cutover.drain" && until != Until::Committed {
            break;
        }
        records.push(Record::StepFinished {
            step: step.id.clone(),
            outcome: StepResult::Done,
            note: "measured and found in order".to_owned(),
            duration_ms: 1_240,
        });
    }
    match until {
        Until::Drain => {}
        Until::Committed => {
            records.push(Record::RunFinished { outcome: RunResult::Committed, summary: serde_json::Value::Null });
        }
        Until::RolledBack => {
            let step = |kind: &str| StepId::new(format!("cutover.{kind}/ledger"));
            records.push(Record::StepFinished {
                step: step("drain"),
                outcome: StepResult::Failed,
                note: "the target does not reach the source's end of log".to_owned(),
                duration_ms: 60_000,
            });
            for kind in ["drain", "fence", "close_target", "synchronous", "snapshot", "gates", "lease"] {
                records.push(Record::UndoStarted { step: step(kind) });
                records.push(Record::UndoFinished { step: step(kind), note: "as it was".to_owned() });
            }
            records.push(Record::RunFinished { outcome: RunResult::RolledBack, summary: serde_json::Value::Null });
        }
    }
    let stored = |(i, record): (usize, Record)| {
        let at = NOW - Duration::seconds(41) + Duration::milliseconds(1_000 * i as i64);
        Stored {
            run: RunId::from(RUN),
            seq: i as u64 + 1,
            at: at.format(&Rfc3339).expect("a time"),
            monotonic_ms: i as u64 * 1000,
            record,
            hash: String::new(),
        }
    };
    Arc::new(records.into_iter().enumerate().map(stored).collect())
}

pub(super) fn summaries() -> Vec<RunSummary> {
    [Until::Drain, Until::RolledBack, Until::Committed]
        .into_iter()
        .enumerate()
        .map(|(i, until)| {
            let mut s = report::run::summary(&journal(until)).expect("a possible journal");
            s.run_id = format!("cutover-20261121-2{i}0330-ab1{i}");
            s
        })
        .collect()
}

/// A verdict of `check` that says no.
pub(super) fn verdict(link: &str) -> LinkCheck {
    let line = |id: &str, status, severity: &str, found: &str| CheckLine {
        id: id.to_owned(),
        title: "what is judged".to_owned(),
        status,
        severity: severity.to_owned(),
        reads: "sys.databases".to_owned(),
        expected: "it holds".to_owned(),
        found: found.to_owned(),
        statement: None,
        remedy: (status != CheckStatus::Pass).then(|| "mend it with the next command".to_owned()),
        source: "facts".to_owned(),
        waiver: None,
    };
    LinkCheck {
        link: link.to_owned(),
        database: format!("{link}_db"),
        source: "sql-a".to_owned(),
        target: "mi-a".to_owned(),
        purpose: "cutover".to_owned(),
        verdict: CheckVerdict::NotReady,
        blocking: 1,
        unknown: 1,
        warnings: 1,
        waived: 0,
        forced_failover: ForcedFailover { possible: Some(true), loss_ms: Some(3_100), why: None },
        expected_outage: ExpectedOutage { ms: Some(42_000), spread_ms: Some(10_000), samples: 3, budget_ms: 900_000 },
        checks: vec![
            line("link.connected", CheckStatus::Fail, "block", "DISCONNECTED, last error 41974"),
            line("database.backup", CheckStatus::Unknown, "block", "msdb cannot be read"),
            line("link.log", CheckStatus::Fail, "warn", "83 % used"),
            line("source.version", CheckStatus::Pass, "block", "15.0.4312.2"),
        ],
    }
}

pub(super) fn state() -> State {
    let theme = Theme { palette: Palette::Plain, ascii: false };
    State::new(theme, "milink.toml".to_owned(), "milink".to_owned(), NOW)
}

/// With the estate's snapshot.
pub(super) fn watching() -> State {
    let mut state = state();
    update(&mut state, Event::Snapshot(Arc::new(estate())));
    state
}

pub(super) fn press(state: &mut State, keys: &str) -> Vec<crate::tui::action::Action> {
    keys.chars().flat_map(|c| update(state, Event::Key(if c == '\n' { Key::Enter } else { Key::Char(c) }))).collect()
}

pub(super) fn screen(state: &State, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test terminal");
    terminal.draw(|frame| draw(frame, state)).expect("drawn");
    let buffer = terminal.backend().buffer();
    let mut text = String::new();
    for y in 0..height {
        let row: String = (0..width).map(|x| buffer[(x, y)].symbol()).collect();
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

/// One of each kind of finding.
pub(super) fn objects_of() -> ObjectsReport {
    let line = |kind: &str, name: &str, state, details: &[&str]| ObjectLine {
        source: "sql-a".to_owned(),
        target: "mi-a".to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        state,
        details: details.iter().map(ToString::to_string).collect(),
        notes: Vec::new(),
    };
    ObjectsReport {
        schema_version: 1,
        to_sync: 2,
        manual: 1,
        objects: vec![
            line("login", "app", ObjectWord::Same, &[]),
            line("login", "settlement", ObjectWord::Missing, &["create it with its SID and password"]),
            line("login", "CORP\\batch", ObjectWord::Manual, &["a Windows login is mapped to Entra by hand"]),
            line("job", "nightly settlement run", ObjectWord::Differs, &["2 steps on the source, 1 on the target"]),
        ],
    }
}

//! What breaks by itself, on a lab with real connections: within a cycle the snapshot says so, and with it JSON, metrics, page
//! and screen.

use milink::base::clock::SharedClock;
use milink::base::clock::TokioClock;
use milink::config::load::Environment;
use milink::effects::fault::NoFaults;
use milink::export::metrics;
use milink::export::page;
use milink::lab::scenario;
use milink::lab::scenario::Options;
use milink::lab::scenario::types::Linked;
use milink::lab::up::control::Ask;
use milink::lab::up::start;
use milink::lab::up::start::Running;
use milink::lab::up::start::UpOptions;
use milink::lab::up::start::Wire;
use milink::monitor::handle::MonitorHandle;
use milink::monitor::history::Ring;
use milink::monitor::run::NoStore;
use milink::monitor::snapshot::LinkSnapshot;
use milink::monitor::snapshot::Snapshot;
use milink::monitor::snapshot::Verdict;
use milink::sim::demo;
use milink::sim::demo::DemoOptions;
use milink::tui::event::Event;
use milink::tui::state::State;
use milink::tui::theme::Palette;
use milink::tui::theme::Theme;
use milink::tui::update::update;
use milink::tui::view::draw::draw;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Bound of every wait; a cycle is a second.
const PATIENCE: Duration = Duration::from_secs(30);

struct Scene {
    lab: Running,
    watch: MonitorHandle,
    _dir: tempfile::TempDir,
}

impl Scene {
    /// A linked estate that is watched every second and found healthy.
    async fn of(scenario: &str, change: impl FnOnce(&mut scenario::Scenario)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock: SharedClock = TokioClock::system();
        let mut scenario = scenario::load(scenario, &Options::default()).unwrap();
        scenario.linked.push(Linked { source: "sql-a".to_owned(), target: "mi-a".to_owned() });
        change(&mut scenario);
        let options = UpOptions {
            dir: dir.path().to_owned(),
            milink: PathBuf::from("milink"),
            now: clock.now(),
            wire: Wire::Sockets,
        };
        let lab = start::up(scenario, options).await.unwrap();
        let options = DemoOptions {
            scenario: String::new(),
            databases: None,
            writers: None,
            size_mib: None,
            odd_name: false,
            dir: dir.path().to_owned(),
            milink: PathBuf::from("milink"),
            env: Environment::default(),
            faults: Arc::new(NoFaults),
            sabotage: Vec::new(),
            commits_before: 0,
            commits_after: 0,
        };
        let app = demo::app(dir.path(), &options, &clock).await.unwrap();
        let mut watch = app.watch(&[], Some(Duration::from_secs(1)), Arc::new(NoStore)).unwrap();
        until(&mut watch, "healthy", |l| l.health.verdict == Verdict::Healthy).await;
        Self { lab, watch, _dir: dir }
    }

    fn ask(&self, ask: Ask) {
        self.lab.door.answer(ask).unwrap();
    }

    fn set(&self, server: &str, key: &str, value: &str, database: Option<&str>) {
        self.ask(Ask::Set {
            server: server.to_owned(),
            key: key.to_owned(),
            value: value.to_owned(),
            database: database.map(str::to_owned),
        });
    }

    async fn shows(&mut self, what: &str) -> Arc<Snapshot> {
        let said = |l: &LinkSnapshot| l.health.reasons.iter().any(|r| r.contains(what));
        let seen = until(&mut self.watch, what, |l| l.health.verdict == Verdict::Unhealthy && said(l)).await;
        everywhere(&seen, what);
        seen
    }

    async fn mends(&mut self) {
        until(&mut self.watch, "healthy again", |l| l.health.verdict == Verdict::Healthy).await;
    }
}

async fn until(watch: &mut MonitorHandle, what: &str, holds: impl Fn(&LinkSnapshot) -> bool) -> Arc<Snapshot> {
    let wait = async {
        loop {
            let seen = watch.next().await.unwrap();
            if holds(&seen.links[0]) {
                return seen;
            }
        }
    };
    let seen = tokio::time::timeout(PATIENCE, wait).await.ok();
    seen.unwrap_or_else(|| panic!("never {what}: {:#?}", watch.latest().links[0].health))
}

/// One truth, four pairs of eyes.
fn everywhere(snapshot: &Arc<Snapshot>, reason: &str) {
    let json = serde_json::to_string(&snapshot.links[0]).unwrap();
    assert!(json.contains("\"unhealthy\"") && json.contains(reason), "{json}");
    let text = metrics::text(snapshot);
    assert!(text.contains("milink_link_health_state{link=\"ledger\"} 2\n"), "{text}");
    let page = page::fleet(snapshot, &|_| Ring::default(), &[]);
    assert!(page.contains("pill unhealthy") && page.contains(&page::escape(reason)), "{page}");
    let theme = Theme { palette: Palette::Plain, ascii: true };
    let mut state = State::new(theme, "lab".to_owned(), "milink".to_owned(), snapshot.at);
    let _ = update(&mut state, Event::Snapshot(snapshot.clone()));
    let mut terminal = Terminal::new(TestBackend::new(160, 50)).unwrap();
    terminal.draw(|frame| draw(frame, &state)).unwrap();
    let screen = terminal.backend().to_string();
    let words = reason.split_whitespace().next().unwrap();
    assert!(screen.contains("unhealthy") && screen.contains(words), "{screen}");
}

#[tokio::test]
async fn a_forwarder_that_is_gone() {
    let mut scene = Scene::of("migrate-2019", |_| {}).await;
    scene.set("mi-a", "forwarder", "off", None);
    let seen = scene.shows("disconnected").await;
    let error = seen.links[0].last_connect_error.known().unwrap().as_ref().unwrap();
    assert!([10054, 10060, 10061].contains(&error.number), "{error:?}");
    scene.set("mi-a", "forwarder", "on", None);
    scene.mends().await;
}

#[tokio::test]
async fn data_movement_that_is_suspended() {
    let mut scene = Scene::of("migrate-2019", |_| {}).await;
    scene.set("sql-a", "suspended", "user", Some("ledger"));
    scene.shows("suspended (SUSPEND_FROM_USER)").await;
    scene.set("sql-a", "suspended", "none", Some("ledger"));
    scene.mends().await;
    scene.set("mi-a", "suspended", "redo", Some("ledger"));
    scene.shows("suspended (SUSPEND_FROM_REDO)").await;
    scene.set("mi-a", "suspended", "none", Some("ledger"));
    scene.mends().await;
}

#[tokio::test]
async fn a_log_that_is_full() {
    let mut scene = Scene::of("migrate-2019", |_| {}).await;
    scene.lab.start_writers().unwrap();
    let some = |l: &LinkSnapshot| l.log.used_ratio.fresh().is_some_and(|used| *used > 0.01);
    until(&mut scene.watch, "some log", some).await;
    // No more than is used already.
    scene.set("sql-a", "log-mib", "0", Some("ledger"));
    let seen = scene.shows("log ").await;
    assert!(*seen.links[0].log.used_ratio.fresh().unwrap() > 0.95, "{:?}", seen.links[0].log);
    let full =
        |lab: &Running| lab.instances["sql-a"].with(|s| s.error_log.iter().any(|(_, l)| l.contains("Error: 9002")));
    let refused = async {
        while !full(&scene.lab) {
            scene.watch.next().await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, refused).await.expect("no writer was refused with 9002");
    scene.set("sql-a", "log-mib", "none", Some("ledger"));
    scene.mends().await;
    scene.lab.stop_writers().await;
}

#[tokio::test]
async fn a_certificate_that_has_expired() {
    let mut scene = Scene::of("migrate-2019", |_| {}).await;
    scene.set("sql-a", "certificate", "expired", None);
    let seen = scene.shows("the endpoint certificate of sql-a has ended").await;
    assert!(seen.links[0].source.certificate_expires.known().unwrap().0 < seen.at);
    let seen = scene.shows("disconnected, last error 28036").await;
    assert!(seen.links[0].health.reasons.len() > 1, "{:?}", seen.links[0].health);
    scene.set("sql-a", "certificate", "valid", None);
    scene.mends().await;
}

#[tokio::test]
async fn two_primaries_after_a_forced_failover() {
    let mut scene = Scene::of("two-way-2022", |_| {}).await;
    scene.ask(Ask::ForceFailover { server: "mi-a".to_owned(), database: "ledger".to_owned() });
    scene.shows("both sides are primary").await;
    let both = |l: &LinkSnapshot| l.writable_copies.fresh() == Some(&2);
    let seen = until(&mut scene.watch, "two writable copies", both).await;
    assert!(metrics::text(&seen).contains("milink_writable_copies{link=\"ledger\"} 2\n"));
}

#[tokio::test]
async fn a_timetable_is_played_to_its_end() {
    use milink::lab::scenario::types::Fault;
    use milink::lab::scenario::types::TimedFault;
    let suspend = |at_s: f64, value: &str| TimedFault {
        at_s,
        what: Fault::Set {
            server: "sql-a".to_owned(),
            key: "suspended".to_owned(),
            value: value.to_owned(),
            database: Some("ledger".to_owned()),
        },
    };
    let mut scene = Scene::of("migrate-2019", |s| {
        // What comes first stands last: the times count.
        s.faults = vec![suspend(12.0, "none"), suspend(6.0, "user")];
    })
    .await;
    scene.shows("suspended (SUSPEND_FROM_USER)").await;
    scene.mends().await;
}

#[tokio::test]
async fn an_instance_that_stops_and_starts_again() {
    let mut scene = Scene::of("migrate-2019", |_| {}).await;
    scene.ask(Ask::Stop { server: "sql-a".to_owned() });
    let lost = |l: &LinkSnapshot| l.health.verdict != Verdict::Healthy && l.writable_copies.fresh().is_none();
    until(&mut scene.watch, "lost", lost).await;
    scene.ask(Ask::Start { server: "sql-a".to_owned() });
    scene.mends().await;
}

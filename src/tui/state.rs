//! All that the screen knows.

use super::confirm::Confirm;
use super::event::Ending;
use super::fleet::Fleet;
use super::groups::Groups;
use super::screen::Screen;
use super::story;
use super::story::Story;
use super::theme::Theme;
use crate::journal::record::Stored;
use crate::model::ids::RunId;
use crate::model::ids::StepId;
use crate::monitor::aged::Freshness;
use crate::monitor::history::Point;
use crate::monitor::snapshot::LinkSnapshot;
use crate::monitor::snapshot::Snapshot;
use crate::plan::types::Plan;
use crate::report::check::LinkCheck;
use crate::report::dto::RunSummary;
use crate::report::objects::ObjectsReport;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use time::OffsetDateTime;

/// A monitor publishes every second; one that has said nothing for so long is late …
pub const LATE_MS: i64 = 5_000;
/// … and after so long what it said last is no knowledge any more.
pub const LOST_MS: i64 = 30_000;

/// What the monitor told.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    pub snapshot: Option<Arc<Snapshot>>,
    /// Why no more will come.
    pub ended: Option<String>,
    pub history: Vec<Point>,
    pub history_of: String,
}

impl Watch {
    /// Milliseconds since the newest snapshot.
    pub fn age_ms(&self, now: OffsetDateTime) -> Option<i64> {
        self.snapshot.as_ref().map(|s| (now - s.at).whole_milliseconds() as i64)
    }

    /// How far the whole of it may be trusted. A monitor that has ended can only get worse.
    pub fn trust(&self, now: OffsetDateTime) -> Freshness {
        match self.age_ms(now) {
            None => Freshness::Unknown,
            Some(age) if age > LOST_MS => Freshness::Unknown,
            Some(age) if age > LATE_MS || self.ended.is_some() => Freshness::Stale,
            Some(_) => Freshness::Fresh,
        }
    }
}

/// What the cockpit is about.
#[derive(Debug, Clone, Default)]
pub enum Subject {
    #[default]
    Nothing,
    Planning {
        links: Vec<String>,
    },
    NoPlan {
        links: Vec<String>,
        why: String,
    },
    /// A plan that nothing was started from yet.
    Planned {
        plan: Arc<Plan>,
        at: OffsetDateTime,
    },
    /// A run; its story says how far it is.
    Run(RunId),
}

/// What stands beside the step tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    #[default]
    Log,
    Gates,
    Step,
}

impl Pane {
    #[must_use]
    pub fn next(self) -> Pane {
        match self {
            Pane::Log => Pane::Gates,
            Pane::Gates => Pane::Step,
            Pane::Step => Pane::Log,
        }
    }
    pub fn word(self) -> &'static str {
        match self {
            Pane::Log => "events",
            Pane::Gates => "gates",
            Pane::Step => "step",
        }
    }
}

/// The run that this process drives.
#[derive(Debug, Clone, Default)]
pub struct Live {
    /// Known once it has begun.
    pub run: Option<RunId>,
    pub links: Vec<String>,
    /// Asked to stop at the next safe point.
    pub stopping: bool,
    /// Asked by a signal: leave when it has stopped.
    pub leave_after: bool,
    pub progress: BTreeMap<StepId, (String, Option<f64>)>,
}

/// A run that is looked at again, up to some record.
#[derive(Debug, Clone)]
pub struct Replay {
    pub records: Arc<Vec<Stored>>,
    pub upto: usize,
    pub playing: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Cockpit {
    pub subject: Subject,
    pub story: Option<Story>,
    pub replay: Option<Replay>,
    /// The step chosen by hand; none: the one that needs attention.
    pub step: Option<usize>,
    pub pane: Pane,
    /// Lines scrolled back from the end of the log.
    pub back: usize,
    /// How the run that was driven from here ended.
    pub ending: Option<Ending>,
}

impl Cockpit {
    pub fn cursor(&self) -> usize {
        let Some(story) = &self.story else { return 0 };
        self.step.unwrap_or_else(|| story.attention()).min(story.steps.len().saturating_sub(1))
    }

    /// The story up to the replay's record.
    pub fn retell(&mut self) {
        if let Some(replay) = &self.replay {
            self.story = story::of_records(&replay.records[..replay.upto.min(replay.records.len())]);
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct Runs {
    pub list: Vec<RunSummary>,
    pub selected: usize,
    pub error: Option<String>,
    pub loaded: bool,
}

/// What was looked at when somebody asked for it, by link, with the time it came.
#[derive(Debug, Clone)]
pub struct Looks<T> {
    pub of: BTreeMap<String, (OffsetDateTime, Result<T, String>)>,
    /// Being looked at.
    pub asked: BTreeSet<String>,
    /// First line shown.
    pub scroll: usize,
}

impl<T> Default for Looks<T> {
    fn default() -> Self {
        Self { of: BTreeMap::new(), asked: BTreeSet::new(), scroll: 0 }
    }
}

impl<T> Looks<T> {
    /// False: somebody is looking already.
    pub fn ask(&mut self, link: &str) -> bool {
        self.scroll = 0;
        self.asked.insert(link.to_owned())
    }
    pub fn came(&mut self, at: OffsetDateTime, link: String, found: Result<T, String>) {
        self.asked.remove(&link);
        self.of.insert(link, (at, found));
    }
    pub fn walk(&mut self, by: isize, last: usize) {
        self.scroll = self.scroll.saturating_add_signed(by).min(last);
    }
}

#[derive(Debug, Clone)]
pub enum Overlay {
    Help { scroll: usize },
    Palette { input: String, selected: usize },
    Confirm(Confirm),
}

/// A line above the key hints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub bad: bool,
}

#[derive(Debug, Clone)]
pub struct State {
    pub theme: Theme,
    /// Of the estate file, for the head line.
    pub estate: String,
    /// `milink` with its global options, for CLI lines.
    pub program: String,
    pub now: OffsetDateTime,
    pub screen: Screen,
    pub overlay: Option<Overlay>,
    pub watch: Watch,
    pub fleet: Fleet,
    pub cockpit: Cockpit,
    pub live: Option<Live>,
    pub runs: Runs,
    pub groups: Groups,
    /// Of `check`.
    pub verdicts: Looks<Box<LinkCheck>>,
    /// What the target lacks of the source's server objects.
    pub objects: Looks<ObjectsReport>,
    pub notice: Option<Notice>,
    /// Something visible has changed since it was drawn last.
    pub dirty: bool,
    /// A signal ended a run, and with it the screen.
    pub interrupted: bool,
    /// Rows to move for a page; set by what was drawn last.
    pub page: usize,
}

impl State {
    pub fn new(theme: Theme, estate: String, program: String, now: OffsetDateTime) -> Self {
        Self {
            theme,
            estate,
            program,
            now,
            screen: Screen::Fleet,
            overlay: None,
            watch: Watch::default(),
            fleet: Fleet::default(),
            cockpit: Cockpit::default(),
            live: None,
            runs: Runs::default(),
            groups: Groups::default(),
            verdicts: Looks::default(),
            objects: Looks::default(),
            notice: None,
            dirty: true,
            interrupted: false,
            page: 10,
        }
    }

    pub fn trust(&self) -> Freshness {
        self.watch.trust(self.now)
    }

    /// The link that is selected on the fleet and shown on the screens of one link.
    pub fn link(&self) -> Option<&LinkSnapshot> {
        let snapshot = self.watch.snapshot.as_ref()?;
        if let Some(link) = self.fleet.selected.as_ref().and_then(|name| snapshot.link(name)) {
            return Some(link);
        }
        self.fleet.rows(snapshot).first().copied()
    }

    pub fn link_name(&self) -> Option<String> {
        self.link().map(|l| l.name.clone())
    }

    /// What a cutover would be about: the marked links in the order of the estate file, else the selected one.
    pub fn chosen(&self) -> Vec<String> {
        let marked = |name: &String| self.fleet.marks.contains(name);
        let links: Vec<String> = match &self.watch.snapshot {
            Some(s) => s.links.iter().map(|l| l.name.clone()).filter(marked).collect(),
            None => self.fleet.marks.iter().cloned().collect(),
        };
        if links.is_empty() { self.link_name().into_iter().collect() } else { links }
    }

    /// The run the cockpit shows, if it shows one.
    pub fn run(&self) -> Option<&RunId> {
        match &self.cockpit.subject {
            Subject::Run(run) => Some(run),
            _ => None,
        }
    }

    /// Is the cockpit's run driven from here?
    pub fn drives_shown(&self) -> bool {
        self.live.as_ref().is_some_and(|l| l.run.is_none() || l.run.as_ref() == self.run())
    }

    pub fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), bad: false });
    }

    pub fn complain(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), bad: true });
    }
}

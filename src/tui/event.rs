//! Everything that can happen to the screen.

use crate::base::error::Kind;
use crate::engine;
use crate::journal::record::RunResult;
use crate::journal::record::Stored;
use crate::model::ids::RunId;
use crate::monitor::history::Point;
use crate::monitor::snapshot::Snapshot;
use crate::plan::types::Plan;
use crate::report::check::LinkCheck;
use crate::report::dto::RunSummary;
use crate::report::groups::GroupLine;
use crate::report::objects::ObjectsReport;
use std::sync::Arc;
use time::OffsetDateTime;

/// A key, whichever terminal library read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    Char(char),
    Ctrl(char),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
}

impl Key {
    /// As help and hints spell it.
    pub fn label(self) -> String {
        match self {
            Key::Char(' ') => "Space".to_owned(),
            Key::Char(c) => c.to_string(),
            Key::Ctrl(c) => format!("Ctrl-{}", c.to_ascii_uppercase()),
            Key::BackTab => "Shift-Tab".to_owned(),
            Key::PageUp => "PgUp".to_owned(),
            Key::PageDown => "PgDn".to_owned(),
            other => format!("{other:?}"),
        }
    }
}

/// How a run that was driven from here ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    Ended(RunResult),
    /// Stopped half way, refused before it began, or taken up by nobody: the error with its hint.
    Failed {
        text: String,
        hint: Option<String>,
        kind: Kind,
    },
}

#[derive(Debug, Clone)]
pub enum Event {
    Key(Key),
    /// The terminal has another size; drawing asks for it anyway, pages are moved by it.
    Resize {
        rows: u16,
    },
    /// Once a second.
    Tick(OffsetDateTime),
    Snapshot(Arc<Snapshot>),
    /// Recent points of the link that is looked at.
    History {
        link: String,
        points: Vec<Point>,
    },
    /// The monitor has ended, and why.
    WatchEnded(String),
    Planned {
        links: Vec<String>,
        plan: Result<Arc<Plan>, String>,
    },
    /// From the run that is driven from here.
    Run(engine::event::Event),
    /// What the journal holds of a run.
    Records {
        run: RunId,
        records: Result<Arc<Vec<Stored>>, String>,
    },
    /// The run that was driven from here is over.
    RunOver {
        run: Option<RunId>,
        ending: Ending,
    },
    Runs(Result<Vec<RunSummary>, String>),
    /// The verdict of `check` on one link.
    Checked {
        link: String,
        verdict: Result<Box<LinkCheck>, String>,
    },
    /// How the server objects of one link stand.
    Compared {
        link: String,
        objects: Result<ObjectsReport, String>,
    },
    /// Every failover group of the estate.
    Groups(Result<Vec<GroupLine>, String>),
    /// What came of an order to a run.
    Ordered(Result<String, String>),
    /// Ctrl-C from outside, SIGTERM, or a terminal that has gone.
    Interrupt,
    /// Whoever opened the screen has no more to show.
    Close,
}

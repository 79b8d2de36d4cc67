//! What happened, in order, in virtual time: the same for the same seed.

use crate::base::clock::SharedClock;
use crate::engine::event::Event;
use crate::engine::event::Observer;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

/// Lines of text with their virtual milliseconds.
pub struct Trace {
    clock: SharedClock,
    /// Folder of this simulation, shown as `<dir>`: its name is not of the seed's making.
    dir: String,
    lines: Mutex<Vec<String>>,
}

impl Trace {
    pub fn new(clock: SharedClock, dir: &Path) -> Arc<Self> {
        Arc::new(Self { clock, dir: dir.display().to_string(), lines: Mutex::default() })
    }
    pub fn say(&self, text: &str) {
        let ms = self.clock.monotonic().as_millis();
        let text = text.replace(&self.dir, "<dir>");
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{ms:>8} {text}"));
    }
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Writes one operator's events into the trace.
pub struct Told {
    pub trace: Arc<Trace>,
    pub who: String,
}

impl Observer for Told {
    fn on(&self, event: &Event) {
        let text = match event {
            Event::RunStarted { run, resumed, .. } => {
                format!("{} {run}", if *resumed { "resumes" } else { "starts" })
            }
            Event::StepStarted { step, .. } => format!("{step} begins"),
            Event::StepFinished { step, outcome, note, .. } => format!("{step} ends: {outcome:?}: {note}"),
            Event::LineCrossed { line } => format!("crosses {line:?}"),
            Event::UndoStarted { step, .. } => format!("{step} is being undone"),
            Event::UndoFinished { step, note } => format!("{step} is undone: {note}"),
            Event::RunFinished { outcome, .. } => format!("ends: {}", outcome.word()),
            Event::RunStopped { why, .. } => format!("stops: {why}"),
            Event::Held { before, by } => format!("held before {before} by {by}"),
            Event::Released { before, .. } => format!("goes on with {before}"),
            Event::ByHand { step, statements, .. } => format!("{step} asks for {} by hand", statements.len()),
            Event::StageStarted { .. } | Event::Progress { .. } | Event::Note { .. } => return,
        };
        self.trace.say(&format!("{}: {text}", self.who));
    }
}

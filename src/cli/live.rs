//! A run as lines: on stderr for people, one JSON object a line on stdout for `jsonl`.

use super::args::Format;
use super::output::Printer;
use super::output::Style;
use super::progress::Progress;
use crate::base::error::Result;
use crate::base::text;
use crate::engine::event::Event;
use crate::engine::event::Observer;
use crate::journal::record::RunResult;
use crate::journal::record::StepResult;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Sends events to whoever prints.
pub struct Feed {
    to: mpsc::UnboundedSender<Event>,
}

impl Observer for Feed {
    fn on(&self, event: &Event) {
        // Nobody listens any more: the run goes on all the same.
        let _ = self.to.send(event.clone());
    }
}

/// Prints the events of `work` while it runs; gives back what it gave.
pub async fn follow<T, F, Fut>(printer: &mut Printer, work: F) -> Result<T>
where
    F: FnOnce(Arc<Feed>) -> Fut,
    Fut: Future<Output = Result<T>>,
{
    let (to, mut from) = mpsc::unbounded_channel();
    let work = work(Arc::new(Feed { to }));
    tokio::pin!(work);
    let mut view = Lines::default();
    let result = loop {
        tokio::select! {
            biased;
            Some(event) = from.recv() => view.show(printer, &event)?,
            result = &mut work => break result,
        }
    };
    while let Ok(event) = from.try_recv() {
        view.show(printer, &event)?;
    }
    result
}

/// The running view.
#[derive(Default)]
pub struct Lines {
    bar: Option<Progress>,
    last_percent: Option<u64>,
}

/// Without a terminal, progress is told at every so many percent.
const PERCENT_STEP: u64 = 25;

impl Lines {
    pub fn show(&mut self, printer: &mut Printer, event: &Event) -> Result<()> {
        if printer.format() == Format::Jsonl {
            return printer.json(event);
        }
        match event {
            Event::Progress { text, fraction, .. } => self.progress(printer, text, *fraction),
            other => {
                self.bar = None;
                self.last_percent = None;
                match line(printer, other) {
                    Some(line) => printer.message(&line),
                    None => Ok(()),
                }
            }
        }
    }

    fn progress(&mut self, printer: &mut Printer, text: &str, fraction: Option<f64>) -> Result<()> {
        let percent = (fraction.unwrap_or(0.0) * 100.0) as u64;
        if printer.shows_progress() {
            let bar = self.bar.get_or_insert_with(|| printer.progress(text, Some(100)));
            bar.label(text);
            bar.set(percent);
            return Ok(());
        }
        let step = percent / PERCENT_STEP;
        if fraction.is_some() && self.last_percent.replace(step) != Some(step) {
            return printer.message(&format!("    {text}"));
        }
        Ok(())
    }
}

fn line(printer: &Printer, event: &Event) -> Option<String> {
    Some(match event {
        Event::RunStarted { run, kind, steps, resumed } => {
            let word = if *resumed { "resumes" } else { "starts" };
            format!("run {run} {word}: {kind}, {}", text::count(*steps, "step"))
        }
        Event::StepFinished { step, outcome, note, duration_ms } => {
            let (mark, style) = match outcome {
                StepResult::Done | StepResult::AlreadyDone => ("ok  ", Style::Good),
                StepResult::Skipped => ("skip", Style::Faint),
                StepResult::Failed => ("FAIL", Style::Bad),
            };
            let took = text::duration(Duration::from_millis(*duration_ms));
            format!("  {} {step:<32} {took:>9}  {note}", printer.paint_message(style, mark))
        }
        Event::LineCrossed { line } => {
            printer.paint_message(Style::Strong, &format!("---- line {line:?} crossed ----"))
        }
        Event::UndoStarted { step, summary } => format!("  undo {step}: {summary}"),
        Event::UndoFinished { step, note } => format!("  undone {step}: {note}"),
        Event::RunFinished { run, outcome } => {
            let (word, style) = match outcome {
                RunResult::Committed => ("committed", Style::Good),
                RunResult::RolledBack => ("rolled back", Style::Bad),
            };
            format!("run {run} {}", printer.paint_message(style, word))
        }
        Event::RunStopped { run, why } => format!("run {run} {}: {why}", printer.paint_message(Style::Bad, "STOPPED")),
        Event::Held { before, by } => printer
            .paint_message(Style::Strong, &format!("held before `{before}` by {by}; to go on: milink cutover release")),
        Event::Released { before, held_ms } => {
            format!("goes on with `{before}` after {}", text::duration(Duration::from_millis(*held_ms)))
        }
        Event::Note { text } => text.clone(),
        Event::StageStarted { .. } | Event::StepStarted { .. } | Event::Progress { .. } => return None,
    })
}

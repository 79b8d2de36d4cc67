//! A run as lines: on stderr for people, one JSON object a line on stdout for `jsonl`.

use super::args::Format;
use super::output::Printer;
use super::output::Style;
use super::progress::Bars;
use super::progress::Progress;
use crate::base::error::Result;
use crate::base::text;
use crate::engine::event::Event;
use crate::engine::event::Observer;
use crate::journal::record::RunResult;
use crate::journal::record::StepResult;
use crate::model::ids::StepId;
use std::collections::BTreeMap;
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
    follow_in(Lines::default(), printer, work).await
}

/// The same for many links at once: one line for each that is done or fails, and one bar for each under way.
pub async fn follow_many<T, F, Fut>(links: usize, printer: &mut Printer, work: F) -> Result<T>
where
    F: FnOnce(Arc<Feed>) -> Fut,
    Fut: Future<Output = Result<T>>,
{
    let many = Many { bars: printer.bars(), links, done: 0, under_way: BTreeMap::new() };
    follow_in(Lines { many: Some(many), ..Lines::default() }, printer, work).await
}

async fn follow_in<T, F, Fut>(mut view: Lines, printer: &mut Printer, work: F) -> Result<T>
where
    F: FnOnce(Arc<Feed>) -> Fut,
    Fut: Future<Output = Result<T>>,
{
    let (to, mut from) = mpsc::unbounded_channel();
    let work = work(Arc::new(Feed { to }));
    tokio::pin!(work);
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
    many: Option<Many>,
}

/// Many links in one run.
struct Many {
    bars: Bars,
    links: usize,
    done: usize,
    under_way: BTreeMap<String, Progress>,
}

/// The step that ends the making of a link.
const LAST_OF_A_LINK: &str = "create.seed";

impl Many {
    /// True if the event was told here.
    fn show(&mut self, printer: &mut Printer, event: &Event) -> Result<bool> {
        let of = |step: &StepId| step.as_str().split_once('/').map(|(_, link)| link.to_owned()).unwrap_or_default();
        match event {
            Event::Progress { step, text, fraction } => {
                let bars = &self.bars;
                let bar = self.under_way.entry(of(step)).or_insert_with(|| bars.add(text, 100));
                bar.label(text);
                bar.set((fraction.unwrap_or(0.0) * 100.0) as u64);
                Ok(true)
            }
            Event::StepFinished { step, outcome, note, .. } => {
                let failed = *outcome == StepResult::Failed;
                if !failed && step.kind() != LAST_OF_A_LINK {
                    return Ok(true);
                }
                let link = of(step);
                self.under_way.remove(&link);
                self.done += usize::from(!failed);
                let (mark, style) = if failed { ("FAIL", Style::Bad) } else { ("ok  ", Style::Good) };
                let mark = printer.paint_message(style, mark);
                let line = format!("  {mark} {:>3}/{} {link:<32} {note}", self.done, self.links);
                self.bars.aside(|| printer.message(&line))?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

/// Without a terminal, progress is told at every so many percent.
const PERCENT_STEP: u64 = 25;

impl Lines {
    pub fn show(&mut self, printer: &mut Printer, event: &Event) -> Result<()> {
        if printer.format() == Format::Jsonl {
            return printer.json(event);
        }
        if let Some(many) = &mut self.many
            && many.show(printer, event)?
        {
            return Ok(());
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
        Event::ByHand { step, site, statements, enter } => {
            let how = if *enter { "ENTER when it is done" } else { "when it is done: milink cutover release" };
            let head = format!("by hand on {site}, for {step} ({how}):");
            let body: Vec<_> =
                statements.iter().flat_map(|s| s.trim_end().lines()).map(|l| format!("    {l}")).collect();
            format!("{}\n{}", printer.paint_message(Style::Strong, &head), body.join("\n"))
        }
        Event::StageStarted { .. } | Event::StepStarted { .. } | Event::Progress { .. } => return None,
    })
}

//! The one place that prints. Data goes to stdout, everything else to stderr; text means the same without colour.

use super::args::Format;
use super::progress::Bars;
use super::progress::Progress;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::config::load::Environment;
use serde::Serialize;
use std::io::ErrorKind;
use std::io::IsTerminal;
use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

/// Width of tables that do not go to a terminal.
const WIDTH: usize = 80;
/// Wider lines are hard to read, even where there is room.
const WIDTH_MAX: usize = 140;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Good,
    Bad,
    Strong,
    Faint,
}

/// A place to write to that may go away: a reader that has seen enough (`| head`) is not an error.
struct Sink {
    to: Box<dyn Write + Send>,
    colour: bool,
    terminal: bool,
    closed: bool,
}

impl Sink {
    fn new(to: Box<dyn Write + Send>, terminal: bool, no_color: bool) -> Self {
        Self { to, colour: terminal && !no_color, terminal, closed: false }
    }
    fn write(&mut self, text: &str) -> Result<()> {
        if self.closed {
            return Ok(());
        }
        match self.to.write_all(text.as_bytes()).and_then(|()| self.to.flush()) {
            Ok(()) => Ok(()),
            Err(e) if e.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            Err(e) => Err(Error::usage("the output cannot be written").caused_by(e)),
        }
    }
    fn paint(&self, style: Style, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match style {
            Style::Good => "32",
            Style::Bad => "1;31",
            Style::Strong => "1",
            Style::Faint => "2",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// A line to stderr from where no printer is at hand; lost if stderr is.
pub fn aside(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The terminal as a screen that is drawn on; written when it is flushed.
pub fn screen() -> Box<dyn Write + Send> {
    Box::new(std::io::BufWriter::with_capacity(1 << 16, std::io::stdout()))
}

/// Prints for one command.
pub struct Printer {
    format: Format,
    out: Sink,
    err: Sink,
    width: usize,
    /// `milink` with the global options this command was given: what `next:` begins with.
    program: String,
}

/// What a captured printer has printed.
#[derive(Debug, Clone, Default)]
pub struct Captured {
    out: Arc<Mutex<Vec<u8>>>,
    err: Arc<Mutex<Vec<u8>>>,
}

impl Captured {
    pub fn out(&self) -> String {
        text(&self.out)
    }
    pub fn err(&self) -> String {
        text(&self.err)
    }
}

fn text(bytes: &Mutex<Vec<u8>>) -> String {
    String::from_utf8_lossy(&bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Printer {
    /// Prints on the process's stdout and stderr.
    pub fn new(format: Format, env: &Environment) -> Self {
        let (out, err) = (std::io::stdout(), std::io::stderr());
        let (out_terminal, err_terminal) = (out.is_terminal(), err.is_terminal());
        let seen = if out_terminal { ratatui::crossterm::terminal::size().ok().map(|(w, _)| w) } else { env.columns };
        Self {
            format,
            out: Sink::new(Box::new(out), out_terminal, env.no_color),
            err: Sink::new(Box::new(err), err_terminal, env.no_color),
            width: seen.map_or(WIDTH, |w| usize::from(w).clamp(40, WIDTH_MAX)),
            program: "milink".to_owned(),
        }
    }

    /// Prints into memory, as for a pipe.
    pub fn captured(format: Format) -> (Self, Captured) {
        let captured = Captured::default();
        let sink = |to: &Arc<Mutex<Vec<u8>>>| Sink::new(Box::new(Shared(to.clone())), false, true);
        (
            Self {
                format,
                out: sink(&captured.out),
                err: sink(&captured.err),
                width: WIDTH,
                program: "milink".to_owned(),
            },
            captured,
        )
    }

    /// Prints to any writers; for tests of what happens when they fail.
    #[cfg(test)]
    pub(super) fn to(format: Format, out: Box<dyn Write + Send>, err: Box<dyn Write + Send>) -> Self {
        Self {
            format,
            out: Sink::new(out, false, true),
            err: Sink::new(err, false, true),
            width: WIDTH,
            program: "milink".to_owned(),
        }
    }

    pub fn format(&self) -> Format {
        self.format
    }
    pub fn is_json(&self) -> bool {
        self.format != Format::Table
    }
    /// Most characters a line of a table may have.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Text to stdout, as it is.
    pub fn data(&mut self, text: &str) -> Result<()> {
        self.out.write(text)
    }

    /// Text to stdout in the place of the one before, where stdout is a terminal; else after it.
    pub fn refresh(&mut self, text: &str) -> Result<()> {
        // Home, the text with every line's rest erased, then what was below it.
        let shown =
            if self.out.terminal { format!("\x1b[H{}\x1b[J", text.replace('\n', "\x1b[K\n")) } else { text.to_owned() };
        self.out.write(&shown)
    }

    /// An empty screen to begin with, where stdout is a terminal.
    pub fn clear(&mut self) -> Result<()> {
        if self.out.terminal { self.out.write("\x1b[2J") } else { Ok(()) }
    }

    /// Does [`Printer::refresh`] replace what it showed before?
    pub fn refreshes(&self) -> bool {
        self.out.terminal && !self.is_json()
    }

    /// Has the reader of stdout gone away?
    pub fn is_closed(&self) -> bool {
        self.out.closed
    }

    /// One line to stdout.
    pub fn line(&mut self, text: &str) -> Result<()> {
        self.out.write(&format!("{text}\n"))
    }

    /// A JSON document to stdout: indented for `json`, one line for `jsonl`.
    pub fn json<T: Serialize>(&mut self, value: &T) -> Result<()> {
        let text = match self.format {
            Format::Jsonl => serde_json::to_string(value),
            _ => serde_json::to_string_pretty(value),
        };
        let text = text.map_err(|e| Error::bug("the answer does not serialise").caused_by(e))?;
        self.line(&text)
    }

    /// One answer in the chosen format: JSON of `value`, or the text.
    pub fn answer<T: Serialize>(&mut self, value: &T, text: impl FnOnce(usize) -> String) -> Result<()> {
        if self.is_json() { self.json(value) } else { self.data(&text(self.width)) }
    }

    /// Many answers: a JSON array, a JSON object a line, or the text.
    pub fn answers<T: Serialize>(&mut self, values: &[T], text: impl FnOnce(usize) -> String) -> Result<()> {
        match self.format {
            Format::Table => self.data(&text(self.width)),
            Format::Json => self.json(&values),
            Format::Jsonl => values.iter().try_for_each(|v| self.json(v)),
        }
    }

    /// A line for people, to stderr.
    pub fn message(&mut self, text: &str) -> Result<()> {
        self.err.write(&format!("{text}\n"))
    }

    /// `warning: …` to stderr.
    pub fn warning(&mut self, text: &str) -> Result<()> {
        let word = self.err.paint(Style::Strong, "warning:");
        self.message(&format!("{word} {text}"))
    }

    /// From now on `next:` names the same estate and journal as this command was given.
    pub fn set_program(&mut self, program: String) {
        self.program = program;
    }

    /// The command to run next, to stderr.
    pub fn next(&mut self, command: &str) -> Result<()> {
        let word = self.err.paint(Style::Strong, "next:");
        let command = match command.strip_prefix("milink ") {
            Some(rest) => format!("{} {rest}", self.program),
            None => command.to_owned(),
        };
        self.message(&format!("{word} {command}"))
    }

    /// Text with a style, if stdout shows styles.
    pub fn paint(&self, style: Style, text: &str) -> String {
        self.out.paint(style, text)
    }

    /// Text with a style, if stderr shows styles.
    pub fn paint_message(&self, style: Style, text: &str) -> String {
        self.err.paint(style, text)
    }

    /// Is there somebody to see a progress bar?
    pub fn shows_progress(&self) -> bool {
        self.err.terminal && !self.is_json()
    }

    /// Several progress bars, as [`Self::progress`].
    pub fn bars(&self) -> Bars {
        Bars::new(self.shows_progress())
    }

    /// A progress bar on stderr, seen only on a terminal and only by people.
    pub fn progress(&self, label: &str, total: Option<u64>) -> Progress {
        Progress::new(self.shows_progress(), label, total)
    }
}

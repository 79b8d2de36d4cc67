//! Progress for people at a terminal.

use indicatif::MultiProgress;
use indicatif::ProgressBar;
use indicatif::ProgressDrawTarget;
use indicatif::ProgressStyle;
use std::time::Duration;

/// A bar (known total) or a spinner. Gone when it is dropped; invisible unless stderr is a terminal.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

/// Several bars under each other; lines go above them.
#[derive(Debug)]
pub struct Bars {
    all: MultiProgress,
    visible: bool,
}

impl Bars {
    pub(super) fn new(visible: bool) -> Self {
        let target = if visible { ProgressDrawTarget::stderr_with_hz(8) } else { ProgressDrawTarget::hidden() };
        Self { all: MultiProgress::with_draw_target(target), visible }
    }
    pub fn add(&self, label: &str, total: u64) -> Progress {
        let mut progress = Progress::new(self.visible, label, Some(total));
        progress.bar = self.all.add(progress.bar.clone());
        progress
    }
    /// Writes a line while the bars are out of the way.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.all.suspend(write)
    }
}

impl Progress {
    pub(super) fn new(visible: bool, label: &str, total: Option<u64>) -> Self {
        let target = if visible { ProgressDrawTarget::stderr_with_hz(8) } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(total, target);
        let template = match total {
            Some(_) => "{msg} [{bar:30}] {percent:>3}% {elapsed}",
            None => "{spinner} {msg} {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> ").tick_chars("-\\|/ "));
        }
        bar.set_message(label.to_owned());
        if visible {
            bar.enable_steady_tick(Duration::from_millis(125));
        }
        Self { bar }
    }
    pub fn set(&self, position: u64) {
        self.bar.set_position(position);
    }
    pub fn label(&self, label: &str) {
        self.bar.set_message(label.to_owned());
    }
    /// Shows a line above the bar; lost if there is no bar, so use `Printer::message` for what matters.
    pub fn note(&self, text: &str) {
        self.bar.println(text);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

//! The command line.

pub mod args;
mod args_cutover;
mod args_fog;
#[cfg(feature = "lab")]
mod args_lab;
mod args_watch;
mod background;
pub mod cmd;
pub mod confirm;
pub mod exit;
mod hand;
pub mod live;
pub mod output;
pub mod progress;
pub mod prompt;
pub mod run;
pub mod settings;
pub mod signal;

pub use exit::Exit;
pub use output::Printer;
pub use run::main;
pub use settings::Settings;

#[cfg(test)]
mod tests;

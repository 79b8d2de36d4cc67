//! The step engine: gate, precheck, intent, run, verify, outcome; then undo, or forward only.

pub mod cancel;
pub mod context;
pub mod event;
pub mod hold;
pub mod run;
pub mod settle;
pub mod stage;
pub mod steering;
pub mod step;
pub mod undo;
pub mod work;

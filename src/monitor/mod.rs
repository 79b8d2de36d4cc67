//! Watching links: collectors, their fold into one immutable snapshot, and what is judged from it.

pub mod aged;
mod cadence;
mod collect;
pub mod condition;
mod flow;
pub mod handle;
mod health;
pub mod history;
mod index;
mod join;
mod known;
pub mod plan;
mod protection;
pub mod reader;
pub mod run;
mod seeding;
pub mod snapshot;
pub mod state;
mod trail;
mod view;

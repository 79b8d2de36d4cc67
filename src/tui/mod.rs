//! The engineer's screen: events in, actions out, and drawing as a function of the state.

pub mod action;
pub mod command;
pub mod confirm;
pub mod event;
pub mod fleet;
pub mod groups;
pub mod perform;
pub mod screen;
pub mod state;
pub mod story;
pub mod terminal;
pub mod theme;
pub mod update;
pub mod view;

#[cfg(test)]
mod tests;

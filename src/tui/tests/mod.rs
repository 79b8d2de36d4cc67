//! The screen without a terminal: keys in, actions and cells out.

mod fixture;
mod fuzz;
mod groups;
mod journey;
mod screens;

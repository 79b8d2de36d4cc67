//! The primary's side of a connection: dial, seed, ship log, hand over.

mod database;
mod dial;
mod seeding;
mod session;
mod settle;

pub(super) use dial::run;

//! The secondary's side of a connection: accept, receive the copy, harden, redo, take over.

mod accept;
mod open;
mod redo;
mod seeding;
mod session;

pub(super) use accept::serve;

//! Scalar functions of the language itself (the server's own are the host's).
#![expect(clippy::many_single_char_names, reason = "dates are y, m, d and h, m, s")]

mod builtin;
pub mod dates;
pub mod format;
pub mod math;
pub mod misc;
pub mod strings;
#[cfg(test)]
mod tests;

pub use builtin::Builtin;
pub use builtin::Call;
pub use builtin::find;

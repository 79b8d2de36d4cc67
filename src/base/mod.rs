//! What every layer may use: errors, clock, secrets, bounded retries, words.

pub mod changes;
pub mod clock;
pub mod error;
pub mod hex;
pub mod nearest;
pub mod random;
pub mod redact;
pub mod retry;
pub mod text;
pub mod units;

//! The oracle: what the application was told, against what stands in every copy that can be read.
//!
//! It shares no code with what it judges: it reads over TDS as any client would.

pub mod copies;
pub mod judge;
pub mod report;
pub mod sample;
#[cfg(test)]
mod tests;
pub mod writable;

pub use judge::judge;
pub use judge::torn_accounts;
pub use report::Report;

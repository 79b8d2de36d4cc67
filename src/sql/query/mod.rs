//! Pure constructors, one file an area: arguments to a rendered statement and the decoder of its answer.

pub mod around;
pub mod backup;
pub mod broker;
pub mod canary;
pub mod catalogue;
pub mod certificate;
pub mod claim;
pub mod database;
pub mod endpoint;
pub mod fence;
pub mod geo;
pub mod group;
pub mod instance;
pub mod job;
mod kinds;
pub mod lease;
pub mod log;
pub mod login;
pub mod marker;
pub mod monitor;
pub mod object;
pub mod probe;
pub mod reconcile;
pub mod session;
pub mod survey;
pub mod user;

pub use kinds::Query;
pub use kinds::Statement;

//! Scenarios: an estate, its workload and its mishaps, as data.

pub mod build;
mod embedded;
pub mod load;
pub mod secrets;
pub mod servers;
pub mod types;

pub use embedded::LINKED;
pub use embedded::NAMES;
pub use load::Options;
pub use load::ScenarioError;
pub use load::load;
pub use load::open;
pub use load::parse;
pub use load::text;
pub use types::Scenario;

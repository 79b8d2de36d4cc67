//! The application of the estate: writers that commit through an alias and remember every acknowledgement.
//!
//! A plain TDS client of its own. It knows nothing of milink and shares nothing with it.

pub mod alias;
pub mod client;
pub mod ledger;
pub mod names;
pub mod run;
pub mod writer;

pub use alias::AliasTable;
pub use ledger::Ledger;
pub use run::WorkloadSpec;
pub use run::start;

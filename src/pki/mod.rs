//! Certificates: reading them, and whom to trust.

pub mod parse;
pub mod trust;

pub use parse::CertificateFacts;
pub use trust::Chain;
pub use trust::Root;

//! Mirroring endpoints: handshake, seeding, log transport, redo, role changes, and the managed side of a link.

pub mod pki;
pub mod tls;
pub mod wire;
pub mod x509;

//! Mirroring endpoints: handshake, seeding, log transport, redo, role changes, and the managed side of a link.

mod channel;
mod handshake;
mod permission;
pub mod pki;
mod tls;
mod trust;
pub mod url;
pub mod wire;
pub mod x509;

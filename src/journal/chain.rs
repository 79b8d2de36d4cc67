//! The hash that ties each row to the one before it.

use sha2::Digest;
use sha2::Sha256;
use std::fmt::Write;

/// What is hashed of a row, as it is stored.
pub(super) struct Row<'a> {
    pub run: &'a str,
    pub seq: u64,
    pub at: &'a str,
    pub monotonic_ms: u64,
    /// The record's JSON, byte for byte as stored.
    pub body: &'a str,
}

/// SHA-256 over the previous hash and every field, each with its length before it, so that no two rows can read the same. Hex.
pub(super) fn hash(previous: &str, row: &Row<'_>) -> String {
    let mut h = Sha256::new();
    let seq = row.seq.to_string();
    let monotonic = row.monotonic_ms.to_string();
    for field in [previous, row.run, &seq, row.at, &monotonic, row.body] {
        h.update((field.len() as u64).to_le_bytes());
        h.update(field.as_bytes());
    }
    h.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What the first row of a run follows.
pub(super) const FIRST: &str = "milink journal 1";

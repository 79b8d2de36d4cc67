//! What the oracle says. Names are part of the JSON that scripts read.

use serde::Deserialize;
use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Nothing lost, nothing doubled, nothing torn, never two writable copies, everything judged.
    pub ok: bool,
    /// Most copies of one database that were surely writable at one moment.
    pub max_writable_copies: u32,
    /// Probes that could not judge a copy.
    pub unknown_samples: u64,
    /// Acknowledged commits missing from the current copies. `None`: some current copy could not be read.
    pub lost: Option<u64>,
    pub ambiguous: u64,
    pub duplicated: u64,
    pub databases: Vec<DatabaseReport>,
    /// Why `ok` is false, one sentence each.
    pub reasons: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatabaseReport {
    pub database: String,
    /// The copy the application uses at the end.
    pub current: String,
    pub acknowledged: u64,
    /// Connection died during COMMIT: nobody can hold these against anyone.
    pub ambiguous: u64,
    pub ambiguous_present: u64,
    pub lost: Option<u64>,
    /// The first lost commits, as `writer/seq`.
    pub lost_examples: Vec<String>,
    pub duplicated: u64,
    pub max_writable_copies: u32,
    /// Last acknowledgement before → first after the change of server, by one client; the longest. `None`: no change.
    pub write_outage_ms: Option<u64>,
    /// Longest pause between two acknowledgements of one client, change of server or not.
    pub longest_gap_ms: u64,
    /// Acknowledgements by a server that another had already taken over from: commits on two sides.
    pub late_acks_on_old_server: u64,
    pub copies: Vec<CopyReport>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CopyReport {
    pub server: String,
    /// Why it could not be read.
    pub unreadable: Option<String>,
    pub rows: u64,
    /// Acknowledged commits that are not in it: lag on a secondary, loss on the current copy.
    pub missing: u64,
    pub duplicated: u64,
    /// Rows that no client knows of: commits in flight when the application was killed.
    pub unrecorded: u64,
    /// Rows of a probe that should have been rolled back.
    pub probe_rows: u64,
    /// Accounts whose balance is not the sum of their entries: a transaction was torn.
    pub torn_accounts: u64,
}

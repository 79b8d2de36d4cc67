//! The fence token: proof that the source is closed and the target has everything.

use crate::model::ids::LinkName;
use crate::model::ids::SiteId;
use crate::model::lsn::Lsn;
use serde::Deserialize;
use serde::Serialize;

/// Issued by the drain, after the fence is proven; the switch refuses without it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FenceToken {
    pub link: LinkName,
    pub database: String,
    pub source: SiteId,
    /// `@@SERVERNAME` of the source when the token was issued.
    pub source_server: String,
    /// The column both sides were compared in; like is compared with like.
    pub column: LsnColumn,
    /// Frozen end of log.
    pub lsn: Lsn,
    /// RFC 3339.
    pub issued: String,
}

/// Which LSN was compared (facts: mi-link 8.1: an asynchronous primary's own hardened LSN is NULL).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LsnColumn {
    LastHardened,
    EndOfLog,
}

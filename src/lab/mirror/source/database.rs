//! One database on one connection, as the primary sees it.

use crate::lab::mirror::wire::Copy;
use crate::lab::world::lsn::Lsn;
use tokio::time::Instant;
use uuid::Uuid;

/// What is left to do for it.
pub(super) enum Stage {
    /// Is seeding needed?
    Check,
    /// Wait for other seedings of this instance to end.
    Limit,
    /// Offer sent: may the secondary create the database?
    Offered,
    /// The copy flows.
    Copying { chunks: Box<dyn Iterator<Item = Vec<u8>> + Send>, image: Lsn },
    /// The whole copy was sent: has it been put together?
    Sent { image: Lsn },
    /// Log flows.
    Shipping,
    /// Data movement is suspended on one of the sides.
    Suspended,
    /// Tried again then.
    Retry(Instant),
    /// For this connection, nothing more.
    Failed,
}

/// State of a database on a connection.
pub(super) struct Shipped {
    pub(super) name: String,
    pub(super) copy: Copy,
    pub(super) stage: Stage,
    /// Next block to send.
    pub(super) sent: Lsn,
    /// Row of `dm_hadr_automatic_seeding`, while one is being written.
    pub(super) operation: Option<Uuid>,
    /// End of log when the copy was put together: caught up once this is hardened.
    pub(super) catch_up: Option<Lsn>,
    /// Last `Synchronized` told.
    pub(super) told: Option<(bool, bool)>,
    pub(super) revert: bool,
    pub(super) began: Instant,
    /// Bytes of log since `rate_from`.
    pub(super) rate_bytes: i64,
    pub(super) rate_from: Instant,
}

impl Shipped {
    pub(super) fn new(name: &str, copy: Copy) -> Self {
        let now = Instant::now();
        Self {
            name: name.to_owned(),
            copy,
            stage: Stage::Check,
            sent: Lsn::default(),
            operation: None,
            catch_up: None,
            told: None,
            revert: false,
            began: now,
            rate_bytes: 0,
            rate_from: now,
        }
    }
    /// True while a copy is on its way.
    pub(super) fn is_seeding(&self) -> bool {
        matches!(self.stage, Stage::Limit | Stage::Offered | Stage::Copying { .. } | Stage::Sent { .. })
    }
}

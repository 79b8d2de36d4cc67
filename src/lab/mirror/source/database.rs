//! One database on one connection, as the primary sees it.

use crate::lab::mirror::wire::Copy;
use crate::lab::world::clock::Lapse;
use crate::lab::world::lsn::Lsn;
use crate::lab::world::storage::Piece;
use std::iter::Peekable;
use std::time::Duration;
use time::OffsetDateTime;
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
    Copying { chunks: Peekable<Box<dyn Iterator<Item = Piece> + Send>>, image: Lsn, counting: Option<Counting> },
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

/// A copy whose bytes are counted: the line is busy with them until then.
pub(super) struct Counting {
    /// Lab time since the lab came up.
    pub(super) until: Duration,
    /// How long the last piece takes: the next one is booked while it is on its way.
    pub(super) piece: Duration,
    pub(super) _lapse: Lapse,
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
    pub(super) began: OffsetDateTime,
    /// Bytes of log since `rate_from`.
    pub(super) rate_bytes: i64,
    pub(super) rate_from: Instant,
    /// The line is busy until then, in lab time, with log that is counted and not sent.
    pub(super) busy_until: Option<Duration>,
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
            began: OffsetDateTime::UNIX_EPOCH,
            rate_bytes: 0,
            rate_from: now,
            busy_until: None,
        }
    }
    /// True while bytes are counted instead of sent.
    pub(super) fn is_counting(&self) -> bool {
        self.busy_until.is_some() || matches!(self.stage, Stage::Copying { counting: Some(_), .. })
    }
    /// True while a copy is on its way.
    pub(super) fn is_seeding(&self) -> bool {
        matches!(self.stage, Stage::Limit | Stage::Offered | Stage::Copying { .. } | Stage::Sent { .. })
    }
}

//! What a copy and a group know of themselves.

use crate::lab::world::lsn::Lsn;
use time::OffsetDateTime;
use uuid::Uuid;

/// How far a database's geo-replication is (facts: failover-groups 10.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeoState {
    Pending,
    Seeding,
    CatchUp,
}

impl GeoState {
    /// `replication_state` and its description.
    pub fn code(self) -> (u8, &'static str) {
        match self {
            Self::Pending => (0, "PENDING"),
            Self::Seeding => (1, "SEEDING"),
            Self::CatchUp => (2, "CATCH_UP"),
        }
    }
}

/// A database's part in a group.
#[derive(Debug, Clone)]
pub struct GeoCopy {
    pub link: Uuid,
    /// Full name of the other instance.
    pub partner: String,
    pub primary: bool,
    pub state: GeoState,
    /// Hardened by the partner; log from there on is kept.
    pub hardened: Lsn,
    /// The partner's last acknowledgement.
    pub last_replication: Option<OffsetDateTime>,
    /// From the commit to its acknowledgement, whole seconds; `None`: the partner does not answer now.
    pub lag_s: Option<i32>,
    /// A stream to the partner is open.
    pub connected: bool,
}

impl GeoCopy {
    pub fn new(link: Uuid, partner: &str, primary: bool, state: GeoState) -> Self {
        Self {
            link,
            partner: partner.to_owned(),
            primary,
            state,
            hardened: Lsn::default(),
            last_replication: None,
            lag_s: None,
            connected: false,
        }
    }
}

/// What an update may change (facts: failover-groups 2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub automatic: bool,
    pub grace_minutes: Option<u32>,
    pub read_only_failover: bool,
    pub standby: bool,
}

/// Why a group cannot do something now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Another operation runs.
    Busy,
    /// Not everything is replicated.
    NotSynchronized,
    /// The partner did not catch up in time; roles are as before.
    TimedOut(String),
    /// The group is gone.
    Gone,
}

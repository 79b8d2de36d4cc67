//! The clock on an instance's wall: lab time as this machine shows it, wrong by so much, in its own time zone.

use std::sync::atomic::AtomicI32;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use time::Duration;
use time::OffsetDateTime;
use time::UtcOffset;

#[derive(Debug, Default)]
pub struct Wall {
    /// How far it goes ahead, seconds.
    skew_s: AtomicI64,
    /// Local time less UTC, minutes.
    zone_minutes: AtomicI32,
}

impl Wall {
    pub fn set_skew_s(&self, seconds: i64) {
        self.skew_s.store(seconds, Ordering::Relaxed);
    }
    pub fn set_zone_minutes(&self, minutes: i32) {
        self.zone_minutes.store(minutes, Ordering::Relaxed);
    }
    pub fn zone_minutes(&self) -> i32 {
        self.zone_minutes.load(Ordering::Relaxed)
    }
    /// What it shows at a point of lab time.
    pub fn shows(&self, now: OffsetDateTime) -> OffsetDateTime {
        let zone = UtcOffset::from_whole_seconds(self.zone_minutes() * 60).unwrap_or(UtcOffset::UTC);
        (now + Duration::seconds(self.skew_s.load(Ordering::Relaxed))).to_offset(zone)
    }
}

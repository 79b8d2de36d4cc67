//! One thread, a paused clock, one source of randomness.

use crate::base::clock::SharedClock;
use crate::base::clock::TokioClock;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::base::random::Ambient;
use crate::base::random::Seeded;
use std::future::Future;
use time::OffsetDateTime;

/// When every simulation begins: 2026-01-15 22:00:00 UTC, a Thursday night.
const ORIGIN_UNIX: i64 = 1_768_514_400;

/// Begin of virtual time.
pub fn origin() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(ORIGIN_UNIX).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Plays a future to its end. Time passes only while everything waits; the same seed gives the same course.
/// Not to be called from within a runtime.
pub fn play<T, F>(seed: u64, work: impl FnOnce(SharedClock) -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let _ambient = Ambient::of(Seeded::new(seed));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(|e| Error::bug("no runtime for the simulation").caused_by(e))?;
    runtime.block_on(async { work(TokioClock::starting_at(origin())).await })
}

//! How long the first copy of a group takes at least (facts: failover-groups 5).

/// Ceiling over global peering.
const GB_PER_HOUR_MAX: f64 = 360.0;
/// The service cancels a creation after six days (other pages: seven); planned against six.
pub const HOURS_MAX: f64 = 144.0;
/// Worth a warning.
pub const HOURS_WARN: f64 = 72.0;

/// Hours, from the documented ceiling up to half that rate (our own margin); load and full backups come on top.
pub fn hours(bytes: u64, gb_per_hour: Option<f64>) -> (f64, f64) {
    let gb = bytes as f64 / f64::from(1 << 30);
    let rate = gb_per_hour.unwrap_or(GB_PER_HOUR_MAX).clamp(0.001, GB_PER_HOUR_MAX);
    (gb / rate, 2.0 * gb / rate)
}

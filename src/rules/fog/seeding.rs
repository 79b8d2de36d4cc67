//! How long the first copy of a group takes at least (facts: failover-groups 5).

/// Ceiling over global peering.
const GB_PER_HOUR_MAX: f64 = 360.0;
/// The service cancels a creation after six days (other pages: seven); planned against six.
pub const HOURS_MAX: f64 = 144.0;
/// Worth a warning.
pub const HOURS_WARN: f64 = 72.0;

/// Of databases of logical servers, all side by side (facts: failover-groups 5).
const SERVER_GB_PER_HOUR_MAX: f64 = 500.0;

/// The same for databases of logical servers.
pub fn server_hours(bytes: u64, gb_per_hour: Option<f64>) -> (f64, f64) {
    at_most(bytes, gb_per_hour, SERVER_GB_PER_HOUR_MAX)
}

/// Hours, from the documented ceiling up to half that rate (our own margin); load and full backups come on top.
pub fn hours(bytes: u64, gb_per_hour: Option<f64>) -> (f64, f64) {
    at_most(bytes, gb_per_hour, GB_PER_HOUR_MAX)
}

fn at_most(bytes: u64, gb_per_hour: Option<f64>, most: f64) -> (f64, f64) {
    let gb = bytes as f64 / f64::from(1 << 30);
    let rate = gb_per_hour.unwrap_or(most).clamp(0.001, most);
    (gb / rate, 2.0 * gb / rate)
}

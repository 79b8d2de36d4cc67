//! How long seeding takes, what the log does meanwhile, and whether the instance can take the writes (facts: mi-link 6.3, cutover-night 5).

use super::limits;
use super::limits::Tier;
use crate::base::text;
use crate::base::units::Rate;
use std::time::Duration;

/// Longest seeding that is computed, 10 years: beyond it a unit was mistaken.
const ABSURD_MS: u128 = 10 * 365 * 86_400_000;
const MIB: f64 = 1_048_576.0;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// Bytes of the database.
    pub size: u64,
    /// Of the way between the sides, all seedings together.
    pub rate: Rate,
    /// Databases of this size that are seeded at once.
    pub parallel: u32,
    /// Thousandths: 1000 is none, 2000 halves the stream.
    pub compression: u64,
    /// Log that each database writes.
    pub log: Option<Rate>,
    pub tier: Option<(&'static Tier, u32)>,
}

/// Does the log rate fit under what the instance may write?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    Below,
    /// Between the lowest and the highest limit of a database.
    Unclear,
    Above,
    /// A limit or the log rate is not known.
    Unknown,
}

impl Fit {
    pub fn word(self) -> &'static str {
        match self {
            Fit::Below => "below",
            Fit::Unclear => "unclear",
            Fit::Above => "above",
            Fit::Unknown => "unknown",
        }
    }
}

/// What the instance may write to its logs.
#[derive(Debug, Clone, PartialEq)]
pub struct LogCap {
    /// Bytes a second, whole instance.
    pub instance: Option<f64>,
    /// Bytes a second for a database, lowest and highest.
    pub database: Option<(u64, u64)>,
    pub fit: Fit,
    pub source: &'static str,
}

/// The answer. Times in milliseconds, sizes in bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    pub stream: u64,
    /// Bytes a second for each seeding.
    pub share: f64,
    pub seeding_ms: u64,
    pub log_growth: Option<u64>,
    /// Sending the log that grew meanwhile; `None` without a log rate, or if it never ends.
    pub catch_up_ms: Option<u64>,
    pub cancel_ms: u64,
    pub cap: Option<LogCap>,
    pub warnings: Vec<String>,
}

/// Computes; the error says what is absurd.
pub fn estimate(q: &Question) -> Result<Estimate, String> {
    let (parallel, compression) = (u128::from(q.parallel.max(1)), u128::from(q.compression.max(1)));
    let stream = u128::from(q.size) * 1000 / compression;
    let seeding = u128::from(q.size) * 1_000_000 * u128::from(q.rate.per_s) * parallel
        / (compression * u128::from(q.rate.bytes.max(1)));
    if seeding > ABSURD_MS {
        return Err(format!("at this rate seeding would take {} years: check the units", seeding / (365 * 86_400_000)));
    }
    let seeding_ms = seeding as u64;
    let share = q.rate.bytes_per_s() / f64::from(q.parallel.max(1));
    let mut warnings = Vec::new();
    let log_growth = q.log.map(|log| {
        let grown = u128::from(log.bytes) * seeding / (u128::from(log.per_s) * 1000);
        u64::try_from(grown).unwrap_or(u64::MAX)
    });
    let catch_up_ms = match q.log.zip(log_growth) {
        Some((log, _)) if log.bytes_per_s() >= share => {
            warnings.push("the log grows as fast as the link can send: the secondary never catches up".to_owned());
            None
        }
        Some((log, grown)) => {
            let ms = grown as f64 / (share - log.bytes_per_s()) * 1000.0;
            // Within a hair of the share the quotient leaves every clock behind.
            if ms < ABSURD_MS as f64 { Some(ms.round() as u64) } else { None }
        }
        None => None,
    };
    let cancel = limits::cancel();
    let cancel_ms = cancel.days * 86_400_000;
    let total = seeding_ms.saturating_add(catch_up_ms.unwrap_or(0));
    if total > cancel_ms {
        warnings.push(format!(
            "seeding and catching up take {}: a link that is not seeded within {} days is cancelled",
            words(total),
            cancel.days
        ));
    }
    if let Some(grown) = log_growth {
        warnings.push(format!(
            "the source must keep {} of log for each database until seeding has ended: give the log file room, pause log backups or set trace flag 12381",
            text::bytes(grown)
        ));
    }
    let cap = q.tier.map(|(tier, cores)| log_cap(tier, cores, q, &mut warnings));
    room(q, &mut warnings);
    Ok(Estimate {
        stream: u64::try_from(stream).unwrap_or(u64::MAX),
        share,
        seeding_ms,
        log_growth,
        catch_up_ms,
        cancel_ms,
        cap,
        warnings,
    })
}

/// A time for people, days where there are many hours.
pub fn words(ms: u64) -> String {
    const DAY_MS: u64 = 86_400_000;
    if ms >= 2 * DAY_MS {
        format!("{} d {:02} h", ms / DAY_MS, ms % DAY_MS / 3_600_000)
    } else {
        text::duration(Duration::from_millis(ms))
    }
}

fn log_cap(tier: &'static Tier, cores: u32, q: &Question, warnings: &mut Vec<String>) -> LogCap {
    let most = |mib: f64, most: Option<u64>| most.map_or(mib, |most| mib.min(most as f64)) * MIB;
    let instance = tier.log_per_core.map(|per| most(per * f64::from(cores), tier.log_instance));
    let premium = tier.premium.as_ref().map(|p| most(p.log_per_core * f64::from(cores), Some(p.log_instance)));
    let database = tier.log_database.map(|(low, high)| (low << 20, high << 20));
    let fit = match (q.log, instance, database) {
        (Some(log), Some(instance), Some((low, high))) => {
            let one = log.bytes_per_s();
            let all = one * f64::from(q.parallel.max(1));
            if all > instance || one > high as f64 {
                Fit::Above
            } else if one > low as f64 {
                Fit::Unclear
            } else {
                Fit::Below
            }
        }
        // No limit for a database of its own; the hardware decides, and an estimate does not know it.
        (Some(log), Some(instance), None) => match log.bytes_per_s() * f64::from(q.parallel.max(1)) {
            all if all > premium.unwrap_or(instance) => Fit::Above,
            all if all > instance => Fit::Unclear,
            _ => Fit::Below,
        },
        _ => Fit::Unknown,
    };
    match fit {
        Fit::Above => warnings.push(format!(
            "the log rate is above what {} with {} may write: the secondary falls behind, and writes slow down after the switch",
            tier.id,
            text::count(cores as usize, "vCore")
        )),
        Fit::Unclear if database.is_none() => {
            warnings.push("standard-series hardware does not take this log rate, premium-series does".to_owned());
        }
        Fit::Unclear => warnings.push(
            "the log rate is between the lowest and the highest limit of a database: measure on the instance".to_owned(),
        ),
        Fit::Unknown if q.log.is_some() => {
            warnings.push(format!("the log-write limit of {} is not known here: look it up", tier.id));
        }
        Fit::Below | Fit::Unknown => {}
    }
    LogCap { instance, database, fit, source: &tier.source }
}

/// Does it fit into the instance at all?
fn room(q: &Question, warnings: &mut Vec<String>) {
    let wanted = u128::from(q.size) * u128::from(q.parallel.max(1));
    match q.tier {
        Some((tier, cores)) if wanted > u128::from(tier.storage_bytes(cores)) => {
            let larger = tier.larger.as_deref().map_or(String::new(), |l| format!(" ({l})"));
            warnings.push(format!(
                "{} with {} holds at most {}{larger}",
                tier.id,
                text::count(cores as usize, "vCore"),
                text::bytes(tier.storage_bytes(cores))
            ));
        }
        None => {
            let most = limits::tiers().iter().map(|t| t.storage_bytes(u32::MAX)).max().unwrap_or(0);
            if u128::from(q.size) > u128::from(most) {
                warnings.push(format!("no instance holds more than {}", text::bytes(most)));
            }
        }
        Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::units;

    fn ask(size: &str, rate: &str) -> Question {
        Question {
            size: units::size(size).expect("size"),
            rate: units::rate(rate).expect("rate"),
            parallel: 1,
            compression: 1000,
            log: None,
            tier: None,
        }
    }
    fn log(rate: &str) -> Option<Rate> {
        Some(units::rate(rate).expect("rate"))
    }
    fn hours(e: &Estimate) -> f64 {
        e.seeding_ms as f64 / 3_600_000.0
    }

    #[test]
    fn the_worked_figure_of_the_documentation() {
        let e = estimate(&ask("100GB", "84GB/h")).expect("estimate");
        assert!((hours(&e) - 1.19).abs() < 0.01, "{}", hours(&e));
        assert_eq!(words(e.seeding_ms), "1 h 11 min");
        let binary = estimate(&ask("100GiB", "84GB/h")).expect("estimate");
        assert_eq!(words(binary.seeding_ms), "1 h 16 min");
        assert!(e.warnings.is_empty(), "{:?}", e.warnings);
    }

    #[test]
    fn parallel_seedings_share_and_compression_shrinks() {
        let one = estimate(&ask("100GB", "84GB/h")).expect("estimate");
        let four = estimate(&Question { parallel: 4, ..ask("100GB", "84GB/h") }).expect("estimate");
        assert_eq!(four.seeding_ms / 4, one.seeding_ms);
        assert!((four.share * 4.0 - one.share).abs() < 0.001);
        let half = estimate(&Question { compression: 2000, ..ask("100GB", "84GB/h") }).expect("estimate");
        assert_eq!((half.stream, half.seeding_ms), (50_000_000_000, one.seeding_ms / 2));
    }

    #[test]
    fn six_days_is_the_end() {
        let limit = estimate(&ask("12096GB", "84GB/h")).expect("estimate");
        assert_eq!((limit.seeding_ms, limit.cancel_ms), (518_400_000, 518_400_000));
        assert!(limit.warnings.is_empty(), "{:?}", limit.warnings);
        let over = estimate(&ask("12097GB", "84GB/h")).expect("estimate");
        assert!(over.warnings[0].contains("6 days"), "{:?}", over.warnings);
    }

    #[test]
    fn the_log_grows_and_catches_up_or_never_does() {
        let e = estimate(&Question { log: log("5MB/s"), ..ask("84GB", "84GB/h") }).expect("estimate");
        assert_eq!((e.seeding_ms, e.log_growth), (3_600_000, Some(18_000_000_000)));
        // 18 GB at 23.33 MB/s less 5 MB/s.
        assert_eq!(e.catch_up_ms.map(|ms| ms / 1000), Some(981));
        let e = estimate(&Question { log: log("84GB/h"), ..ask("84GB", "84GB/h") }).expect("estimate");
        assert_eq!(e.catch_up_ms, None);
        assert!(e.warnings[0].contains("never catches up"), "{:?}", e.warnings);
    }

    #[test]
    fn log_limits_of_the_instance() {
        let gp = limits::tier("GeneralPurpose").expect("tier");
        let cases = [
            ("18MiB/s", 1, 4, Fit::Below),
            ("19MiB/s", 1, 4, Fit::Above),
            ("22MiB/s", 1, 16, Fit::Below),
            ("23MiB/s", 1, 16, Fit::Unclear),
            ("65MiB/s", 1, 16, Fit::Unclear),
            ("66MiB/s", 1, 16, Fit::Above),
            ("20MiB/s", 4, 16, Fit::Above),
        ];
        for (rate, parallel, cores, fit) in cases {
            let q = Question { log: log(rate), parallel, tier: Some((gp, cores)), ..ask("1GB", "1TB/h") };
            let cap = estimate(&q).expect("estimate").cap.expect("tier given");
            assert_eq!(cap.fit, fit, "{rate} x{parallel} on {cores}");
        }
        let bc = limits::tier("BusinessCritical").expect("tier");
        // The hardware decides between 4.5 MiB/s a vCore and 12.
        for (rate, parallel, cores, fit) in [
            ("36MiB/s", 1, 8, Fit::Below),
            ("37MiB/s", 1, 8, Fit::Unclear),
            ("96MiB/s", 1, 8, Fit::Unclear),
            ("97MiB/s", 1, 8, Fit::Above),
            ("96MiB/s", 1, 64, Fit::Below),
            ("97MiB/s", 1, 64, Fit::Unclear),
            ("97MiB/s", 2, 64, Fit::Above),
        ] {
            let q = Question { log: log(rate), parallel, tier: Some((bc, cores)), ..ask("1GB", "1TB/h") };
            assert_eq!(
                estimate(&q).expect("estimate").cap.expect("tier given").fit,
                fit,
                "{rate} x{parallel} on {cores}"
            );
        }
        let next = limits::tier("NextGenGeneralPurpose").expect("tier");
        let q = Question { log: log("5MB/s"), tier: Some((next, 8)), ..ask("1GB", "1TB/h") };
        assert_eq!(estimate(&q).expect("estimate").cap.map(|c| c.fit), Some(Fit::Unknown));
        let e =
            estimate(&Question { log: log("5MB/s"), tier: Some((bc, 8)), ..ask("2TiB", "84GB/h") }).expect("estimate");
        assert!(e.warnings.iter().any(|w| w.contains("holds at most 1.0 TiB (premium")), "{:?}", e.warnings);
    }

    #[test]
    fn absurd_questions_are_refused_or_warned_of() {
        let error = estimate(&ask("1TB", "1KB/d")).expect_err("years");
        assert!(error.contains("years"), "{error}");
        let big = estimate(&ask("33TiB", "1TB/h")).expect("estimate");
        assert!(big.warnings.iter().any(|w| w.contains("no instance holds")), "{:?}", big.warnings);
    }
}

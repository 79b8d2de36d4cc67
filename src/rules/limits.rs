//! Limits that an estimate is held against (`limits.toml`).

use crate::base::units;
use crate::base::units::Rate;
use serde::Deserialize;
use std::sync::LazyLock;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    rate: RateRow,
    cancel: Cancel,
    tier: Vec<Tier>,
    outage: Vec<OutageTerm>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RateRow {
    sample: String,
    source: String,
}

/// When Azure gives a link up that is not seeded.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    pub days: u64,
    pub source: String,
}

/// A service tier of an instance.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    pub id: String,
    /// MiB/s for each vCore, of the whole instance.
    pub log_per_core: Option<f64>,
    /// MiB/s of the whole instance, however many vCores.
    pub log_instance: Option<u64>,
    /// The same two on premium-series hardware.
    pub premium: Option<Premium>,
    /// MiB/s for a database, lowest and highest.
    pub log_database: Option<(u64, u64)>,
    /// From so many vCores on, so many TiB.
    storage: Vec<(u32, u64)>,
    /// What holds more.
    pub larger: Option<String>,
    pub source: String,
}

impl Tier {
    /// Bytes a second that one database may write to its log on an instance of so many vCores; `None`: not known here.
    /// `family`: the hardware as Azure names it, `Gen5` being the standard series.
    pub fn log_bytes_per_second(&self, cores: u32, family: Option<&str>) -> Option<u64> {
        let is_premium = family.is_some_and(|f| !f.eq_ignore_ascii_case("Gen5") && !f.eq_ignore_ascii_case("Gen4"));
        let (per_core, instance) = match &self.premium {
            Some(p) if is_premium => (p.log_per_core, Some(p.log_instance)),
            _ => (self.log_per_core?, self.log_instance),
        };
        let mib = f64::from(cores) * per_core;
        let mib = instance.map_or(mib, |most| mib.min(most as f64));
        let mib = self.log_database.map_or(mib, |(_, most)| mib.min(most as f64));
        Some((mib * f64::from(1 << 20)) as u64)
    }
    /// Most bytes that an instance of the tier holds.
    pub fn storage_bytes(&self, cores: u32) -> u64 {
        self.storage.iter().filter(|(from, _)| cores >= *from).map(|(_, tib)| tib << 40).max().unwrap_or(0)
    }
}

/// Log that premium-series hardware takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Premium {
    pub log_per_core: f64,
    pub log_instance: u64,
}

/// A part of the outage of a cutover.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutageTerm {
    pub term: String,
    pub depends: String,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("limits.toml")).unwrap_or_else(|e| panic!("limits.toml is broken: {e}"))
});

static SAMPLE: LazyLock<Rate> =
    LazyLock::new(|| units::rate(&TABLE.rate.sample).unwrap_or_else(|e| panic!("limits.toml is broken: {e}")));

/// Rate of the documentation's worked example, as written, and its source.
pub fn sample_rate() -> (Rate, &'static str, &'static str) {
    (*SAMPLE, &TABLE.rate.sample, &TABLE.rate.source)
}

pub fn cancel() -> &'static Cancel {
    &TABLE.cancel
}

pub fn outage_terms() -> &'static [OutageTerm] {
    &TABLE.outage
}

pub fn tiers() -> &'static [Tier] {
    &TABLE.tier
}

/// A tier by its name, in any letter case.
pub fn tier(name: &str) -> Option<&'static Tier> {
    TABLE.tier.iter().find(|t| t.id.eq_ignore_ascii_case(name.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_whole() {
        assert_eq!(sample_rate().1, "84GB/h");
        assert_eq!(cancel().days, 6);
        for t in tiers() {
            assert!(std::ptr::eq(tier(&t.id.to_lowercase()).expect("its own name"), t));
            assert!(t.storage.is_sorted() && !t.source.is_empty());
        }
        let gp = tier("generalpurpose").expect("listed");
        assert_eq!([4, 7, 8, 16, 80].map(|n| gp.storage_bytes(n) >> 40), [2, 2, 8, 16, 16]);
        assert_eq!(tier("Hyperscale").map(|t| &t.id), None);
        let log = |tier: &Tier, cores, family| tier.log_bytes_per_second(cores, family).map(|n| n >> 20);
        // 4.5 a vCore, until the highest that one database gets.
        assert_eq!([4, 8, 14, 15, 80].map(|n| log(gp, n, None)), [18, 36, 63, 65, 65].map(Some));
        let bc = tier("BusinessCritical").expect("listed");
        assert_eq!([4, 21, 22, 80].map(|n| log(bc, n, Some("Gen5"))), [18, 94, 96, 96].map(Some));
        assert_eq!([4, 16, 17, 80].map(|n| log(bc, n, Some("G8IM"))), [48, 192, 192, 192].map(Some));
        assert_eq!(log(tier("NextGenGeneralPurpose").expect("listed"), 8, None), None);
    }
}

//! Databases of an instance; a linked one is among them (facts: arm-api 8).

use super::fields;
use serde::Deserialize;
use serde::Serialize;
use time::OffsetDateTime;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManagedDatabase {
    pub id: Option<String>,
    pub name: Option<String>,
    #[serde(default)]
    pub properties: DatabaseProperties,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DatabaseProperties {
    /// `Online`, `Restoring`, …: free text.
    pub status: Option<String>,
    pub collation: Option<String>,
    #[serde(deserialize_with = "fields::time", serialize_with = "time::serde::rfc3339::option::serialize")]
    pub creation_date: Option<OffsetDateTime>,
    #[serde(deserialize_with = "fields::time", serialize_with = "time::serde::rfc3339::option::serialize")]
    pub earliest_restore_point: Option<OffsetDateTime>,
    pub failover_group_id: Option<String>,
}

/// How long backups for a restore to any moment are kept (facts: failover-groups P25).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ShortRetention {
    pub properties: ShortRetentionProperties,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ShortRetentionProperties {
    pub retention_days: Option<u32>,
}

/// How long weekly, monthly and yearly backups are kept: ISO 8601 durations, `PT0S` for not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LongRetention {
    pub properties: LongRetentionProperties,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LongRetentionProperties {
    pub weekly_retention: Option<String>,
    pub monthly_retention: Option<String>,
    pub yearly_retention: Option<String>,
    pub week_of_year: Option<u32>,
}

impl LongRetentionProperties {
    /// `weekly P4W, yearly P5Y in week 1`; empty: none is kept.
    pub fn words(&self) -> String {
        let kept = |t: &Option<String>| t.clone().filter(|t| !t.is_empty() && t != "PT0S");
        let mut all = Vec::new();
        all.extend(kept(&self.weekly_retention).map(|t| format!("weekly {t}")));
        all.extend(kept(&self.monthly_retention).map(|t| format!("monthly {t}")));
        let week = self.week_of_year.filter(|w| *w > 0).map_or_else(String::new, |w| format!(" in week {w}"));
        all.extend(kept(&self.yearly_retention).map(|t| format!("yearly {t}{week}")));
        all.join(", ")
    }
}

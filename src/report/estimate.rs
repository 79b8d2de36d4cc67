//! `milink estimate`: how long seeding takes, and what happens meanwhile.

use super::compat::paragraph;
use super::dto::SCHEMA_VERSION;
use crate::base::text;
use crate::rules::limits;
use crate::rules::seeding::Estimate;
use crate::rules::seeding::Question;
use crate::rules::seeding::words;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

/// What was asked, as it was understood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EstimateInput {
    pub size_bytes: u64,
    pub rate_bytes_per_s: f64,
    /// Page that the rate comes from; null if it was given.
    pub rate_source: Option<String>,
    pub parallel: u32,
    /// 1: none; 2: half the bytes.
    pub compression: f64,
    pub log_rate_bytes_per_s: Option<f64>,
    pub tier: Option<String>,
    pub vcores: Option<u32>,
}

/// What the instance may write to its logs, bytes a second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EstimateLogCap {
    /// Whole instance; null: not known.
    pub instance_bytes_per_s: Option<f64>,
    pub database_min_bytes_per_s: Option<u64>,
    pub database_max_bytes_per_s: Option<u64>,
    /// `below`, `unclear`, `above` or `unknown`: the log rate against it.
    pub log_rate: String,
    pub source: String,
}

/// A part of the outage of a cutover, and what its length depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EstimateOutageTerm {
    pub name: String,
    pub depends_on: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EstimateReport {
    pub schema_version: u32,
    /// Bytes that cross the network for one database.
    pub stream_bytes: u64,
    /// Of the rate, for each seeding.
    pub share_bytes_per_s: f64,
    pub seeding_ms: u64,
    /// Log written by one database while it is seeded; null without a log rate.
    pub log_growth_bytes: Option<u64>,
    /// To send that log; null without a log rate, or if it never ends.
    pub catch_up_ms: Option<u64>,
    /// A link that is not seeded by then is cancelled.
    pub cancel_ms: u64,
    pub log_cap: Option<EstimateLogCap>,
    pub outage_terms: Vec<EstimateOutageTerm>,
    pub warnings: Vec<String>,
    pub input: EstimateInput,
}

/// The estimate as it is published; `rate_source` where the rate was not given.
pub fn report(q: &Question, e: Estimate, rate_source: Option<&str>) -> EstimateReport {
    EstimateReport {
        schema_version: SCHEMA_VERSION,
        stream_bytes: e.stream,
        share_bytes_per_s: e.share,
        seeding_ms: e.seeding_ms,
        log_growth_bytes: e.log_growth,
        catch_up_ms: e.catch_up_ms,
        cancel_ms: e.cancel_ms,
        log_cap: e.cap.map(|c| EstimateLogCap {
            instance_bytes_per_s: c.instance,
            database_min_bytes_per_s: c.database.map(|d| d.0),
            database_max_bytes_per_s: c.database.map(|d| d.1),
            log_rate: c.fit.word().to_owned(),
            source: c.source.to_owned(),
        }),
        outage_terms: limits::outage_terms()
            .iter()
            .map(|t| EstimateOutageTerm { name: t.term.clone(), depends_on: t.depends.clone() })
            .collect(),
        warnings: e.warnings,
        input: EstimateInput {
            size_bytes: q.size,
            rate_bytes_per_s: q.rate.bytes_per_s(),
            rate_source: rate_source.map(str::to_owned),
            parallel: q.parallel,
            compression: q.compression as f64 / 1000.0,
            log_rate_bytes_per_s: q.log.map(crate::base::units::Rate::bytes_per_s),
            tier: q.tier.map(|(tier, _)| tier.id.clone()),
            vcores: q.tier.map(|(_, cores)| cores),
        },
    }
}

fn a_second(bytes: f64) -> String {
    format!("{}/s", text::bytes(bytes as u64))
}

/// The time first; warnings are shown apart.
pub fn text(r: &EstimateReport, width: usize) -> String {
    let mut out = String::new();
    let mut line = |indent: &str, text: String| paragraph(&mut out, indent, &text, width);
    let i = &r.input;
    let several = match i.parallel {
        1 => String::new(),
        n => format!(" each, {n} at once"),
    };
    line("", format!("seeding {}{several}: {}", text::bytes(i.size_bytes), words(r.seeding_ms)));
    let given = i.rate_source.as_ref().map_or(String::new(), |s| format!(" (sample of the documentation: {s})"));
    line("  ", format!("rate: {}{given}", a_second(i.rate_bytes_per_s)));
    if i.parallel > 1 {
        line("  ", format!("share of each seeding: {}", a_second(r.share_bytes_per_s)));
    }
    if r.stream_bytes != i.size_bytes {
        line("  ", format!("over the network: {} (compression {})", text::bytes(r.stream_bytes), i.compression));
    }
    if let (Some(grown), Some(rate)) = (r.log_growth_bytes, i.log_rate_bytes_per_s) {
        line("  ", format!("log meanwhile: {} at {}", text::bytes(grown), a_second(rate)));
        let catch_up = r.catch_up_ms.map_or_else(|| "never".to_owned(), words);
        line("  ", format!("catching up afterwards: {catch_up}"));
    }
    if let (Some(c), Some(tier), Some(cores)) = (&r.log_cap, &i.tier, i.vcores) {
        let instance = c.instance_bytes_per_s.map_or_else(|| "not known here".to_owned(), a_second);
        let database =
            c.database_min_bytes_per_s.zip(c.database_max_bytes_per_s).map_or(String::new(), |(low, high)| {
                format!(", {} to {} for a database", a_second(low as f64), a_second(high as f64))
            });
        let fit =
            if i.log_rate_bytes_per_s.is_some() { format!("; the log rate is {}", c.log_rate) } else { String::new() };
        line(
            "  ",
            format!("log writes of {tier} with {}: {instance}{database}{fit}", text::count(cores as usize, "vCore")),
        );
        line("    ", format!("source: {}", c.source));
    }
    line("", format!("not seeded within {}: the link is cancelled", words(r.cancel_ms)));
    line("", "outage of the cutover, whatever the size:".to_owned());
    for term in &r.outage_terms {
        line("  ", format!("{}: {}", term.name, term.depends_on));
    }
    out
}

//! Durations as people write them: `500ms`, `90s`, `15m`, `1.5h`, `6d`.

use schemars::JsonSchema;
use schemars::Schema;
use schemars::SchemaGenerator;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::Unexpected;
use std::borrow::Cow;
use std::time::Duration;

const EXPECTED: &str = "a duration such as `90s`, `15m` or `1.5h`";
/// Longest duration taken, 10 years: beyond it deadlines overflow and nobody meant it.
const MAX_S: f64 = 10.0 * 365.0 * 86_400.0;

/// A duration in the estate file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

/// Reads `<number><unit>` with unit `ms`, `s`, `m`, `h` or `d`; a number may have a fraction, and parts may follow each other (`1h30m`).
pub fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut total_s = 0.0_f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let value: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let unit_s = match &rest[..letters] {
            "ms" => 0.001,
            "s" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        total_s += value * unit_s;
        rest = rest[letters..].trim_start();
    }
    // Rounded to the millisecond, so that `0.1s` is 100 ms and not a hair less.
    (total_s <= MAX_S).then(|| Duration::from_millis((total_s * 1000.0).round() as u64))
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Span;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(EXPECTED)
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Span, E> {
                parse(text).map(Span).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &EXPECTED))
            }
        }
        d.deserialize_str(Visitor)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A duration: number and unit, unit one of ms, s, m, h, d.",
            "pattern": r"^\s*([0-9]+(\.[0-9]+)?(ms|s|m|min|h|d)\s*)+$",
            "examples": ["90s", "15m", "1.5h"]
        })
    }
}

//! Forgiving readers for single members.

use serde::Deserialize;
use serde::Deserializer;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// RFC 3339 with 0 to 7 fraction digits; anything else counts as absent.
pub(super) fn time<'de, D: Deserializer<'de>>(d: D) -> Result<Option<OffsetDateTime>, D::Error> {
    let value = Option::<serde_json::Value>::deserialize(d)?;
    Ok(value.as_ref().and_then(serde_json::Value::as_str).and_then(|t| OffsetDateTime::parse(t, &Rfc3339).ok()))
}

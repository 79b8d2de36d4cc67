//! Rows by column name, and values as the views show them.

use crate::lab::tsql::value::Value;
use crate::lab::world::hadr::Role;
use crate::lab::world::lsn::Lsn;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// One row; a column that is missing is NULL.
pub(super) type Row = BTreeMap<&'static str, Value>;

/// Builds a row column by column.
#[derive(Default)]
pub(super) struct Builder(Row);

impl Builder {
    pub(super) fn put(mut self, column: &'static str, value: impl Into<Value>) -> Self {
        self.0.insert(column, value.into());
        self
    }
    /// A code and its description: `x` and `x_desc`.
    pub(super) fn code(self, columns: (&'static str, &'static str), code: Option<u8>, names: &[(u8, &str)]) -> Self {
        let text = code.and_then(|c| names.iter().find(|n| n.0 == c)).map(|n| n.1);
        self.put(columns.0, code.map(Value::TinyInt)).put(columns.1, text)
    }
    pub(super) fn build(self) -> Row {
        self.0
    }
}

/// `datetime`: 1/300 s resolution.
pub(super) fn datetime(t: OffsetDateTime) -> Value {
    /// 100 ns units of a third of a centisecond, times three.
    const TICKS_PER_SECOND: u64 = 10_000_000;
    let since = t.time() - time::Time::MIDNIGHT;
    let ticks = (since.whole_nanoseconds() / 100) as u64;
    let thirds = (ticks * 300 + TICKS_PER_SECOND / 2) / TICKS_PER_SECOND;
    let (carry, thirds) = (thirds / (300 * 86_400), thirds % (300 * 86_400));
    let days = t.date().to_julian_day() - first_day() + carry as i32;
    Value::DateTime { days, ticks: (thirds * TICKS_PER_SECOND + 150) / 300 }
}

/// Julian day of 0001-01-01.
fn first_day() -> i32 {
    time::Date::from_ordinal_date(1, 1).map_or(1_721_426, time::Date::to_julian_day)
}

/// `numeric(25,0)`.
pub(super) fn numeric(lsn: Lsn) -> Value {
    Value::Decimal { unscaled: lsn.numeric(), scale: 0 }
}

/// A log block id, padded.
pub(super) fn block(lsn: Lsn) -> Value {
    numeric(lsn.block_id())
}

/// Kilobytes, rounded up, as queues and rates are shown.
pub(super) fn kilobytes(bytes: i64) -> Value {
    Value::BigInt((bytes + 1023) / 1024)
}

pub(super) const ROLES: [(u8, &str); 3] = [(0, "RESOLVING"), (1, "PRIMARY"), (2, "SECONDARY")];
pub(super) const HEALTH: [(u8, &str); 3] = [(0, "NOT_HEALTHY"), (1, "PARTIALLY_HEALTHY"), (2, "HEALTHY")];

/// Health of a copy: asynchronous is healthy at SYNCHRONIZING, synchronous only at SYNCHRONIZED.
pub(super) fn health(sync_state: u8, suspended: bool, synchronous: bool) -> u8 {
    match (sync_state, synchronous) {
        _ if suspended => 0,
        (2, _) | (1, false) => 2,
        (1, true) => 1,
        _ => 0,
    }
}

/// Role as its number.
pub(super) fn role(role: Role) -> Option<u8> {
    Some(role as u8)
}

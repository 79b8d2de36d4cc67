//! Dates and times between the engine's units and the wire's (MS-TDS 2.2.5.5.1.8 and 2.2.5.5.1.9).

use bytes::BufMut;
use bytes::BytesMut;

/// 1900-01-01, the zero of datetime, in days since 0001-01-01.
const YEAR_1900: i32 = 693_595;
/// 9999-12-31 in days since 0001-01-01.
const LAST_DAY: i32 = 3_652_058;
/// 100 ns units in a day.
const DAY: u64 = 864_000_000_000;
/// 1/300 s in a day.
const DAY_300: u32 = 25_920_000;
/// 100 ns units in a minute.
const MINUTE: u64 = 600_000_000;

/// Bytes of a time with `scale` fractional digits.
pub(super) fn time_len(scale: u8) -> usize {
    match scale {
        0..=2 => 3,
        3 | 4 => 4,
        _ => 5,
    }
}

fn unit(scale: u8) -> u64 {
    10_u64.pow(u32::from(7 - scale.min(7)))
}

/// Appends a time; what is finer than the scale is rounded, `days` takes the carry.
pub(super) fn put_time(out: &mut BytesMut, days: &mut i32, ticks: u64, scale: u8) {
    let unit = unit(scale);
    let mut count = (ticks + unit / 2) / unit;
    if count >= DAY / unit {
        count = 0;
        *days += 1;
    }
    out.put_uint_le(count, time_len(scale));
}

pub(super) fn put_date(out: &mut BytesMut, days: i32) -> Option<()> {
    if !(0..=LAST_DAY).contains(&days) {
        return None;
    }
    out.put_uint_le(days as u64, 3);
    Some(())
}

/// datetime: days since 1900 and 1/300 s, rounded.
pub(super) fn put_datetime(out: &mut BytesMut, days: i32, ticks: u64) -> Option<()> {
    let mut count = (ticks.min(DAY) * 3 + 50_000) / 100_000;
    let mut days = days;
    if count >= u64::from(DAY_300) {
        count = 0;
        days += 1;
    }
    if !(0..=LAST_DAY).contains(&days) {
        return None;
    }
    out.put_i32_le(days - YEAR_1900);
    out.put_u32_le(count as u32);
    Some(())
}

/// smalldatetime: days since 1900 and minutes, rounded.
pub(super) fn put_smalldatetime(out: &mut BytesMut, days: i32, ticks: u64) -> Option<()> {
    let mut minutes = (ticks.min(DAY) + MINUTE / 2) / MINUTE;
    let mut days = days;
    if minutes >= 1440 {
        minutes = 0;
        days += 1;
    }
    out.put_u16_le(u16::try_from(days - YEAR_1900).ok()?);
    out.put_u16_le(minutes as u16);
    Some(())
}

fn little(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b))
}

/// 100 ns units of a time of `scale`; `None` beyond a day.
pub(super) fn time(bytes: &[u8], scale: u8) -> Option<u64> {
    if bytes.len() != time_len(scale) {
        return None;
    }
    little(bytes).checked_mul(unit(scale)).filter(|ticks| *ticks < DAY)
}

pub(super) fn date(bytes: &[u8]) -> Option<i32> {
    let days = little(bytes) as i32;
    (bytes.len() == 3 && days <= LAST_DAY).then_some(days)
}

pub(super) fn datetime(bytes: [u8; 8]) -> Option<(i32, u64)> {
    let [d0, d1, d2, d3, t0, t1, t2, t3] = bytes;
    let days = i32::from_le_bytes([d0, d1, d2, d3]).checked_add(YEAR_1900)?;
    let count = u32::from_le_bytes([t0, t1, t2, t3]);
    let valid = (0..=LAST_DAY).contains(&days) && count < DAY_300;
    valid.then_some((days, (u64::from(count) * 100_000 + 1) / 3))
}

pub(super) fn smalldatetime(bytes: [u8; 4]) -> Option<(i32, u64)> {
    let days = i32::from(u16::from_le_bytes([bytes[0], bytes[1]])) + YEAR_1900;
    let minutes = u64::from(u16::from_le_bytes([bytes[2], bytes[3]]));
    (minutes < 1440).then_some((days, minutes * MINUTE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datetime_counts_three_hundredths_and_rounds() {
        for (ticks, count) in [(0, 0_u32), (33_333, 1), (30_000, 1), (66_667, 2), (16_000, 0), (DAY - 1, 0)] {
            let mut out = BytesMut::new();
            put_datetime(&mut out, YEAR_1900, ticks).unwrap();
            assert_eq!(out[4..], count.to_le_bytes(), "{ticks}");
            assert_eq!(out[0] == 1, ticks == DAY - 1, "the last instant carries into the next day");
        }
    }

    #[test]
    fn every_three_hundredth_survives() {
        for count in [0, 1, 2, 299, 300, DAY_300 - 1] {
            let mut wire = [0; 8];
            wire[4..].copy_from_slice(&count.to_le_bytes());
            let (days, ticks) = datetime(wire).unwrap();
            let mut out = BytesMut::new();
            put_datetime(&mut out, days, ticks).unwrap();
            assert_eq!(out[..], wire);
        }
    }

    #[test]
    fn impossible_times_are_refused() {
        assert_eq!(time(&[0xFF; 5], 7), None);
        assert_eq!(time(&[0; 3], 7), None);
        assert_eq!(date(&[0xFF; 3]), None);
        assert_eq!(datetime([0xFF; 8]), None);
        assert_eq!(smalldatetime([0, 0, 0xFF, 0xFF]), None);
        assert_eq!(put_date(&mut BytesMut::new(), -1), None);
        assert_eq!(put_smalldatetime(&mut BytesMut::new(), 0, 0), None);
    }

    #[test]
    fn a_time_is_rounded_to_its_scale() {
        let mut out = BytesMut::new();
        let mut days = 5;
        put_time(&mut out, &mut days, DAY - 1, 0);
        assert_eq!((&out[..], days), (&[0, 0, 0][..], 6));
        assert_eq!(time(&[1, 0, 0], 0), Some(10_000_000));
    }
}

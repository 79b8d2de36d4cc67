//! The proleptic Gregorian calendar: days since 0001-01-01, 100 ns ticks since midnight.

/// Ticks of a day.
pub const DAY: i64 = 864_000_000_000;
/// Ticks of a second.
pub const SECOND: i64 = 10_000_000;
/// 1900-01-01, the zero of `datetime`.
pub const EPOCH_1900: i32 = 693_595;
/// 1753-01-01, the first day of `datetime`.
pub const MIN_DATETIME: i32 = 639_905;
/// 9999-12-31.
pub const MAX_DATE: i32 = 3_652_058;

/// Year, month, day.
pub fn civil(days: i32) -> (i32, u32, u32) {
    let z = i64::from(days) + 306;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
    ((yoe + era * 400 + i64::from(month <= 2)) as i32, month, day)
}

/// Days since 0001-01-01; `None` outside of years 1 to 9999 or for a day the month lacks.
pub fn days(year: i32, month: u32, day: u32) -> Option<i32> {
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || day < 1 || day > month_length(year, month) {
        return None;
    }
    let y = i64::from(year) - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = (i64::from(month) + 9) % 12;
    let doy = (153 * mp + 2) / 5 + i64::from(day) - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    Some((era * 146_097 + doe - 306) as i32)
}

/// Days of a month.
pub fn month_length(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// 1 Sunday to 7 Saturday (DATEFIRST 7).
pub fn weekday(days: i32) -> i32 {
    (days + 1).rem_euclid(7) + 1
}

/// Day of the year from 1.
pub fn day_of_year(d: i32) -> i32 {
    d - days(civil(d).0, 1, 1).unwrap_or(0) + 1
}

/// Week of the year, weeks beginning on Sunday.
pub fn week(d: i32) -> i32 {
    let first = days(civil(d).0, 1, 1).unwrap_or(0);
    (day_of_year(d) + weekday(first) - 2) / 7 + 1
}

/// ISO 8601 week.
pub fn iso_week(d: i32) -> i32 {
    let thursday = d - d.rem_euclid(7) + 3;
    (day_of_year(thursday) - 1) / 7 + 1
}

/// Rounds ticks to 1/300 s; the result may be a whole day.
pub fn round_datetime(ticks: u64) -> u64 {
    let units = (ticks * 3 + 50_000) / 100_000;
    (units * 100_000 + 1) / 3
}

/// Rounds ticks to `scale` fractional digits of a second.
pub fn round_scale(ticks: u64, scale: u8) -> u64 {
    let unit = 10u64.pow(u32::from(7 - scale.min(7)));
    (ticks + unit / 2) / unit * unit
}

/// English month names.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// English day names, Sunday first.
pub const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

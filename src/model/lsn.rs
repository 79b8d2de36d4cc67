//! Log sequence numbers as SQL Server reports them: numeric(25,0), wider than 64 bits.

use std::fmt;

/// An LSN. Compare only the same column with the same column (facts: sql-server-hadr (b)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn(pub u128);

impl Lsn {
    /// From the decimal text used by ARM and by `CAST(… AS varchar)`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim();
        (!digits.is_empty() && digits.len() <= 25 && digits.bytes().all(|b| b.is_ascii_digit()))
            .then(|| digits.parse().ok().map(Lsn))
            .flatten()
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl serde::Serialize for Lsn {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> serde::Deserialize<'de> for Lsn {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Lsn::parse(&text).ok_or_else(|| serde::de::Error::custom("an LSN is up to 25 decimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_maximum_sentinel_fits_and_orders() {
        let max = Lsn::parse("4294967295429496729500001").expect("parses");
        assert!(Lsn(37_000_000_034_400_001) < max);
        assert_eq!(max.to_string(), "4294967295429496729500001");
        for bad in ["", "-1", "1e3", "12345678901234567890123456", "0x1"] {
            assert_eq!(Lsn::parse(bad), None, "{bad}");
        }
    }
}

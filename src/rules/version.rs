//! SQL Server builds, compared part by part.

use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error;
use std::fmt;

/// A four-part build number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Build(pub [u32; 4]);

impl Build {
    /// From `16.0.4125.3`; missing trailing parts are 0.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = [0; 4];
        let mut count = 0;
        for part in text.trim().split('.') {
            // `parse` would take a sign.
            if !part.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            *parts.get_mut(count)? = part.parse().ok()?;
            count += 1;
        }
        (count >= 2).then_some(Self(parts))
    }
    /// From exactly four numbers, as `SERVERPROPERTY('ProductVersion')` gives them: half a number would be judged as another build.
    pub fn parse_whole(text: &str) -> Option<Self> {
        (text.split('.').count() == 4).then(|| Self::parse(text)).flatten()
    }
    pub fn major(self) -> u32 {
        self.0[0]
    }
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}.{}", self.0[0], self.0[1], self.0[2], self.0[3])
    }
}

impl<'de> Deserialize<'de> for Build {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse_whole(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is no build of four numbers")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_part_by_part() {
        let b = |t| Build::parse(t).expect("parses");
        assert!(b("13.0.6490.1") < b("13.0.7000.253"));
        assert!(b("16.0.4125.3") > b("16.0.4095.4"));
        assert_eq!(b("17.0").to_string(), "17.0.0.0");
        for bad in ["", "16", "16.x", "1.2.3.4.5", "-1.0", "+15.0", "15.+0", "1..2", "99999999999.0"] {
            assert_eq!(Build::parse(bad), None, "{bad}");
        }
        assert_eq!(Build::parse_whole("17.0"), None);
        assert_eq!(Build::parse_whole(" 15.0.4312.2 "), Some(b("15.0.4312.2")));
    }
}

//! Ranges of addresses and of ports.

use std::net::Ipv4Addr;

/// First and last address, both in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub first: u32,
    pub last: u32,
}

impl Range {
    /// `10.0.16.0/24`, or one address. `None`: no IPv4 range (a service tag, IPv6).
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/').unwrap_or((text, "32"));
        let bits: u32 = bits.parse().ok().filter(|b| *b <= 32)?;
        let address = u32::from(address.parse::<Ipv4Addr>().ok()?);
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        Some(Self { first: address & mask, last: address | !mask })
    }
    pub fn holds(self, ip: Ipv4Addr) -> bool {
        (self.first..=self.last).contains(&u32::from(ip))
    }
    /// Addresses in it.
    pub fn size(self) -> u64 {
        u64::from(self.last - self.first) + 1
    }
}

/// Whether one of the texts is a range that holds the address.
pub fn any_holds(texts: &[String], ip: Ipv4Addr) -> bool {
    texts.iter().filter_map(|t| Range::parse(t)).any(|r| r.holds(ip))
}

/// First and last port, both in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ports {
    pub first: u16,
    pub last: u16,
}

impl Ports {
    pub const fn one(port: u16) -> Self {
        Self { first: port, last: port }
    }
    /// `5022`, `11000-11999`, `*`
    pub fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self { first: 0, last: u16::MAX });
        }
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        (first <= last).then_some(Self { first, last })
    }
    /// What the two have in common.
    pub fn common(self, other: Self) -> Option<Self> {
        let (first, last) = (self.first.max(other.first), self.last.min(other.last));
        (first <= last).then_some(Self { first, last })
    }
}

impl std::fmt::Display for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.first == self.last { write!(f, "{}", self.first) } else { write!(f, "{}-{}", self.first, self.last) }
    }
}

/// `5022, 11000-11999`, neighbours joined.
pub fn ports_text(ports: &[Ports]) -> String {
    let mut all = ports.to_vec();
    all.sort_unstable();
    let mut joined: Vec<Ports> = Vec::new();
    for p in all {
        match joined.last_mut() {
            Some(last) if p.first <= last.last.saturating_add(1) => last.last = last.last.max(p.last),
            _ => joined.push(p),
        }
    }
    joined.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

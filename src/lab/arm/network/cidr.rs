//! Ranges of IPv4 addresses.

use std::net::Ipv4Addr;

/// `10.0.16.0/24`; a bare address is a range of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    first: u32,
    bits: u8,
}

impl Cidr {
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/').unwrap_or((text, "32"));
        let bits: u8 = bits.parse().ok().filter(|b| *b <= 32)?;
        let address: Ipv4Addr = address.parse().ok()?;
        Some(Self { first: u32::from(address) & mask(bits), bits })
    }
    pub fn bits(self) -> u8 {
        self.bits
    }
    pub fn holds(self, ip: Ipv4Addr) -> bool {
        u32::from(ip) & mask(self.bits) == self.first
    }
    pub fn overlaps(self, other: Self) -> bool {
        let bits = mask(self.bits.min(other.bits));
        self.first & bits == other.first & bits
    }
    pub fn lies_in(self, outer: Self) -> bool {
        self.bits >= outer.bits && self.overlaps(outer)
    }
}

fn mask(bits: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0)
}

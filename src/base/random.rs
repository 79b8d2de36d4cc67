//! Randomness comes in through here, so that a simulation can be played again from its seed.

use std::cell::RefCell;
use uuid::Uuid;

/// A source of random bits.
pub trait Random {
    fn next(&mut self) -> u64;
}

/// `SplitMix64` (Steele, Lea, Flood 2014): every seed gives another sequence, the same seed the same. Never for secrets of a real estate.
#[derive(Debug, Clone)]
pub struct Seeded(u64);

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }
    /// 0 to `bound` - 1; 0 for a bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next() % bound }
    }
    /// One of `all`; none of an empty list.
    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len() as u64) as usize)
    }
    /// True in so many of a hundred.
    pub fn percent(&mut self, n: u64) -> bool {
        self.below(100) < n
    }
    /// Another sequence, told apart by `name`.
    #[must_use]
    pub fn fork(&self, name: &str) -> Self {
        let mixed =
            name.bytes().fold(self.0 ^ 0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        let mut fork = Self(mixed);
        fork.next();
        fork
    }
}

impl Random for Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

thread_local! {
    static AMBIENT: RefCell<Option<Box<dyn Random>>> = const { RefCell::new(None) };
}

/// While it lives, this thread draws from another source than the operating system's. A simulation runs on one thread.
pub struct Ambient {
    before: Option<Box<dyn Random>>,
}

impl Ambient {
    #[must_use]
    pub fn of(source: impl Random + 'static) -> Self {
        Self { before: AMBIENT.with(|a| a.borrow_mut().replace(Box::new(source))) }
    }
}

impl Drop for Ambient {
    fn drop(&mut self) {
        let before = self.before.take();
        AMBIENT.with(|a| *a.borrow_mut() = before);
    }
}

/// A version 4 GUID: of the operating system's randomness, or of the simulation's.
pub fn uuid() -> Uuid {
    let drawn = AMBIENT.with(|a| a.borrow_mut().as_mut().map(|s| (s.next(), s.next())));
    match drawn {
        Some((high, low)) => {
            let bits = u128::from(high) << 64 | u128::from(low);
            uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
        }
        None => Uuid::new_v4(),
    }
}

/// True while a simulation is being played on this thread: what costs time and shows in no trace may be shared between runs.
pub fn is_seeded() -> bool {
    AMBIENT.with(|a| a.borrow().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_plays_again_and_only_while_it_lives() {
        let draw = |seed| {
            let _ambient = Ambient::of(Seeded::new(seed));
            (0..3).map(|_| uuid()).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert!(draw(7).iter().all(|u| u.get_version_num() == 4));
        assert!(!is_seeded());
        assert_ne!(uuid(), uuid());
    }

    #[test]
    fn forks_differ_from_each_other() {
        let seed = Seeded::new(1);
        assert_ne!(seed.fork("a").next(), seed.fork("b").next());
        assert_eq!(seed.fork("a").next(), seed.fork("a").next());
    }
}

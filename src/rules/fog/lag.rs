//! Which way the lag of a database goes (facts: failover-groups 9.4, 10.2).

use serde::Serialize;

/// Fewer looks tell no direction.
pub const SAMPLES_MIN: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trend {
    /// Each look found more than the one before.
    Growing,
    Shrinking,
    Steady,
    /// Too few looks, or one of them found no lag.
    Unknown,
}

impl Trend {
    pub fn word(self) -> &'static str {
        match self {
            Self::Growing => "GROWING",
            Self::Shrinking => "shrinking",
            Self::Steady => "steady",
            Self::Unknown => "unknown",
        }
    }
}

/// Of looks in order of time, seconds; `None`: it was not known then, which is not zero.
pub fn trend(samples: &[Option<i64>]) -> Trend {
    let Some(known) = samples.iter().copied().collect::<Option<Vec<i64>>>() else { return Trend::Unknown };
    if known.len() < SAMPLES_MIN {
        return Trend::Unknown;
    }
    let every = |is: fn(i64, i64) -> bool| known.windows(2).all(|w| is(w[0], w[1]));
    if every(|a, b| b > a) {
        Trend::Growing
    } else if every(|a, b| b < a) {
        Trend::Shrinking
    } else {
        Trend::Steady
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_rising_looks_are_a_growing_lag() {
        for (samples, expected) in [
            (vec![Some(1), Some(2), Some(5)], Trend::Growing),
            (vec![Some(5), Some(3), Some(0)], Trend::Shrinking),
            (vec![Some(1), Some(2), Some(2)], Trend::Steady),
            (vec![Some(0), Some(0), Some(0)], Trend::Steady),
            (vec![Some(1), None, Some(3)], Trend::Unknown),
            (vec![Some(1), Some(2)], Trend::Unknown),
            (Vec::new(), Trend::Unknown),
        ] {
            assert_eq!(trend(&samples), expected, "{samples:?}");
        }
    }
}

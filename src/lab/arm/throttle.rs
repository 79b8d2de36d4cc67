//! ARM's token buckets, one set per principal (facts: arm-api 1.4).

use hyper::http::Method;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use tokio::time::Instant;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Read,
    Write,
    Delete,
}

impl Class {
    pub fn of(method: &Method) -> Self {
        match *method {
            Method::GET | Method::HEAD => Self::Read,
            Method::DELETE => Self::Delete,
            _ => Self::Write,
        }
    }
    /// Size of the bucket, and tokens that come back per second.
    fn bucket(self) -> (f64, f64) {
        match self {
            Self::Read => (250.0, 25.0),
            Self::Write | Self::Delete => (200.0, 10.0),
        }
    }
    /// Names of the answer headers with the most that was ever seen in each.
    pub fn headers(self) -> &'static [(&'static str, u32)] {
        match self {
            Self::Read => &[("x-ms-ratelimit-remaining-subscription-global-reads", 16_499)],
            Self::Write => &[
                ("x-ms-ratelimit-remaining-subscription-writes", 799),
                ("x-ms-ratelimit-remaining-subscription-global-writes", 11_999),
            ],
            Self::Delete => &[
                ("x-ms-ratelimit-remaining-subscription-deletes", 799),
                ("x-ms-ratelimit-remaining-subscription-global-deletes", 11_999),
            ],
        }
    }
}

/// Buckets by principal and class.
#[derive(Default)]
pub struct Throttle {
    buckets: Mutex<BTreeMap<(String, Class), (f64, Instant)>>,
}

impl Throttle {
    /// Takes a token. `Ok`: share of the bucket that is left, 0 to 1. `Err`: seconds until there is one.
    pub fn take(&self, principal: &str, class: Class) -> Result<f64, u32> {
        let (size, per_second) = class.bucket();
        let now = Instant::now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let (level, since) = buckets.entry((principal.to_owned(), class)).or_insert((size, now));
        *level = (*level + since.elapsed().as_secs_f64() * per_second).min(size);
        *since = now;
        if *level < 1.0 {
            return Err((((1.0 - *level) / per_second).ceil() as u32).max(1));
        }
        *level -= 1.0;
        Ok(*level / size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn an_empty_bucket_refuses_and_refills() {
        let throttle = Throttle::default();
        for _ in 0..200 {
            assert!(throttle.take("p", Class::Write).is_ok());
        }
        assert_eq!(throttle.take("p", Class::Write), Err(1));
        assert!(throttle.take("p", Class::Read).is_ok() && throttle.take("q", Class::Write).is_ok());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(throttle.take("p", Class::Write).is_ok());
    }
}

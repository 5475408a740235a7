//! Limits by address and by account, in this process.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::error::Problem;

/// What is counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Any request, by address.
    Address,
    /// Any request, by signed-in user.
    Account,
    /// Sign-in, sign-up, reset and invitation tokens, by address.
    Credentials,
    /// Options for a passkey, which the sign-in page asks for by itself, by address.
    PasskeyOptions,
    /// Mails that a request makes us send to an address; the key names the purpose too, so that one does not use up another's.
    Mail,
    /// Bookings and changes of bookings by visitors, by address.
    PublicChange,
    /// Lines of the log about one kind of refusal, by address.
    Noted,
}

/// The buckets of this process.
pub struct RateLimits {
    buckets: Vec<(Limit, DefaultKeyedRateLimiter<String>)>,
    /// How often something was counted in the minute that stands beside it.
    counted: Mutex<HashMap<[u8; 32], (i64, i32)>>,
}

impl RateLimits {
    /// `factor` multiplies every limit; above 1 only for tests of load.
    pub fn new(factor: u32) -> Self {
        let per_second = |rate: u32| Quota::per_second(times(rate, factor));
        let per_minute = |rate: u32| Quota::per_minute(times(rate, factor));
        let per_hour = |rate: u32| Quota::per_hour(times(rate, factor));
        Self {
            buckets: [
                (Limit::Address, per_second(50).allow_burst(times(300, factor))),
                (Limit::Account, per_second(50).allow_burst(times(300, factor))),
                (Limit::Credentials, per_minute(20)),
                (Limit::PasskeyOptions, per_minute(60)),
                (Limit::Mail, per_hour(6)),
                (Limit::PublicChange, per_minute(30)),
                (Limit::Noted, Quota::per_minute(NonZeroU32::MIN)),
            ]
            .map(|(limit, quota)| (limit, RateLimiter::keyed(quota)))
            .into(),
            counted: Mutex::default(),
        }
    }

    /// # Errors
    /// 429 with the seconds to wait.
    pub fn check(&self, limit: Limit, key: &str) -> Result<(), Problem> {
        let Some((_, bucket)) = self.buckets.iter().find(|(name, _)| *name == limit) else { return Ok(()) };
        bucket.check_key(&key.to_owned()).map_err(|refused| {
            let wait = refused.wait_time_from(DefaultClock::default().now());
            Problem::rate_limited(wait.as_secs() + 1)
        })
    }

    /// # Errors
    /// As [`RateLimits::check`], by the network an address belongs to: an IPv6 customer has a whole /64.
    pub fn check_address(&self, limit: Limit, address: Option<IpAddr>) -> Result<(), Problem> {
        match address {
            Some(address) => self.check(limit, &prefix(address)),
            None => Ok(()),
        }
    }

    /// Counts what is to be written down, and answers by how much to add to what was written of that minute. It doubles from one to
    /// the next, so that a flood of thousands is written a dozen times.
    pub fn due_count(&self, key: [u8; 32], minute: i64) -> Option<i32> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, count) = counted.entry(key).or_insert((minute, 0));
        if *of != minute {
            (*of, *count) = (minute, 0);
        }
        *count = count.saturating_add(1);
        (count.count_ones() == 1).then(|| *count - *count / 2)
    }

    /// Forgets keys that have recovered, and counts of minutes that are over; called now and then, so that the buckets stay small.
    pub fn forget_idle(&self, minute: i64) {
        for (_, bucket) in &self.buckets {
            bucket.retain_recent();
            bucket.shrink_to_fit();
        }
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        counted.retain(|_, (of, _)| *of >= minute);
        counted.shrink_to_fit();
    }
}

fn times(rate: u32, factor: u32) -> NonZeroU32 {
    NonZeroU32::new(rate.saturating_mul(factor)).unwrap_or(NonZeroU32::MIN)
}

/// The address for IPv4, the /64 for IPv6.
pub fn prefix(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_written_in_steps_that_double() {
        let limits = RateLimits::new(1);
        let due = |minute| limits.due_count([1; 32], minute);
        let written: Vec<i32> = (0..1000).filter_map(|_| due(7)).collect();
        assert_eq!(written, [1, 1, 2, 4, 8, 16, 32, 64, 128, 256], "of a thousand, 512 are written by now");
        assert_eq!(due(8), Some(1), "each minute begins anew");
        limits.forget_idle(9);
        assert!(limits.counted.lock().expect("counts").is_empty());
    }
}

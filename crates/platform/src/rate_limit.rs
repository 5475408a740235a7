//! Limits by address and by account, in this process.

use std::net::IpAddr;
use std::num::NonZeroU32;

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
    /// Mails that a request makes us send to an address; the key names the purpose too, so that one does not use up another's.
    Mail,
    /// Bookings and changes of bookings by visitors, by address.
    PublicChange,
    /// Lines of the log about one kind of refusal, by address.
    Noted,
}

/// The buckets of this process.
pub struct RateLimits(Vec<(Limit, DefaultKeyedRateLimiter<String>)>);

impl RateLimits {
    /// `factor` multiplies every limit; above 1 only for tests of load.
    pub fn new(factor: u32) -> Self {
        let per_second = |rate: u32| Quota::per_second(times(rate, factor));
        let per_minute = |rate: u32| Quota::per_minute(times(rate, factor));
        let per_hour = |rate: u32| Quota::per_hour(times(rate, factor));
        Self(
            [
                (Limit::Address, per_second(50).allow_burst(times(300, factor))),
                (Limit::Account, per_second(50).allow_burst(times(300, factor))),
                (Limit::Credentials, per_minute(20)),
                (Limit::Mail, per_hour(6)),
                (Limit::PublicChange, per_minute(30)),
                (Limit::Noted, Quota::per_minute(NonZeroU32::MIN)),
            ]
            .map(|(limit, quota)| (limit, RateLimiter::keyed(quota)))
            .into(),
        )
    }

    /// # Errors
    /// 429 with the seconds to wait.
    pub fn check(&self, limit: Limit, key: &str) -> Result<(), Problem> {
        let Some((_, bucket)) = self.0.iter().find(|(name, _)| *name == limit) else { return Ok(()) };
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

    /// Forgets keys that have recovered; called now and then, so that the buckets stay small.
    pub fn forget_idle(&self) {
        for (_, bucket) in &self.0 {
            bucket.retain_recent();
            bucket.shrink_to_fit();
        }
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

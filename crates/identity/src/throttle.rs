//! Waits after failed sign-ins, counted by address of the account and network of the caller, so that nobody locks
//! another out from elsewhere.

use std::net::IpAddr;

use platform::crypto::hmac;
use platform::error::{Problem, Result};
use platform::text::email_key;
use platform::time::Timestamp;
use platform::{App, rate_limit};
use sqlx::PgConnection;
use uuid::Uuid;

/// Failures older than this are forgotten.
const MEMORY_SECONDS: i64 = 24 * 3600;

/// Seconds to wait after that many failures in a row: short for who mistypes, and after a hundred (the limit of NIST
/// SP 800-63B-4, 3.2.2) too long for who guesses.
fn wait(failures: i32) -> i64 {
    match failures {
        ..=2 => 1,
        3..=8 => 3,
        9..=24 => 5,
        25..=99 => 10,
        100.. => 24 * 3600,
    }
}

/// Whose failures are counted together.
#[derive(Clone, Copy)]
pub struct Key([u8; 32]);

impl Key {
    pub fn new(app: &App, email: &str, address: Option<IpAddr>) -> Self {
        let network = address.map(rate_limit::prefix).unwrap_or_default();
        Self(hmac(app.keys.derive("login throttle").as_ref(), &[email_key(email).as_bytes(), b"\0", network.as_bytes()]))
    }

    /// Of a browser that the user signed in with before, whatever others try on the account.
    pub fn of_device(app: &App, device: Uuid) -> Self {
        Self(hmac(app.keys.derive("login throttle").as_ref(), &[b"device\0", device.as_bytes()]))
    }

    /// Of a user's second factor, from wherever it is tried by who knows the password.
    pub fn of_second_factor(app: &App, user: Uuid) -> Self {
        Self(hmac(app.keys.derive("login throttle").as_ref(), &[b"second factor\0", user.as_bytes()]))
    }

    /// Of the same in a browser that the user has shown it in before, which the password alone does not lead to.
    pub fn of_second_factor_on(app: &App, device: Uuid) -> Self {
        Self(hmac(app.keys.derive("login throttle").as_ref(), &[b"second factor on device\0", device.as_bytes()]))
    }

    /// Of the same in the user's open sessions, all together: a session that goes on in another tenant has another id.
    pub fn of_second_factor_inside(app: &App, user: Uuid) -> Self {
        Self(hmac(app.keys.derive("login throttle").as_ref(), &[b"second factor inside\0", user.as_bytes()]))
    }

    /// Of the code of a mailed link, from wherever it is tried.
    pub fn of_mail_link(app: &App, link: Uuid) -> Self {
        Self(hmac(app.keys.derive("login throttle").as_ref(), &[b"mail link\0", link.as_bytes()]))
    }

    /// As [`Key::check`]; attempts side by side wait for each other until the transaction ends.
    ///
    /// # Errors
    /// 429 while a wait lasts.
    pub async fn hold(&self, db: &mut PgConnection, now: Timestamp) -> Result<()> {
        sqlx::query!(
            "INSERT INTO directory.login_throttles AS t (throttle_key, failures, last_failed_at) VALUES ($1, 0, $2)
             ON CONFLICT (throttle_key) DO UPDATE SET failures = t.failures",
            &self.0[..],
            now,
        )
        .execute(&mut *db)
        .await?;
        self.check(db, now).await
    }

    /// # Errors
    /// 429 while a wait lasts.
    pub async fn check(&self, db: &mut PgConnection, now: Timestamp) -> Result<()> {
        let blocked_until = sqlx::query_scalar!("SELECT blocked_until FROM directory.login_throttles WHERE throttle_key = $1", &self.0[..])
            .fetch_optional(db)
            .await?
            .flatten();
        match blocked_until {
            Some(until) if until > now => {
                let micros = until.as_microsecond() - now.as_microsecond();
                Err(Problem::rate_limited(u64::try_from(micros).unwrap_or_default().div_ceil(1_000_000).max(1)).into())
            }
            _ => Ok(()),
        }
    }

    /// Counts one more failure.
    ///
    /// # Errors
    /// The database's.
    pub async fn fail(&self, db: &mut PgConnection, now: Timestamp) -> Result<()> {
        let failures = sqlx::query_scalar!(
            r#"INSERT INTO directory.login_throttles AS t (throttle_key, failures, last_failed_at)
               VALUES ($1, 1, $2)
               ON CONFLICT (throttle_key) DO UPDATE
                  SET failures       = CASE WHEN t.last_failed_at > $3 THEN t.failures + 1 ELSE 1 END,
                      last_failed_at = $2
            RETURNING failures"#,
            &self.0[..],
            now,
            now.plus_seconds(-MEMORY_SECONDS),
        )
        .fetch_one(&mut *db)
        .await?;
        sqlx::query!(
            "UPDATE directory.login_throttles SET blocked_until = $2 WHERE throttle_key = $1",
            &self.0[..],
            now.plus_seconds(wait(failures))
        )
        .execute(db)
        .await?;
        Ok(())
    }

    /// Forgets the failures after a success.
    ///
    /// # Errors
    /// The database's.
    pub async fn clear(&self, db: &mut PgConnection) -> Result<()> {
        sqlx::query!("DELETE FROM directory.login_throttles WHERE throttle_key = $1", &self.0[..]).execute(db).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow() {
        assert_eq!([1, 2, 3, 8, 9, 24, 25, 99, 100, i32::MAX].map(wait), [1, 1, 3, 3, 5, 5, 10, 10, 86_400, 86_400]);
    }
}

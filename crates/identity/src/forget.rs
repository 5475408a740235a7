//! Retention: what has run out is forgotten.

use platform::jobs::{Attempt, Job, JobError};
use serde::{Deserialize, Serialize};

use crate::devices;

/// Removes ended sessions 30 days after their last activity, used links and unfinished sign-ups after a week, old waits,
/// tokens of clients 30 days after they ran out, and logs after 7 years. Daily.
#[derive(Serialize, Deserialize)]
pub struct ForgetExpired {}

impl Job for ForgetExpired {
    const NAME: &'static str = "ForgetExpired";

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let (owner, now) = (&at.app.pools.owner, at.app.clock.now());
        let days = |count: i64| now.plus_seconds(-count * 24 * 3600);
        let mut forgotten = 0;
        forgotten += sqlx::query!(
            "DELETE FROM directory.sessions
              WHERE last_seen_at < $1 AND (ended_at IS NOT NULL OR expires_at < $2 OR idle_until < $2)",
            days(30),
            now
        )
        .execute(owner)
        .await?
        .rows_affected();
        forgotten +=
            sqlx::query!("DELETE FROM directory.one_time_tokens WHERE expires_at < $1", days(7)).execute(owner).await?.rows_affected();
        forgotten +=
            sqlx::query!("DELETE FROM directory.login_challenges WHERE expires_at < $1", days(1)).execute(owner).await?.rows_affected();
        forgotten += sqlx::query!("DELETE FROM directory.devices WHERE last_seen_at < $1", now.plus_seconds(-devices::FORGOTTEN))
            .execute(owner)
            .await?
            .rows_affected();
        forgotten +=
            sqlx::query!("DELETE FROM directory.registrations WHERE expires_at < $1", days(7)).execute(owner).await?.rows_affected();
        forgotten +=
            sqlx::query!("DELETE FROM directory.login_throttles WHERE last_failed_at < $1", days(1)).execute(owner).await?.rows_affected();
        forgotten += sqlx::query!("DELETE FROM directory.login_history WHERE created_at < $1::timestamptz - interval '7 years'", now)
            .execute(owner)
            .await?
            .rows_affected();
        forgotten += sqlx::query!("DELETE FROM directory.security_events WHERE created_at < $1::timestamptz - interval '7 years'", now)
            .execute(owner)
            .await?
            .rows_affected();
        forgotten += crate::oauth::tokens::store::forget(owner, now).await?;
        tracing::info!(rows = forgotten, "forgot what had run out");
        Ok(())
    }
}

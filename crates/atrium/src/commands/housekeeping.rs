//! What the instance does for itself once a day.

use platform::jobs::{Attempt, Job, JobError};
use serde::{Deserialize, Serialize};

/// Makes the audit trail's next partitions, and removes delivered events, answered keys, old mails and notifications, exports of the
/// trail that have run out, and parts of uploads that never ended.
#[derive(Serialize, Deserialize)]
pub struct KeepHouse {}

impl Job for KeepHouse {
    const NAME: &'static str = "KeepHouse";

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let owner = &at.app.pools.owner;
        platform::audit::ensure_partitions(owner).await?;
        let events = platform::events::forget_old(&at.app).await?;
        let exports = platform::audit::exports::forget_old(&at.app).await?;
        let keys = sqlx::query!("DELETE FROM platform.idempotency_keys WHERE expires_at < now()").execute(owner).await?.rows_affected()
            + sqlx::query!("DELETE FROM directory.idempotency_keys WHERE expires_at < now()").execute(owner).await?.rows_affected();
        // The log of what was sent is kept as long as other notification logs (seed 003).
        let mails =
            sqlx::query!("DELETE FROM directory.mails WHERE created_at < now() - interval '90 days'").execute(owner).await?.rows_affected();
        let parts = at.app.files.remove_abandoned(at.app.clock.now()).await.map_err(|error| JobError::Retry(error.to_string()))?;
        let notifications = messaging::forget_old(owner, at.app.clock.now()).await?;
        tracing::info!(events, keys, mails, parts, exports, notifications, "kept house");
        Ok(())
    }
}

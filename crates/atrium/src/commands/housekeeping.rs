//! What the instance does for itself once a day, beside the retention.

use platform::jobs::{Attempt, Job, JobError};
use serde::{Deserialize, Serialize};

/// Makes the audit trail's next partitions, and removes parts of uploads that never ended, which are files and no rows.
#[derive(Serialize, Deserialize)]
pub struct KeepHouse {}

impl Job for KeepHouse {
    const NAME: &'static str = "KeepHouse";

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        platform::audit::ensure_partitions(&at.app.pools.owner).await?;
        let parts = at.app.files.remove_abandoned(at.app.clock.now()).await.map_err(|error| JobError::Retry(error.to_string()))?;
        tracing::info!(parts, "kept house");
        Ok(())
    }
}

//! Looks that nobody asked for.

use futures_util::{StreamExt, stream};
use platform::jobs::{Attempt, Job, JobError};
use serde::{Deserialize, Serialize};

use super::checks::check;
use super::store;
use crate::owner::AsOwner;

/// Domains of one run, and those asked about at a time: what is left waits for five minutes.
const MOST: i64 = 200;
const AT_A_TIME: usize = 8;

/// Looks at each domain whose turn it is. Every five minutes.
#[derive(Serialize, Deserialize)]
pub struct CheckDomains {}

impl Job for CheckDomains {
    const NAME: &'static str = "CheckDomains";

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let due = {
            let mut owner = AsOwner::open(&at.app, None).await?;
            store::due(owner.db(), at.app.clock.now(), MOST).await?
        };
        let app = &at.app;
        // One that cannot be written keeps no other from its turn.
        stream::iter(due)
            .for_each_concurrent(AT_A_TIME, |row| async move {
                if let Err(error) = check(app, &row, None).await {
                    tracing::warn!(%error, domain = row.domain, "a domain could not be checked");
                }
            })
            .await;
        Ok(())
    }
}

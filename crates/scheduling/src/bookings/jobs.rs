//! Work on bookings that no request asks for.

use platform::jobs::{Attempt, Job, JobError};
use platform::{Ctx, TenantId};
use serde::{Deserialize, Serialize};

use super::complete_due;
use super::store::many;

/// How many bookings one transaction completes.
const BATCH: i64 = 200;

/// Completes confirmed bookings whose end has passed, in every tenant.
#[derive(Serialize, Deserialize)]
pub(crate) struct CompleteBookings {}

impl Job for CompleteBookings {
    const NAME: &'static str = "CompleteBookings";

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let mut failed = None;
        for tenant in many::tenants_with_due(&at.app.pools.owner, at.app.clock.now()).await? {
            let mut ctx = Ctx::of_program(at.app.clone(), TenantId(tenant), None);
            // One tenant's fault does not keep the others waiting.
            if let Err(error) = complete_all(&mut ctx).await {
                tracing::warn!(%tenant, %error, "bookings could not be completed; the job will try again");
                failed = Some(error);
            }
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    }
}

async fn complete_all(ctx: &mut Ctx) -> platform::Result<()> {
    loop {
        let done = complete_due(ctx, BATCH).await?;
        ctx.commit().await?;
        if i64::try_from(done).is_ok_and(|done| done < BATCH) {
            return Ok(());
        }
    }
}

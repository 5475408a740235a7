//! Which booking a text is shown with, and when invitees are reminded.

use platform::{Ctx, Result};
use uuid::Uuid;

/// How long before the start invitees of that event type are reminded.
pub async fn reminder_minutes(ctx: &mut Ctx, event_type: Uuid) -> Result<Vec<i32>> {
    let tenant = ctx.tenant.0;
    let found =
        sqlx::query_scalar!("SELECT reminder_minutes FROM scheduling.event_types WHERE tenant_id = $1 AND id = $2", tenant, event_type);
    Ok(found.fetch_optional(ctx.db().await?).await?.unwrap_or_default())
}

/// The newest; of that organizer, where one is given.
pub async fn latest_booking(ctx: &mut Ctx, own: Option<Uuid>) -> Result<Option<Uuid>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        "SELECT id FROM scheduling.bookings WHERE tenant_id = $1 AND ($2::uuid IS NULL OR organizer_id = $2) ORDER BY id DESC LIMIT 1",
        tenant,
        own,
    );
    Ok(found.fetch_optional(ctx.db().await?).await?)
}

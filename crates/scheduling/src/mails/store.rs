//! Which booking a text is shown with.

use platform::{Ctx, Result};
use uuid::Uuid;

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

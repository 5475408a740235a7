//! Every statement on bookings that change hands.

use platform::{Ctx, OnConstraint, Problem, Result};
use uuid::Uuid;

use super::super::Host;

/// Whether that member is an organizer whom one can book.
pub async fn can_hold(ctx: &mut Ctx, user: Uuid) -> Result<bool> {
    let tenant = ctx.tenant.0;
    let can = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM scheduling.organizer_profiles p
                            JOIN identity.members m ON m.tenant_id = $1 AND m.user_id = p.user_id
                           WHERE p.tenant_id = $1 AND p.user_id = $2 AND p.is_active AND m.status = 'active') AS "can!""#,
        tenant,
        user,
    );
    Ok(can.fetch_one(ctx.db().await?).await?)
}

/// An organizer as mails need him or her.
pub async fn host(ctx: &mut Ctx, user: Uuid) -> Result<Option<Host>> {
    let tenant = ctx.tenant.0;
    let host = sqlx::query_as!(
        Host,
        "SELECT p.user_id, p.display_name AS name, p.timezone, m.email, m.locale
           FROM scheduling.organizer_profiles p
           JOIN identity.members m ON m.tenant_id = $1 AND m.user_id = p.user_id
          WHERE p.tenant_id = $1 AND p.user_id = $2",
        tenant,
        user,
    );
    Ok(host.fetch_optional(ctx.db().await?).await?)
}

/// Puts one organizer in the place of another, in one statement; the time follows with [`hand_over_time`].
pub async fn hand_over(ctx: &mut Ctx, id: Uuid, from: Uuid, to: Uuid) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "WITH held AS (
             UPDATE scheduling.booking_organizers SET user_id = $4 WHERE tenant_id = $1 AND booking_id = $2 AND user_id = $3
         )
         UPDATE scheduling.bookings
            SET organizer_id = CASE WHEN organizer_id = $3 THEN $4 ELSE organizer_id END, ics_sequence = ics_sequence + 1
          WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        from,
        to,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

/// Frees the time of the one and takes that of the other.
///
/// # Errors
/// 409 `organizer_busy` where it is taken.
pub async fn hand_over_time(ctx: &mut Ctx, id: Uuid, from: Uuid, to: Uuid) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "UPDATE scheduling.occupancy SET bookable_id = $4 WHERE tenant_id = $1 AND ref_id = $2 AND bookable_id = $3",
        tenant,
        id,
        from,
        to,
    )
    .execute(ctx.db().await?)
    .await
    .on_constraint("bookings_no_overlap", busy)?;
    Ok(())
}

pub fn busy() -> Problem {
    Problem::conflict("organizer_busy", "This organizer has something else at that time. Choose another one, or move the booking.")
}

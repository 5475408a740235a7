//! Bookings by when they begin and end.

use platform::records::{Due, Sample};
use platform::time::Timestamp;
use platform::{Ctx, Result};

pub async fn recent(ctx: &mut Ctx, most: i64) -> Result<Vec<Sample>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_as!(
        Sample,
        r#"SELECT b.id, b.invitee_name || ' · ' || e.name AS "name!", b.start_time AS "at: Timestamp"
             FROM scheduling.bookings b
             JOIN scheduling.event_types e ON e.tenant_id = $1 AND e.id = b.event_type_id
            WHERE b.tenant_id = $1
            ORDER BY b.id DESC
            LIMIT $2"#,
        tenant,
        most,
    );
    Ok(found.fetch_all(ctx.db().await?).await?)
}

/// Confirmed ones that begin within the window moved by so many minutes; what is to come before the start not after it. One that is
/// completed by now has begun as well.
pub async fn starting(ctx: &mut Ctx, after: Timestamp, until: Timestamp, minutes: i32) -> Result<Due> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let found = sqlx::query!(
        r#"SELECT id, start_time AS "at: Timestamp" FROM scheduling.bookings
            WHERE tenant_id = $1 AND status IN ('confirmed', 'completed') AND ($2 <= 0 OR start_time > $5)
              AND start_time > $3::timestamptz + make_interval(mins => $2) AND start_time <= $4::timestamptz + make_interval(mins => $2)"#,
        tenant,
        minutes,
        after as Timestamp,
        until as Timestamp,
        now as Timestamp,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    Ok(found.into_iter().map(|row| (row.id, row.at)).collect())
}

/// Those that took place and ended so many minutes before the window.
pub async fn ending(ctx: &mut Ctx, after: Timestamp, until: Timestamp, minutes: i32) -> Result<Due> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query!(
        r#"SELECT id, end_time AS "at: Timestamp" FROM scheduling.bookings
            WHERE tenant_id = $1 AND status IN ('confirmed', 'completed')
              AND end_time > $3::timestamptz - make_interval(mins => $2) AND end_time <= $4::timestamptz - make_interval(mins => $2)"#,
        tenant,
        minutes,
        after as Timestamp,
        until as Timestamp,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    Ok(found.into_iter().map(|row| (row.id, row.at)).collect())
}

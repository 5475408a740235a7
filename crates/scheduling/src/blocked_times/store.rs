//! Every statement on blocked times.

use platform::time::{Date, Timestamp};
use platform::{Ctx, OnConstraint, Result};
use uuid::Uuid;

use super::{BlockedTime, Fields, Kind};
use crate::organizers;
use crate::slots::Repeats;

/// The columns of [`BlockedTime`], before what differs.
macro_rules! blocked_times {
    ($tail:tt, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            BlockedTime,
            r#"SELECT t.id, t.organizer_id, p.display_name AS organizer_name, t.kind AS "kind: Kind", t.start_time AS "start: Timestamp",
                      t.end_time AS "end: Timestamp", t.timezone, t.repeats AS "repeats: Repeats", t.until AS "until: Date", t.reason AS label,
                      t.stand_in_id, s.display_name AS "stand_in_name?", t.version
                 FROM scheduling.blocked_times t
                 JOIN scheduling.organizer_profiles p ON p.tenant_id = $1 AND p.user_id = t.organizer_id
                 LEFT JOIN scheduling.organizer_profiles s ON s.tenant_id = $1 AND s.user_id = t.stand_in_id
                WHERE t.tenant_id = $1 "# + $tail,
            $($argument),*
        )
    };
}

/// What [`list`] is asked for.
pub struct Filter {
    pub organizer: Option<Uuid>,
    /// The only organizer whose times are seen.
    pub own: Option<Uuid>,
    /// What ends later, or may come again.
    pub from: Option<Timestamp>,
    /// What begins before.
    pub to: Option<Timestamp>,
}

pub async fn list(ctx: &mut Ctx, filter: &Filter, after: Option<&(Timestamp, Uuid)>, most: i64) -> Result<Vec<BlockedTime>> {
    let tenant = ctx.tenant.0;
    // What recurs lasts four weeks at most.
    let rows = blocked_times!(
        "AND ($2::uuid IS NULL OR t.organizer_id = $2)
         AND ($3::uuid IS NULL OR t.organizer_id = $3)
         AND ($4::timestamptz IS NULL OR t.end_time > $4
              OR (t.repeats <> 'never' AND (t.until IS NULL OR t.until > ($4::timestamptz AT TIME ZONE 'UTC')::date - 30)))
         AND ($5::timestamptz IS NULL OR t.start_time < $5)
         AND ($6::timestamptz IS NULL OR (t.start_time, t.id) > ($6, $7::uuid))
       ORDER BY t.start_time, t.id
       LIMIT $8",
        tenant,
        filter.organizer,
        filter.own,
        filter.from as Option<Timestamp>,
        filter.to as Option<Timestamp>,
        after.map(|(start, _)| *start) as Option<Timestamp>,
        after.map(|(_, id)| *id),
        most,
    );
    Ok(rows.fetch_all(ctx.db().await?).await?)
}

pub async fn find(ctx: &mut Ctx, id: Uuid) -> Result<Option<BlockedTime>> {
    let tenant = ctx.tenant.0;
    Ok(blocked_times!("AND t.id = $2", tenant, id).fetch_optional(ctx.db().await?).await?)
}

pub async fn lock(ctx: &mut Ctx, id: Uuid) -> Result<Option<BlockedTime>> {
    let tenant = ctx.tenant.0;
    Ok(blocked_times!("AND t.id = $2 FOR NO KEY UPDATE OF t", tenant, id).fetch_optional(ctx.db().await?).await?)
}

pub async fn insert(ctx: &mut Ctx, id: Uuid, organizer: Uuid, fields: &Fields) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "INSERT INTO scheduling.blocked_times
                (tenant_id, id, organizer_id, kind, start_time, end_time, timezone, repeats, until, reason, stand_in_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        tenant,
        id,
        organizer,
        fields.kind as Kind,
        fields.start as Timestamp,
        fields.end as Timestamp,
        fields.timezone,
        fields.repeats as Repeats,
        fields.until as Option<Date>,
        fields.label,
        fields.stand_in_id,
    )
    .execute(ctx.db().await?)
    .await
    .on_constraint("blocked_times_tenant_id_organizer_id_fkey", organizers::missing)?;
    Ok(())
}

pub async fn update(ctx: &mut Ctx, id: Uuid, fields: &Fields) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "UPDATE scheduling.blocked_times
            SET kind = $3, start_time = $4, end_time = $5, timezone = $6, repeats = $7, until = $8, reason = $9, stand_in_id = $10
          WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        fields.kind as Kind,
        fields.start as Timestamp,
        fields.end as Timestamp,
        fields.timezone,
        fields.repeats as Repeats,
        fields.until as Option<Date>,
        fields.label,
        fields.stand_in_id,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

pub async fn delete(ctx: &mut Ctx, id: Uuid) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!("DELETE FROM scheduling.blocked_times WHERE tenant_id = $1 AND id = $2", tenant, id).execute(ctx.db().await?).await?;
    Ok(())
}

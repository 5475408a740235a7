//! What the first page counts.

use platform::time::Timestamp;
use platform::{Ctx, Result};
use uuid::Uuid;

use super::Setup;

pub async fn setup(ctx: &mut Ctx, user: Uuid) -> Result<Setup> {
    let (tenant, today) = (ctx.tenant.0, ctx.now());
    let row = sqlx::query_as!(
        Setup,
        r#"SELECT EXISTS (SELECT FROM scheduling.organizer_profiles p WHERE p.tenant_id = $1 AND p.user_id = $2) AS "profile!",
                  EXISTS (SELECT FROM scheduling.event_types e WHERE e.tenant_id = $1 AND e.owner_id = $2 AND e.is_active) AS "event_type!",
                  EXISTS (SELECT FROM scheduling.schedules s
                           WHERE s.tenant_id = $1 AND s.organizer_id = $2
                             AND (EXISTS (SELECT FROM scheduling.availability_rules r
                                           WHERE r.tenant_id = $1 AND r.schedule_id = s.id AND r.is_active)
                                  OR EXISTS (SELECT FROM scheduling.date_overrides d
                                              WHERE d.tenant_id = $1 AND d.schedule_id = s.id AND d.is_available
                                                AND d.date >= $3::timestamptz::date))) AS "availability!",
                  EXISTS (SELECT FROM scheduling.booking_organizers k WHERE k.tenant_id = $1 AND k.user_id = $2) AS "first_booking!",
                  (EXISTS (SELECT FROM directory.invitations i WHERE i.tenant_id = $1)
                   OR EXISTS (SELECT FROM identity.members m WHERE m.tenant_id = $1 AND m.user_id <> $2)) AS "invited!""#,
        tenant,
        user,
        today as Timestamp,
    );
    Ok(row.fetch_one(ctx.db().await?).await?)
}

pub struct Figures {
    pub upcoming: i64,
    pub minutes: i64,
}

pub async fn figures(ctx: &mut Ctx, own: Option<Uuid>, week: (Timestamp, Timestamp)) -> Result<Figures> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let row = sqlx::query_as!(
        Figures,
        r#"SELECT (SELECT count(*) FROM scheduling.bookings b
                    WHERE tenant_id = $1 AND ($2::uuid IS NULL OR EXISTS (SELECT FROM scheduling.booking_organizers k WHERE k.tenant_id = $1 AND k.booking_id = b.id AND k.user_id = $2)) AND status IN ('pending', 'confirmed')
                      AND start_time > $3::timestamptz - interval '1 day' AND end_time > $3) AS "upcoming!",
                  (SELECT coalesce(sum(extract(epoch FROM end_time - start_time)) / 60, 0)::bigint FROM scheduling.bookings b
                    WHERE tenant_id = $1 AND ($2::uuid IS NULL OR EXISTS (SELECT FROM scheduling.booking_organizers k WHERE k.tenant_id = $1 AND k.booking_id = b.id AND k.user_id = $2)) AND status NOT IN ('cancelled', 'declined')
                      AND start_time >= $4 AND start_time < $5) AS "minutes!""#,
        tenant,
        own,
        now as Timestamp,
        week.0 as Timestamp,
        week.1 as Timestamp,
    );
    Ok(row.fetch_one(ctx.db().await?).await?)
}

/// How many bookings were made in the stretch that begins with each of these instants; the first is number 1.
pub async fn made_since(ctx: &mut Ctx, own: Option<Uuid>, starts: &[Timestamp]) -> Result<Vec<(i32, i64)>> {
    let tenant = ctx.tenant.0;
    let rows = sqlx::query!(
        r#"SELECT width_bucket(created_at, $3::timestamptz[]) AS "bucket!", count(*) AS "count!"
             FROM scheduling.bookings b
            WHERE tenant_id = $1 AND ($2::uuid IS NULL OR EXISTS (SELECT FROM scheduling.booking_organizers k WHERE k.tenant_id = $1 AND k.booking_id = b.id AND k.user_id = $2)) AND created_at >= ($3::timestamptz[])[1]
            GROUP BY 1"#,
        tenant,
        own,
        starts as &[Timestamp],
    )
    .fetch_all(ctx.db().await?)
    .await?;
    Ok(rows.into_iter().map(|row| (row.bucket, row.count)).collect())
}

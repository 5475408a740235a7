//! Every statement on schedules.

use platform::time::{Date, WallTime};
use platform::{Ctx, OnConstraint, Problem, Result};
use sqlx::types::Json;
use uuid::Uuid;

use super::{Fields, Override, Rule, Schedule};
use crate::organizers;

pub struct Row {
    pub id: Uuid,
    organizer_id: Uuid,
    pub name: String,
    timezone: String,
    is_default: bool,
    rules: Json<Vec<Rule>>,
    overrides: Json<Vec<Override>>,
    version: i64,
}

impl From<Row> for Schedule {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            organizer_id: row.organizer_id,
            name: row.name,
            timezone: row.timezone,
            is_default: row.is_default,
            rules: row.rules.0,
            overrides: row.overrides.0,
            version: row.version,
        }
    }
}

/// The columns of [`Row`], before what differs.
macro_rules! schedules {
    ($tail:tt, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT s.id, s.organizer_id, s.name, s.timezone, s.is_default, s.version,
                      coalesce((SELECT jsonb_agg(jsonb_build_object('day', ('{mon,tue,wed,thu,fri,sat,sun}'::text[])[r.day_of_week + 1],
                                                                    'start', r.start_time, 'end', r.end_time, 'weeks', r.weeks)
                                                 ORDER BY r.day_of_week, r.start_time, r.weeks)
                                  FROM scheduling.availability_rules r
                                 WHERE r.tenant_id = $1 AND r.schedule_id = s.id AND r.is_active),
                               '[]') AS "rules!: Json<Vec<Rule>>",
                      coalesce((SELECT jsonb_agg(jsonb_build_object('date', d.date, 'is_available', d.is_available,
                                                                    'start', d.start_time, 'end', d.end_time)
                                                 ORDER BY d.date, d.start_time)
                                  FROM scheduling.date_overrides d
                                 WHERE d.tenant_id = $1 AND d.schedule_id = s.id),
                               '[]') AS "overrides!: Json<Vec<Override>>"
                 FROM scheduling.schedules s
                WHERE s.tenant_id = $1 "# + $tail,
            $($argument),*
        )
    };
}

pub async fn list(
    ctx: &mut Ctx,
    organizer: Option<Uuid>,
    own: Option<Uuid>,
    after: Option<&(String, Uuid)>,
    most: i64,
) -> Result<Vec<Row>> {
    let tenant = ctx.tenant.0;
    let rows = schedules!(
        "AND ($2::uuid IS NULL OR s.organizer_id = $2)
         AND ($3::uuid IS NULL OR s.organizer_id = $3)
         AND ($4::text IS NULL OR (s.name, s.id) > ($4, $5::uuid))
       ORDER BY s.name, s.id
       LIMIT $6",
        tenant,
        organizer,
        own,
        after.map(|(name, _)| name.as_str()),
        after.map(|(_, id)| *id),
        most,
    );
    Ok(rows.fetch_all(ctx.db().await?).await?)
}

pub async fn find(ctx: &mut Ctx, id: Uuid) -> Result<Option<Schedule>> {
    let tenant = ctx.tenant.0;
    let row = schedules!("AND s.id = $2", tenant, id).fetch_optional(ctx.db().await?).await?;
    Ok(row.map(Schedule::from))
}

pub async fn lock(ctx: &mut Ctx, id: Uuid) -> Result<Option<Schedule>> {
    let tenant = ctx.tenant.0;
    let row = schedules!("AND s.id = $2 FOR NO KEY UPDATE OF s", tenant, id).fetch_optional(ctx.db().await?).await?;
    Ok(row.map(Schedule::from))
}

pub async fn has_default(ctx: &mut Ctx, organizer: Uuid) -> Result<bool> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM scheduling.schedules WHERE tenant_id = $1 AND organizer_id = $2 AND is_default) AS "found!""#,
        tenant,
        organizer,
    );
    Ok(found.fetch_one(ctx.db().await?).await?)
}

pub async fn clear_default(ctx: &mut Ctx, organizer: Uuid) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "UPDATE scheduling.schedules SET is_default = false WHERE tenant_id = $1 AND organizer_id = $2 AND is_default",
        tenant,
        organizer
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

fn name_taken() -> Problem {
    Problem::conflict("name_taken", "Another of this organizer's schedules has this name. Choose another one.")
}

fn default_made() -> Problem {
    Problem::conflict("conflict", "Another schedule became the default a moment ago. Load the schedules again.")
}

pub async fn insert(ctx: &mut Ctx, id: Uuid, organizer: Uuid, is_default: bool, fields: &Fields) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "INSERT INTO scheduling.schedules (tenant_id, id, organizer_id, name, timezone, is_default) VALUES ($1, $2, $3, $4, $5, $6)",
        tenant,
        id,
        organizer,
        fields.name,
        fields.timezone,
        is_default,
    )
    .execute(ctx.db().await?)
    .await
    .on_constraint("schedules_tenant_id_organizer_id_name_key", name_taken)
    .on_constraint("schedules_tenant_id_organizer_id_fkey", organizers::missing)
    .on_constraint("schedules_one_default", default_made)?;
    Ok(())
}

pub async fn update(ctx: &mut Ctx, id: Uuid, is_default: bool, fields: &Fields) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "UPDATE scheduling.schedules SET name = $3, timezone = $4, is_default = $5 WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        fields.name,
        fields.timezone,
        is_default,
    )
    .execute(ctx.db().await?)
    .await
    .on_constraint("schedules_tenant_id_organizer_id_name_key", name_taken)
    .on_constraint("schedules_one_default", default_made)?;
    Ok(())
}

/// Removes all rules and overrides.
pub async fn empty(ctx: &mut Ctx, id: Uuid) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "WITH rules AS (DELETE FROM scheduling.availability_rules WHERE tenant_id = $1 AND schedule_id = $2)
         DELETE FROM scheduling.date_overrides WHERE tenant_id = $1 AND schedule_id = $2",
        tenant,
        id
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

/// Writes all rules and overrides.
pub async fn fill(ctx: &mut Ctx, id: Uuid, fields: &Fields) -> Result<()> {
    let tenant = ctx.tenant.0;
    let rule_ids: Vec<Uuid> = fields.rules.iter().map(|_| platform::id::new()).collect();
    let days: Vec<i16> = fields.rules.iter().map(|rule| rule.day.number()).collect();
    let starts: Vec<WallTime> = fields.rules.iter().map(|rule| rule.start).collect();
    let ends: Vec<WallTime> = fields.rules.iter().map(|rule| rule.end).collect();
    let weeks: Vec<String> = fields.rules.iter().map(|rule| rule.weeks.name().to_owned()).collect();
    sqlx::query!(
        "INSERT INTO scheduling.availability_rules (tenant_id, id, schedule_id, day_of_week, start_time, end_time, weeks)
         SELECT $1, rule.id, $2, rule.day, rule.starts, rule.ends, rule.weeks
           FROM unnest($3::uuid[], $4::smallint[], $5::time[], $6::time[], $7::text[]) AS rule (id, day, starts, ends, weeks)",
        tenant,
        id,
        &rule_ids,
        &days,
        &starts as &[WallTime],
        &ends as &[WallTime],
        &weeks,
    )
    .execute(ctx.db().await?)
    .await?;
    let override_ids: Vec<Uuid> = fields.overrides.iter().map(|_| platform::id::new()).collect();
    let dates: Vec<Date> = fields.overrides.iter().map(|dated| dated.date).collect();
    let available: Vec<bool> = fields.overrides.iter().map(|dated| dated.is_available).collect();
    let starts: Vec<Option<WallTime>> = fields.overrides.iter().map(|dated| dated.start).collect();
    let ends: Vec<Option<WallTime>> = fields.overrides.iter().map(|dated| dated.end).collect();
    sqlx::query!(
        "INSERT INTO scheduling.date_overrides (tenant_id, id, schedule_id, date, is_available, start_time, end_time)
         SELECT $1, dated.id, $2, dated.date, dated.is_available, dated.starts, dated.ends
           FROM unnest($3::uuid[], $4::date[], $5::boolean[], $6::time[], $7::time[]) AS dated (id, date, is_available, starts, ends)",
        tenant,
        id,
        &override_ids,
        &dates as &[Date],
        &available,
        &starts as &[Option<WallTime>],
        &ends as &[Option<WallTime>],
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

pub async fn delete(ctx: &mut Ctx, id: Uuid) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!("DELETE FROM scheduling.schedules WHERE tenant_id = $1 AND id = $2", tenant, id)
        .execute(ctx.db().await?)
        .await
        .on_constraint("event_types_schedule", || {
            Problem::conflict("schedule_in_use", "Event types use this schedule. Give them another one first.")
        })
        .on_constraint("event_type_organizers_schedule", || {
            Problem::conflict("schedule_in_use", "Event types use this schedule. Give them another one first.")
        })?;
    Ok(())
}

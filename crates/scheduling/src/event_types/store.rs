//! Every statement on event types.

use platform::time::Date;
use platform::{App, Ctx, OnConstraint, Problem, Result};
use sqlx::types::Json;
use uuid::Uuid;

use super::{AssignedOrganizer, EventType, Fields, HorizonType, Listed, LocationType, Mode, Question};
use crate::organizers;
use crate::slots::{Assignment, Limit, StartGrid};

pub struct Row {
    pub id: Uuid,
    owner_id: Uuid,
    owner_name: String,
    name: String,
    slug: String,
    organizer_slug: String,
    domain: Option<String>,
    description: String,
    duration_minutes: i32,
    location_type: LocationType,
    location_details: String,
    color: String,
    is_active: bool,
    is_private: bool,
    requires_confirmation: bool,
    schedule_id: Option<Uuid>,
    slot_interval_minutes: Option<i32>,
    buffer_before_minutes: Option<i32>,
    buffer_after_minutes: Option<i32>,
    minimum_gap_minutes: Option<i32>,
    start_grid: StartGrid,
    is_aligned: bool,
    minimum_notice_minutes: i32,
    horizon_type: HorizonType,
    horizon_days: i32,
    horizon_first: Option<Date>,
    horizon_last: Option<Date>,
    daily_limit: Option<i32>,
    limits: Json<Vec<Limit>>,
    max_attendees: i32,
    mode: Mode,
    assignment: Assignment,
    organizers_needed: i32,
    organizers: Json<Vec<AssignedOrganizer>>,
    questions: Json<Vec<Question>>,
    reminder_minutes: Vec<i32>,
    pub position: i32,
    version: i64,
}

impl Row {
    pub fn into_event_type(self, app: &App) -> EventType {
        EventType {
            public_url: format!("{}/{}", organizers::public_url(app, self.domain.as_deref(), &self.organizer_slug), self.slug),
            id: self.id,
            owner_id: self.owner_id,
            owner_name: self.owner_name,
            name: self.name,
            slug: self.slug,
            description: self.description,
            duration_minutes: self.duration_minutes,
            location_type: self.location_type,
            location_details: self.location_details,
            color: self.color,
            is_active: self.is_active,
            is_private: self.is_private,
            requires_confirmation: self.requires_confirmation,
            schedule_id: self.schedule_id,
            slot_interval_minutes: self.slot_interval_minutes,
            buffer_before_minutes: self.buffer_before_minutes,
            buffer_after_minutes: self.buffer_after_minutes,
            minimum_gap_minutes: self.minimum_gap_minutes,
            start_grid: self.start_grid,
            is_aligned: self.is_aligned,
            minimum_notice_minutes: self.minimum_notice_minutes,
            horizon_type: self.horizon_type,
            horizon_days: self.horizon_days,
            horizon_first: self.horizon_first,
            horizon_last: self.horizon_last,
            daily_limit: self.daily_limit,
            limits: self.limits.0,
            max_attendees: self.max_attendees,
            mode: self.mode,
            assignment: self.assignment,
            organizers_needed: self.organizers_needed,
            organizers: self.organizers.0,
            questions: self.questions.0,
            reminder_minutes: self.reminder_minutes,
            position: self.position,
            version: self.version,
        }
    }
}

/// The columns of [`Row`], before what differs.
macro_rules! event_types {
    ($tail:tt, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT e.id, e.owner_id, p.display_name AS owner_name, e.name, e.slug, p.slug AS organizer_slug,
                      directory.domain_of(e.tenant_id) AS domain, e.description, e.duration_minutes,
                      e.location_type AS "location_type: LocationType", e.location_details, e.color, e.is_active, e.is_private,
                      e.requires_confirmation, e.schedule_id, e.slot_interval_minutes, e.buffer_before_minutes,
                      e.buffer_after_minutes, e.minimum_gap_minutes, e.start_grid AS "start_grid: StartGrid", e.is_aligned,
                      e.minimum_notice_minutes, e.horizon_type AS "horizon_type: HorizonType", e.horizon_days,
                      e.horizon_first AS "horizon_first: Date", e.horizon_last AS "horizon_last: Date", e.daily_limit,
                      coalesce((SELECT jsonb_agg(jsonb_build_object('period', l.period, 'measure', l.measure, 'scope', l.scope, 'most', l.most)
                                                 ORDER BY l.position)
                                  FROM scheduling.event_type_limits l
                                 WHERE l.tenant_id = $1 AND l.event_type_id = e.id),
                               '[]') AS "limits!: Json<Vec<Limit>>",
                      e.max_attendees, e.mode AS "mode: Mode", e.assignment AS "assignment: Assignment", e.organizers_needed,
                      coalesce((SELECT jsonb_agg(jsonb_build_object('user_id', o.user_id, 'name', q.display_name, 'weight', o.weight,
                                                                    'priority', o.priority, 'schedule_id', o.schedule_id)
                                                 ORDER BY o.position, o.user_id)
                                  FROM scheduling.event_type_organizers o
                                  JOIN scheduling.organizer_profiles q ON q.tenant_id = $1 AND q.user_id = o.user_id
                                 WHERE o.tenant_id = $1 AND o.event_type_id = e.id),
                               '[]') AS "organizers!: Json<Vec<AssignedOrganizer>>",
                      coalesce((SELECT jsonb_agg(jsonb_build_object('key', k.key, 'label', k.label, 'kind', k.kind, 'is_required', k.is_required,
                                                                    'help', k.help, 'options', k.options, 'conditions', k.conditions)
                                                 ORDER BY k.position)
                                  FROM scheduling.custom_questions k
                                 WHERE k.tenant_id = $1 AND k.event_type_id = e.id),
                               '[]') AS "questions!: Json<Vec<Question>>",
                      e.reminder_minutes, e.position, e.version
                 FROM scheduling.event_types e
                 JOIN scheduling.organizer_profiles p ON p.tenant_id = $1 AND p.user_id = e.owner_id
                WHERE e.tenant_id = $1 "# + $tail,
            $($argument),*
        )
    };
}

/// What a list is narrowed by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub active: Option<bool>,
    pub owner: Option<Uuid>,
    /// The member who may see only what is his or her own.
    pub own: Option<Uuid>,
    /// Lower case; part of the name.
    pub needle: Option<String>,
}

pub async fn list(ctx: &mut Ctx, filter: &Filter, after: Option<(i32, Uuid)>, most: i64) -> Result<Vec<Row>> {
    let tenant = ctx.tenant.0;
    let rows = event_types!(
        "AND ($2::boolean IS NULL OR e.is_active = $2)
         AND ($3::uuid IS NULL OR e.owner_id = $3)
         AND ($4::uuid IS NULL OR e.owner_id = $4)
         AND ($5::text IS NULL OR strpos(lower(e.name), $5) > 0)
         AND ($6::integer IS NULL OR (e.position, e.id) > ($6, $7::uuid))
       ORDER BY e.position, e.id
       LIMIT $8",
        tenant,
        filter.active,
        filter.owner,
        filter.own,
        filter.needle.as_deref(),
        after.map(|(position, _)| position),
        after.map(|(_, id)| id),
        most,
    );
    Ok(rows.fetch_all(ctx.db().await?).await?)
}

pub async fn find(ctx: &mut Ctx, id: Uuid) -> Result<Option<EventType>> {
    let tenant = ctx.tenant.0;
    let row = event_types!("AND e.id = $2", tenant, id).fetch_optional(ctx.db().await?).await?;
    Ok(row.map(|row| row.into_event_type(&ctx.app)))
}

pub async fn lock(ctx: &mut Ctx, id: Uuid) -> Result<Option<EventType>> {
    let tenant = ctx.tenant.0;
    let row = event_types!("AND e.id = $2 FOR NO KEY UPDATE OF e", tenant, id).fetch_optional(ctx.db().await?).await?;
    Ok(row.map(|row| row.into_event_type(&ctx.app)))
}

/// The event types on the organizer's public page, in their order.
///
/// # Errors
/// The database's.
pub async fn listed(ctx: &mut Ctx, organizer: Uuid) -> Result<Vec<Listed>> {
    let tenant = ctx.tenant.0;
    let rows = sqlx::query_as!(
        Listed,
        r#"SELECT slug, name, description, duration_minutes, location_type AS "location_type: LocationType", color
             FROM scheduling.event_types
            WHERE tenant_id = $1 AND owner_id = $2 AND is_active AND NOT is_private
            ORDER BY position, id"#,
        tenant,
        organizer,
    );
    Ok(rows.fetch_all(ctx.db().await?).await?)
}

pub async fn slugs_of(ctx: &mut Ctx, owner: Uuid) -> Result<Vec<String>> {
    let tenant = ctx.tenant.0;
    let slugs = sqlx::query_scalar!("SELECT slug FROM scheduling.event_types WHERE tenant_id = $1 AND owner_id = $2", tenant, owner);
    Ok(slugs.fetch_all(ctx.db().await?).await?)
}

pub async fn owns_schedule(ctx: &mut Ctx, owner: Uuid, schedule: Uuid) -> Result<bool> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM scheduling.schedules WHERE tenant_id = $1 AND id = $2 AND organizer_id = $3) AS "found!""#,
        tenant,
        schedule,
        owner,
    );
    Ok(found.fetch_one(ctx.db().await?).await?)
}

fn slug_taken() -> Problem {
    Problem::conflict("slug_taken", "Another of this organizer's event types has this address. Choose another one.")
}

pub async fn insert(ctx: &mut Ctx, id: Uuid, owner: Uuid, fields: &Fields) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "INSERT INTO scheduling.event_types
                (tenant_id, id, owner_id, name, slug, description, duration_minutes, location_type, location_details, color,
                 is_active, is_private, requires_confirmation, schedule_id, slot_interval_minutes, buffer_before_minutes,
                 buffer_after_minutes, minimum_notice_minutes, horizon_days, daily_limit, max_attendees, minimum_gap_minutes,
                 start_grid, is_aligned, horizon_type, horizon_first, horizon_last, mode, assignment, organizers_needed, position)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30,
                coalesce(max(position) + 1, 0)
           FROM scheduling.event_types WHERE tenant_id = $1 AND owner_id = $3",
        tenant,
        id,
        owner,
        fields.name,
        fields.slug,
        fields.description,
        fields.duration_minutes,
        fields.location_type as LocationType,
        fields.location_details,
        fields.color,
        fields.is_active,
        fields.is_private,
        fields.requires_confirmation,
        fields.schedule_id,
        fields.slot_interval_minutes,
        fields.buffer_before_minutes,
        fields.buffer_after_minutes,
        fields.minimum_notice_minutes,
        fields.horizon_days,
        fields.daily_limit,
        fields.max_attendees,
        fields.minimum_gap_minutes,
        fields.start_grid as StartGrid,
        fields.is_aligned,
        fields.horizon_type as HorizonType,
        fields.horizon_first as Option<Date>,
        fields.horizon_last as Option<Date>,
        fields.mode as Mode,
        fields.assignment as Assignment,
        fields.organizers_needed,
    )
    .execute(ctx.db().await?)
    .await
    .on_constraint("event_types_tenant_id_owner_id_slug_key", slug_taken)
    .on_constraint("event_types_tenant_id_owner_id_fkey", organizers::missing)?;
    insert_limits(ctx, id, &fields.limits).await?;
    insert_questions(ctx, id, &fields.questions).await?;
    set_reminders(ctx, id, &fields.reminder_minutes).await?;
    set_organizers(ctx, id, &fields.organizers).await
}

/// Those organizers and no others. Who was assigned before keeps the day since which turns are shared with him or her.
///
/// # Errors
/// 422 for whoever has no booking page in the workspace, and for a schedule that is somebody else's.
pub async fn set_organizers(ctx: &mut Ctx, id: Uuid, organizers: &[AssignedOrganizer]) -> Result<()> {
    let tenant = ctx.tenant.0;
    let users: Vec<Uuid> = organizers.iter().map(|organizer| organizer.user_id).collect();
    sqlx::query!(
        "DELETE FROM scheduling.event_type_organizers WHERE tenant_id = $1 AND event_type_id = $2 AND user_id <> ALL ($3)",
        tenant,
        id,
        &users,
    )
    .execute(ctx.db().await?)
    .await?;
    sqlx::query!(
        "INSERT INTO scheduling.event_type_organizers (tenant_id, event_type_id, user_id, weight, priority, schedule_id, position)
         SELECT $1, $2, (o ->> 'user_id')::uuid, (o ->> 'weight')::integer, (o ->> 'priority')::integer, (o ->> 'schedule_id')::uuid, place::integer
           FROM jsonb_array_elements($3) WITH ORDINALITY AS listed (o, place)
         ON CONFLICT (tenant_id, event_type_id, user_id) DO UPDATE
            SET weight = excluded.weight, priority = excluded.priority, schedule_id = excluded.schedule_id, position = excluded.position",
        tenant,
        id,
        Json(organizers) as _,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

/// Which of those users are active members with a booking page, each with the schedules that he or she has.
pub async fn candidates(ctx: &mut Ctx, users: &[Uuid]) -> Result<Vec<(Uuid, Vec<Uuid>)>> {
    let tenant = ctx.tenant.0;
    let rows = sqlx::query!(
        r#"SELECT p.user_id,
                  array(SELECT s.id FROM scheduling.schedules s WHERE s.tenant_id = $1 AND s.organizer_id = p.user_id) AS "schedules!"
             FROM scheduling.organizer_profiles p
             JOIN identity.members m ON m.tenant_id = $1 AND m.user_id = p.user_id
            WHERE p.tenant_id = $1 AND p.user_id = ANY ($2) AND m.status = 'active'"#,
        tenant,
        users,
    );
    Ok(rows.fetch_all(ctx.db().await?).await?.into_iter().map(|row| (row.user_id, row.schedules)).collect())
}

async fn insert_limits(ctx: &mut Ctx, id: Uuid, limits: &[Limit]) -> Result<()> {
    if limits.is_empty() {
        return Ok(());
    }
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "INSERT INTO scheduling.event_type_limits (tenant_id, event_type_id, period, measure, scope, most, position)
         SELECT $1, $2, l ->> 'period', l ->> 'measure', l ->> 'scope', (l ->> 'most')::integer, place::integer
           FROM jsonb_array_elements($3) WITH ORDINALITY AS listed (l, place)",
        tenant,
        id,
        Json(limits) as _,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

async fn insert_questions(ctx: &mut Ctx, id: Uuid, questions: &[Question]) -> Result<()> {
    if questions.is_empty() {
        return Ok(());
    }
    let tenant = ctx.tenant.0;
    let ids: Vec<Uuid> = questions.iter().map(|_| platform::id::new()).collect();
    sqlx::query!(
        "INSERT INTO scheduling.custom_questions
                (tenant_id, id, event_type_id, key, label, kind, is_required, help, options, conditions, position)
         SELECT $1, ($4::uuid[])[place], $2, q ->> 'key', q ->> 'label', q ->> 'kind', (q ->> 'is_required')::boolean, q ->> 'help',
                q -> 'options', q -> 'conditions', place::integer
           FROM jsonb_array_elements($3) WITH ORDINALITY AS listed (q, place)",
        tenant,
        id,
        Json(questions) as _,
        &ids,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

/// All questions anew. Answers keep the questions as they were asked.
pub async fn replace_questions(ctx: &mut Ctx, id: Uuid, questions: &[Question]) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!("DELETE FROM scheduling.custom_questions WHERE tenant_id = $1 AND event_type_id = $2", tenant, id)
        .execute(ctx.db().await?)
        .await?;
    insert_questions(ctx, id, questions).await
}

pub async fn set_reminders(ctx: &mut Ctx, id: Uuid, minutes: &[i32]) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!("UPDATE scheduling.event_types SET reminder_minutes = $3 WHERE tenant_id = $1 AND id = $2", tenant, id, minutes)
        .execute(ctx.db().await?)
        .await?;
    Ok(())
}

/// All limits anew.
pub async fn replace_limits(ctx: &mut Ctx, id: Uuid, limits: &[Limit]) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!("DELETE FROM scheduling.event_type_limits WHERE tenant_id = $1 AND event_type_id = $2", tenant, id)
        .execute(ctx.db().await?)
        .await?;
    insert_limits(ctx, id, limits).await
}

pub async fn update(ctx: &mut Ctx, id: Uuid, fields: &Fields) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "UPDATE scheduling.event_types
            SET name = $3, slug = $4, description = $5, duration_minutes = $6, location_type = $7, location_details = $8,
                color = $9, is_active = $10, is_private = $11, requires_confirmation = $12, schedule_id = $13,
                slot_interval_minutes = $14, buffer_before_minutes = $15, buffer_after_minutes = $16,
                minimum_notice_minutes = $17, horizon_days = $18, daily_limit = $19, max_attendees = $20,
                minimum_gap_minutes = $21, start_grid = $22, is_aligned = $23, horizon_type = $24, horizon_first = $25,
                horizon_last = $26, mode = $27, assignment = $28, organizers_needed = $29
          WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        fields.name,
        fields.slug,
        fields.description,
        fields.duration_minutes,
        fields.location_type as LocationType,
        fields.location_details,
        fields.color,
        fields.is_active,
        fields.is_private,
        fields.requires_confirmation,
        fields.schedule_id,
        fields.slot_interval_minutes,
        fields.buffer_before_minutes,
        fields.buffer_after_minutes,
        fields.minimum_notice_minutes,
        fields.horizon_days,
        fields.daily_limit,
        fields.max_attendees,
        fields.minimum_gap_minutes,
        fields.start_grid as StartGrid,
        fields.is_aligned,
        fields.horizon_type as HorizonType,
        fields.horizon_first as Option<Date>,
        fields.horizon_last as Option<Date>,
        fields.mode as Mode,
        fields.assignment as Assignment,
        fields.organizers_needed,
    )
    .execute(ctx.db().await?)
    .await
    .on_constraint("event_types_tenant_id_owner_id_slug_key", slug_taken)?;
    Ok(())
}

pub async fn archive(ctx: &mut Ctx, id: Uuid) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!("UPDATE scheduling.event_types SET is_active = false WHERE tenant_id = $1 AND id = $2", tenant, id)
        .execute(ctx.db().await?)
        .await?;
    Ok(())
}

/// Numbers them from 0 in the given order; answers those that were there to number, in their order before. Locks in id order.
pub async fn order(ctx: &mut Ctx, ids: &[Uuid], own: Option<Uuid>) -> Result<Vec<Uuid>> {
    let tenant = ctx.tenant.0;
    let mut found = sqlx::query!(
        "SELECT id, position FROM scheduling.event_types
          WHERE tenant_id = $1 AND id = ANY ($2) AND ($3::uuid IS NULL OR owner_id = $3)
          ORDER BY id
            FOR NO KEY UPDATE",
        tenant,
        ids,
        own,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    sqlx::query!(
        "UPDATE scheduling.event_types e
            SET position = wanted.place - 1
           FROM unnest($2::uuid[]) WITH ORDINALITY AS wanted (id, place)
          WHERE e.tenant_id = $1 AND e.id = wanted.id AND e.position <> wanted.place - 1 AND ($3::uuid IS NULL OR e.owner_id = $3)",
        tenant,
        ids,
        own,
    )
    .execute(ctx.db().await?)
    .await?;
    found.sort_by_key(|row| (row.position, row.id));
    Ok(found.into_iter().map(|row| row.id).collect())
}

//! Every statement on bookings.

pub mod handover;
pub mod many;

use platform::time::Timestamp;
use platform::{Ctx, OnConstraint, Problem, Result};
use sqlx::types::Json;
use uuid::Uuid;

use super::{Attendee, BookedType, BookedWith, Booking, CalendarSyncStatus, CancelledBy, Host, Status, Stored};
use crate::event_types::questions::Answer;

struct Row {
    id: Uuid,
    event_type_id: Uuid,
    event_type_name: String,
    event_type_color: String,
    event_type_slug: String,
    organizer_id: Uuid,
    organizer_name: String,
    organizer_slug: String,
    organizer_timezone: String,
    organizer_email: String,
    organizer_locale: String,
    brand_color: String,
    logo_url: Option<String>,
    domain: Option<String>,
    contact_id: Uuid,
    invitee_name: String,
    invitee_email: String,
    invitee_phone: Option<String>,
    invitee_timezone: String,
    locale: String,
    start_time: Timestamp,
    end_time: Timestamp,
    buffer_before_minutes: i32,
    buffer_after_minutes: i32,
    status: Status,
    location: String,
    notes: String,
    answers: Json<Vec<Answer>>,
    cancellation_reason: Option<String>,
    cancelled_by: Option<CancelledBy>,
    previous_start_time: Option<Timestamp>,
    ics_uid: String,
    ics_sequence: i32,
    attendees: Json<Vec<Attendee>>,
    hosts: Json<Vec<Host>>,
    created_at: Timestamp,
    version: i64,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        Self {
            booking: Booking {
                id: row.id,
                event_type: BookedType { id: row.event_type_id, name: row.event_type_name, color: row.event_type_color },
                organizer: BookedWith { user_id: row.organizer_id, name: row.organizer_name },
                organizers: row.hosts.0.iter().map(BookedWith::from).collect(),
                contact_id: row.contact_id,
                invitee_name: row.invitee_name,
                invitee_email: row.invitee_email,
                invitee_phone: row.invitee_phone,
                invitee_timezone: row.invitee_timezone,
                locale: row.locale,
                start: row.start_time,
                end: row.end_time,
                status: row.status,
                location: row.location,
                notes: row.notes,
                answers: row.answers.0,
                cancellation_reason: row.cancellation_reason,
                cancelled_by: row.cancelled_by,
                rescheduled_from: row.previous_start_time,
                sequence: row.ics_sequence,
                attendees: row.attendees.0,
                created_at: row.created_at,
                version: row.version,
                calendar_sync_status: CalendarSyncStatus::Disabled,
            },
            event_type_slug: row.event_type_slug,
            organizer_slug: row.organizer_slug,
            organizer_timezone: row.organizer_timezone,
            brand_color: row.brand_color,
            logo_url: row.logo_url,
            domain: row.domain,
            organizer_email: row.organizer_email,
            organizer_locale: row.organizer_locale,
            hosts: row.hosts.0,
            ics_uid: row.ics_uid,
            buffer_before_minutes: row.buffer_before_minutes,
            buffer_after_minutes: row.buffer_after_minutes,
        }
    }
}

/// The columns of [`Row`], before what differs.
macro_rules! bookings {
    ($tail:tt, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT b.id, b.event_type_id, e.name AS event_type_name, e.color AS event_type_color, e.slug AS event_type_slug,
                      b.organizer_id, p.display_name AS organizer_name, w.slug AS organizer_slug,
                      p.timezone AS organizer_timezone, m.email AS organizer_email, m.locale AS organizer_locale,
                      CASE WHEN w.brand_color <> '#0066cc' THEN w.brand_color
                           ELSE coalesce((SELECT t.branding ->> 'color' FROM directory.tenants t WHERE t.id = $1), w.brand_color) END AS "brand_color!",
                      (SELECT t.logo_url FROM directory.tenants t WHERE t.id = $1) AS logo_url, directory.domain_of($1) AS domain, b.contact_id, b.invitee_name, b.invitee_email, b.invitee_phone, b.invitee_timezone,
                      b.locale, b.start_time, b.end_time, b.buffer_before_minutes, b.buffer_after_minutes,
                      b.status AS "status: Status", b.location, b.notes, b.custom_answers AS "answers: Json<Vec<Answer>>", b.cancellation_reason,
                      b.cancelled_by AS "cancelled_by: CancelledBy", b.previous_start_time, b.ics_uid, b.ics_sequence,
                      coalesce((SELECT jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name, 'email', a.email,
                                                                    'status', a.status) ORDER BY a.created_at, a.id)
                                  FROM scheduling.booking_attendees a
                                 WHERE a.tenant_id = $1 AND a.booking_id = b.id),
                               '[]') AS "attendees!: Json<Vec<Attendee>>",
                      coalesce((SELECT jsonb_agg(jsonb_build_object('user_id', k.user_id, 'name', q.display_name, 'timezone', q.timezone,
                                                                    'email', n.email, 'locale', n.locale) ORDER BY k.position, k.user_id)
                                  FROM scheduling.booking_organizers k
                                  JOIN scheduling.organizer_profiles q ON q.tenant_id = $1 AND q.user_id = k.user_id
                                  JOIN identity.members n ON n.tenant_id = $1 AND n.user_id = k.user_id
                                 WHERE k.tenant_id = $1 AND k.booking_id = b.id),
                               '[]') AS "hosts!: Json<Vec<Host>>",
                      b.created_at, b.version
                 FROM scheduling.bookings b
                 JOIN scheduling.event_types e ON e.tenant_id = $1 AND e.id = b.event_type_id
                 JOIN scheduling.organizer_profiles p ON p.tenant_id = $1 AND p.user_id = b.organizer_id
                 JOIN scheduling.organizer_profiles w ON w.tenant_id = $1 AND w.user_id = e.owner_id
                 JOIN identity.members m ON m.tenant_id = $1 AND m.user_id = b.organizer_id
                WHERE b.tenant_id = $1 "# + $tail,
            $($argument),*
        )
    };
}

pub async fn find(ctx: &mut Ctx, id: Uuid) -> Result<Option<Stored>> {
    let tenant = ctx.tenant.0;
    let row = bookings!("AND b.id = $2", tenant, id).fetch_optional(ctx.db().await?).await?;
    Ok(row.map(Stored::from))
}

pub async fn lock(ctx: &mut Ctx, id: Uuid) -> Result<Option<Stored>> {
    let tenant = ctx.tenant.0;
    let row = bookings!("AND b.id = $2 FOR NO KEY UPDATE OF b", tenant, id).fetch_optional(ctx.db().await?).await?;
    Ok(row.map(Stored::from))
}

pub async fn find_by_token(ctx: &mut Ctx, hash: &[u8]) -> Result<Option<Stored>> {
    let tenant = ctx.tenant.0;
    let row = bookings!(
        "AND b.access_token_hash = $2
         AND EXISTS (SELECT FROM directory.tenants t WHERE t.id = $1 AND t.status NOT IN ('suspended', 'deleted'))",
        tenant,
        hash
    )
    .fetch_optional(ctx.db().await?)
    .await?;
    Ok(row.map(Stored::from))
}

pub async fn lock_by_token(ctx: &mut Ctx, hash: &[u8]) -> Result<Option<Stored>> {
    let tenant = ctx.tenant.0;
    let row = bookings!(
        "AND b.access_token_hash = $2
         AND EXISTS (SELECT FROM directory.tenants t WHERE t.id = $1 AND t.status NOT IN ('suspended', 'deleted')) FOR NO KEY UPDATE OF b",
        tenant,
        hash
    )
    .fetch_optional(ctx.db().await?)
    .await?;
    Ok(row.map(Stored::from))
}

/// What a list is narrowed by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// None is any.
    pub statuses: Option<Vec<String>>,
    pub starts_from: Option<Timestamp>,
    pub starts_before: Option<Timestamp>,
    pub ends_after: Option<Timestamp>,
    pub ends_by: Option<Timestamp>,
    pub organizer: Option<Uuid>,
    /// The member who may see only what is his or her own.
    pub own: Option<Uuid>,
    pub contact: Option<Uuid>,
    /// Lower case; part of the invitee's name or address, or of the event type's name.
    pub needle: Option<String>,
}

pub async fn earliest(ctx: &mut Ctx, filter: &Filter, after: Option<(Timestamp, Uuid)>, most: i64) -> Result<Vec<Stored>> {
    let tenant = ctx.tenant.0;
    let rows = bookings!(
        "AND ($2::text[] IS NULL OR b.status = ANY ($2))
         AND b.start_time >= coalesce($3, '-infinity'::timestamptz) AND b.start_time < coalesce($4, 'infinity'::timestamptz)
         AND ($5::timestamptz IS NULL OR b.end_time > $5)
         AND ($6::timestamptz IS NULL OR b.end_time <= $6)
         AND ($7::uuid IS NULL OR EXISTS (SELECT FROM scheduling.booking_organizers k WHERE k.tenant_id = $1 AND k.booking_id = b.id AND k.user_id = $7))
         AND ($8::uuid IS NULL OR EXISTS (SELECT FROM scheduling.booking_organizers k WHERE k.tenant_id = $1 AND k.booking_id = b.id AND k.user_id = $8))
         AND ($9::uuid IS NULL OR b.contact_id = $9)
         AND ($10::text IS NULL OR strpos(lower(b.invitee_name || ' ' || b.invitee_email || ' ' || e.name), $10) > 0)
         AND ($11::timestamptz IS NULL OR (b.start_time, b.id) > ($11, $12::uuid))
       ORDER BY b.start_time, b.id
       LIMIT $13",
        tenant,
        filter.statuses.as_deref(),
        filter.starts_from as Option<Timestamp>,
        filter.starts_before as Option<Timestamp>,
        filter.ends_after as Option<Timestamp>,
        filter.ends_by as Option<Timestamp>,
        filter.organizer,
        filter.own,
        filter.contact,
        filter.needle.as_deref(),
        after.map(|(at, _)| at) as Option<Timestamp>,
        after.map(|(_, id)| id),
        most,
    );
    Ok(rows.fetch_all(ctx.db().await?).await?.into_iter().map(Stored::from).collect())
}

pub async fn latest(ctx: &mut Ctx, filter: &Filter, after: Option<(Timestamp, Uuid)>, most: i64) -> Result<Vec<Stored>> {
    let tenant = ctx.tenant.0;
    let rows = bookings!(
        "AND ($2::text[] IS NULL OR b.status = ANY ($2))
         AND b.start_time >= coalesce($3, '-infinity'::timestamptz) AND b.start_time < coalesce($4, 'infinity'::timestamptz)
         AND ($5::timestamptz IS NULL OR b.end_time > $5)
         AND ($6::timestamptz IS NULL OR b.end_time <= $6)
         AND ($7::uuid IS NULL OR EXISTS (SELECT FROM scheduling.booking_organizers k WHERE k.tenant_id = $1 AND k.booking_id = b.id AND k.user_id = $7))
         AND ($8::uuid IS NULL OR EXISTS (SELECT FROM scheduling.booking_organizers k WHERE k.tenant_id = $1 AND k.booking_id = b.id AND k.user_id = $8))
         AND ($9::uuid IS NULL OR b.contact_id = $9)
         AND ($10::text IS NULL OR strpos(lower(b.invitee_name || ' ' || b.invitee_email || ' ' || e.name), $10) > 0)
         AND ($11::timestamptz IS NULL OR (b.start_time, b.id) < ($11, $12::uuid))
       ORDER BY b.start_time DESC, b.id DESC
       LIMIT $13",
        tenant,
        filter.statuses.as_deref(),
        filter.starts_from as Option<Timestamp>,
        filter.starts_before as Option<Timestamp>,
        filter.ends_after as Option<Timestamp>,
        filter.ends_by as Option<Timestamp>,
        filter.organizer,
        filter.own,
        filter.contact,
        filter.needle.as_deref(),
        after.map(|(at, _)| at) as Option<Timestamp>,
        after.map(|(_, id)| id),
        most,
    );
    Ok(rows.fetch_all(ctx.db().await?).await?.into_iter().map(Stored::from).collect())
}

/// A booking to be written.
pub struct NewRow {
    pub id: Uuid,
    pub event_type_id: Uuid,
    /// Who holds it; the first is the one that it is listed under.
    pub organizers: Vec<Uuid>,
    pub contact_id: Uuid,
    pub attendee_id: Uuid,
    pub invitee_name: String,
    pub invitee_email: String,
    pub invitee_phone: Option<String>,
    pub invitee_timezone: String,
    pub locale: String,
    pub start: Timestamp,
    pub end: Timestamp,
    pub buffer_before_minutes: i32,
    pub buffer_after_minutes: i32,
    pub status: Status,
    pub location: String,
    pub notes: String,
    pub answers: Vec<Answer>,
    pub source: &'static str,
    pub access_token_hash: [u8; 32],
    pub ics_uid: String,
    pub created_by: Option<Uuid>,
}

/// Takes the time and writes the booking with its attendee, in one statement; answers when.
///
/// # Errors
/// 409 `slot_taken` where the time is taken.
pub async fn insert(ctx: &mut Ctx, row: &NewRow) -> Result<Timestamp> {
    let tenant = ctx.tenant.0;
    sqlx::query_scalar!(
        r#"WITH taken AS (
               INSERT INTO scheduling.occupancy (tenant_id, id, bookable_id, kind, ref_id, start_time, end_time)
               SELECT $1, o.id, o.user_id, 'booking', $2, $11, $12 FROM unnest($20::uuid[], $25::uuid[]) AS o (id, user_id)
           ), held AS (
               INSERT INTO scheduling.booking_organizers (tenant_id, booking_id, user_id, position)
               SELECT $1, $2, o.user_id, o.place::integer - 1 FROM unnest($25::uuid[]) WITH ORDINALITY AS o (user_id, place)
           ), attending AS (
               INSERT INTO scheduling.booking_attendees (tenant_id, id, booking_id, name, email, email_key)
               VALUES ($1, $21, $2, $6, $7, $22)
           )
           INSERT INTO scheduling.bookings
                  (tenant_id, id, event_type_id, organizer_id, contact_id, invitee_name, invitee_email, invitee_phone,
                   invitee_timezone, locale, start_time, end_time, buffer_before_minutes, buffer_after_minutes, status,
                   location, notes, source, access_token_hash, ics_uid, created_by, custom_answers)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $23, $24, $26)
           RETURNING created_at"#,
        tenant,
        row.id,
        row.event_type_id,
        row.organizers.first(),
        row.contact_id,
        row.invitee_name,
        row.invitee_email,
        row.invitee_phone,
        row.invitee_timezone,
        row.locale,
        row.start as Timestamp,
        row.end as Timestamp,
        row.buffer_before_minutes,
        row.buffer_after_minutes,
        row.status as Status,
        row.location,
        row.notes,
        row.source,
        &row.access_token_hash[..],
        &new_ids(&row.organizers),
        row.attendee_id,
        platform::text::email_key(&row.invitee_email),
        row.ics_uid,
        row.created_by,
        &row.organizers,
        Json(&row.answers) as _,
    )
    .fetch_one(ctx.db().await?)
    .await
    .on_constraint("bookings_no_overlap", taken)
}

/// An id for the time of each.
pub fn new_ids(organizers: &[Uuid]) -> Vec<Uuid> {
    organizers.iter().map(|_| platform::id::new()).collect()
}

pub fn taken() -> Problem {
    Problem::conflict("slot_taken", "This time is not free. Choose another one.")
}

/// Sets where it stands; calendars learn nothing new.
pub async fn set_status(ctx: &mut Ctx, id: Uuid, status: Status) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!("UPDATE scheduling.bookings SET status = $3 WHERE tenant_id = $1 AND id = $2", tenant, id, status as Status)
        .execute(ctx.db().await?)
        .await?;
    Ok(())
}

/// Cancels and frees the time, in one statement.
pub async fn cancel(ctx: &mut Ctx, id: Uuid, by: CancelledBy, reason: Option<&str>) -> Result<()> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    sqlx::query!(
        "WITH freed AS (DELETE FROM scheduling.occupancy WHERE tenant_id = $1 AND ref_id = $2)
         UPDATE scheduling.bookings
            SET cancelled_from = status, status = 'cancelled', cancelled_at = $3, cancelled_by = $4, cancellation_reason = $5, ics_sequence = ics_sequence + 1
          WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        now as Timestamp,
        by as CancelledBy,
        reason,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

/// Declines and frees the time, in one statement.
pub async fn decline(ctx: &mut Ctx, id: Uuid, reason: Option<&str>) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "WITH freed AS (DELETE FROM scheduling.occupancy WHERE tenant_id = $1 AND ref_id = $2)
         UPDATE scheduling.bookings
            SET status = 'declined', cancellation_reason = $3, ics_sequence = ics_sequence + 1
          WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        reason,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

/// Where a booking is moved to.
pub struct Move {
    pub start: Timestamp,
    pub end: Timestamp,
    pub buffer_before_minutes: i32,
    pub buffer_after_minutes: i32,
    pub status: Status,
}

/// Takes the new time in place of the old.
///
/// # Errors
/// 409 `slot_taken` where the new time is taken.
pub async fn reschedule(ctx: &mut Ctx, id: Uuid, to: &Move) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "UPDATE scheduling.occupancy SET start_time = $3, end_time = $4 WHERE tenant_id = $1 AND ref_id = $2",
        tenant,
        id,
        to.start as Timestamp,
        to.end as Timestamp,
    )
    .execute(ctx.db().await?)
    .await
    .on_constraint("bookings_no_overlap", taken)?;
    sqlx::query!(
        "UPDATE scheduling.bookings
            SET previous_start_time = start_time, start_time = $3, end_time = $4, buffer_before_minutes = $5,
                buffer_after_minutes = $6, status = $7, ics_sequence = ics_sequence + 1
          WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        to.start as Timestamp,
        to.end as Timestamp,
        to.buffer_before_minutes,
        to.buffer_after_minutes,
        to.status as Status,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

/// Takes the time anew and takes back the cancellation, in one statement.
///
/// # Errors
/// 409 `slot_taken` where the time is taken.
pub async fn restore(ctx: &mut Ctx, id: Uuid, organizers: &[Uuid]) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "WITH restored AS (
             UPDATE scheduling.bookings
                SET status = coalesce(cancelled_from, 'confirmed'), cancelled_from = NULL, cancelled_at = NULL, cancelled_by = NULL,
                    cancellation_reason = NULL, ics_sequence = ics_sequence + 1
              WHERE tenant_id = $1 AND id = $2
             RETURNING tenant_id, id, start_time, end_time
         )
         INSERT INTO scheduling.occupancy (tenant_id, id, bookable_id, kind, ref_id, start_time, end_time)
         SELECT r.tenant_id, o.id, o.user_id, 'booking', r.id, r.start_time, r.end_time
           FROM restored r, unnest($3::uuid[], $4::uuid[]) AS o (id, user_id)",
        tenant,
        id,
        &new_ids(organizers),
        organizers,
    )
    .execute(ctx.db().await?)
    .await
    .on_constraint("bookings_no_overlap", taken)?;
    Ok(())
}

//! The rows of a person, for export and erasure.

use platform::time::Timestamp;
use platform::{Ctx, Result};
use serde_json::Value;
use uuid::Uuid;

pub async fn bookings(ctx: &mut Ctx, contact: Uuid) -> Result<Value> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        r#"SELECT coalesce(jsonb_agg(jsonb_build_object('id', b.id, 'event_type', e.name, 'organizer', p.display_name, 'name', b.invitee_name,
                  'email', b.invitee_email, 'phone', b.invitee_phone, 'timezone', b.invitee_timezone, 'start', b.start_time, 'end', b.end_time,
                  'status', b.status, 'location', b.location, 'notes', b.notes, 'answers', b.custom_answers,
                  'cancellation_reason', b.cancellation_reason, 'created_at', b.created_at) ORDER BY b.start_time), '[]') AS "found!"
             FROM (SELECT * FROM scheduling.bookings WHERE tenant_id = $1 AND contact_id = $2 ORDER BY start_time DESC LIMIT 10000) b
             JOIN scheduling.event_types e ON e.tenant_id = $1 AND e.id = b.event_type_id
             JOIN scheduling.organizer_profiles p ON p.tenant_id = $1 AND p.user_id = b.organizer_id"#,
        tenant,
        contact,
    )
    .fetch_one(ctx.db().await?)
    .await?;
    Ok(found)
}

/// Where the contact's address takes part, in whoever's booking.
pub async fn attended(ctx: &mut Ctx, contact: Uuid) -> Result<Value> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        r#"SELECT coalesce(jsonb_agg(jsonb_build_object('booking_id', a.booking_id, 'name', a.name, 'email', a.email, 'status', a.status,
                  'answers', a.custom_answers, 'created_at', a.created_at)), '[]') AS "found!"
             FROM scheduling.booking_attendees a
             JOIN contacts.contacts c ON c.tenant_id = $1 AND c.id = $2 AND c.email_key = a.email_key
            WHERE a.tenant_id = $1"#,
        tenant,
        contact,
    )
    .fetch_one(ctx.db().await?)
    .await?;
    Ok(found)
}

pub async fn organizer(ctx: &mut Ctx, user: Uuid) -> Result<Value> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        r#"SELECT to_jsonb(p) - 'tenant_id' AS "found!" FROM scheduling.organizer_profiles p WHERE p.tenant_id = $1 AND p.user_id = $2"#,
        tenant,
        user,
    )
    .fetch_optional(ctx.db().await?)
    .await?;
    Ok(found.unwrap_or(Value::Null))
}

pub async fn schedules(ctx: &mut Ctx, user: Uuid) -> Result<Value> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        r#"SELECT coalesce(jsonb_agg(jsonb_build_object('name', s.name, 'timezone', s.timezone, 'created_at', s.created_at,
                  'rules', (SELECT coalesce(jsonb_agg(to_jsonb(r) - 'tenant_id'), '[]') FROM scheduling.availability_rules r
                             WHERE r.tenant_id = $1 AND r.schedule_id = s.id))), '[]') AS "found!"
             FROM scheduling.schedules s WHERE s.tenant_id = $1 AND s.organizer_id = $2"#,
        tenant,
        user,
    )
    .fetch_one(ctx.db().await?)
    .await?;
    Ok(found)
}

pub async fn blocked_times(ctx: &mut Ctx, user: Uuid) -> Result<Value> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        r#"SELECT coalesce(jsonb_agg(to_jsonb(t) - 'tenant_id' ORDER BY t.start_time), '[]') AS "found!"
             FROM scheduling.blocked_times t WHERE t.tenant_id = $1 AND t.organizer_id = $2"#,
        tenant,
        user,
    )
    .fetch_one(ctx.db().await?)
    .await?;
    Ok(found)
}

/// Removes the person's own; nobody's place is taken by him or her any more.
pub async fn free_blocked_times(ctx: &mut Ctx, user: Uuid) -> Result<u64> {
    let tenant = ctx.tenant.0;
    sqlx::query!("UPDATE scheduling.blocked_times SET stand_in_id = NULL WHERE tenant_id = $1 AND stand_in_id = $2", tenant, user)
        .execute(ctx.db().await?)
        .await?;
    let freed = sqlx::query!("DELETE FROM scheduling.blocked_times WHERE tenant_id = $1 AND organizer_id = $2", tenant, user)
        .execute(ctx.db().await?)
        .await?;
    Ok(freed.rows_affected())
}

pub async fn has_upcoming(ctx: &mut Ctx, contact: Uuid) -> Result<bool> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let has = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM scheduling.bookings
                           WHERE tenant_id = $1 AND contact_id = $2 AND status IN ('pending', 'confirmed') AND end_time > $3) AS "has!""#,
        tenant,
        contact,
        now as Timestamp,
    )
    .fetch_one(ctx.db().await?)
    .await?;
    Ok(has)
}

/// Before the contact's own address goes, by which they are found.
pub async fn empty_attendees(ctx: &mut Ctx, contact: Uuid) -> Result<u64> {
    let tenant = ctx.tenant.0;
    let emptied = sqlx::query!(
        "UPDATE scheduling.booking_attendees a
            SET name = 'Erased', email = '', email_key = a.id::text, custom_answers = '{}'
           FROM contacts.contacts c
          WHERE a.tenant_id = $1 AND c.tenant_id = $1 AND c.id = $2 AND c.email_key = a.email_key",
        tenant,
        contact,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(emptied.rows_affected())
}

/// The link that manages the booking dies with it. Answers which were emptied.
pub async fn empty_bookings(ctx: &mut Ctx, contact: Uuid) -> Result<Vec<Uuid>> {
    let tenant = ctx.tenant.0;
    let ids = sqlx::query_scalar!(
        "UPDATE scheduling.bookings
            SET invitee_name = 'Erased', invitee_email = '', invitee_phone = NULL, invitee_timezone = 'UTC', location = '', notes = '',
                custom_answers = '[]', cancellation_reason = NULL, access_token_hash = sha256(convert_to(gen_random_uuid()::text, 'UTF8'))
          WHERE tenant_id = $1 AND contact_id = $2 AND invitee_email <> ''
         RETURNING id",
        tenant,
        contact,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    Ok(ids)
}

/// Mails to the contact's address, and facts about the bookings.
pub async fn forget_outside(ctx: &mut Ctx, contact: Uuid, bookings: &[Uuid]) -> Result<(u64, u64)> {
    let tenant = ctx.tenant.0;
    let row = sqlx::query!(
        r#"SELECT f.mails AS "mails!", f.facts AS "facts!"
             FROM contacts.contacts c, contacts.forget_outside($3::uuid[] || c.id, coalesce(c.email_key, '')) f
            WHERE c.tenant_id = $1 AND c.id = $2"#,
        tenant,
        contact,
        bookings,
    )
    .fetch_one(ctx.db().await?)
    .await?;
    Ok((row.mails.unsigned_abs(), row.facts.unsigned_abs()))
}

pub async fn free_slug(ctx: &mut Ctx, user: Uuid) -> Result<u64> {
    let tenant = ctx.tenant.0;
    let freed =
        sqlx::query!("DELETE FROM directory.public_slugs WHERE kind = 'organizer' AND tenant_id = $1 AND subject_id = $2", tenant, user)
            .execute(ctx.db().await?)
            .await?;
    Ok(freed.rows_affected())
}

pub async fn close_event_types(ctx: &mut Ctx, user: Uuid) -> Result<u64> {
    let tenant = ctx.tenant.0;
    let closed = sqlx::query!(
        "UPDATE scheduling.event_types SET is_active = false WHERE tenant_id = $1 AND owner_id = $2 AND is_active",
        tenant,
        user
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(closed.rows_affected())
}

pub async fn empty_organizer(ctx: &mut Ctx, user: Uuid) -> Result<u64> {
    let tenant = ctx.tenant.0;
    let emptied = sqlx::query!(
        "UPDATE scheduling.organizer_profiles
            SET slug = 'former-' || replace(user_id::text, '-', ''), display_name = 'Former member', welcome_message = '', timezone = 'UTC',
                is_active = false
          WHERE tenant_id = $1 AND user_id = $2 AND display_name <> 'Former member'",
        tenant,
        user,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(emptied.rows_affected())
}

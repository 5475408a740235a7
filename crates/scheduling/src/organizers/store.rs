//! Every statement on organizers and their public addresses.

use platform::{App, Ctx, OnConstraint, Problem, Result, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Located, Organizer, Profile, public_url, slug_taken};

/// The directory is not walled by tenant, so this needs no context; it tells nothing but whose an address is.
pub async fn locate(db: &mut PgConnection, slug: &str) -> Result<Option<Located>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT s.tenant_id, s.subject_id
           FROM directory.public_slugs s
           JOIN directory.tenants t ON t.id = s.tenant_id AND t.status = 'active'
                AND t.feature_flags -> 'public_pages' IS DISTINCT FROM 'false' AND NOT directory.is_read_only(t.id)
          WHERE s.kind = 'organizer' AND s.slug = $1",
        slug
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Located { tenant: TenantId(row.tenant_id), organizer_id: row.subject_id }))
}

pub struct Row {
    pub user_id: Uuid,
    slug: String,
    domain: Option<String>,
    pub display_name: String,
    timezone: String,
    brand_color: String,
    welcome_message: String,
    buffer_before_minutes: i32,
    buffer_after_minutes: i32,
    minimum_gap_minutes: i32,
    slot_interval_minutes: i32,
    reasonable_hours_start: i32,
    reasonable_hours_end: i32,
    keeps_reasonable_hours: bool,
    is_active: bool,
    version: i64,
}

impl Row {
    pub fn into_organizer(self, app: &App) -> Organizer {
        Organizer {
            public_url: public_url(app, self.domain.as_deref(), &self.slug),
            user_id: self.user_id,
            slug: self.slug,
            display_name: self.display_name,
            timezone: self.timezone,
            brand_color: self.brand_color,
            welcome_message: self.welcome_message,
            buffer_before_minutes: self.buffer_before_minutes,
            buffer_after_minutes: self.buffer_after_minutes,
            minimum_gap_minutes: self.minimum_gap_minutes,
            slot_interval_minutes: self.slot_interval_minutes,
            reasonable_hours_start: self.reasonable_hours_start,
            reasonable_hours_end: self.reasonable_hours_end,
            keeps_reasonable_hours: self.keeps_reasonable_hours,
            is_active: self.is_active,
            version: self.version,
        }
    }
}

/// The columns of [`Row`], before what differs.
macro_rules! organizers {
    ($tail:tt, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            Row,
            "SELECT p.user_id, p.slug, directory.domain_of(p.tenant_id) AS domain, p.display_name, p.timezone, p.brand_color, p.welcome_message, p.buffer_before_minutes,
                    p.buffer_after_minutes, p.minimum_gap_minutes, p.slot_interval_minutes, p.reasonable_hours_start,
                    p.reasonable_hours_end, p.keeps_reasonable_hours, p.is_active, p.version
               FROM scheduling.organizer_profiles p " + $tail,
            $($argument),*
        )
    };
}

pub async fn list(ctx: &mut Ctx, own: Option<Uuid>, after: Option<&(String, Uuid)>, most: i64) -> Result<Vec<Row>> {
    let tenant = ctx.tenant.0;
    let rows = organizers!(
        "WHERE p.tenant_id = $1
           AND ($2::uuid IS NULL OR p.user_id = $2)
           AND ($3::text IS NULL OR (p.display_name, p.user_id) > ($3, $4::uuid))
         ORDER BY p.display_name, p.user_id
         LIMIT $5",
        tenant,
        own,
        after.map(|(name, _)| name.as_str()),
        after.map(|(_, id)| *id),
        most,
    );
    Ok(rows.fetch_all(ctx.db().await?).await?)
}

pub async fn find(ctx: &mut Ctx, user: Uuid) -> Result<Option<Organizer>> {
    let tenant = ctx.tenant.0;
    let row = organizers!("WHERE p.tenant_id = $1 AND p.user_id = $2", tenant, user).fetch_optional(ctx.db().await?).await?;
    Ok(row.map(|row| row.into_organizer(&ctx.app)))
}

pub async fn lock(ctx: &mut Ctx, user: Uuid) -> Result<Option<Organizer>> {
    let tenant = ctx.tenant.0;
    let row =
        organizers!("WHERE p.tenant_id = $1 AND p.user_id = $2 FOR NO KEY UPDATE", tenant, user).fetch_optional(ctx.db().await?).await?;
    Ok(row.map(|row| row.into_organizer(&ctx.app)))
}

/// The workspace's own colour and the address of its logo.
pub async fn branding(ctx: &mut Ctx) -> Result<(Option<String>, Option<String>)> {
    let tenant = ctx.tenant.0;
    let row = sqlx::query!("SELECT branding ->> 'color' AS color, logo_url FROM directory.tenants WHERE id = $1", tenant)
        .fetch_one(ctx.db().await?)
        .await?;
    Ok((row.color, row.logo_url))
}

/// The workspace as the page of its own domain shows it.
pub struct Workspace {
    pub name: String,
    pub color: Option<String>,
    pub logo_url: Option<String>,
}

pub async fn workspace(ctx: &mut Ctx) -> Result<Workspace> {
    let tenant = ctx.tenant.0;
    let row =
        sqlx::query_as!(Workspace, "SELECT name, branding ->> 'color' AS color, logo_url FROM directory.tenants WHERE id = $1", tenant);
    Ok(row.fetch_one(ctx.db().await?).await?)
}

/// An organizer who has something to book.
pub struct Bookable {
    pub slug: String,
    pub display_name: String,
    pub welcome_message: String,
}

pub async fn bookable(ctx: &mut Ctx) -> Result<Vec<Bookable>> {
    let tenant = ctx.tenant.0;
    let rows = sqlx::query_as!(
        Bookable,
        "SELECT p.slug, p.display_name, p.welcome_message
           FROM scheduling.organizer_profiles p
           JOIN identity.members m ON m.tenant_id = p.tenant_id AND m.user_id = p.user_id AND m.status = 'active'
          WHERE p.tenant_id = $1 AND p.is_active AND NOT directory.is_read_only(p.tenant_id)
            AND EXISTS (SELECT FROM scheduling.event_types e
                         WHERE e.tenant_id = $1 AND e.owner_id = p.user_id AND e.is_active AND NOT e.is_private)
          ORDER BY p.display_name, p.user_id
          LIMIT 500",
        tenant
    );
    Ok(rows.fetch_all(ctx.db().await?).await?)
}

/// Only while the page is open and the member active.
pub async fn find_open(ctx: &mut Ctx, user: Uuid) -> Result<Option<Organizer>> {
    let tenant = ctx.tenant.0;
    let row = organizers!(
        "JOIN identity.members m ON m.tenant_id = p.tenant_id AND m.user_id = p.user_id AND m.status = 'active'
        WHERE p.tenant_id = $1 AND p.user_id = $2 AND p.is_active",
        tenant,
        user
    )
    .fetch_optional(ctx.db().await?)
    .await?;
    Ok(row.map(|row| row.into_organizer(&ctx.app)))
}

pub async fn insert(ctx: &mut Ctx, user: Uuid, profile: &Profile) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "INSERT INTO directory.public_slugs (kind, slug, tenant_id, subject_id) VALUES ('organizer', $1, $2, $3)",
        profile.slug,
        tenant,
        user
    )
    .execute(ctx.db().await?)
    .await
    .on_constraint("public_slugs_pkey", slug_taken)
    .on_constraint("public_slugs_subject", made_twice)?;
    sqlx::query!(
        "WITH bookable AS (
             INSERT INTO scheduling.bookables (tenant_id, id, kind) VALUES ($1, $2, 'organizer') ON CONFLICT DO NOTHING
         )
         INSERT INTO scheduling.organizer_profiles
                (tenant_id, user_id, slug, display_name, timezone, brand_color, welcome_message, buffer_before_minutes,
                 buffer_after_minutes, minimum_gap_minutes, slot_interval_minutes, reasonable_hours_start,
                 reasonable_hours_end, is_active, keeps_reasonable_hours)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        tenant,
        user,
        profile.slug,
        profile.display_name,
        profile.timezone,
        profile.brand_color,
        profile.welcome_message,
        profile.buffer_before_minutes,
        profile.buffer_after_minutes,
        profile.minimum_gap_minutes,
        profile.slot_interval_minutes,
        profile.reasonable_hours_start,
        profile.reasonable_hours_end,
        profile.is_active,
        profile.keeps_reasonable_hours,
    )
    .execute(ctx.db().await?)
    .await
    .on_constraint("organizer_profiles_pkey", made_twice)?;
    Ok(())
}

fn made_twice() -> Problem {
    Problem::conflict("conflict", "Your booking page was set up a moment ago. Load it again.")
}

pub async fn move_slug(ctx: &mut Ctx, user: Uuid, slug: &str) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "UPDATE directory.public_slugs SET slug = $3 WHERE tenant_id = $1 AND kind = 'organizer' AND subject_id = $2",
        tenant,
        user,
        slug
    )
    .execute(ctx.db().await?)
    .await
    .on_constraint("public_slugs_pkey", slug_taken)?;
    Ok(())
}

pub async fn update(ctx: &mut Ctx, user: Uuid, profile: &Profile) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "UPDATE scheduling.organizer_profiles
            SET slug = $3, display_name = $4, timezone = $5, brand_color = $6, welcome_message = $7,
                buffer_before_minutes = $8, buffer_after_minutes = $9, minimum_gap_minutes = $10,
                slot_interval_minutes = $11, reasonable_hours_start = $12, reasonable_hours_end = $13, is_active = $14,
                keeps_reasonable_hours = $15
          WHERE tenant_id = $1 AND user_id = $2",
        tenant,
        user,
        profile.slug,
        profile.display_name,
        profile.timezone,
        profile.brand_color,
        profile.welcome_message,
        profile.buffer_before_minutes,
        profile.buffer_after_minutes,
        profile.minimum_gap_minutes,
        profile.slot_interval_minutes,
        profile.reasonable_hours_start,
        profile.reasonable_hours_end,
        profile.is_active,
        profile.keeps_reasonable_hours,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

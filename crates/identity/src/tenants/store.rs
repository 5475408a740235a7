//! Tenants in the directory. These tables have no policies: each statement names its tenant.

use platform::TenantId;
use platform::time::Timestamp;
use serde_json::{Map, Value};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Branding, Features, NewTenant, Tenant};

/// No where the slug is taken.
pub async fn insert(
    db: &mut PgConnection,
    id: TenantId,
    owner: Uuid,
    new: &NewTenant,
    slug: &str,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let written = sqlx::query!(
        "INSERT INTO directory.tenants (id, name, slug, owner_id, timezone, locale, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
         ON CONFLICT (slug) DO NOTHING",
        id.0,
        new.name,
        slug,
        owner,
        new.timezone,
        new.locale,
        now,
    )
    .execute(db)
    .await?;
    Ok(written.rows_affected() == 1)
}

pub async fn find(db: &mut PgConnection, id: TenantId) -> Result<Tenant, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT t.id, t.name, t.slug, t.timezone, t.currency, t.locale, t.billing_email, t.onboarding_status,
                  t.settings AS "settings: Json<Map<String, Value>>", t.branding AS "branding: Json<Branding>", t.logo_url, t.alerts_admins,
                  t.feature_flags AS "features: Json<Features>",
                  (SELECT s.trial_end FROM directory.subscriptions s WHERE s.tenant_id = t.id) AS trial_ends_at, t.version
             FROM directory.tenants t WHERE t.id = $1"#,
        id.0,
    )
    .fetch_one(db)
    .await?;
    Ok(Tenant {
        id: row.id,
        name: row.name,
        slug: row.slug,
        timezone: row.timezone,
        currency: row.currency,
        locale: row.locale,
        billing_email: row.billing_email,
        onboarding_status: row.onboarding_status,
        settings: row.settings,
        branding: row.branding.0,
        logo_url: row.logo_url,
        alerts_admins: row.alerts_admins,
        features: row.features.0,
        trial_ends_at: row.trial_ends_at,
        version: row.version,
    })
}

/// As [`find`], under the row's lock.
pub async fn lock(db: &mut PgConnection, id: TenantId) -> Result<Tenant, sqlx::Error> {
    sqlx::query!("SELECT id FROM directory.tenants WHERE id = $1 FOR NO KEY UPDATE", id.0).fetch_one(&mut *db).await?;
    find(db, id).await
}

pub async fn update(db: &mut PgConnection, tenant: &Tenant) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.tenants
            SET name = $2, timezone = $3, currency = $4, locale = $5, billing_email = $6, onboarding_status = $7, settings = $8,
                branding = $9, alerts_admins = $10
          WHERE id = $1",
        tenant.id,
        tenant.name,
        tenant.timezone,
        tenant.currency,
        tenant.locale,
        tenant.billing_email.as_deref() as Option<&str>,
        tenant.onboarding_status,
        Value::Object(tenant.settings.0.clone()),
        Json(&tenant.branding) as Json<&Branding>,
        tenant.alerts_admins,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Names another owner where the one on record is no owner any more.
pub async fn keep_owned(db: &mut PgConnection, tenant: TenantId, former: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.tenants t
            SET owner_id = heir.user_id
           FROM (SELECT m.user_id
                   FROM identity.members m
                   JOIN identity.member_roles mr ON mr.tenant_id = m.tenant_id AND mr.user_id = m.user_id
                   JOIN identity.roles r ON r.tenant_id = mr.tenant_id AND r.id = mr.role_id
                  WHERE m.tenant_id = $1 AND m.status = 'active' AND r.kind = 'system' AND r.name = 'owner'
                  ORDER BY m.joined_at, m.user_id
                  LIMIT 1) AS heir
          WHERE t.id = $1 AND t.owner_id = $2",
        tenant.0,
        former,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn set_logo(db: &mut PgConnection, id: TenantId, url: Option<&str>) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE directory.tenants SET logo_url = $2 WHERE id = $1", id.0, url as Option<&str>).execute(db).await?;
    Ok(())
}

/// An active owner, as mails address him or her.
pub struct Owner {
    pub user_id: Uuid,
    pub name: String,
    pub email: String,
    pub locale: String,
    pub timezone: String,
}

/// Whoever owns the tenant, and with `admins` its administrators too.
pub async fn owners(db: &mut PgConnection, tenant: TenantId, admins: bool) -> Result<Vec<Owner>, sqlx::Error> {
    sqlx::query_as!(
        Owner,
        "SELECT m.user_id, m.display_name AS name, m.email, m.locale, m.timezone
           FROM identity.members m
          WHERE m.tenant_id = $1 AND m.status = 'active'
            AND EXISTS (SELECT FROM identity.member_roles mr
                          JOIN identity.roles r ON r.tenant_id = mr.tenant_id AND r.id = mr.role_id
                         WHERE mr.tenant_id = m.tenant_id AND mr.user_id = m.user_id AND r.kind = 'system'
                           AND (r.name = 'owner' OR $2 AND r.name = 'admin'))
          ORDER BY m.joined_at, m.user_id
          LIMIT 50",
        tenant.0,
        admins,
    )
    .fetch_all(db)
    .await
}

pub async fn name_of(db: &mut PgConnection, tenant: TenantId) -> Result<String, sqlx::Error> {
    sqlx::query_scalar!("SELECT name FROM directory.tenants WHERE id = $1", tenant.0).fetch_one(db).await
}

/// Closes the tenant of the context until its erasure; none where its status does not allow it.
pub async fn request_deletion(db: &mut PgConnection, by: Uuid, now: Timestamp) -> Result<Option<Timestamp>, sqlx::Error> {
    sqlx::query_scalar!("SELECT identity.request_deletion($1, $2)", by, now).fetch_one(db).await
}

/// Opens the tenant of the context again; no where it was not to be deleted, or is being erased already.
pub async fn cancel_deletion(db: &mut PgConnection, by: Uuid, now: Timestamp) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT identity.cancel_deletion($1, $2) AS "done!""#, by, now).fetch_one(db).await
}

/// When it is to be erased, for who asks for a tenant that waits for it.
pub async fn waiting_for_deletion(db: &mut PgConnection, tenant: TenantId) -> Result<bool, sqlx::Error> {
    let waits = sqlx::query_scalar!(r#"SELECT status = 'pending_deletion' AS "waits!" FROM directory.tenants WHERE id = $1"#, tenant.0)
        .fetch_optional(db)
        .await?;
    Ok(waits == Some(true))
}

//! Tenants in the directory. These tables have no policies: each statement names its tenant.

use platform::TenantId;
use platform::time::Timestamp;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{NewTenant, Tenant};

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
    sqlx::query_as!(
        Tenant,
        r#"SELECT id, name, slug, timezone, currency, locale, billing_email, onboarding_status, settings AS "settings: _", version
             FROM directory.tenants WHERE id = $1"#,
        id.0,
    )
    .fetch_one(db)
    .await
}

/// As [`find`], under the row's lock.
pub async fn lock(db: &mut PgConnection, id: TenantId) -> Result<Tenant, sqlx::Error> {
    sqlx::query!("SELECT id FROM directory.tenants WHERE id = $1 FOR NO KEY UPDATE", id.0).fetch_one(&mut *db).await?;
    find(db, id).await
}

pub async fn update(db: &mut PgConnection, tenant: &Tenant) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.tenants
            SET name = $2, timezone = $3, currency = $4, locale = $5, billing_email = $6, onboarding_status = $7, settings = $8
          WHERE id = $1",
        tenant.id,
        tenant.name,
        tenant.timezone,
        tenant.currency,
        tenant.locale,
        tenant.billing_email.as_deref() as Option<&str>,
        tenant.onboarding_status,
        Value::Object(tenant.settings.0.clone()),
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

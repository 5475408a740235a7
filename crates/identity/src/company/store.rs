//! A workspace's own providers, and who its members are there. Both stand behind the tenant's walls.

use platform::TenantId;
use platform::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Admits, Settings, SignInProvider};
use crate::roles::RoleName;

/// A provider with what is not shown of it.
pub struct Stored {
    pub shown: SignInProvider,
    pub secret_ciphertext: Option<Vec<u8>>,
    /// Who chose the role that newcomers get.
    pub chosen_by: Option<Uuid>,
}

/// By name.
pub async fn list(db: &mut PgConnection, tenant: TenantId, id: Option<Uuid>) -> Result<Vec<Stored>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT p.id, p.name, p.issuer, p.client_id, p.secret_ciphertext, p.domains, p.admits, p.role_id, r.name AS "role_name?",
                  p.chosen_by, p.is_enabled, p.version, p.created_at,
                  (SELECT count(*) FROM identity.member_identities i WHERE i.tenant_id = p.tenant_id AND i.provider_id = p.id) AS "people!"
             FROM identity.sign_in_providers p
             LEFT JOIN identity.roles r ON r.tenant_id = p.tenant_id AND r.id = p.role_id
            WHERE p.tenant_id = $1 AND ($2::uuid IS NULL OR p.id = $2)
            ORDER BY lower(p.name), p.id"#,
        tenant.0,
        id as Option<Uuid>,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Stored {
            shown: SignInProvider {
                id: row.id,
                name: row.name,
                issuer: row.issuer,
                client_id: row.client_id,
                has_secret: row.secret_ciphertext.is_some(),
                domains: row.domains,
                admits: Admits::of_name(&row.admits),
                role: row.role_id.zip(row.role_name).map(|(id, name)| RoleName { id, name }),
                is_enabled: row.is_enabled,
                people: row.people,
                version: row.version,
                created_at: row.created_at,
            },
            secret_ciphertext: row.secret_ciphertext,
            chosen_by: row.chosen_by,
        })
        .collect())
}

pub async fn find(db: &mut PgConnection, tenant: TenantId, id: Uuid) -> Result<Option<Stored>, sqlx::Error> {
    Ok(list(db, tenant, Some(id)).await?.pop())
}

pub async fn has_enabled(db: &mut PgConnection, tenant: TenantId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM identity.sign_in_providers WHERE tenant_id = $1 AND is_enabled) AS "has!""#, tenant.0)
        .fetch_one(db)
        .await
}

/// What is written of one.
pub struct Change<'a> {
    pub id: Uuid,
    pub settings: &'a Settings,
    /// Sealed; one that is left out stays.
    pub secret: Option<&'a [u8]>,
    pub chosen_by: Uuid,
}

pub async fn insert(db: &mut PgConnection, tenant: TenantId, issuer: &str, new: &Change<'_>, now: Timestamp) -> Result<(), sqlx::Error> {
    let Change { id, settings, secret, chosen_by } = *new;
    sqlx::query!(
        "INSERT INTO identity.sign_in_providers
                (tenant_id, id, name, issuer, client_id, secret_ciphertext, domains, admits, role_id, chosen_by, is_enabled, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)",
        tenant.0,
        id,
        settings.name,
        issuer,
        settings.client_id,
        secret as Option<&[u8]>,
        &settings.domains,
        settings.admits.name(),
        settings.role_id as Option<Uuid>,
        settings.role_id.map(|_| chosen_by) as Option<Uuid>,
        settings.is_enabled,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn update(db: &mut PgConnection, tenant: TenantId, change: &Change<'_>) -> Result<(), sqlx::Error> {
    let Change { id, settings, secret, chosen_by } = *change;
    sqlx::query!(
        "UPDATE identity.sign_in_providers
            SET name = $3, client_id = $4, secret_ciphertext = coalesce($5, secret_ciphertext), domains = $6, admits = $7, role_id = $8,
                chosen_by = $9, is_enabled = $10
          WHERE tenant_id = $1 AND id = $2",
        tenant.0,
        id,
        settings.name,
        settings.client_id,
        secret as Option<&[u8]>,
        &settings.domains,
        settings.admits.name(),
        settings.role_id as Option<Uuid>,
        settings.role_id.map(|_| chosen_by) as Option<Uuid>,
        settings.is_enabled,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes along who people are there, and the sessions that it opened.
pub async fn delete(db: &mut PgConnection, tenant: TenantId, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM identity.sign_in_providers WHERE tenant_id = $1 AND id = $2", tenant.0, id).execute(db).await?;
    Ok(())
}

/// Ends the sessions that it opened, of that member or of all.
pub async fn end_sessions(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: Uuid,
    user: Option<Uuid>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.sessions SET ended_at = $4
          WHERE tenant_id = $1 AND provider_id = $2 AND ($3::uuid IS NULL OR user_id = $3) AND ended_at IS NULL",
        tenant.0,
        provider,
        user as Option<Uuid>,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whose the subject is in this workspace.
pub async fn user_of(db: &mut PgConnection, tenant: TenantId, provider: Uuid, subject: &str) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT user_id FROM identity.member_identities WHERE tenant_id = $1 AND provider_id = $2 AND subject = $3",
        tenant.0,
        provider,
        subject,
    )
    .fetch_optional(db)
    .await
}

/// Makes the subject the member's, or notes that it was shown; no where it is another's.
pub async fn keep(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: Uuid,
    subject: &str,
    user: Uuid,
    email: Option<&str>,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let kept = sqlx::query!(
        "INSERT INTO identity.member_identities AS i (tenant_id, provider_id, subject, user_id, email, last_used_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)
         ON CONFLICT (tenant_id, provider_id, subject) DO UPDATE SET email = excluded.email, last_used_at = excluded.last_used_at
          WHERE i.user_id = excluded.user_id",
        tenant.0,
        provider,
        subject,
        user,
        email as Option<&str>,
        now,
    )
    .execute(db)
    .await?;
    Ok(kept.rows_affected() == 1)
}

/// Who a member is at the workspace's providers.
pub struct Linked {
    pub provider_id: Uuid,
    pub email: Option<String>,
    pub last_used_at: Timestamp,
}

pub async fn linked(db: &mut PgConnection, tenant: TenantId, user: Uuid) -> Result<Vec<Linked>, sqlx::Error> {
    sqlx::query_as!(
        Linked,
        r#"SELECT provider_id, email, last_used_at FROM identity.member_identities
            WHERE tenant_id = $1 AND user_id = $2 ORDER BY provider_id, subject"#,
        tenant.0,
        user,
    )
    .fetch_all(db)
    .await
}

/// Forgets who the member is there; no where nothing was known.
pub async fn unlink(db: &mut PgConnection, tenant: TenantId, provider: Uuid, user: Uuid) -> Result<bool, sqlx::Error> {
    let gone = sqlx::query!(
        "DELETE FROM identity.member_identities WHERE tenant_id = $1 AND provider_id = $2 AND user_id = $3",
        tenant.0,
        provider,
        user,
    )
    .execute(db)
    .await?;
    Ok(gone.rows_affected() > 0)
}

/// A workspace as its own page of sign-in shows it, while it is active.
pub struct Workspace {
    pub tenant_id: Uuid,
    pub name: String,
    pub slug: String,
    pub logo_url: Option<String>,
    pub color: Option<String>,
}

pub async fn workspace(db: &mut PgConnection, slug: &str) -> Result<Option<Workspace>, sqlx::Error> {
    sqlx::query_as!(
        Workspace,
        r#"SELECT id AS tenant_id, name, slug, logo_url, branding ->> 'color' AS color FROM directory.tenants
            WHERE slug = $1 AND status = 'active'"#,
        slug
    )
    .fetch_optional(db)
    .await
}

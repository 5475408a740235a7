//! Invitations in the directory. This table has no policies: each statement names its tenant or the token.

use platform::TenantId;
use platform::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Invitation, Inviter};
use crate::roles::RoleName;

struct Row {
    id: Uuid,
    email: String,
    role_id: Uuid,
    role_name: String,
    status: String,
    message: Option<String>,
    inviter_id: Uuid,
    inviter_name: String,
    expires_at: Timestamp,
    created_at: Timestamp,
}

impl From<Row> for Invitation {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            email: row.email,
            role: RoleName { id: row.role_id, name: row.role_name },
            status: row.status,
            message: row.message,
            invited_by: Inviter { user_id: row.inviter_id, name: row.inviter_name },
            expires_at: row.expires_at,
            created_at: row.created_at,
        }
    }
}

/// Which invitations to list.
pub struct Filter<'a> {
    pub status: Option<&'a str>,
    pub id: Option<Uuid>,
    /// Only those that this member sent.
    pub own: Option<Uuid>,
    pub before: Option<Uuid>,
}

/// Newest first; a pending one whose time is over counts as expired.
pub async fn list(
    db: &mut PgConnection,
    tenant: TenantId,
    filter: &Filter<'_>,
    now: Timestamp,
    count: i64,
) -> Result<Vec<Invitation>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT i.id, i.email, i.role_id, coalesce(r.name, '') AS "role_name!", s.status AS "status!", i.message,
                  i.invited_by AS inviter_id, coalesce(m.display_name, '') AS "inviter_name!", i.expires_at, i.created_at
             FROM directory.invitations i
            CROSS JOIN LATERAL (SELECT CASE WHEN i.status = 'pending' AND i.expires_at <= $2 THEN 'expired' ELSE i.status END) AS s (status)
             LEFT JOIN identity.roles r ON r.tenant_id = i.tenant_id AND r.id = i.role_id
             LEFT JOIN identity.members m ON m.tenant_id = i.tenant_id AND m.user_id = i.invited_by
            WHERE i.tenant_id = $1
              AND ($3::text IS NULL OR s.status = $3)
              AND ($4::uuid IS NULL OR i.id = $4)
              AND ($5::uuid IS NULL OR i.invited_by = $5)
              AND ($6::uuid IS NULL OR i.id < $6)
            ORDER BY i.id DESC
            LIMIT $7"#,
        tenant.0,
        now,
        filter.status as Option<&str>,
        filter.id as Option<Uuid>,
        filter.own as Option<Uuid>,
        filter.before as Option<Uuid>,
        count,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Invitation::from).collect())
}

pub async fn find(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    own: Option<Uuid>,
    now: Timestamp,
) -> Result<Option<Invitation>, sqlx::Error> {
    let filter = Filter { status: None, id: Some(id), own, before: None };
    Ok(list(db, tenant, &filter, now, 1).await?.pop())
}

/// An invitation to write.
pub struct NewInvitation<'a> {
    pub id: Uuid,
    pub email: &'a str,
    pub email_key: &'a str,
    pub role: Uuid,
    pub message: Option<&'a str>,
    pub invited_by: Uuid,
    pub locale: &'a str,
    pub expires_at: Timestamp,
}

pub async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    new: &NewInvitation<'_>,
    token_hash: &[u8; 32],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    // One whose time is over makes room for another.
    sqlx::query!(
        "UPDATE directory.invitations SET status = 'expired', updated_at = $3
          WHERE tenant_id = $1 AND email_key = $2 AND status = 'pending' AND expires_at <= $3",
        tenant.0,
        new.email_key,
        now,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT INTO directory.invitations
                (id, tenant_id, email, email_key, role_id, token_hash, message, invited_by, locale, expires_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)",
        new.id,
        tenant.0,
        new.email,
        new.email_key,
        new.role,
        &token_hash[..],
        new.message as Option<&str>,
        new.invited_by,
        new.locale,
        new.expires_at,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The addresses of the first invitations to that role which can still be accepted.
pub async fn pending_to(
    db: &mut PgConnection,
    tenant: TenantId,
    role: Uuid,
    now: Timestamp,
    most: i64,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT email FROM directory.invitations
          WHERE tenant_id = $1 AND role_id = $2 AND status = 'pending' AND expires_at > $3
          ORDER BY email_key LIMIT $4",
        tenant.0,
        role,
        now,
        most,
    )
    .fetch_all(db)
    .await
}

/// Gives an unanswered invitation a new link, and who sent it now as the one who vouches for it; answers its locale, or
/// none where it has been answered.
pub async fn renew(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    by: Uuid,
    token_hash: &[u8; 32],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "UPDATE directory.invitations SET status = 'pending', token_hash = $3, expires_at = $5, updated_at = $4, invited_by = $6
          WHERE tenant_id = $1 AND id = $2 AND status IN ('pending', 'expired')
        RETURNING locale",
        tenant.0,
        id,
        &token_hash[..],
        now,
        expires_at,
        by,
    )
    .fetch_optional(db)
    .await
}

/// No where it has been answered.
pub async fn revoke(db: &mut PgConnection, tenant: TenantId, id: Uuid, by: Option<Uuid>, now: Timestamp) -> Result<bool, sqlx::Error> {
    let revoked = sqlx::query!(
        "UPDATE directory.invitations SET status = 'revoked', revoked_at = $4, revoked_by = $3, updated_at = $4
          WHERE tenant_id = $1 AND id = $2 AND status = 'pending'",
        tenant.0,
        id,
        by as Option<Uuid>,
        now,
    )
    .execute(db)
    .await?;
    Ok(revoked.rows_affected() == 1)
}

/// What a token offers.
pub struct Offer {
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub tenant_name: String,
    pub tenant_timezone: String,
    pub email: String,
    pub email_key: String,
    pub role_id: Uuid,
    pub invited_by: Uuid,
    pub locale: String,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
    /// Who has the address already.
    pub user_id: Option<Uuid>,
}

pub async fn of_token(db: &mut PgConnection, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<Offer>, sqlx::Error> {
    sqlx::query_as!(
        Offer,
        r#"SELECT i.id, i.tenant_id, t.name AS tenant_name, t.timezone AS tenant_timezone, i.email, i.email_key, i.role_id, i.invited_by, i.locale,
                  i.expires_at, i.created_at, u.id AS "user_id?"
             FROM directory.invitations i
             JOIN directory.tenants t ON t.id = i.tenant_id AND t.status = 'active'
             LEFT JOIN directory.users u ON u.email_key = i.email_key AND u.deleted_at IS NULL
            WHERE i.token_hash = $1 AND i.status = 'pending' AND i.expires_at > $2"#,
        &token_hash[..],
        now,
    )
    .fetch_optional(db)
    .await
}

/// Answers it once; no where somebody was faster or its time is over.
pub async fn respond(db: &mut PgConnection, token_hash: &[u8; 32], status: &str, now: Timestamp) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE directory.invitations SET status = $2, responded_at = $3, updated_at = $3
          WHERE token_hash = $1 AND status = 'pending' AND expires_at > $3",
        &token_hash[..],
        status,
        now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whom an address belongs to, for the mail and to tell members from strangers.
pub struct Invitee {
    pub name: String,
    pub locale: String,
    pub is_member: bool,
}

pub async fn invitee(db: &mut PgConnection, tenant: TenantId, email_key: &str) -> Result<Option<Invitee>, sqlx::Error> {
    sqlx::query_as!(
        Invitee,
        r#"SELECT u.name, u.locale, EXISTS (SELECT FROM identity.members m
                                             WHERE m.tenant_id = $1 AND m.user_id = u.id AND m.status <> 'inactive') AS "is_member!"
             FROM directory.users u WHERE u.email_key = $2 AND u.deleted_at IS NULL"#,
        tenant.0,
        email_key,
    )
    .fetch_optional(db)
    .await
}

/// An invitation that was just accepted by the address alone.
pub struct Waiting {
    pub id: Uuid,
    pub role_id: Uuid,
    pub invited_by: Uuid,
    pub created_at: Timestamp,
}

/// Accepts the invitation that waits for who has the address, where something else than its link has shown that.
pub async fn accept_pending(
    db: &mut PgConnection,
    tenant: TenantId,
    email_key: &str,
    now: Timestamp,
) -> Result<Option<Waiting>, sqlx::Error> {
    sqlx::query_as!(
        Waiting,
        "UPDATE directory.invitations SET status = 'accepted', responded_at = $3, updated_at = $3
          WHERE tenant_id = $1 AND email_key = $2 AND status = 'pending' AND expires_at > $3
        RETURNING id, role_id, invited_by, created_at",
        tenant.0,
        email_key,
        now,
    )
    .fetch_optional(db)
    .await
}

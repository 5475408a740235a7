//! Statuses and closures in the directory, as the owner.

use platform::time::Timestamp;
use platform::{TenantId, id};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{StatusChange, StatusLine};

pub async fn set_status(db: &mut PgConnection, change: &StatusChange<'_>, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE directory.users SET status = $2 WHERE id = $1", change.user, change.status).execute(&mut *db).await?;
    note_status(db, change, now).await
}

pub async fn note_status(db: &mut PgConnection, change: &StatusChange<'_>, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO directory.user_status_changes (id, user_id, status, reason, changed_by, changed_at) VALUES ($1, $2, $3, $4, $5, $6)",
        id::new(),
        change.user,
        change.status,
        change.reason,
        change.by as Option<Uuid>,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends every access token of the user; answers how many.
pub async fn revoke_tokens(db: &mut PgConnection, user: Uuid, now: Timestamp) -> Result<u64, sqlx::Error> {
    let revoked = sqlx::query!(
        "UPDATE directory.personal_access_tokens SET revoked_at = $2, updated_at = $2 WHERE user_id = $1 AND revoked_at IS NULL",
        user,
        now,
    )
    .execute(db)
    .await?;
    Ok(revoked.rows_affected())
}

/// A user, for mails and for what his or her status allows.
pub struct Account {
    pub id: Uuid,
    pub name: String,
    pub email: String,
    pub locale: String,
    pub status: String,
}

/// The user, under the row's lock.
pub async fn lock(db: &mut PgConnection, user: Uuid) -> Result<Option<Account>, sqlx::Error> {
    sqlx::query_as!(Account, "SELECT id, name, email, locale, status FROM directory.users WHERE id = $1 FOR NO KEY UPDATE", user)
        .fetch_optional(db)
        .await
}

/// The tenants that the user owns, in the order in which they are locked. One that is to be deleted needs no owner.
pub async fn owned(db: &mut PgConnection, user: Uuid) -> Result<Vec<(TenantId, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT t.id, t.name
           FROM identity.members m
           JOIN directory.tenants t ON t.id = m.tenant_id AND t.status IN ('active', 'inactive', 'suspended')
          WHERE m.user_id = $1 AND m.status = 'active'
            AND EXISTS (SELECT FROM identity.member_roles mr
                          JOIN identity.roles r ON r.tenant_id = mr.tenant_id AND r.id = mr.role_id
                         WHERE mr.tenant_id = m.tenant_id AND mr.user_id = m.user_id AND r.kind = 'system' AND r.name = 'owner')
          ORDER BY t.id",
        user,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (TenantId(row.id), row.name)).collect())
}

/// No where one waits already.
pub async fn insert_closure(
    db: &mut PgConnection,
    user: Uuid,
    token_hash: &[u8; 32],
    now: Timestamp,
    erase_after: Timestamp,
) -> Result<bool, sqlx::Error> {
    let written = sqlx::query!(
        "INSERT INTO directory.account_closures (id, user_id, token_hash, requested_at, erase_after) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING",
        id::new(),
        user,
        &token_hash[..],
        now,
        erase_after,
    )
    .execute(db)
    .await?;
    Ok(written.rows_affected() == 1)
}

/// Uses the link up; nobody where it is worth nothing, or where the account is not as its closing left it.
pub async fn cancel_closure(db: &mut PgConnection, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<Account>, sqlx::Error> {
    // Whether its erasure has begun is read after the erasure's lock was waited for.
    sqlx::query!("SELECT id FROM directory.account_closures WHERE token_hash = $1 FOR UPDATE", &token_hash[..])
        .fetch_optional(&mut *db)
        .await?;
    sqlx::query_as!(
        Account,
        "UPDATE directory.account_closures c SET cancelled_at = $2
           FROM directory.users u
          WHERE c.token_hash = $1 AND c.cancelled_at IS NULL AND c.erased_at IS NULL AND c.erase_after > $2
            AND u.id = c.user_id AND u.status = 'inactive'
            AND NOT EXISTS (SELECT FROM directory.erasures e WHERE e.kind = 'user' AND e.subject_id = u.id)
        RETURNING u.id, u.name, u.email, u.locale, u.status",
        &token_hash[..],
        now,
    )
    .fetch_optional(db)
    .await
}

/// Takes back a closing that waits.
pub async fn drop_closure(db: &mut PgConnection, user: Uuid, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.account_closures SET cancelled_at = $2 WHERE user_id = $1 AND cancelled_at IS NULL AND erased_at IS NULL",
        user,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn history(db: &mut PgConnection, user: Uuid) -> Result<Vec<StatusLine>, sqlx::Error> {
    sqlx::query_as!(
        StatusLine,
        r#"SELECT c.id, c.status, c.reason, u.name AS "changed_by?", c.changed_at
             FROM directory.user_status_changes c
             LEFT JOIN directory.users u ON u.id = c.changed_by
            WHERE c.user_id = $1
            ORDER BY c.changed_at DESC, c.id DESC
            LIMIT 100"#,
        user,
    )
    .fetch_all(db)
    .await
}

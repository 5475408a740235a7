//! Changes of addresses in the directory.

use platform::id;
use platform::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::WaitingEmailChange;

pub async fn insert(
    db: &mut PgConnection,
    user: Uuid,
    email: &str,
    email_key: &str,
    token_hash: &[u8; 32],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO directory.email_changes (id, user_id, email, email_key, token_hash, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        id::new(),
        user,
        email,
        email_key,
        &token_hash[..],
        now,
        expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes back the change that waits; whether there was one.
pub async fn void(db: &mut PgConnection, user: Uuid, now: Timestamp) -> Result<bool, sqlx::Error> {
    let voided = sqlx::query!("UPDATE directory.email_changes SET used_at = $2 WHERE user_id = $1 AND used_at IS NULL", user, now)
        .execute(db)
        .await?;
    Ok(voided.rows_affected() > 0)
}

pub async fn waiting(db: &mut PgConnection, user: Uuid, now: Timestamp) -> Result<Option<WaitingEmailChange>, sqlx::Error> {
    sqlx::query_as!(
        WaitingEmailChange,
        "SELECT email, expires_at FROM directory.email_changes WHERE user_id = $1 AND used_at IS NULL AND expires_at > $2",
        user,
        now,
    )
    .fetch_optional(db)
    .await
}

/// An address that has changed.
pub struct Changed {
    pub user: Uuid,
    pub name: String,
    pub locale: String,
    pub old_email: String,
    pub new_email: String,
}

/// Uses the link up and writes the address, unless somebody has it by now.
pub async fn change(db: &mut PgConnection, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<Changed>, sqlx::Error> {
    sqlx::query_as!(
        Changed,
        r#"SELECT user_id AS "user!", name AS "name!", locale AS "locale!", old_email AS "old_email!", new_email AS "new_email!"
             FROM identity.change_email($1, $2)"#,
        &token_hash[..],
        now,
    )
    .fetch_optional(db)
    .await
}

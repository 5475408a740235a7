//! Sign-ups that wait for their confirmation.

use platform::id;
use platform::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

/// A sign-up as it was typed.
pub struct NewRegistration<'a> {
    pub email: &'a str,
    pub email_key: &'a str,
    pub name: &'a str,
    pub password_hash: &'a str,
    pub tenant_name: &'a str,
    pub timezone: &'a str,
    pub locale: &'a str,
}

pub async fn insert(
    db: &mut PgConnection,
    new: &NewRegistration<'_>,
    token_hash: &[u8; 32],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO directory.registrations
                (id, email, email_key, name, password_hash, tenant_name, timezone, locale, token_hash, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        id::new(),
        new.email,
        new.email_key,
        new.name,
        new.password_hash,
        new.tenant_name,
        new.timezone,
        new.locale,
        &token_hash[..],
        now,
        expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A sign-up as it waits.
pub struct Waiting {
    pub id: Uuid,
    pub email: String,
    pub email_key: String,
    pub name: String,
    pub password_hash: String,
    pub tenant_name: String,
    pub timezone: String,
    pub locale: String,
}

pub async fn of_token(db: &mut PgConnection, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<Waiting>, sqlx::Error> {
    sqlx::query_as!(
        Waiting,
        "SELECT id, email, email_key, name, password_hash, tenant_name, timezone, locale
           FROM directory.registrations WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2",
        &token_hash[..],
        now,
    )
    .fetch_optional(db)
    .await
}

/// The newest sign-up of an address, even if its link has expired.
pub async fn newest(db: &mut PgConnection, email_key: &str) -> Result<Option<Waiting>, sqlx::Error> {
    sqlx::query_as!(
        Waiting,
        "SELECT id, email, email_key, name, password_hash, tenant_name, timezone, locale
           FROM directory.registrations WHERE email_key = $1 AND used_at IS NULL
          ORDER BY id DESC LIMIT 1",
        email_key,
    )
    .fetch_optional(db)
    .await
}

/// Gives a sign-up a new link; no where it was confirmed meanwhile.
pub async fn renew(db: &mut PgConnection, id: Uuid, token_hash: &[u8; 32], expires_at: Timestamp) -> Result<bool, sqlx::Error> {
    let renewed = sqlx::query!(
        "UPDATE directory.registrations SET token_hash = $2, expires_at = $3 WHERE id = $1 AND used_at IS NULL",
        id,
        &token_hash[..],
        expires_at
    )
    .execute(db)
    .await?;
    Ok(renewed.rows_affected() == 1)
}

/// Uses the link up, and with it every other sign-up of the address; no where somebody was faster.
pub async fn use_up(db: &mut PgConnection, waiting: &Waiting, token_hash: &[u8; 32], now: Timestamp) -> Result<bool, sqlx::Error> {
    let used = sqlx::query!(
        "UPDATE directory.registrations SET used_at = $3
          WHERE id = $1 AND token_hash = $2 AND used_at IS NULL AND expires_at > $3",
        waiting.id,
        &token_hash[..],
        now,
    )
    .execute(&mut *db)
    .await?;
    if used.rows_affected() != 1 {
        return Ok(false);
    }
    void(db, &waiting.email_key, now).await?;
    Ok(true)
}

/// Makes every waiting sign-up of an address worthless, since the address has a user now.
pub async fn void(db: &mut PgConnection, email_key: &str, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE directory.registrations SET used_at = $2 WHERE email_key = $1 AND used_at IS NULL", email_key, now)
        .execute(db)
        .await?;
    Ok(())
}

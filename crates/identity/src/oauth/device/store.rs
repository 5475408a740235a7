//! Device codes in the database.

use platform::id;
use platform::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

pub async fn insert(
    db: &mut PgConnection,
    device_hash: &[u8; 32],
    user_hash: &[u8; 32],
    client: Uuid,
    scopes: &[String],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO directory.oauth_device_codes (id, device_code_hash, user_code_hash, client_id, scopes, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        id::new(),
        &device_hash[..],
        &user_hash[..],
        client,
        scopes,
        now,
        expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A code as the device shows it.
pub struct FoundDevice {
    pub id: Uuid,
    pub client_id: Uuid,
    pub status: String,
    pub grant_id: Option<Uuid>,
    pub poll_seconds: i32,
    pub polled_at: Option<Timestamp>,
    pub expires_at: Timestamp,
}

/// Locked: of two that ask, one waits.
pub async fn by_device_code(db: &mut PgConnection, device_hash: &[u8; 32]) -> Result<Option<FoundDevice>, sqlx::Error> {
    sqlx::query_as!(
        FoundDevice,
        r#"SELECT id, client_id, status, grant_id, poll_seconds, polled_at AS "polled_at: Timestamp", expires_at AS "expires_at: Timestamp"
             FROM directory.oauth_device_codes WHERE device_code_hash = $1 FOR UPDATE"#,
        &device_hash[..],
    )
    .fetch_optional(db)
    .await
}

/// A code as a person enters it, while it waits.
pub struct FoundUserCode {
    pub id: Uuid,
    pub client_id: Uuid,
    pub scopes: Vec<String>,
}

pub async fn by_user_code(db: &mut PgConnection, user_hash: &[u8; 32], now: Timestamp) -> Result<Option<FoundUserCode>, sqlx::Error> {
    sqlx::query_as!(
        FoundUserCode,
        "SELECT id, client_id, scopes FROM directory.oauth_device_codes
          WHERE user_code_hash = $1 AND status = 'pending' AND expires_at > $2 FOR UPDATE",
        &user_hash[..],
        now,
    )
    .fetch_optional(db)
    .await
}

pub async fn decide(db: &mut PgConnection, id: Uuid, grant: Option<Uuid>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.oauth_device_codes
            SET status = CASE WHEN $2::uuid IS NULL THEN 'denied' ELSE 'approved' END, grant_id = $2
          WHERE id = $1",
        id,
        grant as Option<Uuid>,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn note_poll(db: &mut PgConnection, id: Uuid, hasty: bool, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.oauth_device_codes
            SET polled_at = $3, poll_seconds = least(poll_seconds + CASE WHEN $2 THEN 5 ELSE 0 END, 600)
          WHERE id = $1",
        id,
        hasty,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn mark_used(db: &mut PgConnection, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE directory.oauth_device_codes SET status = 'used' WHERE id = $1", id).execute(db).await?;
    Ok(())
}

pub async fn forget_some(db: &mut PgConnection, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM directory.oauth_device_codes
          WHERE id IN (SELECT id FROM directory.oauth_device_codes WHERE expires_at < $1::timestamptz - interval '1 hour'
                        ORDER BY expires_at LIMIT 5 FOR UPDATE SKIP LOCKED)",
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

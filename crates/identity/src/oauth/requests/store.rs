//! Requests that wait, in the database.

use platform::id;
use platform::time::Timestamp;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Waiting;

pub async fn insert(
    db: &mut PgConnection,
    handle_hash: &[u8; 32],
    client: Uuid,
    waiting: Waiting,
    parameters: &Value,
    asked_at: Timestamp,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let user = match waiting {
        Waiting::Consent(user) => Some(user),
        Waiting::Pushed | Waiting::SignIn => None,
    };
    sqlx::query!(
        "INSERT INTO directory.oauth_requests (id, handle_hash, kind, client_id, user_id, parameters, created_at, asked_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        id::new(),
        &handle_hash[..],
        waiting.as_str(),
        client,
        user,
        parameters,
        now,
        asked_at,
        now.plus_seconds(waiting.lives()),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A request that waits.
pub struct Found {
    pub id: Uuid,
    pub client_id: Uuid,
    pub user_id: Option<Uuid>,
    pub parameters: Value,
    pub asked_at: Timestamp,
}

/// One that has neither run out nor been used, locked: of two that use it, one waits and finds nothing.
pub async fn find(db: &mut PgConnection, handle_hash: &[u8; 32], kind: &str, now: Timestamp) -> Result<Option<Found>, sqlx::Error> {
    sqlx::query_as!(
        Found,
        r#"SELECT id, client_id, user_id, parameters, asked_at AS "asked_at: Timestamp"
             FROM directory.oauth_requests
            WHERE handle_hash = $1 AND kind = $2 AND expires_at > $3 AND used_at IS NULL
              FOR UPDATE"#,
        &handle_hash[..],
        kind,
        now,
    )
    .fetch_optional(db)
    .await
}

pub async fn mark_used(db: &mut PgConnection, id: Uuid, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE directory.oauth_requests SET used_at = $2 WHERE id = $1", id, now).execute(db).await?;
    Ok(())
}

pub async fn forget_some(db: &mut PgConnection, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM directory.oauth_requests
          WHERE id IN (SELECT id FROM directory.oauth_requests WHERE expires_at < $1 ORDER BY expires_at LIMIT 5 FOR UPDATE SKIP LOCKED)",
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

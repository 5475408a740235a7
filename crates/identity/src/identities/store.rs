//! Identities at other companies in the directory.

use platform::id;
use platform::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

/// Whose it is.
pub async fn user_of(db: &mut PgConnection, issuer: &str, subject: &str) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("SELECT user_id FROM directory.user_identities WHERE issuer = $1 AND subject = $2", issuer, subject)
        .fetch_optional(db)
        .await
}

/// Makes it the user's; no where it is somebody's already.
pub async fn insert(
    db: &mut PgConnection,
    user: Uuid,
    issuer: &str,
    subject: &str,
    email: Option<&str>,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query!(
        "INSERT INTO directory.user_identities (id, user_id, issuer, subject, email, last_used_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)
         ON CONFLICT (issuer, subject) DO NOTHING",
        id::new(),
        user,
        issuer,
        subject,
        email as Option<&str>,
        now,
    )
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Notes that it was shown, and under which address.
pub async fn note_use(db: &mut PgConnection, issuer: &str, subject: &str, email: Option<&str>, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.user_identities SET last_used_at = $4, email = $3 WHERE issuer = $1 AND subject = $2",
        issuer,
        subject,
        email as Option<&str>,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// One of a user.
pub struct Linked {
    pub id: Uuid,
    pub issuer: String,
    pub email: Option<String>,
    pub last_used_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

pub async fn list(db: &mut PgConnection, user: Uuid) -> Result<Vec<Linked>, sqlx::Error> {
    sqlx::query_as!(
        Linked,
        r#"SELECT id, issuer, email, last_used_at AS "last_used_at: Timestamp", created_at FROM directory.user_identities
            WHERE user_id = $1 ORDER BY id"#,
        user
    )
    .fetch_all(db)
    .await
}

/// Answers the issuer of what is gone.
pub async fn remove(db: &mut PgConnection, user: Uuid, id: Uuid) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("DELETE FROM directory.user_identities WHERE user_id = $1 AND id = $2 RETURNING issuer", user, id)
        .fetch_optional(db)
        .await
}

pub async fn has_password(db: &mut PgConnection, user: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT password_hash IS NOT NULL AS "has!" FROM directory.users WHERE id = $1"#, user).fetch_one(db).await
}

/// Whether the user can still sign in: by password, passkey, or one of these issuers.
pub async fn has_way_in(db: &mut PgConnection, user: Uuid, issuers: &[String]) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM directory.users WHERE id = $1 AND password_hash IS NOT NULL)
               OR EXISTS (SELECT FROM directory.authenticators WHERE user_id = $1)
               OR EXISTS (SELECT FROM directory.user_identities WHERE user_id = $1 AND issuer = ANY ($2)) AS "has!""#,
        user,
        issuers,
    )
    .fetch_one(db)
    .await
}

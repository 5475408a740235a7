//! Password hashes and reset links in the database.

use platform::id;
use platform::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::email_changes;

pub async fn hash_of(db: &mut PgConnection, user: Uuid) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT password_hash FROM directory.users WHERE id = $1", user).fetch_one(db).await
}

/// Sets the new hash if the old one still stands.
pub async fn replace(
    db: &mut PgConnection,
    user: Uuid,
    old: Option<&str>,
    new: &str,
    stands_alone: bool,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE directory.users SET password_hash = $3, password_changed_at = $4, needs_second_factor = NOT $5
          WHERE id = $1 AND password_hash IS NOT DISTINCT FROM $2",
        user,
        old,
        new,
        now,
        stands_alone,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Sets the hash whatever it was. Whoever does so has read a mail to the address or runs the instance, so the address
/// counts as confirmed.
pub async fn set(db: &mut PgConnection, user: Uuid, hash: &str, stands_alone: bool, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.users
            SET password_hash = $2, password_changed_at = $3, email_verified_at = coalesce(email_verified_at, $3),
                needs_second_factor = NOT $4
          WHERE id = $1",
        user,
        hash,
        now,
        stands_alone,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether the user's password is long enough to be all that is asked for.
pub async fn stands_alone(db: &mut PgConnection, user: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT NOT needs_second_factor AS "stands_alone!" FROM directory.users WHERE id = $1"#, user).fetch_one(db).await
}

/// Writes the same password under today's scheme, unless it was changed meanwhile.
pub async fn renew_hash(db: &mut PgConnection, user: Uuid, old: &str, new: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE directory.users SET password_hash = $3 WHERE id = $1 AND password_hash = $2", user, old, new).execute(db).await?;
    Ok(())
}

/// Makes every reset link of the user worthless, and a change of address that waits for its confirmation.
pub async fn void_resets(db: &mut PgConnection, user: Uuid, now: Timestamp) -> Result<(), sqlx::Error> {
    email_changes::store::void(&mut *db, user, now).await?;
    void_reset_links(db, user, now).await
}

/// Of the links to a new password only the newest counts.
pub async fn void_reset_links(db: &mut PgConnection, user: Uuid, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.one_time_tokens SET used_at = $2
          WHERE user_id = $1 AND purpose = 'password_reset' AND used_at IS NULL",
        user,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn insert_reset(
    db: &mut PgConnection,
    user: Uuid,
    token_hash: &[u8; 32],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO directory.one_time_tokens (id, user_id, purpose, token_hash, created_at, expires_at)
         VALUES ($1, $2, 'password_reset', $3, $4, $5)",
        id::new(),
        user,
        &token_hash[..],
        now,
        expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Who has an address.
pub struct Account {
    pub id: Uuid,
    pub name: String,
    pub email: String,
    pub locale: String,
    pub is_active: bool,
}

pub async fn account_of_email(db: &mut PgConnection, email_key: &str) -> Result<Option<Account>, sqlx::Error> {
    sqlx::query_as!(
        Account,
        r#"SELECT id, name, email, locale, status = 'active' AS "is_active!" FROM directory.users
            WHERE email_key = $1 AND deleted_at IS NULL"#,
        email_key
    )
    .fetch_optional(db)
    .await
}

pub async fn account_of_reset(db: &mut PgConnection, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<Account>, sqlx::Error> {
    sqlx::query_as!(
        Account,
        r#"SELECT u.id, u.name, u.email, u.locale, true AS "is_active!"
             FROM directory.one_time_tokens t
             JOIN directory.users u ON u.id = t.user_id AND u.status = 'active'
            WHERE t.token_hash = $1 AND t.purpose = 'password_reset' AND t.used_at IS NULL AND t.expires_at > $2"#,
        &token_hash[..],
        now,
    )
    .fetch_optional(db)
    .await
}

/// Uses the link up; no where somebody was faster.
pub async fn use_reset(db: &mut PgConnection, token_hash: &[u8; 32], now: Timestamp) -> Result<bool, sqlx::Error> {
    let used = sqlx::query!(
        "UPDATE directory.one_time_tokens SET used_at = $2
          WHERE token_hash = $1 AND purpose = 'password_reset' AND used_at IS NULL AND expires_at > $2",
        &token_hash[..],
        now,
    )
    .execute(db)
    .await?;
    Ok(used.rows_affected() == 1)
}

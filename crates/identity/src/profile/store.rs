//! Users in the directory.

use platform::id;
use platform::time::{Timestamp, WallTime};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::details::{Details, MailPreferences};
use super::{User, Weekday};

/// When the account's own data changed last.
pub async fn changed_at(db: &mut PgConnection, user: Uuid) -> Result<Option<Timestamp>, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT updated_at AS "at: Timestamp" FROM directory.users WHERE id = $1"#, user).fetch_optional(db).await
}

pub async fn find(db: &mut PgConnection, user: Uuid) -> Result<Option<User>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT id, name, email, locale, timezone, work_days, work_hours_start, work_hours_end, avatar_url, is_platform_admin, version,
                  profile AS "profile: Json<Details>", email_preferences AS "email_preferences: Json<MailPreferences>"
             FROM directory.users WHERE id = $1"#,
        user
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| User {
        id: row.id,
        name: row.name,
        email: row.email,
        locale: row.locale,
        timezone: row.timezone,
        work_days: row.work_days.iter().filter_map(|day| Weekday::of_name(day)).collect(),
        work_hours_start: row.work_hours_start,
        work_hours_end: row.work_hours_end,
        avatar_url: row.avatar_url,
        profile: row.profile.0,
        email_preferences: row.email_preferences.0,
        is_platform_admin: row.is_platform_admin,
        version: row.version,
    }))
}

/// Locks the user's row, so that versions are compared one after the other.
pub async fn lock(db: &mut PgConnection, user: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT id FROM directory.users WHERE id = $1 FOR NO KEY UPDATE", user).fetch_one(db).await?;
    Ok(())
}

/// Writes the fields that a person edits, and copies what members carry into every tenant.
pub async fn update(db: &mut PgConnection, user: &User) -> Result<(), sqlx::Error> {
    let days: Vec<String> = user.work_days.iter().map(|day| day.name().to_owned()).collect();
    sqlx::query!(
        "UPDATE directory.users
            SET name = $2, locale = $3, timezone = $4, work_days = $5, work_hours_start = $6, work_hours_end = $7,
                profile = $8, email_preferences = $9
          WHERE id = $1",
        user.id,
        user.name,
        user.locale,
        user.timezone,
        &days,
        user.work_hours_start as WallTime,
        user.work_hours_end as WallTime,
        Json(&user.profile) as Json<&Details>,
        Json(&user.email_preferences) as Json<&MailPreferences>,
    )
    .execute(&mut *db)
    .await?;
    copy_to_members(db, user.id).await
}

/// Sets the address of the picture, or none, here and where members carry it.
pub async fn set_avatar(db: &mut PgConnection, user: Uuid, url: Option<&str>) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE directory.users SET avatar_url = $2 WHERE id = $1", user, url as Option<&str>).execute(&mut *db).await?;
    copy_to_members(db, user).await
}

/// Copies what members carry into every tenant.
pub async fn copy_to_members(db: &mut PgConnection, user: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!(r#"SELECT identity.copy_profile($1) AS "done: ()""#, user).execute(db).await?;
    Ok(())
}

/// A user to write; the address has been confirmed.
pub struct NewUser<'a> {
    pub id: Uuid,
    pub email: &'a str,
    pub email_key: &'a str,
    pub name: &'a str,
    /// None for who signs in by other means.
    pub password_hash: Option<&'a str>,
    pub locale: &'a str,
    pub timezone: &'a str,
}

pub async fn insert(db: &mut PgConnection, new: &NewUser<'_>, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO directory.users
                (id, email, email_key, name, password_hash, password_changed_at, email_verified_at, locale, timezone, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, CASE WHEN $5::text IS NULL THEN NULL ELSE $6::timestamptz END, $6, $7, $8, $6, $6)",
        new.id,
        new.email,
        new.email_key,
        new.name,
        new.password_hash as Option<&str>,
        now,
        new.locale,
        new.timezone,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT INTO directory.user_status_changes (id, user_id, status, reason, changed_at) VALUES ($1, $2, 'active', 'created', $3)",
        id::new(),
        new.id,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Makes who has the address an administrator of the instance; answers who.
pub async fn promote(db: &mut PgConnection, email_key: &str) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "UPDATE directory.users SET is_platform_admin = true WHERE email_key = $1 AND deleted_at IS NULL RETURNING id",
        email_key
    )
    .fetch_optional(db)
    .await
}

//! Browsers that somebody signed in with before. Such a one does not wait for what others try on the account, and where the
//! workspace allows it, stands for the second factor for 30 days. All are forgotten when a password or factor changes.

use platform::TenantId;
use platform::crypto::Token;
use platform::error::Result;
use platform::id;
use platform::state::Config;
use platform::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::cookie;

const DAY: i64 = 24 * 3600;
const TRUSTED: i64 = 30 * DAY;
/// Unused.
pub const FORGOTTEN: i64 = 90 * DAY;
/// The ones used least recently make room.
const MOST: i64 = 20;

/// A browser that is known by its cookie.
pub struct Device {
    pub id: Uuid,
    trusted_in: Option<Uuid>,
    trusted_until: Option<Timestamp>,
}

impl Device {
    /// Whether it stands for the second factor in that tenant.
    pub fn is_trusted(&self, tenant: Option<TenantId>, now: Timestamp) -> bool {
        tenant.is_some_and(|tenant| self.trusted_in == Some(tenant.0)) && self.trusted_until.is_some_and(|until| until > now)
    }
}

/// The device of that cookie, if it is one of the user's.
///
/// # Errors
/// The database's.
pub async fn find(
    db: &mut PgConnection,
    presented: Option<&[u8; 32]>,
    user: Option<Uuid>,
    now: Timestamp,
) -> Result<Option<Device>, sqlx::Error> {
    let (Some(presented), Some(user)) = (presented, user) else { return Ok(None) };
    sqlx::query_as!(
        Device,
        r#"SELECT id, trusted_in, trusted_until AS "trusted_until: Timestamp" FROM directory.devices
            WHERE token_hash = $1 AND user_id = $2 AND last_seen_at > $3"#,
        &presented[..],
        user,
        now.plus_seconds(-FORGOTTEN),
    )
    .fetch_optional(db)
    .await
}

/// Notes that somebody signed in with this browser; answers the `Set-Cookie` by which it is known. `trusted_in` is where it is
/// to stand for the second factor from now on.
///
/// # Errors
/// The database's.
pub async fn note(
    db: &mut PgConnection,
    config: &Config,
    user: Uuid,
    presented: Option<&[u8; 32]>,
    trusted_in: Option<TenantId>,
    now: Timestamp,
) -> Result<String, sqlx::Error> {
    let token = Token::random();
    let (tenant, until) = (trusted_in.map(|tenant| tenant.0), trusted_in.map(|_| now.plus_seconds(TRUSTED)));
    // A new token each time, so that a copied cookie is of use once at most.
    let known = sqlx::query!(
        "UPDATE directory.devices
            SET token_hash = $3, last_seen_at = $4, trusted_in = coalesce($5, trusted_in), trusted_until = coalesce($6, trusted_until)
          WHERE token_hash = $1 AND user_id = $2",
        presented.map(|hash| &hash[..]),
        user,
        &token.hash[..],
        now,
        tenant,
        until as Option<Timestamp>,
    )
    .execute(&mut *db)
    .await?;
    if known.rows_affected() == 0 {
        sqlx::query!(
            "DELETE FROM directory.devices WHERE id IN (
                SELECT id FROM directory.devices WHERE user_id = $1 ORDER BY last_seen_at DESC, id DESC OFFSET $2)",
            user,
            MOST - 1,
        )
        .execute(&mut *db)
        .await?;
        sqlx::query!(
            "INSERT INTO directory.devices (id, user_id, token_hash, trusted_in, trusted_until, created_at, last_seen_at)
             VALUES ($1, $2, $3, $4, $5, $6, $6)",
            id::new(),
            user,
            &token.hash[..],
            tenant,
            until as Option<Timestamp>,
            now,
        )
        .execute(db)
        .await?;
    }
    Ok(cookie::set_device(config, &token.secret, FORGOTTEN))
}

/// Whatever browser stood for the user's second factor in that tenant does so no more.
///
/// # Errors
/// The database's.
pub async fn distrust(db: &mut PgConnection, user: Uuid, tenant: TenantId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.devices SET trusted_in = NULL, trusted_until = NULL WHERE user_id = $1 AND trusted_in = $2",
        user,
        tenant.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets all devices of the user.
///
/// # Errors
/// The database's.
pub async fn forget(db: &mut PgConnection, user: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM directory.devices WHERE user_id = $1", user).execute(db).await?;
    Ok(())
}

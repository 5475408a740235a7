//! Steps of a sign-in that wait for their next one. Each is known by a token that only its browser has, lasts five minutes
//! and counts once.

use platform::crypto::{Token, sha256};
use platform::id;
use platform::time::Timestamp;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;
use zeroize::Zeroizing;

/// NIST SP 800-63B-4 has out-of-band codes last ten minutes at most; people have their phone at hand.
pub const SECONDS: i64 = 5 * 60;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The password was right; a second factor is due.
    SecondFactor,
    /// A passkey signs in whoever it belongs to.
    PasskeySignIn,
    /// A passkey of a known user is to sign.
    PasskeyAssertion,
    PasskeyRegistration,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::SecondFactor => "second_factor",
            Self::PasskeySignIn => "passkey_sign_in",
            Self::PasskeyAssertion => "passkey_assertion",
            Self::PasskeyRegistration => "passkey_registration",
        }
    }
}

/// What is to be remembered until the next step.
pub struct Step {
    pub purpose: Purpose,
    /// None where a passkey will tell.
    pub user: Option<Uuid>,
    /// The session or the waiting sign-in that asked.
    pub bound_to: Option<Uuid>,
    pub remembered: bool,
    pub state: Value,
}

/// A step that waits.
pub struct Waiting {
    pub id: Uuid,
    pub user: Option<Uuid>,
    pub remembered: bool,
    pub state: Value,
}

/// Writes the step down; answers the token by which it is found, and when it ends.
///
/// # Errors
/// The database's.
pub async fn begin(db: &mut PgConnection, step: &Step, now: Timestamp) -> Result<(Zeroizing<String>, Timestamp), sqlx::Error> {
    let (token, expires_at) = (Token::random(), now.plus_seconds(SECONDS));
    sqlx::query!(
        "INSERT INTO directory.login_challenges (id, token_hash, purpose, user_id, bound_to, remembered, state, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        id::new(),
        &token.hash[..],
        step.purpose.name(),
        step.user as Option<Uuid>,
        step.bound_to as Option<Uuid>,
        step.remembered,
        step.state,
        now,
        expires_at,
    )
    .execute(db)
    .await?;
    Ok((token.secret, expires_at))
}

/// The step of that token, if it still waits; it goes on waiting.
///
/// # Errors
/// The database's.
pub async fn find(db: &mut PgConnection, purpose: Purpose, token: &str, now: Timestamp) -> Result<Option<Waiting>, sqlx::Error> {
    sqlx::query_as!(
        Waiting,
        r#"SELECT id, user_id AS "user", remembered, state FROM directory.login_challenges
            WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3"#,
        &sha256(token.as_bytes())[..],
        purpose.name(),
        now,
    )
    .fetch_optional(db)
    .await
}

/// Uses the step up, if it is one of `bound_to`; of two at once one finds it.
///
/// # Errors
/// The database's.
pub async fn take(
    db: &mut PgConnection,
    purpose: Purpose,
    token: &str,
    bound_to: Option<Uuid>,
    now: Timestamp,
) -> Result<Option<Waiting>, sqlx::Error> {
    sqlx::query_as!(
        Waiting,
        r#"UPDATE directory.login_challenges SET used_at = $3
            WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 AND bound_to IS NOT DISTINCT FROM $4
        RETURNING id, user_id AS "user", remembered, state"#,
        &sha256(token.as_bytes())[..],
        purpose.name(),
        now,
        bound_to as Option<Uuid>,
    )
    .fetch_optional(db)
    .await
}

/// Whatever of that user waits, waits in vain: what it stood on has changed.
///
/// # Errors
/// The database's.
pub async fn void(db: &mut PgConnection, user: Uuid, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE directory.login_challenges SET used_at = $2 WHERE user_id = $1 AND used_at IS NULL", user, now)
        .execute(db)
        .await?;
    Ok(())
}

//! Steps of a sign-in that wait for their next one. Each is known by a token that only its browser has, lasts minutes
//! and counts once.

use platform::crypto::{Token, sha256};
use platform::id;
use platform::time::Timestamp;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;
use zeroize::Zeroizing;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The password was right; a second factor is due.
    SecondFactor,
    /// A passkey signs in whoever it belongs to.
    PasskeySignIn,
    /// A passkey of a known user is to sign.
    PasskeyAssertion,
    PasskeyRegistration,
    /// A provider is to send the browser back.
    Provider,
    /// Somebody came back whom nobody here is known to be.
    ProviderIdentity,
    /// A link in a mail.
    MailLink,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::SecondFactor => "second_factor",
            Self::PasskeySignIn => "passkey_sign_in",
            Self::PasskeyAssertion => "passkey_assertion",
            Self::PasskeyRegistration => "passkey_registration",
            Self::Provider => "provider",
            Self::ProviderIdentity => "provider_identity",
            Self::MailLink => "mail_link",
        }
    }

    /// Seconds that it waits. NIST SP 800-63B-4 has out-of-band codes last ten minutes at most; people have their phone at hand,
    /// while mails take their time, and so do forms.
    pub const fn seconds(self) -> i64 {
        match self {
            Self::SecondFactor | Self::PasskeySignIn | Self::PasskeyAssertion | Self::PasskeyRegistration => 5 * 60,
            Self::Provider | Self::ProviderIdentity | Self::MailLink => 10 * 60,
        }
    }
}

/// What is to be remembered until the next step.
pub struct Step {
    pub purpose: Purpose,
    /// None where a passkey or a provider will tell.
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
    let token = Token::random();
    let expires_at = begin_with(db, step, &token.hash, now).await?;
    Ok((token.secret, expires_at))
}

/// As [`begin`], under a token that was drawn before.
///
/// # Errors
/// The database's.
pub async fn begin_with(db: &mut PgConnection, step: &Step, token_hash: &[u8; 32], now: Timestamp) -> Result<Timestamp, sqlx::Error> {
    let expires_at = now.plus_seconds(step.purpose.seconds());
    sqlx::query!(
        "INSERT INTO directory.login_challenges (id, token_hash, purpose, user_id, bound_to, remembered, state, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        id::new(),
        &token_hash[..],
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
    Ok(expires_at)
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

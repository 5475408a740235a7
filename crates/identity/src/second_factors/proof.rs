//! What somebody shows to prove who he or she is, and whether it holds.

use axum::http::StatusCode;
use platform::App;
use platform::auth::Factor;
use platform::ctx::Origin;
use platform::error::{Error, Problem, Result};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use super::passkeys::{self, Refused};
use super::{recovery, totp};
use crate::activity::{SecurityEvent, SignIn, note_refused, note_security_event, note_sign_in};
use crate::challenges::{self, Purpose};
use crate::{suspicion, throttle};

/// One factor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum Proof {
    Password {
        #[schema(value_type = String, format = Password, max_length = 256)]
        password: SecretString,
    },
    /// Six digits of the authenticator app.
    Totp {
        #[schema(max_length = 20)]
        code: String,
    },
    RecoveryCode {
        #[schema(max_length = 60)]
        code: String,
    },
    Passkey {
        /// Of the options that were signed.
        #[schema(max_length = 100)]
        token: String,
        /// What `navigator.credentials.get` answered, as JSON (WebAuthn, `AuthenticationResponseJSON`).
        #[schema(value_type = Object)]
        credential: Value,
    },
}

impl Proof {
    pub const fn factor(&self) -> Factor {
        match self {
            Self::Password { .. } => Factor::Password,
            Self::Totp { .. } => Factor::Totp,
            Self::RecoveryCode { .. } => Factor::RecoveryCode,
            Self::Passkey { .. } => Factor::Passkey,
        }
    }
}

pub fn wrong_code() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "invalid_code", "This code is not right, or it was used already.")
}

pub fn wrong_passkey() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "invalid_passkey", "This passkey was not accepted. Try again, or use another way.")
}

/// Apart from the former, so that the browser can have it forgotten. It tells nothing: nobody guesses a credential's id.
pub fn unknown_passkey() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "unknown_passkey", "This passkey is not registered here, or not any more.")
}

pub fn password_not_enough() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "password_not_enough", "A second factor is set up, so it takes that one.")
}

/// A second factor of the user, checked and used up. Codes of an app are short: those under one key go one after the other and
/// wait longer after each failure, whatever sign-in and address they come from, so that they cannot be tried in numbers. Nobody finds
/// a passkey or a recovery code (120 bits) by trying, so those wait for nothing that others tried. What follows a failure is written
/// down, and the transaction is to be committed either way.
///
/// # Errors
/// The database's.
pub async fn check_second(
    db: &mut PgConnection,
    app: &App,
    origin: &Origin,
    key: &throttle::Key,
    user: Uuid,
    bound_to: Uuid,
    proof: Proof,
) -> Result<Result<Factor, Problem>> {
    let now = app.clock.now();
    let is_short = matches!(proof, Proof::Totp { .. });
    if is_short {
        match key.hold(&mut *db, now).await {
            Err(Error::Problem(refusal)) => {
                note_refused(db, app, origin, Some(user), "", "wait", proof.factor()).await?;
                return Ok(Err(refusal));
            }
            held => held?,
        }
    }
    let (factor, refusal) = match proof {
        Proof::Totp { code } => (Factor::Totp, (!totp::take(&mut *db, app, user, &code, true).await?).then(wrong_code)),
        Proof::RecoveryCode { code } => (Factor::RecoveryCode, (!recovery::take(&mut *db, user, &code, now).await?).then(wrong_code)),
        Proof::Passkey { token, credential } => {
            let taken = challenges::take(&mut *db, Purpose::PasskeyAssertion, &token, Some(bound_to), now).await?;
            let signed = match taken {
                Some(waiting) if waiting.user == Some(user) => {
                    passkeys::finish_assertion(&mut *db, &app.config, user, waiting.state, credential, now).await?
                }
                _ => Err(Refused::Invalid),
            };
            if let Err(Refused::Copied(passkey)) = signed {
                note_copied(&mut *db, app, origin, user, passkey).await?;
            }
            (Factor::Passkey, signed.is_err().then(wrong_passkey))
        }
        Proof::Password { .. } => (Factor::Password, Some(password_not_enough())),
    };
    let Some(refusal) = refusal else {
        if is_short {
            key.clear(db).await?;
        }
        return Ok(Ok(factor));
    };
    if is_short {
        key.fail(&mut *db, now).await?;
    }
    if factor.is_second() {
        let attempt = SignIn::Failed { user: Some(user), email: "", reason: "second_factor", factor };
        note_sign_in(&mut *db, app, origin, &attempt).await?;
        suspicion::after_failure(db, app, origin, user).await?;
    }
    Ok(Err(refusal))
}

/// A passkey whose counter went back: a copy of it may be about.
///
/// # Errors
/// The database's.
pub async fn note_copied(db: &mut PgConnection, app: &App, origin: &Origin, user: Uuid, passkey: Uuid) -> Result<()> {
    let event = SecurityEvent { user, event: "passkey_counter_went_back", severity: "high", details: json!({ "passkey_id": passkey }) };
    note_security_event(db, app, origin, &event).await
}

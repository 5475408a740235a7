//! The second step of a sign-in, and sign-in by a passkey alone. Until it is done there is no session, only a token of which
//! nothing else can be made.

use axum::http::StatusCode;
use axum::response::Response;
use platform::auth::Factor;
use platform::ctx::Answer;
use platform::error::{Error, Result};
use platform::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::enter;
use crate::activity::{SignIn, note_failed, note_sign_in};
use crate::caller::Somebody;
use crate::challenges::{self, Purpose, Step};
use crate::directory::Directory;
use crate::second_factors::passkeys::{self, Refused};
use crate::second_factors::proof::{self, Proof};
use crate::second_factors::{Method, PasskeyOptions, challenge_over, wait_for};
use crate::sessions::store;
use crate::{devices, suspicion, throttle};

/// The first factor was right, and a second one is due.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecondFactorDue {
    /// To send with the second factor.
    pub token: String,
    /// The ways to show one.
    pub methods: Vec<Method>,
    /// Whether the workspace allows to remember this browser in its place for 30 days.
    pub may_remember_device: bool,
    pub expires_at: Timestamp,
}

/// A sign-in that waits for its second factor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitingSignIn {
    #[schema(max_length = 100)]
    token: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondFactorInput {
    /// Of the first step.
    #[schema(max_length = 100)]
    token: String,
    proof: Proof,
    /// Asks for no second factor on this browser for 30 days, where the workspace allows that.
    #[serde(default)]
    remember_device: bool,
}

impl SecondFactorInput {
    pub const fn factor(&self) -> Factor {
        self.proof.factor()
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeySignIn {
    /// Of the options that were signed.
    #[schema(max_length = 100)]
    token: String,
    /// What `navigator.credentials.get` answered, as JSON (WebAuthn, `AuthenticationResponseJSON`).
    #[schema(value_type = Object)]
    credential: Value,
    /// Stays signed in for up to 90 days.
    #[serde(default)]
    remember: bool,
}

/// What a sign-in has shown so far.
#[derive(Serialize, Deserialize)]
struct Shown {
    first: Factor,
}

pub async fn begin(
    caller: Somebody,
    user: Uuid,
    remembered: bool,
    first: Factor,
    may_remember_device: bool,
    methods: Vec<Method>,
) -> Result<Response> {
    let mut directory = Directory::open(&caller.app, None, caller.claim).await?;
    let state = serde_json::to_value(Shown { first }).map_err(Error::internal)?;
    let step = Step { purpose: Purpose::SecondFactor, user: Some(user), bound_to: None, remembered, state };
    let (token, expires_at) = challenges::begin(directory.db(), &step, caller.app.clock.now()).await?;
    let due = SecondFactorDue { token: token.to_string(), methods, may_remember_device, expires_at };
    directory.commit_with(Answer::json(StatusCode::ACCEPTED, &due)?).await
}

pub async fn options(caller: &Somebody, input: &WaitingSignIn) -> Result<PasskeyOptions> {
    let app = &caller.app;
    let mut directory = Directory::open(app, None, None).await?;
    let waiting = challenges::find(directory.db(), Purpose::SecondFactor, &input.token, app.clock.now()).await?;
    let (id, user) = waiting.and_then(|waiting| Some((waiting.id, waiting.user?))).ok_or_else(challenge_over)?;
    let begun = passkeys::begin_assertion(directory.db(), &app.config, user).await?.ok_or_else(proof::wrong_passkey)?;
    let options = wait_for(directory.db(), app, Purpose::PasskeyAssertion, Some(user), Some(id), begun).await?;
    directory.commit().await?;
    Ok(options)
}

pub async fn finish(caller: Somebody, input: SecondFactorInput) -> Result<Response> {
    let (app, now) = (caller.app.clone(), caller.app.clock.now());
    let mut directory = Directory::open(&app, None, None).await?;
    let waiting = challenges::find(directory.db(), Purpose::SecondFactor, &input.token, now).await?;
    let Some((id, user)) = waiting.and_then(|waiting| Some((waiting.id, waiting.user?))) else {
        return Err(too_late(&caller, directory, input.factor()).await);
    };
    let key = match devices::find(directory.db(), caller.device.as_ref(), Some(user), now).await? {
        Some(device) => throttle::Key::of_second_factor_on(&app, device.id),
        None => throttle::Key::of_second_factor(&app, user),
    };
    let factor = match proof::check_second(directory.db(), &app, &caller.origin, &key, user, id, input.proof).await? {
        Ok(factor) => factor,
        Err(refusal) => {
            directory.commit().await?;
            return Err(refusal.into());
        }
    };
    // Of two right answers at once, one signs in.
    let waiting = challenges::take(directory.db(), Purpose::SecondFactor, &input.token, None, now).await?.ok_or_else(challenge_over)?;
    directory.commit().await?;
    let Shown { first } = serde_json::from_value(waiting.state).map_err(Error::internal)?;
    enter(caller, user, waiting.remembered, &[first, factor], None, input.remember_device).await
}

/// Says nothing about anybody: the passkey tells whose it is.
pub async fn passkey_options(caller: &Somebody) -> Result<PasskeyOptions> {
    let begun = passkeys::begin_sign_in(&caller.app.config)?;
    let mut directory = Directory::open(&caller.app, None, None).await?;
    let options = wait_for(directory.db(), &caller.app, Purpose::PasskeySignIn, None, None, begun).await?;
    directory.commit().await?;
    Ok(options)
}

pub async fn by_passkey(caller: Somebody, input: PasskeySignIn) -> Result<Response> {
    let (app, origin, now) = (caller.app.clone(), caller.origin.clone(), caller.app.clock.now());
    let mut directory = Directory::open(&app, None, None).await?;
    let Some(waiting) = challenges::take(directory.db(), Purpose::PasskeySignIn, &input.token, None, now).await? else {
        return Err(too_late(&caller, directory, Factor::Passkey).await);
    };
    let (user, signed) = passkeys::finish_sign_in(directory.db(), &app.config, waiting.state, input.credential, now).await?;
    if let (Some(user), Err(Refused::Copied(passkey))) = (user, &signed) {
        proof::note_copied(directory.db(), &app, &origin, user, *passkey).await?;
    }
    let refused = match user.filter(|_| signed.is_ok()) {
        Some(user) if store::may_sign_in(directory.db(), user).await? => {
            directory.commit().await?;
            return enter(caller, user, input.remember, &[Factor::Passkey], None, false).await;
        }
        other => other.or(user),
    };
    let attempt = SignIn::Failed { user: refused, email: "", reason: "passkey", factor: Factor::Passkey };
    note_sign_in(directory.db(), &app, &origin, &attempt).await?;
    suspicion::after_failure(directory.db(), &app, &origin, refused.unwrap_or_default()).await?;
    directory.commit().await?;
    Err(if matches!(signed, Err(Refused::Unknown)) { proof::unknown_passkey() } else { proof::wrong_passkey() }.into())
}

/// For what waits no longer: the attempt is written down, although nobody knows any more whose it was.
async fn too_late(caller: &Somebody, directory: Directory, factor: Factor) -> Error {
    drop(directory);
    let written = note_failed(&caller.app, &caller.origin, &SignIn::Failed { user: None, email: "", reason: "too_late", factor }).await;
    written.err().unwrap_or_else(|| challenge_over().into())
}

//! Second factors: an authenticator app, passkeys, and recovery codes for the day when both are gone.

pub mod http;
pub mod passkeys;
pub mod proof;
pub mod recovery;
pub mod store;
mod totp;

use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use platform::ctx::Answer;
use platform::error::{Problem, Result};
use platform::mail::{self, Person};
use platform::time::Timestamp;
use platform::{App, SignedIn};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::activity::{SecurityEvent, note_security_event};
use crate::challenges::{self, Purpose, Step};
use crate::directory::Directory;
use crate::oauth::tokens::store::revoke_of_other_sessions;
use crate::{devices, identities, mails, passwords, profile, sessions};
use passkeys::Passkey;
use totp::TotpEnrolment;

/// A way to prove who one is beside the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    Totp,
    RecoveryCode,
    Passkey,
}

/// What somebody has set up.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecondFactors {
    /// Null where no authenticator app is set up.
    pub totp: Option<TotpState>,
    pub passkeys: Vec<Passkey>,
    /// Null without a second factor.
    pub recovery_codes: Option<RecoveryState>,
    /// What confirms that it is oneself; the password where it is empty.
    pub methods: Vec<Method>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TotpState {
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RecoveryState {
    /// Codes that were not used.
    pub left: i64,
    pub created_at: Timestamp,
}

/// Recovery codes that have just been made. Shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecoveryCodes {
    pub recovery_codes: Vec<String>,
}

/// A factor that was set up; with the first one come recovery codes.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewFactor {
    /// Null where there are some already.
    pub recovery_codes: Option<Vec<String>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct NewPasskey {
    #[serde(flatten)]
    pub passkey: Passkey,
    /// Null where there are some already.
    pub recovery_codes: Option<Vec<String>>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TotpCode {
    #[schema(max_length = 20)]
    code: String,
}

/// Options for `navigator.credentials`, and the token to send back with its answer within five minutes.
#[derive(Debug, Serialize, ToSchema)]
pub struct PasskeyOptions {
    pub token: String,
    /// `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON` of WebAuthn Level 3.
    #[schema(value_type = Object)]
    pub public_key: Value,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyInput {
    /// Of the options that were answered.
    #[schema(max_length = 100)]
    token: String,
    /// By which one knows it again.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// What `navigator.credentials.create` answered, as JSON (WebAuthn, `RegistrationResponseJSON`).
    #[schema(value_type = Object)]
    credential: Value,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyName {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

async fn overview(caller: &SignedIn) -> Result<SecondFactors> {
    let (user, mut directory) = (caller.session.user_id, Directory::open(&caller.app, None, None).await?);
    let db = directory.db();
    Ok(SecondFactors {
        totp: store::totp_state(&mut *db, user).await?,
        passkeys: store::list_passkeys(&mut *db, user).await?,
        recovery_codes: store::recovery_state(&mut *db, user).await?,
        methods: store::methods(db, user).await?,
    })
}

/// A change of factors, by somebody who has shown one just now. The user's row is locked, so that changes follow each other.
///
/// # Errors
/// `step_up_required`.
pub async fn begin_change(caller: &SignedIn) -> Result<Directory> {
    caller.session.check_fresh(caller.app.clock.now())?;
    let mut directory = Directory::open(&caller.app, None, None).await?;
    profile::store::lock(directory.db(), caller.session.user_id).await?;
    Ok(directory)
}

/// What every change of factors brings: waiting steps and other sessions end, and it is written down and told by mail.
///
/// # Errors
/// The database's.
pub async fn changed(db: &mut PgConnection, caller: &SignedIn, event: &str, severity: &str, details: Value) -> Result<()> {
    let SignedIn { app, session, origin, .. } = caller;
    let (user, now) = (session.user_id, app.clock.now());
    challenges::void(&mut *db, user, now).await?;
    devices::forget(&mut *db, user).await?;
    sessions::store::end_all(&mut *db, user, Some(session.id), now).await?;
    revoke_of_other_sessions(&mut *db, user, session.id, now).await?;
    note_security_event(&mut *db, app, origin, &SecurityEvent { user, event, severity, details }).await?;
    let to = Person { name: session.name.clone(), email: session.email.clone() };
    mail::post(db, &app.keys, None, &mails::security_notice(app, &session.locale, to, event)).await?;
    Ok(())
}

/// Commits a change of factors under a new token of the session, which is in the answer.
async fn commit_renewed(mut directory: Directory, caller: &SignedIn, answer: Answer) -> Result<Response> {
    let set_cookie = sessions::renewed(directory.db(), caller).await?;
    directory.commit().await?;
    Ok(answer.header(SET_COOKIE, &set_cookie).into_response())
}

/// Recovery codes for who has a second factor and none.
async fn first_codes(db: &mut PgConnection, user: Uuid, now: Timestamp) -> Result<Option<Vec<String>>, sqlx::Error> {
    match store::recovery_state(&mut *db, user).await? {
        Some(_) => Ok(None),
        None => recovery::replace(db, user, now).await.map(Some),
    }
}

/// After the last second factor there is nothing to recover, and the password has to do alone.
async fn after_removal(db: &mut PgConnection, user: Uuid) -> Result<()> {
    let left = store::methods(&mut *db, user).await?;
    if left.iter().any(|method| *method != Method::RecoveryCode) {
        return Ok(());
    }
    if !passwords::store::stands_alone(&mut *db, user).await? {
        let detail = "Your password is too short to be all that is asked for. Set one of at least 15 characters first.";
        return Err(Problem::conflict("password_too_short", detail).into());
    }
    Ok(store::remove_recovery_codes(db, user).await?)
}

async fn begin_totp(caller: &SignedIn) -> Result<TotpEnrolment> {
    let mut directory = begin_change(caller).await?;
    let begun = totp::begin(directory.db(), &caller.app, caller.session.user_id, &caller.session.email).await?;
    let enrolment = begun
        .ok_or_else(|| Problem::conflict("totp_exists", "An authenticator app is set up already. Remove it before you set up another."))?;
    directory.commit().await?;
    Ok(enrolment)
}

async fn confirm_totp(caller: &SignedIn, input: &TotpCode) -> Result<Response> {
    let (app, user) = (&caller.app, caller.session.user_id);
    let mut directory = begin_change(caller).await?;
    if !totp::take(directory.db(), app, user, &input.code, false).await? {
        return Err(Problem::field("code", "incorrect", "is not the code that the app shows now").into());
    }
    let recovery_codes = first_codes(directory.db(), user, app.clock.now()).await?;
    changed(directory.db(), caller, "totp_added", "medium", json!({})).await?;
    commit_renewed(directory, caller, Answer::json(StatusCode::OK, &NewFactor { recovery_codes })?).await
}

async fn remove_totp(caller: &SignedIn) -> Result<Response> {
    let mut directory = begin_change(caller).await?;
    if !store::remove_totp(directory.db(), caller.session.user_id).await? {
        return Err(Problem::not_found().into());
    }
    after_removal(directory.db(), caller.session.user_id).await?;
    changed(directory.db(), caller, "totp_removed", "medium", json!({})).await?;
    commit_renewed(directory, caller, Answer::empty(StatusCode::NO_CONTENT)).await
}

async fn replace_codes(caller: &SignedIn) -> Result<Response> {
    let (app, user) = (&caller.app, caller.session.user_id);
    let mut directory = begin_change(caller).await?;
    if store::methods(directory.db(), user).await?.is_empty() {
        return Err(Problem::conflict("no_second_factor", "Set up an authenticator app or a passkey first.").into());
    }
    let recovery_codes = recovery::replace(directory.db(), user, app.clock.now()).await?;
    changed(directory.db(), caller, "recovery_codes_replaced", "medium", json!({})).await?;
    commit_renewed(directory, caller, Answer::json(StatusCode::CREATED, &RecoveryCodes { recovery_codes })?).await
}

async fn begin_passkey(caller: &SignedIn) -> Result<PasskeyOptions> {
    let SignedIn { app, session, .. } = caller;
    let mut directory = begin_change(caller).await?;
    let begun = passkeys::begin_registration(directory.db(), &app.config, session.user_id, &session.email, &session.name).await?;
    let options = wait_for(directory.db(), app, Purpose::PasskeyRegistration, Some(session.user_id), Some(session.id), begun).await?;
    directory.commit().await?;
    Ok(options)
}

/// Keeps a challenge until its answer comes.
///
/// # Errors
/// The database's.
pub async fn wait_for(
    db: &mut PgConnection,
    app: &App,
    purpose: Purpose,
    user: Option<Uuid>,
    bound_to: Option<Uuid>,
    mut begun: passkeys::Begun,
) -> Result<PasskeyOptions> {
    let step = Step { purpose, user, bound_to, remembered: false, state: begun.state };
    let (token, _) = challenges::begin(db, &step, app.clock.now()).await?;
    Ok(PasskeyOptions { token: token.to_string(), public_key: begun.options["publicKey"].take() })
}

async fn add_passkey(caller: &SignedIn, input: PasskeyInput) -> Result<Response> {
    let SignedIn { app, session, .. } = caller;
    let (user, now) = (session.user_id, app.clock.now());
    let mut directory = begin_change(caller).await?;
    let waiting = challenges::take(directory.db(), Purpose::PasskeyRegistration, &input.token, Some(session.id), now).await?;
    let waiting = waiting.filter(|waiting| waiting.user == Some(user)).ok_or_else(challenge_over)?;
    let passkey =
        passkeys::finish_registration(directory.db(), &app.config, user, &input.name, waiting.state, input.credential, now).await?;
    let recovery_codes = first_codes(directory.db(), user, now).await?;
    changed(directory.db(), caller, "passkey_added", "medium", json!({ "passkey_id": passkey.id, "name": passkey.name })).await?;
    commit_renewed(directory, caller, Answer::json(StatusCode::CREATED, &NewPasskey { passkey, recovery_codes })?).await
}

/// A step that took too long, was answered already, or belongs to somebody else.
pub fn challenge_over() -> Problem {
    Problem::conflict("challenge_over", "This took too long, or was done already. Begin again.")
}

async fn rename_passkey(caller: &SignedIn, id: Uuid, input: &PasskeyName) -> Result<Passkey> {
    let mut checks = platform::text::Checks::new();
    let name = checks.line("name", &input.name, 1, 100);
    checks.done()?;
    let mut directory = begin_change(caller).await?;
    let renamed = store::rename_passkey(directory.db(), caller.session.user_id, id, &name, caller.app.clock.now()).await?;
    let passkey = renamed.ok_or_else(Problem::not_found)?;
    let details = json!({ "passkey_id": id, "name": passkey.name });
    let event = SecurityEvent { user: caller.session.user_id, event: "passkey_renamed", severity: "low", details };
    note_security_event(directory.db(), &caller.app, &caller.origin, &event).await?;
    directory.commit().await?;
    Ok(passkey)
}

async fn remove_passkey(caller: &SignedIn, id: Uuid) -> Result<Response> {
    let user = caller.session.user_id;
    let mut directory = begin_change(caller).await?;
    let name = store::remove_passkey(directory.db(), user, id).await?.ok_or_else(Problem::not_found)?;
    identities::refuse_where_last(directory.db(), &caller.app, user).await?;
    after_removal(directory.db(), user).await?;
    changed(directory.db(), caller, "passkey_removed", "medium", json!({ "passkey_id": id, "name": name })).await?;
    commit_renewed(directory, caller, Answer::empty(StatusCode::NO_CONTENT)).await
}

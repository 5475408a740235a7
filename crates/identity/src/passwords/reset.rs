//! A forgotten password: the mail with a link, and the new password that it allows.

use axum::http::StatusCode;
use axum::response::Response;
use platform::App;
use platform::auth::Anonymous;
use platform::crypto::{Token, sha256};
use platform::ctx::{Answer, Origin};
use platform::error::{Problem, Result};
use platform::jobs::{Attempt, Job, JobError, When, enqueue};
use platform::mail::{self, Person};
use platform::rate_limit::Limit;
use platform::text::{Checks, email_key};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{Turn, check, least_for, refuse_breached, stands_alone, store};
use crate::activity::{SecurityEvent, note_security_event};
use crate::directory::Directory;
use crate::oauth::tokens::store::revoke_of_user;
use crate::registrations::CheckMail;
use crate::{challenges, devices, mails, registrations, sessions};

const LINK_SECONDS: i64 = 30 * 60;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetRequest {
    pub email: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordReset {
    /// Of the mail's link.
    token: String,
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 256)]
    password: SecretString,
}

/// Asks for a reset. Whether somebody has that address is found out by a job, so that neither the answer nor its time
/// tells.
///
/// # Errors
/// A text that is no address; 429 where too many mails went there.
pub async fn request(caller: Anonymous, input: ResetRequest) -> Result<Response> {
    let Anonymous { app, origin, claim } = caller;
    let mut checks = Checks::new();
    let email = checks.email("email", &input.email);
    checks.done()?;
    app.limits.check(Limit::Mail, &format!("reset {}", email_key(&email)))?;
    let mut directory = Directory::open(&app, None, claim).await?;
    let job = SendPasswordReset { email, ip: origin.ip, user_agent: origin.user_agent };
    enqueue(directory.db(), &job, When::default()).await?;
    directory.commit_with(Answer::json(StatusCode::ACCEPTED, &CheckMail::default())?).await
}

/// Sends the link to who has the address. Enqueued outside of any tenant.
#[derive(Serialize, Deserialize)]
pub struct SendPasswordReset {
    email: String,
    ip: Option<std::net::IpAddr>,
    user_agent: Option<String>,
}

impl Job for SendPasswordReset {
    const NAME: &'static str = "SendPasswordReset";

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let (app, now) = (&at.app, at.app.clock.now());
        let mut directory = Directory::open(app, None, None).await?;
        let key = email_key(&self.email);
        if let Some(account) = store::account_of_email(directory.db(), &key).await? {
            if !account.is_active {
                return Ok(());
            }
            let token = Token::random();
            store::void_reset_links(directory.db(), account.id, now).await?;
            store::insert_reset(directory.db(), account.id, &token.hash, now, now.plus_seconds(LINK_SECONDS)).await?;
            let origin = Origin { ip: self.ip, user_agent: self.user_agent, request_id: None };
            let event = SecurityEvent { user: account.id, event: "password_reset_requested", severity: "low", details: json!({}) };
            note_security_event(directory.db(), app, &origin, &event).await?;
            let to = Person { name: account.name, email: account.email };
            mail::post(directory.db(), &app.keys, None, &mails::password_reset(app, &account.locale, to, &token.secret)).await?;
        } else if let Some(waiting) = registrations::store::newest(directory.db(), &key).await? {
            let to = Person { name: waiting.name, email: waiting.email };
            mail::post(directory.db(), &app.keys, None, &mails::registration_unfinished(app, &waiting.locale, to)).await?;
        }
        Ok(directory.commit().await?)
    }
}

/// A link that is used up, has run out, or never was.
pub fn link_invalid() -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "link_invalid", "This link was used already or has expired. Ask for a new one.")
}

/// Sets the new password, ends every session and uses up every link.
///
/// # Errors
/// `link_invalid`; a password that is not accepted, which leaves the link usable.
pub async fn reset(app: &App, origin: &Origin, input: PasswordReset) -> Result<()> {
    let token_hash = sha256(input.token.as_bytes());
    let mut directory = Directory::open(app, None, None).await?;
    let account = store::account_of_reset(directory.db(), &token_hash, app.clock.now()).await?.ok_or_else(link_invalid)?;
    let least = least_for(directory.db(), account.id).await?;
    directory.commit().await?;
    let mut checks = Checks::new();
    check(&mut checks, "password", &input.password, least, &[&account.email, &account.name]);
    checks.done()?;
    refuse_breached(app, "password", &input.password).await?;
    let stands_alone = stands_alone(&input.password);
    let hash = Turn::wait().await?.hash(input.password).await?;
    let mut directory = Directory::open(app, None, None).await?;
    let now = app.clock.now();
    if !store::use_reset(directory.db(), &token_hash, now).await? {
        return Err(link_invalid().into());
    }
    store::set(directory.db(), account.id, &hash, stands_alone, now).await?;
    store::void_resets(directory.db(), account.id, now).await?;
    challenges::void(directory.db(), account.id, now).await?;
    devices::forget(directory.db(), account.id).await?;
    let ended = sessions::store::end_all(directory.db(), account.id, None, now).await?;
    revoke_of_user(directory.db(), account.id, "password_changed", now).await?;
    let event =
        SecurityEvent { user: account.id, event: "password_reset", severity: "medium", details: json!({ "sessions_ended": ended }) };
    note_security_event(directory.db(), app, origin, &event).await?;
    let to = Person { name: account.name, email: account.email };
    mail::post(directory.db(), &app.keys, None, &mails::password_changed(app, &account.locale, to)).await?;
    directory.commit().await
}

//! Another e-mail address: asked for by the user, told to the old one, and in force once the new one has confirmed it.

pub mod http;
pub mod store;

use axum::http::StatusCode;
use axum::response::Response;
use platform::SignedIn;
use platform::auth::Anonymous;
use platform::crypto::{Token, sha256};
use platform::ctx::Answer;
use platform::error::{Problem, Result};
use platform::mail::{self, Person};
use platform::rate_limit::Limit;
use platform::text::{Checks, email_key};
use platform::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::activity::{SecurityEvent, note_security_event};
use crate::directory::Directory;
use crate::mails::notices;
use crate::passwords::link_invalid;
use crate::registrations::CheckMail;
use crate::{mails, passwords, profile, registrations};

const LINK_SECONDS: i64 = 24 * 3600;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailChangeInput {
    #[schema(max_length = 254)]
    email: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailConfirmation {
    /// Of the mail's link.
    token: String,
}

/// A change that waits for its confirmation.
#[derive(Debug, Serialize, ToSchema)]
pub struct WaitingEmailChange {
    pub email: String,
    pub expires_at: Timestamp,
}

/// The change that waits, if one does.
#[derive(Debug, Serialize, ToSchema)]
pub struct EmailChangeState {
    pub waiting: Option<WaitingEmailChange>,
}

/// Takes the wish for another address. One that somebody has already costs the same work and gets the same answer; only
/// the mail to it differs.
async fn request(caller: SignedIn, input: EmailChangeInput) -> Result<Response> {
    let SignedIn { app, session, origin, claim } = caller;
    session.check_fresh(app.clock.now())?;
    let mut checks = Checks::new();
    let email = checks.email("email", &input.email);
    let key = email_key(&email);
    if key == email_key(&session.email) {
        checks.add("email", "unchanged", "is your address already");
    }
    checks.done()?;
    app.limits.check(Limit::Mail, &format!("email change {}", session.user_id))?;
    app.limits.check(Limit::Mail, &format!("email change to {key}"))?;
    let (token, now, user) = (Token::random(), app.clock.now(), session.user_id);
    let mut directory = Directory::open(&app, None, claim).await?;
    profile::store::lock(directory.db(), user).await?;
    let known = passwords::store::account_of_email(directory.db(), &key).await?;
    store::void(directory.db(), user, now).await?;
    store::insert(directory.db(), user, &email, &key, &token.hash, now, now.plus_seconds(LINK_SECONDS)).await?;
    let to_new = match known {
        None => {
            let path = format!("/confirm-email?token={}", token.secret.as_str());
            let to = Person { name: session.name.clone(), email: email.clone() };
            notices::EMAIL_CHANGE_CONFIRM.mail(&app, &session.locale, to, &[], &path)
        }
        Some(account) => mails::account_exists(&app, &account.locale, Person { name: account.name, email: account.email }),
    };
    let old = Person { name: session.name, email: session.email };
    let to_old = notices::EMAIL_CHANGE_ASKED.mail(&app, &session.locale, old, &[("email", &email)], "/forgot-password");
    for mail in [to_new, to_old] {
        mail::post(directory.db(), &app.keys, None, &mail).await?;
    }
    let event = SecurityEvent { user, event: "email_change_requested", severity: "medium", details: json!({}) };
    note_security_event(directory.db(), &app, &origin, &event).await?;
    directory.commit_with(Answer::json(StatusCode::ACCEPTED, &CheckMail::default())?).await
}

/// Takes back the change that waits.
async fn withdraw(caller: SignedIn) -> Result<()> {
    let SignedIn { app, session, origin, .. } = caller;
    let mut directory = Directory::open(&app, None, None).await?;
    if !store::void(directory.db(), session.user_id, app.clock.now()).await? {
        return Err(Problem::not_found().into());
    }
    let event = SecurityEvent { user: session.user_id, event: "email_change_withdrawn", severity: "low", details: json!({}) };
    note_security_event(directory.db(), &app, &origin, &event).await?;
    directory.commit().await
}

/// Puts the new address in force, here and where members carry it. Links that went to the old one are worth nothing more.
async fn confirm(caller: Anonymous, input: EmailConfirmation) -> Result<Response> {
    let Anonymous { app, origin, claim } = caller;
    let now = app.clock.now();
    let mut directory = Directory::open(&app, None, claim).await?;
    let changed = store::change(directory.db(), &sha256(input.token.as_bytes()), now).await?;
    let Some(changed) = changed else {
        // The link is used up, even where somebody else has the address by now.
        directory.commit().await?;
        return Err(link_invalid().into());
    };
    profile::store::copy_to_members(directory.db(), changed.user).await?;
    passwords::store::void_resets(directory.db(), changed.user, now).await?;
    registrations::store::void(directory.db(), &email_key(&changed.new_email), now).await?;
    let event = SecurityEvent { user: changed.user, event: "email_changed", severity: "high", details: json!({}) };
    note_security_event(directory.db(), &app, &origin, &event).await?;
    let to = Person { name: changed.name, email: changed.old_email };
    let mail = notices::EMAIL_CHANGED.mail(&app, &changed.locale, to, &[("email", &changed.new_email)], "/");
    mail::post(directory.db(), &app.keys, None, &mail).await?;
    directory.commit_with(Answer::empty(StatusCode::NO_CONTENT)).await
}

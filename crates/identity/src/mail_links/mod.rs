//! Signing in by a link in a mail, where the instance offers it. It counts once, for ten minutes, by POST (what scans mails opens
//! links and sends no forms), and in the browser that asked; elsewhere it takes the code that is shown there, so that a link which
//! somebody else asked for, or got hold of, signs nobody in. It is one factor, and never the second.

pub mod http;

use std::net::IpAddr;

use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use platform::App;
use platform::auth::{Anonymous, Factor};
use platform::crypto::{Token, hmac, sha256};
use platform::ctx::{Answer, Origin};
use platform::error::{Error, Problem, Result};
use platform::jobs::{Attempt, Job, JobError, When, enqueue};
use platform::mail::{self, Person};
use platform::rate_limit::Limit;
use platform::text::{Checks, email_key};
use serde::{Deserialize, Serialize};
use serde_json::json;
use subtle::ConstantTimeEq;
use utoipa::ToSchema;

use crate::activity::{SecurityEvent, SignIn, note_failed, note_security_event, note_sign_in, refused_by_wait};
use crate::caller::Somebody;
use crate::challenges::{self, Purpose, Step};
use crate::cookie::{self, Errand};
use crate::directory::Directory;
use crate::passwords::link_invalid;
use crate::second_factors::proof;
use crate::{mails, passwords, sessions, suspicion, throttle};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailLinkRequest {
    email: String,
    /// Stays signed in for up to 90 days.
    #[serde(default)]
    remember: bool,
}

/// The next step is in a mail, whoever asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailLinkSent {
    /// `check_mail`
    pub status: &'static str,
    /// To type where the link is opened in another browser than this one.
    pub code: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailLinkSignIn {
    /// Of the mail's link.
    #[schema(max_length = 100)]
    token: String,
    /// In another browser than the one that asked: what is shown there.
    #[schema(max_length = 20)]
    code: Option<String>,
}

/// Which browser asked, and what it shows.
#[derive(Serialize, Deserialize)]
struct Asked {
    /// The hash of its cookie's token.
    browser: String,
    /// A keyed hash: the code itself is short.
    code: String,
}

/// 40 bits in letters and digits that are not taken for each other; wrong ones make the next attempt wait.
fn code_of(app: &App, token: &str) -> String {
    let drawn = hmac(app.keys.derive("mail link code").as_ref(), &[token.as_bytes()]);
    let text = data_encoding::BASE32_NOPAD.encode(&drawn[..5]);
    let (first, second) = text.split_at(4);
    format!("{first}-{second}")
}

fn hash_of_code(app: &App, code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    hex::encode(hmac(app.keys.derive("mail link").as_ref(), &[plain.as_bytes()]))
}

/// Whether somebody has that address is found out by a job, so that neither the answer nor its time tells.
async fn request(caller: Anonymous, input: MailLinkRequest) -> Result<Response> {
    let Anonymous { app, origin, claim } = caller;
    if !app.config.mail_links {
        return Err(Problem::not_found().into());
    }
    let mut checks = Checks::new();
    let email = checks.email("email", &input.email);
    checks.done()?;
    app.limits.check(Limit::Mail, &format!("mail link {}", email_key(&email)))?;
    let browser = Token::random();
    let code = code_of(&app, &browser.secret);
    let asked = Asked { browser: hex::encode(browser.hash), code: hash_of_code(&app, &code) };
    let job = SendMailLink { email, remember: input.remember, asked, ip: origin.ip, user_agent: origin.user_agent };
    let mut directory = Directory::open(&app, None, claim).await?;
    enqueue(directory.db(), &job, When::default()).await?;
    let cookie = cookie::set_errand(&app.config, Errand::MailLink, &browser.secret, Purpose::MailLink.seconds());
    let answer = Answer::json(StatusCode::ACCEPTED, &MailLinkSent { status: "check_mail", code })?.header(SET_COOKIE, &cookie);
    directory.commit_with(answer).await
}

/// Sends the link to who has the address. Enqueued outside of any tenant.
#[derive(Serialize, Deserialize)]
pub struct SendMailLink {
    email: String,
    remember: bool,
    asked: Asked,
    ip: Option<IpAddr>,
    user_agent: Option<String>,
}

impl Job for SendMailLink {
    const NAME: &'static str = "SendMailLink";

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let (app, now) = (&at.app, at.app.clock.now());
        let mut directory = Directory::open(app, None, None).await?;
        let account = passwords::store::account_of_email(directory.db(), &email_key(&self.email)).await?;
        let Some(account) = account.filter(|account| account.is_active) else { return Ok(()) };
        let state = serde_json::to_value(&self.asked).map_err(Error::internal)?;
        let step = Step { purpose: Purpose::MailLink, user: Some(account.id), bound_to: None, remembered: self.remember, state };
        let (token, _) = challenges::begin(directory.db(), &step, now).await?;
        let origin = Origin { ip: self.ip, user_agent: self.user_agent, request_id: None };
        let event = SecurityEvent { user: account.id, event: "mail_link_requested", severity: "low", details: json!({}) };
        note_security_event(directory.db(), app, &origin, &event).await?;
        let to = Person { name: account.name, email: account.email };
        mail::post(directory.db(), &app.keys, None, &mails::sign_in_link(app, &account.locale, to, &token)).await?;
        Ok(directory.commit().await?)
    }
}

/// `browser` is the token of the cookie of the browser that asked, where this is it.
async fn sign_in(caller: Somebody, browser: Option<&str>, input: MailLinkSignIn) -> Result<Response> {
    let (app, now) = (caller.app.clone(), caller.app.clock.now());
    let mut directory = Directory::open(&app, None, None).await?;
    let waiting = challenges::find(directory.db(), Purpose::MailLink, &input.token, now).await?;
    let Some((waiting, user)) = waiting.and_then(|waiting| waiting.user.map(|user| (waiting, user))) else {
        return Err(refused_link(&caller, directory).await);
    };
    let asked: Asked = serde_json::from_value(waiting.state).map_err(Error::internal)?;
    let is_same = browser.is_some_and(|token| hex::encode(sha256(token.as_bytes())).as_bytes().ct_eq(asked.browser.as_bytes()).into());
    if !is_same {
        let Some(code) = &input.code else { return Err(other_browser().into()) };
        let key = throttle::Key::of_mail_link(&app, waiting.id);
        if let Err(refusal) = key.hold(directory.db(), now).await {
            drop(directory);
            return Err(refused_by_wait(&app, &caller.origin, Some(user), "", Factor::MailLink, refusal).await);
        }
        if !bool::from(hash_of_code(&app, code).as_bytes().ct_eq(asked.code.as_bytes())) {
            key.fail(directory.db(), now).await?;
            let attempt = SignIn::Failed { user: Some(user), email: "", reason: "mail_link", factor: Factor::MailLink };
            note_sign_in(directory.db(), &app, &caller.origin, &attempt).await?;
            suspicion::after_failure(directory.db(), &app, &caller.origin, user).await?;
            directory.commit().await?;
            return Err(proof::wrong_code().into());
        }
    }
    if challenges::take(directory.db(), Purpose::MailLink, &input.token, None, now).await?.is_none() {
        return Err(refused_link(&caller, directory).await);
    }
    if !sessions::store::may_sign_in(directory.db(), user).await? {
        let attempt = SignIn::Failed { user: Some(user), email: "", reason: "inactive", factor: Factor::MailLink };
        note_sign_in(directory.db(), &app, &caller.origin, &attempt).await?;
        suspicion::after_failure(directory.db(), &app, &caller.origin, user).await?;
        directory.commit().await?;
        return Err(sessions::account_inactive().into());
    }
    directory.commit().await?;
    sessions::proceed(caller, user, waiting.remembered, Factor::MailLink, None).await
}

/// A link that was used, has run out or never was; the attempt is written down.
async fn refused_link(caller: &Somebody, directory: Directory) -> Error {
    drop(directory);
    let written = note_failed(
        &caller.app,
        &caller.origin,
        &SignIn::Failed { user: None, email: "", reason: "mail_link_invalid", factor: Factor::MailLink },
    )
    .await;
    written.err().unwrap_or_else(|| link_invalid().into())
}

fn other_browser() -> Problem {
    Problem::conflict("other_browser", "This link was asked for in another browser. Open it there, or type the code that is shown there.")
}

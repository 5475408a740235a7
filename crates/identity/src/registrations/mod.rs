//! Signing up: a user and his or her first tenant, both made when the address is confirmed.

pub mod http;
pub mod store;

use axum::http::StatusCode;
use axum::response::Response;
use platform::auth::{Anonymous, Factor};
use platform::crypto::{Token, sha256};
use platform::ctx::Answer;
use platform::error::{OnConstraint, Problem, Result};
use platform::jobs::{Attempt, Job, JobError, When, enqueue};
use platform::mail::{self, Person};
use platform::rate_limit::Limit;
use platform::text::{Checks, email_key};
use platform::{Ctx, TenantId, id};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use self::store::NewRegistration;
use crate::activity::{SignIn, note_failed};
use crate::caller::Somebody;
use crate::consents::{self, Consent};
use crate::directory::{self, Directory};
use crate::members::Newcomer;
use crate::passwords::link_invalid;
use crate::profile::store::NewUser;
use crate::sessions::NewSession;
use crate::tenants::NewTenant;
use crate::{mails, passwords, profile, sessions, tenants};

const LINK_SECONDS: i64 = 24 * 3600;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    #[schema(max_length = 254)]
    email: String,
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    #[schema(value_type = String, format = Password, min_length = 15, max_length = 256)]
    password: SecretString,
    /// What the workspace is called.
    #[schema(min_length = 1, max_length = 120)]
    tenant_name: String,
    /// IANA name
    timezone: String,
    /// `en`, `pt-BR` or `nl`
    locale: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailVerification {
    /// Of the mail's link.
    token: String,
    /// Chosen at sign-up: shows that it was the reader of the mail who signed up.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerificationRequest {
    email: String,
}

/// The next step is in a mail, whoever asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckMail {
    /// `check_mail`
    pub status: &'static str,
}

impl Default for CheckMail {
    fn default() -> Self {
        Self { status: "check_mail" }
    }
}

/// Takes a sign-up. A known address costs the same work (the password is hashed, a row and a mail are written) and gets
/// the same answer; only the mail differs.
async fn register(caller: Anonymous, input: Registration) -> Result<Response> {
    let Anonymous { app, claim, .. } = caller;
    let mut checks = Checks::new();
    let email = checks.email("email", &input.email);
    let name = checks.line("name", &input.name, 1, 120);
    let tenant_name = checks.line("tenant_name", &input.tenant_name, 1, 120);
    let timezone = checks.zone("timezone", &input.timezone);
    let locale = checks.locale("locale", &input.locale);
    passwords::check(&mut checks, "password", &input.password, passwords::ALONE, &[&email, &name, &tenant_name]);
    checks.done()?;
    passwords::refuse_breached(&app, "password", &input.password).await?;
    let key = email_key(&email);
    app.limits.check(Limit::Mail, &format!("registration {key}"))?;
    let password_hash = passwords::Turn::wait().await?.hash(input.password).await?;
    let (token, now) = (Token::random(), app.clock.now());
    let new = NewRegistration {
        email: &email,
        email_key: &key,
        name: &name,
        password_hash: &password_hash,
        tenant_name: &tenant_name,
        timezone: &timezone,
        locale: &locale,
    };
    let mut directory = Directory::open(&app, None, claim).await?;
    let known = passwords::store::account_of_email(directory.db(), &key).await?;
    store::insert(directory.db(), &new, &token.hash, now, now.plus_seconds(LINK_SECONDS)).await?;
    let to = Person { name: name.clone(), email: email.clone() };
    let mail = match known {
        None => mails::verification(&app, &locale, to, &token.secret),
        Some(account) => mails::account_exists(&app, &account.locale, Person { name: account.name, email: account.email }),
    };
    mail::post(directory.db(), &app.keys, None, &mail).await?;
    directory.commit_with(Answer::json(StatusCode::ACCEPTED, &CheckMail::default())?).await
}

/// Asks for the link again. A job finds out whether there is a sign-up, so that neither the answer nor its time tells.
async fn request_verification(caller: Anonymous, input: VerificationRequest) -> Result<Response> {
    let Anonymous { app, claim, .. } = caller;
    let mut checks = Checks::new();
    let email = checks.email("email", &input.email);
    checks.done()?;
    app.limits.check(Limit::Mail, &format!("verification {}", email_key(&email)))?;
    let mut directory = Directory::open(&app, None, claim).await?;
    enqueue(directory.db(), &SendVerification { email }, When::default()).await?;
    directory.commit_with(Answer::json(StatusCode::ACCEPTED, &CheckMail::default())?).await
}

/// Sends a sign-up's link again, with a new token. Enqueued outside of any tenant.
#[derive(Serialize, Deserialize)]
pub struct SendVerification {
    email: String,
}

impl Job for SendVerification {
    const NAME: &'static str = "SendVerification";

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let (app, key) = (&at.app, email_key(&self.email));
        let mut directory = Directory::open(app, None, None).await?;
        if let Some(account) = passwords::store::account_of_email(directory.db(), &key).await? {
            let to = Person { name: account.name, email: account.email };
            mail::post(directory.db(), &app.keys, None, &mails::account_exists(app, &account.locale, to)).await?;
        } else if let Some(waiting) = store::newest(directory.db(), &key).await? {
            let token = Token::random();
            if store::renew(directory.db(), waiting.id, &token.hash, app.clock.now().plus_seconds(LINK_SECONDS)).await? {
                let to = Person { name: waiting.name, email: waiting.email };
                mail::post(directory.db(), &app.keys, None, &mails::verification(app, &waiting.locale, to, &token.secret)).await?;
            }
        }
        Ok(directory.commit().await?)
    }
}

/// Confirms the address: makes the user, the tenant with its roles, and the first session, in one transaction.
async fn verify(caller: Somebody, input: EmailVerification) -> Result<Response> {
    let Somebody { app, origin, claim, presented, .. } = caller;
    let token_hash = sha256(input.token.as_bytes());
    let mut directory = Directory::open(&app, None, None).await?;
    // A repeated request finds its link used up, and its answer here.
    directory::take(directory.db(), &app, claim.as_ref()).await?;
    let waiting = store::of_token(directory.db(), &token_hash, app.clock.now()).await?.ok_or_else(link_invalid)?;
    drop(directory);
    if !passwords::is_right(&app, &origin, None, &waiting.email, input.password, Some(waiting.password_hash.clone())).await? {
        note_failed(&app, &origin, &SignIn::Failed { user: None, email: &waiting.email, reason: "sign_up", factor: Factor::Password })
            .await?;
        return Err(wrong_password().into());
    }

    let (user, tenant) = (id::new(), TenantId(id::new()));
    let newcomer = Newcomer {
        user_id: user,
        name: waiting.name.clone(),
        email: waiting.email.clone(),
        timezone: waiting.timezone.clone(),
        locale: waiting.locale.clone(),
    };
    let mut ctx = Ctx::of_member(app.clone(), newcomer.acting(tenant, app.clock.now()), tenant, origin.clone(), None);
    directory::take(ctx.db().await?, &app, claim.as_ref()).await?;
    if !store::use_up(ctx.db().await?, &waiting, &token_hash, app.clock.now()).await? {
        return Err(link_invalid().into());
    }
    let new = NewUser {
        id: user,
        email: &waiting.email,
        email_key: &waiting.email_key,
        name: &waiting.name,
        password_hash: Some(&waiting.password_hash),
        locale: &waiting.locale,
        timezone: &waiting.timezone,
    };
    profile::store::insert(ctx.db().await?, &new, app.clock.now()).await.on_constraint("users_email_key", account_exists)?;
    let consent = Consent { purpose: "terms", text_version: consents::SIGN_UP_TEXT, is_given: true };
    consents::note(ctx.db().await?, &app, &origin, user, &consent).await?;
    let founding = NewTenant { name: waiting.tenant_name.clone(), timezone: waiting.timezone.clone(), locale: waiting.locale.clone() };
    tenants::found_tenant(&mut ctx, &newcomer, &founding).await?;
    let db = ctx.db().await?;
    let new = NewSession::fresh(user, Some(tenant), &[Factor::Password]);
    let opened = sessions::open_signed_in(&mut *db, &app, &origin, presented.as_ref(), &new).await?;
    let answer = sessions::answer(db, &app, &origin, StatusCode::CREATED, &opened).await?;
    directory::commit_with(&mut ctx, claim.as_ref(), answer).await
}

fn wrong_password() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "invalid_credentials",
        "This is not the password that was chosen at sign-up. If you do not remember it, sign up again: the newer sign-up counts.",
    )
}

/// Somebody else's request for the same address was faster.
pub fn account_exists() -> Problem {
    Problem::conflict("account_exists", "This address has an account already. Sign in, or set a new password.")
}

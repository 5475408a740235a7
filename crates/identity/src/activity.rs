//! The directory's logs: sign-ins, and what concerns the safety of an account.

use platform::auth::Factor;
use platform::crypto::hmac;
use platform::ctx::Origin;
use platform::error::{Error, Result};
use platform::ipnet::IpNet;
use platform::places::Place;
use platform::rate_limit::{self, Limit};
use platform::text::email_key;
use platform::{App, TenantId, id};
use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::directory::Directory;

/// Browsers' names are longer every year, and of use in their first part only.
const USER_AGENT_LENGTH: usize = 400;

pub fn user_agent(origin: &Origin) -> Option<String> {
    origin.user_agent.as_deref().map(|name| name.chars().take(USER_AGENT_LENGTH).collect())
}

pub fn address(origin: &Origin) -> Option<IpNet> {
    origin.ip.map(IpNet::from)
}

/// A pseudonym of an address, so that attempts on unknown ones can be counted and not read.
pub fn email_hash(app: &App, email: &str) -> [u8; 32] {
    hmac(app.keys.derive("login history").as_ref(), &[email_key(email).as_bytes()])
}

/// Where the address is, as far as that is known now.
pub fn location(app: &App, origin: &Origin) -> Option<Json<Place>> {
    app.config.places.find(origin.ip).map(Json)
}

/// The factors of a line of the login history, `password+totp`.
pub fn factors(method: &str) -> Vec<Factor> {
    method.split('+').filter_map(Factor::of_name).collect()
}

/// How an attempt to sign in ended.
pub enum SignIn<'a> {
    Success {
        user: Uuid,
        tenant: Option<TenantId>,
        session: Uuid,
        factors: &'a [Factor],
    },
    /// Somebody who was in already came from another workspace.
    Entered {
        user: Uuid,
        tenant: TenantId,
        session: Uuid,
        factors: &'a [Factor],
    },
    /// `email` is empty where none was named.
    Failed {
        user: Option<Uuid>,
        email: &'a str,
        reason: &'a str,
        factor: Factor,
    },
    /// By a workspace's own provider, which is no other workspace's business.
    FailedByCompany {
        user: Option<Uuid>,
        tenant: TenantId,
        reason: &'a str,
    },
}

/// # Errors
/// The database's.
pub async fn note_sign_in(db: &mut PgConnection, app: &App, origin: &Origin, attempt: &SignIn<'_>) -> Result<()> {
    let method = |factors: &[Factor]| factors.iter().map(|factor| factor.name()).collect::<Vec<_>>().join("+");
    let line = match attempt {
        SignIn::Success { user, tenant, session, factors } => Line {
            user: Some(*user),
            tenant: tenant.map(|tenant| tenant.0),
            session: Some(*session),
            ..Line::of("success", method(factors))
        },
        SignIn::Entered { user, tenant, session, factors } => {
            Line { user: Some(*user), tenant: Some(tenant.0), session: Some(*session), ..Line::of("entered", method(factors)) }
        }
        SignIn::Failed { user, email, reason, factor } => Line {
            user: *user,
            email_hash: hash_of_unknown(app, *user, email),
            reason: Some(reason),
            ..Line::of("failed", factor.name().to_owned())
        },
        SignIn::FailedByCompany { user, tenant, reason } => {
            Line { user: *user, tenant: Some(tenant.0), reason: Some(reason), ..Line::of("failed", Factor::Company.name().to_owned()) }
        }
    };
    line.write(db, app, origin).await?;
    Ok(())
}

fn hash_of_unknown(app: &App, user: Option<Uuid>, email: &str) -> Option<[u8; 32]> {
    (user.is_none() && !email.is_empty()).then(|| email_hash(app, email))
}

/// One line of the login history.
struct Line<'a> {
    user: Option<Uuid>,
    tenant: Option<Uuid>,
    session: Option<Uuid>,
    email_hash: Option<[u8; 32]>,
    method: String,
    outcome: &'a str,
    reason: Option<&'a str>,
    refusal_key: Option<[u8; 32]>,
    attempts: i32,
}

impl<'a> Line<'a> {
    fn of(outcome: &'a str, method: String) -> Self {
        Self { user: None, tenant: None, session: None, email_hash: None, method, outcome, reason: None, refusal_key: None, attempts: 1 }
    }

    /// No where there is a line with that refusal's key.
    async fn write(&self, db: &mut PgConnection, app: &App, origin: &Origin) -> Result<bool> {
        let written = sqlx::query!(
            "INSERT INTO directory.login_history (id, user_id, tenant_id, email_hash, method, outcome, failure_reason, ip_address, user_agent,
                                                  location, session_id, refusal_key, attempts, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
             ON CONFLICT (refusal_key) WHERE refusal_key IS NOT NULL DO NOTHING",
            id::new(),
            self.user as Option<Uuid>,
            self.tenant as Option<Uuid>,
            self.email_hash.as_ref().map(<[u8; 32]>::as_slice),
            self.method,
            self.outcome,
            self.reason,
            address(origin) as Option<IpNet>,
            user_agent(origin),
            location(app, origin) as Option<Json<Place>>,
            self.session as Option<Uuid>,
            self.refusal_key.as_ref().map(<[u8; 32]>::as_slice),
            self.attempts,
            app.clock.now(),
        )
        .execute(db)
        .await?;
        Ok(written.rows_affected() == 1)
    }
}

/// Writes down an attempt that was refused unseen, since a wait (`wait`) or a limit (`limit`) lasted. Of one account, network, reason
/// and minute there is one line with the number of attempts, which is kept to within a half: whoever sends thousands does not make
/// the database write as often.
///
/// # Errors
/// The database's.
pub async fn note_refused(
    db: &mut PgConnection,
    app: &App,
    origin: &Origin,
    user: Option<Uuid>,
    email: &str,
    reason: &str,
    factor: Factor,
) -> Result<()> {
    let minute = app.clock.now().as_second().div_euclid(60);
    let whose = user.map_or_else(|| email_key(email), |user| user.to_string());
    let network = origin.ip.map(rate_limit::prefix).unwrap_or_default();
    let parts = [reason, "\0", factor.name(), "\0", &whose, "\0", &network, "\0", &minute.to_string()].concat();
    let key = hmac(app.keys.derive("refused sign-ins").as_ref(), &[parts.as_bytes()]);
    let Some(attempts) = app.limits.due_count(key, minute) else { return Ok(()) };
    let line = Line {
        user,
        email_hash: hash_of_unknown(app, user, email),
        reason: Some(reason),
        refusal_key: Some(key),
        attempts,
        ..Line::of("refused", factor.name().to_owned())
    };
    if !line.write(&mut *db, app, origin).await? {
        sqlx::query!(r#"SELECT identity.count_refused_sign_ins($1, $2) AS "done: ()""#, &key[..], attempts).execute(db).await?;
    }
    Ok(())
}

/// Passes on what a wait answered, after writing down the attempt that it refused. The attempt's own transaction is over by then, as
/// it is undone.
///
/// # Errors
/// What it was given; the database's.
pub async fn refused_by_wait(app: &App, origin: &Origin, user: Option<Uuid>, email: &str, factor: Factor, refusal: Error) -> Error {
    if !is_wait(&refusal) {
        return refusal;
    }
    let written = async {
        let mut directory = Directory::open(app, None, None).await?;
        note_refused(directory.db(), app, origin, user, email, "wait", factor).await?;
        directory.commit().await
    };
    written.await.err().unwrap_or(refusal)
}

pub fn is_wait(refusal: &Error) -> bool {
    matches!(refusal, Error::Problem(problem) if problem.code == "rate_limited")
}

/// Refuses who tries to sign in too often from one network, and writes that down.
///
/// # Errors
/// 429; the database's.
pub async fn check_limit(app: &App, origin: &Origin, factor: Factor) -> Result<()> {
    let Err(refusal) = app.limits.check_address(Limit::Credentials, origin.ip) else { return Ok(()) };
    let mut directory = Directory::open(app, None, None).await?;
    note_refused(directory.db(), app, origin, None, "", "limit", factor).await?;
    directory.commit().await?;
    Err(refusal.into())
}

/// Writes down an attempt that failed before it was known whose it is, or whose own transaction is undone.
///
/// # Errors
/// The database's.
pub async fn note_failed(app: &App, origin: &Origin, attempt: &SignIn<'_>) -> Result<()> {
    let mut directory = Directory::open(app, None, None).await?;
    note_sign_in(directory.db(), app, origin, attempt).await?;
    directory.commit().await
}

/// What the person is told of in each workspace, as he or she is by mail; the rest is what he or she does knowingly, every day.
const TOLD: [&str; 15] = [
    "access_token_created",
    "data_export_ready",
    "email_change_requested",
    "email_changed",
    "oauth_consent_given",
    "oauth_family_ended",
    "passkey_added",
    "passkey_counter_went_back",
    "passkey_removed",
    "password_changed",
    "password_reset",
    "recovery_codes_replaced",
    "suspicious_activity",
    "totp_added",
    "totp_removed",
];
/// Of the details, what may stand in workspaces that they are not about.
const FACTS: [&str; 3] = ["name", "client", "kind"];

/// What happened to an account; `severity` is low, medium, high or critical.
pub struct SecurityEvent<'a> {
    pub user: Uuid,
    /// `password_changed`
    pub event: &'a str,
    pub severity: &'a str,
    pub details: Value,
}

/// # Errors
/// The database's.
pub async fn note_security_event(db: &mut PgConnection, app: &App, origin: &Origin, event: &SecurityEvent<'_>) -> Result<()> {
    let notice = id::new();
    sqlx::query!(
        "INSERT INTO directory.security_events (id, user_id, event, severity, details, ip_address, user_agent, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        notice,
        event.user,
        event.event,
        event.severity,
        event.details,
        address(origin) as Option<IpNet>,
        user_agent(origin),
        app.clock.now(),
    )
    .execute(&mut *db)
    .await?;
    if TOLD.contains(&event.event) {
        let facts: Map<String, Value> =
            FACTS.iter().filter_map(|name| Some(((*name).to_owned(), event.details.get(name)?.clone()))).collect();
        let told = json!({ "notice_id": notice, "event": event.event, "severity": event.severity, "facts": facts });
        sqlx::query!(r#"SELECT identity.tell_workspaces($1, $2) AS "done: ()""#, event.user, told).execute(db).await?;
    }
    Ok(())
}

//! The directory's logs: sign-ins, and what concerns the safety of an account.

use platform::auth::Factor;
use platform::crypto::hmac;
use platform::ctx::Origin;
use platform::error::Result;
use platform::id;
use platform::ipnet::IpNet;
use platform::places::Place;
use platform::text::email_key;
use platform::{App, TenantId};
use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

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
    Success { user: Uuid, tenant: Option<TenantId>, factors: &'a [Factor] },
    Failed { user: Option<Uuid>, email: &'a str, reason: &'a str, factor: Factor },
}

/// # Errors
/// The database's.
pub async fn note_sign_in(db: &mut PgConnection, app: &App, origin: &Origin, attempt: &SignIn<'_>) -> Result<()> {
    let tenant = if let SignIn::Success { tenant: Some(tenant), .. } = attempt { Some(tenant.0) } else { None };
    let (user, hash, method, outcome, reason) = match attempt {
        SignIn::Success { user, factors, .. } => {
            (Some(*user), None, factors.iter().map(|factor| factor.name()).collect::<Vec<_>>().join("+"), "success", None)
        }
        SignIn::Failed { user, email, reason, factor } => {
            (*user, user.is_none().then(|| email_hash(app, email)), factor.name().to_owned(), "failed", Some(*reason))
        }
    };
    sqlx::query!(
        "INSERT INTO directory.login_history (id, user_id, tenant_id, email_hash, method, outcome, failure_reason, ip_address, user_agent, location,
                                              created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        id::new(),
        user,
        tenant as Option<Uuid>,
        hash.as_ref().map(<[u8; 32]>::as_slice),
        method,
        outcome,
        reason,
        address(origin) as Option<IpNet>,
        user_agent(origin),
        location(app, origin) as Option<Json<Place>>,
        app.clock.now(),
    )
    .execute(db)
    .await?;
    Ok(())
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

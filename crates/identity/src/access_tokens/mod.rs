//! Access tokens: how a program acts for a member in one workspace, with as much of the member's rights as its scopes name.

pub mod http;
pub mod store;
pub mod text;

use axum::response::Response;
use platform::audit::Change;
use platform::auth::{InPerson, Session};
use platform::ctx::{Answer, Origin};
use platform::error::{Problem, Result};
use platform::id;
use platform::mail::{self, Person};
use platform::pool::{Lent, look_up};
use platform::text::Checks;
use platform::time::Timestamp;
use platform::{App, Ctx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::activity::{SecurityEvent, note_security_event};
use crate::{mails, tenants};

/// Uses are noted at most this often.
const NOTED_EVERY: i64 = 60;
/// In one workspace, of one member.
const MOST: i64 = 50;
/// A token that lives longer is one that nobody knows any more; without a date it lives until it is revoked.
const LONGEST: i64 = 366 * 24 * 3600;

/// An access token, without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AccessToken {
    pub id: Uuid,
    pub name: String,
    /// Codenames of permissions, `bookings:read`: the most that it may do.
    pub scopes: Vec<String>,
    /// Null for one that lives until it is revoked.
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub last_used_ip: Option<String>,
    pub created_at: Timestamp,
}

/// An access token of a member, for who keeps the workspace safe.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberAccessToken {
    #[serde(flatten)]
    pub access_token: AccessToken,
    pub user_id: Uuid,
    /// The member's.
    pub user_name: String,
}

/// An access token as it is handed out.
#[derive(Debug, Serialize, ToSchema)]
pub struct IssuedToken {
    #[serde(flatten)]
    pub access_token: AccessToken,
    /// What the program sends as `Authorization: Bearer …`. Shown this once.
    pub token: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessTokenInput {
    /// What it is for.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Codenames of permissions that one holds oneself.
    #[schema(min_items = 1, max_items = 200)]
    scopes: Vec<String>,
    /// At most a year from now; without it the token lives until it is revoked.
    expires_at: Option<Timestamp>,
}

async fn issue(ctx: &mut InPerson, input: AccessTokenInput) -> Result<Response> {
    let (now, user) = (ctx.now(), ctx.user_id().ok_or_else(Problem::unauthenticated)?);
    // It outlives the session, so a borrowed screen must not make one.
    ctx.session().ok_or_else(Problem::unauthenticated)?.check_fresh(now)?;
    let mut checks = Checks::new();
    let name = checks.line("name", &input.name, 1, 100);
    let mut scopes = input.scopes;
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        checks.add("scopes", "required", "must name at least one permission");
    }
    if let Some(other) = scopes.iter().find(|scope| ctx.permissions().scope(scope).is_none()) {
        checks.add("scopes", "not_yours", format!("can hold what you may do yourself; {other} is not among it"));
    }
    if input.expires_at.is_some_and(|at| at <= now || at > now.plus_seconds(LONGEST)) {
        checks.add("expires_at", "out_of_range", "must lie in the future, at most a year from now");
    }
    checks.done()?;
    let tenant = ctx.tenant;
    if !tenants::store::find(ctx.db().await?, tenant).await?.features.access_tokens {
        return Err(
            Problem::conflict("feature_off", "Access tokens are switched off for this workspace. Ask whoever runs this Atrium.").into()
        );
    }
    if store::count(ctx.db().await?, user, tenant, now).await? >= MOST {
        return Err(
            Problem::conflict("too_many_tokens", "You have as many access tokens as one may have. Revoke one that is not used.").into()
        );
    }
    let token = text::fresh(text::PERSONAL);
    let hash = text::hash(text::PERSONAL, &token).ok_or_else(|| platform::Error::internal("a fresh token is none"))?;
    let access_token =
        AccessToken { id: id::new(), name, scopes, expires_at: input.expires_at, last_used_at: None, last_used_ip: None, created_at: now };
    store::insert(ctx.db().await?, user, tenant, &access_token, &hash).await?;
    note(ctx, user, "access_token_created", "medium", &access_token).await?;
    tell(ctx).await?;
    ctx.audit(Change::created("access_token.created", "access_token", access_token.id, &access_token).about(user));
    let issued = IssuedToken { access_token, token: token.to_string() };
    ctx.commit_with(Answer::created(&issued)?).await
}

/// Revokes a token in the workspace: one of that user, or of whichever member.
async fn revoke(ctx: &mut Ctx, of: Option<Uuid>, id: Uuid) -> Result<()> {
    let (now, tenant) = (ctx.now(), ctx.tenant);
    let Some((user, revoked)) = store::revoke(ctx.db().await?, of, tenant, id, now).await? else {
        return Err(Problem::not_found().into());
    };
    note(ctx, user, "access_token_revoked", "low", &revoked).await?;
    let (before, after) = (json!({ "revoked_at": null }), json!({ "revoked_at": now }));
    ctx.audit(Change::updated("access_token.revoked", "access_token", id, before, after));
    ctx.commit().await
}

/// By mail, in case it was somebody else.
async fn tell(ctx: &mut InPerson) -> Result<()> {
    let app = ctx.app.clone();
    let session = ctx.session().ok_or_else(Problem::unauthenticated)?;
    let to = Person { name: session.name.clone(), email: session.email.clone() };
    let notice = mails::security_notice(&app, &session.locale, to, "access_token_created");
    mail::post(ctx.db().await?, &app.keys, None, &notice).await?;
    Ok(())
}

async fn note(ctx: &mut Ctx, user: Uuid, event: &str, severity: &str, token: &AccessToken) -> Result<()> {
    let (app, origin) = (ctx.app.clone(), ctx.origin.clone());
    let event =
        SecurityEvent { user, event, severity, details: json!({ "token_id": token.id, "name": token.name, "tenant_id": ctx.tenant.0 }) };
    note_security_event(ctx.db().await?, &app, &origin, &event).await
}

/// What a token stands for, if it still counts; its use is noted.
///
/// # Errors
/// The database's.
pub async fn of_token(app: &App, token_hash: &[u8; 32], origin: &Origin) -> Result<Option<Session>> {
    let now = app.clock.now();
    let authenticate = async |mut db: Lent| {
        let found = store::authenticate(&mut *db, token_hash, now).await;
        (db, found)
    };
    let (mut db, found) = look_up(&app.pools.web, authenticate).await?;
    let Some(found) = found else { return Ok(None) };
    if found.last_used_at.is_none_or(|at| at.plus_seconds(NOTED_EVERY) <= now) {
        store::note_use(&mut *db, found.session.id, origin, now).await?;
    }
    Ok(Some(found.session))
}

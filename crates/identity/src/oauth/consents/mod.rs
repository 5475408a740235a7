//! Consents: what a person lets a client do in one workspace, asked once, reviewed and taken back at any time.

pub mod http;
pub mod store;

use axum::http::StatusCode;
use platform::audit::Change;
use platform::ctx::Origin;
use platform::error::{Problem, Result};
use platform::time::Timestamp;
use platform::{App, Ctx, Session, SignedIn, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use super::clients::{GrantType, Kind, OAuthClient};
use super::scopes;
use super::tokens::{self, Allowed};
use crate::activity::{SecurityEvent, note_security_event};
use crate::{policy, sessions};

/// A consent as its person reviews it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OAuthConsent {
    pub id: Uuid,
    pub client_name: String,
    pub logo_text: String,
    pub tenant_id: Uuid,
    pub tenant_name: String,
    /// `openid`, `profile`, `email`, `offline_access` and codenames of permissions.
    pub scopes: Vec<String>,
    pub created_at: Timestamp,
    /// When a token was handed out last.
    pub last_used_at: Option<Timestamp>,
}

/// What a person is asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuthorizationAsked {
    pub client_name: String,
    pub logo_text: String,
    pub kind: Kind,
    /// Whether the instance vouches for it, rather than one workspace.
    pub of_instance: bool,
    /// Where the answer goes; null for a device, which asks for it.
    pub leads_to: Option<String>,
    pub scopes: Vec<String>,
    /// Seconds for which what is handed out counts.
    pub lives_seconds: i64,
    /// Seconds for which the app may stay connected, where it asks for `offline_access`.
    pub stays_seconds: Option<i64>,
    /// Among which one is chosen.
    pub tenants: Vec<OfferedTenant>,
    /// The one that is offered first.
    pub tenant_id: Option<Uuid>,
}

/// A workspace in which a client may act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OfferedTenant {
    pub id: Uuid,
    pub name: String,
}

/// What a person decided.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthorizationDecision {
    /// Of the request that was shown: its handle, or the code of a device.
    #[schema(min_length = 1, max_length = 100)]
    pub request: String,
    pub allowed: bool,
    /// In which workspace; needed where it is allowed.
    pub tenant_id: Option<Uuid>,
    /// Which of the scopes that were asked for; all of them where it is left out.
    #[schema(min_items = 1, max_items = 200)]
    pub scopes: Option<Vec<String>>,
}

/// What an app keeps of what it was allowed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentScopes {
    /// Some of those that it has.
    #[schema(min_items = 1, max_items = 200)]
    scopes: Vec<String>,
}

/// Some of the scopes, sorted, none twice.
///
/// # Errors
/// 422 for none at all, and for one that is not among them.
fn some_of(chosen: &[String], all: &[String]) -> Result<Vec<String>, Problem> {
    let mut chosen = chosen.to_vec();
    chosen.sort_unstable();
    chosen.dedup();
    if chosen.is_empty() {
        return Err(Problem::field("scopes", "required", "must name at least one"));
    }
    match chosen.iter().find(|scope| !all.contains(scope)) {
        Some(other) => Err(Problem::field("scopes", "not_asked", format!("names {other}, which is not among them"))),
        None => Ok(chosen),
    }
}

/// The workspaces in which this client could act for that person.
///
/// # Errors
/// The database's.
pub async fn enterable(db: &mut PgConnection, user: Uuid, client: &OAuthClient) -> Result<Vec<OfferedTenant>> {
    let all = sessions::store::tenants(db, user).await?;
    let may = |id: Uuid, status: &str| status == "active" && client.tenant_id.is_none_or(|only| only == id);
    let choices = all.into_iter().filter(|one| may(one.id, &one.status));
    Ok(choices.map(|one| OfferedTenant { id: one.id, name: one.name }).collect())
}

/// # Errors
/// The database's.
pub async fn describe(
    db: &mut PgConnection,
    caller: &SignedIn,
    client: &OAuthClient,
    scopes: Vec<String>,
    leads_to: Option<String>,
) -> Result<AuthorizationAsked> {
    let tenants = enterable(db, caller.session.user_id, client).await?;
    let stays = scopes::has(&scopes, scopes::OFFLINE) && client.may(GrantType::RefreshToken);
    let current = tenants.iter().find(|one| caller.session.tenant.is_some_and(|tenant| tenant.0 == one.id)).or(tenants.first());
    Ok(AuthorizationAsked {
        client_name: client.name.clone(),
        logo_text: client.logo_text.clone(),
        kind: client.kind,
        of_instance: client.tenant_id.is_none(),
        leads_to,
        scopes,
        lives_seconds: tokens::ACCESS_LIVES,
        stays_seconds: stays.then_some(tokens::GRANT_LIVES),
        tenant_id: current.map(|one| one.id),
        tenants,
    })
}

/// Writes down what the person allows of what was asked, in the transaction of the workspace's context. What is left out now is
/// taken back where it was allowed before.
///
/// # Errors
/// 404 where he or she is no active member there, or the client is not for it; 403 where its security policy does not let the session
/// in, and `step_up_required` for what outlives the sign-in (`offline_access`) without a fresh factor; 422 for scopes that were not
/// asked for.
pub async fn allow(ctx: &mut Ctx, session: &Session, client: &OAuthClient, asked: &[String], chosen: Option<&[String]>) -> Result<Allowed> {
    let scopes = some_of(chosen.unwrap_or(asked), asked)?;
    let (user, tenant, now) = (session.user_id, ctx.tenant, ctx.now());
    if !enterable(ctx.db().await?, user, client).await?.iter().any(|one| one.id == tenant.0) {
        return Err(Problem::not_found().into());
    }
    let address = ctx.origin.ip;
    policy::check_admitted(ctx.db().await?, tenant, session, address, now).await??;
    if scopes::has(&scopes, scopes::OFFLINE) && client.may(GrantType::RefreshToken) {
        session.check_fresh(now)?;
    }
    let before = store::find(ctx.db().await?, user, client.id, tenant).await?;
    let mut all = before.as_ref().map(|consent| consent.scopes.clone()).unwrap_or_default();
    let refused: Vec<String> = asked.iter().filter(|scope| !scopes.contains(scope)).cloned().collect();
    all.retain(|scope| !refused.contains(scope));
    all.extend_from_slice(&scopes);
    all.sort_unstable();
    all.dedup();
    let is_new = before.as_ref().is_none_or(|consent| consent.scopes != all);
    let consent = store::write(ctx.db().await?, user, client.id, tenant, &all, &refused, now).await?;
    if before.as_ref().is_some_and(|consent| consent.scopes.iter().any(|scope| refused.contains(scope))) {
        tokens::store::narrow(ctx.db().await?, consent, &all).await?;
    }
    if is_new {
        let told = |scopes: &[String]| json!({ "client": client.name, "client_id": client.client_id, "scopes": scopes });
        match &before {
            Some(before) => {
                ctx.audit(Change::updated("oauth_consent.updated", "oauth_consent", consent, told(&before.scopes), told(&all)));
            }
            None => ctx.audit(Change::created("oauth_consent.created", "oauth_consent", consent, told(&all))),
        }
        let (app, origin) = (ctx.app.clone(), ctx.origin.clone());
        note(ctx.db().await?, &app, &origin, user, "oauth_consent_given", &client.name, tenant).await?;
    }
    Ok(Allowed { user, tenant, consent, session: session.id, auth_time: session.verified_at, scopes })
}

async fn note(db: &mut PgConnection, app: &App, origin: &Origin, user: Uuid, event: &str, client: &str, tenant: TenantId) -> Result<()> {
    let details = json!({ "client": client, "tenant_id": tenant.0 });
    note_security_event(db, app, origin, &SecurityEvent { user, event, severity: "medium", details }).await
}

/// Takes some of it back; the tokens that were handed out may no more from then on.
async fn narrow(caller: SignedIn, consent: Uuid, input: &ConsentScopes) -> Result<OAuthConsent> {
    let (app, now, user) = (caller.app.clone(), caller.app.clock.now(), caller.session.user_id);
    let mut directory = crate::directory::Directory::open(&app, None, None).await?;
    let mut found = store::of_user(directory.db(), user, consent).await?.ok_or_else(Problem::not_found)?;
    directory.commit().await?;
    let kept = some_of(&input.scopes, &found.scopes)?;
    let tenant = TenantId(found.tenant_id);
    let mut ctx = Ctx::of_member(app.clone(), caller.session, tenant, caller.origin.clone(), None);
    if !store::narrow(ctx.db().await?, user, consent, &kept, now).await? {
        return Err(Problem::not_found().into());
    }
    tokens::store::narrow(ctx.db().await?, consent, &kept).await?;
    if kept != found.scopes {
        let told = |scopes: &[String]| json!({ "client": found.client_name, "scopes": scopes });
        ctx.audit(Change::updated("oauth_consent.updated", "oauth_consent", consent, told(&found.scopes), told(&kept)));
        note(ctx.db().await?, &app, &caller.origin, user, "oauth_consent_narrowed", &found.client_name, tenant).await?;
    }
    ctx.commit().await?;
    found.scopes = kept;
    Ok(found)
}

/// Takes a consent back; its tokens count no more at once.
async fn revoke(caller: SignedIn, consent: Uuid) -> Result<()> {
    let (app, now, user) = (caller.app.clone(), caller.app.clock.now(), caller.session.user_id);
    let mut directory = crate::directory::Directory::open(&app, None, None).await?;
    let found = store::of_user(directory.db(), user, consent).await?.ok_or_else(Problem::not_found)?;
    directory.commit().await?;
    let tenant = TenantId(found.tenant_id);
    let mut ctx = Ctx::of_member(app.clone(), caller.session, tenant, caller.origin.clone(), None);
    if !store::revoke(ctx.db().await?, user, consent, now).await? {
        return Err(Problem::not_found().into());
    }
    tokens::store::revoke_of_consent(ctx.db().await?, consent, now).await?;
    let told = |revoked_at: Option<Timestamp>| json!({ "client": found.client_name, "scopes": found.scopes, "revoked_at": revoked_at });
    ctx.audit(Change::updated("oauth_consent.revoked", "oauth_consent", consent, told(None), told(Some(now))));
    note(ctx.db().await?, &app, &caller.origin, user, "oauth_consent_revoked", &found.client_name, tenant).await?;
    ctx.commit().await
}

/// What a request for a consent says where another person is signed in meanwhile.
fn another_account() -> Problem {
    Problem::conflict("another_account", "This was asked of somebody else. Start again from the app.")
}

/// What says that a factor has to be shown anew first.
fn step_up_required() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "step_up_required", "The app asks that you show once more who you are.")
}

fn expired() -> Problem {
    Problem::new(StatusCode::GONE, "request_expired", "This request has run out or was answered. Start again from the app.")
}

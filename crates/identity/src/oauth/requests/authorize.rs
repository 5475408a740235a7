//! The authorization endpoint: to which a client sends a person's browser, and from which it comes back with a code.

use axum::Json;
use axum::extract::{OriginalUri, Path, RawQuery};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use platform::App;
use platform::auth::{Anonymous, Session};
use platform::crypto::sha256;
use platform::error::{Error, Result};
use platform::time::Timestamp;
use serde_json::json;

use super::{AuthorizationRequest, Fault, Prompt, Waiting, keep, store};
use crate::caller::Somebody;
use crate::directory::Directory;
use crate::oauth::clients::{Kind, OAuthClient};
use crate::oauth::dpop::{self, About};
use crate::oauth::form::Form;
use crate::oauth::refused::{self, Refused};
use crate::oauth::tokens::{self, Allowed, Grant};
use crate::oauth::{client_auth, clients, consents};
use crate::policy;

const PUSHED: &str = "urn:ietf:params:oauth:request_uri:";

/// 303, so that a browser comes by GET and sends along nothing (RFC 9700, 4.12).
pub fn to(address: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, address), (header::CACHE_CONTROL, "no-store")]).into_response()
}

/// To a page of ours that says why; a refusal is sent to nobody that is not registered.
fn refused_here(reason: &str) -> Response {
    to(&format!("/oauth/refused?reason={reason}"))
}

impl Fault {
    fn answer(&self, app: &App) -> Result<Response> {
        match &self.back {
            Some(back) => Ok(to(&back.with(app, &[("error", self.code), ("error_description", self.description)])?)),
            None => Ok(refused_here("address")),
        }
    }
}

pub async fn authorize(caller: Somebody, RawQuery(query): RawQuery) -> Result<Response> {
    let Ok(form) = Form::parse(query.unwrap_or_default().as_bytes()) else { return Ok(refused_here("request")) };
    let app = caller.app.clone();
    let mut directory = Directory::open(&app, None, None).await?;
    let client = match form.get("client_id") {
        Some(id) => clients::store::named(directory.db(), id).await?,
        None => None,
    };
    let Some(client) = client else { return Ok(refused_here("client")) };
    let now = app.clock.now();
    let (request, asked_at) = match form.get("request_uri") {
        Some(address) => {
            let found = match address.strip_prefix(PUSHED) {
                Some(handle) => store::find(directory.db(), &sha256(handle.as_bytes()), "pushed", now).await?,
                None => None,
            };
            let Some(found) = found.filter(|found| found.client_id == client.id) else { return Ok(refused_here("expired")) };
            store::mark_used(directory.db(), found.id, now).await?;
            (serde_json::from_value(found.parameters).map_err(Error::internal)?, found.asked_at)
        }
        None => match AuthorizationRequest::parse(&client, &form) {
            Err(fault) => return fault.answer(&app),
            Ok(request) if client.requires_par => {
                let fault =
                    Fault { back: Some(request.back()), code: "invalid_request", description: "The client has to push its requests." };
                return fault.answer(&app);
            }
            Ok(request) => (request, now),
        },
    };
    proceed(directory, &caller, &client, &request, asked_at).await
}

/// Where the sign-in leads back to.
pub async fn resume(caller: Somebody, Path(handle): Path<String>) -> Result<Response> {
    let app = caller.app.clone();
    let now = app.clock.now();
    let mut directory = Directory::open(&app, None, None).await?;
    let Some(found) = store::find(directory.db(), &sha256(handle.as_bytes()), "sign_in", now).await? else {
        return Ok(refused_here("expired"));
    };
    let Some(client) = clients::store::counted(directory.db(), found.client_id).await? else { return Ok(refused_here("client")) };
    let request: AuthorizationRequest = serde_json::from_value(found.parameters).map_err(Error::internal)?;
    // Kept while nobody is signed in: the page may be loaded again.
    if caller.session.is_some() {
        store::mark_used(directory.db(), found.id, now).await?;
    }
    proceed(directory, &caller, &client, &request, found.asked_at).await
}

async fn proceed(
    mut directory: Directory,
    caller: &Somebody,
    client: &OAuthClient,
    request: &AuthorizationRequest,
    asked_at: Timestamp,
) -> Result<Response> {
    let (app, db) = (&caller.app, directory.db());
    let quiet = request.wants(Prompt::None);
    let answer = match &caller.session {
        None if quiet => refusal(app, request, "login_required", "Nobody is signed in.")?,
        None => {
            let handle = keep(app, db, client, request, Waiting::SignIn, asked_at).await?;
            let mut next = url::form_urlencoded::Serializer::new(String::new());
            next.append_pair("next", &format!("/oauth/continue/{}", handle.as_str()));
            to(&format!("/sign-in?{}", next.finish()))
        }
        Some(session) => match silently(caller, db, session, client, request, asked_at).await? {
            Ok(allowed) => code(app, db, client, request, &allowed).await?,
            Err(NeedsSignIn) if quiet => refusal(app, request, "login_required", "The sign-in is too old.")?,
            Err(NeedsConsent) if quiet => refusal(app, request, "consent_required", "The person has to be asked.")?,
            Err(_) => {
                let handle = keep(app, db, client, request, Waiting::Consent(session.user_id), asked_at).await?;
                to(&format!("/oauth/consent?request={}", handle.as_str()))
            }
        },
    };
    directory.commit().await?;
    Ok(answer)
}

fn refusal(app: &App, request: &AuthorizationRequest, code: &'static str, description: &'static str) -> Result<Response> {
    Fault { back: Some(request.back()), code, description }.answer(app)
}

/// Why a person has to be asked.
enum Needs {
    NeedsSignIn,
    NeedsConsent,
}
use Needs::{NeedsConsent, NeedsSignIn};

/// What was agreed to before, where it covers what is asked. Not for a native client: any program on that machine can name
/// itself as it (RFC 8252, 8.6).
async fn silently(
    caller: &Somebody,
    db: &mut sqlx::PgConnection,
    session: &Session,
    client: &OAuthClient,
    request: &AuthorizationRequest,
    asked_at: Timestamp,
) -> Result<std::result::Result<Allowed, Needs>> {
    let (auth_time, now) = (session.verified_at, caller.app.clock.now());
    if request.wants_fresh(auth_time, asked_at, now) {
        return Ok(Err(NeedsSignIn));
    }
    if client.kind == Kind::Native || request.wants(Prompt::Consent) || request.wants(Prompt::SelectAccount) {
        return Ok(Err(NeedsConsent));
    }
    let Some(tenant) = client.tenant_id.map(platform::TenantId).or(session.tenant) else { return Ok(Err(NeedsConsent)) };
    if !consents::enterable(db, session.user_id, client).await?.iter().any(|one| one.id == tenant.0) {
        return Ok(Err(NeedsConsent));
    }
    // Who is not let in there is told so where he or she is asked.
    let admitted = match session.tenant {
        Some(here) if here == tenant => session.admit(caller.origin.ip, now),
        _ => policy::check_admitted(&mut *db, tenant, session, caller.origin.ip, now).await?,
    };
    if admitted.is_err() {
        return Ok(Err(NeedsConsent));
    }
    let Some(consent) = consents::store::find(db, session.user_id, client.id, tenant).await? else { return Ok(Err(NeedsConsent)) };
    if !request.scopes.iter().all(|scope| consent.scopes.contains(scope)) {
        return Ok(Err(NeedsConsent));
    }
    Ok(Ok(Allowed { user: session.user_id, tenant, consent: consent.id, session: session.id, auth_time, scopes: request.scopes.clone() }))
}

async fn code(
    app: &App,
    db: &mut sqlx::PgConnection,
    client: &OAuthClient,
    request: &AuthorizationRequest,
    allowed: &Allowed,
) -> Result<Response> {
    Ok(to(&answer_with_code(app, db, client, request, allowed).await?))
}

/// The client's address with a code for what was allowed.
///
/// # Errors
/// The database's.
pub async fn answer_with_code(
    app: &App,
    db: &mut sqlx::PgConnection,
    client: &OAuthClient,
    request: &AuthorizationRequest,
    allowed: &Allowed,
) -> Result<String> {
    let now = app.clock.now();
    let mut grant = Grant::of_person(client, allowed, now);
    grant.nonce.clone_from(&request.nonce);
    grant.dpop_jkt = request.dpop_jkt.map(|thumbprint| thumbprint.to_vec());
    let code = tokens::code(db, &grant, &request.redirect_uri, &request.code_challenge, now).await?;
    request.back().with(app, &[("code", &code)])
}

/// Pushed authorization requests (RFC 9126).
pub async fn push(caller: Anonymous, OriginalUri(address): OriginalUri, headers: HeaderMap, form: Form) -> refused::Result<Response> {
    let app = caller.app;
    let mut directory = Directory::open(&app, None, None).await?;
    let outcome = async {
        let db = directory.db();
        let client = client_auth::authenticate(&app, db, &headers, &form).await?;
        if form.get("request_uri").is_some() {
            return Err(Refused::request("What is pushed is the request itself."));
        }
        let about = About { method: &Method::POST, path: address.path(), access_token: None, needs_nonce: true };
        let proven = dpop::proven(&app, db, &headers, &about).await?;
        let mut request = AuthorizationRequest::parse(&client, &form).map_err(|fault| Refused::new(fault.code, fault.description))?;
        match (request.dpop_jkt, proven) {
            (Some(named), Some(proven)) if named != proven => return Err(Refused::request("dpop_jkt is not the key of the proof.")),
            (None, Some(_)) => request.dpop_jkt = proven,
            _ => {}
        }
        let handle = keep(&app, db, &client, &request, Waiting::Pushed, app.clock.now()).await?;
        Ok(json!({ "request_uri": format!("{PUSHED}{}", handle.as_str()), "expires_in": Waiting::Pushed.lives() }))
    }
    .await;
    let answer = tokens::http::settle(directory, outcome).await?;
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

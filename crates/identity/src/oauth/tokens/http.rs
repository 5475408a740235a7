//! The token endpoint, revocation (RFC 7009) and introspection (RFC 7662).

use axum::Json;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use platform::App;
use platform::auth::Anonymous;
use platform::time::Timestamp;
use serde_json::json;
use sqlx::PgConnection;

use super::exchange::Asked;
use super::{ACCESS, REFRESH, store};
use crate::access_tokens::text;
use crate::directory::Directory;
use crate::oauth::clients::{Kind, OAuthClient};
use crate::oauth::dpop::{self, About};
use crate::oauth::form::Form;
use crate::oauth::refused::{DPOP_NONCE, Refused, Result};
use crate::oauth::{client_auth, scopes};

/// Commits what was noted, even where the answer is a refusal of the request: a proof that was shown stays shown, and a
/// family that was ended stays ended.
pub async fn settle<T>(directory: Directory, outcome: Result<T>) -> Result<T> {
    if !matches!(outcome, Err(Refused::Platform(_))) {
        directory.commit().await?;
    }
    outcome
}

pub async fn token(caller: Anonymous, OriginalUri(address): OriginalUri, headers: HeaderMap, form: Form) -> Result<Response> {
    let Anonymous { app, origin, .. } = caller;
    let mut directory = Directory::open(&app, None, None).await?;
    let outcome = async {
        let db = directory.db();
        let client = client_auth::authenticate(&app, db, &headers, &form).await?;
        let about = About { method: &Method::POST, path: address.path(), access_token: None, needs_nonce: true };
        let thumbprint = dpop::proven(&app, db, &headers, &about).await?;
        let asked = Asked { app: &app, origin: &origin, client: &client, form: &form, thumbprint, now: app.clock.now() };
        Ok((asked.tokens(db).await?, thumbprint.is_some()))
    }
    .await;
    let (issued, is_bound) = settle(directory, outcome).await?;
    let mut response = ([(header::CACHE_CONTROL, "no-store")], Json(issued)).into_response();
    if let Some(nonce) = is_bound.then(|| HeaderValue::from_str(&dpop::nonce(&app)).ok()).flatten() {
        response.headers_mut().insert(DPOP_NONCE, nonce);
    }
    Ok(response)
}

/// The same answer whatever came of it: who asks learns nothing of others' tokens.
pub async fn revoke(State(app): State<App>, headers: HeaderMap, form: Form) -> Result<StatusCode> {
    let mut directory = Directory::open(&app, None, None).await?;
    let outcome = async {
        let db = directory.db();
        let client = client_auth::authenticate(&app, db, &headers, &form).await?;
        let (token, now) = (form.need("token")?, app.clock.now());
        if let Some(hash) = text::hash(ACCESS, token) {
            store::revoke_access(db, client.id, &hash, now).await?;
        } else if let Some(hash) = text::hash(REFRESH, token) {
            store::revoke_refresh(db, client.id, &hash, now).await?;
        }
        Ok(StatusCode::OK)
    }
    .await;
    let done = settle(directory, outcome).await?;
    app.sessions.forget();
    Ok(done)
}

/// For what runs on a server: the tokens that were handed to itself, and those that act in its workspace.
pub async fn introspect(State(app): State<App>, headers: HeaderMap, form: Form) -> Result<Response> {
    let mut directory = Directory::open(&app, None, None).await?;
    let outcome = async {
        let db = directory.db();
        let client = client_auth::authenticate(&app, db, &headers, &form).await?;
        if client.kind != Kind::Confidential {
            return Err(Refused::client("Only a client that shows itself may ask."));
        }
        told(&app, db, &client, form.need("token")?).await
    }
    .await;
    let told = settle(directory, outcome).await?.unwrap_or_else(|| json!({ "active": false }));
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(told)).into_response())
}

async fn told(app: &App, db: &mut PgConnection, client: &OAuthClient, token: &str) -> Result<Option<serde_json::Value>> {
    let now = app.clock.now();
    let concerns = |of: uuid::Uuid, tenant: uuid::Uuid| of == client.id || client.tenant_id == Some(tenant);
    if let Some(hash) = text::hash(ACCESS, token) {
        let Some(found) = store::authenticate(db, &hash, now).await?.filter(|found| concerns(found.client, found.tenant_id)) else {
            return Ok(None);
        };
        // Where the workspace misses a second factor of its person, it is no more welcome elsewhere than here.
        if found.session.as_ref().is_some_and(|session| session.gate.second_factor_due.is_some_and(|from| from <= now)) {
            return Ok(None);
        }
        // What its person may not do any more, it does not say.
        let held = |scope: &&String| {
            scopes::OPENID.contains(&scope.as_str())
                || found.session.as_ref().is_none_or(|session| session.permissions.scope(scope).is_some())
        };
        let scope: Vec<&str> = found.scopes.iter().filter(held).map(String::as_str).collect();
        let mut answer = json!({
            "active": true,
            "client_id": found.client_id,
            // A client's never is a user's: no client is named by a UUID.
            "sub": found.session.as_ref().map_or_else(|| found.client_id.clone(), |session| session.user_id.to_string()),
            "scope": scope.join(" "),
            "token_type": if found.dpop_jkt.is_some() { "DPoP" } else { "Bearer" },
            "iss": app.config.public_url,
            "iat": found.issued_at.as_second(),
            "exp": found.expires_at.as_second(),
            "tenant_id": found.tenant_id,
        });
        if let Some(thumbprint) = &found.dpop_jkt {
            answer["cnf"] = json!({ "jkt": dpop::write(thumbprint) });
        }
        return Ok(Some(answer));
    }
    let Some(hash) = text::hash(REFRESH, token) else { return Ok(None) };
    let found = store::live_refresh(db, &hash, now).await?.filter(|found| found.client == client.id);
    Ok(found.map(|found| {
        json!({
            "active": true,
            "client_id": client.client_id,
            "sub": found.user_id,
            "scope": found.scopes.join(" "),
            "iss": app.config.public_url,
            "iat": Timestamp::as_second(found.issued_at),
            "exp": found.expires_at.as_second(),
            "tenant_id": found.tenant_id,
        })
    }))
}

//! Claims about the person, for a client with an access token (OpenID Connect Core 1.0, 5.3).

use axum::Json;
use axum::extract::OriginalUri;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use platform::auth::Anonymous;
use serde_json::json;

use super::dpop::{self, About};
use super::refused::{DPOP_NONCE, Refused, Result};
use super::scopes;
use super::tokens::shown::shown;
use crate::directory::Directory;
use crate::profile;

pub async fn userinfo(caller: Anonymous, method: Method, OriginalUri(address): OriginalUri, headers: HeaderMap) -> Result<Response> {
    let app = caller.app;
    let about = About { method: &method, path: address.path(), access_token: None, needs_nonce: true };
    let (found, is_bound) = shown(&app, &headers, about).await?;
    let Some(user) = found.session.as_ref().filter(|_| scopes::has(&found.scopes, "openid")) else {
        return Err(Refused::token(StatusCode::FORBIDDEN, "insufficient_scope", "The token is not for openid."));
    };
    user.admit(caller.origin.ip, app.clock.now())?;
    let mut claims = json!({ "sub": user.user_id, "tenant_id": found.tenant_id });
    if scopes::has(&found.scopes, "profile") {
        let mut directory = Directory::open(&app, None, None).await?;
        let person = profile::store::find(directory.db(), user.user_id).await?;
        claims["name"] = json!(user.name);
        claims["locale"] = json!(user.locale);
        claims["zoneinfo"] = json!(user.timezone);
        if let Some(at) = profile::store::changed_at(directory.db(), user.user_id).await? {
            claims["updated_at"] = json!(at.as_second());
        }
        if let Some(picture) = person.and_then(|person| person.avatar_url) {
            claims["picture"] = json!(picture);
        }
    }
    if scopes::has(&found.scopes, "email") {
        // Users exist with a confirmed address only.
        claims["email"] = json!(user.email);
        claims["email_verified"] = json!(true);
    }
    let mut response = ([(header::CACHE_CONTROL, "no-store")], Json(claims)).into_response();
    if let Some(nonce) = is_bound.then(|| HeaderValue::from_str(&dpop::nonce(&app)).ok()).flatten() {
        response.headers_mut().insert(DPOP_NONCE, nonce);
    }
    Ok(response)
}

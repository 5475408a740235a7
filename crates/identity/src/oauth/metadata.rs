//! What clients read about the provider before they use it: OpenID Connect Discovery 1.0, RFC 8414, and the key set.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use platform::App;
use platform::error::Result;
use serde_json::json;

use super::clients::store::permissions;
use super::{keys, scopes};
use crate::directory::Directory;

/// Copies may be kept for that long; keys are published a day before they sign.
const CACHED: &str = "public, max-age=3600";

pub async fn metadata(State(app): State<App>) -> Result<Response> {
    let mut directory = Directory::open(&app, None, None).await?;
    let mut supported: Vec<String> = scopes::OPENID.map(str::to_owned).to_vec();
    supported.extend(permissions(directory.db()).await?);
    let at = |path: &str| app.config.link(path);
    let authentication = json!(["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]);
    let confidential = json!(["client_secret_basic", "client_secret_post", "private_key_jwt"]);
    let algorithms = json!(["ES256", "RS256", "PS256", "EdDSA"]);
    let document = json!({
        "issuer": app.config.public_url,
        "authorization_endpoint": at("/oauth/authorize"),
        "token_endpoint": at("/oauth/token"),
        "jwks_uri": at("/oauth/jwks"),
        "userinfo_endpoint": at("/oauth/userinfo"),
        "revocation_endpoint": at("/oauth/revoke"),
        "introspection_endpoint": at("/oauth/introspect"),
        "pushed_authorization_request_endpoint": at("/oauth/par"),
        "device_authorization_endpoint": at("/oauth/device_authorization"),
        "end_session_endpoint": at("/oauth/logout"),
        "scopes_supported": supported,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [
            "authorization_code", "refresh_token", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code"
        ],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "token_endpoint_auth_methods_supported": authentication,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": authentication,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint_auth_methods_supported": confidential,
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "dpop_signing_alg_values_supported": algorithms,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "sid", "name", "picture", "locale", "zoneinfo",
            "updated_at", "email", "email_verified", "tenant_id"
        ],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "claims_parameter_supported": false,
        "ui_locales_supported": platform::text::LOCALES,
    });
    Ok(([(header::CACHE_CONTROL, CACHED)], Json(document)).into_response())
}

pub async fn jwks(State(app): State<App>) -> Result<Response> {
    let mut directory = Directory::open(&app, None, None).await?;
    let keys = keys::published(&app, directory.db()).await?;
    directory.commit().await?;
    Ok(([(header::CACHE_CONTROL, CACHED)], Json(json!({ "keys": keys }))).into_response())
}

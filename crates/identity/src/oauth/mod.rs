//! The OAuth 2.1 and OpenID provider: clients, what people let them do, and the tokens that come of it. The checklist is
//! RFC 9700.

pub mod client_auth;
pub mod clients;
pub mod consents;
pub mod device;
pub mod dpop;
mod form;
mod jwt;
pub mod keys;
mod logout;
mod metadata;
pub(crate) mod refused;
pub mod requests;
pub mod scopes;
pub mod tokens;
pub mod userinfo;

use axum::Router;
use axum::extract::{DefaultBodyLimit, OriginalUri};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use form::Form;
use platform::App;
use utoipa_axum::router::OpenApiRouter;

/// The largest form, with an assertion in it.
const FORM_BYTES: usize = 32 * 1024;

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().merge(clients::http::api()).merge(consents::http::api()).merge(device::http::api())
}

/// What programs call from anywhere, scripts of other sites included: nothing here looks at a cookie, so that a
/// browser which is made to call has nothing to lend. The last two do so where they are asked by GET; by POST they only lead there.
pub const WITHOUT_COOKIES: [&str; 11] = [
    "/oauth/token",
    "/oauth/revoke",
    "/oauth/introspect",
    "/oauth/par",
    "/oauth/device_authorization",
    "/oauth/userinfo",
    "/oauth/jwks",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/oauth/authorize",
    "/oauth/logout",
];

/// The provider's endpoints, from the root. The pages beside them (`/oauth/consent` and others) are the web app's.
pub fn endpoints() -> Router<App> {
    let programs = Router::new()
        .route("/oauth/token", post(tokens::http::token))
        .route("/oauth/revoke", post(tokens::http::revoke))
        .route("/oauth/introspect", post(tokens::http::introspect))
        .route("/oauth/par", post(requests::authorize::push))
        .route("/oauth/device_authorization", post(device::http::device_authorization))
        .route("/oauth/userinfo", get(userinfo::userinfo).post(userinfo::userinfo))
        .route("/oauth/jwks", get(metadata::jwks))
        .route("/.well-known/openid-configuration", get(metadata::metadata))
        .route("/.well-known/oauth-authorization-server", get(metadata::metadata))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .layer(middleware::from_fn(allow_origins));
    Router::new()
        .route("/oauth/authorize", get(requests::authorize::authorize).post(by_get))
        .route("/oauth/continue/{handle}", get(requests::authorize::resume))
        .route("/oauth/logout", get(logout::logout).post(by_get))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .merge(programs)
}

/// A form that a client's page sends (OpenID Connect Core 1.0, 3.1.2.1; RP-Initiated Logout 1.0, 2). It comes from another site, so
/// no cookie comes along (`SameSite=Lax`), and none would be looked at: the browser is sent here once more by GET, with the same
/// parameters, and is then as anybody whom a link leads here.
async fn by_get(OriginalUri(address): OriginalUri, form: Form) -> Response {
    requests::authorize::to(&format!("{}?{}", address.path(), form.query()))
}

/// CORS for any origin, without cookies (RFC 9700, 2.6); the endpoints that look at them have none.
async fn allow_origins(request: axum::extract::Request, next: Next) -> Response {
    let mut response = match *request.method() {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => next.run(request).await,
    };
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, dpop"),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "dpop-nonce, www-authenticate"),
        (header::ACCESS_CONTROL_MAX_AGE, "3600"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

//! Signing in by a mailed link over HTTP.

use axum::http::HeaderMap;
use axum::response::Response;
use platform::App;
use platform::auth::{Anonymous, Factor};
use platform::error::{Problem, Result};
use platform::extract::Json;
use platform::rate_limit::Limit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{MailLinkRequest, MailLinkSent, MailLinkSignIn};
use crate::activity::check_limit;
use crate::caller::Somebody;
use crate::cookie::{self, Errand};
use crate::sessions::{CurrentSession, SecondFactorDue};

/// Asks for a mail with a link that signs in; answers the same whether or not the address is known. 404 where the instance does not
/// offer it.
#[utoipa::path(post, path = "/sessions/mail-link/requests", tag = "identity", request_body = MailLinkRequest, responses((status = 202, body = MailLinkSent)))]
async fn request(caller: Anonymous, Json(input): Json<MailLinkRequest>) -> Result<Response> {
    caller.app.limits.check_address(Limit::Credentials, caller.origin.ip)?;
    super::request(caller, input).await
}

/// Signs in with the token of the mail's link; the answer sets the session's cookie.
#[utoipa::path(
    post,
    path = "/sessions/mail-link",
    tag = "identity",
    request_body = MailLinkSignIn,
    responses(
        (status = 201, body = CurrentSession),
        (status = 202, description = "A second factor is due", body = SecondFactorDue),
        (status = 401, description = "Wrong code", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another browser asked for it, whose code is needed", body = Problem, content_type = "application/problem+json"),
    ),
)]
async fn sign_in(caller: Somebody, headers: HeaderMap, Json(input): Json<MailLinkSignIn>) -> Result<Response> {
    check_limit(&caller.app, &caller.origin, Factor::MailLink).await?;
    let browser = cookie::presented_errand(&caller.app.config, Errand::MailLink, &headers);
    super::sign_in(caller, browser.as_deref().map(String::as_str), input).await
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(request)).routes(routes!(sign_in))
}

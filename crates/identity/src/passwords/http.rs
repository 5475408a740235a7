//! Passwords over HTTP.

use axum::http::StatusCode;
use axum::response::Response;
use platform::auth::Anonymous;
use platform::error::Result;
use platform::extract::Json;
use platform::rate_limit::Limit;
use platform::{App, SignedIn};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::PasswordChange;
use super::reset::{self, PasswordReset, ResetRequest};
use crate::registrations::CheckMail;

/// Changes one's own password and ends the other sessions.
#[utoipa::path(put, path = "/me/password", tag = "identity", request_body = PasswordChange, responses((status = 204)), security(("session" = [])))]
async fn change(caller: SignedIn, Json(input): Json<PasswordChange>) -> Result<StatusCode> {
    caller.app.limits.check_address(Limit::Credentials, caller.origin.ip)?;
    super::change(caller, input).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks for a mail with a link to a new password; answers the same whether or not the address is known.
#[utoipa::path(post, path = "/password-resets", tag = "identity", request_body = ResetRequest, responses((status = 202, body = CheckMail)))]
async fn request(caller: Anonymous, Json(input): Json<ResetRequest>) -> Result<Response> {
    caller.app.limits.check_address(Limit::Credentials, caller.origin.ip)?;
    reset::request(caller, input).await
}

/// Sets a new password with the token of the mail's link, and ends every session.
#[utoipa::path(put, path = "/password-resets", tag = "identity", request_body = PasswordReset, responses((status = 204)))]
async fn use_link(caller: Anonymous, Json(input): Json<PasswordReset>) -> Result<StatusCode> {
    caller.app.limits.check_address(Limit::Credentials, caller.origin.ip)?;
    reset::reset(&caller.app, &caller.origin, input).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(change)).routes(routes!(request, use_link))
}

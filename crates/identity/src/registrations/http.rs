//! Signing up over HTTP.

use axum::response::Response;
use platform::App;
use platform::auth::Anonymous;
use platform::error::{Problem, Result};
use platform::extract::Json;
use platform::rate_limit::Limit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{CheckMail, EmailVerification, Registration, VerificationRequest};
use crate::caller::Somebody;
use crate::sessions::CurrentSession;

/// Signs up; a mail says how it goes on, whether or not the address is known.
#[utoipa::path(post, path = "/registrations", tag = "identity", request_body = Registration, responses((status = 202, body = CheckMail)))]
async fn register(caller: Anonymous, Json(input): Json<Registration>) -> Result<Response> {
    caller.app.limits.check_address(Limit::Credentials, caller.origin.ip)?;
    super::register(caller, input).await
}

/// Confirms the address with the mail's token and the password of the sign-up; makes user and workspace, and signs in.
#[utoipa::path(
    post,
    path = "/email-verifications",
    tag = "identity",
    request_body = EmailVerification,
    responses(
        (status = 201, body = CurrentSession),
        (status = 401, description = "Wrong credentials", body = Problem, content_type = "application/problem+json"),
    ),
)]
async fn verify(caller: Somebody, Json(input): Json<EmailVerification>) -> Result<Response> {
    caller.app.limits.check_address(Limit::Credentials, caller.origin.ip)?;
    super::verify(caller, input).await
}

/// Asks for the confirmation mail again; answers the same whether or not there is a sign-up.
#[utoipa::path(post, path = "/email-verification-requests", tag = "identity", request_body = VerificationRequest, responses((status = 202, body = CheckMail)))]
async fn request_verification(caller: Anonymous, Json(input): Json<VerificationRequest>) -> Result<Response> {
    caller.app.limits.check_address(Limit::Credentials, caller.origin.ip)?;
    super::request_verification(caller, input).await
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(register)).routes(routes!(verify)).routes(routes!(request_verification))
}

//! Changes of addresses over HTTP.

use axum::http::StatusCode;
use axum::response::Response;
use platform::auth::Anonymous;
use platform::error::Result;
use platform::extract::Json;
use platform::rate_limit::Limit;
use platform::{App, SignedIn};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{EmailChangeInput, EmailChangeState, EmailConfirmation, store};
use crate::directory::Directory;
use crate::registrations::CheckMail;

/// The change of one's address that waits for its confirmation.
#[utoipa::path(get, path = "/me/email-change", tag = "identity", responses((status = 200, body = EmailChangeState)), security(("session" = [])))]
async fn get(caller: SignedIn) -> Result<Json<EmailChangeState>> {
    let mut directory = Directory::open(&caller.app, None, None).await?;
    let waiting = store::waiting(directory.db(), caller.session.user_id, caller.app.clock.now()).await?;
    Ok(Json(EmailChangeState { waiting }))
}

/// Asks for another address. It counts once the link in the mail to it is used.
#[utoipa::path(post, path = "/me/email-change", tag = "identity", request_body = EmailChangeInput, responses((status = 202, body = CheckMail)), security(("session" = [])))]
async fn create(caller: SignedIn, Json(input): Json<EmailChangeInput>) -> Result<Response> {
    super::request(caller, input).await
}

/// Takes back the change that waits.
#[utoipa::path(delete, path = "/me/email-change", tag = "identity", responses((status = 204)), security(("session" = [])))]
async fn delete(caller: SignedIn) -> Result<StatusCode> {
    super::withdraw(caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Confirms a new address by the link that was sent to it.
#[utoipa::path(post, path = "/email-confirmations", tag = "identity", request_body = EmailConfirmation, responses((status = 204)))]
async fn confirm(caller: Anonymous, Json(input): Json<EmailConfirmation>) -> Result<Response> {
    caller.app.limits.check_address(Limit::Credentials, caller.origin.ip)?;
    super::confirm(caller, input).await
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get, create, delete)).routes(routes!(confirm))
}

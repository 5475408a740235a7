//! Closing one's own account and coming back, over HTTP.

use axum::response::Response;
use platform::auth::Anonymous;
use platform::error::Result;
use platform::extract::Json;
use platform::rate_limit::Limit;
use platform::{App, SignedIn};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{AccountClosure, AccountClosureInput, AccountRestoration};

/// Closes one's own account: no session, token or link works from then on, and after seven days all is erased.
///
/// 409 `last_owner` names the workspaces that would be left without an owner as `tenants`.
#[utoipa::path(post, path = "/me/closure", tag = "identity", request_body = AccountClosureInput, responses((status = 202, body = AccountClosure)), security(("session" = [])))]
async fn close(caller: SignedIn, Json(input): Json<AccountClosureInput>) -> Result<Response> {
    super::close(caller, input).await
}

/// Brings a closed account back by the link in the mail.
#[utoipa::path(post, path = "/account-restorations", tag = "identity", request_body = AccountRestoration, responses((status = 204)))]
async fn restore(caller: Anonymous, Json(input): Json<AccountRestoration>) -> Result<Response> {
    caller.app.limits.check_address(Limit::Credentials, caller.origin.ip)?;
    super::restore(caller, input).await
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(close)).routes(routes!(restore))
}

//! Signing in by a provider, and one's identities there, over HTTP.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use platform::auth::{Anonymous, Factor};
use platform::error::{Problem, Result};
use platform::extract::{Json, Path};
use platform::rate_limit::Limit;
use platform::{App, SignedIn};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::sign_up::{self, ProviderRegistration};
use super::{Identities, IdentityToken, ProviderAddress, ProviderAnswer, ProviderChoice, ProviderReturn, SignInOptions};
use crate::activity::check_limit;
use crate::caller::Somebody;
use crate::cookie::{self, Errand};
use crate::sessions::{CurrentSession, SecondFactorDue};

/// How one can sign in here beside password and passkey.
#[utoipa::path(get, path = "/sign-in-options", tag = "identity", responses((status = 200, body = SignInOptions)))]
async fn options(caller: Anonymous) -> Result<Json<SignInOptions>> {
    Ok(Json(SignInOptions::of(&caller.app)))
}

/// Where a provider is to be asked; the answer sets a cookie that binds the browser to what comes back.
#[utoipa::path(post, path = "/sessions/provider/options", tag = "identity", request_body = ProviderChoice, responses((status = 201, body = ProviderAddress), (status = 401, description = "To link or confirm, one is signed in", body = Problem, content_type = "application/problem+json"), (status = 502, description = "The provider cannot be reached", body = Problem, content_type = "application/problem+json")))]
async fn begin(caller: Somebody, Json(input): Json<ProviderChoice>) -> Result<Response> {
    caller.app.limits.check_address(Limit::Credentials, caller.origin.ip)?;
    super::begin(caller, input).await
}

/// Takes the browser back from a provider: signs in, where it is not to link or to confirm. The answer sets the session's cookie.
#[utoipa::path(
    post,
    path = "/sessions/provider",
    tag = "identity",
    request_body = ProviderAnswer,
    responses(
        (status = 200, description = "Not signed in by it", body = ProviderReturn),
        (status = 201, body = CurrentSession),
        (status = 202, description = "A second factor is due", body = SecondFactorDue),
        (status = 401, description = "Not accepted", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "The provider cannot be reached", body = Problem, content_type = "application/problem+json"),
    ),
)]
async fn finish(caller: Somebody, headers: HeaderMap, Json(input): Json<ProviderAnswer>) -> Result<Response> {
    check_limit(&caller.app, &caller.origin, Factor::Provider).await?;
    let token = cookie::presented_errand(&caller.app.config, Errand::Provider, &headers);
    super::finish(caller, token.as_deref().map(String::as_str), input).await
}

/// Signs up with an identity whose address its provider has confirmed; makes user and workspace, and signs in.
#[utoipa::path(post, path = "/registrations/provider", tag = "identity", request_body = ProviderRegistration, responses((status = 201, body = CurrentSession), (status = 401, description = "The identity came back too long ago", body = Problem, content_type = "application/problem+json")))]
async fn register(caller: Somebody, Json(input): Json<ProviderRegistration>) -> Result<Response> {
    caller.app.limits.check_address(Limit::Credentials, caller.origin.ip)?;
    sign_up::register(caller, input).await
}

/// One's own identities at providers.
#[utoipa::path(get, path = "/me/identities", tag = "identity", responses((status = 200, body = Identities)), security(("session" = [])))]
async fn list(caller: SignedIn) -> Result<Json<Identities>> {
    Ok(Json(super::list(&caller).await?))
}

/// Links an identity that came back before one signed in.
#[utoipa::path(post, path = "/me/identities", tag = "identity", request_body = IdentityToken, responses((status = 204)), security(("session" = [])))]
async fn link(caller: SignedIn, Json(input): Json<IdentityToken>) -> Result<StatusCode> {
    super::link(&caller, &input).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Unlinks one of one's own identities, unless it is the last way in.
#[utoipa::path(delete, path = "/me/identities/{id}", tag = "identity", params(("id" = Uuid, Path)), responses((status = 204), (status = 409, description = "It is the last way in", body = Problem, content_type = "application/problem+json")), security(("session" = [])))]
async fn unlink(caller: SignedIn, Path(id): Path<Uuid>) -> Result<StatusCode> {
    super::unlink(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(options))
        .routes(routes!(begin))
        .routes(routes!(finish))
        .routes(routes!(register))
        .routes(routes!(list, link))
        .routes(routes!(unlink))
}

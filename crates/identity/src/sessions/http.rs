//! Sessions over HTTP.

use axum::http::header::{HeaderName, SET_COOKIE};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use platform::auth::{EvenLeased, Factor};
use platform::ctx::Answer;
use platform::error::{Problem, Result};
use platform::extract::{Json, Path, Query};
use platform::page::{Page, PageParams};
use platform::rate_limit::Limit;
use platform::{App, SignedIn, TenantId};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::second_step::{self, PasskeySignIn, SecondFactorInput, WaitingSignIn};
use super::{CurrentSession, OpenSession, SecondFactorDue, SignInInput, store, verification};
use crate::activity::check_limit;
use crate::caller::Somebody;
use crate::cookie;
use crate::directory::Directory;
use crate::oauth::tokens::store::revoke_of_session;
use crate::second_factors::PasskeyOptions;
use crate::second_factors::proof::Proof;

/// The workspace to act in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantChoice {
    tenant_id: Uuid,
}

/// Signs in; the answer sets the session's cookie.
#[utoipa::path(
    post,
    path = "/sessions",
    tag = "identity",
    request_body = SignInInput,
    responses(
        (status = 201, body = CurrentSession),
        (status = 202, description = "The first factor was right; a second one is due", body = SecondFactorDue),
        (status = 401, description = "Wrong credentials", body = Problem, content_type = "application/problem+json"),
    ),
)]
async fn sign_in(caller: Somebody, Json(input): Json<SignInInput>) -> Result<Response> {
    check_limit(&caller.app, &caller.origin, Factor::Password).await?;
    super::sign_in(caller, input).await
}

/// Options with which a passkey signs for a sign-in that waits for its second factor.
#[utoipa::path(post, path = "/sessions/second-factor/options", tag = "identity", request_body = WaitingSignIn, responses((status = 200, body = PasskeyOptions), (status = 401, description = "No passkey is set up", body = Problem, content_type = "application/problem+json")))]
async fn second_factor_options(caller: Somebody, Json(input): Json<WaitingSignIn>) -> Result<Json<PasskeyOptions>> {
    check_limit(&caller.app, &caller.origin, Factor::Passkey).await?;
    Ok(Json(second_step::options(&caller, &input).await?))
}

/// Shows the second factor of a sign-in; the answer sets the session's cookie.
#[utoipa::path(post, path = "/sessions/second-factor", tag = "identity", request_body = SecondFactorInput, responses((status = 201, body = CurrentSession), (status = 401, description = "Wrong code or passkey", body = Problem, content_type = "application/problem+json")))]
async fn second_factor(caller: Somebody, Json(input): Json<SecondFactorInput>) -> Result<Response> {
    check_limit(&caller.app, &caller.origin, input.factor()).await?;
    second_step::finish(caller, input).await
}

/// Options with which any passkey of this instance signs in.
#[utoipa::path(post, path = "/sessions/passkey/options", tag = "identity", responses((status = 200, body = PasskeyOptions)))]
async fn passkey_options(caller: Somebody) -> Result<Json<PasskeyOptions>> {
    caller.app.limits.check_address(Limit::PasskeyOptions, caller.origin.ip)?;
    Ok(Json(second_step::passkey_options(&caller).await?))
}

/// Signs in by a passkey alone; the answer sets the session's cookie.
#[utoipa::path(post, path = "/sessions/passkey", tag = "identity", request_body = PasskeySignIn, responses((status = 201, body = CurrentSession), (status = 401, description = "A passkey that is not accepted", body = Problem, content_type = "application/problem+json")))]
async fn by_passkey(caller: Somebody, Json(input): Json<PasskeySignIn>) -> Result<Response> {
    check_limit(&caller.app, &caller.origin, Factor::Passkey).await?;
    second_step::by_passkey(caller, input).await
}

/// Options with which one of one's own passkeys confirms that it is oneself.
#[utoipa::path(post, path = "/session/verification/options", tag = "identity", responses((status = 200, body = PasskeyOptions)), security(("session" = [])))]
async fn verification_options(EvenLeased(caller): EvenLeased) -> Result<Json<PasskeyOptions>> {
    Ok(Json(verification::options(&caller).await?))
}

/// Confirms that it is oneself, for the next ten minutes: with a second factor where one is set up, else with the password.
/// The answer sets a new cookie.
#[utoipa::path(post, path = "/session/verification", tag = "identity", request_body = Proof, responses((status = 200, body = CurrentSession)), security(("session" = [])))]
async fn verify(EvenLeased(caller): EvenLeased, Json(proof): Json<Proof>) -> Result<Response> {
    check_limit(&caller.app, &caller.origin, proof.factor()).await?;
    verification::verify(caller, proof).await
}

/// The session of the cookie.
#[utoipa::path(get, path = "/session", tag = "identity", responses((status = 200, body = CurrentSession)), security(("session" = [])))]
async fn current(EvenLeased(caller): EvenLeased) -> Result<Json<CurrentSession>> {
    let mut directory = Directory::open(&caller.app, caller.session.tenant, None).await?;
    Ok(Json(super::describe(directory.db(), &caller.app, &caller.origin, &caller.session).await?))
}

/// Signs out; the answer takes back the cookie.
#[utoipa::path(delete, path = "/session", tag = "identity", responses((status = 204)), security(("session" = [])))]
async fn sign_out(EvenLeased(caller): EvenLeased) -> Result<Response> {
    let mut directory = Directory::open(&caller.app, None, None).await?;
    let now = caller.app.clock.now();
    store::end(directory.db(), caller.session.user_id, caller.session.id, now).await?;
    revoke_of_session(directory.db(), caller.session.id, now).await?;
    directory.commit().await?;
    Ok(signed_out(&caller.app))
}

/// Only the cache: "cookies" would reach those of sibling hosts, and "storage" the choice of theme.
fn signed_out(app: &App) -> Response {
    Answer::empty(StatusCode::NO_CONTENT)
        .header(SET_COOKIE, &cookie::clear(&app.config))
        .header(HeaderName::from_static("clear-site-data"), "\"cache\"")
        .header(header::CACHE_CONTROL, "no-store")
        .into_response()
}

/// Enters another workspace; the answer sets a new cookie.
#[utoipa::path(post, path = "/session/tenant", tag = "identity", request_body = TenantChoice, responses((status = 200, body = CurrentSession)), security(("session" = [])))]
async fn switch(caller: SignedIn, Json(choice): Json<TenantChoice>) -> Result<Response> {
    super::switch(caller, TenantId(choice.tenant_id)).await
}

/// One's own sessions, newest first.
#[utoipa::path(get, path = "/sessions", tag = "identity", params(PageParams), responses((status = 200, body = Page<OpenSession>)), security(("session" = [])))]
async fn list(caller: SignedIn, Query(page): Query<PageParams>) -> Result<Json<Page<OpenSession>>> {
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let (user, current, now) = (caller.session.user_id, caller.session.id, caller.app.clock.now());
    let mut directory = Directory::open(&caller.app, None, None).await?;
    let rows = store::list(directory.db(), user, current, now, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

/// Ends one of one's own sessions. Another than this one takes a factor shown within the last ten minutes.
#[utoipa::path(delete, path = "/sessions/{id}", tag = "identity", params(("id" = Uuid, Path)), responses((status = 204)), security(("session" = [])))]
async fn end(caller: SignedIn, Path(id): Path<Uuid>) -> Result<Response> {
    super::end_one(&caller, id).await?;
    Ok(if id == caller.session.id { signed_out(&caller.app) } else { StatusCode::NO_CONTENT.into_response() })
}

/// Ends all of one's own sessions but this one, and what apps were given in any other, `offline_access` included. Takes a factor
/// shown within the last ten minutes.
#[utoipa::path(delete, path = "/sessions", tag = "identity", responses((status = 204)), security(("session" = [])))]
async fn end_others(caller: SignedIn) -> Result<StatusCode> {
    super::end_others(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, sign_in, end_others))
        .routes(routes!(current, sign_out))
        .routes(routes!(second_factor_options))
        .routes(routes!(second_factor))
        .routes(routes!(passkey_options))
        .routes(routes!(by_passkey))
        .routes(routes!(verification_options))
        .routes(routes!(verify))
        .routes(routes!(switch))
        .routes(routes!(end))
}

//! Second factors over HTTP. Changes take somebody who has shown a factor within the last ten minutes, and give the session a new
//! cookie.

use axum::http::StatusCode;
use axum::response::Response;
use platform::error::{Problem, Result};
use platform::extract::{Json, Path};
use platform::rate_limit::Limit;
use platform::{App, SignedIn};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::passkeys::Passkey;
use super::totp::TotpEnrolment;
use super::{NewFactor, NewPasskey, PasskeyInput, PasskeyName, PasskeyOptions, RecoveryCodes, SecondFactors, TotpCode};

/// One's own second factors.
#[utoipa::path(get, path = "/me/second-factors", tag = "identity", responses((status = 200, body = SecondFactors)), security(("session" = [])))]
async fn overview(caller: SignedIn) -> Result<Json<SecondFactors>> {
    Ok(Json(super::overview(&caller).await?))
}

/// Begins to set up an authenticator app; the answer holds its secret, this once.
#[utoipa::path(post, path = "/me/totp", tag = "identity", responses((status = 201, body = TotpEnrolment)), security(("session" = [])))]
async fn begin_totp(caller: SignedIn) -> Result<(StatusCode, Json<TotpEnrolment>)> {
    Ok((StatusCode::CREATED, Json(super::begin_totp(&caller).await?)))
}

/// Shows a first code, with which the app counts as set up. The answer sets a new cookie.
#[utoipa::path(post, path = "/me/totp/confirmation", tag = "identity", request_body = TotpCode, responses((status = 200, body = NewFactor)), security(("session" = [])))]
async fn confirm_totp(caller: SignedIn, Json(input): Json<TotpCode>) -> Result<Response> {
    caller.app.limits.check_address(Limit::Credentials, caller.origin.ip)?;
    super::confirm_totp(&caller, &input).await
}

/// Removes the authenticator app. The answer sets a new cookie.
#[utoipa::path(delete, path = "/me/totp", tag = "identity", responses((status = 204)), security(("session" = [])))]
async fn remove_totp(caller: SignedIn) -> Result<Response> {
    super::remove_totp(&caller).await
}

/// Makes ten new recovery codes; the old ones count no more. The answer sets a new cookie.
#[utoipa::path(post, path = "/me/recovery-codes", tag = "identity", responses((status = 201, body = RecoveryCodes)), security(("session" = [])))]
async fn replace_codes(caller: SignedIn) -> Result<Response> {
    super::replace_codes(&caller).await
}

/// Options with which a browser makes a passkey.
#[utoipa::path(post, path = "/me/passkeys/options", tag = "identity", responses((status = 200, body = PasskeyOptions), (status = 409, description = "Too many passkeys, or an instance without an address by name", body = Problem, content_type = "application/problem+json")), security(("session" = [])))]
async fn passkey_options(caller: SignedIn) -> Result<Json<PasskeyOptions>> {
    Ok(Json(super::begin_passkey(&caller).await?))
}

/// Adds the passkey that the browser made. The answer sets a new cookie.
#[utoipa::path(post, path = "/me/passkeys", tag = "identity", request_body = PasskeyInput, responses((status = 201, body = NewPasskey)), security(("session" = [])))]
async fn add_passkey(caller: SignedIn, Json(input): Json<PasskeyInput>) -> Result<Response> {
    super::add_passkey(&caller, input).await
}

/// Renames one of one's own passkeys.
#[utoipa::path(patch, path = "/me/passkeys/{id}", tag = "identity", params(("id" = Uuid, Path)), request_body = PasskeyName, responses((status = 200, body = Passkey)), security(("session" = [])))]
async fn rename_passkey(caller: SignedIn, Path(id): Path<Uuid>, Json(input): Json<PasskeyName>) -> Result<Json<Passkey>> {
    Ok(Json(super::rename_passkey(&caller, id, &input).await?))
}

/// Removes one of one's own passkeys. The answer sets a new cookie.
#[utoipa::path(delete, path = "/me/passkeys/{id}", tag = "identity", params(("id" = Uuid, Path)), responses((status = 204)), security(("session" = [])))]
async fn remove_passkey(caller: SignedIn, Path(id): Path<Uuid>) -> Result<Response> {
    super::remove_passkey(&caller, id).await
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(overview))
        .routes(routes!(begin_totp, remove_totp))
        .routes(routes!(confirm_totp))
        .routes(routes!(replace_codes))
        .routes(routes!(passkey_options))
        .routes(routes!(add_passkey))
        .routes(routes!(rename_passkey, remove_passkey))
}

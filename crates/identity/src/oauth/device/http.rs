//! The device flow over HTTP: for the device, and for the person who was shown its code.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use platform::error::{Problem, Result};
use platform::extract::Json;
use platform::{App, Ctx, SignedIn, TenantId};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{begin, count_try, store, unknown_code, user_code_hash};
use crate::directory::Directory;
use crate::oauth::clients::{self, GrantType, OAuthClient};
use crate::oauth::consents::{self, AuthorizationAsked, AuthorizationDecision};
use crate::oauth::form::Form;
use crate::oauth::refused::{self, Refused};
use crate::oauth::tokens::{self, Grant};
use crate::oauth::{client_auth, scopes};

/// Begins: for the device, which is a client.
pub async fn device_authorization(State(app): State<App>, headers: HeaderMap, form: Form) -> refused::Result<Response> {
    let mut directory = Directory::open(&app, None, None).await?;
    let outcome = async {
        let db = directory.db();
        let client = client_auth::authenticate(&app, db, &headers, &form).await?;
        if !client.may(GrantType::DeviceCode) {
            return Err(Refused::new("unauthorized_client", "The client is not registered for devices."));
        }
        let scopes = scopes::parse(form.get("scope").unwrap_or_default(), &client.allowed_scopes)
            .ok_or_else(|| Refused::new("invalid_scope", "A scope is missing or not known, or the client is not registered for it."))?;
        Ok(begin(&app, db, &client, &scopes).await?)
    }
    .await;
    let begun = tokens::http::settle(directory, outcome).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], axum::Json(begun)).into_response())
}

/// A code as a person typed it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceLookup {
    /// Eight letters; case and signs between them do not matter.
    #[schema(min_length = 8, max_length = 20)]
    user_code: String,
}

async fn waiting(db: &mut sqlx::PgConnection, app: &App, typed: &str) -> Result<(store::FoundUserCode, OAuthClient)> {
    let found = store::by_user_code(db, &user_code_hash(app, typed), app.clock.now()).await?.ok_or_else(unknown_code)?;
    let client = clients::store::counted(db, found.client_id).await?.ok_or_else(unknown_code)?;
    Ok((found, client))
}

/// What the device that shows this code asks for.
#[utoipa::path(post, path = "/oauth-device-lookups", tag = "identity", request_body = DeviceLookup, responses((status = 200, body = AuthorizationAsked)), security(("session" = [])))]
async fn look_up(caller: SignedIn, Json(input): Json<DeviceLookup>) -> Result<Json<AuthorizationAsked>> {
    count_try(&caller.app, caller.session.user_id)?;
    let mut directory = Directory::open(&caller.app, None, None).await?;
    let (found, client) = waiting(directory.db(), &caller.app, &input.user_code).await?;
    Ok(Json(consents::describe(directory.db(), &caller, &client, found.scopes, None).await?))
}

/// Allows or refuses what the device asks for; it learns of it when it asks next.
#[utoipa::path(post, path = "/oauth-device-authorizations", tag = "identity", request_body = AuthorizationDecision, responses((status = 204)), security(("session" = [])))]
async fn decide(caller: SignedIn, Json(input): Json<AuthorizationDecision>) -> Result<StatusCode> {
    count_try(&caller.app, caller.session.user_id)?;
    let app = caller.app.clone();
    if !input.allowed {
        let mut directory = Directory::open(&app, None, None).await?;
        let (found, _) = waiting(directory.db(), &app, &input.request).await?;
        store::decide(directory.db(), found.id, None).await?;
        directory.commit().await?;
        return Ok(StatusCode::NO_CONTENT);
    }
    let tenant = input.tenant_id.ok_or_else(|| Problem::field("tenant_id", "required", "is required"))?;
    let session = caller.session.clone();
    let mut ctx = Ctx::of_member(app.clone(), caller.session, TenantId(tenant), caller.origin, None);
    let (found, client) = waiting(ctx.db().await?, &app, &input.request).await?;
    let allowed = consents::allow(&mut ctx, &session, &client, &found.scopes, input.scopes.as_deref()).await?;
    let grant = Grant::of_person(&client, &allowed, ctx.now());
    tokens::store::insert_grant(ctx.db().await?, &grant).await?;
    store::decide(ctx.db().await?, found.id, Some(grant.id)).await?;
    ctx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(look_up)).routes(routes!(decide))
}

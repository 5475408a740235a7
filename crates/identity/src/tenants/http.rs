//! Tenants over HTTP.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::ctx::Answer;
use platform::error::Result;
use platform::etag::IfMatch;
use platform::extract::Json;
use platform::text::Checks;
use platform::{Allow, App, Ctx, SignedIn, TenantId, id};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{NewTenant, Tenant, TenantChange, found_tenant, store};
use crate::directory;
use crate::members::Newcomer;

platform::permissions! { SettingsRead = "settings:read", SettingsManage = "settings:manage" }

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTenantInput {
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    /// IANA name
    timezone: String,
}

/// The settings of the workspace one acts in.
#[utoipa::path(get, path = "/tenant", tag = "identity", responses((status = 200, body = Tenant)), security(("session" = [])))]
async fn get(mut ctx: Allow<SettingsRead>) -> Result<Response> {
    let id = ctx.tenant;
    let tenant = store::find(ctx.db().await?, id).await?;
    Ok(Answer::json(StatusCode::OK, &tenant)?.version(tenant.version).into_response())
}

/// Changes the workspace's settings.
#[utoipa::path(patch, path = "/tenant", tag = "identity", params(("If-Match" = String, Header)), request_body = TenantChange, responses((status = 200, body = Tenant)), security(("session" = [])))]
async fn patch(mut ctx: Allow<SettingsManage>, seen: IfMatch, Json(input): Json<TenantChange>) -> Result<Response> {
    let tenant = super::change(&mut ctx, seen, input).await?;
    Ok(Answer::json(StatusCode::OK, &tenant)?.version(tenant.version).into_response())
}

/// Founds another workspace, owned by the caller.
#[utoipa::path(post, path = "/tenants", tag = "identity", request_body = NewTenantInput, responses((status = 201, body = Tenant)), security(("session" = [])))]
async fn create(caller: SignedIn, Json(input): Json<NewTenantInput>) -> Result<Response> {
    let SignedIn { app, session, origin, claim } = caller;
    let mut checks = Checks::new();
    let name = checks.line("name", &input.name, 1, 120);
    let timezone = checks.zone("timezone", &input.timezone);
    checks.done()?;
    let owner = Newcomer::from(&session);
    let new = NewTenant { name, timezone, locale: owner.locale.clone() };
    let mut ctx = Ctx::of_member(app.clone(), session, TenantId(id::new()), origin, None);
    directory::take(ctx.db().await?, &app, claim.as_ref()).await?;
    let tenant = found_tenant(&mut ctx, &owner, &new).await?;
    let answer = Answer::created(&tenant)?.version(tenant.version);
    directory::commit_with(&mut ctx, claim.as_ref(), answer).await
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get, patch)).routes(routes!(create))
}

//! Domains over HTTP, for those who manage the workspace's settings; and the question that a proxy asks before it has a certificate made.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use platform::error::{Problem, Result};
use platform::extract::{Json, Path, Query};
use platform::page::Page;
use platform::{Allow, App};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{CustomDomain, CustomDomainInput, checks, name, store};
use crate::tenants::http::SettingsManage;

/// The workspace's domains, the first first.
#[utoipa::path(get, path = "/custom-domains", tag = "identity", responses((status = 200, body = Page<CustomDomain>)), security(("session" = [])))]
async fn list(mut ctx: Allow<SettingsManage>) -> Result<Json<Page<CustomDomain>>> {
    let tenant = ctx.tenant;
    let rows = store::list(ctx.db().await?, tenant).await?;
    Ok(Json(Page::whole(rows.iter().map(|row| CustomDomain::of(row, &ctx.app)).collect())))
}

/// Adds a domain. It leads nowhere until its record proves it.
#[utoipa::path(post, path = "/custom-domains", tag = "identity", request_body = CustomDomainInput, responses((status = 201, body = CustomDomain)), security(("session" = [])))]
async fn add(mut ctx: Allow<SettingsManage>, Json(input): Json<CustomDomainInput>) -> Result<Response> {
    super::add(&mut ctx, input).await
}

/// Removes a domain; the pages stand there no longer.
#[utoipa::path(delete, path = "/custom-domains/{id}", tag = "identity", params(("id" = Uuid, Path)), responses((status = 204)), security(("session" = [])))]
async fn remove(mut ctx: Allow<SettingsManage>, Path(id): Path<Uuid>) -> Result<StatusCode> {
    super::remove(&mut ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Looks at the record of a domain now.
#[utoipa::path(post, path = "/custom-domains/{id}/checks", tag = "identity", params(("id" = Uuid, Path)), responses((status = 200, body = CustomDomain)), security(("session" = [])))]
async fn check(mut ctx: Allow<SettingsManage>, Path(id): Path<Uuid>) -> Result<Json<CustomDomain>> {
    let tenant = ctx.tenant;
    let row = store::find(ctx.db().await?, tenant, id).await?.ok_or_else(Problem::not_found)?;
    ctx.rollback().await?;
    let session = ctx.session().ok_or_else(Problem::unauthenticated)?;
    let row = checks::check(&ctx.app, &row, Some((session, &ctx.origin))).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(CustomDomain::of(&row, &ctx.app)))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(remove)).routes(routes!(check))
}

#[derive(Deserialize)]
struct Asked {
    domain: String,
}

/// Whether a certificate is to be had for a host: for the instance's own, and for domains that are proven. Yes or no, and no more.
async fn may_have_certificate(State(app): State<App>, Query(asked): Query<Asked>) -> Result<StatusCode> {
    let own = app.config.host();
    let is_own = asked.domain.eq_ignore_ascii_case(own);
    if is_own
        || name::normalized(&asked.domain, own).is_ok()
            && super::site_of(&app, &asked.domain).await?.is_some_and(|site| site.tenant.is_some())
    {
        return Ok(StatusCode::OK);
    }
    Err(Problem::not_found().into())
}

/// Beside the API: for Caddy's `ask` and the like.
pub fn certificates() -> axum::Router<App> {
    axum::Router::new().route("/tls/ask", get(may_have_certificate))
}

//! Domains of the workspace over HTTP.

use axum::http::StatusCode;
use axum::response::Response;
use platform::error::{Problem, Result};
use platform::extract::{Json, Path};
use platform::page::Page;
use platform::{Allow, App};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Domain, DomainMail, DomainProof, NewDomain, store};
use crate::policy::http::SecurityManage;

/// Domains that the workspace has proven, or wants to prove, to be its own.
#[utoipa::path(get, path = "/tenant/domains", tag = "identity", responses((status = 200, body = Page<Domain>)), security(("session" = [])))]
async fn list(mut ctx: Allow<SecurityManage>) -> Result<Json<Page<Domain>>> {
    let tenant = ctx.tenant;
    Ok(Json(Page::whole(store::list(ctx.db().await?, tenant).await?)))
}

/// Adds a domain, which is to be proven. Takes a factor shown within the last ten minutes.
#[utoipa::path(post, path = "/tenant/domains", tag = "identity", request_body = NewDomain, responses((status = 201, body = Domain)), security(("session" = [])))]
async fn create(mut ctx: Allow<SecurityManage>, Json(input): Json<NewDomain>) -> Result<Response> {
    super::add(&mut ctx, input).await
}

/// Sends a code to a mailbox of the domain. Takes a factor shown within the last ten minutes.
#[utoipa::path(post, path = "/tenant/domains/{id}/mails", tag = "identity", params(("id" = Uuid, Path)), request_body = DomainMail, responses((status = 202, body = Domain), (status = 409, description = "It is proven already", body = Problem, content_type = "application/problem+json")), security(("session" = [])))]
async fn send(mut ctx: Allow<SecurityManage>, Path(id): Path<Uuid>, Json(input): Json<DomainMail>) -> Result<Response> {
    super::send(&mut ctx, id, input).await
}

/// Proves the domain with the code. Takes a factor shown within the last ten minutes.
#[utoipa::path(post, path = "/tenant/domains/{id}/proof", tag = "identity", params(("id" = Uuid, Path)), request_body = DomainProof, responses((status = 200, body = Domain), (status = 409, description = "Another mail is needed, or another workspace has it", body = Problem, content_type = "application/problem+json")), security(("session" = [])))]
async fn prove(mut ctx: Allow<SecurityManage>, Path(id): Path<Uuid>, Json(input): Json<DomainProof>) -> Result<Response> {
    super::prove(&mut ctx, id, input).await
}

/// Takes a domain away: no provider is believed about its addresses any more. Takes a factor shown within the last ten minutes.
#[utoipa::path(delete, path = "/tenant/domains/{id}", tag = "identity", params(("id" = Uuid, Path)), responses((status = 204)), security(("session" = [])))]
async fn delete(mut ctx: Allow<SecurityManage>, Path(id): Path<Uuid>) -> Result<StatusCode> {
    super::remove(&mut ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(send)).routes(routes!(prove)).routes(routes!(delete))
}

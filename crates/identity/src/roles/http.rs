//! Roles over HTTP.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::ctx::Answer;
use platform::error::{Problem, Result};
use platform::etag::IfMatch;
use platform::extract::{Json, Path};
use platform::page::Page;
use platform::{Allow, App};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Permission, Role, RoleInput, store};

platform::permissions! { RolesRead = "roles:read", RolesWrite = "roles:write" }

/// The workspace's roles with what they allow: the built-in ones from the highest to the lowest, then its own by name.
#[utoipa::path(get, path = "/roles", tag = "identity", responses((status = 200, body = Page<Role>)), security(("session" = [])))]
async fn list(mut ctx: Allow<RolesRead>) -> Result<Json<Page<Role>>> {
    let tenant = ctx.tenant;
    let roles = store::list(ctx.db().await?, tenant).await?;
    Ok(Json(Page::whole(roles.into_iter().map(|stored| stored.role).collect())))
}

/// One role.
#[utoipa::path(get, path = "/roles/{id}", tag = "identity", params(("id" = Uuid, Path)), responses((status = 200, body = Role)), security(("session" = [])))]
async fn get(mut ctx: Allow<RolesRead>, Path(id): Path<Uuid>) -> Result<Response> {
    let tenant = ctx.tenant;
    let roles = store::list(ctx.db().await?, tenant).await?;
    let found = roles.into_iter().find(|stored| stored.role.id == id).ok_or_else(Problem::not_found)?;
    Ok(Answer::json(StatusCode::OK, &found.role)?.version(found.role.version).into_response())
}

/// Adds a role of the workspace's own. It allows at most what one may do oneself.
#[utoipa::path(post, path = "/roles", tag = "identity", request_body = RoleInput, responses((status = 201, body = Role)), security(("session" = [])))]
async fn create(mut ctx: Allow<RolesWrite>, Json(input): Json<RoleInput>) -> Result<Response> {
    super::create(&mut ctx, input).await
}

/// Changes a role of the workspace's own, with effect from its holders' next requests.
#[utoipa::path(put, path = "/roles/{id}", tag = "identity", params(("id" = Uuid, Path), ("If-Match" = String, Header)), request_body = RoleInput, responses((status = 200, body = Role)), security(("session" = [])))]
async fn put(mut ctx: Allow<RolesWrite>, Path(id): Path<Uuid>, seen: IfMatch, Json(input): Json<RoleInput>) -> Result<Response> {
    let role = super::change(&mut ctx, id, seen, input).await?;
    Ok(Answer::json(StatusCode::OK, &role)?.version(role.version).into_response())
}

/// Deletes a role of the workspace's own that nobody holds, is invited to, or builds upon.
#[utoipa::path(delete, path = "/roles/{id}", tag = "identity", params(("id" = Uuid, Path), ("If-Match" = String, Header)), responses((status = 204)), security(("session" = [])))]
async fn delete(mut ctx: Allow<RolesWrite>, Path(id): Path<Uuid>, seen: IfMatch) -> Result<StatusCode> {
    super::delete(&mut ctx, id, seen).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All that a role may allow.
#[utoipa::path(get, path = "/permissions", tag = "identity", responses((status = 200, body = Page<Permission>)), security(("session" = [])))]
async fn permissions(mut ctx: Allow<RolesRead>) -> Result<Json<Page<Permission>>> {
    Ok(Json(Page::whole(store::permissions(ctx.db().await?).await?)))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, put, delete)).routes(routes!(permissions))
}

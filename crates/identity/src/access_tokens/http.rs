//! Access tokens over HTTP. A program cannot make, see or revoke them: that takes the person.

use axum::http::StatusCode;
use axum::response::Response;
use platform::auth::InPerson;
use platform::error::{Problem, Result};
use platform::extract::{Json, Path, Query};
use platform::page::{Page, PageParams};
use platform::{Allow, App};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{AccessToken, AccessTokenInput, IssuedToken, MemberAccessToken, store};
use crate::policy::http::SecurityManage;

/// One's own access tokens in the workspace, newest first.
#[utoipa::path(get, path = "/access-tokens", tag = "identity", params(PageParams), responses((status = 200, body = Page<AccessToken>)), security(("session" = [])))]
async fn list(mut ctx: InPerson, Query(page): Query<PageParams>) -> Result<Json<Page<AccessToken>>> {
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let (user, tenant) = (ctx.user_id().ok_or_else(Problem::unauthenticated)?, ctx.tenant);
    let rows = store::list(ctx.db().await?, user, tenant, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

/// Makes an access token; the answer holds its secret, this once. Takes a factor shown within the last ten minutes.
#[utoipa::path(post, path = "/access-tokens", tag = "identity", request_body = AccessTokenInput, responses((status = 201, body = IssuedToken)), security(("session" = [])))]
async fn create(mut ctx: InPerson, Json(input): Json<AccessTokenInput>) -> Result<Response> {
    super::issue(&mut ctx, input).await
}

/// Revokes one of one's own access tokens; it counts no more at once.
#[utoipa::path(delete, path = "/access-tokens/{id}", tag = "identity", params(("id" = Uuid, Path)), responses((status = 204)), security(("session" = [])))]
async fn revoke(mut ctx: InPerson, Path(id): Path<Uuid>) -> Result<StatusCode> {
    let user = ctx.user_id().ok_or_else(Problem::unauthenticated)?;
    super::revoke(&mut ctx, Some(user), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The access tokens of all members of the workspace, without their secrets, newest first.
#[utoipa::path(get, path = "/member-access-tokens", tag = "identity", params(PageParams), responses((status = 200, body = Page<MemberAccessToken>)), security(("session" = [])))]
async fn list_of_members(mut ctx: Allow<SecurityManage>, Query(page): Query<PageParams>) -> Result<Json<Page<MemberAccessToken>>> {
    let (limit, before, tenant) = (page.limit()?, page.after::<Uuid>()?, ctx.tenant);
    let rows = store::of_members(ctx.db().await?, tenant, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.access_token.id, |row| row)))
}

/// Revokes an access token of any member; it counts no more at once.
#[utoipa::path(delete, path = "/member-access-tokens/{id}", tag = "identity", params(("id" = Uuid, Path)), responses((status = 204)), security(("session" = [])))]
async fn revoke_of_member(mut ctx: Allow<SecurityManage>, Path(id): Path<Uuid>) -> Result<StatusCode> {
    super::revoke(&mut ctx, None, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(revoke))
        .routes(routes!(list_of_members))
        .routes(routes!(revoke_of_member))
}

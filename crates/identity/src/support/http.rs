//! Support leases over HTTP: the workspace's side, and that of the administrators of the instance.

use axum::http::StatusCode;
use axum::response::Response;
use platform::auth::{EvenLeased, PlatformAdmin};
use platform::ctx::Answer;
use platform::error::Result;
use platform::extract::{Json, Path, Query};
use platform::page::{Page, PageParams};
use platform::{Allow, App, TenantId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{InstanceLease, LeaseInput, LeaseRequestInput, SupportLease, entering, store};
use crate::owner::AsOwner;
use crate::sessions::CurrentSession;

platform::permissions! { SupportManage = "support:manage" }

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct InstanceLeaseFilter {
    tenant_id: Option<Uuid>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// The lease to act by.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LeaseChoice {
    lease_id: Uuid,
}

/// Leases of the workspace and requests for them, newest first.
#[utoipa::path(get, path = "/support-leases", tag = "identity", params(PageParams), responses((status = 200, body = Page<SupportLease>)), security(("session" = [])))]
async fn list(mut ctx: Allow<SupportManage>, Query(page): Query<PageParams>) -> Result<Json<Page<SupportLease>>> {
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let (tenant, now) = (ctx.tenant, ctx.now());
    let rows = store::list(ctx.db().await?, tenant, now, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

/// Lends the instance's support a part of the workspace, to any of its administrators.
#[utoipa::path(post, path = "/support-leases", tag = "identity", request_body = LeaseInput, responses((status = 201, body = SupportLease)), security(("session" = [])))]
async fn create(mut ctx: Allow<SupportManage>, Json(input): Json<LeaseInput>) -> Result<Response> {
    let lease = super::grant(&mut ctx, None, input).await?;
    ctx.commit_with(Answer::created(&lease)?).await
}

/// Grants what an administrator of the instance asked for, to that one alone.
#[utoipa::path(put, path = "/support-leases/{id}/grant", tag = "identity", params(("id" = Uuid, Path)), request_body = LeaseInput, responses((status = 200, body = SupportLease)), security(("session" = [])))]
async fn grant(mut ctx: Allow<SupportManage>, Path(id): Path<Uuid>, Json(input): Json<LeaseInput>) -> Result<Json<SupportLease>> {
    let lease = super::grant(&mut ctx, Some(id), input).await?;
    ctx.commit().await?;
    Ok(Json(lease))
}

/// Declines a request, or takes a lease back: whoever acts by it is out at once.
#[utoipa::path(delete, path = "/support-leases/{id}", tag = "identity", params(("id" = Uuid, Path)), responses((status = 204)), security(("session" = [])))]
async fn end(mut ctx: Allow<SupportManage>, Path(id): Path<Uuid>) -> Result<StatusCode> {
    super::end(&mut ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The leases that one may use or has asked for, newest first.
#[utoipa::path(get, path = "/admin/support-leases", tag = "instance", params(InstanceLeaseFilter), responses((status = 200, body = Page<InstanceLease>)), security(("session" = [])))]
async fn list_instance(
    PlatformAdmin(caller): PlatformAdmin,
    Query(filter): Query<InstanceLeaseFilter>,
) -> Result<Json<Page<InstanceLease>>> {
    let page = PageParams { cursor: filter.cursor, limit: filter.limit };
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let (me, now) = (caller.session.user_id, caller.app.clock.now());
    let mut owner = AsOwner::open(&caller.app, None).await?;
    let rows = store::of_administrator(owner.db(), me, filter.tenant_id, now, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.lease.id, |row| row)))
}

/// Asks a workspace to be let in. Its owners get a mail.
#[utoipa::path(post, path = "/admin/tenants/{id}/support-leases", tag = "instance", params(("id" = Uuid, Path)), request_body = LeaseRequestInput, responses((status = 201, body = InstanceLease)), security(("session" = [])))]
async fn request(PlatformAdmin(caller): PlatformAdmin, Path(id): Path<Uuid>, Json(input): Json<LeaseRequestInput>) -> Result<Response> {
    super::request(caller, TenantId(id), input).await
}

/// Enters a workspace by a lease; the answer sets a new cookie.
#[utoipa::path(post, path = "/session/lease", tag = "instance", request_body = LeaseChoice, responses((status = 200, body = CurrentSession)), security(("session" = [])))]
async fn enter(PlatformAdmin(caller): PlatformAdmin, Json(choice): Json<LeaseChoice>) -> Result<Response> {
    entering::enter(caller, choice.lease_id).await
}

/// Leaves the workspace that was entered by a lease; the answer sets a new cookie.
#[utoipa::path(delete, path = "/session/lease", tag = "instance", responses((status = 200, body = CurrentSession)), security(("session" = [])))]
async fn leave(EvenLeased(caller): EvenLeased) -> Result<Response> {
    entering::leave(caller).await
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(grant))
        .routes(routes!(end))
        .routes(routes!(list_instance))
        .routes(routes!(request))
        .routes(routes!(enter, leave))
}

//! The administration of the instance over HTTP. Every operation takes an administrator in person.

use axum::http::StatusCode;
use platform::auth::PlatformAdmin;
use platform::error::{Problem, Result};
use platform::etag::OptionalIfMatch;
use platform::extract::{Json, Path, Query};
use platform::page::{Page, PageParams};
use platform::text::{Checks, email_key, name_key};
use platform::{App, TenantId, jobs};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::store::{self, Filter};
use super::types::{
    Erasure, FoundUser, InstanceHealth, InstanceTenant, InstanceTenantDetails, InstanceUserDetails, SuspensionInput, TrialInput,
};
use crate::accounts::{self, StatusInput};
use crate::owner::AsOwner;
use crate::plans;
use crate::tenants::Features;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TenantFilter {
    /// Part of the name or slug.
    q: Option<String>,
    /// `active`, `inactive`, `suspended`, `pending_deletion` or `deleted`
    status: Option<String>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct UserFilter {
    /// The whole address.
    email: String,
}

/// All workspaces by name, with counts and health.
#[utoipa::path(get, path = "/admin/tenants", tag = "instance", params(TenantFilter), responses((status = 200, body = Page<InstanceTenant>)), security(("session" = [])))]
async fn tenants(PlatformAdmin(caller): PlatformAdmin, Query(filter): Query<TenantFilter>) -> Result<Json<Page<InstanceTenant>>> {
    let mut checks = Checks::new();
    let known = ["active", "inactive", "suspended", "pending_deletion", "deleted"];
    let status = filter.status.as_deref().map(|status| checks.one_of("status", status, &known));
    checks.done()?;
    let page = PageParams { cursor: filter.cursor, limit: filter.limit };
    let (limit, after) = (page.limit()?, page.after::<(String, Uuid)>()?);
    let q = filter.q.as_deref().map(name_key).filter(|q| !q.is_empty());
    let mut owner = AsOwner::open(&caller.app, None).await?;
    let wanted = Filter { q: q.as_deref(), status: status.as_deref(), id: None, after: after.as_ref() };
    let rows = store::tenants(owner.db(), &wanted, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| (row.name.clone(), row.id), |row| row)))
}

/// One workspace with its history.
#[utoipa::path(get, path = "/admin/tenants/{id}", tag = "instance", params(("id" = Uuid, Path)), responses((status = 200, body = InstanceTenantDetails)), security(("session" = [])))]
async fn tenant(PlatformAdmin(caller): PlatformAdmin, Path(id): Path<Uuid>) -> Result<Json<InstanceTenantDetails>> {
    let mut owner = AsOwner::open(&caller.app, None).await?;
    let filter = Filter { q: None, status: None, id: Some(id), after: None };
    let tenant = store::tenants(owner.db(), &filter, 1).await?.pop().ok_or_else(Problem::not_found)?;
    let subscription = plans::store::subscription(owner.db(), TenantId(id)).await?;
    let history = store::tenant_history(owner.db(), TenantId(id)).await?;
    Ok(Json(InstanceTenantDetails { tenant, subscription, history }))
}

/// Suspends a workspace: nobody gets in by any door, and nothing is sent.
#[utoipa::path(put, path = "/admin/tenants/{id}/suspension", tag = "instance", params(("id" = Uuid, Path)), request_body = SuspensionInput, responses((status = 204)), security(("session" = [])))]
async fn suspend(PlatformAdmin(caller): PlatformAdmin, Path(id): Path<Uuid>, Json(input): Json<SuspensionInput>) -> Result<StatusCode> {
    super::suspend(caller, TenantId(id), input).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lifts a suspension; what waited goes out.
#[utoipa::path(delete, path = "/admin/tenants/{id}/suspension", tag = "instance", params(("id" = Uuid, Path)), responses((status = 204)), security(("session" = [])))]
async fn lift(PlatformAdmin(caller): PlatformAdmin, Path(id): Path<Uuid>) -> Result<StatusCode> {
    super::lift(caller, TenantId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says what a workspace may use. What is left out is on.
#[utoipa::path(put, path = "/admin/tenants/{id}/features", tag = "instance", params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), request_body = Features, responses((status = 204)), security(("session" = [])))]
async fn features(
    PlatformAdmin(caller): PlatformAdmin,
    Path(id): Path<Uuid>,
    seen: OptionalIfMatch,
    Json(input): Json<Features>,
) -> Result<StatusCode> {
    super::set_features(caller, TenantId(id), seen, input).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says until when a workspace tries the product.
#[utoipa::path(put, path = "/admin/tenants/{id}/trial", tag = "instance", params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), request_body = TrialInput, responses((status = 204)), security(("session" = [])))]
async fn trial(
    PlatformAdmin(caller): PlatformAdmin,
    Path(id): Path<Uuid>,
    seen: OptionalIfMatch,
    Json(input): Json<TrialInput>,
) -> Result<StatusCode> {
    super::set_trial(caller, TenantId(id), seen, input).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The user with that address, if there is one.
#[utoipa::path(get, path = "/admin/user-lookup", tag = "instance", params(UserFilter), responses((status = 200, body = FoundUser)), security(("session" = [])))]
async fn users(PlatformAdmin(caller): PlatformAdmin, Query(filter): Query<UserFilter>) -> Result<Json<FoundUser>> {
    let mut owner = AsOwner::open(&caller.app, None).await?;
    let user = store::user(owner.db(), Some(&email_key(&filter.email)), None).await?;
    Ok(Json(FoundUser { user }))
}

/// One user with the history of the status.
#[utoipa::path(get, path = "/admin/users/{id}", tag = "instance", params(("id" = Uuid, Path)), responses((status = 200, body = InstanceUserDetails)), security(("session" = [])))]
async fn user(PlatformAdmin(caller): PlatformAdmin, Path(id): Path<Uuid>) -> Result<Json<InstanceUserDetails>> {
    let mut owner = AsOwner::open(&caller.app, None).await?;
    let user = store::user(owner.db(), None, Some(id)).await?.ok_or_else(Problem::not_found)?;
    let history = accounts::store::history(owner.db(), id).await?;
    Ok(Json(InstanceUserDetails { user, history }))
}

/// Takes a user out of use, which ends every session and token at once, or back in.
#[utoipa::path(put, path = "/admin/users/{id}/status", tag = "instance", params(("id" = Uuid, Path)), request_body = StatusInput, responses((status = 204)), security(("session" = [])))]
async fn status(PlatformAdmin(caller): PlatformAdmin, Path(id): Path<Uuid>, Json(input): Json<StatusInput>) -> Result<StatusCode> {
    accounts::administer(caller, id, input).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Erasures of workspaces and users with their reports, newest first.
#[utoipa::path(get, path = "/admin/erasures", tag = "instance", params(PageParams), responses((status = 200, body = Page<Erasure>)), security(("session" = [])))]
async fn erasures(PlatformAdmin(caller): PlatformAdmin, Query(page): Query<PageParams>) -> Result<Json<Page<Erasure>>> {
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let mut owner = AsOwner::open(&caller.app, None).await?;
    let rows = store::erasures(owner.db(), before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

/// How the instance stands.
#[utoipa::path(get, path = "/admin/health", tag = "instance", responses((status = 200, body = InstanceHealth)), security(("session" = [])))]
async fn health(PlatformAdmin(caller): PlatformAdmin) -> Result<Json<InstanceHealth>> {
    let app = caller.app;
    let queue = jobs::counts(&app.pools.owner).await?;
    let mut owner = AsOwner::open(&app, None).await?;
    let counts = store::counts(owner.db()).await?;
    let disk = app.files.disk();
    let bytes = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    Ok(Json(InstanceHealth {
        database_bytes: counts.database_bytes,
        disk_free_bytes: disk.map(|(free, _)| bytes(free)),
        disk_bytes: disk.map(|(_, all)| bytes(all)),
        jobs_waiting: queue.waiting,
        jobs_failed: queue.failed,
        mails_waiting: counts.mails_waiting,
        mails_failed: counts.mails_failed,
        events_waiting: counts.events_waiting,
        tenants: store::tenants_by_status(owner.db()).await?,
        users: store::users_by_status(owner.db()).await?,
    }))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(tenants))
        .routes(routes!(tenant))
        .routes(routes!(suspend, lift))
        .routes(routes!(features))
        .routes(routes!(trial))
        .routes(routes!(users))
        .routes(routes!(user))
        .routes(routes!(status))
        .routes(routes!(erasures))
        .routes(routes!(health))
}

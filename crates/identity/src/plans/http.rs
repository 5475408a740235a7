//! Plans and subscriptions over HTTP: for administrators of the instance in person, and for those who manage a workspace.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::auth::PlatformAdmin;
use platform::ctx::Answer;
use platform::error::Result;
use platform::etag::IfMatch;
use platform::extract::{Json, Path};
use platform::page::Page;
use platform::{Allow, App, TenantId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::subscriptions::{self, SubscriptionInput};
use super::{CurrentSubscription, Plan, PlanInput, Subscription, store};
use crate::owner::AsOwner;
use crate::tenants::http::SettingsManage;

/// The plans of the instance: the one that new workspaces get, then the others by price.
#[utoipa::path(get, path = "/admin/plans", tag = "instance", responses((status = 200, body = Page<Plan>)), security(("session" = [])))]
async fn list(PlatformAdmin(caller): PlatformAdmin) -> Result<Json<Page<Plan>>> {
    let mut owner = AsOwner::open(&caller.app, None).await?;
    Ok(Json(Page::whole(store::plans(owner.db()).await?)))
}

/// Adds a plan.
#[utoipa::path(post, path = "/admin/plans", tag = "instance", request_body = PlanInput, responses((status = 201, body = Plan)), security(("session" = [])))]
async fn create(PlatformAdmin(caller): PlatformAdmin, Json(input): Json<PlanInput>) -> Result<Response> {
    super::create(caller, input).await
}

/// Changes a plan, for every workspace that has it.
#[utoipa::path(put, path = "/admin/plans/{id}", tag = "instance", params(("id" = Uuid, Path), ("If-Match" = String, Header)), request_body = PlanInput, responses((status = 200, body = Plan)), security(("session" = [])))]
async fn put(PlatformAdmin(caller): PlatformAdmin, Path(id): Path<Uuid>, seen: IfMatch, Json(input): Json<PlanInput>) -> Result<Response> {
    let plan = super::change(caller, id, seen, input).await?;
    Ok(Answer::json(StatusCode::OK, &plan)?.version(plan.version).into_response())
}

/// Removes a plan that no workspace has.
#[utoipa::path(delete, path = "/admin/plans/{id}", tag = "instance", params(("id" = Uuid, Path), ("If-Match" = String, Header)), responses((status = 204)), security(("session" = [])))]
async fn delete(PlatformAdmin(caller): PlatformAdmin, Path(id): Path<Uuid>, seen: IfMatch) -> Result<StatusCode> {
    super::delete(caller, id, seen).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says which plan a workspace has, and how it stands.
#[utoipa::path(put, path = "/admin/tenants/{id}/subscription", tag = "instance", params(("id" = Uuid, Path), ("If-Match" = String, Header)), request_body = SubscriptionInput, responses((status = 200, body = Subscription)), security(("session" = [])))]
async fn subscribe(
    PlatformAdmin(caller): PlatformAdmin,
    Path(id): Path<Uuid>,
    seen: IfMatch,
    Json(input): Json<SubscriptionInput>,
) -> Result<Response> {
    let subscription = subscriptions::change(caller, TenantId(id), seen, input).await?;
    Ok(Answer::json(StatusCode::OK, &subscription)?.version(subscription.version).into_response())
}

/// The plan of the workspace one acts in, how it stands, and how much of its limits is used.
#[utoipa::path(get, path = "/tenant/subscription", tag = "identity", responses((status = 200, body = CurrentSubscription)), security(("session" = [])))]
async fn current(mut ctx: Allow<SettingsManage>) -> Result<Json<CurrentSubscription>> {
    let tenant = ctx.tenant;
    Ok(Json(store::current(ctx.db().await?, tenant).await?))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(put, delete)).routes(routes!(subscribe)).routes(routes!(current))
}

//! Schedules over HTTP, for members.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::ctx::Answer;
use platform::etag::IfMatch;
use platform::extract::{Json, Path, Query};
use platform::page::{Page, PageParams};
use platform::{Allow, App, Problem, Result};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Fields, Override, Rule, Schedule, store};
use crate::{SchedulesRead, SchedulesWrite};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListParams {
    organizer_id: Option<Uuid>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// Schedules, by name.
#[utoipa::path(get, path = "/schedules", tag = "scheduling", params(ListParams), responses((status = 200, body = Page<Schedule>)), security(("session" = [])))]
async fn list(mut ctx: Allow<SchedulesRead>, Query(params): Query<ListParams>) -> Result<Json<Page<Schedule>>> {
    let page = PageParams { cursor: params.cursor, limit: params.limit };
    let (limit, after, own) = (page.limit()?, page.after::<(String, Uuid)>()?, ctx.own_filter());
    let rows = store::list(&mut ctx, params.organizer_id, own, after.as_ref(), limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| (row.name.clone(), row.id), Schedule::from)))
}

/// A schedule as it shall be, whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ScheduleInput {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    timezone: String,
    #[schema(max_items = 200)]
    rules: Vec<Rule>,
    #[schema(max_items = 1000)]
    overrides: Vec<Override>,
    /// True makes it the default one; the default stays so until another is.
    #[serde(default)]
    is_default: bool,
}

impl From<ScheduleInput> for Fields {
    fn from(input: ScheduleInput) -> Self {
        Self { name: input.name, timezone: input.timezone, make_default: input.is_default, rules: input.rules, overrides: input.overrides }
    }
}

/// Adds a schedule of mine.
#[utoipa::path(post, path = "/schedules", tag = "scheduling", request_body = ScheduleInput, responses((status = 201, body = Schedule)), security(("session" = [])))]
async fn create(mut ctx: Allow<SchedulesWrite>, Json(input): Json<ScheduleInput>) -> Result<Response> {
    let me = ctx.user_id().ok_or_else(Problem::unauthenticated)?;
    let schedule = super::create(&mut ctx, me, Fields::from(input).checked()?).await?;
    ctx.commit_with(Answer::created(&schedule)?.version(schedule.version)).await
}

/// One schedule.
#[utoipa::path(get, path = "/schedules/{id}", tag = "scheduling", params(("id" = Uuid, Path)), responses((status = 200, body = Schedule)), security(("session" = [])))]
async fn get(mut ctx: Allow<SchedulesRead>, Path(id): Path<Uuid>) -> Result<Response> {
    let schedule = store::find(&mut ctx, id).await?.ok_or_else(Problem::not_found)?;
    ctx.check_owner(schedule.organizer_id)?;
    Ok(Answer::json(StatusCode::OK, &schedule)?.version(schedule.version).into_response())
}

async fn locked(ctx: &mut Allow<SchedulesWrite>, id: Uuid, seen: IfMatch) -> Result<Schedule> {
    let schedule = store::lock(ctx, id).await?.ok_or_else(Problem::not_found)?;
    ctx.check_owner(schedule.organizer_id)?;
    seen.check(schedule.version)?;
    Ok(schedule)
}

/// Replaces a schedule. Bookings that stand are not moved.
#[utoipa::path(put, path = "/schedules/{id}", tag = "scheduling", params(("id" = Uuid, Path), ("If-Match" = String, Header)), request_body = ScheduleInput, responses((status = 200, body = Schedule)), security(("session" = [])))]
async fn put(mut ctx: Allow<SchedulesWrite>, Path(id): Path<Uuid>, seen: IfMatch, Json(input): Json<ScheduleInput>) -> Result<Response> {
    let before = locked(&mut ctx, id, seen).await?;
    let schedule = super::replace(&mut ctx, before, Fields::from(input).checked()?).await?;
    ctx.commit().await?;
    Ok(Answer::json(StatusCode::OK, &schedule)?.version(schedule.version).into_response())
}

/// Deletes a schedule that is neither the default one nor in use.
#[utoipa::path(delete, path = "/schedules/{id}", tag = "scheduling", params(("id" = Uuid, Path), ("If-Match" = String, Header)), responses((status = 204)), security(("session" = [])))]
async fn delete(mut ctx: Allow<SchedulesWrite>, Path(id): Path<Uuid>, seen: IfMatch) -> Result<StatusCode> {
    let before = locked(&mut ctx, id, seen).await?;
    super::delete(&mut ctx, before).await?;
    ctx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, put, delete))
}

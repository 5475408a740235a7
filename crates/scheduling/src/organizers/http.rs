//! Organizers over HTTP, for members.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::ctx::Answer;
use platform::etag::OptionalIfMatch;
use platform::extract::{Json, Query};
use platform::page::{Page, PageParams};
use platform::{Allow, App, Problem, Result};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Organizer, Profile, store};
use crate::{OrganizersRead, OrganizersWrite};

/// Who can be booked, by name.
#[utoipa::path(get, path = "/organizers", tag = "scheduling", params(PageParams), responses((status = 200, body = Page<Organizer>)), security(("session" = [])))]
async fn list(mut ctx: Allow<OrganizersRead>, Query(page): Query<PageParams>) -> Result<Json<Page<Organizer>>> {
    let (limit, after, own) = (page.limit()?, page.after::<(String, Uuid)>()?, ctx.own_filter());
    let rows = store::list(&mut ctx, own, after.as_ref(), limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| (row.display_name.clone(), row.user_id), |row| row.into_organizer(&ctx.app))))
}

/// My booking page; 404 where I have none yet.
#[utoipa::path(get, path = "/organizer", tag = "scheduling", responses((status = 200, body = Organizer)), security(("session" = [])))]
async fn get(mut ctx: Allow<OrganizersRead>) -> Result<Response> {
    let me = ctx.user_id().ok_or_else(Problem::unauthenticated)?;
    let organizer = store::find(&mut ctx, me).await?.ok_or_else(Problem::not_found)?;
    Ok(Answer::json(StatusCode::OK, &organizer)?.version(organizer.version).into_response())
}

/// My booking page as it shall be. What is left out stays, or takes its usual value on a new page.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutOrganizer {
    /// Lower-case letters, digits and single hyphens.
    #[schema(min_length = 3, max_length = 60, pattern = "^[a-z0-9](-?[a-z0-9])*$")]
    slug: String,
    #[schema(min_length = 1, max_length = 100)]
    display_name: String,
    timezone: String,
    brand_color: Option<String>,
    #[schema(max_length = 2000)]
    welcome_message: Option<String>,
    #[schema(minimum = 0, maximum = 1440)]
    buffer_before_minutes: Option<i32>,
    #[schema(minimum = 0, maximum = 1440)]
    buffer_after_minutes: Option<i32>,
    #[schema(minimum = 0, maximum = 1440)]
    minimum_gap_minutes: Option<i32>,
    #[schema(minimum = 5, maximum = 720)]
    slot_interval_minutes: Option<i32>,
    #[schema(minimum = 0, maximum = 23)]
    reasonable_hours_start: Option<i32>,
    #[schema(minimum = 1, maximum = 24)]
    reasonable_hours_end: Option<i32>,
    keeps_reasonable_hours: Option<bool>,
    /// Whether the page is open.
    is_active: Option<bool>,
}

/// Sets up or changes my booking page.
///
/// `If-Match` is needed where it exists. A new page comes with working hours from Monday to Friday, 09:00 to 17:00.
#[utoipa::path(put, path = "/organizer", tag = "scheduling", params(("If-Match" = Option<String>, Header)), request_body = PutOrganizer, responses((status = 200, body = Organizer)), security(("session" = [])))]
async fn put(mut ctx: Allow<OrganizersWrite>, seen: OptionalIfMatch, Json(put): Json<PutOrganizer>) -> Result<Response> {
    let me = ctx.user_id().ok_or_else(Problem::unauthenticated)?;
    let before = store::lock(&mut ctx, me).await?;
    let kept = |number: Option<i32>, of: fn(&Organizer) -> i32, usual: i32| number.unwrap_or_else(|| before.as_ref().map_or(usual, of));
    let profile = Profile {
        slug: put.slug,
        display_name: put.display_name,
        timezone: put.timezone,
        brand_color: put
            .brand_color
            .or_else(|| before.as_ref().map(|b| b.brand_color.clone()))
            .unwrap_or_else(|| super::DEFAULT_COLOR.to_owned()),
        welcome_message: put.welcome_message.or_else(|| before.as_ref().map(|b| b.welcome_message.clone())).unwrap_or_default(),
        buffer_before_minutes: kept(put.buffer_before_minutes, |b| b.buffer_before_minutes, 0),
        buffer_after_minutes: kept(put.buffer_after_minutes, |b| b.buffer_after_minutes, 0),
        minimum_gap_minutes: kept(put.minimum_gap_minutes, |b| b.minimum_gap_minutes, 0),
        slot_interval_minutes: kept(put.slot_interval_minutes, |b| b.slot_interval_minutes, 15),
        reasonable_hours_start: kept(put.reasonable_hours_start, |b| b.reasonable_hours_start, 7),
        reasonable_hours_end: kept(put.reasonable_hours_end, |b| b.reasonable_hours_end, 22),
        keeps_reasonable_hours: put.keeps_reasonable_hours.unwrap_or_else(|| before.as_ref().is_some_and(|b| b.keeps_reasonable_hours)),
        is_active: put.is_active.or_else(|| before.as_ref().map(|b| b.is_active)).unwrap_or(true),
    };
    let organizer = super::put(&mut ctx, me, before, seen, profile).await?;
    ctx.commit().await?;
    Ok(Answer::json(StatusCode::OK, &organizer)?.version(organizer.version).into_response())
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get, put))
}

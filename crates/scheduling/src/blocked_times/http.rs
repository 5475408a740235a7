//! Blocked times over HTTP, for members.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::ctx::Answer;
use platform::etag::IfMatch;
use platform::extract::{Json, Path, Query};
use platform::page::{Page, PageParams};
use platform::time::{Date, Timestamp};
use platform::{Allow, App, Problem, Result};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{BlockedTime, Fields, Kind, Occurrence, store};
use crate::availability::MAX_DAYS;
use crate::slots::{Interval, Repeats};
use crate::{SchedulesRead, SchedulesWrite, organizers};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListParams {
    organizer_id: Option<Uuid>,
    /// What ends later, or may come again.
    #[param(value_type = Option<Timestamp>)]
    from: Option<Timestamp>,
    /// What begins before; at most 100 days after `from` where both are given.
    #[param(value_type = Option<Timestamp>)]
    to: Option<Timestamp>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// A blocked time with when it takes time.
#[derive(Debug, Serialize, ToSchema)]
struct ListedBlockedTime {
    #[serde(flatten)]
    blocked_time: BlockedTime,
    /// Those that touch the stretch that was asked for; none where `from` or `to` was left out.
    occurrences: Vec<Occurrence>,
}

/// Blocked times, by their first start.
#[utoipa::path(get, path = "/blocked-times", tag = "scheduling", params(ListParams), responses((status = 200, body = Page<ListedBlockedTime>)), security(("session" = [])))]
async fn list(mut ctx: Allow<SchedulesRead>, Query(params): Query<ListParams>) -> Result<Json<Page<ListedBlockedTime>>> {
    let page = PageParams { cursor: params.cursor, limit: params.limit };
    let (limit, after) = (page.limit()?, page.after::<(Timestamp, Uuid)>()?);
    let range = params.from.zip(params.to).map(|(from, to)| Interval::new(from.as_second(), to.as_second()));
    if range.is_some_and(|range| range.is_empty() || range.end - range.start > MAX_DAYS * super::DAY) {
        return Err(Problem::field("to", "out_of_range", format!("must be later than from, by at most {MAX_DAYS} days")).into());
    }
    let filter = store::Filter { organizer: params.organizer_id, own: ctx.own_filter(), from: params.from, to: params.to };
    let rows = store::list(&mut ctx, &filter, after.as_ref(), limit + 1).await?;
    let listed = |blocked_time: BlockedTime| {
        let occurrences = range.map(|range| blocked_time.occurrences(range)).transpose()?.unwrap_or_default();
        Ok(ListedBlockedTime { blocked_time, occurrences })
    };
    let rows: Vec<_> = rows.into_iter().map(listed).collect::<Result<_>>()?;
    Ok(Json(Page::of(rows, limit, |row| (row.blocked_time.start, row.blocked_time.id), |row| row)))
}

/// A blocked time as it shall be, whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BlockedTimeInput {
    #[serde(default)]
    kind: Kind,
    /// Of the first time where it recurs.
    start: Timestamp,
    /// At most 731 days after the start; 1 day where it recurs daily, 7 where weekly, 28 where monthly.
    end: Timestamp,
    /// IANA zone in whose wall clock it recurs; that of the booking page where none is given.
    timezone: Option<String>,
    #[serde(default)]
    repeats: Repeats,
    /// The last date on which it may begin.
    until: Option<Date>,
    /// Never shown to visitors.
    #[serde(default)]
    #[schema(max_length = 200)]
    label: String,
    /// An organizer who takes one's place meanwhile; only for an absence.
    stand_in_id: Option<Uuid>,
}

impl BlockedTimeInput {
    fn into_fields(self, timezone: String) -> Fields {
        Fields {
            kind: self.kind,
            start: self.start,
            end: self.end,
            timezone: self.timezone.unwrap_or(timezone),
            repeats: self.repeats,
            until: self.until,
            label: self.label,
            stand_in_id: self.stand_in_id,
        }
    }
}

/// Blocks time of mine. Bookings that stand are not moved.
#[utoipa::path(post, path = "/blocked-times", tag = "scheduling", request_body = BlockedTimeInput, responses((status = 201, body = BlockedTime)), security(("session" = [])))]
async fn create(mut ctx: Allow<SchedulesWrite>, Json(input): Json<BlockedTimeInput>) -> Result<Response> {
    let me = ctx.user_id().ok_or_else(Problem::unauthenticated)?;
    let organizer = organizers::store::find(&mut ctx, me).await?.ok_or_else(organizers::missing)?;
    let blocked = super::create(&mut ctx, me, input.into_fields(organizer.timezone)).await?;
    ctx.commit_with(Answer::created(&blocked)?.version(blocked.version)).await
}

/// One blocked time.
#[utoipa::path(get, path = "/blocked-times/{id}", tag = "scheduling", params(("id" = Uuid, Path)), responses((status = 200, body = BlockedTime)), security(("session" = [])))]
async fn get(mut ctx: Allow<SchedulesRead>, Path(id): Path<Uuid>) -> Result<Response> {
    let blocked = store::find(&mut ctx, id).await?.ok_or_else(Problem::not_found)?;
    ctx.check_owner(blocked.organizer_id)?;
    Ok(Answer::json(StatusCode::OK, &blocked)?.version(blocked.version).into_response())
}

async fn locked(ctx: &mut Allow<SchedulesWrite>, id: Uuid, seen: IfMatch) -> Result<BlockedTime> {
    let blocked = store::lock(ctx, id).await?.ok_or_else(Problem::not_found)?;
    ctx.check_owner(blocked.organizer_id)?;
    seen.check(blocked.version)?;
    Ok(blocked)
}

/// Replaces a blocked time. Bookings that stand are not moved.
#[utoipa::path(put, path = "/blocked-times/{id}", tag = "scheduling", params(("id" = Uuid, Path), ("If-Match" = String, Header)), request_body = BlockedTimeInput, responses((status = 200, body = BlockedTime)), security(("session" = [])))]
async fn put(mut ctx: Allow<SchedulesWrite>, Path(id): Path<Uuid>, seen: IfMatch, Json(input): Json<BlockedTimeInput>) -> Result<Response> {
    let before = locked(&mut ctx, id, seen).await?;
    let fields = input.into_fields(before.timezone.clone());
    let blocked = super::replace(&mut ctx, before, fields).await?;
    ctx.commit().await?;
    Ok(Answer::json(StatusCode::OK, &blocked)?.version(blocked.version).into_response())
}

/// Frees a blocked time.
#[utoipa::path(delete, path = "/blocked-times/{id}", tag = "scheduling", params(("id" = Uuid, Path), ("If-Match" = String, Header)), responses((status = 204)), security(("session" = [])))]
async fn delete(mut ctx: Allow<SchedulesWrite>, Path(id): Path<Uuid>, seen: IfMatch) -> Result<StatusCode> {
    let before = locked(&mut ctx, id, seen).await?;
    super::delete(&mut ctx, before).await?;
    ctx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, put, delete))
}

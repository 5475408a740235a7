//! One's own notifications over HTTP: in person, since they tell of the account's safety too.

use axum::http::StatusCode;
use axum::response::Response;
use platform::auth::InPerson;
use platform::ctx::Answer;
use platform::extract::{Json, Path, Query};
use platform::page::{Page, PageParams};
use platform::{App, Problem, Result};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::store::{self, Filter};
use super::{Group, Notification};

/// Ids in one request.
const MOST: usize = 100;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListParams {
    /// Only unread ones, or only those that were read.
    unread: Option<bool>,
    group: Option<Group>,
    /// `booking.created`
    kind: Option<String>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// Of the member who asks.
fn me(ctx: &InPerson) -> Result<Uuid, Problem> {
    ctx.user_id().ok_or_else(Problem::unauthenticated)
}

/// One's own notifications in this workspace, newest first. Those that were read go after 90 days.
#[utoipa::path(get, path = "/notifications", tag = "messaging", params(ListParams), responses((status = 200, body = Page<Notification>)), security(("session" = [])))]
async fn list(mut ctx: InPerson, Query(params): Query<ListParams>) -> Result<Json<Page<Notification>>> {
    let page = PageParams { cursor: params.cursor, limit: params.limit };
    let (limit, before, user) = (page.limit()?, page.after::<Uuid>()?, me(&ctx)?);
    let filter = Filter { unread: params.unread, group: params.group, kind: params.kind };
    let rows = store::list(&mut ctx, user, &filter, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

#[derive(Debug, Serialize, ToSchema)]
struct UnreadNotifications {
    /// Counted up to 100.
    #[schema(minimum = 0, maximum = 100)]
    count: i64,
}

/// How many are unread.
#[utoipa::path(get, path = "/notifications/unread", tag = "messaging", responses((status = 200, body = UnreadNotifications)), security(("session" = [])))]
async fn unread(mut ctx: InPerson) -> Result<Json<UnreadNotifications>> {
    let user = me(&ctx)?;
    Ok(Json(UnreadNotifications { count: store::count_unread(&mut ctx, user).await? }))
}

/// Marks one as read; again is no error.
#[utoipa::path(put, path = "/notifications/{id}/reading", tag = "messaging", params(("id" = Uuid, Path)), responses((status = 200, body = Notification)), security(("session" = [])))]
async fn read(mut ctx: InPerson, Path(id): Path<Uuid>) -> Result<Json<Notification>> {
    let user = me(&ctx)?;
    super::find(&mut ctx, user, id).await?;
    super::mark_read(&mut ctx, user, Some(&[id])).await?;
    let after = super::find(&mut ctx, user, id).await?;
    ctx.commit().await?;
    Ok(Json(after))
}

/// Marks one as unread again.
#[utoipa::path(delete, path = "/notifications/{id}/reading", tag = "messaging", params(("id" = Uuid, Path)), responses((status = 200, body = Notification)), security(("session" = [])))]
async fn unread_again(mut ctx: InPerson, Path(id): Path<Uuid>) -> Result<Json<Notification>> {
    let user = me(&ctx)?;
    super::find(&mut ctx, user, id).await?;
    super::mark_unread(&mut ctx, user, id).await?;
    let after = super::find(&mut ctx, user, id).await?;
    ctx.commit().await?;
    Ok(Json(after))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NotificationReadings {
    /// At most 100 of one's own; all that are unread where it is left out.
    #[schema(max_items = 100)]
    ids: Option<Vec<Uuid>>,
}

#[derive(Debug, Serialize, ToSchema)]
struct NotificationsRead {
    /// How many were not read before.
    #[schema(minimum = 0)]
    read: i64,
}

/// Marks several as read, or all.
#[utoipa::path(post, path = "/notification-readings", tag = "messaging", request_body = NotificationReadings, responses((status = 200, body = NotificationsRead)), security(("session" = [])))]
async fn read_many(mut ctx: InPerson, Json(input): Json<NotificationReadings>) -> Result<Response> {
    if input.ids.as_ref().is_some_and(|ids| ids.len() > MOST) {
        return Err(Problem::field("ids", "too_long", format!("must be at most {MOST}")).into());
    }
    let user = me(&ctx)?;
    if let Some(ids) = &input.ids
        && !store::are_own(&mut ctx, user, ids).await?
    {
        return Err(Problem::field("ids", "unknown", "must be notifications of your own").into());
    }
    let read = super::mark_read(&mut ctx, user, input.ids.as_deref()).await?;
    ctx.commit_with(Answer::json(StatusCode::OK, &NotificationsRead { read })?).await
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(unread)).routes(routes!(read, unread_again)).routes(routes!(read_many))
}

//! The list of who gets nothing more, over HTTP. It is the workspace's, so it takes a right on all messages.

use axum::http::StatusCode;
use axum::response::Response;
use platform::ctx::Answer;
use platform::extract::{Json, Path, Query};
use platform::page::{Page, PageParams};
use platform::text::email_key;
use platform::{Allow, App, Result};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Suppression, SuppressionInput, store};
use crate::{MessagesRead, MessagesWrite, all_only};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListParams {
    /// That address or number alone.
    recipient: Option<String>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// Who gets nothing more but what is part of a booking, the newest first.
#[utoipa::path(get, path = "/suppressions", tag = "messaging", params(ListParams), responses((status = 200, body = Page<Suppression>)), security(("session" = [])))]
async fn list(mut ctx: Allow<MessagesRead>, Query(params): Query<ListParams>) -> Result<Json<Page<Suppression>>> {
    all_only(ctx.own_filter())?;
    let page = PageParams { cursor: params.cursor, limit: params.limit };
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let recipient = params.recipient.as_deref().map(email_key);
    let rows = store::list(&mut ctx, recipient.as_deref(), before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

/// Notes that somebody wants nothing more; who is noted already stays so.
#[utoipa::path(post, path = "/suppressions", tag = "messaging", request_body = SuppressionInput, responses((status = 201, body = Suppression)), security(("session" = [])))]
async fn create(mut ctx: Allow<MessagesWrite>, Json(input): Json<SuppressionInput>) -> Result<Response> {
    all_only(ctx.own_filter())?;
    let made = super::create(&mut ctx, &input).await?;
    let answer = Answer::created(&made)?;
    ctx.commit_with(answer).await
}

/// Sends to somebody again. Who answered STOP has to answer START to the provider as well.
#[utoipa::path(delete, path = "/suppressions/{id}", tag = "messaging", params(("id" = Uuid, Path)), responses((status = 204)), security(("session" = [])))]
async fn delete(mut ctx: Allow<MessagesWrite>, Path(id): Path<Uuid>) -> Result<StatusCode> {
    all_only(ctx.own_filter())?;
    super::delete(&mut ctx, id).await?;
    ctx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(delete))
}

//! One's own preferences over HTTP.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::auth::InPerson;
use platform::ctx::Answer;
use platform::etag::IfMatch;
use platform::extract::Json;
use platform::{App, Problem, Result};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Input, Preferences, store};

/// What one wants to be told in this workspace, and how.
#[utoipa::path(get, path = "/notification-preferences", tag = "messaging", responses((status = 200, body = Preferences)), security(("session" = [])))]
async fn get(mut ctx: InPerson) -> Result<Response> {
    let user = ctx.user_id().ok_or_else(Problem::unauthenticated)?;
    let preferences = store::find(&mut ctx, user).await?;
    Ok(Answer::json(StatusCode::OK, &preferences)?.version(preferences.version).into_response())
}

/// Chooses what one wants to be told. What concerns security is always told.
#[utoipa::path(put, path = "/notification-preferences", tag = "messaging", params(("If-Match" = String, Header)), request_body = Input, responses((status = 200, body = Preferences)), security(("session" = [])))]
async fn put(mut ctx: InPerson, seen: IfMatch, Json(input): Json<Input>) -> Result<Response> {
    let user = ctx.user_id().ok_or_else(Problem::unauthenticated)?;
    let preferences = super::replace(&mut ctx, user, seen, input).await?;
    ctx.commit().await?;
    Ok(Answer::json(StatusCode::OK, &preferences)?.version(preferences.version).into_response())
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get, put))
}

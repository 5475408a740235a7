//! The profile over HTTP.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::ctx::Answer;
use platform::error::{Problem, Result};
use platform::etag::IfMatch;
use platform::extract::Json;
use platform::{App, SignedIn};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{ProfileChange, User, store};
use crate::directory::Directory;

/// One's own profile.
#[utoipa::path(get, path = "/me", tag = "identity", responses((status = 200, body = User)), security(("session" = [])))]
async fn get(caller: SignedIn) -> Result<Response> {
    let mut directory = Directory::open(&caller.app, None, None).await?;
    let user = store::find(directory.db(), caller.session.user_id).await?.ok_or_else(Problem::unauthenticated)?;
    Ok(Answer::json(StatusCode::OK, &user)?.version(user.version).into_response())
}

/// Changes one's own profile; every workspace shows the new name and zone.
#[utoipa::path(patch, path = "/me", tag = "identity", params(("If-Match" = String, Header)), request_body = ProfileChange, responses((status = 200, body = User)), security(("session" = [])))]
async fn patch(caller: SignedIn, seen: IfMatch, Json(input): Json<ProfileChange>) -> Result<Response> {
    let user = super::change(caller, seen, input).await?;
    Ok(Answer::json(StatusCode::OK, &user)?.version(user.version).into_response())
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get, patch))
}

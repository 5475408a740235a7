//! The settings of SMS over HTTP.

use axum::http::StatusCode;
use axum::response::Response;
use platform::ctx::Answer;
use platform::etag::{IfMatch, OptionalIfMatch};
use platform::extract::Json;
use platform::mail::settings::SettingsManage;
use platform::{Allow, App, Problem, Result};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{SmsSettings, SmsSettingsInput, store};

/// How the workspace sends SMS; 404 where it sends none.
#[utoipa::path(get, path = "/sms-settings", tag = "messaging", responses((status = 200, body = SmsSettings)), security(("session" = [])))]
async fn get(mut ctx: Allow<SettingsManage>) -> Result<Response> {
    let settings = store::find(&mut ctx).await?.ok_or_else(Problem::not_found)?;
    ctx.commit_with(Answer::json(StatusCode::OK, &settings)?.version(settings.version)).await
}

/// Sets the account at the provider.
#[utoipa::path(put, path = "/sms-settings", tag = "messaging", params(("If-Match" = Option<String>, Header)), request_body = SmsSettingsInput, responses((status = 200, body = SmsSettings)), security(("session" = [])))]
async fn put(mut ctx: Allow<SettingsManage>, seen: OptionalIfMatch, Json(input): Json<SmsSettingsInput>) -> Result<Response> {
    let settings = super::replace(&mut ctx, &seen, input).await?;
    ctx.commit_with(Answer::json(StatusCode::OK, &settings)?.version(settings.version)).await
}

/// Forgets the account; no SMS is sent from then on.
#[utoipa::path(delete, path = "/sms-settings", tag = "messaging", params(("If-Match" = String, Header)), responses((status = 204)), security(("session" = [])))]
async fn delete(mut ctx: Allow<SettingsManage>, seen: IfMatch) -> Result<StatusCode> {
    super::remove(&mut ctx, seen).await?;
    ctx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get, put, delete))
}

//! The security policy over HTTP.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::ctx::Answer;
use platform::error::{Problem, Result};
use platform::etag::IfMatch;
use platform::extract::Json;
use platform::{Allow, App};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::simulation::{self, Simulation};
use super::{CurrentPolicy, SecurityPolicy, store};

platform::permissions! { SecurityManage = "security:manage" }

/// The workspace's security policy.
#[utoipa::path(get, path = "/tenant/security-policy", tag = "identity", responses((status = 200, body = CurrentPolicy)), security(("session" = [])))]
async fn get(mut ctx: Allow<SecurityManage>) -> Result<Response> {
    let tenant = ctx.tenant;
    let current = store::find(ctx.db().await?, tenant).await?;
    Ok(Answer::json(StatusCode::OK, &current)?.version(current.version).into_response())
}

/// Saves the workspace's security policy; it holds at once. Takes a factor shown within the last ten minutes.
#[utoipa::path(put, path = "/tenant/security-policy", tag = "identity", params(("If-Match" = String, Header)), request_body = SecurityPolicy, responses((status = 200, body = CurrentPolicy), (status = 409, description = "It would lock out who saves it", body = Problem, content_type = "application/problem+json")), security(("session" = [])))]
async fn put(mut ctx: Allow<SecurityManage>, seen: IfMatch, Json(policy): Json<SecurityPolicy>) -> Result<Response> {
    let current = super::change(&mut ctx, seen, policy).await?;
    Ok(Answer::json(StatusCode::OK, &current)?.version(current.version).into_response())
}

/// What a draft would have done to the sign-ins of the last 90 days.
#[utoipa::path(post, path = "/tenant/security-policy/simulations", tag = "identity", request_body = SecurityPolicy, responses((status = 200, body = Simulation)), security(("session" = [])))]
async fn simulate(mut ctx: Allow<SecurityManage>, Json(policy): Json<SecurityPolicy>) -> Result<Json<Simulation>> {
    Ok(Json(simulation::run(&mut ctx, policy).await?))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get, put)).routes(routes!(simulate))
}

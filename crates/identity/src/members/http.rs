//! Members over HTTP.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::ctx::Answer;
use platform::error::{Problem, Result};
use platform::etag::IfMatch;
use platform::extract::{Json, Path, Query};
use platform::page::{Page, PageParams};
use platform::text::{Checks, name_key};
use platform::{Allow, App};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::store::{self, Filter};
use super::{Member, MemberChange};

platform::permissions! { MembersRead = "members:read", MembersWrite = "members:write" }

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MemberFilter {
    /// Part of the name or address.
    q: Option<String>,
    /// `active`, `inactive` or `suspended`
    status: Option<String>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// The workspace's members by name.
#[utoipa::path(get, path = "/members", tag = "identity", params(MemberFilter), responses((status = 200, body = Page<Member>)), security(("session" = [])))]
async fn list(mut ctx: Allow<MembersRead>, Query(filter): Query<MemberFilter>) -> Result<Json<Page<Member>>> {
    let mut checks = Checks::new();
    let status = filter.status.as_deref().map(|status| checks.one_of("status", status, &["active", "inactive", "suspended"]));
    checks.done()?;
    let page = PageParams { cursor: filter.cursor, limit: filter.limit };
    let (limit, after) = (page.limit()?, page.after::<(String, Uuid)>()?);
    let q = filter.q.as_deref().map(name_key).filter(|q| !q.is_empty());
    let (tenant, own) = (ctx.tenant, ctx.own_filter());
    let wanted = Filter { q: q.as_deref(), status: status.as_deref(), own, after: after.as_ref() };
    let rows = store::list(ctx.db().await?, tenant, &wanted, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| (row.name.clone(), row.user_id), |row| row)))
}

/// One member.
#[utoipa::path(get, path = "/members/{user_id}", tag = "identity", params(("user_id" = Uuid, Path)), responses((status = 200, body = Member)), security(("session" = [])))]
async fn get(mut ctx: Allow<MembersRead>, Path(user): Path<Uuid>) -> Result<Response> {
    ctx.check_owner(user)?;
    let tenant = ctx.tenant;
    let member = store::find(ctx.db().await?, tenant, user).await?.ok_or_else(Problem::not_found)?;
    Ok(Answer::json(StatusCode::OK, &member)?.version(member.version).into_response())
}

/// Changes a member's status or roles, with effect from the member's next request. One who is not active any more loses his or her
/// access tokens and apps here for good. Roles, permissions and letting somebody in again take a factor shown within the last ten minutes.
#[utoipa::path(patch, path = "/members/{user_id}", tag = "identity", params(("user_id" = Uuid, Path), ("If-Match" = String, Header)), request_body = MemberChange, responses((status = 200, body = Member)), security(("session" = [])))]
async fn patch(mut ctx: Allow<MembersWrite>, Path(user): Path<Uuid>, seen: IfMatch, Json(input): Json<MemberChange>) -> Result<Response> {
    let member = super::change(&mut ctx, user, seen, input).await?;
    Ok(Answer::json(StatusCode::OK, &member)?.version(member.version).into_response())
}

/// Removes a member: inactive, without roles, access tokens and apps from the next request on. Takes a factor shown within the last
/// ten minutes.
#[utoipa::path(delete, path = "/members/{user_id}", tag = "identity", params(("user_id" = Uuid, Path), ("If-Match" = String, Header)), responses((status = 204)), security(("session" = [])))]
async fn remove(mut ctx: Allow<MembersWrite>, Path(user): Path<Uuid>, seen: IfMatch) -> Result<StatusCode> {
    super::remove(&mut ctx, user, seen).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get, patch, remove))
}

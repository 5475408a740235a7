//! Invitations over HTTP.

use axum::http::StatusCode;
use axum::response::Response;
use platform::auth::Anonymous;
use platform::error::{Problem, Result};
use platform::extract::{Json, Path, Query};
use platform::page::{Page, PageParams};
use platform::rate_limit::Limit;
use platform::text::Checks;
use platform::{Allow, App};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::answers::{self, Acceptance, InvitationOffer, InvitationToken};
use super::store::{self, Filter};
use super::{Invitation, InvitationInput};
use crate::caller::Somebody;
use crate::sessions::CurrentSession;

platform::permissions! { InvitationsRead = "invitations:read", InvitationsWrite = "invitations:write" }

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InvitationFilter {
    /// `pending`, `accepted`, `declined`, `revoked` or `expired`
    status: Option<String>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// The workspace's invitations, newest first.
#[utoipa::path(get, path = "/invitations", tag = "identity", params(InvitationFilter), responses((status = 200, body = Page<Invitation>)), security(("session" = [])))]
async fn list(mut ctx: Allow<InvitationsRead>, Query(filter): Query<InvitationFilter>) -> Result<Json<Page<Invitation>>> {
    let mut checks = Checks::new();
    let status =
        filter.status.as_deref().map(|status| checks.one_of("status", status, &["pending", "accepted", "declined", "revoked", "expired"]));
    checks.done()?;
    let page = PageParams { cursor: filter.cursor, limit: filter.limit };
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let (tenant, now, own) = (ctx.tenant, ctx.now(), ctx.own_filter());
    let wanted = Filter { status: status.as_deref(), id: None, own, before };
    let rows = store::list(ctx.db().await?, tenant, &wanted, now, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

/// Invites an address to a role.
#[utoipa::path(post, path = "/invitations", tag = "identity", request_body = InvitationInput, responses((status = 201, body = Invitation)), security(("session" = [])))]
async fn create(mut ctx: Allow<InvitationsWrite>, Json(input): Json<InvitationInput>) -> Result<Response> {
    super::create(&mut ctx, input).await
}

/// Sends an invitation again with a new link, valid for seven days from now.
#[utoipa::path(post, path = "/invitations/{id}/sendings", tag = "identity", params(("id" = Uuid, Path)), responses((status = 202, body = Invitation)), security(("session" = [])))]
async fn resend(mut ctx: Allow<InvitationsWrite>, Path(id): Path<Uuid>) -> Result<Response> {
    super::resend(&mut ctx, id).await
}

/// Revokes an invitation; its link is dead at once.
#[utoipa::path(delete, path = "/invitations/{id}", tag = "identity", params(("id" = Uuid, Path)), responses((status = 204)), security(("session" = [])))]
async fn revoke(mut ctx: Allow<InvitationsWrite>, Path(id): Path<Uuid>) -> Result<StatusCode> {
    super::revoke(&mut ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the invitation of a link offers.
#[utoipa::path(post, path = "/invitation-lookups", tag = "identity", request_body = InvitationToken, responses((status = 200, body = InvitationOffer)))]
async fn look_up(caller: Anonymous, Json(input): Json<InvitationToken>) -> Result<Json<InvitationOffer>> {
    caller.app.limits.check_address(Limit::Credentials, caller.origin.ip)?;
    Ok(Json(answers::look_up(&caller.app, &input).await?))
}

/// Accepts an invitation and signs in: as a new user with name and password, as a known one signed in or with the password.
#[utoipa::path(
    post,
    path = "/invitation-acceptances",
    tag = "identity",
    request_body = Acceptance,
    responses(
        (status = 201, body = CurrentSession),
        (status = 401, description = "Wrong credentials", body = Problem, content_type = "application/problem+json"),
    ),
)]
async fn accept(caller: Somebody, Json(input): Json<Acceptance>) -> Result<Response> {
    caller.app.limits.check_address(Limit::Credentials, caller.origin.ip)?;
    answers::accept(caller, input).await
}

/// Declines an invitation.
#[utoipa::path(post, path = "/invitation-refusals", tag = "identity", request_body = InvitationToken, responses((status = 204)))]
async fn decline(caller: Anonymous, Json(input): Json<InvitationToken>) -> Result<Response> {
    caller.app.limits.check_address(Limit::Credentials, caller.origin.ip)?;
    answers::decline(caller, &input).await
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(resend))
        .routes(routes!(revoke))
        .routes(routes!(look_up))
        .routes(routes!(accept))
        .routes(routes!(decline))
}

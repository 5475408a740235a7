//! Clients over HTTP: of the workspace, for who may manage them there, and of the instance, for its administrators. Who changes an
//! address has codes sent there, so changes take a factor shown just now, which no access token shows.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::audit::Change;
use platform::auth::PlatformAdmin;
use platform::ctx::Answer;
use platform::error::{Problem, Result};
use platform::etag::IfMatch;
use platform::extract::{Json, Path, Query};
use platform::page::{Page, PageParams};
use platform::{Allow, App, SignedIn};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{IssuedClient, OAuthClient, OAuthClientChange, OAuthClientInput, store};
use crate::activity::{SecurityEvent, note_security_event};
use crate::directory::Directory;
use crate::events::OAuthClientCreated;

platform::permissions! { OAuthClientsManage = "oauth_clients:manage" }

fn answered(client: &OAuthClient) -> Result<Response> {
    Ok(Answer::json(StatusCode::OK, client)?.version(client.version).into_response())
}

/// The workspace's apps, newest first.
#[utoipa::path(get, path = "/oauth-clients", tag = "identity", params(PageParams), responses((status = 200, body = Page<OAuthClient>)), security(("session" = [])))]
async fn list(mut ctx: Allow<OAuthClientsManage>, Query(page): Query<PageParams>) -> Result<Json<Page<OAuthClient>>> {
    let (limit, before, tenant) = (page.limit()?, page.after::<Uuid>()?, ctx.tenant);
    let rows = store::list(ctx.db().await?, Some(tenant), before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

/// Registers an app; the answer holds its secret, this once. Takes a factor shown within the last ten minutes.
#[utoipa::path(post, path = "/oauth-clients", tag = "identity", request_body = OAuthClientInput, responses((status = 201, body = IssuedClient)), security(("session" = [])))]
async fn create(mut ctx: Allow<OAuthClientsManage>, Json(input): Json<OAuthClientInput>) -> Result<Response> {
    ctx.check_fresh()?;
    let (tenant, now, by) = (ctx.tenant, ctx.now(), ctx.user_id().ok_or_else(Problem::unauthenticated)?);
    let issued = super::create(ctx.db().await?, Some(tenant), by, now, input).await?;
    ctx.audit(Change::created("oauth_client.created", "oauth_client", issued.client.id, &issued.client));
    ctx.publish(&OAuthClientCreated { oauth_client_id: issued.client.id, name: issued.client.name.clone() })?;
    let answer = Answer::created(&issued)?.version(issued.client.version);
    ctx.commit_with(answer).await
}

/// One of the workspace's apps.
#[utoipa::path(get, path = "/oauth-clients/{id}", tag = "identity", params(("id" = Uuid, Path)), responses((status = 200, body = OAuthClient)), security(("session" = [])))]
async fn get(mut ctx: Allow<OAuthClientsManage>, Path(id): Path<Uuid>) -> Result<Response> {
    let tenant = ctx.tenant;
    answered(&store::find(ctx.db().await?, Some(tenant), id).await?.ok_or_else(Problem::not_found)?)
}

/// Changes an app. What it may no more ask for, and what it is disabled, ends its tokens. Takes a factor shown within the last ten
/// minutes.
#[utoipa::path(patch, path = "/oauth-clients/{id}", tag = "identity", params(("id" = Uuid, Path), ("If-Match" = String, Header)), request_body = OAuthClientChange, responses((status = 200, body = OAuthClient)), security(("session" = [])))]
async fn patch(
    mut ctx: Allow<OAuthClientsManage>,
    Path(id): Path<Uuid>,
    seen: IfMatch,
    Json(input): Json<OAuthClientChange>,
) -> Result<Response> {
    ctx.check_fresh()?;
    let (tenant, now) = (ctx.tenant, ctx.now());
    let (before, after) = super::change(ctx.db().await?, Some(tenant), id, now, seen, input).await?;
    ctx.audit(Change::updated("oauth_client.updated", "oauth_client", id, &before, &after));
    ctx.commit().await?;
    answered(&after)
}

/// Deletes an app with all its tokens and consents. Takes a factor shown within the last ten minutes.
#[utoipa::path(delete, path = "/oauth-clients/{id}", tag = "identity", params(("id" = Uuid, Path), ("If-Match" = String, Header)), responses((status = 204)), security(("session" = [])))]
async fn delete(mut ctx: Allow<OAuthClientsManage>, Path(id): Path<Uuid>, seen: IfMatch) -> Result<StatusCode> {
    ctx.check_fresh()?;
    let tenant = ctx.tenant;
    let client = store::find_for_change(ctx.db().await?, Some(tenant), id).await?.ok_or_else(Problem::not_found)?;
    seen.check(client.version)?;
    store::delete(ctx.db().await?, id).await?;
    ctx.audit(Change::deleted("oauth_client.deleted", "oauth_client", id, &client));
    ctx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Draws a new secret; the answer holds it, this once, and the old one counts no more. Takes a factor shown within the last ten
/// minutes.
#[utoipa::path(post, path = "/oauth-clients/{id}/secrets", tag = "identity", params(("id" = Uuid, Path)), responses((status = 201, body = IssuedClient)), security(("session" = [])))]
async fn renew_secret(mut ctx: Allow<OAuthClientsManage>, Path(id): Path<Uuid>) -> Result<Response> {
    ctx.check_fresh()?;
    let tenant = ctx.tenant;
    let issued = super::renew_secret(ctx.db().await?, Some(tenant), id).await?;
    let now = ctx.now();
    let told = |renewed_at| json!({ "renewed_at": renewed_at });
    ctx.audit(Change::updated("oauth_client.secret_renewed", "oauth_client", id, told(None), told(Some(now))));
    let answer = Answer::created(&issued)?.version(issued.client.version);
    ctx.commit_with(answer).await
}

/// The instance's apps, newest first.
#[utoipa::path(get, path = "/instance/oauth-clients", tag = "identity", params(PageParams), responses((status = 200, body = Page<OAuthClient>)), security(("session" = [])))]
async fn list_instance(PlatformAdmin(caller): PlatformAdmin, Query(page): Query<PageParams>) -> Result<Json<Page<OAuthClient>>> {
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let mut directory = Directory::open(&caller.app, None, None).await?;
    let rows = store::list(directory.db(), None, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

/// Registers an app for people of every workspace; the answer holds its secret, this once. Takes a factor shown within the last ten
/// minutes.
#[utoipa::path(post, path = "/instance/oauth-clients", tag = "identity", request_body = OAuthClientInput, responses((status = 201, body = IssuedClient)), security(("session" = [])))]
async fn create_instance(PlatformAdmin(caller): PlatformAdmin, Json(input): Json<OAuthClientInput>) -> Result<Response> {
    caller.session.check_fresh(caller.app.clock.now())?;
    let mut directory = Directory::open(&caller.app, None, caller.claim.clone()).await?;
    let issued = super::create(directory.db(), None, caller.session.user_id, caller.app.clock.now(), input).await?;
    note(&mut directory, &caller, "oauth_client_created", &issued.client).await?;
    directory.commit_with(Answer::created(&issued)?.version(issued.client.version)).await
}

/// One of the instance's apps.
#[utoipa::path(get, path = "/instance/oauth-clients/{id}", tag = "identity", params(("id" = Uuid, Path)), responses((status = 200, body = OAuthClient)), security(("session" = [])))]
async fn get_instance(PlatformAdmin(caller): PlatformAdmin, Path(id): Path<Uuid>) -> Result<Response> {
    let mut directory = Directory::open(&caller.app, None, None).await?;
    answered(&store::find(directory.db(), None, id).await?.ok_or_else(Problem::not_found)?)
}

/// Changes an app of the instance. What it may no more ask for, and what it is disabled, ends its tokens. Takes a factor shown within
/// the last ten minutes.
#[utoipa::path(patch, path = "/instance/oauth-clients/{id}", tag = "identity", params(("id" = Uuid, Path), ("If-Match" = String, Header)), request_body = OAuthClientChange, responses((status = 200, body = OAuthClient)), security(("session" = [])))]
async fn patch_instance(
    PlatformAdmin(caller): PlatformAdmin,
    Path(id): Path<Uuid>,
    seen: IfMatch,
    Json(input): Json<OAuthClientChange>,
) -> Result<Response> {
    caller.session.check_fresh(caller.app.clock.now())?;
    let mut directory = Directory::open(&caller.app, None, None).await?;
    let (_, after) = super::change(directory.db(), None, id, caller.app.clock.now(), seen, input).await?;
    note(&mut directory, &caller, "oauth_client_updated", &after).await?;
    directory.commit().await?;
    answered(&after)
}

/// Deletes an app of the instance with all its tokens and consents. Takes a factor shown within the last ten minutes.
#[utoipa::path(delete, path = "/instance/oauth-clients/{id}", tag = "identity", params(("id" = Uuid, Path), ("If-Match" = String, Header)), responses((status = 204)), security(("session" = [])))]
async fn delete_instance(PlatformAdmin(caller): PlatformAdmin, Path(id): Path<Uuid>, seen: IfMatch) -> Result<StatusCode> {
    caller.session.check_fresh(caller.app.clock.now())?;
    let mut directory = Directory::open(&caller.app, None, None).await?;
    let client = store::find_for_change(directory.db(), None, id).await?.ok_or_else(Problem::not_found)?;
    seen.check(client.version)?;
    store::delete(directory.db(), id).await?;
    note(&mut directory, &caller, "oauth_client_deleted", &client).await?;
    directory.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Draws a new secret for an app of the instance; the answer holds it, this once, and the old one counts no more. Takes a factor
/// shown within the last ten minutes.
#[utoipa::path(post, path = "/instance/oauth-clients/{id}/secrets", tag = "identity", params(("id" = Uuid, Path)), responses((status = 201, body = IssuedClient)), security(("session" = [])))]
async fn renew_secret_instance(PlatformAdmin(caller): PlatformAdmin, Path(id): Path<Uuid>) -> Result<Response> {
    caller.session.check_fresh(caller.app.clock.now())?;
    let mut directory = Directory::open(&caller.app, None, caller.claim.clone()).await?;
    let issued = super::renew_secret(directory.db(), None, id).await?;
    note(&mut directory, &caller, "oauth_client_secret_renewed", &issued.client).await?;
    directory.commit_with(Answer::created(&issued)?.version(issued.client.version)).await
}

/// Who administers the instance does so in no workspace, whose trail would tell of it.
async fn note(directory: &mut Directory, caller: &SignedIn, event: &str, client: &OAuthClient) -> Result<()> {
    let event = SecurityEvent { user: caller.session.user_id, event, severity: "high", details: json!({ "client": client }) };
    note_security_event(directory.db(), &caller.app, &caller.origin, &event).await
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, patch, delete))
        .routes(routes!(renew_secret))
        .routes(routes!(list_instance, create_instance))
        .routes(routes!(get_instance, patch_instance, delete_instance))
        .routes(routes!(renew_secret_instance))
}

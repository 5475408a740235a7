//! Consents over HTTP: what is asked, how it is decided, and the list of one's own. They take the person.

use axum::http::StatusCode;
use platform::crypto::sha256;
use platform::error::{Error, Problem, Result};
use platform::extract::{Json, Path, Query};
use platform::page::{Page, PageParams};
use platform::{App, Ctx, SignedIn, TenantId};
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{AuthorizationAsked, AuthorizationDecision, ConsentScopes, OAuthConsent, another_account, expired, step_up_required, store};
use crate::directory::Directory;
use crate::oauth::clients::{self, OAuthClient};
use crate::oauth::requests::authorize::answer_with_code;
use crate::oauth::requests::{self, AuthorizationRequest};

/// A request as the browser was sent with it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthorizationLookup {
    #[schema(min_length = 1, max_length = 100)]
    request: String,
}

/// Where the browser goes now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Decided {
    /// The client's address, with its code or a refusal in the query.
    redirect_to: String,
}

/// A request for consent, with whom it is from; it was asked of the caller.
async fn waiting(
    db: &mut sqlx::PgConnection,
    caller: &SignedIn,
    handle: &str,
) -> Result<(requests::store::Found, OAuthClient, AuthorizationRequest)> {
    if handle.is_empty() {
        return Err(Problem::field("request", "required", "is required").into());
    }
    let found = requests::store::find(db, &sha256(handle.as_bytes()), "consent", caller.app.clock.now()).await?.ok_or_else(expired)?;
    if found.user_id != Some(caller.session.user_id) {
        return Err(another_account().into());
    }
    let client = clients::store::counted(db, found.client_id).await?.ok_or_else(expired)?;
    let request = serde_json::from_value(found.parameters.clone()).map_err(Error::internal)?;
    Ok((found, client, request))
}

/// What an app asks for, for the person whom it asks.
#[utoipa::path(post, path = "/oauth-authorization-lookups", tag = "identity", request_body = AuthorizationLookup, responses((status = 200, body = AuthorizationAsked), (status = 410, description = "Run out, or answered before", body = Problem, content_type = "application/problem+json")), security(("session" = [])))]
async fn look_up(caller: SignedIn, Json(input): Json<AuthorizationLookup>) -> Result<Json<AuthorizationAsked>> {
    let mut directory = Directory::open(&caller.app, None, None).await?;
    let (_, client, request) = waiting(directory.db(), &caller, &input.request).await?;
    let leads_to = Url::parse(&request.redirect_uri).ok().map(|url| match url.host_str() {
        Some(host) => host.to_owned(),
        None => url.scheme().to_owned(),
    });
    Ok(Json(super::describe(directory.db(), &caller, &client, request.scopes, leads_to).await?))
}

/// Allows or refuses what an app asks for; the answer says where the browser goes with it.
#[utoipa::path(post, path = "/oauth-authorizations", tag = "identity", request_body = AuthorizationDecision, responses((status = 200, body = Decided), (status = 410, description = "Run out, or answered before", body = Problem, content_type = "application/problem+json")), security(("session" = [])))]
async fn decide(caller: SignedIn, Json(input): Json<AuthorizationDecision>) -> Result<Json<Decided>> {
    let (app, now) = (caller.app.clone(), caller.app.clock.now());
    let mut directory = Directory::open(&app, None, None).await?;
    let (found, client, request) = waiting(directory.db(), &caller, &input.request).await?;
    if !input.allowed {
        requests::store::mark_used(directory.db(), found.id, now).await?;
        directory.commit().await?;
        let answer = [("error", "access_denied"), ("error_description", "The person said no.")];
        return Ok(Json(Decided { redirect_to: request.back().with(&app, &answer)? }));
    }
    let tenant = input.tenant_id.ok_or_else(|| Problem::field("tenant_id", "required", "is required"))?;
    if request.wants_fresh(caller.session.verified_at, found.asked_at, now) {
        return Err(step_up_required().into());
    }
    directory.commit().await?;
    let mut ctx = Ctx::of_member(app.clone(), caller.session.clone(), TenantId(tenant), caller.origin.clone(), None);
    // Again, and locked in the transaction of what it leads to.
    waiting(ctx.db().await?, &caller, &input.request).await?;
    let allowed = super::allow(&mut ctx, &caller.session, &client, &request.scopes, input.scopes.as_deref()).await?;
    requests::store::mark_used(ctx.db().await?, found.id, now).await?;
    let redirect_to = answer_with_code(&app, ctx.db().await?, &client, &request, &allowed).await?;
    ctx.commit().await?;
    Ok(Json(Decided { redirect_to }))
}

/// The apps that one has allowed something, in every workspace, newest first.
#[utoipa::path(get, path = "/oauth-consents", tag = "identity", params(PageParams), responses((status = 200, body = Page<OAuthConsent>)), security(("session" = [])))]
async fn list(caller: SignedIn, Query(page): Query<PageParams>) -> Result<Json<Page<OAuthConsent>>> {
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let mut directory = Directory::open(&caller.app, None, None).await?;
    let rows = store::list(directory.db(), caller.session.user_id, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

/// Takes back what one has allowed an app; its tokens count no more at once.
#[utoipa::path(delete, path = "/oauth-consents/{id}", tag = "identity", params(("id" = Uuid, Path)), responses((status = 204)), security(("session" = [])))]
async fn revoke(caller: SignedIn, Path(id): Path<Uuid>) -> Result<StatusCode> {
    super::revoke(caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Leaves an app less than one has allowed it; its tokens may no more from then on.
#[utoipa::path(put, path = "/oauth-consents/{id}/scopes", tag = "identity", params(("id" = Uuid, Path)), request_body = ConsentScopes, responses((status = 200, body = OAuthConsent)), security(("session" = [])))]
async fn narrow(caller: SignedIn, Path(id): Path<Uuid>, Json(input): Json<ConsentScopes>) -> Result<Json<OAuthConsent>> {
    Ok(Json(super::narrow(caller, id, &input).await?))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(look_up))
        .routes(routes!(decide))
        .routes(routes!(list))
        .routes(routes!(revoke))
        .routes(routes!(narrow))
}

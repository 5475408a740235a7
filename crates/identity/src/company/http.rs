//! A workspace's own providers over HTTP, and its own page of sign-in.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::auth::{Anonymous, InPerson};
use platform::ctx::Answer;
use platform::error::{Problem, Result};
use platform::etag::IfMatch;
use platform::extract::{Json, Path};
use platform::page::Page;
use platform::rate_limit::Limit;
use platform::{Allow, App, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{ProviderCheck, SignInProvider, SignInProviderInput, entry, store};
use crate::directory::Directory;
use crate::identities::ProviderSummary;
use crate::mail_domains;
use crate::policy::http::SecurityManage;

/// A workspace's own page of sign-in.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkspaceSignIn {
    pub name: String,
    pub slug: String,
    pub logo_url: Option<String>,
    /// `#rrggbb`
    pub color: Option<String>,
    /// Its own providers; their keys are to be sent with the slug.
    pub providers: Vec<ProviderSummary>,
}

/// Whose page to look for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceLookup {
    #[schema(max_length = 254)]
    email: String,
}

/// Where people with an address of that domain sign in, whoever they are.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundWorkspace {
    /// Null where no workspace has the domain and a provider of its own.
    pub slug: Option<String>,
}

/// Who one is at the workspace's own providers.
#[derive(Debug, Serialize, ToSchema)]
pub struct CompanyIdentity {
    /// Of the provider.
    pub id: Uuid,
    pub name: String,
    /// Null where one is not known there.
    pub linked: Option<KnownThere>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct KnownThere {
    pub email: Option<String>,
    pub last_used_at: platform::time::Timestamp,
}

/// The workspace's own providers.
#[utoipa::path(get, path = "/tenant/sign-in-providers", tag = "identity", responses((status = 200, body = Page<SignInProvider>)), security(("session" = [])))]
async fn list(mut ctx: Allow<SecurityManage>) -> Result<Json<Page<SignInProvider>>> {
    let tenant = ctx.tenant;
    let found = store::list(ctx.db().await?, tenant, None).await?;
    Ok(Json(Page::whole(found.into_iter().map(|stored| stored.shown).collect())))
}

/// Lets members sign in by a provider of the workspace's own. Takes a factor shown within the last ten minutes.
#[utoipa::path(post, path = "/tenant/sign-in-providers", tag = "identity", request_body = SignInProviderInput, responses((status = 201, body = SignInProvider)), security(("session" = [])))]
async fn create(mut ctx: Allow<SecurityManage>, Json(input): Json<SignInProviderInput>) -> Result<Response> {
    let created = super::create(&mut ctx, input).await?;
    ctx.commit_with(Answer::created(&created)?.version(created.version)).await
}

/// Changes one; one that is switched off ends the sessions that it opened. Takes a factor shown within the last ten minutes.
#[utoipa::path(put, path = "/tenant/sign-in-providers/{id}", tag = "identity", params(("id" = Uuid, Path), ("If-Match" = String, Header)), request_body = SignInProviderInput, responses((status = 200, body = SignInProvider), (status = 409, description = "The security policy needs it", body = Problem, content_type = "application/problem+json")), security(("session" = [])))]
async fn put(
    mut ctx: Allow<SecurityManage>,
    Path(id): Path<Uuid>,
    seen: IfMatch,
    Json(input): Json<SignInProviderInput>,
) -> Result<Response> {
    let changed = super::change(&mut ctx, id, seen, input).await?;
    ctx.commit().await?;
    ctx.app.sessions.forget();
    Ok(Answer::json(StatusCode::OK, &changed)?.version(changed.version).into_response())
}

/// Takes one away, with who members are there and the sessions that it opened. Takes a factor shown within the last ten minutes.
#[utoipa::path(delete, path = "/tenant/sign-in-providers/{id}", tag = "identity", params(("id" = Uuid, Path), ("If-Match" = String, Header)), responses((status = 204), (status = 409, description = "The security policy needs it", body = Problem, content_type = "application/problem+json")), security(("session" = [])))]
async fn delete(mut ctx: Allow<SecurityManage>, Path(id): Path<Uuid>, seen: IfMatch) -> Result<StatusCode> {
    super::delete(&mut ctx, id, seen).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks one whether it is there.
#[utoipa::path(post, path = "/tenant/sign-in-providers/{id}/checks", tag = "identity", params(("id" = Uuid, Path)), responses((status = 200, body = ProviderCheck)), security(("session" = [])))]
async fn check(mut ctx: Allow<SecurityManage>, Path(id): Path<Uuid>) -> Result<Json<ProviderCheck>> {
    ctx.app.limits.check(Limit::Credentials, &format!("provider check {}", ctx.tenant.0))?;
    Ok(Json(super::try_out(&mut ctx, id).await?))
}

/// The page on which people of one workspace sign in by its own provider; 404 where it has none.
#[utoipa::path(get, path = "/sign-in-options/{slug}", tag = "identity", params(("slug" = String, Path)), responses((status = 200, body = WorkspaceSignIn)))]
async fn of_workspace(caller: Anonymous, Path(slug): Path<String>) -> Result<Json<WorkspaceSignIn>> {
    let mut directory = Directory::open(&caller.app, None, None).await?;
    let found = store::workspace(directory.db(), &slug).await?.ok_or_else(Problem::not_found)?;
    drop(directory);
    let tenant = TenantId(found.tenant_id);
    let mut directory = Directory::open(&caller.app, Some(tenant), None).await?;
    let providers = store::list(directory.db(), tenant, None).await?;
    let providers: Vec<_> = providers
        .into_iter()
        .filter(|stored| stored.shown.is_enabled)
        .map(|stored| ProviderSummary { key: stored.shown.id.to_string(), name: stored.shown.name })
        .collect();
    if providers.is_empty() {
        return Err(Problem::not_found().into());
    }
    Ok(Json(WorkspaceSignIn { name: found.name, slug: found.slug, logo_url: found.logo_url, color: found.color, providers }))
}

/// Finds that page by the domain of an address; the address itself is not looked at.
#[utoipa::path(post, path = "/sign-in-options/lookups", tag = "identity", request_body = WorkspaceLookup, responses((status = 200, body = FoundWorkspace)))]
async fn look_up(caller: Anonymous, Json(input): Json<WorkspaceLookup>) -> Result<Json<FoundWorkspace>> {
    caller.app.limits.check_address(Limit::Credentials, caller.origin.ip)?;
    let mut directory = Directory::open(&caller.app, None, None).await?;
    let slug = match mail_domains::of_address(&input.email) {
        Some(domain) => mail_domains::store::workspace_of(directory.db(), &domain).await?,
        None => None,
    };
    Ok(Json(FoundWorkspace { slug }))
}

/// The workspace's own providers, and whether one is known there.
#[utoipa::path(get, path = "/me/company-identities", tag = "identity", responses((status = 200, body = Page<CompanyIdentity>)), security(("session" = [])))]
async fn identities(mut ctx: InPerson) -> Result<Json<Page<CompanyIdentity>>> {
    Ok(Json(Page::whole(entry::list(&mut ctx).await?)))
}

/// Unlinks who one is at a provider of the workspace, and ends the sessions that it opened for one. Takes a factor shown within the
/// last ten minutes.
#[utoipa::path(delete, path = "/me/company-identities/{id}", tag = "identity", params(("id" = Uuid, Path)), responses((status = 204)), security(("session" = [])))]
async fn unlink(mut ctx: InPerson, Path(id): Path<Uuid>) -> Result<StatusCode> {
    entry::unlink(&mut ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(put, delete))
        .routes(routes!(check))
        .routes(routes!(of_workspace))
        .routes(routes!(look_up))
        .routes(routes!(identities))
        .routes(routes!(unlink))
}

//! Deleting a workspace: asked for by an owner, closed at once, erased after the grace period unless an owner calls it off.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::audit::Change;
use platform::ctx::Answer;
use platform::ctx::Caller;
use platform::error::{Problem, Result};
use platform::extract::{Json, Path};
use platform::mail::Person;
use platform::time::Timestamp;
use platform::{App, Ctx, SignedIn, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::store;
use crate::accounts::day;
use crate::events::{TenantDeletionCancelled, TenantDeletionRequested, TenantUpdated};
use crate::mails::notices::{self, Notice};
use crate::{members, policy};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantDeletionInput {
    /// The workspace's name, typed to show that it is meant.
    name: String,
}

/// A workspace that is closed and waits for its erasure.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantDeletion {
    /// Until then an owner can call it off.
    pub scheduled_at: Timestamp,
}

/// Deletes a workspace that one owns: closed at once, erased after the grace period.
#[utoipa::path(post, path = "/tenants/{id}/deletion", tag = "identity", params(("id" = Uuid, Path)), request_body = TenantDeletionInput, responses((status = 202, body = TenantDeletion)), security(("session" = [])))]
async fn request(caller: SignedIn, Path(id): Path<Uuid>, Json(input): Json<TenantDeletionInput>) -> Result<Response> {
    let SignedIn { app, session, origin, claim } = caller;
    session.check_fresh(app.clock.now())?;
    let (tenant, user) = (TenantId(id), session.user_id);
    let mut ctx = Ctx::of_member(app, session, tenant, origin, claim);
    members::store::find(ctx.db().await?, tenant, user).await?.filter(|member| member.status == "active").ok_or_else(Problem::not_found)?;
    check_admitted(&mut ctx).await?;
    let me = owner(&mut ctx).await?;
    let now = ctx.now();
    let name = store::name_of(ctx.db().await?, tenant).await?;
    if input.name.trim() != name.trim() {
        return Err(Problem::field("name", "incorrect", "is not the workspace's name").into());
    }
    let due = store::request_deletion(ctx.db().await?, me, now).await?;
    let due = due.ok_or_else(|| Problem::conflict("tenant_inactive", "This workspace is not active."))?;
    ctx.audit(Change::updated(
        "tenant.deletion_requested",
        "tenant",
        tenant.0,
        json!({ "status": "active" }),
        json!({ "status": "pending_deletion", "deletion_scheduled_at": due }),
    ));
    tell(&mut ctx, &notices::TENANT_DELETION, &name, Some(due)).await?;
    ctx.publish(&TenantUpdated { tenant_id: tenant.0, name })?;
    ctx.publish(&TenantDeletionRequested { tenant_id: tenant.0, scheduled_at: due })?;
    ctx.commit_with(Answer::json(StatusCode::ACCEPTED, &TenantDeletion { scheduled_at: due })?).await
}

/// Calls off the deletion of a workspace that one owns.
#[utoipa::path(delete, path = "/tenants/{id}/deletion", tag = "identity", params(("id" = Uuid, Path)), responses((status = 204)), security(("session" = [])))]
async fn cancel(caller: SignedIn, Path(id): Path<Uuid>) -> Result<Response> {
    let SignedIn { app, session, origin, .. } = caller;
    let (tenant, user) = (TenantId(id), session.user_id);
    // The session acts in no tenant that is closed; whether it may here is read in the tenant itself.
    let mut ctx = Ctx::of_member(app, session, tenant, origin, None);
    let member = members::store::find(ctx.db().await?, tenant, user).await?.filter(|member| member.status == "active");
    if member.is_none() {
        return Err(Problem::not_found().into());
    }
    check_admitted(&mut ctx).await?;
    if !members::store::is_owner(ctx.db().await?, tenant, user).await? {
        return Err(not_owner().into());
    }
    if !store::waiting_for_deletion(ctx.db().await?, tenant).await? {
        return Err(Problem::not_found().into());
    }
    let now = ctx.now();
    if !store::cancel_deletion(ctx.db().await?, user, now).await? {
        return Err(Problem::conflict("erasing", "This workspace is being erased and cannot be kept.").into());
    }
    let name = store::name_of(ctx.db().await?, tenant).await?;
    ctx.audit(Change::updated(
        "tenant.deletion_cancelled",
        "tenant",
        tenant.0,
        json!({ "status": "pending_deletion" }),
        json!({ "status": "active" }),
    ));
    tell(&mut ctx, &notices::TENANT_DELETION_CANCELLED, &name, None).await?;
    ctx.publish(&TenantUpdated { tenant_id: tenant.0, name })?;
    ctx.publish(&TenantDeletionCancelled { tenant_id: tenant.0 })?;
    ctx.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The workspace is named in the path, so no extractor has asked its security policy.
async fn check_admitted(ctx: &mut Ctx) -> Result<()> {
    let (tenant, now, address) = (ctx.tenant, ctx.now(), ctx.origin.ip);
    let session = ctx.session().ok_or_else(Problem::unauthenticated)?.clone();
    policy::check_admitted(ctx.db().await?, tenant, &session, address, now).await??;
    Ok(())
}

/// The caller, read again under the lock of memberships to be an owner.
///
/// # Errors
/// 403 for anybody else.
pub async fn owner(ctx: &mut Ctx) -> Result<Uuid> {
    let tenant = ctx.tenant;
    let user = ctx.user_id().ok_or_else(Problem::unauthenticated)?;
    members::store::lock_memberships(ctx.db().await?, tenant).await?;
    if members::store::is_owner(ctx.db().await?, tenant, user).await? { Ok(user) } else { Err(not_owner().into()) }
}

fn not_owner() -> Problem {
    Problem { detail: "Only an owner of the workspace can do this.".to_owned(), ..Problem::forbidden() }
}

/// Mails to every owner, in each one's language.
async fn tell(ctx: &mut Ctx, notice: &Notice, workspace: &str, due: Option<Timestamp>) -> Result<()> {
    let (tenant, app) = (ctx.tenant, ctx.app.clone());
    let person = match &ctx.caller {
        Caller::Member(session) => session.name.clone(),
        _ => String::new(),
    };
    let owners = store::owners(ctx.db().await?, tenant, false).await?;
    let mails: Vec<_> = owners
        .into_iter()
        .map(|owner| {
            let date = due.map(|due| day(due, &owner.timezone)).unwrap_or_default();
            let values = [("workspace", workspace), ("person", person.as_str()), ("date", date.as_str())];
            notice.mail(&app, &owner.locale, Person { name: owner.name, email: owner.email }, &values, "/")
        })
        .collect();
    ctx.mail(mails);
    Ok(())
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(request, cancel))
}

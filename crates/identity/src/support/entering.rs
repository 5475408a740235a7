//! From a lease to a session in the workspace, and back.

use axum::http::StatusCode;
use axum::response::Response;
use platform::audit::{self, Change};
use platform::error::{Problem, Result};
use platform::{SignedIn, TenantId};
use serde_json::json;
use uuid::Uuid;

use super::store;
use crate::activity::{SecurityEvent, note_security_event};
use crate::oauth::tokens::store::revoke_of_session;
use crate::owner::AsOwner;
use crate::sessions::{self, NewSession};

/// All as the owner, since nobody knows the tenant before the lease was found, and an administrator is no member there.
pub async fn enter(caller: SignedIn, lease: Uuid) -> Result<Response> {
    let SignedIn { app, session, origin, claim } = caller;
    let now = app.clock.now();
    session.check_fresh(now)?;
    let mut owner = AsOwner::open(&app, claim).await?;
    let tenant = store::tenant_to_enter(owner.db(), lease, session.user_id, now).await?.ok_or_else(Problem::not_found)?;
    sessions::check_second_factor(owner.db(), &session, tenant).await?;
    let remembered = sessions::store::is_remembered(owner.db(), session.id).await?;
    sessions::store::end(owner.db(), session.user_id, session.id, now).await?;
    // What apps were given goes with the session: it is not to hang on a lease.
    revoke_of_session(owner.db(), session.id, now).await?;
    let new = NewSession { lease: Some(lease), continues: None, ..NewSession::continued(&session, Some(tenant), remembered) };
    let opened = sessions::open(owner.db(), &app, &origin, None, &new).await?;
    let change =
        Change::created("support_lease.entered", "support_lease", lease, json!({ "administrator": session.name })).about(session.user_id);
    audit::note_now(owner.db(), &app, tenant, &opened.session, &origin, change).await?;
    note(owner.db(), &app, &origin, session.user_id, "support_lease_entered", tenant, lease).await?;
    let answer = sessions::answer(owner.db(), &app, &origin, StatusCode::OK, &opened).await?;
    owner.commit_with(answer).await
}

/// The session goes on in a workspace of one's own, or in none, for as long as it would have lasted.
pub async fn leave(caller: SignedIn) -> Result<Response> {
    let SignedIn { app, session, origin, claim } = caller;
    let (Some(lease), Some(tenant)) = (&session.lease, session.tenant) else { return Err(Problem::not_found().into()) };
    let now = app.clock.now();
    let mut owner = AsOwner::open(&app, claim).await?;
    let remembered = sessions::store::is_remembered(owner.db(), session.id).await?;
    let expires_at = sessions::store::ends_at(owner.db(), session.id).await?;
    sessions::store::end(owner.db(), session.user_id, session.id, now).await?;
    let own = sessions::store::tenant_to_enter(owner.db(), session.user_id).await?;
    let new = NewSession { expires_at: Some(expires_at), ..NewSession::continued(&session, own, remembered) };
    let opened = sessions::open(owner.db(), &app, &origin, None, &new).await?;
    let change =
        Change::created("support_lease.left", "support_lease", lease.id, json!({ "administrator": session.name })).about(session.user_id);
    audit::note_now(owner.db(), &app, tenant, &session, &origin, change).await?;
    note(owner.db(), &app, &origin, session.user_id, "support_lease_left", tenant, lease.id).await?;
    let answer = sessions::answer(owner.db(), &app, &origin, StatusCode::OK, &opened).await?;
    owner.commit_with(answer).await
}

async fn note(
    db: &mut sqlx::PgConnection,
    app: &platform::App,
    origin: &platform::ctx::Origin,
    admin: Uuid,
    event: &str,
    tenant: TenantId,
    lease: Uuid,
) -> Result<()> {
    let details = json!({ "tenant_id": tenant, "lease_id": lease });
    note_security_event(db, app, origin, &SecurityEvent { user: admin, event, severity: "high", details }).await
}

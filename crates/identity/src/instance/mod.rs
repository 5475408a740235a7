//! What administrators of the instance see and do: tenants and users from outside, with counts and health, and nothing of
//! what tenants keep.

pub mod http;
pub mod mailbox;
pub mod store;
pub mod types;

use platform::audit::{self, Change};
use platform::ctx::Origin;
use platform::error::{Problem, Result};
use platform::etag::OptionalIfMatch;
use platform::mail::{self, Person};
use platform::text::Checks;
use platform::{App, SignedIn, TenantId, jobs};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use self::types::{SuspensionInput, TrialInput};
use crate::activity::{SecurityEvent, note_security_event};
use crate::mails::notices::{self, Notice};
use crate::owner::AsOwner;
use crate::plans;
use crate::tenants::{self, Features};

/// Closes a tenant by every door.
async fn suspend(admin: SignedIn, tenant: TenantId, input: SuspensionInput) -> Result<()> {
    let mut checks = Checks::new();
    let reason = checks.line("reason", &input.reason, 1, 500);
    checks.done()?;
    let SignedIn { app, session, origin, .. } = admin;
    session.check_fresh(app.clock.now())?;
    let mut owner = AsOwner::open(&app, None).await?;
    let before = store::lock_tenant(owner.db(), tenant).await?.ok_or_else(Problem::not_found)?;
    if !matches!(before.status.as_str(), "active" | "inactive" | "suspended") {
        return Err(Problem::conflict("tenant_inactive", "This workspace is deleted or waits for its deletion.").into());
    }
    store::set_status(owner.db(), tenant, "suspended", &reason, session.user_id, app.clock.now()).await?;
    let change = Change::updated(
        "tenant.suspended",
        "tenant",
        tenant.0,
        json!({ "status": before.status }),
        json!({ "status": "suspended", "reason": reason }),
    );
    audit::note_now(owner.db(), &app, tenant, &session, &origin, change).await?;
    note(owner.db(), &app, &origin, session.user_id, "tenant_suspended", tenant).await?;
    if before.status != "suspended" {
        let values = [("workspace", before.name.as_str()), ("reason", reason.as_str())];
        tell_owners(owner.db(), &app, tenant, &notices::TENANT_SUSPENDED, &values, "/").await?;
    }
    owner.commit().await
}

/// Opens a suspended tenant again, and has run what waited.
async fn lift(admin: SignedIn, tenant: TenantId) -> Result<()> {
    let SignedIn { app, session, origin, .. } = admin;
    session.check_fresh(app.clock.now())?;
    let mut owner = AsOwner::open(&app, None).await?;
    let before = store::lock_tenant(owner.db(), tenant).await?.filter(|tenant| tenant.status == "suspended");
    let before = before.ok_or_else(Problem::not_found)?;
    store::set_status(owner.db(), tenant, "active", "suspension lifted", session.user_id, app.clock.now()).await?;
    let resumed = jobs::resume(owner.db(), tenant).await?;
    let change = Change::updated(
        "tenant.suspension_lifted",
        "tenant",
        tenant.0,
        json!({ "status": "suspended" }),
        json!({ "status": "active", "jobs_resumed": resumed }),
    );
    audit::note_now(owner.db(), &app, tenant, &session, &origin, change).await?;
    note(owner.db(), &app, &origin, session.user_id, "tenant_suspension_lifted", tenant).await?;
    tell_owners(owner.db(), &app, tenant, &notices::TENANT_RESTORED, &[("workspace", &before.name)], "/").await?;
    owner.commit().await
}

/// Says what the tenant may use.
async fn set_features(admin: SignedIn, tenant: TenantId, seen: OptionalIfMatch, features: Features) -> Result<()> {
    let SignedIn { app, session, origin, .. } = admin;
    session.check_fresh(app.clock.now())?;
    let mut owner = AsOwner::open(&app, None).await?;
    let before = store::lock_tenant(owner.db(), tenant).await?.ok_or_else(Problem::not_found)?;
    if let Some(seen) = seen.0 {
        seen.check(before.version)?;
    }
    store::set_features(owner.db(), tenant, &features).await?;
    let change = Change::updated("tenant.features_changed", "tenant", tenant.0, &before.features, &features);
    audit::note_now(owner.db(), &app, tenant, &session, &origin, change).await?;
    note(owner.db(), &app, &origin, session.user_id, "tenant_features_changed", tenant).await?;
    owner.commit().await
}

/// Says until when the tenant tries the product.
async fn set_trial(admin: SignedIn, tenant: TenantId, seen: OptionalIfMatch, input: TrialInput) -> Result<()> {
    let SignedIn { app, session, origin, .. } = admin;
    session.check_fresh(app.clock.now())?;
    let mut owner = AsOwner::open(&app, None).await?;
    let known = store::lock_tenant(owner.db(), tenant).await?.ok_or_else(Problem::not_found)?;
    if let Some(seen) = seen.0 {
        seen.check(known.version)?;
    }
    let before = plans::store::lock_subscription(owner.db(), tenant).await?.ok_or_else(Problem::not_found)?;
    plans::store::set_trial(owner.db(), tenant, input.ends_at, app.clock.now()).await?;
    let change = Change::updated(
        "tenant.trial_changed",
        "tenant",
        tenant.0,
        json!({ "trial_ends_at": before.trial_ends_at }),
        json!({ "trial_ends_at": input.ends_at }),
    );
    audit::note_now(owner.db(), &app, tenant, &session, &origin, change).await?;
    note(owner.db(), &app, &origin, session.user_id, "tenant_trial_changed", tenant).await?;
    owner.commit().await
}

/// In the instance's own log, since the tenant's trail goes with the tenant.
async fn note(db: &mut PgConnection, app: &App, origin: &Origin, admin: Uuid, event: &str, tenant: TenantId) -> Result<()> {
    let event = SecurityEvent { user: admin, event, severity: "high", details: json!({ "tenant_id": tenant }) };
    note_security_event(db, app, origin, &event).await
}

/// Mails of the instance: those of the tenant wait.
///
/// # Errors
/// The database's.
pub async fn tell_owners(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    notice: &Notice,
    values: &[(&str, &str)],
    path: &str,
) -> Result<()> {
    for person in tenants::store::owners(&mut *db, tenant, false).await? {
        let to = Person { name: person.name, email: person.email };
        mail::post(&mut *db, &app.keys, None, &notice.mail(app, &person.locale, to, values, path)).await?;
    }
    Ok(())
}

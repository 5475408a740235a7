//! Support leases: what a workspace lends the instance's support, for a time and in part. A lease becomes a session of an
//! administrator of the instance in the workspace, with the lease's permissions and none of his or her own.

mod entering;
pub mod http;
pub mod store;

use platform::audit::Change;
use platform::auth::{Permissions, Scope, Session};
use platform::error::{Error, OnConstraint, Problem, Result};
use platform::lease::UsedLease;
use platform::mail::{self, Person};
use platform::text::Checks;
use platform::time::Timestamp;
use platform::{Allow, SignedIn, TenantId, id};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use self::http::SupportManage;
use crate::instance;
use crate::mails::hosting;
use crate::owner::AsOwner;
use crate::tenants;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// Of a lease that names no end.
const USUAL_SECONDS: i64 = 4 * HOUR;
const MOST_SECONDS: i64 = 7 * DAY;
/// How far ahead a lease may begin.
const AHEAD_SECONDS: i64 = 30 * DAY;
/// After which a request that nobody answered counts no more.
pub const REQUEST_SECONDS: i64 = 7 * DAY;

/// What a lease may allow. Files are not among it, since nothing can be hidden in them, nor anything by which data leave or
/// go, or by which credentials, roles, policies and ownership change.
const LEASABLE: [&str; 16] = [
    "audit:read",
    "bookings:read",
    "bookings:write",
    "contacts:read",
    "contacts:write",
    "event_types:read",
    "event_types:write",
    "invitations:read",
    "jobs:manage",
    "members:read",
    "organizers:read",
    "organizers:write",
    "roles:read",
    "schedules:read",
    "schedules:write",
    "settings:read",
];
/// Whoever changes these records gives personal fields, and would learn of those that are hidden by what is refused.
const NEEDS_PERSONAL: [&str; 2] = ["bookings:write", "contacts:write"];

fn is_reading(codename: &str) -> bool {
    codename.ends_with(":read")
}

/// A lease or a request for one.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupportLease {
    pub id: Uuid,
    /// `requested`, `granted`, `declined`, `revoked` or `expired`
    pub status: String,
    /// Who asked for it, and alone may use it; without, any administrator of the instance.
    pub administrator: Option<String>,
    /// Why it was asked for.
    pub request_reason: Option<String>,
    /// Why it was granted.
    pub reason: Option<String>,
    pub granted_by: Option<String>,
    pub starts_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
    /// `bookings:read`
    pub permissions: Vec<String>,
    /// Whether answers show addresses, telephone numbers and free text.
    pub shows_personal: bool,
    pub created_at: Timestamp,
    /// When it was declined or revoked.
    pub ended_at: Option<Timestamp>,
}

/// A lease or a request as administrators of the instance see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct InstanceLease {
    pub tenant_id: Uuid,
    pub tenant_name: String,
    pub lease: SupportLease,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaseInput {
    /// Stands in the trail.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    /// Now, where it is left out; at most 30 days ahead.
    starts_at: Option<Timestamp>,
    /// Four hours after it starts, where it is left out; at most seven days after.
    ends_at: Option<Timestamp>,
    /// Reading alone, where it is left out.
    permissions: Option<Vec<String>>,
    #[serde(default)]
    shows_personal: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaseRequestInput {
    /// The owners read it.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// The lease by which one is in a workspace.
#[derive(Debug, Serialize, ToSchema)]
pub struct CurrentLease {
    pub granted_by: String,
    pub ends_at: Timestamp,
    pub may_write: bool,
    pub shows_personal: bool,
}

/// Somebody of the instance's support who is in the workspace.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupportPresence {
    pub name: String,
    /// When the lease ends.
    pub ends_at: Timestamp,
}

/// What a lease allows, once it was checked.
pub struct Terms {
    pub reason: String,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub permissions: Vec<String>,
    pub shows_personal: bool,
}

impl LeaseInput {
    /// Nobody lends more than he or she has.
    fn checked(self, held: Permissions, now: Timestamp) -> Result<Terms, Problem> {
        let mut checks = Checks::new();
        let reason = checks.line("reason", &self.reason, 1, 500);
        let starts_at = self.starts_at.map_or(now, |at| at.max(now));
        let ends_at = self.ends_at.unwrap_or_else(|| starts_at.plus_seconds(USUAL_SECONDS));
        if starts_at > now.plus_seconds(AHEAD_SECONDS) {
            checks.add("starts_at", "too_late", "can be at most 30 days ahead");
        }
        if ends_at <= starts_at {
            checks.add("ends_at", "too_early", "must be after the start, and in the future");
        }
        if ends_at > starts_at.plus_seconds(MOST_SECONDS) {
            checks.add("ends_at", "too_long", "can be at most seven days after the start");
        }
        let mut permissions = match self.permissions {
            Some(permissions) => permissions,
            None => LEASABLE.iter().filter(|codename| is_reading(codename)).map(|codename| (*codename).to_owned()).collect(),
        };
        permissions.sort_unstable();
        permissions.dedup();
        if permissions.is_empty() {
            checks.add("permissions", "required", "must name what is lent");
        }
        if permissions.iter().any(|codename| !LEASABLE.contains(&codename.as_str())) {
            checks.add("permissions", "not_for_support", "may name only what support can be lent");
        } else if !held.covers(permissions.iter().map(|codename| (codename, Scope::All)).collect()) {
            checks.add("permissions", "above_own", "may name only what you may do yourself");
        }
        if !self.shows_personal && permissions.iter().any(|codename| NEEDS_PERSONAL.contains(&codename.as_str())) {
            checks.add("shows_personal", "required", "is needed to change bookings or contacts");
        }
        checks.done()?;
        Ok(Terms { reason, starts_at, ends_at, permissions, shows_personal: self.shows_personal })
    }
}

/// Lends the instance's support a part of the workspace, or with an id answers what an administrator asked for.
async fn grant(ctx: &mut Allow<SupportManage>, request: Option<Uuid>, input: LeaseInput) -> Result<SupportLease> {
    let (tenant, now) = (ctx.tenant, ctx.now());
    ctx.check_fresh()?;
    let session = ctx.session().ok_or_else(Problem::unauthenticated)?;
    let (me, terms) = (session.user_id, input.checked(session.permissions, now)?);
    let lease = match request {
        Some(request) => {
            if !store::grant(ctx.db().await?, tenant, request, &terms, me, now).await? {
                return Err(Problem::not_found().into());
            }
            request
        }
        None => {
            let lease = id::new();
            store::insert_granted(ctx.db().await?, tenant, lease, &terms, me, now).await?;
            lease
        }
    };
    let granted = store::find(ctx.db().await?, tenant, lease, now).await?.ok_or_else(Problem::not_found)?;
    let administrator = store::administrator(ctx.db().await?, tenant, lease).await?;
    // The values stand under the key of whom they are about, and name nobody else: who granted it is the line's actor.
    let mut values = serde_json::to_value(&granted).map_err(Error::internal)?;
    values.as_object_mut().and_then(|fields| fields.remove("granted_by"));
    let about = administrator.as_ref().map_or(me, |administrator| administrator.id);
    ctx.audit(Change::created("support_lease.granted", "support_lease", lease, values).about(about));
    if let Some(to) = administrator {
        let (app, workspace) = (ctx.app.clone(), tenants::store::name_of(ctx.db().await?, tenant).await?);
        let mail = hosting::LEASE_GRANTED.mail(
            &app,
            &to.locale,
            Person { name: to.name, email: to.email },
            &[("workspace", &workspace)],
            &format!("/instance/tenants/{}", tenant.0),
        );
        // Of the instance, since it is not the workspace's to read.
        mail::post(ctx.db().await?, &app.keys, None, &mail).await?;
    }
    Ok(granted)
}

/// Declines what was asked for, or takes back what was granted: whoever acts by it is out at once.
async fn end(ctx: &mut Allow<SupportManage>, lease: Uuid) -> Result<()> {
    let (tenant, now) = (ctx.tenant, ctx.now());
    let me = ctx.user_id().ok_or_else(Problem::unauthenticated)?;
    let before = store::find(ctx.db().await?, tenant, lease, now).await?.ok_or_else(Problem::not_found)?;
    let status = store::end(ctx.db().await?, tenant, lease, me, now).await?.ok_or_else(Problem::not_found)?;
    crate::sessions::store::end_of_lease(ctx.db().await?, tenant, lease, now).await?;
    let change = Change::updated(
        if status == "revoked" { "support_lease.revoked" } else { "support_lease.declined" },
        "support_lease",
        lease,
        json!({ "status": before.status }),
        json!({ "status": status }),
    );
    ctx.audit(change);
    ctx.commit().await
}

/// An administrator asks to be let in.
async fn request(admin: SignedIn, tenant: TenantId, input: LeaseRequestInput) -> Result<axum::response::Response> {
    let mut checks = Checks::new();
    let reason = checks.line("reason", &input.reason, 1, 500);
    checks.done()?;
    let SignedIn { app, session, origin, claim } = admin;
    let now = app.clock.now();
    let mut owner = AsOwner::open(&app, claim).await?;
    let before = instance::store::lock_tenant(owner.db(), tenant).await?.ok_or_else(Problem::not_found)?;
    if before.status != "active" {
        return Err(Problem::conflict("tenant_inactive", "This workspace is not active.").into());
    }
    let lease = id::new();
    store::decline_expired(owner.db(), tenant, now).await?;
    store::insert_request(owner.db(), tenant, lease, session.user_id, &reason, now)
        .await
        .on_constraint("support_leases_one_request", || {
            Problem::conflict("lease_requested", "You have asked this workspace already, and nobody has answered yet.")
        })?;
    let change = Change::created("support_lease.requested", "support_lease", lease, json!({ "reason": reason })).about(session.user_id);
    platform::audit::note_now(owner.db(), &app, tenant, &session, &origin, change).await?;
    let values = [("workspace", before.name.as_str()), ("person", session.name.as_str()), ("reason", reason.as_str())];
    instance::tell_owners(owner.db(), &app, tenant, &hosting::LEASE_REQUESTED, &values, "/settings/support").await?;
    let lease = store::find(owner.db(), tenant, lease, now).await?.ok_or_else(Problem::not_found)?;
    let answer = platform::ctx::Answer::created(&InstanceLease { tenant_id: tenant.0, tenant_name: before.name, lease })?;
    owner.commit_with(answer).await
}

/// What the session's holder sees of support in the tenant: the lease he or she acts by, and who else is there.
///
/// # Errors
/// The database's.
pub async fn seen_by(
    db: &mut PgConnection,
    tenant: TenantId,
    session: &Session,
    now: Timestamp,
) -> Result<(Option<CurrentLease>, Vec<SupportPresence>)> {
    let present = store::present(&mut *db, tenant, now).await?;
    let lease = session.lease.as_ref().map(|UsedLease { granted_by_name, shows_personal, .. }| CurrentLease {
        granted_by: granted_by_name.clone(),
        ends_at: session.expires_at,
        may_write: session.permissions.iter().any(|(codename, _)| !is_reading(codename)),
        shows_personal: *shows_personal,
    });
    Ok((lease, present))
}

#[cfg(test)]
mod tests {
    use platform::permissions::CODENAMES;

    use super::*;

    const NOW: i64 = 1_000_000;

    fn checked(input: serde_json::Value) -> Result<Terms, Vec<String>> {
        let all = CODENAMES.iter().map(|codename| (codename, Scope::All)).collect();
        let input: LeaseInput = serde_json::from_value(input).expect("of the right shape");
        input
            .checked(all, Timestamp::from_second(NOW))
            .map_err(|problem| problem.errors.iter().map(|error| format!("{} {}", error.field, error.code)).collect())
    }

    fn at(seconds: i64) -> String {
        Timestamp::from_second(NOW + seconds).to_string()
    }

    #[test]
    fn a_lease_reads_for_four_hours_and_hides_where_nothing_else_is_said() {
        let terms = checked(json!({ "reason": "x" })).expect("valid");
        assert!(terms.permissions.iter().all(|codename| is_reading(codename)) && !terms.shows_personal);
        assert_eq!(terms.ends_at, Timestamp::from_second(NOW + 4 * HOUR));
    }

    #[test]
    fn bounds_are_kept() {
        let refused = |input| checked(input).err().expect("refused");
        assert_eq!(refused(json!({ "reason": "", "permissions": [] })), ["reason required", "permissions required"]);
        assert_eq!(refused(json!({ "reason": "x", "ends_at": at(7 * DAY + 1) })), ["ends_at too_long"]);
        assert_eq!(refused(json!({ "reason": "x", "ends_at": at(0) })), ["ends_at too_early"]);
        // A start in the past makes it no longer.
        assert_eq!(refused(json!({ "reason": "x", "starts_at": at(-DAY), "ends_at": at(-1) })), ["ends_at too_early"]);
        assert_eq!(refused(json!({ "reason": "x", "starts_at": at(31 * DAY) })), ["starts_at too_late"]);
        assert_eq!(refused(json!({ "reason": "x", "permissions": ["contacts:write"] })), ["shows_personal required"]);
        for never in CODENAMES.iter().filter(|codename| !LEASABLE.contains(codename)) {
            assert_eq!(refused(json!({ "reason": "x", "permissions": [never] })), ["permissions not_for_support"], "{never}");
        }
    }

    #[test]
    fn nobody_lends_more_than_he_or_she_has() {
        let input: LeaseInput = serde_json::from_value(json!({ "reason": "x", "permissions": ["audit:read"] })).expect("valid");
        let held = [("bookings:read", Scope::All)].into_iter().collect();
        let refused = input.checked(held, Timestamp::from_second(NOW)).err().expect("refused");
        assert_eq!(refused.errors[0].code, "above_own");
    }
}

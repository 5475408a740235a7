//! Members: who works in the tenant, in which roles and with which status.

pub mod access;
pub mod http;
pub mod store;

use platform::audit::Change;
use platform::auth::{Gate, Permissions, Session};
use platform::error::{OnConstraint, Problem, Result};
use platform::etag::IfMatch;
use platform::text::Checks;
use platform::time::Timestamp;
use platform::{Allow, Ctx, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use self::http::MembersWrite;
use crate::events::{MemberJoined, MemberRemoved, MemberUpdated};
use crate::roles::store::Grantable;
use crate::roles::{self, RoleName};
use crate::sessions::Grant;
use crate::{access_tokens, devices, oauth, plans, tenants};

/// A member of the tenant.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Member {
    pub user_id: Uuid,
    pub name: String,
    pub email: String,
    pub timezone: String,
    /// `active`, `inactive` (works here no more, or not now) or `suspended`
    pub status: String,
    pub roles: Vec<RoleName>,
    /// What the member may do beside what the roles allow.
    pub extra_permissions: Vec<Grant>,
    pub joined_at: Option<Timestamp>,
    pub last_active_at: Option<Timestamp>,
    pub version: i64,
}

/// A user who becomes a member.
#[derive(Clone, Debug)]
pub struct Newcomer {
    pub user_id: Uuid,
    pub name: String,
    pub email: String,
    pub timezone: String,
    pub locale: String,
}

impl Newcomer {
    /// Stands in for the session that he or she does not have yet, so that the audit trail names who acts. It allows
    /// nothing.
    pub fn acting(&self, tenant: TenantId, now: Timestamp) -> Session {
        Session {
            id: Uuid::nil(),
            user_id: self.user_id,
            name: self.name.clone(),
            email: self.email.clone(),
            locale: self.locale.clone(),
            timezone: self.timezone.clone(),
            is_platform_admin: false,
            tenant: Some(tenant),
            permissions: Permissions::NONE,
            expires_at: now,
            factors: Vec::new(),
            verified_at: now,
            gate: Gate::default(),
            token: None,
            is_read_only: false,
            lease: None,
        }
    }
}

impl From<&Session> for Newcomer {
    fn from(session: &Session) -> Self {
        Self {
            user_id: session.user_id,
            name: session.name.clone(),
            email: session.email.clone(),
            timezone: session.timezone.clone(),
            locale: session.locale.clone(),
        }
    }
}

/// What is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberChange {
    /// `active`, `inactive` or `suspended`
    status: Option<String>,
    /// All roles that the member shall have.
    #[schema(max_items = 20)]
    role_ids: Option<Vec<Uuid>>,
    /// All that the member shall be able to do beside what the roles allow.
    #[schema(max_items = 200)]
    extra_permissions: Option<Vec<Grant>>,
}

/// Adds a member in that role, or makes a former one active again in that role alone. Commits nothing.
///
/// # Errors
/// 409 for a suspended member, whom only the member list lifts.
pub async fn join(ctx: &mut Ctx, newcomer: &Newcomer, role: Uuid, invited_at: Option<Timestamp>) -> Result<Member> {
    let (tenant, user, now) = (ctx.tenant, newcomer.user_id, ctx.now());
    store::lock_memberships(ctx.db().await?, tenant).await?;
    let before = store::find(ctx.db().await?, tenant, user).await?;
    match before.as_ref().map(|member| member.status.as_str()) {
        Some("suspended") => {
            return Err(Problem::conflict(
                "member_suspended",
                "Your membership is suspended. Ask an owner or administrator of the workspace.",
            )
            .into());
        }
        Some("active") => store::add_roles(ctx.db().await?, tenant, user, &[role]).await?,
        _ => {
            plans::check_members(ctx.db().await?, tenant).await?;
            store::upsert(ctx.db().await?, tenant, newcomer, invited_at, now).await?;
            store::clear_permissions(ctx.db().await?, tenant, user).await?;
            store::set_roles(ctx.db().await?, tenant, user, &[role]).await?;
        }
    }
    let member = store::find(ctx.db().await?, tenant, user).await?.ok_or_else(Problem::not_found)?;
    ctx.audit(Change {
        old: before.and_then(|before| serde_json::to_value(before).ok()),
        ..Change::created("member.joined", "member", user, &member).about(user)
    });
    ctx.publish(&MemberJoined::from(&member))?;
    Ok(member)
}

/// What decides whether a change is the actor's to make.
struct Authority {
    held: Permissions,
    is_owner: bool,
}

/// Whom it is about, before the change.
struct Target {
    permissions: Permissions,
    is_owner: bool,
}

impl Authority {
    /// Nobody changes a member who may do more than oneself, gives a role or a permission that allows more, or, being no
    /// owner, touches ownership.
    fn check(&self, target: &Target, added: &[&Grantable], extra: Permissions) -> Result<(), Problem> {
        if target.is_owner && !self.is_owner {
            return Err(roles::above_own("Only an owner can change an owner."));
        }
        if !self.held.covers(target.permissions) {
            return Err(roles::above_own("This member may do more than you, so you cannot change what he or she may do."));
        }
        for role in added {
            if role.is_owner && !self.is_owner {
                return Err(roles::above_own("Only an owner can make somebody an owner."));
            }
            if !self.held.covers(role.permissions) {
                return Err(roles::above_own("This role allows more than yours, so you cannot give it."));
            }
        }
        if !self.held.covers(extra) {
            return Err(roles::above_own(
                "You cannot give a permission that you do not have yourself, or that reaches further than yours.",
            ));
        }
        Ok(())
    }
}

async fn change(ctx: &mut Allow<MembersWrite>, user: Uuid, seen: IfMatch, input: MemberChange) -> Result<Member> {
    ctx.check_owner(user)?;
    let tenant = ctx.tenant;
    store::lock_memberships(ctx.db().await?, tenant).await?;
    let before = store::find(ctx.db().await?, tenant, user).await?.ok_or_else(Problem::not_found)?;
    let lets_in = before.status != "active" && input.status.as_deref() == Some("active");
    if input.role_ids.is_some() || input.extra_permissions.is_some() || lets_in {
        ctx.check_fresh()?;
    }
    seen.check(before.version)?;
    let mut checks = Checks::new();
    let status =
        input.status.map_or_else(|| before.status.clone(), |status| checks.one_of("status", &status, &["active", "inactive", "suspended"]));
    let held: Vec<Uuid> = before.roles.iter().map(|role| role.id).collect();
    let mut wanted = input.role_ids.unwrap_or_else(|| held.clone());
    wanted.sort_unstable();
    wanted.dedup();
    let known = roles::store::grantable(ctx.db().await?, tenant, &wanted).await?;
    if known.len() != wanted.len() {
        checks.add("role_ids", "unknown", "must be roles of this workspace");
    } else if wanted.is_empty() && status == "active" {
        checks.add("role_ids", "required", "must name at least one role for an active member");
    }
    let extra = input.extra_permissions.map(|grants| roles::chosen(&mut checks, "extra_permissions", &grants));
    checks.done()?;
    let added: Vec<&Grantable> = known.iter().filter(|role| !held.contains(&role.role.id)).collect();
    let was_owner = authorize(ctx, user, &added, extra.unwrap_or_default()).await?;
    if status == "active" && before.status != "active" {
        plans::check_members(ctx.db().await?, tenant).await?;
    }
    let stays_owner = status == "active" && known.iter().any(|role| role.is_owner);
    apply(ctx, user, &status, &wanted, was_owner && !stays_owner).await?;
    if let Some(extra) = extra {
        let set = store::set_permissions(ctx.db().await?, tenant, user, extra).await;
        set.on_constraint("member_permissions_permission_scope_fkey", || roles::has_no_own("extra_permissions"))?;
    }
    let after = store::find(ctx.db().await?, tenant, user).await?.ok_or_else(Problem::not_found)?;
    ctx.audit(Change::updated("member.updated", "member", user, &before, &after).about(user));
    let changes = [
        ("status", before.status != after.status),
        ("roles", before.roles != after.roles),
        ("permissions", before.extra_permissions != after.extra_permissions),
    ];
    let changes = changes.into_iter().filter_map(|(what, is_changed)| is_changed.then_some(what)).collect();
    ctx.publish(&MemberUpdated { changes, ..MemberUpdated::from(&after) })?;
    ctx.commit().await?;
    Ok(after)
}

/// The row stays for what refers to it; roles and grants go, so that nothing comes back with a later invitation.
async fn remove(ctx: &mut Allow<MembersWrite>, user: Uuid, seen: IfMatch) -> Result<()> {
    ctx.check_owner(user)?;
    let tenant = ctx.tenant;
    store::lock_memberships(ctx.db().await?, tenant).await?;
    let before = store::find(ctx.db().await?, tenant, user).await?.ok_or_else(Problem::not_found)?;
    ctx.check_fresh()?;
    seen.check(before.version)?;
    let was_owner = authorize(ctx, user, &[], Permissions::NONE).await?;
    apply(ctx, user, "inactive", &[], was_owner).await?;
    store::clear_permissions(ctx.db().await?, tenant, user).await?;
    let after = store::find(ctx.db().await?, tenant, user).await?.ok_or_else(Problem::not_found)?;
    ctx.audit(Change::updated("member.removed", "member", user, &before, &after).about(user));
    ctx.publish(&MemberRemoved::from(&after))?;
    ctx.commit().await
}

/// Answers whether the target holds the role of owner. What the actor may do is read again under the lock: it may have
/// changed while this request waited for it.
async fn authorize(ctx: &mut Allow<MembersWrite>, user: Uuid, added: &[&Grantable], extra: Permissions) -> Result<bool> {
    let tenant = ctx.tenant;
    let actor = ctx.user_id().ok_or_else(Problem::unauthenticated)?;
    let target = Target {
        permissions: store::permissions(ctx.db().await?, tenant, user).await?,
        is_owner: store::is_owner(ctx.db().await?, tenant, user).await?,
    };
    let held = store::permissions(ctx.db().await?, tenant, actor).await?;
    if held.of::<MembersWrite>().is_none() {
        return Err(Problem::forbidden().into());
    }
    let is_owner = store::is_owner(ctx.db().await?, tenant, actor).await?;
    Authority { held, is_owner }.check(&target, added, extra)?;
    Ok(target.is_owner)
}

async fn apply(ctx: &mut Allow<MembersWrite>, user: Uuid, status: &str, roles: &[Uuid], ends_ownership: bool) -> Result<()> {
    let tenant = ctx.tenant;
    if ends_ownership && !store::has_other_owner(ctx.db().await?, tenant, user).await? {
        return Err(
            Problem::conflict("last_owner", "A workspace keeps at least one active owner. Make somebody else an owner first.").into()
        );
    }
    store::set_status(ctx.db().await?, tenant, user, status).await?;
    store::set_roles(ctx.db().await?, tenant, user, roles).await?;
    if ends_ownership {
        tenants::store::keep_owned(ctx.db().await?, tenant, user).await?;
    }
    if status != "active" {
        end_access(ctx, user).await?;
    }
    Ok(())
}

/// Ends what acts for the member in the workspace when he or she is not there, so that nothing of it comes back with the membership.
async fn end_access(ctx: &mut Ctx, user: Uuid) -> Result<()> {
    let (tenant, now) = (ctx.tenant, ctx.now());
    let db = ctx.db().await?;
    access_tokens::store::revoke_of_member(&mut *db, tenant, user, now).await?;
    oauth::tokens::store::revoke_of_member(&mut *db, tenant, user, now).await?;
    Ok(devices::distrust(db, user, tenant).await?)
}

#[cfg(test)]
mod tests {
    use platform::auth::Scope;

    use super::*;

    fn permissions(names: &[&str]) -> Permissions {
        names.iter().map(|name| (name, Scope::All)).collect()
    }

    fn role(is_owner: bool, names: &[&str]) -> Grantable {
        Grantable { role: RoleName { id: Uuid::nil(), name: String::new() }, is_owner, permissions: permissions(names) }
    }

    #[test]
    fn nobody_reaches_above_oneself() {
        let held = permissions(&["members:write", "bookings:read"]);
        let manager = Authority { held, is_owner: false };
        let target = |is_owner, names: &[&str]| Target { permissions: permissions(names), is_owner };
        assert!(manager.check(&target(false, &["bookings:read"]), &[&role(false, &["bookings:read"])], Permissions::NONE).is_ok());
        assert!(manager.check(&target(false, &["settings:manage"]), &[], Permissions::NONE).is_err());
        assert!(manager.check(&target(false, &[]), &[&role(false, &["settings:manage"])], Permissions::NONE).is_err());
        assert!(manager.check(&target(false, &[]), &[], permissions(&["bookings:read"])).is_ok());
        assert!(manager.check(&target(false, &[]), &[], permissions(&["settings:manage"])).is_err());
    }

    #[test]
    fn ownership_is_the_owners() {
        let held = permissions(&["members:write"]);
        let (admin, owner) = (Authority { held, is_owner: false }, Authority { held, is_owner: true });
        let (an_owner, a_member) = (Target { permissions: held, is_owner: true }, Target { permissions: held, is_owner: false });
        assert!(admin.check(&an_owner, &[], Permissions::NONE).is_err() && owner.check(&an_owner, &[], Permissions::NONE).is_ok());
        let ownership = role(true, &["members:write"]);
        assert!(
            admin.check(&a_member, &[&ownership], Permissions::NONE).is_err()
                && owner.check(&a_member, &[&ownership], Permissions::NONE).is_ok()
        );
    }
}

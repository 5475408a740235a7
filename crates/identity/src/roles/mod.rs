//! Roles and what they allow: those that are built in, and the workspace's own.

mod built_in;
pub mod http;
pub mod store;

use axum::http::StatusCode;
use axum::response::Response;
use platform::audit::Change;
use platform::auth::{Permission as _, Permissions};
use platform::ctx::Answer;
use platform::error::{OnConstraint, Problem, Result};
use platform::etag::IfMatch;
use platform::text::Checks;
use platform::{Allow, Ctx, TenantId, id};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use self::http::RolesWrite;
use self::store::{NewRole, NewSystemRole, Stored};
use crate::events::{RoleCreated, RoleDeleted, RoleUpdated};
use crate::sessions::Grant;
use crate::{company, invitations, members};

/// The role that cannot be invited to, that only its holders give and take, and that somebody always holds.
pub const OWNER: &str = "owner";
/// Of its own, in one workspace.
const MOST: usize = 100;
/// How many of those that keep a role from being deleted are named.
const NAMED: i64 = 20;

/// A role of the tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct Role {
    pub id: Uuid,
    /// Of a built-in role one of `owner`, `admin`, `editor`, `salesperson`, `contributor`, `viewer` and `guest`.
    pub name: String,
    pub description: String,
    /// `system` or `custom`
    pub kind: String,
    /// The next lesser role, all of whose permissions this one has.
    pub parent_id: Option<Uuid>,
    /// Offered first when inviting.
    pub is_default: bool,
    /// All that it allows, by itself and by the roles above it.
    pub permissions: Vec<Grant>,
    /// What it allows by itself.
    pub own_permissions: Vec<Grant>,
    /// Active members who hold it.
    pub member_count: i64,
    pub version: i64,
}

/// A role by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RoleName {
    pub id: Uuid,
    pub name: String,
}

/// Something that a role may allow.
#[derive(Debug, Serialize, ToSchema)]
pub struct Permission {
    /// `bookings:read`
    pub codename: String,
    pub name: String,
    /// The heading it stands under.
    pub category: String,
    pub resource: String,
    pub action: String,
    pub description: String,
    /// Whether it can be given for one's own records only.
    pub has_own: bool,
}

/// A role of the workspace's own as it shall be, whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleInput {
    /// Told apart from the names of other roles without regard to case.
    #[schema(min_length = 1, max_length = 50)]
    name: String,
    #[serde(default)]
    #[schema(max_length = 500)]
    description: String,
    /// The role all of whose permissions this one has.
    parent_id: Option<Uuid>,
    /// What it allows beyond that.
    #[schema(max_items = 200)]
    permissions: Vec<Grant>,
}

/// Input that passed its checks.
struct Fields {
    name: String,
    description: String,
    parent: Option<Uuid>,
    permissions: Permissions,
}

impl RoleInput {
    fn checked(self) -> Result<Fields> {
        let mut checks = Checks::new();
        let name = checks.line("name", &self.name, 1, 50);
        let description = checks.paragraph("description", &self.description, 500);
        let permissions = chosen(&mut checks, "permissions", &self.permissions);
        checks.done()?;
        Ok(Fields { name, description, parent: self.parent_id, permissions })
    }
}

impl Fields {
    fn row(&self, id: Uuid) -> NewRole<'_> {
        NewRole { id, name: &self.name, description: &self.description, parent: self.parent }
    }
}

/// The set of those grants; a permission that there is not is an error of the field.
pub fn chosen(checks: &mut Checks, field: &str, grants: &[Grant]) -> Permissions {
    if let Some(unknown) = grants.iter().find(|grant| Permissions::from_iter([(&grant.codename, grant.scope)]) == Permissions::NONE) {
        checks.add(field, "unknown", format!("names {}, which is no permission", unknown.codename.chars().take(100).collect::<String>()));
    }
    grants.iter().map(|grant| (&grant.codename, grant.scope)).collect()
}

/// For giving, changing or taking what reaches further than the actor's own rights.
pub fn above_own(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "above_own", detail)
}

/// For a grant of `own` of what has no own records.
pub fn has_no_own(field: &str) -> Problem {
    Problem::field(field, "no_own", "limits to one's own records what is nobody's own")
}

async fn create(ctx: &mut Allow<RolesWrite>, input: RoleInput) -> Result<Response> {
    ctx.check_fresh()?;
    let fields = input.checked()?;
    let (tenant, id) = (ctx.tenant, id::new());
    members::store::lock_memberships(ctx.db().await?, tenant).await?;
    let held = held(ctx).await?;
    let before = store::list(ctx.db().await?, tenant).await?;
    if before.iter().filter(|stored| stored.role.kind == "custom").count() >= MOST {
        return Err(Problem::conflict("too_many_roles", "This workspace has as many roles of its own as one may have.").into());
    }
    check_parent(&before, fields.parent)?;
    placed(store::insert(ctx.db().await?, tenant, &fields.row(id)).await)?;
    allow(ctx, id, fields.permissions).await?;
    let after = store::list(ctx.db().await?, tenant).await?;
    let role = &found(&after, id)?.role;
    check_reach(held, role)?;
    ctx.audit(Change::created("role.created", "role", id, role));
    ctx.publish(&RoleCreated::from(role))?;
    ctx.commit_with(Answer::created(role)?.version(role.version)).await
}

async fn change(ctx: &mut Allow<RolesWrite>, id: Uuid, seen: IfMatch, input: RoleInput) -> Result<Role> {
    let before = own_role(ctx, id, seen).await?;
    let fields = input.checked()?;
    let tenant = ctx.tenant;
    let held = held(ctx).await?;
    let old = found(&before, id)?;
    // What is taken away here is taken from the roles that build upon it, and so from whoever holds those.
    for stored in before.iter().filter(|stored| stored.path.contains(&id)) {
        check_reach(held, &stored.role)?;
    }
    check_parent(&before, fields.parent)?;
    placed(store::update(ctx.db().await?, tenant, &fields.row(id)).await)?;
    store::revoke_all(ctx.db().await?, tenant, id).await?;
    allow(ctx, id, fields.permissions).await?;
    let mut after = store::list(ctx.db().await?, tenant).await?;
    check_reach(held, &found(&after, id)?.role)?;
    let place = after.iter().position(|stored| stored.role.id == id).ok_or_else(Problem::not_found)?;
    let role = after.swap_remove(place).role;
    ctx.audit(Change::updated("role.updated", "role", id, &old.role, &role));
    ctx.publish(&RoleUpdated::from(&role))?;
    ctx.commit().await?;
    Ok(role)
}

async fn delete(ctx: &mut Allow<RolesWrite>, id: Uuid, seen: IfMatch) -> Result<()> {
    let before = own_role(ctx, id, seen).await?;
    let (tenant, now) = (ctx.tenant, ctx.now());
    let old = found(&before, id)?;
    check_reach(held(ctx).await?, &old.role)?;
    let (holders, count) = store::holders(ctx.db().await?, tenant, id, NAMED).await?;
    let invited = invitations::store::pending_to(ctx.db().await?, tenant, id, now, NAMED).await?;
    let below: Vec<&str> =
        before.iter().filter(|stored| stored.role.parent_id == Some(id)).map(|stored| stored.role.name.as_str()).collect();
    let providers: Vec<String> = company::store::list(ctx.db().await?, tenant, None)
        .await?
        .into_iter()
        .filter(|stored| stored.shown.role.as_ref().is_some_and(|role| role.id == id))
        .map(|stored| stored.shown.name)
        .collect();
    if !(holders.is_empty() && invited.is_empty() && below.is_empty() && providers.is_empty()) {
        let detail = "This role is in use. Give its members another role, revoke invitations to it, give the roles that build upon it another parent, and newcomers of the workspace's sign-in providers another role.";
        let problem = Problem::conflict("role_in_use", detail).with("members", holders).with("member_count", count);
        return Err(problem.with("invitations", invited).with("roles", below).with("sign_in_providers", providers).into());
    }
    store::delete(ctx.db().await?, tenant, id).await?;
    ctx.audit(Change::deleted("role.deleted", "role", id, &old.role));
    ctx.publish(&RoleDeleted::from(&old.role))?;
    ctx.commit().await
}

/// All roles, once it is certain that this one is the workspace's own and as it was seen.
async fn own_role(ctx: &mut Allow<RolesWrite>, id: Uuid, seen: IfMatch) -> Result<Vec<Stored>> {
    let tenant = ctx.tenant;
    members::store::lock_memberships(ctx.db().await?, tenant).await?;
    let all = store::list(ctx.db().await?, tenant).await?;
    let role = &found(&all, id)?.role;
    ctx.check_fresh()?;
    if role.kind == "system" {
        return Err(
            Problem::conflict("role_built_in", "Built-in roles stay as they are. Make a role of your own that builds upon it.").into()
        );
    }
    seen.check(role.version)?;
    Ok(all)
}

fn found(all: &[Stored], id: Uuid) -> Result<&Stored, Problem> {
    all.iter().find(|stored| stored.role.id == id).ok_or_else(Problem::not_found)
}

fn check_parent(all: &[Stored], parent: Option<Uuid>) -> Result<(), Problem> {
    match parent {
        Some(parent) if found(all, parent).is_err() => Err(Problem::field("parent_id", "unknown", "is not a role of this workspace")),
        _ => Ok(()),
    }
}

/// What the schema refuses of a role's name and place.
fn placed(written: Result<(), sqlx::Error>) -> Result<()> {
    written
        .on_constraint("roles_name", || Problem::field("name", "taken", "is the name of another role"))
        .on_constraint("roles_no_cycle", || Problem::field("parent_id", "cycle", "builds upon this role itself"))
        .on_constraint("roles_depth", || Problem::field("parent_id", "too_deep", "makes a line of more than ten roles"))
}

async fn allow(ctx: &mut Ctx, id: Uuid, permissions: Permissions) -> Result<()> {
    let tenant = ctx.tenant;
    let grants: Vec<_> = permissions.iter().map(|(codename, scope)| (id, codename, scope)).collect();
    let written = store::grant(ctx.db().await?, tenant, &grants).await;
    written.on_constraint("role_permissions_permission_scope_fkey", || has_no_own("permissions"))
}

/// What the actor may do, read again under the lock: it may have changed while this request waited for it.
async fn held(ctx: &mut Allow<RolesWrite>) -> Result<Permissions> {
    let (tenant, actor) = (ctx.tenant, ctx.user_id().ok_or_else(Problem::unauthenticated)?);
    let held = members::store::permissions(ctx.db().await?, tenant, actor).await?;
    if held.of::<RolesWrite>().is_some() { Ok(held) } else { Err(Problem::forbidden().with("permission", RolesWrite::CODENAME).into()) }
}

/// Nobody makes, changes or deletes a role that allows more than he or she may do.
fn check_reach(held: Permissions, role: &Role) -> Result<(), Problem> {
    if held.covers(role.permissions.iter().map(|grant| (&grant.codename, grant.scope)).collect()) {
        return Ok(());
    }
    let detail = format!("The role {} allows more than you may do yourself, so it is not yours to make, change or delete.", role.name);
    Err(above_own(detail))
}

/// Writes the built-in roles of a new tenant; answers the owner's.
///
/// # Errors
/// The database's.
pub async fn found_roles(db: &mut PgConnection, tenant: TenantId) -> Result<Uuid> {
    let named: Vec<_> = built_in::ROLES.iter().map(|role| (id::new(), role)).collect();
    let id_of = |name: &str| named.iter().find(|(_, role)| role.name == name).map(|(id, _)| *id);
    // From the lowest to the highest, so that parents come first.
    let rows: Vec<_> = named
        .iter()
        .rev()
        .map(|(id, role)| NewSystemRole {
            role: NewRole { id: *id, name: role.name, description: role.description, parent: role.parent.and_then(id_of) },
            is_default: role.is_default,
        })
        .collect();
    store::insert_system(&mut *db, tenant, &rows).await?;
    let grants: Vec<_> =
        named.iter().flat_map(|(id, role)| role.grants().into_iter().map(|(codename, scope)| (*id, codename, scope))).collect();
    store::grant(db, tenant, &grants).await?;
    id_of(OWNER).ok_or_else(|| platform::Error::internal("no owner among the built-in roles"))
}

#[cfg(test)]
mod tests {
    use platform::auth::Scope;

    use super::built_in::{BuiltIn, ROLES};
    use super::*;

    fn role(name: &str) -> &'static BuiltIn {
        ROLES.iter().find(|role| role.name == name).expect("a built-in role")
    }

    /// By itself and by those above it.
    fn allowed(name: &str) -> Permissions {
        let line = std::iter::successors(Some(role(name)), |role| role.parent.map(self::role));
        line.flat_map(BuiltIn::grants).collect()
    }

    #[test]
    fn the_built_in_roles_are_those_of_the_seeds() {
        let names: Vec<_> = ROLES.iter().map(|role| role.name).collect();
        assert_eq!(names, ["owner", "admin", "editor", "salesperson", "contributor", "viewer", "guest"]);
        assert_eq!(ROLES.iter().filter(|role| role.is_default).map(|role| role.name).collect::<Vec<_>>(), ["viewer"]);
        assert!(platform::permissions::CODENAMES.iter().all(|codename| allowed("owner").scope(codename) == Some(Scope::All)));
        let owners_alone = platform::permissions::CODENAMES.iter().filter(|codename| allowed("admin").scope(codename).is_none());
        assert_eq!(owners_alone.collect::<Vec<_>>(), [&"support:manage"]);
        assert!(!allowed("editor").covers(allowed("admin")) && !allowed("salesperson").covers(allowed("editor")));
        assert!(!allowed("viewer").covers(allowed("contributor")) && !allowed("contributor").covers(allowed("salesperson")));
        assert!(allowed("viewer").iter().all(|(name, _)| name.ends_with(":read")) && allowed("viewer").scope("audit:read").is_none());
        assert_eq!(allowed("guest").iter().collect::<Vec<_>>(), [("event_types:read", Scope::All)]);
    }

    #[test]
    fn a_built_in_role_grants_nothing_twice_nor_what_its_parent_does() {
        for one in &ROLES {
            let inherited = one.parent.map_or(Permissions::NONE, allowed);
            let own: Permissions = one.grants().into_iter().collect();
            assert_eq!(own.iter().count(), one.grants().len(), "{}", one.name);
            assert!(one.grants().into_iter().all(|grant| !inherited.covers(Permissions::from_iter([grant]))), "{}", one.name);
        }
    }

    #[test]
    fn parents_come_after_those_that_name_them() {
        let place = |name: &str| ROLES.iter().position(|role| role.name == name);
        assert!(ROLES.iter().all(|role| role.parent.is_none_or(|parent| place(parent) > place(role.name))));
    }
}

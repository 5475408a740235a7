//! Roles and what they allow.

mod built_in;
pub mod http;
pub mod store;

use platform::auth::{Permissions, Scope};
use platform::error::Result;
use platform::{TenantId, id};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::sessions::Grant;

/// The role that cannot be invited to, that only its holders give and take, and that somebody always holds.
pub const OWNER: &str = "owner";

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
    pub permissions: Vec<Grant>,
    /// Active members who hold it.
    pub member_count: i64,
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
}

/// Of the two columns' texts.
pub fn scope_of(text: &str) -> Option<Scope> {
    match text {
        "all" => Some(Scope::All),
        "own" => Some(Scope::Own),
        _ => None,
    }
}

fn name_of(scope: Scope) -> &'static str {
    match scope {
        Scope::All => "all",
        Scope::Own => "own",
    }
}

/// Whether whoever holds `held` may do all that `wanted` allows: nobody gives more than he or she has.
pub fn covers(held: &Permissions, wanted: &Permissions) -> bool {
    wanted.iter().all(|(codename, scope)| held.scope(codename).is_some_and(|own| own >= scope))
}

/// Writes the built-in roles of a new tenant; answers the owner's.
///
/// # Errors
/// The database's.
pub async fn found(db: &mut PgConnection, tenant: TenantId) -> Result<Uuid> {
    let named: Vec<_> = built_in::ROLES.iter().map(|role| (id::new(), role)).collect();
    let id_of = |name: &str| named.iter().find(|(_, role)| role.name == name).map(|(id, _)| *id);
    let rows: Vec<_> = named
        .iter()
        .map(|(id, role)| store::NewRole {
            id: *id,
            name: role.name,
            description: role.description,
            is_default: role.is_default,
            parent: role.parent.and_then(id_of),
        })
        .collect();
    store::insert_system(&mut *db, tenant, &rows).await?;
    let grants: Vec<_> =
        named.iter().flat_map(|(id, role)| role.grants().into_iter().map(|(codename, scope)| (*id, codename, name_of(scope)))).collect();
    store::grant(db, tenant, &grants).await?;
    id_of(OWNER).ok_or_else(|| platform::Error::internal("no owner among the built-in roles"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permissions(grants: &[(&str, Scope)]) -> Permissions {
        grants.iter().map(|(name, scope)| ((*name).to_owned(), *scope)).collect()
    }

    #[test]
    fn nobody_gives_more_than_is_held() {
        let held = permissions(&[("bookings:read", Scope::All), ("bookings:write", Scope::Own)]);
        assert!(covers(&held, Permissions::none()));
        assert!(covers(&held, &held));
        assert!(covers(&held, &permissions(&[("bookings:read", Scope::Own)])));
        assert!(!covers(&held, &permissions(&[("bookings:write", Scope::All)])));
        assert!(!covers(&held, &permissions(&[("contacts:read", Scope::Own)])));
    }

    #[test]
    fn each_built_in_role_covers_its_parent() {
        let of = |name: &str| {
            let role = built_in::ROLES.iter().find(|role| role.name == name).expect("a built-in role");
            permissions(&role.grants())
        };
        for role in &built_in::ROLES {
            if let Some(parent) = role.parent {
                assert!(covers(&of(role.name), &of(parent)), "{} and {parent}", role.name);
            }
        }
        assert!(
            !covers(&of("editor"), &of("admin"))
                && !covers(&of("salesperson"), &of("editor"))
                && !covers(&of("viewer"), &of("contributor"))
        );
        assert_eq!(built_in::ROLES.iter().filter(|role| role.is_default).map(|role| role.name).collect::<Vec<_>>(), ["viewer"]);
        assert_eq!(permissions(&[("event_types:read", Scope::All)]).iter().collect::<Vec<_>>(), of("guest").iter().collect::<Vec<_>>());
        assert!(of("viewer").iter().all(|(name, _)| name.ends_with(":read")) && of("viewer").scope("audit:read").is_none());
    }

    #[test]
    fn grants_name_a_permission_once() {
        for role in &built_in::ROLES {
            let mut names: Vec<_> = role.grants().into_iter().map(|(name, _)| name).collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{}", role.name);
        }
    }
}

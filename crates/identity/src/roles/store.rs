//! Roles in the database.

use platform::TenantId;
use platform::auth::Permissions;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Permission, Role, RoleName, scope_of};
use crate::sessions::Grant;

pub struct NewRole<'a> {
    pub id: Uuid,
    pub name: &'a str,
    pub description: &'a str,
    pub is_default: bool,
    pub parent: Option<Uuid>,
}

pub async fn insert_system(db: &mut PgConnection, tenant: TenantId, roles: &[NewRole<'_>]) -> Result<(), sqlx::Error> {
    let ids: Vec<Uuid> = roles.iter().map(|role| role.id).collect();
    let names: Vec<String> = roles.iter().map(|role| role.name.to_owned()).collect();
    let descriptions: Vec<String> = roles.iter().map(|role| role.description.to_owned()).collect();
    let defaults: Vec<bool> = roles.iter().map(|role| role.is_default).collect();
    let parents: Vec<Option<Uuid>> = roles.iter().map(|role| role.parent).collect();
    sqlx::query!(
        "INSERT INTO identity.roles (tenant_id, id, name, description, kind, is_default, parent_id)
         SELECT $1, r.id, r.name, r.description, 'system', r.is_default, r.parent_id
           FROM unnest($2::uuid[], $3::text[], $4::text[], $5::boolean[], $6::uuid[]) AS r (id, name, description, is_default, parent_id)",
        tenant.0,
        &ids,
        &names,
        &descriptions,
        &defaults,
        &parents as &[Option<Uuid>],
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Role, permission and scope.
pub async fn grant(db: &mut PgConnection, tenant: TenantId, grants: &[(Uuid, &str, &str)]) -> Result<(), sqlx::Error> {
    let roles: Vec<Uuid> = grants.iter().map(|(role, ..)| *role).collect();
    let permissions: Vec<String> = grants.iter().map(|(_, permission, _)| (*permission).to_owned()).collect();
    let scopes: Vec<String> = grants.iter().map(|(.., scope)| (*scope).to_owned()).collect();
    sqlx::query!(
        "INSERT INTO identity.role_permissions (tenant_id, role_id, permission, scope)
         SELECT $1, g.role_id, g.permission, g.scope
           FROM unnest($2::uuid[], $3::text[], $4::text[]) AS g (role_id, permission, scope)",
        tenant.0,
        &roles,
        &permissions,
        &scopes,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn list(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<Role>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT r.id, r.name, r.description, r.kind, r.parent_id, r.is_default,
                  (SELECT count(*)
                     FROM identity.member_roles mr
                     JOIN identity.members m ON m.tenant_id = mr.tenant_id AND m.user_id = mr.user_id
                    WHERE mr.tenant_id = r.tenant_id AND mr.role_id = r.id AND m.status = 'active') AS "member_count!"
             FROM identity.roles r
            WHERE r.tenant_id = $1
            ORDER BY r.kind DESC, r.id"#,
        tenant.0,
    )
    .fetch_all(&mut *db)
    .await?;
    let grants = sqlx::query!(
        "SELECT role_id, permission, scope FROM identity.role_permissions WHERE tenant_id = $1 ORDER BY permission",
        tenant.0,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Role {
            id: row.id,
            name: row.name,
            description: row.description,
            kind: row.kind,
            parent_id: row.parent_id,
            is_default: row.is_default,
            permissions: grants
                .iter()
                .filter(|grant| grant.role_id == row.id)
                .filter_map(|grant| Some(Grant { codename: grant.permission.clone(), scope: scope_of(&grant.scope)? }))
                .collect(),
            member_count: row.member_count,
        })
        .collect())
}

pub async fn permissions(db: &mut PgConnection) -> Result<Vec<Permission>, sqlx::Error> {
    sqlx::query_as!(
        Permission,
        "SELECT codename, name, category, resource, action, description FROM lookup.permissions ORDER BY category, codename"
    )
    .fetch_all(db)
    .await
}

/// A role to give, with what it allows.
pub struct Grantable {
    pub role: RoleName,
    pub is_owner: bool,
    pub permissions: Permissions,
}

/// Those of the ids that are roles of the tenant.
pub async fn grantable(db: &mut PgConnection, tenant: TenantId, ids: &[Uuid]) -> Result<Vec<Grantable>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT r.id, r.name, r.kind = 'system' AND r.name = 'owner' AS "is_owner!", p.permission AS "permission?", p.scope AS "scope?"
             FROM identity.roles r
             LEFT JOIN identity.role_permissions p ON p.tenant_id = r.tenant_id AND p.role_id = r.id
            WHERE r.tenant_id = $1 AND r.id = ANY ($2)
            ORDER BY r.id"#,
        tenant.0,
        ids,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .chunk_by(|a, b| a.id == b.id)
        .map(|of_role| Grantable {
            role: RoleName { id: of_role[0].id, name: of_role[0].name.clone() },
            is_owner: of_role[0].is_owner,
            permissions: of_role.iter().filter_map(|row| Some((row.permission.clone()?, scope_of(row.scope.as_deref()?)?))).collect(),
        })
        .collect())
}

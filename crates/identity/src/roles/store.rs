//! Roles in the database.

use platform::TenantId;
use platform::auth::{Permissions, Scope};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Permission, Role, RoleName};
use crate::sessions::Grant;

/// A role to write.
pub struct NewRole<'a> {
    pub id: Uuid,
    pub name: &'a str,
    pub description: &'a str,
    pub parent: Option<Uuid>,
}

/// A built-in role to write.
pub struct NewSystemRole<'a> {
    pub role: NewRole<'a>,
    pub is_default: bool,
}

/// Parents before those that name them.
pub async fn insert_system(db: &mut PgConnection, tenant: TenantId, roles: &[NewSystemRole<'_>]) -> Result<(), sqlx::Error> {
    let ids: Vec<Uuid> = roles.iter().map(|new| new.role.id).collect();
    let names: Vec<String> = roles.iter().map(|new| new.role.name.to_owned()).collect();
    let descriptions: Vec<String> = roles.iter().map(|new| new.role.description.to_owned()).collect();
    let defaults: Vec<bool> = roles.iter().map(|new| new.is_default).collect();
    let parents: Vec<Option<Uuid>> = roles.iter().map(|new| new.role.parent).collect();
    sqlx::query!(
        "INSERT INTO identity.roles (tenant_id, id, name, description, kind, is_default, parent_id)
         SELECT $1, r.id, r.name, r.description, 'system', r.is_default, r.parent_id
           FROM unnest($2::uuid[], $3::text[], $4::text[], $5::boolean[], $6::uuid[])
                WITH ORDINALITY AS r (id, name, description, is_default, parent_id, n)
          ORDER BY r.n",
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
pub async fn grant(db: &mut PgConnection, tenant: TenantId, grants: &[(Uuid, &str, Scope)]) -> Result<(), sqlx::Error> {
    let roles: Vec<Uuid> = grants.iter().map(|(role, ..)| *role).collect();
    let permissions: Vec<String> = grants.iter().map(|(_, permission, _)| (*permission).to_owned()).collect();
    let scopes: Vec<String> = grants.iter().map(|(.., scope)| scope.name().to_owned()).collect();
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

/// Takes back what the role itself allows.
pub async fn revoke_all(db: &mut PgConnection, tenant: TenantId, role: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM identity.role_permissions WHERE tenant_id = $1 AND role_id = $2", tenant.0, role).execute(db).await?;
    Ok(())
}

/// As the database keeps it: with the ids from the role up to its last ancestor.
pub struct Stored {
    pub role: Role,
    pub path: Vec<Uuid>,
}

/// The built-in ones from the highest to the lowest, then the tenant's own by name.
pub async fn list(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<Stored>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT r.id, r.name, r.description, r.kind, r.parent_id, r.is_default, r.path, r.version,
                  (SELECT count(*)
                     FROM identity.member_roles mr
                     JOIN identity.members m ON m.tenant_id = mr.tenant_id AND m.user_id = mr.user_id
                    WHERE mr.tenant_id = r.tenant_id AND mr.role_id = r.id AND m.status = 'active') AS "member_count!"
             FROM identity.roles r
            WHERE r.tenant_id = $1
            ORDER BY r.kind DESC, CASE WHEN r.kind = 'system' THEN r.id END, lower(r.name)"#,
        tenant.0,
    )
    .fetch_all(&mut *db)
    .await?;
    let grants = sqlx::query!(
        r#"SELECT role_id AS "role_id!", from_role AS "from_role!", permission AS "permission!", scope AS "scope!"
             FROM identity.role_grants WHERE tenant_id = $1"#,
        tenant.0,
    )
    .fetch_all(db)
    .await?;
    let allowed = |role: Uuid, own_only: bool| -> Permissions {
        let of_role = grants.iter().filter(|grant| grant.role_id == role && !(own_only && grant.from_role != role));
        of_role.filter_map(|grant| Some((&grant.permission, Scope::of_name(&grant.scope)?))).collect()
    };
    Ok(rows
        .into_iter()
        .map(|row| Stored {
            role: Role {
                id: row.id,
                permissions: Grant::all_of(allowed(row.id, false)),
                own_permissions: Grant::all_of(allowed(row.id, true)),
                name: row.name,
                description: row.description,
                kind: row.kind,
                parent_id: row.parent_id,
                is_default: row.is_default,
                member_count: row.member_count,
                version: row.version,
            },
            path: row.path,
        })
        .collect())
}

pub async fn insert(db: &mut PgConnection, tenant: TenantId, new: &NewRole<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.roles (tenant_id, id, name, description, parent_id) VALUES ($1, $2, $3, $4, $5)",
        tenant.0,
        new.id,
        new.name,
        new.description,
        new.parent,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The version moves, even where only what the role allows changes.
pub async fn update(db: &mut PgConnection, tenant: TenantId, changed: &NewRole<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE identity.roles SET name = $3, description = $4, parent_id = $5 WHERE tenant_id = $1 AND id = $2 AND kind = 'custom'",
        tenant.0,
        changed.id,
        changed.name,
        changed.description,
        changed.parent,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn delete(db: &mut PgConnection, tenant: TenantId, role: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM identity.roles WHERE tenant_id = $1 AND id = $2 AND kind = 'custom'", tenant.0, role).execute(db).await?;
    Ok(())
}

/// The names of the first members who hold the role, and how many do, whatever their status.
pub async fn holders(db: &mut PgConnection, tenant: TenantId, role: Uuid, most: i64) -> Result<(Vec<String>, i64), sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT m.display_name, count(*) OVER () AS "count!"
             FROM identity.member_roles mr
             JOIN identity.members m ON m.tenant_id = mr.tenant_id AND m.user_id = mr.user_id
            WHERE mr.tenant_id = $1 AND mr.role_id = $2
            ORDER BY lower(m.display_name), m.user_id
            LIMIT $3"#,
        tenant.0,
        role,
        most,
    )
    .fetch_all(db)
    .await?;
    let count = rows.first().map_or(0, |row| row.count);
    Ok((rows.into_iter().map(|row| row.display_name).collect(), count))
}

pub async fn permissions(db: &mut PgConnection) -> Result<Vec<Permission>, sqlx::Error> {
    sqlx::query_as!(
        Permission,
        r#"SELECT codename, name, category, resource, action, description,
                  EXISTS (SELECT FROM lookup.permission_scopes s WHERE s.permission = codename AND s.scope = 'own') AS "has_own!"
             FROM lookup.permissions ORDER BY category, codename"#
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

/// Those of the ids that are roles of the tenant. They are there until the transaction ends.
pub async fn grantable(db: &mut PgConnection, tenant: TenantId, ids: &[Uuid]) -> Result<Vec<Grantable>, sqlx::Error> {
    let roles = sqlx::query!(
        r#"SELECT id, name, kind = 'system' AND name = 'owner' AS "is_owner!"
             FROM identity.roles WHERE tenant_id = $1 AND id = ANY ($2) ORDER BY id FOR KEY SHARE"#,
        tenant.0,
        ids,
    )
    .fetch_all(&mut *db)
    .await?;
    let grants = sqlx::query!(
        r#"SELECT role_id AS "role_id!", permission AS "permission!", scope AS "scope!"
             FROM identity.role_grants WHERE tenant_id = $1 AND role_id = ANY ($2)"#,
        tenant.0,
        ids,
    )
    .fetch_all(db)
    .await?;
    Ok(roles
        .into_iter()
        .map(|role| Grantable {
            permissions: grants
                .iter()
                .filter(|grant| grant.role_id == role.id)
                .filter_map(|grant| Some((&grant.permission, Scope::of_name(&grant.scope)?)))
                .collect(),
            is_owner: role.is_owner,
            role: RoleName { id: role.id, name: role.name },
        })
        .collect())
}

//! Members in the database.

use platform::TenantId;
use platform::auth::{Permissions, Scope};
use platform::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Member, Newcomer};
use crate::roles::RoleName;
use crate::sessions::{Grant, store::parse};

struct Row {
    user_id: Uuid,
    name: String,
    email: String,
    timezone: String,
    status: String,
    role_ids: Vec<Uuid>,
    role_names: Vec<String>,
    extra: Vec<String>,
    joined_at: Option<Timestamp>,
    last_active_at: Option<Timestamp>,
    version: i64,
}

impl From<Row> for Member {
    fn from(row: Row) -> Self {
        Self {
            user_id: row.user_id,
            name: row.name,
            email: row.email,
            timezone: row.timezone,
            status: row.status,
            extra_permissions: Grant::all_of(row.extra.iter().filter_map(|grant| parse(grant)).collect()),
            roles: row.role_ids.into_iter().zip(row.role_names).map(|(id, name)| RoleName { id, name }).collect(),
            joined_at: row.joined_at,
            last_active_at: row.last_active_at,
            version: row.version,
        }
    }
}

pub async fn find(db: &mut PgConnection, tenant: TenantId, user: Uuid) -> Result<Option<Member>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT m.user_id, m.display_name AS name, m.email, m.timezone, m.status, m.joined_at, m.last_active_at, m.version,
                  ARRAY(SELECT r.id FROM identity.member_roles mr
                          JOIN identity.roles r ON r.tenant_id = mr.tenant_id AND r.id = mr.role_id
                         WHERE mr.tenant_id = m.tenant_id AND mr.user_id = m.user_id ORDER BY r.id) AS "role_ids!",
                  ARRAY(SELECT r.name FROM identity.member_roles mr
                          JOIN identity.roles r ON r.tenant_id = mr.tenant_id AND r.id = mr.role_id
                         WHERE mr.tenant_id = m.tenant_id AND mr.user_id = m.user_id ORDER BY r.id) AS "role_names!",
                  ARRAY(SELECT p.permission || ' ' || p.scope FROM identity.member_permissions p
                         WHERE p.tenant_id = m.tenant_id AND p.user_id = m.user_id) AS "extra!"
             FROM identity.members m
            WHERE m.tenant_id = $1 AND m.user_id = $2"#,
        tenant.0,
        user,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Member::from))
}

/// Which members to list.
pub struct Filter<'a> {
    /// Part of name or address, in lower case.
    pub q: Option<&'a str>,
    pub status: Option<&'a str>,
    /// Only this one.
    pub own: Option<Uuid>,
    /// Lower-case name and id of the last one seen.
    pub after: Option<&'a (String, Uuid)>,
}

/// By name; each with its key for the cursor.
pub async fn list(db: &mut PgConnection, tenant: TenantId, filter: &Filter<'_>, count: i64) -> Result<Vec<Member>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT m.user_id, m.display_name AS name, m.email, m.timezone, m.status, m.joined_at, m.last_active_at, m.version,
                  ARRAY(SELECT r.id FROM identity.member_roles mr
                          JOIN identity.roles r ON r.tenant_id = mr.tenant_id AND r.id = mr.role_id
                         WHERE mr.tenant_id = m.tenant_id AND mr.user_id = m.user_id ORDER BY r.id) AS "role_ids!",
                  ARRAY(SELECT r.name FROM identity.member_roles mr
                          JOIN identity.roles r ON r.tenant_id = mr.tenant_id AND r.id = mr.role_id
                         WHERE mr.tenant_id = m.tenant_id AND mr.user_id = m.user_id ORDER BY r.id) AS "role_names!",
                  ARRAY(SELECT p.permission || ' ' || p.scope FROM identity.member_permissions p
                         WHERE p.tenant_id = m.tenant_id AND p.user_id = m.user_id) AS "extra!"
             FROM identity.members m
            WHERE m.tenant_id = $1
              AND ($2::text IS NULL OR m.status = $2)
              AND ($3::text IS NULL OR strpos(lower(m.display_name), $3) > 0 OR strpos(lower(m.email), $3) > 0)
              AND ($4::uuid IS NULL OR m.user_id = $4)
              AND ($5::text IS NULL OR (lower(m.display_name), m.user_id) > (lower($5), $6::uuid))
            ORDER BY lower(m.display_name), m.user_id
            LIMIT $7"#,
        tenant.0,
        filter.status as Option<&str>,
        filter.q as Option<&str>,
        filter.own as Option<Uuid>,
        filter.after.map(|(name, _)| name.as_str()) as Option<&str>,
        filter.after.map(|(_, id)| *id) as Option<Uuid>,
        count,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Member::from).collect())
}

/// Changes of memberships happen one after the other within a tenant, so that two owners cannot remove each other at
/// once. Only those wait: reading, and rows that refer to members or roles, do not.
pub async fn lock_memberships(db: &mut PgConnection, tenant: TenantId) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT id FROM identity.roles WHERE tenant_id = $1 AND kind = 'system' AND name = 'owner' FOR NO KEY UPDATE", tenant.0)
        .fetch_optional(db)
        .await?;
    Ok(())
}

/// All that a member's roles and extra permissions allow.
pub async fn permissions(db: &mut PgConnection, tenant: TenantId, user: Uuid) -> Result<Permissions, sqlx::Error> {
    let rows = sqlx::query!(r#"SELECT permission AS "permission!", scope AS "scope!" FROM identity.granted($1, $2)"#, tenant.0, user,)
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.permission, Scope::of_name(&row.scope)?))).collect())
}

pub async fn is_owner(db: &mut PgConnection, tenant: TenantId, user: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM identity.member_roles mr
                            JOIN identity.roles r ON r.tenant_id = mr.tenant_id AND r.id = mr.role_id
                           WHERE mr.tenant_id = $1 AND mr.user_id = $2 AND r.kind = 'system' AND r.name = 'owner') AS "is_owner!""#,
        tenant.0,
        user,
    )
    .fetch_one(db)
    .await
}

/// Whether somebody else is an active owner.
pub async fn has_other_owner(db: &mut PgConnection, tenant: TenantId, but: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM identity.members m
                            JOIN identity.member_roles mr ON mr.tenant_id = m.tenant_id AND mr.user_id = m.user_id
                            JOIN identity.roles r ON r.tenant_id = mr.tenant_id AND r.id = mr.role_id
                           WHERE m.tenant_id = $1 AND m.user_id <> $2 AND m.status = 'active'
                             AND r.kind = 'system' AND r.name = 'owner') AS "has!""#,
        tenant.0,
        but,
    )
    .fetch_one(db)
    .await
}

/// Moves the version, even where the status stays and only roles change.
pub async fn set_status(db: &mut PgConnection, tenant: TenantId, user: Uuid, status: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE identity.members SET status = $3 WHERE tenant_id = $1 AND user_id = $2", tenant.0, user, status)
        .execute(db)
        .await?;
    Ok(())
}

pub async fn set_roles(db: &mut PgConnection, tenant: TenantId, user: Uuid, roles: &[Uuid]) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM identity.member_roles WHERE tenant_id = $1 AND user_id = $2 AND role_id <> ALL ($3)", tenant.0, user, roles)
        .execute(&mut *db)
        .await?;
    add_roles(db, tenant, user, roles).await
}

pub async fn add_roles(db: &mut PgConnection, tenant: TenantId, user: Uuid, roles: &[Uuid]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.member_roles (tenant_id, user_id, role_id)
         SELECT $1, $2, role_id FROM unnest($3::uuid[]) AS given (role_id)
         ON CONFLICT DO NOTHING",
        tenant.0,
        user,
        roles,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What the member may do beside what the roles allow: this and nothing else.
pub async fn set_permissions(db: &mut PgConnection, tenant: TenantId, user: Uuid, extra: Permissions) -> Result<(), sqlx::Error> {
    let (permissions, scopes): (Vec<String>, Vec<String>) =
        extra.iter().map(|(codename, scope)| (codename.to_owned(), scope.name().to_owned())).unzip();
    clear_permissions(&mut *db, tenant, user).await?;
    sqlx::query!(
        "INSERT INTO identity.member_permissions (tenant_id, user_id, permission, scope)
         SELECT $1, $2, permission, scope FROM unnest($3::text[], $4::text[]) AS given (permission, scope)",
        tenant.0,
        user,
        &permissions,
        &scopes,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes back what was granted to the member beside roles.
pub async fn clear_permissions(db: &mut PgConnection, tenant: TenantId, user: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM identity.member_permissions WHERE tenant_id = $1 AND user_id = $2", tenant.0, user).execute(db).await?;
    Ok(())
}

/// Writes the member, or makes a former one active again.
pub async fn upsert(
    db: &mut PgConnection,
    tenant: TenantId,
    new: &Newcomer,
    invited_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.members AS m (tenant_id, user_id, display_name, email, timezone, locale, status, invited_at, joined_at)
         VALUES ($1, $2, $3, $4, $5, $6, 'active', $7, $8)
         ON CONFLICT (tenant_id, user_id) DO UPDATE
            SET display_name = excluded.display_name, email = excluded.email, timezone = excluded.timezone, locale = excluded.locale,
                status = 'active', invited_at = excluded.invited_at, joined_at = excluded.joined_at",
        tenant.0,
        new.user_id,
        new.name,
        new.email,
        new.timezone,
        new.locale,
        invited_at as Option<Timestamp>,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// One reason why a member may do something: a role that is held, with the role in its line that allows it; or, without
/// either, a grant to the member.
pub struct Given {
    pub user_id: Uuid,
    pub role_id: Option<Uuid>,
    pub from_role: Option<Uuid>,
    pub permission: String,
    pub scope: String,
}

/// Every reason for these members, or those for one permission.
pub async fn given(db: &mut PgConnection, tenant: TenantId, users: &[Uuid], permission: Option<&str>) -> Result<Vec<Given>, sqlx::Error> {
    sqlx::query_as!(
        Given,
        r#"SELECT u.id AS "user_id!", g.role_id, g.from_role, g.permission AS "permission!", g.scope AS "scope!"
             FROM unnest($2::uuid[]) AS u (id), LATERAL identity.granted($1, u.id) g
            WHERE $3::text IS NULL OR g.permission = $3
            ORDER BY u.id, g.permission, g.role_id NULLS FIRST, g.from_role"#,
        tenant.0,
        users,
        permission,
    )
    .fetch_all(db)
    .await
}

/// Somebody who may do something.
pub struct Holder {
    pub user_id: Uuid,
    pub name: String,
    pub email: String,
}

/// The active members who hold that permission, by name.
pub async fn holders(
    db: &mut PgConnection,
    tenant: TenantId,
    permission: &str,
    own: Option<Uuid>,
    after: Option<&(String, Uuid)>,
    count: i64,
) -> Result<Vec<Holder>, sqlx::Error> {
    sqlx::query_as!(
        Holder,
        r#"SELECT m.user_id, m.display_name AS name, m.email
             FROM identity.members m
            WHERE m.tenant_id = $1 AND m.status = 'active'
              AND m.user_id IN (SELECT mr.user_id
                                  FROM identity.role_grants g
                                  JOIN identity.member_roles mr ON mr.tenant_id = g.tenant_id AND mr.role_id = g.role_id
                                 WHERE g.tenant_id = $1 AND g.permission = $2
                                 UNION ALL
                                SELECT p.user_id FROM identity.member_permissions p WHERE p.tenant_id = $1 AND p.permission = $2)
              AND ($3::uuid IS NULL OR m.user_id = $3)
              AND ($4::text IS NULL OR (lower(m.display_name), m.user_id) > (lower($4), $5::uuid))
            ORDER BY lower(m.display_name), m.user_id
            LIMIT $6"#,
        tenant.0,
        permission,
        own as Option<Uuid>,
        after.map(|(name, _)| name.as_str()) as Option<&str>,
        after.map(|(_, id)| *id) as Option<Uuid>,
        count,
    )
    .fetch_all(db)
    .await
}

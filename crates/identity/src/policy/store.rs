//! Security policies in the database.

use platform::TenantId;
use platform::error::{Error, Result};
use platform::time::Timestamp;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{CurrentPolicy, SecurityPolicy};

/// A policy as it was saved.
///
/// # Errors
/// One that this program cannot read, which is not to count as none.
pub fn read(saved: Value) -> Result<SecurityPolicy, sqlx::Error> {
    serde_json::from_value(saved).map_err(|error| sqlx::Error::Decode(format!("a saved security policy: {error}").into()))
}

pub async fn find(db: &mut PgConnection, tenant: TenantId) -> Result<CurrentPolicy> {
    let row = sqlx::query!("SELECT security_policy, version FROM directory.tenants WHERE id = $1", tenant.0).fetch_one(db).await?;
    Ok(CurrentPolicy { policy: read(row.security_policy)?, version: row.version })
}

/// As [`find`], and locks it.
pub async fn lock(db: &mut PgConnection, tenant: TenantId) -> Result<CurrentPolicy> {
    let row = sqlx::query!("SELECT security_policy, version FROM directory.tenants WHERE id = $1 FOR NO KEY UPDATE", tenant.0)
        .fetch_one(db)
        .await?;
    Ok(CurrentPolicy { policy: read(row.security_policy)?, version: row.version })
}

/// Until the transaction ends no policy is saved: whoever enters meanwhile is inside by the time that a new one takes hold of those
/// inside. Before any session is locked, as where a policy is saved.
pub async fn hold(db: &mut PgConnection, tenant: TenantId) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT id FROM directory.tenants WHERE id = $1 FOR SHARE", tenant.0).fetch_optional(db).await?;
    Ok(())
}

/// Until when the session has grace in that tenant; nothing where it is a session of another.
pub async fn grace_of(db: &mut PgConnection, tenant: TenantId, session: Uuid) -> Result<Option<Option<Timestamp>>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT grace_until AS "grace_until: Timestamp" FROM directory.sessions WHERE id = $1 AND tenant_id = $2"#,
        session,
        tenant.0
    )
    .fetch_optional(db)
    .await
}

/// Saves it for the tenant of the context; answers the new version.
pub async fn save(db: &mut PgConnection, policy: &SecurityPolicy) -> Result<i64> {
    let saved = serde_json::to_value(policy).map_err(Error::internal)?;
    Ok(sqlx::query_scalar!(r#"SELECT identity.save_security_policy($1) AS "version!""#, saved).fetch_one(db).await?)
}

/// Whether all of the ids are roles of the tenant.
pub async fn has_roles(db: &mut PgConnection, tenant: TenantId, ids: &[Uuid]) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT NOT EXISTS (SELECT FROM unnest($2::uuid[]) AS given (id)
                               WHERE NOT EXISTS (SELECT FROM identity.roles r WHERE r.tenant_id = $1 AND r.id = given.id)) AS "all!""#,
        tenant.0,
        ids,
    )
    .fetch_one(db)
    .await
}

/// Whether the member has one of the roles that need no second factor.
pub async fn is_exempt(db: &mut PgConnection, tenant: TenantId, user: Uuid, exempt: &[Uuid]) -> Result<bool, sqlx::Error> {
    if exempt.is_empty() {
        return Ok(false);
    }
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM identity.member_roles
                           WHERE tenant_id = $1 AND user_id = $2 AND role_id = ANY ($3)) AS "is_exempt!""#,
        tenant.0,
        user,
        exempt,
    )
    .fetch_one(db)
    .await
}

/// Uses one of the member's times without a second factor; answers until when that one lasts, or none where grace is used up.
pub async fn use_grace(
    db: &mut PgConnection,
    tenant: TenantId,
    user: Uuid,
    logins: i32,
    seconds: i64,
    now: Timestamp,
) -> Result<Option<Timestamp>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"UPDATE identity.members
              SET grace_logins_used = grace_logins_used + 1, grace_started_at = coalesce(grace_started_at, $5)
            WHERE tenant_id = $1 AND user_id = $2 AND grace_logins_used < $3
              AND coalesce(grace_started_at, $5) + $4 * interval '1 second' > $5
        RETURNING grace_started_at + $4 * interval '1 second' AS "until!: Timestamp""#,
        tenant.0,
        user,
        logins,
        seconds as f64,
        now,
    )
    .fetch_optional(db)
    .await
}

/// Grace for the sessions that are in the tenant already.
pub async fn grant_grace(db: &mut PgConnection, tenant: TenantId, until: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE directory.sessions SET grace_until = $2 WHERE tenant_id = $1 AND ended_at IS NULL", tenant.0, until)
        .execute(&mut *db)
        .await?;
    sqlx::query!("UPDATE identity.members SET grace_logins_used = 0, grace_started_at = NULL WHERE tenant_id = $1", tenant.0)
        .execute(db)
        .await?;
    Ok(())
}

/// A sign-in to the tenant that succeeded, or an entry from another, as the simulation reads it.
pub struct PastSignIn {
    pub id: Uuid,
    pub user_id: Uuid,
    pub name: String,
    pub email: String,
    /// Whether it was one with two factors.
    pub method: String,
    pub ip_address: Option<platform::ipnet::IpNet>,
    pub at: Timestamp,
    /// Whether the member has set a second factor up by now.
    pub has_second: bool,
    /// When the session ended or will, and was used last; none where it is forgotten.
    pub ends_at: Option<Timestamp>,
    pub last_seen_at: Option<Timestamp>,
}

/// Those of the tenant's active members since then, oldest first, after the one of that time and id, at most so many.
pub async fn past_sign_ins(
    db: &mut PgConnection,
    tenant: TenantId,
    since: Timestamp,
    after: Option<(Timestamp, Uuid)>,
    most: i64,
) -> Result<Vec<PastSignIn>, sqlx::Error> {
    let (at, id) = after.unzip();
    sqlx::query_as!(
        PastSignIn,
        r#"SELECT h.id, m.user_id, m.display_name AS name, m.email, h.method, h.ip_address, h.created_at AS at,
                  identity.has_second_factor(m.user_id) AS "has_second!",
                  coalesce(s.ended_at, least(s.idle_until, s.expires_at)) AS "ends_at?: Timestamp", s.last_seen_at AS "last_seen_at?: Timestamp"
             FROM directory.login_history h
             JOIN identity.members m ON m.tenant_id = h.tenant_id AND m.user_id = h.user_id AND m.status = 'active'
             LEFT JOIN directory.sessions s ON s.id = h.session_id
            WHERE h.tenant_id = $1 AND h.outcome IN ('success', 'entered') AND h.created_at >= $2
              AND ($3::timestamptz IS NULL OR (h.created_at, h.id) > ($3, $4))
            ORDER BY h.created_at, h.id
            LIMIT $5"#,
        tenant.0,
        since,
        at as Option<Timestamp>,
        id as Option<Uuid>,
        most,
    )
    .fetch_all(db)
    .await
}

/// The members with one of those roles.
pub async fn members_with(db: &mut PgConnection, tenant: TenantId, roles: &[Uuid]) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("SELECT DISTINCT user_id FROM identity.member_roles WHERE tenant_id = $1 AND role_id = ANY ($2)", tenant.0, roles)
        .fetch_all(db)
        .await
}

/// The members who may change the policy: of all, or of that one.
pub async fn may_change(db: &mut PgConnection, tenant: TenantId, only: Option<Uuid>) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT m.user_id FROM identity.members m
          WHERE m.tenant_id = $1 AND m.status = 'active' AND ($2::uuid IS NULL OR m.user_id = $2)
            AND EXISTS (SELECT FROM identity.granted(m.tenant_id, m.user_id) g WHERE g.permission = 'security:manage')",
        tenant.0,
        only as Option<Uuid>,
    )
    .fetch_all(db)
    .await
}

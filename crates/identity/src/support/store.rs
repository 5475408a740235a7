//! Support leases in the database. The workspace's side runs in its transaction; what names no tenant yet runs as the owner.

use platform::TenantId;
use platform::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{InstanceLease, REQUEST_SECONDS, SupportLease, SupportPresence, Terms};

/// Leases, before what differs. The first argument is the instant by which they are judged, the second how long a request counts.
macro_rules! leases {
    ($tail:tt, $now:expr, $($argument:expr),* $(,)?) => {
        sqlx::query!(
            r#"SELECT l.tenant_id, t.name AS tenant_name, l.id,
                      CASE WHEN l.status = 'granted' AND l.ends_at <= $1
                             OR l.status = 'requested' AND l.created_at + $2 * interval '1 second' <= $1 THEN 'expired'
                           ELSE l.status END AS "status!",
                      u.name AS "administrator?", l.request_reason, l.reason, m.display_name AS "granted_by?", l.starts_at, l.ends_at,
                      l.permissions, l.shows_personal, l.created_at, l.ended_at
                 FROM identity.support_leases l
                 JOIN directory.tenants t ON t.id = l.tenant_id
                 LEFT JOIN directory.users u ON u.id = l.administrator_id
                 LEFT JOIN identity.members m ON m.tenant_id = l.tenant_id AND m.user_id = l.granted_by
                WHERE "# + $tail,
            $now as Timestamp,
            REQUEST_SECONDS as f64,
            $($argument),*
        )
        .map(|row| InstanceLease {
            tenant_id: row.tenant_id,
            tenant_name: row.tenant_name,
            lease: SupportLease {
                id: row.id,
                status: row.status,
                administrator: row.administrator,
                request_reason: row.request_reason,
                reason: row.reason,
                granted_by: row.granted_by,
                starts_at: row.starts_at,
                ends_at: row.ends_at,
                permissions: row.permissions,
                shows_personal: row.shows_personal,
                created_at: row.created_at,
                ended_at: row.ended_at,
            },
        })
    };
}

pub async fn list(
    db: &mut PgConnection,
    tenant: TenantId,
    now: Timestamp,
    before: Option<Uuid>,
    count: i64,
) -> Result<Vec<SupportLease>, sqlx::Error> {
    let rows = leases!(
        "l.tenant_id = $3 AND ($4::uuid IS NULL OR l.id < $4) ORDER BY l.id DESC LIMIT $5",
        now,
        tenant.0,
        before as Option<Uuid>,
        count,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.lease).collect())
}

pub async fn find(db: &mut PgConnection, tenant: TenantId, id: Uuid, now: Timestamp) -> Result<Option<SupportLease>, sqlx::Error> {
    let found = leases!("l.tenant_id = $3 AND l.id = $4", now, tenant.0, id).fetch_optional(db).await?;
    Ok(found.map(|row| row.lease))
}

/// What is open to an administrator of the instance, as the owner: his or her requests, and leases that he or she may use.
pub async fn of_administrator(
    db: &mut PgConnection,
    administrator: Uuid,
    tenant: Option<Uuid>,
    now: Timestamp,
    before: Option<Uuid>,
    count: i64,
) -> Result<Vec<InstanceLease>, sqlx::Error> {
    leases!(
        "t.status = 'active' AND (l.administrator_id = $3 OR l.administrator_id IS NULL)
            AND (l.status = 'granted' AND l.ends_at > $1
                 OR l.status = 'requested' AND l.created_at + $2 * interval '1 second' > $1)
            AND ($4::uuid IS NULL OR l.tenant_id = $4) AND ($5::uuid IS NULL OR l.id < $5)
          ORDER BY l.id DESC LIMIT $6",
        now,
        administrator,
        tenant as Option<Uuid>,
        before as Option<Uuid>,
        count,
    )
    .fetch_all(db)
    .await
}

pub async fn insert_granted(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    terms: &Terms,
    by: Uuid,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.support_leases
                (tenant_id, id, status, reason, granted_by, granted_at, starts_at, ends_at, permissions, shows_personal, created_at)
         VALUES ($1, $2, 'granted', $3, $4, $5, $6, $7, $8, $9, $5)",
        tenant.0,
        id,
        terms.reason,
        by,
        now,
        terms.starts_at,
        terms.ends_at,
        &terms.permissions,
        terms.shows_personal,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Grants what was asked for; no where nothing is asked any more.
pub async fn grant(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    terms: &Terms,
    by: Uuid,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let granted = sqlx::query!(
        "UPDATE identity.support_leases
            SET status = 'granted', reason = $3, granted_by = $4, granted_at = $5, starts_at = $6, ends_at = $7, permissions = $8,
                shows_personal = $9
          WHERE tenant_id = $1 AND id = $2 AND status = 'requested' AND created_at + $10 * interval '1 second' > $5",
        tenant.0,
        id,
        terms.reason,
        by,
        now,
        terms.starts_at,
        terms.ends_at,
        &terms.permissions,
        terms.shows_personal,
        REQUEST_SECONDS as f64,
    )
    .execute(db)
    .await?;
    Ok(granted.rows_affected() == 1)
}

/// Declines a request, or takes a lease back that has not run out; answers what it is now.
pub async fn end(db: &mut PgConnection, tenant: TenantId, id: Uuid, by: Uuid, now: Timestamp) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "UPDATE identity.support_leases
            SET status = CASE status WHEN 'requested' THEN 'declined' ELSE 'revoked' END, ended_by = $3, ended_at = $4
          WHERE tenant_id = $1 AND id = $2 AND (status = 'requested' OR status = 'granted' AND ends_at > $4)
        RETURNING status",
        tenant.0,
        id,
        by,
        now,
    )
    .fetch_optional(db)
    .await
}

/// Who asked for a lease, to be written to.
pub struct Administrator {
    pub id: Uuid,
    pub name: String,
    pub email: String,
    pub locale: String,
}

pub async fn administrator(db: &mut PgConnection, tenant: TenantId, id: Uuid) -> Result<Option<Administrator>, sqlx::Error> {
    sqlx::query_as!(
        Administrator,
        "SELECT u.id, u.name, u.email, u.locale FROM identity.support_leases l JOIN directory.users u ON u.id = l.administrator_id
          WHERE l.tenant_id = $1 AND l.id = $2",
        tenant.0,
        id,
    )
    .fetch_optional(db)
    .await
}

/// As the owner: requests that nobody answered make room for new ones.
pub async fn decline_expired(db: &mut PgConnection, tenant: TenantId, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE identity.support_leases SET status = 'declined', ended_at = $2
          WHERE tenant_id = $1 AND status = 'requested' AND created_at + $3 * interval '1 second' <= $2",
        tenant.0,
        now,
        REQUEST_SECONDS as f64,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn insert_request(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    administrator: Uuid,
    reason: &str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.support_leases (tenant_id, id, status, administrator_id, request_reason, created_at)
         VALUES ($1, $2, 'requested', $3, $4, $5)",
        tenant.0,
        id,
        administrator,
        reason,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// As the owner: the tenant that the administrator may enter by that lease now. `identity.authenticate` judges the same anew
/// at each request.
pub async fn tenant_to_enter(
    db: &mut PgConnection,
    lease: Uuid,
    administrator: Uuid,
    now: Timestamp,
) -> Result<Option<TenantId>, sqlx::Error> {
    let tenant = sqlx::query_scalar!(
        "SELECT l.tenant_id
           FROM identity.support_leases l
           JOIN directory.tenants t ON t.id = l.tenant_id AND t.status = 'active'
           JOIN identity.members m ON m.tenant_id = l.tenant_id AND m.user_id = l.granted_by AND m.status = 'active'
          WHERE l.id = $1 AND l.status = 'granted' AND l.starts_at <= $3 AND l.ends_at > $3
            AND (l.administrator_id IS NULL OR l.administrator_id = $2)
            AND EXISTS (SELECT FROM identity.granted(l.tenant_id, l.granted_by) g WHERE g.permission = 'support:manage')
            FOR SHARE OF l",
        lease,
        administrator,
        now,
    )
    .fetch_optional(db)
    .await?;
    Ok(tenant.map(TenantId))
}

/// Who acts in the tenant by a lease now.
pub async fn present(db: &mut PgConnection, tenant: TenantId, now: Timestamp) -> Result<Vec<SupportPresence>, sqlx::Error> {
    sqlx::query_as!(
        SupportPresence,
        r#"SELECT u.name, max(l.ends_at) AS "ends_at!: Timestamp"
             FROM directory.sessions s
             JOIN identity.support_leases l ON l.tenant_id = s.tenant_id AND l.id = s.lease_id AND l.status = 'granted' AND l.ends_at > $2
             JOIN directory.users u ON u.id = s.user_id
            WHERE s.tenant_id = $1 AND s.lease_id IS NOT NULL AND s.ended_at IS NULL AND s.expires_at > $2 AND s.idle_until > $2
            GROUP BY u.id, u.name
            ORDER BY u.name"#,
        tenant.0,
        now,
    )
    .fetch_all(db)
    .await
}

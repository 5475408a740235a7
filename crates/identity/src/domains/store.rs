//! Custom domains in the database. The serving role adds and removes its tenant's; what proves one runs as the owner.

use platform::TenantId;
use platform::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

/// A domain as it is stored.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub domain: String,
    pub proof: String,
    pub status: String,
    pub problem: Option<String>,
    pub created_at: Timestamp,
    pub verified_at: Option<Timestamp>,
    pub last_checked_at: Option<Timestamp>,
    pub failing_since: Option<Timestamp>,
    pub check_at: Option<Timestamp>,
}

/// The columns of [`Row`], before what differs.
macro_rules! domains {
    ($tail:tt, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            Row,
            "SELECT d.id, d.tenant_id, d.domain, d.proof, d.status, d.problem, d.created_at, d.verified_at, d.last_checked_at, d.failing_since,
                    d.check_at
               FROM directory.custom_domains d " + $tail,
            $($argument),*
        )
    };
}

pub async fn list(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<Row>, sqlx::Error> {
    domains!("WHERE d.tenant_id = $1 ORDER BY d.created_at, d.id", tenant.0).fetch_all(db).await
}

pub async fn find(db: &mut PgConnection, tenant: TenantId, id: Uuid) -> Result<Option<Row>, sqlx::Error> {
    domains!("WHERE d.tenant_id = $1 AND d.id = $2", tenant.0, id).fetch_optional(db).await
}

pub async fn insert(db: &mut PgConnection, row: &Row, by: Option<Uuid>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO directory.custom_domains (id, tenant_id, domain, proof, status, created_at, created_by, check_at)
         VALUES ($1, $2, $3, $4, 'pending', $5, $6, $7)",
        row.id,
        row.tenant_id,
        row.domain,
        row.proof,
        row.created_at,
        by as Option<Uuid>,
        row.check_at as Option<Timestamp>,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn delete(db: &mut PgConnection, tenant: TenantId, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM directory.custom_domains WHERE tenant_id = $1 AND id = $2", tenant.0, id).execute(db).await?;
    Ok(())
}

/// Whose pages stand at a host. Before a tenant is known; it tells nothing but that. A closed workspace has none, and what one that
/// can only be read still shows is for its pages to say.
pub async fn tenant_at(db: &mut PgConnection, domain: &str) -> Result<Option<TenantId>, sqlx::Error> {
    let tenant = sqlx::query_scalar!(
        "SELECT d.tenant_id
           FROM directory.custom_domains d
           JOIN directory.tenants t ON t.id = d.tenant_id AND t.status = 'active'
                AND t.feature_flags -> 'public_pages' IS DISTINCT FROM 'false'
          WHERE d.domain = $1 AND d.status = 'verified'",
        domain
    )
    .fetch_optional(db)
    .await?;
    Ok(tenant.map(TenantId))
}

/// As the owner: those whose next look is due.
pub async fn due(db: &mut PgConnection, now: Timestamp, most: i64) -> Result<Vec<Row>, sqlx::Error> {
    domains!(
        "JOIN directory.tenants t ON t.id = d.tenant_id AND t.status IN ('active', 'suspended')
        WHERE d.check_at <= $1 ORDER BY d.check_at, d.id LIMIT $2",
        now,
        most
    )
    .fetch_all(db)
    .await
}

/// As the owner: all who claim a name, under their rows' locks, so that looks at it follow one after the other.
pub async fn lock_claims(db: &mut PgConnection, domain: &str) -> Result<Vec<Row>, sqlx::Error> {
    domains!("WHERE d.domain = $1 ORDER BY d.id FOR UPDATE OF d", domain).fetch_all(db).await
}

/// As the owner: what a look made of it.
pub async fn update(db: &mut PgConnection, row: &Row) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.custom_domains
            SET status = $2, problem = $3, verified_at = $4, last_checked_at = $5, failing_since = $6, check_at = $7
          WHERE id = $1",
        row.id,
        row.status,
        row.problem.as_deref() as Option<&str>,
        row.verified_at as Option<Timestamp>,
        row.last_checked_at as Option<Timestamp>,
        row.failing_since as Option<Timestamp>,
        row.check_at as Option<Timestamp>,
    )
    .execute(db)
    .await?;
    Ok(())
}

//! Policies of retention in the database, and the rows of workspaces that they speak of.

use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::RetentionPolicy;
use crate::ctx::{Ctx, TenantId};
use crate::error::{Error, Result};
use crate::time::Timestamp;

fn read(saved: Value) -> Result<RetentionPolicy> {
    // One that this program cannot read is not to count as none: the shortest period may be the default.
    serde_json::from_value(saved).map_err(|error| Error::internal(format!("a saved policy of retention: {error}")))
}

/// The policy of the context's tenant with its version, 0 where there is none; under its lock, where it is to be changed.
pub async fn find(ctx: &mut Ctx, is_to_change: bool) -> Result<(RetentionPolicy, i64)> {
    let tenant = ctx.tenant.0;
    if is_to_change {
        sqlx::query!("INSERT INTO platform.retention_policies (tenant_id, version) VALUES ($1, 0) ON CONFLICT DO NOTHING", tenant)
            .execute(ctx.db().await?)
            .await?;
        let row = sqlx::query!("SELECT policy, version FROM platform.retention_policies WHERE tenant_id = $1 FOR NO KEY UPDATE", tenant)
            .fetch_one(ctx.db().await?)
            .await?;
        return Ok((read(row.policy)?, row.version));
    }
    let row = sqlx::query!("SELECT policy, version FROM platform.retention_policies WHERE tenant_id = $1", tenant)
        .fetch_optional(ctx.db().await?)
        .await?;
    row.map_or(Ok((RetentionPolicy::default(), 0)), |row| Ok((read(row.policy)?, row.version)))
}

/// Answers the new version.
pub async fn save(ctx: &mut Ctx, policy: &RetentionPolicy) -> Result<i64> {
    let (tenant, saved) = (ctx.tenant.0, serde_json::to_value(policy).map_err(Error::internal)?);
    let version =
        sqlx::query_scalar!("UPDATE platform.retention_policies SET policy = $2 WHERE tenant_id = $1 RETURNING version", tenant, saved);
    Ok(version.fetch_one(ctx.db().await?).await?)
}

/// Up to so many workspaces after that one, each with its policy. Those whose erasure has begun are left to it.
pub async fn policies(owner: &PgPool, after: Uuid, count: i64) -> Result<Vec<(TenantId, RetentionPolicy)>> {
    let rows = sqlx::query!(
        r#"SELECT t.id, p.policy AS "policy?"
             FROM directory.tenants t
             LEFT JOIN platform.retention_policies p ON p.tenant_id = t.id
            WHERE t.id > $1 AND t.status <> 'deleted'
              AND NOT EXISTS (SELECT FROM directory.erasures e WHERE e.kind = 'tenant' AND e.subject_id = t.id)
            ORDER BY t.id LIMIT $2"#,
        after,
        count,
    )
    .fetch_all(owner)
    .await?;
    rows.into_iter().map(|row| Ok((TenantId(row.id), row.policy.map_or(Ok(RetentionPolicy::default()), read)?))).collect()
}

/// How many archives of a tenant were made before then and have their files.
pub async fn count_archives(db: &mut PgConnection, tenant: TenantId, before: Timestamp) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM platform.audit_archives WHERE tenant_id = $1 AND created_at < $2 AND removed_at IS NULL"#,
        tenant.0,
        before,
    )
    .fetch_one(db)
    .await
}

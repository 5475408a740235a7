//! Every statement on endpoints.

use platform::time::Timestamp;
use platform::{Ctx, Result};
use uuid::Uuid;

use super::{Fields, WebhookEndpoint};

/// Endpoints of the workspace $1 as they are at $2. Before what differs.
macro_rules! endpoints {
    ($tail:tt, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            WebhookEndpoint,
            r#"SELECT id, url, description, kinds, is_active, disabled_reason, disabled_at AS "disabled_at: Timestamp",
                      failing_since AS "failing_since: Timestamp",
                      CASE WHEN previous_valid_until > $2 THEN previous_valid_until END AS "previous_valid_until: Timestamp",
                      created_at, updated_at, version
                 FROM automation.webhook_endpoints
                WHERE tenant_id = $1 "# + $tail,
            $($argument),*
        )
    };
}

/// All of the workspace, the newest first.
///
/// # Errors
/// The database's.
pub async fn list(ctx: &mut Ctx) -> Result<Vec<WebhookEndpoint>> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    Ok(endpoints!("ORDER BY id DESC", tenant, now as Timestamp).fetch_all(ctx.db().await?).await?)
}

/// # Errors
/// The database's.
pub async fn find(ctx: &mut Ctx, id: Uuid) -> Result<Option<WebhookEndpoint>> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    Ok(endpoints!("AND id = $3", tenant, now as Timestamp, id).fetch_optional(ctx.db().await?).await?)
}

/// The same, locked until the commit.
///
/// # Errors
/// The database's.
pub async fn lock(ctx: &mut Ctx, id: Uuid) -> Result<Option<WebhookEndpoint>> {
    let tenant = ctx.tenant.0;
    sqlx::query!("SELECT FROM automation.webhook_endpoints WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE", tenant, id)
        .execute(ctx.db().await?)
        .await?;
    find(ctx, id).await
}

/// Has those who add endpoints to a workspace follow each other, so that the limit holds.
///
/// # Errors
/// The database's.
pub async fn lock_all(ctx: &mut Ctx) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        r#"SELECT pg_advisory_xact_lock(hashtextextended('automation.webhook_endpoints ' || $1::text, 0)) AS "done: ()""#,
        tenant.to_string(),
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

/// # Errors
/// The database's.
pub async fn count(ctx: &mut Ctx) -> Result<usize> {
    let tenant = ctx.tenant.0;
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM automation.webhook_endpoints WHERE tenant_id = $1"#, tenant);
    Ok(usize::try_from(count.fetch_one(ctx.db().await?).await?).unwrap_or(usize::MAX))
}

/// # Errors
/// The database's.
pub async fn insert(ctx: &mut Ctx, id: Uuid, fields: &Fields, secret: &[u8]) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "INSERT INTO automation.webhook_endpoints (tenant_id, id, url, description, kinds, is_active, secret_ciphertext)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        tenant,
        id,
        fields.url,
        fields.description,
        fields.kinds.as_deref() as Option<&[String]>,
        fields.is_active,
        secret,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

/// Who switches it on, or names another address, has seen to what was wrong.
///
/// # Errors
/// The database's.
pub async fn update(ctx: &mut Ctx, id: Uuid, fields: &Fields) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "UPDATE automation.webhook_endpoints
            SET url = $3, description = $4, kinds = $5, is_active = $6,
                disabled_reason = CASE WHEN $6 THEN NULL ELSE disabled_reason END,
                disabled_at = CASE WHEN $6 THEN NULL ELSE disabled_at END,
                failing_since = CASE WHEN $6 AND NOT is_active OR url <> $3 THEN NULL ELSE failing_since END
          WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        fields.url,
        fields.description,
        fields.kinds.as_deref() as Option<&[String]>,
        fields.is_active,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

/// # Errors
/// The database's.
pub async fn delete(ctx: &mut Ctx, id: Uuid) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!("DELETE FROM automation.webhook_endpoints WHERE tenant_id = $1 AND id = $2", tenant, id).execute(ctx.db().await?).await?;
    Ok(())
}

/// # Errors
/// The database's.
pub async fn rotate(ctx: &mut Ctx, id: Uuid, secret: &[u8], until: Timestamp) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "UPDATE automation.webhook_endpoints
            SET previous_secret_ciphertext = secret_ciphertext, previous_valid_until = $4, secret_ciphertext = $3
          WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        secret,
        until as Timestamp,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

/// Notes that an attempt succeeded, or when the first of those that have failed since did.
///
/// # Errors
/// The database's.
pub async fn note_health(ctx: &mut Ctx, id: Uuid, succeeded: bool) -> Result<()> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    sqlx::query!(
        "UPDATE automation.webhook_endpoints SET failing_since = CASE WHEN $3 THEN NULL ELSE $4::timestamptz END
          WHERE tenant_id = $1 AND id = $2 AND (failing_since IS NULL) <> $3",
        tenant,
        id,
        succeeded,
        now as Timestamp,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

/// Whether it was on until now.
///
/// # Errors
/// The database's.
pub async fn disable(ctx: &mut Ctx, id: Uuid, reason: &str) -> Result<bool> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let done = sqlx::query!(
        "UPDATE automation.webhook_endpoints SET is_active = false, disabled_reason = $3, disabled_at = $4
          WHERE tenant_id = $1 AND id = $2 AND is_active",
        tenant,
        id,
        reason,
        now as Timestamp,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(done.rows_affected() > 0)
}

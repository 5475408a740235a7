//! Every statement on suppressions.

use platform::time::Timestamp;
use platform::{Ctx, Result};
use uuid::Uuid;

use super::{Reason, Suppression};
use crate::deliveries::Channel;

/// None where it is noted already; then a stop of the provider's replaces what was noted, since it is the stricter one.
pub async fn insert(ctx: &mut Ctx, channel: Channel, recipient: &str, reason: Reason) -> Result<Option<Uuid>> {
    let (tenant, now, by) = (ctx.tenant.0, ctx.now(), ctx.user_id());
    let made = sqlx::query_scalar!(
        "INSERT INTO messaging.suppressions AS s (tenant_id, id, channel, recipient, reason, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (tenant_id, channel, recipient) DO UPDATE SET reason = excluded.reason
          WHERE excluded.reason = 'stopped' AND s.reason <> 'stopped'
         RETURNING id",
        tenant,
        platform::id::new(),
        channel as Channel,
        recipient,
        reason as Reason,
        by,
        now as Timestamp,
    );
    Ok(made.fetch_optional(ctx.db().await?).await?)
}

pub async fn contains(ctx: &mut Ctx, channel: Channel, recipient: &str) -> Result<bool> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM messaging.suppressions WHERE tenant_id = $1 AND channel = $2 AND recipient = $3) AS "is!""#,
        tenant,
        channel as Channel,
        recipient,
    );
    Ok(found.fetch_one(ctx.db().await?).await?)
}

pub async fn find_recipient(ctx: &mut Ctx, channel: Channel, recipient: &str) -> Result<Option<Suppression>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_as!(
        Suppression,
        r#"SELECT id, channel AS "channel: Channel", recipient, reason AS "reason: Reason", created_at AS "created_at: Timestamp"
             FROM messaging.suppressions WHERE tenant_id = $1 AND channel = $2 AND recipient = $3"#,
        tenant,
        channel as Channel,
        recipient,
    );
    Ok(found.fetch_optional(ctx.db().await?).await?)
}

/// The newest first; those of that recipient, where one is given.
pub async fn list(ctx: &mut Ctx, recipient: Option<&str>, before: Option<Uuid>, count: i64) -> Result<Vec<Suppression>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_as!(
        Suppression,
        r#"SELECT id, channel AS "channel: Channel", recipient, reason AS "reason: Reason", created_at AS "created_at: Timestamp"
             FROM messaging.suppressions
            WHERE tenant_id = $1 AND ($2::text IS NULL OR recipient = $2) AND ($3::uuid IS NULL OR id < $3)
            ORDER BY id DESC
            LIMIT $4"#,
        tenant,
        recipient,
        before,
        count,
    );
    Ok(found.fetch_all(ctx.db().await?).await?)
}

pub async fn delete(ctx: &mut Ctx, id: Uuid) -> Result<Option<Suppression>> {
    let tenant = ctx.tenant.0;
    let gone = sqlx::query_as!(
        Suppression,
        r#"DELETE FROM messaging.suppressions WHERE tenant_id = $1 AND id = $2
        RETURNING id, channel AS "channel: Channel", recipient, reason AS "reason: Reason", created_at AS "created_at: Timestamp""#,
        tenant,
        id,
    );
    Ok(gone.fetch_optional(ctx.db().await?).await?)
}

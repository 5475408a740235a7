//! The rows of a person, for export and erasure.

use platform::{Ctx, Result};
use serde_json::Value;
use uuid::Uuid;

/// The newest 5,000, without who did it: that is another person's data.
pub async fn notifications(ctx: &mut Ctx, user: Uuid) -> Result<Value> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        r#"SELECT coalesce(jsonb_agg(jsonb_build_object('kind', n.kind, 'facts', n.facts, 'at', n.created_at, 'read_at', n.read_at)), '[]') AS "found!"
             FROM (SELECT kind, facts, created_at, read_at FROM messaging.notifications
                    WHERE tenant_id = $1 AND user_id = $2
                    ORDER BY id DESC
                    LIMIT 5000) AS n"#,
        tenant,
        user,
    );
    Ok(found.fetch_one(ctx.db().await?).await?)
}

pub async fn preferences(ctx: &mut Ctx, user: Uuid) -> Result<Value> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        r#"SELECT to_jsonb(p) - 'tenant_id' AS "found!" FROM messaging.notification_preferences p WHERE p.tenant_id = $1 AND p.user_id = $2"#,
        tenant,
        user,
    );
    Ok(found.fetch_optional(ctx.db().await?).await?.unwrap_or(Value::Null))
}

/// What the person was told, and what names him or her to others.
pub async fn erase_notifications(ctx: &mut Ctx, id: Uuid) -> Result<u64> {
    let tenant = ctx.tenant.0;
    let gone = sqlx::query!("DELETE FROM messaging.notifications WHERE tenant_id = $1 AND (user_id = $2 OR person_id = $2)", tenant, id);
    Ok(gone.execute(ctx.db().await?).await?.rows_affected())
}

pub async fn erase_preferences(ctx: &mut Ctx, user: Uuid) -> Result<u64> {
    let tenant = ctx.tenant.0;
    let gone = sqlx::query!("DELETE FROM messaging.notification_preferences WHERE tenant_id = $1 AND user_id = $2", tenant, user);
    Ok(gone.execute(ctx.db().await?).await?.rows_affected())
}

/// The newest 5,000 that went to the person. Those that tell others of him or her are theirs.
pub async fn messages(ctx: &mut Ctx, id: Uuid) -> Result<Value> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        r#"SELECT coalesce(jsonb_agg(jsonb_build_object('channel', d.channel, 'kind', d.kind, 'recipient', d.recipient, 'title', d.title,
                                                        'status', d.status, 'at', d.created_at, 'sent_at', d.sent_at)), '[]') AS "found!"
             FROM (SELECT channel, kind, recipient, title, status, created_at, sent_at FROM messaging.notification_deliveries
                    WHERE tenant_id = $1 AND (to_user_id = $2 OR (person_id = $2 AND to_user_id IS NULL))
                    ORDER BY id DESC
                    LIMIT 5000) AS d"#,
        tenant,
        id,
    );
    Ok(found.fetch_one(ctx.db().await?).await?)
}

/// What went to the person, and what told others of him or her.
pub async fn erase_deliveries(ctx: &mut Ctx, id: Uuid) -> Result<u64> {
    let tenant = ctx.tenant.0;
    let gone = sqlx::query!(
        "DELETE FROM messaging.notification_deliveries WHERE tenant_id = $1 AND (to_user_id = $2 OR person_id = $2)",
        tenant,
        id
    );
    Ok(gone.execute(ctx.db().await?).await?.rows_affected())
}

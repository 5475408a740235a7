//! The member's rows, for export and erasure.

use platform::Ctx;
use platform::error::Result;
use serde_json::Value;
use uuid::Uuid;

/// The newest 5,000 acts of the member in the workspace, without what was changed: that may be others' data.
pub async fn acts(ctx: &mut Ctx, user: Uuid) -> Result<Value> {
    let tenant = ctx.tenant.0;
    let acts = sqlx::query_scalar!(
        r#"SELECT coalesce(jsonb_agg(jsonb_build_object('at', a.created_at, 'action', a.action, 'record', a.entity_type,
                                                        'ip_address', host(a.ip_address), 'user_agent', a.user_agent)), '[]') AS "acts!"
             FROM (SELECT created_at, action, entity_type, ip_address, user_agent
                     FROM platform.audit_events
                    WHERE tenant_id = $1 AND actor_id = $2
                    ORDER BY id DESC
                    LIMIT 5000) AS a"#,
        tenant,
        user,
    )
    .fetch_one(ctx.db().await?)
    .await?;
    Ok(acts)
}

pub async fn remove_rights(ctx: &mut Ctx, user: Uuid) -> Result<u64> {
    let tenant = ctx.tenant.0;
    let grants = sqlx::query!("DELETE FROM identity.member_permissions WHERE tenant_id = $1 AND user_id = $2", tenant, user)
        .execute(ctx.db().await?)
        .await?;
    let roles = sqlx::query!("DELETE FROM identity.member_roles WHERE tenant_id = $1 AND user_id = $2", tenant, user)
        .execute(ctx.db().await?)
        .await?;
    Ok(grants.rows_affected() + roles.rows_affected())
}

/// The row stays, without the person.
pub async fn empty_member(ctx: &mut Ctx, user: Uuid) -> Result<u64> {
    let tenant = ctx.tenant.0;
    let emptied = sqlx::query!(
        "UPDATE identity.members
            SET display_name = 'Former member', email = '', avatar_url = NULL, timezone = 'UTC', locale = 'en', status = 'inactive',
                last_active_at = NULL
          WHERE tenant_id = $1 AND user_id = $2 AND email <> ''",
        tenant,
        user,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(emptied.rows_affected())
}

pub async fn forget_facts(ctx: &mut Ctx, user: Uuid) -> Result<u64> {
    let emptied =
        sqlx::query_scalar!(r#"SELECT platform.forget_facts(ARRAY[$1::uuid]) AS "emptied!""#, user).fetch_one(ctx.db().await?).await?;
    Ok(emptied.unsigned_abs())
}

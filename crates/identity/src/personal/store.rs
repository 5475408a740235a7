//! The member's rows, for export and erasure.

use platform::Ctx;
use platform::error::Result;
use serde_json::Value;
use uuid::Uuid;

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

/// Who the member is at the workspace's own providers.
pub async fn remove_identities(ctx: &mut Ctx, user: Uuid) -> Result<u64> {
    let tenant = ctx.tenant.0;
    let gone = sqlx::query!("DELETE FROM identity.member_identities WHERE tenant_id = $1 AND user_id = $2", tenant, user)
        .execute(ctx.db().await?)
        .await?;
    Ok(gone.rows_affected())
}

pub async fn identities(ctx: &mut Ctx, user: Uuid) -> Result<Value> {
    let tenant = ctx.tenant.0;
    let known = sqlx::query_scalar!(
        r#"SELECT coalesce(jsonb_agg(jsonb_build_object('provider', p.name, 'issuer', p.issuer, 'subject', i.subject, 'email', i.email,
                                                        'last_used_at', i.last_used_at, 'created_at', i.created_at)), '[]') AS "known!"
             FROM identity.member_identities i
             JOIN identity.sign_in_providers p ON p.tenant_id = i.tenant_id AND p.id = i.provider_id
            WHERE i.tenant_id = $1 AND i.user_id = $2"#,
        tenant,
        user,
    )
    .fetch_one(ctx.db().await?)
    .await?;
    Ok(known)
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

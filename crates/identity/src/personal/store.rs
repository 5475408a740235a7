//! The member's rows, for export and erasure.

use platform::Ctx;
use platform::error::Result;
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

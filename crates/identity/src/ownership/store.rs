//! Offers of ownership in the database.

use platform::TenantId;
use platform::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{MemberName, OwnershipOffer};

pub async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    from: Uuid,
    to: Uuid,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.ownership_offers (tenant_id, id, from_user_id, to_user_id, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        tenant.0,
        id,
        from,
        to,
        now,
        expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// One that has run out makes room for another.
pub async fn drop_expired(db: &mut PgConnection, tenant: TenantId, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE identity.ownership_offers SET status = 'withdrawn', responded_at = $2
          WHERE tenant_id = $1 AND status = 'pending' AND expires_at <= $2",
        tenant.0,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn pending(db: &mut PgConnection, tenant: TenantId, now: Timestamp) -> Result<Option<OwnershipOffer>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT o.id, o.from_user_id, f.display_name AS from_name, o.to_user_id, t.display_name AS to_name, o.created_at, o.expires_at
           FROM identity.ownership_offers o
           JOIN identity.members f ON f.tenant_id = o.tenant_id AND f.user_id = o.from_user_id
           JOIN identity.members t ON t.tenant_id = o.tenant_id AND t.user_id = o.to_user_id
          WHERE o.tenant_id = $1 AND o.status = 'pending' AND o.expires_at > $2",
        tenant.0,
        now,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| OwnershipOffer {
        id: row.id,
        from: MemberName { user_id: row.from_user_id, name: row.from_name },
        to: MemberName { user_id: row.to_user_id, name: row.to_name },
        created_at: row.created_at,
        expires_at: row.expires_at,
    }))
}

/// No where it was answered meanwhile.
pub async fn settle(db: &mut PgConnection, tenant: TenantId, id: Uuid, status: &str, now: Timestamp) -> Result<bool, sqlx::Error> {
    let settled = sqlx::query!(
        "UPDATE identity.ownership_offers SET status = $3, responded_at = $4
          WHERE tenant_id = $1 AND id = $2 AND status = 'pending'",
        tenant.0,
        id,
        status,
        now,
    )
    .execute(db)
    .await?;
    Ok(settled.rows_affected() == 1)
}

pub async fn set_owner(db: &mut PgConnection, tenant: TenantId, owner: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE directory.tenants SET owner_id = $2 WHERE id = $1", tenant.0, owner).execute(db).await?;
    Ok(())
}

pub async fn locale_of(db: &mut PgConnection, tenant: TenantId, user: Uuid) -> Result<String, sqlx::Error> {
    sqlx::query_scalar!("SELECT locale FROM identity.members WHERE tenant_id = $1 AND user_id = $2", tenant.0, user).fetch_one(db).await
}

pub async fn built_in_role(db: &mut PgConnection, tenant: TenantId, name: &str) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("SELECT id FROM identity.roles WHERE tenant_id = $1 AND kind = 'system' AND name = $2", tenant.0, name)
        .fetch_optional(db)
        .await
}

//! Pictures in the directory.

use platform::TenantId;
use platform::picture::Picture;
use sqlx::PgConnection;
use uuid::Uuid;

pub async fn insert(
    db: &mut PgConnection,
    id: Uuid,
    user: Option<Uuid>,
    tenant: Option<TenantId>,
    picture: &Picture,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO directory.pictures (id, user_id, tenant_id, content_type, bytes) VALUES ($1, $2, $3, $4, $5)",
        id,
        user as Option<Uuid>,
        tenant.map(|tenant| tenant.0) as Option<Uuid>,
        picture.content_type,
        picture.bytes,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn remove_of_user(db: &mut PgConnection, user: Uuid) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!("DELETE FROM directory.pictures WHERE user_id = $1", user).execute(db).await?.rows_affected())
}

pub async fn remove_of_tenant(db: &mut PgConnection, tenant: TenantId) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM directory.pictures WHERE tenant_id = $1", tenant.0).execute(db).await?;
    Ok(())
}

/// The kind and the bytes of a picture whose user or tenant is not closed; with a tenant, only of its own logo.
pub async fn find(db: &mut PgConnection, id: Uuid, of: Option<TenantId>) -> Result<Option<(String, Vec<u8>)>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT p.content_type, p.bytes
           FROM directory.pictures p
           LEFT JOIN directory.users u ON u.id = p.user_id
           LEFT JOIN directory.tenants t ON t.id = p.tenant_id
          WHERE p.id = $1 AND coalesce(u.status, t.status) = 'active' AND ($2::uuid IS NULL OR p.tenant_id = $2)",
        id,
        of.map(|tenant| tenant.0) as Option<Uuid>,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.content_type, row.bytes)))
}

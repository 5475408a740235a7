//! The rows of files.

use uuid::Uuid;

use super::File;
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::time::Timestamp;

/// What a download and a deletion need to know.
pub struct Stored {
    pub name: String,
    pub content_type: String,
    pub size: i64,
    pub storage_key: String,
    pub uploaded_by: Option<Uuid>,
}

pub async fn insert(ctx: &mut Ctx, file: &File, sha256: &str, storage_key: &str) -> Result<()> {
    let (tenant, uploaded_by) = (ctx.tenant.0, ctx.user_id());
    sqlx::query!(
        "INSERT INTO platform.files (tenant_id, id, name, content_type, size, sha256, storage_key, uploaded_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tenant,
        file.id,
        file.name,
        file.content_type,
        file.size,
        hex::decode(sha256).map_err(Error::internal)?,
        storage_key,
        uploaded_by,
        file.created_at as Timestamp,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

/// A file that is not deleted; of that uploader only, where one is given.
pub async fn find(ctx: &mut Ctx, id: Uuid, uploaded_by: Option<Uuid>) -> Result<Option<Stored>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_as!(
        Stored,
        "SELECT name, content_type, size, storage_key, uploaded_by
           FROM platform.files
          WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL
            AND ($3::uuid IS NULL OR uploaded_by = $3)",
        tenant,
        id,
        uploaded_by,
    )
    .fetch_optional(ctx.db().await?)
    .await?;
    Ok(found)
}

/// Marks it, so that nobody finds it again; answers what it was.
pub async fn mark_deleted(ctx: &mut Ctx, id: Uuid, uploaded_by: Option<Uuid>) -> Result<Option<Stored>> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let found = sqlx::query_as!(
        Stored,
        "UPDATE platform.files
            SET deleted_at = $4
          WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL
            AND ($3::uuid IS NULL OR uploaded_by = $3)
      RETURNING name, content_type, size, storage_key, uploaded_by",
        tenant,
        id,
        uploaded_by,
        now as Timestamp,
    )
    .fetch_optional(ctx.db().await?)
    .await?;
    Ok(found)
}

//! Exports of the trail in the database.

use serde_json::Value;
use uuid::Uuid;

use super::AuditExport;
use crate::audit::file::Manifest;
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::time::Timestamp;

struct ExportRow {
    id: Uuid,
    status: String,
    from_at: Option<Timestamp>,
    to_at: Option<Timestamp>,
    records: Option<i64>,
    size: Option<i64>,
    manifest: Option<Value>,
    created_at: Timestamp,
    expires_at: Timestamp,
}

impl ExportRow {
    fn export(self) -> Result<AuditExport> {
        let manifest = self.manifest.map(serde_json::from_value).transpose().map_err(Error::internal)?;
        Ok(AuditExport {
            id: self.id,
            status: self.status,
            from: self.from_at,
            to: self.to_at,
            records: self.records,
            size: self.size,
            manifest,
            created_at: self.created_at,
            expires_at: self.expires_at,
        })
    }
}

pub async fn exports(ctx: &mut Ctx, before: Option<Uuid>, count: i64) -> Result<Vec<AuditExport>> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let rows = sqlx::query_as!(
        ExportRow,
        "SELECT id, status, from_at, to_at, records, size, manifest, created_at, expires_at FROM platform.audit_exports
          WHERE tenant_id = $1 AND expires_at > $2 AND ($3::uuid IS NULL OR id < $3)
          ORDER BY id DESC LIMIT $4",
        tenant,
        now as Timestamp,
        before,
        count,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    rows.into_iter().map(ExportRow::export).collect()
}

/// One that has not run out.
pub async fn export(ctx: &mut Ctx, id: Uuid) -> Result<Option<AuditExport>> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let row = sqlx::query_as!(
        ExportRow,
        "SELECT id, status, from_at, to_at, records, size, manifest, created_at, expires_at FROM platform.audit_exports
          WHERE tenant_id = $1 AND id = $2 AND expires_at > $3",
        tenant,
        id,
        now as Timestamp,
    )
    .fetch_optional(ctx.db().await?)
    .await?;
    row.map(ExportRow::export).transpose()
}

pub async fn insert_export(ctx: &mut Ctx, export: &AuditExport, by: Uuid) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "INSERT INTO platform.audit_exports (tenant_id, id, requested_by, from_at, to_at, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        tenant,
        export.id,
        by,
        export.from as Option<Timestamp>,
        export.to as Option<Timestamp>,
        export.created_at as Timestamp,
        export.expires_at as Timestamp,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

pub async fn ready_export(ctx: &mut Ctx, id: Uuid, manifest: &Manifest, size: i64) -> Result<()> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let (records, manifest) = (manifest.records, serde_json::to_value(manifest).map_err(Error::internal)?);
    sqlx::query!(
        "UPDATE platform.audit_exports SET status = 'ready', records = $3, size = $4, manifest = $5, ready_at = $6
          WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        records,
        size,
        manifest,
        now as Timestamp,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

pub async fn fail_export(ctx: &mut Ctx, id: Uuid) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!("UPDATE platform.audit_exports SET status = 'failed' WHERE tenant_id = $1 AND id = $2 AND status = 'queued'", tenant, id)
        .execute(ctx.db().await?)
        .await?;
    Ok(())
}

pub async fn insert_export_part(ctx: &mut Ctx, export: Uuid, part: i32, sealed: &[u8]) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "INSERT INTO platform.audit_export_parts (tenant_id, export_id, part, content_ciphertext) VALUES ($1, $2, $3, $4)",
        tenant,
        export,
        part,
        sealed,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

pub async fn export_part(ctx: &mut Ctx, export: Uuid, part: i32) -> Result<Option<Vec<u8>>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        "SELECT content_ciphertext FROM platform.audit_export_parts WHERE tenant_id = $1 AND export_id = $2 AND part = $3",
        tenant,
        export,
        part,
    );
    Ok(found.fetch_optional(ctx.db().await?).await?)
}

pub async fn forget_export_parts(ctx: &mut Ctx, export: Uuid) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!("DELETE FROM platform.audit_export_parts WHERE tenant_id = $1 AND export_id = $2", tenant, export)
        .execute(ctx.db().await?)
        .await?;
    Ok(())
}

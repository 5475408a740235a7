//! Archives in the database. What runs as the owner names the tenant itself.

use serde_json::Value;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{Archive, Base, Month};
use crate::audit::file::SignedManifest;
use crate::audit::record::genesis;
use crate::audit::store::hash;
use crate::ctx::{Ctx, TenantId};
use crate::error::{Error, Result};
use crate::time::{Date, Timestamp};

/// The months that are wholly before that time and have a partition, the oldest first.
pub async fn months(db: &mut PgConnection, before: Timestamp) -> Result<Vec<Month>, sqlx::Error> {
    let days = sqlx::query_scalar!(
        r#"SELECT to_date(substr(c.relname, 14), 'YYYYMM') AS "day!"
             FROM pg_inherits i
             JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'platform.audit_events'::regclass AND c.relname ~ '^audit_events_[0-9]{6}$'
            ORDER BY 1"#
    )
    .fetch_all(db)
    .await?;
    Ok(days.into_iter().filter_map(Month::of).filter(|month| month.end <= before).collect())
}

impl Month {
    fn of(first_day: Date) -> Option<Self> {
        let midnight = |day: jiff::civil::Date| Some(Timestamp::new(day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp()));
        let (start, end) = (midnight(first_day.0)?, midnight(first_day.0.checked_add(jiff::Span::new().months(1)).ok()?)?);
        // As in ensure_audit_partitions: UUIDv7 begins with milliseconds.
        let id = |at: Timestamp| Some(Uuid::from_u128(u128::from(u64::try_from(at.as_microsecond() / 1000).ok()?) << 80));
        Some(Self { first_day, start, end, first_id: id(start)?, end_id: id(end)? })
    }
}

/// Whose lines there are in a month.
pub async fn tenants_in(owner: &PgPool, month: &Month) -> Result<Vec<TenantId>, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        "SELECT DISTINCT tenant_id FROM platform.audit_events WHERE id >= $1 AND id < $2 ORDER BY tenant_id",
        month.first_id,
        month.end_id,
    )
    .fetch_all(owner)
    .await?;
    Ok(ids.into_iter().map(TenantId).collect())
}

/// How many of a tenant's lines in a month have no place in the chain, and the last place of the others.
pub async fn span(db: &mut PgConnection, tenant: TenantId, month: &Month) -> Result<(i64, Option<i64>), sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE s.seq IS NULL) AS "unsealed!", max(s.seq) AS last
             FROM platform.audit_events e
             LEFT JOIN platform.audit_seals s ON s.tenant_id = $1 AND s.event_id = e.id
            WHERE e.tenant_id = $1 AND e.id >= $2 AND e.id < $3"#,
        tenant.0,
        month.first_id,
        month.end_id,
    )
    .fetch_one(db)
    .await?;
    Ok((row.unsealed, row.last))
}

/// How many of a tenant's lines are before that id, up to so many.
pub async fn count(db: &mut PgConnection, tenant: TenantId, before: Uuid, most: i64) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM (SELECT FROM platform.audit_events WHERE tenant_id = $1 AND id < $2 LIMIT $3) AS old"#,
        tenant.0,
        before,
        most,
    )
    .fetch_one(db)
    .await
}

/// Where the tenant's chain in the database begins.
pub async fn base(db: &mut PgConnection, tenant: TenantId) -> Result<Base> {
    let row = sqlx::query!(
        r#"SELECT last_seq, manifest -> 'manifest' ->> 'last_hash' AS "hash!" FROM platform.audit_archives
            WHERE tenant_id = $1 ORDER BY last_seq DESC LIMIT 1"#,
        tenant.0
    )
    .fetch_optional(db)
    .await?;
    match row {
        None => Ok(Base { seq: 0, hash: genesis(tenant.0) }),
        Some(row) => Ok(Base { seq: row.last_seq, hash: hash(&hex::decode(row.hash).map_err(Error::internal)?)? }),
    }
}

struct Row {
    tenant_id: Uuid,
    id: Uuid,
    from_at: Timestamp,
    to_at: Timestamp,
    storage_key: String,
    size: i64,
    sha256: Vec<u8>,
    manifest: Value,
    created_at: Timestamp,
    removed_at: Option<Timestamp>,
}

impl Row {
    fn archive(self) -> Result<Archive> {
        Ok(Archive {
            tenant: TenantId(self.tenant_id),
            id: self.id,
            from: self.from_at,
            to: self.to_at,
            storage_key: self.storage_key,
            size: self.size,
            sha256: hash(&self.sha256)?,
            signed: serde_json::from_value(self.manifest).map_err(Error::internal)?,
            created_at: self.created_at,
            removed_at: self.removed_at,
        })
    }
}

/// A tenant's archives in the order of the chain.
pub async fn of_tenant(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<Archive>> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT tenant_id, id, from_at, to_at, storage_key, size, sha256, manifest, created_at, removed_at
           FROM platform.audit_archives WHERE tenant_id = $1 ORDER BY first_seq",
        tenant.0
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Row::archive).collect()
}

/// Those of the context's tenant before that one, the newest first.
pub async fn list(ctx: &mut Ctx, before: Option<i64>, count: i64) -> Result<Vec<Archive>> {
    let tenant = ctx.tenant.0;
    let rows = sqlx::query_as!(
        Row,
        "SELECT tenant_id, id, from_at, to_at, storage_key, size, sha256, manifest, created_at, removed_at
           FROM platform.audit_archives WHERE tenant_id = $1 AND ($2::bigint IS NULL OR first_seq < $2)
          ORDER BY first_seq DESC LIMIT $3",
        tenant,
        before,
        count,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    rows.into_iter().map(Row::archive).collect()
}

/// Every tenant that has archives, with its short name where the directory knows one.
pub async fn tenants(db: &mut PgConnection) -> Result<Vec<(TenantId, Option<String>)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT a.tenant_id AS "tenant!", t.slug AS "slug?"
             FROM (SELECT DISTINCT tenant_id FROM platform.audit_archives) AS a
             LEFT JOIN directory.tenants t ON t.id = a.tenant_id
            ORDER BY t.slug, a.tenant_id"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (TenantId(row.tenant), row.slug)).collect())
}

pub async fn is_erasing(owner: &PgPool, tenant: TenantId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM directory.erasures WHERE kind = 'tenant' AND subject_id = $1) AS "is_erasing!""#,
        tenant.0
    )
    .fetch_one(owner)
    .await
}

/// No where the tenant's erasure has begun.
pub async fn insert(owner: &PgPool, archive: &Archive) -> Result<bool, sqlx::Error> {
    let manifest = &archive.signed.manifest;
    let written = sqlx::query!(
        "INSERT INTO platform.audit_archives (tenant_id, id, first_seq, last_seq, from_at, to_at, storage_key, size, sha256, manifest, created_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
          WHERE NOT EXISTS (SELECT FROM directory.erasures WHERE kind = 'tenant' AND subject_id = $1)",
        archive.tenant.0,
        archive.id,
        manifest.first_seq,
        manifest.last_seq,
        archive.from,
        archive.to,
        archive.storage_key,
        archive.size,
        &archive.sha256[..],
        Json(&archive.signed) as Json<&SignedManifest>,
        archive.created_at,
    )
    .execute(owner)
    .await?;
    Ok(written.rows_affected() == 1)
}

/// Tenants with seals that are archived, and the last place that is.
pub async fn left_behind(db: &mut PgConnection) -> Result<Vec<(TenantId, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT a.tenant_id AS "tenant!", a.last AS "last!"
             FROM (SELECT tenant_id, max(last_seq) AS last FROM platform.audit_archives GROUP BY tenant_id) AS a
            WHERE EXISTS (SELECT FROM platform.audit_seals s WHERE s.tenant_id = a.tenant_id AND s.seq <= a.last)"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (TenantId(row.tenant), row.last)).collect())
}

/// Removes seals up to that place with their lines, where these did not go with their partition, and heads that are in the manifests
/// too; answers how many seals went.
pub async fn remove(owner: &PgPool, tenant: TenantId, last: i64, count: i64) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"WITH seals AS (
               DELETE FROM platform.audit_seals WHERE tenant_id = $1 AND seq <= $2
                  AND seq < (SELECT min(seq) FROM platform.audit_seals WHERE tenant_id = $1) + $3
               RETURNING event_id, seq
           ), lines AS (
               DELETE FROM platform.audit_events e USING seals WHERE e.tenant_id = $1 AND e.id = seals.event_id
           ), heads AS (
               DELETE FROM platform.audit_heads h WHERE h.tenant_id = $1 AND h.seq < $2 AND h.seq <= (SELECT max(seq) FROM seals)
           )
           SELECT count(*) AS "count!" FROM seals"#,
        tenant.0,
        last,
        count,
    )
    .fetch_one(owner)
    .await
}

/// No where lines came in since then.
pub async fn drop_partition(owner: &PgPool, month: &Month, written_since: &str) -> Result<bool, sqlx::Error> {
    let mut tx = owner.begin().await?;
    sqlx::query!("SET LOCAL lock_timeout = '300ms'").execute(&mut *tx).await?;
    let is_dropped =
        sqlx::query_scalar!(r#"SELECT platform.drop_audit_partition($1, $2::text::xid8) AS "dropped!""#, month.first_day, written_since,)
            .fetch_one(&mut *tx)
            .await?;
    tx.commit().await?;
    Ok(is_dropped)
}

/// Archives that were made before then and have their files.
pub async fn old(owner: &PgPool, tenant: TenantId, before: Timestamp) -> Result<Vec<(Uuid, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT id, storage_key FROM platform.audit_archives
          WHERE tenant_id = $1 AND created_at < $2 AND removed_at IS NULL
          ORDER BY first_seq",
        tenant.0,
        before,
    )
    .fetch_all(owner)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.storage_key)).collect())
}

pub async fn note_removed(owner: &PgPool, tenant: TenantId, id: Uuid, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE platform.audit_archives SET removed_at = $3 WHERE tenant_id = $1 AND id = $2", tenant.0, id, now)
        .execute(owner)
        .await?;
    Ok(())
}

//! The trail in the database. What has a context reads under its tenant's policies; the rest runs as the owner and names the
//! tenant itself.

use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::heads::Head;
use super::record::{Hash, Record};
use super::verify::Sealed;
use crate::ctx::{Ctx, TenantId};
use crate::error::{Error, Result};
use crate::time::Timestamp;

/// The line of a row: the statements that read lines have rows of different types, with these columns in each.
macro_rules! record {
    ($row:ident) => {
        Record {
            id: $row.id,
            actor_id: $row.actor_id,
            actor_name: $row.actor_name,
            actor_key: $row.actor_key,
            actor_ciphertext: $row.actor_ciphertext,
            action: $row.action,
            description: $row.description,
            entity_type: $row.entity_type,
            entity_id: $row.entity_id,
            old_values: $row.old_values,
            new_values: $row.new_values,
            values_key: $row.values_key,
            values_ciphertext: $row.values_ciphertext,
            metadata: $row.metadata,
            request_id: $row.request_id,
            created_at: $row.created_at,
        }
    };
}

/// Which lines of a tenant's trail.
#[derive(Clone, Debug, Default)]
pub struct Which {
    pub entity_type: Option<String>,
    pub entity_id: Option<Uuid>,
    pub actor_id: Option<Uuid>,
    pub action: Option<String>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

impl Which {
    /// As the statement of [`list`] has it.
    pub fn fits(&self, record: &Record) -> bool {
        self.entity_type.as_ref().is_none_or(|kind| *kind == record.entity_type)
            && self.entity_id.is_none_or(|id| record.entity_id == Some(id))
            && self.actor_id.is_none_or(|id| record.actor_id == Some(id))
            && self.action.as_ref().is_none_or(|action| *action == record.action)
            && self.from.is_none_or(|from| record.created_at >= from)
            && self.to.is_none_or(|to| record.created_at < to)
    }
}

/// Ids begin with their program's time; between it and the database's may lie this much.
const SKEW_MILLIS: i64 = 24 * 3600 * 1000;

/// The least id of a line that was written then.
fn least_id(at: Timestamp) -> Uuid {
    let millis = u64::try_from((at.as_microsecond() / 1000).saturating_sub(SKEW_MILLIS)).unwrap_or(0).min((1 << 48) - 1);
    Uuid::from_u128(u128::from(millis) << 80)
}

/// Newest first, with their places in the chain where they have one.
pub async fn list(ctx: &mut Ctx, which: &Which, before: Option<Uuid>, count: i64) -> Result<Vec<(Option<i64>, Record)>> {
    let tenant = ctx.tenant.0;
    let rows = sqlx::query!(
        r#"SELECT s.seq AS "seq?", e.id, e.actor_id, e.actor_name, e.actor_key, e.actor_ciphertext, e.action, e.description, e.entity_type,
                  e.entity_id, e.old_values, e.new_values, e.values_key, e.values_ciphertext, e.metadata, e.request_id, e.created_at
             FROM platform.audit_events e
             LEFT JOIN platform.audit_seals s ON s.tenant_id = $1 AND s.event_id = e.id
            WHERE e.tenant_id = $1
              AND ($2::uuid IS NULL OR e.id < $2)
              AND ($3::text IS NULL OR e.entity_type = $3)
              AND ($4::uuid IS NULL OR e.entity_id = $4)
              AND ($5::uuid IS NULL OR e.actor_id = $5)
              AND ($6::text IS NULL OR e.action = $6)
              AND ($7::timestamptz IS NULL OR (e.created_at >= $7 AND e.id >= $9))
              AND ($8::timestamptz IS NULL OR e.created_at < $8)
            ORDER BY e.id DESC
            LIMIT $10"#,
        tenant,
        before,
        which.entity_type,
        which.entity_id,
        which.actor_id,
        which.action,
        which.from as Option<Timestamp>,
        which.to as Option<Timestamp>,
        which.from.map(least_id),
        count,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    Ok(rows.into_iter().map(|row| (row.seq, record!(row))).collect())
}

pub async fn person_keys(ctx: &mut Ctx, ids: &[Uuid]) -> Result<Vec<(Uuid, Vec<u8>)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let tenant = ctx.tenant.0;
    let rows =
        sqlx::query!("SELECT id, key_ciphertext FROM platform.audit_keys WHERE tenant_id = $1 AND id = ANY ($2)", tenant, ids as &[Uuid])
            .fetch_all(ctx.db().await?)
            .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.key_ciphertext)).collect())
}

pub async fn destroy_keys(ctx: &mut Ctx, subjects: &[Uuid]) -> Result<u64> {
    let tenant = ctx.tenant.0;
    let destroyed =
        sqlx::query!("DELETE FROM platform.audit_keys WHERE tenant_id = $1 AND subject_id = ANY ($2)", tenant, subjects as &[Uuid])
            .execute(ctx.db().await?)
            .await?;
    Ok(destroyed.rows_affected())
}

/// What a transaction writes about itself: facts for the outbox and lines of the trail, with the keys that the lines are sealed under,
/// each list as JSON.
pub struct Notes<'a> {
    pub actor: Option<Uuid>,
    pub actor_name: Option<&'static str>,
    pub request: Option<Uuid>,
    pub metadata: Option<Value>,
    pub facts: &'a Value,
    pub lines: &'a Value,
    pub keys: &'a Value,
}

/// All of it in one statement, in whatever transaction is open.
pub async fn write(db: &mut PgConnection, tenant: TenantId, notes: Notes<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "WITH facts AS (
             INSERT INTO platform.events (tenant_id, id, kind, subject_type, subject_id, owner_id, co_owners, payload, actor_id, caused_by)
             SELECT $1, id, kind, subject_type, subject_id, owner_id, co_owners, payload, $4, caused_by
               FROM ROWS FROM (jsonb_to_recordset($2) AS (id uuid, kind text, subject_type text, subject_id uuid, owner_id uuid, co_owners uuid[],
                                                          payload jsonb, caused_by uuid)) WITH ORDINALITY
              ORDER BY ordinality
         ), keys AS (
             INSERT INTO platform.audit_keys (tenant_id, id, subject_id, key_ciphertext)
             SELECT $1, id, subject_id, decode(key_ciphertext, 'base64')
               FROM jsonb_to_recordset($8) AS k (id uuid, subject_id uuid, key_ciphertext text)
         )
         INSERT INTO platform.audit_events
                (tenant_id, id, actor_id, actor_name, actor_key, actor_ciphertext, action, entity_type, entity_id, old_values, new_values,
                 values_key, values_ciphertext, request_id, metadata)
         SELECT $1, id, $4, $5, actor_key, decode(actor_ciphertext, 'base64'), action, entity_type, entity_id, old_values, new_values,
                values_key, decode(values_ciphertext, 'base64'), $6, $7
           FROM jsonb_to_recordset($3) AS l (id uuid, actor_key uuid, actor_ciphertext text, action text, entity_type text,
                                             entity_id uuid, old_values jsonb, new_values jsonb, values_key uuid, values_ciphertext text)",
        tenant.0,
        notes.facts,
        notes.lines,
        notes.actor,
        notes.actor_name,
        notes.request,
        notes.metadata,
        notes.keys,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Everything before this transaction is sealed; under the lock that sealers work under.
pub async fn lock_progress(db: &mut PgConnection) -> Result<String, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT sealed_before::text AS "before!" FROM security.audit_progress WHERE id = 1 FOR UPDATE"#)
        .fetch_one(db)
        .await
}

/// Transactions before this one have ended: nothing is written late below it.
pub async fn horizon(db: &mut PgConnection) -> Result<String, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS "horizon!""#).fetch_one(db).await
}

pub async fn set_progress(db: &mut PgConnection, sealed_before: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE security.audit_progress SET sealed_before = $1::text::xid8 WHERE id = 1", sealed_before).execute(db).await?;
    Ok(())
}

/// In a cluster that counts its transactions from a lower number, after a dump was restored, nothing new would be found: what
/// is unsealed is given a number of this cluster, and the count begins there.
pub async fn start_anew(db: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let moved = sqlx::query!(
        "UPDATE security.audit_progress SET sealed_before = pg_current_xact_id() WHERE id = 1 AND sealed_before > pg_current_xact_id()"
    )
    .execute(&mut *db)
    .await?;
    if moved.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        "UPDATE platform.audit_events e SET written_in = pg_current_xact_id()
          WHERE NOT EXISTS (SELECT FROM platform.audit_seals s WHERE s.tenant_id = e.tenant_id AND s.event_id = e.id)"
    )
    .execute(db)
    .await?;
    Ok(true)
}

/// A line that waits for its place in the chain.
pub struct Waiting {
    pub tenant: Uuid,
    pub written_in: String,
    pub record: Record,
}

pub async fn unsealed(db: &mut PgConnection, from: &str, before: &str, count: i64) -> Result<Vec<Waiting>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT e.tenant_id, e.written_in::text AS "written_in!", e.id, e.actor_id, e.actor_name, e.actor_key, e.actor_ciphertext,
                  e.action, e.description, e.entity_type, e.entity_id, e.old_values, e.new_values, e.values_key, e.values_ciphertext,
                  e.metadata, e.request_id, e.created_at
             FROM platform.audit_events e
            WHERE e.written_in >= $1::text::xid8 AND e.written_in < $2::text::xid8
              AND NOT EXISTS (SELECT FROM platform.audit_seals s WHERE s.tenant_id = e.tenant_id AND s.event_id = e.id)
            ORDER BY e.written_in, e.id
            LIMIT $3"#,
        from,
        before,
        count,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| Waiting { tenant: row.tenant_id, written_in: row.written_in, record: record!(row) }).collect())
}

/// The end of each of these chains, begun where there is none, under its lock.
pub async fn lock_chains(
    db: &mut PgConnection,
    tenants: &[Uuid],
    beginnings: &[Vec<u8>],
) -> Result<Vec<(Uuid, i64, Vec<u8>)>, sqlx::Error> {
    sqlx::query!(
        "INSERT INTO platform.audit_chains (tenant_id, seq, hash)
         SELECT tenant, 0, hash FROM unnest($1::uuid[], $2::bytea[]) AS b (tenant, hash) ORDER BY tenant
         ON CONFLICT (tenant_id) DO NOTHING",
        tenants,
        beginnings,
    )
    .execute(&mut *db)
    .await?;
    let rows = sqlx::query!(
        "SELECT tenant_id, seq, hash FROM platform.audit_chains WHERE tenant_id = ANY ($1) ORDER BY tenant_id FOR UPDATE",
        tenants
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id, row.seq, row.hash)).collect())
}

/// New links of any tenants' chains, and where these end now.
#[derive(Default)]
pub struct Links {
    pub tenants: Vec<Uuid>,
    pub seqs: Vec<i64>,
    pub events: Vec<Uuid>,
    pub hashes: Vec<Vec<u8>>,
}

pub async fn append(db: &mut PgConnection, links: &Links) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO platform.audit_seals (tenant_id, seq, event_id, hash)
         SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::bytea[])",
        &links.tenants,
        &links.seqs,
        &links.events,
        &links.hashes,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "UPDATE platform.audit_chains c SET seq = last.seq, hash = last.hash, sealed_at = now()
           FROM (SELECT DISTINCT ON (tenant) tenant, seq, hash
                   FROM unnest($1::uuid[], $2::bigint[], $3::bytea[]) AS l (tenant, seq, hash)
                  ORDER BY tenant, seq DESC) AS last
          WHERE c.tenant_id = last.tenant",
        &links.tenants,
        &links.seqs,
        &links.hashes,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// How many lines wait for their seals, and for how many seconds the oldest has.
pub async fn backlog(owner: &PgPool) -> Result<(i64, f64), sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "count!", coalesce(extract(epoch FROM now() - min(e.created_at)), 0)::float8 AS "age!"
             FROM platform.audit_events e, security.audit_progress p
            WHERE e.written_in >= p.sealed_before
              AND NOT EXISTS (SELECT FROM platform.audit_seals s WHERE s.tenant_id = e.tenant_id AND s.event_id = e.id)"#
    )
    .fetch_one(owner)
    .await?;
    Ok((row.count, row.age))
}

/// The end of a chain, and how its last verification went.
pub struct Chain {
    pub seq: i64,
    pub hash: Vec<u8>,
    pub sealed_at: Timestamp,
    pub verified_at: Option<Timestamp>,
    pub verified_seq: Option<i64>,
    pub broken_seq: Option<i64>,
    pub broken_reason: Option<String>,
}

pub async fn chain(db: &mut PgConnection, tenant: TenantId) -> Result<Option<Chain>, sqlx::Error> {
    sqlx::query_as!(
        Chain,
        "SELECT seq, hash, sealed_at, verified_at, verified_seq, broken_seq, broken_reason FROM platform.audit_chains WHERE tenant_id = $1",
        tenant.0
    )
    .fetch_optional(db)
    .await
}

pub async fn note_verification(db: &mut PgConnection, tenant: TenantId, seq: i64, broken: Option<(i64, &str)>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE platform.audit_chains SET verified_at = now(), verified_seq = $2, broken_seq = $3, broken_reason = $4 WHERE tenant_id = $1",
        tenant.0,
        seq,
        broken.map(|(seq, _)| seq),
        broken.map(|(_, reason)| reason),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// How many chains the last verification found broken.
pub async fn broken_chains(owner: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM platform.audit_chains WHERE broken_seq IS NOT NULL"#).fetch_one(owner).await
}

/// Every tenant that has a chain or heads, or had according to heads from elsewhere; without those whose erasure has begun.
pub async fn tenants(db: &mut PgConnection, outside: &[Uuid]) -> Result<Vec<TenantId>, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        r#"SELECT tenant_id AS "tenant!"
             FROM (SELECT tenant_id FROM platform.audit_chains
                    UNION SELECT tenant_id FROM platform.audit_heads
                    UNION SELECT unnest($1::uuid[])) AS known
            WHERE NOT EXISTS (SELECT FROM directory.erasures e WHERE e.kind = 'tenant' AND e.subject_id = tenant_id)
            ORDER BY 1"#,
        outside,
    )
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(TenantId).collect())
}

/// The tenant of that slug or id.
pub async fn tenant(db: &mut PgConnection, name: &str) -> Result<Option<TenantId>, sqlx::Error> {
    let id = sqlx::query_scalar!("SELECT id FROM directory.tenants WHERE slug = $1 OR id::text = $1", name).fetch_optional(db).await?;
    Ok(id.map(TenantId))
}

/// Links after that place, with their lines where these are there.
pub async fn links(db: &mut PgConnection, tenant: TenantId, after: i64, count: i64) -> Result<Vec<Sealed>> {
    let rows = sqlx::query!(
        r#"SELECT s.seq, s.hash, s.event_id AS id, e.id IS NOT NULL AS "is_there!", e.actor_id AS "actor_id?", e.actor_name AS "actor_name?",
                  e.actor_key AS "actor_key?", e.actor_ciphertext AS "actor_ciphertext?", coalesce(e.action, '') AS "action!",
                  e.description AS "description?", coalesce(e.entity_type, '') AS "entity_type!", e.entity_id AS "entity_id?",
                  e.old_values AS "old_values?", e.new_values AS "new_values?", e.values_key AS "values_key?",
                  e.values_ciphertext AS "values_ciphertext?", e.metadata AS "metadata?", e.request_id AS "request_id?",
                  coalesce(e.created_at, 'epoch') AS "created_at!"
             FROM platform.audit_seals s
             LEFT JOIN platform.audit_events e ON e.tenant_id = $1 AND e.id = s.event_id
            WHERE s.tenant_id = $1 AND s.seq > $2
            ORDER BY s.seq
            LIMIT $3"#,
        tenant.0,
        after,
        count,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Sealed { seq: row.seq, hash: hash(&row.hash)?, event: row.id, record: if row.is_there { Some(record!(row)) } else { None } })
        })
        .collect()
}

/// The first line of the tenant that has no place in the chain although it was written before that time.
pub async fn never_sealed(db: &mut PgConnection, tenant: TenantId, before: Timestamp) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT e.id FROM platform.audit_events e
          WHERE e.tenant_id = $1 AND e.created_at < $2
            AND NOT EXISTS (SELECT FROM platform.audit_seals s WHERE s.tenant_id = $1 AND s.event_id = e.id)
          ORDER BY e.id LIMIT 1",
        tenant.0,
        before,
    )
    .fetch_optional(db)
    .await
}

/// The database's own clock, which gives lines their times.
pub async fn now(db: &mut PgConnection) -> Result<Timestamp, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT now() AS "now!""#).fetch_one(db).await
}

pub fn hash(bytes: &[u8]) -> Result<Hash> {
    bytes.try_into().map_err(Error::internal)
}

/// The places of the first and last sealed line of a period.
pub async fn span(db: &mut PgConnection, tenant: TenantId, from: Option<Timestamp>, to: Option<Timestamp>) -> Result<Option<(i64, i64)>> {
    let row = sqlx::query!(
        "SELECT min(s.seq) AS first, max(s.seq) AS last
           FROM platform.audit_seals s
           JOIN platform.audit_events e ON e.tenant_id = $1 AND e.id = s.event_id
          WHERE s.tenant_id = $1 AND ($2::timestamptz IS NULL OR (e.created_at >= $2 AND e.id >= $4))
            AND ($3::timestamptz IS NULL OR e.created_at < $3)",
        tenant.0,
        from as Option<Timestamp>,
        to as Option<Timestamp>,
        from.map(least_id) as Option<Uuid>,
    )
    .fetch_one(db)
    .await?;
    Ok(row.first.zip(row.last))
}

/// The hash at that place.
pub async fn hash_at(db: &mut PgConnection, tenant: TenantId, seq: i64) -> Result<Option<Hash>> {
    let found = sqlx::query_scalar!("SELECT hash FROM platform.audit_seals WHERE tenant_id = $1 AND seq = $2", tenant.0, seq)
        .fetch_optional(db)
        .await?;
    found.as_deref().map(hash).transpose()
}

// Heads and the keys that sign them.

/// Chains that have grown since their last head.
pub async fn to_sign(db: &mut PgConnection, count: i64) -> Result<Vec<(TenantId, i64, Vec<u8>)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT c.tenant_id, c.seq, c.hash FROM platform.audit_chains c
          WHERE c.seq > coalesce((SELECT max(h.seq) FROM platform.audit_heads h WHERE h.tenant_id = c.tenant_id), 0)
          ORDER BY c.tenant_id
          LIMIT $1",
        count
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (TenantId(row.tenant_id), row.seq, row.hash)).collect())
}

/// No where another process signed it meanwhile.
pub async fn insert_head(db: &mut PgConnection, head: &Head) -> Result<bool, sqlx::Error> {
    let written = sqlx::query!(
        "INSERT INTO platform.audit_heads (tenant_id, seq, hash, signed_at, key_id, signature) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant_id, seq) DO NOTHING",
        head.tenant,
        head.seq,
        &head.hash.0[..],
        head.signed_at,
        head.key_id,
        &head.signature.0[..],
    )
    .execute(db)
    .await?;
    Ok(written.rows_affected() == 1)
}

/// In the order of the chain, within these places.
pub async fn heads(db: &mut PgConnection, tenant: TenantId, from: i64, to: i64) -> Result<Vec<Head>> {
    let rows = sqlx::query!(
        "SELECT seq, hash, signed_at, key_id, signature FROM platform.audit_heads
          WHERE tenant_id = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq",
        tenant.0,
        from,
        to,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| Head::stored(tenant, row.seq, &row.hash, row.signed_at, row.key_id, &row.signature)).collect()
}

pub async fn last_head(db: &mut PgConnection, tenant: TenantId) -> Result<Option<Head>> {
    let row = sqlx::query!(
        "SELECT seq, hash, signed_at, key_id, signature FROM platform.audit_heads WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1",
        tenant.0
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| Head::stored(tenant, row.seq, &row.hash, row.signed_at, row.key_id, &row.signature)).transpose()
}

/// A key that signs heads, without its private half.
pub struct PublicKey {
    pub id: Uuid,
    pub public_key: Vec<u8>,
    pub created_at: Timestamp,
}

/// The newest first.
pub async fn public_keys(db: &mut PgConnection) -> Result<Vec<PublicKey>, sqlx::Error> {
    sqlx::query_as!(PublicKey, "SELECT id, public_key, created_at FROM directory.audit_signing_keys ORDER BY created_at DESC, id DESC")
        .fetch_all(db)
        .await
}

/// The key of the moment, sealed, under a lock that keeps a second first one from being made.
pub async fn signing_key(db: &mut PgConnection) -> Result<Option<(Uuid, Vec<u8>)>, sqlx::Error> {
    sqlx::query!("LOCK TABLE directory.audit_signing_keys IN SHARE ROW EXCLUSIVE MODE").execute(&mut *db).await?;
    let row = sqlx::query!("SELECT id, private_key_ciphertext FROM directory.audit_signing_keys ORDER BY created_at DESC, id DESC LIMIT 1")
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| (row.id, row.private_key_ciphertext)))
}

pub async fn insert_key(db: &mut PgConnection, id: Uuid, public: &[u8], private: &[u8], now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO directory.audit_signing_keys (id, public_key, private_key_ciphertext, created_at) VALUES ($1, $2, $3, $4)",
        id,
        public,
        private,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The private halves, sealed.
pub async fn sealed_keys(db: &mut PgConnection) -> Result<Vec<(Uuid, Vec<u8>)>, sqlx::Error> {
    let rows = sqlx::query!("SELECT id, private_key_ciphertext FROM directory.audit_signing_keys ORDER BY id").fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.private_key_ciphertext)).collect())
}

/// A broken chain as a security event, which belongs to nobody's account.
pub async fn note_break(db: &mut PgConnection, tenant: TenantId, seq: i64, reason: &str, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO directory.security_events (id, event, severity, details, created_at) VALUES ($1, 'audit_chain_broken', 'critical', $2, $3)",
        crate::id::new(),
        serde_json::json!({ "tenant_id": tenant.0, "seq": seq, "reason": reason }),
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

//! Archives: months of the trail that have left the database, as compressed files of one tenant each.
//!
//! A month of a tenant goes in steps that a killed process takes up where they stopped: the file is written and read back, each
//! record of it held against the chain; a row says that it is there, and from then on the chain in the database begins after it; the
//! lines and their seals are removed, or the whole partition where every tenant's lines in it are archived. The manifest is signed as
//! heads are, so that nobody can have a chain begin later by removing what came before.

use std::collections::HashMap;
use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::{GzDecoder, GzEncoder};
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection};
use utoipa::ToSchema;
use uuid::Uuid;

use super::AuditEvent;
use super::file::{FileError, Follower, SignedManifest, Writer};
use super::heads::{Head, Hex, VerifyingKey, own_keys, signing_key};
use super::http::says;
use super::record::{Hash, genesis};
use super::store::{Which, horizon};
use super::verify::{Broken, Reason, Sealed};
use crate::ctx::{Ctx, TenantId};
use crate::error::{Error, Result};
use crate::files::Upload;
use crate::state::App;
use crate::time::Timestamp;

pub mod store;

pub use store::base;

/// The number is arbitrary and ours; the sealer, the dispatcher and migrations have others.
const LEADER_LOCK: i64 = 0x6174_7269_756d_0004;
/// Seals, and lines beside them, that one transaction removes.
const BATCH: i64 = 1000;
/// Bytes that are taken out of the compressed file at a time: what they become is checked before the next.
const PIECE: usize = 16 << 10;
/// How often a partition that is in use is tried for, and what is waited between.
const DROP_TRIES: u32 = 10;
const DROP_PAUSE: Duration = Duration::from_millis(200);

/// A stretch of a tenant's chain in a file.
#[derive(Clone, Debug)]
pub struct Archive {
    pub tenant: TenantId,
    pub id: Uuid,
    /// The times of the oldest and the newest line.
    pub from: Timestamp,
    pub to: Timestamp,
    pub storage_key: String,
    /// Bytes of the compressed file.
    pub size: i64,
    /// Of the compressed file.
    pub sha256: Hash,
    pub signed: SignedManifest,
    pub created_at: Timestamp,
    /// When the file had its time. The row stays.
    pub removed_at: Option<Timestamp>,
}

/// Where the chain in the database begins: after that place, which has that hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    pub seq: i64,
    pub hash: Hash,
}

/// An archive, as it is told of.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditArchive {
    pub id: Uuid,
    /// The time of the oldest line.
    pub from: Timestamp,
    /// The time of the newest line.
    pub to: Timestamp,
    pub records: i64,
    /// The place of the first record in the chain.
    pub first_seq: i64,
    pub last_seq: i64,
    /// Bytes of the compressed file.
    pub size: i64,
    /// Of the compressed file, in hex digits.
    #[schema(value_type = String)]
    pub sha256: Hex<32>,
    pub created_at: Timestamp,
    /// When the file was removed, its time being over.
    pub removed_at: Option<Timestamp>,
}

impl From<Archive> for AuditArchive {
    fn from(archive: Archive) -> Self {
        let manifest = archive.signed.manifest;
        Self {
            id: archive.id,
            from: archive.from,
            to: archive.to,
            records: manifest.records,
            first_seq: manifest.first_seq,
            last_seq: manifest.last_seq,
            size: archive.size,
            sha256: Hex(archive.sha256),
            created_at: archive.created_at,
            removed_at: archive.removed_at,
        }
    }
}

/// Whether the manifests, in order, are this instance's and hang together from the tenant's first line on; answers what follows
/// them.
///
/// # Errors
/// The first that does not.
pub fn follow(tenant: TenantId, archives: &[Archive], keys: &[VerifyingKey]) -> Result<Base, Broken> {
    let mut base = Base { seq: 0, hash: genesis(tenant.0) };
    for archive in archives {
        let manifest = &archive.signed.manifest;
        let broken = |reason| Broken { seq: base.seq + 1, event: None, reason, good_until: (base.seq > 0).then_some(base.seq) };
        if manifest.tenant != tenant.0 || !archive.signed.is_signed(keys) {
            return Err(broken(Reason::ForgedArchive));
        }
        if manifest.first_seq != base.seq + 1 || manifest.last_seq < manifest.first_seq {
            return Err(broken(Reason::Gap));
        }
        if manifest.previous_hash.0 != base.hash {
            return Err(broken(Reason::Rewritten));
        }
        base = Base { seq: manifest.last_seq, hash: manifest.last_hash.0 };
    }
    Ok(base)
}

/// What keeps an archive from being read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the storage of files: {0}")]
    Storage(#[from] object_store::Error),
    #[error("{0}")]
    File(#[from] FileError),
    #[error("the compressed file is not the one that was written (SHA-256 differs)")]
    Sha256,
}

impl ReadError {
    /// Whether the storage cannot be asked, so that nothing is known of the file.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Storage(error) if !matches!(error, object_store::Error::NotFound { .. }))
    }
}

/// Reads an archive from the storage piece by piece, each record held against the chain before it is handed out.
pub struct Reader<'a> {
    archive: &'a Archive,
    stream: BoxStream<'static, object_store::Result<bytes::Bytes>>,
    waiting: bytes::Bytes,
    sha256: Sha256,
    decoder: GzDecoder<Vec<u8>>,
    follower: Option<Follower<'a>>,
    /// Signed heads that were met, once the end is reached.
    pub heads: usize,
}

impl<'a> Reader<'a> {
    /// # Errors
    /// A file that is not there, or a manifest that none of the keys signed.
    pub async fn open(app: &App, archive: &'a Archive, keys: &'a [VerifyingKey], outside: &[Head]) -> Result<Self, ReadError> {
        let follower = Follower::new(&archive.signed, keys, outside)?;
        let (_, stream) = app.files.read(&archive.storage_key).await?;
        Ok(Self {
            archive,
            stream,
            waiting: bytes::Bytes::new(),
            sha256: Sha256::new(),
            decoder: GzDecoder::new(Vec::new()),
            follower: Some(follower),
            heads: 0,
        })
    }

    /// The next records. At the end, once the whole file is known to be what was written, there are none.
    ///
    /// # Errors
    /// The first record that is broken, or what else is wrong.
    pub async fn next(&mut self) -> Result<Option<Vec<Sealed>>, ReadError> {
        loop {
            let Some(follower) = &mut self.follower else { return Ok(None) };
            if self.waiting.is_empty() {
                match self.stream.try_next().await? {
                    Some(bytes) => self.waiting = bytes,
                    None => {
                        self.decoder.try_finish().map_err(FileError::damaged)?;
                        let last = follower.push(&std::mem::take(self.decoder.get_mut()))?;
                        let Some(follower) = self.follower.take() else { return Ok(None) };
                        self.heads = follower.finish(&self.archive.signed)?;
                        if self.sha256.clone().finalize()[..] != self.archive.sha256 {
                            return Err(ReadError::Sha256);
                        }
                        return Ok((!last.is_empty()).then_some(last));
                    }
                }
            }
            let piece = self.waiting.split_to(self.waiting.len().min(PIECE));
            self.sha256.update(&piece);
            self.decoder.write_all(&piece).map_err(FileError::damaged)?;
            let records = follower.push(&std::mem::take(self.decoder.get_mut()))?;
            if !records.is_empty() {
                return Ok(Some(records));
            }
        }
    }
}

/// Reads an archive to its end; answers how many signed heads were met.
///
/// # Errors
/// See [`Reader::next`].
pub async fn verify(app: &App, archive: &Archive, keys: &[VerifyingKey], outside: &[Head]) -> Result<usize, ReadError> {
    let mut reader = Reader::open(app, archive, keys, outside).await?;
    while reader.next().await?.is_some() {}
    Ok(reader.heads)
}

/// Looks through an archive; what people are known by is opened as far as their keys are there.
pub struct Search<'a> {
    pub which: &'a Which,
    /// Text in the action, the kind of record, who acted, or old and new values; in lower case.
    pub text: Option<&'a str>,
}

impl Search<'_> {
    /// Whether the archive may hold such lines.
    pub fn reaches(&self, archive: &Archive) -> bool {
        archive.removed_at.is_none()
            && self.which.from.is_none_or(|from| archive.to >= from)
            && self.which.to.is_none_or(|to| archive.from < to)
    }

    /// Those among the records that are looked for.
    ///
    /// # Errors
    /// The database's.
    pub async fn find(&self, app: &App, tenant: TenantId, links: Vec<Sealed>) -> Result<Vec<AuditEvent>> {
        let found: Vec<_> = links
            .into_iter()
            .filter_map(|link| link.record.filter(|record| self.which.fits(record)).map(|record| (Some(link.seq), record)))
            .collect();
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let mut ctx = Ctx::of_program(app.clone(), tenant, None);
        let events = super::opened(&mut ctx, found).await?;
        ctx.rollback().await?;
        Ok(events.into_iter().filter(|event| self.text.is_none_or(|text| says(event, text))).collect())
    }
}

/// A month of the trail.
#[derive(Clone, Debug)]
pub struct Month {
    pub first_day: crate::time::Date,
    pub start: Timestamp,
    pub end: Timestamp,
    /// The bounds of the partition.
    pub first_id: Uuid,
    pub end_id: Uuid,
}

/// What one run did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Archived {
    pub archives: u64,
    pub records: i64,
    pub partitions: u64,
    /// Tenants and months that could not be archived, and stay in the database.
    pub failed: u64,
}

/// Archives what is older than its tenant keeps in the database, and removes it there. What a killed run left is gone on with.
/// Tenants that are not named keep everything.
///
/// # Errors
/// The database's. What else goes wrong with one tenant's month is logged and counted, and does not keep others.
pub async fn run(app: &App, due: &HashMap<TenantId, Timestamp>) -> Result<Archived> {
    let mut done = Archived::default();
    let mut leader = app.pools.owner.acquire().await?.detach();
    if sqlx::query_scalar!(r#"SELECT pg_try_advisory_lock($1) AS "got!""#, LEADER_LOCK).fetch_one(&mut leader).await? {
        let mut tx = app.pools.owner.begin().await?;
        // The one that will sign, made here where there is none yet.
        signing_key(app, &mut tx).await?;
        let keys = own_keys(app, &mut tx).await?;
        tx.commit().await?;
        if let Some(most) = due.values().max() {
            for month in store::months(&mut leader, *most).await? {
                archive_month(app, &month, due, &keys, &mut done).await?;
            }
        }
        for (tenant, last) in store::left_behind(&mut leader).await? {
            while store::remove(&app.pools.owner, tenant, last, BATCH).await? > 0 {}
        }
    }
    leader.close().await?;
    Ok(done)
}

async fn archive_month(
    app: &App,
    month: &Month,
    due: &HashMap<TenantId, Timestamp>,
    keys: &[VerifyingKey],
    done: &mut Archived,
) -> Result<()> {
    let written_since = horizon(&mut *app.pools.owner.acquire().await?).await?;
    let mut is_archived = true;
    for tenant in store::tenants_in(&app.pools.owner, month).await? {
        if due.get(&tenant).is_none_or(|before| *before < month.end) {
            is_archived = false;
            continue;
        }
        match archive_tenant(app, tenant, month, keys).await {
            Ok(records) => {
                done.archives += u64::from(records > 0);
                done.records += records;
            }
            Err(error) => {
                is_archived = false;
                done.failed += 1;
                metrics::counter!("atrium_audit_archive_failures_total").increment(1);
                tracing::error!(tenant = %tenant.0, month = %month.start, %error, "a month of the audit trail could not be archived: it stays");
            }
        }
    }
    if is_archived && drop_partition(app, month, &written_since).await? {
        done.partitions += 1;
        tracing::info!(month = %month.start, "a month of the audit trail is archived and out of the database");
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
enum ArchiveError {
    #[error("{0} of its lines have no place in the chain")]
    Unsealed(i64),
    #[error("the workspace is being erased")]
    Erasing,
    #[error("it was written and does not read back: {0}")]
    ReadBack(#[from] ReadError),
    #[error("the storage of files: {0}")]
    Storage(#[from] object_store::Error),
    #[error("{0}")]
    Other(#[from] Error),
}

impl From<sqlx::Error> for ArchiveError {
    fn from(error: sqlx::Error) -> Self {
        Self::Other(error.into())
    }
}

/// Archives the chain up to the last line of that month; answers how many records that were, none where it was done before.
async fn archive_tenant(app: &App, tenant: TenantId, month: &Month, keys: &[VerifyingKey]) -> Result<i64, ArchiveError> {
    let mut db = app.pools.owner.acquire().await?;
    let (unsealed, last) = store::span(&mut db, tenant, month).await?;
    let base = base(&mut db, tenant).await?;
    drop(db);
    if unsealed > 0 {
        return Err(ArchiveError::Unsealed(unsealed));
    }
    let Some(last) = last.filter(|last| *last > base.seq) else { return Ok(0) };
    if store::is_erasing(&app.pools.owner, tenant).await? {
        return Err(ArchiveError::Erasing);
    }
    let mut archive = write(app, tenant, month, base, last).await?;
    let read_back = async {
        let mut reader = Reader::open(app, &archive, keys, &[]).await?;
        let mut times: Option<(Timestamp, Timestamp)> = None;
        while let Some(links) = reader.next().await? {
            for at in links.iter().filter_map(|link| link.record.as_ref()).map(|record| record.created_at) {
                times = Some(times.map_or((at, at), |(from, to)| (from.min(at), to.max(at))));
            }
        }
        Ok::<_, ReadError>(times)
    };
    match read_back.await {
        Ok(times) => {
            if let Some((from, to)) = times {
                (archive.from, archive.to) = (from, to);
            }
            let records = archive.signed.manifest.records;
            if !store::insert(&app.pools.owner, &archive).await? {
                // Its erasure has begun meanwhile, and may have removed the files already.
                app.files.remove(&archive.storage_key).await?;
                return Err(ArchiveError::Erasing);
            }
            metrics::counter!("atrium_audit_archived_records_total").increment(records.unsigned_abs());
            Ok(records)
        }
        Err(error) => {
            // Nothing says that it is there, so nothing else would remove it.
            if let Err(error) = app.files.remove(&archive.storage_key).await {
                tracing::warn!(%error, key = archive.storage_key, "an archive that does not read back stays in the storage");
            }
            Err(error.into())
        }
    }
}

async fn write(app: &App, tenant: TenantId, month: &Month, base: Base, last: i64) -> Result<Archive, ArchiveError> {
    let first = base.seq + 1;
    // In the tenant's folder, so that its erasure finds it; by its places, so that another attempt overwrites it.
    let storage_key = format!("{}/audit-{first:012}-{last:012}.jsonl.gz", tenant.0);
    let upload = app.files.upload(&storage_key).map_err(Error::from)?;
    let mut file = Hashed { upload, sha256: Sha256::new(), size: 0 };
    let mut writer = Writer::of_places(app, tenant, (first, last), base.hash, (Some(month.start), Some(month.end)));
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    while let Some(lines) = writer.next().await? {
        encoder.write_all(&lines).map_err(Error::internal)?;
        file.put(&std::mem::take(encoder.get_mut())).await?;
    }
    let (line, signed) = writer.finish().await?;
    encoder.write_all(&line).map_err(Error::internal)?;
    file.put(&encoder.finish().map_err(Error::internal)?).await?;
    file.upload.finish().await?;
    Ok(Archive {
        tenant,
        id: crate::id::new(),
        from: month.start,
        to: month.end,
        storage_key,
        size: file.size,
        sha256: file.sha256.finalize().into(),
        signed,
        created_at: app.clock.now(),
        removed_at: None,
    })
}

/// A file on its way into the storage, with what is to be known of it.
struct Hashed {
    upload: Upload,
    sha256: Sha256,
    size: i64,
}

impl Hashed {
    async fn put(&mut self, bytes: &[u8]) -> object_store::Result<()> {
        self.sha256.update(bytes);
        self.size += i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        self.upload.write(bytes).await
    }
}

/// Whoever writes into the trail waits behind this, so it waits for a moment only and comes again.
async fn drop_partition(app: &App, month: &Month, written_since: &str) -> Result<bool> {
    for _ in 0..DROP_TRIES {
        match store::drop_partition(&app.pools.owner, month, written_since).await {
            Ok(is_dropped) => return Ok(is_dropped),
            // lock_not_available
            Err(error) if error.as_database_error().and_then(|error| error.code()).as_deref() == Some("55P03") => {
                tokio::time::sleep(DROP_PAUSE).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    tracing::info!(month = %month.start, "a partition of the audit trail is in use: it goes with the next run");
    Ok(false)
}

/// How many lines of a tenant would be archived where those before that time are due, up to so many.
///
/// # Errors
/// The database's.
pub async fn count_due(db: &mut PgConnection, tenant: TenantId, before: Timestamp, most: i64) -> Result<i64, sqlx::Error> {
    match store::months(&mut *db, before).await?.last() {
        Some(month) => store::count(db, tenant, month.end_id, most).await,
        None => Ok(0),
    }
}

/// Removes the files of archives that were made before these times; answers how many.
///
/// # Errors
/// The database's, or the storage's.
pub async fn remove_old(app: &App, due: &HashMap<TenantId, Timestamp>) -> Result<u64> {
    let mut removed = 0;
    for (tenant, before) in due {
        for (id, storage_key) in store::old(&app.pools.owner, *tenant, *before).await? {
            app.files.remove(&storage_key).await.map_err(Error::internal)?;
            store::note_removed(&app.pools.owner, *tenant, id, app.clock.now()).await?;
            removed += 1;
        }
    }
    Ok(removed)
}

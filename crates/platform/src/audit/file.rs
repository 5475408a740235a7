//! The trail as a file: JSON lines, one a record, and a signed manifest as the last. It is verified without the database.

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use super::heads::{self, Head, Hex, VerifyingKey};
use super::people::{Opener, Part};
use super::record::{Hash, Record, genesis};
use super::store;
use super::verify::{Broken, Sealed, Verifier};
use crate::ctx::{Ctx, TenantId};
use crate::error::{Error, Result};
use crate::state::App;
use crate::time::Timestamp;

const PAGE: i64 = 1000;
/// Hourly heads of six weeks; older ones prove nothing that these do not.
const MOST_HEADS: usize = 1000;
/// Lines that are verified together.
const LINES: usize = 8192;
const LONGEST_MANIFEST: u64 = 4 << 20;
const FORMAT: u32 = 1;

/// What a file holds, and what it hangs on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: u32,
    pub tenant: Uuid,
    pub made_at: Timestamp,
    /// What was asked for; lines that were sealed between those of the period are there too.
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub records: i64,
    /// The place of the first record.
    pub first_seq: i64,
    pub last_seq: i64,
    /// Of the record before the first, in hex digits.
    #[schema(value_type = String)]
    pub previous_hash: Hex<32>,
    #[schema(value_type = Option<String>)]
    pub first_hash: Option<Hex<32>>,
    #[schema(value_type = String)]
    pub last_hash: Hex<32>,
    /// Of all lines before the manifest.
    #[schema(value_type = String)]
    pub sha256: Hex<32>,
    /// Signed heads of these records.
    pub heads: Vec<Head>,
    /// The key that signed the manifest.
    pub key_id: Uuid,
}

impl Manifest {
    fn message(&self) -> Result<Vec<u8>> {
        let mut message = b"atrium audit export v1\0".to_vec();
        serde_json::to_writer(&mut message, self).map_err(Error::internal)?;
        Ok(message)
    }
}

#[derive(Serialize, Deserialize)]
struct LastLine {
    manifest: Manifest,
    signature: Hex<64>,
}

/// What the sealed parts of a record say, for the reader; the manifest's SHA-256 holds it.
#[derive(Default, Serialize)]
struct Opened {
    actor_name: Option<String>,
    ip_address: Option<String>,
    user_agent: Option<String>,
    old_values: Option<Value>,
    new_values: Option<Value>,
    is_erased: bool,
}

impl Opened {
    fn of(opener: &Opener, record: &Record) -> Self {
        let mut opened = Self::default();
        match opener.actor(record) {
            Part::None => {}
            Part::Erased => opened.is_erased = true,
            Part::Open(actor) => {
                (opened.actor_name, opened.ip_address, opened.user_agent) = (actor.name, actor.ip_address, actor.user_agent);
            }
        }
        match opener.values(record) {
            Part::None => {}
            Part::Erased => opened.is_erased = true,
            Part::Open(values) => (opened.old_values, opened.new_values) = (values.old, values.new),
        }
        opened
    }
}

#[derive(Serialize)]
struct WrittenLine<'a> {
    seq: i64,
    hash: Hex<32>,
    event: Uuid,
    record: Option<&'a Record>,
    opened: Opened,
}

#[derive(Deserialize)]
struct ReadLine {
    seq: i64,
    hash: Hex<32>,
    event: Uuid,
    record: Option<Record>,
    #[serde(rename = "opened")]
    _opened: Option<IgnoredAny>,
}

/// Writes a file piece by piece.
pub struct Writer {
    app: App,
    tenant: TenantId,
    period: (Option<Timestamp>, Option<Timestamp>),
    first: i64,
    last: i64,
    written: i64,
    previous: Hash,
    first_hash: Option<Hash>,
    last_hash: Hash,
    sha256: Sha256,
}

impl Writer {
    /// Of the records of a period that are sealed by now.
    ///
    /// # Errors
    /// The database's.
    pub async fn begin(app: &App, tenant: TenantId, from: Option<Timestamp>, to: Option<Timestamp>) -> Result<Self> {
        let mut ctx = Ctx::of_program(app.clone(), tenant, None);
        let db = ctx.db().await?;
        let end = store::chain(db, tenant).await?.map_or(0, |chain| chain.seq);
        let (first, last) = match (from, to) {
            (None, None) => (1, end),
            _ => store::span(db, tenant, from, to).await?.unwrap_or((1, 0)),
        };
        let previous = if first == 1 { None } else { store::hash_at(db, tenant, first - 1).await? };
        ctx.rollback().await?;
        let previous = previous.unwrap_or_else(|| genesis(tenant.0));
        Ok(Self {
            app: app.clone(),
            tenant,
            period: (from, to),
            first,
            last,
            written: 0,
            previous,
            first_hash: None,
            last_hash: previous,
            sha256: Sha256::new(),
        })
    }

    /// The next lines, until there are none.
    ///
    /// # Errors
    /// The database's.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        let mut ctx = Ctx::of_program(self.app.clone(), self.tenant, None);
        let mut links = store::links(ctx.db().await?, self.tenant, self.first + self.written - 1, PAGE).await?;
        links.retain(|link| link.seq <= self.last);
        if links.is_empty() {
            return Ok(None);
        }
        let opener = Opener::for_records(&mut ctx, links.iter().filter_map(|link| link.record.as_ref())).await?;
        ctx.rollback().await?;
        let mut lines = Vec::new();
        for link in &links {
            let opened = link.record.as_ref().map(|record| Opened::of(&opener, record)).unwrap_or_default();
            let line = WrittenLine { seq: link.seq, hash: Hex(link.hash), event: link.event, record: link.record.as_ref(), opened };
            serde_json::to_writer(&mut lines, &line).map_err(Error::internal)?;
            lines.push(b'\n');
            self.first_hash.get_or_insert(link.hash);
            self.last_hash = link.hash;
        }
        self.written += i64::try_from(links.len()).map_err(Error::internal)?;
        self.sha256.update(&lines);
        Ok(Some(lines))
    }

    /// The last line.
    ///
    /// # Errors
    /// The database's; a signing key that does not open.
    pub async fn finish(self) -> Result<(Vec<u8>, Manifest)> {
        let mut tx = self.app.pools.owner.begin().await?;
        let mut heads = store::heads(&mut tx, self.tenant, self.first, self.last).await?;
        heads.drain(..heads.len().saturating_sub(MOST_HEADS));
        let key = heads::signing_key(&self.app, &mut tx).await?;
        tx.commit().await?;
        let manifest = Manifest {
            format: FORMAT,
            tenant: self.tenant.0,
            made_at: self.app.clock.now(),
            from: self.period.0,
            to: self.period.1,
            records: self.written,
            first_seq: self.first,
            last_seq: self.last,
            previous_hash: Hex(self.previous),
            first_hash: self.first_hash.map(Hex),
            last_hash: Hex(self.last_hash),
            sha256: Hex(self.sha256.finalize().into()),
            heads,
            key_id: key.id,
        };
        let signature = key.sign(&manifest.message()?);
        let mut line = serde_json::to_vec(&LastLine { manifest: manifest.clone(), signature }).map_err(Error::internal)?;
        line.push(b'\n');
        Ok((line, manifest))
    }
}

/// What keeps a file from being what the program wrote.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("{0}")]
    Broken(Broken),
    #[error("line {0} is no record: {1}")]
    Malformed(usize, serde_json::Error),
    #[error("the file ends without its manifest, after {0} whole lines: it was cut off")]
    NoManifest(usize),
    #[error("none of the public keys signed the manifest")]
    Forged,
    #[error("the records are whole, and what stands beside them was changed (SHA-256 differs)")]
    Sha256,
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
}

/// A file that is what the program wrote.
#[derive(Debug)]
pub struct VerifiedFile {
    pub manifest: Manifest,
    pub heads: usize,
}

/// Verifies a file with nothing but the public keys, and heads that were kept elsewhere.
///
/// # Errors
/// The first record that is broken, or what else is wrong.
pub fn verify_file(mut file: impl Read + Seek, keys: &[VerifyingKey], outside: &[Head]) -> Result<VerifiedFile, FileError> {
    let (last, lines_end) = last_line(&mut file)?;
    file.rewind()?;
    let mut lines = BufReader::with_capacity(1 << 20, file.take(lines_end));
    let Ok(LastLine { manifest, signature }) = serde_json::from_slice::<LastLine>(&last) else {
        let mut seen = 0;
        while let Some(links) = read(&mut lines, seen, &mut Sha256::new())? {
            seen += links.len();
        }
        return Err(FileError::NoManifest(seen));
    };
    let message = manifest.message().map_err(|_| FileError::Forged)?;
    if !keys.iter().any(|key| key.verifies(&message, &signature.0)) {
        return Err(FileError::Forged);
    }
    // One that was signed before the file was made, of a record that a file of the whole trail would have.
    let is_due = |head: &&Head| head.seq <= manifest.last_seq || (manifest.to.is_none() && head.signed_at <= manifest.made_at);
    let heads = manifest.heads.iter().chain(outside.iter().filter(is_due)).cloned();
    let mut verifier = Verifier::after(manifest.tenant, manifest.first_seq - 1, manifest.previous_hash.0, heads, keys);
    let (mut sha256, mut seen) = (Sha256::new(), 0);
    while let Some(links) = read(&mut lines, seen, &mut sha256)? {
        verifier.take(&links).map_err(FileError::Broken)?;
        seen += links.len();
    }
    verifier.finish(Some(manifest.last_seq)).map_err(FileError::Broken)?;
    if sha256.finalize()[..] != manifest.sha256.0 || verifier.last_hash() != manifest.last_hash.0 {
        return Err(FileError::Sha256);
    }
    Ok(VerifiedFile { heads: verifier.heads_checked, manifest })
}

/// The last line of a file, and where it begins.
fn last_line(file: &mut (impl Read + Seek)) -> std::io::Result<(Vec<u8>, u64)> {
    let length = file.seek(SeekFrom::End(0))?;
    let begin = length.saturating_sub(LONGEST_MANIFEST);
    file.seek(SeekFrom::Start(begin))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let text = tail.strip_suffix(b"\n").unwrap_or(&tail);
    let at = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    Ok((text[at..].to_vec(), begin + at as u64))
}

/// The next lines, read by this thread and taken apart by all; nothing at the end.
fn read(lines: &mut impl BufRead, seen: usize, sha256: &mut Sha256) -> Result<Option<Vec<Sealed>>, FileError> {
    let (mut bytes, mut ends) = (Vec::new(), vec![0]);
    while ends.len() <= LINES && lines.read_until(b'\n', &mut bytes)? > 0 {
        ends.push(bytes.len());
    }
    let count = ends.len() - 1;
    if count == 0 {
        return Ok(None);
    }
    let parse = |range: std::ops::Range<usize>| -> Result<Vec<Sealed>, FileError> {
        range
            .map(|nth| {
                let line: ReadLine = serde_json::from_slice(&bytes[ends[nth]..ends[nth + 1]])
                    .map_err(|error| FileError::Malformed(seen + nth + 1, error))?;
                Ok(Sealed { seq: line.seq, hash: line.hash.0, event: line.event, record: line.record })
            })
            .collect()
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = count.div_ceil(threads);
    let parts: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> =
            (share..count).step_by(share).map(|begin| scope.spawn(move || parse(begin..(begin + share).min(count)))).collect();
        let first = parse(0..share);
        sha256.update(&bytes);
        std::iter::once(first).chain(running.into_iter().filter_map(|thread| thread.join().ok())).collect()
    });
    let mut links = Vec::with_capacity(count);
    for part in parts {
        links.extend(part?);
    }
    Ok(Some(links))
}

//! The trail as a file: JSON lines, one a record, and a signed manifest as the last, compressed (RFC 1952) where it is an archive. It
//! is verified without the database.

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use flate2::read::GzDecoder;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use super::archive;
use super::heads::{self, Head, Hex, VerifyingKey};
use super::people::{Opener, Part};
use super::record::{Hash, Record};
use super::store;
use super::verify::{Broken, Sealed, Verifier};
use crate::ctx::{Ctx, TenantId};
use crate::error::{Error, Result};
use crate::state::App;
use crate::time::Timestamp;

const PAGE: i64 = 1000;
/// Hourly heads of six weeks; older ones prove nothing that these do not.
const MOST_HEADS: usize = 1000;
/// Bytes that are verified together.
const PIECE: u64 = 8 << 20;
/// Fewer lines are not worth a second thread.
const SHARE: usize = 500;
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

/// How the last line begins, and no other.
const LAST_LINE: &[u8] = br#"{"manifest":"#;

/// The last line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignedManifest {
    pub manifest: Manifest,
    pub signature: Hex<64>,
}

impl SignedManifest {
    /// Whether one of the keys signed it.
    pub fn is_signed(&self, keys: &[VerifyingKey]) -> bool {
        self.manifest.message().is_ok_and(|message| keys.iter().any(|key| key.verifies(&message, &self.signature.0)))
    }
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
    #[serde(skip_serializing_if = "Option::is_none")]
    opened: Option<Opened>,
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
    /// Whether what is sealed is written beside it in plain.
    opens: bool,
    written: i64,
    previous: Hash,
    first_hash: Option<Hash>,
    last_hash: Hash,
    sha256: Sha256,
}

impl Writer {
    /// Of the records of a period that are sealed by now, with what they say of people in plain. What is archived is not among them.
    ///
    /// # Errors
    /// The database's.
    pub async fn begin(app: &App, tenant: TenantId, from: Option<Timestamp>, to: Option<Timestamp>) -> Result<Self> {
        let mut ctx = Ctx::of_program(app.clone(), tenant, None);
        let db = ctx.db().await?;
        let base = archive::base(db, tenant).await?;
        let end = store::chain(db, tenant).await?.map_or(0, |chain| chain.seq);
        let (first, last) = match (from, to) {
            (None, None) => (1, end),
            _ => store::span(db, tenant, from, to).await?.unwrap_or((1, 0)),
        };
        let first = first.max(base.seq + 1);
        let previous = if first == base.seq + 1 { None } else { store::hash_at(db, tenant, first - 1).await? };
        ctx.rollback().await?;
        Ok(Self { opens: true, ..Self::of_places(app, tenant, (first, last.max(first - 1)), previous.unwrap_or(base.hash), (from, to)) })
    }

    /// Of the records at these places, after that hash. What they say of people stays sealed.
    pub(super) fn of_places(
        app: &App,
        tenant: TenantId,
        (first, last): (i64, i64),
        previous: Hash,
        period: (Option<Timestamp>, Option<Timestamp>),
    ) -> Self {
        Self {
            app: app.clone(),
            tenant,
            period,
            first,
            last,
            opens: false,
            written: 0,
            previous,
            first_hash: None,
            last_hash: previous,
            sha256: Sha256::new(),
        }
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
        let opener = match self.opens {
            true => Some(Opener::for_records(&mut ctx, links.iter().filter_map(|link| link.record.as_ref())).await?),
            false => None,
        };
        ctx.rollback().await?;
        let mut lines = Vec::new();
        for link in &links {
            let opened = opener.as_ref().map(|opener| link.record.as_ref().map(|record| Opened::of(opener, record)).unwrap_or_default());
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
    pub async fn finish(self) -> Result<(Vec<u8>, SignedManifest)> {
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
        let signed = SignedManifest { manifest, signature };
        let mut line = serde_json::to_vec(&signed).map_err(Error::internal)?;
        line.push(b'\n');
        Ok((line, signed))
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
    #[error("the compressed file is damaged: {0}")]
    Damaged(std::io::Error),
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
}

impl FileError {
    /// Of bytes that were read and are not what a compressed file holds.
    pub(super) fn damaged(error: std::io::Error) -> Self {
        use std::io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        if matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof) { Self::Damaged(error) } else { Self::Io(error) }
    }
}

/// A file that is what the program wrote.
#[derive(Debug)]
pub struct VerifiedFile {
    pub manifest: Manifest,
    pub heads: usize,
}

/// Verifies a file, compressed or not, with nothing but the public keys, and heads that were kept elsewhere.
///
/// # Errors
/// The first record that is broken, or what else is wrong.
pub fn verify_file(mut file: impl Read + Seek, keys: &[VerifyingKey], outside: &[Head]) -> Result<VerifiedFile, FileError> {
    let mut magic = Vec::new();
    file.by_ref().take(2).read_to_end(&mut magic)?;
    let is_compressed = magic == [0x1f, 0x8b];
    file.rewind()?;
    let last = if is_compressed { last_line_of(GzDecoder::new(&mut file)).map_err(FileError::damaged)? } else { last_line(&mut file)? };
    file.rewind()?;
    let Ok(signed) = serde_json::from_slice::<SignedManifest>(&last) else {
        let lines = if is_compressed { count_lines(GzDecoder::new(file)) } else { count_lines(file) };
        return Err(FileError::NoManifest(lines.map_err(FileError::damaged)?));
    };
    let mut follower = Follower::new(&signed, keys, outside)?;
    let mut bytes: Box<dyn Read + '_> = if is_compressed { Box::new(GzDecoder::new(file)) } else { Box::new(file) };
    let mut piece = Vec::new();
    loop {
        piece.clear();
        if bytes.by_ref().take(PIECE).read_to_end(&mut piece).map_err(FileError::damaged)? == 0 {
            let heads = follower.finish(&signed)?;
            return Ok(VerifiedFile { heads, manifest: signed.manifest });
        }
        follower.push(&piece)?;
    }
}

/// The last line of a file.
fn last_line(file: &mut (impl Read + Seek)) -> std::io::Result<Vec<u8>> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(LONGEST_MANIFEST)))?;
    last_line_of(file)
}

fn last_line_of(bytes: impl Read) -> std::io::Result<Vec<u8>> {
    let (mut lines, mut line, mut last) = (BufReader::with_capacity(1 << 20, bytes), Vec::new(), Vec::new());
    while lines.read_until(b'\n', &mut line)? > 0 {
        std::mem::swap(&mut line, &mut last);
        line.clear();
    }
    Ok(last)
}

fn count_lines(bytes: impl Read) -> std::io::Result<usize> {
    let (mut lines, mut line, mut count) = (BufReader::with_capacity(1 << 20, bytes), Vec::new(), 0);
    while lines.read_until(b'\n', &mut line)? > 0 {
        count += 1;
        line.clear();
    }
    Ok(count)
}

/// Holds the lines of a file against the chain as its bytes come in.
pub(super) struct Follower<'a> {
    verifier: Verifier<'a>,
    sha256: Sha256,
    seen: usize,
    /// Of a line that is not whole yet.
    rest: Vec<u8>,
    last_line: Option<Vec<u8>>,
}

impl<'a> Follower<'a> {
    pub fn new(signed: &SignedManifest, keys: &'a [VerifyingKey], outside: &[Head]) -> Result<Self, FileError> {
        if !signed.is_signed(keys) {
            return Err(FileError::Forged);
        }
        let manifest = &signed.manifest;
        // One that was signed before the file was made, of a record that a file of the whole trail would have.
        let is_due = |head: &&Head| head.seq <= manifest.last_seq || (manifest.to.is_none() && head.signed_at <= manifest.made_at);
        let heads = manifest.heads.iter().chain(outside.iter().filter(is_due)).cloned();
        let verifier = Verifier::after(manifest.tenant, manifest.first_seq - 1, manifest.previous_hash.0, heads, keys);
        Ok(Self { verifier, sha256: Sha256::new(), seen: 0, rest: Vec::new(), last_line: None })
    }

    /// The records whose lines end in these bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Sealed>, FileError> {
        let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') else {
            self.rest.extend_from_slice(bytes);
            return Ok(Vec::new());
        };
        let mut lines = std::mem::take(&mut self.rest);
        lines.extend_from_slice(&bytes[..=end]);
        self.rest.extend_from_slice(&bytes[end + 1..]);
        self.take(&lines)
    }

    fn take(&mut self, bytes: &[u8]) -> Result<Vec<Sealed>, FileError> {
        let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        if self.last_line.is_some() && !lines.is_empty() {
            return Err(FileError::Sha256);
        }
        if let Some(at) = lines.iter().position(|line| line.starts_with(LAST_LINE)) {
            if at + 1 < lines.len() {
                return Err(FileError::Sha256);
            }
            self.last_line = lines.pop().map(<[u8]>::to_vec);
        }
        let links = parse(&lines, self.seen, || lines.iter().for_each(|line| self.sha256.update(line)))?;
        self.verifier.take(&links).map_err(FileError::Broken)?;
        self.seen += links.len();
        Ok(links)
    }

    /// At the end of the file; answers how many signed heads were met.
    pub fn finish(mut self, signed: &SignedManifest) -> Result<usize, FileError> {
        let rest = std::mem::take(&mut self.rest);
        self.take(&rest)?;
        self.verifier.finish(Some(signed.manifest.last_seq)).map_err(FileError::Broken)?;
        if self.sha256.finalize()[..] != signed.manifest.sha256.0 || self.verifier.last_hash() != signed.manifest.last_hash.0 {
            return Err(FileError::Sha256);
        }
        let last: Option<SignedManifest> = self.last_line.and_then(|line| serde_json::from_slice(&line).ok());
        match last {
            None => Err(FileError::NoManifest(self.seen)),
            Some(last) if last != *signed => Err(FileError::Forged),
            Some(_) => Ok(self.verifier.heads_checked),
        }
    }
}

/// Takes lines apart by all threads, while this one does something beside.
fn parse(lines: &[&[u8]], seen: usize, beside: impl FnOnce()) -> Result<Vec<Sealed>, FileError> {
    let parse = |first: usize, lines: &[&[u8]]| -> Result<Vec<Sealed>, FileError> {
        let lines = lines.iter().enumerate().map(|(nth, line)| {
            let line: ReadLine = serde_json::from_slice(line).map_err(|error| FileError::Malformed(seen + first + nth + 1, error))?;
            Ok(Sealed { seq: line.seq, hash: line.hash.0, event: line.event, record: line.record })
        });
        lines.collect()
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(lines.len() / SHARE).max(1);
    if threads == 1 {
        beside();
        return parse(0, lines);
    }
    let share = lines.len().div_ceil(threads);
    let parts: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> =
            lines.chunks(share).enumerate().skip(1).map(|(nth, part)| scope.spawn(move || parse(nth * share, part))).collect();
        let first = parse(0, &lines[..share]);
        beside();
        std::iter::once(first).chain(running.into_iter().filter_map(|thread| thread.join().ok())).collect()
    });
    let mut links = Vec::with_capacity(lines.len());
    for part in parts {
        links.extend(part?);
    }
    Ok(links)
}

//! Whether a chain is whole: each line has the hash that stands for it, none is missing, and the signed heads are its own.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::archive::Base;
use super::heads::{Head, VerifyingKey};
use super::record::{Hash, Record, genesis};
use super::{AuditChainBroken, archive, heads, store};
use crate::ctx::{Ctx, TenantId};
use crate::error::Result;
use crate::jobs::{Attempt, Job, JobError};
use crate::state::App;

const PAGE: i64 = 5000;
/// A line that has no seal by then never gets one.
const SEALED_BY: i64 = 3600;
/// Fewer are not worth a second thread.
const SHARE: usize = 500;

/// A link of the chain, with its line if that is there.
#[derive(Clone, Debug)]
pub struct Sealed {
    pub seq: i64,
    pub hash: Hash,
    pub event: Uuid,
    pub record: Option<Record>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The line is not what was sealed there: it was edited, or changed places.
    Changed,
    /// The line is gone.
    Missing,
    /// The place in the chain is gone.
    Gap,
    /// The chain ends before a place that it has had.
    Truncated,
    /// The chain was built anew: it is not the one whose head was signed.
    Rewritten,
    /// No key of this instance signed the head.
    ForgedHead,
    /// No key of this instance signed the manifest of what is archived before it.
    ForgedArchive,
    /// The line was never sealed, so not written as others are.
    NeverSealed,
}

impl Reason {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Gap => "gap",
            Self::Truncated => "truncated",
            Self::Rewritten => "rewritten",
            Self::ForgedHead => "forged_head",
            Self::ForgedArchive => "forged_archive",
            Self::NeverSealed => "never_sealed",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Changed => "the record is not what was sealed there",
            Self::Missing => "the record is gone",
            Self::Gap => "its place in the chain is gone",
            Self::Truncated => "the chain ends before it, and has been longer",
            Self::Rewritten => "the chain up to it is not the one whose head was signed",
            Self::ForgedHead => "no key of this instance signed the head there",
            Self::ForgedArchive => "no key of this instance signed the manifest of the archive that begins there",
            Self::NeverSealed => "the record was never sealed",
        })
    }
}

/// The first record of a chain that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    pub seq: i64,
    pub event: Option<Uuid>,
    pub reason: Reason,
    /// The last signed head before it that holds.
    pub good_until: Option<i64>,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}", self.seq)?;
        if let Some(event) = self.event {
            write!(f, " ({event})")?;
        }
        write!(f, ": {}", self.reason)?;
        match self.good_until {
            Some(seq) => write!(f, "; the signed head at record {seq} still holds"),
            None => Ok(()),
        }
    }
}

/// Follows one chain.
pub struct Verifier<'a> {
    tenant: Uuid,
    next: i64,
    previous: Hash,
    heads: BTreeMap<i64, Vec<Head>>,
    keys: &'a [VerifyingKey],
    pub heads_checked: usize,
    good_until: Option<i64>,
}

impl<'a> Verifier<'a> {
    /// From the first line of the tenant.
    pub fn new(tenant: Uuid, heads: impl IntoIterator<Item = Head>, keys: &'a [VerifyingKey]) -> Self {
        Self::after(tenant, 0, genesis(tenant), heads, keys)
    }

    /// From the line after that one.
    pub fn after(tenant: Uuid, seq: i64, hash: Hash, heads: impl IntoIterator<Item = Head>, keys: &'a [VerifyingKey]) -> Self {
        let mut by_seq: BTreeMap<i64, Vec<Head>> = BTreeMap::new();
        for head in heads.into_iter().filter(|head| head.tenant == tenant && head.seq > seq) {
            by_seq.entry(head.seq).or_default().push(head);
        }
        Self { tenant, next: seq + 1, previous: hash, heads: by_seq, keys, heads_checked: 0, good_until: None }
    }

    pub fn records(&self) -> i64 {
        self.next - 1
    }

    pub fn last_hash(&self) -> Hash {
        self.previous
    }

    fn broken(&self, seq: i64, event: Option<Uuid>, reason: Reason) -> Broken {
        Broken { seq, event, reason, good_until: self.good_until }
    }

    /// The links that follow.
    ///
    /// # Errors
    /// The first of them that is broken.
    pub fn take(&mut self, links: &[Sealed]) -> Result<(), Broken> {
        let whole = self.count_whole(links);
        for link in &links[..whole] {
            self.next += 1;
            self.previous = link.hash;
            for head in self.heads.remove(&link.seq).unwrap_or_default() {
                if !head.is_signed(self.keys) {
                    return Err(self.broken(link.seq, Some(link.event), Reason::ForgedHead));
                }
                if head.hash.0 != link.hash {
                    return Err(self.broken(link.seq, Some(link.event), Reason::Rewritten));
                }
                self.heads_checked += 1;
                self.good_until = Some(link.seq);
            }
        }
        match links.get(whole) {
            None => Ok(()),
            Some(link) if link.seq != self.next => Err(self.broken(self.next, None, Reason::Gap)),
            Some(link) if link.record.is_none() => Err(self.broken(link.seq, Some(link.event), Reason::Missing)),
            Some(link) => Err(self.broken(link.seq, Some(link.event), Reason::Changed)),
        }
    }

    /// How many of the links are whole before the first that is not. Each is held against the hash that stands before it, so
    /// that threads can share them: where one is wrong, the first wrong one is.
    fn count_whole(&self, links: &[Sealed]) -> usize {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(links.len() / SHARE).max(1);
        let share = links.len().div_ceil(threads).max(1);
        let count = |nth: usize, part: &[Sealed]| {
            let begin = nth * share;
            let mut previous = if begin == 0 { self.previous } else { links[begin - 1].hash };
            let (mut seq, mut buffer) = (self.next, Vec::new());
            seq += i64::try_from(begin).unwrap_or(i64::MAX);
            part.iter()
                .take_while(|link| {
                    let record = link.record.as_ref().filter(|record| record.id == link.event && link.seq == seq);
                    let is_whole = record.is_some_and(|record| record.hash(self.tenant, seq, &previous, &mut buffer) == link.hash);
                    (previous, seq) = (link.hash, seq + 1);
                    is_whole
                })
                .count()
        };
        if threads == 1 {
            return count(0, links);
        }
        let counts: Vec<usize> = std::thread::scope(|scope| {
            let (first, rest) = links.split_at(share);
            let running: Vec<_> = rest.chunks(share).enumerate().map(|(nth, part)| scope.spawn(move || count(nth + 1, part))).collect();
            std::iter::once(count(0, first)).chain(running.into_iter().map(|thread| thread.join().unwrap_or_default())).collect()
        });
        let mut whole = 0;
        for (nth, part) in links.chunks(share).enumerate() {
            whole += counts[nth];
            if counts[nth] < part.len() {
                break;
            }
        }
        whole
    }

    /// At the end of the chain, which is said to be there.
    ///
    /// # Errors
    /// A chain that is shorter than it was.
    pub fn finish(&self, end: Option<i64>) -> Result<(), Broken> {
        if let Some(head) = self.heads.values().flatten().next() {
            let reason = if head.is_signed(self.keys) { Reason::Truncated } else { Reason::ForgedHead };
            return Err(self.broken(if reason == Reason::Truncated { self.next } else { head.seq }, None, reason));
        }
        match end {
            Some(end) if end >= self.next => Err(self.broken(self.next, None, Reason::Truncated)),
            _ => Ok(()),
        }
    }
}

/// How the verification of a tenant's chain went.
pub struct Verdict {
    pub tenant: TenantId,
    pub records: i64,
    /// Those of them that have left the database for archives, of which the signed manifests are looked at here.
    pub archived: i64,
    pub hash: Hash,
    pub heads: usize,
    pub broken: Option<Broken>,
}

/// Verifies a tenant's chain in the database, against the heads that stand there and those that are given besides.
///
/// # Errors
/// The database's; a broken chain is a verdict.
pub async fn verify(app: &App, tenant: TenantId, keys: &[VerifyingKey], outside: &[Head]) -> Result<Verdict> {
    loop {
        let verdict = verify_as_it_stands(app, tenant, keys, outside).await?;
        // What was archived meanwhile was not there any more, and is not broken.
        let base = archive::base(&mut *app.pools.owner.acquire().await?, tenant).await?;
        if verdict.broken.is_none() || base.seq <= verdict.archived {
            return Ok(verdict);
        }
    }
}

async fn verify_as_it_stands(app: &App, tenant: TenantId, keys: &[VerifyingKey], outside: &[Head]) -> Result<Verdict> {
    let mut db = app.pools.owner.acquire().await?;
    // The heads first: of what is signed from here on the chain may not know yet.
    let mut heads = store::heads(&mut db, tenant, 1, i64::MAX).await?;
    let chain = store::chain(&mut db, tenant).await?;
    let end = chain.as_ref().map_or(0, |chain| chain.seq);
    heads.extend(outside.iter().filter(|head| head.tenant == tenant.0).cloned());
    let archives = archive::store::of_tenant(&mut db, tenant).await?;
    let archived = archives.last().map_or(0, |archive| archive.signed.manifest.last_seq);
    let (base, mut broken) = match archive::follow(tenant, &archives, keys) {
        Ok(base) => (base, None),
        Err(broken) => (Base { seq: broken.seq - 1, hash: genesis(tenant.0) }, Some(broken)),
    };
    let mut verifier = Verifier::after(tenant.0, base.seq, base.hash, heads, keys);
    while broken.is_none() {
        let mut links = store::links(&mut db, tenant, verifier.records(), PAGE).await?;
        links.retain(|link| link.seq <= end);
        if links.is_empty() {
            break;
        }
        broken = verifier.take(&links).err();
    }
    if broken.is_none() {
        broken = verifier.finish(Some(end)).err();
    }
    if broken.is_none() && chain.is_some_and(|chain| chain.hash != verifier.last_hash()) {
        broken = Some(Broken { seq: end, event: None, reason: Reason::Rewritten, good_until: None });
    }
    if broken.is_none() {
        let before = store::now(&mut db).await?.plus_seconds(-SEALED_BY);
        let never = store::never_sealed(&mut db, tenant, before).await?;
        broken = never.map(|event| Broken { seq: end + 1, event: Some(event), reason: Reason::NeverSealed, good_until: None });
    }
    Ok(Verdict { tenant, records: verifier.records(), archived, hash: verifier.last_hash(), heads: verifier.heads_checked, broken })
}

/// Verifies every chain; what is broken goes to the log, the metrics, the tenant and the security events. Nightly.
#[derive(Serialize, Deserialize)]
pub struct VerifyAuditChains {}

impl Job for VerifyAuditChains {
    const NAME: &'static str = "VerifyAuditChains";
    const TIME_LIMIT: std::time::Duration = std::time::Duration::from_secs(4 * 3600);

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let verdicts = verify_all(&at.app).await?;
        let broken = verdicts.iter().filter(|verdict| verdict.broken.is_some()).count();
        let records: i64 = verdicts.iter().map(|verdict| verdict.records).sum();
        tracing::info!(chains = verdicts.len(), records, broken, "verified the audit chains");
        Ok(())
    }
}

/// # Errors
/// The database's.
pub async fn verify_all(app: &App) -> Result<Vec<Verdict>> {
    let mut db = app.pools.owner.acquire().await?;
    let keys = heads::own_keys(app, &mut db).await?;
    let tenants = store::tenants(&mut db, &[]).await?;
    drop(db);
    let mut verdicts = Vec::new();
    for tenant in tenants {
        let verdict = verify(app, tenant, &keys, &[]).await?;
        note(app, &verdict).await?;
        verdicts.push(verdict);
    }
    Ok(verdicts)
}

/// Writes down how it went, and tells of what is newly broken.
async fn note(app: &App, verdict: &Verdict) -> Result<()> {
    let mut tx = app.pools.owner.begin().await?;
    let known = store::chain(&mut tx, verdict.tenant).await?.and_then(|chain| chain.broken_seq);
    let broken = verdict.broken.as_ref().map(|broken| (broken.seq, broken.reason.as_str()));
    store::note_verification(&mut tx, verdict.tenant, verdict.records, broken).await?;
    if let Some(broken) = &verdict.broken {
        tracing::error!(tenant = %verdict.tenant.0, seq = broken.seq, reason = broken.reason.as_str(), "an audit chain is broken: {broken}");
        if known != Some(broken.seq) {
            store::note_break(&mut tx, verdict.tenant, broken.seq, broken.reason.as_str(), app.clock.now()).await?;
            tx.commit().await?;
            let mut ctx = Ctx::of_program(app.clone(), verdict.tenant, None);
            ctx.publish(&AuditChainBroken { tenant_id: verdict.tenant.0, seq: broken.seq, reason: broken.reason.as_str() })?;
            return ctx.commit().await;
        }
    }
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::heads::Hex;
    use crate::audit::heads::tests::signing_key;
    use crate::time::Timestamp;

    const TENANT: Uuid = Uuid::from_u128(77);

    fn chain(length: i64) -> Vec<Sealed> {
        let (mut previous, mut buffer) = (genesis(TENANT), Vec::new());
        (1..=length)
            .map(|seq| {
                let id = Uuid::from_u128(u128::from(seq.unsigned_abs()) + 1000);
                let record = Record {
                    id,
                    actor_id: None,
                    actor_name: Some("atrium".to_owned()),
                    actor_key: None,
                    actor_ciphertext: None,
                    action: "role.updated".to_owned(),
                    description: None,
                    entity_type: "role".to_owned(),
                    entity_id: Some(id),
                    old_values: None,
                    new_values: Some(serde_json::json!({ "name": seq })),
                    values_key: None,
                    values_ciphertext: None,
                    metadata: None,
                    request_id: None,
                    created_at: Timestamp::from_microsecond(seq),
                };
                previous = record.hash(TENANT, seq, &previous, &mut buffer);
                Sealed { seq, hash: previous, event: id, record: Some(record) }
            })
            .collect()
    }

    fn verdict(links: &[Sealed], heads: Vec<Head>, keys: &[VerifyingKey]) -> Option<(i64, Reason)> {
        let mut verifier = Verifier::new(TENANT, heads, keys);
        let outcome = verifier.take(links).and_then(|()| verifier.finish(None));
        outcome.err().map(|broken| (broken.seq, broken.reason))
    }

    #[test]
    fn each_kind_of_break_is_found_at_its_record_whoever_shares_the_work() {
        for length in [10, 4000] {
            let whole = chain(length);
            let count = usize::try_from(length).expect("small");
            assert_eq!(verdict(&whole, Vec::new(), &[]), None);
            for at in [0, count / 2 - 1, count / 2, count - 2] {
                let seq = i64::try_from(at).expect("small") + 1;
                let mut edited = whole.clone();
                edited[at].record.as_mut().expect("a record").action = "role.created".to_owned();
                assert_eq!(verdict(&edited, Vec::new(), &[]), Some((seq, Reason::Changed)));
                let mut deleted = whole.clone();
                deleted[at].record = None;
                assert_eq!(verdict(&deleted, Vec::new(), &[]), Some((seq, Reason::Missing)));
                let mut unlinked = whole.clone();
                unlinked.remove(at);
                assert_eq!(verdict(&unlinked, Vec::new(), &[]), Some((seq, Reason::Gap)));
                let mut swapped = whole.clone();
                let record = swapped[at].record.take();
                swapped[at].record = swapped[at + 1].record.take();
                swapped[at + 1].record = record;
                assert_eq!(verdict(&swapped, Vec::new(), &[]), Some((seq, Reason::Changed)));
            }
        }
        assert_eq!(Verifier::new(Uuid::from_u128(78), Vec::new(), &[]).take(&chain(2)).expect_err("another tenant's").seq, 1);
    }

    #[test]
    fn a_signed_head_shows_what_was_cut_off_built_anew_or_forged() {
        let (key, public) = signing_key();
        let keys = [public];
        let whole = chain(10);
        let at = Timestamp::from_microsecond(5);
        let head = |nth: usize| key.head(TenantId(TENANT), whole[nth].seq, whole[nth].hash, at);
        assert_eq!(verdict(&whole, vec![head(4), head(9)], &keys), None);
        assert_eq!(verdict(&whole[..8], vec![head(4), head(9)], &keys), Some((9, Reason::Truncated)));
        let mut forged = head(9);
        forged.hash = Hex([7; 32]);
        assert_eq!(verdict(&whole, vec![forged], &keys), Some((10, Reason::ForgedHead)));
        assert_eq!(verdict(&whole, vec![head(9)], &[VerifyingKey([1; 32])]), Some((10, Reason::ForgedHead)));
        // Built anew from the third record on, with right hashes throughout.
        let (mut previous, mut buffer) = (whole[1].hash, Vec::new());
        let mut rebuilt = whole.clone();
        for link in &mut rebuilt[2..] {
            let record = link.record.as_mut().expect("a record");
            record.action = "role.forged".to_owned();
            previous = record.hash(TENANT, link.seq, &previous, &mut buffer);
            link.hash = previous;
        }
        assert_eq!(verdict(&rebuilt, Vec::new(), &keys), None);
        let mut verifier = Verifier::new(TENANT, vec![head(1), head(9)], &keys);
        let broken = verifier.take(&rebuilt).expect_err("rebuilt");
        assert_eq!((broken.seq, broken.reason, broken.good_until), (10, Reason::Rewritten, Some(2)));
    }
}

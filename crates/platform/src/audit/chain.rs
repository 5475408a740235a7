//! The sealer: gives each line its place in its tenant's chain of hashes, some seconds after its commit.
//!
//! Lines are written by any number of transactions that wait for nobody, and commit in any order. Only what stands in
//! transactions before the oldest open one is sealed: below that nothing comes late. One batch is one transaction, so a
//! sealer that is killed has sealed all of it or nothing, and the next one goes on there.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::Connection;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::record::{Hash, genesis};
use super::store::{self, Links};
use crate::error::Result;
use crate::state::App;

/// How long the sealer sleeps when it found nothing.
const POLL: Duration = Duration::from_secs(1);
const BATCH: i64 = 2000;
/// The number is arbitrary and ours; the dispatcher and migrations have others.
const LEADER_LOCK: i64 = 0x6174_7269_756d_0003;

/// Seals until `stop`. Any number of processes may run it; one at a time leads.
pub async fn run_sealer(app: App, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = lead(&app, &stop).await {
            tracing::warn!(%error, "the sealer of the audit trail failed and starts again");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

async fn lead(app: &App, stop: &CancellationToken) -> Result<()> {
    // A connection of its own: the lock lasts as long as it does, and ends with the process.
    let mut leader = app.pools.owner.acquire().await?.detach();
    if !sqlx::query_scalar!(r#"SELECT pg_try_advisory_lock($1) AS "got!""#, LEADER_LOCK).fetch_one(&mut leader).await? {
        leader.close().await?;
        return Ok(());
    }
    let mut tx = leader.begin().await?;
    if store::start_anew(&mut tx).await? {
        tracing::warn!("the database was restored into another cluster: the audit trail is sealed from here on");
    }
    tx.commit().await?;
    while !stop.is_cancelled() {
        let sealed = seal_waiting(app).await?;
        leader.ping().await?;
        if sealed == 0 {
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }
    leader.close().await?;
    Ok(())
}

/// Seals one batch of lines; answers how many. Two at once work one after the other.
///
/// # Errors
/// The database's.
pub async fn seal_waiting(app: &App) -> Result<usize> {
    let mut tx = app.pools.owner.begin().await?;
    let from = store::lock_progress(&mut tx).await?;
    let horizon = store::horizon(&mut tx).await?;
    if horizon == from {
        return Ok(0);
    }
    let waiting = store::unsealed(&mut tx, &from, &horizon, BATCH).await?;
    let is_full = i64::try_from(waiting.len()).is_ok_and(|count| count == BATCH);
    // The last transaction of a full batch may have more.
    let reached = waiting.last().filter(|_| is_full).map_or(horizon, |last| last.written_in.clone());
    if !waiting.is_empty() {
        let mut tenants: Vec<Uuid> = waiting.iter().map(|line| line.tenant).collect();
        tenants.sort_unstable();
        tenants.dedup();
        let beginnings: Vec<Vec<u8>> = tenants.iter().map(|tenant| genesis(*tenant).to_vec()).collect();
        let mut ends: BTreeMap<Uuid, (i64, Hash)> = BTreeMap::new();
        for (tenant, seq, hash) in store::lock_chains(&mut tx, &tenants, &beginnings).await? {
            ends.insert(tenant, (seq, store::hash(&hash)?));
        }
        let (mut links, mut buffer) = (Links::default(), Vec::new());
        for line in &waiting {
            let (seq, hash) = ends.entry(line.tenant).or_insert_with(|| (0, genesis(line.tenant)));
            *seq += 1;
            *hash = line.record.hash(line.tenant, *seq, hash, &mut buffer);
            links.tenants.push(line.tenant);
            links.seqs.push(*seq);
            links.events.push(line.record.id);
            links.hashes.push(hash.to_vec());
        }
        store::append(&mut tx, &links).await?;
    }
    store::set_progress(&mut tx, &reached).await?;
    tx.commit().await?;
    Ok(waiting.len())
}

/// How many lines wait for their seals, and for how many seconds the oldest has.
///
/// # Errors
/// The database's.
pub async fn backlog(app: &App) -> Result<(i64, f64)> {
    Ok(store::backlog(&app.pools.owner).await?)
}

//! The one job that removes what is old, in batches of a transaction each: it holds no lock for long, and one that is killed leaves
//! nothing half done and nothing to be known, since the next asks anew what is old.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{DAY, Kept, Kind, Retained, RetentionPolicy, Span, store};
use crate::audit::archive;
use crate::ctx::TenantId;
use crate::error::Result;
use crate::jobs::{Attempt, Job, JobError};
use crate::state::App;
use crate::time::Timestamp;

/// Rows that one transaction removes.
const BATCH: i64 = 1000;
/// Workspaces whose policies are read together.
const PAGE: i64 = 500;

/// Removes what is older than it is kept, and moves old months of the audit trail to archives. Daily.
#[derive(Serialize, Deserialize)]
pub struct ApplyRetention {}

impl Job for ApplyRetention {
    const NAME: &'static str = "ApplyRetention";
    const TIME_LIMIT: Duration = Duration::from_secs(6 * 3600);

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let started = Instant::now();
        let done = apply(&at.app).await?;
        let (archived, removed) = (&done.archived, &done.removed);
        tracing::info!(
            ?removed,
            archives = archived.archives,
            archived_records = archived.records,
            partitions = archived.partitions,
            failed = archived.failed,
            seconds = started.elapsed().as_secs(),
            "removed what is old"
        );
        match archived.failed {
            0 => Ok(()),
            failed => Err(JobError::Retry(format!("{failed} months of workspaces' audit trails could not be archived; the log says why"))),
        }
    }
}

/// What one run did.
#[derive(Debug)]
pub struct Done {
    /// Rows by table, and files of archives; none that are none.
    pub removed: BTreeMap<&'static str, u64>,
    pub archived: archive::Archived,
}

/// # Errors
/// The database's, or the storage's.
pub async fn apply(app: &App) -> Result<Done> {
    let (bounds, now) = (&app.config.retention, app.clock.now());
    let mut removed = BTreeMap::new();
    let policies = policies(app).await?;
    for rows in &app.retained {
        let spans: Vec<(Uuid, Timestamp)> = match rows.kept {
            Kept::Workspace(kind) => {
                policies.iter().filter_map(|(tenant, policy)| Some((tenant.0, policy.before(kind, bounds, now)?))).collect()
            }
            of_instance => before(app, of_instance, now).map(|before| (Uuid::nil(), before)).into_iter().collect(),
        };
        for (tenant, before) in spans {
            *removed.entry(rows.table).or_default() += remove(app, rows, tenant, before).await?;
        }
    }
    let of_kind = |kind| -> HashMap<TenantId, Timestamp> {
        policies.iter().filter_map(|(tenant, policy)| Some((*tenant, policy.before(kind, bounds, now)?))).collect()
    };
    let archived = archive::run(app, &of_kind(Kind::Audit)).await?;
    let files = archive::remove_old(app, &of_kind(Kind::AuditArchives)).await?;
    metrics::counter!("atrium_retention_removed_total", "table" => "archives").increment(files);
    removed.insert("archives", files);
    removed.retain(|_, count| *count > 0);
    #[expect(clippy::cast_precision_loss, reason = "a gauge")]
    metrics::gauge!("atrium_retention_finished_at_seconds").set(now.as_second() as f64);
    Ok(Done { removed, archived })
}

async fn policies(app: &App) -> Result<Vec<(TenantId, RetentionPolicy)>> {
    let mut all = Vec::new();
    let mut after = Uuid::nil();
    loop {
        let page = store::policies(&app.pools.owner, after, PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(all) };
        after = last.0;
        all.extend(page);
    }
}

fn before(app: &App, kept: Kept, now: Timestamp) -> Option<Timestamp> {
    match kept {
        Kept::Workspace(_) => None,
        Kept::Instance(kind) => app.config.retention.of(kind).default.map(|days| now.plus_seconds(-DAY * i64::from(days))),
        Kept::Own(own) => Some(app.config.retention.own_before(own, now)),
        Kept::Days(days) => Some(now.plus_seconds(-DAY * days)),
    }
}

/// Each batch is a statement, and so a transaction, of its own. Rows that somebody holds are left to the next run.
async fn remove(app: &App, rows: &Retained, tenant: Uuid, before: Timestamp) -> Result<u64> {
    let span = Span { tenant, before, now: app.clock.now(), most: BATCH };
    let mut all = 0;
    loop {
        let mut owner = app.pools.owner.acquire().await?;
        let removed = (rows.remove)(&mut owner, span).await?;
        all += removed;
        metrics::counter!("atrium_retention_removed_total", "table" => rows.table).increment(removed);
        if removed < BATCH.unsigned_abs() {
            return Ok(all);
        }
    }
}

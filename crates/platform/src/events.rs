//! The outbox: facts written in the transaction of the change, and the dispatcher that brings them to reactions.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::Value;
use sqlx::{Connection, PgConnection};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::ctx::{Caller, Ctx, TenantId};
use crate::error::{Error, Result};
use crate::state::App;
use crate::time::Timestamp;

/// A fact of a module: a plain struct that serialises to the payload.
pub trait Event: Serialize + Send + Sync {
    /// `booking.created`: resource, and what happened to it in the past tense.
    const KIND: &'static str;

    /// The record it is about. Facts of one subject are delivered in order.
    fn subject(&self) -> Uuid;

    /// The member whose own record it is, for viewers who see only their own.
    fn owner(&self) -> Option<Uuid> {
        None
    }

    /// Other members whose own record it is too.
    fn co_owners(&self) -> Vec<Uuid> {
        Vec::new()
    }
}

/// An event as it stands in the outbox.
#[derive(Clone, Debug, Serialize)]
pub struct Recorded {
    #[serde(skip)]
    pub tenant: TenantId,
    pub id: Uuid,
    #[serde(skip)]
    pub seq: i64,
    pub kind: String,
    pub subject_type: String,
    pub subject_id: Uuid,
    /// None until it is delivered.
    #[serde(skip)]
    pub dispatched_at: Option<Timestamp>,
    #[serde(skip)]
    pub owner_id: Option<Uuid>,
    #[serde(skip)]
    pub co_owners: Vec<Uuid>,
    pub payload: Value,
    pub actor_id: Option<Uuid>,
    pub created_at: Timestamp,
}

/// An event kind and who may see it on the stream. Every kind that is published is registered.
#[derive(Clone, Copy, Debug)]
pub struct EventKind {
    pub kind: &'static str,
    /// None for what goes to its owners alone, in person, whatever anybody may do.
    pub permission: Option<&'static str>,
}

/// What one module does about a fact of another; runs in the tenant's transaction that also marks the event delivered,
/// so its effects happen once. It only writes to the database; what reaches outside is a job that it enqueues.
#[derive(Clone, Copy)]
pub struct Reaction {
    pub on: &'static str,
    pub name: &'static str,
    pub run: for<'a> fn(&'a mut Ctx, &'a Recorded) -> BoxFuture<'a, Result<()>>,
}

impl Ctx {
    /// Notes the fact, written with the commit of the change.
    ///
    /// # Errors
    /// A fact that is no JSON, which is a bug.
    pub fn publish<E: Event>(&mut self, event: &E) -> Result<()> {
        let subject_type = E::KIND.split_once('.').map_or(E::KIND, |(resource, _)| resource);
        let payload = serde_json::to_value(event).map_err(Error::internal)?;
        let caused_by = match self.caller {
            Caller::Program { caused_by } => caused_by,
            Caller::Member(_) | Caller::Visitor => None,
        };
        self.noted().facts.push(Fact {
            id: crate::id::new(),
            kind: E::KIND,
            subject_type,
            subject_id: event.subject(),
            owner_id: event.owner(),
            co_owners: event.co_owners(),
            payload,
            caused_by,
        });
        Ok(())
    }
}

/// Writes a fact of that tenant at once, in whatever transaction is open: for what is done to a tenant as the owner. The
/// dispatcher finds it at its next look.
///
/// # Errors
/// The database's.
pub async fn publish_now<E: Event>(db: &mut PgConnection, tenant: TenantId, event: &E, actor: Option<Uuid>) -> Result<()> {
    let subject_type = E::KIND.split_once('.').map_or(E::KIND, |(resource, _)| resource);
    sqlx::query!(
        "INSERT INTO platform.events (tenant_id, id, kind, subject_type, subject_id, owner_id, payload, actor_id, co_owners)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tenant.0,
        crate::id::new(),
        E::KIND,
        subject_type,
        event.subject(),
        event.owner() as Option<Uuid>,
        serde_json::to_value(event).map_err(Error::internal)?,
        actor as Option<Uuid>,
        &event.co_owners(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A fact that waits for the commit.
#[derive(Serialize)]
pub(crate) struct Fact {
    id: Uuid,
    kind: &'static str,
    subject_type: &'static str,
    subject_id: Uuid,
    owner_id: Option<Uuid>,
    co_owners: Vec<Uuid>,
    payload: Value,
    caused_by: Option<Uuid>,
}

/// Wakes the dispatcher of this process; others find the event at their next look.
#[derive(Clone, Default)]
pub struct Dispatch(Arc<Notify>);

impl Dispatch {
    pub fn wake(&self) {
        self.0.notify_one();
    }
}

/// How long the dispatcher sleeps when nothing wakes it.
const POLL: Duration = Duration::from_millis(250);
const BATCH: i64 = 200;
/// `pg_notify` takes up to 8000 bytes; an id and a space are 37.
const IDS_A_NOTICE: usize = 200;
/// One dispatcher in the whole installation, so that order holds: the number is arbitrary and ours.
const LEADER_LOCK: i64 = 0x6174_7269_756d_0001;
/// The channel that tells the web processes which events were delivered: `tenant id id …`.
pub const CHANNEL: &str = "atrium_events";

/// Delivers events until `stop`. Any number of processes may run it; one at a time leads.
pub async fn run_dispatcher(app: App, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = lead(&app, &stop).await {
            tracing::warn!(%error, "the dispatcher lost its connection and starts again");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
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
    while !stop.is_cancelled() {
        let found = dispatch_waiting(app).await?;
        // The lock is gone if its connection is: whoever holds it now must not find us still working.
        leader.ping().await?;
        if found == 0 {
            tokio::select! {
                () = stop.cancelled() => {}
                () = app.dispatch.0.notified() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }
    leader.close().await?;
    Ok(())
}

/// Delivers one batch of waiting events; answers how many were found. An event whose earlier sibling of the same subject
/// still waits for its next attempt is not due.
///
/// # Errors
/// The database's; a reaction's error only delays its subject.
pub async fn dispatch_waiting(app: &App) -> Result<usize> {
    let waiting = sqlx::query_as!(
        Recorded,
        r#"SELECT tenant_id AS "tenant: TenantId", id, seq, dispatched_at AS "dispatched_at: Timestamp", kind, subject_type, subject_id,
                  owner_id, co_owners, payload, actor_id, created_at
           FROM platform.events e
          WHERE dispatched_at IS NULL
            AND (next_attempt_at IS NULL OR next_attempt_at <= now())
            AND NOT EXISTS (SELECT FROM platform.events earlier
                             WHERE earlier.tenant_id = e.tenant_id AND earlier.subject_id = e.subject_id
                               AND earlier.seq < e.seq AND earlier.dispatched_at IS NULL
                               AND earlier.next_attempt_at > now())
          ORDER BY seq
          LIMIT $1"#,
        BATCH,
    )
    .fetch_all(&app.pools.owner)
    .await?;
    let found = waiting.len();
    let mut by_tenant: Vec<(TenantId, Vec<Recorded>)> = Vec::new();
    for event in waiting {
        let tenant = event.tenant;
        match by_tenant.iter_mut().find(|(of, _)| *of == tenant) {
            Some((_, events)) => events.push(event),
            None => by_tenant.push((tenant, vec![event])),
        }
    }
    for (tenant, events) in by_tenant {
        if deliver(app, tenant, &events).await.is_ok() {
            continue;
        }
        // One of them failed and took the batch back: one by one, so that it delays its own subject only.
        let mut stuck = Vec::new();
        for event in &events {
            if stuck.contains(&event.subject_id) {
                continue;
            }
            if let Err(error) = deliver(app, tenant, std::slice::from_ref(event)).await {
                tracing::warn!(%error, kind = event.kind, event = %event.id, "a reaction failed; it will be tried again");
                stuck.push(event.subject_id);
                postpone(app, event, &error.to_string()).await?;
            }
        }
    }
    Ok(found)
}

async fn deliver(app: &App, tenant: TenantId, events: &[Recorded]) -> Result<()> {
    let mut ctx = Ctx::of_program(app.clone(), tenant, None);
    let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
    // Marked first: who comes second waits for the rows, and then finds them delivered.
    let ours = sqlx::query_scalar!(
        "UPDATE platform.events SET dispatched_at = now() WHERE tenant_id = $1 AND id = ANY ($2) AND dispatched_at IS NULL RETURNING id",
        tenant.0,
        &ids
    )
    .fetch_all(ctx.db().await?)
    .await?;
    for event in events.iter().filter(|event| ours.contains(&event.id)) {
        ctx.caller = Caller::Program { caused_by: Some(event.id) };
        for reaction in app.reactions.iter().filter(|reaction| reaction.on == event.kind) {
            // A panic is this event's failure, and not the end of the dispatcher.
            let ran = AssertUnwindSafe((reaction.run)(&mut ctx, event)).catch_unwind().await;
            ran.unwrap_or_else(|_| Err(Error::internal(format!("{} panicked", reaction.name))))?;
        }
    }
    for ids in ours.chunks(IDS_A_NOTICE) {
        let notice = ids.iter().fold(tenant.0.to_string(), |text, id| format!("{text} {}", id.simple()));
        sqlx::query!(r#"SELECT pg_notify($1, $2) AS "done: ()""#, CHANNEL, notice).execute(ctx.db().await?).await?;
    }
    ctx.commit().await
}

/// Tries again after 1, 2, 4 … seconds, at most an hour apart.
async fn postpone(app: &App, event: &Recorded, error: &str) -> Result<()> {
    let mut ctx = Ctx::of_program(app.clone(), event.tenant, None);
    sqlx::query!(
        "UPDATE platform.events
            SET attempts = attempts + 1, last_error = $3,
                next_attempt_at = now() + make_interval(secs => least(3600, power(2, least(attempts, 12))))
          WHERE tenant_id = $1 AND id = $2",
        event.tenant.0,
        event.id,
        error.chars().take(2000).collect::<String>(),
    )
    .execute(ctx.db().await?)
    .await?;
    ctx.commit().await
}

/// How many events wait, and for how many seconds the oldest has.
///
/// # Errors
/// The database's.
pub async fn backlog(app: &App) -> Result<(i64, f64)> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "count!", coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS "age!"
             FROM platform.events WHERE dispatched_at IS NULL"#
    )
    .fetch_one(&app.pools.owner)
    .await?;
    Ok((row.count, row.age))
}

/// Delivers until nothing is due; for tests and tools that bring the outbox to rest.
///
/// # Errors
/// As [`dispatch_waiting`].
pub async fn run_until_empty(app: &App) -> Result<()> {
    while dispatch_waiting(app).await? > 0 {}
    Ok(())
}

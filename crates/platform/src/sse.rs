//! The live stream of a tenant's events to its members, each filtered by what he or she may see.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::sse;
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use sqlx::PgConnection;
use sqlx::postgres::PgListener;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::auth::{AnyMember, Scope, Session};
use crate::ctx::{Caller, Ctx, TenantId};
use crate::error::{Problem, Result};
use crate::events::{CHANNEL, Recorded};
use crate::known;
use crate::lease;
use crate::state::App;
use crate::time::Timestamp;

/// How far a slow reader may fall behind before it is told to load anew.
const BUFFER: usize = 256;
/// Streams of one user at a time: browser tabs share the six connections of HTTP/1.1, so more are a leak.
const STREAMS_A_USER: usize = 20;
/// A stream ends after this long and the browser reconnects, so that a session that has run out since is noticed.
const LIFETIME: Duration = Duration::from_secs(300);

/// The open streams of this process.
#[derive(Clone, Default)]
pub struct Streams {
    tenants: Arc<Mutex<HashMap<TenantId, broadcast::Sender<Arc<Recorded>>>>>,
    users: Arc<Mutex<HashMap<Uuid, usize>>>,
    ending: CancellationToken,
}

impl Streams {
    fn subscribe(&self, tenant: TenantId) -> broadcast::Receiver<Arc<Recorded>> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        tenants.retain(|_, sender| sender.receiver_count() > 0);
        tenants.entry(tenant).or_insert_with(|| broadcast::Sender::new(BUFFER)).subscribe()
    }

    fn of(&self, tenant: TenantId) -> Option<broadcast::Sender<Arc<Recorded>>> {
        let tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        tenants.get(&tenant).filter(|sender| sender.receiver_count() > 0).cloned()
    }

    /// Ends every stream that is open now; the browsers connect again and take up after the last event they saw.
    fn interrupt(&self) {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Ends every stream, so that a stopping server does not wait for them.
    pub fn end(&self) {
        self.ending.cancel();
    }

    fn enter(&self, user: Uuid) -> Result<Seat, Problem> {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let count = users.entry(user).or_default();
        if *count >= STREAMS_A_USER {
            return Err(Problem::rate_limited(10));
        }
        *count += 1;
        Ok(Seat { users: self.users.clone(), user })
    }
}

struct Seat {
    users: Arc<Mutex<HashMap<Uuid, usize>>>,
    user: Uuid,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = users.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                users.remove(&self.user);
            }
        }
    }
}

/// Hears which events were delivered, and brings them to the open streams, until `stop`.
pub async fn run_listener(app: App, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let heard = tokio::select! {
            () = stop.cancelled() => return,
            heard = listen(&app) => heard,
        };
        let error = heard.err().map(|error| error.to_string());
        tracing::warn!(error, "the event listener lost its connection and starts again");
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
    }
}

async fn listen(app: &App) -> Result<()> {
    let mut listener = PgListener::connect_with(&app.pools.notices).await?;
    listener.eager_reconnect(false);
    listener.listen_all([CHANNEL, known::CHANNEL]).await?;
    let _following = app.sessions.follow();
    // What was told while nobody listened is lost to the streams that are open, so they begin anew from what is stored.
    app.streams.interrupt();
    // None is a lost connection: `recv` would take up another in silence.
    while let Some(notice) = listener.try_recv().await? {
        if notice.channel() == known::CHANNEL {
            app.sessions.changed(notice.payload());
            continue;
        }
        let mut words = notice.payload().split(' ').map_while(|word| word.parse::<Uuid>().ok());
        let Some(tenant) = words.next().map(TenantId) else { continue };
        let Some(sender) = app.streams.of(tenant) else { continue };
        let ids: Vec<Uuid> = words.collect();
        for event in load(app, tenant, &ids).await? {
            // An error means that the last reader has just left.
            let _ = sender.send(Arc::new(event));
        }
    }
    Ok(())
}

/// Where in a tenant's deliveries a stream is. `seq` alone would not do: a fact can be written early and committed late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    dispatched_at: Timestamp,
    seq: i64,
}

impl Position {
    fn of(event: &Recorded) -> Option<Self> {
        event.dispatched_at.map(|dispatched_at| Self { dispatched_at, seq: event.seq })
    }
}

/// Microseconds, which is what the database keeps, and `seq`.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.dispatched_at.as_microsecond(), self.seq)
    }
}

impl FromStr for Position {
    type Err = ();

    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let (micros, seq) = text.split_once('-').ok_or(())?;
        Ok(Self { dispatched_at: Timestamp::from_microsecond(micros.parse().map_err(drop)?), seq: seq.parse().map_err(drop)? })
    }
}

/// Where a stream has to begin so that it tells all that happens after what this transaction sees: a `Last-Event-ID`. By the
/// database's clock, which stamps deliveries too.
///
/// # Errors
/// The database's.
pub async fn position(db: &mut PgConnection) -> Result<String> {
    let now = sqlx::query_scalar!(r#"SELECT now() AS "now!: Timestamp""#).fetch_one(db).await?;
    Ok(Position { dispatched_at: now, seq: 0 }.to_string())
}

/// Delivered events of a tenant in their order, before what differs.
macro_rules! delivered {
    ($tail:tt, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            Recorded,
            r#"SELECT tenant_id AS "tenant: TenantId", id, seq, dispatched_at AS "dispatched_at: Timestamp", kind, subject_type, subject_id, owner_id, co_owners, payload, actor_id, created_at
                 FROM platform.events WHERE tenant_id = $1 AND dispatched_at IS NOT NULL "# + $tail,
            $($argument),*
        )
    };
}

async fn load(app: &App, tenant: TenantId, ids: &[Uuid]) -> Result<Vec<Recorded>> {
    let mut ctx = Ctx::of_program(app.clone(), tenant, None);
    Ok(delivered!("AND id = ANY ($2) ORDER BY dispatched_at, seq", tenant.0, ids).fetch_all(ctx.db().await?).await?)
}

/// What was delivered after that position, in portions of what a stream buffers.
async fn since(ctx: &mut Ctx, after: Position) -> Result<Vec<Recorded>> {
    let tenant = ctx.tenant;
    let rows = delivered!(
        "AND (dispatched_at, seq) > ($2, $3) ORDER BY dispatched_at, seq LIMIT $4",
        tenant.0,
        after.dispatched_at as Timestamp,
        after.seq,
        i64::try_from(BUFFER).unwrap_or(i64::MAX),
    )
    .fetch_all(ctx.db().await?)
    .await?;
    ctx.rollback().await?;
    Ok(rows)
}

/// The position of what was delivered last.
async fn latest(ctx: &mut Ctx) -> Result<Option<Position>> {
    let tenant = ctx.tenant;
    let row = delivered!("ORDER BY dispatched_at DESC, seq DESC LIMIT 1", tenant.0).fetch_optional(ctx.db().await?).await?;
    ctx.rollback().await?;
    Ok(row.as_ref().and_then(Position::of))
}

/// Whether that member may see that event: a kind that nobody registered is seen by nobody.
fn visible(app: &App, session: &Session, event: &Recorded) -> bool {
    let Some(kind) = app.event_kinds.iter().find(|kind| kind.kind == event.kind) else { return false };
    let is_own = event.owner_id == Some(session.user_id) || event.co_owners.contains(&session.user_id);
    let Some(permission) = kind.permission else { return is_own && session.token.is_none() };
    match session.permissions.scope(permission) {
        Some(Scope::All) => true,
        Some(Scope::Own) => is_own,
        None => false,
    }
}

/// The tenant's events as they happen (text/event-stream). `Last-Event-ID` resumes; `event: reset` says that too much was missed.
#[utoipa::path(get, path = "/events/stream", tag = "platform", responses((status = 200, content_type = "text/event-stream", body = String)), security(("session" = [])))]
async fn stream(ctx: AnyMember, headers: HeaderMap) -> Result<Response> {
    let Caller::Member(session) = ctx.caller.clone() else { return Err(Problem::unauthenticated().into()) };
    let app = ctx.app.clone();
    let seat = app.streams.enter(session.user_id)?;
    let (live, changes) = (app.streams.subscribe(ctx.tenant), app.sessions.changes());
    let after = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let mut past = Ctx::of_member(app, session.clone(), ctx.tenant, ctx.origin.clone(), None);
    // Where a stream begins that resumes nothing: it may have to resume here before anything has happened.
    let start = match after {
        Some(after) => Some(after),
        None => latest(&mut past).await?,
    };
    let mut response = sse::Sse::new(feed(past, session, start, after, live, changes, seat))
        .keep_alive(sse::KeepAlive::new().interval(Duration::from_secs(15)))
        .into_response();
    response.headers_mut().insert("x-accel-buffering", axum::http::HeaderValue::from_static("no"));
    Ok(response)
}

fn feed(
    mut ctx: Ctx,
    session: Session,
    start: Option<Position>,
    mut after: Option<Position>,
    mut live: broadcast::Receiver<Arc<Recorded>>,
    mut changes: broadcast::Receiver<Uuid>,
    seat: Seat,
) -> impl Stream<Item = std::result::Result<sse::Event, Infallible>> {
    let app = ctx.app.clone();
    async_stream::stream! {
        let _seat = seat;
        let lent_by = session.lease.as_ref().map(|lease| lease.granted_by);
        // Says hello, so that the browser knows that it is connected.
        let hello = sse::Event::default().event("ready").data("{}").retry(Duration::from_secs(2));
        yield Ok(match start {
            Some(start) => hello.id(start.to_string()),
            None => hello,
        });
        // Subscribed before the past is read, so that nothing falls between; what comes twice is dropped by its seq.
        let mut sent: Vec<i64> = Vec::new();
        while let Some(position) = after.take() {
            let past = match since(&mut ctx, position).await {
                Ok(past) => past,
                Err(error) => {
                    tracing::warn!(%error, "a stream could not take up where it ended; the browser connects again");
                    return;
                }
            };
            sent = past.iter().map(|event| event.seq).collect();
            if past.len() >= BUFFER {
                // There may be more than the subscription holds meanwhile.
                after = past.last().and_then(Position::of);
                live = app.streams.subscribe(ctx.tenant);
            }
            for event in past {
                if visible(&app, &session, &event) {
                    yield Ok(written(&session, &event));
                }
            }
        }
        // Nor does it outlive the session.
        let left = session.expires_at.as_microsecond() - ctx.now().as_microsecond();
        let end = tokio::time::sleep(LIFETIME.min(Duration::from_micros(u64::try_from(left).unwrap_or_default())));
        tokio::pin!(end);
        loop {
            let event = tokio::select! {
                () = app.streams.ending.cancelled() => break,
                () = &mut end => break,
                // What the viewer may see has changed, or whether he or she may at all: the browser connects again, and is
                // judged anew.
                whose = changes.recv() => match whose {
                    Ok(id) if id != session.user_id && id != ctx.tenant.0 && lent_by != Some(id) => continue,
                    _ => break,
                },
                event = live.recv() => event,
            };
            match event {
                Ok(event) if sent.contains(&event.seq) => {}
                Ok(event) => {
                    if visible(&app, &session, &event) {
                        yield Ok(written(&session, &event));
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => yield Ok(sse::Event::default().event("reset").data("{}")),
                Err(broadcast::error::RecvError::Closed) => break,
            }
        }
    }
}

fn written(session: &Session, event: &Recorded) -> sse::Event {
    let id = Position::of(event).map(|position| position.to_string()).unwrap_or_default();
    let data = match &session.lease {
        Some(lease) if !lease.shows_personal => lease::hide(serde_json::to_value(event).unwrap_or_default()).to_string(),
        _ => serde_json::to_string(event).unwrap_or_default(),
    };
    sse::Event::default().id(id).event(&event.kind).data(data)
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(stream))
}

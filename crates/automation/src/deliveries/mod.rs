//! Deliveries: each event on its way to each endpoint that wants it, with every attempt.

pub mod http;
pub mod send;
mod store;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use platform::events::Recorded;
use platform::jobs::When;
use platform::time::Timestamp;
use platform::{Ctx, Error, Problem, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::endpoints::{self, WebhookEndpoint};
use send::SendWebhook;

/// What a test sends; no event of any module has this kind.
const TEST: &str = "webhook.test";
/// What a step of a workflow sends.
const CALL: &str = "workflow.called";
/// How many are sent again by one request; the rest by the next.
const REPLAYED_AT_ONCE: i64 = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = WebhookDeliveryStatus)]
pub enum Status {
    /// An attempt is under way, or due at `next_attempt_at`.
    Pending,
    Succeeded,
    Failed,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookDelivery {
    pub id: Uuid,
    pub endpoint_id: Uuid,
    /// What is sent as `webhook-id`: the same at each attempt and replay.
    pub event_id: Uuid,
    pub kind: String,
    pub status: Status,
    pub attempts: i32,
    pub next_attempt_at: Option<Timestamp>,
    /// Of the latest attempt, where there was an answer.
    pub http_status: Option<i32>,
    /// Of the latest attempt, where there was none.
    pub error: Option<String>,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookAttempt {
    pub number: i32,
    pub started_at: Timestamp,
    pub duration_ms: i32,
    pub http_status: Option<i32>,
    /// The first 2,000 bytes.
    pub response_body: String,
    pub error: Option<String>,
}

/// A delivery with what was sent and what came back.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookDeliveryDetails {
    #[serde(flatten)]
    pub delivery: WebhookDelivery,
    #[schema(value_type = Object)]
    pub payload: Value,
    /// The newest hundred, the first one first.
    pub attempt_log: Vec<WebhookAttempt>,
}

/// The event as receivers get it; what `data` holds is the event's own payload.
fn body(kind: &str, at: Timestamp, data: &Value) -> String {
    json!({ "type": kind, "timestamp": at, "data": data }).to_string()
}

/// Notes one delivery for each endpoint that wants the event, in the transaction that marks it as delivered.
pub fn on_event<'a>(ctx: &'a mut Ctx, event: &'a Recorded) -> BoxFuture<'a, Result<()>> {
    async move {
        let body = body(&event.kind, event.created_at, &event.payload);
        let ids: Vec<Uuid> = (0..endpoints::MOST).map(|_| platform::id::new()).collect();
        for delivery_id in store::insert_for_event(ctx, event, &body, &ids).await? {
            ctx.enqueue(&SendWebhook { delivery_id, attempt: 0 }, When::default())?;
        }
        Ok(())
    }
    .boxed()
}

fn inactive() -> Problem {
    Problem::conflict("webhook_inactive", "The webhook is switched off. Switch it on first.")
}

async fn active_endpoint(ctx: &mut Ctx, id: Uuid) -> Result<WebhookEndpoint> {
    let endpoint = endpoints::store::find(ctx, id).await?.ok_or_else(Problem::not_found)?;
    if endpoint.is_active { Ok(endpoint) } else { Err(inactive().into()) }
}

/// Sends an event of no module, once.
async fn test(ctx: &mut Ctx, endpoint: Uuid) -> Result<WebhookDelivery> {
    active_endpoint(ctx, endpoint).await?;
    let (id, event) = (platform::id::new(), platform::id::new());
    let body = body(TEST, ctx.now(), &json!({ "webhook_endpoint_id": endpoint }));
    store::insert(ctx, id, (endpoint, event), TEST, endpoint, &body).await?;
    ctx.enqueue(&SendWebhook { delivery_id: id, attempt: 0 }, When::default())?;
    Ok(store::find(ctx, id).await?.ok_or_else(Problem::not_found)?)
}

/// Sends what a step of a workflow says, as an event of its own kind; None where the endpoint is gone or off.
pub(crate) async fn call(ctx: &mut Ctx, endpoint: Uuid, subject: Uuid, data: &Value) -> Result<Option<Uuid>> {
    if !endpoints::store::find(ctx, endpoint).await?.is_some_and(|found| found.is_active) {
        return Ok(None);
    }
    let (id, event) = (platform::id::new(), platform::id::new());
    let body = body(CALL, ctx.now(), data);
    store::insert(ctx, id, (endpoint, event), CALL, subject, &body).await?;
    ctx.enqueue(&SendWebhook { delivery_id: id, attempt: 0 }, When::default())?;
    Ok(Some(id))
}

/// Begins a new round of attempts, at once; one that waits for its next attempt does not wait any longer.
async fn replay(ctx: &mut Ctx, id: Uuid) -> Result<WebhookDelivery> {
    let delivery = store::find(ctx, id).await?.ok_or_else(Problem::not_found)?;
    active_endpoint(ctx, delivery.endpoint_id).await?;
    let attempt = store::restart(ctx, id).await?.ok_or_else(Problem::not_found)?;
    ctx.enqueue(&SendWebhook { delivery_id: id, attempt }, When::default())?;
    Ok(store::find(ctx, id).await?.ok_or_else(Problem::not_found)?)
}

/// The oldest first.
async fn replay_since(ctx: &mut Ctx, endpoint: Uuid, since: Timestamp) -> Result<usize> {
    active_endpoint(ctx, endpoint).await?;
    let restarted = store::restart_failed(ctx, endpoint, since, REPLAYED_AT_ONCE).await?;
    for (delivery_id, attempt) in &restarted {
        ctx.enqueue(&SendWebhook { delivery_id: *delivery_id, attempt: *attempt }, When::default())?;
    }
    Ok(restarted.len())
}

async fn details(ctx: &mut Ctx, id: Uuid) -> Result<WebhookDeliveryDetails> {
    let delivery = store::find(ctx, id).await?.ok_or_else(Problem::not_found)?;
    let body = store::body(ctx, id).await?.unwrap_or_default();
    let payload = serde_json::from_str(&body).map_err(Error::internal)?;
    let attempt_log = store::attempts(ctx, id).await?;
    Ok(WebhookDeliveryDetails { delivery, payload, attempt_log })
}

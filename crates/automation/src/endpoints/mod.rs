//! Endpoints: where events of the workspace go, and the secrets that sign them.

pub mod http;
pub(crate) mod secrets;
pub(crate) mod store;

use platform::audit::Change;
use platform::text::Checks;
use platform::time::Timestamp;
use platform::{App, Ctx, Problem, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::events::{EndpointCreated, EndpointDeleted, EndpointFact, EndpointUpdated};

/// More would multiply each event by as many requests.
pub(crate) const MOST: usize = 20;

/// Where events are sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookEndpoint {
    pub id: Uuid,
    pub url: String,
    pub description: String,
    /// The kinds of events that are sent; null for all.
    pub kinds: Option<Vec<String>>,
    pub is_active: bool,
    /// Why it was switched off by itself: `gone` after an answer of 410, `failing` after five days without success.
    pub disabled_reason: Option<String>,
    pub disabled_at: Option<Timestamp>,
    /// Since when no attempt succeeded.
    pub failing_since: Option<Timestamp>,
    /// Until when the former secret signs as well.
    pub previous_valid_until: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
}

/// An endpoint with its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct IssuedWebhookEndpoint {
    #[serde(flatten)]
    pub endpoint: WebhookEndpoint,
    /// `whsec_` and base64, as libraries of Standard Webhooks take it.
    pub secret: String,
}

/// What people write, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fields {
    pub url: String,
    pub description: String,
    pub kinds: Option<Vec<String>>,
    pub is_active: bool,
}

impl From<&WebhookEndpoint> for Fields {
    fn from(endpoint: &WebhookEndpoint) -> Self {
        let WebhookEndpoint { url, description, kinds, is_active, .. } = endpoint.clone();
        Self { url, description, kinds, is_active }
    }
}

impl Fields {
    /// # Errors
    /// All that is wrong with them.
    fn checked(self, app: &App) -> Result<Self, Problem> {
        let mut checks = Checks::new();
        let url = checks.line("url", &self.url, 1, 2000);
        if !url.is_empty()
            && let Err(error) = app.http.check_address(&url)
        {
            checks.add("url", "invalid", error.to_string());
        }
        let description = checks.line("description", &self.description, 0, 200);
        let kinds = self.kinds.map(|mut kinds| {
            kinds.sort();
            kinds.dedup();
            kinds
        });
        if kinds.as_ref().is_some_and(Vec::is_empty) {
            checks.add("kinds", "required", "must name at least one kind, or be null for all");
        }
        for kind in kinds.iter().flatten() {
            if !kinds_offered(app).contains(&kind.as_str()) {
                checks.add("kinds", "unknown", "names a kind of event that there is not");
                break;
            }
        }
        checks.done()?;
        Ok(Self { url, description, kinds, is_active: self.is_active })
    }
}

/// In alphabetical order.
pub(crate) fn kinds_offered(app: &App) -> Vec<&'static str> {
    let mut kinds: Vec<_> = app.event_kinds.iter().filter(|kind| crate::is_offered(kind)).map(|kind| kind.kind).collect();
    kinds.sort_unstable();
    kinds
}

/// The host of an address, for events and notices.
pub(crate) fn host_of(url: &str) -> String {
    url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

pub(crate) fn fact_of(endpoint: &WebhookEndpoint) -> EndpointFact {
    EndpointFact {
        webhook_endpoint_id: endpoint.id,
        host: host_of(&endpoint.url),
        description: endpoint.description.clone(),
        reason: endpoint.disabled_reason.clone(),
    }
}

async fn create(ctx: &mut Ctx, fields: Fields) -> Result<IssuedWebhookEndpoint> {
    let fields = fields.checked(&ctx.app)?;
    store::lock_all(ctx).await?;
    if store::count(ctx).await? >= MOST {
        let detail = "The workspace has as many webhooks as it can have. Delete one that is no longer used.";
        return Err(Problem::conflict("webhook_limit", detail).with("limit", MOST).into());
    }
    let id = platform::id::new();
    let (secret, sealed) = secrets::draw(ctx, id);
    store::insert(ctx, id, &fields, &sealed).await?;
    let endpoint = store::find(ctx, id).await?.ok_or_else(Problem::not_found)?;
    ctx.audit(Change::created("webhook_endpoint.created", "webhook_endpoint", id, &endpoint));
    ctx.publish(&EndpointCreated(fact_of(&endpoint)))?;
    Ok(IssuedWebhookEndpoint { endpoint, secret })
}

/// Of an endpoint that is locked as `before`.
async fn change(ctx: &mut Ctx, before: WebhookEndpoint, fields: Fields) -> Result<WebhookEndpoint> {
    let fields = fields.checked(&ctx.app)?;
    if fields == Fields::from(&before) {
        return Ok(before);
    }
    store::update(ctx, before.id, &fields).await?;
    let endpoint = store::find(ctx, before.id).await?.ok_or_else(Problem::not_found)?;
    ctx.audit(Change::updated("webhook_endpoint.updated", "webhook_endpoint", endpoint.id, &before, &endpoint));
    ctx.publish(&EndpointUpdated(fact_of(&endpoint)))?;
    Ok(endpoint)
}

async fn delete(ctx: &mut Ctx, endpoint: WebhookEndpoint) -> Result<()> {
    store::delete(ctx, endpoint.id).await?;
    ctx.audit(Change::deleted("webhook_endpoint.deleted", "webhook_endpoint", endpoint.id, &endpoint));
    ctx.publish(&EndpointDeleted(fact_of(&endpoint)))
}

/// A new secret; the one that it replaces signs as well for a day.
async fn rotate(ctx: &mut Ctx, before: WebhookEndpoint) -> Result<IssuedWebhookEndpoint> {
    let (secret, sealed) = secrets::draw(ctx, before.id);
    let until = ctx.now().plus_seconds(secrets::OVERLAP);
    store::rotate(ctx, before.id, &sealed, until).await?;
    let endpoint = store::find(ctx, before.id).await?.ok_or_else(Problem::not_found)?;
    ctx.audit(Change::updated("webhook_endpoint.secret_rotated", "webhook_endpoint", endpoint.id, &before, &endpoint));
    ctx.publish(&EndpointUpdated(fact_of(&endpoint)))?;
    Ok(IssuedWebhookEndpoint { endpoint, secret })
}

/// What adds an endpoint.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhookEndpoint {
    /// `https://` and a public host.
    #[schema(min_length = 1, max_length = 2000)]
    url: String,
    #[serde(default)]
    #[schema(max_length = 200)]
    description: String,
    /// The kinds of events that are sent; all where it is left out or null.
    #[schema(min_items = 1)]
    kinds: Option<Vec<String>>,
}

//! Endpoints that nobody answers at are switched off, and those who manage webhooks are told.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use messaging::{Group, Notice, Severity, holders, notify};
use platform::audit::Change;
use platform::events::Recorded;
use platform::{Ctx, Error, Problem, Result};
use serde_json::json;
use uuid::Uuid;

use crate::endpoints::{fact_of, store};
use crate::events::{EndpointDisabled, EndpointFact};
use crate::mails;

/// How long each attempt may fail, in seconds: five days, two more than a delivery is tried.
pub const PATIENCE: i64 = 5 * 24 * 60 * 60;

/// Once, however many deliveries find it out.
pub async fn disable(ctx: &mut Ctx, id: Uuid, reason: &str) -> Result<()> {
    let before = store::lock(ctx, id).await?.ok_or_else(Problem::not_found)?;
    if !store::disable(ctx, id, reason).await? {
        return Ok(());
    }
    let endpoint = store::find(ctx, id).await?.ok_or_else(Problem::not_found)?;
    ctx.audit(Change::updated("webhook_endpoint.disabled", "webhook_endpoint", id, &before, &endpoint));
    ctx.publish(&EndpointDisabled(fact_of(&endpoint)))
}

/// In the app and by mail.
pub fn tell<'a>(ctx: &'a mut Ctx, event: &'a Recorded) -> BoxFuture<'a, Result<()>> {
    async move {
        let fact: EndpointFact = serde_json::from_value(event.payload.clone()).map_err(Error::internal)?;
        let to = holders(ctx, "webhooks:manage").await?;
        let notice = Notice {
            severity: Severity::Warning,
            facts: json!({ "name": fact.host }),
            link: Some(format!("/settings/webhooks/{}", fact.webhook_endpoint_id)),
            ..Notice::info(&event.kind, Group::System)
        };
        notify(ctx, event, &to, notice).await?;
        let mails = mails::switched_off(ctx, event.id, &to, &fact).await?;
        ctx.mail(mails);
        Ok(())
    }
    .boxed()
}

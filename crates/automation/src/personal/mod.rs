//! What the log of webhooks holds of a person: events that name him or her.

mod store;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use platform::personal::{Outcome, Person, PersonalData};
use platform::{Ctx, Result};
use serde_json::Value;

/// Deliveries. What receivers made of them is theirs to erase.
pub struct WebhooksData;

impl PersonalData for WebhooksData {
    /// To whom events that name the person were sent: the newest 5,000.
    fn export<'a>(&'a self, ctx: &'a mut Ctx, person: &'a Person) -> BoxFuture<'a, Result<Vec<(&'static str, Value)>>> {
        async move { Ok(vec![("webhook_deliveries", store::sent(ctx, person).await?)]) }.boxed()
    }

    fn erase<'a>(&'a self, ctx: &'a mut Ctx, person: &'a Person) -> BoxFuture<'a, Result<Vec<Outcome>>> {
        async move { Ok(vec![Outcome::removed("automation.webhook_deliveries", store::erase(ctx, person).await?)]) }.boxed()
    }
}

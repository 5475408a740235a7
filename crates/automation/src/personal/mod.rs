//! What the logs of webhooks and workflows hold of a person: events and records that name him or her.

mod store;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use platform::personal::{Outcome, Person, PersonalData};
use platform::{Ctx, Result};
use serde_json::Value;

/// Deliveries and executions. What receivers made of deliveries is theirs to erase.
pub struct AutomationData;

impl PersonalData for AutomationData {
    /// To whom events that name the person were sent: the newest 5,000.
    fn export<'a>(&'a self, ctx: &'a mut Ctx, person: &'a Person) -> BoxFuture<'a, Result<Vec<(&'static str, Value)>>> {
        async move {
            let executions = store::executions(ctx, person).await?;
            Ok(vec![("webhook_deliveries", store::sent(ctx, person).await?), ("workflow_executions", executions)])
        }
        .boxed()
    }

    fn erase<'a>(&'a self, ctx: &'a mut Ctx, person: &'a Person) -> BoxFuture<'a, Result<Vec<Outcome>>> {
        async move {
            Ok(vec![
                Outcome::removed("automation.webhook_deliveries", store::erase(ctx, person).await?),
                Outcome::removed("automation.workflow_executions", store::erase_executions(ctx, person).await?),
            ])
        }
        .boxed()
    }
}

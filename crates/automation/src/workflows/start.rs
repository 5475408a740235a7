//! What starts workflows: events, and the clock.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use platform::events::Recorded;
use platform::jobs::{Attempt, Job, JobError};
use platform::records::Window;
use platform::{Ctx, Result, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Trigger, store, trigger_of};
use crate::executions::{self, NewExecution, store as executions_store};

/// How far one look reaches, in seconds: after a longer time without a worker, the next looks reach the rest.
const LONGEST_LOOK: i64 = 7 * 24 * 60 * 60;

/// Starts what wants the event and resumes what waits for it, in the transaction that marks it as delivered.
pub fn on_event<'a>(ctx: &'a mut Ctx, event: &'a Recorded) -> BoxFuture<'a, Result<()>> {
    async move {
        let contact = contact_of(&event.subject_type, event.subject_id, &event.payload);
        let (started, waiting) = executions_store::concerned(ctx, &event.kind, event.subject_id, contact).await?;
        for (id, position) in waiting {
            executions::wake(ctx, id, position, event).await?;
        }
        if started.is_empty() {
            return Ok(());
        }
        let chain = executions_store::chain_of(ctx, event.id).await?;
        for workflow in started {
            let new = NewExecution {
                workflow_id: workflow.id,
                revision: workflow.revision,
                cause: event.id.to_string(),
                trigger: event.kind.clone(),
                subject_type: event.subject_type.clone(),
                subject_id: event.subject_id,
                contact_id: contact,
                data: event.payload.clone(),
                delay_minutes: workflow.delay_minutes,
            };
            executions::start(ctx, new, &chain).await?;
        }
        Ok(())
    }
    .boxed()
}

/// The contact that an event names, by the convention of all modules.
fn contact_of(subject_type: &str, subject: Uuid, payload: &Value) -> Option<Uuid> {
    let named = payload.get("contact_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    named.or_else(|| (subject_type == "contact").then_some(subject))
}

/// Starts what the clock starts, in every workspace. Each moment is looked at once, and what it starts is unique by workflow, record
/// and moment: a record that moves has another moment, and one that is called off has none.
#[derive(Serialize, Deserialize)]
pub struct StartDueWorkflows {}

impl Job for StartDueWorkflows {
    const NAME: &'static str = "StartDueWorkflows";

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let kinds = at.app.records.iter();
        let triggers: Vec<String> = kinds.flat_map(|kind| kind.moments.iter().map(|moment| format!("{}.{moment}", kind.name))).collect();
        let mut failed = None;
        for tenant in store::tenants_with(&at.app.pools.owner, &triggers).await? {
            let mut ctx = Ctx::of_program(at.app.clone(), TenantId(tenant), None);
            // One workspace's fault does not keep the others waiting.
            if let Err(error) = look(&mut ctx, &triggers).await {
                tracing::warn!(%tenant, %error, "workflows could not be started; the job will try again");
                failed = Some(error);
            }
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    }
}

async fn look(ctx: &mut Ctx, triggers: &[String]) -> Result<()> {
    let now = ctx.now();
    for workflow in store::lock_timed(ctx, triggers).await? {
        let Some((Trigger::Moment(moment), _)) = trigger_of(&ctx.app, &workflow.trigger) else { continue };
        let subject_type = workflow.trigger.split('.').next().unwrap_or_default().to_owned();
        let Some(kind) = super::record_of(&ctx.app, &subject_type).copied() else { continue };
        let (after, until) = (workflow.looked_until, now.min(workflow.looked_until.plus_seconds(LONGEST_LOOK)));
        if until <= after {
            continue;
        }
        for (subject_id, moment_at) in (kind.due)(ctx, Window { moment, minutes: workflow.delay_minutes, after, until }).await? {
            let contact_id = (kind.read)(ctx, subject_id).await?.and_then(|record| record.contact_id);
            let new = NewExecution {
                workflow_id: workflow.id,
                revision: workflow.revision,
                cause: format!("{moment} {moment_at}"),
                trigger: workflow.trigger.clone(),
                subject_type: subject_type.clone(),
                subject_id,
                contact_id,
                data: json!({ "moment": moment_at }),
                // The moment is off by that already.
                delay_minutes: 0,
            };
            executions::start(ctx, new, &[]).await?;
        }
        store::note_looked(ctx, workflow.id, until).await?;
    }
    ctx.commit().await
}

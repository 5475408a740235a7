//! Executions: one run of a workflow for one record, step by step.

mod actions;
pub mod http;
pub mod run;
pub(crate) mod store;

use platform::events::Recorded;
use platform::jobs::When;
use platform::time::Timestamp;
use platform::{Ctx, Problem, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::workflows::{self, StepKind};
use run::RunWorkflow;

pub(crate) use actions::{Facts, plan};

/// How many workflows may follow from each other: more is taken for a circle that no graph shows, through other modules' events.
const LONGEST_CHAIN: usize = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = WorkflowExecutionStatus)]
pub enum Status {
    Pending,
    /// Until `resume_at`, or an event of the kind `waits_for` before.
    Waiting,
    Succeeded,
    Failed,
    /// The workflow's conditions did not hold.
    Skipped,
    Cancelled,
    /// It would have followed from itself.
    Refused,
}

impl Status {
    fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Waiting)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = WorkflowStepStatus)]
pub enum StepStatus {
    Succeeded,
    Failed,
    /// Its conditions did not hold.
    Skipped,
    Waiting,
    Retrying,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkflowExecution {
    pub id: Uuid,
    pub workflow_id: Uuid,
    /// Of the workflow, as it was when this began.
    pub revision: i32,
    pub trigger: String,
    pub subject_type: String,
    pub subject_id: Uuid,
    pub status: Status,
    pub actions_executed: i32,
    pub actions_failed: i32,
    pub resume_at: Option<Timestamp>,
    pub waits_for: Option<String>,
    pub error: Option<String>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkflowExecutionStep {
    pub position: i32,
    pub name: String,
    pub kind: StepKind,
    pub status: StepStatus,
    pub attempts: i32,
    /// What the step says, filled in.
    #[schema(value_type = Object)]
    pub input: Value,
    /// What came of it.
    #[schema(value_type = Object)]
    pub output: Value,
    pub error: Option<String>,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

/// An execution with its steps so far.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkflowExecutionDetails {
    #[serde(flatten)]
    pub execution: WorkflowExecution,
    /// What the event told, or the moment.
    #[schema(value_type = Object)]
    pub data: Value,
    pub steps: Vec<WorkflowExecutionStep>,
}

/// What starts a workflow.
pub(crate) struct NewExecution {
    pub workflow_id: Uuid,
    pub revision: i32,
    /// One of the same cause for the same record is not started again.
    pub cause: String,
    pub trigger: String,
    pub subject_type: String,
    pub subject_id: Uuid,
    pub contact_id: Option<Uuid>,
    pub data: Value,
    pub delay_minutes: i32,
}

/// Writes it down and has it run, in the transaction of its cause; answers its id, or None where it stands already. What follows from
/// itself is written down as refused, so that somebody sees it.
pub(crate) async fn start(ctx: &mut Ctx, new: NewExecution, chain: &[Uuid]) -> Result<Option<Uuid>> {
    let id = platform::id::new();
    let is_circle = chain.contains(&new.workflow_id) || chain.len() >= LONGEST_CHAIN;
    let resume_at = (new.delay_minutes > 0 && !is_circle).then(|| ctx.now().plus_seconds(i64::from(new.delay_minutes) * 60));
    let status = match resume_at {
        _ if is_circle => Status::Refused,
        Some(_) => Status::Waiting,
        None => Status::Pending,
    };
    let mut chain = chain.to_vec();
    chain.push(new.workflow_id);
    if !store::insert(ctx, id, &new, &chain, status, resume_at).await? {
        return Ok(None);
    }
    if status.is_open() {
        enqueue(ctx, id, resume_at)?;
    }
    Ok(Some(id))
}

/// A later one takes the place of an earlier one that waits.
fn enqueue(ctx: &mut Ctx, execution_id: Uuid, at: Option<Timestamp>) -> Result<()> {
    let when = When { run_at: at, ..When::default() };
    ctx.enqueue(&RunWorkflow { execution_id }, when.keyed(format!("workflow:{execution_id}")))
}

/// The event that an execution waits for has happened.
pub(crate) async fn wake(ctx: &mut Ctx, id: Uuid, position: i32, event: &Recorded) -> Result<()> {
    store::settle_wait(ctx, id, position, &json!({ "outcome": "event", "event_id": event.id })).await?;
    enqueue(ctx, id, None)
}

async fn details(ctx: &mut Ctx, id: Uuid) -> Result<WorkflowExecutionDetails> {
    let execution = store::find(ctx, id).await?.ok_or_else(Problem::not_found)?;
    let data = store::due(ctx, id).await?.ok_or_else(Problem::not_found)?.data;
    let steps = store::steps(ctx, id).await?;
    Ok(WorkflowExecutionDetails { execution, data, steps })
}

/// Ends one that is under way, and answers how it stood before as well; what it did stays done.
async fn cancel(ctx: &mut Ctx, id: Uuid) -> Result<(Status, WorkflowExecution)> {
    let before = store::lock(ctx, id).await?.ok_or_else(Problem::not_found)?;
    if !before.status.is_open() {
        return Err(Problem::conflict("execution_over", "The execution is over, so there is nothing to cancel.").into());
    }
    store::finish(ctx, id, before.workflow_id, Status::Cancelled, None).await?;
    ctx.dequeue(&format!("workflow:{id}")).await?;
    Ok((before.status, store::find(ctx, id).await?.ok_or_else(Problem::not_found)?))
}

/// A new one for the same record, by what the workflow says now, from its first step.
async fn run_again(ctx: &mut Ctx, id: Uuid) -> Result<WorkflowExecution> {
    let before = store::lock(ctx, id).await?.ok_or_else(Problem::not_found)?;
    if before.status.is_open() {
        return Err(Problem::conflict("execution_under_way", "The execution is still under way. Cancel it first, or wait.").into());
    }
    let due = store::due(ctx, id).await?.ok_or_else(Problem::not_found)?;
    let workflow = workflows::find(ctx, before.workflow_id).await?;
    let new = NewExecution {
        workflow_id: workflow.id,
        revision: workflow.revision,
        cause: format!("again {}", platform::id::new()),
        trigger: before.trigger,
        subject_type: before.subject_type,
        subject_id: before.subject_id,
        contact_id: due.contact_id,
        data: due.data,
        delay_minutes: 0,
    };
    let again = start(ctx, new, &[]).await?.ok_or_else(Problem::not_found)?;
    Ok(store::find(ctx, again).await?.ok_or_else(Problem::not_found)?)
}

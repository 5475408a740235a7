//! Runs an execution. Each step is one transaction with what it does and that it is done, so one that was made is not made again,
//! whenever the program is killed; the job that comes again goes on at the step that is next.

use platform::ctx::Caller;
use platform::jobs::{Attempt, Job, JobError};
use platform::{Ctx, Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::actions::{self, Facts, Planned, plan};
use super::store::{self, Made};
use super::{Status, StepStatus, WorkflowExecution, enqueue};
use crate::workflows::{OnFailure, Step, store as workflows_store};

#[derive(Serialize, Deserialize)]
pub struct RunWorkflow {
    pub execution_id: Uuid,
}

impl Job for RunWorkflow {
    const NAME: &'static str = "RunWorkflow";
    /// Within some four minutes, by the queue's backoff.
    const MAX_ATTEMPTS: i32 = 6;

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let mut ctx = at.ctx()?;
        // Events that follow from it name it as their cause, by which a circle is known.
        ctx.caller = Caller::Program { caused_by: Some(self.execution_id) };
        loop {
            match next(&mut ctx, self.execution_id).await {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) => {
                    ctx.rollback().await?;
                    if !note_failure(&mut ctx, self.execution_id, &error, at.is_last()).await? {
                        return Err(JobError::Retry(error.to_string()));
                    }
                }
            }
        }
    }
}

/// One step, committed. Answers whether another one is next.
async fn next(ctx: &mut Ctx, id: Uuid) -> Result<bool> {
    let Some(execution) = store::lock(ctx, id).await?.filter(|execution| execution.status.is_open()) else {
        ctx.rollback().await?;
        return Ok(false);
    };
    let due = store::due(ctx, id).await?.ok_or_else(|| Error::internal("an execution that is locked is gone"))?;
    let goes_on = match execution.status {
        // An event came first, or the time was put off.
        Status::Waiting if execution.resume_at.is_some_and(|at| at > ctx.now()) => false,
        Status::Waiting => {
            resume(ctx, &execution, due.position).await?;
            true
        }
        _ => advance(ctx, &execution, due).await?,
    };
    ctx.commit().await?;
    Ok(goes_on)
}

/// Its time has come: that of a step that waits, or that of the first step.
async fn resume(ctx: &mut Ctx, execution: &WorkflowExecution, position: i32) -> Result<()> {
    let steps = store::steps(ctx, execution.id).await?;
    if steps.iter().any(|step| step.position == position && step.status == StepStatus::Waiting) {
        let outcome = if execution.waits_for.is_some() { "timeout" } else { "time" };
        store::settle_wait(ctx, execution.id, position, &json!({ "outcome": outcome })).await
    } else {
        store::begin(ctx, execution.id).await
    }
}

async fn advance(ctx: &mut Ctx, execution: &WorkflowExecution, due: store::Due) -> Result<bool> {
    let (id, workflow, position) = (execution.id, execution.workflow_id, due.position);
    let revision = workflows_store::revision(ctx, workflow, execution.revision).await?;
    let (conditions, owner_id) = revision.ok_or_else(|| Error::internal("a revision that runs is gone"))?;
    let about = (execution.subject_type.as_str(), execution.subject_id);
    let mut facts = Facts::read(ctx, owner_id, about, due.contact_id, &due.data).await?;
    if position == 1 && !conditions.hold(&facts.values) {
        store::finish(ctx, id, workflow, Status::Skipped, None).await?;
        return Ok(false);
    }
    let Some(step) = workflows_store::step(ctx, workflow, execution.revision, position).await? else {
        let is_whole = execution.actions_failed == 0;
        let error = (!is_whole).then_some("a step failed");
        store::finish(ctx, id, workflow, if is_whole { Status::Succeeded } else { Status::Failed }, error).await?;
        return Ok(false);
    };
    for made in store::steps(ctx, id).await? {
        facts.note(made.position, made.status, &made.output);
    }
    make(ctx, execution, &step, position, &facts, &due.chain).await
}

async fn make(ctx: &mut Ctx, execution: &WorkflowExecution, step: &Step, position: i32, facts: &Facts, chain: &[Uuid]) -> Result<bool> {
    let id = execution.id;
    let none = json!({});
    if !step.conditions.hold(&facts.values) {
        let made = Made { position, step, status: StepStatus::Skipped, input: &none, output: &none, error: None };
        store::note_step(ctx, id, &made).await?;
        store::advance(ctx, id, position, StepStatus::Skipped).await?;
        return Ok(true);
    }
    let planned = match plan(ctx, facts, step).await? {
        Ok(planned) => planned,
        Err(why) => return fail(ctx, execution, step, position, &none, &why).await,
    };
    let input = planned.input();
    if let Planned::Wait { minutes, event } = &planned {
        let until = ctx.now().plus_seconds(i64::from(*minutes) * 60);
        let made = Made { position, step, status: StepStatus::Waiting, input: &input, output: &none, error: None };
        store::note_step(ctx, id, &made).await?;
        store::wait(ctx, id, until, event.as_deref()).await?;
        enqueue(ctx, id, Some(until))?;
        return Ok(false);
    }
    // The same at each attempt.
    let key = format!("workflow {id} {position}");
    match actions::make(ctx, facts, planned, &key, chain).await? {
        Ok(output) => {
            let made = Made { position, step, status: StepStatus::Succeeded, input: &input, output: &output, error: None };
            store::note_step(ctx, id, &made).await?;
            store::advance(ctx, id, position, StepStatus::Succeeded).await?;
            Ok(true)
        }
        Err(why) => fail(ctx, execution, step, position, &input, &why).await,
    }
}

/// A step that cannot be made ends the execution, where the step does not say otherwise.
async fn fail(ctx: &mut Ctx, execution: &WorkflowExecution, step: &Step, position: i32, input: &Value, why: &str) -> Result<bool> {
    let made = Made { position, step, status: StepStatus::Failed, input, output: &json!({}), error: Some(why) };
    store::note_step(ctx, execution.id, &made).await?;
    store::advance(ctx, execution.id, position, StepStatus::Failed).await?;
    if step.on_failure == OnFailure::Continue {
        return Ok(true);
    }
    store::finish(ctx, execution.id, execution.workflow_id, Status::Failed, Some(why)).await?;
    Ok(false)
}

/// After what went wrong was rolled back: a refusal by another module fails the step, as does the last attempt; anything else is tried
/// again. Answers whether the execution goes on now.
async fn note_failure(ctx: &mut Ctx, id: Uuid, error: &Error, is_last: bool) -> Result<bool> {
    let Some(execution) = store::lock(ctx, id).await?.filter(|execution| execution.status.is_open()) else { return Ok(true) };
    let Some(due) = store::due(ctx, id).await? else { return Ok(true) };
    let Some(step) = workflows_store::step(ctx, execution.workflow_id, execution.revision, due.position).await? else { return Ok(false) };
    let (is_refused, why) = match error {
        Error::Problem(problem) => (problem.status < 500, problem.detail.as_str()),
        // What a database says may hold what people wrote.
        _ => (false, "something went wrong here; the program's own log says more"),
    };
    let is_settled = is_refused || is_last;
    let none = json!({});
    if is_settled {
        fail(ctx, &execution, &step, due.position, &none, why).await?;
    } else {
        let made =
            Made { position: due.position, step: &step, status: StepStatus::Retrying, input: &none, output: &none, error: Some(why) };
        store::note_step(ctx, id, &made).await?;
    }
    ctx.commit().await?;
    Ok(is_settled)
}

//! Every statement on executions and their steps.

use platform::records::Reader;
use platform::time::Timestamp;
use platform::{Ctx, Result};
use serde_json::Value;
use uuid::Uuid;

use super::{NewExecution, Status, StepStatus, WorkflowExecution, WorkflowExecutionStep};
use crate::workflows::{Step, StepKind};

/// A workflow that an event starts.
pub struct Started {
    pub id: Uuid,
    pub revision: i32,
    pub delay_minutes: i32,
}

/// The workflows that the event starts, and the executions that wait for it with the position of the step that does.
pub async fn concerned(ctx: &mut Ctx, kind: &str, subject: Uuid, contact: Option<Uuid>) -> Result<(Vec<Started>, Vec<(Uuid, i32)>)> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query!(
        r#"SELECT id AS "id!", revision AS "number!", delay_minutes AS "delay_minutes!", false AS "is_waiting!" FROM automation.workflows
            WHERE tenant_id = $1 AND trigger = $2 AND is_active
           UNION ALL
           SELECT id, position, 0, true FROM automation.workflow_executions
            WHERE tenant_id = $1 AND waits_for = $2 AND status = 'waiting' AND (subject_id = $3 OR contact_id = $4)"#,
        tenant,
        kind,
        subject,
        contact as Option<Uuid>,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    let (waiting, started): (Vec<_>, Vec<_>) = found.into_iter().partition(|row| row.is_waiting);
    Ok((
        started.into_iter().map(|row| Started { id: row.id, revision: row.number, delay_minutes: row.delay_minutes }).collect(),
        waiting.into_iter().map(|row| (row.id, row.number)).collect(),
    ))
}

/// The workflows that led to an event, through events that caused each other; none where no workflow did.
pub async fn chain_of(ctx: &mut Ctx, event: Uuid) -> Result<Vec<Uuid>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        "WITH RECURSIVE up (caused_by, hops) AS (
             SELECT e.caused_by, 1 FROM platform.events e WHERE e.tenant_id = $1 AND e.id = $2
             UNION ALL
             SELECT e.caused_by, up.hops + 1 FROM up JOIN platform.events e ON e.tenant_id = $1 AND e.id = up.caused_by WHERE up.hops < 10
         )
         SELECT x.chain FROM up JOIN automation.workflow_executions x ON x.tenant_id = $1 AND x.id = up.caused_by LIMIT 1",
        tenant,
        event,
    );
    Ok(found.fetch_optional(ctx.db().await?).await?.unwrap_or_default())
}

/// Whether it is new; its workflow counts it then.
pub async fn insert(
    ctx: &mut Ctx,
    id: Uuid,
    new: &NewExecution,
    chain: &[Uuid],
    status: Status,
    resume_at: Option<Timestamp>,
) -> Result<bool> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let (error, finished_at) = match status {
        Status::Refused => (Some("it would have followed from itself"), Some(now)),
        _ => (None, None),
    };
    let done = sqlx::query!(
        "WITH made AS (
             INSERT INTO automation.workflow_executions
                    (tenant_id, id, workflow_id, revision, cause, trigger, subject_type, subject_id, contact_id, data, chain, status, resume_at,
                     error, created_at, updated_at, finished_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $16)
                 ON CONFLICT (tenant_id, workflow_id, subject_id, cause) DO NOTHING
             RETURNING workflow_id
         )
         UPDATE automation.workflows w SET total_executions = total_executions + 1 FROM made WHERE w.tenant_id = $1 AND w.id = made.workflow_id",
        tenant,
        id,
        new.workflow_id,
        new.revision,
        new.cause,
        new.trigger,
        new.subject_type,
        new.subject_id,
        new.contact_id as Option<Uuid>,
        new.data,
        chain,
        status as Status,
        resume_at as Option<Timestamp>,
        error,
        now as Timestamp,
        finished_at as Option<Timestamp>,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Executions of the workspace $1. Before what differs.
macro_rules! executions {
    ($tail:tt, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            WorkflowExecution,
            r#"SELECT id, workflow_id, revision, trigger, subject_type, subject_id, status AS "status: Status", actions_executed, actions_failed,
                      resume_at AS "resume_at: Timestamp", waits_for, error, created_at AS "created_at: Timestamp",
                      finished_at AS "finished_at: Timestamp"
                 FROM automation.workflow_executions
                WHERE tenant_id = $1 "# + $tail,
            $($argument),*
        )
    };
}

pub async fn list(
    ctx: &mut Ctx,
    workflow: Uuid,
    status: Option<Status>,
    before: Option<Uuid>,
    count: i64,
) -> Result<Vec<WorkflowExecution>> {
    let tenant = ctx.tenant.0;
    let found = executions!(
        "AND workflow_id = $2 AND ($3::text IS NULL OR status = $3) AND ($4::uuid IS NULL OR id < $4) ORDER BY id DESC LIMIT $5",
        tenant,
        workflow,
        status as Option<Status>,
        before as Option<Uuid>,
        count,
    );
    Ok(found.fetch_all(ctx.db().await?).await?)
}

pub async fn find(ctx: &mut Ctx, id: Uuid) -> Result<Option<WorkflowExecution>> {
    let tenant = ctx.tenant.0;
    Ok(executions!("AND id = $2", tenant, id).fetch_optional(ctx.db().await?).await?)
}

/// The same, locked until the commit.
pub async fn lock(ctx: &mut Ctx, id: Uuid) -> Result<Option<WorkflowExecution>> {
    let tenant = ctx.tenant.0;
    Ok(executions!("AND id = $2 FOR NO KEY UPDATE", tenant, id).fetch_optional(ctx.db().await?).await?)
}

/// What the next step needs to know of an execution.
pub struct Due {
    pub position: i32,
    pub chain: Vec<Uuid>,
    pub contact_id: Option<Uuid>,
    pub data: Value,
}

pub async fn due(ctx: &mut Ctx, id: Uuid) -> Result<Option<Due>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_as!(
        Due,
        "SELECT position, chain, contact_id, data FROM automation.workflow_executions WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
    );
    Ok(found.fetch_optional(ctx.db().await?).await?)
}

pub async fn steps(ctx: &mut Ctx, execution: Uuid) -> Result<Vec<WorkflowExecutionStep>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_as!(
        WorkflowExecutionStep,
        r#"SELECT position, name, kind AS "kind: StepKind", status AS "status: StepStatus", attempts, input, output, error,
                  started_at AS "started_at: Timestamp", finished_at AS "finished_at: Timestamp"
             FROM automation.workflow_execution_steps
            WHERE tenant_id = $1 AND execution_id = $2
            ORDER BY position"#,
        tenant,
        execution,
    );
    Ok(found.fetch_all(ctx.db().await?).await?)
}

/// What became of a step.
pub struct Made<'a> {
    pub position: i32,
    pub step: &'a Step,
    pub status: StepStatus,
    pub input: &'a Value,
    pub output: &'a Value,
    pub error: Option<&'a str>,
}

/// Writes it down, over what was written of an earlier attempt.
pub async fn note_step(ctx: &mut Ctx, execution: Uuid, made: &Made<'_>) -> Result<()> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let finished_at = (!matches!(made.status, StepStatus::Waiting | StepStatus::Retrying)).then_some(now);
    sqlx::query!(
        "INSERT INTO automation.workflow_execution_steps AS s
                (tenant_id, id, execution_id, position, name, kind, status, input, output, error, started_at, finished_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             ON CONFLICT (tenant_id, execution_id, position) DO UPDATE
            SET status = excluded.status, input = excluded.input, output = excluded.output, error = excluded.error,
                attempts = s.attempts + 1, finished_at = excluded.finished_at",
        tenant,
        platform::id::new(),
        execution,
        made.position,
        made.step.name,
        made.step.kind as StepKind,
        made.status as StepStatus,
        made.input,
        made.output,
        made.error,
        now as Timestamp,
        finished_at as Option<Timestamp>,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

/// Goes on to the next step after one that was made, skipped or failed.
pub async fn advance(ctx: &mut Ctx, id: Uuid, position: i32, status: StepStatus) -> Result<()> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    sqlx::query!(
        "UPDATE automation.workflow_executions
            SET position = $3 + 1, status = 'pending', resume_at = NULL, waits_for = NULL, updated_at = $4,
                actions_executed = actions_executed + $5, actions_failed = actions_failed + $6
          WHERE tenant_id = $1 AND id = $2 AND position = $3",
        tenant,
        id,
        position,
        now as Timestamp,
        i32::from(status == StepStatus::Succeeded),
        i32::from(status == StepStatus::Failed),
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

/// A step that waits is over, and its execution goes on with the next.
pub async fn settle_wait(ctx: &mut Ctx, id: Uuid, position: i32, output: &Value) -> Result<()> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    sqlx::query!(
        "UPDATE automation.workflow_execution_steps SET status = 'succeeded', output = $4, finished_at = $5
          WHERE tenant_id = $1 AND execution_id = $2 AND position = $3 AND status = 'waiting'",
        tenant,
        id,
        position,
        output,
        now as Timestamp,
    )
    .execute(ctx.db().await?)
    .await?;
    advance(ctx, id, position, StepStatus::Succeeded).await
}

/// The time before its first step is over.
pub async fn begin(ctx: &mut Ctx, id: Uuid) -> Result<()> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    sqlx::query!(
        "UPDATE automation.workflow_executions SET status = 'pending', resume_at = NULL, updated_at = $3 WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        now as Timestamp,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

pub async fn wait(ctx: &mut Ctx, id: Uuid, until: Timestamp, event: Option<&str>) -> Result<()> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    sqlx::query!(
        "UPDATE automation.workflow_executions SET status = 'waiting', resume_at = $3, waits_for = $4, updated_at = $5
          WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        until as Timestamp,
        event,
        now as Timestamp,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

/// It is over; its workflow counts it where it succeeded.
pub async fn finish(ctx: &mut Ctx, id: Uuid, workflow: Uuid, status: Status, error: Option<&str>) -> Result<()> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    sqlx::query!(
        "UPDATE automation.workflow_executions
            SET status = $3, error = $4, resume_at = NULL, waits_for = NULL, updated_at = $5, finished_at = $5
          WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        status as Status,
        error,
        now as Timestamp,
    )
    .execute(ctx.db().await?)
    .await?;
    if status == Status::Cancelled {
        sqlx::query!(
            "UPDATE automation.workflow_execution_steps SET status = 'failed', error = 'cancelled', finished_at = $3
              WHERE tenant_id = $1 AND execution_id = $2 AND status IN ('waiting', 'retrying')",
            tenant,
            id,
            now as Timestamp,
        )
        .execute(ctx.db().await?)
        .await?;
    }
    if status == Status::Succeeded {
        sqlx::query!(
            "UPDATE automation.workflows SET successful_executions = successful_executions + 1 WHERE tenant_id = $1 AND id = $2",
            tenant,
            workflow,
        )
        .execute(ctx.db().await?)
        .await?;
    }
    Ok(())
}

/// A member who is active, as mails reach him or her.
pub async fn member(ctx: &mut Ctx, user: Uuid) -> Result<Option<Reader>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query!(
        "SELECT display_name, email, locale FROM identity.members WHERE tenant_id = $1 AND user_id = $2 AND status = 'active'",
        tenant,
        user,
    )
    .fetch_optional(ctx.db().await?)
    .await?;
    Ok(found.map(|row| Reader { user_id: Some(user), name: row.display_name, email: Some(row.email), phone: None, locale: row.locale }))
}

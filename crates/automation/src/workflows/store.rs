//! Every statement on workflows and their revisions.

use platform::time::Timestamp;
use platform::{Ctx, OnConstraint, Problem, Result};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use super::conditions::Conditions;
use super::{Config, Definition, Fields, OnFailure, Recipient, Step, StepKind, Workflow, WorkflowOwner};

struct Row {
    id: Uuid,
    owner_id: Uuid,
    owner_name: String,
    name: String,
    trigger: String,
    delay_minutes: i32,
    conditions: Json<Conditions>,
    steps: Json<Vec<Step>>,
    is_active: bool,
    revision: i32,
    total_executions: i32,
    successful_executions: i32,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: i64,
}

impl From<Row> for Workflow {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            owner: WorkflowOwner { user_id: row.owner_id, name: row.owner_name },
            name: row.name,
            trigger: row.trigger,
            delay_minutes: row.delay_minutes,
            conditions: row.conditions.0,
            steps: row.steps.0,
            is_active: row.is_active,
            revision: row.revision,
            total_executions: row.total_executions,
            successful_executions: row.successful_executions,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        }
    }
}

/// Workflows of the workspace $1 as they are now. Before what differs.
macro_rules! workflows {
    ($tail:tt, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT w.id, w.owner_id, m.display_name AS owner_name, w.name, w.trigger, w.delay_minutes,
                      r.conditions AS "conditions: Json<Conditions>",
                      coalesce((SELECT jsonb_agg(jsonb_build_object('name', a.name, 'kind', a.kind, 'recipient', a.recipient, 'conditions', a.conditions,
                                                                    'config', a.config, 'on_failure', a.on_failure) ORDER BY a.position)
                                  FROM automation.workflow_actions a
                                 WHERE a.tenant_id = $1 AND a.workflow_id = w.id AND a.revision = w.revision), '[]') AS "steps!: Json<Vec<Step>>",
                      w.is_active, w.revision, w.total_executions, w.successful_executions,
                      w.created_at AS "created_at: Timestamp", w.updated_at AS "updated_at: Timestamp", w.version
                 FROM automation.workflows w
                 JOIN automation.workflow_revisions r ON r.tenant_id = $1 AND r.workflow_id = w.id AND r.revision = w.revision
                 JOIN identity.members m ON m.tenant_id = $1 AND m.user_id = w.owner_id
                WHERE w.tenant_id = $1 "# + $tail,
            $($argument),*
        )
    };
}

/// All of the workspace, by name.
pub async fn list(ctx: &mut Ctx) -> Result<Vec<Workflow>> {
    let tenant = ctx.tenant.0;
    let rows = workflows!("ORDER BY lower(w.name), w.id", tenant).fetch_all(ctx.db().await?).await?;
    Ok(rows.into_iter().map(Workflow::from).collect())
}

pub async fn find(ctx: &mut Ctx, id: Uuid) -> Result<Option<Workflow>> {
    let tenant = ctx.tenant.0;
    Ok(workflows!("AND w.id = $2", tenant, id).fetch_optional(ctx.db().await?).await?.map(Workflow::from))
}

/// The same, locked until the commit.
pub async fn lock(ctx: &mut Ctx, id: Uuid) -> Result<Option<Workflow>> {
    let tenant = ctx.tenant.0;
    sqlx::query!("SELECT FROM automation.workflows WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE", tenant, id)
        .execute(ctx.db().await?)
        .await?;
    find(ctx, id).await
}

/// Has those who change the workspace's workflows follow each other, so that limits hold and no circle is closed from two sides.
pub async fn lock_all(ctx: &mut Ctx) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        r#"SELECT pg_advisory_xact_lock(hashtextextended('automation.workflows ' || $1::text, 0)) AS "done: ()""#,
        tenant.to_string(),
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

pub async fn count(ctx: &mut Ctx) -> Result<usize> {
    let tenant = ctx.tenant.0;
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM automation.workflows WHERE tenant_id = $1"#, tenant);
    Ok(usize::try_from(count.fetch_one(ctx.db().await?).await?).unwrap_or(usize::MAX))
}

pub async fn is_member(ctx: &mut Ctx, user: Uuid) -> Result<bool> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM identity.members WHERE tenant_id = $1 AND user_id = $2 AND status = 'active') AS "found!""#,
        tenant,
        user,
    );
    Ok(found.fetch_one(ctx.db().await?).await?)
}

/// Whether starting the one starts the other, sooner or later.
pub async fn leads_to(ctx: &mut Ctx, from: Uuid, to: Uuid) -> Result<bool> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        r#"WITH RECURSIVE reached (id) AS (
               SELECT $2::uuid
               UNION
               SELECT (a.config ->> 'workflow_id')::uuid
                 FROM reached
                 JOIN automation.workflows w ON w.tenant_id = $1 AND w.id = reached.id
                 JOIN automation.workflow_actions a ON a.tenant_id = $1 AND a.workflow_id = w.id AND a.revision = w.revision
                WHERE a.kind = 'start_workflow'
           )
           SELECT EXISTS (SELECT FROM reached WHERE id = $3) AS "found!""#,
        tenant,
        from,
        to,
    );
    Ok(found.fetch_one(ctx.db().await?).await?)
}

pub async fn is_started_by_another(ctx: &mut Ctx, id: Uuid) -> Result<bool> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM automation.workflows w
                            JOIN automation.workflow_actions a ON a.tenant_id = $1 AND a.workflow_id = w.id AND a.revision = w.revision
                           WHERE w.tenant_id = $1 AND w.id <> $2 AND a.kind = 'start_workflow' AND a.config ->> 'workflow_id' = $2::uuid::text) AS "found!""#,
        tenant,
        id,
    );
    Ok(found.fetch_one(ctx.db().await?).await?)
}

pub async fn insert(ctx: &mut Ctx, id: Uuid, owner: Uuid, fields: &Fields) -> Result<()> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    sqlx::query!(
        "INSERT INTO automation.workflows (tenant_id, id, owner_id, name, trigger, delay_minutes, is_active, looked_until)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant,
        id,
        owner,
        fields.name,
        fields.definition.trigger,
        fields.definition.delay_minutes,
        fields.is_active,
        now as Timestamp,
    )
    .execute(ctx.db().await?)
    .await?;
    insert_revision(ctx, id, 1, &fields.definition).await
}

pub async fn insert_revision(ctx: &mut Ctx, id: Uuid, revision: i32, definition: &Definition) -> Result<()> {
    let (tenant, user) = (ctx.tenant.0, ctx.user_id());
    sqlx::query!(
        "INSERT INTO automation.workflow_revisions (tenant_id, workflow_id, revision, trigger, delay_minutes, conditions, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        tenant,
        id,
        revision,
        definition.trigger,
        definition.delay_minutes,
        Json(&definition.conditions) as _,
        user as Option<Uuid>,
    )
    .execute(ctx.db().await?)
    .await?;
    for (position, step) in (1_i32..).zip(&definition.steps) {
        sqlx::query!(
            "INSERT INTO automation.workflow_actions
                    (tenant_id, id, workflow_id, revision, position, name, kind, recipient, conditions, config, on_failure)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            tenant,
            platform::id::new(),
            id,
            revision,
            position,
            step.name,
            step.kind as StepKind,
            step.recipient as Option<Recipient>,
            Json(&step.conditions) as _,
            Json(&step.config) as _,
            step.on_failure as OnFailure,
        )
        .execute(ctx.db().await?)
        .await?;
    }
    Ok(())
}

/// With `starts_anew`, moments until now are over for it.
pub async fn update(ctx: &mut Ctx, id: Uuid, fields: &Fields, is_revised: bool, starts_anew: bool) -> Result<()> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    sqlx::query!(
        "UPDATE automation.workflows
            SET name = $3, trigger = $4, delay_minutes = $5, is_active = $6, revision = revision + $7,
                looked_until = CASE WHEN $8 THEN $9 ELSE looked_until END
          WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        fields.name,
        fields.definition.trigger,
        fields.definition.delay_minutes,
        fields.is_active,
        i32::from(is_revised),
        starts_anew,
        now as Timestamp,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

pub async fn delete(ctx: &mut Ctx, id: Uuid) -> Result<()> {
    let tenant = ctx.tenant.0;
    let gone = sqlx::query!("DELETE FROM automation.workflows WHERE tenant_id = $1 AND id = $2", tenant, id);
    gone.execute(ctx.db().await?).await.on_constraint("workflow_executions_tenant_id_workflow_id_fkey", Problem::not_found)?;
    Ok(())
}

/// A step of a revision.
pub async fn step(ctx: &mut Ctx, workflow: Uuid, revision: i32, position: i32) -> Result<Option<Step>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query!(
        r#"SELECT name, kind AS "kind: StepKind", recipient AS "recipient: Recipient", conditions AS "conditions: Json<Conditions>",
                  config AS "config: Json<Config>", on_failure AS "on_failure: OnFailure"
             FROM automation.workflow_actions
            WHERE tenant_id = $1 AND workflow_id = $2 AND revision = $3 AND position = $4"#,
        tenant,
        workflow,
        revision,
        position,
    )
    .fetch_optional(ctx.db().await?)
    .await?;
    Ok(found.map(|row| Step {
        name: row.name,
        kind: row.kind,
        recipient: row.recipient,
        conditions: row.conditions.0,
        config: row.config.0,
        on_failure: row.on_failure,
    }))
}

/// What a revision asks before it runs at all, and whose it is.
pub async fn revision(ctx: &mut Ctx, workflow: Uuid, revision: i32) -> Result<Option<(Conditions, Uuid)>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query!(
        r#"SELECT r.conditions AS "conditions: Json<Conditions>", w.owner_id
             FROM automation.workflow_revisions r
             JOIN automation.workflows w ON w.tenant_id = $1 AND w.id = r.workflow_id
            WHERE r.tenant_id = $1 AND r.workflow_id = $2 AND r.revision = $3"#,
        tenant,
        workflow,
        revision,
    );
    Ok(found.fetch_optional(ctx.db().await?).await?.map(|row| (row.conditions.0, row.owner_id)))
}

/// A workflow that the clock starts.
pub struct Timed {
    pub id: Uuid,
    pub trigger: String,
    pub delay_minutes: i32,
    pub revision: i32,
    pub looked_until: Timestamp,
}

/// Workspaces with workflows of those triggers. Runs as the owner.
pub async fn tenants_with(owner: &sqlx::PgPool, triggers: &[String]) -> Result<Vec<Uuid>> {
    let tenants =
        sqlx::query_scalar!("SELECT DISTINCT tenant_id FROM automation.workflows WHERE is_active AND trigger = ANY ($1)", triggers);
    Ok(tenants.fetch_all(owner).await?)
}

/// Those of the workspace, locked until the commit.
pub async fn lock_timed(ctx: &mut Ctx, triggers: &[String]) -> Result<Vec<Timed>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_as!(
        Timed,
        r#"SELECT id, trigger, delay_minutes, revision, looked_until AS "looked_until!: Timestamp" FROM automation.workflows
            WHERE tenant_id = $1 AND is_active AND trigger = ANY ($2) AND looked_until IS NOT NULL
            ORDER BY id
              FOR NO KEY UPDATE"#,
        tenant,
        triggers,
    );
    Ok(found.fetch_all(ctx.db().await?).await?)
}

pub async fn note_looked(ctx: &mut Ctx, id: Uuid, until: Timestamp) -> Result<()> {
    let tenant = ctx.tenant.0;
    let noted =
        sqlx::query!("UPDATE automation.workflows SET looked_until = $3 WHERE tenant_id = $1 AND id = $2", tenant, id, until as Timestamp,);
    noted.execute(ctx.db().await?).await?;
    Ok(())
}

/// The workspace's name and language.
pub async fn workspace(ctx: &mut Ctx) -> Result<(String, String)> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query!("SELECT name, locale FROM directory.tenants WHERE id = $1", tenant);
    Ok(found.fetch_optional(ctx.db().await?).await?.map(|row| (row.name, row.locale)).unwrap_or_default())
}

/// The latest events of that kind: what a test can be made with where the event is about no record that others know.
pub async fn recent_events(ctx: &mut Ctx, kind: &str, most: i64) -> Result<Vec<platform::records::Sample>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_as!(
        platform::records::Sample,
        r#"SELECT id, coalesce(payload ->> 'name', '') AS "name!", created_at AS "at: Timestamp" FROM platform.events
            WHERE tenant_id = $1 AND kind = $2
            ORDER BY id DESC
            LIMIT $3"#,
        tenant,
        kind,
        most,
    );
    Ok(found.fetch_all(ctx.db().await?).await?)
}

/// The payload of the latest event of that kind about a record, or of the event of that id.
pub async fn event_of(ctx: &mut Ctx, kind: &str, id: Uuid) -> Result<Option<(Uuid, Value)>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query!(
        "SELECT subject_id, payload FROM platform.events
          WHERE tenant_id = $1 AND kind = $2 AND (subject_id = $3 OR id = $3)
          ORDER BY id DESC
          LIMIT 1",
        tenant,
        kind,
        id,
    );
    Ok(found.fetch_optional(ctx.db().await?).await?.map(|row| (row.subject_id, row.payload)))
}

//! Workflows over HTTP.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::ctx::Answer;
use platform::etag::IfMatch;
use platform::extract::{Json, Path};
use platform::page::Page;
use platform::permissions::Scope;
use platform::records::{FieldKind, Sample};
use platform::{Allow, App, Ctx, Problem, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::conditions::Conditions;
use super::templates::{self, WorkflowTemplate};
use super::{Definition, Fields, Step, StepKind, Trigger, Workflow, record_of, store, trigger_of, triggers};
use crate::executions::{Facts, plan};
use crate::{WorkflowsRead, WorkflowsWrite};

/// How many past records a test can be made with.
const SAMPLES: i64 = 20;

/// The workspace's workflows, by name.
#[utoipa::path(get, path = "/workflows", tag = "automation", responses((status = 200, body = Page<Workflow>)), security(("session" = [])))]
async fn list(mut ctx: Allow<WorkflowsRead>) -> Result<Json<Page<Workflow>>> {
    Ok(Json(Page::whole(store::list(&mut ctx).await?)))
}

/// What makes a workflow. It is off until it is switched on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWorkflow {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[schema(max_length = 100)]
    trigger: String,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 525_600)]
    delay_minutes: i32,
    #[serde(default)]
    conditions: Conditions,
    #[serde(default)]
    #[schema(max_items = 50)]
    steps: Vec<Step>,
}

/// Makes a workflow, which is off.
#[utoipa::path(post, path = "/workflows", tag = "automation", request_body = NewWorkflow, responses((status = 201, body = Workflow)), security(("session" = [])))]
async fn create(mut ctx: Allow<WorkflowsWrite>, Json(new): Json<NewWorkflow>) -> Result<Response> {
    let NewWorkflow { name, trigger, delay_minutes, conditions, steps } = new;
    let definition = Definition { trigger, delay_minutes, conditions, steps };
    let owner = ctx.user_id().ok_or_else(Problem::forbidden)?;
    let workflow = super::create(&mut ctx, owner, Fields { name, is_active: false, definition }).await?;
    let answer = Answer::created(&workflow)?.version(workflow.version);
    ctx.commit_with(answer).await
}

/// One workflow.
#[utoipa::path(get, path = "/workflows/{id}", tag = "automation", params(("id" = Uuid, Path)), responses((status = 200, body = Workflow)), security(("session" = [])))]
async fn get(mut ctx: Allow<WorkflowsRead>, Path(id): Path<Uuid>) -> Result<Response> {
    let workflow = super::find(&mut ctx, id).await?;
    Ok(Answer::json(StatusCode::OK, &workflow)?.version(workflow.version).into_response())
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkflowChanges {
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    #[schema(max_length = 100)]
    trigger: Option<String>,
    #[schema(minimum = 0, maximum = 525_600)]
    delay_minutes: Option<i32>,
    conditions: Option<Conditions>,
    #[schema(max_items = 50)]
    steps: Option<Vec<Step>>,
    is_active: Option<bool>,
}

/// Changes a workflow, or switches it on or off. Executions that are under way finish as they began.
#[utoipa::path(patch, path = "/workflows/{id}", tag = "automation", params(("id" = Uuid, Path), ("If-Match" = String, Header)), request_body = WorkflowChanges, responses((status = 200, body = Workflow)), security(("session" = [])))]
async fn patch(
    mut ctx: Allow<WorkflowsWrite>,
    Path(id): Path<Uuid>,
    seen: IfMatch,
    Json(changes): Json<WorkflowChanges>,
) -> Result<Response> {
    let before = store::lock(&mut ctx, id).await?.ok_or_else(Problem::not_found)?;
    seen.check(before.version)?;
    let Fields { name, is_active, definition: old } = Fields::from(&before);
    let fields = Fields {
        name: changes.name.unwrap_or(name),
        is_active: changes.is_active.unwrap_or(is_active),
        definition: Definition {
            trigger: changes.trigger.unwrap_or(old.trigger),
            delay_minutes: changes.delay_minutes.unwrap_or(old.delay_minutes),
            conditions: changes.conditions.unwrap_or(old.conditions),
            steps: changes.steps.unwrap_or(old.steps),
        },
    };
    let workflow = super::change(&mut ctx, before, fields).await?;
    ctx.commit().await?;
    Ok(Answer::json(StatusCode::OK, &workflow)?.version(workflow.version).into_response())
}

/// Deletes a workflow with its executions; those under way end.
#[utoipa::path(delete, path = "/workflows/{id}", tag = "automation", params(("id" = Uuid, Path), ("If-Match" = String, Header)), responses((status = 204)), security(("session" = [])))]
async fn delete(mut ctx: Allow<WorkflowsWrite>, Path(id): Path<Uuid>, seen: IfMatch) -> Result<StatusCode> {
    let workflow = store::lock(&mut ctx, id).await?.ok_or_else(Problem::not_found)?;
    seen.check(workflow.version)?;
    super::delete(&mut ctx, workflow).await?;
    ctx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Workflows to start from, in the workspace's language.
#[utoipa::path(get, path = "/workflow-templates", tag = "automation", responses((status = 200, body = Page<WorkflowTemplate>)), security(("session" = [])))]
async fn templates(mut ctx: Allow<WorkflowsRead>) -> Result<Json<Page<WorkflowTemplate>>> {
    let (_, locale) = store::workspace(&mut ctx).await?;
    Ok(Json(Page::whole(templates::all(&locale))))
}

/// What workflows can be made of.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkflowOptions {
    pub triggers: Vec<WorkflowTrigger>,
    pub records: Vec<WorkflowRecord>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct WorkflowTrigger {
    pub name: String,
    /// Of the records that it is about.
    pub subject_type: String,
    /// Whether it comes by the clock, so long before or after a moment of the record.
    pub is_timed: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct WorkflowRecord {
    pub name: &'static str,
    pub fields: Vec<WorkflowField>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct WorkflowField {
    pub name: &'static str,
    /// `text`, `number`, `time` or `choice`
    pub kind: &'static str,
    /// Of a choice.
    pub values: Vec<&'static str>,
    pub is_settable: bool,
}

fn options_of(ctx: &Ctx) -> WorkflowOptions {
    let mut offered = Vec::new();
    for name in triggers(&ctx.app) {
        if let Some((trigger, permission)) = trigger_of(&ctx.app, &name)
            && ctx.permissions().scope(permission) == Some(Scope::All)
        {
            let subject_type = name.split('.').next().unwrap_or_default().to_owned();
            offered.push(WorkflowTrigger { name, subject_type, is_timed: trigger != Trigger::Event });
        }
    }
    let field = |field: &platform::records::Field| {
        let (kind, values) = match field.kind {
            FieldKind::Text => ("text", Vec::new()),
            FieldKind::Number => ("number", Vec::new()),
            FieldKind::Time => ("time", Vec::new()),
            FieldKind::Choice(values) => ("choice", values.to_vec()),
        };
        WorkflowField { name: field.name, kind, values, is_settable: field.settable }
    };
    let records = ctx.app.records.iter();
    let records = records.map(|kind| WorkflowRecord { name: kind.name, fields: kind.fields.iter().map(field).collect() }).collect();
    WorkflowOptions { triggers: offered, records }
}

/// The triggers that the caller may use, and the fields that conditions and texts can ask for.
#[utoipa::path(get, path = "/workflow-options", tag = "automation", responses((status = 200, body = WorkflowOptions)), security(("session" = [])))]
async fn options(ctx: Allow<WorkflowsRead>) -> Json<WorkflowOptions> {
    Json(options_of(&ctx))
}

/// Who tests a workflow reads records by it, so it takes the right to read them.
fn check_readable(ctx: &Ctx, workflow: &Workflow) -> Result<(), Problem> {
    let (_, permission) = trigger_of(&ctx.app, &workflow.trigger).ok_or_else(Problem::not_found)?;
    if ctx.permissions().scope(permission) == Some(Scope::All) { Ok(()) } else { Err(Problem::forbidden()) }
}

/// Past records that the workflow can be tested with, the newest first.
#[utoipa::path(get, path = "/workflows/{id}/samples", tag = "automation", params(("id" = Uuid, Path)), responses((status = 200, body = Page<Sample>)), security(("session" = [])))]
async fn samples(mut ctx: Allow<WorkflowsRead>, Path(id): Path<Uuid>) -> Result<Json<Page<Sample>>> {
    let workflow = super::find(&mut ctx, id).await?;
    check_readable(&ctx, &workflow)?;
    let subject = workflow.trigger.split('.').next().unwrap_or_default();
    let found = match record_of(&ctx.app, subject).copied() {
        Some(kind) => (kind.recent)(&mut ctx, SAMPLES).await?,
        None => store::recent_events(&mut ctx, &workflow.trigger, SAMPLES).await?,
    };
    Ok(Json(Page::whole(found)))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkflowTestInput {
    /// One of the samples.
    subject_id: Uuid,
}

/// What the workflow would do.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkflowTest {
    /// Whether its own conditions hold, so that it would run at all.
    pub runs: bool,
    pub steps: Vec<WorkflowTestStep>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct WorkflowTestStep {
    pub position: i32,
    pub name: String,
    pub kind: StepKind,
    /// Whether its conditions hold. Those about earlier steps are taken as if each of these succeeded.
    pub runs: bool,
    /// What it would say, filled in.
    #[schema(value_type = Object)]
    pub input: Value,
    /// Why it could not be made.
    pub error: Option<String>,
}

/// Works out what the workflow would do with a past record. Nothing is sent, and nothing is changed.
#[utoipa::path(post, path = "/workflows/{id}/tests", tag = "automation", params(("id" = Uuid, Path)), request_body = WorkflowTestInput, responses((status = 200, body = WorkflowTest)), security(("session" = [])))]
async fn test(mut ctx: Allow<WorkflowsWrite>, Path(id): Path<Uuid>, Json(input): Json<WorkflowTestInput>) -> Result<Json<WorkflowTest>> {
    let workflow = super::find(&mut ctx, id).await?;
    check_readable(&ctx, &workflow)?;
    let subject_type = workflow.trigger.split('.').next().unwrap_or_default();
    let event = store::event_of(&mut ctx, &workflow.trigger, input.subject_id).await?;
    let exists = match record_of(&ctx.app, subject_type).copied() {
        Some(kind) => (kind.read)(&mut ctx, input.subject_id).await?.is_some(),
        None => event.is_some(),
    };
    if !exists {
        return Err(Problem::field("subject_id", "not_found", "is no record that this workflow can be about").into());
    }
    let (subject_id, payload) = event.unwrap_or((input.subject_id, json!({})));
    let mut facts = Facts::read(&mut ctx, workflow.owner.user_id, (subject_type, subject_id), None, &payload).await?;
    let runs = workflow.conditions.hold(&facts.values);
    let mut steps = Vec::new();
    for (position, step) in (1_i32..).zip(&workflow.steps) {
        let holds = step.conditions.hold(&facts.values);
        let (input, error) = match plan(&mut ctx, &facts, step).await? {
            Ok(planned) => (planned.input(), None),
            Err(why) => (json!({}), Some(why)),
        };
        facts.note(position, crate::executions::StepStatus::Succeeded, &json!({}));
        steps.push(WorkflowTestStep { position, name: step.name.clone(), kind: step.kind, runs: holds, input, error });
    }
    Ok(Json(WorkflowTest { runs, steps }))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, patch, delete))
        .routes(routes!(templates))
        .routes(routes!(options))
        .routes(routes!(samples))
        .routes(routes!(test))
}

//! Workflows: what starts them, what they ask, and their steps. Each change is a revision of its own, which is never changed again.

mod check;
pub mod conditions;
pub mod http;
pub mod start;
pub(crate) mod store;
mod templates;
pub mod texts;

use platform::audit::Change;
use platform::events::EventKind;
use platform::records::RecordKind;
use platform::time::Timestamp;
use platform::{App, Ctx, Problem, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::events::{WorkflowCreated, WorkflowDeleted, WorkflowFact, WorkflowUpdated};
use conditions::Conditions;

/// Each event looks for those that it starts, and each of them is a record in the log.
pub(crate) const MOST: usize = 200;
pub(crate) const MOST_STEPS: usize = 50;

/// What follows by itself from something that happens, or from the clock.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Workflow {
    pub id: Uuid,
    pub owner: WorkflowOwner,
    pub name: String,
    /// The kind of an event, `booking.no_show`, or a moment of a record, `booking.before_start`.
    pub trigger: String,
    /// How long after the event, or before or after the moment, in minutes.
    pub delay_minutes: i32,
    /// What has to hold for it to run at all.
    pub conditions: Conditions,
    pub steps: Vec<Step>,
    pub is_active: bool,
    /// Higher with each change of what it does.
    pub revision: i32,
    pub total_executions: i32,
    pub successful_executions: i32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkflowOwner {
    pub user_id: Uuid,
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = WorkflowStepKind)]
pub enum StepKind {
    SendEmail,
    /// To the invitee alone: members have no number here.
    SendSms,
    /// In the app, to members.
    Notify,
    /// For a time, or for an event of the same record or contact, and then at most that time.
    Wait,
    SetField,
    CallWebhook,
    StartWorkflow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = WorkflowRecipient)]
pub enum Recipient {
    /// Who booked; or the contact.
    Invitee,
    /// The members who look after the record.
    Organizer,
    /// Whose workflow it is.
    Owner,
    /// That of `user_id`.
    Member,
    /// `address`
    Address,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = WorkflowOnFailure)]
pub enum OnFailure {
    /// The execution ends as failed.
    #[default]
    Stop,
    Continue,
}

/// One thing that is done, where its conditions hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WorkflowStep)]
pub struct Step {
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    pub kind: StepKind,
    pub recipient: Option<Recipient>,
    #[serde(default)]
    pub conditions: Conditions,
    #[serde(default)]
    pub config: Config,
    #[serde(default)]
    pub on_failure: OnFailure,
}

/// What a step needs besides, by its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = WorkflowStepConfig)]
pub struct Config {
    /// The member who gets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<Uuid>,
    /// The e-mail address that gets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 254)]
    pub address: Option<String>,
    /// With `{{ booking.date }}` and the like, as `text`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 5000)]
    pub text: Option<String>,
    /// Whether it is part of what the recipient asked for: true where it is left out. What is not carries a way to unsubscribe, and is
    /// not sent to who did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_transactional: Option<bool>,
    /// How long is waited; for an event, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 525_600)]
    pub minutes: Option<i32>,
    /// The kind of event that is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// `contact.lifecycle`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub value: Option<String>,
    /// One of the workspace's webhooks, to whose address the message goes, signed as its events are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_endpoint_id: Option<Uuid>,
    /// The workflow that is started, for the same record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_id: Option<Uuid>,
}

/// What people write, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fields {
    pub name: String,
    pub is_active: bool,
    pub definition: Definition,
}

/// What a revision says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    pub trigger: String,
    pub delay_minutes: i32,
    pub conditions: Conditions,
    pub steps: Vec<Step>,
}

impl From<&Workflow> for Fields {
    fn from(workflow: &Workflow) -> Self {
        let Workflow { name, is_active, trigger, delay_minutes, conditions, steps, .. } = workflow.clone();
        Self { name, is_active, definition: Definition { trigger, delay_minutes, conditions, steps } }
    }
}

/// What can start a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    Event,
    /// A moment of records of a kind.
    Moment(&'static str),
}

/// The kinds of events that start workflows: those that webhooks are told of, but no word of workflows themselves.
pub(crate) fn starts_workflows(kind: &EventKind) -> bool {
    crate::is_offered(kind) && !kind.kind.starts_with("workflow")
}

/// The trigger of that name, with what it takes to see what happens.
pub(crate) fn trigger_of(app: &App, name: &str) -> Option<(Trigger, &'static str)> {
    if let Some(kind) = app.event_kinds.iter().find(|kind| kind.kind == name && starts_workflows(kind)) {
        return Some((Trigger::Event, kind.permission?));
    }
    let (record, moment) = name.split_once('.')?;
    let record = record_of(app, record)?;
    let moment = record.moments.iter().find(|known| **known == moment)?;
    Some((Trigger::Moment(moment), record.read_permission))
}

/// The kind of record that a trigger is about; none for what only its event tells of.
pub(crate) fn record_of<'a>(app: &'a App, subject_type: &str) -> Option<&'a RecordKind> {
    app.records.iter().find(|kind| kind.name == subject_type)
}

/// All triggers by name.
pub(crate) fn triggers(app: &App) -> Vec<String> {
    let events = app.event_kinds.iter().filter(|kind| starts_workflows(kind)).map(|kind| kind.kind.to_owned());
    let moments = app.records.iter().flat_map(|kind| kind.moments.iter().map(|moment| format!("{}.{moment}", kind.name)));
    let mut all: Vec<_> = moments.chain(events).collect();
    all.sort_unstable();
    all
}

fn fact_of(workflow: &Workflow) -> WorkflowFact {
    WorkflowFact { workflow_id: workflow.id, name: workflow.name.clone(), trigger: workflow.trigger.clone(), is_active: workflow.is_active }
}

/// For the audit trail: what steps hold may name people, so it stands in the revisions alone.
fn line_of(workflow: &Workflow) -> serde_json::Value {
    json!({
        "name": workflow.name,
        "trigger": workflow.trigger,
        "delay_minutes": workflow.delay_minutes,
        "is_active": workflow.is_active,
        "revision": workflow.revision,
        "steps": workflow.steps.iter().map(|step| step.kind).collect::<Vec<_>>(),
    })
}

pub(crate) async fn find(ctx: &mut Ctx, id: Uuid) -> Result<Workflow> {
    Ok(store::find(ctx, id).await?.ok_or_else(Problem::not_found)?)
}

async fn create(ctx: &mut Ctx, owner: Uuid, fields: Fields) -> Result<Workflow> {
    store::lock_all(ctx).await?;
    if store::count(ctx).await? >= MOST {
        let detail = "The workspace has as many workflows as it can have. Delete one that is no longer used.";
        return Err(Problem::conflict("workflow_limit", detail).with("limit", MOST).into());
    }
    let id = platform::id::new();
    let fields = check::checked(ctx, id, fields).await?;
    store::insert(ctx, id, owner, &fields).await?;
    let workflow = find(ctx, id).await?;
    ctx.audit(Change::created("workflow.created", "workflow", id, line_of(&workflow)));
    ctx.publish(&WorkflowCreated(fact_of(&workflow)))?;
    Ok(workflow)
}

/// Of a workflow that is locked as `before`. What is under way goes on as it began.
async fn change(ctx: &mut Ctx, before: Workflow, fields: Fields) -> Result<Workflow> {
    // Two changes that each look at the other's steps as they were could close a circle.
    store::lock_all(ctx).await?;
    let fields = check::checked(ctx, before.id, fields).await?;
    let old = Fields::from(&before);
    if fields == old {
        return Ok(before);
    }
    if fields.definition != old.definition {
        store::insert_revision(ctx, before.id, before.revision + 1, &fields.definition).await?;
    }
    let starts_anew = fields.is_active
        && (!before.is_active || fields.definition.trigger != before.trigger || fields.definition.delay_minutes != before.delay_minutes);
    store::update(ctx, before.id, &fields, fields.definition != old.definition, starts_anew).await?;
    let workflow = find(ctx, before.id).await?;
    ctx.audit(Change::updated("workflow.updated", "workflow", workflow.id, line_of(&before), line_of(&workflow)));
    ctx.publish(&WorkflowUpdated(fact_of(&workflow)))?;
    Ok(workflow)
}

async fn delete(ctx: &mut Ctx, workflow: Workflow) -> Result<()> {
    store::lock_all(ctx).await?;
    if store::is_started_by_another(ctx, workflow.id).await? {
        let detail = "Another workflow starts this one. Take that step out first.";
        return Err(Problem::conflict("workflow_in_use", detail).into());
    }
    store::delete(ctx, workflow.id).await?;
    ctx.audit(Change::deleted("workflow.deleted", "workflow", workflow.id, line_of(&workflow)));
    ctx.publish(&WorkflowDeleted(fact_of(&workflow)))
}

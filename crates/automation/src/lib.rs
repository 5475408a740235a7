//! Ring 4: what follows from events of any module. It knows them by their names alone.

pub mod deliveries;
pub mod endpoints;
pub mod events;
pub mod executions;
mod mails;
mod personal;
mod switch_off;
pub mod workflows;

use graphile_worker::JobDefinition;
use platform::App;
use platform::events::{EventKind, Reaction};
use platform::jobs::definition;
use platform::retained;
use platform::retention::{Kept, Kind, Retained};
use utoipa_axum::router::OpenApiRouter;

pub use personal::AutomationData;
pub use workflows::start::StartDueWorkflows;

platform::permissions! {
    WebhooksManage = "webhooks:manage",
    WorkflowsRead = "workflows:read",
    WorkflowsWrite = "workflows:write",
}

/// Every fact this module publishes, and who may see it.
pub const EVENTS: &[EventKind] = &[
    EventKind { kind: "webhook_endpoint.created", permission: Some("webhooks:manage") },
    EventKind { kind: "webhook_endpoint.updated", permission: Some("webhooks:manage") },
    EventKind { kind: "webhook_endpoint.deleted", permission: Some("webhooks:manage") },
    EventKind { kind: "webhook_endpoint.disabled", permission: Some("webhooks:manage") },
    EventKind { kind: "workflow.created", permission: Some("workflows:read") },
    EventKind { kind: "workflow.updated", permission: Some("workflows:read") },
    EventKind { kind: "workflow.deleted", permission: Some("workflows:read") },
];

/// The kinds that an endpoint can be told of: what goes to its owner alone, in person, goes to no program of others.
fn is_offered(kind: &EventKind) -> bool {
    kind.permission.is_some()
}

/// The routes under `/api/v1`.
pub fn api() -> OpenApiRouter<App> {
    endpoints::http::api().merge(deliveries::http::api()).merge(workflows::http::api()).merge(executions::http::api())
}

/// Of all the kinds that modules declare.
pub fn reactions(kinds: &[EventKind]) -> Vec<Reaction> {
    let offered = kinds.iter().filter(|kind| is_offered(kind));
    let mut all: Vec<Reaction> =
        offered.map(|kind| Reaction { on: kind.kind, name: "automation::webhooks", run: deliveries::on_event }).collect();
    let starting = kinds.iter().filter(|kind| workflows::starts_workflows(kind));
    all.extend(starting.map(|kind| Reaction { on: kind.kind, name: "automation::workflows", run: workflows::start::on_event }));
    all.push(Reaction { on: "webhook_endpoint.disabled", name: "automation::switched_off", run: switch_off::tell });
    all
}

/// For the registry of the binary.
pub fn jobs() -> Vec<JobDefinition> {
    vec![definition::<deliveries::send::SendWebhook>(), definition::<executions::run::RunWorkflow>(), definition::<StartDueWorkflows>()]
}

/// The log of deliveries with their attempts, and that of executions with their steps; what still waits is kept.
pub fn retained() -> Vec<Retained> {
    vec![
        retained!(
            Kept::Workspace(Kind::IntegrationLogs),
            "automation.webhook_deliveries",
            "tenant_id = $1 AND created_at < $2 AND status <> 'pending'"
        ),
        retained!(
            Kept::Workspace(Kind::WorkflowLogs),
            "automation.workflow_executions",
            "tenant_id = $1 AND created_at < $2 AND status NOT IN ('pending', 'waiting')"
        ),
    ]
}

//! What others may learn of webhooks and workflows.

use platform::events::Event;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An endpoint by its host: paths and queries of such addresses may hold secrets of the receiver's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EndpointFact {
    pub webhook_endpoint_id: Uuid,
    pub host: String,
    pub description: String,
    /// Why it was switched off: `gone` or `failing`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

macro_rules! endpoint_events {
    ($($name:ident = $kind:literal),* $(,)?) => {$(
        #[derive(Clone, Debug, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub EndpointFact);

        impl Event for $name {
            const KIND: &'static str = $kind;

            fn subject(&self) -> Uuid {
                self.0.webhook_endpoint_id
            }
        }
    )*};
}

endpoint_events! {
    EndpointCreated = "webhook_endpoint.created",
    EndpointUpdated = "webhook_endpoint.updated",
    EndpointDeleted = "webhook_endpoint.deleted",
    EndpointDisabled = "webhook_endpoint.disabled",
}

#[derive(Clone, Debug, Serialize)]
pub struct WorkflowFact {
    pub workflow_id: Uuid,
    pub name: String,
    pub trigger: String,
    pub is_active: bool,
}

macro_rules! workflow_events {
    ($($name:ident = $kind:literal),* $(,)?) => {$(
        #[derive(Clone, Debug, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub WorkflowFact);

        impl Event for $name {
            const KIND: &'static str = $kind;

            fn subject(&self) -> Uuid {
                self.0.workflow_id
            }
        }
    )*};
}

workflow_events! {
    WorkflowCreated = "workflow.created",
    WorkflowUpdated = "workflow.updated",
    WorkflowDeleted = "workflow.deleted",
}

//! Ring 2: what members are told of, what is sent to anybody, and over which channels.

pub mod deliveries;
pub mod events;
pub mod notifications;
mod personal;
pub mod preferences;
mod reactions;
mod retention;
pub mod sms;
pub mod suppressions;
pub mod templates;

use graphile_worker::JobDefinition;
use platform::events::EventKind;
use platform::jobs::definition;
use platform::{App, Problem};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

pub use deliveries::{Channel, Outgoing, Recipient, Unsubscription, deliver};
pub use notifications::{Group, Notice, Severity, holders, notify};
pub use personal::NotificationsData;
pub use preferences::{MailChoices, mail_choices};
pub use reactions::reactions;
pub use retention::retained;
pub use sms::hooks;

platform::permissions! {
    MessagesRead = "messages:read",
    MessagesWrite = "messages:write",
}

/// Every fact this module publishes: each is its owner's alone to see.
pub const EVENTS: &[EventKind] =
    &[EventKind { kind: "notification.created", permission: None }, EventKind { kind: "notification.changed", permission: None }];

/// The routes under `/api/v1`.
pub fn api() -> OpenApiRouter<App> {
    notifications::http::api()
        .merge(preferences::http::api())
        .merge(deliveries::http::api())
        .merge(sms::http::api())
        .merge(suppressions::http::api())
}

/// For the registry of the binary.
pub fn jobs() -> Vec<JobDefinition> {
    vec![definition::<sms::SendText>()]
}

/// For what is the whole workspace's.
///
/// # Errors
/// 403 for who may see or change what is his or her own alone.
pub fn all_only(own: Option<Uuid>) -> Result<(), Problem> {
    own.map_or(Ok(()), |_| Err(Problem::forbidden()))
}

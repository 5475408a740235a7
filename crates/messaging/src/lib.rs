//! Ring 2: what members are told of, and over which channels.

pub mod events;
pub mod notifications;
mod personal;
pub mod preferences;
mod reactions;
mod retention;

use platform::App;
use platform::events::EventKind;
use utoipa_axum::router::OpenApiRouter;

pub use notifications::{Group, Notice, Severity, holders, notify};
pub use personal::NotificationsData;
pub use preferences::{MailChoices, mail_choices};
pub use reactions::reactions;
pub use retention::retained;

/// Every fact this module publishes: each is its owner's alone to see.
pub const EVENTS: &[EventKind] =
    &[EventKind { kind: "notification.created", permission: None }, EventKind { kind: "notification.changed", permission: None }];

/// The routes under `/api/v1`.
pub fn api() -> OpenApiRouter<App> {
    notifications::http::api().merge(preferences::http::api())
}

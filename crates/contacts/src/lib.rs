//! Ring 2: the people and companies outside the workspace, one row each, whichever module met them.

pub mod contacts;
pub mod events;
pub mod privacy;
mod records;

use platform::App;
use platform::events::EventKind;
use utoipa_axum::router::OpenApiRouter;

pub use contacts::{Contact, Person, count_since, meet, search};
pub use privacy::ContactsData;
pub use records::RECORDS;

platform::permissions! {
    ContactsRead = "contacts:read",
    ContactsWrite = "contacts:write",
    ContactsDelete = "contacts:delete",
}

/// Every fact this module publishes, and who may see it.
pub const EVENTS: &[EventKind] = &[
    EventKind { kind: "contact.created", permission: Some("contacts:read") },
    EventKind { kind: "contact.updated", permission: Some("contacts:read") },
    EventKind { kind: "contact.archived", permission: Some("contacts:read") },
    EventKind { kind: "contact_export.created", permission: Some("privacy:manage") },
];

/// The routes under `/api/v1`.
pub fn api() -> OpenApiRouter<App> {
    contacts::http::api().merge(privacy::http::api())
}

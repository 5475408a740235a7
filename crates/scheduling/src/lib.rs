//! Ring 3: organizers, what can be booked and when, and the bookings.

pub mod availability;
pub mod bookings;
pub mod event_types;
pub mod events;
mod home;
pub mod ics;
mod mails;
pub mod organizers;
mod pages;
pub mod schedules;
mod search;
pub mod slots;

use graphile_worker::JobDefinition;
use platform::App;
use platform::events::{EventKind, Reaction};
use platform::jobs::definition;
use utoipa_axum::router::OpenApiRouter;

pub use pages::pages;

platform::permissions! {
    BookingsRead = "bookings:read",
    BookingsWrite = "bookings:write",
    EventTypesRead = "event_types:read",
    EventTypesWrite = "event_types:write",
    SchedulesRead = "schedules:read",
    SchedulesWrite = "schedules:write",
    OrganizersRead = "organizers:read",
    OrganizersWrite = "organizers:write",
}

/// Every fact this module publishes, and who may see it.
pub const EVENTS: &[EventKind] = &[
    EventKind { kind: "booking.created", permission: "bookings:read" },
    EventKind { kind: "booking.confirmed", permission: "bookings:read" },
    EventKind { kind: "booking.declined", permission: "bookings:read" },
    EventKind { kind: "booking.cancelled", permission: "bookings:read" },
    EventKind { kind: "booking.rescheduled", permission: "bookings:read" },
    EventKind { kind: "booking.restored", permission: "bookings:read" },
    EventKind { kind: "booking.no_show", permission: "bookings:read" },
    EventKind { kind: "booking.completed", permission: "bookings:read" },
    EventKind { kind: "event_type.created", permission: "event_types:read" },
    EventKind { kind: "event_type.updated", permission: "event_types:read" },
    EventKind { kind: "event_type.archived", permission: "event_types:read" },
    EventKind { kind: "schedule.created", permission: "schedules:read" },
    EventKind { kind: "schedule.updated", permission: "schedules:read" },
    EventKind { kind: "schedule.deleted", permission: "schedules:read" },
    EventKind { kind: "organizer.updated", permission: "organizers:read" },
];

/// The routes under `/api/v1`.
pub fn api() -> OpenApiRouter<App> {
    organizers::http::api()
        .merge(event_types::http::api())
        .merge(schedules::http::api())
        .merge(availability::http::api())
        .merge(bookings::http::api())
        .merge(bookings::public::api())
        .merge(home::api())
        .merge(search::api())
}

/// What this module does about facts: it mails, and plans reminders.
pub fn reactions() -> Vec<Reaction> {
    mails::reactions()
}

/// The jobs of this module.
pub fn jobs() -> Vec<JobDefinition> {
    vec![definition::<mails::SendReminder>(), definition::<bookings::jobs::CompleteBookings>()]
}

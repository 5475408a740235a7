//! Ring 3: organizers, what can be booked and when, and the bookings.

pub mod availability;
pub mod blocked_times;
pub mod bookings;
pub mod event_types;
pub mod events;
mod holds;
mod home;
pub mod ics;
mod mails;
mod notices;
pub mod organizers;
mod pages;
mod personal;
mod records;
pub mod scenario;
pub mod schedules;
mod search;
pub mod slots;

use graphile_worker::JobDefinition;
use platform::App;
use platform::events::{EventKind, Reaction};
use platform::jobs::definition;
use platform::retained_by_instance;
use platform::retention::{Kept, Retained};
use utoipa_axum::router::OpenApiRouter;

pub use bookings::token::renew_links;
pub use pages::{pages, show_refusals, site};
pub use personal::BookingsData;
pub use records::RECORDS;

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
    EventKind { kind: "booking.created", permission: Some("bookings:read") },
    EventKind { kind: "booking.confirmed", permission: Some("bookings:read") },
    EventKind { kind: "booking.declined", permission: Some("bookings:read") },
    EventKind { kind: "booking.cancelled", permission: Some("bookings:read") },
    EventKind { kind: "booking.rescheduled", permission: Some("bookings:read") },
    EventKind { kind: "booking.restored", permission: Some("bookings:read") },
    EventKind { kind: "booking.no_show", permission: Some("bookings:read") },
    EventKind { kind: "booking.attended", permission: Some("bookings:read") },
    EventKind { kind: "booking.reassigned", permission: Some("bookings:read") },
    EventKind { kind: "booking.completed", permission: Some("bookings:read") },
    EventKind { kind: "event_type.created", permission: Some("event_types:read") },
    EventKind { kind: "event_type.updated", permission: Some("event_types:read") },
    EventKind { kind: "event_type.archived", permission: Some("event_types:read") },
    EventKind { kind: "schedule.created", permission: Some("schedules:read") },
    EventKind { kind: "schedule.updated", permission: Some("schedules:read") },
    EventKind { kind: "schedule.deleted", permission: Some("schedules:read") },
    EventKind { kind: "blocked_time.created", permission: Some("schedules:read") },
    EventKind { kind: "blocked_time.updated", permission: Some("schedules:read") },
    EventKind { kind: "blocked_time.deleted", permission: Some("schedules:read") },
    EventKind { kind: "organizer.updated", permission: Some("organizers:read") },
];

/// The routes under `/api/v1`.
pub fn api() -> OpenApiRouter<App> {
    organizers::http::api()
        .merge(event_types::http::api())
        .merge(schedules::http::api())
        .merge(blocked_times::http::api())
        .merge(availability::http::api())
        .merge(bookings::http::api())
        .merge(bookings::public::api())
        .merge(home::api())
        .merge(search::api())
        .merge(mails::http::api())
}

/// What this module does about facts: it mails, plans reminders, and tells organizers in the app.
pub fn reactions() -> Vec<Reaction> {
    [mails::reactions(), notices::reactions()].concat()
}

/// Times that were kept and have run out. What stands in `occupancy` goes by the same clock.
pub fn retained() -> Vec<Retained> {
    vec![
        retained_by_instance!(Kept::Days(0), "scheduling.occupancy", "expires_at < $1"),
        retained_by_instance!(Kept::Days(0), "scheduling.holds", "expires_at < $1"),
    ]
}

/// The jobs of this module.
pub fn jobs() -> Vec<JobDefinition> {
    vec![definition::<mails::SendReminder>(), definition::<bookings::jobs::CompleteBookings>()]
}

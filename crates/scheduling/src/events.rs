//! What others may learn of scheduling.

use platform::events::Event;
use platform::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::blocked_times;
use crate::bookings::Status;

/// A booking as it stood when something happened to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BookingFact {
    pub booking_id: Uuid,
    pub event_type_id: Uuid,
    pub event_type_name: String,
    /// The first of those who hold it.
    pub organizer_id: Uuid,
    /// All of them; none in what was written before there could be several.
    #[serde(default)]
    pub organizers: Vec<Uuid>,
    pub contact_id: Uuid,
    pub invitee_name: String,
    pub status: Status,
    pub start: Timestamp,
    pub end: Timestamp,
    /// Of the calendar entry: higher with each change that calendars must learn.
    pub sequence: i32,
    /// Why it was moved, cancelled or declined, where somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where it changed hands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handover: Option<Handover>,
}

/// Who held a booking, and who holds it in that one's place.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Handover {
    pub from: Uuid,
    pub to: Uuid,
}

impl BookingFact {
    /// Everybody who holds the booking.
    pub fn holders(&self) -> Vec<Uuid> {
        if self.organizers.is_empty() { vec![self.organizer_id] } else { self.organizers.clone() }
    }

    /// Those who hold it with the first, and who gave it away.
    fn co_owners(&self) -> Vec<Uuid> {
        let former = self.handover.map(|handover| handover.from);
        self.holders().into_iter().chain(former).filter(|user| *user != self.organizer_id).collect()
    }
}

/// A blocked time as it stood when something happened to it; without what it is called.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BlockedTimeFact {
    pub blocked_time_id: Uuid,
    pub organizer_id: Uuid,
    pub kind: blocked_times::Kind,
    /// Of the first time where it recurs.
    pub start: Timestamp,
    /// Of the first time where it recurs.
    pub end: Timestamp,
    pub stand_in_id: Option<Uuid>,
}

impl BlockedTimeFact {
    /// Blocked time is one's own.
    fn co_owners(&self) -> Vec<Uuid> {
        Vec::new()
    }
}

macro_rules! fact_events {
    ($fact:ident, $id:ident; $($(#[$doc:meta])* $name:ident = $kind:literal),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub $fact);

        impl Event for $name {
            const KIND: &'static str = $kind;

            fn subject(&self) -> Uuid {
                self.0.$id
            }

            fn owner(&self) -> Option<Uuid> {
                Some(self.0.organizer_id)
            }

            fn co_owners(&self) -> Vec<Uuid> {
                self.0.co_owners()
            }
        }
    )*};
}

fact_events! {
    BlockedTimeFact, blocked_time_id;
    BlockedTimeCreated = "blocked_time.created",
    BlockedTimeUpdated = "blocked_time.updated",
    BlockedTimeDeleted = "blocked_time.deleted",
}

fact_events! {
    BookingFact, booking_id;
    /// Its status says whether the organizer has yet to confirm it.
    BookingCreated = "booking.created",
    BookingConfirmed = "booking.confirmed",
    BookingDeclined = "booking.declined",
    BookingCancelled = "booking.cancelled",
    BookingRescheduled = "booking.rescheduled",
    /// A cancellation was taken back.
    BookingRestored = "booking.restored",
    BookingNoShow = "booking.no_show",
    /// It was noted by mistake that nobody came.
    BookingAttended = "booking.attended",
    /// Another organizer holds it.
    BookingReassigned = "booking.reassigned",
    /// Its end has passed.
    BookingCompleted = "booking.completed",
}

macro_rules! owned_events {
    ($($name:ident { $id:ident } = $kind:literal),* $(,)?) => {$(
        #[derive(Clone, Debug, Serialize)]
        pub struct $name {
            pub $id: Uuid,
            pub organizer_id: Uuid,
            pub name: String,
        }

        impl Event for $name {
            const KIND: &'static str = $kind;

            fn subject(&self) -> Uuid {
                self.$id
            }

            fn owner(&self) -> Option<Uuid> {
                Some(self.organizer_id)
            }
        }
    )*};
}

owned_events! {
    EventTypeCreated { event_type_id } = "event_type.created",
    EventTypeUpdated { event_type_id } = "event_type.updated",
    EventTypeArchived { event_type_id } = "event_type.archived",
    ScheduleCreated { schedule_id } = "schedule.created",
    ScheduleUpdated { schedule_id } = "schedule.updated",
    ScheduleDeleted { schedule_id } = "schedule.deleted",
}

/// A booking page was set up or changed.
#[derive(Clone, Debug, Serialize)]
pub struct OrganizerUpdated {
    pub organizer_id: Uuid,
    pub slug: String,
    pub display_name: String,
}

impl Event for OrganizerUpdated {
    const KIND: &'static str = "organizer.updated";

    fn subject(&self) -> Uuid {
        self.organizer_id
    }

    fn owner(&self) -> Option<Uuid> {
        Some(self.organizer_id)
    }
}

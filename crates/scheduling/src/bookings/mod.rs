//! Bookings: making them, and all that happens to them afterwards.

mod changes;
mod create;
pub mod http;
pub(crate) mod jobs;
pub mod public;
mod reassign;
pub(crate) mod store;
pub mod token;

use platform::time::Timestamp;
use platform::{Ctx, Problem, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::event_types::questions::Answer;
use crate::events::BookingFact;
use crate::ics;

use changes::complete_due;
pub use changes::{By, cancel, confirm, decline, mark_no_show, reschedule, restore, unmark_no_show};
pub(crate) use create::as_stored;
pub use create::{Booked, NewBooking, Source, create};
pub use reassign::{Reassignment, reassign};
pub(crate) use store::handover::host;

/// Where a booking stands. Pending and confirmed ones take the organizer's time, as do those that are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = BookingStatus)]
pub enum Status {
    /// The organizer has yet to confirm it.
    Pending,
    Confirmed,
    Declined,
    Cancelled,
    Completed,
    NoShow,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::Completed => "completed",
            Self::NoShow => "no_show",
        }
    }

    /// Whether the meeting is still to take place.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Confirmed)
    }
}

/// A booking as members see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Booking {
    pub id: Uuid,
    pub event_type: BookedType,
    /// The first of those who hold it.
    pub organizer: BookedWith,
    /// All who hold it.
    pub organizers: Vec<BookedWith>,
    pub contact_id: Uuid,
    pub invitee_name: String,
    pub invitee_email: String,
    pub invitee_phone: Option<String>,
    /// IANA zone in which the invitee reads times.
    pub invitee_timezone: String,
    /// Of the mails to the invitee.
    pub locale: String,
    pub start: Timestamp,
    pub end: Timestamp,
    pub status: Status,
    /// A place, telephone number or link; empty where none is set.
    pub location: String,
    /// What the invitee wrote.
    pub notes: String,
    /// To the questions of the event type, as they were asked.
    pub answers: Vec<Answer>,
    pub cancellation_reason: Option<String>,
    pub cancelled_by: Option<CancelledBy>,
    /// Where it was moved: the start before the latest move.
    pub rescheduled_from: Option<Timestamp>,
    /// Of the calendar entry: higher with each change that calendars must learn.
    pub sequence: i32,
    pub attendees: Vec<Attendee>,
    pub created_at: Timestamp,
    pub version: i64,
    pub calendar_sync_status: CalendarSyncStatus,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BookedType {
    pub id: Uuid,
    pub name: String,
    pub color: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BookedWith {
    pub user_id: Uuid,
    pub name: String,
}

/// An organizer of a booking, as mails and calendar files need him or her.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    pub user_id: Uuid,
    pub name: String,
    pub timezone: String,
    pub email: String,
    pub locale: String,
}

impl From<&Host> for BookedWith {
    fn from(host: &Host) -> Self {
        Self { user_id: host.user_id, name: host.name.clone() }
    }
}

/// Somebody who comes.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Attendee {
    pub id: Uuid,
    pub name: String,
    pub email: String,
    /// `confirmed` or `cancelled`
    pub status: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum CancelledBy {
    Invitee,
    Organizer,
}

/// Whether the booking stands in an outside calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CalendarSyncStatus {
    /// The organizer has connected no calendar.
    Disabled,
}

/// A booking with what its mails, pages and changes need besides.
#[derive(Clone, Debug)]
pub struct Stored {
    pub booking: Booking,
    pub event_type_slug: String,
    pub organizer_slug: String,
    pub organizer_timezone: String,
    /// Of the organizer, or of the workspace where the organizer chose none.
    pub brand_color: String,
    /// Of the workspace.
    pub logo_url: Option<String>,
    /// The workspace's own, to which links for the invitee go.
    pub domain: Option<String>,
    /// The organizer's own address, for calendar files and replies.
    pub organizer_email: String,
    /// In which the organizer reads mails.
    pub organizer_locale: String,
    /// All who hold it, in the order of [`Booking::organizers`].
    pub hosts: Vec<Host>,
    pub ics_uid: String,
    pub(crate) buffer_before_minutes: i32,
    pub(crate) buffer_after_minutes: i32,
}

impl Booking {
    fn organizer_ids(&self) -> Vec<Uuid> {
        self.organizers.iter().map(|organizer| organizer.user_id).collect()
    }

    /// Everybody whom the invitee meets.
    pub(crate) fn with(&self) -> String {
        self.organizers.iter().map(|organizer| organizer.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Whose it is for a permission that covers own records: the asking member's where he or she is among those who hold it.
    pub(crate) fn owner_for(&self, own: Option<Uuid>) -> Uuid {
        own.filter(|me| self.organizers.iter().any(|organizer| organizer.user_id == *me)).unwrap_or(self.organizer.user_id)
    }

    /// The notes, and below them each question with its answer.
    fn description(&self) -> String {
        let answers = self.answers.iter().map(|answer| format!("{}: {}", answer.label, answer.text()));
        let notes = Some(self.notes.clone()).filter(|notes| !notes.is_empty());
        notes.into_iter().chain(answers).collect::<Vec<_>>().join("\n")
    }

    fn fact(&self) -> BookingFact {
        BookingFact {
            booking_id: self.id,
            event_type_id: self.event_type.id,
            event_type_name: self.event_type.name.clone(),
            organizer_id: self.organizer.user_id,
            organizers: self.organizer_ids(),
            contact_id: self.contact_id,
            invitee_name: self.invitee_name.clone(),
            status: self.status,
            start: self.start,
            end: self.end,
            sequence: self.sequence,
            reason: None,
            handover: None,
        }
    }
}

impl Stored {
    /// The booking as it ends for who held it before `heir` did: alone, and called off in the calendar.
    pub(crate) fn without(&self, former: Host, heir: Uuid) -> Self {
        let mut gone = self.clone();
        gone.booking.status = Status::Cancelled;
        if gone.booking.organizer.user_id == heir {
            // The file must name the organizer that the calendar knows.
            gone.booking.organizer = BookedWith::from(&former);
            gone.organizer_email.clone_from(&former.email);
        }
        gone.hosts = vec![former];
        gone
    }

    /// The booking as an iCalendar file: a request while it stands, else a cancellation. `url` is where the reader of
    /// the file sees it.
    pub fn calendar(&self, now: Timestamp, summary: &str, url: &str) -> (ics::Method, String) {
        let booking = &self.booking;
        let method = match booking.status {
            Status::Cancelled | Status::Declined => ics::Method::Cancel,
            Status::Pending | Status::Confirmed | Status::Completed | Status::NoShow => ics::Method::Request,
        };
        let person = |name, email| ics::Person { name, email };
        let attendees: Vec<_> = booking
            .attendees
            .iter()
            .map(|attendee| ics::Attendee {
                person: person(&attendee.name, &attendee.email),
                participation: if booking.status == Status::Pending { ics::Participation::Tentative } else { ics::Participation::Accepted },
                rsvp: false,
            })
            // The calendar's organizer is one; the others who hold it take part.
            .chain(self.hosts.iter().filter(|host| host.user_id != booking.organizer.user_id).map(|host| ics::Attendee {
                person: person(&host.name, &host.email),
                participation: ics::Participation::Accepted,
                rsvp: false,
            }))
            .collect();
        let description = self.booking.description();
        let file = ics::write(&ics::Invitation {
            method,
            is_tentative: booking.status == Status::Pending,
            uid: &self.ics_uid,
            sequence: u32::try_from(booking.sequence).unwrap_or(0),
            stamp: now.to_jiff(),
            start: booking.start.to_jiff(),
            end: booking.end.to_jiff(),
            summary,
            description: Some(description.as_str()).filter(|text| !text.is_empty()),
            location: Some(booking.location.as_str()).filter(|place| !place.is_empty()),
            url: Some(url),
            organizer: person(&booking.organizer.name, &self.organizer_email),
            attendees: &attendees,
            alarm_minutes: None,
        });
        (method, file)
    }
}

/// The booking, for reading.
///
/// # Errors
/// 404.
pub async fn find(ctx: &mut Ctx, id: Uuid) -> Result<Stored> {
    store::find(ctx, id).await?.ok_or_else(|| Problem::not_found().into())
}

/// The booking, locked until the end of the transaction: what every change begins with.
///
/// # Errors
/// 404.
pub async fn lock(ctx: &mut Ctx, id: Uuid) -> Result<Stored> {
    store::lock(ctx, id).await?.ok_or_else(|| Problem::not_found().into())
}

/// The booking of a manage link, in the context of that link's tenant.
///
/// # Errors
/// 404.
pub async fn find_by_token(ctx: &mut Ctx, presented: token::Presented) -> Result<Stored> {
    store::find_by_token(ctx, &presented.hash).await?.ok_or_else(|| Problem::not_found().into())
}

/// As [`find_by_token`], locked.
///
/// # Errors
/// 404.
pub async fn lock_by_token(ctx: &mut Ctx, presented: token::Presented) -> Result<Stored> {
    store::lock_by_token(ctx, &presented.hash).await?.ok_or_else(|| Problem::not_found().into())
}

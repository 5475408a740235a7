//! A question to the slot engine as a file, for support, bug reports and tests.

mod answer;
mod convert;
#[cfg(test)]
mod tests;

use platform::time::{Date, Timestamp, WallTime};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::schedules::Rule;
use crate::slots::{Invalid, Limit, Repeats, StartGrid};

pub use answer::{Answer, answer};
pub use convert::Question;

/// Organizers, an event type, what is taken, and the stretch to list.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Where the schema of this format is; for editors.
    #[serde(rename = "$schema")]
    pub schema: Option<String>,
    /// What the scenario shows.
    pub description: Option<String>,
    /// The present.
    pub now: Timestamp,
    /// Starts from then on are listed.
    pub from: Timestamp,
    /// Starts before then are listed; at most 400 days after `from`.
    pub to: Timestamp,
    /// IANA zone of the invitee: of the local times in the answer, and of the reasonable hours. UTC where none is given.
    pub viewer_timezone: Option<String>,
    pub event_type: EventType,
    #[schema(min_items = 1)]
    pub organizers: Vec<Organizer>,
    #[serde(default)]
    pub rooms: Vec<Room>,
    /// Shared sessions that stand.
    #[serde(default)]
    pub sessions: Vec<Session>,
    /// Bookings that were given to organizers, oldest first: whose turn is next depends on them.
    #[serde(default)]
    pub past: Vec<Past>,
    /// What must come out: the starts, in order. Only tests read it.
    pub expected: Option<Vec<Timestamp>>,
}

/// What an event type asks of a slot.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScenarioEventType)]
pub struct EventType {
    /// Lengths to choose from, in minutes; each is listed.
    #[schema(min_items = 1)]
    pub durations: Vec<u32>,
    /// IANA zone of the horizon and of limits of the event as a whole; that of the first organizer where none is given.
    pub timezone: Option<String>,
    #[schema(minimum = 1)]
    pub slot_interval_minutes: u32,
    #[serde(default)]
    pub start_grid: StartGrid,
    /// Whether the grid begins at a mark of the hour that divides the interval.
    #[serde(default)]
    pub is_aligned: bool,
    #[serde(default)]
    pub buffer_before_minutes: u32,
    #[serde(default)]
    pub buffer_after_minutes: u32,
    #[serde(default)]
    pub minimum_gap_minutes: u32,
    #[serde(default)]
    pub minimum_notice_minutes: u32,
    /// 60 days where none is given.
    pub horizon: Option<Horizon>,
    #[serde(default)]
    pub limits: Vec<Limit>,
    /// More than 1: invitees share sessions.
    #[schema(minimum = 1)]
    pub seats: Option<u32>,
    #[serde(default)]
    pub mode: Mode,
    /// How many organizers a slot needs in the mode `some`.
    pub needed: Option<usize>,
    #[serde(default)]
    pub assignment: Assignment,
    /// How many of the rooms a slot needs; all of them where none is given.
    pub rooms_needed: Option<usize>,
    /// In the viewer's zone.
    pub reasonable_hours: Option<Hours>,
}

/// Which dates can be booked: one of the three.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ScenarioHorizon)]
pub enum Horizon {
    /// So many after today.
    Days(u32),
    /// From the first to the last.
    Dates { first: Date, last: Date },
    /// The next so many that have a slot.
    DaysWithSlots(u32),
}

/// How many organizers hold a booking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The first of them.
    #[default]
    One,
    /// Any one.
    RoundRobin,
    /// All.
    Collective,
    /// As many as `needed`.
    Some,
}

/// How organizers take turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ScenarioAssignment)]
pub enum Assignment {
    /// Equally, by weight and recency.
    #[default]
    Fair,
    /// The first who is free, by priority.
    Priority,
}

/// A stretch of the wall clock.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    pub start: WallTime,
    /// 24:00 is the end of the day.
    pub end: WallTime,
}

/// Somebody whose time can be booked.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScenarioOrganizer)]
pub struct Organizer {
    /// Unique in the scenario.
    pub name: String,
    /// IANA zone of the rules and overrides.
    pub timezone: String,
    pub rules: Vec<Rule>,
    #[serde(default)]
    pub overrides: Vec<DateOverride>,
    #[serde(default)]
    pub busy: Vec<Busy>,
    /// Share of the bookings; 1 where none is given.
    #[schema(minimum = 1)]
    pub weight: Option<u32>,
    /// 1 comes first, and is it where none is given.
    #[schema(minimum = 1)]
    pub priority: Option<u32>,
    /// Since when he or she is assigned; always where nothing is given.
    pub since: Option<Timestamp>,
}

/// The hours of one date in place of the weekly ones.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScenarioDateOverride)]
pub struct DateOverride {
    pub date: Date,
    /// Empty: away.
    pub windows: Vec<Hours>,
}

/// What takes time.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScenarioBusy)]
pub struct Busy {
    pub kind: BusyKind,
    /// Named in the reasons. What stands at several organizers bears the same.
    pub id: Option<String>,
    pub start: Timestamp,
    pub end: Timestamp,
    /// Of bookings and holds only.
    #[serde(default)]
    pub buffer_before_minutes: u32,
    /// Of bookings and holds only.
    #[serde(default)]
    pub buffer_after_minutes: u32,
    /// Whether it is of this event type.
    #[serde(default)]
    pub is_same_event_type: bool,
    /// How often it comes again after that first time.
    #[serde(default)]
    pub repeats: Repeats,
    /// The last date on which it may begin.
    pub until: Option<Date>,
    /// IANA zone in whose wall clock it recurs; the organizer's where none is given, and UTC for a room.
    pub timezone: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BusyKind {
    Booking,
    /// A slot kept for somebody who fills in the form.
    Hold,
    /// Time the organizer blocked.
    Block,
    /// The organizer is out of office.
    Away,
    /// A stand-in is not asked: the one whose place he or she takes is there.
    NotNeeded,
    /// An event of an outside calendar.
    External,
}

/// A room or another thing that is needed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScenarioRoom)]
pub struct Room {
    pub name: String,
    #[serde(default)]
    pub busy: Vec<Busy>,
}

/// A shared session that stands. It takes its organizers' time without being listed there.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScenarioSession)]
pub struct Session {
    pub id: String,
    pub start: Timestamp,
    pub end: Timestamp,
    /// Places that are taken.
    pub taken: u32,
    /// Names of those who hold it.
    pub organizers: Vec<String>,
}

/// A booking that an organizer was given.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScenarioPast)]
pub struct Past {
    /// Name.
    pub organizer: String,
    pub start: Timestamp,
    /// When it was made; its start where nothing is given.
    pub made: Option<Timestamp>,
}

/// A scenario that no slots can be computed from.
#[derive(Debug, thiserror::Error)]
pub enum Unsound {
    #[error("{0} is not an IANA time zone")]
    Zone(String),
    #[error("no organizer is named {0}")]
    Organizer(String),
    #[error("two organizers are named {0}")]
    Twice(String),
    #[error("durations must not be empty")]
    Durations,
    #[error("needed must be given in the mode `some`, and in no other")]
    Mode,
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

/// The JSON schema (2020-12) of a [`Scenario`].
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut parts: Vec<(String, RefOr<Schema>)> = Vec::new();
    <Scenario as ToSchema>::schemas(&mut parts);
    let mut schema = serde_json::json!(<Scenario as utoipa::PartialSchema>::schema());
    let parts: serde_json::Map<_, _> = parts.into_iter().map(|(name, part)| (name, serde_json::json!(part))).collect();
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = "A scenario for `atrium slots`".into();
    schema["$defs"] = parts.into();
    // OpenAPI keeps its parts elsewhere.
    let text = schema.to_string().replace("#/components/schemas/", "#/$defs/");
    serde_json::from_str(&text).unwrap_or(schema)
}

//! What the engine is asked, and what of it makes no sense.

use jiff::{civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    interval::Interval,
    seconds,
    zone::{Clock, DAY},
};

/// Longest stretch that one query may ask for, in days; bounds time and memory.
pub const MAX_RANGE_DAYS: i64 = 400;
/// Longest slot, in minutes: a week.
pub const MAX_DURATION_MINUTES: u32 = 7 * 24 * 60;
// Years 1 to 9900: room for date arithmetic inside what jiff and PostgreSQL can hold.
pub(super) const INSTANTS: Interval = Interval::new(-62_135_596_800, 250_246_000_000);

/// What an event type asks of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSettings {
    /// Zone of the horizon's dates and of the limits of [`Scope::Event`].
    pub zone: TimeZone,
    /// Length of a slot, 1 to [`MAX_DURATION_MINUTES`].
    pub duration_minutes: u32,
    /// Distance between two starts on the grid, 1 or more.
    pub interval_minutes: u32,
    /// Where the grid begins.
    pub start_grid: StartGrid,
    /// Whether the grid's begin moves on to a mark of the hour that divides the interval.
    pub is_aligned: bool,
    /// Time kept free before the slot.
    pub buffer_before_minutes: u32,
    /// Time kept free after the slot.
    pub buffer_after_minutes: u32,
    /// Least time between the slot and any other booking or hold, buffers included.
    pub minimum_gap_minutes: u32,
    /// Least time from now to the start. With 0 the start must still be later than now.
    pub minimum_notice_minutes: u32,
    /// Which dates are open.
    pub horizon: Horizon,
    /// All of them must hold.
    pub limits: Vec<Limit>,
    /// How many invitees share one session, 1 or more; 1 for a meeting of one invitee.
    pub seats: u32,
}

/// Where the grid of starts begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum StartGrid {
    /// At the start of each window; busy time does not move it.
    #[default]
    Window,
    /// At the start of each window, and anew at the first start that busy time leaves.
    AfterBusy,
}

/// Which dates can be booked, in [`EventSettings::zone`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Horizon {
    /// So many after today; 0 is today only.
    Days(u32),
    /// From the first to the last.
    Dates {
        /// Inclusive.
        first: Date,
        /// Inclusive, not before the first.
        last: Date,
    },
    /// The next so many dates that have a slot, 1 or more; none of them is more than [`MAX_RANGE_DAYS`] ahead.
    DaysWithSlots(u32),
}

/// The most of something in a period; a booking counts where it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BookingLimit)]
pub struct Limit {
    /// Of what period.
    pub period: Period,
    /// Of what.
    pub measure: Measure,
    /// Whose bookings count.
    pub scope: Scope,
    /// 1 or more.
    #[schema(minimum = 1)]
    pub most: u32,
}

/// A stretch of local dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LimitPeriod)]
pub enum Period {
    /// One.
    Day,
    /// From Monday to Sunday.
    Week,
    /// Of the calendar.
    Month,
}

/// What a [`Limit`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LimitMeasure)]
pub enum Measure {
    /// Bookings; a shared session is one.
    Bookings,
    /// Their minutes, without buffers, with those of the new slot.
    Minutes,
}

/// Whose bookings a [`Limit`] counts, and in which zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LimitScope)]
pub enum Scope {
    /// Those of this event type that one organizer holds, in his or her zone.
    EventOfOrganizer,
    /// All that one organizer holds, in his or her zone.
    Organizer,
    /// Those of this event type, whoever holds them, in the event's zone.
    Event,
}

/// A stretch of the wall clock within one date, in minutes after midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// 0 to 1439.
    pub start_minute: u16,
    /// Later than `start_minute`, up to 1440, the end of the day.
    pub end_minute: u16,
}

/// Which weeks, from Monday to Sunday. They alternate without end: the numbers of ISO weeks would bring two odd ones together at the
/// turn of a year with 53.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ScheduleWeeks)]
pub enum Weeks {
    /// All of them.
    #[default]
    Every,
    /// The week of Monday, 5 January 1970, and every other one before and after it.
    A,
    /// The weeks between.
    B,
}

impl Weeks {
    /// Whether the week of that date, in days since 1970-01-01, is one of them.
    pub(super) const fn hold(self, day: i64) -> bool {
        let is_a = (day - 4).div_euclid(7).rem_euclid(2) == 0;
        match self {
            Self::Every => true,
            Self::A => is_a,
            Self::B => !is_a,
        }
    }

    /// As the database names it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Every => "every",
            Self::A => "a",
            Self::B => "b",
        }
    }

    /// Whether some week is one of both.
    pub(crate) fn meet(self, other: Self) -> bool {
        self == other || self == Self::Every || other == Self::Every
    }
}

/// A window on the dates of a weekday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeeklyRule {
    /// 0 is Monday, 6 Sunday.
    pub weekday: u8,
    /// In which weeks.
    pub weeks: Weeks,
    /// When on that weekday.
    pub window: Window,
}

/// The windows of one date in place of the weekly ones. Several for one date add up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateOverride {
    /// In the organizer's zone.
    pub date: Date,
    /// Empty: away.
    pub windows: Vec<Window>,
}

/// What takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BusyKind {
    /// A booking that stands.
    Booking,
    /// A slot kept for somebody who is filling in the form.
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

impl BusyKind {
    /// Whether its own buffers and the minimum gap count, and the limits: only for bookings and holds.
    pub(super) const fn is_meeting(self) -> bool {
        matches!(self, Self::Booking | Self::Hold)
    }
}

/// A stretch of time that is taken. An empty one takes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// What it is.
    pub kind: BusyKind,
    /// Of the booking, session, hold, block or event; comes back in [`super::Reason`].
    pub id: Uuid,
    /// The meeting or event itself.
    pub time: Interval,
    /// `time` with the buffers stored beside it; read for bookings and holds only.
    pub padded: Interval,
    /// Whether it is of the same event type.
    pub is_same_event: bool,
}

/// Somebody whose time can be booked.
#[derive(Clone, Debug)]
pub struct Organizer {
    /// Zone of the rules, overrides and local dates.
    pub zone: TimeZone,
    /// In any order; they may overlap.
    pub weekly: Vec<WeeklyRule>,
    /// In any order.
    pub overrides: Vec<DateOverride>,
    /// In any order, all that touches [`Query::reach`]. Without the booking that is being moved.
    pub busy: Vec<Busy>,
}

/// A room or another thing that is needed for a booking. It has no hours of its own.
#[derive(Clone, Debug, Default)]
pub struct Room {
    /// As [`Organizer::busy`].
    pub busy: Vec<Busy>,
}

/// A shared session that stands, with places taken. It is in the busy time of its organizers, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// As its [`Busy::id`].
    pub id: Uuid,
    /// Without buffers.
    pub time: Interval,
    /// How many places.
    pub taken: u32,
    /// Who holds it: indexes into [`Query::organizers`].
    pub organizers: Vec<usize>,
}

/// The hours that suit the invitee: a slot must lie in them.
#[derive(Clone, Debug)]
pub struct ReasonableHours {
    /// Of the invitee.
    pub zone: TimeZone,
    /// Of every date.
    pub window: Window,
}

/// One question to the engine.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// The event type.
    pub event: &'a EventSettings,
    /// Who may hold it.
    pub organizers: &'a [Organizer],
    /// How many of them a slot needs, 1 or more: 1 is any, all of them collective.
    pub needed: usize,
    /// Which rooms may be used.
    pub rooms: &'a [Room],
    /// How many of them a slot needs; 0 is none.
    pub rooms_needed: usize,
    /// Sessions of this event type in the range.
    pub sessions: &'a [Session],
    /// Each booking of this event type in [`Query::reach`] once; read for limits of [`Scope::Event`] only.
    pub event_bookings: &'a [Interval],
    /// Where the other side's hours count.
    pub reasonable_hours: Option<&'a ReasonableHours>,
    /// The present, epoch seconds.
    pub now: i64,
    /// Which starts to list, at most [`MAX_RANGE_DAYS`] long.
    pub range: Interval,
}

/// Input that no slot can be computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Duration is 0 or above [`MAX_DURATION_MINUTES`].
    #[error("duration must be between 1 and {MAX_DURATION_MINUTES} minutes")]
    Duration,
    /// Slot interval is 0.
    #[error("slot interval must be 1 minute or more")]
    SlotInterval,
    /// A limit is 0.
    #[error("a limit must be 1 or more")]
    Limit,
    /// No seat.
    #[error("there must be a seat or more")]
    Seats,
    /// A range of dates ends before it begins, or a window of days with slots has none.
    #[error("the horizon must hold a day or more")]
    Horizon,
    /// `needed` is 0.
    #[error("at least one organizer must be needed")]
    Needed,
    /// A session names an organizer that is not there.
    #[error("a session must be held by organizers of the query")]
    Session,
    /// A window is empty or leaves its day.
    #[error("a window must start before its end, and end by minute 1440")]
    Window,
    /// Weekday above 6.
    #[error("weekday must be between 0 (Monday) and 6 (Sunday)")]
    Weekday,
    /// The range is longer than [`MAX_RANGE_DAYS`].
    #[error("range must not be longer than {MAX_RANGE_DAYS} days")]
    RangeTooLong,
    /// Now or the range lies outside of the years 1 to 9900.
    #[error("instants must lie between the years 1 and 9900")]
    Instant,
}

impl<'a> Query<'a> {
    /// A question about one of the organizers, without rooms, sessions and the other side's hours.
    pub const fn any(event: &'a EventSettings, organizers: &'a [Organizer], now: i64, range: Interval) -> Self {
        Self {
            event,
            organizers,
            needed: 1,
            rooms: &[],
            rooms_needed: 0,
            sessions: &[],
            event_bookings: &[],
            reasonable_hours: None,
            now,
            range,
        }
    }

    /// The same question about a single start: what the booking transaction asks.
    #[must_use]
    pub fn at(self, start: i64) -> Self {
        Self { range: Interval::new(start, start.saturating_add(1)), ..self }
    }

    /// The stretch whose busy times must be given: all that overlap it, buffers included.
    pub fn reach(&self) -> Interval {
        let event = self.event;
        let around = [event.duration_minutes, event.buffer_before_minutes, event.buffer_after_minutes]
            .map(seconds)
            .iter()
            .sum::<i64>()
            .max(seconds(event.duration_minutes) + seconds(event.minimum_gap_minutes));
        // A grid that restarts after busy time depends on up to two dates before; a limit on the whole of its period,
        // and the local dates at both ends may be a day off.
        let days = event.limits.iter().map(|limit| limit.period.longest_days() + 1).fold(3, i64::max);
        let around = around + days * DAY;
        let scanned = self.scanned();
        Interval::new(scanned.start.saturating_sub(around), scanned.end.saturating_add(around))
    }

    /// The starts that must be looked at: days with slots are counted from now on.
    pub(super) fn scanned(&self) -> Interval {
        match self.event.horizon {
            Horizon::Days(_) | Horizon::Dates { .. } => self.range,
            Horizon::DaysWithSlots(_) => {
                let end = self.range.end.min(self.now.saturating_add(MAX_RANGE_DAYS * DAY));
                Interval::new(self.now, end)
            }
        }
    }

    pub(super) fn duration(&self) -> i64 {
        seconds(self.event.duration_minutes)
    }

    /// The first start that is later than now and respects the notice.
    pub(super) fn earliest(&self) -> i64 {
        (self.now + 1).max(self.now + seconds(self.event.minimum_notice_minutes))
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        let event = self.event;
        let refused = [
            (!(1..=MAX_DURATION_MINUTES).contains(&event.duration_minutes), Invalid::Duration),
            (event.interval_minutes == 0, Invalid::SlotInterval),
            (event.limits.iter().any(|limit| limit.most == 0), Invalid::Limit),
            (event.seats == 0, Invalid::Seats),
            (event.horizon.is_empty(), Invalid::Horizon),
            (self.needed == 0, Invalid::Needed),
            (self.sessions.iter().flat_map(|session| &session.organizers).any(|&index| index >= self.organizers.len()), Invalid::Session),
            (![self.now, self.range.start, self.range.end].into_iter().all(|instant| INSTANTS.contains(instant)), Invalid::Instant),
            (self.range.end.saturating_sub(self.range.start) > MAX_RANGE_DAYS * DAY, Invalid::RangeTooLong),
            (self.reasonable_hours.is_some_and(|hours| !hours.window.is_sound()), Invalid::Window),
        ];
        if let Some((_, invalid)) = refused.into_iter().find(|(is_refused, _)| *is_refused) {
            return Err(invalid);
        }
        for organizer in self.organizers {
            if organizer.weekly.iter().any(|rule| rule.weekday > 6) {
                return Err(Invalid::Weekday);
            }
            let weekly = organizer.weekly.iter().map(|rule| rule.window);
            let dated = organizer.overrides.iter().flat_map(|dated| dated.windows.iter().copied());
            if !weekly.chain(dated).all(Window::is_sound) {
                return Err(Invalid::Window);
            }
        }
        Ok(())
    }
}

impl Horizon {
    fn is_empty(self) -> bool {
        match self {
            Self::Days(_) => false,
            Self::Dates { first, last } => last < first,
            Self::DaysWithSlots(days) => days == 0,
        }
    }
}

impl Period {
    const fn longest_days(self) -> i64 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 31,
        }
    }
}

impl Window {
    fn is_sound(self) -> bool {
        self.start_minute < self.end_minute && self.end_minute <= 1440
    }

    /// The instants of that local date within it.
    pub(super) fn on(self, clock: &Clock, day: i64) -> Interval {
        let local = |minute: u16| day * DAY + i64::from(minute) * 60;
        Interval::new(clock.opening(local(self.start_minute)), clock.closing(local(self.end_minute)))
    }
}

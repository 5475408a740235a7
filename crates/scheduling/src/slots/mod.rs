//! Which starts of an event type are free: one pure function for the listing and for the check
//! inside the booking transaction.
//!
//! All instants are epoch seconds. The rules, each tested in `tests.rs`:
//!
//! - **Windows.** Weekly rules and date overrides are wall-clock times of the organizer's zone. An
//!   override replaces its date's weekly windows. A start that the clock skips moves to the first
//!   instant after the change; of a repeated hour, a start is the earlier pass and an end the later
//!   one. So 01:00 to 03:00 lasts one hour in spring and three in autumn. Windows that touch are one,
//!   also across midnight.
//! - **Grid.** Starts stand every `interval_minutes` from the window's start, whatever the viewer's
//!   zone or the query's range; busy time does not restart it. Where a whole local date was open, the
//!   grid begins anew at the midnight after it, so that round-the-clock hours have a grid at all.
//! - **Busy time.** A slot with its buffers must not touch a booking or hold with the buffers stored
//!   beside it (they add up), nor a block or outside event, which has none. `minimum_gap_minutes` is
//!   the least time between two meetings themselves, buffers included. Buffers may lie outside of the
//!   window; the slot may not.
//! - **Notice and horizon.** A slot starts after now and at least the notice later; its local date is
//!   at most `horizon_days` after today's.
//! - **Several organizers.** A start counts if it is on the grid of somebody free then and at least
//!   `needed` are free: 1 is round robin, all of them collective.

mod explain;
mod interval;
mod plan;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
mod zone;

use jiff::{civil::Date, tz::TimeZone};
use uuid::Uuid;

pub use explain::{Explanation, Reason, explain};
pub use interval::Interval;

use plan::Plan;
use zone::DAY;

/// Longest stretch that one query may ask for, in days; bounds time and memory.
pub const MAX_RANGE_DAYS: i64 = 400;
/// Longest slot, in minutes: a week.
pub const MAX_DURATION_MINUTES: u32 = 7 * 24 * 60;
// Years 1 to 9900: room for date arithmetic inside what jiff and PostgreSQL can hold.
const INSTANTS: Interval = Interval::new(-62_135_596_800, 250_246_000_000);

/// What an event type asks of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSettings {
    /// Length of a slot, 1 to [`MAX_DURATION_MINUTES`].
    pub duration_minutes: u32,
    /// Distance between two starts on the grid, 1 or more.
    pub interval_minutes: u32,
    /// Time kept free before the slot.
    pub buffer_before_minutes: u32,
    /// Time kept free after the slot.
    pub buffer_after_minutes: u32,
    /// Least time between the slot and any other booking or hold, buffers included.
    pub minimum_gap_minutes: u32,
    /// Least time from now to the start. With 0 the start must still be later than now.
    pub minimum_notice_minutes: u32,
    /// How many local dates after today's are open; 0 is today only.
    pub horizon_days: u32,
    /// Most bookings of this event type that start on one local date of an organizer, 1 or more.
    pub daily_limit: Option<u32>,
}

/// A stretch of the wall clock within one date, in minutes after midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// 0 to 1439.
    pub start_minute: u16,
    /// Later than `start_minute`, up to 1440, the end of the day.
    pub end_minute: u16,
}

/// A window on every date of a weekday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeeklyRule {
    /// 0 is Monday, 6 Sunday.
    pub weekday: u8,
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

/// What takes an organizer's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BusyKind {
    /// A booking that stands.
    Booking,
    /// A slot kept for somebody who is filling in the form.
    Hold,
    /// Time the organizer blocked.
    Block,
    /// An event of an outside calendar.
    External,
}

impl BusyKind {
    /// Whether its own buffers and the minimum gap count: only between bookings and holds.
    const fn is_meeting(self) -> bool {
        matches!(self, Self::Booking | Self::Hold)
    }
}

/// A stretch of an organizer's time that is taken. An empty one takes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// What it is.
    pub kind: BusyKind,
    /// Of the booking, hold, block or event; comes back in [`Reason`].
    pub id: Uuid,
    /// The meeting or event itself.
    pub time: Interval,
    /// `time` with the buffers stored beside it; read for bookings and holds only.
    pub padded: Interval,
    /// Whether it counts towards `daily_limit`: a booking or hold of the same event type.
    pub counts_to_limit: bool,
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

/// One question to the engine.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// The event type.
    pub event: &'a EventSettings,
    /// Who may hold it.
    pub organizers: &'a [Organizer],
    /// How many of them a slot needs, 1 or more: 1 is any, all of them collective.
    pub needed: usize,
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
    /// Daily limit is 0.
    #[error("daily limit must be 1 or more")]
    DailyLimit,
    /// `needed` is 0.
    #[error("at least one organizer must be needed")]
    Needed,
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

/// A start that can be booked, with its end; epoch seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    /// Inclusive.
    pub start: i64,
    /// Exclusive.
    pub end: i64,
}

/// The free slots, in order of time, and who is free at each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    slots: Vec<Slot>,
    /// `words_each` words for each slot, in the same order.
    words: Vec<u64>,
    words_each: usize,
}

/// Which organizers of a query are free at a slot: bit `i % 64` of word `i / 64` is organizer `i`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrganizerSet<'a>(&'a [u64]);

impl<'a> Query<'a> {
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
        // Two days hold every booking of the local dates at both ends, which the daily limit counts.
        Interval::new(self.range.start.saturating_sub(around + 2 * DAY), self.range.end.saturating_add(around + 2 * DAY))
    }

    fn check(&self) -> Result<(), Invalid> {
        let event = self.event;
        if !(1..=MAX_DURATION_MINUTES).contains(&event.duration_minutes) {
            return Err(Invalid::Duration);
        }
        if event.interval_minutes == 0 {
            return Err(Invalid::SlotInterval);
        }
        if event.daily_limit == Some(0) {
            return Err(Invalid::DailyLimit);
        }
        if self.needed == 0 {
            return Err(Invalid::Needed);
        }
        let instants = [self.now, self.range.start, self.range.end];
        if !instants.into_iter().all(|instant| INSTANTS.contains(instant)) {
            return Err(Invalid::Instant);
        }
        if self.range.end - self.range.start > MAX_RANGE_DAYS * DAY {
            return Err(Invalid::RangeTooLong);
        }
        for organizer in self.organizers {
            if organizer.weekly.iter().any(|rule| rule.weekday > 6) {
                return Err(Invalid::Weekday);
            }
            let weekly = organizer.weekly.iter().map(|rule| rule.window);
            let dated = organizer.overrides.iter().flat_map(|dated| dated.windows.iter().copied());
            if weekly.chain(dated).any(|window| window.start_minute >= window.end_minute || window.end_minute > 1440) {
                return Err(Invalid::Window);
            }
        }
        Ok(())
    }

    fn duration(&self) -> i64 {
        seconds(self.event.duration_minutes)
    }

    /// The first start that is later than now and respects the notice.
    fn earliest(&self) -> i64 {
        (self.now + 1).max(self.now + seconds(self.event.minimum_notice_minutes))
    }
}

fn seconds(minutes: u32) -> i64 {
    i64::from(minutes) * 60
}

/// The free slots whose start lies in the query's range, in order of time.
///
/// For n rules, busy times and slots the work is O(n log n).
///
/// # Errors
/// [`Invalid`] names the first thing that makes no sense.
pub fn find(query: &Query<'_>) -> Result<Found, Invalid> {
    query.check()?;
    if query.organizers.len() < query.needed {
        return Ok(Found::default());
    }
    let duration = query.duration();
    let mut starts = Vec::new();
    let mut open = Vec::with_capacity(query.organizers.len());
    for organizer in query.organizers {
        open.push(Plan::open_starts(query, organizer, &mut starts));
    }
    let words_each = query.organizers.len().div_ceil(64);
    let words = if open.len() == 1 {
        vec![1; starts.len()]
    } else {
        starts.sort_unstable();
        starts.dedup();
        let mut words = sets_at(&starts, &open, words_each);
        keep_enough(&mut starts, &mut words, words_each, query.needed);
        words
    };
    let slots = starts.iter().map(|&start| Slot { start, end: start + duration }).collect();
    Ok(Found { slots, words, words_each })
}

/// For each start the set of organizers whose open starts hold it.
fn sets_at(starts: &[i64], open: &[Vec<Interval>], words_each: usize) -> Vec<u64> {
    // A bit is toggled where an organizer becomes free and where it stops being so; the running XOR
    // is then the set at each start. One row more, for toggles behind the last start.
    let mut words = vec![0; (starts.len() + 1) * words_each];
    for (organizer, intervals) in open.iter().enumerate() {
        let (word, bit) = (organizer / 64, 1 << (organizer % 64));
        for interval in intervals {
            for edge in [interval.start, interval.end] {
                let row = starts.partition_point(|&start| start < edge);
                words[row * words_each + word] ^= bit;
            }
        }
    }
    for at in words_each..words.len() {
        words[at] ^= words[at - words_each];
    }
    words.truncate(starts.len() * words_each);
    words
}

/// Drops the starts at which fewer than `needed` are free.
fn keep_enough(starts: &mut Vec<i64>, words: &mut Vec<u64>, words_each: usize, needed: usize) {
    let mut kept = 0;
    for row in 0..starts.len() {
        let set = row * words_each..(row + 1) * words_each;
        if OrganizerSet(&words[set.clone()]).len() >= needed {
            starts[kept] = starts[row];
            words.copy_within(set, kept * words_each);
            kept += 1;
        }
    }
    starts.truncate(kept);
    words.truncate(kept * words_each);
}

impl Found {
    /// In order of time, each start once.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Who is free at the slot of that index in [`Found::slots`]; nobody for an index beyond it.
    pub fn organizers(&self, index: usize) -> OrganizerSet<'_> {
        let set = index.saturating_mul(self.words_each)..index.saturating_add(1).saturating_mul(self.words_each);
        OrganizerSet(self.words.get(set).unwrap_or_default())
    }
}

impl<'a> OrganizerSet<'a> {
    /// How many are free.
    pub fn len(self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether nobody is.
    pub fn is_empty(self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }

    /// Whether the organizer at that index of [`Query::organizers`] is free.
    pub fn contains(self, organizer: usize) -> bool {
        self.0.get(organizer / 64).is_some_and(|word| word >> (organizer % 64) & 1 == 1)
    }

    /// Indexes into [`Query::organizers`], ascending.
    pub fn iter(self) -> impl Iterator<Item = usize> + 'a {
        self.0
            .iter()
            .enumerate()
            .flat_map(|(index, &word)| (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| index * 64 + bit))
    }

    /// The words themselves, lowest organizers first.
    pub fn words(self) -> &'a [u64] {
        self.0
    }
}

/// The `count` slots whose starts are nearest to `wanted`, in order of time; of two at the same
/// distance the earlier. `slots` must be in order of time, as [`Found::slots`] is.
pub fn nearest(slots: &[Slot], wanted: i64, count: usize) -> &[Slot] {
    let mut first = slots.partition_point(|slot| slot.start < wanted);
    let mut end = first;
    while end - first < count {
        let before = first.checked_sub(1).map(|index| slots[index].start.abs_diff(wanted));
        let after = slots.get(end).map(|slot| slot.start.abs_diff(wanted));
        match (before, after) {
            (Some(before), Some(after)) if before <= after => first -= 1,
            (_, Some(_)) => end += 1,
            (Some(_), None) => first -= 1,
            (None, None) => break,
        }
    }
    &slots[first..end]
}

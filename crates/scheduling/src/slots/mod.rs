//! Which starts of an event type are free: one pure function for the listing and for the check
//! inside the booking transaction.
//!
//! All instants are epoch seconds. The rules, each tested in `tests/`:
//!
//! - **Windows.** Weekly rules and date overrides are wall-clock times of the organizer's zone. An
//!   override replaces its date's weekly windows. A start that the clock skips moves to the first
//!   instant after the change; of a repeated hour, a start is the earlier pass and an end the later
//!   one. So 01:00 to 03:00 lasts one hour in spring and three in autumn. Windows that touch are one,
//!   also across midnight. A weekly rule may hold in every other week only.
//! - **Grid.** Starts stand every `interval_minutes` from the window's start, whatever the viewer's
//!   zone or the query's range; with [`StartGrid::AfterBusy`] they begin anew where busy time lets a
//!   slot start again. Where a whole local date was open, the grid begins anew at the midnight after
//!   it, so that round-the-clock hours have a grid at all. An aligned grid begins at the next mark of
//!   the organizer's clock that divides the interval: 60, 30, 20, 15, 10 or 5 minutes.
//! - **Busy time.** A slot with its buffers must not touch a booking or hold with the buffers stored
//!   beside it (they add up), nor a block, absence or outside event, which has none. Blocked times that
//!   recur keep the wall clock of their zone, under the same rule as windows ([`occurrences`]). A
//!   stand-in is an organizer to whom all time is taken in which nobody is away for him or her. `minimum_gap_minutes` is
//!   the least time between two meetings themselves, buffers included. Buffers may lie outside of the
//!   window; the slot may not.
//! - **Notice and horizon.** A slot starts after now and at least the notice later. Its local date in
//!   the event's zone is one of the horizon's.
//! - **Limits.** A booking counts in the day, week or month in which it starts, in the organizer's
//!   zone, or in the event's for limits of the event as a whole.
//! - **Several organizers.** A start counts if it is on the grid of somebody free then and at least
//!   `needed` are free: 1 is round robin, all of them collective.
//! - **Rooms.** At least `rooms_needed` are free with the slot's buffers; the gap is not theirs.
//! - **Seats.** A session that stands is offered at its own start while it has places, in place of a
//!   new one then; of two the fuller. Whoever joins takes no time, so hours, grid, busy time and
//!   limits do not count again.
//! - **The other side's hours.** The slot lies in them, on the invitee's wall clock.

mod assign;
mod explain;
mod find;
mod interval;
mod limits;
mod plan;
#[cfg(test)]
mod properties;
mod query;
#[cfg(test)]
mod reference;
mod repeat;
#[cfg(test)]
mod tests;
mod zone;

pub use assign::{Assignment, Past, Turn, assign};
pub use explain::{Explanation, Reason, explain};
pub use find::{Bits, Found, Slot, find, nearest};
pub use interval::{Interval, uncovered};
pub use query::{
    Busy, BusyKind, DateOverride, EventSettings, Horizon, Invalid, Limit, MAX_DURATION_MINUTES, MAX_RANGE_DAYS, Measure, Organizer, Period,
    Query, ReasonableHours, Room, Scope, Session, StartGrid, WeeklyRule, Weeks, Window,
};
pub use repeat::{Repeats, occurrences};

/// Whether [`find`] lists what the slow reference does.
#[cfg(test)]
pub(crate) fn agrees_with_reference(query: &Query<'_>) -> bool {
    find(query).is_ok_and(|found| reference::rows(&found) == reference::slots(query))
}

fn seconds(minutes: u32) -> i64 {
    i64::from(minutes) * 60
}

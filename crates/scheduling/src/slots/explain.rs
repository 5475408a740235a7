//! Why a moment is offered or not: every rule that removed it, from the same plan as the listing.

use jiff::civil::Date;
use uuid::Uuid;

use super::{
    BusyKind, Interval, Invalid, Organizer, Query,
    plan::{Cause, Clearance, Plan, date_of, day_of},
    seconds,
};

/// One rule that keeps a slot from starting at a moment. Instants are epoch seconds, dates those of
/// the organizer's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The start is not later than now.
    Past,
    /// The start is too soon.
    Notice {
        /// First instant that respects the notice.
        earliest: i64,
    },
    /// The start's date is too far ahead.
    Horizon {
        /// Last date that can be booked.
        last: Date,
    },
    /// The weekly rules leave the start out.
    OutsideHours {
        /// Date of the start.
        date: Date,
    },
    /// A date override leaves the start out, or says that the organizer is away.
    Override {
        /// Date of the start.
        date: Date,
    },
    /// The start lies in a window that closes before the slot would end.
    WindowEnds {
        /// When it closes.
        end: i64,
    },
    /// The start is between two starts of the grid.
    OffGrid {
        /// Latest start of the grid before it.
        before: i64,
        /// First start after it, if the window or its grid goes on that long.
        after: Option<i64>,
    },
    /// The slot overlaps something that takes time.
    Busy {
        /// What it is.
        kind: BusyKind,
        /// Which.
        id: Uuid,
    },
    /// The slot is clear of it, but the buffers of both are not.
    Buffer {
        /// What it is.
        kind: BusyKind,
        /// Which.
        id: Uuid,
    },
    /// The buffers are clear, but less than the minimum gap is left.
    MinimumGap {
        /// What it is.
        kind: BusyKind,
        /// Which.
        id: Uuid,
    },
    /// The date has as many bookings as the event type allows.
    DailyLimit {
        /// Date of the start.
        date: Date,
        /// How many there are.
        taken: u32,
    },
}

/// What the engine says about one start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Whether [`super::find`] lists it.
    pub offered: bool,
    /// How many organizers are free then; compare with [`Query::needed`].
    pub free: usize,
    /// For each organizer of the query, in its order, all that stands against the start; empty where
    /// nothing does. [`Reason::OffGrid`] alone leaves the organizer free for another one's grid.
    pub organizers: Vec<Vec<Reason>>,
}

/// Every rule that keeps a slot from starting at `start`; the range of `query` plays no part.
///
/// # Errors
/// [`Invalid`] as for [`super::find`].
pub fn explain(query: &Query<'_>, start: i64) -> Result<Explanation, Invalid> {
    let query = query.at(start);
    query.check()?;
    let organizers: Vec<_> = query.organizers.iter().map(|organizer| reasons(&query, organizer, start)).collect();
    let is_free = |reasons: &&Vec<Reason>| reasons.iter().all(|reason| matches!(reason, Reason::OffGrid { .. }));
    let free = organizers.iter().filter(is_free).count();
    let offered = free >= query.needed && organizers.iter().any(Vec::is_empty);
    Ok(Explanation { offered, free, organizers })
}

fn reasons(query: &Query<'_>, organizer: &Organizer, start: i64) -> Vec<Reason> {
    let plan = Plan::new(query, organizer, query.range);
    let slot = Interval::new(start, start + query.duration());
    let date = date_of(plan.clock.day(start));
    let mut reasons = Vec::new();

    if start <= query.now {
        reasons.push(Reason::Past);
    } else if start < query.earliest() {
        reasons.push(Reason::Notice { earliest: query.earliest() });
    }
    if start >= plan.horizon {
        let last = date_of(plan.clock.day(plan.horizon - 1));
        reasons.push(Reason::Horizon { last });
    }
    match plan.windows.iter().find(|window| window.contains(start)) {
        None if organizer.overrides.iter().any(|dated| day_of(dated.date) == day_of(date)) => {
            reasons.push(Reason::Override { date });
        }
        None => reasons.push(Reason::OutsideHours { date }),
        Some(window) => {
            if slot.end > window.end {
                reasons.push(Reason::WindowEnds { end: window.end });
            }
            reasons.extend(off_grid(query, &plan, *window, start));
        }
    }
    for cut in plan.cuts.iter().filter(|cut| cut.starts.contains(start)) {
        reasons.push(match cut.cause {
            Cause::Limit { day, taken } => Reason::DailyLimit { date: date_of(day), taken },
            Cause::Busy(index) => {
                let busy = &organizer.busy[index];
                let (kind, id) = (busy.kind, busy.id);
                let clearance = Clearance::of(query, busy);
                if slot.overlaps(clearance.time) {
                    Reason::Busy { kind, id }
                } else if slot.overlaps(clearance.buffered) {
                    Reason::Buffer { kind, id }
                } else {
                    Reason::MinimumGap { kind, id }
                }
            }
        });
    }
    reasons
}

fn off_grid(query: &Query<'_>, plan: &Plan, window: Interval, start: i64) -> Option<Reason> {
    let interval = seconds(query.event.interval_minutes);
    let mut grids = Vec::new();
    plan.grids(window, &mut grids);
    let index = grids.iter().position(|grid| start < grid.until)?;
    let next = grids[index].at_or_after(start, interval);
    let after = if next < grids[index].until { Some(next) } else { grids.get(index + 1).map(|grid| grid.anchor) };
    (next != start).then_some(Reason::OffGrid { before: next - interval, after })
}

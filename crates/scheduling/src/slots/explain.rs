//! Why a moment is offered or not: every rule that removed it, from the same plan as the listing.

use jiff::civil::Date;
use uuid::Uuid;

use super::{
    BusyKind, Horizon, Interval, Invalid, Limit, Organizer, Query, Room, Slot,
    find::{Frame, scan},
    limits::Full,
    plan::{Clearance, Plan, date_of, day_of},
    seconds,
};

/// One rule that keeps a slot from starting at a moment. Instants are epoch seconds, dates those of
/// the organizer's zone, or of the event's for what the event type says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The start is not later than now.
    Past,
    /// The start is too soon.
    Notice {
        /// First instant that respects the notice.
        earliest: i64,
    },
    /// The start's date comes before the first that can be booked.
    NotYet {
        /// First date that can be booked.
        first: Date,
    },
    /// The start's date is too far ahead.
    Horizon {
        /// Last date that can be booked.
        last: Date,
    },
    /// The slot is not within the other side's hours.
    ReasonableHours,
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
        before: Option<i64>,
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
    /// A session at that very time has no place left.
    SessionFull {
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
    /// A period has as much as the event type allows, or less is left than the slot takes.
    Limit {
        /// Which limit.
        limit: Limit,
        /// First date of the period.
        first: Date,
        /// How much is used.
        taken: u32,
    },
}

/// What the engine says about one start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The slot that [`super::find`] lists then.
    pub slot: Option<Slot>,
    /// What stands against the start whoever holds it.
    pub event: Vec<Reason>,
    /// How many organizers are free then; compare with [`Query::needed`].
    pub free: usize,
    /// For each organizer of the query, in its order, all that stands against the start; empty where
    /// nothing does. [`Reason::OffGrid`] alone leaves the organizer free for another one's grid.
    pub organizers: Vec<Vec<Reason>>,
    /// For each room of the query, in its order, what takes it. Compare the empty ones with [`Query::rooms_needed`].
    pub rooms: Vec<Vec<Reason>>,
}

/// Every rule that keeps a slot from starting at `start`; the range of `query` plays no part.
///
/// # Errors
/// [`Invalid`] as for [`super::find`].
pub fn explain(query: &Query<'_>, start: i64) -> Result<Explanation, Invalid> {
    let query = query.at(start);
    let slot = super::find(&query)?.slots().first().copied();
    let event = of_event(&query, start);
    let organizers: Vec<_> = query.organizers.iter().map(|organizer| of_organizer(&query, organizer, start)).collect();
    let is_free = |reasons: &&Vec<Reason>| reasons.iter().all(|reason| matches!(reason, Reason::OffGrid { .. }));
    let free = organizers.iter().filter(is_free).count();
    let rooms = query.rooms.iter().map(|room| of_room(&query, room, start)).collect();
    Ok(Explanation { slot, event, free, organizers, rooms })
}

fn of_event(query: &Query<'_>, start: i64) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let frame = Frame::new(query);
    if start <= query.now {
        reasons.push(Reason::Past);
    } else if start < query.earliest() {
        reasons.push(Reason::Notice { earliest: query.earliest() });
    }
    if start < frame.dates.start {
        reasons.push(Reason::NotYet { first: date_of(frame.clock.day(frame.dates.start)) });
    }
    if start >= frame.dates.end {
        reasons.push(Reason::Horizon { last: date_of(frame.clock.day(frame.dates.end - 1)) });
    } else if let Horizon::DaysWithSlots(days) = query.event.horizon
        && let Some(last) = scan(query, &frame).last_day(&frame, days)
        && frame.clock.day(start) > last
    {
        reasons.push(Reason::Horizon { last: date_of(last) });
    }
    if frame.reasonable.as_ref().is_some_and(|hours| !hours.iter().any(|hours| hours.contains(start))) {
        reasons.push(Reason::ReasonableHours);
    }
    reasons.extend(frame.full.iter().filter(|full| full.starts.contains(start)).map(Reason::of));
    reasons
}

fn of_organizer(query: &Query<'_>, organizer: &Organizer, start: i64) -> Vec<Reason> {
    let plan = Plan::new(query, organizer, Interval::new(start, start + 1));
    let slot = Interval::new(start, start + query.duration());
    let date = date_of(plan.clock.day(start));
    let mut reasons = Vec::new();
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
    let taken = plan.cuts.iter().filter(|cut| cut.starts.contains(start)).map(|cut| {
        let busy = &organizer.busy[cut.busy];
        let session = query.sessions.iter().find(|session| session.id == busy.id && session.time == slot);
        match session {
            Some(session) if session.taken >= query.event.seats => Reason::SessionFull { id: session.id },
            _ => Reason::taken(busy.kind, busy.id, &Clearance::of(query, busy), slot),
        }
    });
    reasons.extend(taken);
    reasons.extend(plan.full.iter().filter(|full| full.starts.contains(start)).map(Reason::of));
    reasons
}

fn of_room(query: &Query<'_>, room: &Room, start: i64) -> Vec<Reason> {
    let slot = Interval::new(start, start + query.duration());
    let taken = room.busy.iter().filter(|busy| !busy.time.is_empty()).map(|busy| (busy, Clearance::in_room(query, busy)));
    let taken = taken.filter(|(_, clearance)| clearance.starts(query.duration()).contains(start));
    taken.map(|(busy, clearance)| Reason::taken(busy.kind, busy.id, &clearance, slot)).collect()
}

impl Reason {
    fn of(full: &Full) -> Self {
        Self::Limit { limit: full.limit, first: full.first, taken: full.taken }
    }

    fn taken(kind: BusyKind, id: Uuid, clearance: &Clearance, slot: Interval) -> Self {
        if slot.overlaps(clearance.time) {
            Self::Busy { kind, id }
        } else if slot.overlaps(clearance.buffered) {
            Self::Buffer { kind, id }
        } else {
            Self::MinimumGap { kind, id }
        }
    }
}

fn off_grid(query: &Query<'_>, plan: &Plan, window: Interval, start: i64) -> Option<Reason> {
    let interval = seconds(query.event.interval_minutes);
    let grids: Vec<_> = plan.grids(query).into_iter().filter(|grid| window.contains(grid.from)).collect();
    let index = grids.iter().position(|grid| grid.from <= start && start < grid.until)?;
    let next = grids[index].at_or_after(start, interval);
    let after = if next < grids[index].until { Some(next) } else { grids.get(index + 1).map(|grid| grid.anchor) };
    let before = (next > grids[index].anchor).then_some(next - interval);
    (next != start).then_some(Reason::OffGrid { before, after })
}

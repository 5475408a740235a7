//! Whose turn it is among those who are free.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Bits, Interval, Organizer,
    plan::windows,
    zone::{Clock, DAY},
};

/// How organizers take turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = OrganizerAssignment)]
pub enum Assignment {
    /// Equally, by weight: whoever is furthest behind the share of the bookings that came while he or she was there.
    #[default]
    Fair,
    /// The first who is free, by priority.
    Priority,
}

/// What an organizer brings to the turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Share of the bookings, against that of the others.
    pub weight: u32,
    /// 1 comes first.
    pub priority: u32,
    /// Since when he or she is assigned.
    pub since: i64,
}

/// A booking of the event type that somebody was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Past {
    /// Index of the organizer.
    pub organizer: usize,
    /// When it was made.
    pub made: i64,
    /// When it starts.
    pub start: i64,
}

/// Parts of one booking that are shared out; large, so that little is lost in rounding.
const WHOLE: i64 = 1 << 32;

/// `needed` of those who are free, in the order in which their turn comes. `past` is in the order in which it was given.
///
/// Being fair needs no counter that somebody must reset: each booking of the past is shared out, by weight, among
/// those who worked on its date, and what one was given is taken off. So nobody is owed anything for a time in which
/// he or she was away or not assigned yet, and nobody who comes back is flooded.
pub fn assign(
    organizers: &[Organizer],
    turns: &[Turn],
    past: &[Past],
    assignment: Assignment,
    free: Bits<'_>,
    needed: usize,
) -> Vec<usize> {
    let mut latest = vec![None; turns.len()];
    for (nth, booking) in past.iter().enumerate() {
        if let Some(latest) = latest.get_mut(booking.organizer) {
            *latest = Some(nth);
        }
    }
    let owed = match assignment {
        Assignment::Fair => owed(organizers, turns, past),
        Assignment::Priority => vec![0; turns.len()],
    };
    let mut order: Vec<_> = free.iter().filter(|index| *index < turns.len()).collect();
    order.sort_by_key(|&index| {
        let priority = match assignment {
            Assignment::Fair => 0,
            Assignment::Priority => turns[index].priority,
        };
        (priority, Reverse(owed[index]), latest[index], index)
    });
    order.truncate(needed);
    order
}

fn owed(organizers: &[Organizer], turns: &[Turn], past: &[Past]) -> Vec<i64> {
    let starts = || past.iter().map(|booking| booking.start);
    let (Some(first), Some(last)) = (starts().min(), starts().max()) else {
        return vec![0; turns.len()];
    };
    let worked: Vec<_> = organizers.iter().map(|organizer| Worked::new(organizer, first, last)).collect();
    let mut owed = vec![0; turns.len()];
    let mut there = Vec::with_capacity(turns.len());
    for booking in past {
        there.clear();
        let was_there = |&index: &usize| {
            // Whoever was given it was there, whatever the hours say by now.
            index == booking.organizer || (turns[index].since <= booking.made && worked.get(index).is_some_and(|one| one.on(booking.start)))
        };
        there.extend((0..turns.len()).filter(was_there));
        let all: i64 = there.iter().map(|&index| i64::from(turns[index].weight)).sum();
        if let Some(given) = owed.get_mut(booking.organizer) {
            *given -= WHOLE;
        }
        for &index in &there {
            owed[index] += i64::from(turns[index].weight) * WHOLE / all.max(1);
        }
    }
    owed
}

/// On which dates an organizer has hours.
struct Worked {
    clock: Clock,
    windows: Vec<Interval>,
}

impl Worked {
    fn new(organizer: &Organizer, first: i64, last: i64) -> Self {
        let clock = Clock::new(&organizer.zone, Interval::new(first - 2 * DAY, last + 2 * DAY));
        let windows = windows(organizer, &clock, clock.day(first), clock.day(last));
        Self { clock, windows }
    }

    fn on(&self, instant: i64) -> bool {
        let date = self.clock.date(self.clock.day(instant));
        let next = self.windows.partition_point(|window| window.end <= date.start);
        self.windows.get(next).is_some_and(|window| window.overlaps(date))
    }
}

//! Limits of a period, as starts that they rule out.

use jiff::civil::Date;

use super::{
    Busy, Interval, Limit, Measure, Period, Query, Scope,
    plan::{date_of, day_of},
    zone::Clock,
};

/// Starts that a limit rules out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Full {
    pub starts: Interval,
    pub limit: Limit,
    /// First date of the period.
    pub first: Date,
    /// How much of it is used.
    pub taken: u32,
}

/// What the limits of one organizer rule out.
pub(super) fn of_organizer(query: &Query<'_>, busy: &[Busy], clock: &Clock) -> Vec<Full> {
    let mut full = Vec::new();
    for limit in &query.event.limits {
        let counts = |busy: &&Busy| match limit.scope {
            Scope::EventOfOrganizer => busy.is_same_event,
            Scope::Organizer => busy.kind.is_meeting(),
            Scope::Event => false,
        };
        if limit.scope != Scope::Event {
            add(query, limit, clock, busy.iter().filter(counts).map(|busy| busy.time), &mut full);
        }
    }
    full
}

/// What the limits of the event type as a whole rule out.
pub(super) fn of_event(query: &Query<'_>, clock: &Clock) -> Vec<Full> {
    let mut full = Vec::new();
    for limit in query.event.limits.iter().filter(|limit| limit.scope == Scope::Event) {
        add(query, limit, clock, query.event_bookings.iter().copied(), &mut full);
    }
    full
}

fn add(query: &Query<'_>, limit: &Limit, clock: &Clock, counted: impl Iterator<Item = Interval>, full: &mut Vec<Full>) {
    let amount = |minutes: i64| match limit.measure {
        Measure::Bookings => 1,
        Measure::Minutes => minutes,
    };
    let (asked, most) = (amount(query.duration() / 60), i64::from(limit.most));
    let whole = Interval::new(i64::MIN, i64::MAX);
    if asked > most {
        full.push(Full { starts: whole, limit: *limit, first: date_of(clock.day(query.now)), taken: 0 });
        return;
    }
    let mut days: Vec<_> = counted
        .filter(|time| !time.is_empty())
        .map(|time| (clock.day(time.start), amount(time.end.saturating_sub(time.start) / 60)))
        .collect();
    days.sort_unstable();
    let mut left = days.as_slice();
    while let Some((day, _)) = left.first() {
        let (first, next) = limit.period.around(*day);
        let (same, rest) = left.split_at(left.partition_point(|(day, _)| *day < next));
        left = rest;
        let taken = same.iter().map(|(_, amount)| amount).sum::<i64>();
        if taken + asked > most {
            let starts = Interval::new(clock.date(first).start, clock.date(next).start);
            full.push(Full { starts, limit: *limit, first: date_of(first), taken: u32::try_from(taken).unwrap_or(u32::MAX) });
        }
    }
}

impl Period {
    /// Its first day, and the first after it, in days since 1970-01-01.
    pub(super) fn around(self, day: i64) -> (i64, i64) {
        match self {
            Self::Day => (day, day + 1),
            Self::Week => {
                // 1970-01-01 was a Thursday.
                let monday = day - (day + 3).rem_euclid(7);
                (monday, monday + 7)
            }
            Self::Month => {
                let date = date_of(day);
                (day_of(date.first_of_month()), day_of(date.last_of_month()) + 1)
            }
        }
    }
}

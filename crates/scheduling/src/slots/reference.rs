//! The slow, obvious engine that the fast one is compared with: it looks at every minute by itself,
//! with jiff's own conversion of each, and knows no intervals.

use jiff::{Timestamp, civil::Date, civil::date, tz::TimeZone};
use uuid::Uuid;

use super::{
    Busy, BusyKind, Found, Horizon, Interval, Limit, MAX_RANGE_DAYS, Measure, Organizer, Period, Query, Room, Scope, Slot, StartGrid,
    WeeklyRule, Weeks, zone::DAY,
};

/// A start with all that is said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub start: i64,
    pub organizers: Vec<usize>,
    pub rooms: Vec<usize>,
    pub seats_left: u32,
    pub session: Option<Uuid>,
}

/// What the fast engine found, in the same form.
pub(super) fn rows(found: &Found) -> Vec<Listed> {
    let one = |(index, slot): (usize, &Slot)| Listed {
        start: slot.start,
        organizers: found.organizers(index).iter().collect(),
        rooms: found.rooms(index).iter().collect(),
        seats_left: slot.seats_left,
        session: slot.session,
    };
    found.slots().iter().enumerate().map(one).collect()
}

/// Needs offsets and a range of whole minutes.
pub(super) fn slots(query: &Query<'_>) -> Vec<Listed> {
    let range = query.range;
    let counts_days = matches!(query.event.horizon, Horizon::DaysWithSlots(_));
    let begin = if counts_days { range.start - (range.start - query.now).max(0) / 60 * 60 } else { range.start };
    let seen = Interval::new(begin, range.end);
    let days: Vec<_> = query.organizers.iter().map(|one| Minutes::of(query, one, seen)).collect();
    let plain = |zone: &TimeZone, weekly| Organizer { zone: zone.clone(), weekly, overrides: Vec::new(), busy: Vec::new() };
    let event = Minutes::of(query, &plain(&query.event.zone, Vec::new()), seen);
    let theirs = query.reasonable_hours.map(|hours| {
        let weekly = (0..7).map(|weekday| WeeklyRule { weekday, weeks: Weeks::Every, window: hours.window }).collect();
        Minutes::of(query, &plain(&hours.zone, weekly), seen)
    });
    let mut found = Vec::new();
    for start in (begin..range.end).step_by(60) {
        let suits = theirs.as_ref().is_none_or(|theirs| theirs.fits(query, start));
        if !is_in_time(query, &event, start) || !suits {
            continue;
        }
        let session = query
            .sessions
            .iter()
            .filter(|session| session.time == Interval::new(start, start + length(query)) && session.taken < query.event.seats)
            .max_by_key(|session| (session.taken, std::cmp::Reverse(session.id)));
        if let Some(session) = session {
            let mut organizers = session.organizers.clone();
            organizers.sort_unstable();
            organizers.dedup();
            let seats_left = query.event.seats - session.taken;
            found.push(Listed { start, organizers, rooms: Vec::new(), seats_left, session: Some(session.id) });
            continue;
        }
        let free: Vec<_> = (0..days.len()).filter(|&one| is_free(query, &query.organizers[one], &days[one], start)).collect();
        let rooms: Vec<_> = (0..query.rooms.len()).filter(|&room| is_room_free(query, &query.rooms[room], start)).collect();
        let on_grid = free.iter().any(|&one| days[one].is_on_grid(start, query));
        let event_bookings: Vec<_> = query.event_bookings.to_vec();
        let full =
            query.event.limits.iter().any(|limit| limit.scope == Scope::Event && is_full(query, limit, &event, &event_bookings, start));
        if free.len() >= query.needed && rooms.len() >= query.rooms_needed && on_grid && !full {
            found.push(Listed { start, organizers: free, rooms, seats_left: query.event.seats, session: None });
        }
    }
    if let Horizon::DaysWithSlots(count) = query.event.horizon {
        let mut dates: Vec<_> = found.iter().map(|slot| event.date_at(slot.start)).collect();
        dates.dedup();
        dates.truncate(count as usize);
        found.retain(|slot| slot.start >= range.start && dates.contains(&event.date_at(slot.start)));
    }
    found
}

fn length(query: &Query<'_>) -> i64 {
    i64::from(query.event.duration_minutes) * 60
}

struct Minutes {
    first: i64,
    /// Minutes since 1970-01-01T00:00 on the wall clock.
    wall: Vec<i64>,
    /// Latest date shown so far.
    date: Vec<i64>,
    open: Vec<bool>,
    anchor: Vec<usize>,
}

impl Minutes {
    fn of(query: &Query<'_>, organizer: &Organizer, seen: Interval) -> Self {
        let first = seen.start - 6 * DAY;
        let end = seen.end + length(query) + 4 * DAY;
        let wall: Vec<i64> = (first..end)
            .step_by(60)
            .map(|second| {
                let shown = organizer.zone.to_datetime(Timestamp::from_second(second).unwrap());
                shown.duration_since(date(1970, 1, 1).at(0, 0, 0, 0)).as_secs() / 60
            })
            .collect();
        let date: Vec<i64> = wall
            .iter()
            .scan(i64::MIN, |latest, minute| {
                *latest = minute.div_euclid(1440).max(*latest);
                Some(*latest)
            })
            .collect();
        let mut open = vec![false; wall.len()];
        for day in date[0] + 1..*date.last().unwrap() {
            for (from, to) in windows(organizer, day) {
                let begin = wall.iter().position(|&minute| minute >= day * 1440 + from).unwrap();
                let last = wall.iter().rposition(|&minute| minute < day * 1440 + to).unwrap();
                (begin..=last).for_each(|minute| open[minute] = true);
            }
        }
        let mut minutes = Self { first, wall, date, open, anchor: Vec::new() };
        let startable: Vec<_> = match query.event.start_grid {
            StartGrid::Window => vec![false; minutes.wall.len()],
            StartGrid::AfterBusy => (first..end)
                .step_by(60)
                .map(|start| minutes.fits(query, start) && !organizer.busy.iter().any(|busy| clashes(query, busy, start, true)))
                .collect(),
        };
        for minute in 0..minutes.wall.len() {
            let is_new_day = |m: usize| minutes.date[m] != minutes.date[m - 1] && minutes.was_open_on(minutes.date[m] - 1);
            let goes_on = minute > 0 && minutes.open[minute - 1] && !is_new_day(minute);
            let restarts = minute > 0 && startable[minute] && !startable[minute - 1];
            let anchor = if goes_on && !restarts { minutes.anchor[minute - 1] } else { minute };
            minutes.anchor.push(anchor);
        }
        minutes
    }

    fn was_open_on(&self, day: i64) -> bool {
        (0..self.wall.len()).all(|minute| self.date[minute] != day || self.open[minute])
    }

    fn index(&self, instant: i64) -> usize {
        usize::try_from((instant - self.first).div_euclid(60)).unwrap()
    }

    fn date_at(&self, instant: i64) -> i64 {
        self.date[self.index(instant)]
    }

    /// Whether all minutes of a slot are open.
    fn fits(&self, query: &Query<'_>, start: i64) -> bool {
        let at = self.index(start);
        self.open.get(at..at + query.event.duration_minutes as usize).is_some_and(|minutes| minutes.iter().all(|open| *open))
    }

    fn is_on_grid(&self, start: i64, query: &Query<'_>) -> bool {
        let (at, mut anchor) = (self.index(start), self.anchor[self.index(start)]);
        let interval = query.event.interval_minutes as usize;
        if query.event.is_aligned {
            let mark = [60, 30, 20, 15, 10, 5, 1].into_iter().find(|mark| interval.is_multiple_of(*mark as usize)).unwrap();
            anchor += usize::try_from((-self.wall[anchor]).rem_euclid(mark)).unwrap();
        }
        at >= anchor && (at - anchor).is_multiple_of(interval)
    }
}

fn day(number: i64) -> Date {
    date(1970, 1, 1).checked_add(jiff::Span::new().days(number)).unwrap()
}

fn windows(organizer: &Organizer, number: i64) -> Vec<(i64, i64)> {
    let shown = day(number);
    let dated: Vec<_> = organizer.overrides.iter().filter(|dated| dated.date == shown).collect();
    let windows: Vec<_> = if dated.is_empty() {
        let weekday = shown.weekday().to_monday_zero_offset();
        let mut monday = shown;
        while monday.weekday() != jiff::civil::Weekday::Monday {
            monday = monday.yesterday().unwrap();
        }
        let weeks = date(1970, 1, 5).until(monday).unwrap().get_days() / 7;
        let week = if weeks % 2 == 0 { Weeks::A } else { Weeks::B };
        let rules = organizer.weekly.iter().filter(|rule| rule.weekday as i8 == weekday);
        let rules = rules.filter(|rule| rule.weeks == Weeks::Every || rule.weeks == week);
        rules.map(|rule| rule.window).collect()
    } else {
        dated.iter().flat_map(|dated| dated.windows.clone()).collect()
    };
    windows.iter().map(|window| (window.start_minute.into(), window.end_minute.into())).collect()
}

/// Now, the notice and the horizon, as far as it does not count slots.
fn is_in_time(query: &Query<'_>, event: &Minutes, start: i64) -> bool {
    let soon = start <= query.now || start < query.now + i64::from(query.event.minimum_notice_minutes) * 60;
    let shown = day(event.date_at(start));
    let open = match query.event.horizon {
        Horizon::Days(days) => {
            let now = query.event.zone.to_datetime(Timestamp::from_second(query.now).unwrap());
            let today = i64::from(date(1970, 1, 1).until(now.date()).unwrap().get_days());
            event.date_at(start) <= today + i64::from(days)
        }
        Horizon::Dates { first, last } => first <= shown && shown <= last,
        Horizon::DaysWithSlots(_) => start < query.now + MAX_RANGE_DAYS * DAY,
    };
    !soon && open
}

fn is_free(query: &Query<'_>, organizer: &Organizer, minutes: &Minutes, start: i64) -> bool {
    let taken = organizer.busy.iter().any(|busy| clashes(query, busy, start, true));
    let full = query.event.limits.iter().any(|limit| {
        let counted: Vec<_> = organizer
            .busy
            .iter()
            .filter(|busy| match limit.scope {
                Scope::EventOfOrganizer => busy.is_same_event,
                Scope::Organizer => matches!(busy.kind, BusyKind::Booking | BusyKind::Hold),
                Scope::Event => false,
            })
            .map(|busy| busy.time)
            .collect();
        limit.scope != Scope::Event && is_full(query, limit, minutes, &counted, start)
    });
    minutes.fits(query, start) && !taken && !full
}

fn is_room_free(query: &Query<'_>, room: &Room, start: i64) -> bool {
    !room.busy.iter().any(|busy| clashes(query, busy, start, false))
}

fn is_full(query: &Query<'_>, limit: &Limit, minutes: &Minutes, counted: &[Interval], start: i64) -> bool {
    let amount = |minutes: i64| if limit.measure == Measure::Minutes { minutes } else { 1 };
    let period = |number: i64| {
        let shown = day(number);
        match limit.period {
            Period::Day => (0, number),
            Period::Week => (shown.iso_week_date().year().into(), shown.iso_week_date().week().into()),
            Period::Month => (i64::from(shown.year()), shown.month().into()),
        }
    };
    let here = period(minutes.date_at(start));
    let known = |time: &&Interval| time.start >= minutes.first && minutes.index(time.start) < minutes.wall.len();
    let same = counted.iter().filter(known).filter(|time| period(minutes.date_at(time.start)) == here);
    let taken: i64 = same.map(|time| amount((time.end - time.start) / 60)).sum();
    taken + amount(i64::from(query.event.duration_minutes)) > i64::from(limit.most)
}

fn clashes(query: &Query<'_>, busy: &Busy, start: i64, keeps_gap: bool) -> bool {
    let event = query.event;
    let minutes = |count: u32| i64::from(count) * 60;
    let end = start + length(query);
    let from = start - minutes(event.buffer_before_minutes);
    let to = end + minutes(event.buffer_after_minutes);
    match busy.kind {
        BusyKind::Block | BusyKind::Away | BusyKind::NotNeeded | BusyKind::External => from < busy.time.end && busy.time.start < to,
        BusyKind::Booking | BusyKind::Hold => {
            let gap = if keeps_gap { minutes(event.minimum_gap_minutes) } else { 0 };
            let near = start < busy.time.end + gap && busy.time.start - gap < end;
            near || (from < busy.padded.end && busy.padded.start < to)
        }
    }
}

//! One organizer's windows, grid and cuts over a stretch of time, as starts that are left.

use jiff::civil::{Date, date};

use super::{
    Busy, Organizer, Query, StartGrid, Window,
    interval::{Interval, merge, subtract},
    limits::{self, Full},
    seconds,
    zone::{Clock, DAY, timestamp},
};

/// Starts at `anchor`, `anchor + interval`, … before `until`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    /// Where it begins before it is aligned.
    pub from: i64,
    pub anchor: i64,
    pub until: i64,
}

impl Grid {
    /// The first start on the grid at or after `instant`, which may lie behind `until`.
    pub fn at_or_after(self, instant: i64, interval: i64) -> i64 {
        let past = (instant - self.anchor).max(0);
        self.anchor + (past + interval - 1) / interval * interval
    }
}

/// Starts that busy time rules out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    pub starts: Interval,
    /// Index into the busy times.
    pub busy: usize,
}

pub(super) struct Plan {
    pub clock: Clock,
    /// Merged, and complete wherever a slot with a start in the stretch may lie.
    pub windows: Vec<Interval>,
    pub cuts: Vec<Cut>,
    pub full: Vec<Full>,
}

/// Days since 1970-01-01.
pub(super) fn day_of(of: Date) -> i64 {
    of.duration_since(date(1970, 1, 1)).as_secs().div_euclid(DAY)
}

/// The date so many days after 1970-01-01; the last that jiff can hold for one beyond it.
pub(super) fn date_of(day: i64) -> Date {
    // Noon keeps the clamped ends of the range on a date of their own.
    timestamp(day.saturating_mul(DAY).saturating_add(DAY / 2)).to_zoned(jiff::tz::TimeZone::UTC).date()
}

impl Plan {
    /// For starts in `span`.
    pub fn new(query: &Query<'_>, organizer: &Organizer, span: Interval) -> Self {
        let end = span.end + query.duration();
        // The grid at an instant depends on its local date and the one before it, a limit on its whole period.
        let reach = query.reach();
        let clock_span = Interval::new(reach.start.min(span.start - 5 * DAY), reach.end.max(end + 4 * DAY));
        let clock = Clock::new(&organizer.zone, clock_span);
        let (first_day, end_day) = (clock.day(span.start) - 1, clock.day(end) + 1);
        let windows = windows(organizer, &clock, first_day, end_day);

        // A grid that restarts after busy time needs what lies before the span, too.
        let seen = Interval::new(clock.date(first_day).start.min(span.start), span.end);
        let mut cuts = Vec::with_capacity(organizer.busy.len());
        for (index, busy) in organizer.busy.iter().enumerate() {
            let starts = Clearance::of(query, busy).starts(query.duration());
            if !busy.time.is_empty() && starts.overlaps(seen) {
                cuts.push(Cut { starts, busy: index });
            }
        }
        let full = limits::of_organizer(query, &organizer.busy, &clock);
        Self { clock, windows, cuts, full }
    }

    /// The starts of `query` in `span` that this organizer is free for, on the grid or not; those on it are
    /// added to `on_grid` in order.
    pub fn open_starts(query: &Query<'_>, organizer: &Organizer, span: Interval, on_grid: &mut Vec<i64>) -> Vec<Interval> {
        if span.is_empty() {
            return Vec::new();
        }
        let plan = Self::new(query, organizer, span);
        let fitting = plan.fitting(query);
        let clipped: Vec<_> = fitting.iter().map(|starts| starts.clipped(span)).filter(|starts| !starts.is_empty()).collect();
        let mut cuts: Vec<_> = plan.cuts.iter().map(|cut| cut.starts).chain(plan.full.iter().map(|full| full.starts)).collect();
        merge(&mut cuts);
        let open = subtract(&clipped, &cuts);

        let interval = seconds(query.event.interval_minutes);
        let grids = plan.grids(query);
        let mut grids = grids.as_slice();
        for starts in &open {
            let passed = grids.iter().take_while(|grid| grid.until <= starts.start).count();
            grids = &grids[passed..];
            for grid in grids.iter().take_while(|grid| grid.from < starts.end) {
                let until = starts.end.min(grid.until);
                let mut start = grid.at_or_after(starts.start, interval);
                while start < until {
                    on_grid.push(start);
                    start += interval;
                }
            }
        }
        open
    }

    /// For each window the starts whose slots end in it.
    fn fitting(&self, query: &Query<'_>) -> Vec<Interval> {
        let starts = self.windows.iter().map(|window| Interval::new(window.start, window.end - query.duration() + 1));
        starts.filter(|starts| !starts.is_empty()).collect()
    }

    /// All grids, in order and apart.
    pub fn grids(&self, query: &Query<'_>) -> Vec<Grid> {
        let mut grids = Vec::with_capacity(self.windows.len());
        for window in &self.windows {
            self.grids_of(*window, &mut grids);
        }
        if query.event.start_grid == StartGrid::AfterBusy {
            grids = self.restarted(query, &grids);
        }
        if query.event.is_aligned {
            let mark = hour_mark(query.event.interval_minutes);
            for grid in &mut grids {
                let shown = grid.from + self.clock.offset(grid.from);
                grid.anchor = grid.from + (-shown).rem_euclid(mark);
            }
        }
        grids
    }

    /// The grids of a window, in order: one, and another from each midnight that ends a local date
    /// which was open from its first instant to its last.
    fn grids_of(&self, window: Interval, grids: &mut Vec<Grid>) {
        let mut from = window.start;
        for day in self.clock.day(window.start) + 1..=self.clock.day(window.end - 1) {
            let midnight = self.clock.opening(day * DAY);
            if midnight > from && self.clock.opening((day - 1) * DAY) >= window.start {
                grids.push(Grid { from, anchor: from, until: midnight });
                from = midnight;
            }
        }
        grids.push(Grid { from, anchor: from, until: window.end });
    }

    /// The same grids, beginning anew where busy time lets a slot start again.
    fn restarted(&self, query: &Query<'_>, grids: &[Grid]) -> Vec<Grid> {
        let mut cuts: Vec<_> = self.cuts.iter().map(|cut| cut.starts).collect();
        merge(&mut cuts);
        let pieces = subtract(&self.fitting(query), &cuts);
        let mut restarted = Vec::with_capacity(grids.len() + cuts.len());
        let mut next = 0;
        for piece in pieces {
            while grids.get(next).is_some_and(|grid| grid.until <= piece.start) {
                next += 1;
            }
            for grid in grids[next..].iter().take_while(|grid| grid.from < piece.end) {
                let from = grid.from.max(piece.start);
                restarted.push(Grid { from, anchor: from, until: grid.until.min(piece.end) });
            }
        }
        restarted
    }
}

/// The largest of the usual marks of an hour that divides the interval, in seconds.
fn hour_mark(interval_minutes: u32) -> i64 {
    let marks = [60, 30, 20, 15, 10, 5, 1];
    marks.into_iter().find(|mark| interval_minutes.is_multiple_of(*mark)).map_or(60, seconds)
}

/// The organizer's windows on those local dates, merged.
pub(super) fn windows(organizer: &Organizer, clock: &Clock, first_day: i64, last_day: i64) -> Vec<Interval> {
    let mut windows = Vec::with_capacity(64);
    let mut overrides: Vec<_> = organizer.overrides.iter().map(|dated| (day_of(dated.date), dated)).collect();
    overrides.sort_unstable_by_key(|(day, _)| *day);
    let mut overrides = overrides.iter().skip_while(|(day, _)| *day < first_day).peekable();
    for day in first_day..=last_day {
        let mut open = |window: Window| windows.push(window.on(clock, day));
        let mut replaced = false;
        while let Some((_, dated)) = overrides.next_if(|(of, _)| *of == day) {
            replaced = true;
            dated.windows.iter().copied().for_each(&mut open);
        }
        if !replaced {
            // 1970-01-01 was a Thursday.
            let weekday = (day + 3).rem_euclid(7);
            let rules = organizer.weekly.iter().filter(|rule| i64::from(rule.weekday) == weekday && rule.weeks.hold(day));
            rules.map(|rule| rule.window).for_each(&mut open);
        }
    }
    merge(&mut windows);
    windows
}

/// The time around a busy stretch that a slot must keep, for each rule by itself.
pub(super) struct Clearance {
    pub time: Interval,
    /// `time` with its own buffers and those of the new slot, at the sides where they meet.
    pub buffered: Interval,
    /// `time` with the minimum gap.
    pub gapped: Interval,
}

impl Clearance {
    pub fn of(query: &Query<'_>, busy: &Busy) -> Self {
        let gap = if busy.kind.is_meeting() { seconds(query.event.minimum_gap_minutes) } else { 0 };
        Self::with_gap(query, busy, gap)
    }

    /// A room can be used again at once: the gap is the organizers' rest.
    pub fn in_room(query: &Query<'_>, busy: &Busy) -> Self {
        Self::with_gap(query, busy, 0)
    }

    fn with_gap(query: &Query<'_>, busy: &Busy, gap: i64) -> Self {
        let event = query.event;
        let time = busy.time;
        let own = if busy.kind.is_meeting() {
            // A padding that does not cover its meeting would hide part of it.
            Interval::new(time.start.min(busy.padded.start), time.end.max(busy.padded.end))
        } else {
            time
        };
        Self {
            time,
            buffered: Interval::new(
                own.start.saturating_sub(seconds(event.buffer_after_minutes)),
                own.end.saturating_add(seconds(event.buffer_before_minutes)),
            ),
            gapped: Interval::new(time.start.saturating_sub(gap), time.end.saturating_add(gap)),
        }
    }

    /// The starts of slots so long that break one of the rules.
    pub fn starts(&self, duration: i64) -> Interval {
        let kept = Interval::new(self.buffered.start.min(self.gapped.start), self.buffered.end.max(self.gapped.end));
        Interval::new(kept.start.saturating_sub(duration - 1), kept.end)
    }
}

//! One organizer's windows, grid and cuts over a stretch of time, as starts that are left.

use jiff::civil::{Date, date};

use super::{
    Busy, Organizer, Query, Window,
    interval::{Interval, merge, subtract},
    seconds,
    zone::{Clock, DAY, timestamp},
};

/// Starts at `anchor`, `anchor + interval`, … before `until`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
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

/// Starts that cannot be, and why.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    pub starts: Interval,
    pub cause: Cause,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Cause {
    /// Index into the organizer's busy times.
    Busy(usize),
    /// So many bookings on that local date.
    Limit { day: i64, taken: u32 },
}

pub(super) struct Plan {
    pub clock: Clock,
    /// Merged, and complete wherever a slot with a start in the stretch may lie.
    pub windows: Vec<Interval>,
    pub cuts: Vec<Cut>,
    /// First instant after the last local date of the horizon.
    pub horizon: i64,
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
        // The grid at an instant depends on its local date and the one before it.
        let clock = Clock::new(&organizer.zone, Interval::new(span.start - 5 * DAY, end + 4 * DAY));
        let (first_day, end_day) = (clock.day(span.start) - 1, clock.day(end) + 1);

        let today = timestamp(query.now).as_second() + i64::from(organizer.zone.to_offset(timestamp(query.now)).seconds());
        let last_day = today.div_euclid(DAY) + i64::from(query.event.horizon_days);
        let horizon = clock.opening((last_day + 1) * DAY);

        let mut windows = Vec::with_capacity(64);
        let mut overrides: Vec<_> = organizer.overrides.iter().map(|dated| (day_of(dated.date), dated)).collect();
        overrides.sort_unstable_by_key(|(day, _)| *day);
        let mut overrides = overrides.iter().skip_while(|(day, _)| *day < first_day).peekable();
        for day in first_day..=end_day {
            let mut open = |window: Window| {
                windows.push(Interval::new(
                    clock.opening(day * DAY + i64::from(window.start_minute) * 60),
                    clock.closing(day * DAY + i64::from(window.end_minute) * 60),
                ));
            };
            let mut replaced = false;
            while let Some((_, dated)) = overrides.next_if(|(of, _)| *of == day) {
                replaced = true;
                dated.windows.iter().copied().for_each(&mut open);
            }
            if !replaced {
                // 1970-01-01 was a Thursday.
                let weekday = (day + 3).rem_euclid(7);
                let rules = organizer.weekly.iter().filter(|rule| i64::from(rule.weekday) == weekday);
                rules.map(|rule| rule.window).for_each(&mut open);
            }
        }
        merge(&mut windows);

        let mut cuts = Vec::with_capacity(organizer.busy.len() + 8);
        for (index, busy) in organizer.busy.iter().enumerate() {
            let starts = Clearance::of(query, busy).starts(query.duration());
            if !busy.time.is_empty() && starts.overlaps(span) {
                cuts.push(Cut { starts, cause: Cause::Busy(index) });
            }
        }
        if let Some(limit) = query.event.daily_limit {
            limit_cuts(organizer, &clock, limit, &mut cuts);
        }
        Self { clock, windows, cuts, horizon }
    }

    /// The starts of `query` that this organizer is free for, on the grid or not; those on it are
    /// added to `on_grid` in order.
    pub fn open_starts(query: &Query<'_>, organizer: &Organizer, on_grid: &mut Vec<i64>) -> Vec<Interval> {
        let span = Interval::new(query.range.start.max(query.earliest()), query.range.end);
        if span.is_empty() {
            return Vec::new();
        }
        let plan = Self::new(query, organizer, span);
        let span = Interval::new(span.start, span.end.min(plan.horizon));
        let fitting: Vec<_> = plan
            .windows
            .iter()
            .map(|window| Interval::new(window.start, window.end - query.duration() + 1).clipped(span))
            .filter(|starts| !starts.is_empty())
            .collect();
        let mut cuts: Vec<_> = plan.cuts.iter().map(|cut| cut.starts).collect();
        merge(&mut cuts);
        let open = subtract(&fitting, &cuts);

        let interval = seconds(query.event.interval_minutes);
        let mut grids = Vec::with_capacity(plan.windows.len());
        for window in &plan.windows {
            plan.grids(*window, &mut grids);
        }
        let mut grids = grids.as_slice();
        for starts in &open {
            let passed = grids.iter().take_while(|grid| grid.until <= starts.start).count();
            grids = &grids[passed..];
            for grid in grids.iter().take_while(|grid| grid.anchor < starts.end) {
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

    /// The grids of a window, in order: one, and another from each midnight that ends a local date
    /// which was open from its first instant to its last.
    pub fn grids(&self, window: Interval, grids: &mut Vec<Grid>) {
        let mut anchor = window.start;
        for day in self.clock.day(window.start) + 1..=self.clock.day(window.end - 1) {
            let midnight = self.clock.opening(day * DAY);
            if midnight > anchor && self.clock.opening((day - 1) * DAY) >= window.start {
                grids.push(Grid { anchor, until: midnight });
                anchor = midnight;
            }
        }
        grids.push(Grid { anchor, until: window.end });
    }
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
        let event = query.event;
        let time = busy.time;
        let (own, gap) = if busy.kind.is_meeting() {
            // A padding that does not cover its meeting would hide part of it.
            let own = Interval::new(time.start.min(busy.padded.start), time.end.max(busy.padded.end));
            (own, seconds(event.minimum_gap_minutes))
        } else {
            (time, 0)
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
    fn starts(&self, duration: i64) -> Interval {
        let kept = Interval::new(self.buffered.start.min(self.gapped.start), self.buffered.end.max(self.gapped.end));
        Interval::new(kept.start.saturating_sub(duration - 1), kept.end)
    }
}

fn limit_cuts(organizer: &Organizer, clock: &Clock, limit: u32, cuts: &mut Vec<Cut>) {
    let counted = organizer.busy.iter().filter(|busy| busy.counts_to_limit);
    let mut days: Vec<_> = counted.map(|busy| clock.day(busy.time.start)).collect();
    days.sort_unstable();
    for same in days.chunk_by(|a, b| a == b) {
        let taken = u32::try_from(same.len()).unwrap_or(u32::MAX);
        if taken >= limit {
            cuts.push(Cut { starts: clock.date(same[0]), cause: Cause::Limit { day: same[0], taken } });
        }
    }
}

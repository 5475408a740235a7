//! The slow, obvious engine that the fast one is compared with: it looks at every minute by itself,
//! with jiff's own conversion of each, and knows no intervals.

use jiff::{Timestamp, civil::date};

use super::{Busy, BusyKind, Organizer, Query};

/// Starts with the organizers free at each. Needs offsets and a range of whole minutes.
pub(super) fn slots(query: &Query<'_>) -> Vec<(i64, Vec<usize>)> {
    let days: Vec<_> = query.organizers.iter().map(|one| Minutes::of(query, one)).collect();
    let mut found = Vec::new();
    for start in (query.range.start..query.range.end).step_by(60) {
        let free: Vec<_> = (0..days.len()).filter(|&one| is_free(query, &query.organizers[one], &days[one], start)).collect();
        let on_grid = free.iter().any(|&one| days[one].is_on_grid(start, query));
        if free.len() >= query.needed && on_grid {
            found.push((start, free));
        }
    }
    found
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
    fn of(query: &Query<'_>, organizer: &Organizer) -> Self {
        let first = query.range.start - 6 * 86_400;
        let end = query.range.end + i64::from(query.event.duration_minutes) * 60 + 4 * 86_400;
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
        let mut anchor: Vec<usize> = Vec::new();
        for minute in 0..wall.len() {
            let goes_on = minute > 0
                && open[minute - 1]
                && !(date[minute] != date[minute - 1] && (0..wall.len()).all(|m| date[m] != date[minute] - 1 || open[m]));
            anchor.push(if goes_on { anchor[minute - 1] } else { minute });
        }
        Self { first, wall, date, open, anchor }
    }

    fn index(&self, instant: i64) -> usize {
        usize::try_from((instant - self.first).div_euclid(60)).unwrap()
    }

    fn is_on_grid(&self, start: i64, query: &Query<'_>) -> bool {
        let at = self.index(start);
        (at - self.anchor[at]).is_multiple_of(query.event.interval_minutes as usize)
    }
}

fn windows(organizer: &Organizer, day: i64) -> Vec<(i64, i64)> {
    let shown = date(1970, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap();
    let dated: Vec<_> = organizer.overrides.iter().filter(|dated| dated.date == shown).collect();
    let windows: Vec<_> = if dated.is_empty() {
        let weekday = shown.weekday().to_monday_zero_offset();
        let rules = organizer.weekly.iter().filter(|rule| rule.weekday as i8 == weekday);
        rules.map(|rule| rule.window).collect()
    } else {
        dated.iter().flat_map(|dated| dated.windows.clone()).collect()
    };
    windows.iter().map(|window| (window.start_minute.into(), window.end_minute.into())).collect()
}

fn is_free(query: &Query<'_>, organizer: &Organizer, minutes: &Minutes, start: i64) -> bool {
    let event = query.event;
    let at = minutes.index(start);
    let length = event.duration_minutes as usize;
    let fits = (at..at + length).all(|minute| minutes.open[minute]);

    let soon = start <= query.now || start < query.now + i64::from(event.minimum_notice_minutes) * 60;
    let now = organizer.zone.to_datetime(Timestamp::from_second(query.now).unwrap());
    let today = i64::from(date(1970, 1, 1).until(now.date()).unwrap().get_days());
    let far = minutes.date[at] > today + i64::from(event.horizon_days);

    let taken = organizer.busy.iter().any(|busy| clashes(query, busy, start));
    let counted = organizer.busy.iter().filter(|busy| {
        let index = (busy.time.start - minutes.first).div_euclid(60);
        let known = (0..minutes.wall.len() as i64).contains(&index);
        busy.counts_to_limit && known && minutes.date[index as usize] == minutes.date[at]
    });
    let full = event.daily_limit.is_some_and(|limit| counted.count() >= limit as usize);
    fits && !soon && !far && !taken && !full
}

fn clashes(query: &Query<'_>, busy: &Busy, start: i64) -> bool {
    let event = query.event;
    let minutes = |count: u32| i64::from(count) * 60;
    let end = start + minutes(event.duration_minutes);
    let from = start - minutes(event.buffer_before_minutes);
    let to = end + minutes(event.buffer_after_minutes);
    match busy.kind {
        BusyKind::Block | BusyKind::External => from < busy.time.end && busy.time.start < to,
        BusyKind::Booking | BusyKind::Hold => {
            let gap = minutes(event.minimum_gap_minutes);
            let near = start < busy.time.end + gap && busy.time.start - gap < end;
            near || (from < busy.padded.end && busy.padded.start < to)
        }
    }
}

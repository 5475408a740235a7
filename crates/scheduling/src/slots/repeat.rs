//! Blocked times that recur, as instants.

use jiff::civil::{Date, DateTime};
use jiff::{Span, tz::TimeZone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::interval::Interval;
use super::plan::day_of;
use super::zone::{Clock, DAY, timestamp};

/// How often a blocked time comes again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Repeats {
    /// Not at all.
    #[default]
    Never,
    Daily,
    /// On the same day of the week.
    Weekly,
    /// On the same day of the month; months without that day are left out.
    Monthly,
}

impl Repeats {
    /// The longest that such a blocked time may last, in days, so that it ends before it comes again.
    pub(crate) const fn most_days(self) -> i64 {
        match self {
            Self::Never => 731,
            Self::Daily => 1,
            Self::Weekly => 7,
            Self::Monthly => 28,
        }
    }
}

/// The times in `range` of what first takes `first` and then recurs at the same times of the wall clock in `zone`, the last time on
/// `until` where a date is given. The first one stays as it is; of the others, what the clock skips is left out, and of an hour that
/// comes twice both passes are taken, as with windows.
pub fn occurrences(first: Interval, zone: &TimeZone, repeats: Repeats, until: Option<Date>, range: Interval) -> Vec<Interval> {
    let mut found: Vec<_> = [first].into_iter().filter(|first| first.overlaps(range)).collect();
    if repeats == Repeats::Never || first.is_empty() {
        return found;
    }
    let wall = |second| timestamp(second).to_zoned(zone.clone()).datetime();
    let (start, end) = (wall(first.start), wall(first.end));
    let (origin, length) = (day_of(start.date()), day_of(end.date()) - day_of(start.date()));
    let clock =
        Clock::new(zone, Interval::new(range.start.saturating_sub((length + 3) * DAY), range.end.saturating_add((length + 3) * DAY)));
    // Two days cover every zone's date.
    let earliest = day_of(wall(range.start).date()) - length - 2;
    let latest = day_of(wall(range.end).date()) + 2;
    let latest = until.map_or(latest, |until| latest.min(day_of(until)));
    let begins = begins(start.date(), repeats, earliest.max(origin), latest);
    let again = begins.into_iter().filter(|day| *day > origin).map(|day| {
        let at = |day: i64, of: DateTime| day * DAY + of.duration_since(of.date().at(0, 0, 0, 0)).as_secs();
        Interval::new(clock.opening(at(day, start)), clock.closing(at(day + length, end)))
    });
    found.extend(again.filter(|time| !time.is_empty() && time.overlaps(range)));
    found
}

/// The days on which it begins, from `earliest` to `latest`.
fn begins(first: Date, repeats: Repeats, earliest: i64, latest: i64) -> Vec<i64> {
    let origin = day_of(first);
    let step = match repeats {
        Repeats::Never => return Vec::new(),
        Repeats::Daily => 1,
        Repeats::Weekly => 7,
        Repeats::Monthly => {
            // From the month before the earliest day on.
            let skipped = ((earliest - origin) / 31 - 1).max(0);
            let months = (skipped..).map_while(|months| first.first_of_month().checked_add(Span::new().months(months)).ok());
            let months = months.take_while(|month| day_of(*month) <= latest);
            let days = months.filter_map(|month| Date::new(month.year(), month.month(), first.day()).ok()).map(day_of);
            return days.filter(|day| (earliest..=latest).contains(day)).collect();
        }
    };
    let passed = (earliest - origin).max(0);
    let next = origin + (passed + step - 1) / step * step;
    (next..=latest).step_by(usize::try_from(step).unwrap_or(1)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn instant(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().expect("an instant").as_second()
    }

    fn shown(first: (&str, &str), zone: &str, repeats: Repeats, until: Option<Date>, range: (&str, &str)) -> Vec<String> {
        let zone = TimeZone::get(zone).expect("a zone");
        let interval = |(start, end)| Interval::new(instant(start), instant(end));
        let found = occurrences(interval(first), &zone, repeats, until, interval(range));
        found
            .iter()
            .map(|time| format!("{} {}", &timestamp(time.start).to_string()[5..16], &timestamp(time.end).to_string()[5..16]))
            .collect()
    }

    #[test]
    fn the_wall_clock_stays_when_the_clock_changes() {
        // Every day at 02:15 to 03:30 in Amsterdam: an hour of it is skipped on one night, and comes twice on another.
        let first = ("2026-03-27T01:15:00Z", "2026-03-27T02:30:00Z");
        let spring = shown(first, "Europe/Amsterdam", Repeats::Daily, None, ("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z"));
        assert_eq!(spring, ["03-29T01:00 03-29T01:30", "03-30T00:15 03-30T01:30"]);
        let autumn = shown(first, "Europe/Amsterdam", Repeats::Daily, None, ("2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z"));
        assert_eq!(autumn, ["10-25T00:15 10-25T02:30", "10-26T01:15 10-26T02:30"]);
        // One that lies in the skipped hour is left out that day.
        let night = ("2026-03-27T01:10:00Z", "2026-03-27T01:50:00Z");
        let gone = shown(night, "Europe/Amsterdam", Repeats::Daily, None, ("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z"));
        assert_eq!(gone, ["03-30T00:10 03-30T00:50"]);
    }

    #[test]
    fn it_comes_again_each_week_or_month_until_the_last_day() {
        let over_midnight = ("2026-06-05T20:00:00Z", "2026-06-06T04:00:00Z");
        let weekly = shown(
            over_midnight,
            "Europe/Amsterdam",
            Repeats::Weekly,
            Some(jiff::civil::date(2026, 6, 19)),
            ("2026-06-01T00:00:00Z", "2026-08-01T00:00:00Z"),
        );
        assert_eq!(weekly, ["06-05T20:00 06-06T04:00", "06-12T20:00 06-13T04:00", "06-19T20:00 06-20T04:00"]);
        let last_days = ("2026-01-31T09:00:00Z", "2026-01-31T10:00:00Z");
        let monthly = shown(last_days, "UTC", Repeats::Monthly, None, ("2026-02-01T00:00:00Z", "2026-07-31T09:30:00Z"));
        assert_eq!(monthly, ["03-31T09:00 03-31T10:00", "05-31T09:00 05-31T10:00", "07-31T09:00 07-31T10:00"]);
        let once = shown(last_days, "UTC", Repeats::Never, None, ("2026-02-01T00:00:00Z", "2026-07-31T09:30:00Z"));
        assert!(once.is_empty());
    }

    proptest! {
        /// What a slow walk over all days finds, minute by minute: whatever the wall clock shows there is taken.
        #[test]
        fn as_a_walk_over_every_day_has_it(
            zone in prop::sample::select(vec!["Europe/Amsterdam", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo", "UTC"]),
            around in prop::sample::select(vec!["2011-12-30T10:00:00Z", "2018-11-04T03:00:00Z", "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", "2026-04-04T15:00:00Z"]),
            shift in -4000_i64..4000, length in 1_i64..1440, days_before in 0_i64..70,
            repeats in prop::sample::select(vec![Repeats::Daily, Repeats::Weekly, Repeats::Monthly]),
            until in prop::option::of(0_i64..80),
        ) {
            let tz = TimeZone::get(zone).expect("a zone");
            let start = instant(around) + shift * 60 - days_before * DAY;
            let first = Interval::new(start, start + length * 60);
            let range = Interval::new(instant(around) - 2 * DAY, instant(around) + 2 * DAY);
            let wall = |second: i64| timestamp(second).to_zoned(tz.clone()).datetime();
            let (from, to) = (wall(first.start), wall(first.end));
            let until = until.map(|days| from.date().checked_add(Span::new().days(days)).expect("a date"));
            let found = occurrences(first, &tz, repeats, until, range);

            let mut expected = Vec::new();
            let mut date = from.date();
            while date <= wall(range.end).date().checked_add(Span::new().days(1)).expect("a date") {
                let days = from.date().until(date).expect("days").get_days();
                let comes = match repeats {
                    Repeats::Never => false,
                    Repeats::Daily => true,
                    Repeats::Weekly => days % 7 == 0,
                    Repeats::Monthly => date.day() == from.date().day(),
                };
                if days > 0 && comes && until.is_none_or(|until| date <= until) {
                    let opens = date.to_datetime(from.time());
                    let closes = to.checked_add(Span::new().days(days)).expect("a time");
                    // The first minute that shows the start or later, and the last that shows less than the end.
                    let near = instant(&format!("{date}T00:00:00Z"));
                    let minutes: Vec<i64> = (-30 * 60..54 * 60).map(|minute| near + minute * 60).collect();
                    let begin = minutes.iter().find(|at| wall(**at) >= opens).expect("a start");
                    let last = minutes.iter().rev().find(|at| wall(**at) < closes).expect("an end");
                    let time = Interval::new(*begin, last + 60);
                    if !time.is_empty() && time.overlaps(range) {
                        expected.push(time);
                    }
                }
                date = date.tomorrow().expect("a date");
            }
            let again: Vec<_> = found.into_iter().filter(|time| *time != first).collect();
            prop_assert_eq!(again, expected);
        }
    }
}

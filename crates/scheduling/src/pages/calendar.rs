//! One month as weeks, and the free starts of it by their local date.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use platform::time::Timestamp;

/// A month of the years 1 to 9998, so that the months beside it exist too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Month(Date);

impl Month {
    pub fn of(date: Date) -> Option<Self> {
        (1..=9998).contains(&date.year()).then(|| Self(date.first_of_month()))
    }

    /// The month of a date, or the nearest that this type knows.
    pub fn around(date: Date) -> Self {
        Self(date.clamp(Date::constant(1, 1, 1), Date::constant(9998, 12, 31)).first_of_month())
    }

    /// `2026-11`
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let digits = |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return None;
        }
        Self::of(Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?)
    }

    pub fn first(self) -> Date {
        self.0
    }

    pub fn last(self) -> Date {
        self.0.last_of_month()
    }

    pub fn next(self) -> Option<Self> {
        self.last().tomorrow().ok().and_then(Self::of)
    }

    pub fn previous(self) -> Option<Self> {
        self.first().yesterday().ok().and_then(Self::of)
    }

    /// The instants of the month in that zone: from its first midnight to the next month's, or the first moment after
    /// a midnight that the zone skips.
    pub fn instants(self, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        let opening = |date: Date| date.to_zoned(zone.clone()).ok().map(|at| Timestamp::new(at.timestamp()));
        Some((opening(self.first())?, opening(self.last().tomorrow().ok()?)?))
    }

    /// Weeks of seven days; `None` for the days of other months.
    pub fn weeks(self, first_weekday: Weekday) -> Vec<[Option<Date>; 7]> {
        let lead = usize::try_from(first_weekday.until(self.first().weekday())).unwrap_or(0);
        let days = usize::try_from(self.first().days_in_month()).unwrap_or(0);
        let mut weeks = vec![[None; 7]; (lead + days).div_ceil(7)];
        for (place, day) in (lead..).zip(self.first().series(jiff::Span::new().days(1)).take(days)) {
            weeks[place / 7][place % 7] = Some(day);
        }
        weeks
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

/// The weekdays in the order of a week that begins with `first`.
pub(super) fn weekdays(first: Weekday) -> [Weekday; 7] {
    let mut days = [first; 7];
    for (day, next) in days.iter_mut().zip(first.cycle_forward()) {
        *day = next;
    }
    days
}

/// Starts by the date they have in that zone, each in order.
pub(super) fn by_date(starts: &[Timestamp], zone: &TimeZone) -> BTreeMap<Date, Vec<Timestamp>> {
    let mut dates: BTreeMap<Date, Vec<Timestamp>> = BTreeMap::new();
    for start in starts {
        dates.entry(start.in_zone(zone).date()).or_default().push(*start);
    }
    dates
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn grid(month: &str, first: Weekday) -> Vec<String> {
        let weeks = Month::parse(month).expect("a month").weeks(first);
        let cell = |day: &Option<Date>| day.map_or("..".to_owned(), |day| format!("{:02}", day.day()));
        weeks.iter().map(|week| week.iter().map(cell).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn weeks_begin_where_the_language_begins_them() {
        assert_eq!(
            grid("2026-11", Weekday::Monday),
            [
                "..  .. .. .. .. .. 01".replace("  ", " "),
                "02 03 04 05 06 07 08".into(),
                "09 10 11 12 13 14 15".into(),
                "16 17 18 19 20 21 22".into(),
                "23 24 25 26 27 28 29".into(),
                "30 .. .. .. .. .. ..".into()
            ]
        );
        assert_eq!(
            grid("2026-11", Weekday::Sunday),
            ["01 02 03 04 05 06 07", "08 09 10 11 12 13 14", "15 16 17 18 19 20 21", "22 23 24 25 26 27 28", "29 30 .. .. .. .. .."]
        );
        assert_eq!(grid("2027-02", Weekday::Monday).len(), 4);
        assert_eq!(grid("2028-02", Weekday::Saturday).last().map(String::as_str), Some("26 27 28 29 .. .. .."));
        assert_eq!(weekdays(Weekday::Sunday)[..2], [Weekday::Sunday, Weekday::Monday]);
        assert_eq!(weekdays(Weekday::Monday)[6], Weekday::Sunday);
    }

    #[test]
    fn every_day_of_a_month_stands_once_under_its_weekday() {
        for first in Weekday::Monday.cycle_forward().take(7) {
            let names = weekdays(first);
            let mut month = Month::parse("2024-01").expect("a month");
            for _ in 0..48 {
                let days: Vec<_> = month
                    .weeks(first)
                    .into_iter()
                    .flat_map(|week| week.into_iter().enumerate())
                    .filter_map(|(place, day)| Some((place, day?)))
                    .collect();
                assert_eq!(days.len(), usize::try_from(month.first().days_in_month()).expect("positive"));
                assert!(days.iter().all(|(place, day)| names[*place] == day.weekday() && day.first_of_month() == month.first()));
                assert!(days.windows(2).all(|two| two[0].1 < two[1].1));
                month = month.next().expect("in range");
            }
        }
    }

    #[test]
    fn months_from_an_address() {
        for good in ["2026-01", "2026-12", "0001-01", "9998-12"] {
            assert_eq!(Month::parse(good).map(|month| month.to_string()).as_deref(), Some(good));
        }
        for bad in
            ["", "2026", "2026-13", "2026-00", "2026-1", "26-01", "+026-01", "9999-01", "0000-01", "2026-01-01", "abcd-ef", "２０２６-01"]
        {
            assert_eq!(Month::parse(bad), None, "{bad}");
        }
        assert_eq!(Month::parse("0001-01").and_then(Month::previous), None);
        assert_eq!(Month::parse("9998-12").and_then(Month::next), None);
    }

    #[test]
    fn a_month_is_the_one_of_the_viewers_zone() {
        let month = Month::parse("2026-11").expect("a month");
        let (from, to) = month.instants(&platform::time::zone("America/Sao_Paulo").expect("a zone")).expect("in range");
        assert_eq!((from.to_string().as_str(), to.to_string().as_str()), ("2026-11-01T03:00:00Z", "2026-12-01T03:00:00Z"));
        // 2011-12-30 did not exist in Samoa, and Beirut's clock skipped midnight.
        let apia = platform::time::zone("Pacific/Apia").expect("a zone");
        assert!(Month::parse("2011-12").expect("a month").instants(&apia).is_some());
        let starts = ["2026-11-21T02:30:00Z", "2026-11-21T03:00:00Z"].map(|text| text.parse().expect("an instant"));
        let dates = by_date(&starts, &platform::time::zone("America/Sao_Paulo").expect("a zone"));
        assert_eq!(dates.keys().copied().collect::<Vec<_>>(), [date(2026, 11, 20), date(2026, 11, 21)]);
    }
}

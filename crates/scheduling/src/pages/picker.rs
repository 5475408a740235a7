//! The month with its free days, the times of one of them, and the list of zones.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use platform::time::Timestamp;

use super::calendar::{Month, weekdays};
use super::language::{Language, offset, zone_label};
use super::links::{Params, href, instant};
use super::views::{Cell, Day, Head, Link, Picker, Reader, ZoneOption};

// Regions of the tz database: what lies outside are old aliases (`US/Pacific`) and signs that mean their opposite
// (`Etc/GMT+3`). Those are understood in an address, but not offered.
const REGIONS: [&str; 10] = ["Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"];

static ZONES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let names = jiff::tz::db().available().map(|name| name.to_string());
    let offered = |name: &String| name == "UTC" || name.split_once('/').is_some_and(|(region, _)| REGIONS.contains(&region));
    let mut names: Vec<_> = names.filter(offered).filter(|name| platform::time::zone(name).is_ok()).collect();
    names.sort_unstable();
    names.dedup();
    names
});

/// What of an address says which zone, month and day are looked at.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub zone: TimeZone,
    pub zone_name: String,
    pub month: Month,
    /// Nobody chose the month: it may be another one where this has nothing free.
    pub month_is_open: bool,
    pub date: Option<Date>,
    pub notes: Vec<String>,
}

impl View {
    /// What the address asks for; what does not exist is left out and noted.
    pub fn of(params: &Params, language: Language, now: Timestamp, default_zone: &str) -> Self {
        let texts = language.texts();
        let mut notes = Vec::new();
        let (zone, zone_name) = zone_of(params.get("tz"), language, default_zone, &mut notes);
        let today = now.in_zone(&zone).date();
        let date = params.get("date").and_then(|text| {
            let date = parse_date(text);
            if date.is_none() {
                notes.push((texts.no_such_date)(&clipped(text)));
            }
            date
        });
        let month = date.and_then(Month::of).or_else(|| {
            let text = params.get("month")?;
            let month = Month::parse(text);
            if month.is_none() {
                notes.push((texts.no_such_month)(&clipped(text)));
            }
            month
        });
        let month_is_open = month.is_none();
        Self { zone, zone_name, month: month.unwrap_or_else(|| Month::around(today)), month_is_open, date, notes }
    }
}

/// The zone of that name; the default with a note where there is none.
pub(super) fn zone_of(asked: Option<&str>, language: Language, default_zone: &str, notes: &mut Vec<String>) -> (TimeZone, String) {
    if let Some(name) = asked {
        if let Ok(zone) = platform::time::zone(name) {
            return (zone, name.to_owned());
        }
        notes.push((language.texts().unknown_zone)(&clipped(name)));
    }
    match platform::time::zone(default_zone) {
        Ok(zone) => (zone, default_zone.to_owned()),
        Err(_) => (TimeZone::UTC, "UTC".to_owned()),
    }
}

/// `2026-11-21` and nothing else; jiff alone would take a time behind it.
fn parse_date(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse::<Date>().ok()).flatten().filter(|date| Month::of(*date).is_some())
}

fn clipped(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// Everything that one look at an organizer's month needs.
pub(super) struct Look<'a> {
    pub reader: Reader,
    pub view: &'a View,
    pub today: Date,
    /// Of the horizon.
    pub last_day: Date,
    /// The month's free starts by their date in the view's zone.
    pub free: &'a BTreeMap<Date, Vec<Timestamp>>,
    /// Asked for where the month or the chosen day has none.
    pub next_free: Option<Date>,
    /// Where a time leads, relative to the page.
    pub time_path: &'a str,
    pub organizer: &'a str,
}

impl Look<'_> {
    /// The day whose times are shown: the one asked for, else the first free one.
    pub fn chosen(view: &View, free: &BTreeMap<Date, Vec<Timestamp>>) -> Option<Date> {
        view.date.or_else(|| free.keys().next().copied())
    }

    pub fn picker(&self) -> Picker {
        let (view, texts, language) = (self.view, self.reader.texts(), self.reader.language);
        let chosen = Self::chosen(view, self.free);
        let noon = |date: Date| date.at(12, 0, 0, 0).to_zoned(view.zone.clone()).ok();
        let label_day = chosen.unwrap_or_else(|| view.month.first());
        let zone = noon(label_day).map_or_else(|| view.zone_name.clone(), |at| zone_label(&at));
        let (empty, next_free) = match self.next_free {
            Some(date) => (
                (texts.nothing_this_month)(&language.month(view.month.first())),
                Some(self.day_link(date, (texts.next_free)(&language.date(date)))),
            ),
            None => ((texts.nothing_at_all)(self.organizer), None),
        };
        let kept = [
            ("date", view.date.map(|date| date.to_string())),
            ("month", view.date.is_none().then(|| view.month.to_string())),
            ("lang", self.reader.lang().map(str::to_owned)),
        ];
        Picker {
            notes: view.notes.clone(),
            month: language.month_title(view.month.first()),
            previous: self.previous(),
            next: self.next(),
            heads: weekdays(language.first_weekday())
                .map(|day| Head { short: language.weekday_short(day), long: language.weekday(day) })
                .into(),
            weeks: view
                .month
                .weeks(language.first_weekday())
                .iter()
                .map(|week| week.iter().map(|day| self.cell(*day, chosen)).collect())
                .collect(),
            times_in: (texts.times_in)(&zone),
            day: chosen.map(|date| Day { title: language.date_title(date), times: self.times(date) }),
            empty,
            next_free,
            kept: kept.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            zones: zones(&view.zone_name),
        }
    }

    fn cell(&self, day: Option<Date>, chosen: Option<Date>) -> Cell {
        let Some(date) = day else { return Cell::Blank };
        let (day, today) = (date.day(), date == self.today);
        if !self.free.contains_key(&date) {
            return Cell::Taken { day, today };
        }
        let link = self.day_link(date, format!("{}, {}", self.reader.language.date_title(date), self.reader.texts().free));
        Cell::Free { day, href: link.href, label: link.label, chosen: chosen == Some(date), today }
    }

    fn day_link(&self, date: Date, label: String) -> Link {
        let date = date.to_string();
        let address = href("", &[("date", Some(&date)), ("tz", Some(&self.view.zone_name)), ("lang", self.reader.lang())]);
        Link { href: format!("{address}#times"), label }
    }

    fn month_link(&self, month: Month, label: fn(&str) -> String) -> Link {
        let text = month.to_string();
        let address = href("", &[("month", Some(&text)), ("tz", Some(&self.view.zone_name)), ("lang", self.reader.lang())]);
        Link { href: address, label: label(&self.reader.language.month(month.first())) }
    }

    /// Nothing before the present month; from beyond the horizon, back to its last.
    fn previous(&self) -> Option<Link> {
        let (first, last) = (Month::of(self.today)?, Month::of(self.last_day)?);
        let month = self.view.month.previous()?.min(last);
        (month >= first).then(|| self.month_link(month, self.reader.texts().previous_month))
    }

    /// Nothing after the horizon; from before the present month, on to it.
    fn next(&self) -> Option<Link> {
        let (first, last) = (Month::of(self.today)?, Month::of(self.last_day)?);
        let month = self.view.month.next()?.max(first);
        (month <= last).then(|| self.month_link(month, self.reader.texts().next_month))
    }

    fn times(&self, date: Date) -> Vec<Link> {
        let starts = self.free.get(&date).map(Vec::as_slice).unwrap_or_default();
        let local: Vec<_> = starts.iter().map(|start| start.in_zone(&self.view.zone)).collect();
        let link = |(start, at): (&Timestamp, &jiff::Zoned)| {
            // The hour that comes twice when the clock goes back.
            let twice = local.iter().filter(|other| other.time() == at.time()).count() > 1;
            let time = self.reader.language.time(at.time());
            let pairs = [
                ("start", Some(instant(*start))),
                ("tz", Some(self.view.zone_name.clone())),
                ("lang", self.reader.lang().map(str::to_owned)),
            ];
            let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_deref())).collect();
            Link { href: href(self.time_path, &pairs), label: if twice { format!("{time} ({})", offset(at)) } else { time } }
        };
        starts.iter().zip(&local).map(link).collect()
    }
}

/// The zones that are offered, with the chosen one even where it is not.
fn zones(chosen: &str) -> Vec<ZoneOption> {
    let option = |name: &str| ZoneOption { name: name.to_owned(), chosen: name == chosen, spaced: name.contains('_') };
    let extra = (!ZONES.iter().any(|name| name == chosen)).then(|| option(chosen));
    extra.into_iter().chain(ZONES.iter().map(|name| option(name))).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::calendar::by_date;
    use super::super::links::tests::params;
    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T15:00:00Z".parse().expect("an instant")
    }

    fn view(query: &str) -> View {
        View::of(&params(query), Language::En, now(), "Europe/Amsterdam")
    }

    fn look(view: &View, free: &[&str], next_free: Option<Date>) -> Picker {
        let starts: Vec<_> = free.iter().map(|text| text.parse().expect("an instant")).collect();
        let free = by_date(&starts, &view.zone);
        let reader = Reader { language: Language::En, explicit: true };
        Look {
            reader,
            view,
            today: date(2026, 11, 21),
            last_day: date(2027, 1, 20),
            free: &free,
            next_free,
            time_path: "intro/book",
            organizer: "Ana",
        }
        .picker()
    }

    #[test]
    fn the_zones_offered_are_all_known_and_many() {
        assert!(ZONES.len() > 400, "{}", ZONES.len());
        for name in ["UTC", "America/Sao_Paulo", "Europe/Amsterdam", "Asia/Kolkata", "Pacific/Apia"] {
            assert!(ZONES.iter().any(|zone| zone == name), "{name}");
        }
        assert!(zones("US/Pacific").iter().any(|zone| zone.chosen && zone.name == "US/Pacific"));
        assert_eq!(zones("Europe/Amsterdam").iter().filter(|zone| zone.chosen).count(), 1);
    }

    #[test]
    fn what_does_not_exist_is_noted_and_left_out() {
        let seen = view("tz=Mars/Olympus&date=2026-02-30&month=2026-13");
        assert_eq!((seen.zone_name.as_str(), seen.date, seen.month.to_string().as_str()), ("Europe/Amsterdam", None, "2026-11"));
        assert_eq!(seen.notes.len(), 3);
        assert!(seen.notes[0].contains("Mars/Olympus") && seen.notes[1].contains("2026-02-30") && seen.notes[2].contains("2026-13"));
        for bad in ["2026-11-21T10:00", "0000-01-01", "9999-12-31", "-2026-1-1", "20261121"] {
            assert_eq!(view(&format!("date={bad}")).date, None, "{bad}");
        }
        let seen = view("tz=America/Sao_Paulo&date=2026-12-24");
        assert_eq!(
            (seen.zone_name.as_str(), seen.date, seen.month.to_string().as_str()),
            ("America/Sao_Paulo", Some(date(2026, 12, 24)), "2026-12")
        );
        assert!(seen.notes.is_empty());
    }

    #[test]
    fn a_day_is_the_one_of_the_viewers_zone() {
        // New Year's Eve in São Paulo is still New Year's Day's small hours in Amsterdam.
        let instant: Timestamp = "2027-01-01T01:30:00Z".parse().expect("an instant");
        let at = |tz| View::of(&params(tz), Language::En, instant, "Europe/Amsterdam").month.to_string();
        assert_eq!((at("tz=America/Sao_Paulo"), at("")), ("2026-12".into(), "2027-01".into()));
    }

    #[test]
    fn free_days_are_linked_and_the_first_is_shown() {
        let picker = look(&view(""), &["2026-11-23T08:00:00Z", "2026-11-23T08:30:00Z", "2026-11-25T08:00:00Z"], None);
        let free: Vec<_> = picker
            .weeks
            .iter()
            .flatten()
            .filter_map(|cell| if let Cell::Free { day, chosen, href, .. } = cell { Some((*day, *chosen, href.as_str())) } else { None })
            .collect();
        assert_eq!(
            free,
            [
                (23, true, "?date=2026-11-23&tz=Europe/Amsterdam&lang=en#times"),
                (25, false, "?date=2026-11-25&tz=Europe/Amsterdam&lang=en#times")
            ]
        );
        let day = picker.day.expect("a day");
        assert_eq!(day.title, "Monday, November 23, 2026");
        assert_eq!(day.times.iter().map(|link| link.label.as_str()).collect::<Vec<_>>(), ["9:00\u{a0}AM", "9:30\u{a0}AM"]);
        assert_eq!(day.times[0].href, "intro/book?start=2026-11-23T08:00Z&tz=Europe/Amsterdam&lang=en");
        assert_eq!(picker.times_in, "Times in Europe/Amsterdam (UTC+1)");
    }

    #[test]
    fn an_hour_that_comes_twice_is_told_apart() {
        let picker = look(&view("date=2027-10-31"), &["2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z", "2027-10-31T02:30:00Z"], None);
        let labels: Vec<_> = picker.day.expect("a day").times.into_iter().map(|link| link.label).collect();
        assert_eq!(labels, ["2:30\u{a0}AM (UTC+2)", "2:30\u{a0}AM (UTC+1)", "3:30\u{a0}AM"]);
    }

    #[test]
    fn months_stop_at_the_present_and_at_the_horizon() {
        let around = |query: &str| {
            let picker = look(&view(query), &[], None);
            let month = |link: Option<Link>| link.map(|link| params(&link.href[1..]).get("month").unwrap_or_default().to_owned());
            (month(picker.previous), month(picker.next))
        };
        assert_eq!(around(""), (None, Some("2026-12".into())));
        assert_eq!(around("month=2026-12"), (Some("2026-11".into()), Some("2027-01".into())));
        assert_eq!(around("month=2027-01"), (Some("2026-12".into()), None));
        assert_eq!(around("month=2030-06"), (Some("2027-01".into()), None));
        assert_eq!(around("month=2020-06"), (None, Some("2026-11".into())));
        assert_eq!(around("month=9998-12"), (Some("2027-01".into()), None));
        assert_eq!(around("month=0001-01"), (None, Some("2026-11".into())));
    }

    #[test]
    fn an_empty_month_says_when_the_next_free_day_is() {
        let picker = look(&view(""), &[], Some(date(2026, 12, 1)));
        assert!(picker.day.is_none());
        assert_eq!(picker.empty, "No free times in November 2026.");
        assert_eq!(picker.next_free.expect("a link").label, "Next free day: Tuesday, December 1, 2026");
        let never = look(&view(""), &[], None);
        assert_eq!(never.empty, "Ana has no free times at the moment. Please look again later.");
    }
}

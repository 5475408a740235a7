//! The language of a page: how it is chosen, and how it writes dates, times and lengths.

use jiff::Zoned;
use jiff::civil::{Date, Time, Weekday};

use super::texts::{EN, NL, PT_BR, Texts};

/// A language that has a catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    En,
    PtBr,
    Nl,
}

impl Language {
    pub const ALL: [Self; 3] = [Self::En, Self::PtBr, Self::Nl];

    /// The BCP 47 tag, which is also the stored locale.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::PtBr => "pt-BR",
            Self::Nl => "nl",
        }
    }

    /// What its speakers call it.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::PtBr => "Português",
            Self::Nl => "Nederlands",
        }
    }

    pub fn texts(self) -> &'static Texts {
        match self {
            Self::En => &EN,
            Self::PtBr => &PT_BR,
            Self::Nl => &NL,
        }
    }

    /// Any spelling of a tag of that language: Portuguese of elsewhere is nearer to Brazil's than English is.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        match primary.as_str() {
            "en" => Some(Self::En),
            "pt" => Some(Self::PtBr),
            "nl" => Some(Self::Nl),
            _ => None,
        }
    }

    /// The best of an Accept-Language header (RFC 9110, 12.5.4); English where none is known.
    pub fn of_header(header: &str) -> Self {
        let mut best = (0.0_f32, Self::En);
        for range in header.split(',').take(32) {
            let mut parts = range.split(';').map(str::trim);
            let Some(language) = parts.next().and_then(Self::of_tag) else { continue };
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse).unwrap_or(0.0);
            // The first of equals wins.
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }

    pub const fn first_weekday(self) -> Weekday {
        match self {
            Self::En | Self::PtBr => Weekday::Sunday,
            Self::Nl => Weekday::Monday,
        }
    }

    pub fn weekday(self, weekday: Weekday) -> &'static str {
        word(&self.texts().weekdays, weekday.to_monday_zero_offset())
    }

    pub fn weekday_short(self, weekday: Weekday) -> &'static str {
        word(&self.texts().weekdays_short, weekday.to_monday_zero_offset())
    }

    /// `Saturday, November 21, 2026`
    pub fn date(self, date: Date) -> String {
        let (weekday, month) = (self.weekday(date.weekday()), word(&self.texts().months, date.month() - 1));
        let (day, year) = (date.day(), date.year());
        match self {
            Self::En => format!("{weekday}, {month} {day}, {year}"),
            Self::PtBr => format!("{weekday}, {day} de {month} de {year}"),
            Self::Nl => format!("{weekday} {day} {month} {year}"),
        }
    }

    /// `Sat, Nov 21`
    pub fn date_short(self, date: Date) -> String {
        let (weekday, month) = (self.weekday_short(date.weekday()), word(&self.texts().months_short, date.month() - 1));
        let day = date.day();
        match self {
            Self::En => format!("{weekday}, {month} {day}"),
            Self::PtBr => format!("{weekday} {day} {month}"),
            Self::Nl => format!("{weekday} {day} {month}"),
        }
    }

    /// [`Language::date`] where it begins a line.
    pub fn date_title(self, date: Date) -> String {
        capitalized(&self.date(date))
    }

    /// [`Language::month`] where it begins a line.
    pub fn month_title(self, date: Date) -> String {
        capitalized(&self.month(date))
    }

    /// `November 2026`
    pub fn month(self, date: Date) -> String {
        let (month, year) = (word(&self.texts().months, date.month() - 1), date.year());
        match self {
            Self::En | Self::Nl => format!("{month} {year}"),
            Self::PtBr => format!("{month} de {year}"),
        }
    }

    /// `3:00 PM`, or `15:00` where the day has 24 hours.
    pub fn time(self, time: Time) -> String {
        let (hour, minute) = (time.hour(), time.minute());
        match self {
            Self::En => {
                let half = if hour < 12 { "AM" } else { "PM" };
                let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
                format!("{hour}:{minute:02}\u{a0}{half}")
            }
            Self::PtBr | Self::Nl => format!("{hour:02}:{minute:02}"),
        }
    }

    /// `Saturday, November 21, 2026, 3:00 PM – 3:30 PM`; with the second date where the end falls on another.
    pub fn span(self, start: &Zoned, end: &Zoned) -> String {
        format!("{}, {}", self.date_title(start.date()), self.hours(start, end))
    }

    /// [`Self::span`] for a page, where a narrow line may end in it: between date and hours, not within the hours.
    pub fn page_span(self, start: &Zoned, end: &Zoned) -> String {
        format!("{}, {}", self.date_title(start.date()), self.page_hours(start, end))
    }

    /// [`Self::hours`] in one piece, unless a second date makes it long.
    pub fn page_hours(self, start: &Zoned, end: &Zoned) -> String {
        let hours = self.hours(start, end);
        if start.date() == end.date() { hours.replace(' ', "\u{a0}") } else { hours }
    }

    /// `3:00 PM – 3:30 PM`
    pub fn hours(self, start: &Zoned, end: &Zoned) -> String {
        let until = self.time(end.time());
        if start.date() == end.date() {
            format!("{} – {until}", self.time(start.time()))
        } else {
            format!("{} – {}, {until}", self.time(start.time()), self.date_short(end.date()))
        }
    }

    /// `1 hr 30 min`
    pub fn duration(self, minutes: i64) -> String {
        let texts = self.texts();
        match (minutes / 60, minutes % 60) {
            (0, rest) => format!("{rest}\u{a0}{}", texts.minute),
            (hours, 0) => format!("{hours}\u{a0}{}", texts.hour),
            (hours, rest) => format!("{hours}\u{a0}{} {rest}\u{a0}{}", texts.hour, texts.minute),
        }
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

fn word(words: &[&'static str], index: i8) -> &'static str {
    usize::try_from(index).ok().and_then(|index| words.get(index)).copied().unwrap_or_default()
}

/// `UTC−3`, `UTC+5:30`, with a real minus sign.
pub(crate) fn offset(at: &Zoned) -> String {
    let seconds = at.offset().seconds();
    let (sign, minutes) = (if seconds < 0 { '−' } else { '+' }, seconds.unsigned_abs() / 60);
    match (minutes / 60, minutes % 60) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, rest) => format!("UTC{sign}{hours}:{rest:02}"),
    }
}

/// `America/Sao Paulo (UTC−3)`, with the offset in force at that instant.
pub(crate) fn zone_label(at: &Zoned) -> String {
    let name = at.time_zone().iana_name().unwrap_or("UTC").replace('_', " ");
    let offset = offset(at);
    if name == offset { name } else { format!("{name} ({offset})") }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_header_chooses_by_weight() {
        for (header, expected) in [
            ("", Language::En),
            ("de-DE,de;q=0.9", Language::En),
            ("de, nl;q=0.7, en;q=0.3", Language::Nl),
            ("en-US,en;q=0.9,pt-BR;q=0.95", Language::En),
            ("en;q=0.1, pt;q=0.2", Language::PtBr),
            ("pt-PT", Language::PtBr),
            ("nl_BE", Language::Nl),
            ("nl;q=0, pt;q=0.1", Language::PtBr),
            ("nl;q=abc", Language::En),
            ("*", Language::En),
            (";;;,,,q=1", Language::En),
        ] {
            assert_eq!(Language::of_header(header), expected, "{header}");
        }
    }

    #[test]
    fn every_locale_that_is_stored_has_a_catalogue() {
        for tag in platform::text::LOCALES {
            assert_eq!(Language::of_tag(tag).map(Language::tag), Some(tag));
        }
        assert_eq!(Language::ALL.len(), platform::text::LOCALES.len());
    }

    #[test]
    fn dates_as_the_language_writes_them() {
        let day = date(2026, 11, 21);
        let written = Language::ALL.map(|language| (language.date(day), language.date_short(day), language.month(day)));
        let expected = [
            ("Saturday, November 21, 2026", "Sat, Nov 21", "November 2026"),
            ("sábado, 21 de novembro de 2026", "sáb. 21 nov.", "novembro de 2026"),
            ("zaterdag 21 november 2026", "za 21 nov", "november 2026"),
        ];
        assert_eq!(written, expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    }

    #[test]
    fn times_and_lengths() {
        let times = [(0, 5), (9, 30), (12, 0), (15, 0)].map(|(hour, minute)| jiff::civil::time(hour, minute, 0, 0));
        assert_eq!(times.map(|t| Language::En.time(t)), ["12:05\u{a0}AM", "9:30\u{a0}AM", "12:00\u{a0}PM", "3:00\u{a0}PM"]);
        assert_eq!(times.map(|t| Language::PtBr.time(t)), ["00:05", "09:30", "12:00", "15:00"]);
        assert_eq!(times.map(|t| Language::Nl.time(t)), ["00:05", "09:30", "12:00", "15:00"]);
        assert_eq!([30, 60, 90].map(|m| Language::Nl.duration(m)), ["30\u{a0}min", "1\u{a0}uur", "1\u{a0}uur 30\u{a0}min"]);
        assert_eq!(Language::En.duration(1440), "24\u{a0}hr");
    }

    fn at(text: &str) -> Zoned {
        text.parse().expect("an instant with a zone")
    }

    #[test]
    fn a_span_over_midnight_names_both_days() {
        let (start, end) = (at("2026-11-21T23:30[Europe/Amsterdam]"), at("2026-11-22T00:30[Europe/Amsterdam]"));
        assert_eq!(Language::Nl.span(&start, &end), "Zaterdag 21 november 2026, 23:30 – zo 22 nov, 00:30");
        assert_eq!(Language::Nl.page_span(&start, &end), "Zaterdag 21 november 2026, 23:30 – zo 22 nov, 00:30");
        assert_eq!(Language::Nl.page_span(&start, &start), "Zaterdag 21 november 2026, 23:30\u{a0}–\u{a0}23:30");
        assert_eq!(Language::Nl.hours(&start, &start), "23:30 – 23:30");
    }

    #[test]
    fn zones_with_their_offset() {
        for (instant, expected) in [
            ("2026-11-21T12:00[America/Sao_Paulo]", "America/Sao Paulo (UTC−3)"),
            ("2026-11-21T12:00[Asia/Kolkata]", "Asia/Kolkata (UTC+5:30)"),
            ("2026-07-01T12:00[America/St_Johns]", "America/St Johns (UTC−2:30)"),
            ("2026-07-01T12:00[Europe/Amsterdam]", "Europe/Amsterdam (UTC+2)"),
            ("2026-11-21T12:00[UTC]", "UTC"),
        ] {
            assert_eq!(zone_label(&at(instant)), expected);
        }
    }

    #[test]
    fn no_text_of_a_catalogue_is_empty_or_shouts() {
        for language in Language::ALL {
            let t = language.texts();
            let words = t.months.iter().chain(&t.months_short).chain(&t.weekdays).chain(&t.weekdays_short);
            assert!(words.clone().all(|word| !word.is_empty()));
            let sentences =
                [t.confirmed, t.cancelled, t.taken, t.not_found, t.no_event_types, t.overloaded, t.failed, t.malformed, t.keep_link];
            for text in sentences.iter().chain(words) {
                assert!(!text.contains('!') && text.trim() == *text, "{text}");
            }
        }
    }
}

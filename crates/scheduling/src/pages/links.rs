//! Query strings: what an address says, and the addresses that pages link to.

use std::convert::Infallible;
use std::fmt::Write as _;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use platform::time::Timestamp;

/// The query string, of which pages take what they understand and leave the rest.
#[derive(Clone, Debug, Default)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    pub fn all(&self) -> &[(String, String)] {
        &self.0
    }

    /// The first value of that name that is not blank.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, value)| given == name && !value.trim().is_empty()).map(|(_, value)| value.trim())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).map(|query| Self(query.0)).unwrap_or_default())
    }
}

/// `path?name=value&…`, without the pairs that have no value. An empty path keeps that of the page.
pub(super) fn href(path: &str, pairs: &[(&str, Option<&str>)]) -> String {
    let mut address = path.to_owned();
    let mut mark = '?';
    for (name, value) in pairs {
        if let Some(value) = value {
            let _ = write!(address, "{mark}{name}=");
            encode(&mut address, value);
            mark = '&';
        }
    }
    address
}

fn encode(to: &mut String, value: &str) {
    for byte in value.bytes() {
        // RFC 3986, 3.4: a query may hold `/` and `:` as they are, which keeps zones and times readable.
        if byte.is_ascii_alphanumeric() || b"-._~/:".contains(&byte) {
            to.push(char::from(byte));
        } else {
            let _ = write!(to, "%{byte:02X}");
        }
    }
}

/// `2026-11-21T15:00Z`: an instant as short as it can be.
pub(super) fn instant(at: Timestamp) -> String {
    let full = at.to_string();
    full.strip_suffix(":00Z").map_or_else(|| full.clone(), |minutes| format!("{minutes}Z"))
}

/// What a calendar is told. The manage link stays out: it is a secret, and these addresses go to other companies.
pub(super) struct CalendarEntry<'a> {
    pub title: &'a str,
    pub location: &'a str,
    pub start: Timestamp,
    pub end: Timestamp,
}

impl CalendarEntry<'_> {
    pub fn google(&self) -> String {
        let basic = |at: Timestamp| at.to_jiff().strftime("%Y%m%dT%H%M%SZ").to_string();
        let dates = format!("{}/{}", basic(self.start), basic(self.end));
        href(
            "https://calendar.google.com/calendar/render",
            &[("action", Some("TEMPLATE")), ("text", Some(self.title)), ("dates", Some(&dates)), ("location", self.place())],
        )
    }

    pub fn outlook(&self) -> String {
        let (start, end) = (self.start.to_string(), self.end.to_string());
        href(
            "https://outlook.live.com/calendar/0/deeplink/compose",
            &[
                ("path", Some("/calendar/action/compose")),
                ("rru", Some("addevent")),
                ("subject", Some(self.title)),
                ("startdt", Some(&start)),
                ("enddt", Some(&end)),
                ("location", self.place()),
            ],
        )
    }

    fn place(&self) -> Option<&str> {
        Some(self.location).filter(|place| !place.is_empty())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn params(query: &str) -> Params {
        let uri = format!("http://localhost/b/ana?{query}").parse().expect("an address");
        Params(axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri).expect("pairs").0)
    }

    #[test]
    fn what_is_written_reads_back() {
        for value in ["America/Sao_Paulo", "Etc/GMT+3", "a b&c=d#e%20\"<é漢🙂", "2026-11-21T15:00Z"] {
            let address = href("", &[("none", None), ("x", Some(value)), ("y", Some("1"))]);
            let read = params(address.strip_prefix('?').expect("a query"));
            assert_eq!((read.get("x"), read.get("y"), read.get("none")), (Some(value), Some("1"), None));
        }
        assert_eq!(href("/b/ana", &[("lang", None)]), "/b/ana");
    }

    #[test]
    fn the_first_value_counts_and_blank_is_none() {
        let read = params("tz=&tz=UTC&tz=Europe/Paris&lang=%20");
        assert_eq!((read.get("tz"), read.get("lang")), (Some("UTC"), None));
    }

    #[test]
    fn instants_read_back() {
        for text in ["2026-11-21T15:00:00Z", "2026-11-21T15:00:30Z", "2026-11-21T15:00:00.5Z"] {
            let at: Timestamp = text.parse().expect("an instant");
            assert_eq!(instant(at).parse::<Timestamp>().expect("an instant"), at);
        }
        assert_eq!(instant("2026-11-21T15:00:00Z".parse().expect("an instant")), "2026-11-21T15:00Z");
    }

    #[test]
    fn calendars_are_told_what_and_when() {
        let (start, end) = ("2026-11-21T15:00:00Z".parse().expect("an instant"), "2026-11-21T15:30:00Z".parse().expect("an instant"));
        let entry = CalendarEntry { title: "Intro & more", location: "", start, end };
        assert_eq!(
            entry.google(),
            "https://calendar.google.com/calendar/render?action=TEMPLATE&text=Intro%20%26%20more&dates=20261121T150000Z/20261121T153000Z"
        );
        assert!(entry.outlook().contains("&startdt=2026-11-21T15:00:00Z&enddt=2026-11-21T15:30:00Z"));
    }
}

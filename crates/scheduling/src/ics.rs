//! One booking as an iCalendar file for a mail (RFC 5545), to ask for it or to call it off (RFC 5546).
//!
//! Written here and not by a crate: of those looked at, `icalendar` 0.17 lets line breaks through in
//! parameters and URIs, and `calcard` 0.3 escapes commas in URIs and double quotes in parameters,
//! which the RFC forbids. Names and notes come from strangers, so each value is made safe in the one
//! place that writes its type.

use std::fmt::Write as _;

use jiff::Timestamp;

// RFC 5545, 3.1: without the line break.
const LINE_OCTETS: usize = 75;

/// What the file asks the reader's calendar to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Enter the booking, or bring it up to date where the sequence is higher.
    Request,
    /// Take it out.
    Cancel,
}

impl Method {
    /// The media type for the mail's part; RFC 6047 wants the method named in it too.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Request => "text/calendar; charset=utf-8; method=REQUEST",
            Self::Cancel => "text/calendar; charset=utf-8; method=CANCEL",
        }
    }
}

/// Somebody with a name to show and an e-mail address.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// Without one the address is shown.
    pub name: &'a str,
    /// As in a mail header, without angle brackets.
    pub email: &'a str,
}

/// Whether an attendee comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Participation {
    /// Has not said.
    NeedsAction,
    /// Comes; the invitee who made the booking does.
    Accepted,
    /// Does not come.
    Declined,
    /// Perhaps.
    Tentative,
}

/// Somebody invited.
#[derive(Clone, Copy, Debug)]
pub struct Attendee<'a> {
    /// Who.
    pub person: Person<'a>,
    /// Their answer so far.
    pub participation: Participation,
    /// Whether their calendar shall ask them; left out of a cancellation.
    pub rsvp: bool,
}

/// All that one file says about a booking.
#[derive(Clone, Copy, Debug)]
pub struct Invitation<'a> {
    /// What to do with it.
    pub method: Method,
    /// Whether the organizer has yet to say yes.
    pub is_tentative: bool,
    /// The same for all files about the booking, and unique in the world.
    pub uid: &'a str,
    /// 0 at first, higher with each change of time or place, and with the cancellation.
    pub sequence: u32,
    /// When this file was made.
    pub stamp: Timestamp,
    /// Start of the booking.
    pub start: Timestamp,
    /// End of the booking, later than the start.
    pub end: Timestamp,
    /// One line.
    pub summary: &'a str,
    /// May have several lines.
    pub description: Option<&'a str>,
    /// A place, phone number or meeting link.
    pub location: Option<&'a str>,
    /// Where the booking can be seen or changed.
    pub url: Option<&'a str>,
    /// Who offers the booking.
    pub organizer: Person<'a>,
    /// One at least: a request without any is not valid.
    pub attendees: &'a [Attendee<'a>],
    /// Lead of an alarm; none is written into a cancellation.
    pub alarm_minutes: Option<u32>,
}

/// The file, with CRLF line ends, in UTF-8 without a byte order mark.
pub fn write(invitation: &Invitation<'_>) -> String {
    let Invitation { method, uid, sequence, stamp, start, end, .. } = *invitation;
    let (method_name, status) = match method {
        Method::Request if invitation.is_tentative => ("REQUEST", "TENTATIVE"),
        Method::Request => ("REQUEST", "CONFIRMED"),
        Method::Cancel => ("CANCEL", "CANCELLED"),
    };
    let mut file = File(String::with_capacity(1024));
    file.line("BEGIN:VCALENDAR");
    file.line("VERSION:2.0");
    file.line("PRODID:-//Atrium//Scheduling//EN");
    file.line("CALSCALE:GREGORIAN");
    file.line(&format!("METHOD:{method_name}"));
    file.line("BEGIN:VEVENT");
    file.text("UID", uid);
    file.line(&format!("SEQUENCE:{sequence}"));
    for (name, at) in [("DTSTAMP", stamp), ("DTSTART", start), ("DTEND", end)] {
        file.line(&format!("{name}:{}", at.strftime("%Y%m%dT%H%M%SZ")));
    }
    file.text("SUMMARY", invitation.summary);
    for (name, text) in [("DESCRIPTION", invitation.description), ("LOCATION", invitation.location)] {
        if let Some(text) = text {
            file.text(name, text);
        }
    }
    if let Some(url) = invitation.url {
        file.line(&format!("URL:{}", uri(url)));
    }
    file.line(&format!("STATUS:{status}"));
    file.line("TRANSP:OPAQUE");
    let Person { name, email } = invitation.organizer;
    file.line(&format!("ORGANIZER{}:{}", common_name(name), mailto(email)));
    for attendee in invitation.attendees {
        file.attendee(attendee, method);
    }
    if let (Method::Request, Some(minutes)) = (method, invitation.alarm_minutes) {
        file.line("BEGIN:VALARM");
        file.line("ACTION:DISPLAY");
        file.text("DESCRIPTION", invitation.summary);
        file.line(&format!("TRIGGER:-PT{minutes}M"));
        file.line("END:VALARM");
    }
    file.line("END:VEVENT");
    file.line("END:VCALENDAR");
    file.0
}

struct File(String);

impl File {
    /// Writes a content line, folded between characters.
    fn line(&mut self, line: &str) {
        let mut octets = 0;
        for character in line.chars() {
            if octets + character.len_utf8() > LINE_OCTETS {
                self.0.push_str("\r\n ");
                octets = 1;
            }
            self.0.push(character);
            octets += character.len_utf8();
        }
        self.0.push_str("\r\n");
    }

    /// Writes a property of type TEXT (RFC 5545, 3.3.11).
    fn text(&mut self, name: &str, value: &str) {
        let mut line = format!("{name}:");
        // A CR with its LF is one line break.
        for character in value.replace("\r\n", "\n").chars() {
            match character {
                '\\' => line.push_str("\\\\"),
                ';' => line.push_str("\\;"),
                ',' => line.push_str("\\,"),
                '\t' => line.push('\t'),
                _ if breaks_line(character) => line.push_str("\\n"),
                _ if character.is_control() => {}
                _ => line.push(character),
            }
        }
        self.line(&line);
    }

    fn attendee(&mut self, attendee: &Attendee<'_>, method: Method) {
        let status = match attendee.participation {
            Participation::NeedsAction => "NEEDS-ACTION",
            Participation::Accepted => "ACCEPTED",
            Participation::Declined => "DECLINED",
            Participation::Tentative => "TENTATIVE",
        };
        let rsvp = match (method, attendee.rsvp) {
            (Method::Cancel, _) => "",
            (Method::Request, true) => ";RSVP=TRUE",
            (Method::Request, false) => ";RSVP=FALSE",
        };
        let Person { name, email } = attendee.person;
        let name = common_name(name);
        self.line(&format!("ATTENDEE{name};ROLE=REQ-PARTICIPANT;PARTSTAT={status}{rsvp}:{}", mailto(email)));
    }
}

/// What some reader takes for the end of a line, Unicode's separators included.
fn breaks_line(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// `;CN="…"`, or nothing for an empty name. A quoted parameter can hold neither quotes nor controls,
/// and the caret escapes of RFC 6868 are unknown to Outlook.
fn common_name(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '"' => safe.push('\''),
            _ if breaks_line(character) || character.is_control() => safe.push(' '),
            _ => safe.push(character),
        }
    }
    let safe = safe.trim();
    if safe.is_empty() { String::new() } else { format!(";CN=\"{safe}\"") }
}

/// The address as a URI; what RFC 6068 does not let stand is percent-encoded.
fn mailto(email: &str) -> String {
    percent_encoded("mailto:", email, |byte| byte.is_ascii_alphanumeric() || b"!$'*+-._~@".contains(&byte))
}

/// The URI as it is, but for what no URI may hold (RFC 3986), which is percent-encoded.
fn uri(uri: &str) -> String {
    percent_encoded("", uri, |byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte))
}

fn percent_encoded(scheme: &str, value: &str, stands: impl Fn(u8) -> bool) -> String {
    let mut encoded = String::from(scheme);
    for byte in value.bytes() {
        if stands(byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use icalendar::parser::{Component, read_calendar, unfold};
    use proptest::prelude::*;

    use super::*;

    const ATTENDEES: &[Attendee<'static>] = &[
        Attendee {
            person: Person { name: "Zoë de Vries", email: "zoe+book@example.org" },
            participation: Participation::Accepted,
            rsvp: false,
        },
        Attendee { person: Person { name: "", email: "guest@example.org" }, participation: Participation::NeedsAction, rsvp: true },
    ];

    fn invitation() -> Invitation<'static> {
        Invitation {
            method: Method::Request,
            is_tentative: false,
            uid: "01939c6e-7a00-7000-8000-000000000001@book.example.com",
            sequence: 2,
            stamp: "2026-05-20T12:00:00Z".parse().unwrap(),
            start: "2026-06-01T11:00:00+02:00".parse().unwrap(),
            end: "2026-06-01T11:30:00+02:00".parse().unwrap(),
            summary: "Intake; Zoë, Ana \\ Bob",
            description: Some("First line\r\nSecond, line; with \\ and \"quotes\"\n\nEnd"),
            location: Some("Keizersgracht 1, Amsterdam"),
            url: Some("https://book.example.com/b/abc?token=x,y;z&name=Zoë"),
            organizer: Person { name: "Ana \"The\" Lima: Sales, Ltd", email: "ana@example.com" },
            attendees: ATTENDEES,
            alarm_minutes: Some(15),
        }
    }

    fn value<'a>(component: &'a Component<'_>, name: &str) -> &'a str {
        let mut all = component.properties.iter().filter(|property| property.name == name);
        let value = all.next().unwrap_or_else(|| panic!("no {name}")).val.as_ref();
        assert!(all.next().is_none(), "{name} stands twice");
        value
    }

    /// Name, then parameters with values, then value, of all properties of that name.
    fn people<'a>(component: &'a Component<'_>, name: &str) -> Vec<(Vec<(&'a str, &'a str)>, &'a str)> {
        let all = component.properties.iter().filter(|property| property.name == name);
        all.map(|property| {
            let parameters = property.params.iter();
            let parameters = parameters.map(|one| (one.key.as_ref(), one.val.as_ref().unwrap().as_ref()));
            (parameters.collect(), property.val.as_ref())
        })
        .collect()
    }

    fn check_lines(file: &str) {
        assert!(file.ends_with("\r\n"));
        assert!(!file.replace("\r\n", "").contains(['\r', '\n']), "a lone CR or LF");
        for line in file.trim_end_matches("\r\n").split("\r\n") {
            assert!((1..=75).contains(&line.len()), "{} octets: {line}", line.len());
            assert!(line != " ", "an empty continuation");
            assert!(line.chars().all(|character| character == '\t' || !character.is_control()));
        }
    }

    #[test]
    fn a_request_reads_back_as_it_was_meant() {
        let file = write(&invitation());
        check_lines(&file);
        let text = unfold(&file);
        let calendar = read_calendar(&text).unwrap();
        let header = |name: &str| calendar.properties.iter().find(|property| property.name == name).unwrap().val.as_ref();
        assert_eq!(header("METHOD"), "REQUEST");
        assert_eq!(header("VERSION"), "2.0");
        assert_eq!(header("PRODID"), "-//Atrium//Scheduling//EN");
        assert_eq!(calendar.components.len(), 1);
        let event = &calendar.components[0];
        assert_eq!(event.name, "VEVENT");
        for (name, expected) in [
            ("UID", "01939c6e-7a00-7000-8000-000000000001@book.example.com"),
            ("SEQUENCE", "2"),
            ("DTSTAMP", "20260520T120000Z"),
            ("DTSTART", "20260601T090000Z"),
            ("DTEND", "20260601T093000Z"),
            ("SUMMARY", "Intake; Zoë, Ana \\ Bob"),
            ("DESCRIPTION", "First line\nSecond, line; with \\ and \"quotes\"\n\nEnd"),
            ("LOCATION", "Keizersgracht 1, Amsterdam"),
            ("URL", "https://book.example.com/b/abc?token=x,y;z&name=Zo%C3%AB"),
            ("STATUS", "CONFIRMED"),
            ("TRANSP", "OPAQUE"),
        ] {
            assert_eq!(value(event, name), expected);
        }
        let organizer = (vec![("CN", "Ana 'The' Lima: Sales, Ltd")], "mailto:ana@example.com");
        assert_eq!(people(event, "ORGANIZER"), [organizer]);
        let role = ("ROLE", "REQ-PARTICIPANT");
        let zoe = vec![("CN", "Zoë de Vries"), role, ("PARTSTAT", "ACCEPTED"), ("RSVP", "FALSE")];
        let guest = vec![role, ("PARTSTAT", "NEEDS-ACTION"), ("RSVP", "TRUE")];
        let expected = [(zoe, "mailto:zoe+book@example.org"), (guest, "mailto:guest@example.org")];
        assert_eq!(people(event, "ATTENDEE"), expected);
        assert_eq!(event.components.len(), 1);
        let alarm = &event.components[0];
        assert_eq!((alarm.name.as_ref(), value(alarm, "TRIGGER")), ("VALARM", "-PT15M"));
        assert_eq!((value(alarm, "ACTION"), value(alarm, "DESCRIPTION")), ("DISPLAY", invitation().summary));
    }

    #[test]
    fn a_cancellation_keeps_the_uid_and_has_no_alarm() {
        let cancel = Invitation { method: Method::Cancel, sequence: 3, location: None, ..invitation() };
        let file = write(&cancel);
        check_lines(&file);
        let text = unfold(&file);
        let calendar = read_calendar(&text).unwrap();
        let event = &calendar.components[0];
        assert!(file.contains("\r\nMETHOD:CANCEL\r\n"));
        assert_eq!(value(event, "UID"), invitation().uid);
        assert_eq!(value(event, "SEQUENCE"), "3");
        assert_eq!(value(event, "STATUS"), "CANCELLED");
        assert!(event.components.is_empty());
        assert!(!file.contains("LOCATION") && !file.contains("RSVP"));
        assert!(Method::Cancel.content_type().ends_with("method=CANCEL"));
    }

    #[test]
    fn lines_are_folded_between_characters() {
        // 8 octets of name and colon, then 67 fill the first line; a continuation has room for 74.
        let exact = "x".repeat(67);
        let file = write(&Invitation { summary: &exact, alarm_minutes: None, ..invitation() });
        assert!(file.contains(&format!("\r\nSUMMARY:{exact}\r\nDESCRIPTION")));
        let wide = "é".repeat(34 + 37);
        let file = write(&Invitation { summary: &wide, alarm_minutes: None, ..invitation() });
        let folded = format!("SUMMARY:{}\r\n {}\r\n {}\r\n", "é".repeat(33), "é".repeat(37), "é");
        assert!(file.contains(&folded), "{file}");
        check_lines(&file);
    }

    #[test]
    fn no_field_can_start_a_line_of_its_own() {
        for end in ["\r\n", "\n", "\r", "\u{2028}", "\u{85}", "\u{b}", "\r\n "] {
            let evil = format!("a{end}ATTENDEE:mailto:evil@example.net{end}END:VEVENT\0\u{7f}");
            let person = Person { name: &evil, email: &evil };
            let attendees = [Attendee { person, participation: Participation::Declined, rsvp: true }];
            let file = write(&Invitation {
                uid: &evil,
                summary: &evil,
                description: Some(&evil),
                location: Some(&evil),
                url: Some(&evil),
                organizer: person,
                attendees: &attendees,
                ..invitation()
            });
            check_lines(&file);
            let text = unfold(&file);
            let calendar = read_calendar(&text).unwrap();
            assert_eq!(calendar.components.len(), 1);
            assert_eq!(people(&calendar.components[0], "ATTENDEE").len(), 1);
            assert_eq!(file.matches("\r\nEND:VEVENT\r\n").count(), 1);
            assert!(!file.contains("\r\nATTENDEE:"));
        }
    }

    #[test]
    fn every_kind_of_line_break_is_kept_and_other_controls_go() {
        let file = write(&Invitation { description: Some("a\rb\u{2028}c\r\nd\te\u{7}f"), ..invitation() });
        assert!(file.contains("\r\nDESCRIPTION:a\\nb\\nc\\nd\tef\r\n"), "{file}");
    }

    #[test]
    fn addresses_and_links_are_uris() {
        assert_eq!(mailto("o'neil+x_y@ex-ample.org"), "mailto:o'neil+x_y@ex-ample.org");
        assert_eq!(mailto("a?b&c%d/e@x.org"), "mailto:a%3Fb%26c%25d%2Fe@x.org");
        assert_eq!(mailto("zoë@x.org"), "mailto:zo%C3%AB@x.org");
        assert_eq!(uri("https://x.org/a b%20\"c\"?d=[1]#e"), "https://x.org/a%20b%20%22c%22?d=[1]#e");
        assert_eq!(common_name(" \r\n\t"), "");
    }

    proptest! {
        #[test]
        fn any_text_keeps_the_file_whole(
            uid in "\\PC{1,60}", text in any::<String>(), name in any::<String>(), email in any::<String>(),
        ) {
            let person = Person { name: &name, email: &email };
            let attendees = [Attendee { person, participation: Participation::Accepted, rsvp: false }];
            let file = write(&Invitation {
                uid: &uid,
                summary: &text,
                description: Some(&text),
                location: Some(&text),
                url: Some(&text),
                organizer: person,
                attendees: &attendees,
                ..invitation()
            });
            check_lines(&file);
            // Our own unfolding by the letter of the RFC, since only lines count here.
            let lines: Vec<_> = file.replace("\r\n ", "").lines().map(String::from).collect();
            let names: Vec<_> = lines.iter().map(|line| line.split([':', ';']).next().unwrap()).collect();
            prop_assert_eq!(names, [
                "BEGIN", "VERSION", "PRODID", "CALSCALE", "METHOD", "BEGIN", "UID", "SEQUENCE", "DTSTAMP", "DTSTART",
                "DTEND", "SUMMARY", "DESCRIPTION", "LOCATION", "URL", "STATUS", "TRANSP", "ORGANIZER", "ATTENDEE",
                "BEGIN", "ACTION", "DESCRIPTION", "TRIGGER", "END", "END", "END",
            ]);
        }

        #[test]
        fn printable_text_reads_back(text in "[ -~éß漢🙂\n]{0,300}") {
            let file = write(&Invitation { description: Some(&text), ..invitation() });
            let unfolded = file.replace("\r\n ", "");
            let line = unfolded.lines().find_map(|line| line.strip_prefix("DESCRIPTION:")).unwrap();
            let mut read = String::new();
            let mut characters = line.chars();
            while let Some(character) = characters.next() {
                read.push(match character {
                    '\\' => match characters.next().unwrap() {
                        'n' => '\n',
                        escaped => escaped,
                    },
                    plain => plain,
                });
            }
            prop_assert_eq!(read, text);
        }
    }
}

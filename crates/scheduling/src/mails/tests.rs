use platform::time::Timestamp;
use uuid::Uuid;

use super::What;
use super::compose::{Links, both, sample};
use crate::bookings::{Attendee, BookedType, BookedWith, Booking, CalendarSyncStatus, CancelledBy, Host, Status, Stored};
use crate::event_types::questions::{Answer, QuestionKind};

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn stored(status: Status) -> Stored {
    let booking = Booking {
        id: Uuid::from_u128(1),
        event_type: BookedType { id: Uuid::from_u128(2), name: "Intake".to_owned(), color: "#0066cc".to_owned() },
        organizer: BookedWith { user_id: Uuid::from_u128(3), name: "Ana Lima".to_owned() },
        organizers: vec![BookedWith { user_id: Uuid::from_u128(3), name: "Ana Lima".to_owned() }],
        contact_id: Uuid::from_u128(4),
        invitee_name: "Bob <b>".to_owned(),
        invitee_email: "bob@example.com".to_owned(),
        invitee_phone: Some("+31612345678".to_owned()),
        invitee_timezone: "America/Sao_Paulo".to_owned(),
        locale: "pt-BR".to_owned(),
        start: at("2026-11-23T14:00:00Z"),
        end: at("2026-11-23T14:30:00Z"),
        status,
        location: "Keizersgracht 1".to_owned(),
        notes: "First line\nSecond line".to_owned(),
        answers: vec![Answer {
            key: "topic".to_owned(),
            label: "Topic <i>".to_owned(),
            kind: QuestionKind::Multiselect,
            values: vec!["Roof".to_owned(), "Walls".to_owned()],
        }],
        cancellation_reason: None,
        cancelled_by: (status == Status::Cancelled).then_some(CancelledBy::Organizer),
        rescheduled_from: None,
        sequence: 3,
        attendees: vec![Attendee {
            id: Uuid::from_u128(5),
            name: "Bob <b>".to_owned(),
            email: "bob@example.com".to_owned(),
            status: "confirmed".to_owned(),
        }],
        created_at: at("2026-11-20T10:00:00Z"),
        version: 1,
        calendar_sync_status: CalendarSyncStatus::Disabled,
    };
    Stored {
        booking,
        event_type_slug: "intake".to_owned(),
        organizer_slug: "ana".to_owned(),
        organizer_timezone: "Europe/Amsterdam".to_owned(),
        brand_color: "#0066cc".to_owned(),
        logo_url: None,
        domain: None,
        organizer_email: "ana@example.org".to_owned(),
        organizer_locale: "nl".to_owned(),
        hosts: vec![Host {
            user_id: Uuid::from_u128(3),
            name: "Ana Lima".to_owned(),
            timezone: "Europe/Amsterdam".to_owned(),
            email: "ana@example.org".to_owned(),
            locale: "nl".to_owned(),
        }],
        ics_uid: "1@book.example.com".to_owned(),
        buffer_before_minutes: 0,
        buffer_after_minutes: 0,
    }
}

fn links() -> Links {
    Links {
        manage: "https://x/b/m/T".to_owned(),
        open: "https://x/bookings/1".to_owned(),
        book: "https://x/b/ana/intake".to_owned(),
        logo: None,
    }
}

fn mails(stored: &Stored, what: What, reason: Option<&str>) -> Vec<messaging::Outgoing> {
    let composed = both(stored, what, reason, &links(), at("2026-11-20T10:00:00Z")).expect("mails");
    composed.into_iter().map(|one| one.mail).collect()
}

#[test]
fn each_side_reads_its_own_language_and_zone() {
    let [invitee, organizer] = <[_; 2]>::try_from(mails(&stored(Status::Confirmed), What::Confirmed, None)).expect("two");
    assert!(invitee.subject.starts_with("Confirmado: Intake com Ana Lima, ") && invitee.subject.ends_with("11:00"), "{}", invitee.subject);
    assert!(
        organizer.subject.starts_with("Geboekt: Intake met Bob <b>, ") && organizer.subject.ends_with("15:00"),
        "{}",
        organizer.subject
    );
    assert!(invitee.text.contains("America/Sao Paulo") && organizer.text.contains("Europe/Amsterdam"));
    assert!(organizer.text.contains("+31612345678") && !organizer.html.expect("HTML").contains("Bob <b>"));
    assert_eq!(invitee.reply_to.map(|p| p.email).as_deref(), Some("ana@example.org"));
    assert_eq!(organizer.reply_to.map(|p| p.email).as_deref(), Some("bob@example.com"));
    assert!(invitee.text.contains("https://x/b/m/T") && !organizer.text.contains("/b/m/"), "the secret link is the invitee's");
    assert!(!organizer.calendar.expect("a file").ics.contains("/b/m/"));
}

#[test]
fn calendars_learn_what_stands_and_what_does_not() {
    let file = |status, what| mails(&stored(status), what, None).remove(0).calendar.map(|calendar| (calendar.method, calendar.ics));
    let (method, ics) = file(Status::Confirmed, What::Rescheduled).expect("a file");
    assert_eq!(method, "REQUEST");
    assert!(ics.contains("METHOD:REQUEST\r\n") && ics.contains("UID:1@book.example.com\r\n") && ics.contains("SEQUENCE:3\r\n"));
    let (method, ics) = file(Status::Cancelled, What::Cancelled).expect("a file");
    assert_eq!(method, "CANCEL");
    assert!(ics.contains("STATUS:CANCELLED\r\n"));
    assert_eq!(file(Status::Pending, What::Requested), None);
    let (method, ics) = file(Status::Pending, What::Rescheduled).expect("a file");
    assert_eq!(method, "REQUEST");
    assert!(ics.contains("STATUS:TENTATIVE\r\n") && ics.contains("SEQUENCE:3\r\n"), "{ics}");
    let (method, ics) = file(Status::Confirmed, What::Reminder).expect("a file");
    assert_eq!(method, "REQUEST");
    assert!(ics.contains("STATUS:CONFIRMED\r\n") && ics.contains("SEQUENCE:3\r\n"), "the same as before: {ics}");
}

#[test]
fn a_key_for_each_side_and_each_change() {
    let keys = |sequence| {
        let mut stored = stored(Status::Confirmed);
        stored.booking.sequence = sequence;
        let keys = mails(&stored, What::Confirmed, None).into_iter().chain(mails(&stored, What::Reminder, None));
        keys.map(|mail| mail.dedupe_key.expect("a key")).collect::<Vec<_>>()
    };
    let mut all = [keys(3), keys(4)].concat();
    assert_eq!(keys(3), keys(3));
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 8);
}

#[test]
fn who_declines_is_told_only_where_a_calendar_holds_the_booking() {
    let mut declined = stored(Status::Declined);
    assert_eq!(mails(&declined, What::Declined, Some("ill")).len(), 1);
    declined.booking.rescheduled_from = Some(at("2026-11-22T14:00:00Z"));
    assert_eq!(mails(&declined, What::Declined, None).len(), 2);
}

#[test]
fn the_reason_is_told() {
    let mails = mails(&stored(Status::Cancelled), What::Cancelled, Some("Feeling ill"));
    assert!(mails.iter().all(|mail| mail.text.contains("Feeling ill")));
    assert!(mails[0].text.contains("https://x/b/ana/intake"), "another time can be booked");
}

#[test]
fn a_mail_is_dropped_when_something_newer_happened() {
    let cancelled = stored(Status::Cancelled);
    for (what, holds) in
        [(What::Requested, false), (What::Confirmed, false), (What::Rescheduled, false), (What::Reminder, false), (What::Cancelled, true)]
    {
        assert_eq!(what.holds(&cancelled), holds, "{what:?}");
    }
}

fn fields(value: &serde_json::Value) -> Vec<String> {
    let groups = value.as_object().expect("groups").iter();
    groups.flat_map(|(group, of)| of.as_object().expect("fields").keys().map(move |name| format!("{group}.{name}"))).collect()
}

/// What texts are checked with when they are saved is what they are rendered with when they are sent.
#[test]
fn the_sample_has_every_field_and_no_other() {
    for composed in both(&stored(Status::Confirmed), What::Confirmed, None, &links(), at("2026-11-20T10:00:00Z")).expect("mails") {
        assert_eq!(fields(&composed.values), fields(&sample()));
        let is_invitees = composed.values["booking"]["manage_url"] == "https://x/b/m/T";
        assert_eq!(is_invitees, composed.audience == messaging::templates::Audience::Invitee, "the secret link is the invitee's");
    }
}

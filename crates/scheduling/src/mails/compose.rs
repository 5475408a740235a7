//! One booking mail as it reads for one side of the booking: in its language, in its zone.

use jiff::Zoned;
use messaging::templates::{Audience, Rendered};
use messaging::{Channel, Outgoing, Recipient};
use platform::mail::layout::Layout;
use platform::mail::{Calendar, Person};
use platform::time::{Timestamp, zone};
use platform::{Ctx, Error, Result};
use serde_json::{Value, json};

use super::texts::{MailTexts, texts};
use super::{Readers, What};
use crate::bookings::{CancelledBy, Host, Status, Stored, token};
use crate::ics;
use crate::pages::language::{Language, zone_label};

/// Seconds before its start in which everything about a booking is urgent.
const URGENT: i64 = 24 * 60 * 60;

/// Who reads a mail.
#[derive(Clone, Copy, Debug)]
enum Reader<'a> {
    Invitee,
    Organizer(&'a Host),
}

impl Reader<'_> {
    fn as_str(self) -> &'static str {
        match self {
            Self::Invitee => "invitee",
            Self::Organizer(_) => "organizer",
        }
    }

    fn audience(self) -> Audience {
        match self {
            Self::Invitee => Audience::Invitee,
            Self::Organizer(_) => Audience::Organizer,
        }
    }
}

/// Where the mails point.
pub(super) struct Links {
    /// The invitee's page of the booking.
    pub manage: String,
    /// The organizer's.
    pub open: String,
    /// Where another time can be booked.
    pub book: String,
    /// Of the workspace's logo.
    pub logo: Option<String>,
}

impl Links {
    pub fn of(ctx: &Ctx, stored: &Stored) -> Self {
        let (config, domain) = (&ctx.app.config, stored.domain.as_deref());
        Self {
            manage: token::manage_url(&ctx.app, ctx.tenant, stored.booking.id, domain),
            open: config.link(&format!("/bookings/{}", stored.booking.id)),
            book: config.page_link(domain, &format!("/b/{}/{}", stored.organizer_slug, stored.event_type_slug)),
            logo: stored.logo_url.as_deref().map(|path| config.page_link(domain, path)),
        }
    }
}

/// A mail as it is sent where nobody wrote another text, with what such a text can say.
pub(super) struct Composed {
    pub mail: Outgoing,
    pub audience: Audience,
    pub values: Value,
    layout: Layout,
}

impl Composed {
    /// The same mail in other words, in the same frame.
    pub fn in_words(self, said: Rendered) -> Outgoing {
        let layout = Layout {
            title: said.subject.clone(),
            greeting: String::new(),
            paragraphs: said.paragraphs,
            facts: Vec::new(),
            button: said.button,
            ..self.layout
        };
        let (text, html) = layout.render();
        Outgoing { subject: said.subject, text, html: Some(html), ..self.mail }
    }
}

/// The mails about a booking to those readers: to the invitee, and to the organizers where there is something to learn.
pub(super) fn mails(ctx: &Ctx, stored: &Stored, what: What, reason: Option<&str>, to: &Readers) -> Result<Vec<Composed>> {
    let links = Links::of(ctx, stored);
    let wanted = |reader: &Reader<'_>| match reader {
        Reader::Invitee => to.invitee,
        Reader::Organizer(host) => to.organizers.contains(&host.user_id),
    };
    readers(stored, what).into_iter().filter(wanted).map(|reader| one(reader, stored, what, reason, &links, ctx.now())).collect()
}

/// The mail to one audience as it would read now, to look at.
pub(super) fn preview(ctx: &Ctx, stored: &Stored, what: What, audience: Audience) -> Result<Composed> {
    let reader = match (audience, stored.hosts.first()) {
        (Audience::Organizer, Some(host)) => Reader::Organizer(host),
        _ => Reader::Invitee,
    };
    // The secret link is the invitee's: nobody else sees it, by no preview either.
    let links = Links { manage: ctx.app.config.link("/b/m/preview"), ..Links::of(ctx, stored) };
    one(reader, stored, what, stored.booking.cancellation_reason.as_deref(), &links, ctx.now())
}

/// Everybody who has something to learn; the invitee first.
fn readers(stored: &Stored, what: What) -> Vec<Reader<'_>> {
    // Who declines knows it; only a calendar that holds an earlier time must hear.
    let are_told = what != What::Declined || stored.booking.rescheduled_from.is_some();
    let organizers = stored.hosts.iter().filter(|_| are_told).map(Reader::Organizer);
    std::iter::once(Reader::Invitee).chain(organizers).collect()
}

#[cfg(test)]
pub(super) fn both(stored: &Stored, what: What, reason: Option<&str>, links: &Links, now: Timestamp) -> Result<Vec<Composed>> {
    readers(stored, what).into_iter().map(|reader| one(reader, stored, what, reason, links, now)).collect()
}

fn one(reader: Reader<'_>, stored: &Stored, what: What, reason: Option<&str>, links: &Links, now: Timestamp) -> Result<Composed> {
    let booking = &stored.booking;
    let invitee = Person { name: booking.invitee_name.clone(), email: booking.invitee_email.clone() };
    let (to, other, locale, zone_name) = match reader {
        Reader::Invitee => (
            invitee,
            Person { name: booking.organizer.name.clone(), email: stored.organizer_email.clone() },
            &booking.locale,
            &booking.invitee_timezone,
        ),
        Reader::Organizer(host) => (Person { name: host.name.clone(), email: host.email.clone() }, invitee, &host.locale, &host.timezone),
    };
    let language = Language::of_tag(locale).unwrap_or(Language::En);
    let t = texts(language);
    let zone = zone(zone_name).map_err(Error::internal)?;
    let [start, end] = [booking.start, booking.end].map(|at| at.in_zone(&zone));
    let key = match reader {
        Reader::Organizer(host) if host.user_id != booking.organizer.user_id => format!("organizer {}", host.user_id),
        _ => reader.as_str().to_owned(),
    };
    let audience = reader.audience();
    let subject = subject(t, audience, what)(&booking.event_type.name, &other.name, &short(language, &start));
    let layout = Layout {
        lang: language.tag().to_owned(),
        title: heading(t, audience, what).to_owned(),
        greeting: (t.greeting)(&to.name),
        paragraphs: vec![lead(t, audience, what, stored, &other.name)],
        facts: facts(t, language, reader, stored, reason, (&start, &end)),
        button: Some(button(t, audience, what, links)),
        footer: vec![match reader {
            Reader::Invitee => (t.why_invitee)(&other.name),
            Reader::Organizer(_) => t.why_organizer.to_owned(),
        }],
        brand_color: stored.brand_color.clone(),
        logo: links.logo.clone(),
    };
    let (text, html) = layout.render();
    let values = values(language, audience, stored, reason, links, (&start, &end), (&to.name, &other.name));
    let recipient = match reader {
        Reader::Invitee => Recipient::Address(to),
        Reader::Organizer(host) => Recipient::Member(host.user_id),
    };
    let mail = Outgoing {
        html: Some(html),
        language: language.tag().to_owned(),
        about: Some(("booking".to_owned(), booking.id)),
        on_behalf_of: Some(booking.organizer.user_id),
        person: Some(booking.contact_id),
        // Quiet hours hold nothing back that begins before one may have read it.
        is_urgent: booking.start <= now.plus_seconds(URGENT),
        from_name: matches!(reader, Reader::Invitee).then(|| other.name.clone()),
        calendar: calendar(reader, stored, what, links, &other.name, now),
        dedupe_key: Some(format!("booking:{}:{}:{}:{}", booking.id, kind(what), booking.sequence, key)),
        reply_to: Some(other),
        ..Outgoing::new(Channel::Email, kind(what), recipient, subject, text)
    };
    Ok(Composed { mail, audience, values, layout })
}

/// What a text of the workspace's own can say; each field is there, empty where there is nothing. The secret link is the invitee's.
fn values(
    language: Language,
    audience: Audience,
    stored: &Stored,
    reason: Option<&str>,
    links: &Links,
    (start, end): (&Zoned, &Zoned),
    (to, other): (&str, &str),
) -> Value {
    let booking = &stored.booking;
    let before = booking.rescheduled_from.filter(|_| booking.status.is_open()).map(|before| before.in_zone(start.time_zone()));
    let is_by_other = match booking.cancelled_by {
        Some(CancelledBy::Invitee) => audience == Audience::Organizer,
        Some(CancelledBy::Organizer) => audience == Audience::Invitee,
        None => false,
    };
    json!({
        "recipient": { "name": to },
        "other": { "name": other },
        "invitee": {
            "name": booking.invitee_name,
            "email": booking.invitee_email,
            "phone": booking.invitee_phone.as_deref().unwrap_or_default(),
        },
        "organizer": { "name": booking.organizer.name, "email": stored.organizer_email },
        "event_type": { "name": booking.event_type.name },
        "booking": {
            "when": language.span(start, end),
            "short": short(language, start),
            "date": language.date_title(start.date()),
            "time": language.time(start.time()),
            "zone": zone_label(start),
            "before": before.map(|at| format!("{}, {}", language.date_title(at.date()), language.time(at.time()))).unwrap_or_default(),
            "with": booking.with(),
            "location": booking.location,
            "notes": booking.notes,
            "reason": reason.unwrap_or_default(),
            "is_pending": booking.status == Status::Pending,
            "is_cancelled_by_other": is_by_other,
            "manage_url": if audience == Audience::Invitee { links.manage.as_str() } else { "" },
            "book_url": links.book,
            "url": links.open,
        },
    })
}

/// The text that a workspace begins with when it writes its own: what is sent otherwise, with fields in place of what differs.
pub(super) fn starting_text(what: What, audience: Audience, language: Language) -> (String, String) {
    let t = texts(language);
    let other = "{{ other.name }}";
    let subject = subject(t, audience, what)("{{ event_type.name }}", other, "{{ booking.short }}");
    let either = |condition: &str, yes: String, no: String| format!("{{% if {condition} %}}{yes}{{% else %}}{no}{{% endif %}}");
    let lead = match (what, audience) {
        (What::Requested, Audience::Invitee) => (t.lead_requested)(other),
        (What::Requested, Audience::Organizer) => (t.lead_to_confirm)(other),
        (What::Confirmed, Audience::Invitee) => t.lead_confirmed.to_owned(),
        (What::Confirmed, Audience::Organizer) => (t.lead_booked)(other),
        (What::Rescheduled, Audience::Invitee) => {
            either("booking.is_pending", (t.lead_move_requested)(other), t.lead_rescheduled.to_owned())
        }
        (What::Rescheduled, Audience::Organizer) => {
            either("booking.is_pending", (t.lead_move_to_confirm)(other), t.lead_rescheduled.to_owned())
        }
        (What::Reassigned, Audience::Invitee) => (t.lead_reassigned)("{{ booking.with }}"),
        (What::Reassigned, Audience::Organizer) => (t.lead_colleague)("{{ booking.with }}"),
        (What::HandedOver, _) => t.lead_handed_over.to_owned(),
        (What::Cancelled, _) => either("booking.is_cancelled_by_other", (t.lead_cancelled_by)(other), t.lead_cancelled.to_owned()),
        (What::Declined, Audience::Invitee) => (t.lead_declined)(other),
        (What::Declined, Audience::Organizer) => t.lead_you_declined.to_owned(),
        (What::Reminder, _) => t.lead_reminder.to_owned(),
    };
    let with = match audience {
        Audience::Invitee => "{{ booking.with }}",
        Audience::Organizer => "{{ invitee.name }}, {{ invitee.email }}{% if invitee.phone %}, {{ invitee.phone }}{% endif %}",
    };
    let mut facts =
        format!("{}: {{{{ event_type.name }}}}\n{}: {{{{ booking.when }}}}, {{{{ booking.zone }}}}\n{}: {with}", t.what, t.when, t.with);
    for (label, field) in [(t.before, "before"), (t.place, "location"), (t.notes, "notes"), (t.reason, "reason")] {
        facts.push_str(&format!("{{% if booking.{field} %}}\n{label}: {{{{ booking.{field} }}}}{{% endif %}}"));
    }
    let [manage, open, book] = ["booking.manage_url", "booking.url", "booking.book_url"].map(str::to_owned);
    let links = Links { manage, open, book, logo: None };
    let (label, link) = button(t, audience, what, &links);
    let title = heading(t, audience, what);
    let greeting = (t.greeting)("{{ recipient.name }}");
    (subject, format!("{title}\n\n{greeting}\n\n{lead}\n\n{facts}\n\n{{{{ button(\"{label}\", {link}) }}}}\n"))
}

/// What a text must hold: the link without which the invitee cannot change the booking, or the organizer answer it.
pub(super) fn required(what: What, audience: Audience) -> Vec<String> {
    match (what, audience) {
        (What::Cancelled | What::Declined, _) => Vec::new(),
        (_, Audience::Invitee) => vec!["booking.manage_url".to_owned()],
        (_, Audience::Organizer) => vec!["booking.url".to_owned()],
    }
}

/// A value for each field, for texts to be checked with.
pub(super) fn sample() -> Value {
    json!({
        "recipient": { "name": "Vera Visser" },
        "other": { "name": "Ana Lima" },
        "invitee": { "name": "Vera Visser", "email": "vera@example.com", "phone": "+31612345678" },
        "organizer": { "name": "Ana Lima", "email": "ana@example.com" },
        "event_type": { "name": "Intake" },
        "booking": {
            "when": "Monday, November 23, 2026, 3:00 PM to 3:30 PM",
            "short": "Mon, Nov 23, 3:00 PM",
            "date": "Monday, November 23, 2026",
            "time": "3:00 PM",
            "zone": "Europe/Amsterdam",
            "before": "Sunday, November 22, 2026, 3:00 PM",
            "with": "Ana Lima",
            "location": "Keizersgracht 1",
            "notes": "I come by train",
            "reason": "Ill",
            "is_pending": false,
            "is_cancelled_by_other": true,
            "manage_url": "https://example.com/b/m/secret",
            "book_url": "https://example.com/b/ana/intake",
            "url": "https://example.com/bookings/1",
        },
    })
}

pub(super) fn kind(what: What) -> &'static str {
    match what {
        What::Requested => "booking_request",
        What::Confirmed => "booking_confirmation",
        What::Rescheduled => "booking_rescheduled",
        What::Reassigned => "booking_reassigned",
        What::HandedOver => "booking_handed_over",
        What::Cancelled => "booking_cancellation",
        What::Declined => "booking_declined",
        What::Reminder => "booking_reminder",
    }
}

/// `Sat, Nov 21, 3:00 PM`, with plain spaces: some programs show others as boxes in a subject.
fn short(language: Language, start: &Zoned) -> String {
    format!("{}, {}", language.date_short(start.date()), language.time(start.time())).replace('\u{a0}', " ")
}

type Subject = fn(event: &str, other: &str, when: &str) -> String;

fn subject(t: &MailTexts, audience: Audience, what: What) -> Subject {
    match (what, audience) {
        (What::Requested, Audience::Invitee) => t.subject_requested,
        (What::Requested, Audience::Organizer) => t.subject_to_confirm,
        (What::Confirmed, Audience::Invitee) => t.subject_confirmed,
        (What::Confirmed, Audience::Organizer) => t.subject_booked,
        (What::Rescheduled, _) => t.subject_rescheduled,
        (What::Reassigned, _) => t.subject_reassigned,
        (What::HandedOver, _) => t.subject_handed_over,
        (What::Cancelled, _) => t.subject_cancelled,
        (What::Declined, _) => t.subject_declined,
        (What::Reminder, _) => t.subject_reminder,
    }
}

fn heading(t: &MailTexts, audience: Audience, what: What) -> &'static str {
    match (what, audience) {
        (What::Requested, Audience::Invitee) => t.title_requested,
        (What::Requested, Audience::Organizer) => t.title_to_confirm,
        (What::Confirmed, Audience::Invitee) => t.title_confirmed,
        (What::Confirmed, Audience::Organizer) => t.title_booked,
        (What::Rescheduled, _) => t.title_rescheduled,
        (What::Reassigned, _) => t.title_reassigned,
        (What::HandedOver, _) => t.title_handed_over,
        (What::Cancelled, _) => t.title_cancelled,
        (What::Declined, _) => t.title_declined,
        (What::Reminder, _) => t.title_reminder,
    }
}

fn lead(t: &MailTexts, audience: Audience, what: What, stored: &Stored, other: &str) -> String {
    let booking = &stored.booking;
    let is_pending = booking.status == Status::Pending;
    match (what, audience) {
        (What::Requested, Audience::Invitee) => (t.lead_requested)(other),
        (What::Requested, Audience::Organizer) => (t.lead_to_confirm)(other),
        (What::Confirmed, Audience::Invitee) => t.lead_confirmed.to_owned(),
        (What::Confirmed, Audience::Organizer) => (t.lead_booked)(other),
        (What::Rescheduled, Audience::Invitee) if is_pending => (t.lead_move_requested)(other),
        (What::Rescheduled, Audience::Organizer) if is_pending => (t.lead_move_to_confirm)(other),
        (What::Rescheduled, _) => t.lead_rescheduled.to_owned(),
        (What::Reassigned, Audience::Invitee) => (t.lead_reassigned)(&booking.with()),
        (What::Reassigned, Audience::Organizer) => (t.lead_colleague)(&booking.with()),
        (What::HandedOver, _) => t.lead_handed_over.to_owned(),
        (What::Cancelled, audience) => match (booking.cancelled_by, audience) {
            (Some(CancelledBy::Invitee), Audience::Organizer) | (Some(CancelledBy::Organizer), Audience::Invitee) => {
                (t.lead_cancelled_by)(other)
            }
            _ => t.lead_cancelled.to_owned(),
        },
        (What::Declined, Audience::Invitee) => (t.lead_declined)(other),
        (What::Declined, Audience::Organizer) => t.lead_you_declined.to_owned(),
        (What::Reminder, _) => t.lead_reminder.to_owned(),
    }
}

fn facts(
    t: &MailTexts,
    language: Language,
    reader: Reader<'_>,
    stored: &Stored,
    reason: Option<&str>,
    (start, end): (&Zoned, &Zoned),
) -> Vec<(String, String)> {
    let booking = &stored.booking;
    let span = |start: &Zoned, end: &Zoned| format!("{}\n{}", language.span(start, end), zone_label(start));
    let mut facts = vec![(t.what, booking.event_type.name.clone()), (t.when, span(start, end))];
    if let Some(before) = booking.rescheduled_from.filter(|_| booking.status.is_open()) {
        let before = before.in_zone(start.time_zone());
        facts.push((t.before, format!("{}, {}", language.date_title(before.date()), language.time(before.time()))));
    }
    match reader {
        Reader::Invitee => facts.push((t.with, booking.with())),
        Reader::Organizer(_) => {
            let phone = booking.invitee_phone.iter().map(|phone| format!("\n{phone}")).collect::<String>();
            facts.push((t.with, format!("{}\n{}{phone}", booking.invitee_name, booking.invitee_email)));
        }
    }
    let optional = [(t.place, booking.location.as_str()), (t.notes, booking.notes.as_str()), (t.reason, reason.unwrap_or_default())];
    facts.extend(optional.iter().filter(|(_, text)| !text.is_empty()).map(|(label, text)| (*label, (*text).to_owned())));
    let answers = booking.answers.iter().map(|answer| (answer.label.clone(), answer.text()));
    facts.into_iter().map(|(label, text)| (label.to_owned(), text)).chain(answers).collect()
}

fn button(t: &MailTexts, audience: Audience, what: What, links: &Links) -> (String, String) {
    let (label, link) = match (what, audience) {
        (What::Cancelled | What::Declined, Audience::Invitee) => (t.book_again, &links.book),
        (_, Audience::Invitee) => (t.see_or_change, &links.manage),
        (What::Requested, Audience::Organizer) => (t.confirm_or_decline, &links.open),
        (_, Audience::Organizer) => (t.open, &links.open),
    };
    (label.to_owned(), link.clone())
}

/// A request stands in no calendar yet. One that was confirmed and then moved stands in both at its old time, which is free for
/// others already, so that it is moved there too, tentatively.
fn calendar(reader: Reader<'_>, stored: &Stored, what: What, links: &Links, other: &str, now: Timestamp) -> Option<Calendar> {
    if stored.booking.status == Status::Pending && what != What::Rescheduled {
        return None;
    }
    let url = match reader {
        Reader::Invitee => &links.manage,
        Reader::Organizer(_) => &links.open,
    };
    let (method, ics) = stored.calendar(now, &format!("{}: {other}", stored.booking.event_type.name), url);
    let method = match method {
        ics::Method::Request => "REQUEST",
        ics::Method::Cancel => "CANCEL",
    };
    Some(Calendar { method: method.to_owned(), ics })
}

//! One booking mail as it reads for one side of the booking: in its language, in its zone.

use jiff::Zoned;
use platform::mail::layout::Layout;
use platform::mail::{Calendar, Mail, Person};
use platform::time::{Timestamp, zone};
use platform::{Ctx, Error, Result};

use super::texts::{MailTexts, texts};
use super::{Readers, What};
use crate::bookings::{CancelledBy, Host, Status, Stored, token};
use crate::ics;
use crate::pages::language::{Language, zone_label};

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

/// The mails about a booking to those readers: to the invitee, and to the organizers where there is something to learn.
pub(super) fn mails(ctx: &Ctx, stored: &Stored, what: What, reason: Option<&str>, to: &Readers) -> Result<Vec<Mail>> {
    let (config, domain) = (&ctx.app.config, stored.domain.as_deref());
    let links = Links {
        manage: token::manage_url(&ctx.app, ctx.tenant, stored.booking.id, domain),
        open: config.link(&format!("/bookings/{}", stored.booking.id)),
        book: config.page_link(domain, &format!("/b/{}/{}", stored.organizer_slug, stored.event_type_slug)),
        logo: stored.logo_url.as_deref().map(|path| config.page_link(domain, path)),
    };
    let wanted = |reader: &Reader<'_>| match reader {
        Reader::Invitee => to.invitee,
        Reader::Organizer(host) => to.organizers.contains(&host.user_id),
    };
    readers(stored, what).into_iter().filter(wanted).map(|reader| one(reader, stored, what, reason, &links, ctx.now())).collect()
}

/// Everybody who has something to learn; the invitee first.
fn readers(stored: &Stored, what: What) -> Vec<Reader<'_>> {
    // Who declines knows it; only a calendar that holds an earlier time must hear.
    let are_told = what != What::Declined || stored.booking.rescheduled_from.is_some();
    let organizers = stored.hosts.iter().filter(|_| are_told).map(Reader::Organizer);
    std::iter::once(Reader::Invitee).chain(organizers).collect()
}

#[cfg(test)]
pub(super) fn both(stored: &Stored, what: What, reason: Option<&str>, links: &Links, now: Timestamp) -> Result<Vec<Mail>> {
    readers(stored, what).into_iter().map(|reader| one(reader, stored, what, reason, links, now)).collect()
}

fn one(reader: Reader<'_>, stored: &Stored, what: What, reason: Option<&str>, links: &Links, now: Timestamp) -> Result<Mail> {
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
    let subject = subject(t, reader, what)(&booking.event_type.name, &other.name, &short(language, &start));
    let (text, html) = Layout {
        lang: language.tag().to_owned(),
        title: heading(t, reader, what).to_owned(),
        greeting: (t.greeting)(&to.name),
        paragraphs: vec![lead(t, reader, what, stored, &other.name)],
        facts: facts(t, language, reader, stored, reason, (&start, &end)),
        button: Some(button(t, reader, what, links)),
        footer: vec![match reader {
            Reader::Invitee => (t.why_invitee)(&other.name),
            Reader::Organizer(_) => t.why_organizer.to_owned(),
        }],
        brand_color: stored.brand_color.clone(),
        logo: links.logo.clone(),
    }
    .render();
    Ok(Mail {
        kind: kind(what).to_owned(),
        from_name: matches!(reader, Reader::Invitee).then(|| other.name.clone()),
        calendar: calendar(reader, stored, what, links, &other.name, now),
        dedupe_key: Some(format!("booking:{}:{}:{}:{}", booking.id, kind(what), booking.sequence, key)),
        reply_to: Some(other),
        to,
        subject,
        text,
        html,
    })
}

fn kind(what: What) -> &'static str {
    match what {
        What::Requested => "booking_request",
        What::Confirmed => "booking_confirmation",
        What::Rescheduled => "booking_rescheduled",
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

fn subject(t: &MailTexts, reader: Reader<'_>, what: What) -> Subject {
    match (what, reader) {
        (What::Requested, Reader::Invitee) => t.subject_requested,
        (What::Requested, Reader::Organizer(_)) => t.subject_to_confirm,
        (What::Confirmed, Reader::Invitee) => t.subject_confirmed,
        (What::Confirmed, Reader::Organizer(_)) => t.subject_booked,
        (What::Rescheduled, _) => t.subject_rescheduled,
        (What::Cancelled, _) => t.subject_cancelled,
        (What::Declined, _) => t.subject_declined,
        (What::Reminder, _) => t.subject_reminder,
    }
}

fn heading(t: &MailTexts, reader: Reader<'_>, what: What) -> &'static str {
    match (what, reader) {
        (What::Requested, Reader::Invitee) => t.title_requested,
        (What::Requested, Reader::Organizer(_)) => t.title_to_confirm,
        (What::Confirmed, Reader::Invitee) => t.title_confirmed,
        (What::Confirmed, Reader::Organizer(_)) => t.title_booked,
        (What::Rescheduled, _) => t.title_rescheduled,
        (What::Cancelled, _) => t.title_cancelled,
        (What::Declined, _) => t.title_declined,
        (What::Reminder, _) => t.title_reminder,
    }
}

fn lead(t: &MailTexts, reader: Reader<'_>, what: What, stored: &Stored, other: &str) -> String {
    let booking = &stored.booking;
    let is_pending = booking.status == Status::Pending;
    match (what, reader) {
        (What::Requested, Reader::Invitee) => (t.lead_requested)(other),
        (What::Requested, Reader::Organizer(_)) => (t.lead_to_confirm)(other),
        (What::Confirmed, Reader::Invitee) => t.lead_confirmed.to_owned(),
        (What::Confirmed, Reader::Organizer(_)) => (t.lead_booked)(other),
        (What::Rescheduled, Reader::Invitee) if is_pending => (t.lead_move_requested)(other),
        (What::Rescheduled, Reader::Organizer(_)) if is_pending => (t.lead_move_to_confirm)(other),
        (What::Rescheduled, _) => t.lead_rescheduled.to_owned(),
        (What::Cancelled, reader) => match (booking.cancelled_by, reader) {
            (Some(CancelledBy::Invitee), Reader::Organizer(_)) | (Some(CancelledBy::Organizer), Reader::Invitee) => {
                (t.lead_cancelled_by)(other)
            }
            _ => t.lead_cancelled.to_owned(),
        },
        (What::Declined, Reader::Invitee) => (t.lead_declined)(other),
        (What::Declined, Reader::Organizer(_)) => t.lead_you_declined.to_owned(),
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

fn button(t: &MailTexts, reader: Reader<'_>, what: What, links: &Links) -> (String, String) {
    let (label, link) = match (what, reader) {
        (What::Cancelled | What::Declined, Reader::Invitee) => (t.book_again, &links.book),
        (_, Reader::Invitee) => (t.see_or_change, &links.manage),
        (What::Requested, Reader::Organizer(_)) => (t.confirm_or_decline, &links.open),
        (_, Reader::Organizer(_)) => (t.open, &links.open),
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

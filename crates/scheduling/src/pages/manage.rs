//! `/b/m/{token}`: the booking as its invitee sees it: confirmation, calendar files, cancelling, moving.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use platform::rate_limit::Limit;
use platform::{Ctx, Error, Problem, Result};
use serde::Deserialize;

use super::form::Fields;
use super::links::CalendarEntry;
use super::texts::Texts;
use super::views::{Audience, Change, Fact, Frame, Link, ManagePage, page};
use super::visit::{Visit, brand, when};
use crate::bookings::public::calendar_of;
use crate::bookings::token::{self, Presented};
use crate::bookings::{self, By, CancelledBy, Status, Stored};

/// The secret of the address.
pub(super) struct Secret {
    pub text: String,
    pub presented: Presented,
}

/// # Errors
/// 404 for what is no manage link, or one of another workspace's domain.
pub(super) fn secret(visit: &Visit, path: Result<Path<String>, PathRejection>) -> Result<Secret> {
    let Ok(Path(text)) = path else { return Err(Problem::not_found().into()) };
    let presented = token::read(&text).ok_or_else(Problem::not_found)?;
    visit.check_site(presented.tenant)?;
    Ok(Secret { text, presented })
}

impl Secret {
    /// The booking's page, with what follows.
    pub fn path(&self, rest: &str) -> String {
        format!("/b/m/{}{rest}", self.text)
    }

    pub fn ctx(&self, visit: &Visit) -> Ctx {
        visit.ctx(self.presented.tenant, None)
    }
}

pub(super) async fn show(visit: Visit, path: Result<Path<String>, PathRejection>) -> Response {
    let made = async {
        let secret = secret(&visit, path)?;
        let stored = bookings::find_by_token(&mut secret.ctx(&visit), secret.presented).await?;
        booking_page(&visit, &secret, &stored, StatusCode::OK, None)
    };
    visit.answer(made.await)
}

/// `GET …/cancel`: the form for it is on the booking's page.
pub(super) async fn to_booking(visit: Visit, path: Result<Path<String>, PathRejection>) -> Response {
    visit.answer(secret(&visit, path).map(|secret| visit.see_other(&secret.path(""))))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct CancelForm {
    reason: String,
}

pub(super) async fn cancel(visit: Visit, path: Result<Path<String>, PathRejection>, form: Result<Fields<CancelForm>, Problem>) -> Response {
    let made = async {
        let secret = secret(&visit, path)?;
        visit.app.limits.check_address(Limit::PublicChange, visit.origin.ip)?;
        let Fields(form) = form?;
        let mut ctx = secret.ctx(&visit);
        let stored = bookings::lock_by_token(&mut ctx, secret.presented).await?;
        if stored.booking.status == Status::Cancelled {
            return Ok(visit.see_other(&secret.path("")));
        }
        let reason = Some(form.reason.trim().to_owned()).filter(|reason| !reason.is_empty());
        match bookings::cancel(&mut ctx, stored, By::Invitee, reason).await {
            Ok(_) => {
                ctx.commit().await?;
                Ok(visit.see_other(&secret.path("")))
            }
            Err(Error::Problem(problem)) if matches!(problem.status, 409 | 422) => {
                ctx.rollback().await?;
                let stored = bookings::find_by_token(&mut ctx, secret.presented).await?;
                let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT);
                let wrong = problem.errors.first().map(|error| Wrong { reason: form.reason, code: error.code });
                booking_page(&visit, &secret, &stored, status, wrong)
            }
            Err(other) => Err(other),
        }
    };
    visit.answer(made.await)
}

/// The calendar file.
pub(super) async fn invite(visit: Visit, path: Result<Path<String>, PathRejection>) -> Response {
    let made = async {
        let secret = secret(&visit, path)?;
        let mut ctx = secret.ctx(&visit);
        let stored = bookings::find_by_token(&mut ctx, secret.presented).await?;
        let (method, file) = calendar_of(&ctx, &stored);
        let headers = [
            (header::CONTENT_TYPE, method.content_type()),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"invite.ics\""),
            (header::CACHE_CONTROL, "no-store"),
        ];
        let mut response = (headers, file).into_response();
        response.headers_mut().insert("x-robots-tag", HeaderValue::from_static("noindex, nofollow"));
        Ok(response)
    };
    visit.answer(made.await)
}

fn summary(t: &Texts, stored: &Stored) -> String {
    (t.event_title)(&stored.booking.event_type.name, &stored.booking.organizer.name)
}

/// A reason that was refused.
struct Wrong {
    reason: String,
    code: &'static str,
}

/// How the page begins.
struct Standing {
    mark: &'static str,
    sign: &'static str,
    heading: &'static str,
    lead: String,
}

fn standing(t: &Texts, stored: &Stored, over: bool) -> Standing {
    let booking = &stored.booking;
    let (organizer, email) = (booking.organizer.name.as_str(), booking.invitee_email.as_str());
    let (mark, sign, heading, lead) = match booking.status {
        Status::Cancelled => {
            let by = if booking.cancelled_by == Some(CancelledBy::Organizer) {
                (t.cancelled_by_organizer)(organizer)
            } else {
                t.cancelled_by_invitee.to_owned()
            };
            ("off", "×", t.cancelled, by)
        }
        Status::Declined => ("off", "×", t.declined, (t.declined_lead)(organizer)),
        Status::NoShow => ("over", "–", t.no_show, t.past_lead.to_owned()),
        Status::Completed => ("over", "✓", t.past, t.past_lead.to_owned()),
        Status::Pending | Status::Confirmed if over => ("over", "✓", t.past, t.past_lead.to_owned()),
        Status::Pending => ("waits", "…", t.pending, (t.pending_lead)(organizer, email)),
        Status::Confirmed => ("good", "✓", t.confirmed, (t.confirmed_lead)(email)),
    };
    Standing { mark, sign, heading, lead }
}

/// Whether the invitee may still change it.
pub(super) fn is_changeable(visit: &Visit, stored: &Stored) -> bool {
    stored.booking.status.is_open() && stored.booking.end > visit.now()
}

fn facts(visit: &Visit, stored: &Stored) -> Vec<Fact> {
    let (t, language, booking) = (visit.reader.texts(), visit.reader.language, &stored.booking);
    let fact = |label, value: String| Fact { label, value, more: None };
    let mut facts = vec![when(language, booking.start, booking.end, &booking.invitee_timezone, &stored.organizer_timezone)];
    if let Some(before) = booking.rescheduled_from {
        let zone = platform::time::zone(&booking.invitee_timezone).unwrap_or(jiff::tz::TimeZone::UTC);
        let before = before.in_zone(&zone);
        facts.push(fact(t.moved_from, format!("{}, {}", language.date_title(before.date()), language.time(before.time()))));
    }
    facts.push(fact(t.with, booking.with()));
    if !booking.location.is_empty() {
        facts.push(fact(t.place, booking.location.clone()));
    }
    facts.push(Fact { label: t.booked_by, value: booking.invitee_name.clone(), more: Some(booking.invitee_email.clone()) });
    if !booking.notes.is_empty() {
        facts.push(fact(t.notes, booking.notes.clone()));
    }
    facts
}

fn booking_page(visit: &Visit, secret: &Secret, stored: &Stored, status: StatusCode, wrong: Option<Wrong>) -> Result<Response> {
    let (t, booking) = (visit.reader.texts(), &stored.booking);
    let Standing { mark, sign, heading, lead } = standing(t, stored, booking.end <= visit.now());
    let changeable = is_changeable(visit, stored);
    let title = summary(t, stored);
    let entry = CalendarEntry { title: &title, location: &booking.location, start: booking.start, end: booking.end };
    let link = |label: &str, href: String| Link { href, label: label.to_owned() };
    let calendars = if changeable && booking.status == Status::Confirmed {
        vec![
            link("Google Calendar", entry.google()),
            link("Outlook", entry.outlook()),
            link(t.calendar_file, visit.href(&secret.path("/invite.ics"))),
        ]
    } else {
        Vec::new()
    };
    let change = changeable.then(|| Change {
        reschedule: visit.href(&secret.path("/reschedule")),
        cancel: visit.href(&secret.path("/cancel")),
        hint: (t.cancel_hint)(&booking.organizer.name),
        open: wrong.is_some(),
        error: wrong.as_ref().map(|wrong| if wrong.code == "too_long" { t.too_long } else { t.invalid }),
        reason: wrong.map(|wrong| wrong.reason).unwrap_or_default(),
    });
    let shown = ManagePage {
        frame: Frame::new(visit.reader, format!("{heading} – {title}"), brand(&stored.brand_color), &secret.path(""), &[])
            .with_logo(stored.logo_url.clone())
            .hidden(),
        t,
        mark,
        sign,
        heading,
        lead,
        reason: booking.cancellation_reason.clone().filter(|reason| !reason.is_empty()),
        event: booking.event_type.name.clone(),
        facts: facts(visit, stored),
        answers: booking.answers.iter().map(|answer| (answer.label.clone(), answer.text())).collect(),
        calendars,
        again: change.is_none().then(|| visit.href(&format!("/b/{}/{}", stored.organizer_slug, stored.event_type_slug))),
        change,
    };
    page(status, Audience::OneVisitor, visit.reader.language, &shown)
}

/// The booking's page, for what cannot be changed any more.
pub(super) fn unchangeable(visit: &Visit, secret: &Secret, stored: &Stored) -> Result<Response> {
    booking_page(visit, secret, stored, StatusCode::CONFLICT, None)
}

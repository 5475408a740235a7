//! `/b/m/{token}/reschedule`: another time for a booking.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use axum::response::Response;
use platform::rate_limit::Limit;
use platform::time::Timestamp;
use platform::{Error, Problem, Result};
use serde::Deserialize;

use super::book::nearest;
use super::calendar::Month;
use super::event::{Own, month, panel};
use super::form::Fields;
use super::links::{href, instant};
use super::manage::{Secret, is_changeable, secret, unchangeable};
use super::picker::View;
use super::views::{Audience, Chosen, Frame, Link, Notice, ReschedulePage, page};
use super::visit::{Visit, brand, parse_instant, when};
use crate::availability::{self, Lock, Slot, Which};
use crate::bookings::{self, By, Stored};

/// Free days and times; with `start`, the question whether to move there.
pub(super) async fn show(visit: Visit, path: Result<Path<String>, PathRejection>) -> Response {
    let made = async {
        let secret = secret(&visit, path)?;
        let stored = bookings::find_by_token(&mut secret.ctx(&visit), secret.presented).await?;
        if !is_changeable(&visit, &stored) {
            return unchangeable(&visit, &secret, &stored);
        }
        choose(&visit, &secret, &stored, visit.params.get("start").and_then(parse_instant), None).await
    };
    visit.answer(made.await)
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct MoveForm {
    start: String,
}

/// What there is to say above the calendar, and with which status.
struct Refused {
    status: StatusCode,
    notice: Notice,
    nearest: Vec<Slot>,
}

pub(super) async fn submit(visit: Visit, path: Result<Path<String>, PathRejection>, form: Result<Fields<MoveForm>, Problem>) -> Response {
    let made = async {
        let secret = secret(&visit, path)?;
        visit.app.limits.check_address(Limit::PublicChange, visit.origin.ip)?;
        let Fields(form) = form?;
        let mut ctx = secret.ctx(&visit);
        let Some(start) = parse_instant(&form.start) else {
            let stored = bookings::find_by_token(&mut ctx, secret.presented).await?;
            let notice = Notice { title: visit.reader.texts().no_start, text: String::new() };
            let refused = Refused { status: StatusCode::UNPROCESSABLE_ENTITY, notice, nearest: Vec::new() };
            return choose(&visit, &secret, &stored, None, Some(refused)).await;
        };
        let stored = bookings::lock_by_token(&mut ctx, secret.presented).await?;
        match bookings::reschedule(&mut ctx, stored, By::Invitee, start, None).await {
            Ok(_) => {
                ctx.commit().await?;
                Ok(visit.see_other(&secret.path("")))
            }
            Err(Error::Problem(problem)) => {
                ctx.rollback().await?;
                refused(&visit, &secret, problem).await
            }
            Err(other) => Err(other),
        }
    };
    visit.answer(made.await)
}

async fn refused(visit: &Visit, secret: &Secret, problem: Problem) -> Result<Response> {
    let t = visit.reader.texts();
    let stored = bookings::find_by_token(&mut secret.ctx(visit), secret.presented).await?;
    match problem.code.as_ref() {
        // Sent twice: it is there already.
        "same_time" => Ok(visit.see_other(&secret.path(""))),
        "slot_taken" | "validation_failed" => {
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT);
            let nearest = nearest(&problem);
            let text = if nearest.is_empty() { t.taken_none } else { t.taken_move };
            let notice = Notice { title: t.taken_title, text: text.to_owned() };
            choose(visit, secret, &stored, None, Some(Refused { status, notice, nearest })).await
        }
        "booking_state" | "booking_over" => unchangeable(visit, secret, &stored),
        "event_type_inactive" => Ok(inactive(visit, secret)),
        _ => Ok(visit.refusal(problem)),
    }
}

fn inactive(visit: &Visit, secret: &Secret) -> Response {
    let t = visit.reader.texts();
    let link = Link { href: visit.href(&secret.path("")), label: t.keep_time.to_owned() };
    visit.message(409, t.inactive_title, t.inactive_move.to_owned(), Some(link), false)
}

async fn choose(visit: &Visit, secret: &Secret, stored: &Stored, start: Option<Timestamp>, refused: Option<Refused>) -> Result<Response> {
    let (reader, booking) = (visit.reader, &stored.booking);
    let (t, language) = (reader.texts(), reader.language);
    let mut ctx = secret.ctx(visit);
    let offer = availability::offer(&mut ctx, Which::Booking(booking.id), Lock::No).await?;
    if !offer.is_active {
        return Ok(inactive(visit, secret));
    }
    let mut view = View::of(&visit.params, language, visit.now(), &booking.invitee_timezone);
    if let Some(start) = start {
        let date = start.in_zone(&view.zone).date();
        view.date = Some(date);
        view.month = Month::around(date);
        view.month_is_open = false;
    }
    let free = month(&mut ctx, &offer, &mut view, Some(Own { id: booking.id, start: Some(booking.start) })).await?;
    let is_free = start.is_some_and(|start| free.days.values().flatten().any(|at| *at == start));
    let refused = match (start, refused) {
        (Some(start), None) if !is_free => {
            let nearest = nearest(&availability::taken(&mut ctx, &offer, start, Some(booking.id)).await?);
            let nearest: Vec<_> = nearest.into_iter().filter(|slot| slot.start != booking.start).collect();
            let text = if nearest.is_empty() { t.taken_none } else { t.taken_move };
            Some(Refused { status: StatusCode::CONFLICT, notice: Notice { title: t.taken_title, text: text.to_owned() }, nearest })
        }
        (_, refused) => refused,
    };
    let chosen = start.filter(|_| is_free).map(|start| {
        let fact = when(language, start, offer.end_of(start), &view.zone_name, &stored.organizer_timezone);
        Chosen { start: instant(start), label: fact.value, more: fact.more }
    });
    let link = |slot: &Slot| {
        let (from, to) = (slot.start.in_zone(&view.zone), slot.end.in_zone(&view.zone));
        let start = instant(slot.start);
        let pairs = [("start", Some(start.as_str())), ("tz", Some(view.zone_name.as_str())), ("lang", reader.lang())];
        Link { href: href(&secret.path("/reschedule"), &pairs), label: language.page_span(&from, &to) }
    };
    let mut present = when(language, booking.start, booking.end, &view.zone_name, &stored.organizer_timezone);
    present.label = t.current_time;
    let status = refused.as_ref().map_or(StatusCode::OK, |refused| refused.status);
    let nearest = refused.iter().flat_map(|refused| refused.nearest.iter().map(link)).collect();
    let mut panel = panel(reader, &offer, vec![present]);
    panel.note = None;
    let title = (t.reschedule_title)(&booking.event_type.name);
    let shown = ReschedulePage {
        frame: Frame::new(reader, title, brand(&stored.brand_color), &secret.path("/reschedule"), &[("tz", Some(&view.zone_name))])
            .hidden(),
        t,
        panel,
        notice: refused.map(|refused| refused.notice),
        nearest,
        chosen,
        action: visit.href(&secret.path("/reschedule")),
        manage: visit.href(&secret.path("")),
        picker: free.look(visit, &offer, &view, "").picker(),
    };
    page(status, Audience::OneVisitor, language, &shown)
}

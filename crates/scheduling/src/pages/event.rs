//! `GET /b/{slug}/{event}`: what, how long, where, and the free days and times.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use jiff::civil::Date;
use platform::crypto::Token;
use platform::time::{Timestamp, zone};
use platform::{Ctx, Problem, Result, TenantId};
use uuid::Uuid;

use super::calendar::{Month, by_date};
use super::hold;
use super::language::zone_label;
use super::links::href;
use super::organizer::locate;
use super::picker::{Look, View};
use super::views::{Audience, EventPage, Fact, Frame, Link, Panel, Reader, initials, page, place, unless_known};
use super::visit::{Visit, brand};
use crate::availability::{self, Absence, Lock, MAX_DAYS, Offer, Slot, Which};
use crate::holds;
use crate::organizers;

const DAY: i64 = 86_400;
/// How many absences are told.
const MOST_ABSENCES: usize = 3;

/// An event type of the address, and in which tenant it is booked.
pub(super) struct Open {
    pub tenant: TenantId,
    pub organizer: Uuid,
    pub offer: Offer,
}

impl Open {
    pub fn which(&self) -> Which<'_> {
        Which::Public { organizer: self.organizer, slug: &self.offer.slug }
    }
}

/// What the address names.
///
/// # Errors
/// 404 where there is no such organizer; `Ok(Err(page))` where there is, but nothing to book under that name.
pub(super) async fn open(visit: &Visit, path: Result<Path<(String, String)>, PathRejection>) -> Result<Result<Open, Response>> {
    let Ok(Path((slug, event))) = path else { return Err(Problem::not_found().into()) };
    let (tenant, organizer_id) = locate(visit, &slug).await?;
    // No slug looks like this, and PostgreSQL would not take a NUL.
    let sane = !event.is_empty() && event.len() <= 100 && event.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let mut ctx = visit.ctx(tenant, None);
    let which = Which::Public { organizer: organizer_id, slug: &event };
    let offer = if sane { availability::offer(&mut ctx, which, Lock::No).await } else { Err(Problem::not_found().into()) };
    match offer {
        Ok(offer) => Ok(Ok(Open { tenant, organizer: organizer_id, offer })),
        Err(platform::Error::Problem(problem)) if problem.status == 404 => {
            let t = visit.reader.texts();
            let organizer = organizers::public(&mut ctx, organizer_id).await?;
            let link = Link { href: visit.href(&format!("/b/{}", organizer.slug)), label: (t.other_events)(&organizer.display_name) };
            Ok(Err(visit.message(404, t.inactive_title, t.inactive.to_owned(), Some(link), false)))
        }
        Err(other) => Err(other),
    }
}

pub(super) async fn show(visit: Visit, path: Result<Path<(String, String)>, PathRejection>, headers: HeaderMap) -> Response {
    let made = async {
        match open(&visit, path).await? {
            Ok(open) => calendar(&visit, &open, &headers).await.map(|response| unless_known(&headers, response)),
            Err(refusal) => Ok(refusal),
        }
    };
    visit.answer(made.await)
}

async fn calendar(visit: &Visit, open: &Open, headers: &HeaderMap) -> Result<Response> {
    let reader = visit.reader;
    let mut view = View::of(&visit.params, reader.language, visit.now(), &open.offer.owner.timezone);
    let offer = &open.offer.clone().for_visitor(&view.zone);
    let mut ctx = visit.ctx(open.tenant, None);
    // To whoever it is kept for, the time is free.
    let presented = hold::presented(headers);
    let kept = match &presented {
        Some(secret) => holds::find(&mut ctx, secret).await?,
        None => None,
    };
    let free = month(&mut ctx, offer, &mut view, kept.map(|hold| Own { id: hold.id, start: None })).await?;
    let path = format!("/b/{}/{}", offer.owner.slug, offer.slug);
    let time_path = format!("{}/book", offer.slug);
    let (date, this_month) = (view.date.map(|date| date.to_string()), view.month.to_string());
    let month_pair = date.is_none().then_some(this_month.as_str());
    let title = (reader.texts().event_title)(&offer.name, &offer.owner.display_name);
    // Only a zone that was named: the others shall be detected anew.
    let named = visit.params.get("tz").map(|_| view.zone_name.as_str());
    let pairs = [("date", date.as_deref()), ("month", month_pair), ("tz", named)];
    let frame =
        Frame::new(reader, title, brand(&offer.owner.brand_color), &path, &pairs).with_logo(offer.owner.logo_url.clone()).with_script();
    let label = zone_label(&visit.now().in_zone(&view.zone));
    let facts = vec![Fact { label: reader.texts().zone, value: label, more: None }];
    let picker = free.look(visit, offer, &view, &time_path).picker();
    let shown = EventPage { frame, t: reader.texts(), panel: panel(reader, offer, facts), picker };
    let mut response = page(StatusCode::OK, Audience::Anybody, reader.language, &shown)?;
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept-Language, Cookie"));
    if presented.is_none() {
        hold::remember(visit, &mut response, Token::random().secret.as_ref());
    }
    Ok(response)
}

/// What stands beside the calendar and the form: what, how long, where, and `facts` on when and in whose zone.
pub(super) fn panel(reader: Reader, offer: &Offer, facts: Vec<Fact>) -> Panel {
    let t = reader.texts();
    let own = [
        Fact { label: t.duration, value: reader.language.duration(offer.settings.duration_minutes.into()), more: None },
        Fact { label: t.place, value: place(t, offer.location_type).to_owned(), more: None },
    ];
    Panel {
        organizer: offer.held_by_all().unwrap_or_else(|| offer.owner.display_name.clone()),
        organizer_href: Some(href(&format!("/b/{}", offer.owner.slug), &[("lang", reader.lang())])),
        initials: initials(&offer.owner.display_name),
        event: offer.name.clone(),
        description: offer.description.clone(),
        facts: own.into_iter().chain(facts).collect(),
        note: offer.requires_confirmation.then_some(t.needs_confirmation),
        absences: offer.absences.iter().take(MOST_ABSENCES).map(|absence| sentence(reader, absence)).collect(),
    }
}

/// When somebody is out of office, in dates of his or her zone, and who helps meanwhile.
fn sentence(reader: Reader, absence: &Absence) -> String {
    let zone = zone(&absence.timezone).unwrap_or(jiff::tz::TimeZone::UTC);
    let date = |at: Timestamp| reader.language.date(at.in_zone(&zone).date());
    let t = reader.texts();
    let away = (t.away)(&absence.name, &date(absence.start), &date(absence.end.plus_seconds(-1)));
    absence.stand_in.as_deref().map_or(away.clone(), |name| format!("{away} {}", (t.stands_in)(name)))
}

/// The free starts of the month that is looked at, and where to look next if there are none.
pub(super) struct FreeMonth {
    pub days: BTreeMap<Date, Vec<Timestamp>>,
    next: Option<Date>,
}

impl FreeMonth {
    pub fn look<'a>(&'a self, visit: &Visit, offer: &'a Offer, view: &'a View, time_path: &'a str) -> Look<'a> {
        let today = visit.now().in_zone(&view.zone).date();
        let last_day = offer.last_date(visit.now()).max(today);
        Look {
            reader: visit.reader,
            view,
            today,
            last_day,
            free: &self.days,
            next_free: self.next,
            time_path,
            organizer: &offer.owner.display_name,
        }
    }
}

/// What takes no time for this reader: the booking that moves, or the hold of his or her own.
#[derive(Clone, Copy)]
pub(super) struct Own {
    pub id: Uuid,
    /// Where a booking is already, and so cannot be moved to.
    pub start: Option<Timestamp>,
}

/// Looks the month up, and further where the chosen day has nothing: a month that nobody chose and that has nothing free
/// gives way to the first one that has. The time of `own` is free.
///
/// # Errors
/// The database's.
pub(super) async fn month(ctx: &mut Ctx, offer: &Offer, view: &mut View, own: Option<Own>) -> Result<FreeMonth> {
    let days = free_days(ctx, offer, view, own).await?;
    let chosen = Look::chosen(view, &days);
    if chosen.is_some_and(|date| days.contains_key(&date)) {
        return Ok(FreeMonth { days, next: None });
    }
    let after = chosen.unwrap_or_else(|| view.month.first());
    let next = match days.range(after..).next() {
        Some((date, _)) => Some(*date),
        None => next_free(ctx, offer, view, after, own).await?,
    };
    if let Some(other) = next.map(Month::around).filter(|month| view.month_is_open && *month != view.month) {
        view.month = other;
        return Ok(FreeMonth { days: free_days(ctx, offer, view, own).await?, next: None });
    }
    Ok(FreeMonth { days, next })
}

async fn free_days(ctx: &mut Ctx, offer: &Offer, view: &View, own: Option<Own>) -> Result<BTreeMap<Date, Vec<Timestamp>>> {
    let Some((from, to)) = view.month.instants(&view.zone) else { return Ok(BTreeMap::new()) };
    let slots = availability::slots_of(ctx, offer, from, to, own.map(|own| own.id)).await?;
    let other = |start: &Timestamp| own.and_then(|own| own.start).is_none_or(|present| *start != present);
    let starts: Vec<_> = slots.iter().map(|slot| slot.start).filter(other).collect();
    Ok(by_date(&starts, &view.zone))
}

/// The first free day from that date on; where there is none, the first from now.
async fn next_free(ctx: &mut Ctx, offer: &Offer, view: &View, after: Date, own: Option<Own>) -> Result<Option<Date>> {
    let now = ctx.now();
    let opening = after.to_zoned(view.zone.clone()).map_or(now, |at| Timestamp::new(at.timestamp()));
    let end = Timestamp::from_second(offer.last_instant(now));
    for (mut from, until) in [(opening.max(now), end), (now, opening.min(end))] {
        while from < until {
            let to = from.plus_seconds(MAX_DAYS * DAY).min(until);
            let slots = availability::slots_of(ctx, offer, from, to, own.map(|own| own.id)).await?;
            let other = |slot: &&Slot| own.and_then(|own| own.start).is_none_or(|present| slot.start != present);
            if let Some(slot) = slots.iter().find(other) {
                let date = slot.start.in_zone(&view.zone).date();
                return Ok(Month::of(date).map(|_| date));
            }
            from = to;
        }
    }
    Ok(None)
}

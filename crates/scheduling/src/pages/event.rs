//! `GET /b/{slug}/{event}`: what, how long, where, and the free days and times.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;
use platform::time::Timestamp;
use platform::{Ctx, Problem, Result, TenantId};
use uuid::Uuid;

use super::calendar::{Month, by_date};
use super::language::zone_label;
use super::links::href;
use super::organizer::locate;
use super::picker::{Look, View};
use super::views::{Audience, EventPage, Fact, Frame, Link, Panel, Reader, initials, page, place};
use super::visit::{Visit, brand};
use crate::availability::{self, Lock, MAX_DAYS, Offer, Slot, Which};
use crate::organizers;

const DAY: i64 = 86_400;

/// An event type of the address, and in which tenant it is booked.
pub(super) struct Open {
    pub tenant: TenantId,
    pub organizer: Uuid,
    pub offer: Offer,
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

pub(super) async fn show(visit: Visit, path: Result<Path<(String, String)>, PathRejection>) -> Response {
    let made = async {
        match open(&visit, path).await? {
            Ok(open) => calendar(&visit, &open).await,
            Err(refusal) => Ok(refusal),
        }
    };
    visit.answer(made.await)
}

async fn calendar(visit: &Visit, open: &Open) -> Result<Response> {
    let (reader, offer) = (visit.reader, &open.offer);
    let mut view = View::of(&visit.params, reader.language, visit.now(), &offer.owner.timezone);
    let mut ctx = visit.ctx(open.tenant, None);
    let free = month(&mut ctx, offer, &mut view, None).await?;
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
    page(StatusCode::OK, Audience::Anybody, reader.language, &shown)
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
    }
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

/// Looks the month up, and further where the chosen day has nothing: a month that nobody chose and that has nothing free
/// gives way to the first one that has. The booking `moving` and its own start are left out: it cannot be moved to where
/// it is.
///
/// # Errors
/// The database's.
pub(super) async fn month(ctx: &mut Ctx, offer: &Offer, view: &mut View, moving: Option<(Uuid, Timestamp)>) -> Result<FreeMonth> {
    let days = free_days(ctx, offer, view, moving).await?;
    let chosen = Look::chosen(view, &days);
    if chosen.is_some_and(|date| days.contains_key(&date)) {
        return Ok(FreeMonth { days, next: None });
    }
    let after = chosen.unwrap_or_else(|| view.month.first());
    let next = match days.range(after..).next() {
        Some((date, _)) => Some(*date),
        None => next_free(ctx, offer, view, after, moving).await?,
    };
    if let Some(other) = next.map(Month::around).filter(|month| view.month_is_open && *month != view.month) {
        view.month = other;
        return Ok(FreeMonth { days: free_days(ctx, offer, view, moving).await?, next: None });
    }
    Ok(FreeMonth { days, next })
}

async fn free_days(ctx: &mut Ctx, offer: &Offer, view: &View, moving: Option<(Uuid, Timestamp)>) -> Result<BTreeMap<Date, Vec<Timestamp>>> {
    let Some((from, to)) = view.month.instants(&view.zone) else { return Ok(BTreeMap::new()) };
    let slots = availability::slots_of(ctx, offer, from, to, moving.map(|(id, _)| id)).await?;
    let other = |start: &Timestamp| moving.is_none_or(|(_, present)| *start != present);
    let starts: Vec<_> = slots.iter().map(|slot| slot.start).filter(other).collect();
    Ok(by_date(&starts, &view.zone))
}

/// The first free day from that date on; where there is none, the first from now.
async fn next_free(ctx: &mut Ctx, offer: &Offer, view: &View, after: Date, moving: Option<(Uuid, Timestamp)>) -> Result<Option<Date>> {
    let now = ctx.now();
    let opening = after.to_zoned(view.zone.clone()).map_or(now, |at| Timestamp::new(at.timestamp()));
    let end = Timestamp::from_second(offer.last_instant(now));
    for (mut from, until) in [(opening.max(now), end), (now, opening.min(end))] {
        while from < until {
            let to = from.plus_seconds(MAX_DAYS * DAY).min(until);
            let slots = availability::slots_of(ctx, offer, from, to, moving.map(|(id, _)| id)).await?;
            let other = |slot: &&Slot| moving.is_none_or(|(_, present)| slot.start != present);
            if let Some(slot) = slots.iter().find(other) {
                let date = slot.start.in_zone(&view.zone).date();
                return Ok(Month::of(date).map(|_| date));
            }
            from = to;
        }
    }
    Ok(None)
}

//! Booking over HTTP without an account: organizers' pages, their slots, and the links that manage a booking.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::response::Response;
use platform::auth::Anonymous;
use platform::ctx::Answer;
use platform::extract::{Json, Path, Query};
use platform::rate_limit::Limit;
use platform::time::{Date, Timestamp, zone};
use platform::{App, Ctx, Problem, Result};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::http::{Reason, calendar_answer};
use super::{By, NewBooking, Source, Status, Stored, token};
use crate::availability::http::{RangeParams, Slots};
use crate::availability::{self, Lock, Offer, Which};
use crate::event_types::questions::{self, Answer as QuestionAnswer, Value};
use crate::event_types::{self, Listed, LocationType, Question};
use crate::organizers::{self, PublicOrganizer};

/// An organizer's page: who it is, and what can be booked.
#[derive(Debug, Serialize, ToSchema)]
struct OrganizerPage {
    #[serde(flatten)]
    organizer: PublicOrganizer,
    event_types: Vec<Listed>,
}

/// An organizer's public page, with the event types that are listed on it.
#[utoipa::path(get, path = "/public/organizers/{slug}", tag = "public", params(("slug" = String, Path)), responses((status = 200, body = OrganizerPage)))]
async fn organizer(visitor: Anonymous, Path(slug): Path<String>) -> Result<Json<OrganizerPage>> {
    let place = organizers::locate(&visitor.app, &slug).await?;
    let mut ctx = visitor.visit(place.tenant);
    let organizer = organizers::public(&mut ctx, place.organizer_id).await?;
    let event_types = event_types::listed(&mut ctx, place.organizer_id).await?;
    Ok(Json(OrganizerPage { organizer, event_types }))
}

/// One thing that can be booked.
#[derive(Debug, Serialize, ToSchema)]
struct PublicEventType {
    slug: String,
    name: String,
    description: String,
    duration_minutes: u32,
    location_type: LocationType,
    color: String,
    requires_confirmation: bool,
    /// How many days ahead it can be booked.
    horizon_days: u32,
    /// The last date that can be booked, as things stand.
    last_date: Date,
    /// Of the organizer's hours.
    timezone: String,
    /// What whoever books is asked, in this order.
    questions: Vec<Question>,
    organizer: PublicHost,
}

#[derive(Debug, Serialize, ToSchema)]
struct PublicHost {
    slug: String,
    display_name: String,
    brand_color: String,
}

impl PublicEventType {
    fn new(offer: Offer, now: Timestamp) -> Self {
        let last_date = offer.last_date(now);
        let today = now.in_zone(&offer.settings.zone).date();
        Self {
            slug: offer.slug,
            name: offer.name,
            description: offer.description,
            duration_minutes: offer.settings.duration_minutes,
            location_type: offer.location_type,
            color: offer.color,
            requires_confirmation: offer.requires_confirmation,
            horizon_days: u32::try_from((last_date - today).get_days()).unwrap_or(0),
            last_date: Date(last_date),
            timezone: offer.timezone,
            questions: offer.questions,
            organizer: PublicHost { slug: offer.owner.slug, display_name: offer.owner.display_name, brand_color: offer.owner.brand_color },
        }
    }
}

/// One event type of an organizer.
#[utoipa::path(get, path = "/public/organizers/{slug}/event-types/{event_slug}", tag = "public", params(("slug" = String, Path), ("event_slug" = String, Path)), responses((status = 200, body = PublicEventType)))]
async fn event_type(visitor: Anonymous, Path((slug, event_slug)): Path<(String, String)>) -> Result<Json<PublicEventType>> {
    let place = organizers::locate(&visitor.app, &slug).await?;
    let mut ctx = visitor.visit(place.tenant);
    let offer = availability::offer(&mut ctx, Which::Public { organizer: place.organizer_id, slug: &event_slug }, Lock::No).await?;
    Ok(Json(PublicEventType::new(offer, ctx.now())))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct VisitorParams {
    /// IANA zone of the visitor, where the organizer offers only hours that suit it; without one nothing is left out.
    timezone: Option<String>,
}

/// Free slots of an event type.
#[utoipa::path(get, path = "/public/organizers/{slug}/event-types/{event_slug}/slots", tag = "public", params(("slug" = String, Path), ("event_slug" = String, Path), RangeParams, VisitorParams), responses((status = 200, body = Slots)))]
async fn slots(
    visitor: Anonymous,
    Path((slug, event_slug)): Path<(String, String)>,
    Query(range): Query<RangeParams>,
    Query(visitor_params): Query<VisitorParams>,
) -> Result<Json<Slots>> {
    let place = organizers::locate(&visitor.app, &slug).await?;
    let mut ctx = visitor.visit(place.tenant);
    let offer = availability::offer(&mut ctx, Which::Public { organizer: place.organizer_id, slug: &event_slug }, Lock::No).await?;
    let offer = match visitor_params.timezone {
        Some(name) => offer.for_visitor(&zone(&name).map_err(|_| Problem::field("timezone", "invalid", "is not an IANA time zone"))?),
        None => offer,
    };
    let slots = availability::slots_of(&mut ctx, &offer, range.from, range.to, None).await?;
    Ok(Json(Slots::new(offer, slots)))
}

/// What a visitor says to book.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPublicBooking {
    start: Timestamp,
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[schema(max_length = 254)]
    email: String,
    phone: Option<String>,
    /// IANA zone of the visitor.
    timezone: String,
    /// Of the mails; `en` where none is given.
    locale: Option<String>,
    #[schema(max_length = 5000)]
    notes: Option<String>,
    /// By the keys of the questions. What is answered to a question that is not asked, given the other answers, is left out.
    #[serde(default)]
    answers: BTreeMap<String, Value>,
}

/// A booking as its invitee sees it.
#[derive(Debug, Serialize, ToSchema)]
struct PublicBooking {
    event_type: BookedPublicType,
    organizer: PublicHost,
    invitee_name: String,
    invitee_email: String,
    invitee_timezone: String,
    locale: String,
    start: Timestamp,
    end: Timestamp,
    status: Status,
    location: String,
    notes: String,
    answers: Vec<QuestionAnswer>,
    cancellation_reason: Option<String>,
    /// Whether it can be cancelled or moved: it is open, and not over.
    can_change: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct BookedPublicType {
    slug: String,
    name: String,
    color: String,
}

impl PublicBooking {
    fn new(stored: Stored, now: Timestamp) -> Self {
        let booking = stored.booking;
        Self {
            event_type: BookedPublicType { slug: stored.event_type_slug, name: booking.event_type.name, color: booking.event_type.color },
            organizer: PublicHost { slug: stored.organizer_slug, display_name: booking.organizer.name, brand_color: stored.brand_color },
            invitee_name: booking.invitee_name,
            invitee_email: booking.invitee_email,
            invitee_timezone: booking.invitee_timezone,
            locale: booking.locale,
            start: booking.start,
            end: booking.end,
            status: booking.status,
            location: booking.location,
            notes: booking.notes,
            answers: booking.answers,
            cancellation_reason: booking.cancellation_reason,
            can_change: booking.status.is_open() && booking.end > now,
        }
    }
}

/// A booking that was made, and the secret address that manages it.
#[derive(Debug, Serialize, ToSchema)]
struct NewlyBooked {
    booking: PublicBooking,
    manage_url: String,
}

/// Books a slot.
///
/// 409 `slot_taken` carries up to five free slots as `nearest`.
#[utoipa::path(post, path = "/public/organizers/{slug}/event-types/{event_slug}/bookings", tag = "public", params(("slug" = String, Path), ("event_slug" = String, Path)), request_body = NewPublicBooking, responses((status = 201, body = NewlyBooked)))]
async fn book(visitor: Anonymous, Path((slug, event_slug)): Path<(String, String)>, Json(new): Json<NewPublicBooking>) -> Result<Response> {
    let place = organizers::locate(&visitor.app, &slug).await?;
    let mut ctx = visitor.visit(place.tenant);
    let new = NewBooking {
        start: new.start,
        name: new.name,
        email: new.email,
        phone: new.phone,
        timezone: new.timezone,
        locale: new.locale,
        notes: new.notes,
        answers: questions::given(new.answers),
        source: Source::Api,
        holds: Vec::new(),
    };
    let booked = super::create(&mut ctx, Which::Public { organizer: place.organizer_id, slug: &event_slug }, new).await?;
    let now = ctx.now();
    let answer = NewlyBooked { booking: PublicBooking::new(booked.stored, now), manage_url: booked.manage_url };
    ctx.commit_with(Answer::created(&answer)?).await
}

/// The context and the name of a manage link's booking.
fn enter(visitor: Anonymous, text: &str) -> Result<(Ctx, token::Presented), Problem> {
    let presented = token::read(text).ok_or_else(Problem::not_found)?;
    Ok((visitor.visit(presented.tenant), presented))
}

/// The booking of a manage link.
#[utoipa::path(get, path = "/public/bookings/{token}", tag = "public", params(("token" = String, Path)), responses((status = 200, body = PublicBooking)))]
async fn get(visitor: Anonymous, Path(text): Path<String>) -> Result<Json<PublicBooking>> {
    let (mut ctx, presented) = enter(visitor, &text)?;
    let stored = super::find_by_token(&mut ctx, presented).await?;
    Ok(Json(PublicBooking::new(stored, ctx.now())))
}

/// Cancels the booking of a manage link.
#[utoipa::path(post, path = "/public/bookings/{token}/cancellation", tag = "public", params(("token" = String, Path)), request_body = Reason, responses((status = 200, body = PublicBooking)))]
async fn cancel(visitor: Anonymous, Path(text): Path<String>, Json(why): Json<Reason>) -> Result<Response> {
    visitor.app.limits.check_address(Limit::PublicChange, visitor.origin.ip)?;
    let (mut ctx, presented) = enter(visitor, &text)?;
    let before = super::lock_by_token(&mut ctx, presented).await?;
    let after = super::cancel(&mut ctx, before, By::Invitee, why.reason).await?;
    let now = ctx.now();
    ctx.commit_with(Answer::json(StatusCode::OK, &PublicBooking::new(after, now))?).await
}

/// The new start.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PublicBookingMove)]
struct NewStart {
    start: Timestamp,
}

/// Moves the booking of a manage link to another free slot.
///
/// 409 `slot_taken` carries up to five free slots as `nearest`.
#[utoipa::path(post, path = "/public/bookings/{token}/reschedulings", tag = "public", params(("token" = String, Path)), request_body = NewStart, responses((status = 200, body = PublicBooking)))]
async fn reschedule(visitor: Anonymous, Path(text): Path<String>, Json(to): Json<NewStart>) -> Result<Response> {
    visitor.app.limits.check_address(Limit::PublicChange, visitor.origin.ip)?;
    let (mut ctx, presented) = enter(visitor, &text)?;
    let before = super::lock_by_token(&mut ctx, presented).await?;
    let after = super::reschedule(&mut ctx, before, By::Invitee, to.start, None).await?;
    let now = ctx.now();
    ctx.commit_with(Answer::json(StatusCode::OK, &PublicBooking::new(after, now))?).await
}

/// The booking of a manage link as an iCalendar file.
#[utoipa::path(get, path = "/public/bookings/{token}/calendar-file", tag = "public", params(("token" = String, Path)), responses((status = 200, content_type = "text/calendar", body = String)))]
async fn calendar_file(visitor: Anonymous, Path(text): Path<String>) -> Result<Response> {
    let (mut ctx, presented) = enter(visitor, &text)?;
    let stored = super::find_by_token(&mut ctx, presented).await?;
    Ok(calendar_answer(calendar_of(&ctx, &stored)))
}

/// The calendar file as the invitee has it.
pub fn calendar_of(ctx: &Ctx, stored: &Stored) -> (crate::ics::Method, String) {
    let summary = format!("{}: {}", stored.booking.event_type.name, stored.booking.organizer.name);
    stored.calendar(ctx.now(), &summary, &token::manage_url(&ctx.app, ctx.tenant, stored.booking.id, stored.domain.as_deref()))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(organizer))
        .routes(routes!(event_type))
        .routes(routes!(slots))
        .routes(routes!(book))
        .routes(routes!(get))
        .routes(routes!(cancel))
        .routes(routes!(reschedule))
        .routes(routes!(calendar_file))
}

//! Making a booking: lock, look with the listing's own function, take the time, tell.

use contacts::Person;
use platform::audit::Change;
use platform::ctx::Caller;
use platform::rate_limit::Limit;
use platform::text::{Checks, email_key};
use platform::time::{Timestamp, zone};
use platform::{App, Ctx, Error, Problem, Result};
use uuid::Uuid;

use super::store::NewRow;
use super::{Attendee, BookedType, BookedWith, Booking, CalendarSyncStatus, Host, Status, Stored, store, token};
use crate::availability::{self, Lock, Offer, Which};
use crate::event_types::LocationType;
use crate::event_types::questions::{self, Answer, Given};
use crate::events::BookingCreated;
use crate::holds;

/// Where a booking came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The public page.
    Page,
    /// The public API.
    Api,
    /// A member, on behalf of the invitee.
    Member,
}

impl Source {
    fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Api => "api",
            Self::Member => "member",
        }
    }
}

/// What somebody who books says. Field errors are named as these fields.
#[derive(Clone, Debug)]
pub struct NewBooking {
    pub start: Timestamp,
    pub name: String,
    pub email: String,
    pub phone: Option<String>,
    /// IANA zone of the invitee.
    pub timezone: String,
    /// Of the mails; `en` where none is given.
    pub locale: Option<String>,
    pub notes: Option<String>,
    pub answers: Given,
    pub source: Source,
    /// Secrets under which times may be kept for whoever books; those times are used up or given back.
    pub holds: Vec<String>,
}

/// A booking that was made.
#[derive(Clone, Debug)]
pub struct Booked {
    pub stored: Stored,
    /// The last part of the manage link.
    pub token: String,
    /// Where the invitee sees and changes the booking.
    pub manage_url: String,
}

impl NewBooking {
    /// Each field in the form in which it is stored.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn checked(self, now: Timestamp) -> Result<Self, Problem> {
        let mut checks = Checks::new();
        let name = checks.line("name", &self.name, 1, 200);
        let email = checks.email("email", &self.email);
        let phone = self.phone.and_then(|text| checks.phone("phone", &text));
        let timezone = checks.zone("timezone", &self.timezone);
        let locale = self.locale.filter(|name| !name.is_empty()).map(|name| checks.locale("locale", &name));
        let notes = self.notes.map(|text| checks.paragraph("notes", &text, 5000));
        if self.start <= now {
            checks.add("start", "in_the_past", "is in the past");
        }
        checks.done()?;
        Ok(Self { name, email, phone, timezone, locale, notes, ..self })
    }
}

/// Books a slot. The caller commits; nobody else can have taken the time.
///
/// # Errors
/// 404 for an event type that the caller cannot book; 409 `slot_taken` with the nearest free slots; 422 for the fields;
/// 429 for a visitor who books too often.
pub async fn create(ctx: &mut Ctx, which: Which<'_>, new: NewBooking) -> Result<Booked> {
    let now = ctx.now();
    let new = new.checked(now)?;
    let is_visitor = matches!(ctx.caller, Caller::Visitor);
    if is_visitor {
        ctx.app.limits.check_address(Limit::PublicChange, ctx.origin.ip)?;
    }
    let mut offer = availability::offer(ctx, which, Lock::Organizers).await?;
    if is_visitor {
        offer = offer.for_visitor(&zone(&new.timezone).map_err(Error::internal)?);
    }
    if !offer.is_active {
        return Err(Problem::conflict("event_type_inactive", "This event type is switched off. Switch it on to book it.").into());
    }
    // Who books for somebody else may not know all answers.
    let answers = questions::answered(&offer.questions, &new.answers, new.source != Source::Member)?;
    // After the lock: nobody else sees the kept time as free in between.
    holds::use_up(ctx, &new.holds).await?;
    let assigned = availability::assigned(ctx, &offer, new.start, None).await?;
    let hosts: Vec<Host> = assigned.into_iter().filter_map(|place| offer.organizers.get(place)).map(Host::from).collect();
    let Some(first) = hosts.first().map(|host| host.user_id) else {
        return Err(availability::taken(ctx, &offer, new.start, None).await?.into());
    };
    // Only what leads to a mail counts: or anybody could use up another's share with times that are not free.
    if is_visitor {
        ctx.app.limits.check(Limit::Mail, &format!("booking {}", email_key(&new.email)))?;
    }
    let contact = contacts::meet(
        ctx,
        Person {
            name: &new.name,
            email: &new.email,
            phone: new.phone.as_deref(),
            timezone: Some(&new.timezone),
            locale: new.locale.as_deref(),
            source: "booking",
            owner: Some(first),
            booked_at: Some(now),
        },
    );
    let contact_id = contact.await?;
    let row = row(ctx, &offer, &hosts, &new, contact_id, answers);
    let created_at = match store::insert(ctx, &row).await {
        Ok(created_at) => created_at,
        // The constraint saw what the look could not: another writer that takes no lock.
        Err(Error::Problem(problem)) if problem.code == "slot_taken" => {
            return Err(availability::taken(ctx, &offer, new.start, None).await?.into());
        }
        Err(other) => return Err(other),
    };
    let stored = written(row, offer, hosts, new, created_at)?;
    let (tenant, id) = (ctx.tenant, stored.booking.id);
    let manage_url = token::manage_url(&ctx.app, tenant, id, stored.domain.as_deref());
    ctx.audit(Change::created("booking.created", "booking", id, &stored.booking).about(contact_id));
    ctx.publish(&BookingCreated(stored.booking.fact()))?;
    Ok(Booked { stored, token: token::text(&ctx.app.keys, tenant, id), manage_url })
}

fn row(ctx: &Ctx, offer: &Offer, hosts: &[Host], new: &NewBooking, contact_id: Uuid, answers: Vec<Answer>) -> NewRow {
    let id = platform::id::new();
    NewRow {
        id,
        event_type_id: offer.event_type_id,
        organizers: hosts.iter().map(|host| host.user_id).collect(),
        contact_id,
        attendee_id: platform::id::new(),
        invitee_name: new.name.clone(),
        invitee_email: new.email.clone(),
        invitee_phone: new.phone.clone(),
        invitee_timezone: new.timezone.clone(),
        locale: new.locale.clone().unwrap_or_else(|| "en".to_owned()),
        start: new.start,
        end: offer.end_of(new.start),
        buffer_before_minutes: as_stored(offer.settings.buffer_before_minutes),
        buffer_after_minutes: as_stored(offer.settings.buffer_after_minutes),
        // A member who books on behalf of somebody has confirmed by doing so.
        status: if offer.requires_confirmation && new.source != Source::Member { Status::Pending } else { Status::Confirmed },
        location: location(offer, new.phone.as_deref()),
        notes: new.notes.clone().unwrap_or_default(),
        answers,
        source: new.source.as_str(),
        access_token_hash: token::hash(&ctx.app.keys, ctx.tenant, id),
        ics_uid: uid(&ctx.app, id),
        created_by: ctx.user_id(),
    }
}

pub(crate) fn as_stored(minutes: u32) -> i32 {
    i32::try_from(minutes).unwrap_or(i32::MAX)
}

/// Where it takes place: what the event type says, or the invitee's own number where that is the place.
fn location(offer: &Offer, phone: Option<&str>) -> String {
    match offer.location_type {
        LocationType::Phone if offer.location_details.is_empty() => phone.unwrap_or_default().to_owned(),
        LocationType::Ask => String::new(),
        LocationType::InPerson | LocationType::Phone | LocationType::Video | LocationType::Custom => offer.location_details.clone(),
    }
}

/// Unique in the world (RFC 5545, 3.8.4.7): a UUID, at the instance's own host.
fn uid(app: &App, booking: Uuid) -> String {
    let address = app.config.public_url.split_once("://").map_or(app.config.public_url.as_str(), |(_, rest)| rest);
    let host = address.split([':', '/']).next().filter(|host| !host.is_empty()).unwrap_or("localhost");
    format!("{booking}@{host}")
}

impl From<&availability::Organizer> for Host {
    fn from(organizer: &availability::Organizer) -> Self {
        Self {
            user_id: organizer.user_id,
            name: organizer.name.clone(),
            timezone: organizer.timezone.clone(),
            email: organizer.email.clone(),
            locale: organizer.locale.clone(),
        }
    }
}

fn written(row: NewRow, offer: Offer, hosts: Vec<Host>, new: NewBooking, created_at: Timestamp) -> Result<Stored> {
    let first = hosts.first().cloned().ok_or_else(Problem::not_found)?;
    let owner = offer.owner;
    let booking = Booking {
        id: row.id,
        event_type: BookedType { id: offer.event_type_id, name: offer.name, color: offer.color },
        organizer: BookedWith { user_id: first.user_id, name: first.name },
        organizers: hosts.iter().map(BookedWith::from).collect(),
        contact_id: row.contact_id,
        invitee_name: row.invitee_name,
        invitee_email: row.invitee_email,
        invitee_phone: row.invitee_phone,
        invitee_timezone: row.invitee_timezone,
        locale: row.locale,
        start: row.start,
        end: row.end,
        status: row.status,
        location: row.location,
        notes: row.notes,
        answers: row.answers,
        cancellation_reason: None,
        cancelled_by: None,
        rescheduled_from: None,
        sequence: 0,
        attendees: vec![Attendee { id: row.attendee_id, name: new.name, email: new.email, status: "confirmed".to_owned() }],
        created_at,
        version: 1,
        calendar_sync_status: CalendarSyncStatus::Disabled,
    };
    Ok(Stored {
        booking,
        event_type_slug: offer.slug,
        organizer_slug: owner.slug,
        organizer_timezone: first.timezone,
        brand_color: owner.brand_color,
        logo_url: owner.logo_url,
        domain: owner.domain,
        organizer_email: first.email,
        organizer_locale: first.locale,
        hosts,
        ics_uid: row.ics_uid,
        buffer_before_minutes: row.buffer_before_minutes,
        buffer_after_minutes: row.buffer_after_minutes,
    })
}

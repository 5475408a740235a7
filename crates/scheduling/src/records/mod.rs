//! Bookings as conditions, texts and workflows know them.

mod store;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use platform::records::{Due, Field, FieldKind, Reader, Record, RecordKind, Sample, Window};
use platform::time::zone;
use platform::{Ctx, Error, Problem, Result};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::bookings::{self, store as bookings_store, token};
use crate::pages::language::Language;

/// What can be given is fewer: `completed` comes by time, `pending` never again.
const STATUSES: &[&str] = &["pending", "confirmed", "declined", "cancelled", "completed", "no_show"];

pub const RECORDS: RecordKind = RecordKind {
    name: "booking",
    read_permission: "bookings:read",
    write_permission: "bookings:write",
    fields: &[
        Field::of("event_type", FieldKind::Text),
        Field::settable("status", FieldKind::Choice(STATUSES)),
        Field::of("start", FieldKind::Time),
        Field::of("end", FieldKind::Time),
        Field::of("date", FieldKind::Text),
        Field::of("time", FieldKind::Text),
        Field::of("duration_minutes", FieldKind::Number),
        Field::of("location", FieldKind::Text),
        Field::of("notes", FieldKind::Text),
        Field::of("invitee_name", FieldKind::Text),
        Field::of("invitee_email", FieldKind::Text),
        Field::of("invitee_phone", FieldKind::Text),
        Field::of("invitee_timezone", FieldKind::Text),
        Field::of("locale", FieldKind::Text),
        Field::of("organizer", FieldKind::Text),
        Field::of("cancellation_reason", FieldKind::Text),
        Field::of("manage_url", FieldKind::Text),
        Field::of("book_again_url", FieldKind::Text),
        Field::of("created_at", FieldKind::Time),
    ],
    moments: &["before_start", "after_start", "after_end"],
    read,
    recent,
    due,
    set,
};

fn read(ctx: &mut Ctx, id: Uuid) -> BoxFuture<'_, Result<Option<Record>>> {
    async move {
        let Some(stored) = bookings_store::find(ctx, id).await? else { return Ok(None) };
        let (booking, domain) = (&stored.booking, stored.domain.as_deref());
        let language = Language::of_tag(&booking.locale).unwrap_or(Language::En);
        let start = booking.start.in_zone(&zone(&booking.invitee_timezone).map_err(Error::internal)?);
        let book_again = format!("/b/{}/{}", stored.organizer_slug, stored.event_type_slug);
        let value = json!({
            "id": booking.id,
            "event_type": booking.event_type.name,
            "status": booking.status,
            "start": booking.start,
            "end": booking.end,
            "date": language.date_title(start.date()),
            "time": language.time(start.time()),
            "duration_minutes": (booking.end.as_second() - booking.start.as_second()) / 60,
            "location": booking.location,
            "notes": booking.notes,
            "invitee_name": booking.invitee_name,
            "invitee_email": booking.invitee_email,
            "invitee_phone": booking.invitee_phone,
            "invitee_timezone": booking.invitee_timezone,
            "locale": booking.locale,
            "organizer": booking.with(),
            "cancellation_reason": booking.cancellation_reason,
            "manage_url": token::manage_url(&ctx.app, ctx.tenant, booking.id, domain),
            "book_again_url": ctx.app.config.page_link(domain, &book_again),
            "created_at": booking.created_at,
        });
        let Value::Object(fields) = value else { return Err(Error::internal("no object")) };
        Ok(Some(Record {
            fields,
            contact_id: Some(booking.contact_id),
            invitee: Some(Reader {
                user_id: None,
                name: booking.invitee_name.clone(),
                // Empty where the invitee was erased.
                email: Some(booking.invitee_email.clone()).filter(|email| !email.is_empty()),
                phone: booking.invitee_phone.clone(),
                locale: booking.locale.clone(),
            }),
            organizers: stored
                .hosts
                .iter()
                .map(|host| Reader {
                    user_id: Some(host.user_id),
                    name: host.name.clone(),
                    email: Some(host.email.clone()),
                    phone: None,
                    locale: host.locale.clone(),
                })
                .collect(),
            link: Some(format!("/bookings/{id}")),
        }))
    }
    .boxed()
}

fn recent(ctx: &mut Ctx, most: i64) -> BoxFuture<'_, Result<Vec<Sample>>> {
    async move { store::recent(ctx, most).await }.boxed()
}

fn due(ctx: &mut Ctx, window: Window) -> BoxFuture<'_, Result<Due>> {
    async move {
        match window.moment {
            "before_start" => store::starting(ctx, window.after, window.until, window.minutes).await,
            "after_start" => store::starting(ctx, window.after, window.until, -window.minutes).await,
            _ => store::ending(ctx, window.after, window.until, window.minutes).await,
        }
    }
    .boxed()
}

/// The status, by what members do to bookings: each has its own rules, mails and events.
fn set<'a>(ctx: &'a mut Ctx, id: Uuid, field: &'a str, value: &'a str) -> BoxFuture<'a, Result<()>> {
    async move {
        if field != "status" {
            return Err(Problem::field("field", "unknown", "cannot be set").into());
        }
        let stored = bookings::lock(ctx, id).await?;
        if stored.booking.status.as_str() == value {
            return Ok(());
        }
        match value {
            "confirmed" => drop(bookings::confirm(ctx, stored).await?),
            "declined" => drop(bookings::decline(ctx, stored, None).await?),
            "cancelled" => drop(bookings::cancel(ctx, stored, bookings::By::Organizer, None).await?),
            "no_show" => drop(bookings::mark_no_show(ctx, stored).await?),
            _ => return Err(Problem::field("value", "unknown", "is no status that a booking can be given").into()),
        }
        Ok(())
    }
    .boxed()
}

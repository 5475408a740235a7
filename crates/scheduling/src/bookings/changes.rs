//! What happens to a booking after it was made. Every change begins with [`super::lock`], so two changes of one booking
//! come one after the other; one that takes time locks the organizers next, never the other way round.

use platform::audit::Change;
use platform::events::Event;
use platform::text::Checks;
use platform::time::Timestamp;
use platform::{Ctx, Error, Problem, Result};

use super::create::as_stored;
use super::store::many;
use super::store::{self, Move};
use super::{CancelledBy, Status, Stored};
use crate::availability::{self, Lock, Which};
use crate::events::{
    BookingAttended, BookingCancelled, BookingCompleted, BookingConfirmed, BookingDeclined, BookingFact, BookingNoShow, BookingRescheduled,
    BookingRestored,
};

/// Who changes a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Through the manage link.
    Invitee,
    /// The organizer, or another member for him or her.
    Organizer,
}

/// Cancels and frees the time.
///
/// # Errors
/// 409 where it is not open any more or is over.
pub async fn cancel(ctx: &mut Ctx, before: Stored, by: By, reason: Option<String>) -> Result<Stored> {
    check_open(ctx, &before)?;
    let reason = checked_reason(reason)?;
    let by = match by {
        By::Invitee => CancelledBy::Invitee,
        By::Organizer => CancelledBy::Organizer,
    };
    store::cancel(ctx, before.booking.id, by, reason.as_deref()).await?;
    tell(ctx, before, reason, BookingCancelled).await
}

/// Moves it to another free start, as long as the event type is now, with those who hold it. What an invitee moves must be confirmed again
/// where the event type asks for that.
///
/// # Errors
/// 409 `slot_taken` with the nearest free slots; 409 where it is not open any more, is over, or cannot be booked now;
/// 422 for a start in the past.
pub async fn reschedule(ctx: &mut Ctx, before: Stored, by: By, start: Timestamp, reason: Option<String>) -> Result<Stored> {
    check_open(ctx, &before)?;
    let reason = checked_reason(reason)?;
    let id = before.booking.id;
    if start <= ctx.now() {
        return Err(Problem::field("start", "in_the_past", "is in the past").into());
    }
    if start == before.booking.start {
        return Err(Problem::conflict("same_time", "The booking is at this time already. Choose another one.").into());
    }
    let offer = availability::offer(ctx, Which::Booking(id), Lock::Organizers).await?;
    if !offer.is_active {
        return Err(Problem::conflict("event_type_inactive", "This cannot be booked at present, so the booking cannot be moved.").into());
    }
    if availability::assigned(ctx, &offer, start, Some(id)).await?.is_empty() {
        return Err(availability::taken(ctx, &offer, start, Some(id)).await?.into());
    }
    let asks_again = by == By::Invitee && offer.requires_confirmation;
    let to = Move {
        start,
        end: offer.end_of(start),
        buffer_before_minutes: as_stored(offer.settings.buffer_before_minutes),
        buffer_after_minutes: as_stored(offer.settings.buffer_after_minutes),
        status: if asks_again { Status::Pending } else { before.booking.status },
    };
    match store::reschedule(ctx, id, &to).await {
        Err(Error::Problem(problem)) if problem.code == "slot_taken" => {
            return Err(availability::taken(ctx, &offer, start, Some(id)).await?.into());
        }
        other => other?,
    }
    tell(ctx, before, reason, BookingRescheduled).await
}

/// Confirms what is pending.
///
/// # Errors
/// 409 where it is not pending, or its time has come.
pub async fn confirm(ctx: &mut Ctx, before: Stored) -> Result<Stored> {
    check_status(&before, &[Status::Pending])?;
    if before.booking.start <= ctx.now() {
        return Err(Problem::conflict("booking_over", "The time of this request has come, so it cannot be confirmed any more.").into());
    }
    store::set_status(ctx, before.booking.id, Status::Confirmed).await?;
    tell(ctx, before, None, BookingConfirmed).await
}

/// Declines what is pending, and frees the time.
///
/// # Errors
/// 409 where it is not pending.
pub async fn decline(ctx: &mut Ctx, before: Stored, reason: Option<String>) -> Result<Stored> {
    check_status(&before, &[Status::Pending])?;
    let reason = checked_reason(reason)?;
    store::decline(ctx, before.booking.id, reason.as_deref()).await?;
    tell(ctx, before, reason, BookingDeclined).await
}

/// Notes that the invitee did not come; again is no error.
///
/// # Errors
/// 409 before the start, and for a booking that did not take place.
pub async fn mark_no_show(ctx: &mut Ctx, before: Stored) -> Result<Stored> {
    if before.booking.status == Status::NoShow {
        return Ok(before);
    }
    check_status(&before, &[Status::Confirmed, Status::Completed])?;
    if before.booking.start > ctx.now() {
        return Err(Problem::conflict("not_started", "The booking has not begun yet.").into());
    }
    store::set_status(ctx, before.booking.id, Status::NoShow).await?;
    tell(ctx, before, None, BookingNoShow).await
}

/// Takes back that the invitee did not come; again is no error.
///
/// # Errors
/// 409 where that was never noted.
pub async fn unmark_no_show(ctx: &mut Ctx, before: Stored) -> Result<Stored> {
    if matches!(before.booking.status, Status::Confirmed | Status::Completed) {
        return Ok(before);
    }
    check_status(&before, &[Status::NoShow])?;
    let status = if before.booking.end <= ctx.now() { Status::Completed } else { Status::Confirmed };
    store::set_status(ctx, before.booking.id, status).await?;
    tell(ctx, before, None, BookingAttended).await
}

/// Takes back a cancellation where the time is still free, whatever the hours and the notice say now.
///
/// # Errors
/// 409 `slot_taken` with the nearest free slots; 409 where it is not cancelled, or is over.
pub async fn restore(ctx: &mut Ctx, before: Stored) -> Result<Stored> {
    check_status(&before, &[Status::Cancelled])?;
    check_not_over(ctx, &before)?;
    let (id, start, end) = (before.booking.id, before.booking.start, before.booking.end);
    let mut offer = availability::offer(ctx, Which::Booking(id), Lock::Organizers).await?;
    let minutes = |stored: i32| u32::try_from(stored).map_err(Error::internal);
    offer.settings.buffer_before_minutes = minutes(before.buffer_before_minutes)?;
    offer.settings.buffer_after_minutes = minutes(before.buffer_after_minutes)?;
    if !availability::is_clear(ctx, &offer, start, end, None).await? {
        return Err(availability::taken(ctx, &offer, start, None).await?.into());
    }
    match store::restore(ctx, id, &before.booking.organizer_ids()).await {
        Err(Error::Problem(problem)) if problem.code == "slot_taken" => {
            return Err(availability::taken(ctx, &offer, start, None).await?.into());
        }
        other => other?,
    }
    tell(ctx, before, None, BookingRestored).await
}

/// Completes what has ended, at most `most`; answers how many.
///
/// # Errors
/// The database's.
pub(crate) async fn complete_due(ctx: &mut Ctx, most: i64) -> Result<usize> {
    let ids = many::complete_due(ctx, most).await?;
    for id in &ids {
        let stored = super::find(ctx, *id).await?;
        let (old, new) = (serde_json::json!({ "status": Status::Confirmed }), serde_json::json!({ "status": Status::Completed }));
        ctx.audit(Change::updated(BookingCompleted::KIND, "booking", *id, old, new).about(stored.booking.contact_id));
        ctx.publish(&BookingCompleted(stored.booking.fact()))?;
    }
    Ok(ids.len())
}

/// Audit trail and event of a change that was written, with the reason that was given.
async fn tell<E: Event>(ctx: &mut Ctx, before: Stored, reason: Option<String>, event: impl FnOnce(BookingFact) -> E) -> Result<Stored> {
    let id = before.booking.id;
    let after = super::find(ctx, id).await?;
    let mut change = Change::updated(E::KIND, "booking", id, &before.booking, &after.booking).about(after.booking.contact_id);
    if let (Some(serde_json::Value::Object(new)), Some(reason)) = (&mut change.new, &reason) {
        new.insert("reason".to_owned(), reason.as_str().into());
    }
    ctx.audit(change);
    ctx.publish(&event(BookingFact { reason, ..after.booking.fact() }))?;
    Ok(after)
}

pub(super) fn checked_reason(reason: Option<String>) -> Result<Option<String>, Problem> {
    let mut checks = Checks::new();
    let reason = reason.map(|text| checks.paragraph("reason", &text, 1000)).filter(|text| !text.is_empty());
    checks.done()?;
    Ok(reason)
}

pub(super) fn check_open(ctx: &Ctx, stored: &Stored) -> Result<(), Problem> {
    check_status(stored, &[Status::Pending, Status::Confirmed])?;
    check_not_over(ctx, stored)
}

fn check_not_over(ctx: &Ctx, stored: &Stored) -> Result<(), Problem> {
    if stored.booking.end <= ctx.now() {
        return Err(Problem::conflict("booking_over", "This booking is over, so it cannot be changed any more."));
    }
    Ok(())
}

/// 409 that names where the booking stands.
fn check_status(stored: &Stored, allowed: &[Status]) -> Result<(), Problem> {
    let status = stored.booking.status;
    if allowed.contains(&status) {
        return Ok(());
    }
    let detail = match status {
        Status::Pending => "This booking has not been confirmed yet.",
        Status::Confirmed => "This booking is confirmed.",
        Status::Declined => "This booking was declined.",
        Status::Cancelled => "This booking is cancelled already.",
        Status::Completed => "This booking is over, so it cannot be changed any more.",
        Status::NoShow => "This booking is marked as not attended.",
    };
    Err(Problem::conflict("booking_state", detail).with("booking_status", status))
}

//! Handing a booking over from one of those who hold it to another organizer, at the time that it has.

use platform::audit::Change;
use platform::events::Event;
use platform::{Ctx, Error, Problem, Result};
use uuid::Uuid;

use super::Stored;
use super::changes::{check_open, checked_reason};
use super::store::handover;
use crate::availability::{self, Lock, Which};
use crate::events::{BookingFact, BookingReassigned, Handover};

/// Who takes the place of whom. Field errors are named as these fields.
#[derive(Clone, Debug)]
pub struct Reassignment {
    pub organizer_id: Uuid,
    /// Needed where several hold the booking.
    pub in_place_of: Option<Uuid>,
    pub reason: Option<String>,
}

/// Hands the booking over. The new organizer must have nothing else at that time, buffers and gap included; the hours are not asked, since a
/// member decides.
///
/// # Errors
/// 409 `organizer_busy` where the new organizer has something else then; 409 where it is not open any more, or is over; 422 for who takes
/// it or who gives it.
pub async fn reassign(ctx: &mut Ctx, before: Stored, wanted: Reassignment) -> Result<Stored> {
    check_open(ctx, &before)?;
    let reason = checked_reason(wanted.reason)?;
    let (id, start, end) = (before.booking.id, before.booking.start, before.booking.end);
    let holders = before.booking.organizer_ids();
    let from = giver(&holders, wanted.in_place_of)?;
    let to = wanted.organizer_id;
    if holders.contains(&to) {
        return Err(Problem::field("organizer_id", "taken", "holds this booking already").into());
    }
    if !handover::can_hold(ctx, to).await? {
        return Err(Problem::field("organizer_id", "unknown", "is no organizer with a page that is switched on").into());
    }
    let all: Vec<Uuid> = holders.iter().copied().chain([to]).collect();
    availability::lock(ctx, &all).await?;
    handover::hand_over(ctx, id, from, to).await?;
    let mut offer = availability::offer(ctx, Which::Booking(id), Lock::No).await?;
    offer.organizers.retain(|organizer| organizer.user_id == to);
    offer.needed = 1;
    let minutes = |stored: i32| u32::try_from(stored).map_err(Error::internal);
    offer.settings.buffer_before_minutes = minutes(before.buffer_before_minutes)?;
    offer.settings.buffer_after_minutes = minutes(before.buffer_after_minutes)?;
    if !availability::is_clear(ctx, &offer, start, end, Some(id)).await? {
        return Err(handover::busy().into());
    }
    handover::hand_over_time(ctx, id, from, to).await?;
    tell(ctx, before, Handover { from, to }, reason).await
}

fn giver(holders: &[Uuid], wanted: Option<Uuid>) -> Result<Uuid, Problem> {
    match (wanted, holders) {
        (Some(one), _) if holders.contains(&one) => Ok(one),
        (Some(_), _) => Err(Problem::field("in_place_of", "unknown", "does not hold this booking")),
        (None, [one]) => Ok(*one),
        (None, _) => Err(Problem::field("in_place_of", "required", "is needed, since several hold this booking")),
    }
}

async fn tell(ctx: &mut Ctx, before: Stored, given: Handover, reason: Option<String>) -> Result<Stored> {
    let id = before.booking.id;
    let after = super::find(ctx, id).await?;
    let mut change =
        Change::updated(BookingReassigned::KIND, "booking", id, &before.booking, &after.booking).about(after.booking.contact_id);
    if let Some(serde_json::Value::Object(new)) = &mut change.new {
        new.insert("with".to_owned(), after.booking.with().into());
        if let Some(reason) = &reason {
            new.insert("reason".to_owned(), reason.as_str().into());
        }
    }
    ctx.audit(change);
    ctx.publish(&BookingReassigned(BookingFact { reason, handover: Some(given), ..after.booking.fact() }))?;
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_gives_it_is_named_where_several_could() {
        let [a, b, c] = [1, 2, 3].map(Uuid::from_u128);
        assert_eq!(giver(&[a], None).ok(), Some(a));
        assert_eq!(giver(&[a, b], Some(b)).ok(), Some(b));
        let code = |refused: Result<Uuid, Problem>| refused.expect_err("refused").errors[0].code;
        assert_eq!((code(giver(&[a, b], None)), code(giver(&[a, b], Some(c)))), ("required", "unknown"));
    }
}

//! What invitee and organizer are told by mail, and when.

mod compose;
#[cfg(test)]
mod tests;
mod texts;

use std::pin::Pin;

use platform::events::{Reaction, Recorded};
use platform::jobs::{Attempt, Job, JobError, When};
use platform::time::Timestamp;
use platform::{Ctx, Error, Result};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::bookings::{Status, Stored, store};
use crate::events::BookingFact;

/// How long before the start a reminder goes out, in seconds.
const REMINDER_LEAD: i64 = 60 * 60;

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    /// Booked, and to be confirmed.
    Requested,
    Confirmed,
    Rescheduled,
    Cancelled,
    Declined,
    Reminder,
}

impl What {
    /// Whether the booking still stands as it did: what came later has mails of its own.
    fn holds(self, stored: &Stored) -> bool {
        let status = stored.booking.status;
        match self {
            Self::Requested => status == Status::Pending,
            Self::Confirmed | Self::Reminder => status == Status::Confirmed,
            Self::Rescheduled => status.is_open(),
            Self::Cancelled => status == Status::Cancelled,
            Self::Declined => status == Status::Declined,
        }
    }
}

/// For the registry of the binary.
pub fn reactions() -> Vec<Reaction> {
    let kinds =
        ["booking.created", "booking.confirmed", "booking.rescheduled", "booking.restored", "booking.cancelled", "booking.declined"];
    kinds.map(|on| Reaction { on, name: "scheduling::mails", run: tell }).into()
}

/// Writes the mails about one event, and plans the reminder of the booking as it then was.
fn tell<'a>(ctx: &'a mut Ctx, event: &'a Recorded) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
    Box::pin(async move {
        let fact: BookingFact = serde_json::from_value(event.payload.clone()).map_err(Error::internal)?;
        let what = match (event.kind.as_str(), fact.status) {
            ("booking.created", Status::Pending) => What::Requested,
            ("booking.created" | "booking.confirmed" | "booking.restored", _) => What::Confirmed,
            ("booking.rescheduled", _) => What::Rescheduled,
            ("booking.cancelled", _) => What::Cancelled,
            ("booking.declined", _) => What::Declined,
            _ => return Ok(()),
        };
        let key = format!("reminder:{}", fact.booking_id);
        let due = fact.start.plus_seconds(-REMINDER_LEAD);
        if fact.status == Status::Confirmed && due > ctx.now() {
            ctx.enqueue(&SendReminder { booking_id: fact.booking_id, start: fact.start }, When::at(due).keyed(key))?;
        } else if event.kind != "booking.created" {
            // At its creation nothing was planned before.
            ctx.dequeue(&key).await?;
        }
        if let Some(stored) = store::find(ctx, fact.booking_id).await?
            && stored.booking.sequence == fact.sequence
            && what.holds(&stored)
        {
            let mails = compose::mails(ctx, &stored, what, fact.reason.as_deref())?;
            ctx.mail(mails);
        }
        Ok(())
    })
}

/// Reminds both sides of a booking that still stands at that time.
#[derive(Serialize, Deserialize)]
pub(crate) struct SendReminder {
    booking_id: Uuid,
    start: Timestamp,
}

impl Job for SendReminder {
    const NAME: &'static str = "SendReminder";

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let mut ctx = at.ctx()?;
        let Some(stored) = store::find(&mut ctx, self.booking_id).await? else { return Ok(()) };
        if stored.booking.start != self.start || self.start <= ctx.now() || !What::Reminder.holds(&stored) {
            return Ok(());
        }
        let mails = compose::mails(&ctx, &stored, What::Reminder, None)?;
        ctx.mail(mails);
        ctx.commit().await?;
        Ok(())
    }
}

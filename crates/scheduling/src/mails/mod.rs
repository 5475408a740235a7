//! What invitee and organizer are told by mail, and when.

mod compose;
pub mod http;
mod store;
#[cfg(test)]
mod tests;
mod texts;

use std::pin::Pin;

use messaging::{Channel, MailChoices, templates};
use platform::events::{Reaction, Recorded};
use platform::jobs::{Attempt, Job, JobError, When};
use platform::time::Timestamp;
use platform::{Ctx, Error, Result};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::bookings::{Status, Stored, store as bookings};
use crate::events::{BookingFact, Handover};

/// Whom a reminder goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reminded {
    /// The invitee, and the first organizer.
    Both,
    Invitee,
    Organizer,
}

/// Whom mails go to.
pub(crate) struct Readers {
    pub invitee: bool,
    pub organizers: Vec<Uuid>,
}

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    /// Booked, and to be confirmed.
    Requested,
    Confirmed,
    Rescheduled,
    /// Another organizer holds it: to the invitee, and to those who hold it with that one.
    Reassigned,
    /// To who held it until then.
    HandedOver,
    Cancelled,
    Declined,
    Reminder,
}

impl What {
    const ALL: [Self; 6] = [Self::Requested, Self::Confirmed, Self::Rescheduled, Self::Cancelled, Self::Declined, Self::Reminder];

    /// By the name that its mails have in the log.
    fn of_kind(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| compose::kind(*what) == kind)
    }

    /// Whether the booking still stands as it did: what came later has mails of its own.
    fn holds(self, stored: &Stored) -> bool {
        let status = stored.booking.status;
        match self {
            Self::Requested => status == Status::Pending,
            Self::Confirmed | Self::Reminder => status == Status::Confirmed,
            Self::Rescheduled | Self::Reassigned | Self::HandedOver => status.is_open(),
            Self::Cancelled => status == Status::Cancelled,
            Self::Declined => status == Status::Declined,
        }
    }
}

/// For the registry of the binary.
pub fn reactions() -> Vec<Reaction> {
    let kinds = [
        "booking.created",
        "booking.confirmed",
        "booking.rescheduled",
        "booking.restored",
        "booking.cancelled",
        "booking.declined",
        "booking.reassigned",
    ];
    kinds.map(|on| Reaction { on, name: "scheduling::mails", run: tell }).into()
}

/// Writes the mails about one event, and plans the reminders of the booking as it then was.
fn tell<'a>(ctx: &'a mut Ctx, event: &'a Recorded) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
    Box::pin(async move {
        let fact: BookingFact = serde_json::from_value(event.payload.clone()).map_err(Error::internal)?;
        let what = match (event.kind.as_str(), fact.status) {
            ("booking.created" | "booking.restored", Status::Pending) => What::Requested,
            ("booking.created" | "booking.confirmed" | "booking.restored", _) => What::Confirmed,
            ("booking.rescheduled", _) => What::Rescheduled,
            ("booking.reassigned", _) => What::Reassigned,
            ("booking.cancelled", _) => What::Cancelled,
            ("booking.declined", _) => What::Declined,
            _ => return Ok(()),
        };
        let mut readers = Readers { invitee: true, organizers: Vec::new() };
        let leads = store::reminder_minutes(ctx, fact.event_type_id).await?;
        for holder in fact.holders() {
            let choices = messaging::mail_choices(ctx, holder).await?;
            plan_reminders(ctx, &fact, holder, choices, &leads, event.kind == "booking.created").await?;
            if choices.bookings {
                readers.organizers.push(holder);
            }
        }
        if let Some(stored) = bookings::find(ctx, fact.booking_id).await?
            && stored.booking.sequence == fact.sequence
            && what.holds(&stored)
        {
            match fact.handover {
                Some(handover) => handed_over(ctx, &stored, handover, fact.reason.as_deref(), readers).await?,
                None => send(ctx, &stored, what, fact.reason.as_deref(), &readers).await?,
            }
        }
        if let Some(handover) = fact.handover {
            ctx.dequeue(&format!("reminder of {}:{}", handover.from, fact.booking_id)).await?;
        }
        Ok(())
    })
}

async fn send(ctx: &mut Ctx, stored: &Stored, what: What, reason: Option<&str>, to: &Readers) -> Result<()> {
    let mails = compose::mails(ctx, stored, what, reason, to)?;
    deliver(ctx, stored, what, mails).await
}

async fn deliver(ctx: &mut Ctx, stored: &Stored, what: What, mails: Vec<compose::Composed>) -> Result<()> {
    for mail in mails {
        let (owner, language) = (stored.booking.organizer.user_id, mail.mail.language.clone());
        let chosen = templates::choose(ctx, owner, compose::kind(what), mail.audience, Channel::Email, &language).await?;
        let mail = match chosen {
            None => mail.mail,
            Some(template) => match templates::render(&template.subject, &template.body, &mail.values) {
                Ok(said) => mail.in_words(said),
                // What people may say was narrowed since it was saved: they get the usual words, and whose text it is learns of it.
                Err(error) => {
                    templates::tell_failed(ctx, &template, &error).await?;
                    mail.mail
                }
            },
        };
        messaging::deliver(ctx, mail).await?;
    }
    Ok(())
}

/// The new organizer is told as of a booking that was just made, the former that it is gone, and everybody else who holds it now.
async fn handed_over(ctx: &mut Ctx, stored: &Stored, handover: Handover, reason: Option<&str>, readers: Readers) -> Result<()> {
    let (new, others): (Vec<_>, Vec<_>) = readers.organizers.into_iter().partition(|holder| *holder == handover.to);
    let booked = if stored.booking.status == Status::Pending { What::Requested } else { What::Confirmed };
    send(ctx, stored, What::Reassigned, reason, &Readers { invitee: true, organizers: others }).await?;
    send(ctx, stored, booked, reason, &Readers { invitee: false, organizers: new }).await?;
    if messaging::mail_choices(ctx, handover.from).await?.bookings
        && let Some(former) = crate::bookings::host(ctx, handover.from).await?
    {
        let gone = stored.without(former, handover.to);
        send(ctx, &gone, What::HandedOver, reason, &Readers { invitee: false, organizers: vec![handover.from] }).await?;
    }
    Ok(())
}

/// For the first organizer those of the event type to the invitee, and one of the organizer's own, which goes with the invitee's where
/// both are due at once. For each of the others one of his or her own. One that was planned for another start reminds nobody.
async fn plan_reminders(ctx: &mut Ctx, fact: &BookingFact, holder: Uuid, choices: MailChoices, leads: &[i32], is_new: bool) -> Result<()> {
    let is_first = holder == fact.organizer_id;
    let own = choices.bookings.then_some(choices.reminder_minutes);
    let mut plans = Vec::new();
    if is_first {
        for minutes in leads.iter().copied().map(i64::from) {
            let readers = if own == Some(minutes) { Reminded::Both } else { Reminded::Invitee };
            plans.push((format!("reminder {minutes}:{}", fact.booking_id), Some((readers, minutes))));
        }
    }
    let name = if is_first { "reminder of the organizer".to_owned() } else { format!("reminder of {holder}") };
    let alone = own.filter(|minutes| !is_first || !leads.iter().any(|lead| i64::from(*lead) == *minutes));
    plans.push((format!("{name}:{}", fact.booking_id), alone.map(|minutes| (Reminded::Organizer, minutes))));
    for (key, plan) in plans {
        let due = plan.map(|(readers, minutes)| (readers, minutes, fact.start.plus_seconds(-minutes * 60)));
        match due.filter(|(_, _, due)| fact.status == Status::Confirmed && *due > ctx.now()) {
            Some((readers, minutes, due)) => {
                let organizer = (!is_first).then_some(holder);
                ctx.enqueue(
                    &SendReminder { booking_id: fact.booking_id, start: fact.start, readers, organizer, minutes },
                    When::at(due).keyed(key),
                )?;
            }
            // At its creation nothing was planned before.
            None if !is_new => ctx.dequeue(&key).await?,
            None => {}
        }
    }
    Ok(())
}

/// Reminds of a booking that still stands at that time.
#[derive(Serialize, Deserialize)]
pub(crate) struct SendReminder {
    booking_id: Uuid,
    start: Timestamp,
    readers: Reminded,
    /// Where it is for another organizer than the first.
    #[serde(default)]
    organizer: Option<Uuid>,
    /// How long before the start: the reminders of one booking are told apart by it.
    minutes: i64,
}

impl Job for SendReminder {
    const NAME: &'static str = "SendReminder";

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let mut ctx = at.ctx()?;
        let Some(stored) = bookings::find(&mut ctx, self.booking_id).await? else { return Ok(()) };
        if stored.booking.start != self.start || self.start <= ctx.now() || !What::Reminder.holds(&stored) {
            return Ok(());
        }
        let holder = self.organizer.unwrap_or(stored.booking.organizer.user_id);
        let is_wanted = self.readers != Reminded::Invitee && messaging::mail_choices(&mut ctx, holder).await?.bookings;
        let readers =
            Readers { invitee: self.readers != Reminded::Organizer, organizers: if is_wanted { vec![holder] } else { Vec::new() } };
        let mut mails = compose::mails(&ctx, &stored, What::Reminder, None, &readers)?;
        for mail in &mut mails {
            mail.mail.dedupe_key = mail.mail.dedupe_key.take().map(|key| format!("{key}:{}", self.minutes));
        }
        deliver(&mut ctx, &stored, What::Reminder, mails).await?;
        ctx.commit().await?;
        Ok(())
    }
}

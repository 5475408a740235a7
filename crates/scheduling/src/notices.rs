//! What an organizer is told in the app about the bookings that others make and change.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use messaging::{Group, Notice, notify};
use platform::events::{Reaction, Recorded};
use platform::{Ctx, Error, Result};
use serde_json::json;

use crate::bookings::Status;
use crate::events::BookingFact;

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
    kinds.map(|on| Reaction { on, name: "scheduling::notices", run: tell }).into()
}

fn tell<'a>(ctx: &'a mut Ctx, event: &'a Recorded) -> BoxFuture<'a, Result<()>> {
    async move {
        let fact: BookingFact = serde_json::from_value(event.payload.clone()).map_err(Error::internal)?;
        let is_request = event.kind == "booking.created" && fact.status == Status::Pending;
        let notice = Notice {
            person: Some(fact.contact_id),
            facts: json!({ "invitee": fact.invitee_name, "event_type": fact.event_type_name, "start": fact.start }),
            link: Some(format!("/bookings/{}", fact.booking_id)),
            ..Notice::info(if is_request { "booking.requested" } else { &event.kind }, Group::Bookings)
        };
        let former = fact.handover.map(|handover| handover.from);
        let told: Vec<_> = fact.holders().into_iter().chain(former).collect();
        notify(ctx, event, &told, notice).await
    }
    .boxed()
}

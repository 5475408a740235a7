//! What scheduling holds of a person: the bookings of a contact, and the public page of a member.

mod store;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use platform::personal::{Outcome, Person, PersonalData};
use platform::{Ctx, Problem, Result};
use serde_json::Value;

/// Bookings, attendees and organizers' pages.
pub struct BookingsData;

impl PersonalData for BookingsData {
    fn export<'a>(&'a self, ctx: &'a mut Ctx, person: &'a Person) -> BoxFuture<'a, Result<Vec<(&'static str, Value)>>> {
        async move {
            Ok(match person {
                Person::Contact(id) => vec![("bookings", store::bookings(ctx, *id).await?), ("attended", store::attended(ctx, *id).await?)],
                Person::Member(user) => {
                    vec![
                        ("organizer", store::organizer(ctx, *user).await?),
                        ("schedules", store::schedules(ctx, *user).await?),
                        ("blocked_times", store::blocked_times(ctx, *user).await?),
                    ]
                }
            })
        }
        .boxed()
    }

    fn erase<'a>(&'a self, ctx: &'a mut Ctx, person: &'a Person) -> BoxFuture<'a, Result<Vec<Outcome>>> {
        async move {
            match person {
                Person::Contact(id) => erase_contact(ctx, *id).await,
                Person::Member(user) => {
                    let slugs = store::free_slug(ctx, *user).await?;
                    let types = store::close_event_types(ctx, *user).await?;
                    let blocked = store::free_blocked_times(ctx, *user).await?;
                    let pages = store::empty_organizer(ctx, *user).await?;
                    Ok(vec![
                        Outcome::removed("directory.public_slugs", slugs),
                        Outcome::removed("scheduling.blocked_times", blocked),
                        Outcome::emptied("scheduling.event_types", types, "bookings of others refer to them; they are closed"),
                        Outcome::emptied("scheduling.organizer_profiles", pages, "bookings of others refer to it; the page is closed"),
                    ])
                }
            }
        }
        .boxed()
    }
}

async fn erase_contact(ctx: &mut Ctx, contact: uuid::Uuid) -> Result<Vec<Outcome>> {
    if store::has_upcoming(ctx, contact).await? {
        return Err(Problem::conflict("upcoming_bookings", "This person has bookings to come. Cancel them first.").into());
    }
    let attendees = store::empty_attendees(ctx, contact).await?;
    let ids = store::empty_bookings(ctx, contact).await?;
    let (mails, facts) = store::forget_outside(ctx, contact, &ids).await?;
    Ok(vec![
        Outcome::emptied("scheduling.bookings", ids.len() as u64, "show when the organizer's time was taken"),
        Outcome::emptied("scheduling.booking_attendees", attendees, "show how many took part"),
        Outcome::removed("directory.mails", mails),
        Outcome::emptied("platform.events", facts, "show that something happened, without what"),
    ])
}

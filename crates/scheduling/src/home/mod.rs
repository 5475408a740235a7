//! A member's first page: the day, the week in figures, and what is still to be set up.

mod store;

use contacts::ContactsRead;
use jiff::ToSpan;
use platform::auth::AnyMember;
use platform::ctx::Caller;
use platform::extract::Json;
use platform::time::{Date, Timestamp, zone};
use platform::{App, Error, Problem, Result};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::BookingsRead;
use crate::bookings::{self, Booking};
use crate::search::visible;

/// Most bookings of one day that are listed.
const MOST: i64 = 100;

/// Figures are of what the member may see; days and weeks are those of his or her zone, weeks begin with Monday.
#[derive(Debug, Serialize, ToSchema)]
struct Home {
    /// The day's bookings that stand, at most 100.
    today: Vec<Booking>,
    /// Pending and confirmed, and not over.
    upcoming_count: i64,
    /// Booked time of this week.
    week_booked_minutes: i64,
    new_contacts_7d: i64,
    /// Bookings made on each of the last seven days, today last.
    bookings_7d: Vec<DayCount>,
    setup: Setup,
}

#[derive(Debug, Serialize, ToSchema)]
struct DayCount {
    date: Date,
    count: i64,
}

/// What of the way to the first booking is done.
#[derive(Debug, Default, Serialize, ToSchema)]
struct Setup {
    /// I have a booking page.
    profile: bool,
    /// Something can be booked on it.
    event_type: bool,
    /// At some time.
    availability: bool,
    /// Somebody has booked with me.
    first_booking: bool,
    /// The workspace has a second member, or has invited one.
    invited: bool,
}

/// The figures' stretches of time, in the member's zone.
struct Spans {
    today: (Timestamp, Timestamp),
    week: (Timestamp, Timestamp),
    /// The last seven dates, and the first instant of each.
    days: Vec<(Date, Timestamp)>,
}

impl Spans {
    fn at(now: Timestamp, zone: &jiff::tz::TimeZone) -> Result<Self> {
        let today = now.in_zone(zone).date();
        let start = |date: jiff::civil::Date| date.to_zoned(zone.clone()).map(|at| Timestamp::new(at.timestamp())).map_err(Error::internal);
        let shifted = |days: i64| today.checked_add(days.days()).map_err(Error::internal);
        let monday = -i64::from(today.weekday().to_monday_zero_offset());
        let span = |from: i64, to: i64| -> Result<_> { Ok((start(shifted(from)?)?, start(shifted(to)?)?)) };
        let days = (-6..=0).map(|day| -> Result<_> { Ok((Date(shifted(day)?), start(shifted(day)?)?)) }).collect::<Result<_>>()?;
        Ok(Self { today: span(0, 1)?, week: span(monday, monday + 7)?, days })
    }
}

/// What my first page shows.
#[utoipa::path(get, path = "/home", tag = "scheduling", responses((status = 200, body = Home)), security(("session" = [])))]
async fn get(mut ctx: AnyMember) -> Result<Json<Home>> {
    let Caller::Member(session) = ctx.caller.clone() else { return Err(Problem::unauthenticated().into()) };
    let spans = Spans::at(ctx.now(), &zone(&session.timezone).map_err(Error::internal)?)?;
    let setup = store::setup(&mut ctx, session.user_id).await?;
    let mut home =
        Home { today: Vec::new(), upcoming_count: 0, week_booked_minutes: 0, new_contacts_7d: 0, bookings_7d: Vec::new(), setup };
    let starts: Vec<Timestamp> = spans.days.iter().map(|(_, start)| *start).collect();
    let mut counts = vec![0; starts.len()];
    if let Some(own) = visible::<BookingsRead>(&ctx) {
        let standing = ["pending", "confirmed", "completed", "no_show"].map(str::to_owned).to_vec();
        let filter = bookings::store::Filter {
            statuses: Some(standing),
            starts_from: Some(spans.today.0),
            starts_before: Some(spans.today.1),
            own,
            ..Default::default()
        };
        home.today = bookings::store::earliest(&mut ctx, &filter, None, MOST).await?.into_iter().map(|stored| stored.booking).collect();
        let figures = store::figures(&mut ctx, own, spans.week).await?;
        (home.upcoming_count, home.week_booked_minutes) = (figures.upcoming, figures.minutes);
        for (bucket, count) in store::made_since(&mut ctx, own, &starts).await? {
            // Buckets count from 1.
            if let Some(slot) = usize::try_from(bucket).ok().and_then(|bucket| counts.get_mut(bucket.checked_sub(1)?)) {
                *slot = count;
            }
        }
    }
    home.bookings_7d = spans.days.iter().zip(counts).map(|((date, _), count)| DayCount { date: *date, count }).collect();
    if let (Some(own), Some(since)) = (visible::<ContactsRead>(&ctx), starts.first()) {
        home.new_contacts_7d = contacts::count_since(&mut ctx, own, *since).await?;
    }
    Ok(Json(home))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn days_and_weeks_are_the_members_own() {
        // A Sunday evening in Brazil, and Monday already in UTC.
        let spans = Spans::at(at("2026-11-23T01:30:00Z"), &zone("America/Sao_Paulo").expect("a zone")).expect("spans");
        assert_eq!(spans.today, (at("2026-11-22T03:00:00Z"), at("2026-11-23T03:00:00Z")));
        assert_eq!(spans.week, (at("2026-11-16T03:00:00Z"), at("2026-11-23T03:00:00Z")));
        let dates: Vec<_> = spans.days.iter().map(|(date, _)| date.to_string()).collect();
        assert_eq!(dates.first().map(String::as_str), Some("2026-11-16"));
        assert_eq!((dates.len(), dates.last().map(String::as_str)), (7, Some("2026-11-22")));
    }

    #[test]
    fn a_day_is_as_long_as_the_clock_makes_it() {
        let spans = Spans::at(at("2026-10-25T12:00:00Z"), &zone("Europe/Amsterdam").expect("a zone")).expect("spans");
        assert_eq!(spans.today.1.as_second() - spans.today.0.as_second(), 25 * 3600);
    }
}

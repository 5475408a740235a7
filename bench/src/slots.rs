//! The slots of a month for one organizer with ten bookings a day: the engine alone, and over HTTP.

use std::hint::black_box;
use std::time::{Duration, Instant};

use clap::Args;
use jiff::tz::TimeZone;
use scheduling::slots::{
    Busy, BusyKind, EventSettings, Horizon, Interval, Limit, Measure, Organizer, Period, Query, Scope, StartGrid, WeeklyRule, Weeks,
    Window, find,
};
use uuid::Uuid;

use crate::client::get;
use crate::data::{self, Calendar, EVENT_TYPE};
use crate::figures::{Figures, Target, median};
use crate::instance::{Instance, Setup};
use crate::load::drive;
use crate::{Outcome, title};

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Requests over one connection
    #[arg(long, default_value_t = 500)]
    requests: usize,
}

const DAYS: usize = 31;
const BOOKINGS_A_DAY: usize = 10;
const DAY: i64 = 86_400;
/// Organizers, rounds, and the most that the listing of a month may take, in microseconds.
const ENGINE: [(usize, usize, f64); 3] = [(1, 2000, 100.0), (50, 200, 2000.0), (500, 40, 20_000.0)];

/// # Errors
/// A program that does not start, or a database that cannot be asked.
pub async fn run(setup: &Setup, options: &Options, figures: &mut Figures) -> Outcome {
    title(&format!("slots: {DAYS} days of one organizer with {BOOKINGS_A_DAY} bookings a day"));
    for (count, rounds, most) in ENGINE {
        let (micros, found) = engine(count, rounds)?;
        println!("  the engine finds {found} slots of {count} organizers");
        figures.hold(format!("slots: engine, {count} organizers, median"), median(&micros), "µs", Target::AtMost(most));
    }

    let mut instance = Instance::start(setup).await?;
    let mut db = instance.owner().await?;
    let tenants = data::tenants(&mut db, 1, 1).await?;
    let (organizer, calendar) = (&tenants[0].organizers[0], Calendar::new());
    data::prior_bookings(&mut db, organizer, calendar, DAYS, BOOKINGS_A_DAY).await?;
    let from = calendar.first_day();
    let to = from.saturating_add(jiff::Span::new().try_days(i64::try_from(DAYS)?)?);
    let path =
        format!("/api/v1/public/organizers/{}/event-types/{EVENT_TYPE}/slots?from={from}T00:00:00Z&to={to}T00:00:00Z", organizer.slug);
    let request = get(&path, "");
    let (mut left, mut listed) = (options.requests + 50, Vec::new());
    let next = || {
        left = left.checked_sub(1)?;
        Some(((), request.clone()))
    };
    let tally = drive(instance.address, 1, Duration::from_secs(60), next, |(), answer| {
        let slots = answer.json()["slots"].as_array().map_or(0, Vec::len);
        if !listed.contains(&slots) {
            listed.push(slots);
        }
    })
    .await;
    println!("  answers: {}; slots in each: {listed:?}", tally.summary());
    figures.hold("slots: over HTTP, median", tally.millis(0.5), "ms", Target::AtMost(5.0));
    figures.tell("slots: over HTTP, 99th percentile", tally.millis(0.99), "ms");
    let free = DAYS * (usize::try_from(Calendar::slots_a_day())? - BOOKINGS_A_DAY);
    if tally.answered(200) == 0 || tally.statuses.len() > 1 || listed != [free] {
        figures.wrong(format!("the listing did not answer 200 with {free} slots each time"));
    }
    instance.stop().await
}

/// Microseconds of each round, and how many slots were found, for so many organizers of whom one is needed.
fn engine(count: usize, rounds: usize) -> Outcome<(Vec<f64>, usize)> {
    // October 2026 has the change of the clock in Europe.
    let begin = "2026-09-30T22:00:00Z".parse::<jiff::Timestamp>()?.as_second();
    let organizers = (0..count).map(|index| organizer(begin, index)).collect::<Outcome<Vec<_>>>()?;
    let event = EventSettings {
        zone: TimeZone::get("Europe/Amsterdam")?,
        duration_minutes: 30,
        interval_minutes: 15,
        start_grid: StartGrid::Window,
        is_aligned: false,
        buffer_before_minutes: 5,
        buffer_after_minutes: 10,
        minimum_gap_minutes: 10,
        minimum_notice_minutes: 240,
        horizon: Horizon::Days(60),
        limits: vec![Limit { period: Period::Day, measure: Measure::Bookings, scope: Scope::EventOfOrganizer, most: 12 }],
        seats: 1,
    };
    let range = Interval::new(begin, begin + i64::try_from(DAYS)? * DAY);
    let query = Query::any(&event, &organizers, begin - 3 * DAY, range);
    let found = find(&query)?.slots().len();
    let micros = (0..rounds).map(|_| {
        let started = Instant::now();
        let found = find(black_box(&query));
        let micros = started.elapsed().as_secs_f64() * 1e6;
        drop(black_box(found));
        micros
    });
    Ok((micros.collect(), found))
}

/// Working weeks with a break, and ten bookings a day, a little later for each organizer.
fn organizer(begin: i64, index: usize) -> Outcome<Organizer> {
    let zones = ["Europe/Amsterdam", "America/Sao_Paulo", "Europe/London", "America/New_York"];
    let window = |start: u16, end: u16| Window { start_minute: start * 60, end_minute: end * 60 };
    let weekly = (0..5)
        .flat_map(|weekday| [window(8, 12), window(13, 18)].map(|window| WeeklyRule { weekday, weeks: Weeks::Every, window }))
        .collect();
    let (days, a_day, shift) = (i64::try_from(DAYS)?, i64::try_from(BOOKINGS_A_DAY)?, i64::try_from(index % 60)? * 60);
    let starts = (0..days).flat_map(|day| (0..a_day).map(move |nth| begin + day * DAY + 25_200 + nth * 3300 + shift));
    let busy = starts.map(|start| Busy {
        kind: BusyKind::Booking,
        id: Uuid::from_u64_pair(u64::try_from(index).unwrap_or(0), start.unsigned_abs()),
        time: Interval::new(start, start + 1200),
        padded: Interval::new(start - 300, start + 1500),
        is_same_event: true,
    });
    Ok(Organizer { zone: TimeZone::get(zones[index % zones.len()])?, weekly, overrides: Vec::new(), busy: busy.collect() })
}

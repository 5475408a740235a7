//! Prints the engine's time for a month of slots: `cargo run --release -p scheduling --example slots_month`.

use std::{hint::black_box, time::Instant};

use jiff::{Timestamp, civil::date, tz::TimeZone};
use scheduling::slots::{
    Busy, BusyKind, EventSettings, Horizon, Interval, Limit, Measure, Organizer, Period, Query, Scope, StartGrid, WeeklyRule, Weeks,
    Window, explain, find,
};
use uuid::Uuid;

const DAY: i64 = 86_400;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // October 2026 has the change of the clock in Europe.
    let begin = "2026-09-30T22:00:00Z".parse::<Timestamp>()?.as_second();
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
    for (count, needed, rounds) in [(1, 1, 2000), (50, 1, 200), (50, 50, 200), (500, 1, 20)] {
        let organizers = organizers(begin, count)?;
        let query = Query { needed, ..Query::any(&event, &organizers, begin - 3 * DAY, Interval::new(begin, begin + 31 * DAY)) };
        let slots = find(&query)?.slots().len();
        let month = best_micros(rounds, || find(black_box(&query)));
        let wanted = begin + 12 * DAY + 11 * 3600;
        let check = best_micros(rounds, || find(black_box(&query.at(wanted))));
        let why = best_micros(rounds, || explain(black_box(&query), wanted));
        println!(
            "{count:>3} organizers, {needed:>2} needed, 10 bookings a day each: month {month:>8.1} µs ({slots} slots), \
             one start {check:>7.1} µs, why {why:>7.1} µs"
        );
    }
    Ok(())
}

/// The shortest of so many rounds, in microseconds.
fn best_micros<T>(rounds: u32, mut call: impl FnMut() -> T) -> f64 {
    let round = |_| {
        let start = Instant::now();
        black_box(call());
        start.elapsed().as_secs_f64() * 1e6
    };
    (0..rounds).map(round).fold(f64::INFINITY, f64::min)
}

/// Working weeks with a break, two overrides, and on each of 35 days ten bookings of 20 minutes with
/// buffers, a little later for each organizer.
fn organizers(begin: i64, count: usize) -> Result<Vec<Organizer>, jiff::Error> {
    let zones = ["Europe/Amsterdam", "America/Sao_Paulo", "Europe/London", "America/New_York"];
    let window = |start: u16, end: u16| Window { start_minute: start * 60, end_minute: end * 60 };
    (0..count)
        .map(|index| {
            let weekly = (0..5)
                .flat_map(|weekday| [window(8, 12), window(13, 18)].map(|window| WeeklyRule { weekday, weeks: Weeks::Every, window }))
                .collect();
            let overrides = vec![
                scheduling::slots::DateOverride { date: date(2026, 10, 9), windows: Vec::new() },
                scheduling::slots::DateOverride { date: date(2026, 10, 17), windows: vec![window(10, 14)] },
            ];
            let shift = i64::try_from(index % 60).unwrap_or(0) * 60;
            let busy = (-2..33)
                .flat_map(|day| (0..10).map(move |nth| begin + day * DAY + 7 * 3600 + nth * 3300 + shift))
                .map(|start| Busy {
                    kind: BusyKind::Booking,
                    id: Uuid::from_u64_pair(index as u64, start.unsigned_abs()),
                    time: Interval::new(start, start + 1200),
                    padded: Interval::new(start - 300, start + 1500),
                    is_same_event: true,
                })
                .collect();
            Ok(Organizer { zone: TimeZone::get(zones[index % zones.len()])?, weekly, overrides, busy })
        })
        .collect()
}

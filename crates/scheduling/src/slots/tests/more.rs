//! Grids, horizons, limits, seats, rooms, the other side's hours, and whose turn it is.

use jiff::civil::date;

use super::super::find::Sets;
use super::*;

fn one() -> Organizer {
    organizer("Europe/Amsterdam", on_weekdays(&["09:10-12:30", "13:00-15:20"]))
}

#[test]
fn a_grid_may_begin_anew_after_busy_time() {
    let mut event = EventSettings { start_grid: StartGrid::AfterBusy, ..event(45, 45) };
    let mut one = one();
    assert_eq!(shown(&monday(&event, std::slice::from_ref(&one))), "09:10 09:55 10:40 11:25 13:00 13:45 14:30");
    one.busy = vec![busy(BusyKind::Booking, 1, "2026-06-01T07:55:00Z", "2026-06-01T08:10:00Z")];
    assert_eq!(shown(&monday(&event, std::slice::from_ref(&one))), "09:10 10:10 10:55 11:40 13:00 13:45 14:30");
    event.buffer_before_minutes = 5;
    assert_eq!(shown(&monday(&event, std::slice::from_ref(&one))), "09:10 10:15 11:00 11:45 13:00 13:45 14:30");
    // Neither the present nor a limit begins a grid.
    let mut query = monday(&event, std::slice::from_ref(&one));
    query.now = instant("2026-06-01T08:16:00Z");
    assert_eq!(shown(&query), "11:00 11:45 13:00 13:45 14:30");
}

#[test]
fn an_aligned_grid_begins_at_a_mark_of_the_hour() {
    let aligned = |interval| EventSettings { is_aligned: true, ..event(30, interval) };
    let mut one = one();
    for (interval, expected) in [
        (60, "10:00 11:00 12:00 13:00 14:00"),
        (45, "09:15 10:00 10:45 11:30 13:00 13:45 14:30"),
        (40, "09:20 10:00 10:40 11:20 12:00 13:00 13:40 14:20"),
        (50, "09:10 10:00 10:50 11:40 13:00 13:50 14:40"),
        (7 * 5, "09:10 09:45 10:20 10:55 11:30 13:00 13:35 14:10 14:45"),
    ] {
        assert_eq!(shown(&monday(&aligned(interval), std::slice::from_ref(&one))), expected, "every {interval} minutes");
    }
    one.busy = vec![busy(BusyKind::Booking, 1, "2026-06-01T07:55:00Z", "2026-06-01T08:10:00Z")];
    let event = EventSettings { start_grid: StartGrid::AfterBusy, ..aligned(45) };
    assert_eq!(shown(&monday(&event, std::slice::from_ref(&one))), "09:15 10:15 11:00 11:45 13:00 13:45 14:30");
    // The marks are those of the organizer's clock: half past the hour of UTC in Kolkata.
    let mut kolkata = organizer("Asia/Kolkata", on_weekdays(&["12:40-15:00"]));
    assert_eq!(shown(&monday(&aligned(60), std::slice::from_ref(&kolkata))), "09:30 10:30");
    kolkata.zone = TimeZone::get("Asia/Kathmandu").unwrap();
    assert_eq!(shown(&monday(&aligned(60), &[kolkata])), "09:15 10:15");
}

#[test]
fn a_horizon_may_be_dates_or_days_with_slots() {
    let one = organizer("Europe/Amsterdam", on_weekdays(&["09:00-10:00"]));
    let organizers = [one];
    let days = |horizon, from: &str, to: &str| {
        let event = EventSettings { horizon, ..event(60, 60) };
        let query = Query { range: interval(from, to), now: instant("2026-06-04T12:00:00Z"), ..monday(&event, &organizers) };
        let found = find(&query).unwrap();
        found
            .slots()
            .iter()
            .map(|slot| Timestamp::from_second(slot.start).unwrap().strftime("%d").to_string())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let dates = Horizon::Dates { first: date(2026, 6, 9), last: date(2026, 6, 11) };
    assert_eq!(days(dates, "2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"), "09 10 11");
    // Asked on a Thursday at noon: Friday, then Monday; weekends do not count, and neither does today.
    assert_eq!(days(Horizon::DaysWithSlots(3), "2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"), "05 08 09");
    assert_eq!(days(Horizon::DaysWithSlots(3), "2026-06-09T00:00:00Z", "2026-07-01T00:00:00Z"), "09");
    assert_eq!(days(Horizon::DaysWithSlots(3), "2026-06-10T00:00:00Z", "2026-07-01T00:00:00Z"), "");

    let event = EventSettings { horizon: Horizon::DaysWithSlots(3), ..event(60, 60) };
    let query = Query { now: instant("2026-06-04T12:00:00Z"), ..monday(&event, &organizers) };
    let late = explain(&query, instant("2026-06-10T07:00:00Z")).unwrap();
    assert_eq!((late.slot, late.event), (None, vec![Reason::Horizon { last: date(2026, 6, 9) }]));
    let early = EventSettings { horizon: dates, ..event.clone() };
    let early = explain(&Query { event: &early, ..query }, instant("2026-06-08T07:00:00Z")).unwrap();
    assert_eq!(early.event, [Reason::NotYet { first: date(2026, 6, 9) }]);
}

#[test]
fn limits_hold_for_days_weeks_months_and_minutes() {
    let mut one = organizer("Europe/Amsterdam", on_weekdays(&["09:00-11:00"]));
    // On Wednesday, and on Monday of the week after; an hour and a half each.
    one.busy = vec![
        Busy { is_same_event: true, ..busy(BusyKind::Booking, 1, "2026-06-03T12:00:00Z", "2026-06-03T13:30:00Z") },
        busy(BusyKind::Booking, 2, "2026-06-08T12:00:00Z", "2026-06-08T13:30:00Z"),
    ];
    let counted = [interval("2026-06-03T12:00:00Z", "2026-06-03T13:30:00Z")];
    let organizers = [one];
    let days = |period, measure, scope, most| {
        let event = EventSettings { limits: vec![Limit { period, measure, scope, most }], ..event(60, 60) };
        let range = interval("2026-05-31T22:00:00Z", "2026-06-09T22:00:00Z");
        let query = Query { range, event_bookings: &counted, ..monday(&event, &organizers) };
        let found = find(&query).unwrap();
        let mut days: Vec<_> =
            found.slots().iter().map(|slot| Timestamp::from_second(slot.start).unwrap().strftime("%d").to_string()).collect();
        days.dedup();
        days.join(" ")
    };
    use {Measure::*, Period::*};
    assert_eq!(days(Day, Bookings, Scope::EventOfOrganizer, 1), "01 02 04 05 08 09");
    assert_eq!(days(Day, Bookings, Scope::Organizer, 1), "01 02 04 05 09");
    assert_eq!(days(Week, Bookings, Scope::EventOfOrganizer, 1), "08 09");
    assert_eq!(days(Week, Bookings, Scope::Event, 1), "08 09");
    assert_eq!(days(Month, Bookings, Scope::Event, 1), "");
    assert_eq!(days(Month, Bookings, Scope::Event, 2), "01 02 03 04 05 08 09");
    assert_eq!(days(Week, Minutes, Scope::EventOfOrganizer, 149), "08 09");
    assert_eq!(days(Week, Minutes, Scope::EventOfOrganizer, 150), "01 02 03 04 05 08 09");
    assert_eq!(days(Day, Minutes, Scope::Organizer, 59), "", "no slot is as short as that");
}

#[test]
fn a_session_is_offered_while_it_has_places() {
    let event = EventSettings { seats: 3, limits: vec![a_day(1)], ..event(60, 60) };
    let mut organizers = vec![organizer("Europe/Amsterdam", on_weekdays(&["09:00-11:00"])); 2];
    let time = interval("2026-06-01T07:30:00Z", "2026-06-01T08:30:00Z");
    let id = Uuid::from_u128(7);
    organizers[1].busy = vec![Busy { is_same_event: true, ..busy(BusyKind::Booking, 7, "2026-06-01T07:30:00Z", "2026-06-01T08:30:00Z") }];
    let mut sessions = [Session { id, time, taken: 2, organizers: vec![1] }];
    let places = |sessions: &[Session]| {
        let query = Query { sessions, ..monday(&event, &organizers) };
        let found = find(&query).unwrap();
        let slots = found.slots().iter().enumerate();
        slots.map(|(at, slot)| (found.organizers(at).iter().collect::<Vec<_>>(), slot.seats_left, slot.session)).collect::<Vec<_>>()
    };
    // Off the grid, and on a day that is full: whoever joins takes no time.
    assert_eq!(places(&sessions), [(vec![0], 3, None), (vec![1], 1, Some(id)), (vec![0], 3, None)]);
    sessions[0].taken = 3;
    assert_eq!(places(&sessions), [(vec![0], 3, None), (vec![0], 3, None)]);
    let query = Query { sessions: &sessions, ..monday(&event, &organizers) };
    let why = explain(&query, time.start).unwrap();
    assert!(why.organizers[1].contains(&Reason::SessionFull { id }), "{why:?}");
    // Of another length it cannot be joined.
    sessions[0] = Session { time: Interval::new(time.start, time.end + 60), taken: 1, ..sessions[0].clone() };
    assert_eq!(places(&sessions).len(), 2);
}

#[test]
fn rooms_must_be_free_with_the_buffers() {
    let mut event = event(60, 60);
    event.minimum_gap_minutes = 60;
    let organizers = [organizer("Europe/Amsterdam", on_weekdays(&["09:00-12:00"]))];
    let taken = |start: &str, end: &str| Room { busy: vec![busy(BusyKind::Booking, 1, start, end)] };
    let rooms = [taken("2026-06-01T07:00:00Z", "2026-06-01T08:00:00Z"), taken("2026-06-01T08:00:00Z", "2026-06-01T09:00:00Z")];
    let with = |event: &EventSettings, rooms_needed| shown(&Query { rooms: &rooms, rooms_needed, ..monday(event, &organizers) });
    assert_eq!(with(&event, 0), "09:00 10:00 11:00");
    assert_eq!(with(&event, 1), "09:00 10:00 11:00");
    assert_eq!(with(&event, 2), "11:00", "the gap is the organizers' rest, and not the room's");
    assert_eq!(with(&event, 3), "");
    event.buffer_before_minutes = 10;
    assert_eq!(with(&event, 2), "");
    let query = Query { rooms: &rooms, rooms_needed: 1, ..monday(&event, &organizers) };
    let why = explain(&query, instant("2026-06-01T08:00:00Z")).unwrap();
    let (kind, id) = (BusyKind::Booking, Uuid::from_u128(1));
    assert_eq!((why.slot, why.rooms), (None, vec![vec![Reason::Buffer { kind, id }], vec![Reason::Busy { kind, id }]]));
    let found = find(&query).unwrap();
    assert_eq!(found.rooms(0).iter().collect::<Vec<_>>(), [1]);
}

#[test]
fn a_slot_lies_within_the_other_sides_hours() {
    let event = event(60, 60);
    let organizers = [organizer("Europe/Amsterdam", on_weekdays(&["09:00-18:00"]))];
    let seen_from = |zone: &str, from: u16, to: u16| {
        let hours = ReasonableHours { zone: TimeZone::get(zone).unwrap(), window: Window { start_minute: from * 60, end_minute: to * 60 } };
        shown(&Query { reasonable_hours: Some(&hours), ..monday(&event, &organizers) })
    };
    assert_eq!(seen_from("America/New_York", 7, 22), "13:00 14:00 15:00 16:00 17:00");
    assert_eq!(seen_from("Asia/Tokyo", 7, 22), "09:00 10:00 11:00 12:00 13:00 14:00");
    assert_eq!(seen_from("America/New_York", 0, 24).split(' ').count(), 9, "midnight there is no border");
    let hours = ReasonableHours { zone: TimeZone::get("Asia/Tokyo").unwrap(), window: window("07:00-22:00") };
    let query = Query { reasonable_hours: Some(&hours), ..monday(&event, &organizers) };
    assert_eq!(explain(&query, instant("2026-06-01T13:00:00Z")).unwrap().event, [Reason::ReasonableHours]);
}

fn turn(weight: u32, priority: u32) -> Turn {
    Turn { weight, priority, since: 0 }
}

/// Gives `count` bookings, one a working hour from Monday on, to whoever is there then.
fn given(
    organizers: &[Organizer],
    turns: &[Turn],
    assignment: Assignment,
    count: usize,
    there: impl Fn(usize, usize) -> bool,
) -> Vec<usize> {
    let mut past: Vec<Past> = Vec::new();
    for nth in 0..count {
        let start = instant("2026-06-01T08:00:00Z") + i64::try_from(nth / 4).unwrap() * DAY;
        let mut free = Sets::of(organizers.len());
        free.words = vec![(0..organizers.len()).filter(|&index| there(index, nth)).map(|index| 1 << index).sum()];
        let chosen = assign(organizers, turns, &past, assignment, free.bits(0), 1);
        past.extend(chosen.first().map(|&organizer| Past { organizer, made: start, start }));
    }
    past.iter().map(|past| past.organizer).collect()
}

fn counts(given: &[usize], of: usize) -> Vec<usize> {
    (0..of).map(|index| given.iter().filter(|&&one| one == index).count()).collect()
}

#[test]
fn turns_are_shared_by_weight_and_then_by_recency() {
    let every_day = (0..7).map(|weekday| WeeklyRule { weekday, weeks: Weeks::Every, window: window("09:00-17:00") }).collect::<Vec<_>>();
    let organizers = vec![organizer("Europe/Amsterdam", every_day); 3];
    let all = |_, _| true;
    let equal = [turn(1, 1), turn(1, 1), turn(1, 1)];
    assert_eq!(given(&organizers, &equal, Assignment::Fair, 7, all), [0, 1, 2, 0, 1, 2, 0]);
    let weighted = [turn(1, 1), turn(2, 1), turn(1, 1)];
    assert_eq!(counts(&given(&organizers, &weighted, Assignment::Fair, 40, all), 3), [10, 20, 10]);
    let ranked = [turn(1, 2), turn(1, 1), turn(1, 2)];
    assert_eq!(given(&organizers, &ranked, Assignment::Priority, 4, |index, nth| index != 1 || nth > 2), [0, 2, 0, 1]);
}

#[test]
fn nobody_is_owed_for_an_absence() {
    let every_day = (0..7).map(|weekday| WeeklyRule { weekday, weeks: Weeks::Every, window: window("09:00-17:00") }).collect::<Vec<_>>();
    let mut organizers = vec![organizer("Europe/Amsterdam", every_day); 2];
    let equal = [turn(1, 1), turn(1, 1)];
    // The second is away for the first five days; then both share what comes, and nothing is made up for.
    organizers[1].overrides = (1..=5).map(|day| DateOverride { date: date(2026, 6, day), windows: Vec::new() }).collect();
    let order = given(&organizers, &equal, Assignment::Fair, 40, |index, nth| index == 0 || nth >= 20);
    assert_eq!(counts(&order[..20], 2), [20, 0]);
    assert_eq!(counts(&order[20..], 2), [10, 10]);
    assert_eq!(order[20], 1, "of two who are owed the same, the one whose last booking is longer ago");
    // One who was there and busy is owed what the other took.
    organizers[1].overrides.clear();
    let order = given(&organizers, &equal, Assignment::Fair, 40, |index, nth| index == 0 || nth >= 20);
    assert_eq!(counts(&order, 2), [20, 20]);
    // One who was assigned later is owed nothing for the time before.
    let late = [turn(1, 1), Turn { since: instant("2026-06-06T00:00:00Z"), ..turn(1, 1) }];
    let order = given(&organizers, &late, Assignment::Fair, 40, |index, nth| index == 0 || nth >= 20);
    assert_eq!(counts(&order[20..], 2), [10, 10]);
}

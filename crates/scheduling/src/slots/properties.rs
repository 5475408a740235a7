//! Random scenarios around the clock changes of many zones, compared with the slow reference.

use jiff::{Timestamp, civil::date, tz::TimeZone};
use proptest::{collection::vec, prelude::*};
use uuid::Uuid;

use super::{
    plan::{date_of, day_of},
    reference::{Listed, rows},
    tests::instant,
    zone::DAY,
    *,
};

/// Zones with their years of interest: changes by an hour, by half an hour, by 15 minutes, at
/// midnight, in both hemispheres, by two hours, by a day, twice around Ramadan, and none at all.
const ZONES: &[(&str, &str, &str)] = &[
    ("Europe/Amsterdam", "2024-01-01", "2028-01-01"),
    ("Europe/London", "2024-01-01", "2028-01-01"),
    ("America/New_York", "2024-01-01", "2028-01-01"),
    ("America/St_Johns", "2024-01-01", "2028-01-01"),
    ("America/Havana", "2024-01-01", "2028-01-01"),
    ("America/Sao_Paulo", "2014-01-01", "2019-06-01"),
    ("America/Santiago", "2022-01-01", "2028-01-01"),
    ("Australia/Sydney", "2024-01-01", "2028-01-01"),
    ("Australia/Lord_Howe", "2024-01-01", "2028-01-01"),
    ("Pacific/Chatham", "2024-01-01", "2028-01-01"),
    ("Pacific/Apia", "2010-01-01", "2013-01-01"),
    ("Asia/Kathmandu", "1985-01-01", "1987-01-01"),
    ("Africa/Casablanca", "2024-01-01", "2028-01-01"),
    ("Antarctica/Troll", "2024-01-01", "2028-01-01"),
    ("Asia/Beirut", "2020-01-01", "2026-01-01"),
    ("Asia/Kolkata", "2025-01-01", "2026-01-01"),
    ("UTC", "2025-01-01", "2026-01-01"),
];

#[derive(Clone, Debug)]
struct Scenario {
    event: EventSettings,
    organizers: Vec<Organizer>,
    needed: usize,
    rooms: Vec<Room>,
    rooms_needed: usize,
    sessions: Vec<Session>,
    event_bookings: Vec<Interval>,
    reasonable_hours: Option<ReasonableHours>,
    now: i64,
    range: Interval,
}

impl Scenario {
    fn query(&self) -> Query<'_> {
        Query {
            event: &self.event,
            organizers: &self.organizers,
            needed: self.needed,
            rooms: &self.rooms,
            rooms_needed: self.rooms_needed,
            sessions: &self.sessions,
            event_bookings: &self.event_bookings,
            reasonable_hours: self.reasonable_hours.as_ref(),
            now: self.now,
            range: self.range,
        }
    }
}

/// A zone and an instant at which its clock changes, or any where it never does.
fn change() -> impl Strategy<Value = (TimeZone, i64)> {
    (0..ZONES.len(), any::<prop::sample::Index>()).prop_map(|(zone, index)| {
        let (name, from, to) = ZONES[zone];
        let zone = TimeZone::get(name).unwrap();
        let midnight = |date: &str| instant(&format!("{date}T00:00:00Z"));
        let begin = Timestamp::from_second(midnight(from)).unwrap();
        let changes: Vec<_> =
            zone.following(begin).map(|change| change.timestamp().as_second()).take_while(|change| *change < midnight(to)).collect();
        let at = if changes.is_empty() { midnight(from) } else { *index.get(&changes) };
        (zone, at)
    })
}

fn window() -> impl Strategy<Value = Window> {
    prop_oneof![
        4 => (0u16..96, 1u16..40, prop::sample::select(vec![15u16, 5, 1])).prop_map(|(start, length, unit)| {
            let start_minute = start * 15 + unit % 15;
            Window { start_minute, end_minute: (start_minute + length * unit).min(1440) }
        }),
        2 => (0u16..18, 1u16..18).prop_map(|(start, length)| {
            Window { start_minute: start * 15, end_minute: (start + length) * 15 }
        }),
        1 => (1u16..40).prop_map(|before| Window { start_minute: 1440 - before * 15, end_minute: 1440 }),
        1 => Just(Window { start_minute: 0, end_minute: 1440 }),
    ]
}

fn weekly() -> impl Strategy<Value = Vec<WeeklyRule>> {
    let weeks = || prop::sample::select(vec![Weeks::Every, Weeks::Every, Weeks::A, Weeks::B]);
    let some = vec((0u8..7, weeks(), window()), 5..25);
    prop_oneof![
        4 => some.prop_map(|rules| {
            rules.into_iter().map(|(weekday, weeks, window)| WeeklyRule { weekday, weeks, window }).collect()
        }),
        2 => (weeks(), window()).prop_map(|(weeks, window)| (0..7).map(|weekday| WeeklyRule { weekday, weeks, window }).collect()),
    ]
}

fn busy(around: i64) -> impl Strategy<Value = Busy> {
    let kind = prop::sample::select(vec![
        BusyKind::Booking,
        BusyKind::Hold,
        BusyKind::Block,
        BusyKind::Away,
        BusyKind::NotNeeded,
        BusyKind::External,
    ]);
    let buffer = prop::sample::select(vec![0i64, 0, 5, 30]);
    let parts = (kind, any::<u128>(), -2900i64..2900, 1i64..200, buffer.clone(), buffer, any::<bool>());
    parts.prop_map(move |(kind, id, shift, length, before, after, is_same_event)| {
        let time = Interval::new(around + shift * 60, around + (shift + length) * 60);
        let padded = Interval::new(time.start - before * 60, time.end + after * 60);
        Busy { kind, id: Uuid::from_u128(id), time, padded, is_same_event }
    })
}

fn organizer(zone: TimeZone, around: i64) -> impl Strategy<Value = Organizer> {
    let today = around.div_euclid(DAY);
    let overrides = vec((-3i64..4, vec(window(), 0..4)), 0..3);
    (weekly(), overrides, vec(busy(around), 0..7)).prop_map(move |(weekly, overrides, busy)| {
        let overrides = overrides.into_iter().map(|(day, windows)| DateOverride { date: date_of(today + day), windows }).collect();
        Organizer { zone: zone.clone(), weekly, overrides, busy }
    })
}

fn limits() -> impl Strategy<Value = Vec<Limit>> {
    let period = prop::sample::select(vec![Period::Day, Period::Week, Period::Month]);
    let scope = prop::sample::select(vec![Scope::EventOfOrganizer, Scope::Organizer, Scope::Event]);
    let most = prop_oneof![(1u32..5).prop_map(|most| (Measure::Bookings, most)), (20u32..400).prop_map(|most| (Measure::Minutes, most)),];
    let limit = (period, scope, most).prop_map(|(period, scope, (measure, most))| Limit { period, measure, scope, most });
    prop_oneof![3 => Just(Vec::new()), 2 => vec(limit, 1..3)]
}

fn horizon(around: i64) -> impl Strategy<Value = Horizon> {
    let today = around.div_euclid(DAY);
    prop_oneof![
        4 => prop::sample::select(vec![0, 2, 4, 60, 60, 60]).prop_map(Horizon::Days),
        1 => (-3i64..3, 0i64..3).prop_map(move |(first, days)| Horizon::Dates {
            first: date_of(today + first),
            last: date_of(today + first + days),
        }),
        1 => (1u32..4).prop_map(Horizon::DaysWithSlots),
    ]
}

fn event(zone: TimeZone, around: i64) -> impl Strategy<Value = EventSettings> {
    let minutes = |choices: &[u32]| prop::sample::select(choices.to_vec());
    let times = (
        minutes(&[1, 10, 15, 20, 30, 30, 45, 60, 90, 300, 1500]),
        minutes(&[5, 7, 15, 30, 45, 60, 100, 1440]),
        minutes(&[0, 0, 5, 30]),
        minutes(&[0, 0, 10, 45]),
        minutes(&[0, 0, 20, 60]),
        minutes(&[0, 0, 1, 60, 240, 1440]),
    );
    let grid = (prop::sample::select(vec![StartGrid::Window, StartGrid::Window, StartGrid::AfterBusy]), any::<bool>());
    (times, grid, horizon(around), limits(), 1u32..4).prop_map(
        move |((duration, interval, before, after, gap, notice), (start_grid, is_aligned), horizon, limits, seats)| EventSettings {
            zone: zone.clone(),
            duration_minutes: duration,
            interval_minutes: interval,
            start_grid,
            is_aligned,
            buffer_before_minutes: before,
            buffer_after_minutes: after,
            minimum_gap_minutes: gap,
            minimum_notice_minutes: notice,
            horizon,
            limits,
            seats,
        },
    )
}

fn rooms(around: i64) -> impl Strategy<Value = (Vec<Room>, usize)> {
    let room = vec(busy(around), 0..5).prop_map(|busy| Room { busy });
    prop_oneof![
        2 => Just((Vec::new(), 0)),
        1 => vec(room, 1..4).prop_flat_map(|rooms| {
            let most = rooms.len();
            (Just(rooms), 0..=most)
        }),
    ]
}

fn reasonable_hours() -> impl Strategy<Value = Option<ReasonableHours>> {
    let hours = (0..ZONES.len(), 0u16..12, 4u16..24).prop_map(|(zone, from, length)| ReasonableHours {
        zone: TimeZone::get(ZONES[zone].0).unwrap(),
        window: Window { start_minute: from * 60, end_minute: ((from + length) * 60).min(1440) },
    });
    prop::option::weighted(0.25, hours)
}

/// Of the length of a slot, at what somebody is busy with; some full.
fn sessions(event: &EventSettings, organizers: &[Organizer], picks: &[(prop::sample::Index, u32)]) -> Vec<Session> {
    let held: Vec<_> = organizers.iter().enumerate().flat_map(|(index, one)| one.busy.iter().map(move |busy| (index, busy))).collect();
    let pick = |(pick, taken): &(prop::sample::Index, u32)| {
        let (index, busy) = *pick.get(&held);
        let time = Interval::new(busy.time.start, busy.time.start + i64::from(event.duration_minutes) * 60);
        Session { id: busy.id, time, taken: *taken, organizers: vec![index] }
    };
    if held.is_empty() { Vec::new() } else { picks.iter().map(pick).collect() }
}

fn scenario(organizers: std::ops::Range<usize>) -> impl Strategy<Value = Scenario> {
    (change(), vec(0..ZONES.len(), organizers)).prop_flat_map(|((zone, around), others)| {
        // The first keeps the zone whose clock changes; the rest live anywhere.
        let zones =
            others.iter().enumerate().map(|(index, &other)| if index == 0 { zone.clone() } else { TimeZone::get(ZONES[other].0).unwrap() });
        let organizers: Vec<_> = zones.map(|zone| organizer(zone, around)).collect();
        let picks = prop_oneof![2 => Just(Vec::new()), 1 => vec((any::<prop::sample::Index>(), 1u32..4), 1..4)];
        let times = (-4000i64..300, 0i64..60, -2000i64..0, 500i64..4000);
        let parts = (event(zone, around), organizers, 1usize..4, rooms(around), reasonable_hours(), picks, vec(busy(around), 0..5), times);
        parts.prop_map(
            move |(event, organizers, needed, (rooms, rooms_needed), reasonable_hours, picks, counted, (now, second, start, length))| {
                let start = around + start * 60;
                Scenario {
                    needed: needed.min(organizers.len()),
                    sessions: sessions(&event, &organizers, &picks),
                    event,
                    organizers,
                    rooms,
                    rooms_needed,
                    event_bookings: counted.iter().map(|busy| busy.time).collect(),
                    reasonable_hours,
                    now: around + now * 60 + second,
                    range: Interval::new(start, start + length * 60),
                }
            },
        )
    })
}

fn listed(query: &Query<'_>) -> Vec<Listed> {
    let found = find(query).unwrap();
    let duration = i64::from(query.event.duration_minutes) * 60;
    assert!(found.slots().iter().all(|slot| slot.end - slot.start == duration));
    rows(&found)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_organizer_agrees_with_the_reference(scenario in scenario(1..2)) {
        prop_assert_eq!(listed(&scenario.query()), reference::slots(&scenario.query()));
    }

    #[test]
    fn several_organizers_agree_with_the_reference(scenario in scenario(2..5)) {
        prop_assert_eq!(listed(&scenario.query()), reference::slots(&scenario.query()));
    }

    /// The booking transaction asks about one start, and the day's page about one day: same answers.
    #[test]
    fn a_part_of_the_range_gives_that_part_of_the_slots(scenario in scenario(1..3), cut in 0i64..2500) {
        let query = scenario.query();
        let middle = (query.range.start + cut * 60).min(query.range.end);
        let mut halves = listed(&Query { range: Interval::new(query.range.start, middle), ..query });
        halves.extend(listed(&Query { range: Interval::new(middle, query.range.end), ..query }));
        let whole = listed(&query);
        prop_assert_eq!(&halves, &whole);
        for slot in whole.iter().step_by(7) {
            prop_assert_eq!(&listed(&query.at(slot.start)), std::slice::from_ref(slot));
        }
        let missing = (query.range.start..query.range.end).step_by(25 * 60);
        for start in missing.filter(|start| whole.iter().all(|slot| slot.start != *start)) {
            prop_assert_eq!(listed(&query.at(start)), vec![]);
        }
    }

    #[test]
    fn a_moment_is_explained_just_when_it_is_not_listed(scenario in scenario(1..4)) {
        let query = scenario.query();
        let slots = listed(&query);
        let moments = (query.range.start..query.range.end).step_by(25 * 60);
        for start in moments.chain(slots.iter().map(|slot| slot.start).step_by(5)) {
            let answer = explain(&query, start).unwrap();
            let slot = slots.iter().find(|slot| slot.start == start);
            prop_assert_eq!(answer.slot.map(|slot| (slot.start, slot.session)), slot.map(|slot| (slot.start, slot.session)), "{:?}", answer);
            let free_rooms = answer.rooms.iter().filter(|reasons| reasons.is_empty()).count();
            let on_grid = answer.organizers.iter().any(Vec::is_empty);
            let told = answer.event.is_empty() && answer.free >= query.needed && on_grid && free_rooms >= query.rooms_needed;
            match slot {
                Some(slot) if slot.session.is_none() => {
                    prop_assert!(told, "{:?}", answer);
                    prop_assert_eq!((answer.free, free_rooms), (slot.organizers.len(), slot.rooms.len()));
                }
                Some(_) => {}
                None => prop_assert!(!told, "{:?}", answer),
            }
        }
    }

    #[test]
    fn busy_times_beyond_the_reach_change_nothing(scenario in scenario(1..2)) {
        let query = scenario.query();
        let reach = query.reach();
        let mut organizers = query.organizers.to_vec();
        organizers[0].busy.retain(|busy| busy.padded.overlaps(reach));
        let counted: Vec<_> = query.event_bookings.iter().copied().filter(|time| time.overlaps(reach)).collect();
        prop_assert_eq!(listed(&Query { organizers: &organizers, event_bookings: &counted, ..query }), listed(&query));
    }

    /// What is offered can be stored: padded, it overlaps nothing that takes time already.
    #[test]
    fn an_offered_slot_never_overlaps_what_is_stored(scenario in scenario(1..2)) {
        let query = scenario.query();
        let minutes = |count: u32| i64::from(count) * 60;
        for slot in find(&query).unwrap().slots().iter().filter(|slot| slot.session.is_none()) {
            let padded = Interval::new(
                slot.start - minutes(query.event.buffer_before_minutes),
                slot.end + minutes(query.event.buffer_after_minutes),
            );
            for busy in &query.organizers[0].busy {
                let stored = if busy.kind.is_meeting() { busy.padded } else { busy.time };
                prop_assert!(!padded.overlaps(stored), "{slot:?} {busy:?}");
            }
        }
    }

    #[test]
    fn subtraction_keeps_exactly_what_no_cut_holds(
        base in vec((0i64..60, 0i64..12), 0..8),
        cuts in vec((0i64..60, 0i64..12), 0..8),
    ) {
        let merged = |parts: &[(i64, i64)]| {
            let mut all: Vec<_> = parts.iter().map(|(start, length)| Interval::new(*start, start + length)).collect();
            interval::merge(&mut all);
            all
        };
        let held = |all: &[Interval], at| all.iter().any(|interval| interval.contains(at));
        let (base, cuts) = (merged(&base), merged(&cuts));
        prop_assert!(base.windows(2).all(|pair| pair[0].end < pair[1].start));
        let left = interval::subtract(&base, &cuts);
        prop_assert!(left.iter().all(|interval| !interval.is_empty()));
        prop_assert!(left.windows(2).all(|pair| pair[0].end < pair[1].start));
        for at in 0..80 {
            prop_assert_eq!(held(&left, at), held(&base, at) && !held(&cuts, at));
        }
    }
}

#[test]
fn the_scenarios_are_not_empty() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut with_slots = 0;
    for _ in 0..300 {
        let scenario = scenario(1..3).new_tree(&mut runner).unwrap().current();
        with_slots += usize::from(!find(&scenario.query()).unwrap().slots().is_empty());
    }
    assert!(with_slots > 100, "only {with_slots} of 300 have a slot, so the comparison says little");
    assert_eq!((date_of(0), day_of(date(1970, 1, 2))), (date(1970, 1, 1), 1));
}

//! The stated rules one by one, on dates and zones where they show.

mod more;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use uuid::Uuid;

use super::{query::INSTANTS, zone::DAY, *};

pub(super) fn instant(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_second()
}

fn interval(start: &str, end: &str) -> Interval {
    Interval::new(instant(start), instant(end))
}

/// `09:00-17:30`; an end of `24:00` is the end of the day.
fn window(text: &str) -> Window {
    let minute = |time: &str| {
        let (hour, minute) = time.split_once(':').unwrap();
        hour.parse::<u16>().unwrap() * 60 + minute.parse::<u16>().unwrap()
    };
    let (start, end) = text.split_once('-').unwrap();
    Window { start_minute: minute(start), end_minute: minute(end) }
}

fn on_weekdays(windows: &[&str]) -> Vec<WeeklyRule> {
    let rule = |weekday| windows.iter().map(move |text| WeeklyRule { weekday, weeks: Weeks::Every, window: window(text) });
    (0..5).flat_map(rule).collect()
}

fn event(duration_minutes: u32, interval_minutes: u32) -> EventSettings {
    EventSettings {
        zone: TimeZone::get("Europe/Amsterdam").unwrap(),
        duration_minutes,
        interval_minutes,
        start_grid: StartGrid::Window,
        is_aligned: false,
        buffer_before_minutes: 0,
        buffer_after_minutes: 0,
        minimum_gap_minutes: 0,
        minimum_notice_minutes: 0,
        horizon: Horizon::Days(365),
        limits: Vec::new(),
        seats: 1,
    }
}

fn organizer(zone: &str, weekly: Vec<WeeklyRule>) -> Organizer {
    let zone = TimeZone::get(zone).unwrap();
    Organizer { zone, weekly, overrides: Vec::new(), busy: Vec::new() }
}

fn busy(kind: BusyKind, id: u128, start: &str, end: &str) -> Busy {
    let time = interval(start, end);
    Busy { kind, id: Uuid::from_u128(id), time, padded: time, is_same_event: false }
}

fn a_day(most: u32) -> Limit {
    Limit { period: Period::Day, measure: Measure::Bookings, scope: Scope::EventOfOrganizer, most }
}

/// One organizer in Amsterdam, Monday 2026-06-01 (UTC+2), asked well before.
fn monday<'a>(event: &'a EventSettings, organizers: &'a [Organizer]) -> Query<'a> {
    Query::any(event, organizers, instant("2026-05-20T12:00:00Z"), interval("2026-05-31T22:00:00Z", "2026-06-01T22:00:00Z"))
}

/// Starts as the organizer in Amsterdam reads them on that Monday.
fn shown(query: &Query<'_>) -> String {
    let zone = TimeZone::get("Europe/Amsterdam").unwrap();
    let found = find(query).unwrap();
    let starts = found.slots().iter().map(|slot| {
        let time = zone.to_datetime(Timestamp::from_second(slot.start).unwrap()).time();
        time.strftime("%H:%M").to_string()
    });
    starts.collect::<Vec<_>>().join(" ")
}

#[test]
fn wall_clock_windows_on_days_when_the_clock_changes() {
    // Zone, local date, window, and the instants it covers; `-` where it covers none.
    let cases = "
        Europe/Amsterdam    2026-03-29 01:00-03:00 2026-03-29T00:00Z 2026-03-29T01:00Z
        Europe/Amsterdam    2026-03-29 02:30-05:00 2026-03-29T01:00Z 2026-03-29T03:00Z
        Europe/Amsterdam    2026-03-29 01:30-02:30 2026-03-29T00:30Z 2026-03-29T01:00Z
        Europe/Amsterdam    2026-03-29 02:10-02:50 - -
        Europe/Amsterdam    2026-10-25 01:00-03:00 2026-10-24T23:00Z 2026-10-25T02:00Z
        Europe/Amsterdam    2026-10-25 02:30-04:00 2026-10-25T00:30Z 2026-10-25T03:00Z
        Europe/Amsterdam    2026-10-25 01:00-02:30 2026-10-24T23:00Z 2026-10-25T01:30Z
        Europe/Amsterdam    2026-10-25 01:00-02:00 2026-10-24T23:00Z 2026-10-25T00:00Z
        Europe/Amsterdam    2026-10-25 03:00-04:00 2026-10-25T02:00Z 2026-10-25T03:00Z
        Europe/London       2026-10-25 00:30-01:30 2026-10-24T23:30Z 2026-10-25T01:30Z
        America/New_York    2026-03-08 00:00-24:00 2026-03-08T05:00Z 2026-03-09T04:00Z
        America/New_York    2026-11-01 00:00-24:00 2026-11-01T04:00Z 2026-11-02T05:00Z
        America/New_York    2026-11-01 01:30-02:00 2026-11-01T05:30Z 2026-11-01T07:00Z
        America/St_Johns    2026-03-08 01:00-04:00 2026-03-08T04:30Z 2026-03-08T06:30Z
        America/Havana      2026-10-31 22:00-24:00 2026-11-01T02:00Z 2026-11-01T04:00Z
        America/Havana      2026-11-01 00:00-02:00 2026-11-01T04:00Z 2026-11-01T07:00Z
        America/Sao_Paulo   2018-11-04 00:00-02:00 2018-11-04T03:00Z 2018-11-04T04:00Z
        America/Sao_Paulo   2018-11-03 22:00-24:00 2018-11-04T01:00Z 2018-11-04T03:00Z
        America/Sao_Paulo   2018-02-17 22:00-24:00 2018-02-18T00:00Z 2018-02-18T03:00Z
        America/Santiago    2026-09-06 00:00-03:00 2026-09-06T04:00Z 2026-09-06T06:00Z
        America/Santiago    2026-04-04 22:00-24:00 2026-04-05T01:00Z 2026-04-05T04:00Z
        Australia/Sydney    2026-10-04 01:00-04:00 2026-10-03T15:00Z 2026-10-03T17:00Z
        Australia/Sydney    2026-04-05 01:00-04:00 2026-04-04T14:00Z 2026-04-04T18:00Z
        Australia/Lord_Howe 2026-10-04 01:00-03:00 2026-10-03T14:30Z 2026-10-03T16:00Z
        Australia/Lord_Howe 2026-04-05 01:00-03:00 2026-04-04T14:00Z 2026-04-04T16:30Z
        Pacific/Chatham     2026-09-27 02:00-05:00 2026-09-26T13:15Z 2026-09-26T15:15Z
        Pacific/Chatham     2026-04-05 02:00-05:00 2026-04-04T12:15Z 2026-04-04T16:15Z
        Asia/Kathmandu      2026-03-29 09:00-17:00 2026-03-29T03:15Z 2026-03-29T11:15Z
        Asia/Kathmandu      1986-01-01 00:00-01:00 1985-12-31T18:30Z 1985-12-31T19:15Z
        Africa/Casablanca   2026-02-15 01:00-04:00 2026-02-15T00:00Z 2026-02-15T04:00Z
        Antarctica/Troll    2026-03-29 00:00-04:00 2026-03-29T00:00Z 2026-03-29T02:00Z
        Pacific/Apia        2011-12-30 09:00-17:00 - -
        UTC                 2026-10-25 01:00-03:00 2026-10-25T01:00Z 2026-10-25T03:00Z
    ";
    let mut zones = std::collections::BTreeSet::new();
    for line in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let [zone, date, hours, from, to] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        zones.insert(zone);
        let date: Date = date.parse().unwrap();
        let mut one = organizer(zone, Vec::new());
        one.overrides = vec![DateOverride { date, windows: vec![window(hours)] }];
        let noon = date.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp().as_second();
        let event = event(1, 1);
        let organizers = [one];
        let query = Query::any(&event, &organizers, noon - 5 * DAY, Interval::new(noon - 3 * DAY, noon + 3 * DAY));
        let starts: Vec<_> = find(&query).unwrap().slots().iter().map(|slot| slot.start).collect();
        let expected: Vec<_> = if from == "-" {
            Vec::new()
        } else {
            let text = |time: &str| instant(&time.replace('Z', ":00Z"));
            (text(from)..text(to)).step_by(60).collect()
        };
        assert_eq!(starts, expected, "{line}");
    }
    assert!(zones.len() >= 14);
}

#[test]
fn the_grid_stands_on_the_window_and_busy_time_does_not_restart_it() {
    let event = event(45, 45);
    let mut one = organizer("Europe/Amsterdam", on_weekdays(&["09:10-12:30", "13:00-15:20"]));
    let free = monday(&event, std::slice::from_ref(&one));
    assert_eq!(shown(&free), "09:10 09:55 10:40 11:25 13:00 13:45 14:30");
    one.busy.push(busy(BusyKind::Booking, 1, "2026-06-01T07:55:00Z", "2026-06-01T08:10:00Z"));
    assert_eq!(shown(&monday(&event, &[one])), "09:10 10:40 11:25 13:00 13:45 14:30");
}

#[test]
fn windows_that_touch_are_one_also_across_midnight() {
    let event = event(60, 45);
    let rules = [(0, "22:00-24:00"), (1, "00:00-01:30"), (1, "01:30-02:00")];
    let weekly = rules.map(|(weekday, text)| WeeklyRule { weekday, weeks: Weeks::Every, window: window(text) });
    let organizers = [organizer("Europe/Amsterdam", weekly.to_vec())];
    let mut query = monday(&event, &organizers);
    query.range.end += DAY;
    assert_eq!(shown(&query), "22:00 22:45 23:30 00:15 01:00");
}

#[test]
fn round_the_clock_hours_have_the_same_grid_from_any_range() {
    let event = event(30, 50);
    let weekly = (0..7).map(|weekday| WeeklyRule { weekday, weeks: Weeks::Every, window: window("00:00-24:00") });
    let organizers = [organizer("Europe/Amsterdam", weekly.collect())];
    let mut query = monday(&event, &organizers);
    let day: Vec<_> = shown(&query).split(' ').map(String::from).collect();
    assert_eq!((day.len(), &*day[0], &*day[1], &*day[28]), (29, "00:00", "00:50", "23:20"));
    query.range.start += 10 * 3600;
    assert_eq!(shown(&query).split(' ').next(), Some("10:00"));
    query.range.start += 1;
    assert_eq!(shown(&query).split(' ').next(), Some("10:50"));
}

#[test]
fn an_override_replaces_its_date() {
    let event = event(60, 60);
    let mut one = organizer("Europe/Amsterdam", on_weekdays(&["09:00-17:00"]));
    let date = jiff::civil::date(2026, 6, 1);
    let windows = vec![window("19:00-21:00"), window("10:00-11:00")];
    one.overrides = vec![DateOverride { date, windows }];
    assert_eq!(shown(&monday(&event, std::slice::from_ref(&one))), "10:00 19:00 20:00");
    one.overrides[0].windows.clear();
    assert_eq!(shown(&monday(&event, std::slice::from_ref(&one))), "");
    one.overrides[0].date = jiff::civil::date(2026, 6, 2);
    assert_eq!(shown(&monday(&event, &[one])).split(' ').count(), 8);
}

#[test]
fn buffers_of_two_bookings_add_up() {
    let mut event = event(60, 15);
    let mut one = organizer("Europe/Amsterdam", on_weekdays(&["09:00-12:00"]));
    // 09:00 to 09:30 with a stored buffer of 15 minutes after it.
    let mut booking = busy(BusyKind::Booking, 1, "2026-06-01T07:00:00Z", "2026-06-01T07:30:00Z");
    booking.padded.end += 15 * 60;
    one.busy = vec![booking];
    assert_eq!(shown(&monday(&event, std::slice::from_ref(&one))), "09:45 10:00 10:15 10:30 10:45 11:00");
    event.buffer_before_minutes = 30;
    assert_eq!(shown(&monday(&event, std::slice::from_ref(&one))), "10:15 10:30 10:45 11:00");
    // A block or outside event brings no buffer of its own, whatever is stored beside it.
    for kind in [BusyKind::Block, BusyKind::Away, BusyKind::NotNeeded, BusyKind::External] {
        one.busy[0].kind = kind;
        assert_eq!(shown(&monday(&event, std::slice::from_ref(&one))), "10:00 10:15 10:30 10:45 11:00");
    }
}

#[test]
fn the_minimum_gap_counts_buffers_and_only_between_meetings() {
    let mut event = event(30, 15);
    let mut one = organizer("Europe/Amsterdam", on_weekdays(&["09:00-12:00"]));
    let mut booking = busy(BusyKind::Hold, 1, "2026-06-01T08:00:00Z", "2026-06-01T08:30:00Z");
    booking.padded = Interval::new(booking.time.start - 600, booking.time.end + 600);
    one.busy = vec![booking];
    event.minimum_gap_minutes = 30;
    event.buffer_before_minutes = 10;
    assert_eq!(shown(&monday(&event, std::slice::from_ref(&one))), "09:00 11:00 11:15 11:30");
    event.buffer_before_minutes = 30;
    assert_eq!(shown(&monday(&event, std::slice::from_ref(&one))), "09:00 11:15 11:30");
    one.busy[0].kind = BusyKind::External;
    assert_eq!(shown(&monday(&event, &[one])), "09:00 09:15 09:30 11:00 11:15 11:30");
}

#[test]
fn now_notice_horizon_and_daily_limit() {
    let mut event = event(60, 60);
    let mut one = organizer("Europe/Amsterdam", on_weekdays(&["09:00-13:00"]));
    let mut query = monday(&event, std::slice::from_ref(&one));
    query.now = instant("2026-06-01T08:00:00Z");
    assert_eq!(shown(&query), "11:00 12:00", "10:00 sharp is now and so not offered");
    query.now -= 1;
    assert_eq!(shown(&query), "10:00 11:00 12:00");

    event.minimum_notice_minutes = 60;
    let mut query = monday(&event, std::slice::from_ref(&one));
    query.now = instant("2026-06-01T08:00:00Z");
    assert_eq!(shown(&query), "11:00 12:00", "the notice is met to the second");
    query.now += 1;
    assert_eq!(shown(&query), "12:00");

    // 23:30 UTC on Saturday is already Sunday in Amsterdam, so one day ahead is Monday.
    event.horizon = Horizon::Days(1);
    let mut query = monday(&event, std::slice::from_ref(&one));
    query.now = instant("2026-05-30T23:30:00Z");
    assert_eq!(shown(&query), "09:00 10:00 11:00 12:00");
    query.now = instant("2026-05-30T21:30:00Z");
    assert_eq!(shown(&query), "");

    event.horizon = Horizon::Days(60);
    event.limits = vec![a_day(2)];
    one.busy = vec![
        busy(BusyKind::Booking, 1, "2026-06-01T07:00:00Z", "2026-06-01T08:00:00Z"),
        busy(BusyKind::Booking, 2, "2026-06-01T21:30:00Z", "2026-06-01T22:30:00Z"),
    ];
    assert_eq!(shown(&monday(&event, std::slice::from_ref(&one))), "10:00 11:00 12:00");
    one.busy.iter_mut().for_each(|busy| busy.is_same_event = true);
    assert_eq!(shown(&monday(&event, std::slice::from_ref(&one))), "");
    one.busy[1].time.start += 30 * 60;
    assert_eq!(shown(&monday(&event, &[one])), "10:00 11:00 12:00", "the second is on Tuesday");
}

#[test]
fn any_all_and_some_of_several_organizers() {
    let event = event(60, 60);
    let mut organizers = vec![organizer("Europe/Amsterdam", on_weekdays(&["09:00-12:00"])); 70];
    // Ten hours ahead in June: 20:30 there is 10:30 in Amsterdam.
    organizers[69] = organizer("Pacific/Auckland", on_weekdays(&["20:30-22:30"]));
    for one in &mut organizers[..68] {
        one.busy = vec![busy(BusyKind::Booking, 1, "2026-06-01T07:00:00Z", "2026-06-01T08:30:00Z")];
    }
    let query = |needed| Query { needed, ..monday(&event, &organizers) };
    assert_eq!(shown(&query(1)), "09:00 10:00 10:30 11:00 11:30");
    assert_eq!(shown(&query(2)), "10:30 11:00");
    assert_eq!(shown(&query(69)), "10:30 11:00");
    assert_eq!(shown(&query(70)), "10:30 11:00");
    assert_eq!(shown(&query(71)), "");

    let any = find(&query(1)).unwrap();
    let who: Vec<Vec<_>> = (0..any.slots().len()).map(|at| any.organizers(at).iter().collect()).collect();
    assert_eq!(who[0], [68]);
    assert_eq!(who[1], [68]);
    let everybody: Vec<_> = (0..70).collect();
    assert_eq!((&who[2], &who[3]), (&everybody, &everybody));
    assert_eq!(who[4], [69]);
    assert_eq!(any.organizers(3).len(), 70);
    assert_eq!(any.organizers(3).words(), [u64::MAX, 0b11_1111]);
    assert!(any.organizers(4).contains(69) && !any.organizers(4).contains(5));
    assert!(any.organizers(5).is_empty() && any.organizers(usize::MAX).is_empty());
}

#[test]
fn every_rule_that_removed_a_moment_is_named() {
    let mut event = event(60, 30);
    event.minimum_notice_minutes = 120;
    event.buffer_after_minutes = 10;
    event.minimum_gap_minutes = 30;
    event.horizon = Horizon::Days(2);
    event.limits = vec![a_day(3)];
    let mut one = organizer("Europe/Amsterdam", on_weekdays(&["09:00-17:00"]));
    let tuesday = jiff::civil::date(2026, 6, 2);
    one.overrides = vec![DateOverride { date: tuesday, windows: Vec::new() }];
    one.busy = vec![
        busy(BusyKind::Booking, 1, "2026-06-01T09:00:00Z", "2026-06-01T10:00:00Z"),
        busy(BusyKind::External, 2, "2026-06-01T11:30:00Z", "2026-06-01T12:00:00Z"),
    ];
    let (first, second) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let organizers = [one];
    let mut query = monday(&event, &organizers);
    query.now = instant("2026-06-01T05:30:00Z");
    let why = |query: &Query<'_>, time: &str| {
        let answer = explain(query, instant(time)).unwrap();
        let reasons: Vec<_> = answer.event.into_iter().chain(answer.organizers[0].iter().copied()).collect();
        assert_eq!(answer.slot.is_some(), reasons.is_empty());
        reasons
    };
    let monday = jiff::civil::date(2026, 6, 1);
    let (kind, id) = (BusyKind::Booking, first);
    assert_eq!(why(&query, "2026-06-01T12:30:00Z"), []);
    assert_eq!(why(&query, "2026-06-01T04:00:00Z"), [Reason::Past, Reason::OutsideHours { date: monday }]);
    let earliest = instant("2026-06-01T07:30:00Z");
    assert_eq!(why(&query, "2026-06-01T07:00:00Z"), [Reason::Notice { earliest }]);
    assert_eq!(why(&query, "2026-06-01T09:30:00Z"), [Reason::Busy { kind, id }]);
    assert_eq!(why(&query, "2026-06-01T08:00:00Z"), [Reason::Buffer { kind, id }]);
    assert_eq!(why(&query, "2026-06-01T10:00:00Z"), [Reason::MinimumGap { kind, id }]);
    let outside = Reason::Buffer { kind: BusyKind::External, id: second };
    assert_eq!(why(&query, "2026-06-01T10:30:00Z"), [outside]);
    let (before, after) = (Some(instant("2026-06-01T12:00:00Z")), Some(instant("2026-06-01T12:30:00Z")));
    assert_eq!(why(&query, "2026-06-01T12:05:00Z"), [Reason::OffGrid { before, after }]);
    let end = instant("2026-06-01T15:00:00Z");
    assert_eq!(why(&query, "2026-06-01T14:30:00Z"), [Reason::WindowEnds { end }]);
    assert_eq!(why(&query, "2026-06-02T08:00:00Z"), [Reason::Override { date: tuesday }]);
    let last = jiff::civil::date(2026, 6, 3);
    assert_eq!(why(&query, "2026-06-04T08:00:00Z"), [Reason::Horizon { last }]);
    let midnight = Reason::OutsideHours { date: jiff::civil::date(2026, 6, 4) };
    assert_eq!(why(&query, "2026-06-03T22:00:00Z"), [Reason::Horizon { last }, midnight]);

    let mut organizers = organizers.clone();
    for (id, start) in [(3, "2026-06-01T16:00:00Z"), (4, "2026-06-01T17:00:00Z"), (5, "2026-06-01T18:00:00Z")] {
        let counted = busy(BusyKind::Booking, id, start, &start.replace(":00:00Z", ":30:00Z"));
        organizers[0].busy.push(Busy { is_same_event: true, ..counted });
    }
    query.organizers = &organizers;
    let limit = Reason::Limit { limit: a_day(3), first: monday, taken: 3 };
    assert_eq!(why(&query, "2026-06-01T12:30:00Z"), [limit]);
}

#[test]
fn the_nearest_slots_lie_on_both_sides() {
    let slots: Vec<_> = [0, 10, 20, 30, 60].map(|start| Slot { start, end: start + 5, seats_left: 1, session: None }).to_vec();
    let starts = |wanted, count| nearest(&slots, |slot| slot.start, wanted, count).iter().map(|slot| slot.start).collect::<Vec<_>>();
    assert_eq!(starts(21, 3), [10, 20, 30]);
    assert_eq!(starts(15, 1), [10], "of two as near the earlier");
    assert_eq!(starts(20, 1), [20]);
    assert_eq!(starts(100, 2), [30, 60]);
    assert_eq!(starts(-100, 2), [0, 10]);
    assert_eq!(starts(50, 99), [0, 10, 20, 30, 60]);
    assert_eq!(starts(50, 0), Vec::<i64>::new());
    assert!(nearest(&[], |slot: &Slot| slot.start, 5, 3).is_empty());
}

#[test]
fn what_makes_no_sense_is_refused() {
    let good = event(30, 30);
    let one = organizer("Europe/Amsterdam", on_weekdays(&["09:00-17:00"]));
    let organizers = [one.clone()];
    let query = monday(&good, &organizers);
    let refusal = |query: Query<'_>| find(&query).unwrap_err();
    let with = |change: fn(&mut EventSettings)| {
        let mut event = good.clone();
        change(&mut event);
        find(&Query { event: &event, ..query }).unwrap_err()
    };
    assert!(find(&query).is_ok());
    assert_eq!(with(|event| event.duration_minutes = 0), Invalid::Duration);
    assert_eq!(with(|event| event.duration_minutes = u32::MAX), Invalid::Duration);
    assert_eq!(with(|event| event.interval_minutes = 0), Invalid::SlotInterval);
    assert_eq!(with(|event| event.limits = vec![a_day(0)]), Invalid::Limit);
    assert_eq!(refusal(Query { needed: 0, ..query }), Invalid::Needed);
    assert_eq!(with(|event| event.seats = 0), Invalid::Seats);
    assert_eq!(with(|event| event.horizon = Horizon::DaysWithSlots(0)), Invalid::Horizon);
    let nobody = Session { id: Uuid::nil(), time: query.range, taken: 1, organizers: vec![1] };
    assert_eq!(refusal(Query { sessions: &[nobody], ..query }), Invalid::Session);
    assert_eq!(refusal(Query { now: i64::MAX, ..query }), Invalid::Instant);
    assert_eq!(refusal(query.at(i64::MIN)), Invalid::Instant);
    assert_eq!(explain(&query, i64::MAX).unwrap_err(), Invalid::Instant);
    let long = Interval::new(query.now, query.now + MAX_RANGE_DAYS * DAY + 1);
    assert_eq!(refusal(Query { range: long, ..query }), Invalid::RangeTooLong);
    for (start_minute, end_minute) in [(600, 600), (600, 500), (600, 1441)] {
        let mut bad = one.clone();
        bad.weekly[0].window = Window { start_minute, end_minute };
        assert_eq!(refusal(Query { organizers: &[bad], ..query }), Invalid::Window);
    }
    let mut bad = one.clone();
    bad.weekly[0].weekday = 7;
    assert_eq!(refusal(Query { organizers: &[bad], ..query }), Invalid::Weekday);
    let backwards = Interval::new(query.range.end, query.range.start);
    assert!(find(&Query { range: backwards, ..query }).unwrap().slots().is_empty());
}

#[test]
fn extreme_settings_and_instants_do_not_overflow() {
    let all = u32::MAX;
    let widest = EventSettings {
        zone: TimeZone::get("America/St_Johns").unwrap(),
        duration_minutes: MAX_DURATION_MINUTES,
        interval_minutes: all,
        start_grid: StartGrid::AfterBusy,
        is_aligned: true,
        buffer_before_minutes: all,
        buffer_after_minutes: all,
        minimum_gap_minutes: all,
        minimum_notice_minutes: 0,
        horizon: Horizon::Days(all),
        limits: vec![a_day(all)],
        seats: all,
    };
    let mut one = organizer("America/St_Johns", on_weekdays(&["00:00-24:00"]));
    one.overrides = [Date::MIN, Date::MAX].map(|date| DateOverride { date, windows: Vec::new() }).to_vec();
    let ends = Interval::new(i64::MIN, i64::MAX);
    let forever = Busy { time: ends, padded: ends, ..busy(BusyKind::Block, 1, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z") };
    let organizers = [one];
    for range in [INSTANTS.start, INSTANTS.end - 3 * DAY] {
        let query = Query::any(&widest, &organizers, INSTANTS.start, Interval::new(range, range + 2 * DAY));
        find(&query).unwrap();
        explain(&query, query.range.start).unwrap();
        let mut taken = organizers.clone();
        taken[0].busy = vec![forever];
        let query = Query { organizers: &taken, ..query };
        assert!(find(&query).unwrap().slots().is_empty());
        assert!(explain(&query, query.range.start).unwrap().slot.is_none());
    }
}

//! From the file's words to the engine's.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use platform::time::{Timestamp, zone};
use uuid::Uuid;

use super::{Assignment, Busy, BusyKind, Horizon, Hours, Mode, Organizer, Scenario, Unsound};
use crate::slots::{self, EventSettings, Interval, Query, ReasonableHours, Repeats, Turn, Window};

/// Seconds around the range in which what recurs is looked for: 60 days.
const AROUND: i64 = 60 * 86_400;

/// A [`Scenario`] as the engine takes it.
#[derive(Clone, Debug)]
pub struct Question {
    /// One for each duration.
    pub events: Vec<EventSettings>,
    pub organizers: Vec<slots::Organizer>,
    pub names: Vec<String>,
    pub rooms: Vec<slots::Room>,
    pub room_names: Vec<String>,
    pub assignment: slots::Assignment,
    pub turns: Vec<Turn>,
    pub past: Vec<slots::Past>,
    pub viewer: TimeZone,
    sessions: Vec<slots::Session>,
    event_bookings: Vec<Interval>,
    reasonable_hours: Option<ReasonableHours>,
    needed: usize,
    rooms_needed: usize,
    now: i64,
    range: Interval,
    ids: Ids,
}

/// The engine's ids for the names of what takes time.
#[derive(Clone, Debug, Default)]
struct Ids {
    names: Vec<String>,
    known: BTreeMap<String, usize>,
}

impl Ids {
    fn of(&mut self, name: Option<&str>) -> Uuid {
        let name = name.map_or_else(|| format!("#{}", self.names.len() + 1), str::to_owned);
        let next = self.names.len();
        let index = *self.known.entry(name.clone()).or_insert(next);
        if index == next {
            self.names.push(name);
        }
        Uuid::from_u128(index as u128)
    }
}

impl Question {
    /// # Errors
    /// The first thing that makes no sense.
    pub fn new(scenario: &Scenario) -> Result<Self, Unsound> {
        let mut ids = Ids::default();
        let asked = &scenario.event_type;
        let taking_part =
            if asked.mode == Mode::One { &scenario.organizers[..1.min(scenario.organizers.len())] } else { &scenario.organizers };
        let names: Vec<_> = taking_part.iter().map(|one| one.name.clone()).collect();
        if let Some(twice) = names.iter().enumerate().find_map(|(at, name)| names[..at].contains(name).then_some(name)) {
            return Err(Unsound::Twice(twice.clone()));
        }
        let index = |name: &String| names.iter().position(|other| other == name).ok_or_else(|| Unsound::Organizer(name.clone()));
        let range = Interval::new(scenario.from.as_second(), scenario.to.as_second());
        let mut organizers = taking_part.iter().map(|one| organizer(one, range, &mut ids)).collect::<Result<Vec<_>, _>>()?;
        let mut rooms = Vec::with_capacity(scenario.rooms.len());
        for room in &scenario.rooms {
            rooms.push(slots::Room { busy: all_taken(&room.busy, "UTC", range, &mut ids)? });
        }

        let mut sessions = Vec::new();
        for session in &scenario.sessions {
            let holders = session.organizers.iter().map(index).collect::<Result<Vec<_>, _>>()?;
            let (id, time) = (ids.of(Some(&session.id)), Interval::new(session.start.as_second(), session.end.as_second()));
            for &holder in &holders {
                let busy = slots::Busy { kind: slots::BusyKind::Booking, id, time, padded: time, is_same_event: true };
                organizers[holder].busy.push(busy);
            }
            sessions.push(slots::Session { id, time, taken: session.taken, organizers: holders });
        }
        let mut event_bookings: Vec<_> =
            organizers.iter().flat_map(|one| &one.busy).filter(|busy| busy.is_same_event).map(|busy| (busy.id, busy.time)).collect();
        event_bookings.sort_by_key(|(id, _)| *id);
        event_bookings.dedup_by_key(|(id, _)| *id);

        let past = scenario.past.iter().map(|past| {
            let start = past.start.as_second();
            Ok(slots::Past { organizer: index(&past.organizer)?, start, made: past.made.map_or(start, Timestamp::as_second) })
        });
        let past = past.collect::<Result<Vec<_>, Unsound>>()?;
        let needed = match (asked.mode, asked.needed) {
            (Mode::One | Mode::RoundRobin, None) => 1,
            (Mode::Collective, None) => organizers.len().max(1),
            (Mode::Some, Some(needed)) => needed,
            _ => return Err(Unsound::Mode),
        };
        let viewer = zone_of(scenario.viewer_timezone.as_deref().unwrap_or("UTC"))?;
        let turns = taking_part.iter().map(|one| Turn {
            weight: one.weight.unwrap_or(1),
            priority: one.priority.unwrap_or(1),
            since: one.since.map_or(i64::MIN, Timestamp::as_second),
        });
        Ok(Self {
            events: events(scenario, &organizers)?,
            names,
            rooms_needed: asked.rooms_needed.unwrap_or(rooms.len()),
            rooms,
            room_names: scenario.rooms.iter().map(|room| room.name.clone()).collect(),
            assignment: match asked.assignment {
                Assignment::Fair => slots::Assignment::Fair,
                Assignment::Priority => slots::Assignment::Priority,
            },
            turns: turns.collect(),
            past,
            reasonable_hours: asked.reasonable_hours.map(|hours| ReasonableHours { zone: viewer.clone(), window: window(hours) }),
            viewer,
            sessions,
            event_bookings: event_bookings.into_iter().map(|(_, time)| time).collect(),
            organizers,
            needed,
            now: scenario.now.as_second(),
            range,
            ids,
        })
    }

    /// The question about slots of one of the durations.
    pub fn query<'a>(&'a self, event: &'a EventSettings) -> Query<'a> {
        Query {
            event,
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

    /// What the file calls it.
    pub(super) fn name_of(&self, id: Uuid) -> String {
        usize::try_from(id.as_u128()).ok().and_then(|index| self.ids.names.get(index)).cloned().unwrap_or_default()
    }
}

fn zone_of(name: &str) -> Result<TimeZone, Unsound> {
    zone(name).map_err(|_| Unsound::Zone(name.to_owned()))
}

fn window(hours: Hours) -> Window {
    Window { start_minute: hours.start.minutes(), end_minute: hours.end.minutes() }
}

fn organizer(one: &Organizer, range: Interval, ids: &mut Ids) -> Result<slots::Organizer, Unsound> {
    let weekly = one.rules.iter().map(|rule| slots::WeeklyRule {
        weekday: rule.day.number().unsigned_abs() as u8,
        weeks: rule.weeks,
        window: window(Hours { start: rule.start, end: rule.end }),
    });
    let overrides = one
        .overrides
        .iter()
        .map(|dated| slots::DateOverride { date: dated.date.0, windows: dated.windows.iter().copied().map(window).collect() });
    Ok(slots::Organizer {
        zone: zone_of(&one.timezone)?,
        weekly: weekly.collect(),
        overrides: overrides.collect(),
        busy: all_taken(&one.busy, &one.timezone, range, ids)?,
    })
}

/// Each time of what recurs by itself, as far as it matters for `range`: a limit looks at a whole month around it.
fn all_taken(all: &[Busy], zone: &str, range: Interval, ids: &mut Ids) -> Result<Vec<slots::Busy>, Unsound> {
    let seen = Interval::new(range.start.saturating_sub(AROUND), range.end.saturating_add(AROUND));
    let mut found = Vec::new();
    for busy in all {
        let id = ids.of(busy.id.as_deref());
        let first = Interval::new(busy.start.as_second(), busy.end.as_second());
        if busy.repeats == Repeats::Never {
            found.push(taken(busy, id, first));
        } else {
            let zone = zone_of(busy.timezone.as_deref().unwrap_or(zone))?;
            let times = slots::occurrences(first, &zone, busy.repeats, busy.until.map(|until| until.0), seen);
            found.extend(times.into_iter().map(|time| taken(busy, id, time)));
        }
    }
    Ok(found)
}

fn taken(busy: &Busy, id: Uuid, time: Interval) -> slots::Busy {
    let padded =
        Interval::new(time.start - i64::from(busy.buffer_before_minutes) * 60, time.end + i64::from(busy.buffer_after_minutes) * 60);
    let kind = match busy.kind {
        BusyKind::Booking => slots::BusyKind::Booking,
        BusyKind::Hold => slots::BusyKind::Hold,
        BusyKind::Block => slots::BusyKind::Block,
        BusyKind::Away => slots::BusyKind::Away,
        BusyKind::NotNeeded => slots::BusyKind::NotNeeded,
        BusyKind::External => slots::BusyKind::External,
    };
    slots::Busy { kind, id, time, padded, is_same_event: busy.is_same_event_type }
}

fn events(scenario: &Scenario, organizers: &[slots::Organizer]) -> Result<Vec<EventSettings>, Unsound> {
    let asked = &scenario.event_type;
    if asked.durations.is_empty() {
        return Err(Unsound::Durations);
    }
    let zone = match (&asked.timezone, organizers.first()) {
        (Some(name), _) => zone_of(name)?,
        (None, Some(first)) => first.zone.clone(),
        (None, None) => TimeZone::UTC,
    };
    let settings = EventSettings {
        zone,
        duration_minutes: 0,
        interval_minutes: asked.slot_interval_minutes,
        start_grid: asked.start_grid,
        is_aligned: asked.is_aligned,
        buffer_before_minutes: asked.buffer_before_minutes,
        buffer_after_minutes: asked.buffer_after_minutes,
        minimum_gap_minutes: asked.minimum_gap_minutes,
        minimum_notice_minutes: asked.minimum_notice_minutes,
        horizon: match asked.horizon {
            None => slots::Horizon::Days(60),
            Some(Horizon::Days(days)) => slots::Horizon::Days(days),
            Some(Horizon::Dates { first, last }) => slots::Horizon::Dates { first: first.0, last: last.0 },
            Some(Horizon::DaysWithSlots(days)) => slots::Horizon::DaysWithSlots(days),
        },
        limits: asked.limits.clone(),
        seats: asked.seats.unwrap_or(1),
    };
    Ok(asked.durations.iter().map(|&duration_minutes| EventSettings { duration_minutes, ..settings.clone() }).collect())
}

//! The listing: each organizer's starts, swept together with who is free at each.

use uuid::Uuid;

use super::{
    Horizon, Invalid, Query, Room, Session,
    interval::{Interval, merge, subtract},
    limits::{self, Full},
    plan::{Clearance, Plan, day_of},
    zone::{Clock, DAY},
};

/// A start that can be booked, with its end; epoch seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    /// Inclusive.
    pub start: i64,
    /// Exclusive.
    pub end: i64,
    /// How many invitees it has a place for.
    pub seats_left: u32,
    /// The session that is joined; without one, a new booking or session is made.
    pub session: Option<Uuid>,
}

/// The free slots, in order of time, and who and what is free at each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    slots: Vec<Slot>,
    organizers: Sets,
    rooms: Sets,
}

/// A set for each slot, in the same order, `each` words long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sets {
    pub words: Vec<u64>,
    each: usize,
}

/// Which organizers or rooms of a query are free at a slot: bit `i % 64` of word `i / 64` is the one with index `i`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bits<'a>(&'a [u64]);

/// What the event type says about starts, whoever holds it.
pub(super) struct Frame {
    /// Of the event.
    pub clock: Clock,
    /// Later than now, the notice and the range kept.
    pub span: Interval,
    /// Starts on the dates of the horizon, as far as they do not depend on slots.
    pub dates: Interval,
    /// Starts whose slots suit the other side, merged; all of them without such hours.
    pub reasonable: Option<Vec<Interval>>,
    pub full: Vec<Full>,
}

impl Frame {
    pub fn new(query: &Query<'_>) -> Self {
        let scanned = query.scanned();
        let reach = query.reach();
        let clock = Clock::new(&query.event.zone, Interval::new(reach.start.min(query.now) - 2 * DAY, reach.end.max(query.now) + 2 * DAY));
        let dates = match query.event.horizon {
            Horizon::Days(days) => {
                let end = clock.date(clock.day(query.now) + i64::from(days)).end;
                Interval::new(i64::MIN, end)
            }
            Horizon::Dates { first, last } => Interval::new(clock.date(day_of(first)).start, clock.date(day_of(last)).end),
            Horizon::DaysWithSlots(_) => Interval::new(i64::MIN, scanned.end),
        };
        let span = Interval::new(scanned.start.max(query.earliest()), scanned.end);
        let reasonable = query.reasonable_hours.map(|hours| {
            let wide = Interval::new(scanned.start - 2 * DAY, scanned.end + query.duration() + 2 * DAY);
            let theirs = Clock::new(&hours.zone, wide);
            let mut windows: Vec<_> = (theirs.day(wide.start)..=theirs.day(wide.end)).map(|day| hours.window.on(&theirs, day)).collect();
            merge(&mut windows);
            let fitting = windows.iter().map(|window| Interval::new(window.start, window.end - query.duration() + 1));
            fitting.filter(|starts| !starts.is_empty()).collect()
        });
        let full = limits::of_event(query, &clock);
        Self { clock, span, dates, reasonable, full }
    }

    /// Drops the starts that the event type rules out for a new booking; `starts` are in order.
    fn keep_allowed(&self, starts: &mut Vec<i64>) {
        if let Some(reasonable) = &self.reasonable {
            keep_within(starts, reasonable);
        }
        if !self.full.is_empty() {
            starts.retain(|start| !self.full.iter().any(|full| full.starts.contains(*start)));
        }
    }

    /// Whether a session may be joined at its start, for all that the event type says.
    pub fn lets_join(&self, start: i64) -> bool {
        let reasonable = self.reasonable.as_ref().is_none_or(|hours| hours.iter().any(|hours| hours.contains(start)));
        self.span.contains(start) && self.dates.contains(start) && reasonable
    }
}

/// Both in order.
fn keep_within(starts: &mut Vec<i64>, intervals: &[Interval]) {
    let mut next = 0;
    starts.retain(|&start| {
        while intervals.get(next).is_some_and(|interval| interval.end <= start) {
            next += 1;
        }
        intervals.get(next).is_some_and(|interval| interval.contains(start))
    });
}

/// The free slots whose start lies in the query's range, in order of time.
///
/// For n rules, busy times and slots the work is O(n log n).
///
/// # Errors
/// [`Invalid`] names the first thing that makes no sense.
pub fn find(query: &Query<'_>) -> Result<Found, Invalid> {
    query.check()?;
    let frame = Frame::new(query);
    let mut found = scan(query, &frame);
    if let Horizon::DaysWithSlots(days) = query.event.horizon {
        if let Some(last) = found.last_day(&frame, days) {
            let end = frame.clock.date(last).end;
            found.keep_rows(|slot| slot.start < end);
        }
        found.keep_rows(|slot| slot.start >= query.range.start);
    }
    Ok(found)
}

/// All that is free in the stretch that must be looked at; days with slots are not counted yet.
pub(super) fn scan(query: &Query<'_>, frame: &Frame) -> Found {
    let mut found = fresh(query, frame);
    if !query.sessions.is_empty() {
        found = found.joined_by_sessions(query, frame);
    }
    found
}

/// The slots that make a new booking.
fn fresh(query: &Query<'_>, frame: &Frame) -> Found {
    let mut found = Found { slots: Vec::new(), organizers: Sets::of(query.organizers.len()), rooms: Sets::of(query.rooms.len()) };
    let span = frame.span.clipped(frame.dates);
    if query.organizers.len() < query.needed || query.rooms.len() < query.rooms_needed || span.is_empty() {
        return found;
    }
    let mut starts = Vec::new();
    let mut open = Vec::with_capacity(query.organizers.len());
    for organizer in query.organizers {
        open.push(Plan::open_starts(query, organizer, span, &mut starts));
    }
    if open.len() > 1 {
        starts.sort_unstable();
        starts.dedup();
    }
    frame.keep_allowed(&mut starts);
    if open.len() == 1 {
        found.organizers.words = vec![1; starts.len()];
    } else {
        found.organizers.words = sets_at(&starts, &open, found.organizers.each);
    }
    if !query.rooms.is_empty() {
        let open: Vec<_> = query.rooms.iter().map(|room| open_in_room(query, room, span)).collect();
        found.rooms.words = sets_at(&starts, &open, found.rooms.each);
    }
    let seats_left = query.event.seats;
    found.slots = starts.iter().map(|&start| Slot { start, end: start + query.duration(), seats_left, session: None }).collect();
    if open.len() > 1 || query.rooms_needed > 0 {
        found.keep_enough(query.needed, query.rooms_needed);
    }
    found
}

/// The starts in `span` at which a room is free.
fn open_in_room(query: &Query<'_>, room: &Room, span: Interval) -> Vec<Interval> {
    let taken = room.busy.iter().filter(|busy| !busy.time.is_empty());
    let mut cuts: Vec<_> = taken.map(|busy| Clearance::in_room(query, busy).starts(query.duration())).collect();
    merge(&mut cuts);
    subtract(&[span], &cuts)
}

/// For each start the set of those whose open starts hold it.
fn sets_at(starts: &[i64], open: &[Vec<Interval>], words_each: usize) -> Vec<u64> {
    // A bit is toggled where somebody becomes free and where he or she stops being so; the running XOR
    // is then the set at each start. One row more, for toggles behind the last start.
    let mut words = vec![0; (starts.len() + 1) * words_each];
    for (index, intervals) in open.iter().enumerate() {
        let (word, bit) = (index / 64, 1 << (index % 64));
        for interval in intervals {
            for edge in [interval.start, interval.end] {
                let row = starts.partition_point(|&start| start < edge);
                words[row * words_each + word] ^= bit;
            }
        }
    }
    for at in words_each..words.len() {
        words[at] ^= words[at - words_each];
    }
    words.truncate(starts.len() * words_each);
    words
}

/// The session that somebody can join at each start, in order of time.
fn joinable<'a>(query: &'a Query<'_>, frame: &Frame) -> Vec<&'a Session> {
    let open = |session: &&Session| {
        let is_of_length = session.time.end - session.time.start == query.duration();
        is_of_length && session.taken < query.event.seats && frame.lets_join(session.time.start)
    };
    let mut sessions: Vec<_> = query.sessions.iter().filter(open).collect();
    sessions.sort_by_key(|session| (session.time.start, std::cmp::Reverse(session.taken), session.id));
    sessions.dedup_by_key(|session| session.time.start);
    sessions
}

impl Sets {
    pub fn of(count: usize) -> Self {
        Self { words: Vec::new(), each: count.div_ceil(64) }
    }

    pub fn bits(&self, index: usize) -> Bits<'_> {
        let set = index.saturating_mul(self.each)..index.saturating_add(1).saturating_mul(self.each);
        Bits(self.words.get(set).unwrap_or_default())
    }

    fn copy_row(&mut self, from: usize, to: usize) {
        self.words.copy_within(from * self.each..(from + 1) * self.each, to * self.each);
    }
}

impl Found {
    /// In order of time, each start once.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Who is free at the slot of that index in [`Found::slots`], or holds its session; nobody for an index beyond it.
    pub fn organizers(&self, index: usize) -> Bits<'_> {
        self.organizers.bits(index)
    }

    /// Which rooms are free at the slot of that index; none for a session, which has its own.
    pub fn rooms(&self, index: usize) -> Bits<'_> {
        self.rooms.bits(index)
    }

    /// Drops the starts at which too few are free.
    fn keep_enough(&mut self, organizers: usize, rooms: usize) {
        let mut kept = 0;
        for row in 0..self.slots.len() {
            if self.organizers(row).len() >= organizers && self.rooms(row).len() >= rooms {
                self.move_row(row, kept);
                kept += 1;
            }
        }
        self.truncate(kept);
    }

    fn keep_rows(&mut self, keep: impl Fn(&Slot) -> bool) {
        let mut kept = 0;
        for row in 0..self.slots.len() {
            if keep(&self.slots[row]) {
                self.move_row(row, kept);
                kept += 1;
            }
        }
        self.truncate(kept);
    }

    fn move_row(&mut self, from: usize, to: usize) {
        self.slots[to] = self.slots[from];
        self.organizers.copy_row(from, to);
        self.rooms.copy_row(from, to);
    }

    fn truncate(&mut self, rows: usize) {
        self.slots.truncate(rows);
        self.organizers.words.truncate(rows * self.organizers.each);
        self.rooms.words.truncate(rows * self.rooms.each);
    }

    /// Each session that can be joined, in place of what is free at its start.
    fn joined_by_sessions(self, query: &Query<'_>, frame: &Frame) -> Self {
        let mut joined = Self {
            slots: Vec::with_capacity(self.slots.len() + query.sessions.len()),
            organizers: Sets::of(query.organizers.len()),
            rooms: Sets::of(query.rooms.len()),
        };
        let mut row = 0;
        for session in joinable(query, frame) {
            row = joined.append(&self, row, |slot| slot.start < session.time.start);
            row += usize::from(self.slots.get(row).is_some_and(|slot| slot.start == session.time.start));
            let (start, end) = (session.time.start, session.time.end);
            joined.slots.push(Slot { start, end, seats_left: query.event.seats - session.taken, session: Some(session.id) });
            let set = joined.organizers.words.len();
            joined.organizers.words.resize(set + joined.organizers.each, 0);
            for organizer in &session.organizers {
                joined.organizers.words[set + organizer / 64] |= 1 << (organizer % 64);
            }
            joined.rooms.words.resize(joined.rooms.words.len() + joined.rooms.each, 0);
        }
        joined.append(&self, row, |_| true);
        joined
    }

    /// Takes over rows of `other` from `row` on while they are wanted; answers the first that is not.
    fn append(&mut self, other: &Self, row: usize, wanted: impl Fn(&Slot) -> bool) -> usize {
        let count = other.slots[row..].iter().take_while(|slot| wanted(slot)).count();
        let end = row + count;
        self.slots.extend_from_slice(&other.slots[row..end]);
        for (mine, theirs) in [(&mut self.organizers, &other.organizers), (&mut self.rooms, &other.rooms)] {
            mine.words.extend_from_slice(&theirs.words[row * theirs.each..end * theirs.each]);
        }
        end
    }

    /// The last of so many days that have slots; none where there are fewer.
    pub(super) fn last_day(&self, frame: &Frame, days: u32) -> Option<i64> {
        let mut seen = 0;
        let mut latest = None;
        for slot in &self.slots {
            let day = frame.clock.day(slot.start);
            if latest != Some(day) {
                latest = Some(day);
                seen += 1;
                if seen == days {
                    return latest;
                }
            }
        }
        None
    }
}

impl<'a> Bits<'a> {
    /// How many are free.
    pub fn len(self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether none is.
    pub fn is_empty(self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }

    /// Whether the one with that index in the query is free.
    pub fn contains(self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// Indexes into the query's list, ascending.
    pub fn iter(self) -> impl Iterator<Item = usize> + 'a {
        self.0
            .iter()
            .enumerate()
            .flat_map(|(index, &word)| (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| index * 64 + bit))
    }

    /// The words themselves, lowest indexes first.
    pub fn words(self) -> &'a [u64] {
        self.0
    }
}

/// The `count` slots whose starts are nearest to `wanted`, in order of time; of two at the same
/// distance the earlier. `slots` must be in order of time, as [`Found::slots`] is.
pub fn nearest<T>(slots: &[T], start_of: impl Fn(&T) -> i64, wanted: i64, count: usize) -> &[T] {
    let mut first = slots.partition_point(|slot| start_of(slot) < wanted);
    let mut end = first;
    while end - first < count {
        let before = first.checked_sub(1).map(|index| start_of(&slots[index]).abs_diff(wanted));
        let after = slots.get(end).map(|slot| start_of(slot).abs_diff(wanted));
        match (before, after) {
            (Some(before), Some(after)) if before <= after => first -= 1,
            (_, Some(_)) => end += 1,
            (Some(_), None) => first -= 1,
            (None, None) => break,
        }
    }
    &slots[first..end]
}

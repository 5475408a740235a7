//! Wall-clock times of one zone resolved to instants, by a table of the zone's offsets.

use jiff::{Timestamp, tz::TimeZone};

use super::interval::Interval;

pub(super) const DAY: i64 = 86_400;

/// The instant as jiff's type; what lies outside its range becomes its first or last instant.
pub(super) fn timestamp(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(if second < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// The offsets of a zone over a stretch of time.
///
/// Local times are seconds since 1970-01-01T00:00 on the wall clock. A range of months holds a few
/// offsets at most, so resolving a time is one subtraction and one comparison or two.
pub(super) struct Clock {
    /// In order and without holes; the first and last reach to the ends of time.
    pieces: Vec<Piece>,
}

struct Piece {
    during: Interval,
    offset: i64,
}

impl Piece {
    fn wall_start(&self) -> i64 {
        self.during.start.saturating_add(self.offset)
    }

    fn wall_end(&self) -> i64 {
        self.during.end.saturating_add(self.offset)
    }
}

impl Clock {
    /// Exact within `span`; beyond it the nearest offset is taken to go on.
    pub fn new(zone: &TimeZone, span: Interval) -> Self {
        let begin = timestamp(span.start);
        let mut last = Piece { during: Interval::new(i64::MIN, i64::MAX), offset: zone.to_offset(begin).seconds().into() };
        let mut pieces = Vec::with_capacity(4);
        for transition in zone.following(begin) {
            let at = transition.timestamp().as_second();
            if at >= span.end {
                break;
            }
            last.during.end = at;
            pieces.push(last);
            last = Piece { during: Interval::new(at, i64::MAX), offset: transition.offset().seconds().into() };
        }
        pieces.push(last);
        Self { pieces }
    }

    /// The first instant at which the wall clock shows `local` or later.
    ///
    /// For a time that is skipped that is the instant of the change, for one that comes twice its
    /// earlier pass.
    pub fn opening(&self, local: i64) -> i64 {
        self.pieces.iter().find(|piece| piece.wall_end() > local).map_or(local, |piece| piece.during.start.max(local - piece.offset))
    }

    /// The instant after the last one at which the wall clock shows less than `local`.
    ///
    /// For a time that is skipped that is the instant of the change, for one inside a repeated hour
    /// its later pass. The first minute of a repeated hour resolves to its earlier pass: a window
    /// until 02:00 shall not run on while the clock shows 02:15 for the first time.
    pub fn closing(&self, local: i64) -> i64 {
        self.pieces.iter().rev().find(|piece| piece.wall_start() < local).map_or(local, |piece| piece.during.end.min(local - piece.offset))
    }

    /// What the wall clock shows at an instant, less the instant.
    pub fn offset(&self, instant: i64) -> i64 {
        self.pieces.iter().find(|piece| piece.during.contains(instant)).map_or(0, |piece| piece.offset)
    }

    /// The local date of an instant, in days since 1970-01-01: the latest that the wall clock has
    /// shown so far. So dates never run backwards, though St John's once changed at 00:01.
    pub fn day(&self, instant: i64) -> i64 {
        let day = instant.saturating_add(self.offset(instant)).div_euclid(DAY);
        if self.opening((day + 1) * DAY) <= instant { day + 1 } else { day }
    }

    /// All instants of a local date; empty for a date that the zone skipped.
    pub fn date(&self, day: i64) -> Interval {
        Interval::new(self.opening(day * DAY), self.opening((day + 1) * DAY))
    }
}

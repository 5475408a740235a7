//! Algebra on sorted, half-open intervals of instants.

/// A stretch of time: `start` is in it, `end` is not; epoch seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Interval {
    /// First second of the stretch.
    pub start: i64,
    /// First second after it.
    pub end: i64,
}

impl Interval {
    /// The stretch from `start` up to, not including, `end`.
    pub const fn new(start: i64, end: i64) -> Self {
        Self { start, end }
    }

    /// Whether no instant is in it.
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether `instant` is in it.
    pub const fn contains(self, instant: i64) -> bool {
        self.start <= instant && instant < self.end
    }

    /// Whether some instant is in both; touching ends do not count.
    pub const fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    pub(super) fn clipped(self, to: Self) -> Self {
        Self::new(self.start.max(to.start), self.end.min(to.end))
    }
}

/// Sorts, drops the empty ones, and joins those that overlap or touch.
pub(super) fn merge(intervals: &mut Vec<Interval>) {
    intervals.retain(|interval| !interval.is_empty());
    intervals.sort_unstable_by_key(|interval| interval.start);
    intervals.dedup_by(|next, kept| {
        let joined = next.start <= kept.end;
        if joined {
            kept.end = kept.end.max(next.end);
        }
        joined
    });
}

/// What of `range` none of them covers.
pub fn uncovered(range: Interval, mut covered: Vec<Interval>) -> Vec<Interval> {
    merge(&mut covered);
    if range.is_empty() { Vec::new() } else { subtract(&[range], &covered) }
}

/// What is left of `base` without `cuts`; both merged, as is the answer.
pub(super) fn subtract(base: &[Interval], cuts: &[Interval]) -> Vec<Interval> {
    let mut left = Vec::with_capacity(base.len() + cuts.len());
    let mut next_cut = 0;
    for interval in base {
        let mut cursor = interval.start;
        while cuts.get(next_cut).is_some_and(|cut| cut.end <= cursor) {
            next_cut += 1;
        }
        // The last cut may reach into the next interval, so only those behind it are dropped above.
        for cut in &cuts[next_cut..] {
            if cut.start >= interval.end {
                break;
            }
            if cut.start > cursor {
                left.push(Interval::new(cursor, cut.start));
            }
            cursor = cut.end;
        }
        if cursor < interval.end {
            left.push(Interval::new(cursor, interval.end));
        }
        while cuts.get(next_cut).is_some_and(|cut| cut.end <= interval.end) {
            next_cut += 1;
        }
    }
    left
}

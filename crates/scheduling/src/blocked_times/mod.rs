//! Blocked times: when an organizer cannot be booked whatever the hours say, once or time and again; and absences, in which somebody
//! may stand in.
//!
//! A stand-in takes the organizer's place in event types of one organizer and in those whose organizers take turns, when free by his or
//! her own hours. Where all or several must be there, nobody can be replaced.

pub mod http;
mod store;

use platform::audit::Change;
use platform::text::Checks;
use platform::time::{Date, Timestamp, zone};
use platform::{Ctx, Error, Problem, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::event_types;
use crate::events::{BlockedTimeCreated, BlockedTimeDeleted, BlockedTimeFact, BlockedTimeUpdated};
use crate::slots::{self, Interval, Repeats};

const DAY: i64 = 86_400;
/// How far from now a blocked time may begin.
const MOST_DAYS_AWAY: i64 = 3660;

/// What keeps the organizer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = BlockedTimeKind)]
pub enum Kind {
    /// Something of his or her own; visitors see no more than that nothing is free.
    #[default]
    Block,
    /// Out of office; pages of one organizer say so.
    Away,
}

/// From when until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Occurrence {
    pub start: Timestamp,
    pub end: Timestamp,
}

/// Time in which an organizer cannot be booked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BlockedTime {
    pub id: Uuid,
    pub organizer_id: Uuid,
    pub organizer_name: String,
    pub kind: Kind,
    /// Of the first time where it recurs.
    pub start: Timestamp,
    /// Of the first time where it recurs.
    pub end: Timestamp,
    /// IANA zone in whose wall clock it recurs.
    pub timezone: String,
    pub repeats: Repeats,
    /// The last date on which it may begin, in its zone; without one it recurs for good.
    pub until: Option<Date>,
    /// Never shown to visitors.
    pub label: String,
    /// Who takes the organizer's place.
    pub stand_in_id: Option<Uuid>,
    pub stand_in_name: Option<String>,
    pub version: i64,
}

/// A blocked time as it shall be.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    pub kind: Kind,
    pub start: Timestamp,
    pub end: Timestamp,
    pub timezone: String,
    pub repeats: Repeats,
    pub until: Option<Date>,
    pub label: String,
    pub stand_in_id: Option<Uuid>,
}

impl Fields {
    /// # Errors
    /// 422 with all that is wrong.
    async fn checked(mut self, ctx: &mut Ctx, organizer: Uuid, before: Option<&BlockedTime>) -> Result<Self> {
        let mut checks = Checks::new();
        self.timezone = checks.zone("timezone", &self.timezone);
        self.label = checks.line("label", &self.label, 0, 200);
        // The engine counts whole seconds.
        self.start = Timestamp::from_second(self.start.as_second());
        self.end = Timestamp::from_second(self.end.as_second());
        let length = self.end.as_second() - self.start.as_second();
        let most = self.repeats.most_days();
        if (self.start.as_second() - ctx.now().as_second()).abs() > MOST_DAYS_AWAY * DAY {
            checks.add("start", "out_of_range", "must be within ten years of today");
        }
        if length <= 0 {
            checks.add("end", "invalid", "must be later than the start");
        } else if length > most * DAY + 3600 {
            // A day on which the clock is set back is an hour longer.
            checks.add("end", "out_of_range", format!("must be at most {most} days after the start"));
        }
        if self.repeats == Repeats::Never && self.until.is_some() {
            checks.add("until", "invalid", "must be left out where nothing recurs");
        }
        if let (Ok(zone), Some(until)) = (zone(&self.timezone), self.until)
            && until.0 < self.start.in_zone(&zone).date()
        {
            checks.add("until", "invalid", "must not be before the start");
        }
        if self.kind == Kind::Away && self.repeats != Repeats::Never {
            checks.add("repeats", "invalid", "must be never for an absence");
        }
        // Whoever stood in before may stay, whatever became of him or her.
        let chosen = self.stand_in_id.filter(|id| before.is_none_or(|before| before.stand_in_id != Some(*id)));
        let is_unknown = match chosen {
            Some(id) => event_types::store::candidates(ctx, &[id]).await?.is_empty(),
            None => false,
        };
        match self.stand_in_id {
            Some(_) if self.kind != Kind::Away => checks.add("stand_in_id", "invalid", "must be left out where you are not out of office"),
            Some(id) if id == organizer => checks.add("stand_in_id", "invalid", "must be somebody else"),
            Some(_) if is_unknown => checks.add("stand_in_id", "not_found", "is no active member with a booking page"),
            _ => {}
        }
        checks.done()?;
        Ok(self)
    }
}

impl BlockedTime {
    /// When it takes time in that stretch.
    ///
    /// # Errors
    /// A zone that this program does not know any more.
    pub fn occurrences(&self, range: Interval) -> Result<Vec<Occurrence>> {
        let zone = zone(&self.timezone).map_err(Error::internal)?;
        let first = Interval::new(self.start.as_second(), self.end.as_second());
        let found = slots::occurrences(first, &zone, self.repeats, self.until.map(|until| until.0), range);
        let occurrence = |time: Interval| Occurrence { start: Timestamp::from_second(time.start), end: Timestamp::from_second(time.end) };
        Ok(found.into_iter().map(occurrence).collect())
    }

    fn fact(&self) -> BlockedTimeFact {
        BlockedTimeFact {
            blocked_time_id: self.id,
            organizer_id: self.organizer_id,
            kind: self.kind,
            start: self.start,
            end: self.end,
            stand_in_id: self.stand_in_id,
        }
    }
}

/// Blocks time of an organizer. Bookings that stand are not moved.
///
/// # Errors
/// 409 `organizer_missing`; 422.
pub(crate) async fn create(ctx: &mut Ctx, organizer: Uuid, fields: Fields) -> Result<BlockedTime> {
    let fields = fields.checked(ctx, organizer, None).await?;
    let id = platform::id::new();
    store::insert(ctx, id, organizer, &fields).await?;
    let after = store::find(ctx, id).await?.ok_or_else(Problem::not_found)?;
    ctx.audit(Change::created("blocked_time.created", "blocked_time", id, &after).about(organizer));
    ctx.publish(&BlockedTimeCreated(after.fact()))?;
    Ok(after)
}

/// Replaces a blocked time that is locked as `before`.
///
/// # Errors
/// 422.
pub(crate) async fn replace(ctx: &mut Ctx, before: BlockedTime, fields: Fields) -> Result<BlockedTime> {
    let fields = fields.checked(ctx, before.organizer_id, Some(&before)).await?;
    store::update(ctx, before.id, &fields).await?;
    let after = store::find(ctx, before.id).await?.ok_or_else(Problem::not_found)?;
    ctx.audit(Change::updated("blocked_time.updated", "blocked_time", before.id, &before, &after).about(before.organizer_id));
    ctx.publish(&BlockedTimeUpdated(after.fact()))?;
    Ok(after)
}

/// Frees the time.
///
/// # Errors
/// The database's.
pub(crate) async fn delete(ctx: &mut Ctx, before: BlockedTime) -> Result<()> {
    store::delete(ctx, before.id).await?;
    ctx.audit(Change::deleted("blocked_time.deleted", "blocked_time", before.id, &before).about(before.organizer_id));
    ctx.publish(&BlockedTimeDeleted(before.fact()))
}

//! Schedules: when an organizer can be booked, week by week and with exceptions.

pub mod http;
mod store;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use platform::audit::Change;
use platform::text::Checks;
use platform::time::{Date, WallTime};
use platform::{Ctx, Problem, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::events::{ScheduleCreated, ScheduleDeleted, ScheduleUpdated};
use crate::slots::Weeks;

const MOST_RULES: usize = 200;
const MOST_OVERRIDES: usize = 1000;

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    /// 0 is Monday, as the database counts.
    pub(crate) fn number(self) -> i16 {
        self as i16
    }
}

/// Hours on every such day. Several rules of a day add up; they may not overlap in any week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScheduleRule)]
pub struct Rule {
    pub day: Day,
    pub start: WallTime,
    /// Later than the start; 24:00 is the end of the day.
    pub end: WallTime,
    /// In which weeks it holds; in every one where nothing is said.
    #[serde(default)]
    pub weeks: Weeks,
}

/// The hours of one date in place of the weekly ones. Several of a date add up; one that is not available is a day away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScheduleOverride)]
pub struct Override {
    pub date: Date,
    pub is_available: bool,
    /// Where available.
    pub start: Option<WallTime>,
    /// Where available.
    pub end: Option<WallTime>,
}

/// When an organizer can be booked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Schedule {
    pub id: Uuid,
    pub organizer_id: Uuid,
    /// Unique for the organizer.
    pub name: String,
    /// IANA zone of all its times and dates.
    pub timezone: String,
    /// It holds for the event types that name none.
    pub is_default: bool,
    pub rules: Vec<Rule>,
    pub overrides: Vec<Override>,
    pub version: i64,
}

/// A schedule as it shall be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fields {
    pub name: String,
    pub timezone: String,
    /// Whether it becomes the default one; it stays so until another does.
    pub make_default: bool,
    pub rules: Vec<Rule>,
    pub overrides: Vec<Override>,
}

impl Fields {
    /// Each field in the form in which it is stored: in order.
    ///
    /// # Errors
    /// All that is wrong with them; each rule and override by its index.
    pub fn checked(mut self) -> Result<Self, Problem> {
        let mut checks = Checks::new();
        self.name = checks.line("name", &self.name, 1, 100);
        self.timezone = checks.zone("timezone", &self.timezone);
        if self.rules.len() > MOST_RULES {
            checks.add("rules", "too_long", format!("may have at most {MOST_RULES} entries"));
        }
        if self.overrides.len() > MOST_OVERRIDES {
            checks.add("overrides", "too_long", format!("may have at most {MOST_OVERRIDES} entries"));
        }
        let windows = self.rules.iter().enumerate().map(|(index, rule)| (rule.day, index, rule.start, rule.end, rule.weeks));
        check_windows(&mut checks, "rules", windows);
        let mut away = BTreeMap::new();
        for (index, dated) in self.overrides.iter().enumerate() {
            let field = format!("overrides.{index}");
            match (dated.is_available, dated.start, dated.end) {
                (true, Some(_), Some(_)) => {}
                (true, _, _) => checks.add(&format!("{field}.start"), "required", "and end are required where you are available"),
                (false, None, None) => {}
                (false, _, _) => checks.add(&format!("{field}.start"), "invalid", "and end must be left out for a day away"),
            }
            let before = away.insert(dated.date, dated.is_available);
            if before.is_some_and(|available| !available || !dated.is_available) {
                checks.add(&format!("{field}.date"), "duplicate", "is in the list as a day away, which stands alone");
            }
        }
        let windows = self
            .overrides
            .iter()
            .enumerate()
            .filter_map(|(index, dated)| Some((dated.date, index, dated.start?, dated.end?, Weeks::Every)));
        check_windows(&mut checks, "overrides", windows);
        checks.done()?;
        self.rules.sort_by_key(|rule| (rule.day, rule.start, rule.weeks.name()));
        self.overrides.sort_by_key(|dated| (dated.date, dated.start));
        Ok(self)
    }
}

/// Each window must end after its start, and begin after those before it of the same day and week have ended.
fn check_windows<D: Ord + Copy>(checks: &mut Checks, list: &str, windows: impl Iterator<Item = (D, usize, WallTime, WallTime, Weeks)>) {
    let mut days: BTreeMap<D, Vec<(WallTime, WallTime, usize, Weeks)>> = BTreeMap::new();
    for (day, index, start, end, weeks) in windows {
        if start >= end {
            checks.add(&format!("{list}.{index}.end"), "invalid", "must be later than the start");
        } else {
            days.entry(day).or_default().push((start, end, index, weeks));
        }
    }
    for windows in days.values_mut() {
        windows.sort_unstable_by_key(|(start, end, index, _)| (*start, *end, *index));
        let mut latest_ends: Vec<(Weeks, WallTime)> = Vec::with_capacity(3);
        for (start, end, index, weeks) in windows {
            if latest_ends.iter().any(|(others, latest)| weeks.meet(*others) && *start < *latest) {
                checks.add(&format!("{list}.{index}.start"), "overlap", "overlaps another window of the same day");
            }
            match latest_ends.iter_mut().find(|(others, _)| others == weeks) {
                Some((_, latest)) => *latest = (*latest).max(*end),
                None => latest_ends.push((*weeks, *end)),
            }
        }
    }
}

/// Makes a schedule; the first of an organizer is the default one.
///
/// # Errors
/// 409 `organizer_missing` or `name_taken`.
pub(crate) async fn create(ctx: &mut Ctx, organizer: Uuid, fields: Fields) -> Result<Schedule> {
    let id = platform::id::new();
    let is_default = fields.make_default || !store::has_default(ctx, organizer).await?;
    if is_default {
        store::clear_default(ctx, organizer).await?;
    }
    store::insert(ctx, id, organizer, is_default, &fields).await?;
    store::fill(ctx, id, &fields).await?;
    let schedule = store::find(ctx, id).await?.ok_or_else(Problem::not_found)?;
    ctx.audit(Change::created("schedule.created", "schedule", id, &schedule));
    ctx.publish(&ScheduleCreated { schedule_id: id, organizer_id: organizer, name: fields.name })?;
    Ok(schedule)
}

/// Replaces a schedule that is locked as `before`, rules and overrides whole.
///
/// # Errors
/// 409 `name_taken`.
pub(crate) async fn replace(ctx: &mut Ctx, before: Schedule, fields: Fields) -> Result<Schedule> {
    let id = before.id;
    if fields.make_default && !before.is_default {
        store::clear_default(ctx, before.organizer_id).await?;
    }
    store::update(ctx, id, before.is_default || fields.make_default, &fields).await?;
    store::empty(ctx, id).await?;
    store::fill(ctx, id, &fields).await?;
    let after = store::find(ctx, id).await?.ok_or_else(Problem::not_found)?;
    ctx.audit(Change::updated("schedule.updated", "schedule", id, &before, &after));
    ctx.publish(&ScheduleUpdated { schedule_id: id, organizer_id: before.organizer_id, name: fields.name })?;
    Ok(after)
}

/// Deletes a schedule that is neither the default one nor in use.
///
/// # Errors
/// 409 `schedule_is_default` or `schedule_in_use`.
pub(crate) async fn delete(ctx: &mut Ctx, before: Schedule) -> Result<()> {
    if before.is_default {
        return Err(Problem::conflict("schedule_is_default", "This is the default schedule. Make another one the default first.").into());
    }
    store::delete(ctx, before.id).await?;
    ctx.audit(Change::deleted("schedule.deleted", "schedule", before.id, &before));
    ctx.publish(&ScheduleDeleted { schedule_id: before.id, organizer_id: before.organizer_id, name: before.name })
}

/// Working hours for an organizer who has none: Monday to Friday, 09:00 to 17:00.
///
/// # Errors
/// The database's.
pub(crate) async fn ensure_default(ctx: &mut Ctx, organizer: Uuid, timezone: &str) -> Result<()> {
    if store::has_default(ctx, organizer).await? {
        return Ok(());
    }
    let hours = WallTime::from_minutes(9 * 60).zip(WallTime::from_minutes(17 * 60));
    let days = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri];
    let rules = hours.map(|(start, end)| days.map(|day| Rule { day, start, end, weeks: Weeks::Every }).to_vec()).unwrap_or_default();
    let fields =
        Fields { name: "Working hours".to_owned(), timezone: timezone.to_owned(), make_default: true, rules, overrides: Vec::new() };
    create(ctx, organizer, fields).await?;
    Ok(())
}

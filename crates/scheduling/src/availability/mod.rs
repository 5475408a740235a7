//! The slot engine's questions put to the database: what an event type asks, when its organizer works, what is taken.

pub mod http;
mod store;
#[cfg(test)]
mod tests;

use platform::time::{Date, Timestamp, zone};
use platform::{Ctx, Error, Problem, Result};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::event_types::{HorizonType, LocationType, Mode, Question};
use crate::slots::{
    self, Assignment, Busy, DateOverride, EventSettings, Horizon, Interval, Limit, Measure, Past, Period, Query, Reason, ReasonableHours,
    Scope, Turn, WeeklyRule, Window,
};

/// Longest stretch that one request may list, in days.
pub const MAX_DAYS: i64 = 100;
const DAY: i64 = 86_400;
/// As the longest horizon of days.
const MOST_DAYS_AHEAD: i64 = 730;
/// How far from the wanted start the nearest free ones are looked for, in days.
const NEAR: (i64, i64) = (3, 14);
const NEAREST: usize = 5;

/// A start that can be booked, and its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Slot {
    pub start: Timestamp,
    pub end: Timestamp,
}

/// An event type as it can be booked: with its organizer, hours and rules, all in effect now.
#[derive(Clone, Debug)]
pub struct Offer {
    pub event_type_id: Uuid,
    pub name: String,
    pub slug: String,
    pub description: String,
    pub color: String,
    pub location_type: LocationType,
    pub location_details: String,
    /// What whoever books is asked.
    pub questions: Vec<Question>,
    /// Of the event type, the organizer's page and the member all at once.
    pub is_active: bool,
    pub requires_confirmation: bool,
    /// On whose page it stands.
    pub owner: OfferedBy,
    /// Who may hold it, or who holds the booking that is changed.
    pub organizers: Vec<Organizer>,
    /// When the one organizer is out of office, in order of time.
    pub absences: Vec<Absence>,
    /// How many of them a booking needs.
    pub needed: usize,
    assignment: Assignment,
    /// Durations and distances; its own ones where the event type has them, else the organizer's.
    pub settings: EventSettings,
    /// IANA zone of the hours.
    pub timezone: String,
    /// Of the owner, where visitors are offered nothing else.
    reasonable: Option<Window>,
    /// Of the visitor who is asking.
    reasonable_hours: Option<ReasonableHours>,
}

/// Somebody who may hold a booking of an [`Offer`].
#[derive(Clone, Debug)]
pub struct Organizer {
    pub user_id: Uuid,
    pub name: String,
    /// In which he or she reads mails.
    pub timezone: String,
    /// As a member: for replies and calendar files.
    pub email: String,
    pub locale: String,
    turn: Turn,
    /// Whether he or she is asked only while another one is out of office.
    is_stand_in: bool,
    /// IANA zone of the hours.
    hours_timezone: String,
    weekly: Vec<WeeklyRule>,
    overrides: Vec<DateOverride>,
}

/// When the organizer of an [`Offer`] of one is out of office.
#[derive(Clone, Debug)]
pub struct Absence {
    /// Of the organizer.
    pub name: String,
    /// IANA zone of the organizer's page.
    pub timezone: String,
    pub start: Timestamp,
    pub end: Timestamp,
    /// The name of who takes the place meanwhile.
    pub stand_in: Option<String>,
}

/// The owner of an [`Offer`].
#[derive(Clone, Debug)]
pub struct OfferedBy {
    pub user_id: Uuid,
    pub slug: String,
    pub display_name: String,
    pub timezone: String,
    /// Of the workspace where the organizer chose none.
    pub brand_color: String,
    /// Of the workspace.
    pub logo_url: Option<String>,
    /// The workspace's own, to which links for invitees go.
    pub domain: Option<String>,
}

/// How an event type is named.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// Whether it is active or not.
    Id(Uuid),
    /// By the addresses of its public page, and only while it can be booked there.
    Public { organizer: Uuid, slug: &'a str },
    /// As the event type of that booking, for those who hold it: all of them are needed.
    Booking(Uuid),
}

/// Whether the organizers' time is locked until the end of the transaction, as who books must.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    No,
    Organizers,
}

/// Loads an event type as it can be booked, in one statement after that of the lock.
///
/// # Errors
/// 404 where there is none, or none that the public may book.
pub async fn offer(ctx: &mut Ctx, which: Which<'_>, lock: Lock) -> Result<Offer> {
    // Slots lie in the future only; three days cover every zone's today and the night before it.
    let since = Date(day(ctx.now().plus_seconds(-3 * DAY)));
    if lock == Lock::Organizers {
        store::lock(ctx, which).await?;
    }
    let row = store::offer(ctx, which, since).await?.ok_or_else(Problem::not_found)?;
    let mut offer = Offer::from_row(row, matches!(which, Which::Booking(_)))?;
    let (now, last) = (ctx.now(), offer.last_instant(ctx.now()));
    offer.absences.retain(|absence| absence.end > now && absence.start.as_second() < last);
    match which {
        Which::Public { .. } if !offer.is_active => Err(Problem::not_found().into()),
        _ => Ok(offer),
    }
}

/// Locks the time of those organizers until the end of the transaction.
///
/// # Errors
/// The database's.
pub(crate) async fn lock(ctx: &mut Ctx, organizers: &[Uuid]) -> Result<()> {
    store::lock_all(ctx, organizers).await
}

fn day(at: Timestamp) -> jiff::civil::Date {
    at.in_zone(&jiff::tz::TimeZone::UTC).date()
}

impl Offer {
    /// Who may hold it, with that time taken.
    fn with_busy(&self, busy: Vec<Vec<Busy>>) -> Result<Vec<slots::Organizer>> {
        let engine = |(organizer, busy): (&Organizer, Vec<Busy>)| {
            let zone = zone(&organizer.hours_timezone).map_err(Error::internal)?;
            Ok(slots::Organizer { zone, weekly: organizer.weekly.clone(), overrides: organizer.overrides.clone(), busy })
        };
        self.organizers.iter().zip(busy).map(engine).collect()
    }

    /// Leaves only what suits a visitor of that zone, where the owner wants it so. A booking that is moved may go anywhere: its
    /// invitee chooses with open eyes.
    #[must_use]
    pub fn for_visitor(self, zone: &jiff::tz::TimeZone) -> Self {
        let reasonable_hours = self.reasonable.map(|window| ReasonableHours { zone: zone.clone(), window });
        Self { reasonable_hours, ..self }
    }

    /// The names of those whom every booking is with; nobody where they take turns.
    pub fn held_by_all(&self) -> Option<String> {
        let own = self.organizers.iter().filter(|organizer| !organizer.is_stand_in);
        let names: Vec<_> = own.map(|organizer| organizer.name.as_str()).collect();
        (!names.is_empty() && self.needed >= names.len()).then(|| names.join(", "))
    }

    fn query<'a>(
        &'a self,
        organizers: &'a [slots::Organizer],
        event_bookings: &'a [Interval],
        now: Timestamp,
        range: Interval,
    ) -> Query<'a> {
        let reasonable_hours = self.reasonable_hours.as_ref();
        Query { event_bookings, reasonable_hours, needed: self.needed, ..Query::any(&self.settings, organizers, now.as_second(), range) }
    }

    /// The last date that can be booked as things stand, in the zone of the hours.
    pub fn last_date(&self, now: Timestamp) -> jiff::civil::Date {
        let after = |days: i64| {
            let today = now.in_zone(&self.settings.zone).date();
            today.checked_add(jiff::Span::new().days(days)).unwrap_or(today)
        };
        match self.settings.horizon {
            Horizon::Days(days) => after(days.into()),
            // However far the dates reach: who looks for the next free day must come to an end.
            Horizon::Dates { last, .. } => last.min(after(MOST_DAYS_AHEAD)),
            Horizon::DaysWithSlots(_) => after(slots::MAX_RANGE_DAYS),
        }
    }

    /// After the horizon in every zone.
    pub(crate) fn last_instant(&self, now: Timestamp) -> i64 {
        let midnight = self.last_date(now).at(0, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC);
        midnight.map_or(now.as_second(), |midnight| midnight.timestamp().as_second() + 3 * DAY)
    }

    /// When a booking that starts then ends.
    pub fn end_of(&self, start: Timestamp) -> Timestamp {
        start.plus_seconds(i64::from(self.settings.duration_minutes) * 60)
    }
}

/// The free slots with starts from `from` up to, not including, `to`. The booking `except` takes no time: it is the one
/// that is being moved.
///
/// # Errors
/// 422 for a stretch that is empty or longer than [`MAX_DAYS`].
pub async fn slots_of(ctx: &mut Ctx, offer: &Offer, from: Timestamp, to: Timestamp, except: Option<Uuid>) -> Result<Vec<Slot>> {
    if to <= from {
        return Err(Problem::field("to", "invalid", "must be later than from").into());
    }
    if to.as_second() - from.as_second() > MAX_DAYS * DAY {
        return Err(Problem::field("to", "out_of_range", format!("must be at most {MAX_DAYS} days after from")).into());
    }
    // Nothing in the past is free, so nothing of it is loaded. An instant within a second belongs to the next one.
    let first = from.max(ctx.now());
    let range = Interval::new(whole_second(first), whole_second(to));
    let range = Interval::new(range.start, range.end.min(offer.last_instant(ctx.now())));
    if range.is_empty() {
        return Ok(Vec::new());
    }
    let found = find(ctx, offer, range, except).await?;
    Ok(found.slots().iter().copied().map(Slot::from).collect())
}

fn whole_second(at: Timestamp) -> i64 {
    at.as_second() + i64::from(at > Timestamp::from_second(at.as_second()))
}

async fn find(ctx: &mut Ctx, offer: &Offer, range: Interval, except: Option<Uuid>) -> Result<slots::Found> {
    let reach = offer.query(&[], &[], ctx.now(), range).reach();
    let taken = store::busy(ctx, offer, reach, except).await?;
    let organizers = offer.with_busy(taken.busy)?;
    slots::find(&offer.query(&organizers, &taken.of_event, ctx.now(), range)).map_err(Error::internal)
}

/// Who holds a booking that starts then, by place in the offer; nobody where it may not: the listing's function, asked for one
/// start, under the organizers' lock. Holds that have run out are removed.
///
/// # Errors
/// The database's.
pub(crate) async fn assigned(ctx: &mut Ctx, offer: &Offer, start: Timestamp, except: Option<Uuid>) -> Result<Vec<usize>> {
    // The engine counts whole seconds, and years up to 9900.
    if Timestamp::from_second(start.as_second()) != start || start.as_second() >= offer.last_instant(ctx.now()) {
        return Ok(Vec::new());
    }
    let range = Interval::new(start.as_second(), start.as_second() + 1);
    let reach = offer.query(&[], &[], ctx.now(), range).reach();
    let taken = store::busy_and_clean(ctx, offer, reach, except).await?;
    let organizers = offer.with_busy(taken.busy)?;
    let found = slots::find(&offer.query(&organizers, &taken.of_event, ctx.now(), range)).map_err(Error::internal)?;
    if found.slots().is_empty() {
        return Ok(Vec::new());
    }
    let free = found.organizers(0);
    if offer.needed == offer.organizers.len() {
        return Ok(free.iter().collect());
    }
    let turns: Vec<_> = offer.organizers.iter().map(|organizer| organizer.turn.clone()).collect();
    let place = |user: Uuid| offer.organizers.iter().position(|organizer| organizer.user_id == user);
    let given = store::given(ctx, offer.event_type_id).await?;
    let past: Vec<_> =
        given.into_iter().filter_map(|(user, made, start)| place(user).map(|organizer| Past { organizer, made, start })).collect();
    Ok(slots::assign(&organizers, &turns, &past, offer.assignment, free, offer.needed))
}

/// Whether nothing else takes that time, buffers and gap included, whatever the hours say: what taking back a
/// cancellation asks, and handing a booking over. The booking `except` takes no time.
///
/// # Errors
/// The database's.
pub(crate) async fn is_clear(ctx: &mut Ctx, offer: &Offer, start: Timestamp, end: Timestamp, except: Option<Uuid>) -> Result<bool> {
    let minutes = u32::try_from((end.as_second() - start.as_second()) / 60).map_err(Error::internal)?;
    let settings = EventSettings { duration_minutes: minutes, limits: Vec::new(), ..offer.settings.clone() };
    let offer = Offer { settings, ..offer.clone() };
    let range = Interval::new(start.as_second(), start.as_second() + 1);
    let reach = offer.query(&[], &[], ctx.now(), range).reach();
    let taken = store::busy_and_clean(ctx, &offer, reach, except).await?;
    let organizers = offer.with_busy(taken.busy)?;
    let why = slots::explain(&offer.query(&organizers, &[], ctx.now(), range), start.as_second()).map_err(Error::internal)?;
    let taken = |reason: &Reason| matches!(reason, Reason::Busy { .. } | Reason::Buffer { .. } | Reason::MinimumGap { .. });
    Ok(!why.organizers.iter().flatten().any(taken))
}

/// The answer to a start that is not free: 409 `slot_taken` with up to five free slots around it. The transaction is
/// rolled back first, so that nobody waits for the look-up.
///
/// # Errors
/// The database's.
pub(crate) async fn taken(ctx: &mut Ctx, offer: &Offer, start: Timestamp, except: Option<Uuid>) -> Result<Problem> {
    ctx.rollback().await?;
    let (from, to) = (start.plus_seconds(-NEAR.0 * DAY), start.plus_seconds(NEAR.1 * DAY));
    let free = if offer.is_active { slots_of(ctx, offer, from, to, except).await? } else { Vec::new() };
    let nearest = slots::nearest(&free, |slot| slot.start.as_second(), start.as_second(), NEAREST);
    let detail =
        if nearest.is_empty() { "This time is not free. Choose another day." } else { "This time is not free. Choose another one." };
    Ok(Problem::conflict("slot_taken", detail).with("nearest", nearest))
}

impl From<slots::Slot> for Slot {
    fn from(slot: slots::Slot) -> Self {
        Self { start: Timestamp::from_second(slot.start), end: Timestamp::from_second(slot.end) }
    }
}

impl From<store::AbsenceRow> for Absence {
    fn from(row: store::AbsenceRow) -> Self {
        Self { name: row.name, timezone: row.timezone, start: row.start, end: row.end, stand_in: row.stand_in }
    }
}

impl From<store::OrganizerRow> for Organizer {
    fn from(row: store::OrganizerRow) -> Self {
        let window = |start_minute, end_minute| Window { start_minute, end_minute };
        let rule = |(weekday, start, end, weeks)| WeeklyRule { weekday, weeks, window: window(start, end) };
        let weekly = row.rules.into_iter().map(rule).collect();
        let overrides = row
            .overrides
            .into_iter()
            // A day away has no window.
            .map(|(date, start, end)| DateOverride {
                date: date.0,
                windows: start.zip(end).map(|(start, end)| window(start, end)).into_iter().collect(),
            })
            .collect();
        Self {
            user_id: row.user_id,
            name: row.name,
            timezone: row.timezone,
            email: row.email,
            locale: row.locale,
            is_stand_in: row.is_stand_in,
            turn: Turn { weight: row.weight, priority: row.priority, since: row.since },
            hours_timezone: row.hours_timezone,
            weekly,
            overrides,
        }
    }
}

fn hours_of_day(start: Option<i32>, end: Option<i32>) -> Result<Option<Window>> {
    let minute = |hour: i32| u16::try_from(hour * 60).map_err(Error::internal);
    match (start, end) {
        (Some(start), Some(end)) => Ok(Some(Window { start_minute: minute(start)?, end_minute: minute(end)? })),
        _ => Ok(None),
    }
}

impl Offer {
    /// Of those who hold a booking all are needed, and each must be there for it to be moved.
    fn from_row(row: store::OfferRow, is_of_booking: bool) -> Result<Self> {
        let all = row.organizers.0;
        let count = all.len();
        let are_active = all.iter().all(|organizer| organizer.is_active);
        let needed = match row.mode {
            _ if is_of_booking => count,
            Mode::One | Mode::RoundRobin => 1,
            Mode::Collective => count,
            Mode::Some => usize::try_from(row.organizers_needed).map_err(Error::internal)?,
        };
        let kept = all.into_iter().filter(|organizer| is_of_booking || organizer.is_active);
        let organizers: Vec<_> = kept.map(Organizer::from).collect();
        let of_owner = organizers.iter().find(|organizer| organizer.user_id == row.owner_id).or(organizers.first());
        let timezone = of_owner.map_or_else(|| row.organizer_timezone.clone(), |organizer| organizer.hours_timezone.clone());
        let minutes = |value: i32| u32::try_from(value).map_err(Error::internal);
        let a_day = |most| Limit { period: Period::Day, measure: Measure::Bookings, scope: Scope::EventOfOrganizer, most };
        let settings = EventSettings {
            zone: zone(&timezone).map_err(Error::internal)?,
            duration_minutes: minutes(row.duration_minutes)?,
            interval_minutes: minutes(row.interval_minutes)?,
            start_grid: row.start_grid,
            is_aligned: row.is_aligned,
            buffer_before_minutes: minutes(row.buffer_before_minutes)?,
            buffer_after_minutes: minutes(row.buffer_after_minutes)?,
            minimum_gap_minutes: minutes(row.minimum_gap_minutes)?,
            minimum_notice_minutes: minutes(row.minimum_notice_minutes)?,
            horizon: match (row.horizon_type, row.horizon_first, row.horizon_last) {
                (HorizonType::Dates, Some(first), Some(last)) => Horizon::Dates { first: first.0, last: last.0 },
                (HorizonType::DaysWithSlots, _, _) => Horizon::DaysWithSlots(minutes(row.horizon_days)?),
                _ => Horizon::Days(minutes(row.horizon_days)?),
            },
            limits: row.daily_limit.map(minutes).transpose()?.map(a_day).into_iter().chain(row.limits.0).collect(),
            seats: 1,
        };
        Ok(Self {
            event_type_id: row.id,
            name: row.name,
            slug: row.slug,
            description: row.description,
            color: row.color,
            location_type: row.location_type,
            location_details: row.location_details,
            questions: row.questions.0,
            is_active: row.is_active && (are_active || !is_of_booking),
            requires_confirmation: row.requires_confirmation,
            timezone,
            owner: OfferedBy {
                user_id: row.owner_id,
                slug: row.organizer_slug,
                display_name: row.display_name,
                timezone: row.organizer_timezone,
                brand_color: row.brand_color,
                logo_url: row.logo_url,
                domain: row.domain,
            },
            organizers,
            absences: row.absences.0.into_iter().map(Absence::from).collect(),
            // Never 0, which the engine refuses: without anybody nothing is free.
            needed: needed.max(1),
            assignment: row.assignment,
            settings,
            reasonable: hours_of_day(row.reasonable_hours_start, row.reasonable_hours_end)?,
            reasonable_hours: None,
        })
    }
}

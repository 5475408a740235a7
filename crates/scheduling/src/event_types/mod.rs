//! Event types: what can be booked, and under which rules.

pub mod http;
pub mod questions;
pub(crate) mod store;

use platform::audit::Change;
use platform::text::{Checks, slugify};
use platform::time::Date;
use platform::{Ctx, Problem, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::events::{EventTypeArchived, EventTypeCreated, EventTypeUpdated};
use crate::slots::{Assignment, Limit, StartGrid};

pub use questions::Question;
pub use store::listed;

/// Where a booking takes place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum LocationType {
    /// At the address in the details.
    InPerson,
    /// At the number in the details; without one, at the invitee's.
    Phone,
    /// At the link in the details.
    Video,
    /// As the details say.
    Custom,
    /// To be agreed.
    #[default]
    Ask,
}

/// Which dates can be booked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum HorizonType {
    /// As many after today as `horizon_days` says.
    #[default]
    Days,
    /// From `horizon_first` to `horizon_last`.
    Dates,
    /// The next `horizon_days` that have a free slot.
    DaysWithSlots,
}

/// How many of its organizers hold a booking, and who.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = OrganizerMode)]
pub enum Mode {
    /// The one who is assigned.
    #[default]
    One,
    /// One of those who are free, in turn.
    RoundRobin,
    /// All of them together.
    Collective,
    /// As many as `organizers_needed` says, in turn.
    Some,
}

/// Somebody who may hold bookings of an event type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AssignedOrganizer {
    pub user_id: Uuid,
    /// As on his or her booking page.
    pub name: String,
    /// Share of the bookings, against that of the others, where turns are fair.
    pub weight: i32,
    /// 1 comes first, where turns go by priority.
    pub priority: i32,
    /// One of his or her own; null: the default one.
    pub schedule_id: Option<Uuid>,
}

/// Most organizers of one event type.
const MOST_ORGANIZERS: usize = 50;
/// Most reminders of one booking to its invitee.
const MOST_REMINDERS: usize = 5;
/// Most limits of one event type.
const MOST_LIMITS: usize = 20;

/// What can be booked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventType {
    pub id: Uuid,
    /// The organizer on whose page it stands.
    pub owner_id: Uuid,
    /// As on that page.
    pub owner_name: String,
    pub name: String,
    /// The last part of its public address; unique for the organizer.
    pub slug: String,
    pub description: String,
    pub duration_minutes: i32,
    pub location_type: LocationType,
    pub location_details: String,
    /// `#rrggbb`
    pub color: String,
    /// Whether it can be booked.
    pub is_active: bool,
    /// Left out of the organizer's page; whoever has its address can book it.
    pub is_private: bool,
    /// Bookings of visitors are pending until the organizer confirms them.
    pub requires_confirmation: bool,
    /// Null: the organizer's default one.
    pub schedule_id: Option<Uuid>,
    /// Null: the organizer's.
    pub slot_interval_minutes: Option<i32>,
    /// Null: the organizer's.
    pub buffer_before_minutes: Option<i32>,
    /// Null: the organizer's.
    pub buffer_after_minutes: Option<i32>,
    /// Least time between two meetings. Null: the organizer's.
    pub minimum_gap_minutes: Option<i32>,
    /// Where the starts to choose from begin.
    pub start_grid: StartGrid,
    /// Whether they begin at a mark of the hour: 60, 30, 20, 15, 10 or 5 minutes, as divides the slot interval.
    pub is_aligned: bool,
    pub minimum_notice_minutes: i32,
    pub horizon_type: HorizonType,
    pub horizon_days: i32,
    /// Where the horizon is dates.
    pub horizon_first: Option<Date>,
    /// Where the horizon is dates.
    pub horizon_last: Option<Date>,
    /// Most bookings a day.
    pub daily_limit: Option<i32>,
    /// Further limits: all of them hold.
    pub limits: Vec<Limit>,
    pub max_attendees: i32,
    /// How many of the organizers hold a booking.
    pub mode: Mode,
    /// Whose turn it is, where not all of them are needed.
    pub assignment: Assignment,
    /// Where the mode is `some`.
    pub organizers_needed: i32,
    pub organizers: Vec<AssignedOrganizer>,
    /// What whoever books is asked, in this order.
    pub questions: Vec<Question>,
    /// How long before the start the invitee is reminded by mail, the longest first; of bookings that are made or moved from now on.
    pub reminder_minutes: Vec<i32>,
    pub position: i32,
    pub public_url: String,
    pub version: i64,
}

/// An event type as it stands on the organizer's public page.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ListedEventType)]
pub struct Listed {
    pub slug: String,
    pub name: String,
    pub description: String,
    pub duration_minutes: i32,
    pub location_type: LocationType,
    pub color: String,
}

/// The fields that members write, checked and in the form in which they are stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fields {
    pub name: String,
    /// Empty: made from the name.
    pub slug: String,
    pub description: String,
    pub duration_minutes: i32,
    pub location_type: LocationType,
    pub location_details: String,
    pub color: String,
    pub is_active: bool,
    pub is_private: bool,
    pub requires_confirmation: bool,
    pub schedule_id: Option<Uuid>,
    pub slot_interval_minutes: Option<i32>,
    pub buffer_before_minutes: Option<i32>,
    pub buffer_after_minutes: Option<i32>,
    pub minimum_gap_minutes: Option<i32>,
    pub start_grid: StartGrid,
    pub is_aligned: bool,
    pub minimum_notice_minutes: i32,
    pub horizon_type: HorizonType,
    pub horizon_days: i32,
    pub horizon_first: Option<Date>,
    pub horizon_last: Option<Date>,
    pub daily_limit: Option<i32>,
    pub limits: Vec<Limit>,
    pub max_attendees: i32,
    pub mode: Mode,
    pub assignment: Assignment,
    pub organizers_needed: i32,
    /// Their names are not written.
    pub organizers: Vec<AssignedOrganizer>,
    pub questions: Vec<Question>,
    pub reminder_minutes: Vec<i32>,
}

impl From<&EventType> for Fields {
    fn from(event_type: &EventType) -> Self {
        let event_type = event_type.clone();
        Self {
            name: event_type.name,
            slug: event_type.slug,
            description: event_type.description,
            duration_minutes: event_type.duration_minutes,
            location_type: event_type.location_type,
            location_details: event_type.location_details,
            color: event_type.color,
            is_active: event_type.is_active,
            is_private: event_type.is_private,
            requires_confirmation: event_type.requires_confirmation,
            schedule_id: event_type.schedule_id,
            slot_interval_minutes: event_type.slot_interval_minutes,
            buffer_before_minutes: event_type.buffer_before_minutes,
            buffer_after_minutes: event_type.buffer_after_minutes,
            minimum_gap_minutes: event_type.minimum_gap_minutes,
            start_grid: event_type.start_grid,
            is_aligned: event_type.is_aligned,
            minimum_notice_minutes: event_type.minimum_notice_minutes,
            horizon_type: event_type.horizon_type,
            horizon_days: event_type.horizon_days,
            horizon_first: event_type.horizon_first,
            horizon_last: event_type.horizon_last,
            daily_limit: event_type.daily_limit,
            limits: event_type.limits,
            max_attendees: event_type.max_attendees,
            mode: event_type.mode,
            assignment: event_type.assignment,
            organizers_needed: event_type.organizers_needed,
            organizers: event_type.organizers,
            questions: event_type.questions,
            reminder_minutes: event_type.reminder_minutes,
        }
    }
}

impl Fields {
    /// Each field in the form in which it is stored.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn checked(self) -> Result<Self, Problem> {
        let mut checks = Checks::new();
        check_organizers(&mut checks, &self);
        let name = checks.line("name", &self.name, 1, 200);
        let slug = if self.slug.is_empty() { self.slug } else { checks.slug("slug", &self.slug, 1, 100) };
        let description = checks.paragraph("description", &self.description, 5000);
        let location_details = checks.paragraph("location_details", &self.location_details, 1000);
        let color = checks.color("color", &self.color);
        checks.range("duration_minutes", self.duration_minutes, 5, 1440);
        checks.range("minimum_notice_minutes", self.minimum_notice_minutes, 0, 525_600);
        checks.range("horizon_days", self.horizon_days, 1, 730);
        let optional = [
            ("slot_interval_minutes", self.slot_interval_minutes, 5, 720),
            ("buffer_before_minutes", self.buffer_before_minutes, 0, 1440),
            ("buffer_after_minutes", self.buffer_after_minutes, 0, 1440),
            ("minimum_gap_minutes", self.minimum_gap_minutes, 0, 1440),
            ("daily_limit", self.daily_limit, 1, 1000),
        ];
        for (field, number, least, most) in optional {
            if let Some(number) = number {
                checks.range(field, number, least, most);
            }
        }
        let dates = (self.horizon_first, self.horizon_last);
        let (horizon_first, horizon_last) = checked_dates(&mut checks, self.horizon_type, dates);
        check_limits(&mut checks, &self.limits);
        let questions = questions::checked(&mut checks, self.questions);
        let reminder_minutes = checked_reminders(&mut checks, self.reminder_minutes);
        if self.max_attendees != 1 {
            checks.add("max_attendees", "out_of_range", "must be 1: a slot is for one invitee");
        }
        checks.done()?;
        Ok(Self { name, slug, description, location_details, color, horizon_first, horizon_last, questions, reminder_minutes, ..self })
    }
}

/// First and last date of the horizon; none where it is of another kind, whatever was left from before.
fn checked_dates(checks: &mut Checks, kind: HorizonType, dates: (Option<Date>, Option<Date>)) -> (Option<Date>, Option<Date>) {
    if kind != HorizonType::Dates {
        return (None, None);
    }
    for (field, date) in [("horizon_first", dates.0), ("horizon_last", dates.1)] {
        if date.is_none() {
            checks.add(field, "required", "is required where the horizon is dates");
        }
    }
    if dates.0.zip(dates.1).is_some_and(|(first, last)| last < first) {
        checks.add("horizon_last", "invalid", "must not be earlier than the first date");
    }
    dates
}

/// Each once, the longest first.
fn checked_reminders(checks: &mut Checks, mut minutes: Vec<i32>) -> Vec<i32> {
    for (index, before) in minutes.iter().enumerate() {
        checks.range(&format!("reminder_minutes.{index}"), *before, 5, 43_200);
    }
    minutes.sort_unstable_by(|a, b| b.cmp(a));
    minutes.dedup();
    if minutes.len() > MOST_REMINDERS {
        checks.add("reminder_minutes", "too_long", format!("may have at most {MOST_REMINDERS} entries"));
    }
    minutes
}

fn check_organizers(checks: &mut Checks, fields: &Fields) {
    let organizers = &fields.organizers;
    let count = organizers.len();
    if count == 0 {
        checks.add("organizers", "required", "must name at least one");
    }
    if count > MOST_ORGANIZERS {
        checks.add("organizers", "too_long", format!("may have at most {MOST_ORGANIZERS} entries"));
    }
    if fields.mode == Mode::One && count > 1 {
        checks.add("organizers", "too_long", "may have one entry only where the mode is one");
    }
    if !(1..=50).contains(&fields.organizers_needed) {
        checks.add("organizers_needed", "out_of_range", "must be between 1 and 50");
    } else if fields.mode == Mode::Some && usize::try_from(fields.organizers_needed).is_ok_and(|needed| needed > count) {
        checks.add("organizers_needed", "out_of_range", "must not be more than there are organizers");
    }
    for (index, organizer) in organizers.iter().enumerate() {
        checks.range(&format!("organizers.{index}.weight"), organizer.weight, 1, 100);
        checks.range(&format!("organizers.{index}.priority"), organizer.priority, 1, 100);
        if organizers[..index].iter().any(|other| other.user_id == organizer.user_id) {
            checks.add(&format!("organizers.{index}.user_id"), "duplicate", "is in the list already");
        }
    }
}

/// 422 for whoever is no active member with a booking page here, and for a schedule of somebody else. Who was assigned
/// before may stay, whatever became of him or her.
async fn check_assigned(ctx: &mut Ctx, before: &[AssignedOrganizer], fields: &Fields) -> Result<()> {
    let users: Vec<Uuid> = fields.organizers.iter().map(|organizer| organizer.user_id).collect();
    let known = store::candidates(ctx, &users).await?;
    let mut checks = Checks::new();
    for (index, organizer) in fields.organizers.iter().enumerate() {
        if before.iter().any(|old| (old.user_id, old.schedule_id) == (organizer.user_id, organizer.schedule_id)) {
            continue;
        }
        match known.iter().find(|(user, _)| *user == organizer.user_id) {
            None => checks.add(&format!("organizers.{index}.user_id"), "not_found", "is no active member with a booking page"),
            Some((_, schedules)) => {
                if organizer.schedule_id.is_some_and(|id| !schedules.contains(&id)) {
                    checks.add(&format!("organizers.{index}.schedule_id"), "not_found", "is not a schedule of this organizer");
                }
            }
        }
    }
    Ok(checks.done()?)
}

fn check_limits(checks: &mut Checks, limits: &[Limit]) {
    if limits.len() > MOST_LIMITS {
        checks.add("limits", "too_long", format!("may have at most {MOST_LIMITS} entries"));
    }
    for (index, limit) in limits.iter().enumerate() {
        if !(1..=100_000).contains(&limit.most) {
            checks.add(&format!("limits.{index}.most"), "out_of_range", "must be between 1 and 100000");
        }
        let is_same = |other: &Limit| (other.period, other.measure, other.scope) == (limit.period, limit.measure, limit.scope);
        if limits[..index].iter().any(is_same) {
            checks.add(&format!("limits.{index}.period"), "duplicate", "is limited by another entry already");
        }
    }
}

/// Whose an event type is.
///
/// # Errors
/// 404.
pub(crate) async fn owner_of(ctx: &mut Ctx, id: Uuid) -> Result<Uuid> {
    store::find(ctx, id).await?.map(|event_type| event_type.owner_id).ok_or_else(|| Problem::not_found().into())
}

/// As the audit trail keeps it: without the owner's name, which is sealed nowhere in these lines and follows from the id.
fn audited(event_type: &EventType) -> serde_json::Value {
    let mut values = serde_json::json!(event_type);
    if let Some(fields) = values.as_object_mut() {
        fields.remove("owner_name");
        for organizer in fields.get_mut("organizers").and_then(serde_json::Value::as_array_mut).into_iter().flatten() {
            organizer.as_object_mut().map(|organizer| organizer.remove("name"));
        }
    }
    values
}

/// Makes an event type of that organizer, last in the order. `assigned` are the organizers of the one that it copies.
///
/// # Errors
/// 409 `organizer_missing`, or `slug_taken` for a slug that was given; 422 for a schedule that is not the organizer's.
pub(crate) async fn create(ctx: &mut Ctx, owner: Uuid, assigned: &[AssignedOrganizer], mut fields: Fields) -> Result<EventType> {
    check_schedule(ctx, owner, fields.schedule_id).await?;
    // The owner without a page is told of the page, whoever else is in the list.
    if fields.organizers.iter().any(|organizer| organizer.user_id != owner || organizer.schedule_id.is_some()) {
        check_assigned(ctx, assigned, &fields).await?;
    }
    if fields.slug.is_empty() {
        fields.slug = free_slug(&store::slugs_of(ctx, owner).await?, &slugify(&fields.name));
    }
    let id = platform::id::new();
    store::insert(ctx, id, owner, &fields).await?;
    let event_type = store::find(ctx, id).await?.ok_or_else(Problem::not_found)?;
    ctx.audit(Change::created("event_type.created", "event_type", id, audited(&event_type)));
    ctx.publish(&EventTypeCreated { event_type_id: id, organizer_id: owner, name: fields.name })?;
    Ok(event_type)
}

/// Replaces the fields of an event type that is locked as `before`.
///
/// # Errors
/// As [`create`]; 422 for an empty slug, since links lead to the one it has.
pub(crate) async fn change(ctx: &mut Ctx, before: EventType, fields: Fields) -> Result<EventType> {
    if fields.slug.is_empty() {
        return Err(Problem::field("slug", "required", "is required").into());
    }
    if fields == Fields::from(&before) {
        return Ok(before);
    }
    if fields.schedule_id != before.schedule_id {
        check_schedule(ctx, before.owner_id, fields.schedule_id).await?;
    }
    let are_organizers_new = fields.organizers != before.organizers;
    if are_organizers_new {
        check_assigned(ctx, &before.organizers, &fields).await?;
    }
    store::update(ctx, before.id, &fields).await?;
    if are_organizers_new {
        store::set_organizers(ctx, before.id, &fields.organizers).await?;
    }
    if fields.reminder_minutes != before.reminder_minutes {
        store::set_reminders(ctx, before.id, &fields.reminder_minutes).await?;
    }
    if fields.limits != before.limits {
        store::replace_limits(ctx, before.id, &fields.limits).await?;
    }
    if fields.questions != before.questions {
        store::replace_questions(ctx, before.id, &fields.questions).await?;
    }
    let after = store::find(ctx, before.id).await?.ok_or_else(Problem::not_found)?;
    ctx.audit(Change::updated("event_type.updated", "event_type", after.id, audited(&before), audited(&after)));
    ctx.publish(&EventTypeUpdated { event_type_id: after.id, organizer_id: after.owner_id, name: fields.name })?;
    Ok(after)
}

/// Archives: it can be booked no more; its bookings stay, and switching it on again brings it back.
///
/// # Errors
/// The database's.
pub(crate) async fn archive(ctx: &mut Ctx, before: EventType) -> Result<()> {
    let (id, organizer_id) = (before.id, before.owner_id);
    store::archive(ctx, id).await?;
    ctx.audit(Change::deleted("event_type.archived", "event_type", id, audited(&before)));
    ctx.publish(&EventTypeArchived { event_type_id: id, organizer_id, name: before.name })
}

async fn check_schedule(ctx: &mut Ctx, owner: Uuid, schedule: Option<Uuid>) -> Result<()> {
    match schedule {
        Some(id) if !store::owns_schedule(ctx, owner, id).await? => {
            Err(Problem::field("schedule_id", "not_found", "is not a schedule of this organizer").into())
        }
        _ => Ok(()),
    }
}

/// `wanted`, or `wanted-2` and so on where it is taken.
fn free_slug(taken: &[String], wanted: &str) -> String {
    let wanted = if wanted.is_empty() { "event" } else { wanted };
    let numbered = (2..).map(|number| format!("{wanted}-{number}"));
    std::iter::once(wanted.to_owned()).chain(numbered).find(|slug| !taken.contains(slug)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slots::{Measure, Period, Scope};

    fn assigned(user: u128) -> AssignedOrganizer {
        AssignedOrganizer { user_id: Uuid::from_u128(user), name: String::new(), weight: 1, priority: 1, schedule_id: None }
    }

    #[test]
    fn organizers_fit_the_mode() {
        let refused =
            |fields: Fields| fields.checked().expect_err("refused").errors.into_iter().map(|error| error.field).collect::<Vec<_>>();
        let both = || vec![assigned(1), assigned(2)];
        assert_eq!(refused(Fields { organizers: both(), ..fields() }), ["organizers"]);
        assert_eq!(refused(Fields { organizers: Vec::new(), mode: Mode::Collective, ..fields() }), ["organizers"]);
        assert_eq!(refused(Fields { organizers: both(), mode: Mode::Some, organizers_needed: 3, ..fields() }), ["organizers_needed"]);
        let twice = vec![assigned(1), AssignedOrganizer { weight: 0, ..assigned(1) }];
        let named = refused(Fields { organizers: twice, mode: Mode::RoundRobin, ..fields() });
        assert_eq!(named, ["organizers.1.weight", "organizers.1.user_id"]);
        Fields { organizers: both(), mode: Mode::Some, organizers_needed: 2, ..fields() }.checked().expect("valid");
    }

    fn fields() -> Fields {
        Fields {
            name: "Intake".to_owned(),
            slug: String::new(),
            description: String::new(),
            duration_minutes: 30,
            location_type: LocationType::Ask,
            location_details: String::new(),
            color: "#0066CC".to_owned(),
            is_active: true,
            is_private: false,
            requires_confirmation: false,
            schedule_id: None,
            slot_interval_minutes: None,
            buffer_before_minutes: None,
            buffer_after_minutes: None,
            minimum_gap_minutes: None,
            start_grid: StartGrid::Window,
            is_aligned: false,
            minimum_notice_minutes: 120,
            horizon_type: HorizonType::Days,
            horizon_days: 60,
            horizon_first: None,
            horizon_last: None,
            daily_limit: None,
            limits: Vec::new(),
            max_attendees: 1,
            mode: Mode::One,
            assignment: Assignment::Fair,
            organizers_needed: 1,
            organizers: vec![assigned(1)],
            questions: Vec::new(),
            reminder_minutes: vec![60],
        }
    }

    #[test]
    fn a_slug_that_is_taken_gets_a_number() {
        let taken = ["intake".to_owned(), "intake-2".to_owned()];
        assert_eq!(free_slug(&taken, "intake"), "intake-3");
        assert_eq!(free_slug(&taken, "other"), "other");
        assert_eq!(free_slug(&[], ""), "event");
    }

    #[test]
    fn every_wrong_field_is_named() {
        assert_eq!(fields().checked().expect("valid").color, "#0066cc");
        let often = Fields { reminder_minutes: vec![60, 1440, 60], ..fields() }.checked().expect("valid");
        assert_eq!(often.reminder_minutes, [1440, 60]);
        let wrong = Fields {
            duration_minutes: 4,
            slug: "Not a slug".to_owned(),
            daily_limit: Some(0),
            horizon_days: 731,
            reminder_minutes: vec![5, 43_201],
            max_attendees: 2,
            ..fields()
        };
        let problem = wrong.checked().expect_err("refused");
        let mut named: Vec<_> = problem.errors.iter().map(|error| error.field.as_str()).collect();
        named.sort_unstable();
        assert_eq!(named, ["daily_limit", "duration_minutes", "horizon_days", "max_attendees", "reminder_minutes.1", "slug"]);
    }

    #[test]
    fn dates_belong_to_a_horizon_of_dates_and_limits_differ() {
        let date = |text: &str| text.parse().ok().map(Date);
        let dated = Fields { horizon_first: date("2026-06-10"), horizon_last: date("2026-06-01"), ..fields() };
        let days = dated.clone().checked().expect("valid");
        assert_eq!((days.horizon_first, days.horizon_last), (None, None));
        let week = Limit { period: Period::Week, measure: Measure::Minutes, scope: Scope::Organizer, most: 60 };
        let wrong = Fields { horizon_type: HorizonType::Dates, limits: vec![week, Limit { most: 0, ..week }], ..dated };
        let problem = wrong.checked().expect_err("refused");
        let mut named: Vec<_> = problem.errors.iter().map(|error| error.field.as_str()).collect();
        named.sort_unstable();
        assert_eq!(named, ["horizon_last", "limits.1.most", "limits.1.period"]);
        let problem = Fields { horizon_type: HorizonType::Dates, ..fields() }.checked().expect_err("refused");
        assert_eq!(problem.errors.len(), 2);
    }
}

//! Event types over HTTP, for members.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::audit::Change;
use platform::ctx::Answer;
use platform::etag::IfMatch;
use platform::extract::{Json, Path, Query, nullable};
use platform::page::{Page, PageParams};
use platform::text::name_key;
use platform::time::Date;
use platform::{Allow, App, Problem, Result};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::store::{self, Filter};
use super::{AssignedOrganizer, EventType, Fields, HorizonType, LocationType, Mode, Question};
use crate::slots::{Assignment, Limit, StartGrid};
use crate::{EventTypesRead, EventTypesWrite};

/// Most event types that one request orders.
const MOST: usize = 500;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListParams {
    active: Option<bool>,
    owner_id: Option<Uuid>,
    /// Part of the name.
    q: Option<String>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// Event types, in their order.
#[utoipa::path(get, path = "/event-types", tag = "scheduling", params(ListParams), responses((status = 200, body = Page<EventType>)), security(("session" = [])))]
async fn list(mut ctx: Allow<EventTypesRead>, Query(params): Query<ListParams>) -> Result<Json<Page<EventType>>> {
    let page = PageParams { cursor: params.cursor, limit: params.limit };
    let (limit, after) = (page.limit()?, page.after::<(i32, Uuid)>()?);
    let needle = params.q.map(|q| name_key(&q)).filter(|q| !q.is_empty());
    let filter = Filter { active: params.active, owner: params.owner_id, own: ctx.own_filter(), needle };
    let rows = store::list(&mut ctx, &filter, after, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| (row.position, row.id), |row| row.into_event_type(&ctx.app))))
}

/// Who may hold bookings.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OrganizerChoice {
    /// A member with a booking page.
    user_id: Uuid,
    #[schema(minimum = 1, maximum = 100)]
    weight: Option<i32>,
    #[schema(minimum = 1, maximum = 100)]
    priority: Option<i32>,
    schedule_id: Option<Uuid>,
}

impl From<OrganizerChoice> for AssignedOrganizer {
    fn from(choice: OrganizerChoice) -> Self {
        Self {
            user_id: choice.user_id,
            name: String::new(),
            weight: choice.weight.unwrap_or(1),
            priority: choice.priority.unwrap_or(1),
            schedule_id: choice.schedule_id,
        }
    }
}

/// A new event type of mine. Only name and duration are needed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewEventType {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Made from the name where none is given.
    #[schema(max_length = 100)]
    slug: Option<String>,
    #[schema(max_length = 5000)]
    description: Option<String>,
    #[schema(minimum = 5, maximum = 1440)]
    duration_minutes: i32,
    #[serde(default)]
    location_type: LocationType,
    #[schema(max_length = 1000)]
    location_details: Option<String>,
    color: Option<String>,
    is_active: Option<bool>,
    #[serde(default)]
    is_private: bool,
    #[serde(default)]
    requires_confirmation: bool,
    schedule_id: Option<Uuid>,
    #[schema(minimum = 5, maximum = 720)]
    slot_interval_minutes: Option<i32>,
    #[schema(minimum = 0, maximum = 1440)]
    buffer_before_minutes: Option<i32>,
    #[schema(minimum = 0, maximum = 1440)]
    buffer_after_minutes: Option<i32>,
    #[schema(minimum = 0, maximum = 1440)]
    minimum_gap_minutes: Option<i32>,
    #[serde(default)]
    start_grid: StartGrid,
    #[serde(default)]
    is_aligned: bool,
    #[schema(minimum = 0, maximum = 525600)]
    minimum_notice_minutes: Option<i32>,
    #[serde(default)]
    horizon_type: HorizonType,
    #[schema(minimum = 1, maximum = 730)]
    horizon_days: Option<i32>,
    horizon_first: Option<Date>,
    horizon_last: Option<Date>,
    #[schema(minimum = 1, maximum = 1000)]
    daily_limit: Option<i32>,
    #[serde(default)]
    #[schema(max_items = 20)]
    limits: Vec<Limit>,
    #[schema(minimum = 1, maximum = 1)]
    max_attendees: Option<i32>,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    assignment: Assignment,
    #[schema(minimum = 1, maximum = 50)]
    organizers_needed: Option<i32>,
    /// In their order; me alone where none are given.
    #[schema(max_items = 50)]
    organizers: Option<Vec<OrganizerChoice>>,
    /// In their order.
    #[serde(default)]
    #[schema(max_items = 50)]
    questions: Vec<Question>,
    /// An hour before the start where none are given.
    #[schema(max_items = 5)]
    reminder_minutes: Option<Vec<i32>>,
}

/// Adds an event type to my booking page.
#[utoipa::path(post, path = "/event-types", tag = "scheduling", request_body = NewEventType, responses((status = 201, body = EventType)), security(("session" = [])))]
async fn create(mut ctx: Allow<EventTypesWrite>, Json(new): Json<NewEventType>) -> Result<Response> {
    let me = ctx.user_id().ok_or_else(Problem::unauthenticated)?;
    let alone = OrganizerChoice { user_id: me, weight: None, priority: None, schedule_id: None };
    let fields = Fields {
        name: new.name,
        slug: new.slug.unwrap_or_default(),
        description: new.description.unwrap_or_default(),
        duration_minutes: new.duration_minutes,
        location_type: new.location_type,
        location_details: new.location_details.unwrap_or_default(),
        color: new.color.unwrap_or_else(|| "#0066cc".to_owned()),
        is_active: new.is_active.unwrap_or(true),
        is_private: new.is_private,
        requires_confirmation: new.requires_confirmation,
        schedule_id: new.schedule_id,
        slot_interval_minutes: new.slot_interval_minutes,
        buffer_before_minutes: new.buffer_before_minutes,
        buffer_after_minutes: new.buffer_after_minutes,
        minimum_gap_minutes: new.minimum_gap_minutes,
        start_grid: new.start_grid,
        is_aligned: new.is_aligned,
        minimum_notice_minutes: new.minimum_notice_minutes.unwrap_or(120),
        horizon_type: new.horizon_type,
        horizon_days: new.horizon_days.unwrap_or(60),
        horizon_first: new.horizon_first,
        horizon_last: new.horizon_last,
        daily_limit: new.daily_limit,
        limits: new.limits,
        max_attendees: new.max_attendees.unwrap_or(1),
        mode: new.mode,
        assignment: new.assignment,
        organizers_needed: new.organizers_needed.unwrap_or(1),
        organizers: new.organizers.unwrap_or_else(|| vec![alone]).into_iter().map(AssignedOrganizer::from).collect(),
        questions: new.questions,
        reminder_minutes: new.reminder_minutes.unwrap_or_else(|| vec![60]),
    };
    let event_type = super::create(&mut ctx, me, &[], fields.checked()?).await?;
    ctx.commit_with(Answer::created(&event_type)?.version(event_type.version)).await
}

/// One event type.
#[utoipa::path(get, path = "/event-types/{id}", tag = "scheduling", params(("id" = Uuid, Path)), responses((status = 200, body = EventType)), security(("session" = [])))]
async fn get(mut ctx: Allow<EventTypesRead>, Path(id): Path<Uuid>) -> Result<Response> {
    let event_type = store::find(&mut ctx, id).await?.ok_or_else(Problem::not_found)?;
    ctx.check_owner(event_type.owner_id)?;
    Ok(Answer::json(StatusCode::OK, &event_type)?.version(event_type.version).into_response())
}

/// What changes; null takes the organizer's setting again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EventTypeChanges {
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    #[schema(min_length = 1, max_length = 100)]
    slug: Option<String>,
    #[schema(max_length = 5000)]
    description: Option<String>,
    #[schema(minimum = 5, maximum = 1440)]
    duration_minutes: Option<i32>,
    location_type: Option<LocationType>,
    #[schema(max_length = 1000)]
    location_details: Option<String>,
    color: Option<String>,
    is_active: Option<bool>,
    is_private: Option<bool>,
    requires_confirmation: Option<bool>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Uuid>)]
    schedule_id: Option<Option<Uuid>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i32>, minimum = 5, maximum = 720)]
    slot_interval_minutes: Option<Option<i32>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i32>, minimum = 0, maximum = 1440)]
    buffer_before_minutes: Option<Option<i32>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i32>, minimum = 0, maximum = 1440)]
    buffer_after_minutes: Option<Option<i32>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i32>, minimum = 0, maximum = 1440)]
    minimum_gap_minutes: Option<Option<i32>>,
    start_grid: Option<StartGrid>,
    is_aligned: Option<bool>,
    #[schema(minimum = 0, maximum = 525600)]
    minimum_notice_minutes: Option<i32>,
    horizon_type: Option<HorizonType>,
    #[schema(minimum = 1, maximum = 730)]
    horizon_days: Option<i32>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Date>)]
    horizon_first: Option<Option<Date>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Date>)]
    horizon_last: Option<Option<Date>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i32>, minimum = 1, maximum = 1000)]
    daily_limit: Option<Option<i32>>,
    /// All of them, in place of those before.
    #[schema(max_items = 20)]
    limits: Option<Vec<Limit>>,
    #[schema(minimum = 1, maximum = 1)]
    max_attendees: Option<i32>,
    mode: Option<Mode>,
    assignment: Option<Assignment>,
    #[schema(minimum = 1, maximum = 50)]
    organizers_needed: Option<i32>,
    /// All of them in their order, in place of those before.
    #[schema(max_items = 50)]
    organizers: Option<Vec<OrganizerChoice>>,
    /// All of them in their order, in place of those before.
    #[schema(max_items = 50)]
    questions: Option<Vec<Question>>,
    /// All of them, in place of those before.
    #[schema(max_items = 5)]
    reminder_minutes: Option<Vec<i32>>,
}

impl EventTypeChanges {
    fn onto(self, before: Fields) -> Fields {
        let named = |choice: OrganizerChoice| {
            let name = before.organizers.iter().find(|old| old.user_id == choice.user_id).map(|old| old.name.clone());
            AssignedOrganizer { name: name.unwrap_or_default(), ..choice.into() }
        };
        let organizers = self.organizers.map(|organizers| organizers.into_iter().map(named).collect());
        Fields {
            name: self.name.unwrap_or(before.name),
            slug: self.slug.unwrap_or(before.slug),
            description: self.description.unwrap_or(before.description),
            duration_minutes: self.duration_minutes.unwrap_or(before.duration_minutes),
            location_type: self.location_type.unwrap_or(before.location_type),
            location_details: self.location_details.unwrap_or(before.location_details),
            color: self.color.unwrap_or(before.color),
            is_active: self.is_active.unwrap_or(before.is_active),
            is_private: self.is_private.unwrap_or(before.is_private),
            requires_confirmation: self.requires_confirmation.unwrap_or(before.requires_confirmation),
            schedule_id: self.schedule_id.unwrap_or(before.schedule_id),
            slot_interval_minutes: self.slot_interval_minutes.unwrap_or(before.slot_interval_minutes),
            buffer_before_minutes: self.buffer_before_minutes.unwrap_or(before.buffer_before_minutes),
            buffer_after_minutes: self.buffer_after_minutes.unwrap_or(before.buffer_after_minutes),
            minimum_gap_minutes: self.minimum_gap_minutes.unwrap_or(before.minimum_gap_minutes),
            start_grid: self.start_grid.unwrap_or(before.start_grid),
            is_aligned: self.is_aligned.unwrap_or(before.is_aligned),
            minimum_notice_minutes: self.minimum_notice_minutes.unwrap_or(before.minimum_notice_minutes),
            horizon_type: self.horizon_type.unwrap_or(before.horizon_type),
            horizon_days: self.horizon_days.unwrap_or(before.horizon_days),
            horizon_first: self.horizon_first.unwrap_or(before.horizon_first),
            horizon_last: self.horizon_last.unwrap_or(before.horizon_last),
            daily_limit: self.daily_limit.unwrap_or(before.daily_limit),
            limits: self.limits.unwrap_or(before.limits),
            max_attendees: self.max_attendees.unwrap_or(before.max_attendees),
            mode: self.mode.unwrap_or(before.mode),
            assignment: self.assignment.unwrap_or(before.assignment),
            organizers_needed: self.organizers_needed.unwrap_or(before.organizers_needed),
            organizers: organizers.unwrap_or(before.organizers),
            questions: self.questions.unwrap_or(before.questions),
            reminder_minutes: self.reminder_minutes.unwrap_or(before.reminder_minutes),
        }
    }
}

/// Changes an event type. Bookings that stand are not moved.
#[utoipa::path(patch, path = "/event-types/{id}", tag = "scheduling", params(("id" = Uuid, Path), ("If-Match" = String, Header)), request_body = EventTypeChanges, responses((status = 200, body = EventType)), security(("session" = [])))]
async fn patch(
    mut ctx: Allow<EventTypesWrite>,
    Path(id): Path<Uuid>,
    seen: IfMatch,
    Json(changes): Json<EventTypeChanges>,
) -> Result<Response> {
    let before = store::lock(&mut ctx, id).await?.ok_or_else(Problem::not_found)?;
    ctx.check_owner(before.owner_id)?;
    seen.check(before.version)?;
    let fields = changes.onto(Fields::from(&before)).checked()?;
    let event_type = super::change(&mut ctx, before, fields).await?;
    ctx.commit().await?;
    Ok(Answer::json(StatusCode::OK, &event_type)?.version(event_type.version).into_response())
}

/// Archives an event type: it can be booked no more, and its bookings stay.
#[utoipa::path(delete, path = "/event-types/{id}", tag = "scheduling", params(("id" = Uuid, Path), ("If-Match" = String, Header)), responses((status = 204)), security(("session" = [])))]
async fn archive(mut ctx: Allow<EventTypesWrite>, Path(id): Path<Uuid>, seen: IfMatch) -> Result<StatusCode> {
    let before = store::lock(&mut ctx, id).await?.ok_or_else(Problem::not_found)?;
    ctx.check_owner(before.owner_id)?;
    seen.check(before.version)?;
    super::archive(&mut ctx, before).await?;
    ctx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Copies an event type, switched off until it is ready.
#[utoipa::path(post, path = "/event-types/{id}/copies", tag = "scheduling", params(("id" = Uuid, Path)), responses((status = 201, body = EventType)), security(("session" = [])))]
async fn copy(mut ctx: Allow<EventTypesWrite>, Path(id): Path<Uuid>) -> Result<Response> {
    let original = store::find(&mut ctx, id).await?.ok_or_else(Problem::not_found)?;
    ctx.check_owner(original.owner_id)?;
    // Room for the mark within the 200 characters of a name.
    let name = format!("{} (2)", original.name.chars().take(190).collect::<String>());
    let fields = Fields { name, slug: String::new(), is_active: false, ..Fields::from(&original) };
    let copy = super::create(&mut ctx, original.owner_id, &original.organizers, fields).await?;
    ctx.commit_with(Answer::created(&copy)?.version(copy.version)).await
}

/// Event types in the order in which they shall stand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Order {
    #[schema(max_items = 500)]
    ids: Vec<Uuid>,
}

/// Puts event types in order.
#[utoipa::path(put, path = "/event-types/order", tag = "scheduling", request_body = Order, responses((status = 204)), security(("session" = [])))]
async fn order(mut ctx: Allow<EventTypesWrite>, Json(Order { ids }): Json<Order>) -> Result<StatusCode> {
    let mut distinct = ids.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if ids.len() > MOST || distinct.len() < ids.len() {
        return Err(Problem::field("ids", "invalid", format!("must be at most {MOST} event types, each once")).into());
    }
    let own = ctx.own_filter();
    let before = store::order(&mut ctx, &ids, own).await?;
    if before.len() < ids.len() {
        return Err(Problem::field("ids", "not_found", "holds an event type that does not exist").into());
    }
    if let Some(first) = ids.first() {
        let change = Change {
            action: "event_type.ordered",
            entity_type: "event_type",
            entity_id: *first,
            old: Some(serde_json::json!({ "ids": before })),
            new: Some(serde_json::json!({ "ids": ids })),
            about: None,
        };
        ctx.audit(change);
    }
    ctx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(order)).routes(routes!(get, patch, archive)).routes(routes!(copy))
}

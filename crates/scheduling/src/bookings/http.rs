//! Bookings over HTTP, for members.

use std::collections::BTreeMap;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use platform::audit::{self, Actor};
use platform::ctx::Answer;
use platform::extract::{Json, Path, Query};
use platform::page::{Page, PageParams};
use platform::text::name_key;
use platform::time::Timestamp;
use platform::{Allow, App, Error, Problem, Result};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::store::{self, Filter};
use super::{Booking, By, NewBooking, Reassignment, Source, Status, Stored};
use crate::availability::Which;
use crate::event_types;
use crate::event_types::questions::{self, Value};
use crate::{BookingsRead, BookingsWrite};

/// A set of bookings that people look for.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum View {
    /// Pending or confirmed, and not over.
    Upcoming,
    /// Over, and not called off.
    Past,
    /// Waiting to be confirmed.
    Pending,
    /// Cancelled or declined.
    Cancelled,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListParams {
    #[param(inline)]
    view: Option<View>,
    /// One status, or several with commas between them.
    status: Option<String>,
    /// Starts at this instant or later.
    #[param(value_type = Option<Timestamp>)]
    from: Option<Timestamp>,
    /// Starts before this instant.
    #[param(value_type = Option<Timestamp>)]
    to: Option<Timestamp>,
    organizer_id: Option<Uuid>,
    contact_id: Option<Uuid>,
    /// Part of the invitee's name or e-mail address, or of the event type's name.
    q: Option<String>,
    /// `start` or `-start`; where none is given, what is to come begins with the next and the rest with the latest.
    sort: Option<String>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// Bookings.
#[utoipa::path(get, path = "/bookings", tag = "scheduling", params(ListParams), responses((status = 200, body = Page<Booking>)), security(("session" = [])))]
async fn list(mut ctx: Allow<BookingsRead>, Query(params): Query<ListParams>) -> Result<Json<Page<Booking>>> {
    let page = PageParams { cursor: params.cursor, limit: params.limit };
    let (limit, after) = (page.limit()?, page.after::<(Timestamp, Uuid)>()?);
    let mut filter = Filter {
        statuses: params.status.as_deref().map(statuses).transpose()?,
        starts_from: params.from,
        starts_before: params.to,
        organizer: params.organizer_id,
        own: ctx.own_filter(),
        contact: params.contact_id,
        needle: params.q.map(|q| name_key(&q)).filter(|q| !q.is_empty()),
        ..Filter::default()
    };
    if let Some(view) = params.view {
        narrow(&mut filter, view, ctx.now());
    }
    let ascending = match params.sort.as_deref() {
        None => matches!(params.view, Some(View::Upcoming | View::Pending)),
        Some("start") => true,
        Some("-start") => false,
        Some(_) => return Err(Problem::field("sort", "invalid", "must be one of start, -start").into()),
    };
    let rows = if ascending {
        store::earliest(&mut ctx, &filter, after, limit + 1).await?
    } else {
        store::latest(&mut ctx, &filter, after, limit + 1).await?
    };
    Ok(Json(Page::of(rows, limit, |row| (row.booking.start, row.booking.id), |row| row.booking)))
}

fn statuses(text: &str) -> Result<Vec<String>, Problem> {
    const ALL: [Status; 6] = [Status::Pending, Status::Confirmed, Status::Declined, Status::Cancelled, Status::Completed, Status::NoShow];
    let names = text.split(',').map(str::trim);
    names
        .map(|name| {
            let known = ALL.iter().any(|status| status.as_str() == name);
            let all = ALL.map(Status::as_str).join(", ");
            known.then(|| name.to_owned()).ok_or_else(|| Problem::field("status", "invalid", format!("must be one of {all}")))
        })
        .collect()
}

fn narrow(filter: &mut Filter, view: View, now: Timestamp) {
    let among: &[Status] = match view {
        View::Upcoming => {
            filter.ends_after = Some(now);
            // A booking lasts a day at most; the bound lets the index on the start serve.
            filter.starts_from = filter.starts_from.max(Some(now.plus_seconds(-86_400)));
            &[Status::Pending, Status::Confirmed]
        }
        View::Past => {
            filter.ends_by = Some(now);
            filter.starts_before = Some(filter.starts_before.map_or(now, |to| to.min(now)));
            &[Status::Pending, Status::Confirmed, Status::Completed, Status::NoShow]
        }
        View::Pending => {
            // A request whose time has passed can be answered no more.
            filter.ends_after = Some(now);
            filter.starts_from = filter.starts_from.max(Some(now.plus_seconds(-86_400)));
            &[Status::Pending]
        }
        View::Cancelled => &[Status::Cancelled, Status::Declined],
    };
    let asked = filter.statuses.take();
    let among = among.iter().map(|status| status.as_str().to_owned());
    filter.statuses = Some(among.filter(|status| asked.as_ref().is_none_or(|asked| asked.contains(status))).collect());
}

/// One booking.
#[utoipa::path(get, path = "/bookings/{id}", tag = "scheduling", params(("id" = Uuid, Path)), responses((status = 200, body = Booking)), security(("session" = [])))]
async fn get(mut ctx: Allow<BookingsRead>, Path(id): Path<Uuid>) -> Result<Response> {
    let stored = super::find(&mut ctx, id).await?;
    ctx.check_owner(stored.booking.owner_for(ctx.own_filter()))?;
    Ok(Answer::json(StatusCode::OK, &stored.booking)?.version(stored.booking.version).into_response())
}

/// A booking that a member makes for somebody. It needs no confirmation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewMemberBooking)]
struct NewMemberBooking {
    event_type_id: Uuid,
    start: Timestamp,
    #[schema(min_length = 1, max_length = 200)]
    invitee_name: String,
    #[schema(max_length = 254)]
    invitee_email: String,
    invitee_phone: Option<String>,
    /// IANA zone, `Europe/Amsterdam`.
    invitee_timezone: String,
    /// Of the mails; `en` where none is given.
    locale: Option<String>,
    #[schema(max_length = 5000)]
    notes: Option<String>,
    /// By the keys of the questions; those that are required may be left out.
    #[serde(default)]
    answers: BTreeMap<String, Value>,
}

/// Books on behalf of somebody.
///
/// 409 `slot_taken` carries up to five free slots as `nearest`.
#[utoipa::path(post, path = "/bookings", tag = "scheduling", request_body = NewMemberBooking, responses((status = 201, body = Booking)), security(("session" = [])))]
async fn create(mut ctx: Allow<BookingsWrite>, Json(new): Json<NewMemberBooking>) -> Result<Response> {
    if ctx.own_filter().is_some() {
        let owner = event_types::owner_of(&mut ctx, new.event_type_id).await?;
        ctx.check_owner(owner)?;
    }
    let which = Which::Id(new.event_type_id);
    let new = NewBooking {
        start: new.start,
        name: new.invitee_name,
        email: new.invitee_email,
        phone: new.invitee_phone,
        timezone: new.invitee_timezone,
        locale: new.locale,
        notes: new.notes,
        answers: questions::given(new.answers),
        source: Source::Member,
        holds: Vec::new(),
    };
    let booked = super::create(&mut ctx, which, new).await.map_err(in_member_words)?;
    ctx.commit_with(Answer::created(&booked.stored.booking)?.version(booked.stored.booking.version)).await
}

/// The operation names its fields shorter than this request.
fn in_member_words(error: Error) -> Error {
    match error {
        Error::Problem(mut problem) if !problem.errors.is_empty() => {
            for error in &mut problem.errors {
                if matches!(error.field.as_str(), "name" | "email" | "phone" | "timezone") {
                    error.field = format!("invitee_{}", error.field);
                }
            }
            Problem::validation(problem.errors).into()
        }
        other => other,
    }
}

/// Why; the other side reads it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reason {
    #[schema(max_length = 1000)]
    pub reason: Option<String>,
}

async fn locked(ctx: &mut Allow<BookingsWrite>, id: Uuid) -> Result<Stored> {
    let stored = super::lock(ctx, id).await?;
    ctx.check_owner(stored.booking.owner_for(ctx.own_filter()))?;
    Ok(stored)
}

async fn changed(mut ctx: Allow<BookingsWrite>, stored: &Stored) -> Result<Response> {
    ctx.commit_with(Answer::json(StatusCode::OK, &stored.booking)?.version(stored.booking.version)).await
}

/// Cancels a booking and tells the invitee.
#[utoipa::path(post, path = "/bookings/{id}/cancellation", tag = "scheduling", params(("id" = Uuid, Path)), request_body = Reason, responses((status = 200, body = Booking)), security(("session" = [])))]
async fn cancel(mut ctx: Allow<BookingsWrite>, Path(id): Path<Uuid>, Json(why): Json<Reason>) -> Result<Response> {
    let before = locked(&mut ctx, id).await?;
    let after = super::cancel(&mut ctx, before, By::Organizer, why.reason).await?;
    changed(ctx, &after).await
}

/// The new start.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BookingMove)]
struct NewStart {
    start: Timestamp,
    #[schema(max_length = 1000)]
    reason: Option<String>,
}

/// Moves a booking to another free slot and tells the invitee.
///
/// 409 `slot_taken` carries up to five free slots as `nearest`.
#[utoipa::path(post, path = "/bookings/{id}/reschedulings", tag = "scheduling", params(("id" = Uuid, Path)), request_body = NewStart, responses((status = 200, body = Booking)), security(("session" = [])))]
async fn reschedule(mut ctx: Allow<BookingsWrite>, Path(id): Path<Uuid>, Json(to): Json<NewStart>) -> Result<Response> {
    let before = locked(&mut ctx, id).await?;
    let after = super::reschedule(&mut ctx, before, By::Organizer, to.start, to.reason).await?;
    changed(ctx, &after).await
}

/// Confirms a pending booking and tells the invitee.
#[utoipa::path(post, path = "/bookings/{id}/confirmation", tag = "scheduling", params(("id" = Uuid, Path)), responses((status = 200, body = Booking)), security(("session" = [])))]
async fn confirm(mut ctx: Allow<BookingsWrite>, Path(id): Path<Uuid>) -> Result<Response> {
    let before = locked(&mut ctx, id).await?;
    let after = super::confirm(&mut ctx, before).await?;
    changed(ctx, &after).await
}

/// Declines a pending booking and tells the invitee.
#[utoipa::path(post, path = "/bookings/{id}/refusal", tag = "scheduling", params(("id" = Uuid, Path)), request_body = Reason, responses((status = 200, body = Booking)), security(("session" = [])))]
async fn decline(mut ctx: Allow<BookingsWrite>, Path(id): Path<Uuid>, Json(why): Json<Reason>) -> Result<Response> {
    let before = locked(&mut ctx, id).await?;
    let after = super::decline(&mut ctx, before, why.reason).await?;
    changed(ctx, &after).await
}

/// Notes that the invitee did not come.
#[utoipa::path(put, path = "/bookings/{id}/no-show", tag = "scheduling", params(("id" = Uuid, Path)), responses((status = 200, body = Booking)), security(("session" = [])))]
async fn mark_no_show(mut ctx: Allow<BookingsWrite>, Path(id): Path<Uuid>) -> Result<Response> {
    let before = locked(&mut ctx, id).await?;
    let after = super::mark_no_show(&mut ctx, before).await?;
    ctx.commit().await?;
    Ok(Answer::json(StatusCode::OK, &after.booking)?.version(after.booking.version).into_response())
}

/// Takes back that the invitee did not come.
#[utoipa::path(delete, path = "/bookings/{id}/no-show", tag = "scheduling", params(("id" = Uuid, Path)), responses((status = 200, body = Booking)), security(("session" = [])))]
async fn unmark_no_show(mut ctx: Allow<BookingsWrite>, Path(id): Path<Uuid>) -> Result<Response> {
    let before = locked(&mut ctx, id).await?;
    let after = super::unmark_no_show(&mut ctx, before).await?;
    ctx.commit().await?;
    Ok(Answer::json(StatusCode::OK, &after.booking)?.version(after.booking.version).into_response())
}

/// Who takes the booking.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BookingReassignment)]
struct NewOrganizer {
    organizer_id: Uuid,
    /// Who gives it; needed where several hold it.
    in_place_of: Option<Uuid>,
    /// Everybody concerned reads it.
    #[schema(max_length = 1000)]
    reason: Option<String>,
}

/// Hands a booking over to another organizer and tells everybody concerned.
///
/// 409 `organizer_busy` where that one has something else at that time. Working hours are not asked.
#[utoipa::path(post, path = "/bookings/{id}/reassignments", tag = "scheduling", params(("id" = Uuid, Path)), request_body = NewOrganizer, responses((status = 200, body = Booking)), security(("session" = [])))]
async fn reassign(mut ctx: Allow<BookingsWrite>, Path(id): Path<Uuid>, Json(to): Json<NewOrganizer>) -> Result<Response> {
    let before = locked(&mut ctx, id).await?;
    let wanted = Reassignment { organizer_id: to.organizer_id, in_place_of: to.in_place_of, reason: to.reason };
    let after = super::reassign(&mut ctx, before, wanted).await?;
    changed(ctx, &after).await
}

/// Takes a cancellation back where the time is still free, and tells the invitee.
#[utoipa::path(post, path = "/bookings/{id}/restoration", tag = "scheduling", params(("id" = Uuid, Path)), responses((status = 200, body = Booking)), security(("session" = [])))]
async fn restore(mut ctx: Allow<BookingsWrite>, Path(id): Path<Uuid>) -> Result<Response> {
    let before = locked(&mut ctx, id).await?;
    let after = super::restore(&mut ctx, before).await?;
    changed(ctx, &after).await
}

/// One thing that happened to a booking.
#[derive(Debug, Serialize, ToSchema)]
struct HistoryEntry {
    /// `booking.cancelled`
    kind: String,
    at: Timestamp,
    /// A member, a visitor (without id) or the program itself.
    actor: Option<Actor>,
    /// What a text about it needs: of `start`, `end`, `status`, `rescheduled_from`, `cancelled_by`, `with` and `reason` those that changed.
    #[schema(value_type = Object)]
    text_params: serde_json::Value,
}

/// What happened to a booking, latest first.
#[utoipa::path(get, path = "/bookings/{id}/history", tag = "scheduling", params(("id" = Uuid, Path), PageParams), responses((status = 200, body = Page<HistoryEntry>)), security(("session" = [])))]
async fn history(mut ctx: Allow<BookingsRead>, Path(id): Path<Uuid>, Query(page): Query<PageParams>) -> Result<Json<Page<HistoryEntry>>> {
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let stored = super::find(&mut ctx, id).await?;
    ctx.check_owner(stored.booking.owner_for(ctx.own_filter()))?;
    let which = audit::store::Which { entity_type: Some("booking".to_owned()), entity_id: Some(id), ..audit::store::Which::default() };
    let rows = audit::list(&mut ctx, &which, before, limit + 1).await?;
    Ok(Json(Page::of(
        rows,
        limit,
        |row| row.id,
        |row| HistoryEntry { kind: row.action, at: row.created_at, actor: row.actor, text_params: told(row.new_values) },
    )))
}

fn told(values: Option<serde_json::Value>) -> serde_json::Value {
    const TOLD: [&str; 7] = ["start", "end", "status", "rescheduled_from", "cancelled_by", "with", "reason"];
    let Some(serde_json::Value::Object(mut values)) = values else { return serde_json::Value::Object(serde_json::Map::new()) };
    values.retain(|name, value| TOLD.contains(&name.as_str()) && !value.is_null());
    serde_json::Value::Object(values)
}

/// The booking as an iCalendar file.
#[utoipa::path(get, path = "/bookings/{id}/calendar-file", tag = "scheduling", params(("id" = Uuid, Path)), responses((status = 200, content_type = "text/calendar", body = String)), security(("session" = [])))]
async fn calendar_file(mut ctx: Allow<BookingsRead>, Path(id): Path<Uuid>) -> Result<Response> {
    let stored = super::find(&mut ctx, id).await?;
    ctx.check_owner(stored.booking.owner_for(ctx.own_filter()))?;
    let summary = format!("{}: {}", stored.booking.event_type.name, stored.booking.invitee_name);
    let url = ctx.app.config.link(&format!("/bookings/{id}"));
    Ok(calendar_answer(stored.calendar(ctx.now(), &summary, &url)))
}

/// A calendar file to be saved.
pub fn calendar_answer((method, file): (crate::ics::Method, String)) -> Response {
    ([(header::CONTENT_TYPE, method.content_type()), (header::CONTENT_DISPOSITION, "attachment; filename=\"invite.ics\"")], file)
        .into_response()
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get))
        .routes(routes!(cancel))
        .routes(routes!(reschedule))
        .routes(routes!(confirm))
        .routes(routes!(decline))
        .routes(routes!(mark_no_show, unmark_no_show))
        .routes(routes!(reassign))
        .routes(routes!(restore))
        .routes(routes!(history))
        .routes(routes!(calendar_file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn statuses_are_read_and_refused() {
        assert_eq!(statuses("pending, no_show").expect("valid"), ["pending", "no_show"]);
        for bad in ["", "pending,", "canceled", "Pending"] {
            assert!(statuses(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_view_narrows_what_was_asked_and_never_widens_it() {
        let now = at("2026-11-21T12:00:00Z");
        let mut filter = Filter { statuses: Some(vec!["cancelled".to_owned(), "pending".to_owned()]), ..Filter::default() };
        narrow(&mut filter, View::Upcoming, now);
        assert_eq!(filter.statuses, Some(vec!["pending".to_owned()]));
        assert_eq!((filter.ends_after, filter.starts_from), (Some(now), Some(at("2026-11-20T12:00:00Z"))));

        let later = at("2026-12-01T00:00:00Z");
        let mut filter = Filter { starts_from: Some(later), ..Filter::default() };
        narrow(&mut filter, View::Upcoming, now);
        assert_eq!(filter.starts_from, Some(later));

        let earlier = at("2026-11-01T00:00:00Z");
        let mut filter = Filter { starts_before: Some(earlier), ..Filter::default() };
        narrow(&mut filter, View::Past, now);
        assert_eq!((filter.starts_before, filter.ends_by), (Some(earlier), Some(now)));
    }

    #[test]
    fn history_tells_only_what_its_texts_need() {
        let values =
            serde_json::json!({ "start": "2026-11-21T12:00:00Z", "invitee_email": "a@example.com", "cancelled_by": null, "reason": "ill" });
        assert_eq!(told(Some(values)), serde_json::json!({ "start": "2026-11-21T12:00:00Z", "reason": "ill" }));
        assert_eq!(told(None), serde_json::json!({}));
    }
}

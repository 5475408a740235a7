//! One search over contacts, bookings and event types, for the command palette.

use contacts::{Contact, ContactsRead};
use platform::auth::{AnyMember, Permission, Scope};
use platform::extract::{Json, Query};
use platform::text::name_key;
use platform::{App, Ctx, Problem, Result};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::bookings::{self, Booking};
use crate::event_types::{self, EventType};
use crate::{BookingsRead, EventTypesRead};

/// How many of each kind.
const MOST: i64 = 5;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SearchParams {
    /// Part of a name, e-mail address or telephone number.
    q: String,
}

/// The first few of each kind, of those that the member may see.
#[derive(Debug, Default, Serialize, ToSchema)]
struct SearchResults {
    contacts: Vec<Contact>,
    bookings: Vec<Booking>,
    event_types: Vec<EventType>,
}

/// Whose records of that permission the member sees: none, `Some(Some(member))` for own ones only, `Some(None)` for all.
pub(crate) fn visible<P: Permission>(ctx: &Ctx) -> Option<Option<Uuid>> {
    ctx.permissions().of::<P>().map(|scope| match scope {
        Scope::Own => ctx.user_id(),
        Scope::All => None,
    })
}

/// Finds contacts, bookings and event types by a text, five of each.
#[utoipa::path(get, path = "/search", tag = "scheduling", params(SearchParams), responses((status = 200, body = SearchResults)), security(("session" = [])))]
async fn search(mut ctx: AnyMember, Query(SearchParams { q }): Query<SearchParams>) -> Result<Json<SearchResults>> {
    let needle = name_key(&q);
    if needle.is_empty() {
        return Err(Problem::field("q", "required", "is required").into());
    }
    let mut results = SearchResults::default();
    if let Some(own) = visible::<ContactsRead>(&ctx) {
        results.contacts = contacts::search(&mut ctx, &needle, own, MOST).await?;
    }
    if let Some(own) = visible::<BookingsRead>(&ctx) {
        let filter = bookings::store::Filter { needle: Some(needle.clone()), own, ..Default::default() };
        let found = bookings::store::latest(&mut ctx, &filter, None, MOST).await?;
        results.bookings = found.into_iter().map(|stored| stored.booking).collect();
    }
    if let Some(own) = visible::<EventTypesRead>(&ctx) {
        let filter = event_types::store::Filter { needle: Some(needle), own, ..Default::default() };
        let found = event_types::store::list(&mut ctx, &filter, None, MOST).await?;
        results.event_types = found.into_iter().map(|row| row.into_event_type(&ctx.app)).collect();
    }
    Ok(Json(results))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(search))
}

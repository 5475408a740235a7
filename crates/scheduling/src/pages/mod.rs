//! The public pages: HTML that works without script, for visitors without an account.

mod asked;
mod assets;
mod book;
mod calendar;
mod color;
mod event;
mod form;
mod hold;
pub(crate) mod language;
mod links;
mod manage;
mod organizer;
mod picker;
mod reschedule;
mod site;
#[cfg(test)]
mod tests;
pub(crate) mod texts;
mod unsubscribe;
mod views;
mod visit;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{any, get, post};
use platform::{App, Problem};

use visit::Visit;
pub use visit::show_refusals;

/// The largest form: notes of 5,000 characters, each percent-encoded from four bytes, and the rest.
const FORM_BYTES: usize = 96 * 1024;

/// Everything under `/b`. The binary adds the security headers and refuses forms from elsewhere.
pub fn pages() -> Router<App> {
    let pages = Router::new()
        .route("/assets/{file}", get(assets::asset))
        .route("/{slug}", get(organizer::show))
        .route("/{slug}/{event}", get(event::show))
        .route("/{slug}/{event}/book", get(book::show).post(book::submit))
        .route("/{slug}/{event}/release", post(hold::release))
        .route("/m/{token}", get(manage::show))
        .route("/m/{token}/cancel", get(manage::to_booking).post(manage::cancel))
        .route("/m/{token}/reschedule", get(reschedule::show).post(reschedule::submit))
        .route("/m/{token}/invite.ics", get(manage::invite))
        .route("/u/{token}", get(unsubscribe::show).post(unsubscribe::submit))
        .fallback(nothing)
        .method_not_allowed_fallback(async |visit: Visit| visit.refusal(method_not_allowed()))
        .layer(DefaultBodyLimit::max(FORM_BYTES));
    // The nest answers `/b` and what is below `/b/`, but not that itself.
    Router::new().route("/b/", any(nothing)).nest("/b", pages)
}

/// What stands at workspaces' own domains: their pages at the paths that they have on the instance, and a list of them.
pub fn site() -> Router<App> {
    pages()
        .route("/", get(site::show))
        .fallback(nothing)
        .method_not_allowed_fallback(async |visit: Visit| visit.refusal(method_not_allowed()))
}

async fn nothing(visit: Visit) -> Response {
    visit.refusal(Problem::not_found())
}

fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This address does not take that method.")
}

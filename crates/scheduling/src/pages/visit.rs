//! One visit of a page: who reads it, what the address says, and how a refusal is shown.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, OriginalUri, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use platform::ctx::Origin;
use platform::error::REQUEST_ID;
use platform::idempotency::Claim;
use platform::site::Site;
use platform::time::Timestamp;
use platform::{App, Ctx, Problem, Result, TenantId};

use super::color::Color;
use super::language::{Language, zone_label};
use super::links::{Params, href};
use super::views::{Audience, Fact, Frame, Link, MessagePage, Reader, page};

/// What every handler of a page gets.
pub(super) struct Visit {
    pub app: App,
    pub origin: Origin,
    /// Where it is a page at a workspace's own domain.
    pub site: Option<Site>,
    pub reader: Reader,
    pub params: Params,
    /// Of the page itself.
    pub path: String,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let params = Params::from_request_parts(parts, app).await?;
        let OriginalUri(uri) = OriginalUri::from_request_parts(parts, app).await?;
        Ok(Self {
            app: app.clone(),
            origin: parts.extensions.get::<Origin>().cloned().unwrap_or_default(),
            site: parts.extensions.get::<Site>().cloned(),
            reader: Reader::new(&params, &parts.headers),
            params,
            path: uri.path().to_owned(),
        })
    }
}

/// A colour for pages that are nobody's.
pub(super) const NEUTRAL: &str = "#3b5bdb";

/// The colour as it is stored, `#0066cc`.
pub(super) fn brand(stored: &str) -> Color {
    let parse = |text: &str| text.strip_prefix('#').and_then(Color::parse);
    parse(stored).or_else(|| parse(NEUTRAL)).unwrap_or(Color::BLACK)
}

impl Visit {
    pub fn ctx(&self, tenant: TenantId, claim: Option<Claim>) -> Ctx {
        Ctx::of_visitor(self.app.clone(), tenant, self.origin.clone(), claim)
    }

    /// # Errors
    /// 404 at the domain of another workspace, or of nobody.
    pub fn check_site(&self, tenant: TenantId) -> Result<()> {
        match &self.site {
            Some(site) if site.tenant != Some(tenant) => Err(Problem::not_found().into()),
            _ => Ok(()),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    /// An address in this reader's language.
    pub fn href(&self, path: &str) -> String {
        href(path, &[("lang", self.reader.lang())])
    }

    /// The page, or the page that says why not.
    pub fn answer(&self, made: Result<Response>) -> Response {
        match made.map_err(platform::Error::into_problem) {
            Ok(response) => response,
            Err(Err(answer)) => answer.into_response(),
            Err(Ok(problem)) => self.refusal(problem),
        }
    }

    /// A refusal as a page of its own.
    pub fn refusal(&self, problem: Problem) -> Response {
        let t = self.reader.texts();
        let (manages, unsubscribes) = (self.path.starts_with("/b/m/"), self.path.starts_with("/b/u/"));
        let (heading, text) = match problem.status {
            403 => (t.elsewhere_title, t.elsewhere.to_owned()),
            404 if manages => (t.not_found_title, t.manage_not_found.to_owned()),
            404 if unsubscribes => (t.not_found_title, t.unsubscribe_not_found.to_owned()),
            404 | 405 => (t.not_found_title, t.not_found.to_owned()),
            409 => (t.not_changeable_title, t.not_changeable.to_owned()),
            429 => (t.busy_title, (t.rate_limited)(problem.retry_after.unwrap_or(1))),
            503 => (t.busy_title, t.overloaded.to_owned()),
            413 => (t.malformed_title, t.too_large.to_owned()),
            400..500 => (t.malformed_title, t.malformed.to_owned()),
            _ => (t.failed_title, t.failed.to_owned()),
        };
        let shows_id = problem.status >= 500;
        let mut response = self.message(problem.status, heading, text, None, shows_id);
        if let Some(seconds) = problem.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(problem);
        response
    }

    /// A page that says one thing.
    pub fn message(&self, status: u16, heading: &'static str, text: String, link: Option<Link>, shows_id: bool) -> Response {
        let frame = Frame::new(self.reader, heading.to_owned(), brand(NEUTRAL), &self.path, &[]).hidden();
        let request_id = shows_id.then(|| REQUEST_ID.try_with(ToString::to_string).ok()).flatten();
        let message = MessagePage { frame, t: self.reader.texts(), heading, text, link, request_id };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        page(status, Audience::OneVisitor, self.reader.language, &message).unwrap_or_else(IntoResponse::into_response)
    }

    /// 303 to a page in this reader's language.
    pub fn see_other(&self, path: &str) -> Response {
        (StatusCode::SEE_OTHER, [(header::LOCATION, self.href(path)), (header::CACHE_CONTROL, "no-store".to_owned())]).into_response()
    }
}

/// Shows a visitor as a page what a layer around the pages refused as a problem: limits, time-outs, forms of other sites.
pub async fn show_refusals(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path != "/b" && !path.starts_with("/b/") {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let Ok(visit) = Visit::from_request_parts(&mut parts, &app).await;
    let response = next.run(Request::from_parts(parts, body)).await;
    let is_page = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    match response.extensions().get::<Problem>() {
        Some(problem) if !is_page => visit.refusal(problem.clone()),
        _ => response,
    }
}

/// An instant of an address or a form; `None` for what is none and for years that PostgreSQL and the API do not share.
pub(super) fn parse_instant(text: &str) -> Option<Timestamp> {
    let at: Timestamp = text.trim().parse().ok()?;
    (1..=9998).contains(&at.in_zone(&jiff::tz::TimeZone::UTC).year()).then_some(at)
}

/// When it takes place in the reader's zone, and beside it in the organizer's where the clocks differ.
pub(super) fn when(language: Language, start: Timestamp, end: Timestamp, zone: &str, organizer_zone: &str) -> Fact {
    let texts = language.texts();
    let known = |name: &str| platform::time::zone(name).unwrap_or(jiff::tz::TimeZone::UTC);
    let (zone, theirs) = (known(zone), known(organizer_zone));
    let (from, to) = (start.in_zone(&zone), end.in_zone(&zone));
    let (their_from, their_to) = (start.in_zone(&theirs), end.in_zone(&theirs));
    let label = zone_label(&from);
    let more = if from.datetime() == their_from.datetime() {
        label
    } else {
        let hours = language.page_hours(&their_from, &their_to);
        let hours = if from.date() == their_from.date() { hours } else { format!("{}, {hours}", language.date_short(their_from.date())) };
        format!("{label}; {}", (texts.for_organizer)(&hours))
    };
    Fact { label: texts.when, value: language.page_span(&from, &to), more: Some(more) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_organizers_clock_stands_beside_where_it_differs() {
        let (start, end) = ("2026-11-21T23:30:00Z".parse().expect("an instant"), "2026-11-22T00:00:00Z".parse().expect("an instant"));
        let fact = when(Language::Nl, start, end, "America/Sao_Paulo", "Europe/Amsterdam");
        assert_eq!(fact.value, "Zaterdag 21 november 2026, 20:30\u{a0}–\u{a0}21:00");
        assert_eq!(fact.more.as_deref(), Some("America/Sao Paulo (UTC−3); zo 22 nov, 00:30\u{a0}–\u{a0}01:00 voor de organisator"));
        let same = when(Language::Nl, start, end, "Europe/Paris", "Europe/Amsterdam");
        assert_eq!(same.more.as_deref(), Some("Europe/Paris (UTC+1)"));
    }

    #[test]
    fn instants_of_an_address() {
        assert!(parse_instant("2026-11-21T15:00Z").is_some());
        for bad in ["", "2026-11-21", "2026-02-30T10:00Z", "15:00", "9999-01-01T00:00Z", "-000001-01-01T00:00Z", "now"] {
            assert!(parse_instant(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_stored_colour() {
        assert_eq!(brand("#0066cc").to_string(), "#0066cc");
        assert_eq!(brand("red").to_string(), NEUTRAL);
    }
}

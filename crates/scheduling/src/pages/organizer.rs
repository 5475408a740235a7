//! `GET /b/{slug}`: who it is and what can be booked.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use axum::response::Response;
use platform::{Problem, Result, TenantId};
use uuid::Uuid;

use super::views::{Audience, Card, Frame, OrganizerPage, initials, page, place};
use super::visit::{Visit, brand};
use crate::event_types;
use crate::organizers;

/// The organizer of that slug, and in which tenant. What no slug looks like is not looked up.
///
/// # Errors
/// 404.
pub(super) async fn locate(visit: &Visit, slug: &str) -> Result<(TenantId, Uuid)> {
    let sane = (3..=60).contains(&slug.len()) && slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !sane {
        return Err(Problem::not_found().into());
    }
    let found = organizers::locate(&visit.app, slug).await?;
    visit.check_site(found.tenant)?;
    Ok((found.tenant, found.organizer_id))
}

pub(super) async fn show(visit: Visit, path: Result<Path<String>, PathRejection>) -> Response {
    let made = async {
        let Ok(Path(slug)) = path else { return Err(Problem::not_found().into()) };
        let (tenant, organizer_id) = locate(&visit, &slug).await?;
        let mut ctx = visit.ctx(tenant, None);
        let organizer = organizers::public(&mut ctx, organizer_id).await?;
        let listed = event_types::listed(&mut ctx, organizer_id).await?;
        let (reader, t) = (visit.reader, visit.reader.texts());
        let card = |event: event_types::Listed| Card {
            href: visit.href(&format!("/b/{}/{}", organizer.slug, event.slug)),
            name: event.name,
            duration: reader.language.duration(event.duration_minutes.into()),
            place: place(t, event.location_type),
            description: event.description,
        };
        let shown = OrganizerPage {
            frame: Frame::new(reader, (t.organizer_title)(&organizer.display_name), brand(&organizer.brand_color), &visit.path, &[])
                .with_logo(organizer.logo_url),
            t,
            initials: initials(&organizer.display_name),
            events: listed.into_iter().map(card).collect(),
            name: organizer.display_name,
            welcome: organizer.welcome_message,
        };
        page(StatusCode::OK, Audience::Anybody, reader.language, &shown)
    };
    visit.answer(made.await)
}

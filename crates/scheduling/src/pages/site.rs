//! `GET /` at a workspace's own domain: whom one can book there.

use axum::http::StatusCode;
use axum::response::Response;
use platform::Problem;

use super::views::{Audience, Frame, Person, SitePage, initials, page};
use super::visit::{NEUTRAL, Visit, brand};
use crate::organizers;

pub(super) async fn show(visit: Visit) -> Response {
    let made = async {
        let tenant = visit.site.as_ref().and_then(|site| site.tenant).ok_or_else(Problem::not_found)?;
        let mut ctx = visit.ctx(tenant, None);
        let workspace = organizers::store::workspace(&mut ctx).await?;
        let people = organizers::store::bookable(&mut ctx).await?;
        let (reader, t) = (visit.reader, visit.reader.texts());
        let person = |one: organizers::store::Bookable| Person {
            href: visit.href(&format!("/b/{}", one.slug)),
            initials: initials(&one.display_name),
            name: one.display_name,
            welcome: one.welcome_message,
        };
        let color = brand(workspace.color.as_deref().unwrap_or(NEUTRAL));
        let shown = SitePage {
            frame: Frame::new(reader, (t.organizer_title)(&workspace.name), color, "/", &[]).with_logo(workspace.logo_url),
            t,
            name: workspace.name,
            people: people.into_iter().map(person).collect(),
        };
        page(StatusCode::OK, Audience::Anybody, reader.language, &shown)
    };
    visit.answer(made.await)
}

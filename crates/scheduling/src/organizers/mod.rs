//! Organizers: members with a public booking page.

pub mod http;
pub(crate) mod store;

use platform::audit::Change;
use platform::etag::OptionalIfMatch;
use platform::pool::{Lent, look_up};
use platform::text::Checks;
use platform::{App, Ctx, Problem, Result, TenantId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::events::OrganizerUpdated;
use crate::schedules;

/// Addresses that are ours, or that would mislead.
const RESERVED: &[&str] = &[
    "about",
    "account",
    "admin",
    "api",
    "app",
    "assets",
    "atrium",
    "auth",
    "billing",
    "blog",
    "book",
    "booking",
    "bookings",
    "contact",
    "contacts",
    "dashboard",
    "docs",
    "download",
    "event",
    "events",
    "explore",
    "faq",
    "health",
    "help",
    "home",
    "imprint",
    "info",
    "invitation",
    "legal",
    "livez",
    "login",
    "logout",
    "mail",
    "manage",
    "metrics",
    "news",
    "null",
    "onboarding",
    "organizer",
    "organizers",
    "pricing",
    "privacy",
    "public",
    "readyz",
    "register",
    "root",
    "search",
    "security",
    "settings",
    "sign-in",
    "sign-up",
    "signin",
    "signup",
    "static",
    "status",
    "support",
    "system",
    "team",
    "terms",
    "test",
    "undefined",
    "user",
    "users",
    "webhooks",
    "welcome",
    "www",
];

/// A member's booking page, with the rules of all bookings on it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Organizer {
    pub user_id: Uuid,
    /// The last part of the page's address; unique over all workspaces.
    pub slug: String,
    pub display_name: String,
    /// IANA zone.
    pub timezone: String,
    /// `#rrggbb`
    pub brand_color: String,
    pub welcome_message: String,
    pub buffer_before_minutes: i32,
    pub buffer_after_minutes: i32,
    /// Least time between two bookings, buffers included.
    pub minimum_gap_minutes: i32,
    /// Distance between two starts that can be booked.
    pub slot_interval_minutes: i32,
    /// From which hour of the visitor's day a time is reasonable, 0 to 23.
    pub reasonable_hours_start: i32,
    /// Until which hour, 1 to 24.
    pub reasonable_hours_end: i32,
    /// Whether visitors are offered only what lies in the reasonable hours of their own zone.
    pub keeps_reasonable_hours: bool,
    /// Whether the page is open.
    pub is_active: bool,
    pub public_url: String,
    pub version: i64,
}

/// Of an organizer who chose none, in whose place the workspace's is shown.
pub const DEFAULT_COLOR: &str = "#0066cc";

/// What everybody may know of an organizer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PublicOrganizer {
    pub slug: String,
    pub display_name: String,
    /// Of the workspace where the organizer chose none.
    pub brand_color: String,
    /// Of the workspace's logo, relative to this Atrium.
    pub logo_url: Option<String>,
    pub welcome_message: String,
    /// IANA zone.
    pub timezone: String,
}

/// Whom a public address belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Located {
    pub tenant: TenantId,
    pub organizer_id: Uuid,
}

/// The organizer of a public address, before any tenant is known.
///
/// # Errors
/// 404.
pub async fn locate(app: &App, slug: &str) -> Result<Located> {
    let locate = async |mut db: Lent| {
        let located = store::locate(&mut db, slug).await;
        (db, located)
    };
    let (_, located) = look_up(&app.pools.public, locate).await?;
    located.ok_or_else(|| Problem::not_found().into())
}

/// The organizer's public profile.
///
/// # Errors
/// 404, also for a page that is closed.
pub async fn public(ctx: &mut Ctx, organizer: Uuid) -> Result<PublicOrganizer> {
    let organizer = store::find_open(ctx, organizer).await?.ok_or_else(Problem::not_found)?;
    let (color, logo_url) = store::branding(ctx).await?;
    Ok(PublicOrganizer {
        logo_url,
        slug: organizer.slug,
        display_name: organizer.display_name,
        brand_color: color.filter(|_| organizer.brand_color == DEFAULT_COLOR).unwrap_or(organizer.brand_color),
        welcome_message: organizer.welcome_message,
        timezone: organizer.timezone,
    })
}

/// A page as its member wants it.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub slug: String,
    pub display_name: String,
    pub timezone: String,
    pub brand_color: String,
    pub welcome_message: String,
    pub buffer_before_minutes: i32,
    pub buffer_after_minutes: i32,
    pub minimum_gap_minutes: i32,
    pub slot_interval_minutes: i32,
    pub reasonable_hours_start: i32,
    pub reasonable_hours_end: i32,
    pub keeps_reasonable_hours: bool,
    pub is_active: bool,
}

impl Profile {
    fn checked(self) -> Result<Self, Problem> {
        let mut checks = Checks::new();
        let slug = checks.slug("slug", &self.slug, 3, 60);
        let display_name = checks.line("display_name", &self.display_name, 1, 100);
        let timezone = checks.zone("timezone", &self.timezone);
        let brand_color = checks.color("brand_color", &self.brand_color);
        let welcome_message = checks.paragraph("welcome_message", &self.welcome_message, 2000);
        checks.range("buffer_before_minutes", self.buffer_before_minutes, 0, 1440);
        checks.range("buffer_after_minutes", self.buffer_after_minutes, 0, 1440);
        checks.range("minimum_gap_minutes", self.minimum_gap_minutes, 0, 1440);
        checks.range("slot_interval_minutes", self.slot_interval_minutes, 5, 720);
        checks.range("reasonable_hours_start", self.reasonable_hours_start, 0, 23);
        checks.range("reasonable_hours_end", self.reasonable_hours_end, 1, 24);
        if self.reasonable_hours_start >= self.reasonable_hours_end {
            checks.add("reasonable_hours_end", "invalid", "must be later than reasonable_hours_start");
        }
        checks.done()?;
        Ok(Self { slug, display_name, timezone, brand_color, welcome_message, ..self })
    }
}

/// Sets up or changes the page of the acting member. The first time, working hours from Monday to Friday, 09:00 to
/// 17:00, come with it where the member has none.
///
/// # Errors
/// 409 `slug_taken`; 428 or 412 for a page that exists; 422.
pub(crate) async fn put(
    ctx: &mut Ctx,
    user: Uuid,
    before: Option<Organizer>,
    seen: OptionalIfMatch,
    profile: Profile,
) -> Result<Organizer> {
    if let Some(before) = &before {
        seen.required()?.check(before.version)?;
    }
    let profile = profile.checked()?;
    // Whoever had a reserved address before it was reserved keeps it.
    if RESERVED.contains(&profile.slug.as_str()) && before.as_ref().is_none_or(|before| before.slug != profile.slug) {
        return Err(slug_taken().into());
    }
    match &before {
        Some(before) => {
            if before.slug != profile.slug {
                store::move_slug(ctx, user, &profile.slug).await?;
            }
            store::update(ctx, user, &profile).await?;
        }
        None => {
            store::insert(ctx, user, &profile).await?;
            schedules::ensure_default(ctx, user, &profile.timezone).await?;
        }
    }
    let after = store::find(ctx, user).await?.ok_or_else(Problem::not_found)?;
    let change = match &before {
        Some(before) => Change::updated("organizer.updated", "organizer", user, before, &after),
        None => Change::created("organizer.created", "organizer", user, &after),
    };
    ctx.audit(change.about(user));
    ctx.publish(&OrganizerUpdated { organizer_id: user, slug: after.slug.clone(), display_name: after.display_name.clone() })?;
    Ok(after)
}

fn slug_taken() -> Problem {
    Problem::conflict("slug_taken", "This address is taken. Choose another one.")
}

/// Where the page stands.
pub(crate) fn public_url(app: &App, domain: Option<&str>, slug: &str) -> String {
    app.config.page_link(domain, &format!("/b/{slug}"))
}

/// The answer where a member without a booking page needs one.
pub(crate) fn missing() -> Problem {
    Problem::conflict("organizer_missing", "Set up your booking page first.")
}

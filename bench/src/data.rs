//! The data that is measured on: tenants with organizers, sessions and contacts, written in bulk as the owner.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use platform::crypto::Token;
use platform::time::Clock;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Outcome;
use crate::client::post;

/// Of the organizers; it has had no change of clocks since 2019, so that a slot's instant is easily told.
const ZONE: &str = "America/Sao_Paulo";
/// Bookable hours, every day of the week.
const HOURS: (i64, i64) = (8, 18);
const SLOT_MINUTES: i64 = 30;
pub const EVENT_TYPE: &str = "meeting";
/// Farther than any run books, and as far as an event type may.
const HORIZON_DAYS: i32 = 730;

/// A tenant, its organizers, and a session of the first of them.
pub struct Tenant {
    pub id: Uuid,
    pub organizers: Vec<Organizer>,
    /// A header line.
    pub cookie: String,
}

/// Somebody who can be booked, day and night of the load.
#[derive(Clone)]
pub struct Organizer {
    pub tenant: Uuid,
    pub id: Uuid,
    pub event_type: Uuid,
    pub slug: String,
}

/// Makes active tenants with verified users, all of them organizers with hours and one event type.
///
/// # Errors
/// The database's.
pub async fn tenants(db: &mut PgConnection, tenants: usize, organizers: usize) -> Outcome<Vec<Tenant>> {
    let mut made = Vec::new();
    for nth in 0..tenants {
        made.push(tenant(db, nth, organizers).await?);
    }
    // Not those that are empty: the planner would believe that they stay so, and read them from end to end.
    sqlx::query(
        "ANALYZE directory.users, directory.tenants, directory.sessions, directory.public_slugs, identity.members, identity.roles,
                 identity.role_permissions, identity.member_roles, scheduling.bookables, scheduling.organizer_profiles,
                 scheduling.schedules, scheduling.availability_rules, scheduling.event_types",
    )
    .execute(db)
    .await?;
    Ok(made)
}

async fn tenant(db: &mut PgConnection, nth: usize, organizers: usize) -> Outcome<Tenant> {
    let id = platform::id::new();
    let organizers: Vec<Organizer> = (0..organizers)
        .map(|of| Organizer { tenant: id, id: platform::id::new(), event_type: platform::id::new(), slug: format!("bench-{nth}-{of}") })
        .collect();
    let users: Vec<Uuid> = organizers.iter().map(|organizer| organizer.id).collect();
    let event_types: Vec<Uuid> = organizers.iter().map(|organizer| organizer.event_type).collect();
    let slugs: Vec<String> = organizers.iter().map(|organizer| organizer.slug.clone()).collect();
    let schedules: Vec<Uuid> = users.iter().map(|_| platform::id::new()).collect();
    let (token, role) = (Token::random(), platform::id::new());

    sqlx::query(
        "INSERT INTO directory.users (id, email, email_key, name, email_verified_at, timezone)
         SELECT id, slug || '@example.com', slug || '@example.com', 'Organizer ' || slug, now(), $3
           FROM unnest($1::uuid[], $2::text[]) AS given (id, slug)",
    )
    .bind(&users)
    .bind(&slugs)
    .bind(ZONE)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "INSERT INTO directory.tenants (id, name, slug, owner_id, onboarding_status, timezone)
         VALUES ($1, $2, $2, $3, 'completed', $4)",
    )
    .bind(id)
    .bind(format!("bench-{nth}"))
    .bind(users[0])
    .bind(ZONE)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "INSERT INTO identity.members (tenant_id, user_id, display_name, email, timezone, joined_at)
         SELECT $1, u.id, u.name, u.email, u.timezone, now() FROM directory.users u WHERE u.id = ANY ($2)",
    )
    .bind(id)
    .bind(&users)
    .execute(&mut *db)
    .await?;
    sqlx::query("INSERT INTO identity.roles (tenant_id, id, name, kind) VALUES ($1, $2, 'owner', 'system')")
        .bind(id)
        .bind(role)
        .execute(&mut *db)
        .await?;
    sqlx::query("INSERT INTO identity.role_permissions (tenant_id, role_id, permission) SELECT $1, $2, codename FROM lookup.permissions")
        .bind(id)
        .bind(role)
        .execute(&mut *db)
        .await?;
    sqlx::query("INSERT INTO identity.member_roles (tenant_id, user_id, role_id) SELECT $1, unnest($2::uuid[]), $3")
        .bind(id)
        .bind(&users)
        .bind(role)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "INSERT INTO directory.sessions (id, token_hash, user_id, tenant_id, idle_until, expires_at)
         VALUES ($1, $2, $3, $4, now() + interval '12 hours', now() + interval '30 days')",
    )
    .bind(platform::id::new())
    .bind(&token.hash[..])
    .bind(users[0])
    .bind(id)
    .execute(&mut *db)
    .await?;

    sqlx::query("INSERT INTO scheduling.bookables (tenant_id, id, kind) SELECT $1, unnest($2::uuid[]), 'organizer'")
        .bind(id)
        .bind(&users)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "INSERT INTO scheduling.organizer_profiles (tenant_id, user_id, slug, display_name, timezone, slot_interval_minutes)
         SELECT $1, id, slug, 'Organizer ' || slug, $4, $5
           FROM unnest($2::uuid[], $3::text[]) AS given (id, slug)",
    )
    .bind(id)
    .bind(&users)
    .bind(&slugs)
    .bind(ZONE)
    .bind(i32::try_from(SLOT_MINUTES)?)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "INSERT INTO directory.public_slugs (kind, slug, tenant_id, subject_id)
         SELECT 'organizer', slug, $1, id FROM unnest($2::uuid[], $3::text[]) AS given (id, slug)",
    )
    .bind(id)
    .bind(&users)
    .bind(&slugs)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "INSERT INTO scheduling.schedules (tenant_id, id, organizer_id, name, timezone, is_default)
         SELECT $1, schedule, organizer, 'Hours', $4, true
           FROM unnest($2::uuid[], $3::uuid[]) AS given (schedule, organizer)",
    )
    .bind(id)
    .bind(&schedules)
    .bind(&users)
    .bind(ZONE)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "INSERT INTO scheduling.availability_rules (tenant_id, id, schedule_id, day_of_week, start_time, end_time)
         SELECT $1, gen_random_uuid(), schedule, day, make_time($3, 0, 0), make_time($4, 0, 0)
           FROM unnest($2::uuid[]) AS given (schedule), generate_series(0, 6) AS day",
    )
    .bind(id)
    .bind(&schedules)
    .bind(i32::try_from(HOURS.0)?)
    .bind(i32::try_from(HOURS.1)?)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "INSERT INTO scheduling.event_types
                (tenant_id, id, owner_id, name, slug, duration_minutes, minimum_notice_minutes, horizon_days)
         SELECT $1, event_type, owner, 'Meeting', $4, $5, 0, $6
           FROM unnest($2::uuid[], $3::uuid[]) AS given (event_type, owner)",
    )
    .bind(id)
    .bind(&event_types)
    .bind(&users)
    .bind(EVENT_TYPE)
    .bind(i32::try_from(SLOT_MINUTES)?)
    .bind(HORIZON_DAYS)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "INSERT INTO scheduling.event_type_organizers (tenant_id, event_type_id, user_id, position)
         SELECT tenant_id, id, owner_id, 0 FROM scheduling.event_types WHERE tenant_id = $1 AND id = ANY ($2)",
    )
    .bind(id)
    .bind(&event_types)
    .execute(&mut *db)
    .await?;
    Ok(Tenant { id, organizers, cookie: cookie(&token) })
}

/// The header line by which a session is known.
pub fn cookie(token: &Token) -> String {
    format!("cookie: atrium_session={}\r\n", token.secret.as_str())
}

/// Gives each tenant so many contacts, and answers their ids, tenant by tenant.
///
/// # Errors
/// The database's.
pub async fn contacts(db: &mut PgConnection, tenants: &[Tenant], count: usize) -> Outcome<Vec<Vec<Uuid>>> {
    let mut all = Vec::new();
    for tenant in tenants {
        let ids: Vec<Uuid> = (0..count).map(|_| platform::id::new()).collect();
        sqlx::query(
            "INSERT INTO contacts.contacts
                    (tenant_id, id, name, name_key, given_name, family_name, email, email_key, phone, source, owner_id, timezone, locale)
             SELECT $1, id, 'Contact ' || nth, 'contact ' || nth, 'Contact', nth::text, 'contact-' || nth || '@example.com',
                    'contact-' || nth || '@example.com', '+3161' || lpad(nth::text, 7, '0'), 'import', $3, 'Europe/Amsterdam', 'en'
               FROM unnest($2::uuid[]) WITH ORDINALITY AS given (id, nth)",
        )
        .bind(tenant.id)
        .bind(&ids)
        .bind(tenant.organizers[0].id)
        .execute(&mut *db)
        .await?;
        all.push(ids);
    }
    sqlx::query("VACUUM ANALYZE contacts.contacts").execute(db).await?;
    Ok(all)
}

/// Slots of one organizer, counted from the day after tomorrow: ten hours a day, two an hour.
#[derive(Clone, Copy)]
pub struct Calendar {
    first_day: Date,
}

impl Calendar {
    pub fn new() -> Self {
        let today = Clock::system().now().to_jiff().to_zoned(TimeZone::UTC).date();
        Self { first_day: today.saturating_add(jiff::Span::new().days(2)) }
    }

    /// # Errors
    /// A slot beyond the years that jiff knows.
    pub fn start_of(&self, slot: usize) -> Outcome<Timestamp> {
        let (slot, a_day) = (i64::try_from(slot)?, Self::slots_a_day());
        let day = self.first_day.saturating_add(jiff::Span::new().try_days(slot / a_day)?);
        let minute = HOURS.0 * 60 + slot % a_day * SLOT_MINUTES;
        Ok(day.at(0, 0, 0, 0).in_tz(ZONE)?.timestamp().checked_add(jiff::SignedDuration::from_mins(minute))?)
    }

    pub const fn slots_a_day() -> i64 {
        (HOURS.1 - HOURS.0) * 60 / SLOT_MINUTES
    }

    pub fn first_day(&self) -> Date {
        self.first_day
    }
}

/// What a visitor who books sends. Each comes with an address of their own, so each is a new contact.
///
/// # Errors
/// As [`Calendar::start_of`].
pub fn booking(calendar: Calendar, slot: usize, visitor: usize) -> Outcome<Value> {
    Ok(json!({
        "start": calendar.start_of(slot)?.to_string(),
        "name": format!("Visitor {visitor}"),
        "email": format!("visitor-{visitor}@example.com"),
        "timezone": "Europe/Amsterdam",
        "locale": "nl",
        "notes": "We would like to talk about the plans for next year.",
    }))
}

/// The request that books it; `extra` are whole header lines.
///
/// # Errors
/// As [`Calendar::start_of`].
pub fn book(organizer: &Organizer, calendar: Calendar, slot: usize, visitor: usize, extra: &str) -> Outcome<Vec<u8>> {
    let path = format!("/api/v1/public/organizers/{}/event-types/{EVENT_TYPE}/bookings", organizer.slug);
    Ok(post(&path, extra, &booking(calendar, slot, visitor)?))
}

/// Visitors who each want a slot of their own: the first one of each organizer, then the second one of each.
pub struct Demand<'a> {
    organizers: &'a [Organizer],
    calendar: Calendar,
    first_visitor: usize,
    made: usize,
}

/// What a visitor wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub visitor: usize,
    pub request: Vec<u8>,
}

impl<'a> Demand<'a> {
    pub fn new(organizers: &'a [Organizer], first_visitor: usize) -> Self {
        Self { organizers, calendar: Calendar::new(), first_visitor, made: 0 }
    }

    /// How many have come.
    pub fn made(&self) -> usize {
        self.made
    }

    /// In the form of [`crate::load::drive`].
    pub fn next(&mut self) -> Option<((), Vec<u8>)> {
        let wanted = self.wanted("").ok()?;
        Some(((), wanted.request))
    }

    /// The next one's request, with these header lines beside; `{}` in them becomes the visitor's number.
    ///
    /// # Errors
    /// As [`Calendar::start_of`].
    pub fn wanted(&mut self, extra: &str) -> Outcome<Wanted> {
        let (nth, visitor) = (self.made, self.first_visitor + self.made);
        let organizer = &self.organizers[nth % self.organizers.len()];
        let request = book(organizer, self.calendar, nth / self.organizers.len(), visitor, &extra.replace("{}", &visitor.to_string()))?;
        self.made += 1;
        Ok(Wanted { visitor, request })
    }
}

/// Writes bookings of the organizer straight into the tables: so many on each day, evenly over the hours.
///
/// # Errors
/// The database's.
pub async fn prior_bookings(db: &mut PgConnection, organizer: &Organizer, calendar: Calendar, days: usize, a_day: usize) -> Outcome {
    let contact = platform::id::new();
    sqlx::query("INSERT INTO contacts.contacts (tenant_id, id, name, name_key, source) VALUES ($1, $2, 'Prior', 'prior', 'import')")
        .bind(organizer.tenant)
        .bind(contact)
        .execute(&mut *db)
        .await?;
    let slots_a_day = usize::try_from(Calendar::slots_a_day())?;
    for slot in (0..days).flat_map(|day| (0..a_day).map(move |nth| day * slots_a_day + nth * slots_a_day / a_day)) {
        let start = calendar.start_of(slot)?.to_string();
        sqlx::query(
            "WITH booked AS (
                 INSERT INTO scheduling.bookings
                        (tenant_id, id, event_type_id, organizer_id, contact_id, invitee_name, invitee_email, invitee_timezone,
                         start_time, end_time, access_token_hash, ics_uid)
                 VALUES ($1, $2, $3, $4, $5, 'Prior', 'prior@example.com', 'UTC', $6::timestamptz,
                         $6::timestamptz + make_interval(mins => $7), sha256(convert_to($2::text, 'UTF8')), $2::text)
                 RETURNING tenant_id, id, organizer_id, start_time, end_time
             ), held AS (
                 INSERT INTO scheduling.booking_organizers (tenant_id, booking_id, user_id, position)
                 SELECT tenant_id, id, organizer_id, 0 FROM booked
             )
             INSERT INTO scheduling.occupancy (tenant_id, id, bookable_id, kind, ref_id, start_time, end_time)
             SELECT tenant_id, id, organizer_id, 'booking', id, start_time, end_time FROM booked",
        )
        .bind(organizer.tenant)
        .bind(platform::id::new())
        .bind(organizer.event_type)
        .bind(organizer.id)
        .bind(contact)
        .bind(start)
        .bind(i32::try_from(SLOT_MINUTES)?)
        .execute(&mut *db)
        .await?;
    }
    sqlx::query("ANALYZE scheduling.bookings, scheduling.occupancy").execute(db).await?;
    Ok(())
}

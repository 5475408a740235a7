//! What the slot engine reads.

use std::collections::HashMap;

use platform::time::{Date, Timestamp, zone};
use platform::{Ctx, Error, Result};
use serde::Deserialize;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Offer, Which};
use crate::event_types::{HorizonType, LocationType, Mode, Question};
use crate::slots::{self, Assignment, Busy, BusyKind, Interval, Limit, Repeats, Scope, StartGrid, Weeks};

/// Date, and minutes after midnight; without them: away.
type Dated = (Date, Option<u16>, Option<u16>);

pub struct OfferRow {
    pub id: Uuid,
    pub owner_id: Uuid,
    pub name: String,
    pub slug: String,
    pub description: String,
    pub color: String,
    pub location_type: LocationType,
    pub location_details: String,
    pub is_active: bool,
    pub requires_confirmation: bool,
    pub duration_minutes: i32,
    pub interval_minutes: i32,
    pub buffer_before_minutes: i32,
    pub buffer_after_minutes: i32,
    pub minimum_gap_minutes: i32,
    pub minimum_notice_minutes: i32,
    pub start_grid: StartGrid,
    pub is_aligned: bool,
    pub horizon_type: HorizonType,
    pub horizon_days: i32,
    pub horizon_first: Option<Date>,
    pub horizon_last: Option<Date>,
    pub daily_limit: Option<i32>,
    pub limits: Json<Vec<Limit>>,
    pub questions: Json<Vec<Question>>,
    pub organizer_slug: String,
    pub display_name: String,
    pub organizer_timezone: String,
    /// Of the visitor's day, where only they are offered.
    pub reasonable_hours_start: Option<i32>,
    pub reasonable_hours_end: Option<i32>,
    pub brand_color: String,
    pub logo_url: Option<String>,
    pub domain: Option<String>,
    pub mode: Mode,
    pub assignment: Assignment,
    pub organizers_needed: i32,
    pub organizers: Json<Vec<OrganizerRow>>,
    pub absences: Json<Vec<AbsenceRow>>,
}

/// When one of the organizers is out of office.
#[derive(Deserialize)]
pub struct AbsenceRow {
    pub name: String,
    pub timezone: String,
    pub start: Timestamp,
    pub end: Timestamp,
    pub stand_in: Option<String>,
}

/// Somebody who may hold a booking, with the schedule in effect.
#[derive(Deserialize)]
pub struct OrganizerRow {
    pub user_id: Uuid,
    pub name: String,
    pub timezone: String,
    pub email: String,
    pub locale: String,
    pub is_active: bool,
    pub weight: u32,
    pub priority: u32,
    pub since: i64,
    pub hours_timezone: String,
    /// Weekday from 0 for Monday, minutes after midnight, and in which weeks.
    pub rules: Vec<(u8, u16, u16, Weeks)>,
    pub overrides: Vec<Dated>,
    /// Only while one of the others is out of office.
    pub is_stand_in: bool,
}

/// Event type, its owner, and the organizers with the schedules in effect and all they hold: those of the booking $3 where it is one
/// that is changed. Before what differs.
macro_rules! offers {
    ($tail:tt, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            OfferRow,
            r#"SELECT e.id, e.owner_id, e.name, e.slug, e.description, e.color, e.location_type AS "location_type: LocationType",
                      e.location_details, (e.is_active AND p.is_active AND m.status = 'active' AND t.status = 'active') AS "is_active!",
                      e.requires_confirmation, e.duration_minutes,
                      coalesce(e.slot_interval_minutes, p.slot_interval_minutes) AS "interval_minutes!",
                      coalesce(e.buffer_before_minutes, p.buffer_before_minutes) AS "buffer_before_minutes!",
                      coalesce(e.buffer_after_minutes, p.buffer_after_minutes) AS "buffer_after_minutes!",
                      coalesce(e.minimum_gap_minutes, p.minimum_gap_minutes) AS "minimum_gap_minutes!",
                      e.start_grid AS "start_grid: StartGrid", e.is_aligned, e.minimum_notice_minutes,
                      e.horizon_type AS "horizon_type: HorizonType", e.horizon_days, e.horizon_first AS "horizon_first: Date",
                      e.horizon_last AS "horizon_last: Date", e.daily_limit,
                      coalesce((SELECT jsonb_agg(jsonb_build_object('period', l.period, 'measure', l.measure, 'scope', l.scope, 'most', l.most))
                                  FROM scheduling.event_type_limits l
                                 WHERE l.tenant_id = $1 AND l.event_type_id = e.id),
                               '[]') AS "limits!: Json<Vec<Limit>>",
                      coalesce((SELECT jsonb_agg(jsonb_build_object('key', k.key, 'label', k.label, 'kind', k.kind, 'is_required', k.is_required,
                                                                    'help', k.help, 'options', k.options, 'conditions', k.conditions)
                                                 ORDER BY k.position)
                                  FROM scheduling.custom_questions k
                                 WHERE k.tenant_id = $1 AND k.event_type_id = e.id),
                               '[]') AS "questions!: Json<Vec<Question>>",
                      p.slug AS organizer_slug, p.display_name, p.timezone AS organizer_timezone,
                      CASE WHEN p.keeps_reasonable_hours THEN p.reasonable_hours_start END AS reasonable_hours_start,
                      CASE WHEN p.keeps_reasonable_hours THEN p.reasonable_hours_end END AS reasonable_hours_end,
                      CASE WHEN p.brand_color <> '#0066cc' THEN p.brand_color
                           ELSE coalesce(t.branding ->> 'color', p.brand_color) END AS "brand_color!", t.logo_url, directory.domain_of(t.id) AS domain,
                      e.mode AS "mode: Mode", e.assignment AS "assignment: Assignment", e.organizers_needed,
                      coalesce((SELECT jsonb_agg(jsonb_build_object(
                                           'user_id', o.user_id, 'name', q.display_name, 'timezone', q.timezone, 'email', n.email, 'locale', n.locale,
                                           'is_active', q.is_active AND n.status = 'active', 'is_stand_in', o.is_stand_in, 'weight', o.weight, 'priority', o.priority,
                                           'since', floor(extract(epoch FROM o.created_at))::bigint, 'hours_timezone', coalesce(s.timezone, q.timezone),
                                           'rules', coalesce((SELECT jsonb_agg(jsonb_build_array(r.day_of_week,
                                                                                                 (extract(epoch FROM r.start_time) / 60)::integer,
                                                                                                 (extract(epoch FROM r.end_time) / 60)::integer, r.weeks))
                                                                FROM scheduling.availability_rules r
                                                               WHERE r.tenant_id = $1 AND r.schedule_id = s.id AND r.is_active), '[]'),
                                           'overrides', coalesce((SELECT jsonb_agg(jsonb_build_array(d.date,
                                                                                                     (extract(epoch FROM d.start_time) / 60)::integer,
                                                                                                     (extract(epoch FROM d.end_time) / 60)::integer))
                                                                    FROM scheduling.date_overrides d
                                                                   WHERE d.tenant_id = $1 AND d.schedule_id = s.id AND d.date >= $2), '[]'))
                                           ORDER BY o.position, o.user_id)
                                  FROM (SELECT a.user_id, a.weight, a.priority, a.schedule_id, a.position, a.created_at, false AS is_stand_in
                                          FROM scheduling.event_type_organizers a
                                         WHERE a.tenant_id = $1 AND a.event_type_id = e.id AND $3::uuid IS NULL
                                         UNION ALL
                                        SELECT t.stand_in_id, min(a.weight), min(a.priority), NULL, 1000, min(a.created_at), true
                                          FROM scheduling.event_type_organizers a
                                          JOIN scheduling.blocked_times t
                                               ON t.tenant_id = $1 AND t.organizer_id = a.user_id AND t.stand_in_id IS NOT NULL AND t.end_time > $2::date
                                         WHERE a.tenant_id = $1 AND a.event_type_id = e.id AND $3::uuid IS NULL AND e.mode IN ('one', 'round_robin')
                                           AND NOT EXISTS (SELECT FROM scheduling.event_type_organizers b
                                                            WHERE b.tenant_id = $1 AND b.event_type_id = e.id AND b.user_id = t.stand_in_id)
                                         GROUP BY t.stand_in_id
                                         UNION ALL
                                        SELECT k.user_id, 1, 1, a.schedule_id, k.position, e.created_at, false
                                          FROM scheduling.booking_organizers k
                                          LEFT JOIN scheduling.event_type_organizers a
                                                 ON a.tenant_id = $1 AND a.event_type_id = e.id AND a.user_id = k.user_id
                                         WHERE k.tenant_id = $1 AND k.booking_id = $3) o
                                  JOIN scheduling.organizer_profiles q ON q.tenant_id = $1 AND q.user_id = o.user_id
                                  JOIN identity.members n ON n.tenant_id = $1 AND n.user_id = o.user_id
                                  LEFT JOIN scheduling.schedules s
                                         ON s.tenant_id = $1
                                        AND s.id = coalesce(o.schedule_id,
                                                            CASE WHEN o.user_id = e.owner_id THEN e.schedule_id END,
                                                            (SELECT d.id FROM scheduling.schedules d
                                                              WHERE d.tenant_id = $1 AND d.organizer_id = o.user_id AND d.is_default))),
                               '[]') AS "organizers!: Json<Vec<OrganizerRow>>",
                      coalesce((SELECT jsonb_agg(jsonb_build_object('name', q.display_name, 'timezone', q.timezone, 'start', t.start_time, 'end', t.end_time,
                                                                    'stand_in', CASE WHEN s.is_active AND n.status = 'active' THEN s.display_name END)
                                                 ORDER BY t.start_time)
                                  FROM scheduling.event_type_organizers a
                                  JOIN scheduling.blocked_times t ON t.tenant_id = $1 AND t.organizer_id = a.user_id AND t.kind = 'away' AND t.end_time > $2::date
                                  JOIN scheduling.organizer_profiles q ON q.tenant_id = $1 AND q.user_id = a.user_id
                                  LEFT JOIN scheduling.organizer_profiles s ON s.tenant_id = $1 AND s.user_id = t.stand_in_id
                                  LEFT JOIN identity.members n ON n.tenant_id = $1 AND n.user_id = t.stand_in_id
                                 WHERE a.tenant_id = $1 AND a.event_type_id = e.id AND $3::uuid IS NULL AND e.mode = 'one'),
                               '[]') AS "absences!: Json<Vec<AbsenceRow>>"
                 FROM scheduling.event_types e
                 JOIN scheduling.organizer_profiles p ON p.tenant_id = $1 AND p.user_id = e.owner_id
                 JOIN identity.members m ON m.tenant_id = $1 AND m.user_id = e.owner_id
                 JOIN directory.tenants t ON t.id = $1
                WHERE e.tenant_id = $1 "# + $tail,
            $($argument),*
        )
    };
}

pub async fn offer(ctx: &mut Ctx, which: Which<'_>, since: Date) -> Result<Option<OfferRow>> {
    let tenant = ctx.tenant.0;
    let db = ctx.db().await?;
    let none = None::<Uuid>;
    let row = match which {
        Which::Id(id) => offers!("AND e.id = $4", tenant, since as Date, none, id).fetch_optional(db).await,
        Which::Public { organizer, slug } => {
            offers!("AND e.owner_id = $4 AND e.slug = $5", tenant, since as Date, none, organizer, slug).fetch_optional(db).await
        }
        Which::Booking(id) => {
            let of_booking = offers!(
                "AND e.id = (SELECT b.event_type_id FROM scheduling.bookings b WHERE b.tenant_id = $1 AND b.id = $3)",
                tenant,
                since as Date,
                Some(id),
            );
            of_booking.fetch_optional(db).await
        }
    };
    Ok(row?)
}

/// Locks the time of all who may hold the booking, those who stand in included, in the order of their ids, so that two bookings that need the same people
/// wait for each other and never both.
pub async fn lock(ctx: &mut Ctx, which: Which<'_>) -> Result<()> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let (id, organizer, slug, booking) = match which {
        Which::Id(id) => (Some(id), None, None, None),
        Which::Public { organizer, slug } => (None, Some(organizer), Some(slug), None),
        Which::Booking(id) => (None, None, None, Some(id)),
    };
    sqlx::query!(
        "SELECT b.id
           FROM scheduling.bookables b
          WHERE b.tenant_id = $1
            AND b.id IN (SELECT o.user_id FROM scheduling.event_type_organizers o
                          WHERE o.tenant_id = $1 AND o.event_type_id = $2
                          UNION ALL
                         SELECT t.stand_in_id FROM scheduling.event_type_organizers o
                           JOIN scheduling.blocked_times t ON t.tenant_id = $1 AND t.organizer_id = o.user_id AND t.end_time > $6
                          WHERE o.tenant_id = $1 AND o.event_type_id = $2
                          UNION ALL
                         SELECT t.stand_in_id FROM scheduling.event_types e
                           JOIN scheduling.event_type_organizers o ON o.tenant_id = $1 AND o.event_type_id = e.id
                           JOIN scheduling.blocked_times t ON t.tenant_id = $1 AND t.organizer_id = o.user_id AND t.end_time > $6
                          WHERE e.tenant_id = $1 AND e.owner_id = $3 AND e.slug = $4
                          UNION ALL
                         SELECT o.user_id FROM scheduling.event_types e
                           JOIN scheduling.event_type_organizers o ON o.tenant_id = $1 AND o.event_type_id = e.id
                          WHERE e.tenant_id = $1 AND e.owner_id = $3 AND e.slug = $4
                          UNION ALL
                         SELECT k.user_id FROM scheduling.booking_organizers k WHERE k.tenant_id = $1 AND k.booking_id = $5)
          ORDER BY b.id
            FOR NO KEY UPDATE OF b",
        tenant,
        id,
        organizer,
        slug,
        booking,
        now as Timestamp,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    Ok(())
}

/// As [`lock`], of those given.
pub async fn lock_all(ctx: &mut Ctx, organizers: &[Uuid]) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "SELECT id FROM scheduling.bookables WHERE tenant_id = $1 AND id = ANY ($2) ORDER BY id FOR NO KEY UPDATE",
        tenant,
        organizers
    )
    .fetch_all(ctx.db().await?)
    .await?;
    Ok(())
}

struct BusyRow {
    /// Of whom; nobody where it only counts for the limits of the event type.
    bookable_id: Option<Uuid>,
    kind: String,
    ref_id: Uuid,
    start_time: Timestamp,
    end_time: Timestamp,
    before: i32,
    after: i32,
    same_type: bool,
    /// A hold that has run out and takes nothing, though the constraint still sees it.
    is_expired: bool,
    /// Of a blocked time: in whose wall clock it recurs, how often and until when, and who stands in.
    timezone: Option<String>,
    repeats: Option<Repeats>,
    until: Option<Date>,
    stand_in_id: Option<Uuid>,
}

/// What takes time.
pub struct Taken {
    /// By the place of the organizer in the offer.
    pub busy: Vec<Vec<Busy>>,
    /// The bookings of the event type, whoever holds them, and times kept for more, where a limit counts them.
    pub of_event: Vec<Interval>,
}

/// Bookings and holds of all organizers, with the buffers stored beside them, and blocked times, those that recur by their first time.
/// A booking lasts a day at most, which
/// bounds the index from below; the range operator `&&` is not leakproof and would use none under the policies.
async fn taken_time(ctx: &mut Ctx, offer: &Offer, reach: Interval, except: Option<Uuid>) -> Result<Vec<BusyRow>> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let rows = sqlx::query_as!(
        BusyRow,
        r#"SELECT o.bookable_id, o.kind AS "kind!", o.ref_id AS "ref_id!", o.start_time AS "start_time!", o.end_time AS "end_time!",
                  coalesce(b.buffer_before_minutes, h.buffer_before_minutes, 0) AS "before!",
                  coalesce(b.buffer_after_minutes, h.buffer_after_minutes, 0) AS "after!",
                  coalesce(b.event_type_id = $3, h.event_type_id = $3, false) AS "same_type!", coalesce(o.expires_at <= $6, false) AS "is_expired!",
                  NULL AS timezone, NULL AS "repeats: Repeats", NULL::date AS "until: Date", NULL::uuid AS stand_in_id
             FROM scheduling.occupancy o
             LEFT JOIN scheduling.bookings b ON b.tenant_id = $1 AND b.id = o.ref_id
             LEFT JOIN scheduling.holds h ON h.tenant_id = $1 AND h.id = o.ref_id
            WHERE o.tenant_id = $1 AND o.bookable_id = ANY ($2)
              AND o.start_time > $4::timestamptz - interval '1 day' AND o.start_time < $5 AND o.end_time > $4
              AND o.kind IN ('booking', 'hold')
              AND o.ref_id IS DISTINCT FROM $7
            UNION ALL
           SELECT t.organizer_id, t.kind, t.id, t.start_time, t.end_time, 0, 0, false, false, NULL, NULL, NULL, t.stand_in_id
             FROM scheduling.blocked_times t
            WHERE t.tenant_id = $1 AND t.organizer_id = ANY ($2) AND t.start_time < $5 AND t.end_time > $4 AND t.repeats = 'never'
            UNION ALL
           SELECT t.organizer_id, t.kind, t.id, t.start_time, t.end_time, 0, 0, false, false, t.timezone, t.repeats, t.until, NULL
             FROM scheduling.blocked_times t
            WHERE t.tenant_id = $1 AND t.organizer_id = ANY ($2) AND t.start_time < $5 AND t.repeats <> 'never'
              AND (t.until IS NULL OR t.until > ($4::timestamptz AT TIME ZONE 'UTC')::date - 30)
            UNION ALL
           SELECT NULL, 'booking', b.id, b.start_time, b.end_time, 0, 0, true, false, NULL, NULL, NULL, NULL
             FROM scheduling.bookings b
            WHERE $8 AND b.tenant_id = $1 AND b.event_type_id = $3 AND b.status NOT IN ('cancelled', 'declined')
              AND b.start_time > $4::timestamptz - interval '1 day' AND b.start_time < $5 AND b.end_time > $4
              AND b.id IS DISTINCT FROM $7
            UNION ALL
           SELECT NULL, 'hold', h.id, h.start_time, h.end_time, 0, 0, true, false, NULL, NULL, NULL, NULL
             FROM scheduling.holds h
            WHERE $8 AND h.tenant_id = $1 AND h.event_type_id = $3 AND h.expires_at > $6
              AND h.start_time < $5 AND h.end_time > $4
              AND h.id IS DISTINCT FROM $7"#,
        tenant,
        &offer.organizers.iter().map(|organizer| organizer.user_id).collect::<Vec<_>>(),
        offer.event_type_id,
        Timestamp::from_second(reach.start) as Timestamp,
        Timestamp::from_second(reach.end) as Timestamp,
        now as Timestamp,
        except,
        offer.settings.limits.iter().any(|limit| limit.scope == Scope::Event),
    );
    Ok(rows.fetch_all(ctx.db().await?).await?)
}

fn taken_of(offer: &Offer, rows: Vec<BusyRow>, reach: Interval) -> Result<Taken> {
    let mut taken = Taken { busy: vec![Vec::new(); offer.organizers.len()], of_event: Vec::new() };
    let places: HashMap<Uuid, usize> = offer.organizers.iter().enumerate().map(|(place, organizer)| (organizer.user_id, place)).collect();
    // When each of them is away, by who stands in.
    let mut replaced: HashMap<Uuid, Vec<Interval>> = HashMap::new();
    for row in rows.into_iter().filter(|row| !row.is_expired) {
        let (bookable_id, stand_in_id) = (row.bookable_id, row.stand_in_id);
        let all = row.into_busy(reach)?;
        match bookable_id {
            None => taken.of_event.extend(all.iter().map(|busy| busy.time)),
            Some(user) => {
                if let Some(stand_in) = stand_in_id {
                    replaced.entry(stand_in).or_default().extend(all.iter().map(|busy| busy.time));
                }
                if let Some(busy) = places.get(&user).and_then(|place| taken.busy.get_mut(*place)) {
                    busy.extend(all);
                }
            }
        }
    }
    for (organizer, busy) in offer.organizers.iter().zip(&mut taken.busy).filter(|(organizer, _)| organizer.is_stand_in) {
        let not_needed = slots::uncovered(reach, replaced.remove(&organizer.user_id).unwrap_or_default());
        let kind = BusyKind::NotNeeded;
        busy.extend(not_needed.into_iter().map(|time| Busy { kind, id: Uuid::nil(), time, padded: time, is_same_event: false }));
    }
    Ok(taken)
}

/// All that takes the organizers' time there.
pub async fn busy(ctx: &mut Ctx, offer: &Offer, reach: Interval, except: Option<Uuid>) -> Result<Taken> {
    let rows = taken_time(ctx, offer, reach, except).await?;
    taken_of(offer, rows, reach)
}

/// As [`busy`]; and removes the holds there that have run out. Seldom is there one, so the look alone is the usual case.
pub async fn busy_and_clean(ctx: &mut Ctx, offer: &Offer, reach: Interval, except: Option<Uuid>) -> Result<Taken> {
    let rows = taken_time(ctx, offer, reach, except).await?;
    let expired: Vec<Uuid> = rows.iter().filter(|row| row.is_expired).map(|row| row.ref_id).collect();
    if !expired.is_empty() {
        let tenant = ctx.tenant.0;
        sqlx::query!(
            "WITH gone AS (DELETE FROM scheduling.holds WHERE tenant_id = $1 AND id = ANY ($2))
             DELETE FROM scheduling.occupancy WHERE tenant_id = $1 AND kind = 'hold' AND ref_id = ANY ($2)",
            tenant,
            &expired
        )
        .execute(ctx.db().await?)
        .await?;
    }
    taken_of(offer, rows, reach)
}

/// Who was given the bookings of the event type, in the order in which they were made: user, when it was made, when it starts.
/// The latest ones, which say enough about turns; not those that came to nothing.
pub async fn given(ctx: &mut Ctx, event_type: Uuid) -> Result<Vec<(Uuid, i64, i64)>> {
    let tenant = ctx.tenant.0;
    let mut rows = sqlx::query!(
        r#"SELECT k.user_id, b.created_at AS "created_at: Timestamp", b.start_time AS "start_time: Timestamp"
           FROM (SELECT id, created_at, start_time FROM scheduling.bookings
                  WHERE tenant_id = $1 AND event_type_id = $2 AND status NOT IN ('cancelled', 'declined')
                  ORDER BY created_at DESC, id DESC LIMIT 1000) b
           JOIN scheduling.booking_organizers k ON k.tenant_id = $1 AND k.booking_id = b.id
          ORDER BY b.created_at DESC, b.id DESC, k.position DESC"#,
        tenant,
        event_type,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    rows.reverse();
    Ok(rows.into_iter().map(|row| (row.user_id, row.created_at.as_second(), row.start_time.as_second())).collect())
}

impl BusyRow {
    /// Several where it recurs.
    fn into_busy(self, reach: Interval) -> Result<Vec<Busy>> {
        let kind = match self.kind.as_str() {
            "booking" => BusyKind::Booking,
            "hold" => BusyKind::Hold,
            "away" => BusyKind::Away,
            _ => BusyKind::Block,
        };
        let time = Interval::new(self.start_time.as_second(), self.end_time.as_second());
        let busy = |time: Interval| {
            let padded = Interval::new(time.start - i64::from(self.before) * 60, time.end + i64::from(self.after) * 60);
            Busy { kind, id: self.ref_id, time, padded, is_same_event: self.same_type }
        };
        Ok(match (&self.timezone, self.repeats) {
            (Some(name), Some(repeats)) => {
                let zone = zone(name).map_err(Error::internal)?;
                slots::occurrences(time, &zone, repeats, self.until.map(|until| until.0), reach).into_iter().map(busy).collect()
            }
            _ => vec![busy(time)],
        })
    }
}

//! What the slot engine reads.

use platform::time::{Date, Timestamp};
use platform::{Ctx, Result};
use sqlx::types::Json;
use uuid::Uuid;

use super::{Lock, Offer, Which};
use crate::event_types::{HorizonType, LocationType};
use crate::slots::{Busy, BusyKind, Interval, Limit, StartGrid};

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
    pub organizer_slug: String,
    pub display_name: String,
    pub organizer_timezone: String,
    pub brand_color: String,
    pub logo_url: Option<String>,
    pub domain: Option<String>,
    pub email: String,
    pub locale: String,
    pub schedule_timezone: Option<String>,
    /// Weekday from 0 for Monday, and minutes after midnight.
    pub rules: Json<Vec<(u8, u16, u16)>>,
    pub overrides: Json<Vec<Dated>>,
}

/// Event type, organizer, the schedule in effect and all it holds, before what differs.
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
                      p.slug AS organizer_slug, p.display_name, p.timezone AS organizer_timezone,
                      CASE WHEN p.brand_color <> '#0066cc' THEN p.brand_color
                           ELSE coalesce(t.branding ->> 'color', p.brand_color) END AS "brand_color!", t.logo_url, directory.domain_of(t.id) AS domain,
                      m.email, m.locale,
                      s.timezone AS "schedule_timezone?",
                      coalesce((SELECT jsonb_agg(jsonb_build_array(r.day_of_week,
                                                                   (extract(epoch FROM r.start_time) / 60)::integer,
                                                                   (extract(epoch FROM r.end_time) / 60)::integer))
                                  FROM scheduling.availability_rules r
                                 WHERE r.tenant_id = $1 AND r.schedule_id = s.id AND r.is_active),
                               '[]') AS "rules!: Json<Vec<(u8, u16, u16)>>",
                      coalesce((SELECT jsonb_agg(jsonb_build_array(d.date,
                                                                   (extract(epoch FROM d.start_time) / 60)::integer,
                                                                   (extract(epoch FROM d.end_time) / 60)::integer))
                                  FROM scheduling.date_overrides d
                                 WHERE d.tenant_id = $1 AND d.schedule_id = s.id AND d.date >= $2),
                               '[]') AS "overrides!: Json<Vec<Dated>>"
                 FROM scheduling.event_types e
                 JOIN scheduling.organizer_profiles p ON p.tenant_id = $1 AND p.user_id = e.owner_id
                 JOIN scheduling.bookables b ON b.tenant_id = $1 AND b.id = e.owner_id
                 JOIN identity.members m ON m.tenant_id = $1 AND m.user_id = e.owner_id
                 JOIN directory.tenants t ON t.id = $1
                 LEFT JOIN scheduling.schedules s
                        ON s.tenant_id = $1
                       AND s.id = coalesce(e.schedule_id, (SELECT d.id FROM scheduling.schedules d
                                                            WHERE d.tenant_id = $1 AND d.organizer_id = e.owner_id AND d.is_default))
                WHERE e.tenant_id = $1 "# + $tail,
            $($argument),*
        )
    };
}

pub async fn offer(ctx: &mut Ctx, which: Which<'_>, lock: Lock, since: Date) -> Result<Option<OfferRow>> {
    let tenant = ctx.tenant.0;
    let db = ctx.db().await?;
    let row = match (which, lock) {
        (Which::Id(id), Lock::No) => offers!("AND e.id = $3", tenant, since as Date, id).fetch_optional(db).await,
        (Which::Id(id), Lock::Organizer) => {
            offers!("AND e.id = $3 FOR NO KEY UPDATE OF b", tenant, since as Date, id).fetch_optional(db).await
        }
        (Which::Public { organizer, slug }, Lock::No) => {
            offers!("AND e.owner_id = $3 AND e.slug = $4", tenant, since as Date, organizer, slug).fetch_optional(db).await
        }
        (Which::Public { organizer, slug }, Lock::Organizer) => {
            offers!("AND e.owner_id = $3 AND e.slug = $4 FOR NO KEY UPDATE OF b", tenant, since as Date, organizer, slug)
                .fetch_optional(db)
                .await
        }
    };
    Ok(row?)
}

struct BusyRow {
    kind: String,
    ref_id: Uuid,
    start_time: Timestamp,
    end_time: Timestamp,
    before: i32,
    after: i32,
    same_type: bool,
    /// A hold that has run out and takes nothing, though the constraint still sees it.
    is_expired: bool,
}

/// Bookings and holds, with the buffers stored beside them, and blocked times. A booking lasts a day at most, which bounds
/// the index from below; the range operator `&&` is not leakproof and would use none under the policies.
async fn taken_time(ctx: &mut Ctx, offer: &Offer, reach: Interval, except: Option<Uuid>) -> Result<Vec<BusyRow>> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let rows = sqlx::query_as!(
        BusyRow,
        r#"SELECT o.kind AS "kind!", o.ref_id AS "ref_id!", o.start_time AS "start_time!", o.end_time AS "end_time!",
                  coalesce(b.buffer_before_minutes, 0) AS "before!", coalesce(b.buffer_after_minutes, 0) AS "after!",
                  coalesce(b.event_type_id = $3, false) AS "same_type!", coalesce(o.expires_at <= $6, false) AS "is_expired!"
             FROM scheduling.occupancy o
             LEFT JOIN scheduling.bookings b ON b.tenant_id = $1 AND b.id = o.ref_id
            WHERE o.tenant_id = $1 AND o.bookable_id = $2
              AND o.start_time > $4::timestamptz - interval '1 day' AND o.start_time < $5 AND o.end_time > $4
              AND o.kind IN ('booking', 'hold')
              AND o.ref_id IS DISTINCT FROM $7
            UNION ALL
           SELECT 'block', t.id, t.start_time, t.end_time, 0, 0, false, false
             FROM scheduling.blocked_times t
            WHERE t.tenant_id = $1 AND t.organizer_id = $2 AND t.start_time < $5 AND t.end_time > $4"#,
        tenant,
        offer.organizer.user_id,
        offer.event_type_id,
        Timestamp::from_second(reach.start) as Timestamp,
        Timestamp::from_second(reach.end) as Timestamp,
        now as Timestamp,
        except,
    );
    Ok(rows.fetch_all(ctx.db().await?).await?)
}

fn busy_of(rows: Vec<BusyRow>) -> Vec<Busy> {
    rows.into_iter().filter(|row| !row.is_expired).map(Busy::from).collect()
}

/// All that takes the organizer's time there.
pub async fn busy(ctx: &mut Ctx, offer: &Offer, reach: Interval, except: Option<Uuid>) -> Result<Vec<Busy>> {
    taken_time(ctx, offer, reach, except).await.map(busy_of)
}

/// As [`busy`]; and removes the holds there that have run out. Seldom is there one, so the look alone is the usual case.
pub async fn busy_and_clean(ctx: &mut Ctx, offer: &Offer, reach: Interval, except: Option<Uuid>) -> Result<Vec<Busy>> {
    let rows = taken_time(ctx, offer, reach, except).await?;
    let expired: Vec<Uuid> = rows.iter().filter(|row| row.is_expired).map(|row| row.ref_id).collect();
    if !expired.is_empty() {
        let (tenant, organizer) = (ctx.tenant.0, offer.organizer.user_id);
        sqlx::query!(
            "DELETE FROM scheduling.occupancy WHERE tenant_id = $1 AND bookable_id = $2 AND kind = 'hold' AND ref_id = ANY ($3)",
            tenant,
            organizer,
            &expired,
        )
        .execute(ctx.db().await?)
        .await?;
    }
    Ok(busy_of(rows))
}

impl From<BusyRow> for Busy {
    fn from(row: BusyRow) -> Self {
        let kind = match row.kind.as_str() {
            "booking" => BusyKind::Booking,
            "hold" => BusyKind::Hold,
            _ => BusyKind::Block,
        };
        let time = Interval::new(row.start_time.as_second(), row.end_time.as_second());
        let padded = Interval::new(time.start - i64::from(row.before) * 60, time.end + i64::from(row.after) * 60);
        Self { kind, id: row.ref_id, time, padded, is_same_event: row.same_type }
    }
}

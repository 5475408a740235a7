//! Every statement on times that are kept.

use platform::time::Timestamp;
use platform::{Ctx, OnConstraint, Result};
use uuid::Uuid;

use super::Hold;
use crate::availability::Offer;
use crate::bookings::as_stored;
use crate::bookings::store::{new_ids, taken};

pub async fn find(ctx: &mut Ctx, secret: &[u8]) -> Result<Option<Hold>> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let hold = sqlx::query_as!(
        Hold,
        r#"SELECT id, event_type_id, start_time AS "start: Timestamp", expires_at AS "until: Timestamp"
             FROM scheduling.holds WHERE tenant_id = $1 AND (secret_hash = $2 OR previous_hash = $2) AND expires_at > $3
            ORDER BY created_at DESC LIMIT 1"#,
        tenant,
        secret,
        now as Timestamp,
    );
    Ok(hold.fetch_optional(ctx.db().await?).await?)
}

/// The next form of the same visitor has another secret: what the one before gives back as it goes is not this one's.
pub async fn hand_over(ctx: &mut Ctx, id: Uuid, secret: &[u8], previous: &[u8]) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "UPDATE scheduling.holds SET secret_hash = $3, previous_hash = $4 WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        secret,
        previous
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

/// Of which form of a visitor a secret is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The one that has it now.
    Now,
    /// The one after it too.
    OrBefore,
}

/// By what a hold is found again.
pub struct KnownBy<'a> {
    pub secret: &'a [u8],
    pub previous: Option<&'a [u8]>,
    pub address: &'a [u8],
}

/// What has run out is left to who locks its time: two who remove the same rows in another order would wait for each other.
pub async fn release(ctx: &mut Ctx, secrets: &[Vec<u8>], whose: Whose) -> Result<()> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    sqlx::query!(
        "WITH gone AS (DELETE FROM scheduling.holds WHERE tenant_id = $1 AND (secret_hash = ANY ($2) OR ($4 AND previous_hash = ANY ($2))) AND expires_at > $3 RETURNING id)
         DELETE FROM scheduling.occupancy WHERE tenant_id = $1 AND kind = 'hold' AND ref_id IN (SELECT id FROM gone)",
        tenant,
        secrets,
        now as Timestamp,
        whose == Whose::OrBefore,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

pub struct Kept {
    pub of_event_type: i64,
    pub of_address: i64,
}

/// How many are kept now.
pub async fn count(ctx: &mut Ctx, event_type: Uuid, address: &[u8]) -> Result<Kept> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let kept = sqlx::query_as!(
        Kept,
        r#"SELECT (SELECT count(*) FROM scheduling.holds WHERE tenant_id = $1 AND event_type_id = $2 AND expires_at > $4) AS "of_event_type!",
                  (SELECT count(*) FROM scheduling.holds WHERE tenant_id = $1 AND address_hash = $3 AND expires_at > $4) AS "of_address!""#,
        tenant,
        event_type,
        address,
        now as Timestamp,
    );
    Ok(kept.fetch_one(ctx.db().await?).await?)
}

/// Takes the time of all of them, in one statement.
///
/// # Errors
/// 409 `slot_taken` where it is taken.
pub async fn insert(ctx: &mut Ctx, hold: &Hold, offer: &Offer, organizers: &[Uuid], by: &KnownBy<'_>) -> Result<()> {
    let (tenant, settings) = (ctx.tenant.0, &offer.settings);
    sqlx::query!(
        "WITH kept AS (
             INSERT INTO scheduling.holds (tenant_id, id, event_type_id, secret_hash, address_hash, start_time, end_time,
                                           buffer_before_minutes, buffer_after_minutes, expires_at, previous_hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $13)
         )
         INSERT INTO scheduling.occupancy (tenant_id, id, bookable_id, kind, ref_id, start_time, end_time, expires_at)
         SELECT $1, o.id, o.user_id, 'hold', $2, $6, $7, $10 FROM unnest($11::uuid[], $12::uuid[]) AS o (id, user_id)",
        tenant,
        hold.id,
        hold.event_type_id,
        by.secret,
        by.address,
        hold.start as Timestamp,
        offer.end_of(hold.start) as Timestamp,
        as_stored(settings.buffer_before_minutes),
        as_stored(settings.buffer_after_minutes),
        hold.until as Timestamp,
        &new_ids(organizers),
        organizers,
        by.previous,
    )
    .execute(ctx.db().await?)
    .await
    .on_constraint("bookings_no_overlap", taken)?;
    Ok(())
}

//! Every statement on many bookings at once: those that are due, and those whose links are renewed.

use platform::time::Timestamp;
use platform::{Ctx, Result};
use uuid::Uuid;

/// Completes confirmed bookings whose end has passed, as many as given, and answers which. Those that somebody is
/// changing are left for the next time.
pub async fn complete_due(ctx: &mut Ctx, most: i64) -> Result<Vec<Uuid>> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let ids = sqlx::query_scalar!(
        "UPDATE scheduling.bookings
            SET status = 'completed'
          WHERE tenant_id = $1
            AND id IN (SELECT id FROM scheduling.bookings
                        WHERE tenant_id = $1 AND status = 'confirmed' AND end_time <= $2
                        ORDER BY start_time LIMIT $3
                          FOR NO KEY UPDATE SKIP LOCKED)
        RETURNING id",
        tenant,
        now as Timestamp,
        most,
    );
    Ok(ids.fetch_all(ctx.db().await?).await?)
}

/// The tenants in which confirmed bookings have ended. Runs as the owner, since it spans tenants.
pub async fn tenants_with_due(owner: &sqlx::PgPool, now: Timestamp) -> Result<Vec<Uuid>> {
    let tenants = sqlx::query_scalar!(
        "SELECT DISTINCT tenant_id FROM scheduling.bookings WHERE status = 'confirmed' AND end_time <= $1",
        now as Timestamp,
    );
    Ok(tenants.fetch_all(owner).await?)
}

/// Bookings that are still to come, of all tenants: tenant and booking, each as many as the other. Runs as the owner.
pub async fn to_come(owner: &mut sqlx::PgConnection) -> Result<Vec<(Uuid, Uuid)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT tenant_id, id FROM scheduling.bookings
          WHERE end_time > now() AND status IN ('pending', 'confirmed') AND invitee_email <> ''"
    );
    Ok(rows.fetch_all(owner).await?.into_iter().map(|row| (row.tenant_id, row.id)).collect())
}

/// Gives bookings other links. Runs as the owner.
pub async fn set_links(owner: &mut sqlx::PgConnection, tenants: &[Uuid], ids: &[Uuid], hashes: &[Vec<u8>]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE scheduling.bookings b SET access_token_hash = n.hash
           FROM unnest($1::uuid[], $2::uuid[], $3::bytea[]) AS n (tenant_id, id, hash)
          WHERE b.tenant_id = n.tenant_id AND b.id = n.id",
        tenants,
        ids,
        hashes,
    )
    .execute(owner)
    .await?;
    Ok(())
}

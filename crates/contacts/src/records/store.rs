//! Contacts by when something happened with them.

use platform::records::{Due, Reader, Sample, Window};
use platform::time::Timestamp;
use platform::{Ctx, Result};
use uuid::Uuid;

pub async fn recent(ctx: &mut Ctx, most: i64) -> Result<Vec<Sample>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_as!(
        Sample,
        r#"SELECT id, name, created_at AS "at: Timestamp" FROM contacts.contacts
            WHERE tenant_id = $1 AND archived_at IS NULL
            ORDER BY created_at DESC, id DESC
            LIMIT $2"#,
        tenant,
        most,
    );
    Ok(found.fetch_all(ctx.db().await?).await?)
}

/// A booking, a talk that was noted, or that it became known: whichever came last.
pub async fn inactive(ctx: &mut Ctx, window: Window) -> Result<Due> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query!(
        r#"SELECT id, greatest(created_at, last_booking_at, last_contacted_at) AS "at!: Timestamp" FROM contacts.contacts
            WHERE tenant_id = $1 AND archived_at IS NULL
              AND greatest(created_at, last_booking_at, last_contacted_at) > $3::timestamptz - make_interval(mins => $2)
              AND greatest(created_at, last_booking_at, last_contacted_at) <= $4::timestamptz - make_interval(mins => $2)"#,
        tenant,
        window.minutes,
        window.after as Timestamp,
        window.until as Timestamp,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    Ok(found.into_iter().map(|row| (row.id, row.at)).collect())
}

pub async fn owner(ctx: &mut Ctx, user: Uuid) -> Result<Option<Reader>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query!(
        "SELECT display_name, email, locale FROM identity.members WHERE tenant_id = $1 AND user_id = $2 AND status = 'active'",
        tenant,
        user,
    )
    .fetch_optional(ctx.db().await?)
    .await?;
    Ok(found.map(|row| Reader { user_id: Some(user), name: row.display_name, email: Some(row.email), phone: None, locale: row.locale }))
}

//! Every statement on templates.

use platform::time::Timestamp;
use platform::{Ctx, Result};
use uuid::Uuid;

use super::{Audience, Fields, MessageTemplate};
use crate::deliveries::Channel;

/// The columns of [`MessageTemplate`], before what differs.
macro_rules! templates {
    ($tail:tt, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            MessageTemplate,
            r#"SELECT id, owner_id, name, kind, audience AS "audience: Audience", channel AS "channel: Channel", language, subject, body,
                      required_placeholders, version, updated_at AS "updated_at: Timestamp"
                 FROM messaging.notification_templates WHERE tenant_id = $1 "# + $tail,
            $($argument),*
        )
    };
}

/// All of the workspace, or with `own` those of that organizer and the workspace's, which hold for him or her too.
///
/// # Errors
/// The database's.
pub async fn list(ctx: &mut Ctx, own: Option<Uuid>) -> Result<Vec<MessageTemplate>> {
    let tenant = ctx.tenant.0;
    let found = templates!(
        "AND ($2::uuid IS NULL OR owner_id IS NULL OR owner_id = $2) ORDER BY kind, audience, channel, language, owner_id NULLS FIRST LIMIT 1000",
        tenant,
        own,
    );
    Ok(found.fetch_all(ctx.db().await?).await?)
}

/// Locked until the commit, where it is to change.
///
/// # Errors
/// The database's.
pub async fn find(ctx: &mut Ctx, id: Uuid) -> Result<Option<MessageTemplate>> {
    let tenant = ctx.tenant.0;
    let found = templates!("AND id = $2 FOR NO KEY UPDATE", tenant, id);
    Ok(found.fetch_optional(ctx.db().await?).await?)
}

/// The one that holds: the organizer's before the workspace's, each in that language, else in the workspace's, else in English.
///
/// # Errors
/// The database's.
pub async fn choose(
    ctx: &mut Ctx,
    owner: Uuid,
    kind: &str,
    audience: Audience,
    channel: Channel,
    language: &str,
) -> Result<Option<MessageTemplate>> {
    let tenant = ctx.tenant.0;
    let found = templates!(
        "AND (owner_id IS NULL OR owner_id = $2) AND kind = $3 AND audience = $4 AND channel = $5
           AND language IN ($6, (SELECT locale FROM directory.tenants WHERE id = $1), 'en')
         ORDER BY owner_id NULLS LAST, language = $6 DESC, language = 'en' LIMIT 1",
        tenant,
        owner,
        kind,
        audience as Audience,
        channel as Channel,
        language,
    );
    Ok(found.fetch_optional(ctx.db().await?).await?)
}

pub async fn insert(ctx: &mut Ctx, id: Uuid, owner: Option<Uuid>, fields: &Fields) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "INSERT INTO messaging.notification_templates
                (tenant_id, id, owner_id, name, kind, audience, channel, language, subject, body, required_placeholders)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        tenant,
        id,
        owner,
        fields.name,
        fields.kind,
        fields.audience as Audience,
        fields.channel as Channel,
        fields.language,
        fields.subject,
        fields.body,
        &fields.required,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

pub async fn update(ctx: &mut Ctx, id: Uuid, name: &str, subject: &str, body: &str) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "UPDATE messaging.notification_templates SET name = $3, subject = $4, body = $5 WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        name,
        subject,
        body,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

pub async fn delete(ctx: &mut Ctx, id: Uuid) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!("DELETE FROM messaging.notification_templates WHERE tenant_id = $1 AND id = $2", tenant, id)
        .execute(ctx.db().await?)
        .await?;
    Ok(())
}

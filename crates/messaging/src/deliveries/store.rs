//! Every statement on deliveries.

use platform::crypto::Place;
use platform::text::email_key;
use platform::time::Timestamp;
use platform::{Ctx, Result, TenantId};
use uuid::Uuid;

use super::{Channel, Message, New, Status};

pub fn place(tenant: TenantId, id: Uuid) -> Place<'static> {
    Place { column: "messaging.notification_deliveries.message_ciphertext", tenant: Some(tenant.0), row: id }
}

/// What the message's beginning in the log may take.
const TITLE: usize = 120;

/// Answers what became of it; None where one of its key is written already.
pub(super) async fn insert(ctx: &mut Ctx, new: &New<'_>) -> Result<Option<Status>> {
    let (tenant, now, message) = (ctx.tenant.0, ctx.now(), new.message);
    let title: String = if message.subject.is_empty() { &message.text } else { &message.subject }.chars().take(TITLE).collect();
    let (subject_type, subject_id) = message.about.clone().unzip();
    let written = sqlx::query_scalar!(
        r#"INSERT INTO messaging.notification_deliveries AS d
                  (tenant_id, id, channel, kind, user_id, to_user_id, recipient, person_id, subject_type, subject_id, title, language,
                   is_transactional, status, error, segments, message_ciphertext, dedupe_key, not_before, created_at, updated_at)
           SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
                  CASE WHEN s.id IS NULL THEN $14 ELSE 'suppressed' END, coalesce($15, s.reason), $16, $17, $18, $19, $20, $20
             FROM (VALUES (1)) AS one
             LEFT JOIN messaging.suppressions s
                    ON s.tenant_id = $1 AND s.channel = $3 AND s.recipient = $21 AND $14 = 'queued' AND (s.reason = 'stopped' OR NOT $13)
               ON CONFLICT (tenant_id, dedupe_key) DO NOTHING
           RETURNING d.status AS "status: Status""#,
        tenant,
        new.id,
        message.channel as Channel,
        message.kind,
        message.on_behalf_of,
        new.to_user_id,
        new.recipient,
        message.person,
        subject_type,
        subject_id,
        title,
        message.language,
        message.is_transactional,
        new.status as Status,
        new.error,
        new.segments,
        new.sealed,
        message.dedupe_key,
        new.not_before as Option<Timestamp>,
        now as Timestamp,
        email_key(&new.recipient),
    )
    .fetch_optional(ctx.db().await?)
    .await?;
    Ok(written)
}

/// Which messages a list shows.
pub struct Filter {
    /// Of that member alone.
    pub own: Option<Uuid>,
    pub channel: Option<Channel>,
    pub status: Option<Status>,
    pub kind: Option<String>,
    pub subject_id: Option<Uuid>,
    /// An address or number, whole.
    pub recipient: Option<String>,
}

/// The columns of [`Message`], before what differs.
macro_rules! messages {
    ($tail:tt, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            Message,
            r#"SELECT d.id, d.channel AS "channel: Channel", d.kind, d.user_id,
                      CASE WHEN d.channel = 'in_app' THEN coalesce(m.display_name, d.recipient) ELSE d.recipient END AS "recipient!",
                      d.subject_type, d.subject_id, d.title, d.language, d.is_transactional, d.status AS "status: Status", d.attempts,
                      d.external_id, d.provider_response, d.error, d.segments, d.not_before AS "not_before: Timestamp",
                      d.sent_at AS "sent_at: Timestamp", d.created_at AS "created_at: Timestamp"
                 FROM messaging.notification_deliveries d
                 LEFT JOIN identity.members m ON m.tenant_id = d.tenant_id AND m.user_id = d.to_user_id
                WHERE d.tenant_id = $1 "# + $tail,
            $($argument),*
        )
    };
}

pub async fn list(ctx: &mut Ctx, filter: &Filter, before: Option<Uuid>, count: i64) -> Result<Vec<Message>> {
    let tenant = ctx.tenant.0;
    let found = messages!(
        "AND ($2::uuid IS NULL OR d.id < $2)
         AND ($3::uuid IS NULL OR d.user_id = $3)
         AND ($4::text IS NULL OR d.channel = $4)
         AND ($5::text IS NULL OR d.status = $5)
         AND ($6::text IS NULL OR d.kind = $6)
         AND ($7::uuid IS NULL OR d.subject_id = $7)
         AND ($8::text IS NULL OR lower(d.recipient) = $8)
         ORDER BY d.id DESC
         LIMIT $9",
        tenant,
        before,
        filter.own,
        filter.channel as Option<Channel>,
        filter.status as Option<Status>,
        filter.kind,
        filter.subject_id,
        filter.recipient.as_deref().map(email_key),
        count,
    );
    Ok(found.fetch_all(ctx.db().await?).await?)
}

/// Of that member alone, where one is given.
pub async fn find(ctx: &mut Ctx, id: Uuid, own: Option<Uuid>) -> Result<Option<Message>> {
    let tenant = ctx.tenant.0;
    let found = messages!("AND d.id = $2 AND ($3::uuid IS NULL OR d.user_id = $3)", tenant, id, own);
    Ok(found.fetch_optional(ctx.db().await?).await?)
}

/// What another attempt needs to know of a message.
pub struct Locked {
    pub channel: Channel,
    pub status: Status,
    pub recipient: String,
    pub message_ciphertext: Option<Vec<u8>>,
}

/// Locked until the commit.
pub async fn lock(ctx: &mut Ctx, id: Uuid) -> Result<Option<Locked>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_as!(
        Locked,
        r#"SELECT channel AS "channel: Channel", status AS "status: Status", recipient, message_ciphertext
             FROM messaging.notification_deliveries
            WHERE tenant_id = $1 AND id = $2
              FOR NO KEY UPDATE"#,
        tenant,
        id,
    );
    Ok(found.fetch_optional(ctx.db().await?).await?)
}

pub async fn requeue_mail(ctx: &mut Ctx, id: Uuid) -> Result<bool> {
    let requeued = sqlx::query_scalar!(r#"SELECT messaging.requeue_mail($1) AS "requeued!""#, id);
    Ok(requeued.fetch_one(ctx.db().await?).await?)
}

/// One attempt more begins.
pub async fn count_attempt(ctx: &mut Ctx, id: Uuid) -> Result<()> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    sqlx::query!(
        "UPDATE messaging.notification_deliveries SET attempts = attempts + 1, updated_at = $3 WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        now as Timestamp,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

/// What became of an attempt; the provider's name for the message stays once it is known.
pub async fn settle(
    ctx: &mut Ctx,
    id: Uuid,
    status: Status,
    external_id: Option<&str>,
    provider_response: Option<&str>,
    error: Option<&str>,
) -> Result<()> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    sqlx::query!(
        "UPDATE messaging.notification_deliveries
            SET status = $3, external_id = coalesce($4, external_id), provider_response = $5, error = $6,
                sent_at = CASE WHEN $3 IN ('sent', 'delivered') THEN coalesce(sent_at, $7) END, updated_at = $7
          WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        status as Status,
        external_id,
        provider_response,
        error,
        now as Timestamp,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

/// Of a mail that could be unsubscribed from.
pub async fn address(ctx: &mut Ctx, id: Uuid) -> Result<Option<String>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        "SELECT recipient FROM messaging.notification_deliveries WHERE tenant_id = $1 AND id = $2 AND channel = 'email' AND NOT is_transactional",
        tenant,
        id,
    );
    Ok(found.fetch_optional(ctx.db().await?).await?)
}

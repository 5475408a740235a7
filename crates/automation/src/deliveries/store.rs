//! Every statement on deliveries and attempts.

use platform::events::Recorded;
use platform::time::Timestamp;
use platform::{Ctx, Result};
use uuid::Uuid;

use super::{Status, WebhookAttempt, WebhookDelivery};

/// One delivery for each endpoint that wants the event and has none of it yet, with an id of `ids` each; answers those ids.
pub async fn insert_for_event(ctx: &mut Ctx, event: &Recorded, body: &str, ids: &[Uuid]) -> Result<Vec<Uuid>> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let made = sqlx::query_scalar!(
        "INSERT INTO automation.webhook_deliveries
                (tenant_id, id, endpoint_id, event_id, kind, subject_id, body, next_attempt_at, created_at, updated_at)
         SELECT $1, ids.id, e.id, $2, $3, $4, $5, $7, $7, $7
           FROM (SELECT id, row_number() OVER (ORDER BY id) AS n
                   FROM automation.webhook_endpoints
                  WHERE tenant_id = $1 AND is_active AND (kinds IS NULL OR $3 = ANY (kinds))) AS e
           JOIN unnest($6::uuid[]) WITH ORDINALITY AS ids (id, n) USING (n)
             ON CONFLICT (tenant_id, endpoint_id, event_id) DO NOTHING
         RETURNING id",
        tenant,
        event.id,
        event.kind,
        event.subject_id,
        body,
        ids,
        now as Timestamp,
    );
    Ok(made.fetch_all(ctx.db().await?).await?)
}

/// One that no event of a module causes.
pub async fn insert(ctx: &mut Ctx, id: Uuid, (endpoint, event): (Uuid, Uuid), kind: &str, subject: Uuid, body: &str) -> Result<()> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    sqlx::query!(
        "INSERT INTO automation.webhook_deliveries
                (tenant_id, id, endpoint_id, event_id, kind, subject_id, body, next_attempt_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8)",
        tenant,
        id,
        endpoint,
        event,
        kind,
        subject,
        body,
        now as Timestamp,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

pub async fn list(ctx: &mut Ctx, endpoint: Uuid, status: Option<Status>, before: Option<Uuid>, count: i64) -> Result<Vec<WebhookDelivery>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_as!(
        WebhookDelivery,
        r#"SELECT d.id, d.endpoint_id, d.event_id, d.kind, d.status AS "status: Status", d.attempts,
                  d.next_attempt_at AS "next_attempt_at: Timestamp", a.http_status AS "http_status?", a.error AS "error?", d.created_at
             FROM automation.webhook_deliveries d
             LEFT JOIN automation.webhook_attempts a ON a.tenant_id = d.tenant_id AND a.delivery_id = d.id AND a.number = d.attempts
            WHERE d.tenant_id = $1 AND d.endpoint_id = $2 AND ($3::text IS NULL OR d.status = $3) AND ($4::uuid IS NULL OR d.id < $4)
            ORDER BY d.id DESC
            LIMIT $5"#,
        tenant,
        endpoint,
        status as Option<Status>,
        before as Option<Uuid>,
        count,
    );
    Ok(found.fetch_all(ctx.db().await?).await?)
}

pub async fn find(ctx: &mut Ctx, id: Uuid) -> Result<Option<WebhookDelivery>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_as!(
        WebhookDelivery,
        r#"SELECT d.id, d.endpoint_id, d.event_id, d.kind, d.status AS "status: Status", d.attempts,
                  d.next_attempt_at AS "next_attempt_at: Timestamp", a.http_status AS "http_status?", a.error AS "error?", d.created_at
             FROM automation.webhook_deliveries d
             LEFT JOIN automation.webhook_attempts a ON a.tenant_id = d.tenant_id AND a.delivery_id = d.id AND a.number = d.attempts
            WHERE d.tenant_id = $1 AND d.id = $2"#,
        tenant,
        id,
    );
    Ok(found.fetch_optional(ctx.db().await?).await?)
}

pub async fn body(ctx: &mut Ctx, id: Uuid) -> Result<Option<String>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!("SELECT body FROM automation.webhook_deliveries WHERE tenant_id = $1 AND id = $2", tenant, id);
    Ok(found.fetch_optional(ctx.db().await?).await?)
}

pub async fn attempts(ctx: &mut Ctx, delivery: Uuid) -> Result<Vec<WebhookAttempt>> {
    let tenant = ctx.tenant.0;
    let mut found = sqlx::query_as!(
        WebhookAttempt,
        "SELECT number, started_at, duration_ms, http_status, response_body, error
           FROM automation.webhook_attempts
          WHERE tenant_id = $1 AND delivery_id = $2
          ORDER BY number DESC
          LIMIT 100",
        tenant,
        delivery,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    found.reverse();
    Ok(found)
}

/// The number of attempts after which the new round begins.
pub async fn restart(ctx: &mut Ctx, id: Uuid) -> Result<Option<i32>> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let restarted = sqlx::query_scalar!(
        "UPDATE automation.webhook_deliveries SET status = 'pending', round_start = attempts, next_attempt_at = $3, updated_at = $3
          WHERE tenant_id = $1 AND id = $2
         RETURNING attempts",
        tenant,
        id,
        now as Timestamp,
    );
    Ok(restarted.fetch_optional(ctx.db().await?).await?)
}

pub async fn restart_failed(ctx: &mut Ctx, endpoint: Uuid, since: Timestamp, most: i64) -> Result<Vec<(Uuid, i32)>> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let restarted = sqlx::query!(
        "UPDATE automation.webhook_deliveries SET status = 'pending', round_start = attempts, next_attempt_at = $4, updated_at = $4
          WHERE tenant_id = $1
            AND id = ANY (ARRAY(SELECT id FROM automation.webhook_deliveries
                                 WHERE tenant_id = $1 AND endpoint_id = $2 AND status = 'failed' AND created_at >= $3 AND kind <> $6
                                 ORDER BY id
                                 LIMIT $5
                                   FOR NO KEY UPDATE))
         RETURNING id, attempts",
        tenant,
        endpoint,
        since as Timestamp,
        now as Timestamp,
        most,
        super::TEST,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    Ok(restarted.into_iter().map(|row| (row.id, row.attempts)).collect())
}

/// What an attempt needs of its delivery and endpoint.
pub struct Due {
    pub endpoint_id: Uuid,
    pub event_id: Uuid,
    pub kind: String,
    pub body: String,
    pub status: Status,
    pub attempts: i32,
    pub round_start: i32,
    pub claimed_until: Option<Timestamp>,
    pub url: String,
    pub is_active: bool,
    pub failing_since: Option<Timestamp>,
    pub secret_ciphertext: Vec<u8>,
    /// While it still signs.
    pub previous_secret_ciphertext: Option<Vec<u8>>,
}

/// Locked until the commit.
pub async fn lock(ctx: &mut Ctx, id: Uuid) -> Result<Option<Due>> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let found = sqlx::query_as!(
        Due,
        r#"SELECT d.endpoint_id, d.event_id, d.kind, d.body, d.status AS "status: Status", d.attempts, d.round_start,
                  d.claimed_until AS "claimed_until: Timestamp", e.url, e.is_active, e.failing_since AS "failing_since: Timestamp",
                  e.secret_ciphertext,
                  CASE WHEN e.previous_valid_until > $3 THEN e.previous_secret_ciphertext END AS previous_secret_ciphertext
             FROM automation.webhook_deliveries d
             JOIN automation.webhook_endpoints e ON e.tenant_id = d.tenant_id AND e.id = d.endpoint_id
            WHERE d.tenant_id = $1 AND d.id = $2
              FOR NO KEY UPDATE OF d"#,
        tenant,
        id,
        now as Timestamp,
    );
    Ok(found.fetch_optional(ctx.db().await?).await?)
}

pub async fn claim(ctx: &mut Ctx, id: Uuid, until: Timestamp) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "UPDATE automation.webhook_deliveries SET claimed_until = $3 WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        until as Timestamp,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

/// Whether that attempt is this program's to write down: another one may have taken over what took too long here.
pub async fn settle(ctx: &mut Ctx, id: Uuid, attempt: i32, made: &WebhookAttempt, status: Status, next: Option<Timestamp>) -> Result<bool> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let settled = sqlx::query!(
        "WITH settled AS (
             UPDATE automation.webhook_deliveries
                SET status = $4, attempts = attempts + 1, next_attempt_at = $5, claimed_until = NULL, updated_at = $6
              WHERE tenant_id = $1 AND id = $2 AND attempts = $3
             RETURNING attempts)
         INSERT INTO automation.webhook_attempts (tenant_id, id, delivery_id, number, started_at, duration_ms, http_status, response_body, error)
         SELECT $1, $7, $2, attempts, $8, $9, $10, $11, $12 FROM settled",
        tenant,
        id,
        attempt,
        status as Status,
        next as Option<Timestamp>,
        now as Timestamp,
        platform::id::new(),
        made.started_at as Timestamp,
        made.duration_ms,
        made.http_status,
        made.response_body,
        made.error,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(settled.rows_affected() > 0)
}

/// Ends what waits for an endpoint that is off.
pub async fn give_up(ctx: &mut Ctx, id: Uuid) -> Result<()> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    sqlx::query!(
        "UPDATE automation.webhook_deliveries SET status = 'failed', next_attempt_at = NULL, claimed_until = NULL, updated_at = $3
          WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        now as Timestamp,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

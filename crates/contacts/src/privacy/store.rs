//! The contact's rows, for export and erasure, and the reports.

use platform::personal::Outcome;
use platform::time::Timestamp;
use platform::{Ctx, Result};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use super::ContactErasure;

/// A contact, archived or not, under its lock.
pub struct Known {
    pub name: String,
    pub source: String,
    pub owner_id: Option<Uuid>,
}

pub async fn lock(ctx: &mut Ctx, id: Uuid) -> Result<Option<Known>> {
    let tenant = ctx.tenant.0;
    let known = sqlx::query_as!(
        Known,
        "SELECT name, source, owner_id FROM contacts.contacts WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE",
        tenant,
        id
    );
    Ok(known.fetch_optional(ctx.db().await?).await?)
}

pub async fn whole(ctx: &mut Ctx, id: Uuid) -> Result<Value> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        r#"SELECT to_jsonb(c) - 'tenant_id' - 'name_key' - 'email_key' - 'version' AS "found!"
             FROM contacts.contacts c WHERE c.tenant_id = $1 AND c.id = $2"#,
        tenant,
        id,
    );
    Ok(found.fetch_one(ctx.db().await?).await?)
}

/// What the workspace sent to the contact's address.
pub async fn mails(ctx: &mut Ctx, id: Uuid) -> Result<Value> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        r#"SELECT coalesce((SELECT jsonb_agg(jsonb_build_object('kind', m.kind, 'subject', m.subject, 'status', m.status, 'at', m.created_at,
                                                                'sent_at', m.sent_at))
                              FROM platform.mails_to(coalesce(c.email_key, '')) m), '[]') AS "found!"
             FROM contacts.contacts c WHERE c.tenant_id = $1 AND c.id = $2"#,
        tenant,
        id,
    );
    Ok(found.fetch_one(ctx.db().await?).await?)
}

pub async fn empty(ctx: &mut Ctx, id: Uuid) -> Result<u64> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let emptied = sqlx::query!(
        "UPDATE contacts.contacts
            SET name = 'Erased', name_key = 'erased', given_name = NULL, family_name = NULL, email = NULL, email_key = NULL, phone = NULL,
                job_title = NULL, address = NULL, timezone = NULL, locale = NULL, notes = NULL, metadata = '{}', lead_score = 0,
                company_id = NULL, next_follow_up_at = NULL, archived_at = coalesce(archived_at, $3)
          WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        now as Timestamp,
    );
    Ok(emptied.execute(ctx.db().await?).await?.rows_affected())
}

pub async fn note(ctx: &mut Ctx, id: Uuid, contact: Uuid, by: Uuid, outcomes: &[Outcome]) -> Result<()> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    sqlx::query!(
        "INSERT INTO contacts.erasures (tenant_id, id, contact_id, requested_by, outcomes, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        tenant,
        id,
        contact,
        by,
        Json(outcomes) as Json<&[Outcome]>,
        now as Timestamp,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

pub async fn list(ctx: &mut Ctx, before: Option<Uuid>, count: i64) -> Result<Vec<ContactErasure>> {
    let tenant = ctx.tenant.0;
    let rows = sqlx::query!(
        r#"SELECT e.id, e.contact_id, m.display_name, e.outcomes AS "outcomes: Json<Vec<Outcome>>", e.created_at
             FROM contacts.erasures e
             JOIN identity.members m ON m.tenant_id = e.tenant_id AND m.user_id = e.requested_by
            WHERE e.tenant_id = $1 AND ($2::uuid IS NULL OR e.id < $2)
            ORDER BY e.id DESC
            LIMIT $3"#,
        tenant,
        before,
        count,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ContactErasure {
            id: row.id,
            contact_id: row.contact_id,
            requested_by: row.display_name,
            outcomes: row.outcomes.0,
            created_at: row.created_at,
        })
        .collect())
}

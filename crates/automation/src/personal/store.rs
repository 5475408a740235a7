//! The deliveries that name a person, for export and erasure.

use platform::personal::Person;
use platform::{Ctx, Result};
use serde_json::Value;
use uuid::Uuid;

/// The id and the address of the person, by which events name him or her; the address as JSON holds it.
async fn names(ctx: &mut Ctx, person: &Person) -> Result<(Uuid, Option<String>)> {
    let tenant = ctx.tenant.0;
    let (id, email) = match person {
        Person::Member(user) => {
            let email = sqlx::query_scalar!("SELECT email FROM identity.members WHERE tenant_id = $1 AND user_id = $2", tenant, user);
            (*user, email.fetch_optional(ctx.db().await?).await?)
        }
        Person::Contact(contact) => {
            let email = sqlx::query_scalar!("SELECT email FROM contacts.contacts WHERE tenant_id = $1 AND id = $2", tenant, contact);
            (*contact, email.fetch_optional(ctx.db().await?).await?.flatten())
        }
    };
    Ok((id, email.filter(|email| !email.is_empty()).map(|email| format!("\"{}\"", email.to_lowercase()))))
}

pub async fn sent(ctx: &mut Ctx, person: &Person) -> Result<Value> {
    let (id, email) = names(ctx, person).await?;
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        r#"SELECT coalesce(jsonb_agg(jsonb_build_object('kind', d.kind, 'to', d.host, 'status', d.status, 'at', d.created_at)), '[]') AS "found!"
             FROM (SELECT d.kind, substring(e.url FROM '^[a-z]+://([^/?#]+)') AS host, d.status, d.created_at
                     FROM automation.webhook_deliveries d
                     JOIN automation.webhook_endpoints e ON e.tenant_id = d.tenant_id AND e.id = d.endpoint_id
                    WHERE d.tenant_id = $1 AND (strpos(d.body, $2) > 0 OR d.subject_id = $3 OR strpos(lower(d.body), $4) > 0)
                    ORDER BY d.id DESC
                    LIMIT 5000) AS d"#,
        tenant,
        id.to_string(),
        id,
        email as Option<String>,
    );
    Ok(found.fetch_one(ctx.db().await?).await?)
}

pub async fn erase(ctx: &mut Ctx, person: &Person) -> Result<u64> {
    let (id, email) = names(ctx, person).await?;
    let tenant = ctx.tenant.0;
    let gone = sqlx::query!(
        "DELETE FROM automation.webhook_deliveries
          WHERE tenant_id = $1 AND (strpos(body, $2) > 0 OR subject_id = $3 OR strpos(lower(body), $4) > 0)",
        tenant,
        id.to_string(),
        id,
        email as Option<String>,
    );
    Ok(gone.execute(ctx.db().await?).await?.rows_affected())
}

/// The newest 5,000 that ran for the person or for what names him or her, with what their steps said.
pub async fn executions(ctx: &mut Ctx, person: &Person) -> Result<Value> {
    let (id, email) = names(ctx, person).await?;
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        r#"SELECT coalesce(jsonb_agg(jsonb_build_object('workflow', x.name, 'status', x.status, 'at', x.created_at, 'steps', x.steps)), '[]') AS "found!"
             FROM (SELECT w.name, e.status, e.created_at,
                          (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', s.kind, 'status', s.status, 'input', s.input) ORDER BY s.position), '[]')
                             FROM automation.workflow_execution_steps s
                            WHERE s.tenant_id = $1 AND s.execution_id = e.id) AS steps
                     FROM automation.workflow_executions e
                     JOIN automation.workflows w ON w.tenant_id = $1 AND w.id = e.workflow_id
                    WHERE e.tenant_id = $1
                      AND (e.contact_id = $3 OR e.subject_id = $3 OR strpos(e.data::text, $2) > 0 OR strpos(lower(e.data::text), $4) > 0
                           OR EXISTS (SELECT FROM automation.workflow_execution_steps s
                                       WHERE s.tenant_id = $1 AND s.execution_id = e.id AND strpos(lower(s.input::text), $4) > 0))
                    ORDER BY e.id DESC
                    LIMIT 5000) AS x"#,
        tenant,
        id.to_string(),
        id,
        email as Option<String>,
    );
    Ok(found.fetch_one(ctx.db().await?).await?)
}

/// One that is under way ends by that.
pub async fn erase_executions(ctx: &mut Ctx, person: &Person) -> Result<u64> {
    let (id, email) = names(ctx, person).await?;
    let tenant = ctx.tenant.0;
    let gone = sqlx::query!(
        "DELETE FROM automation.workflow_executions e
          WHERE e.tenant_id = $1
            AND (e.contact_id = $3 OR e.subject_id = $3 OR strpos(e.data::text, $2) > 0 OR strpos(lower(e.data::text), $4) > 0
                 OR EXISTS (SELECT FROM automation.workflow_execution_steps s
                             WHERE s.tenant_id = $1 AND s.execution_id = e.id AND strpos(lower(s.input::text), $4) > 0))",
        tenant,
        id.to_string(),
        id,
        email as Option<String>,
    );
    Ok(gone.execute(ctx.db().await?).await?.rows_affected())
}

//! The audit trail: who changed what, with old and new values, in the transaction of the change.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::auth::{Allow, Session, UsedToken};
use crate::ctx::{Ctx, Origin, TenantId};
use crate::error::Result;
use crate::extract::{Json, Query};
use crate::lease::UsedLease;
use crate::page::{Page, PageParams};
use crate::state::App;
use crate::time::Timestamp;

crate::permissions! { AuditRead = "audit:read" }

/// One change of one record.
pub struct Change<'a> {
    /// `booking.cancelled`: resource and what was done.
    pub action: &'a str,
    pub entity_type: &'a str,
    pub entity_id: Uuid,
    pub old: Option<Value>,
    pub new: Option<Value>,
}

impl<'a> Change<'a> {
    pub fn created(action: &'a str, entity_type: &'a str, entity_id: Uuid, new: impl Serialize) -> Self {
        Self { action, entity_type, entity_id, old: None, new: serde_json::to_value(new).ok() }
    }

    /// Keeps only the fields that differ.
    pub fn updated(action: &'a str, entity_type: &'a str, entity_id: Uuid, old: impl Serialize, new: impl Serialize) -> Self {
        let (mut old, mut new) = (serde_json::to_value(old).unwrap_or(Value::Null), serde_json::to_value(new).unwrap_or(Value::Null));
        if let (Value::Object(before), Value::Object(after)) = (&mut old, &mut new) {
            let same: Vec<String> =
                before.iter().filter(|(name, value)| after.get(*name) == Some(value)).map(|(name, _)| name.clone()).collect();
            for name in same.iter().map(String::as_str).chain(["version", "updated_at"]) {
                before.remove(name);
                after.remove(name);
            }
        }
        Self { action, entity_type, entity_id, old: Some(old), new: Some(new) }
    }

    pub fn deleted(action: &'a str, entity_type: &'a str, entity_id: Uuid, old: impl Serialize) -> Self {
        Self { action, entity_type, entity_id, old: serde_json::to_value(old).ok(), new: None }
    }
}

impl Ctx {
    /// Notes one line of the audit trail, written with the commit.
    pub fn audit(&mut self, change: Change<'_>) {
        let line = Line {
            id: crate::id::new(),
            action: change.action.to_owned(),
            entity_type: change.entity_type.to_owned(),
            entity_id: change.entity_id,
            old_values: change.old,
            new_values: change.new,
        };
        self.noted().lines.push(line);
    }
}

/// Writes one line into a tenant's trail at once, in whatever transaction is open: for what an administrator of the instance
/// does to the tenant as the owner, or in it by a lease.
///
/// # Errors
/// The database's.
pub async fn note_now(db: &mut PgConnection, tenant: TenantId, actor: &Session, origin: &Origin, change: Change<'_>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO platform.audit_events
                (tenant_id, id, actor_id, actor_name, action, entity_type, entity_id, old_values, new_values, ip_address, user_agent, request_id,
                 metadata)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        tenant.0,
        crate::id::new(),
        actor.user_id,
        actor.name,
        change.action,
        change.entity_type,
        change.entity_id,
        change.old,
        change.new,
        origin.ip.map(ipnet::IpNet::from) as Option<ipnet::IpNet>,
        origin.user_agent.as_deref() as Option<&str>,
        origin.request_id as Option<Uuid>,
        metadata(actor),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// By what the session acts, where not by its user's own right.
pub(crate) fn metadata(session: &Session) -> Option<Value> {
    match (&session.token, &session.lease) {
        (Some(token), _) => Some(serde_json::json!({ "access_token": token })),
        (None, Some(lease)) => Some(serde_json::json!({ "support_lease": lease })),
        (None, None) => None,
    }
}

/// A line that waits for the commit.
#[derive(Serialize)]
pub(crate) struct Line {
    id: Uuid,
    action: String,
    entity_type: String,
    entity_id: Uuid,
    old_values: Option<Value>,
    new_values: Option<Value>,
}

/// One line of the audit trail.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEvent {
    pub id: Uuid,
    pub actor: Option<Actor>,
    /// `booking.cancelled`
    pub action: String,
    pub entity_type: String,
    pub entity_id: Option<Uuid>,
    /// The fields that changed, before.
    #[schema(value_type = Option<Object>)]
    pub old_values: Option<Value>,
    /// The fields that changed, after.
    #[schema(value_type = Option<Object>)]
    pub new_values: Option<Value>,
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
    /// Where a program acted for the actor.
    pub access_token: Option<UsedToken>,
    /// Where an administrator of the instance acted, and who had let him or her in.
    pub support_lease: Option<UsedLease>,
    pub created_at: Timestamp,
}

/// Who did it: a member (with id), a visitor, or the program itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct Actor {
    pub id: Option<Uuid>,
    pub name: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AuditFilter {
    entity_type: Option<String>,
    entity_id: Option<Uuid>,
    actor_id: Option<Uuid>,
    action: Option<String>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// The audit trail, newest first.
#[utoipa::path(get, path = "/audit-events", tag = "platform", params(AuditFilter), responses((status = 200, body = Page<AuditEvent>)), security(("session" = [])))]
async fn list(mut ctx: Allow<AuditRead>, Query(filter): Query<AuditFilter>) -> Result<Json<Page<AuditEvent>>> {
    let page = PageParams { cursor: filter.cursor, limit: filter.limit };
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let tenant = ctx.tenant.0;
    let rows = sqlx::query!(
        "SELECT id, actor_id, actor_name, action, entity_type, entity_id, old_values, new_values, ip_address, user_agent, created_at,
                metadata -> 'access_token' AS access_token, metadata -> 'support_lease' AS support_lease
           FROM platform.audit_events
          WHERE tenant_id = $1
            AND ($2::uuid IS NULL OR id < $2)
            AND ($3::text IS NULL OR entity_type = $3)
            AND ($4::uuid IS NULL OR entity_id = $4)
            AND ($5::uuid IS NULL OR actor_id = $5)
            AND ($6::text IS NULL OR action = $6)
          ORDER BY id DESC
          LIMIT $7",
        tenant,
        before,
        filter.entity_type,
        filter.entity_id,
        filter.actor_id,
        filter.action,
        limit + 1,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    Ok(Json(Page::of(
        rows,
        limit,
        |row| row.id,
        |row| AuditEvent {
            id: row.id,
            actor: row.actor_name.map(|name| Actor { id: row.actor_id, name }),
            action: row.action,
            entity_type: row.entity_type,
            entity_id: row.entity_id,
            old_values: row.old_values,
            new_values: row.new_values,
            ip_address: row.ip_address.map(|net| net.addr().to_string()),
            user_agent: row.user_agent,
            access_token: row.access_token.and_then(|token| serde_json::from_value(token).ok()),
            support_lease: row.support_lease.and_then(|lease| serde_json::from_value(lease).ok()),
            created_at: row.created_at,
        },
    )))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Partitions for the months to come; run daily as the owner.
///
/// # Errors
/// The database's.
pub async fn ensure_partitions(owner: &sqlx::PgPool) -> Result<()> {
    sqlx::query_scalar!("SELECT platform.ensure_audit_partitions((now() - interval '1 month')::date, 6)").fetch_one(owner).await?;
    Ok(())
}

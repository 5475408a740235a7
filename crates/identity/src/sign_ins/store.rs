//! The login history.

use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::SignInAttempt;
use crate::activity;

pub async fn list(db: &mut PgConnection, user: Uuid, before: Option<Uuid>, count: i64) -> Result<Vec<SignInAttempt>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT h.id, h.outcome, h.method, h.failure_reason, h.ip_address, h.user_agent, h.location AS "location: Json<platform::places::Place>",
                  h.created_at, t.name AS "workspace?"
             FROM directory.login_history h
             LEFT JOIN directory.tenants t ON t.id = h.tenant_id
            WHERE h.user_id = $1 AND ($2::uuid IS NULL OR h.id < $2)
            ORDER BY h.id DESC
            LIMIT $3"#,
        user,
        before as Option<Uuid>,
        count,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| SignInAttempt {
            id: row.id,
            outcome: row.outcome,
            factors: activity::factors(&row.method),
            failure_reason: row.failure_reason,
            workspace: row.workspace,
            ip_address: row.ip_address.map(|net| net.addr().to_string()),
            user_agent: row.user_agent,
            place: row.location.map(|place| place.0),
            created_at: row.created_at,
        })
        .collect())
}

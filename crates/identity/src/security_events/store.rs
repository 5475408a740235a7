//! Security events of members.

use platform::Ctx;
use platform::error::Result;
use platform::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::http::SecurityEventFilter;
use super::{MemberSecurityEvent, OwnSecurityEvent};

/// Of active members, since they joined; what is about another workspace is none of this one's business.
pub async fn list(ctx: &mut Ctx, filter: &SecurityEventFilter, before: Option<Uuid>, count: i64) -> Result<Vec<MemberSecurityEvent>> {
    let tenant = ctx.tenant.0;
    let rows = sqlx::query_as!(
        MemberSecurityEvent,
        r#"SELECT s.id, s.event, s.severity, s.user_id, m.display_name AS "user_name?", s.created_at
             FROM directory.security_events s
             LEFT JOIN identity.members m ON m.tenant_id = $1 AND m.user_id = s.user_id
            WHERE ((s.user_id = ANY (ARRAY(SELECT user_id FROM identity.members WHERE tenant_id = $1 AND status = 'active'))
                    AND s.created_at >= coalesce(m.joined_at, m.created_at)
                    AND coalesce(s.details ->> 'tenant_id', ($1::uuid)::text) = ($1::uuid)::text)
                OR (s.user_id IS NULL AND s.details ->> 'tenant_id' = ($1::uuid)::text))
              AND ($2::uuid IS NULL OR s.id < $2)
              AND ($3::text IS NULL OR s.severity = $3)
              AND ($4::uuid IS NULL OR s.user_id = $4)
              AND ($5::timestamptz IS NULL OR s.created_at >= $5)
              AND ($6::timestamptz IS NULL OR s.created_at < $6)
            ORDER BY s.id DESC
            LIMIT $7"#,
        tenant,
        before,
        filter.severity.map(super::Severity::as_str),
        filter.user_id,
        filter.from as Option<Timestamp>,
        filter.to as Option<Timestamp>,
        count,
    );
    Ok(rows.fetch_all(ctx.db().await?).await?)
}

pub async fn own(db: &mut PgConnection, user: Uuid, before: Option<Uuid>, count: i64) -> Result<Vec<OwnSecurityEvent>, sqlx::Error> {
    sqlx::query_as!(
        OwnSecurityEvent,
        "SELECT id, event, severity, host(ip_address) AS ip_address, user_agent, created_at
           FROM directory.security_events
          WHERE user_id = $1 AND ($2::uuid IS NULL OR id < $2)
          ORDER BY id DESC
          LIMIT $3",
        user,
        before as Option<Uuid>,
        count,
    )
    .fetch_all(db)
    .await
}

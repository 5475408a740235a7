//! The login history.

use std::net::IpAddr;

use platform::Ctx;
use platform::error::Result;
use platform::ipnet::IpNet;
use platform::places::Place;
use platform::time::Timestamp;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::http::MemberSignInFilter;
use super::{MemberSignIn, SignInAttempt, UnknownSignIn};
use crate::activity;

/// Of the hash of an address, enough to tell two apart.
const MARK: usize = 5;

pub async fn list(db: &mut PgConnection, user: Uuid, before: Option<Uuid>, count: i64) -> Result<Vec<SignInAttempt>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT h.id, h.outcome, h.method, h.failure_reason, h.attempts, h.ip_address, h.user_agent,
                  h.location AS "location: Json<Place>", h.created_at, t.name AS "workspace?"
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
            attempts: row.attempts,
            workspace: row.workspace,
            ip_address: row.ip_address.map(|net| net.addr().to_string()),
            user_agent: row.user_agent,
            place: row.location.map(|place| place.0),
            created_at: row.created_at,
        })
        .collect())
}

/// Of active members, since they joined; what led elsewhere is none of this workspace's business.
pub async fn of_members(ctx: &mut Ctx, filter: &MemberSignInFilter, before: Option<Uuid>, count: i64) -> Result<Vec<MemberSignIn>> {
    let tenant = ctx.tenant.0;
    let rows = sqlx::query!(
        r#"SELECT h.id, h.outcome, h.method, h.failure_reason, h.attempts, h.ip_address, h.user_agent,
                  h.location AS "location: Json<Place>", h.created_at, h.tenant_id, m.user_id, m.display_name, t.name AS workspace
             FROM directory.login_history h
             JOIN identity.members m ON m.tenant_id = $1 AND m.user_id = h.user_id
             JOIN directory.tenants t ON t.id = $1
            WHERE h.user_id = ANY (ARRAY(SELECT user_id FROM identity.members WHERE tenant_id = $1 AND status = 'active'))
              AND (h.tenant_id = $1 OR (h.tenant_id IS NULL AND h.outcome IN ('failed', 'refused')))
              AND h.created_at >= coalesce(m.joined_at, m.created_at)
              AND ($2::uuid IS NULL OR h.id < $2)
              AND ($3::uuid IS NULL OR h.user_id = $3)
              AND ($4::text IS NULL OR h.outcome = $4)
              AND ($5::timestamptz IS NULL OR h.created_at >= $5)
              AND ($6::timestamptz IS NULL OR h.created_at < $6)
            ORDER BY h.id DESC
            LIMIT $7"#,
        tenant,
        before as Option<Uuid>,
        filter.user_id as Option<Uuid>,
        filter.outcome.map(super::Outcome::as_str),
        filter.from as Option<Timestamp>,
        filter.to as Option<Timestamp>,
        count,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| MemberSignIn {
            user_id: row.user_id,
            user_name: row.display_name,
            attempt: SignInAttempt {
                id: row.id,
                outcome: row.outcome,
                factors: activity::factors(&row.method),
                failure_reason: row.failure_reason,
                attempts: row.attempts,
                workspace: row.tenant_id.map(|_| row.workspace),
                ip_address: row.ip_address.map(|net| net.addr().to_string()),
                user_agent: row.user_agent,
                place: row.location.map(|place| place.0),
                created_at: row.created_at,
            },
        })
        .collect())
}

pub async fn of_nobody(
    db: &mut PgConnection,
    email_hash: Option<&[u8; 32]>,
    address: Option<IpAddr>,
    before: Option<Uuid>,
    count: i64,
) -> Result<Vec<UnknownSignIn>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT id, outcome, method, failure_reason, attempts, ip_address, user_agent, location AS "location: Json<Place>", email_hash,
                  created_at
             FROM directory.login_history
            WHERE user_id IS NULL
              AND ($1::uuid IS NULL OR id < $1)
              AND ($2::bytea IS NULL OR email_hash = $2)
              AND ($3::inet IS NULL OR ip_address = $3)
            ORDER BY id DESC
            LIMIT $4"#,
        before as Option<Uuid>,
        email_hash.map(<[u8; 32]>::as_slice),
        address.map(IpNet::from) as Option<IpNet>,
        count,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| UnknownSignIn {
            email_mark: row.email_hash.map(|hash| hex::encode(&hash[..MARK])),
            attempt: SignInAttempt {
                id: row.id,
                outcome: row.outcome,
                factors: activity::factors(&row.method),
                failure_reason: row.failure_reason,
                attempts: row.attempts,
                workspace: None,
                ip_address: row.ip_address.map(|net| net.addr().to_string()),
                user_agent: row.user_agent,
                place: row.location.map(|place| place.0),
                created_at: row.created_at,
            },
        })
        .collect())
}

//! Access tokens in the database: of one user, in one tenant.

use platform::TenantId;
use platform::auth::{Gate, Session, UsedToken};
use platform::ctx::Origin;
use platform::ipnet::IpNet;
use platform::time::Timestamp;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::{AccessToken, MemberAccessToken};
use crate::activity;
use crate::policy::{self, Standing};
use crate::sessions::store::parse;

pub async fn list(
    db: &mut PgConnection,
    user: Uuid,
    tenant: TenantId,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<AccessToken>, sqlx::Error> {
    sqlx::query_as!(
        AccessToken,
        r#"SELECT id, name, scopes, expires_at AS "expires_at: Timestamp", last_used_at AS "last_used_at: Timestamp",
                  host(last_used_ip) AS last_used_ip, created_at AS "created_at: Timestamp"
             FROM directory.personal_access_tokens
            WHERE user_id = $1 AND tenant_id = $2 AND revoked_at IS NULL AND ($3::uuid IS NULL OR id < $3)
            ORDER BY id DESC
            LIMIT $4"#,
        user,
        tenant.0,
        before,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Those that count.
pub async fn count(db: &mut PgConnection, user: Uuid, tenant: TenantId, now: Timestamp) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM directory.personal_access_tokens
            WHERE user_id = $1 AND tenant_id = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3)"#,
        user,
        tenant.0,
        now,
    )
    .fetch_one(db)
    .await
}

pub async fn insert(
    db: &mut PgConnection,
    user: Uuid,
    tenant: TenantId,
    new: &AccessToken,
    token_hash: &[u8; 32],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO directory.personal_access_tokens (id, user_id, tenant_id, name, token_hash, scopes, expires_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        new.id,
        user,
        tenant.0,
        new.name,
        &token_hash[..],
        &new.scopes,
        new.expires_at as Option<Timestamp>,
        new.created_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Those of all members of the tenant that were not revoked.
pub async fn of_members(
    db: &mut PgConnection,
    tenant: TenantId,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<MemberAccessToken>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT k.id, k.name, k.scopes, k.expires_at AS "expires_at: Timestamp", k.last_used_at AS "last_used_at: Timestamp",
                  host(k.last_used_ip) AS last_used_ip, k.created_at AS "created_at: Timestamp", k.user_id, m.display_name
             FROM directory.personal_access_tokens k
             JOIN identity.members m ON m.tenant_id = k.tenant_id AND m.user_id = k.user_id
            WHERE k.tenant_id = $1 AND k.revoked_at IS NULL AND ($2::uuid IS NULL OR k.id < $2)
            ORDER BY k.id DESC
            LIMIT $3"#,
        tenant.0,
        before as Option<Uuid>,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| MemberAccessToken {
            access_token: AccessToken {
                id: row.id,
                name: row.name,
                scopes: row.scopes,
                expires_at: row.expires_at,
                last_used_at: row.last_used_at,
                last_used_ip: row.last_used_ip,
                created_at: row.created_at,
            },
            user_id: row.user_id,
            user_name: row.display_name,
        })
        .collect())
}

/// The token that was revoked, and whose; nothing for one that is not there, is not of that user, or was revoked before.
pub async fn revoke(
    db: &mut PgConnection,
    of: Option<Uuid>,
    tenant: TenantId,
    id: Uuid,
    now: Timestamp,
) -> Result<Option<(Uuid, AccessToken)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"UPDATE directory.personal_access_tokens SET revoked_at = $4, updated_at = $4
            WHERE ($1::uuid IS NULL OR user_id = $1) AND tenant_id = $2 AND id = $3 AND revoked_at IS NULL
        RETURNING user_id, id, name, scopes, expires_at AS "expires_at: Timestamp", last_used_at AS "last_used_at: Timestamp",
                  host(last_used_ip) AS last_used_ip, created_at AS "created_at: Timestamp""#,
        of as Option<Uuid>,
        tenant.0,
        id,
        now,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| {
        let token = AccessToken {
            id: row.id,
            name: row.name,
            scopes: row.scopes,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            last_used_ip: row.last_used_ip,
            created_at: row.created_at,
        };
        (row.user_id, token)
    }))
}

/// Ends every access token that the user has in the tenant.
pub async fn revoke_of_member(db: &mut PgConnection, tenant: TenantId, user: Uuid, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.personal_access_tokens SET revoked_at = $3, updated_at = $3
          WHERE user_id = $2 AND tenant_id = $1 AND revoked_at IS NULL",
        tenant.0,
        user,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A token as its text finds it.
pub struct Found {
    pub session: Session,
    pub last_used_at: Option<Timestamp>,
}

pub async fn authenticate(db: impl PgExecutor<'_>, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<Found>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT token_id AS "token_id!", token_name AS "token_name!", user_id AS "user_id!", tenant_id AS "tenant_id!",
                  name AS "name!", email AS "email!", locale AS "locale!", timezone AS "timezone!",
                  last_used_at AS "last_used_at: Timestamp", expires_at AS "expires_at: Timestamp", policy,
                  grace_started_at AS "grace_started_at: Timestamp", grace_logins_used, is_exempt, has_second,
                  permissions AS "permissions!", directory.is_read_only(tenant_id) AS "is_read_only!"
             FROM identity.authenticate_token($1, $2)"#,
        &token_hash[..],
        now,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let session = Session {
        id: row.token_id,
        user_id: row.user_id,
        name: row.name,
        email: row.email,
        locale: row.locale,
        timezone: row.timezone,
        // The instance is administered by people.
        is_platform_admin: false,
        tenant: Some(TenantId(row.tenant_id)),
        permissions: row.permissions.iter().filter_map(|grant| parse(grant)).collect(),
        // One without an end is looked up anew before this one.
        expires_at: row.expires_at.unwrap_or_else(|| now.plus_seconds(24 * 3600)),
        factors: Vec::new(),
        // Long ago: a program is never there in person.
        verified_at: Timestamp::from_second(0),
        gate: Gate::default(),
        token: Some(UsedToken { id: row.token_id, name: row.token_name }),
        is_read_only: row.is_read_only,
        lease: None,
    };
    let policy = row.policy.map(policy::store::read).transpose()?;
    let session = policy::guarded(session, policy, |policy| Standing {
        factors: None,
        may_change: false,
        is_exempt: row.is_exempt.unwrap_or_default(),
        // A program shows none; its user must have one.
        has_second: row.has_second.unwrap_or_default(),
        grace_until: policy.two_factor.grace_of_tokens(row.grace_started_at, row.grace_logins_used),
    });
    Ok(Some(Found { session, last_used_at: row.last_used_at }))
}

pub async fn note_use(db: impl PgExecutor<'_>, token: Uuid, origin: &Origin, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.personal_access_tokens SET last_used_at = $2, last_used_ip = $3 WHERE id = $1",
        token,
        now,
        activity::address(origin) as Option<IpNet>,
    )
    .execute(db)
    .await?;
    Ok(())
}

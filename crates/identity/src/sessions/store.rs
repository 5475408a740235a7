//! Sessions and credentials in the database.

use platform::auth::{Factor, Gate, Scope, Session};
use platform::ctx::Origin;
use platform::ipnet::IpNet;
use platform::lease::UsedLease;
use platform::places::Place;
use platform::time::Timestamp;
use platform::{App, TenantId, id};
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::{CurrentTenant, NewSession, OpenSession, TenantSummary};
use crate::activity;
use crate::policy::{self, Admission, Standing};

/// A session as its token finds it.
pub struct Found {
    pub session: Session,
    pub last_seen_at: Timestamp,
    pub remembered: bool,
    /// Seconds unused after which the tenant's policy ends it.
    pub timeout: Option<i64>,
}

pub async fn authenticate(db: impl PgExecutor<'_>, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<Found>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT session_id AS "session_id!", user_id AS "user_id!", tenant_id, is_platform_admin AS "is_platform_admin!",
                  name AS "name!", email AS "email!", locale AS "locale!", timezone AS "timezone!",
                  last_seen_at AS "last_seen_at!", expires_at AS "expires_at!", remembered AS "remembered!",
                  factors AS "factors!", verified_at AS "verified_at!", policy, grace_until AS "grace_until: Timestamp",
                  is_exempt, permissions AS "permissions!", lease_id, lease_shows_personal, granted_by, granted_by_name,
                  directory.is_read_only(tenant_id) AS "is_read_only!"
             FROM identity.authenticate($1, $2)"#,
        &token_hash[..],
        now,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let mut session = Session {
        id: row.session_id,
        user_id: row.user_id,
        name: row.name,
        email: row.email,
        locale: row.locale,
        timezone: row.timezone,
        is_platform_admin: row.is_platform_admin,
        tenant: row.tenant_id.map(TenantId),
        permissions: row.permissions.iter().filter_map(|grant| parse(grant)).collect(),
        expires_at: row.expires_at,
        factors: row.factors.iter().filter_map(|name| Factor::of_name(name)).collect(),
        verified_at: row.verified_at,
        gate: Gate::default(),
        token: None,
        is_read_only: row.is_read_only,
        lease: match (row.lease_id, row.granted_by, row.granted_by_name) {
            (Some(id), Some(granted_by), Some(granted_by_name)) => {
                Some(UsedLease { id, granted_by, granted_by_name, shows_personal: row.lease_shows_personal.unwrap_or_default() })
            }
            _ => None,
        },
    };
    // Whom a tenant names is no administrator of the instance by it.
    session.is_platform_admin &= !session.is_confined();
    let policy = row.policy.map(policy::store::read).transpose()?;
    let timeout = policy.as_ref().and_then(|policy| policy.session.timeout_seconds).map(i64::from);
    let factors = session.factors.clone();
    let (may_change, is_lease) = (session.permissions.of::<policy::http::SecurityManage>().is_some(), session.lease.is_some());
    let session = policy::guarded(session, policy, |policy| Standing {
        factors: Some(factors.as_slice()).filter(|_| !is_lease),
        may_change,
        is_exempt: row.is_exempt.unwrap_or_default(),
        has_second: policy.is_second(&factors),
        grace_until: row.grace_until,
    });
    Ok(Some(Found { session, last_seen_at: row.last_seen_at, remembered: row.remembered, timeout }))
}

/// `bookings:read own`
pub fn parse(grant: &str) -> Option<(&str, Scope)> {
    let (codename, scope) = grant.split_once(' ')?;
    Some((codename, Scope::of_name(scope)?))
}

pub async fn note_activity(db: impl PgExecutor<'_>, session: Uuid, now: Timestamp, idle_seconds: i64) -> Result<(), sqlx::Error> {
    sqlx::query!(r#"SELECT identity.note_activity($1, $2, $3 * interval '1 second') AS "done: ()""#, session, now, idle_seconds as f64,)
        .execute(db)
        .await?;
    Ok(())
}

pub async fn insert(
    db: &mut PgConnection,
    app: &App,
    origin: &Origin,
    new: &NewSession,
    admission: &Admission,
    token_hash: &[u8; 32],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let life = new.life();
    let expires_at = new.expires_at.unwrap_or_else(|| now.plus_seconds(life.absolute));
    let expires_at = admission.expires_at.map_or(expires_at, |at| at.min(expires_at));
    let idle = admission.idle.map_or(life.idle, |seconds| seconds.min(life.idle));
    sqlx::query!(
        "INSERT INTO directory.sessions
                (id, token_hash, user_id, tenant_id, remembered, ip_address, user_agent, created_at, last_seen_at, idle_until, expires_at,
                 factors, verified_at, grace_until, lease_id, location, provider_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        id::new(),
        &token_hash[..],
        new.user,
        new.tenant.map(|t| t.0) as Option<Uuid>,
        new.remembered,
        activity::address(origin) as Option<IpNet>,
        activity::user_agent(origin),
        now,
        now.plus_seconds(idle).min(expires_at),
        expires_at,
        &new.factors.iter().map(|factor| factor.name().to_owned()).collect::<Vec<_>>(),
        new.verified_at.unwrap_or(now),
        admission.grace_until as Option<Timestamp>,
        new.lease as Option<Uuid>,
        activity::location(app, origin) as Option<Json<Place>>,
        new.provider as Option<Uuid>,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Gives a session a new token, and notes what was shown for it. No where another request did so first, or it ended.
pub async fn renew(
    db: &mut PgConnection,
    session: &Session,
    token_hash: &[u8; 32],
    factors: &[Factor],
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let renewed = sqlx::query!(
        "UPDATE directory.sessions SET token_hash = $3, factors = $4, verified_at = $5
          WHERE id = $1 AND verified_at = $2 AND ended_at IS NULL",
        session.id,
        session.verified_at,
        &token_hash[..],
        &factors.iter().map(|factor| factor.name().to_owned()).collect::<Vec<_>>(),
        now,
    )
    .execute(db)
    .await?;
    Ok(renewed.rows_affected() == 1)
}

/// Whether somebody who has shown enough may come in.
pub async fn may_sign_in(db: &mut PgConnection, user: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM directory.users WHERE id = $1 AND status = 'active' AND email_verified_at IS NOT NULL) AS "may!""#,
        user
    )
    .fetch_one(db)
    .await
}

/// What the address alone tells about who signs in.
pub struct Credentials {
    pub user: Option<Uuid>,
    pub status: Option<String>,
    pub is_verified: bool,
    /// The user's, or that of the newest sign-up which waits for its confirmation.
    pub password_hash: Option<String>,
}

pub async fn credentials(db: &mut PgConnection, email_key: &str) -> Result<Credentials, sqlx::Error> {
    sqlx::query_as!(
        Credentials,
        r#"SELECT u.id AS "user?", u.status AS "status?", u.email_verified_at IS NOT NULL AS "is_verified!",
                  CASE WHEN u.id IS NULL THEN r.password_hash ELSE u.password_hash END AS password_hash
             FROM (VALUES ($1::text)) AS given (email_key)
             LEFT JOIN directory.users u ON u.email_key = given.email_key AND u.deleted_at IS NULL
             LEFT JOIN LATERAL (SELECT password_hash FROM directory.registrations
                                 WHERE email_key = given.email_key AND used_at IS NULL
                                 ORDER BY id DESC LIMIT 1) r ON true"#,
        email_key,
    )
    .fetch_one(db)
    .await
}

/// The tenant that the user acted in last, or else the first by name.
pub async fn tenant_to_enter(db: &mut PgConnection, user: Uuid) -> Result<Option<TenantId>, sqlx::Error> {
    let tenant = sqlx::query_scalar!(
        r#"SELECT t.tenant_id AS "tenant_id!"
             FROM directory.users u, identity.tenants_of(u.id) t
            WHERE u.id = $1 AND t.status = 'active'
            ORDER BY t.tenant_id IS NOT DISTINCT FROM u.current_tenant_id DESC, t.name, t.tenant_id
            LIMIT 1"#,
        user,
    )
    .fetch_optional(db)
    .await?;
    Ok(tenant.map(TenantId))
}

pub async fn note_login(db: &mut PgConnection, app: &App, origin: &Origin, user: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.users
            SET last_login_at = $2, last_active_at = $2, last_login_ip = $3, login_count = login_count + 1
          WHERE id = $1",
        user,
        app.clock.now(),
        activity::address(origin) as Option<IpNet>,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn set_current_tenant(db: &mut PgConnection, user: Uuid, tenant: TenantId) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE directory.users SET current_tenant_id = $2 WHERE id = $1", user, tenant.0).execute(db).await?;
    Ok(())
}

pub async fn tenants(db: &mut PgConnection, user: Uuid) -> Result<Vec<TenantSummary>, sqlx::Error> {
    sqlx::query_as!(
        TenantSummary,
        r#"SELECT tenant_id AS "id!", name AS "name!", slug AS "slug!", status AS "status!" FROM identity.tenants_of($1)"#,
        user,
    )
    .fetch_all(db)
    .await
}

pub async fn tenant(db: &mut PgConnection, tenant: TenantId) -> Result<CurrentTenant, sqlx::Error> {
    sqlx::query_as!(
        CurrentTenant,
        r#"SELECT id, name, slug, onboarding_status, directory.is_read_only(id) AS "is_read_only!" FROM directory.tenants WHERE id = $1"#,
        tenant.0
    )
    .fetch_one(db)
    .await
}

pub async fn roles(db: &mut PgConnection, tenant: TenantId, user: Uuid) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT r.name
           FROM identity.member_roles mr
           JOIN identity.roles r ON r.tenant_id = mr.tenant_id AND r.id = mr.role_id
          WHERE mr.tenant_id = $1 AND mr.user_id = $2
          ORDER BY r.name",
        tenant.0,
        user,
    )
    .fetch_all(db)
    .await
}

/// Whether the session is remembered.
pub async fn is_remembered(db: &mut PgConnection, session: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!("SELECT remembered FROM directory.sessions WHERE id = $1", session).fetch_one(db).await
}

/// When the session ends by itself, whatever the lease by which it acts.
pub async fn ends_at(db: &mut PgConnection, session: Uuid) -> Result<Timestamp, sqlx::Error> {
    sqlx::query_scalar!("SELECT expires_at FROM directory.sessions WHERE id = $1", session).fetch_one(db).await
}

/// Ends whatever acts by a lease.
pub async fn end_of_lease(db: &mut PgConnection, tenant: TenantId, lease: Uuid, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.sessions SET ended_at = $3 WHERE tenant_id = $1 AND lease_id = $2 AND ended_at IS NULL",
        tenant.0,
        lease,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn list(
    db: &mut PgConnection,
    user: Uuid,
    current: Uuid,
    now: Timestamp,
    before: Option<Uuid>,
    count: i64,
) -> Result<Vec<OpenSession>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT id, ip_address, user_agent, location AS "location: Json<Place>", created_at, last_seen_at,
                  least(expires_at, idle_until) AS "expires_at!"
             FROM directory.sessions
            WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2 AND idle_until > $2
              AND ($3::uuid IS NULL OR id < $3)
            ORDER BY id DESC
            LIMIT $4"#,
        user,
        now,
        before as Option<Uuid>,
        count,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| OpenSession {
            id: row.id,
            current: row.id == current,
            ip_address: row.ip_address.map(|net| net.addr().to_string()),
            user_agent: row.user_agent,
            place: row.location.map(|place| place.0),
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at,
        })
        .collect())
}

/// The user's open sessions in the tenant, the one first that was used least recently.
pub async fn open_in(db: &mut PgConnection, user: Uuid, tenant: TenantId, now: Timestamp) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT id FROM directory.sessions
          WHERE user_id = $1 AND tenant_id = $2 AND ended_at IS NULL AND expires_at > $3 AND idle_until > $3
          ORDER BY last_seen_at, id",
        user,
        tenant.0,
        now,
    )
    .fetch_all(db)
    .await
}

/// Cuts the time of the tenant's open sessions: so many seconds from the last use; and in the whole, where use does not extend
/// it. Who confirmed who he or she is has, for that, signed in anew.
pub async fn shorten(db: &mut PgConnection, tenant: TenantId, seconds: i64, extends: bool) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.sessions s SET idle_until = least(s.idle_until, cut.idle_until, cut.expires_at), expires_at = least(s.expires_at, cut.expires_at)
           FROM (SELECT id, last_seen_at + $2 * interval '1 second' AS idle_until,
                        CASE WHEN $3 THEN expires_at ELSE greatest(created_at, verified_at) + $2 * interval '1 second' END AS expires_at
                   FROM directory.sessions WHERE tenant_id = $1 AND ended_at IS NULL) AS cut
          WHERE s.id = cut.id AND s.ended_at IS NULL AND (s.idle_until > cut.idle_until OR s.expires_at > cut.expires_at)",
        tenant.0,
        seconds as f64,
        extends,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends what each user has open in the tenant beyond so many, the ones used least recently first, and `kept` last of all; answers
/// which.
pub async fn end_beyond(db: &mut PgConnection, tenant: TenantId, most: i64, kept: Uuid, now: Timestamp) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "UPDATE directory.sessions s SET ended_at = $4
           FROM (SELECT id, row_number() OVER (PARTITION BY user_id ORDER BY id = $3 DESC, last_seen_at DESC, id DESC) AS place
                   FROM directory.sessions
                  WHERE tenant_id = $1 AND ended_at IS NULL AND expires_at > $4 AND idle_until > $4) AS open
          WHERE s.id = open.id AND open.place > $2 AND s.ended_at IS NULL
        RETURNING s.id",
        tenant.0,
        most,
        kept,
        now,
    )
    .fetch_all(db)
    .await
}

/// Whether there was such a session of that user to end.
pub async fn end(db: &mut PgConnection, user: Uuid, session: Uuid, now: Timestamp) -> Result<bool, sqlx::Error> {
    let ended =
        sqlx::query!("UPDATE directory.sessions SET ended_at = $3 WHERE user_id = $1 AND id = $2 AND ended_at IS NULL", user, session, now)
            .execute(db)
            .await?;
    Ok(ended.rows_affected() == 1)
}

/// Ends the session that a browser held before it got another; answers which.
pub async fn end_presented(db: &mut PgConnection, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "UPDATE directory.sessions SET ended_at = $2 WHERE token_hash = $1 AND ended_at IS NULL RETURNING id",
        &token_hash[..],
        now
    )
    .fetch_optional(db)
    .await
}

/// Ends all of a user's sessions but one; answers how many.
pub async fn end_all(db: &mut PgConnection, user: Uuid, but: Option<Uuid>, now: Timestamp) -> Result<u64, sqlx::Error> {
    let ended = sqlx::query!(
        "UPDATE directory.sessions SET ended_at = $3
          WHERE user_id = $1 AND ended_at IS NULL AND ($2::uuid IS NULL OR id <> $2)",
        user,
        but as Option<Uuid>,
        now,
    )
    .execute(db)
    .await?;
    Ok(ended.rows_affected())
}

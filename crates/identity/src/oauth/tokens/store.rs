//! Grants, codes and tokens in the database.

use platform::auth::{Gate, Session, UsedToken};
use platform::time::Timestamp;
use platform::{TenantId, id};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::Grant;
use crate::policy::{self, SecurityPolicy, Standing};
use crate::sessions::store::parse;

pub async fn insert_grant(db: &mut PgConnection, new: &Grant) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO directory.oauth_grants
                (id, client_id, user_id, tenant_id, consent_id, session_id, scopes, nonce, auth_time, dpop_jkt, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        new.id,
        new.client_id,
        new.user_id,
        new.tenant_id,
        new.consent_id,
        new.session_id,
        &new.scopes,
        new.nonce,
        new.auth_time as Option<Timestamp>,
        new.dpop_jkt,
        new.created_at,
        new.expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn insert_code(
    db: &mut PgConnection,
    grant: Uuid,
    code_hash: &[u8; 32],
    redirect_uri: &str,
    challenge: &str,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO directory.oauth_codes (id, code_hash, grant_id, redirect_uri, code_challenge, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        id::new(),
        &code_hash[..],
        grant,
        redirect_uri,
        challenge,
        now,
        expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The grant among the columns of a joined row, whose type each statement has for itself.
macro_rules! grant_of {
    ($row:ident) => {
        Grant {
            id: $row.grant_id,
            client_id: $row.client_id,
            user_id: $row.user_id,
            tenant_id: $row.tenant_id,
            consent_id: $row.consent_id,
            session_id: $row.session_id,
            scopes: $row.scopes,
            nonce: $row.nonce,
            auth_time: $row.auth_time,
            dpop_jkt: $row.dpop_jkt,
            created_at: $row.created_at,
            expires_at: $row.expires_at,
        }
    };
}

/// A code with its grant, locked: whoever shows it at the same time waits.
pub struct FoundCode {
    pub id: Uuid,
    pub redirect_uri: String,
    pub challenge: String,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
    pub grant: Grant,
}

pub async fn code_for_use(db: &mut PgConnection, code_hash: &[u8; 32]) -> Result<Option<FoundCode>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT c.id, c.redirect_uri, c.code_challenge, c.expires_at AS "code_expires_at: Timestamp", c.used_at AS "used_at: Timestamp",
                  g.id AS grant_id, g.client_id, g.user_id, g.tenant_id, g.consent_id, g.session_id, g.scopes, g.nonce,
                  g.auth_time AS "auth_time: Timestamp", g.dpop_jkt, g.created_at AS "created_at: Timestamp",
                  g.expires_at AS "expires_at: Timestamp"
             FROM directory.oauth_codes c
             JOIN directory.oauth_grants g ON g.id = c.grant_id
            WHERE c.code_hash = $1
              FOR UPDATE OF c, g"#,
        &code_hash[..],
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| FoundCode {
        id: row.id,
        redirect_uri: row.redirect_uri,
        challenge: row.code_challenge,
        expires_at: row.code_expires_at,
        used_at: row.used_at,
        grant: grant_of!(row),
    }))
}

pub async fn use_code(db: &mut PgConnection, code: Uuid, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE directory.oauth_codes SET used_at = $2 WHERE id = $1", code, now).execute(db).await?;
    Ok(())
}

pub async fn bind_grant(db: &mut PgConnection, grant: Uuid, thumbprint: &[u8; 32]) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE directory.oauth_grants SET dpop_jkt = $2 WHERE id = $1", grant, &thumbprint[..]).execute(db).await?;
    Ok(())
}

/// Whether its client, tenant, user and membership still stand.
pub async fn grant_lives(db: &mut PgConnection, grant: Uuid, now: Timestamp) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT identity.oauth_grant_lives($1, $2) AS "lives!""#, grant, now).fetch_one(db).await
}

/// A pair to write.
pub struct NewPair<'a> {
    pub id: Uuid,
    pub access_hash: [u8; 32],
    pub access_expires_at: Timestamp,
    pub refresh: Option<([u8; 32], Timestamp)>,
    pub scopes: &'a [String],
}

pub async fn insert_pair(db: &mut PgConnection, grant: &Grant, new: &NewPair<'_>, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO directory.oauth_tokens
                (id, grant_id, client_id, user_id, kind, access_token_hash, access_token_expires_at, refresh_token_hash,
                 refresh_token_expires_at, scopes, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)",
        new.id,
        grant.id,
        grant.client_id,
        grant.user_id,
        if grant.user_id.is_some() { "user" } else { "client" },
        &new.access_hash[..],
        new.access_expires_at,
        new.refresh.as_ref().map(|(hash, _)| &hash[..]),
        new.refresh.as_ref().map(|(_, at)| *at) as Option<Timestamp>,
        new.scopes,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A refresh token with its grant, both locked.
pub struct FoundRefresh {
    pub id: Uuid,
    pub expires_at: Timestamp,
    /// When its successor was handed out, and with which scopes; and whether that one was refreshed in its turn.
    pub refreshed_at: Option<Timestamp>,
    pub successor_scopes: Option<Vec<String>>,
    pub successor_used: bool,
    pub revoked_at: Option<Timestamp>,
    pub grant: Grant,
}

pub async fn refresh_for_use(db: &mut PgConnection, refresh_hash: &[u8; 32]) -> Result<Option<FoundRefresh>, sqlx::Error> {
    // The family is locked before its token is read: a second one that waits here sees what the first did.
    sqlx::query!(
        "SELECT FROM directory.oauth_grants
          WHERE id = (SELECT grant_id FROM directory.oauth_tokens WHERE refresh_token_hash = $1) FOR UPDATE",
        &refresh_hash[..],
    )
    .execute(&mut *db)
    .await?;
    let row = sqlx::query!(
        r#"SELECT k.id, k.refresh_token_expires_at AS "refresh_expires_at!: Timestamp", k.refreshed_at AS "refreshed_at: Timestamp",
                  s.scopes AS "successor_scopes?", s.refreshed_at IS NOT NULL AS "successor_used!",
                  g.revoked_at AS "revoked_at: Timestamp", g.id AS grant_id, g.client_id, g.user_id, g.tenant_id, g.consent_id,
                  g.session_id, g.scopes, g.nonce, g.auth_time AS "auth_time: Timestamp", g.dpop_jkt,
                  g.created_at AS "created_at: Timestamp", g.expires_at AS "expires_at: Timestamp"
             FROM directory.oauth_tokens k
             JOIN directory.oauth_grants g ON g.id = k.grant_id
             LEFT JOIN directory.oauth_tokens s ON s.id = k.successor_id
            WHERE k.refresh_token_hash = $1"#,
        &refresh_hash[..],
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| FoundRefresh {
        id: row.id,
        expires_at: row.refresh_expires_at,
        refreshed_at: row.refreshed_at,
        successor_scopes: row.successor_scopes,
        successor_used: row.successor_used,
        revoked_at: row.revoked_at,
        grant: grant_of!(row),
    }))
}

pub async fn succeed(db: &mut PgConnection, token: Uuid, successor: Uuid, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.oauth_tokens SET refreshed_at = $3, successor_id = $2, updated_at = $3 WHERE id = $1",
        token,
        successor,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn grant(db: &mut PgConnection, id: Uuid) -> Result<Option<Grant>, sqlx::Error> {
    sqlx::query_as!(
        Grant,
        r#"SELECT id, client_id, user_id, tenant_id, consent_id, session_id, scopes, nonce, auth_time AS "auth_time: Timestamp", dpop_jkt,
                  created_at AS "created_at: Timestamp", expires_at AS "expires_at: Timestamp"
             FROM directory.oauth_grants WHERE id = $1 FOR UPDATE"#,
        id,
    )
    .fetch_optional(db)
    .await
}

pub async fn revoke_grant(db: &mut PgConnection, grant: Uuid, now: Timestamp, reason: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.oauth_grants SET revoked_at = $2, revoked_reason = $3 WHERE id = $1 AND revoked_at IS NULL",
        grant,
        now,
        reason,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn revoke_of_client(db: &mut PgConnection, client: Uuid, now: Timestamp, reason: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.oauth_grants SET revoked_at = $2, revoked_reason = $3 WHERE client_id = $1 AND revoked_at IS NULL AND expires_at > $2",
        client,
        now,
        reason,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn revoke_of_consent(db: &mut PgConnection, consent: Uuid, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.oauth_grants SET revoked_at = $2, revoked_reason = 'consent_revoked'
          WHERE consent_id = $1 AND revoked_at IS NULL",
        consent,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What the end of a session ends: what was not allowed to outlive it.
pub async fn revoke_of_session(db: &mut PgConnection, session: Uuid, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.oauth_grants SET revoked_at = $2, revoked_reason = 'signed_out'
          WHERE session_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND NOT 'offline_access' = ANY (scopes)",
        session,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// As [`revoke_of_session`], of all the user's sessions but one.
pub async fn revoke_of_other_sessions(db: &mut PgConnection, user: Uuid, but: Uuid, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.oauth_grants SET revoked_at = $3, revoked_reason = 'signed_out'
          WHERE user_id = $1 AND session_id IS DISTINCT FROM $2
            AND revoked_at IS NULL AND expires_at > $3 AND NOT 'offline_access' = ANY (scopes)",
        user,
        but,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// As [`revoke_of_session`], of many that ended together.
pub async fn revoke_of_sessions(db: &mut PgConnection, sessions: &[Uuid], now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.oauth_grants SET revoked_at = $2, revoked_reason = 'signed_out'
          WHERE session_id = ANY ($1) AND revoked_at IS NULL AND expires_at > $2 AND NOT 'offline_access' = ANY (scopes)",
        sessions,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// All that the user let apps do in any session but this one, also what outlives a sign-out.
pub async fn revoke_elsewhere(db: &mut PgConnection, user: Uuid, but: Uuid, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.oauth_grants SET revoked_at = $3, revoked_reason = 'signed_out'
          WHERE user_id = $1 AND session_id IS DISTINCT FROM $2 AND revoked_at IS NULL AND expires_at > $3",
        user,
        but,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What a new password, and the end of an account's use, ends: all that the user let apps do, also what outlives a sign-out (ASVS
/// 5.0, 7.4.2 and 7.4.3).
pub async fn revoke_of_user(db: &mut PgConnection, user: Uuid, reason: &str, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.oauth_grants SET revoked_at = $2, revoked_reason = $3
          WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2",
        user,
        now,
        reason,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// All that somebody let apps do in one tenant, and what he or she agreed to there.
pub async fn revoke_of_member(db: &mut PgConnection, tenant: TenantId, user: Uuid, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.oauth_grants SET revoked_at = $3, revoked_reason = 'membership_ended'
          WHERE user_id = $2 AND tenant_id = $1 AND revoked_at IS NULL AND expires_at > $3",
        tenant.0,
        user,
        now,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "UPDATE directory.oauth_consents SET revoked_at = $3, updated_at = $3 WHERE user_id = $2 AND tenant_id = $1 AND revoked_at IS NULL",
        tenant.0,
        user,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Where a session goes on under another id, what was allowed in it ends with that one.
pub async fn move_to_session(db: &mut PgConnection, from: Uuid, to: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE directory.oauth_grants SET session_id = $2 WHERE session_id = $1 AND revoked_at IS NULL", from, to)
        .execute(db)
        .await?;
    Ok(())
}

/// Narrows what stands of a consent to those scopes, at once: its grants and their tokens.
pub async fn narrow(db: &mut PgConnection, consent: Uuid, scopes: &[String]) -> Result<(), sqlx::Error> {
    // The grants first: who refreshes one just now holds its row, and its tokens are seen once that is done.
    sqlx::query!(
        "UPDATE directory.oauth_grants SET scopes = ARRAY(SELECT unnest(scopes) INTERSECT SELECT unnest($2::text[]) ORDER BY 1)
          WHERE consent_id = $1 AND revoked_at IS NULL",
        consent,
        scopes,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "UPDATE directory.oauth_tokens k SET scopes = ARRAY(SELECT unnest(k.scopes) INTERSECT SELECT unnest($2::text[]) ORDER BY 1)
           FROM directory.oauth_grants g WHERE g.id = k.grant_id AND g.consent_id = $1 AND g.revoked_at IS NULL",
        consent,
        scopes,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What a sign-out that the client asks for ends: all that this person allowed it.
pub async fn revoke_of_logout(db: &mut PgConnection, user: Uuid, client: Uuid, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.oauth_grants SET revoked_at = $3, revoked_reason = 'signed_out'
          WHERE user_id = $1 AND client_id = $2 AND revoked_at IS NULL AND expires_at > $3",
        user,
        client,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Of that client only; whether there was one.
pub async fn revoke_access(db: &mut PgConnection, client: Uuid, access_hash: &[u8; 32], now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.oauth_tokens SET revoked_at = $3, revoked_by = 'client', updated_at = $3
          WHERE client_id = $1 AND access_token_hash = $2 AND revoked_at IS NULL",
        client,
        &access_hash[..],
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The family of a refresh token of that client.
pub async fn revoke_refresh(db: &mut PgConnection, client: Uuid, refresh_hash: &[u8; 32], now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.oauth_grants SET revoked_at = $3, revoked_reason = 'revoked'
          WHERE client_id = $1 AND revoked_at IS NULL
            AND id = (SELECT grant_id FROM directory.oauth_tokens WHERE refresh_token_hash = $2)",
        client,
        &refresh_hash[..],
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// An access token that counts.
#[derive(Debug)]
pub struct Found {
    pub client: Uuid,
    pub client_id: String,
    /// The person for whom the client acts; nobody where it acts for itself.
    pub session: Option<Session>,
    pub tenant_id: Uuid,
    pub scopes: Vec<String>,
    pub dpop_jkt: Option<Vec<u8>>,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

pub async fn authenticate(db: impl PgExecutor<'_>, access_hash: &[u8; 32], now: Timestamp) -> Result<Option<Found>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT token_id AS "token_id!", client AS "client!", client_id AS "client_id!", client_name AS "client_name!",
                  user_id, tenant_id AS "tenant_id!", name, email, locale, timezone, scopes AS "scopes!", permissions AS "permissions!",
                  dpop_jkt, issued_at AS "issued_at!: Timestamp", expires_at AS "expires_at!: Timestamp", policy,
                  grace_started_at AS "grace_started_at: Timestamp", grace_logins_used, is_exempt, has_second,
                  directory.is_read_only(tenant_id) AS "is_read_only!"
             FROM identity.authenticate_oauth($1, $2)"#,
        &access_hash[..],
        now,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let policy = row.policy.map(policy::store::read).transpose()?;
    let permissions = row.permissions.iter().filter_map(|grant| parse(grant)).collect();
    let session = row.user_id.map(|user_id| Session {
        id: row.token_id,
        user_id,
        name: row.name.unwrap_or_default(),
        email: row.email.unwrap_or_default(),
        locale: row.locale.unwrap_or_default(),
        timezone: row.timezone.unwrap_or_default(),
        // The instance is administered by people.
        is_platform_admin: false,
        tenant: Some(TenantId(row.tenant_id)),
        permissions,
        expires_at: row.expires_at,
        factors: Vec::new(),
        // Long ago: a program is never there in person.
        verified_at: Timestamp::from_second(0),
        gate: Gate::default(),
        token: Some(UsedToken { id: row.token_id, name: row.client_name }),
        is_read_only: row.is_read_only,
        lease: None,
    });
    let standing = |policy: &SecurityPolicy| Standing {
        factors: None,
        may_change: false,
        is_exempt: row.is_exempt.unwrap_or_default(),
        // A program shows none; its user must have one.
        has_second: row.has_second.unwrap_or_default(),
        grace_until: policy.two_factor.grace_of_tokens(row.grace_started_at, row.grace_logins_used),
    };
    Ok(Some(Found {
        client: row.client,
        client_id: row.client_id,
        session: session.map(|session| policy::guarded(session, policy, standing)),
        tenant_id: row.tenant_id,
        scopes: row.scopes,
        dpop_jkt: row.dpop_jkt,
        issued_at: row.issued_at,
        expires_at: row.expires_at,
    }))
}

/// A refresh token that counts.
pub struct LiveRefresh {
    pub client: Uuid,
    pub user_id: Option<Uuid>,
    pub tenant_id: Uuid,
    pub scopes: Vec<String>,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

pub async fn live_refresh(db: &mut PgConnection, refresh_hash: &[u8; 32], now: Timestamp) -> Result<Option<LiveRefresh>, sqlx::Error> {
    sqlx::query_as!(
        LiveRefresh,
        r#"SELECT g.client_id AS client, g.user_id, g.tenant_id, g.scopes, k.created_at AS "issued_at: Timestamp",
                  k.refresh_token_expires_at AS "expires_at!: Timestamp"
             FROM directory.oauth_tokens k
             JOIN directory.oauth_grants g ON g.id = k.grant_id
            WHERE k.refresh_token_hash = $1 AND k.refreshed_at IS NULL AND k.refresh_token_expires_at > $2
              AND identity.oauth_grant_lives(g.id, $2)"#,
        &refresh_hash[..],
        now,
    )
    .fetch_optional(db)
    .await
}

/// Whether it was not shown before.
pub async fn use_proof(db: &mut PgConnection, proof_hash: &[u8; 32], expires_at: Timestamp) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "INSERT INTO directory.oauth_used_proofs (proof_hash, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        &proof_hash[..],
        expires_at,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

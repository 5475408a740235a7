//! Exports in the directory, and what they hold of an account.

use platform::time::Timestamp;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::DataExport;

pub async fn count_since(db: &mut PgConnection, user: Uuid, since: Timestamp) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM directory.security_events
            WHERE user_id = $1 AND event = 'data_export_requested' AND created_at > $2"#,
        user,
        since
    )
    .fetch_one(db)
    .await
}

pub async fn insert(db: &mut PgConnection, id: Uuid, user: Uuid, now: Timestamp, expires_at: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO directory.data_exports (id, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        id,
        user,
        now,
        expires_at
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn list(
    db: &mut PgConnection,
    user: Uuid,
    now: Timestamp,
    before: Option<Uuid>,
    count: i64,
) -> Result<Vec<DataExport>, sqlx::Error> {
    sqlx::query_as!(
        DataExport,
        "SELECT id, status, size, created_at, ready_at, expires_at FROM directory.data_exports
          WHERE user_id = $1 AND expires_at > $2 AND ($3::uuid IS NULL OR id < $3)
          ORDER BY id DESC
          LIMIT $4",
        user,
        now,
        before as Option<Uuid>,
        count,
    )
    .fetch_all(db)
    .await
}

pub async fn find(db: &mut PgConnection, user: Uuid, id: Uuid, now: Timestamp) -> Result<Option<DataExport>, sqlx::Error> {
    sqlx::query_as!(
        DataExport,
        "SELECT id, status, size, created_at, ready_at, expires_at FROM directory.data_exports
          WHERE user_id = $1 AND id = $2 AND expires_at > $3",
        user,
        id,
        now,
    )
    .fetch_optional(db)
    .await
}

pub async fn content(db: &mut PgConnection, user: Uuid, id: Uuid, now: Timestamp) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT content_ciphertext AS "content!" FROM directory.data_exports
            WHERE user_id = $1 AND id = $2 AND status = 'ready' AND expires_at > $3"#,
        user,
        id,
        now,
    )
    .fetch_optional(db)
    .await
}

/// Whose export it is, if it waits to be made.
pub async fn queued(db: &mut PgConnection, id: Uuid) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("SELECT user_id FROM directory.data_exports WHERE id = $1 AND status = 'queued' FOR NO KEY UPDATE", id)
        .fetch_optional(db)
        .await
}

pub async fn ready(db: &mut PgConnection, id: Uuid, sealed: &[u8], size: i64, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.data_exports SET status = 'ready', content_ciphertext = $2, size = $3, ready_at = $4 WHERE id = $1",
        id,
        sealed,
        size,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn fail(db: &mut PgConnection, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE directory.data_exports SET status = 'failed' WHERE id = $1", id).execute(db).await?;
    Ok(())
}

/// Whom a mail goes to.
pub struct Addressee {
    pub name: String,
    pub email: String,
    pub locale: String,
}

pub async fn person(db: &mut PgConnection, user: Uuid) -> Result<Option<Addressee>, sqlx::Error> {
    sqlx::query_as!(Addressee, "SELECT name, email, locale FROM directory.users WHERE id = $1 AND status = 'active'", user)
        .fetch_optional(db)
        .await
}

/// The account and what belongs to it outside of workspaces. No secret: hashes are no data about the person.
pub async fn account(db: &mut PgConnection, user: Uuid) -> Result<Value, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT jsonb_build_object(
                  'user', (SELECT jsonb_build_object('id', u.id, 'email', u.email, 'name', u.name, 'status', u.status, 'locale', u.locale,
                                  'timezone', u.timezone, 'work_days', u.work_days, 'work_hours_start', u.work_hours_start,
                                  'work_hours_end', u.work_hours_end, 'profile', u.profile, 'preferences', u.preferences,
                                  'email_preferences', u.email_preferences, 'avatar_url', u.avatar_url,
                                  'email_verified_at', u.email_verified_at, 'password_changed_at', u.password_changed_at,
                                  'last_active_at', u.last_active_at, 'last_login_at', u.last_login_at,
                                  'last_login_ip', host(u.last_login_ip), 'login_count', u.login_count, 'created_at', u.created_at)
                             FROM directory.users u WHERE u.id = $1),
                  'picture', (SELECT jsonb_build_object('content_type', p.content_type, 'base64', encode(p.bytes, 'base64'))
                                FROM directory.pictures p WHERE p.user_id = $1),
                  'status_changes', (SELECT coalesce(jsonb_agg(jsonb_build_object('status', c.status, 'reason', c.reason, 'at', c.changed_at)), '[]')
                                       FROM directory.user_status_changes c WHERE c.user_id = $1),
                  'consents', (SELECT coalesce(jsonb_agg(jsonb_build_object('purpose', c.purpose, 'text_version', c.text_version,
                                      'is_given', c.is_given, 'ip_address', host(c.ip_address), 'user_agent', c.user_agent, 'at', c.created_at)), '[]')
                                 FROM directory.consents c WHERE c.user_id = $1),
                  'sessions', (SELECT coalesce(jsonb_agg(jsonb_build_object('created_at', s.created_at, 'last_seen_at', s.last_seen_at,
                                      'ip_address', host(s.ip_address), 'user_agent', s.user_agent, 'location', s.location, 'ended_at', s.ended_at)), '[]')
                                 FROM directory.sessions s WHERE s.user_id = $1),
                  'access_tokens', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', k.name, 'scopes', k.scopes, 'created_at', k.created_at,
                                           'last_used_at', k.last_used_at, 'last_used_ip', host(k.last_used_ip), 'expires_at', k.expires_at,
                                           'revoked_at', k.revoked_at)), '[]')
                                      FROM directory.personal_access_tokens k WHERE k.user_id = $1),
                  'identities', (SELECT coalesce(jsonb_agg(jsonb_build_object('issuer', i.issuer, 'subject', i.subject, 'email', i.email,
                                        'last_used_at', i.last_used_at, 'created_at', i.created_at)), '[]')
                                   FROM directory.user_identities i WHERE i.user_id = $1),
                  'invitations', (SELECT coalesce(jsonb_agg(jsonb_build_object('workspace', t.name, 'status', i.status, 'message', i.message,
                                         'created_at', i.created_at)), '[]')
                                    FROM directory.invitations i
                                    JOIN identity.emails_of($1) o ON o.email_key = i.email_key AND i.created_at BETWEEN o.held_from AND o.held_until
                                    JOIN directory.tenants t ON t.id = i.tenant_id),
                  'mails', (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', m.kind, 'subject', m.subject, 'status', m.status, 'at', m.created_at)), '[]')
                              FROM directory.mails m
                              JOIN identity.emails_of($1) o ON o.email_key = lower(m.recipient) AND m.created_at BETWEEN o.held_from AND o.held_until),
                  'subscriptions', (SELECT coalesce(jsonb_agg(jsonb_build_object('workspace', t.name, 'plan', p.name, 'status', s.status,
                                           'created_at', s.created_at)), '[]')
                                      FROM directory.subscriptions s
                                      JOIN directory.tenants t ON t.id = s.tenant_id
                                      LEFT JOIN directory.plans p ON p.id = s.plan_id
                                     WHERE s.user_id = $1)
                  ) AS "account!""#,
        user,
    )
    .fetch_one(db)
    .await
}

/// The ways in, and what was let in by the user: what [`account`] leaves out. Again no secret, and no key.
pub async fn ways_in(db: &mut PgConnection, user: Uuid) -> Result<Value, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT jsonb_build_object(
                  'passkeys', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', a.friendly_name, 'backed_up', a.backed_up,
                                      'transports', a.transports, 'last_used_at', a.last_used_at, 'created_at', a.created_at)), '[]')
                                 FROM directory.authenticators a WHERE a.user_id = $1),
                  'authenticator_app', (SELECT jsonb_build_object('set_up_at', c.confirmed_at, 'last_used_at', c.last_verified_at,
                                               'created_at', c.created_at)
                                          FROM directory.totp_credentials c WHERE c.user_id = $1),
                  'recovery_codes', (SELECT jsonb_build_object('unused', count(*) FILTER (WHERE r.used_at IS NULL),
                                            'used', count(*) FILTER (WHERE r.used_at IS NOT NULL))
                                       FROM directory.recovery_codes r WHERE r.user_id = $1),
                  'devices', (SELECT coalesce(jsonb_agg(jsonb_build_object('remembered_in', t.name, 'remembered_until', d.trusted_until,
                                     'last_seen_at', d.last_seen_at, 'created_at', d.created_at)), '[]')
                                FROM directory.devices d LEFT JOIN directory.tenants t ON t.id = d.trusted_in WHERE d.user_id = $1),
                  'app_consents', (SELECT coalesce(jsonb_agg(jsonb_build_object('app', a.name, 'workspace', t.name, 'scopes', o.scopes,
                                          'created_at', o.created_at, 'changed_at', o.updated_at, 'revoked_at', o.revoked_at)), '[]')
                                     FROM directory.oauth_consents o
                                     JOIN directory.oauth_clients a ON a.id = o.client_id
                                     JOIN directory.tenants t ON t.id = o.tenant_id
                                    WHERE o.user_id = $1),
                  'connected_apps', (SELECT coalesce(jsonb_agg(jsonb_build_object('app', a.name, 'workspace', t.name, 'scopes', g.scopes,
                                            'created_at', g.created_at, 'expires_at', g.expires_at, 'revoked_at', g.revoked_at,
                                            'revoked_because', g.revoked_reason)), '[]')
                                       FROM directory.oauth_grants g
                                       JOIN directory.oauth_clients a ON a.id = g.client_id
                                       JOIN directory.tenants t ON t.id = g.tenant_id
                                      WHERE g.user_id = $1),
                  'email_changes', (SELECT coalesce(jsonb_agg(jsonb_build_object('email', c.email, 'asked_at', c.created_at,
                                           'expires_at', c.expires_at, 'used_at', c.used_at)), '[]')
                                      FROM directory.email_changes c WHERE c.user_id = $1),
                  'former_emails', (SELECT coalesce(jsonb_agg(jsonb_build_object('email', f.email_key, 'from', f.held_from, 'until', f.held_until)), '[]')
                                      FROM directory.former_emails f WHERE f.user_id = $1),
                  'exports', (SELECT coalesce(jsonb_agg(jsonb_build_object('status', x.status, 'size', x.size, 'created_at', x.created_at,
                                     'expires_at', x.expires_at)), '[]')
                                FROM directory.data_exports x WHERE x.user_id = $1),
                  'closures', (SELECT coalesce(jsonb_agg(to_jsonb(c) - 'id' - 'user_id' - 'token_hash'), '[]')
                                 FROM directory.account_closures c WHERE c.user_id = $1)
                  ) AS "ways_in!""#,
        user,
    )
    .fetch_one(db)
    .await
}

/// One line, and by what the next page is asked for.
pub struct Line {
    pub id: Uuid,
    pub line: Value,
}

/// What is handed out page by page.
#[derive(Clone, Copy)]
pub enum Log {
    SignIns,
    SecurityEvents,
}

pub async fn lines(db: &mut PgConnection, user: Uuid, log: Log, before: Option<Uuid>, count: i64) -> Result<Vec<Line>, sqlx::Error> {
    match log {
        Log::SignIns => {
            sqlx::query_as!(
                Line,
                r#"SELECT h.id, jsonb_build_object('at', h.created_at, 'outcome', h.outcome, 'method', h.method, 'reason', h.failure_reason,
                                                   'attempts', h.attempts, 'ip_address', host(h.ip_address), 'user_agent', h.user_agent,
                                                   'location', h.location) AS "line!"
                     FROM directory.login_history h
                    WHERE h.user_id = $1 AND ($2::uuid IS NULL OR h.id < $2)
                    ORDER BY h.id DESC
                    LIMIT $3"#,
                user,
                before as Option<Uuid>,
                count,
            )
            .fetch_all(db)
            .await
        }
        Log::SecurityEvents => {
            sqlx::query_as!(
                Line,
                r#"SELECT s.id, jsonb_build_object('at', s.created_at, 'event', s.event, 'severity', s.severity,
                                                   'ip_address', host(s.ip_address), 'user_agent', s.user_agent) AS "line!"
                     FROM directory.security_events s
                    WHERE s.user_id = $1 AND ($2::uuid IS NULL OR s.id < $2)
                    ORDER BY s.id DESC
                    LIMIT $3"#,
                user,
                before as Option<Uuid>,
                count,
            )
            .fetch_all(db)
            .await
        }
    }
}

/// Every workspace in which the user is or was a member.
pub async fn workspaces(db: &mut PgConnection, user: Uuid) -> Result<Vec<(Uuid, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT t.id, t.name FROM identity.members m JOIN directory.tenants t ON t.id = m.tenant_id AND t.status <> 'deleted'
          WHERE m.user_id = $1 ORDER BY t.id",
        user
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

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
                  'sign_ins', (SELECT coalesce(jsonb_agg(jsonb_build_object('at', l.created_at, 'outcome', l.outcome, 'method', l.method,
                                      'ip_address', host(l.ip_address), 'user_agent', l.user_agent, 'location', l.location)), '[]')
                                 FROM (SELECT * FROM directory.login_history h WHERE h.user_id = $1 ORDER BY h.id DESC LIMIT 5000) l),
                  'security_events', (SELECT coalesce(jsonb_agg(jsonb_build_object('at', e.created_at, 'event', e.event, 'severity', e.severity,
                                             'ip_address', host(e.ip_address), 'user_agent', e.user_agent)), '[]')
                                        FROM (SELECT * FROM directory.security_events s WHERE s.user_id = $1 ORDER BY s.id DESC LIMIT 5000) e),
                  'invitations', (SELECT coalesce(jsonb_agg(jsonb_build_object('workspace', t.name, 'status', i.status, 'message', i.message,
                                         'created_at', i.created_at)), '[]')
                                    FROM directory.invitations i
                                    JOIN directory.users u ON u.id = $1 AND u.email_key = i.email_key
                                    JOIN directory.tenants t ON t.id = i.tenant_id),
                  'mails', (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', m.kind, 'subject', m.subject, 'status', m.status, 'at', m.created_at)), '[]')
                              FROM directory.mails m
                              JOIN directory.users u ON u.id = $1 AND u.email_key = lower(m.recipient))
                  ) AS "account!""#,
        user,
    )
    .fetch_one(db)
    .await
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

//! What is counted from outside, as the owner. No statement here reads what a tenant keeps: `tests/it` holds the columns.

use platform::TenantId;
use platform::id;
use platform::lease::without_addresses;
use platform::time::Timestamp;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::mailbox::MailSummary;
use super::types::{Erasure, InstanceTenant, InstanceUser, StatusCount};
use crate::accounts::StatusLine;
use crate::erasure::Report;
use crate::tenants::Features;

/// Which tenants to list.
pub struct Filter<'a> {
    /// Part of the name or slug, in lower case.
    pub q: Option<&'a str>,
    pub status: Option<&'a str>,
    pub id: Option<Uuid>,
    pub after: Option<&'a (String, Uuid)>,
}

pub async fn tenants(db: &mut PgConnection, filter: &Filter<'_>, count: i64) -> Result<Vec<InstanceTenant>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"WITH page AS (
               SELECT * FROM directory.tenants t
                WHERE ($1::text IS NULL OR strpos(lower(t.name), $1) > 0 OR strpos(t.slug, $1) > 0)
                  AND ($2::text IS NULL OR t.status = $2)
                  AND ($3::uuid IS NULL OR t.id = $3)
                  AND ($4::text IS NULL OR (lower(t.name), t.id) > (lower($4), $5::uuid))
                ORDER BY lower(t.name), t.id
                LIMIT $6
           ), failed AS (
               SELECT payload ->> 'tenant_id' AS tenant, count(*) AS jobs FROM graphile_worker._private_jobs
                WHERE attempts >= max_attempts AND locked_at IS NULL
                GROUP BY 1
           )
           SELECT t.id AS "id!", t.name AS "name!", t.slug AS "slug!", t.status AS "status!", u.name AS owner_name, u.email AS owner_email,
                  (SELECT count(*) FROM identity.members m WHERE m.tenant_id = t.id AND m.status = 'active') AS "members!",
                  (SELECT max(m.last_active_at) FROM identity.members m WHERE m.tenant_id = t.id) AS last_active_at,
                  (SELECT coalesce(sum(f.size), 0)::bigint FROM platform.files f WHERE f.tenant_id = t.id AND f.deleted_at IS NULL) AS "file_bytes!",
                  coalesce(failed.jobs, 0) AS "jobs_failed!",
                  (SELECT count(*) FROM directory.mails l WHERE l.tenant_id = t.id AND l.status = 'failed') AS "mails_failed!",
                  b.trial_end AS "trial_ends_at?", t.deletion_scheduled_at, t.feature_flags AS "features!: Json<Features>", t.version AS "version!", t.created_at AS "created_at!"
             FROM page t
             JOIN directory.users u ON u.id = t.owner_id
             LEFT JOIN directory.subscriptions b ON b.tenant_id = t.id
             LEFT JOIN failed ON failed.tenant = t.id::text
            ORDER BY lower(t.name), t.id"#,
        filter.q as Option<&str>,
        filter.status as Option<&str>,
        filter.id as Option<Uuid>,
        filter.after.map(|(name, _)| name.as_str()) as Option<&str>,
        filter.after.map(|(_, id)| *id) as Option<Uuid>,
        count,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| InstanceTenant {
            id: row.id,
            name: row.name,
            slug: row.slug,
            status: row.status,
            owner_name: row.owner_name,
            owner_email: row.owner_email,
            members: row.members,
            last_active_at: row.last_active_at,
            file_bytes: row.file_bytes,
            jobs_failed: row.jobs_failed,
            mails_failed: row.mails_failed,
            trial_ends_at: row.trial_ends_at,
            deletion_scheduled_at: row.deletion_scheduled_at,
            features: row.features.0,
            version: row.version,
            created_at: row.created_at,
        })
        .collect())
}

pub async fn tenant_history(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<StatusLine>, sqlx::Error> {
    sqlx::query_as!(
        StatusLine,
        r#"SELECT c.id, c.status, c.reason, u.name AS "changed_by?", c.changed_at
             FROM directory.tenant_status_changes c
             LEFT JOIN directory.users u ON u.id = c.changed_by
            WHERE c.tenant_id = $1
            ORDER BY c.changed_at DESC, c.id DESC
            LIMIT 100"#,
        tenant.0,
    )
    .fetch_all(db)
    .await
}

/// A tenant as it is before a change.
pub struct Before {
    pub name: String,
    pub status: String,
    pub features: Features,
    pub version: i64,
}

pub async fn lock_tenant(db: &mut PgConnection, tenant: TenantId) -> Result<Option<Before>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT name, status, feature_flags AS "features: Json<Features>", version FROM directory.tenants
            WHERE id = $1 AND status <> 'deleted' FOR NO KEY UPDATE"#,
        tenant.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Before { name: row.name, status: row.status, features: row.features.0, version: row.version }))
}

pub async fn set_status(
    db: &mut PgConnection,
    tenant: TenantId,
    status: &str,
    reason: &str,
    by: Uuid,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE directory.tenants SET status = $2 WHERE id = $1", tenant.0, status).execute(&mut *db).await?;
    sqlx::query!(
        "INSERT INTO directory.tenant_status_changes (id, tenant_id, status, reason, changed_by, changed_at) VALUES ($1, $2, $3, $4, $5, $6)",
        id::new(),
        tenant.0,
        status,
        reason,
        by,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn set_features(db: &mut PgConnection, tenant: TenantId, features: &Features) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE directory.tenants SET feature_flags = $2 WHERE id = $1", tenant.0, Json(features) as Json<&Features>)
        .execute(db)
        .await?;
    Ok(())
}

/// By the whole address, or by id: administrators find who asks them, and browse nobody.
pub async fn user(db: &mut PgConnection, email_key: Option<&str>, id: Option<Uuid>) -> Result<Option<InstanceUser>, sqlx::Error> {
    sqlx::query_as!(
        InstanceUser,
        r#"SELECT u.id, u.name, u.email, u.status, u.is_platform_admin,
                  (SELECT count(*) FROM identity.members m
                     JOIN directory.tenants t ON t.id = m.tenant_id AND t.status <> 'deleted'
                    WHERE m.user_id = u.id AND m.status = 'active') AS "workspaces!",
                  u.last_active_at, u.created_at
             FROM directory.users u
            WHERE (u.email_key = $1 AND u.deleted_at IS NULL) OR u.id = $2"#,
        email_key as Option<&str>,
        id as Option<Uuid>,
    )
    .fetch_optional(db)
    .await
}

pub async fn erasures(db: &mut PgConnection, before: Option<Uuid>, count: i64) -> Result<Vec<Erasure>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT id, kind, subject_id, label, started_at, finished_at, report AS "report: Json<Report>" FROM directory.erasures
            WHERE $1::uuid IS NULL OR id < $1
            ORDER BY id DESC
            LIMIT $2"#,
        before as Option<Uuid>,
        count,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Erasure {
            id: row.id,
            kind: row.kind,
            subject_id: row.subject_id,
            label: row.label,
            started_at: row.started_at,
            finished_at: row.finished_at,
            report: row.report.0,
        })
        .collect())
}

/// Counts of the whole instance.
pub struct Counts {
    pub database_bytes: i64,
    pub mails_waiting: i64,
    pub mails_failed: i64,
    pub events_waiting: i64,
}

pub async fn counts(db: &mut PgConnection) -> Result<Counts, sqlx::Error> {
    sqlx::query_as!(
        Counts,
        r#"SELECT pg_database_size(current_database()) AS "database_bytes!",
                  (SELECT count(*) FROM directory.mails WHERE status IN ('queued', 'sending')) AS "mails_waiting!",
                  (SELECT count(*) FROM directory.mails WHERE status = 'failed') AS "mails_failed!",
                  (SELECT count(*) FROM platform.events WHERE dispatched_at IS NULL) AS "events_waiting!""#
    )
    .fetch_one(db)
    .await
}

pub async fn tenants_by_status(db: &mut PgConnection) -> Result<Vec<StatusCount>, sqlx::Error> {
    sqlx::query_as!(StatusCount, r#"SELECT status, count(*) AS "count!" FROM directory.tenants GROUP BY status ORDER BY status"#)
        .fetch_all(db)
        .await
}

pub async fn users_by_status(db: &mut PgConnection) -> Result<Vec<StatusCount>, sqlx::Error> {
    sqlx::query_as!(StatusCount, r#"SELECT status, count(*) AS "count!" FROM directory.users GROUP BY status ORDER BY status"#)
        .fetch_all(db)
        .await
}

/// A mail as the mailbox lists it, with what it says, sealed.
pub struct StoredMail {
    pub summary: MailSummary,
    pub tenant_id: Option<Uuid>,
    pub message_ciphertext: Vec<u8>,
}

/// Mails, newest first. Those of workspaces are hidden where the instance has a server, or the workspace one of its own, and
/// are not found by what is hidden of them.
pub async fn mails(
    db: &mut PgConnection,
    has_server: bool,
    id: Option<Uuid>,
    before: Option<Uuid>,
    q: Option<&str>,
    count: i64,
) -> Result<Vec<StoredMail>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT m.id, m.tenant_id, m.recipient, m.subject, m.kind, m.status, m.created_at, m.sent_at, m.last_error, m.message_ciphertext,
                  m.tenant_id IS NOT NULL AND s.served AS "is_hidden!", NOT s.served AND m.status IN ('queued', 'kept') AS "can_open!"
             FROM directory.mails m,
                  LATERAL (SELECT $1 OR EXISTS (SELECT FROM platform.mail_settings o WHERE o.tenant_id = m.tenant_id)
                                  OR m.status IN ('sending', 'sent', 'failed') AS served) s
            WHERE ($2::uuid IS NULL OR m.id = $2)
              AND ($3::uuid IS NULL OR m.id < $3)
              AND ($4::text IS NULL
                   OR NOT (m.tenant_id IS NOT NULL AND s.served) AND strpos(lower(m.recipient || ' ' || m.subject), lower($4)) > 0)
            ORDER BY m.id DESC
            LIMIT $5"#,
        has_server,
        id as Option<Uuid>,
        before as Option<Uuid>,
        q as Option<&str>,
        count,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| StoredMail {
            summary: MailSummary {
                id: row.id,
                to: if row.is_hidden { String::new() } else { row.recipient },
                subject: if row.is_hidden { String::new() } else { row.subject },
                kind: row.kind,
                status: row.status,
                created_at: row.created_at,
                sent_at: row.sent_at,
                last_error: row.last_error.map(|error| if row.is_hidden { without_addresses(&error) } else { error }),
                is_hidden: row.is_hidden,
                can_open: row.can_open,
            },
            tenant_id: row.tenant_id,
            message_ciphertext: row.message_ciphertext,
        })
        .collect())
}

/// Whether the instance holds demo data only.
pub async fn is_demo(db: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!("SELECT is_demo FROM security.instance").fetch_one(db).await
}

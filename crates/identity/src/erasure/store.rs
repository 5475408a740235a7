//! Everything that erasure reads and removes, as the owner: each statement names whose rows it is about.

use platform::time::Timestamp;
use platform::{TenantId, id};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::Report;

pub async fn due_tenants(db: &mut PgConnection, now: Timestamp) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT id FROM directory.tenants WHERE status = 'pending_deletion' AND deletion_scheduled_at <= $1 ORDER BY id LIMIT 100",
        now
    )
    .fetch_all(db)
    .await
}

pub async fn due_users(db: &mut PgConnection, now: Timestamp) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT user_id FROM directory.account_closures
          WHERE cancelled_at IS NULL AND erased_at IS NULL AND erase_after <= $1
          ORDER BY erase_after
          LIMIT 100",
        now
    )
    .fetch_all(db)
    .await
}

/// Exports that have run out.
pub async fn forget_exports(db: &mut PgConnection, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM directory.data_exports WHERE expires_at <= $1", now).execute(db).await?;
    Ok(())
}

/// The name of a tenant that is to be erased by now, under its lock: from here on nobody calls it off.
pub async fn lock_due_tenant(db: &mut PgConnection, tenant: TenantId, now: Timestamp) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT name FROM directory.tenants
          WHERE id = $1 AND status = 'pending_deletion' AND deletion_scheduled_at <= $2
            FOR UPDATE",
        tenant.0,
        now,
    )
    .fetch_optional(db)
    .await
}

/// No where an earlier attempt opened it.
pub async fn open_report(
    db: &mut PgConnection,
    kind: &str,
    subject: Uuid,
    label: &str,
    requested_by: Option<Uuid>,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let written = sqlx::query!(
        "INSERT INTO directory.erasures (id, kind, subject_id, label, requested_by, started_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (kind, subject_id) DO NOTHING",
        id::new(),
        kind,
        subject,
        label,
        requested_by as Option<Uuid>,
        now,
    )
    .execute(db)
    .await?;
    Ok(written.rows_affected() == 1)
}

/// The report under its lock: two workers that erase the same wait for each other.
pub async fn report(db: &mut PgConnection, kind: &str, subject: Uuid) -> Result<Report, sqlx::Error> {
    let report = sqlx::query_scalar!(
        r#"SELECT report AS "report: Json<Report>" FROM directory.erasures WHERE kind = $1 AND subject_id = $2 FOR NO KEY UPDATE"#,
        kind,
        subject,
    )
    .fetch_one(db)
    .await?;
    Ok(report.0)
}

pub async fn write_report(db: &mut PgConnection, kind: &str, subject: Uuid, report: &Report) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.erasures SET report = $3 WHERE kind = $1 AND subject_id = $2",
        kind,
        subject,
        Json(report) as Json<&Report>,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn close_report(db: &mut PgConnection, kind: &str, subject: Uuid, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE directory.erasures SET finished_at = $3 WHERE kind = $1 AND subject_id = $2", kind, subject, now)
        .execute(db)
        .await?;
    Ok(())
}

/// Every table with tenants' rows, in the order in which they can be erased.
pub async fn tenant_tables(db: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT platform.tenant_tables() AS "name!""#).fetch_all(db).await
}

/// How many rows went, and whether none is left.
pub async fn erase_rows(db: &mut PgConnection, tenant: TenantId, table: &str, most: i32) -> Result<(i32, bool), sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT erased AS "erased!", is_done AS "is_done!" FROM platform.erase_rows($1, $2::text::regclass, $3)"#,
        tenant.0,
        table,
        most,
    )
    .fetch_one(db)
    .await?;
    Ok((row.erased, row.is_done))
}

/// What of a tenant is not its rows.
pub struct Left {
    pub jobs: i64,
    pub sessions: u64,
    pub changes: u64,
}

/// Takes the tenant out of sessions and the queue, and empties its row in the directory.
pub async fn leave_tenant(db: &mut PgConnection, tenant: TenantId, now: Timestamp) -> Result<Left, sqlx::Error> {
    let jobs = sqlx::query!(
        "DELETE FROM graphile_worker._private_jobs WHERE payload ->> 'tenant_id' = $1 AND locked_at IS NULL",
        tenant.0.to_string()
    )
    .execute(&mut *db)
    .await?
    .rows_affected();
    let sessions = sqlx::query!("UPDATE directory.sessions SET tenant_id = NULL WHERE tenant_id = $1", tenant.0)
        .execute(&mut *db)
        .await?
        .rows_affected();
    sqlx::query!("UPDATE directory.users SET current_tenant_id = NULL WHERE current_tenant_id = $1", tenant.0).execute(&mut *db).await?;
    sqlx::query!(
        "UPDATE directory.tenants
            SET status = 'deleted', deleted_at = $2, name = 'Deleted', slug = 'deleted-' || replace(id::text, '-', ''), description = NULL,
                billing_email = NULL, logo_url = NULL, branding = '{}', settings = '{}', features = '{}', feature_flags = '{}',
                security_policy = '{}'
          WHERE id = $1",
        tenant.0,
        now,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("DELETE FROM directory.custom_domains WHERE tenant_id = $1", tenant.0).execute(&mut *db).await?;
    sqlx::query!(
        "UPDATE directory.subscriptions
            SET status = 'canceled', canceled_at = coalesce(canceled_at, $2), user_id = NULL, cancel_at_period_end = false
          WHERE tenant_id = $1",
        tenant.0,
        now,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT INTO directory.tenant_status_changes (id, tenant_id, status, reason, changed_at) VALUES ($1, $2, 'deleted', 'erased', $3)",
        id::new(),
        tenant.0,
        now,
    )
    .execute(&mut *db)
    .await?;
    let changes = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM directory.tenant_status_changes WHERE tenant_id = $1"#, tenant.0)
        .fetch_one(db)
        .await?;
    Ok(Left { jobs: i64::try_from(jobs).unwrap_or(i64::MAX), sessions, changes: changes.unsigned_abs() })
}

/// Whether the user's erasure is due, under the row's lock.
pub async fn lock_due_user(db: &mut PgConnection, user: Uuid, now: Timestamp) -> Result<bool, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT u.id FROM directory.users u
           JOIN directory.account_closures c ON c.user_id = u.id
          WHERE u.id = $1 AND c.cancelled_at IS NULL AND c.erased_at IS NULL AND c.erase_after <= $2
            FOR NO KEY UPDATE",
        user,
        now,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.is_some())
}

/// Every tenant in which the user is or was a member and which is not erased.
pub async fn tenants_of(db: &mut PgConnection, user: Uuid) -> Result<Vec<TenantId>, sqlx::Error> {
    let ids =
        sqlx::query_scalar!("SELECT tenant_id FROM identity.members WHERE user_id = $1 ORDER BY tenant_id", user).fetch_all(db).await?;
    Ok(ids.into_iter().map(TenantId).collect())
}

/// Empties what the outbox says about invitations to any address that the user has or had; answers how many facts.
pub async fn empty_invitation_facts(db: &mut PgConnection, user: Uuid) -> Result<u64, sqlx::Error> {
    let emptied = sqlx::query!(
        "UPDATE platform.events e SET payload = '{}', dispatched_at = coalesce(e.dispatched_at, now())
           FROM directory.invitations i
           JOIN identity.emails_of($1) o ON o.email_key = i.email_key AND i.created_at BETWEEN o.held_from AND o.held_until
          WHERE e.tenant_id = i.tenant_id AND e.subject_id = i.id AND e.payload <> '{}'",
        user
    )
    .execute(db)
    .await?;
    Ok(emptied.rows_affected())
}

/// What is removed of a user outside of tenants, by table.
pub async fn remove_user(db: &mut PgConnection, user: Uuid) -> Result<Vec<(String, i64)>, sqlx::Error> {
    let count = |rows: u64| i64::try_from(rows).unwrap_or(i64::MAX);
    // By every address that the user has or had, before it is forgotten which these were.
    let signed_up = sqlx::query!(
        "DELETE FROM directory.registrations r USING identity.emails_of($1) o
          WHERE r.email_key = o.email_key AND r.created_at BETWEEN o.held_from AND o.held_until",
        user
    )
    .execute(&mut *db)
    .await?;
    // In every workspace, those among them where the user was invited only, or acted as an administrator of the instance.
    let keys = sqlx::query!(
        "DELETE FROM platform.audit_keys
          WHERE subject_id = $1
             OR subject_id = ANY (ARRAY(SELECT i.id FROM directory.invitations i
                                          JOIN identity.emails_of($1) o
                                            ON o.email_key = i.email_key AND i.created_at BETWEEN o.held_from AND o.held_until))",
        user,
    )
    .execute(&mut *db)
    .await?;
    let invited = sqlx::query!(
        "DELETE FROM directory.invitations i USING identity.emails_of($1) o
          WHERE i.email_key = o.email_key AND i.created_at BETWEEN o.held_from AND o.held_until",
        user
    )
    .execute(&mut *db)
    .await?;
    let mails = sqlx::query!(
        "DELETE FROM directory.mails m USING identity.emails_of($1) o
          WHERE lower(m.recipient) = o.email_key AND m.created_at BETWEEN o.held_from AND o.held_until",
        user
    )
    .execute(&mut *db)
    .await?;
    let rows =
        sqlx::query!(r#"SELECT name AS "name!", erased AS "erased!" FROM platform.erase_of_user($1)"#, user).fetch_all(&mut *db).await?;
    let mut removed: Vec<_> = rows.into_iter().map(|row| (row.name, row.erased)).collect();
    for (table, gone) in [
        ("directory.registrations", signed_up),
        ("platform.audit_keys", keys),
        ("directory.invitations", invited),
        ("directory.mails", mails),
    ] {
        removed.push((table.to_owned(), count(gone.rows_affected())));
    }
    Ok(removed)
}

/// What stays of a user, emptied: what it is, how many, and why.
pub async fn empty_user(db: &mut PgConnection, user: Uuid, now: Timestamp) -> Result<Vec<(&'static str, u64, &'static str)>, sqlx::Error> {
    let logins = sqlx::query!(
        "UPDATE directory.login_history SET ip_address = NULL, user_agent = NULL, location = NULL, email_hash = NULL WHERE user_id = $1",
        user
    )
    .execute(&mut *db)
    .await?
    .rows_affected();
    let events =
        sqlx::query!("UPDATE directory.security_events SET ip_address = NULL, user_agent = NULL, details = '{}' WHERE user_id = $1", user)
            .execute(&mut *db)
            .await?
            .rows_affected();
    let consents = sqlx::query!("UPDATE directory.consents SET ip_address = NULL, user_agent = NULL WHERE user_id = $1", user)
        .execute(&mut *db)
        .await?;
    sqlx::query!("UPDATE directory.subscriptions SET user_id = NULL WHERE user_id = $1", user).execute(&mut *db).await?;
    let statuses =
        sqlx::query!("UPDATE directory.user_status_changes SET reason = 'erased' WHERE user_id = $1", user).execute(&mut *db).await?;
    sqlx::query!(
        "UPDATE directory.users
            SET status = 'deleted', deleted_at = $2, name = 'Former user', email = id || '@erased.invalid', email_key = id || '@erased.invalid',
                password_hash = NULL, password_changed_at = NULL, email_verified_at = NULL, is_platform_admin = false, avatar_url = NULL,
                locale = 'en', timezone = 'UTC', profile = '{}', preferences = '{}', current_tenant_id = NULL,
                last_active_at = NULL, last_login_at = NULL, last_login_ip = NULL
          WHERE id = $1",
        user,
        now,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "UPDATE directory.account_closures SET erased_at = $2 WHERE user_id = $1 AND cancelled_at IS NULL AND erased_at IS NULL",
        user,
        now,
    )
    .execute(db)
    .await?;
    Ok(vec![
        ("directory.users", 1, "keeps the id that records of workspaces refer to; nothing else of it is left"),
        ("directory.login_history", logins, "shows attacks on this instance for seven years; addresses and devices are gone"),
        ("directory.security_events", events, "shows what happened to accounts for seven years; addresses and devices are gone"),
        ("directory.consents", consents.rows_affected(), "proves what was agreed to; addresses and devices are gone"),
        ("directory.user_status_changes", statuses.rows_affected(), "shows when the account was closed; reasons are gone"),
    ])
}

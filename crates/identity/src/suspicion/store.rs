//! What earlier sign-ins tell, and who is to be told.

use platform::ctx::Origin;
use platform::ipnet::IpNet;
use platform::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::activity;

/// What of a sign-in none of the earlier ones had.
pub struct Newness {
    pub country: bool,
    pub place: bool,
}

/// What a workspace's own provider let in makes no place known to the rest of the account. Networks are compared by /24 of IPv4 and /48 of IPv6: what one connection at home or one office moves within.
pub async fn newness(
    db: &mut PgConnection,
    origin: &Origin,
    country: Option<&str>,
    user: Uuid,
    since: Timestamp,
    by_company: bool,
) -> Result<Newness, sqlx::Error> {
    sqlx::query_as!(
        Newness,
        r#"SELECT coalesce(bool_and(l.country <> $5) FILTER (WHERE l.country IS NOT NULL), false) AS "country!",
                  coalesce(bool_and(l.user_agent IS DISTINCT FROM $3
                                    AND NOT coalesce(network(set_masklen(l.ip_address, CASE family(l.ip_address) WHEN 4 THEN 24 ELSE 48 END)) >>= $2::inet, false)),
                           false) AS "place!"
             FROM (SELECT ip_address, user_agent, location ->> 'country' AS country FROM directory.login_history
                    WHERE user_id = $1 AND outcome = 'success' AND created_at > $4 AND ($6 OR method <> 'company')
                    ORDER BY id DESC
                    LIMIT 200) AS l"#,
        user,
        activity::address(origin) as Option<IpNet>,
        activity::user_agent(origin),
        since,
        country,
        by_company,
    )
    .fetch_one(db)
    .await
}

pub async fn failures_since(db: &mut PgConnection, user: Uuid, since: Timestamp) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM (SELECT FROM directory.login_history
            WHERE user_id = $1 AND outcome = 'failed' AND created_at > $2 LIMIT 100) AS l"#,
        user,
        since
    )
    .fetch_one(db)
    .await
}

pub async fn exports_since(db: &mut PgConnection, user: Uuid, since: Timestamp) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM directory.security_events
            WHERE user_id = $1 AND event IN ('data_export_requested', 'contact_data_exported', 'audit_trail_exported') AND created_at > $2"#,
        user,
        since
    )
    .fetch_one(db)
    .await
}

pub async fn was_told(db: &mut PgConnection, user: Uuid, kind: &str, since: Timestamp) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM directory.security_events
            WHERE user_id = $1 AND event = 'suspicious_activity' AND details ->> 'kind' = $2 AND created_at > $3) AS "was!""#,
        user,
        kind,
        since,
    )
    .fetch_one(db)
    .await
}

pub struct Told {
    pub name: String,
    pub email: String,
    pub locale: String,
}

pub async fn person(db: &mut PgConnection, user: Uuid) -> Result<Option<Told>, sqlx::Error> {
    sqlx::query_as!(Told, "SELECT name, email, locale FROM directory.users WHERE id = $1 AND status = 'active'", user)
        .fetch_optional(db)
        .await
}

pub struct Admin {
    pub tenant_id: Uuid,
    pub workspace: String,
    pub user_id: Uuid,
    pub name: String,
    pub email: String,
    pub locale: String,
}

/// Owners and administrators of the workspaces that want to know, without the user himself or herself.
pub async fn admins_to_tell(db: &mut PgConnection, user: Uuid) -> Result<Vec<Admin>, sqlx::Error> {
    sqlx::query_as!(
        Admin,
        r#"SELECT tenant_id AS "tenant_id!", workspace AS "workspace!", user_id AS "user_id!", name AS "name!", email AS "email!",
                  locale AS "locale!"
             FROM identity.admins_to_tell($1)"#,
        user
    )
    .fetch_all(db)
    .await
}

//! Consents in the database.

use platform::TenantId;
use platform::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::OAuthConsent;

/// A consent that stands.
pub struct Consent {
    pub id: Uuid,
    pub scopes: Vec<String>,
}

pub async fn find(db: &mut PgConnection, user: Uuid, client: Uuid, tenant: TenantId) -> Result<Option<Consent>, sqlx::Error> {
    sqlx::query_as!(
        Consent,
        "SELECT id, scopes FROM directory.oauth_consents
          WHERE user_id = $1 AND client_id = $2 AND tenant_id = $3 AND revoked_at IS NULL",
        user,
        client,
        tenant.0,
    )
    .fetch_optional(db)
    .await
}

/// Writes it, or widens the one that stands by the scopes and takes from it what was refused; answers its id.
pub async fn write(
    db: &mut PgConnection,
    id: Uuid,
    user: Uuid,
    client: Uuid,
    tenant: TenantId,
    scopes: &[String],
    refused: &[String],
    now: Timestamp,
) -> Result<Uuid, sqlx::Error> {
    sqlx::query_scalar!(
        "INSERT INTO directory.oauth_consents AS c (id, user_id, client_id, tenant_id, scopes, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $7, $7)
         ON CONFLICT (user_id, client_id, tenant_id) WHERE revoked_at IS NULL
         DO UPDATE SET scopes = ARRAY(SELECT DISTINCT scope FROM unnest(c.scopes || excluded.scopes) AS scope
                                      WHERE scope <> ALL ($6) ORDER BY scope),
                       updated_at = excluded.updated_at
         RETURNING id",
        id,
        user,
        client,
        tenant.0,
        scopes,
        refused,
        now,
    )
    .fetch_one(db)
    .await
}

/// One's own consents, whatever the workspace, newest first.
macro_rules! consents {
    ($after:tt, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            OAuthConsent,
            r#"SELECT c.id, o.name AS client_name, o.logo_text, c.tenant_id, t.name AS tenant_name, c.scopes,
                      c.created_at AS "created_at: Timestamp",
                      (SELECT max(k.created_at) FROM directory.oauth_grants g JOIN directory.oauth_tokens k ON k.grant_id = g.id
                        WHERE g.consent_id = c.id) AS "last_used_at: Timestamp"
                 FROM directory.oauth_consents c
                 JOIN directory.oauth_clients o ON o.id = c.client_id
                 JOIN directory.tenants t ON t.id = c.tenant_id
                WHERE c.user_id = $1 AND c.revoked_at IS NULL "# + $after,
            $($argument),*
        )
    };
}

pub async fn list(db: &mut PgConnection, user: Uuid, before: Option<Uuid>, limit: i64) -> Result<Vec<OAuthConsent>, sqlx::Error> {
    consents!("AND ($2::uuid IS NULL OR c.id < $2) ORDER BY c.id DESC LIMIT $3", user, before as Option<Uuid>, limit).fetch_all(db).await
}

pub async fn of_user(db: &mut PgConnection, user: Uuid, id: Uuid) -> Result<Option<OAuthConsent>, sqlx::Error> {
    consents!("AND c.id = $2", user, id).fetch_optional(db).await
}

/// Leaves it those of its scopes; whether it stands.
pub async fn narrow(db: &mut PgConnection, user: Uuid, id: Uuid, kept: &[String], now: Timestamp) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE directory.oauth_consents
            SET scopes = ARRAY(SELECT unnest(scopes) INTERSECT SELECT unnest($3::text[]) ORDER BY 1), updated_at = $4
          WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL",
        user,
        id,
        kept,
        now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether it stood until now.
pub async fn revoke(db: &mut PgConnection, user: Uuid, id: Uuid, now: Timestamp) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE directory.oauth_consents SET revoked_at = $3, updated_at = $3 WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL",
        user,
        id,
        now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

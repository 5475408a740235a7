//! Clients in the database.

use platform::TenantId;
use platform::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Authentication, GrantType, IdTokenAlgorithm, Kind, OAuthClient};

/// A row as it stands; its texts are what the table's CHECKs let in.
struct Row {
    id: Uuid,
    client_id: String,
    tenant_id: Option<Uuid>,
    name: String,
    logo_text: String,
    kind: String,
    authentication: String,
    client_secret_hash: Option<Vec<u8>>,
    jwks: Option<serde_json::Value>,
    grant_types: Vec<String>,
    redirect_uris: Vec<String>,
    post_logout_redirect_uris: Vec<String>,
    allowed_scopes: Vec<String>,
    signing_algorithm: String,
    requires_par: bool,
    requires_dpop: bool,
    enabled: bool,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Row> for OAuthClient {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            client_id: row.client_id,
            tenant_id: row.tenant_id,
            name: row.name,
            logo_text: row.logo_text,
            kind: Kind::from(row.kind),
            authentication: Authentication::from(row.authentication),
            client_secret_hash: row.client_secret_hash,
            jwks: row.jwks,
            grant_types: row.grant_types.into_iter().map(GrantType::from).collect(),
            redirect_uris: row.redirect_uris,
            post_logout_redirect_uris: row.post_logout_redirect_uris,
            allowed_scopes: row.allowed_scopes,
            id_token_algorithm: IdTokenAlgorithm::from(row.signing_algorithm),
            requires_par: row.requires_par,
            requires_dpop: row.requires_dpop,
            enabled: row.enabled,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Clients, with what differs between the statements.
macro_rules! clients {
    ($before:tt, $after:tt, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            Row,
            $before
                + r#" id, client_id, tenant_id, name, logo_text, kind, authentication, client_secret_hash, jwks, grant_types, redirect_uris,
                  post_logout_redirect_uris, allowed_scopes, signing_algorithm, requires_par, requires_dpop, enabled, version,
                  created_at AS "created_at: Timestamp", updated_at AS "updated_at: Timestamp" "#
                + $after,
            $($argument),*
        )
    };
}

/// Of the tenant, or of the instance.
pub async fn list(
    db: &mut PgConnection,
    tenant: Option<TenantId>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<OAuthClient>, sqlx::Error> {
    let rows = clients!(
        "SELECT",
        "FROM directory.oauth_clients
          WHERE tenant_id IS NOT DISTINCT FROM $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        tenant.map(|tenant| tenant.0) as Option<Uuid>,
        before as Option<Uuid>,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(OAuthClient::from).collect())
}

pub async fn find(db: &mut PgConnection, tenant: Option<TenantId>, id: Uuid) -> Result<Option<OAuthClient>, sqlx::Error> {
    let row = clients!(
        "SELECT",
        "FROM directory.oauth_clients WHERE tenant_id IS NOT DISTINCT FROM $1 AND id = $2",
        tenant.map(|tenant| tenant.0) as Option<Uuid>,
        id,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(OAuthClient::from))
}

pub async fn find_for_change(db: &mut PgConnection, tenant: Option<TenantId>, id: Uuid) -> Result<Option<OAuthClient>, sqlx::Error> {
    let row = clients!(
        "SELECT",
        "FROM directory.oauth_clients WHERE tenant_id IS NOT DISTINCT FROM $1 AND id = $2 FOR UPDATE",
        tenant.map(|tenant| tenant.0) as Option<Uuid>,
        id,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(OAuthClient::from))
}

/// One that counts: enabled, and of no tenant or an active one.
pub async fn named(db: &mut PgConnection, client_id: &str) -> Result<Option<OAuthClient>, sqlx::Error> {
    let row = clients!(
        "SELECT",
        "FROM directory.oauth_clients c
          WHERE client_id = $1 AND enabled
            AND (tenant_id IS NULL OR EXISTS (SELECT FROM directory.tenants t WHERE t.id = c.tenant_id AND t.status = 'active'))",
        client_id,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(OAuthClient::from))
}

/// As [`named`], by its row.
pub async fn counted(db: &mut PgConnection, id: Uuid) -> Result<Option<OAuthClient>, sqlx::Error> {
    let row = clients!(
        "SELECT",
        "FROM directory.oauth_clients c
          WHERE id = $1 AND enabled
            AND (tenant_id IS NULL OR EXISTS (SELECT FROM directory.tenants t WHERE t.id = c.tenant_id AND t.status = 'active'))",
        id,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(OAuthClient::from))
}

pub async fn count(db: &mut PgConnection, tenant: Option<TenantId>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM directory.oauth_clients WHERE tenant_id IS NOT DISTINCT FROM $1"#,
        tenant.map(|tenant| tenant.0) as Option<Uuid>,
    )
    .fetch_one(db)
    .await
}

fn texts(grants: &[GrantType]) -> Vec<String> {
    grants.iter().map(|grant| grant.as_str().to_owned()).collect()
}

pub async fn insert(db: &mut PgConnection, new: &OAuthClient, by: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO directory.oauth_clients
                (id, client_id, tenant_id, name, logo_text, kind, authentication, client_secret_hash, jwks, grant_types, redirect_uris,
                 post_logout_redirect_uris, allowed_scopes, signing_algorithm, requires_par, requires_dpop, created_by, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18)",
        new.id,
        new.client_id,
        new.tenant_id,
        new.name,
        new.logo_text,
        new.kind.as_str(),
        new.authentication.as_str(),
        new.client_secret_hash,
        new.jwks,
        &texts(&new.grant_types),
        &new.redirect_uris,
        &new.post_logout_redirect_uris,
        &new.allowed_scopes,
        new.id_token_algorithm.as_str(),
        new.requires_par,
        new.requires_dpop,
        by,
        new.created_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn update(db: &mut PgConnection, wanted: &OAuthClient) -> Result<OAuthClient, sqlx::Error> {
    let row = clients!(
        "UPDATE directory.oauth_clients
            SET name = $2, logo_text = $3, jwks = $4, grant_types = $5, redirect_uris = $6, post_logout_redirect_uris = $7,
                allowed_scopes = $8, signing_algorithm = $9, requires_par = $10, requires_dpop = $11, enabled = $12
          WHERE id = $1
      RETURNING",
        "",
        wanted.id,
        wanted.name,
        wanted.logo_text,
        wanted.jwks,
        &texts(&wanted.grant_types),
        &wanted.redirect_uris,
        &wanted.post_logout_redirect_uris,
        &wanted.allowed_scopes,
        wanted.id_token_algorithm.as_str(),
        wanted.requires_par,
        wanted.requires_dpop,
        wanted.enabled,
    )
    .fetch_one(db)
    .await?;
    Ok(row.into())
}

pub async fn set_secret(db: &mut PgConnection, client: &OAuthClient) -> Result<OAuthClient, sqlx::Error> {
    let row = clients!(
        "UPDATE directory.oauth_clients SET client_secret_hash = $2 WHERE id = $1 RETURNING",
        "",
        client.id,
        client.client_secret_hash,
    )
    .fetch_one(db)
    .await?;
    Ok(row.into())
}

/// With all its tokens and consents.
pub async fn delete(db: &mut PgConnection, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM directory.oauth_clients WHERE id = $1", id).execute(db).await?;
    Ok(())
}

/// Codenames of all permissions.
pub async fn permissions(db: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT codename FROM lookup.permissions ORDER BY codename").fetch_all(db).await
}

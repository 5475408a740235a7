//! Domains in the directory, since a sign-in looks for them before its tenant is known. This table has no policies: each
//! statement names its tenant or the domain.

use platform::TenantId;
use platform::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Domain;

/// A domain with what is not shown of it.
pub struct Stored {
    pub shown: Domain,
    pub code_hash: Option<Vec<u8>>,
    pub code_expires_at: Option<Timestamp>,
    pub tries: i32,
}

struct Row {
    id: Uuid,
    domain: String,
    proven_at: Option<Timestamp>,
    mail_sent_to: Option<String>,
    created_at: Timestamp,
    code_hash: Option<Vec<u8>>,
    code_expires_at: Option<Timestamp>,
    tries: i32,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let Row { id, domain, proven_at, mail_sent_to, created_at, code_hash, code_expires_at, tries } = row;
        Self { shown: Domain { id, domain, proven_at, mail_sent_to, created_at }, code_hash, code_expires_at, tries }
    }
}

pub async fn list(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<Domain>, sqlx::Error> {
    sqlx::query_as!(
        Domain,
        r#"SELECT id, domain, proven_at AS "proven_at: Timestamp", mail_sent_to, created_at
             FROM directory.domains WHERE tenant_id = $1 ORDER BY domain"#,
        tenant.0
    )
    .fetch_all(db)
    .await
}

pub async fn find(db: &mut PgConnection, tenant: TenantId, id: Uuid) -> Result<Option<Stored>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, domain, proven_at AS "proven_at: Timestamp", mail_sent_to, created_at, code_hash,
                  code_expires_at AS "code_expires_at: Timestamp", tries
             FROM directory.domains WHERE tenant_id = $1 AND id = $2"#,
        tenant.0,
        id
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Stored::from))
}

/// As [`find`], and locks it, so that codes are tried one after the other.
pub async fn lock(db: &mut PgConnection, tenant: TenantId, id: Uuid) -> Result<Option<Stored>, sqlx::Error> {
    sqlx::query!("SELECT id FROM directory.domains WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE", tenant.0, id)
        .fetch_optional(&mut *db)
        .await?;
    find(db, tenant, id).await
}

/// The domains that are the workspace's own.
pub async fn proven(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT domain FROM directory.domains WHERE tenant_id = $1 AND proven_at IS NOT NULL", tenant.0).fetch_all(db).await
}

/// The slug of the workspace whose own that domain is, where it has a provider for it.
pub async fn workspace_of(db: &mut PgConnection, domain: &str) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT identity.sign_in_of_domain($1)", domain).fetch_one(db).await
}

pub async fn insert(db: &mut PgConnection, tenant: TenantId, id: Uuid, domain: &str, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!("INSERT INTO directory.domains (id, tenant_id, domain, created_at) VALUES ($1, $2, $3, $4)", id, tenant.0, domain, now)
        .execute(db)
        .await?;
    Ok(())
}

/// From now on this code proves it.
pub async fn expect(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    address: &str,
    code_hash: &[u8; 32],
    expires_at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.domains SET mail_sent_to = $3, code_hash = $4, code_expires_at = $5, tries = 0 WHERE tenant_id = $1 AND id = $2",
        tenant.0,
        id,
        address,
        &code_hash[..],
        expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn count_try(db: &mut PgConnection, tenant: TenantId, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE directory.domains SET tries = tries + 1 WHERE tenant_id = $1 AND id = $2", tenant.0, id).execute(db).await?;
    Ok(())
}

pub async fn prove(db: &mut PgConnection, tenant: TenantId, id: Uuid, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.domains SET proven_at = $3, code_hash = NULL, code_expires_at = NULL WHERE tenant_id = $1 AND id = $2",
        tenant.0,
        id,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn delete(db: &mut PgConnection, tenant: TenantId, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM directory.domains WHERE tenant_id = $1 AND id = $2", tenant.0, id).execute(db).await?;
    Ok(())
}

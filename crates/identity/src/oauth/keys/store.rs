//! Signing keys in the database.

use platform::time::Timestamp;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// A key that signs.
pub struct Signing {
    pub id: Uuid,
    pub private_key_ciphertext: Vec<u8>,
}

pub async fn insert(
    db: &mut PgConnection,
    id: Uuid,
    algorithm: &str,
    public_jwk: &Value,
    private_key: &[u8],
    signs_from: Timestamp,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO directory.oauth_signing_keys (id, algorithm, public_jwk, private_key_ciphertext, signs_from, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        id,
        algorithm,
        public_jwk,
        private_key,
        signs_from,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn signing(db: &mut PgConnection, algorithm: &str, now: Timestamp) -> Result<Option<Signing>, sqlx::Error> {
    sqlx::query_as!(
        Signing,
        "SELECT id, private_key_ciphertext FROM directory.oauth_signing_keys
          WHERE algorithm = $1 AND signs_from <= $2 ORDER BY signs_from DESC, id DESC LIMIT 1",
        algorithm,
        now,
    )
    .fetch_optional(db)
    .await
}

/// From when the newest key signs.
pub async fn newest(db: &mut PgConnection, algorithm: &str) -> Result<Option<Timestamp>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT signs_from AS "signs_from: Timestamp" FROM directory.oauth_signing_keys WHERE algorithm = $1 ORDER BY signs_from DESC LIMIT 1"#,
        algorithm,
    )
    .fetch_optional(db)
    .await
}

/// Those whose successor took over after that instant, or did not yet.
pub async fn published(db: &mut PgConnection, since: Timestamp) -> Result<Vec<Value>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT public_jwk FROM directory.oauth_signing_keys k
          WHERE NOT EXISTS (SELECT FROM directory.oauth_signing_keys later
                             WHERE later.algorithm = k.algorithm AND later.signs_from > k.signs_from AND later.signs_from <= $1)
          ORDER BY signs_from DESC, id DESC",
        since,
    )
    .fetch_all(db)
    .await
}

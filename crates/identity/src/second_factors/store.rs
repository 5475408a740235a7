//! Second factors in the database.

use platform::error::{OnConstraint, Problem, Result};
use platform::time::Timestamp;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::passkeys::Passkey;
use super::{Method, RecoveryState, TotpState};

/// What the user has set up; empty where the password is all.
pub async fn methods(db: &mut PgConnection, user: Uuid) -> Result<Vec<Method>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM directory.totp_credentials WHERE user_id = $1 AND confirmed_at IS NOT NULL) AS "totp!",
                  EXISTS (SELECT FROM directory.authenticators WHERE user_id = $1) AS "passkey!",
                  EXISTS (SELECT FROM directory.recovery_codes WHERE user_id = $1 AND used_at IS NULL) AS "codes!""#,
        user
    )
    .fetch_one(db)
    .await?;
    let set_up = [(row.passkey, Method::Passkey), (row.totp, Method::Totp), (row.codes && (row.totp || row.passkey), Method::RecoveryCode)];
    Ok(set_up.into_iter().filter(|(is_set_up, _)| *is_set_up).map(|(_, method)| method).collect())
}

pub async fn totp_state(db: &mut PgConnection, user: Uuid) -> Result<Option<TotpState>, sqlx::Error> {
    sqlx::query_as!(
        TotpState,
        r#"SELECT created_at, last_verified_at AS "last_used_at: Timestamp" FROM directory.totp_credentials
            WHERE user_id = $1 AND confirmed_at IS NOT NULL"#,
        user
    )
    .fetch_optional(db)
    .await
}

/// Keeps a secret that no code has confirmed yet, in place of another such one. No where one is confirmed.
pub async fn begin_totp(db: &mut PgConnection, user: Uuid, sealed: &[u8], now: Timestamp) -> Result<bool, sqlx::Error> {
    let begun = sqlx::query!(
        "INSERT INTO directory.totp_credentials AS c (user_id, secret_ciphertext, created_at, updated_at)
         VALUES ($1, $2, $3, $3)
         ON CONFLICT (user_id) DO UPDATE SET secret_ciphertext = excluded.secret_ciphertext, created_at = $3, updated_at = $3, last_step = 0
          WHERE c.confirmed_at IS NULL",
        user,
        sealed,
        now,
    )
    .execute(db)
    .await?;
    Ok(begun.rows_affected() == 1)
}

/// The sealed secret: the confirmed one, or the one that waits for its first code.
pub async fn totp_secret(db: &mut PgConnection, user: Uuid, is_confirmed: bool) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT secret_ciphertext FROM directory.totp_credentials WHERE user_id = $1 AND (confirmed_at IS NOT NULL) = $2",
        user,
        is_confirmed,
    )
    .fetch_optional(db)
    .await
}

/// Uses up the code of a step, and all before it; no where that has happened. With it the secret is confirmed.
pub async fn use_totp(db: &mut PgConnection, user: Uuid, step: i64, is_confirmed: bool, now: Timestamp) -> Result<bool, sqlx::Error> {
    let used = sqlx::query!(
        "UPDATE directory.totp_credentials
            SET last_step = $2, last_verified_at = $3, updated_at = $3, confirmed_at = coalesce(confirmed_at, $3)
          WHERE user_id = $1 AND last_step < $2 AND (confirmed_at IS NOT NULL) = $4",
        user,
        step,
        now,
        is_confirmed,
    )
    .execute(db)
    .await?;
    Ok(used.rows_affected() == 1)
}

/// Whether there was one to remove.
pub async fn remove_totp(db: &mut PgConnection, user: Uuid) -> Result<bool, sqlx::Error> {
    let removed =
        sqlx::query!("DELETE FROM directory.totp_credentials WHERE user_id = $1 AND confirmed_at IS NOT NULL", user).execute(db).await?;
    Ok(removed.rows_affected() == 1)
}

/// None without any.
pub async fn recovery_state(db: &mut PgConnection, user: Uuid) -> Result<Option<RecoveryState>, sqlx::Error> {
    let codes = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE used_at IS NULL) AS "left!", min(created_at) AS "created_at: Timestamp"
             FROM directory.recovery_codes WHERE user_id = $1"#,
        user
    )
    .fetch_one(db)
    .await?;
    Ok(codes.created_at.map(|created_at| RecoveryState { left: codes.left, created_at }))
}

pub async fn insert_recovery_codes(
    db: &mut PgConnection,
    user: Uuid,
    ids: &[Uuid],
    hashes: &[Vec<u8>],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO directory.recovery_codes (id, user_id, code_hash, created_at)
         SELECT id, $1, code_hash, $4 FROM unnest($2::uuid[], $3::bytea[]) AS made (id, code_hash)",
        user,
        ids,
        hashes,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Uses the code up; of two at once one does.
pub async fn use_recovery_code(db: &mut PgConnection, user: Uuid, hash: &[u8; 32], now: Timestamp) -> Result<bool, sqlx::Error> {
    let used = sqlx::query!(
        "UPDATE directory.recovery_codes SET used_at = $3 WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL",
        user,
        &hash[..],
        now,
    )
    .execute(db)
    .await?;
    Ok(used.rows_affected() == 1)
}

pub async fn remove_recovery_codes(db: &mut PgConnection, user: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM directory.recovery_codes WHERE user_id = $1", user).execute(db).await?;
    Ok(())
}

/// A passkey as it is written down.
pub struct PasskeyRow {
    pub id: Uuid,
    pub user_id: Uuid,
    pub public_key: Value,
    pub sign_count: i64,
    pub backed_up: bool,
}

/// What the authenticator told of a new passkey.
pub struct NewPasskeyRow<'a> {
    pub credential_id: &'a [u8],
    pub public_key: &'a Value,
    pub sign_count: i64,
    pub backup_eligible: bool,
    pub transports: &'a [String],
}

/// # Errors
/// 409 for a passkey that anybody has registered already.
pub async fn insert_passkey(db: &mut PgConnection, user: Uuid, passkey: &Passkey, new: &NewPasskeyRow<'_>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO directory.authenticators
                (id, user_id, credential_id, public_key, sign_count, backup_eligible, backed_up, transports, friendly_name, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        passkey.id,
        user,
        new.credential_id,
        new.public_key,
        new.sign_count,
        new.backup_eligible,
        passkey.backed_up,
        new.transports,
        passkey.name,
        passkey.created_at,
    )
    .execute(db)
    .await
    .on_constraint("authenticators_credential_id_key", || Problem::conflict("passkey_known", "This passkey is registered already."))?;
    Ok(())
}

/// Notes a signature; no where the counter stood still or went back.
pub async fn note_signature(
    db: &mut PgConnection,
    passkey: Uuid,
    counter: i64,
    backed_up: bool,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let noted = sqlx::query!(
        "UPDATE directory.authenticators SET sign_count = $2, backed_up = $3, last_used_at = $4, updated_at = $4
          WHERE id = $1 AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0))",
        passkey,
        counter,
        backed_up,
        now,
    )
    .execute(db)
    .await?;
    Ok(noted.rows_affected() == 1)
}

pub async fn passkeys_of(db: &mut PgConnection, user: Uuid) -> Result<Vec<PasskeyRow>, sqlx::Error> {
    sqlx::query_as!(
        PasskeyRow,
        "SELECT id, user_id, public_key, sign_count, backed_up FROM directory.authenticators WHERE user_id = $1 ORDER BY id",
        user
    )
    .fetch_all(db)
    .await
}

/// Locks the row, so that counters are compared one after the other.
pub async fn find_passkey(db: &mut PgConnection, credential_id: &[u8]) -> Result<Option<PasskeyRow>, sqlx::Error> {
    sqlx::query_as!(
        PasskeyRow,
        "SELECT id, user_id, public_key, sign_count, backed_up FROM directory.authenticators WHERE credential_id = $1 FOR UPDATE",
        credential_id
    )
    .fetch_optional(db)
    .await
}

pub async fn list_passkeys(db: &mut PgConnection, user: Uuid) -> Result<Vec<Passkey>, sqlx::Error> {
    sqlx::query_as!(
        Passkey,
        r#"SELECT id, translate(rtrim(encode(credential_id, 'base64'), '='), E'+/\n', '-_') AS "credential_id!",
                  friendly_name AS name, backed_up, last_used_at AS "last_used_at: Timestamp", created_at
             FROM directory.authenticators WHERE user_id = $1 ORDER BY id"#,
        user
    )
    .fetch_all(db)
    .await
}

/// None where it is not the user's.
pub async fn rename_passkey(
    db: &mut PgConnection,
    user: Uuid,
    passkey: Uuid,
    name: &str,
    now: Timestamp,
) -> Result<Option<Passkey>, sqlx::Error> {
    sqlx::query_as!(
        Passkey,
        r#"UPDATE directory.authenticators SET friendly_name = $3, updated_at = $4 WHERE user_id = $1 AND id = $2
        RETURNING id, translate(rtrim(encode(credential_id, 'base64'), '='), E'+/\n', '-_') AS "credential_id!",
                  friendly_name AS name, backed_up, last_used_at AS "last_used_at: Timestamp", created_at"#,
        user,
        passkey,
        name,
        now,
    )
    .fetch_optional(db)
    .await
}

/// The name of the one removed; none where it was not the user's.
pub async fn remove_passkey(db: &mut PgConnection, user: Uuid, passkey: Uuid) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("DELETE FROM directory.authenticators WHERE user_id = $1 AND id = $2 RETURNING friendly_name", user, passkey)
        .fetch_optional(db)
        .await
}

/// Removes app, passkeys and recovery codes; answers how many apps and passkeys there were.
pub async fn remove_all(db: &mut PgConnection, user: Uuid) -> Result<u64, sqlx::Error> {
    remove_recovery_codes(&mut *db, user).await?;
    let apps = sqlx::query!("DELETE FROM directory.totp_credentials WHERE user_id = $1", user).execute(&mut *db).await?;
    let passkeys = sqlx::query!("DELETE FROM directory.authenticators WHERE user_id = $1", user).execute(db).await?;
    Ok(apps.rows_affected() + passkeys.rows_affected())
}

//! Consents in the directory.

use platform::ctx::Origin;
use platform::id;
use platform::ipnet::IpNet;
use platform::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Consent, GivenConsent};
use crate::activity;

pub async fn insert(db: &mut PgConnection, origin: &Origin, user: Uuid, consent: &Consent<'_>, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO directory.consents (id, user_id, purpose, text_version, is_given, ip_address, user_agent, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        id::new(),
        user,
        consent.purpose,
        consent.text_version,
        consent.is_given,
        activity::address(origin) as Option<IpNet>,
        activity::user_agent(origin),
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn list(db: &mut PgConnection, user: Uuid, before: Option<Uuid>, count: i64) -> Result<Vec<GivenConsent>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT id, purpose, text_version, is_given, ip_address, created_at FROM directory.consents
          WHERE user_id = $1 AND ($2::uuid IS NULL OR id < $2)
          ORDER BY id DESC
          LIMIT $3",
        user,
        before as Option<Uuid>,
        count,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| GivenConsent {
            id: row.id,
            purpose: row.purpose,
            text_version: row.text_version,
            is_given: row.is_given,
            ip_address: row.ip_address.map(|net| net.addr().to_string()),
            created_at: row.created_at,
        })
        .collect())
}

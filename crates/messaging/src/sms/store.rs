//! Every statement on the settings of SMS.

use platform::{Ctx, Result};
use uuid::Uuid;

use super::SmsSettings;
use crate::deliveries::Status;

pub async fn find(ctx: &mut Ctx) -> Result<Option<SmsSettings>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_as!(
        SmsSettings,
        "SELECT provider, account_sid, from_number, messaging_service_sid, base_url, version
           FROM messaging.sms_settings WHERE tenant_id = $1",
        tenant,
    );
    Ok(found.fetch_optional(ctx.db().await?).await?)
}

/// # Errors
/// The database's.
pub async fn is_set_up(ctx: &mut Ctx) -> Result<bool> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM messaging.sms_settings WHERE tenant_id = $1) AS "is!""#, tenant);
    Ok(found.fetch_one(ctx.db().await?).await?)
}

pub async fn token(ctx: &mut Ctx) -> Result<Option<Vec<u8>>> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!("SELECT auth_token_ciphertext FROM messaging.sms_settings WHERE tenant_id = $1", tenant);
    Ok(found.fetch_optional(ctx.db().await?).await?)
}

pub async fn write(ctx: &mut Ctx, new: &SmsSettings, token: Option<Vec<u8>>) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "INSERT INTO messaging.sms_settings (tenant_id, provider, account_sid, auth_token_ciphertext, from_number, messaging_service_sid, base_url)
         VALUES ($1, $2, $3, coalesce($4, (SELECT auth_token_ciphertext FROM messaging.sms_settings WHERE tenant_id = $1)), $5, $6, $7)
         ON CONFLICT (tenant_id) DO UPDATE
            SET account_sid = excluded.account_sid, auth_token_ciphertext = excluded.auth_token_ciphertext, from_number = excluded.from_number,
                messaging_service_sid = excluded.messaging_service_sid, base_url = excluded.base_url",
        tenant,
        new.provider,
        new.account_sid,
        token,
        new.from_number,
        new.messaging_service_sid,
        new.base_url,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

pub async fn delete(ctx: &mut Ctx) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!("DELETE FROM messaging.sms_settings WHERE tenant_id = $1", tenant).execute(ctx.db().await?).await?;
    Ok(())
}

/// What the provider tells of a message later on. It may tell of the steps in any order, so what is final stays.
pub async fn note(ctx: &mut Ctx, id: Uuid, external_id: &str, status: Status, said: &str) -> Result<bool> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let noted = sqlx::query!(
        "UPDATE messaging.notification_deliveries SET status = $4, provider_response = $5, updated_at = $6
          WHERE tenant_id = $1 AND id = $2 AND channel = 'sms' AND external_id = $3 AND status IN ('sent', 'delivered', 'bounced')
            AND (status = 'sent' OR $4 <> 'sent')",
        tenant,
        id,
        external_id,
        status as Status,
        said,
        now as platform::time::Timestamp,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(noted.rows_affected() > 0)
}

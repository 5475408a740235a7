//! A tenant's own mail server.

use axum::http::StatusCode;
use axum::response::Response;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{NamedBy, Sender, Smtp};
use crate::audit::Change;
use crate::auth::Allow;
use crate::crypto::Place;
use crate::ctx::{Answer, Ctx, TenantId};
use crate::error::{Error, Problem, Result};
use crate::etag::OptionalIfMatch;
use crate::extract::Json;
use crate::state::App;
use crate::text::Checks;

crate::permissions! { SettingsManage = "settings:manage" }

/// The tenant's mail server; the password is never shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailSettings {
    pub host: String,
    #[schema(minimum = 1, maximum = 65535)]
    pub port: i32,
    /// `tls`, `starttls` or `none`
    pub security: String,
    pub username: Option<String>,
    pub has_password: bool,
    pub from_address: String,
    pub from_name: String,
    pub version: i64,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailSettingsInput {
    host: String,
    #[schema(minimum = 1, maximum = 65535)]
    port: i32,
    security: String,
    username: Option<String>,
    /// Left out: the stored one stays, as long as host, port, security and username do.
    #[schema(value_type = Option<String>)]
    password: Option<SecretString>,
    from_address: String,
    #[serde(default)]
    from_name: String,
}

fn place(tenant: TenantId) -> Place<'static> {
    Place { column: "mail_settings.password_ciphertext", tenant: Some(tenant.0), row: tenant.0 }
}

async fn find(ctx: &mut Ctx) -> Result<Option<MailSettings>> {
    let tenant = ctx.tenant.0;
    let row = sqlx::query_as!(
        MailSettings,
        r#"SELECT host, port, security, username, password_ciphertext IS NOT NULL AS "has_password!", from_address, from_name, version
             FROM platform.mail_settings WHERE tenant_id = $1 FOR NO KEY UPDATE"#,
        tenant
    )
    .fetch_optional(ctx.db().await?)
    .await?;
    Ok(row)
}

/// The tenant's mail server, for the job that sends.
///
/// # Errors
/// The database's, or a password that does not open.
pub async fn of_tenant(app: &App, tenant: TenantId) -> Result<Option<Smtp>> {
    let mut ctx = Ctx::of_program(app.clone(), tenant, None);
    let row = sqlx::query!(
        "SELECT host, port, security, username, password_ciphertext, from_address, from_name
           FROM platform.mail_settings WHERE tenant_id = $1",
        tenant.0
    )
    .fetch_optional(ctx.db().await?)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let password = match row.password_ciphertext {
        None => None,
        Some(sealed) => {
            let plain = app.keys.open(place(tenant), &sealed).map_err(Error::internal)?;
            Some(SecretString::from(String::from_utf8_lossy(&plain).into_owned()))
        }
    };
    Ok(Some(Smtp {
        host: row.host,
        port: u16::try_from(row.port).unwrap_or(587),
        security: row.security.parse().map_err(|error: &str| Error::internal(error))?,
        username: row.username,
        password,
        from: Sender { address: row.from_address, name: row.from_name },
        named_by: NamedBy::Tenant,
    }))
}

/// The tenant's mail server; 404 where it uses the instance's.
#[utoipa::path(get, path = "/mail-settings", tag = "platform", responses((status = 200, body = MailSettings)), security(("session" = [])))]
async fn get(mut ctx: Allow<SettingsManage>) -> Result<Response> {
    let settings = find(&mut ctx).await?.ok_or_else(Problem::not_found)?;
    ctx.commit_with(Answer::json(StatusCode::OK, &settings)?.version(settings.version)).await
}

/// Sets the tenant's mail server.
#[utoipa::path(put, path = "/mail-settings", tag = "platform", params(("If-Match" = Option<String>, Header)), request_body = MailSettingsInput, responses((status = 200, body = MailSettings)), security(("session" = [])))]
async fn put(mut ctx: Allow<SettingsManage>, if_match: OptionalIfMatch, Json(input): Json<MailSettingsInput>) -> Result<Response> {
    let mut checks = Checks::new();
    let host = checks.line("host", &input.host, 1, 253);
    checks.range("port", input.port, 1, 65535);
    let security = checks.one_of("security", &input.security, &["tls", "starttls", "none"]);
    let username = input.username.as_deref().map(|name| checks.line("username", name, 1, 254));
    let from_address = checks.email("from_address", &input.from_address);
    let from_name = checks.line("from_name", &input.from_name, 0, 120);
    checks.done()?;
    let before = find(&mut ctx).await?;
    if let Some(before) = &before {
        if_match.required()?.check(before.version)?;
        let is_same = before.host == host && before.port == input.port && before.security == security && before.username == username;
        if before.has_password && input.password.is_none() && !is_same {
            // Or whoever may change the settings could have the password sent to a server of his or her own.
            return Err(Problem::field("password", "required", "must be given again when server, port, security or username change").into());
        }
    }
    let (tenant, app) = (ctx.tenant, ctx.app.clone());
    let sealed = input.password.map(|password| app.keys.seal(place(tenant), secrecy::ExposeSecret::expose_secret(&password).as_bytes()));
    sqlx::query!(
        "INSERT INTO platform.mail_settings (tenant_id, host, port, security, username, password_ciphertext, from_address, from_name)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (tenant_id) DO UPDATE
            SET host = excluded.host, port = excluded.port, security = excluded.security, username = excluded.username,
                password_ciphertext = CASE WHEN excluded.username IS NOT NULL
                                           THEN coalesce(excluded.password_ciphertext, mail_settings.password_ciphertext) END,
                from_address = excluded.from_address, from_name = excluded.from_name",
        tenant.0,
        host,
        input.port,
        security,
        username,
        sealed,
        from_address,
        from_name,
    )
    .execute(ctx.db().await?)
    .await?;
    let settings = find(&mut ctx).await?.ok_or_else(Problem::not_found)?;
    ctx.audit(Change::updated("mail_settings.updated", "mail_settings", tenant.0, &before, &settings));
    ctx.commit_with(Answer::json(StatusCode::OK, &settings)?.version(settings.version)).await
}

/// Goes back to the instance's mail server.
#[utoipa::path(delete, path = "/mail-settings", tag = "platform", params(("If-Match" = Option<String>, Header)), responses((status = 204)), security(("session" = [])))]
async fn delete(mut ctx: Allow<SettingsManage>, if_match: OptionalIfMatch) -> Result<StatusCode> {
    let before = find(&mut ctx).await?.ok_or_else(Problem::not_found)?;
    if let Some(seen) = if_match.0 {
        seen.check(before.version)?;
    }
    let tenant = ctx.tenant.0;
    sqlx::query!("DELETE FROM platform.mail_settings WHERE tenant_id = $1", tenant).execute(ctx.db().await?).await?;
    ctx.audit(Change::deleted("mail_settings.deleted", "mail_settings", tenant, &before));
    ctx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get, put, delete))
}

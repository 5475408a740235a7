//! Signing up with an identity whose address its provider has confirmed: no mail, and no password unless one is set later.

use axum::http::StatusCode;
use axum::response::Response;
use platform::auth::Factor;
use platform::error::{OnConstraint, Problem, Result};
use platform::text::{Checks, email_key};
use platform::{Ctx, TenantId, id};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Identity;
use crate::caller::Somebody;
use crate::consents::{self, Consent};
use crate::directory::{self, Directory};
use crate::members::Newcomer;
use crate::profile::store::NewUser;
use crate::sessions::NewSession;
use crate::tenants::NewTenant;
use crate::{profile, registrations, sessions, tenants};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderRegistration {
    /// Of the identity that came back.
    #[schema(max_length = 100)]
    token: String,
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    /// What the workspace is called.
    #[schema(min_length = 1, max_length = 120)]
    tenant_name: String,
    /// IANA name
    timezone: String,
    /// `en`, `pt-BR` or `nl`
    locale: String,
}

/// An address that the provider is not believed about is nobody's here.
pub fn unverified() -> Problem {
    Problem::conflict("address_unverified", "The provider does not vouch for your e-mail address. Sign up with the address and a password.")
}

/// Makes user, tenant and session in one transaction. An address that has an account is refused: it is for its holder to sign in
/// and link the identity.
pub async fn register(caller: Somebody, input: ProviderRegistration) -> Result<Response> {
    let Somebody { app, origin, claim, presented, .. } = caller;
    let mut checks = Checks::new();
    let name = checks.line("name", &input.name, 1, 120);
    let tenant_name = checks.line("tenant_name", &input.tenant_name, 1, 120);
    let timezone = checks.zone("timezone", &input.timezone);
    let locale = checks.locale("locale", &input.locale);
    checks.done()?;
    let (tenant, now) = (TenantId(id::new()), app.clock.now());
    let mut newcomer = Newcomer { user_id: id::new(), name, email: String::new(), timezone, locale };
    let mut directory = Directory::open(&app, None, None).await?;
    // A repeated request finds its token used up, and its answer here.
    directory::take(directory.db(), &app, claim.as_ref()).await?;
    let identity = Identity::find(directory.db(), &input.token, now).await?;
    drop(directory);
    let address = identity.verified_email().ok_or_else(unverified)?;
    let mut checks = Checks::new();
    newcomer.email = checks.email("email", address);
    checks.done()?;
    let key = email_key(&newcomer.email);

    let mut ctx = Ctx::of_member(app.clone(), newcomer.acting(tenant, now), tenant, origin.clone(), None);
    directory::take(ctx.db().await?, &app, claim.as_ref()).await?;
    let identity = Identity::take(ctx.db().await?, &input.token, now).await?;
    let new = NewUser {
        id: newcomer.user_id,
        email: &newcomer.email,
        email_key: &key,
        name: &newcomer.name,
        password_hash: None,
        locale: &newcomer.locale,
        timezone: &newcomer.timezone,
    };
    profile::store::insert(ctx.db().await?, &new, now).await.on_constraint("users_email_key", registrations::account_exists)?;
    registrations::store::void(ctx.db().await?, &key, now).await?;
    identity.join(ctx.db().await?, newcomer.user_id, now).await?;
    let consent = Consent { purpose: "terms", text_version: consents::SIGN_UP_TEXT, is_given: true };
    consents::note(ctx.db().await?, &app, &origin, newcomer.user_id, &consent).await?;
    let founding = NewTenant { name: tenant_name, timezone: newcomer.timezone.clone(), locale: newcomer.locale.clone() };
    tenants::found_tenant(&mut ctx, &newcomer, &founding).await?;
    let db = ctx.db().await?;
    let new = NewSession::fresh(newcomer.user_id, Some(tenant), &[Factor::Provider]);
    let opened = sessions::open_signed_in(&mut *db, &app, &origin, presented.as_ref(), &new).await?;
    let answer = sessions::answer(db, &app, &origin, StatusCode::CREATED, &opened).await?;
    directory::commit_with(&mut ctx, claim.as_ref(), answer).await
}

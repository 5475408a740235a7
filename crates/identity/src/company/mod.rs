//! A workspace's own OpenID providers. What such a provider says counts in its workspace and nowhere else: who came by it alone
//! is in that workspace as its member, and is told and may change nothing of the account that is the person's (see
//! [`platform::Session::is_confined`]). An address is believed only in a domain that the workspace has proven to be its own.

pub mod entry;
pub mod http;
pub mod store;

use platform::audit::Change;
use platform::crypto::Place;
use platform::error::{Error, OnConstraint, Problem, Result};
use platform::etag::IfMatch;
use platform::providers::{self, Provider};
use platform::text::Checks;
use platform::time::Timestamp;
use platform::{Allow, App, Ctx, TenantId, id};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use self::store::{Change as Row, Stored};
use crate::activity::{SecurityEvent, note_security_event};
use crate::identities::provider::{self, Failed};
use crate::policy::http::SecurityManage;
use crate::roles::{self, RoleName};
use crate::{mail_domains, members, policy};

/// More would be a mistake.
const MOST: usize = 10;

/// One of the workspace's own providers. Its secret is never shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignInProvider {
    pub id: Uuid,
    /// On the button.
    pub name: String,
    /// Stays as it is: another issuer is another provider.
    pub issuer: String,
    pub client_id: String,
    pub has_secret: bool,
    /// Domains in whose addresses it is believed, once the workspace has proven that they are its own.
    pub domains: Vec<String>,
    pub admits: Admits,
    /// What newcomers get at most.
    pub role: Option<RoleName>,
    pub is_enabled: bool,
    /// Members who are known there.
    pub people: i64,
    pub version: i64,
    pub created_at: Timestamp,
}

/// Whom a provider lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Admits {
    /// Members of the workspace.
    Members,
    /// Those who are invited too, by the address, to a role that allows no more than the one chosen.
    Invited,
    /// Everybody who has an address in its domains, with the role chosen.
    Anybody,
}

impl Admits {
    const fn name(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Invited => "invited",
            Self::Anybody => "anybody",
        }
    }

    fn of_name(name: &str) -> Self {
        [Self::Invited, Self::Anybody].into_iter().find(|one| one.name() == name).unwrap_or(Self::Members)
    }
}

/// All of one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInProviderInput {
    #[schema(min_length = 1, max_length = 80)]
    name: String,
    /// `https://id.example.com/realms/staff`; the discovery document stands below it. It stays as it is.
    #[schema(max_length = 500)]
    issuer: String,
    #[schema(min_length = 1, max_length = 500)]
    client_id: String,
    /// Left out: the stored one stays.
    #[schema(value_type = Option<String>, format = Password, max_length = 1000)]
    client_secret: Option<SecretString>,
    #[serde(default)]
    #[schema(max_items = 20)]
    domains: Vec<String>,
    admits: Admits,
    /// For newcomers; any role but `owner`, and none that allows more than one's own.
    role_id: Option<Uuid>,
    is_enabled: bool,
}

/// What was checked of it.
pub struct Settings {
    pub name: String,
    pub client_id: String,
    pub domains: Vec<String>,
    pub admits: Admits,
    pub role_id: Option<Uuid>,
    pub is_enabled: bool,
}

/// How a provider was found when it was asked just now.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderCheck {
    pub outcome: CheckOutcome,
    /// Where people would sign in, if it answered.
    pub authorization_endpoint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckOutcome {
    Ready,
    /// No answer, none over TLS, or no public address.
    Unreachable,
    /// What answers is no OpenID provider, or another than its address says.
    Refused,
}

fn place(tenant: TenantId, id: Uuid) -> Place<'static> {
    Place { column: "sign_in_providers.secret_ciphertext", tenant: Some(tenant.0), row: id }
}

fn check(checks: &mut Checks, input: &SignInProviderInput) -> Settings {
    let name = checks.line("name", &input.name, 1, 80);
    let client_id = checks.line("client_id", &input.client_id, 1, 500);
    if input.client_secret.as_ref().is_some_and(|secret| !(1..=1000).contains(&secret.expose_secret().len())) {
        checks.add("client_secret", "length", "must have 1 to 1000 characters");
    }
    if input.domains.len() > 20 {
        checks.add("domains", "too_many", "may be at most 20");
    }
    let mut domains: Vec<String> = Vec::new();
    for (number, text) in input.domains.iter().enumerate() {
        match mail_domains::parse(text) {
            Some(domain) if domains.contains(&domain) => {}
            Some(domain) => domains.push(domain),
            None => checks.add(&format!("domains.{number}"), "invalid", "is no domain such as example.com"),
        }
    }
    let role_id = input.role_id.filter(|_| input.admits != Admits::Members);
    if role_id.is_none() && input.admits != Admits::Members {
        checks.add("role_id", "required", "is required for newcomers");
    }
    Settings { name, client_id, domains, admits: input.admits, role_id, is_enabled: input.is_enabled }
}

fn name_taken() -> Problem {
    Problem::field("name", "taken", "is the name of another one")
}

/// Nobody lets others in with more than he or she holds, and ownership is given to members by name.
async fn check_role(ctx: &mut Ctx, by: Uuid, role: Option<Uuid>) -> Result<()> {
    let Some(role) = role else { return Ok(()) };
    let tenant = ctx.tenant;
    members::store::lock_memberships(ctx.db().await?, tenant).await?;
    let Some(role) = roles::store::grantable(ctx.db().await?, tenant, &[role]).await?.pop() else {
        return Err(Problem::field("role_id", "unknown", "is not a role of this workspace").into());
    };
    if role.is_owner {
        return Err(Problem::field("role_id", "not_invitable", "cannot be owner").into());
    }
    let held = members::store::permissions(ctx.db().await?, tenant, by).await?;
    if held.covers(role.permissions) {
        Ok(())
    } else {
        Err(roles::above_own("This role allows more than yours, so you cannot give it to newcomers.").into())
    }
}

fn me(ctx: &Ctx) -> Result<Uuid, Problem> {
    ctx.user_id().ok_or_else(Problem::unauthenticated)
}

async fn note(ctx: &mut Ctx, event: &str, provider: &SignInProvider) -> Result<()> {
    let (app, origin, user) = (ctx.app.clone(), ctx.origin.clone(), me(ctx)?);
    let details = json!({ "tenant_id": ctx.tenant.0, "name": provider.name, "issuer": provider.issuer });
    let event = SecurityEvent { user, event, severity: "high", details };
    note_security_event(ctx.db().await?, &app, &origin, &event).await
}

async fn create(ctx: &mut Allow<SecurityManage>, input: SignInProviderInput) -> Result<SignInProvider> {
    ctx.check_fresh()?;
    let mut checks = Checks::new();
    let settings = check(&mut checks, &input);
    let issuer = checks.line("issuer", &input.issuer, 1, 500);
    if !providers::is_issuer(&issuer, ctx.app.config.private_company_providers) {
        checks.add("issuer", "invalid", "must be an address that begins with https:// and has neither ? nor #");
    }
    checks.done()?;
    let (tenant, user, now, provider) = (ctx.tenant, me(ctx)?, ctx.now(), id::new());
    check_role(ctx, user, settings.role_id).await?;
    policy::store::lock(ctx.db().await?, tenant).await?;
    if store::list(ctx.db().await?, tenant, None).await?.len() >= MOST {
        return Err(Problem::conflict("too_many_providers", "A workspace has at most ten providers.").into());
    }
    let sealed = input.client_secret.map(|secret| ctx.app.keys.seal(place(tenant, provider), secret.expose_secret().as_bytes()));
    let row = Row { id: provider, settings: &settings, secret: sealed.as_deref(), chosen_by: user };
    store::insert(ctx.db().await?, tenant, &issuer, &row, now).await.on_constraint("sign_in_providers_name", name_taken)?;
    let created = store::find(ctx.db().await?, tenant, provider).await?.ok_or_else(Problem::not_found)?.shown;
    note(ctx, "sign_in_provider_added", &created).await?;
    ctx.audit(Change::created("sign_in_provider.created", "sign_in_provider", provider, &created));
    Ok(created)
}

async fn change(ctx: &mut Allow<SecurityManage>, provider: Uuid, seen: IfMatch, input: SignInProviderInput) -> Result<SignInProvider> {
    ctx.check_fresh()?;
    let mut checks = Checks::new();
    let settings = check(&mut checks, &input);
    checks.done()?;
    let (tenant, user, now) = (ctx.tenant, me(ctx)?, ctx.now());
    check_role(ctx, user, settings.role_id).await?;
    let policy = policy::store::lock(ctx.db().await?, tenant).await?.policy;
    let before = store::find(ctx.db().await?, tenant, provider).await?.ok_or_else(Problem::not_found)?;
    seen.check(before.shown.version)?;
    if before.shown.issuer != input.issuer.trim() {
        // Who is known by a name there would be whoever has that name elsewhere.
        return Err(Problem::field("issuer", "fixed", "stays as it is: add another provider, and take this one away").into());
    }
    // Who chose the role vouches for it; whoever leaves it as it is does not.
    let chosen_by = if before.shown.role.as_ref().map(|role| role.id) == settings.role_id && before.shown.admits == settings.admits {
        before.chosen_by.unwrap_or(user)
    } else {
        user
    };
    let sealed = input.client_secret.map(|secret| ctx.app.keys.seal(place(tenant, provider), secret.expose_secret().as_bytes()));
    let row = Row { id: provider, settings: &settings, secret: sealed.as_deref(), chosen_by };
    store::update(ctx.db().await?, tenant, &row).await.on_constraint("sign_in_providers_name", name_taken)?;
    if before.shown.is_enabled && !settings.is_enabled {
        store::end_sessions(ctx.db().await?, tenant, provider, None, now).await?;
        refuse_where_needed(ctx, policy.sign_in.company_only).await?;
    }
    let after = store::find(ctx.db().await?, tenant, provider).await?.ok_or_else(Problem::not_found)?.shown;
    note(ctx, "sign_in_provider_changed", &after).await?;
    ctx.audit(Change::updated("sign_in_provider.updated", "sign_in_provider", provider, &before.shown, &after));
    Ok(after)
}

async fn delete(ctx: &mut Allow<SecurityManage>, provider: Uuid, seen: IfMatch) -> Result<()> {
    ctx.check_fresh()?;
    let (tenant, now) = (ctx.tenant, ctx.now());
    let policy = policy::store::lock(ctx.db().await?, tenant).await?.policy;
    let before = store::find(ctx.db().await?, tenant, provider).await?.ok_or_else(Problem::not_found)?.shown;
    seen.check(before.version)?;
    store::end_sessions(ctx.db().await?, tenant, provider, None, now).await?;
    store::delete(ctx.db().await?, tenant, provider).await?;
    refuse_where_needed(ctx, policy.sign_in.company_only).await?;
    note(ctx, "sign_in_provider_removed", &before).await?;
    ctx.audit(Change::deleted("sign_in_provider.deleted", "sign_in_provider", provider, &before));
    ctx.commit().await?;
    ctx.app.sessions.forget();
    Ok(())
}

/// After one was taken away, in its transaction: where nobody comes in but by a provider, one stays.
async fn refuse_where_needed(ctx: &mut Ctx, is_needed: bool) -> Result<()> {
    let tenant = ctx.tenant;
    if !is_needed || store::has_enabled(ctx.db().await?, tenant).await? {
        return Ok(());
    }
    let detail = "Members may sign in by the workspace's provider alone, so one has to stay. Change the security policy first.";
    Err(Problem::conflict("provider_needed", detail).into())
}

/// Asks the provider for its discovery document, as a sign-in would.
async fn try_out(ctx: &mut Allow<SecurityManage>, provider: Uuid) -> Result<ProviderCheck> {
    let tenant = ctx.tenant;
    let stored = store::find(ctx.db().await?, tenant, provider).await?.ok_or_else(Problem::not_found)?;
    let asked = known(ctx, &stored).await?;
    // What comes now takes a while, and the transaction is not to wait for it.
    ctx.commit().await?;
    Ok(match provider::look_up(&ctx.app, &provider::Known::Workspace(tenant, asked)).await {
        Ok(endpoint) => ProviderCheck { outcome: CheckOutcome::Ready, authorization_endpoint: Some(endpoint) },
        // No more of it: what is at an address is not for whoever names one to learn.
        Err(Failed::Unreachable(why)) => {
            tracing::info!(why, "a workspace's provider cannot be asked");
            ProviderCheck { outcome: CheckOutcome::Unreachable, authorization_endpoint: None }
        }
        Err(Failed::Refused(why)) => {
            tracing::info!(why, "a workspace's provider is refused");
            ProviderCheck { outcome: CheckOutcome::Refused, authorization_endpoint: None }
        }
    })
}

/// As a client needs to know it. Believed about addresses in those of its domains that are the workspace's.
async fn known(ctx: &mut Ctx, stored: &Stored) -> Result<Provider> {
    let (tenant, provider) = (ctx.tenant, &stored.shown);
    let client_secret = match &stored.secret_ciphertext {
        None => None,
        Some(sealed) => {
            let plain = ctx.app.keys.open(place(tenant, provider.id), sealed).map_err(Error::internal)?;
            Some(SecretString::from(String::from_utf8_lossy(&plain).into_owned()))
        }
    };
    let proven = mail_domains::store::proven(ctx.db().await?, tenant).await?;
    Ok(Provider {
        key: provider.id.to_string(),
        name: provider.name.clone(),
        issuer: provider.issuer.clone(),
        client_id: provider.client_id.clone(),
        client_secret,
        domains: provider.domains.iter().filter(|domain| proven.contains(domain)).cloned().collect(),
    })
}

/// The provider of a workspace, if it is there and enabled.
///
/// # Errors
/// The database's, or a secret that does not open.
pub async fn enabled(app: &App, tenant: TenantId, id: Uuid) -> Result<Option<Provider>> {
    let mut ctx = Ctx::of_program(app.clone(), tenant, None);
    let stored = store::find(ctx.db().await?, tenant, id).await?;
    match stored.filter(|stored| stored.shown.is_enabled) {
        Some(stored) => Ok(Some(known(&mut ctx, &stored).await?)),
        None => Ok(None),
    }
}

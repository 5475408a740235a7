//! Who may call: sessions, permissions, and the extractors that put both into a handler's signature.

use std::marker::PhantomData;
use std::net::IpAddr;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use futures_util::future::BoxFuture;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::ctx::{Ctx, Origin, TenantId};
use crate::error::{Error, Problem, Result};
use crate::idempotency::Claim;
use crate::lease::{self, UsedLease};
pub use crate::permissions::{Permission, Permissions, Scope};
use crate::state::App;
use crate::time::Timestamp;

/// A signed-in user, and the tenant he or she acts in.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: Uuid,
    pub user_id: Uuid,
    pub name: String,
    pub email: String,
    pub locale: String,
    pub timezone: String,
    pub is_platform_admin: bool,
    /// None where the user belongs to no active tenant, or has chosen none.
    pub tenant: Option<TenantId>,
    pub permissions: Permissions,
    pub expires_at: Timestamp,
    /// What its holder has shown; a program's token has shown nothing.
    pub factors: Vec<Factor>,
    /// When one of them was shown last.
    pub verified_at: Timestamp,
    /// What its tenant's security policy asks before it lets anybody act there.
    pub gate: Gate,
    /// Where a program acts by an access token, whose scopes are the bounds of `permissions`.
    pub token: Option<UsedToken>,
    /// Whether the tenant can be read and not changed, by how its subscription stands.
    pub is_read_only: bool,
    /// Where an administrator of the instance acts by a lease, whose permissions are the bounds of `permissions`.
    pub lease: Option<UsedLease>,
}

/// What stands between a session and its tenant. Empty where the tenant asks nothing.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    /// From when a second factor that was not shown is missed.
    pub second_factor_due: Option<Timestamp>,
    pub addresses: Option<Arc<AddressRules>>,
    /// Why the way in which its holder signed in is not enough.
    pub way_in: Option<WayRefused>,
}

/// What a tenant does not take for a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayRefused {
    /// A link in a mail alone.
    MailLink,
    /// Any way but the tenant's own provider.
    NotCompany,
}

/// From where one may act.
#[derive(Debug, PartialEq, Eq)]
pub struct AddressRules {
    /// Anywhere, where it is empty.
    pub allowed: Vec<IpNet>,
    /// Beats what is allowed.
    pub blocked: Vec<IpNet>,
}

impl AddressRules {
    pub fn admits(&self, address: Option<IpAddr>) -> bool {
        let Some(address) = address.map(|address| address.to_canonical()) else { return self.allowed.is_empty() };
        let is_in = |nets: &[IpNet]| nets.iter().any(|net| net.contains(&address));
        !is_in(&self.blocked) && (self.allowed.is_empty() || is_in(&self.allowed))
    }
}

impl Session {
    /// # Errors
    /// 403 `address_not_allowed`, `mail_link_not_allowed`, `company_sign_in_required` or `second_factor_required`, by the security
    /// policy of the tenant.
    pub fn admit(&self, address: Option<IpAddr>, now: Timestamp) -> Result<(), Problem> {
        if self.gate.addresses.as_ref().is_some_and(|rules| !rules.admits(address)) {
            return Err(Problem::new(StatusCode::FORBIDDEN, "address_not_allowed", "This workspace cannot be used from your address."));
        }
        let refused = |code, detail: &'static str| Err(Problem::new(StatusCode::FORBIDDEN, code, detail));
        match self.gate.way_in {
            Some(WayRefused::MailLink) => {
                return refused("mail_link_not_allowed", "This workspace does not take links in mails. Sign in another way.");
            }
            Some(WayRefused::NotCompany) => {
                return refused("company_sign_in_required", "This workspace asks you to sign in with your company's account.");
            }
            None => {}
        }
        if self.gate.second_factor_due.is_some_and(|from| from <= now) {
            let detail = "This workspace asks for a second factor. Set one up in your security settings, or sign in with it.";
            return Err(Problem::new(StatusCode::FORBIDDEN, "second_factor_required", detail));
        }
        Ok(())
    }

    /// Whether its holder was named by the tenant's own provider and has shown nothing else: then that is worth something in
    /// this tenant alone, and nothing of what is the person's is told or changed. A second factor does not help, since it is
    /// none without a first.
    pub fn is_confined(&self) -> bool {
        self.factors.contains(&Factor::Company) && !self.factors.iter().any(|factor| factor.is_first())
    }

    /// Seconds for which somebody counts as there in person after showing a factor.
    pub const FRESH: i64 = 10 * 60;

    /// # Errors
    /// 403 `step_up_required` where no factor was shown within the last ten minutes: before addresses, factors, roles and
    /// policies change, and before data leave or go (ASVS 5.0, 7.5).
    pub fn check_fresh(&self, now: Timestamp) -> Result<(), Problem> {
        if self.verified_at.plus_seconds(Self::FRESH) > now {
            return Ok(());
        }
        Err(step_up_required())
    }
}

/// What somebody shows to sign in, or to confirm who he or she is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    Password,
    Totp,
    RecoveryCode,
    /// With its user verified, so two factors in one.
    Passkey,
    /// Another company's word.
    Provider,
    /// A link that came by mail.
    MailLink,
    /// A device that was remembered in place of the second factor.
    Device,
    /// The word of the tenant's own provider, which counts in that tenant alone.
    Company,
}

impl Factor {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery_code",
            Self::Passkey => "passkey",
            Self::Provider => "provider",
            Self::MailLink => "mail_link",
            Self::Device => "device",
            Self::Company => "company",
        }
    }

    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Password, Self::Totp, Self::RecoveryCode, Self::Passkey, Self::Provider, Self::MailLink, Self::Device, Self::Company]
            .into_iter()
            .find(|factor| factor.name() == name)
    }

    /// Whether it begins a sign-in to the whole account.
    pub const fn is_first(self) -> bool {
        matches!(self, Self::Password | Self::Passkey | Self::Provider | Self::MailLink)
    }

    /// Whether it makes a sign-in one with two factors.
    pub const fn is_second(self) -> bool {
        matches!(self, Self::Totp | Self::RecoveryCode | Self::Passkey)
    }
}

/// The access token by which a request came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsedToken {
    pub id: Uuid,
    pub name: String,
}

/// Who a request turned out to come from. A layer around the handlers puts it into the request, and reads it for the line that
/// a refusal leaves in the log.
#[derive(Clone, Debug, Default)]
pub struct Who(Arc<OnceLock<(Uuid, Option<TenantId>)>>);

impl Who {
    /// The user and the tenant acted in, where somebody was signed in.
    pub fn known(&self) -> Option<(Uuid, Option<TenantId>)> {
        self.0.get().copied()
    }
}

/// Turns a cookie or token into a session; identity implements it, and the binary wires it.
pub trait Authenticator: Send + Sync + 'static {
    fn authenticate<'a>(&'a self, app: &'a App, parts: &'a Parts) -> BoxFuture<'a, Result<Option<Session>>>;
}

/// A member who holds `P`, in his or her tenant; derefs to the [`Ctx`].
pub struct Allow<P> {
    ctx: Ctx,
    scope: Scope,
    permission: PhantomData<P>,
}

impl<P> Allow<P> {
    /// The member whose records are visible: `Some(user)` where the permission covers own records only, as a filter.
    pub fn own_filter(&self) -> Option<Uuid> {
        match self.scope {
            Scope::Own => self.ctx.user_id(),
            Scope::All => None,
        }
    }

    /// # Errors
    /// 404 for another member's record where the permission covers own records only.
    pub fn check_owner(&self, owner: Uuid) -> Result<(), Problem> {
        match self.own_filter() {
            Some(me) if me != owner => Err(Problem::not_found()),
            _ => Ok(()),
        }
    }
}

impl<P> Deref for Allow<P> {
    type Target = Ctx;

    fn deref(&self) -> &Ctx {
        &self.ctx
    }
}

impl<P> DerefMut for Allow<P> {
    fn deref_mut(&mut self) -> &mut Ctx {
        &mut self.ctx
    }
}

impl<P: Permission> FromRequestParts<App> for Allow<P> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let session = session(parts, app).await?;
        let tenant = tenant_of(&session, parts, app)?;
        let scope = session.permissions.of::<P>().ok_or_else(|| Problem::forbidden().with("permission", P::CODENAME))?;
        if session.is_read_only && !parts.method.is_safe() && !stays_open(P::CODENAME) {
            return Err(read_only().into());
        }
        lease::admit(parts, app, &session, tenant, Some(P::CODENAME)).await?;
        let claim = claim(parts, &session.user_id.to_string());
        let ctx = Ctx::of_member(app.clone(), session, tenant, origin(parts), claim);
        Ok(Self { ctx, scope, permission: PhantomData })
    }
}

/// A member of the tenant, whatever he or she may do; derefs to the [`Ctx`].
pub struct AnyMember(Ctx);

impl Deref for AnyMember {
    type Target = Ctx;

    fn deref(&self) -> &Ctx {
        &self.0
    }
}

impl DerefMut for AnyMember {
    fn deref_mut(&mut self) -> &mut Ctx {
        &mut self.0
    }
}

impl FromRequestParts<App> for AnyMember {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let session = session(parts, app).await?;
        let tenant = tenant_of(&session, parts, app)?;
        lease::admit(parts, app, &session, tenant, None).await?;
        let claim = claim(parts, &session.user_id.to_string());
        Ok(Self(Ctx::of_member(app.clone(), session, tenant, origin(parts), claim)))
    }
}

/// A member who is there in person: what is done here is not for a program's token.
pub struct InPerson(Ctx);

impl Deref for InPerson {
    type Target = Ctx;

    fn deref(&self) -> &Ctx {
        &self.0
    }
}

impl DerefMut for InPerson {
    fn deref_mut(&mut self) -> &mut Ctx {
        &mut self.0
    }
}

impl FromRequestParts<App> for InPerson {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let EvenLeased(SignedIn { app, session, origin, claim }) = EvenLeased::from_request_parts(parts, app).await?;
        if session.lease.is_some() {
            return Err(lease::refused().into());
        }
        let tenant = tenant_of(&session, parts, &app)?;
        Ok(Self(Ctx::of_member(app, session, tenant, origin, claim)))
    }
}

/// A signed-in user, with or without a tenant: what concerns the person alone, and so is neither for a program's token nor for
/// whom a tenant's own provider named.
pub struct SignedIn {
    pub app: App,
    pub session: Session,
    pub origin: Origin,
    pub claim: Option<Claim>,
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let EvenLeased(signed_in) = EvenLeased::from_request_parts(parts, app).await?;
        // What concerns the person, and the instance, waits until he or she has left.
        if signed_in.session.lease.is_some() {
            return Err(lease::refused().into());
        }
        if signed_in.session.is_confined() {
            return Err(company_session().into());
        }
        Ok(signed_in)
    }
}

/// As [`SignedIn`], also of an administrator of the instance who acts by a lease, and of somebody whom a tenant's own provider
/// named: for the session itself, and nothing else.
pub struct EvenLeased(pub SignedIn);

impl FromRequestParts<App> for EvenLeased {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let session = session(parts, app).await?;
        if session.token.is_some() {
            return Err(session_required().into());
        }
        let claim = claim(parts, &session.user_id.to_string());
        Ok(Self(SignedIn { app: app.clone(), session, origin: origin(parts), claim }))
    }
}

/// An administrator of the instance.
pub struct PlatformAdmin(pub SignedIn);

impl FromRequestParts<App> for PlatformAdmin {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let signed_in = SignedIn::from_request_parts(parts, app).await?;
        let session = &signed_in.session;
        if !session.is_platform_admin {
            return Err(Problem::forbidden().into());
        }
        if app.config.admin_second_factor && !session.factors.iter().any(|factor| factor.is_second()) {
            return Err(admin_second_factor_required().into());
        }
        Ok(Self(signed_in))
    }
}

/// Anybody: where the request came from, and its Idempotency-Key.
pub struct Anonymous {
    pub app: App,
    pub origin: Origin,
    pub claim: Option<Claim>,
}

impl Anonymous {
    /// The context of a visitor in the tenant that a public address led to.
    pub fn visit(self, tenant: TenantId) -> Ctx {
        Ctx::of_visitor(self.app, tenant, self.origin, self.claim)
    }
}

impl FromRequestParts<App> for Anonymous {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        Ok(Self { app: app.clone(), origin: origin(parts), claim: claim(parts, "-") })
    }
}

async fn session(parts: &Parts, app: &App) -> Result<Session> {
    let session = app.authenticator.authenticate(app, parts).await?.ok_or_else(Problem::unauthenticated)?;
    if let Some(who) = parts.extensions.get::<Who>() {
        // One that is set already is the same: a request has one caller.
        let _ = who.0.set((session.user_id, session.tenant));
    }
    app.limits.check(crate::rate_limit::Limit::Account, &session.user_id.to_string())?;
    Ok(session)
}

/// The tenant that the caller acts in, if its policy lets him or her.
fn tenant_of(session: &Session, parts: &Parts, app: &App) -> Result<TenantId, Problem> {
    let tenant = session.tenant.ok_or_else(no_tenant)?;
    session.admit(parts.extensions.get::<Origin>().and_then(|origin| origin.ip), app.clock.now())?;
    Ok(tenant)
}

/// What may still be done in a tenant that can only be read: what changes nothing, what leads out of that state or protects it, and
/// what people have a right to.
fn stays_open(codename: &str) -> bool {
    const ALWAYS: [&str; 5] = ["members:write", "privacy:manage", "security:manage", "settings:manage", "support:manage"];
    codename.ends_with(":read") || ALWAYS.contains(&codename)
}

fn read_only() -> Problem {
    let detail =
        "This workspace can be read and not changed, since its subscription is over or not paid for. Its owners can say how it goes on.";
    Problem::new(StatusCode::PAYMENT_REQUIRED, "read_only", detail)
}

/// What says that a factor has to be shown first. The web app asks for one, and sends the request again.
pub fn step_up_required() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "step_up_required", "Confirm that it is you, then try again.")
}

fn session_required() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "session_required", "An access token cannot do this. Sign in to the web app for it.")
}

fn admin_second_factor_required() -> Problem {
    let detail =
        "Administrators of this instance have to sign in with a second factor. Set one up in your security settings, then sign in with it.";
    Problem::new(StatusCode::FORBIDDEN, "admin_second_factor_required", detail)
}

fn company_session() -> Problem {
    let detail =
        "You came by your company's account, which opens this workspace and no more. Sign in with your own password or passkey for this.";
    Problem::new(StatusCode::FORBIDDEN, "company_session", detail)
}

fn no_tenant() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "no_tenant", "You are signed in but act in no workspace. Choose one, or ask for an invitation.")
}

fn origin(parts: &Parts) -> Origin {
    parts.extensions.get::<Origin>().cloned().unwrap_or_default()
}

fn claim(parts: &Parts, actor: &str) -> Option<Claim> {
    parts.extensions.get::<Claim>().map(|claim| Claim { actor: actor.to_owned(), ..claim.clone() })
}

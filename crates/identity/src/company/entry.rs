//! Coming in by a workspace's own provider, and who one is there.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::audit::Change;
use platform::auth::{Factor, InPerson, Session};
use platform::ctx::Caller;
use platform::error::{Error, OnConstraint, Problem, Result};
use platform::mail::{self, Person};
use platform::providers::Provider;
use platform::text::email_key;
use platform::{Ctx, SignedIn, TenantId, id};
use serde_json::json;
use uuid::Uuid;

use super::http::{CompanyIdentity, KnownThere};
use super::store::{self, Stored};
use super::{Admits, me};
use crate::activity::{SecurityEvent, SignIn, note_failed, note_security_event, note_sign_in};
use crate::caller::Somebody;
use crate::events::InvitationAccepted;
use crate::identities::provider::Claims;
use crate::invitations::{self, store::Waiting};
use crate::mails::company as mails;
use crate::members::{self, Newcomer};
use crate::policy::http::SecurityManage;
use crate::profile::store::NewUser;
use crate::sessions::{self, NewSession, Opened};
use crate::{passwords, profile, registrations, roles, tenants};

/// The provider is asked again after a day, so that whom it knows no more is out by then.
const DAY: i64 = 24 * 3600;

fn not_admitted() -> Problem {
    let detail =
        "This workspace knows nobody by that account. Sign in here as usual and link it in your settings, or ask for an invitation.";
    Problem::new(StatusCode::FORBIDDEN, "not_admitted", detail)
}

/// The address, where the provider is believed about it: in a domain that the workspace has proven, and never without one.
fn believed<'a>(provider: &Provider, claims: &'a Claims) -> Option<&'a str> {
    claims.email.as_deref().filter(|_| claims.is_email_verified && !provider.domains.is_empty())
}

fn provider_id(provider: &Provider) -> Result<Uuid> {
    provider.key.parse().map_err(Error::internal)
}

/// What makes somebody a member who is none.
struct Admission {
    role: Uuid,
    invitation: Option<Waiting>,
}

/// Signs in whom the provider names, in its workspace alone; who is no member comes in as far as the workspace says.
pub async fn sign_in(caller: Somebody, tenant: TenantId, provider: &Provider, claims: Claims) -> Result<Response> {
    let Somebody { app, origin, session, presented, .. } = caller;
    let (now, id_of_provider) = (app.clock.now(), provider_id(provider)?);
    let mut ctx = Ctx::of_visitor(app.clone(), tenant, origin.clone(), None);
    let stored = store::find(ctx.db().await?, tenant, id_of_provider).await?.ok_or_else(not_admitted)?;
    let address = believed(provider, &claims);
    let known = store::user_of(ctx.db().await?, tenant, id_of_provider, &claims.subject).await?;
    let newcomer = match known {
        Some(user) => Some(user),
        None => match address {
            Some(address) => passwords::store::account_of_email(ctx.db().await?, &email_key(address)).await?.map(|account| account.id),
            None => None,
        },
    };
    let newcomer = match newcomer {
        Some(user) => profile::store::find(ctx.db().await?, user).await?.map(|profile| Newcomer {
            user_id: user,
            name: profile.name,
            email: profile.email,
            timezone: profile.timezone,
            locale: profile.locale,
        }),
        None => None,
    };
    let member = match &newcomer {
        Some(newcomer) => members::store::find(ctx.db().await?, tenant, newcomer.user_id).await?,
        None => None,
    };
    let status = member.map(|member| member.status);
    let admission = match status.as_deref() {
        Some("active") => Ok(None),
        Some("suspended") => Err(not_admitted()),
        // Who was removed does not come back alone.
        other => admit(&mut ctx, &stored, newcomer.as_ref(), address, other.is_some()).await?.map(Some).ok_or_else(not_admitted),
    };
    let may = match &newcomer {
        Some(newcomer) => sessions::store::may_sign_in(ctx.db().await?, newcomer.user_id).await?,
        None => true,
    };
    let refused = match (&admission, may) {
        (Err(problem), _) => Some(("not_admitted", problem.clone())),
        (Ok(_), false) => Some(("inactive", sessions::account_inactive())),
        (Ok(_), true) => None,
    };
    if let Some((reason, problem)) = refused {
        // An invitation that led nowhere still waits.
        ctx.rollback().await?;
        let user = newcomer.map(|newcomer| newcomer.user_id);
        note_sign_in(ctx.db().await?, &app, &origin, &SignIn::FailedByCompany { user, tenant, reason }).await?;
        ctx.commit().await?;
        return Err(problem.into());
    }
    let is_new = newcomer.is_none();
    let newcomer = match newcomer {
        Some(newcomer) => newcomer,
        None => {
            let workspace = tenants::store::find(ctx.db().await?, tenant).await?;
            let email = address.ok_or_else(not_admitted)?.to_owned();
            let name: String =
                claims.name.as_deref().map(str::trim).filter(|name| !name.is_empty()).unwrap_or(&email).chars().take(120).collect();
            Newcomer { user_id: id::new(), name, email, timezone: workspace.timezone, locale: workspace.locale }
        }
    };
    // From here on it is he or she who acts.
    ctx.caller = Caller::Member(newcomer.acting(tenant, now));
    if is_new {
        let key = email_key(&newcomer.email);
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
    }
    if let Some(Admission { role, invitation }) = admission? {
        let invited_at = invitation.as_ref().map(|waiting| waiting.created_at);
        members::join(&mut ctx, &newcomer, role, invited_at).await?;
        if let Some(waiting) = invitation {
            let (was, is) = (json!({ "status": "pending" }), json!({ "status": "accepted" }));
            ctx.audit(Change::updated("invitation.accepted", "invitation", waiting.id, was, is));
            ctx.publish(&InvitationAccepted { invitation_id: waiting.id, email: newcomer.email.clone() })?;
        }
    }
    remember(&mut ctx, &stored, &newcomer, &claims, known.is_none()).await?;

    let own = session.filter(|session| session.user_id == newcomer.user_id);
    let new = match &own {
        // Who had signed in to the account before goes on in it, no fresher than before: it is not this provider's to confirm.
        Some(session) => {
            let remembered = sessions::store::is_remembered(ctx.db().await?, session.id).await?;
            let mut new = NewSession::continued(session, Some(tenant), remembered);
            new.factors.push(Factor::Company);
            new.provider = Some(id_of_provider);
            new
        }
        None => NewSession {
            // Where the provider does not say when, it may have been days ago.
            verified_at: Some(claims.authenticated_at.unwrap_or_else(|| now.plus_seconds(-Session::FRESH)).min(now)),
            expires_at: Some(now.plus_seconds(DAY)),
            provider: Some(id_of_provider),
            ..NewSession::fresh(newcomer.user_id, Some(tenant), &[Factor::Company])
        },
    };
    let opened = sessions::open_signed_in(ctx.db().await?, &app, &origin, presented.as_ref(), &new).await;
    let opened = match opened {
        Err(Error::Problem(refusal)) => {
            ctx.rollback().await?;
            let user = (!is_new).then_some(newcomer.user_id);
            note_failed(&app, &origin, &SignIn::FailedByCompany { user, tenant, reason: "too_many_sessions" }).await?;
            return Err(refusal.into());
        }
        opened => opened?,
    };
    let answer = sessions::answer(ctx.db().await?, &app, &origin, StatusCode::CREATED, &opened).await?;
    ctx.commit().await?;
    Ok(answer.into_response())
}

/// Whether, and as what, the workspace takes in somebody who is no member, under the lock of memberships.
async fn admit(
    ctx: &mut Ctx,
    stored: &Stored,
    newcomer: Option<&Newcomer>,
    address: Option<&str>,
    was_member: bool,
) -> Result<Option<Admission>> {
    let (tenant, now) = (ctx.tenant, ctx.now());
    // The address is what makes it his or her own company, so it is the account's too.
    let Some(address) = address.filter(|address| newcomer.is_none_or(|known| email_key(&known.email) == email_key(address))) else {
        return Ok(None);
    };
    let Some(chosen) = &stored.shown.role else { return Ok(None) };
    members::store::lock_memberships(ctx.db().await?, tenant).await?;
    let Some(chosen) = roles::store::grantable(ctx.db().await?, tenant, &[chosen.id]).await?.pop() else { return Ok(None) };
    let invitation = invitations::store::accept_pending(ctx.db().await?, tenant, &email_key(address), now).await?;
    if let Some(invitation) = invitation {
        invitations::check_inviter(ctx, invitation.invited_by, invitation.role_id).await?;
        let role = roles::store::grantable(ctx.db().await?, tenant, &[invitation.role_id]).await?.pop();
        let is_below = role.is_some_and(|role| chosen.permissions.covers(role.permissions));
        return Ok(is_below.then_some(Admission { role: invitation.role_id, invitation: Some(invitation) }));
    }
    if stored.shown.admits != Admits::Anybody || was_member {
        return Ok(None);
    }
    // Whoever chose the role vouches for it, as an inviter does.
    let Some(by) = stored.chosen_by else { return Ok(None) };
    let held = members::store::permissions(ctx.db().await?, tenant, by).await?;
    let is_active = members::store::find(ctx.db().await?, tenant, by).await?.is_some_and(|member| member.status == "active");
    let may = is_active && held.of::<SecurityManage>().is_some() && held.covers(chosen.permissions) && !chosen.is_owner;
    Ok(may.then_some(Admission { role: chosen.role.id, invitation: None }))
}

/// Keeps who the member is there; the first time it is written down, and told to the person.
async fn remember(ctx: &mut Ctx, stored: &Stored, who: &Newcomer, claims: &Claims, is_first: bool) -> Result<()> {
    let (tenant, now, provider) = (ctx.tenant, ctx.now(), &stored.shown);
    let email = claims.email.as_deref().filter(|email| email.chars().count() <= 254);
    if !store::keep(ctx.db().await?, tenant, provider.id, &claims.subject, who.user_id, email, now).await? {
        return Err(Problem::conflict("identity_taken", "That account of your company is another member's here.").into());
    }
    if !is_first {
        return Ok(());
    }
    let (app, origin) = (ctx.app.clone(), ctx.origin.clone());
    let details = json!({ "tenant_id": tenant.0, "name": provider.name, "issuer": provider.issuer });
    let event = SecurityEvent { user: who.user_id, event: "company_identity_linked", severity: "medium", details };
    note_security_event(ctx.db().await?, &app, &origin, &event).await?;
    let linked = json!({ "provider": provider.name, "email": email });
    ctx.audit(Change::created("member.identity_linked", "member", who.user_id, &linked).about(who.user_id));
    let workspace = tenants::store::find(ctx.db().await?, tenant).await?;
    let to = Person { name: who.name.clone(), email: who.email.clone() };
    let values = [("workspace", workspace.name.as_str()), ("provider", provider.name.as_str())];
    let mail = mails::LINKED.mail_of(&app, &workspace, &who.locale, to, &values, "/settings/security");
    mail::post(ctx.db().await?, &app.keys, None, &mail).await
}

/// Links who came back to the account that is signed in, a member of that workspace.
pub async fn link(caller: &SignedIn, tenant: TenantId, provider: &Provider, claims: &Claims) -> Result<()> {
    let SignedIn { app, session, origin, .. } = caller;
    session.check_fresh(app.clock.now())?;
    let mut ctx = Ctx::of_member(app.clone(), session.clone(), tenant, origin.clone(), None);
    let stored = store::find(ctx.db().await?, tenant, provider_id(provider)?).await?.ok_or_else(Problem::not_found)?;
    let member = members::store::find(ctx.db().await?, tenant, session.user_id).await?;
    if member.is_none_or(|member| member.status != "active") {
        return Err(not_admitted().into());
    }
    let known = store::user_of(ctx.db().await?, tenant, stored.shown.id, &claims.subject).await?;
    remember(&mut ctx, &stored, &Newcomer::from(session), claims, known.is_none()).await?;
    ctx.commit().await
}

/// Confirms that it is the same person who came by that provider; it makes no more of the session than it was.
pub async fn confirm(caller: &SignedIn, tenant: TenantId, provider: &Provider, claims: &Claims) -> Result<Opened> {
    let SignedIn { app, session, origin, .. } = caller;
    let mut ctx = Ctx::of_member(app.clone(), session.clone(), tenant, origin.clone(), None);
    let user = store::user_of(ctx.db().await?, tenant, provider_id(provider)?, &claims.subject).await?;
    if user != Some(session.user_id) {
        let attempt = SignIn::FailedByCompany { user: Some(session.user_id), tenant, reason: "other_identity" };
        note_sign_in(ctx.db().await?, app, origin, &attempt).await?;
        ctx.commit().await?;
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "other_identity", "This is not an account that is linked to yours.").into());
    }
    let opened = sessions::confirmed(ctx.db().await?, caller, Factor::Company).await?;
    ctx.commit().await?;
    Ok(opened)
}

pub async fn list(ctx: &mut InPerson) -> Result<Vec<CompanyIdentity>> {
    let (tenant, user) = (ctx.tenant, me(ctx)?);
    let mut linked = store::linked(ctx.db().await?, tenant, user).await?;
    let providers = store::list(ctx.db().await?, tenant, None).await?;
    Ok(providers
        .into_iter()
        .filter(|stored| stored.shown.is_enabled)
        .map(|stored| {
            let found = linked.iter().position(|one| one.provider_id == stored.shown.id).map(|at| linked.swap_remove(at));
            let linked = found.map(|one| KnownThere { email: one.email, last_used_at: one.last_used_at });
            CompanyIdentity { id: stored.shown.id, name: stored.shown.name, linked }
        })
        .collect())
}

pub async fn unlink(ctx: &mut InPerson, provider: Uuid) -> Result<()> {
    ctx.check_fresh()?;
    let (tenant, user, now) = (ctx.tenant, me(ctx)?, ctx.now());
    let (app, origin) = (ctx.app.clone(), ctx.origin.clone());
    let stored = store::find(ctx.db().await?, tenant, provider).await?.ok_or_else(Problem::not_found)?;
    if !store::unlink(ctx.db().await?, tenant, provider, user).await? {
        return Err(Problem::not_found().into());
    }
    store::end_sessions(ctx.db().await?, tenant, provider, Some(user), now).await?;
    let details = json!({ "tenant_id": tenant.0, "name": stored.shown.name });
    let event = SecurityEvent { user, event: "company_identity_unlinked", severity: "medium", details };
    note_security_event(ctx.db().await?, &app, &origin, &event).await?;
    let gone = json!({ "provider": stored.shown.name });
    ctx.audit(Change::deleted("member.identity_unlinked", "member", user, &gone).about(user));
    ctx.commit().await?;
    app.sessions.forget();
    Ok(())
}

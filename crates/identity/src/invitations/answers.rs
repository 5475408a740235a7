//! The invited person's side: what the link offers, accepting and declining.

use axum::http::StatusCode;
use axum::response::Response;
use platform::audit::Change;
use platform::auth::{Anonymous, Factor, Session};
use platform::crypto::sha256;
use platform::ctx::Answer;
use platform::error::{OnConstraint, Problem, Result};
use platform::text::{Checks, email_key};
use platform::time::Timestamp;
use platform::{App, Ctx, TenantId, id};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::store::{self, Offer};
use crate::caller::Somebody;
use crate::directory::{self, Directory};
use crate::events::{InvitationAccepted, InvitationDeclined};
use crate::identities::Identity;
use crate::members::{self, Newcomer};
use crate::passwords::link_invalid;
use crate::profile::store::NewUser;
use crate::sessions::{self, NewSession};
use crate::{identities, passwords, profile, registrations, second_factors};

/// The token of an invitation's link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationToken {
    token: String,
}

/// What an invitation offers, to the holder of its link.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationOffer {
    pub tenant_name: String,
    pub email: String,
    /// The role's name.
    pub role: String,
    /// The name of who invites.
    pub invited_by: String,
    pub expires_at: Timestamp,
    /// Whether to ask for the password of an account, or for name and password of a new one.
    pub account_exists: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    token: String,
    /// Of a new user.
    #[schema(max_length = 120)]
    name: Option<String>,
    /// Of a new user, or of a known one who is not signed in.
    #[schema(value_type = Option<String>, format = Password, max_length = 256)]
    password: Option<SecretString>,
    /// In place of a new user's password: of an identity that came back from its provider, with the invited address.
    #[schema(max_length = 100)]
    identity_token: Option<String>,
}

pub async fn look_up(app: &App, input: &InvitationToken) -> Result<InvitationOffer> {
    let token_hash = sha256(input.token.as_bytes());
    let offer = find(app, &token_hash).await?;
    let tenant = TenantId(offer.tenant_id);
    let mut directory = Directory::open(app, Some(tenant), None).await?;
    let invitation = store::find(directory.db(), tenant, offer.id, None, app.clock.now()).await?.ok_or_else(link_invalid)?;
    Ok(InvitationOffer {
        tenant_name: offer.tenant_name,
        email: offer.email,
        role: invitation.role.name,
        invited_by: invitation.invited_by.name,
        expires_at: offer.expires_at,
        account_exists: offer.user_id.is_some(),
    })
}

async fn find(app: &App, token_hash: &[u8; 32]) -> Result<Offer> {
    let mut directory = Directory::open(app, None, None).await?;
    Ok(store::of_token(directory.db(), token_hash, app.clock.now()).await?.ok_or_else(link_invalid)?)
}

/// Who accepts.
enum Invitee {
    /// With the profile as it is, and, where signed in, the session to go on from.
    Known { newcomer: Newcomer, signed_in: Option<Box<Session>> },
    /// The link has shown that the address is his or hers.
    New { newcomer: Newcomer, shown: Shown },
}

/// With what somebody new will sign in.
enum Shown {
    Password { hash: String },
    Identity { token: String },
}

impl Invitee {
    fn newcomer(&self) -> &Newcomer {
        match self {
            Self::Known { newcomer, .. } | Self::New { newcomer, .. } => newcomer,
        }
    }
}

/// Makes the invited person a member and signs in, in one transaction; only the first answer counts.
pub async fn accept(caller: Somebody, input: Acceptance) -> Result<Response> {
    let (app, origin, claim, presented) = (caller.app.clone(), caller.origin.clone(), caller.claim.clone(), caller.presented);
    let token_hash = sha256(input.token.as_bytes());
    let mut directory = Directory::open(&app, None, None).await?;
    // A repeated request finds its link used up, and its answer here.
    directory::take(directory.db(), &app, claim.as_ref()).await?;
    let offer = store::of_token(directory.db(), &token_hash, app.clock.now()).await?.ok_or_else(link_invalid)?;
    drop(directory);
    let invitee = identify(&caller, &offer, input).await?;
    if let Invitee::Known { signed_in: Some(session), .. } = &invitee {
        let mut directory = Directory::open(&app, None, None).await?;
        sessions::check_second_factor(directory.db(), session, TenantId(offer.tenant_id)).await?;
    }

    let (tenant, now) = (TenantId(offer.tenant_id), app.clock.now());
    let newcomer = invitee.newcomer();
    let mut ctx = Ctx::of_member(app.clone(), newcomer.acting(tenant, now), tenant, origin.clone(), None);
    directory::take(ctx.db().await?, &app, claim.as_ref()).await?;
    if !store::respond(ctx.db().await?, &token_hash, "accepted", now).await? {
        return Err(link_invalid().into());
    }
    members::store::lock_memberships(ctx.db().await?, tenant).await?;
    super::check_inviter(&mut ctx, offer.invited_by, offer.role_id).await?;
    if let Invitee::New { newcomer, shown } = &invitee {
        let new = NewUser {
            id: newcomer.user_id,
            email: &newcomer.email,
            email_key: &offer.email_key,
            name: &newcomer.name,
            password_hash: if let Shown::Password { hash } = shown { Some(hash) } else { None },
            locale: &newcomer.locale,
            timezone: &newcomer.timezone,
        };
        profile::store::insert(ctx.db().await?, &new, now).await.on_constraint("users_email_key", registrations::account_exists)?;
        registrations::store::void(ctx.db().await?, &offer.email_key, now).await?;
        if let Shown::Identity { token } = shown {
            let identity = Identity::take(ctx.db().await?, token, now).await?;
            identity.join(ctx.db().await?, newcomer.user_id, now).await?;
        }
    }
    members::join(&mut ctx, newcomer, offer.role_id, Some(offer.created_at)).await?;
    ctx.audit(Change::updated(
        "invitation.accepted",
        "invitation",
        offer.id,
        json!({ "status": "pending" }),
        json!({ "status": "accepted" }),
    ));
    ctx.publish(&InvitationAccepted { invitation_id: offer.id, email: offer.email.clone() })?;

    let db = ctx.db().await?;
    let opened = match &invitee {
        Invitee::Known { signed_in: Some(session), .. } => {
            let remembered = sessions::store::is_remembered(&mut *db, session.id).await?;
            let next = NewSession::continued(session, Some(tenant), remembered);
            sessions::open(&mut *db, &app, &origin, presented.as_ref(), &next).await?
        }
        Invitee::Known { .. } | Invitee::New { .. } => {
            let by_provider = matches!(&invitee, Invitee::New { shown: Shown::Identity { .. }, .. });
            let factor = if by_provider { Factor::Provider } else { Factor::Password };
            let fresh = NewSession::fresh(newcomer.user_id, Some(tenant), &[factor]);
            sessions::open_signed_in(&mut *db, &app, &origin, presented.as_ref(), &fresh).await?
        }
    };
    let answer = sessions::answer(db, &app, &origin, StatusCode::CREATED, &opened).await?;
    directory::commit_with(&mut ctx, claim.as_ref(), answer).await
}

/// Makes sure that it is the invited person: signed in as that user, or with that user's password, or new.
async fn identify(caller: &Somebody, offer: &Offer, input: Acceptance) -> Result<Invitee> {
    let app = &caller.app;
    let Some(user) = offer.user_id else {
        let mut checks = Checks::new();
        let name = checks.line("name", input.name.as_deref().unwrap_or_default(), 1, 120);
        let newcomer = |name| Newcomer {
            user_id: id::new(),
            name,
            email: offer.email.clone(),
            timezone: offer.tenant_timezone.clone(),
            locale: offer.locale.clone(),
        };
        if let Some(token) = input.identity_token {
            checks.done()?;
            let mut directory = Directory::open(app, None, None).await?;
            let identity = Identity::find(directory.db(), &token, app.clock.now()).await?;
            let email = identity.verified_email().ok_or_else(identities::sign_up::unverified)?;
            if email_key(email) != offer.email_key {
                let detail = "This invitation is for another address than the one that the provider confirmed.";
                return Err(Problem::new(StatusCode::FORBIDDEN, "other_address", detail).into());
            }
            return Ok(Invitee::New { newcomer: newcomer(name), shown: Shown::Identity { token } });
        }
        let Some(password) = input.password else {
            checks.add("password", "required", "is required");
            return Err(checks.done().err().unwrap_or_else(link_invalid).into());
        };
        passwords::check(&mut checks, "password", &password, passwords::ALONE, &[&offer.email, &name, &offer.tenant_name]);
        checks.done()?;
        passwords::refuse_breached(app, "password", &password).await?;
        let hash = passwords::Turn::wait().await?.hash(password).await?;
        return Ok(Invitee::New { newcomer: newcomer(name), shown: Shown::Password { hash } });
    };
    let own = caller.session.as_ref().filter(|session| session.user_id == user);
    if let Some(session) = own {
        return Ok(Invitee::Known { newcomer: Newcomer::from(session), signed_in: Some(Box::new(session.clone())) });
    }
    let Some(password) = input.password else {
        return Err(if caller.session.is_some() {
            let detail = "This invitation is for another address than the one you are signed in with. Give that account's password, or sign out first.";
            Problem::new(StatusCode::FORBIDDEN, "other_address", detail)
        } else {
            Problem { detail: "This address has an account. Sign in, or give its password.".to_owned(), ..Problem::unauthenticated() }
        }
        .into());
    };
    let user = sessions::check_password(caller, &offer.email, password).await?;
    let mut directory = Directory::open(app, None, None).await?;
    if !second_factors::store::methods(directory.db(), user).await?.is_empty() {
        let detail = "This account has a second factor. Sign in first, then open the invitation again.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "password_not_enough", detail).into());
    }
    let profile = profile::store::find(directory.db(), user).await?.ok_or_else(link_invalid)?;
    let newcomer = Newcomer { user_id: user, name: profile.name, email: profile.email, timezone: profile.timezone, locale: profile.locale };
    Ok(Invitee::Known { newcomer, signed_in: None })
}

/// Declines; the link is enough, since nothing is gained by it.
pub async fn decline(caller: Anonymous, input: &InvitationToken) -> Result<Response> {
    let Anonymous { app, origin, claim } = caller;
    let token_hash = sha256(input.token.as_bytes());
    let mut directory = Directory::open(&app, None, None).await?;
    directory::take(directory.db(), &app, claim.as_ref()).await?;
    let offer = store::of_token(directory.db(), &token_hash, app.clock.now()).await?.ok_or_else(link_invalid)?;
    drop(directory);
    let mut ctx = Ctx::of_visitor(app.clone(), TenantId(offer.tenant_id), origin, None);
    directory::take(ctx.db().await?, &app, claim.as_ref()).await?;
    if !store::respond(ctx.db().await?, &token_hash, "declined", app.clock.now()).await? {
        return Err(link_invalid().into());
    }
    ctx.audit(Change::updated(
        "invitation.declined",
        "invitation",
        offer.id,
        json!({ "status": "pending" }),
        json!({ "status": "declined" }),
    ));
    ctx.publish(&InvitationDeclined { invitation_id: offer.id, email: offer.email })?;
    directory::commit_with(&mut ctx, claim.as_ref(), Answer::empty(StatusCode::NO_CONTENT)).await
}

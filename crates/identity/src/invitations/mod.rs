//! Invitations: asking somebody in, by a mail whose link only the reader of that address has.

mod answers;
pub mod http;
pub mod store;

use axum::http::StatusCode;
use axum::response::Response;
use platform::audit::Change;
use platform::crypto::Token;
use platform::ctx::{Answer, Caller};
use platform::error::{OnConstraint, Problem, Result};
use platform::mail::Person;
use platform::rate_limit::Limit;
use platform::text::{Checks, email_key};
use platform::time::Timestamp;
use platform::{Allow, Ctx, id};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use self::http::InvitationsWrite;
use self::store::NewInvitation;
use crate::events::{InvitationCreated, InvitationResent, InvitationRevoked};
use crate::roles::{self, RoleName};
use crate::tenants::Tenant;
use crate::{mails, members, plans, tenants};

const LINK_SECONDS: i64 = 7 * 24 * 3600;

/// An invitation, as those who invite see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Invitation {
    pub id: Uuid,
    pub email: String,
    pub role: RoleName,
    /// `pending`, `accepted`, `declined`, `revoked` or `expired`
    pub status: String,
    pub message: Option<String>,
    pub invited_by: Inviter,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Inviter {
    pub user_id: Uuid,
    pub name: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationInput {
    #[schema(max_length = 254)]
    email: String,
    /// Any role but `owner`.
    role_id: Uuid,
    /// Shown in the mail.
    #[schema(max_length = 2000)]
    message: Option<String>,
}

async fn create(ctx: &mut Allow<InvitationsWrite>, input: InvitationInput) -> Result<Response> {
    let mut checks = Checks::new();
    let email = checks.email("email", &input.email);
    let message = input.message.map(|text| checks.paragraph("message", &text, 2000)).filter(|text| !text.is_empty());
    checks.done()?;
    let (key, tenant, now) = (email_key(&email), ctx.tenant, ctx.now());
    let inviter = ctx.user_id().ok_or_else(Problem::unauthenticated)?;
    check_role(ctx, inviter, input.role_id).await?;
    let invitee = store::invitee(ctx.db().await?, tenant, &key).await?;
    if invitee.as_ref().is_some_and(|invitee| invitee.is_member) {
        return Err(Problem::conflict("already_member", "Whoever has this address is a member already.").into());
    }
    // Better said now than to whoever accepts; who comes first is judged there.
    plans::check_members(ctx.db().await?, tenant).await?;
    ctx.app.limits.check(Limit::Mail, &format!("invitation {key}"))?;
    let workspace = tenants::store::find(ctx.db().await?, tenant).await?;
    let (name, locale) = invitee.map_or_else(|| (String::new(), workspace.locale.clone()), |invitee| (invitee.name, invitee.locale));
    let token = Token::random();
    let new = NewInvitation {
        id: id::new(),
        email: &email,
        email_key: &key,
        role: input.role_id,
        message: message.as_deref(),
        invited_by: inviter,
        locale: &locale,
        expires_at: now.plus_seconds(LINK_SECONDS),
    };
    store::insert(ctx.db().await?, tenant, &new, &token.hash, now).await.on_constraint("invitations_one_pending", pending_exists)?;
    let invitation = store::find(ctx.db().await?, tenant, new.id, None, now).await?.ok_or_else(Problem::not_found)?;
    send(ctx, &invitation, &workspace, name, &locale, &token).await?;
    ctx.audit(Change::created("invitation.created", "invitation", invitation.id, &invitation).about(invitation.id));
    ctx.publish(&InvitationCreated { invitation_id: invitation.id, email })?;
    ctx.commit_with(Answer::created(&invitation)?).await
}

fn pending_exists() -> Problem {
    Problem::conflict("invitation_pending", "This address is invited already. Send that invitation again, or revoke it first.")
}

/// Ownership is given by owners to members, never by mail; and nobody invites to more than he or she may do.
async fn check_role(ctx: &mut Ctx, inviter: Uuid, role: Uuid) -> Result<()> {
    let tenant = ctx.tenant;
    let Some(role) = roles::store::grantable(ctx.db().await?, tenant, &[role]).await?.pop() else {
        return Err(Problem::field("role_id", "unknown", "is not a role of this workspace").into());
    };
    if role.is_owner {
        return Err(Problem::field(
            "role_id",
            "not_invitable",
            "cannot be owner: invite to another role, and make the member an owner afterwards",
        )
        .into());
    }
    let held = members::store::permissions(ctx.db().await?, tenant, inviter).await?;
    if held.covers(role.permissions) {
        Ok(())
    } else {
        Err(roles::above_own("This role allows more than yours, so you cannot invite to it.").into())
    }
}

/// Whether whoever invited could do so at this moment: an invitation gives no more than its sender has when it is accepted.
/// Under the lock of memberships, so that the sender is not demoted meanwhile.
///
/// # Errors
/// `role_gone`, `invitation_void`.
pub async fn check_inviter(ctx: &mut Ctx, inviter: Uuid, role: Uuid) -> Result<()> {
    let tenant = ctx.tenant;
    let Some(role) = roles::store::grantable(ctx.db().await?, tenant, &[role]).await?.pop() else {
        return Err(Problem::conflict("role_gone", "The role of this invitation no longer exists. Ask for a new invitation.").into());
    };
    let sender = members::store::find(ctx.db().await?, tenant, inviter).await?;
    let held = members::store::permissions(ctx.db().await?, tenant, inviter).await?;
    let is_active = sender.is_some_and(|member| member.status == "active");
    if is_active && held.of::<InvitationsWrite>().is_some() && held.covers(role.permissions) && !role.is_owner {
        return Ok(());
    }
    let detail = "Whoever sent this invitation may not give that role any more. Ask for a new invitation.";
    Err(Problem::conflict("invitation_void", detail).into())
}

async fn send(ctx: &mut Ctx, invitation: &Invitation, workspace: &Tenant, name: String, locale: &str, token: &Token) -> Result<()> {
    let (inviter, reply_to) = match &ctx.caller {
        Caller::Member(session) => (session.name.clone(), Some(Person { name: session.name.clone(), email: session.email.clone() })),
        Caller::Visitor | Caller::Program { .. } => (invitation.invited_by.name.clone(), None),
    };
    let to = Person { name, email: invitation.email.clone() };
    let says = mails::InvitationSays {
        workspace: &workspace.name,
        inviter: &inviter,
        role: &invitation.role.name,
        message: invitation.message.as_deref(),
    };
    let mut mail = mails::invitation(&ctx.app, locale, to, &token.secret, &says, mails::Looks::of(&ctx.app, workspace));
    mail.reply_to = reply_to;
    // By the instance's mail server and never by the tenant's own: who runs that one reads the link, and accepting by it
    // counts as proof of the address.
    let app = ctx.app.clone();
    platform::mail::post(ctx.db().await?, &app.keys, None, &mail).await
}

/// Sends it again with a new link; the old one is dead.
async fn resend(ctx: &mut Allow<InvitationsWrite>, id: Uuid) -> Result<Response> {
    let (tenant, now, own) = (ctx.tenant, ctx.now(), ctx.own_filter());
    let inviter = ctx.user_id().ok_or_else(Problem::unauthenticated)?;
    let before = store::find(ctx.db().await?, tenant, id, own, now).await?.ok_or_else(Problem::not_found)?;
    check_role(ctx, inviter, before.role.id).await?;
    ctx.app.limits.check(Limit::Mail, &format!("invitation {}", email_key(&before.email)))?;
    let token = Token::random();
    let renewed = store::renew(ctx.db().await?, tenant, id, inviter, &token.hash, now, now.plus_seconds(LINK_SECONDS)).await;
    let locale = renewed.on_constraint("invitations_one_pending", pending_exists)?.ok_or_else(answered)?;
    let after = store::find(ctx.db().await?, tenant, id, own, now).await?.ok_or_else(Problem::not_found)?;
    let workspace = tenants::store::find(ctx.db().await?, tenant).await?;
    let name = store::invitee(ctx.db().await?, tenant, &email_key(&after.email)).await?.map(|invitee| invitee.name).unwrap_or_default();
    send(ctx, &after, &workspace, name, &locale, &token).await?;
    ctx.audit(Change::updated("invitation.resent", "invitation", id, &before, &after).about(id));
    ctx.publish(&InvitationResent { invitation_id: id, email: after.email.clone() })?;
    ctx.commit_with(Answer::json(StatusCode::ACCEPTED, &after)?).await
}

fn answered() -> Problem {
    Problem::conflict("invitation_answered", "This invitation was answered or revoked already, or another took its place.")
}

async fn revoke(ctx: &mut Allow<InvitationsWrite>, id: Uuid) -> Result<()> {
    let (tenant, now, own, by) = (ctx.tenant, ctx.now(), ctx.own_filter(), ctx.user_id());
    let before = store::find(ctx.db().await?, tenant, id, own, now).await?.ok_or_else(Problem::not_found)?;
    if !store::revoke(ctx.db().await?, tenant, id, by, now).await? {
        return Err(answered().into());
    }
    let after = store::find(ctx.db().await?, tenant, id, own, now).await?.ok_or_else(Problem::not_found)?;
    ctx.audit(Change::updated("invitation.revoked", "invitation", id, &before, &after).about(id));
    ctx.publish(&InvitationRevoked { invitation_id: id, email: after.email })?;
    ctx.commit().await
}

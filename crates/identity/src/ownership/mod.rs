//! Handing a workspace over: offered by an owner to another member, and in force once that one has accepted.

pub mod http;
pub mod store;

use platform::audit::Change;
use platform::auth::InPerson;
use platform::ctx::Caller;
use platform::error::{OnConstraint, Problem, Result};
use platform::mail::Person;
use platform::time::Timestamp;
use platform::{Ctx, id};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::events::{MemberUpdated, OwnershipOffered, OwnershipTransferred};
use crate::mails::notices;
use crate::roles::OWNER;
use crate::tenants::deletion::owner;
use crate::{members, tenants};

const OFFER_SECONDS: i64 = 7 * 24 * 3600;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnershipOfferInput {
    /// An active member.
    user_id: Uuid,
}

/// An offer that waits for its answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnershipOffer {
    pub id: Uuid,
    pub from: MemberName,
    pub to: MemberName,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MemberName {
    pub user_id: Uuid,
    pub name: String,
}

/// The offer that waits, if one does.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnershipState {
    pub offer: Option<OwnershipOffer>,
}

fn fresh(ctx: &Ctx) -> Result<(), Problem> {
    match &ctx.caller {
        Caller::Member(session) => session.check_fresh(ctx.now()),
        _ => Err(Problem::unauthenticated()),
    }
}

async fn offer(ctx: &mut InPerson, input: OwnershipOfferInput) -> Result<OwnershipOffer> {
    let (tenant, now, to) = (ctx.tenant, ctx.now(), input.user_id);
    fresh(ctx)?;
    let me = owner(ctx).await?;
    let member = members::store::find(ctx.db().await?, tenant, to).await?.filter(|member| member.status == "active" && to != me);
    let member = member.ok_or_else(|| Problem::field("user_id", "unknown", "must be another active member"))?;
    store::drop_expired(ctx.db().await?, tenant, now).await?;
    let offered = store::insert(ctx.db().await?, tenant, id::new(), me, to, now, now.plus_seconds(OFFER_SECONDS)).await;
    offered.on_constraint("ownership_offers_one_pending", || {
        Problem::conflict("offer_pending", "The workspace is offered to somebody already. Withdraw that offer first.")
    })?;
    let offer = store::pending(ctx.db().await?, tenant, now).await?.ok_or_else(Problem::not_found)?;
    ctx.audit(Change::updated("ownership.offered", "tenant", tenant.0, json!({ "offered_to": null }), json!({ "offered_to": to })));
    let (app, workspace) = (ctx.app.clone(), tenants::store::find(ctx.db().await?, tenant).await?);
    let locale = store::locale_of(ctx.db().await?, tenant, to).await?;
    let values = [("workspace", workspace.name.as_str()), ("person", offer.from.name.as_str())];
    let person = Person { name: member.name, email: member.email };
    let mail = notices::OWNERSHIP_OFFERED.mail_of(&app, &workspace, &locale, person, &values, "/settings/workspace");
    ctx.mail(vec![mail]);
    ctx.publish(&OwnershipOffered { offer_id: offer.id, to_user_id: to })?;
    Ok(offer)
}

/// The offer that waits, for who made it, who owns the workspace, or who got it.
async fn current(ctx: &mut InPerson) -> Result<Option<OwnershipOffer>> {
    let (tenant, now) = (ctx.tenant, ctx.now());
    let me = ctx.user_id().ok_or_else(Problem::unauthenticated)?;
    let Some(offer) = store::pending(ctx.db().await?, tenant, now).await? else { return Ok(None) };
    let may = offer.to.user_id == me || members::store::is_owner(ctx.db().await?, tenant, me).await?;
    Ok(Some(offer).filter(|_| may))
}

/// Takes an offer back, as an owner, or refuses it, as who got it.
async fn end(ctx: &mut InPerson) -> Result<()> {
    let (tenant, now) = (ctx.tenant, ctx.now());
    let offer = current(ctx).await?.ok_or_else(Problem::not_found)?;
    let status = if ctx.user_id() == Some(offer.to.user_id) { "declined" } else { "withdrawn" };
    if !store::settle(ctx.db().await?, tenant, offer.id, status, now).await? {
        return Err(Problem::not_found().into());
    }
    ctx.audit(Change::updated("ownership.ended", "tenant", tenant.0, json!({ "status": "pending" }), json!({ "status": status })));
    ctx.commit().await
}

/// Makes who got the offer the owner, and who made it an administrator. Both are judged again under the lock: the one may
/// be no owner any more, and the other no member.
async fn accept(ctx: &mut InPerson) -> Result<()> {
    fresh(ctx)?;
    let (tenant, now) = (ctx.tenant, ctx.now());
    let me = ctx.user_id().ok_or_else(Problem::unauthenticated)?;
    members::store::lock_memberships(ctx.db().await?, tenant).await?;
    let offer = store::pending(ctx.db().await?, tenant, now).await?.filter(|offer| offer.to.user_id == me);
    let offer = offer.ok_or_else(Problem::not_found)?;
    let from = offer.from.user_id;
    let giver = members::store::find(ctx.db().await?, tenant, from).await?.filter(|member| member.status == "active");
    let is_owner = members::store::is_owner(ctx.db().await?, tenant, from).await?;
    let (Some(giver), true) = (giver, is_owner) else {
        return Err(Problem::conflict("offer_void", "Who made this offer does not own the workspace any more.").into());
    };
    if !store::settle(ctx.db().await?, tenant, offer.id, "accepted", now).await? {
        return Err(Problem::not_found().into());
    }
    let owner_role = store::built_in_role(ctx.db().await?, tenant, OWNER).await?.ok_or_else(Problem::not_found)?;
    let admin_role = store::built_in_role(ctx.db().await?, tenant, "admin").await?.ok_or_else(Problem::not_found)?;
    members::store::add_roles(ctx.db().await?, tenant, me, &[owner_role]).await?;
    let mut kept: Vec<Uuid> = giver.roles.iter().map(|role| role.id).filter(|id| *id != owner_role).collect();
    kept.push(admin_role);
    members::store::set_roles(ctx.db().await?, tenant, from, &kept).await?;
    // Moves the versions, which roles do not.
    for user in [me, from] {
        members::store::set_status(ctx.db().await?, tenant, user, "active").await?;
    }
    store::set_owner(ctx.db().await?, tenant, me).await?;
    ctx.audit(Change::updated("ownership.transferred", "tenant", tenant.0, json!({ "owner_id": from }), json!({ "owner_id": me })));
    for user in [me, from] {
        let member = members::store::find(ctx.db().await?, tenant, user).await?.ok_or_else(Problem::not_found)?;
        ctx.publish(&MemberUpdated::from(&member))?;
    }
    ctx.publish(&OwnershipTransferred { offer_id: offer.id, to_user_id: me })?;
    tell(ctx, Person { name: giver.name, email: giver.email }, from).await?;
    ctx.commit().await
}

/// Mails to every owner, and to who was one.
async fn tell(ctx: &mut Ctx, former: Person, former_id: Uuid) -> Result<()> {
    let (tenant, app) = (ctx.tenant, ctx.app.clone());
    let person = match &ctx.caller {
        Caller::Member(session) => session.name.clone(),
        _ => String::new(),
    };
    let workspace = tenants::store::find(ctx.db().await?, tenant).await?;
    let values = [("workspace", workspace.name.as_str()), ("person", person.as_str())];
    let owners = tenants::store::owners(ctx.db().await?, tenant, false).await?;
    let mut mails: Vec<_> = owners
        .into_iter()
        .filter(|owner| owner.user_id != former_id)
        .map(|owner| {
            let to = Person { name: owner.name, email: owner.email };
            notices::OWNERSHIP_TRANSFERRED.mail_of(&app, &workspace, &owner.locale, to, &values, "/")
        })
        .collect();
    let locale = store::locale_of(ctx.db().await?, tenant, former_id).await?;
    mails.push(notices::OWNERSHIP_TRANSFERRED.mail_of(&app, &workspace, &locale, former, &values, "/"));
    ctx.mail(mails);
    Ok(())
}

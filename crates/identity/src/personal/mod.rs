//! What identity holds of a person within one tenant: the member.

mod store;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use platform::Ctx;
use platform::audit::{self, store::Which};
use platform::error::Result;
use platform::personal::{Outcome, Person, PersonalData};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::members;

/// Members, their roles, and what they did.
pub struct MembersData;

impl PersonalData for MembersData {
    fn export<'a>(&'a self, ctx: &'a mut Ctx, person: &'a Person) -> BoxFuture<'a, Result<Vec<(&'static str, Value)>>> {
        async move {
            let Person::Member(user) = person else { return Ok(Vec::new()) };
            let tenant = ctx.tenant;
            let member = members::store::find(ctx.db().await?, tenant, *user).await?;
            let identities = store::identities(ctx, *user).await?;
            let acts = acts(ctx, *user).await?;
            Ok(vec![("member", json!(member)), ("company_identities", identities), ("acts", acts)])
        }
        .boxed()
    }

    fn erase<'a>(&'a self, ctx: &'a mut Ctx, person: &'a Person) -> BoxFuture<'a, Result<Vec<Outcome>>> {
        async move {
            let Person::Member(user) = person else { return Ok(Vec::new()) };
            let tenant = ctx.tenant;
            members::store::lock_memberships(ctx.db().await?, tenant).await?;
            let roles = store::remove_rights(ctx, *user).await?;
            let identities = store::remove_identities(ctx, *user).await?;
            let emptied = store::empty_member(ctx, *user).await?;
            let facts = store::forget_facts(ctx, *user).await?;
            Ok(vec![
                Outcome::emptied("platform.events", facts, "show that something happened, without what"),
                Outcome::removed("identity.member_roles", roles),
                Outcome::removed("identity.member_identities", identities),
                Outcome::emptied("identity.members", emptied, "bookings, contacts and histories of the workspace refer to it"),
            ])
        }
        .boxed()
    }
}

/// The acts of the member in the workspace, without what was changed: that may be others' data.
async fn acts(ctx: &mut Ctx, user: Uuid) -> Result<Value> {
    let lines = audit::list_all(ctx, &Which { actor_id: Some(user), ..Which::default() }).await?;
    Ok(lines
        .into_iter()
        .map(|line| {
            json!({ "at": line.created_at, "action": line.action, "record": line.entity_type, "ip_address": line.ip_address,
                    "user_agent": line.user_agent })
        })
        .collect())
}

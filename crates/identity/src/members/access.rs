//! Why a member may do something: each permission with the roles that give it, or the grant to the member.

use std::collections::BTreeMap;

use platform::auth::Scope;
use platform::error::{Problem, Result};
use platform::extract::{Json, Path, Query};
use platform::page::{Page, PageParams};
use platform::permissions::CODENAMES;
use platform::{Allow, App, Ctx};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::http::MembersRead;
use super::store::{self, Given};
use crate::roles::RoleName;
use crate::roles::store as roles;

/// Something that a member may do, and why.
#[derive(Debug, Serialize, ToSchema)]
pub struct EffectivePermission {
    /// `bookings:read`
    pub codename: String,
    /// The widest of the sources'.
    pub scope: Scope,
    pub sources: Vec<Source>,
}

/// What gives a permission.
#[derive(Debug, Serialize, ToSchema)]
pub struct Source {
    pub scope: Scope,
    /// From the role that the member holds to the one that allows it; empty where it was granted to the member.
    pub path: Vec<RoleName>,
}

/// Somebody who may do something, and why.
#[derive(Debug, Serialize, ToSchema)]
pub struct PermissionHolder {
    pub user_id: Uuid,
    pub name: String,
    pub email: String,
    /// The widest of the sources'.
    pub scope: Scope,
    pub sources: Vec<Source>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HolderFilter {
    /// `bookings:read`
    permission: String,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// What a member may do, and what gives each of it. For one who is not active, what it would be.
#[utoipa::path(get, path = "/members/{user_id}/permissions", tag = "identity", params(("user_id" = Uuid, Path)), responses((status = 200, body = Page<EffectivePermission>)), security(("session" = [])))]
async fn of_member(mut ctx: Allow<MembersRead>, Path(user): Path<Uuid>) -> Result<Json<Page<EffectivePermission>>> {
    ctx.check_owner(user)?;
    let tenant = ctx.tenant;
    store::find(ctx.db().await?, tenant, user).await?.ok_or_else(Problem::not_found)?;
    let given = store::given(ctx.db().await?, tenant, &[user], None).await?;
    let lines = Lines::load(&mut ctx).await?;
    let mut of: BTreeMap<String, Vec<Source>> = BTreeMap::new();
    for one in given {
        of.entry(one.permission.clone()).or_default().extend(lines.source(&one));
    }
    let explained = of.into_iter().filter_map(|(codename, sources)| {
        let scope = sources.iter().map(|source| source.scope).max()?;
        Some(EffectivePermission { codename, scope, sources })
    });
    Ok(Json(Page::whole(explained.collect())))
}

/// The active members who may do something, by name, and what gives it to each.
#[utoipa::path(get, path = "/permission-holders", tag = "identity", params(HolderFilter), responses((status = 200, body = Page<PermissionHolder>)), security(("session" = [])))]
async fn holders(mut ctx: Allow<MembersRead>, Query(filter): Query<HolderFilter>) -> Result<Json<Page<PermissionHolder>>> {
    if !CODENAMES.contains(&filter.permission.as_str()) {
        return Err(Problem::field("permission", "unknown", "is no permission").into());
    }
    let page = PageParams { cursor: filter.cursor, limit: filter.limit };
    let (limit, after) = (page.limit()?, page.after::<(String, Uuid)>()?);
    let (tenant, own) = (ctx.tenant, ctx.own_filter());
    let found = store::holders(ctx.db().await?, tenant, &filter.permission, own, after.as_ref(), limit + 1).await?;
    let users: Vec<Uuid> = found.iter().map(|holder| holder.user_id).collect();
    let given = store::given(ctx.db().await?, tenant, &users, Some(&filter.permission)).await?;
    let lines = Lines::load(&mut ctx).await?;
    let explained = found.into_iter().filter_map(|holder| {
        let sources: Vec<Source> = given.iter().filter(|one| one.user_id == holder.user_id).filter_map(|one| lines.source(one)).collect();
        let scope = sources.iter().map(|source| source.scope).max()?;
        Some(PermissionHolder { user_id: holder.user_id, name: holder.name, email: holder.email, scope, sources })
    });
    Ok(Json(Page::of(explained.collect(), limit, |row: &PermissionHolder| (row.name.clone(), row.user_id), |row| row)))
}

/// The line of each role: itself, its parent and so on.
struct Lines(Vec<roles::Stored>);

impl Lines {
    async fn load(ctx: &mut Ctx) -> Result<Self> {
        let tenant = ctx.tenant;
        Ok(Self(roles::list(ctx.db().await?, tenant).await?))
    }

    fn source(&self, given: &Given) -> Option<Source> {
        let scope = Scope::of_name(&given.scope)?;
        let (Some(role), Some(from)) = (given.role_id, given.from_role) else { return Some(Source { scope, path: Vec::new() }) };
        let line = &self.0.iter().find(|stored| stored.role.id == role)?.path;
        let end = line.iter().position(|id| *id == from)?;
        let name = |id: &Uuid| {
            let stored = self.0.iter().find(|stored| stored.role.id == *id)?;
            Some(RoleName { id: *id, name: stored.role.name.clone() })
        };
        Some(Source { scope, path: line[..=end].iter().filter_map(name).collect() })
    }
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(of_member)).routes(routes!(holders))
}

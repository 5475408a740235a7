//! Roles over HTTP.

use platform::error::Result;
use platform::extract::Json;
use platform::page::Page;
use platform::{Allow, App};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Permission, Role, store};

platform::permissions! { RolesRead = "roles:read" }

/// The workspace's roles with what they allow.
#[utoipa::path(get, path = "/roles", tag = "identity", responses((status = 200, body = Page<Role>)), security(("session" = [])))]
async fn list(mut ctx: Allow<RolesRead>) -> Result<Json<Page<Role>>> {
    let tenant = ctx.tenant;
    Ok(Json(Page::whole(store::list(ctx.db().await?, tenant).await?)))
}

/// All that a role may allow.
#[utoipa::path(get, path = "/permissions", tag = "identity", responses((status = 200, body = Page<Permission>)), security(("session" = [])))]
async fn permissions(mut ctx: Allow<RolesRead>) -> Result<Json<Page<Permission>>> {
    Ok(Json(Page::whole(store::permissions(ctx.db().await?).await?)))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(permissions))
}

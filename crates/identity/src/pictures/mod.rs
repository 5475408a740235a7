//! Avatars of users and logos of tenants.

pub mod http;
pub mod store;

use platform::SignedIn;
use platform::audit::Change;
use platform::error::{Problem, Result};
use platform::picture::{Picture, Shape, draw};
use platform::{Allow, Ctx, id};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::directory::Directory;
use crate::events::{MemberUpdated, TenantUpdated};
use crate::members;
use crate::profile::{self, User};
use crate::tenants::http::SettingsManage;
use crate::tenants::{self, Tenant};

const AVATAR: Shape = Shape::Square(256);
const LOGO: Shape = Shape::Within(480, 160);

/// Where the web app and public pages find a picture, relative to this Atrium.
fn address(id: Uuid) -> String {
    format!("/api/v1/public/pictures/{id}")
}

/// Puts another picture in the place of the caller's, or none.
async fn set_avatar(caller: SignedIn, sent: Option<Vec<u8>>) -> Result<User> {
    let SignedIn { app, session, origin, .. } = caller;
    let user = session.user_id;
    let picture = drawn(sent, AVATAR).await?;
    let Some(tenant) = session.tenant else {
        let mut directory = Directory::open(&app, None, None).await?;
        let (_, after) = write_avatar(directory.db(), user, picture.as_ref()).await?;
        directory.commit().await?;
        return Ok(after);
    };
    let mut ctx = Ctx::of_member(app, session, tenant, origin, None);
    let (before, after) = write_avatar(ctx.db().await?, user, picture.as_ref()).await?;
    ctx.audit(Change::updated("user.updated", "user", user, &before, &after).about(user));
    let member = members::store::find(ctx.db().await?, tenant, user).await?.ok_or_else(Problem::not_found)?;
    ctx.publish(&MemberUpdated::from(&member))?;
    ctx.commit().await?;
    Ok(after)
}

async fn drawn(sent: Option<Vec<u8>>, shape: Shape) -> Result<Option<Picture>> {
    match sent {
        Some(bytes) => draw(bytes, shape).await.map(Some),
        None => Ok(None),
    }
}

async fn write_avatar(db: &mut PgConnection, user: Uuid, picture: Option<&Picture>) -> Result<(User, User)> {
    profile::store::lock(&mut *db, user).await?;
    let before = profile::store::find(&mut *db, user).await?.ok_or_else(Problem::unauthenticated)?;
    store::remove_of_user(&mut *db, user).await?;
    let id = id::new();
    if let Some(picture) = picture {
        store::insert(&mut *db, id, Some(user), None, picture).await?;
    }
    profile::store::set_avatar(&mut *db, user, picture.map(|_| address(id)).as_deref()).await?;
    let after = profile::store::find(db, user).await?.ok_or_else(Problem::unauthenticated)?;
    Ok((before, after))
}

/// Puts another logo in the place of the workspace's, or none.
async fn set_logo(ctx: &mut Allow<SettingsManage>, sent: Option<Vec<u8>>) -> Result<Tenant> {
    let picture = drawn(sent, LOGO).await?;
    let tenant = ctx.tenant;
    let before = tenants::store::lock(ctx.db().await?, tenant).await?;
    store::remove_of_tenant(ctx.db().await?, tenant).await?;
    let id = id::new();
    if let Some(picture) = &picture {
        store::insert(ctx.db().await?, id, None, Some(tenant), picture).await?;
    }
    tenants::store::set_logo(ctx.db().await?, tenant, picture.map(|_| address(id)).as_deref()).await?;
    let after = tenants::store::find(ctx.db().await?, tenant).await?;
    ctx.audit(Change::updated("tenant.updated", "tenant", tenant.0, &before, &after));
    ctx.publish(&TenantUpdated { tenant_id: tenant.0, name: after.name.clone() })?;
    ctx.commit().await?;
    Ok(after)
}

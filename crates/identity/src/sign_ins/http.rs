//! Attempts to sign in over HTTP.

use platform::error::Result;
use platform::extract::{Json, Query};
use platform::page::{Page, PageParams};
use platform::{App, SignedIn};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{SignInAttempt, store};
use crate::directory::Directory;

/// Attempts to sign in to one's own account, newest first, those that failed too.
#[utoipa::path(get, path = "/me/sign-ins", tag = "identity", params(PageParams), responses((status = 200, body = Page<SignInAttempt>)), security(("session" = [])))]
async fn list(caller: SignedIn, Query(page): Query<PageParams>) -> Result<Json<Page<SignInAttempt>>> {
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let mut directory = Directory::open(&caller.app, None, None).await?;
    let rows = store::list(directory.db(), caller.session.user_id, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

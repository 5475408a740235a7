//! Exports of one's own data over HTTP.

use axum::response::Response;
use platform::error::Result;
use platform::extract::{Json, Path, Query};
use platform::page::{Page, PageParams};
use platform::{App, SignedIn};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{DataExport, store};
use crate::directory::Directory;

/// One's own exports of the last seven days, newest first.
#[utoipa::path(get, path = "/me/exports", tag = "identity", params(PageParams), responses((status = 200, body = Page<DataExport>)), security(("session" = [])))]
async fn list(caller: SignedIn, Query(page): Query<PageParams>) -> Result<Json<Page<DataExport>>> {
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let mut directory = Directory::open(&caller.app, None, None).await?;
    let rows = store::list(directory.db(), caller.session.user_id, caller.app.clock.now(), before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

/// Asks for all that is known of oneself. A mail says when it is ready.
#[utoipa::path(post, path = "/me/exports", tag = "identity", responses((status = 202, body = DataExport)), security(("session" = [])))]
async fn create(caller: SignedIn) -> Result<Response> {
    super::request(caller).await
}

/// The document of an export.
#[utoipa::path(get, path = "/me/exports/{id}/content", tag = "identity", params(("id" = Uuid, Path)), responses((status = 200, description = "The document", content_type = "application/json", body = Object)), security(("session" = [])))]
async fn content(caller: SignedIn, Path(id): Path<Uuid>) -> Result<Response> {
    super::content(caller, id).await
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(content))
}

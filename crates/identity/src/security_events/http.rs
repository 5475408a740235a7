//! Security events over HTTP.

use platform::error::Result;
use platform::extract::{Json, Query};
use platform::page::{Page, PageParams};
use platform::time::Timestamp;
use platform::{Allow, App, SignedIn};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{MemberSecurityEvent, OwnSecurityEvent, Severity, store};
use crate::directory::Directory;

platform::permissions! { AuditRead = "audit:read" }

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SecurityEventFilter {
    /// This severity only.
    #[param(inline)]
    pub severity: Option<Severity>,
    pub user_id: Option<Uuid>,
    /// Events from then on.
    pub from: Option<Timestamp>,
    /// Events before then.
    pub to: Option<Timestamp>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// Security events of the workspace's members since they joined, newest first: which and when.
#[utoipa::path(get, path = "/security-events", tag = "identity", params(SecurityEventFilter), responses((status = 200, body = Page<MemberSecurityEvent>)), security(("session" = [])))]
async fn list(mut ctx: Allow<AuditRead>, Query(filter): Query<SecurityEventFilter>) -> Result<Json<Page<MemberSecurityEvent>>> {
    let page = PageParams { cursor: filter.cursor.clone(), limit: filter.limit };
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let rows = store::list(&mut ctx, &filter, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

/// What concerned the safety of one's own account, newest first.
#[utoipa::path(get, path = "/me/security-events", tag = "identity", params(PageParams), responses((status = 200, body = Page<OwnSecurityEvent>)), security(("session" = [])))]
async fn own(caller: SignedIn, Query(page): Query<PageParams>) -> Result<Json<Page<OwnSecurityEvent>>> {
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let mut directory = Directory::open(&caller.app, None, None).await?;
    let rows = store::own(directory.db(), caller.session.user_id, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(own))
}

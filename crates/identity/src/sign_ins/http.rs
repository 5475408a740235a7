//! Attempts to sign in over HTTP.

use std::net::IpAddr;

use platform::auth::PlatformAdmin;
use platform::error::Result;
use platform::extract::{Json, Query};
use platform::page::{Page, PageParams};
use platform::text::Checks;
use platform::time::Timestamp;
use platform::{Allow, App, SignedIn};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{MemberSignIn, Outcome, SignInAttempt, UnknownSignIn, store};
use crate::activity;
use crate::directory::Directory;
use crate::owner::AsOwner;
use crate::policy::http::SecurityManage;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MemberSignInFilter {
    pub user_id: Option<Uuid>,
    /// This outcome only.
    #[param(inline)]
    pub outcome: Option<Outcome>,
    /// Attempts from then on.
    pub from: Option<Timestamp>,
    /// Attempts before then.
    pub to: Option<Timestamp>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct UnknownSignInFilter {
    /// The whole address that was typed.
    email: Option<String>,
    /// From this address only.
    ip_address: Option<String>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// Attempts to sign in to one's own account, newest first, those that failed too.
#[utoipa::path(get, path = "/me/sign-ins", tag = "identity", params(PageParams), responses((status = 200, body = Page<SignInAttempt>)), security(("session" = [])))]
async fn list(caller: SignedIn, Query(page): Query<PageParams>) -> Result<Json<Page<SignInAttempt>>> {
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let mut directory = Directory::open(&caller.app, None, None).await?;
    let rows = store::list(directory.db(), caller.session.user_id, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

/// Attempts to sign in of the workspace's members since they joined, newest first: those that led into it, and those that
/// failed. Where else members are signed in is not shown.
#[utoipa::path(get, path = "/sign-ins", tag = "identity", params(MemberSignInFilter), responses((status = 200, body = Page<MemberSignIn>)), security(("session" = [])))]
async fn of_members(mut ctx: Allow<SecurityManage>, Query(filter): Query<MemberSignInFilter>) -> Result<Json<Page<MemberSignIn>>> {
    let page = PageParams { cursor: filter.cursor.clone(), limit: filter.limit };
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let rows = store::of_members(&mut ctx, &filter, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.attempt.id, |row| row)))
}

/// Attempts on accounts that are not here, and those refused before it was known on which, newest first.
#[utoipa::path(get, path = "/admin/sign-ins", tag = "instance", params(UnknownSignInFilter), responses((status = 200, body = Page<UnknownSignIn>)), security(("session" = [])))]
async fn of_nobody(PlatformAdmin(caller): PlatformAdmin, Query(filter): Query<UnknownSignInFilter>) -> Result<Json<Page<UnknownSignIn>>> {
    let mut checks = Checks::new();
    let address = filter.ip_address.as_deref().map(str::trim).filter(|text| !text.is_empty()).and_then(|text| {
        let parsed = text.parse::<IpAddr>().ok();
        if parsed.is_none() {
            checks.add("ip_address", "invalid", "is no address such as 203.0.113.7");
        }
        parsed
    });
    checks.done()?;
    let email = filter.email.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let hash = email.map(|email| activity::email_hash(&caller.app, email));
    let page = PageParams { cursor: filter.cursor.clone(), limit: filter.limit };
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let mut owner = AsOwner::open(&caller.app, None).await?;
    let rows = store::of_nobody(owner.db(), hash.as_ref(), address, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.attempt.id, |row| row)))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(of_members)).routes(routes!(of_nobody))
}

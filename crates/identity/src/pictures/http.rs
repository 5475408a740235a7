//! Pictures over HTTP.

use axum::Extension;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use platform::auth::Anonymous;
use platform::ctx::Answer;
use platform::error::{Problem, Result};
use platform::extract::Path;
use platform::picture::{FORM_LIMIT, receive};
use platform::pool::Transaction;
use platform::site::Site;
use platform::{Allow, App, SignedIn, TenantId};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::store;
use crate::profile::User;
use crate::tenants::Tenant;
use crate::tenants::http::SettingsManage;

/// A form with one picture.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only describes the form; it is read piece by piece")]
struct PictureForm {
    /// PNG, JPEG or WebP, at most 5 MiB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// The bytes of a picture.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "only describes the answer")]
struct PictureContent(Vec<u8>);

type Form = Result<Multipart, MultipartRejection>;

fn form(form: Form) -> Result<Multipart, Problem> {
    form.map_err(|_| Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Send the picture as multipart/form-data."))
}

/// Sets one's own picture, cut to a square and drawn anew.
#[utoipa::path(put, path = "/me/avatar", tag = "identity", request_body(content = PictureForm, content_type = "multipart/form-data"), responses((status = 200, body = User)), security(("session" = [])))]
async fn put_avatar(caller: SignedIn, sent: Form) -> Result<Response> {
    let bytes = receive(form(sent)?).await?;
    let user = super::set_avatar(caller, Some(bytes)).await?;
    Ok(Answer::json(StatusCode::OK, &user)?.version(user.version).into_response())
}

/// Removes one's own picture.
#[utoipa::path(delete, path = "/me/avatar", tag = "identity", responses((status = 200, body = User)), security(("session" = [])))]
async fn delete_avatar(caller: SignedIn) -> Result<Response> {
    let user = super::set_avatar(caller, None).await?;
    Ok(Answer::json(StatusCode::OK, &user)?.version(user.version).into_response())
}

/// Sets the workspace's logo.
#[utoipa::path(put, path = "/tenant/logo", tag = "identity", request_body(content = PictureForm, content_type = "multipart/form-data"), responses((status = 200, body = Tenant)), security(("session" = [])))]
async fn put_logo(mut ctx: Allow<SettingsManage>, sent: Form) -> Result<Response> {
    let bytes = receive(form(sent)?).await?;
    let tenant = super::set_logo(&mut ctx, Some(bytes)).await?;
    Ok(Answer::json(StatusCode::OK, &tenant)?.version(tenant.version).into_response())
}

/// Removes the workspace's logo.
#[utoipa::path(delete, path = "/tenant/logo", tag = "identity", responses((status = 200, body = Tenant)), security(("session" = [])))]
async fn delete_logo(mut ctx: Allow<SettingsManage>) -> Result<Response> {
    let tenant = super::set_logo(&mut ctx, None).await?;
    Ok(Answer::json(StatusCode::OK, &tenant)?.version(tenant.version).into_response())
}

/// A picture of a user or workspace. Its address changes with it.
#[utoipa::path(
    get,
    path = "/public/pictures/{id}",
    tag = "public",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The bytes", content((PictureContent = "image/png"), (PictureContent = "image/jpeg")))),
)]
async fn get(visitor: Anonymous, Path(id): Path<Uuid>) -> Result<Response> {
    show(&visitor.app, id, None).await
}

/// With a tenant, its logo and no other picture.
async fn show(app: &App, id: Uuid, of: Option<TenantId>) -> Result<Response> {
    let mut tx = Transaction::begin(&app.pools.public, "BEGIN").await?;
    let (content_type, bytes) = store::find(&mut tx, id, of).await?.ok_or_else(Problem::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, content_type),
        // An hour, and no longer: a closed workspace's pictures are to go.
        (header::CACHE_CONTROL, "public, max-age=3600".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'; frame-ancestors 'none'".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}

async fn of_site_get(visitor: Anonymous, Extension(site): Extension<Site>, Path(id): Path<Uuid>) -> Result<Response> {
    show(&visitor.app, id, Some(site.tenant.ok_or_else(Problem::not_found)?)).await
}

/// The logo on the pages at a workspace's own domain, at the path that it has on the instance.
pub fn of_site() -> axum::Router<App> {
    axum::Router::new().route("/api/v1/public/pictures/{id}", axum::routing::get(of_site_get))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(put_avatar, delete_avatar))
        .routes(routes!(put_logo, delete_logo))
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
        .routes(routes!(get))
}

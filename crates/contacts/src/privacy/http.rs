//! The rights of contacts over HTTP.

use axum::http::{StatusCode, header};
use axum::response::Response;
use platform::ctx::Answer;
use platform::extract::{Json, Path, Query};
use platform::page::{Page, PageParams};
use platform::{Allow, App, Result};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{ContactErasure, ErasureInput, store};

platform::permissions! { PrivacyManage = "privacy:manage" }

/// All that is known of a contact, as a JSON document to hand out.
#[utoipa::path(post, path = "/privacy/contacts/{id}/data-export", tag = "contacts", params(("id" = Uuid, Path)), responses((status = 200, body = Object)), security(("session" = [])))]
async fn export(mut ctx: Allow<PrivacyManage>, Path(id): Path<Uuid>) -> Result<Response> {
    let document = super::export(&mut ctx, id).await?;
    let answer = Answer::json(StatusCode::OK, &document)?
        .header(header::CONTENT_DISPOSITION, "attachment; filename=\"contact-data.json\"")
        .header(header::CACHE_CONTROL, "no-store");
    ctx.commit_with(answer).await
}

/// Erases a contact for good, in every module. Bookings stay, without the person.
///
/// 409 `upcoming_bookings` where some are still to come.
#[utoipa::path(post, path = "/privacy/contacts/{id}/erasure", tag = "contacts", params(("id" = Uuid, Path)), request_body = ErasureInput, responses((status = 200, body = ContactErasure)), security(("session" = [])))]
async fn erase(mut ctx: Allow<PrivacyManage>, Path(id): Path<Uuid>, Json(input): Json<ErasureInput>) -> Result<Response> {
    let erasure = super::erase(&mut ctx, id, input).await?;
    ctx.commit_with(Answer::json(StatusCode::OK, &erasure)?).await
}

/// The reports of contacts that were erased, newest first.
#[utoipa::path(get, path = "/privacy/erasures", tag = "contacts", params(PageParams), responses((status = 200, body = Page<ContactErasure>)), security(("session" = [])))]
async fn list(mut ctx: Allow<PrivacyManage>, Query(page): Query<PageParams>) -> Result<Json<Page<ContactErasure>>> {
    super::check_session(&ctx)?;
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let rows = store::list(&mut ctx, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(export)).routes(routes!(erase)).routes(routes!(list))
}

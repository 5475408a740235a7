//! Handing a workspace over, over HTTP.

use axum::http::StatusCode;
use axum::response::Response;
use platform::App;
use platform::auth::InPerson;
use platform::ctx::Answer;
use platform::error::Result;
use platform::extract::Json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{OwnershipOffer, OwnershipOfferInput, OwnershipState};

/// The offer of ownership that waits, for owners and for who got it.
#[utoipa::path(get, path = "/ownership-offer", tag = "identity", responses((status = 200, body = OwnershipState)), security(("session" = [])))]
async fn get(mut ctx: InPerson) -> Result<Json<OwnershipState>> {
    let offer = super::current(&mut ctx).await?;
    Ok(Json(OwnershipState { offer }))
}

/// Offers the ownership of the workspace to another member, as an owner.
#[utoipa::path(post, path = "/ownership-offer", tag = "identity", request_body = OwnershipOfferInput, responses((status = 201, body = OwnershipOffer)), security(("session" = [])))]
async fn create(mut ctx: InPerson, Json(input): Json<OwnershipOfferInput>) -> Result<Response> {
    let offer = super::offer(&mut ctx, input).await?;
    ctx.commit_with(Answer::created(&offer)?).await
}

/// Withdraws the offer, as an owner, or refuses it, as who got it.
#[utoipa::path(delete, path = "/ownership-offer", tag = "identity", responses((status = 204)), security(("session" = [])))]
async fn delete(mut ctx: InPerson) -> Result<StatusCode> {
    super::end(&mut ctx).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Accepts the offer: the caller owns the workspace, and who made the offer is an administrator.
#[utoipa::path(put, path = "/ownership-offer/acceptance", tag = "identity", responses((status = 204)), security(("session" = [])))]
async fn accept(mut ctx: InPerson) -> Result<StatusCode> {
    super::accept(&mut ctx).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get, create, delete)).routes(routes!(accept))
}

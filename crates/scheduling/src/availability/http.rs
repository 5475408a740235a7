//! Free slots over HTTP.

use platform::extract::{Json, Path, Query};
use platform::time::Timestamp;
use platform::{Allow, App, Result};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Lock, Offer, Slot, Which};
use crate::EventTypesRead;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RangeParams {
    /// First instant of the stretch.
    #[param(value_type = Timestamp)]
    pub from: Timestamp,
    /// First instant after it, at most 100 days later.
    #[param(value_type = Timestamp)]
    pub to: Timestamp,
}

/// Free slots, in order of time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Slots {
    /// Of the organizer's hours.
    pub timezone: String,
    pub slots: Vec<Slot>,
}

impl Slots {
    pub fn new(offer: Offer, slots: Vec<Slot>) -> Self {
        Self { timezone: offer.timezone, slots }
    }
}

/// Free slots of an event type.
#[utoipa::path(get, path = "/event-types/{id}/slots", tag = "scheduling", params(("id" = Uuid, Path), RangeParams), responses((status = 200, body = Slots)), security(("session" = [])))]
async fn slots(mut ctx: Allow<EventTypesRead>, Path(id): Path<Uuid>, Query(range): Query<RangeParams>) -> Result<Json<Slots>> {
    let offer = super::offer(&mut ctx, Which::Id(id), Lock::No).await?;
    ctx.check_owner(offer.owner.user_id)?;
    let slots = super::slots_of(&mut ctx, &offer, range.from, range.to, None).await?;
    Ok(Json(Slots::new(offer, slots)))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(slots))
}

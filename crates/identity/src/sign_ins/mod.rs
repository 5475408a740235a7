//! Attempts to sign in to one's own account: how, from where, and what became of them.

pub mod http;
mod store;

use platform::auth::Factor;
use platform::places::Place;
use platform::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An attempt to sign in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignInAttempt {
    pub id: Uuid,
    /// `success` or `failed`
    pub outcome: String,
    /// What was shown; of a failure what was not right.
    pub factors: Vec<Factor>,
    /// Why it failed, such as `password`, `second_factor` or `inactive`.
    pub failure_reason: Option<String>,
    /// The name of the workspace where it led.
    pub workspace: Option<String>,
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
    /// Where that address was, as far as it was known then.
    pub place: Option<Place>,
    pub created_at: Timestamp,
}

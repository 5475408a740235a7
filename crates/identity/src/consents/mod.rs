//! The record of consent: what somebody agreed to or took back, in which version of its text, when and from where.

pub mod http;
pub mod store;

use platform::App;
use platform::ctx::Origin;
use platform::time::Timestamp;
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

/// The line above the sign-up's button: that an account is made, and which data it holds. A new text gets a new version.
pub const SIGN_UP_TEXT: &str = "sign-up 1";
/// The labels of the switches in the settings.
pub const MAIL_PREFERENCES_TEXT: &str = "mail preferences 1";

/// What was agreed to, or taken back.
pub struct Consent<'a> {
    /// `terms`, `newsletter`, `marketing` or `updates`
    pub purpose: &'a str,
    pub text_version: &'a str,
    pub is_given: bool,
}

/// A line of one's own record.
#[derive(Debug, Serialize, ToSchema)]
pub struct GivenConsent {
    pub id: Uuid,
    /// `terms`, `newsletter`, `marketing` or `updates`
    pub purpose: String,
    pub text_version: String,
    /// False where it was taken back.
    pub is_given: bool,
    pub ip_address: Option<String>,
    pub created_at: Timestamp,
}

/// # Errors
/// The database's.
pub async fn note(db: &mut PgConnection, app: &App, origin: &Origin, user: Uuid, consent: &Consent<'_>) -> Result<(), sqlx::Error> {
    store::insert(db, origin, user, consent, app.clock.now()).await
}

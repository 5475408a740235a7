//! ID tokens (OpenID Connect Core 1.0, section 2), and what is read back from one that is shown as a hint.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use platform::App;
use platform::crypto::sha256;
use platform::error::Result;
use platform::time::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Grant;
use crate::oauth::clients::OAuthClient;
use crate::oauth::keys;

const LIVES: i64 = 3600;

/// Of whom and for whom.
pub struct Of<'a> {
    pub client: &'a OAuthClient,
    pub grant: &'a Grant,
    pub user: Uuid,
    pub access_token: &'a str,
    pub nonce: Option<&'a str>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: Uuid,
    aud: &'a str,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    at_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<Uuid>,
}

/// # Errors
/// The database's.
pub async fn sign(app: &App, db: &mut PgConnection, of: &Of<'_>, now: Timestamp) -> Result<String> {
    let claims = Claims {
        iss: &app.config.public_url,
        sub: of.user,
        aud: &of.client.client_id,
        iat: now.as_second(),
        exp: now.as_second() + LIVES,
        auth_time: of.grant.auth_time.map(Timestamp::as_second),
        nonce: of.nonce,
        at_hash: URL_SAFE_NO_PAD.encode(&sha256(of.access_token.as_bytes())[..16]),
        sid: of.grant.session_id,
    };
    keys::sign(app, db, of.client.id_token_algorithm, &claims).await
}

/// An ID token of ours, shown to say who is meant; it may have run out.
#[derive(Deserialize)]
pub struct Hint {
    pub iss: String,
    pub sub: Uuid,
    pub aud: String,
    /// Of the type that it must have, whatever it is.
    #[expect(dead_code, reason = "only its type is judged")]
    exp: i64,
}

/// # Errors
/// The database's.
pub async fn hint(app: &App, db: &mut PgConnection, token: &str) -> Result<Option<Hint>> {
    let hint = keys::verify::<Hint>(app, db, token).await?;
    Ok(hint.filter(|hint| hint.iss == app.config.public_url))
}

//! The access token that a request shows, at a resource.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use platform::App;

use super::store::Found;
use super::{ACCESS, http, of_access_token};
use crate::access_tokens::text;
use crate::directory::Directory;
use crate::oauth::dpop::{self, About};
use crate::oauth::refused::{Refused, Result};

/// The access token, shown as it has to be: alone, or with a proof of the key to which it is bound; and whether it is bound.
///
/// # Errors
/// `invalid_token`, `invalid_dpop_proof`, `use_dpop_nonce`.
pub async fn shown(app: &App, headers: &HeaderMap, about: About<'_>) -> Result<(Found, bool)> {
    let none = |description: &str| Refused::token(StatusCode::UNAUTHORIZED, "invalid_token", description);
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let header = sent.next().and_then(|value| value.to_str().ok()).filter(|_| sent.next().is_none());
    let (scheme, token) = header.and_then(|text| text.split_once(' ')).ok_or_else(|| none("Show an access token."))?;
    let by_proof = scheme.eq_ignore_ascii_case("dpop");
    if !by_proof && !scheme.eq_ignore_ascii_case("bearer") {
        return Err(none("Show an access token."));
    }
    let token = token.trim();
    let dead = || none("The access token is not known, has run out or was revoked.");
    let hash = text::hash(ACCESS, token).ok_or_else(dead)?;
    let found = of_access_token(app, &hash).await?.ok_or_else(dead)?;
    match (&found.dpop_jkt, by_proof) {
        (None, false) => Ok((found, false)),
        (Some(bound), true) => {
            let mut directory = Directory::open(app, None, None).await?;
            let about = About { access_token: Some(token), ..about };
            let outcome = dpop::proven(app, directory.db(), headers, &about).await;
            let proven = http::settle(directory, outcome).await?;
            let is_holder = proven.is_some_and(|thumbprint| thumbprint[..] == bound[..]);
            if is_holder { Ok((found, true)) } else { Err(none("The access token is bound to another key.")) }
        }
        // RFC 9449, 7.2: a bound one without its proof is nobody's, and one that is not bound proves nothing by a proof.
        _ => Err(none("The access token is shown in the other way than it was handed out for.")),
    }
}

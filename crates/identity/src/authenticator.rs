//! From the cookie or the access token of a request to the session that it stands for.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use platform::App;
use platform::auth::{Authenticator, Session};
use platform::ctx::Origin;
use platform::error::Result;

use crate::{access_tokens, cookie, sessions};

/// Knows sessions by the hash of their cookie's token, and access tokens by theirs. A request that shows a token is the
/// token's, whatever cookies came with it.
pub struct RequestAuthenticator;

impl Authenticator for RequestAuthenticator {
    fn authenticate<'a>(&'a self, app: &'a App, parts: &'a Parts) -> BoxFuture<'a, Result<Option<Session>>> {
        async move {
            let bearer = bearer(&parts.headers);
            let shown = match bearer {
                Some(text) => text.and_then(access_tokens::text::hash),
                None => cookie::presented(&app.config, &parts.headers),
            };
            let Some(token_hash) = shown else { return Ok(None) };
            let generation = match app.sessions.of(&token_hash) {
                Ok(session) => return Ok(Some(session).filter(|session| session.expires_at > app.clock.now())),
                Err(generation) => generation,
            };
            let found = if bearer.is_some() {
                let origin = parts.extensions.get::<Origin>().cloned().unwrap_or_default();
                access_tokens::of_token(app, &token_hash, &origin).await?
            } else {
                sessions::of_token(app, &token_hash).await?
            };
            if let Some(session) = &found {
                app.sessions.keep(token_hash, session, generation);
            }
            Ok(found)
        }
        .boxed()
    }
}

/// What the Authorization header shows (RFC 6750, 2.1): nothing where there is none, and no text for one of another kind.
fn bearer(headers: &HeaderMap) -> Option<Option<&str>> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let first = values.next()?;
    let (scheme, token) = first.to_str().ok().and_then(|text| text.split_once(' ')).unwrap_or_default();
    let is_bearer = scheme.eq_ignore_ascii_case("bearer") && values.next().is_none();
    Some(is_bearer.then(|| token.trim()))
}

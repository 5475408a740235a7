//! From the cookie or the token of a request to the session that it stands for.

use axum::extract::OriginalUri;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use platform::App;
use platform::auth::{Authenticator, Session};
use platform::ctx::Origin;
use platform::error::Result;

use crate::oauth::dpop::About;
use crate::oauth::refused::Refused;
use crate::oauth::tokens::shown::shown;
use crate::{access_tokens, cookie, oauth, sessions};

/// Knows sessions by the hash of their cookie's token, and access tokens by theirs. A request that shows a token is the
/// token's, whatever cookies came with it.
pub struct RequestAuthenticator;

impl Authenticator for RequestAuthenticator {
    fn authenticate<'a>(&'a self, app: &'a App, parts: &'a Parts) -> BoxFuture<'a, Result<Option<Session>>> {
        async move {
            let bearer = bearer(&parts.headers);
            if is_oauth(&parts.headers) {
                return of_client(app, parts).await;
            }
            let shown = match bearer {
                Some(text) => text.and_then(|text| access_tokens::text::hash(access_tokens::text::PERSONAL, text)),
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

/// Whether it is a token that an OAuth client was given, or would have to be.
fn is_oauth(headers: &HeaderMap) -> bool {
    let text = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|text| text.split_once(' '));
    text.is_some_and(|(scheme, token)| scheme.eq_ignore_ascii_case("dpop") || token.trim().starts_with(oauth::tokens::ACCESS))
}

/// The person for whom an OAuth client acts, as far as its token reaches. A client that acts for itself is no member. Looked
/// up at each request: a proof counts once.
async fn of_client(app: &App, parts: &Parts) -> Result<Option<Session>> {
    // Below a nested router the prefix is gone from the request's own address.
    let path = parts.extensions.get::<OriginalUri>().map_or_else(|| parts.uri.path(), |address| address.path());
    let about = About { method: &parts.method, path, access_token: None, needs_nonce: false };
    match shown(app, &parts.headers, about).await {
        Ok((found, _)) => Ok(found.session),
        Err(Refused::Asked { .. }) => Ok(None),
        Err(Refused::Platform(error)) => Err(error),
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

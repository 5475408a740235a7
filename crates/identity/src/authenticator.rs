//! From the cookie of a request to the session that it stands for.

use axum::http::request::Parts;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use platform::App;
use platform::auth::{Authenticator, Session};
use platform::error::Result;

use crate::{cookie, sessions};

/// Knows sessions by the hash of their cookie's token.
pub struct CookieAuthenticator;

impl Authenticator for CookieAuthenticator {
    fn authenticate<'a>(&'a self, app: &'a App, parts: &'a Parts) -> BoxFuture<'a, Result<Option<Session>>> {
        async move {
            match cookie::presented(&app.config, &parts.headers) {
                None => Ok(None),
                Some(token_hash) => match app.sessions.of(&token_hash) {
                    Ok(session) if session.expires_at > app.clock.now() => Ok(Some(session)),
                    Ok(_) => Ok(None),
                    Err(generation) => {
                        let found = sessions::of_token(app, &token_hash).await?;
                        if let Some(session) = &found {
                            app.sessions.keep(token_hash, session, generation);
                        }
                        Ok(found)
                    }
                },
            }
        }
        .boxed()
    }
}

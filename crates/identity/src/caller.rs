//! The caller of what works signed in and signed out.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use platform::App;
use platform::auth::{Anonymous, Session};
use platform::ctx::Origin;
use platform::error::{Error, Result};
use platform::idempotency::Claim;

use crate::cookie;

/// Somebody, with his or her session where there is one.
pub struct Somebody {
    pub app: App,
    pub origin: Origin,
    pub claim: Option<Claim>,
    pub session: Option<Session>,
    /// The session of somebody whom a tenant's own provider named and who has shown nothing else: it counts for nothing but the tenant.
    pub confined: Option<Session>,
    /// The hash of the cookie's token, even of one that stands for no session any more.
    pub presented: Option<[u8; 32]>,
    /// The hash of the cookie by which the browser may be known.
    pub device: Option<[u8; 32]>,
}

impl FromRequestParts<App> for Somebody {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let Anonymous { app, origin, claim } = Anonymous::from_request_parts(parts, app).await?;
        // Who signs in or out does so in person. Whoever acts by a lease allows no app anything.
        let found = app.authenticator.authenticate(&app, parts).await?;
        let found = found.filter(|session| session.token.is_none() && session.lease.is_none());
        let (confined, session) =
            found.map_or((None, None), |found| if found.is_confined() { (Some(found), None) } else { (None, Some(found)) });
        let presented = cookie::presented(&app.config, &parts.headers);
        let device = cookie::presented_device(&app.config, &parts.headers);
        Ok(Self { app, origin, claim, session, confined, presented, device })
    }
}

//! Confirming that it is still oneself, before what a borrowed screen must not do. The session gets a new token with it.

use axum::http::StatusCode;
use axum::response::Response;
use platform::SignedIn;
use platform::auth::Factor;
use platform::crypto::Token;
use platform::error::{Problem, Result};
use serde_json::json;
use sqlx::PgConnection;

use super::{Opened, answer, store};
use crate::activity::{SecurityEvent, note_security_event};
use crate::challenges::Purpose;
use crate::directory::Directory;
use crate::second_factors::proof::{self, Proof};
use crate::second_factors::{self, PasskeyOptions, passkeys, wait_for};
use crate::{cookie, passwords, throttle};

pub async fn options(caller: &SignedIn) -> Result<PasskeyOptions> {
    let SignedIn { app, session, .. } = caller;
    let mut directory = Directory::open(app, None, None).await?;
    let begun = passkeys::begin_assertion(directory.db(), &app.config, session.user_id).await?.ok_or_else(proof::wrong_passkey)?;
    let options = wait_for(directory.db(), app, Purpose::PasskeyAssertion, Some(session.user_id), Some(session.id), begun).await?;
    directory.commit().await?;
    Ok(options)
}

pub async fn verify(caller: SignedIn, proof: Proof) -> Result<Response> {
    let SignedIn { app, session, origin, .. } = &caller;
    let mut directory = Directory::open(app, None, None).await?;
    let has_second = !second_factors::store::methods(directory.db(), session.user_id).await?.is_empty();
    let shown = match proof {
        Proof::Password { password } if !has_second => {
            let hash = passwords::store::hash_of(directory.db(), session.user_id).await?;
            directory.commit().await?;
            if !passwords::is_right(app, origin, Some(session.user_id), &session.email, password, hash).await? {
                let mut directory = Directory::open(app, None, None).await?;
                passwords::note_wrong(directory.db(), app, origin, session.user_id, "confirmation").await?;
                directory.commit().await?;
                return Err(Problem::field("proof.password", "incorrect", "is not your password").into());
            }
            Factor::Password
        }
        other => {
            let key = throttle::Key::of_second_factor_inside(app, session.user_id);
            let checked = proof::check_second(directory.db(), app, origin, &key, session.user_id, session.id, other).await?;
            directory.commit().await?;
            checked?
        }
    };
    let mut directory = Directory::open(app, session.tenant, caller.claim.clone()).await?;
    let opened = confirmed(directory.db(), &caller, shown).await?;
    let answer = answer(directory.db(), app, origin, StatusCode::OK, &opened).await?;
    directory.commit_with(answer).await
}

/// Gives the session a new token, with the same rights, when the factors of its user changed: a copy of the former one is worth
/// nothing then. Answers the `Set-Cookie`.
///
/// # Errors
/// `session_changed`.
pub async fn renewed(db: &mut PgConnection, caller: &SignedIn) -> Result<String> {
    let SignedIn { app, session, .. } = caller;
    let (token, now) = (Token::random(), app.clock.now());
    if !store::renew(&mut *db, session, &token.hash, &session.factors, session.verified_at).await? {
        return Err(session_changed().into());
    }
    let is_remembered = store::is_remembered(db, session.id).await?;
    let seconds = (session.expires_at.as_second() - now.as_second()).max(0);
    Ok(cookie::set(&app.config, &token.secret, is_remembered.then_some(seconds)))
}

fn session_changed() -> Problem {
    Problem::conflict("session_changed", "This session was confirmed or ended elsewhere in the meantime. Try again.")
}

/// Notes that the session's holder has shown that factor just now, and gives the session a new token.
///
/// # Errors
/// `session_changed`.
pub async fn confirmed(db: &mut PgConnection, caller: &SignedIn, shown: Factor) -> Result<Opened> {
    let SignedIn { app, session, origin, .. } = caller;
    let (token, now) = (Token::random(), app.clock.now());
    let mut factors = session.factors.clone();
    if !factors.contains(&shown) {
        factors.push(shown);
    }
    if !store::renew(&mut *db, session, &token.hash, &factors, now).await? {
        return Err(session_changed().into());
    }
    let event =
        SecurityEvent { user: session.user_id, event: "identity_confirmed", severity: "low", details: json!({ "factor": shown.name() }) };
    note_security_event(&mut *db, app, origin, &event).await?;
    let found = store::authenticate(&mut *db, &token.hash, now).await?.ok_or_else(Problem::unauthenticated)?;
    let seconds = (found.session.expires_at.as_second() - now.as_second()).max(0);
    let set_cookie = cookie::set(&app.config, &token.secret, found.remembered.then_some(seconds));
    Ok(Opened { session: found.session, set_cookie })
}

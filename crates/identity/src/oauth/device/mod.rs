//! The device flow (RFC 8628): what has no browser shows a code, which its person enters where he or she is signed in.

pub mod http;
pub mod store;

use platform::App;
use platform::crypto::{Token, hmac, random, sha256};
use platform::error::{Problem, Result};
use platform::rate_limit::Limit;
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::clients::OAuthClient;
use super::refused::{self, Refused};
use super::tokens::{self, Grant};

const LIVES: i64 = 600;
/// Seconds that a device waits between two questions; more each time it does not.
const INTERVAL: i64 = 5;
/// Consonants, so that no word comes of them, and none is taken for a digit (RFC 8628, 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;

/// RFC 8628, 3.2.
#[derive(Debug, Serialize)]
pub struct Begun {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    expires_in: i64,
    interval: i64,
}

/// # Errors
/// The database's.
async fn begin(app: &App, db: &mut PgConnection, client: &OAuthClient, scopes: &[String]) -> Result<Begun> {
    let (device, now) = (Token::random(), app.clock.now());
    let user_code = draw();
    store::forget_some(db, now).await?;
    store::insert(db, &device.hash, &user_code_hash(app, &user_code), client.id, scopes, now, now.plus_seconds(LIVES)).await?;
    let page = app.config.link("/device");
    Ok(Begun {
        device_code: device.secret.to_string(),
        verification_uri_complete: format!("{page}?code={user_code}"),
        verification_uri: page,
        user_code,
        expires_in: LIVES,
        interval: INTERVAL,
    })
}

/// Eight letters in two groups: 34 bits, for ten minutes, of whom few tries a minute are taken.
fn draw() -> String {
    let mut code = String::with_capacity(LENGTH + 1);
    while code.len() < LENGTH + 1 {
        if code.len() == LENGTH / 2 {
            code.push('-');
        }
        // Bytes from 240 would make the first letters likelier.
        let [byte] = random::<1>();
        if byte < 240 {
            code.push(char::from(LETTERS[usize::from(byte % 20)]));
        }
    }
    code
}

/// Whatever case and signs a person types.
fn user_code_hash(app: &App, typed: &str) -> [u8; 32] {
    let plain: String = typed.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_uppercase()).collect();
    hmac(app.keys.derive("oauth user code").as_ref(), &[plain.as_bytes()])
}

/// Tries are few by person, wherever he or she is, so that nobody finds another's code by trying.
///
/// # Errors
/// 429.
fn count_try(app: &App, user: Uuid) -> Result<(), Problem> {
    app.limits.check(Limit::Credentials, &format!("user code {user}"))
}

fn unknown_code() -> Problem {
    Problem::field("request", "unknown", "is not a code that a device shows now")
}

/// The grant that was made for the device's code.
///
/// # Errors
/// As RFC 8628, 3.5, has them.
pub async fn redeem(asked: &tokens::exchange::Asked<'_>, db: &mut PgConnection) -> refused::Result<Grant> {
    let unknown = || Refused::grant("The device code is not known, was used, or is not this client's.");
    let code = asked.form.need("device_code")?;
    let found = store::by_device_code(db, &sha256(code.as_bytes()))
        .await?
        .filter(|found| found.client_id == asked.client.id)
        .ok_or_else(unknown)?;
    if found.expires_at <= asked.now {
        return Err(Refused::new("expired_token", "The code has run out."));
    }
    match found.status.as_str() {
        "pending" => {
            let hasty = found.polled_at.is_some_and(|at| at.plus_seconds(i64::from(found.poll_seconds)) > asked.now);
            store::note_poll(db, found.id, hasty, asked.now).await?;
            Err(if hasty {
                Refused::new("slow_down", "Wait five seconds more between two questions.")
            } else {
                Refused::new("authorization_pending", "The person has not decided yet.")
            })
        }
        "denied" => Err(Refused::new("access_denied", "The person said no.")),
        "approved" => {
            let grant = match found.grant_id {
                Some(grant) => tokens::store::grant(db, grant).await?,
                None => None,
            };
            let grant = grant.ok_or_else(unknown)?;
            if !tokens::store::grant_lives(db, grant.id, asked.now).await? {
                return Err(unknown());
            }
            store::mark_used(db, found.id).await?;
            Ok(grant)
        }
        _ => Err(unknown()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_two_groups_of_consonants_and_differ() {
        let (one, two) = (draw(), draw());
        assert_ne!(one, two);
        assert_eq!((one.len(), one.as_bytes()[4]), (9, b'-'));
        assert!(one.bytes().all(|b| b == b'-' || LETTERS.contains(&b)), "{one}");
    }
}

//! How a client shows at an endpoint for programs that it is itself (RFC 6749, 2.3; RFC 7523).

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::JwkSet;
use platform::App;
use platform::crypto::sha256;
use serde::Deserialize;
use sqlx::PgConnection;
use subtle::ConstantTimeEq;

use super::clients::{Authentication, OAuthClient, SECRET, store};
use super::form::Form;
use super::jwt;
use super::refused::{Refused, Result};
use super::tokens;
use crate::access_tokens::text;

/// RFC 7523, 2.2.
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// An assertion lives that long at most.
const LONGEST: i64 = 600;
/// How far the client's clock may be from ours.
const LEEWAY: i64 = 60;

/// What a request shows of its client.
enum Shown {
    Secret { id: String, secret: String },
    Assertion(String),
    Nothing { id: String },
}

/// The client that asks.
///
/// # Errors
/// `invalid_client` for one that is not there, is disabled, or is not shown as it was registered; and all the same, so that
/// nobody learns which.
pub async fn authenticate(app: &App, db: &mut PgConnection, headers: &HeaderMap, form: &Form) -> Result<OAuthClient> {
    let unknown = || Refused::client("There is no such client, or it does not show itself as it was registered.");
    let shown = shown(headers, form)?;
    let id = match &shown {
        Shown::Secret { id, .. } | Shown::Nothing { id } => id.clone(),
        Shown::Assertion(assertion) => issuer(assertion).ok_or_else(unknown)?,
    };
    // Where the parameter stands beside another way, it has to name the same.
    if form.get("client_id").is_some_and(|named| named != id) {
        return Err(unknown());
    }
    let client = store::named(db, &id).await?.ok_or_else(unknown)?;
    let is_itself = match (&shown, client.authentication) {
        (Shown::Secret { secret, .. }, Authentication::Secret) => {
            let given = text::hash(SECRET, secret).unwrap_or_default();
            client.client_secret_hash.as_deref().is_some_and(|hash| hash.ct_eq(&given).into())
        }
        (Shown::Assertion(assertion), Authentication::PrivateKeyJwt) => asserts(app, db, &client, assertion).await?,
        (Shown::Nothing { .. }, Authentication::None) => true,
        _ => false,
    };
    if is_itself { Ok(client) } else { Err(unknown()) }
}

fn shown(headers: &HeaderMap, form: &Form) -> Result<Shown> {
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let basic = match sent.next() {
        None => None,
        Some(value) => {
            let credentials =
                value.to_str().ok().and_then(|text| text.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
            let decoded =
                credentials.and_then(|(_, text)| STANDARD.decode(text.trim()).ok()).and_then(|bytes| String::from_utf8(bytes).ok());
            let pair = decoded.as_deref().and_then(|text| text.split_once(':')).filter(|_| sent.next().is_none());
            Some(
                pair.map(|(id, secret)| (form_decoded(id), form_decoded(secret)))
                    .ok_or_else(|| Refused::client("The Authorization header is not Basic."))?,
            )
        }
    };
    let (secret, assertion) = (form.get("client_secret"), form.get("client_assertion"));
    match (basic, secret, assertion) {
        (Some((id, secret)), None, None) => Ok(Shown::Secret { id, secret }),
        (None, Some(secret), None) => Ok(Shown::Secret { id: form.need("client_id")?.to_owned(), secret: secret.to_owned() }),
        (None, None, Some(assertion)) if form.get("client_assertion_type") == Some(ASSERTION) => Ok(Shown::Assertion(assertion.to_owned())),
        (None, None, Some(_)) => Err(Refused::request("client_assertion_type is not that of a JWT.")),
        (None, None, None) => match form.get("client_id") {
            Some(id) => Ok(Shown::Nothing { id: id.to_owned() }),
            None => Err(Refused::client("Say which client asks.")),
        },
        _ => Err(Refused::request("A client shows itself in one way at a time.")),
    }
}

/// Both halves are form-encoded before they are joined (RFC 6749, 2.3.1).
fn form_decoded(text: &str) -> String {
    let pair = format!("x={}", text.replace('&', "%26"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[derive(Deserialize)]
struct Named {
    iss: String,
}

/// Which client an assertion says that it is; to be proven.
fn issuer(assertion: &str) -> Option<String> {
    jwt::header(assertion)?;
    jsonwebtoken::dangerous::insecure_decode_claims::<Named>(assertion).ok().map(|named| named.iss)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    nbf: Option<i64>,
    jti: String,
}

/// Whether that assertion is the client's own, for us, in its time, and not shown before.
async fn asserts(app: &App, db: &mut PgConnection, client: &OAuthClient, assertion: &str) -> Result<bool> {
    let (Some(header), Some(jwks)) = (jwt::header(assertion), &client.jwks) else { return Ok(false) };
    let Ok(set) = serde_json::from_value::<JwkSet>(jwks.clone()) else { return Ok(false) };
    // By its name where it gives one; the name chooses among the registered keys and does nothing else.
    let of_name = |key: &&jsonwebtoken::jwk::Jwk| header.kid.is_none() || key.common.key_id == header.kid;
    let Some(claims) = set.keys.iter().filter(of_name).find_map(|key| jwt::claims::<Claims>(assertion, &header, key)) else {
        return Ok(false);
    };
    let now = app.clock.now();
    let seconds = now.as_second();
    let ours = [app.config.public_url.clone(), app.config.link("/oauth/token")];
    let for_us = match &claims.aud {
        Audience::One(audience) => ours.contains(audience),
        // One that names others too could be shown by them.
        Audience::Several(all) => matches!(all.as_slice(), [only] if ours.contains(only)),
    };
    let in_time =
        claims.exp > seconds - LEEWAY && claims.exp <= seconds + LONGEST && claims.nbf.is_none_or(|from| from <= seconds + LEEWAY);
    let is_own = claims.iss == client.client_id && claims.sub == client.client_id;
    if !(for_us && in_time && is_own) || claims.jti.is_empty() || claims.jti.len() > 256 {
        return Ok(false);
    }
    let shown = sha256(&[b"assertion ", client.id.as_bytes().as_slice(), claims.jti.as_bytes()].concat());
    Ok(tokens::store::use_proof(db, &shown, now.plus_seconds(LONGEST + LEEWAY)).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn form(text: &str) -> Form {
        Form::parse(text.as_bytes()).expect("a form")
    }

    fn basic(text: &str) -> HeaderMap {
        let value = format!("Basic {}", STANDARD.encode(text));
        HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(&value).expect("ascii"))])
    }

    #[test]
    fn one_way_at_a_time() {
        let none = HeaderMap::new();
        assert!(matches!(shown(&none, &form("client_id=a")), Ok(Shown::Nothing { id }) if id == "a"));
        assert!(matches!(shown(&basic("a%2Bb:c+d"), &form("")), Ok(Shown::Secret { id, secret }) if id == "a+b" && secret == "c d"));
        assert!(matches!(shown(&none, &form("client_id=a&client_secret=b")), Ok(Shown::Secret { .. })));
        for (headers, text) in [
            (basic("a:b"), "client_id=a&client_secret=b"),
            (basic("a"), ""),
            (none.clone(), ""),
            (none.clone(), "client_secret=b"),
            (none, "client_assertion=x&client_assertion_type=other"),
        ] {
            assert!(shown(&headers, &form(text)).is_err(), "{text}");
        }
    }
}

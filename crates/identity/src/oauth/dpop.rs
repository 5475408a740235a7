//! DPoP (RFC 9449): proofs that whoever shows a token holds the key to which it is bound.

use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use platform::App;
use platform::crypto::{hmac, sha256};
use platform::time::Timestamp;
use serde::Deserialize;
use sqlx::PgConnection;
use subtle::ConstantTimeEq;

use super::jwt;
use super::refused::{Refused, Result};
use super::tokens;

pub const HEADER: HeaderName = HeaderName::from_static("dpop");
/// How far a proof's clock may be from ours.
const LEEWAY: i64 = 60;
/// A nonce counts for that long, and at most twice.
const NONCE_SECONDS: i64 = 150;
const LONGEST: usize = 8192;

/// What a proof has to be about.
pub struct About<'a> {
    pub method: &'a Method,
    /// Of the endpoint, from the root.
    pub path: &'a str,
    /// Where one is shown.
    pub access_token: Option<&'a str>,
    /// Whether a proof without a nonce of ours is asked to come again with one.
    pub needs_nonce: bool,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: i64,
    ath: Option<String>,
    nonce: Option<String>,
}

/// The nonce of the moment: its window, keyed, so that none has to be kept.
pub fn nonce(app: &App) -> String {
    nonce_of(app, app.clock.now().as_second() / NONCE_SECONDS)
}

fn nonce_of(app: &App, window: i64) -> String {
    URL_SAFE_NO_PAD.encode(&hmac(app.keys.derive("dpop nonce").as_ref(), &[&window.to_be_bytes()])[..16])
}

fn is_nonce(app: &App, text: &str) -> bool {
    let window = app.clock.now().as_second() / NONCE_SECONDS;
    [window, window - 1].iter().any(|window| bool::from(nonce_of(app, *window).as_bytes().ct_eq(text.as_bytes())))
}

fn refused(description: &str) -> Refused {
    Refused::new("invalid_dpop_proof", description)
}

/// The thumbprint (RFC 7638) of the key that the request proves, where it brings a proof. Each proof counts once.
///
/// # Errors
/// `invalid_dpop_proof`; `use_dpop_nonce` with the nonce to use.
pub async fn proven(app: &App, db: &mut PgConnection, headers: &HeaderMap, about: &About<'_>) -> Result<Option<[u8; 32]>> {
    let mut sent = headers.get_all(&HEADER).iter();
    let Some(first) = sent.next() else { return Ok(None) };
    let proof = first.to_str().ok().filter(|proof| proof.len() <= LONGEST && sent.next().is_none());
    let proof = proof.ok_or_else(|| refused("Send one proof."))?;
    let (key, claims) = read(proof).ok_or_else(|| refused("The proof is no JWT of type dpop+jwt under the public key in its header."))?;
    let thumbprint = thumbprint(&key).ok_or_else(|| refused("The key of the proof is not taken."))?;
    let now = app.clock.now();
    check(&claims, about, &app.config.link(about.path), now)?;
    match &claims.nonce {
        Some(nonce) if is_nonce(app, nonce) => {}
        // One of the token endpoint, which has run out since.
        _ if !about.needs_nonce => {}
        _ => {
            return Err(Refused::Asked {
                status: if about.access_token.is_some() { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST },
                code: "use_dpop_nonce",
                description: "Send the proof again with the nonce of this answer.".to_owned(),
                challenge: about.access_token.map(|_| "DPoP"),
                nonce: Some(nonce(app)),
            });
        }
    }
    let shown = sha256(&[&thumbprint[..], claims.jti.as_bytes()].concat());
    // Until its clock is too old.
    if !tokens::store::use_proof(db, &shown, now.plus_seconds(2 * LEEWAY + 1)).await? {
        return Err(refused("The proof was shown before."));
    }
    Ok(Some(thumbprint))
}

fn read(proof: &str) -> Option<(Jwk, Claims)> {
    let header = jwt::header(proof)?;
    let key = header.jwk.clone()?;
    // The library's type leaves out what makes a key private.
    let raw: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(proof.split('.').next()?).ok()?).ok()?;
    let is_private = ["d", "p", "q", "k"].iter().any(|part| raw["jwk"].get(part).is_some());
    let is_proof = header.typ.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("dpop+jwt"));
    if is_private || !is_proof {
        return None;
    }
    let claims = jwt::claims(proof, &header, &key)?;
    Some((key, claims))
}

fn check(claims: &Claims, about: &About<'_>, address: &str, now: Timestamp) -> Result<()> {
    if claims.htm != about.method.as_str() {
        return Err(refused("The proof is for another method."));
    }
    // Without query and fragment (RFC 9449, 4.3).
    let proven = claims.htu.split(['?', '#']).next().unwrap_or_default();
    if proven != address {
        return Err(refused("The proof is for another address."));
    }
    if (claims.iat - now.as_second()).abs() > LEEWAY {
        return Err(refused("The proof is too old, or not yet made."));
    }
    if claims.jti.is_empty() || claims.jti.len() > 256 {
        return Err(refused("The proof has no identifier of its own."));
    }
    let hashed = about.access_token.map(|token| URL_SAFE_NO_PAD.encode(sha256(token.as_bytes())));
    if claims.ath != hashed && about.access_token.is_some() {
        return Err(refused("The proof is for another access token."));
    }
    Ok(())
}

/// RFC 7638, with SHA-256.
pub fn thumbprint(key: &Jwk) -> Option<[u8; 32]> {
    let text = key.thumbprint(ThumbprintHash::SHA256).ok()?;
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// As requests and answers write it.
pub fn write(thumbprint: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(thumbprint)
}

/// Of 32 bytes; nothing for anything else.
pub fn parse(text: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// RFC 9449, 4.1: an example proof for the token endpoint.
    const PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
    /// RFC 9449, 7.1: an example proof for a resource, with the access token it is for.
    const AT_RESOURCE: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
    const TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";

    fn post() -> About<'static> {
        About { method: &Method::POST, path: "/token", access_token: None, needs_nonce: false }
    }

    #[test]
    fn the_examples_of_rfc_9449() {
        let (key, claims) = read(PROOF).expect("a proof");
        assert_eq!(write(&thumbprint(&key).expect("a thumbprint")), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
        let at = Timestamp::from_second(1_562_262_616);
        check(&claims, &post(), "https://server.example.com/token", at).expect("as it should be");
        let (_, claims) = read(AT_RESOURCE).expect("a proof");
        let get = About { method: &Method::GET, access_token: Some(TOKEN), ..post() };
        check(&claims, &get, "https://resource.example.org/protectedresource", at).expect("as it should be");
        let other = About { access_token: Some("another"), ..get };
        check(&claims, &other, "https://resource.example.org/protectedresource", at).expect_err("another token's");
    }

    /// RFC 7638, 3.1.
    #[test]
    fn the_thumbprint_of_rfc_7638() {
        let key = json!({
            "kty": "RSA", "alg": "RS256", "kid": "2011-04-29", "e": "AQAB",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        });
        let key: Jwk = serde_json::from_value(key).expect("a key");
        assert_eq!(write(&thumbprint(&key).expect("a thumbprint")), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn what_is_no_proof() {
        let at = Timestamp::from_second(1_562_262_616);
        let address = "https://server.example.com/token";
        let (_, claims) = read(PROOF).expect("a proof");
        for (about, address, at) in [
            (About { method: &Method::GET, ..post() }, address, at),
            (post(), "https://server.example.com/token/", at),
            (post(), "http://server.example.com/token", at),
            (post(), address, at.plus_seconds(LEEWAY + 1)),
            (post(), address, at.plus_seconds(-LEEWAY - 1)),
        ] {
            check(&claims, &about, address, at).expect_err("another request's");
        }
        let parts: Vec<&str> = PROOF.split('.').collect();
        let with = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut header: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[0]).expect("text")).expect("JSON");
            change(&mut header);
            format!("{}.{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), parts[1], parts[2])
        };
        for bad in [
            with(&|header| header["alg"] = json!("none")),
            with(&|header| header["alg"] = json!("HS256")),
            with(&|header| header["typ"] = json!("JWT")),
            with(&|header| header["jwk"]["d"] = json!("AQAB")),
            with(&|header| header["jku"] = json!("https://evil.example/jwks")),
            format!("{}.{}.", parts[0], parts[1]),
            PROOF.replace(".2-GxA", ".2-GxB"),
            String::new(),
        ] {
            assert!(read(&bad).is_none(), "{bad}");
        }
    }
}

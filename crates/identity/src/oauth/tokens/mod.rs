//! Tokens: opaque, stored as hashes, handed out in families of which each hangs on one grant.

pub mod exchange;
pub mod http;
pub mod id_token;
pub mod shown;
pub mod store;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use platform::crypto::{Token, hmac, random, sha256};
use platform::ctx::Origin;
use platform::error::{Error, Result};
use platform::time::Timestamp;
use platform::{App, TenantId, id};
use serde::Serialize;
use sqlx::PgConnection;
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::clients::{GrantType, OAuthClient};
use super::scopes;
use crate::access_tokens::text;

pub const ACCESS: &str = "atrium_oat_";
pub const REFRESH: &str = "atrium_ort_";

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// Of an access token.
pub const ACCESS_LIVES: i64 = HOUR;
/// Of a refresh token that is not used.
const REFRESH_LIVES: i64 = 30 * DAY;
/// Of a family, whatever is refreshed.
pub const GRANT_LIVES: i64 = 90 * DAY;
/// Of a code (RFC 6749, 4.1.2, recommends ten minutes at most).
const CODE_LIVES: i64 = 60;
/// How long a refresh token gets the same answer again, for whom the first was lost.
const REPLAYED: i64 = 30;

/// What was allowed: to which client, by whom, in which tenant.
#[derive(Clone, Debug)]
pub struct Grant {
    pub id: Uuid,
    pub client_id: Uuid,
    /// Nobody where the client acts for itself.
    pub user_id: Option<Uuid>,
    pub tenant_id: Uuid,
    pub consent_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    pub scopes: Vec<String>,
    pub nonce: Option<String>,
    pub auth_time: Option<Timestamp>,
    pub dpop_jkt: Option<Vec<u8>>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What the person allowed, and how he or she was signed in.
pub struct Allowed {
    pub user: Uuid,
    pub tenant: TenantId,
    pub consent: Uuid,
    pub session: Uuid,
    pub auth_time: Timestamp,
    pub scopes: Vec<String>,
}

impl Grant {
    pub fn of_person(client: &OAuthClient, allowed: &Allowed, now: Timestamp) -> Self {
        Self {
            id: id::new(),
            client_id: client.id,
            user_id: Some(allowed.user),
            tenant_id: allowed.tenant.0,
            consent_id: Some(allowed.consent),
            session_id: Some(allowed.session),
            scopes: allowed.scopes.clone(),
            nonce: None,
            auth_time: Some(allowed.auth_time),
            dpop_jkt: None,
            created_at: now,
            expires_at: now.plus_seconds(GRANT_LIVES),
        }
    }

    /// For an hour: it is asked for anew at each need.
    fn of_client(client: &OAuthClient, tenant: TenantId, scopes: Vec<String>, now: Timestamp) -> Self {
        Self {
            id: id::new(),
            client_id: client.id,
            user_id: None,
            tenant_id: tenant.0,
            consent_id: None,
            session_id: None,
            scopes,
            nonce: None,
            auth_time: None,
            dpop_jkt: None,
            created_at: now,
            expires_at: now.plus_seconds(ACCESS_LIVES),
        }
    }

    /// Whether it outlives the sign-in that it came from.
    fn is_offline(&self, client: &OAuthClient) -> bool {
        self.user_id.is_some() && scopes::has(&self.scopes, scopes::OFFLINE) && client.may(GrantType::RefreshToken)
    }
}

/// What the token endpoint answers (RFC 6749, 5.1).
#[derive(Debug, Serialize)]
pub struct Issued {
    access_token: String,
    /// `Bearer`, or `DPoP` for one that is bound to a key.
    token_type: &'static str,
    expires_in: i64,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

/// A code for that grant.
///
/// # Errors
/// The database's.
pub async fn code(db: &mut PgConnection, grant: &Grant, redirect_uri: &str, challenge: &str, now: Timestamp) -> Result<Zeroizing<String>> {
    let code = Token::random();
    store::insert_grant(db, grant).await?;
    store::insert_code(db, grant.id, &code.hash, redirect_uri, challenge, now, now.plus_seconds(CODE_LIVES)).await?;
    Ok(code.secret)
}

/// Random bits of an access token and of a refresh token, or those that follow from the token that is refreshed: so an
/// answer that was lost can be given again, and is kept nowhere.
struct Bits {
    access: Zeroizing<[u8; 32]>,
    refresh: Zeroizing<[u8; 32]>,
}

impl Bits {
    fn drawn() -> Self {
        Self { access: Zeroizing::new(random()), refresh: Zeroizing::new(random()) }
    }

    fn following(app: &App, refresh_token: &str) -> Self {
        let key = app.keys.derive("oauth successor");
        let next = |what: &[u8]| Zeroizing::new(hmac(key.as_ref(), &[what, b"\0", refresh_token.as_bytes()]));
        Self { access: next(b"access"), refresh: next(b"refresh") }
    }
}

/// Writes a pair of tokens; answers its row's id and its texts.
async fn issue(
    db: &mut PgConnection,
    client: &OAuthClient,
    grant: &Grant,
    bits: &Bits,
    scopes: &[String],
    now: Timestamp,
) -> Result<(Uuid, Issued)> {
    let lost = || Error::internal("a fresh token is none");
    let issued = written(client, grant, bits, scopes);
    let access_hash = text::hash(ACCESS, &issued.access_token).ok_or_else(lost)?;
    let refresh = match &issued.refresh_token {
        Some(token) => Some((text::hash(REFRESH, token).ok_or_else(lost)?, now.plus_seconds(REFRESH_LIVES).min(grant.expires_at))),
        None => None,
    };
    let row = store::NewPair {
        id: id::new(),
        access_hash,
        access_expires_at: now.plus_seconds(ACCESS_LIVES).min(grant.expires_at),
        refresh,
        scopes,
    };
    store::insert_pair(db, grant, &row, now).await?;
    Ok((row.id, issued))
}

fn written(client: &OAuthClient, grant: &Grant, bits: &Bits, scopes: &[String]) -> Issued {
    Issued {
        access_token: text::write(ACCESS, &bits.access).to_string(),
        token_type: if grant.dpop_jkt.is_some() { "DPoP" } else { "Bearer" },
        expires_in: ACCESS_LIVES,
        scope: scopes.join(" "),
        refresh_token: grant.is_offline(client).then(|| text::write(REFRESH, &bits.refresh).to_string()),
        id_token: None,
    }
}

/// RFC 7636, 4.6, for the one method that is taken.
fn is_challenge_of(challenge: &str, verifier: &str) -> bool {
    let well_formed = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'));
    let hashed = URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()));
    well_formed && bool::from(hashed.as_bytes().ct_eq(challenge.as_bytes()))
}

/// What an access token stands for, if it counts.
///
/// # Errors
/// The database's.
pub async fn of_access_token(app: &App, token_hash: &[u8; 32]) -> Result<Option<store::Found>> {
    let now = app.clock.now();
    let authenticate = async |mut db: platform::pool::Lent| {
        let found = store::authenticate(&mut *db, token_hash, now).await;
        (db, found)
    };
    Ok(platform::pool::look_up(&app.pools.web, authenticate).await?.1)
}

/// Ends a family because something was shown that must not have been, and notes it for its person.
async fn end_family(app: &App, db: &mut PgConnection, origin: &Origin, grant: &Grant, reason: &'static str) -> Result<()> {
    store::revoke_grant(db, grant.id, app.clock.now(), reason).await?;
    tracing::warn!(grant = %grant.id, reason, "ended a family of tokens");
    let Some(user) = grant.user_id else { return Ok(()) };
    let details = serde_json::json!({ "grant_id": grant.id, "client_id": grant.client_id, "tenant_id": grant.tenant_id, "reason": reason });
    let event = crate::activity::SecurityEvent { user, event: "oauth_family_ended", severity: "high", details };
    crate::activity::note_security_event(db, app, origin, &event).await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, Appendix B.
    #[test]
    fn the_challenge_of_rfc_7636() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(is_challenge_of(challenge, verifier));
        for (challenge, verifier) in [
            (challenge, challenge),
            (verifier, verifier),
            (challenge, ""),
            (challenge, &verifier[1..]),
            (challenge, &format!("{verifier}=")),
            ("", verifier),
        ] {
            assert!(!is_challenge_of(challenge, verifier), "{challenge} {verifier}");
        }
    }
}

//! Clients: programs that sign people in through Atrium, or act for them. Of one tenant, or of the instance.

pub mod http;
pub mod redirect_uri;
pub mod store;

use jsonwebtoken::jwk::JwkSet;
use platform::TenantId;
use platform::crypto::random;
use platform::error::{Problem, Result};
use platform::id;
use platform::text::Checks;
use platform::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::scopes;
use crate::access_tokens::text;

/// Of a client's secret.
pub const SECRET: &str = "atrium_ocs_";
/// In one tenant, and of the instance.
const MOST: i64 = 100;
const MOST_ADDRESSES: usize = 20;

/// What a client can keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Runs on a server, and keeps a secret or a key.
    Confidential,
    /// Runs in a browser.
    Public,
    /// Runs on a person's own machine.
    Native,
}

/// How a client shows that it is itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Authentication {
    Secret,
    /// RFC 7523: an assertion under a key of `jwks`.
    PrivateKeyJwt,
    /// Of what can keep no secret.
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    AuthorizationCode,
    RefreshToken,
    ClientCredentials,
    /// RFC 8628
    DeviceCode,
}

/// Under what ID tokens are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum IdTokenAlgorithm {
    ES256,
    RS256,
}

macro_rules! as_text {
    ($($kind:ident { $($name:ident = $text:literal),* $(,)? })*) => {$(
        impl $kind {
            /// As the database writes it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }

        impl From<String> for $kind {
            /// The table's CHECK lets nothing else in.
            fn from(text: String) -> Self {
                match text.as_str() {
                    $($text => Self::$name,)*
                    other => unreachable!("{other} is no {}", stringify!($kind)),
                }
            }
        }
    )*};
}
as_text! {
    Kind { Confidential = "confidential", Public = "public", Native = "native" }
    Authentication { Secret = "secret", PrivateKeyJwt = "private_key_jwt", None = "none" }
    GrantType {
        AuthorizationCode = "authorization_code", RefreshToken = "refresh_token", ClientCredentials = "client_credentials",
        DeviceCode = "device_code",
    }
    IdTokenAlgorithm { ES256 = "ES256", RS256 = "RS256" }
}

/// A client, without its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OAuthClient {
    pub id: Uuid,
    /// What it calls itself in requests.
    pub client_id: String,
    #[serde(skip)]
    pub tenant_id: Option<Uuid>,
    pub name: String,
    /// One or two characters that stand for a logo.
    pub logo_text: String,
    pub kind: Kind,
    pub authentication: Authentication,
    #[serde(skip)]
    pub client_secret_hash: Option<Vec<u8>>,
    /// Its public keys, where it shows itself by one.
    #[schema(value_type = Option<Object>)]
    pub jwks: Option<Value>,
    pub grant_types: Vec<GrantType>,
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    /// `openid`, `profile`, `email`, `offline_access` and codenames of permissions: the most that it may ask for.
    pub allowed_scopes: Vec<String>,
    pub id_token_algorithm: IdTokenAlgorithm,
    /// Whether its authorization requests must be pushed first (RFC 9126).
    pub requires_par: bool,
    /// Whether its tokens must be bound to a key (RFC 9449).
    pub requires_dpop: bool,
    /// One that is not gets no token, and its tokens count no more.
    pub enabled: bool,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl OAuthClient {
    pub fn may(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }
}

/// A client as it is handed out.
#[derive(Debug, Serialize, ToSchema)]
pub struct IssuedClient {
    #[serde(flatten)]
    pub client: OAuthClient,
    /// Null for one without. Shown this once.
    pub client_secret: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OAuthClientInput {
    /// As people know it: it stands where they are asked to agree.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(min_length = 1, max_length = 2)]
    logo_text: String,
    kind: Kind,
    /// `secret` for a confidential client where it is left out, else `none`.
    authentication: Option<Authentication>,
    #[schema(value_type = Option<Object>)]
    jwks: Option<Value>,
    #[schema(min_items = 1, max_items = 4)]
    grant_types: Vec<GrantType>,
    #[serde(default)]
    #[schema(max_items = 20)]
    redirect_uris: Vec<String>,
    #[serde(default)]
    #[schema(max_items = 20)]
    post_logout_redirect_uris: Vec<String>,
    #[schema(min_items = 1, max_items = 200)]
    allowed_scopes: Vec<String>,
    #[serde(default = "rs256")]
    id_token_algorithm: IdTokenAlgorithm,
    #[serde(default)]
    requires_par: bool,
    #[serde(default)]
    requires_dpop: bool,
}

fn rs256() -> IdTokenAlgorithm {
    IdTokenAlgorithm::RS256
}

/// What is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OAuthClientChange {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    #[schema(min_length = 1, max_length = 2)]
    logo_text: Option<String>,
    #[schema(value_type = Option<Object>)]
    jwks: Option<Value>,
    #[schema(min_items = 1, max_items = 4)]
    grant_types: Option<Vec<GrantType>>,
    #[schema(max_items = 20)]
    redirect_uris: Option<Vec<String>>,
    #[schema(max_items = 20)]
    post_logout_redirect_uris: Option<Vec<String>>,
    #[schema(min_items = 1, max_items = 200)]
    allowed_scopes: Option<Vec<String>>,
    id_token_algorithm: Option<IdTokenAlgorithm>,
    requires_par: Option<bool>,
    requires_dpop: Option<bool>,
    enabled: Option<bool>,
}

impl OAuthClientInput {
    fn into_client(self, tenant: Option<TenantId>, now: Timestamp) -> Result<OAuthClient> {
        let by_kind = if self.kind == Kind::Confidential { Authentication::Secret } else { Authentication::None };
        let client = OAuthClient {
            id: id::new(),
            client_id: format!("app_{}", text::write("", &random::<32>()).chars().take(22).collect::<String>()),
            tenant_id: tenant.map(|tenant| tenant.0),
            name: self.name,
            logo_text: self.logo_text,
            kind: self.kind,
            authentication: self.authentication.unwrap_or(by_kind),
            client_secret_hash: None,
            jwks: self.jwks,
            grant_types: self.grant_types,
            redirect_uris: self.redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            allowed_scopes: self.allowed_scopes,
            id_token_algorithm: self.id_token_algorithm,
            requires_par: self.requires_par,
            requires_dpop: self.requires_dpop,
            enabled: true,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        Ok(checked(client)?)
    }
}

impl OAuthClientChange {
    fn apply(self, mut client: OAuthClient) -> Result<OAuthClient> {
        macro_rules! take {
            ($($field:ident),*) => {$( if let Some(value) = self.$field { client.$field = value; } )*};
        }
        take!(name, logo_text, grant_types, redirect_uris, post_logout_redirect_uris, allowed_scopes);
        take!(id_token_algorithm, requires_par, requires_dpop, enabled);
        if let Some(jwks) = self.jwks {
            client.jwks = Some(jwks);
        }
        Ok(checked(client)?)
    }
}

/// The client with its texts trimmed and its lists sorted.
fn checked(mut client: OAuthClient) -> Result<OAuthClient, Problem> {
    let mut checks = Checks::new();
    client.name = checks.line("name", &client.name, 1, 100);
    client.logo_text = checks.line("logo_text", &client.logo_text, 1, 2);
    client.grant_types.sort_unstable();
    client.grant_types.dedup();
    client.allowed_scopes.sort_unstable();
    client.allowed_scopes.dedup();
    let confidential = client.kind == Kind::Confidential;
    if confidential == (client.authentication == Authentication::None) {
        checks.add("authentication", "invalid", "must be secret or private_key_jwt for a confidential client, and none for any other");
    }
    match (&client.jwks, client.authentication == Authentication::PrivateKeyJwt) {
        (None, true) => checks.add("jwks", "required", "is required"),
        (Some(_), false) => checks.add("jwks", "invalid", "is only for a client that shows itself by a key"),
        (Some(jwks), true) if !is_key_set(jwks) => {
            checks.add(
                "jwks",
                "invalid",
                "must be a key set of one to ten public keys: RSA of 2048 bits and more, EC on P-256, or Ed25519",
            );
        }
        _ => {}
    }
    let by_person = client.may(GrantType::AuthorizationCode) || client.may(GrantType::DeviceCode);
    if client.grant_types.is_empty() {
        checks.add("grant_types", "required", "must name at least one");
    } else if client.may(GrantType::RefreshToken) && !by_person {
        checks.add("grant_types", "invalid", "can hold refresh_token only beside authorization_code or device_code");
    } else if client.may(GrantType::ClientCredentials) && !confidential {
        checks.add("grant_types", "invalid", "can hold client_credentials only for a confidential client");
    } else if client.may(GrantType::ClientCredentials) && client.tenant_id.is_none() {
        checks.add("grant_types", "invalid", "can hold client_credentials only for a client of a workspace");
    }
    if client.redirect_uris.is_empty() && client.may(GrantType::AuthorizationCode) {
        checks.add("redirect_uris", "required", "must hold at least one");
    }
    for (field, addresses) in [("redirect_uris", &client.redirect_uris), ("post_logout_redirect_uris", &client.post_logout_redirect_uris)] {
        if addresses.len() > MOST_ADDRESSES {
            checks.add(field, "too_many", format!("may hold at most {MOST_ADDRESSES}"));
        }
        for (nth, address) in addresses.iter().enumerate() {
            let fault = if address.len() > 500 { Some("is too long") } else { redirect_uri::fault(address, client.kind) };
            if let Some(fault) = fault {
                checks.add(&format!("{field}.{nth}"), "invalid", fault);
            } else if addresses[..nth].contains(address) {
                checks.add(&format!("{field}.{nth}"), "taken", "stands there twice");
            }
        }
    }
    if client.allowed_scopes.is_empty() {
        checks.add("allowed_scopes", "required", "must name at least one");
    }
    checks.done().map(|()| client)
}

fn is_key_set(jwks: &Value) -> bool {
    let has_private = |key: &Value| ["d", "p", "q", "k"].iter().any(|part| key.get(part).is_some());
    let keys = jwks["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
    let parsed = serde_json::from_value::<JwkSet>(jwks.clone());
    (1..=10).contains(&keys.len())
        && jwks.to_string().len() < 16_384
        && !keys.iter().any(has_private)
        && parsed.is_ok_and(|set| set.keys.len() == keys.len() && set.keys.iter().all(super::jwt::is_strong))
}

/// Scopes that name nothing are refused with their field.
async fn check_scopes(db: &mut PgConnection, client: &OAuthClient) -> Result<()> {
    let known = store::permissions(db).await?;
    let is_known = |scope: &String| scopes::OPENID.contains(&scope.as_str()) || known.contains(scope);
    match client.allowed_scopes.iter().find(|scope| !is_known(scope)) {
        Some(other) => Err(Problem::field("allowed_scopes", "unknown", format!("can hold what there is; {other} is not among it")).into()),
        None => Ok(()),
    }
}

/// Draws a secret for a client that has one.
///
/// # Errors
/// None but a bug.
fn draw_secret(client: &mut OAuthClient) -> Result<Option<Zeroizing<String>>> {
    if client.authentication != Authentication::Secret {
        return Ok(None);
    }
    let secret = text::fresh(SECRET);
    let hash = text::hash(SECRET, &secret).ok_or_else(|| platform::Error::internal("a fresh secret is none"))?;
    client.client_secret_hash = Some(hash.to_vec());
    Ok(Some(secret))
}

/// Writes a new client; answers it with its secret.
async fn create(
    db: &mut PgConnection,
    tenant: Option<TenantId>,
    by: Uuid,
    now: Timestamp,
    input: OAuthClientInput,
) -> Result<IssuedClient> {
    let mut client = input.into_client(tenant, now)?;
    check_scopes(db, &client).await?;
    if store::count(db, tenant).await? >= MOST {
        return Err(Problem::conflict("too_many_clients", "There are as many apps as there may be. Delete one that is not used.").into());
    }
    let client_secret = draw_secret(&mut client)?;
    store::insert(db, &client, by).await?;
    Ok(IssuedClient { client, client_secret: client_secret.map(|secret| secret.to_string()) })
}

/// The client before and after; what was taken from it is taken from its tokens.
async fn change(
    db: &mut PgConnection,
    tenant: Option<TenantId>,
    id: Uuid,
    now: Timestamp,
    seen: platform::etag::IfMatch,
    input: OAuthClientChange,
) -> Result<(OAuthClient, OAuthClient)> {
    let before = store::find_for_change(db, tenant, id).await?.ok_or_else(Problem::not_found)?;
    seen.check(before.version)?;
    let wanted = input.apply(before.clone())?;
    check_scopes(db, &wanted).await?;
    let after = store::update(db, &wanted).await?;
    let narrower = before.allowed_scopes.iter().any(|scope| !after.allowed_scopes.contains(scope));
    if before.enabled && !after.enabled {
        super::tokens::store::revoke_of_client(db, id, now, "client_disabled").await?;
    } else if narrower || (after.requires_dpop && !before.requires_dpop) {
        super::tokens::store::revoke_of_client(db, id, now, "client_changed").await?;
    }
    Ok((before, after))
}

/// A new secret; the old one counts no more.
async fn renew_secret(db: &mut PgConnection, tenant: Option<TenantId>, id: Uuid) -> Result<IssuedClient> {
    let mut client = store::find_for_change(db, tenant, id).await?.ok_or_else(Problem::not_found)?;
    let Some(secret) = draw_secret(&mut client)? else {
        return Err(Problem::conflict("no_secret", "This app has no secret: it shows itself by a key, or not at all.").into());
    };
    let client = store::set_secret(db, &client).await?;
    Ok(IssuedClient { client, client_secret: Some(secret.to_string()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn input(kind: Kind, grants: &[GrantType]) -> OAuthClientInput {
        OAuthClientInput {
            name: " Notes ".to_owned(),
            logo_text: "N".to_owned(),
            kind,
            authentication: None,
            jwks: None,
            grant_types: grants.to_vec(),
            redirect_uris: vec!["https://notes.example.com/cb".to_owned()],
            post_logout_redirect_uris: Vec::new(),
            allowed_scopes: vec!["openid".to_owned()],
            id_token_algorithm: IdTokenAlgorithm::RS256,
            requires_par: false,
            requires_dpop: false,
        }
    }

    fn made(input: OAuthClientInput, tenant: Option<TenantId>) -> Result<OAuthClient> {
        input.into_client(tenant, Timestamp::from_second(0))
    }

    #[test]
    fn kinds_and_what_they_may() {
        let tenant = Some(TenantId(id::new()));
        let code = &[GrantType::AuthorizationCode][..];
        let client = made(input(Kind::Confidential, code), tenant).expect("a client");
        assert_eq!((client.name.as_str(), client.authentication), ("Notes", Authentication::Secret));
        assert!(client.client_id.len() == 26 && Uuid::parse_str(&client.client_id).is_err());
        assert_eq!(made(input(Kind::Native, code), None).expect("a client").authentication, Authentication::None);
        for (kind, grants) in [
            (Kind::Public, &[GrantType::ClientCredentials][..]),
            (Kind::Confidential, &[GrantType::RefreshToken]),
            (Kind::Confidential, &[]),
        ] {
            assert!(made(input(kind, grants), tenant).is_err(), "{kind:?} {grants:?}");
        }
        assert!(made(input(Kind::Confidential, &[GrantType::ClientCredentials]), None).is_err());
        assert!(made(OAuthClientInput { redirect_uris: Vec::new(), ..input(Kind::Public, code) }, tenant).is_err());
        assert!(made(OAuthClientInput { authentication: Some(Authentication::None), ..input(Kind::Confidential, code) }, tenant).is_err());
    }

    #[test]
    fn key_sets_hold_public_keys_of_strength() {
        let ec = json!({ "kty": "EC", "crv": "P-256", "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA" });
        assert!(is_key_set(&json!({ "keys": [ec] })));
        let mut private = ec.clone();
        private["d"] = json!("x");
        let short = json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" });
        let secret = json!({ "kty": "oct", "k": "AQAB" });
        for bad in [
            json!({}),
            json!({ "keys": [] }),
            json!({ "keys": [private] }),
            json!({ "keys": [short] }),
            json!({ "keys": [secret] }),
            json!([]),
        ] {
            assert!(!is_key_set(&bad), "{bad}");
        }
    }
}

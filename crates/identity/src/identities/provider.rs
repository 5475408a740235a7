//! What a provider (OpenID Connect Core 1.0) is asked, and what it says about who came back. The checklist is RFC 9700.

use std::time::Duration;

use axum::http;
use futures_util::future::BoxFuture;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreErrorResponseType,
    CoreGenderClaim, CoreGrantType, CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
    CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AdditionalProviderMetadata, AuthType, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointNotSet, HttpRequest, HttpResponse, IdTokenFields, IdTokenVerifier, IssuerUrl, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, ProviderMetadata, RedirectUrl, Scope, StandardErrorResponse,
    StandardTokenResponse, TokenResponse, UserInfoClaims,
};
use platform::crypto::hmac;
use platform::http_client::{HttpClient, Request};
use platform::providers::Provider;
use platform::time::Timestamp;
use platform::{App, TenantId};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

/// A document of a provider is far smaller.
const DOCUMENT_BYTES: usize = 256 * 1024;
/// For each thing that it is asked.
const PATIENCE: Duration = Duration::from_secs(8);
/// How far its clock may be from ours, in seconds.
const SKEW: i64 = 60;

/// Asymmetric ones alone: with the others the secret would be the key, and with `none` there is no key.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 8] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What its discovery document says beside what every one does.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Rfc9207 {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}
impl AdditionalProviderMetadata for Rfc9207 {}

type Metadata = ProviderMetadata<
    Rfc9207,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// Google names the organisation whose account it is.
#[derive(Debug, Serialize, Deserialize)]
struct Hosted {
    hd: Option<String>,
}
impl AdditionalClaims for Hosted {}

type Fields = IdTokenFields<Hosted, EmptyExtraTokenFields, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type OpenIdClient = Client<
    Hosted,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
>;

/// A provider, and who named it.
pub enum Known {
    Instance(Provider),
    Workspace(TenantId, Provider),
}

impl Known {
    pub fn provider(&self) -> &Provider {
        match self {
            Self::Instance(provider) | Self::Workspace(_, provider) => provider,
        }
    }

    pub fn tenant(&self) -> Option<TenantId> {
        match self {
            Self::Instance(_) => None,
            Self::Workspace(tenant, _) => Some(*tenant),
        }
    }

    /// What anybody names is asked by a client that reaches public addresses alone, whatever the host allows its own.
    fn client<'a>(&self, app: &'a App) -> &'a HttpClient {
        match self {
            Self::Instance(_) => &app.services,
            Self::Workspace(..) => &app.company_providers,
        }
    }

    async fn discover(&self, app: &App) -> Result<Metadata, Failed> {
        let issuer = IssuerUrl::new(self.provider().issuer.clone()).map_err(unreachable)?;
        let asking = asking(self.client(app));
        let metadata = patiently(Metadata::discover_async(issuer, &asking)).await?.map_err(|error| Failed::Unreachable(chain(&error)))?;
        if !matches!(metadata.authorization_endpoint().url().scheme(), "https" | "http") {
            return Err(Failed::Refused("its authorization endpoint is no address".to_owned()));
        }
        Ok(metadata)
    }
}

/// Asks for the discovery document; answers where people sign in.
///
/// # Errors
/// A provider that cannot be asked, or is another than it should be.
pub async fn look_up(app: &App, known: &Known) -> Result<String, Failed> {
    Ok(known.discover(app).await?.authorization_endpoint().to_string())
}

/// Why nobody comes of it; for the log, since it may hold what the provider answered.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    #[error("the provider cannot be asked: {0}")]
    Unreachable(String),
    #[error("what came back is not accepted: {0}")]
    Refused(String),
}

/// What binds a browser's way to the provider and back: all three follow from the cookie's token, so that the database keeps
/// none of them.
struct Bound {
    state: String,
    nonce: String,
    verifier: String,
}

impl Bound {
    fn of(app: &App, token: &str) -> Self {
        let key = app.keys.derive("provider sign-in");
        let of = |what: &[u8]| data_encoding::BASE64URL_NOPAD.encode(&hmac(key.as_ref(), &[what, b"\0", token.as_bytes()]));
        Self { state: of(b"state"), nonce: of(b"nonce"), verifier: of(b"verifier") }
    }
}

/// Whether the state is that of the cookie's token.
pub fn is_state_of(app: &App, token: &str, state: &str) -> bool {
    use subtle::ConstantTimeEq;
    Bound::of(app, token).state.as_bytes().ct_eq(state.as_bytes()).into()
}

/// What is kept of the provider until the browser is back: all that is asked then is asked where the way began.
#[derive(Debug, Serialize, Deserialize)]
pub struct Way {
    pub provider: String,
    metadata: Metadata,
    pub started_at: Timestamp,
    /// Whether the person had to show who he or she is anew.
    pub is_fresh: bool,
}

impl Way {
    pub fn issuer(&self) -> &str {
        self.metadata.issuer().as_str()
    }

    /// Whether the answer comes from where the way began (RFC 9207).
    pub fn is_from(&self, issuer: Option<&str>) -> bool {
        match issuer {
            Some(issuer) => issuer == self.issuer(),
            None => !self.metadata.additional_metadata().authorization_response_iss_parameter_supported,
        }
    }
}

/// Finds out where the provider is; answers the way, and the address that the browser is to go to.
///
/// # Errors
/// A provider that cannot be asked, or is another than it should be.
pub async fn begin(app: &App, known: &Known, token: &str, is_fresh: bool) -> Result<(Way, String), Failed> {
    let provider = known.provider();
    let metadata = known.discover(app).await?;
    let bound = Bound::of(app, token);
    let client = OpenIdClient::new(ClientId::new(provider.client_id.clone()), metadata.issuer().clone(), CoreJsonWebKeySet::default())
        .set_auth_uri(metadata.authorization_endpoint().clone())
        .set_redirect_uri(redirect(app, provider)?);
    let (state, nonce) = (CsrfToken::new(bound.state), Nonce::new(bound.nonce));
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(bound.verifier));
    let mut request = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || state, move || nonce)
        .add_scope(Scope::new("email".to_owned()))
        .add_scope(Scope::new("profile".to_owned()))
        .set_pkce_challenge(challenge);
    if is_fresh {
        request = request.add_prompt(CoreAuthPrompt::Login).set_max_age(Duration::ZERO);
    }
    let (url, _, _) = request.url();
    let way = Way { provider: provider.key.clone(), metadata, started_at: app.clock.now(), is_fresh };
    Ok((way, url.into()))
}

/// Where the provider sends the browser back to: a page of its own for each, so that none can answer for another.
fn redirect(app: &App, provider: &Provider) -> Result<RedirectUrl, Failed> {
    RedirectUrl::new(app.config.link(&format!("/sign-in/from/{}", provider.key))).map_err(unreachable)
}

/// Who came back, as the provider says.
pub struct Claims {
    pub subject: String,
    pub email: Option<String>,
    /// Whether the provider may be believed about the address.
    pub is_email_verified: bool,
    pub name: Option<String>,
    /// When the person showed the provider who he or she is.
    pub authenticated_at: Option<Timestamp>,
}

/// What an ID token or userinfo says of the person.
struct Said {
    email: Option<String>,
    is_verified: bool,
    name: Option<String>,
    hosted: bool,
}

/// Exchanges the code for an ID token and believes it, if its signature, issuer, audience, nonce and times are right
/// (OpenID Connect Core 1.0, 3.1.3.7).
///
/// # Errors
/// Whatever is not.
pub async fn finish(app: &App, known: &Known, way: &Way, token: &str, code: String) -> Result<Claims, Failed> {
    let (bound, now, provider) = (Bound::of(app, token), app.clock.now(), known.provider());
    let asking = asking(known.client(app));
    let endpoint = way.metadata.token_endpoint().ok_or_else(|| Failed::Refused("it has no token endpoint".to_owned()))?;
    let client_id = ClientId::new(provider.client_id.clone());
    let mut client = OpenIdClient::new(client_id.clone(), way.metadata.issuer().clone(), CoreJsonWebKeySet::default())
        .set_token_uri(endpoint.clone())
        .set_redirect_uri(redirect(app, provider)?)
        .set_auth_type(match way.metadata.token_endpoint_auth_methods_supported() {
            Some(methods) if !methods.contains(&CoreClientAuthMethod::ClientSecretBasic) => AuthType::RequestBody,
            _ => AuthType::BasicAuth,
        });
    if let Some(secret) = &provider.client_secret {
        client = client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()));
    }
    let exchange = client.exchange_code(AuthorizationCode::new(code)).set_pkce_verifier(PkceCodeVerifier::new(bound.verifier));
    let tokens = patiently(exchange.request_async(&asking)).await?.map_err(|error| Failed::Refused(chain(&error)))?;
    let id_token = tokens.id_token().ok_or_else(|| Failed::Refused("no ID token came".to_owned()))?;
    // Its keys of now: they change.
    let keys = patiently(CoreJsonWebKeySet::fetch_async(way.metadata.jwks_uri(), &asking))
        .await?
        .map_err(|error| Failed::Unreachable(chain(&error)))?;
    let (from, until) = (now.plus_seconds(-SKEW), now.plus_seconds(SKEW));
    let in_time = move |seconds: i64| (way.started_at.as_second() - SKEW..=until.as_second()).contains(&seconds);
    let verifier = IdTokenVerifier::new_public_client(client_id, way.metadata.issuer().clone(), keys)
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || chrono::DateTime::from_timestamp(from.as_second(), 0).unwrap_or_default())
        .set_issue_time_verifier_fn(move |at| if in_time(at.timestamp()) { Ok(()) } else { Err("issued at another time".to_owned()) })
        .set_auth_time_verifier_fn(move |at| match at {
            Some(at) if at.timestamp() > until.as_second() => Err("authenticated in the future".to_owned()),
            Some(at) if way.is_fresh && !in_time(at.timestamp()) => Err("not authenticated anew".to_owned()),
            None if way.is_fresh => Err("it does not say when the person was authenticated".to_owned()),
            _ => Ok(()),
        });
    let claims = id_token.claims(&verifier, &Nonce::new(bound.nonce)).map_err(|error| Failed::Refused(chain(&error)))?;
    let mut said = Said {
        email: claims.email().map(|email| email.as_str().to_owned()),
        is_verified: claims.email_verified() == Some(true),
        name: claims.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned()),
        hosted: claims.additional_claims().hd.is_some(),
    };
    // Many put it there alone (OpenID Connect Core 1.0, 5.4). Who is known by the subject comes in without.
    if said.email.is_none()
        && let Some(endpoint) = way.metadata.userinfo_endpoint()
    {
        let client = client.set_user_info_url(endpoint.clone());
        let request = client.user_info(tokens.access_token().clone(), Some(claims.subject().clone())).require_signed_response(false);
        let asked: Result<Result<UserInfoClaims<Hosted, CoreGenderClaim>, _>, Failed> = patiently(request.request_async(&asking)).await;
        match asked.map(|answer| answer.map_err(|error| chain(&error))) {
            Ok(Ok(more)) => {
                said = Said {
                    email: more.email().map(|email| email.as_str().to_owned()),
                    is_verified: more.email_verified() == Some(true),
                    name: said.name.or_else(|| more.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned())),
                    hosted: more.additional_claims().hd.is_some(),
                };
            }
            Ok(Err(why)) => tracing::warn!(provider = provider.key, why, "userinfo is not accepted"),
            Err(why) => tracing::warn!(provider = provider.key, %why, "userinfo cannot be asked"),
        }
    }
    let is_email_verified = said
        .email
        .as_deref()
        .is_some_and(|email| said.is_verified && is_believed(way.issuer(), email, said.hosted) && is_among(&provider.domains, email));
    Ok(Claims {
        subject: claims.subject().as_str().to_owned(),
        is_email_verified,
        email: said.email,
        name: said.name,
        authenticated_at: claims.auth_time().map(|at| Timestamp::from_second(at.timestamp())),
    })
}

/// Google answers for addresses of Gmail and of organisations that it hosts; any other was only once confirmed to it.
fn is_believed(issuer: &str, email: &str, is_hosted: bool) -> bool {
    issuer != "https://accounts.google.com" || is_hosted || email.to_lowercase().ends_with("@gmail.com")
}

fn is_among(domains: &[String], email: &str) -> bool {
    let domain = email.rsplit_once('@').map(|(_, domain)| domain.to_lowercase());
    domains.is_empty() || domain.is_some_and(|domain| domains.contains(&domain))
}

/// How crate openidconnect reaches the provider. Boxed, since it could not be shown to be `Send` otherwise.
fn asking(client: &HttpClient) -> impl Fn(HttpRequest) -> BoxFuture<'static, Result<HttpResponse, Failed>> + Send + Sync + use<> {
    let client = client.clone();
    move |request| Box::pin(ask(client.clone(), request))
}

async fn ask(client: HttpClient, request: HttpRequest) -> Result<HttpResponse, Failed> {
    let (parts, body) = request.into_parts();
    let request = Request {
        method: parts.method,
        url: parts.uri.to_string(),
        headers: parts.headers,
        body: body.into(),
        answer_limit: DOCUMENT_BYTES,
        is_message: false,
    };
    let answer = client.send(request).await.map_err(unreachable)?;
    let mut response = http::Response::new(answer.body.to_vec());
    (*response.status_mut(), *response.headers_mut()) = (answer.status, answer.headers);
    Ok(response)
}

async fn patiently<T>(asked: impl Future<Output = T>) -> Result<T, Failed> {
    tokio::time::timeout(PATIENCE, asked).await.map_err(|_| Failed::Unreachable("no answer in time".to_owned()))
}

fn unreachable(error: impl std::fmt::Display) -> Failed {
    Failed::Unreachable(error.to_string())
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn google_is_believed_about_its_own_addresses() {
        let google = "https://accounts.google.com";
        assert!(is_believed(google, "Ana@Gmail.com", false) && is_believed(google, "ana@studio.example", true));
        assert!(!is_believed(google, "ana@studio.example", false) && !is_believed(google, "ana@gmail.com.evil.example", false));
        assert!(is_believed("https://id.studio.example", "ana@studio.example", false));
    }

    #[test]
    fn a_provider_is_believed_about_its_domains() {
        let domains = ["studio.example".to_owned()];
        assert!(is_among(&domains, "ana@Studio.example") && is_among(&[], "ana@anywhere.example"));
        for other in ["ana@other.example", "ana@sub.studio.example", "ana@studio.example.evil.example", "ana"] {
            assert!(!is_among(&domains, other), "{other}");
        }
    }
}

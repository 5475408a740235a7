//! Authorization requests: what a client may ask a person for, and what waits for a sign-in or a consent.

pub mod authorize;
pub mod store;

use std::collections::BTreeSet;

use platform::App;
use platform::crypto::Token;
use platform::error::{Error, Result};
use platform::time::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use url::Url;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::clients::{GrantType, OAuthClient, redirect_uri};
use super::form::Form;
use super::{dpop, scopes};

/// OpenID Connect Core 1.0, 3.1.2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    None,
    Login,
    Consent,
    SelectAccount,
}

/// A request whose every part was checked against its client.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    pub redirect_uri: String,
    pub scopes: Vec<String>,
    pub state: Option<String>,
    pub nonce: Option<String>,
    /// Of S256, the one method that is taken.
    pub code_challenge: String,
    pub prompts: BTreeSet<Prompt>,
    pub max_age: Option<i64>,
    pub login_hint: Option<String>,
    /// To which key the code is bound from the start (RFC 9449, 10).
    pub dpop_jkt: Option<[u8; 32]>,
}

/// Where a refusal may be sent: an address that the client registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Back {
    pub redirect_uri: String,
    pub state: Option<String>,
}

/// Why a request is none.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// Nothing where nobody knows that the address is the client's.
    pub back: Option<Back>,
    pub code: &'static str,
    pub description: &'static str,
}

impl AuthorizationRequest {
    pub fn back(&self) -> Back {
        Back { redirect_uri: self.redirect_uri.clone(), state: self.state.clone() }
    }

    pub fn wants(&self, prompt: Prompt) -> bool {
        self.prompts.contains(&prompt)
    }

    /// Whether the sign-in of that time is too old for what was asked then.
    pub fn wants_fresh(&self, signed_in: Timestamp, asked: Timestamp, now: Timestamp) -> bool {
        (self.wants(Prompt::Login) && signed_in < asked) || self.max_age.is_some_and(|seconds| signed_in.plus_seconds(seconds) < now)
    }

    /// # Errors
    /// What is wrong with it. The address is judged first, since a refusal goes nowhere else.
    pub fn parse(client: &OAuthClient, form: &Form) -> std::result::Result<Self, Fault> {
        let nowhere = |description| Fault { back: None, code: "invalid_request", description };
        let asked = form.get("redirect_uri").ok_or_else(|| nowhere("redirect_uri is missing."))?;
        if !client.redirect_uris.iter().any(|registered| redirect_uri::matches(registered, asked, client.kind)) {
            return Err(nowhere("redirect_uri is not registered."));
        }
        let state = form.get("state").map(str::to_owned);
        let back = Back { redirect_uri: asked.to_owned(), state: state.clone().filter(|state| state.len() <= 2048) };
        let fault = |code, description| Fault { back: Some(back.clone()), code, description };
        let request_fault = |description| fault("invalid_request", description);
        if form.get("request").is_some() {
            return Err(fault("request_not_supported", "Send the parameters themselves, or push them first."));
        }
        if state.as_ref().is_some_and(|state| state.len() > 2048) {
            return Err(request_fault("state is too long."));
        }
        if !client.may(GrantType::AuthorizationCode) {
            return Err(fault("unauthorized_client", "The client is not registered for codes."));
        }
        match form.get("response_type") {
            Some("code") => {}
            None => return Err(request_fault("response_type is missing.")),
            Some(_) => return Err(fault("unsupported_response_type", "The only response_type is code.")),
        }
        if form.get("response_mode").is_some_and(|mode| mode != "query") {
            return Err(request_fault("The only response_mode is query."));
        }
        let challenge = form.get("code_challenge").ok_or_else(|| request_fault("code_challenge is missing."))?;
        if form.get("code_challenge_method") != Some("S256") {
            return Err(request_fault("The only code_challenge_method is S256."));
        }
        if dpop::parse(challenge).is_none() || challenge.len() != 43 {
            return Err(request_fault("code_challenge is no SHA-256 in Base64."));
        }
        let scopes = form.get("scope").ok_or_else(|| fault("invalid_scope", "scope is missing."))?;
        let scopes = scopes::parse(scopes, &client.allowed_scopes)
            .ok_or_else(|| fault("invalid_scope", "A scope is not known, or the client is not registered for it."))?;
        let mut prompts = BTreeSet::new();
        for word in form.get("prompt").into_iter().flat_map(|text| text.split(' ')) {
            prompts.insert(match word {
                "none" => Prompt::None,
                "login" => Prompt::Login,
                "consent" => Prompt::Consent,
                "select_account" => Prompt::SelectAccount,
                _ => return Err(request_fault("A prompt is not known.")),
            });
        }
        if prompts.contains(&Prompt::None) && prompts.len() > 1 {
            return Err(request_fault("The prompt none stands alone."));
        }
        let max_age = match form.get("max_age").map(str::parse::<u32>) {
            None => None,
            Some(Ok(seconds)) => Some(i64::from(seconds)),
            Some(Err(_)) => return Err(request_fault("max_age is no number of seconds.")),
        };
        let nonce = form.get("nonce").map(str::to_owned);
        let login_hint = form.get("login_hint").map(str::to_owned);
        if nonce.as_ref().is_some_and(|nonce| nonce.len() > 512) || login_hint.as_ref().is_some_and(|hint| hint.len() > 254) {
            return Err(request_fault("nonce or login_hint is too long."));
        }
        let dpop_jkt = match form.get("dpop_jkt").map(dpop::parse) {
            None => None,
            Some(Some(thumbprint)) => Some(thumbprint),
            Some(None) => return Err(request_fault("dpop_jkt is no SHA-256 in Base64.")),
        };
        Ok(Self {
            redirect_uri: asked.to_owned(),
            scopes,
            state,
            nonce,
            code_challenge: challenge.to_owned(),
            prompts,
            max_age,
            login_hint,
            dpop_jkt,
        })
    }
}

impl Back {
    /// The address with an answer in its query, which says from whom it is (RFC 9207).
    ///
    /// # Errors
    /// An address that is none, which was registered as one.
    pub fn with(&self, app: &App, answer: &[(&str, &str)]) -> Result<String> {
        let mut url = Url::parse(&self.redirect_uri).map_err(Error::internal)?;
        {
            let mut query = url.query_pairs_mut();
            query.extend_pairs(answer);
            if let Some(state) = &self.state {
                query.append_pair("state", state);
            }
            query.append_pair("iss", &app.config.public_url);
        }
        Ok(url.into())
    }
}

/// What a request waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// For the browser to come with it.
    Pushed,
    SignIn,
    /// Of that user.
    Consent(Uuid),
}

impl Waiting {
    fn as_str(self) -> &'static str {
        match self {
            Self::Pushed => "pushed",
            Self::SignIn => "sign_in",
            Self::Consent(_) => "consent",
        }
    }

    pub fn lives(self) -> i64 {
        match self {
            Self::Pushed => 90,
            Self::SignIn => 3600,
            Self::Consent(_) => 900,
        }
    }
}

/// Keeps a request; answers the handle that finds it.
///
/// # Errors
/// The database's.
pub async fn keep(
    app: &App,
    db: &mut PgConnection,
    client: &OAuthClient,
    request: &AuthorizationRequest,
    waiting: Waiting,
    asked_at: Timestamp,
) -> Result<Zeroizing<String>> {
    let (handle, now) = (Token::random(), app.clock.now());
    let parameters = serde_json::to_value(request).map_err(Error::internal)?;
    // Whoever asks in vain makes rows; each goes soon after it has run out.
    store::forget_some(db, now).await?;
    store::insert(db, &handle.hash, client.id, waiting, &parameters, asked_at, now).await?;
    Ok(handle.secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::clients::{Authentication, IdTokenAlgorithm, Kind};
    use platform::id;

    fn client(kind: Kind, redirect_uris: &[&str]) -> OAuthClient {
        OAuthClient {
            id: id::new(),
            client_id: "app_x".to_owned(),
            tenant_id: None,
            name: "Notes".to_owned(),
            logo_text: "N".to_owned(),
            kind,
            authentication: Authentication::None,
            client_secret_hash: None,
            jwks: None,
            grant_types: vec![GrantType::AuthorizationCode],
            redirect_uris: redirect_uris.iter().map(|uri| (*uri).to_owned()).collect(),
            post_logout_redirect_uris: Vec::new(),
            allowed_scopes: vec!["openid".to_owned(), "contacts:read".to_owned()],
            id_token_algorithm: IdTokenAlgorithm::RS256,
            requires_par: false,
            requires_dpop: false,
            enabled: true,
            version: 1,
            created_at: Timestamp::from_second(0),
            updated_at: Timestamp::from_second(0),
        }
    }

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn asked(changes: &[(&str, Option<&str>)]) -> Form {
        let mut pairs = vec![
            ("redirect_uri", "https://notes.example.com/cb"),
            ("response_type", "code"),
            ("scope", "openid"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("state", "s"),
        ];
        for (name, value) in changes {
            pairs.retain(|(other, _)| other != name);
            pairs.extend(value.map(|value| (*name, value)));
        }
        let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        Form::parse(text.as_bytes()).expect("a form")
    }

    fn refused(changes: &[(&str, Option<&str>)]) -> (&'static str, bool) {
        let client = client(Kind::Public, &["https://notes.example.com/cb"]);
        let fault = AuthorizationRequest::parse(&client, &asked(changes)).expect_err("refused");
        (fault.code, fault.back.is_some())
    }

    #[test]
    fn a_request_is_checked_in_every_part() {
        let client = client(Kind::Public, &["https://notes.example.com/cb"]);
        AuthorizationRequest::parse(&client, &asked(&[])).expect("a request");
        for (name, value, code) in [
            ("response_type", None, "invalid_request"),
            ("response_type", Some("token"), "unsupported_response_type"),
            ("response_type", Some("code id_token"), "unsupported_response_type"),
            ("response_mode", Some("fragment"), "invalid_request"),
            ("code_challenge", None, "invalid_request"),
            ("code_challenge", Some("short"), "invalid_request"),
            ("code_challenge_method", None, "invalid_request"),
            ("code_challenge_method", Some("plain"), "invalid_request"),
            ("scope", None, "invalid_scope"),
            ("scope", Some("openid contacts:write"), "invalid_scope"),
            ("prompt", Some("none login"), "invalid_request"),
            ("prompt", Some("create"), "invalid_request"),
            ("max_age", Some("-1"), "invalid_request"),
            ("max_age", Some("soon"), "invalid_request"),
            ("dpop_jkt", Some("x"), "invalid_request"),
            ("request", Some("x.y.z"), "request_not_supported"),
        ] {
            assert_eq!(refused(&[(name, value)]), (code, true), "{name}={value:?}");
        }
        for address in [None, Some("https://evil.example/")] {
            assert_eq!(refused(&[("redirect_uri", address), ("scope", None)]), ("invalid_request", false));
        }
    }

    #[test]
    fn how_fresh_a_sign_in_must_be() {
        let client = client(Kind::Public, &["https://notes.example.com/cb"]);
        let at = Timestamp::from_second;
        let request = |name, value| AuthorizationRequest::parse(&client, &asked(&[(name, Some(value))])).expect("a request");
        assert!(request("prompt", "login").wants_fresh(at(10), at(11), at(12)));
        assert!(!request("prompt", "login").wants_fresh(at(11), at(11), at(12)));
        assert!(request("max_age", "60").wants_fresh(at(0), at(61), at(61)));
        assert!(!request("max_age", "60").wants_fresh(at(0), at(60), at(60)));
        assert!(!request("prompt", "consent").wants_fresh(at(0), at(600), at(600)));
    }
}

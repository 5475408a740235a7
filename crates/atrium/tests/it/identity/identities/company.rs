//! Another company's OpenID provider, as small as one can be, which answers as a test wishes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use platform::providers::Provider;
use serde_json::{Value, json};

use super::super::oauth::answered;
use super::super::oauth::dpop::Key;
use crate::world::World;

pub const CLIENT: &str = "atrium-at-acme";
pub const SECRET: &str = "the secret that acme gave us";

/// Makes an ID token of claims.
pub type Forge = Box<dyn Fn(&Value) -> String + Send>;

/// How it answers.
pub struct Wishes {
    pub key: Arc<Key>,
    pub kid: &'static str,
    /// Laid over the discovery document.
    pub discovery: Value,
    /// In place of it.
    pub document: Option<Vec<u8>>,
    pub delay: std::time::Duration,
    /// What it says at userinfo.
    pub userinfo: Value,
    /// In place of the ID token.
    pub forge: Option<Forge>,
    /// Paths that it was asked for.
    pub asked: Vec<String>,
    codes: BTreeMap<String, Code>,
}

struct Code {
    claims: Value,
    challenge: String,
    redirect: String,
}

#[derive(Clone)]
pub struct Company {
    pub issuer: String,
    wishes: Arc<Mutex<Wishes>>,
}

impl Company {
    pub async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let wishes = Wishes {
            key: Arc::new(Key::new()),
            kid: "one",
            discovery: json!({}),
            document: None,
            delay: std::time::Duration::ZERO,
            userinfo: json!({}),
            forge: None,
            asked: Vec::new(),
            codes: BTreeMap::new(),
        };
        let company = Self { issuer, wishes: Arc::new(Mutex::new(wishes)) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .with_state(company.clone());
        platform::task::detach(async move { axum::serve(listener, router).await.expect("served") });
        company
    }

    pub fn provider(&self, key: &str) -> Provider {
        Provider {
            key: key.to_owned(),
            name: format!("{key} Ltd"),
            issuer: self.issuer.clone(),
            client_id: CLIENT.to_owned(),
            client_secret: Some(secrecy::SecretString::from(SECRET)),
            domains: Vec::new(),
        }
    }

    pub fn wish<T>(&self, change: impl FnOnce(&mut Wishes) -> T) -> T {
        change(&mut self.wishes.lock().expect("not poisoned"))
    }

    /// Whom it names, at that address of ours; changed by what is given, where null takes away. Answers code and state.
    pub fn authorize(&self, world: &World, url: &str, changes: &Value) -> (String, String) {
        let asked = answered(url);
        assert_eq!((asked["response_type"].as_str(), asked["client_id"].as_str()), ("code", CLIENT));
        assert_eq!(asked["code_challenge_method"], "S256");
        let now = world.now().as_second();
        let mut claims = json!({
            "iss": self.issuer, "sub": "ana", "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"],
            "email": "ana@example.com", "email_verified": true, "name": "Ana Souza",
        });
        lay(&mut claims, changes);
        let code = platform::id::new().to_string();
        let issued = Code { claims, challenge: asked["code_challenge"].clone(), redirect: asked["redirect_uri"].clone() };
        self.wish(|wishes| wishes.codes.insert(code.clone(), issued));
        (code, asked["state"].clone())
    }
}

fn lay(over: &mut Value, changes: &Value) {
    let fields = over.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("changes") {
        match value {
            Value::Null => fields.remove(name),
            value => fields.insert(name.clone(), value.clone()),
        };
    }
}

async fn discovery(State(company): State<Company>) -> Response {
    let (document, delay, changes) = company.wish(|wishes| {
        wishes.asked.push("discovery".to_owned());
        (wishes.document.clone(), wishes.delay, wishes.discovery.clone())
    });
    tokio::time::sleep(delay).await;
    if let Some(document) = document {
        return ([(header::CONTENT_TYPE, "application/json")], document).into_response();
    }
    let at = &company.issuer;
    let mut said = json!({
        "issuer": at, "authorization_endpoint": format!("{at}/authorize"), "token_endpoint": format!("{at}/token"),
        "jwks_uri": format!("{at}/jwks"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    });
    lay(&mut said, &changes);
    Json(said).into_response()
}

async fn jwks(State(company): State<Company>) -> Json<Value> {
    let (mut key, kid) = company.wish(|wishes| {
        wishes.asked.push("jwks".to_owned());
        (wishes.key.public(), wishes.kid)
    });
    lay(&mut key, &json!({ "kid": kid, "use": "sig", "alg": "ES256" }));
    Json(json!({ "keys": [key] }))
}

async fn userinfo(State(company): State<Company>, headers: axum::http::HeaderMap) -> Response {
    if headers.get(header::AUTHORIZATION).is_none_or(|sent| sent != "Bearer of no use") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(company.wish(|wishes| wishes.userinfo.clone())).into_response()
}

async fn token(State(company): State<Company>, headers: axum::http::HeaderMap, Form(form): Form<BTreeMap<String, String>>) -> Response {
    let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{}", SECRET.replace(' ', "+"))));
    let is_ours = headers.get(header::AUTHORIZATION).is_some_and(|sent| sent == basic.as_str());
    company.wish(|wishes| {
        wishes.asked.push("token".to_owned());
        let code = form.get("code").and_then(|code| wishes.codes.remove(code));
        let verifier = form.get("code_verifier").map(String::as_str).unwrap_or_default();
        let challenge = URL_SAFE_NO_PAD.encode(platform::crypto::sha256(verifier.as_bytes()));
        let Some(code) = code.filter(|code| is_ours && code.challenge == challenge && form.get("redirect_uri") == Some(&code.redirect))
        else {
            return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
        };
        let id_token = match &wishes.forge {
            Some(forge) => forge(&code.claims),
            None => wishes.key.sign(&json!({ "alg": "ES256", "kid": wishes.kid, "typ": "JWT" }), &code.claims),
        };
        Json(json!({ "access_token": "of no use", "token_type": "Bearer", "expires_in": 60, "id_token": id_token })).into_response()
    })
}

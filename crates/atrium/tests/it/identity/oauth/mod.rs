//! The OAuth and OpenID provider: what it hands out, and every way to be refused.

mod clients;
mod codes;
mod consents;
mod devices;
pub mod dpop;
mod ends;
mod openid;
mod pushed;
mod redirects;
mod refresh;

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::client::{Answer, Client, Tenant};
use crate::world::World;

pub const CALLBACK: &str = "https://notes.example.com/cb";
/// RFC 7636, Appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A client that was registered.
pub struct App {
    pub id: Uuid,
    pub client_id: String,
    pub secret: Option<String>,
}

/// What a confidential client of a workspace is; changed by what is given.
pub fn registration(changes: Value) -> Value {
    let mut body = json!({
        "name": "Notes", "logo_text": "N", "kind": "confidential",
        "grant_types": ["authorization_code", "refresh_token"],
        "redirect_uris": [CALLBACK],
        "allowed_scopes": ["openid", "profile", "email", "offline_access", "contacts:read", "contacts:write"],
    });
    for (name, value) in changes.as_object().expect("changes") {
        body[name] = value.clone();
    }
    body
}

pub async fn registered(owner: &Client, changes: Value) -> App {
    App::of(owner.post("/oauth-clients", registration(changes)).await.expect(201))
}

impl App {
    fn of(made: Answer) -> Self {
        Self {
            id: made.id(),
            client_id: made.json["client_id"].as_str().expect("its name").to_owned(),
            secret: made.json["client_secret"].as_str().map(str::to_owned),
        }
    }

    /// At the token endpoint, as itself.
    pub async fn token(&self, world: &World, fields: &[(&str, &str)]) -> Answer {
        self.at(world, "/oauth/token", &[], fields).await
    }

    pub async fn at(&self, world: &World, path: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Answer {
        let mut all = vec![("client_id", self.client_id.as_str())];
        all.extend(self.secret.as_deref().map(|secret| ("client_secret", secret)));
        all.extend_from_slice(fields);
        Client::anonymous(world).form(path, headers, &all).await
    }

    pub async fn redeem(&self, world: &World, code: &str) -> Answer {
        self.token(world, &[("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)])
            .await
    }

    pub async fn refresh(&self, world: &World, token: &str) -> Answer {
        self.token(world, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// What an authorization request of it looks like; changed by what is given, taken out where that is empty.
    pub fn request(&self, changes: &[(&str, &str)]) -> String {
        let mut fields = BTreeMap::from([
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid offline_access contacts:read"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("state", "some state"),
            ("nonce", "some nonce"),
        ]);
        fields.extend(changes.iter().copied());
        fields.retain(|_, value| !value.is_empty());
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        format!("/oauth/authorize?{query}")
    }

    /// The whole way to a code, the person's consent included where it is asked.
    pub async fn code(&self, person: &Client, tenant: &Tenant, changes: &[(&str, &str)]) -> String {
        let address = location(&person.get(&self.request(changes)).await.expect(303));
        let back = match address.strip_prefix("/oauth/consent?request=") {
            Some(handle) => agree(person, handle, tenant.id).await,
            None => address,
        };
        answered(&back)["code"].clone()
    }

    /// Its first tokens.
    pub async fn tokens(&self, world: &World, person: &Client, tenant: &Tenant) -> Value {
        let code = self.code(person, tenant, &[]).await;
        self.redeem(world, &code).await.expect(200).json
    }
}

/// The person says yes; where the browser goes then.
pub async fn agree(person: &Client, handle: &str, tenant: Uuid) -> String {
    let decision = json!({ "request": handle, "allowed": true, "tenant_id": tenant });
    let decided = person.post("/oauth-authorizations", decision).await.expect(200);
    decided.json["redirect_to"].as_str().expect("an address").to_owned()
}

#[track_caller]
pub fn location(answer: &Answer) -> String {
    answer.headers.get("location").and_then(|value| value.to_str().ok()).expect("an address").to_owned()
}

/// The query of an address.
pub fn answered(address: &str) -> BTreeMap<String, String> {
    Url::parse(address).unwrap_or_else(|_| panic!("{address}")).query_pairs().into_owned().collect()
}

#[track_caller]
pub fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

/// What the API answers to that access token.
pub async fn reads(world: &World, token: &str) -> u16 {
    by(world, token, Method::GET, "/contacts", None).await.status.as_u16()
}

pub async fn by(world: &World, token: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
    let header = format!("Bearer {token}");
    Client::anonymous(world).send(method, path, &[("authorization", &header)], body.as_ref()).await
}

pub async fn owner_sql(world: &World, sql: &'static str, id: Uuid) {
    sqlx::query(sql).bind(id).execute(&mut world.as_owner().await).await.expect("changed");
    world.app.sessions.forget();
}

pub fn error(answer: &Answer) -> &str {
    answer.json["error"].as_str().unwrap_or_default()
}

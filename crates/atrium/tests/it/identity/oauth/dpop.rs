//! DPoP (RFC 9449): a bound token is worth nothing without its key.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use super::{App, CALLBACK, VERIFIER, error, registered, text};
use crate::client::{Answer, Client, Tenant};
use crate::world::World;

/// A client's own key.
pub struct Key(EcdsaKeyPair);

impl Key {
    pub fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"))
    }

    pub fn public(&self) -> Value {
        let point = self.0.public_key().as_ref();
        json!({ "kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]) })
    }

    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = self.0.sign(&SystemRandom::new(), text.as_bytes()).expect("signed");
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// A proof as it should be; changed by what is given.
fn proof(world: &World, key: &Key, method: &str, path: &str, changes: Value) -> String {
    let mut claims = json!({
        "jti": platform::id::new(), "htm": method, "htu": format!("{}{path}", world.url), "iat": world.now().as_second(),
        "nonce": identity::oauth::dpop::nonce(&world.app),
    });
    for (name, value) in changes.as_object().expect("changes") {
        claims[name] = value.clone();
    }
    key.sign(&json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": key.public() }), &claims)
}

fn hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(platform::crypto::sha256(token.as_bytes()))
}

async fn redeem(world: &World, app: &App, code: &str, proof: &str) -> Answer {
    let grant = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)];
    app.at(world, "/oauth/token", &[("dpop", proof)], &grant).await
}

/// A bound token, and its refresh token.
async fn bound(world: &World, app: &App, tenant: &Tenant, key: &Key) -> Value {
    let code = app.code(&tenant.owner, tenant, &[]).await;
    let issued = redeem(world, app, &code, &proof(world, key, "POST", "/oauth/token", json!({}))).await.expect(200);
    assert!(issued.headers.contains_key("dpop-nonce"));
    assert_eq!(issued.json["token_type"], "DPoP");
    issued.json
}

async fn contacts(world: &World, scheme: &str, token: &str, proofs: &[&str]) -> u16 {
    let header = format!("{scheme} {token}");
    let mut headers = vec![("authorization", header.as_str())];
    headers.extend(proofs.iter().map(|proof| ("dpop", *proof)));
    Client::anonymous(world).send(Method::GET, "/contacts", &headers, None).await.status.as_u16()
}

#[tokio::test]
async fn a_bound_token_counts_with_its_key_alone() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let (key, stranger) = (Key::new(), Key::new());
    let issued = bound(&world, &app, &tenant, &key).await;
    let token = text(&issued, "access_token");
    let path = "/api/v1/contacts";
    let fresh = |key: &Key, changes: Value| {
        let mut all = json!({ "ath": hash(&token) });
        for (name, value) in changes.as_object().expect("changes") {
            all[name] = value.clone();
        }
        proof(&world, key, "GET", path, all)
    };
    let good = fresh(&key, json!({}));
    assert_eq!(contacts(&world, "DPoP", &token, &[&good]).await, 200);
    assert_eq!(contacts(&world, "DPoP", &token, &[&good]).await, 401, "shown twice");
    assert_eq!(contacts(&world, "Bearer", &token, &[]).await, 401, "as a bearer's");
    assert_eq!(contacts(&world, "Bearer", &token, &[&fresh(&key, json!({}))]).await, 401);
    assert_eq!(contacts(&world, "DPoP", &token, &[]).await, 401);
    let (one, two) = (fresh(&key, json!({})), fresh(&key, json!({})));
    assert_eq!(contacts(&world, "DPoP", &token, &[&one, &two]).await, 401, "two proofs");
    for (why, wrong) in [
        ("another key", fresh(&stranger, json!({}))),
        ("method", fresh(&key, json!({ "htm": "POST" }))),
        ("address", fresh(&key, json!({ "htu": format!("{}/api/v1/members", world.url) }))),
        ("host", fresh(&key, json!({ "htu": "https://evil.example/api/v1/contacts" }))),
        ("hash", fresh(&key, json!({ "ath": hash("another") }))),
        ("no hash", proof(&world, &key, "GET", path, json!({}))),
        ("old", fresh(&key, json!({ "iat": world.now().as_second() - 61 }))),
        ("not yet", fresh(&key, json!({ "iat": world.now().as_second() + 61 }))),
        ("time as text", fresh(&key, json!({ "iat": world.now().as_second().to_string() }))),
        ("no name", fresh(&key, json!({ "jti": "" }))),
    ] {
        assert_eq!(contacts(&world, "DPoP", &token, &[&wrong]).await, 401, "{why}");
    }
    assert_eq!(contacts(&world, "DPoP", &token, &[&fresh(&key, json!({ "htu": format!("{}{path}?q=x#y", world.url) }))]).await, 200);
    // One that is not bound gains nothing by a proof.
    let plain = text(&app.tokens(&world, &tenant.owner, &tenant).await, "access_token");
    let beside = proof(&world, &key, "GET", path, json!({ "ath": hash(&plain) }));
    assert_eq!(contacts(&world, "DPoP", &plain, &[&beside]).await, 401);
    let told = app.at(&world, "/oauth/introspect", &[], &[("token", &token)]).await.expect(200).json;
    assert_eq!(told["token_type"], "DPoP");
    assert!(told["cnf"]["jkt"].is_string());
}

#[tokio::test]
async fn the_token_endpoint_asks_for_its_nonce() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let key = Key::new();
    let code = app.code(&tenant.owner, &tenant, &[]).await;
    let old = identity::oauth::dpop::nonce(&world.app);
    for nonce in [Value::Null, json!("mine"), json!("")] {
        let asked = redeem(&world, &app, &code, &proof(&world, &key, "POST", "/oauth/token", json!({ "nonce": nonce }))).await.expect(400);
        assert_eq!((error(&asked), asked.headers["dpop-nonce"].to_str().ok()), ("use_dpop_nonce", Some(old.as_str())));
    }
    let wrong = proof(&world, &key, "POST", "/oauth/revoke", json!({}));
    assert_eq!(error(&redeem(&world, &app, &code, &wrong).await.expect(400)), "invalid_dpop_proof");
    let good = proof(&world, &key, "POST", "/oauth/token", json!({}));
    redeem(&world, &app, &code, &good).await.expect(200);
    let other = app.code(&tenant.owner, &tenant, &[]).await;
    assert_eq!(error(&redeem(&world, &app, &other, &good).await.expect(400)), "invalid_dpop_proof", "shown twice");
    world.advance_minutes(6);
    let late = app.code(&tenant.owner, &tenant, &[]).await;
    let asked = redeem(&world, &app, &late, &proof(&world, &key, "POST", "/oauth/token", json!({ "nonce": old }))).await.expect(400);
    assert_eq!(error(&asked), "use_dpop_nonce");
}

#[tokio::test]
async fn a_bound_family_is_refreshed_with_its_key() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({ "kind": "public", "requires_dpop": true })).await;
    let (key, stranger) = (Key::new(), Key::new());
    let code = app.code(&tenant.owner, &tenant, &[]).await;
    assert_eq!(error(&app.redeem(&world, &code).await.expect(400)), "invalid_dpop_proof", "it has to be bound");
    let issued = bound(&world, &app, &tenant, &key).await;
    let token = text(&issued, "refresh_token");
    let refresh = async |key: &Key| {
        let proof = proof(&world, key, "POST", "/oauth/token", json!({}));
        app.at(&world, "/oauth/token", &[("dpop", &proof)], &[("grant_type", "refresh_token"), ("refresh_token", &token)]).await
    };
    assert_eq!(error(&app.refresh(&world, &token).await.expect(400)), "invalid_dpop_proof");
    assert_eq!(error(&refresh(&stranger).await.expect(400)), "invalid_grant");
    let next = refresh(&key).await.expect(200).json;
    // The lost answer comes again to the same key only, and a stranger's try ends nothing.
    assert_eq!(error(&refresh(&stranger).await.expect(400)), "invalid_grant");
    assert_eq!(refresh(&key).await.expect(200).json["refresh_token"], next["refresh_token"]);
}

/// RFC 9449, 10: a code that was asked for with a key is that key's.
#[tokio::test]
async fn a_code_may_be_bound_from_the_start() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let (key, stranger) = (Key::new(), Key::new());
    let issued = bound(&world, &app, &tenant, &key).await;
    let told = app.at(&world, "/oauth/introspect", &[], &[("token", &text(&issued, "access_token"))]).await.expect(200).json;
    let thumbprint = told["cnf"]["jkt"].as_str().expect("a thumbprint").to_owned();
    let code = app.code(&tenant.owner, &tenant, &[("dpop_jkt", &thumbprint)]).await;
    assert_eq!(error(&app.redeem(&world, &code).await.expect(400)), "invalid_grant");
    assert_eq!(
        error(&redeem(&world, &app, &code, &proof(&world, &stranger, "POST", "/oauth/token", json!({}))).await.expect(400)),
        "invalid_grant"
    );
    redeem(&world, &app, &code, &proof(&world, &key, "POST", "/oauth/token", json!({}))).await.expect(200);
    // Userinfo asks for its nonce as the token endpoint does.
    let token = text(&issued, "access_token");
    let header = format!("DPoP {token}");
    let without = proof(&world, &key, "GET", "/oauth/userinfo", json!({ "ath": hash(&token), "nonce": null }));
    let asked = Client::anonymous(&world)
        .send(Method::GET, "/oauth/userinfo", &[("authorization", &header), ("dpop", &without)], None)
        .await
        .expect(401);
    assert_eq!(error(&asked), "use_dpop_nonce");
    let with = proof(&world, &key, "GET", "/oauth/userinfo", json!({ "ath": hash(&token) }));
    Client::anonymous(&world).send(Method::GET, "/oauth/userinfo", &[("authorization", &header), ("dpop", &with)], None).await.expect(200);
}

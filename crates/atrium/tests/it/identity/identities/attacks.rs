//! Answers that nobody may come in by.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::company::{CLIENT, Company, Forge, SECRET};
use super::{ANA, begin, come_back, go, identities, newcomer, scene, unknown, with_cookies};
use crate::client::{Answer, Client};
use crate::identity::oauth::dpop::Key;
use crate::world::World;

async fn refused(answer: Answer, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code()), (401, code), "{}", answer.text);
    let sets_session = |value: &reqwest::header::HeaderValue| value.to_str().is_ok_and(|text| text.starts_with("atrium_session="));
    assert!(!answer.headers.get_all("set-cookie").iter().any(sets_session));
}

async fn is_refused(world: &World, company: &Company, claims: Value) {
    refused(go(world, company, &Client::anonymous(world), "sign_in", claims).await, "provider_refused").await;
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[tokio::test]
async fn an_id_token_is_its_issuers_for_us_now_and_once() {
    let (world, company) = scene().await;
    newcomer(&world, &company).await;
    let now = world.now().as_second();
    for claims in [
        json!({ "iss": "https://evil.example" }),
        json!({ "iss": format!("{}/", company.issuer) }),
        json!({ "iss": null }),
        json!({ "aud": "another client" }),
        json!({ "aud": [CLIENT, "another client"] }),
        json!({ "aud": [] }),
        json!({ "aud": null }),
        json!({ "nonce": "of another sign-in" }),
        json!({ "nonce": null }),
        json!({ "exp": now - 120 }),
        json!({ "exp": null }),
        json!({ "iat": now - 3600 }),
        json!({ "iat": now + 3600 }),
        json!({ "sub": null }),
    ] {
        is_refused(&world, &company, claims).await;
    }
    go(&world, &company, &Client::anonymous(&world), "sign_in", json!({})).await.expect(201);
    let mut db = world.as_owner().await;
    let failed: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM directory.login_history WHERE method = 'provider' AND outcome = 'failed' AND failure_reason = 'provider'",
    )
    .fetch_one(&mut db)
    .await
    .expect("a count");
    assert_eq!(failed, 14, "each is written down");
}

#[tokio::test]
async fn an_id_token_is_signed_by_a_key_of_its_issuer() {
    let (world, company) = scene().await;
    newcomer(&world, &company).await;
    let foreign = Key::new();
    let forgeries: [Forge; 5] = [
        Box::new(|claims| format!("{}.{}.", part(&json!({ "alg": "none" })), part(claims))),
        Box::new(|claims| {
            let text = format!("{}.{}", part(&json!({ "alg": "HS256" })), part(claims));
            format!("{text}.{}", URL_SAFE_NO_PAD.encode(platform::crypto::hmac(SECRET.as_bytes(), &[text.as_bytes()])))
        }),
        Box::new(move |claims| foreign.sign(&json!({ "alg": "ES256", "kid": "one" }), claims)),
        Box::new(|claims| Key::new().sign(&json!({ "alg": "ES256", "kid": "unheard of" }), claims)),
        Box::new(|_| "no.token.at-all".to_owned()),
    ];
    for forge in forgeries {
        company.wish(|wishes| wishes.forge = Some(forge));
        is_refused(&world, &company, json!({})).await;
    }
    company.wish(|wishes| wishes.forge = None);
    go(&world, &company, &Client::anonymous(&world), "sign_in", json!({})).await.expect(201);
}

#[tokio::test]
async fn keys_change_and_old_ones_count_no_more() {
    let (world, company) = scene().await;
    newcomer(&world, &company).await;
    let old = company.wish(|wishes| std::mem::replace(&mut wishes.key, std::sync::Arc::new(Key::new())));
    company.wish(|wishes| wishes.kid = "two");
    go(&world, &company, &Client::anonymous(&world), "sign_in", json!({})).await.expect(201);
    company.wish(|wishes| wishes.forge = Some(Box::new(move |claims| old.sign(&json!({ "alg": "ES256", "kid": "one" }), claims))));
    is_refused(&world, &company, json!({})).await;
}

/// What came back counts in the browser that began, once, and for ten minutes.
#[tokio::test]
async fn an_answer_is_bound_to_the_browser_and_counts_once() {
    let (world, company) = scene().await;
    newcomer(&world, &company).await;
    let visitor = Client::anonymous(&world);
    let (browser, url) = begin(&visitor, "sign_in").await;
    let (other, other_url) = begin(&visitor, "sign_in").await;
    let (code, state) = company.authorize(&world, &url, &json!({}));
    let (evil_code, evil_state) = company.authorize(&world, &other_url, &json!({ "sub": "mallory" }));
    // Mallory makes Ana's browser come with his answer: with his state, or with hers.
    refused(come_back(&browser, &evil_code, &evil_state).await, "challenge_over").await;
    refused(come_back(&browser, &evil_code, "").await, "challenge_over").await;
    // Mallory has got Ana's code, and a browser of his own.
    refused(come_back(&visitor, &code, &state).await, "challenge_over").await;
    refused(come_back(&other, &code, &state).await, "challenge_over").await;
    // None of it ended Ana's way.
    come_back(&browser, &code, &state).await.expect(201);
    refused(come_back(&browser, &code, &state).await, "challenge_over").await;
    // His own state with her code: the verifier is another.
    let (browser, url) = begin(&visitor, "sign_in").await;
    let (code, _) = company.authorize(&world, &url, &json!({}));
    refused(come_back(&other, &code, &evil_state).await, "provider_refused").await;
    drop(browser);
    let (late, url) = begin(&visitor, "sign_in").await;
    let (code, state) = company.authorize(&world, &url, &json!({}));
    world.advance_minutes(11);
    refused(come_back(&late, &code, &state).await, "challenge_over").await;
    // What the provider refused is said, and is over.
    let (browser, url) = begin(&visitor, "sign_in").await;
    let (_, state) = company.authorize(&world, &url, &json!({}));
    let answer = browser.post("/sessions/provider", json!({ "provider": "acme", "state": state })).await;
    refused(answer, "provider_refused").await;
}

/// A dishonest provider sends its answer as another's, or another's as its own (RFC 9700, 4.4).
#[tokio::test]
async fn one_provider_does_not_answer_for_another() {
    let (honest, dishonest) = (Company::open().await, Company::open().await);
    let providers = vec![honest.provider("acme"), dishonest.provider("evil")];
    let world = World::with(Default::default(), |config| {
        config.private_services = true;
        config.providers = providers;
    })
    .await;
    newcomer(&world, &honest).await;
    let visitor = Client::anonymous(&world);
    let evil = visitor.post("/sessions/provider/options", json!({ "provider": "evil", "intent": "sign_in" })).await.expect(201);
    let url = evil.json["url"].as_str().expect("an address").to_owned();
    let browser = with_cookies(&visitor, &evil);
    let (code, state) = dishonest.authorize(&world, &url, &json!({}));
    assert!(url.contains("sign-in%2Ffrom%2Fevil"), "each comes back by a page of its own: {url}");
    let answer = |provider: &'static str, iss: Option<String>| {
        let body = json!({ "provider": provider, "code": code, "state": state, "iss": iss });
        let browser = browser.clone();
        async move { browser.post("/sessions/provider", body).await }
    };
    refused(answer("acme", None).await, "challenge_over").await;
    refused(answer("evil", Some(honest.issuer.clone())).await, "challenge_over").await;
    // Its own word for the other's person is somebody else here.
    let own = answer("evil", Some(dishonest.issuer.clone())).await.expect(200);
    assert_eq!(own.json["outcome"], "unknown");
    assert!(!honest.wish(|wishes| wishes.asked.iter().filter(|what| *what == "token").count() > 1), "no code went to another provider");
    // Who says that it names itself has to.
    honest.wish(|wishes| wishes.discovery = json!({ "authorization_response_iss_parameter_supported": true }));
    let (browser, url) = begin(&visitor, "sign_in").await;
    let (code, state) = honest.authorize(&world, &url, &json!({}));
    refused(come_back(&browser, &code, &state).await, "challenge_over").await;
    let named = json!({ "provider": "acme", "code": code, "state": state, "iss": honest.issuer });
    browser.post("/sessions/provider", named).await.expect(201);
}

#[tokio::test]
async fn the_subject_is_the_key_and_not_the_address() {
    let (world, company) = scene().await;
    let ana = newcomer(&world, &company).await;
    let id = ana.get("/me").await.expect(200).id();
    // The address was given to somebody else there.
    unknown(&world, &company, json!({ "sub": "eva" })).await;
    // The person got another address there.
    let moved = go(&world, &company, &Client::anonymous(&world), "sign_in", json!({ "email": "ana@new.example" })).await.expect(201);
    assert_eq!((&moved.json["user"]["id"], &moved.json["user"]["email"]), (&json!(id), &json!(ANA)), "ours stays as it is");
    assert_eq!(identities(&world).await, 1);
}

/// Issuer, keys and token endpoint are refused where they are not public; redirects there are tests of the client itself
/// (`http_client::tests`).
#[tokio::test]
async fn addresses_that_are_not_public_are_not_asked() {
    // Whoever only connects is counted, too.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let came = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counts = came.clone();
    platform::task::detach(async move {
        while listener.accept().await.is_ok() {
            counts.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
    });
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0177.0.0.1", "[::1]", "169.254.169.254"] {
        let mut provider = Company::open().await.provider("acme");
        provider.issuer = format!("https://{host}:{port}");
        let world = World::with(Default::default(), |config| config.providers = vec![provider]).await;
        let begun = json!({ "provider": "acme", "intent": "sign_in" });
        let answer = Client::anonymous(&world).post("/sessions/provider/options", begun).await.expect(502);
        assert_eq!(answer.code(), "provider_unreachable");
        assert!(!answer.text.contains(host), "{}", answer.text);
    }
    assert_eq!(came.load(std::sync::atomic::Ordering::SeqCst), 0);
}

/// A document that may be read leads nowhere that may not: not to keys, not with a code to a token endpoint, not by a redirect.
#[tokio::test]
async fn a_public_document_leads_to_no_private_address() {
    let company = Company::open().await;
    let provider = company.provider("acme");
    let world = World::with(Default::default(), |config| config.providers = vec![provider]).await;
    // 127.0.0.1 stands for the public internet here, and 127.0.0.2 for what is private.
    let is_public = |ip: std::net::IpAddr| ip == std::net::IpAddr::from([127, 0, 0, 1]);
    let listener = tokio::net::TcpListener::bind("127.0.0.2:0").await.expect("a port");
    let private = format!("http://{}", listener.local_addr().expect("an address"));
    let came = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counts = came.clone();
    platform::task::detach(async move {
        while listener.accept().await.is_ok() {
            counts.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
    });
    let visitor = served_with(&world, platform::http_client::HttpClient::allowing(is_public)).await;
    let begun = json!({ "provider": "acme", "intent": "sign_in" });
    company.wish(|wishes| wishes.discovery = json!({ "jwks_uri": format!("{private}/jwks") }));
    assert_eq!(visitor.post("/sessions/provider/options", begun.clone()).await.expect(502).code(), "provider_unreachable");
    company.wish(|wishes| wishes.discovery = json!({ "token_endpoint": format!("{private}/token") }));
    let (browser, url) = begin(&visitor, "sign_in").await;
    let (code, state) = company.authorize(&world, &url, &json!({}));
    let answer = come_back(&browser, &code, &state).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (401, "provider_refused"), "{}", answer.text);
    assert!(!answer.text.contains("127.0.0.2"), "{}", answer.text);
    assert_eq!(came.load(std::sync::atomic::Ordering::SeqCst), 0, "nobody even connected");
    // With its own addresses the same way leads on.
    company.wish(|wishes| wishes.discovery = json!({}));
    let (browser, url) = begin(&visitor, "sign_in").await;
    let (code, state) = company.authorize(&world, &url, &json!({}));
    come_back(&browser, &code, &state).await.expect(200);
}

/// The same instance, served with another client for the host's addresses.
async fn served_with(world: &World, services: platform::http_client::HttpClient) -> Client {
    let app = platform::App::new(platform::state::Parts { services, ..(*world.app).clone() });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = atrium::router::router(atrium::health::Health { app, draining: std::sync::Arc::default() });
    let limits = atrium::server::Limits { connections: 64, drain: Duration::from_secs(1) };
    platform::task::detach(atrium::server::serve(listener, None, router, limits, tokio_util::sync::CancellationToken::new()));
    Client::at(&url)
}

#[tokio::test]
async fn documents_that_are_huge_slow_broken_or_anothers_are_none() {
    let (world, company) = scene().await;
    let visitor = Client::anonymous(&world);
    let begun = async || {
        let asked = std::time::Instant::now();
        let answer = visitor.post("/sessions/provider/options", json!({ "provider": "acme", "intent": "sign_in" })).await;
        assert!(asked.elapsed() < Duration::from_secs(12), "somebody waits for it");
        assert_eq!((answer.status.as_u16(), answer.code()), (502, "provider_unreachable"), "{}", answer.text);
        assert!(answer.headers.get("set-cookie").is_none());
    };
    for document in [vec![b' '; 300 * 1024], b"{".to_vec(), b"{}".to_vec(), b"<html>".to_vec()] {
        company.wish(|wishes| wishes.document = Some(document));
        begun().await;
    }
    company.wish(|wishes| wishes.document = None);
    for discovery in [
        json!({ "issuer": "https://evil.example" }),
        json!({ "issuer": format!("{}/", company.issuer) }),
        json!({ "jwks_uri": "file:///etc/passwd" }),
        json!({ "jwks_uri": null }),
    ] {
        company.wish(|wishes| wishes.discovery = discovery);
        begun().await;
    }
    company.wish(|wishes| (wishes.discovery, wishes.delay) = (json!({}), Duration::from_secs(30)));
    begun().await;
}

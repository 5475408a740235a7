//! OpenID: ID tokens, the keys under them, what is published, and what a person's claims are.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation};
use reqwest::Method;
use serde_json::{Value, json};

use super::{owner_sql, reads, registered, text};
use crate::client::{Client, Tenant};
use crate::world::World;

async fn keys(world: &World) -> JwkSet {
    let answer = Client::anonymous(world).get("/oauth/jwks").await.expect(200);
    assert!(!answer.text.contains("\"d\""), "{}", answer.text);
    serde_json::from_value(answer.json).expect("keys")
}

/// As a client reads it: by the published key that its header names.
async fn claims(world: &World, token: &str) -> Value {
    let header = jsonwebtoken::decode_header(token).expect("a header");
    let keys = keys(world).await;
    let key = keys.find(header.kid.as_deref().expect("a key's name")).expect("published");
    let mut validation = Validation::new(header.alg);
    (validation.validate_exp, validation.validate_aud) = (false, false);
    jsonwebtoken::decode::<Value>(token, &DecodingKey::from_jwk(key).expect("a key"), &validation).expect("signed").claims
}

#[tokio::test]
async fn an_id_token_says_who_signed_in_and_for_whom() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    for algorithm in ["RS256", "ES256"] {
        let app = registered(&tenant.owner, json!({ "id_token_algorithm": algorithm })).await;
        let issued = app.tokens(&world, &tenant.owner, &tenant).await;
        let token = text(&issued, "id_token");
        assert_eq!(format!("{:?}", jsonwebtoken::decode_header(&token).expect("a header").alg), algorithm);
        let told = claims(&world, &token).await;
        let now = world.now().as_second();
        assert_eq!(
            (text(&told, "iss"), text(&told, "aud"), &told["sub"]),
            (world.url.clone(), app.client_id.clone(), &json!(tenant.owner_id))
        );
        assert_eq!(
            (text(&told, "nonce"), &told["iat"], &told["exp"], &told["auth_time"]),
            ("some nonce".to_owned(), &json!(now), &json!(now + 3600), &json!(now))
        );
        let hashed = platform::crypto::sha256(text(&issued, "access_token").as_bytes());
        assert_eq!(text(&told, "at_hash"), URL_SAFE_NO_PAD.encode(&hashed[..16]));
        // It is no access token.
        assert_eq!(reads(&world, &token).await, 401);
    }
    let app = registered(&tenant.owner, json!({})).await;
    let code = app.code(&tenant.owner, &tenant, &[("scope", "contacts:read")]).await;
    assert!(app.redeem(&world, &code).await.expect(200).json.get("id_token").is_none());
}

#[tokio::test]
async fn keys_are_published_before_they_sign_and_after() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let first = text(&app.tokens(&world, &tenant.owner, &tenant).await, "id_token");
    let kid = |token: &str| jsonwebtoken::decode_header(token).expect("a header").kid.expect("a name");
    assert_eq!(keys(&world).await.keys.len(), 2);
    let rotate = async || {
        owner_sql(&world, "SELECT graphile_worker.add_job('RotateSigningKeys', '{}') WHERE $1::uuid IS NOT NULL", tenant.id).await;
        world.settle().await;
    };
    rotate().await;
    assert_eq!(keys(&world).await.keys.len(), 2, "not yet");
    world.advance_minutes(89 * 24 * 60);
    rotate().await;
    rotate().await;
    let published = keys(&world).await;
    assert_eq!(published.keys.len(), 4);
    let (_, again) = tenant.member(&world, "admin").await;
    let same = text(&app.tokens(&world, &again, &tenant).await, "id_token");
    assert_eq!(kid(&same), kid(&first), "published, and not signing");
    world.advance_minutes(24 * 60);
    let (_, later) = tenant.member(&world, "viewer").await;
    let next = text(&app.tokens(&world, &later, &tenant).await, "id_token");
    assert_ne!(kid(&next), kid(&first));
    claims(&world, &first).await;
    claims(&world, &next).await;
    world.advance_minutes(8 * 24 * 60);
    assert!(keys(&world).await.find(&kid(&first)).is_none());
    // Sealed: under another instance's keys they do not open, and nothing of them stands in the clear.
    let sealed: Vec<u8> = sqlx::query_scalar("SELECT private_key_ciphertext FROM directory.oauth_signing_keys LIMIT 1")
        .fetch_one(&mut world.as_owner().await)
        .await
        .expect("a key");
    assert_eq!(sealed[0], 1, "the id of the key that sealed it");
}

#[tokio::test]
async fn claims_follow_the_scopes() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let info = async |scope: &str| {
        let code = app.code(&tenant.owner, &tenant, &[("scope", scope)]).await;
        let token = text(&app.redeem(&world, &code).await.expect(200).json, "access_token");
        Client::anonymous(&world).send(Method::GET, "/oauth/userinfo", &[("authorization", &format!("Bearer {token}"))], None).await
    };
    let plain = info("openid").await.expect(200).json;
    assert_eq!(plain, json!({ "sub": tenant.owner_id, "tenant_id": tenant.id }));
    let all = info("openid profile email").await.expect(200).json;
    assert_eq!(
        (&all["name"], &all["email"], &all["email_verified"], &all["zoneinfo"]),
        (&json!("acme Owner"), &json!("acme@example.com"), &json!(true), &json!("UTC"))
    );
    let refused = info("contacts:read").await.expect(403);
    assert_eq!(super::error(&refused), "insufficient_scope");
    // By no cookie, by nothing else.
    tenant.owner.get("/oauth/userinfo").await.expect(401);
    for wrong in ["Bearer", "Bearer x", "Basic x", "Bearer atrium_oat_x"] {
        let refused = Client::anonymous(&world).send(Method::GET, "/oauth/userinfo", &[("authorization", wrong)], None).await.expect(401);
        assert!(refused.headers["www-authenticate"].to_str().is_ok_and(|value| value.starts_with("Bearer error=")), "{wrong}");
    }
}

#[tokio::test]
async fn what_is_published_says_what_there_is() {
    let world = World::new().await;
    let nobody = Client::anonymous(&world);
    let one = nobody.get("/.well-known/openid-configuration").await.expect(200).json;
    assert_eq!(one, nobody.get("/.well-known/oauth-authorization-server").await.expect(200).json);
    assert_eq!(
        (text(&one, "issuer"), &one["code_challenge_methods_supported"], &one["response_types_supported"]),
        (world.url.clone(), &json!(["S256"]), &json!(["code"]))
    );
    for (name, address) in
        one.as_object().expect("a document").iter().filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri")
    {
        let path = address.as_str().and_then(|address| address.strip_prefix(&world.url)).unwrap_or_else(|| panic!("{name}"));
        let answer = nobody.get(path).await;
        assert_ne!(answer.status, 404, "{name}");
    }
}

/// Open to scripts of any site where no cookie is looked at, and to none where one is.
#[tokio::test]
async fn other_sites_may_call_what_looks_at_no_cookie() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let from = [("origin", "https://spa.example"), ("sec-fetch-site", "cross-site")];
    let asked = app.at(&world, "/oauth/token", &from, &[("grant_type", "refresh_token"), ("refresh_token", "x")]).await.expect(400);
    assert_eq!(asked.headers["access-control-allow-origin"], "*");
    assert!(asked.headers.get("access-control-allow-credentials").is_none());
    for path in ["/oauth/token", "/oauth/userinfo", "/oauth/par", "/oauth/revoke"] {
        let preflight =
            [("origin", "https://spa.example"), ("access-control-request-method", "POST"), ("access-control-request-headers", "dpop")];
        let answer = Client::anonymous(&world).send(Method::OPTIONS, path, &preflight, None).await.expect(204);
        assert!(answer.headers["access-control-allow-headers"].to_str().is_ok_and(|names| names.contains("dpop")), "{path}");
    }
    for path in [app.request(&[]), "/oauth/logout".to_owned(), "/oauth/continue/x".to_owned()] {
        let answer = tenant.owner.send(Method::GET, &path, &from, None).await.expect(303);
        assert!(answer.headers.get("access-control-allow-origin").is_none(), "{path}");
        assert!(answer.headers["content-security-policy"].to_str().is_ok_and(|policy| policy.contains("frame-ancestors 'none'")), "{path}");
    }
    let cookies = tenant.owner.form("/oauth/token", &from, &[("grant_type", "refresh_token")]).await.expect(401);
    assert_eq!(super::error(&cookies), "invalid_client");
}

/// OpenID Connect Core 1.0, 3.1.2.1, and RP-Initiated Logout 1.0, 2: by POST too. It comes from another site, with no cookie that
/// would be looked at, and is the same request by GET from there on.
#[tokio::test]
async fn a_form_of_a_clients_page_leads_where_its_link_does() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let done = "https://notes.example.com/bye";
    let app = registered(&tenant.owner, json!({ "post_logout_redirect_uris": [done] })).await;
    let tokens = app.tokens(&world, &tenant.owner, &tenant).await;
    let cross_site = [("origin", "https://notes.example.com"), ("sec-fetch-site", "cross-site")];
    let fields = |address: &str| super::answered(&format!("https://x.example{address}"));
    let asked = fields(&app.request(&[]));
    let pairs: Vec<(&str, &str)> = asked.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    // Whoever is signed in: the cookie of a request of another site is not looked at.
    for client in [&Client::anonymous(&world), &tenant.owner] {
        let sent = client.form("/oauth/authorize", &cross_site, &pairs).await.expect(303);
        let to = super::location(&sent);
        assert!(to.starts_with("/oauth/authorize?"), "{to}");
        assert_eq!(fields(&to), asked);
        assert!(sent.headers.get("set-cookie").is_none() && sent.headers.get("access-control-allow-origin").is_none());
    }
    let to = super::location(&tenant.owner.form("/oauth/authorize", &cross_site, &pairs).await.expect(303));
    let back = super::location(&tenant.owner.get(&to).await.expect(303));
    assert!(back.starts_with(super::CALLBACK) && super::answered(&back).contains_key("code"), "{back}");
    // A name that stands twice, another kind of body, another address than ours.
    tenant.owner.form("/oauth/authorize", &cross_site, &[("client_id", "a"), ("client_id", "b")]).await.expect(400);
    let json = tenant.owner.raw(Method::POST, "/oauth/authorize", "application/json", b"{}".to_vec()).await;
    assert_eq!(json.status.as_u16(), 400, "{}", json.text);

    let hint = text(&tokens, "id_token");
    let out = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", done), ("state", "x y")];
    let to = super::location(&tenant.owner.form("/oauth/logout", &cross_site, &out).await.expect(303));
    tenant.owner.get("/session").await.expect(200);
    assert_eq!(super::location(&tenant.owner.get(&to).await.expect(303)), format!("{done}?state=x+y"));
    tenant.owner.get("/session").await.expect(401);
    // Without the hint a form of another site ends nothing, and the person is asked.
    let again = Client::sign_in(&world, "acme@example.com", crate::client::new_password(&world, "acme@example.com").await).await;
    let to = super::location(&again.form("/oauth/logout", &cross_site, &[("post_logout_redirect_uri", done)]).await.expect(303));
    assert_eq!(super::location(&again.get(&to).await.expect(303)), "/oauth/sign-out");
    again.get("/session").await.expect(200);
}

/// What the discovery document promises is given.
#[tokio::test]
async fn each_claim_that_is_promised_is_given() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    super::super::put_picture(&tenant.owner, "/me/avatar").await.expect(200);
    let app = registered(&tenant.owner, json!({})).await;
    let code = app.code(&tenant.owner, &tenant, &[("scope", "openid profile email")]).await;
    let issued = app.redeem(&world, &code).await.expect(200).json;
    let mut given = claims(&world, &text(&issued, "id_token")).await;
    let info = super::by(&world, &text(&issued, "access_token"), Method::GET, "/oauth/userinfo", None).await.expect(200).json;
    for (name, value) in info.as_object().expect("claims") {
        given[name] = value.clone();
    }
    let promised = Client::anonymous(&world).get("/.well-known/openid-configuration").await.expect(200).json["claims_supported"].clone();
    for claim in promised.as_array().expect("claims") {
        assert!(!given[claim.as_str().expect("a name")].is_null(), "{claim} is promised: {given}");
    }
    let changed: i64 = sqlx::query_scalar("SELECT floor(extract(epoch FROM updated_at))::bigint FROM directory.users WHERE id = $1")
        .bind(tenant.owner_id)
        .fetch_one(&mut world.as_owner().await)
        .await
        .expect("the user");
    assert_eq!(given["updated_at"], changed);
}

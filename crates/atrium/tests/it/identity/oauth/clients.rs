//! Registering apps: by whom, with what, and how they show that they are themselves.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use super::dpop::Key;
use super::{App, CALLBACK, error, owner_sql, registered, registration, text};
use crate::client::{Client, Tenant};
use crate::platform::platform_admin;
use crate::world::World;

#[tokio::test]
async fn a_secret_is_shown_once_and_a_new_one_ends_the_old() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let listed = tenant.owner.get("/oauth-clients").await.expect(200);
    assert!(!listed.text.contains("client_secret") && listed.json["items"][0]["client_id"] == app.client_id, "{}", listed.text);
    let once = app.secret.clone().expect("a secret");
    assert_eq!(error(&app.refresh(&world, "x").await.expect(400)), "invalid_grant");
    let renewed = tenant.owner.post(&format!("/oauth-clients/{}/secrets", app.id), Value::Null).await.expect(201);
    let twice = text(&renewed.json, "client_secret");
    assert_ne!(once, twice);
    assert_eq!(error(&app.refresh(&world, "x").await.expect(401)), "invalid_client");
    let now = App { secret: Some(twice), ..app };
    assert_eq!(error(&now.refresh(&world, "x").await.expect(400)), "invalid_grant");
    // What has no secret gets none.
    let native = registered(&tenant.owner, json!({ "kind": "native" })).await;
    assert!(native.secret.is_none());
    assert_eq!(tenant.owner.post(&format!("/oauth-clients/{}/secrets", native.id), Value::Null).await.expect(409).code(), "no_secret");
}

#[tokio::test]
async fn only_who_may_manages_apps_and_only_administrators_those_of_the_instance() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, editor) = tenant.member(&world, "editor").await;
    assert_eq!(editor.post("/oauth-clients", registration(json!({}))).await.expect(403).json["permission"], "oauth_clients:manage");
    let (_, admin) = tenant.member(&world, "admin").await;
    registered(&admin, json!({})).await;
    tenant.owner.post("/instance/oauth-clients", registration(json!({}))).await.expect(403);
    let root = platform_admin(&world).await;
    let made = root.post("/instance/oauth-clients", registration(json!({}))).await.expect(201);
    let path = format!("/instance/oauth-clients/{}", made.id());
    // Those of the instance are no workspace's, and the other way round.
    root.get(&format!("/oauth-clients/{}", made.id())).await.expect(404);
    let of_tenant = registered(&tenant.owner, json!({})).await;
    root.get(&format!("/instance/oauth-clients/{}", of_tenant.id)).await.expect(404);
    let changed = root.patch(&path, &json!(1), json!({ "name": "Notes for all" })).await.expect(200);
    assert_eq!(changed.json["name"], "Notes for all");
    assert_eq!(root.get("/instance/oauth-clients").await.expect(200).json["items"].as_array().map(Vec::len), Some(1));
    root.post(&format!("{path}/secrets"), Value::Null).await.expect(201);
    root.delete(&path).await.expect(204);
    root.get(&path).await.expect(404);
}

#[tokio::test]
async fn what_cannot_be_registered() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    for (field, changes) in [
        ("name", json!({ "name": " " })),
        ("logo_text", json!({ "logo_text": "ABC" })),
        ("redirect_uris", json!({ "redirect_uris": [] })),
        ("redirect_uris.0", json!({ "redirect_uris": ["http://notes.example.com/cb"] })),
        ("redirect_uris.0", json!({ "redirect_uris": ["javascript:alert(1)"] })),
        ("redirect_uris.1", json!({ "redirect_uris": [CALLBACK, "https://notes.example.com/*"] })),
        ("redirect_uris.1", json!({ "redirect_uris": [CALLBACK, CALLBACK] })),
        ("post_logout_redirect_uris.0", json!({ "post_logout_redirect_uris": ["//evil.example"] })),
        ("allowed_scopes", json!({ "allowed_scopes": ["everything"] })),
        ("allowed_scopes", json!({ "allowed_scopes": [] })),
        ("grant_types", json!({ "kind": "public", "grant_types": ["authorization_code", "client_credentials"] })),
        ("grant_types", json!({ "grant_types": ["refresh_token"] })),
        ("authentication", json!({ "kind": "public", "authentication": "secret" })),
        ("jwks", json!({ "authentication": "private_key_jwt" })),
        ("jwks", json!({ "authentication": "private_key_jwt", "jwks": { "keys": [{ "kty": "oct", "k": "AQAB" }] } })),
    ] {
        let refused = tenant.owner.post("/oauth-clients", registration(changes.clone())).await.expect(422);
        assert_eq!(refused.json["errors"][0]["field"], field, "{changes}: {}", refused.text);
    }
    for unknown in [
        json!({ "tenant_id": tenant.id }),
        json!({ "client_id": "app_mine" }),
        json!({ "client_secret": "x" }),
        json!({ "enabled": false }),
    ] {
        let refused = tenant.owner.post("/oauth-clients", registration(unknown)).await.expect(422);
        assert_eq!(refused.json["errors"][0]["code"], "unknown_field", "{}", refused.text);
    }
}

/// The table's own name for a client, which stands as `sub` where it acts for itself, is never a user's.
#[tokio::test]
async fn a_client_is_never_named_like_a_user() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({ "grant_types": ["client_credentials"], "redirect_uris": [] })).await;
    assert!(uuid::Uuid::parse_str(&app.client_id).is_err());
    let mut db = world.as_owner().await;
    let refused = sqlx::query("UPDATE directory.oauth_clients SET client_id = $1 WHERE id = $2")
        .bind(tenant.owner_id.to_string())
        .bind(app.id)
        .execute(&mut db)
        .await
        .expect_err("refused");
    assert!(refused.to_string().contains("oauth_clients_client_id_check"), "{refused}");
    let issued = app.token(&world, &[("grant_type", "client_credentials")]).await.expect(200).json;
    let token = text(&issued, "access_token");
    let told = app.at(&world, "/oauth/introspect", &[], &[("token", &token)]).await.expect(200).json;
    assert_eq!((&told["active"], text(&told, "sub")), (&json!(true), app.client_id.clone()));
    assert!(issued.get("refresh_token").is_none() && issued.get("id_token").is_none(), "{issued}");
    // It is nobody where members are asked for.
    assert_eq!(super::reads(&world, &token).await, 401);
    let wide = app.token(&world, &[("grant_type", "client_credentials"), ("scope", "openid")]).await.expect(400);
    assert_eq!(error(&wide), "invalid_scope");
}

#[tokio::test]
async fn a_client_shows_itself_as_it_was_registered() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let other = registered(&tenant.owner, json!({})).await;
    let public = registered(&tenant.owner, json!({ "kind": "public" })).await;
    let nobody = Client::anonymous(&world);
    let secret = app.secret.clone().expect("a secret");
    let basic = |id: &str, secret: &str| format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let grant = ("grant_type", "refresh_token");
    let right = basic(&app.client_id, &secret);
    let asked = nobody.form("/oauth/token", &[("authorization", &right)], &[grant, ("refresh_token", "x")]).await.expect(400);
    assert_eq!(error(&asked), "invalid_grant");
    let id = |app: &App| ("client_id".to_owned(), app.client_id.clone());
    let shown = |secret: &str| ("client_secret".to_owned(), secret.to_owned());
    for fields in [
        vec![],
        vec![id(&app)],
        vec![id(&app), shown("")],
        vec![id(&app), shown("wrong")],
        vec![id(&app), shown(other.secret.as_deref().expect("a secret"))],
        vec![id(&public), shown(&secret)],
        vec![("client_id".to_owned(), "app_0000000000000000000000".to_owned())],
        vec![("client_id".to_owned(), tenant.owner_id.to_string())],
    ] {
        let mut all: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.push(grant);
        let refused = nobody.form("/oauth/token", &[], &all).await.expect(401);
        assert_eq!(error(&refused), "invalid_client", "{fields:?}");
        assert!(refused.headers["www-authenticate"].to_str().is_ok_and(|value| value.starts_with("Basic")));
    }
    let wrong = basic(&app.client_id, "wrong");
    nobody.form("/oauth/token", &[("authorization", &wrong)], &[grant]).await.expect(401);
    nobody.form("/oauth/token", &[("authorization", &right)], &[grant, ("client_id", &other.client_id)]).await.expect(401);
    nobody.form("/oauth/token", &[("authorization", &right)], &[grant, ("client_secret", &secret)]).await.expect(400);
    // One that is disabled, or whose workspace is suspended, is none.
    let path = format!("/oauth-clients/{}", app.id);
    tenant.owner.patch(&path, &json!(1), json!({ "enabled": false })).await.expect(200);
    app.refresh(&world, "x").await.expect(401);
    tenant.owner.patch(&path, &json!(2), json!({ "enabled": true })).await.expect(200);
    app.refresh(&world, "x").await.expect(400);
    owner_sql(&world, "UPDATE directory.tenants SET status = 'suspended' WHERE id = $1", tenant.id).await;
    app.refresh(&world, "x").await.expect(401);
}

/// RFC 7523: an assertion is its client's, for us, in its time, under its registered key, and shown once.
#[tokio::test]
async fn an_assertion_counts_once_and_only_as_it_should_be() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (key, stranger) = (Key::new(), Key::new());
    let changes = json!({ "authentication": "private_key_jwt", "jwks": { "keys": [key.public()] }, "grant_types": ["client_credentials"], "redirect_uris": [] });
    let app = registered(&tenant.owner, changes).await;
    let now = world.now().as_second();
    let claims = |jti: &str| json!({ "iss": app.client_id, "sub": app.client_id, "aud": world.url, "exp": now + 60, "jti": jti });
    let ask = async |assertion: String| {
        let kind = ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        let fields = [("grant_type", "client_credentials"), kind, ("client_assertion", assertion.as_str())];
        Client::anonymous(&world).form("/oauth/token", &[], &fields).await
    };
    let plain = json!({ "alg": "ES256" });
    let good = key.sign(&plain, &claims("one"));
    ask(good.clone()).await.expect(200);
    assert_eq!(error(&ask(good).await.expect(401)), "invalid_client", "shown twice");
    ask(key.sign(&plain, &json!({ "iss": app.client_id, "sub": app.client_id, "aud": [format!("{}/oauth/token", world.url)], "exp": now + 60, "jti": "two" })))
        .await
        .expect(200);
    let with = |name: &str, value: Value| {
        let mut changed = claims(&format!("with {name} {value}"));
        changed[name] = value;
        changed
    };
    for wrong in [
        with("iss", json!("app_0000000000000000000000")),
        with("sub", json!(tenant.owner_id)),
        with("aud", json!("https://other.example")),
        with("aud", json!([world.url, "https://other.example"])),
        with("exp", json!(now - 61)),
        with("exp", json!(now + 601)),
        with("exp", json!((now + 60).to_string())),
        with("nbf", json!(now + 120)),
        with("jti", json!("")),
    ] {
        assert_eq!(error(&ask(key.sign(&plain, &wrong)).await.expect(401)), "invalid_client", "{wrong}");
    }
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "HS256" }),
        json!({ "alg": "RS256" }),
        json!({ "alg": "ES256", "jku": "https://evil.example/jwks" }),
        json!({ "alg": "ES256", "kid": "../../../dev/null" }),
        json!({ "alg": "ES256", "crit": ["exp"] }),
    ] {
        ask(key.sign(&header, &claims(&header.to_string()))).await.expect(401);
    }
    ask(stranger.sign(&plain, &claims("stranger"))).await.expect(401);
    ask(stranger.sign(&json!({ "alg": "ES256", "jwk": stranger.public() }), &claims("embedded"))).await.expect(401);
    // What is registered for a key takes no secret.
    Client::anonymous(&world)
        .form("/oauth/token", &[], &[("grant_type", "client_credentials"), ("client_id", &app.client_id)])
        .await
        .expect(401);
}

/// Narrowing what an app may ask for ends what it was given.
#[tokio::test]
async fn an_app_that_may_less_loses_its_tokens() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let issued = app.tokens(&world, &tenant.owner, &tenant).await;
    let token = text(&issued, "access_token");
    let path = format!("/oauth-clients/{}", app.id);
    tenant.owner.patch(&path, &json!(1), json!({ "name": "Notes again" })).await.expect(200);
    assert_eq!(super::reads(&world, &token).await, 200);
    tenant.owner.patch(&path, &json!(2), json!({ "allowed_scopes": ["openid", "offline_access"] })).await.expect(200);
    assert_eq!(super::reads(&world, &token).await, 401);
    app.refresh(&world, &text(&issued, "refresh_token")).await.expect(400);
}

#[tokio::test]
async fn one_registers_a_hundred_apps_at_most() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    sqlx::query(
        "INSERT INTO directory.oauth_clients (id, client_id, tenant_id, name, logo_text, kind, authentication, grant_types, allowed_scopes, created_by)
         SELECT gen_random_uuid(), 'app_' || lpad(n::text, 22, '0'), $1, 'Old', 'O', 'public', 'none', '{device_code}', '{openid}', $1
           FROM generate_series(1, 100) AS n",
    )
    .bind(tenant.id)
    .execute(&mut world.as_owner().await)
    .await
    .expect("made");
    assert_eq!(tenant.owner.post("/oauth-clients", registration(json!({}))).await.expect(409).code(), "too_many_clients");
    let one = tenant.owner.get("/oauth-clients?limit=1").await.expect(200).json["items"][0]["id"].clone();
    tenant
        .owner
        .send(Method::DELETE, &format!("/oauth-clients/{}", one.as_str().expect("an id")), &[("if-match", "*")], None)
        .await
        .expect(204);
    tenant.owner.post("/oauth-clients", registration(json!({}))).await.expect(201);
}

/// Who registers an address has codes sent there: that takes somebody in person, who confirmed it lately.
#[tokio::test]
async fn apps_are_managed_by_somebody_who_is_there() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let (_, admin) = crate::identity::platform_admin(&world, "root@example.com").await;
    let of_instance = admin.post("/instance/oauth-clients", registration(json!({}))).await.expect(201).id();
    let made = tenant.owner.post("/access-tokens", json!({ "name": "Script", "scopes": ["oauth_clients:manage"] })).await.expect(201);
    let bearer = format!("Bearer {}", text(&made.json, "token"));
    let acts = |base: &str, id: uuid::Uuid| {
        [
            (Method::POST, base.to_owned(), Some(registration(json!({})))),
            (Method::PATCH, format!("{base}/{id}"), Some(json!({ "redirect_uris": ["https://evil.example/cb"] }))),
            (Method::POST, format!("{base}/{id}/secrets"), None),
            (Method::DELETE, format!("{base}/{id}"), None),
        ]
    };
    for (method, path, body) in acts("/oauth-clients", app.id) {
        let headers = [("authorization", bearer.as_str()), ("if-match", "*")];
        let by_token = Client::anonymous(&world).send(method.clone(), &path, &headers, body.as_ref()).await;
        assert_eq!((by_token.status.as_u16(), by_token.code()), (403, "step_up_required"), "{method} {path}");
    }
    world.advance_minutes(11);
    let both = [(&tenant.owner, "/oauth-clients", app.id), (&admin, "/instance/oauth-clients", of_instance)];
    for (person, base, id) in both {
        for (method, path, body) in acts(base, id) {
            let stale = person.send(method.clone(), &path, &[("if-match", "*")], body.as_ref()).await;
            assert_eq!((stale.status.as_u16(), stale.code()), (403, "step_up_required"), "{method} {path}");
        }
        let seen = person.get(&format!("{base}/{id}")).await.expect(200).json;
        assert_eq!((&seen["version"], &seen["redirect_uris"][0]), (&json!(1), &json!(super::CALLBACK)));
    }
}

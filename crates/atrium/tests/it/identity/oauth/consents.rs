//! Consents: nothing is handed out that its person did not agree to, and all of it is taken back at once.

use reqwest::Method;
use serde_json::json;

use super::{CALLBACK, agree, answered, location, reads, registered, registration, text};
use crate::client::{Client, Tenant};
use crate::platform::platform_admin;
use crate::world::World;

fn handle(to: &str) -> String {
    to.strip_prefix("/oauth/consent?request=").unwrap_or_else(|| panic!("no consent is asked: {to}")).to_owned()
}

#[tokio::test]
async fn a_consent_cannot_be_gone_round() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, other) = tenant.member(&world, "viewer").await;
    let app = registered(&tenant.owner, json!({})).await;
    let request = handle(&location(&tenant.owner.get(&app.request(&[("scope", "contacts:read")])).await.expect(303)));
    let yes = json!({ "request": request, "allowed": true, "tenant_id": tenant.id });
    // By nobody, by another, from another site, as a form, by GET.
    Client::anonymous(&world).post("/oauth-authorizations", yes.clone()).await.expect(401);
    assert_eq!(other.post("/oauth-authorizations", yes.clone()).await.expect(409).code(), "another_account");
    assert_eq!(other.post("/oauth-authorization-lookups", json!({ "request": request })).await.expect(409).code(), "another_account");
    for headers in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "null"), ("origin", "https://evil.example")]
    {
        let refused = tenant.owner.send(Method::POST, "/oauth-authorizations", &[headers], Some(&yes)).await.expect(403);
        assert_eq!(refused.code(), "cross_site");
    }
    tenant.owner.raw(Method::POST, "/api/v1/oauth-authorizations", "text/plain", yes.to_string().into_bytes()).await.expect(415);
    tenant.owner.get("/oauth-authorizations").await.expect(405);
    let unnamed = json!({ "request": request, "allowed": true });
    assert_eq!(tenant.owner.post("/oauth-authorizations", unnamed).await.expect(422).json["errors"][0]["field"], "tenant_id");
    assert_eq!(
        tenant.owner.post("/oauth-authorization-lookups", json!({ "request": "" })).await.expect(422).json["errors"][0]["field"],
        "request"
    );
    assert_eq!(tenant.owner.post("/oauth-authorization-lookups", json!({ "request": "x" })).await.expect(410).code(), "request_expired");
    // More than was asked cannot be agreed to.
    let wider = json!({ "request": request, "allowed": true, "tenant_id": tenant.id, "scopes": ["contacts:write"] });
    tenant.owner.post("/oauth-authorizations", wider).await.expect(422);
    // Once.
    agree(&tenant.owner, &request, tenant.id).await;
    assert_eq!(tenant.owner.post("/oauth-authorizations", yes).await.expect(410).code(), "request_expired");
    // What was agreed to is not more than that.
    let to = location(&tenant.owner.get(&app.request(&[("scope", "contacts:write")])).await.expect(303));
    let late = handle(&to);
    world.advance_minutes(16);
    let decision = json!({ "request": late, "allowed": true, "tenant_id": tenant.id });
    assert_eq!(tenant.owner.post("/oauth-authorizations", decision).await.expect(410).code(), "request_expired");
}

/// Of what is asked one allows some, and may take from that later; tokens that were handed out may no more from then on.
#[tokio::test]
async fn of_what_is_asked_some_is_given_and_some_of_that_is_taken_back() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let asked = [("scope", "openid email offline_access contacts:read contacts:write")];
    let request = handle(&location(&tenant.owner.get(&app.request(&asked)).await.expect(303)));
    let shown = tenant.owner.post("/oauth-authorization-lookups", json!({ "request": request })).await.expect(200).json;
    assert_eq!((&shown["lives_seconds"], &shown["stays_seconds"]), (&json!(3600), &json!(90 * 24 * 3600)));
    let decide = async |scopes: serde_json::Value| {
        let decision = json!({ "request": request, "allowed": true, "tenant_id": tenant.id, "scopes": scopes });
        tenant.owner.post("/oauth-authorizations", decision).await
    };
    for (scopes, code) in [(json!([]), "required"), (json!(["audit:read"]), "not_asked"), (json!(["openid", "profile"]), "not_asked")] {
        assert_eq!(decide(scopes).await.expect(422).json["errors"][0]["code"], code);
    }
    let back =
        text(&decide(json!(["openid", "email", "offline_access", "contacts:read", "contacts:read"])).await.expect(200).json, "redirect_to");
    let issued = app.redeem(&world, &answered(&back)["code"]).await.expect(200).json;
    assert_eq!(text(&issued, "scope"), "contacts:read email offline_access openid");
    let token = text(&issued, "access_token");
    assert_eq!(reads(&world, &token).await, 200);
    super::by(&world, &token, Method::POST, "/contacts", Some(json!({ "name": "Vera" }))).await.expect(403);
    // What was left out is no consent: it is asked for again, and never handed out silently.
    handle(&location(&tenant.owner.get(&app.request(&asked)).await.expect(303)));
    let listed = tenant.owner.get("/oauth-consents").await.expect(200).json["items"][0].clone();
    assert_eq!(listed["scopes"], json!(["contacts:read", "email", "offline_access", "openid"]));
    // Narrowed: at once, for what was handed out, for what is refreshed, and for what is asked next.
    let path = format!("/oauth-consents/{}/scopes", text(&listed, "id"));
    let narrow = async |scopes: serde_json::Value| tenant.owner.send(Method::PUT, &path, &[], Some(&json!({ "scopes": scopes }))).await;
    assert_eq!(narrow(json!(["openid", "contacts:write"])).await.expect(422).json["errors"][0]["code"], "not_asked");
    narrow(json!([])).await.expect(422);
    let kept = narrow(json!(["openid", "offline_access"])).await.expect(200).json;
    assert_eq!(kept["scopes"], json!(["offline_access", "openid"]));
    assert_eq!(reads(&world, &token).await, 403);
    let next = app.refresh(&world, &text(&issued, "refresh_token")).await.expect(200).json;
    assert_eq!(text(&next, "scope"), "offline_access openid");
    assert_eq!(reads(&world, &text(&next, "access_token")).await, 403);
    handle(&location(&tenant.owner.get(&app.request(&[("scope", "openid contacts:read")])).await.expect(303)));
    narrow(json!(["openid"])).await.expect(200);
    app.refresh(&world, &text(&next, "refresh_token")).await.expect(400);
    let trail = tenant.owner.get(&format!("/audit-events?action=oauth_consent.updated&entity_id={}", text(&listed, "id"))).await;
    assert_eq!(trail.expect(200).json["items"][0]["new_values"]["scopes"], json!(["openid"]));
    // Another's is not there, and the app cannot do it itself.
    let (_, other) = tenant.member(&world, "admin").await;
    other.send(Method::PUT, &path, &[], Some(&json!({ "scopes": ["openid"] }))).await.expect(404);
    super::by(&world, &token, Method::PUT, &path, Some(json!({ "scopes": ["openid"] }))).await.expect(403);
    // Asked again, what is left out now is taken back where it was allowed before.
    let app = registered(&tenant.owner, json!({})).await;
    let before = text(&app.tokens(&world, &tenant.owner, &tenant).await, "access_token");
    assert_eq!(reads(&world, &before).await, 200);
    let request = handle(&location(&tenant.owner.get(&app.request(&[("prompt", "consent")])).await.expect(303)));
    let decision = json!({ "request": request, "allowed": true, "tenant_id": tenant.id, "scopes": ["openid"] });
    tenant.owner.post("/oauth-authorizations", decision).await.expect(200);
    assert_eq!(reads(&world, &before).await, 403);
}

#[tokio::test]
async fn a_no_goes_back_as_one() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let request = handle(&location(&tenant.owner.get(&app.request(&[])).await.expect(303)));
    let decided = tenant.owner.post("/oauth-authorizations", json!({ "request": request, "allowed": false })).await.expect(200).json;
    let answer = answered(&text(&decided, "redirect_to"));
    assert_eq!(
        (answer["error"].as_str(), answer["state"].as_str(), answer["iss"].as_str()),
        ("access_denied", "some state", world.url.as_str())
    );
    assert_eq!(tenant.owner.get("/oauth-consents").await.expect(200).json["items"], json!([]));
}

/// Any program on a person's machine can name itself as a native app (RFC 8252, 8.6).
#[tokio::test]
async fn a_native_app_is_asked_for_each_time() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let native = registered(&tenant.owner, json!({ "kind": "native", "redirect_uris": [CALLBACK] })).await;
    native.code(&tenant.owner, &tenant, &[]).await;
    handle(&location(&tenant.owner.get(&native.request(&[])).await.expect(303)));
    let to = location(&tenant.owner.get(&native.request(&[("prompt", "none")])).await.expect(303));
    assert_eq!(answered(&to)["error"], "consent_required");
}

#[tokio::test]
async fn prompts_and_the_age_of_a_sign_in_are_heeded() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    app.code(&tenant.owner, &tenant, &[]).await;
    let quiet = location(&tenant.owner.get(&app.request(&[("prompt", "none")])).await.expect(303));
    assert!(answered(&quiet).contains_key("code"), "{quiet}");
    for prompt in ["consent", "select_account"] {
        handle(&location(&tenant.owner.get(&app.request(&[("prompt", prompt)])).await.expect(303)));
    }
    world.advance_minutes(20);
    // The sign-in is too old, so nothing is allowed until the person has shown again who he or she is.
    for stale in [("prompt", "login"), ("max_age", "60"), ("max_age", "0")] {
        let request = handle(&location(&tenant.owner.get(&app.request(&[stale])).await.expect(303)));
        let decision = json!({ "request": request, "allowed": true, "tenant_id": tenant.id });
        assert_eq!(tenant.owner.post("/oauth-authorizations", decision).await.expect(403).code(), "step_up_required", "{stale:?}");
    }
    let to = location(&tenant.owner.get(&app.request(&[("prompt", "none"), ("max_age", "60")])).await.expect(303));
    assert_eq!(answered(&to)["error"], "login_required");
    assert!(location(&tenant.owner.get(&app.request(&[("max_age", "3600")])).await.expect(303)).starts_with(CALLBACK));
}

#[tokio::test]
async fn a_consent_is_reviewed_and_taken_back_by_its_person_alone() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, other) = tenant.member(&world, "admin").await;
    let app = registered(&tenant.owner, json!({})).await;
    let issued = app.tokens(&world, &tenant.owner, &tenant).await;
    let listed = tenant.owner.get("/oauth-consents").await.expect(200).json["items"][0].clone();
    assert_eq!((&listed["client_name"], &listed["tenant_name"]), (&json!("Notes"), &json!("acme Ltd")));
    assert_eq!(listed["scopes"], json!(["contacts:read", "offline_access", "openid"]));
    assert!(listed["last_used_at"].is_string());
    let path = format!("/oauth-consents/{}", text(&listed, "id"));
    other.delete(&path).await.expect(404);
    assert_eq!(other.get("/oauth-consents").await.expect(200).json["items"], json!([]));
    let token = text(&issued, "access_token");
    assert_eq!(reads(&world, &token).await, 200);
    tenant.owner.delete(&path).await.expect(204);
    assert_eq!(reads(&world, &token).await, 401);
    app.refresh(&world, &text(&issued, "refresh_token")).await.expect(400);
    tenant.owner.delete(&path).await.expect(404);
    handle(&location(&tenant.owner.get(&app.request(&[])).await.expect(303)));
}

/// Of several workspaces the person chooses one; an app of a workspace is for that one alone.
#[tokio::test]
async fn a_token_acts_in_the_one_workspace_that_was_chosen() {
    let world = World::new().await;
    let root = platform_admin(&world).await;
    let tenant = Tenant::found(&world, "acme").await;
    let second = tenant.owner.post("/tenants", json!({ "name": "Second", "timezone": "UTC" })).await.expect(201).id();
    let stranger = Tenant::found(&world, "other").await;
    let app = super::App::of(root.post("/instance/oauth-clients", registration(json!({}))).await.expect(201));
    let request = handle(&location(&tenant.owner.get(&app.request(&[("scope", "contacts:read contacts:write")])).await.expect(303)));
    let shown = tenant.owner.post("/oauth-authorization-lookups", json!({ "request": request })).await.expect(200).json;
    assert_eq!((shown["tenants"].as_array().map(Vec::len), &shown["of_instance"]), (Some(2), &json!(true)));
    let foreign = json!({ "request": request, "allowed": true, "tenant_id": stranger.id });
    tenant.owner.post("/oauth-authorizations", foreign).await.expect(404);
    let code = answered(&agree(&tenant.owner, &request, second).await)["code"].clone();
    let token = text(&app.redeem(&world, &code).await.expect(200).json, "access_token");
    super::by(&world, &token, Method::POST, "/contacts", Some(json!({ "name": "Vera" }))).await.expect(201);
    assert_eq!(tenant.owner.get("/contacts").await.expect(200).json["items"], json!([]), "it acts in the second");
    // Agreed to for the second, asked anew for the first.
    handle(&location(&tenant.owner.get(&app.request(&[("scope", "contacts:read")])).await.expect(303)));
    // An app of another workspace has nothing to offer to who does not belong to it.
    let theirs = registered(&stranger.owner, json!({})).await;
    let request = handle(&location(&tenant.owner.get(&theirs.request(&[])).await.expect(303)));
    let shown = tenant.owner.post("/oauth-authorization-lookups", json!({ "request": request })).await.expect(200).json;
    assert_eq!(shown["tenants"], json!([]));
    for id in [tenant.id, stranger.id] {
        tenant.owner.post("/oauth-authorizations", json!({ "request": request, "allowed": true, "tenant_id": id })).await.expect(404);
    }
}

/// What outlives the sign-in is not given by a borrowed screen.
#[tokio::test]
async fn what_outlives_the_sign_in_takes_a_fresh_factor() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    world.advance_minutes(11);
    let asked = location(&tenant.owner.get(&app.request(&[])).await.expect(303));
    let handle = asked.strip_prefix("/oauth/consent?request=").unwrap_or_else(|| panic!("{asked}"));
    let decision = json!({ "request": handle, "allowed": true, "tenant_id": tenant.id });
    let stale = tenant.owner.post("/oauth-authorizations", decision.clone()).await.expect(403);
    assert_eq!(stale.code(), "step_up_required");
    let mut brief = decision;
    brief["scopes"] = json!(["contacts:read", "openid"]);
    tenant.owner.post("/oauth-authorizations", brief).await.expect(200);
}

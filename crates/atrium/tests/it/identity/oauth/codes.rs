//! Codes: each for its client, its address, its verifier, its minute, and once.

use serde_json::json;

use super::{CALLBACK, VERIFIER, agree, answered, by, error, location, reads, registered, text};
use crate::client::{Client, Tenant};
use crate::world::World;
use reqwest::Method;

#[tokio::test]
async fn from_sign_in_to_the_api() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    // Nobody is signed in: the sign-in comes between, with an address of ours to come back to.
    let nobody = Client::anonymous(&world);
    let to = location(&nobody.get(&app.request(&[])).await.expect(303));
    let next = to.strip_prefix("/sign-in?next=").expect("the sign-in").replace("%2F", "/");
    assert!(next.starts_with("/oauth/continue/") && next.len() < 100, "{next}");
    assert!(location(&nobody.get(&next).await.expect(303)).starts_with("/sign-in?next="));
    let asked = location(&tenant.owner.get(&next).await.expect(303));
    let handle = asked.strip_prefix("/oauth/consent?request=").expect("a consent").to_owned();
    assert_eq!(location(&tenant.owner.get(&next).await.expect(303)), "/oauth/refused?reason=expired", "once");
    let shown = tenant.owner.post("/oauth-authorization-lookups", json!({ "request": handle })).await.expect(200).json;
    assert_eq!(
        (&shown["client_name"], &shown["leads_to"], &shown["of_instance"]),
        (&json!("Notes"), &json!("notes.example.com"), &json!(false))
    );
    assert_eq!(shown["tenants"], json!([{ "id": tenant.id, "name": "acme Ltd" }]));
    let back = agree(&tenant.owner, &handle, tenant.id).await;
    let answer = answered(&back);
    assert!(back.starts_with(CALLBACK) && answer["state"] == "some state" && answer["iss"] == world.url, "{back}");
    let issued = app.redeem(&world, &answer["code"]).await.expect(200);
    assert_eq!(issued.headers["cache-control"], "no-store");
    let token = text(&issued.json, "access_token");
    assert_eq!((&issued.json["token_type"], &issued.json["expires_in"]), (&json!("Bearer"), &json!(3600)));
    assert_eq!(text(&issued.json, "scope"), "contacts:read offline_access openid");
    // What the scopes name, and no more; and the trail says by what.
    assert_eq!(reads(&world, &token).await, 200);
    by(&world, &token, Method::POST, "/contacts", Some(json!({ "name": "Vera" }))).await.expect(403);
    assert_eq!(by(&world, &token, Method::GET, "/session", None).await.expect(403).code(), "session_required");
    assert_eq!(by(&world, &token, Method::GET, "/oauth-consents", None).await.expect(403).code(), "session_required");
    // Asked once, it is not asked again.
    let again = location(&tenant.owner.get(&app.request(&[])).await.expect(303));
    assert!(again.starts_with(CALLBACK), "{again}");
    world.advance_minutes(61);
    assert_eq!(reads(&world, &token).await, 401);
}

#[tokio::test]
async fn what_a_program_does_stands_in_the_trail_with_its_name() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let code = app.code(&tenant.owner, &tenant, &[("scope", "contacts:write")]).await;
    let token = text(&app.redeem(&world, &code).await.expect(200).json, "access_token");
    let made = by(&world, &token, Method::POST, "/contacts", Some(json!({ "name": "Vera" }))).await.expect(201).id();
    let trail = tenant.owner.get(&format!("/audit-events?entity_id={made}")).await.expect(200).json;
    let line = &trail["items"][0];
    assert_eq!((&line["actor"]["id"], &line["access_token"]["name"]), (&json!(tenant.owner_id), &json!("Notes")));
}

/// RFC 6749, 4.1.2: one of the two who show a code stole it, so what came of it ends.
#[tokio::test]
async fn a_code_that_is_replayed_ends_its_tokens() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let code = app.code(&tenant.owner, &tenant, &[]).await;
    let issued = app.redeem(&world, &code).await.expect(200).json;
    assert_eq!(reads(&world, &text(&issued, "access_token")).await, 200);
    assert_eq!(error(&app.redeem(&world, &code).await.expect(400)), "invalid_grant");
    assert_eq!(reads(&world, &text(&issued, "access_token")).await, 401);
    assert_eq!(error(&app.refresh(&world, &text(&issued, "refresh_token")).await.expect(400)), "invalid_grant");
    let noted: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM directory.security_events WHERE user_id = $1 AND event = 'oauth_family_ended' AND severity = 'high'",
    )
    .bind(tenant.owner_id)
    .fetch_one(&mut world.as_owner().await)
    .await
    .expect("counted");
    assert_eq!(noted, 1);
}

#[tokio::test]
async fn of_two_that_show_a_code_at_once_one_at_most_gets_tokens_and_they_die() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let code = app.code(&tenant.owner, &tenant, &[("scope", "contacts:read")]).await;
    let answers = [app.redeem(&world, &code), app.redeem(&world, &code), app.redeem(&world, &code)];
    let answers = futures_util::future::join_all(answers).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    assert_eq!(reads(&world, &text(&won[0].json, "access_token")).await, 401);
}

#[tokio::test]
async fn a_code_is_its_clients_for_its_address_and_its_minute() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let other_address = "https://notes.example.com/other";
    let app = registered(&tenant.owner, json!({ "redirect_uris": [CALLBACK, other_address] })).await;
    let thief = registered(&tenant.owner, json!({})).await;
    let code = app.code(&tenant.owner, &tenant, &[]).await;
    assert_eq!(error(&thief.redeem(&world, &code).await.expect(400)), "invalid_grant");
    let grant = [("grant_type", "authorization_code"), ("code", code.as_str()), ("code_verifier", VERIFIER)];
    for address in [other_address, "https://evil.example/"] {
        let asked = [&grant[..], &[("redirect_uri", address)]].concat();
        assert_eq!(error(&app.token(&world, &asked).await.expect(400)), "invalid_grant");
    }
    // The attempts of others cost its own client nothing.
    app.redeem(&world, &code).await.expect(200);
    let late = app.code(&tenant.owner, &tenant, &[]).await;
    world.advance_minutes(1);
    assert_eq!(error(&app.redeem(&world, &late).await.expect(400)), "invalid_grant");
    assert_eq!(error(&app.redeem(&world, "nothing").await.expect(400)), "invalid_grant");
}

/// RFC 9700, 2.1.1: for every client, by S256, with no way round it.
#[tokio::test]
async fn a_code_takes_its_verifier() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let code = app.code(&tenant.owner, &tenant, &[]).await;
    let grant = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", CALLBACK)];
    assert_eq!(error(&app.token(&world, &grant).await.expect(400)), "invalid_request", "missing");
    for wrong in [super::CHALLENGE, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXX", "short", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk="]
    {
        let asked = [&grant[..], &[("code_verifier", wrong)]].concat();
        assert_eq!(error(&app.token(&world, &asked).await.expect(400)), "invalid_grant", "{wrong}");
    }
    app.redeem(&world, &code).await.expect(200);
    // A request without a challenge, or with one that is the verifier itself, gets no code that a superfluous verifier could go with.
    for changes in [
        vec![("code_challenge", "")],
        vec![("code_challenge", VERIFIER), ("code_challenge_method", "plain")],
        vec![("code_challenge", ""), ("code_challenge_method", "")],
    ] {
        let to = location(&tenant.owner.get(&app.request(&changes)).await.expect(303));
        assert_eq!(answered(&to)["error"], "invalid_request", "{to}");
    }
}

#[tokio::test]
async fn the_token_endpoint_takes_forms_without_doubt() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let nobody = Client::anonymous(&world);
    for (kind, body) in [
        ("application/json", json!({ "grant_type": "refresh_token" }).to_string()),
        ("text/plain", "grant_type=refresh_token".to_owned()),
        ("application/x-www-form-urlencoded", format!("client_id={0}&client_id={0}", app.client_id)),
        ("application/x-www-form-urlencoded", format!("client_id={}&scope=%00", app.client_id)),
        ("application/x-www-form-urlencoded", "x=1&".repeat(20_000)),
    ] {
        let refused = nobody.raw(Method::POST, "/oauth/token", kind, body.into_bytes()).await.expect(400);
        assert_eq!(error(&refused), "invalid_request", "{}", refused.text);
    }
    for (grant, code) in
        [("password", "unsupported_grant_type"), ("implicit", "unsupported_grant_type"), ("client_credentials", "unauthorized_client")]
    {
        assert_eq!(error(&app.token(&world, &[("grant_type", grant)]).await.expect(400)), code);
    }
    nobody.get("/oauth/token").await.expect(405);
}

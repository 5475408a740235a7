//! The device flow (RFC 8628).

use serde_json::{Value, json};

use super::{App, error, reads, registered, text};
use crate::client::{Client, Tenant};
use crate::world::World;

async fn television(tenant: &Tenant) -> App {
    let grants = json!(["device_code", "refresh_token"]);
    registered(&tenant.owner, json!({ "kind": "native", "grant_types": grants, "redirect_uris": [] })).await
}

async fn begin(world: &World, app: &App) -> Value {
    app.at(world, "/oauth/device_authorization", &[], &[("scope", "openid offline_access contacts:read")]).await.expect(200).json
}

async fn poll(world: &World, app: &App, begun: &Value) -> crate::client::Answer {
    let code = text(begun, "device_code");
    app.token(world, &[("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", &code)]).await
}

fn decision(begun: &Value, tenant: &Tenant, allowed: bool) -> Value {
    json!({ "request": begun["user_code"], "allowed": allowed, "tenant_id": tenant.id })
}

#[tokio::test]
async fn a_device_gets_its_tokens_when_its_person_has_agreed() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = television(&tenant).await;
    let begun = begin(&world, &app).await;
    assert_eq!(
        (&begun["interval"], &begun["expires_in"], text(&begun, "verification_uri")),
        (&json!(5), &json!(600), format!("{}/device", world.url))
    );
    assert_eq!(error(&poll(&world, &app, &begun).await.expect(400)), "authorization_pending");
    assert_eq!(error(&poll(&world, &app, &begun).await.expect(400)), "slow_down");
    // As a person types it.
    let typed = text(&begun, "user_code").to_lowercase().replace('-', " ");
    let shown = tenant.owner.post("/oauth-device-lookups", json!({ "user_code": typed })).await.expect(200).json;
    assert_eq!((&shown["client_name"], &shown["leads_to"]), (&json!("Notes"), &Value::Null));
    tenant.owner.post("/oauth-device-authorizations", decision(&begun, &tenant, true)).await.expect(204);
    let issued = poll(&world, &app, &begun).await.expect(200).json;
    assert_eq!(reads(&world, &text(&issued, "access_token")).await, 200);
    assert!(issued["id_token"].is_string() && issued["refresh_token"].is_string());
    assert_eq!(error(&poll(&world, &app, &begun).await.expect(400)), "invalid_grant", "once");
    app.refresh(&world, &text(&issued, "refresh_token")).await.expect(200);
}

/// A code that was approved is no second person's, no other client's, and no other site's to approve.
#[tokio::test]
async fn a_device_cannot_be_approved_by_another_nor_its_tokens_fetched_by_another() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, other) = tenant.member(&world, "viewer").await;
    let stranger = Tenant::found(&world, "other").await;
    let (app, thief) = (television(&tenant).await, television(&tenant).await);
    let begun = begin(&world, &app).await;
    let yes = decision(&begun, &tenant, true);
    Client::anonymous(&world).post("/oauth-device-authorizations", yes.clone()).await.expect(401);
    let cross =
        tenant.owner.send(reqwest::Method::POST, "/oauth-device-authorizations", &[("sec-fetch-site", "cross-site")], Some(&yes)).await;
    assert_eq!(cross.expect(403).code(), "cross_site");
    // Not in a workspace that the app or the person has no part in.
    stranger.owner.post("/oauth-device-authorizations", decision(&begun, &stranger, true)).await.expect(404);
    tenant.owner.post("/oauth-device-authorizations", decision(&begun, &stranger, true)).await.expect(404);
    tenant.owner.post("/oauth-device-authorizations", yes.clone()).await.expect(204);
    for again in [decision(&begun, &tenant, true), decision(&begun, &tenant, false)] {
        assert_eq!(other.post("/oauth-device-authorizations", again).await.expect(422).json["errors"][0]["code"], "unknown");
    }
    other.post("/oauth-device-lookups", json!({ "user_code": begun["user_code"] })).await.expect(422);
    assert_eq!(error(&poll(&world, &thief, &begun).await.expect(400)), "invalid_grant");
    let issued = poll(&world, &app, &begun).await.expect(200).json;
    let told =
        registered(&tenant.owner, json!({})).await.at(&world, "/oauth/introspect", &[], &[("token", &text(&issued, "access_token"))]).await;
    assert_eq!(told.expect(200).json["sub"], json!(tenant.owner_id));
}

#[tokio::test]
async fn a_device_that_is_refused_or_late_gets_nothing() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (app, plain) = (television(&tenant).await, registered(&tenant.owner, json!({})).await);
    let refused = begin(&world, &app).await;
    tenant.owner.post("/oauth-device-authorizations", decision(&refused, &tenant, false)).await.expect(204);
    assert_eq!(error(&poll(&world, &app, &refused).await.expect(400)), "access_denied");
    let late = begin(&world, &app).await;
    world.advance_minutes(10);
    tenant.owner.post("/oauth-device-authorizations", decision(&late, &tenant, true)).await.expect(422);
    assert_eq!(error(&poll(&world, &app, &late).await.expect(400)), "expired_token");
    let asked = plain.at(&world, "/oauth/device_authorization", &[], &[("scope", "openid")]).await.expect(400);
    assert_eq!(error(&asked), "unauthorized_client");
}

/// Twenty tries a minute of one person, of 25 billion codes.
#[tokio::test]
async fn user_codes_cannot_be_tried_through() {
    let world = World::with(platform::mail::Mailer::default(), |config| config.rate_limit_factor = 1).await;
    let tenant = Tenant::found(&world, "acme").await;
    let mut refused = 0;
    for _ in 0..25 {
        let answer = tenant.owner.post("/oauth-device-lookups", json!({ "user_code": "BCDF-GHJK" })).await;
        assert!([422, 429].contains(&answer.status.as_u16()), "{}", answer.text);
        refused += u32::from(answer.status.as_u16() == 429);
    }
    assert!(refused >= 4, "{refused}");
    tenant.owner.post("/oauth-device-authorizations", json!({ "request": "BCDF-GHJK", "allowed": false })).await.expect(429);
}

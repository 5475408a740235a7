//! Pushed authorization requests (RFC 9126).

use serde_json::json;

use super::{CALLBACK, CHALLENGE, answered, error, location, registered, text};
use crate::client::Tenant;
use crate::world::World;

fn fields() -> Vec<(&'static str, &'static str)> {
    vec![
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "contacts:read"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("state", "pushed"),
    ]
}

#[tokio::test]
async fn a_pushed_request_counts_once_for_its_client_and_its_time() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({ "requires_par": true })).await;
    let other = registered(&tenant.owner, json!({})).await;
    // What is not pushed is refused, to its own address.
    let to = location(&tenant.owner.get(&app.request(&[])).await.expect(303));
    assert_eq!(answered(&to)["error"], "invalid_request");
    let push = async || {
        let pushed = app.at(&world, "/oauth/par", &[], &fields()).await.expect(201).json;
        assert_eq!(pushed["expires_in"], 90);
        text(&pushed, "request_uri")
    };
    let come = async |client: &super::App, uri: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("client_id", client.client_id.as_str()), ("request_uri", uri)])
            .finish();
        location(&tenant.owner.get(&format!("/oauth/authorize?{query}")).await.expect(303))
    };
    let uri = push().await;
    assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:"), "{uri}");
    assert_eq!(come(&other, &uri).await, "/oauth/refused?reason=expired");
    let asked = come(&app, &uri).await;
    assert!(asked.starts_with("/oauth/consent?request="), "{asked}");
    assert_eq!(come(&app, &uri).await, "/oauth/refused?reason=expired", "once");
    let late = push().await;
    world.advance_minutes(2);
    assert_eq!(come(&app, &late).await, "/oauth/refused?reason=expired");
    for unknown in ["urn:ietf:params:oauth:request_uri:x", "https://evil.example/request.jwt"] {
        assert_eq!(come(&app, unknown).await, "/oauth/refused?reason=expired");
    }
}

#[tokio::test]
async fn what_is_pushed_is_judged_at_once() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    for (name, value, code) in [
        ("redirect_uri", "https://evil.example/", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("scope", "audit:read", "invalid_scope"),
        ("request_uri", "urn:ietf:params:oauth:request_uri:x", "invalid_request"),
    ] {
        let mut changed = fields();
        changed.retain(|(other, _)| *other != name);
        changed.push((name, value));
        assert_eq!(error(&app.at(&world, "/oauth/par", &[], &changed).await.expect(400)), code, "{name}");
    }
    let nobody = super::App { secret: None, id: app.id, client_id: app.client_id.clone() };
    assert_eq!(error(&nobody.at(&world, "/oauth/par", &[], &fields()).await.expect(401)), "invalid_client");
}

//! Where an answer goes: to an address that was registered, to the letter, or nowhere.

use serde_json::json;

use super::{CALLBACK, answered, location, registered};
use crate::client::Tenant;
use crate::world::World;

/// The tricks of the trade, each against a registered address that it resembles.
#[tokio::test]
async fn a_redirect_goes_to_the_registered_address_and_nowhere_else() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    for trick in [
        "https://notes.example.com/cb/",
        "https://notes.example.com/cb/more",
        "https://notes.example.com/cbx",
        "https://notes.example.com/c",
        "https://notes.example.com/",
        "https://notes.example.com",
        "https://notes.example.com/CB",
        "https://Notes.example.com/cb",
        "HTTPS://notes.example.com/cb",
        "http://notes.example.com/cb",
        "https://notes.example.com:443/cb",
        "https://notes.example.com:8443/cb",
        "https://notes.example.com./cb",
        "https://evil.example/cb",
        "https://notes.example.com.evil.example/cb",
        "https://notes.example.com@evil.example/cb",
        "https://user@notes.example.com/cb",
        "https://evil.example/https://notes.example.com/cb",
        "https://evil.example\\@notes.example.com/cb",
        "https://notes.example.com\\@evil.example/cb",
        "https://notes.example.com//cb",
        "https://notes.example.com/./cb",
        "https://notes.example.com/x/../cb",
        "https://notes.example.com/x/..;/cb",
        "https://notes.example.com/%2e%2e/cb",
        "https://notes.example.com/%63b",
        "https://notes.example.com/cb%252f..",
        "https://notes.example.com/cb%2f",
        "https://notes.example.com/cb%00",
        "https://notes.example.com/cb?x=1",
        "https://notes.example.com/cb?",
        "https://notes.example.com/cb#x",
        "https://notes.example.com/cb#",
        "https://notes.example.com/cb;x",
        "//notes.example.com/cb",
        "/cb",
        " https://notes.example.com/cb",
        "https://notes.example.com/cb ",
        "https://notes.example.com/\tcb",
        "https://notes.example.com/cb\r\nLocation: https://evil.example",
        "https:notes.example.com/cb",
        "https:/notes.example.com/cb",
        "javascript:alert(1)//https://notes.example.com/cb",
        "data:text/html,https://notes.example.com/cb",
        "http://127.0.0.1:4000/cb",
        "com.example.notes:/cb",
    ] {
        // Before and after another fault of the request, signed in and not.
        for changes in [vec![("redirect_uri", trick)], vec![("redirect_uri", trick), ("response_type", "token")]] {
            let to = location(&tenant.owner.get(&app.request(&changes)).await.expect(303));
            assert_eq!(to, "/oauth/refused?reason=address", "{trick:?}");
        }
    }
    assert_eq!(location(&tenant.owner.get(&app.request(&[("redirect_uri", "")])).await.expect(303)), "/oauth/refused?reason=address");
    // Twice, one of them right.
    let twice = format!("{}&redirect_uri=https%3A%2F%2Fevil.example", app.request(&[]));
    assert_eq!(location(&tenant.owner.get(&twice).await.expect(303)), "/oauth/refused?reason=request");
}

#[tokio::test]
async fn an_unknown_app_is_answered_here() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    for id in ["", "app_0000000000000000000000", "null"] {
        assert_eq!(location(&tenant.owner.get(&app.request(&[("client_id", id)])).await.expect(303)), "/oauth/refused?reason=client");
    }
    let path = format!("/oauth-clients/{}", app.id);
    tenant.owner.patch(&path, &json!(1), json!({ "enabled": false })).await.expect(200);
    assert_eq!(location(&tenant.owner.get(&app.request(&[])).await.expect(303)), "/oauth/refused?reason=client");
}

/// RFC 8252, 7.3: the port of a loopback address is the system's, and nothing else of it.
#[tokio::test]
async fn the_port_of_this_machine_is_free_for_native_apps() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let addresses = json!(["http://127.0.0.1/cb", "http://[::1]/cb", "com.example.notes:/cb"]);
    let native = registered(&tenant.owner, json!({ "kind": "native", "redirect_uris": addresses })).await;
    for good in ["http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", "http://[::1]:9/cb", "com.example.notes:/cb"] {
        let to = location(&tenant.owner.get(&native.request(&[("redirect_uri", good)])).await.expect(303));
        assert!(to.starts_with("/oauth/consent?request="), "{good}: {to}");
        let code = native.code(&tenant.owner, &tenant, &[("redirect_uri", good)]).await;
        assert_eq!(code.len(), 43, "{good}");
    }
    for bad in [
        "http://127.0.0.1:51004/other",
        "http://127.0.0.1:1@evil.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://localhost:51004/cb",
    ] {
        let to = location(&tenant.owner.get(&native.request(&[("redirect_uri", bad)])).await.expect(303));
        assert_eq!(to, "/oauth/refused?reason=address", "{bad}");
    }
    let public = registered(&tenant.owner, json!({ "kind": "public", "redirect_uris": ["http://127.0.0.1:3000/cb"] })).await;
    let to = location(&tenant.owner.get(&public.request(&[("redirect_uri", "http://127.0.0.1:3001/cb")])).await.expect(303));
    assert_eq!(to, "/oauth/refused?reason=address");
}

/// RFC 9207: every answer says from whom it is; RFC 6749, 4.1.2.1: a refusal goes back with the state.
#[tokio::test]
async fn a_refusal_goes_back_with_its_state_and_its_issuer() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    for (changes, code) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("response_type", "code id_token"), "unsupported_response_type"),
        (("response_mode", "fragment"), "invalid_request"),
        (("scope", "openid audit:read"), "invalid_scope"),
        (("scope", ""), "invalid_scope"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge_method", ""), "invalid_request"),
        (("prompt", "none"), "consent_required"),
        (("request", "eyJhbGciOiJub25lIn0.e30."), "request_not_supported"),
    ] {
        let to = location(&tenant.owner.get(&app.request(&[changes])).await.expect(303));
        assert!(to.starts_with(&format!("{CALLBACK}?")), "{to}");
        let answer = answered(&to);
        assert_eq!((answer["error"].as_str(), answer["state"].as_str(), answer["iss"].as_str()), (code, "some state", world.url.as_str()));
        assert!(!answer.contains_key("code"));
    }
    let nobody = crate::client::Client::anonymous(&world);
    let to = location(&nobody.get(&app.request(&[("prompt", "none")])).await.expect(303));
    assert_eq!(answered(&to)["error"], "login_required");
}

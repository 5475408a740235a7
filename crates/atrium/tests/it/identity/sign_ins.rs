//! The login history: every attempt is in it, and each reader sees what is his or hers to see.

use reqwest::Method;
use serde_json::{Value, json};

use super::identities::{begin, scene, unknown};
use super::{PASSWORD, newest_token, platform_admin, registration, sign_up, try_sign_in};
use crate::client::{Client, Tenant};
use crate::world::World;

const ANA: &str = "ana@example.com";

async fn items(client: &Client, path: &str) -> Vec<Value> {
    client.get(path).await.expect(200).json["items"].as_array().cloned().expect("items")
}

fn told(items: &[Value]) -> Vec<(&str, &str)> {
    items.iter().map(|item| (item["outcome"].as_str().unwrap_or_default(), item["failure_reason"].as_str().unwrap_or_default())).collect()
}

#[tokio::test]
async fn one_sees_the_attempts_on_ones_own_account_and_what_happened_to_it() {
    let world = World::new().await;
    let ana = sign_up(&world, ANA).await;
    let bo = sign_up(&world, "bo@example.com").await;
    try_sign_in(&world, ANA, "a wrong password").await.expect(401);
    world.advance_minutes(1);
    let body = json!({ "email": ANA, "password": PASSWORD });
    Client::anonymous(&world).send(Method::POST, "/sessions", &[("user-agent", "A tablet")], Some(&body)).await.expect(201);
    let second = ana.post("/tenants", json!({ "name": "Second", "timezone": "UTC" })).await.expect(201);
    let mut elsewhere = Client::sign_in(&world, ANA, PASSWORD).await;
    let switched = elsewhere.post("/session/tenant", json!({ "tenant_id": second.id() })).await.expect(200);
    elsewhere.keep_cookie(&switched);

    let seen = items(&ana, "/me/sign-ins").await;
    assert_eq!(told(&seen), [("entered", ""), ("success", ""), ("success", ""), ("failed", "password"), ("success", "")]);
    assert_eq!((&seen[0]["workspace"], &seen[0]["factors"]), (&json!("Second"), &json!(["password"])));
    assert_eq!(
        (&seen[2]["user_agent"], &seen[2]["ip_address"], &seen[2]["workspace"]),
        (&json!("A tablet"), &json!("127.0.0.1"), &json!("Studio"))
    );
    assert_eq!(told(&items(&bo, "/me/sign-ins").await), [("success", "")], "nobody else's");
    // Page by page, each once.
    let (mut path, mut ids) = ("/me/sign-ins?limit=2".to_owned(), Vec::new());
    loop {
        let page = ana.get(&path).await.expect(200).json;
        ids.extend(page["items"].as_array().expect("items").iter().map(|item| item["id"].clone()));
        match page["next_cursor"].as_str() {
            Some(next) => path = format!("/me/sign-ins?limit=2&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(ids, seen.iter().map(|item| item["id"].clone()).collect::<Vec<_>>());

    ana.post("/access-tokens", json!({ "name": "Script", "scopes": ["contacts:read"] })).await.expect(201);
    let events = items(&ana, "/me/security-events").await;
    assert_eq!((&events[0]["event"], &events[0]["ip_address"]), (&json!("access_token_created"), &json!("127.0.0.1")));
    assert!(items(&bo, "/me/security-events").await.iter().all(|event| event["event"] != "access_token_created"));
}

#[tokio::test]
async fn who_manages_security_sees_what_led_into_the_workspace_and_what_failed() {
    let world = World::new().await;
    let (acme, other) = (Tenant::found(&world, "acme").await, Tenant::found(&world, "other").await);
    let (id, mut editor) = acme.member(&world, "editor").await;
    let elsewhere = editor.post("/tenants", json!({ "name": "Elsewhere", "timezone": "UTC" })).await.expect(201);
    let switched = editor.post("/session/tenant", json!({ "tenant_id": elsewhere.id() })).await.expect(200);
    editor.keep_cookie(&switched);
    world.advance_minutes(1);
    try_sign_in(&world, "editor.acme@example.com", "a wrong password").await.expect(401);

    let of_editor = format!("/sign-ins?user_id={id}");
    let seen = items(&acme.owner, &of_editor).await;
    assert_eq!(told(&seen), [("failed", "password"), ("success", "")]);
    assert_eq!((&seen[1]["user_name"], &seen[1]["workspace"]), (&json!("editor Member"), &json!("acme Ltd")));
    assert_eq!(told(&items(&acme.owner, &format!("{of_editor}&outcome=failed")).await), [("failed", "password")]);
    acme.owner.get("/sign-ins?outcome=perhaps").await.expect(422);
    let all = acme.owner.get("/sign-ins").await.expect(200);
    assert!(!all.text.contains("Elsewhere") && !all.text.contains("other Owner"), "{}", all.text);
    assert!(items(&other.owner, &of_editor).await.is_empty(), "another workspace's member");
    for role in ["viewer", "editor"] {
        let (_, member) = other.member(&world, role).await;
        assert_eq!(member.get("/sign-ins").await.expect(403).json["permission"], "security:manage");
    }
    acme.owner.delete(&format!("/members/{id}")).await.expect(204);
    assert!(items(&acme.owner, &of_editor).await.is_empty(), "who left is left alone");
}

#[tokio::test]
async fn administrators_see_attempts_on_unknown_accounts_without_their_addresses() {
    let world = World::new().await;
    let ana = sign_up(&world, ANA).await;
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    for (email, minutes) in [("nobody@example.com", 1), ("Nobody@Example.com", 1), ("somebody@example.com", 1)] {
        try_sign_in(&world, email, "a wrong password").await.expect(401);
        world.advance_minutes(minutes);
    }
    try_sign_in(&world, ANA, "a wrong password").await.expect(401);
    let answer = admin.get("/admin/sign-ins").await.expect(200);
    let seen = items(&admin, "/admin/sign-ins").await;
    assert_eq!(told(&seen), [("failed", "password"); 3], "of accounts that are here, their workspaces see");
    assert_eq!(seen[1]["email_mark"], seen[2]["email_mark"], "the same address");
    assert_ne!(seen[0]["email_mark"], seen[1]["email_mark"]);
    assert!(!answer.text.contains("nobody") && !answer.text.contains("somebody"), "{}", answer.text);
    assert_eq!(items(&admin, "/admin/sign-ins?email=nobody%40example.com").await.len(), 2);
    assert_eq!(items(&admin, "/admin/sign-ins?ip_address=127.0.0.1").await.len(), 3);
    assert!(items(&admin, "/admin/sign-ins?ip_address=192.0.2.1").await.is_empty());
    admin.get("/admin/sign-ins?ip_address=nowhere").await.expect(422);
    ana.get("/admin/sign-ins").await.expect(403);
}

/// Not looked at, and yet written down: one line a minute with their number, for who is known and for who is not.
#[tokio::test]
async fn attempts_that_a_wait_or_a_limit_refused_are_counted_in_one_line() {
    let world = World::with(Default::default(), |config| config.rate_limit_factor = 1).await;
    let ana = sign_up(&world, ANA).await;
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    try_sign_in(&world, ANA, "a wrong password").await.expect(401);
    for _ in 0..4 {
        try_sign_in(&world, ANA, "a wrong password").await.expect(429);
    }
    let seen = items(&ana, "/me/sign-ins").await;
    assert_eq!(told(&seen), [("refused", "wait"), ("failed", "password"), ("success", "")]);
    assert_eq!(seen[0]["attempts"], 4);
    world.advance_minutes(1);
    for _ in 0..40 {
        let answer = try_sign_in(&world, "nobody@example.com", "a wrong password").await;
        assert!(matches!(answer.status.as_u16(), 401 | 429), "{}", answer.text);
    }
    let seen = items(&admin, "/admin/sign-ins").await;
    let limited: Vec<_> = seen.iter().filter(|line| line["failure_reason"] == "limit").collect();
    assert_eq!(limited.len(), 1, "{seen:?}");
    assert!(limited[0]["attempts"].as_i64() >= Some(8) && limited[0]["email_mark"].is_null(), "{limited:?}");
    let lines: i64 = sqlx::query_scalar("SELECT count(*) FROM directory.login_history WHERE outcome = 'refused'")
        .fetch_one(&mut world.as_owner().await)
        .await
        .expect("a count");
    assert!(lines <= 3, "{lines} lines of a flood");
    // The serving role counts up and nothing else.
    let mut serving = world.app.pools.web.get().await.expect("a connection");
    let counted = sqlx::query("UPDATE directory.login_history SET attempts = 1").execute(&mut *serving).await.expect_err("refused");
    assert_eq!(counted.as_database_error().and_then(|error| error.code()).as_deref(), Some("42501"));
    sqlx::query("SELECT identity.count_refused_sign_ins(refusal_key, -3) FROM directory.login_history WHERE refusal_key IS NOT NULL")
        .execute(&mut *serving)
        .await
        .expect("called");
    assert_eq!(items(&ana, "/me/sign-ins").await[0]["attempts"], 4);
}

#[tokio::test]
async fn what_fails_before_anybody_is_known_is_written_down_too() {
    let world = World::with(Default::default(), |config| config.mail_links = true).await;
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    let visitor = Client::anonymous(&world);
    let newest = async || items(&admin, "/admin/sign-ins").await.into_iter().next().expect("a line");
    let is = |line: &Value, reason: &str, factor: &str| {
        assert_eq!((&line["failure_reason"], &line["factors"]), (&json!(reason), &json!([factor])), "{line}");
    };
    visitor.post("/registrations", registration("new@example.com")).await.expect(202);
    let token = newest_token(&world, "new@example.com").await;
    visitor.post("/email-verifications", json!({ "token": token, "password": "not what was chosen" })).await.expect(401);
    let line = newest().await;
    is(&line, "sign_up", "password");
    assert!(line["email_mark"].is_string());

    let options = visitor.post("/sessions/passkey/options", Value::Null).await.expect(200).json;
    world.advance_minutes(11);
    let late = json!({ "token": options["token"], "credential": {} });
    assert_eq!(visitor.post("/sessions/passkey", late).await.expect(409).code(), "challenge_over");
    is(&newest().await, "too_late", "passkey");

    let unheard_of = json!({ "token": "x".repeat(43) });
    visitor.post("/sessions/mail-link", unheard_of).await.expect(422);
    is(&newest().await, "mail_link_invalid", "mail_link");
    let code = json!({ "method": "totp", "code": "123456" });
    visitor.post("/sessions/second-factor", json!({ "token": "x".repeat(43), "proof": code })).await.expect(409);
    is(&newest().await, "too_late", "totp");
}

#[tokio::test]
async fn a_provider_that_refuses_or_names_somebody_unknown_is_written_down() {
    let (world, company) = scene().await;
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    unknown(&world, &company, json!({})).await;
    let (browser, url) = begin(&Client::anonymous(&world), "sign_in").await;
    let (_, state) = company.authorize(&world, &url, &json!({}));
    browser.post("/sessions/provider", json!({ "provider": "acme", "state": state })).await.expect(401);
    let seen = items(&admin, "/admin/sign-ins").await;
    assert_eq!(told(&seen), [("failed", "provider_refused"), ("failed", "unknown_identity")]);
    assert!(seen[1]["email_mark"].is_string(), "the address that it named");
}

/// A cap that denies is an end of the attempt too.
#[tokio::test]
async fn a_sign_in_over_the_cap_is_written_down() {
    let world = World::new().await;
    let ana = sign_up(&world, ANA).await;
    let policy = json!({ "session": { "max_concurrent": 1, "when_exceeded": "deny" } });
    ana.send(Method::PUT, "/tenant/security-policy", &[("if-match", "*")], Some(&policy)).await.expect(200);
    try_sign_in(&world, ANA, PASSWORD).await.expect(409);
    assert_eq!(told(&items(&ana, "/me/sign-ins").await)[0], ("failed", "too_many_sessions"));
}

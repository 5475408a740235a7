//! Signing in by a link in a mail, where the instance offers it.

use platform::mail::Mail;
use reqwest::Method;
use serde_json::{Value, json};

use super::second_factors::set_up;
use super::{PASSWORD, kinds_of_mail, newest_mail, retry_after, seen_from_outside, sign_up, token_of, try_sign_in, wait_out};
use crate::client::{Answer, Client};
use crate::world::World;

const ANA: &str = "ana@example.com";

async fn scene() -> World {
    World::with(Default::default(), |config| config.mail_links = true).await
}

async fn ask(client: &Client, email: &str) -> Answer {
    client.post("/sessions/mail-link/requests", json!({ "email": email })).await.expect(202)
}

/// The browser that asked, its code, and the token of the mail.
async fn asked(world: &World) -> (Client, String, String) {
    let mut browser = Client::anonymous(world);
    let answer = ask(&browser, ANA).await;
    browser.keep_cookie(&answer);
    let mail: Mail = newest_mail(world, ANA).await;
    assert!(mail.text.contains("/sign-in/link#token="), "what stands behind the # is in no log: {}", mail.text);
    (browser, answer.json["code"].as_str().expect("a code").to_owned(), token_of(&mail))
}

async fn open(browser: &Client, token: &str, code: Option<&str>) -> Answer {
    browser.post("/sessions/mail-link", json!({ "token": token, "code": code })).await
}

#[tokio::test]
async fn a_link_signs_in_the_browser_that_asked_once() {
    let world = scene().await;
    sign_up(&world, ANA).await;
    let (browser, _, token) = asked(&world).await;
    let signed_in = open(&browser, &token, None).await.expect(201);
    assert_eq!(signed_in.json["user"]["email"], ANA);
    assert_eq!(open(&browser, &token, None).await.expect(422).code(), "link_invalid");
    let method: String = sqlx::query_scalar("SELECT method FROM directory.login_history ORDER BY id DESC LIMIT 1")
        .fetch_one(&mut world.as_owner().await)
        .await
        .expect("a line");
    assert_eq!(method, "mail_link");

    let (browser, _, token) = asked(&world).await;
    world.advance_minutes(10);
    assert_eq!(open(&browser, &token, None).await.expect(422).code(), "link_invalid");
    // Two at once: one signs in.
    let (browser, _, token) = asked(&world).await;
    let (one, two) = tokio::join!(open(&browser, &token, None), open(&browser, &token, None));
    let mut codes = [one.status.as_u16(), two.status.as_u16()];
    codes.sort_unstable();
    assert_eq!(codes, [201, 422]);
}

/// Somebody else asked, or got hold of the mail: without the code of the browser that asked it opens nothing.
#[tokio::test]
async fn another_browser_needs_the_code() {
    let world = scene().await;
    sign_up(&world, ANA).await;
    let (_, code, token) = asked(&world).await;
    let other = Client::anonymous(&world);
    assert_eq!(open(&other, &token, None).await.expect(409).code(), "other_browser");
    assert_eq!(open(&other, &token, Some("AAAA-AAAA")).await.expect(401).code(), "invalid_code");
    retry_after(&open(&other, &token, Some(&code)).await);
    wait_out(&world, 2);
    // As people type it.
    let typed = code.to_lowercase().replace('-', " ");
    assert_eq!(open(&other, &token, Some(&typed)).await.expect(201).json["user"]["email"], ANA);
    // A cookie of another request is not the one.
    let (_, _, token) = asked(&world).await;
    let (stale, _, _) = asked(&world).await;
    assert_eq!(open(&stale, &token, None).await.expect(409).code(), "other_browser");
}

#[tokio::test]
async fn it_is_no_second_factor_and_no_way_around_one() {
    let world = scene().await;
    let ana = sign_up(&world, ANA).await;
    let (phone, _) = set_up(&world, &ana).await;
    let (browser, _, token) = asked(&world).await;
    let due = open(&browser, &token, None).await.expect(202);
    assert_eq!(due.json["methods"], json!(["totp", "recovery_code"]));
    let proof = json!({ "token": due.json["token"], "proof": { "method": "totp", "code": phone.code(&world, 0) } });
    browser.post("/sessions/second-factor", proof).await.expect(201);
    // Nor does it stand beside a password as the second.
    let due = try_sign_in(&world, ANA, PASSWORD).await.expect(202);
    let (_, _, token) = asked(&world).await;
    let link = json!({ "token": due.json["token"], "proof": { "method": "recovery_code", "code": token } });
    Client::anonymous(&world).post("/sessions/second-factor", link).await.expect(401);
}

/// The workspace that takes none is closed to who came by one, and opens once another way was shown; others stay open.
#[tokio::test]
async fn a_workspace_may_take_no_links_in_mails() {
    let world = scene().await;
    let ana = sign_up(&world, ANA).await;
    let home = ana.get("/tenant").await.expect(200).id();
    let (browser, _, token) = asked(&world).await;
    let mut by_link = browser.clone();
    by_link.keep_cookie(&open(&browser, &token, None).await.expect(201));
    by_link.get("/bookings").await.expect(200);
    let current = ana.get("/tenant/security-policy").await.expect(200).json;
    let mut draft = current["policy"].clone();
    draft["sign_in"]["mail_links_allowed"] = json!(false);
    let would = ana.post("/tenant/security-policy/simulations", draft.clone()).await.expect(200).json;
    assert_eq!(would["stopped"][0]["by_way_in"], 1, "{would}");
    let own = by_link.put("/tenant/security-policy", Some(&current["version"]), draft.clone()).await;
    assert_eq!(own.expect(409).code(), "locks_you_out");
    ana.put("/tenant/security-policy", Some(&current["version"]), draft).await.expect(200);
    assert_eq!(by_link.get("/bookings").await.expect(403).code(), "mail_link_not_allowed");
    assert_eq!(by_link.get("/session").await.expect(200).json["refused"], "mail_link_not_allowed");
    ana.get("/bookings").await.expect(200);
    let other = by_link.post("/tenants", json!({ "name": "Other", "timezone": "UTC" })).await.expect(201).id();
    let entered = by_link.post("/session/tenant", json!({ "tenant_id": other })).await.expect(200);
    by_link.keep_cookie(&entered);
    by_link.get("/bookings").await.expect(200);
    let back = by_link.post("/session/tenant", json!({ "tenant_id": home })).await.expect(200);
    by_link.keep_cookie(&back);
    by_link.get("/bookings").await.expect(403);
    let shown = by_link.post("/session/verification", json!({ "method": "password", "password": PASSWORD })).await.expect(200);
    by_link.keep_cookie(&shown);
    by_link.get("/bookings").await.expect(200);
}

#[tokio::test]
async fn asking_tells_nothing_about_an_address() {
    let world = scene().await;
    sign_up(&world, ANA).await;
    let seen = async |email: &str| {
        let (status, mut headers, mut body) = seen_from_outside(&ask(&Client::anonymous(&world), email).await);
        assert!(headers.remove("set-cookie").is_some_and(|cookie| cookie.starts_with("atrium_mail_link=")));
        assert_eq!(body["code"].as_str().map(str::len), Some(9));
        body["code"] = Value::Null;
        (status, headers, body)
    };
    assert_eq!(seen(ANA).await, seen("nobody@example.com").await);
    world.settle().await;
    assert!(kinds_of_mail(&world, "nobody@example.com").await.is_empty());
}

#[tokio::test]
async fn a_change_of_password_ends_the_links_and_who_is_suspended_has_none() {
    let world = scene().await;
    let ana = sign_up(&world, ANA).await;
    let (browser, _, token) = asked(&world).await;
    let change = json!({ "current_password": PASSWORD, "new_password": "another fine password" });
    ana.put("/me/password", None, change).await.expect(204);
    assert_eq!(open(&browser, &token, None).await.expect(422).code(), "link_invalid");
    let (browser, _, token) = asked(&world).await;
    let (_, admin) = super::platform_admin(&world, "root@example.com").await;
    let id = ana.get("/me").await.expect(200).id();
    let status = json!({ "status": "suspended", "reason": "a test" });
    admin.send(Method::PUT, &format!("/admin/users/{id}/status"), &[], Some(&status)).await.expect(204);
    assert_eq!(open(&browser, &token, None).await.expect(422).code(), "link_invalid");
    let before = kinds_of_mail(&world, ANA).await.len();
    ask(&Client::anonymous(&world), ANA).await;
    assert_eq!(kinds_of_mail(&world, ANA).await.len(), before);
}

#[tokio::test]
async fn it_is_off_unless_the_instance_offers_it() {
    let world = World::new().await;
    sign_up(&world, ANA).await;
    Client::anonymous(&world).post("/sessions/mail-link/requests", json!({ "email": ANA })).await.expect(404);
    let (_, mails) = (world.settle().await, kinds_of_mail(&world, ANA).await);
    assert!(!mails.contains(&"sign_in_link".to_owned()));
}

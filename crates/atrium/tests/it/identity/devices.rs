//! Browsers that are known: exempt from what others try on the account, and trusted in place of the second factor where the
//! workspace allows it.

use reqwest::Method;
use serde_json::{Value, json};

use super::second_factors::{Phone, set_up, step_up_required, totp};
use super::{DAY, PASSWORD, sign_up, try_sign_in};
use crate::client::{Answer, Client, Tenant};
use crate::world::World;

const ANA: &str = "ana@example.com";

/// The browser's own cookie out of an answer.
#[track_caller]
pub fn device_of(answer: &Answer) -> String {
    answer
        .headers
        .get_all("set-cookie")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .find(|value| value.starts_with("atrium_device="))
        .and_then(|value| value.split(';').next())
        .expect("a cookie for the browser")
        .to_owned()
}

async fn sign_in_with(world: &World, device: &str, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    Client::anonymous(world).send(Method::POST, "/sessions", &[("cookie", device)], Some(&body)).await
}

async fn policy(owner: &Client, policy: Value) {
    owner.send(Method::PUT, "/tenant/security-policy", &[("if-match", "*")], Some(&policy)).await.expect(200);
}

fn allowing() -> Value {
    json!({ "two_factor": { "remember_devices_allowed": true } })
}

/// Signs in with the phone and asks that the browser be remembered: its cookie.
async fn remembered(world: &World, phone: &Phone) -> String {
    let due = try_sign_in(world, ANA, PASSWORD).await.expect(202).json;
    let body = json!({ "token": due["token"], "remember_device": true, "proof": { "method": "totp", "code": phone.code(world, 0) } });
    let answer = Client::anonymous(world).post("/sessions/second-factor", body).await.expect(201);
    world.advance_minutes(1);
    device_of(&answer)
}

/// Nobody locks another out: who signed in here before does not wait for what strangers try.
#[tokio::test]
async fn a_known_browser_does_not_wait_for_strangers() {
    let world = World::new().await;
    sign_up(&world, ANA).await;
    let device = device_of(&try_sign_in(&world, ANA, PASSWORD).await.expect(201));
    for _ in 0..30 {
        let answer = try_sign_in(&world, ANA, "not the password at all").await;
        if answer.status == 429 {
            let seconds: i64 = answer.headers["retry-after"].to_str().expect("ascii").parse().expect("seconds");
            world.clock.set(world.now().plus_seconds(seconds));
        }
    }
    try_sign_in(&world, ANA, "not the password at all").await;
    try_sign_in(&world, ANA, PASSWORD).await.expect(429);
    let entered = sign_in_with(&world, &device, ANA, PASSWORD).await.expect(201);
    // Its cookie is new each time, and the old one is nobody's.
    assert_ne!(device_of(&entered), device);
    sign_in_with(&world, &device, ANA, PASSWORD).await.expect(429);
    // It guesses no faster than anybody.
    let device = device_of(&entered);
    sign_in_with(&world, &device, ANA, "not the password at all").await.expect(401);
    sign_in_with(&world, &device, ANA, PASSWORD).await.expect(429);
}

/// A browser known to one person is a stranger to another's account.
#[tokio::test]
async fn a_known_browser_is_its_users_alone() {
    let world = World::new().await;
    sign_up(&world, ANA).await;
    sign_up(&world, "bo@example.com").await;
    let device = device_of(&try_sign_in(&world, "bo@example.com", PASSWORD).await.expect(201));
    try_sign_in(&world, ANA, "not the password at all").await.expect(401);
    sign_in_with(&world, &device, ANA, PASSWORD).await.expect(429);
}

#[tokio::test]
async fn a_browser_is_remembered_only_where_the_workspace_allows_it() {
    let world = World::new().await;
    let browser = sign_up(&world, ANA).await;
    let (phone, _) = set_up(&world, &browser).await;
    assert_eq!(try_sign_in(&world, ANA, PASSWORD).await.expect(202).json["may_remember_device"], false);
    let device = remembered(&world, &phone).await;
    sign_in_with(&world, &device, ANA, PASSWORD).await.expect(202);

    policy(&browser, allowing()).await;
    assert_eq!(try_sign_in(&world, ANA, PASSWORD).await.expect(202).json["may_remember_device"], true);
    let device = remembered(&world, &phone).await;
    let entered = sign_in_with(&world, &device, ANA, PASSWORD).await.expect(201);
    let device = device_of(&entered);
    // The password is still asked for, and other people's second factor is.
    sign_in_with(&world, &device, ANA, "not the password at all").await.expect(401);
    // Taken back, it ends at once.
    policy(&browser, json!({})).await;
    world.advance_minutes(1);
    sign_in_with(&world, &device, ANA, PASSWORD).await.expect(202);
    policy(&browser, allowing()).await;
    let entered = sign_in_with(&world, &device, ANA, PASSWORD).await.expect(201);
    world.advance_minutes(31 * DAY);
    sign_in_with(&world, &device_of(&entered), ANA, PASSWORD).await.expect(202);
}

#[tokio::test]
async fn a_remembered_browser_dies_with_any_change_of_credentials() {
    let world = World::new().await;
    let mut browser = sign_up(&world, ANA).await;
    let (phone, _) = set_up(&world, &browser).await;
    policy(&browser, allowing()).await;
    let device = remembered(&world, &phone).await;
    browser.post("/me/recovery-codes", json!({})).await.expect(201);
    sign_in_with(&world, &device, ANA, PASSWORD).await.expect(202);
    let device = remembered(&world, &phone).await;
    let change = json!({ "current_password": PASSWORD, "new_password": "another fine long password" });
    browser.send(Method::PUT, "/me/password", &[], Some(&change)).await.expect(204);
    sign_in_with(&world, &device, ANA, "another fine long password").await.expect(202);
    browser.cookie = None;
}

/// It stands for the factor of its user in its workspace, and for nothing else.
#[tokio::test]
async fn a_remembered_browser_is_of_one_person_and_one_workspace() {
    let world = World::new().await;
    let mut browser = sign_up(&world, ANA).await;
    let (phone, _) = set_up(&world, &browser).await;
    policy(&browser, allowing()).await;
    let device = remembered(&world, &phone).await;
    // Bo has a second factor and allows devices too.
    let bo = sign_up(&world, "bo@example.com").await;
    set_up(&world, &bo).await;
    policy(&bo, allowing()).await;
    sign_in_with(&world, &device, "bo@example.com", PASSWORD).await.expect(202);
    // In another workspace that wants a second factor, the remembered browser is none.
    let strict = Tenant::found(&world, "strict").await;
    let (owner_phone, _) = set_up(&world, &strict.owner).await;
    let verified =
        strict.owner.post("/session/verification", json!({ "method": "totp", "code": owner_phone.code(&world, 0) })).await.expect(200);
    let mut strict = strict;
    strict.owner.keep_cookie(&verified);
    let owner = strict.owner.clone();
    let demand = json!({ "two_factor": { "required": true, "grace_logins": 0, "grace_days": 0, "remember_devices_allowed": true } });
    policy(&owner, demand).await;
    let role = super::role_id(&strict, "viewer").await;
    owner.post("/invitations", json!({ "email": ANA, "role_id": role })).await.expect(201);
    world.settle().await;
    let token = super::newest_token(&world, ANA).await;
    let entered = sign_in_with(&world, &device, ANA, PASSWORD).await.expect(201);
    browser.keep_cookie(&entered);
    step_up_required(&browser.post("/invitation-acceptances", json!({ "token": token })).await);
    let shown = browser.post("/session/verification", totp(&phone.code(&world, 0))).await.expect(200);
    browser.keep_cookie(&shown);
    let joined = browser.post("/invitation-acceptances", json!({ "token": token })).await.expect(201);
    assert_eq!(joined.json["refused"], Value::Null, "{}", joined.text);
}

/// A change of workspace asks for what a sign-in there would: the browser is remembered in one workspace only, also where the other
/// demands no second factor.
#[tokio::test]
async fn a_change_of_workspace_asks_for_the_factor_that_the_browser_stood_for() {
    let world = World::new().await;
    let mut browser = sign_up(&world, ANA).await;
    let (phone, _) = set_up(&world, &browser).await;
    let here = browser.get("/session").await.expect(200).json["tenant"]["id"].clone();
    let other = browser.post("/tenants", json!({ "name": "Other", "timezone": "UTC" })).await.expect(201).id();
    policy(&browser, allowing()).await;
    let device = remembered(&world, &phone).await;
    browser.keep_cookie(&sign_in_with(&world, &device, ANA, PASSWORD).await.expect(201));
    step_up_required(&browser.post("/session/tenant", json!({ "tenant_id": other })).await);
    browser.get("/contacts").await.expect(200);
    let again = browser.post("/session/tenant", json!({ "tenant_id": here })).await.expect(200);
    browser.keep_cookie(&again);
    world.advance_minutes(1);
    let shown = browser.post("/session/verification", totp(&phone.code(&world, 0))).await.expect(200);
    browser.keep_cookie(&shown);
    browser.post("/session/tenant", json!({ "tenant_id": other })).await.expect(200);
}

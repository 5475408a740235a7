//! Signing in, signing up and confirming oneself through another company's provider.

mod attacks;
pub mod company;
pub mod workspace;
mod workspace_attacks;

use reqwest::Method;
use serde_json::{Value, json};

use self::company::Company;
use super::second_factors::{set_up, step_up_required};
use super::{PASSWORD, kinds_of_mail, newest_token, sign_up, try_sign_in};
use crate::client::{Answer, Client, Tenant};
use crate::world::World;

const ANA: &str = "ana@example.com";

/// An instance that knows one provider, `acme`.
pub async fn scene() -> (World, Company) {
    let company = Company::open().await;
    let provider = company.provider("acme");
    let world = World::with(Default::default(), |config| {
        config.private_services = true;
        config.providers = vec![provider];
    })
    .await;
    (world, company)
}

/// All cookies that an answer sets, beside those that the client has.
fn with_cookies(client: &Client, answer: &Answer) -> Client {
    let set = answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let set: Vec<_> = set.filter_map(|value| value.split(';').next()).map(str::to_owned).collect();
    let kept = client.cookie.iter().flat_map(|cookie| cookie.split("; ")).map(str::to_owned);
    let is_renewed = |cookie: &String| set.iter().any(|new| new.split('=').next() == cookie.split('=').next());
    let all: Vec<_> = kept.filter(|cookie| !is_renewed(cookie)).chain(set.iter().cloned()).collect();
    client.with_cookie(all.join("; "))
}

/// A browser that is at the provider, and where it was sent.
pub async fn begin(client: &Client, intent: &str) -> (Client, String) {
    let begun = client.post("/sessions/provider/options", json!({ "provider": "acme", "intent": intent })).await.expect(201);
    (with_cookies(client, &begun), begun.json["url"].as_str().expect("an address").to_owned())
}

async fn come_back(browser: &Client, code: &str, state: &str) -> Answer {
    browser.post("/sessions/provider", json!({ "provider": "acme", "code": code, "state": state })).await
}

/// The whole way, with what the provider says.
async fn go(world: &World, company: &Company, client: &Client, intent: &str, claims: Value) -> Answer {
    let (browser, url) = begin(client, intent).await;
    let (code, state) = company.authorize(world, &url, &claims);
    come_back(&browser, &code, &state).await
}

/// The token of an identity that nobody here is known by.
pub async fn unknown(world: &World, company: &Company, claims: Value) -> Value {
    let answer = go(world, company, &Client::anonymous(world), "sign_in", claims).await.expect(200);
    assert_eq!(answer.json["outcome"], "unknown", "{}", answer.text);
    answer.json["identity"].clone()
}

pub fn sign_up_with(token: &Value) -> Value {
    json!({ "token": token, "name": "Ana", "tenant_name": "Studio", "timezone": "Europe/Amsterdam", "locale": "en" })
}

/// Somebody who signed up by the provider, and has no password.
async fn newcomer(world: &World, company: &Company) -> Client {
    let identity = unknown(world, company, json!({})).await;
    let client = Client::anonymous(world);
    let made = client.post("/registrations/provider", sign_up_with(&identity["token"])).await.expect(201);
    with_cookies(&client, &made)
}

async fn count(world: &World, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&mut world.as_owner().await).await.expect("a count")
}

async fn identities(world: &World) -> i64 {
    count(world, "SELECT count(*) FROM directory.user_identities").await
}

#[tokio::test]
async fn somebody_new_signs_up_and_signs_in_again() {
    let (world, company) = scene().await;
    let options = Client::anonymous(&world).get("/sign-in-options").await.expect(200).json;
    assert_eq!(options, json!({ "providers": [{ "key": "acme", "name": "acme Ltd" }], "mail_links": false }));
    let identity = unknown(&world, &company, json!({})).await;
    assert_eq!((&identity["email"], &identity["name"], &identity["is_email_verified"]), (&json!(ANA), &json!("Ana Souza"), &json!(true)));
    let client = Client::anonymous(&world);
    let made = client.post("/registrations/provider", sign_up_with(&identity["token"])).await.expect(201);
    assert_eq!((&made.json["user"]["email"], &made.json["roles"]), (&json!(ANA), &json!(["owner"])));
    let ana = with_cookies(&client, &made);
    assert_eq!(ana.get("/me/consents").await.expect(200).json["items"][0]["purpose"], "terms");
    let again = client.post("/registrations/provider", sign_up_with(&identity["token"])).await;
    assert_eq!(again.expect(401).code(), "challenge_over", "it counts once");

    let signed_in = go(&world, &company, &Client::anonymous(&world), "sign_in", json!({})).await.expect(201);
    assert_eq!(signed_in.json["user"]["id"], made.json["user"]["id"]);
    let linked = ana.get("/me/identities").await.expect(200).json;
    assert_eq!((&linked["has_password"], &linked["linked"][0]["provider"]), (&json!(false), &json!("acme")));
    assert_eq!(count(&world, "SELECT count(*) FROM directory.login_history WHERE method = 'provider' AND outcome = 'success'").await, 2);
    // No password is right where there is none.
    assert_eq!(try_sign_in(&world, ANA, "").await.expect(401).code(), "invalid_credentials");
}

/// Whoever has an address at a provider has no account here by it: the account's own holder links it.
#[tokio::test]
async fn an_account_is_joined_only_by_its_own_holder() {
    let (world, company) = scene().await;
    let ana = sign_up(&world, ANA).await;
    let id = ana.get("/me").await.expect(200).id();
    for verified in [true, false] {
        let identity = unknown(&world, &company, json!({ "email_verified": verified })).await;
        let refused = Client::anonymous(&world).post("/registrations/provider", sign_up_with(&identity["token"])).await.expect(409);
        assert_eq!(refused.code(), if verified { "account_exists" } else { "address_unverified" });
        assert_eq!(identities(&world).await, 0);
    }
    let identity = unknown(&world, &company, json!({})).await;
    let token = json!({ "token": identity["token"] });
    assert_eq!(Client::anonymous(&world).post("/me/identities", token.clone()).await.status, 401);
    // Signed in long ago is not enough.
    world.advance_minutes(11);
    step_up_required(&ana.post("/me/identities", token).await);
    let ana = Client::sign_in(&world, ANA, PASSWORD).await;
    let identity = unknown(&world, &company, json!({})).await;
    ana.post("/me/identities", json!({ "token": identity["token"] })).await.expect(204);
    let signed_in = go(&world, &company, &Client::anonymous(&world), "sign_in", json!({})).await.expect(201);
    assert_eq!(signed_in.json["user"]["id"], json!(id));
    assert!(kinds_of_mail(&world, ANA).await.contains(&"identity_linked".to_owned()));
}

/// A sign-up that waits for its mail is nobody's account yet, and the provider's word does not make it one.
#[tokio::test]
async fn an_address_that_the_provider_does_not_vouch_for_founds_nothing() {
    let (world, company) = scene().await;
    Client::anonymous(&world).post("/registrations", super::registration(ANA)).await.expect(202);
    for claims in [json!({ "email_verified": false }), json!({ "email_verified": null }), json!({ "email": null })] {
        let identity = unknown(&world, &company, claims).await;
        let refused = Client::anonymous(&world).post("/registrations/provider", sign_up_with(&identity["token"])).await;
        assert_eq!(refused.expect(409).code(), "address_unverified");
    }
    assert_eq!(count(&world, "SELECT count(*) FROM directory.users").await, 0);
    // Vouched for, it is the holder's: the sign-up that another may have begun is void.
    newcomer(&world, &company).await;
    let link = json!({ "token": newest_token(&world, ANA).await, "password": PASSWORD });
    assert_eq!(Client::anonymous(&world).post("/email-verifications", link).await.expect(422).code(), "link_invalid");
}

#[tokio::test]
async fn the_second_factor_is_asked_for_after_it() {
    let (world, company) = scene().await;
    let ana = newcomer(&world, &company).await;
    let (phone, _) = set_up(&world, &ana).await;
    let due = go(&world, &company, &Client::anonymous(&world), "sign_in", json!({})).await.expect(202);
    assert!(!due.headers.get_all("set-cookie").iter().any(|cookie| cookie.to_str().is_ok_and(|text| text.starts_with("atrium_session="))));
    let proof = json!({ "token": due.json["token"], "proof": { "method": "totp", "code": phone.code(&world, 0) } });
    Client::anonymous(&world).post("/sessions/second-factor", proof).await.expect(201);
    let method: String =
        sqlx::query_scalar("SELECT method FROM directory.login_history WHERE outcome = 'success' ORDER BY id DESC LIMIT 1")
            .fetch_one(&mut world.as_owner().await)
            .await
            .expect("a line");
    assert_eq!(method, "provider+totp");
    // To confirm that it is oneself, too.
    let refused = go(&world, &company, &ana, "confirm", json!({ "auth_time": world.now().as_second() })).await;
    assert_eq!(refused.expect(403).code(), "password_not_enough");
}

#[tokio::test]
async fn the_last_way_in_stays() {
    let (world, company) = scene().await;
    let ana = newcomer(&world, &company).await;
    let path = |list: Value| format!("/me/identities/{}", list["linked"][0]["id"].as_str().expect("an id"));
    let own = path(ana.get("/me/identities").await.expect(200).json);
    assert_eq!(ana.delete(&own).await.expect(409).code(), "last_way_in");
    // A passkey is a way in as well, and then it is the last one.
    let passkey = super::passkey_of(&world, &ana).await;
    let stranger = sign_up(&world, "bob@example.com").await;
    stranger.delete(&own).await.expect(404);
    ana.delete(&own).await.expect(204);
    assert_eq!(ana.delete(&format!("/me/passkeys/{passkey}")).await.expect(409).code(), "last_way_in");
    assert!(kinds_of_mail(&world, ANA).await.contains(&"identity_unlinked".to_owned()));
    // What was unlinked is somebody unknown again.
    unknown(&world, &company, json!({})).await;
    // A password comes by mail.
    Client::anonymous(&world).post("/password-resets", json!({ "email": ANA })).await.expect(202);
    let link = json!({ "token": newest_token(&world, ANA).await, "password": PASSWORD });
    Client::anonymous(&world).put("/password-resets", None, link).await.expect(204);
    try_sign_in(&world, ANA, PASSWORD).await.expect(202);
}

#[tokio::test]
async fn an_invitation_is_accepted_with_the_address_that_the_provider_confirmed() {
    let (world, company) = scene().await;
    let acme = Tenant::found(&world, "studio").await;
    let invitation = json!({ "email": "Ana@example.com", "role_id": super::role_id(&acme, "viewer").await });
    acme.owner.post("/invitations", invitation).await.expect(201);
    let link = newest_token(&world, "Ana@example.com").await;
    let accept = async |claims: Value| {
        let identity = unknown(&world, &company, claims).await;
        let body = json!({ "token": link, "name": "Ana", "identity_token": identity["token"] });
        Client::anonymous(&world).post("/invitation-acceptances", body).await
    };
    assert_eq!(accept(json!({ "email": "eva@example.com" })).await.expect(403).code(), "other_address");
    assert_eq!(accept(json!({ "email_verified": false })).await.expect(409).code(), "address_unverified");
    let accepted = accept(json!({})).await.expect(201);
    assert_eq!(accepted.json["roles"], json!(["viewer"]));
    go(&world, &company, &Client::anonymous(&world), "sign_in", json!({})).await.expect(201);
}

#[tokio::test]
async fn confirming_takes_somebody_who_showed_it_just_now() {
    let (world, company) = scene().await;
    let ana = newcomer(&world, &company).await;
    world.advance_minutes(11);
    step_up_required(&ana.post("/me/totp", json!({})).await);
    let (_, url) = begin(&ana, "confirm").await;
    assert!(url.contains("prompt=login") && url.contains("max_age=0"), "{url}");
    let now = world.now().as_second();
    for claims in [json!({}), json!({ "auth_time": now - 3600 }), json!({ "auth_time": now + 3600 })] {
        let refused = go(&world, &company, &ana, "confirm", claims.clone()).await;
        assert_eq!(refused.expect(401).code(), "provider_refused", "{claims}");
    }
    let other = go(&world, &company, &ana, "confirm", json!({ "sub": "eva", "auth_time": now })).await;
    assert_eq!(other.expect(401).code(), "other_identity");
    step_up_required(&ana.post("/me/totp", json!({})).await);
    let confirmed = go(&world, &company, &ana, "confirm", json!({ "auth_time": now })).await.expect(200);
    assert_eq!(confirmed.json["outcome"], "confirmed");
    ana.get("/session").await.expect(401);
    with_cookies(&ana, &confirmed).post("/me/totp", json!({})).await.expect(201);
}

/// The provider may let somebody in who showed it long ago who he or she is: that opens a session, and not what asks for more.
#[tokio::test]
async fn a_sign_in_is_as_fresh_as_the_provider_says() {
    let (world, company) = scene().await;
    newcomer(&world, &company).await;
    let now = world.now().as_second();
    for (claims, is_fresh) in [(json!({}), false), (json!({ "auth_time": now - 3600 }), false), (json!({ "auth_time": now - 60 }), true)] {
        let client = Client::anonymous(&world);
        let signed_in = go(&world, &company, &client, "sign_in", claims.clone()).await.expect(201);
        let asked = with_cookies(&client, &signed_in).post("/me/exports", json!({})).await;
        assert_eq!(asked.status.as_u16() == 202, is_fresh, "{claims}: {}", asked.text);
    }
}

#[tokio::test]
async fn linking_takes_a_fresh_factor_and_the_session_that_asked() {
    let (world, company) = scene().await;
    let (ana, bob) = (sign_up(&world, ANA).await, sign_up(&world, "bob@example.com").await);
    let (browser, url) = begin(&ana, "link").await;
    let (code, state) = company.authorize(&world, &url, &json!({}));
    // Ana's cookie of the way, in a browser in which Bob is signed in, or nobody.
    let errand =
        browser.cookie.iter().flat_map(|all| all.split("; ")).find(|one| one.starts_with("atrium_provider=")).expect("it").to_owned();
    for cookie in [format!("{errand}; {}", bob.cookie.clone().expect("a session")), errand] {
        let other = browser.with_cookie(cookie);
        assert_eq!(come_back(&other, &code, &state).await.expect(401).code(), "challenge_over");
    }
    assert_eq!(come_back(&browser, &code, &state).await.expect(200).json["outcome"], "linked");
    assert_eq!(go(&world, &company, &bob, "link", json!({})).await.expect(409).code(), "identity_taken");
    assert_eq!(identities(&world).await, 1);
    let visitor = Client::anonymous(&world);
    for intent in ["link", "confirm"] {
        visitor.post("/sessions/provider/options", json!({ "provider": "acme", "intent": intent })).await.expect(401);
    }
    world.advance_minutes(11);
    step_up_required(&bob.post("/sessions/provider/options", json!({ "provider": "acme", "intent": "link" })).await);
}

#[tokio::test]
async fn who_is_suspended_does_not_come_in_by_a_provider() {
    let (world, company) = scene().await;
    newcomer(&world, &company).await;
    let (_, admin) = super::platform_admin(&world, "root@example.com").await;
    let user: uuid::Uuid =
        sqlx::query_scalar("SELECT user_id FROM directory.user_identities").fetch_one(&mut world.as_owner().await).await.expect("one");
    let status = json!({ "status": "suspended", "reason": "a test" });
    admin.send(Method::PUT, &format!("/admin/users/{user}/status"), &[], Some(&status)).await.expect(204);
    let refused = go(&world, &company, &Client::anonymous(&world), "sign_in", json!({})).await;
    assert_eq!(refused.expect(403).code(), "account_inactive");
}

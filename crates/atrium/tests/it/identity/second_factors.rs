//! Authenticator apps, recovery codes, the second step of a sign-in, and confirming that it is oneself.

use futures_util::FutureExt;
use platform::mail::Mail;
use reqwest::Method;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use super::devices::device_of;
use super::{PASSWORD, sign_up, token_of, try_sign_in};
use crate::bookings::mails_to;
use crate::client::{Answer, Client};
use crate::world::World;

/// Minutes after which a factor is no longer fresh.
pub const OLD: i64 = 11;
const ANA: &str = "ana@example.com";

#[track_caller]
pub fn step_up_required(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.code()), (403, "step_up_required"), "{}", answer.text);
}

/// The app on somebody's phone.
pub struct Phone(totp_rs::Totp);

impl Phone {
    pub fn of(secret: &str) -> Self {
        Self(Builder::new().with_secret(Secret::try_from_base32(secret).expect("base 32")).build().expect("a secret"))
    }

    /// The code at the test's time, some steps on.
    pub fn code(&self, world: &World, steps: i64) -> String {
        self.0.generate(u64::try_from(world.now().as_second() + steps * 30).expect("after 1970")).to_string()
    }
}

/// Sets up an authenticator app: the phone and the recovery codes.
pub async fn set_up(world: &World, client: &Client) -> (Phone, Vec<String>) {
    let enrolment = client.post("/me/totp", json!({})).await.expect(201).json;
    let phone = Phone::of(enrolment["secret"].as_str().expect("a secret"));
    let done = client.post("/me/totp/confirmation", json!({ "code": phone.code(world, 0) })).await.expect(200).json;
    let codes = done["recovery_codes"].as_array().expect("codes").iter().filter_map(|code| code.as_str().map(str::to_owned)).collect();
    world.advance_minutes(1);
    (phone, codes)
}

/// Ana's newest mail of that kind.
async fn mail(world: &World, kind: &str) -> Mail {
    world.settle().await;
    mails_to(world, ANA).await.into_iter().map(|(mail, _)| mail).rfind(|mail| mail.kind == kind).expect("a mail")
}

/// The token of a sign-in that waits for its second factor.
pub async fn first_step(world: &World, email: &str) -> String {
    let due = try_sign_in(world, email, PASSWORD).await.expect(202);
    assert!(due.headers.get("set-cookie").is_none(), "no session before the second step");
    due.json["token"].as_str().expect("a token").to_owned()
}

pub async fn second_step(world: &World, token: &str, proof: Value) -> Answer {
    Client::anonymous(world).post("/sessions/second-factor", json!({ "token": token, "proof": proof })).await
}

pub fn totp(code: &str) -> Value {
    json!({ "method": "totp", "code": code })
}

pub fn recovery(code: &str) -> Value {
    json!({ "method": "recovery_code", "code": code })
}

#[tokio::test]
async fn an_authenticator_app_is_asked_for_from_then_on() {
    let world = World::new().await;
    let browser = sign_up(&world, ANA).await;
    let enrolment = browser.post("/me/totp", json!({})).await.expect(201).json;
    let (uri, svg) = (enrolment["uri"].as_str().expect("a uri"), enrolment["qr_svg"].as_str().expect("a picture"));
    assert!(uri.starts_with("otpauth://totp/Atrium:ana%40example.com?") && uri.contains("issuer=Atrium"), "{uri}");
    assert!(svg.contains("<svg") && svg.len() > 1000);
    // Until a code has shown that the app has the secret, nothing is asked for.
    try_sign_in(&world, ANA, PASSWORD).await.expect(201);
    let phone = Phone::of(enrolment["secret"].as_str().expect("a secret"));
    let wrong = browser.post("/me/totp/confirmation", json!({ "code": "000000" })).await.expect(422);
    assert_eq!(wrong.json["errors"][0]["field"], "code");
    let done = browser.post("/me/totp/confirmation", json!({ "code": phone.code(&world, 0) })).await.expect(200).json;
    assert_eq!(done["recovery_codes"].as_array().map(Vec::len), Some(10));
    assert_eq!(browser.post("/me/totp", json!({})).await.expect(409).code(), "totp_exists");

    world.advance_minutes(1);
    let token = first_step(&world, ANA).await;
    assert_eq!(second_step(&world, &token, totp("123456")).await.expect(401).code(), "invalid_code");
    world.advance_minutes(1);
    second_step(&world, &token, totp(&phone.code(&world, 0))).await.expect(201);
    // The step is done.
    world.advance_minutes(1);
    assert_eq!(second_step(&world, &token, totp(&phone.code(&world, 0))).await.expect(409).code(), "challenge_over");
    let told = mails_to(&world, ANA).await;
    assert!(told.iter().any(|(mail, _)| mail.kind == "totp_added" && mail.text.contains("authenticator app was added")));
}

/// The secret is sealed, codes are hashed, and neither is shown again.
#[tokio::test]
async fn nothing_of_it_stands_readable_in_the_database() {
    let world = World::new().await;
    let browser = sign_up(&world, ANA).await;
    let enrolment = browser.post("/me/totp", json!({})).await.expect(201).json;
    let secret = enrolment["secret"].as_str().expect("a secret").to_owned();
    let raw = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).expect("base 32");
    let phone = Phone::of(&secret);
    let done = browser.post("/me/totp/confirmation", json!({ "code": phone.code(&world, 0) })).await.expect(200).json;
    let code = done["recovery_codes"][0].as_str().expect("a code").replace('-', "");
    let mut db = world.as_owner().await;
    let sealed: Vec<u8> =
        sqlx::query_scalar("SELECT secret_ciphertext FROM directory.totp_credentials").fetch_one(&mut db).await.expect("a secret");
    assert!(!sealed.windows(raw.len()).any(|window| window == raw));
    let hashes: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT code_hash FROM directory.recovery_codes").fetch_all(&mut db).await.expect("codes");
    assert_eq!(hashes.len(), 10);
    assert!(hashes.iter().all(|hash| hash.len() == 32 && !hash.windows(8).any(|part| code.as_bytes().starts_with(part))));
    let shown = browser.get("/me/second-factors").await.expect(200).text;
    assert!(!shown.contains(&secret) && !shown.contains(&code), "{shown}");
}

#[tokio::test]
async fn a_code_counts_once_even_when_two_show_it_at_once() {
    let world = World::new().await;
    let browser = sign_up(&world, ANA).await;
    let (phone, _) = set_up(&world, &browser).await;
    let (one, two) = (first_step(&world, ANA).await, first_step(&world, ANA).await);
    let code = phone.code(&world, 0);
    let (left, right) = tokio::join!(second_step(&world, &one, totp(&code)), second_step(&world, &two, totp(&code)));
    let mut statuses = [left.status.as_u16(), right.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 401], "{} {}", left.text, right.text);
    // An older code counts no more either.
    world.advance_minutes(1);
    let token = first_step(&world, ANA).await;
    second_step(&world, &token, totp(&phone.code(&world, 0))).await.expect(201);
    let token = first_step(&world, ANA).await;
    second_step(&world, &token, totp(&phone.code(&world, -1))).await.expect(401);
}

/// Guessing is bounded for the account, whatever sign-in the guesses belong to, and leaves other ways open to its owner.
#[tokio::test]
async fn codes_cannot_be_tried_in_numbers() {
    let world = World::with(Default::default(), |config| config.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")]).await;
    let browser = sign_up(&world, ANA).await;
    let (phone, _) = set_up(&world, &browser).await;
    let mut waited = 0;
    for guess in 0..30 {
        let token = first_step(&world, ANA).await;
        let from = format!("203.0.{guess}.7");
        let body = json!({ "token": token, "proof": totp(&format!("{:06}", 700_000 + guess)) });
        let answer =
            Client::anonymous(&world).send(Method::POST, "/sessions/second-factor", &[("x-forwarded-for", &from)], Some(&body)).await;
        match answer.status.as_u16() {
            401 => {}
            429 => {
                waited += 1;
                let seconds: i64 = answer.headers["retry-after"].to_str().expect("ascii").parse().expect("seconds");
                world.clock.set(world.now().plus_seconds(seconds));
            }
            _ => panic!("{}", answer.text),
        }
    }
    assert!(waited >= 10, "{waited}");
    // Side by side, too.
    world.advance_minutes(1);
    let token = first_step(&world, ANA).await;
    let guesses = (0..20).map(|guess| second_step(&world, &token, totp(&format!("{:06}", 800_000 + guess))).boxed());
    let answers = futures_util::future::join_all(guesses).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 401).count(), 1, "the others wait");
    world.advance_minutes(1);
    let token = first_step(&world, ANA).await;
    second_step(&world, &token, totp(&phone.code(&world, 0))).await.expect(201);
}

#[tokio::test]
async fn recovery_codes_count_once_each_and_as_a_set() {
    let world = World::new().await;
    let browser = sign_up(&world, ANA).await;
    let (_, codes) = set_up(&world, &browser).await;
    let (one, two) = (first_step(&world, ANA).await, first_step(&world, ANA).await);
    let code = recovery(&codes[0].to_lowercase().replace('-', " "));
    let (left, right) = tokio::join!(second_step(&world, &one, code.clone()), second_step(&world, &two, code.clone()));
    let mut statuses = [left.status.as_u16(), right.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 401], "{} {}", left.text, right.text);
    let mut browser = Client::anonymous(&world);
    browser.keep_cookie(if left.status == 201 { &left } else { &right });
    assert_eq!(browser.get("/me/second-factors").await.expect(200).json["recovery_codes"]["left"], 9);
    let fresh = browser.post("/me/recovery-codes", json!({})).await.expect(201).json["recovery_codes"].clone();
    assert_eq!(fresh.as_array().map(Vec::len), Some(10));
    world.advance_minutes(1);
    let token = first_step(&world, ANA).await;
    second_step(&world, &token, recovery(&codes[1])).await.expect(401);
    world.advance_minutes(1);
    second_step(&world, &token, recovery(fresh[1].as_str().expect("a code"))).await.expect(201);
}

/// Between the two steps there is nothing but the second step.
#[tokio::test]
async fn a_sign_in_that_waits_opens_nothing() {
    let world = World::new().await;
    let browser = sign_up(&world, ANA).await;
    set_up(&world, &browser).await;
    let token = first_step(&world, ANA).await;
    for (name, value) in [("authorization", format!("Bearer {token}")), ("cookie", format!("atrium_session={token}"))] {
        for (method, path) in [(Method::GET, "/session"), (Method::GET, "/me/second-factors"), (Method::POST, "/me/totp")] {
            let body = (method == Method::POST).then(|| json!({}));
            Client::anonymous(&world).send(method, path, &[(name, &value)], body.as_ref()).await.expect(401);
        }
    }
    // Nor is it a passkey's challenge, nor finished by the password again.
    let body = json!({ "token": token, "credential": {} });
    Client::anonymous(&world).post("/sessions/passkey", body).await.expect(409);
    let again = second_step(&world, &token, json!({ "method": "password", "password": PASSWORD })).await.expect(403);
    assert_eq!(again.code(), "password_not_enough");
    // It ends by itself, and with the password that it stood on.
    world.advance_minutes(6);
    assert_eq!(second_step(&world, &token, totp("123456")).await.expect(409).code(), "challenge_over");
}

#[tokio::test]
async fn a_changed_password_ends_sign_ins_that_wait() {
    let world = World::new().await;
    let browser = sign_up(&world, ANA).await;
    let (phone, _) = set_up(&world, &browser).await;
    let token = first_step(&world, ANA).await;
    let change = json!({ "current_password": PASSWORD, "new_password": "another fine long password" });
    browser.send(Method::PUT, "/me/password", &[], Some(&change)).await.expect(204);
    assert_eq!(second_step(&world, &token, totp(&phone.code(&world, 0))).await.expect(409).code(), "challenge_over");
}

/// A new password by mail is no way around the second factor.
#[tokio::test]
async fn a_reset_does_not_skip_the_second_factor() {
    let world = World::new().await;
    let browser = sign_up(&world, ANA).await;
    let (phone, _) = set_up(&world, &browser).await;
    let anybody = Client::anonymous(&world);
    anybody.post("/password-resets", json!({ "email": ANA })).await.expect(202);
    let link = token_of(&mail(&world, "password_reset").await);
    let reset = json!({ "token": link, "password": "another fine long password" });
    let answer = anybody.send(Method::PUT, "/password-resets", &[], Some(&reset)).await.expect(204);
    assert!(answer.headers.get("set-cookie").is_none());
    browser.get("/session").await.expect(401);
    let due = try_sign_in(&world, ANA, "another fine long password").await.expect(202);
    second_step(&world, due.json["token"].as_str().expect("a token"), totp(&phone.code(&world, 0))).await.expect(201);
}

/// Factors change in front of somebody who has just shown one, and end what stood on the old ones.
#[tokio::test]
async fn factors_change_only_after_a_fresh_one() {
    let world = World::new().await;
    let mut browser = sign_up(&world, ANA).await;
    let (phone, _) = set_up(&world, &browser).await;
    let mut elsewhere = Client::anonymous(&world);
    let token = first_step(&world, ANA).await;
    elsewhere.keep_cookie(&second_step(&world, &token, totp(&phone.code(&world, 0))).await.expect(201));
    world.advance_minutes(OLD);
    for (method, path) in [
        (Method::DELETE, "/me/totp"),
        (Method::POST, "/me/totp"),
        (Method::POST, "/me/recovery-codes"),
        (Method::POST, "/me/passkeys/options"),
    ] {
        let body = (method == Method::POST).then(|| json!({}));
        step_up_required(&browser.send(method, path, &[], body.as_ref()).await);
    }
    // With a second factor set up, the password alone does not confirm.
    let password = json!({ "method": "password", "password": PASSWORD });
    assert_eq!(browser.post("/session/verification", password.clone()).await.expect(403).code(), "password_not_enough");
    assert_eq!(browser.post("/session/verification", totp("000000")).await.expect(401).code(), "invalid_code");
    world.advance_minutes(1);
    let before = browser.clone();
    let verified = browser.post("/session/verification", totp(&phone.code(&world, 0))).await.expect(200);
    browser.keep_cookie(&verified);
    before.get("/session").await.expect(401);
    browser.send(Method::DELETE, "/me/totp", &[], None).await.expect(204);
    elsewhere.get("/session").await.expect(401);
    let left = browser.get("/me/second-factors").await.expect(200).json;
    assert_eq!((&left["totp"], &left["recovery_codes"], &left["methods"]), (&Value::Null, &Value::Null, &json!([])));
    browser.send(Method::DELETE, "/me/totp", &[], None).await.expect(404);
    assert_eq!(browser.post("/me/recovery-codes", json!({})).await.expect(409).code(), "no_second_factor");
    // From now on it is the password again.
    world.advance_minutes(OLD);
    step_up_required(&browser.post("/me/totp", json!({})).await);
    let wrong = json!({ "method": "password", "password": "not the right password" });
    assert_eq!(browser.post("/session/verification", wrong).await.expect(422).json["errors"][0]["field"], "proof.password");
    world.advance_minutes(1);
    let verified = browser.post("/session/verification", password).await.expect(200);
    browser.keep_cookie(&verified);
    browser.post("/me/totp", json!({})).await.expect(201);
}

/// Somebody with a second factor does not accept an invitation by the password alone.
#[tokio::test]
async fn an_invitation_is_no_way_around_the_second_factor() {
    let world = World::new().await;
    let browser = sign_up(&world, ANA).await;
    set_up(&world, &browser).await;
    let tenant = crate::client::Tenant::found(&world, "acme").await;
    let roles = tenant.owner.get("/roles").await.expect(200).json;
    let role = roles["items"].as_array().expect("roles").iter().find(|role| role["name"] == "viewer").expect("viewer")["id"].clone();
    tenant.owner.post("/invitations", json!({ "email": ANA, "role_id": role })).await.expect(201);
    let token = token_of(&mail(&world, "invitation").await);
    let body = json!({ "token": token, "password": PASSWORD });
    assert_eq!(Client::anonymous(&world).post("/invitation-acceptances", body).await.expect(403).code(), "password_not_enough");
    browser.post("/invitation-acceptances", json!({ "token": token })).await.expect(201);
}

/// Who knows the password and tries codes makes strangers wait, and not its owner: neither in a known browser, nor in an open session,
/// nor with what cannot be guessed.
#[tokio::test]
async fn who_knows_the_password_does_not_lock_the_owner_out() {
    let world = World::new().await;
    let mut browser = sign_up(&world, ANA).await;
    let (phone, codes) = set_up(&world, &browser).await;
    let token = first_step(&world, ANA).await;
    let device = device_of(&second_step(&world, &token, totp(&phone.code(&world, 0))).await.expect(201));
    world.advance_minutes(1);
    // A hundred failures, after which the next try waits for a day.
    let attempted = async |guess: i64| {
        let token = first_step(&world, ANA).await;
        second_step(&world, &token, totp(&format!("{:06}", 700_000 + guess))).await
    };
    for guess in 0..100 {
        attempted(guess).await.expect(401);
        world.clock.set(world.now().plus_seconds(11));
    }
    let waits: i64 = attempted(100).await.expect(429).headers["retry-after"].to_str().expect("ascii").parse().expect("seconds");
    assert!(waits > 80_000, "{waits}");
    // Also with the right code, whatever sign-in it belongs to.
    let token = first_step(&world, ANA).await;
    second_step(&world, &token, totp(&phone.code(&world, 0))).await.expect(429);
    // A session that is open confirms.
    let verified = browser.post("/session/verification", totp(&phone.code(&world, 0))).await.expect(200);
    browser.keep_cookie(&verified);
    world.advance_minutes(1);
    // A browser that is known signs in.
    let cookie = Client::anonymous(&world).with_cookie(device);
    let due = cookie.post("/sessions", json!({ "email": ANA, "password": PASSWORD })).await.expect(202).json;
    let body = json!({ "token": due["token"], "proof": totp(&phone.code(&world, 0)) });
    let entered = cookie.post("/sessions/second-factor", body).await.expect(201);
    // A recovery code signs in from anywhere.
    let token = first_step(&world, ANA).await;
    second_step(&world, &token, recovery(&codes[0])).await.expect(201);
    // In a known browser codes cannot be tried in numbers either.
    let known = Client::anonymous(&world).with_cookie(device_of(&entered));
    let due = known.post("/sessions", json!({ "email": ANA, "password": PASSWORD })).await.expect(202).json;
    let guess = json!({ "token": due["token"], "proof": totp("000000") });
    known.post("/sessions/second-factor", guess.clone()).await.expect(401);
    known.post("/sessions/second-factor", guess).await.expect(429);
    // Nor in a session, also after it has gone on in another workspace.
    let own = browser.post("/tenants", json!({ "name": "Own", "timezone": "UTC" })).await.expect(201).id();
    browser.post("/session/verification", totp("000000")).await.expect(401);
    let switched = browser.post("/session/tenant", json!({ "tenant_id": own })).await.expect(200);
    browser.keep_cookie(&switched);
    browser.post("/session/verification", totp("000000")).await.expect(429);
}

/// Whoever copied the cookie is out when the factors change.
#[tokio::test]
async fn a_change_of_factors_gives_a_new_token_and_the_copied_one_dies() {
    let world = World::new().await;
    let ana = sign_up(&world, ANA).await;
    let mut passkey = super::authenticator::Authenticator::new(&world.url);
    let copied = ana.clone();
    set_up(&world, &ana).await;
    copied.get("/session").await.expect(401);
    let copied = ana.clone();
    ana.post("/me/recovery-codes", json!({})).await.expect(201);
    copied.get("/session").await.expect(401);
    let copied = ana.clone();
    let made = super::passkeys::register(&ana, &mut passkey, "Key").await.expect(201).id();
    copied.get("/session").await.expect(401);
    let copied = ana.clone();
    ana.send(Method::DELETE, &format!("/me/passkeys/{made}"), &[], None).await.expect(204);
    copied.get("/session").await.expect(401);
    let copied = ana.clone();
    ana.send(Method::DELETE, "/me/totp", &[], None).await.expect(204);
    copied.get("/session").await.expect(401);
    // The browser itself goes on, with the rights and the age that it had.
    ana.get("/contacts").await.expect(200);
    world.advance_minutes(OLD);
    step_up_required(&ana.post("/me/totp", json!({})).await);
}

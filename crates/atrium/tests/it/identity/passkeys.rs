//! Passkeys: registered, used to sign in and as a second factor, and what an authenticator or its thief may not do.

use serde_json::{Value, json};
use uuid::Uuid;

use super::authenticator::Authenticator;
use super::second_factors::{OLD, step_up_required};
use crate::client::{Answer, Client, Tenant};
use crate::world::World;

pub async fn register(client: &Client, authenticator: &mut Authenticator, name: &str) -> Answer {
    let options = client.post("/me/passkeys/options", json!({})).await.expect(200).json;
    let credential = authenticator.create(&options["public_key"]);
    client.post("/me/passkeys", json!({ "token": options["token"], "name": name, "credential": credential })).await
}

/// Signs in by the passkey alone.
async fn enter(world: &World, authenticator: &mut Authenticator) -> Answer {
    let anybody = Client::anonymous(world);
    let options = anybody.post("/sessions/passkey/options", json!({})).await.expect(200).json;
    let credential = authenticator.get(&options["public_key"]);
    anybody.post("/sessions/passkey", json!({ "token": options["token"], "credential": credential })).await
}

async fn security_events(world: &World, event: &str) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM directory.security_events WHERE event = $1")
        .bind(event)
        .fetch_one(&mut world.as_owner().await)
        .await
        .expect("a count")
}

/// An owner with a passkey.
async fn with_passkey(world: &World, name: &str) -> (Tenant, Authenticator, Uuid) {
    let tenant = Tenant::found(world, name).await;
    let mut authenticator = Authenticator::new(&world.url);
    let made = register(&tenant.owner, &mut authenticator, "Laptop").await.expect(201);
    assert_eq!(made.json["recovery_codes"].as_array().map(Vec::len), Some(10));
    (tenant, authenticator, made.id())
}

#[tokio::test]
async fn a_passkey_signs_in_alone() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let options = tenant.owner.post("/me/passkeys/options", json!({})).await.expect(200).json;
    let selection = &options["public_key"]["authenticatorSelection"];
    assert_eq!(
        (&selection["residentKey"], &selection["requireResidentKey"], &selection["userVerification"]),
        (&json!("required"), &json!(true), &json!("required"))
    );
    let mut laptop = Authenticator::new(&world.url);
    let made = register(&tenant.owner, &mut laptop, "  Laptop ").await.expect(201);
    assert_eq!((&made.json["name"], &made.json["backed_up"]), (&json!("Laptop"), &json!(false)));
    let entered = enter(&world, &mut laptop).await.expect(201);
    assert_eq!(entered.json["user"]["id"], json!(tenant.owner_id));
    let mut browser = Client::anonymous(&world);
    browser.keep_cookie(&entered);
    let listed = browser.get("/me/second-factors").await.expect(200).json;
    assert_eq!(listed["methods"], json!(["passkey", "recovery_code"]));
    assert!(listed["passkeys"][0]["last_used_at"].is_string(), "{listed}");
    // A second one needs no new codes, and is named by its owner.
    let mut phone = Authenticator::new(&world.url);
    (phone.backup_eligible, phone.backed_up) = (true, true);
    let second = register(&browser, &mut phone, "Phone").await.expect(201);
    assert_eq!((&second.json["recovery_codes"], &second.json["backed_up"]), (&Value::Null, &json!(true)));
    let renamed = browser.patch(&format!("/me/passkeys/{}", second.id()), &json!(1), json!({ "name": "Old phone" })).await.expect(200);
    assert_eq!(renamed.json["name"], "Old phone");
    enter(&world, &mut phone).await.expect(201);
    // Removed, it is unknown.
    browser.delete(&format!("/me/passkeys/{}", second.id())).await.expect(204);
    assert_eq!(enter(&world, &mut phone).await.expect(401).code(), "unknown_passkey");
    enter(&world, &mut laptop).await.expect(201);
}

#[tokio::test]
async fn the_options_of_a_sign_in_tell_nothing_about_anybody() {
    let world = World::new().await;
    let before = Client::anonymous(&world).post("/sessions/passkey/options", json!({})).await.expect(200).json;
    with_passkey(&world, "acme").await;
    let after = Client::anonymous(&world).post("/sessions/passkey/options", json!({})).await.expect(200).json;
    let without_challenge = |mut options: Value| {
        options["public_key"]["challenge"] = Value::Null;
        options["public_key"].take()
    };
    assert_eq!(without_challenge(before), without_challenge(after));
}

#[tokio::test]
async fn a_challenge_is_answered_once_in_time_and_by_who_got_it() {
    let world = World::new().await;
    let (tenant, mut laptop, _) = with_passkey(&world, "acme").await;
    let anybody = Client::anonymous(&world);
    let fresh = async || anybody.post("/sessions/passkey/options", json!({})).await.expect(200).json;
    // Twice.
    let options = fresh().await;
    let body = json!({ "token": options["token"], "credential": laptop.get(&options["public_key"]) });
    anybody.post("/sessions/passkey", body.clone()).await.expect(201);
    assert_eq!(anybody.post("/sessions/passkey", body).await.expect(409).code(), "challenge_over");
    // The answer to another challenge.
    let (one, two) = (fresh().await, fresh().await);
    let body = json!({ "token": two["token"], "credential": laptop.get(&one["public_key"]) });
    assert_eq!(anybody.post("/sessions/passkey", body).await.expect(401).code(), "invalid_passkey");
    // Too late.
    let options = fresh().await;
    let credential = laptop.get(&options["public_key"]);
    world.advance_minutes(6);
    let body = json!({ "token": options["token"], "credential": credential });
    assert_eq!(anybody.post("/sessions/passkey", body).await.expect(409).code(), "challenge_over");
    // A registration begun by one is not another's to finish, nor that of a sign-in.
    let other = Tenant::found(&world, "other").await;
    let begun = other.owner.post("/me/passkeys/options", json!({})).await.expect(200).json;
    let credential = Authenticator::new(&world.url).create(&begun["public_key"]);
    let body = json!({ "token": begun["token"], "name": "Mine", "credential": credential });
    assert_eq!(tenant.owner.post("/me/passkeys", body.clone()).await.expect(409).code(), "challenge_over");
    let body = json!({ "token": begun["token"], "credential": credential });
    assert_eq!(anybody.post("/sessions/passkey", body).await.expect(409).code(), "challenge_over");
}

#[tokio::test]
async fn an_answer_from_another_place_or_key_is_refused() {
    let world = World::new().await;
    let (_, mut laptop, _) = with_passkey(&world, "acme").await;
    for origin in ["https://evil.example.com", "http://localhost:1", "http://localhost.evil.example.com"] {
        let honest = std::mem::replace(&mut laptop.origin, origin.to_owned());
        assert_eq!(enter(&world, &mut laptop).await.expect(401).code(), "invalid_passkey", "{origin}");
        laptop.origin = honest;
    }
    laptop.verifies_user = false;
    assert_eq!(enter(&world, &mut laptop).await.expect(401).code(), "invalid_passkey", "nobody was asked who it is");
    laptop.verifies_user = true;
    // Whether it may be backed up does not change.
    (laptop.backup_eligible, laptop.backed_up) = (true, true);
    assert_eq!(enter(&world, &mut laptop).await.expect(401).code(), "invalid_passkey");
    (laptop.backup_eligible, laptop.backed_up) = (false, true);
    assert_eq!(enter(&world, &mut laptop).await.expect(401).code(), "invalid_passkey", "backed up what cannot be");
    laptop.backed_up = false;
    let mut forger = Authenticator::new(&world.url);
    forger.pretends_to_be(&laptop);
    assert_eq!(enter(&world, &mut forger).await.expect(401).code(), "invalid_passkey", "another key's signature");
    enter(&world, &mut laptop).await.expect(201);
}

#[tokio::test]
async fn a_registration_without_its_user_verified_or_from_elsewhere_is_refused() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let mut key = Authenticator::new(&world.url);
    key.verifies_user = false;
    assert_eq!(register(&tenant.owner, &mut key, "Key").await.expect(422).json["errors"][0]["field"], "credential");
    (key.verifies_user, key.backed_up) = (true, true);
    register(&tenant.owner, &mut key, "Key").await.expect(422);
    (key.backed_up, key.origin) = (false, "https://evil.example.com".to_owned());
    register(&tenant.owner, &mut key, "Key").await.expect(422);
    key.origin.clone_from(&world.url);
    for nonsense in [json!({}), json!({ "id": "x" }), json!([]), json!("no")] {
        let options = tenant.owner.post("/me/passkeys/options", json!({})).await.expect(200).json;
        let body = json!({ "token": options["token"], "name": "Key", "credential": nonsense });
        assert_eq!(tenant.owner.post("/me/passkeys", body).await.status.as_u16() / 100, 4);
    }
    register(&tenant.owner, &mut key, "Key").await.expect(201);
    // The same key is nobody else's, nor a second time one's own.
    let other = Tenant::found(&world, "other").await;
    assert_eq!(register(&other.owner, &mut key, "Stolen").await.expect(409).code(), "passkey_known");
    assert_eq!(other.owner.get("/me/second-factors").await.expect(200).json["passkeys"], json!([]));
}

/// A counter that stands still or goes back is a copy's, and is written down.
#[tokio::test]
async fn a_counter_that_goes_back_is_refused_and_recorded() {
    let world = World::new().await;
    let (_, mut laptop, _) = with_passkey(&world, "acme").await;
    laptop.counter = 40;
    enter(&world, &mut laptop).await.expect(201);
    for counter in [40, 2] {
        laptop.counter = counter - 1;
        assert_eq!(enter(&world, &mut laptop).await.expect(401).code(), "invalid_passkey", "{counter}");
    }
    assert_eq!(security_events(&world, "passkey_counter_went_back").await, 2);
    laptop.counter = 41;
    enter(&world, &mut laptop).await.expect(201);
}

#[tokio::test]
async fn anothers_passkey_is_not_ones_to_rename_or_remove() {
    let world = World::new().await;
    let (_, mut laptop, id) = with_passkey(&world, "acme").await;
    let other = Tenant::found(&world, "other").await;
    other.owner.patch(&format!("/me/passkeys/{id}"), &json!(1), json!({ "name": "Mine" })).await.expect(404);
    other.owner.delete(&format!("/me/passkeys/{id}")).await.expect(404);
    enter(&world, &mut laptop).await.expect(201);
}

/// Beside the password, and to confirm that it is oneself.
#[tokio::test]
async fn a_passkey_is_a_second_factor_bound_to_its_sign_in() {
    let world = World::new().await;
    let email = "ana@example.com";
    let mut browser = super::sign_up(&world, email).await;
    let mut laptop = Authenticator::new(&world.url);
    register(&browser, &mut laptop, "Laptop").await.expect(201);
    let due = async || super::try_sign_in(&world, email, super::PASSWORD).await.expect(202).json;
    let anybody = Client::anonymous(&world);
    let (one, two) = (due().await, due().await);
    assert_eq!(one["methods"], json!(["passkey", "recovery_code"]));
    let options = anybody.post("/sessions/second-factor/options", json!({ "token": one["token"] })).await.expect(200).json;
    assert_eq!(options["public_key"]["allowCredentials"][0]["id"], json!(laptop.credential_id()));
    let proof = json!({ "method": "passkey", "token": options["token"], "credential": laptop.get(&options["public_key"]) });
    // What was signed for one sign-in does not finish another.
    let crossed = anybody.post("/sessions/second-factor", json!({ "token": two["token"], "proof": proof })).await.expect(401);
    assert_eq!(crossed.code(), "invalid_passkey");
    world.advance_minutes(1);
    // Nor does another user's passkey, which is a good one at its own account.
    let bo = super::sign_up(&world, "bo@example.com").await;
    let mut foreign = Authenticator::new(&world.url);
    register(&bo, &mut foreign, "Bo's").await.expect(201);
    let again = anybody.post("/sessions/second-factor/options", json!({ "token": two["token"] })).await.expect(200).json;
    let of_bo = json!({ "method": "passkey", "token": again["token"], "credential": foreign.get(&again["public_key"]) });
    let refused = anybody.post("/sessions/second-factor", json!({ "token": two["token"], "proof": of_bo })).await.expect(401);
    assert_eq!(refused.code(), "invalid_passkey");
    world.advance_minutes(1);
    anybody.post("/sessions/second-factor", json!({ "token": one["token"], "proof": proof })).await.expect(201);
    // Later it confirms who sits there.
    world.advance_minutes(OLD);
    step_up_required(&browser.post("/me/recovery-codes", json!({})).await);
    let options = browser.post("/session/verification/options", json!({})).await.expect(200).json;
    let proof = json!({ "method": "passkey", "token": options["token"], "credential": laptop.get(&options["public_key"]) });
    let verified = browser.post("/session/verification", proof).await.expect(200);
    browser.keep_cookie(&verified);
    browser.post("/me/recovery-codes", json!({})).await.expect(201);
}

#[tokio::test]
async fn who_is_suspended_does_not_come_in_by_a_passkey() {
    let world = World::new().await;
    let (tenant, mut laptop, _) = with_passkey(&world, "acme").await;
    sqlx::query("UPDATE directory.users SET status = 'suspended' WHERE id = $1")
        .bind(tenant.owner_id)
        .execute(&mut world.as_owner().await)
        .await
        .expect("suspended");
    assert_eq!(enter(&world, &mut laptop).await.expect(401).code(), "invalid_passkey");
}

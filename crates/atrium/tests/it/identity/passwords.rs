//! A forgotten password, and a changed one.

use reqwest::Method;
use serde_json::json;

use super::{PASSWORD, kinds_of_mail, newest_mail, newest_token, retry_after, sign_up, token_of, try_sign_in, wait_out};
use crate::client::{Answer, Client};
use crate::world::World;

const NEXT: &str = "another fine password";

async fn ask(world: &World) -> String {
    Client::anonymous(world).post("/password-resets", json!({ "email": "Ana@example.com" })).await.expect(202);
    newest_token(world, "ana@example.com").await
}

async fn reset(world: &World, token: &str, password: &str) -> Answer {
    Client::anonymous(world).put("/password-resets", None, json!({ "token": token, "password": password })).await
}

#[tokio::test]
async fn a_reset_works_once_and_ends_every_session() {
    let world = World::new().await;
    let session = sign_up(&world, "ana@example.com").await;
    let (first, second) = (ask(&world).await, ask(&world).await);
    assert_ne!(first, second);
    let mail = newest_mail(&world, "ana@example.com").await;
    assert!(mail.text.contains(&format!("{}/reset-password?token=", world.url)) && mail.text.contains("Hello Ana"), "{}", mail.text);
    session.get("/session").await.expect(200);
    assert_eq!(reset(&world, &first, NEXT).await.expect(422).code(), "link_invalid", "the newer link is the only one");

    reset(&world, &"x".repeat(43), NEXT).await.expect(422);
    // A password that is not accepted leaves the link usable.
    for (bad, code) in [("short", "too_short"), ("passwordpassword", "too_common"), ("ana@example.com", "personal")] {
        let refused = reset(&world, &second, bad).await.expect(422);
        assert_eq!((&refused.json["errors"][0]["field"], &refused.json["errors"][0]["code"]), (&json!("password"), &json!(code)));
    }
    let used = reset(&world, &second, NEXT).await.expect(204);
    assert!(!used.headers.contains_key("set-cookie"), "a link alone signs nobody in");
    assert_eq!(reset(&world, &second, NEXT).await.expect(422).code(), "link_invalid");
    session.get("/session").await.expect(401);
    try_sign_in(&world, "ana@example.com", NEXT).await.expect(201);
    try_sign_in(&world, "ana@example.com", PASSWORD).await.expect(401);
    assert_eq!(
        kinds_of_mail(&world, "ana@example.com").await,
        ["email_verification", "password_changed", "password_reset", "password_reset"]
    );
}

#[tokio::test]
async fn a_reset_used_twice_at_once_is_used_once() {
    let world = World::new().await;
    sign_up(&world, "ana@example.com").await;
    let token = ask(&world).await;
    let (one, two) = tokio::join!(reset(&world, &token, NEXT), reset(&world, &token, "yet another password"));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 422]);
}

#[tokio::test]
async fn a_reset_runs_out_after_half_an_hour() {
    let world = World::new().await;
    sign_up(&world, "ana@example.com").await;
    let late = ask(&world).await;
    world.advance_minutes(30);
    assert_eq!(reset(&world, &late, NEXT).await.expect(422).code(), "link_invalid");
    let in_time = ask(&world).await;
    world.advance_minutes(29);
    reset(&world, &in_time, NEXT).await.expect(204);
}

#[tokio::test]
async fn a_change_ends_the_other_sessions_and_voids_links() {
    let world = World::new().await;
    let own = sign_up(&world, "ana@example.com").await;
    let other = Client::sign_in(&world, "ana@example.com", PASSWORD).await;
    let link = ask(&world).await;
    let change =
        async |current: &str, next: &str| own.put("/me/password", None, json!({ "current_password": current, "new_password": next })).await;
    for (next, code) in
        [("short", "too_short"), ("aaaaaaaaaaaaaaa", "too_common"), (PASSWORD, "unchanged"), ("ana@example.com", "personal")]
    {
        let refused = change(PASSWORD, next).await.expect(422);
        assert_eq!((&refused.json["errors"][0]["field"], &refused.json["errors"][0]["code"]), (&json!("new_password"), &json!(code)));
    }
    let wrong = change("not this password", NEXT).await.expect(422);
    assert_eq!((&wrong.json["errors"][0]["field"], &wrong.json["errors"][0]["code"]), (&json!("current_password"), &json!("incorrect")));
    // A stolen session is no way to guess the password either.
    let wait = retry_after(&change(PASSWORD, NEXT).await);
    wait_out(&world, wait);
    other.get("/session").await.expect(200);
    change(PASSWORD, NEXT).await.expect(204);
    other.get("/session").await.expect(401);
    own.get("/session").await.expect(200);
    assert_eq!(reset(&world, &link, "yet another password").await.expect(422).code(), "link_invalid");
    try_sign_in(&world, "ana@example.com", PASSWORD).await.expect(401);
    wait_out(&world, 60);
    try_sign_in(&world, "ana@example.com", NEXT).await.expect(201);
    assert_eq!(newest_mail(&world, "ana@example.com").await.kind, "password_changed");
    let events: Vec<String> = sqlx::query_scalar("SELECT event FROM directory.security_events ORDER BY id")
        .fetch_all(&world.app.pools.owner)
        .await
        .expect("events");
    assert_eq!(events, ["password_reset_requested", "password_changed"]);
}

/// The mail that tells of a change holds a link without a secret.
#[tokio::test]
async fn the_mail_about_a_change_holds_no_secret() {
    let world = World::new().await;
    sign_up(&world, "ana@example.com").await;
    let token = token_of(&{
        ask(&world).await;
        newest_mail(&world, "ana@example.com").await
    });
    reset(&world, &token, NEXT).await.expect(204);
    let mail = newest_mail(&world, "ana@example.com").await;
    assert_eq!(mail.kind, "password_changed");
    assert!(!mail.text.contains("token=") && mail.text.contains(&world.url), "{}", mail.text);
}

/// Fifteen where the password is all that is asked for, eight beside a second factor, and the factor is not left behind then.
#[tokio::test]
async fn a_short_password_takes_a_second_factor_and_keeps_it() {
    let world = World::new().await;
    let browser = super::sign_up(&world, "ana@example.com").await;
    let change = |from: &str, to: &str| json!({ "current_password": from, "new_password": to });
    let put = async |body: serde_json::Value| browser.send(Method::PUT, "/me/password", &[], Some(&body)).await;
    let refused = put(change(super::PASSWORD, "kangoeroe")).await.expect(422);
    assert_eq!(refused.json["errors"][0]["code"], "too_short", "{}", refused.text);
    super::second_factors::set_up(&world, &browser).await;
    assert_eq!(put(change(super::PASSWORD, "password1")).await.expect(422).json["errors"][0]["code"], "too_common");
    put(change(super::PASSWORD, "kangoeroe")).await.expect(204);
    let kept = browser.send(Method::DELETE, "/me/totp", &[], None).await.expect(409);
    assert_eq!(kept.code(), "password_too_short");
    world.advance_minutes(1);
    put(change("kangoeroe", "zeven rode stoelen")).await.expect(204);
    browser.send(Method::DELETE, "/me/totp", &[], None).await.expect(204);
}

/// A hash of bcrypt from another system signs in, and is replaced by ours with the first sign-in.
#[tokio::test]
async fn imported_hashes_are_upgraded_at_sign_in() {
    let world = World::new().await;
    super::sign_up(&world, "ana@example.com").await;
    let known = bcrypt::hash("a password of old", 4).expect("hashed");
    assert!(identity::admin::import_password(&world.app, "ana@example.com", &known[..20]).await.is_err());
    identity::admin::import_password(&world.app, "ana@example.com", &known).await.expect("imported");
    let stored = async || -> String {
        sqlx::query_scalar("SELECT password_hash FROM directory.users").fetch_one(&mut world.as_owner().await).await.expect("a hash")
    };
    assert!(stored().await.starts_with("0$2"));
    super::try_sign_in(&world, "ana@example.com", "not the password").await.expect(401);
    assert!(stored().await.starts_with("0$2"), "a wrong password replaces nothing");
    world.advance_minutes(1);
    super::try_sign_in(&world, "ana@example.com", "a password of old").await.expect(201);
    assert!(stored().await.starts_with("1$argon2id$"), "{}", stored().await);
    super::try_sign_in(&world, "ana@example.com", "a password of old").await.expect(201);
}

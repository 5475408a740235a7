//! Another e-mail address: in force once it is confirmed, and told to the old one.

use serde_json::json;

use super::{PASSWORD, kinds_of_mail, newest_mail, newest_token, sign_up, try_sign_in};
use crate::client::Client;
use crate::world::World;

#[tokio::test]
async fn the_new_address_counts_once_it_is_confirmed_and_the_old_one_is_free() {
    let world = World::new().await;
    let ana = sign_up(&world, "ana@example.com").await;
    ana.post("/me/email-change", json!({ "email": "Ana.New@example.com" })).await.expect(202);
    assert_eq!(ana.get("/me/email-change").await.expect(200).json["waiting"]["email"], "Ana.New@example.com");
    // Nothing has changed yet.
    assert_eq!(try_sign_in(&world, "ana.new@example.com", PASSWORD).await.code(), "invalid_credentials");
    let token = newest_token(&world, "Ana.New@example.com").await;
    assert!(newest_mail(&world, "ana@example.com").await.text.contains("Ana.New@example.com"));
    Client::anonymous(&world).post("/email-confirmations", json!({ "token": token })).await.expect(204);

    assert!(kinds_of_mail(&world, "ana@example.com").await.contains(&"email_changed".to_owned()));
    assert_eq!(ana.get("/me").await.expect(200).json["email"], "Ana.New@example.com");
    let members = ana.get("/members").await.expect(200).json;
    assert_eq!(members["items"][0]["email"], "Ana.New@example.com", "the copy in the workspace");
    world.advance_minutes(1);
    try_sign_in(&world, "ana.new@example.com", PASSWORD).await.expect(201);
    world.advance_minutes(1);
    assert_eq!(try_sign_in(&world, "ana@example.com", PASSWORD).await.code(), "invalid_credentials");
    // Somebody else may have it now.
    world.advance_minutes(1);
    sign_up(&world, "ana@example.com").await;
}

#[tokio::test]
async fn a_confirmation_counts_once_and_not_after_its_time() {
    let world = World::new().await;
    let ana = sign_up(&world, "ana@example.com").await;
    let nobody = Client::anonymous(&world);
    ana.post("/me/email-change", json!({ "email": "one@example.com" })).await.expect(202);
    let one = newest_token(&world, "one@example.com").await;
    ana.post("/me/email-change", json!({ "email": "two@example.com" })).await.expect(202);
    let two = newest_token(&world, "two@example.com").await;
    assert_eq!(nobody.post("/email-confirmations", json!({ "token": one })).await.expect(422).code(), "link_invalid");
    let both = tokio::join!(
        nobody.post("/email-confirmations", json!({ "token": two })),
        nobody.post("/email-confirmations", json!({ "token": two }))
    );
    let mut statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 422], "two at once");
    ana.post("/me/email-change", json!({ "email": "three@example.com" })).await.expect(202);
    let three = newest_token(&world, "three@example.com").await;
    world.advance_minutes(24 * 60);
    nobody.post("/email-confirmations", json!({ "token": three })).await.expect(422);
    let ana = Client::sign_in(&world, "two@example.com", PASSWORD).await;
    assert_eq!(ana.get("/me/email-change").await.expect(200).json["waiting"], json!(null));
}

#[tokio::test]
async fn an_address_that_somebody_has_is_not_told_apart() {
    let world = World::new().await;
    let ana = sign_up(&world, "ana@example.com").await;
    sign_up(&world, "bo@example.com").await;
    let taken = ana.post("/me/email-change", json!({ "email": "BO@example.com" })).await.expect(202);
    let free = ana.post("/me/email-change", json!({ "email": "free@example.com" })).await.expect(202);
    assert_eq!(taken.text, free.text);
    assert!(kinds_of_mail(&world, "bo@example.com").await.contains(&"account_exists".to_owned()));
    // Somebody signs up with the address before it is confirmed: theirs it is.
    let token = newest_token(&world, "free@example.com").await;
    sign_up(&world, "free@example.com").await;
    Client::anonymous(&world).post("/email-confirmations", json!({ "token": token })).await.expect(422);
    assert_eq!(ana.get("/me").await.expect(200).json["email"], "ana@example.com");
}

#[tokio::test]
async fn a_new_password_stops_the_change_and_the_change_stops_old_reset_links() {
    let world = World::new().await;
    let ana = sign_up(&world, "ana@example.com").await;
    let nobody = Client::anonymous(&world);
    // Whoever took over the session asks for the address; the owner of the old one sets a new password.
    ana.post("/me/email-change", json!({ "email": "thief@example.com" })).await.expect(202);
    let thief = newest_token(&world, "thief@example.com").await;
    nobody.post("/password-resets", json!({ "email": "ana@example.com" })).await.expect(202);
    let reset = newest_token(&world, "ana@example.com").await;
    nobody.put("/password-resets", None, json!({ "token": reset, "password": "another fine password" })).await.expect(204);
    nobody.post("/email-confirmations", json!({ "token": thief })).await.expect(422);

    let ana = Client::sign_in(&world, "ana@example.com", "another fine password").await;
    nobody.post("/password-resets", json!({ "email": "ana@example.com" })).await.expect(202);
    let reset = newest_token(&world, "ana@example.com").await;
    ana.post("/me/email-change", json!({ "email": "mine@example.com" })).await.expect(202);
    let token = newest_token(&world, "mine@example.com").await;
    nobody.post("/email-confirmations", json!({ "token": token })).await.expect(204);
    nobody.put("/password-resets", None, json!({ "token": reset, "password": "a third fine password" })).await.expect(422);
}

#[tokio::test]
async fn it_takes_a_fresh_factor_and_no_list_of_addresses() {
    let world = World::new().await;
    let ana = sign_up(&world, "ana@example.com").await;
    for wrong in [
        json!({ "email": ["a@example.com", "b@example.com"] }),
        json!({ "email": "a@example.com,b@example.com" }),
        json!({ "email": "ANA@example.com" }),
    ] {
        ana.post("/me/email-change", wrong).await.expect(422);
    }
    world.advance_minutes(10);
    assert_eq!(ana.post("/me/email-change", json!({ "email": "late@example.com" })).await.expect(403).code(), "step_up_required");
    assert!(super::mails_to(&world, "late@example.com").await.is_empty());
}

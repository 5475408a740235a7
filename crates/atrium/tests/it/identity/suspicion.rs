//! What looks unlike the user is told to him or her, and to administrators who want to know.

use reqwest::Method;
use serde_json::{Value, json};

use super::second_factors::{first_step, recovery, second_step, set_up, totp};
use super::{PASSWORD, kinds_of_mail, sign_up};
use crate::client::{Answer, Client};
use crate::world::World;

/// Signs in from that network with that device.
async fn sign_in_from(world: &World, address: &str, agent: &str, password: &str) -> Answer {
    let body = json!({ "email": "ana@example.com", "password": password });
    let headers = [("x-forwarded-for", address), ("user-agent", agent)];
    Client::anonymous(world).send(Method::POST, "/sessions", &headers, Some(&body)).await
}

async fn world() -> World {
    World::with(platform::mail::Mailer::default(), |config| {
        config.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network"), "::1/128".parse().expect("a network")];
    })
    .await
}

fn count(kinds: &[String], kind: &str) -> usize {
    kinds.iter().filter(|known| *known == kind).count()
}

#[tokio::test]
async fn a_new_network_with_a_new_device_is_told_once_a_day() {
    let world = world().await;
    sign_up(&world, "ana@example.com").await;
    sign_in_from(&world, "192.0.2.10", "Home", PASSWORD).await.expect(201);
    let told = async || count(&kinds_of_mail(&world, "ana@example.com").await, "sign_in_new_place");
    let before = told().await;
    world.advance_minutes(24 * 60);
    // Another address of the network, another device of the place, the same device elsewhere: nothing new in both.
    sign_in_from(&world, "192.0.2.77", "Home", PASSWORD).await.expect(201);
    sign_in_from(&world, "192.0.2.10", "Phone", PASSWORD).await.expect(201);
    sign_in_from(&world, "198.51.100.1", "Phone", PASSWORD).await.expect(201);
    assert_eq!(told().await, before);
    sign_in_from(&world, "203.0.113.5", "Stranger", PASSWORD).await.expect(201);
    assert_eq!(told().await, before + 1);
    sign_in_from(&world, "203.0.99.5", "Another", PASSWORD).await.expect(201);
    assert_eq!(told().await, before + 1, "once a day");
}

#[tokio::test]
async fn many_failures_are_told_to_the_user_and_to_administrators_who_asked() {
    let world = world().await;
    let ana = sign_up(&world, "ana@example.com").await;
    // Two administrators, of whom one workspace wants to know.
    let tenant = crate::client::Tenant::of(ana.clone(), "Studio").await;
    let (_, _) = tenant.member(&world, "admin").await;
    let version = ana.get("/tenant").await.expect(200).json["version"].clone();
    for n in 0..10 {
        // Each from a network of its own, so that no wait stops them.
        sign_in_from(&world, &format!("10.{n}.0.1"), "Guess", "wrong password for sure").await.expect(401);
    }
    let kinds = kinds_of_mail(&world, "ana@example.com").await;
    assert_eq!(count(&kinds, "sign_in_many_failures"), 1);
    assert_eq!(count(&kinds_of_mail(&world, "admin.Studio@example.com").await, "member_suspicious"), 0, "not asked for");
    ana.patch("/tenant", &version, json!({ "alerts_admins": true })).await.expect(200);
    world.advance_minutes(25 * 60);
    for n in 0..11 {
        sign_in_from(&world, &format!("10.{n}.9.1"), "Guess", "wrong password for sure").await.expect(401);
    }
    assert_eq!(count(&kinds_of_mail(&world, "ana@example.com").await, "sign_in_many_failures"), 2);
    assert_eq!(count(&kinds_of_mail(&world, "admin.Studio@example.com").await, "member_suspicious"), 1);
}

#[tokio::test]
async fn many_exports_are_told_and_more_are_refused() {
    let world = World::new().await;
    let ana = sign_up(&world, "ana@example.com").await;
    for _ in 0..5 {
        ana.post("/me/exports", Value::Null).await.expect(202);
        world.settle().await;
    }
    assert_eq!(ana.post("/me/exports", Value::Null).await.expect(409).code(), "too_many_exports");
    assert_eq!(count(&kinds_of_mail(&world, "ana@example.com").await, "many_exports"), 1);
}

/// Exports of contacts and of the trail count as those of one's own data do, and who administers learns of it in the app too.
#[tokio::test]
async fn exports_of_contacts_and_of_the_trail_count_and_administrators_are_told_in_the_app() {
    let world = World::new().await;
    let ana = sign_up(&world, "ana@example.com").await;
    let tenant = crate::client::Tenant::of(ana.clone(), "Studio").await;
    let (id, bo) = tenant.member(&world, "admin").await;
    let version = ana.get("/tenant").await.expect(200).json["version"].clone();
    ana.patch("/tenant", &version, json!({ "alerts_admins": true })).await.expect(200);
    let contact = bo.post("/contacts", json!({ "name": "Vera" })).await.expect(201).id();
    let path = format!("/privacy/contacts/{contact}/data-export");
    bo.post(&path, Value::Null).await.expect(200);
    bo.post("/audit-exports", json!({})).await.expect(202);
    let told = async || count(&kinds_of_mail(&world, "admin.Studio@example.com").await, "many_exports");
    assert_eq!(told().await, 0, "two are none too many");
    bo.post(&path, Value::Null).await.expect(200);
    assert_eq!(told().await, 1);
    assert_eq!(count(&kinds_of_mail(&world, "ana@example.com").await, "member_suspicious"), 1);
    let notifications = ana.get("/notifications").await.expect(200).json;
    let notice = notifications["items"].as_array().expect("items").iter().find(|one| one["kind"] == "member.suspicious").cloned();
    let notice = notice.unwrap_or_else(|| panic!("{notifications}"));
    assert_eq!((&notice["facts"]["kind"], &notice["link"]), (&json!("many_exports"), &json!(format!("/members/{id}"))));
    let events = ana.get(&format!("/security-events?user_id={id}")).await.expect(200).text;
    assert!(events.contains("contact_data_exported") && events.contains("audit_trail_exported"), "{events}");
}

/// Whoever got past the password and fails at the second factor is the more reason to tell; so is who tries the codes of mailed links.
#[tokio::test]
async fn failures_at_the_second_factor_and_at_mailed_links_are_told_as_those_of_passwords_are() {
    let world = World::with(platform::mail::Mailer::default(), |config| config.mail_links = true).await;
    let told = async |email: &str| count(&kinds_of_mail(&world, email).await, "sign_in_many_failures");
    let ana = sign_up(&world, "ana@example.com").await;
    let (_, codes) = set_up(&world, &ana).await;
    for nth in 0..10 {
        let token = first_step(&world, "ana@example.com").await;
        let proof = if nth % 2 == 0 { totp("000000") } else { recovery(&codes[0].replace(char::is_alphabetic, "A")) };
        second_step(&world, &token, proof).await.expect(401);
        world.clock.set(world.now().plus_seconds(6));
    }
    assert_eq!(told("ana@example.com").await, 1);

    sign_up(&world, "bo@example.com").await;
    Client::anonymous(&world).post("/sessions/mail-link/requests", json!({ "email": "bo@example.com" })).await.expect(202);
    let link = super::newest_token(&world, "bo@example.com").await;
    for _ in 0..10 {
        let guess = json!({ "token": link, "code": "AAAA-AAAA" });
        Client::anonymous(&world).post("/sessions/mail-link", guess).await.expect(401);
        world.clock.set(world.now().plus_seconds(6));
    }
    assert_eq!(told("bo@example.com").await, 1);
}

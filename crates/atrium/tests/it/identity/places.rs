//! Where sign-ins come from, by a database that the host brings.

use std::net::IpAddr;

use platform::places::{Place, Places};
use reqwest::Method;
use serde_json::{Value, json};

use super::{PASSWORD, kinds_of_mail, sign_up};
use crate::bookings::mails_to;
use crate::client::Client;
use crate::mmdb;
use crate::world::World;

async fn scene() -> (World, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("places.mmdb");
    std::fs::write(&file, mmdb::cities()).expect("written");
    let world = World::with(platform::mail::Mailer::default(), |config| {
        config.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network"), "::1/128".parse().expect("a network")];
        config.places = Places::open(file).expect("a database");
    })
    .await;
    (world, folder)
}

async fn sign_in_from(world: &World, address: &str, agent: &str, password: &str) -> crate::client::Answer {
    let body = json!({ "email": "ana@example.com", "password": password });
    Client::anonymous(world).send(Method::POST, "/sessions", &[("x-forwarded-for", address), ("user-agent", agent)], Some(&body)).await
}

#[tokio::test]
async fn sessions_and_attempts_say_from_where() {
    let (world, _folder) = scene().await;
    let ana = sign_up(&world, "ana@example.com").await;
    for (address, password, status) in [
        ("192.0.2.10", PASSWORD, 201),
        ("2001:db8::7", PASSWORD, 201),
        ("198.51.100.9", "not the password at all", 401),
        ("203.0.113.5", PASSWORD, 201),
    ] {
        sign_in_from(&world, address, "Phone", password).await.expect(status);
    }
    let sessions = ana.get("/sessions").await.expect(200).json;
    let places: Vec<_> = sessions["items"].as_array().expect("sessions").iter().map(|one| one["place"].clone()).collect();
    let (utrecht, germany) = (json!({ "country": "NL", "city": "Utrecht" }), json!({ "country": "DE", "city": null }));
    assert_eq!(places[..3], [Value::Null, germany.clone(), utrecht.clone()], "{sessions}");
    let attempts = ana.get("/me/sign-ins").await.expect(200).json;
    let shown: Vec<_> =
        attempts["items"].as_array().expect("attempts").iter().take(4).map(|one| (&one["outcome"], &one["place"])).collect();
    let lisbon = json!({ "country": "PT", "city": "Lisbon" });
    let (success, failed) = (json!("success"), json!("failed"));
    assert_eq!(shown, [(&success, &Value::Null), (&failed, &lisbon), (&success, &germany), (&success, &utrecht)]);
    assert_eq!((&attempts["items"][1]["failure_reason"], &attempts["items"][1]["factors"]), (&json!("password"), &json!(["password"])));
    assert_eq!(attempts["items"][0]["workspace"], ana.get("/tenant").await.expect(200).json["name"]);
    let of_members = ana.get("/sign-ins").await.expect(200).json;
    assert_eq!(
        (&of_members["items"][1]["outcome"], &of_members["items"][1]["place"]),
        (&failed, &lisbon),
        "who manages security sees it too"
    );
    // Page by page, and nobody else's.
    let page = ana.get("/me/sign-ins?limit=1").await.expect(200).json;
    let next = ana.get(&format!("/me/sign-ins?limit=1&cursor={}", page["next_cursor"].as_str().expect("more"))).await.expect(200).json;
    assert_eq!(next["items"][0]["id"], attempts["items"][1]["id"]);
    let bob = sign_up(&world, "bob@example.com").await;
    assert_eq!(bob.get("/me/sign-ins").await.expect(200).json["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn another_country_is_told_whatever_the_device() {
    let (world, _folder) = scene().await;
    let ana = sign_up(&world, "ana@example.com").await;
    ana.patch("/me", &ana.get("/me").await.expect(200).json["version"], json!({ "locale": "pt-BR" })).await.expect(200);
    let told = async || kinds_of_mail(&world, "ana@example.com").await.iter().filter(|kind| *kind == "sign_in_new_country").count();
    sign_in_from(&world, "192.0.2.10", "Home", PASSWORD).await.expect(201);
    // The first country that is known at all, and an address that is in none, are no news.
    sign_in_from(&world, "203.0.113.5", "Home", PASSWORD).await.expect(201);
    assert_eq!(told().await, 0);
    sign_in_from(&world, "198.51.100.1", "Home", PASSWORD).await.expect(201);
    assert_eq!(told().await, 1);
    let mails = mails_to(&world, "ana@example.com").await;
    let mail = mails.into_iter().map(|(mail, _)| mail).find(|mail| mail.kind == "sign_in_new_country").expect("the mail");
    assert!(mail.text.contains("198.51.100.1 (Lisboa, Portugal)"), "{}", mail.text);
    world.advance_minutes(25 * 60);
    sign_in_from(&world, "198.51.100.77", "Phone", PASSWORD).await.expect(201);
    assert_eq!(told().await, 1, "it is known by now");
    let events: i64 = sqlx::query_scalar("SELECT count(*) FROM directory.security_events WHERE details ->> 'kind' = 'new_country'")
        .fetch_one(&mut world.as_owner().await)
        .await
        .expect("a count");
    assert_eq!(events, 1);
}

#[test]
fn the_file_may_be_replaced_and_a_broken_one_is_not_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("places.mmdb");
    std::fs::write(&file, mmdb::cities()).expect("written");
    let places = Places::open(file.clone()).expect("a database");
    let at = |address: &str| places.find(Some(address.parse::<IpAddr>().expect("an address")));
    let place = |country: &str, city: Option<&str>| Some(Place { country: country.to_owned(), city: city.map(str::to_owned) });
    assert_eq!(at("192.0.2.1"), place("NL", Some("Utrecht")));
    assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"), "a mapped address is its own");
    assert_eq!((at("10.0.0.1"), places.find(None)), (None, None));
    assert_eq!(places.name("2001:db8::1".parse().ok(), "nl").as_deref(), Some("Germany"));
    assert!(places.verify().expect("whole").starts_with("Test-City of 2030-03-17"));
    std::fs::write(&file, &mmdb::cities()[..300]).expect("written");
    places.refresh();
    assert_eq!(at("192.0.2.1"), place("NL", Some("Utrecht")), "what was read before goes on");
    std::fs::write(&file, mmdb::database("Test-Country", &[("192.0.2.0/24", json!({ "country": { "iso_code": "BE" } }))]))
        .expect("written");
    places.refresh();
    assert_eq!(at("192.0.2.1"), place("BE", None));
    std::fs::remove_file(&file).expect("removed");
    places.refresh();
    assert_eq!(at("192.0.2.1"), place("BE", None));
    // What cannot be used is named.
    let refused = |bytes: &[u8]| {
        std::fs::write(&file, bytes).expect("written");
        Places::open(file.clone()).expect_err("refused")
    };
    assert!(refused(b"something else").contains("no database of places"));
    assert!(refused(&mmdb::database("Test-ASN", &[])).contains("`Test-ASN` knows neither cities nor countries"));
}

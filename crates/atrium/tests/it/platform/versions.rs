//! ETag and If-Match: every record that people change says its version, and refuses who has not seen the newest.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::Tenant;
use crate::world::World;

#[tokio::test]
async fn records_say_their_version_and_refuse_an_older_one() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let owner = &tenant.owner;
    let (_, event_type) = tenant.organizer().await;
    let contact = owner.post("/contacts", json!({ "name": "Vera" })).await.expect(201);
    let schedule = owner.get("/schedules").await.expect(200).json["items"][0].clone();
    let (viewer_id, _) = tenant.member(&world, "viewer").await;
    let mail = json!({ "host": "mail.example.com", "port": 587, "security": "starttls", "from_address": "a@example.com" });
    owner.put("/mail-settings", None, mail.clone()).await.expect(200);
    let mut other_mail = mail;
    other_mail["port"] = json!(465);
    let mut organizer = owner.get("/organizer").await.expect(200).json;
    let organizer = json!({ "slug": organizer["slug"].take(), "display_name": "Another name", "timezone": "UTC" });
    let schedule_change = json!({ "name": "Another", "timezone": "UTC", "rules": [], "overrides": [] });
    let records: [(Method, String, Value); 8] = [
        (Method::PATCH, format!("/contacts/{}", contact.id()), json!({ "name": "Otto" })),
        (Method::PATCH, "/me".to_owned(), json!({ "name": "Another" })),
        (Method::PATCH, "/tenant".to_owned(), json!({ "name": "Another" })),
        (Method::PATCH, format!("/members/{viewer_id}"), json!({ "status": "inactive" })),
        (Method::PATCH, format!("/event-types/{}", event_type.id()), json!({ "name": "Another" })),
        (Method::PUT, "/organizer".to_owned(), organizer),
        (Method::PUT, "/mail-settings".to_owned(), other_mail),
        (Method::PUT, format!("/schedules/{}", schedule["id"].as_str().expect("id")), schedule_change),
    ];
    for (method, path, change) in records {
        let before = owner.get(&path).await.expect(200);
        let tag = before.headers["etag"].to_str().expect("ascii").to_owned();
        assert_eq!(tag, format!("\"{}\"", before.json["version"]), "{path}");
        assert_eq!(owner.send(method.clone(), &path, &[], Some(&change)).await.expect(428).code(), "version_required", "{path}");
        let ahead = format!("\"{}\"", before.json["version"].as_i64().expect("a number") + 1);
        for stale in [ahead.as_str(), "\"0\"", "W/\"1\"", "1"] {
            let refused = owner.send(method.clone(), &path, &[("if-match", stale)], Some(&change)).await.expect(412);
            assert_eq!(refused.code(), "version_conflict", "{path} {stale}");
        }
        assert_eq!(owner.get(&path).await.expect(200).json, before.json, "{path}: a refused change changes nothing");
        let after = owner.send(method.clone(), &path, &[("if-match", &tag)], Some(&change)).await.expect(200);
        assert_eq!(after.headers["etag"], format!("\"{}\"", after.json["version"]), "{path}");
        assert!(after.json["version"].as_i64() > before.json["version"].as_i64(), "{path}");
        assert_eq!(owner.get(&path).await.expect(200).headers["etag"], after.headers["etag"], "{path}");
        owner.send(method, &path, &[("if-match", &tag)], Some(&change)).await.expect(412);
    }
}

/// Of two who saw the same version, one changes and the other is told.
#[tokio::test]
async fn of_two_changes_at_once_one_is_refused() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let contact = tenant.owner.post("/contacts", json!({ "name": "Vera" })).await.expect(201);
    let path = format!("/contacts/{}", contact.id());
    let answers = futures_util::future::join_all((0..6).map(|n| {
        let path = &path;
        let version = &contact.json["version"];
        let owner = &tenant.owner;
        async move { owner.patch(path, version, json!({ "name": format!("Vera {n}") })).await }
    }))
    .await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 412).count(), 5);
}

#[tokio::test]
async fn settings_are_each_tenants_own() {
    let world = World::new().await;
    let (ours, theirs) = (Tenant::found(&world, "ours").await, Tenant::found(&world, "theirs").await);
    let before = theirs.owner.get("/tenant").await.expect(200).json;
    let ours_before = ours.owner.get("/tenant").await.expect(200).json;
    let change = json!({ "currency": "BRL", "timezone": "America/Sao_Paulo", "settings": { "sidebar": { "folded": true }, "beta": 1 } });
    let changed = ours.owner.patch("/tenant", &ours_before["version"], change).await.expect(200).json;
    assert_eq!(changed["settings"], json!({ "sidebar": { "folded": true }, "beta": 1 }));
    let changed =
        ours.owner.patch("/tenant", &changed["version"], json!({ "settings": { "beta": null, "gamma": [1] } })).await.expect(200).json;
    assert_eq!(changed["settings"], json!({ "sidebar": { "folded": true }, "gamma": [1] }));
    assert_eq!(theirs.owner.get("/tenant").await.expect(200).json, before);
    for bad in [json!({ "Upper": 1 }), json!({ "": 1 }), json!({ "big": "x".repeat(20_000) })] {
        let refused = ours.owner.patch("/tenant", &changed["version"], json!({ "settings": bad })).await.expect(422);
        assert_eq!(refused.json["errors"][0]["field"], "settings");
    }
    for (field, value) in [
        ("currency", json!("XXQ")),
        ("timezone", json!("Mars")),
        ("locale", json!("de")),
        ("billing_email", json!("no")),
        ("onboarding_status", json!("done")),
    ] {
        let refused = ours.owner.patch("/tenant", &changed["version"], json!({ field: value })).await.expect(422);
        assert_eq!(refused.json["errors"][0]["field"], field);
    }
    let (_, viewer) = ours.member(&world, "viewer").await;
    viewer.get("/tenant").await.expect(200);
    viewer.patch("/tenant", &changed["version"], json!({ "name": "Mine" })).await.expect(403);
}

//! ETag and If-Match: every record that people change says its version, and refuses who has not seen the newest.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::Tenant;
use crate::matrix::blocked_time;
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
    let blocked = owner.post("/blocked-times", blocked_time()).await.expect(201).id();
    let mut other_block = blocked_time();
    other_block["label"] = json!("Another");
    let records: [(Method, String, Value); 9] = [
        (Method::PUT, format!("/blocked-times/{blocked}"), other_block),
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

/// Changing operations that take no If-Match, with the reason why two who do not see each other harm nobody.
const WITHOUT_VERSION: [(&str, &str); 40] = [
    ("DELETE /access-tokens/{id}", "ends what is one's own; ended is ended, whoever was first"),
    ("PUT /admin/tenants/{id}/suspension", "the second finds it suspended and is refused"),
    ("DELETE /admin/tenants/{id}/suspension", "the second finds it lifted and is refused"),
    ("PUT /admin/users/{id}/status", "sets one of two states, with a line of history for each; nothing typed is lost"),
    ("PUT /bookings/{id}/no-show", "sets one state, which is checked under the booking's lock"),
    ("DELETE /bookings/{id}/no-show", "takes back one state, which is checked under the booking's lock"),
    ("PUT /event-types/order", "a whole order replaces a whole order, which every screen shows at once; no other field goes with it"),
    ("DELETE /custom-domains/{id}", "the second finds none"),
    ("DELETE /suppressions/{id}", "the second finds none"),
    ("DELETE /failed-jobs/{id}", "the second finds none"),
    ("DELETE /files/{id}", "a file never changes; the second finds none"),
    ("DELETE /invitations/{id}", "the state is checked under its lock; the second is refused"),
    ("DELETE /job-batches/{id}", "cancelled is cancelled; again says when"),
    ("PUT /me/avatar", "one's own, and seen: the later picture counts"),
    ("DELETE /me/avatar", "one's own; again is no error"),
    ("DELETE /me/company-identities/{id}", "one's own; the second finds none"),
    ("DELETE /me/email-change", "takes back what waits; the second finds none"),
    ("DELETE /me/identities/{id}", "one's own; the last way in is checked under the user's lock"),
    ("DELETE /me/passkeys/{id}", "one's own; the last factor is checked under the user's lock"),
    ("PATCH /me/passkeys/{id}", "one's own, one field: the later name counts"),
    ("PUT /me/password", "takes the password of before, which is the version"),
    ("DELETE /me/totp", "one's own; the second finds none"),
    ("DELETE /member-access-tokens/{id}", "revoked is revoked, whoever was first"),
    ("PUT /notifications/{id}/reading", "sets one state of one's own"),
    ("DELETE /notifications/{id}/reading", "sets one state of one's own"),
    ("DELETE /oauth-consents/{id}", "one's own; taken back is taken back"),
    ("PUT /oauth-consents/{id}/scopes", "one's own, and only ever leaves less: what another window took away cannot come back"),
    ("DELETE /ownership-offer", "the offer is checked under its lock; the second finds none"),
    ("PUT /ownership-offer/acceptance", "the offer is checked under its lock; the second finds none"),
    ("PUT /password-resets", "the token counts once"),
    ("DELETE /session", "ends what is one's own"),
    ("DELETE /session/lease", "ends what is one's own"),
    ("DELETE /sessions", "ends what is one's own"),
    ("DELETE /sessions/{id}", "ends what is one's own"),
    ("DELETE /support-leases/{id}", "the state is checked under its lock; the second is refused"),
    ("PUT /support-leases/{id}/grant", "the state is checked under its lock: a lease is granted once"),
    ("DELETE /tenant/domains/{id}", "the second finds none"),
    ("PUT /tenant/logo", "seen by everybody: the later picture counts, and no other field goes with it"),
    ("DELETE /tenant/logo", "again is no error"),
    ("DELETE /tenants/{id}/deletion", "the state is checked under its lock; the second finds none"),
];

#[test]
fn every_change_takes_a_version_or_says_why_not() {
    let document: Value = serde_json::from_str(&atrium::commands::openapi().expect("a document")).expect("JSON");
    let mut without: Vec<String> = Vec::new();
    let mut with = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in ["put", "patch", "delete"] {
            let Some(operation) = item.get(method) else { continue };
            if operation["parameters"].as_array().into_iter().flatten().any(|one| one["name"] == "If-Match") {
                with += 1;
            } else {
                without.push(format!("{} {}", method.to_uppercase(), path.trim_start_matches("/api/v1")));
            }
        }
    }
    assert!(with >= 20, "{with}");
    without.sort();
    let mut known: Vec<&str> = WITHOUT_VERSION.iter().map(|(operation, _)| *operation).collect();
    known.sort_unstable();
    assert_eq!(without, known, "a change that takes no If-Match lets one person undo unseen what another did: take it, or say why not");
}

/// Two administrators of the instance look at one workspace; the later change does not undo the earlier unseen.
#[tokio::test]
async fn administrators_of_the_instance_do_not_undo_each_other() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let admin = super::platform_admin(&world).await;
    let path = format!("/admin/tenants/{}", tenant.id);
    for (part, first, second) in [
        ("features", json!({ "mail_server": false }), json!({ "access_tokens": false })),
        ("trial", json!({ "ends_at": "2031-10-01T00:00:00Z" }), json!({ "ends_at": null })),
    ] {
        let version = admin.get(&path).await.expect(200).json["tenant"]["version"].clone();
        let part = format!("{path}/{part}");
        admin.put(&part, Some(&version), first).await.expect(204);
        let before = admin.get(&path).await.expect(200).json;
        assert_eq!(admin.put(&part, Some(&version), second.clone()).await.expect(412).code(), "version_conflict");
        assert_eq!(admin.get(&path).await.expect(200).json["tenant"], before["tenant"], "a refused change changes nothing");
        admin.put(&part, Some(&before["tenant"]["version"]), second).await.expect(204);
    }
}

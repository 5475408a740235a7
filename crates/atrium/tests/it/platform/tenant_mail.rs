//! A workspace's own mail server: used for its mails alone, and its password never shown.

use platform::mail::Mailer;
use reqwest::Method;
use serde_json::{Value, json};

use super::mime::Part;
use super::platform_admin;
use super::smtp::Server;
use crate::client::Tenant;
use crate::world::World;

const SECRET: &str = "hunter2-hunter2";

fn settings(port: u16) -> Value {
    json!({ "host": "127.0.0.1", "port": port, "security": "none", "username": "mailer", "password": SECRET, "from_address": "hello@acme.example.com", "from_name": "Acme" })
}

/// A mail of the tenant to somebody.
async fn write(world: &World, tenant: &Tenant, email: &str) {
    let mut ctx = world.ctx(platform::TenantId(tenant.id));
    let mail = platform::mail::Mail {
        kind: "test".to_owned(),
        to: platform::mail::Person { name: "Vera".to_owned(), email: email.to_owned() },
        subject: "Hello".to_owned(),
        text: "Hello".to_owned(),
        html: "<p>Hello</p>".to_owned(),
        reply_to: None,
        from_name: None,
        calendar: None,
        dedupe_key: None,
        more: platform::mail::More::default(),
    };
    ctx.mail(vec![mail]);
    ctx.commit().await.expect("committed");
}

async fn invite(tenant: &Tenant, email: &str) {
    let roles = tenant.owner.get("/roles").await.expect(200).json;
    let viewer = roles["items"].as_array().expect("roles").iter().find(|role| role["name"] == "viewer").expect("viewer")["id"].clone();
    tenant.owner.post("/invitations", json!({ "email": email, "role_id": viewer })).await.expect(201);
}

#[tokio::test]
async fn a_tenants_mails_go_through_its_own_server() {
    let (instance, own) = (Server::start(&[]).await, Server::start(&[]).await);
    let world = World::with_mailer(Mailer { smtp: Some(instance.smtp()) }).await;
    let (acme, other) = (Tenant::found(&world, "acme").await, Tenant::found(&world, "other").await);
    acme.owner.get("/mail-settings").await.expect(404);
    let set = acme.owner.put("/mail-settings", None, settings(own.port)).await.expect(200);
    assert_eq!((&set.json["has_password"], &set.json["username"]), (&json!(true), &json!("mailer")));
    other.owner.get("/mail-settings").await.expect(404);
    write(&world, &acme, "one@example.com").await;
    write(&world, &other, "two@example.com").await;
    world.settle().await;
    let received = own.received();
    assert_eq!(received.len(), 1);
    let mail = &received[0];
    assert_eq!((mail.from.as_str(), mail.to.as_str()), ("hello@acme.example.com", "one@example.com"));
    assert_eq!(mail.login, Some(("mailer".to_owned(), SECRET.to_owned())));
    assert_eq!(Part::parse(&mail.data).header("from").map(|from| from.contains("<hello@acme.example.com>")), Some(true));
    let to: Vec<_> = instance.received().into_iter().map(|mail| (mail.to, mail.login)).collect();
    assert_eq!(to, [("two@example.com".to_owned(), None)]);

    // Left out, the password stays; and back to the instance's server.
    let mut change = settings(own.port);
    change.as_object_mut().expect("an object").remove("password");
    change["from_name"] = json!("Acme Ltd");
    let changed = acme.owner.put("/mail-settings", Some(&set.json["version"]), change).await.expect(200);
    assert_eq!(changed.json["has_password"], true);
    write(&world, &acme, "three@example.com").await;
    world.settle().await;
    assert_eq!(own.received()[1].login, Some(("mailer".to_owned(), SECRET.to_owned())));
    acme.owner.delete("/mail-settings").await.expect(204);
    write(&world, &acme, "four@example.com").await;
    world.settle().await;
    assert_eq!((own.received().len(), instance.received().len()), (2, 2));
}

#[tokio::test]
async fn the_password_is_shown_nowhere() {
    let own = Server::start(&[]).await;
    let world = World::new().await;
    let acme = Tenant::found(&world, "acme").await;
    let admin = platform_admin(&world).await;
    let set = acme.owner.send(Method::PUT, "/mail-settings", &[("idempotency-key", "k")], Some(&settings(own.port))).await.expect(200);
    let got = acme.owner.get("/mail-settings").await.expect(200);
    let trail = acme.owner.get("/audit-events?entity_type=mail_settings").await.expect(200);
    assert_eq!(trail.json["items"].as_array().map(Vec::len), Some(1));
    write(&world, &acme, "one@example.com").await;
    world.settle().await;
    let jobs = admin.get("/failed-jobs").await.expect(200);
    for answer in [&set, &got, &trail, &jobs, &acme.owner.get("/tenant").await] {
        assert!(!answer.text.contains(SECRET), "{}", answer.text);
    }
    let mut db = world.as_owner().await;
    let stored: (String, Vec<u8>) =
        sqlx::query_as("SELECT s::text, password_ciphertext FROM platform.mail_settings s").fetch_one(&mut db).await.expect("stored");
    assert!(!stored.0.contains(SECRET) && !stored.1.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()));
    // Sealed for this workspace: under another it does not open.
    let place =
        |tenant: uuid::Uuid| platform::crypto::Place { column: "mail_settings.password_ciphertext", tenant: Some(tenant), row: tenant };
    assert!(world.app.keys.open(place(acme.id), &stored.1).is_ok());
    assert!(world.app.keys.open(place(acme.owner_id), &stored.1).is_err());
}

/// Who may change the settings still may not read the password, by having it sent to a server of his or her own.
#[tokio::test]
async fn a_stored_password_goes_to_no_other_server() {
    let (own, elsewhere) = (Server::start(&[]).await, Server::start(&[]).await);
    let world = World::new().await;
    let acme = Tenant::found(&world, "acme").await;
    let set = acme.owner.put("/mail-settings", None, settings(own.port)).await.expect(200);
    for (field, value) in
        [("port", json!(elsewhere.port)), ("host", json!("localhost")), ("username", json!("another")), ("security", json!("starttls"))]
    {
        let mut change = settings(own.port);
        change.as_object_mut().expect("an object").remove("password");
        change[field] = value;
        let refused = acme.owner.put("/mail-settings", Some(&set.json["version"]), change).await.expect(422);
        assert_eq!(
            (&refused.json["errors"][0]["field"], &refused.json["errors"][0]["code"]),
            (&json!("password"), &json!("required")),
            "{field}"
        );
    }
    let changed = acme.owner.put("/mail-settings", Some(&set.json["version"]), settings(elsewhere.port)).await.expect(200);
    let mut without = settings(elsewhere.port);
    without.as_object_mut().expect("an object").remove("password");
    acme.owner.put("/mail-settings", Some(&changed.json["version"]), without).await.expect(200);
}

#[tokio::test]
async fn what_is_wrong_with_the_settings_is_said() {
    let world = World::new().await;
    let acme = Tenant::found(&world, "acme").await;
    for (field, value) in [
        ("host", json!("")),
        ("port", json!(0)),
        ("port", json!(70_000)),
        ("security", json!("ssl")),
        ("from_address", json!("nobody")),
        ("from_name", json!("a\nb")),
    ] {
        let mut input = settings(587);
        input[field] = value.clone();
        let refused = acme.owner.put("/mail-settings", None, input).await.expect(422);
        assert_eq!(refused.json["errors"][0]["field"], field, "{value}");
        assert!(!refused.text.contains(SECRET));
    }
    let (_, editor) = acme.member(&world, "editor").await;
    editor.get("/mail-settings").await.expect(403);
    editor.put("/mail-settings", None, settings(587)).await.expect(403);
}

/// A workspace cannot have this machine knock on doors of the host's own network, unless the host says so.
#[tokio::test]
async fn a_server_in_a_private_network_is_refused() {
    let own = Server::start(&[]).await;
    let world = World::with(Mailer::default(), |config| config.private_mail_servers = false).await;
    let acme = Tenant::found(&world, "acme").await;
    acme.owner.put("/mail-settings", None, settings(own.port)).await.expect(200);
    write(&world, &acme, "one@example.com").await;
    world.settle().await;
    assert!(own.received().is_empty());
    let admin = platform_admin(&world).await;
    // To whom it went is the workspace's affair: it has a server of its own.
    assert_eq!(admin.get("/mails?q=one@example.com").await.expect(200).json["items"], json!([]));
    let mails = admin.get("/mails").await.expect(200).json;
    assert_eq!((&mails["items"][0]["status"], &mails["items"][0]["to"]), (&json!("failed"), &json!("")));
    let path = format!("/mails/{}", mails["items"][0]["id"].as_str().expect("an id"));
    assert_eq!(admin.get(&path).await.expect(403).code(), "mail_closed");
    assert!(mails["items"][0]["last_error"].as_str().unwrap_or_default().contains("not a mail server on the public internet"), "{mails}");
}

/// Whoever may change the settings must not learn the password by pointing it at a server of his or her own.
#[tokio::test]
async fn the_password_does_not_follow_to_another_server() {
    let own = Server::start(&[]).await;
    let world = World::new().await;
    let acme = Tenant::found(&world, "acme").await;
    let set = acme.owner.put("/mail-settings", None, settings(own.port)).await.expect(200);
    let mut change = settings(own.port);
    change.as_object_mut().expect("an object").remove("password");
    change["host"] = json!("evil.example.com");
    let refused = acme.owner.put("/mail-settings", Some(&set.json["version"]), change).await.expect(422);
    assert_eq!(refused.json["errors"][0]["field"], "password");
}

/// Accepting an invitation proves the address, so its link must not pass through a server that the inviting tenant runs.
#[tokio::test]
async fn links_that_prove_an_address_go_by_the_instances_server() {
    let (instance, own) = (Server::start(&[]).await, Server::start(&[]).await);
    let world = World::with_mailer(Mailer { smtp: Some(instance.smtp()) }).await;
    let acme = Tenant::found(&world, "acme").await;
    acme.owner.put("/mail-settings", None, settings(own.port)).await.expect(200);
    invite(&acme, "ceo@bigcorp.example.com").await;
    world.settle().await;
    assert!(own.received().is_empty(), "the tenant's own server saw the link");
    assert_eq!(instance.received().len(), 1);
}

//! Who is told of what happens in a workspace and to an account.

use platform::mail::Mailer;
use platform::personal::{Person, PersonalData};
use reqwest::Method;
use serde_json::{Value, json};

use super::{kinds, told, unread};
use crate::client::{Client, Tenant};
use crate::identity::{PASSWORD, newest_token, role_id, sign_up};
use crate::jobs::give_up;
use crate::platform::smtp::{Reply, Server};
use crate::world::World;

async fn version_of(client: &Client, path: &str) -> Value {
    client.get(path).await.expect(200).json["version"].clone()
}

#[tokio::test]
async fn who_invited_learns_of_the_answer() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, admin) = tenant.member(&world, "admin").await;
    let viewer = role_id(&tenant, "viewer").await;
    for (email, path) in [("bo@example.com", "/invitation-acceptances"), ("cy@example.com", "/invitation-refusals")] {
        admin.post("/invitations", json!({ "email": email, "role_id": viewer })).await.expect(201);
        let token = newest_token(&world, email).await;
        let body = if path.ends_with("acceptances") {
            json!({ "token": token, "name": "Bo Brand", "password": PASSWORD })
        } else {
            json!({ "token": token })
        };
        Client::anonymous(&world).post(path, body).await;
    }
    let items = told(&world, &admin).await;
    assert_eq!((&items[0]["kind"], &items[0]["facts"]["email"]), (&json!("invitation.declined"), &json!("cy@example.com")));
    assert_eq!((&items[1]["kind"], &items[1]["person"]["name"]), (&json!("invitation.accepted"), &json!("Bo Brand")));
    assert_eq!(kinds(&world, &tenant.owner).await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_member_learns_what_changed_about_it() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (bo, client) = tenant.member(&world, "viewer").await;
    let path = format!("/members/{bo}");
    let editor = role_id(&tenant, "editor").await;
    let version = version_of(&tenant.owner, &path).await;
    tenant.owner.patch(&path, &version, json!({ "role_ids": [editor] })).await.expect(200);
    let items = told(&world, &client).await;
    assert_eq!((&items[0]["kind"], &items[0]["facts"]["roles"]), (&json!("member.roles_changed"), &json!(["editor"])));
    assert_eq!(items[0]["actor"]["name"], "acme Owner");
    // Suspended, it is told nothing and gets nowhere; when that ends, it is told so.
    let version = version_of(&tenant.owner, &path).await;
    tenant.owner.patch(&path, &version, json!({ "status": "suspended" })).await.expect(200);
    world.settle().await;
    client.get("/notifications").await.expect(403);
    let version = version_of(&tenant.owner, &path).await;
    tenant.owner.patch(&path, &version, json!({ "status": "active" })).await.expect(200);
    assert_eq!(kinds(&world, &client).await, ["member.reinstated", "member.roles_changed"]);
}

#[tokio::test]
async fn who_is_suspended_is_told_nothing_meanwhile() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (bo, _) = tenant.member(&world, "admin").await;
    let path = format!("/members/{bo}");
    let version = version_of(&tenant.owner, &path).await;
    tenant.owner.patch(&path, &version, json!({ "status": "suspended" })).await.expect(200);
    tenant.owner.post("/oauth-clients", crate::matrix::oauth_client("Notes")).await.expect(201);
    world.settle().await;
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM messaging.notifications WHERE user_id = $1")
        .bind(bo)
        .fetch_one(&mut world.as_owner().await)
        .await
        .expect("a count");
    assert_eq!(count, 0);
}

#[tokio::test]
async fn ownership_and_deletion_are_told_to_owners_and_administrators() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (bo, client) = tenant.member(&world, "viewer").await;
    let (_, admin) = tenant.member(&world, "admin").await;
    let (_, editor) = tenant.member(&world, "editor").await;
    tenant.owner.post("/ownership-offer", json!({ "user_id": bo })).await.expect(201);
    assert_eq!(kinds(&world, &client).await, ["ownership.offered"]);
    assert_eq!(kinds(&world, &admin).await, [] as [&str; 0]);
    client.put("/ownership-offer/acceptance", None, json!({})).await.expect(204);
    for member in [&tenant.owner, &admin] {
        assert_eq!(told(&world, member).await[0]["kind"], "ownership.transferred");
    }
    let deletion = format!("/tenants/{}/deletion", tenant.id);
    client.post(&deletion, json!({ "name": "acme Ltd" })).await.expect(202);
    world.settle().await;
    client.delete(&deletion).await.expect(204);
    for member in [&tenant.owner, &admin] {
        let items = told(&world, member).await;
        assert_eq!((&items[0]["kind"], &items[1]["kind"]), (&json!("tenant.deletion_cancelled"), &json!("tenant.deletion_requested")));
        assert_eq!((&items[1]["severity"], items[1]["facts"]["scheduled_at"].is_string()), (&json!("critical"), true));
    }
    assert_eq!(kinds(&world, &editor).await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_job_that_gave_up_is_told_once_until_it_was_read() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, viewer) = tenant.member(&world, "viewer").await;
    for _ in 0..3 {
        give_up(&world, tenant.id).await;
    }
    assert_eq!(kinds(&world, &tenant.owner).await, ["job.failed"]);
    assert_eq!(kinds(&world, &viewer).await, [] as [&str; 0]);
    tenant.owner.post("/notification-readings", json!({})).await.expect(200);
    give_up(&world, tenant.id).await;
    assert_eq!((kinds(&world, &tenant.owner).await.len(), unread(&tenant.owner).await), (2, 1));
}

#[tokio::test]
async fn mails_that_could_not_be_sent_are_told_to_those_who_set_up_the_server() {
    let server = Server::start(&[Reply::Recipient("550 no"), Reply::Recipient("550 no")]).await;
    let world = World::with_mailer(Mailer { smtp: Some(server.smtp()) }).await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, editor) = tenant.member(&world, "editor").await;
    tenant.organizer().await;
    super::book(&world, &tenant, "2031-09-09T09:00:00Z").await;
    let items = told(&world, &tenant.owner).await;
    assert_eq!((&items[0]["kind"], &items[0]["link"]), (&json!("mail.failed"), &json!("/settings/mail")));
    assert_eq!(kinds(&world, &editor).await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_new_app_is_told_to_those_who_manage_apps() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, admin) = tenant.member(&world, "admin").await;
    let (_, editor) = tenant.member(&world, "editor").await;
    tenant.owner.post("/oauth-clients", crate::matrix::oauth_client("Notes")).await.expect(201);
    let items = told(&world, &admin).await;
    assert_eq!((&items[0]["kind"], &items[0]["facts"]["name"]), (&json!("oauth_client.created"), &json!("Notes")));
    for other in [&tenant.owner, &editor] {
        assert_eq!(kinds(&world, other).await, [] as [&str; 0]);
    }
}

#[tokio::test]
async fn what_happens_to_an_account_is_told_in_each_of_its_workspaces_and_read_in_all() {
    let world = World::new().await;
    let ana = sign_up(&world, "ana@example.com").await;
    let first = Tenant::of(ana.clone(), "Studio").await;
    let (_, colleague) = first.member(&world, "admin").await;
    let second = ana.post("/tenants", json!({ "name": "Second", "timezone": "UTC" })).await.expect(201).id();
    let mut ana = Client::sign_in(&world, "ana@example.com", PASSWORD).await;
    let token = json!({ "name": "Secret script", "scopes": ["contacts:read"] });
    ana.post("/access-tokens", token).await.expect(201);
    let here = told(&world, &ana).await;
    assert_eq!((&here[0]["kind"], &here[0]["group"]), (&json!("account.access_token_created"), &json!("security")));
    assert_eq!(here[0]["facts"], json!({ "name": "Secret script" }), "and no id of the other workspace");
    let acting = ana.get("/session").await.expect(200).json["tenant"]["id"].clone();
    let other = if acting == json!(second) { json!(first.id) } else { json!(second) };
    let switched = ana.post("/session/tenant", json!({ "tenant_id": other })).await;
    ana.keep_cookie(&switched);
    let there = told(&world, &ana).await;
    assert_eq!((&there[0]["kind"], &there[0]["read_at"]), (&json!("account.access_token_created"), &json!(null)));
    ana.put(&format!("/notifications/{}/reading", there[0]["id"].as_str().expect("an id")), None, json!({})).await.expect(200);
    let switched = ana.post("/session/tenant", json!({ "tenant_id": acting })).await;
    ana.keep_cookie(&switched);
    assert_eq!(told(&world, &ana).await[0]["read_at"], json!(world.now()));
    assert_eq!(kinds(&world, &colleague).await, [] as [&str; 0]);
}

#[tokio::test]
async fn suspicious_activity_is_told_to_administrators_where_the_workspace_wants_it() {
    let proxied = |config: &mut platform::state::Config| {
        config.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network"), "::1/128".parse().expect("a network")];
    };
    let world = World::with(Mailer::default(), proxied).await;
    let ana = sign_up(&world, "ana@example.com").await;
    let studio = Tenant::of(ana.clone(), "Studio").await;
    let version = version_of(&ana, "/tenant").await;
    ana.patch("/tenant", &version, json!({ "alerts_admins": true })).await.expect(200);
    let (_, told_of) = studio.member(&world, "admin").await;
    let id = ana.post("/tenants", json!({ "name": "Quiet", "timezone": "UTC" })).await.expect(201).id();
    let quiet = Tenant { id, owner: ana.clone(), owner_id: studio.owner_id, name: "Quiet".to_owned() };
    let (_, not_told_of) = quiet.member(&world, "admin").await;
    for n in 0..10 {
        // Each from a network of its own, so that no wait stops them.
        let body = json!({ "email": "ana@example.com", "password": "wrong password for sure" });
        let address = format!("10.{n}.0.1");
        Client::anonymous(&world).send(Method::POST, "/sessions", &[("x-forwarded-for", &address)], Some(&body)).await.expect(401);
    }
    let ana = Client::sign_in(&world, "ana@example.com", PASSWORD).await;
    let items = told(&world, &ana).await;
    assert_eq!((&items[0]["kind"], &items[0]["facts"]["kind"]), (&json!("account.suspicious_activity"), &json!("many_failures")));
    assert_eq!(items[0]["severity"], "critical");
    let items = told(&world, &told_of).await;
    assert_eq!((&items[0]["kind"], &items[0]["person"]["user_id"]), (&json!("member.suspicious"), &json!(studio.owner_id)));
    assert_eq!(kinds(&world, &not_told_of).await, [] as [&str; 0], "this workspace did not ask");
}

#[tokio::test]
async fn an_export_that_is_ready_is_told_to_who_asked() {
    let world = World::new().await;
    let ana = sign_up(&world, "ana@example.com").await;
    ana.post("/me/exports", json!({})).await.expect(202);
    let items = told(&world, &ana).await;
    assert_eq!((&items[0]["kind"], &items[0]["link"]), (&json!("account.data_export_ready"), &json!("/settings/privacy")));
}

#[tokio::test]
async fn a_person_that_is_erased_is_named_to_nobody_any_more() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    tenant.organizer().await;
    super::book(&world, &tenant, "2031-09-08T10:00:00Z").await;
    let (bo, _) = tenant.member(&world, "viewer").await;
    tenant.owner.post("/ownership-offer", json!({ "user_id": bo })).await.expect(201);
    world.settle().await;
    let mut ctx = world.ctx(platform::TenantId(tenant.id));
    let contact: uuid::Uuid = sqlx::query_scalar("SELECT contact_id FROM scheduling.bookings WHERE tenant_id = $1")
        .bind(tenant.id)
        .fetch_one(&mut world.as_owner().await)
        .await
        .expect("a contact");
    let module = messaging::NotificationsData;
    let known = module.export(&mut ctx, &Person::Member(bo)).await.expect("exported");
    assert_eq!(known[0].1[0]["kind"], "ownership.offered");
    for person in [Person::Member(bo), Person::Contact(contact)] {
        let outcomes = module.erase(&mut ctx, &person).await.expect("erased");
        assert_eq!((outcomes[0].what.as_str(), outcomes[0].count), ("messaging.notifications", 1), "{person:?}");
        assert_eq!(module.erase(&mut ctx, &person).await.expect("again")[0].count, 0);
    }
    ctx.commit().await.expect("committed");
    assert_eq!(told(&world, &tenant.owner).await, [] as [Value; 0]);
}

//! The status of users: taken out of use, closed by themselves, brought back, and erased.

use serde_json::json;
use sqlx::Row;

use super::devices::device_of;
use super::second_factors::{first_step, second_step, set_up, totp};
use super::{PASSWORD, again, kinds_of_mail, newest_token, oauth, platform_admin, role_id, sign_up, try_sign_in};
use crate::client::{Client, Tenant};
use crate::world::World;

async fn token_of(client: &Client) -> String {
    let made = client.post("/access-tokens", json!({ "name": "Script", "scopes": ["contacts:read"] })).await.expect(201);
    made.json["token"].as_str().expect("a token").to_owned()
}

async fn with_token(world: &World, token: &str) -> u16 {
    let header = format!("Bearer {token}");
    Client::anonymous(world).send(reqwest::Method::GET, "/contacts", &[("authorization", &header)], None).await.status.as_u16()
}

#[tokio::test]
async fn deactivation_ends_every_session_and_token_at_once_and_for_good() {
    let world = World::new().await;
    let ana = sign_up(&world, "ana@example.com").await;
    let id = ana.get("/me").await.expect(200).id();
    let second = Client::sign_in(&world, "ana@example.com", PASSWORD).await;
    let token = token_of(&ana).await;
    assert_eq!(with_token(&world, &token).await, 200);
    let (root, admin) = platform_admin(&world, "root@example.com").await;
    let input = json!({ "status": "suspended", "reason": "Sends spam" });
    admin.put(&format!("/admin/users/{id}/status"), None, input).await.expect(204);
    for client in [&ana, &second] {
        client.get("/me").await.expect(401);
    }
    assert_eq!(with_token(&world, &token).await, 401);
    assert!(kinds_of_mail(&world, "ana@example.com").await.contains(&"account_stopped".to_owned()));
    // Back in use, what had ended stays ended.
    admin.put(&format!("/admin/users/{id}/status"), None, json!({ "status": "active", "reason": "Explained" })).await.expect(204);
    ana.get("/me").await.expect(401);
    assert_eq!(with_token(&world, &token).await, 401);
    try_sign_in(&world, "ana@example.com", PASSWORD).await.expect(201);
    let history = admin.get(&format!("/admin/users/{id}")).await.expect(200).json["history"].clone();
    let told: Vec<_> = history.as_array().expect("lines").iter().map(|line| (line["status"].as_str(), line["reason"].as_str())).collect();
    assert_eq!(told, [(Some("active"), Some("Explained")), (Some("suspended"), Some("Sends spam")), (Some("active"), Some("created"))]);
    assert_eq!(history[1]["changed_by"], "Root");
    // Nobody does so to oneself, or without being an administrator or somebody's reason.
    let own = json!({ "status": "inactive", "reason": "x" });
    assert_eq!(admin.put(&format!("/admin/users/{root}/status"), None, own.clone()).await.expect(409).code(), "own_account");
    admin.put(&format!("/admin/users/{id}/status"), None, json!({ "status": "inactive", "reason": " " })).await.expect(422);
    admin.put(&format!("/admin/users/{id}/status"), None, json!({ "status": "deleted", "reason": "x" })).await.expect(422);
    let ana = Client::sign_in(&world, "ana@example.com", PASSWORD).await;
    ana.put(&format!("/admin/users/{root}/status"), None, own).await.expect(403);
}

#[tokio::test]
async fn the_last_owner_cannot_close_the_account_also_two_at_once() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let closing = |email: &str| json!({ "email": email });
    let refused = tenant.owner.post("/me/closure", closing("acme@example.com")).await.expect(409);
    assert_eq!((refused.code(), &refused.json["tenants"][0]["name"]), ("last_owner", &json!("acme Ltd")));
    let (_, other) = tenant.member(&world, "owner").await;
    let both = tokio::join!(
        tenant.owner.post("/me/closure", closing("acme@example.com")),
        other.post("/me/closure", closing("owner.acme@example.com"))
    );
    let mut statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 409], "{} {}", both.0.text, both.1.text);
}

#[tokio::test]
async fn an_owner_whose_account_is_closed_is_no_other_owner() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, other) = tenant.member(&world, "owner").await;
    other.post("/me/closure", json!({ "email": "owner.acme@example.com" })).await.expect(202);
    // The row of the other still says active: who decides is the account.
    let me = tenant.owner_id;
    let refused = tenant.owner.delete(&format!("/members/{me}")).await.expect(409);
    assert_eq!(refused.code(), "last_owner");
    let viewer = role_id(&tenant, "viewer").await;
    let version = tenant.owner.get(&format!("/members/{me}")).await.expect(200).json["version"].clone();
    let demoted = tenant.owner.patch(&format!("/members/{me}"), &version, json!({ "role_ids": [viewer] })).await.expect(409);
    assert_eq!(demoted.code(), "last_owner");
}

#[tokio::test]
async fn a_closed_account_comes_back_by_its_link_and_by_nothing_else() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (user, bo) = tenant.member(&world, "viewer").await;
    let email = "viewer.acme@example.com";
    assert_eq!(bo.post("/me/closure", json!({ "email": "other@example.com" })).await.expect(422).json["errors"][0]["field"], "email");
    bo.post("/me/closure", json!({ "email": email })).await.expect(202);
    bo.get("/me").await.expect(401);
    let token = newest_token(&world, email).await;
    let nobody = Client::anonymous(&world);
    // An administrator of the instance stopped the account since: its link does not undo that.
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    admin.put(&format!("/admin/users/{user}/status"), None, json!({ "status": "suspended", "reason": "x" })).await.expect(204);
    nobody.post("/account-restorations", json!({ "token": token })).await.expect(422);
    admin.put(&format!("/admin/users/{user}/status"), None, json!({ "status": "inactive", "reason": "x" })).await.expect(204);
    nobody.post("/account-restorations", json!({ "token": token })).await.expect(204);
    nobody.post("/account-restorations", json!({ "token": token })).await.expect(422);
    world.advance_minutes(8 * 24 * 60);
    world.settle().await;
    let status: String = sqlx::query_scalar("SELECT status FROM directory.users WHERE id = $1")
        .bind(user)
        .fetch_one(&mut world.as_owner().await)
        .await
        .expect("a status");
    assert_eq!(status, "active");
}

#[tokio::test]
async fn closing_takes_a_fresh_factor() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, bo) = tenant.member(&world, "viewer").await;
    world.advance_minutes(10);
    assert_eq!(bo.post("/me/closure", json!({ "email": "viewer.acme@example.com" })).await.expect(403).code(), "step_up_required");
}

/// Everything in the database that holds this text, by table.
pub async fn where_it_stands(world: &World, text: &str) -> Vec<String> {
    let mut db = world.as_owner().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY 1",
    )
    .fetch_all(&mut db)
    .await
    .expect("tables");
    let mut found = Vec::new();
    for table in tables {
        let sql = format!("SELECT count(*) FROM {table} t WHERE strpos(lower(t::text), $1) > 0");
        let count: i64 = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(text.to_lowercase()).fetch_one(&mut db).await.expect("a count").get(0);
        if count > 0 {
            found.push(table);
        }
    }
    found
}

async fn run_erasure(world: &World) {
    platform::jobs::enqueue(&mut world.as_owner().await, &identity::erasure::EraseDue {}, platform::jobs::When::default())
        .await
        .expect("enqueued");
    world.settle().await;
}

#[tokio::test]
async fn an_erased_user_is_nowhere_and_what_he_did_stays() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (user, bo) = tenant.member(&world, "editor").await;
    let email = "editor.acme@example.com";
    let me = bo.get("/me").await.expect(200);
    let profile = json!({ "phone": "+31612345678", "bio": "Zebracorn breeder", "title": "Zebracorn" });
    bo.patch("/me", &me.json["version"], json!({ "name": "Zebracorn Person", "profile": profile })).await.expect(200);
    super::put_picture(&bo, "/me/avatar").await.expect(200);
    let contact = bo.post("/contacts", json!({ "name": "Vera" })).await.expect(201).id();
    bo.post("/me/exports", json!({})).await.expect(202);
    world.settle().await;
    bo.post("/me/closure", json!({ "email": email })).await.expect(202);
    world.settle().await;
    world.advance_minutes(7 * 24 * 60 - 1);
    run_erasure(&world).await;
    assert!(!where_it_stands(&world, "zebracorn").await.is_empty(), "not before the time");
    world.advance_minutes(1);
    run_erasure(&world).await;
    assert_eq!(where_it_stands(&world, "zebracorn").await, [] as [&str; 0]);
    assert_eq!(where_it_stands(&world, email).await, [] as [&str; 0]);
    // The contact stays, and the address is free.
    let tenant = Tenant { owner: again(&world, "acme@example.com").await, ..tenant };
    tenant.owner.get(&format!("/contacts/{contact}")).await.expect(200);
    let member = tenant.owner.get(&format!("/members/{user}")).await.expect(200).json;
    assert_eq!((&member["name"], &member["status"], &member["roles"]), (&json!("Former member"), &json!("inactive"), &json!([])));
    sign_up(&world, email).await;
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    let report = admin.get("/admin/erasures").await.expect(200).json["items"][0].clone();
    assert_eq!((&report["kind"], &report["subject_id"]), (&json!("user"), &json!(user)));
    assert!(report["finished_at"].is_string());
    let kept = report["report"]["outcomes"].as_array().expect("outcomes");
    assert!(kept.iter().any(|line| line["what"] == "identity.members" && line["reason"].is_string()), "{report}");
    assert!(report["report"]["tables"]["directory.pictures"] == 1, "{report}");
}

/// What was sent to an address that the user had before goes too; what its next holder got there stays.
#[tokio::test]
async fn mails_and_invitations_of_former_addresses_are_erased() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (user, bo) = tenant.member(&world, "editor").await;
    let (former, now) = ("editor.acme@example.com", "zebracorn@example.com");
    let other = Tenant::found(&world, "other").await;
    let guest = role_id(&other, "guest").await;
    other.owner.post("/invitations", json!({ "email": former, "role_id": guest })).await.expect(201);
    world.settle().await;
    bo.post("/me/email-change", json!({ "email": now })).await.expect(202);
    let token = newest_token(&world, now).await;
    Client::anonymous(&world).post("/email-confirmations", json!({ "token": token })).await.expect(204);
    world.settle().await;
    assert!(where_it_stands(&world, former).await.contains(&"directory.mails".to_owned()));
    bo.post("/me/closure", json!({ "email": now })).await.expect(202);
    world.settle().await;
    // Somebody else takes the address.
    sign_up(&world, former).await;
    let theirs = kinds_of_mail(&world, former).await;
    world.advance_minutes(7 * 24 * 60);
    run_erasure(&world).await;
    assert_eq!(where_it_stands(&world, "zebracorn").await, [] as [&str; 0]);
    let left = kinds_of_mail(&world, former).await;
    assert!(left.contains(&"email_verification".to_owned()), "the next holder's own: {left:?}");
    assert!(!left.contains(&"email_changed".to_owned()) && !left.contains(&"email_change_asked".to_owned()), "{theirs:?} {left:?}");
    let stands: i64 = sqlx::query_scalar("SELECT count(*) FROM directory.former_emails WHERE user_id = $1")
        .bind(user)
        .fetch_one(&mut world.as_owner().await)
        .await
        .expect("a count");
    assert_eq!(stands, 0);
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    let report = admin.get("/admin/erasures").await.expect(200).json["items"][0]["report"].clone();
    assert!(report["tables"]["directory.mails"].as_i64() > Some(2), "{report}");
}

#[tokio::test]
async fn an_invitation_to_a_former_address_goes_with_who_had_it() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, bo) = tenant.member(&world, "editor").await;
    let former = "editor.acme@example.com";
    let other = Tenant::found(&world, "other").await;
    let guest = role_id(&other, "guest").await;
    other.owner.post("/invitations", json!({ "email": former, "role_id": guest })).await.expect(201);
    bo.post("/me/email-change", json!({ "email": "bo.new@example.com" })).await.expect(202);
    let token = newest_token(&world, "bo.new@example.com").await;
    Client::anonymous(&world).post("/email-confirmations", json!({ "token": token })).await.expect(204);
    bo.post("/me/closure", json!({ "email": "bo.new@example.com" })).await.expect(202);
    world.settle().await;
    world.advance_minutes(7 * 24 * 60);
    run_erasure(&world).await;
    assert_eq!(where_it_stands(&world, former).await, [] as [&str; 0]);
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    let report = admin.get("/admin/erasures").await.expect(200).json["items"][0]["report"].clone();
    assert_eq!(report["tables"]["directory.invitations"], 1, "{report}");
}

/// Each table of the directory that names a user either goes with the user, or is known to stay emptied.
#[tokio::test]
async fn no_table_of_users_is_forgotten_by_erasure() {
    let world = World::new().await;
    let left: Vec<String> = sqlx::query_scalar(
        "SELECT c.oid::regclass::text FROM pg_class c
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id' AND NOT a.attisdropped
          WHERE c.relnamespace = 'directory'::regnamespace AND c.relkind = 'r'
            AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.conrelid = c.oid AND f.confrelid = 'directory.users'::regclass
                               AND f.confdeltype = 'c' AND a.attnum = ANY (f.conkey))
          ORDER BY 1",
    )
    .fetch_all(&mut world.as_owner().await)
    .await
    .expect("tables");
    let emptied = ["account_closures", "consents", "login_history", "security_events", "subscriptions", "user_status_changes"];
    assert_eq!(left, emptied.map(|name| format!("directory.{name}")));
}

/// Nothing that stood before comes back with the account: no app, no sign-in that waits, no browser that stood for the second factor.
#[tokio::test]
async fn what_a_deactivation_ended_does_not_come_back_with_the_account() {
    let world = World::new().await;
    let email = "ana@example.com";
    let ana = sign_up(&world, email).await;
    let id = ana.get("/me").await.expect(200).id();
    let tenant = Tenant::of(ana.clone(), "Studio").await;
    let app = oauth::registered(&ana, json!({})).await;
    let issued = app.tokens(&world, &ana, &tenant).await;
    let (phone, _) = set_up(&world, &ana).await;
    let allowing = json!({ "two_factor": { "remember_devices_allowed": true } });
    ana.send(reqwest::Method::PUT, "/tenant/security-policy", &[("if-match", "*")], Some(&allowing)).await.expect(200);
    let remember = json!({ "token": first_step(&world, email).await, "remember_device": true, "proof": totp(&phone.code(&world, 0)) });
    let device = device_of(&Client::anonymous(&world).post("/sessions/second-factor", remember).await.expect(201));
    let by_device = async || {
        let body = json!({ "email": email, "password": PASSWORD });
        Client::anonymous(&world).send(reqwest::Method::POST, "/sessions", &[("cookie", &device)], Some(&body)).await
    };
    world.advance_minutes(1);
    let waiting = first_step(&world, email).await;
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    for status in ["suspended", "active"] {
        let input = json!({ "status": status, "reason": "A test" });
        admin.put(&format!("/admin/users/{id}/status"), None, input).await.expect(204);
    }
    assert_eq!(oauth::reads(&world, &oauth::text(&issued, "access_token")).await, 401, "an app");
    app.refresh(&world, &oauth::text(&issued, "refresh_token")).await.expect(400);
    assert_eq!(second_step(&world, &waiting, totp(&phone.code(&world, 0))).await.expect(409).code(), "challenge_over");
    by_device().await.expect(202);
}

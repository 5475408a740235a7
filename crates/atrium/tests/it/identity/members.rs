//! Members: what their roles allow, from one request to the next.

use serde_json::{Value, json};

use super::{oauth, role_id};
use crate::client::{Answer, Client, Tenant};
use crate::world::World;

async fn give(by: &Client, user: uuid::Uuid, roles: &[&Value]) -> Answer {
    by.send(reqwest::Method::PATCH, &format!("/members/{user}"), &[("if-match", "*")], Some(&json!({ "role_ids": roles }))).await
}

async fn set_status(by: &Client, user: uuid::Uuid, status: &str) -> Answer {
    by.send(reqwest::Method::PATCH, &format!("/members/{user}"), &[("if-match", "*")], Some(&json!({ "status": status }))).await
}

#[tokio::test]
async fn a_changed_role_counts_from_the_next_request() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (id, member) = tenant.member(&world, "viewer").await;
    let contact = json!({ "name": "Vera" });
    member.post("/contacts", contact.clone()).await.expect(403);
    let before = tenant.owner.get(&format!("/members/{id}")).await.expect(200);
    let editor = role_id(&tenant, "editor").await;
    let changed = tenant.owner.patch(&format!("/members/{id}"), &before.json["version"], json!({ "role_ids": [editor] })).await.expect(200);
    assert_eq!(changed.json["roles"], json!([{ "id": editor, "name": "editor" }]));
    member.post("/contacts", contact.clone()).await.expect(201);
    assert_eq!(member.get("/session").await.expect(200).json["roles"], json!(["editor"]));
    // Whoever saw the former roles does not overwrite these.
    tenant.owner.patch(&format!("/members/{id}"), &before.json["version"], json!({ "role_ids": [] })).await.expect(412);
    give(&tenant.owner, id, &[&role_id(&tenant, "viewer").await]).await.expect(200);
    member.post("/contacts", contact).await.expect(403);
    member.get("/contacts").await.expect(200);
    let line = tenant.owner.get(&format!("/audit-events?action=member.updated&entity_id={id}")).await.expect(200).json["items"][1].clone();
    assert_eq!((&line["old_values"]["roles"][0]["name"], &line["new_values"]["roles"][0]["name"]), (&json!("viewer"), &json!("editor")));
    assert_eq!(line["actor"]["id"], json!(tenant.owner_id));
}

#[tokio::test]
async fn a_workspace_keeps_an_owner() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (viewer, owner) = (role_id(&tenant, "viewer").await, role_id(&tenant, "owner").await);
    let own = format!("/members/{}", tenant.owner_id);
    assert_eq!(give(&tenant.owner, tenant.owner_id, &[&viewer]).await.expect(409).code(), "last_owner");
    assert_eq!(set_status(&tenant.owner, tenant.owner_id, "inactive").await.expect(409).code(), "last_owner");
    assert_eq!(tenant.owner.delete(&own).await.expect(409).code(), "last_owner");
    give(&tenant.owner, tenant.owner_id, &[&owner, &viewer]).await.expect(200);

    // A suspended owner does not count.
    let (id, other) = tenant.member(&world, "owner").await;
    set_status(&tenant.owner, id, "suspended").await.expect(200);
    assert_eq!(tenant.owner.delete(&own).await.expect(409).code(), "last_owner");
    set_status(&tenant.owner, id, "active").await.expect(200);
    tenant.owner.delete(&own).await.expect(204);
    let on_record: uuid::Uuid = sqlx::query_scalar("SELECT owner_id FROM directory.tenants WHERE id = $1")
        .bind(tenant.id)
        .fetch_one(&world.app.pools.owner)
        .await
        .expect("the tenant");
    assert_eq!(on_record, id, "the workspace is recorded as the remaining owner's");
    assert_eq!(other.delete(&format!("/members/{id}")).await.expect(409).code(), "last_owner");
}

/// Two owners remove each other at once, many times: one always stays.
#[tokio::test]
async fn two_owners_cannot_remove_each_other() {
    let world = World::new().await;
    for round in 0..8 {
        let tenant = Tenant::found(&world, &format!("acme{round}")).await;
        let (id, other) = tenant.member(&world, "owner").await;
        let (theirs, mine) = (format!("/members/{id}"), format!("/members/{}", tenant.owner_id));
        let (one, two) = tokio::join!(tenant.owner.delete(&theirs), other.delete(&mine));
        let done = [&one, &two].iter().filter(|answer| answer.status == 204).count();
        assert_eq!(done, 1, "round {round}: {} {}", one.text, two.text);
        let refused = if one.status == 204 { two } else { one };
        assert!(matches!(refused.status.as_u16(), 403 | 409), "{}", refused.text);
    }
}

#[tokio::test]
async fn nobody_gives_or_takes_more_than_held() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (admin_id, admin) = tenant.member(&world, "admin").await;
    let (editor_id, editor) = tenant.member(&world, "editor").await;
    let (viewer_id, _) = tenant.member(&world, "viewer").await;
    let role = async |name: &str| role_id(&tenant, name).await;
    let (owner_role, admin_role, editor_role, viewer_role) =
        (role("owner").await, role("admin").await, role("editor").await, role("viewer").await);
    // An administrator may do all but what concerns ownership.
    give(&admin, viewer_id, &[&owner_role]).await.expect(403);
    give(&admin, admin_id, &[&owner_role]).await.expect(403);
    give(&admin, tenant.owner_id, &[&viewer_role]).await.expect(403);
    set_status(&admin, tenant.owner_id, "suspended").await.expect(403);
    admin.delete(&format!("/members/{}", tenant.owner_id)).await.expect(403);
    give(&admin, viewer_id, &[&admin_role]).await.expect(200);
    give(&admin, viewer_id, &[&viewer_role]).await.expect(200);
    // An editor who was given the changing of members reaches no higher than that.
    give(&editor, viewer_id, &[&viewer_role]).await.expect(403);
    sqlx::query("INSERT INTO identity.member_permissions (tenant_id, user_id, permission, scope) VALUES ($1, $2, 'members:write', 'all')")
        .bind(tenant.id)
        .bind(editor_id)
        .execute(&mut world.as_owner().await)
        .await
        .expect("granted");
    give(&editor, viewer_id, &[&editor_role]).await.expect(200);
    give(&editor, viewer_id, &[&admin_role]).await.expect(403);
    give(&editor, editor_id, &[&admin_role, &editor_role]).await.expect(403);
    give(&editor, admin_id, &[&viewer_role]).await.expect(403);
    editor.delete(&format!("/members/{admin_id}")).await.expect(403);
    let roles: Vec<_> = tenant.owner.get("/members").await.expect(200).json["items"]
        .as_array()
        .expect("members")
        .iter()
        .map(|member| {
            format!("{} {}", member["name"].as_str().unwrap_or_default(), member["roles"][0]["name"].as_str().unwrap_or_default())
        })
        .collect();
    assert_eq!(roles, ["acme Owner owner", "admin Member admin", "editor Member editor", "viewer Member editor"]);
    // Roles of elsewhere, and none at all.
    let foreign = role_id(&Tenant::found(&world, "other").await, "viewer").await;
    assert_eq!(give(&tenant.owner, viewer_id, &[&foreign]).await.expect(422).json["errors"][0]["code"], "unknown");
    assert_eq!(give(&tenant.owner, viewer_id, &[]).await.expect(422).json["errors"][0]["code"], "required");
    assert_eq!(set_status(&tenant.owner, viewer_id, "deleted").await.expect(422).json["errors"][0]["field"], "status");
}

#[tokio::test]
async fn a_removed_or_suspended_member_gets_nowhere_at_once() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (id, member) = tenant.member(&world, "editor").await;
    let contact = member.post("/contacts", json!({ "name": "Vera", "owner_id": id })).await.expect(201);
    let nowhere = async |member: &Client| {
        for path in ["/contacts", "/home", "/members", "/events/stream", "/search?q=vera"] {
            let answer = member.get(path).await.expect(403);
            assert_eq!(answer.code(), "no_tenant", "{path}");
            assert!(!answer.text.contains("Vera"));
        }
        member.post("/contacts", json!({ "name": "More" })).await.expect(403);
        let session = member.get("/session").await.expect(200).json;
        assert_eq!((&session["tenant"], &session["tenants"], &session["permissions"]), (&json!(null), &json!([]), &json!([])));
        member.post("/session/tenant", json!({ "tenant_id": tenant.id })).await.expect(404);
    };
    for status in ["suspended", "inactive"] {
        set_status(&tenant.owner, id, status).await.expect(200);
        nowhere(&member).await;
        set_status(&tenant.owner, id, "active").await.expect(200);
        member.get("/contacts").await.expect(200);
    }
    tenant.owner.delete(&format!("/members/{id}")).await.expect(204);
    nowhere(&member).await;
    let removed = tenant.owner.get(&format!("/members/{id}")).await.expect(200).json;
    assert_eq!((&removed["status"], &removed["roles"]), (&json!("inactive"), &json!([])));
    assert_eq!(tenant.owner.get("/members?status=active").await.expect(200).json["items"].as_array().map(Vec::len), Some(1));
    // What was the member's stays.
    assert_eq!(tenant.owner.get(&format!("/contacts/{}", contact.id())).await.expect(200).json["owner"]["user_id"], json!(id));
}

#[tokio::test]
async fn members_are_found_by_name_and_address_in_pages() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    for role in ["viewer", "editor", "guest"] {
        tenant.member(&world, role).await;
    }
    let names = |page: &Value| -> Vec<String> {
        page["items"].as_array().expect("items").iter().map(|member| member["name"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let first = tenant.owner.get("/members?limit=2").await.expect(200).json;
    let second =
        tenant.owner.get(&format!("/members?limit=2&cursor={}", first["next_cursor"].as_str().expect("more"))).await.expect(200).json;
    assert_eq!([names(&first), names(&second)].concat(), ["acme Owner", "editor Member", "guest Member", "viewer Member"]);
    assert_eq!(names(&tenant.owner.get("/members?q=EDITOR.acme").await.expect(200).json), ["editor Member"]);
    assert_eq!(names(&tenant.owner.get("/members?q=%25").await.expect(200).json), [""; 0]);
    tenant.owner.get("/members?status=gone").await.expect(422);
}

/// What acted for a member in the workspace is ended by a suspension or removal, there and nowhere else, and does not come back.
#[tokio::test]
async fn tokens_and_apps_of_a_former_member_do_not_come_back_with_the_membership() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (id, mut member) = tenant.member(&world, "editor").await;
    let app = oauth::registered(&tenant.owner, json!({})).await;
    let script = async |of: &Client| {
        let made = of.post("/access-tokens", json!({ "name": "Script", "scopes": ["contacts:read"] })).await.expect(201);
        oauth::text(&made.json, "token")
    };
    let (here, by_app) = (script(&member).await, app.tokens(&world, &member, &tenant).await);
    let own = member.post("/tenants", json!({ "name": "Own", "timezone": "UTC" })).await.expect(201).id();
    let switched = member.post("/session/tenant", json!({ "tenant_id": own })).await.expect(200);
    member.keep_cookie(&switched);
    let there = script(&member).await;
    let all = async || {
        let app = oauth::text(&by_app, "access_token");
        (oauth::reads(&world, &here).await, oauth::reads(&world, &app).await, oauth::reads(&world, &there).await)
    };
    assert_eq!(all().await, (200, 200, 200));
    set_status(&tenant.owner, id, "suspended").await.expect(200);
    set_status(&tenant.owner, id, "active").await.expect(200);
    assert_eq!(all().await, (401, 401, 200));
    app.refresh(&world, &oauth::text(&by_app, "refresh_token")).await.expect(400);
    // Nor is an app let in silently by what was agreed to before.
    let asked = oauth::location(&member.get(&app.request(&[])).await.expect(303));
    assert!(asked.starts_with("/oauth/consent"), "{asked}");
    let issued = app.tokens(&world, &member, &tenant).await;
    tenant.owner.delete(&format!("/members/{id}")).await.expect(204);
    let editor = role_id(&tenant, "editor").await;
    let back = json!({ "status": "active", "role_ids": [editor] });
    tenant.owner.send(reqwest::Method::PATCH, &format!("/members/{id}"), &[("if-match", "*")], Some(&back)).await.expect(200);
    assert_eq!(oauth::reads(&world, &oauth::text(&issued, "access_token")).await, 401);
}

/// Who is let in again, and who goes, is decided by somebody who is there.
#[tokio::test]
async fn letting_in_again_and_removing_take_a_fresh_factor() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (id, _) = tenant.member(&world, "editor").await;
    world.advance_minutes(11);
    // Shutting somebody out is urgent, and nothing is given by it.
    set_status(&tenant.owner, id, "suspended").await.expect(200);
    assert_eq!(set_status(&tenant.owner, id, "active").await.expect(403).code(), "step_up_required");
    assert_eq!(tenant.owner.delete(&format!("/members/{id}")).await.expect(403).code(), "step_up_required");
    let owner = super::again(&world, "acme@example.com").await;
    set_status(&owner, id, "active").await.expect(200);
    owner.delete(&format!("/members/{id}")).await.expect(204);
}

//! Roles of a workspace's own: what they give, what they never give, and why somebody may do something.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{PASSWORD, newest_token, role_id};
use crate::client::{Answer, Client, Tenant};
use crate::live::Stream;
use crate::world::World;

async fn scene() -> (World, Tenant) {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    (world, tenant)
}

/// `contacts:read`, or `contacts:read own`.
fn grants(of: &[&str]) -> Value {
    let grant = |text: &&str| {
        let (codename, scope) = text.split_once(' ').unwrap_or((text, "all"));
        json!({ "codename": codename, "scope": scope })
    };
    of.iter().map(grant).collect()
}

fn role(name: &str, parent: Option<&Value>, permissions: &[&str]) -> Value {
    json!({ "name": name, "parent_id": parent, "permissions": grants(permissions) })
}

async fn make(by: &Client, name: &str, parent: Option<&Value>, permissions: &[&str]) -> Answer {
    by.post("/roles", role(name, parent, permissions)).await
}

async fn made(by: &Client, name: &str, parent: Option<&Value>, permissions: &[&str]) -> Value {
    make(by, name, parent, permissions).await.expect(201).json["id"].clone()
}

fn path(role: &Value) -> String {
    format!("/roles/{}", role.as_str().expect("an id"))
}

async fn put(by: &Client, id: &Value, body: Value) -> Answer {
    by.send(Method::PUT, &path(id), &[("if-match", "*")], Some(&body)).await
}

async fn set(by: &Client, user: Uuid, change: Value) -> Answer {
    by.send(Method::PATCH, &format!("/members/{user}"), &[("if-match", "*")], Some(&change)).await
}

/// An editor who, beside that, may do these.
async fn editor_with(world: &World, tenant: &Tenant, extra: &[&str]) -> (Uuid, Client) {
    let (id, editor) = tenant.member(world, "editor").await;
    set(&tenant.owner, id, json!({ "extra_permissions": grants(extra) })).await.expect(200);
    (id, editor)
}

#[tokio::test]
async fn the_programs_permissions_are_those_of_the_table() {
    let (world, _) = scene().await;
    let table: Vec<String> = sqlx::query_scalar("SELECT codename FROM lookup.permissions ORDER BY codename COLLATE \"C\"")
        .fetch_all(&world.app.pools.owner)
        .await
        .expect("the table");
    assert_eq!(table, platform::permissions::CODENAMES);
}

#[tokio::test]
async fn an_own_role_gives_what_it_and_those_above_it_allow_at_once() {
    let (world, tenant) = scene().await;
    let owner = &tenant.owner;
    let base = made(owner, "Front desk", Some(&role_id(&tenant, "guest").await), &["contacts:read"]).await;
    let desk = make(owner, "Desk lead", Some(&base), &["contacts:write own"]).await.expect(201);
    assert_eq!(desk.json["own_permissions"], grants(&["contacts:write own"]));
    assert_eq!(desk.json["permissions"], grants(&["contacts:read", "contacts:write own", "event_types:read"]));
    assert_eq!((&desk.json["kind"], &desk.json["parent_id"], &desk.json["member_count"]), (&json!("custom"), &base, &json!(0)));
    let (id, member) = tenant.member(&world, "guest").await;
    member.get("/contacts").await.expect(403);
    set(owner, id, json!({ "role_ids": [desk.json["id"]] })).await.expect(200);
    member.get("/contacts").await.expect(200);
    let session = member.get("/session").await.expect(200).json;
    assert_eq!((&session["permissions"], &session["roles"]), (&desk.json["permissions"], &json!(["Desk lead"])));
    member.post("/contacts", json!({ "name": "Vera", "owner_id": id })).await.expect(201);
    member.delete("/contacts/01980000-0000-7000-8000-000000000000").await.expect(403);

    // What changes above it changes for its holders, with the session that they have.
    put(owner, &base, role("Front desk", None, &["files:read"])).await.expect(200);
    member.get("/contacts").await.expect(403);
    member.get("/event-types").await.expect(403);
    let seen = owner.get(&path(&desk.json["id"])).await.expect(200);
    assert_eq!(seen.json["permissions"], grants(&["contacts:write own", "files:read"]));
    assert_eq!(seen.json["version"], desk.json["version"], "its parent changed, not the role");
    put(owner, &desk.json["id"], role("Desk lead", Some(&role_id(&tenant, "viewer").await), &[])).await.expect(200);
    member.get("/contacts").await.expect(200);
    let lines = owner.get(&format!("/audit-events?entity_type=role&entity_id={}", desk.id())).await.expect(200).json;
    let line = &lines["items"][0];
    assert_eq!((&line["action"], &line["old_values"]["parent_id"]), (&json!("role.updated"), &base));
    // Whoever saw it before does not overwrite it.
    let stale = owner.put(&path(&desk.json["id"]), Some(&desk.json["version"]), role("Mine", None, &[])).await;
    assert_eq!(stale.expect(412).code(), "version_conflict");
}

#[tokio::test]
async fn nobody_makes_or_changes_a_role_above_ones_own() {
    let (world, tenant) = scene().await;
    let (_, editor) = editor_with(&world, &tenant, &["roles:write", "members:write own"]).await;
    let owner = &tenant.owner;
    let (admin, viewer) = (role_id(&tenant, "admin").await, role_id(&tenant, "viewer").await);
    make(&editor, "Clerk", Some(&viewer), &["bookings:write"]).await.expect(201);
    // More than the editor's: by itself, by its reach, and by a parent.
    for refused in [
        make(&editor, "Boss", None, &["settings:manage"]).await,
        make(&editor, "Wide", None, &["members:write"]).await,
        make(&editor, "Heir", Some(&admin), &[]).await,
    ] {
        assert_eq!(refused.expect(403).code(), "above_own");
    }
    make(&editor, "Narrow", None, &["members:write own"]).await.expect(201);
    // A role above cannot be touched, not even to take from it.
    let boss = made(owner, "Boss", None, &["settings:manage"]).await;
    put(&editor, &boss, role("Boss", None, &[])).await.expect(403);
    editor.delete(&path(&boss)).await.expect(403);
    // One's own cannot be widened by the parent that it gets, nor a parent be emptied below somebody who is above.
    let base = made(&editor, "Base", None, &["contacts:read"]).await;
    put(&editor, &base, role("Base", Some(&admin), &[])).await.expect(403);
    put(&editor, &base, role("Base", Some(&boss), &[])).await.expect(403);
    put(owner, &boss, role("Boss", Some(&base), &["settings:manage"])).await.expect(200);
    put(&editor, &base, role("Base", None, &[])).await.expect(403);
    put(owner, &boss, role("Boss", None, &["settings:manage"])).await.expect(200);
    put(&editor, &base, role("Base", None, &[])).await.expect(200);
    // Whoever lost the right has lost it, with the session that was open.
    let names: Vec<Value> =
        owner.get("/roles").await.expect(200).json["items"].as_array().expect("roles").iter().map(|role| role["name"].clone()).collect();
    assert_eq!(names[7..], ["Base", "Boss", "Clerk", "Narrow"]);
    let (_, guest) = tenant.member(&world, "viewer").await;
    make(&guest, "Mine", None, &[]).await.expect(403);
}

#[tokio::test]
async fn nobody_gives_a_role_or_permission_above_ones_own() {
    let (world, tenant) = scene().await;
    let (editor_id, editor) = editor_with(&world, &tenant, &["members:write", "roles:write"]).await;
    let (viewer_id, _) = tenant.member(&world, "viewer").await;
    let owner = &tenant.owner;
    let heir = made(owner, "Heir", Some(&role_id(&tenant, "admin").await), &[]).await;
    let clerk = made(owner, "Clerk", Some(&role_id(&tenant, "viewer").await), &["contacts:write own"]).await;
    for user in [viewer_id, editor_id] {
        set(&editor, user, json!({ "role_ids": [heir] })).await.expect(403);
        set(&editor, user, json!({ "extra_permissions": grants(&["settings:manage"]) })).await.expect(403);
    }
    set(&editor, viewer_id, json!({ "role_ids": [clerk], "extra_permissions": grants(&["contacts:delete own"]) })).await.expect(200);
    // A right to one's own is none to give all.
    set(owner, editor_id, json!({ "role_ids": [role_id(&tenant, "contributor").await] })).await.expect(200);
    set(&editor, editor_id, json!({ "extra_permissions": grants(&["members:write", "roles:write", "contacts:write"]) })).await.expect(403);
    make(&editor, "Wide", None, &["contacts:write"]).await.expect(403);
    make(&editor, "Own", None, &["contacts:write own"]).await.expect(201);
    // A role that was widened after it was given lifts its holder above whoever gave it.
    put(owner, &clerk, role("Clerk", None, &["settings:manage"])).await.expect(200);
    set(&editor, viewer_id, json!({ "role_ids": [role_id(&tenant, "guest").await] })).await.expect(403);
}

#[tokio::test]
async fn roles_never_go_in_circles() {
    let (_world, tenant) = scene().await;
    let owner = &tenant.owner;
    let a = made(owner, "A", None, &[]).await;
    let b = made(owner, "B", Some(&a), &[]).await;
    let c = made(owner, "C", Some(&b), &[]).await;
    for (id, name, parent) in [(&a, "A", &a), (&a, "A", &b), (&a, "A", &c), (&b, "B", &c)] {
        let refused = put(owner, id, role(name, Some(parent), &[])).await.expect(422);
        assert_eq!((&refused.json["errors"][0]["field"], &refused.json["errors"][0]["code"]), (&json!("parent_id"), &json!("cycle")));
    }
    put(owner, &c, role("C", None, &[])).await.expect(200);
    put(owner, &a, role("A", Some(&c), &[])).await.expect(200);
}

/// Two changes that are each fine, and together a circle, many times: one of them is refused.
#[tokio::test]
async fn two_changes_at_once_close_no_circle() {
    let (world, tenant) = scene().await;
    let owner = &tenant.owner;
    for round in 0..10 {
        let (one, two) = (format!("One {round}"), format!("Two {round}"));
        let (a, b) = (made(owner, &one, None, &["contacts:read"]).await, made(owner, &two, None, &["files:read"]).await);
        let (first, second) = tokio::join!(put(owner, &a, role(&one, Some(&b), &[])), put(owner, &b, role(&two, Some(&a), &[])));
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 422], "round {round}: {} {}", first.text, second.text);
    }
    // What went past the program, the schema refuses by itself.
    let mut db = world.as_owner().await;
    let (mut one, mut two) = (sqlx::Connection::begin(&mut db).await.expect("begun"), world.as_owner().await);
    let ids: Vec<Uuid> = {
        let (a, b) = (made(owner, "Left", None, &[]).await, made(owner, "Right", None, &[]).await);
        [a, b].iter().map(|id| id.as_str().expect("an id").parse().expect("a UUID")).collect()
    };
    let hang = "UPDATE identity.roles SET parent_id = $2 WHERE id = $1";
    sqlx::query(hang).bind(ids[0]).bind(ids[1]).execute(&mut *one).await.expect("the first");
    let waiting = sqlx::query(hang).bind(ids[1]).bind(ids[0]).execute(&mut two);
    let (done, refused) = tokio::join!(one.commit(), waiting);
    done.expect("committed");
    let refused = refused.expect_err("a circle");
    assert_eq!(refused.as_database_error().and_then(|error| error.constraint()), Some("roles_no_cycle"), "{refused}");
}

#[tokio::test]
async fn a_line_of_roles_is_ten_at_most() {
    let (_world, tenant) = scene().await;
    let owner = &tenant.owner;
    let mut line = vec![made(owner, "Role 1", None, &[]).await];
    for n in 2..=10 {
        let parent = line.last().cloned();
        line.push(made(owner, &format!("Role {n}"), parent.as_ref(), &[]).await);
    }
    let too_deep = |answer: Answer| assert_eq!(answer.expect(422).json["errors"][0]["code"], "too_deep");
    too_deep(make(owner, "Role 11", line.last(), &[]).await);
    // Nor by hanging the whole line below another.
    let top = made(owner, "Top", None, &[]).await;
    too_deep(put(owner, &line[0], role("Role 1", Some(&top), &[])).await);
    let roles = owner.get("/roles").await.expect(200).json["items"].as_array().expect("roles").len();
    assert_eq!(roles, 7 + 11);
}

#[tokio::test]
async fn a_role_in_use_is_not_deleted_and_says_who_holds_it() {
    let (world, tenant) = scene().await;
    let owner = &tenant.owner;
    let desk = made(owner, "Desk", None, &["contacts:read"]).await;
    let lead = made(owner, "Lead", Some(&desk), &[]).await;
    let (id, _) = tenant.member(&world, "guest").await;
    set(owner, id, json!({ "role_ids": [desk] })).await.expect(200);
    // Somebody suspended comes back with it.
    set(owner, id, json!({ "status": "suspended" })).await.expect(200);
    let invitation = owner.post("/invitations", json!({ "email": "bo@example.com", "role_id": desk })).await.expect(201);
    let refused = owner.delete(&path(&desk)).await.expect(409);
    assert_eq!(
        (refused.code(), &refused.json["members"], &refused.json["member_count"]),
        ("role_in_use", &json!(["guest Member"]), &json!(1))
    );
    assert_eq!((&refused.json["invitations"], &refused.json["roles"]), (&json!(["bo@example.com"]), &json!(["Lead"])));
    set(owner, id, json!({ "role_ids": [role_id(&tenant, "guest").await] })).await.expect(200);
    owner.delete(&path(&desk)).await.expect(409);
    owner.delete(&format!("/invitations/{}", invitation.id())).await.expect(204);
    owner.delete(&path(&desk)).await.expect(409);
    owner.delete(&path(&lead)).await.expect(204);
    owner.delete(&path(&desk)).await.expect(204);
    owner.get(&path(&desk)).await.expect(404);
}

#[tokio::test]
async fn a_role_made_again_under_its_name_gives_nobody_anything() {
    let (world, tenant) = scene().await;
    let owner = &tenant.owner;
    let first = made(owner, "Keyholder", Some(&role_id(&tenant, "viewer").await), &["members:write"]).await;
    let (id, member) = tenant.member(&world, "guest").await;
    set(owner, id, json!({ "role_ids": [first] })).await.expect(200);
    let token = member.post("/access-tokens", json!({ "name": "Script", "scopes": ["members:read"] })).await.expect(201);
    let secret = format!("Bearer {}", token.json["token"].as_str().expect("a secret"));
    let program = Client::anonymous(&world);
    program.send(Method::GET, "/members", &[("authorization", &secret)], None).await.expect(200);
    owner.post("/invitations", json!({ "email": "bo@example.com", "role_id": first })).await.expect(201);
    let link = newest_token(&world, "bo@example.com").await;
    // Everybody gives it up; the invitation stays, past its time, where the deletion does not see it.
    set(owner, id, json!({ "role_ids": [role_id(&tenant, "guest").await] })).await.expect(200);
    let mut db = world.as_owner().await;
    let expire = "UPDATE directory.invitations SET expires_at = created_at";
    sqlx::query(expire).execute(&mut db).await.expect("expired");
    owner.delete(&path(&first)).await.expect(204);
    let second = made(owner, "Keyholder", Some(&role_id(&tenant, "admin").await), &[]).await;
    assert_ne!(first, second);
    sqlx::query("UPDATE directory.invitations SET expires_at = created_at + interval '7 days'").execute(&mut db).await.expect("alive");

    member.get("/members").await.expect(403);
    program.send(Method::GET, "/members", &[("authorization", &secret)], None).await.expect(403);
    let accept = json!({ "token": link, "name": "Bo", "password": PASSWORD });
    assert_eq!(Client::anonymous(&world).post("/invitation-acceptances", accept).await.expect(409).code(), "role_gone");
    let roles = owner.get("/roles").await.expect(200).json;
    let again = roles["items"].as_array().expect("roles").iter().find(|role| role["name"] == "Keyholder").cloned();
    assert_eq!(again.expect("listed")["member_count"], 0);
}

#[tokio::test]
async fn names_of_roles_are_told_apart_without_regard_to_case() {
    let (world, tenant) = scene().await;
    let owner = &tenant.owner;
    let desk = made(owner, "Desk", None, &[]).await;
    for taken in ["Owner", "ADMIN", "desk", "  Desk "] {
        let refused = make(owner, taken, None, &[]).await.expect(422);
        assert_eq!((&refused.json["errors"][0]["field"], &refused.json["errors"][0]["code"]), (&json!("name"), &json!("taken")), "{taken}");
    }
    put(owner, &desk, role("DESK", None, &[])).await.expect(200);
    let other = Tenant::found(&world, "other").await;
    made(&other.owner, "Desk", None, &[]).await;
    for (body, field) in [
        (role("", None, &[]), "name"),
        (role(&"n".repeat(51), None, &[]), "name"),
        (role("X", None, &["no:such"]), "permissions"),
        (role("X", None, &["settings:manage own"]), "permissions"),
        (role("X", Some(&json!(crate::world::some_id())), &[]), "parent_id"),
        (json!({ "name": "X", "description": "d".repeat(501), "permissions": [] }), "description"),
    ] {
        assert_eq!(owner.post("/roles", body.clone()).await.expect(422).json["errors"][0]["field"], field, "{body}");
    }
    owner.post("/roles", json!({ "name": "X", "permissions": [], "kind": "system" })).await.expect(422);
}

#[tokio::test]
async fn built_in_roles_stay_as_they_are() {
    let (_world, tenant) = scene().await;
    let owner = &tenant.owner;
    let before = owner.get("/roles").await.expect(200).json;
    for role_of in before["items"].as_array().expect("roles") {
        let id = &role_of["id"];
        assert_eq!(put(owner, id, role("Mine", None, &[])).await.expect(409).code(), "role_built_in");
        assert_eq!(owner.delete(&path(id)).await.expect(409).code(), "role_built_in");
    }
    assert_eq!(owner.get("/roles").await.expect(200).json, before);
}

#[tokio::test]
async fn a_workspace_has_a_hundred_roles_of_its_own() {
    let (world, tenant) = scene().await;
    sqlx::query(
        "INSERT INTO identity.roles (tenant_id, id, name) SELECT $1, gen_random_uuid(), 'Role ' || n FROM generate_series(1, 99) AS n",
    )
    .bind(tenant.id)
    .execute(&mut world.as_owner().await)
    .await
    .expect("roles");
    made(&tenant.owner, "The last", None, &[]).await;
    assert_eq!(make(&tenant.owner, "One more", None, &[]).await.expect(409).code(), "too_many_roles");
}

#[tokio::test]
async fn extra_permissions_are_given_shown_and_taken_back() {
    let (world, tenant) = scene().await;
    let owner = &tenant.owner;
    let (id, member) = tenant.member(&world, "guest").await;
    let given = set(owner, id, json!({ "extra_permissions": grants(&["contacts:read own", "audit:read"]) })).await.expect(200);
    assert_eq!(given.json["extra_permissions"], grants(&["audit:read", "contacts:read own"]));
    assert_eq!(given.json["roles"][0]["name"], "guest", "what is left out stays");
    member.get("/audit-events").await.expect(200);
    assert_eq!(member.get("/contacts").await.expect(200).json["items"], json!([]));
    let line = owner.get(&format!("/audit-events?action=member.updated&entity_id={id}")).await.expect(200).json["items"][0].clone();
    assert_eq!(line["new_values"]["extra_permissions"], given.json["extra_permissions"]);
    for (wrong, code) in [("no:such", "unknown"), ("audit:read own", "no_own")] {
        let refused = set(owner, id, json!({ "extra_permissions": grants(&[wrong]) })).await.expect(422);
        assert_eq!((&refused.json["errors"][0]["field"], &refused.json["errors"][0]["code"]), (&json!("extra_permissions"), &json!(code)));
    }
    // The same permission twice is the wider one.
    let twice = set(owner, id, json!({ "extra_permissions": grants(&["contacts:read own", "contacts:read"]) })).await.expect(200);
    assert_eq!(twice.json["extra_permissions"], grants(&["contacts:read"]));
    member.get("/audit-events").await.expect(403);
    set(owner, id, json!({ "extra_permissions": [] })).await.expect(200);
    member.get("/contacts").await.expect(403);
    // Who is removed and comes back has none of them.
    set(owner, id, json!({ "extra_permissions": grants(&["audit:read"]) })).await.expect(200);
    owner.delete(&format!("/members/{id}")).await.expect(204);
    let back = set(owner, id, json!({ "status": "active", "role_ids": [role_id(&tenant, "guest").await] })).await.expect(200);
    assert_eq!(back.json["extra_permissions"], json!([]));
}

#[tokio::test]
async fn roles_are_changed_by_somebody_who_is_there() {
    let (world, tenant) = scene().await;
    let owner = &tenant.owner;
    let desk = made(owner, "Desk", None, &[]).await;
    let (id, _) = tenant.member(&world, "guest").await;
    let scopes = json!({ "name": "Script", "scopes": ["roles:write", "roles:read", "members:write"] });
    let token = owner.post("/access-tokens", scopes).await.expect(201);
    let secret = format!("Bearer {}", token.json["token"].as_str().expect("a secret"));
    let program = Client::anonymous(&world);
    let as_program = async |method: Method, path: &str, body: Option<Value>| {
        program.send(method, path, &[("authorization", &secret), ("if-match", "*")], body.as_ref()).await
    };
    as_program(Method::GET, "/roles", None).await.expect(200);
    world.advance_minutes(11);
    let member = format!("/members/{id}");
    let extra = json!({ "extra_permissions": grants(&["audit:read"]) });
    for refused in [
        make(owner, "Lead", None, &[]).await,
        put(owner, &desk, role("Desk", None, &["contacts:read"])).await,
        owner.delete(&path(&desk)).await,
        set(owner, id, extra.clone()).await,
        set(owner, id, json!({ "role_ids": [desk] })).await,
        as_program(Method::POST, "/roles", Some(role("Lead", None, &[]))).await,
        as_program(Method::PATCH, &member, Some(extra)).await,
    ] {
        assert_eq!(refused.expect(403).code(), "step_up_required");
    }
    // To keep somebody out at once takes no more than the right to.
    set(owner, id, json!({ "status": "suspended" })).await.expect(200);
}

#[tokio::test]
async fn each_permission_is_explained_by_what_gives_it() {
    let (world, tenant) = scene().await;
    let owner = &tenant.owner;
    let guest = role_id(&tenant, "guest").await;
    let base = made(owner, "Base", Some(&guest), &["contacts:read own"]).await;
    let lead = made(owner, "Lead", Some(&base), &["files:read"]).await;
    let (id, member) = tenant.member(&world, "viewer").await;
    let viewer = role_id(&tenant, "viewer").await;
    set(owner, id, json!({ "role_ids": [lead, viewer], "extra_permissions": grants(&["audit:read"]) })).await.expect(200);
    let explained = owner.get(&format!("/members/{id}/permissions")).await.expect(200).json["items"].clone();
    let of = |codename: &str| explained.as_array().expect("items").iter().find(|one| one["codename"] == codename).cloned().expect("held");
    let named = |id: &Value, name: &str| json!({ "id": id, "name": name });
    assert_eq!(of("audit:read"), json!({ "codename": "audit:read", "scope": "all", "sources": [{ "scope": "all", "path": [] }] }));
    let contacts = of("contacts:read");
    assert_eq!(contacts["scope"], "all", "the wider of the two");
    let sources = contacts["sources"].as_array().expect("sources");
    assert_eq!(sources.len(), 2);
    assert!(sources.contains(&json!({ "scope": "own", "path": [named(&lead, "Lead"), named(&base, "Base")] })), "{contacts}");
    assert!(sources.contains(&json!({ "scope": "all", "path": [named(&viewer, "viewer")] })), "{contacts}");
    assert!(
        of("event_types:read")["sources"]
            .as_array()
            .expect("sources")
            .contains(&json!({ "scope": "all", "path": [named(&lead, "Lead"), named(&base, "Base"), named(&guest, "guest")] }))
    );
    // What is explained is what the session holds.
    let held: Value =
        explained.as_array().expect("items").iter().map(|one| json!({ "codename": one["codename"], "scope": one["scope"] })).collect();
    assert_eq!(held, member.get("/session").await.expect(200).json["permissions"]);

    // And the other way: who may see the audit trail, and why.
    let holders = owner.get("/permission-holders?permission=audit:read").await.expect(200).json;
    let names: Vec<_> = holders["items"].as_array().expect("items").iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["acme Owner", "viewer Member"]);
    let line: Vec<_> =
        holders["items"][0]["sources"][0]["path"].as_array().expect("a path").iter().map(|role| role["name"].clone()).collect();
    assert_eq!(line, ["owner", "admin"]);
    assert_eq!(holders["items"][1]["sources"], json!([{ "scope": "all", "path": [] }]));
    let page = owner.get("/permission-holders?permission=audit:read&limit=1").await.expect(200).json;
    let next = page["next_cursor"].as_str().expect("more");
    let rest = owner.get(&format!("/permission-holders?permission=audit:read&limit=1&cursor={next}")).await.expect(200).json;
    assert_eq!((&rest["items"][0]["name"], &rest["next_cursor"]), (&json!("viewer Member"), &Value::Null));
    // Who cannot act holds nothing.
    set(owner, id, json!({ "status": "suspended" })).await.expect(200);
    let holders = owner.get("/permission-holders?permission=audit:read").await.expect(200).json;
    assert_eq!(holders["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(owner.get("/permission-holders?permission=no:such").await.expect(422).json["errors"][0]["field"], "permission");
}

/// With the right to one's own, each route that names a record answers another member's as if it were not there, and no list
/// shows it.
#[tokio::test]
async fn a_permission_for_ones_own_reaches_nobody_elses() {
    let (world, tenant) = scene().await;
    let ids = crate::matrix::fixtures(&world, &tenant).await;
    let (user, member) = tenant.member(&world, "guest").await;
    let own: Vec<String> = sqlx::query_scalar("SELECT permission || ' own' FROM lookup.permission_scopes WHERE scope = 'own'")
        .fetch_all(&world.app.pools.owner)
        .await
        .expect("permissions");
    assert!(own.len() > 14, "{own:?}");
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let only_own = made(&tenant.owner, "Own", None, &own).await;
    set(&tenant.owner, user, json!({ "role_ids": [only_own] })).await.expect(200);
    let asked: std::collections::BTreeMap<&str, &str> =
        include_str!("../permissions.tsv").lines().filter_map(|line| line.split_once('\t')).collect();
    let mut db = world.as_owner().await;
    let before = crate::matrix::digest(&mut db, tenant.id).await;
    let (mut one, mut many) = (0, 0);
    for operation in crate::matrix::operations() {
        let name = format!("{} {}", operation.method, operation.path);
        let Some(permission) = asked.get(name.as_str()) else { continue };
        // The workspace's own texts are everybody's to read; those of other members have a test of their own.
        if !own.contains(&format!("{permission} own").as_str()) || operation.path.starts_with("/message-templates") {
            continue;
        }
        if let Some(path) = crate::matrix::filled(&operation, &ids) {
            let answer = crate::matrix::call(&member, &operation, &path).await;
            // Whom the workspace writes to no more is nobody's own, so whose it is need not be hidden.
            let refused = if operation.path.starts_with("/suppressions/") { 403 } else { 404 };
            assert_eq!(answer.status.as_u16(), refused, "{name}: {}", answer.text);
            one += 1;
        } else if operation.method == Method::GET && operation.path != "/permission-holders" {
            let answer = member.get(&operation.path).await;
            assert!(!answer.text.contains("Secret") && !answer.text.contains(&tenant.owner_id.to_string()), "{name}: {}", answer.text);
            many += 1;
        }
    }
    assert!(one > 20 && many > 5, "{one} {many}");
    let holders = member.get("/permission-holders?permission=members:read").await.expect(200).json;
    assert_eq!(holders["items"].as_array().map(|items| items.iter().map(|one| one["user_id"].clone()).collect()), Some(vec![json!(user)]));
    assert_eq!(crate::matrix::digest(&mut db, tenant.id).await, before, "something of another member was changed");
}

/// Whatever a member holds open ends or shrinks with the right: the session, a program's token, the live stream.
#[tokio::test]
async fn a_demoted_removed_or_suspended_member_is_out_by_every_door() {
    let (world, tenant) = scene().await;
    let owner = &tenant.owner;
    let desk = made(owner, "Desk", None, &["contacts:read", "members:read"]).await;
    let above = made(owner, "Lead", Some(&desk), &[]).await;
    let (user, member) = tenant.member(&world, "guest").await;
    set(owner, user, json!({ "role_ids": [above] })).await.expect(200);
    let token = member.post("/access-tokens", json!({ "name": "Script", "scopes": ["contacts:read", "members:read"] })).await.expect(201);
    let secret = format!("Bearer {}", token.json["token"].as_str().expect("a secret"));
    let program = Client::anonymous(&world);
    let by_program = async |path: &str| program.send(Method::GET, path, &[("authorization", &secret)], None).await;
    let _running = crate::live::run(&world).await;
    let ended = async |mut stream: Stream| while stream.next().await.is_some() {};

    // Demoted by what stands above the role that is held.
    let stream = Stream::open(&member, None).await;
    by_program("/contacts").await.expect(200);
    put(owner, &desk, role("Desk", None, &["members:read"])).await.expect(200);
    ended(stream).await;
    member.get("/contacts").await.expect(403);
    by_program("/contacts").await.expect(403);
    by_program("/members").await.expect(200);
    // By a parent that is taken away, and nothing else.
    let stream = Stream::open(&member, None).await;
    put(owner, &above, role("Lead", None, &[])).await.expect(200);
    ended(stream).await;
    member.get("/members").await.expect(403);
    by_program("/members").await.expect(403);
    put(owner, &above, role("Lead", Some(&desk), &[])).await.expect(200);
    by_program("/members").await.expect(200);
    // By an extra permission that is taken back.
    set(owner, user, json!({ "extra_permissions": grants(&["contacts:read"]) })).await.expect(200);
    by_program("/contacts").await.expect(200);
    let stream = Stream::open(&member, None).await;
    set(owner, user, json!({ "extra_permissions": [] })).await.expect(200);
    ended(stream).await;
    by_program("/contacts").await.expect(403);
    // Suspended, and taken in again.
    let stream = Stream::open(&member, None).await;
    set(owner, user, json!({ "status": "suspended" })).await.expect(200);
    ended(stream).await;
    assert_eq!(member.get("/members").await.expect(403).code(), "no_tenant");
    by_program("/members").await.expect(401);
    set(owner, user, json!({ "status": "active" })).await.expect(200);
    member.get("/members").await.expect(200);
    by_program("/members").await.expect(401);
    // Removed for good.
    let stream = Stream::open(&member, None).await;
    owner.delete(&format!("/members/{user}")).await.expect(204);
    ended(stream).await;
    assert_eq!(member.get("/events/stream").await.expect(403).code(), "no_tenant");
}

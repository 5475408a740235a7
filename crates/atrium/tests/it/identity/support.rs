//! Support leases: what an owner lends, what an administrator of the instance does with it, and what he or she cannot.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{again, kinds_of_mail, platform_admin};
use crate::client::{Answer, Client, Tenant};
use crate::live::{Stream, run};
use crate::matrix::{any_path, call, digest, filled, fixtures, operations};
use crate::world::World;

/// What an owner lends where nothing else is said: reading, for four hours, with personal fields hidden.
pub fn usual() -> Value {
    json!({ "reason": "Bookings look wrong" })
}

pub async fn granted(tenant: &Tenant, input: Value) -> Uuid {
    tenant.owner.post("/support-leases", input).await.expect(201).id()
}

pub async fn try_enter(admin: &Client, lease: Uuid) -> Answer {
    admin.post("/session/lease", json!({ "lease_id": lease })).await
}

/// The administrator in the workspace.
pub async fn entered(admin: &Client, lease: Uuid) -> Client {
    let answer = try_enter(admin, lease).await.expect(200);
    let mut inside = admin.clone();
    inside.keep_cookie(&answer);
    inside
}

/// A workspace with somebody of the instance's support in it.
pub async fn world_with(input: Value) -> (World, Tenant, Client, Uuid) {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    let lease = granted(&tenant, input).await;
    let inside = entered(&admin, lease).await;
    (world, tenant, inside, lease)
}

pub async fn sql(world: &World, statement: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut world.as_owner().await).await.expect("done");
}

pub async fn trail(tenant: &Tenant, filter: &str) -> Vec<Value> {
    tenant.owner.get(&format!("/audit-events?limit=100{filter}")).await.expect(200).json["items"].as_array().cloned().expect("lines")
}

#[tokio::test]
async fn an_owner_lends_and_support_looks_and_leaves() {
    let (world, tenant, inside, lease) = world_with(usual()).await;
    tenant.organizer().await;
    let session = inside.get("/session").await.expect(200).json;
    assert_eq!(
        (&session["tenant"]["name"], &session["tenants"], &session["lease"]["granted_by"], &session["lease"]["may_write"]),
        (&json!("acme Ltd"), &json!([]), &json!("acme Owner"), &json!(false))
    );
    assert_eq!(session["lease"]["ends_at"], json!(world.now().plus_seconds(4 * 3600)));
    assert!(
        session["permissions"]
            .as_array()
            .expect("permissions")
            .iter()
            .all(|grant| { grant["codename"].as_str().is_some_and(|codename| codename.ends_with(":read") && codename != "files:read") })
    );
    // Everybody in the workspace sees that somebody is there.
    let seen = tenant.owner.get("/session").await.expect(200).json;
    assert_eq!((&seen["support"][0]["name"], &seen["lease"]), (&json!("Root"), &Value::Null));
    let (_, guest) = tenant.member(&world, "guest").await;
    assert_eq!(guest.get("/session").await.expect(200).json["support"][0]["name"], "Root");
    let other = Tenant::found(&world, "other").await;
    assert_eq!(other.owner.get("/session").await.expect(200).json["support"], json!([]));

    // Looking is an act, and stands in the trail with both names before it is done.
    inside.get("/bookings").await.expect(200);
    inside.get("/event-types?active=true").await.expect(200);
    let lines = trail(&tenant, "&entity_type=support_lease").await;
    let told: Vec<_> = lines.iter().map(|line| (line["action"].as_str().unwrap_or_default(), &line["new_values"]["path"])).collect();
    assert_eq!(
        told,
        [
            ("support.read", &json!("/event-types")),
            ("support.read", &json!("/bookings")),
            ("support_lease.entered", &Value::Null),
            ("support_lease.granted", &Value::Null)
        ]
    );
    for line in &lines[..3] {
        assert_eq!((&line["actor"]["name"], &line["support_lease"]), (&json!("Root"), &json!({ "id": lease, "granted_by": "acme Owner" })));
    }
    assert_eq!((&lines[3]["actor"]["name"], &lines[3]["support_lease"]), (&json!("acme Owner"), &Value::Null));

    // Leaving goes back to what one is, for as long as one would have been.
    let left = inside.delete("/session/lease").await.expect(200);
    assert_eq!((&left.json["tenant"], &left.json["lease"]), (&Value::Null, &Value::Null));
    assert_eq!(left.json["user"]["is_platform_admin"], true);
    assert!(left.json["expires_at"].as_str() > Some("2031-10-01"), "{}", left.text);
    inside.get("/session").await.expect(401);
    let mut admin = inside.clone();
    admin.keep_cookie(&left);
    admin.get("/admin/tenants").await.expect(200);
    admin.delete("/session/lease").await.expect(404);
    assert_eq!(tenant.owner.get("/session").await.expect(200).json["support"], json!([]));
    assert_eq!(trail(&tenant, "&action=support_lease.left").await.len(), 1);
}

#[tokio::test]
async fn an_administrator_asks_and_an_owner_answers() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    let ask = async |reason: &str| admin.post(&format!("/admin/tenants/{}/support-leases", tenant.id), json!({ "reason": reason })).await;
    let asked = ask("A mail is missing").await.expect(201).json;
    let request: Uuid = asked["lease"]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    assert_eq!((&asked["lease"]["status"], &asked["tenant_name"]), (&json!("requested"), &json!("acme Ltd")));
    assert_eq!(kinds_of_mail(&world, "acme@example.com").await, ["support_lease_requested"]);
    assert_eq!(ask("Again").await.expect(409).code(), "lease_requested");
    assert_eq!(try_enter(&admin, request).await.status.as_u16(), 404, "asking opens nothing");

    let listed = tenant.owner.get("/support-leases").await.expect(200).json["items"][0].clone();
    assert_eq!((&listed["administrator"], &listed["request_reason"]), (&json!("Root"), &json!("A mail is missing")));
    tenant.owner.delete(&format!("/support-leases/{request}")).await.expect(204);
    let grant = |id: Uuid| format!("/support-leases/{id}/grant");
    tenant.owner.put(&grant(request), None, usual()).await.expect(404);

    let second: Uuid = ask("Please").await.expect(201).json["lease"]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let lease = tenant.owner.put(&grant(second), None, usual()).await.expect(200).json;
    assert_eq!((&lease["status"], &lease["granted_by"]), (&json!("granted"), &json!("acme Owner")));
    assert_eq!(kinds_of_mail(&world, "root@example.com").await, ["support_lease_granted"]);
    tenant.owner.put(&grant(second), None, usual()).await.expect(404);
    let open = admin.get(&format!("/admin/support-leases?tenant_id={}", tenant.id)).await.expect(200).json;
    assert_eq!((open["items"].as_array().map(Vec::len), &open["items"][0]["lease"]["id"]), (Some(1), &json!(second)));
    entered(&admin, second).await.get("/bookings").await.expect(200);

    // What nobody answers for a week counts no more, and can be asked again.
    let (_, admin) = platform_admin(&world, "late@example.com").await;
    let path = format!("/admin/tenants/{}/support-leases", tenant.id);
    let old = admin.post(&path, usual()).await.expect(201).json["lease"]["id"].clone();
    world.advance_minutes(7 * 24 * 60);
    let owner = again(&world, "acme@example.com").await;
    assert_eq!(owner.get("/support-leases").await.expect(200).json["items"][0]["status"], "expired");
    owner.put(&format!("/support-leases/{}/grant", old.as_str().expect("id")), None, usual()).await.expect(404);
    again(&world, "late@example.com").await.post(&path, usual()).await.expect(201);
}

#[tokio::test]
async fn only_who_may_lends_and_with_a_fresh_factor() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, manager) = tenant.member(&world, "admin").await;
    assert_eq!(manager.post("/support-leases", usual()).await.expect(403).code(), "forbidden");
    manager.get("/support-leases").await.expect(403);
    let token = tenant.owner.post("/access-tokens", json!({ "name": "x", "scopes": ["support:manage"] })).await.expect(201);
    let bearer = format!("Bearer {}", token.json["token"].as_str().expect("a token"));
    let by_token = Client::anonymous(&world).send(Method::POST, "/support-leases", &[("authorization", &bearer)], Some(&usual())).await;
    assert_eq!(by_token.code(), "step_up_required", "a program lends nothing: {}", by_token.text);
    let lease = granted(&tenant, usual()).await;
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    world.advance_minutes(10);
    assert_eq!(tenant.owner.post("/support-leases", usual()).await.expect(403).code(), "step_up_required");
    assert_eq!(try_enter(&admin, lease).await.code(), "step_up_required");
    // Taking it back is never put off.
    tenant.owner.delete(&format!("/support-leases/{lease}")).await.expect(204);
}

#[tokio::test]
async fn a_lease_that_writes_writes_under_both_names_and_deletes_nothing() {
    let input = json!({ "reason": "x", "permissions": ["contacts:read", "contacts:write", "jobs:manage"], "shows_personal": true });
    let (world, tenant, inside, lease) = world_with(input).await;
    let ids = fixtures(&world, &tenant).await;
    let contact = &ids["/contacts/"];
    let seen = inside.get(&format!("/contacts/{contact}")).await.expect(200).json;
    assert_eq!(seen["email"], "c@acme.example.com");
    inside.patch(&format!("/contacts/{contact}"), &seen["version"], json!({ "name": "Mended" })).await.expect(200);
    let lines = trail(&tenant, &format!("&entity_id={contact}")).await;
    assert_eq!(
        (&lines[0]["action"], &lines[0]["actor"]["name"], &lines[0]["support_lease"]),
        (&json!("contact.updated"), &json!("Root"), &json!({ "id": lease, "granted_by": "acme Owner" }))
    );
    assert_eq!(trail(&tenant, "&action=support.changed").await.len(), 1);
    for path in [format!("/contacts/{contact}"), format!("/failed-jobs/{}", ids["/failed-jobs/"])] {
        assert_eq!(inside.delete(&path).await.expect(403).code(), if path.contains("contacts") { "forbidden" } else { "support_session" });
    }
    tenant.owner.get(&format!("/contacts/{contact}")).await.expect(200);
}

#[tokio::test]
async fn who_is_in_a_workspace_for_support_is_nobody_elsewhere() {
    let (_world, tenant, inside, lease) = world_with(usual()).await;
    for (method, path, body) in [
        (Method::POST, "/access-tokens", Some(json!({ "name": "x", "scopes": ["contacts:read"] }))),
        (Method::GET, "/me", None),
        (Method::POST, "/me/exports", Some(json!({}))),
        (Method::PUT, "/me/password", Some(json!({ "current_password": "x", "new_password": "y" }))),
        (Method::GET, "/admin/tenants", None),
        (Method::GET, "/mails", None),
        (Method::POST, "/session/lease", Some(json!({ "lease_id": lease }))),
        (Method::POST, "/session/tenant", Some(json!({ "tenant_id": tenant.id }))),
        (Method::POST, "/tenants", Some(json!({ "name": "Mine", "timezone": "UTC" }))),
        (Method::POST, "/ownership-offer", Some(json!({ "user_id": tenant.owner_id }))),
    ] {
        let answer = inside.send(method.clone(), path, &[], body.as_ref()).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (403, "support_session"), "{method} {path}: {}", answer.text);
    }
    // Nor does he or she let an app in, which would outlive the lease.
    let client = tenant.owner.post("/oauth-clients", crate::matrix::oauth_client("Spy")).await.expect(201).json;
    let query = format!(
        "client_id={}&response_type=code&redirect_uri=https://secret.example.com/cb&scope=openid&code_challenge={}&code_challenge_method=S256",
        client["client_id"].as_str().or(client["client"]["client_id"].as_str()).expect("a client"),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbBGJSstw-cM"
    );
    let sent = inside.get(&format!("/oauth/authorize?{query}")).await.expect(303);
    let to = sent.headers["location"].to_str().expect("an address");
    assert!(to.contains("/sign-in"), "{to}");
}

#[tokio::test]
async fn a_stream_hides_and_ends_with_its_lease() {
    let (world, tenant, inside, lease) = world_with(usual()).await;
    let _running = run(&world).await;
    let mut stream = Stream::open(&inside, None).await;
    let viewer = super::role_id(&tenant, "viewer").await;
    tenant.owner.post("/invitations", json!({ "email": "ivy@example.com", "role_id": viewer })).await.expect(201);
    let frame = stream.next().await.expect("an event");
    assert_eq!((frame.event.as_str(), &frame.data["payload"]["email"]), ("invitation.created", &json!("•••")));
    tenant.owner.delete(&format!("/support-leases/{lease}")).await.expect(204);
    assert!(stream.next().await.is_none(), "a lease that is taken back ends what hangs on it");
    inside.get("/events/stream").await.expect(401);
}

#[tokio::test]
async fn nothing_in_the_document_lets_a_lease_write_or_show_what_it_hides() {
    let (world, tenant, inside, _) = world_with(usual()).await;
    let ids = fixtures(&world, &tenant).await;
    let contact = &ids["/contacts/"];
    let seen = tenant.owner.get(&format!("/contacts/{contact}")).await.expect(200).json;
    let phone = json!({ "phone": "+31 20 555 0199", "notes": "calls from +31 20 555 0199" });
    tenant.owner.patch(&format!("/contacts/{contact}"), &seen["version"], phone).await.expect(200);
    world.settle().await;
    let mut db = world.as_owner().await;
    let before = digest(&mut db, tenant.id).await;
    let own = |path: &str| path == "/session" || path.starts_with("/session/") || path == "/events/stream";
    let (mut refused, mut read) = (0, 0);
    for operation in operations().into_iter().filter(|o| !o.is_public && !own(&o.path)) {
        let name = format!("{} {}", operation.method, operation.path);
        let path = filled(&operation, &ids).unwrap_or_else(|| any_path(&operation.path));
        let answer = call(&inside, &operation, &path).await;
        if operation.method == Method::GET {
            let text = answer.text.replace("@type", "");
            assert!(!text.contains('@') && !text.contains("555 0199"), "{name} shows what is hidden: {text}");
            read += usize::from(answer.status.is_success());
        } else {
            assert!(matches!(answer.code(), "forbidden" | "support_session"), "{name}: {} {}", answer.status, answer.text);
            refused += 1;
        }
    }
    assert!(refused > 60 && read > 15, "{refused} {read}");
    // Its lines, and the key that they are sealed under, are all that a lease leaves.
    let is_trail = |line: &&str| ["platform.audit_events ", "platform.audit_keys "].iter().any(|table| line.starts_with(table));
    let without_trail = |digest: &str| digest.lines().filter(|line| !is_trail(line)).collect::<Vec<_>>().join("\n");
    assert_eq!(without_trail(&digest(&mut db, tenant.id).await), without_trail(&before));
}

/// Each field of the API's document that sounds personal was judged.
#[test]
fn what_a_lease_hides_was_decided_for_each_field() {
    let document: Value = serde_json::from_str(&atrium::commands::openapi().expect("a document")).expect("JSON");
    let sounds_personal = |name: &str| {
        let parts = ["mail", "phone", "address", "street", "city", "postal", "note", "answer", "location", "ip_", "agent", "birth", "bio"];
        parts.iter().any(|part| name.contains(part))
    };
    // What sounds so and is not: switches, choices, counts, and what belongs to the workspace or to who asks.
    let known = [
        "addresses",
        "alerts_admins",
        "by_address",
        "email_preferences",
        "from_address",
        "is_email_verified",
        "last_used_ip",
        "location_details",
        "location_type",
        "mail_links",
        "mail_links_allowed",
        "mail_sent_to",
        "mail_server",
        "mailbox",
        "mails_failed",
        "mails_waiting",
    ];
    let mut seen = 0;
    for (schema, described) in document["components"]["schemas"].as_object().expect("schemas") {
        for name in described["properties"].as_object().into_iter().flat_map(|fields| fields.keys()).filter(|name| sounds_personal(name)) {
            assert!(
                platform::lease::PERSONAL.contains(&name.as_str()) || known.contains(&name.as_str()),
                "{schema}.{name}: is it to be hidden from support?"
            );
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

/// What a line says about somebody goes with that person: the administrator's name stands under the administrator's key.
#[tokio::test]
async fn the_line_of_a_grant_names_the_administrator_under_his_or_her_own_key() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (root, admin) = platform_admin(&world, "root@example.com").await;
    let asked = admin.post(&format!("/admin/tenants/{}/support-leases", tenant.id), json!({ "reason": "Asked" })).await;
    let lease = asked.expect(201).json["lease"]["id"].as_str().expect("an id").to_owned();
    tenant.owner.put(&format!("/support-leases/{lease}/grant"), None, usual()).await.expect(200);
    let line =
        async || trail(&tenant, "&entity_type=support_lease").await.into_iter().find(|line| line["action"] == "support_lease.granted");
    let before = line().await.expect("a line");
    assert_eq!((&before["new_values"]["administrator"], &before["actor"]["name"]), (&json!("Root"), &json!("acme Owner")));
    assert!(before["new_values"].get("granted_by").is_none(), "that is the actor: {before}");
    sql(&world, &format!("DELETE FROM platform.audit_keys WHERE subject_id = '{root}'")).await;
    world.app.audit_keys.forget(&[root]);
    let after = line().await.expect("a line");
    assert_eq!((&after["is_erased"], &after["actor"]["name"]), (&json!(true), &json!("acme Owner")));
    assert!(!after.to_string().contains("Root"), "{after}");
}

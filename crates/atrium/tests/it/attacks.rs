//! Attacks that belong to no single part: a request that names more than it may, another host, another site or another cookie,
//! and a trail that is to be silenced or forged.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client, Tenant, booking};
use crate::hostile::{body_for, resolved};
use crate::identity::{PASSWORD, newest_mail, newest_token, registration, role_id, sign_up, try_sign_in};
use crate::live::{self, Stream};
use crate::matrix::{any_path, digest, operations};
use crate::platform::platform_admin;
use crate::world::{World, superuser};

/// What a caller would like to decide about a record beside what it is there for.
const COVETED: [&str; 20] = [
    "created_at",
    "created_by",
    "email_verified",
    "email_verified_at",
    "id",
    "is_admin",
    "is_platform_admin",
    "member_id",
    "owner",
    "owner_id",
    "permissions",
    "role",
    "role_id",
    "roles",
    "status",
    "tenant",
    "tenant_id",
    "user_id",
    "verified",
    "version",
];

/// Where one of them is what the operation is about.
const ASKED_FOR: [&str; 18] = [
    "PATCH /contacts/{id} owner_id",
    "PATCH /members/{user_id} status",
    "POST /contacts owner_id",
    "POST /message-templates owner_id",
    "POST /invitations role_id",
    "POST /oauth-authorizations tenant_id",
    "POST /oauth-device-authorizations tenant_id",
    "POST /ownership-offer user_id",
    "POST /roles permissions",
    "POST /session/tenant tenant_id",
    "POST /support-leases permissions",
    "PUT /admin/tenants/{id}/subscription status",
    "PUT /admin/tenants/{id}/subscription user_id",
    "PUT /admin/users/{id}/status status",
    "PUT /roles/{id} permissions",
    "PUT /support-leases/{id}/grant permissions",
    "POST /tenant/sign-in-providers role_id",
    "PUT /tenant/sign-in-providers/{id} role_id",
];

/// Mass assignment: whatever an operation does not take is refused, and not passed over in silence or, worse, taken.
#[tokio::test]
async fn no_operation_takes_more_than_it_names() {
    let world = World::new().await;
    Tenant::found(&world, "acme").await;
    let (admin, nobody) = (platform_admin(&world).await, Client::anonymous(&world));
    let document: Value = serde_json::from_str(&atrium::commands::openapi().expect("a document")).expect("JSON");
    let (mut refused, mut asked_for) = (0, BTreeSet::new());
    for operation in operations() {
        let described = &document["paths"][format!("/api/v1{}", operation.path)][operation.method.as_str().to_lowercase()];
        let schema = &described["requestBody"]["content"]["application/json"]["schema"];
        if schema.is_null() {
            continue;
        }
        let schema = resolved(&document, schema);
        let client = if operation.is_public { &nobody } else { &admin };
        for field in COVETED {
            let name = format!("{} {} {field}", operation.method, operation.path);
            if schema["properties"].get(field).is_some() {
                asked_for.insert(name);
                continue;
            }
            let mut body = body_for(&document, schema);
            body[field] = json!(admin_value(field));
            let answer = client.send(operation.method.clone(), &any_path(&operation.path), &[("if-match", "*")], Some(&body)).await;
            let error = &answer.json["errors"][0];
            assert_eq!((answer.status.as_u16(), &error["code"]), (422, &json!("unknown_field")), "{name}: {}", answer.text);
            assert!(error["message"].as_str().is_some_and(|text| text.contains(&format!("`{field}`"))), "{name}: {}", answer.text);
            refused += 1;
        }
    }
    assert!(refused > 800, "{refused}");
    let expected: BTreeSet<String> = ASKED_FOR.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(asked_for, expected, "is it meant to be the caller's to say?");
}

fn admin_value(field: &str) -> Value {
    match field {
        "roles" | "permissions" => json!(["owner"]),
        "is_admin" | "is_platform_admin" | "email_verified" | "verified" => json!(true),
        "version" => json!(1),
        _ => json!("01980000-0000-7000-8000-000000000000"),
    }
}

/// The tenant is that of the session or token: no header, query or cookie names another.
#[tokio::test]
async fn no_header_query_or_cookie_names_another_tenant() {
    let world = World::new().await;
    let (ours, theirs) = (Tenant::found(&world, "ours").await, Tenant::found(&world, "theirs").await);
    for tenant in [&ours, &theirs] {
        tenant.owner.post("/contacts", json!({ "name": format!("Of {}", tenant.name) })).await.expect(201);
    }
    let token =
        ours.owner.post("/access-tokens", json!({ "name": "Script", "scopes": ["contacts:read", "contacts:write"] })).await.expect(201);
    let bearer = format!("Bearer {}", token.json["token"].as_str().expect("a token"));
    let (id, user) = (theirs.id.to_string(), theirs.owner_id.to_string());
    let mut db = world.as_owner().await;
    let before = digest(&mut db, theirs.id).await;
    let program = Client::anonymous(&world);
    for header in [
        ("x-tenant-id", id.as_str()),
        ("x-tenant", "theirs"),
        ("tenant-id", id.as_str()),
        ("x-atrium-tenant", id.as_str()),
        ("x-organization-id", id.as_str()),
        ("x-user-id", user.as_str()),
        ("x-forwarded-user", user.as_str()),
        ("x-authenticated-user", "theirs@example.com"),
        ("x-forwarded-host", "theirs.localhost"),
        ("host", "theirs.localhost"),
        ("x-original-url", "/api/v1/members"),
        ("x-http-method-override", "DELETE"),
    ] {
        for (client, more) in [(&ours.owner, None), (&program, Some(("authorization", bearer.as_str())))] {
            let headers: Vec<(&str, &str)> = [Some(header), more].into_iter().flatten().collect();
            let seen = client.send(Method::GET, "/contacts?q=Of%20", &headers, None).await.expect(200);
            let names: Vec<_> = seen.json["items"].as_array().expect("items").iter().map(|one| one["name"].clone()).collect();
            assert_eq!(names, [json!("Of ours")], "{header:?}");
            client.send(Method::POST, "/contacts", &headers, Some(&json!({ "name": "Planted" }))).await.expect(201);
        }
    }
    let cookie = ours.owner.cookies().expect("a cookie");
    let mut tossed = ours.owner.clone();
    for more in [format!("tenant_id={id}"), format!("tenant={id}; workspace={id}")] {
        tossed.cookie = Some(format!("{more}; {cookie}"));
        assert!(!tossed.get("/contacts").await.expect(200).text.contains("Of theirs"));
    }
    for query in [format!("tenant_id={id}"), format!("tenant={id}"), "workspace=theirs".to_owned()] {
        let answer = ours.owner.get(&format!("/contacts?{query}")).await;
        assert!(matches!(answer.status.as_u16(), 200 | 422) && !answer.text.contains("Of theirs"), "{query}: {}", answer.text);
    }
    assert_eq!(digest(&mut db, theirs.id).await, before);
}

fn told(answer: &Answer) -> (u16, Value, Option<String>) {
    let mut body = answer.json.clone();
    body.as_object_mut().map(|fields| fields.remove("request_id"));
    (answer.status.as_u16(), body, answer.headers.get("etag").and_then(|tag| tag.to_str().ok()).map(str::to_owned))
}

/// What another workspace has shows in no conflict, no search, no count, no version and no key that was used.
#[tokio::test]
async fn other_workspaces_show_in_no_conflict_search_count_or_version() {
    let world = World::new().await;
    let (ours, theirs) = (Tenant::found(&world, "ours").await, Tenant::found(&world, "theirs").await);
    let role = json!({ "name": "Zanzibar", "permissions": [] });
    let event_type = json!({ "name": "Zanzibar", "slug": "zanzibar", "duration_minutes": 30, "location_type": "phone" });
    let contact = json!({ "name": "Zanzibar", "email": "zanzibar@example.com" });
    for tenant in [&ours, &theirs] {
        tenant.organizer().await;
    }
    let counts = async || {
        let mut seen = Vec::new();
        for path in
            ["/home", "/contacts", "/search?q=zanzibar", "/contacts?q=zanzibar", "/members?q=zanzibar", "/audit-events?entity_type=contact"]
        {
            seen.push(told(&ours.owner.get(path).await.expect(200)));
        }
        seen
    };
    let before = counts().await;
    let made = theirs.owner.post("/contacts", contact.clone()).await.expect(201);
    theirs.owner.post("/roles", role.clone()).await.expect(201);
    theirs.owner.post("/event-types", event_type.clone()).await.expect(201);
    let of_theirs = role_id(&theirs, "viewer").await;
    theirs.owner.post("/invitations", json!({ "email": "zanzibar@example.com", "role_id": of_theirs })).await.expect(201);
    assert_eq!(counts().await, before, "a count, a list or a search");
    // Versions: whatever version is named, the record is not there.
    let path = format!("/contacts/{}", made.id());
    let nobodys = any_path("/contacts/{id}");
    for tag in ["\"1\"", "\"2\"", "*", "W/\"1\"", "\"nonsense\""] {
        let change = json!({ "name": "Mine" });
        let (foreign, unknown) = (
            ours.owner.send(Method::PATCH, &path, &[("if-match", tag)], Some(&change)).await,
            ours.owner.send(Method::PATCH, &nobodys, &[("if-match", tag)], Some(&change)).await,
        );
        assert_eq!(told(&foreign), told(&unknown), "{tag}");
        // What is no version is refused before anything is looked for.
        assert_eq!(foreign.status.as_u16(), if tag.contains(['W', 'n']) { 412 } else { 404 }, "{tag}: {}", foreign.text);
        let (foreign, unknown) = (
            ours.owner.send(Method::GET, &path, &[("if-none-match", tag)], None).await,
            ours.owner.send(Method::GET, &nobodys, &[("if-none-match", tag)], None).await,
        );
        assert_eq!((foreign.status.as_u16(), told(&foreign)), (404, told(&unknown)), "{tag}");
    }
    // What is unique is so within a workspace.
    let key = [("idempotency-key", "zanzibar")];
    theirs.owner.send(Method::POST, "/contacts", &key, Some(&json!({ "name": "Theirs" }))).await.expect(201);
    let made = ours.owner.send(Method::POST, "/contacts", &key, Some(&contact)).await.expect(201);
    assert_eq!(made.json["name"], "Zanzibar");
    ours.owner.post("/roles", role).await.expect(201);
    ours.owner.post("/event-types", event_type).await.expect(201);
    let of_ours = role_id(&ours, "viewer").await;
    ours.owner.post("/invitations", json!({ "email": "zanzibar@example.com", "role_id": of_ours })).await.expect(201);
}

/// A parent that does not fit its child is as if neither were there.
#[tokio::test]
async fn an_event_type_is_on_no_page_but_its_own() {
    let world = World::new().await;
    let (ours, theirs) = (Tenant::found(&world, "ours").await, Tenant::found(&world, "theirs").await);
    let ((our_page, _), (their_page, _)) = (ours.organizer().await, theirs.organizer().await);
    let only = json!({ "name": "Only theirs", "slug": "only-theirs", "duration_minutes": 30, "location_type": "phone", "minimum_notice_minutes": 0 });
    theirs.owner.post("/event-types", only).await.expect(201);
    let visitor = Client::anonymous(&world);
    let slots = "from=2031-09-09T00:00:00Z&to=2031-09-10T00:00:00Z";
    for (page, status) in [(&their_page, 200), (&our_page, 404)] {
        let path = format!("/public/organizers/{page}/event-types/only-theirs");
        visitor.get(&path).await.expect(status);
        visitor.get(&format!("{path}/slots?{slots}")).await.expect(status);
        visitor.get(&format!("/b/{page}/only-theirs")).await.expect(status);
    }
    let path = format!("/public/organizers/{our_page}/event-types/only-theirs/bookings");
    visitor.post(&path, booking("2031-09-09T09:00:00Z", "vera@example.com")).await.expect(404);
    for tenant in [&ours, &theirs] {
        assert_eq!(tenant.owner.get("/bookings").await.expect(200).json["items"], json!([]));
    }
}

/// Links, redirects, cookies and metadata come from the instance's own address, whatever host a request names.
#[tokio::test]
async fn a_poisoned_host_leads_nobody_astray() {
    for trusted in [vec![], vec!["127.0.0.0/8".parse().expect("a network")]] {
        let world = World::with(platform::mail::Mailer::default(), |config| config.trusted_proxies = trusted.clone()).await;
        let tenant = Tenant::found(&world, "acme").await;
        let viewer = role_id(&tenant, "viewer").await;
        let visitor = Client::anonymous(&world);
        // A host that is nobody's has no instance behind it; those of workspaces are in `identity::domains`.
        for path in ["/registrations", "/password-resets", "/sessions"] {
            let answer = visitor.send(Method::POST, path, &[("host", "evil.example")], Some(&registration("acme@example.com"))).await;
            assert!(answer.status == 404 && !answer.text.contains("evil"), "{path}: {}", answer.text);
        }
        for poison in [
            ("host", "evil.localhost"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-server", "evil.example"),
            ("x-original-host", "evil.example"),
            ("x-host", "evil.example"),
            ("x-forwarded-proto", "evil"),
            ("x-forwarded-port", "31337"),
            ("x-forwarded-prefix", "/evil"),
            ("forwarded", "for=203.0.113.7;host=evil.example;proto=https"),
            ("x-rewrite-url", "//evil.example/"),
        ] {
            let ask = async |client: &Client, path: &str, body: Value| client.send(Method::POST, path, &[poison], Some(&body)).await;
            let email = format!("{}@example.com", poison.0);
            ask(&visitor, "/registrations", registration(&email)).await.expect(202);
            ask(&visitor, "/password-resets", json!({ "email": "acme@example.com" })).await.expect(202);
            let invited = format!("invited.{email}");
            ask(&tenant.owner, "/invitations", json!({ "email": invited, "role_id": viewer })).await.expect(201);
            for to in [email.as_str(), "acme@example.com", invited.as_str()] {
                let mail = newest_mail(&world, to).await;
                let both = format!("{} {} {}", mail.subject, mail.text, mail.html);
                assert!(!both.contains("evil") && !both.contains("31337") && both.contains(&world.url), "{poison:?}: {}", mail.text);
            }
            for path in
                ["/.well-known/openid-configuration", "/oauth/authorize?client_id=x", "/oauth/logout", "/b/nobody", "/api/openapi.json"]
            {
                let answer = visitor.send(Method::GET, path, &[poison], None).await;
                let all = format!("{:?} {}", answer.headers, answer.text);
                assert!(!all.contains("evil") && !all.contains("31337"), "{poison:?} {path}: {all}");
            }
            let signed_in =
                visitor.send(Method::POST, "/sessions", &[poison], Some(&json!({ "email": "x@example.com", "password": "x" }))).await;
            assert!(!format!("{:?}{}", signed_in.headers, signed_in.text).contains("evil"), "{poison:?}");
            world.advance_minutes(1);
        }
    }
}

/// Nobody is signed in, switched or signed out by a page of another site, and no form or text does it for one that is old.
#[tokio::test]
async fn no_other_site_signs_anybody_in_or_out() {
    let world = World::new().await;
    let mut ana = sign_up(&world, "ana@example.com").await;
    let tenant = ana.get("/session").await.expect(200).json["tenant"]["id"].clone();
    let sign_in = json!({ "email": "ana@example.com", "password": PASSWORD });
    let forged: [(Method, &str, Option<&Value>); 9] = [
        (Method::POST, "/sessions", Some(&sign_in)),
        (Method::POST, "/sessions/second-factor", Some(&json!({ "token": "x", "proof": { "method": "totp", "code": "000000" } }))),
        (Method::POST, "/sessions/passkey/options", None),
        (Method::POST, "/email-verifications", Some(&json!({ "token": "x", "password": "x" }))),
        (Method::POST, "/invitation-acceptances", Some(&json!({ "token": "x" }))),
        (Method::POST, "/session/tenant", Some(&json!({ "tenant_id": tenant }))),
        (Method::DELETE, "/session", None),
        (Method::DELETE, "/sessions", None),
        (Method::PUT, "/me/password", Some(&json!({ "current_password": PASSWORD, "new_password": "a password of mallory" }))),
    ];
    for (method, path, body) in forged {
        for header in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "null"),
            ("origin", "https://evil.example"),
            ("origin", "http://localhost"),
            ("origin", "http://localhost.evil.example"),
        ] {
            let answer = ana.send(method.clone(), path, &[header], body).await.expect(403);
            assert_eq!((answer.code(), answer.headers.get("set-cookie")), ("cross_site", None), "{method} {path} {header:?}");
        }
    }
    // A browser that tells nothing sends no JSON unasked: forms and texts are what a page can send.
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain; application/json"] {
        let answer = ana.raw(Method::POST, "/api/v1/sessions", kind, sign_in.to_string().into_bytes()).await.expect(415);
        assert!(answer.headers.get("set-cookie").is_none(), "{kind}");
    }
    for path in ["/sessions?_method=DELETE", "/session?_method=DELETE"] {
        ana.get(path).await.expect(200);
    }
    // By GET there is no signing out but of whom an ID token names.
    let asked = ana.send(Method::GET, "/oauth/logout", &[("sec-fetch-site", "cross-site")], None).await.expect(303);
    assert_eq!(asked.headers["location"], "/oauth/sign-out");
    ana.get("/session").await.expect(200);
    try_sign_in(&world, "ana@example.com", PASSWORD).await.expect(201);
    // The same by our own page.
    let own = [("sec-fetch-site", "same-origin"), ("origin", world.url.as_str())];
    let switched = ana.send(Method::POST, "/session/tenant", &own, Some(&json!({ "tenant_id": tenant }))).await.expect(200);
    ana.keep_cookie(&switched);
    ana.send(Method::DELETE, "/session", &own, None).await.expect(204);
    ana.get("/session").await.expect(401);
}

/// A sibling host or plain HTTP can add a cookie of the same name: then neither counts, and what was planted becomes nobody's.
#[tokio::test]
async fn a_planted_cookie_is_nobodys() {
    let world = World::new().await;
    let ana = sign_up(&world, "ana@example.com").await;
    let mallory = sign_up(&world, "mallory@example.com").await;
    let (own, planted) = (ana.cookies().expect("a cookie"), mallory.cookies().expect("a cookie"));
    let mut browser = ana.clone();
    for tossed in [format!("{own}; {planted}"), format!("{planted}; {own}"), format!("{planted}; x=1; {own}"), format!("{own};{planted}")] {
        browser.cookie = Some(tossed.clone());
        browser.get("/session").await.expect(401);
        browser.post("/contacts", json!({ "name": "Whose" })).await.expect(401);
    }
    // In headers of their own, too.
    browser.cookie = Some(own.clone());
    browser.send(Method::GET, "/session", &[("cookie", &planted)], None).await.expect(401);
    // Fixation: who signs in where a session was planted goes on under a new one, and the planted one ends.
    browser.cookie = Some(planted.clone());
    let entered = browser.post("/sessions", json!({ "email": "ana@example.com", "password": PASSWORD })).await.expect(201);
    browser.keep_cookie(&entered);
    assert_ne!(browser.cookie.as_deref(), Some(planted.as_str()));
    assert_eq!(browser.get("/session").await.expect(200).json["user"]["email"], "ana@example.com");
    mallory.get("/session").await.expect(401);
    // Of its own choice, an attacker makes none.
    let mut chosen = Client::anonymous(&world);
    chosen.cookie = Some(format!("atrium_session={}", "m".repeat(43)));
    let entered = chosen.post("/sessions", json!({ "email": "ana@example.com", "password": PASSWORD })).await.expect(201);
    assert!(!entered.headers["set-cookie"].to_str().expect("ascii").contains(&"m".repeat(43)));
    chosen.get("/session").await.expect(401);
}

/// Where the trail cannot be written, the act does not happen.
#[tokio::test]
async fn what_leaves_no_trace_does_not_happen() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let ana = sign_up(&world, "ana@example.com").await;
    let mut db = superuser(world.owner.get_database().expect("a database")).await;
    let mut run = async |sql: &'static str| sqlx::raw_sql(sql).execute(&mut db).await.map(|_| ()).expect("run");
    run("REVOKE INSERT ON platform.audit_events, directory.security_events, directory.login_history FROM atrium_app").await;
    assert_eq!(tenant.owner.post("/contacts", json!({ "name": "Unseen" })).await.status.as_u16(), 500);
    assert_eq!(tenant.owner.get("/contacts").await.expect(200).json["items"], json!([]));
    let change = json!({ "current_password": PASSWORD, "new_password": "another fine password" });
    assert_eq!(ana.put("/me/password", None, change).await.status.as_u16(), 500);
    assert_eq!(ana.post("/me/totp", json!({})).await.status.as_u16() / 100, 2, "a secret that is not confirmed yet changes nothing");
    let unseen = try_sign_in(&world, "ana@example.com", PASSWORD).await;
    assert_eq!((unseen.status.as_u16(), unseen.headers.get("set-cookie")), (500, None), "{}", unseen.text);
    run("GRANT INSERT ON platform.audit_events, directory.security_events, directory.login_history TO atrium_app").await;
    try_sign_in(&world, "ana@example.com", PASSWORD).await.expect(201);
    tenant.owner.post("/contacts", json!({ "name": "Seen" })).await.expect(201);
}

/// Who did it and from where is ours to say; and the program itself can only add to what it wrote.
#[tokio::test]
async fn nobody_forges_or_edits_the_trail() {
    let world = World::new().await;
    let (tenant, other) = (Tenant::found(&world, "acme").await, Tenant::found(&world, "other").await);
    let id = other.owner_id.to_string();
    let forged = [
        ("x-forwarded-for", "203.0.113.7"),
        ("x-real-ip", "203.0.113.7"),
        ("true-client-ip", "203.0.113.7"),
        ("forwarded", "for=203.0.113.7"),
        ("x-user-id", id.as_str()),
        ("x-actor", id.as_str()),
        ("x-request-id", "01980000-0000-7000-8000-000000000000"),
        ("date", "Mon, 01 Jan 2001 00:00:00 GMT"),
        ("user-agent", "{\"actor\":\"root\"} 127.0.0.1 - root [01/Jan/2001] DELETE"),
    ];
    let made = tenant.owner.send(Method::POST, "/contacts", &forged, Some(&json!({ "name": "Vera" }))).await.expect(201);
    assert_ne!(made.headers["x-request-id"], "01980000-0000-7000-8000-000000000000");
    let line = tenant.owner.get(&format!("/audit-events?entity_id={}", made.id())).await.expect(200).json["items"][0].clone();
    assert_eq!((&line["actor"]["id"], &line["ip_address"]), (&json!(tenant.owner_id), &json!("127.0.0.1")));
    let kept: uuid::Uuid = sqlx::query_scalar("SELECT request_id FROM platform.audit_events WHERE entity_id = $1")
        .bind(made.id())
        .fetch_one(&mut world.as_owner().await)
        .await
        .expect("a line");
    assert_eq!(kept.to_string(), made.headers["x-request-id"].to_str().expect("ascii"));
    assert!(line["created_at"].as_str().is_some_and(|at| !at.starts_with("2001")), "{line}");
    assert_eq!(line["user_agent"], forged[8].1, "as it came, and as one text");
    let mut serving = sqlx::ConnectOptions::connect(&world.serving).await.expect("the serving role");
    for table in ["platform.audit_events", "directory.security_events", "directory.login_history"] {
        for sql in [
            format!("UPDATE {table} SET created_at = now()"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
            format!("DROP TABLE {table}"),
        ] {
            let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone())).execute(&mut serving).await.expect_err(&sql);
            assert_eq!(refused.as_database_error().and_then(|error| error.code()).as_deref(), Some("42501"), "{sql}: {refused}");
        }
    }
}

/// A workspace that is suspended has no live stream either.
#[tokio::test]
async fn a_suspended_workspace_ends_its_streams() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let admin = platform_admin(&world).await;
    let _running = live::run(&world).await;
    let mut stream = Stream::open(&tenant.owner, None).await;
    admin.put(&format!("/admin/tenants/{}/suspension", tenant.id), None, json!({ "reason": "Unpaid" })).await.expect(204);
    while stream.next().await.is_some() {}
    tenant.owner.get("/events/stream").await.expect(403);
}

/// Addresses that only look like somebody's are nobody's: they are refused, so that no lower case, no folding and no list makes
/// them another's.
#[tokio::test]
async fn look_alike_addresses_and_lists_reach_nobody() {
    let world = World::new().await;
    let kim = sign_up(&world, "kim@example.com").await;
    let tenant = Tenant::of(kim.clone(), "Studio").await;
    let viewer = role_id(&tenant, "viewer").await;
    let before = world_mails(&world).await;
    let visitor = Client::anonymous(&world);
    for address in [
        // The Kelvin sign, full-width letters, a ligature, a long s, an em dash that is none, invisible signs.
        json!("\u{212a}im@example.com"),
        json!("\u{ff4b}im@example.com"),
        json!("kim@\u{ff45}xample.com"),
        json!("kim@exampl\u{212f}.com"),
        json!("kim\u{200b}@example.com"),
        json!("kim@example.com\u{200d}"),
        json!("kim@example\u{3002}com"),
        json!("k\u{131}m@example.com\u{0}"),
        json!("kim@example.com, mallory@example.com"),
        json!("kim@example.com;mallory@example.com"),
        json!("kim@example.com mallory@example.com"),
        json!("kim@example.com\r\nBcc: mallory@example.com"),
        json!("Kim <kim@example.com>"),
        json!("mallory@example.com>,<kim@example.com"),
        json!(["kim@example.com", "mallory@example.com"]),
        json!({ "0": "kim@example.com" }),
    ] {
        for path in ["/password-resets", "/email-verification-requests"] {
            visitor.post(path, json!({ "email": address })).await.expect(422);
        }
        let mut sign_up = registration("x@example.com");
        sign_up["email"] = address.clone();
        visitor.post("/registrations", sign_up).await.expect(422);
        kim.post("/invitations", json!({ "email": address, "role_id": viewer })).await.expect(422);
        kim.post("/me/email-change", json!({ "email": address })).await.expect(422);
    }
    world.settle().await;
    assert_eq!(world_mails(&world).await, before, "nobody was written to");
    // Another case is the same person, and the mail goes to the address that was confirmed.
    visitor.post("/password-resets", json!({ "email": " KIM@Example.COM " })).await.expect(202);
    newest_token(&world, "kim@example.com").await;
    let mails = world_mails(&world).await;
    assert_eq!(mails.len(), before.len() + 1);
    assert_eq!(mails.iter().filter(|to| *to == "kim@example.com").count(), before.iter().filter(|to| *to == "kim@example.com").count() + 1);
    // A letter of another alphabet is another address, and tells nothing of the first.
    visitor.post("/password-resets", json!({ "email": "k\u{456}m@example.com" })).await.expect(202);
    world.settle().await;
    assert_eq!(world_mails(&world).await.len(), mails.len());
}

/// To whom mails went, one entry for each.
async fn world_mails(world: &World) -> Vec<String> {
    sqlx::query_scalar("SELECT recipient FROM directory.mails ORDER BY recipient")
        .fetch_all(&mut world.as_owner().await)
        .await
        .expect("mails")
}

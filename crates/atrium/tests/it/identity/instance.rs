//! Administrators of the instance: what they see and change, and what they do not.

use serde_json::{Value, json};

use super::platform_admin;
use crate::client::{Client, Tenant};
use crate::matrix::{any_path, fixtures, operations};
use crate::world::World;

#[tokio::test]
async fn an_administrator_of_the_instance_gets_at_no_workspaces_data() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let ids = fixtures(&world, &tenant).await;
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    // Whatever is in a workspace is refused, since he or she acts in none.
    let mut refused = 0;
    for operation in operations().into_iter().filter(|o| o.method == reqwest::Method::GET && !o.is_public && !o.path.starts_with("/me")) {
        if ["/admin/", "/instance/", "/mails", "/oauth-consents", "/session"].iter().any(|prefix| operation.path.starts_with(prefix)) {
            continue;
        }
        let path = crate::matrix::filled(&operation, &ids).unwrap_or_else(|| any_path(&operation.path));
        let answer = admin.get(&path).await;
        assert!(matches!(answer.code(), "no_tenant" | "not_found"), "GET {}: {}", operation.path, answer.text);
        refused += 1;
    }
    assert!(refused > 15, "{refused}");
    admin.post("/session/tenant", json!({ "tenant_id": tenant.id })).await.expect(404);
    admin.post(&format!("/tenants/{}/deletion", tenant.id), json!({ "name": "acme Ltd" })).await.expect(404);
    // And what the administration shows tells nothing that the workspace keeps: its contacts, files, bookings are called secret.
    for path in [
        "/admin/tenants".to_owned(),
        format!("/admin/tenants/{}", tenant.id),
        "/admin/user-lookup?email=c@acme.example.com".to_owned(),
        "/admin/erasures".to_owned(),
        "/admin/health".to_owned(),
    ] {
        let seen = admin.get(&path).await.expect(200);
        assert!(
            !seen.text.to_lowercase().contains("secret") && !seen.text.contains("example.com/") && !seen.text.contains("v@acme"),
            "{path}: {}",
            seen.text
        );
    }
    let of = admin.get("/admin/tenants?q=ACME").await.expect(200).json["items"][0].clone();
    let names: Vec<_> = of.as_object().expect("fields").keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "created_at",
            "deletion_scheduled_at",
            "features",
            "file_bytes",
            "id",
            "jobs_failed",
            "last_active_at",
            "mails_failed",
            "members",
            "name",
            "owner_email",
            "owner_name",
            "slug",
            "status",
            "trial_ends_at",
            "version"
        ]
    );
    assert_eq!((&of["members"], &of["jobs_failed"], &of["file_bytes"]), (&json!(1), &json!(1), &json!(6)));
}

#[tokio::test]
async fn nobody_else_administers_the_instance() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let mut asked = 0;
    for operation in operations().into_iter().filter(|operation| operation.path.starts_with("/admin/")) {
        let path = any_path(&operation.path);
        let answer = tenant.owner.send(operation.method.clone(), &path, &[], Some(&json!({}))).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (403, "forbidden"), "{} {path}", operation.method);
        asked += 1;
    }
    assert_eq!(asked, 19);
    // Nor a program, whoever it acts for.
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    admin.post("/tenants", json!({ "name": "Mine", "timezone": "UTC" })).await.expect(201);
    let mut admin = admin;
    let tenants = admin.get("/session").await.expect(200).json["tenants"].clone();
    let switched = admin.post("/session/tenant", json!({ "tenant_id": tenants[0]["id"] })).await.expect(200);
    admin.keep_cookie(&switched);
    let token = admin.post("/access-tokens", json!({ "name": "x", "scopes": ["contacts:read"] })).await.expect(201);
    let bearer = format!("Bearer {}", token.json["token"].as_str().expect("a token"));
    let by_token = Client::anonymous(&world).send(reqwest::Method::GET, "/admin/tenants", &[("authorization", &bearer)], None).await;
    assert_eq!(by_token.code(), "session_required");
    // No field of one's own makes one an administrator.
    let me = tenant.owner.get("/me").await.expect(200).json;
    tenant.owner.patch("/me", &me["version"], json!({ "is_platform_admin": true })).await.expect(422);
}

/// Where the instance asks for it, its administration is closed to who has shown one factor only (ASVS 5.0, 6.3.3).
#[tokio::test]
async fn administrators_show_a_second_factor_where_the_instance_asks_for_it() {
    let world = World::with(Default::default(), |config| config.admin_second_factor = true).await;
    let (_, mut admin) = platform_admin(&world, "root@example.com").await;
    let mut asked = 0;
    for operation in
        operations().into_iter().filter(|operation| ["/admin/", "/instance/", "/mails"].iter().any(|area| operation.path.starts_with(area)))
    {
        let body = operation.takes_body.then(|| json!({}));
        let answer = admin.send(operation.method.clone(), &any_path(&operation.path), &[("if-match", "*")], body.as_ref()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (403, "admin_second_factor_required"),
            "{} {}",
            operation.method,
            operation.path
        );
        asked += 1;
    }
    assert!(asked > 15, "{asked}");
    // The account stays in reach, so that one can be set up; and once it was shown, the rest is.
    let (phone, _) = super::second_factors::set_up(&world, &admin).await;
    admin.get("/admin/tenants").await.expect(403);
    let proof = json!({ "method": "totp", "code": phone.code(&world, 0) });
    let verified = admin.post("/session/verification", proof).await.expect(200);
    admin.keep_cookie(&verified);
    admin.get("/admin/tenants").await.expect(200);
}

#[tokio::test]
async fn changes_take_a_fresh_factor() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    world.advance_minutes(10);
    let tenants = format!("/admin/tenants/{}", tenant.id);
    for (path, body) in [
        (format!("{tenants}/suspension"), json!({ "reason": "x" })),
        (format!("{tenants}/features"), json!({})),
        (format!("{tenants}/trial"), json!({ "ends_at": null })),
        (format!("/admin/users/{}/status", tenant.owner_id), json!({ "status": "suspended", "reason": "x" })),
    ] {
        assert_eq!(admin.put(&path, None, body).await.expect(403).code(), "step_up_required", "{path}");
    }
}

#[tokio::test]
async fn what_is_switched_off_is_off_at_once() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let token = tenant.owner.post("/access-tokens", json!({ "name": "Script", "scopes": ["contacts:read"] })).await.expect(201);
    let bearer = format!("Bearer {}", token.json["token"].as_str().expect("a token"));
    let by_token = async || {
        Client::anonymous(&world).send(reqwest::Method::GET, "/contacts", &[("authorization", &bearer)], None).await.status.as_u16()
    };
    let page = async || Client::anonymous(&world).get(&format!("/b/{slug}")).await.status.as_u16();
    assert_eq!((by_token().await, page().await), (200, 200));
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    let path = format!("/admin/tenants/{}/features", tenant.id);
    admin.put(&path, None, json!({ "access_tokens": false, "public_pages": false })).await.expect(204);
    assert_eq!((by_token().await, page().await), (401, 404));
    let features = tenant.owner.get("/tenant").await.expect(200).json["features"].clone();
    assert_eq!(features, json!({ "access_tokens": false, "public_pages": false, "mail_server": true }));
    assert_eq!(
        tenant.owner.post("/access-tokens", json!({ "name": "x", "scopes": ["contacts:read"] })).await.expect(409).code(),
        "feature_off"
    );
    // The workspace does not switch it on again by itself.
    let version = tenant.owner.get("/tenant").await.expect(200).json["version"].clone();
    tenant.owner.patch("/tenant", &version, json!({ "features": { "access_tokens": true } })).await.expect(422);
    admin.put(&path, None, json!({})).await.expect(204);
    assert_eq!((by_token().await, page().await), (200, 200));
    admin.put(&format!("/admin/tenants/{}/trial", tenant.id), None, json!({ "ends_at": "2031-10-01T00:00:00Z" })).await.expect(204);
    assert_eq!(tenant.owner.get("/tenant").await.expect(200).json["trial_ends_at"], "2031-10-01T00:00:00Z");
    let users: Value = admin.get("/admin/user-lookup?email=ACME@example.com").await.expect(200).json;
    assert_eq!((&users["user"]["name"], &users["user"]["workspaces"]), (&json!("acme Owner"), &json!(1)));
    assert_eq!(
        admin.get("/admin/user-lookup?email=acme").await.expect(200).json["user"],
        json!(null),
        "no part of an address finds anybody"
    );
}

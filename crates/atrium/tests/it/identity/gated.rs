//! Sessions that may not act in their workspace, and sign-ins that are not done: whatever operation they call, however it learns of the
//! workspace, answers that they may not.

use reqwest::Method;
use serde_json::{Value, json};

use super::oauth::{location, owner_sql, registered};
use super::second_factors::{first_step, set_up};
use super::sign_up;
use crate::client::{Client, Tenant};
use crate::matrix::{any_path, call, filled, fixtures, operations};
use crate::world::World;

/// What a workspace's policy does not stand before, with the reason.
const OPEN: [(&str, &str); 43] = [
    ("GET /session", "says why the workspace is closed"),
    ("DELETE /session", "whoever may not act may leave"),
    ("POST /session/tenant", "leads to another workspace, or to this one with what it asks for"),
    ("POST /session/verification", "shows the factor that is missed"),
    ("POST /session/verification/options", "shows the factor that is missed"),
    ("DELETE /session/lease", "leaves a lease, and there is none"),
    ("GET /sessions", "one's own"),
    ("DELETE /sessions", "one's own"),
    ("DELETE /sessions/{id}", "one's own"),
    ("GET /me/second-factors", "sets up the factor that is missed"),
    ("POST /me/totp", "sets up the factor that is missed"),
    ("POST /me/totp/confirmation", "sets up the factor that is missed"),
    ("DELETE /me/totp", "one's own factors"),
    ("POST /me/recovery-codes", "one's own factors"),
    ("POST /me/passkeys/options", "sets up the factor that is missed"),
    ("POST /me/passkeys", "sets up the factor that is missed"),
    ("PATCH /me/passkeys/{id}", "one's own factors"),
    ("DELETE /me/passkeys/{id}", "one's own factors"),
    ("GET /me/identities", "one's own ways in"),
    ("POST /me/identities", "one's own ways in"),
    ("DELETE /me/identities/{id}", "one's own ways in"),
    ("PUT /me/password", "one's own password"),
    ("GET /me", "one's own account"),
    ("PATCH /me", "one's own account"),
    ("PUT /me/avatar", "one's own account"),
    ("DELETE /me/avatar", "one's own account"),
    ("GET /me/consents", "one's own account"),
    ("GET /me/company-identities", "one's own, in every workspace"),
    ("DELETE /me/company-identities/{id}", "takes back what one linked"),
    ("GET /me/email-change", "one's own account"),
    ("POST /me/email-change", "one's own account"),
    ("DELETE /me/email-change", "one's own account"),
    ("POST /me/closure", "one's own account"),
    ("GET /me/sign-ins", "what is known about oneself"),
    ("GET /me/security-events", "what is known about oneself"),
    ("GET /me/exports", "what is known about oneself"),
    ("POST /me/exports", "what is known about oneself"),
    ("GET /me/exports/{id}/content", "what is known about oneself"),
    ("GET /oauth-consents", "one's own, in every workspace"),
    ("DELETE /oauth-consents/{id}", "takes back what one allowed"),
    ("PUT /oauth-consents/{id}/scopes", "takes back what one allowed"),
    ("POST /oauth-authorization-lookups", "says what an app asks for"),
    ("POST /oauth-device-lookups", "says what a device asks for"),
];
/// Of which the policy is asked once it is known which workspace is meant; see below.
const NAMES_A_WORKSPACE: [&str; 2] = ["POST /oauth-authorizations", "POST /oauth-device-authorizations"];
/// Founds another workspace, which has a policy of its own.
const FOUNDS: &str = "POST /tenants";

#[tokio::test]
async fn a_session_that_the_policy_keeps_out_gets_nowhere() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let ids = fixtures(&world, &tenant).await;
    let names: Vec<String> = operations().iter().map(|operation| format!("{} {}", operation.method, operation.path)).collect();
    for (name, reason) in OPEN {
        assert!(names.iter().any(|known| known == name), "{name} ({reason}) is no operation any more");
    }
    let required = "UPDATE directory.tenants SET security_policy = '{\"two_factor\": {\"required\": true}}' WHERE id = $1";
    let blocked =
        "UPDATE directory.tenants SET security_policy = '{\"addresses\": {\"blocked\": [\"127.0.0.0/8\", \"::1\"]}}' WHERE id = $1";
    for (policy, code) in [(required, "second_factor_required"), (blocked, "address_not_allowed")] {
        owner_sql(&world, policy, tenant.id).await;
        let mut refused = 0;
        for operation in operations().into_iter().filter(|operation| !operation.is_public) {
            let name = format!("{} {}", operation.method, operation.path);
            let is_open = OPEN.iter().any(|(open, _)| *open == name) || NAMES_A_WORKSPACE.contains(&name.as_str()) || name == FOUNDS;
            if is_open {
                continue;
            }
            let path = filled(&operation, &ids).unwrap_or_else(|| any_path(&operation.path));
            let answer = call(&tenant.owner, &operation, &path).await;
            let of_instance = ["/admin/", "/instance/", "/mails", "/session/lease"].iter().any(|prefix| operation.path.starts_with(prefix));
            let wanted = if of_instance { "forbidden" } else { code };
            assert_eq!((answer.status.as_u16(), answer.code()), (403, wanted), "{name}: {}", answer.text);
            refused += 1;
        }
        assert!(refused > 80, "{refused}");
    }
}

/// The deletion is named by its path: neither asked for nor called off by who may not act there, also from another workspace.
#[tokio::test]
async fn a_workspace_is_not_deleted_or_kept_around_its_policy() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let mut elsewhere = tenant.owner.clone();
    let own = elsewhere.post("/tenants", json!({ "name": "Own", "timezone": "UTC" })).await.expect(201).id();
    let left = elsewhere.post("/session/tenant", json!({ "tenant_id": own })).await.expect(200);
    elsewhere.keep_cookie(&left);
    elsewhere.get("/contacts").await.expect(200);
    let path = format!("/tenants/{}/deletion", tenant.id);
    let required = "UPDATE directory.tenants SET security_policy = '{\"two_factor\": {\"required\": true}}' WHERE id = $1";
    owner_sql(&world, required, tenant.id).await;
    let typed = json!({ "name": "acme Ltd" });
    assert_eq!(elsewhere.post(&path, typed.clone()).await.expect(403).code(), "second_factor_required");
    let (phone, _) = set_up(&world, &elsewhere).await;
    let shown = elsewhere.post("/session/verification", json!({ "method": "totp", "code": phone.code(&world, 0) })).await.expect(200);
    let without = elsewhere.clone();
    elsewhere.keep_cookie(&shown);
    without.get("/session").await.expect(401);
    elsewhere.post(&path, typed).await.expect(202);
    let blocked =
        "UPDATE directory.tenants SET security_policy = '{\"addresses\": {\"blocked\": [\"127.0.0.0/8\", \"::1\"]}}' WHERE id = $1";
    owner_sql(&world, blocked, tenant.id).await;
    assert_eq!(elsewhere.delete(&path).await.expect(403).code(), "address_not_allowed");
    owner_sql(&world, required, tenant.id).await;
    elsewhere.delete(&path).await.expect(204);
}

/// Nobody lets an app into a workspace that does not let him or her in, newly or by what was agreed to before.
#[tokio::test]
async fn no_app_is_let_in_where_its_person_is_not() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, mut editor) = tenant.member(&world, "editor").await;
    let app = registered(&tenant.owner, json!({})).await;
    app.code(&editor, &tenant, &[]).await;
    let silently = location(&editor.get(&app.request(&[])).await.expect(303));
    assert!(silently.starts_with(super::oauth::CALLBACK), "{silently}");
    let own = editor.post("/tenants", json!({ "name": "Own", "timezone": "UTC" })).await.expect(201).id();
    let left = editor.post("/session/tenant", json!({ "tenant_id": own })).await.expect(200);
    editor.keep_cookie(&left);
    let required = "UPDATE directory.tenants SET security_policy = '{\"two_factor\": {\"required\": true}}' WHERE id = $1";
    owner_sql(&world, required, tenant.id).await;
    let asked = location(&editor.get(&app.request(&[])).await.expect(303));
    let handle = asked.strip_prefix("/oauth/consent?request=").unwrap_or_else(|| panic!("{asked}"));
    let decision = json!({ "request": handle, "allowed": true, "tenant_id": tenant.id });
    assert_eq!(editor.post("/oauth-authorizations", decision).await.expect(403).code(), "second_factor_required");
}

/// Between the two steps there is nothing but the second step, whatever is called.
#[tokio::test]
async fn a_sign_in_that_waits_is_nobody_in_the_whole_document() {
    let world = World::new().await;
    let ana = sign_up(&world, "ana@example.com").await;
    set_up(&world, &ana).await;
    let token = first_step(&world, "ana@example.com").await;
    let bearer = format!("Bearer {token}");
    let as_cookie = Client::anonymous(&world).with_cookie(format!("atrium_session={token}"));
    let nobody = Client::anonymous(&world);
    let mut refused = 0;
    for operation in operations().into_iter().filter(|operation| !operation.is_public) {
        let (name, path) = (format!("{} {}", operation.method, operation.path), any_path(&operation.path));
        let body = (operation.takes_body && operation.method != Method::GET).then(|| Value::Object(Default::default()));
        for answer in [
            call(&as_cookie, &operation, &path).await,
            nobody.send(operation.method.clone(), &path, &[("authorization", &bearer)], body.as_ref()).await,
        ] {
            assert_eq!((answer.status.as_u16(), answer.code()), (401, "unauthenticated"), "{name}: {}", answer.text);
            refused += 1;
        }
    }
    assert!(refused > 200, "{refused}");
}

//! Every operation of the document, called by nobody, by the wrong role and by another tenant.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Client, Tenant, booking};
use crate::world::World;

/// Operations that say no more to a stranger than to anybody: no session is asked for.
const PUBLIC_PREFIXES: [&str; 11] = [
    "/public/",
    "/registrations",
    "/email-verification",
    "/email-confirmations",
    "/account-restorations",
    "/password-resets",
    "/invitation-lookups",
    "/invitation-acceptances",
    "/invitation-refusals",
    "/sessions",
    "/sign-in-options",
];

pub struct Operation {
    pub method: Method,
    /// Without /api/v1.
    pub path: String,
    pub is_public: bool,
    pub takes_body: bool,
}

pub fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&atrium::commands::openapi().expect("a document")).expect("JSON");
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            all.push(Operation {
                method,
                path: path.trim_start_matches("/api/v1").to_owned(),
                is_public: operation.get("security").is_none(),
                takes_body: operation.get("requestBody").is_some(),
            });
        }
    }
    assert!(all.len() > 50, "{}", all.len());
    all
}

/// One record of each kind in a tenant, by the path that takes its id.
pub async fn fixtures(world: &World, tenant: &Tenant) -> BTreeMap<&'static str, String> {
    let owner = &tenant.owner;
    let (slug, event_type) = tenant.organizer().await;
    let contact = owner
        .post("/contacts", json!({ "name": format!("Secret {}", tenant.name), "email": format!("c@{}.example.com", tenant.name) }))
        .await
        .expect(201);
    let schedule = owner.get("/schedules").await.expect(200).json["items"][0]["id"].as_str().expect("a schedule").to_owned();
    let booked = Client::anonymous(world)
        .post(
            &format!("/public/organizers/{slug}/event-types/intro/bookings"),
            booking("2031-09-09T09:00:00Z", &format!("v@{}.example.com", tenant.name)),
        )
        .await
        .expect(201);
    assert!(booked.json["manage_url"].is_string());
    let booking = owner.get("/bookings").await.expect(200).json["items"][0]["id"].as_str().expect("a booking").to_owned();
    let blocked = owner.post("/blocked-times", blocked_time()).await.expect(201).id().to_string();
    let viewer = owner.get("/roles").await.expect(200).json["items"]
        .as_array()
        .expect("roles")
        .iter()
        .find(|role| role["name"] == "viewer")
        .expect("viewer")["id"]
        .clone();
    let invitation = owner
        .post("/invitations", json!({ "email": format!("i@{}.example.com", tenant.name), "role_id": viewer }))
        .await
        .expect(201)
        .id()
        .to_string();
    let session = owner.get("/sessions").await.expect(200).json["items"][0]["id"].as_str().expect("a session").to_owned();
    let mut ctx = world.ctx(platform::TenantId(tenant.id));
    let batch = platform::jobs::batches::open(&mut ctx, "Secret batch", 1, json!({})).await.expect("opened");
    ctx.commit().await.expect("committed");
    let file = {
        let form = format!(
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"secret-{}.txt\"\r\nContent-Type: text/plain\r\n\r\nsecret\r\n--x--\r\n",
            tenant.name
        );
        owner.raw(Method::POST, "/api/v1/files", "multipart/form-data; boundary=x", form.into_bytes()).await.expect(201).id().to_string()
    };
    let failed_job = failed_job(world, tenant).await;
    let token = json!({ "name": format!("Secret {}", tenant.name), "scopes": ["contacts:read"] });
    let token = owner.post("/access-tokens", token).await.expect(201).id().to_string();
    let client = owner.post("/oauth-clients", oauth_client(&format!("Secret {}", tenant.name))).await.expect(201).id();
    let consent = oauth_consent(world, tenant, client).await;
    let role =
        owner.post("/roles", json!({ "name": format!("Secret {}", tenant.name), "permissions": [] })).await.expect(201).id().to_string();
    let lease = owner.post("/support-leases", json!({ "reason": format!("Secret {}", tenant.name) })).await.expect(201).id().to_string();
    let export = owner.post("/me/exports", json!({})).await.expect(202).id().to_string();
    let identity: uuid::Uuid = sqlx::query_scalar(
        "INSERT INTO directory.user_identities (id, user_id, issuer, subject) VALUES (gen_random_uuid(), $1, 'https://id.example.com', $1::text) RETURNING id",
    )
    .bind(tenant.owner_id)
    .fetch_one(&mut world.as_owner().await)
    .await
    .expect("an identity");
    let passkey = crate::identity::passkey_of(world, owner).await.to_string();
    let notification = notification(world, tenant).await.to_string();
    let site = json!({ "domain": format!("secret.{}.example", tenant.name) });
    let site = owner.post("/custom-domains", site).await.expect(201).id();
    let audit_export = owner.post("/audit-exports", json!({})).await.expect(202).id().to_string();
    let provider = owner.post("/tenant/sign-in-providers", sign_in_provider(&format!("Secret {}", tenant.name))).await.expect(201).id();
    let domain = json!({ "domain": format!("secret.{}.example", tenant.name) });
    let domain = owner.post("/tenant/domains", domain).await.expect(201).id();
    let (endpoint, delivery) = webhook(world, tenant).await;
    let message = message(world, tenant).await;
    let template = owner.post("/message-templates", template(&format!("Secret {}", tenant.name))).await.expect(201).id();
    let suppressed = json!({ "channel": "email", "recipient": format!("secret@{}.example.com", tenant.name) });
    let suppression = owner.post("/suppressions", suppressed).await.expect(201).id();
    let (workflow, execution) = workflow(world, tenant).await;
    BTreeMap::from([
        ("/messages/", message.to_string()),
        ("/message-templates/", template.to_string()),
        ("/suppressions/", suppression.to_string()),
        ("/workflows/", workflow.to_string()),
        ("/workflow-executions/", execution.to_string()),
        ("/webhook-endpoints/", endpoint.to_string()),
        ("/webhook-deliveries/", delivery.to_string()),
        ("/tenant/sign-in-providers/", provider.to_string()),
        ("/me/company-identities/", provider.to_string()),
        ("/tenant/domains/", domain.to_string()),
        ("/access-tokens/", token.clone()),
        ("/member-access-tokens/", token),
        ("/me/passkeys/", passkey),
        ("/me/identities/", identity.to_string()),
        ("/oauth-clients/", client.to_string()),
        ("/oauth-consents/", consent.to_string()),
        ("/contacts/", contact.id().to_string()),
        ("/privacy/contacts/", contact.id().to_string()),
        ("/event-types/", event_type.id().to_string()),
        ("/schedules/", schedule),
        ("/blocked-times/", blocked),
        ("/bookings/", booking),
        ("/invitations/", invitation),
        ("/sessions/", session),
        ("/job-batches/", batch.to_string()),
        ("/files/", file),
        ("/failed-jobs/", failed_job.to_string()),
        ("/members/", tenant.owner_id.to_string()),
        ("/roles/", role),
        ("/tenants/", tenant.id.to_string()),
        ("/me/exports/", export),
        ("/notifications/", notification),
        ("/support-leases/", lease),
        ("/audit-exports/", audit_export),
        ("/custom-domains/", site.to_string()),
    ])
}

/// A webhook, and what was sent there; nobody answers at its address.
pub async fn webhook(world: &World, tenant: &Tenant) -> (uuid::Uuid, uuid::Uuid) {
    let new = json!({ "url": "https://secret.invalid/hook", "kinds": ["schedule.deleted"] });
    let endpoint = tenant.owner.post("/webhook-endpoints", new).await.expect(201).id();
    let delivery = sqlx::query_scalar(
        "INSERT INTO automation.webhook_deliveries
                (tenant_id, id, endpoint_id, event_id, kind, subject_id, body, status, created_at, updated_at)
         VALUES ($1, gen_random_uuid(), $2, gen_random_uuid(), 'schedule.deleted', $2, '{\"data\": \"Secret\"}', 'failed', now(), now())
         RETURNING id",
    )
    .bind(tenant.id)
    .bind(endpoint)
    .fetch_one(&mut world.as_owner().await)
    .await
    .expect("a delivery");
    (endpoint, delivery)
}

/// A mail that failed, with its line in the log.
pub async fn message(world: &World, tenant: &Tenant) -> uuid::Uuid {
    let mut db = world.as_owner().await;
    let id: uuid::Uuid = sqlx::query_scalar(
        "INSERT INTO directory.mails (id, tenant_id, kind, recipient, subject, message_ciphertext, status)
         VALUES (gen_random_uuid(), $1, 'test', 'secret@example.com', 'Secret', '', 'failed') RETURNING id",
    )
    .bind(tenant.id)
    .fetch_one(&mut db)
    .await
    .expect("a mail");
    sqlx::query(
        "INSERT INTO messaging.notification_deliveries
                (tenant_id, id, channel, kind, recipient, subject_type, subject_id, title, status, created_at, updated_at)
         VALUES ($1, $2, 'email', 'test', 'secret@example.com', 'booking',
                 (SELECT id FROM scheduling.bookings WHERE tenant_id = $1 ORDER BY id DESC LIMIT 1), 'Secret', 'failed', now(), now())",
    )
    .bind(tenant.id)
    .bind(id)
    .execute(&mut db)
    .await
    .expect("a message");
    id
}

/// A text of the workspace's own.
pub fn template(name: &str) -> Value {
    json!({ "name": name, "kind": "booking_cancellation", "audience": "invitee", "language": "nl", "subject": "Secret", "body": "Secret" })
}

/// An hour of a day that no test books.
pub fn blocked_time() -> Value {
    json!({ "start": "2032-03-01T09:00:00Z", "end": "2032-03-01T10:00:00Z", "label": "Secret" })
}

/// A workflow, and a run of it that is over.
pub async fn workflow(world: &World, tenant: &Tenant) -> (uuid::Uuid, uuid::Uuid) {
    let new = json!({ "name": format!("Secret {}", tenant.name), "trigger": "contact.updated" });
    let workflow = tenant.owner.post("/workflows", new).await.expect(201).id();
    let execution = sqlx::query_scalar(
        "INSERT INTO automation.workflow_executions
                (tenant_id, id, workflow_id, revision, cause, trigger, subject_type, subject_id, data, chain, status, created_at, updated_at, finished_at)
         VALUES ($1, gen_random_uuid(), $2, 1, 'test', 'contact.updated', 'contact', $2, '{\"name\": \"Secret\"}', ARRAY[$2], 'failed', now(), now(), now())
         RETURNING id",
    )
    .bind(tenant.id)
    .bind(workflow)
    .fetch_one(&mut world.as_owner().await)
    .await
    .expect("an execution");
    (workflow, execution)
}

/// What adds a provider of the workspace's own.
pub fn sign_in_provider(name: &str) -> Value {
    json!({ "name": name, "issuer": "https://id.secret.example", "client_id": "atrium", "admits": "members", "is_enabled": true })
}

/// What registers an app.
pub fn oauth_client(name: &str) -> Value {
    json!({ "name": name, "logo_text": "S", "kind": "confidential", "grant_types": ["authorization_code"],
            "redirect_uris": ["https://secret.example.com/cb"], "allowed_scopes": ["openid"] })
}

/// What the owner allowed an app.
pub async fn oauth_consent(world: &World, tenant: &Tenant, client: uuid::Uuid) -> uuid::Uuid {
    sqlx::query_scalar(
        "INSERT INTO directory.oauth_consents (id, user_id, client_id, tenant_id, scopes, created_at, updated_at)
         VALUES (gen_random_uuid(), $1, $2, $3, '{openid}', now(), now()) RETURNING id",
    )
    .bind(tenant.owner_id)
    .bind(client)
    .bind(tenant.id)
    .fetch_one(&mut world.as_owner().await)
    .await
    .expect("a consent")
}

/// What the owner was told.
pub async fn notification(world: &World, tenant: &Tenant) -> uuid::Uuid {
    sqlx::query_scalar(
        "INSERT INTO messaging.notifications (tenant_id, id, user_id, event_id, kind, kind_group, severity, subject_type, subject_id, facts,
                                              created_at, updated_at)
         VALUES ($1, gen_random_uuid(), $2, gen_random_uuid(), 'job.failed', 'system', 'info', 'job', $1, '{\"task\": \"Secret\"}', now(), now())
         RETURNING id",
    )
    .bind(tenant.id)
    .bind(tenant.owner_id)
    .fetch_one(&mut world.as_owner().await)
    .await
    .expect("a notification")
}

/// A job of the tenant without attempts left.
pub async fn failed_job(world: &World, tenant: &Tenant) -> i64 {
    let mut db = world.as_owner().await;
    sqlx::query("SELECT graphile_worker.add_job('SendMails', json_build_object('tenant_id', $1::text, 'mail_ids', json_build_array(gen_random_uuid())))")
        .bind(tenant.id.to_string())
        .execute(&mut db)
        .await
        .expect("a job");
    sqlx::query_scalar("UPDATE graphile_worker._private_jobs SET attempts = max_attempts, last_error = 'secret' WHERE id = (SELECT max(id) FROM graphile_worker._private_jobs) RETURNING id")
        .fetch_one(&mut db)
        .await
        .expect("failed")
}

/// The path with each parameter filled from the fixtures; None where it has none that belongs to a tenant.
pub fn filled(operation: &Operation, ids: &BTreeMap<&'static str, String>) -> Option<String> {
    if !operation.path.contains('{')
        || operation.is_public
        || operation.path.starts_with("/mails/")
        || operation.path.starts_with("/admin/")
        || operation.path.starts_with("/instance/")
    {
        return None;
    }
    let (_, id) = ids
        .iter()
        .find(|(prefix, _)| operation.path.starts_with(*prefix))
        .unwrap_or_else(|| panic!("{} has no fixture in this test", operation.path));
    let (before, rest) = operation.path.split_once('{').expect("a parameter");
    let after = rest.split_once('}').expect("its end").1;
    assert!(!after.contains('{'), "{} has two parameters; teach this test the second", operation.path);
    Some(format!("{before}{id}{after}"))
}

/// A body that gets past its shape, so that it is the record that is looked for.
pub fn body_for(path: &str) -> Value {
    match path {
        "/schedules/{id}" => json!({ "name": "Taken over", "timezone": "Europe/Amsterdam", "rules": [], "overrides": [] }),
        "/blocked-times/{id}" => blocked_time(),
        "/roles/{id}" => json!({ "name": "Taken over", "permissions": [] }),
        "/support-leases/{id}/grant" => json!({ "reason": "Taken over" }),
        "/oauth-consents/{id}/scopes" => json!({ "scopes": ["openid"] }),
        "/tenant/sign-in-providers/{id}" => sign_in_provider("Taken over"),
        "/tenant/domains/{id}/mails" => json!({ "mailbox": "admin" }),
        "/tenant/domains/{id}/proof" => json!({ "code": "AAAA-AAAA" }),
        "/webhook-endpoints/{id}/replays" => json!({ "since": "2031-09-01T00:00:00Z" }),
        "/me/passkeys/{id}" | "/workflows/{id}" => json!({ "name": "Taken over" }),
        "/workflows/{id}/tests" => json!({ "subject_id": crate::world::some_id() }),
        "/bookings/{id}/reassignments" => json!({ "organizer_id": uuid::Uuid::nil() }),
        "/bookings/{id}/reschedulings" => json!({ "start": "2031-09-10T12:00:00Z" }),
        "/privacy/contacts/{id}/erasure" | "/tenants/{id}/deletion" => json!({ "name": "Secret" }),
        _ => json!({}),
    }
}

pub async fn call(client: &Client, operation: &Operation, path: &str) -> crate::client::Answer {
    let body = operation.takes_body.then(|| body_for(&operation.path));
    let path = if path.ends_with("/slots") { format!("{path}?from=2031-09-09T00:00:00Z&to=2031-09-10T00:00:00Z") } else { path.to_owned() };
    client.send(operation.method.clone(), &path, &[("if-match", "*")], body.as_ref()).await
}

pub fn any_path(path: &str) -> String {
    let id = if path.contains("failed-jobs") { "1".to_owned() } else { "01980000-0000-7000-8000-000000000000".to_owned() };
    path.split('{')
        .enumerate()
        .map(|(n, part)| if n == 0 { part.to_owned() } else { format!("{id}{}", part.split_once('}').map_or("", |(_, rest)| rest)) })
        .collect()
}

#[tokio::test]
async fn nobody_gets_401_and_no_more() {
    let world = World::new().await;
    let nobody = Client::anonymous(&world);
    for operation in operations() {
        let expected_public = PUBLIC_PREFIXES.iter().any(|prefix| operation.path.starts_with(prefix))
            && !(operation.path.starts_with("/sessions") && operation.method != Method::POST);
        assert_eq!(operation.is_public, expected_public, "{} {}: is it meant to be public?", operation.method, operation.path);
        if !operation.is_public {
            let answer = call(&nobody, &operation, &any_path(&operation.path)).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (401, "unauthenticated"), "{} {}", operation.method, operation.path);
        }
    }
}

/// What any member may do, whatever the role.
const ANY_MEMBER: [&str; 66] = [
    "GET /me/identities",
    "POST /me/identities",
    "DELETE /me/identities/{id}",
    "POST /oauth-authorization-lookups",
    "POST /oauth-authorizations",
    "POST /oauth-device-lookups",
    "POST /oauth-device-authorizations",
    "GET /oauth-consents",
    "DELETE /oauth-consents/{id}",
    "PUT /oauth-consents/{id}/scopes",
    "GET /access-tokens",
    "POST /access-tokens",
    "DELETE /access-tokens/{id}",
    "GET /session",
    "DELETE /session",
    "POST /session/tenant",
    "DELETE /session/lease",
    "GET /sessions",
    "DELETE /sessions",
    "DELETE /sessions/{id}",
    "GET /me",
    "PATCH /me",
    "PUT /me/avatar",
    "DELETE /me/avatar",
    "GET /me/consents",
    "GET /me/email-change",
    "POST /me/email-change",
    "DELETE /me/email-change",
    "POST /me/closure",
    "GET /me/exports",
    "POST /me/exports",
    "GET /me/exports/{id}/content",
    "GET /me/sign-ins",
    "GET /me/security-events",
    "GET /me/company-identities",
    "DELETE /me/company-identities/{id}",
    // Owners only, which each of them reads in the workspace itself.
    "POST /tenants/{id}/deletion",
    "DELETE /tenants/{id}/deletion",
    "GET /ownership-offer",
    "POST /ownership-offer",
    "DELETE /ownership-offer",
    "PUT /ownership-offer/acceptance",
    "PUT /me/password",
    // In person, and one's own alone.
    "GET /notifications",
    "GET /notifications/unread",
    "PUT /notifications/{id}/reading",
    "DELETE /notifications/{id}/reading",
    "POST /notification-readings",
    "GET /notification-preferences",
    "PUT /notification-preferences",
    "GET /me/second-factors",
    "POST /me/totp",
    "DELETE /me/totp",
    "POST /me/totp/confirmation",
    "POST /me/recovery-codes",
    "POST /me/passkeys/options",
    "POST /me/passkeys",
    "PATCH /me/passkeys/{id}",
    "DELETE /me/passkeys/{id}",
    "POST /session/verification",
    "POST /session/verification/options",
    "POST /tenants",
    "GET /events/stream",
    "GET /home",
    "GET /search",
    "GET /tenant",
];

#[tokio::test]
async fn the_lowest_role_is_refused_what_it_was_not_given() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let ids = fixtures(&world, &tenant).await;
    let (_, guest) = tenant.member(&world, "guest").await;
    let mut refused = 0;
    for operation in operations() {
        let name = format!("{} {}", operation.method, operation.path);
        let may = operation.is_public
            || ANY_MEMBER.contains(&name.as_str())
            || (operation.method == Method::GET && operation.path.starts_with("/event-types"));
        if may {
            continue;
        }
        let path = filled(&operation, &ids).unwrap_or_else(|| any_path(&operation.path));
        let answer = call(&guest, &operation, &path).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (403, "forbidden"), "{name}: {}", answer.text);
        refused += 1;
    }
    assert!(refused > 40, "{refused}");
}

#[tokio::test]
async fn another_tenants_records_are_not_there() {
    let world = World::new().await;
    let (ours, theirs) = (Tenant::found(&world, "ours").await, Tenant::found(&world, "theirs").await);
    let ids = fixtures(&world, &theirs).await;
    fixtures(&world, &ours).await;
    let mut db = world.as_owner().await;
    let before = digest(&mut db, theirs.id).await;
    let mut called = 0;
    for operation in operations() {
        let Some(path) = filled(&operation, &ids) else { continue };
        let name = format!("{} {}", operation.method, operation.path);
        let answer = call(&ours.owner, &operation, &path).await;
        let random = call(&ours.owner, &operation, &any_path(&operation.path)).await;
        assert_eq!(answer.status.as_u16(), 404, "{name}: {}", answer.text);
        let without_request_id = |answer: &crate::client::Answer| {
            let mut json = answer.json.clone();
            json.as_object_mut().map(|fields| fields.remove("request_id"));
            json
        };
        assert_eq!(without_request_id(&answer), without_request_id(&random), "{name}: the answer tells that it exists");
        assert!(!answer.text.to_lowercase().contains("secret"), "{name}: {}", answer.text);
        called += 1;
    }
    assert!(called > 25, "{called}");
    for operation in
        operations().iter().filter(|o| o.method == Method::GET && !o.path.contains('{') && !o.is_public && o.path != "/events/stream")
    {
        let answer = call(&ours.owner, operation, &operation.path).await;
        assert!(!answer.text.contains("theirs"), "GET {} shows another tenant's rows: {}", operation.path, answer.text);
    }
    assert_eq!(digest(&mut db, theirs.id).await, before, "something of the other tenant was changed");
}

/// Everything that belongs to the tenant, in one number; a session's last use may move.
pub async fn digest(db: &mut sqlx::PgConnection, tenant: uuid::Uuid) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
          WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace::regnamespace::text NOT IN ('directory', 'pg_catalog') ORDER BY 1",
    )
    .fetch_all(&mut *db)
    .await
    .expect("tables");
    let mut whole = String::new();
    for table in tables {
        let hash: Option<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t WHERE tenant_id = $1"
        )))
        .bind(tenant)
        .fetch_one(&mut *db)
        .await
        .expect("a digest");
        whole.push_str(&format!("{table} {hash:?}\n"));
    }
    whole
}

/// The permission that each operation asks for, as it was decided: a change here is a change of who may do what.
const PERMISSIONS: &str = include_str!("permissions.tsv");

#[tokio::test]
async fn each_role_may_do_what_its_permissions_say() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (user, nobody) = tenant.member(&world, "guest").await;
    sqlx::query("DELETE FROM identity.member_roles WHERE user_id = $1")
        .bind(user)
        .execute(&mut world.as_owner().await)
        .await
        .expect("no role");
    let mut asked = BTreeMap::new();
    for operation in operations().into_iter().filter(|operation| !operation.is_public) {
        let name = format!("{} {}", operation.method, operation.path);
        if ANY_MEMBER.contains(&name.as_str()) {
            continue;
        }
        let answer = call(&nobody, &operation, &any_path(&operation.path)).await;
        match answer.json["permission"].as_str() {
            Some(permission) if answer.code() == "forbidden" => {
                asked.insert(name, (permission.to_owned(), operation));
            }
            _ if ["/mails", "/admin/", "/instance/", "/session/lease"].iter().any(|prefix| operation.path.starts_with(prefix)) => {
                assert_eq!(answer.code(), "forbidden", "{name}")
            }
            _ => panic!("{name} is open to members without a role: {}", answer.text),
        }
    }
    let table: String = asked.iter().map(|(name, (permission, _))| format!("{name}\t{permission}\n")).collect();
    pretty_assertions::assert_str_eq!(PERMISSIONS, table);
    let roles = tenant.owner.get("/roles").await.expect(200).json["items"].clone();
    let (mut allowed, mut refused) = (0, 0);
    for role in roles.as_array().expect("roles") {
        let (label, granted) = (role["name"].as_str().expect("a name"), role["permissions"].to_string());
        // The owner is one already, and the guest is in the table above.
        if matches!(label, "owner" | "guest") {
            continue;
        }
        let (_, member) = tenant.member(&world, label).await;
        for (name, (permission, operation)) in &asked {
            let may = granted.contains(&format!("\"{permission}\""));
            let answer = call(&member, operation, &any_path(&operation.path)).await;
            let is_refused = answer.status.as_u16() == 403 && answer.json["permission"] == **permission;
            assert_eq!(is_refused, !may, "{label}: {name} asks for {permission}: {}", answer.text);
            *(if may { &mut allowed } else { &mut refused }) += 1;
        }
    }
    assert!(allowed > 100 && refused > 50, "{allowed} allowed, {refused} refused");
}

//! Every field of a body and every parameter of a query that names a record by its id: another workspace's record is
//! answered like one that does not exist, and nothing is changed.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client, Tenant};
use crate::hostile::{is_of, resolved};
use crate::identity::oauth;
use crate::matrix::{any_path, digest, filled, fixtures, operations};
use crate::world::{World, some_id};

/// A record of each kind, by name.
type Ids = BTreeMap<&'static str, String>;

/// What fills paths, and what fills fields.
async fn ids_of(world: &World, tenant: &Tenant) -> (Ids, Ids) {
    let fixtures = fixtures(world, tenant).await;
    let company = tenant.owner.post("/contacts", json!({ "name": "Secret company", "kind": "company" })).await.expect(201);
    let roles = tenant.owner.get("/roles").await.expect(200).json["items"].clone();
    let role = |name: &str| roles.as_array().expect("roles").iter().find(|role| role["name"] == name).expect(name)["id"].clone();
    let visitor = tenant.owner.get("/contacts?q=v@").await.expect(200).json["items"][0]["id"].clone();
    let (colleague, page) = tenant.member(world, "contributor").await;
    let profile = json!({ "slug": format!("{}-colleague", tenant.name), "display_name": "Secret colleague", "timezone": "UTC" });
    page.put("/organizer", None, profile).await.expect(200);
    let other_workflow = tenant.owner.post("/workflows", json!({ "name": "Secret other", "trigger": "contact.updated" })).await.expect(201);
    let text = |id: &Value| id.as_str().expect("an id").to_owned();
    let ids = BTreeMap::from([
        ("colleague", tenant.member(world, "viewer").await.0.to_string()),
        ("company", company.id().to_string()),
        ("contact", text(&visitor)),
        ("event type", fixtures["/event-types/"].clone()),
        ("booking", fixtures["/bookings/"].clone()),
        ("notification", fixtures["/notifications/"].clone()),
        ("member", tenant.owner_id.to_string()),
        ("organizing colleague", colleague.to_string()),
        ("owner's role", text(&role("owner"))),
        ("role", text(&role("viewer"))),
        ("schedule", fixtures["/schedules/"].clone()),
        ("webhook", fixtures["/webhook-endpoints/"].clone()),
        ("other workflow", other_workflow.id().to_string()),
        ("workspace", tenant.id.to_string()),
    ]);
    (fixtures, ids)
}

/// What a field names, and, for one of a body, all else that the body needs to be taken; a `user_id` beside it is one's own.
fn known(field: &str) -> Option<(&'static str, Value)> {
    let nothing = || json!({});
    let away = || json!({ "kind": "away", "start": "2032-04-01T00:00:00Z", "end": "2032-04-02T00:00:00Z" });
    Some(match field {
        "GET /messages ?subject_id" => ("booking", nothing()),
        "POST /message-templates owner_id" => {
            let new = json!({ "name": "Theirs", "kind": "booking_declined", "audience": "invitee", "language": "nl", "subject": "No", "body": "No" });
            ("member", new)
        }
        "POST /message-template-previews booking_id" | "POST /message-template-tests booking_id" => {
            ("booking", json!({ "kind": "booking_cancellation", "audience": "invitee", "subject": "Gone", "body": "Gone" }))
        }
        "GET /audit-events ?entity_id" => ("contact", nothing()),
        "GET /audit-events ?actor_id" => ("member", nothing()),
        "GET /blocked-times ?organizer_id" => ("member", nothing()),
        "GET /bookings ?organizer_id" => ("member", nothing()),
        "GET /bookings ?contact_id" => ("contact", nothing()),
        "GET /contacts ?owner_id" => ("member", nothing()),
        "GET /event-types ?owner_id" => ("member", nothing()),
        "GET /schedules ?organizer_id" => ("member", nothing()),
        "GET /security-events ?user_id" => ("member", nothing()),
        "GET /sign-ins ?user_id" => ("member", nothing()),
        "PATCH /contacts/{id} company_id" => ("company", nothing()),
        "PATCH /contacts/{id} owner_id" => ("member", nothing()),
        "PATCH /event-types/{id} organizers[].user_id" => ("member", json!({ "organizers": [{}] })),
        "PATCH /event-types/{id} organizers[].schedule_id" => ("schedule", json!({ "organizers": [{ "user_id": "member" }] })),
        "PATCH /event-types/{id} schedule_id" => ("schedule", nothing()),
        "PATCH /members/{user_id} role_ids[]" => ("owner's role", nothing()),
        "POST /blocked-times stand_in_id" => ("organizing colleague", away()),
        "PUT /blocked-times/{id} stand_in_id" => ("organizing colleague", away()),
        "POST /bookings event_type_id" => (
            "event type",
            json!({ "invitee_name": "Vera", "invitee_email": "vera@example.com", "invitee_timezone": "UTC",
                    "start": "2031-09-10T09:00:00Z" }),
        ),
        // Handed over before, and so back.
        "POST /bookings/{id}/reassignments organizer_id" => ("member", nothing()),
        "POST /bookings/{id}/reassignments in_place_of" => ("member", json!({ "organizer_id": "organizer" })),
        "POST /contacts company_id" => ("company", json!({ "name": "Vera" })),
        "POST /contacts owner_id" => ("member", json!({ "name": "Vera" })),
        "POST /event-types organizers[].user_id" => ("member", json!({ "name": "Call", "duration_minutes": 60, "organizers": [{}] })),
        "POST /event-types organizers[].schedule_id" => {
            ("schedule", json!({ "name": "Talk", "duration_minutes": 60, "organizers": [{ "user_id": "member" }] }))
        }
        "POST /event-types schedule_id" => ("schedule", json!({ "name": "Long call", "duration_minutes": 60 })),
        "POST /invitations role_id" => ("role", json!({ "email": "bo@example.com" })),
        "POST /roles parent_id" => ("role", json!({ "name": "Helper", "permissions": [] })),
        "PUT /roles/{id} parent_id" => ("role", json!({ "name": "Changed", "permissions": [] })),
        "POST /notification-readings ids[]" => ("notification", nothing()),
        "POST /ownership-offer user_id" => ("colleague", nothing()),
        "POST /session/tenant tenant_id" => ("workspace", nothing()),
        // What is asked for is made by [asked_of].
        "POST /oauth-authorizations tenant_id" | "POST /oauth-device-authorizations tenant_id" => ("workspace", nothing()),
        "PUT /tenant/security-policy two_factor.exempt_role_ids[]"
        | "POST /tenant/security-policy/simulations two_factor.exempt_role_ids[]" => ("role", nothing()),
        "POST /tenant/sign-in-providers role_id" => {
            let newcomers = json!({ "name": "Newcomers", "issuer": "https://id.example.com", "client_id": "atrium", "admits": "anybody",
                                    "is_enabled": true });
            ("role", newcomers)
        }
        "PUT /tenant/sign-in-providers/{id} role_id" => {
            let newcomers = json!({ "name": "Newcomers too", "issuer": "https://id.secret.example", "client_id": "atrium", "admits": "anybody",
                                    "is_enabled": true });
            ("role", newcomers)
        }
        "PUT /event-types/order ids[]" => ("event type", nothing()),
        "POST /workflows/{id}/tests subject_id" => ("contact", nothing()),
        _ if field.contains(" steps[].config.") => {
            let (kind, what, rest) = match field.rsplit('.').next() {
                Some("user_id") => ("notify", "member", json!({ "text": "Hello" })),
                Some("webhook_endpoint_id") => ("call_webhook", "webhook", nothing()),
                _ => ("start_workflow", "other workflow", nothing()),
            };
            let step = json!({ "name": "Step", "kind": kind, "recipient": "member", "config": rest });
            (what, json!({ "name": "Flow", "trigger": "contact.updated", "steps": [step] }))
        }
        _ => return None,
    })
}

/// The paths of all that holds an id below a schema. `a_id` is taken by its name where it says no format.
fn ids_in(document: &Value, schema: &Value, name: &str, found: &mut BTreeSet<String>) {
    let schema = resolved(document, schema);
    let last = name.trim_end_matches("[]").rsplit('.').next().unwrap_or_default();
    let is_named = matches!(last, "id" | "ids") || last.ends_with("_id") || last.ends_with("_ids");
    if is_of(schema, "array") {
        ids_in(document, &schema["items"], &format!("{name}[]"), found);
    } else if schema["format"] == "uuid" || (is_named && !is_of(schema, "object")) {
        found.insert(name.to_owned());
    }
    for (field, below) in schema["properties"].as_object().into_iter().flatten() {
        let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
        ids_in(document, below, &name, found);
    }
}

/// `POST /contacts company_id` and so on; what stands in a query has a question mark.
fn fields() -> BTreeSet<String> {
    let document: Value = serde_json::from_str(&atrium::commands::openapi().expect("a document")).expect("JSON");
    let mut all = BTreeSet::new();
    // An administrator of the instance names any workspace, and leases are tried in `identity::support_attacks`.
    let is_of_support = |path: &str| path.ends_with("/admin/support-leases") || path.ends_with("/session/lease");
    // So he or she does with plans, and who pays is tried in `identity::plans`.
    let is_elsewhere = |path: &str| is_of_support(path) || path.ends_with("/admin/tenants/{id}/subscription");
    for (path, item) in document["paths"].as_object().expect("paths").iter().filter(|(path, _)| !is_elsewhere(path)) {
        for (method, operation) in item.as_object().expect("operations") {
            let operation_name = format!("{} {}", method.to_uppercase(), path.trim_start_matches("/api/v1"));
            let mut found = BTreeSet::new();
            for (_, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
                ids_in(&document, &content["schema"], "", &mut found);
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|one| one["in"] != "path") {
                let name = format!("?{}", parameter["name"].as_str().expect("a name"));
                ids_in(&document, &parameter["schema"], &name, &mut found);
            }
            // What an outside provider calls this program is no id of ours.
            if path.contains("/sign-in-providers") {
                found.remove("client_id");
            }
            all.extend(found.into_iter().map(|field| format!("{operation_name} {field}")));
        }
    }
    all
}

/// Asks with these ids in that field; of those of an array the last one is in question.
async fn ask(client: &Client, method: &Method, path: &str, field: &str, body: &Value, ids: &[&String]) -> Answer {
    let id = ids.last().expect("an id");
    if let Some(parameter) = field.strip_prefix('?') {
        return client.get(&format!("{path}?{parameter}={id}")).await;
    }
    let mut body = body.clone();
    if let Some((list, inner)) = field.split_once("[].") {
        assert!(!inner.contains("[]"), "{field} is deeper than this test can fill");
        *inner.split('.').fold(&mut body[list][0], |part, name| &mut part[name]) = json!(id);
    } else {
        let (path_of_field, value) = match field.strip_suffix("[]") {
            Some(list) => (list, json!(ids)),
            None => (field, json!(id)),
        };
        *path_of_field.split('.').fold(&mut body, |part, name| &mut part[name]) = value;
    }
    client.send(method.clone(), path, &[("if-match", "*")], Some(&body)).await
}

/// What an app asks of the owner, where that is what a decision is about.
async fn asked_of(world: &World, tenant: &Tenant, path: &str) -> Option<Value> {
    let request = match path {
        "/oauth-authorizations" => {
            let app = oauth::registered(&tenant.owner, json!({})).await;
            let to = oauth::location(&tenant.owner.get(&app.request(&[])).await.expect(303));
            to.rsplit('=').next().expect("a handle").to_owned()
        }
        "/oauth-device-authorizations" => {
            let device = json!({ "kind": "native", "grant_types": ["device_code"], "redirect_uris": [] });
            let app = oauth::registered(&tenant.owner, device).await;
            let begun = app.at(world, "/oauth/device_authorization", &[], &[("scope", "contacts:read")]).await.expect(200);
            oauth::text(&begun.json, "user_code")
        }
        _ => return None,
    };
    Some(json!({ "request": request, "allowed": true }))
}

fn without_request_id(answer: &Answer) -> Value {
    let mut body = answer.json.clone();
    body.as_object_mut().map(|fields| fields.remove("request_id"));
    body
}

#[tokio::test]
async fn anothers_record_is_as_one_that_does_not_exist() {
    let world = World::new().await;
    let (mut ours, theirs) = (Tenant::found(&world, "ours").await, Tenant::found(&world, "theirs").await);
    let (paths, own) = ids_of(&world, &ours).await;
    let (_, foreign) = ids_of(&world, &theirs).await;
    let operations: BTreeMap<String, _> = operations().into_iter().map(|one| (format!("{} {}", one.method, one.path), one)).collect();
    let mut db = world.as_owner().await;
    let fields = fields();
    assert!(fields.len() >= 18, "{fields:?}");
    for name in &fields {
        let (what, body) = known(name).unwrap_or_else(|| panic!("{name} takes an id: say here whose"));
        let (operation, field) = name.rsplit_once(' ').expect("a field");
        let operation = &operations[operation];
        let mut body = asked_of(&world, &ours, &operation.path).await.unwrap_or(body);
        for entry in
            body.get_mut("organizers").and_then(Value::as_array_mut).into_iter().flatten().filter(|entry| entry["user_id"].is_string())
        {
            entry["user_id"] = json!(own["member"]);
        }
        if body["organizer_id"] == "organizer" {
            body["organizer_id"] = json!(own["organizing colleague"]);
        }
        let path = filled(operation, &paths).unwrap_or_else(|| any_path(&operation.path));
        let ask = async |client: &Client, ids: &[&String]| ask(client, &operation.method, &path, field, &body, ids).await;
        let before = (digest(&mut db, ours.id).await, digest(&mut db, theirs.id).await);
        let (mine, nobodys) = (&own[what], some_id().to_string());
        let refused = ask(&ours.owner, &[mine, &foreign[what]]).await;
        let unknown = ask(&ours.owner, &[mine, &nobodys]).await;
        assert_eq!(
            (refused.status, without_request_id(&refused)),
            (unknown.status, without_request_id(&unknown)),
            "{name}: the answer tells that it exists"
        );
        let after = (digest(&mut db, ours.id).await, digest(&mut db, theirs.id).await);
        assert_eq!(before, after, "{name}: something was changed");
        // The same with one's own: what was refused was the id, and nothing else.
        let taken = ask(&ours.owner, &[mine]).await;
        assert!(taken.status.is_success(), "{name}: {}", taken.text);
        if field.starts_with('?') {
            assert_eq!((refused.status.as_u16(), &refused.json["items"]), (200, &json!([])), "{name}: {}", refused.text);
            assert_ne!(taken.json["items"], json!([]), "{name} finds nothing of one's own");
        } else {
            assert!(matches!(refused.status.as_u16(), 404 | 422), "{name}: {}", refused.text);
        }
        if taken.headers.contains_key("set-cookie") {
            ours.owner.keep_cookie(&taken);
        }
    }
}

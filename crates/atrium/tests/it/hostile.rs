//! Hostile text in every text field of every operation: kept as it is or refused with a problem, and never more.

use serde_json::{Map, Value, json};

use crate::client::{Client, Tenant};
use crate::matrix::{Operation, any_path, filled, fixtures, operations};
use crate::world::{World, some_id};

const HOSTILE: &str = "Robert'); DROP TABLE contacts.contacts;-- <script>alert(1)</script>";

/// The document's schema behind its references; of alternatives the one that is no null.
pub fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(name) = schema["$ref"].as_str() {
        return resolved(document, &document["components"]["schemas"][name.rsplit('/').next().unwrap_or_default()]);
    }
    match schema["oneOf"].as_array() {
        Some(alternatives) => alternatives
            .iter()
            .find(|one| one["type"] != "null" && one.get("const").is_none())
            .map_or(schema, |one| resolved(document, one)),
        None => schema,
    }
}

pub fn is_of(schema: &Value, kind: &str) -> bool {
    schema["type"] == kind || schema["type"].as_array().is_some_and(|kinds| kinds.contains(&json!(kind)))
}

/// A value that fits, as far as a schema tells.
fn value_for(document: &Value, name: &str, schema: &Value) -> Value {
    let schema = resolved(document, schema);
    if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
        return first.clone();
    }
    if let Some(example) = schema["pattern"].as_str().and_then(|_| schema["examples"].as_array()?.first()) {
        return example.clone();
    }
    if is_of(schema, "object") {
        return body_for(document, schema);
    }
    if is_of(schema, "array") {
        return json!([]);
    }
    if is_of(schema, "integer") {
        return schema["minimum"].as_i64().map_or(json!(30), |least| json!(least.max(1)));
    }
    if is_of(schema, "boolean") {
        return json!(true);
    }
    match (schema["format"].as_str(), name) {
        (Some("uuid"), _) => json!(some_id()),
        (Some("date-time"), _) => json!("2031-09-12T09:00:00Z"),
        (Some("date"), _) => json!("2031-09-12"),
        (_, "email" | "from_address") => json!(format!("x{}@example.com", some_id().simple())),
        (_, "timezone") => json!("Europe/Amsterdam"),
        (_, "locale") => json!("en"),
        (_, "slug") => json!(format!("s{}", some_id().simple())),
        (_, "color" | "brand_color") => json!("#3366ff"),
        (_, "location_type") => json!("phone"),
        (_, "phone") => json!("+31612345678"),
        (_, "security") => json!("tls"),
        _ => json!("Some text"),
    }
}

/// The required fields with values that fit.
pub fn body_for(document: &Value, schema: &Value) -> Value {
    let required: Vec<&str> = schema["required"].as_array().map(|all| all.iter().filter_map(Value::as_str).collect()).unwrap_or_default();
    let fields: Map<String, Value> = schema["properties"]
        .as_object()
        .map(|all| {
            all.iter()
                .filter(|(name, _)| required.contains(&name.as_str()))
                .map(|(name, schema)| (name.clone(), value_for(document, name, schema)))
                .collect()
        })
        .unwrap_or_default();
    Value::Object(fields)
}

/// The pointers of all texts in what a schema describes, those in objects and lists below it too, each with its own schema.
fn texts<'a>(document: &'a Value, schema: &'a Value, at: &str, depth: u8) -> Vec<(String, &'a Value)> {
    let schema = resolved(document, schema);
    if is_of(schema, "string") {
        return vec![(at.to_owned(), schema)];
    }
    if depth == 0 {
        return Vec::new();
    }
    if is_of(schema, "array") {
        return texts(document, &schema["items"], &format!("{at}/0"), depth - 1);
    }
    let properties = schema["properties"].as_object().into_iter().flatten();
    let listed = schema["allOf"].as_array().into_iter().flatten().flat_map(|part| texts(document, part, at, depth));
    properties.flat_map(|(name, of)| texts(document, of, &format!("{at}/{name}"), depth - 1)).chain(listed).collect()
}

/// Puts a text there, with the objects and lists that lead to it.
fn put(document: &Value, schema: &Value, body: &mut Value, at: &str, text: &str) {
    let schema = resolved(document, schema);
    let Some((name, rest)) =
        at.strip_prefix('/').map(|at| at.split_once('/').map_or((at, String::new()), |(name, rest)| (name, format!("/{rest}"))))
    else {
        *body = json!(text);
        return;
    };
    if is_of(schema, "array") {
        let items = resolved(document, &schema["items"]);
        let mut one = if is_of(items, "object") { body_for(document, items) } else { Value::Null };
        put(document, items, &mut one, &rest, text);
        *body = json!([one]);
        return;
    }
    let parts = schema["allOf"].as_array().into_iter().flatten().map(|part| resolved(document, part));
    let Some(of) = std::iter::once(schema).chain(parts).find_map(|part| part["properties"].get(name)) else { return };
    if !body[name].is_object() {
        body[name] = if is_of(resolved(document, of), "object") { body_for(document, resolved(document, of)) } else { Value::Null };
    }
    put(document, of, &mut body[name], &rest, text);
}

#[tokio::test]
async fn every_text_field_takes_text_or_refuses_it() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let ids = fixtures(&world, &tenant).await;
    let visitor = Client::anonymous(&world);
    let document: Value = serde_json::from_str(&atrium::commands::openapi().expect("a document")).expect("JSON");
    let (mut fields, mut nested, mut limited, mut kept) = (0, 0, 0, Vec::new());
    for operation in operations() {
        let described = &document["paths"][format!("/api/v1{}", operation.path)][operation.method.as_str().to_lowercase()];
        let schema = &described["requestBody"]["content"]["application/json"]["schema"];
        if schema.is_null() {
            continue;
        }
        let schema = resolved(&document, schema);
        let (client, path) = (if operation.is_public { &visitor } else { &tenant.owner }, path_of(&operation, &ids));
        // By then the workspace is called what is typed here, and would be deleted.
        if operation.path == "/tenants/{id}/deletion" {
            continue;
        }
        for (name, of) in texts(&document, schema, "", 5) {
            fields += 1;
            nested += usize::from(name.matches('/').count() > 1);
            let most = of["maxLength"].as_u64().filter(|most| *most < 10_000);
            limited += usize::from(most.is_some());
            let is_address = name.ends_with("email") || of["format"] == "email";
            for text in [HOSTILE.to_owned(), "x".repeat(10_000), "nul\0here".to_owned(), "line\r\nX-Injected: 1".to_owned()] {
                let mut body = body_for(&document, schema);
                put(&document, schema, &mut body, &name, &text);
                assert!(body.pointer(&name).is_some_and(|there| *there == text), "{name} is not in {body}");
                let at = format!("{} {} {name} {:.20}", operation.method, operation.path, text);
                let answer = client.send(operation.method.clone(), &path, &[("if-match", "*")], Some(&body)).await;
                let status = answer.status.as_u16();
                assert!(status < 500, "{at}: {}", answer.text);
                if status >= 400 {
                    assert_eq!(answer.headers["content-type"], "application/problem+json", "{at}");
                } else {
                    assert!(!text.contains('\0'), "{at}: NUL was taken");
                    assert!(answer.headers.get("x-injected").is_none(), "{at}");
                    // Refused or cut, where the document says how long it may be; an address of two lines is none.
                    assert!(most.is_none() || text.len() < 10_000 || !answer.text.contains(&text), "{at}: longer than the document allows");
                    assert!(!is_address || !text.contains('\n'), "{at}: a line break in an address was taken");
                    if text == HOSTILE && answer.json.pointer(&name).is_some_and(|there| there == HOSTILE) {
                        kept.push(format!("{} {} {name}", operation.method, operation.path));
                    }
                }
            }
        }
    }
    assert!(fields > 90 && nested > 12 && limited > 20, "{fields} fields, {nested} of them nested, {limited} with a limit");
    assert!(kept.len() > 12, "text that is only text was kept by too few: {kept:#?}");
    // The tables are all there, and what was kept is read as it was written.
    tenant.owner.get("/contacts").await.expect(200);
    assert!(tenant.owner.get("/contacts?q=DROP%20TABLE").await.expect(200).text.contains("<script>"));
}

/// In a query or a path a text is refused or found to name nothing.
#[tokio::test]
async fn every_parameter_takes_text_or_refuses_it() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let admin = crate::platform::platform_admin(&world).await;
    let ids = fixtures(&world, &tenant).await;
    let visitor = Client::anonymous(&world);
    let document: Value = serde_json::from_str(&atrium::commands::openapi().expect("a document")).expect("JSON");
    let long = "x".repeat(10_000);
    let hostile: [(&str, String); 5] = [
        ("hostile", url::form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect::<String>().replace('+', "%20")),
        ("long", long),
        ("NUL", "a%00b".to_owned()),
        ("line break", "a%0D%0AX-Injected:%201".to_owned()),
        ("no UTF-8", "a%FF%C0b".to_owned()),
    ];
    let (mut queries, mut places) = (0, 0);
    for operation in operations() {
        let described = &document["paths"][format!("/api/v1{}", operation.path)][operation.method.as_str().to_lowercase()];
        let is_instances =
            operation.path.starts_with("/admin/") || operation.path.starts_with("/instance/") || operation.path.starts_with("/mails");
        let client = if operation.is_public {
            &visitor
        } else if is_instances {
            &admin
        } else {
            &tenant.owner
        };
        for parameter in described["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().expect("a name");
            let in_query = parameter["in"] == "query";
            if !in_query && parameter["in"] != "path" || operation.path == "/events/stream" {
                continue;
            }
            for (what, text) in &hostile {
                let path = if in_query {
                    let needed = if operation.path.ends_with("/slots") && name != "from" {
                        "from=2031-09-09T00:00:00Z&to=2031-09-10T00:00:00Z&"
                    } else {
                        ""
                    };
                    format!("{}?{needed}{name}={text}", path_of(&operation, &ids))
                } else {
                    any_path(&operation.path.replace(&format!("{{{name}}}"), text))
                };
                let at = format!("{} {} {name} {what}", operation.method, operation.path);
                let body = operation.takes_body.then(|| {
                    let schema = &described["requestBody"]["content"]["application/json"]["schema"];
                    if schema.is_null() { json!({}) } else { body_for(&document, resolved(&document, schema)) }
                });
                // A query parameter of a change is tried where there is nothing to change.
                let path = if in_query && operation.method != reqwest::Method::GET { any_path(&path) } else { path };
                let answer = client.send(operation.method.clone(), &path, &[("if-match", "*")], body.as_ref()).await;
                assert!(answer.status.as_u16() < 500, "{at}: {}", answer.text);
                assert!(answer.headers.get("x-injected").is_none(), "{at}");
                if answer.status.as_u16() >= 400 {
                    assert_eq!(answer.headers["content-type"], "application/problem+json", "{at}");
                }
                if in_query {
                    queries += 1;
                } else {
                    places += 1;
                    assert!(answer.status.is_client_error(), "{at}: {} names something", answer.text);
                }
            }
        }
    }
    assert!(queries > 200 && places > 200, "{queries} in queries, {places} in paths");
    tenant.owner.get("/contacts").await.expect(200);
}

fn path_of(operation: &Operation, ids: &std::collections::BTreeMap<&'static str, String>) -> String {
    if operation.path.starts_with("/public/organizers/") {
        let words = ["acme-page", "intro"];
        return operation
            .path
            .split('{')
            .enumerate()
            .map(|(n, part)| match (n, part.split_once('}')) {
                (0, _) | (_, None) => part.to_owned(),
                (n, Some((_, rest))) => format!("{}{rest}", words[(n - 1).min(1)]),
            })
            .collect();
    }
    filled(operation, ids).unwrap_or_else(|| any_path(&operation.path))
}

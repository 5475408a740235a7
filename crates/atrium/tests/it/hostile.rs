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

#[tokio::test]
async fn every_text_field_takes_text_or_refuses_it() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let ids = fixtures(&world, &tenant).await;
    let visitor = Client::anonymous(&world);
    let document: Value = serde_json::from_str(&atrium::commands::openapi().expect("a document")).expect("JSON");
    let (mut fields, mut kept) = (0, Vec::new());
    for operation in operations() {
        let described = &document["paths"][format!("/api/v1{}", operation.path)][operation.method.as_str().to_lowercase()];
        let schema = &described["requestBody"]["content"]["application/json"]["schema"];
        if schema.is_null() {
            continue;
        }
        let schema = resolved(&document, schema);
        let (client, path) = (if operation.is_public { &visitor } else { &tenant.owner }, path_of(&operation, &ids));
        let properties = schema["properties"].as_object().cloned().unwrap_or_default();
        // By then the workspace is called what is typed here, and would be deleted.
        if operation.path == "/tenants/{id}/deletion" {
            continue;
        }
        for (name, _) in properties.iter().filter(|(_, of)| is_of(resolved(&document, of), "string")) {
            fields += 1;
            for text in [HOSTILE.to_owned(), "x".repeat(10_000), "nul\0here".to_owned(), "line\r\nX-Injected: 1".to_owned()] {
                let mut body = body_for(&document, schema);
                body[name] = json!(text);
                let at = format!("{} {} {name} {:.20}", operation.method, operation.path, text);
                let answer = client.send(operation.method.clone(), &path, &[("if-match", "*")], Some(&body)).await;
                let status = answer.status.as_u16();
                assert!(status < 500, "{at}: {}", answer.text);
                if status >= 400 {
                    assert_eq!(answer.headers["content-type"], "application/problem+json", "{at}");
                } else {
                    assert!(!text.contains('\0'), "{at}: NUL was taken");
                    assert!(answer.headers.get("x-injected").is_none(), "{at}");
                    if text == HOSTILE && answer.json[name] == HOSTILE {
                        kept.push(format!("{} {} {name}", operation.method, operation.path));
                    }
                }
            }
        }
    }
    assert!(fields > 60, "{fields}");
    assert!(kept.len() > 12, "text that is only text was kept by too few: {kept:#?}");
    // The tables are all there, and what was kept is read as it was written.
    tenant.owner.get("/contacts").await.expect(200);
    assert!(tenant.owner.get("/contacts?q=DROP%20TABLE").await.expect(200).text.contains("<script>"));
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

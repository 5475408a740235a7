//! The API's document: what stands in `openapi.json` is what the program serves, and no change to it breaks a client.

use std::collections::HashSet;
use std::path::Path;

use serde_json::Value;

fn committed() -> Value {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.json"));
    serde_json::from_str(&std::fs::read_to_string(path).expect("openapi.json; run `make derived`")).expect("JSON")
}

fn current() -> Value {
    serde_json::from_str(&atrium::commands::openapi().expect("a document")).expect("JSON")
}

#[test]
fn the_committed_document_is_the_programs() {
    assert!(committed() == current(), "openapi.json is not what the program serves; run `make derived`");
}

#[test]
fn every_operation_is_described() {
    let document = current();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let name = format!("{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name} has no summary");
            assert!(operation["operationId"].is_string(), "{name} has no operationId");
            let answers = operation["responses"].as_object().expect("responses");
            assert!(answers.keys().any(|status| status.starts_with('2')), "{name} has no answer of success");
        }
    }
    let mut ids: Vec<&str> = document["paths"]
        .as_object()
        .expect("paths")
        .values()
        .flat_map(|item| item.as_object().expect("operations").values())
        .filter_map(|o| o["operationId"].as_str())
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "an operationId is used twice");
}

/// The schemas that a part of the document leads to.
fn reach(document: &Value, part: &Value, found: &mut HashSet<String>) {
    match part {
        Value::Object(fields) => {
            if let Some(name) = part["$ref"].as_str().and_then(|path| path.rsplit('/').next())
                && found.insert(name.to_owned())
            {
                reach(document, &document["components"]["schemas"][name], found);
            }
            fields.values().for_each(|value| reach(document, value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| reach(document, value, found)),
        _ => {}
    }
}

/// What a client relies on and `new` no longer gives. Compared with the document of the last release, `docs/api/released.json`.
fn broken(old: &Value, new: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut requests = HashSet::new();
    for operation in new["paths"].as_object().into_iter().flatten().flat_map(|(_, item)| item.as_object().into_iter().flatten()) {
        reach(new, &operation.1["requestBody"], &mut requests);
    }
    for (path, item) in old["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let name = format!("{method} {path}");
            let Some(now) = new["paths"].get(path).and_then(|item| item.get(method)) else {
                found.push(format!("{name} is gone"));
                continue;
            };
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                if !now["parameters"].as_array().into_iter().flatten().any(|p| p["name"] == parameter["name"] && p["in"] == parameter["in"])
                {
                    found.push(format!("{name}: the parameter {} is gone", parameter["name"]));
                }
            }
            for parameter in now["parameters"].as_array().into_iter().flatten().filter(|p| p["required"] == true) {
                if !operation["parameters"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .any(|p| p["name"] == parameter["name"] && p["required"] == true)
                {
                    found.push(format!("{name}: the parameter {} became required", parameter["name"]));
                }
            }
            let body = |operation: &Value| operation.pointer("/requestBody/content/application~1json/schema/$ref").cloned();
            if body(operation) != body(now) {
                found.push(format!("{name} takes another body"));
            }
            if operation.get("security").is_none() && now.get("security").is_some() {
                found.push(format!("{name} wants a session now"));
            }
            for status in
                operation["responses"].as_object().into_iter().flatten().map(|(status, _)| status).filter(|status| status.starts_with('2'))
            {
                if now["responses"].get(status).is_none() {
                    found.push(format!("{name} no longer answers {status}"));
                }
            }
        }
    }
    for (name, schema) in old["components"]["schemas"].as_object().into_iter().flatten() {
        let Some(now) = new["components"]["schemas"].get(name) else {
            found.push(format!("the schema {name} is gone"));
            continue;
        };
        for (field, old_type) in schema["properties"].as_object().into_iter().flatten() {
            match now["properties"].get(field) {
                None => found.push(format!("{name}.{field} is gone")),
                Some(new_type) if new_type["type"] != old_type["type"] || new_type["$ref"] != old_type["$ref"] => {
                    found.push(format!("{name}.{field} has another type"))
                }
                Some(_) => {}
            }
        }
        let asked = requests.contains(name);
        for field in now["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            // In a request, a new field that must be sent breaks who does not know it; in an answer it does not.
            let was_required = schema["required"].as_array().into_iter().flatten().any(|old| old == field);
            if !was_required && (asked || schema["properties"].get(field).is_some()) {
                found.push(format!("{name}.{field} became required"));
            }
        }
        for value in schema["enum"].as_array().into_iter().flatten() {
            if asked && !now["enum"].as_array().into_iter().flatten().any(|v| v == value) {
                found.push(format!("{name} no longer takes {value}"));
            }
        }
        for value in now["enum"].as_array().into_iter().flatten() {
            if !asked && !schema["enum"].as_array().into_iter().flatten().any(|v| v == value) {
                found.push(format!("{name} may now answer {value}, which no client expects"));
            }
        }
    }
    found
}

#[test]
fn no_client_is_broken() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api/released.json"));
    let released: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("docs/api/released.json")).expect("JSON");
    let found = broken(&released, &current());
    assert!(found.is_empty(), "these changes break clients: {found:#?}");
}

/// The guard itself can fail.
#[test]
fn a_breaking_change_is_found() {
    let old = current();
    let mut gone = old.clone();
    gone["paths"].as_object_mut().expect("paths").remove("/api/v1/contacts");
    assert!(!broken(&old, &gone).is_empty());
    let mut retyped = old.clone();
    retyped["components"]["schemas"]["Contact"]["properties"]["name"]["type"] = Value::from("integer");
    assert!(broken(&old, &retyped).iter().any(|what| what.contains("Contact.name")));
    let mut stricter = old.clone();
    let fields = stricter["components"]["schemas"]["NewContact"]["required"].as_array_mut().expect("required");
    fields.push(Value::from("notes"));
    assert!(broken(&old, &stricter).iter().any(|what| what.contains("NewContact.notes")));
    let mut more = old.clone();
    let new_contact = &mut more["components"]["schemas"]["NewContact"];
    new_contact["properties"]["colour"] = serde_json::json!({ "type": "string" });
    new_contact["required"].as_array_mut().expect("required").push(Value::from("colour"));
    assert!(broken(&old, &more).iter().any(|what| what.contains("NewContact.colour")));
    let mut closed = old.clone();
    closed["paths"]["/api/v1/registrations"]["post"]["security"] = serde_json::json!([{ "session": [] }]);
    assert!(broken(&old, &closed).iter().any(|what| what.contains("wants a session")));
    let mut narrower = old.clone();
    narrower["components"]["schemas"]["Lifecycle"]["enum"].as_array_mut().expect("values").pop();
    assert!(broken(&old, &narrower).iter().any(|what| what.contains("no longer takes")));
    assert!(broken(&old, &old).is_empty());
}

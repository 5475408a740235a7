//! The API's document: what stands in `openapi.json` is what the program serves, and no change to it breaks a client.

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

/// What a client relies on and `new` no longer gives. Compared with the document of the last release, `docs/api/released.json`.
fn broken(old: &Value, new: &Value) -> Vec<String> {
    let mut found = Vec::new();
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
        for field in now["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !schema["required"].as_array().into_iter().flatten().any(|old| old == field) && schema["properties"].get(field).is_some() {
                found.push(format!("{name}.{field} became required"));
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
    assert!(broken(&old, &old).is_empty());
}

//! The API's document: what stands in `openapi.json` is what the program serves, and no change to it breaks a client.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use serde_json::{Value, json};

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

/// Lists that come whole, since the program and not its use decides how long they are.
const WHOLE: [&str; 14] = [
    "/api/v1/admin/plans",
    "/api/v1/custom-domains",
    "/api/v1/me/company-identities",
    "/api/v1/message-templates",
    "/api/v1/members/{user_id}/permissions",
    "/api/v1/permissions",
    "/api/v1/roles",
    "/api/v1/tenant/domains",
    "/api/v1/tenant/sign-in-providers",
    "/api/v1/webhook-endpoints",
    "/api/v1/webhook-event-kinds",
    "/api/v1/workflow-templates",
    "/api/v1/workflows",
    "/api/v1/workflows/{id}/samples",
];

#[test]
fn lists_are_paged() {
    let document = current();
    let mut lists = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        let answer = &item["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        if flat(&document, answer)["properties"]["items"].is_null() || WHOLE.contains(&path.as_str()) {
            continue;
        }
        lists += 1;
        let parameter = |name: &str| item["get"]["parameters"].as_array().into_iter().flatten().find(|one| one["name"] == name);
        let limit = parameter("limit").map(|limit| (&limit["schema"]["minimum"], &limit["schema"]["maximum"]));
        assert!(limit == Some((&json!(1), &json!(100))) && parameter("cursor").is_some(), "{path} has no pages: {limit:?}");
        assert!(!flat(&document, answer)["properties"]["next_cursor"].is_null(), "{path} names no next page");
    }
    assert!(lists > 10, "{lists}");
}

/// The refusals that an operation's kind may give, and no others: the tests from outside hold each answer against them.
#[test]
fn operations_name_the_refusals_of_their_kind() {
    let document = current();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let name = format!("{method} {path}");
            let names = |status: &str| operation["responses"].get(status).is_some();
            let has_version = operation["parameters"].as_array().into_iter().flatten().any(|one| one["name"] == "If-Match");
            // Who has no session yet may have a wrong password.
            let tries_a_password = [
                "sessions",
                "sessions/second-factor",
                "sessions/second-factor/options",
                "sessions/passkey",
                "sessions/provider",
                "sessions/provider/options",
                "sessions/mail-link",
                "registrations/provider",
                "email-verifications",
                "invitation-acceptances",
            ]
            .iter()
            .any(|last| path.ends_with(last));
            let is_asked_who = operation.get("security").is_some() || (tries_a_password && method == "post");
            for status in ["400", "403", "404", "422", "429", "503"] {
                assert!(names(status), "{name} names no {status}");
            }
            for (status, may) in [
                ("401", is_asked_who),
                ("409", method != "get"),
                ("412", has_version),
                ("413", operation.get("requestBody").is_some()),
                ("415", operation.get("requestBody").is_some()),
                ("428", has_version),
            ] {
                assert_eq!(names(status), may, "{name}: {status}");
            }
        }
    }
}

/// A request that was taken must be taken still; an answer must be one that was promised.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Side {
    Asked,
    Answered,
}

/// A schema behind its references, with its parts put together and its null among the types.
fn flat(document: &Value, schema: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return flat(document, &document["components"]["schemas"][name]);
    }
    let mut whole = schema.clone();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        for (key, value) in flat(document, part).as_object().into_iter().flatten() {
            match (key.as_str(), value) {
                ("properties", Value::Object(fields)) => {
                    for (field, value) in fields {
                        whole["properties"][field] = value.clone();
                    }
                }
                ("required", Value::Array(names)) => {
                    let mut all = whole["required"].as_array().cloned().unwrap_or_default();
                    all.extend(names.iter().cloned());
                    whole["required"] = Value::from(all);
                }
                _ => whole[key] = value.clone(),
            }
        }
    }
    let is_null = |one: &&Value| one["type"] == "null";
    let choices: Vec<&Value> = ["oneOf", "anyOf"].iter().flat_map(|key| schema[*key].as_array().into_iter().flatten()).collect();
    if let [one] = choices.iter().filter(|one| !is_null(one)).collect::<Vec<_>>()[..] {
        whole = flat(document, one);
        if let (true, Some(mut kinds)) = (choices.iter().any(is_null), types(&whole)) {
            kinds.insert("null".to_owned());
            whole["type"] = kinds.into_iter().collect::<Value>();
        }
    }
    whole
}

/// None where any will do.
fn types(schema: &Value) -> Option<BTreeSet<String>> {
    match &schema["type"] {
        Value::String(one) => Some(BTreeSet::from([one.clone()])),
        Value::Array(several) => Some(several.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        _ => None,
    }
}

/// Whether each of `some` is among `all`, where None is everything. Whole numbers are numbers.
fn within(some: Option<&BTreeSet<String>>, all: Option<&BTreeSet<String>>) -> bool {
    match (some, all) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(some), Some(all)) => some.iter().all(|kind| all.contains(kind) || (kind == "integer" && all.contains("number"))),
    }
}

struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    seen: HashSet<(String, Side)>,
    found: Vec<String>,
}

impl Comparison<'_> {
    fn say(&mut self, what: String) {
        self.found.push(what);
    }

    /// What a schema allowed, against what it allows.
    fn schema(&mut self, name: &str, old: &Value, new: &Value, side: Side) {
        let component = old["$ref"].as_str().and_then(|path| path.rsplit('/').next());
        if component.is_some_and(|component| !self.seen.insert((format!("{component} {}", new["$ref"]), side))) {
            return;
        }
        let name = component.unwrap_or(name);
        let (was, is) = (flat(self.old, old), flat(self.new, new));
        let (before, after) = (types(&was), types(&is));
        let is_same_type = match side {
            Side::Asked => within(before.as_ref(), after.as_ref()),
            Side::Answered => within(after.as_ref(), before.as_ref()),
        };
        if !is_same_type {
            return self.say(format!("{name} has another type"));
        }
        // A format that is new in an answer says more than before, and one that is gone from a request asks for less.
        let bound = if side == Side::Asked { &is["format"] } else { &was["format"] };
        if was["format"] != is["format"] && !bound.is_null() {
            self.say(format!("{name} has another format"));
        }
        self.values(name, &was, &is, side);
        if side == Side::Asked {
            self.bounds(name, &was, &is);
        }
        if !was["items"].is_null() {
            self.schema(&format!("{name}[]"), &was["items"], &is["items"], side);
        }
        if was["oneOf"].is_array() && was["oneOf"] != is["oneOf"] {
            self.say(format!("{name} has other alternatives"));
        }
        self.fields(name, &was, &is, side);
    }

    fn values(&mut self, name: &str, was: &Value, is: &Value, side: Side) {
        match (side, was["enum"].as_array(), is["enum"].as_array()) {
            (_, None, None) | (Side::Asked, Some(_), None) | (Side::Answered, None, Some(_)) => {}
            (Side::Asked, None, Some(_)) => self.say(format!("{name} takes certain values only")),
            (Side::Answered, Some(_), None) => self.say(format!("{name} may now answer anything")),
            (Side::Asked, Some(old), Some(new)) => {
                for value in old.iter().filter(|value| !new.contains(value)) {
                    self.say(format!("{name} no longer takes {value}"));
                }
            }
            (Side::Answered, Some(old), Some(new)) => {
                for value in new.iter().filter(|value| !old.contains(value)) {
                    self.say(format!("{name} may now answer {value}, which no client expects"));
                }
            }
        }
    }

    fn bounds(&mut self, name: &str, was: &Value, is: &Value) {
        for key in ["minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties"] {
            let least = |schema: &Value| schema[key].as_f64().unwrap_or(f64::NEG_INFINITY);
            if least(is) > least(was) {
                self.say(format!("{name}: {key} is higher"));
            }
        }
        for key in ["maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties"] {
            let most = |schema: &Value| schema[key].as_f64().unwrap_or(f64::INFINITY);
            if most(is) < most(was) {
                self.say(format!("{name}: {key} is lower"));
            }
        }
        for key in ["pattern", "multipleOf", "uniqueItems"] {
            if !is[key].is_null() && is[key] != was[key] {
                self.say(format!("{name}: {key} is another"));
            }
        }
    }

    fn fields(&mut self, name: &str, was: &Value, is: &Value, side: Side) {
        for (field, old) in was["properties"].as_object().into_iter().flatten() {
            match is["properties"].get(field) {
                None => self.say(format!("{name}.{field} is gone")),
                Some(new) => self.schema(&format!("{name}.{field}"), old, new, side),
            }
        }
        let requires = |schema: &Value, field: &str| schema["required"].as_array().into_iter().flatten().any(|one| one == field);
        let required = |schema: &Value| {
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
        };
        match side {
            Side::Asked => {
                for field in required(is).iter().filter(|field| !requires(was, field)) {
                    self.say(format!("{name}.{field} became required"));
                }
            }
            Side::Answered => {
                for field in required(was).iter().filter(|field| !requires(is, field) && !is["properties"][field.as_str()].is_null()) {
                    self.say(format!("{name}.{field} may be missing"));
                }
            }
        }
        let (before, after) = (&was["additionalProperties"], &is["additionalProperties"]);
        if side == Side::Asked && after == false && before != false {
            self.say(format!("{name} takes no other fields"));
        }
        if before.is_object() && after.is_object() {
            self.schema(&format!("{name}.*"), before, after, side);
        }
    }

    fn parameters(&mut self, name: &str, old: &Value, new: &Value) {
        let all = |operation: &Value| operation["parameters"].as_array().cloned().unwrap_or_default();
        let same = |one: &Value, other: &Value| one["name"] == other["name"] && one["in"] == other["in"];
        for was in all(old) {
            let parameter = format!("{name}: the parameter {}", was["name"]);
            let Some(is) = all(new).into_iter().find(|one| same(one, &was)) else {
                self.say(format!("{parameter} is gone"));
                continue;
            };
            if (&was["style"], &was["explode"]) != (&is["style"], &is["explode"]) {
                self.say(format!("{parameter} is written another way"));
            }
            self.schema(&parameter, &was["schema"], &is["schema"], Side::Asked);
        }
        for is in all(new).iter().filter(|one| one["required"] == true) {
            if !all(old).iter().any(|was| same(was, is) && was["required"] == true) {
                self.say(format!("{name}: the parameter {} became required", is["name"]));
            }
        }
    }

    fn content(&mut self, name: &str, old: &Value, new: &Value, side: Side) {
        for (media, was) in old["content"].as_object().into_iter().flatten() {
            match new["content"].get(media) {
                None => self.say(format!("{name}: {media} is gone")),
                Some(is) => self.schema(&format!("{name}: {media}"), &was["schema"], &is["schema"], side),
            }
        }
    }

    fn operation(&mut self, name: &str, old: &Value, new: &Value) {
        self.parameters(name, old, new);
        if new["requestBody"]["required"] == true && old["requestBody"]["required"] != true {
            self.say(format!("{name} must have a body now"));
        }
        self.content(&format!("{name}: the body"), &old["requestBody"], &new["requestBody"], Side::Asked);
        if old.get("security").is_none() && new.get("security").is_some() {
            self.say(format!("{name} wants a session now"));
        }
        for (status, was) in old["responses"].as_object().into_iter().flatten() {
            match new["responses"].get(status) {
                None => self.say(format!("{name} no longer answers {status}")),
                Some(is) => self.content(&format!("{name}: the answer {status}"), was, is, Side::Answered),
            }
        }
    }
}

/// What a client relies on and `new` no longer gives. Compared with the document of the last release, `docs/api/released.json`.
fn broken(old: &Value, new: &Value) -> Vec<String> {
    let mut comparison = Comparison { old, new, seen: HashSet::new(), found: Vec::new() };
    for (path, item) in old["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let name = format!("{method} {path}");
            match new["paths"].get(path).and_then(|item| item.get(method)) {
                None => comparison.say(format!("{name} is gone")),
                Some(now) => comparison.operation(&name, operation, now),
            }
        }
    }
    // Clients are generated with types of these names.
    for (name, _) in old["components"]["schemas"].as_object().into_iter().flatten() {
        if new["components"]["schemas"].get(name).is_none() {
            comparison.say(format!("the schema {name} is gone"));
        }
    }
    comparison.found
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
    new_contact["properties"]["colour"] = json!({ "type": "string" });
    new_contact["required"].as_array_mut().expect("required").push(Value::from("colour"));
    assert!(broken(&old, &more).iter().any(|what| what.contains("NewContact.colour")));
    let mut closed = old.clone();
    closed["paths"]["/api/v1/registrations"]["post"]["security"] = json!([{ "session": [] }]);
    assert!(broken(&old, &closed).iter().any(|what| what.contains("wants a session")));
    let mut narrower = old.clone();
    narrower["components"]["schemas"]["Lifecycle"]["enum"].as_array_mut().expect("values").pop();
    assert!(broken(&old, &narrower).iter().any(|what| what.contains("no longer takes")));
    assert!(broken(&old, &old).is_empty());
}

/// One of everything that the guard compares.
fn small() -> Value {
    let content = |schema: &str| json!({ "schema": { "$ref": format!("#/components/schemas/{schema}") } });
    json!({
        "paths": {
            "/things": { "post": {
                "parameters": [
                    { "name": "limit", "in": "query", "required": false, "schema": { "type": "integer", "maximum": 100 } },
                    { "name": "tags", "in": "query", "style": "form", "schema": { "type": "array", "items": { "type": "string" } } },
                ],
                "requestBody": { "content": { "application/json": content("NewThing"), "multipart/form-data": content("Upload") } },
                "responses": {
                    "201": { "content": { "application/json": content("Thing"), "text/csv": { "schema": { "type": "string" } } } },
                    "409": { "content": { "application/problem+json": content("Problem") } },
                },
            } },
        },
        "components": { "schemas": {
            "Kind": { "type": "string", "enum": ["small", "large"] },
            "NewThing": { "type": "object", "required": ["name"], "properties": {
                "name": { "type": "string", "minLength": 1, "maxLength": 200, "pattern": "^a" },
                "note": { "type": ["string", "null"] },
                "price": { "type": "number", "minimum": 0, "maximum": 9, "multipleOf": 1 },
                "kind": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Kind" }] },
                "tags": { "type": "array", "maxItems": 20, "items": { "type": "string", "maxLength": 50 } },
                "color": { "type": "string" },
                "born": { "type": "string", "format": "date-time" },
            } },
            "Part": { "type": "object", "required": ["id"], "properties": {
                "id": { "type": "string", "format": "uuid" },
                "parts": { "type": "array", "items": { "$ref": "#/components/schemas/Part" } },
            } },
            "Problem": { "allOf": [
                { "$ref": "#/components/schemas/Part" },
                { "type": "object", "required": ["code"], "properties": { "code": { "type": "string" } } },
            ] },
            "State": { "type": "string", "enum": ["open", "shut"] },
            "Thing": { "type": "object", "required": ["id", "size"], "properties": {
                "id": { "type": "string", "format": "uuid" },
                "size": { "type": "integer" },
                "state": { "$ref": "#/components/schemas/State" },
                "counts": { "type": "object", "additionalProperties": { "type": "integer" } },
                "note": { "type": "string" },
                "choice": { "oneOf": [{ "type": "string" }, { "type": "integer" }] },
                "parts": { "type": "array", "items": { "$ref": "#/components/schemas/Part" } },
            } },
            "Upload": { "type": "object", "properties": { "file": { "type": "string" } } },
        } },
    })
}

/// The small document with one part put in place, or taken away where there is none to put.
fn with(pointer: &str, part: Value) -> Value {
    let mut document = small();
    let (parent, last) = pointer.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer} is not there"));
    match parent {
        Value::Object(fields) if part.is_null() => drop(fields.remove(&last.replace("~1", "/")).unwrap_or_else(|| panic!("{pointer}"))),
        Value::Object(fields) => drop(fields.insert(last.replace("~1", "/"), part)),
        Value::Array(items) if part.is_null() => drop(items.remove(last.parse().expect("a place"))),
        Value::Array(items) => items[last.parse::<usize>().expect("a place")] = part,
        other => panic!("{pointer} is in {other}"),
    }
    document
}

const POST: &str = "/paths/~1things/post";
const ASKED: &str = "/components/schemas/NewThing";
const ANSWERED: &str = "/components/schemas/Thing";

#[test]
fn each_rule_of_the_guard_is_needed() {
    let cases = [
        (with("/paths/~1things/post", json!(null)), "post /things is gone"),
        (with("/components/schemas/Upload", json!(null)), "the schema Upload is gone"),
        // Parameters.
        (with(&format!("{POST}/parameters/0"), json!(null)), "post /things: the parameter \"limit\" is gone"),
        (with(&format!("{POST}/parameters/0/required"), json!(true)), "post /things: the parameter \"limit\" became required"),
        (with(&format!("{POST}/parameters/0/schema/type"), json!("string")), "post /things: the parameter \"limit\" has another type"),
        (with(&format!("{POST}/parameters/0/schema/maximum"), json!(50)), "post /things: the parameter \"limit\": maximum is lower"),
        (
            with(&format!("{POST}/parameters/1/style"), json!("spaceDelimited")),
            "post /things: the parameter \"tags\" is written another way",
        ),
        (
            with(&format!("{POST}/parameters/1/schema/items/type"), json!("integer")),
            "post /things: the parameter \"tags\"[] has another type",
        ),
        // Bodies.
        (with(&format!("{POST}/requestBody/required"), json!(true)), "post /things must have a body now"),
        (
            with(&format!("{POST}/requestBody/content/multipart~1form-data"), json!(null)),
            "post /things: the body: multipart/form-data is gone",
        ),
        (with(&format!("{ASKED}/properties/color"), json!(null)), "NewThing.color is gone"),
        (with(&format!("{ASKED}/required"), json!(["name", "note"])), "NewThing.note became required"),
        (with(&format!("{ASKED}/additionalProperties"), json!(false)), "NewThing takes no other fields"),
        (with(&format!("{ASKED}/properties/note/type"), json!("string")), "NewThing.note has another type"),
        (with(&format!("{ASKED}/properties/price/type"), json!("integer")), "NewThing.price has another type"),
        (with(&format!("{ASKED}/properties/kind"), json!({ "$ref": "#/components/schemas/Kind" })), "NewThing.kind has another type"),
        (with(&format!("{ASKED}/properties/born/format"), json!("date")), "NewThing.born has another format"),
        (with(&format!("{ASKED}/properties/color/format"), json!("uuid")), "NewThing.color has another format"),
        (with(&format!("{ASKED}/properties/name/minLength"), json!(2)), "NewThing.name: minLength is higher"),
        (with(&format!("{ASKED}/properties/name/maxLength"), json!(100)), "NewThing.name: maxLength is lower"),
        (with(&format!("{ASKED}/properties/name/pattern"), json!("^b")), "NewThing.name: pattern is another"),
        (with(&format!("{ASKED}/properties/color/pattern"), json!("^#")), "NewThing.color: pattern is another"),
        (with(&format!("{ASKED}/properties/color/maxLength"), json!(7)), "NewThing.color: maxLength is lower"),
        (with(&format!("{ASKED}/properties/price/minimum"), json!(0.5)), "NewThing.price: minimum is higher"),
        (with(&format!("{ASKED}/properties/price/maximum"), json!(8)), "NewThing.price: maximum is lower"),
        (with(&format!("{ASKED}/properties/price/exclusiveMinimum"), json!(0)), "NewThing.price: exclusiveMinimum is higher"),
        (with(&format!("{ASKED}/properties/price/exclusiveMaximum"), json!(9)), "NewThing.price: exclusiveMaximum is lower"),
        (with(&format!("{ASKED}/properties/price/multipleOf"), json!(2)), "NewThing.price: multipleOf is another"),
        (with(&format!("{ASKED}/properties/tags/minItems"), json!(1)), "NewThing.tags: minItems is higher"),
        (with(&format!("{ASKED}/properties/tags/maxItems"), json!(10)), "NewThing.tags: maxItems is lower"),
        (with(&format!("{ASKED}/properties/tags/uniqueItems"), json!(true)), "NewThing.tags: uniqueItems is another"),
        (with(&format!("{ASKED}/properties/tags/items/maxLength"), json!(20)), "NewThing.tags[]: maxLength is lower"),
        (with(&format!("{ASKED}/minProperties"), json!(2)), "NewThing: minProperties is higher"),
        (with(&format!("{ASKED}/maxProperties"), json!(2)), "NewThing: maxProperties is lower"),
        (with("/components/schemas/Kind/enum", json!(["small"])), "NewThing.kind no longer takes \"large\""),
        (with(&format!("{ASKED}/properties/color/enum"), json!(["red"])), "NewThing.color takes certain values only"),
        // Answers.
        (with(&format!("{POST}/security"), json!([{ "session": [] }])), "post /things wants a session now"),
        (with(&format!("{POST}/responses/201"), json!(null)), "post /things no longer answers 201"),
        (with(&format!("{POST}/responses/409"), json!(null)), "post /things no longer answers 409"),
        (with(&format!("{POST}/responses/201/content/text~1csv"), json!(null)), "post /things: the answer 201: text/csv is gone"),
        (
            with(&format!("{POST}/responses/201/content/text~1csv/schema/type"), json!("null")),
            "post /things: the answer 201: text/csv has another type",
        ),
        (with(&format!("{ANSWERED}/properties/id"), json!(null)), "Thing.id is gone"),
        (with(&format!("{ANSWERED}/required"), json!(["id"])), "Thing.size may be missing"),
        (with(&format!("{ANSWERED}/properties/size/type"), json!("number")), "Thing.size has another type"),
        (with(&format!("{ANSWERED}/properties/note/type"), json!(["string", "null"])), "Thing.note has another type"),
        (with(&format!("{ANSWERED}/properties/note/type"), json!(null)), "Thing.note has another type"),
        (with(&format!("{ANSWERED}/properties/id/format"), json!(null)), "Thing.id has another format"),
        (with(&format!("{ANSWERED}/properties/counts/additionalProperties/type"), json!("string")), "Thing.counts.* has another type"),
        (with(&format!("{ANSWERED}/properties/choice/oneOf/1/type"), json!("boolean")), "Thing.choice has other alternatives"),
        (with(&format!("{ANSWERED}/properties/parts/items"), json!({ "type": "string" })), "Part has another type"),
        (with("/components/schemas/Part/properties/id/type", json!("integer")), "Part.id has another type"),
        (with("/components/schemas/Problem/allOf/1/properties/code", json!(null)), "Problem.code is gone"),
        (with("/components/schemas/State/enum", json!(["open", "shut", "ajar"])), "State may now answer \"ajar\", which no client expects"),
        (with("/components/schemas/State/enum", json!(null)), "State may now answer anything"),
    ];
    for (changed, expected) in cases {
        assert!(broken(&small(), &changed).iter().any(|what| what == expected), "{expected}: {:?}", broken(&small(), &changed));
    }
}

#[test]
fn what_breaks_nobody_passes_the_guard() {
    let more = |pointer: &str, part: Value| assert_eq!(broken(&small(), &with(pointer, part)), [""; 0], "{pointer}");
    more("/paths/~1more", json!({ "get": { "responses": {} } }));
    more(&format!("{POST}/parameters/0/schema/maximum"), json!(200));
    more(&format!("{POST}/responses/404"), json!({ "content": {} }));
    more(&format!("{ASKED}/required"), json!([]));
    more(&format!("{ASKED}/properties/new"), json!({ "type": "string" }));
    more(&format!("{ASKED}/properties/name/minLength"), json!(null));
    more(&format!("{ASKED}/properties/name/pattern"), json!(null));
    more(&format!("{ASKED}/properties/born/format"), json!(null));
    more(&format!("{ASKED}/properties/color/type"), json!(["string", "null"]));
    more("/components/schemas/Kind/enum", json!(["small", "large", "huge"]));
    more("/components/schemas/State/enum", json!(["open"]));
    more(&format!("{ANSWERED}/required"), json!(["id", "size", "note"]));
    more(&format!("{ANSWERED}/properties/new"), json!({ "type": "string" }));
    more(&format!("{ANSWERED}/properties/note/format"), json!("uri"));
    more(&format!("{ANSWERED}/properties/note/maxLength"), json!(5));
}

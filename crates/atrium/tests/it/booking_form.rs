//! What an event type asks, and what becomes of the answers.

use serde_json::{Value, json};

use crate::bookings::mails_to;
use crate::client::{Answer, Client, Tenant, booking};
use crate::world::World;

struct Scene {
    world: World,
    tenant: Tenant,
    visitor: Client,
    slug: String,
    event_type: String,
}

/// An event type that asks for a company, for topics, and, where one of them is the roof, how old it is.
async fn scene() -> Scene {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, event_type) = tenant.organizer().await;
    let path = format!("/event-types/{}", event_type.id());
    let questions = json!([
        { "label": "Your company", "kind": "text", "is_required": true, "help": "As on the invoice" },
        { "label": "Topics", "kind": "multiselect", "options": ["Roof", "Walls"] },
        { "key": "age", "label": "How old is the roof?", "kind": "number", "is_required": true,
          "conditions": [{ "question": "topics", "operator": "contains", "values": ["Roof"] }] },
        { "key": "terms", "label": "I agree to the terms", "kind": "checkbox", "is_required": true },
    ]);
    tenant.owner.patch(&path, &event_type.json["version"], json!({ "questions": questions })).await.expect(200);
    let visitor = Client::anonymous(&world);
    Scene { world, tenant, visitor, slug, event_type: path }
}

impl Scene {
    async fn book(&self, start: &str, answers: Value) -> Answer {
        let mut body = booking(start, "vera@example.com");
        body["answers"] = answers;
        self.visitor.post(&format!("/public/organizers/{}/event-types/intro/bookings", self.slug), body).await
    }
}

fn wrong(answer: &Answer) -> Vec<(String, String)> {
    let text = |error: &Value, name: &str| error[name].as_str().unwrap_or_default().to_owned();
    let errors = answer.json["errors"].as_array().expect("errors");
    errors.iter().map(|error| (text(error, "field"), text(error, "code"))).collect()
}

#[tokio::test]
async fn answers_are_judged_kept_as_they_were_asked_told_and_erased() {
    let scene = scene().await;
    let offered = scene.visitor.get(&format!("/public/organizers/{}/event-types/intro", scene.slug)).await.expect(200).json;
    let keys: Vec<_> = offered["questions"].as_array().expect("questions").iter().map(|question| question["key"].clone()).collect();
    assert_eq!(keys, ["your_company", "topics", "age", "terms"]);

    let refused = scene.book("2031-09-09T09:00:00Z", json!({ "topics": ["Roof"], "terms": false, "other": "x" })).await.expect(422);
    let named = |field: &str, code: &str| (field.to_owned(), code.to_owned());
    assert_eq!(
        wrong(&refused),
        [
            named("answers.your_company", "required"),
            named("answers.age", "required"),
            named("answers.terms", "required"),
            named("answers.other", "not_found")
        ]
    );
    let refused = scene.book("2031-09-09T09:00:00Z", json!({ "your_company": "A", "topics": "Cellar", "terms": true })).await.expect(422);
    assert_eq!(wrong(&refused), [named("answers.topics", "invalid")]);

    // The age is not asked for walls, so what is said of it is dropped.
    let answers = json!({ "your_company": "Acme & Daughters", "topics": ["Walls"], "age": 12, "terms": true });
    let booked = scene.book("2031-09-09T09:00:00Z", answers).await.expect(201).json;
    let kept = json!([
        { "key": "your_company", "label": "Your company", "kind": "text", "values": ["Acme & Daughters"] },
        { "key": "topics", "label": "Topics", "kind": "multiselect", "values": ["Walls"] },
        { "key": "terms", "label": "I agree to the terms", "kind": "checkbox", "values": ["true"] },
    ]);
    assert_eq!(booked["booking"]["answers"], kept);
    let roof = json!({ "your_company": "Acme", "topics": ["Roof", "Walls"], "age": 12.5, "terms": true });
    let other = scene.book("2031-09-09T10:00:00Z", roof).await.expect(201).json;
    assert_eq!(other["booking"]["answers"][2]["values"], json!(["12.5"]));

    scene.world.settle().await;
    for address in ["vera@example.com", "acme@example.com"] {
        let mail = mails_to(&scene.world, address).await.remove(0).0;
        assert!(mail.text.contains("Your company") && mail.text.contains("Acme & Daughters"), "{}", mail.text);
        let ics = mail.calendar.expect("an invitation").ics;
        assert!(ics.contains("Your company: Acme & Daughters"), "{ics}");
    }

    // The questions change; what was answered stays as it was asked.
    let now = scene.tenant.owner.get(&scene.event_type).await.expect(200).json;
    scene.tenant.owner.patch(&scene.event_type, &now["version"], json!({ "questions": [] })).await.expect(200);
    let listed = scene.tenant.owner.get("/bookings?sort=start").await.expect(200).json;
    assert_eq!(listed["items"][0]["answers"], kept);
    let token = booked["manage_url"].as_str().and_then(|url| url.rsplit('/').next()).expect("a link");
    let page = scene.visitor.get(&format!("/b/m/{token}?lang=en")).await.expect(200).text;
    assert!(page.contains("<dt>Topics</dt><dd>Walls</dd>"), "{page}");
    for item in listed["items"].as_array().expect("bookings") {
        let id = item["id"].as_str().expect("an id");
        scene.tenant.owner.post(&format!("/bookings/{id}/cancellation"), json!({})).await.expect(200);
    }
    let mut db = scene.world.as_owner().await;
    let contact = listed["items"][0]["contact_id"].as_str().expect("a contact");
    scene.tenant.owner.post(&format!("/privacy/contacts/{contact}/erasure"), json!({ "name": "Vera Visitor" })).await.expect(200);
    let left: Vec<Value> = sqlx::query_scalar("SELECT custom_answers FROM scheduling.bookings").fetch_all(&mut db).await.expect("bookings");
    assert_eq!(left, [json!([]), json!([])]);
}

#[tokio::test]
async fn a_member_may_leave_answers_out_but_none_that_is_wrong_is_taken() {
    let scene = scene().await;
    let id = scene.event_type.rsplit('/').next().expect("an id");
    let body = |answers: Value| {
        json!({ "event_type_id": id, "start": "2031-09-09T09:00:00Z", "invitee_name": "Vera", "invitee_email": "vera@example.com",
                "invitee_timezone": "UTC", "answers": answers })
    };
    let refused = scene.tenant.owner.post("/bookings", body(json!({ "topics": ["Cellar"] }))).await.expect(422);
    assert_eq!(wrong(&refused), [("answers.topics".to_owned(), "invalid".to_owned())]);
    let made = scene.tenant.owner.post("/bookings", body(json!({ "topics": ["Roof"] }))).await.expect(201).json;
    assert_eq!(made["answers"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn questions_are_checked_and_copied() {
    let scene = scene().await;
    let copy = scene.tenant.owner.post(&format!("{}/copies", scene.event_type), json!({})).await.expect(201).json;
    let original = scene.tenant.owner.get(&scene.event_type).await.expect(200).json;
    assert_eq!(copy["questions"], original["questions"]);
    assert_eq!(copy["questions"].as_array().map(Vec::len), Some(4));
    let wrong_ones = json!({ "questions": [
        { "label": "", "kind": "text" },
        { "label": "Colour", "kind": "select", "options": [] },
        { "label": "Early", "kind": "text", "conditions": [{ "question": "later", "operator": "is_answered" }] },
        { "label": "Later", "kind": "text" },
    ] });
    let refused = scene.tenant.owner.patch(&scene.event_type, &original["version"], wrong_ones).await.expect(422);
    let fields: Vec<_> = wrong(&refused).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["questions.0.label", "questions.1.options", "questions.2.conditions.0.question"]);
}

#[tokio::test]
async fn the_form_asks_without_script_and_keeps_what_was_typed() {
    let scene = scene().await;
    let path = format!("/b/{}/intro/book?lang=en", scene.slug);
    let form = scene.visitor.get(&format!("{path}&start=2031-09-09T11:00Z&tz=UTC&name=Vera&q_your_company=Acme")).await.expect(200).text;
    for shown in ["value=\"Vera\"", "value=\"Acme\"", "As on the invoice", "type=\"checkbox\" name=\"q_topics\" value=\"Roof\""] {
        assert!(form.contains(shown), "{shown}: {form}");
    }
    let basic = [("start", "2031-09-09T09:00:00Z"), ("tz", "UTC"), ("key", "0123456789abcdef"), ("name", "Vera")];
    let with = |more: &[(&'static str, &'static str)]| basic.iter().chain(more).copied().collect::<Vec<_>>();
    let typed = with(&[("q_topics", "Roof"), ("q_topics", "Walls"), ("q_age", "<old>"), ("q_gone", "x")]);
    let refused = scene.visitor.form(&path, &[], &typed).await.expect(422).text;
    for id in ["email-error", "q_your_company-error", "q_age-error", "q_terms-error"] {
        assert!(refused.contains(id), "all that is wrong is named at once, {id}: {refused}");
    }
    assert!(!refused.contains("q_topics-error") && !refused.contains("<old>"), "{refused}");
    assert!(refused.contains("value=\"Roof\" checked") && refused.contains("value=\"Walls\" checked"), "{refused}");
    let good =
        with(&[("email", "vera@example.com"), ("q_your_company", "Acme"), ("q_topics", "Walls"), ("q_age", ""), ("q_terms", "true")]);
    let sent = scene.visitor.form(&path, &[], &good).await.expect(303);
    let again = scene.visitor.form(&path, &[], &good).await.expect(303);
    assert_eq!(sent.headers["location"], again.headers["location"], "sent twice, booked once");
    let listed = scene.tenant.owner.get("/bookings").await.expect(200).json;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed["items"][0]["answers"].as_array().map(Vec::len), Some(3));
}

//! Workflows: what starts them, what they do and do once, and what is refused.

use platform::jobs::When;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::bookings::mails_to;
use crate::client::{Client, Tenant, booking, new_password};
use crate::world::World;

struct Scene {
    world: World,
    tenant: Tenant,
    base: String,
    visitor: Client,
}

async fn scene() -> Scene {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let visitor = Client::anonymous(&world);
    Scene { world, tenant, visitor, base: format!("/public/organizers/{slug}/event-types/intro") }
}

fn mail(subject: &str) -> Value {
    json!({ "name": subject, "kind": "send_email", "recipient": "invitee",
            "config": { "subject": subject, "text": "Hello {{ booking.invitee_name }}{{ contact.name }}, at {{ booking.time }}" } })
}

fn wait(minutes: i32, event: Option<&str>) -> Value {
    json!({ "name": "Wait", "kind": "wait", "config": { "minutes": minutes, "event": event } })
}

fn only_if(field: &str, value: &str) -> Value {
    json!({ "groups": [{ "rules": [{ "field": field, "op": "equals", "value": value }] }] })
}

impl Scene {
    async fn book(&self, start: &str, email: &str) -> Value {
        self.visitor.post(&format!("{}/bookings", self.base), booking(start, email)).await.expect(201).json
    }

    fn manage(&self, booked: &Value) -> String {
        format!("/public/bookings/{}", booked["manage_url"].as_str().and_then(|url| url.rsplit('/').next()).expect("a token"))
    }

    async fn workflow(&self, trigger: &str, delay_minutes: i32, steps: Value) -> Uuid {
        let new = json!({ "name": "Flow", "trigger": trigger, "delay_minutes": delay_minutes, "steps": steps });
        let made = self.tenant.owner.post("/workflows", new).await.expect(201);
        assert_eq!(made.json["is_active"], false);
        self.patch(made.id(), json!({ "is_active": true })).await;
        made.id()
    }

    async fn patch(&self, id: Uuid, changes: Value) {
        let path = format!("/workflows/{id}");
        let version = self.tenant.owner.get(&path).await.expect(200).json["version"].clone();
        self.tenant.owner.patch(&path, &version, changes).await.expect(200);
    }

    async fn executions(&self, workflow: Uuid) -> Vec<Value> {
        let page = self.tenant.owner.get(&format!("/workflows/{workflow}/executions")).await.expect(200);
        page.json["items"].as_array().expect("items").clone()
    }

    async fn steps(&self, execution: &Value) -> Vec<Value> {
        let id = execution["id"].as_str().expect("an id");
        let details = self.tenant.owner.get(&format!("/workflow-executions/{id}")).await.expect(200);
        details.json["steps"].as_array().expect("steps").clone()
    }

    /// The minute's look at the clock, and all that follows.
    async fn tick(&self) {
        let mut db = self.world.as_owner().await;
        platform::jobs::enqueue(&mut db, &automation::StartDueWorkflows {}, When::default()).await.expect("enqueued");
        self.world.settle().await;
    }

    async fn at(&mut self, instant: &str) {
        self.world.clock.set(instant.parse().expect("an instant"));
        self.tick().await;
        self.tenant.owner = Client::sign_in(&self.world, "acme@example.com", new_password(&self.world, "acme@example.com").await).await;
    }

    async fn subjects(&self, address: &str) -> Vec<String> {
        let mails = mails_to(&self.world, address).await.into_iter().map(|(mail, _)| mail);
        mails.filter(|mail| mail.kind == "workflow").map(|mail| mail.subject).collect()
    }

    async fn contact(&self, name: &str) -> Uuid {
        let new = json!({ "name": name, "email": format!("{name}@example.com") });
        self.tenant.owner.post("/contacts", new).await.expect(201).id()
    }
}

#[tokio::test]
async fn an_event_starts_it_once_and_each_step_is_logged() {
    let scene = scene().await;
    let notify =
        json!({ "name": "Tell", "kind": "notify", "recipient": "owner", "config": { "text": "{{ booking.invitee_name }} booked" } });
    let set = json!({ "name": "Mark", "kind": "set_field", "config": { "field": "contact.lifecycle", "value": "customer" } });
    let mut left_out = mail("Never");
    left_out["conditions"] = only_if("booking.status", "cancelled");
    let id = scene.workflow("booking.created", 0, json!([mail("Thanks {{ booking.invitee_name }}"), left_out, notify, set])).await;
    scene.book("2031-09-09T09:00:00Z", "vera@example.com").await;
    scene.world.settle().await;
    scene.world.settle().await;
    assert_eq!(scene.subjects("vera@example.com").await, ["Thanks Vera Visitor"]);
    let (mail, _) = mails_to(&scene.world, "vera@example.com").await.into_iter().find(|(mail, _)| mail.kind == "workflow").expect("a mail");
    assert!(mail.text.contains("Hello Vera Visitor") && mail.text.contains("6:00"), "{}", mail.text);
    let told = scene.tenant.owner.get("/notifications").await.expect(200);
    assert!(told.text.contains("Vera Visitor booked"), "{}", told.text);
    let contact = scene.tenant.owner.get("/contacts?q=vera").await.expect(200);
    assert_eq!(contact.json["items"][0]["lifecycle"], "customer");

    let executions = scene.executions(id).await;
    assert_eq!((executions.len(), &executions[0]["status"], &executions[0]["actions_executed"]), (1, &json!("succeeded"), &json!(3)));
    let steps = scene.steps(&executions[0]).await;
    let statuses: Vec<_> = steps.iter().map(|step| step["status"].as_str().expect("a status")).collect();
    assert_eq!(statuses, ["succeeded", "skipped", "succeeded", "succeeded"]);
    assert_eq!(steps[0]["input"]["to"], json!(["vera@example.com"]));
    let workflow = scene.tenant.owner.get(&format!("/workflows/{id}")).await.expect(200);
    assert_eq!((&workflow.json["total_executions"], &workflow.json["successful_executions"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn the_clock_starts_it_once_for_each_time_and_follows_moves() {
    let mut scene = scene().await;
    let id = scene.workflow("booking.before_start", 60, json!([mail("Soon")])).await;
    let moved = scene.book("2031-09-09T09:00:00Z", "moved@example.com").await;
    let gone = scene.book("2031-09-09T11:00:00Z", "gone@example.com").await;
    scene.book("2031-09-09T12:00:00Z", "stays@example.com").await;
    scene.world.settle().await;
    scene.visitor.post(&format!("{}/cancellation", scene.manage(&gone)), json!({})).await.expect(200);
    scene.at("2031-09-09T08:00:00Z").await;
    assert_eq!(scene.subjects("moved@example.com").await, ["Soon"]);
    scene.tick().await;
    assert_eq!(scene.subjects("moved@example.com").await.len(), 1, "one moment is looked at once");
    scene.visitor.post(&format!("{}/reschedulings", scene.manage(&moved)), json!({ "start": "2031-09-09T13:00:00Z" })).await.expect(200);
    // After hours without a worker, all that has come due meanwhile; what has begun already needs no reminder.
    scene.at("2031-09-09T12:30:00Z").await;
    assert_eq!(scene.subjects("moved@example.com").await.len(), 2, "its new time is another moment");
    assert_eq!(scene.subjects("gone@example.com").await.len(), 0);
    assert_eq!(scene.subjects("stays@example.com").await.len(), 0, "it has begun");
    assert_eq!(scene.executions(id).await.len(), 2);
}

#[tokio::test]
async fn what_ended_and_who_was_not_heard_of_start_it_too() {
    let mut scene = scene().await;
    let after = scene.workflow("booking.after_end", 60, json!([mail("Thanks")])).await;
    let quiet = scene.workflow("contact.inactive", 7 * 24 * 60, json!([mail("Still there?")])).await;
    scene.book("2031-09-09T09:00:00Z", "vera@example.com").await;
    let bea = scene.contact("bea").await;
    // The database's own clock stamps contacts.
    sqlx::query("UPDATE contacts.contacts SET created_at = $1 WHERE id = $2")
        .bind(scene.world.now())
        .bind(bea)
        .execute(&mut scene.world.as_owner().await)
        .await
        .expect("aged");
    scene.world.settle().await;
    scene.at("2031-09-09T10:29:00Z").await;
    assert_eq!(scene.executions(after).await.len(), 0);
    scene.at("2031-09-09T10:30:00Z").await;
    assert_eq!(scene.subjects("vera@example.com").await, ["Thanks"]);
    for day in 10..=16 {
        scene.at(&format!("2031-09-{day}T10:30:00Z")).await;
    }
    assert_eq!(scene.subjects("bea@example.com").await, ["Still there?"]);
    assert_eq!(scene.executions(quiet).await.len(), 2, "the contact of the booking, by its booking, and the other");
}

#[tokio::test]
async fn it_waits_for_a_time_or_an_event_and_knows_which_came() {
    let mut scene = scene().await;
    let (mut came, mut none) = (mail("Moved"), mail("Not moved"));
    came["conditions"] = only_if("steps.1.outcome", "event");
    none["conditions"] = only_if("steps.1.outcome", "timeout");
    let id = scene.workflow("booking.created", 0, json!([wait(120, Some("booking.rescheduled")), came, none])).await;
    let moved = scene.book("2031-09-09T09:00:00Z", "moved@example.com").await;
    scene.book("2031-09-09T11:00:00Z", "left@example.com").await;
    scene.world.settle().await;
    assert!(scene.executions(id).await.iter().all(|one| one["status"] == "waiting"));
    scene.visitor.post(&format!("{}/reschedulings", scene.manage(&moved)), json!({ "start": "2031-09-09T13:00:00Z" })).await.expect(200);
    scene.world.settle().await;
    assert_eq!(scene.subjects("moved@example.com").await, ["Moved"]);
    assert!(scene.subjects("left@example.com").await.is_empty());
    scene.at("2031-09-08T08:01:00Z").await;
    assert_eq!(scene.subjects("left@example.com").await, ["Not moved"]);
    assert_eq!(scene.subjects("moved@example.com").await.len(), 1);
}

#[tokio::test]
async fn what_runs_finishes_as_it_began_and_can_be_ended_and_repeated() {
    let mut scene = scene().await;
    let id = scene.workflow("contact.created", 0, json!([wait(60, None), mail("Old")])).await;
    scene.contact("bea").await;
    scene.contact("cas").await;
    scene.world.settle().await;
    scene.patch(id, json!({ "steps": [mail("New")] })).await;
    let executions = scene.executions(id).await;
    let cancelled = format!("/workflow-executions/{}/cancellations", executions[0]["id"].as_str().expect("an id"));
    scene.tenant.owner.post(&cancelled, json!({})).await.expect(201);
    assert_eq!(scene.tenant.owner.post(&cancelled, json!({})).await.expect(409).code(), "execution_over");
    scene.at("2031-09-08T07:01:00Z").await;
    assert_eq!(scene.subjects("bea@example.com").await, ["Old"]);
    assert!(scene.subjects("cas@example.com").await.is_empty());
    let again = format!("/workflow-executions/{}/repetitions", executions[0]["id"].as_str().expect("an id"));
    let made = scene.tenant.owner.post(&again, json!({})).await.expect(201);
    assert_eq!(made.json["revision"], 2);
    scene.world.settle().await;
    assert_eq!(scene.subjects("cas@example.com").await, ["New"]);
}

#[tokio::test]
async fn a_step_that_fails_ends_it_or_not_and_others_can_ask() {
    let scene = scene().await;
    let to_nobody = |on_failure: &str| {
        let mut step = mail("Nobody");
        step["on_failure"] = json!(on_failure);
        step
    };
    let mut after =
        json!({ "name": "Tell", "kind": "notify", "recipient": "owner", "config": { "text": "{{ contact.name }} has no address" } });
    after["conditions"] = only_if("steps.1.status", "failed");
    let stops = scene.workflow("contact.created", 0, json!([to_nobody("stop"), after.clone()])).await;
    let goes_on = scene.workflow("contact.created", 0, json!([to_nobody("continue"), after])).await;
    scene.tenant.owner.post("/contacts", json!({ "name": "Bea" })).await.expect(201);
    scene.world.settle().await;
    let (stopped, gone_on) = (scene.executions(stops).await, scene.executions(goes_on).await);
    assert_eq!((&stopped[0]["status"], &gone_on[0]["status"]), (&json!("failed"), &json!("failed")));
    assert_eq!((scene.steps(&stopped[0]).await.len(), scene.steps(&gone_on[0]).await.len()), (1, 2));
    let told = scene.tenant.owner.get("/notifications").await.expect(200);
    assert!(told.text.contains("Bea has no address"), "{}", told.text);
}

#[tokio::test]
async fn circles_are_refused_when_saved_and_when_they_run() {
    let scene = scene().await;
    let start = |id: Uuid| json!([{ "name": "Next", "kind": "start_workflow", "config": { "workflow_id": id } }]);
    let first = scene.workflow("contact.created", 0, json!([mail("First")])).await;
    let second = scene.workflow("contact.archived", 0, start(first)).await;
    let path = format!("/workflows/{first}");
    let version = scene.tenant.owner.get(&path).await.expect(200).json["version"].clone();
    for circle in [first, second] {
        let refused = scene.tenant.owner.patch(&path, &version, json!({ "steps": start(circle) })).await.expect(422);
        assert_eq!(refused.json["errors"][0]["code"], "circular");
    }
    assert_eq!(scene.tenant.owner.delete(&path).await.expect(409).code(), "workflow_in_use", "the second one starts it");

    // No graph shows this one: the change that it makes is what starts it.
    let set = json!([{ "name": "Note", "kind": "set_field", "config": { "field": "contact.notes", "value": "{{ contact.notes }}x" } }]);
    let circle = scene.workflow("contact.updated", 0, set).await;
    let contact = scene.contact("bea").await;
    scene.tenant.owner.patch(&format!("/contacts/{contact}"), &json!(1), json!({ "job_title": "Chief" })).await.expect(200);
    scene.world.settle().await;
    let statuses: Vec<_> = scene.executions(circle).await.iter().map(|one| one["status"].clone()).collect();
    assert_eq!(statuses, ["refused", "succeeded"]);
    assert_eq!(scene.tenant.owner.get(&format!("/contacts/{contact}")).await.expect(200).json["notes"], "x");
}

#[tokio::test]
async fn one_workflow_starts_another_and_conditions_of_its_own_hold() {
    let scene = scene().await;
    let second = scene.workflow("contact.archived", 0, json!([mail("Second")])).await;
    let start = json!([{ "name": "Next", "kind": "start_workflow", "config": { "workflow_id": second } }]);
    let first = scene.workflow("contact.created", 0, start).await;
    scene.patch(first, json!({ "conditions": only_if("contact.name", "bea") })).await;
    scene.contact("bea").await;
    scene.contact("cas").await;
    scene.world.settle().await;
    assert_eq!(scene.subjects("bea@example.com").await, ["Second"]);
    assert!(scene.subjects("cas@example.com").await.is_empty());
    let statuses: Vec<_> = scene.executions(first).await.iter().map(|one| one["status"].clone()).collect();
    assert_eq!(statuses, ["skipped", "succeeded"]);
}

#[tokio::test]
async fn a_test_shows_everything_and_sends_nothing() {
    let scene = scene().await;
    scene.book("2031-09-09T09:00:00Z", "vera@example.com").await;
    scene.world.settle().await;
    let new = json!({ "name": "Flow", "trigger": "booking.created", "steps": [wait(5, None), mail("Hi {{ booking.invitee_name }}")] });
    let id = scene.tenant.owner.post("/workflows", new).await.expect(201).id();
    let samples = scene.tenant.owner.get(&format!("/workflows/{id}/samples")).await.expect(200).json["items"].clone();
    let tested = json!({ "subject_id": samples[0]["id"] });
    let test = scene.tenant.owner.post(&format!("/workflows/{id}/tests"), tested).await.expect(200).json;
    assert_eq!((&test["runs"], &test["steps"][1]["input"]["subject"]), (&json!(true), &json!("Hi Vera Visitor")));
    scene.world.settle().await;
    assert!(scene.subjects("vera@example.com").await.is_empty() && scene.executions(id).await.is_empty());
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_when_saved() {
    let scene = scene().await;
    let step = |kind: &str, config: Value| json!({ "name": "Step", "kind": kind, "recipient": "invitee", "config": config });
    let asked = |field: &str, op: &str, value: &str| json!({ "groups": [{ "rules": [{ "field": field, "op": op, "value": value }] }] });
    let base = json!({ "name": "Flow", "trigger": "booking.created" });
    for (field, at, value) in [
        ("trigger", "trigger", json!("booking.exploded")),
        ("trigger", "trigger", json!("workflow.created")),
        ("delay_minutes", "delay_minutes", json!(-1)),
        ("conditions", "conditions.groups.0.rules.0.field", asked("booking.secret", "equals", "x")),
        ("conditions", "conditions.groups.0.rules.0.op", asked("booking.status", "greater", "x")),
        ("conditions", "conditions.groups.0.rules.0.value", asked("booking.duration_minutes", "less", "long")),
        ("conditions", "conditions.groups.0.rules.0.field", asked("steps.1.status", "equals", "failed")),
        ("steps", "steps.0.config.subject", json!([step("send_email", json!({ "text": "x" }))])),
        ("steps", "steps.0.config.text", json!([step("send_email", json!({ "subject": "x", "text": "{{ oops" }))])),
        ("steps", "steps.0.recipient", json!([step("notify", json!({ "text": "x" }))])),
        ("steps", "steps.0.config.minutes", json!([step("wait", json!({}))])),
        ("steps", "steps.0.config.field", json!([step("set_field", json!({ "field": "contact.email", "value": "x" }))])),
        ("steps", "steps.0.config.value", json!([step("set_field", json!({ "field": "contact.lifecycle", "value": "king" }))])),
    ] {
        let mut body = base.clone();
        body[field] = value;
        let refused = scene.tenant.owner.post("/workflows", body.clone()).await.expect(422);
        assert_eq!(refused.json["errors"][0]["field"], at, "{body}");
    }
    let made = scene.tenant.owner.post("/workflows", base).await.expect(201);
    let path = format!("/workflows/{}", made.id());
    let refused = scene.tenant.owner.patch(&path, &json!(1), json!({ "is_active": true })).await.expect(422);
    assert_eq!(refused.json["errors"][0]["field"], "steps");
}

#[tokio::test]
async fn an_erased_contact_leaves_no_execution() {
    let scene = scene().await;
    let id = scene.workflow("contact.created", 0, json!([mail("Hi")])).await;
    let contact = scene.contact("bea").await;
    scene.world.settle().await;
    assert_eq!(scene.executions(id).await.len(), 1);
    let erased = json!({ "name": "bea" });
    let erasure = scene.tenant.owner.post(&format!("/privacy/contacts/{contact}/erasure"), erased).await;
    assert!(erasure.status.is_success(), "{}", erasure.text);
    assert!(scene.executions(id).await.is_empty());
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM automation.workflow_execution_steps")
        .fetch_one(&mut scene.world.as_owner().await)
        .await
        .expect("a count");
    assert_eq!(left, 0);
}

#[tokio::test]
async fn executions_go_after_the_workspaces_period() {
    let scene = scene().await;
    let id = scene.workflow("contact.created", 0, json!([mail("Hi")])).await;
    let waits = scene.workflow("contact.created", 0, json!([wait(525_600, None)])).await;
    scene.contact("bea").await;
    scene.world.settle().await;
    let mut db = scene.world.as_owner().await;
    sqlx::query("UPDATE automation.workflow_executions SET created_at = $1::timestamptz - interval '91 days'")
        .bind(scene.world.now())
        .execute(&mut db)
        .await
        .expect("aged");
    platform::retention::apply(&scene.world.app).await.expect("applied");
    assert!(scene.executions(id).await.is_empty());
    assert_eq!(scene.executions(waits).await.len(), 1, "what is under way stays");
}

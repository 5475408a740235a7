//! Booking mails in a workspace's own words.

use platform::mail::Mailer;
use serde_json::{Value, json};

use super::book;
use crate::client::{Answer, Client, Tenant};
use crate::platform::mime::Part;
use crate::platform::smtp::Server;
use crate::world::World;

fn confirmation(subject: &str, body: &str) -> Value {
    json!({ "name": "Ours", "kind": "booking_confirmation", "audience": "invitee", "language": "en", "subject": subject, "body": body })
}

async fn default_text(client: &Client, kind: &str, audience: &str, language: &str) -> Value {
    client.get(&format!("/message-template-defaults?kind={kind}&audience={audience}&language={language}")).await.expect(200).json
}

fn errors(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    answer.json["errors"].as_array().expect("errors").iter().map(|one| (text(&one["field"]), text(&one["code"]))).collect()
}

#[tokio::test]
async fn invitees_get_the_workspaces_words_and_an_organizers_come_before_them() {
    let server = Server::start(&[]).await;
    let world = World::with_mailer(Mailer { smtp: Some(server.smtp()) }).await;
    let tenant = Tenant::found(&world, "acme").await;
    tenant.organizer().await;
    let body = "Dear {{ invitee.name }},\n\n{% if booking.notes %}You wrote: {{ booking.notes }}{% endif %}\n\n{{ button('Change it', booking.manage_url) }}";
    let made = tenant.owner.post("/message-templates", confirmation("Welcome {{ invitee.name }}", body)).await.expect(201);
    assert_eq!(made.json["required_placeholders"], json!(["booking.manage_url"]));
    assert_eq!(tenant.owner.post("/message-templates", confirmation("Twice", body)).await.expect(409).code(), "template_exists");

    let newest = || {
        let all = server.received();
        let to_vera = all.iter().rev().find(|mail| mail.to == "vera@example.com").expect("a mail");
        Part::parse(&to_vera.data)
    };
    let path = "/public/organizers/acme-page/event-types/intro/bookings";
    let mut hostile = crate::client::booking("2031-09-09T09:00:00Z", "vera@example.com");
    hostile["name"] = json!("Vera <b>bold</b>");
    hostile["notes"] = json!("{{ booking.manage_url }} <script>");
    Client::anonymous(&world).post(path, hostile).await.expect(201);
    world.settle().await;
    let mail = newest();
    assert_eq!(mail.header("subject").as_deref(), Some("Welcome Vera <b>bold</b>"));
    let (plain, html) = (mail.find("text/plain"), mail.find("text/html"));
    assert!(plain.contains("Dear Vera <b>bold</b>") && plain.contains("/b/m/"), "{plain}");
    assert!(plain.contains("You wrote: {{ booking.manage_url }} <script>"), "what people write is no template: {plain}");
    assert!(!html.contains("<b>bold") && !html.contains("<script") && html.contains("Change it"), "{html}");
    assert!(!mail.find("text/calendar").is_empty(), "the invitation goes with it");

    let mut own = confirmation("From me, {{ organizer.name }}", body);
    own["owner_id"] = json!(tenant.owner_id);
    let own = tenant.owner.post("/message-templates", own).await.expect(201);
    book(&world, &tenant, "2031-09-09T10:00:00Z").await;
    world.settle().await;
    assert!(newest().header("subject").expect("a subject").starts_with("From me, "));

    // Whoever has rights to what is his or her own sees the workspace's texts, changes none of them, and finds nobody else's.
    let (_, contributor) = tenant.member(&world, "contributor").await;
    let seen = contributor.get("/message-templates").await.expect(200).json;
    assert_eq!(seen["items"].as_array().map(Vec::len), Some(1), "{seen}");
    let remove = async |id: uuid::Uuid| {
        contributor.send(reqwest::Method::DELETE, &format!("/message-templates/{id}"), &[("if-match", "*")], None).await
    };
    remove(made.id()).await.expect(403);
    remove(own.id()).await.expect(404);

    // Removed, the usual words come back.
    for id in [own.id(), made.id()] {
        let path = format!("/message-templates/{id}");
        tenant.owner.send(reqwest::Method::DELETE, &path, &[], None).await.expect(428);
        tenant.owner.send(reqwest::Method::DELETE, &path, &[("if-match", "\"1\"")], None).await.expect(204);
    }
    book(&world, &tenant, "2031-09-09T11:00:00Z").await;
    world.settle().await;
    assert!(newest().header("subject").expect("a subject").starts_with("Confirmed: "));
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_when_it_is_saved() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let link = "{{ booking.manage_url }}";
    for (subject, body, wanted) in [
        ("Hi", "Hello", ("body", "missing_placeholder")),
        ("Hi", "{{ booking.wen }} {{ booking.manage_url }}", ("body", "unknown_placeholder")),
        ("Hi {{ nobody.name }}", link, ("subject", "unknown_placeholder")),
        ("Hi", "{% if booking.notes %} {{ booking.manage_url }}", ("body", "invalid_template")),
        (
            "Hi",
            "{% for a in range(9999) %}{% for b in range(9999) %}{{ booking.manage_url }}{% endfor %}{% endfor %}",
            ("body", "invalid_template"),
        ),
        ("Hi", "{% include '/etc/passwd' %}{{ booking.manage_url }}", ("body", "invalid_template")),
        ("", link, ("subject", "required")),
    ] {
        let refused = tenant.owner.post("/message-templates", confirmation(subject, body)).await.expect(422);
        assert_eq!(errors(&refused), [(wanted.0.to_owned(), wanted.1.to_owned())], "{subject} {body}: {}", refused.text);
    }
    let refused =
        tenant.owner.post("/message-templates", confirmation("Hi", "{{ booking.wen }} {{ booking.manage_url }}")).await.expect(422);
    assert!(refused.text.contains("booking.wen"), "the field is named: {}", refused.text);
    let made = tenant.owner.post("/message-templates", confirmation("Hi", link)).await.expect(201);
    let path = format!("/message-templates/{}", made.id());
    tenant.owner.patch(&path, &json!(1), json!({ "body": "Nothing" })).await.expect(422);
    let changed = tenant.owner.patch(&path, &json!(1), json!({ "subject": "Hello" })).await.expect(200);
    assert_eq!((&changed.json["subject"], &changed.json["version"]), (&json!("Hello"), &json!(2)));
    tenant.owner.patch(&path, &json!(1), json!({ "subject": "Late" })).await.expect(412);
    let (_, contributor) = tenant.member(&world, "contributor").await;
    contributor.patch(&path, &json!(2), json!({ "subject": "Mine" })).await.expect(403);
    contributor.post("/message-templates", confirmation("Hi", link)).await.expect(403);
}

/// Every text that one begins with is one that can be saved, and says what is sent otherwise.
#[tokio::test]
async fn the_texts_to_begin_with_can_be_saved_and_shown() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    tenant.organizer().await;
    let draft = json!({ "kind": "booking_confirmation", "audience": "invitee", "subject": "Hi", "body": "{{ booking.manage_url }}" });
    assert_eq!(tenant.owner.post("/message-template-previews", draft).await.expect(409).code(), "no_booking");
    book(&world, &tenant, "2031-09-09T09:00:00Z").await;
    for kind in
        ["booking_request", "booking_confirmation", "booking_rescheduled", "booking_cancellation", "booking_declined", "booking_reminder"]
    {
        for audience in ["invitee", "organizer"] {
            for language in ["en", "pt-BR", "nl"] {
                let text = default_text(&tenant.owner, kind, audience, language).await;
                let new = json!({ "name": kind, "kind": kind, "audience": audience, "language": language, "subject": text["subject"], "body": text["body"] });
                tenant.owner.post("/message-templates", new).await.expect(201);
                let draft = json!({ "kind": kind, "audience": audience, "subject": text["subject"], "body": text["body"] });
                let shown = tenant.owner.post("/message-template-previews", draft).await.expect(200).json;
                let html = shown["html"].as_str().expect("HTML");
                assert!(!html.contains("{{") && html.contains("Intro call") && html.contains("href=\"http"), "{html}");
                assert!(shown["subject"].as_str().is_some_and(|subject| subject.contains("Intro call")), "{}", shown["subject"]);
            }
        }
    }
    let all = tenant.owner.get("/message-templates").await.expect(200).json;
    assert_eq!(all["items"].as_array().map(Vec::len), Some(36));
    tenant.owner.get("/message-template-defaults?kind=nothing&audience=invitee&language=en").await.expect(422);
}

#[tokio::test]
async fn a_test_goes_to_oneself_without_the_invitees_secret() {
    let server = Server::start(&[]).await;
    let world = World::with_mailer(Mailer { smtp: Some(server.smtp()) }).await;
    let tenant = Tenant::found(&world, "acme").await;
    tenant.organizer().await;
    book(&world, &tenant, "2031-09-09T09:00:00Z").await;
    world.settle().await;
    let before = server.received().len();
    let draft = json!({ "kind": "booking_confirmation", "audience": "invitee", "subject": "For {{ invitee.name }}", "body": "{{ booking.manage_url }}" });
    tenant.owner.post("/message-template-tests", draft.clone()).await.expect(201);
    world.settle().await;
    let all = server.received();
    assert_eq!((all.len(), all[before].to.as_str()), (before + 1, "acme@example.com"));
    let mail = Part::parse(&all[before].data);
    assert_eq!(mail.header("subject").as_deref(), Some("For Vera Visitor"));
    assert!(mail.find("text/plain").contains("/b/m/preview") && mail.find("text/calendar").is_empty());
    // Who may see own bookings alone is shown none of others.
    let (_, contributor) = tenant.member(&world, "contributor").await;
    contributor.post("/message-template-previews", draft).await.expect(409);
}

/// What was saved may fail later, as when a field is gone: people get the usual words, and whose text it is learns of it.
#[tokio::test]
async fn a_text_that_fails_is_replaced_and_told() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    tenant.organizer().await;
    tenant.owner.post("/message-templates", confirmation("Hi", "{{ booking.manage_url }}")).await.expect(201);
    sqlx::query("UPDATE messaging.notification_templates SET body = '{{ booking.gone }}'")
        .execute(&mut world.as_owner().await)
        .await
        .expect("changed");
    book(&world, &tenant, "2031-09-09T09:00:00Z").await;
    book(&world, &tenant, "2031-09-09T10:00:00Z").await;
    let kinds = super::kinds(&world, &tenant.owner).await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "message_template.failed").count(), 1, "{kinds:?}");
    let subjects: Vec<String> = sqlx::query_scalar("SELECT subject FROM directory.mails WHERE recipient = 'vera@example.com'")
        .fetch_all(&mut world.as_owner().await)
        .await
        .expect("mails");
    assert!(subjects.len() == 2 && subjects.iter().all(|subject| subject.starts_with("Confirmed: ")), "{subjects:?}");
}

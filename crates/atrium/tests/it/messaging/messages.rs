//! The log of messages, who wants none, and quiet hours.

use messaging::{Channel, Outgoing, Recipient, deliver};
use platform::TenantId;
use platform::mail::{Mailer, Person};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{book, choices};
use crate::client::{Client, Tenant};
use crate::platform::mime::Part;
use crate::platform::smtp::{Reply, Server};
use crate::world::World;

pub async fn log(client: &Client, query: &str) -> Vec<Value> {
    client.get(&format!("/messages{query}")).await.expect(200).json["items"].as_array().expect("items").clone()
}

/// A mail that is part of nothing that the recipient asked for.
fn news(email: &str) -> Outgoing {
    let to = Recipient::Address(Person { name: "Vera".to_owned(), email: email.to_owned() });
    Outgoing { is_transactional: false, ..Outgoing::new(Channel::Email, "news", to, "News", "Something new.\n\nRead on.") }
}

pub async fn send(world: &World, tenant: &Tenant, message: Outgoing) -> Option<Uuid> {
    let mut ctx = world.ctx(TenantId(tenant.id));
    let id = deliver(&mut ctx, message).await.expect("written");
    ctx.commit().await.expect("committed");
    world.settle().await;
    id
}

#[tokio::test]
async fn booking_mails_stand_in_the_log_with_what_the_server_said() {
    let server = Server::start(&[Reply::Recipient("550 no such user")]).await;
    let world = World::with_mailer(Mailer { smtp: Some(server.smtp()) }).await;
    let (tenant, other) = (Tenant::found(&world, "acme").await, Tenant::found(&world, "other").await);
    tenant.organizer().await;
    let (_, contributor) = tenant.member(&world, "contributor").await;
    world.settle().await;
    let before = server.received().len();
    book(&world, &tenant, "2031-09-09T09:00:00Z").await;
    world.settle().await;
    let booking = tenant.owner.get("/bookings").await.expect(200).json["items"][0]["id"].as_str().expect("an id").to_owned();
    let of_booking = log(&tenant.owner, &format!("?subject_id={booking}")).await;
    assert_eq!(of_booking.len(), 2, "{of_booking:?}");
    assert!(of_booking.iter().all(|one| one["subject_type"] == "booking" && one["kind"] == "booking_confirmation"));
    let status = |status: &str| of_booking.iter().filter(|one| one["status"] == status).collect::<Vec<_>>();
    let (bounced, sent) = (status("bounced"), status("sent"));
    assert_eq!((bounced.len(), sent.len()), (1, 1), "{of_booking:?}");
    assert!(bounced[0]["error"].as_str().expect("an error").contains("550") && bounced[0]["sent_at"].is_null());
    assert!(sent[0]["provider_response"].as_str().expect("an answer").starts_with("250"), "{}", sent[0]);
    assert_eq!((&sent[0]["attempts"], &sent[0]["user_id"]), (&json!(1), &json!(tenant.owner_id)));
    assert_eq!(server.received().len(), before + 1);

    // Filters, other people and other workspaces.
    assert_eq!(log(&tenant.owner, "?status=bounced").await.len(), 1);
    assert_eq!(log(&tenant.owner, "?channel=sms").await.len(), 0);
    assert_eq!(log(&tenant.owner, "?kind=booking_confirmation&recipient=VERA@example.com").await.len(), 1);
    assert_eq!(log(&other.owner, "").await.len(), 0);
    assert_eq!(log(&contributor, "").await.len(), 0, "others' messages are not shown to who sees only own ones");
    let path = format!("/messages/{}", bounced[0]["id"].as_str().expect("an id"));
    other.owner.get(&path).await.expect(404);
    contributor.get(&path).await.expect(404);
    contributor.post(&format!("{path}/retries"), json!({})).await.expect(404);

    // Sent again it arrives; what arrived is not sent again.
    let again = tenant.owner.post(&format!("{path}/retries"), json!({})).await.expect(201);
    assert_eq!(again.json["status"], "queued");
    world.settle().await;
    assert_eq!(tenant.owner.get(&path).await.expect(200).json["status"], "sent");
    assert_eq!(tenant.owner.post(&format!("{path}/retries"), json!({})).await.expect(409).code(), "not_retryable");
    assert_eq!(server.received().len(), before + 2);
}

#[tokio::test]
async fn who_unsubscribes_gets_no_more_news_and_still_what_was_booked() {
    let server = Server::start(&[]).await;
    let world = World::with_mailer(Mailer { smtp: Some(server.smtp()) }).await;
    let tenant = Tenant::found(&world, "acme").await;
    tenant.organizer().await;
    world.settle().await;
    let before = server.received().len();
    send(&world, &tenant, news("vera@example.com")).await.expect("an id");
    let mail = Part::parse(&server.received()[before].data);
    assert_eq!(mail.header("list-unsubscribe-post").as_deref(), Some("List-Unsubscribe=One-Click"));
    let link = mail.header("list-unsubscribe").expect("a link");
    let link = link.trim_matches(['<', '>']);
    let text = String::from_utf8(server.received()[before].data.clone()).expect("text").replace("=\r\n", "");
    assert!(text.contains("Unsubscribe"), "{text}");
    let path = link.rsplit_once("/b/u/").map(|(_, token)| format!("/b/u/{token}")).expect("a path");
    let visitor = Client::anonymous(&world);

    // Looking changes nothing; a link that is nobody's is not there.
    let page = visitor.get(&path).await.expect(200);
    assert!(page.text.contains("vera@example.com") && page.text.contains("<form"), "{}", page.text);
    let other_end = if path.ends_with('A') { "B" } else { "A" };
    visitor.get(&format!("{}{other_end}", &path[..path.len() - 1])).await.expect(404);
    send(&world, &tenant, news("vera@example.com")).await.expect("an id");
    assert_eq!(server.received().len(), before + 2);

    // As a mail program does it, without cookies and origin.
    visitor.form(&path, &[], &[("List-Unsubscribe", "One-Click")]).await.expect(200);
    visitor.form(&path, &[], &[("List-Unsubscribe", "One-Click")]).await.expect(200);
    send(&world, &tenant, news("Vera@Example.com")).await.expect("an id");
    assert_eq!(server.received().len(), before + 2);
    let newest = &log(&tenant.owner, "?kind=news").await[0];
    assert_eq!((&newest["status"], &newest["error"]), (&json!("suppressed"), &json!("unsubscribed")));
    book(&world, &tenant, "2031-09-09T09:00:00Z").await;
    world.settle().await;
    assert_eq!(log(&tenant.owner, "?kind=booking_confirmation&status=sent").await.len(), 2);

    // Another workspace's are its own, and the list can be changed.
    let other = Tenant::found(&world, "other").await;
    assert_eq!(other.owner.get("/suppressions").await.expect(200).json["items"], json!([]));
    let listed = tenant.owner.get("/suppressions?recipient=VERA@example.com").await.expect(200).json["items"].clone();
    assert_eq!((&listed[0]["reason"], &listed[0]["recipient"]), (&json!("unsubscribed"), &json!("vera@example.com")));
    let path = format!("/suppressions/{}", listed[0]["id"].as_str().expect("an id"));
    other.owner.delete(&path).await.expect(404);
    tenant.owner.delete(&path).await.expect(204);
    send(&world, &tenant, news("vera@example.com")).await.expect("an id");
    assert_eq!(log(&tenant.owner, "?kind=news&status=sent").await.len(), 3);
    for (channel, recipient) in [("email", "nobody"), ("sms", "0612345678"), ("in_app", "x")] {
        tenant.owner.post("/suppressions", json!({ "channel": channel, "recipient": recipient })).await.expect(422);
    }
}

#[tokio::test]
async fn a_key_counts_once_and_failures_are_written_down() {
    let world = World::new().await;
    let (tenant, other) = (Tenant::found(&world, "acme").await, Tenant::found(&world, "other").await);
    let keyed = || Outgoing { dedupe_key: Some("once".to_owned()), ..news("vera@example.com") };
    assert!(send(&world, &tenant, keyed()).await.is_some());
    assert!(send(&world, &tenant, keyed()).await.is_none());
    assert!(send(&world, &other, keyed()).await.is_some(), "a key is one workspace's");
    assert_eq!((log(&tenant.owner, "").await.len(), log(&other.owner, "?status=kept").await.len()), (1, 1));
    let number = || Recipient::Number("+31612345678".to_owned());
    for (channel, to, said) in [
        (Channel::Whatsapp, number(), "WhatsApp is not set up"),
        (Channel::Sms, number(), "no provider of SMS is set up"),
        (Channel::Email, number(), "a number is reached by SMS alone"),
        (Channel::Email, Recipient::Member(Uuid::nil()), "this member is not active"),
    ] {
        let id = send(&world, &tenant, Outgoing::new(channel, "test", to, "Hello", "Hello")).await.expect("written");
        let message = tenant.owner.get(&format!("/messages/{id}")).await.expect(200).json;
        assert_eq!((&message["status"], &message["error"]), (&json!("failed"), &json!(said)));
    }
    let in_app = Outgoing::new(Channel::InApp, "test", Recipient::Member(tenant.owner_id), "Look", "There is more");
    let id = send(&world, &tenant, in_app).await.expect("written");
    assert_eq!(tenant.owner.get(&format!("/messages/{id}")).await.expect(200).json["status"], "sent");
    let told = &super::told(&world, &tenant.owner).await[0];
    assert_eq!((&told["kind"], &told["facts"]["title"]), (&json!("message.received"), &json!("Look")));
}

#[tokio::test]
async fn in_quiet_hours_mails_wait_for_their_end_and_are_not_lost() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    // It is six in the morning in UTC.
    let mut quiet = choices();
    quiet["do_not_disturb"] = json!({ "enabled": true, "from": "22:00", "until": "07:30" });
    tenant.owner.put("/notification-preferences", Some(&json!(0)), quiet).await.expect(200);
    let me = tenant.owner.get("/me").await.expect(200).json;
    tenant.owner.patch("/me", &me["version"], json!({ "timezone": "UTC" })).await.expect(200);
    let to_me = || Outgoing::new(Channel::Email, "test", Recipient::Member(tenant.owner_id), "Hello", "Hello");
    let waits = send(&world, &tenant, to_me()).await.expect("written");
    let urgent = send(&world, &tenant, Outgoing { is_urgent: true, ..to_me() }).await.expect("written");
    let message = tenant.owner.get(&format!("/messages/{waits}")).await.expect(200).json;
    assert_eq!((&message["status"], &message["not_before"]), (&json!("queued"), &json!("2031-09-08T07:30:00Z")));
    assert_eq!(tenant.owner.get(&format!("/messages/{urgent}")).await.expect(200).json["status"], "kept");
    world.advance_minutes(91);
    let owner = Client::sign_in(&world, "acme@example.com", crate::client::new_password(&world, "acme@example.com").await).await;
    world.settle().await;
    assert_eq!(owner.get(&format!("/messages/{waits}")).await.expect(200).json["status"], "kept");
}

#[tokio::test]
async fn what_is_kept_of_a_person_goes_with_him_or_her() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    tenant.organizer().await;
    book(&world, &tenant, "2031-09-09T09:00:00Z").await;
    world.settle().await;
    assert_eq!(log(&tenant.owner, "").await.len(), 2);
    let booking = tenant.owner.get("/bookings").await.expect(200).json["items"][0]["id"].as_str().expect("an id").to_owned();
    tenant.owner.post(&format!("/bookings/{booking}/cancellation"), json!({})).await.expect(200);
    world.settle().await;
    assert_eq!(log(&tenant.owner, &format!("?subject_id={booking}")).await.len(), 4);
    let contact = tenant.owner.get("/contacts?q=vera").await.expect(200).json["items"][0].clone();
    let path = format!("/privacy/contacts/{}", contact["id"].as_str().expect("an id"));
    let export = tenant.owner.post(&format!("{path}/data-export"), json!({})).await.expect(200);
    assert!(export.text.contains("booking_confirmation"), "{}", export.text);
    tenant.owner.post(&format!("{path}/erasure"), json!({ "name": contact["name"] })).await.expect(200);
    assert_eq!(log(&tenant.owner, "").await.len(), 0);
}

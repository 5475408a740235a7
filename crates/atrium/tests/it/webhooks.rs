//! Outgoing webhooks against a receiver of the test.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::{HeaderMap, Response, StatusCode};
use data_encoding::BASE64;
use platform::App;
use platform::http_client::HttpClient;
use platform::state::Parts;
use ring::hmac;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::{Answer, Client, Tenant, new_password};
use crate::world::World;

#[derive(Clone)]
struct Received {
    id: String,
    timestamp: String,
    signatures: String,
    body: String,
}

impl Received {
    /// As the specification has it, with another implementation of HMAC and base64 than the program's.
    fn is_signed_with(&self, secret: &str) -> bool {
        let key = BASE64.decode(secret.strip_prefix("whsec_").expect("a secret").as_bytes()).expect("base64");
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        self.signatures.split(' ').any(|signature| {
            let mac = BASE64.decode(signature.strip_prefix("v1,").expect("a version").as_bytes()).expect("base64");
            hmac::verify(&key, format!("{}.{}.{}", self.id, self.timestamp, self.body).as_bytes(), &mac).is_ok()
        })
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// A status and headers.
type Told = (u16, Vec<(&'static str, String)>);

/// Answers what it is told to, in turn; 204 where nothing is left.
#[derive(Clone, Default)]
struct Receiver {
    answers: Arc<Mutex<VecDeque<Told>>>,
    received: Arc<Mutex<Vec<Received>>>,
    url: String,
}

impl Receiver {
    async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://127.0.0.1:{}/hook", listener.local_addr().expect("an address").port());
        let receiver = Self { url, ..Self::default() };
        let held = receiver.clone();
        let app = axum::Router::new().fallback(move |headers: HeaderMap, body: Bytes| {
            let held = held.clone();
            async move {
                let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
                held.received.lock().expect("whole").push(Received {
                    id: header("webhook-id"),
                    timestamp: header("webhook-timestamp"),
                    signatures: header("webhook-signature"),
                    body: String::from_utf8(body.to_vec()).expect("text"),
                });
                let (status, headers) = held.answers.lock().expect("whole").pop_front().unwrap_or((204, Vec::new()));
                let mut answer = Response::builder().status(StatusCode::from_u16(status).expect("a status"));
                for (name, value) in headers {
                    answer = answer.header(name, value);
                }
                answer.body(axum::body::Body::from(if status == 204 { String::new() } else { "x".repeat(5_000) })).expect("an answer")
            }
        });
        platform::task::detach(async move { axum::serve(listener, app).await.expect("served") });
        receiver
    }

    fn will_answer(&self, status: u16, times: usize) {
        self.answers.lock().expect("whole").extend((0..times).map(|_| (status, Vec::new())));
    }

    fn all(&self) -> Vec<Received> {
        self.received.lock().expect("whole").clone()
    }

    fn count(&self) -> usize {
        self.received.lock().expect("whole").len()
    }
}

async fn world() -> World {
    World::with(platform::mail::Mailer::default(), |config| config.private_webhooks = true).await
}

/// Signed in anew, where the session has ended by its age.
async fn again(world: &World) -> Client {
    Client::sign_in(world, "acme@example.com", new_password(world, "acme@example.com").await).await
}

async fn endpoint(tenant: &Tenant, receiver: &Receiver, kinds: &[&str]) -> Answer {
    tenant.owner.post("/webhook-endpoints", json!({ "url": receiver.url, "kinds": kinds })).await.expect(201)
}

async fn contact(tenant: &Tenant, name: &str) -> Uuid {
    tenant.owner.post("/contacts", json!({ "name": name, "email": format!("{name}@example.com") })).await.expect(201).id()
}

async fn deliveries(tenant: &Tenant, endpoint: Uuid, query: &str) -> Vec<Value> {
    let page = tenant.owner.get(&format!("/webhook-endpoints/{endpoint}/deliveries{query}")).await.expect(200);
    page.json["items"].as_array().expect("items").clone()
}

#[tokio::test]
async fn an_event_arrives_signed_and_is_logged() {
    let (world, receiver) = (world().await, Receiver::open().await);
    let tenant = Tenant::found(&world, "acme").await;
    let other = Tenant::found(&world, "other").await;
    let made = endpoint(&tenant, &receiver, &["contact.created"]).await;
    let secret = made.json["secret"].as_str().expect("a secret").to_owned();
    let read = tenant.owner.get(&format!("/webhook-endpoints/{}", made.id())).await.expect(200);
    assert!(!read.text.contains("whsec_") && read.json["secret"].is_null());
    let id = contact(&tenant, "bea").await;
    contact(&other, "cas").await;
    world.settle().await;

    let received = receiver.all();
    assert_eq!(received.len(), 1);
    assert!(received[0].is_signed_with(&secret));
    assert!(!received[0].is_signed_with(&format!("whsec_{}", BASE64.encode(&[0; 32]))));
    let body = received[0].json();
    assert_eq!((&body["type"], &body["data"]["contact_id"], &body["data"]["name"]), (&json!("contact.created"), &json!(id), &json!("bea")));
    assert_eq!(received[0].timestamp, world.now().as_second().to_string());
    let log = deliveries(&tenant, made.id(), "").await;
    assert_eq!(
        (&log[0]["status"], &log[0]["http_status"], &log[0]["event_id"]),
        (&json!("succeeded"), &json!(204), &json!(received[0].id))
    );
    let details = tenant.owner.get(&format!("/webhook-deliveries/{}", log[0]["id"].as_str().expect("an id"))).await.expect(200);
    assert_eq!((&details.json["payload"], details.json["attempt_log"].as_array().map(Vec::len)), (&body, Some(1)));
}

#[tokio::test]
async fn what_fails_is_tried_ten_times_over_three_days_and_replayed() {
    let (world, receiver) = (world().await, Receiver::open().await);
    let mut tenant = Tenant::found(&world, "acme").await;
    let made = endpoint(&tenant, &receiver, &["contact.created"]).await;
    receiver.will_answer(500, 10);
    contact(&tenant, "bea").await;
    let since = world.now();
    world.settle().await;
    assert_eq!(receiver.count(), 1);
    world.advance_minutes(4);
    world.settle().await;
    assert_eq!(receiver.count(), 2, "five seconds later, and not yet again");
    // Each wait with the fifth that chance may add.
    for minutes in [6, 37, 145, 361, 721, 1_009, 1_441, 1_729] {
        world.advance_minutes(minutes);
        world.settle().await;
    }
    assert_eq!(receiver.count(), 10);
    world.advance_minutes(29 * 60);
    world.settle().await;
    assert_eq!(receiver.count(), 10, "no further attempt");
    tenant.owner = again(&world).await;
    let log = deliveries(&tenant, made.id(), "?status=failed").await;
    assert_eq!((log.len(), &log[0]["attempts"], &log[0]["http_status"]), (1, &json!(10), &json!(500)));
    let id = log[0]["id"].as_str().expect("an id");
    let details = tenant.owner.get(&format!("/webhook-deliveries/{id}")).await.expect(200);
    assert_eq!(details.json["attempt_log"][0]["response_body"].as_str().map(str::len), Some(2_000));

    let replayed = tenant.owner.post(&format!("/webhook-endpoints/{}/replays", made.id()), json!({ "since": since })).await.expect(201);
    assert_eq!(replayed.json["count"], 1);
    world.settle().await;
    tenant.owner.post(&format!("/webhook-deliveries/{id}/replays"), json!({})).await.expect(201);
    world.settle().await;
    let received = receiver.all();
    assert_eq!(received.len(), 12);
    assert!(received.iter().all(|message| message.id == received[0].id && message.body == received[0].body));
    assert_eq!(deliveries(&tenant, made.id(), "?status=succeeded").await.len(), 1);
}

#[tokio::test]
async fn five_days_of_failure_switch_it_off_and_are_told() {
    let (world, receiver) = (world().await, Receiver::open().await);
    let mut tenant = Tenant::found(&world, "acme").await;
    let made = endpoint(&tenant, &receiver, &["contact.created"]).await;
    receiver.will_answer(503, 100);
    contact(&tenant, "bea").await;
    world.settle().await;
    world.advance_minutes(5 * 24 * 60 - 10);
    world.settle().await;
    let path = format!("/webhook-endpoints/{}", made.id());
    tenant.owner = again(&world).await;
    assert_eq!(tenant.owner.get(&path).await.expect(200).json["is_active"], true);
    world.advance_minutes(20);
    world.settle().await;
    let off = tenant.owner.get(&path).await.expect(200).json;
    assert_eq!((&off["is_active"], &off["disabled_reason"]), (&json!(false), &json!("failing")));
    let told = tenant.owner.get("/notifications").await.expect(200).json;
    assert_eq!(told["items"][0]["kind"], "webhook_endpoint.disabled", "{told}");
    let mails: i64 = sqlx::query_scalar("SELECT count(*) FROM directory.mails WHERE kind = 'webhook_disabled'")
        .fetch_one(&mut world.as_owner().await)
        .await
        .expect("mails");
    assert_eq!(mails, 1);
    let count = receiver.count();
    contact(&tenant, "cas").await;
    world.advance_minutes(29 * 60);
    world.settle().await;
    assert_eq!(receiver.count(), count, "nothing is sent to an endpoint that is off");
    tenant.owner = again(&world).await;
    tenant.owner.post(&format!("{path}/tests"), json!({})).await.expect(409);
}

#[tokio::test]
async fn gone_switches_it_off_and_a_redirect_is_not_followed() {
    let (world, receiver, elsewhere) = (world().await, Receiver::open().await, Receiver::open().await);
    let tenant = Tenant::found(&world, "acme").await;
    let made = endpoint(&tenant, &receiver, &["contact.created"]).await;
    receiver.answers.lock().expect("whole").push_back((307, vec![("location", elsewhere.url.clone())]));
    receiver.will_answer(410, 1);
    contact(&tenant, "bea").await;
    world.settle().await;
    assert_eq!((receiver.count(), elsewhere.count()), (1, 0));
    assert_eq!(deliveries(&tenant, made.id(), "").await[0]["http_status"], 307);
    world.advance_minutes(1);
    world.settle().await;
    let off = tenant.owner.get(&format!("/webhook-endpoints/{}", made.id())).await.expect(200).json;
    assert_eq!((&off["is_active"], &off["disabled_reason"]), (&json!(false), &json!("gone")));
    assert_eq!(deliveries(&tenant, made.id(), "").await[0]["status"], "failed");
}

#[tokio::test]
async fn the_receiver_says_when_to_come_back() {
    let (world, receiver) = (world().await, Receiver::open().await);
    let tenant = Tenant::found(&world, "acme").await;
    endpoint(&tenant, &receiver, &["contact.created"]).await;
    receiver.answers.lock().expect("whole").push_back((429, vec![("retry-after", "3600".to_owned())]));
    contact(&tenant, "bea").await;
    world.settle().await;
    world.advance_minutes(59);
    world.settle().await;
    assert_eq!(receiver.count(), 1);
    world.advance_minutes(2);
    world.settle().await;
    assert_eq!(receiver.count(), 2);
}

#[tokio::test]
async fn for_a_day_both_secrets_sign() {
    let (world, receiver) = (world().await, Receiver::open().await);
    let mut tenant = Tenant::found(&world, "acme").await;
    let made = endpoint(&tenant, &receiver, &["contact.created"]).await;
    let renewed = tenant.owner.post(&format!("/webhook-endpoints/{}/secrets", made.id()), json!({})).await.expect(201);
    let secrets = [&made, &renewed].map(|answer| answer.json["secret"].as_str().expect("a secret").to_owned());
    assert_ne!(secrets[0], secrets[1]);
    contact(&tenant, "bea").await;
    world.settle().await;
    world.advance_minutes(24 * 60 + 1);
    tenant.owner = again(&world).await;
    contact(&tenant, "cas").await;
    world.settle().await;
    let received = receiver.all();
    let signed = received.iter().map(|message| [message.is_signed_with(&secrets[0]), message.is_signed_with(&secrets[1])]);
    assert_eq!(signed.collect::<Vec<_>>(), [[true, true], [false, true]]);
    let kept: (bool,) = sqlx::query_as("SELECT EXISTS (SELECT FROM platform.audit_events e WHERE to_jsonb(e)::text LIKE '%whsec%')")
        .fetch_one(&mut world.as_owner().await)
        .await
        .expect("a look");
    assert!(!kept.0, "the trail holds a secret");
}

#[tokio::test]
async fn an_event_delivered_twice_and_a_job_run_twice_send_once() {
    let (world, receiver) = (world().await, Receiver::open().await);
    let tenant = Tenant::found(&world, "acme").await;
    let made = endpoint(&tenant, &receiver, &["contact.created"]).await;
    contact(&tenant, "bea").await;
    world.settle().await;
    let mut db = world.as_owner().await;
    sqlx::query("UPDATE platform.events SET dispatched_at = NULL WHERE kind = 'contact.created'").execute(&mut db).await.expect("again");
    world.settle().await;
    assert_eq!((receiver.count(), deliveries(&tenant, made.id(), "").await.len()), (1, 1));
    let again = "SELECT graphile_worker.add_job('SendWebhook', json_build_object('tenant_id', tenant_id::text, 'delivery_id', id, 'attempt', 0)) FROM automation.webhook_deliveries";
    sqlx::query(again).execute(&mut db).await.expect("a job");
    world.settle().await;
    assert_eq!(receiver.count(), 1);

    // As a program leaves it that was killed after the message went out and before that was written down.
    sqlx::query("DELETE FROM automation.webhook_attempts").execute(&mut db).await.expect("gone");
    sqlx::query("UPDATE automation.webhook_deliveries SET status = 'pending', attempts = 0, claimed_until = $1")
        .bind(world.now().plus_seconds(-1))
        .execute(&mut db)
        .await
        .expect("as before");
    sqlx::query(again).execute(&mut db).await.expect("a job");
    world.settle().await;
    let received = receiver.all();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].id, received[1].id, "the receiver can tell");
}

#[tokio::test]
async fn private_addresses_are_refused() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    for url in ["https://127.0.0.1/hook", "https://10.0.0.8/", "https://[::1]/", "http://example.com/", "https://0x7f000001/", "nonsense"] {
        let refused = tenant.owner.post("/webhook-endpoints", json!({ "url": url })).await.expect(422);
        assert_eq!(refused.json["errors"][0]["field"], "url", "{url}");
    }
    // A name that leads to this machine is found out when it is looked up.
    let made = tenant
        .owner
        .post("/webhook-endpoints", json!({ "url": "https://localhost:1/hook", "kinds": ["contact.created"] }))
        .await
        .expect(201);
    tenant.owner.post(&format!("/webhook-endpoints/{}/tests", made.id()), json!({})).await.expect(201);
    world.settle().await;
    let log = deliveries(&tenant, made.id(), "").await;
    assert_eq!((&log[0]["status"], &log[0]["http_status"]), (&json!("failed"), &json!(null)), "{log:?}");
    assert!(log[0]["error"].is_string(), "{log:?}");
    // Written while the instance allowed them, an address does not stay allowed.
    let open = App::new(Parts { http: HttpClient::allowing(|_: IpAddr| true), ..(*world.app).clone() });
    assert!(open.http.check_address("http://10.0.0.8/").is_ok() && world.app.http.check_address("http://10.0.0.8/").is_err());
}

#[tokio::test]
async fn what_goes_to_one_member_alone_is_not_offered_and_there_are_twenty_at_most() {
    let (world, receiver) = (world().await, Receiver::open().await);
    let tenant = Tenant::found(&world, "acme").await;
    let kinds = tenant.owner.get("/webhook-event-kinds").await.expect(200).text;
    assert!(kinds.contains("booking.created") && !kinds.contains("notification.created") && !kinds.contains("account.noticed"));
    let refused = json!({ "url": receiver.url, "kinds": ["notification.created"] });
    tenant.owner.post("/webhook-endpoints", refused).await.expect(422);
    for _ in 0..20 {
        endpoint(&tenant, &receiver, &["contact.created"]).await;
    }
    let more = tenant.owner.post("/webhook-endpoints", json!({ "url": receiver.url })).await.expect(409);
    assert_eq!(more.code(), "webhook_limit");
    contact(&tenant, "bea").await;
    world.settle().await;
    assert_eq!(receiver.count(), 20);
}

#[tokio::test]
async fn erasing_a_contact_takes_what_names_him_or_her_out_of_the_log() {
    let (world, receiver) = (world().await, Receiver::open().await);
    let tenant = Tenant::found(&world, "acme").await;
    let made = endpoint(&tenant, &receiver, &["contact.created"]).await;
    let (bea, _) = (contact(&tenant, "bea").await, contact(&tenant, "cas").await);
    world.settle().await;
    assert_eq!(deliveries(&tenant, made.id(), "").await.len(), 2);
    tenant.owner.post(&format!("/privacy/contacts/{bea}/erasure"), json!({ "name": "bea" })).await;
    world.settle().await;
    let left: Vec<String> =
        sqlx::query_scalar("SELECT body FROM automation.webhook_deliveries").fetch_all(&mut world.as_owner().await).await.expect("bodies");
    assert!(left.len() == 1 && left[0].contains("cas"), "{left:?}");
}

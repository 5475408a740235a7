//! SMS against a provider of the test.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use data_encoding::BASE64;
use messaging::{Channel, Outgoing, Recipient};
use platform::mail::Mailer;
use ring::hmac;
use serde_json::{Value, json};

use super::messages::{log, send};
use crate::client::{Client, Tenant};
use crate::world::World;

const TOKEN: &str = "secret-auth-token";

/// Names and values.
type Form = Vec<(String, String)>;

#[derive(Clone, Default)]
struct Provider {
    url: String,
    /// Status and body, in turn; accepted where nothing is left.
    answers: Arc<Mutex<Vec<(u16, Value)>>>,
    /// User and password, and what was asked.
    received: Arc<Mutex<Vec<(String, Form)>>>,
}

impl Provider {
    async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://127.0.0.1:{}", listener.local_addr().expect("an address").port());
        let provider = Self { url, ..Self::default() };
        let held = provider.clone();
        let app = axum::Router::new().fallback(move |headers: HeaderMap, body: Bytes| {
            let held = held.clone();
            async move {
                let login = headers["authorization"].to_str().expect("ascii").trim_start_matches("Basic ").to_owned();
                let login = String::from_utf8(BASE64.decode(login.as_bytes()).expect("base64")).expect("text");
                let form = url::form_urlencoded::parse(&body).into_owned().collect();
                let mut received = held.received.lock().expect("whole");
                received.push((login, form));
                let accepted = (201, json!({ "sid": format!("SM{}", received.len()), "status": "queued" }));
                let mut answers = held.answers.lock().expect("whole");
                let (status, body) = if answers.is_empty() { accepted } else { answers.remove(0) };
                (StatusCode::from_u16(status).expect("a status"), body.to_string())
            }
        });
        platform::task::detach(async move { axum::serve(listener, app).await.expect("served") });
        provider
    }

    fn will_answer(&self, status: u16, body: Value) {
        self.answers.lock().expect("whole").push((status, body));
    }

    fn all(&self) -> Vec<(String, Form)> {
        self.received.lock().expect("whole").clone()
    }
}

async fn scene() -> (World, Tenant, Provider) {
    let world = World::with(Mailer::default(), |config| config.private_webhooks = true).await;
    let (tenant, provider) = (Tenant::found(&world, "acme").await, Provider::open().await);
    let account = json!({ "account_sid": "AC123", "auth_token": TOKEN, "from_number": "+15005550006", "base_url": provider.url });
    let set = tenant.owner.put("/sms-settings", None, account).await.expect(200);
    assert!(!set.text.contains(TOKEN));
    (world, tenant, provider)
}

fn text(number: &str) -> Outgoing {
    Outgoing::new(Channel::Sms, "test", Recipient::Number(number.to_owned()), "", "See you at nine")
}

async fn status(tenant: &Tenant, id: uuid::Uuid) -> String {
    tenant.owner.get(&format!("/messages/{id}")).await.expect(200).json["status"].as_str().expect("a status").to_owned()
}

#[tokio::test]
async fn a_text_goes_out_and_the_provider_tells_that_it_arrived() {
    let (world, tenant, provider) = scene().await;
    let id = send(&world, &tenant, text("+31612345678")).await.expect("written");
    let (login, form) = provider.all()[0].clone();
    let field = |name: &str| form.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone()).unwrap_or_default();
    assert_eq!(login, format!("AC123:{TOKEN}"));
    assert_eq!((field("To"), field("From"), field("Body")), ("+31612345678".into(), "+15005550006".into(), "See you at nine".into()));
    let message = tenant.owner.get(&format!("/messages/{id}")).await.expect(200).json;
    assert_eq!(
        (&message["status"], &message["external_id"], &message["segments"], &message["attempts"]),
        (&json!("sent"), &json!("SM1"), &json!(1), &json!(1))
    );

    // Its news count only when they are signed.
    let callback = field("StatusCallback");
    let path = format!("/hooks/sms/{}", callback.split_once("/hooks/sms/").expect("a path").1);
    let news = |status: &'static str| [("MessageSid", "SM1"), ("MessageStatus", status)];
    let signature = |token: &str, status: &str| {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
        BASE64.encode(hmac::sign(&key, format!("{callback}MessageSidSM1MessageStatus{status}").as_bytes()).as_ref())
    };
    let visitor = Client::anonymous(&world);
    let forged = signature("another", "delivered");
    visitor.form(&path, &[("x-twilio-signature", &forged)], &news("delivered")).await.expect(404);
    visitor.form(&path, &[], &news("delivered")).await.expect(404);
    assert_eq!(status(&tenant, id).await, "sent");
    for (said, wanted) in [("sent", "sent"), ("delivered", "delivered"), ("sent", "delivered"), ("undelivered", "bounced")] {
        let signed = signature(TOKEN, said);
        visitor.form(&path, &[("x-twilio-signature", &signed)], &news(said)).await.expect(204);
        assert_eq!(status(&tenant, id).await, wanted, "after {said}");
    }
}

#[tokio::test]
async fn answers_decide_what_comes_next() {
    let (world, tenant, provider) = scene().await;
    provider.will_answer(503, json!({}));
    let id = send(&world, &tenant, text("+31612345678")).await.expect("written");
    // The queue waits before another attempt, but not by the clock of the test.
    let message = tenant.owner.get(&format!("/messages/{id}")).await.expect(200).json;
    assert_eq!((&message["status"], &message["attempts"], provider.all().len()), (&json!("sent"), &json!(2), 2));

    provider.will_answer(400, json!({ "code": 21211, "message": "Invalid 'To'" }));
    let wrong = send(&world, &tenant, text("+31612345679")).await.expect("written");
    assert_eq!(status(&tenant, wrong).await, "failed");
    assert_eq!(log(&tenant.owner, "?status=failed").await[0]["error"], "400: Invalid 'To' (21211)");
    tenant.owner.post(&format!("/messages/{wrong}/retries"), json!({})).await.expect(201);
    world.settle().await;
    assert_eq!(status(&tenant, wrong).await, "sent");

    // Who answered STOP is asked no more.
    provider.will_answer(400, json!({ "code": 21610, "message": "unsubscribed recipient" }));
    let stopped = send(&world, &tenant, text("+31612345670")).await.expect("written");
    assert_eq!(status(&tenant, stopped).await, "suppressed");
    let listed = tenant.owner.get("/suppressions").await.expect(200).json["items"].clone();
    assert_eq!(
        (&listed[0]["reason"], &listed[0]["channel"], &listed[0]["recipient"]),
        (&json!("stopped"), &json!("sms"), &json!("+31612345670"))
    );
    let asked = provider.all().len();
    let again = send(&world, &tenant, text("+31612345670")).await.expect("written");
    assert_eq!((status(&tenant, again).await.as_str(), provider.all().len()), ("suppressed", asked));
    let bare = send(&world, &tenant, text("0612345678")).await.expect("written");
    assert_eq!(status(&tenant, bare).await, "failed");
}

#[tokio::test]
async fn the_token_stays_with_the_account_that_it_was_given_for() {
    let (world, tenant, provider) = scene().await;
    let other = Tenant::found(&world, "other").await;
    other.owner.get("/sms-settings").await.expect(404);
    let (_, editor) = tenant.member(&world, "editor").await;
    editor.get("/sms-settings").await.expect(403);
    let settings = tenant.owner.get("/sms-settings").await.expect(200).json;
    let service = json!({ "account_sid": "AC123", "messaging_service_sid": "MG1", "base_url": provider.url });
    tenant.owner.put("/sms-settings", None, service.clone()).await.expect(428);
    let changed = tenant.owner.put("/sms-settings", Some(&settings["version"]), service).await.expect(200).json;
    send(&world, &tenant, text("+31612345678")).await.expect("written");
    assert!(provider.all()[0].1.contains(&("MessagingServiceSid".to_owned(), "MG1".to_owned())));
    for wrong in [
        json!({ "account_sid": "AC124", "from_number": "+15005550006", "base_url": provider.url }),
        json!({ "account_sid": "AC123", "from_number": "+15005550006" }),
        json!({ "account_sid": "AC123", "from_number": "0612345678", "base_url": provider.url }),
        json!({ "account_sid": "AC123", "from_number": "+15005550006", "messaging_service_sid": "MG1", "base_url": provider.url }),
        json!({ "account_sid": "../AC", "auth_token": "x", "from_number": "+15005550006", "base_url": provider.url }),
        json!({ "account_sid": "AC123", "auth_token": "x", "from_number": "+15005550006", "base_url": "ftp://example.com" }),
    ] {
        tenant.owner.put("/sms-settings", Some(&changed["version"]), wrong).await.expect(422);
    }
    let gone = [("if-match", "*")];
    tenant.owner.send(reqwest::Method::DELETE, "/sms-settings", &gone, None).await.expect(204);
    let id = send(&world, &tenant, text("+31612345678")).await.expect("written");
    assert_eq!(status(&tenant, id).await, "failed");
}

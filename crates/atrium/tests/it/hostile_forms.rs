//! Forms of the public pages with what no browser sends: each is refused by a page that says what is wrong, and changes nothing.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::any;
use http_body_util::BodyExt;
use reqwest::Method;
use serde_json::Value;
use tower::ServiceExt;

use crate::client::{Answer, Client, Tenant, booking};
use crate::world::{World, some_id};

const FORM: &str = "application/x-www-form-urlencoded";
const START: &str = "2031-09-12T09:00:00Z";

fn encoded(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

async fn send(visitor: &Client, path: &str, body: impl Into<Vec<u8>>) -> Answer {
    visitor.raw(Method::POST, path, FORM, body.into()).await
}

/// A page for people that says that much, with the headers of every page, and no more of the program than that.
#[track_caller]
fn is_page(at: &str, answer: &Answer, status: u16, words: &str) {
    assert_eq!(answer.status.as_u16(), status, "{at}: {}", answer.text);
    assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8", "{at}");
    assert_eq!(answer.headers["cache-control"], "no-store", "{at}");
    assert!(answer.headers.contains_key("content-security-policy") && answer.headers.contains_key("x-request-id"), "{at}");
    assert!(answer.text.contains("<h1") && answer.text.contains(words), "{at}: «{words}» is not in {}", answer.text);
    for inside in ["sqlx", "panicked", "/src/", "SELECT", "\"code\""] {
        assert!(!answer.text.contains(inside), "{at}: {inside}");
    }
}

/// All that a form could change.
async fn standing(world: &World) -> Value {
    sqlx::query_scalar(
        "SELECT jsonb_build_object(
             'bookings', (SELECT jsonb_agg(to_jsonb(b) ORDER BY id) FROM scheduling.bookings b),
             'occupancy', (SELECT jsonb_agg(to_jsonb(o) ORDER BY o::text) FROM scheduling.occupancy o),
             'contacts', (SELECT count(*) FROM contacts.contacts),
             'events', (SELECT count(*) FROM platform.events),
             'lines', (SELECT count(*) FROM platform.audit_events),
             'keys', (SELECT count(*) FROM platform.idempotency_keys))",
    )
    .fetch_one(&mut world.as_owner().await)
    .await
    .expect("all of it")
}

async fn booked(visitor: &Client, slug: &str, start: &str) -> String {
    let path = format!("/public/organizers/{slug}/event-types/intro/bookings");
    let made = visitor.post(&path, booking(start, "vera@example.com")).await.expect(201).json;
    made["manage_url"].as_str().and_then(|url| url.rsplit('/').next()).expect("a link").to_owned()
}

#[tokio::test]
async fn a_booking_form_that_is_wrong_books_nothing() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let visitor = Client::anonymous(&world);
    let path = format!("/b/{slug}/intro/book?lang=en");
    let good = [
        ("start", START),
        ("tz", "Europe/Lisbon"),
        ("key", "0123456789abcdef"),
        ("name", "Vera"),
        ("email", "vera@example.com"),
        ("phone", "+31612345678"),
        ("notes", "Hello"),
    ];
    let with = |field: &str, value: &str| -> String {
        encoded(&good.map(|(name, given)| if name == field { (name, value) } else { (name, given) }))
    };
    let (long, longer) = ("x".repeat(10_000), "é".repeat(12_000));
    let before = standing(&world).await;
    // Field, value, status, and what the page says.
    let wrong: [(&str, &str, u16, &str); 22] = [
        ("name", "Ve\0ra", 422, "name-error"),
        ("email", "vera\0@example.com", 422, "email-error"),
        ("phone", "+316\0", 422, "phone-error"),
        ("notes", "No\0tes", 422, "notes-error"),
        ("email", "vera@example.com\r\nBcc: all@example.com", 422, "email-error"),
        ("email", "vera\n@example.com", 422, "email-error"),
        ("name", "Vera\r\nX-Injected: 1", 422, "name-error"),
        ("name", "", 422, "name-error"),
        ("name", &long, 422, "name-error"),
        ("email", &format!("{long}@example.com"), 422, "email-error"),
        ("phone", &long, 422, "phone-error"),
        ("notes", &long, 422, "notes-error"),
        ("notes", &longer, 422, "notes-error"),
        ("tz", "Mars/Olympus", 422, "time zone"),
        ("tz", "Europe/Lisbon\0", 422, "time zone"),
        ("start", "2031-02-30T09:00:00Z", 422, "Choose"),
        ("start", "2031-09-12T09:00:00Z\0", 422, "Choose"),
        ("start", "tomorrow", 422, "Choose"),
        ("start", &long, 422, "Choose"),
        // Past, and off the grid of what is free.
        ("start", "2031-09-01T09:00:00Z", 422, "no longer free"),
        ("start", "1066-10-14T09:00:00Z", 422, "no longer free"),
        ("start", "2031-09-12T03:07:00Z", 409, "no longer free"),
    ];
    for (field, value, status, words) in wrong {
        let answer = send(&visitor, &path, with(field, value)).await;
        is_page(&format!("{field} {value:.30}"), &answer, status, words);
        assert!(answer.headers.get("x-injected").is_none());
    }
    // What is no form at all: bytes that are no UTF-8, too much of it, another kind.
    for (what, notes) in [("encoded", &b"%FF%C0"[..]), ("cut off", b"%C3"), ("bare", b"\xff")] {
        let form = [with("notes", "").as_bytes(), notes].concat();
        is_page(what, &send(&visitor, &path, form).await, 400, "could not be read");
    }
    is_page("over 96 kB", &send(&visitor, &path, with("notes", &"x".repeat(97 * 1024))).await, 413, "more text than we can take");
    is_page("a megabyte", &send(&visitor, &path, with("notes", &"x".repeat(1024 * 1024 + 1))).await, 413, "more text than we can take");
    is_page("JSON", &visitor.raw(Method::POST, &path, "application/json", b"{}".to_vec()).await, 415, "could not be read");
    is_page("twice the name", &send(&visitor, &path, format!("{}&name=Other", with("name", "Vera"))).await, 422, "could not be read");
    assert_eq!(standing(&world).await, before, "something was changed");
    assert_eq!(send(&visitor, &path, with("name", "Vera")).await.status, 303, "and the good one books");
}

#[tokio::test]
async fn a_form_about_a_booking_that_is_wrong_changes_nothing() {
    let world = World::new().await;
    let (tenant, other) = (Tenant::found(&world, "acme").await, Tenant::found(&world, "other").await);
    let ((slug, _), (theirs, _)) = (tenant.organizer().await, other.organizer().await);
    let visitor = Client::anonymous(&world);
    let (token, foreign) = (booked(&visitor, &slug, START).await, booked(&visitor, &theirs, START).await);
    // Our workspace and their secret, and the other way round.
    let decode = |text: &str| data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64");
    let crossed = |tenant: &str, secret: &str| {
        let bytes = [&decode(tenant)[..16], &decode(secret)[16..]].concat();
        data_encoding::BASE64URL_NOPAD.encode(&bytes)
    };
    let long = "x".repeat(10_000);
    let before = standing(&world).await;
    let nobody = data_encoding::BASE64URL_NOPAD.encode(&[some_id().as_bytes().as_slice(), &[7; 24]].concat());
    for wrong in [
        crossed(&token, &foreign),
        crossed(&foreign, &token),
        nobody,
        format!("{token}A"),
        "x%00y".to_owned(),
        "%FF".to_owned(),
        "x".repeat(3000),
    ] {
        for (action, field) in [("cancel", ("reason", "No time")), ("reschedule", ("start", "2031-09-15T09:00:00Z"))] {
            let answer = send(&visitor, &format!("/b/m/{wrong}/{action}?lang=en"), encoded(&[field])).await;
            is_page(&format!("{action} {wrong:.20}"), &answer, 404, "<h1");
        }
    }
    let cancel = format!("/b/m/{token}/cancel?lang=en");
    for reason in ["no\0time", &long] {
        is_page("reason", &send(&visitor, &cancel, encoded(&[("reason", reason)])).await, 422, "reason-error");
    }
    let reschedule = format!("/b/m/{token}/reschedule?lang=en");
    for (start, status) in [
        ("", 422),
        ("2031-02-30T09:00:00Z", 422),
        ("2031-09-15T09:00:00Z\0", 422),
        (&long, 422),
        ("2031-09-01T09:00:00Z", 422),
        ("2031-09-15T09:07:00Z", 409),
    ] {
        is_page(&format!("start {start:.30}"), &send(&visitor, &reschedule, encoded(&[("start", start)])).await, status, "<h1");
    }
    for path in [&cancel, &reschedule] {
        is_page(
            "over 96 kB",
            &send(&visitor, path, encoded(&[("reason", &"x".repeat(97 * 1024))])).await,
            413,
            "more text than we can take",
        );
        is_page("JSON", &visitor.raw(Method::POST, path, "application/json", b"{}".to_vec()).await, 415, "could not be read");
        is_page("no UTF-8", &send(&visitor, path, b"reason=%FF&start=%FF".to_vec()).await, 400, "could not be read");
    }
    assert_eq!(standing(&world).await, before, "something was changed");
    assert_eq!(send(&visitor, &cancel, encoded(&[("reason", "No time")])).await.status, 303);
}

/// What the layers around the pages refuse is a page too, in the visitor's language; the API keeps its problems.
#[tokio::test]
async fn layers_answer_visitors_with_pages() {
    let world = World::with(Default::default(), |config| config.rate_limit_factor = 1).await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let visitor = Client::anonymous(&world);
    let path = format!("/b/{slug}/intro/book");
    for (language, elsewhere) in [("en", "from another site"), ("nl", "vanaf een andere site"), ("pt-BR", "por outro site")] {
        let headers = [("accept-language", language), ("sec-fetch-site", "cross-site")];
        let answer = visitor.send(Method::POST, &path, &headers, None).await;
        is_page("cross-site", &answer, 403, elsewhere);
        assert_eq!(answer.headers["content-language"], language);
        let refused = visitor.send(Method::POST, &format!("/public/organizers/{slug}/event-types/intro/bookings"), &headers, None).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (403, "cross_site"), "the API answers as before");
    }
    let zipped = [("content-encoding", "gzip"), ("accept-language", "nl")];
    is_page("compressed", &visitor.send(Method::POST, &path, &zipped, None).await, 415, "Dit kon niet worden gelezen");
    let pages =
        futures_util::future::join_all((0..600).map(|_| visitor.send(Method::GET, "/b/nobody", &[("accept-language", "nl")], None))).await;
    let limited = pages.iter().find(|answer| answer.status == 429).expect("some of 600 at once are refused");
    is_page("limited", limited, 429, "Dat was veel tegelijk");
    assert!(limited.headers.contains_key("retry-after"));
}

/// A handler that panics, one that never answers, and more requests than there are places for.
#[tokio::test]
async fn faults_below_the_layers_are_pages() {
    let world = World::new().await;
    let inner = Router::new()
        .route("/b/panics", any(async || -> &'static str { panic!("secret words") }))
        .route("/b/waits", any(async || -> &'static str { std::future::pending().await }))
        .route("/api/v1/panics", any(async || -> &'static str { panic!("secret words") }));
    let health = atrium::health::Health { app: world.app.clone(), draining: std::sync::Arc::default() };
    let router = atrium::router::around(inner, health);
    let ask = async |path: &str| {
        let request = Request::get(path).header("accept-language", "pt-BR").body(Body::empty()).expect("a request");
        let response = router.clone().oneshot(request).await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        Answer { status, headers, json: serde_json::from_str(&text).unwrap_or(Value::Null), text }
    };
    let panicked = ask("/b/panics").await;
    is_page("panic", &panicked, 500, "Algo deu errado do nosso lado");
    let id = panicked.headers["x-request-id"].to_str().expect("ascii");
    assert!(panicked.text.contains(id) && !panicked.text.contains("secret words"), "{}", panicked.text);
    let problem = ask("/api/v1/panics").await;
    assert_eq!((problem.status.as_u16(), problem.code()), (500, "internal"));
    assert!(problem.headers.contains_key("content-security-policy"), "a fault has the headers of every answer");

    let mut answers: Vec<Answer> = futures_util::future::join_all((0..520).map(|_| ask("/b/waits"))).await;
    let waited = answers.pop().expect("the last one");
    for answer in [&waited, answers.first().expect("the first one")] {
        is_page("busy", answer, 503, "Não conseguimos responder a tempo");
        assert!(answer.headers.contains_key("retry-after"));
    }
    let patient = tokio::time::timeout(Duration::from_secs(5), ask("/b/panics")).await.expect("places are free again");
    assert_eq!(patient.status.as_u16(), 500);
}

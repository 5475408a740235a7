//! The program killed (`kill -9`) while bookings come in and their events are delivered. `bench crash` does the same for longer, with
//! the database's server too.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use rustix::process::Signal;
use serde_json::Value;

use crate::client::{Client, booking};
use crate::host::{Host, until_so};
use crate::program::{PATIENCE, ended, free_port, signal};

const ROUNDS: usize = 3;
/// In one round; it ends after fewer.
const BOOKINGS: usize = 36;
const ANSWERED_BEFORE_THE_KILL: usize = 10;

/// The booking's link where the program answered, and nothing where it was gone. The same number is the same request.
async fn book(http: &reqwest::Client, address: &str, number: usize, start: &str) -> Option<String> {
    let body = booking(start, &format!("v{number}@crash.example.com")).to_string();
    let request =
        http.post(address).header("content-type", "application/json").header("idempotency-key", format!("crash-{number}")).body(body);
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    let text = answer.text().await.ok()?;
    // While it starts and stops it may be busy; it never fails otherwise.
    assert!(matches!(status, 201 | 503), "{status}: {text}");
    let answer: Value = serde_json::from_str(&text).ok()?;
    (status == 201).then(|| answer["manage_url"].as_str().expect("a link").to_owned())
}

async fn counted(host: &Host, sql: &'static str) -> (i64, i64) {
    sqlx::query_as(sql).fetch_one(&mut host.as_owner().await).await.expect(sql)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_books_and_delivers_nothing_is_lost_or_doubled() {
    let host = Host::new().await;
    let port = free_port();
    let url = format!("http://localhost:{port}");
    let loaded = ["--rate-limit-factor", "1000"];
    let mut serving = host.serve(port, &loaded).await;
    let tenant = host.found(&url, "acme").await;
    tenant.organizer().await;
    let base = "/public/organizers/acme-page/event-types/intro";
    let from = platform::time::Clock::system().now().plus_seconds(24 * 3600);
    let path = format!("{base}/slots?from={from}&to={}", from.plus_seconds(20 * 24 * 3600));
    let slots = Client::at(&url).get(&path).await.expect(200).json;
    // Times are offered each quarter of an hour, and a booking takes two.
    let (mut starts, mut free_from): (Vec<String>, Option<platform::time::Timestamp>) = (Vec::new(), None);
    for start in slots["slots"].as_array().expect("slots").iter().filter_map(|slot| slot["start"].as_str()) {
        let at: platform::time::Timestamp = start.parse().expect("an instant");
        if starts.len() < ROUNDS * BOOKINGS && free_from.is_none_or(|free_from| at >= free_from) {
            starts.push(start.to_owned());
            free_from = Some(at.plus_seconds(30 * 60));
        }
    }
    assert_eq!(starts.len(), ROUNDS * BOOKINGS, "enough is free");
    let address = format!("{url}/api/v1{base}/bookings");
    #[expect(clippy::disallowed_methods, reason = "a test's own client, to this machine, whose connections break")]
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().expect("a client");

    let mut known: BTreeMap<usize, String> = BTreeMap::new();
    for round in 0..ROUNDS {
        let answered = AtomicUsize::new(0);
        let numbers = round * BOOKINGS..(round + 1) * BOOKINGS;
        let load = futures_util::stream::iter(numbers)
            .map(async |number| {
                let id = book(&http, &address, number, &starts[number]).await;
                answered.fetch_add(usize::from(id.is_some()), Ordering::SeqCst);
                (number, id)
            })
            .buffer_unordered(6)
            .collect::<Vec<_>>();
        let kill = async {
            while answered.load(Ordering::SeqCst) < ANSWERED_BEFORE_THE_KILL {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            signal(&serving, Signal::KILL);
        };
        let (answers, ()) = tokio::time::timeout(PATIENCE, async { tokio::join!(load, kill) }).await.expect("in time");
        assert!(answers.iter().any(|(_, id)| id.is_none()), "it was killed in the middle");
        known.extend(answers.into_iter().filter_map(|(number, id)| Some((number, id?))));
        assert!(!ended(&mut serving).await.success());
        serving = host.serve(port, &loaded).await;
    }

    let visitor = Client::at(&url);
    for (number, link) in &known {
        let token = link.rsplit('/').next().expect("a token");
        let kept = visitor.get(&format!("/public/bookings/{token}")).await.expect(200).json;
        assert_eq!(
            (&kept["status"], &kept["start"]),
            (&"confirmed".into(), &starts[*number].clone().into()),
            "answered with 201, and gone"
        );
    }
    // Who got no answer asks again, and is booked once, whether or not it was done.
    for (number, start) in starts.iter().enumerate() {
        let again = book(&http, &address, number, start).await.unwrap_or_else(|| panic!("no answer to {number}"));
        assert_eq!(known.get(&number).unwrap_or(&again), &again, "the same request has the same answer");
    }
    let all = i64::try_from(starts.len()).expect("a number");
    for sql in [
        "SELECT count(*), count(DISTINCT start_time) FROM scheduling.bookings",
        "SELECT count(*), count(DISTINCT ref_id) FROM scheduling.occupancy WHERE kind = 'booking'",
        "SELECT count(*), count(DISTINCT email_key) FROM contacts.contacts",
        "SELECT count(*), count(DISTINCT subject_id) FROM platform.events WHERE kind = 'booking.created'",
        "SELECT count(*), count(DISTINCT entity_id) FROM platform.audit_events WHERE action = 'booking.created'",
    ] {
        assert_eq!(counted(&host, sql).await, (all, all), "{sql}");
    }
    // Whichever process wrote a fact, its reactions happen, each once.
    until_so("every event is delivered", async || {
        counted(&host, "SELECT count(*) FILTER (WHERE dispatched_at IS NULL), 0::bigint FROM platform.events").await.0 == 0
    })
    .await;
    let mails = "SELECT count(*), count(DISTINCT recipient) FROM directory.mails WHERE recipient LIKE 'v%@crash.example.com'";
    assert_eq!(counted(&host, mails).await, (all, all), "each invitee has one mail");
    let (told, once) = counted(&host, "SELECT count(*), count(DISTINCT event_id) FROM messaging.notifications").await;
    assert!(told > 0 && told == once, "the organizer is told of each event once at most: {told}, {once}");
    signal(&serving, Signal::TERM);
    assert!(ended(&mut serving).await.success());
}

//! `serve` in two processes on one database, and on a database that goes away and comes back.

use platform::time::Clock;
use rustix::process::Signal;
use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::client::{Client, Tenant, booking};
use crate::host::{Host, until_so};
use crate::live::Stream;
use crate::program::{PATIENCE, body, ended, folder, free_port, signal, status};

/// Books the first time that is free in the week from tomorrow.
pub async fn book(url: &str, tenant: &Tenant, email: &str) -> Value {
    let (visitor, base) = (Client::at(url), format!("/public/organizers/{}-page/event-types/intro", tenant.name));
    let from = Clock::system().now().plus_seconds(24 * 3600);
    let slots = visitor.get(&format!("{base}/slots?from={from}&to={}", from.plus_seconds(7 * 24 * 3600))).await.expect(200).json;
    let start = slots["slots"][0]["start"].as_str().expect("a time that is free");
    visitor.post(&format!("{base}/bookings"), booking(start, email)).await.expect(201).json
}

/// Asks for a mail that no event is needed for.
async fn ask_for_a_mail(url: &str, email: &str) {
    Client::at(url).post("/password-resets", json!({ "email": email })).await.expect(202);
}

async fn mails(admin: &Client, email: &str) -> Vec<Value> {
    admin.get(&format!("/mails?q={email}")).await.expect(200).json["items"].as_array().cloned().expect("items")
}

/// Whether that address has so many mails, none of which waits.
async fn has_mails(admin: &Client, email: &str, count: usize) -> bool {
    let mails = mails(admin, email).await;
    mails.len() == count && mails.iter().all(|mail| mail["status"] == "kept")
}

async fn count(db: &mut PgConnection, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(db).await.expect("counted")
}

/// Events that nobody has been told.
const UNTOLD: &str = "SELECT count(*) FROM platform.events WHERE dispatched_at IS NULL";
/// Who leads the dispatchers, and who the sealers of the trail.
const LEADERS: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
                        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
const WAITING: &str = "SELECT count(*) FROM graphile_worker._private_jobs WHERE attempts = 0 AND locked_at IS NULL AND run_at <= now()";
const WORKERS: &str = "SELECT count(*) FROM graphile_worker._private_workers";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_web_takes_the_worker_does() {
    let host = Host::new().await;
    let (port, admin, unused) = (free_port(), free_port(), free_port());
    let url = format!("http://localhost:{port}");
    let mut web = host.serve(port, &["--role", "web"]).await;
    let tenant = host.found(&url, "acme").await;
    tenant.organizer().await;
    let mut stream = Stream::open(&tenant.owner, None).await;
    let booked = book(&url, &tenant, "vera@example.com").await;
    ask_for_a_mail(&url, "acme@example.com").await;

    // No process of this role dispatches or works, however long it has been asked.
    let mut db = host.as_owner().await;
    assert_eq!((count(&mut db, LEADERS).await, count(&mut db, WORKERS).await), (0, 0));
    let untold = "SELECT count(*) FROM platform.events WHERE kind = 'booking.created' AND dispatched_at IS NULL";
    assert_eq!(count(&mut db, untold).await, 1);
    assert_eq!(mails(&tenant.owner, "vera@example.com").await, Vec::<Value>::new());
    // The mail that was asked for, and the one that tells the founder of the password that the link set.
    assert_eq!(count(&mut db, WAITING).await, 2);
    assert_eq!(status(&url, "/readyz").await, Some(200));

    let (listen, admin_listen) = (format!("127.0.0.1:{unused}"), format!("127.0.0.1:{admin}"));
    let more = ["--role", "worker", "--admin-listen", &admin_listen, "--public-url", &url, "--listen", &listen];
    let mut worker = crate::program::ready(host.command(&[&["serve"][..], &more].concat())).await;
    let admin = format!("http://{admin_listen}");
    assert_eq!(status(&admin, "/readyz").await, Some(200));
    assert_eq!(status(&admin, "/livez").await, Some(200));
    assert!(body(&admin, "/metrics").await.contains("atrium_queue_jobs"));
    for path in ["/api/v1/session", "/api/openapi.json", "/b/acme-page", "/"] {
        assert_eq!(status(&admin, path).await, Some(404), "{path}");
    }
    assert_eq!(status(&format!("http://{listen}"), "/livez").await, None, "a worker listens to its administrators only");

    // The browsers hang on the web process and hear what the worker delivers.
    while stream.next().await.expect("an event").event != "booking.created" {}
    until_so("all mails are written", async || has_mails(&tenant.owner, "vera@example.com", 1).await).await;
    until_so("all mails are written", async || has_mails(&tenant.owner, "acme@example.com", 3).await).await;
    assert_eq!(count(&mut db, UNTOLD).await, 0);
    assert_eq!((count(&mut db, LEADERS).await, count(&mut db, WORKERS).await), (2, 1));
    let mail = mails(&tenant.owner, "vera@example.com").await.remove(0);
    let mail = tenant.owner.get(&format!("/mails/{}", mail["id"].as_str().expect("id"))).await.expect(200).json;
    let link = booked["manage_url"].as_str().expect("a link");
    assert!(link.starts_with(&url) && mail["text"].as_str().is_some_and(|text| text.contains(link)), "{mail}");

    for child in [&mut worker, &mut web] {
        signal(child, Signal::TERM);
        assert!(ended(child).await.success());
    }
}

/// A job that runs when the program is told to stop is brought to its end, and nothing of it is done twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_runs_is_finished_before_it_stops() {
    let server = crate::platform::smtp::Server::start(&[crate::platform::smtp::Reply::Wait]).await;
    let host = Host::new().await;
    let port = free_port();
    let url = format!("http://localhost:{port}");
    let smtp = server.port.to_string();
    let smtp = ["--smtp-host", "127.0.0.1", "--smtp-port", &smtp, "--smtp-security", "none", "--mail-from", "atrium@example.com"];
    let mut serving = host.serve(port, &[&["--private-mail-servers"][..], &smtp].concat()).await;
    host.found(&url, "acme").await;
    ask_for_a_mail(&url, "acme@example.com").await;
    tokio::time::timeout(PATIENCE, server.stalled()).await.expect("the job runs, in the middle of a mail");
    signal(&serving, Signal::TERM);
    until_so("it takes no more requests", async || status(&url, "/livez").await.is_none()).await;
    assert!(serving.try_wait().expect("looked").is_none(), "it waits for the job");
    let before = server.received().len();
    server.go_on();
    assert!(ended(&mut serving).await.success());
    let received = server.received().len();
    assert!(received > before, "the mail went out whole");
    let (sent, sending): (i64, i64) =
        sqlx::query_as("SELECT count(*) FILTER (WHERE status = 'sent'), count(*) FILTER (WHERE status = 'sending') FROM directory.mails")
            .fetch_one(&mut host.as_owner().await)
            .await
            .expect("mails");
    assert_eq!(
        (usize::try_from(sent).expect("a number"), sending),
        (received, 0),
        "what went out is known as sent, and nothing is in between"
    );
    let broken: i64 = sqlx::query_scalar("SELECT count(*) FROM graphile_worker._private_jobs WHERE last_error IS NOT NULL")
        .fetch_one(&mut host.as_owner().await)
        .await
        .expect("jobs");
    assert_eq!(broken, 0, "no job was broken off");
}

/// The answer, which must not keep anybody waiting for long.
async fn refused(answer: impl Future<Output = crate::client::Answer>) {
    let answer = tokio::time::timeout(PATIENCE, answer).await.expect("in time").expect(503);
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{}", answer.text);
    assert!(answer.headers.contains_key("retry-after"));
    assert_eq!(answer.code(), "overloaded");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_was_away_is_served_again() {
    let theirs = folder();
    let options = atrium::postgres::Options { data_dir: theirs.path().to_owned(), pg_bin: std::env::var_os("PG_BIN").map(Into::into) };
    let cluster = atrium::postgres::start(&options).await.expect("a server");
    let host = Host::on(&cluster.owner_options(), &cluster.app_options());
    let port = free_port();
    let url = format!("http://localhost:{port}");
    let mut serving = host.serve(port, &[]).await;
    let tenant = host.found(&url, "acme").await;
    tenant.organizer().await;
    book(&url, &tenant, "before@example.com").await;
    until_so("the mail is written", async || has_mails(&tenant.owner, "before@example.com", 1).await).await;

    // Twice, since what mends itself once may be used up by it.
    let mut cluster = Some(cluster);
    for round in ["one@example.com", "two@example.com"] {
        cluster.take().expect("a cluster").stop().await;
        assert_eq!(status(&url, "/readyz").await, Some(503));
        assert_eq!(status(&url, "/livez").await, Some(200));
        let visitor = Client::at(&url);
        refused(tenant.owner.get("/session")).await;
        refused(tenant.owner.get("/bookings")).await;
        refused(tenant.owner.post("/contacts", json!({ "name": "Nobody" }))).await;
        refused(visitor.get("/public/organizers/acme-page")).await;
        refused(visitor.post("/sessions", json!({ "email": "acme@example.com", "password": "whatever it is" }))).await;
        refused(visitor.post("/password-resets", json!({ "email": "acme@example.com" }))).await;
        assert_eq!(status(&url, "/b/acme-page").await, Some(503));

        cluster = Some(atrium::postgres::start(&options).await.expect("the server again"));
        until_so("it is ready again", async || status(&url, "/readyz").await == Some(200)).await;
        assert_eq!(tenant.owner.get("/session").await.expect(200).json["tenant"]["id"], json!(tenant.id));
        assert_eq!(tenant.owner.get("/contacts?q=Nobody").await.expect(200).json["items"], json!([]));
        book(&url, &tenant, round).await;
        // Dispatcher and job worker have come back too.
        until_so("the mail is written", async || has_mails(&tenant.owner, round, 1).await).await;
    }
    assert!(serving.try_wait().expect("asked").is_none(), "the same process");
    signal(&serving, Signal::TERM);
    assert!(ended(&mut serving).await.success());
    cluster.expect("a cluster").stop().await;
}

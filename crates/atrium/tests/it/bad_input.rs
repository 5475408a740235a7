//! What is malformed, hostile or too much is refused with a problem, and changes nothing.

use std::io::{Read, Write};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Answer, Client, Tenant, booking};
use crate::world::World;

#[track_caller]
fn is_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{}", answer.text);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    let id = answer.json["request_id"].as_str().expect("a request id");
    assert_eq!(answer.headers["x-request-id"], id);
    for secret in ["sqlx", "panicked", "/src/", "postgres", "SELECT", "constraint"] {
        assert!(!answer.text.contains(secret), "internals in {}", answer.text);
    }
}

#[tokio::test]
async fn bodies_that_are_no_json_of_the_right_shape() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let post = async |content_type: &str, body: Vec<u8>| tenant.owner.raw(Method::POST, "/api/v1/contacts", content_type, body).await;
    let json = "application/json";
    is_problem(&post(json, b"{".to_vec()).await, 400, "malformed_body");
    is_problem(&post(json, b"".to_vec()).await, 400, "malformed_body");
    is_problem(&post(json, b"{\"name\": \"\xff\xfe\"}".to_vec()).await, 400, "malformed_body");
    is_problem(&post(json, format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)).into_bytes()).await, 400, "malformed_body");
    is_problem(&post("text/plain", b"{}".to_vec()).await, 415, "unsupported_media_type");
    is_problem(&post("application/x-www-form-urlencoded", b"name=x".to_vec()).await, 415, "unsupported_media_type");
    is_problem(&post(json, vec![b' '; 2 * 1024 * 1024]).await, 413, "body_too_large");
    for (body, field, code) in [
        (r#"{"name": 7}"#, "name", "invalid"),
        (r#"{"name": "x", "colour": "red"}"#, "colour", "unknown_field"),
        (r#"{"email": "x@example.com"}"#, "name", "required"),
        (r#"{"name": "a\u0000b"}"#, "body", "invalid"),
        (r#"["person", "x"]"#, "body", "invalid"),
        (r#"{"name": ""}"#, "name", "required"),
        (r#"{"name": "x", "email": "no address"}"#, "email", "invalid"),
        (r#"{"name": "x", "email": "x@example.com\r\nBcc: y@example.com"}"#, "email", "invalid"),
        (r#"{"name": "x", "timezone": "Mars/Olympus"}"#, "timezone", "unknown_zone"),
        (r#"{"name": "x", "lifecycle": "friend"}"#, "lifecycle", "invalid"),
    ] {
        let answer = post(json, body.as_bytes().to_vec()).await;
        is_problem(&answer, 422, "validation_failed");
        let error = &answer.json["errors"][0];
        assert_eq!((error["field"].as_str(), error["code"].as_str()), (Some(field), Some(code)), "{body}: {}", answer.text);
    }
    let long = post(json, json!({ "name": "x".repeat(10_000) }).to_string().into_bytes()).await;
    is_problem(&long, 422, "validation_failed");
    assert_eq!(tenant.owner.get("/contacts").await.expect(200).json["items"], json!([]));
}

#[tokio::test]
async fn dates_times_and_zones_that_do_not_exist() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let visitor = Client::anonymous(&world);
    let base = format!("/public/organizers/{slug}/event-types/intro");
    for query in [
        "from=2031-02-30T00:00:00Z&to=2031-03-01T00:00:00Z",
        "from=yesterday&to=tomorrow",
        "from=2031-09-09T00:00:00Z",
        "from=2031-09-10T00:00:00Z&to=2031-09-09T00:00:00Z",
        "from=2031-09-09T00:00:00Z&to=2041-09-09T00:00:00Z",
        "from=%00&to=%00",
    ] {
        let answer = visitor.get(&format!("{base}/slots?{query}")).await;
        is_problem(&answer, 422, "validation_failed");
    }
    for (field, value) in [
        ("start", json!("2031-02-30T09:00:00Z")),
        ("start", json!("soon")),
        ("start", json!(5)),
        ("timezone", json!("Europe/Nowhere")),
        ("locale", json!("xx")),
        ("email", json!("")),
        ("name", json!("")),
        ("name", json!("x".repeat(10_000))),
    ] {
        let mut body = booking("2031-09-09T09:00:00Z", "vera@example.com");
        body[field] = value.clone();
        let answer = visitor.post(&format!("{base}/bookings"), body).await;
        is_problem(&answer, 422, "validation_failed");
        assert!(
            answer.json["errors"].as_array().expect("errors").iter().any(|error| error["field"] == field),
            "{field} {value}: {}",
            answer.text
        );
    }
    let rules = |day: &str, start: &str, end: &str| json!({ "name": "Mine", "timezone": "Europe/Amsterdam", "rules": [{ "day": day, "start": start, "end": end }], "overrides": [] });
    for body in [
        rules("mon", "17:00", "09:00"),
        rules("mon", "09:00", "25:00"),
        rules("mon", "09:00", "09:00"),
        rules("someday", "09:00", "17:00"),
        json!({ "name": "Mine", "timezone": "Europe/Amsterdam", "rules": [], "overrides": [{ "date": "2031-02-30", "is_available": false }] }),
    ] {
        is_problem(&tenant.owner.post("/schedules", body.clone()).await, 422, "validation_failed");
    }
}

/// serde would take them, field by field, and the API's document says objects.
#[tokio::test]
async fn arrays_in_the_place_of_objects() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    tenant.organizer().await;
    let body = |rule: Value, away: Value| json!({ "name": "Mine", "timezone": "UTC", "rules": [rule], "overrides": [away] });
    let rule = json!({ "day": "mon", "start": "09:00", "end": "17:00" });
    let away = json!({ "date": "2031-12-25", "is_available": false });
    for body in [
        body(json!(["mon", "09:00", "17:00"]), away.clone()),
        body(rule.clone(), json!(["2031-12-25", false, null, null])),
        json!(["Mine", "UTC", [rule], [away], false]),
    ] {
        let refused = tenant.owner.post("/schedules", body).await;
        is_problem(&refused, 422, "validation_failed");
        assert_eq!(refused.json["errors"][0]["field"], "body", "{}", refused.text);
    }
    tenant.owner.post("/schedules", body(rule, away)).await.expect(201);
}

#[tokio::test]
async fn sql_and_html_are_only_text() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let visitor = Client::anonymous(&world);
    let hostile = "Robert'); DROP TABLE contacts.contacts;-- <script>alert(1)</script> ${7*7} {{7*7}}";
    let mut body = booking("2031-09-09T09:00:00Z", "rob@example.com");
    body["name"] = json!(hostile);
    body["notes"] = json!(hostile);
    let booked = visitor.post(&format!("/public/organizers/{slug}/event-types/intro/bookings"), body).await.expect(201).json;
    let listed = tenant.owner.get("/bookings").await.expect(200).json;
    assert_eq!(listed["items"][0]["invitee_name"], hostile);
    for query in ["' OR 1=1 --", "%", "_", "\\", "<script>"] {
        let found = tenant
            .owner
            .send(
                Method::GET,
                &format!(
                    "/contacts?q={}",
                    query.replace('%', "%25").replace(' ', "%20").replace('\\', "%5C").replace('<', "%3C").replace('>', "%3E")
                ),
                &[],
                None,
            )
            .await
            .expect(200);
        let expected = if query == "<script>" || query == "_" || query == "%" { usize::from(hostile.contains(query)) } else { 0 };
        assert_eq!(found.json["items"].as_array().map(Vec::len), Some(expected), "{query}: {}", found.text);
    }
    let token = booked["manage_url"].as_str().expect("a link").rsplit('/').next().expect("a token").to_owned();
    let page = visitor.get(&format!("/b/m/{token}")).await.expect(200);
    assert!(!page.text.contains("<script>alert"), "unescaped on the page");
    world.settle().await;
    let mut db = world.as_owner().await;
    let sealed: Vec<(uuid::Uuid, Option<uuid::Uuid>, Vec<u8>)> =
        sqlx::query_as("SELECT id, tenant_id, message_ciphertext FROM directory.mails").fetch_all(&mut db).await.expect("mails");
    assert!(sealed.len() >= 2);
    for (id, tenant, sealed) in sealed {
        let place = platform::crypto::Place { column: "mails.message_ciphertext", tenant, row: id };
        let mail: platform::mail::Mail = serde_json::from_slice(&world.app.keys.open(place, &sealed).expect("opens")).expect("a mail");
        assert!(!mail.html.contains("<script>alert"), "unescaped in a mail");
        assert!(!mail.subject.contains('\n'));
    }
}

#[tokio::test]
async fn tokens_and_cookies_from_elsewhere() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let mut stranger = Client::anonymous(&world);
    for cookie in [
        "atrium_session=",
        "atrium_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "atrium_session=%00",
        "__Host-atrium=x",
        "atrium_session=x; atrium_session=y",
    ] {
        stranger.cookie = Some(cookie.to_owned());
        is_problem(&stranger.get("/session").await, 401, "unauthenticated");
    }
    let visitor = Client::anonymous(&world);
    for token in ["x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "..%2f..", "%00"] {
        let answer = visitor.get(&format!("/public/bookings/{token}")).await;
        assert_eq!(answer.status.as_u16(), 404, "{token}: {}", answer.text);
    }
    for path in ["/email-verifications", "/invitation-acceptances"] {
        let answer = visitor.post(path, json!({ "token": "x".repeat(43), "password": "a long enough password", "name": "X" })).await;
        assert!(matches!(answer.status.as_u16(), 404 | 410 | 422), "{path}: {}", answer.text);
    }
    // Another site's page makes the browser send our cookie along.
    let contact = json!({ "name": "Planted" });
    for headers in [
        vec![("sec-fetch-site", "cross-site")],
        vec![("origin", "https://evil.example")],
        vec![("sec-fetch-site", "same-site"), ("origin", "http://localhost:1")],
    ] {
        is_problem(&tenant.owner.send(Method::POST, "/contacts", &headers, Some(&contact)).await, 403, "cross_site");
    }
    assert_eq!(tenant.owner.get("/contacts").await.expect(200).json["items"], json!([]));
}

#[tokio::test]
async fn a_change_must_say_which_version_it_has_seen() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let contact = tenant.owner.post("/contacts", json!({ "name": "Vera" })).await.expect(201);
    let path = format!("/contacts/{}", contact.id());
    let renamed = json!({ "name": "Vera Visitor" });
    is_problem(&tenant.owner.send(Method::PATCH, &path, &[], Some(&renamed)).await, 428, "version_required");
    is_problem(&tenant.owner.patch(&path, &json!(99), renamed.clone()).await, 412, "version_conflict");
    is_problem(&tenant.owner.send(Method::PATCH, &path, &[("if-match", "new")], Some(&renamed)).await, 412, "version_conflict");
    let changed = tenant.owner.patch(&path, &contact.json["version"], renamed.clone()).await.expect(200);
    assert_eq!(changed.headers["etag"].to_str().expect("a tag"), format!("\"{}\"", changed.json["version"]));
    is_problem(&tenant.owner.patch(&path, &contact.json["version"], renamed).await, 412, "version_conflict");
}

#[tokio::test]
async fn addresses_and_methods_that_are_not_there() {
    let world = World::new().await;
    let visitor = Client::anonymous(&world);
    is_problem(&visitor.get("/nothing").await, 404, "not_found");
    is_problem(&visitor.send(Method::DELETE, "/registrations", &[], None).await, 405, "method_not_allowed");
    is_problem(&visitor.get("/public/organizers/nobody-here").await, 404, "not_found");
    assert_eq!(visitor.get("/b/nobody-here").await.status.as_u16(), 404);
    let tenant = Tenant::found(&world, "acme").await;
    is_problem(&tenant.owner.get("/contacts/not-a-uuid").await, 404, "not_found");
    is_problem(&tenant.owner.get("/contacts?limit=0").await, 422, "validation_failed");
    is_problem(&tenant.owner.get("/contacts?limit=many").await, 422, "validation_failed");
    is_problem(&tenant.owner.get("/contacts?cursor=xyz").await, 422, "validation_failed");
    is_problem(
        &tenant.owner.send(Method::POST, "/contacts", &[("idempotency-key", "")], Some(&json!({ "name": "x" }))).await,
        400,
        "idempotency_key_invalid",
    );
}

fn address(world: &World) -> String {
    world.url.trim_start_matches("http://").to_owned()
}

/// 1,500 connections that send half a request and wait; somebody with a whole request is served as ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_sent_requests_hold_nobody_up() {
    let world = World::new().await;
    let address = address(&world);
    atrium::server::raise_open_files();
    let mut waiting = Vec::new();
    for _ in 0..1500 {
        let mut half = TcpStream::connect(&address).await.expect("a connection");
        half.write_all(b"GET /api/v1/session HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await.expect("half a request");
        waiting.push(half);
    }
    let visitor = Client::anonymous(&world);
    for _ in 0..20 {
        let answer = tokio::time::timeout(Duration::from_secs(5), visitor.get("/session")).await.expect("an answer in time");
        assert_eq!(answer.status.as_u16(), 401);
    }
    // They are let go, and not only outlasted.
    for mut half in waiting {
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(30), half.read_to_end(&mut rest)).await.expect("closed in time");
        assert!(ended.is_err() || rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&rest));
    }
}

/// A megabyte that would unfold to a gigabyte is refused by its header, wherever it goes, and is not unfolded.
#[tokio::test]
async fn a_bomb_is_not_unfolded() {
    const UNFOLDED: usize = 16 << 20;
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    // Members one after the other are one gzip file.
    let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    member.write_all(&vec![b' '; UNFOLDED]).expect("folded");
    let member = member.finish().expect("folded");
    let mut unfolded = Vec::new();
    flate2::read::GzDecoder::new(&member[..]).read_to_end(&mut unfolded).expect("unfolded");
    let bomb = member.repeat(64);
    assert!(bomb.len() <= 1 << 20 && unfolded.len() * 64 == 1 << 30, "{} bytes are no bomb", bomb.len());
    let before = most_memory();
    for (path, kind) in [
        ("/api/v1/contacts", "application/json"),
        ("/api/v1/sessions", "application/json"),
        ("/api/v1/files", "multipart/form-data; boundary=x"),
        (&format!("/b/{slug}/intro"), "application/x-www-form-urlencoded"),
    ] {
        for encoding in ["gzip", "identity, gzip", "identity\r\nContent-Encoding: gzip", "br"] {
            let mut sent = TcpStream::connect(address(&world)).await.expect("a connection");
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\nContent-Type: {kind}\r\nContent-Encoding: {encoding}\r\nIdempotency-Key: k\r\nContent-Length: {}\r\n\r\n",
                tenant.owner.cookies().as_deref().expect("a cookie"),
                bomb.len(),
            );
            sent.write_all(head.as_bytes()).await.expect("a beginning");
            // The rest may meet a connection that is closed by then.
            let (half, rest) = bomb.split_at(bomb.len() / 2);
            let _ = sent.write_all(half).await;
            tenant.owner.get("/contacts").await.expect(200);
            let _ = sent.write_all(rest).await;
            let mut answer = vec![0; 64];
            let read = sent.read(&mut answer).await.expect("an answer");
            let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
            assert!(answer.starts_with("HTTP/1.1 415"), "{path} {encoding}: {answer}");
        }
    }
    // Other tests of this process take their part, of which half a gigabyte is none.
    assert!(most_memory() - before < 1 << 29, "{} bytes more", most_memory() - before);
    assert_eq!(tenant.owner.get("/contacts").await.expect(200).json["items"], json!([]));
}

/// The most that this process has held so far.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
}

/// A body that never comes, a header that is too big, a compressed body.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_large_and_compressed() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let bomb = tenant.owner.send(Method::POST, "/contacts", &[("content-encoding", "gzip")], Some(&json!({ "name": "x" }))).await;
    is_problem(&bomb, 415, "unsupported_media_type");
    let mut large = TcpStream::connect(address(&world)).await.expect("a connection");
    large.write_all(format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Large: {}\r\n\r\n", "x".repeat(300_000)).as_bytes()).await.ok();
    let mut answer = Vec::new();
    let _ = large.read_to_end(&mut answer).await;
    assert!(
        answer.is_empty() || answer.starts_with(b"HTTP/1.1 431") || answer.starts_with(b"HTTP/1.1 400"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    // Eight slow bodies: as many as there are connections for members. None of them holds one.
    let mut slow = Vec::new();
    for _ in 0..8 {
        let mut one = TcpStream::connect(address(&world)).await.expect("a connection");
        let head = format!(
            "POST /api/v1/contacts HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{",
            tenant.owner.cookies().as_deref().expect("a cookie")
        );
        one.write_all(head.as_bytes()).await.expect("a beginning");
        slow.push(one);
    }
    let listed = tokio::time::timeout(Duration::from_secs(5), tenant.owner.get("/contacts")).await.expect("an answer in time");
    assert_eq!(listed.expect(200).json["items"], Value::Array(Vec::new()));
    for mut one in slow {
        let mut answer = vec![0; 1024];
        let read =
            tokio::time::timeout(Duration::from_secs(30), one.read(&mut answer)).await.expect("answered in time").expect("an answer");
        let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("application/problem+json"), "{answer}");
    }
}

/// What every answer tells a browser, and what pages add.
#[tokio::test]
async fn answers_carry_their_rules() {
    let world = World::with(platform::mail::Mailer::default(), |config| config.public_url = "https://atrium.example.com".to_owned()).await;
    #[expect(clippy::disallowed_methods, reason = "a test's own client, to this machine")]
    let client = reqwest::Client::new();
    let get = async |path: &str| client.get(format!("{}{path}", world.url)).send().await.expect("an answer");
    for path in ["/api/v1/session", "/", "/b/nobody", "/livez", "/api/openapi.json"] {
        let answer = get(path).await;
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        for (name, value) in
            [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("strict-transport-security", "max-age=63072000")]
        {
            assert_eq!(header(name), value, "{path}");
        }
        let policy = header("content-security-policy");
        for rule in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
    }
    assert_eq!(
        get("/api/v1/session").await.headers()["content-security-policy"],
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
    );
    // On plain http, HSTS would lock a host out of what it has.
    let plain = World::new().await;
    let answer = client.get(format!("{}/api/v1/session", plain.url)).send().await.expect("an answer");
    assert!(answer.headers().get("strict-transport-security").is_none());
}

/// The nonce is drawn anew for each page, and stands in it.
#[tokio::test]
async fn the_page_of_the_app_has_a_nonce_of_its_own() {
    let world = World::new().await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let answer = reqwest::get(&world.url).await.expect("an answer");
        if answer.status().as_u16() == 404 {
            // Built without the web app, as the Rust tests alone may be.
            return;
        }
        let policy = answer.headers()["content-security-policy"].to_str().expect("text").to_owned();
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce").to_owned();
        let page = answer.text().await.expect("a page");
        assert!(page.contains(&nonce) && !page.contains("__CSP_NONCE__"), "{page}");
        assert!(!seen.contains(&nonce));
        seen.push(nonce);
    }
}

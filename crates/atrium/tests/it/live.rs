//! The live stream: who sees what, resuming, and what interrupts it.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::client::{Client, Tenant, booking};
use crate::world::{World, some_id, superuser};

/// Far more than anything here takes.
const BOUND: Duration = Duration::from_secs(15);

#[derive(Clone, Debug, Default)]
pub struct Frame {
    id: Option<String>,
    pub event: String,
    pub data: Value,
}

/// An open stream as a browser reads it.
pub struct Stream {
    response: Response,
    read: String,
}

impl Stream {
    /// Connected: what is delivered from now on comes.
    pub async fn open(client: &Client, last: Option<&str>) -> Self {
        let headers: Vec<(&str, &str)> = last.iter().map(|id| ("last-event-id", *id)).collect();
        let response = client.open("/events/stream", &headers).await;
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-cache");
        let mut stream = Self { response, read: String::new() };
        assert_eq!(stream.next().await.expect("a hello").event, "ready");
        stream
    }

    /// The next event; None where the stream has ended.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            while let Some((block, rest)) = self.read.split_once("\n\n") {
                let frame = parse(block);
                self.read = rest.to_owned();
                if !frame.event.is_empty() {
                    return Some(frame);
                }
            }
            let bytes = tokio::time::timeout(BOUND, self.response.chunk()).await.expect("an event in time").ok().flatten()?;
            self.read.push_str(std::str::from_utf8(&bytes).expect("UTF-8"));
        }
    }

    /// All events until one with that name in its payload, that one included.
    async fn until(&mut self, name: &str) -> Vec<Frame> {
        let mut frames = Vec::new();
        loop {
            let frame = self.next().await.unwrap_or_else(|| panic!("ended before {name}: {frames:?}"));
            let is_last = frame.data["payload"]["name"] == name;
            frames.push(frame);
            if is_last {
                return frames;
            }
        }
    }
}

fn parse(block: &str) -> Frame {
    let mut frame = Frame::default();
    for line in block.lines() {
        match line.split_once(": ") {
            Some(("id", id)) => frame.id = Some(id.to_owned()),
            Some(("event", event)) => event.clone_into(&mut frame.event),
            Some(("data", data)) => frame.data = serde_json::from_str(data).expect("JSON"),
            _ => {}
        }
    }
    frame
}

/// Dispatcher and listener at work, until dropped.
pub struct Running(CancellationToken);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

pub async fn run(world: &World) -> Running {
    // What happened so far is delivered before anybody looks.
    platform::events::run_until_empty(&world.app).await.expect("dispatched");
    let stop = CancellationToken::new();
    platform::task::detach(platform::events::run_dispatcher(world.app.clone(), stop.clone()));
    platform::task::detach(platform::sse::run_listener(world.app.clone(), stop.clone()));
    listening(world, &[]).await;
    Running(stop)
}

/// Waits until a connection other than those given listens; answers its process.
async fn listening(world: &World, but: &[i32]) -> i32 {
    let mut db = superuser(world.owner.get_database().expect("a database")).await;
    let wait = async {
        loop {
            let found: Option<i32> = sqlx::query_scalar(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'LISTEN%' AND state = 'idle' AND pid <> ALL ($1)",
            )
            .bind(but)
            .fetch_optional(&mut db)
            .await
            .expect("activity");
            if let Some(pid) = found {
                return pid;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(BOUND, wait).await.expect("somebody listens")
}

async fn contact(client: &Client, name: &str) -> Value {
    client.post("/contacts", json!({ "name": name })).await.expect(201).json
}

fn names(frames: &[Frame]) -> Vec<String> {
    frames.iter().map(|frame| format!("{} {}", frame.event, frame.data["payload"]["name"].as_str().unwrap_or("-"))).collect()
}

#[tokio::test]
async fn what_happens_between_the_session_and_the_stream_is_told() {
    let world = World::new().await;
    let ours = Tenant::found(&world, "ours").await;
    let _running = run(&world).await;
    let session = ours.owner.get("/session").await.expect(200).json;
    contact(&ours.owner, "Bea Between").await;
    platform::events::run_until_empty(&world.app).await.expect("dispatched");
    let mut owners = Stream::open(&ours.owner, session["live_from"].as_str()).await;
    contact(&ours.owner, "Lara Later").await;
    let told = names(&owners.until("Lara Later").await);
    assert_eq!(told, ["contact.created Bea Between", "contact.created Lara Later"]);
}

/// A booking that two hold is each one's own, for those too who may see their own alone.
#[tokio::test]
async fn a_booking_is_told_to_all_who_hold_it() {
    let world = World::new().await;
    let ours = Tenant::found(&world, "ours").await;
    let (slug, _) = ours.organizer().await;
    let (id, member) = ours.member(&world, "contributor").await;
    let profile = json!({ "slug": "second-page", "display_name": "Second", "timezone": "Europe/Amsterdam" });
    member.put("/organizer", None, profile).await.expect(200);
    let both = json!({
        "name": "Both", "slug": "both", "duration_minutes": 30, "minimum_notice_minutes": 0, "mode": "collective",
        "organizers": [{ "user_id": ours.owner_id }, { "user_id": id }],
    });
    ours.owner.post("/event-types", both).await.expect(201);
    let _running = run(&world).await;
    let mut stream = Stream::open(&member, None).await;
    let visitor = Client::anonymous(&world);
    // The owner's own first, which is nothing of the other's.
    for (slug_of_type, start) in [("intro", "2031-09-09T08:00:00Z"), ("both", "2031-09-09T09:00:00Z")] {
        let path = format!("/public/organizers/{slug}/event-types/{slug_of_type}/bookings");
        visitor.post(&path, booking(start, "vera@example.com")).await.expect(201);
    }
    let mut told = stream.next().await.expect("an event");
    while told.event != "booking.created" {
        told = stream.next().await.expect("an event");
    }
    assert_eq!(told.data["payload"]["event_type_name"], "Both");
    assert_eq!(told.data["payload"]["organizers"].as_array().map(Vec::len), Some(2));
    assert!(told.data.get("co_owners").is_none() && told.data.get("owner_id").is_none());
}

#[tokio::test]
async fn events_come_to_those_who_may_see_them() {
    let world = World::new().await;
    let (ours, theirs) = (Tenant::found(&world, "ours").await, Tenant::found(&world, "theirs").await);
    let (_, viewer) = ours.member(&world, "viewer").await;
    let (own_id, contributor) = ours.member(&world, "contributor").await;
    let (_, guest) = ours.member(&world, "guest").await;
    let _running = run(&world).await;
    let mut owners = Stream::open(&ours.owner, None).await;
    let mut viewers = Stream::open(&viewer, None).await;
    let mut own = Stream::open(&contributor, None).await;
    let mut guests = Stream::open(&guest, None).await;
    let mut strangers = Stream::open(&theirs.owner, None).await;

    let first = contact(&ours.owner, "Nobody's").await;
    let contributors = contact(&contributor, "The contributor's").await;
    assert_eq!(contributors["owner"]["user_id"], json!(own_id));
    contact(&theirs.owner, "Theirs").await;
    let renamed = ours
        .owner
        .patch("/tenant", &ours.owner.get("/tenant").await.expect(200).json["version"], json!({ "name": "Renamed" }))
        .await
        .expect(200);
    assert_eq!(renamed.json["name"], "Renamed");
    let (_, event_type) = ours.organizer().await;
    contact(&ours.owner, "The last").await;

    let seen = owners.until("The last").await;
    assert_eq!(names(&seen)[..3], ["contact.created Nobody's", "contact.created The contributor's", "tenant.updated Renamed"]);
    let frame = &seen[0];
    assert_eq!(
        (&frame.data["kind"], &frame.data["subject_id"], &frame.data["actor_id"]),
        (&json!("contact.created"), &first["id"], &json!(ours.owner_id))
    );
    assert!(frame.id.as_deref().is_some_and(|id| id.split_once('-').is_some()));
    assert!(frame.data.get("owner_id").is_none() && frame.data.get("tenant").is_none());
    assert_eq!(names(&viewers.until("The last").await), names(&seen), "a viewer reads everything, and everything once");
    contact(&contributor, "Own again").await;
    let own_seen = names(&own.until("Own again").await);
    assert!(
        own_seen.contains(&"contact.created The contributor's".to_owned())
            && !own_seen.iter().any(|name| name.contains("Nobody's") || name.contains("The last")),
        "{own_seen:?}"
    );
    // A guest sees what can be booked, and nothing else.
    let changed = json!({ "name": "Longer call" });
    ours.owner.patch(&format!("/event-types/{}", event_type.id()), &event_type.json["version"], changed).await.expect(200);
    let mut guest_seen = vec![guests.next().await.expect("an event")];
    while guest_seen.last().is_some_and(|frame| frame.event != "event_type.updated") {
        guest_seen.push(guests.next().await.expect("an event"));
    }
    assert!(guest_seen.iter().all(|frame| frame.event.starts_with("event_type.")), "{:?}", names(&guest_seen));
    contact(&theirs.owner, "Theirs at last").await;
    assert_eq!(names(&strangers.until("Theirs at last").await), ["contact.created Theirs", "contact.created Theirs at last"]);
}

#[tokio::test]
async fn a_booking_shows_at_once() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let _running = run(&world).await;
    let mut stream = Stream::open(&tenant.owner, None).await;
    Client::anonymous(&world)
        .post(&format!("/public/organizers/{slug}/event-types/intro/bookings"), booking("2031-09-09T09:00:00Z", "vera@example.com"))
        .await
        .expect(201);
    loop {
        let frame = stream.next().await.expect("an event");
        if frame.event == "booking.created" {
            assert_eq!((&frame.data["payload"]["invitee_name"], &frame.data["actor_id"]), (&json!("Vera Visitor"), &json!(null)));
            return;
        }
    }
}

#[tokio::test]
async fn a_reader_resumes_after_the_last_event_it_saw() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, viewer) = tenant.member(&world, "viewer").await;
    let (_, guest) = tenant.member(&world, "guest").await;
    let _running = run(&world).await;
    let mut stream = Stream::open(&viewer, None).await;
    contact(&tenant.owner, "One").await;
    let last = stream.until("One").await.pop().and_then(|frame| frame.id).expect("an id");
    drop(stream);
    for name in ["Two", "Three"] {
        contact(&tenant.owner, name).await;
    }
    let mut resumed = Stream::open(&viewer, Some(&last)).await;
    contact(&tenant.owner, "Four").await;
    assert_eq!(names(&resumed.until("Four").await), ["contact.created Two", "contact.created Three", "contact.created Four"]);
    // The past is filtered as the present is.
    let (slug, event_type) = tenant.organizer().await;
    assert!(!slug.is_empty());
    tenant
        .owner
        .patch(&format!("/event-types/{}", event_type.id()), &event_type.json["version"], json!({ "name": "Longer" }))
        .await
        .expect(200);
    let mut resumed = Stream::open(&guest, Some(&last)).await;
    let mut frame = resumed.next().await.expect("an event");
    while frame.event != "event_type.updated" {
        assert!(frame.event.starts_with("event_type."), "{frame:?}");
        frame = resumed.next().await.expect("an event");
    }
    // What is no id is no place to resume from.
    let mut odd = Stream::open(&viewer, Some("yesterday")).await;
    contact(&tenant.owner, "Five").await;
    assert_eq!(names(&odd.until("Five").await).last().map(String::as_str), Some("contact.created Five"));
}

/// More than a stream holds in memory: all of it comes, in order.
#[tokio::test]
async fn a_long_absence_is_made_up_for_whole() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let _running = run(&world).await;
    let mut stream = Stream::open(&tenant.owner, None).await;
    contact(&tenant.owner, "Before").await;
    let last = stream.until("Before").await.pop().and_then(|frame| frame.id).expect("an id");
    drop(stream);
    sqlx::query(
        "INSERT INTO platform.events (tenant_id, id, kind, subject_type, subject_id, payload, dispatched_at)
         SELECT $1, gen_random_uuid(), 'contact.updated', 'contact', gen_random_uuid(), jsonb_build_object('name', 'Missed ' || n), now()
           FROM generate_series(1, 700) AS n",
    )
    .bind(tenant.id)
    .execute(&mut world.as_owner().await)
    .await
    .expect("events");
    let mut resumed = Stream::open(&tenant.owner, Some(&last)).await;
    contact(&tenant.owner, "After").await;
    let seen = names(&resumed.until("After").await);
    let expected: Vec<String> =
        (1..=700).map(|n| format!("contact.updated Missed {n}")).chain(["contact.created After".to_owned()]).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_members_stream_ends_with_what_he_or_she_may_see() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (id, member) = tenant.member(&world, "viewer").await;
    let (_, bystander) = tenant.member(&world, "editor").await;
    let _running = run(&world).await;
    let (mut theirs, mut others) = (Stream::open(&member, None).await, Stream::open(&bystander, None).await);
    tenant
        .owner
        .send(Method::PATCH, &format!("/members/{id}"), &[("if-match", "*")], Some(&json!({ "status": "suspended" })))
        .await
        .expect(200);
    contact(&tenant.owner, "Secret").await;
    let mut seen = Vec::new();
    while let Some(frame) = theirs.next().await {
        seen.push(frame);
    }
    assert!(!names(&seen).iter().any(|name| name.contains("Secret")), "{seen:?}");
    assert_eq!(member.open("/events/stream", &[]).await.status().as_u16(), 403);
    others.until("Secret").await;
}

/// While nobody listens nothing reaches the streams, so they are ended and take up from what is stored.
#[tokio::test]
async fn a_lost_listener_loses_no_event() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let _running = run(&world).await;
    let mut stream = Stream::open(&tenant.owner, None).await;
    contact(&tenant.owner, "Before").await;
    let last = stream.until("Before").await.pop().and_then(|frame| frame.id).expect("an id");
    let listener = listening(&world, &[]).await;
    let killed: bool = sqlx::query_scalar("SELECT pg_terminate_backend($1)")
        .bind(listener)
        .fetch_one(&mut superuser(world.owner.get_database().expect("a database")).await)
        .await
        .expect("killed");
    assert!(killed);
    contact(&tenant.owner, "Meanwhile").await;
    let mut seen = Vec::new();
    while let Some(frame) = stream.next().await {
        seen.push(frame);
    }
    listening(&world, &[listener]).await;
    let last = seen.last().and_then(|frame| frame.id.clone()).unwrap_or(last);
    let mut resumed = Stream::open(&tenant.owner, Some(&last)).await;
    contact(&tenant.owner, "After").await;
    let seen = [names(&seen), names(&resumed.until("After").await)].concat();
    assert_eq!(seen, ["contact.created Meanwhile", "contact.created After"]);
}

/// A fact that was written early and committed late has a smaller number than what was seen meanwhile.
#[tokio::test]
async fn resuming_misses_nothing_that_committed_late() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let _running = run(&world).await;
    let mut late = world.as_owner().await;
    sqlx::query("BEGIN").execute(&mut late).await.expect("BEGIN");
    sqlx::query(
        r#"INSERT INTO platform.events (tenant_id, id, kind, subject_type, subject_id, payload)
           VALUES ($1, $2, 'contact.created', 'contact', $2, '{"name": "Late"}')"#,
    )
    .bind(tenant.id)
    .bind(some_id())
    .execute(&mut late)
    .await
    .expect("written");
    let mut stream = Stream::open(&tenant.owner, None).await;
    contact(&tenant.owner, "Meanwhile").await;
    let seen = stream.until("Meanwhile").await.pop().and_then(|frame| frame.id).expect("an id");
    drop(stream);
    sqlx::query("COMMIT").execute(&mut late).await.expect("COMMIT");
    platform::events::run_until_empty(&world.app).await.expect("dispatched");
    let mut resumed = Stream::open(&tenant.owner, Some(&seen)).await;
    assert_eq!(names(&resumed.until("Late").await), ["contact.created Late"]);
}

/// A stream that saw nothing yet can resume: its greeting says where it stands.
#[tokio::test]
async fn a_greeting_can_be_resumed() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let _running = run(&world).await;
    contact(&tenant.owner, "Before").await;
    platform::events::run_until_empty(&world.app).await.expect("dispatched");
    let response = tenant.owner.open("/events/stream", &[]).await;
    let mut stream = Stream { response, read: String::new() };
    let hello = stream.next().await.expect("a greeting");
    drop(stream);
    contact(&tenant.owner, "Meanwhile").await;
    let mut resumed = Stream::open(&tenant.owner, hello.id.as_deref()).await;
    assert_eq!(names(&resumed.until("Meanwhile").await), ["contact.created Meanwhile"]);
}

/// A session that ends anywhere, by anybody, ends its streams and is refused at once: here behind the program's back, as
/// another process would.
#[tokio::test]
async fn a_session_that_ends_elsewhere_ends_here() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (member, client) = tenant.member(&world, "viewer").await;
    let _running = run(&world).await;
    let mut ending = Stream::open(&client, None).await;
    let mut staying = Stream::open(&tenant.owner, None).await;
    // Known from now on.
    client.get("/contacts").await.expect(200);
    sqlx::query("UPDATE directory.sessions SET ended_at = now() WHERE user_id = $1")
        .bind(member)
        .execute(&world.app.pools.owner)
        .await
        .expect("ended");
    while ending.next().await.is_some() {}
    assert_eq!(client.get("/contacts").await.status, 401);
    contact(&tenant.owner, "Still here").await;
    staying.until("Still here").await;
}

/// What one request changes holds for the next, though sessions are known for a while.
#[tokio::test]
async fn rights_and_sessions_change_at_once() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (member, client) = tenant.member(&world, "viewer").await;
    let roles = tenant.owner.get("/roles").await.expect(200).json["items"].clone();
    let role = |name: &str| roles.as_array().and_then(|all| all.iter().find(|role| role["name"] == name)).expect("a role")["id"].clone();
    // Sessions are kept, and no notice comes: what holds is what the request itself does.
    let _following = world.app.sessions.follow();
    for _ in 0..20 {
        client.get("/contacts").await.expect(200);
        client.post("/contacts", json!({ "name": "Not by a viewer" })).await.expect(403);
        let held = tenant.owner.get(&format!("/members/{member}")).await.expect(200);
        let path = format!("/members/{member}");
        let held = tenant.owner.patch(&path, &held.json["version"], json!({ "role_ids": [role("editor")] })).await.expect(200);
        client.post("/contacts", json!({ "name": "By a manager" })).await.expect(201);
        tenant.owner.patch(&path, &held.json["version"], json!({ "role_ids": [role("viewer")] })).await.expect(200);
    }
    client.delete("/session").await;
    assert_eq!(client.get("/contacts").await.status, 401);
}

/// Connections that died while idle, as after a restart of PostgreSQL, cost no request.
#[tokio::test]
async fn dead_connections_are_replaced() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    for _ in 0..3 {
        let reads = (0..6).map(|_| tenant.owner.get("/contacts"));
        assert!(futures_util::future::join_all(reads).await.iter().all(|answer| answer.status == 200));
        sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name IN ('atrium web', 'atrium public')")
            .execute(&mut superuser(world.owner.get_database().expect("a database")).await)
            .await
            .expect("terminated");
        assert_eq!(tenant.owner.get("/contacts").await.status, 200);
    }
}

#[tokio::test]
async fn streams_of_one_user_are_capped() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, other) = tenant.member(&world, "viewer").await;
    let mut open = Vec::new();
    for _ in 0..20 {
        open.push(Stream::open(&tenant.owner, None).await);
    }
    let refused = tenant.owner.get("/events/stream").await.expect(429);
    assert_eq!(refused.code(), "rate_limited");
    assert!(refused.headers.contains_key("retry-after"));
    Stream::open(&other, None).await;
    open.pop();
    let again = async {
        loop {
            let response = tenant.owner.open("/events/stream", &[]).await;
            if response.status() == 200 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(BOUND, again).await.expect("the seat of the closed one is free");
}

#[tokio::test]
async fn a_stopping_server_ends_its_streams() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let mut stream = Stream::open(&tenant.owner, None).await;
    world.app.streams.end();
    assert!(stream.next().await.is_none());
}

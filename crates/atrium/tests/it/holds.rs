//! The time that a form keeps: for its reader alone, until it is sent, left, or its ten minutes are over.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::client::{Answer, Client, Tenant, booking};
use crate::world::{World, some_id};

const START: &str = "2031-09-09T09:00:00Z";

struct Scene {
    world: World,
    tenant: Tenant,
    visitor: Client,
    /// The page of the event type, and its API.
    page: String,
    api: String,
    event_type: Answer,
}

async fn scene() -> Scene {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, event_type) = tenant.organizer().await;
    let visitor = Client::anonymous(&world);
    let (page, api) = (format!("/b/{slug}/intro"), format!("/public/organizers/{slug}/event-types/intro"));
    Scene { world, tenant, visitor, page, api, event_type }
}

/// A form as its reader has it.
struct Opened {
    answer: Answer,
    key: String,
    /// Who goes on with the cookie that came with it, if one did.
    reader: Client,
}

impl Opened {
    fn is_kept(&self) -> bool {
        self.answer.headers.contains_key("set-cookie")
    }
}

impl Scene {
    async fn open(&self, reader: &Client, start: &str) -> Opened {
        let answer = reader.get(&format!("{}/book?start={start}&tz=UTC&lang=en", self.page)).await;
        let key = answer.text.split_once("name=\"key\" value=\"").and_then(|(_, rest)| rest.split_once('"')).map(|(key, _)| key.to_owned());
        let mut reader = reader.clone();
        if answer.headers.contains_key("set-cookie") {
            reader.keep_cookie(&answer);
        }
        Opened { key: key.unwrap_or_default(), answer, reader }
    }

    async fn submit(&self, opened: &Opened, start: &str, email: &str) -> Answer {
        let fields = [("start", start), ("tz", "UTC"), ("key", &opened.key), ("name", "Vera"), ("email", email)];
        opened.reader.form(&format!("{}/book?lang=en", self.page), &[], &fields).await
    }

    async fn book(&self, start: &str, email: &str) -> Answer {
        self.visitor.post(&format!("{}/bookings", self.api), booking(start, email)).await
    }

    /// The starts of the day that are offered to anybody.
    async fn offered(&self) -> Vec<String> {
        let day = self.visitor.get(&format!("{}/slots?from=2031-09-09T00:00:00Z&to=2031-09-10T00:00:00Z", self.api)).await.expect(200);
        let slots = day.json["slots"].as_array().expect("slots");
        slots.iter().map(|slot| slot["start"].as_str().expect("a start").to_owned()).collect()
    }

    async fn is_offered(&self, start: &str) -> bool {
        self.offered().await.iter().any(|offered| offered == start)
    }

    /// Holds, and what takes time, by kind.
    async fn rows(&self) -> (i64, Vec<String>) {
        let mut db = self.world.as_owner().await;
        let holds = sqlx::query_scalar("SELECT count(*) FROM scheduling.holds").fetch_one(&mut db).await.expect("holds");
        let kinds = sqlx::query_scalar("SELECT kind FROM scheduling.occupancy ORDER BY kind").fetch_all(&mut db).await.expect("kinds");
        (holds, kinds)
    }
}

#[tokio::test]
async fn a_form_keeps_its_time_for_its_reader_alone() {
    let scene = scene().await;
    let opened = scene.open(&scene.visitor, START).await;
    assert_eq!(opened.answer.status, 200);
    assert!(opened.answer.text.contains("This time is kept for you until 6:10"), "{}", opened.answer.text);
    let cookie = opened.answer.headers["set-cookie"].to_str().expect("a cookie").to_owned();
    assert_eq!(cookie, format!("atrium_hold={}; Path=/b; Max-Age=600; HttpOnly; SameSite=Lax", opened.key));
    // Others see it go, with all that overlaps it.
    for start in ["2031-09-09T08:45:00Z", START, "2031-09-09T09:15:00Z"] {
        assert!(!scene.is_offered(start).await, "{start}");
        assert_eq!(scene.book(start, "two@example.com").await.expect(409).code(), "slot_taken");
    }
    let other = scene.open(&scene.visitor, START).await;
    assert_eq!((other.answer.status.as_u16(), other.is_kept()), (409, false));
    assert!(other.answer.text.contains("Nearest free times"));
    // Its reader sees it as free, may load the form again, and is not given longer.
    let day = format!("{}?date=2031-09-09&tz=UTC&lang=en", scene.page);
    let link = "start=2031-09-09T09:00Z";
    assert!(opened.reader.get(&day).await.expect(200).text.contains(link));
    assert!(!scene.visitor.get(&day).await.expect(200).text.contains(link));
    scene.world.advance_minutes(4);
    let again = scene.open(&opened.reader, START).await;
    assert_eq!(again.answer.status, 200);
    assert!(again.answer.text.contains("until 6:10") && again.answer.text.contains("data-seconds=\"360\""), "{}", again.answer.text);
    assert_ne!(again.key, opened.key);
    assert_eq!(scene.rows().await, (1, vec!["hold".to_owned()]));
    // What is wrong in the form leaves it kept.
    let wrong = scene.submit(&again, START, "no address").await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("data-seconds=\"360\""), "{}", wrong.text);
    let booked = scene.submit(&again, START, "vera@example.com").await;
    assert_eq!(booked.status, 303, "{}", booked.text);
    assert_eq!(scene.rows().await, (0, vec!["booking".to_owned()]));
}

#[tokio::test]
async fn another_time_or_leaving_gives_it_back() {
    let scene = scene().await;
    let first = scene.open(&scene.visitor, START).await;
    let second = scene.open(&first.reader, "2031-09-09T10:00:00Z").await;
    assert!(scene.is_offered(START).await && !scene.is_offered("2031-09-09T10:00:00Z").await);
    assert_eq!(scene.rows().await, (1, vec!["hold".to_owned()]));
    // The page that was left before names a secret that is not this form's.
    let release = format!("{}/release", scene.page);
    for (key, offered) in [(first.key.as_str(), false), ("0123456789abcdef", false), ("", false), (second.key.as_str(), true)] {
        assert_eq!(scene.visitor.form(&release, &[], &[("key", key)]).await.status, 204);
        assert_eq!(scene.is_offered("2031-09-09T10:00:00Z").await, offered, "{key}");
    }
    assert_eq!(scene.rows().await, (0, Vec::new()));
    // Who presses a time twice is one person: the calendar's cookie says so, and the second form has the hold.
    let mut twice = scene.visitor.clone();
    twice.keep_cookie(&scene.visitor.get(&format!("{}?lang=en", scene.page)).await.expect(200));
    let (one, two) = tokio::join!(scene.open(&twice, START), scene.open(&twice, START));
    assert!(one.is_kept() && two.is_kept(), "{} {}", one.answer.status, two.answer.status);
    assert_eq!(scene.rows().await, (1, vec!["hold".to_owned()]));
    for form in [&one, &two] {
        assert_eq!(scene.visitor.form(&release, &[], &[("key", &form.key)]).await.status, 204);
    }
    assert_eq!(scene.rows().await, (0, Vec::new()));
    // A page that no one looks at keeps nothing.
    let path = format!("{}/book?start={START}&lang=en", scene.page);
    scene.visitor.send(Method::GET, &path, &[("sec-purpose", "prefetch")], None).await.expect(200);
    scene.visitor.send(Method::HEAD, &path, &[], None).await.expect(200);
    assert_eq!(scene.rows().await, (0, Vec::new()));
    // A form that the same person left in another tab does not stand in the way of this one.
    let tab = scene.open(&scene.visitor, START).await;
    let other_tab = scene.open(&tab.reader, "2031-09-09T09:15:00Z").await;
    let sent = Opened { reader: other_tab.reader, ..tab };
    assert_eq!(scene.submit(&sent, START, "vera@example.com").await.status, 303);
    assert_eq!(scene.rows().await, (0, vec!["booking".to_owned()]));
}

#[tokio::test]
async fn it_never_outlives_its_time() {
    let scene = scene().await;
    let late = scene.open(&scene.visitor, START).await;
    let in_time = scene.open(&Client::anonymous(&scene.world), "2031-09-09T11:00:00Z").await;
    scene.world.advance_minutes(10);
    assert!(scene.is_offered(START).await);
    // Nobody was faster, so the form still books; another's form there keeps the time anew.
    assert_eq!(scene.submit(&in_time, "2031-09-09T11:00:00Z", "in-time@example.com").await.status, 303);
    let next = scene.open(&Client::anonymous(&scene.world), START).await;
    assert!(next.is_kept());
    assert_eq!(scene.submit(&late, START, "late@example.com").await.status, 409);
    assert_eq!(scene.submit(&next, START, "next@example.com").await.status, 303);
    assert_eq!(scene.rows().await, (0, vec!["booking".to_owned(), "booking".to_owned()]));
    // What nobody books over is removed by the job that keeps to time.
    scene.open(&Client::anonymous(&scene.world), "2031-09-09T13:00:00Z").await;
    scene.world.advance_minutes(11);
    platform::retention::apply(&scene.world.app).await.expect("applied");
    assert_eq!(scene.rows().await, (0, vec!["booking".to_owned(), "booking".to_owned()]));
}

#[tokio::test]
async fn buffers_and_limits_count_it() {
    let scene = scene().await;
    let path = format!("/event-types/{}", scene.event_type.id());
    let buffered = json!({ "buffer_after_minutes": 30 });
    let changed = scene.tenant.owner.patch(&path, &scene.event_type.json["version"], buffered).await.expect(200);
    let opened = scene.open(&scene.visitor, START).await;
    assert!(opened.is_kept());
    assert!(!scene.is_offered("2031-09-09T09:30:00Z").await && scene.is_offered("2031-09-09T10:00:00Z").await);
    scene.tenant.owner.patch(&path, &changed.json["version"], json!({ "daily_limit": 1 })).await.expect(200);
    assert_eq!(scene.offered().await, Vec::<String>::new());
    assert_eq!(scene.submit(&opened, START, "vera@example.com").await.status, 303);
}

#[tokio::test]
async fn nobody_keeps_a_whole_calendar() {
    let scene = scene().await;
    let start = |n: usize| format!("2031-09-{:02}T{:02}:00:00Z", 9 + n / 7, 7 + n % 7);
    let mut kept = 0;
    for n in 0..12 {
        let opened = scene.open(&scene.visitor, &start(n)).await;
        assert_eq!(opened.answer.status, 200, "it opens all the same");
        assert_eq!(opened.answer.text.contains("kept for you"), opened.is_kept());
        kept += usize::from(opened.is_kept());
    }
    assert_eq!(kept, 10);
    assert_eq!(scene.book(&start(11), "one@example.com").await.status, 201, "what is not kept is anybody's");
    // Whatever their networks: thirty of one event type.
    let mut db = scene.world.as_owner().await;
    sqlx::query("DELETE FROM scheduling.occupancy WHERE kind = 'hold'").execute(&mut db).await.expect("removed");
    sqlx::query("DELETE FROM scheduling.holds").execute(&mut db).await.expect("removed");
    for n in 0..30 {
        sqlx::query(
            "INSERT INTO scheduling.holds (tenant_id, id, event_type_id, secret_hash, address_hash, start_time, end_time,
                                           buffer_before_minutes, buffer_after_minutes, expires_at)
             VALUES ($1, $2, $3, sha256($2::text::bytea), sha256($2::text::bytea), '2031-10-01T09:00Z', '2031-10-01T09:30Z', 0, 0, $4)",
        )
        .bind(scene.tenant.id)
        .bind(some_id())
        .bind(scene.event_type.id())
        .bind(scene.world.now().plus_seconds(if n == 0 { 60 } else { 300 }))
        .execute(&mut db)
        .await
        .expect("a hold");
    }
    assert!(!scene.open(&scene.visitor, START).await.is_kept());
    scene.world.advance_minutes(2);
    assert!(scene.open(&scene.visitor, START).await.is_kept(), "one of them has run out");
}

#[tokio::test]
async fn an_unchanged_page_is_not_sent_again() {
    let scene = scene().await;
    let path = format!("{}?date=2031-09-09&tz=UTC&lang=en", scene.page);
    let page = scene.visitor.get(&path).await.expect(200);
    let tag = page.headers["etag"].to_str().expect("a tag").to_owned();
    assert_eq!(page.headers["vary"], "Accept-Language, Cookie");
    let again = scene.visitor.send(Method::GET, &path, &[("if-none-match", &tag)], None).await;
    assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
    scene.open(&scene.visitor, START).await;
    let changed = scene.visitor.send(Method::GET, &path, &[("if-none-match", &tag)], None).await.expect(200);
    assert_ne!(changed.headers["etag"], tag);
}

/// Fifty forms for one time: one keeps it. Against bookings one of all wins, and no time is taken twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_forms_and_bookings_for_one_time() {
    let scene = scene().await;
    for round in 0..crate::races::rounds(4) {
        // What the rounds before kept has run out, and counts no more.
        scene.world.advance_minutes(10);
        let start = crate::races::start(round);
        let forms = join_all((0..50).map(|_| scene.open(&scene.visitor, &start))).await;
        let kept: Vec<&Opened> = forms.iter().filter(|form| form.is_kept()).collect();
        assert_eq!(kept.len(), 1, "round {round}");
        assert!(forms.iter().all(|form| form.is_kept() || form.answer.status == 409), "round {round}");
        // Its form against all the others' and as many bookings.
        let sent = forms.iter().map(|form| scene.submit(form, &start, "form@example.com"));
        let (sent, booked) = tokio::join!(join_all(sent), join_all((0..25).map(|_| scene.book(&start, "api@example.com"))));
        assert!(booked.iter().all(|answer| answer.status == 409), "round {round}");
        for (form, answer) in forms.iter().zip(&sent) {
            assert_eq!(answer.status.as_u16(), if form.is_kept() { 303 } else { 409 }, "round {round}");
        }
        // Forms that are opened while others book.
        let start = crate::races::later(round);
        let (opened, booked) = tokio::join!(
            join_all((0..25).map(|_| scene.open(&scene.visitor, &start))),
            join_all((0..25).map(|_| scene.book(&start, "api@example.com")))
        );
        let won = opened.iter().filter(|form| form.is_kept()).count() + booked.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(won, 1, "round {round}");
        assert!(opened.iter().all(|form| matches!(form.answer.status.as_u16(), 200 | 409)), "round {round}");
        assert!(booked.iter().all(|answer| matches!(answer.status.as_u16(), 201 | 409)), "round {round}");
    }
    crate::races::assert_no_overlap(&scene.world).await;
    let deadlocks: i64 = sqlx::query_scalar("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        .fetch_one(&mut scene.world.as_owner().await)
        .await
        .expect("statistics");
    assert_eq!(deadlocks, 0);
}

/// A hold is of its workspace: its secret opens nothing elsewhere.
#[tokio::test]
async fn another_workspace_knows_nothing_of_it() {
    let scene = scene().await;
    let other = Tenant::found(&scene.world, "other").await;
    let (slug, _) = other.organizer().await;
    let opened = scene.open(&scene.visitor, START).await;
    let release = format!("/b/{slug}/intro/release");
    assert_eq!(scene.visitor.form(&release, &[], &[("key", &opened.key)]).await.status, 204);
    assert!(!scene.is_offered(START).await);
    let there = opened.reader.get(&format!("/b/{slug}/intro/book?start={START}&lang=en")).await.expect(200);
    assert!(there.text.contains("kept for you"));
    assert_eq!(scene.rows().await.0, 2);
}

//! Mail over SMTP: what goes over the wire, and what happens where the server refuses or is not there.

use platform::mail::Mailer;
use serde_json::{Value, json};

use super::mime::Part;
use super::platform_admin;
use super::smtp::{Reply, Server, closed_port, smtp_at};
use crate::client::{Client, Tenant, booking};
use crate::world::World;

async fn world_with(server: &Server) -> World {
    World::with_mailer(Mailer { smtp: Some(server.smtp()) }).await
}

/// Asks for a mail to that address.
async fn ask(world: &World, email: &str) {
    Client::anonymous(world).post("/password-resets", json!({ "email": email })).await.expect(202);
}

/// Runs what is due now, once: a job that failed waits for its next attempt.
async fn run_once(world: &World) {
    while platform::jobs::run_due(&world.app, atrium::registry::jobs()).await.expect("ran") > 0 {}
}

async fn mails(admin: &Client, email: &str) -> Vec<Value> {
    admin.get(&format!("/mails?q={email}")).await.expect(200).json["items"].as_array().cloned().expect("items")
}

#[tokio::test]
async fn a_booking_arrives_with_its_invitation() {
    let server = Server::start(&[]).await;
    let world = world_with(&server).await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let mut body = booking("2031-09-09T09:00:00Z", "vera@example.com");
    body["name"] = json!("Véra Ünïcode 日本");
    let booked = Client::anonymous(&world).post(&format!("/public/organizers/{slug}/event-types/intro/bookings"), body).await.expect(201);
    world.settle().await;
    let received = server.received();
    let message = received.iter().find(|message| message.to == "vera@example.com").expect("the visitor's mail");
    assert_eq!((received.len(), message.from.as_str()), (2, "atrium@mail.example.com"));
    assert!(message.data.split(|b| *b == b'\n').all(|line| line.len() <= 999), "no line is longer than SMTP allows");
    assert!(message.data.is_ascii(), "every server takes it");

    let whole = Part::parse(&message.data);
    assert_eq!(whole.outline(), "multipart/mixed(multipart/alternative(text/plain, text/html, text/calendar), application/ics)");
    assert!(
        whole.header("to").expect("To").contains("Véra Ünïcode 日本") && whole.header("to").expect("To").contains("<vera@example.com>")
    );
    assert!(whole.header("from").expect("From").contains("<atrium@mail.example.com>"), "{:?}", whole.header("from"));
    assert_eq!(whole.header("auto-submitted").as_deref(), Some("auto-generated"));
    assert!(whole.header("date").is_some() && whole.header("mime-version").is_some());
    let id = whole.header("message-id").expect("Message-ID");
    assert!(id.starts_with('<') && id.ends_with("@mail.example.com>"), "{id}");
    let [text, html, calendar] = &whole.parts[0].parts[..] else { panic!("{}", whole.outline()) };
    let link = booked.json["manage_url"].as_str().expect("a link");
    assert!(text.text().contains(link) && html.text().contains(link));
    for part in [text, html, calendar] {
        assert_eq!(part.parameter("content-type", "charset").map(|charset| charset.to_ascii_lowercase()).as_deref(), Some("utf-8"));
    }
    assert_eq!(calendar.parameter("content-type", "method").as_deref(), Some("REQUEST"));
    let attached = &whole.parts[1];
    assert_eq!(attached.parameter("content-disposition", "filename").as_deref(), Some("invite.ics"));
    assert_eq!(attached.text(), calendar.text());
    let parsed: icalendar::Calendar = calendar.text().parse().expect("valid iCalendar");
    assert_eq!(parsed.property_value("METHOD"), Some("REQUEST"));
    let organizers = received.iter().find(|message| message.to == "acme@example.com").expect("the organizer's mail");
    assert_ne!(Part::parse(&organizers.data).header("message-id"), Some(id));
}

#[tokio::test]
async fn a_plain_mail_has_text_and_html() {
    let server = Server::start(&[]).await;
    let world = world_with(&server).await;
    let visitor = Client::anonymous(&world);
    let body = json!({ "email": "ana@example.com", "name": "Ana", "password": "a fine long password", "tenant_name": "Studio", "timezone": "UTC", "locale": "pt-BR" });
    visitor.post("/registrations", body).await.expect(202);
    world.settle().await;
    let whole = Part::parse(&server.received()[0].data);
    assert_eq!(whole.outline(), "multipart/alternative(text/plain, text/html)");
    let subject = whole.header("subject").expect("a subject");
    assert!(!subject.is_empty() && !subject.contains("=?"), "{subject}");
    assert!(whole.parts[0].text().contains("/verify-email?token=") && whole.parts[1].text().contains("lang=\"pt-BR\""));
}

/// 5xx is the server's last word: no second attempt, and an administrator sees it.
#[tokio::test]
async fn a_refusal_for_good_is_failed_at_once_and_shown() {
    let server = Server::start(&[Reply::Recipient("550 5.1.1 no such user")]).await;
    let world = world_with(&server).await;
    let tenant = Tenant::found(&world, "acme").await;
    let admin = platform_admin(&world).await;
    ask(&world, "acme@example.com").await;
    world.settle().await;
    assert!(server.received().is_empty());
    let mail = mails(&admin, "acme@example.com").await.remove(0);
    assert_eq!(mail["status"], "failed");
    assert!(mail["last_error"].as_str().is_some_and(|error| error.contains("550") || error.contains("no such user")), "{mail}");
    let failed = admin.get("/failed-jobs").await.expect(200).json;
    let job = &failed["items"][0];
    assert_eq!((&job["task"], &job["attempts"], &job["tenant_id"]), (&json!("SendMails"), &json!(1), &json!(null)));
    assert_eq!(job["payload"]["mail_ids"], json!([mail["id"]]));
    // It is the instance's mail, so it is not the workspace's to see.
    assert_eq!(tenant.owner.get("/failed-jobs").await.expect(200).json["items"], json!([]));
    // The server has been mended; the mail goes out.
    admin.post(&format!("/failed-jobs/{}/retries", job["id"]), json!({})).await.expect(202);
    world.settle().await;
    assert_eq!(server.received().len(), 1);
    let mail = mails(&admin, "acme@example.com").await.remove(0);
    assert_eq!((&mail["status"], &mail["last_error"]), (&json!("sent"), &json!(null)));
    assert_eq!(admin.get("/failed-jobs").await.expect(200).json["items"], json!([]));
}

/// The mails of one change are one job; what is wrong with one of them is not the other's affair.
#[tokio::test]
async fn of_two_mails_only_the_refused_one_is_sent_again() {
    let server = Server::start(&[Reply::Recipient("550 5.1.1 no such user")]).await;
    let world = world_with(&server).await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    Client::anonymous(&world)
        .post(&format!("/public/organizers/{slug}/event-types/intro/bookings"), booking("2031-09-09T09:00:00Z", "vera@example.com"))
        .await
        .expect(201);
    world.settle().await;
    assert_eq!(server.received().len(), 1);
    let failed = tenant.owner.get("/failed-jobs").await.expect(200).json;
    let [job] = &failed["items"].as_array().expect("items")[..] else { panic!("{failed}") };
    assert_eq!((&job["attempts"], job["payload"]["mail_ids"].as_array().map(Vec::len)), (&json!(1), Some(2)));
    tenant.owner.post(&format!("/failed-jobs/{}/retries", job["id"]), json!({})).await.expect(202);
    world.settle().await;
    let mut to: Vec<_> = server.received().into_iter().map(|message| message.to).collect();
    to.sort_unstable();
    assert_eq!(to, ["acme@example.com", "vera@example.com"]);
}

#[tokio::test]
async fn a_refusal_for_now_is_tried_again() {
    let server = Server::start(&[Reply::Message("451 4.3.0 try again"), Reply::Recipient("452 4.2.2 full")]).await;
    let world = world_with(&server).await;
    Tenant::found(&world, "acme").await;
    let admin = platform_admin(&world).await;
    ask(&world, "acme@example.com").await;
    run_once(&world).await;
    let mail = mails(&admin, "acme@example.com").await.remove(0);
    assert_eq!(mail["status"], "queued");
    assert!(mail["last_error"].as_str().is_some_and(|error| error.contains("451") || error.contains("try again")), "{mail}");
    assert!(server.received().is_empty());
    assert_eq!(admin.get("/failed-jobs").await.expect(200).json["items"], json!([]), "it has attempts left");
    // Settling brings every later attempt forward.
    world.settle().await;
    assert_eq!(server.received().len(), 1);
    assert_eq!(mails(&admin, "acme@example.com").await[0]["status"], "sent");
    let attempts: i16 = sqlx::query_scalar("SELECT attempts FROM directory.mails WHERE recipient = 'acme@example.com'")
        .fetch_one(&world.app.pools.owner)
        .await
        .expect("counted");
    assert_eq!(attempts, 3);
}

/// SMTP cannot tell a second sending from a first, so both carry one Message-ID.
#[tokio::test]
async fn a_server_that_is_gone_before_its_answer_gets_the_same_message_again() {
    let server = Server::start(&[Reply::Silence]).await;
    let world = world_with(&server).await;
    Tenant::found(&world, "acme").await;
    ask(&world, "acme@example.com").await;
    world.settle().await;
    let ids: Vec<_> = server.received().iter().map(|message| Part::parse(&message.data).header("message-id")).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids[0].is_some() && ids[0] == ids[1], "{ids:?}");
}

/// The mails stand with the delivery of the event, and their job with them: whoever is killed in between, and whatever became
/// of the booking meanwhile, they go out as they were written, once.
#[tokio::test]
async fn mails_of_a_killed_worker_go_out_although_the_booking_moved_on() {
    let server = Server::start(&[Reply::Stall]).await;
    let world = world_with(&server).await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let visitor = Client::anonymous(&world);
    let booked = visitor
        .post(&format!("/public/organizers/{slug}/event-types/intro/bookings"), booking("2031-09-09T09:00:00Z", "vera@example.com"))
        .await
        .expect(201);
    platform::events::run_until_empty(&world.app).await.expect("dispatched");
    let mut db = world.as_owner().await;
    let count = async |db: &mut sqlx::PgConnection, status: &str| {
        sqlx::query_scalar::<_, i64>("SELECT count(*) FROM directory.mails WHERE status = $1")
            .bind(status)
            .fetch_one(db)
            .await
            .expect("count")
    };
    assert_eq!(count(&mut db, "queued").await, 2);

    // The worker dies while the mail server has its first mail.
    tokio::select! {
        ran = platform::jobs::run_due(&world.app, atrium::registry::jobs()) => panic!("{ran:?}"),
        () = server.stalled() => {}
    }
    assert_eq!((count(&mut db, "sending").await, server.received().len()), (2, 0));
    let token = booked.json["manage_url"].as_str().and_then(|url| url.rsplit('/').next()).expect("a token");
    visitor.post(&format!("/public/bookings/{token}/cancellation"), json!({})).await.expect(200);
    // As the queue does with the jobs of a worker that gives no sign of life any more.
    let freed = sqlx::query("UPDATE graphile_worker._private_jobs SET locked_at = NULL, locked_by = NULL WHERE locked_at IS NOT NULL");
    assert_eq!(freed.execute(&mut db).await.expect("freed").rows_affected(), 1);
    world.settle().await;

    let mut methods: Vec<_> = server
        .received()
        .iter()
        .map(|message| {
            (message.to.clone(), Part::parse(&message.data).parts[0].parts[2].parameter("content-type", "method").expect("a method"))
        })
        .collect();
    methods.sort_unstable();
    let expected =
        [("acme@example.com", "CANCEL"), ("acme@example.com", "REQUEST"), ("vera@example.com", "CANCEL"), ("vera@example.com", "REQUEST")];
    assert_eq!(methods, expected.map(|(to, method)| (to.to_owned(), method.to_owned())));
    assert_eq!(count(&mut db, "sent").await, 4);
}

#[tokio::test]
async fn while_no_server_is_there_nothing_is_lost() {
    let port = closed_port().await;
    let world = World::with_mailer(Mailer { smtp: Some(smtp_at(port)) }).await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let admin = platform_admin(&world).await;
    Client::anonymous(&world)
        .post(&format!("/public/organizers/{slug}/event-types/intro/bookings"), booking("2031-09-09T09:00:00Z", "vera@example.com"))
        .await
        .expect(201);
    platform::events::run_until_empty(&world.app).await.expect("dispatched");
    run_once(&world).await;
    // To the invitee and to the organizer, which is the workspace's affair and not said here.
    let waiting = admin.get("/mails").await.expect(200).json["items"].as_array().cloned().expect("mails");
    assert_eq!(waiting.len(), 2);
    for mail in waiting {
        assert_eq!((&mail["status"], mail["last_error"].is_string(), &mail["to"]), (&json!("queued"), true, &json!("")), "{mail}");
    }
    let server = Server::on(port, &[]).await;
    world.settle().await;
    let mut to: Vec<_> = server.received().into_iter().map(|message| message.to).collect();
    to.sort_unstable();
    // The reminders of a booking are for later.
    assert_eq!(to, ["acme@example.com", "vera@example.com"]);
}

/// After the last attempt a mail is failed, and stays to be sent by hand.
#[tokio::test]
async fn attempts_end_and_the_mail_stays() {
    let world = World::with_mailer(Mailer { smtp: Some(smtp_at(closed_port().await)) }).await;
    Tenant::found(&world, "acme").await;
    let admin = platform_admin(&world).await;
    ask(&world, "acme@example.com").await;
    world.settle().await;
    let mail = mails(&admin, "acme@example.com").await.remove(0);
    assert_eq!(mail["status"], "failed");
    let failed = admin.get("/failed-jobs").await.expect(200).json;
    assert_eq!((&failed["items"][0]["attempts"], &failed["items"][0]["max_attempts"]), (&json!(10), &json!(10)));
}

#[tokio::test]
async fn the_mailbox_is_for_administrators_of_the_instance() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let admin = platform_admin(&world).await;
    let (_, workspace_admin) = tenant.member(&world, "admin").await;
    ask(&world, "acme@example.com").await;
    world.settle().await;
    let mail = mails(&admin, "ACME@example").await.remove(0);
    assert_eq!((&mail["status"], &mail["kind"]), (&json!("kept"), &json!("password_reset")));
    let path = format!("/mails/{}", mail["id"].as_str().expect("id"));
    for client in [&tenant.owner, &workspace_admin] {
        client.get("/mails").await.expect(403);
        client.get(&path).await.expect(403);
    }
    Client::anonymous(&world).get("/mails").await.expect(401);
    let whole = admin.get(&path).await.expect(200).json;
    assert!(whole["text"].as_str().is_some_and(|text| text.contains("/reset-password?token=")));
    let raw = Part::parse(whole["raw"].as_str().expect("raw").as_bytes());
    assert_eq!(raw.header("to").as_deref().map(|to| to.contains("acme@example.com")), Some(true));
    admin.get("/mails/01980000-0000-7000-8000-000000000000").await.expect(404);
    // Whoever was promoted sees it at once, and whoever was demoted no more.
    sqlx::query("UPDATE directory.users SET is_platform_admin = false").execute(&mut world.as_owner().await).await.expect("demoted");
    admin.get("/mails").await.expect(403);
}

/// Where a server is set, nobody reads at the instance what was sent: not the workspaces' mails, nor links that sign in.
#[tokio::test]
async fn the_mailbox_shows_no_more_than_delivery_where_there_is_a_server() {
    let server = Server::start(&[]).await;
    let world = world_with(&server).await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let admin = platform_admin(&world).await;
    ask(&world, "acme@example.com").await;
    Client::anonymous(&world)
        .post(&format!("/public/organizers/{slug}/event-types/intro/bookings"), booking("2031-09-09T09:00:00Z", "vera@example.com"))
        .await
        .expect(201);
    platform::events::run_until_empty(&world.app).await.expect("dispatched");
    // Before the server has them, after, and when it refused them.
    for status in ["queued", "sent", "failed"] {
        if status == "sent" {
            world.settle().await;
        } else {
            let error = "UPDATE directory.mails SET status = $1, last_error = CASE WHEN tenant_id IS NOT NULL THEN '550 <vera@example.com> is unknown' END";
            sqlx::query(error).bind(status).execute(&mut world.as_owner().await).await.expect("an error");
        }
        let all = admin.get("/mails").await.expect(200);
        assert!(!all.text.contains("vera@") && !all.text.contains("token"), "{status}: {}", all.text);
        let all = all.json["items"].as_array().cloned().expect("mails");
        assert_eq!(all.iter().filter(|mail| mail["is_hidden"] == true).count(), 2, "{status}: {all:?}");
        for mail in &all {
            assert_eq!((&mail["status"], &mail["can_open"]), (&json!(status), &json!(false)));
            assert_eq!(mail["subject"] == "" && mail["to"] == "", mail["kind"] != "password_reset", "{mail}");
            let opened = admin.get(&format!("/mails/{}", mail["id"].as_str().expect("an id"))).await.expect(403);
            assert_eq!(opened.code(), "mail_closed", "{mail}");
        }
        for q in ["vera", "VERA@example.com", "Intro"] {
            assert_eq!(mails(&admin, q).await, Vec::<Value>::new(), "{status}: what is hidden is not found");
        }
        if status == "queued" {
            sqlx::query("UPDATE directory.mails SET last_error = NULL").execute(&mut world.as_owner().await).await.expect("none");
        }
    }
}

#[tokio::test]
async fn a_kept_mail_is_opened_by_whoever_is_there_in_person_and_that_is_written_down() {
    let world = World::new().await;
    Tenant::found(&world, "acme").await;
    let admin = platform_admin(&world).await;
    ask(&world, "acme@example.com").await;
    world.settle().await;
    let mail = mails(&admin, "acme@example.com").await.remove(0);
    let path = format!("/mails/{}", mail["id"].as_str().expect("an id"));
    admin.get(&path).await.expect(200);
    let opened = async || {
        sqlx::query_scalar::<_, i64>("SELECT count(*) FROM directory.security_events WHERE event = 'mail_opened' AND severity = 'high' AND details ->> 'kind' = 'password_reset'")
            .fetch_one(&world.app.pools.owner)
            .await
            .expect("counted")
    };
    assert_eq!(opened().await, 1);
    world.advance_minutes(10);
    assert_eq!(admin.get(&path).await.expect(403).code(), "step_up_required");
    assert_eq!(opened().await, 1);
    // In a demo everybody knows the password.
    sqlx::query("UPDATE security.instance SET is_demo = true").execute(&mut world.as_owner().await).await.expect("a demo");
    admin.get(&path).await.expect(200);
    assert_eq!(opened().await, 2);
}

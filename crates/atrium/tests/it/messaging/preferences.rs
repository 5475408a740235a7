//! What a member chooses to be told, and what cannot be chosen away.

use serde_json::json;

use super::{book, choices, kinds, told};
use crate::client::{Client, Tenant};
use crate::identity::{PASSWORD, sign_up};
use crate::live::{Stream, run};
use crate::world::World;

async fn mails_to(world: &World, address: &str) -> i64 {
    world.settle().await;
    sqlx::query_scalar("SELECT count(*) FROM directory.mails WHERE recipient = $1 AND kind LIKE 'booking%'")
        .bind(address)
        .fetch_one(&mut world.as_owner().await)
        .await
        .expect("a count")
}

#[tokio::test]
async fn channels_are_switched_off_and_on() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    tenant.organizer().await;
    let stands = tenant.owner.get("/notification-preferences").await.expect(200);
    assert_eq!((stands.headers["etag"].to_str().ok(), &stands.json["version"]), (Some("\"0\""), &json!(0)));
    assert_eq!(stands.json["channels"], choices()["channels"]);
    let mut quiet = choices();
    quiet["channels"]["bookings"] = json!({ "in_app": false, "email": false });
    tenant.owner.put("/notification-preferences", None, quiet.clone()).await.expect(428);
    let saved = tenant.owner.put("/notification-preferences", Some(&json!(0)), quiet.clone()).await.expect(200).json;
    assert_eq!((&saved["version"], &saved["channels"]), (&json!(1), &quiet["channels"]));
    tenant.owner.put("/notification-preferences", Some(&json!(0)), quiet).await.expect(412);
    book(&world, &tenant, "2031-09-09T09:00:00Z").await;
    assert_eq!(kinds(&world, &tenant.owner).await, [] as [&str; 0]);
    // The invitee gets the mails whatever the organizer chose.
    assert_eq!((mails_to(&world, "acme@example.com").await, mails_to(&world, "vera@example.com").await), (0, 1));
    tenant.owner.put("/notification-preferences", Some(&json!(1)), choices()).await.expect(200);
    book(&world, &tenant, "2031-09-09T10:00:00Z").await;
    assert_eq!(kinds(&world, &tenant.owner).await, ["booking.created"]);
    assert_eq!((mails_to(&world, "acme@example.com").await, mails_to(&world, "vera@example.com").await), (1, 2));
}

#[tokio::test]
async fn security_is_always_told() {
    let world = World::new().await;
    let ana = sign_up(&world, "ana@example.com").await;
    for channel in ["in_app", "email"] {
        let mut without = choices();
        without["channels"]["security"][channel] = json!(false);
        let refused = ana.put("/notification-preferences", Some(&json!(0)), without).await.expect(422);
        let error = &refused.json["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!(format!("channels.security.{channel}")), &json!("always_on")));
    }
    // Nor does the database take it from anybody who writes past the program.
    let forced = "INSERT INTO messaging.notification_preferences (tenant_id, user_id, channels)
                  SELECT tenant_id, user_id, '{\"security\": {\"in_app\": false}}' FROM identity.members";
    sqlx::query(forced).execute(&mut world.as_owner().await).await.expect_err("refused");
    let mut all_off = choices();
    for group in ["bookings", "workspace", "system"] {
        all_off["channels"][group]["in_app"] = json!(false);
    }
    ana.put("/notification-preferences", Some(&json!(0)), all_off).await.expect(200);
    ana.put("/me/password", None, json!({ "current_password": PASSWORD, "new_password": "an entirely different one" })).await;
    let ana = Client::sign_in(&world, "ana@example.com", "an entirely different one").await;
    assert_eq!(kinds(&world, &ana).await, ["account.password_changed"]);
}

#[tokio::test]
async fn in_quiet_hours_they_come_quietly() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    tenant.organizer().await;
    // It is six in the morning in UTC, in September.
    let me = tenant.owner.get("/me").await.expect(200).json;
    tenant.owner.patch("/me", &me["version"], json!({ "timezone": "Europe/Amsterdam" })).await.expect(200);
    let _running = run(&world).await;
    let mut stream = Stream::open(&tenant.owner, None).await;
    for (n, (from, until, is_quiet)) in [
        // Eight in Amsterdam.
        ("08:00", "09:00", true),
        ("06:00", "08:00", false),
        ("22:00", "08:01", true),
        ("08:01", "08:00", false),
    ]
    .into_iter()
    .enumerate()
    {
        let mut hours = choices();
        hours["do_not_disturb"] = json!({ "enabled": true, "from": from, "until": until });
        tenant.owner.put("/notification-preferences", Some(&json!(n)), hours).await.expect(200);
        book(&world, &tenant, &format!("2031-09-09T{:02}:00:00Z", 8 + n)).await;
        let payload = loop {
            let frame = stream.next().await.expect("an event");
            if frame.event == "notification.created" {
                break frame.data["payload"].clone();
            }
        };
        assert_eq!(payload["is_quiet"], json!(is_quiet), "{from} to {until}");
    }
    assert_eq!(tenant.owner.get("/notifications").await.expect(200).json["items"].as_array().map(Vec::len), Some(4));
}

#[tokio::test]
async fn hours_that_are_none_are_refused() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    for (from, until, field) in [
        ("22:00", "22:00", "do_not_disturb.until"),
        ("24:00", "07:00", "do_not_disturb.from"),
        ("22:00", "25:00", "do_not_disturb.until"),
        ("soon", "07:00", "do_not_disturb.from"),
    ] {
        let mut hours = choices();
        hours["do_not_disturb"] = json!({ "enabled": true, "from": from, "until": until });
        let refused = tenant.owner.put("/notification-preferences", Some(&json!(0)), hours).await.expect(422);
        assert_eq!(refused.json["errors"][0]["field"], field, "{}", refused.text);
    }
    let mut unknown = choices();
    unknown["channels"]["weather"] = json!({ "in_app": true });
    tenant.owner.put("/notification-preferences", Some(&json!(0)), unknown).await.expect(422);
    assert_eq!(told(&world, &tenant.owner).await, [] as [serde_json::Value; 0]);
}

#[tokio::test]
async fn the_organizers_reminder_comes_when_it_is_wanted() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    tenant.organizer().await;
    let mut early = choices();
    early["reminder_minutes_before"] = json!(4);
    tenant.owner.put("/notification-preferences", Some(&json!(0)), early.clone()).await.expect(422);
    early["reminder_minutes_before"] = json!(120);
    tenant.owner.put("/notification-preferences", Some(&json!(0)), early).await.expect(200);
    // Four hours ahead.
    book(&world, &tenant, "2031-09-08T10:00:00Z").await;
    let mut reminded = Vec::new();
    for _ in 0..4 {
        world.settle().await;
        let count = async |address: &str| {
            let count: i64 = sqlx::query_scalar("SELECT count(*) FROM directory.mails WHERE recipient = $1 AND kind = 'booking_reminder'")
                .bind(address)
                .fetch_one(&mut world.as_owner().await)
                .await
                .expect("a count");
            count
        };
        reminded.push((count("acme@example.com").await, count("vera@example.com").await));
        world.advance_minutes(61);
    }
    assert_eq!(reminded, [(0, 0), (0, 0), (1, 0), (1, 1)]);
}

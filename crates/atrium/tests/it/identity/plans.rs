//! Plans, trials, subscriptions that end and bills that are not paid.

use platform::jobs::{When, enqueue};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{again, kinds_of_mail, newest_token, platform_admin, role_id, sign_up};
use crate::client::{Answer, Client, Tenant, booking};
use crate::world::World;

const MINUTES_A_DAY: i64 = 24 * 60;

fn plan(name: &str, more: Value) -> Value {
    let mut plan = json!({ "name": name, "price_minor": 1900, "currency": "EUR", "interval": "month" });
    plan.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
    plan
}

async fn add(admin: &Client, plan: Value) -> Uuid {
    admin.post("/admin/plans", plan).await.expect(201).id()
}

async fn try_subscribe(admin: &Client, tenant: &Tenant, body: Value) -> Answer {
    let path = format!("/admin/tenants/{}", tenant.id);
    let version = admin.get(&path).await.expect(200).json["subscription"]["version"].clone();
    admin.put(&format!("{path}/subscription"), Some(&version), body).await
}

async fn subscribe(admin: &Client, tenant: &Tenant, body: Value) {
    try_subscribe(admin, tenant, body).await.expect(200);
}

async fn check(world: &World) {
    enqueue(&mut world.as_owner().await, &identity::plans::CheckSubscriptions {}, When::default()).await.expect("enqueued");
    world.settle().await;
}

#[tokio::test]
async fn without_plans_nothing_is_limited_and_nothing_ends() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let seen = tenant.owner.get("/tenant/subscription").await.expect(200).json;
    assert_eq!((&seen["plan"], &seen["status"], &seen["is_read_only"]), (&json!(null), &json!("active"), &json!(false)));
    assert_eq!((&seen["members"], &seen["domains"]), (&json!({ "used": 1, "limit": null }), &json!({ "used": 0, "limit": null })));
    world.advance_minutes(400 * MINUTES_A_DAY);
    check(&world).await;
    let owner = again(&world, "acme@example.com").await;
    assert_eq!(owner.get("/tenant/subscription").await.expect(200).json["status"], "active");
    owner.post("/contacts", json!({ "name": "Still" })).await.expect(201);
}

#[tokio::test]
async fn plans_are_the_hosts_and_new_workspaces_begin_with_one() {
    let world = World::new().await;
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    let before = Tenant::found(&world, "before").await;
    let team = plan("Team", json!({ "member_limit": 5, "trial_days": 14, "is_default": true }));
    let id = add(&admin, team.clone()).await;
    assert_eq!(admin.post("/admin/plans", plan("TEAM", json!({}))).await.expect(409).code(), "name_taken");
    let wrong = json!({ "name": "", "price_minor": -1, "currency": "eur", "interval": "week", "member_limit": 0, "domain_limit": -1,
                        "trial_days": 366 });
    let wrong = admin.post("/admin/plans", wrong).await.expect(422).json;
    assert_eq!(wrong["errors"].as_array().map(Vec::len), Some(7), "{wrong}");
    // A new one begins with it, on trial; one that was there before keeps what it had.
    let tenant = Tenant::found(&world, "acme").await;
    let seen = tenant.owner.get("/tenant/subscription").await.expect(200).json;
    assert_eq!((&seen["plan"]["name"], &seen["status"]), (&json!("Team"), &json!("trial")));
    assert_eq!(seen["plan"]["price_minor"], 1900);
    let ends: platform::time::Timestamp = seen["trial_ends_at"].as_str().expect("an end").parse().expect("an instant");
    assert_eq!(tenant.owner.get("/tenant").await.expect(200).json["trial_ends_at"], seen["trial_ends_at"]);
    assert_eq!(before.owner.get("/tenant/subscription").await.expect(200).json["plan"], json!(null));
    let mut db = world.as_owner().await;
    let (founded,): (i64,) = sqlx::query_as("SELECT floor(extract(epoch FROM created_at))::bigint FROM directory.tenants WHERE id = $1")
        .bind(tenant.id)
        .fetch_one(&mut db)
        .await
        .expect("founded");
    assert_eq!(ends.as_second() - founded, 14 * 24 * 3600);
    // Another default takes its place; none at all is one too.
    let path = format!("/admin/plans/{id}");
    let solo = add(&admin, plan("Solo", json!({ "is_default": true, "price_minor": 900 }))).await;
    let all = admin.get("/admin/plans").await.expect(200).json["items"].clone();
    let names: Vec<_> = all.as_array().expect("plans").iter().map(|one| (one["name"].clone(), one["is_default"].clone())).collect();
    assert_eq!(names, [(json!("Solo"), json!(true)), (json!("Team"), json!(false))]);
    let version = all[1]["version"].clone();
    let change = plan("Teams", json!({ "trial_days": 7 }));
    admin.send(reqwest::Method::PUT, &path, &[], Some(&change)).await.expect(428);
    assert_eq!(admin.put(&path, Some(&version), change.clone()).await.expect(200).json["member_limit"], json!(null));
    admin.put(&path, Some(&version), change).await.expect(412);
    // One that a workspace has cannot go.
    assert_eq!(admin.delete(&path).await.expect(409).code(), "plan_in_use");
    admin.delete(&format!("/admin/plans/{solo}")).await.expect(204);
    admin.delete(&format!("/admin/plans/{solo}")).await.expect(404);
    let later = Tenant::found(&world, "later").await;
    assert_eq!(later.owner.get("/tenant/subscription").await.expect(200).json["plan"], json!(null));
    // No owner gives oneself another one.
    let version = tenant.owner.get("/tenant").await.expect(200).json["version"].clone();
    for field in ["plan", "plan_id", "trial_ends_at", "subscription", "status"] {
        tenant.owner.patch("/tenant", &version, json!({ field: null })).await.expect(422);
    }
    let (_, member) = tenant.member(&world, "viewer").await;
    assert_eq!(member.get("/tenant/subscription").await.expect(403).code(), "forbidden");
    assert_eq!(tenant.owner.get("/admin/plans").await.expect(403).code(), "forbidden");
    world.advance_minutes(10);
    assert_eq!(admin.post("/admin/plans", plan("Late", json!({}))).await.expect(403).code(), "step_up_required");
}

/// The serving role reads how a workspace stands, and cannot change it.
#[tokio::test]
async fn the_serving_role_gives_no_workspace_another_plan() {
    use sqlx::ConnectOptions;
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let mut db = world.serving.connect().await.expect("connected");
    for statement in [
        "UPDATE directory.subscriptions SET status = 'active' WHERE tenant_id = $1",
        "DELETE FROM directory.subscriptions WHERE tenant_id = $1",
        "INSERT INTO directory.subscriptions (id, tenant_id) VALUES (gen_random_uuid(), $1)",
        "UPDATE directory.plans SET member_limit = NULL WHERE id = $1",
    ] {
        let refused = sqlx::query(statement).bind(tenant.id).execute(&mut db).await.expect_err(statement).to_string();
        assert!(refused.contains("permission denied"), "{statement}: {refused}");
    }
}

#[tokio::test]
async fn a_trial_is_told_of_ends_and_is_read_only_two_weeks_later() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    let team = add(&admin, plan("Team", json!({}))).await;
    let manage = Client::anonymous(&world)
        .post(&format!("/public/organizers/{slug}/event-types/intro/bookings"), booking("2031-10-06T09:00:00Z", "vera@example.com"))
        .await
        .expect(201)
        .json["manage_url"]
        .as_str()
        .expect("a link")
        .rsplit('/')
        .next()
        .expect("a token")
        .to_owned();
    let past = json!({ "plan_id": team, "status": "trial", "trial_ends_at": world.now() });
    assert_eq!(try_subscribe(&admin, &tenant, past).await.expect(422).json["errors"][0]["field"], "trial_ends_at");
    let ends = world.now().plus_seconds(8 * 24 * 3600);
    subscribe(&admin, &tenant, json!({ "plan_id": team, "status": "trial", "trial_ends_at": ends })).await;
    let told = async |kind: &str| kinds_of_mail(&world, "acme@example.com").await.iter().filter(|one| *one == kind).count();
    for (days, expected) in [(0, 0), (1, 1), (0, 1), (6, 2), (0, 2)] {
        world.advance_minutes(days * MINUTES_A_DAY);
        check(&world).await;
        assert_eq!((told("trial_ends").await, told("trial_ended").await), (expected, 0), "after {days} days");
    }
    world.advance_minutes(MINUTES_A_DAY);
    check(&world).await;
    assert_eq!((told("trial_ended").await, told("subscription_past_due").await), (1, 0));
    let owner = again(&world, "acme@example.com").await;
    let seen = owner.get("/tenant/subscription").await.expect(200).json;
    let until = ends.plus_seconds(14 * 24 * 3600);
    assert_eq!((&seen["status"], &seen["read_only_from"], &seen["is_read_only"]), (&json!("past_due"), &json!(until), &json!(false)));
    owner.post("/contacts", json!({ "name": "Still" })).await.expect(201);
    world.advance_minutes(11 * MINUTES_A_DAY);
    check(&world).await;
    check(&world).await;
    assert_eq!((told("subscription_past_due").await, told("subscription_unpaid").await), (1, 0));
    world.advance_minutes(3 * MINUTES_A_DAY);
    let owner = again(&world, "acme@example.com").await;
    owner.get("/contacts").await.expect(200);
    check(&world).await;
    assert_eq!(told("subscription_unpaid").await, 1);

    // It can be read, set in order and left; nothing else changes, by whatever door, also for a session that was there.
    owner.get("/contacts").await.expect(200);
    assert_eq!(owner.post("/contacts", json!({ "name": "No more" })).await.expect(402).code(), "read_only");
    assert_eq!(owner.get("/session").await.expect(200).json["tenant"]["is_read_only"], true);
    let version = owner.get("/tenant").await.expect(200).json["version"].clone();
    owner.patch("/tenant", &version, json!({ "billing_email": "bills@example.com" })).await.expect(200);
    owner.post("/audit-exports", json!({})).await.expect(202);
    let token = owner.post("/access-tokens", json!({ "name": "x", "scopes": ["contacts:read", "contacts:write"] })).await.expect(201);
    let bearer = format!("Bearer {}", token.json["token"].as_str().expect("a token"));
    let by_token = async |method: reqwest::Method| {
        let body = (method == reqwest::Method::POST).then(|| json!({ "name": "x" }));
        Client::anonymous(&world).send(method, "/contacts", &[("authorization", &bearer)], body.as_ref()).await.status.as_u16()
    };
    assert_eq!((by_token(reqwest::Method::GET).await, by_token(reqwest::Method::POST).await), (200, 402));
    let visitor = Client::anonymous(&world);
    visitor.get(&format!("/b/{slug}")).await.expect(404);
    visitor
        .post(&format!("/public/organizers/{slug}/event-types/intro/bookings"), booking("2031-12-09T09:00:00Z", "vera@example.com"))
        .await
        .expect(404);
    // What was booked stands, and whoever booked can still see and cancel it.
    visitor.get(&format!("/b/m/{manage}")).await.expect(200);
    visitor.post(&format!("/public/bookings/{manage}/cancellation"), json!({})).await.expect(200);
    let lines = owner.get("/audit-events?action=subscription.updated").await.expect(200).json["items"].clone();
    assert_eq!((&lines[0]["actor"]["name"], &lines[0]["new_values"]), (&json!("atrium"), &json!({ "status": "unpaid" })));

    // Paid, all of it is open again at once.
    let admin = again(&world, "root@example.com").await;
    subscribe(&admin, &tenant, json!({ "plan_id": team, "status": "active", "stripe_subscription_id": "sub_1" })).await;
    owner.post("/contacts", json!({ "name": "Again" })).await.expect(201);
    visitor.get(&format!("/b/{slug}")).await.expect(200);
    let other = Tenant::found(&world, "other").await;
    let taken = json!({ "plan_id": team, "status": "active", "stripe_subscription_id": "sub_1" });
    assert_eq!(try_subscribe(&admin, &other, taken).await.expect(422).json["errors"][0]["field"], "stripe_subscription_id");
    let foreign = json!({ "plan_id": team, "status": "active", "user_id": other.owner_id });
    assert_eq!(try_subscribe(&admin, &tenant, foreign).await.expect(422).json["errors"][0]["field"], "user_id");
    subscribe(&admin, &tenant, json!({ "plan_id": team, "status": "active", "user_id": tenant.owner_id })).await;
}

#[tokio::test]
async fn a_paid_period_that_ends_is_past_due_and_one_that_is_cancelled_is_over() {
    let world = World::new().await;
    let (renewed, cancelled) = (Tenant::found(&world, "renewed").await, Tenant::found(&world, "cancelled").await);
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    let team = add(&admin, plan("Team", json!({}))).await;
    let ends = world.now().plus_seconds(10 * 24 * 3600);
    let paid = json!({ "plan_id": team, "status": "active", "current_period_start": world.now(), "current_period_end": ends });
    subscribe(&admin, &renewed, paid.clone()).await;
    let mut leaving = paid;
    leaving["cancel_at_period_end"] = json!(true);
    subscribe(&admin, &cancelled, leaving).await;
    let state = async |tenant: &Tenant| {
        let mut db = world.as_owner().await;
        let status: (String,) = sqlx::query_as("SELECT status FROM directory.subscriptions WHERE tenant_id = $1")
            .bind(tenant.id)
            .fetch_one(&mut db)
            .await
            .expect("it");
        status.0
    };
    world.advance_minutes(9 * MINUTES_A_DAY + 1);
    check(&world).await;
    assert!(!kinds_of_mail(&world, "renewed@example.com").await.contains(&"subscription_ends".to_owned()), "nothing ends for it");
    assert!(kinds_of_mail(&world, "cancelled@example.com").await.contains(&"subscription_ends".to_owned()), "told beforehand");
    world.advance_minutes(MINUTES_A_DAY);
    check(&world).await;
    assert_eq!((state(&renewed).await.as_str(), state(&cancelled).await.as_str()), ("past_due", "canceled"));
    assert!(kinds_of_mail(&world, "renewed@example.com").await.contains(&"subscription_past_due".to_owned()));
    assert!(kinds_of_mail(&world, "cancelled@example.com").await.contains(&"subscription_ended".to_owned()));
    let owner = again(&world, "cancelled@example.com").await;
    assert_eq!(owner.post("/contacts", json!({ "name": "x" })).await.expect(402).code(), "read_only");
    let owner = again(&world, "renewed@example.com").await;
    owner.post("/contacts", json!({ "name": "x" })).await.expect(201);
}

#[tokio::test]
async fn a_plan_has_no_more_places_than_it_says() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    let pair = add(&admin, plan("Pair", json!({ "member_limit": 2 }))).await;
    subscribe(&admin, &tenant, json!({ "plan_id": pair, "status": "active" })).await;
    let viewer = role_id(&tenant, "viewer").await;
    let mut tokens = Vec::new();
    for email in ["ana@example.com", "bea@example.com"] {
        let person = sign_up(&world, email).await;
        tenant.owner.post("/invitations", json!({ "email": email, "role_id": viewer })).await.expect(201);
        tokens.push((person, newest_token(&world, email).await));
    }
    // Two at once for one place: one gets it.
    let accept = async |(person, token): &(Client, String)| person.post("/invitation-acceptances", json!({ "token": token })).await;
    let (one, two) = tokio::join!(accept(&tokens[0]), accept(&tokens[1]));
    let refused = if one.status.as_u16() == 409 { &one } else { &two };
    assert_eq!(refused.code(), "plan_limit", "{} {}", one.text, two.text);
    assert!(one.status.is_success() != two.status.is_success());
    assert_eq!((&refused.json["limit"], &refused.json["used"]), (&json!(2), &json!(2)));
    let seen = tenant.owner.get("/tenant/subscription").await.expect(200).json;
    assert_eq!(seen["members"], json!({ "used": 2, "limit": 2 }));
    // Nobody is invited in vain, and nobody comes back over the limit either.
    let full = tenant.owner.post("/invitations", json!({ "email": "cy@example.com", "role_id": viewer })).await;
    assert_eq!(full.expect(409).code(), "plan_limit");
    let (user, _) = tenant.member(&world, "guest").await;
    let member = tenant.owner.get(&format!("/members/{user}")).await.expect(200).json;
    let off = tenant.owner.patch(&format!("/members/{user}"), &member["version"], json!({ "status": "inactive" })).await.expect(200).json;
    let on = tenant.owner.patch(&format!("/members/{user}"), &off["version"], json!({ "status": "active" })).await;
    assert_eq!(on.expect(409).code(), "plan_limit");
    // A smaller plan takes nobody away.
    subscribe(&admin, &tenant, json!({ "status": "active" })).await;
    tenant.owner.patch(&format!("/members/{user}"), &off["version"], json!({ "status": "active" })).await.expect(200);
    subscribe(&admin, &tenant, json!({ "plan_id": pair, "status": "active" })).await;
    assert_eq!(tenant.owner.get("/tenant/subscription").await.expect(200).json["members"], json!({ "used": 3, "limit": 2 }));
}

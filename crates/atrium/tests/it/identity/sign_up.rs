//! From a sign-up to a session, and what strangers cannot learn or gain on the way.

use serde_json::json;

use super::{
    DAY, HOUR, PASSWORD, at_rest, kinds_of_mail, newest_mail, newest_token, registration, retry_after, seen_from_outside, sign_up,
    token_of, try_sign_in, wait_out,
};
use crate::bookings::mails_to;
use crate::client::{Client, Tenant};
use crate::world::World;

#[tokio::test]
async fn from_a_sign_up_to_a_session() {
    let world = World::new().await;
    let mut ana = Client::anonymous(&world);
    let mut input = registration("Ana@Example.com");
    input["locale"] = json!("pt-BR");
    assert_eq!(ana.post("/registrations", input).await.expect(202).json, json!({ "status": "check_mail" }));
    assert_eq!(try_sign_in(&world, "ana@example.com", PASSWORD).await.expect(403).code(), "email_unverified");

    let mail = newest_mail(&world, "Ana@Example.com").await;
    assert_eq!(mail.kind, "email_verification");
    assert!(mail.text.contains(&format!("{}/verify-email?token=", world.url)), "{}", mail.text);
    assert!(mail.html.contains("lang=\"pt-BR\""));
    // Whoever signs up with another's address has no text of his own brought there.
    assert!(!mail.text.contains("Ana") && !mail.text.contains("Studio") && mail.to.name.is_empty());
    let token = token_of(&mail);

    let verify = async |token: &str, password: &str| {
        Client::anonymous(&world).post("/email-verifications", json!({ "token": token, "password": password })).await
    };
    assert_eq!(verify(&"x".repeat(43), PASSWORD).await.expect(422).code(), "link_invalid");
    assert_eq!(verify(&token, "not this password").await.expect(401).code(), "invalid_credentials");
    let wait = retry_after(&verify(&token, PASSWORD).await);
    wait_out(&world, wait);
    let verified = verify(&token, PASSWORD).await.expect(201);
    ana.keep_cookie(&verified);
    assert_eq!(at_rest(ana.get("/session").await.expect(200).json), at_rest(verified.json.clone()));
    let session = &verified.json;
    assert_eq!((&session["user"]["email"], &session["user"]["locale"]), (&json!("Ana@Example.com"), &json!("pt-BR")));
    assert_eq!((&session["tenant"]["name"], &session["tenant"]["onboarding_status"]), (&json!("Studio"), &json!("pending")));
    assert_eq!((&session["roles"], &session["user"]["is_platform_admin"]), (&json!(["owner"]), &json!(false)));
    assert!(session["permissions"].as_array().expect("permissions").contains(&json!({ "codename": "settings:manage", "scope": "all" })));

    assert_eq!(verify(&token, PASSWORD).await.expect(422).code(), "link_invalid", "a link works once");
    try_sign_in(&world, " ANA@example.COM ", PASSWORD).await.expect(201);
    let trail = ana.get("/audit-events").await.expect(200).json;
    let actions: Vec<_> = trail["items"].as_array().expect("items").iter().map(|line| line["action"].clone()).collect();
    assert_eq!(actions, ["member.joined", "tenant.created"]);
    assert_eq!(trail["items"][0]["actor"]["name"], "Ana");
}

#[tokio::test]
async fn a_confirmation_link_runs_out_and_is_sent_again() {
    let world = World::new().await;
    let visitor = Client::anonymous(&world);
    visitor.post("/registrations", registration("ana@example.com")).await.expect(202);
    let first = newest_token(&world, "ana@example.com").await;
    let verify = async |token: &str| visitor.post("/email-verifications", json!({ "token": token, "password": PASSWORD })).await;
    world.advance_minutes(DAY);
    assert_eq!(verify(&first).await.expect(422).code(), "link_invalid");
    visitor.post("/email-verification-requests", json!({ "email": "ana@example.com" })).await.expect(202);
    let second = newest_token(&world, "ana@example.com").await;
    assert_eq!(verify(&first).await.expect(422).code(), "link_invalid", "the newer link is the only one");
    world.advance_minutes(DAY - 1);
    verify(&second).await.expect(201);
    assert_eq!(kinds_of_mail(&world, "ana@example.com").await, ["email_verification", "email_verification"]);
}

/// Two requests with one link at once: one user, one tenant.
#[tokio::test]
async fn confirmed_twice_at_once_is_confirmed_once() {
    let world = World::new().await;
    let visitor = Client::anonymous(&world);
    visitor.post("/registrations", registration("ana@example.com")).await.expect(202);
    let body = json!({ "token": newest_token(&world, "ana@example.com").await, "password": PASSWORD });
    let answers = futures_util::future::join_all((0..4).map(|_| visitor.post("/email-verifications", body.clone()))).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 201 | 409 | 422)), "{statuses:?}");
    let counts: (i64, i64) = sqlx::query_as("SELECT (SELECT count(*) FROM directory.users), (SELECT count(*) FROM directory.tenants)")
        .fetch_one(&world.app.pools.owner)
        .await
        .expect("counted");
    assert_eq!(counts, (1, 1));
}

#[tokio::test]
async fn known_and_unknown_addresses_get_the_same_answers() {
    let world = World::new().await;
    Tenant::found(&world, "known").await;
    let visitor = Client::anonymous(&world);
    visitor.post("/registrations", registration("waiting@example.com")).await.expect(202);
    let addresses = ["known@example.com", "waiting@example.com", "unknown@example.com"];
    type Body<'a> = &'a dyn Fn(&str) -> serde_json::Value;
    let requests: [(&str, Body<'_>); 4] = [
        ("/registrations", &|email| registration(email)),
        ("/email-verification-requests", &|email| json!({ "email": email })),
        ("/password-resets", &|email| json!({ "email": email })),
        ("/sessions", &|email| json!({ "email": email, "password": "not this password" })),
    ];
    for (path, body) in requests {
        let mut answers = Vec::new();
        for email in addresses {
            answers.push(seen_from_outside(&visitor.post(path, body(email)).await));
        }
        assert_eq!(answers[0], answers[1], "{path}");
        assert_eq!(answers[0], answers[2], "{path}");
        assert_eq!(answers[0].0.as_u16(), if path == "/sessions" { 401 } else { 202 }, "{path}: {:?}", answers[0]);
    }
    // So does the wait that follows a failure.
    let mut waits = Vec::new();
    for email in addresses {
        waits.push(seen_from_outside(&try_sign_in(&world, email, "not this password").await));
    }
    assert_eq!((&waits[0], waits[0].0.as_u16()), (&waits[1], 429));
    assert_eq!(waits[0], waits[2]);

    // Only the mails differ, which only the address's reader sees.
    assert_eq!(kinds_of_mail(&world, "known@example.com").await, ["account_exists", "account_exists", "password_reset"]);
    assert_eq!(
        kinds_of_mail(&world, "waiting@example.com").await,
        ["email_verification", "email_verification", "email_verification", "registration_unfinished"]
    );
    assert_eq!(kinds_of_mail(&world, "unknown@example.com").await[0], "email_verification");
    let users: i64 = sqlx::query_scalar("SELECT count(*) FROM directory.users").fetch_one(&world.app.pools.owner).await.expect("counted");
    assert_eq!(users, 1);
}

/// Time is not measured, since it would be so now and then only: what takes the time is counted.
#[tokio::test]
async fn known_and_unknown_addresses_cost_the_same_work() {
    let counts = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let counted = counts.handle();
    let hashes = move || -> u64 {
        let text = counted.render();
        let line = text.lines().find_map(|line| line.strip_prefix("atrium_password_hashes_total "));
        line.map_or(0, |number| number.parse().expect("a number"))
    };
    // The runtime of this test has this one thread, and so its recorder hears of no other test.
    let _heard = metrics::set_default_local_recorder(&counts);
    let world = World::new().await;
    Tenant::found(&world, "known").await;
    let visitor = Client::anonymous(&world);
    visitor.post("/registrations", registration("waiting@example.com")).await.expect(202);
    sqlx::query("INSERT INTO directory.users (id, email, email_key, name) VALUES ($1, $2, $2, 'No Password')")
        .bind(platform::id::new())
        .bind("nopassword@example.com")
        .execute(&world.app.pools.owner)
        .await
        .expect("a user without a password");
    let addresses = ["known@example.com", "waiting@example.com", "nopassword@example.com", "unknown@example.com"];
    type Body<'a> = &'a dyn Fn(&str) -> serde_json::Value;
    let requests: [(&str, Body<'_>, u64); 4] = [
        ("/sessions", &|email| json!({ "email": email, "password": "not this password" }), 1),
        ("/registrations", &|email| registration(email), 1),
        ("/email-verification-requests", &|email| json!({ "email": email }), 0),
        ("/password-resets", &|email| json!({ "email": email }), 0),
    ];
    for (path, body, expected) in requests {
        for email in addresses {
            let before = hashes();
            visitor.post(path, body(email)).await;
            assert_eq!(hashes() - before, expected, "{path} {email}");
        }
    }
    // While a wait lasts, nobody's password is tried.
    for email in addresses {
        let before = hashes();
        try_sign_in(&world, email, "not this password").await.expect(429);
        assert_eq!(hashes(), before, "{email}");
    }
}

/// An address that nobody has is sent nothing at all.
#[tokio::test]
async fn asking_for_mails_to_strangers_sends_none() {
    let world = World::new().await;
    let visitor = Client::anonymous(&world);
    for path in ["/email-verification-requests", "/password-resets"] {
        visitor.post(path, json!({ "email": "stranger@example.com" })).await.expect(202);
    }
    world.settle().await;
    assert!(mails_to(&world, "stranger@example.com").await.is_empty());
}

#[tokio::test]
async fn signing_up_with_anothers_address_gains_nothing() {
    let world = World::new().await;
    let mallory = Client::anonymous(&world);
    let mut planted = registration("ana@example.com");
    planted["password"] = json!("the password of mallory");
    planted["tenant_name"] = json!("Trap");
    mallory.post("/registrations", planted).await.expect(202);
    let planted_token = newest_token(&world, "ana@example.com").await;
    mallory.post("/registrations", registration("ana@example.com")).await.expect(202);
    let own_token = newest_token(&world, "ana@example.com").await;

    let verify =
        async |token: &str, password: &str| mallory.post("/email-verifications", json!({ "token": token, "password": password })).await;
    // Ana opens the wrong mail: her password does not fit what another typed.
    verify(&planted_token, PASSWORD).await.expect(401);
    world.advance_minutes(HOUR);
    assert_eq!(verify(&own_token, PASSWORD).await.expect(201).json["tenant"]["name"], "Studio");
    assert_eq!(verify(&planted_token, "the password of mallory").await.expect(422).code(), "link_invalid");
    try_sign_in(&world, "ana@example.com", "the password of mallory").await.expect(401);
}

#[tokio::test]
async fn what_is_wrong_with_a_sign_up_is_said_and_nothing_is_kept() {
    let world = World::new().await;
    let visitor = Client::anonymous(&world);
    for (field, value, code) in [
        ("password", json!("eleven char"), "too_short"),
        ("password", json!("x".repeat(257)), "too_long"),
        ("password", json!("aaaaaaaaaaaaaaaa"), "too_common"),
        ("password", json!("PASSWORDPASSWORD"), "too_common"),
        ("password", json!("Ana@Example.com"), "personal"),
        ("password", json!("somebody-studio"), "personal"),
        ("email", json!("ana@"), "invalid"),
        ("name", json!(" "), "required"),
        ("tenant_name", json!(""), "required"),
        ("timezone", json!("Mars/Olympus"), "unknown_zone"),
    ] {
        let mut input = registration("ana@example.com");
        input["tenant_name"] = json!("Somebody Studio");
        input[field] = value.clone();
        let refused = visitor.post("/registrations", input).await.expect(422);
        assert_eq!(
            (&refused.json["errors"][0]["field"], &refused.json["errors"][0]["code"]),
            (&json!(field), &json!(code)),
            "{value}: {}",
            refused.text
        );
        assert!(field != "password" || !refused.text.contains(value.as_str().expect("text")), "the password is repeated: {}", refused.text);
    }
    let mut input = registration("ana@example.com");
    input["locale"] = json!("xx");
    visitor.post("/registrations", input).await.expect(422);
    let kept: (i64, i64) = sqlx::query_as("SELECT (SELECT count(*) FROM directory.registrations), (SELECT count(*) FROM directory.mails)")
        .fetch_one(&world.app.pools.owner)
        .await
        .expect("counted");
    assert_eq!(kept, (0, 0));
}

/// Passwords and tokens stand nowhere in the database, nor does the address of a failed attempt.
#[tokio::test]
async fn no_secret_is_stored_as_it_is() {
    let world = World::new().await;
    let visitor = Client::anonymous(&world);
    visitor.post("/registrations", registration("ana@example.com")).await.expect(202);
    let token = newest_token(&world, "ana@example.com").await;
    let client = sign_up(&world, "bo@example.com").await;
    let cookie = client.cookie.as_deref().and_then(|cookie| cookie.split_once('=')).expect("a cookie").1.to_owned();
    try_sign_in(&world, "stranger@example.com", "some password of a stranger").await.expect(401);
    let mut db = world.as_owner().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace::regnamespace::text IN ('directory', 'identity', 'platform', 'graphile_worker')",
    )
    .fetch_all(&mut db)
    .await
    .expect("tables");
    assert!(tables.len() > 20, "{tables:?}");
    for table in tables {
        for secret in [PASSWORD, &token, &cookie, "some password of a stranger", "stranger@example.com"] {
            let found: i64 =
                sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table} t WHERE strpos(t::text, $1) > 0")))
                    .bind(secret)
                    .fetch_one(&mut db)
                    .await
                    .expect("searched");
            assert_eq!(found, 0, "{table} holds {secret}");
        }
    }
}

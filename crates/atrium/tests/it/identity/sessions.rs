//! Signing in and out, the cookie, waits after failures, and the list of sessions.

use reqwest::Method;
use serde_json::json;

use super::{DAY, HOUR, PASSWORD, at_rest, retry_after, sign_up, try_sign_in, wait_out};
use crate::client::{Answer, Client, Tenant, new_user};
use crate::world::World;

#[track_caller]
fn cookie_of(answer: &Answer) -> &str {
    answer.headers["set-cookie"].to_str().expect("ascii")
}

#[tokio::test]
async fn the_cookie_is_closed_to_scripts_and_other_sites() {
    let world = World::new().await;
    sign_up(&world, "ana@example.com").await;
    let signed_in = try_sign_in(&world, "ana@example.com", PASSWORD).await.expect(201);
    let (value, attributes) = cookie_of(&signed_in).split_once(';').expect("attributes");
    assert_eq!(attributes, " Path=/; HttpOnly; SameSite=Lax", "it ends with the browser, and no host is named");
    assert_eq!(value.strip_prefix("atrium_session=").expect("its name").len(), 43);
    assert_eq!(signed_in.headers["cache-control"], "no-store");
    let body = json!({ "email": "ana@example.com", "password": PASSWORD, "remember": true });
    let remembered = Client::anonymous(&world).post("/sessions", body).await.expect(201);
    assert!(cookie_of(&remembered).ends_with("; HttpOnly; SameSite=Lax; Max-Age=7776000"), "{}", cookie_of(&remembered));
    assert_ne!(cookie_of(&remembered).split(';').next(), Some(value));
}

#[tokio::test]
async fn behind_tls_the_cookie_is_the_hosts_own() {
    let world = World::with(Default::default(), |config| config.public_url = "https://atrium.example.com".to_owned()).await;
    let password = new_user(&world, "ana@example.com", "Ana", Some("Studio"), false).await;
    let mut ana = Client::anonymous(&world);
    let signed_in = ana.post("/sessions", json!({ "email": "ana@example.com", "password": password })).await.expect(201);
    let cookie = cookie_of(&signed_in);
    assert!(cookie.starts_with("__Host-atrium=") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    assert!(signed_in.headers.contains_key("strict-transport-security"));
    ana.keep_cookie(&signed_in);
    ana.get("/session").await.expect(200);
    // A cookie that a sibling host or plain HTTP could have planted is not read.
    ana.cookie = ana.cookie.map(|cookie| cookie.replace("__Host-atrium", "atrium_session"));
    ana.get("/session").await.expect(401);
}

/// The session that a browser held before is not carried into the next one.
#[tokio::test]
async fn signing_in_again_ends_what_the_browser_held() {
    let world = World::new().await;
    let mut browser = sign_up(&world, "ana@example.com").await;
    let before = browser.clone();
    let again = browser.post("/sessions", json!({ "email": "ana@example.com", "password": PASSWORD })).await.expect(201);
    browser.keep_cookie(&again);
    before.get("/session").await.expect(401);
    browser.get("/session").await.expect(200);
}

#[tokio::test]
async fn failures_make_the_next_attempt_wait_longer_and_longer() {
    let world = World::with(Default::default(), |config| config.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")]).await;
    sign_up(&world, "ana@example.com").await;
    let attempt = async |from: &str, password: &str| {
        let body = json!({ "email": "ana@example.com", "password": password });
        Client::anonymous(&world).send(Method::POST, "/sessions", &[("x-forwarded-for", from)], Some(&body)).await
    };
    let mut waits = Vec::new();
    for _ in 0..9 {
        assert_eq!(attempt("203.0.113.7", "not this password").await.expect(401).code(), "invalid_credentials");
        // While the wait lasts even the right password is refused, and not tried.
        let wait = retry_after(&attempt("203.0.113.7", PASSWORD).await);
        waits.push(wait);
        wait_out(&world, wait - 2);
        retry_after(&attempt("203.0.113.7", PASSWORD).await);
        wait_out(&world, 2);
    }
    assert!(waits.is_sorted() && waits[0] <= 2 && waits[8] >= 5, "{waits:?}");
    assert!(waits[8] > waits[2] && waits[2] > waits[0], "{waits:?}");
    // Nobody locks another out from elsewhere.
    attempt("203.0.113.7", "not this password").await.expect(401);
    retry_after(&attempt("203.0.113.7", PASSWORD).await);
    attempt("198.51.100.9", PASSWORD).await.expect(201);
    // A success forgets the failures.
    wait_out(&world, 60);
    attempt("203.0.113.7", PASSWORD).await.expect(201);
    attempt("203.0.113.7", "not this password").await.expect(401);
    assert_eq!(retry_after(&attempt("203.0.113.7", PASSWORD).await), waits[0]);
    let failures: (i64, i64) = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE outcome = 'failed' AND failure_reason = 'password'), count(*) FILTER (WHERE outcome = 'success') FROM directory.login_history",
    )
    .fetch_one(&world.app.pools.owner)
    .await
    .expect("counted");
    assert_eq!(failures, (11, 3), "each attempt that was tried stands in the history");
}

/// Many attempts at once gain nothing over one after the other.
#[tokio::test]
async fn guesses_side_by_side_are_held_up_too() {
    let world = World::new().await;
    sign_up(&world, "ana@example.com").await;
    let answers = futures_util::future::join_all((0..20).map(|_| try_sign_in(&world, "ana@example.com", "not this password"))).await;
    let tried = answers.iter().filter(|answer| answer.status == 401).count();
    assert!((1..=3).contains(&tried), "{tried} of 20 were tried");
    assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 401 | 429)));
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let world = World::new().await;
    let own = sign_up(&world, "ana@example.com").await;
    let mut others = Vec::new();
    for agent in ["Phone", "Tablet", "Kiosk"] {
        let mut client = Client::anonymous(&world);
        let body = json!({ "email": "ana@example.com", "password": PASSWORD });
        let signed_in = client.send(Method::POST, "/sessions", &[("user-agent", agent)], Some(&body)).await.expect(201);
        client.keep_cookie(&signed_in);
        others.push(client);
    }
    let listed = own.get("/sessions").await.expect(200).json;
    let items = listed["items"].as_array().expect("items");
    let agents: Vec<_> = items.iter().map(|session| session["user_agent"].as_str()).collect();
    assert_eq!(agents, [Some("Kiosk"), Some("Tablet"), Some("Phone"), None]);
    assert_eq!(items.iter().map(|session| session["current"] == true).collect::<Vec<_>>(), [false, false, false, true]);
    assert_eq!(items[0]["ip_address"], "127.0.0.1");
    let page = own.get("/sessions?limit=3").await.expect(200).json;
    let rest = own.get(&format!("/sessions?limit=3&cursor={}", page["next_cursor"].as_str().expect("more"))).await.expect(200).json;
    assert_eq!((&rest["items"][0], &rest["next_cursor"]), (&items[3], &json!(null)));

    let phone = format!("/sessions/{}", items[2]["id"].as_str().expect("id"));
    // Somebody else's session is not there to end.
    let stranger = Tenant::found(&world, "acme").await.owner;
    stranger.delete(&phone).await.expect(404);
    others[0].get("/session").await.expect(200);
    own.delete(&phone).await.expect(204);
    others[0].get("/session").await.expect(401);
    own.delete(&phone).await.expect(404);

    let signed_out = others[1].delete("/session").await.expect(204);
    assert_eq!(cookie_of(&signed_out), "atrium_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    assert_eq!(signed_out.headers["clear-site-data"], "\"cache\"");
    others[1].get("/session").await.expect(401);

    own.delete("/sessions").await.expect(204);
    others[2].get("/session").await.expect(401);
    own.get("/session").await.expect(200);
    stranger.get("/session").await.expect(200);
    assert_eq!(own.get("/sessions").await.expect(200).json["items"].as_array().map(Vec::len), Some(1));
    let current = format!("/sessions/{}", items[3]["id"].as_str().expect("id"));
    assert!(cookie_of(&own.delete(&current).await.expect(204)).contains("Max-Age=0"));
    own.get("/session").await.expect(401);
}

/// Who borrows a screen throws nobody out (ASVS 5.0, 7.5.2); one's own session is ended by anybody who sits there.
#[tokio::test]
async fn ending_other_sessions_takes_a_fresh_factor() {
    let world = World::new().await;
    let mut ana = sign_up(&world, "ana@example.com").await;
    let other = Client::sign_in(&world, "ana@example.com", PASSWORD).await;
    let listed = ana.get("/sessions").await.expect(200).json["items"].clone();
    let id = |current: bool| {
        let found = listed.as_array().expect("items").iter().find(|one| one["current"] == current).expect("one");
        format!("/sessions/{}", found["id"].as_str().expect("an id"))
    };
    world.advance_minutes(11);
    for path in ["/sessions".to_owned(), id(false)] {
        assert_eq!(ana.delete(&path).await.expect(403).code(), "step_up_required", "{path}");
    }
    other.get("/session").await.expect(200);
    let verified = ana.post("/session/verification", json!({ "method": "password", "password": PASSWORD })).await.expect(200);
    ana.keep_cookie(&verified);
    ana.delete(&id(false)).await.expect(204);
    other.get("/session").await.expect(401);
    world.advance_minutes(11);
    ana.delete(&id(true)).await.expect(204);
    ana.get("/session").await.expect(401);
}

/// A wrong password stands in the history wherever it was typed (ASVS 5.0, 16.3.1).
#[tokio::test]
async fn wrong_passwords_of_who_is_signed_in_are_written_down_too() {
    let world = World::new().await;
    let ana = sign_up(&world, "ana@example.com").await;
    let wrong = json!({ "method": "password", "password": "not this password" });
    ana.post("/session/verification", wrong).await.expect(422);
    wait_out(&world, 60);
    let change = json!({ "current_password": "not this password", "new_password": "another fine password" });
    ana.put("/me/password", None, change).await.expect(422);
    let history: Vec<(String, String)> = sqlx::query_as(
        "SELECT failure_reason, method FROM directory.login_history WHERE outcome = 'failed' AND user_id IS NOT NULL AND ip_address IS NOT NULL ORDER BY id",
    )
    .fetch_all(&world.app.pools.owner)
    .await
    .expect("the history");
    assert_eq!(history, [("confirmation", "password"), ("password_change", "password")].map(|(why, how)| (why.to_owned(), how.to_owned())));
}

#[tokio::test]
async fn a_session_ends_unused_and_at_the_latest_after_thirty_days() {
    let world = World::new().await;
    let used = sign_up(&world, "ana@example.com").await;
    let unused = Client::sign_in(&world, "ana@example.com", PASSWORD).await;
    for _ in 0..65 {
        world.advance_minutes(11 * HOUR);
        used.get("/session").await.expect(200);
    }
    unused.get("/session").await.expect(401);
    // 65 times 11 hours are 29 days and 19 hours.
    world.advance_minutes(4 * HOUR);
    used.get("/session").await.expect(200);
    world.advance_minutes(HOUR);
    used.get("/session").await.expect(401);
}

#[tokio::test]
async fn a_remembered_session_lasts_longer() {
    let world = World::new().await;
    sign_up(&world, "ana@example.com").await;
    let mut remembered = Client::anonymous(&world);
    let signed_in =
        remembered.post("/sessions", json!({ "email": "ana@example.com", "password": PASSWORD, "remember": true })).await.expect(201);
    remembered.keep_cookie(&signed_in);
    let unused = remembered.clone();
    for _ in 0..3 {
        world.advance_minutes(29 * DAY);
        remembered.get("/session").await.expect(200);
    }
    assert_eq!(unused.cookie, remembered.cookie);
    world.advance_minutes(3 * DAY);
    remembered.get("/session").await.expect(401);
}

#[tokio::test]
async fn switching_the_workspace_gives_a_new_token_and_kills_the_old() {
    let world = World::new().await;
    let mut ana = sign_up(&world, "ana@example.com").await;
    let other = Tenant::found(&world, "acme").await;
    let first = ana.get("/session").await.expect(200).json["tenant"]["id"].clone();
    ana.post("/contacts", json!({ "name": "Of the first" })).await.expect(201);
    let second = ana.post("/tenants", json!({ "name": "Studio", "timezone": "UTC" })).await.expect(201);
    assert_ne!(second.json["slug"], "studio", "the slug was taken by the first");
    assert_eq!(ana.post("/session/tenant", json!({ "tenant_id": other.id })).await.expect(404).code(), "not_found");
    ana.get("/session").await.expect(200);

    let before = ana.clone();
    let switched = ana.post("/session/tenant", json!({ "tenant_id": second.id() })).await.expect(200);
    ana.keep_cookie(&switched);
    assert_ne!(ana.cookie, before.cookie);
    before.get("/session").await.expect(401);
    before.post("/session/tenant", json!({ "tenant_id": first })).await.expect(401);
    assert_eq!(at_rest(ana.get("/session").await.expect(200).json), at_rest(switched.json.clone()));
    assert_eq!((&switched.json["tenant"]["id"], &switched.json["roles"]), (&second.json["id"], &json!(["owner"])));
    assert_eq!(switched.json["tenants"].as_array().map(Vec::len), Some(2));
    assert_eq!(ana.get("/contacts").await.expect(200).json["items"], json!([]));
    assert_eq!(ana.get("/sessions").await.expect(200).json["items"].as_array().map(Vec::len), Some(1), "a switch adds no session");
    // The next sign-in goes where one acted last.
    let again = try_sign_in(&world, "ana@example.com", PASSWORD).await.expect(201);
    assert_eq!(again.json["tenant"]["id"], second.json["id"]);
    let back = ana.post("/session/tenant", json!({ "tenant_id": first })).await.expect(200);
    ana.keep_cookie(&back);
    assert_eq!(ana.get("/contacts").await.expect(200).json["items"][0]["name"], "Of the first");
}

/// A switch does not lengthen the life of a session.
#[tokio::test]
async fn switching_keeps_the_end_of_the_session() {
    let world = World::new().await;
    let mut ana = sign_up(&world, "ana@example.com").await;
    let end = ana.get("/session").await.expect(200).json["expires_at"].clone();
    let tenant = ana.get("/session").await.expect(200).json["tenant"]["id"].clone();
    world.advance_minutes(10 * HOUR);
    let switched = ana.post("/session/tenant", json!({ "tenant_id": tenant })).await.expect(200);
    ana.keep_cookie(&switched);
    assert_eq!(switched.json["expires_at"], end);
}

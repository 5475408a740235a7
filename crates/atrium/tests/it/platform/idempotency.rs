//! `Idempotency-Key`: the same answer for the same request, once the effect, for 24 hours.

use reqwest::Method;
use serde_json::{Value, json};

use crate::bookings::mails_to;
use crate::client::{Answer, Client, Tenant};
use crate::world::World;

async fn post(client: &Client, path: &str, key: &str, body: &Value) -> Answer {
    client.send(Method::POST, path, &[("idempotency-key", key)], Some(body)).await
}

#[track_caller]
fn is_replay(first: &Answer, again: &Answer) {
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    assert!(!first.headers.contains_key("idempotency-replayed"));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.headers.get("etag"), first.headers.get("etag"));
    assert_eq!(again.headers["content-type"], first.headers["content-type"]);
}

async fn contacts(client: &Client) -> usize {
    client.get("/contacts").await.expect(200).json["items"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn the_same_request_has_its_effect_once() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let vera = json!({ "name": "Vera" });
    let first = post(&tenant.owner, "/contacts", "key-1", &vera).await.expect(201);
    is_replay(&first, &post(&tenant.owner, "/contacts", "key-1", &vera).await);
    assert_eq!(contacts(&tenant.owner).await, 1);
    let other = post(&tenant.owner, "/contacts", "key-1", &json!({ "name": "Otto" })).await.expect(422);
    assert_eq!(other.code(), "idempotency_mismatch");
    // The key is one member's, in one workspace, at one address.
    let (_, editor) = tenant.member(&world, "editor").await;
    let stranger = Tenant::found(&world, "other").await.owner;
    for client in [&editor, &stranger] {
        let own = post(client, "/contacts", "key-1", &vera).await.expect(201);
        assert_ne!(own.id(), first.id());
    }
    post(&tenant.owner, "/tenants", "key-1", &json!({ "name": "Vera", "timezone": "UTC" })).await.expect(201);
    assert_eq!(contacts(&tenant.owner).await, 2);
    let trail = tenant.owner.get(&format!("/audit-events?entity_id={}", first.id())).await.expect(200).json;
    assert_eq!(trail["items"].as_array().map(Vec::len), Some(1));
}

/// A refusal is no answer to keep: the request may be mended and sent again under its key.
#[tokio::test]
async fn a_refused_request_leaves_its_key_free() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    tenant.owner.post("/contacts", json!({ "name": "Vera", "email": "vera@example.com" })).await.expect(201);
    post(&tenant.owner, "/contacts", "key-1", &json!({ "name": "" })).await.expect(422);
    post(&tenant.owner, "/contacts", "key-1", &json!({ "name": "Vera", "email": "VERA@example.com" })).await.expect(409);
    post(&tenant.owner, "/contacts", "key-1", &json!({ "name": "Otto" })).await.expect(201);
    for bad in ["", " ", "a b", &"k".repeat(201)] {
        let refused = post(&tenant.owner, "/contacts", bad, &json!({ "name": "X" })).await.expect(400);
        assert_eq!(refused.code(), "idempotency_key_invalid", "{bad:?}");
    }
    assert_eq!(contacts(&tenant.owner).await, 2);
}

#[tokio::test]
async fn many_at_once_under_one_key_are_one() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let vera = json!({ "name": "Vera" });
    let answers = futures_util::future::join_all((0..20).map(|_| post(&tenant.owner, "/contacts", "key-1", &vera))).await;
    let ids: std::collections::HashSet<_> = answers.iter().filter(|answer| answer.status == 201).map(Answer::id).collect();
    assert_eq!(ids.len(), 1);
    // Who found the first still under way was told so, or that all connections were taken.
    assert!(
        answers.iter().all(|answer| matches!(answer.status.as_u16(), 201 | 409 | 503)),
        "{:?}",
        answers.iter().map(|a| a.status).collect::<Vec<_>>()
    );
    assert_eq!(contacts(&tenant.owner).await, 1);
}

#[tokio::test]
async fn a_key_is_kept_for_a_day() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (vera, mut db) = (json!({ "name": "Vera" }), world.as_owner().await);
    let first = post(&tenant.owner, "/contacts", "key-1", &vera).await.expect(201);
    // The database's clock counts here; so the row is made older in place of waiting.
    let age = "UPDATE platform.idempotency_keys SET created_at = created_at - $1::interval, expires_at = expires_at - $1::interval";
    sqlx::query(sqlx::AssertSqlSafe(age.replace("$1", "'23 hours 59 minutes'"))).execute(&mut db).await.expect("aged");
    is_replay(&first, &post(&tenant.owner, "/contacts", "key-1", &vera).await);
    sqlx::query(sqlx::AssertSqlSafe(age.replace("$1", "'1 minute'"))).execute(&mut db).await.expect("aged");
    let fresh = post(&tenant.owner, "/contacts", "key-1", &json!({ "name": "Otto" })).await.expect(201);
    assert_ne!(fresh.id(), first.id());
    is_replay(&fresh, &post(&tenant.owner, "/contacts", "key-1", &json!({ "name": "Otto" })).await);
}

/// Signing up, confirming and signing in happen before a tenant is known, and take keys too.
#[tokio::test]
async fn keys_work_before_a_tenant_is_known() {
    let world = World::new().await;
    let visitor = Client::anonymous(&world);
    let password = "a fine long password";
    let sign_up = json!({ "email": "ana@example.com", "name": "Ana", "password": password, "tenant_name": "Studio", "timezone": "UTC", "locale": "en" });
    let first = post(&visitor, "/registrations", "key-1", &sign_up).await.expect(202);
    is_replay(&first, &post(&visitor, "/registrations", "key-1", &sign_up).await);
    let mails = mails_to(&world, "ana@example.com").await;
    assert_eq!(mails.len(), 1, "signed up once");
    let mut other = sign_up.clone();
    other["email"] = json!("bo@example.com");
    assert_eq!(post(&visitor, "/registrations", "key-1", &other).await.expect(422).code(), "idempotency_mismatch");

    let token: String = mails[0].0.text.split_once("token=").expect("a link").1.chars().take(43).collect();
    let confirm = json!({ "token": token, "password": password });
    let confirmed = post(&visitor, "/email-verifications", "key-2", &confirm).await.expect(201);
    assert!(confirmed.headers.contains_key("set-cookie"));
    let again = post(&visitor, "/email-verifications", "key-2", &confirm).await;
    is_replay(&confirmed, &again);
    assert!(!again.headers.contains_key("set-cookie"), "a session is not handed out twice");

    let sign_in = json!({ "email": "ana@example.com", "password": password });
    let mut ana = Client::anonymous(&world);
    let signed_in = post(&visitor, "/sessions", "key-3", &sign_in).await.expect(201);
    ana.keep_cookie(&signed_in);
    let again = post(&visitor, "/sessions", "key-3", &sign_in).await;
    is_replay(&signed_in, &again);
    assert!(!again.headers.contains_key("set-cookie"));

    let found = json!({ "name": "Second", "timezone": "UTC" });
    let founded = post(&ana, "/tenants", "key-4", &found).await.expect(201);
    is_replay(&founded, &post(&ana, "/tenants", "key-4", &found).await);
    let tenants: i64 =
        sqlx::query_scalar("SELECT count(*) FROM directory.tenants").fetch_one(&world.app.pools.owner).await.expect("counted");
    assert_eq!(tenants, 2);
    // Stored answers are sealed.
    let readable: i64 = sqlx::query_scalar(r"SELECT count(*) FROM directory.idempotency_keys k WHERE strpos(k::text, 'ana@') > 0 OR position('\x616e6140'::bytea IN answer_ciphertext) > 0")
        .fetch_one(&world.app.pools.owner)
        .await
        .expect("searched");
    assert_eq!(readable, 0);
}

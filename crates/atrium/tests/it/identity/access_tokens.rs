//! Access tokens: what a program may do with one, what takes the person, and what ends one.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::{Answer, Client, Tenant};
use crate::matrix;
use crate::platform::platform_admin;
use crate::world::World;

/// Makes a token: its id and its text.
async fn token(member: &Client, scopes: &[&str]) -> (Uuid, String) {
    let issued = member.post("/access-tokens", json!({ "name": "Zapier", "scopes": scopes })).await.expect(201);
    (issued.id(), issued.json["token"].as_str().expect("the token").to_owned())
}

async fn by(world: &World, token: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
    let header = format!("Bearer {token}");
    Client::anonymous(world).send(method, path, &[("authorization", &header), ("if-match", "*")], body.as_ref()).await
}

async fn reads(world: &World, token: &str) -> u16 {
    by(world, token, Method::GET, "/contacts", None).await.status.as_u16()
}

#[tokio::test]
async fn a_token_does_what_its_scopes_name_and_the_trail_says_so() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (id, text) = token(&tenant.owner, &["contacts:write", "contacts:read"]).await;
    let made = by(&world, &text, Method::POST, "/contacts", Some(json!({ "name": "Vera" }))).await.expect(201);
    assert_eq!(by(&world, &text, Method::GET, &format!("/contacts/{}", made.id()), None).await.expect(200).json["name"], "Vera");
    let refused = by(&world, &text, Method::GET, "/audit-events", None).await.expect(403);
    assert_eq!((refused.code(), &refused.json["permission"]), ("forbidden", &json!("audit:read")));
    let trail = tenant.owner.get(&format!("/audit-events?entity_id={}", made.id())).await.expect(200).json;
    let line = &trail["items"][0];
    assert_eq!((&line["actor"]["id"], &line["access_token"]), (&json!(tenant.owner_id), &json!({ "id": id, "name": "Zapier" })));
    // What the person does is not the token's.
    let own = tenant.owner.post("/contacts", json!({ "name": "Own" })).await.expect(201).id();
    let trail = tenant.owner.get(&format!("/audit-events?entity_id={own}")).await.expect(200).json;
    assert_eq!(trail["items"][0]["access_token"], Value::Null);
    // Its use is noted.
    let listed = tenant.owner.get("/access-tokens").await.expect(200).json["items"][0].clone();
    assert_eq!(
        (&listed["id"], &listed["last_used_ip"], &listed["scopes"]),
        (&json!(id), &json!("127.0.0.1"), &json!(["contacts:read", "contacts:write"]))
    );
    assert!(listed["last_used_at"].is_string() && listed.get("token").is_none(), "{listed}");
}

/// The document says where a token is taken, and it is taken there and nowhere else.
#[tokio::test]
async fn the_document_says_what_takes_the_person() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let held = tenant.owner.get("/session").await.expect(200).json["permissions"].clone();
    let all: Vec<&str> = held.as_array().expect("permissions").iter().filter_map(|grant| grant["codename"].as_str()).collect();
    let (_, text) = token(&tenant.owner, &all).await;
    let document: Value = serde_json::from_str(&atrium::commands::openapi().expect("a document")).expect("JSON");
    let (mut taken, mut refused) = (0, 0);
    for operation in matrix::operations().into_iter().filter(|operation| !operation.is_public) {
        let declared = document["paths"][format!("/api/v1{}", operation.path)][operation.method.as_str().to_lowercase()]["security"]
            .as_array()
            .is_some_and(|ways| ways.iter().any(|way| way.get("token").is_some()));
        let name = format!("{} {}", operation.method, operation.path);
        if operation.path == "/events/stream" {
            let header = format!("Bearer {text}");
            let answer = Client::anonymous(&world).open(&operation.path, &[("authorization", &header)]).await;
            assert_eq!((answer.status().as_u16(), declared), (200, true), "{name}");
            continue;
        }
        let body = operation.takes_body.then(|| matrix::body_for(&operation.path));
        let answer = by(&world, &text, operation.method, &matrix::any_path(&operation.path), body).await;
        assert_ne!(answer.status.as_u16(), 401, "{name}");
        assert_eq!(answer.code() != "session_required", declared, "{name}: {}", answer.text);
        if declared { taken += 1 } else { refused += 1 }
    }
    assert!(taken > 40 && refused > 12, "{taken} {refused}");
}

#[tokio::test]
async fn nobody_gives_a_token_more_than_one_holds() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, viewer) = tenant.member(&world, "viewer").await;
    for scopes in [json!(["contacts:write"]), json!(["contacts:read", "no:such"]), json!([]), json!([""])] {
        let refused = viewer.post("/access-tokens", json!({ "name": "Too much", "scopes": scopes })).await.expect(422);
        assert_eq!(refused.json["errors"][0]["field"], "scopes", "{}", refused.text);
    }
    for at in ["2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"] {
        let body = json!({ "name": "When", "scopes": ["contacts:read"], "expires_at": at });
        assert_eq!(viewer.post("/access-tokens", body).await.expect(422).json["errors"][0]["field"], "expires_at");
    }
    assert_eq!(viewer.get("/access-tokens").await.expect(200).json["items"], json!([]));
    // What is lost later is lost to the token too.
    let (editor_id, editor) = tenant.member(&world, "editor").await;
    let (_, text) = token(&editor, &["contacts:read", "contacts:write"]).await;
    by(&world, &text, Method::POST, "/contacts", Some(json!({ "name": "Vera" }))).await.expect(201);
    let roles = tenant.owner.get("/roles").await.expect(200).json;
    let role = roles["items"].as_array().expect("roles").iter().find(|role| role["name"] == "viewer").expect("viewer")["id"].clone();
    let path = format!("/members/{editor_id}");
    tenant.owner.send(Method::PATCH, &path, &[("if-match", "*")], Some(&json!({ "role_ids": [role] }))).await.expect(200);
    by(&world, &text, Method::POST, "/contacts", Some(json!({ "name": "Bo" }))).await.expect(403);
    assert_eq!(reads(&world, &text).await, 200);
}

/// An administrator of the instance is one in person only.
#[tokio::test]
async fn a_token_is_no_administrators() {
    let world = World::new().await;
    Tenant::found(&world, "acme").await;
    let admin = platform_admin(&world).await;
    let (_, text) = token(&admin, &["jobs:manage"]).await;
    assert_eq!(by(&world, &text, Method::GET, "/mails", None).await.expect(403).code(), "session_required");
    matrix::failed_job(&world, &Tenant::found(&world, "other").await).await;
    assert_eq!(by(&world, &text, Method::GET, "/failed-jobs", None).await.expect(200).json["items"], json!([]));
}

#[tokio::test]
async fn what_ends_a_token() {
    let world = World::new().await;
    let (tenant, other) = (Tenant::found(&world, "acme").await, Tenant::found(&world, "other").await);
    let (_, colleague) = tenant.member(&world, "admin").await;
    // Revoked, by its own member only.
    let (id, text) = token(&tenant.owner, &["contacts:read"]).await;
    for stranger in [&colleague, &other.owner] {
        stranger.delete(&format!("/access-tokens/{id}")).await.expect(404);
        assert_eq!(stranger.get("/access-tokens").await.expect(200).json["items"], json!([]));
    }
    assert_eq!(reads(&world, &text).await, 200);
    tenant.owner.delete(&format!("/access-tokens/{id}")).await.expect(204);
    assert_eq!(reads(&world, &text).await, 401);
    tenant.owner.delete(&format!("/access-tokens/{id}")).await.expect(404);
    // Expired.
    let at = world.now().plus_seconds(3600);
    let body = json!({ "name": "Short", "scopes": ["contacts:read"], "expires_at": at });
    let issued = tenant.owner.post("/access-tokens", body).await.expect(201);
    let text = issued.json["token"].as_str().expect("the token");
    assert_eq!(reads(&world, text).await, 200);
    world.advance_minutes(61);
    assert_eq!(reads(&world, text).await, 401);
    // Its user, its membership or its workspace is not active; and it counts again with them.
    let mut db = world.as_owner().await;
    let confirmed = sqlx::query("UPDATE directory.sessions SET verified_at = $1").bind(world.now()).execute(&mut db).await;
    assert!(confirmed.is_ok_and(|sessions| sessions.rows_affected() > 0));
    world.app.sessions.forget();
    for (table, column) in [("directory.users", "id"), ("identity.members", "user_id"), ("directory.tenants", "owner_id")] {
        let (_, text) = token(&tenant.owner, &["contacts:read"]).await;
        assert_eq!(reads(&world, &text).await, 200);
        for (status, expected) in [("suspended", 401), ("active", 200)] {
            sqlx::query(sqlx::AssertSqlSafe(format!("UPDATE {table} SET status = $1 WHERE {column} = $2")))
                .bind(status)
                .bind(tenant.owner_id)
                .execute(&mut db)
                .await
                .expect("changed");
            world.app.sessions.forget();
            assert_eq!(reads(&world, &text).await, expected, "{table} {status}");
        }
    }
}

/// What is no token is nobody, even beside a cookie that is somebody.
#[tokio::test]
async fn what_is_no_token_is_nobody() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, text) = token(&tenant.owner, &["contacts:read"]).await;
    let unknown = identity::access_tokens::text::fresh(identity::access_tokens::text::PERSONAL);
    let cookie = tenant.owner.cookies().expect("a cookie");
    let secret = cookie.split_once('=').expect("a value").1;
    for wrong in [
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Basic {text}"),
        format!("Bearer {}x", &text[..text.len() - 1]),
        format!("Bearer {}", unknown.as_str()),
        format!("Bearer {secret}"),
        text.clone(),
    ] {
        let answer = tenant.owner.send(Method::GET, "/contacts", &[("authorization", &wrong)], None).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "unauthenticated"), "{wrong}");
    }
    let right = format!("bearer {text}");
    let twice = [("authorization", right.as_str()), ("authorization", right.as_str())];
    tenant.owner.send(Method::GET, "/contacts", &twice, None).await.expect(401);
    tenant.owner.send(Method::GET, "/contacts", &twice[..1], None).await.expect(200);
    // A token is no cookie either.
    let mut as_cookie = Client::anonymous(&world);
    as_cookie.cookie = Some(format!("atrium_session={text}"));
    as_cookie.get("/contacts").await.expect(401);
}

/// Its text stands nowhere: neither in a table, nor in what is kept for an answer that is asked for twice.
#[tokio::test]
async fn the_text_of_a_token_is_kept_nowhere() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let body = json!({ "name": "Once", "scopes": ["contacts:read"] });
    let key = [("idempotency-key", "token-1")];
    let issued = tenant.owner.send(Method::POST, "/access-tokens", &key, Some(&body)).await.expect(201);
    let again = tenant.owner.send(Method::POST, "/access-tokens", &key, Some(&body)).await.expect(201);
    assert_eq!(issued.json, again.json);
    let text = issued.json["token"].as_str().expect("the token");
    let secret = &text["atrium_pat_".len()..];
    let mut db = world.as_owner().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'",
    )
    .fetch_all(&mut db)
    .await
    .expect("tables");
    assert!(tables.len() > 40);
    for table in tables {
        let held: bool = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "SELECT EXISTS (SELECT FROM {table} AS t WHERE strpos(t::text, $1) > 0 OR strpos(t::text, encode(convert_to($1, 'UTF8'), 'hex')) > 0)"
        )))
        .bind(secret)
        .fetch_one(&mut db)
        .await
        .expect("looked");
        assert!(!held, "{table} holds the token");
    }
}

/// Who keeps the workspace safe sees what acts for its members, and ends it; never a secret, and nothing of elsewhere.
#[tokio::test]
async fn members_tokens_are_seen_and_ended_by_who_keeps_the_workspace_safe() {
    let world = World::new().await;
    let (tenant, other) = (Tenant::found(&world, "acme").await, Tenant::found(&world, "other").await);
    let (editor_id, editor) = tenant.member(&world, "editor").await;
    let (id, text) = token(&editor, &["contacts:read"]).await;
    let (_, own) = token(&tenant.owner, &["contacts:read"]).await;
    token(&other.owner, &["contacts:read"]).await;
    editor.get("/member-access-tokens").await.expect(403);
    editor.delete(&format!("/member-access-tokens/{id}")).await.expect(403);
    let listed = tenant.owner.get("/member-access-tokens").await.expect(200);
    let items = listed.json["items"].as_array().expect("items");
    assert_eq!(items.len(), 2, "{}", listed.text);
    assert_eq!(
        (&items[1]["id"], &items[1]["user_id"], &items[1]["user_name"], &items[1]["scopes"]),
        (&json!(id), &json!(editor_id), &json!("editor Member"), &json!(["contacts:read"]))
    );
    assert!(!listed.text.contains(&text["atrium_pat_".len()..]) && !listed.text.contains("hash"), "{}", listed.text);
    let page = tenant.owner.get("/member-access-tokens?limit=1").await.expect(200).json;
    let rest = format!("/member-access-tokens?limit=1&cursor={}", page["next_cursor"].as_str().expect("more"));
    assert_eq!(tenant.owner.get(&rest).await.expect(200).json["items"][0]["id"], json!(id));
    assert_eq!(reads(&world, &text).await, 200);
    other.owner.delete(&format!("/member-access-tokens/{id}")).await.expect(404);
    tenant.owner.delete(&format!("/member-access-tokens/{id}")).await.expect(204);
    assert_eq!((reads(&world, &text).await, reads(&world, &own).await), (401, 200));
    tenant.owner.delete(&format!("/member-access-tokens/{id}")).await.expect(404);
    let line = tenant.owner.get(&format!("/audit-events?entity_id={id}")).await.expect(200).json["items"][0].clone();
    assert_eq!((&line["action"], &line["actor"]["id"]), (&json!("access_token.revoked"), &json!(tenant.owner_id)));
    // Its owner finds it in what concerns the account.
    let told: i64 =
        sqlx::query_scalar("SELECT count(*) FROM directory.security_events WHERE user_id = $1 AND event = 'access_token_revoked'")
            .bind(editor_id)
            .fetch_one(&mut world.as_owner().await)
            .await
            .expect("counted");
    assert_eq!(told, 1);
}

/// What outlives the session is made by somebody who is there (ASVS 5.0, 7.5), and told by mail.
#[tokio::test]
async fn a_token_is_made_by_somebody_who_confirmed_just_now() {
    let world = World::new().await;
    let mut ana = super::sign_up(&world, "ana@example.com").await;
    let body = json!({ "name": "Script", "scopes": ["contacts:read"] });
    world.advance_minutes(11);
    assert_eq!(ana.post("/access-tokens", body.clone()).await.expect(403).code(), "step_up_required");
    let verified = ana.post("/session/verification", json!({ "method": "password", "password": super::PASSWORD })).await.expect(200);
    ana.keep_cookie(&verified);
    ana.post("/access-tokens", body).await.expect(201);
    assert_eq!(super::newest_mail(&world, "ana@example.com").await.kind, "access_token_created");
}

/// RFC 9110, 15.5.2: each 401 names the ways to show who one is, and one with a token says that it is none.
#[tokio::test]
async fn each_401_says_how_to_show_who_one_is() {
    let world = World::new().await;
    let visitor = Client::anonymous(&world);
    let ways = |answer: &Answer| answer.headers["www-authenticate"].to_str().expect("ascii").to_owned();
    assert_eq!(ways(&visitor.get("/contacts").await.expect(401)), "Bearer, DPoP");
    assert_eq!(ways(&super::try_sign_in(&world, "nobody@example.com", "not this password").await.expect(401)), "Bearer, DPoP");
    let wrong = by(&world, "atrium_pat_x", Method::GET, "/contacts", None).await.expect(401);
    assert_eq!(ways(&wrong), "Bearer error=\"invalid_token\", DPoP error=\"invalid_token\"");
}

#[tokio::test]
async fn one_has_fifty_tokens_at_most() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let mut db = world.as_owner().await;
    sqlx::query(
        "INSERT INTO directory.personal_access_tokens (id, user_id, tenant_id, name, token_hash, scopes)
         SELECT gen_random_uuid(), $1, $2, 'Old', sha256(n::text::bytea), '{contacts:read}' FROM generate_series(1, 49) AS n",
    )
    .bind(tenant.owner_id)
    .bind(tenant.id)
    .execute(&mut db)
    .await
    .expect("made");
    let (id, _) = token(&tenant.owner, &["contacts:read"]).await;
    let body = json!({ "name": "One more", "scopes": ["contacts:read"] });
    assert_eq!(tenant.owner.post("/access-tokens", body.clone()).await.expect(409).code(), "too_many_tokens");
    tenant.owner.delete(&format!("/access-tokens/{id}")).await.expect(204);
    tenant.owner.post("/access-tokens", body).await.expect(201);
}

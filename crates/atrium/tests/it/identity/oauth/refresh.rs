//! Refresh tokens: rotated at each use, and the whole family ends where one is used twice.

use serde_json::json;

use super::{error, owner_sql, reads, registered, text};
use crate::client::Tenant;
use crate::world::World;

#[tokio::test]
async fn each_use_hands_out_the_next_and_a_lost_answer_comes_again() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let first = app.tokens(&world, &tenant.owner, &tenant).await;
    let second = app.refresh(&world, &text(&first, "refresh_token")).await.expect(200).json;
    assert_ne!(text(&first, "refresh_token"), text(&second, "refresh_token"));
    assert_ne!(text(&first, "access_token"), text(&second, "access_token"));
    // Within the half minute, to the same client: the same tokens.
    let again = app.refresh(&world, &text(&first, "refresh_token")).await.expect(200).json;
    assert_eq!((&second["access_token"], &second["refresh_token"]), (&again["access_token"], &again["refresh_token"]));
    assert_eq!(reads(&world, &text(&second, "access_token")).await, 200);
    let third = app.refresh(&world, &text(&second, "refresh_token")).await.expect(200).json;
    assert_eq!(reads(&world, &text(&third, "access_token")).await, 200);
}

#[tokio::test]
async fn a_token_that_is_used_again_later_ends_the_family() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let first = app.tokens(&world, &tenant.owner, &tenant).await;
    let second = app.refresh(&world, &text(&first, "refresh_token")).await.expect(200).json;
    world.advance_minutes(1);
    assert_eq!(error(&app.refresh(&world, &text(&first, "refresh_token")).await.expect(400)), "invalid_grant");
    assert_eq!(reads(&world, &text(&second, "access_token")).await, 401);
    assert_eq!(error(&app.refresh(&world, &text(&second, "refresh_token")).await.expect(400)), "invalid_grant");
}

/// The window is for an answer that was lost; where the next token was used, it was not.
#[tokio::test]
async fn a_token_whose_successor_was_used_ends_the_family_at_once() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let first = app.tokens(&world, &tenant.owner, &tenant).await;
    let second = app.refresh(&world, &text(&first, "refresh_token")).await.expect(200).json;
    let third = app.refresh(&world, &text(&second, "refresh_token")).await.expect(200).json;
    assert_eq!(error(&app.refresh(&world, &text(&first, "refresh_token")).await.expect(400)), "invalid_grant");
    assert_eq!(reads(&world, &text(&third, "access_token")).await, 401);
}

#[tokio::test]
async fn a_race_of_refreshes_leads_to_one_successor() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let first = app.tokens(&world, &tenant.owner, &tenant).await;
    let token = text(&first, "refresh_token");
    let answers = futures_util::future::join_all((0..6).map(|_| app.refresh(&world, &token))).await;
    let tokens: std::collections::BTreeSet<String> =
        answers.into_iter().map(|answer| text(&answer.expect(200).json, "refresh_token")).collect();
    assert_eq!(tokens.len(), 1);
    let rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM directory.oauth_tokens").fetch_one(&mut world.as_owner().await).await.expect("counted");
    assert_eq!(rows, 2);
}

#[tokio::test]
async fn a_refresh_is_its_clients_and_never_wider() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let thief = registered(&tenant.owner, json!({})).await;
    let first = app.tokens(&world, &tenant.owner, &tenant).await;
    let token = text(&first, "refresh_token");
    assert_eq!(error(&thief.refresh(&world, &token).await.expect(400)), "invalid_grant");
    let asked =
        |scope: &'static str| [("grant_type", "refresh_token"), ("refresh_token", token.as_str()), ("scope", scope)].map(|pair| pair);
    for wider in ["contacts:write", "openid contacts:read contacts:write", "audit:read"] {
        assert_eq!(error(&app.token(&world, &asked(wider)).await.expect(400)), "invalid_scope", "{wider}");
    }
    let narrow = app.token(&world, &asked("openid")).await.expect(200).json;
    assert_eq!(text(&narrow, "scope"), "openid");
    assert_eq!(reads(&world, &text(&narrow, "access_token")).await, 403);
    // Not another answer for the same token.
    assert_eq!(error(&app.token(&world, &asked("contacts:read")).await.expect(400)), "invalid_grant");
    // The family keeps what was agreed to.
    let wide = app.refresh(&world, &text(&narrow, "refresh_token")).await.expect(200).json;
    assert_eq!(reads(&world, &text(&wide, "access_token")).await, 200);
    // What is no refresh token is none.
    for other in [text(&wide, "access_token"), text(&wide, "id_token"), String::from("x")] {
        assert_eq!(error(&app.refresh(&world, &other).await.expect(400)), "invalid_grant");
    }
}

#[tokio::test]
async fn a_family_ends_after_ninety_days_and_a_token_after_thirty() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let idle = app.tokens(&world, &tenant.owner, &tenant).await;
    let mut used = app.tokens(&world, &tenant.owner, &tenant).await;
    for _ in 0..3 {
        world.advance_minutes(29 * 24 * 60);
        used = app.refresh(&world, &text(&used, "refresh_token")).await.expect(200).json;
    }
    assert_eq!(error(&app.refresh(&world, &text(&idle, "refresh_token")).await.expect(400)), "invalid_grant");
    world.advance_minutes(4 * 24 * 60);
    assert_eq!(error(&app.refresh(&world, &text(&used, "refresh_token")).await.expect(400)), "invalid_grant");
}

#[tokio::test]
async fn without_offline_access_there_is_none() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let code = app.code(&tenant.owner, &tenant, &[("scope", "contacts:read")]).await;
    assert!(app.redeem(&world, &code).await.expect(200).json.get("refresh_token").is_none());
    // Nor for a client that was not registered for it.
    let other = registered(&tenant.owner, json!({ "grant_types": ["authorization_code"] })).await;
    let code = other.code(&tenant.owner, &tenant, &[]).await;
    assert!(other.redeem(&world, &code).await.expect(200).json.get("refresh_token").is_none());
}

/// Tokens stand nowhere: neither in a table, nor where an answer could be given again.
#[tokio::test]
async fn tokens_secrets_and_codes_are_kept_nowhere() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let code = app.code(&tenant.owner, &tenant, &[]).await;
    let first = app.redeem(&world, &code).await.expect(200).json;
    let second = app.refresh(&world, &text(&first, "refresh_token")).await.expect(200).json;
    let secret = app.secret.clone().expect("a secret");
    let mut told = vec![code, secret[11..].to_owned(), text(&first, "id_token")];
    for issued in [&first, &second] {
        told.push(text(issued, "access_token")[11..].to_owned());
        told.push(text(issued, "refresh_token")[11..].to_owned());
    }
    let mut db = world.as_owner().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'",
    )
    .fetch_all(&mut db)
    .await
    .expect("tables");
    for table in tables {
        let held: bool = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "SELECT EXISTS (SELECT FROM {table} AS t, unnest($1::text[]) AS told
                             WHERE strpos(t::text, told) > 0 OR strpos(t::text, encode(convert_to(told, 'UTF8'), 'hex')) > 0)"
        )))
        .bind(&told)
        .fetch_one(&mut db)
        .await
        .expect("looked");
        assert!(!held, "{table} holds a secret");
    }
    // And what has run out is forgotten.
    owner_sql(&world, "UPDATE directory.oauth_grants SET expires_at = '2031-01-01' WHERE tenant_id = $1", tenant.id).await;
    owner_sql(&world, "SELECT graphile_worker.add_job('ApplyRetention', '{}') WHERE $1::uuid IS NOT NULL", tenant.id).await;
    world.settle().await;
    let rows: i64 =
        sqlx::query_scalar("SELECT (SELECT count(*) FROM directory.oauth_grants) + (SELECT count(*) FROM directory.oauth_tokens)")
            .fetch_one(&mut db)
            .await
            .expect("counted");
    assert_eq!(rows, 0);
}

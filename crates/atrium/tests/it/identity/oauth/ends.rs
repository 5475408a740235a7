//! What ends a token, at once: its person, its membership, its workspace, its client, its sign-in.

use serde_json::json;

use super::{by, error, location, owner_sql, reads, registered, text};
use crate::client::{Client, Tenant};
use crate::identity::{again, platform_admin};
use crate::world::World;
use reqwest::Method;

#[tokio::test]
async fn what_is_suspended_or_disabled_has_no_token() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let (editor_id, mut editor) = tenant.member(&world, "editor").await;
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    for whose in ["user", "member", "workspace"] {
        let set = async |is_on: bool| {
            let status = if is_on { "active" } else { "suspended" };
            match whose {
                "user" => {
                    let input = json!({ "status": status, "reason": "A test" });
                    admin.put(&format!("/admin/users/{editor_id}/status"), None, input).await.expect(204);
                }
                "member" => {
                    let member = format!("/members/{editor_id}");
                    tenant.owner.send(Method::PATCH, &member, &[("if-match", "*")], Some(&json!({ "status": status }))).await.expect(200);
                }
                _ if is_on => {
                    admin.delete(&format!("/admin/tenants/{}/suspension", tenant.id)).await.expect(204);
                }
                _ => {
                    let path = format!("/admin/tenants/{}/suspension", tenant.id);
                    admin.put(&path, None, json!({ "reason": "A test" })).await.expect(204);
                }
            }
        };
        let issued = app.tokens(&world, &editor, &tenant).await;
        let (token, refresh) = (text(&issued, "access_token"), text(&issued, "refresh_token"));
        let waiting = app.code(&editor, &tenant, &[]).await;
        assert_eq!(reads(&world, &token).await, 200);
        set(false).await;
        assert_eq!(reads(&world, &token).await, 401, "{whose}");
        for refused in [app.refresh(&world, &refresh).await, app.redeem(&world, &waiting).await] {
            assert!(["invalid_grant", "invalid_client"].contains(&error(&refused)), "{whose}: {}", refused.text);
        }
        set(true).await;
        // What a person lost does not come back with him or her; a workspace that is lifted goes on as it was.
        let expected = if whose == "workspace" { 200 } else { 401 };
        assert_eq!(reads(&world, &token).await, expected, "{whose}");
        if whose != "workspace" {
            app.refresh(&world, &refresh).await.expect(400);
            app.redeem(&world, &waiting).await.expect(400);
        }
        editor = again(&world, "editor.acme@example.com").await;
    }
    let issued = app.tokens(&world, &tenant.owner, &tenant).await;
    let path = format!("/oauth-clients/{}", app.id);
    tenant.owner.patch(&path, &json!(1), json!({ "enabled": false })).await.expect(200);
    assert_eq!(reads(&world, &text(&issued, "access_token")).await, 401);
    tenant.owner.patch(&path, &json!(2), json!({ "enabled": true })).await.expect(200);
    assert_eq!(reads(&world, &text(&issued, "access_token")).await, 401, "what was ended stays ended");
    app.refresh(&world, &text(&issued, "refresh_token")).await.expect(400);
    let issued = app.tokens(&world, &tenant.owner, &tenant).await;
    tenant.owner.delete(&path).await.expect(204);
    assert_eq!(reads(&world, &text(&issued, "access_token")).await, 401);
}

/// A removed member, and one who may less than he or she agreed to.
#[tokio::test]
async fn a_token_may_never_more_than_its_member() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (editor_id, editor) = tenant.member(&world, "editor").await;
    let app = registered(&tenant.owner, json!({})).await;
    let code = app.code(&editor, &tenant, &[("scope", "contacts:read contacts:write offline_access")]).await;
    let issued = app.redeem(&world, &code).await.expect(200).json;
    let token = text(&issued, "access_token");
    by(&world, &token, Method::POST, "/contacts", Some(json!({ "name": "Vera" }))).await.expect(201);
    let roles = tenant.owner.get("/roles").await.expect(200).json;
    let role = roles["items"].as_array().expect("roles").iter().find(|role| role["name"] == "viewer").expect("viewer")["id"].clone();
    let member = format!("/members/{editor_id}");
    tenant.owner.send(Method::PATCH, &member, &[("if-match", "*")], Some(&json!({ "role_ids": [role] }))).await.expect(200);
    by(&world, &token, Method::POST, "/contacts", Some(json!({ "name": "Bo" }))).await.expect(403);
    let told = app.at(&world, "/oauth/introspect", &[], &[("token", &token)]).await.expect(200).json;
    assert_eq!(text(&told, "scope"), "contacts:read offline_access");
    tenant.owner.delete(&member).await.expect(204);
    assert_eq!(reads(&world, &token).await, 401);
    app.refresh(&world, &text(&issued, "refresh_token")).await.expect(400);
    assert_eq!(app.at(&world, "/oauth/introspect", &[], &[("token", &token)]).await.expect(200).json, json!({ "active": false }));
}

/// A guest's token is a guest's, whatever its scopes name.
#[tokio::test]
async fn scopes_are_bounds_and_no_rights() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, guest) = tenant.member(&world, "guest").await;
    let app = registered(&tenant.owner, json!({})).await;
    let code = app.code(&guest, &tenant, &[("scope", "contacts:read contacts:write")]).await;
    let token = text(&app.redeem(&world, &code).await.expect(200).json, "access_token");
    assert_eq!(reads(&world, &token).await, 403);
}

#[tokio::test]
async fn a_sign_out_ends_what_was_not_to_outlive_it() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let lasting = text(&app.tokens(&world, &tenant.owner, &tenant).await, "access_token");
    let code = app.code(&tenant.owner, &tenant, &[("scope", "openid contacts:read")]).await;
    let passing = text(&app.redeem(&world, &code).await.expect(200).json, "access_token");
    assert_eq!((reads(&world, &lasting).await, reads(&world, &passing).await), (200, 200));
    tenant.owner.delete("/session").await.expect(204);
    assert_eq!((reads(&world, &lasting).await, reads(&world, &passing).await), (200, 401));
}

/// A session that goes on under another id takes along what was allowed in it, and its end ends that.
#[tokio::test]
async fn a_sign_out_after_a_switch_ends_what_was_allowed_before_it() {
    let world = World::new().await;
    let mut tenant = Tenant::found(&world, "acme").await;
    let second = tenant.owner.post("/tenants", json!({ "name": "Second", "timezone": "UTC" })).await.expect(201).id();
    let app = registered(&tenant.owner, json!({})).await;
    let code = app.code(&tenant.owner, &tenant, &[("scope", "openid contacts:read")]).await;
    let passing = text(&app.redeem(&world, &code).await.expect(200).json, "access_token");
    let switched = tenant.owner.post("/session/tenant", json!({ "tenant_id": second })).await.expect(200);
    tenant.owner.keep_cookie(&switched);
    assert_eq!(reads(&world, &passing).await, 200, "a switch is no sign-out");
    tenant.owner.delete("/session").await.expect(204);
    assert_eq!(reads(&world, &passing).await, 401);
}

/// Whatever ends a session ends what hung on it: another sign-in in that browser, the cap, a change of factors.
#[tokio::test]
async fn whatever_ends_a_session_ends_what_hung_on_it() {
    let world = World::new().await;
    let mut ana = crate::identity::sign_up(&world, "ana@example.com").await;
    let sign_in = json!({ "email": "ana@example.com", "password": crate::identity::PASSWORD });
    let tenant = Tenant::of(ana.clone(), "Studio").await;
    let app = registered(&ana, json!({})).await;
    let passing = async |person: &Client| {
        let code = app.code(person, &tenant, &[("scope", "openid contacts:read")]).await;
        text(&app.redeem(&world, &code).await.expect(200).json, "access_token")
    };
    let token = passing(&ana).await;
    let again = ana.post("/sessions", sign_in.clone()).await.expect(201);
    ana.keep_cookie(&again);
    assert_eq!(reads(&world, &token).await, 401, "signed in anew");
    let token = passing(&ana).await;
    let cap = json!({ "session": { "max_concurrent": 1 } });
    ana.send(Method::PUT, "/tenant/security-policy", &[("if-match", "*")], Some(&cap)).await.expect(200);
    let mut next = Client::anonymous(&world);
    next.keep_cookie(&next.post("/sessions", sign_in.clone()).await.expect(201));
    assert_eq!(reads(&world, &token).await, 401, "beyond the cap");
    next.send(Method::PUT, "/tenant/security-policy", &[("if-match", "*")], Some(&json!({}))).await.expect(200);
    let token = passing(&next).await;
    let mut other = Client::anonymous(&world);
    other.keep_cookie(&other.post("/sessions", sign_in).await.expect(201));
    let own = passing(&other).await;
    crate::identity::second_factors::set_up(&world, &other).await;
    assert_eq!((reads(&world, &token).await, reads(&world, &own).await), (401, 200), "a changed factor");
}

/// A new password ends all that apps were given, also what outlives a sign-out.
#[tokio::test]
async fn a_new_password_ends_what_apps_were_given() {
    let world = World::new().await;
    let ana = crate::identity::sign_up(&world, "ana@example.com").await;
    let tenant = Tenant::of(ana.clone(), "Studio").await;
    let app = registered(&ana, json!({})).await;
    let nobody = Client::anonymous(&world);
    let (mut old, mut next) = (crate::identity::PASSWORD.to_owned(), "another fine password".to_owned());
    let mut person = ana;
    for by_link in [false, true] {
        let issued = app.tokens(&world, &person, &tenant).await;
        let (token, refresh) = (text(&issued, "access_token"), text(&issued, "refresh_token"));
        assert_eq!(reads(&world, &token).await, 200);
        if by_link {
            nobody.post("/password-resets", json!({ "email": "ana@example.com" })).await.expect(202);
            let link = crate::identity::newest_token(&world, "ana@example.com").await;
            nobody.put("/password-resets", None, json!({ "token": link, "password": next })).await.expect(204);
        } else {
            person.put("/me/password", None, json!({ "current_password": old, "new_password": next })).await.expect(204);
        }
        assert_eq!(reads(&world, &token).await, 401, "by link: {by_link}");
        assert_eq!(error(&app.refresh(&world, &refresh).await.expect(400)), "invalid_grant");
        (old, next) = (next, "a third and last password".to_owned());
        person = Client::sign_in(&world, "ana@example.com", &old).await;
    }
}

/// OpenID's sign-out: at once with an ID token of that very person, and by the person's own hand otherwise.
#[tokio::test]
async fn a_sign_out_that_is_asked_for_ends_session_and_refresh_tokens_and_cannot_be_forged() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, other) = tenant.member(&world, "viewer").await;
    let done = "https://notes.example.com/bye";
    let app = registered(&tenant.owner, json!({ "post_logout_redirect_uris": [done] })).await;
    let issued = app.tokens(&world, &tenant.owner, &tenant).await;
    let hint = text(&issued, "id_token");
    let query = |pairs: &[(&str, &str)]| {
        format!("/oauth/logout?{}", url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    };
    // Forged: without a hint, with one that is none, with another person's, with another client's name.
    let (head, rest) = hint.split_once('.').expect("a JWT");
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", rest.split('.').next().expect("claims"));
    for forged in [
        query(&[("post_logout_redirect_uri", done)]),
        query(&[("id_token_hint", &unsigned), ("post_logout_redirect_uri", done)]),
        query(&[("id_token_hint", &format!("{head}.{rest}x"))]),
        query(&[("id_token_hint", &hint), ("client_id", "app_0000000000000000000000")]),
        query(&[("client_id", &app.client_id), ("post_logout_redirect_uri", done)]),
    ] {
        let answer = tenant.owner.get(&forged).await.expect(303);
        assert_eq!((location(&answer).as_str(), answer.headers.get("set-cookie")), ("/oauth/sign-out", None), "{forged}");
    }
    assert_eq!(location(&other.get(&query(&[("id_token_hint", &hint)])).await.expect(303)), "/oauth/sign-out");
    other.get("/session").await.expect(200);
    tenant.owner.get("/session").await.expect(200);
    assert_eq!(reads(&world, &text(&issued, "access_token")).await, 200);
    // To an address that was registered only.
    let nobody = Client::anonymous(&world);
    let elsewhere = query(&[("id_token_hint", &hint), ("post_logout_redirect_uri", "https://evil.example/")]);
    assert_eq!(location(&nobody.get(&elsewhere).await.expect(303)), "/sign-in");
    // A hint that has run out still says who is meant.
    world.advance_minutes(120);
    let asked = query(&[("id_token_hint", &hint), ("post_logout_redirect_uri", done), ("state", "x y")]);
    let answer = tenant.owner.get(&asked).await.expect(303);
    assert_eq!(location(&answer), format!("{done}?state=x+y"));
    assert!(answer.headers["set-cookie"].to_str().is_ok_and(|cookie| cookie.contains("Max-Age=0")));
    tenant.owner.get("/session").await.expect(401);
    app.refresh(&world, &text(&issued, "refresh_token")).await.expect(400);
}

#[tokio::test]
async fn a_client_revokes_its_own_tokens_and_nobody_elses() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let thief = registered(&tenant.owner, json!({})).await;
    let issued = app.tokens(&world, &tenant.owner, &tenant).await;
    let (token, refresh) = (text(&issued, "access_token"), text(&issued, "refresh_token"));
    for one in [&token, &refresh, &"unknown".to_owned()] {
        thief.at(&world, "/oauth/revoke", &[], &[("token", one)]).await.expect(200);
    }
    assert_eq!(reads(&world, &token).await, 200);
    Client::anonymous(&world).form("/oauth/revoke", &[], &[("token", &token)]).await.expect(401);
    // The access token alone, then the whole family; a wrong hint does not matter.
    app.at(&world, "/oauth/revoke", &[], &[("token", &token), ("token_type_hint", "refresh_token")]).await.expect(200);
    assert_eq!(reads(&world, &token).await, 401);
    let next = app.refresh(&world, &refresh).await.expect(200).json;
    app.at(&world, "/oauth/revoke", &[], &[("token", &text(&next, "refresh_token"))]).await.expect(200);
    assert_eq!(reads(&world, &text(&next, "access_token")).await, 401);
    app.refresh(&world, &text(&next, "refresh_token")).await.expect(400);
}

/// RFC 7662: for what runs on a server, about its own tokens and those that act in its workspace.
#[tokio::test]
async fn an_introspection_tells_only_those_whom_it_concerns() {
    let world = World::new().await;
    let (tenant, other) = (Tenant::found(&world, "acme").await, Tenant::found(&world, "other").await);
    let app = registered(&tenant.owner, json!({})).await;
    let neighbour = registered(&tenant.owner, json!({})).await;
    let stranger = registered(&other.owner, json!({})).await;
    let public = registered(&tenant.owner, json!({ "kind": "public" })).await;
    let issued = app.tokens(&world, &tenant.owner, &tenant).await;
    let (token, refresh) = (text(&issued, "access_token"), text(&issued, "refresh_token"));
    for one in [&app, &neighbour] {
        let told = one.at(&world, "/oauth/introspect", &[], &[("token", &token)]).await.expect(200).json;
        assert_eq!(
            (&told["active"], &told["sub"], text(&told, "client_id")),
            (&json!(true), &json!(tenant.owner_id), app.client_id.clone())
        );
        assert_eq!(
            (&told["tenant_id"], text(&told, "iss"), text(&told, "scope")),
            (&json!(tenant.id), world.url.clone(), "contacts:read offline_access openid".to_owned())
        );
    }
    let inactive = json!({ "active": false });
    for (one, shown) in [(&stranger, &token), (&neighbour, &refresh), (&app, &"unknown".to_owned()), (&app, &text(&issued, "id_token"))] {
        assert_eq!(one.at(&world, "/oauth/introspect", &[], &[("token", shown)]).await.expect(200).json, inactive);
    }
    assert_eq!(app.at(&world, "/oauth/introspect", &[], &[("token", &refresh)]).await.expect(200).json["active"], true);
    assert_eq!(error(&public.at(&world, "/oauth/introspect", &[], &[("token", &token)]).await.expect(401)), "invalid_client");
    world.advance_minutes(61);
    assert_eq!(app.at(&world, "/oauth/introspect", &[], &[("token", &token)]).await.expect(200).json, inactive);
}

/// The workspace's security policy holds for apps as it does for people.
#[tokio::test]
async fn the_security_policy_holds_for_tokens() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let app = registered(&tenant.owner, json!({})).await;
    let token = text(&app.tokens(&world, &tenant.owner, &tenant).await, "access_token");
    let info = async || {
        let header = format!("Bearer {token}");
        Client::anonymous(&world).send(Method::GET, "/oauth/userinfo", &[("authorization", &header)], None).await
    };
    info().await.expect(200);
    let blocked = "UPDATE directory.tenants SET security_policy = '{\"addresses\": {\"blocked\": [\"127.0.0.0/8\"]}}' WHERE id = $1";
    owner_sql(&world, blocked, tenant.id).await;
    assert_eq!(by(&world, &token, Method::GET, "/contacts", None).await.expect(403).code(), "address_not_allowed");
    assert_eq!(info().await.expect(403).code(), "address_not_allowed");
    // Of a second factor that its person does not have.
    let required = "UPDATE directory.tenants SET security_policy = '{\"two_factor\": {\"required\": true}}' WHERE id = $1";
    owner_sql(&world, required, tenant.id).await;
    assert_eq!(by(&world, &token, Method::GET, "/contacts", None).await.expect(403).code(), "second_factor_required");
    assert_eq!(app.at(&world, "/oauth/introspect", &[], &[("token", &token)]).await.expect(200).json, json!({ "active": false }));
}

/// Who signs out everywhere else leaves no app behind that was connected there, whatever it was allowed to outlive.
#[tokio::test]
async fn signing_out_everywhere_else_ends_apps_that_were_to_outlive_a_sign_out() {
    let world = World::new().await;
    let ana = crate::identity::sign_up(&world, "ana@example.com").await;
    let tenant = Tenant::of(ana.clone(), "Studio").await;
    let app = registered(&ana, json!({})).await;
    let own = app.tokens(&world, &ana, &tenant).await;
    let elsewhere = Client::sign_in(&world, "ana@example.com", crate::identity::PASSWORD).await;
    let lasting = app.tokens(&world, &elsewhere, &tenant).await;
    elsewhere.delete("/session").await.expect(204);
    assert_eq!(reads(&world, &text(&lasting, "access_token")).await, 200, "it was to outlive that");
    ana.delete("/sessions").await.expect(204);
    assert_eq!(reads(&world, &text(&lasting, "access_token")).await, 401);
    app.refresh(&world, &text(&lasting, "refresh_token")).await.expect(400);
    assert_eq!(reads(&world, &text(&own, "access_token")).await, 200, "what was allowed here stays");
}

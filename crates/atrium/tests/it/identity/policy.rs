//! Security policies: caps, timeouts, second factors with grace, addresses, on sessions and tokens; and their simulation.

use reqwest::Method;
use serde_json::{Value, json};

use super::second_factors::{OLD, set_up, step_up_required};
use super::{PASSWORD, newest_token, sign_up, try_sign_in};
use crate::client::{Answer, Client, Tenant};
use crate::world::World;

const ANA: &str = "ana@example.com";
const BO: &str = "bo@example.com";

async fn save(owner: &Client, policy: Value) -> Answer {
    owner.send(Method::PUT, "/tenant/security-policy", &[("if-match", "*")], Some(&policy)).await
}

/// A world where requests may say from where they come.
async fn behind_a_proxy() -> World {
    World::with(Default::default(), |config| config.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")]).await
}

async fn from(client: &Client, address: &str, path: &str) -> Answer {
    client.send(Method::GET, path, &[("x-forwarded-for", address)], None).await
}

/// Ana's workspace with Bo as an editor of it and of nothing else.
async fn with_bo(world: &World) -> (Client, Client) {
    let ana = sign_up(world, ANA).await;
    let roles = ana.get("/roles").await.expect(200).json;
    let role = roles["items"].as_array().expect("roles").iter().find(|role| role["name"] == "editor").expect("editor")["id"].clone();
    ana.post("/invitations", json!({ "email": BO, "role_id": role })).await.expect(201);
    world.settle().await;
    let body = json!({ "token": newest_token(world, BO).await, "name": "Bo", "password": PASSWORD });
    let mut bo = Client::anonymous(world);
    let joined = bo.post("/invitation-acceptances", body).await.expect(201);
    bo.keep_cookie(&joined);
    (ana, bo)
}

fn required(grace_logins: u16, grace_days: u16) -> Value {
    json!({ "two_factor": { "required": true, "grace_logins": grace_logins, "grace_days": grace_days } })
}

/// With a second factor of her own shown, so that she may require one.
async fn requires(world: &World, ana: &mut Client, policy: Value) {
    let (phone, _) = set_up(world, ana).await;
    let verified = ana.post("/session/verification", json!({ "method": "totp", "code": phone.code(world, 0) })).await.expect(200);
    ana.keep_cookie(&verified);
    save(ana, policy).await.expect(200);
}

#[tokio::test]
async fn a_policy_is_read_saved_and_audited_by_who_may() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let read = tenant.owner.get("/tenant/security-policy").await.expect(200);
    assert_eq!(read.json["policy"]["two_factor"]["required"], false);
    let draft = json!({
        "session": { "max_concurrent": 3, "when_exceeded": "deny", "timeout_seconds": 3600 },
        "addresses": { "allowed": ["127.0.0.1", "10.1.2.3/8", "::ffff:192.0.2.7"], "blocked": ["2001:DB8::/32"] },
    });
    let saved = tenant.owner.put("/tenant/security-policy", Some(&read.json["version"]), draft.clone()).await.expect(200);
    assert_eq!(
        saved.json["policy"]["addresses"],
        json!({ "allowed": ["127.0.0.1", "10.0.0.0/8", "192.0.2.7"], "blocked": ["2001:db8::/32"] })
    );
    // Two at once: the second does not overwrite the first.
    tenant.owner.put("/tenant/security-policy", Some(&read.json["version"]), draft).await.expect(412);
    let line = tenant.owner.get("/audit-events").await.expect(200).json["items"][0].clone();
    assert_eq!(
        (&line["action"], &line["new_values"]["session"]["max_concurrent"]),
        (&json!("security_policy.updated"), &json!(3)),
        "{line}"
    );
    for (field, wrong) in [
        ("session.max_concurrent", json!({ "session": { "max_concurrent": 0 } })),
        ("session.timeout_seconds", json!({ "session": { "timeout_seconds": 10 } })),
        ("two_factor.grace_logins", json!({ "two_factor": { "grace_logins": 21 } })),
        ("two_factor.grace_days", json!({ "two_factor": { "grace_days": 91 } })),
        ("two_factor.exempt_role_ids", json!({ "two_factor": { "exempt_role_ids": ["01980000-0000-7000-8000-000000000000"] } })),
        ("addresses.allowed.0", json!({ "addresses": { "allowed": ["010.0.0.1"] } })),
        ("addresses.blocked.1", json!({ "addresses": { "blocked": ["10.0.0.1", "fe80::1%eth0"] } })),
    ] {
        assert_eq!(save(&tenant.owner, wrong).await.expect(422).json["errors"][0]["field"], field);
    }
    for role in ["editor", "viewer"] {
        let (_, member) = tenant.member(&world, role).await;
        member.get("/tenant/security-policy").await.expect(403);
        save(&member, json!({})).await.expect(403);
    }
    world.advance_minutes(OLD);
    step_up_required(&save(&tenant.owner, json!({})).await);
}

#[tokio::test]
async fn nobody_locks_oneself_out() {
    let world = behind_a_proxy().await;
    let ana = sign_up(&world, ANA).await;
    for addresses in [json!({ "allowed": ["203.0.113.0/24"] }), json!({ "blocked": ["127.0.0.1"] }), json!({ "blocked": ["0.0.0.0/0"] })] {
        assert_eq!(save(&ana, json!({ "addresses": addresses })).await.expect(409).code(), "locks_you_out");
    }
    assert_eq!(save(&ana, required(3, 7)).await.expect(409).code(), "locks_you_out", "grace is for the others");
    let later = json!({ "two_factor": { "required": true, "enforced_from": "2031-12-01T00:00:00Z" } });
    assert_eq!(save(&ana, later).await.expect(409).code(), "locks_you_out");
    assert_eq!(ana.get("/tenant/security-policy").await.expect(200).json["policy"]["addresses"]["allowed"], json!([]));
}

/// From the moment it is saved, for sessions and tokens, whatever way the address is written.
#[tokio::test]
async fn addresses_hold_for_sessions_and_tokens() {
    let world = behind_a_proxy().await;
    let (ana, bo) = with_bo(&world).await;
    let issued = bo.post("/access-tokens", json!({ "name": "Script", "scopes": ["contacts:read"] })).await.expect(201);
    let bearer = format!("Bearer {}", issued.json["token"].as_str().expect("a token"));
    let by_token = async |address: &str| {
        let headers = [("authorization", bearer.as_str()), ("x-forwarded-for", address)];
        Client::anonymous(&world).send(Method::GET, "/contacts", &headers, None).await
    };
    from(&bo, "203.0.113.7", "/contacts").await.expect(200);
    by_token("203.0.113.7").await.expect(200);
    save(&ana, json!({ "addresses": { "allowed": ["127.0.0.0/8", "203.0.113.0/24"], "blocked": ["203.0.113.66"] } })).await.expect(200);
    for (address, is_in) in [
        ("203.0.113.7", true),
        ("::ffff:203.0.113.7", true),
        ("203.0.113.66", false),
        ("::ffff:203.0.113.66", false),
        ("198.51.100.1", false),
        ("2001:db8::1", false),
    ] {
        let status = if is_in { 200 } else { 403 };
        let answer = from(&bo, address, "/contacts").await.expect(status);
        let token = by_token(address).await.expect(status);
        if !is_in {
            assert_eq!((answer.code(), token.code()), ("address_not_allowed", "address_not_allowed"), "{address}");
        }
    }
    // One's own account stays in reach, and says why the workspace does not.
    let session = from(&bo, "198.51.100.1", "/session").await.expect(200);
    assert_eq!(session.json["refused"], "address_not_allowed");
}

#[tokio::test]
async fn sessions_end_unused_or_in_any_case_as_the_policy_says() {
    let world = World::new().await;
    let (ana, _) = with_bo(&world).await;
    save(&ana, json!({ "session": { "timeout_seconds": 1800 } })).await.expect(200);
    let mut bo = Client::anonymous(&world);
    bo.keep_cookie(&try_sign_in(&world, BO, PASSWORD).await.expect(201));
    for _ in 0..4 {
        world.advance_minutes(20);
        bo.get("/contacts").await.expect(200);
    }
    world.advance_minutes(31);
    bo.get("/contacts").await.expect(401);
    let mut ana = Client::anonymous(&world);
    ana.keep_cookie(&try_sign_in(&world, ANA, PASSWORD).await.expect(201));
    save(&ana, json!({ "session": { "timeout_seconds": 1800, "extend_on_activity": false } })).await.expect(200);
    bo.keep_cookie(&try_sign_in(&world, BO, PASSWORD).await.expect(201));
    world.advance_minutes(20);
    bo.get("/contacts").await.expect(200);
    world.advance_minutes(11);
    bo.get("/contacts").await.expect(401);
}

#[tokio::test]
async fn sessions_at_once_are_capped_even_when_two_come_at_once() {
    let world = World::new().await;
    let (ana, _) = with_bo(&world).await;
    save(&ana, json!({ "session": { "max_concurrent": 2, "when_exceeded": "deny" } })).await.expect(200);
    // One is open since the invitation.
    let (one, two, three) =
        tokio::join!(try_sign_in(&world, BO, PASSWORD), try_sign_in(&world, BO, PASSWORD), try_sign_in(&world, BO, PASSWORD));
    let all = [&one, &two, &three];
    assert_eq!(all.iter().filter(|answer| answer.status == 201).count(), 1, "{} {} {}", one.text, two.text, three.text);
    assert!(all.iter().filter(|answer| answer.status == 409).all(|answer| answer.code() == "too_many_sessions"));
    save(&ana, json!({ "session": { "max_concurrent": 2 } })).await.expect(200);
    let (mut oldest, mut newest) = (Client::anonymous(&world), Client::anonymous(&world));
    oldest.keep_cookie(all.iter().find(|answer| answer.status == 201).expect("one"));
    world.advance_minutes(1);
    newest.keep_cookie(&try_sign_in(&world, BO, PASSWORD).await.expect(201));
    newest.get("/contacts").await.expect(200);
    world.advance_minutes(1);
    try_sign_in(&world, BO, PASSWORD).await.expect(201);
    oldest.get("/session").await.expect(401);
    assert_eq!(newest.get("/sessions").await.expect(200).json["items"].as_array().map(Vec::len), Some(2));
}

/// Judged by what the session has shown, not by what its user has set up.
#[tokio::test]
async fn a_second_factor_is_required_of_the_session() {
    let world = World::new().await;
    let (mut ana, bo) = with_bo(&world).await;
    requires(&world, &mut ana, required(0, 0)).await;
    let refused = bo.get("/contacts").await.expect(403);
    assert_eq!(refused.code(), "second_factor_required");
    assert_eq!(bo.get("/session").await.expect(200).json["refused"], "second_factor_required");
    // Set up is not shown: it takes to confirm with it, and then it is.
    let (phone, _) = set_up(&world, &bo).await;
    bo.get("/contacts").await.expect(403);
    let mut bo = bo;
    let verified = bo.post("/session/verification", json!({ "method": "totp", "code": phone.code(&world, 0) })).await.expect(200);
    assert_eq!(verified.json["refused"], Value::Null);
    bo.keep_cookie(&verified);
    bo.get("/contacts").await.expect(200);
    // Recovery codes, where the workspace does not take them.
    let mut without = required(0, 0);
    without["two_factor"]["backup_codes_allowed"] = json!(false);
    save(&ana, without).await.expect(200);
    let codes = bo.post("/me/recovery-codes", json!({})).await.expect(201).json["recovery_codes"].clone();
    let due = try_sign_in(&world, BO, PASSWORD).await.expect(202).json;
    let proof = json!({ "token": due["token"], "proof": { "method": "recovery_code", "code": codes[0] } });
    let entered = Client::anonymous(&world).post("/sessions/second-factor", proof).await.expect(201);
    assert_eq!(entered.json["refused"], "second_factor_required");
}

#[tokio::test]
async fn grace_ends_with_its_logins_or_days_whichever_comes_first() {
    let world = World::new().await;
    let (mut ana, bo) = with_bo(&world).await;
    requires(&world, &mut ana, required(2, 7)).await;
    bo.get("/contacts").await.expect(200);
    // Three at once spend two times of grace between them.
    let (one, two, three) =
        tokio::join!(try_sign_in(&world, BO, PASSWORD), try_sign_in(&world, BO, PASSWORD), try_sign_in(&world, BO, PASSWORD));
    let refused = [one, two, three].map(|answer| answer.expect(201).json["refused"].clone());
    assert_eq!(refused.iter().filter(|refused| refused.is_null()).count(), 2, "{refused:?}");
    assert_eq!(try_sign_in(&world, BO, PASSWORD).await.expect(201).json["refused"], "second_factor_required");
    // Days: a policy with many logins and one day.
    save(&ana, json!({})).await.expect(200);
    save(&ana, required(20, 1)).await.expect(200);
    let entered = try_sign_in(&world, BO, PASSWORD).await.expect(201);
    assert_eq!(entered.json["refused"], Value::Null);
    assert!(entered.json["second_factor_due"].is_string(), "{}", entered.text);
    let mut bo = Client::anonymous(&world);
    bo.keep_cookie(&entered);
    for _ in 0..3 {
        world.advance_minutes(6 * 60);
        bo.get("/contacts").await.expect(200);
    }
    world.advance_minutes(7 * 60);
    assert_eq!(bo.get("/contacts").await.expect(403).code(), "second_factor_required");
    assert_eq!(try_sign_in(&world, BO, PASSWORD).await.expect(201).json["refused"], "second_factor_required");
}

/// Grace is not dodged by a token, nor by leaving the workspace and coming back.
#[tokio::test]
async fn grace_is_not_dodged_by_token_or_switch() {
    let world = World::new().await;
    let (mut ana, mut bo) = with_bo(&world).await;
    let issued = bo.post("/access-tokens", json!({ "name": "Script", "scopes": ["contacts:read"] })).await.expect(201);
    let bearer = format!("Bearer {}", issued.json["token"].as_str().expect("a token"));
    let here = bo.get("/session").await.expect(200).json["tenant"]["id"].clone();
    let own = bo.post("/tenants", json!({ "name": "Own", "timezone": "UTC" })).await.expect(201).id();
    requires(&world, &mut ana, required(1, 7)).await;
    let by_token = async || Client::anonymous(&world).send(Method::GET, "/contacts", &[("authorization", &bearer)], None).await;
    assert_eq!(by_token().await.expect(403).code(), "second_factor_required");
    for expected in [Value::Null, json!("second_factor_required")] {
        let left = bo.post("/session/tenant", json!({ "tenant_id": own })).await.expect(200);
        bo.keep_cookie(&left);
        bo.get("/contacts").await.expect(200);
        let back = bo.post("/session/tenant", json!({ "tenant_id": here })).await.expect(200);
        assert_eq!(back.json["refused"], expected);
        bo.keep_cookie(&back);
    }
    set_up(&world, &bo).await;
    by_token().await.expect(200);
}

#[tokio::test]
async fn some_roles_are_exempt_and_enforcement_has_its_date() {
    let world = World::new().await;
    let (mut ana, bo) = with_bo(&world).await;
    let roles = ana.get("/roles").await.expect(200).json;
    let editor = roles["items"].as_array().expect("roles").iter().find(|role| role["name"] == "editor").expect("editor")["id"].clone();
    let mut policy = required(0, 0);
    policy["two_factor"]["exempt_role_ids"] = json!([editor]);
    requires(&world, &mut ana, policy).await;
    bo.get("/contacts").await.expect(200);
    let mut policy = required(0, 0);
    policy["two_factor"]["enforced_from"] = json!(world.now().plus_seconds(3600).to_string());
    save(&ana, policy).await.expect(200);
    bo.get("/contacts").await.expect(200);
    world.advance_minutes(61);
    assert_eq!(bo.get("/contacts").await.expect(403).code(), "second_factor_required");
}

#[tokio::test]
async fn the_simulation_names_who_would_be_stopped() {
    let world = behind_a_proxy().await;
    let (ana, _) = with_bo(&world).await;
    for address in ["203.0.113.7", "198.51.100.1", "198.51.100.1"] {
        let body = json!({ "email": BO, "password": PASSWORD });
        Client::anonymous(&world).send(Method::POST, "/sessions", &[("x-forwarded-for", address)], Some(&body)).await.expect(201);
        world.advance_minutes(1);
    }
    let play = async |policy: Value| ana.post("/tenant/security-policy/simulations", policy).await.expect(200).json;
    let nothing = play(json!({})).await;
    assert_eq!((&nothing["sign_ins"], &nothing["members"], &nothing["stopped"]), (&json!(5), &json!(2), &json!([])));
    let by_address = play(json!({ "addresses": { "blocked": ["198.51.100.0/24"] } })).await;
    assert_eq!(by_address["stopped_members"], 1);
    let stopped = &by_address["stopped"][0];
    assert_eq!(
        (&stopped["email"], &stopped["sign_ins"], &stopped["by_address"], &stopped["by_second_factor"]),
        (&json!(BO), &json!(4), &json!(2), &json!(0))
    );
    let by_factor = play(required(3, 7)).await;
    assert_eq!((&by_factor["stopped_members"], &by_factor["stopped"][0]["by_second_factor"]), (&json!(1), &json!(1)), "{by_factor}");
    // It changes nothing, and tells nothing of other workspaces.
    assert_eq!(ana.get("/tenant/security-policy").await.expect(200).json["policy"]["two_factor"]["required"], false);
    let other = Tenant::found(&world, "other").await;
    assert_eq!(other.owner.post("/tenant/security-policy/simulations", required(0, 0)).await.expect(200).json["sign_ins"], 1);
    // Older than 90 days it does not count.
    world.advance_minutes(91 * super::DAY);
    let mut ana = Client::anonymous(&world);
    ana.keep_cookie(&try_sign_in(&world, ANA, PASSWORD).await.expect(201));
    assert_eq!(ana.post("/tenant/security-policy/simulations", json!({})).await.expect(200).json["sign_ins"], 1);
}

async fn simulated(owner: &Client, draft: Value) -> Value {
    owner.post("/tenant/security-policy/simulations", draft).await.expect(200).json
}

/// The whole of the 90 days, entries from other workspaces, the cap and the end of sessions; and what is not known is said.
#[tokio::test]
async fn a_simulation_plays_entries_caps_and_ends_and_says_what_it_cannot_know() {
    let world = World::new().await;
    let (ana, bo) = with_bo(&world).await;
    let id = bo.get("/me").await.expect(200).id();
    let of_bo = |played: &Value| {
        let stopped = played["stopped"].as_array().expect("members");
        stopped.iter().find(|member| member["user_id"] == json!(id)).cloned().unwrap_or_default()
    };
    // Bo founds a workspace, goes there, and comes back: the entry is a sign-in of this one.
    let mut elsewhere = bo.clone();
    let own = bo.post("/tenants", json!({ "name": "Own", "timezone": "UTC" })).await.expect(201).id();
    let here = bo.get("/session").await.expect(200).json["tenant"]["id"].clone();
    for tenant in [json!(own), here] {
        let switched = elsewhere.post("/session/tenant", json!({ "tenant_id": tenant })).await.expect(200);
        elsewhere.keep_cookie(&switched);
        world.advance_minutes(1);
    }
    let played = simulated(&ana, json!({ "addresses": { "blocked": ["127.0.0.1"] } })).await;
    assert_eq!(of_bo(&played)["by_address"], 2, "accepted the invitation, and came back: {played}");
    assert_eq!(played["limits"], json!(["moved_sessions", "tokens"]));

    // Two more at once, where one is allowed.
    for _ in 0..2 {
        try_sign_in(&world, BO, PASSWORD).await.expect(201);
        world.advance_minutes(1);
    }
    let capped = |when: &str| json!({ "session": { "max_concurrent": 1, "when_exceeded": when } });
    let denied = simulated(&ana, capped("deny")).await;
    // tenant_to_enter leads here again, since it was entered last.
    assert_eq!((&of_bo(&denied)["by_session_cap"], &denied["limits"]), (&json!(2), &json!([])), "{denied}");
    assert_eq!(of_bo(&simulated(&ana, capped("end_oldest")).await), Value::Null, "nobody is stopped by what ends another");

    // A session that is used after the draft would have ended it.
    world.advance_minutes(30);
    elsewhere.get("/session").await.expect(200);
    let short = |extend: bool| json!({ "session": { "timeout_seconds": 600, "extend_on_activity": extend } });
    let played = simulated(&ana, short(false)).await;
    assert_eq!((&of_bo(&played)["ended_sooner"], &played["limits"]), (&json!(1), &json!([])), "{played}");
    let played = simulated(&ana, short(true)).await;
    assert_eq!((&of_bo(&played), &played["limits"]), (&Value::Null, &json!(["use_between"])), "{played}");

    // Sessions that are forgotten are said to be.
    sqlx::query("UPDATE directory.login_history SET session_id = NULL WHERE user_id = $1")
        .bind(id)
        .execute(&mut world.as_owner().await)
        .await
        .expect("forgotten");
    let played = simulated(&ana, capped("deny")).await;
    assert_eq!((&of_bo(&played), &played["limits"]), (&Value::Null, &json!(["forgotten_sessions"])), "{played}");
    assert_eq!(played["sessions_unknown"], 4);
}

/// However many sign-ins there were, all are played.
#[tokio::test]
async fn a_simulation_reads_the_whole_of_the_history() {
    let world = World::new().await;
    let (ana, bo) = with_bo(&world).await;
    let id = bo.get("/me").await.expect(200).id();
    let tenant: uuid::Uuid =
        ana.get("/session").await.expect(200).json["tenant"]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    sqlx::query(
        "INSERT INTO directory.login_history (id, user_id, tenant_id, outcome, ip_address, created_at)
         SELECT gen_random_uuid(), $1, $2, 'success', '203.0.113.9', $3::timestamptz - n * interval '1 minute' FROM generate_series(1, 60000) n",
    )
    .bind(id)
    .bind(tenant)
    .bind(world.now())
    .execute(&mut world.as_owner().await)
    .await
    .expect("a history");
    let played = simulated(&ana, json!({ "addresses": { "blocked": ["203.0.113.9"] } })).await;
    assert!(played["sign_ins"].as_i64() >= Some(60_000), "{}", played["sign_ins"]);
    assert_eq!(played["stopped"][0]["by_address"], 60_000);
}

/// Of two workspaces one asks for nothing; in neither does a password alone, a remembered browser or grace change what concerns the
/// account, once there is a second factor.
#[tokio::test]
async fn what_concerns_the_account_takes_the_second_factor_whatever_the_workspace_asks() {
    let world = World::new().await;
    let (mut ana, mut bo) = with_bo(&world).await;
    let own = bo.post("/tenants", json!({ "name": "Own", "timezone": "UTC" })).await.expect(201).id();
    let (phone, _) = set_up(&world, &bo).await;
    requires(&world, &mut ana, required(3, 7)).await;
    world.advance_minutes(OLD);
    let switched = bo.post("/session/tenant", json!({ "tenant_id": own })).await.expect(200);
    bo.keep_cookie(&switched);
    let acts = [
        (Method::DELETE, "/me/totp", Value::Null),
        (Method::POST, "/me/recovery-codes", json!({})),
        (Method::POST, "/me/email-change", json!({ "email": "new@example.com" })),
        (Method::POST, "/me/exports", json!({})),
        (Method::POST, "/access-tokens", json!({ "name": "Script", "scopes": ["contacts:read"] })),
    ];
    for (method, path, body) in &acts {
        step_up_required(&bo.send(method.clone(), path, &[("if-match", "*")], Some(body)).await);
    }
    // The password is no answer to that, where the workspace asks for nothing too.
    let by_password = bo.post("/session/verification", json!({ "method": "password", "password": PASSWORD })).await;
    assert_eq!((by_password.status.as_u16(), by_password.code()), (403, "password_not_enough"), "{}", by_password.text);
    let shown = bo.post("/session/verification", json!({ "method": "totp", "code": phone.code(&world, 0) })).await.expect(200);
    bo.keep_cookie(&shown);
    bo.post("/me/recovery-codes", json!({})).await.expect(201);
}

/// Tokens have the grace of their member, and no longer: it ends with its logins or its days.
#[tokio::test]
async fn grace_of_tokens_ends_with_its_logins_or_days_too() {
    let world = World::new().await;
    let (mut ana, bo) = with_bo(&world).await;
    let made = bo.post("/access-tokens", json!({ "name": "Script", "scopes": ["contacts:read"] })).await.expect(201);
    let script = super::oauth::text(&made.json, "token");
    let tenant = Tenant::of(ana.clone(), "Studio").await;
    let app = super::oauth::registered(&ana, json!({})).await;
    let by_app = super::oauth::text(&app.tokens(&world, &bo, &tenant).await, "access_token");
    requires(&world, &mut ana, required(2, 7)).await;
    let both = async || (super::oauth::reads(&world, &script).await, super::oauth::reads(&world, &by_app).await);
    try_sign_in(&world, BO, PASSWORD).await.expect(201);
    assert_eq!(both().await, (200, 200), "one of two is left");
    try_sign_in(&world, BO, PASSWORD).await.expect(201);
    assert_eq!(both().await, (403, 403), "spent");
    save(&ana, json!({})).await.expect(200);
    save(&ana, required(20, 1)).await.expect(200);
    try_sign_in(&world, BO, PASSWORD).await.expect(201);
    let fresh = super::oauth::text(&app.tokens(&world, &bo, &tenant).await, "access_token");
    assert_eq!((both().await.0, super::oauth::reads(&world, &fresh).await), (200, 200));
    world.clock.set(world.now().plus_seconds(24 * 3600 + 60));
    assert_eq!(both().await.0, 403);
}

/// Limits hold for who is inside when they are saved, not only for who comes after.
#[tokio::test]
async fn a_saved_policy_takes_hold_of_sessions_that_are_open() {
    let world = World::new().await;
    let (mut ana, oldest) = with_bo(&world).await;
    let enter = async |email: &str| {
        let mut client = Client::anonymous(&world);
        client.keep_cookie(&try_sign_in(&world, email, PASSWORD).await.expect(201));
        client
    };
    world.advance_minutes(2);
    let middle = enter(BO).await;
    world.advance_minutes(2);
    let newest = enter(BO).await;
    // Used last, so that it stays.
    world.advance_minutes(2);
    middle.get("/contacts").await.expect(200);
    let ana_before = enter(ANA).await;
    save(&ana, json!({ "session": { "max_concurrent": 1, "when_exceeded": "deny" } })).await.expect(200);
    for (gone, name) in [(&oldest, "oldest"), (&newest, "newest"), (&ana_before, "not the one that saved")] {
        assert_eq!(gone.get("/session").await.status.as_u16(), 401, "{name}");
    }
    middle.get("/contacts").await.expect(200);
    ana.get("/contacts").await.expect(200);

    // Unused: twelve hours become half of one.
    save(&ana, json!({ "session": { "timeout_seconds": 1800 } })).await.expect(200);
    world.advance_minutes(31);
    middle.get("/contacts").await.expect(401);
    // In the whole, and no more extended by use.
    ana = enter(ANA).await;
    save(&ana, json!({})).await.expect(200);
    let bo = enter(BO).await;
    world.advance_minutes(20);
    bo.get("/contacts").await.expect(200);
    ana = enter(ANA).await;
    save(&ana, json!({ "session": { "timeout_seconds": 1800, "extend_on_activity": false } })).await.expect(200);
    bo.get("/contacts").await.expect(200);
    world.advance_minutes(11);
    bo.get("/contacts").await.expect(401);
    ana.get("/contacts").await.expect(200);
}

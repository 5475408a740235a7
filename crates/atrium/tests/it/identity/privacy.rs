//! The rights of a person: everything handed out, everything erased, with a report.

use serde_json::{Value, json};

use super::accounts::where_it_stands;
use super::{again, kinds_of_mail, newest_token, oauth, passkey_of, sign_up};
use crate::client::{Client, Tenant, booking};
use crate::world::World;

#[tokio::test]
async fn a_user_gets_all_that_is_known_and_nobody_else_does() {
    let world = World::new().await;
    let (ana, bo) = (sign_up(&world, "ana@example.com").await, sign_up(&world, "bo@example.com").await);
    let me = ana.get("/me").await.expect(200).json;
    ana.patch("/me", &me["version"], json!({ "profile": { "bio": "Walks far" } })).await.expect(200);
    let asked = ana.post("/me/exports", json!({})).await.expect(202);
    assert_eq!(asked.json["status"], "queued");
    let path = format!("/me/exports/{}/content", asked.id());
    ana.get(&path).await.expect(404);
    assert_eq!(ana.post("/me/exports", json!({})).await.expect(409).code(), "export_queued");
    world.settle().await;
    assert!(kinds_of_mail(&world, "ana@example.com").await.contains(&"data_export_ready".to_owned()));
    bo.get(&path).await.expect(404);
    let document = ana.get(&path).await.expect(200);
    assert_eq!(document.headers["content-disposition"], "attachment; filename=\"my-data.json\"");
    let json = &document.json;
    assert_eq!(
        (&json["account"]["user"]["email"], &json["account"]["user"]["profile"]["bio"]),
        (&json!("ana@example.com"), &json!("Walks far"))
    );
    assert_eq!((&json["workspaces"][0]["workspace"], &json["workspaces"][0]["member"]["status"]), (&json!("Studio"), &json!("active")));
    for kind in ["consents", "sessions", "sign_ins", "security_events", "status_changes", "mails", "access_tokens", "invitations"] {
        assert!(json["account"][kind].is_array(), "{kind}");
    }
    assert!(json["workspaces"][0]["acts"].as_array().is_some_and(|acts| !acts.is_empty()));
    // No hash of a secret, and nobody else.
    for secret in ["argon2", "token_hash", "bo@example.com"] {
        assert!(!document.text.contains(secret), "{secret}");
    }
    assert!(where_it_stands(&world, "walks far").await.iter().all(|table| table != "directory.data_exports"), "sealed");
    world.advance_minutes(10);
    assert_eq!(ana.get(&path).await.expect(403).code(), "step_up_required");
    assert_eq!(ana.post("/me/exports", json!({})).await.expect(403).code(), "step_up_required");
    world.advance_minutes(7 * 24 * 60);
    let ana = Client::sign_in(&world, "ana@example.com", super::PASSWORD).await;
    ana.get(&path).await.expect(404);
    assert_eq!(ana.get("/me/exports").await.expect(200).json["items"], json!([]));
}

async fn booked(world: &World, tenant: &Tenant) -> (String, String, String) {
    let (slug, _) = tenant.organizer().await;
    let path = format!("/public/organizers/{slug}/event-types/intro/bookings");
    let mut input = booking("2031-09-09T09:00:00Z", "zebra@example.com");
    input["name"] = json!("Zebracorn Visitor");
    let answer = Client::anonymous(world).post(&path, input).await.expect(201);
    let manage = answer.json["manage_url"].as_str().expect("a link").rsplit('/').next().expect("a token").to_owned();
    world.settle().await;
    let contact = tenant.owner.get("/contacts?q=zebra").await.expect(200).json["items"][0].clone();
    let booking = tenant.owner.get("/bookings").await.expect(200).json["items"][0]["id"].as_str().expect("an id").to_owned();
    (contact["id"].as_str().expect("an id").to_owned(), booking, manage)
}

#[tokio::test]
async fn a_contact_is_handed_out_and_erased_in_every_module() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (contact, booking, manage) = booked(&world, &tenant).await;
    let known = tenant.owner.get(&format!("/contacts/{contact}")).await.expect(200).json;
    let name = known["name"].as_str().expect("a name").to_owned();
    tenant.owner.patch(&format!("/contacts/{contact}"), &known["version"], json!({ "notes": "Likes zebracorns" })).await.expect(200);
    let document = tenant.owner.post(&format!("/privacy/contacts/{contact}/data-export"), json!({})).await.expect(200).json;
    assert_eq!((&document["contact"]["email"], &document["contact"]["notes"]), (&json!("zebra@example.com"), &json!("Likes zebracorns")));
    let mails = document["mails"].as_array().expect("mails");
    assert!(mails.iter().any(|mail| mail["subject"].as_str().is_some_and(|subject| subject.contains("Intro call"))), "{mails:?}");
    assert_eq!(
        (&document["bookings"][0]["email"], &document["attended"][0]["email"]),
        (&json!("zebra@example.com"), &json!("zebra@example.com"))
    );

    let path = format!("/privacy/contacts/{contact}/erasure");
    let typed = json!({ "name": name });
    let (_, editor) = tenant.member(&world, "editor").await;
    editor.post(&path, typed.clone()).await.expect(403);
    tenant.owner.post(&path, json!({ "name": "x" })).await.expect(422);
    assert_eq!(tenant.owner.post(&path, typed.clone()).await.expect(409).code(), "upcoming_bookings");
    world.advance_minutes(10);
    assert_eq!(tenant.owner.post(&path, typed.clone()).await.expect(403).code(), "step_up_required");
    world.advance_minutes(2 * 24 * 60);
    let owner = again(&world, "acme@example.com").await;
    let report = owner.post(&path, typed).await.expect(200).json;
    let what: Vec<_> = report["outcomes"].as_array().expect("outcomes").iter().map(|line| line["what"].as_str().expect("a name")).collect();
    for kind in ["scheduling.bookings", "scheduling.booking_attendees", "contacts.contacts", "directory.mails", "platform.audit_keys"] {
        assert!(what.contains(&kind), "{kind}: {what:?}");
    }
    world.settle().await;
    assert_eq!(where_it_stands(&world, "zebra").await, [] as [&str; 0]);
    let kept = owner.get(&format!("/bookings/{booking}")).await.expect(200).json;
    assert_eq!((&kept["invitee_name"], &kept["start"]), (&json!("Erased"), &json!("2031-09-09T09:00:00Z")));
    Client::anonymous(&world).get(&format!("/public/bookings/{manage}")).await.expect(404);
    owner.get(&format!("/contacts/{contact}")).await.expect(404);
    assert_eq!(owner.get("/privacy/erasures").await.expect(200).json["items"][0]["contact_id"], json!(contact));
}

#[tokio::test]
async fn a_program_hands_out_and_erases_nobody() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let contact = tenant.owner.post("/contacts", json!({ "name": "Vera" })).await.expect(201).id();
    let token = tenant.owner.post("/access-tokens", json!({ "name": "Script", "scopes": ["privacy:manage"] })).await.expect(201);
    let bearer = format!("Bearer {}", token.json["token"].as_str().expect("a token"));
    for (path, body) in [("data-export", json!({})), ("erasure", json!({ "name": "Vera" }))] {
        let path = format!("/privacy/contacts/{contact}/{path}");
        let answer = Client::anonymous(&world).send(reqwest::Method::POST, &path, &[("authorization", &bearer)], Some(&body)).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (403, "session_required"), "{path}");
    }
}

async fn exported(world: &World, client: &Client) -> Value {
    let asked = client.post("/me/exports", json!({})).await.expect(202);
    world.settle().await;
    client.get(&format!("/me/exports/{}/content", asked.id())).await.expect(200).json
}

#[tokio::test]
async fn the_ways_in_and_what_was_let_in_are_handed_out_without_a_secret() {
    let world = World::new().await;
    let ana = sign_up(&world, "ana@example.com").await;
    let tenant = Tenant::of(ana.clone(), "Studio").await;
    let app = oauth::registered(&ana, json!({})).await;
    app.tokens(&world, &ana, &tenant).await;
    ana.post("/me/email-change", json!({ "email": "ana.new@example.com" })).await.expect(202);
    let token = newest_token(&world, "ana.new@example.com").await;
    Client::anonymous(&world).post("/email-confirmations", json!({ "token": token })).await.expect(204);
    passkey_of(&world, &ana).await;
    let document = exported(&world, &ana).await;
    let ways = &document["account"]["ways_in"];
    assert_eq!(ways["passkeys"][0]["name"], "Key", "{ways}");
    assert_eq!(ways["app_consents"][0]["app"], "Notes");
    assert_eq!((&ways["connected_apps"][0]["app"], &ways["connected_apps"][0]["workspace"]), (&json!("Notes"), &json!("Studio")));
    assert_eq!(ways["email_changes"][0]["email"], "ana.new@example.com");
    assert_eq!(ways["former_emails"][0]["email"], "ana@example.com");
    assert_eq!(ways["exports"].as_array().map(Vec::len), Some(1));
    assert!(ways["devices"].is_array() && ways["recovery_codes"]["unused"].is_number());
    let mails = document["account"]["mails"].as_array().expect("mails");
    assert!(mails.iter().any(|mail| mail["kind"] == "email_verification"), "of the former address too: {mails:?}");
    for secret in ["_hash", "ciphertext", "public_key", "credential_id"] {
        assert!(!document.to_string().contains(secret), "{secret}");
    }
}

/// However long a history is, it is handed out whole.
#[tokio::test]
async fn no_history_is_cut() {
    let world = World::new().await;
    let ana = sign_up(&world, "ana@example.com").await;
    let id = ana.get("/me").await.expect(200).id();
    for sql in [
        "INSERT INTO directory.login_history (id, user_id, outcome, failure_reason) SELECT gen_random_uuid(), $1, 'failed', 'password' FROM generate_series(1, 10001)",
        "INSERT INTO directory.security_events (id, user_id, event) SELECT gen_random_uuid(), $1, 'session_ended' FROM generate_series(1, 5001)",
    ] {
        sqlx::query(sql).bind(id).execute(&mut world.as_owner().await).await.expect("written");
    }
    let document = exported(&world, &ana).await;
    let count = |kind: &str| document["account"][kind].as_array().expect("lines").len();
    assert_eq!(count("sign_ins"), 10_002);
    assert!(count("security_events") >= 5001, "{}", count("security_events"));
}

/// Each table of the directory with rows of users is in the export, or stands here with why not.
#[tokio::test]
async fn no_table_of_users_is_forgotten_by_the_export() {
    let world = World::new().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT c.relname::text FROM pg_class c
           LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname IN ('user_id', 'email', 'email_key', 'recipient') AND NOT a.attisdropped
           LEFT JOIN pg_constraint f ON f.conrelid = c.oid AND f.confrelid = 'directory.users'::regclass
          WHERE c.relnamespace = 'directory'::regnamespace AND c.relkind = 'r' AND (a.attname IS NOT NULL OR f.oid IS NOT NULL)
          ORDER BY 1",
    )
    .fetch_all(&mut world.as_owner().await)
    .await
    .expect("tables");
    let ana = sign_up(&world, "ana@example.com").await;
    let document = exported(&world, &ana).await;
    for table in tables {
        let place = match table.as_str() {
            "account_closures" => "/account/ways_in/closures",
            "authenticators" => "/account/ways_in/passkeys",
            "consents" => "/account/consents",
            "data_exports" => "/account/ways_in/exports",
            "devices" => "/account/ways_in/devices",
            "email_changes" => "/account/ways_in/email_changes",
            "former_emails" => "/account/ways_in/former_emails",
            "invitations" => "/account/invitations",
            "login_history" => "/account/sign_ins",
            "mails" => "/account/mails",
            "oauth_consents" => "/account/ways_in/app_consents",
            "oauth_grants" => "/account/ways_in/connected_apps",
            "personal_access_tokens" => "/account/access_tokens",
            "pictures" => "/account/picture",
            "recovery_codes" => "/account/ways_in/recovery_codes",
            "security_events" => "/account/security_events",
            "sessions" => "/account/sessions",
            "subscriptions" => "/account/subscriptions",
            "totp_credentials" => "/account/ways_in/authenticator_app",
            "user_identities" => "/account/identities",
            "user_status_changes" => "/account/status_changes",
            "users" => "/account/user",
            // Minutes old at most, and of what the export has: of grants, of sign-ins and of their own requests.
            "login_challenges" | "oauth_requests" | "one_time_tokens" => continue,
            // Hashes that stand for a grant, which is there.
            "oauth_tokens" => continue,
            // Before there is a user; used up, it is what the account was made of, and is forgotten.
            "registrations" => continue,
            // Of workspaces, and of what was done to them by whom.
            "custom_domains" | "tenants" | "tenant_status_changes" => continue,
            _ => panic!("directory.{table} has rows of users: put it into the export, or say here why it is not"),
        };
        assert!(document.pointer(place).is_some(), "directory.{table} at {place}: {}", document["account"]["ways_in"]);
    }
}

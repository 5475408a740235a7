//! Rotating the instance's key as docs/operating.md says: what the old one sealed still opens, the new one seals.

use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::process::Child;

use crate::client::{Client, Tenant};
use crate::host::{Host, until_so};
use crate::platform::smtp::Server;
use crate::program::{ended, free_port, run, said, signal};
use crate::world::KEYS;

async fn stop(mut serving: Child) {
    signal(&serving, Signal::TERM);
    assert!(ended(&mut serving).await.success());
}

/// A mail whose text holds a secret link, and which the instance's server sends.
async fn invite(tenant: &Tenant, email: &str) {
    let roles = tenant.owner.get("/roles").await.expect(200).json;
    let role = roles["items"].as_array().expect("roles").iter().find(|role| role["name"] == "viewer").expect("viewer")["id"].clone();
    tenant.owner.post("/invitations", json!({ "email": email, "role_id": role })).await.expect(201);
}

/// The id of the key that the mail to that address is sealed with.
async fn key_of_mail(host: &Host, email: &str) -> i32 {
    sqlx::query_scalar("SELECT get_byte(message_ciphertext, 0) FROM directory.mails WHERE recipient = $1")
        .bind(email)
        .fetch_one(&mut host.as_owner().await)
        .await
        .expect("a mail")
}

async fn key_of_settings(host: &Host) -> i32 {
    sqlx::query_scalar("SELECT get_byte(password_ciphertext, 0) FROM platform.mail_settings")
        .fetch_one(&mut host.as_owner().await)
        .await
        .expect("settings")
}

/// What became of the newest mail to that address. The mailbox does not say it of mails that go through a server.
async fn mail(host: &Host, email: &str) -> Value {
    sqlx::query_scalar(
        "SELECT jsonb_build_object('status', status, 'last_error', last_error) FROM directory.mails WHERE recipient = $1 ORDER BY id DESC LIMIT 1",
    )
    .bind(email)
    .fetch_optional(&mut host.as_owner().await)
    .await
    .expect("mails")
    .unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotated_key_opens_what_the_old_one_sealed() {
    let (instance, own) = (Server::start(&[]).await, Server::start(&[]).await);
    let (two, three) = (format!("2:{}", "cd".repeat(32)), format!("3:{}", "ef".repeat(32)));
    let host = Host::new().await;
    let port = free_port();
    let url = format!("http://localhost:{port}");
    let smtp = instance.port.to_string();
    let smtp = ["--smtp-host", "127.0.0.1", "--smtp-port", &smtp, "--smtp-security", "none", "--mail-from", "atrium@example.com"];
    let all = [&["--private-mail-servers"][..], &smtp].concat();
    let web = [&["--role", "web"][..], &smtp].concat();

    // Under the first key, with nobody yet who sends.
    let serving = host.serve(port, &web).await;
    let tenant = host.found(&url, "acme").await;
    tenant.organizer().await;
    let settings = json!({ "host": "127.0.0.1", "port": own.port, "security": "none", "username": "mailer", "password": "hunter2-hunter2",
                           "from_address": "hello@acme.example.com", "from_name": "Acme" });
    let set = tenant.owner.put("/mail-settings", None, settings.clone()).await.expect(200).json;
    invite(&tenant, "one@example.com").await;
    assert_eq!((key_of_mail(&host, "one@example.com").await, key_of_settings(&host).await), (1, 1));
    stop(serving).await;

    // Rotated: a line below the first, and a restart.
    host.keep_keys(&format!("{KEYS}\n{two}\n"));
    assert!(!host.does(&["doctor"]).await.contains("WRONG"));
    let serving = host.serve(port, &all).await;
    until_so("the old mail is sent", async || mail(&host, "one@example.com").await["status"] == "sent").await;
    let link = crate::roles::book(&url, &tenant, "vera@example.com").await["manage_url"].as_str().expect("a link").to_owned();
    until_so("the new mail is sent", async || mail(&host, "vera@example.com").await["status"] == "sent").await;
    assert_eq!(key_of_mail(&host, "vera@example.com").await, 2);
    let to_vera = own.received().into_iter().find(|mail| mail.to == "vera@example.com").expect("by the workspace's own server");
    assert_eq!(to_vera.login, Some(("mailer".to_owned(), "hunter2-hunter2".to_owned())), "the old password was opened");
    let mut received = instance.received().into_iter().chain(own.received());
    assert!(received.any(|mail| mail.to == "one@example.com"), "what the first key sealed was opened and sent");
    tenant.owner.put("/mail-settings", Some(&set["version"]), settings).await.expect(200);
    assert_eq!(key_of_settings(&host).await, 2);
    stop(serving).await;
    let serving = host.serve(port, &web).await;
    invite(&tenant, "two@example.com").await;
    assert_eq!(key_of_mail(&host, "two@example.com").await, 2);
    stop(serving).await;

    // Without the second key: what it sealed is refused and says so, and the rest goes on.
    host.keep_keys(&format!("{KEYS}\n{three}\n"));
    let serving = host.serve(port, &all).await;
    until_so("the mail has failed", async || mail(&host, "two@example.com").await["status"] == "failed").await;
    let refusal = "sealed with key 2, which this instance does not have";
    let failed = mail(&host, "two@example.com").await;
    assert_eq!(failed["last_error"], refusal);
    let listed = host.does(&["jobs", "list"]).await;
    assert!(listed.contains(refusal) && listed.lines().count() == 1, "{listed}");
    let job = listed.split_whitespace().next().expect("an id").to_owned();
    // The workspace's server is known by a password that does not open: its mails wait, and say why.
    crate::roles::book(&url, &tenant, "wim@example.com").await;
    until_so("it was tried", async || mail(&host, "wim@example.com").await["last_error"].is_string()).await;
    let waits = mail(&host, "wim@example.com").await;
    assert_eq!((&waits["status"], &waits["last_error"]), (&json!("queued"), &json!(refusal)));
    invite(&tenant, "three@example.com").await;
    until_so("the next mail is sent", async || mail(&host, "three@example.com").await["status"] == "sent").await;
    assert_eq!(key_of_mail(&host, "three@example.com").await, 3);
    stop(serving).await;

    // Put back, it opens again; and the links of the first day are the same.
    host.keep_keys(&format!("{KEYS}\n{two}\n{three}\n"));
    host.does(&["jobs", "retry", &job]).await;
    let due = "UPDATE graphile_worker._private_jobs SET run_at = now() WHERE last_error IS NOT NULL";
    sqlx::query(due).execute(&mut host.as_owner().await).await.expect("what waits for its next attempt is due");
    let serving = host.serve(port, &all).await;
    for email in ["two@example.com", "wim@example.com"] {
        until_so("the mail is sent after all", async || mail(&host, email).await["status"] == "sent").await;
    }
    let token = link.rsplit('/').next().expect("a token");
    assert_eq!(Client::at(&url).get(&format!("/public/bookings/{token}")).await.expect(200).json["status"], "confirmed");
    stop(serving).await;

    // Without the oldest key there is no start: links and contexts follow from it.
    host.keep_keys(&format!("{two}\n{three}\n"));
    for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["jobs", "list"], &["migrate", "up"], &["doctor"]] {
        let refused = run(host.command(arguments)).await;
        assert!(!refused.status.success(), "{arguments:?}");
        assert!(said(&refused).contains("this key is not the one that the database's secrets are sealed with"), "{}", said(&refused));
        assert!(said(&refused).contains("Put back keys/instance.key"), "{}", said(&refused));
    }
}

async fn rows(host: &Host, table: &str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
        .fetch_one(&mut host.as_owner().await)
        .await
        .expect("counted")
}

/// Columns in which something is sealed. The second are those of `platform.audit_events`, which stay: they are in the chain,
/// and who reads the trail without a key is shown nothing.
async fn sealed_columns(host: &Host) -> Vec<(String, String)> {
    sqlx::query_as(
        "SELECT c.oid::regclass::text, a.attname::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
          WHERE a.attname LIKE '%\\_ciphertext' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND c.oid::regclass::text <> 'platform.audit_events' ORDER BY 1, 2",
    )
    .fetch_all(&mut host.as_owner().await)
    .await
    .expect("columns")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_key_is_replaced_knowingly_and_everything_goes_on() {
    let host = Host::new().await;
    let port = free_port();
    let url = format!("http://localhost:{port}");
    let web = ["--role", "web", "--private-mail-servers"];
    let serving = host.serve(port, &web).await;
    let tenant = host.found(&url, "acme").await;
    tenant.organizer().await;
    let settings = json!({ "host": "127.0.0.1", "port": 2525, "security": "none", "username": "mailer", "password": "hunter2-hunter2",
                           "from_address": "hello@acme.example.com", "from_name": "Acme" });
    tenant.owner.put("/mail-settings", None, settings).await.expect(200);
    invite(&tenant, "one@example.com").await;
    let begun = tenant.owner.post("/me/totp", json!({})).await;
    let manage = crate::roles::book(&url, &tenant, "vera@example.com").await;
    let link = manage["manage_url"].as_str().expect("a link").rsplit('/').next().expect("a token").to_owned();
    stop(serving).await;
    assert!(begun.status.is_success(), "{}", begun.text);

    // At hand it is no lost one.
    assert!(host.refuses(&["keys", "replace", "--allow-data-loss"]).await.contains("nothing is lost, and nothing was changed"));
    std::fs::remove_file(host.key_file()).expect("lost");
    let told = host.refuses(&["keys", "replace"]).await;
    for words in [
        "1  authenticator apps",
        "1  passwords of workspaces' mail servers",
        "mails",
        "keys of the audit trail",
        "Nothing was changed",
        "--allow-data-loss",
    ] {
        assert!(told.contains(words), "«{words}» is not in: {told}");
    }
    assert!(!host.key_file().exists() && rows(&host, "directory.mails").await > 0, "only told");

    let done = host.does(&["keys", "replace", "--allow-data-loss"]).await;
    assert!(done.contains("goes on with the key") && done.contains("1 links to bookings are new"), "{done}");
    for (table, column) in sealed_columns(&host).await {
        assert_eq!(rows(&host, &format!("{table} WHERE {column} IS NOT NULL")).await, 0, "{table}.{column} holds what nobody can open");
    }
    assert!(rows(&host, "platform.audit_events").await > 0, "the trail stays");
    assert!(!host.does(&["doctor"]).await.contains("WRONG"));

    // Sessions, roles, the trail and bookings are there; what is sealed anew opens.
    let serving = host.serve(port, &web).await;
    tenant.owner.get("/session").await.expect(200);
    let trail = tenant.owner.get("/audit-events").await.expect(200);
    assert!(trail.json["items"].as_array().is_some_and(|items| !items.is_empty()), "{}", trail.text);
    tenant.owner.get("/mail-settings").await.expect(200);
    assert_eq!(tenant.owner.get("/mails").await.expect(200).json["items"], json!([]));
    let visitor = Client::at(&url);
    visitor.get(&format!("/public/bookings/{link}")).await.expect(404);
    let bookings = tenant.owner.get("/bookings").await.expect(200).json;
    assert_eq!(bookings["items"].as_array().map(Vec::len), Some(1), "{bookings}");
    let new = crate::roles::book(&url, &tenant, "wim@example.com").await;
    let new = new["manage_url"].as_str().expect("a link").rsplit('/').next().expect("a token").to_owned();
    assert_eq!(visitor.get(&format!("/public/bookings/{new}")).await.expect(200).json["status"], "confirmed");
    invite(&tenant, "two@example.com").await;
    stop(serving).await;
    assert!(host.refuses(&["keys", "replace"]).await.contains("nothing is lost"));
    host.does(&["audit", "verify"]).await;
}

#[tokio::test]
async fn a_database_without_a_key_has_none_to_replace() {
    let (owner, serving) = crate::world::database(false).await;
    let host = Host::on(&owner, &serving);
    std::fs::remove_file(host.key_file()).expect("removed");
    assert!(host.refuses(&["keys", "replace"]).await.contains("has no key yet"));
    host.does(&["migrate", "up"]).await;
    assert!(host.key_file().exists(), "the first key is made for a database that has none");
}

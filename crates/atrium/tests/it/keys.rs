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

//! The commands for who hosts: failed jobs, users, migrations. The program itself runs within the test, beside them.

use platform::mail::Mailer;
use serde_json::json;

use crate::client::{Client, Tenant};
use crate::host::{Host, set_password, token_in};
use crate::platform::smtp::{Reply, Server};
use crate::world::{World, database};

async fn failed(admin: &Client) -> Vec<i64> {
    let jobs = admin.get("/failed-jobs").await.expect(200).json;
    jobs["items"].as_array().expect("items").iter().filter_map(|job| job["id"].as_i64()).collect()
}

#[tokio::test]
async fn failed_jobs_are_listed_retried_and_discarded() {
    let server = Server::start(&[Reply::Recipient("550 nobody"), Reply::Recipient("550 nobody")]).await;
    let world = World::with_mailer(Mailer { smtp: Some(server.smtp()) }).await;
    let host = Host::beside(&world);
    let tenant = Tenant::found(&world, "acme").await;
    host.does(&["user", "promote", "acme@example.com"]).await;
    assert!(host.does(&["jobs", "list"]).await.contains("No job has failed."));
    for _ in 0..2 {
        Client::anonymous(&world).post("/password-resets", json!({ "email": "acme@example.com" })).await.expect(202);
        world.settle().await;
    }
    let ids = failed(&tenant.owner).await;
    let [newer, older] = ids[..] else { panic!("{ids:?}") };
    let (newer_id, older_id) = (newer.to_string(), older.to_string());
    let list = host.does(&["jobs", "list"]).await;
    let lines: Vec<&str> = list.lines().map(str::trim).collect();
    assert_eq!(lines.len(), 2, "{list}");
    for (line, id) in lines.iter().zip([&newer_id, &older_id]) {
        assert!(line.starts_with(id.as_str()) && line.contains("SendMail") && line.contains("1/1") && line.contains("550"), "{line}");
    }
    let one = host.does(&["jobs", "list", "--limit", "1"]).await;
    assert_eq!(one.lines().count(), 1, "{one}");
    assert!(one.trim().starts_with(&newer_id), "{one}");

    assert!(host.does(&["jobs", "retry", &older_id]).await.contains(&format!("Job {older_id} will run again.")));
    assert_eq!(failed(&tenant.owner).await, [newer]);
    // It waits and has not failed, so neither command is for it.
    for command in ["retry", "discard"] {
        let refused = host.refuses(&["jobs", command, &older_id]).await;
        assert!(refused.contains(&format!("there is no failed job {older_id}")), "{refused}");
    }
    world.settle().await;
    assert_eq!(server.received().len(), 1, "the retried job has run");

    assert!(host.does(&["jobs", "discard", &newer_id]).await.contains(&format!("Job {newer_id} is gone.")));
    assert_eq!(failed(&tenant.owner).await, Vec::<i64>::new());
    assert!(host.does(&["jobs", "list"]).await.contains("No job has failed."));
    world.settle().await;
    assert_eq!(server.received().len(), 1, "the discarded one has not");
    for (command, id) in [("retry", newer_id.as_str()), ("discard", newer_id.as_str()), ("retry", "999999"), ("discard", "0")] {
        let refused = host.refuses(&["jobs", command, id]).await;
        assert!(refused.contains(&format!("there is no failed job {id}")), "{refused}");
    }
    assert!(host.refuses(&["jobs", "retry", "one"]).await.contains("invalid value 'one'"));
}

#[tokio::test]
async fn users_are_made_promoted_and_helped_in_again() {
    let world = World::new().await;
    // Links of the command line run out by the machine's clock.
    world.clock.set(platform::time::Clock::system().now());
    let host = Host::beside(&world);
    let visitor = Client::anonymous(&world);
    let create = |email, more: &[&'static str]| [&["user", "create", email, "--name", "Ana"][..], more].concat();
    let said = host.does(&create("ana@example.com", &["--workspace", "Studio Ana"])).await;
    let ana = set_password(&visitor, "ana@example.com", &said).await;
    let again = json!({ "token": token_in(&said), "password": "another fine password" });
    assert_eq!(visitor.put("/password-resets", None, again).await.expect(422).code(), "link_invalid", "it counts once");
    let session = ana.get("/session").await.expect(200).json;
    assert_eq!((&session["tenant"]["name"], &session["user"]["name"]), (&json!("Studio Ana"), &json!("Ana")));
    ana.get("/mails").await.expect(403);

    for (arguments, expected) in [
        (create("ANA@example.com", &[]), "account"),
        (create("nobody", &[]), "email"),
        (create("bob@example.com", &["--workspace", ""]), "workspace"),
        (vec!["user", "create", "bob@example.com"], "--name"),
        (vec!["user", "promote", "bob@example.com"], "No user has the address bob@example.com."),
        (vec!["user", "reset", "bob@example.com"], "No user has the address bob@example.com."),
    ] {
        let refused = host.refuses(&arguments).await;
        assert!(refused.contains(expected) && !refused.contains("password "), "{arguments:?}: {refused}");
    }

    assert!(host.does(&["user", "promote", "Ana@Example.com"]).await.contains("is an administrator of the instance"));
    ana.get("/mails").await.expect(200);

    // A link that is under way opens nothing once the password was reset by hand, nor does a session that is open.
    visitor.post("/password-resets", json!({ "email": "ana@example.com" })).await.expect(202);
    world.settle().await;
    let mails = crate::bookings::mails_to(&world, "ana@example.com").await;
    let (mail, _) = mails.into_iter().find(|(mail, _)| mail.kind == "password_reset").expect("a mail");
    let token = mail.text.split("token=").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a link").to_owned();
    crate::identity::second_factors::set_up(&world, &ana).await;
    let said = host.does(&["user", "reset", "ana@example.com", "--remove-second-factors", "--public-url", "https://atrium.example"]).await;
    assert!(said.contains("signed out everywhere") && said.contains("https://atrium.example/reset-password?token="), "{said}");
    // The password of before is none any more, whether or not the link is used.
    assert_eq!(
        visitor.post("/sessions", json!({ "email": "ana@example.com", "password": "a password by its link" })).await.expect(401).code(),
        "invalid_credentials"
    );
    world.advance_minutes(1);
    assert_eq!(ana.get("/session").await.expect(401).code(), "unauthenticated");
    let link = json!({ "token": token, "password": "a fine long password" });
    let refused = visitor.put("/password-resets", None, link).await;
    assert!(refused.status.is_client_error(), "{}", refused.text);
    let ana = set_password(&visitor, "ana@example.com", &said).await;
    assert_eq!(ana.get("/session").await.expect(200).json["tenant"]["name"], "Studio Ana");
    // A link that nobody uses runs out.
    let said = host.does(&["user", "reset", "ana@example.com"]).await;
    world.advance_minutes(24 * 60);
    let late = json!({ "token": token_in(&said), "password": "a fine long password" });
    assert_eq!(visitor.put("/password-resets", None, late).await.expect(422).code(), "link_invalid");
    let trail: Vec<String> =
        sqlx::query_scalar("SELECT event FROM directory.security_events WHERE details ->> 'by' = 'command line' ORDER BY id")
            .fetch_all(&mut world.as_owner().await)
            .await
            .expect("events");
    assert_eq!(trail, ["user_created", "promoted_to_platform_admin", "password_reset", "password_reset"]);
    let removed: i64 = sqlx::query_scalar(
        "SELECT (details ->> 'second_factors_removed')::bigint FROM directory.security_events WHERE details ? 'second_factors_removed'",
    )
    .fetch_one(&mut world.as_owner().await)
    .await
    .expect("one of them says so");
    assert_eq!(removed, 1);
}

/// Who owns the tables of the modules.
async fn owners(host: &Host) -> Vec<String> {
    let sql = "SELECT DISTINCT tableowner::text FROM pg_tables WHERE schemaname IN ('platform', 'identity', 'contacts', 'scheduling')";
    sqlx::query_scalar(sql).fetch_all(&mut host.as_owner().await).await.expect("owners")
}

#[tokio::test]
async fn migrations_run_under_the_owners_address() {
    let (owner, serving) = database(false).await;
    let mut host = Host::on(&owner, &serving);
    let address = host.owner.clone();
    host.owner.clone_from(&host.serving);
    let refused = host.refuses(&["migrate", "up"]).await;
    assert!(refused.contains("permission denied"), "{refused}");
    host.owner = "postgres://nobody@127.0.0.1:1/none".to_owned();
    let refused = host.refuses(&["migrate", "up"]).await;
    assert!(refused.contains("cannot reach the database") && refused.contains("DATABASE_OWNER_URL"), "{refused}");
    assert_eq!(owners(&host).await, Vec::<String>::new());

    // The other address is for serving alone.
    host.owner = address;
    host.serving = "postgres://nobody@127.0.0.1:1/none".to_owned();
    let before = host.does(&["migrate", "status"]).await;
    assert!(before.contains("pending") && !before.contains("applied"), "{before}");
    host.does(&["migrate", "up"]).await;
    let after = host.does(&["migrate", "status"]).await;
    assert!(after.contains("applied") && !after.contains("pending"), "{after}");
    assert_eq!(owners(&host).await, ["atrium_owner"]);

    // Alone it says nothing about whom to serve as.
    let mut command = host.command(&["migrate", "status"]);
    command.env_remove("DATABASE_URL");
    let alone = crate::program::run(command).await;
    assert!(!alone.status.success() && crate::program::said(&alone).contains("--database-url"), "{}", crate::program::said(&alone));
}

/// `atrium slots` needs neither a database nor a program that runs.
#[test]
fn the_slot_engine_runs_on_a_file() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let run = |arguments: &[&str]| {
        let program = env!("CARGO_BIN_EXE_atrium");
        std::process::Command::new(program).arg("slots").args(arguments).current_dir(root).output().expect("the program runs")
    };
    let output = run(&["--why", "bench/scenarios/hand-two-of-three-and-a-room.json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let starts: Vec<_> = answer["slots"].as_array().expect("slots").iter().map(|slot| slot["start"].as_str().expect("a start")).collect();
    assert_eq!(starts, ["2026-06-02T10:00:00Z", "2026-06-02T12:00:00Z"]);
    assert_eq!(answer["slots"][0]["organizers"], json!(["Ana", "Ben"]));
    let why = answer["why"].as_array().expect("reasons").iter().find(|why| why["start"] == "2026-06-02T11:00:00Z").expect("11:00");
    assert_eq!(why["rooms"]["Blue"], json!([{ "reason": "busy", "kind": "booking", "id": "r" }]));

    let output = run(&["bench/scenarios/generate.mjs"]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("generate.mjs: expected value at line 1"), "{output:?}");
    let output = run(&["bench/scenarios/none.json"]);
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("none.json: No such file"), "{output:?}");
}

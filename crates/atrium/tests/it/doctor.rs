//! `atrium doctor` on what is broken: it names the check, says how to mend it, and ends with a failure.

use std::os::unix::fs::PermissionsExt;

use crate::host::Host;
use crate::platform::smtp::{Server, closed_port};
use crate::program::{run, said};
use crate::world::{World, database, keys};

/// The one line with what is wrong, of a doctor that found that and nothing else.
async fn wrong(host: &Host, variables: &[(&str, &str)]) -> String {
    let mut command = host.command(&["doctor"]);
    command.envs(variables.iter().copied());
    let output = run(command).await;
    let all = said(&output);
    assert_eq!(output.status.code(), Some(1), "{all}");
    let found: Vec<&str> = all.lines().filter(|line| line.starts_with("WRONG")).collect();
    let [line] = found[..] else { panic!("{all}") };
    line.to_owned()
}

#[track_caller]
fn says(line: &str, check: &str, words: &[&str]) {
    assert!(line.starts_with(&format!("WRONG {check}: ")), "{line}");
    for words in words {
        assert!(line.contains(words), "«{words}» is not in: {line}");
    }
}

#[tokio::test]
async fn a_database_that_is_not_as_it_should_be() {
    let mut host = Host::new().await;
    assert!(!host.does(&["doctor"]).await.contains("WRONG"));
    let (owner, serving) = (host.owner.clone(), host.serving.clone());

    let nobody = "postgres://nobody@127.0.0.1:1/none";
    for addresses in
        [[("DATABASE_URL", nobody), ("DATABASE_OWNER_URL", nobody)], [("DATABASE_URL", &serving), ("DATABASE_OWNER_URL", nobody)]]
    {
        says(&wrong(&host, &addresses).await, "database", &["cannot reach the database", "Check that it runs", "DATABASE_OWNER_URL"]);
    }
    says(&wrong(&host, &[("DATABASE_URL", "localhost:5432")]).await, "database", &["DATABASE_URL is not a PostgreSQL address"]);
    let mut command = host.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("DATABASE_URL", nobody);
    let refused = run(command).await;
    assert!(!refused.status.success() && said(&refused).contains("cannot sign in to serve: "), "{}", said(&refused));
    says(&wrong(&host, &[("DATABASE_URL", nobody)]).await, "serving role", &["Connection refused", "Check DATABASE_URL"]);
    let stranger = serving.replace("atrium_app", "somebody_else");
    says(&wrong(&host, &[("DATABASE_URL", &stranger)]).await, "serving role", &["somebody_else", "Check DATABASE_URL"]);
    says(&wrong(&host, &[("DATABASE_URL", &owner)]).await, "serving role", &["owns tables", "serve as atrium_app"]);

    // One address alone is an administrator's, who makes the roles.
    let mut command = host.command(&["doctor"]);
    command.env_remove("DATABASE_OWNER_URL");
    let output = run(command).await;
    let line = said(&output).lines().find(|line| line.starts_with("WRONG")).expect("something is wrong").to_owned();
    assert_eq!(output.status.code(), Some(1));
    says(&line, "roles", &["atrium_app may not create roles", "CREATE ROLE atrium_owner", "DATABASE_OWNER_URL as atrium_owner"]);

    atrium::migrate::down(&host.options, 20, true).await.expect("back");
    says(&wrong(&host, &[]).await, "migrations", &["are pending", "atrium migrate up"]);
    host.does(&["migrate", "up"]).await;
    assert!(!host.does(&["doctor"]).await.contains("WRONG"));
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (999999, 'later', true, '', 0)",
    )
    .execute(&mut host.as_owner().await)
    .await
    .expect("a migration of tomorrow");
    says(&wrong(&host, &[]).await, "migrations", &["newer Atrium", "run that version"]);

    let (owner, serving) = database(false).await;
    host = Host::on(&owner, &serving);
    let empty = host.does(&["doctor"]).await;
    assert!(empty.contains("the database is empty; `atrium migrate up` or `serve` fills it"), "{empty}");
}

#[tokio::test]
async fn a_key_that_is_lost_open_or_no_key() {
    let host = Host::new().await;
    let file = host.key_file();
    let name = file.display().to_string();
    let mode = |mode| std::fs::set_permissions(&file, PermissionsExt::from_mode(mode)).expect("chmod");

    mode(0o640);
    says(&wrong(&host, &[]).await, "key", &["may be read by others", &format!("chmod 600 {name}")]);
    mode(0o600);
    for rubbish in ["", "1:abc", "one"] {
        host.keep_keys(rubbish);
        says(&wrong(&host, &[]).await, "key", &["a key is written as `id:64 hex digits`"]);
    }
    std::fs::remove_file(&file).expect("removed");
    std::fs::create_dir(&file).expect("a folder in its place");
    mode(0o700);
    says(&wrong(&host, &[]).await, "key", &["cannot be read", &name, "put back its copy"]);
    // Where it is gone, no other is made: that is for a database that has none yet.
    std::fs::remove_dir(&file).expect("removed");
    says(&wrong(&host, &[]).await, "key", &[&name, "is not there", "Put back its copy", "atrium keys replace"]);
    for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate", "up"], &["jobs", "list"]] {
        let refused = host.refuses(arguments).await;
        assert!(refused.contains("is not there") && refused.contains("Put back its copy"), "{arguments:?}: {refused}");
    }
    assert!(!file.exists(), "a fresh key was put in the place of the lost one");
    host.keep_keys(crate::world::KEYS);
    assert!(!host.does(&["doctor"]).await.contains("WRONG"));
    let other = format!("1:{}", "ab".repeat(32));
    says(&wrong(&host, &[("ATRIUM_KEYS", &other)]).await, "key", &["this key is not the one", "ATRIUM_KEYS"]);
    // No look changed what the database knows the key by.
    atrium::migrate::up(&host.options, &keys()).await.expect("ours");
}

#[tokio::test]
async fn a_database_of_places_that_is_none() {
    let host = Host::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("places.mmdb");
    let name = file.display().to_string();
    let variable = [("ATRIUM_PLACE_DATABASE", name.as_str())];
    says(&wrong(&host, &variable).await, "places", &[&name, "No such file", "leave --place-database out"]);
    std::fs::write(&file, "GeoLite2").expect("written");
    says(&wrong(&host, &variable).await, "places", &[&name, "no database of places"]);
    let mut command = host.command(&["serve", "--listen", "127.0.0.1:0", "--place-database", &name]);
    command.env_remove("ATRIUM_PLACE_DATABASE");
    let refused = run(command).await;
    assert!(!refused.status.success() && said(&refused).contains("--place-database"), "{}", said(&refused));
    std::fs::write(&file, crate::mmdb::cities()).expect("written");
    let mut command = host.command(&["doctor"]);
    command.envs(variable);
    let output = run(command).await;
    assert!(output.status.success() && said(&output).contains("ok    places: Test-City of 2030-03-17"), "{}", said(&output));
}

#[tokio::test]
async fn a_mail_server_that_does_not_answer() {
    let server = Server::start(&[]).await;
    let host = Host::beside(&World::new().await);
    let port = closed_port().await.to_string();
    let reach = |port| [("ATRIUM_SMTP_HOST", "127.0.0.1"), ("ATRIUM_SMTP_PORT", port), ("ATRIUM_MAIL_FROM", "atrium@example.com")];
    let plain = ("ATRIUM_SMTP_SECURITY", "none");
    let line = wrong(&host, &[&reach(&port)[..], &[plain]].concat()).await;
    says(&line, "mail", &[&format!("127.0.0.1:{port}"), "Check host, port, --smtp-security"]);
    let port = server.port.to_string();
    // It speaks no TLS.
    says(&wrong(&host, &reach(&port)).await, "mail", &[&format!("127.0.0.1:{port}"), "--smtp-security"]);
    let strange = ("ATRIUM_SMTP_SECURITY", "ssl");
    says(&wrong(&host, &[&reach(&port)[..], &[strange]].concat()).await, "mail", &["--smtp-security", "starttls or none"]);
    says(&wrong(&host, &[reach(&port)[0], plain]).await, "mail", &["needs --mail-from"]);
    let mut command = host.command(&["doctor"]);
    command.envs([&reach(&port)[..], &[plain]].concat());
    let output = run(command).await;
    assert!(output.status.success() && said(&output).contains(&format!("ok    mail: 127.0.0.1:{port} answers")), "{}", said(&output));
}

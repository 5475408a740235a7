//! The program as who hosts it runs it: processes and commands on one database.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::client::{Client, Tenant};
use crate::program::{PATIENCE, atrium, folder, ready, run, said};
use crate::world::{KEYS, World, database};

/// A data directory with its key, and the addresses of a database for both roles.
pub struct Host {
    pub folder: TempDir,
    pub serving: String,
    pub owner: String,
    pub options: PgConnectOptions,
}

impl Host {
    /// On a database of its own in the tests' cluster.
    pub async fn new() -> Self {
        let (owner, serving) = database(true).await;
        Self::on(&owner, &serving)
    }

    /// On the database of a test that also calls the program's parts itself.
    pub fn beside(world: &World) -> Self {
        Self::on(&world.owner, &world.serving)
    }

    pub fn on(owner: &PgConnectOptions, serving: &PgConnectOptions) -> Self {
        let address = |options: &PgConnectOptions| options.to_url_lossy().to_string();
        let host = Self { folder: folder(), serving: address(serving), owner: address(owner), options: owner.clone() };
        host.keep_keys(KEYS);
        host
    }

    pub fn key_file(&self) -> PathBuf {
        self.folder.path().join("keys/instance.key")
    }

    pub fn keep_keys(&self, keys: &str) {
        let file = self.key_file();
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        std::fs::write(&file, keys).expect("written");
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).expect("chmod");
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = atrium(self.folder.path(), arguments);
        command.env("DATABASE_URL", &self.serving).env("DATABASE_OWNER_URL", &self.owner);
        command
    }

    pub async fn run(&self, arguments: &[&str]) -> Output {
        run(self.command(arguments)).await
    }

    /// What a command says that does what it is told.
    pub async fn does(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        said(&output)
    }

    /// What a command says that refuses.
    pub async fn refuses(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        assert!(!output.status.success(), "{arguments:?}: {}", said(&output));
        said(&output)
    }

    /// `serve` on that port of this machine, once it is ready.
    pub async fn serve(&self, port: u16, more: &[&str]) -> Child {
        let (listen, url) = (format!("127.0.0.1:{port}"), format!("http://localhost:{port}"));
        let mut arguments = vec!["serve", "--listen", &listen, "--public-url", &url];
        arguments.extend(more);
        ready(self.command(&arguments)).await
    }

    /// A workspace by the command line, whose owner is an administrator of the instance and signs in there.
    pub async fn found(&self, url: &str, name: &str) -> Tenant {
        let email = format!("{name}@example.com");
        let said = self.does(&["user", "create", &email, "--name", name, "--workspace", name, "--admin"]).await;
        Tenant::of(set_password(&Client::at(url), &email, &said).await, name).await
    }

    pub async fn as_owner(&self) -> PgConnection {
        self.options.connect().await.expect("owner")
    }
}

/// The token of the link that a command prints.
pub fn token_in(said: &str) -> String {
    let rest = said.split("/reset-password?token=").nth(1).unwrap_or_else(|| panic!("no link in {said}"));
    rest.split_whitespace().next().expect("a word").to_owned()
}

/// Sets a password by the link that a command prints, and signs in with it.
pub async fn set_password(visitor: &Client, email: &str, said: &str) -> Client {
    let password = "a password by its link";
    visitor.put("/password-resets", None, serde_json::json!({ "token": token_in(said), "password": password })).await.expect(204);
    visitor.clone().signed_in(email, password).await
}

/// Asks again and again until it is so.
pub async fn until_so(what: &str, so: impl AsyncFn() -> bool) {
    let asking = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("waited in vain until {what}"));
}

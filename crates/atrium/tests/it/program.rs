//! The binary itself: starts, stops, refuses, survives, and its commands beside a running one.

use std::path::Path;
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

const BINARY: &str = env!("CARGO_BIN_EXE_atrium");
/// Long enough for a crowded machine; everything returns as soon as it is true.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn folder() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("atrium-program-").tempdir().expect("a folder");
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711)).expect("chmod");
    folder
}

pub fn atrium(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("ATRIUM_DATA_DIR", data);
    if let Some(folder) = std::env::var_os("PG_BIN") {
        command.env("PG_BIN", folder);
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null()).kill_on_drop(true);
    command
}

pub async fn run(mut command: Command) -> Output {
    tokio::time::timeout(PATIENCE, command.output()).await.expect("in time").expect("runs")
}

pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

struct Serving {
    child: Child,
    url: String,
}

/// Lines of a pipe until one holds `mark`; then the rest is read away, so that the program does not block.
async fn until(pipe: impl AsyncRead + Unpin + Send + 'static, mark: &str) -> String {
    let mut lines = BufReader::new(pipe).lines();
    let mut all = String::new();
    while let Some(line) = tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("in time").expect("a line") {
        all.push_str(&line);
        all.push('\n');
        if line.contains(mark) {
            platform::task::detach(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return all;
        }
    }
    panic!("the program ended without «{mark}»:\n{all}");
}

async fn serve(data: &Path, port: u16, more: &[&str]) -> Serving {
    let (listen, url) = (format!("127.0.0.1:{port}"), format!("http://localhost:{port}"));
    let mut arguments = vec!["serve", "--listen", &listen, "--public-url", &url];
    arguments.extend(more);
    Serving { child: ready(atrium(data, &arguments)).await, url }
}

/// Starts a program that serves, and waits until it does.
pub async fn ready(mut command: Command) -> Child {
    let mut child = command.spawn().expect("starts");
    until(child.stderr.take().expect("stderr"), "\"ready\"").await;
    child
}

pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

pub fn signal(child: &Child, signal: rustix::process::Signal) {
    let id = rustix::process::Pid::from_raw(child.id().expect("runs").try_into().expect("a pid")).expect("a pid");
    rustix::process::kill_process(id, signal).expect("signalled");
}

pub async fn ended(child: &mut Child) -> ExitStatus {
    tokio::time::timeout(PATIENCE, child.wait()).await.expect("in time").expect("ends")
}

pub async fn status(url: &str, path: &str) -> Option<u16> {
    get(url, path).await.map(|answer| answer.status().as_u16())
}

pub async fn body(url: &str, path: &str) -> String {
    get(url, path).await.expect("an answer").text().await.expect("a body")
}

async fn get(url: &str, path: &str) -> Option<reqwest::Response> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[expect(clippy::disallowed_methods, reason = "a test's own client, to this machine")]
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().expect("a client");
    client.get(format!("{url}{path}")).send().await.ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starts_refuses_a_second_stops_and_starts_again() {
    let folder = folder();
    let port = free_port();
    let mut first = serve(folder.path(), port, &["--admin-listen", "127.0.0.1:0"]).await;
    assert_eq!(status(&first.url, "/livez").await, Some(200));
    assert_eq!(status(&first.url, "/readyz").await, Some(200));
    assert!(!body(&first.url, "/metrics").await.contains("atrium_pool"), "metrics are not public");

    let listen = format!("127.0.0.1:{}", free_port());
    let second = run(atrium(folder.path(), &["serve", "--listen", &listen])).await;
    assert!(!second.status.success());
    assert!(said(&second).contains("already runs the database in"), "{}", said(&second));
    let same_port = run(atrium(&folder.path().join("other"), &["serve", "--listen", &format!("127.0.0.1:{port}")])).await;
    assert!(said(&same_port).contains("cannot listen on"), "{}", said(&same_port));

    // Commands work beside the running program.
    let created =
        run(atrium(folder.path(), &["user", "create", "you@example.com", "--name", "You", "--workspace", "Yours", "--admin"])).await;
    assert!(created.status.success() && said(&created).contains("you@example.com can set a password"), "{}", said(&created));
    let again = run(atrium(folder.path(), &["user", "create", "you@example.com", "--name", "You"])).await;
    assert!(!again.status.success(), "{}", said(&again));
    let migrations = run(atrium(folder.path(), &["migrate", "status"])).await;
    assert!(said(&migrations).contains("applied") && !said(&migrations).contains("pending"), "{}", said(&migrations));
    let back = run(atrium(folder.path(), &["migrate", "down", "--to", "0"])).await;
    assert!(said(&back).contains("holds real data"), "{}", said(&back));
    let fresh = run(atrium(folder.path(), &["seed", "--fresh"])).await;
    assert!(said(&fresh).contains("real data"), "{}", said(&fresh));
    let jobs = run(atrium(folder.path(), &["jobs", "list"])).await;
    assert!(said(&jobs).contains("No job has failed."), "{}", said(&jobs));
    let doctor = run(atrium(folder.path(), &["doctor"])).await;
    assert!(doctor.status.success() && !said(&doctor).contains("WRONG"), "{}", said(&doctor));

    signal(&first.child, rustix::process::Signal::TERM);
    assert!(ended(&mut first.child).await.success());
    assert_eq!(status(&first.url, "/livez").await, None);

    // Killed: nothing is left that keeps the next from starting, and what was there is there.
    let mut killed = serve(folder.path(), port, &[]).await;
    signal(&killed.child, rustix::process::Signal::KILL);
    ended(&mut killed.child).await;
    let mut after = serve(folder.path(), port, &[]).await;
    let again = run(atrium(folder.path(), &["user", "create", "you@example.com", "--name", "You"])).await;
    assert!(!again.status.success(), "the user is still there: {}", said(&again));
    signal(&after.child, rustix::process::Signal::TERM);
    assert!(ended(&mut after.child).await.success());
}

/// A request whose body is not whole yet, and which the program has begun to read.
async fn half_sent(port: u16) -> TcpStream {
    let mut half = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
    let head = "POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    half.write_all(head.as_bytes()).await.expect("sent");
    let mut go_on = [0; 25];
    tokio::time::timeout(PATIENCE, half.read_exact(&mut go_on)).await.expect("in time").expect("read");
    assert!(go_on.starts_with(b"HTTP/1.1 100"), "{}", String::from_utf8_lossy(&go_on));
    half
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_requests_are_answered_before_it_stops() {
    let folder = folder();
    let (port, admin) = (free_port(), free_port());
    let mut serving = serve(folder.path(), port, &["--admin-listen", &format!("127.0.0.1:{admin}")]).await;
    let admin = format!("http://127.0.0.1:{admin}");
    assert_eq!(status(&admin, "/readyz").await, Some(200));
    let mut half = half_sent(port).await;
    signal(&serving.child, rustix::process::Signal::TERM);
    let stopping = async {
        while status(&admin, "/readyz").await != Some(503) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, stopping).await.expect("says that it is stopping");
    assert_eq!(status(&admin, "/livez").await, Some(200));
    assert_eq!(status(&serving.url, "/livez").await, None, "nobody new is taken");
    half.write_all(b"{}").await.expect("the rest");
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, half.read_to_string(&mut answer)).await.expect("in time").expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 422"), "{answer}");
    assert!(ended(&mut serving.child).await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_at_once() {
    let folder = folder();
    let port = free_port();
    let (listen, url) = (format!("127.0.0.1:{port}"), format!("http://localhost:{port}"));
    let mut child = atrium(folder.path(), &["serve", "--listen", &listen, "--public-url", &url]).spawn().expect("starts");
    let mut lines = BufReader::new(child.stderr.take().expect("stderr")).lines();
    let mut heard = async |mark: &str| {
        while let Some(line) = tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("in time").expect("a line") {
            if line.contains(mark) {
                return;
            }
        }
        panic!("ended without «{mark}»");
    };
    heard("\"ready\"").await;
    let _half = half_sent(port).await;
    signal(&child, rustix::process::Signal::TERM);
    heard("stopping: open requests").await;
    signal(&child, rustix::process::Signal::TERM);
    heard("stopped at the second signal").await;
    assert!(ended(&mut child).await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_says_how_to_sign_in_and_can_be_made_anew() {
    let folder = folder();
    let port = free_port();
    let (listen, url) = (format!("127.0.0.1:{port}"), format!("http://localhost:{port}"));
    let mut child = atrium(folder.path(), &["serve", "--demo", "--listen", &listen, "--public-url", &url]).spawn().expect("starts");
    let (out, errors) = (child.stdout.take().expect("stdout"), child.stderr.take().expect("stderr"));
    let (shown, _) = tokio::join!(until(out, "Mails"), until(errors, "\"ready\""));
    assert!(shown.contains(atrium::commands::seed::DEMO_EMAIL) && shown.contains(atrium::commands::seed::DEMO_PASSWORD), "{shown}");
    assert_eq!(status(&url, "/b/ana-jansen/intro-call").await, Some(200));
    signal(&child, rustix::process::Signal::TERM);
    assert!(ended(&mut child).await.success());
    let fresh = run(atrium(folder.path(), &["seed", "--fresh"])).await;
    assert!(fresh.status.success(), "{}", said(&fresh));
    // Somebody tried it with an address of his own, and stayed.
    let create = ["user", "create", "bob@real-company.com", "--name", "Bob", "--workspace", "Bob's"];
    assert!(run(atrium(folder.path(), &create)).await.status.success());
    let refused = run(atrium(folder.path(), &["seed", "--fresh"])).await;
    assert!(!refused.status.success() && said(&refused).contains("people signed up beside the demo"), "{}", said(&refused));
    let promoted = run(atrium(folder.path(), &["user", "promote", "bob@real-company.com"])).await;
    assert!(promoted.status.success(), "he is still there: {}", said(&promoted));
    let forced = run(atrium(folder.path(), &["seed", "--fresh", "--allow-data-loss"])).await;
    assert!(forced.status.success(), "{}", said(&forced));
    let gone = run(atrium(folder.path(), &["user", "promote", "bob@real-company.com"])).await;
    assert!(said(&gone).contains("No user has the address"), "{}", said(&gone));
    let twice = run(atrium(folder.path(), &["seed"])).await;
    assert!(said(&twice).contains("not empty"), "{}", said(&twice));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serves_on_a_database_of_somebody_else() {
    let (theirs, ours) = (folder(), folder());
    let options = atrium::postgres::Options { data_dir: theirs.path().to_owned(), pg_bin: std::env::var_os("PG_BIN").map(Into::into) };
    let cluster = atrium::postgres::start(&options).await.expect("a server");
    let socket = theirs.path().join("postgres/run");
    let password = std::fs::read_to_string(theirs.path().join("postgres/credentials.json")).expect("credentials");
    let password: serde_json::Value = serde_json::from_str(&password).expect("JSON");
    let url =
        format!("postgres://postgres:{}@localhost/postgres?host={}", password["superuser"].as_str().expect("a password"), socket.display());
    let port = free_port();
    let (listen, public) = (format!("127.0.0.1:{port}"), format!("http://localhost:{port}"));
    let mut command = atrium(ours.path(), &["serve", "--listen", &listen, "--public-url", &public]);
    command.env("DATABASE_URL", &url);
    let mut child = ready(command).await;
    assert_eq!(status(&public, "/readyz").await, Some(200));
    assert!(!ours.path().join("postgres").exists(), "no cluster of its own");
    signal(&child, rustix::process::Signal::TERM);
    assert!(ended(&mut child).await.success());
    // Another key does not open what this one sealed.
    let stranger = folder();
    let mut command = atrium(stranger.path(), &["migrate", "up"]);
    command.env("DATABASE_URL", &url);
    let refused = run(command).await;
    assert!(said(&refused).contains("is not there, and this database's secrets are sealed"), "{}", said(&refused));
    assert!(!stranger.path().join("keys").exists(), "no key of its own for a database that has one");
    let mut command = atrium(stranger.path(), &["migrate", "up"]);
    command.env("DATABASE_URL", &url).env("ATRIUM_KEYS", format!("1:{}", "ab".repeat(32)));
    let refused = run(command).await;
    assert!(said(&refused).contains("this key is not the one"), "{}", said(&refused));
    // Nor has it changed the roles' passwords, which follow from the key, under those that have it.
    let mut command = atrium(ours.path(), &["migrate", "status"]);
    command.env("DATABASE_URL", &url);
    let still = run(command).await;
    assert!(still.status.success(), "{}", said(&still));
    cluster.stop().await;
}

#[tokio::test]
async fn what_it_cannot_do_it_says() {
    let folder = folder();
    for (arguments, expected) in [
        (vec!["serve", "--public-url", "http://atrium.example.com"], "plain http"),
        (vec!["serve", "--public-url", "ftp://localhost"], "must begin with https"),
        (vec!["serve", "--public-url", "https://example.com/app"], "must have no path"),
        (vec!["serve", "--smtp-host", "mail.example.com"], "--mail-from"),
        (vec!["serve", "--tls-cert", "/nowhere.pem", "--tls-key", "/nowhere.pem"], "/nowhere.pem"),
        (vec!["doctor", "--keys", "rubbish"], "a key is written as"),
        (vec!["migrate", "up", "--database-url", "postgres://nobody@127.0.0.1:1/none"], "cannot reach the database"),
        (vec!["migrate", "up", "--pg-bin", "/nowhere"], "PG_BIN is /nowhere"),
    ] {
        let output = run(atrium(folder.path(), &arguments)).await;
        assert!(!output.status.success() && said(&output).contains(expected), "{arguments:?}: {}", said(&output));
    }
}

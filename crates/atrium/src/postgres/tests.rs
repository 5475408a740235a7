//! The private PostgreSQL against real servers: `PG_BIN` chooses the binaries, otherwise those that are found.

use std::{
    env, fs,
    future::Future,
    io::{BufRead, BufReader},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use pretty_assertions::assert_eq;
use rustix::process::{Pid, Signal, kill_process};
use secrecy::ExposeSecret;
use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use super::{
    APP_ROLE, ClusterError, DATABASE, OWNER_ROLE, Options, PrivateCluster, Status,
    account::Account,
    layout::Layout,
    processes::{self, PidFile},
    start,
};

/// Far beyond what anything here takes; only a failing test gets there.
const LIMIT: Duration = Duration::from_secs(60);

/// A data directory that other users may pass through, as root's server is one of them.
fn folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("atrium-").tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
    folder
}

fn options(data_dir: &Path) -> Options {
    Options { data_dir: data_dir.to_owned(), pg_bin: env::var_os("PG_BIN").map(PathBuf::from) }
}

async fn started(data_dir: &Path) -> PrivateCluster {
    timeout(LIMIT, start(&options(data_dir))).await.expect("the server should answer in time").unwrap()
}

async fn refused(data_dir: &Path) -> ClusterError {
    timeout(LIMIT, start(&options(data_dir))).await.expect("a refusal should not take long").expect_err("the start should be refused")
}

async fn until<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let wait = async {
        while !condition().await {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(LIMIT, wait).await.unwrap_or_else(|_| panic!("waited in vain until {what}"));
}

async fn fetch(options: &PgConnectOptions, sql: &'static str) -> Result<String, sqlx::Error> {
    let mut connection = options.connect().await?;
    sqlx::query_scalar::<_, String>(sql).fetch_one(&mut connection).await
}

async fn execute(connection: &mut PgConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sql).execute(connection).await.map(drop)
}

fn postmaster(layout: &Layout) -> Pid {
    PidFile::read(&layout.data).unwrap().pid.unwrap()
}

fn living(layout: &Layout) -> usize {
    processes::living(&layout.data, &layout.cluster_name()).len()
}

#[tokio::test]
async fn the_first_start_makes_all_and_the_second_keeps_it() {
    let dir = folder();
    let cluster = started(dir.path()).await;
    let layout = Layout::prepare(dir.path()).unwrap();
    assert_eq!(cluster.status(), Status::Ready);

    let superuser = cluster.superuser_options().database(DATABASE);
    let facts = "SELECT concat_ws(' ', current_setting('listen_addresses') = '', current_setting('data_checksums'),
                        pg_encoding_to_char(encoding), datcollate, pg_get_userbyid(datdba),
                        (SELECT extname FROM pg_extension WHERE extname = 'btree_gist'),
                        current_setting('password_encryption'), current_setting('TimeZone'), current_setting('jit'))
                   FROM pg_database WHERE datname = current_database()";
    assert_eq!(fetch(&superuser, facts).await.unwrap(), "t on UTF8 C.UTF-8 atrium_owner btree_gist scram-sha-256 UTC off");
    let limits = "SELECT concat_ws(' ', current_user, current_database(), current_setting('statement_timeout'),
                         current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout'),
                         nullif(current_setting('transaction_timeout', TRUE), '0'))";
    let transaction = if cluster.major() >= 17 { " 30s" } else { "" };
    assert_eq!(fetch(&cluster.app_options(), limits).await.unwrap(), format!("{APP_ROLE} {DATABASE} 5s 2s 15s{transaction}"));
    assert_eq!(fetch(&cluster.owner_options(), limits).await.unwrap(), format!("{OWNER_ROLE} {DATABASE} 0 0 0"));
    let powers = "SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles
                   WHERE rolname LIKE 'atrium%' AND NOT (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)";
    assert_eq!(fetch(&superuser, powers).await.unwrap(), format!("{APP_ROLE} {OWNER_ROLE}"));

    let mut app = cluster.app_options().connect().await.unwrap();
    let denied = execute(&mut app, "CREATE TABLE public.mine ()").await;
    assert!(denied.is_err(), "the serving role may not make tables");
    let wrong = fetch(&cluster.app_options().password("wrong"), limits).await;
    assert!(wrong.is_err(), "the socket asks for the password");

    let mut owner = cluster.owner_options().connect().await.unwrap();
    execute(&mut owner, "CREATE TABLE kept AS SELECT 'a word'::text AS word").await.unwrap();

    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&layout.credentials), 0o600);
    for closed in [&layout.data, &layout.log, &layout.run] {
        assert_eq!(mode(closed), 0o700, "{}", closed.display());
    }
    assert_eq!(fs::metadata(&layout.ballast).unwrap().len(), 64 << 20);

    cluster.stop().await;
    assert_eq!(living(&layout), 0);
    let cluster = started(dir.path()).await;
    let word = fetch(&cluster.owner_options(), "SELECT word FROM kept").await;
    assert_eq!(word.unwrap(), "a word");
    assert_eq!(cluster.restarts(), 0);
    cluster.stop().await;
}

#[tokio::test]
async fn passwords_are_in_no_log_and_on_no_command_line() {
    let dir = folder();
    let cluster = started(dir.path()).await;
    let layout = Layout::prepare(dir.path()).unwrap();
    let mut told = Vec::new();
    for pid in processes::living(&layout.data, &layout.cluster_name()) {
        // One that ended meanwhile tells nothing; the postmaster is read below.
        told.extend(fs::read(format!("/proc/{pid}/cmdline")));
        told.extend(fs::read(format!("/proc/{pid}/environ")));
    }
    let pid = postmaster(&layout).as_raw_pid();
    told.push(fs::read(format!("/proc/{pid}/cmdline")).unwrap());
    told.push(fs::read(format!("/proc/{pid}/environ")).unwrap());
    let credentials = cluster.credentials.clone();
    cluster.stop().await;
    told.push(fs::read(&layout.start_log).unwrap());
    for log in fs::read_dir(&layout.log).unwrap() {
        told.push(fs::read(log.unwrap().path()).unwrap());
    }
    let told = told.concat();
    let told = String::from_utf8_lossy(&told);
    assert!(told.contains("ready to accept connections"), "{told}");
    for password in [credentials.superuser, credentials.owner, credentials.app] {
        assert!(!told.contains(password.expose_secret()));
    }
    assert!(!told.contains("SCRAM-SHA-256$"));
}

#[tokio::test]
async fn a_second_program_on_one_data_directory_is_refused() {
    let dir = folder();
    let first = started(dir.path()).await;
    let message = refused(dir.path()).await.to_string();
    let pid = std::process::id().to_string();
    assert!(message.contains(&pid) && message.contains("--data-dir"), "{message}");
    let answer = fetch(&first.app_options(), "SELECT 'still here'").await;
    assert_eq!(answer.unwrap(), "still here");
    first.stop().await;
    started(dir.path()).await.stop().await;
}

#[tokio::test]
async fn a_killed_postmaster_comes_back_with_all_that_was_answered() {
    let dir = folder();
    let cluster = started(dir.path()).await;
    let layout = Layout::prepare(dir.path()).unwrap();
    let mut owner = cluster.owner_options().connect().await.unwrap();
    execute(&mut owner, "CREATE TABLE rounds (round integer)").await.unwrap();
    for round in 1..=3_u64 {
        sqlx::query("INSERT INTO rounds VALUES ($1)").bind(i32::try_from(round).unwrap()).execute(&mut owner).await.unwrap();
        // A backend that is busy does not see that its postmaster is gone.
        let mut busy = cluster.owner_options().connect().await.unwrap();
        let work = execute(&mut busy, "DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$");
        let kill = async {
            let seen = "SELECT count(*)::text FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO %'";
            until("a backend is busy", || async { fetch(&cluster.owner_options(), seen).await.unwrap() == "1" }).await;
            let killed = postmaster(&layout);
            kill_process(killed, Signal::KILL).unwrap();
            until("it was started again", || async { cluster.restarts() == round && cluster.status() == Status::Ready }).await;
            killed
        };
        let (worked, killed) = tokio::join!(work, kill);
        assert!(worked.is_err());
        assert_ne!(postmaster(&layout), killed);
        owner = cluster.owner_options().connect().await.unwrap();
        let rounds = "SELECT string_agg(round::text, ' ' ORDER BY round) FROM rounds";
        let expected: Vec<String> = (1..=round).map(|n| n.to_string()).collect();
        let found = fetch(&cluster.owner_options(), rounds).await.unwrap();
        assert_eq!(found, expected.join(" "));
    }
    cluster.stop().await;
    assert_eq!(living(&layout), 0);
}

/// A program of its own that serves the data directory in `ATRIUM_TEST_DATA_DIR` until it is killed.
#[tokio::test]
#[ignore = "run as a process of its own by the test that kills it"]
async fn program_to_be_killed() {
    let data_dir = PathBuf::from(env::var_os("ATRIUM_TEST_DATA_DIR").unwrap());
    let cluster = started(&data_dir).await;
    println!("serving {}", cluster.major());
    std::future::pending::<()>().await;
}

fn program(data_dir: &Path) -> Child {
    let mut program = Command::new(env::current_exe().unwrap())
        .args(["--exact", "postgres::tests::program_to_be_killed"])
        .args(["--ignored", "--nocapture"])
        .env("ATRIUM_TEST_DATA_DIR", data_dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(program.stdout.take().unwrap());
    let serving = output.lines().map_while(Result::ok).any(|line| line.contains("serving"));
    assert!(serving, "the program should serve");
    program
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_program_takes_its_server_with_it_and_leaves_no_obstacle() {
    let dir = folder();
    let layout = Layout::prepare(dir.path()).unwrap();
    let mut killed = program(dir.path());
    let message = refused(dir.path()).await.to_string();
    assert!(message.contains(&format!("pid {}", killed.id())), "{message}");
    let left = postmaster(&layout);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let cluster = started(dir.path()).await;
    assert_ne!(postmaster(&layout), left);
    cluster.stop().await;

    let mut killed = program(dir.path());
    killed.kill().unwrap();
    killed.wait().unwrap();
    until("the server is gone", || async { living(&layout) == 0 }).await;
}

#[tokio::test]
async fn a_server_that_was_left_running_is_replaced() {
    let dir = folder();
    started(dir.path()).await.stop().await;
    let layout = Layout::prepare(dir.path()).unwrap();
    let account = Account::choose(&layout.data).unwrap();
    let folder = super::binaries::Binaries::find(&options(dir.path()), &layout).await.unwrap();
    let mut left =
        processes::command(&folder.postgres(), &account, Signal::INT).arg("-D").arg(&layout.data).stderr(Stdio::null()).spawn().unwrap();
    until("it is ready", || async { PidFile::read(&layout.data).is_some_and(|file| file.ready) }).await;
    // Reaped by its parent meanwhile, as init would.
    let (exit, cluster) = tokio::join!(left.wait(), started(dir.path()));
    assert!(exit.unwrap().success(), "it was stopped in order");
    cluster.stop().await;
    assert_eq!(living(&layout), 0);
}

#[tokio::test]
async fn lock_files_with_the_pid_of_another_process_are_no_obstacle() {
    let dir = folder();
    started(dir.path()).await.stop().await;
    let layout = Layout::prepare(dir.path()).unwrap();
    let account = Account::choose(&layout.data).unwrap();
    let spawn = |program: &str, argument: &str| {
        processes::command(Path::new(program), &account, Signal::KILL).arg(argument).kill_on_drop(true).spawn().unwrap()
    };
    let mut other = spawn("/bin/sleep", "600");
    // Not waited for, and so in the process table still.
    let unreaped = spawn("/bin/sleep", "0");
    let state = format!("/proc/{}/stat", unreaped.id().unwrap());
    until("it has ended", || async { fs::read_to_string(&state).unwrap().contains(") Z ") }).await;
    for pid in [other.id().unwrap(), unreaped.id().unwrap()] {
        let text = format!("{pid}\n{}\n", layout.data.display());
        for file in [layout.data.join("postmaster.pid"), layout.run.join(".s.PGSQL.5432.lock")] {
            fs::write(&file, &text).unwrap();
            account.own(&file).unwrap();
        }
        started(dir.path()).await.stop().await;
    }
    assert!(other.try_wait().unwrap().is_none(), "the other process lives");
}

#[tokio::test]
async fn another_major_version_is_refused_and_nothing_changed() {
    let dir = folder();
    started(dir.path()).await.stop().await;
    let layout = Layout::prepare(dir.path()).unwrap();
    let version = layout.data.join("PG_VERSION");
    let real = fs::read_to_string(&version).unwrap();
    fs::write(&version, "14\n").unwrap();
    let error = refused(dir.path()).await;
    assert!(matches!(&error, ClusterError::MajorMismatch { cluster: 14, .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains("pg_upgrade") && message.contains("postgresql-14"), "{message}");
    fs::write(&version, real).unwrap();
    started(dir.path()).await.stop().await;
}

#[tokio::test]
async fn a_folder_without_the_binaries_is_refused() {
    let dir = folder();
    let options = Options { data_dir: dir.path().to_owned(), pg_bin: Some(dir.path().to_owned()) };
    let error = start(&options).await.unwrap_err();
    assert!(matches!(error, ClusterError::BadBinaries { .. }), "{error:?}");
    assert!(error.to_string().contains("there is no postgres in it"));
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_works() {
    let dir = folder();
    let long = dir.path().join("long-".repeat(24)).join("it's here, \"too\"");
    fs::create_dir_all(&long).unwrap();
    let cluster = started(&long).await;
    assert!(!cluster.socket_dir.starts_with(dir.path()));
    let metadata = fs::symlink_metadata(&cluster.socket_dir).unwrap();
    assert_eq!(metadata.mode() & 0o777, 0o700);
    let socket_dir = cluster.socket_dir.clone();
    let answer = fetch(&cluster.app_options(), "SELECT 'here'").await;
    assert_eq!(answer.unwrap(), "here");
    cluster.stop().await;
    assert!(!socket_dir.exists(), "nothing is left outside");
}

#[tokio::test]
async fn a_half_made_cluster_is_finished() {
    let dir = folder();
    let layout = Layout::prepare(dir.path()).unwrap();
    // As killed within initdb, with the credentials written and the lock's pid left.
    fs::create_dir_all(layout.making.join("data/base")).unwrap();
    fs::set_permissions(&layout.making, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(layout.making.join("data/PG_VERSION"), "15\n").unwrap();
    fs::write(&layout.lock, "1\n").unwrap();
    let credentials = super::credentials::Credentials::generate();
    credentials.save(&layout.credentials).unwrap();
    let cluster = started(dir.path()).await;
    assert!(!layout.making.exists());
    assert_eq!(cluster.credentials.app.expose_secret(), credentials.app.expose_secret());

    // As killed between two steps of the roles, and with rights that nobody should have given.
    let mut superuser = cluster.superuser_options().connect().await.unwrap();
    execute(&mut superuser, "DROP DATABASE atrium").await.unwrap();
    execute(&mut superuser, "DROP ROLE atrium_app; ALTER ROLE atrium_owner SUPERUSER PASSWORD NULL").await.unwrap();
    drop(superuser);
    cluster.stop().await;
    let cluster = started(dir.path()).await;
    let role = "SELECT rolname || ' ' || rolsuper FROM pg_roles WHERE rolname = current_user";
    let app = fetch(&cluster.app_options(), role).await.unwrap();
    let owner = fetch(&cluster.owner_options(), role).await.unwrap();
    assert_eq!([app, owner], ["atrium_app false", "atrium_owner false"]);
    cluster.stop().await;
}

#[tokio::test]
async fn lost_credentials_are_replaced() {
    let dir = folder();
    started(dir.path()).await.stop().await;
    let layout = Layout::prepare(dir.path()).unwrap();
    let other = super::credentials::Credentials::generate();
    other.save(&layout.credentials).unwrap();
    let error = refused(dir.path()).await;
    assert!(matches!(error, ClusterError::WrongCredentials { .. }), "{error:?}");
    assert_eq!(living(&layout), 0);

    fs::remove_file(&layout.credentials).unwrap();
    let cluster = started(dir.path()).await;
    let answer = fetch(&cluster.app_options(), "SELECT 'known again'").await;
    assert_eq!(answer.unwrap(), "known again");
    cluster.stop().await;
}

#[tokio::test]
async fn a_server_that_cannot_start_is_told_with_the_end_of_its_log() {
    let dir = folder();
    started(dir.path()).await.stop().await;
    let layout = Layout::prepare(dir.path()).unwrap();
    let conf = layout.data.join("postgresql.conf");
    let text = fs::read_to_string(&conf).unwrap();
    fs::write(&conf, format!("{text}\nshared_buffers = 'plenty'\n")).unwrap();
    let error = refused(dir.path()).await;
    assert!(matches!(error, ClusterError::DidNotStart { .. }), "{error:?}");
    assert!(error.to_string().contains("shared_buffers"), "{error}");
    fs::write(&conf, text).unwrap();
    started(dir.path()).await.stop().await;
}

#[tokio::test]
async fn dropping_the_cluster_stops_it() {
    let dir = folder();
    let cluster = started(dir.path()).await;
    let layout = Layout::prepare(dir.path()).unwrap();
    drop(cluster);
    until("no process is left", || async { living(&layout) == 0 }).await;
}

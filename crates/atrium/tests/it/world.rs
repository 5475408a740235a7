//! A running Atrium for one test: its own database, cloned from a migrated template, and its own clock.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use atrium::health::Health;
use atrium::{migrate, postgres, router, serve, server};
use platform::crypto::KeyRing;
use platform::mail::Mailer;
use platform::state::Config;
use platform::time::{Clock, Timestamp};
use platform::{App, Ctx, TenantId};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What every test starts at: a Monday morning, away from any change of clocks, and later than the database's own clock, so
/// that jobs for later are not due until the test moves its clock.
pub const START: &str = "2031-09-08T06:00:00Z";
const TEMPLATE: &str = "atrium_template";
/// What the names of the folders of test runs begin with; the id of the process follows.
const FOLDER: &str = "atrium-it-";
pub const KEYS: &str = "1:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

struct Server {
    owner: PgConnectOptions,
    app: PgConnectOptions,
    superuser: PgConnectOptions,
    /// Keeps the cluster until the process ends; the server does not outlive it.
    _cluster: postgres::PrivateCluster,
    folder: tempfile::TempDir,
}

async fn server() -> &'static Server {
    static SERVER: OnceCell<Server> = OnceCell::const_new();
    SERVER
        .get_or_init(|| async {
            remove_left_folders();
            let folder = tempfile::Builder::new().prefix(&format!("{FOLDER}{}-", std::process::id())).tempdir().expect("a folder");
            // The server runs as another user where the tests run as root.
            std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711)).expect("chmod");
            let options = postgres::Options { data_dir: folder.path().to_owned(), pg_bin: std::env::var_os("PG_BIN").map(PathBuf::from) };
            let cluster = postgres::start(&options).await.expect("a private cluster");
            let superuser = cluster.superuser_options();
            let mut admin = superuser.connect().await.expect("superuser");
            // Nothing here has to survive a power cut, and no database lives long enough to be vacuumed: with hundreds of them
            // the server would do little else. Each clone is written to the log whole.
            for setting in [
                "fsync = off",
                "synchronous_commit = off",
                "full_page_writes = off",
                "autovacuum = off",
                "wal_compression = off",
                "max_wal_size = '2GB'",
            ] {
                run(&mut admin, format!("ALTER SYSTEM SET {setting}")).await;
            }
            run(&mut admin, "SELECT pg_reload_conf()".to_owned()).await;
            let (owner, app) = (cluster.owner_options(), cluster.app_options());
            run(&mut admin, format!("CREATE DATABASE {TEMPLATE} OWNER atrium_owner")).await;
            migrate::up(&owner.clone().database(TEMPLATE), &keys()).await.expect("migrations");
            Server { owner, app, superuser, _cluster: cluster, folder }
        })
        .await
}

/// A static is never dropped, and a killed process drops nothing: so each run removes the gigabytes of those before it.
fn remove_left_folders() {
    let Ok(entries) = std::fs::read_dir(std::env::temp_dir()) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(FOLDER)).and_then(|rest| rest.split('-').next());
        if process.is_some_and(|id| id.parse::<u32>().is_ok() && !std::path::Path::new("/proc").join(id).exists()) {
            // Another run may be at it too.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

async fn run(connection: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(connection).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

pub fn keys() -> KeyRing {
    KeyRing::parse(KEYS).expect("keys")
}

/// One test's Atrium. Jobs and events run when the test says so.
pub struct World {
    pub app: App,
    pub clock: Clock,
    pub url: String,
    pub owner: PgConnectOptions,
    pub serving: PgConnectOptions,
    stop: CancellationToken,
}

impl World {
    pub async fn new() -> Self {
        Self::with_mailer(Mailer::default()).await
    }

    pub async fn with_mailer(mailer: Mailer) -> Self {
        Self::with(mailer, |_| {}).await
    }

    /// With what the person who hosts decides changed.
    pub async fn with(mailer: Mailer, change: impl FnOnce(&mut Config)) -> Self {
        let (owner, app_options) = database(true).await;
        let clock = Clock::fixed(START.parse().expect("an instant"));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let url = format!("http://localhost:{}", address.port());
        let mut config = Config {
            rate_limit_factor: 1000,
            private_mail_servers: true,
            // Nobody answers there, at once.
            dns_resolver: Some(([127, 0, 0, 1], 1).into()),
            pool_wait: std::time::Duration::from_secs(8),
            ..Config::of(url.clone())
        };
        change(&mut config);
        let database = atrium::database::Database::given(app_options.clone(), owner.clone());
        let files = platform::files::FileStore::local(&server().await.folder.path().join("files")).expect("a folder for files");
        let app = serve::application(config, &database, keys(), mailer, files, 8, clock.clone());
        let health = Health { app: app.clone(), draining: std::sync::Arc::default() };
        let stop = CancellationToken::new();
        let limits = server::Limits { connections: 4096, drain: std::time::Duration::from_secs(1) };
        platform::task::detach(server::serve(listener, None, router::router(health), limits, stop.clone()));
        Self { app, clock, url, owner, serving: app_options, stop }
    }

    /// A tenant known to nobody but the tenant's plane, for tests of the platform alone.
    pub fn tenant(&self) -> (TenantId, Ctx) {
        let tenant = TenantId(platform::id::new());
        (tenant, self.ctx(tenant))
    }

    pub fn ctx(&self, tenant: TenantId) -> Ctx {
        Ctx::of_program(self.app.clone(), tenant, None)
    }

    pub async fn as_owner(&self) -> PgConnection {
        self.owner.connect().await.expect("owner")
    }

    /// Delivers what waits in the outbox, then runs every job that is due by the test's clock, until nothing is left.
    pub async fn settle(&self) {
        let mut db = self.as_owner().await;
        for _ in 0..20 {
            sqlx::query("UPDATE graphile_worker._private_jobs SET run_at = now() WHERE run_at > now() AND run_at <= $1")
                .bind(self.now())
                .execute(&mut db)
                .await
                .expect("due jobs");
            let events = platform::events::dispatch_waiting(&self.app).await.expect("dispatch");
            let jobs = platform::jobs::run_due(&self.app, atrium::registry::jobs()).await.expect("jobs");
            if events == 0 && jobs == 0 {
                return;
            }
        }
        panic!("events and jobs do not come to rest");
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn advance_minutes(&self, minutes: i64) {
        self.clock.set(self.clock.now().plus_seconds(minutes * 60));
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A new database as owner and app; empty or cloned from the template.
pub async fn database(migrated: bool) -> (PgConnectOptions, PgConnectOptions) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    static CLONING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let server = server().await;
    let name = format!("atrium_test_{}", NEXT.fetch_add(1, Ordering::SeqCst));
    let mut admin = server.superuser.connect().await.expect("superuser");
    let template = if migrated { TEMPLATE } else { "template0" };
    {
        // A template may have no other session, another clone's included.
        let _one = CLONING.lock().await;
        run(&mut admin, format!("CREATE DATABASE {name} OWNER atrium_owner TEMPLATE {template}")).await;
    }
    admin.close().await.expect("closed");
    (server.owner.clone().database(&name), server.app.clone().database(&name))
}

/// A superuser on that database, for what no role of ours may do.
pub async fn superuser(database: &str) -> PgConnection {
    server().await.superuser.clone().database(database).connect().await.expect("superuser")
}

pub fn some_id() -> Uuid {
    platform::id::new()
}

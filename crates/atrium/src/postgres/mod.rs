//! The private PostgreSQL: a cluster under the data directory that the program makes, starts, supervises and stops.
//!
//! ```text
//! <data directory>/postgres/
//!   lock              held by the one supervisor, with its pid
//!   credentials.json  0600, the passwords of the three roles
//!   ballast           64 MB that are given up when the disk is full
//!   start.log         what the server prints before its own logs begin
//!   data/  run/  log/ PGDATA, the socket and the server's logs: the server user's, 0700
//!   initdb/           a cluster being made; becomes data/ by one rename
//! ```

mod account;
mod binaries;
mod cluster;
mod credentials;
mod layout;
mod lock;
mod processes;
mod roles;
mod supervisor;
#[cfg(test)]
mod tests;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::sync::{oneshot, watch};

use credentials::Credentials;
pub use credentials::verifier;

/// The database that the program works in.
pub const DATABASE: &str = "atrium";
/// The role that owns the tables: migrations, the dispatcher, the queue and retention.
pub const OWNER_ROLE: &str = "atrium_owner";
/// The role that serves requests; it owns nothing.
pub const APP_ROLE: &str = "atrium_app";

/// The superuser that `initdb` makes.
const SUPERUSER: &str = "postgres";
/// Part of the socket's file name only, as nothing listens on TCP.
const PORT: u16 = 5432;
/// PostgreSQL below this lacks what the migrations use.
const OLDEST_MAJOR: u32 = 15;

/// Where the cluster is and with which binaries it runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// The program's data directory; the cluster is its folder `postgres`. Made when missing.
    pub data_dir: PathBuf,
    /// The folder that holds `postgres` and `initdb` (`PG_BIN`); otherwise they are looked for.
    pub pg_bin: Option<PathBuf>,
}

/// What the server is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not yet answering for the first time.
    Starting,
    /// Answers.
    Ready,
    /// Died or did not come up, and is started again until it does.
    Restarting,
    /// Told to stop; its connections are being ended.
    Stopping,
    /// No process of it is left.
    Stopped,
}

/// Why the private PostgreSQL could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    #[error(
        "PostgreSQL {OLDEST_MAJOR} or newer was not found (looked in {looked_in}). On Debian: apt install postgresql \
         postgresql-contrib. Elsewhere set PG_BIN to the folder that holds postgres and initdb, or DATABASE_URL to a server"
    )]
    BinariesMissing { looked_in: String },
    #[error("PG_BIN is {folder}, but {problem}", folder = .folder.display())]
    BadBinaries { folder: PathBuf, problem: String },
    #[error(
        "the cluster in {data} was made by PostgreSQL {cluster}, and the binaries here are of {found}. Install PostgreSQL {cluster} \
         (on Debian: apt install postgresql-{cluster}) or set PG_BIN to its bin folder. To go on with another version, upgrade the \
         cluster with pg_upgrade of that version first, with the program stopped and a copy of the folder kept",
        data = .data.display()
    )]
    MajorMismatch { data: PathBuf, cluster: u32, found: String },
    #[error("{data} is not a PostgreSQL cluster: {problem}. Move it away to start anew, or restore it from a backup", data = .data.display())]
    NotACluster { data: PathBuf, problem: String },
    #[error(
        "{holder} already runs the database in {folder}. Stop it first, or give this one another --data-dir",
        folder = .folder.display()
    )]
    Locked { folder: PathBuf, holder: String },
    #[error(
        "PostgreSQL does not run as root and so runs as the user {user}, who may not enter {barrier}. Choose another --data-dir \
         (such as /var/lib/atrium) or allow it with: chmod o+x {barrier}",
        barrier = .barrier.display()
    )]
    NotTraversable { barrier: PathBuf, user: String },
    #[error(
        "{path} belongs to uid {owner}, and this program runs as uid {uid}. Run it as that user, or change the owner",
        path = .path.display()
    )]
    ForeignOwner { path: PathBuf, owner: u32, uid: u32 },
    #[error(
        "the folder for the socket, {path}, is not a private folder of uid {uid}. Remove it, or choose a --data-dir with a shorter path",
        path = .path.display()
    )]
    SocketFolder { path: PathBuf, uid: u32 },
    #[error("{doing} {path}: {source}", path = .path.display())]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
    #[error("{program} failed ({status}):\n{output}")]
    ToolFailed { program: &'static str, status: String, output: String },
    #[error("PostgreSQL did not start ({status}). Its log {log} ends with:\n{tail}", log = .log.display())]
    DidNotStart { status: String, log: PathBuf, tail: String },
    #[error("{path} cannot be read as credentials: {problem}. Move it away to have new passwords set", path = .path.display())]
    BadCredentials { path: PathBuf, problem: String },
    #[error(
        "the cluster does not take the password in {path}. It is of another cluster: move it away to have new passwords set",
        path = .path.display()
    )]
    WrongCredentials { path: PathBuf },
    #[error("setting up the database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the supervisor of PostgreSQL ended unexpectedly")]
    SupervisorLost,
}

impl ClusterError {
    /// Wraps an error of the file system with what was being done to which path.
    fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}

/// A running cluster. Dropping it stops the server in the background; [`PrivateCluster::stop`] waits for that.
#[derive(Debug)]
pub struct PrivateCluster {
    socket_dir: PathBuf,
    credentials: Credentials,
    major: u32,
    restarts: Arc<AtomicU64>,
    status: watch::Receiver<Status>,
    stop: Option<oneshot::Sender<()>>,
}

/// Makes the cluster when missing, starts it, waits until it answers and its roles stand, and supervises it until
/// [`PrivateCluster::stop`].
///
/// # Errors
/// Each [`ClusterError`] says what to do. After an error no process of the server is left.
pub async fn start(options: &Options) -> Result<PrivateCluster, ClusterError> {
    let (stop, stopped) = oneshot::channel();
    let (status_sender, status) = watch::channel(Status::Starting);
    let restarts = Arc::new(AtomicU64::new(0));
    let running =
        supervisor::spawn(options.clone(), stopped, status_sender, restarts.clone())?.await.map_err(|_| ClusterError::SupervisorLost)??;
    let cluster = PrivateCluster {
        socket_dir: running.socket_dir,
        credentials: running.credentials,
        major: running.major,
        restarts,
        status,
        stop: Some(stop),
    };
    if let Err(error) = roles::ensure(&cluster, &running.credentials_file).await {
        cluster.stop().await;
        return Err(error);
    }
    Ok(cluster)
}

/// How to reach, as owner and as app, a cluster that another program runs: for commands beside a serving one.
///
/// # Errors
/// A cluster that was never made, or files that cannot be read.
pub fn beside(options: &Options) -> Result<(PgConnectOptions, PgConnectOptions), ClusterError> {
    let layout = layout::Layout::prepare(&options.data_dir)?;
    let credentials = Credentials::load(&layout.credentials)?
        .ok_or_else(|| ClusterError::NotACluster { data: layout.root.clone(), problem: "it has no credentials yet".to_owned() })?;
    let socket_dir = layout.socket_dir(&account::Account::choose(&layout.data)?)?;
    let reach = |role, password| connect_options(&socket_dir, role, password, DATABASE);
    Ok((reach(OWNER_ROLE, &credentials.owner), reach(APP_ROLE, &credentials.app)))
}

fn connect_options(socket_dir: &Path, role: &str, password: &SecretString, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(socket_dir)
        .port(PORT)
        .username(role)
        .password(password.expose_secret())
        .database(database)
        .ssl_mode(PgSslMode::Disable)
}

impl PrivateCluster {
    /// The superuser, in the database `postgres`: for backups and repair, never for serving.
    pub fn superuser_options(&self) -> PgConnectOptions {
        self.options(SUPERUSER, &self.credentials.superuser, "postgres")
    }

    /// [`OWNER_ROLE`] in [`DATABASE`].
    pub fn owner_options(&self) -> PgConnectOptions {
        self.options(OWNER_ROLE, &self.credentials.owner, DATABASE)
    }

    /// [`APP_ROLE`] in [`DATABASE`].
    pub fn app_options(&self) -> PgConnectOptions {
        self.options(APP_ROLE, &self.credentials.app, DATABASE)
    }

    /// The server's major version, such as 15.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// How often the server was started again after it had died.
    pub fn restarts(&self) -> u64 {
        self.restarts.load(Ordering::Relaxed)
    }

    /// What the server is doing now.
    pub fn status(&self) -> Status {
        *self.status.borrow()
    }

    /// Ends the connections and stops the server (fast; at once after 60 s), and returns when no process of it is left and
    /// the lock is free.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // Refused only when the supervisor has ended already.
            let _ = stop.send(());
        }
        // The supervisor drops its end last, after the lock.
        while self.status.changed().await.is_ok() {}
    }

    fn options(&self, role: &str, password: &SecretString, database: &str) -> PgConnectOptions {
        connect_options(&self.socket_dir, role, password, database)
    }
}

//! Making the cluster, its configuration, and the room kept for a full disk.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
    process::{Output, Stdio},
};

use rustix::{
    fs::{FallocateFlags, OFlags},
    process::Signal,
};
use secrecy::ExposeSecret;
use tokio::{io::AsyncWriteExt, process::Command};

use super::{
    ClusterError, PORT, SUPERUSER,
    account::Account,
    binaries::Binaries,
    credentials::{self, Credentials},
    layout::{self, Layout},
    processes,
};

/// Our part of the configuration, in PGDATA; rewritten at each start.
const CONF: &str = "atrium.conf";
const INCLUDE: &str = "include = 'atrium.conf'";

const BALLAST_BYTES: u64 = 64 << 20;
/// The ballast is only (re)made where much more than it is free.
const ROOM_FOR_BALLAST: u64 = 1 << 30;
/// Below this the server cannot come up: a WAL segment has 16 MB, and recovery ends with a checkpoint.
const ROOM_TO_START: u64 = 32 << 20;

/// Makes sure that a cluster and its credentials stand, that its files are the server user's, and that it is configured.
pub async fn prepare(layout: &Layout, account: &Account, binaries: &Binaries, socket_dir: &Path) -> Result<Credentials, ClusterError> {
    layout::private_folder(&layout.log, account)?;
    let stored = Credentials::load(&layout.credentials)?;
    let lost = stored.is_none() && layout.data.exists();
    let credentials = stored.unwrap_or_else(Credentials::generate);
    if layout.data.exists() {
        // A cluster that was brought back from a backup by root.
        let owner = fs::metadata(&layout.data).map_err(ClusterError::io("reading", &layout.data))?.uid();
        if owner != account.uid {
            account.own(&layout.data)?;
        }
        configure(layout, account, &layout.data, socket_dir)?;
    } else {
        credentials.save(&layout.credentials)?;
        make(layout, account, binaries, &credentials, socket_dir).await?;
    }
    if lost {
        tracing::warn!(
            file = %layout.credentials.display(),
            "the credentials of the cluster are lost; setting new ones"
        );
        set_superuser_password(layout, account, binaries, &credentials).await?;
        // After the change: killed between the two, the next start does both again.
        credentials.save(&layout.credentials)?;
    }
    Ok(credentials)
}

/// Makes a cluster beside its place and moves it there when it is whole, so that a kill leaves all or nothing.
async fn make(
    layout: &Layout,
    account: &Account,
    binaries: &Binaries,
    credentials: &Credentials,
    socket_dir: &Path,
) -> Result<(), ClusterError> {
    tracing::info!(data = %layout.data.display(), major = binaries.major, "making a PostgreSQL cluster");
    let data = layout.making.join("data");
    processes::clear(&data, &layout.cluster_name()).await;
    if layout.making.exists() {
        fs::remove_dir_all(&layout.making).map_err(ClusterError::io("removing", &layout.making))?;
    }
    layout::private_folder(&layout.making, account)?;
    let password = layout.making.join("password");
    let mut file = create(&password, 0o600)?;
    writeln!(file, "{}", credentials.superuser.expose_secret()).map_err(ClusterError::io("writing", &password))?;
    account.own(&password)?;
    let output = processes::command(&binaries.initdb(), account, Signal::KILL)
        .arg("--pgdata")
        .arg(&data)
        .arg("--username")
        .arg(SUPERUSER)
        .arg("--pwfile")
        .arg(&password)
        .args(["--auth", "scram-sha-256", "--data-checksums"])
        .args(["--encoding", "UTF8", "--locale", "C.UTF-8"])
        .arg("--no-instructions")
        .kill_on_drop(true)
        .output()
        .await
        .map_err(ClusterError::io("running", &binaries.initdb()))?;
    succeeded("initdb", &output)?;
    fs::remove_file(&password).map_err(ClusterError::io("removing", &password))?;
    configure(layout, account, &data, socket_dir)?;
    fs::rename(&data, &layout.data).map_err(ClusterError::io("moving", &data))?;
    layout::sync_folder(&layout.root)?;
    fs::remove_dir(&layout.making).map_err(ClusterError::io("removing", &layout.making))
}

/// Writes our configuration and has the server's own file include it. What an operator adds below that line wins.
fn configure(layout: &Layout, account: &Account, data: &Path, socket_dir: &Path) -> Result<(), ClusterError> {
    let conf = data.join(CONF);
    let temporary = data.join("atrium.conf.new");
    if temporary.exists() {
        fs::remove_file(&temporary).map_err(ClusterError::io("removing", &temporary))?;
    }
    let mut file = create(&temporary, 0o600)?;
    file.write_all(settings(layout, socket_dir).as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(ClusterError::io("writing", &temporary))?;
    account.own(&temporary)?;
    fs::rename(&temporary, &conf).map_err(ClusterError::io("moving", &temporary))?;

    let main = data.join("postgresql.conf");
    let text = fs::read_to_string(&main).map_err(ClusterError::io("reading", &main))?;
    if !text.lines().any(|line| line.trim() == INCLUDE) {
        OpenOptions::new()
            .append(true)
            // We may be root, and the folder is another user's.
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(&main)
            .and_then(|mut file| {
                writeln!(file, "\n{INCLUDE}")?;
                file.sync_all()
            })
            .map_err(ClusterError::io("writing", &main))?;
    }
    Ok(())
}

fn settings(layout: &Layout, socket_dir: &Path) -> String {
    format!(
        "# Written at each start. Own settings belong into postgresql.conf, below its line that includes this file.
listen_addresses = ''
port = {PORT}
unix_socket_directories = '\"{socket_dir}\"'
unix_socket_permissions = 0700
cluster_name = '{name}'
password_encryption = 'scram-sha-256'

max_connections = 64
shared_buffers = '128MB'
work_mem = '8MB'
maintenance_work_mem = '64MB'
effective_cache_size = '512MB'
random_page_cost = 1.1
jit = off
client_connection_check_interval = '5s'

wal_level = replica
wal_compression = on
# Microseconds that a commit waits for others to share its flush, and only while five or more are under way.
commit_delay = 300
# What is replayed after a crash: kept small, so that it takes seconds.
max_wal_size = '256MB'
# A backup receiver that died must not fill the disk.
max_slot_wal_keep_size = '1GB'

timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'ISO, MDY'

# A file for each day of the week, overwritten a week later. Neither statements nor the values of a violated constraint
# are logged: they hold people's data.
logging_collector = on
log_destination = 'stderr'
log_directory = '../log'
log_filename = 'postgresql-%a.log'
log_file_mode = 0600
log_rotation_age = '1d'
log_rotation_size = 0
log_truncate_on_rotation = on
log_line_prefix = '%m [%p] %q%u@%d '
log_statement = 'none'
log_min_duration_statement = -1
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
",
        socket_dir = socket_dir.display(),
        name = layout.cluster_name(),
    )
}

/// The server in the foreground. What it prints before its log collector runs goes to a file of its own.
pub fn server(layout: &Layout, account: &Account, binaries: &Binaries) -> Result<Command, ClusterError> {
    let log = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(&layout.start_log)
        .map_err(ClusterError::io("opening", &layout.start_log))?;
    let copy = log.try_clone().map_err(ClusterError::io("opening", &layout.start_log))?;
    // Fast shutdown when we are killed.
    let mut command = processes::command(&binaries.postgres(), account, Signal::INT);
    command.arg("-D").arg(&layout.data).stdout(Stdio::from(log)).stderr(Stdio::from(copy));
    Ok(command)
}

/// Sets the superuser's password in single-user mode, which asks for none.
async fn set_superuser_password(
    layout: &Layout,
    account: &Account,
    binaries: &Binaries,
    credentials: &Credentials,
) -> Result<(), ClusterError> {
    processes::clear(&layout.data, &layout.cluster_name()).await;
    let program = binaries.postgres();
    let running = ClusterError::io("running", &program);
    let mut command = processes::command(&program, account, Signal::TERM);
    command
        .args(["--single", "-D"])
        .arg(&layout.data)
        .args(["-c", "logging_collector=off", "-c", "exit_on_error=on"])
        .arg("postgres")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let statement = format!("ALTER ROLE {SUPERUSER} PASSWORD '{}'\n", credentials::verifier(&credentials.superuser));
    let talk = async {
        let mut child = command.spawn()?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(statement.as_bytes()).await?;
        }
        child.wait_with_output().await
    };
    let output = talk.await.map_err(running)?;
    succeeded("postgres --single", &output)
}

fn succeeded(program: &'static str, output: &Output) -> Result<(), ClusterError> {
    if output.status.success() {
        return Ok(());
    }
    Err(ClusterError::ToolFailed {
        program,
        status: output.status.to_string(),
        output: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}

/// Opens a new file; never follows a link that stands in its place.
fn create(path: &Path, mode: u32) -> Result<File, ClusterError> {
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(ClusterError::io("making", path))
}

/// Keeps 64 MB that [`give_up_ballast`] frees when the disk is full, where there is ample room for them.
pub fn keep_ballast(layout: &Layout) {
    let made = || -> io::Result<()> {
        let enough = fs::metadata(&layout.ballast).is_ok_and(|file| file.len() == BALLAST_BYTES);
        if enough || free_bytes(&layout.root)? < ROOM_FOR_BALLAST {
            return Ok(());
        }
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&layout.ballast)?;
        match rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, BALLAST_BYTES) {
            // File systems without it.
            Err(rustix::io::Errno::OPNOTSUPP) => io::copy(&mut io::repeat(0).take(BALLAST_BYTES), &mut file).map(|_| ()),
            other => other.map_err(io::Error::from),
        }
    };
    if let Err(error) = made() {
        tracing::warn!(%error, file = %layout.ballast.display(), "no ballast file could be made against a full disk");
    }
}

/// Frees the ballast when the disk is so full that the server could not recover.
pub fn give_up_ballast(layout: &Layout) {
    let full = free_bytes(&layout.root).is_ok_and(|free| free < ROOM_TO_START);
    if !full || !layout.ballast.exists() {
        return;
    }
    match fs::remove_file(&layout.ballast) {
        Ok(()) => tracing::error!(
            folder = %layout.root.display(),
            "the disk is full: gave up the ballast file so that PostgreSQL can start; make room now"
        ),
        Err(error) => tracing::error!(%error, "the disk is full, and the ballast file cannot be removed"),
    }
}

fn free_bytes(path: &Path) -> io::Result<u64> {
    let room = rustix::fs::statvfs(path)?;
    Ok(room.f_bavail.saturating_mul(room.f_frsize))
}

//! Starting the server's processes so that they do not outlive us, and ending those that did.

use std::{
    collections::BTreeSet,
    fs, io,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, PidfdFlags, Signal, getpid, getppid, pidfd_open, pidfd_send_signal, set_parent_process_death_signal};
use tokio::{process::Command, time::timeout};

use super::{PORT, account::Account};

/// How often it is looked whether processes are gone.
const PAUSE: Duration = Duration::from_millis(20);
/// How long a fast shutdown may take before it is made an immediate one.
pub const FAST_LIMIT: Duration = Duration::from_secs(60);
/// How long processes may take to end at once; the postmaster itself waits as long for its children.
pub const IMMEDIATE_LIMIT: Duration = Duration::from_secs(5);

/// A command that runs as the server's user, with an environment of its own (ours holds secrets), apart from the terminal's
/// signals, and that gets `death` when the calling thread ends.
pub fn command(program: &Path, account: &Account, death: Signal) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    for name in ["PATH", "LD_LIBRARY_PATH"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("LC_ALL", "C.UTF-8").env("TZ", "UTC").current_dir("/").stdin(Stdio::null()).process_group(0);
    if account.switch {
        command.uid(account.uid).gid(account.gid);
    }
    let parent = getpid();
    let tie = move || {
        set_parent_process_death_signal(Some(death))?;
        // We may have died before the signal was asked for.
        if getppid() == Some(parent) { Ok(()) } else { Err(io::Error::from(rustix::io::Errno::SRCH)) }
    };
    #[expect(
        unsafe_code,
        reason = "runs between fork and exec, after the change of user (which clears the signal); it only makes three \
                  system calls and neither allocates nor locks"
    )]
    unsafe {
        command.pre_exec(tie);
    }
    command
}

/// The postmaster's pid and whether it accepts connections, from the file that it keeps.
pub struct PidFile {
    pub pid: Option<Pid>,
    pub ready: bool,
}

impl PidFile {
    /// `None` when there is no such file.
    pub fn read(data: &Path) -> Option<Self> {
        let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok().and_then(Pid::from_raw);
        // Line 8 is the state (miscadmin.h).
        let ready = lines.nth(6).is_some_and(|line| line.trim() == "ready");
        Some(Self { pid, ready })
    }
}

/// Ends what is left of the server on a cluster whose lock we hold: a postmaster of a killed supervisor, or backends of a
/// killed postmaster. Returns how many processes there were. The new server could not start while one of them is attached to
/// the shared memory.
pub async fn clear(data: &Path, name: &str) -> usize {
    let found = living(data, name);
    if found.is_empty() {
        return 0;
    }
    let postmaster = PidFile::read(data).and_then(|file| file.pid).filter(|pid| found.contains(&pid.as_raw_pid()));
    if let Some(pid) = postmaster {
        tracing::warn!(pid = pid.as_raw_pid(), "stopping a PostgreSQL that an earlier run left behind");
        signal(data, name, [pid.as_raw_pid()], Signal::INT);
        if timeout(FAST_LIMIT, gone(data, name)).await.is_ok() {
            return found.len();
        }
        signal(data, name, [pid.as_raw_pid()], Signal::QUIT);
        if timeout(IMMEDIATE_LIMIT, gone(data, name)).await.is_ok() {
            return found.len();
        }
    }
    // Without a postmaster the shared memory is lost anyway: end the rest as the postmaster does after a crash.
    tracing::warn!(processes = found.len(), "ending processes that a dead PostgreSQL left behind");
    signal(data, name, living(data, name), Signal::QUIT);
    while timeout(IMMEDIATE_LIMIT, gone(data, name)).await.is_err() {
        signal(data, name, living(data, name), Signal::KILL);
    }
    found.len()
}

/// Removes lock files that PostgreSQL would take for those of a living predecessor: of a pid that another process has by now,
/// as after a restart of the machine or container, or of one that died and was not reaped. To be called after [`clear`],
/// when no process of the cluster is left.
pub fn forget_predecessor(data: &Path, name: &str, socket_dir: &Path) {
    let mut stale = vec![socket_dir.join(format!(".s.PGSQL.{PORT}.lock"))];
    // That of a pid which is free again is left to PostgreSQL: it names the shared memory, which is checked then.
    if let Some(pid) = PidFile::read(data).and_then(|file| file.pid)
        && Path::new(&format!("/proc/{}", pid.as_raw_pid())).exists()
        && !belongs(pid.as_raw_pid(), data, name)
    {
        stale.push(data.join("postmaster.pid"));
    }
    for file in stale {
        match fs::remove_file(&file) {
            Ok(()) => tracing::info!(file = %file.display(), "removed a lock file of a dead PostgreSQL"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::error!(%error, file = %file.display(), "cannot remove a lock file of a dead PostgreSQL");
            }
        }
    }
}

/// Returns when no process of the cluster is left.
pub async fn gone(data: &Path, name: &str) {
    while !living(data, name).is_empty() {
        tokio::time::sleep(PAUSE).await;
    }
}

/// The pids of this cluster's server processes, zombies left out.
pub fn living(data: &Path, name: &str) -> BTreeSet<i32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| belongs(*pid, data, name))
        .collect()
}

/// Whether the process is a server process in this PGDATA: by its working folder or, where a container forbids to read
/// that of another user, by its command line.
fn belongs(pid: i32, data: &Path, name: &str) -> bool {
    let folder = PathBuf::from(format!("/proc/{pid}"));
    if fs::read(folder.join("comm")).is_ok_and(|comm| comm != b"postgres\n") {
        return false;
    }
    match fs::read_link(folder.join("cwd")) {
        Ok(cwd) => cwd == data,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let line = fs::read(folder.join("cmdline")).unwrap_or_default();
            line.starts_with(format!("postgres: {name}: ").as_bytes())
                || line.split(|byte| *byte == 0).any(|part| part == data.as_os_str().as_bytes())
        }
        Err(_) => false,
    }
}

/// Signals each process that still is of this cluster when a handle on it is held, so that no reused pid is hit.
fn signal(data: &Path, name: &str, pids: impl IntoIterator<Item = i32>, signal: Signal) {
    for pid in pids {
        let Some(target) = Pid::from_raw(pid) else {
            continue;
        };
        let Ok(handle) = pidfd_open(target, PidfdFlags::empty()) else {
            continue;
        };
        if belongs(pid, data, name)
            && let Err(error) = pidfd_send_signal(&handle, signal)
            && error != rustix::io::Errno::SRCH
        {
            tracing::error!(pid, %error, "cannot end a process of PostgreSQL");
        }
    }
}

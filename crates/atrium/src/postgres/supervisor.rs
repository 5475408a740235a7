//! The thread that is the server's parent: starts it, starts it again whenever it dies, and stops it.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::ExitStatus,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::Child,
    sync::{oneshot, watch},
    time::{sleep, timeout},
};

use super::{
    ClusterError, Options, Status,
    account::Account,
    binaries::Binaries,
    cluster,
    credentials::Credentials,
    layout::Layout,
    lock,
    processes::{self, FAST_LIMIT, IMMEDIATE_LIMIT, PidFile},
};

/// The first start gives up after so many deaths, since the reason then is one to be told: a broken configuration, say.
const FIRST_TRIES: u32 = 4;
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A server that answered so long is started again at once.
const SETTLED: Duration = Duration::from_secs(2);
/// How often it is looked whether a starting server is ready.
const LOOK: Duration = Duration::from_millis(10);
/// A long recovery is told about this often.
const TELL: Duration = Duration::from_secs(10);
const LOG_TAIL_BYTES: usize = 2_000;
const LONGEST_START_LOG: u64 = 1 << 20;

/// What callers need to connect.
#[derive(Debug)]
pub struct Running {
    pub socket_dir: PathBuf,
    pub credentials: Credentials,
    pub credentials_file: PathBuf,
    pub major: u32,
}

type First = oneshot::Sender<Result<Running, ClusterError>>;

/// Starts the thread. What it returns yields when the server answers for the first time, or why it does not.
///
/// A thread of its own, as the kernel ties the death signal of a child to the thread that started it, and those of a
/// shared runtime come and go.
pub fn spawn(
    options: Options,
    stop: oneshot::Receiver<()>,
    status: watch::Sender<Status>,
    restarts: Arc<AtomicU64>,
) -> Result<oneshot::Receiver<Result<Running, ClusterError>>, ClusterError> {
    let (first, receiver) = oneshot::channel();
    let starting = ClusterError::io("starting a thread for", &options.data_dir);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ClusterError::io("starting a runtime for", &options.data_dir))?;
    let body = move || runtime.block_on(run(&options, stop, status, restarts, first));
    std::thread::Builder::new().name("postgres".to_owned()).spawn(body).map_err(starting)?;
    Ok(receiver)
}

async fn run(options: &Options, stop: oneshot::Receiver<()>, status: watch::Sender<Status>, restarts: Arc<AtomicU64>, first: First) {
    match Supervisor::prepare(options, stop, status, restarts).await {
        Ok((supervisor, running)) => supervisor.supervise(running, first).await,
        // The caller is gone when it cannot be told.
        Err(error) => drop(first.send(Err(error))),
    }
}

/// Fields are dropped in their order: the lock before the end of the status channel, by which `stop` learns of it.
struct Supervisor {
    layout: Layout,
    account: Account,
    socket_dir: PathBuf,
    binaries: Binaries,
    stop: oneshot::Receiver<()>,
    restarts: Arc<AtomicU64>,
    _lock: File,
    status: watch::Sender<Status>,
}

/// How a server's life ended.
enum End {
    /// We stopped it.
    Stopped,
    /// It exited by itself.
    Died { exit: ExitStatus, answered: bool, settled: bool },
}

impl Supervisor {
    async fn prepare(
        options: &Options,
        stop: oneshot::Receiver<()>,
        status: watch::Sender<Status>,
        restarts: Arc<AtomicU64>,
    ) -> Result<(Self, Running), ClusterError> {
        let layout = Layout::prepare(&options.data_dir)?;
        let lock = lock::acquire(&layout).await?;
        let account = Account::choose(&layout.data)?;
        if account.switch
            && let Some(barrier) = account.barrier(&layout.root)?
        {
            return Err(ClusterError::NotTraversable { barrier, user: account.name });
        }
        let binaries = Binaries::find(options, &layout).await?;
        let socket_dir = layout.socket_dir(&account)?;
        cluster::give_up_ballast(&layout);
        let credentials = cluster::prepare(&layout, &account, &binaries, &socket_dir).await?;
        cluster::keep_ballast(&layout);
        let running =
            Running { socket_dir: socket_dir.clone(), credentials, credentials_file: layout.credentials.clone(), major: binaries.major };
        let supervisor = Self { layout, account, socket_dir, binaries, stop, restarts, _lock: lock, status };
        Ok((supervisor, running))
    }

    async fn supervise(mut self, running: Running, first: First) {
        let mut first = Some((running, first));
        let mut failures = 0;
        loop {
            let name = self.layout.cluster_name();
            processes::clear(&self.layout.data, &name).await;
            processes::forget_predecessor(&self.layout.data, &name, &self.socket_dir);
            cluster::give_up_ballast(&self.layout);
            match self.live(&mut first).await {
                Ok(End::Stopped) => return self.end(),
                Ok(End::Died { exit, answered, settled }) => {
                    failures = if settled { 0 } else { failures + 1 };
                    tracing::error!(%exit, answered, "PostgreSQL died and is started again");
                    let status = exit.to_string();
                    if self.surrender(&mut first, failures, |supervisor| supervisor.did_not_start(status)) {
                        return self.end();
                    }
                }
                Err(error) => {
                    failures += 1;
                    tracing::error!(%error, "PostgreSQL cannot be started; trying again");
                    if self.surrender(&mut first, failures, |_| error) {
                        return self.end();
                    }
                }
            }
            self.status.send_replace(Status::Restarting);
            self.restarts.fetch_add(1, Ordering::Relaxed);
            tokio::select! {
                biased;
                _ = &mut self.stop => return self.end(),
                () = sleep(pause(failures)) => {}
            }
        }
    }

    /// One life of the server. `first` is answered when it is ready.
    async fn live(&mut self, first: &mut Option<(Running, First)>) -> Result<End, ClusterError> {
        shorten(&self.layout.start_log);
        let program = self.binaries.postgres();
        let mut child =
            cluster::server(&self.layout, &self.account, &self.binaries)?.spawn().map_err(ClusterError::io("running", &program))?;
        let died = |exit, answered, settled| End::Died { exit, answered, settled };
        let waiting = ClusterError::io("waiting for", &program);

        let pid = child.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        tokio::select! {
            biased;
            _ = &mut self.stop => return self.shut_down(child).await,
            exit = child.wait() => return exit.map(|exit| died(exit, false, false)).map_err(waiting),
            () = answering(&self.layout.data, pid) => {}
        }
        tracing::info!(pid = child.id(), major = self.binaries.major, "PostgreSQL is ready");
        self.status.send_replace(Status::Ready);
        if let Some((running, first)) = first.take() {
            // A caller that went away dropped `stop` too.
            let _ = first.send(Ok(running));
        }

        tokio::select! {
            biased;
            _ = &mut self.stop => return self.shut_down(child).await,
            exit = child.wait() => return exit.map(|exit| died(exit, true, false)).map_err(waiting),
            () = sleep(SETTLED) => {}
        }
        tokio::select! {
            biased;
            _ = &mut self.stop => self.shut_down(child).await,
            exit = child.wait() => exit.map(|exit| died(exit, true, true)).map_err(waiting),
        }
    }

    /// Fast shutdown (connections are ended, a checkpoint is written), then an immediate one; the child is reaped.
    async fn shut_down(&self, mut child: Child) -> Result<End, ClusterError> {
        self.status.send_replace(Status::Stopping);
        for (signal, limit) in [(Signal::INT, FAST_LIMIT), (Signal::QUIT, 2 * IMMEDIATE_LIMIT)] {
            // No id: it was reaped already.
            let Some(pid) = child.id().and_then(|pid| Pid::from_raw(pid.cast_signed())) else {
                break;
            };
            if let Err(error) = kill_process(pid, signal) {
                tracing::error!(%error, "cannot signal PostgreSQL");
            }
            if let Ok(exit) = timeout(limit, child.wait()).await {
                let exit = exit.map_err(ClusterError::io("waiting for", &self.binaries.postgres()))?;
                tracing::info!(%exit, "PostgreSQL stopped");
                break;
            }
            tracing::warn!(?limit, ?signal, "PostgreSQL did not stop in time");
        }
        if child.id().is_some() {
            child.kill().await.map_err(ClusterError::io("killing", &self.binaries.postgres()))?;
        }
        let name = self.layout.cluster_name();
        // The log collector ends a little after the postmaster.
        if timeout(IMMEDIATE_LIMIT, processes::gone(&self.layout.data, &name)).await.is_err() {
            processes::clear(&self.layout.data, &name).await;
        }
        Ok(End::Stopped)
    }

    /// Whether the first start shall be given up; then its caller is told why.
    fn surrender(&self, first: &mut Option<(Running, First)>, failures: u32, why: impl FnOnce(&Self) -> ClusterError) -> bool {
        match first.take() {
            Some((_, sender)) if failures >= FIRST_TRIES => {
                // The caller is gone when it cannot be told.
                let _ = sender.send(Err(why(self)));
                true
            }
            waiting => {
                *first = waiting;
                false
            }
        }
    }

    fn did_not_start(&self, status: String) -> ClusterError {
        let log = newest_log(&self.layout);
        let tail = fs::read(&log).unwrap_or_default();
        let tail = String::from_utf8_lossy(&tail[tail.len().saturating_sub(LOG_TAIL_BYTES)..]);
        let tail = tail.trim().to_owned();
        ClusterError::DidNotStart { status, log, tail }
    }

    fn end(self) {
        // A folder under the runtime or temporary directory is ours to remove; `run` stays.
        if !self.socket_dir.starts_with(&self.layout.root)
            && let Err(error) = fs::remove_dir(&self.socket_dir)
        {
            tracing::warn!(%error, folder = %self.socket_dir.display(), "cannot remove the socket's folder");
        }
        self.status.send_replace(Status::Stopped);
    }
}

/// Returns when the postmaster `pid` accepts connections; while that takes long, says so.
async fn answering(data: &Path, pid: Option<Pid>) {
    let look = async {
        while !PidFile::read(data).is_some_and(|file| file.ready && file.pid == pid) {
            sleep(LOOK).await;
        }
    };
    tokio::pin!(look);
    while timeout(TELL, &mut look).await.is_err() {
        tracing::warn!("PostgreSQL is still starting; it may be recovering from a crash");
    }
}

/// How long to wait before the next start: nothing after the first death, then doubling.
fn pause(failures: u32) -> Duration {
    match failures {
        0 | 1 => Duration::ZERO,
        more => SHORTEST_PAUSE.saturating_mul(2_u32.saturating_pow(more - 2)).min(LONGEST_PAUSE),
    }
}

/// Empties the file when it has grown; each start adds a few lines.
fn shorten(log: &Path) {
    let emptied = || -> io::Result<()> {
        if fs::metadata(log)?.len() > LONGEST_START_LOG {
            File::options().write(true).open(log)?.set_len(0)?;
        }
        Ok(())
    };
    if let Err(error) = emptied()
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, file = %log.display(), "cannot shorten a log");
    }
}

/// The log written to last.
fn newest_log(layout: &Layout) -> PathBuf {
    let start = layout.start_log.clone();
    fs::read_dir(&layout.log)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .chain([start.clone()])
        .filter_map(|path| {
            let metadata = fs::symlink_metadata(&path).ok()?;
            let changed = metadata.modified().ok()?;
            (metadata.is_file() && metadata.len() > 0).then_some((changed, path))
        })
        .max()
        .map_or(start, |(_, path)| path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restarts_begin_at_once_and_are_never_more_than_a_minute_apart() {
        let pauses: Vec<u128> = (1..=11).map(|n| pause(n).as_millis()).collect();
        assert_eq!(pauses, [0, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
        assert_eq!(pause(u32::MAX), LONGEST_PAUSE);
    }
}

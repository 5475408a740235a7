//! The program under test: the release binary as a child, on a data directory of its own with its private PostgreSQL.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use clap::Args;
use platform::crypto::KeyRing;
use rustix::process::{Pid, Signal, kill_process};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::Outcome;
use crate::client::{Client, get};

/// How it is started.
#[derive(Args, Clone, Debug)]
pub struct Setup {
    /// The program to measure; beside this one where none is given
    #[arg(long, global = true)]
    program: Option<PathBuf>,

    /// Where data directories are made and removed; it should lie on the disk that a server would use
    #[arg(long, global = true)]
    folder: Option<PathBuf>,

    /// The folder of PostgreSQL's programs; found by itself where none is given
    #[arg(long, env = "PG_BIN", global = true)]
    pub pg_bin: Option<PathBuf>,

    /// One more argument for `atrium serve`, such as --serve-with=--pool-size=16; may be repeated
    #[arg(long, global = true, allow_hyphen_values = true)]
    serve_with: Vec<String>,
}

impl Setup {
    /// The same with one more argument.
    pub fn serving_with(&self, argument: &str) -> Self {
        let mut more = self.clone();
        more.serve_with.push(argument.to_owned());
        more
    }
}

/// A first start makes a cluster; a start after a crash replays its log.
const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// One running program with its data. Dropping it kills the program, and with it PostgreSQL, and removes the data.
pub struct Instance {
    setup: Setup,
    program: PathBuf,
    pub address: SocketAddr,
    child: Option<Child>,
    data: TempDir,
}

impl Instance {
    /// Makes a data directory, starts the program on it, and waits until it is ready.
    ///
    /// # Errors
    /// A program that is missing or does not become ready; then what it printed last.
    pub async fn start(setup: &Setup) -> Outcome<Self> {
        let mut instance = Self::make(setup)?;
        let seconds = instance.launch().await?;
        println!("  started on {} in {:.1} s", instance.data.path().display(), seconds.as_secs_f64());
        Ok(instance)
    }

    /// Starts another program on the database of this one, by its addresses, with a data directory of its own and the same key.
    ///
    /// # Errors
    /// As [`Instance::start`].
    pub async fn start_beside(&self) -> Outcome<Self> {
        let (owner, app) = self.roles()?;
        let mut setup = self.setup.clone();
        for (flag, options) in [("--database-url", app), ("--database-owner-url", owner)] {
            setup.serve_with.push(format!("{flag}={}", options.to_url_lossy()));
        }
        let mut beside = Self::make(&setup)?;
        let keys = beside.data_dir().join("keys");
        fs::create_dir_all(&keys)?;
        fs::copy(self.data_dir().join("keys/instance.key"), keys.join("instance.key"))?;
        beside.launch().await?;
        Ok(beside)
    }

    fn make(setup: &Setup) -> Outcome<Self> {
        let program = match &setup.program {
            Some(program) => program.clone(),
            None => std::env::current_exe()?.with_file_name("atrium"),
        };
        if !program.is_file() {
            return Err(format!("there is no {}; build it with: cargo build --release -p atrium -p atrium-bench", program.display()).into());
        }
        let data = match &setup.folder {
            Some(folder) => tempfile::Builder::new().prefix("atrium-bench-").tempdir_in(folder)?,
            None => tempfile::Builder::new().prefix("atrium-bench-").tempdir()?,
        };
        // PostgreSQL runs as another user where we are root, and must pass through.
        fs::set_permissions(data.path(), fs::Permissions::from_mode(0o711))?;
        let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        Ok(Self { setup: setup.clone(), program, address, child: None, data })
    }

    /// Starts the program anew and answers how long it took to be ready.
    ///
    /// # Errors
    /// As [`Instance::start`].
    pub async fn launch(&mut self) -> Outcome<Duration> {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log())?;
        let mut command = self.command();
        command
            .arg("serve")
            .args(["--listen", &self.address.to_string(), "--public-url", &format!("http://localhost:{}", self.address.port())])
            .args(["--rate-limit-factor", "100000", "--log", "warn", "--log-format", "text"])
            .args(&self.setup.serve_with)
            .stdin(Stdio::null())
            .stdout(Stdio::from(log.try_clone()?))
            .stderr(Stdio::from(log))
            .kill_on_drop(true);
        let started = Instant::now();
        self.child = Some(command.spawn()?);
        self.ready().await?;
        Ok(started.elapsed())
    }

    /// The program on this data; what it is to do is added to it.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ATRIUM_") || name.to_string_lossy().starts_with("DATABASE_") {
                command.env_remove(name);
            }
        }
        command.arg("--data-dir").arg(self.data_dir());
        if let Some(folder) = &self.setup.pg_bin {
            command.arg("--pg-bin").arg(folder);
        }
        command
    }

    /// Waits until the program says that it is ready, its database included.
    ///
    /// # Errors
    /// A program that ended, or took longer than a minute.
    pub async fn ready(&mut self) -> Outcome {
        let until = Instant::now() + START_LIMIT;
        let request = get("/readyz", "");
        while Instant::now() < until {
            if let Some(status) = self.child.as_mut().map(Child::try_wait).transpose()?.flatten() {
                return Err(format!("the program ended ({status}). It said:\n{}", self.said()).into());
            }
            // A connection each time: one that was taken before the program listens stays silent.
            let mut client = Client::new(self.address);
            if let Ok(Ok(answer)) = timeout(Duration::from_secs(2), client.ask(&request)).await
                && answer.status == 200
            {
                return Ok(());
            }
            sleep(Duration::from_millis(5)).await;
        }
        Err(format!("the program was not ready after {} s. It said:\n{}", START_LIMIT.as_secs(), self.said()).into())
    }

    /// Ends it as an operator would, and waits until PostgreSQL has stopped too.
    ///
    /// # Errors
    /// A program that does not stop.
    pub async fn stop(&mut self) -> Outcome {
        if let Some(mut child) = self.child.take() {
            kill_process(pid_of(&child)?, Signal::TERM)?;
            timeout(STOP_LIMIT, child.wait()).await.map_err(|_| "the program does not stop")??;
        }
        Ok(())
    }

    /// Ends the program at once, as `kill -9` does, and waits until it is gone.
    ///
    /// # Errors
    /// None that matters.
    pub async fn kill(&mut self) -> Outcome {
        if let Some(mut child) = self.child.take() {
            kill_process(pid_of(&child)?, Signal::KILL)?;
            child.wait().await?;
        }
        Ok(())
    }

    /// Ends the postmaster at once; the program lives on.
    ///
    /// # Errors
    /// No postmaster.
    pub fn kill_postmaster(&self) -> Outcome {
        kill_process(self.postmaster().ok_or("PostgreSQL does not run")?, Signal::KILL)?;
        Ok(())
    }

    pub fn data_dir(&self) -> PathBuf {
        self.data.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.data.path().join("atrium.log")
    }

    /// The end of what the program wrote.
    pub fn said(&self) -> String {
        let text = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    fn postgres(&self) -> atrium::postgres::Options {
        atrium::postgres::Options { data_dir: self.data_dir(), pg_bin: self.setup.pg_bin.clone() }
    }

    /// How to reach the database as owner and as the serving role.
    ///
    /// # Errors
    /// A cluster that was not made.
    pub fn roles(&self) -> Outcome<(PgConnectOptions, PgConnectOptions)> {
        Ok(atrium::postgres::beside(&self.postgres())?)
    }

    /// # Errors
    /// The database's.
    pub async fn owner(&self) -> Outcome<PgConnection> {
        Ok(self.roles()?.0.connect().await?)
    }

    /// The superuser of the private cluster.
    ///
    /// # Errors
    /// Credentials that cannot be read, or the database's.
    pub async fn superuser(&self) -> Outcome<PgConnection> {
        let text = fs::read_to_string(self.data_dir().join("postgres/credentials.json"))?;
        let credentials: serde_json::Value = serde_json::from_str(&text)?;
        let password = credentials["superuser"].as_str().ok_or("credentials.json names no superuser")?;
        Ok(self.roles()?.0.username("postgres").password(password).connect().await?)
    }

    /// # Errors
    /// A key file that cannot be read.
    pub fn keys(&self) -> Outcome<KeyRing> {
        Ok(KeyRing::load(&self.data_dir().join("keys/instance.key"))?.ok_or("the program has made no key")?)
    }

    /// The server's own configuration file, to which settings can be added for the next start.
    pub fn postgresql_conf(&self) -> PathBuf {
        self.data_dir().join("postgres/data/postgresql.conf")
    }

    /// # Errors
    /// A program that does not run.
    pub fn pid(&self) -> Outcome<Pid> {
        pid_of(self.child.as_ref().ok_or("the program does not run")?)
    }

    /// From the file that the server keeps; None while it does not run.
    pub fn postmaster(&self) -> Option<Pid> {
        let text = fs::read_to_string(self.data_dir().join("postgres/data/postmaster.pid")).ok()?;
        text.lines().next()?.trim().parse().ok().and_then(Pid::from_raw)
    }

    /// The folder of PostgreSQL's programs that this server was started from.
    ///
    /// # Errors
    /// No postmaster.
    pub fn programs(&self) -> Outcome<PathBuf> {
        let postmaster = self.postmaster().ok_or("PostgreSQL does not run")?;
        let program = fs::read_link(format!("/proc/{}/exe", postmaster.as_raw_nonzero()))?;
        Ok(program.parent().map(Path::to_owned).unwrap_or_default())
    }

    /// Resident memory of the program, in MB.
    ///
    /// # Errors
    /// A program that does not run.
    pub fn resident(&self) -> Outcome<f64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.pid()?.as_raw_nonzero()))?;
        Ok(kilobytes(&text, "VmRSS:").ok_or("no VmRSS in /proc")? / 1000.0)
    }

    /// Memory of PostgreSQL's processes, shared pages divided among those who share them, in MB; and how many they are.
    ///
    /// # Errors
    /// No postmaster.
    pub fn postgres_share(&self) -> Outcome<(f64, usize)> {
        let postmaster = self.postmaster().ok_or("PostgreSQL does not run")?.as_raw_nonzero().get();
        let children = fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"))?;
        let all: Vec<i32> = children.split_whitespace().filter_map(|pid| pid.parse().ok()).chain([postmaster]).collect();
        let share = |pid: &i32| kilobytes(&fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?, "Pss:");
        Ok((all.iter().filter_map(share).sum::<f64>() / 1000.0, all.len()))
    }

    /// Processor time used so far.
    ///
    /// # Errors
    /// A program or server that does not run.
    pub fn processor(&self) -> Outcome<Processor> {
        let postmaster = self.postmaster().ok_or("PostgreSQL does not run")?.as_raw_nonzero().get();
        let children = fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"))?;
        let living: f64 = children.split_whitespace().filter_map(|pid| spent(pid, false)).sum();
        Ok(Processor {
            program: spent(&self.pid()?.to_string(), false).ok_or("the program has ended")?,
            postgres: living + spent(&postmaster.to_string(), true).unwrap_or(0.0),
            generator: spent("self", false).unwrap_or(0.0),
            machine: busy()?,
        })
    }

    /// Size of the program's file, in MB.
    ///
    /// # Errors
    /// The file system's.
    #[expect(clippy::cast_precision_loss, reason = "a figure to be printed")]
    pub fn program_size(&self) -> Outcome<f64> {
        Ok(fs::metadata(&self.program)?.len() as f64 / 1e6)
    }
}

/// Seconds of processor time, in user and in kernel.
#[derive(Clone, Copy, Debug)]
pub struct Processor {
    pub program: f64,
    /// All of PostgreSQL's processes.
    pub postgres: f64,
    /// This process.
    pub generator: f64,
    /// All processes there are.
    machine: f64,
}

impl Processor {
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            program: self.program - earlier.program,
            postgres: self.postgres - earlier.postgres,
            generator: self.generator - earlier.generator,
            machine: self.machine - earlier.machine,
        }
    }

    pub fn ours(&self) -> f64 {
        self.program + self.postgres + self.generator
    }

    /// What others took meanwhile, which shows in every figure that is told by the clock.
    pub fn others(&self) -> f64 {
        (self.machine - self.ours()).max(0.0)
    }
}

/// The kernel's unit of time for user space, in seconds; Linux has no other.
const TICK: f64 = 0.01;

/// Of one process, and of those of its children that have ended where asked for; None where there is none.
fn spent(pid: &str, with_ended: bool) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before may hold anything, spaces and parentheses too; behind it the third field (proc(5)) comes first.
    let (_, fields) = text.rsplit_once(')')?;
    let ticks: Vec<f64> =
        fields.split_whitespace().skip(11).take(if with_ended { 4 } else { 2 }).filter_map(|ticks| ticks.parse().ok()).collect();
    Some(ticks.iter().sum::<f64>() * TICK)
}

/// Of the whole machine; idle time and waiting for disks are left out.
fn busy() -> Outcome<f64> {
    let text = fs::read_to_string("/proc/stat")?;
    let ticks: Vec<f64> =
        text.lines().next().unwrap_or_default().split_whitespace().skip(1).filter_map(|ticks| ticks.parse().ok()).collect();
    let [user, nice, system, _, _, irq, soft, ..] = ticks[..] else { return Err("/proc/stat is not as expected".into()) };
    Ok((user + nice + system + irq + soft) * TICK)
}

fn pid_of(child: &Child) -> Outcome<Pid> {
    let id = child.id().ok_or("the program has ended")?;
    Ok(Pid::from_raw(i32::try_from(id)?).ok_or("no pid")?)
}

/// The number of kibibytes behind a label, in kilobytes.
fn kilobytes(text: &str, label: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.starts_with(label))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1.024)
}

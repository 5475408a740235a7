//! The command line.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use platform::App;
use platform::state::Config;
use platform::time::Clock;

use crate::config::{LogFormat, ServeArgs, Settings};
use crate::database::{Beside, Database};
use crate::serve::{self, Failure};
use crate::{migrate, router};

pub mod archive;
pub mod audit;
pub mod docs;
pub mod doctor;
pub mod housekeeping;
pub mod jobs;
pub mod keys;
pub mod seed;
pub mod slots;
pub mod user;

/// Scheduling, contacts and more for many companies, in one program on PostgreSQL.
#[derive(Parser, Debug)]
#[command(name = "atrium", version, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    pub settings: Settings,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Serve requests, run jobs and keep the clock of what is due
    Serve(ServeArgs),
    /// Bring the database to this version's schema, look at it, or go back
    #[command(subcommand)]
    Migrate(MigrateCommand),
    /// Fill an empty database with demo data
    Seed(seed::SeedArgs),
    /// Create users, make one an administrator of the instance, or reset a password
    #[command(subcommand)]
    User(user::UserCommand),
    /// List, retry or discard jobs that failed for good
    #[command(subcommand)]
    Jobs(jobs::JobsCommand),
    /// Prove the audit trail whole, export it, or show the keys that sign it
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// List, search and prove what of the audit trail has left the database
    #[command(subcommand)]
    Archive(archive::ArchiveCommand),
    /// Go on where the instance's key is lost
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Run the slot engine on a scenario from a file; needs no database
    Slots(slots::SlotsArgs),
    /// Print the API's OpenAPI document
    Openapi,
    /// Check database, roles, migrations, mail, clock and key, and say how to mend what is wrong
    Doctor,
    /// Print the reference of this command line as Markdown
    #[command(hide = true)]
    DocsCli,
    /// Print the JSON schema of the scenarios of `atrium slots`
    #[command(hide = true)]
    DocsScenario,
}

#[derive(Subcommand, Debug)]
pub enum MigrateCommand {
    /// Run what is pending
    Up,
    /// Go back to a migration; refused where there is real data
    Down {
        /// The migration to go back to; 0 is all the way
        #[arg(long)]
        to: i64,
        /// Go back although it loses data
        #[arg(long)]
        allow_data_loss: bool,
    },
    /// List the migrations and whether they have run
    Status,
}

/// Text on a terminal, JSON elsewhere, unless told otherwise.
pub fn init_logs(format: LogFormat, filter: &str) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|error| {
        eprintln!("--log {filter}: {error}; using `info`");
        EnvFilter::new("info")
    });
    let text = format == LogFormat::Text || (format == LogFormat::Auto && std::io::stderr().is_terminal());
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let set = if text { lines.compact().try_init() } else { lines.json().flatten_event(true).try_init() };
    if let Err(error) = set {
        eprintln!("logs stay as they are: {error}");
    }
}

/// # Errors
/// What stops the command, in words for the person who called it.
pub async fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let settings = &cli.settings;
    match &cli.command {
        Command::Serve(args) => serve::run(settings, args).await?,
        Command::Openapi => println!("{}", openapi()?),
        Command::Slots(args) => slots::run(args)?,
        Command::DocsScenario => println!("{}", serde_json::to_string_pretty(&scheduling::scenario::schema())?),
        Command::DocsCli => print!("{}", docs::markdown(&Cli::command())),
        Command::Audit(audit::AuditCommand::Verify(what)) if what.file.is_some() => return audit::verify_file(what),
        Command::Audit(command) => return with_app(settings, async |app| audit::run(&app, command).await).await,
        Command::Archive(command) => return with_app(settings, async |app| archive::run(&app, command).await).await,
        Command::Keys(command) => return keys::run(settings, command).await,
        Command::Doctor => return doctor::run(settings).await,
        Command::Migrate(command) => migrations(settings, command).await?,
        Command::Seed(args) => with_app(settings, async |app| seed::run(&app, args).await).await?,
        Command::User(command) => with_app(settings, async |app| user::run(&app, command).await).await?,
        Command::Jobs(command) => with_app(settings, async |app| jobs::run(&app, command).await).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The document, as the file `openapi.json` holds it.
///
/// # Errors
/// None in practice.
pub fn openapi() -> Result<String, serde_json::Error> {
    let (_, document) = router::api_with_document();
    serde_json::to_string_pretty(&document)
}

/// Opens the database (beside a running program, if one runs), migrates it, and runs one command in it.
async fn with_app<T>(settings: &Settings, command: impl AsyncFnOnce(App) -> Result<T, Failure>) -> Result<T, Failure> {
    let (database, keys) = Database::open(settings, Beside::Allowed).await?;
    let outcome = async {
        database.prepare(&keys).await?;
        migrate::up(&database.owner, &keys).await?;
        let config = Config::of("http://localhost:8080".to_owned());
        let app = serve::application(
            config,
            &database,
            keys,
            settings.mail.mailer()?,
            settings.files.store(&settings.data_dir)?,
            4,
            Clock::system(),
        );
        let outcome = command(app.clone()).await;
        app.pools.close().await;
        outcome
    }
    .await;
    database.stop().await;
    outcome
}

async fn migrations(settings: &Settings, command: &MigrateCommand) -> Result<(), Failure> {
    let (database, keys) = Database::open(settings, Beside::Allowed).await?;
    let outcome = async {
        match command {
            MigrateCommand::Up => {
                database.prepare(&keys).await?;
                migrate::up(&database.owner, &keys).await?;
                println!("The database is at this version's schema.");
            }
            MigrateCommand::Down { to, allow_data_loss } => {
                migrate::down(&database.owner, *to, *allow_data_loss).await?;
                println!("The database is back at migration {to}.");
            }
            MigrateCommand::Status => {
                for step in migrate::status(&database.owner).await? {
                    println!("{:04}  {:<8} {}", step.version, if step.applied { "applied" } else { "pending" }, step.description);
                }
            }
        }
        Ok(())
    }
    .await;
    database.stop().await;
    outcome
}

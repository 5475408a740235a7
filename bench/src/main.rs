//! `bench`: what Atrium does in a second, in memory, under kills and under abuse, as figures and ratios of one run.

mod abuse;
mod audit;
mod book;
mod check;
mod client;
mod crash;
mod data;
mod figures;
mod instance;
mod introspect;
mod kit;
mod load;
mod memory;
mod race;
mod read;
mod reminders;
mod sign_in;
mod slots;
mod start;
mod webhook;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use figures::Figures;
use instance::Setup;

/// An error ends the run; what is wrong with the program's answers is noted in the figures.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Measures the release binary on this machine. Targets are printed and never fail the run; lost or doubled bookings and
/// answers of 500 and above do.
#[derive(Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(flatten)]
    setup: Setup,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A contact by its id, against pgbench for the same statement; and what the sealed context costs
    Read(read::Options),
    /// Bookings a second on distinct slots
    Book(book::Options),
    /// Many parallel bookings of one slot
    Race(race::Options),
    /// The slots of a month
    Slots(slots::Options),
    /// Sign-ins against bare argon2id, and what a session adds to a request
    SignIn(sign_in::Options),
    /// The engine against npm's @thebookingkit/core on the committed scenarios; needs Node and `npm ci` in bench/bookingkit
    Kit(kit::Options),
    /// Introspections of OAuth access tokens
    Introspect(introspect::Options),
    /// From a change to its event at a webhook
    Webhook(webhook::Options),
    /// Reminders that are due at one moment, until a mail server has them
    Reminders(reminders::Options),
    /// Verification of the audit trail, against SHA-256 alone
    Audit(audit::Options),
    /// Memory at rest and under load, and the size of the binary
    Memory(memory::Options),
    /// kill -9 of the program and of PostgreSQL in turns, under load
    Crash(crash::Options),
    /// Until the program is ready, on a private cluster and on a server's database
    Start(start::Options),
    /// Half-sent requests, slow bodies, bombs and the like, beside good clients
    Abuse(abuse::Options),
    /// All of them, one after the other
    All,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    atrium::server::raise_open_files();
    // One thread: the other processors are the program's and PostgreSQL's.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut figures = Figures::default();
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = run(&cli, &mut figures) => outcome,
            _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
        }
    });
    figures.print();
    if let Err(error) = outcome {
        eprintln!("error: {error}");
        return ExitCode::FAILURE;
    }
    if figures.is_right() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run(cli: &Cli, figures: &mut Figures) -> Outcome {
    let setup = &cli.setup;
    match &cli.command {
        Command::Read(options) => read::run(setup, options, figures).await,
        Command::Book(options) => book::run(setup, options, figures).await,
        Command::Race(options) => race::run(setup, options, figures).await,
        Command::Slots(options) => slots::run(setup, options, figures).await,
        Command::SignIn(options) => sign_in::run(setup, options, figures).await,
        Command::Kit(options) => kit::run(options, figures),
        Command::Introspect(options) => introspect::run(setup, options, figures).await,
        Command::Webhook(options) => webhook::run(setup, options, figures).await,
        Command::Reminders(options) => reminders::run(setup, options, figures).await,
        Command::Audit(options) => audit::run(setup, options, figures).await,
        Command::Memory(options) => memory::run(setup, options, figures).await,
        Command::Crash(options) => crash::run(setup, options, figures).await,
        Command::Start(options) => start::run(setup, options, figures).await,
        Command::Abuse(options) => abuse::run(setup, options, figures).await,
        Command::All => {
            start::run(setup, &of_defaults(), figures).await?;
            slots::run(setup, &of_defaults(), figures).await?;
            kit::run(&of_defaults(), figures)?;
            read::run(setup, &of_defaults(), figures).await?;
            book::run(setup, &of_defaults(), figures).await?;
            race::run(setup, &of_defaults(), figures).await?;
            sign_in::run(setup, &of_defaults(), figures).await?;
            introspect::run(setup, &of_defaults(), figures).await?;
            webhook::run(setup, &of_defaults(), figures).await?;
            reminders::run(setup, &of_defaults(), figures).await?;
            audit::run(setup, &of_defaults(), figures).await?;
            memory::run(setup, &of_defaults(), figures).await?;
            abuse::run(setup, &of_defaults(), figures).await?;
            crash::run(setup, &of_defaults(), figures).await
        }
    }
}

/// The options of a command that was given none.
fn of_defaults<T: clap::Args>() -> T {
    let command = T::augment_args(clap::Command::new("bench").no_binary_name(true));
    T::from_arg_matches(&command.get_matches_from(std::iter::empty::<&str>())).unwrap_or_else(|error| error.exit())
}

/// What is measured now.
fn title(text: &str) {
    println!("\n{text}");
}

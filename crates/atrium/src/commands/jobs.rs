//! `atrium jobs`: what failed for good.

use clap::Subcommand;
use platform::App;
use platform::jobs::failed::{self, Whose};

use crate::serve::Failure;

#[derive(Subcommand, Debug)]
pub enum JobsCommand {
    /// List failed jobs, newest first
    List {
        #[arg(long, default_value_t = 50)]
        limit: i64,
    },
    /// Give a failed job its attempts anew
    Retry { id: i64 },
    /// Remove a failed job
    Discard { id: i64 },
}

pub async fn run(app: &App, command: &JobsCommand) -> Result<(), Failure> {
    let owner = &app.pools.owner;
    match command {
        JobsCommand::List { limit } => {
            let failed = failed::list(owner, Whose::Everybody, None, *limit).await?;
            if failed.is_empty() {
                println!("No job has failed.");
            }
            for job in failed {
                println!(
                    "{:>8}  {}  {:<22} {}/{}  {}",
                    job.id,
                    job.failed_at,
                    job.task,
                    job.attempts,
                    job.max_attempts,
                    job.last_error.unwrap_or_default()
                );
            }
        }
        JobsCommand::Retry { id } if failed::retry(owner, Whose::Everybody, *id).await? => println!("Job {id} will run again."),
        JobsCommand::Discard { id } if failed::discard(owner, Whose::Everybody, *id).await? => println!("Job {id} is gone."),
        JobsCommand::Retry { id } | JobsCommand::Discard { id } => return Err(format!("there is no failed job {id}").into()),
    }
    Ok(())
}
